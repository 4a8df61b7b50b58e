"""Where does work wait longest, and does it pile up there? The constraint of definition 3.3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from domain.calendar import Calendar
from domain.journey import Journey, Visit
from domain.period import Period
from metrics.flow_load import Days, day_counts
from metrics.journeys import IN_PROGRESS
from metrics.selection import Excluded, bounds_of, calendar_of, count, one_level, part

DEFINITION_VERSION = 1
OBSERVE = 0.40  # of the time in all states: from which share on a state may be the constraint
ACT = 0.60
OVER_DAYS = 0.5  # of the days: how often a state must be over its limit to count as piling up
LEAST = 5  # items in progress below which nothing is said


@dataclass(frozen=True, kw_only=True)
class StateFlow:
    """One waiting or active state in a period: the time that items spent in it, and who came and went.

    `seconds` are those of all its visits inside the period, those that go on included; `seconds_by_key` parts them by
    item. `days_over` is the share of days at whose end it held more than its limit; None without a limit. `now` and
    `blocked` are the items in it at the end of the period, and those of them blocked today.
    """

    name: str
    seconds: int
    visits: int
    entries: int
    exits: int
    share: float
    slowness: float
    limit: int | None
    days_over: float | None
    now: tuple[str, ...]
    blocked: tuple[str, ...]
    seconds_by_key: Mapping[str, int]
    verdict: str

    @property
    def growth(self) -> int:
        """By how many items its queue has grown."""
        return self.entries - self.exits

    @property
    def blocked_share(self) -> float | None:
        return len(self.blocked) / len(self.now) if self.now else None


@dataclass(frozen=True, kw_only=True)
class Bottleneck:
    """The states of one level, those that took the largest share of the time first."""

    period: Period
    states: tuple[StateFlow, ...]
    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def constraint(self) -> StateFlow | None:
        """The state that holds up the work; None where none does, or too few items say so."""
        return next((one for one in self.states if one.verdict in ("observe", "act")), None)

    @property
    def is_told(self) -> bool:
        """Are there enough items and states to say anything?"""
        return enough_to_tell(len(self.keys), len(self.states))

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


class Passing(NamedTuple):
    """What passed through a state in a period; the fields are those of `StateFlow`."""

    seconds: int
    visits: int
    entries: int
    exits: int
    days_over: float | None


class Weight(NamedTuple):
    """A state beside the others, by the name it was given with."""

    name: str
    share: float
    slowness: float
    verdict: str


def bottleneck(
    journeys: Iterable[Journey], *, period: Period, calendar: Calendar, limits: Mapping[str, int] | None = None
) -> Bottleneck:
    """Share of time, slowness, growth and limit of each state that items of one level were in during the period.

    States are told apart by name, whatever its case; `limits` are by name. Slowness (SDI) is a mean visit, as a
    multiple of the mean of all states' mean visits. The state with the largest share is the constraint from 40 % on,
    where its queue grows or it is over its limit on at least half of the days: `observe` it, from 60 % on `act`. Where
    neither is so it is slow but `draining`; all others are `none`, as are all below five items or with one state alone.
    Leaves out items without states of their own to tell: `derived_clock`, `no_history`, `history_gap`.
    20, 45, 90 and 25 days in four states: the third has 50.0 % (T11). Definition 3.3, version 1.
    """
    told, excluded = part(one_level(journeys), reason=_reason)
    within = bounds_of(period, calendar)
    states: dict[str, _Tally] = {}
    for journey in told:
        begin, end = within(journey)
        for visit, left_at in _stays(journey):
            if visit.entered_at < end and (left_at is None or left_at > begin):
                tally = states.setdefault(visit.status.casefold(), _Tally())
                tally.names[visit.status] += 1
                tally.take(journey, visit.entered_at, left_at, begin=begin, end=end, calendar=calendar)
    keys = {key for tally in states.values() for key in tally.seconds}
    wanted = {name.casefold(): limit for name, limit in (limits or {}).items()}
    return Bottleneck(
        period=period,
        states=_measured(states, wanted, period=period, is_told=enough_to_tell(len(keys), len(states))),
        keys=tuple(sorted(keys)),
        excluded=excluded,
    )


def enough_to_tell(items: int, states: int) -> bool:
    """Are there enough items, and more than one state to compare?"""
    return items >= LEAST and states > 1


class _Tally:
    """What is added up of one state."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.visits = self.entries = self.exits = 0
        self.evenings: list[Days] = []
        self.now: set[str] = set()
        self.blocked: set[str] = set()

    @property
    def name(self) -> str:
        """As it is mostly written."""
        return min(self.names, key=lambda name: (-self.names[name], name))

    def take(
        self,
        journey: Journey,
        entered_at: datetime,
        left_at: datetime | None,
        *,
        begin: datetime,
        end: datetime,
        calendar: Calendar,
    ) -> None:
        until = end if left_at is None else min(left_at, end)
        self.seconds[journey.key] += int((until - max(entered_at, begin)).total_seconds())
        self.visits += 1
        self.entries += entered_at >= begin
        self.exits += left_at is not None and left_at < end
        own = calendar_of(journey, calendar)
        first, last = own.day(entered_at), None if left_at is None else own.day(left_at)
        if last is None or first < last:
            self.evenings.append((first, last))
        if left_at is None or left_at >= end:
            self.now.add(journey.key)
            if journey.is_blocked:
                self.blocked.add(journey.key)


