"""Risks and dependencies, read with everything else: the facts that the telling half needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from config import meaning
from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey, Placement
from domain.precedence import precedence, predecessors
from domain.work_item import ITERATION_ID, HeldItem, ItemId, WorkItem
from metrics.dependencies import edges_of
from metrics.hazards import Hazards
from metrics.risk import Rules
from metrics.risk_register import links_between, register, risk_items

if TYPE_CHECKING:
    from datetime import date, datetime

    from config.load import Settings
    from connectors.base import Sprint
    from domain.tree import Tree
    from sync.store.reading import Reading


def risk_changes(
    settings: Settings, store: Reading, held: Sequence[HeldItem], grown: Tree, *, known_at: datetime | None
) -> dict[ItemId, list[Change]]:
    """The risks among the items, of which `grown` is the tree, and what was changed of each."""
    risks = risk_items(held, meaning.risk_rules(settings), grown=grown)
    return {one.item.id: store.changes_of(one.item.id, known_at=known_at) for one in risks}


class Plans(NamedTuple):
    """The first day of the iteration that each item is in, and the last of the second that has not ended."""

    begin: Mapping[ItemId, date]
    horizon: date | None


def plans_of(
    store: Reading,
    held: Sequence[HeldItem],
    *,
    placements: Mapping[ItemId, Placement],
    calendar: Calendar,
    today: date,
    known_at: datetime | None,
) -> Plans:
    sprints = store.sprints(known_at)
    begin = planned_on(held, sprints, placements=placements, calendar=calendar)
    return Plans(begin=begin, horizon=after_next(sprints, today=today))


def planned_on(
    held: Sequence[HeldItem],
    sprints: Mapping[str, Sequence[Sprint]],
    *,
    placements: Mapping[ItemId, Placement],
    calendar: Calendar,
) -> dict[ItemId, date]:
    """The first day of the iteration that each item was put into last, of those whose days are told."""
    days: dict[str | None, _FirstDays] = {}
    found = {}
    for item in (one.item for one in held if one.item.iteration is not None):
        stream = placements[item.id].value_stream
        if stream not in days:
            days[stream] = _first_days(sprints, calendar.of(stream))
        day = days[stream].of(item)
        if day is not None:
            found[item.id] = day
    return found


def after_next(sprints: Mapping[str, Sequence[Sprint]], *, today: date) -> date | None:
    """The last day of the second iteration that has not ended, of the source in which that is latest; None: unknown."""
    by_source = [
        {one.ends_on for one in told if one.starts_on is not None and one.ends_on is not None and one.ends_on >= today}
        for told in sprints.values()
    ]
    seconds = [sorted(ends)[1] for ends in by_source if len(ends) > 1]
    return max(seconds) if seconds else None


def hazards_of(
    settings: Settings,
    *,
    counted: Sequence[HeldItem],
    journeys: Sequence[Journey],
    changes: Mapping[ItemId, Sequence[Change]],
    plans: Plans,
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
        edges=edges_of(counted, waiting, planned=plans.begin),
        blocking=predecessors(counted),
        blocked_statuses=frozenset((source, name) for source, one in states.items() for name in one.blocked_states),
        horizon=plans.horizon,
    )


class _FirstDays(NamedTuple):
    """When iterations begin, by source and id, and by source and name."""

    by_id: Mapping[tuple[str, str], date]
    by_name: Mapping[tuple[str, str], date]

    def of(self, item: WorkItem) -> date | None:
        told = item.fields.get(ITERATION_ID)
        if told is not None:
            return self.by_id.get((item.source, told))
        return self.by_name.get((item.source, item.iteration or ""))


def _first_days(sprints: Mapping[str, Sequence[Sprint]], calendar: Calendar) -> _FirstDays:
    """Of those whose days are told. Each team may have its own "Sprint 12": a name with two first days has none."""
    by_id: dict[tuple[str, str], date] = {}
    by_name: dict[tuple[str, str], set[date | None]] = defaultdict(set)
    for source, told in sprints.items():
        for one in told:
            day = None
            if one.starts_on is not None and one.ends_on is not None:
                day = by_id[source, one.id] = one.starts_on if one.starts_at is None else calendar.day(one.starts_at)
            by_name[source, one.name].add(day)
    alone = {name: next(iter(days)) for name, days in by_name.items() if len(days) == 1}
    return _FirstDays(by_id=by_id, by_name={name: day for name, day in alone.items() if day is not None})
