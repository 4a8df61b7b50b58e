"""What changed."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- changes
    "changes.question": "What changed, {period}?",
    "changes.head": ("{counts} was finished", "{counts} were finished"),
    "changes.head.none": "Nothing was finished this week",
    "changes.counts": "In the week, finished: {finished}; started: {started}; cancelled: {cancelled}.",
    "count.epic": ("{n} epic", "{n} epics"),
    "count.feature": ("{n} feature", "{n} features"),
    "count.story": ("{n} story", "{n} stories"),
    "changes.quiet.label": "Quiet",
    "changes.quiet": "No epic or feature was begun, finished or given up.",
    "changes.status.label": "Status",
    "changes.status": "“{theme}” is now “{now}”, it was “{before}”.",
    "changes.reading.label": "Reading",
    "changes.reading": "{result}: {value}, after {before}.",
    "changes.reading.same": "{result}: {value}, unchanged.",
    "changes.reading.more": (
        "One more reading came in; see the theme’s page.",
        "{n:W} more readings came in; see the pages of the themes.",
    ),
    "changes.finished.label": "Finished",
    "changes.finished.more": ("And one more.", "And {n:w} more."),
    "changes.cancelled.label": "Cancelled",
    "changes.cancelled.more": ("And one more.", "And {n:w} more."),
    "changes.removed.label": "Removed",
    "changes.removed.more": ("And one more.", "And {n:w} more."),
    "changes.started.label": "Started",
    "changes.started.more": ("And one more.", "And {n:w} more."),
    "removed.deleted": " (deleted)",
    "removed.recycled": " (in the recycle bin)",
    "removed.archived": " (archived)",
    "removed.access_lost": " (no longer visible to us)",
    "removed.out_of_scope": " (moved out of scope)",
    "removed.deleted_or_hidden": " (deleted, or hidden from us)",
    "removed.destroyed_or_hidden": " (deleted for good, or hidden from us)",
    "removed.id_reused": " (its number now names another item)",
}