def _measured(
    tallies: Mapping[str, _Tally], limits: Mapping[str, int], *, period: Period, is_told: bool
) -> tuple[StateFlow, ...]:
    passed = {}
    for name, tally in tallies.items():
        counts, limit = day_counts(tally.evenings, period), limits.get(name)
        over = None if limit is None else sum(held > limit for held in counts) / len(counts)
        passed[name] = Passing(
            seconds=tally.seconds.total(),
            visits=tally.visits,
            entries=tally.entries,
            exits=tally.exits,
            days_over=over,
        )
    return tuple(
        StateFlow(
            name=tallies[one.name].name,
            seconds=passed[one.name].seconds,
            visits=passed[one.name].visits,
            entries=passed[one.name].entries,
            exits=passed[one.name].exits,
            share=one.share,
            slowness=one.slowness,
            limit=limits.get(one.name),
            days_over=passed[one.name].days_over,
            now=tuple(sorted(tallies[one.name].now)),
            blocked=tuple(sorted(tallies[one.name].blocked)),
            seconds_by_key=dict(sorted(tallies[one.name].seconds.items())),
            verdict=one.verdict,
        )
        for one in weighed(passed, is_told=is_told)
    )


def weighed(states: Mapping[str, Passing], *, is_told: bool) -> Iterator[Weight]:
    """Each state beside the others, the largest share of the time first: the first of them may be the constraint."""
    whole = sum(one.seconds for one in states.values())
    means = {name: one.seconds / one.visits for name, one in states.items()}
    mean = fmean(means.values()) if means else 0.0
    for rank, name in enumerate(sorted(states, key=lambda one: (-states[one].seconds, one))):
        one = states[name]
        share = one.seconds / whole if whole else 0.0
        is_piling_up = one.entries > one.exits or (one.days_over is not None and one.days_over >= OVER_DAYS)
        yield Weight(
            name=name,
            share=share,
            slowness=means[name] / mean if mean else 0.0,
            verdict=_verdict(share, is_piling_up=is_piling_up) if is_told and rank == 0 else "none",
        )


def _verdict(share: float, *, is_piling_up: bool) -> str:
    """Of the state with the largest share."""
    if share < OBSERVE:
        return "none"
    if not is_piling_up:
        return "draining"
    return "act" if share >= ACT else "observe"


def _reason(journey: Journey) -> str | None:
    if journey.clock == "derived":
        return "derived_clock"
    return journey.excluded_reason if journey.excluded_reason in ("no_history", "history_gap") else None


def _stays(journey: Journey) -> Iterator[tuple[Visit, datetime | None]]:
    """Its visits in progress, each with when it left: the state, the tracker or the scope."""
    for visit in journey.visits:
        if visit.flow_state not in IN_PROGRESS:
            continue
        ends = [at for at in (visit.left_at, journey.removed_at) if at is not None]
        left_at = min(ends, default=None)
        if left_at is None or left_at > visit.entered_at:
            yield visit, left_at
