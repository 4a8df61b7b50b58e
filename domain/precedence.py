"""What must be finished before what, as the trackers' links say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from domain.work_item import HeldItem, ItemId, WorkItem


def predecessors(items: Iterable[HeldItem | WorkItem]) -> dict[ItemId, tuple[ItemId, ...]]:
    """The predecessors of each item that has some, in the order of their ids: a predecessor blocks its successor.

    A link is believed from whichever end it is told, and counts once. A predecessor that is not among the items bears
    the key that the link names, since we know nothing else of it. An item never precedes itself.
    """
    plain = [one.item if isinstance(one, HeldItem) else one for one in items]
    known = {one.id for one in plain}
    by_key = {(one.source, key): one.id for one in plain for key in (*one.previous_keys, one.key)}
    found: dict[ItemId, set[ItemId]] = defaultdict(set)
    for one in plain:
        for link in one.links:
            other = _end(one.source, link.to_id, link.to_key, known=known, by_key=by_key)
            if link.kind == "blocked_by" and other != one.id:
                found[one.id].add(other)
            elif link.kind == "blocks" and other != one.id:
                found[other].add(one.id)
    return {item: tuple(sorted(before)) for item, before in sorted(found.items())}


def _end(
    source: str, to_id: str, to_key: str, *, known: set[ItemId], by_key: Mapping[tuple[str, str], ItemId]
) -> ItemId:
    """The item at the other end of a link."""
    other = ItemId(source, to_id)
    return other if other in known else by_key.get((source, to_key), ItemId(source, to_key))
