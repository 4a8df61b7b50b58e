"""Work that was begun and given up: definition 3.1, cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.balance import not_begun
from metrics.flow_time import days_between
from metrics.selection import Excluded, calendar_of, count, falls_in, one_level

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Waste:
    """Items given up in a period after they were begun, with the age in days of each on that day, the oldest first."""

    days: tuple[int, ...]
    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def items(self) -> int:
        return len(self.keys)

    @property
    def total_days(self) -> int:
        return sum(self.days)

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def waste(journeys: Iterable[Journey], *, cancelled_in: Period, calendar: Calendar) -> Waste:
    """The items of one level given up in the period that had been begun, and their age on that day.

    Only what is still given up counts: work that was taken up again goes on with its clock. Leaves out what was given
    up before anybody began it (`not_begun`: that is choosing, not waste) and what no history tells (`no_history`).
    Begun on Monday and given up on Wednesday, both days included: one item, 3 days. Definition 3.1, version 1.
    """
    within = falls_in(cancelled_in, calendar)
    found: list[tuple[int, str]] = []
    excluded: dict[str, list[str]] = {}
    for journey in one_level(journeys):
        given_up_at = journey.cancelled_at
        if given_up_at is None or not within(journey, given_up_at):
            continue
        if journey.started_at is None:
            excluded.setdefault(not_begun(journey), []).append(journey.key)
        else:
            own = calendar_of(journey, calendar)
            found.append((-days_between(journey.started_at, given_up_at, calendar=own), journey.key))
    found.sort()
    return Waste(
        days=tuple(-days for days, _ in found),
        keys=tuple(key for _, key in found),
        excluded={reason: tuple(sorted(keys)) for reason, keys in sorted(excluded.items())},
    )
