"""`vmo export`: the data other programs rely on, streamed as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import contextlib
import csv
import glob
import io
import json
import os
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from cli import clock
from cli.counting import flow_rows
from cli.narrowing import audience_of, refuse_unread
from cli.outcome import CommandError, ExitCode
from cli.reading import facts_of, read_all
from cli.setting_aside import in_one_line
from cli.unasked import unasked
from cli.workspace import Workspace, open_workspace
from config import meaning
from domain import tables
from domain.set_aside import unread_decisions
from domain.tables import Column
from domain.workflow import Workflow
from metrics import table as rows_of
from metrics.guardrails.rows import Records
from metrics.newest import newest_rows
from reports.render.csv import guarded
from sync.garbage import searched_seldom
from sync.store.keys import named_changes
from sync.store.reading import Reading

Row = Mapping[str, Any]

FORMATS = ("csv", "jsonl", "parquet")
TABLES = ("items", "changes", "flow", "metrics")

_PARQUET = {  # how Parquet, by way of DuckDB, holds each kind of column
    "text": "VARCHAR",
    "json": "VARCHAR",
    "instant": "TIMESTAMPTZ",
    "day": "DATE",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "truth": "BOOLEAN",
}
_LEAST_ROOM = 1_000_000  # bytes for a line
_ROW_GROUP = 50_000  # rows that Parquet keeps in memory until it writes them


def run_export(
    config: Path,
    *,
    table: str,
    fmt: str,
    out: Path | None,
    states: bool,
    flow: bool = False,
    audience: str | None = None,
) -> ExitCode:
    """Write one table: of the whole store, or what an audience may see. Raises CommandError on what does not exist.

    With `states`, flow state by state; with `flow`, the metrics of flow alone.
    """
    if table not in TABLES:
        raise CommandError(f"there is no table {table!r}; known are {', '.join(TABLES)}", code=ExitCode.WRONG_USAGE)
    if fmt not in FORMATS:
        raise CommandError(f"there is no format {fmt!r}; known are {', '.join(FORMATS)}", code=ExitCode.WRONG_USAGE)
    if states and table != "flow":
        raise CommandError("--states goes with the table flow", code=ExitCode.WRONG_USAGE)
    if flow and table != "metrics":
        raise CommandError("--flow goes with the table metrics", code=ExitCode.WRONG_USAGE)
    if audience is not None and table == "changes":
        raise CommandError(
            "changes are told as the trackers wrote them, whatever they name, so they go to no audience; "
            "leave --audience away, or export items, flow or metrics",
            code=ExitCode.WRONG_USAGE,
        )
    if out is not None and str(out) == "-":
        out = None
    if fmt == "parquet" and (out is None or _is_device(out)):
        raise CommandError("Parquet needs a file: --out FILE.parquet", code=ExitCode.WRONG_USAGE)
    columns = tables.COLUMNS["flow_states" if states else table]
    with contextlib.ExitStack() as stack:
        stack.enter_context(searched_seldom())  # all journeys are made at once, and none of them leaves a cycle
        workspace = stack.enter_context(open_workspace(config))
        store = stack.enter_context(workspace.store.snapshot())
        rows = stack.enter_context(
            contextlib.closing(_rows(workspace, store, table=table, states=states, flow=flow, audience=audience))
        )
        if fmt == "parquet" and out is not None:
            with _beside(out) as part:
                write_parquet(rows, columns=columns, path=part)
        else:
            names = [column.name for column in columns]
            with _stream(out) as stream:
                write = write_csv if fmt == "csv" else write_jsonl
                write(rows, columns=names, stream=stream)
        if audience is not None:
            on = meaning.calendar(workspace.settings).day(clock.now())
            for one in unasked(workspace, store, on=on, audiences=[audience]):
                print(f"{one.source}: {one.sentence}", file=sys.stderr)
        if table == "metrics" and (line := in_one_line(workspace.settings.set_aside)) is not None:
            print(line, file=sys.stderr)
            return ExitCode.PARTLY
    return ExitCode.DONE


def write_csv(rows: Iterable[Row], *, columns: Sequence[str], stream: IO[str]) -> None:
    """RFC 4180; text that a spreadsheet would run as a formula gets an apostrophe before it. Null is an empty cell."""
    told = iter(rows)
    begun = list(islice(told, 1))  # what refuses to be read leaves no head behind
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for row in chain(begun, told):
        writer.writerow([_cell(row[column]) for column in columns])


def write_jsonl(rows: Iterable[Row], *, columns: Sequence[str], stream: IO[str]) -> int:
    """One JSON object a line, columns in their declared order. Returns the characters of the longest line."""
    longest = 0
    for row in rows:
        line = json.dumps({column: _json(row[column]) for column in columns}, ensure_ascii=False) + "\n"
        longest = max(longest, len(line))
        stream.write(line)
    return longest


def write_parquet(rows: Iterable[Row], *, columns: Sequence[Column], path: Path) -> None:
    """Through DuckDB, by way of JSON Lines beside the target, in groups of rows: so that memory stays flat."""
    import duckdb  # noqa: PLC0415 - 50 MB that only this format needs

    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".export-", suffix=".jsonl", encoding="utf-8"
    ) as lines:
        longest = write_jsonl(rows, columns=[column.name for column in columns], stream=lines)
        lines.flush()
        room = max(_LEAST_ROOM, 4 * longest)  # a character has four bytes at most; DuckDB holds buffers of this size
        types = ", ".join(f"'{column.name}': '{_PARQUET[column.type]}'" for column in columns)
        target = str(path).replace("'", "''")
        try:
            with duckdb.connect(config={"threads": 1, "memory_limit": "256MB"}) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute(
                    f"COPY (SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{types}}}, "  # noqa: S608
                    f"maximum_object_size = {room})) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE {_ROW_GROUP})",
                    [lines.name],
                )
        except duckdb.IOException as error:
            raise OSError(0, str(error).splitlines()[0]) from error


def _rows(
    workspace: Workspace, store: Reading, *, table: str, states: bool, flow: bool, audience: str | None
) -> Generator[Row, None, None]:
    """The rows of a table. Changes stream out of the store, flow is counted over columns; the others rest on the
    journeys of all items.
    """
    if table == "changes":
        workflow = Workflow(rules=meaning.state_rules(workspace.settings), statuses=store.statuses())
        yield from rows_of.change_rows(named_changes(store, sources=set(workspace.source_names)), workflow=workflow)
        return
    readers = None if audience is None else audience_of(workspace.settings, audience)
    if readers is not None:
        refuse_unread(workspace, readers)
    if flow:
        yield from flow_rows(workspace, now=clock.now(), audience=readers)
        return
    told = read_all(workspace, now=clock.now(), audience=readers)
    if table == "items":
        yield from rows_of.item_rows(told.held, {journey.id: journey for journey in told.journeys})
    elif table == "flow" and states:
        yield from rows_of.flow_state_rows(told.journeys)
    elif table == "flow":
        yield from rows_of.flow_rows(told.journeys, calendar=told.calendar)
    else:
        yield from rows_of.metric_rows(
            told.journeys,
            portfolio=told.portfolio,
            calendar=told.calendar,
            as_of=told.as_of,
            waiting_known=told.waiting_known,
            readings=told.readings,
            governed=told.governed,
            commitments=told.commitments,
            records=Records(
                decisions=told.decisions,
                objectives=told.objectives,
                initiative_changes=told.initiative_changes,
                unread=unread_decisions(told.set_aside),
            ),
            closed=told.closed,
        )
        yield from rows_of.risk_rows(
            told.hazards.register, portfolio=told.portfolio, calendar=told.calendar, as_of=told.as_of
        )
        yield from newest_rows(facts_of(told), scopes=rows_of.scopes(told.portfolio))


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
    if out is not None:
        with _beside(out) as part, part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield stream
        stream.flush()
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever read it has read enough
        raise
    except OSError as error:
        raise CommandError(f"standard output could not be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):  # said already
            stream.detach()  # standard output stays open


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A file beside the target that takes its place, safe on the disk, when all went well; a device is written to."""
    if not out.absolute().parent.is_dir():
        raise CommandError(f"{out}: there is no folder {out.parent}; make it first, or choose another --out")
    if out.is_dir():
        raise CommandError(f"{out} is a folder; name a file in it with --out", code=ExitCode.WRONG_USAGE)
    is_ours = not _is_device(out)
    part = out.with_name(f".{out.name}.{os.getpid()}.part") if is_ours else out
    try:
        if is_ours:
            _sweep_up(out)
        yield part
        if is_ours:
            _settle(part, out)
    except OSError as error:
        what = error.strerror or str(error)
        raise CommandError(f"{out} could not be written: {what}; what was there before is unchanged") from error
    finally:
        if is_ours:
            with contextlib.suppress(OSError):  # it is gone when it took its place, or was never made
                part.unlink()


def _sweep_up(out: Path) -> None:
    """Remove what exports of this file left beside it whose process was killed."""
    for left in out.parent.glob(f".{glob.escape(out.name)}.*.part"):
        number = left.name.removesuffix(".part").rpartition(".")[2]
        if number.isdecimal() and not _is_alive(int(number)):
            left.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True


def _is_device(out: Path) -> bool:
    """Is it there, and neither a file nor a folder: a pipe, /dev/null?"""
    return out.exists() and not (out.is_file() or out.is_dir())


def _settle(part: Path, out: Path) -> None:
    """Make sure that it is on the disk, then let it take its place."""
    for path in (part, None, out.absolute().parent):
        if path is None:
            part.replace(out)
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
