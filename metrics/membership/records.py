"""How far the records can be believed, and what to mend, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from domain.period import Period, weeks_back
from metrics.membership.asking import (
    PORTFOLIO_LEVEL,
    WINDOW_WEEKS,
    Asked,
    Level,
    Number,
    Part,
    ids,
    named_apart,
    percent,
    today,
)
from metrics.quality import defects
from metrics.trust import Share, trust


def _trust(asked: Asked) -> Iterator[Number]:
    """The headline, then its five shares: starts over the quarter up to the period, all else as things stand."""
    facts = asked.facts
    named = facts.once("named", work=lambda: named_apart(facts.journeys))
    window = Period(weeks_back(asked.period.end, WINDOW_WEEKS)[0].start, weeks_back(asked.period.end, 1)[0].end)
    measured = trust(
        list(named.values()),
        scope=asked.scope,
        sources=facts.trust,
        portfolio_level=PORTFOLIO_LEVEL,
        finished_in=window,
        as_of=facts.as_of,
        calendar=facts.calendar,
        has_themes=bool(facts.portfolio.themes),
    )
    keys = facts.once("keys", work=lambda: {one.id: one.key for one in facts.journeys})
    weakest = measured.weakest
    yield asked.number(
        "trust",
        percent(measured.headline),
        used=getattr(measured, weakest).n_used if weakest else 0,
        in_scope=getattr(measured, weakest).n_in_scope if weakest else 0,
        period=today(asked),
        of="shares",
        counted=tuple(
            Part(name=name, amount=percent(share), unit="%")
            for name, share in measured.shares.items()
            if share is not None
        ),
        left_out=ids({"unproven": measured.unproven}) if measured.unproven else {},
        facts={"weakest": weakest} if weakest else {},
    )
    for name in measured.names:
        share: Share = getattr(measured, name)
        of = "sources" if name == "complete" else "fields" if name == "fields" else "items"
        missing = tuple(
            Part(name=one) if name == "complete" else Part(name=keys[named[one].id], item=named[one].id)
            for one in share.missing
        )
        yield asked.number(
            f"trust:{name}",
            percent(share.share),
            used=share.n_used,
            in_scope=share.n_in_scope,
            period=window if name == "start_known" else today(asked),
            of=of,
            left_out={f"not_{name}": missing} if missing else {},
        )


def _data_quality(asked: Asked) -> Iterator[Number]:
    """One number for each rule that found something, with the items at fault; as things stand."""
    facts = asked.facts
    here = Level(asked, "", [one for one in facts.journeys if asked.scope.holds(one)])
    found = defects(
        here.journeys,
        portfolio_level=PORTFOLIO_LEVEL,
        as_of=facts.as_of,
        has_themes=bool(facts.portfolio.themes),
        risks=facts.hazards.register.ids,
    )
    for one in found:
        yield asked.number(
            f"data_quality:{one.rule}",
            len(one.journeys),
            used=one.n_used,
            in_scope=one.n_in_scope,
            period=today(asked),
            counted=tuple(here.part(journey.key, mark=one.details[journey.key]) for journey in one.journeys),
        )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "trust": _trust,
    "data_quality": _data_quality,
}
