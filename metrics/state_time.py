"""Where did the time of finished work go? The mean days in each state, waiting or active."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState
from metrics.selection import Excluded, count, finished, part

DEFINITION_VERSION = 2
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class StateTime:
    """One state that finished items went through: `days` in the mean of its tracker's items, those that passed it by
    included, of `total_days` in all of that tracker's states.

    `flow_state` is what it means: waiting or active; or new, unknown or done, for time that went by before a return.
    `name` has its tracker before it where several have a state of that name. `finished` items are its tracker's.
    """

    name: str
    status: str
    source: str
    flow_state: FlowState
    seconds: int
    days: float
    total_days: float
    items: int
    finished: int


@dataclass(frozen=True, kw_only=True)
class StateTimes:
    """The states in the order in which items come into them, each tracker's together, the most finished first."""

    states: tuple[StateTime, ...]
    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def sources(self) -> tuple[str, ...]:
        """The trackers whose states these are."""
        return tuple(dict.fromkeys(one.source for one in self.states))

    def longest(self, *, of: int = 1) -> StateTime | None:
        """The one that took most of all the time, of trackers with at least so many finished items."""
        told = (one for one in self.states if one.finished >= of)
        return max(told, key=lambda one: one.seconds, default=None)

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def state_times(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> StateTimes:
    """The time between start and finish of items of one level that finished in the period, by state, per item.

    A day is 24 hours, since one state often takes less than a day. Nothing is deducted: a blocked day in Review is one
    of Review. States are told apart by tracker, and by name whatever its case: each tracker has its own words for the
    same step, so the days of each are divided by its own items. They stand in the order in which they are first
    entered, in the mean. Leaves out items without states of their own to tell, as flow time does.
    Two items with 2 and 4 days in Build, and one of them 3 in Review: 3.0 days in Build, 1.5 in Review. Beside them two
    of another tracker with 5 days each in Active: 5.0 there, and still 3.0 and 1.5. Definition 3.3, version 2.
    """
    told, excluded = part(finished(journeys, finished_in=finished_in, calendar=calendar), reason=_reason)
    by_source: dict[str, list[Journey]] = defaultdict(list)
    for journey in told:
        by_source[journey.id.source].append(journey)
    ordered = sorted(by_source, key=lambda source: (-len(by_source[source]), source))
    found = [one for source in ordered for one in _of_tracker(source, by_source[source])]
    names = Counter(one.status.casefold() for one in found)
    return StateTimes(
        states=tuple(
            replace(one, name=f"{one.source} / {one.status}") if names[one.status.casefold()] > 1 else one
            for one in found
        ),
        keys=tuple(one.key for one in told),
        excluded=excluded,
    )


def _of_tracker(source: str, told: Sequence[Journey]) -> list[StateTime]:
    """The states of one tracker, in the order in which its items come into them."""
    seconds: dict[str, int] = defaultdict(int)
    items: dict[str, int] = defaultdict(int)
    places: dict[str, list[int]] = defaultdict(list)
    known: dict[str, tuple[str, FlowState]] = {}
    for journey in told:
        entered = _order(journey)
        for status, spent in journey.spans.per_state.items():
            name = status.casefold()
            seconds[name] += spent
            items[name] += 1
            place, meaning = entered.get(name, (len(entered), FlowState.UNKNOWN))
            places[name].append(place)
            known[name] = (status, meaning)
    total = sum(seconds.values())
    return [
        StateTime(
            name=known[name][0],
            status=known[name][0],
            source=source,
            flow_state=known[name][1],
            seconds=seconds[name],
            days=seconds[name] / DAY / len(told),
            total_days=total / DAY / len(told),
            items=items[name],
            finished=len(told),
        )
        for name in sorted(seconds, key=lambda one: (fmean(places[one]), one))
        if seconds[name]
    ]


def _reason(journey: Journey) -> str | None:
    if journey.excluded_reason is not None:
        return journey.excluded_reason
    return None if journey.clock == "own" else "derived_clock"


def _order(journey: Journey) -> dict[str, tuple[int, FlowState]]:
    """At which place, and with which meaning, an item first came into each state."""
    found: dict[str, tuple[int, FlowState]] = {}
    for visit in journey.visits:
        found.setdefault(visit.status.casefold(), (len(found), visit.flow_state))
    return found
