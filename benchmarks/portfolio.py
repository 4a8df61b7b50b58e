"""All metrics of a large portfolio, beside the least that DuckDB needs to read them, and beside plain pandas.

    python -m benchmarks.portfolio                  # 10 thousand, 100 thousand and 1 million items
    python -m benchmarks.portfolio 100000           # one size

Each figure comes from a process of its own, over a store that is generated once (`--folder`). Ends with 1 if a limit
was passed at a million items: journeys at hand 2.0 times their reading and 1 GB; cold 3.0 times the reading of the
changes; after 1,000 changed items a tenth of the cold time; and if time grows faster than the data.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, select, text

from benchmarks.generated import CALENDAR, NOW, SOURCES, TRACING, make_store, touched
from cli.exporting import write_csv
from domain.period import Period
from domain.strategy import FlowTolerances, Guardrails, Portfolio
from domain.tables import METRICS
from metrics import columns
from sync.store import open_store
from sync.store.columns import _pour, pour_changes, pour_current, pour_journeys
from sync.store.instants import micros
from sync.store.journeys import refresh
from sync.store.store import Store
from sync.store.tables import JOURNEYS

PORTFOLIO = Portfolio(
    id="made-up", name="Made up", currency="EUR", locales=("en",), themes=tuple(TRACING.themes),
    value_streams=tuple(TRACING.placing.value_streams),
)  # fmt: skip
SIZES = (10_000, 100_000, 1_000_000)
CHANGED = 1_000
MEMORY = "600MB"  # what DuckDB may take before it writes to disk
LAST_QUARTER = Period(CALENDAR.day(NOW) - timedelta(days=90), CALENDAR.day(NOW) + timedelta(days=1))
LAST_YEAR = Period(LAST_QUARTER.end - timedelta(weeks=52), LAST_QUARTER.end)
STAYS_SINCE = NOW - timedelta(weeks=53)
LARGE = 1_000_000
GROWTH_TOLERANCE = 0.3  # a shared machine's
HAND_LIMIT, COLD_LIMIT, CHANGED_LIMIT, BYTES_LIMIT = 2.0, 3.0, 0.1, 1_000_000_000


def overview(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Every metric of the overview by theme, value stream, train and month; load and cumulative flow by day."""
    columns.prepare(connection, calendar=CALENDAR, as_of=NOW + timedelta(days=1), waiting_known=SOURCES)
    return {
        "throughput": columns.throughput(connection, unit="month"),
        "flow time": columns.flow_time(connection, unit="month"),
        "lead time": columns.lead_time(connection, unit="month"),
        "flow efficiency": columns.flow_efficiency(connection, unit="month"),
        "distribution": columns.distribution(connection, unit="month"),
        "flow shares": columns.flow_shares(connection, unit="month"),
        "flow load": columns.flow_load(connection, period=LAST_QUARTER),
        "cumulative flow": columns.cumulative_flow(connection, period=LAST_QUARTER),
        "ageing": columns.ageing(connection),
        "flow balance": columns.flow_balance(connection, unit="month"),
        "waste": columns.waste(connection, unit="month"),
        "stability": columns.stability(connection, period=LAST_QUARTER, tolerances=FlowTolerances()),
    }


