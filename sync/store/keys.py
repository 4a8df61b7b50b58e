"""The keys of all items, in the order of their changes: so that changes can be named without holding the items."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select

from domain.change import Change
from domain.work_item import ItemId
from sync.store.reading import Reading, _stream
from sync.store.tables import ITEMS


def named_changes(reading: Reading, *, sources: Collection[str]) -> Iterator[tuple[Change, str]]:
    """Every change of the items of some sources, each with the key its item bears today; one item in memory at a time.

    What a census found to be gone, or back, is a change of `removed`, as of a recycle bin that its tracker tells.
    Both tables are read side by side in the order of source and id, in which both databases agree with Python.
    """
    keys = _keys(reading)
    item_id, key = next(keys, _END)
    for change in heapq.merge(reading.changes(), _removals(reading, sources=sources), key=_place):
        if change.source not in sources:
            continue
        wanted = change.item_id
        while item_id is not None and item_id < wanted:
            item_id, key = next(keys, _END)
        if item_id == wanted:
            yield change, key


def _place(change: Change) -> tuple[str, str, datetime, int]:
    return change.source, change.external_id, change.occurred_at, change.sequence


def _removals(reading: Reading, *, sources: Collection[str]) -> list[Change]:
    """Removals and returns, less those of a recycle bin, which the trackers tell themselves."""
    found = []
    for source in sources:
        for one in reading.removals(source):
            moves: list[tuple[datetime, str | None, str | None]]
            moves = [] if one.reason == "recycled" else [(one.removed_at, None, one.reason)]
            moves += [(one.returned_at, one.reason, None)] if moves and one.returned_at is not None else []
            found += [
                Change(
                    source=source, external_id=one.external_id, change_id=f"removed:{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                    sequence=0, field="removed", occurred_at=at, from_value=before, to_value=after, known_at=at,
                )
                for at, before, after in moves
            ]  # fmt: skip
    return sorted(found, key=_place)


_END: tuple[ItemId | None, str] = (None, "")


def _keys(reading: Reading) -> Iterator[tuple[ItemId | None, str]]:
    told = ITEMS.c
    query = select(told.source, told.external_id, told.key).order_by(told.source, told.external_id)
    with reading._reading() as connection:
        for row in _stream(connection, query):
            yield ItemId(row["source"], row["external_id"]), row["key"]
