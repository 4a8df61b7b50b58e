"""What changed."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- changes
    "changes.question": "What changed, {period}?",
    "changes.head": ("{counts} was finished", "{counts} were finished"),
    "changes.head.none": "Nothing was finished this week",
    "changes.head.none.other": "Nothing was finished in these days",
    "changes.head.none.known": "Nothing is known to be finished",
    "changes.head.unread": "Not known: no tracker has been read since {day}",
    "changes.head.never": "Not known: no tracker has been read completely yet",
    "changes.unread.after": "not known {sources}",
    "changes.unread": "after {day} for {sources}",
    "changes.unread.never": "at all for {sources}",
    "changes.unread.text": "No tracker has been read since {day}.",
    "changes.unread.text.never": "No tracker has been read completely yet.",
    "changes.unread.label": "Not known",
    "changes.counts.other": "In these days, finished: {finished}; started: {started}; cancelled: {cancelled}.",
    "changes.counts": "In the week, finished: {finished}; started: {started}; cancelled: {cancelled}.",
    "count.epic": ("{n} epic", "{n} epics"),
    "count.feature": ("{n} feature", "{n} features"),
    "count.story": ("{n} story", "{n} stories"),
    "changes.quiet.label": "Quiet",
    "changes.quiet": "No epic or feature was begun, finished or given up.",
    "changes.quiet.known": "No epic or feature is known to have been begun, finished or given up.",
    "changes.status.label": "Status",
    "changes.status.label.other": "Status, 7 days",
    "changes.status": "“{theme}” is now “{now}”, it was “{before}”.",
    "changes.reading.label": "Reading",
    "changes.reading.label.other": "Reading, 7 days",
    "changes.reading": "{result}: {value}, after {before}.",
    "changes.reading.same": "{result}: {value}, unchanged.",
    "changes.reading.more": (
        "One more reading came in; see the theme’s page.",
        "{n:W} more readings came in; see the pages of the themes.",
    ),
    "crossings.guardrail.label": "Guardrail",
    "crossings.verdict.label": "Verdict",
    "crossings.risk.label": "Risk",
    "crossings.due.label": "Verdict due",
    "crossings.risk.raised": "Risk raised",
    "crossings.risk.resolved": "Risk resolved",
    "crossings.horizon.out": "{part} is outside its range now: {share} of the work, {before} before.",
    "crossings.horizon.in": "{part} is inside its range again: {share} of the work, {before} before.",
    "crossings.capacity.out": (
        "{train}: the share of {part} is outside its allocation now: {share} of the work, {before} before."
    ),
    "crossings.capacity.in": (
        "{train}: the share of {part} is inside its allocation again: {share} of the work, {before} before."
    ),
    "crossings.whole": "Whole portfolio",
    "crossings.owners.planned": "{share} of objectives were planned in time: at least {least}, as agreed, again",
    "crossings.owners.scored": "{share} of objectives were scored in time: at least {least}, as agreed, again",
    "crossings.owners.active": "{share} of epics in work have an active owner: at least {least}, as agreed, again",
    "crossings.agreed.plan": "Its agreed share was changed from {before} to {now}.",
    "crossings.agreed.tolerance.wider": (
        "Its tolerance was widened from {before} to {now} point.",
        "Its tolerance was widened from {before} to {now} points.",
    ),
    "crossings.agreed.tolerance.narrower": (
        "Its tolerance was narrowed from {before} to {now} point.",
        "Its tolerance was narrowed from {before} to {now} points.",
    ),
    "crossings.agreed.least.lowered": "The share that was agreed was lowered from {before} to {now}.",
    "crossings.agreed.least.raised": "The share that was agreed was raised from {before} to {now}.",
    "crossings.changed.tolerance.wider": (
        "The tolerance of the guardrails was widened from {before} to {now} point.",
        "The tolerance of the guardrails was widened from {before} to {now} points.",
    ),
    "crossings.changed.tolerance.narrower": (
        "The tolerance of the guardrails was narrowed from {before} to {now} point.",
        "The tolerance of the guardrails was narrowed from {before} to {now} points.",
    ),
    "crossings.changed.least.lowered": "What business owners must reach was lowered from {before} to {now}.",
    "crossings.changed.least.raised": "What business owners must reach was raised from {before} to {now}.",
    "crossings.changed.least.gone": "What business owners must reach, {before}, is not agreed any more.",
    "crossings.changed.horizons": "The agreed shares of the horizons were changed.",
    "crossings.changed.horizons.gone": "The shares of the horizons are not agreed any more.",
    "crossings.changed.capacity": "The agreed capacity allocation was changed.",
    "crossings.changed.capacity.gone": "The capacity allocation is not agreed any more.",
    "crossings.flow.label": "Flow",
    "crossings.flow.constraint": (
        "The share of the time from which on a state is the constraint was changed from {before} to {now}."
    ),
    "crossings.flow.act": (
        "The share of the time from which on a constraint is to be acted on was changed from {before} to {now}."
    ),
    "crossings.flow.without_start": (
        "The share of finished work that may lack a start was changed from {before} to {now}."
    ),
    "crossings.pace.label": "Status",
    "crossings.pace.on_track": (
        "How far behind its plan an outcome may be and still be on track was changed from {before} to {now} point.",
        "How far behind its plan an outcome may be and still be on track was changed from {before} to {now} points.",
    ),
    "crossings.pace.at_risk": (
        "How far behind its plan an outcome may be before it is off track was changed from {before} to {now} point.",
        "How far behind its plan an outcome may be before it is off track was changed from {before} to {now} points.",
    ),
    "crossings.value.label": "Value",
    "crossings.value.measured": (
        "The time after which value that is due and was not measured is told was changed from {before} to {now}."
    ),
    "crossings.money.label": "Money",
    "crossings.money.apart": (
        "How far readings of a theme’s money may differ before all are told was changed from {before} to {now} point.",
        "How far readings of a theme’s money may differ before all are told was changed from {before} to {now} points.",
    ),
    "crossings.initiative": "{epic} was begun without the approval that it needs.",
    "crossings.initiative.approved": "{epic} was approved, after it had begun.",
    "crossings.verdict.confirmed": "{name}: hypothesis confirmed.",
    "crossings.verdict.refuted": "{name}: hypothesis refuted.",
    "crossings.due": "{name}, by {day}.",
    "crossings.more": ("And one more.", "And {n:w} more."),
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
