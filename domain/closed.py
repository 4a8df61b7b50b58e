"""Figures of periods that have ended, as an edition told them first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.period import Period
from domain.work_item import ItemId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedFigure:
    """A figure of one level over a period that had ended. `value` None: there were too few items to tell.

    `counted` are the items that made it, with what each brought: days, or 1 where items are counted.
    """

    metric: str
    level: str
    period: Period
    value: Decimal | None
    counted: Mapping[ItemId, int] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str, Period]:
        return self.metric, self.level, self.period


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTold:
    """A closed figure, and the edition that told it first: when, by which settings and by which definitions.

    `changed` are the files of settings and data that are others now.
    """

    figure: ClosedFigure
    edition: str
    published_at: datetime
    config_digest: str
    definitions_version: int
    changed: tuple[str, ...] = ()