def states(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What rests on visits: where work waited over the last quarter, and how old it was when it left each state."""
    return {
        "bottleneck": columns.bottleneck(connection, period=LAST_QUARTER, guardrails=Guardrails(), limits=False),
        "pace": columns.pace(connection, finished_in=LAST_YEAR),
    }


# --- what is measured, each in a process of its own


def read_journeys(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Journeys whole, but for their visits."""
    told = JOURNEYS.c
    whole = [
        column for column in told if column.name not in ("stays", "seconds", "traced_with", "placed_with", "shown")
    ]
    _pour(store, connection, {"journeys": select(*whole)})
    connection.execute(
        f"SELECT {_MONTH.format('finished_at')} AS month, count(*) FROM journeys GROUP BY ALL"
    ).fetchall()


def read_visits(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Journeys whole, and the visits of those that moved in the last year or are not over."""
    pour_journeys(store, connection, stays_since=STAYS_SINCE)
    connection.execute(
        f"SELECT {_MONTH.format('finished_at')} AS month, count(stays) FROM journeys GROUP BY ALL"
    ).fetchall()


def journeys_at_hand(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    pour_journeys(store, connection)
    overview(connection)


def with_states(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    pour_journeys(store, connection, stays_since=STAYS_SINCE)
    overview(connection)
    states(connection)


def read_changes(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    pour_changes(store, connection)
    connection.execute(f"SELECT {_MONTH.format('occurred_at')} AS month, count(*) FROM changes GROUP BY ALL").fetchall()


def cold(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    _trace(store, connection, stays_since=None)
    overview(connection)


def cold_with_states(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    _trace(store, connection, stays_since=STAYS_SINCE)
    overview(connection)
    states(connection)


def _trace(store: Store, connection: duckdb.DuckDBPyConnection, *, stays_since: datetime | None) -> None:
    pour_changes(store, connection)
    left_out = columns.trace_columns(
        connection,
        workflow=TRACING.workflow(store.statuses()),
        as_of=NOW + timedelta(days=1),
        stays_since=stays_since,
    )
    assert not left_out
    connection.execute("DROP TABLE changes")


def after_a_sync(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Journeys traced as in the batch's own transaction, a look whether all are current, and every number anew."""
    for source in SOURCES:
        while store.write(partial(refresh, tracing=TRACING, source=source)):
            pass
    assert pour_current(store, connection, tracing=TRACING, sources=SOURCES)
    overview(connection)


def flow_rows(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """What `vmo export metrics --flow` writes: every scope, level, week and month of three years, as rows."""
    assert pour_current(store, connection, tracing=TRACING, sources=SOURCES)
    as_of = NOW + timedelta(days=1)
    columns.prepare(connection, calendar=CALENDAR, as_of=as_of, waiting_known=SOURCES)
    rows = columns.flow_metric_rows(connection, portfolio=PORTFOLIO, calendar=CALENDAR, as_of=as_of)
    with Path("/dev/null").open("w", encoding="utf-8") as stream:
        write_csv(rows, columns=METRICS, stream=stream)


def with_pandas(store: Store, _: duckdb.DuckDBPyConnection) -> None:
    from benchmarks.plainly import overview_in_pandas  # noqa: PLC0415 - pandas takes a second to import

    overview_in_pandas(Path(str(store.address.database)))


_MONTH = "date_trunc('month', make_timestamp({}))"
PARTS: dict[str, Callable[[Store, duckdb.DuckDBPyConnection], None]] = {
    "read journeys": read_journeys,
    "journeys at hand": journeys_at_hand,
    "read visits": read_visits,
    "with states": with_states,
    "read changes": read_changes,
    "cold": cold,
    "cold with states": cold_with_states,
    "after a sync": after_a_sync,
    "flow rows": flow_rows,
    "pandas": with_pandas,
}


def change_some(store: Store, *, size: int) -> None:
    """A thousand items move on, as a sync would write it."""
    at = micros(NOW) + time.monotonic_ns() // 1_000_000

    def work(connection: Connection) -> None:
        for number in list(touched(size, CHANGED))[:CHANGED]:
            told = {"id": str(number), "source": SOURCES[number // 100 % 4], "at": at}
            connection.execute(_MOVE, told | {"change": f"late{at}:0"})
            connection.execute(_UPDATE, told)

    store.write(work)


_MOVE = text(
    "INSERT INTO changes (source, external_id, change_id, sequence, field, occurred_at, known_at, from_value, "
    "to_value, from_id, to_id) SELECT source, external_id, :change, 99, 'status', :at, :at, status, 'In Progress', "
    "status_id, '3' FROM items WHERE source = :source AND external_id = :id"
)
_UPDATE = text(
    "UPDATE items SET status = 'In Progress', status_id = '3', updated_at = :at "
    "WHERE source = :source AND external_id = :id"
)


# --- running


def measure(path: Path, part: str) -> dict[str, float]:
    """Run one part in a process of its own; wall and processor seconds without its imports, and its peak memory."""
    words = [sys.executable, "-m", "benchmarks.portfolio", "--part", part, "--store", str(path)]
    ended = subprocess.run(words, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return told


def run_part(path: Path, part: str) -> None:
    with (
        open_store(f"sqlite:///{path}", now=lambda: NOW, write=part == "after a sync") as store,
        tempfile.TemporaryDirectory(prefix="vmo-bench-") as spill,
        duckdb.connect(config={"memory_limit": MEMORY, "threads": 2, "temp_directory": spill}) as connection,
    ):
        if part == "after a sync":
            with store._reading() as rows:
                size = int(rows.execute(text("SELECT count(*) FROM items")).scalar_one())
            change_some(store, size=size)
        connection.execute("SET preserve_insertion_order = false")
        began, used = time.perf_counter(), time.process_time()
        PARTS[part](store, connection)
        seconds, processor = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"seconds": seconds, "processor": processor, "bytes": _peak()}))


def _peak() -> int:
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmHWM"))


def show(size: int, found: dict[str, dict[str, float]]) -> bool:
    """Print the figures; below a million items the limits say nothing, since what is done once weighs most."""
    print(f"{size:,} items, {10 * size:,} changes", flush=True)
    for part, told in found.items():
        print(
            f"  {part:<18} {told['seconds']:8.2f} s {told['processor']:8.2f} s of processor "
            f"{told['bytes'] / 1e6:7.0f} MB"
        )
    hand = found["journeys at hand"]["seconds"] / found["read journeys"]["seconds"]
    anew = found["cold"]["seconds"] / found["read changes"]["seconds"]
    again = found["after a sync"]["seconds"] / found["cold"]["seconds"]
    told_states = found["with states"]["seconds"] / found["read visits"]["seconds"]
    peak = max(found[part]["bytes"] for part in ("journeys at hand", "with states"))
    within = {
        f"journeys at hand: {hand:.2f} times their reading (at most {HAND_LIMIT})": hand <= HAND_LIMIT,
        f"peak {peak / 1e6:.0f} MB (under {BYTES_LIMIT / 1e6:.0f})": peak < BYTES_LIMIT,
        f"cold: {anew:.2f} times the reading of the changes (at most {COLD_LIMIT})": anew <= COLD_LIMIT,
        f"after {CHANGED:,} changed: {again:.3f} of the cold time (at most {CHANGED_LIMIT})": again <= CHANGED_LIMIT,
        f"with what states say: {told_states:.2f} times the reading of journeys and visits": True,
        f"pandas: {found['pandas']['seconds'] / found['journeys at hand']['seconds']:.1f} times ours": True,
    }
    for words, holds in within.items():
        print(f"  {words}{'' if holds or size < LARGE else '  !'}")
    return all(within.values()) or size < LARGE


def grows_no_faster(smaller: dict[str, dict[str, float]], larger: dict[str, dict[str, float]], *, times: float) -> bool:
    """Does the processor time of each of our parts grow no faster than the data?"""
    held = True
    for part in ("journeys at hand", "cold", "after a sync"):
        growth = larger[part]["processor"] / smaller[part]["processor"]
        fits = growth <= times * (1 + GROWTH_TOLERANCE)
        print(f"  {part}: {growth:.1f} times the processor time for {times:.0f} times the items{'' if fits else '  !'}")
        held = held and fits
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "bench-portfolio")
    parser.add_argument("--part")
    parser.add_argument("--store", type=Path)
    told = parser.parse_args()
    if told.part:
        run_part(told.store, told.part)
        return 0
    told.folder.mkdir(exist_ok=True)
    held = []
    before: tuple[int, dict[str, dict[str, float]]] | None = None
    for size in told.size:
        path = told.folder / f"{size}.db"
        if not path.exists():
            make_store(path, size=size)
        found = {part: measure(path, part) for part in PARTS}
        held.append(show(size, found))
        if before is not None:
            held.append(grows_no_faster(before[1], found, times=size / before[0]))
        before = (size, found)
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
