"""The keys of all items, in the order of their changes: so that changes can be named without holding the items."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select

from domain.change import Change
from domain.work_item import ItemId
from sync.store.reading import Reading, _stream
from sync.store.tables import ITEMS


def named_changes(reading: Reading, *, sources: Collection[str]) -> Iterator[tuple[Change, str]]:
    """Every change of the items of some sources, each with the key its item bears today; one item in memory at a time.

    Both tables are read side by side in the order of source and id, in which both databases agree with Python.
    """
    keys = _keys(reading)
    item_id, key = next(keys, _END)
    for change in reading.changes():
        if change.source not in sources:
            continue
        wanted = change.item_id
        while item_id is not None and item_id < wanted:
            item_id, key = next(keys, _END)
        if item_id == wanted:
            yield change, key


_END: tuple[ItemId | None, str] = (None, "")


def _keys(reading: Reading) -> Iterator[tuple[ItemId | None, str]]:
    told = ITEMS.c
    query = select(told.source, told.external_id, told.key).order_by(told.source, told.external_id)
    with reading._reading() as connection:
        for row in _stream(connection, query):
            yield ItemId(row["source"], row["external_id"]), row["key"]
