"""What must be finished before what: as the trackers' links say, a field, or a list of people's own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.work_item import HeldItem, ItemId, Link, WorkItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDependency:
    """One line of a list: `before` must be finished before `after`, by their keys. `needed_on` None: nobody said."""

    file: str
    line: int
    before: str
    after: str
    needed_on: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PrecedenceRules:
    """What counts as a dependency: types of links (empty: every link that blocks), fields that name keys, and a list.

    `links` are folded as `link_type` folds them. A field names what its item waits for.
    """

    links: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    listed: tuple[ListedDependency, ...] = ()


class Wait(NamedTuple):
    """An item waits for another. `needed_on` and `note` are those of a list; `said_by`: link, field or list."""

    before: ItemId
    after: ItemId
    said_by: str = "link"
    needed_on: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Unresolved:
    """A dependency that names something we do not hold, or hold twice. It is set aside, and the others go on.

    `where` is the file and its line, or the item and its field; `reason` is `not_held`, `ambiguous` or `itself`.
    """

    where: str
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Precedence:
    """All that waits, each pair once, in the order of the ids; and what could not be read."""

    waits: tuple[Wait, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()

    def predecessors(self) -> dict[ItemId, tuple[ItemId, ...]]:
        """The predecessors of each item that has some, in the order of their ids."""
        found: dict[ItemId, set[ItemId]] = defaultdict(set)
        for wait in self.waits:
            found[wait.after].add(wait.before)
        return {item: tuple(sorted(before)) for item, before in sorted(found.items())}


ANY_LINK = PrecedenceRules()


def precedence(items: Iterable[HeldItem | WorkItem], rules: PrecedenceRules = ANY_LINK) -> Precedence:
    """What waits for what: a predecessor blocks its successor.

    A link is believed from whichever end it is told, and counts once. A predecessor that is not among the items bears
    the key that the link names, since we know nothing else of it. An item never precedes itself.

    Links never leave their tracker. A field and a list may: a key is looked for among all sources, the item's own
    first for a field; one that several sources hold must name its source, as in jira/CLM-4.
    """
    plain = [one.item if isinstance(one, HeldItem) else one for one in items]
    keys = _Keys(plain)
    waits: dict[tuple[ItemId, ItemId], Wait] = {}
    for before, after in _linked(plain, keys, rules):
        waits.setdefault((before, after), Wait(before, after))
    unresolved: list[Unresolved] = []
    for told, where in (*_in_fields(plain, rules), *_in_list(rules)):
        first, then = keys.found(told.before, near=told.near), keys.found(told.after, near=told.near)
        if isinstance(first, str):
            unresolved.append(Unresolved(where=where, name=told.before, reason=first))
        if isinstance(then, str):
            unresolved.append(Unresolved(where=where, name=told.after, reason=then))
        if isinstance(first, str) or isinstance(then, str):
            continue
        if first == then:
            unresolved.append(Unresolved(where=where, name=told.before, reason="itself"))
            continue
        former = waits.get((first, then), Wait(first, then, told.said_by))
        waits[first, then] = former._replace(
            needed_on=told.needed_on or former.needed_on, note=told.note or former.note
        )
    return Precedence(waits=tuple(sorted(waits.values(), key=lambda one: (one.after, one.before))),
                      unresolved=tuple(unresolved))  # fmt: skip


def predecessors(
    items: Iterable[HeldItem | WorkItem], rules: PrecedenceRules = ANY_LINK
) -> dict[ItemId, tuple[ItemId, ...]]:
    """The predecessors of each item that has some, in the order of their ids."""
    return precedence(items, rules).predecessors()


def link_type(name: str) -> str:
    """A type of link as it is compared: System.LinkTypes.Dependency-Forward and dependency are one."""
    folded = name.strip().casefold().removeprefix("system.linktypes.")
    return re.sub(r"-(forward|reverse)$", "", folded)


class _Told(NamedTuple):
    before: str
    after: str
    said_by: str
    near: str | None = None  # the source to look in first
    needed_on: date | None = None
    note: str = ""


class _Keys:
    """Items by key and by a key they once bore; a key of today goes before one of old."""

    def __init__(self, items: Sequence[WorkItem]) -> None:
        self.ids = {one.id for one in items}
        self.of_source: dict[tuple[str, str], ItemId] = {}
        for one in items:
            for key in one.previous_keys:
                self.of_source.setdefault((one.source, key.casefold()), one.id)
        for one in items:
            self.of_source[one.source, one.key.casefold()] = one.id
        self.sources = sorted({one.source for one in items})

    def found(self, name: str, *, near: str | None = None) -> ItemId | str:
        """The item of a key, or why there is none."""
        source, _, key = name.partition("/")
        if key and source in self.sources:
            return self.of_source.get((source, key.strip().casefold()), "not_held")
        key = name.strip().casefold()
        if near is not None and (near, key) in self.of_source:
            return self.of_source[near, key]
        held = [self.of_source[one, key] for one in self.sources if (one, key) in self.of_source]
        return held[0] if len(held) == 1 else "ambiguous" if held else "not_held"


def _linked(
    items: Sequence[WorkItem], keys: _Keys, rules: PrecedenceRules
) -> Iterable[tuple[ItemId, ItemId]]:  # before, after
    for one in items:
        for link in one.links:
            kind = _kind(link, rules)
            other = _end(one.source, link, keys) if kind is not None else one.id
            if other != one.id:
                yield (other, one.id) if kind == "blocked_by" else (one.id, other)


def _kind(link: Link, rules: PrecedenceRules) -> str | None:
    """`blocks`, `blocked_by` or None: no dependency. A type that is listed leads from the one that goes first."""
    is_blocking = link.kind in ("blocks", "blocked_by")
    if rules.links and link.type and link_type(link.type) not in rules.links:
        return None
    if is_blocking:
        return link.kind
    if not rules.links or not link.type:
        return None
    return "blocks" if link.is_outward else "blocked_by"


def _end(source: str, link: Link, keys: _Keys) -> ItemId:
    """The item at the other end of a link."""
    other = ItemId(source, link.to_id)
    if other in keys.ids:
        return other
    return keys.of_source.get((source, link.to_key.casefold()), ItemId(source, link.to_key))


def _in_fields(items: Sequence[WorkItem], rules: PrecedenceRules) -> Iterable[tuple[_Told, str]]:
    for one in items if rules.fields else ():
        for name in rules.fields:
            for key in re.split(r"[;,\s]+", one.fields.get(name, "")):
                if key:
                    yield _Told(key, f"{one.source}/{one.key}", "field", near=one.source), f"{one.key}, {name}"


def _in_list(rules: PrecedenceRules) -> Iterable[tuple[_Told, str]]:
    for row in rules.listed:
        yield (
            _Told(row.before, row.after, "list", needed_on=row.needed_on, note=row.note),
            f"{row.file}, line {row.line}",
        )
