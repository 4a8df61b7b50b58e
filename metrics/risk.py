"""What might go wrong, and what would it cost? Definition 3.8: exposure of risks, by ROAM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.work_item import ItemId
from metrics.selection import Excluded, count

DEFINITION_VERSION = 2
UNSORTED_FOR = timedelta(days=7)  # longer than this without a place in ROAM is a fault


class Roam(StrEnum):
    """What was decided of a risk."""

    RESOLVED = "resolved"
    OWNED = "owned"
    ACCEPTED = "accepted"
    MITIGATED = "mitigated"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """A risk: how probable (0 to 1), what it would cost (minor units), and what is left after mitigation.

    `unreadable` are the names of what its fields say and nobody can read as a number: it is not known, and never 0.
    """

    key: str
    id: ItemId | None = None
    raised_on: date
    roam: Roam | None = None
    probability: Decimal | None = None
    impact: int | None = None
    residual_probability: Decimal | None = None
    residual_impact: int | None = None
    owner: str | None = None
    due_on: date | None = None
    accepted_by: str | None = None
    has_live_work: bool = False  # a linked item that is neither done nor given up
    next_step: str | None = None
    touched_on: date | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def amount(self) -> int | None:
        """What it may cost as it stands, in minor units; None: nobody rated it."""
        return None if (left := _left(self)) is None else round(left)

    @property
    def inherent(self) -> int | None:
        """What it would cost without mitigation, in minor units; None: nobody rated it."""
        return None if (whole := _product(self.probability, self.impact)) is None else round(whole)

    @property
    def is_closed(self) -> bool:
        return self.roam is Roam.RESOLVED


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Which rules of hygiene can be held against risks: one that no field could ever meet would be a false alarm.

    `untouched_days`: longer than this untouched is too long; None: nobody said.
    """

    untouched_days: int | None = None
    knows_acceptor: bool = True


EVERY_RULE = Rules()


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What the risks may cost, in minor units: as they stand, and as they would without mitigation.

    `risks` are those with an amount, the largest first. `faults` say which break a rule of ROAM: no_owner, no_date,
    no_acceptor, no_live_work, unsorted; and of those not resolved, which are overdue, untouched, or have no next step.
    `is_known` False: of those not resolved none is estimated, so that the sum is no zero that anybody knows.
    `inherent` None: not known, or of one that counts nobody said what it would cost without mitigation.
    """

    amount: int
    inherent: int | None
    risks: tuple[tuple[str, int], ...]
    is_known: bool = True
    faults: tuple[tuple[str, str], ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.risks)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def exposure(risks: Iterable[Risk], *, today: date, rules: Rules = EVERY_RULE) -> Exposure:
    """Probability times impact, added up over the risks; a resolved one is 0, a mitigated one what is left of it.

    Owned and accepted risks, and those nobody has sorted yet, count whole; so does a mitigated one of which nobody said
    what is left. Leaves out those without a probability or an impact (`not_rated`), and those whose fields nobody can
    read (`unreadable`): they are not nothing.
    Resolved 0.5 x 100,000; owned 0.4 x 50,000; accepted 0.1 x 200,000; mitigated to 0.2 x 40,000; unsorted
    0.5 x 30,000: 0 + 20,000 + 20,000 + 8,000 + 15,000 = 63,000, of 103,000 without mitigation.
    Definition 3.8, version 2.
    """
    every = sorted(risks, key=lambda one: (one.key, one.id or ()))
    rated = [(one, amount) for one in every if (amount := _standing(one)) is not None]
    missing = [one for one in every if _standing(one) is None]
    unreadable = tuple(one.key for one in missing if one.unreadable)
    unrated = tuple(one.key for one in missing if not one.unreadable)
    is_known = not missing or any(not one.is_closed for one, _ in rated)
    inherent = [_product(one.probability, one.impact) for one, _ in rated if not one.is_closed]
    known = [amount for amount in inherent if amount is not None]
    return Exposure(
        amount=round(sum((amount for _, amount in rated), Decimal(0))),
        inherent=round(sum(known, Decimal(0))) if is_known and len(known) == len(inherent) else None,
        risks=tuple(
            (one.key, round(amount)) for one, amount in sorted(rated, key=lambda pair: (-pair[1], pair[0].key))
        ),
        is_known=is_known,
        faults=tuple((one.key, fault) for one in every for fault in faults(one, today=today, rules=rules)),
        excluded={reason: keys for reason, keys in (("not_rated", unrated), ("unreadable", unreadable)) if keys},
    )


def by_size(risks: Iterable[Risk]) -> list[Risk]:
    """Risks that are not resolved, the largest first; those that nobody rated last, the oldest first."""
    return sorted(
        (one for one in risks if not one.is_closed),
        key=lambda one: (one.amount is None, -(one.amount or 0), one.raised_on, one.key),
    )


def faults(risk: Risk, *, today: date, rules: Rules = EVERY_RULE) -> list[str]:
    """Which rules of ROAM a risk breaks. One that is resolved breaks none."""
    if risk.is_closed:
        return []
    found = _of_its_place(risk, today=today, rules=rules)
    if risk.due_on is not None and risk.due_on < today:
        found.append("overdue")
    if rules.untouched_days is not None and risk.touched_on is not None:
        found += ["untouched"] if (today - risk.touched_on).days > rules.untouched_days else []
    has_step = bool(risk.next_step) or risk.has_live_work or risk.roam is Roam.ACCEPTED
    if not has_step and "no_live_work" not in found:
        found.append("no_step")
    return found


def _standing(risk: Risk) -> Decimal | None:
    return Decimal(0) if risk.is_closed else _left(risk)


def _left(risk: Risk) -> Decimal | None:
    if risk.roam is Roam.MITIGATED:
        left = _product(risk.residual_probability, risk.residual_impact)
        if left is not None:
            return left
    return _product(risk.probability, risk.impact)


def _product(probability: Decimal | None, impact: int | None) -> Decimal | None:
    return None if probability is None or impact is None else probability * impact


def _of_its_place(risk: Risk, *, today: date, rules: Rules) -> list[str]:
    match risk.roam:
        case Roam.OWNED:
            return [*([] if risk.owner else ["no_owner"]), *([] if risk.due_on else ["no_date"])]
        case Roam.ACCEPTED:
            return [] if risk.accepted_by or not rules.knows_acceptor else ["no_acceptor"]
        case Roam.MITIGATED:
            return [] if risk.has_live_work else ["no_live_work"]
        case None:
            return ["unsorted"] if today - risk.raised_on > UNSORTED_FOR else []
    return []
