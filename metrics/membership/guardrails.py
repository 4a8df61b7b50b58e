"""The four guardrails, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from domain.journey import Journey
from domain.period import Period
from metrics.alignment import by_item, days_serving
from metrics.guardrails import HORIZONS, Initiative, InTime, Mix, capacity_mix, horizon_mix, initiatives
from metrics.guardrails.engagement import Engaged, engagement, last_touched
from metrics.membership.asking import Asked, Fact, Level, Number, Part, percent, today
from metrics.selection import at_level, in_scope


def _horizon_share(asked: Asked) -> Iterator[Number]:
    horizons = {theme.id: theme.horizon for theme in asked.facts.portfolio.themes}
    for here, worked, mix in _horizons(asked):
        for horizon in HORIZONS:
            serving = {id for id, its_horizon in horizons.items() if its_horizon == horizon}
            yield _share(here, f"horizon_share:{horizon}", mix, horizon, days_serving(worked, serving))


def _horizon_distance(asked: Asked) -> Iterator[Number]:
    for here, worked, mix in _horizons(asked):
        yield _distance(here, "horizon_distance", mix, worked)


def _capacity_share(asked: Asked) -> Iterator[Number]:
    for here, worked, mix in _capacities(asked):
        for kind in sorted({*mix.item_days, *mix.plan}):
            parts = [(one, Decimal(days if one.placement.kind == kind else 0)) for one, days in by_item(worked)]
            yield _share(here, f"capacity_share:{kind}", mix, kind, parts)


def _capacity_distance(asked: Asked) -> Iterator[Number]:
    for here, worked, mix in _capacities(asked):
        yield _distance(here, "capacity_distance", mix, worked)


def _horizons(asked: Asked) -> Iterator[tuple[Level, list[tuple[Journey, int]], Mix]]:
    portfolio = asked.facts.portfolio
    for here in asked.at_levels():
        worked = here.worked()
        yield here, worked, horizon_mix(worked, themes=portfolio.themes, guardrails=portfolio.guardrails)


def _capacities(asked: Asked) -> Iterator[tuple[Level, list[tuple[Journey, int]], Mix]]:
    for here in asked.at_levels(ever=True):
        worked = here.worked()
        yield here, worked, capacity_mix(worked, guardrails=asked.facts.portfolio.guardrails)


def _share(here: Level, metric: str, mix: Mix, part: str, days: Iterable[tuple[Journey, Decimal]]) -> Number:
    """A share of the mix with the items it holds; the others are marked `elsewhere`."""
    parts = []
    for journey, amount in _told(mix, days):
        if amount:
            parts.append(here.part(journey.key, amount=amount.normalize(), unit="item_days"))
        else:
            parts.append(here.part(journey.key, mark="elsewhere"))
    facts: dict[str, Fact] = {}
    if mix.plan:
        facts["planned_percent"] = 100 * mix.plan.get(part, Decimal(0))
        facts["tolerance_points"] = mix.tolerance_points
        if (off := mix.deviations.get(part)) is not None:
            facts["points_off"] = off
    return here.number(
        metric,
        mix.percent.get(part, Decimal(0)) if mix.item_days else None,
        used=mix.n_used,
        in_scope=mix.n_in_scope,
        counted=tuple(sorted(parts, key=lambda one: (one.mark, -Decimal(one.amount or 0), one.name))),
        left_out=here.left_out(mix.excluded),
        facts=facts,
    )


def _distance(here: Level, metric: str, mix: Mix, worked: Iterable[tuple[Journey, int]]) -> Number:
    facts: dict[str, Fact] = {"tolerance_points": mix.tolerance_points} if mix.plan else {}
    for part, off in mix.deviations.items():
        facts[f"part_points_off:{part}"] = off
    return here.number(
        metric,
        mix.distance_points,
        used=mix.n_used,
        in_scope=mix.n_in_scope,
        counted=tuple(
            here.part(one.key, amount=days, unit="item_days")
            for one, days in sorted(_told(mix, by_item(worked)), key=lambda each: (-each[1], each[0].key))
        ),
        left_out=here.left_out(mix.excluded),
        facts=facts,
    )


def _told(mix: Mix, days: Iterable[tuple[Journey, int | Decimal]]) -> list[tuple[Journey, Decimal]]:
    left_out = {key for keys in mix.excluded.values() for key in keys}
    return [(one, Decimal(amount)) for one, amount in days if one.key not in left_out]


def _significant_initiatives(asked: Asked) -> Iterator[Number]:
    """As things stood when the period ended: in work without approval, each with the change that proves it.

    Those without an estimate, those that cost more than was approved, and what looks split are told as of now. Without
    any epic, none of them is known.
    """
    facts = asked.facts
    agreed = facts.portfolio.guardrails
    here = Level(asked, agreed.board_level, in_scope(at_level(facts.journeys, agreed.board_level), asked.scope))
    found = initiatives(
        here.journeys,
        changes=facts.initiative_changes,
        decisions=facts.decisions,
        guardrails=agreed,
        calendar=asked.calendar,
        as_of=facts.as_of,
        unread=facts.unread,
    )
    begun, is_known = found.at(asked.calendar.start_of(asked.period.end)), _is_agreed(asked) and bool(found.n_items)
    yield here.number(
        "significant_initiatives:unapproved",
        begun.known if is_known else None,
        used=begun.n_used,
        in_scope=begun.n_in_scope,
        counted=tuple(
            _initiative(here, one, mark="unapproved" if one in begun.unapproved else "approved") for one in begun.judged
        ),
        left_out=here.left_out(begun.excluded),
        facts={} if agreed.approval_threshold is None else {"threshold_amount": agreed.approval_threshold},
    )
    now = today(asked)
    for name, some in (("no_estimate", found.unestimated), ("overspent", found.overspent)):
        parts = tuple(_initiative(here, one, mark="") for one in some)
        yield _now(here, name, parts, period=now, is_known=is_known)
    split = tuple(here.part(one.key) for each in found.splits for one in each.journeys)
    yield _now(here, "split", split, period=now, is_known=is_known)


def _now(here: Level, name: str, parts: Sequence[Part], *, period: Period, is_known: bool) -> Number:
    return here.number(
        f"significant_initiatives:{name}",
        len(parts) if is_known else None,
        used=len(parts),
        in_scope=len(parts),
        counted=tuple(parts),
        period=period,
    )


def _is_agreed(asked: Asked) -> bool:
    agreed = asked.facts.portfolio.guardrails
    return agreed.approval_threshold is not None or agreed.approval_size is not None


def _initiative(here: Level, one: Initiative, *, mark: str) -> Part:
    approval = one.approval
    proof = approval.event if mark == "approved" and approval is not None else one.event
    part = here.part(one.journey.key, mark=mark, proof=proof)
    return part if one.amount is None else replace(part, amount=one.amount, unit="money")


def _old_decisions(asked: Asked) -> Iterator[Number]:
    """Unknown where no decision is logged, taken or not."""
    _, told = _engaged(asked)
    yield asked.number(
        "old_decisions",
        len(told.old) if asked.facts.decisions else None,
        used=len(told.old),
        in_scope=told.waiting,
        period=today(asked),
        of="decisions",
        counted=tuple(Part(name=f"{one.id}, {one.asked_on.isoformat()}") for one in told.old),
    )


def _engaged(asked: Asked) -> tuple[Level, Engaged]:
    facts = asked.facts
    agreed = facts.portfolio.guardrails
    here = Level(asked, agreed.board_level, in_scope(at_level(facts.journeys, agreed.board_level), asked.scope))
    keys = {one.key for one in here.journeys}
    whole = asked.scope.kind == "portfolio"
    trains = facts.portfolio.trains_of(asked.scope.name)
    told = engagement(
        [one for one in facts.objectives if trains is None or one.train in trains],
        journeys=here.journeys,
        touched_at=facts.once("touched", work=lambda: last_touched(facts.journeys)),
        decisions=[one for one in facts.decisions if whole or one.item in keys],
        guardrails=agreed,
        calendar=asked.calendar,
        as_of=facts.as_of,
        increment=next((one for one in asked.calendar.increments if one.period == asked.period), None),
    )
    return here, told


def _owner_engagement(asked: Asked) -> Iterator[Number]:
    """Objectives of the increment that the period is, or else of the newest; epics as of now."""
    here, told = _engaged(asked)
    for name, increment in (("planned", told.planned_in), ("scored", told.scored_in)):
        share = told.shares[name]
        yield asked.number(
            f"owner_engagement:{name}",
            percent(share.share),
            used=share.n_used,
            in_scope=share.n_in_scope,
            period=asked.period if increment is None else increment.period,
            of="objectives",
            counted=_named(share, missed="late"),
            left_out={reason: tuple(Part(name=one) for one in names) for reason, names in share.excluded.items()},
            facts=_least(told),
        )
    active = told.active
    yield here.number(
        "owner_engagement:active",
        percent(active.share),
        used=active.n_used,
        in_scope=active.n_in_scope,
        period=today(asked),
        counted=(*here.parts(active.met), *(here.part(key, mark="idle") for key in active.missed)),
        facts=_least(told),
    )


def _named(share: InTime, *, missed: str) -> tuple[Part, ...]:
    return (*(Part(name=one) for one in share.met), *(Part(name=one, mark=missed) for one in share.missed))


def _least(told: Engaged) -> dict[str, Fact]:
    return {} if told.least_share is None else {"least_percent": 100 * told.least_share}


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "horizon_share": _horizon_share,
    "horizon_distance": _horizon_distance,
    "capacity_share": _capacity_share,
    "capacity_distance": _capacity_distance,
    "significant_initiatives": _significant_initiatives,
    "owner_engagement": _owner_engagement,
    "old_decisions": _old_decisions,
}
