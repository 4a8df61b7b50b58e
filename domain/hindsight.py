"""What a past day could know of what files say now: nothing is told in hindsight.

```
 the day told of        asked, scored, closed        the day the files are read
 ──────┼──────────────────────────┼──────────────────────────┼──>
       └─ knows nothing of it
```

Where a file gives the day of a fact, that day decides. Where it gives none, a kept version of the file may; else what
can only be true once a period is over is not known before its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.calendar import Calendar
from domain.funding import Actual
from domain.period import Period
from domain.strategy import Decision, Objective


@dataclass(frozen=True, kw_only=True)
class Hindsight:
    """The instant that is told of, and the one at which the files were read. Both are aware and in UTC."""

    as_of: datetime
    read_at: datetime
    calendar: Calendar

    @property
    def today(self) -> date:
        """The day that is told of."""
        return self.calendar.day(self.as_of)

    @property
    def until(self) -> date:
        """The first day that was not over."""
        return self.calendar.day(self.as_of + timedelta(microseconds=1))

    @property
    def is_past(self) -> bool:
        """Were the files read on a later day than the one told of?"""
        return self.today < self.calendar.day(self.read_at)


def actuals_by(
    actuals: Iterable[Actual], told: Hindsight, *, named: Callable[[str], Period | None]
) -> tuple[Actual, ...]:
    """The costs that a day could know: those that had closed by it; of those that never did, what was of days over.

    The cost of a period that goes on, and that no day closes, is that to the day on which the file is read: how much of
    it was known earlier, nobody says.
    """
    return tuple(one for one in actuals if _is_known(one, told, named(one.period)))


def decisions_by(decisions: Iterable[Decision], told: Hindsight) -> tuple[Decision, ...]:
    """The decisions that had been asked for by a day; one that was seen to wait after the instant still waits."""
    return tuple(_as_it_stood(one, told) for one in decisions if one.asked_on <= told.today)


def objectives_by(objectives: Iterable[Objective], told: Hindsight) -> tuple[Objective, ...]:
    """The objectives that were planned by a day; what was scored, or dropped, after it is open.

    Where nobody says on which day one was scored, it was not before its increment ended, unless it was seen to be.
    """
    ends = {one.name: one.period.end for one in told.calendar.increments}
    return tuple(
        one if _is_scored(one, told, ends.get(one.increment)) else replace(one, actual_bv=None, dropped=None)
        for one in objectives
        if one.planned_on is None or one.planned_on <= told.today
    )


def _is_known(one: Actual, told: Hindsight, period: Period | None) -> bool:
    if one.closed_on is not None:
        return one.closed_on <= told.today
    return not told.is_past or (period is not None and period.end <= told.until)


def _as_it_stood(one: Decision, told: Hindsight) -> Decision:
    if one.waited_until is None or one.waited_until < told.as_of:
        return one
    return replace(one, decision=None, approves=None, seen=None, waited_until=None)


def _is_scored(one: Objective, told: Hindsight, ends: date | None) -> bool:
    if one.scored_on is not None:
        return one.scored_on <= told.today
    was_seen = one.scored is not None and one.scored.first_at <= told.as_of
    return not told.is_past or was_seen or ends is None or ends <= told.until
