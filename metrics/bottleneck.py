"""Where does work wait longest, and does it pile up there? The constraint of definition 3.3."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from domain.calendar import Calendar
from domain.journey import Journey, Visit
from domain.period import Period
from domain.strategy import FlowTolerances, Guardrails
from metrics.flow_load import Days, day_counts
from metrics.journeys import IN_PROGRESS
from metrics.selection import Excluded, bounds_of, calendar_of, count, one_level, part

DEFINITION_VERSION = 2
OVER_DAYS = 0.5  # of the days: how often a state must be over its limit to count as piling up
LEAST = 5  # items in progress below which nothing is said

StateKey = tuple[str, str]  # a source ("": all of them alike) and the name of a state, lower-cased


@dataclass(frozen=True, kw_only=True)
class StateFlow:
    """One waiting or active state in a period: the time that items spent in it, and who came and went.

    `seconds` are those of all its visits inside the period, those that go on included; `seconds_by_key` parts them by
    item. `limit` is that of the portfolio's state which it belongs to, and `days_over` the share of days at whose end
    all of that state together held more; None without a limit. `now` and
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
    """A state beside the others, by the key it was given with."""

    key: StateKey
    share: float
    slowness: float
    verdict: str


def bottleneck(
    journeys: Iterable[Journey],
    *,
    period: Period,
    calendar: Calendar,
    guardrails: Guardrails,
    limits: bool,
) -> Bottleneck:
    """Share of time, slowness, growth and limit of each state that items of one level were in during the period.

    States are told apart by name, whatever its case, and where two trackers have one of the same name, by tracker: what
    two call alike need not be alike. Unless the portfolio kanban says that it is. Limits are those of `guardrails`,
    where `limits` says that they hold: of a state of the kanban, which several statuses may share. Slowness (SDI) is a
    mean visit, as a multiple of the mean of all states' mean visits. The state with the largest share is the constraint
    from 40 % on, or the share that `guardrails` name, where its queue grows or it is over its limit on at least half of
    the days: `observe` it, from 60 % on, or the share named, `act`. Where neither is so it is slow but `draining`; all
    others are `none`, as are all below five items or with one state alone.
    Leaves out items without states of their own to tell: `derived_clock`, `no_history`, `history_gap`.
    20, 45, 90 and 25 days in four states: the third has 50.0 % (T11). Definition 3.3, version 2.
    """
    agreed = guardrails if limits else Guardrails()
    told, excluded = part(one_level(journeys), reason=_reason)
    within = bounds_of(period, calendar)
    states: dict[StateKey, _Tally] = {}
    for journey in told:
        begin, end = within(journey)
        for visit, left_at in _stays(journey):
            if visit.entered_at < end and (left_at is None or left_at > begin):
                name = visit.status.casefold()
                tally = states.setdefault(("" if name in agreed.kanban else journey.id.source, name), _Tally())
                tally.names[visit.status] += 1
                tally.take(journey, visit.entered_at, left_at, begin=begin, end=end, calendar=calendar)
    keys = {key for tally in states.values() for key in tally.seconds}
    return Bottleneck(
        period=period,
        states=_measured(
            states,
            agreed,
            period=period,
            is_told=enough_to_tell(len(keys), len(states)),
            tolerances=guardrails.flow,
        ),
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
    tallies: Mapping[StateKey, _Tally],
    agreed: Guardrails,
    *,
    period: Period,
    is_told: bool,
    tolerances: FlowTolerances,
) -> tuple[StateFlow, ...]:
    days_over = _days_over(tallies, agreed, period=period)
    trackers = Counter(name for _, name in tallies)
    passed, limits = {}, {}
    for key, tally in tallies.items():
        limited = limits[key] = agreed.limited(key[1])
        passed[key] = Passing(
            seconds=tally.seconds.total(),
            visits=tally.visits,
            entries=tally.entries,
            exits=tally.exits,
            days_over=None if limited is None else days_over[limited],
        )
    return tuple(
        StateFlow(
            name=told_apart(one.key, tallies[one.key].name, trackers=trackers[one.key[1]]),
            seconds=passed[one.key].seconds,
            visits=passed[one.key].visits,
            entries=passed[one.key].entries,
            exits=passed[one.key].exits,
            share=one.share,
            slowness=one.slowness,
            limit=None if (state := limits[one.key]) is None else agreed.wip[state],
            days_over=passed[one.key].days_over,
            now=tuple(sorted(tallies[one.key].now)),
            blocked=tuple(sorted(tallies[one.key].blocked)),
            seconds_by_key=dict(sorted(tallies[one.key].seconds.items())),
            verdict=one.verdict,
        )
        for one in weighed(passed, is_told=is_told, tolerances=tolerances)
    )


def told_apart(key: StateKey, name: str, *, trackers: int) -> str:
    """The name of a state, with its tracker before it where several have one of that name."""
    return name if trackers == 1 else f"{key[0]} / {name}"


def weighed(states: Mapping[StateKey, Passing], *, is_told: bool, tolerances: FlowTolerances) -> Iterator[Weight]:
    """Each state beside the others, the largest share of the time first: the first of them may be the constraint."""
    whole = sum(one.seconds for one in states.values())
    means = {key: one.seconds / one.visits for key, one in states.items()}
    mean = fmean(means.values()) if means else 0.0
    for rank, key in enumerate(sorted(states, key=lambda one: (-states[one].seconds, one))):
        one = states[key]
        share = one.seconds / whole if whole else 0.0
        is_piling_up = one.entries > one.exits or (one.days_over is not None and one.days_over >= OVER_DAYS)
        may_hold_up = is_told and rank == 0
        yield Weight(
            key=key,
            share=share,
            slowness=means[key] / mean if mean else 0.0,
            verdict=_verdict(share, tolerances, is_piling_up=is_piling_up) if may_hold_up else "none",
        )


def _days_over(tallies: Mapping[StateKey, _Tally], agreed: Guardrails, *, period: Period) -> dict[str, float]:
    """The share of days on which each state with a limit held more, over all statuses and trackers that make it."""
    evenings: dict[str, list[Days]] = defaultdict(list)
    for (_, name), tally in tallies.items():
        if (state := agreed.limited(name)) is not None:
            evenings[state] += tally.evenings
    counts = {state: day_counts(each, period) for state, each in evenings.items()}
    return {state: sum(held > agreed.wip[state] for held in each) / len(each) for state, each in counts.items()}


def _verdict(share: float, tolerances: FlowTolerances, *, is_piling_up: bool) -> str:
    """Of the state with the largest share."""
    if share < float(tolerances.constraint):
        return "none"
    if not is_piling_up:
        return "draining"
    return "act" if share >= float(tolerances.act) else "observe"


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
