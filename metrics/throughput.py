"""How much is finished: definition 3.3, throughput (flow velocity)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.selection import Excluded, calendar_of, falls_in, finished, one_level

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Items finished in a period: a count, not points."""

    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def items(self) -> int:
        return len(self.keys)

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(keys) for keys in self.excluded.values())


def throughput(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> Throughput:
    """Count the items of one level that finished in the period; a reopened one once, at its current finish.

    Items given up in the period are no throughput and are named as `cancelled`.
    """
    journeys = one_level(journeys)
    is_within = falls_in(finished_in, calendar)
    dropped = tuple(sorted(one.key for one in journeys if is_within(one, one.cancelled_at)))
    return Throughput(
        keys=tuple(one.key for one in finished(journeys, finished_in=finished_in, calendar=calendar)),
        excluded={"cancelled": dropped} if dropped else {},
    )


def weekly(journeys: Iterable[Journey], *, periods: Sequence[Period], calendar: Calendar) -> tuple[int, ...]:
    """Items of one level finished in each period, in one pass; the periods are in order and do not overlap."""
    found = dict.fromkeys(periods, 0)
    starts = {day: period for period in periods for day in period.days()}
    for journey in one_level(journeys):
        if journey.finished_at is None:
            continue
        if period := starts.get(calendar_of(journey, calendar).day(journey.finished_at)):
            found[period] += 1
    return tuple(found.values())
