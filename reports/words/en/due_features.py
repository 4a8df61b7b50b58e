"""Features that are due in the increment."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "due_features.head": (
        "Of the features due by {day}, one is overdue or unlikely to be done in time",
        "Of the features due by {day}, {n:w} are overdue or unlikely to be done in time",
    ),
    "due_features.none": "No open feature of this value stream is due by {day}.",
    "due_features.caption": "Features due by {day}, overdue ones included, with their forecast",
    "due_features.late": (
        "**One open feature is due by {day}**, and more likely late than in time.",
        "**{n:W} open features are due by {day}**; of these, {late}.",
    ),
    "due_features.late.of": (
        "one will more likely be late than in time",
        "{n:w} will more likely be late than in time",
    ),
    "due_features.likely": (
        "**One open feature is due by {day}**, and is more likely than not done in time.",
        "**{n:W} open features are due by {day}**; each is more likely than not done in time.",
    ),
    "due_features.unknown": (
        "**One open feature is due by {day}**; nobody can say how likely it is.",
        "**{n:W} open features are due by {day}**; of some, nobody can say how likely that is.",
    ),
    "due_features.left": "Items left",
    "due_features.unsplit": "not split",
    "due_features.note": "Forecast as epics are, with features in their place; not made later by what looking back taught of epics, so rather too early.",
}
