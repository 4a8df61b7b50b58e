"""Which items are risks, and how their fields are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.strategy import Matcher

# What of a risk a field may tell, in our words.
TOLD = (
    "probability", "impact", "residual_probability", "residual_impact", "roam", "owner", "accepted_by", "next_step",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RiskField:
    """A tracker's field. Its numbers are multiplied by `scale`; `is_percent`: 30 means 0.3."""

    field: str
    scale: int = 1
    is_percent: bool = False
    source: str | None = None  # None: any


@dataclass(frozen=True, kw_only=True)
class RiskRules:
    """Items that one of the matchers takes are risks. `fields` and `scales` are by the names of TOLD.

    `scales` give numbers for words (lower-cased), `roam` says for a status or a value (lower-cased) what was decided.
    Amounts are in the portfolio's currency, of which `minor_per_unit` make one.
    """

    matchers: tuple[Matcher, ...] = ()
    fields: Mapping[str, tuple[RiskField, ...]] = field(default_factory=dict)
    scales: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    roam: Mapping[str, str] = field(default_factory=dict)
    minor_per_unit: int = 100

    def fields_of(self, source: str, told: str) -> Iterable[RiskField]:
        """The fields that may tell something of a source's items, in the order of the settings."""
        return (one for one in self.fields.get(told, ()) if one.source in (None, source))

    def scale_of(self, told: str) -> Mapping[str, Decimal]:
        """Numbers for words; what is left is read as the whole is, unless something else is said."""
        return self.scales.get(told) or self.scales.get(told.removeprefix("residual_"), {})
