"""What decisions on an epic buy, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metrics.choices import choices
from metrics.forecasts.when import forecast
from metrics.membership.ahead import planned_with_hindsight
from metrics.membership.asking import PORTFOLIO_LEVEL, Asked, Fact, Number, Part, today

MOST = 20  # epics, each of which is played anew


def _choice(asked: Asked) -> Iterator[Number]:
    """The days from today to the 85 % date of each open epic, by what is chosen; begun epics, in the plan's order."""
    planned = planned_with_hindsight(asked)[0]
    ahead, day = forecast(planned.plan), today(asked)
    for one in [one for one in ahead.epics if one.epic.is_begun][:MOST]:
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
            counted=tuple(
                Part(name=epic.key, item=epic.id, amount=(on - day.start).days, unit="days", mark=name)
                for name, on in most.items()
            ),
            left_out={} if told else {one.refused.reason if one.refused is not None else "no_work": ()},
            facts=facts,
        )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"choice": _choice}
