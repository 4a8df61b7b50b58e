"""How much is in progress: flow load at the end of a day, and presence over a day (definition 3.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState, HistoryState
from metrics.journeys import IN_PROGRESS
from metrics.selection import Excluded, calendar_of, count, known, one_level

DEFINITION_VERSION = 1

_A_ZONE_AWAY = timedelta(days=2)  # days begin elsewhere earlier or later, by less than that

Days = tuple[date, date | None]  # from the first up to, not including, the second; None: still going on


@dataclass(frozen=True, kw_only=True)
class FlowLoad:
    """Items waiting or active at the end of a day."""

    day: date
    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def items(self) -> int:
        return len(self.keys)

    @property
    def known(self) -> int | None:
        """The load; None where there are items, and of none is it known whether it was in progress."""
        return known(self.items, used=self.n_used, lost=count(self.excluded))

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


@dataclass(frozen=True, kw_only=True)
class LoadSeries:
    """Items in progress on each local day of a period.

    `end_of_day` counts what was waiting or active when the day ended. `presence` counts every item between the day
    it started and the day it finished, both included: the one for averages and Little's law. `untold` counts by reason
    the items that were there when the day ended, in a status that nobody mapped or no history tells.
    """

    period: Period
    end_of_day: tuple[int, ...]
    presence: tuple[int, ...]
    untold: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION


def flow_load(journeys: Iterable[Journey], *, day: date, calendar: Calendar) -> FlowLoad:
    """The items of one level that were waiting or active at the end of a local day.

    An item that is done, given up, removed, ignored or moved back to new at that instant is no load. Items whose
    status on that day nobody mapped are named as `unmapped`; those that were there, but whose status on that day
    no history tells, as `no_history`. An item is on all its days at the level and of the kind that its journey has: of
    its finish, or of the instant of asking. Definition 3.1 would ask for those of the day.
    """
    kept = one_level(journeys)
    loaded = [one.key for one in kept if any(holds(days, day) for days in load_days(one, calendar=calendar))]
    excluded: dict[str, list[str]] = defaultdict(list)
    for one in kept:
        for reason, days in untold_days(one, calendar=calendar):
            if holds(days, day):
                excluded[reason].append(one.key)
    return FlowLoad(
        day=day,
        keys=tuple(sorted(loaded)),
        excluded={reason: tuple(sorted(keys)) for reason, keys in sorted(excluded.items())},
    )


def load_series(journeys: Iterable[Journey], *, period: Period, calendar: Calendar) -> LoadSeries:
    """Flow load and presence of one level, day by day, by adding up arrivals and departures.

    Items on days 1-4, 2-5, 3-9, 5-6 and 6-10: at the end of each day 1, 2, 3, 2, 2, 2, 2, 2, 1, 0 are in progress.
    """
    kept = one_level(journeys)
    untold: dict[str, list[Days]] = defaultdict(list)
    for one in kept:
        for reason, days in untold_days(one, calendar=calendar):
            untold[reason].append(days)
    return LoadSeries(
        period=period,
        untold={reason: day_counts(runs, period) for reason, runs in sorted(untold.items())},
        end_of_day=day_counts((days for one in kept for days in load_days(one, calendar=calendar)), period),
        presence=day_counts((days for one in kept for days in presence_days(one, calendar=calendar)), period),
    )


def load_days(journey: Journey, *, calendar: Calendar) -> Iterator[Days]:
    """The runs of days at whose end the item was in progress."""
    return _days_in(journey, IN_PROGRESS, calendar=calendar)


def near(journeys: Iterable[Journey], period: Period) -> list[Journey]:
    """Those that may have been in progress on a day of the period, found without looking at all of their visits.

    Left out are items whose last status is none of progress and was entered before the period, since whatever they did
    before is over, and those whose first status was entered after it.
    """
    begin = datetime.combine(max(period.start, date.min + _A_ZONE_AWAY), time(), UTC) - _A_ZONE_AWAY
    end = datetime.combine(min(period.end, date.max - _A_ZONE_AWAY), time(), UTC) + _A_ZONE_AWAY
    return [
        one
        for one in journeys
        if one.visits
        and one.visits[0].entered_at < end
        and (one.visits[-1].entered_at > begin or one.visits[-1].flow_state in IN_PROGRESS)
    ]


def untold_days(journey: Journey, *, calendar: Calendar) -> Iterator[tuple[str, Days]]:
    """The runs of days at whose end the item was there and nobody knows whether it was in progress, each with why.

    `unmapped`: in a status that nobody mapped. `no_history`: before the first status that its tracker tells.
    """
    for days in _days_in(journey, (FlowState.UNKNOWN,), calendar=calendar):
        yield "unmapped", days
    own = calendar_of(journey, calendar)
    if journey.history is HistoryState.NONE:
        known_from = [one.entered_at for one in journey.visits[:1]]
        ends = [own.day(at) for at in (*known_from, journey.removed_at) if at is not None]
        first, until = own.day(journey.created_at), min(ends, default=None)
        if until is None or first < until:
            yield "no_history", (first, until)


def presence_days(journey: Journey, *, calendar: Calendar) -> Iterator[Days]:
    """The days from start to end, both included; the end is the finish, the giving up or the removal."""
    if journey.started_at is None:
        return
    own = calendar_of(journey, calendar)
    ended_at = journey.finished_at or journey.cancelled_at or journey.removed_at
    until = None if ended_at is None else own.day(ended_at) + timedelta(days=1)
    yield own.day(journey.started_at), until


def days_within(runs: Iterable[Days], period: Period) -> int:
    """How many days of the period the runs cover."""
    total = 0
    for first, until in runs:
        end = period.end if until is None else min(until, period.end)
        total += max(0, (end - max(first, period.start)).days)
    return total


def holds(days: Days, day: date) -> bool:
    """Is the day one of these?"""
    return days[0] <= day and (days[1] is None or day < days[1])


def day_counts(runs: Iterable[Days], period: Period) -> tuple[int, ...]:
    """On each day of the period, how many runs cover it."""
    steps = [0] * (period.length_days + 1)
    for first, until in runs:
        begin = max(0, (first - period.start).days)
        end = period.length_days if until is None else min(period.length_days, (until - period.start).days)
        if begin < end:
            steps[begin] += 1
            steps[end] -= 1
    return tuple(accumulate(steps[:-1]))


def _days_in(journey: Journey, states: Container[FlowState], *, calendar: Calendar) -> Iterator[Days]:
    own = calendar_of(journey, calendar)
    for visit in journey.visits:
        if visit.flow_state not in states:
            continue
        first = own.day(visit.entered_at)
        left_at = visit.left_at
        if journey.removed_at is not None and (left_at is None or journey.removed_at < left_at):
            left_at = journey.removed_at
        until = None if left_at is None else own.day(left_at)
        if until is None or first < until:
            yield first, until
