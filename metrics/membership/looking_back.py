"""How dates would have been met before, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from metrics.calibration import LEAST
from metrics.forecasts import LEVELS
from metrics.forecasts.planning import name_of
from metrics.membership.ahead import planned_with_hindsight
from metrics.membership.asking import Asked, Fact, Number, Part, percent, today


def _forecast_look_back(asked: Asked) -> Iterator[Number]:
    """Of epics in progress and of the queue: every 85 % date that would have been told. No scope but the portfolio."""
    if asked.scope.kind != "portfolio":
        return
    held = {name_of(one.id): one for one in asked.facts.journeys}

    def parts(told: Iterable[tuple[str, date]], mark: str = "") -> tuple[Part, ...]:
        return tuple(Part(name=f"{held[id].key} {day.isoformat()}", item=held[id].id, mark=mark) for id, day in told)

    for one in planned_with_hindsight(asked)[1]:
        facts: dict[str, Fact] = {"epics": one.epics}
        if one.p_value is not None:
            facts |= {"p_value": round(one.p_value, 4), "verdict": one.verdict}
        facts |= {f"later_p{p}": "not_learnt" if days is None else days for p, days in one.late.items() if p in LEVELS}
        yield asked.number(
            f"forecast_look_back:{one.group}",
            percent(float(one.share)) if one.share is not None and one.epics >= LEAST else None,
            used=one.resolved,
            in_scope=len(one.told),
            period=today(asked),
            of="dates",
            counted=(*parts(one.met, "met"), *parts(one.missed, "missed_day")),
            left_out={reason: parts(each) for reason, each in one.excluded.items()},
            facts=facts,
        )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"forecast_look_back": _forecast_look_back}
