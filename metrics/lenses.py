"""Which kinds of value do the KPIs show? The lenses of Evidence-Based Management and of the Flow Framework: 3.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.strategy import Portfolio, Reading
from metrics.ledger import Freshness, freshness

EVIDENCE_BASED = ("current_value", "unrealised_value", "ability_to_innovate", "time_to_market")
FLOW_FRAMEWORK = ("value", "cost", "quality", "happiness")


@dataclass(frozen=True, kw_only=True)
class Lens:
    """One lens with the KPIs that are tagged with it. One without a fresh KPI is empty, and is printed so."""

    name: str
    framework: str  # ebm or flow
    kpis: tuple[Freshness, ...]

    @property
    def fresh(self) -> tuple[Freshness, ...]:
        return tuple(one for one in self.kpis if not one.is_stale)


def lenses(portfolio: Portfolio, readings: Sequence[Reading], *, today: date) -> tuple[Lens, ...]:
    """All eight lenses, whether anybody has tagged a KPI with them or not."""
    told = {one.kpi: one for one in freshness(portfolio, readings, today=today)}
    of_lens = [("ebm", name, [kpi.id for kpi in portfolio.kpis if kpi.lens == name]) for name in EVIDENCE_BASED]
    of_lens += [
        ("flow", name, [kpi.id for kpi in portfolio.kpis if kpi.business_result == name]) for name in FLOW_FRAMEWORK
    ]
    return tuple(
        Lens(name=name, framework=framework, kpis=tuple(told[kpi] for kpi in kpis)) for framework, name, kpis in of_lens
    )
