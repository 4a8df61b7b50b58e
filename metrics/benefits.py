"""Does the value arrive that was promised? Benefit realisation: definition 3.6."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.strategy import Benefit, Reading
from metrics.key_results import elapsed_share, latest, pace_status, progress
from metrics.selection import Excluded

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Realisation:
    """How much of one benefit has arrived.

    `realised` and `expected` are shares of the whole, 0 to 1 (`realised` may be below 0, worse than before, or
    above 1). Amounts are minor units of the portfolio's currency, None where the benefit is not valued. `reason`
    says why nothing is known: no_reading, invalid (target equals baseline).
    """

    benefit: Benefit
    reading: Reading | None
    realised: Decimal | None
    expected: Decimal
    reason: str | None = None
    definition_version: int = DEFINITION_VERSION

    @property
    def health_points(self) -> Decimal | None:
        """Points ahead of (or behind) what was expected by the date."""
        return None if self.realised is None else (self.realised - self.expected) * 100

    @property
    def status(self) -> str:
        """achieved once whole; else by pace: on_track, at_risk, off_track; unmeasured where nothing is known."""
        if self.realised is None or self.health_points is None:
            return "unmeasured"
        return "achieved" if self.realised >= 1 else pace_status(self.health_points)

    @property
    def realised_amount(self) -> Decimal | None:
        if self.realised is None or self.benefit.planned_amount is None:
            return None
        return self.realised * self.benefit.planned_amount

    @property
    def expected_amount(self) -> Decimal | None:
        return None if self.benefit.planned_amount is None else self.expected * self.benefit.planned_amount


@dataclass(frozen=True, kw_only=True)
class PortfolioRealisation:
    """What all valued and measured benefits have brought, of what was planned to date and of the whole plan.

    `double_claims` maps a KPI to the benefits that claim it for several epics; only the first of them is counted.
    """

    realised_amount: Decimal
    planned_to_date: Decimal
    planned_total: Decimal
    used: tuple[Realisation, ...]
    excluded: Excluded = field(default_factory=dict)
    double_claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.used)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(ids) for ids in self.excluded.values())

    @property
    def to_date(self) -> Decimal | None:
        """Realised of what should have arrived by now, 0 to 1; None where nothing was due yet."""
        return self.realised_amount / self.planned_to_date if self.planned_to_date else None

    @property
    def of_total(self) -> Decimal | None:
        """Realised of the whole plan, 0 to 1."""
        return self.realised_amount / self.planned_total if self.planned_total else None


def realise(benefit: Benefit, readings: Iterable[Reading], *, today: date) -> Realisation:
    """Compare the newest reading of the KPI with baseline and target, and with the straight line between them.

    From 100 to 160 and now 130: 0.5. After 90 of 364 days 24.7 % is expected.
    """
    known = latest(readings, kpi=benefit.kpi, today=today)
    realised = None
    if known:
        realised = progress(baseline=benefit.baseline, target=benefit.target, value=known[0].value)
    reason = "invalid" if benefit.target == benefit.baseline else None if known else "no_reading"
    return Realisation(
        benefit=benefit,
        reading=known[0] if known else None,
        realised=realised,
        expected=elapsed_share(starts=benefit.starts, due=benefit.due, today=today),
        reason=reason,
    )


def realise_portfolio(benefits: Sequence[Benefit], readings: Sequence[Reading], *, today: date) -> PortfolioRealisation:
    """Sum realised and planned amounts over all benefits that are valued and measured; the others are named.

    60 and 90 realised, 100 and 150 planned to date, 400 and 600 in all: 60 % to date, 15 % of the total.
    """
    claims = _double_claims(benefits)
    second = {benefit_id for ids in claims.values() for benefit_id in ids[1:]}
    used: list[Realisation] = []
    excluded: dict[str, list[str]] = defaultdict(list)
    for benefit in benefits:
        one = realise(benefit, readings, today=today)
        reason = one.reason or ("not_valued" if benefit.planned_amount is None else None)
        reason = "double_claim" if benefit.id in second else reason
        if reason is None:
            used.append(one)
        else:
            excluded[reason].append(benefit.id)
    return PortfolioRealisation(
        realised_amount=sum((one.realised_amount or Decimal(0) for one in used), Decimal(0)),
        planned_to_date=sum((one.expected_amount or Decimal(0) for one in used), Decimal(0)),
        planned_total=sum((Decimal(one.benefit.planned_amount or 0) for one in used), Decimal(0)),
        used=tuple(used),
        excluded={reason: tuple(ids) for reason, ids in sorted(excluded.items())},
        double_claims=claims,
    )


def _double_claims(benefits: Iterable[Benefit]) -> dict[str, tuple[str, ...]]:
    by_kpi: dict[str, list[Benefit]] = defaultdict(list)
    for benefit in benefits:
        if benefit.item is not None:
            by_kpi[benefit.kpi].append(benefit)
    return {
        kpi: tuple(one.id for one in claimed)
        for kpi, claimed in by_kpi.items()
        if len({one.item for one in claimed}) > 1
    }
