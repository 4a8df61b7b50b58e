"""Bugs that a harness has to catch, planted into the process that is killed. One that goes uncaught fails the harness.

Each breaks one rule: rows, queue and cursor in one transaction, and no error of the database taken for a success.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

import sync.engine
from sync.store import Store, StoreTroubleError, bookkeeping, writing

Later = Callable[[Connection], Any]


@dataclass
class Happened:
    """How often the planted bug was at work: one that never was proves nothing."""

    count: int = 0


@contextlib.contextmanager
def at_work(name: str | None) -> Iterator[Happened]:
    """Plant a bug for the rest of this process; None plants nothing."""
    happened = Happened()
    if name is not None:
        BUGS[name](happened)
    yield happened


def put(owner: Any, **new: Any) -> None:
    """Put other attributes into a module or class, for the rest of this process."""
    for name, value in new.items():
        setattr(owner, name, value)


def _cursor_first(happened: Happened) -> None:
    """The cursor is committed first, the rows that it vouches for afterwards."""
    kept = writing.save_batch
    saved = writing.Saved(items=0, changes=0, unreadable=0, cleaned=0, returned=0)

    def save_batch(_: Connection, batch: Any, **told: Any) -> writing.Saved:
        happened.count += 1
        later.append(lambda connection: kept(connection, batch, **told))
        return saved

    later = _in_a_second_transaction()
    put(sync.engine, save_batch=save_batch)


def _queue_apart(happened: Happened) -> None:
    """The blocks still to be fetched are committed after the cursor that counts on them."""
    kept = writing._save_queue

    def save_queue(_: Connection, batch: Any, **told: Any) -> None:
        happened.count += 1
        later.append(lambda connection: kept(connection, batch, **told))

    later = _in_a_second_transaction()
    put(writing, _save_queue=save_queue)


def _cursor_apart(happened: Happened) -> None:
    """The cursor is committed after its rows: nothing is lost, but what is left is no whole batch."""
    kept = bookkeeping.update_source

    def update_source(connection: Connection, source: str, values: Any) -> None:
        if "cursor" in values:
            happened.count += 1
            later.append(lambda second: kept(second, source, values))
        else:
            kept(connection, source, values)

    later = _in_a_second_transaction()
    put(sync.engine, update_source=update_source)


def _trouble_swallowed(happened: Happened) -> None:
    """A transaction that the database refused is passed over, and the run goes on."""
    kept = Store.write

    def write(store: Store, work: Callable[[Connection], Any]) -> Any:
        try:
            return kept(store, work)
        except StoreTroubleError:
            happened.count += 1
            return work_without_a_store(work)

    put(Store, write=write)


def work_without_a_store(_: Callable[[Connection], Any]) -> int:
    """What a swallowed transaction returns: nothing was done, and nobody is told."""
    return 0


def _in_a_second_transaction() -> list[Later]:
    """What is put into this list during a transaction is done in another one right after it."""
    kept = Store.write
    later: list[Later] = []

    def write(store: Store, work: Callable[[Connection], Any]) -> Any:
        result = kept(store, work)
        while later:
            kept(store, later.pop(0))
        return result

    put(Store, write=write)
    return later


BUGS: dict[str, Callable[[Happened], None]] = {
    "cursor before its rows": _cursor_first,
    "cursor after its rows": _cursor_apart,
    "queue in another transaction": _queue_apart,
    "trouble swallowed": _trouble_swallowed,
}
