"""`vmo export`: the columns that other programs rely on, in three formats that say the same."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from benchmarks.exports import SETTINGS, fill
from cli.exporting import write_parquet
from domain import tables
from metrics.columns import KeptLaterError, RingOfParentsError
from metrics.table import FLOW_METRICS
from sync.store import StoreError
from tests.cli.program import PROGRAM, vmo

COLUMNS = {  # as the product's contract with other programs lists them; they may not change without a new major version
    "items": (
        "source, key, previous_keys, external_id, url, title, level, type, kind, state, flow_state, parent_key, "
        "themes, value_stream, train, team, created_at, started_at, finished_at, updated_at, reopen_count, blocked, "
        "removed_at, removed_reason"
    ),
    "changes": (
        "source, key, field, occurred_at, known_at, from_value, to_value, from_flow_state, to_flow_state"
    ),
    "flow": (
        "source, key, level, started_at, finished_at, flow_time_days, elapsed_seconds, active_seconds, "
        "waiting_seconds, blocked_seconds, paused_seconds, excluded_reason"
    ),
    "metrics": (
        "metric, definition_version, level, scope, period_start, period_end, value, unit, n_used, n_in_scope, excluded"
    ),
}  # fmt: skip
INSTANTS = ("created_at", "started_at", "finished_at", "updated_at", "occurred_at", "known_at")


def exported(folder: Path, table: str, fmt: str, *more: str) -> Path:
    path = folder / f"{table}.{fmt}"
    ended = vmo("export", table, "--format", fmt, "--out", path, *more, folder=folder)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    return path


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    """The rows, instants as microseconds since 1970, since the library has no aware ones without a package more."""
    with duckdb.connect() as connection:
        names = [row[0] for row in connection.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()]
        chosen = ", ".join(f"epoch_us({name}) AS {name}" if name in INSTANTS else name for name in names)
        told = connection.execute(f"SELECT {chosen} FROM read_parquet(?)", [str(path)])
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]


def test_the_declared_columns_are_those_of_the_contract() -> None:
    for table, columns in COLUMNS.items():
        assert ", ".join(getattr(tables, table.upper())) == columns


@pytest.mark.parametrize("table", COLUMNS)
def test_three_formats_hold_the_same_rows(synced: Path, table: str) -> None:
    columns = COLUMNS[table].split(", ")

    as_csv = csv_rows(exported(synced, table, "csv"))
    as_lines = [json.loads(line) for line in exported(synced, table, "jsonl").read_text("utf-8").splitlines()]
    as_parquet = parquet_rows(exported(synced, table, "parquet"))

    assert len(as_csv) == len(as_lines) == len(as_parquet) > 10
    for rows in (as_csv, as_lines, as_parquet):
        assert all(list(row) == columns for row in rows)
    for line, row, typed in zip(as_lines, as_csv, as_parquet, strict=True):
        for name in columns:
            assert (line[name] is None) == (typed[name] is None) == (row[name] == ""), (name, line, row, typed)
        for name in set(INSTANTS) & set(columns):
            if line[name] is not None:
                assert datetime.fromisoformat(line[name]).timestamp() == pytest.approx(typed[name] / 1e6, abs=1e-3)
                assert line[name].endswith("Z")


def test_rows_of_flow_are_those_of_metrics_whichever_way_they_are_computed(
    synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(tz=UTC)
    monkeypatch.setattr("cli.clock.now", lambda: now)
    synced = synced.rename(synced.parent / "team #1")
    whole = flow_of(exported(synced, "metrics", "csv"))

    over_columns = exported(synced, "metrics", "csv", "--flow").read_bytes()
    with sqlite3.connect(synced / "vmo-data" / "vmo.db") as store:
        store.execute("INSERT INTO untraced SELECT source, external_id FROM items LIMIT 1 ON CONFLICT DO NOTHING")
    stale = vmo("export", "metrics", "--flow", "--out", synced / "stale.csv", folder=synced)

    assert over_columns == whole
    assert (synced / "stale.csv").read_bytes() == whole
    assert (stale.code, stale.err.count("\n")) == (0, 1)
    assert "item by item" in stale.err
    assert "the next `vmo sync` keeps them anew" in stale.err


def flow_of(path: Path) -> bytes:
    """The head of a table of metrics, and its rows of flow."""
    head, *rows = path.read_bytes().splitlines(keepends=True)
    wanted = {name.encode() for name in FLOW_METRICS}
    return b"".join([head, *(row for row in rows if row.partition(b",")[0].partition(b":")[0] in wanted)])


def test_what_keeps_flow_from_columns_is_said_in_one_line_with_its_mend(
    synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = synced / "vmo.yaml"
    path.write_text(path.read_text("utf-8") + "\naudiences:\n  shop: {scopes: [{source: shop}]}\n", encoding="utf-8")
    told = {"shop": vmo("export", "metrics", "--flow", "--audience", "shop", folder=synced)}
    for why, raised in {
        "driver": StoreError("store: columns need PostgreSQL's driver; pip install 'vmo[postgres]'"),
        "ring": RingOfParentsError("some items are each other's parents"),
        "date": KeptLaterError("journeys were kept later"),
        "room": duckdb.IOException("No space left on device"),
    }.items():
        monkeypatch.setattr("sync.store.columns.pour_current", mock.Mock(side_effect=raised))
        told[why] = vmo("export", "metrics", "--flow", folder=synced)

    assert {ended.code for ended in told.values()} == {0}
    assert len({ended.out for why, ended in told.items() if why != "shop"}) == 1
    lines = {why: ended.err.removeprefix("computed the slow way, item by item: ") for why, ended in told.items()}
    assert lines == {
        "shop": "what an audience may see is decided item by item\n",
        "driver": "store: columns need PostgreSQL's driver; pip install 'vmo[postgres]'\n",
        "ring": "some items are each other's parents; mend their parents in the tracker\n",
        "date": "something is dated later than now; mend its date in the tracker, or the clock\n",
        "room": f"No space left on device; make room in {tempfile.gettempdir()}, or name another TMPDIR\n",
    }


def test_durations_are_whole_seconds_that_add_up(synced: Path) -> None:
    rows = [json.loads(line) for line in exported(synced, "flow", "jsonl").read_text("utf-8").splitlines()]

    finished = [row for row in rows if row["finished_at"] and row["excluded_reason"] is None]
    assert finished
    for row in finished:
        lasted = datetime.fromisoformat(row["finished_at"]) - datetime.fromisoformat(row["started_at"])
        assert abs(row["elapsed_seconds"] - lasted.total_seconds()) <= 1
        assert isinstance(row["active_seconds"], int)
        assert row["active_seconds"] + row["waiting_seconds"] <= row["elapsed_seconds"] + 1


def test_states_are_rows_of_seconds(synced: Path) -> None:
    rows = csv_rows(exported(synced, "flow", "csv", "--states"))

    assert list(rows[0]) == ["source", "key", "level", "state", "flow_state", "seconds"]
    assert all(int(row["seconds"]) >= 0 for row in rows)
    assert {row["flow_state"] for row in rows} >= {"active", "waiting"}


def test_standard_output_holds_the_table_and_nothing_else(synced: Path) -> None:
    ended = vmo("export", "metrics", folder=synced)

    lines = ended.out.split("\r\n")
    assert ended.code == 0
    assert lines[0] == COLUMNS["metrics"].replace(", ", ",")
    assert lines[-1] == ""


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
def test_an_export_that_is_refused_writes_nothing(synced: Path, fmt: str) -> None:
    ended = vmo("export", "items", "--format", fmt, "--audience", "nope", folder=synced)

    assert (ended.code, ended.out) == (2, "")
    assert "there is no audience 'nope'" in ended.err


def test_an_export_that_fails_leaves_the_former_file(synced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exported(synced, "items", "csv")
    before = path.read_bytes()

    def half_way(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cli.exporting.write_csv", half_way)
    ended = vmo("export", "items", "--out", path, folder=synced)

    assert ended.code == 1
    assert "No space left" in ended.message
    assert path.read_bytes() == before
    assert not list(synced.glob(".*part*"))


def test_what_a_killed_export_left_is_swept_up_by_the_next_and_what_another_writes_is_not(synced: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left, others = synced / f".items.csv.{gone.pid}.part", synced / f".items.csv.{os.getppid()}.part"
    for one in (left, others):
        one.write_text("half a row")

    ended = vmo("export", "items", "--out", synced / "items.csv", folder=synced)

    assert ended.code == 0
    assert (left.exists(), others.exists()) == (False, True)


def test_a_source_that_is_no_longer_configured_is_in_no_table(synced: Path) -> None:
    path = synced / "vmo.yaml"
    text = path.read_text("utf-8").replace("  stores:", "  boutiques:").replace("source: stores", "source: boutiques")
    path.write_text(text, encoding="utf-8")

    for table in ("items", "changes", "flow"):
        rows = csv_rows(exported(synced, table, "csv"))

        assert {row["source"] for row in rows} == {"shop"}
        assert all(row["key"] for row in rows)


def test_a_reader_who_has_read_enough_ends_an_export_quietly(synced: Path) -> None:
    program = subprocess.run(
        f"{PROGRAM} export metrics | head -n 1", shell=True, cwd=synced, capture_output=True, text=True, check=True
    )

    assert program.stdout.startswith("metric,")
    assert program.stderr == ""


def test_a_folder_that_is_not_there_is_named_before_anything_is_read(synced: Path) -> None:
    ended = vmo("export", "items", "--out", "later/items.csv", folder=synced)

    assert ended.code == 1
    assert ended.message == "later/items.csv: there is no folder later; make it first, or choose another --out"


def test_a_folder_in_place_of_a_file_is_refused(synced: Path) -> None:
    ended = vmo("export", "items", "--out", synced, folder=synced)

    assert ended.code == 2
    assert "is a folder; name a file in it with --out" in ended.message


@pytest.mark.parametrize("fmt", ["csv", "jsonl", "parquet"])
def test_a_full_disk_is_told_and_leaves_the_former_file(synced: Path, fmt: str) -> None:
    path = exported(synced, "metrics", fmt)
    before = path.read_bytes()

    command = f"ulimit -f 40; exec {PROGRAM} export metrics --format {fmt} --out {path.name}"  # 40 KB, then no more
    ended = subprocess.run(["bash", "-c", command], cwd=synced, capture_output=True, text=True, check=False)

    assert ended.returncode == 1, ended
    assert ended.stderr.startswith(f"vmo: {path.name} could not be written: ")
    assert "what was there before is unchanged" in ended.stderr
    assert path.read_bytes() == before
    assert not [one.name for one in synced.iterdir() if one.name.startswith(".")]


def test_a_full_standard_output_is_told(synced: Path) -> None:
    ended = subprocess.run(
        ["bash", "-c", f"{PROGRAM} export changes > /dev/full"], cwd=synced, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr == "vmo: standard output could not be written: No space left on device\n"


def test_a_device_is_written_to_and_not_replaced(synced: Path) -> None:
    ended = vmo("export", "items", "--out", "/dev/null", folder=synced)

    assert (ended.code, ended.err) == (0, "")
    assert Path("/dev/null").is_char_device()


def test_a_minus_means_standard_output(synced: Path) -> None:
    ended = vmo("export", "items", "--out", "-", folder=synced)

    assert ended.code == 0
    assert ended.out.startswith("source,key,")
    assert not (synced / "-").exists()


@pytest.mark.parametrize("out", ["-", "/dev/null"])
def test_parquet_goes_to_a_file_alone(synced: Path, out: str) -> None:
    ended = vmo("export", "items", "--format", "parquet", "--out", out, folder=synced)

    assert ended.code == 2
    assert "Parquet needs a file" in ended.message


def test_the_file_is_on_the_disk_before_it_takes_its_place(synced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced_first(handle: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        sync(handle)

    def then_renamed(self: Path, target: Path) -> Path:
        done.append(f"rename {target.name}")
        return replace(self, target)

    monkeypatch.setattr("os.fsync", synced_first)
    monkeypatch.setattr(Path, "replace", then_renamed)
    exported(synced, "items", "csv")

    assert done == [f"sync .items.csv.{os.getpid()}.part", "rename items.csv", f"sync {synced.name}"]


def test_what_parquet_cannot_write_is_told_as_any_file_is(synced: Path) -> None:
    ended = vmo("export", "items", "--format", "parquet", "--out", "x" * 240 + ".parquet", folder=synced)

    assert ended.code == 1
    assert "could not be written: " in ended.message


def test_a_very_long_line_goes_into_parquet_too(tmp_path: Path) -> None:
    column = tables.COLUMNS["changes"][5]
    long = "é" * 3_000_000

    write_parquet([{"from_value": long}], columns=[column], path=tmp_path / "long.parquet")

    assert parquet_rows(tmp_path / "long.parquet") == [{"from_value": long}]


def test_changes_are_named_by_the_keys_of_their_own_items(synced: Path) -> None:
    changes = [json.loads(line) for line in exported(synced, "changes", "jsonl").read_text("utf-8").splitlines()]
    items = {(row["source"], row["key"]) for row in csv_rows(exported(synced, "items", "csv"))}
    moves = [row for row in changes if row["field"] == "key"]

    assert {(row["source"], row["key"]) for row in changes} <= items
    assert moves
    for row in moves:
        assert (row["source"], row["from_value"]) not in items


@pytest.mark.slow
def test_changes_stream_whatever_their_number(tmp_path: Path) -> None:
    """A child inherits the peak of the process that starts it: a small one starts both."""
    peaks = []
    for items in (1_000, 10_000):
        folder = tmp_path / str(items)
        folder.mkdir()
        (folder / "vmo.yaml").write_text(SETTINGS, encoding="utf-8")
        fill(folder, items=items)
        told = subprocess.run(
            [sys.executable, "-c", _PEAK, PROGRAM, "export", "changes", "--out", "changes.csv"],
            cwd=folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(told.stdout) / 1024)

    small, large = peaks
    assert large < small + 15, peaks
    assert large < 150, peaks


_PEAK = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:])
peak = 0
while child.poll() is None:
    try:
        lines = open(f"/proc/{child.pid}/status").read().splitlines()
        peak = max([peak, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])
    except OSError:
        pass
    try:
        child.wait(0.05)
    except subprocess.TimeoutExpired:
        pass
assert child.returncode == 0
print(peak)
"""
