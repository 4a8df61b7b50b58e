"""What the rules find in dates that moved since the last edition."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reports.findings.engine import Finding, Name, finding
from reports.reckoning import Reckoning

SLIPPED_DAYS = 14  # later than in the edition before: from then on a date has slipped


def _slips(reckoning: Reckoning) -> list[Finding]:
    """The 85 % date that moved furthest to a later day; one finding, however many moved."""
    ahead = reckoning.book.outlook
    if ahead is None or ahead.former is None:
        return []
    found = [(one.days, one.id) for one in ahead.really_moved if one.days is not None and one.days >= SLIPPED_DAYS]
    if not found:
        return []
    days, worst = max(found)
    epics = [ahead.planned.epics[id] for _, id in sorted(found, reverse=True)]
    facts = {"n": len(found), "epic": Name(ahead.planned.epics[worst].title), "days": days}
    return [
        finding(
            reckoning, "date_slip", subject=worst, uses_flow=True, items=tuple(one.key for one in epics), facts=facts
        )
    ]


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_slips,)
