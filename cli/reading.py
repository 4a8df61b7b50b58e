"""Everything the telling half needs, read from the store in one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from config import meaning
from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey, Placement
from domain.placing import place
from domain.strategy import Decision, Portfolio
from domain.strategy import Reading as KpiReading
from domain.themes import Assignment, assign
from domain.trust import SourceTrust
from domain.work_item import HeldItem, ItemId
from domain.workflow import Workflow
from metrics.journeys import as_it_counts, derive_clocks, trace

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from config.load import Settings
    from sync.store.reading import Reading


_NOWHERE = Placement(level=None, kind="unclassified", themes={}, value_stream=None, train=None, team=None)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A portfolio as of an instant, with what was known at another. Instants are aware and in UTC."""

    as_of: datetime
    known_at: datetime | None
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


def read_all(workspace: Workspace, *, as_of: datetime, known_at: datetime | None = None) -> Told:
    """Read the store inside one read transaction, and trace every item of the configured sources.

    Items of a source that is no longer configured stay in the store and out of every report.
    """
    settings = workspace.settings
    calendar = meaning.calendar(settings)
    portfolio = meaning.portfolio(settings)
    today = calendar.day(as_of)
    with workspace.store.snapshot() as store:
        workflow = Workflow(rules=meaning.state_rules(settings), statuses=store.statuses())
        configured = set(workspace.source_names)
        held = [one for one in store.held_items(known_at) if one.item.source in configured]
        traced = _trace_each(held, store.changes(known_at=known_at), workflow=workflow, as_of=as_of)
        trust = read_trust(settings, store)
    return Told(
        as_of=as_of,
        known_at=known_at,
        portfolio=portfolio,
        calendar=calendar,
        workflow=workflow,
        held=held,
        journeys=_placed(traced, settings, portfolio=portfolio, today=today),
        assignments=assign(held, portfolio.themes, on=today),
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


def _trace_each(
    held: Sequence[HeldItem], changes: Iterator[Change], *, workflow: Workflow, as_of: datetime
) -> list[tuple[Journey, HeldItem]]:
    """Each journey, and its item with the type and the parent that count. Sorted by item.

    Changes come item by item, so that only one item's changes are in memory at a time.
    """
    waiting = {one.item.id: one for one in held if one.item.created_at <= as_of}
    traced = []
    for item_id, its_changes in groupby(changes, key=lambda change: change.item_id):
        one = waiting.pop(item_id, None)
        if one is not None:
            mine = list(its_changes)
            journey = trace(one, mine, workflow=workflow, placement=_NOWHERE, as_of=as_of)
            traced.append((journey, as_it_counts(one, mine, finished_at=journey.finished_at, as_of=as_of)))
    for one in waiting.values():
        traced.append((trace(one, (), workflow=workflow, placement=_NOWHERE, as_of=as_of), one))
    return sorted(traced, key=lambda pair: pair[0].id)


def _placed(
    traced: Sequence[tuple[Journey, HeldItem]], settings: Settings, *, portfolio: Portfolio, today: date
) -> list[Journey]:
    """Journeys with their places: finished work stays where it was when it finished."""
    counted = [item for _, item in traced]
    placements = place(counted, rules=meaning.placing_rules(settings), themes=portfolio.themes, on=today)
    return derive_clocks([replace(journey, placement=placements[journey.id]) for journey, _ in traced])
