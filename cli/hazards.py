"""Risks and dependencies, read with everything else: the facts that the telling half needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from config import meaning
from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey
from domain.precedence import precedence, predecessors
from domain.work_item import HeldItem, ItemId
from metrics.dependencies import edges_of
from metrics.hazards import Hazards
from metrics.risk import Rules
from metrics.risk_register import links_between, register, risk_items

if TYPE_CHECKING:
    from datetime import date, datetime

    from config.load import Settings
    from domain.tree import Tree
    from sync.store.reading import Reading


def risk_changes(
    settings: Settings, store: Reading, held: Sequence[HeldItem], grown: Tree, *, known_at: datetime | None
) -> dict[ItemId, list[Change]]:
    """The risks among the items, of which `grown` is the tree, and what was changed of each."""
    risks = risk_items(held, meaning.risk_rules(settings), grown=grown)
    return {one.item.id: store.changes_of(one.item.id, known_at=known_at) for one in risks}


def iterations(store: Reading) -> dict[tuple[str, str], tuple[date, date]]:
    """The first and the last day of an iteration, by its source and its name."""
    return {
        (source, one.name): (one.starts_on, one.ends_on)
        for source, sprints in store.sprints().items()
        for one in sprints
        if one.starts_on is not None and one.ends_on is not None
    }


def planned_on(held: Sequence[HeldItem], spans: Mapping[tuple[str, str], tuple[date, date]]) -> dict[ItemId, date]:
    """The first day of the iteration that each item was put into last, of those whose days are told."""
    of_item = ((one.item.id, (one.item.source, one.item.iteration)) for one in held if one.item.iteration is not None)
    return {id: spans[name][0] for id, name in of_item if name in spans}


def after_next(spans: Mapping[tuple[str, str], tuple[date, date]], *, today: date) -> date | None:
    """The last day of the second iteration that has not ended, of the source in which that is latest; None: unknown."""
    by_source: dict[str, set[date]] = {}
    for (source, _), (_, ends) in spans.items():
        if ends >= today:
            by_source.setdefault(source, set()).add(ends)
    seconds = [sorted(ends)[1] for ends in by_source.values() if len(ends) > 1]
    return max(seconds) if seconds else None


def hazards_of(
    settings: Settings,
    *,
    counted: Sequence[HeldItem],
    journeys: Sequence[Journey],
    changes: Mapping[ItemId, Sequence[Change]],
    spans: Mapping[tuple[str, str], tuple[date, date]],
    calendar: Calendar,
    today: date,
) -> Hazards:
    """The register of risks, and what waits for what."""
    rules, waiting = meaning.risk_rules(settings), meaning.precedence_rules(settings)
    increment = calendar.increment_of(today).period
    by_id = {one.id: one for one in journeys}
    risks = [one for one in counted if one.item.id in changes]
    states = meaning.state_rules(settings)
    return Hazards(
        register=register(
            risks,
            rules=rules,
            journeys=by_id,
            changes=changes,
            linked=links_between(counted, changes) if risks else {},
            calendar=calendar,
        ),
        hygiene=Rules(
            untouched_days=(increment.end - increment.start).days,
            knows_acceptor="accepted_by" in rules.fields,
        ),
        has_risk_rules=bool(rules.matchers),
        waits=precedence(counted, waiting),
        edges=edges_of(counted, waiting, iterations={name: begins for name, (begins, _) in spans.items()}),
        blocking=predecessors(counted),
        blocked_statuses=frozenset((source, name) for source, one in states.items() for name in one.blocked_states),
        horizon=after_next(spans, today=today),
    )
