"""`vmo export`: the data other programs rely on, streamed as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from cli import clock
from cli.outcome import CommandError, ExitCode
from cli.reading import Told, read_all
from cli.workspace import open_workspace
from domain import tables
from metrics import table as rows_of
from reports.render.csv import guarded
from sync.store.reading import Reading

Row = Mapping[str, Any]

FORMATS = ("csv", "jsonl", "parquet")
TABLES = {"items": tables.ITEMS, "changes": tables.CHANGES, "flow": tables.FLOW, "metrics": tables.METRICS}

_COLUMN_TYPES = {  # of Parquet; every other column is text
    **dict.fromkeys(("created_at", "started_at", "finished_at", "updated_at", "removed_at"), "TIMESTAMPTZ"),
    **dict.fromkeys(("occurred_at", "known_at"), "TIMESTAMPTZ"),
    **dict.fromkeys(("period_start", "period_end"), "DATE"),
    **dict.fromkeys(("reopen_count", "flow_time_days", "definition_version", "n_used", "n_in_scope"), "BIGINT"),
    **dict.fromkeys(
        ("elapsed_seconds", "active_seconds", "waiting_seconds", "blocked_seconds", "paused_seconds", "seconds"),
        "BIGINT",
    ),
    "value": "DOUBLE",
    "blocked": "BOOLEAN",
}


def run_export(config: Path, *, table: str, fmt: str, out: Path | None, states: bool) -> ExitCode:
    """Write one table. Raises CommandError on a table or format that does not exist."""
    if table not in TABLES:
        raise CommandError(f"there is no table {table!r}; known are {', '.join(TABLES)}", code=ExitCode.WRONG_USAGE)
    if fmt not in FORMATS:
        raise CommandError(f"there is no format {fmt!r}; known are {', '.join(FORMATS)}", code=ExitCode.WRONG_USAGE)
    if states and table != "flow":
        raise CommandError("--states goes with the table flow", code=ExitCode.WRONG_USAGE)
    if fmt == "parquet" and out is None:
        raise CommandError("Parquet needs a file: --out FILE.parquet", code=ExitCode.WRONG_USAGE)
    columns = tables.FLOW_STATES if states else TABLES[table]
    with open_workspace(config) as workspace:
        told = read_all(workspace, as_of=clock.now())
        rows = _rows(told, workspace.store, table=table, states=states)
        if fmt == "parquet" and out is not None:
            with _beside(out) as part:
                write_parquet(rows, columns=columns, path=part)
        else:
            with _stream(out) as stream:
                write = write_csv if fmt == "csv" else write_jsonl
                write(rows, columns=columns, stream=stream)
    return ExitCode.DONE


def write_csv(rows: Iterable[Row], *, columns: Sequence[str], stream: IO[str]) -> None:
    """RFC 4180; text that a spreadsheet would run as a formula gets an apostrophe before it. Null is an empty cell."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])


def write_jsonl(rows: Iterable[Row], *, columns: Sequence[str], stream: IO[str]) -> None:
    """One JSON object a line, columns in their declared order."""
    for row in rows:
        stream.write(json.dumps({column: _json(row[column]) for column in columns}, ensure_ascii=False) + "\n")


def write_parquet(rows: Iterable[Row], *, columns: Sequence[str], path: Path) -> None:
    """Through DuckDB, by way of JSON Lines beside the target, so that memory stays flat."""
    import duckdb  # noqa: PLC0415 - 50 MB that only this format needs

    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".export-", suffix=".jsonl", encoding="utf-8"
    ) as lines:
        write_jsonl(rows, columns=columns, stream=lines)
        lines.flush()
        types = ", ".join(f"'{column}': '{_COLUMN_TYPES.get(column, 'VARCHAR')}'" for column in columns)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(
                f"COPY (SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{types}}}, "  # noqa: S608
                "maximum_object_size = 67108864)) TO '" + str(path).replace("'", "''") + "' (FORMAT parquet)",
                [lines.name],
            )


def _rows(told: Told, store: Reading, *, table: str, states: bool) -> Iterator[Row]:
    if table == "items":
        return rows_of.item_rows(told.held, {journey.id: journey for journey in told.journeys})
    if table == "changes":
        keys = {held.item.id: held.item.key for held in told.held}
        known = (change for change in store.changes() if change.item_id in keys)  # not of a source no longer configured
        return rows_of.change_rows(known, keys, workflow=told.workflow)
    if table == "flow" and states:
        return rows_of.flow_state_rows(told.journeys)
    if table == "flow":
        return rows_of.flow_rows(told.journeys, calendar=told.calendar)
    return rows_of.metric_rows(
        told.journeys,
        portfolio=told.portfolio,
        calendar=told.calendar,
        as_of=told.as_of,
        waiting_known=told.waiting_known,
        readings=told.readings,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else str(_json(value))


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


@contextlib.contextmanager
def _stream(out: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that appears whole or not at all."""
    if out is None:
        stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        try:
            yield stream
        finally:
            stream.detach()  # flushes; standard output stays open
        return
    with _beside(out) as part, part.open("w", encoding="utf-8", newline="") as stream:
        yield stream


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A file beside the target that takes its place when all went well."""
    part = out.with_name(f".{out.name}.part")
    try:
        yield part
        part.replace(out)
    except OSError as error:
        raise CommandError(f"{out} could not be written: {error.strerror}; choose another --out") from error
    finally:
        part.unlink(missing_ok=True)
