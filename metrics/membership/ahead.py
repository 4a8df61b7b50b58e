"""What lies ahead, taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from domain.period import Period
from metrics import catalogue
from metrics.calibration import Told, brier, coverage
from metrics.forecasts import LEVELS as FORECAST_LEVELS
from metrics.forecasts import TRIALS
from metrics.forecasts.deliveries import deliveries, increment_ahead
from metrics.forecasts.keeping import told
from metrics.forecasts.looking_back import LookedBack, plan_ahead
from metrics.forecasts.plan import Plan
from metrics.forecasts.planning import Planned, name_of, plan_of, read_at
from metrics.forecasts.samples import Refusal
from metrics.forecasts.situation import Situation
from metrics.forecasts.when import Forecast, Forecasts, forecast
from metrics.membership.asking import PORTFOLIO_LEVEL, Asked, Fact, Facts, Level, Number, Part, percent


def _forecast_when(asked: Asked) -> Iterator[Number]:
    """The days from today to the day that 85 % of all trials reach, of each open epic, with the items left below it."""
    planned = planned_with_hindsight(asked)[0]
    here = Level(asked, PORTFOLIO_LEVEL, asked.facts.journeys)
    names = {one.id: name for name, one in here.named.items()}
    today = planned.plan.as_of
    for one in forecasts(asked).epics:
        epic = planned.epics[one.id]
        if not asked.scope.holds(epic):
            continue
        left = [here.part(names[item.id]) for item in planned.open_work[one.id]]
        yield here.number(
            f"forecast_when:{epic.key}",
            (one.dates[85] - today).days if 85 in one.dates and not one.is_done else None,
            used=0 if one.refused else len(left),
            in_scope=len(left) + one.epic.unsplit,
            period=Period(today, today + timedelta(days=1)),
            counted=tuple(left),
            left_out={one.refused.reason: (here.part(names[epic.id]),)} if one.refused else {},
            facts=_ahead(one, planned.plan),
        )


def _ahead(one: Forecast, plan: Plan) -> dict[str, Fact]:
    """Every day that was forecast of an epic, and how much later it is than its trials say; of finished work, why."""
    if one.is_done:
        return {"state": "to_be_closed"}
    facts: dict[str, Fact] = {f"likely_p{p}": day for p, day in one.dates.items()}
    if one.epic.after:
        facts |= {f"alone_p{p}": day for p, day in one.alone.items()}
    if one.epic.unsplit:
        facts |= {f"known_p{p}": day for p, day in one.known_only.items()}
    if len(one.epic.work) > 1:
        facts |= {f"bound_p{p}": day for p, day in one.together.items()}
    if one.likelihood is not None:
        facts |= {"due_on": one.likelihood.by, "likelihood_percent": min(percent(one.likelihood.share) or 0, 95)}
    late = plan.late.get(one.epic.group, {})
    facts |= {f"later_p{p}": days for p, days in late.items() if days and p in FORECAST_LEVELS}
    if one.epic.unsplit:
        facts["unsplit"] = one.epic.unsplit
    kinds = {kind for work in one.epic.work.values() for kind, count in work.unsplit.items() if count}
    if sizes := [size for kind in kinds & plan.assumed for size in plan.sizes[kind]]:
        facts |= {"assumed_least": min(sizes), "assumed_most": max(sizes)}
    return facts | {"trials": one.trials, "seed": plan.seed}


def _forecast_how_many(asked: Asked) -> Iterator[Number]:
    """By the end of the increment: the portfolio and all who work in it, or those of the scope; beside their sample."""
    planned = plan_alone(asked)
    increment = increment_ahead(asked.calendar, planned.plan.as_of)
    period = Period(planned.plan.as_of + timedelta(days=1), increment.period.end)
    for one in deliveries(planned, increment=increment):
        if planned.level not in asked.levels or asked.scope.name not in ("portfolio", one.name):
            continue
        found = one.found
        days = Counter(planned.finished_on[one.name])
        window = planned.everyone[one.name].samples
        sample = [] if isinstance(window, Refusal) else [day for day in window.window.days() if days[day]]
        facts: dict[str, Fact] = {} if one.actual is None else {"last_window": one.actual}
        if one.sanity is not None and one.sanity.ratio is not None:
            facts["ratio"] = round(Decimal(one.sanity.ratio), 2)
        for p in FORECAST_LEVELS:
            yield asked.number(
                f"forecast_how_many_p{p}",
                found.at_least.get(p),
                used=found.n_used,
                in_scope=found.n_used,
                scope=one.name,
                level=planned.level,
                period=period,
                of="days",
                counted=tuple(Part(name=day.isoformat(), amount=days[day], unit="items") for day in sample),
                left_out={found.refused.reason: (Part(name=one.name),)} if found.refused is not None else {},
                facts=facts | {"trials": found.trials, "seed": planned.plan.seed},
            )


def _forecast_coverage(asked: Asked) -> Iterator[Number]:
    """Of each percentile, which items kept the date that was first told of them, and which did not."""
    promised = _promised(asked)
    today = asked.calendar.day(asked.facts.as_of)
    for p in FORECAST_LEVELS:
        found = coverage(promised, percentile=p, today=today)
        share = found.share if found.resolved >= catalogue.METRICS["forecast_coverage"].minimum_sample else None
        yield asked.number(
            f"forecast_coverage_p{p}",
            percent(share),
            used=found.n_used,
            in_scope=found.n_in_scope,
            period=Period(today, today + timedelta(days=1)),
            counted=(*_foretold(asked, found.met, mark="met"), *_foretold(asked, found.missed, mark="missed_day")),
            left_out={reason: _foretold(asked, ids) for reason, ids in found.excluded.items()},
            facts={} if found.p_value is None else {"p_value": round(found.p_value, 4), "verdict": found.verdict},
        )


def _forecast_brier(asked: Asked) -> Iterator[Number]:
    """The likelihoods that were told of due dates, in percent, by whether they were met."""
    today = asked.calendar.day(asked.facts.as_of)
    found = brier(_promised(asked), today=today)
    yield asked.number(
        "forecast_brier",
        None if found.score is None else round(found.score, 4),
        used=found.n_used,
        in_scope=found.n_in_scope,
        period=Period(today, today + timedelta(days=1)),
        counted=tuple(
            replace(part, amount=percent(share), unit="%")
            for id, share in found.likelihoods.items()
            for part in _foretold(asked, [id], mark="missed_day" if id in found.missed else "met")
        ),
        left_out={reason: _foretold(asked, ids) for reason, ids in found.excluded.items()},
    )


def planned_with_hindsight(asked: Asked) -> tuple[Planned, tuple[LookedBack, ...]]:
    """The plan with what looking back teaches, and what was seen."""
    facts = asked.facts
    return facts.once("plan ahead", work=lambda: plan_ahead(_situation(facts)))


def forecasts(asked: Asked) -> Forecasts:
    """What the trials of that plan say of every open epic."""
    plan = planned_with_hindsight(asked)[0].plan
    return asked.facts.once("forecasts", work=lambda: forecast(plan))


def undated(facts: Facts) -> Facts:
    """The same facts for who asks what counts in a forecast, and not what it says: one trial, and no looking back."""
    found = replace(facts)
    found.once("plan ahead", work=lambda: (_plan(facts, trials=1), ()))
    return found


def plan_alone(asked: Asked) -> Planned:
    """The plan without hindsight, where no date is asked for."""
    return asked.facts.once("plan alone", work=lambda: _plan(asked.facts))


def _plan(facts: Facts, *, trials: int = TRIALS) -> Planned:
    return plan_of(_situation(facts), trials=trials)


def _situation(facts: Facts) -> Situation:
    return Situation(
        journeys=facts.journeys,
        parents=facts.parents,
        predecessors=facts.predecessors,
        calendar=facts.calendar,
        as_of=facts.as_of,
        portfolio=facts.portfolio.id,
        sources=facts.trust,
        agreed=facts.portfolio.forecasting,
    )


def _promised(asked: Asked) -> tuple[Told, ...]:
    """What was promised before today of the items in the scope."""
    facts, today = asked.facts, asked.calendar.day(asked.facts.as_of)
    held = facts.once("by id", work=lambda: {one.id: one for one in facts.journeys})
    given = [
        one
        for one in facts.given
        if one.as_of < today
        and (asked.scope.kind == "portfolio" or ((item := held.get(one.promise.item)) and asked.scope.holds(item)))
    ]
    until = read_at(facts.trust, as_of=facts.as_of)
    return told(given, facts.journeys, calendar=facts.calendar, read_at=until)


def _foretold(asked: Asked, ids: Iterable[str], *, mark: str = "") -> tuple[Part, ...]:
    """Items by the names under which they were forecast; of one that is held no more only the name is left."""
    facts = asked.facts
    held = facts.once("by forecast", work=lambda: {name_of(one.id): one for one in facts.journeys})
    return tuple(
        Part(name=held[id].key, item=held[id].id, mark=mark) if id in held else Part(name=id, mark=mark) for id in ids
    )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "forecast_when": _forecast_when,
    "forecast_how_many": _forecast_how_many,
    "forecast_coverage": _forecast_coverage,
    "forecast_brier": _forecast_brier,
}
