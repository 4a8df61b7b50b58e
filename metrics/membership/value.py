"""Strategy and value, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from domain.journey import Journey
from domain.period import Period
from domain.strategy import KeyResult, Theme
from metrics import alignment
from metrics.benefits import Realisation, realise, realise_portfolio
from metrics.key_results import KeyResultScore, latest, score_key_result, score_objective
from metrics.membership.asking import PORTFOLIO_LEVEL, Asked, Fact, Level, Number, Part, ids, percent
from metrics.throughput import throughput


def _alignment_items(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        covered = alignment.coverage_items(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        done = throughput(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield _covered(here, "alignment_items", covered, [here.part(name) for name in done.keys])


def _alignment_flow(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        worked = here.worked()
        yield _covered(here, "alignment_flow", alignment.cover(worked), _in_days(here, worked))


def _alignment_epics(asked: Asked) -> Iterator[Number]:
    """At the level of the portfolio's epics, as things stand."""
    today = asked.calendar.day(asked.facts.as_of)
    for here in replace(asked, levels=[PORTFOLIO_LEVEL]).at_levels():
        covered = alignment.coverage_epics(here.journeys)
        parts = [here.part(one.key) for one in here.journeys if one.is_open]
        number = _covered(here, "alignment_epics", covered, parts)
        yield replace(number, period=Period(today, today + timedelta(days=1)))


def _covered(here: Level, metric: str, covered: alignment.Coverage, parts: Iterable[Part]) -> Number:
    lost = {here.named[name].id for name in covered.orphans}
    return here.number(
        metric,
        percent(covered.share) if here.asked.facts.portfolio.themes else None,
        used=covered.n_used,
        in_scope=covered.n_in_scope,
        counted=tuple(replace(one, mark="unaligned") if one.item in lost else one for one in parts),
    )


