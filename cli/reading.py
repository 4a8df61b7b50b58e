"""Everything the telling half needs, read from the store in one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from cli.governing import governed
from config import meaning
from domain.calendar import Calendar
from domain.change import Change
from domain.governance import Governed
from domain.journey import Journey, StartPolicy
from domain.kept import KeptJourney
from domain.placing import place
from domain.promises import Foretold, Given
from domain.strategy import Decision, Portfolio
from domain.strategy import Reading as KpiReading
from domain.themes import Assignment, assign
from domain.trust import SourceTrust
from domain.work_item import HeldItem, ItemId
from domain.workflow import Workflow
from metrics.journeys import derive_clocks, trace_all
from metrics.kept import Tracing, is_told, resume

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from config.load import Settings
    from sync.store.reading import Reading


FEW = 20  # one item in so many is read by itself rather than with all others


@dataclass(frozen=True, kw_only=True)
class Told:
    """A portfolio as of an instant, with what was known at another. Instants are aware and in UTC.

    `given` are the first forecasts that were published of each item, `former` all that the last edition of an earlier
    day foretold.
    """

    as_of: datetime
    known_at: datetime
    portfolio: Portfolio
    calendar: Calendar
    policy: StartPolicy
    workflow: Workflow
    held: Sequence[HeldItem]
    counted: Sequence[HeldItem]  # the same as they count: finished work with the type and the parent of its finish
    given: Sequence[Given]
    former: Foretold | None
    journeys: Sequence[Journey]
    assignments: Mapping[ItemId, Assignment]
    readings: Sequence[KpiReading]
    decisions: Sequence[Decision]
    governed: Governed
    trust: tuple[SourceTrust, ...]
    waiting_known: frozenset[str]


def read_all(
    workspace: Workspace, *, now: datetime, as_of: datetime | None = None, known_at: datetime | None = None
) -> Told:
    """Read the store inside one read transaction: the journey of every item of the configured sources.

    Where no `known_at` is asked for, the answer names the instant that gives the same when it is asked for later.
    Journeys that syncs have kept are taken up again; those that are stale, or of an instant before the item's last
    event, are traced here. Items of a source that is no longer configured stay in the store and out of every report.
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
        kept = _kept(settings, store, sources=configured, on=today) if known_at is None else iter(())
        traced, untold = _resumed(held, kept, as_of=as_of)
        changes = _changes(store, untold, of=len(held), known_at=known_at)
        blockings = store.blockings(untold, known_at=known_at)
        traced += trace_all(
            untold, changes, workflow=workflow, as_of=as_of, policy=meaning.start_policy(settings), blockings=blockings
        )
        traced.sort(key=lambda pair: pair[0].id)
        counted = [item for _, item in traced]  # finished work stays where it was when it finished
        placements = place(counted, rules=meaning.placing_rules(settings), themes=portfolio.themes, on=today)
        rules = governed(meaning.governance(settings), store, held, placements, known_at=known_at)
        trust = read_trust(settings, store)
        given = store.first_promises(known_at=known_at or now)
        former = store.foretold_before(today, known_at=known_at or now)
    return Told(
        as_of=as_of,
        known_at=known_at or moment,
        portfolio=portfolio,
        calendar=calendar,
        policy=meaning.start_policy(settings),
        workflow=workflow,
        held=held,
        counted=counted,
        given=given,
        former=former,
        journeys=derive_clocks([replace(journey, placement=placements[journey.id]) for journey, _ in traced]),
        assignments=assign(counted, portfolio.themes, on=today),
        readings=[one for one in meaning.readings(settings) if one.day <= today],
        decisions=meaning.decisions(settings),
        governed=rules,
        trust=trust,
        waiting_known=frozenset(name for name in workspace.source_names if workflow.has_waiting_states(name)),
    )


def tracing_of(settings: Settings, *, on: date) -> Tracing:
    """How these settings trace and place items on a local day: what a sync is handed."""
    portfolio = meaning.portfolio(settings)
    return Tracing(
        rules=meaning.state_rules(settings),
        placing=meaning.placing_rules(settings),
        themes=portfolio.themes,
        on=on,
        policy=meaning.start_policy(settings),
    )


def _kept(settings: Settings, store: Reading, *, sources: Collection[str], on: date) -> Iterator[KeptJourney]:
    tracing, statuses = tracing_of(settings, on=on), store.statuses()
    return store.kept_journeys({source: tracing.traced_with(source, statuses) for source in sources})


def _resumed(
    held: Iterable[HeldItem], kept: Iterator[KeptJourney], *, as_of: datetime
) -> tuple[list[tuple[Journey, HeldItem]], list[HeldItem]]:
    """Journeys that can be taken up again at an instant, and items that have to be traced. Both come by id."""
    resumed: list[tuple[Journey, HeldItem]] = []
    untold: list[HeldItem] = []
    waiting = next(kept, None)
    for one in held:
        while waiting is not None and ItemId(waiting.source, waiting.external_id) < one.item.id:
            waiting = next(kept, None)
        if (
            waiting is not None
            and ItemId(waiting.source, waiting.external_id) == one.item.id
            and is_told(waiting, as_of)
        ):
            resumed.append(resume(waiting, one, as_of=as_of))
        else:
            untold.append(one)
    return resumed, untold


def _changes(store: Reading, items: Sequence[HeldItem], *, of: int, known_at: datetime | None) -> Iterator[Change]:
    """The changes of some items, item by item; of many, by reading all of them."""
    if len(items) * FEW > of:
        yield from store.changes(known_at=known_at)
    else:
        for one in items:
            yield from store.changes_of(one.item.id, known_at=known_at)


def read_trust(settings: Settings, store: Reading) -> tuple[SourceTrust, ...]:
    """How far each configured source can be believed, in the order of the file."""
    stale_after = meaning.sync_plan(settings).stale_after
    return tuple(
        store.trust(
            source.name, kind=source.kind, base_url=source.url, stale_after_seconds=int(stale_after.total_seconds())
        )
        for source in meaning.sources(settings)
    )
