"""What decisions on an epic buy, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metrics.choices import choices
from metrics.forecasts.plan import Plan
from metrics.forecasts.planning import Planned
from metrics.forecasts.when import Forecast, Forecasts
from metrics.membership.ahead import forecasts, planned_with_hindsight
from metrics.membership.asking import PORTFOLIO_LEVEL, Asked, Fact, Number, Part, today

MOST = 20  # epics that are played anew where no one of them is named


def _choice(asked: Asked) -> Iterator[Number]:
    """The days from today to the 85 % date of each open epic, by what is chosen.

    The epic that is named (`choice:PAY-1`), else the first begun ones, in the plan's order.
    """
    planned = planned_with_hindsight(asked)[0]
    ahead, day = forecasts(asked), today(asked)
    for one in _wanted(asked, planned, ahead):
        epic = planned.epics[one.id]
        if not asked.scope.holds(epic):
            continue
        told = choices(planned, ahead, one.id)
        facts: dict[str, Fact] = {
            f"chance:{each.name}": round(100 * each.by_due, 2) for each in told if each.by_due is not None
        }
        most = {each.name: each.dates[85] for each in told if 85 in each.dates}
        yield asked.number(
            f"choice:{epic.key}",
            (most["half"] - day.start).days if "half" in most else None,
            used=len(told),
            in_scope=3,
            period=day,
            level=PORTFOLIO_LEVEL,
            of="choices",
            counted=tuple(
                Part(name=epic.key, item=epic.id, amount=(on - day.start).days, unit="days", mark=name)
                for name, on in most.items()
            ),
            left_out={} if one.refused is None else {one.refused.reason: ()},
            facts=facts,
            instead="" if "half" in most else _instead(one, planned.plan),
        )


def _instead(one: Forecast, plan: Plan) -> str:
    """Why there is no date with half of the work."""
    if one.is_done:
        return "to_be_closed"
    if one.refused is not None:
        return "refused"
    return "unlearnt" if plan.late.get(one.epic.group, {}).get(85, 0) is None else "ten_years"


def _wanted(asked: Asked, planned: Planned, ahead: Forecasts) -> list[Forecast]:
    key = asked.name.partition(":")[2]
    if key:
        return [one for one in ahead.epics if planned.epics[one.id].key == key]
    return [one for one in ahead.epics if one.epic.is_begun][:MOST]


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"choice": _choice}
