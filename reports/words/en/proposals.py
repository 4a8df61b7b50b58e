"""What findings propose to be decided, and who answers for it."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "finding.items_missing.short": "only {share} of the items are here: do not decide on these figures",
    "finding.items_missing.long": "**only {held} of {declared} items that the trackers declare are here**; every figure counts too little",
    "finding.train_blocked.short": "{train} stands still, waiting for {item}",
    "finding.train_blocked.long": "**{n} of {of} items in progress on {train} are blocked**, {waiting} of them by {item}, “{title}”",
    "finding.train_blocked.unknown.short": "{train} stands still: {n} of {of} items are blocked",
    "finding.train_blocked.unknown.long": "**{n} of {of} items in progress on {train} are blocked**, and no link says by what",
    "propose.source_failed": "Do not decide on these figures until {source} has been read completely.",
    "propose.items_missing": "Do not decide on these figures until the missing items have been read.",
    "propose.theme": "“{theme}” is off its plan: continue, change course, or stop?",
    "propose.limit": (
        "Pause one epic of “{state}”, or raise its limit?",
        "Pause {n:w} epics of “{state}”, or raise its limit?",
    ),
    "propose.train": (
        "Unblock {train}: put {item} first, for the item that waits for it?",
        "Unblock {train}: put {item} first, for the {n:w} items that wait for it?",
    ),
    "propose.train.unknown": ("", "Unblock {train}: what do its {n:w} blocked items wait for, and who clears it?"),
    "propose.cost": "Cut what “{stream}” takes on, or fund it beyond its budget?",
    "propose.exception": (
        "End the exception for {items}, or renew it?",
        "End the exceptions for {items}, or renew them?",
    ),
    "propose.exception.meta": ("{owners}. It ended on {day}.", "{owners}. The first ended on {day}."),
    "propose.vmo": "VMO lead, before the next meeting.",
    "propose.sponsor": "The theme’s sponsor",
    "propose.review": "{owner}, strategic portfolio review.",
    "propose.lpm": "LPM, portfolio sync.",
    "propose.finance": "LPM and finance, strategic portfolio review.",
    "propose.owner": "{owner}, portfolio sync.",
    "propose.train.owner": "RTE of {train}, portfolio sync.",
}
