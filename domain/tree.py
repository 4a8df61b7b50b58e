"""The tree of items: who is below whom, with the knots that trackers sometimes tie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.work_item import HeldItem, ItemId, WorkItem


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Items by id, parents before children, and each one's parent.

    An item that is its own parent, or one of a ring of parents, is taken to have none; `knots` says so in words.
    A parent that is not among the items is no parent, too.
    """

    items: Mapping[ItemId, WorkItem]  # in an order in which parents come first
    parents: Mapping[ItemId, ItemId]
    knots: Mapping[ItemId, str]

    def above(self, item: ItemId) -> Iterator[ItemId]:
        """The item's parent, grandparent, and so on to the top."""
        while (parent := self.parents.get(item)) is not None:
            yield parent
            item = parent


def tree(items: Iterable[HeldItem | WorkItem], *, parents: Mapping[ItemId, ItemId | None] | None = None) -> Tree:
    """Grow the tree of items, the same in whichever order they come.

    `parents` overrides what the items say of their parents: where finished work is asked for, its parent at finish.
    """
    plain = [item.item if isinstance(item, HeldItem) else item for item in items]
    by_id = {item.id: item for item in plain}
    said = {item.id: _parent(item, parents or {}) for item in plain}
    up = {child: parent for child, parent in said.items() if parent is not None and parent in by_id}
    knots = _cut_rings(up, by_id)
    return Tree(items={each: by_id[each] for each in _parents_first(by_id, up)}, parents=up, knots=knots)


def _parent(item: WorkItem, overrides: Mapping[ItemId, ItemId | None]) -> ItemId | None:
    if item.id in overrides:
        return overrides[item.id]
    return None if item.parent_id is None else ItemId(item.source, item.parent_id)


def _cut_rings(up: dict[ItemId, ItemId], items: Mapping[ItemId, WorkItem]) -> dict[ItemId, str]:
    """Take the parents of every ring's members away; say who the members were."""
    knots: dict[ItemId, str] = {}
    looked: set[ItemId] = set()
    for start in list(up):
        walk: dict[ItemId, int] = {}
        here: ItemId | None = start
        while here is not None and here not in looked and here not in walk:
            walk[here] = len(walk)
            here = up.get(here)
        looked.update(walk)
        if here is not None and here in walk:
            ring = list(walk)[walk[here] :]
            words = _ring_words(ring, items)
            for member in ring:
                knots[member] = words
    for member in knots:
        del up[member]
    return knots


def _ring_words(ring: list[ItemId], items: Mapping[ItemId, WorkItem]) -> str:
    if len(ring) == 1:
        return f"{items[ring[0]].key} is its own parent"
    first = ring.index(min(ring))
    keys = [items[member].key for member in (*ring[first:], *ring[: first + 1])]
    return f"a ring of parents: {' > '.join(keys)}"


def _parents_first(items: Mapping[ItemId, WorkItem], up: Mapping[ItemId, ItemId]) -> Iterator[ItemId]:
    told: set[ItemId] = set()
    for item in items:
        waiting = []
        here: ItemId | None = item
        while here is not None and here not in told:
            waiting.append(here)
            told.add(here)
            here = up.get(here)
        yield from reversed(waiting)
