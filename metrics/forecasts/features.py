"""When will each feature be done? The forecast of definition 3.4, with features in the place of epics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.forecasting import Forecasting
from domain.journey import Journey
from domain.work_item import FlowState
from metrics.forecasts.plan import Epic, Plan
from metrics.forecasts.planning import LEVELS, plan_of
from metrics.forecasts.situation import Situation
from metrics.forecasts.when import Forecast, Forecasts, forecast

EPIC, FEATURE = LEVELS[:2]


@dataclass(frozen=True, kw_only=True)
class FeaturesAhead:
    """What is forecast of the open features; `features` are by the names of the plan."""

    forecasts: Forecasts
    features: Mapping[str, Journey]

    def due(self, *, by: date) -> tuple[tuple[Journey, Forecast], ...]:
        """Those that are due by a day, overdue ones too, the soonest first."""
        found = [(self.features[one.id], one) for one in self.forecasts.epics]
        due = [(item.due_on, item.key, item, one) for item, one in found if item.due_on and item.due_on <= by]
        return tuple((item, one) for *_, item, one in sorted(due, key=lambda each: each[:2]))


def features_ahead(situation: Situation, *, until: date) -> FeaturesAhead | None:
    """The dates of open features that are due by a day, as `plan_of` and `forecast` give those of epics.

    A train finishes the items below its features in their order: those in progress first, then by due date; on as many
    at once as are in progress. What is drawn is what was finished below features, what grows is what features grew by,
    and one that nobody has split has the size of a finished one of its type. A feature waits for features that block
    it. With those that are due, all are played that somebody works on who works on these, and of the queue behind them
    as many as are in progress at once: what comes later takes nothing from them. Nothing is held against what happened:
    dates of features are not made later by what looking back taught of epics. None where nothing lies below features.
    One item a working day, two left on Monday: Wednesday. Definition 3.4, version 1.
    """
    journeys = situation.journeys
    if not any(one.placement.level == LEVELS[-1] and one.flow_state is not FlowState.IGNORE for one in journeys):
        return None
    raised = [_raised(one) for one in journeys]
    planned = plan_of(
        replace(
            situation,
            journeys=raised,
            portfolio=f"{situation.portfolio} features",
            agreed=_agreed(situation.agreed),
        )
    )
    plan = _near(planned.plan, until=until)
    by_id = {one.id: one for one in journeys if one.placement.level == FEATURE}
    return FeaturesAhead(
        forecasts=forecast(plan),
        features={one.id: by_id[planned.epics[one.id].id] for one in plan.epics},
    )


def _near(plan: Plan, *, until: date) -> Plan:
    """The same plan without what has no part in the dates of features that are due by a day."""
    by_name = {one.id: one for one in plan.epics}
    wanted: dict[str, Epic] = {}
    ahead = [one for one in plan.epics if one.due_on is not None and one.due_on <= until]
    while ahead:
        one = ahead.pop()
        if one.id not in wanted:
            wanted[one.id] = one
            ahead += [by_name[name] for name in one.after if name in by_name]
    room = {name: plan.teams[name].wip for one in wanted.values() for name in one.work}
    kept = []
    for one in plan.epics:  # in the order of their rank
        mine = [name for name in one.work if name in room]
        is_next = not one.is_begun and any(room[name] for name in mine)
        if one.id in wanted or (mine and (one.is_begun or is_next)):
            kept.append(one)
        if is_next and one.id not in wanted:
            room |= {name: max(room[name] - 1, 0) for name in mine}
    return replace(plan, epics=tuple(kept))


def _agreed(agreed: Forecasting) -> Forecasting:
    """What was agreed about features, as if they were epics."""
    return replace(agreed, sizes=tuple(replace(one, level=EPIC) for one in agreed.sizes if one.level == FEATURE))


def _raised(journey: Journey) -> Journey:
    """A feature as if it were an epic; an epic as something that is held and not planned."""
    level = journey.placement.level
    if level not in (EPIC, FEATURE):
        return journey
    return replace(journey, placement=replace(journey.placement, level=EPIC if level == FEATURE else None))
