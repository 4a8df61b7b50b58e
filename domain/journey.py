"""The journey of one item: everything that flow metrics need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.period import Period
from domain.work_item import FlowState, HistoryState, ItemId


class StartPolicy(StrEnum):
    """Which entry into progress starts the clock."""

    FIRST = "first"  # the first one: the customer has waited ever since
    LAST = "last"  # the last one that is not a reopening: what the team would say


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One stay in one status: from `entered_at` until `left_at` (None: still there)."""

    status: str
    status_id: str | None
    flow_state: FlowState
    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Seconds inside [start, finish] (or until now), parted in this order: blocked, paused, waiting, active.

    `idle_done` is time spent in done before a reopening: idle, and no one's state to blame.
    """

    active: int = 0
    waiting: int = 0
    blocked: int = 0
    paused: int = 0
    idle_done: int = 0
    per_state: Mapping[str, int] = field(default_factory=dict)  # status name -> seconds, not deducting anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days on which an item has the same themes: theme id -> share."""

    days: Period
    themes: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an item belongs, and which rule said so.

    Its themes are those of the day it ended, or of the day of asking while it is open, as days begin and end in its
    value stream. Where themes begin or end and give it others on other days, `stretches` are all days, oldest first;
    for nearly every item there are none.
    """

    level: str | None  # None: its type is at no configured level; it counts nowhere and is listed
    kind: str  # flow distribution: feature, defect, risk, debt, enabler ... or "unclassified"
    themes: Mapping[str, Decimal]  # theme id -> share; what is missing to 1 is unaligned
    value_stream: str | None
    train: str | None
    team: str | None
    stretches: tuple[Stretch, ...] = ()

    @property
    def ever(self) -> frozenset[str]:
        """Every theme that it has on any day."""
        return self.by(date.max)

    def by(self, day: date) -> frozenset[str]:
        """Every theme that it has, or has had by a day."""
        return frozenset(self.themes).union(*(one.themes for one in self.stretches if one.days.start <= day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """When an item started and finished, and what it did between: decided in `metrics/journeys.py` alone.

    Definition 3.1. `started_at` and `finished_at` follow the report's policy; both policies' starts are kept.
    `finished_at` is None unless the item is in done at the as-of instant. `excluded_reason` says why the item
    stays out of flow time: no_start, no_history, history_gap, cancelled, removed, unmapped, ignored, left_behind,
    or None.
    """

    id: ItemId
    key: str
    url: str
    title: str
    type: str
    parent_id: ItemId | None
    owner: str | None
    placement: Placement
    status: str
    status_id: str
    flow_state: FlowState
    history: HistoryState
    created_at: datetime
    updated_at: datetime  # the last touch that was known by then
    first_started_at: datetime | None
    last_started_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    cancelled_at: datetime | None = None
    removed_at: datetime | None = None
    removed_reason: str | None = None
    reopen_count: int = 0
    is_blocked: bool = False
    clock: str = "own"  # own, or derived from children
    excluded_reason: str | None = None
    visits: tuple[Visit, ...] = ()
    spans: Spans = field(default_factory=Spans)
    values: Mapping[str, Decimal] = field(default_factory=dict)
    due_on: date | None = None
    planned_on: date | None = None  # the first day of the iteration that it was put into last, where that is told
    fields: Mapping[str, str] = field(default_factory=dict)  # further fields that the settings name, as text

    @property
    def is_open(self) -> bool:
        """Started or waiting to start, and neither finished, given up, removed nor ignored."""
        return self.removed_at is None and self.flow_state in (FlowState.NEW, FlowState.WAITING, FlowState.ACTIVE)
