"""Figures of the past that read differently today."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "report.restatement": "Restatements",
    "restated.question": "Which past figures read differently today?",
    "restated.first": "Nothing to compare with yet: nothing was told before of a closed period",
    "restated.aside": "What closed months would read today is not known: a file of money is not read",
    "restated.first.text": "From the next edition on, every figure of a closed week, month or increment is held against what was first told of it.",
    "restated.none": (
        "The one figure of a closed period reads as it was first told",
        "All {n} figures of closed periods read as they were first told",
    ),
    "restated.head": (
        "{n:W} of {total} figures of closed periods reads differently today",
        "{n:W} of {total} figures of closed periods read differently today",
    ),
    "restated.standfirst": "A published page never changes. When work is filed again, reopened or moved, the figures of a closed period would come out differently if they were told today; this page lists each of them, with what made the difference. Compared are throughput, flow time, work given up, the money of closed months, the readings of KPIs, exposure to risks, what trains brought of what they committed to, and the mix of work in the last increments.",
    "restated.caption": "Figures of closed periods, as first told and as they read today",
    "restated.figure": "Figure",
    "restated.period": "Period",
    "restated.was": "First told",
    "restated.now": "Reads today",
    "restated.why": "Why",
    "restated.edition": "{edition}, {day}",
    "restated.note": (
        "{n} figure was compared: by week and month throughput; by month the flow time of 85%, what was given up after it was begun, KPIs and exposure to risks; by increment predictability, and the mix of work in the last.",
        "{n} figures were compared: by week and month throughput; by month the flow time of 85%, what was given up after it was begun, KPIs and exposure to risks; by increment predictability, and the mix of work in the last.",
    ),
    "restated.label": "Restated",
    "restated.link": "which, and why",
    "restated.why.removed": ("Removed since: {items}.", "Removed since: {items}."),
    "restated.why.reopened": ("Reopened since: {items}.", "Reopened since: {items}."),
    "restated.why.other_level": ("At another level now: {items}.", "At another level now: {items}."),
    "restated.why.left_out": ("Left out now: {items}.", "Left out now: {items}."),
    "restated.why.elsewhere": (
        "Ended on another day, as told now: {items}.",
        "Ended on another day, as told now: {items}.",
    ),
    "restated.why.learned": ("Learned of since: {items}.", "Learned of since: {items}."),
    "restated.why.recounted": (
        "Begun or finished on another day, as told now: {items}.",
        "Begun or finished on another day, as told now: {items}.",
    ),
    "restated.kpi": "KPI, last reading",
    "restated.whole": "the whole portfolio",
    "restated.why.kpi": "A reading of the month was changed, added or taken away since.",
    "restated.why.predictability": "The objectives of the increment are told otherwise now.",
    "restated.why.risk_exposure": "The risks, or what they were by the month’s end, are told otherwise now.",
    "restated.why.capacity_share": "Days in progress, kinds or places of items are told otherwise now.",
    "restated.why.settings": "The settings have changed since.",
    "restated.files": (
        "One file of data changed since, too, on which no figure of the flow rests: {files}.",
        "{n:W} files of data changed since, too, on which no figure of the flow rests: {files}.",
    ),
    "restated.why.definitions": "The definitions have changed since.",
    "restated.flow.none": (
        "Beside the money {n} figure was held against what was first told of it: it still stands.",
        "Beside the money {n} figures were held against what was first told of them: all still stand.",
    ),
    "restated.colon": ": ",
}
