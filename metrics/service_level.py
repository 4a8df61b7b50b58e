"""How often do we keep the expected time? Service level attainment, a part of flow time in definition 3.3."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.flow_time import FlowTime, flow_time
from metrics.selection import one_level

DEFINITION_VERSION = 1
WEEKS_BEFORE = 52  # of finished work that say what to expect where nobody does
EXPECTED = 85  # the percentile of theirs that is expected


@dataclass(frozen=True, kw_only=True)
class ServiceLevel:
    """The share, 0 to 1, of items that finished within the expected days; None where none are known, or no item.

    `is_agreed`: somebody set them; otherwise they are what 85 % of the items finished in the year before stayed within.
    """

    expected_days: int | None
    is_agreed: bool
    taken: FlowTime
    definition_version: int = DEFINITION_VERSION

    @property
    def share(self) -> float | None:
        return None if self.expected_days is None else self.taken.within(self.expected_days)

    @property
    def late(self) -> tuple[str, ...]:
        """The keys of the items that took longer."""
        if self.expected_days is None:
            return ()
        pairs = zip(self.taken.keys, self.taken.days, strict=True)
        return tuple(key for key, days in pairs if days > self.expected_days)

    @property
    def n_used(self) -> int:
        return self.taken.n_used

    @property
    def n_in_scope(self) -> int:
        return self.taken.n_in_scope


def service_level(
    journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar, agreed_days: int | None = None
) -> ServiceLevel:
    """How many of the items of one level finished in the period kept the expected time.

    Exactly the expected days is kept. Leaves out what flow time leaves out.
    1, 2, 2, 3, 4, 5, 8, 13, 21 and 34 days, 8 agreed: 7 of 10. Definition 3.3, version 1.
    """
    kept = one_level(journeys)
    expected = agreed_days
    if expected is None:
        before = Period(finished_in.start - timedelta(weeks=WEEKS_BEFORE), finished_in.start)
        expected = flow_time(kept, finished_in=before, calendar=calendar).percentile(EXPECTED)
    return ServiceLevel(
        expected_days=expected,
        is_agreed=agreed_days is not None,
        taken=flow_time(kept, finished_in=finished_in, calendar=calendar),
    )
