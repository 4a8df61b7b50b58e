"""What a forecast rests on: the work of a portfolio as of an instant, and who was asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.calendar import Calendar
from domain.forecasting import Forecasting
from domain.journey import Journey
from domain.trust import SourceTrust
from domain.work_item import ItemId


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All items as of an instant, what is above each, what each waits for, and until when each source was read.

    `portfolio` is its id, from which the lots are drawn; `agreed` is what the portfolio itself assumes.
    """

    journeys: Sequence[Journey]
    parents: Mapping[ItemId, ItemId] = field(default_factory=dict)
    predecessors: Mapping[ItemId, Sequence[ItemId]] = field(default_factory=dict)
    calendar: Calendar
    as_of: datetime
    portfolio: str
    sources: Sequence[SourceTrust] = ()
    agreed: Forecasting = field(default_factory=Forecasting)
