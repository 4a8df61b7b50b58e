"""What the rules find in the flow and the forecasts: due dates that will be missed, dates that moved, a constraint."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reports.findings import slips
from reports.findings.engine import Finding, Name, Percent, finding
from reports.outlook import Outlook
from reports.reckoning import Reckoning

KINDS = frozenset(
    {
        "source_failed", "project_unread", "items_missing", "over_limit", "signal_good", "signal_bad", "overdue_age",
        "dates_missed", "date_slip", "constraint", "dates_kept",
    }
)  # fmt: skip


def missed(ahead: Outlook) -> tuple[str, ...]:
    """The epics whose due date is past, or more likely missed than met."""
    return tuple(ahead.epic(one).key for one in ahead.late)


def _dates(reckoning: Reckoning) -> list[Finding]:
    ahead = reckoning.book.outlook
    if ahead is None or not ahead.due:
        return []
    late, total = missed(ahead), len(ahead.due)
    if not late:
        if not ahead.is_proven:  # nobody knows yet how our dates come true: that is no good news
            return []
        return [finding(reckoning, "dates_kept", subject="dates", is_good=True, uses_flow=True, facts={"n": total})]
    return [
        finding(
            reckoning,
            "dates_missed",
            subject="dates",
            variant="all" if len(late) == total else "",
            uses_flow=True,
            needs_decision=True,
            items=late,
            facts={"n": len(late), "total": total},
        )
    ]


def _constraint(reckoning: Reckoning) -> list[Finding]:
    """The state that holds up the work, where one does."""
    flow = reckoning.flow
    held = flow.bottleneck.constraint if flow is not None else None
    if held is None:
        return []
    facts = {"state": Name(held.name), "share": Percent(held.share)}
    return [finding(reckoning, "constraint", subject=held.name, uses_flow=True, facts=facts)]


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_dates, *slips.RULES, _constraint)
