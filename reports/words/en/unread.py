"""Projects that cannot be read."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "banner.unread": (
        "**Project {project} of {kind} ({source}) has not been readable since {since}.** Its one item is told as it was last known; what changed since is missing.",
        "**Project {project} of {kind} ({source}) has not been readable since {since}.** Its {n} items are told as they were last known; what changed since is missing.",
    ),
    "banner.unread.nothing": "**Project {project} of {kind} ({source}) cannot be read; that is known since {since}.** No figure counts anything of it.",
    "banner.unread.more": (
        "**{n:W} more project of {kind} ({source}) cannot be read.** The page on data quality names it.",
        "**{n:W} more projects of {kind} ({source}) cannot be read.** The page on data quality names them.",
    ),
    "proof.unread": "cannot be read: {projects}",
    "proof.unread.since": "{project} (since {since})",
    "quality.fresh.unread": ("{n:W} project cannot be read", "{n:W} projects cannot be read"),
    "finding.project_unread.short": "project {project} ({source}) has not been readable since {since}",
    "finding.project_unread.long": (
        "**project {project} of {source} has not been readable since {since}**; its one item is told as it was last known",
        "**project {project} of {source} has not been readable since {since}**; its {n} items are told as they were last known",
    ),
    "finding.project_unread.nothing.short": "project {project} ({source}) cannot be read",
    "finding.project_unread.nothing.long": "**project {project} of {source} cannot be read**, which is known since {since}; no figure counts anything of it",
    "finding.project_unread.many.short": "{projects} projects of {source} cannot be read, {project} since {since}",
    "finding.project_unread.many.long": "**{projects} projects of {source} cannot be read**, {project} since {since}; their items are told as they were last known",
    "propose.project_unread": "Do not decide on these figures while a project of {source} cannot be read: give access, or put the settings right.",
    "audit.scope.forbidden": "refused by the tracker",
    "audit.scope.unnamed": "not in the settings under its name of today",
}
