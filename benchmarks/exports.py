"""How much memory does `vmo export changes` need? It streams, so the size of the store must not matter.

    python -m benchmarks.exports                          # 200,000 items, 2,000,000 changes
    python -m benchmarks.exports --items 20000

Each format is written by the program in a process of its own; its peak memory is what the system says of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from domain.work_item import StatusCategory, WorkItem
from sync.store import open_store
from sync.store.instants import micros
from sync.store.rows import Cleaner, item_row
from sync.store.tables import CHANGES, ITEMS

LIMIT_MB = 300
MOVES = 10  # changes of an item
BEGAN = datetime(2024, 1, 1, 9, tzinfo=UTC)
STATES = ("To Do", "In Progress", "Review", "In Progress", "Done")
PAGE = 10_000
SETTINGS = """\
portfolio: {name: Large, timezone: Europe/Paris, currency: EUR, locales: [en]}
sources:
  shop:
    kind: jira
    url: https://jira.example
    token: env:NONE
    scope: project in (SHOP)
    levels: {epic: [Initiative], feature: [Epic], story: [Story]}
"""


def main() -> int:
    """Print time and peak memory by format; 1 when one of them needs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    items = parser.parse_args().items
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "vmo.yaml").write_text(SETTINGS, encoding="utf-8")
        began = time.perf_counter()
        apart = get_context("spawn").Process(target=fill, kwargs={"folder": folder, "items": items})
        apart.start()  # a child inherits the peak of the process that starts it, so ours must stay small
        apart.join()
        print(f"{items:,} items, {items * MOVES:,} changes, made in {time.perf_counter() - began:.0f} s")
        peaks = [export(folder, fmt) for fmt in ("csv", "jsonl", "parquet")]
    return int(max(peaks) > LIMIT_MB)


def export(folder: Path, fmt: str) -> float:
    """Export in one format, say how it went, and return the peak memory in MB."""
    out = folder / f"changes.{fmt}"
    began = time.perf_counter()
    command = (Path(sys.executable).with_name("vmo"), "export", "changes", "--format", fmt, "--out", out)
    process = subprocess.Popen(command, cwd=folder)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}")
    peak = used.ru_maxrss / 1024
    size = out.stat().st_size / 1e6
    print(f"  {fmt:8} {time.perf_counter() - began:6.1f} s  {peak:6.0f} MB of memory  {size:7.1f} MB of file")
    return peak


def fill(folder: Path, *, items: int) -> None:
    """A store of so many stories, each moved again and again."""
    (folder / "vmo-data").mkdir(mode=0o700)
    with open_store(f"sqlite:///{folder / 'vmo-data' / 'vmo.db'}", now=lambda: datetime.now(UTC)) as store:
        for first in range(0, items, PAGE):
            numbers = range(first, min(items, first + PAGE))
            rows = [_item(number) for number in numbers]
            moves = [change for number in numbers for change in _changes(number)]
            store.write(lambda connection, rows=rows, moves=moves: _insert(connection, rows, moves))  # type: ignore[misc]


def _insert(connection: Any, rows: Sequence[dict[str, Any]], moves: Sequence[dict[str, Any]]) -> None:
    connection.execute(insert(ITEMS), rows)
    connection.execute(insert(CHANGES), moves)


def _item(number: int) -> dict[str, Any]:
    at = BEGAN + timedelta(minutes=number)
    item = WorkItem(
        source="shop",
        external_id=str(10_000 + number),
        key=f"SHOP-{number}",
        url=f"https://jira.example/browse/SHOP-{number}",
        title=f"A story that somebody wrote, number {number}",
        project="SHOP",
        project_id="1",
        type="Story",
        status="Done",
        status_id="5",
        status_category=StatusCategory.DONE,
        created_at=at,
        updated_at=at + timedelta(days=MOVES),
    )
    known = micros(at + timedelta(days=30))
    return item_row(item, clean=Cleaner()) | {
        "history": "complete",
        "first_known_at": known,
        "known_at": known,
        "strikes": 0,
        "struck_by": "[]",
    }


def _changes(number: int) -> Iterator[dict[str, Any]]:
    for move in range(MOVES):
        at = BEGAN + timedelta(minutes=number, days=move)
        yield {
            "source": "shop",
            "external_id": str(10_000 + number),
            "change_id": f"{number}:{move}",
            "sequence": move,
            "field": "status",
            "occurred_at": micros(at),
            "known_at": micros(at + timedelta(days=30)),
            "from_value": STATES[move % len(STATES)],
            "to_value": STATES[(move + 1) % len(STATES)],
            "from_id": str(move % len(STATES)),
            "to_id": str((move + 1) % len(STATES)),
        }


if __name__ == "__main__":
    sys.exit(main())
