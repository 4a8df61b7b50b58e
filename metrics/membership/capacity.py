"""What is planned beside what can be done, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from domain.period import Period
from metrics.forecasts.deliveries import increment_ahead
from metrics.forecasts.load_capacity import LoadCapacity, load_capacity
from metrics.membership.ahead import plan_alone
from metrics.membership.asking import Asked, Fact, Number, Part, percent
from metrics.selection import Scope


def _load_capacity(asked: Asked) -> Iterator[Number]:
    """The portfolio, each train and each theme; or the scope that was asked for. Its parts are the planned items."""
    facts = asked.facts
    planned = plan_alone(asked)
    if planned.level not in asked.levels:
        return
    by = increment_ahead(asked.calendar, planned.plan.as_of).period.last_day
    for scope in _scopes(asked):
        found = load_capacity(
            planned, scope=scope, by=by, calendar=facts.calendar, as_of=facts.as_of, sources=facts.trust
        )
        refused = found.found.refused
        left_out = {"unsplit": tuple(Part(name=one.key, item=one.id) for one in found.unsplit)} if found.unsplit else {}
        if refused is not None:
            left_out[refused.reason] = (Part(name=scope.name),)
        yield asked.number(
            "load_capacity",
            None if found.ratio is None else round(found.ratio, 4),
            used=len(found.items),
            in_scope=len(found.items) + len(found.unsplit),
            scope=scope.name,
            level=planned.level,
            period=Period(planned.plan.as_of + timedelta(days=1), by + timedelta(days=1)),
            counted=tuple(Part(name=one.key, item=one.id) for one in found.items),
            left_out=left_out,
            facts=_facts(found, seed=planned.plan.seed),
        )


def _facts(found: LoadCapacity, *, seed: int) -> dict[str, Fact]:
    if found.capacity is None:
        return {}
    facts: dict[str, Fact] = {"planned": len(found.items), "capacity": found.capacity}
    if found.finish_all is not None:
        facts |= {
            "finish_all_percent": min(percent(found.finish_all) or 0, 95),
            "verdict": "over_committed" if found.is_over_committed or not found.capacity else "can_be_done",
        }
    return facts | {"trials": found.found.trials, "seed": seed}


def _scopes(asked: Asked) -> list[Scope]:
    portfolio = asked.facts.portfolio
    if asked.scope.kind != "portfolio":
        return [asked.scope]
    trains = [train.name for stream in portfolio.value_streams for train in stream.trains]
    return [
        Scope("portfolio"),
        *(Scope(f"train:{name}") for name in trains),
        *(Scope(f"theme:{theme.id}") for theme in portfolio.themes),
    ]


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"load_capacity": _load_capacity}
