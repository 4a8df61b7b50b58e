"""How far work has come, day by day: the cumulative flow of definition 3.3, by the furthest state of each item.

```
new ──> waiting ──> active ──> done      a line each: how many items had ever come so far
          begun       worked on
                                └──> left: given up, or gone unfinished; out of all lines, and a line apart
```

Waiting and active are both in progress: queues stand before and after work, so moving between them is no step back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState
from metrics.flow_load import Days, day_counts, holds
from metrics.journeys import IN_PROGRESS
from metrics.selection import Excluded, calendar_of, count, one_level, part

DEFINITION_VERSION = 1
BANDS = ("new", "waiting", "active", "done")


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A time in which an item stood behind the furthest state it had reached: its line says more than is true.

    `mark` is that state, `waiting` (it is back in new) or `done` (it was reopened). `until` None: it still is.
    """

    key: str
    mark: str
    since: date
    until: date | None


@dataclass(frozen=True, kw_only=True)
class CumulativeFlow:
    """On each local day of the period, how many items had ever come as far as each state by the end of it.

    `left` counts those given up, or removed unfinished: from that day on they are in no other line. `behind` counts
    the items within a correction. `keys` are the items of each line on the last day.
    """

    period: Period
    new: tuple[int, ...]
    waiting: tuple[int, ...]
    active: tuple[int, ...]
    done: tuple[int, ...]
    left: tuple[int, ...]
    behind: tuple[int, ...]
    corrections: tuple[Correction, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return self.new[-1] + self.left[-1]

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def cumulative_flow(journeys: Iterable[Journey], *, period: Period, calendar: Calendar) -> CumulativeFlow:
    """The lines of the items of one level, by high-water mark: a reopened item stays in done, and is `behind`.

    A line falls only by what leaves. Where nothing is behind, unmapped or untold, the gap between `waiting` and `done`
    is the flow load. Leaves out items whose course no history tells (`no_history`).
    One item begun on Monday, done on Tuesday and reopened on Wednesday, another begun on Tuesday and given up on
    Wednesday: waiting 1, 2, 1; done 0, 1, 1; left 0, 0, 1; behind 0, 0, 1. Definition 3.3, version 1.
    """
    told, excluded = part(one_level(journeys), reason=_untold)
    lines: dict[str, list[tuple[str, Days]]] = {name: [] for name in (*BANDS, "left")}
    for journey in told:
        for name, days in band_days(journey, calendar=calendar).items():
            lines[name].append((journey.key, days))
    slips = [one for journey in told for one in corrections(journey, calendar=calendar)]
    counts = {name: day_counts((days for _, days in found), period) for name, found in lines.items()}
    return CumulativeFlow(
        period=period,
        new=counts["new"],
        waiting=counts["waiting"],
        active=counts["active"],
        done=counts["done"],
        left=counts["left"],
        behind=day_counts(((one.since, one.until) for one in slips), period),
        corrections=tuple(
            sorted(
                (one for one in slips if one.since < period.end and (one.until is None or one.until > period.start)),
                key=lambda one: (one.since, one.key),
            )
        ),
        keys={
            name: tuple(sorted(key for key, days in found if holds(days, period.last_day)))
            for name, found in lines.items()
        },
        excluded=excluded,
    )


def band_days(journey: Journey, *, calendar: Calendar) -> Mapping[str, Days]:
    """The days at whose end an item is in each line, from the first on, up to the day it left."""
    if not journey.visits or _untold(journey):
        return _NOWHERE
    left_at = _left_at(journey)
    own = calendar_of(journey, calendar)
    left = None if left_at is None else own.day(left_at)
    found = {
        name: (first, left)
        for name, at in _marks(journey).items()
        if at is not None and ((first := own.day(at)) and (left is None or first < left))
    }
    return found if left is None else {**found, "left": (left, None)}


def corrections(journey: Journey, *, calendar: Calendar) -> Iterator[Correction]:
    """The times in which an item was behind its mark at the end of a day, oldest first.

    One that moved on to another state that is still behind is in one correction, not two.
    """
    mark, since = 0, None
    ended_at = journey.removed_at
    for visit in journey.visits:
        rank = _RANKS.get(visit.flow_state)
        is_behind = rank is not None and rank < mark and (ended_at is None or visit.entered_at < ended_at)
        if is_behind and since is None:
            since = visit.entered_at
        elif not is_behind and since is not None:
            yield from _correction(journey, mark, since, visit.entered_at, calendar=calendar)
            since = None
        mark = max(mark, rank or 0)
    if since is not None:
        yield from _correction(journey, mark, since, ended_at, calendar=calendar)


def _correction(
    journey: Journey, mark: int, since: datetime, until: datetime | None, *, calendar: Calendar
) -> Iterator[Correction]:
    ended_at = min((at for at in (until, journey.removed_at) if at is not None), default=None)
    own = calendar_of(journey, calendar)
    first, last = own.day(since), None if ended_at is None else own.day(ended_at)
    if last is None or first < last:
        yield Correction(key=journey.key, mark=_NAMES[mark], since=first, until=last)


def _untold(journey: Journey) -> str | None:
    return "no_history" if journey.excluded_reason == "no_history" else None


def _marks(journey: Journey) -> Mapping[str, datetime | None]:
    """When the item first came as far as each state, or beyond it."""
    done = _first(journey, (FlowState.DONE,))
    begun = _earliest(_first(journey, IN_PROGRESS), done)
    return {
        "new": _earliest(journey.created_at, begun),
        "waiting": begun,
        "active": _earliest(_first(journey, (FlowState.ACTIVE,)), done),
        "done": done,
    }


def _left_at(journey: Journey) -> datetime | None:
    return None if journey.finished_at is not None else _earliest(journey.cancelled_at, journey.removed_at)


def _first(journey: Journey, states: Sequence[FlowState]) -> datetime | None:
    return min((visit.entered_at for visit in journey.visits if visit.flow_state in states), default=None)


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((at for at in moments if at is not None), default=None)


_NOWHERE: Mapping[str, Days] = MappingProxyType({})
_RANKS = {FlowState.NEW: 0, FlowState.WAITING: 1, FlowState.ACTIVE: 1, FlowState.DONE: 2}
_NAMES = {1: "waiting", 2: "done"}
