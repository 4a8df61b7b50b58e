"""What an audience sees of facts that name more than it may see: items, changes, what a source vouches for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from domain.audiences import Sight
from domain.change import Change
from domain.funding import ClosedSpend
from domain.promises import Foretold, Given
from domain.trust import ScopeProof, SourceTrust
from domain.work_item import HeldItem, HistoryState, ItemId

_NAMES = re.compile(r"[;,\s]+")


def item_seen(held: HeldItem, sight: Sight, *, naming: Collection[str] = ()) -> HeldItem:
    """An item that is seen, without its parent, links and names of others that are not.

    `naming` are the fields that hold keys of other items. A link to an item that nobody holds is not told, either:
    nobody can say to which scope its other end belongs.
    """
    item = held.item
    parent = item.parent_id
    if parent is not None and ItemId(item.source, parent) in sight.hidden:
        parent = None
    links = tuple(one for one in item.links if _is_seen(one.to_id or one.to_key, item.source, sight))
    fields = {name: _field(name, text, sight, naming=naming) for name, text in item.fields.items()}
    if (parent, links, fields) == (item.parent_id, item.links, item.fields):
        return held
    return replace(held, item=replace(item, parent_id=parent, links=links, fields=fields))


def changes_seen(changes: Iterable[Change], sight: Sight) -> tuple[Change, ...]:
    """Changes of an item that is seen, without those that name another or a project that is not."""
    return tuple(one for one in changes if not _names_hidden(one, sight))


def trust_seen(trust: Iterable[SourceTrust], sight: Sight, held: Iterable[HeldItem]) -> tuple[SourceTrust, ...]:
    """What sources vouch for of what is seen. A source of which nothing is seen is not named, nor is such a project.

    Of one that is seen in part, items are counted anew. What its sentences name, and what was set aside or was never
    found, belongs to no scope that we know: the sentences stay out, the label that it was read in part stays.
    """
    by_source: dict[str, list[HeldItem]] = {}
    for one in held:
        if one.item.id not in sight.hidden:
            by_source.setdefault(one.item.source, []).append(one)
    return tuple(
        _source_seen(one, sight, by_source.get(one.source, ())) if _is_mixed(one, sight) else one
        for one in trust
        if one.source not in sight.sources
    )


def given_seen(given: Iterable[Given], sight: Sight) -> list[Given]:
    """Promises of items that are seen."""
    return [one for one in given if one.promise.item not in sight.hidden]


def foretold_seen(former: Foretold | None, sight: Sight) -> Foretold | None:
    """What an edition foretold; None where it foretold anything of what is hidden, as before it was restricted."""
    if former is None:
        return None
    names = {f"{one.source}/{one.external_id}" for one in sight.hidden}
    if any(one.item in sight.hidden for one in former.promises) or not names.isdisjoint(_texts(former.plan)):
        return None
    return former


def closed_seen(closed: Iterable[ClosedSpend], sight: Sight) -> list[ClosedSpend]:
    """The closed money of value streams that are seen whole, as long as no line or adjustment names what is hidden."""
    kept = []
    for one in closed:
        cells = [line.cell for line in one.lines] + [cell for each in one.adjustments for cell in each.moved]
        keys = [key for each in one.adjustments for named in each.items.values() for key in named]
        if (
            one.value_stream not in sight.value_streams | sight.broken
            and not any(line.item in sight.hidden for line in one.lines if line.item is not None)
            and not any(cell.theme in sight.themes for cell in cells)
            and not any(sight.names_hidden(key) for key in keys)
        ):
            kept.append(one)
    return kept


def _is_seen(name: str, source: str, sight: Sight) -> bool:
    """Is the item of this id or key in a source one that is seen?"""
    return sight.sees(ItemId(source, name)) or sight.shows(f"{source}/{name}")


def _field(name: str, text: str, sight: Sight, *, naming: Collection[str]) -> str:
    if name in naming:
        return "; ".join(key for key in _NAMES.split(text) if key and sight.shows(key))
    parts = text.split(";")
    if not any(sight.names_hidden(part) for part in parts):
        return text
    return ";".join(part for part in parts if not sight.names_hidden(part))


def _names_hidden(change: Change, sight: Sight) -> bool:
    told = [one for one in (change.from_id, change.to_id, change.from_value, change.to_value) if one]
    if change.field == "links":
        return any(not _is_seen(one, change.source, sight) for one in (change.from_id, change.to_id) if one)
    if change.field in ("project", "area", "key"):
        return any((change.source, one) in sight.projects or sight.names_hidden(one) for one in told)
    return any(
        ItemId(change.source, one) in sight.hidden for one in (change.from_id, change.to_id) if one
    ) or any(sight.names_hidden(one) for one in told)  # fmt: skip


def _is_mixed(source: SourceTrust, sight: Sight) -> bool:
    """Does it hold, or might it name, what is hidden? A project may be restricted before it has an item."""
    names = {name.casefold() for scope in source.scopes for name in (scope.key, scope.scope_id)}
    is_barred = not sight.barred_projects.isdisjoint(names)
    return source.source in sight.mixed or bool(sight.audience.scopes) or is_barred


def _source_seen(source: SourceTrust, sight: Sight, held: Sequence[HeldItem]) -> SourceTrust:
    live = [one for one in held if one.removed_at is None]
    hidden = {project for name, project in sight.projects if name == source.source}
    seen = {one.item.project_id for one in held}
    declared = None if source.declared is None else max(0, len(live) + source.declared - source.held)
    return replace(
        source,
        problems=(),
        held=len(live),
        declared=declared,
        suspects=sum(one.missing_since is not None for one in live),
        history_gaps=sum(one.history is HistoryState.GAP for one in live),
        without_history=sum(one.history is HistoryState.NONE for one in live),
        removed=dict(sorted(Counter(one.removed_reason for one in held if one.removed_reason is not None).items())),
        scopes=tuple(_scope_seen(one, held) for one in source.scopes if one.scope_id in seen),
        suspended=tuple(
            replace(
                one,
                why="",
                missing=sum(one.is_unread or each.missing_since is not None for each in _of(one.scope_id, live)),
            )
            for one in source.suspended
            if one.scope_id in seen and one.key not in hidden
        ),
    )


def _scope_seen(scope: ScopeProof, held: Sequence[HeldItem]) -> ScopeProof:
    ours = _of(scope.scope_id, held)
    live = [one for one in ours if one.removed_at is None]
    outside = sum(one.removed_reason == "out_of_scope" for one in ours)
    known = Counter(one.history for one in live)
    declared = None if scope.declared is None else max(0, len(live) + scope.declared - scope.held)
    return replace(
        scope,
        declared=declared,
        held=len(live),
        missing=sum(one.missing_since is not None for one in live),
        removed=len(ours) - len(live) - outside,
        out_of_scope=outside,
        complete=known[HistoryState.COMPLETE],
        bare=known[HistoryState.NONE],
        gaps=known[HistoryState.GAP],
    )


def _of(project_id: str, held: Iterable[HeldItem]) -> list[HeldItem]:
    return [one for one in held if one.item.project_id == project_id]


def _texts(said: Any) -> set[str]:
    """Every text in plain values."""
    if isinstance(said, str):
        return {said}
    if isinstance(said, Mapping):
        return {text for pair in said.items() for each in pair for text in _texts(each)}
    if isinstance(said, (list, tuple)):
        return {text for each in said for text in _texts(each)}
    return set()
