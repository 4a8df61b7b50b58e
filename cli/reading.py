"""Everything the telling half needs, read from the store in one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from config import meaning
from domain.calendar import Calendar
from domain.journey import Journey
from domain.placing import place
from domain.strategy import Decision, Portfolio
from domain.strategy import Reading as KpiReading
from domain.themes import Assignment, assign
from domain.trust import SourceTrust
from domain.work_item import HeldItem, ItemId
from domain.workflow import Workflow
from metrics.journeys import derive_clocks, trace_all

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from config.load import Settings
    from sync.store.reading import Reading


@dataclass(frozen=True, kw_only=True)
class Told:
    """A portfolio as of an instant, with what was known at another. Instants are aware and in UTC."""

    as_of: datetime
    known_at: datetime
    portfolio: Portfolio
    calendar: Calendar
    workflow: Workflow
    held: Sequence[HeldItem]
    journeys: Sequence[Journey]
    assignments: Mapping[ItemId, Assignment]
    readings: Sequence[KpiReading]
    decisions: Sequence[Decision]
    trust: tuple[SourceTrust, ...]
    waiting_known: frozenset[str]


def read_all(
    workspace: Workspace, *, now: datetime, as_of: datetime | None = None, known_at: datetime | None = None
) -> Told:
    """Read the store inside one read transaction, and trace every item of the configured sources.

    Where no `known_at` is asked for, the answer names the instant that gives the same when it is asked for later.
    Items of a source that is no longer configured stay in the store and out of every report.
    """
    settings = workspace.settings
    calendar = meaning.calendar(settings)
    portfolio = meaning.portfolio(settings)
    as_of = as_of or now
    today = calendar.day(as_of)
    with workspace.store.moment_to_tell_of(now) as (store, moment):
        workflow = Workflow(rules=meaning.state_rules(settings), statuses=store.statuses())
        configured = set(workspace.source_names)
        held = [one for one in store.held_items(known_at) if one.item.source in configured]
        traced = trace_all(held, store.changes(known_at=known_at), workflow=workflow, as_of=as_of)
        trust = read_trust(settings, store)
    counted = [item for _, item in traced]  # finished work stays where it was when it finished
    placements = place(counted, rules=meaning.placing_rules(settings), themes=portfolio.themes, on=today)
    return Told(
        as_of=as_of,
        known_at=known_at or moment,
        portfolio=portfolio,
        calendar=calendar,
        workflow=workflow,
        held=held,
        journeys=derive_clocks([replace(journey, placement=placements[journey.id]) for journey, _ in traced]),
        assignments=assign(counted, portfolio.themes, on=today),
        readings=[one for one in meaning.readings(settings) if one.day <= today],
        decisions=meaning.decisions(settings),
        trust=trust,
        waiting_known=frozenset(name for name in workspace.source_names if workflow.has_waiting_states(name)),
    )


def read_trust(settings: Settings, store: Reading) -> tuple[SourceTrust, ...]:
    """How far each configured source can be believed, in the order of the file."""
    stale_after = meaning.sync_plan(settings).stale_after
    return tuple(
        store.trust(
            source.name, kind=source.kind, base_url=source.url, stale_after_seconds=int(stale_after.total_seconds())
        )
        for source in meaning.sources(settings)
    )
