"""What the money was spent on beside themes."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "purposes.horizon.caption": "Spend by investment horizon, this year to date",
    "purposes.horizon.head": "Horizon",
    "purposes.nothing": "[z] not applicable.",
    "purposes.horizon.note": "Shares are of the money that serves a theme with a horizon.",
    "purposes.horizon.agreed": "Agreed on days of work over 13 weeks, where it is judged above; the money of a year is not judged by it.",
    "purposes.kind.caption": "Spend by kind of work, this year to date",
    "purposes.kind.head": "Kind of work",
    "purposes.none": "Themes without a horizon",
    "purposes.unaligned": "No theme",
    "purposes.idle": "Idle days",
    "purposes.col.share": "Share",
    "purposes.col.agreed": "Agreed",
}
