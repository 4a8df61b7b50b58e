"""The numbers of the value ledger for the export, as they stood at the end of a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.journey import Journey
from domain.period import Period
from domain.strategy import Benefit, Portfolio, Reading
from metrics.benefits import PortfolioRealisation, realise_portfolio
from metrics.ledger import (
    VERDICTS,
    Hypothesis,
    by_verdict,
    counted_once,
    forecast_accuracy,
    freshness,
    hypotheses,
    weakest,
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of a scope. Shares are 0 to 1, amounts minor units."""

    scope: str
    name: str
    value: Decimal | int | None
    n_used: int
    n_in_scope: int
    excluded: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_share: bool = False


def figures(
    portfolio: Portfolio,
    journeys: Sequence[Journey],
    readings: Sequence[Reading],
    *,
    period: Period,
    day_of: Callable[[Journey], date | None],
) -> Iterator[Figure]:
    """Hypotheses, verdicts, amounts, forecast accuracy and freshness on the last day of a period, of what had begun."""
    today = period.last_day
    every = [one for theme in portfolio.themes for one in theme.benefits]
    told = [
        one
        for one in hypotheses(portfolio, journeys, readings, today=today, day_of=day_of)
        if one.benefit.starts <= today
    ]
    for one in told:
        yield _hypothesis(one)
    for scope, benefits in scopes(portfolio, today=today):
        mine = [one for one in told if scope in ("portfolio", f"theme:{one.theme}")]
        yield from _verdicts(scope, mine)
        if benefits:
            whole = realise_portfolio(benefits, readings, today=today, among=every)
            yield from _amounts(scope, whole, mine)
    yield from _accuracy([one for one in every if one.starts <= today], readings, today=today)
    yield from _fresh(portfolio, readings, today=today)


def scopes(portfolio: Portfolio, *, today: date) -> list[tuple[str, list[Benefit]]]:
    """The portfolio and its themes, each with those of its benefits that have begun."""
    begun = {theme.id: [one for one in theme.benefits if one.starts <= today] for theme in portfolio.themes}
    whole = [one for kept in begun.values() for one in kept]
    return [("portfolio", whole), *((f"theme:{id}", kept) for id, kept in begun.items())]


def _hypothesis(one: Hypothesis) -> Figure:
    made, reason = weakest(one)
    return Figure(
        scope=f"theme:{one.theme}",
        name=f"hypothesis:{one.benefit.id}",
        value=made,
        n_used=int(made is not None),
        n_in_scope=1,
        excluded={reason: (one.benefit.id,)} if reason else {},
        is_share=True,
    )


def _verdicts(scope: str, told: Sequence[Hypothesis]) -> Iterator[Figure]:
    if not told:
        return
    groups = by_verdict(told)
    bare = groups.get("no_indicator", ())
    for verdict in VERDICTS:
        yield Figure(
            scope=scope,
            name=f"verdicts:{verdict}",
            value=len(groups[verdict]) if len(bare) < len(told) else None,
            n_used=len(told) - len(bare),
            n_in_scope=len(told),
            excluded={"no_indicator": bare} if bare else {},
        )
    unread = tuple(one.benefit.id for one in told if one.is_unread)
    known = len(told) - len(bare) - len(unread)
    yield Figure(
        scope=scope,
        name="unmeasured_value",
        value=sum(one.is_unmeasured for one in told) if known else None,
        n_used=known,
        n_in_scope=len(told),
        excluded={reason: ids for reason, ids in (("file_unread", unread), ("no_indicator", bare)) if ids},
    )


def _amounts(scope: str, whole: PortfolioRealisation, told: Sequence[Hypothesis]) -> Iterator[Figure]:
    used, in_scope, left_out = whole.n_used, whole.n_in_scope, whole.excluded
    for name, share in (("benefit_portfolio", whole.to_date), ("benefit_total", whole.of_total)):
        if scope != "portfolio" or name != "benefit_portfolio":  # that one the table has always had
            yield Figure(
                scope=scope, name=name, value=share, n_used=used, n_in_scope=in_scope, excluded=left_out, is_share=True
            )
    for name, amount in (
        ("realised", whole.realised_amount),
        ("planned_to_date", whole.planned_to_date),
        ("planned_total", whole.planned_total),
    ):
        yield Figure(
            scope=scope,
            name=f"benefit_amount:{name}",
            value=amount if used else None,
            n_used=used,
            n_in_scope=in_scope,
            excluded=left_out,
        )
    yield Figure(
        scope=scope,
        name="value_given_up",
        value=whole.given_up if used else None,
        n_used=used,
        n_in_scope=in_scope,
        excluded=left_out,
    )
    unmeasured = counted_once([one for one in told if one.is_unmeasured], whole)
    valued = [one.realisation.planned_amount for one in unmeasured if one.realisation.planned_amount is not None]
    yield Figure(
        scope=scope,
        name="benefit_amount:unmeasured",
        value=sum(valued, Decimal(0)) if valued or not unmeasured else None,
        n_used=len(valued),
        n_in_scope=len(unmeasured),
    )


def _accuracy(benefits: Sequence[Benefit], readings: Sequence[Reading], *, today: date) -> Iterator[Figure]:
    for one in forecast_accuracy(benefits, readings, today=today):
        if one.n_in_scope:
            yield Figure(
                scope="portfolio",
                name=f"forecast_accuracy:{one.months}",
                value=one.share,
                n_used=one.n_used,
                n_in_scope=one.n_in_scope,
                excluded=one.excluded,
                is_share=True,
            )


def _fresh(portfolio: Portfolio, readings: Sequence[Reading], *, today: date) -> Iterator[Figure]:
    told = freshness(portfolio, readings, today=today)
    if not told:
        return
    reasons = ("file_unread", "no_reading", "stale")
    groups = {reason: tuple(one.kpi for one in told if one.reason == reason) for reason in reasons}
    fresh = sum(one.reason is None for one in told)
    yield Figure(
        scope="portfolio",
        name="kpi_freshness",
        value=Decimal(fresh) / len(told),
        n_used=fresh,
        n_in_scope=len(told),
        excluded={reason: kpis for reason, kpis in groups.items() if kpis},
        is_share=True,
    )
