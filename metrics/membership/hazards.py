"""Risks and what is blocked, taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from metrics.hazards import blocked_now
from metrics.membership.asking import Asked, Number, Part, today
from metrics.risk import Risk, exposure, faults
from metrics.risk_register import Register
from metrics.selection import in_scope


def risks_in(asked: Asked) -> Register:
    """The risks of the scope."""
    register = asked.facts.hazards.register
    kept = in_scope([one.journey for one in register.risks], asked.scope)
    return register.of(one.id for one in kept)


def _risk_exposure(asked: Asked) -> Iterator[Number]:
    """Each part is a risk that was rated at the period's end, or today: what it may cost, and what was decided."""
    end = min(asked.calendar.start_of(asked.period.end), asked.facts.as_of)
    risks = risks_in(asked).at(end)
    found = exposure(risks, today=asked.calendar.day(end))
    by_reason = {reason: set(keys) for reason, keys in found.excluded.items()}
    rated = [one for one in risks if not any(one.key in keys for keys in by_reason.values())]
    left_out = {reason: tuple(_part(one) for one in risks if one.key in keys) for reason, keys in by_reason.items()}
    for name, amounts in (
        ("risk_exposure", {one.id: 0 if one.is_closed else one.amount for one in rated}),
        ("risk_exposure:inherent", {one.id: 0 if one.is_closed else one.inherent for one in rated}),
    ):
        yield asked.number(
            name,
            found.inherent if name.endswith(":inherent") else found.amount if found.is_known else None,
            used=found.n_used,
            in_scope=found.n_in_scope,
            of="risks",
            counted=tuple(
                _part(one, amount=amounts[one.id], unit="money", mark=one.roam.value if one.roam else "")
                for one in rated
            ),
            left_out=left_out,
        )


def _risk_hygiene(asked: Asked) -> Iterator[Number]:
    """Each part is an open risk that breaks a rule, once for each rule; the facts count the rules."""
    facts = asked.facts
    now, rules = asked.calendar.day(facts.as_of), facts.hazards.hygiene
    risks = [one for one in risks_in(asked).at(facts.as_of) if not one.is_closed]
    broken = [(one, fault) for one in risks for fault in faults(one, today=now, rules=rules)]
    yield asked.number(
        "risk_hygiene",
        len({one.id for one, _ in broken}) if facts.hazards.has_risk_rules else None,
        used=len(risks),
        in_scope=len(risks),
        period=today(asked),
        of="risks",
        counted=tuple(_part(one, mark=fault) for one, fault in broken),
        facts=dict(Counter(fault for _, fault in broken)),
    )


def _blocked_now(asked: Asked) -> Iterator[Number]:
    """Each part is a blocked item, with the days it lost and the cause as its mark."""
    facts = asked.facts
    every = facts.once("blocked now", work=lambda: list(blocked_now(facts.journeys, facts.hazards)))
    for here in asked.at_levels():
        names = {one.id: name for name, one in here.named.items()}
        found = [one for one in every if one.journey.id in names]
        open_now = sum(one.is_open for one in here.journeys)
        yield here.number(
            "blocked_now",
            len(found),
            used=open_now,
            in_scope=open_now,
            period=today(asked),
            counted=tuple(
                here.part(names[one.journey.id], amount=one.days_lost, unit="days", mark=one.cause) for one in found
            ),
        )


def _part(risk: Risk, *, amount: int | None = None, unit: str = "", mark: str = "") -> Part:
    return Part(name=risk.key, item=risk.id, amount=amount, unit=unit, mark=mark)


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "risk_exposure": _risk_exposure,
    "risk_hygiene": _risk_hygiene,
    "blocked_now": _blocked_now,
}
