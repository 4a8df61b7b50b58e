"""English: what an audience is told of what it may not see."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "banner.part": (
        "**For {audience}: a part of the portfolio.** Totals and shares are those of this part; what was agreed for the whole is not held against it."
    ),
    "audit.settings.hidden": "What changed in the settings is not told in this edition",
    "audit.settings.hidden.text": (
        "Settings name all parts of a portfolio. Editions for those who see the whole of it list every change."
    ),
    "item.hidden": "none: the audience of this edition may not see it",
    "money.withheld.head": "No budget and no cost is told in this edition",
    "money.withheld.title": "The money is not on this page",
    "money.withheld.text": "The money of a value stream is told to those who see all of its work; whoever runs vmo knows which edition has it.",
}
