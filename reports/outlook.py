"""What lies ahead, decided: dates, how many, why they moved, and how far our forecasts came true. No words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendar import Increment
from domain.journey import Journey
from domain.promises import Foretold, Given
from domain.work_item import FlowState
from metrics.calibration import Brier, Coverage, brier, coverage
from metrics.forecasts import LEVELS
from metrics.forecasts.deliveries import Delivery, Together, deliveries, increment_ahead, together
from metrics.forecasts.features import FeaturesAhead, features_ahead
from metrics.forecasts.keeping import moves, told
from metrics.forecasts.looking_back import LookedBack, plan_ahead
from metrics.forecasts.moved import Moved
from metrics.forecasts.planning import Planned, read_at
from metrics.forecasts.situation import Situation
from metrics.forecasts.when import Forecast, Forecasts, forecast

LIKELY, EVEN = 0.85, 0.5  # a due date is likely met, or at least more likely than not


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is forecast as of a day, and what became of former forecasts.

    `former` is the last edition of an earlier day, None where there is none; `moved` says why 85 % dates differ from
    its. `coverage` is by percentile, the least first. `features` are the dates of open features that
    are due in the increment, None where nothing lies below features.
    """

    planned: Planned
    looked_back: tuple[LookedBack, ...]  # epics in progress, then the queue
    forecasts: Forecasts
    increment: Increment
    deliveries: tuple[Delivery, ...]
    together: Together | None
    former: Foretold | None
    moved: tuple[Moved, ...]
    coverage: tuple[Coverage, ...]
    brier: Brier
    features: FeaturesAhead | None = None

    @property
    def begun(self) -> tuple[Forecast, ...]:
        """Of epics in progress. The others are only a queue."""
        return tuple(one for one in self.forecasts.epics if self.epic(one).flow_state is not FlowState.NEW)

    @property
    def pressing(self) -> tuple[Forecast, ...]:
        """Of epics in progress, and of others that have a due date."""
        return tuple(one for one in self.forecasts.epics if one in self.begun or one.epic.due_on is not None)

    @property
    def dated(self) -> tuple[Forecast, ...]:
        """Of epics that have a date, and whose work is not finished already."""
        return tuple(one for one in self.forecasts.epics if one.dates and not one.is_done)

    @property
    def due(self) -> tuple[Forecast, ...]:
        """Of epics whose due date has a likelihood."""
        return tuple(one for one in self.forecasts.epics if one.likelihood is not None and not one.is_done)

    @property
    def late(self) -> tuple[Forecast, ...]:
        """Of epics that will rather miss their due date than meet it."""
        return tuple(one for one in self.due if one.likelihood is not None and one.likelihood.share < EVEN)

    def lateness(self, one: Forecast) -> Mapping[int, int | None]:
        """By how many days each date of an epic is later than its trials say, since it had to be, looking back."""
        return self.planned.plan.late.get(one.epic.group, {})

    @property
    def is_proven(self) -> bool:
        """Whether enough of the dates told with 85 % have come, and as many were met as was promised."""
        return any(one.percentile == 85 and one.verdict == "as_promised" for one in self.coverage)

    @property
    def really_moved(self) -> tuple[Moved, ...]:
        """What moved, the furthest first; by a day or so dates move without a reason."""
        return tuple(one for one in self.moved if one.refused is not None or abs(one.days or 0) > 1)

    def epic(self, one: Forecast) -> Journey:
        return self.planned.epics[one.id]


def look_ahead(situation: Situation, *, given: Sequence[Given] = (), former: Foretold | None = None) -> Outlook:
    """Plan, forecast, and hold former forecasts against what happened. The same facts give the same outlook."""
    journeys, calendar = situation.journeys, situation.calendar
    planned, looked_back = plan_ahead(situation)
    today = planned.plan.as_of
    increment = increment_ahead(calendar, today)
    found = forecast(planned.plan, until=increment.period.last_day)
    kept = told(
        [one for one in given if one.as_of < today],
        journeys,
        calendar=calendar,
        read_at=read_at(situation.sources, as_of=situation.as_of),
    )  # fmt: skip
    return Outlook(
        planned=planned,
        looked_back=looked_back,
        forecasts=found,
        increment=increment,
        deliveries=deliveries(planned, increment=increment),
        together=together(found),
        former=former,
        moved=moves(former, planned, found, journeys=journeys, levels=(85,)) if former is not None else (),
        coverage=tuple(coverage(kept, percentile=p, today=today) for p in LEVELS),
        brier=brier(kept, today=today),
        features=features_ahead(situation, until=increment.period.last_day),
    )


def read_until(planned: Planned) -> dict[str, date]:
    """Whose finished work is not known up to yesterday: the last day that is, by name."""
    teams = planned.plan.teams.items()
    return {name: team.read_on - timedelta(days=1) for name, team in teams if team.read_on is not None}
