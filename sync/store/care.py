"""The store's own care: is what it holds still what was written, and a copy while it is in use.

A database finds damaged pages by itself; it cannot find a text that changed inside a page. For that every item carries
a digest of what its tracker told, and every raw answer the checksum of its compression. Changes carry none: a full sync
(`vmo sync --full`) holds them against the raw answers they were read from.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from sync.store.closings import is_as_kept
from sync.store.faults import StoreError
from sync.store.opening import back_up
from sync.store.packing import UnpackableError, decompressed, unpack
from sync.store.store import Store
from sync.store.tables import CLOSED_SPEND, FORECAST_PLANS, ITEM_LINKS, ITEMS, RAWS

MOST_NAMED = 5
AT_ONCE = 5_000  # rows
# What we know of an item beside what its tracker told; no part of the digest.
_OURS = frozenset({
    "digest", "history", "first_known_at", "known_at", "missing_since", "strikes", "struck_at", "struck_by", "asked",
    "removed_at", "removed_reason",
})  # fmt: skip
_TOLD = tuple(name for name in ITEMS.c.keys() if name not in _OURS)  # noqa: SIM118 - not a dict
_MEND = "restore a backup, or run `vmo sync --full`, which reads everything again and says what it mended"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of a check. `words` say what was looked at, or what is wrong and what to do."""

    subject: str
    good: bool
    words: str


def check(store: Store) -> list[Finding]:
    """Look at pages, items, raw answers and kept plans: seconds for each million rows, while others read and write."""
    with store.snapshot() as snapshot, snapshot._reading() as connection:
        return [
            *_pages(connection),
            _items(connection),
            _raws(connection),
            _forecasts(connection),
            _closings(connection),
        ]


def copy(store: Store, target: Path) -> None:
    """Copy an SQLite store into a file, whole as of one moment, and check the copy. Raises StoreError."""
    engine = store._engine
    if engine.dialect.name != "sqlite":
        raise StoreError(f"store {store.place}: PostgreSQL makes its own copies; use pg_dump --format=custom")
    if target.exists():
        raise StoreError(f"{target}: there is a file already; name another one, an old copy is not written over")
    back_up(engine, target, place=store.place)


def reads_as_written(row: Mapping[str, Any], *, parents: frozenset[str]) -> bool:
    """Does an item's row still have the content that its digest names?

    Three columns may differ from what the tracker told of the item itself: former keys that we have seen, the key of an
    item that left our scope, and a parent that a stream of links tells (`parents`: all that one ever told).
    """
    if not row["digest"]:
        return True  # it is to be written anew
    told = {name: row[name] for name in _TOLD}
    former = json.loads(row["previous_keys"])
    keys = [row["key"], *former] if row["removed_reason"] == "out_of_scope" else [row["key"]]
    for key, previous, parent in itertools.product(keys, _parts_of(former), {row["parent_id"], None, *parents}):
        if parent is None and row["parent_id"] is not None and not parents:
            continue
        told |= {"key": key, "previous_keys": previous, "parent_id": parent}
        if hashlib.blake2b(repr(sorted(told.items())).encode(), digest_size=16).hexdigest() == row["digest"]:
            return True
    return False


def _pages(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name != "sqlite":
        yield Finding(subject="pages", good=True, words="PostgreSQL looks after them (initdb --data-checksums)")
        return
    told = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST_NAMED})")]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if told == ["ok"] and not orphans:
        yield Finding(subject="pages", good=True, words="every page, index and reference is sound")
        return
    words = "; ".join([*(one for one in told if one != "ok"), *(f"{row[0]} without its {row[2]}" for row in orphans)])
    yield Finding(subject="pages", good=False, words=f"{words}; restore a backup, and keep the damaged file")


def _items(connection: Connection) -> Finding:
    streamed: dict[tuple[str, str], set[str]] = defaultdict(set)
    links = select(ITEM_LINKS.c.source, ITEM_LINKS.c.to_id, ITEM_LINKS.c.from_id).where(ITEM_LINKS.c.kind == "child")
    for source, child, parent in _rows(connection, links):
        streamed[source, child].add(parent)
    count, other = 0, []
    for row in _rows(connection, select(ITEMS)):
        count += 1
        told = row._mapping
        parents = frozenset(streamed.get((told["source"], told["external_id"]), ()))
        if not reads_as_written(told, parents=parents):
            other.append(f"{told['key']} ({told['source']})")
    return _finding("items", count, other, wrong="do not read as they were written")


def _raws(connection: Connection) -> Finding:
    count, other = 0, []
    for row in _rows(connection, select(RAWS.c.source, RAWS.c.external_id, RAWS.c.kind, RAWS.c.body)):
        count += 1
        try:
            decompressed(row.body)
        except UnpackableError:
            other.append(f"{row.kind} of {row.external_id} ({row.source})")
    return _finding("raw answers", count, other, wrong="cannot be unpacked any more")


def _forecasts(connection: Connection) -> Finding:
    """Kept plans bear a digest of their content: an edition's forecasts can be told again for as long as it holds."""
    count, other = 0, []
    for row in _rows(connection, select(FORECAST_PLANS).order_by(FORECAST_PLANS.c.edition_id)):
        count += 1
        try:
            told = json.dumps(unpack(row.body), sort_keys=True)
        except (UnpackableError, ValueError):
            told = ""
        if hashlib.sha256(told.encode()).hexdigest() != row.digest:
            other.append(row.edition_id)
    mend = "restore a backup: what was foretold cannot be read again"
    return _finding("forecasts", count, other, wrong="do not read as they were kept", mend=mend)


def _closings(connection: Connection) -> Finding:
    """Closed periods bear a digest of all they say: one that was written anew is no longer the figure that was told."""
    count, other = 0, []
    for row in _rows(connection, select(CLOSED_SPEND).order_by(CLOSED_SPEND.c.value_stream, CLOSED_SPEND.c.name)):
        count += 1
        if not is_as_kept(row._mapping):
            other.append(f"{row.name} of {row.value_stream}")
    return _finding("closed periods", count, other, wrong="are not those that were kept", mend="restore a backup")


def _finding(subject: str, count: int, other: list[str], *, wrong: str, mend: str = _MEND) -> Finding:
    if not other:
        return Finding(subject=subject, good=True, words=f"{count:,} read as they were written")
    more = f" and {len(other) - MOST_NAMED:,} more" if len(other) > MOST_NAMED else ""
    named = ", ".join(other[:MOST_NAMED])
    return Finding(subject=subject, good=False, words=f"{len(other):,} of {count:,} {wrong}: {named}{more}; {mend}")


def _rows(connection: Connection, query: Any) -> Iterator[Any]:
    yield from connection.execution_options(yield_per=AT_ONCE).execute(query)


def _parts_of(former: list[str]) -> list[str]:
    """Which former keys the tracker itself may have told, as they are written: all, none, or some."""
    few = former[:6]
    told = [list(part) for size in range(len(few), -1, -1) for part in itertools.combinations(few, size)]
    return [
        json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in ([former, *told] if former else [[]])
    ]
