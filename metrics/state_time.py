"""Where did the time of finished work go? The mean days in each state, waiting or active."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState
from metrics.selection import Excluded, count, finished, part

DEFINITION_VERSION = 1
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class StateTime:
    """One state that finished items went through: `days` in the mean of all of them, those that passed it by included.

    `flow_state` is what it means: waiting or active; or new, unknown or done, for time that went by before a return.
    """

    name: str
    flow_state: FlowState
    days: float
    items: int


@dataclass(frozen=True, kw_only=True)
class StateTimes:
    """The states in the order in which items come into them. Their days add up to `total_days`."""

    states: tuple[StateTime, ...]
    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def total_days(self) -> float:
        return sum(one.days for one in self.states)

    @property
    def longest(self) -> StateTime | None:
        return max(self.states, key=lambda one: one.days, default=None)

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def state_times(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> StateTimes:
    """The time between start and finish of items of one level that finished in the period, by state, per item.

    A day is 24 hours, since one state often takes less than a day. Nothing is deducted: a blocked day in Review is one
    of Review. States are told apart by name, whatever its case, and stand in the order in which they are first entered,
    in the mean. Leaves out items without states of their own to tell, as flow time does.
    Two items with 2 and 4 days in Build, and one of them 3 in Review: 3.0 days in Build, 1.5 in Review. Version 1.
    """
    told, excluded = part(finished(journeys, finished_in=finished_in, calendar=calendar), reason=_reason)
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
    return StateTimes(
        states=tuple(
            StateTime(
                name=known[name][0],
                flow_state=known[name][1],
                days=seconds[name] / DAY / len(told),
                items=items[name],
            )
            for name in sorted(seconds, key=lambda one: (fmean(places[one]), one))
            if seconds[name]
        ),
        keys=tuple(one.key for one in told),
        excluded=excluded,
    )


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
