"""How much of what we finish had nobody planned? Definition 3.6: the unplanned share, which feeds a lens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.selection import Excluded, calendar_of, count, finished, part

DEFINITION_VERSION = 1
LOWEST = "story"  # written down while an increment runs, of what was planned at its beginning


@dataclass(frozen=True, kw_only=True)
class Unplanned:
    """The items finished in a period whose plan is known, parted by whether they were there when it began."""

    unplanned: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.unplanned) + len(self.planned)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    @property
    def share(self) -> Decimal | None:
        """0 to 1; None where of no item the plan is known."""
        return Decimal(len(self.unplanned)) / self.n_used if self.n_used else None


def unplanned_share(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> Unplanned:
    """Of the items of one level finished in the period, those written down after what they were planned into began.

    An item is planned into the iteration that its tracker names last, where the tracker tells its days
    (`planned_on`); else, above stories, into the increment of its finish, where the settings name that increment: a
    quarter that nobody named is no plan. What was written down on the first day was there. Left out is what neither
    holds (`no_plan`): nobody knows whether it was planned.
    Iteration from 2 March; written down on 27 February, 2 March and 4 March, and one of no iteration: 1 of 3, 33.3 %,
    and one left out. Definition 3.6, version 1.
    """
    used, excluded = part(
        finished(journeys, finished_in=finished_in, calendar=calendar),
        reason=lambda one: None if _began_on(one, calendar) is not None else "no_plan",
    )
    told = [(one.key, _came_later(one, calendar)) for one in used]
    return Unplanned(
        unplanned=tuple(key for key, is_late in told if is_late),
        planned=tuple(key for key, is_late in told if not is_late),
        excluded=excluded,
    )


def _came_later(journey: Journey, calendar: Calendar) -> bool:
    began = _began_on(journey, calendar)
    return began is not None and calendar_of(journey, calendar).day(journey.created_at) > began


def _began_on(journey: Journey, calendar: Calendar) -> date | None:
    """The first day of what an item was planned into; None: nobody knows."""
    if journey.planned_on is not None:
        return journey.planned_on
    if journey.finished_at is None or journey.placement.level == LOWEST:
        return None
    day = calendar_of(journey, calendar).day(journey.finished_at)
    return next((one.period.start for one in calendar.increments if day in one.period), None)
