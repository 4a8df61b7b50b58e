"""The yardstick: the same requests, the same parser, the same rows, and nothing else."""

from __future__ import annotations

import itertools
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from benchmarks.trackers import Asked
from connectors.reading import json_of
from sync.store.packing import compressed, decompressed

TABLES = ("items", "changes", "raws")
PAGES = {
    "cloud": ("/issue/bulkfetch",),
    "data_center": ("/rest/api/2/search",),
    "azure_devops": ("/reporting/workitemrevisions",),
}
Rows = dict[str, list[tuple[Any, ...]]]


def copied(kind: str, *, host: str, asked: Sequence[Asked], source: str, target: str, packs: str) -> float:
    """Send, parse, compress, insert; return the processor time of these alone, in seconds.

    The rows are those that our sync has written to `source`, read and unpacked while the time does not count.
    `packs`: "plain", by `zlib.compress` as anyone would, or "ours", against the words that our store knows beforehand.
    """
    held = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    copy = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        copy.execute(f"PRAGMA {pragma}")
    schema = (  # without our watches: a bare script keeps no journeys
        "SELECT sql FROM sqlite_master WHERE tbl_name IN (?, ?, ?) AND type <> 'trigger' AND sql IS NOT NULL "
        "ORDER BY type DESC"
    )
    for (sql,) in held.execute(schema, TABLES):
        copy.execute(sql)
    insert = {name: _insert(held, name) for name in TABLES}
    pages = sum(1 for one in asked if _is_page(kind, one))
    prepared = _by_revision(held, pages) if kind == "azure_devops" else _by_item(held, pages)
    cpu = 0.0
    with requests.Session() as session:
        for one in asked:
            began = time.process_time()
            body = one.send(session, host)
            value = json_of(body)
            cpu += time.process_time() - began
            if _is_page(kind, one):
                rows = next(prepared)
                began = time.process_time()
                copy.execute("BEGIN IMMEDIATE")
                for name in TABLES:
                    copy.executemany(insert[name], _packed(rows[name], PACKS[packs]) if name == "raws" else rows[name])
                copy.execute("COMMIT")
                cpu += time.process_time() - began
            del value, body
    for name in TABLES:
        count = f"SELECT count(*) FROM {name}"
        assert copy.execute(count).fetchone() == held.execute(count).fetchone(), name
    return cpu


def chained(kind: str, *, host: str, asked: Sequence[Asked], lanes: int) -> None:
    """Send the requests and parse the answers, and nothing else, in their order.

    With more lanes than one, the bulk requests of Jira Cloud, which need nothing but ids, are shared among them: a
    block's issues and its change logs follow each other within a lane, as page follows page by its token.
    """
    bulk = [one for one in asked if one.path.endswith("/bulkfetch")] if kind == "cloud" and lanes > 1 else []
    with requests.Session() as session:
        for one in asked:
            if one not in bulk:
                json_of(one.send(session, host))
    blocks: list[list[Asked]] = []
    for one in bulk:
        if one.path.endswith("/issue/bulkfetch"):
            blocks.append([])
        blocks[-1].append(one)

    def lane(mine: Iterable[list[Asked]]) -> None:
        with requests.Session() as own:
            for one in itertools.chain.from_iterable(mine):
                json_of(one.send(own, host))

    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(lane, [blocks[place::lanes] for place in range(lanes)]))


def _is_page(kind: str, one: Asked) -> bool:
    return one.path.lower().endswith(PAGES[kind])


def _insert(held: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in held.execute(f"PRAGMA table_info({table})")]
    return f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _packed(raws: Iterable[tuple[Any, ...]], pack: Callable[[list[Any]], list[bytes]]) -> Iterator[tuple[Any, ...]]:
    rows = list(raws)
    return ((*row[:3], body, *row[4:]) for row, body in zip(rows, pack([row[3] for row in rows]), strict=True))


PACKS: dict[str, Callable[[list[Any]], list[bytes]]] = {
    "plain": lambda bodies: [zlib.compress(body) for body in bodies],
    "ours": compressed,
}


def _unpacked(raws: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(*row[:3], decompressed(row[3]), *row[4:]) for row in raws]


def _by_item(held: sqlite3.Connection, pages: int) -> Iterator[Rows]:
    """The rows of so many items a page that they end with the last one."""
    total = held.execute("SELECT count(*) FROM items").fetchone()[0]
    for page in range(pages):
        low, high = total * page // pages, total * (page + 1) // pages
        yield _rows(held, low, high - low, wanted=lambda _: True)


def _by_revision(held: sqlite3.Connection, pages: int) -> Iterator[Rows]:
    """A page tells two revisions of five hundred items; their rows and newest answers are written again each time."""
    at_once, turns = 500, 8
    for page in range(pages):
        block, turn = divmod(page, turns)
        yield _rows(held, block * at_once, at_once, wanted=_RevisionIn(range(2 * turn + 1, 2 * turn + 3)))


class _RevisionIn:
    """Is it of one of these revisions? The newest raw answer always is; what links told comes with the first."""

    def __init__(self, revisions: range) -> None:
        self._revisions = revisions

    def __call__(self, name: str) -> bool:
        number = name.removeprefix("revision:").partition(":")[0]
        if number.isdigit():
            return int(number) in self._revisions
        return number == "item" or 1 in self._revisions


def _rows(held: sqlite3.Connection, offset: int, many: int, *, wanted: Callable[[str], bool]) -> Rows:
    ids = "SELECT external_id FROM items ORDER BY external_id LIMIT ? OFFSET ?"
    told: Rows = {}
    for name, place in (("items", None), ("changes", 2), ("raws", 2)):
        found = held.execute(f"SELECT * FROM {name} WHERE external_id IN ({ids})", (many, offset)).fetchall()
        told[name] = found if place is None else [row for row in found if wanted(row[place])]
    told["raws"] = _unpacked(told["raws"])
    return told
