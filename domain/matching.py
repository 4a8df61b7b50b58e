"""Does an item show what a matcher asks for?"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from domain.strategy import Matcher
from domain.tree import Tree
from domain.work_item import ItemId, WorkItem

Clue = tuple[str, str]  # part of a matcher, and the text it asks for, folded
_SHOWN_BY = {  # what of an item answers each part
    "source": ("source",),
    "project": ("project", "project_id"),
    "type": ("type",),
    "team": ("team",),
    "label": ("labels",),
    "component": ("components",),
    "area": ("area",),
}


class Matchers:
    """Matchers in order, ready to be asked about every item of a tree.

    Finds those that hold without trying each one: a million items times fifty rules would take minutes. Items that
    show the same of what the matchers ask about are asked once.
    """

    def __init__(self, matchers: Sequence[Matcher], *, tree: Tree) -> None:
        self._tree = tree
        self._clues = [_clues(matcher) for matcher in matchers]
        self._by_clue: dict[Clue, list[int]] = defaultdict(list)
        self._always = [number for number, clues in enumerate(self._clues) if not clues]
        for number, clues in enumerate(self._clues):
            if clues:
                self._by_clue[clues[0]].append(number)
        self._fields = {part for clues in self._clues for part, _ in clues if part.startswith("field ")}
        asked = {name for clues in self._clues for part, _ in clues for name in _SHOWN_BY.get(part, ())}
        self._of = operator.attrgetter("source", "source", *sorted(asked))
        self._known: dict[tuple[object, ...], list[int]] = {}
        self._beneath = self._beneath_of({text for clues in self._clues for part, text in clues if part == "under"})

    def holding(self, item: WorkItem) -> list[int]:
        """Which matchers hold, by number, in order. `under` holds for everything below the named item."""
        return self._holding(item, self._beneath.get(item.id, frozenset()))

    def shown_by(self, item: WorkItem) -> list[int]:
        """Which matchers hold by what the item itself shows.

        A matcher that asks for nothing but `under` (and a source) is shown by the named item alone: what is below
        inherits it, and may have something nearer of its own.
        """
        own = _keys(item)
        return [number for number in self.holding(item) if not self._is_place(number) or self._names(number, own)]

    def _is_place(self, number: int) -> bool:
        parts = {part for part, _ in self._clues[number]}
        return "under" in parts and parts <= {"under", "source"}

    def _names(self, number: int, keys: frozenset[str]) -> bool:
        return any(part == "under" and text in keys for part, text in self._clues[number])

    def _holding(self, item: WorkItem, beneath: frozenset[str]) -> list[int]:
        said = tuple(item.fields.items()) if self._fields else ()
        alike = (self._of(item), beneath, said)
        found = self._known.get(alike)
        if found is None:
            found = self._known[alike] = self._found(item, beneath)
        return [*found]

    def _found(self, item: WorkItem, beneath: frozenset[str]) -> list[int]:
        shown = set(_shown(item, self._fields))
        shown.update(("under", key) for key in beneath)
        near = [number for clue in shown for number in self._by_clue.get(clue, ())]
        return sorted({*self._always, *(number for number in near if shown.issuperset(self._clues[number]))})

    def _beneath_of(self, wanted: set[str]) -> dict[ItemId, frozenset[str]]:
        """The keys, of those that some matcher names, that an item or anything above it has or had."""
        beneath: dict[ItemId, frozenset[str]] = {}
        if not wanted:
            return beneath
        for item_id, item in self._tree.items.items():
            parent = self._tree.parents.get(item_id)
            above = beneath.get(parent, frozenset()) if parent is not None else frozenset()
            own = _keys(item) & wanted
            if own or above:
                beneath[item_id] = above | own
        return beneath


def field_names(matchers: Sequence[Matcher]) -> tuple[str, ...]:
    """The tracker's fields that matchers ask about, each once, in order."""
    return tuple(dict.fromkeys(matcher.field for matcher in matchers if matcher.field is not None))


def _clues(matcher: Matcher) -> tuple[Clue, ...]:
    """What must be shown, the part that fewest items show first."""
    clues = []
    for part in ("under", "label", "component", "area", "team", "project", "type", "source"):
        if (text := getattr(matcher, part)) is not None:
            clues.append((part, _area(text) if part == "area" else text.casefold()))
    if matcher.field is not None:
        clues.insert(0, (f"field {matcher.field.casefold()}", (matcher.value or "").casefold()))
    return tuple(clues)


def _shown(item: WorkItem, fields: set[str]) -> Iterator[Clue]:
    yield "source", item.source.casefold()
    yield "project", item.project.casefold()
    yield "project", item.project_id.casefold()
    yield "type", item.type.casefold()
    if item.team is not None:
        yield "team", item.team.casefold()
    for label in item.labels:
        yield "label", label.casefold()
    for component in item.components:
        yield "component", component.casefold()
    if item.area is not None:
        parts = _area(item.area).split("\\")
        for count in range(1, len(parts) + 1):
            yield "area", "\\".join(parts[:count])
    if fields:
        yield from _shown_fields(item.fields, fields)


def _shown_fields(said: Mapping[str, str], wanted: set[str]) -> Iterator[Clue]:
    """A field of several values, joined by "; ", shows each of them, and the whole."""
    for name, text in said.items():
        part = f"field {name.casefold()}"
        if part in wanted:
            yield part, text.strip().casefold()
            for each in text.split(";"):
                yield part, each.strip().casefold()


def _area(path: str) -> str:
    return path.replace("/", "\\").strip("\\").casefold()


def _keys(item: WorkItem) -> frozenset[str]:
    return frozenset(key.casefold() for key in (item.key, *item.previous_keys))
