"""How old finished work was when it left each state: the pace bands of definition 3.3, to warn of ageing work early."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.journeys import IN_PROGRESS
from metrics.percentiles import gated, percentile, shown
from metrics.selection import Excluded, calendar_of, count, finished, part

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class PaceBand:
    """The ages in days, start day and leaving day included, at which finished items left one state for the last time.

    `days` ascend, with the `keys` of the items in the same order. Where fewer than five left it, they are those of the
    state before it, named by `inherited_from`.
    """

    name: str
    days: tuple[int, ...]
    keys: tuple[str, ...] = ()
    inherited_from: str | None = None

    def percentile(self, p: int) -> int | None:
        return gated(self.days, p)

    def exceeded(self, age_days: int) -> int | None:
        """The highest of the 50th, 85th and 95th percentile that an age has passed; None: none of them."""
        passed = [p for p in (50, 85, 95) if (limit := self.percentile(p)) is not None and age_days > limit]
        return max(passed, default=None)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The bands of all waiting and active states of one level, in the order in which items come into them."""

    bands: tuple[PaceBand, ...]
    keys: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    def of(self, status: str) -> PaceBand | None:
        """The band of a state, whatever its case; None where neither it nor any state before it has one."""
        found = next((one for one in self.bands if one.name.casefold() == status.casefold()), None)
        return found if found is not None and found.days else None

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def pace(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> Pace:
    """Pace bands of the states of one level, from the items finished in the period.

    States are in the order of the median age at which items first came into them: those finished in the period, and
    those not finished. One that fewer than five finished items left has the band of the state before it, and the first
    of them none. Leaves out what flow time leaves out, and items with the clock of their children (`derived_clock`).
    Started on Monday and out of review on Wednesday: 3 days. Definition 3.3, version 1.
    """
    kept = list(journeys)
    told, excluded = part(finished(kept, finished_in=finished_in, calendar=calendar), reason=_reason)
    names: dict[str, Counter[str]] = defaultdict(Counter)
    entered: dict[str, list[int]] = defaultdict(list)
    left: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for journey in (*told, *(one for one in kept if one.finished_at is None)):
        if _reason(journey) is None:
            for status, days in _ages_entering(journey, calendar=calendar):
                names[status.casefold()][status] += 1
                entered[status.casefold()].append(days)
    for journey in told:
        for name, days in _ages_leaving(journey, calendar=calendar).items():
            left[name].append((days, journey.key))
    ordered = sorted(entered, key=lambda name: (percentile(sorted(entered[name]), 50), name))
    return Pace(
        bands=tuple(_bands(ordered, left, names)),
        keys=tuple(sorted(one.key for one in told)),
        excluded=excluded,
    )


def _bands(
    ordered: Iterable[str], left: Mapping[str, list[tuple[int, str]]], names: Mapping[str, Counter[str]]
) -> Iterator[PaceBand]:
    before: PaceBand | None = None
    for state in ordered:
        name = min(names[state], key=lambda one: (-names[state][one], one))
        items = sorted(left.get(state, ()))
        if shown(len(items)):
            before = PaceBand(name=name, days=tuple(days for days, _ in items), keys=tuple(key for _, key in items))
            yield before
        elif before is not None:
            yield replace(before, name=name, inherited_from=before.name)
        else:
            yield PaceBand(name=name, days=())


def _reason(journey: Journey) -> str | None:
    return "derived_clock" if journey.clock == "derived" else journey.excluded_reason


def _ages_entering(journey: Journey, *, calendar: Calendar) -> Iterator[tuple[str, int]]:
    """The age at the first entry into each state in progress."""
    if journey.started_at is None:
        return
    own, seen = calendar_of(journey, calendar), set[str]()
    start = own.day(journey.started_at)
    for visit in journey.visits:
        name = visit.status.casefold()
        if visit.flow_state in IN_PROGRESS and visit.entered_at >= journey.started_at and name not in seen:
            seen.add(name)
            yield visit.status, own.days_from(start, own.day(visit.entered_at))


def _ages_leaving(journey: Journey, *, calendar: Calendar) -> dict[str, int]:
    """The age at the last leaving of each state in progress."""
    if journey.started_at is None:
        return {}
    own = calendar_of(journey, calendar)
    start = own.day(journey.started_at)
    return {
        visit.status.casefold(): own.days_from(start, own.day(visit.left_at))
        for visit in journey.visits
        if visit.flow_state in IN_PROGRESS and visit.entered_at >= journey.started_at and visit.left_at is not None
    }
