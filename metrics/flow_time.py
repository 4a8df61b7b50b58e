"""How long work takes: flow time in days of two kinds, and lead time, which is another clock (definition 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.board import Board
from domain.calendar import Calendar, DayCount
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState
from metrics.journeys import ENDED
from metrics.percentiles import gated
from metrics.selection import Excluded, calendar_of, count, finished, part

DEFINITION_VERSION = 1
LEAD_TIME_VERSION = 2
NO_BOARD = Board()


@dataclass(frozen=True, kw_only=True)
class FlowTime:
    """Days from start to finish of the items finished in a period, ascending, with the keys in the same order."""

    days: tuple[int, ...]
    keys: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    base: DayCount = DayCount.CALENDAR_INCLUSIVE
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.days)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    def percentile(self, p: int) -> int | None:
        """The percentile, or None where too few items finished to show it."""
        return gated(self.days, p)

    @property
    def p50_days(self) -> int | None:
        return self.percentile(50)

    @property
    def p85_days(self) -> int | None:
        return self.percentile(85)

    @property
    def p95_days(self) -> int | None:
        return self.percentile(95)

    def is_representative(self, *, without_start: Decimal) -> bool:
        """False when a larger share (0 to 1) of the finished items than this was never seen to start."""
        return len(self.excluded.get("no_start", ())) <= without_start * self.n_in_scope

    def within(self, days: int) -> float | None:
        """The share, 0 to 1, of items that took at most so many days (attainment of a service level); None of none."""
        return sum(taken <= days for taken in self.days) / self.n_used if self.days else None


@dataclass(frozen=True, kw_only=True)
class LeadTime(FlowTime):
    """Days from creation, or the first entry into the funnel, to finish: the customer's clock, never flow time."""

    definition_version: int = LEAD_TIME_VERSION


def flow_time(
    journeys: Iterable[Journey],
    *,
    finished_in: Period,
    calendar: Calendar,
    base: DayCount | None = None,
) -> FlowTime:
    """Days from start to last finish, both days included, of the items of one level that finished in the period.

    Days are counted as the calendar counts them, unless `base` says otherwise.
    Leaves out items never seen to start (`no_start`) and those whose history is missing or has a hole.
    Begun on Monday at 09:00 and finished on Tuesday at 15:00: 2 days. Definition 3.3, version 1.
    """
    used, excluded = part(
        finished(journeys, finished_in=finished_in, calendar=calendar), reason=lambda one: one.excluded_reason
    )
    taken = sorted((flow_days(one, calendar=calendar, base=base) or 0, one.key) for one in used)
    return FlowTime(
        days=tuple(days for days, _ in taken),
        keys=tuple(key for _, key in taken),
        excluded=excluded,
        base=base or calendar.count,
    )


def flow_days(journey: Journey, *, calendar: Calendar, base: DayCount | None = None) -> int | None:
    """The flow time of one item in days; None while it is not finished, or was never seen to start."""
    if journey.started_at is None or journey.finished_at is None:
        return None
    own = calendar_of(journey, calendar)
    return days_between(journey.started_at, journey.finished_at, calendar=own, base=base)


def days_between(start: datetime, finish: datetime, *, calendar: Calendar, base: DayCount | None = None) -> int:
    """Local days from start to finish, both included: Friday to Monday is 4, of which 2 are worked."""
    return calendar.days_from(calendar.day(start), calendar.day(finish), count=base)


def lead_time(
    journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar, board: Board = NO_BOARD
) -> LeadTime:
    """Days from creation to last finish, both included, of the items of one level finished in the period.

    At the level of the portfolio kanban from the first entry into its first state, the funnel, where that came after
    the creation: an item that was written down elsewhere, or as something else, is asked for when it comes before the
    portfolio (`entered_funnel`).
    Written down on 1 March, in the funnel since 4 March, done on 10 March: 7 days. Definition 3.3, version 2.
    """
    every = finished(journeys, finished_in=finished_in, calendar=calendar)
    taken = sorted(
        (
            days_between(_asked_at(one, board), one.finished_at or one.created_at, calendar=calendar_of(one, calendar)),
            one.key,
        )
        for one in every
    )
    return LeadTime(days=tuple(days for days, _ in taken), keys=tuple(key for _, key in taken), base=calendar.count)


def entered_funnel(journey: Journey, *, board: Board) -> datetime | None:
    """When an item first came onto the board by its first state; None where it did not, or by another one.

    It came otherwise, and has been waited for since its creation, where it was in a later state of the board before,
    or had been begun, finished or given up. A clock that is its children's knows no entry.
    """
    if journey.clock != "own" or not board.states:
        return None
    for visit in journey.visits:
        state = board.of(visit.status)
        if state == board.states[0] and visit.flow_state not in ENDED:
            return visit.entered_at
        if state is not None or visit.flow_state not in _NOT_BEGUN:
            return None
    return None


_NOT_BEGUN = (FlowState.NEW, FlowState.IGNORE, FlowState.UNKNOWN)


def _asked_at(journey: Journey, board: Board) -> datetime:
    entered_at = entered_funnel(journey, board=board) if journey.placement.level == board.level else None
    return journey.created_at if entered_at is None else max(journey.created_at, entered_at)
