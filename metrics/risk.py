"""What might go wrong, and what would it cost? Definition 3.8: exposure of risks, by ROAM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from metrics.selection import Excluded, count

DEFINITION_VERSION = 1
UNSORTED_FOR = timedelta(days=7)  # longer than this without a place in ROAM is a fault


class Roam(StrEnum):
    """What was decided of a risk."""

    RESOLVED = "resolved"
    OWNED = "owned"
    ACCEPTED = "accepted"
    MITIGATED = "mitigated"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """A risk: how probable (0 to 1), what it would cost (minor units), and what is left after mitigation."""

    key: str
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


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What the risks may cost, in minor units: as they stand, and as they would without mitigation.

    `risks` are those with an amount, the largest first. `faults` say which break a rule of ROAM: no_owner, no_date,
    no_acceptor, no_live_work, unsorted.
    """

    amount: int
    inherent: int
    risks: tuple[tuple[str, int], ...]
    faults: tuple[tuple[str, str], ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.risks)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def exposure(risks: Iterable[Risk], *, today: date) -> Exposure:
    """Probability times impact, added up over the risks; a resolved one is 0, a mitigated one what is left of it.

    Owned and accepted risks, and those nobody has sorted yet, count whole; so does a mitigated one of which nobody said
    what is left. Leaves out those without a probability or an impact (`not_rated`): they are not nothing.
    Resolved 0.5 x 100,000; owned 0.4 x 50,000; accepted 0.1 x 200,000; mitigated to 0.2 x 40,000; unsorted
    0.5 x 30,000: 0 + 20,000 + 20,000 + 8,000 + 15,000 = 63,000, of 103,000 without mitigation.
    Definition 3.8, version 1.
    """
    every = sorted(risks, key=lambda one: one.key)
    inherent = {one.key: _product(one.probability, one.impact) for one in every if one.roam is not Roam.RESOLVED}
    amounts = {one.key: Decimal(0) if one.roam is Roam.RESOLVED else _left(one) for one in every}
    rated = {key: amount for key, amount in amounts.items() if amount is not None}
    missing = tuple(key for key, amount in amounts.items() if amount is None)
    return Exposure(
        amount=round(sum(rated.values(), Decimal(0))),
        inherent=round(sum((amount for amount in inherent.values() if amount is not None), Decimal(0))),
        risks=tuple(
            (key, round(amount)) for key, amount in sorted(rated.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        faults=tuple((one.key, fault) for one in every for fault in _faults(one, today=today)),
        excluded={"not_rated": missing} if missing else {},
    )


def _left(risk: Risk) -> Decimal | None:
    if risk.roam is Roam.MITIGATED:
        left = _product(risk.residual_probability, risk.residual_impact)
        if left is not None:
            return left
    return _product(risk.probability, risk.impact)


def _product(probability: Decimal | None, impact: int | None) -> Decimal | None:
    return None if probability is None or impact is None else probability * impact


def _faults(risk: Risk, *, today: date) -> list[str]:
    match risk.roam:
        case Roam.OWNED:
            return [*([] if risk.owner else ["no_owner"]), *([] if risk.due_on else ["no_date"])]
        case Roam.ACCEPTED:
            return [] if risk.accepted_by else ["no_acceptor"]
        case Roam.MITIGATED:
            return [] if risk.has_live_work else ["no_live_work"]
        case None:
            return ["unsorted"] if today - risk.raised_on > UNSORTED_FOR else []
    return []
