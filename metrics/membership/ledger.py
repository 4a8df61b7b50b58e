"""The value ledger, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from domain.strategy import Benefit
from metrics.benefits import PortfolioRealisation, Realisation, realise_portfolio
from metrics.ledger import (
    VERDICTS,
    Hypothesis,
    Judgement,
    by_verdict,
    counted_once,
    finish_day,
    forecast_accuracy,
    freshness,
    hypotheses,
    weakest,
)
from metrics.ledger_figures import scopes
from metrics.membership.asking import Asked, Fact, Number, Part, ids, named_apart, percent, today
from metrics.releases import release_age
from metrics.selection import in_scope


def _hypothesis(asked: Asked) -> Iterator[Number]:
    """As things stood on the last day of the period, of what had begun by then."""
    for one in _told(asked):
        made, reason = weakest(one)
        yield asked.number(
            f"hypothesis:{one.benefit.id}",
            percent(made),
            used=int(made is not None),
            in_scope=1,
            scope=f"theme:{one.theme}",
            of="readings",
            counted=tuple(_indicator(each) for each in one.judgements if each.reading is not None),
            left_out={reason: (Part(name=one.benefit.id),)} if reason else {},
            facts=_state(one),
        )


def _verdicts(asked: Asked) -> Iterator[Number]:
    told = _told(asked)
    groups = by_verdict(told)
    bare = groups.get("no_indicator", ())
    for verdict in VERDICTS if told else ():
        yield asked.number(
            f"verdicts:{verdict}",
            len(groups[verdict]) if len(bare) < len(told) else None,
            used=len(told) - len(bare),
            in_scope=len(told),
            of="hypotheses",
            counted=tuple(
                _epic(one, mark="" if one.verdict == verdict else "elsewhere") for one in told if one.judgements
            ),
            left_out=ids({"no_indicator": bare}) if bare else {},
        )


def _unmeasured_value(asked: Asked) -> Iterator[Number]:
    told = _told(asked)
    judged = [one for one in told if one.judgements and not one.is_unread]
    bare = by_verdict(told).get("no_indicator", ())
    unread = tuple(one.benefit.id for one in told if one.is_unread)
    if told:
        yield asked.number(
            "unmeasured_value",
            sum(one.is_unmeasured for one in judged) if judged else None,
            used=len(judged),
            in_scope=len(told),
            of="hypotheses",
            counted=tuple(_epic(one, mark="" if one.is_unmeasured else "elsewhere") for one in judged),
            left_out=ids(
                {reason: found for reason, found in (("file_unread", unread), ("no_indicator", bare)) if found}
            ),
        )


def _benefit_amount(asked: Asked) -> Iterator[Number]:
    for scope, benefits in scopes(asked.facts.portfolio, today=asked.period.last_day):
        if scope != asked.scope.name or not benefits:
            continue
        whole = _whole(asked, benefits)
        for name, amount, of_each in (
            ("realised", whole.realised_amount, _realised),
            ("planned_to_date", whole.planned_to_date, _expected),
            ("planned_total", whole.planned_total, _planned),
        ):
            yield asked.number(
                f"benefit_amount:{name}",
                amount if whole.n_used else None,
                used=whole.n_used,
                in_scope=whole.n_in_scope,
                of="benefits",
                counted=tuple(Part(name=one.benefit.id, amount=of_each(one), unit="money") for one in whole.used),
                left_out=ids(whole.excluded),
            )
        unmeasured = counted_once([one for one in _told(asked) if one.is_unmeasured], whole)
        valued = [one for one in unmeasured if one.realisation.planned_amount is not None]
        yield asked.number(
            "benefit_amount:unmeasured",
            sum((one.realisation.planned_amount or Decimal(0) for one in valued), Decimal(0))
            if valued or not unmeasured
            else None,
            used=len(valued),
            in_scope=len(unmeasured),
            of="benefits",
            counted=tuple(
                Part(name=one.benefit.id, amount=one.realisation.planned_amount, unit="money") for one in valued
            ),
        )


def _value_given_up(asked: Asked) -> Iterator[Number]:
    for scope, benefits in scopes(asked.facts.portfolio, today=asked.period.last_day):
        if scope == asked.scope.name and benefits:
            whole = _whole(asked, benefits)
            yield asked.number(
                "value_given_up",
                whole.given_up if whole.n_used else None,
                used=whole.n_used,
                in_scope=whole.n_in_scope,
                of="benefits",
                counted=tuple(Part(name=one.benefit.id, amount=one.amount_to_come, unit="money") for one in whole.used),
                left_out=ids(whole.excluded),
            )


def _forecast_accuracy(asked: Asked) -> Iterator[Number]:
    """Of the whole portfolio alone."""
    if asked.scope.kind != "portfolio":
        return
    today = asked.period.last_day
    begun = [one for theme in asked.facts.portfolio.themes for one in theme.benefits if one.starts <= today]
    for one in forecast_accuracy(begun, asked.facts.readings, today=today):
        if one.n_in_scope:
            yield asked.number(
                f"forecast_accuracy:{one.months}",
                percent(one.share),
                used=one.n_used,
                in_scope=one.n_in_scope,
                of="benefits",
                counted=tuple(Part(name=id) for id in one.used),
                left_out=ids(one.excluded),
                facts={"realised_amount": one.actual, "planned_foretold": one.forecast},
            )


def _kpi_freshness(asked: Asked) -> Iterator[Number]:
    """Of the whole portfolio alone."""
    told = freshness(asked.facts.portfolio, asked.facts.readings, today=asked.period.last_day)
    if asked.scope.kind != "portfolio" or not told:
        return
    groups: dict[str, list[str]] = {}
    for one in told:
        groups.setdefault(one.reason or "", []).append(one.kpi)
    fresh = groups.pop("", [])
    yield asked.number(
        "kpi_freshness",
        percent(Decimal(len(fresh)) / len(told)),
        used=len(fresh),
        in_scope=len(told),
        of="kpis",
        counted=tuple(Part(name=kpi) for kpi in fresh),
        left_out=ids({reason: tuple(kpis) for reason, kpis in sorted(groups.items())}),
    )


def _told(asked: Asked) -> list[Hypothesis]:
    """The hypotheses of the scope that had begun by the end of the period; streams and trains have none."""
    today, facts = asked.period.last_day, asked.facts
    found = hypotheses(facts.portfolio, facts.journeys, facts.readings, today=today, day_of=finish_day(asked.calendar))
    return [
        one for one in found if one.benefit.starts <= today and asked.scope.name in ("portfolio", f"theme:{one.theme}")
    ]


def _whole(asked: Asked, benefits: Sequence[Benefit]) -> PortfolioRealisation:
    every = [one for theme in asked.facts.portfolio.themes for one in theme.benefits]
    return realise_portfolio(benefits, asked.facts.readings, today=asked.period.last_day, among=every)


def _realised(one: Realisation) -> Decimal | None:
    return one.realised_amount


def _expected(one: Realisation) -> Decimal | None:
    return one.expected_amount


def _planned(one: Realisation) -> Decimal | None:
    return one.planned_amount


def _epic(one: Hypothesis, *, mark: str) -> Part:
    """The hypothesis by its epic, where we hold it; by its own id elsewhere."""
    if one.epic is None:
        return Part(name=one.benefit.id, mark=mark)
    return Part(name=one.epic.key, item=one.epic.id, mark=mark)


def _indicator(one: Judgement) -> Part:
    assert one.reading is not None
    return Part(name=f"{one.indicator.kpi} {one.reading.day.isoformat()}", amount=one.reading.value)


def _state(one: Hypothesis) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"state": one.state}
    if one.verdict is not None:
        facts["verdict"] = one.verdict
    if one.settled_on is not None:
        facts["settled_on"] = one.settled_on
    for each in one.judgements:
        facts[f"indicator:{each.indicator.kpi}"] = each.reason or each.verdict
    return facts


def _release_age(asked: Asked) -> Iterator[Number]:
    """The items of the newest release, of all levels together."""
    facts = asked.facts
    named = facts.once("named", work=lambda: named_apart(facts.journeys))
    keys = facts.once("keys", work=lambda: {one.id: one.key for one in facts.journeys})
    found = release_age(in_scope(named.values(), asked.scope), today=today(asked).start)
    yield asked.number(
        "release_age",
        found.days,
        used=found.n_used,
        in_scope=found.n_in_scope,
        period=today(asked),
        counted=tuple(Part(name=keys[named[one].id], item=named[one].id) for one in found.keys),
        facts={} if found.released_on is None else {"released_on": found.released_on},
    )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "release_age": _release_age,
    "hypothesis": _hypothesis,
    "verdicts": _verdicts,
    "unmeasured_value": _unmeasured_value,
    "benefit_amount": _benefit_amount,
    "value_given_up": _value_given_up,
    "forecast_accuracy": _forecast_accuracy,
    "kpi_freshness": _kpi_freshness,
}
