"""English: what an audience is told of what it may not see."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "audit.settings.hidden": "What changed in the settings is not told in this edition",
    "audit.settings.hidden.text": (
        "Settings name all parts of a portfolio. Editions for those who see the whole of it list every change."
    ),
    "item.hidden": "none: the audience of this edition may not see it",
}