def _flow_share(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        worked = here.worked()
        shares = alignment.share_out(worked, intended=_intended(asked))
        for theme in [*(theme.id for theme in asked.facts.portfolio.themes), alignment.UNALIGNED]:
            yield here.number(
                f"flow_share:{theme}",
                shares.percent.get(theme, Decimal(0)) if shares.percent and asked.facts.portfolio.themes else None,
                used=shares.n_used,
                in_scope=shares.n_in_scope,
                counted=_in_days(here, worked, theme=theme),
            )


def _theme_focus(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        worked = here.worked()
        shares = alignment.share_out(worked, intended=_intended(asked))
        yield here.number(
            "theme_focus",
            shares.distance_points,
            used=shares.n_used,
            in_scope=shares.n_in_scope,
            counted=_in_days(here, worked),
            facts=_intentions(shares),
        )


def _intended(asked: Asked) -> dict[str, Decimal]:
    return alignment.intended_shares(asked.facts.portfolio.themes, period=asked.period, calendar=asked.calendar)


def _intentions(shares: alignment.FlowShares) -> dict[str, Fact]:
    """The share of each theme that declares one, beside the share it declares, in percent."""
    found: dict[str, Fact] = {}
    for theme, share in shares.intended.items() if shares.percent else ():
        found[f"flow_share:{theme}"] = shares.percent.get(theme, Decimal(0))
        found[f"intended:{theme}"] = 100 * share
    return found


def _in_days(here: Level, worked: Iterable[tuple[Journey, int]], *, theme: str | None = None) -> tuple[Part, ...]:
    """Items with their item-days: all of them, or the share that serves a theme; the others are marked `elsewhere`."""
    serving = None if theme is None else {theme}
    parts = []
    for journey, days in alignment.days_serving(worked, serving):
        if days:
            parts.append(here.part(journey.key, amount=days.normalize(), unit="item_days"))
        else:
            parts.append(here.part(journey.key, mark="elsewhere"))
    return tuple(sorted(parts, key=lambda part: (part.mark, -Decimal(part.amount or 0), part.name)))


def _key_result(asked: Asked) -> Iterator[Number]:
    """As things stood on the last day of the period, of what had begun by then."""
    today, pace = asked.period.last_day, asked.facts.portfolio.guardrails.pace
    for theme in _themes(asked):
        for key_result in _begun(theme.key_results, asked.period):
            score = score_key_result(key_result, asked.facts.readings, today=today, pace=pace)
            yield asked.number(
                f"key_result:{key_result.id}",
                percent(score.score),
                used=int(score.score is not None),
                in_scope=1,
                scope=f"theme:{theme.id}",
                of="readings",
                counted=_readings(asked, key_result.kpi, unit=key_result.unit),
                left_out=_why(score.reason, key_result.id),
                facts=_aims(score),
            )


def _objective(asked: Asked) -> Iterator[Number]:
    for theme in _themes(asked):
        begun = _begun(theme.key_results, asked.period)
        if not begun:
            continue
        whole = replace(theme, key_results=begun)
        objective = score_objective(
            whole, asked.facts.readings, today=asked.period.last_day, pace=asked.facts.portfolio.guardrails.pace
        )
        yield asked.number(
            "objective",
            percent(objective.score),
            used=objective.n_used,
            in_scope=objective.n_in_scope,
            scope=f"theme:{theme.id}",
            of="key_results",
            counted=tuple(
                Part(name=one.key_result.id, amount=percent(one.score), unit="%")
                for one in objective.key_results
                if one.score is not None
            ),
            left_out=ids(objective.excluded),
            facts={f"weight:{one.id}": one.weight for one in begun if one.weight != 1},
        )


def _benefit(asked: Asked) -> Iterator[Number]:
    for theme in _themes(asked):
        for benefit in theme.benefits:
            if benefit.starts >= asked.period.end:
                continue
            real = realise(benefit, asked.facts.readings, today=asked.period.last_day)
            yield asked.number(
                f"benefit:{benefit.id}",
                percent(real.realised),
                used=int(real.realised is not None),
                in_scope=1,
                scope=f"theme:{theme.id}",
                of="readings",
                counted=_readings(asked, benefit.kpi, unit=""),
                left_out=_why(real.reason, benefit.id),
                facts={
                    "baseline": benefit.baseline,
                    "target": benefit.target,
                    "expected_percent": percent(real.expected) or 0,
                    "profile": benefit.profile,
                }
                | ({"portion_percent": percent(real.portion) or 0} if real.portion != 1 else {}),
            )


def _benefit_sum(asked: Asked, metric: str) -> Iterator[Number]:
    themes = _themes(asked)
    begun = [one for theme in themes for one in theme.benefits if one.starts < asked.period.end]
    if not begun:
        return
    every = [one for theme in asked.facts.portfolio.themes for one in theme.benefits]
    whole = realise_portfolio(begun, asked.facts.readings, today=asked.period.last_day, among=every)
    yield asked.number(
        metric,
        percent(whole.to_date if metric == "benefit_portfolio" else whole.of_total),
        used=whole.n_used,
        in_scope=whole.n_in_scope,
        of="benefits",
        counted=tuple(_amounted(one) for one in whole.used),
        left_out=ids(whole.excluded),
        facts={
            "realised_amount": whole.realised_amount,
            "planned_to_date": whole.planned_to_date,
            "planned_total": whole.planned_total,
        },
    )


def _amounted(real: Realisation) -> Part:
    return Part(name=real.benefit.id, amount=real.realised_amount, unit="money")


def _themes(asked: Asked) -> Sequence[Theme]:
    """All themes, or the one of the scope; other scopes have no strategy of their own."""
    kind, _, id = asked.scope.name.partition(":")
    if kind == "portfolio":
        return asked.facts.portfolio.themes
    return [theme for theme in asked.facts.portfolio.themes if kind == "theme" and theme.id == id]


def _begun(key_results: Iterable[KeyResult], period: Period) -> tuple[KeyResult, ...]:
    return tuple(one for one in key_results if one.starts < period.end)


def _readings(asked: Asked, kpi: str | None, *, unit: str) -> tuple[Part, ...]:
    """The newest reading, which counts, and those before it."""
    known = latest(asked.facts.readings, kpi=kpi, today=asked.period.last_day)
    return tuple(
        Part(name=one.day.isoformat(), amount=one.value, unit=unit, mark="" if number == 0 else "earlier")
        for number, one in enumerate(known)
    )


def _aims(score: KeyResultScore) -> dict[str, Fact]:
    key_result = score.key_result
    aims: dict[str, Fact] = {}
    if key_result.baseline is not None:
        aims["baseline"] = key_result.baseline
    if key_result.target is not None:
        aims["target"] = key_result.target
    return aims | {"expected_percent": percent(score.elapsed) or 0, "status": score.status}


def _why(reason: str | None, id: str) -> dict[str, tuple[Part, ...]]:
    return {reason: (Part(name=id),)} if reason else {}


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "key_result": _key_result,
    "objective": _objective,
    "benefit": _benefit,
    "benefit_portfolio": partial(_benefit_sum, metric="benefit_portfolio"),
    "benefit_total": partial(_benefit_sum, metric="benefit_total"),
    "alignment_items": _alignment_items,
    "alignment_flow": _alignment_flow,
    "alignment_epics": _alignment_epics,
    "flow_share": _flow_share,
    "theme_focus": _theme_focus,
}
