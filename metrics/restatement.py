"""Which past figures would read differently today, and why: the items that came, went, or count otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import Calendar
from domain.closed import ClosedFigure, FirstTold
from domain.journey import Journey
from domain.period import Period, months_back, weeks_back
from domain.work_item import ItemId
from metrics.flow_time import flow_time
from metrics.membership.asking import named_apart
from metrics.selection import at_level
from metrics.throughput import throughput
from metrics.waste import waste

LEVELS = ("epic", "feature", "story")
WEEKS = 13
MONTHS = 13

# Why an item is no longer in a figure, or is in it now.
REMOVED = "removed"
REOPENED = "reopened"
OTHER_LEVEL = "other_level"
LEFT_OUT = "left_out"
ELSEWHERE = "elsewhere"
LEARNED = "learned"
RECOUNTED = "recounted"


@dataclass(frozen=True, kw_only=True)
class Restated:
    """A figure that an edition told, and that reads differently now. `items` are the items behind it, by why.

    `removed`, `reopened`, `other_level`, `left_out` (from this figure) and `elsewhere` (it counts in another period)
    are no longer in it; `learned` are in it now and were not; `recounted` bring another amount. None at all: the same
    items are told by other settings or definitions.
    """

    first: FirstTold
    now: ClosedFigure
    items: Mapping[str, tuple[ItemId, ...]] = field(default_factory=dict)


def closed_figures(journeys: Iterable[Journey], *, today: date, calendar: Calendar) -> list[ClosedFigure]:
    """The figures of the 13 weeks and 13 months that ended last, level by level: what editions are held to.

    Throughput by week and month, and by month the flow time of 85 % of what finished, and what was given up after it
    was begun. Periods in which a level had no item that ended are left out. Source: status history.
    """
    journeys = list(journeys)
    found: list[ClosedFigure] = []
    for level in LEVELS:
        named = named_apart(at_level(journeys, level))
        by_month = _by_month(named.values())
        for period in looked_back(today):
            near = [one for month in _months(period) for one in by_month.get(month, ())]
            if near:
                found += _of_period(near, named, level=level, period=period, calendar=calendar)
    return [one for one in found if one.counted]


def looked_back(today: date) -> tuple[Period, ...]:
    """The periods whose figures are held against what editions told of them: 13 weeks, and 13 months."""
    return (*weeks_back(today, WEEKS), *months_back(today, MONTHS))


def restated(told: Iterable[FirstTold], today: Iterable[ClosedFigure], journeys: Iterable[Journey]) -> list[Restated]:
    """Which of the figures that editions told first read differently today, the newest periods first.

    A figure whose every item is gone reads 0 where items are counted, and has no value where something is measured.
    An edition told of 12 stories finished in week 47, one of them was reopened since and another is learned of only
    now: still 12, and nothing is restated; without the second it reads 11, and the reopened one is named. Design 4,
    version 1.
    """
    now = {one.name: one for one in today}
    by_id = {one.id: one for one in journeys}
    found: list[Restated] = []
    for first in told:
        was = first.figure
        reads = now.get(was.name) or _empty(was)
        if reads.value != was.value:
            found.append(Restated(first=first, now=reads, items=_why(was, reads, by_id)))
    return sorted(found, key=lambda one: (-one.now.period.end.toordinal(), one.now.metric, one.now.level))


def _of_period(
    near: Sequence[Journey], named: Mapping[str, Journey], *, level: str, period: Period, calendar: Calendar
) -> Iterator[ClosedFigure]:
    done = throughput(near, finished_in=period, calendar=calendar)

    def figure(metric: str, value: int | None, keys: Sequence[str], amounts: Sequence[int]) -> ClosedFigure:
        return ClosedFigure(
            metric=metric,
            level=level,
            period=period,
            value=None if value is None else Decimal(value),
            counted={named[key].id: amount for key, amount in zip(keys, amounts, strict=True)},
        )

    yield figure("throughput", done.n_used, done.keys, [1] * done.n_used)
    if period.end - period.start > timedelta(days=7):
        taken = flow_time(near, finished_in=period, calendar=calendar)
        yield figure("flow_time_p85", taken.p85_days, taken.keys, taken.days)
        lost = waste(near, cancelled_in=period, calendar=calendar)
        yield figure("waste", lost.items, lost.keys, [1] * lost.items)


def _empty(was: ClosedFigure) -> ClosedFigure:
    value = Decimal(0) if was.metric in ("throughput", "waste") else None
    return ClosedFigure(metric=was.metric, level=was.level, period=was.period, value=value)


def _why(was: ClosedFigure, now: ClosedFigure, by_id: Mapping[ItemId, Journey]) -> dict[str, tuple[ItemId, ...]]:
    found: dict[str, list[ItemId]] = defaultdict(list)
    for item, amount in was.counted.items():
        if item not in now.counted:
            found[_gone(by_id.get(item), was)].append(item)
        elif now.counted[item] != amount:
            found[RECOUNTED].append(item)
    for item in now.counted:
        if item not in was.counted:
            found[LEARNED].append(item)
    return {why: tuple(sorted(items)) for why, items in sorted(found.items())}


def _gone(journey: Journey | None, was: ClosedFigure) -> str:
    if journey is None or journey.removed_at is not None:
        return REMOVED
    if journey.placement.level != was.level:
        return OTHER_LEVEL
    ended = journey.cancelled_at if was.metric == "waste" else journey.finished_at
    if ended is None:
        return REOPENED
    return LEFT_OUT if journey.excluded_reason else ELSEWHERE


def _by_month(journeys: Iterable[Journey]) -> dict[tuple[int, int], list[Journey]]:
    """What ended, by the month it ended in, and by the next or former where that is a day away in some zone."""
    found: dict[tuple[int, int], list[Journey]] = defaultdict(list)
    for one in journeys:
        ended = one.finished_at or one.cancelled_at
        if ended is not None:
            days = {(ended + timedelta(days=by)).date() for by in (-1, 0, 1)}
            for month in {(day.year, day.month) for day in days}:
                found[month].append(one)
    return found


def _months(period: Period) -> list[tuple[int, int]]:
    first, last = period.start, period.last_day
    return sorted({(first.year, first.month), (last.year, last.month)})
