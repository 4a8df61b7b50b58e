"""Rows leave the store as columns, straight into DuckDB: by ADBC, without an object a row on their way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
from sqlalchemy import ColumnElement, Select, Table, Text, and_, case, or_, select

from sync.store import tables
from sync.store.faults import StoreError
from sync.store.instants import micros
from sync.store.store import Store

# What is asked of items and changes to trace journeys, and of kept journeys to count them.
ITEMS = (
    "source", "external_id", "parent_id", "status", "status_id", "resolution", "flagged", "history", "created_at",
    "updated_at", "removed_at",
)  # fmt: skip
CHANGES = (
    "source", "external_id", "change_id", "sequence", "field", "occurred_at", "from_value", "to_value", "from_id",
    "to_id",
)  # fmt: skip
TRACED_FIELDS = ("status", "resolution", "flagged")  # the changes that tell when an item started and finished
JOURNEYS = (
    "source", "external_id", "parent_id", "place", "state", "visits", "created_at", "updated_at", "settled_at",
    "first_started_at", "last_started_at", "started_at", "finished_at", "cancelled_at", "removed_at",
    "first_active_at", "first_done_at", "loaded_from", "loaded_until", "more_loads", "reopen_count", "is_blocked",
    "has_unmapped", "excluded_reason", "active_seconds", "waiting_seconds", "blocked_seconds", "paused_seconds",
    "idle_done_seconds",
)  # fmt: skip
PLACES = ("place", "level", "kind", "value_stream", "train", "team", "themes")


def pour_journeys(store: Store, connection: duckdb.DuckDBPyConnection, *, stays_since: datetime | None = None) -> None:
    """Fill `journeys` and `places` with what the store keeps, as of one moment.

    With `stays_since`, journeys of what has moved since then, or is not over, bear their visits (`stays`).
    """
    asked = _all(tables.JOURNEYS, JOURNEYS)
    connection.execute("CREATE OR REPLACE TABLE stays_since (since BIGINT)")
    if stays_since is not None:
        connection.execute("INSERT INTO stays_since VALUES (?)", [micros(stays_since)])
        asked = asked.add_columns(_stays(micros(stays_since)))
    _pour(store, connection, {"journeys": asked, "places": _all(tables.PLACES, PLACES)})


def _stays(since: int) -> ColumnElement[Any]:
    told = tables.JOURNEYS.c
    ends = (told.finished_at, told.cancelled_at, told.removed_at)
    has_moved = or_(told.settled_at >= since, and_(*(at.is_(None) for at in ends)))
    return case((has_moved, told.stays)).label("stays")


def pour_changes(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `items`, `changes`, `blockings` and `places` with what journeys are traced from.

    `items` bear the place they have; `blockings` say from when until when a link said that one item blocks another.
    """
    items, journeys, changes = tables.ITEMS, tables.JOURNEYS, tables.CHANGES
    placed = [*(items.c[name] for name in ITEMS), journeys.c.place]
    beside = and_(journeys.c.source == items.c.source, journeys.c.external_id == items.c.external_id)
    questions = {
        "items": select(*placed).outerjoin(journeys, beside),
        "changes": _all(changes, CHANGES).where(changes.c.field.in_(TRACED_FIELDS)),
        "places": _all(tables.PLACES, PLACES),
    }
    _pour(store, connection, questions)
    _pour_blockings(store, connection)


def _pour_blockings(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Few items are ever linked: these leave by rows."""
    connection.execute(
        "CREATE OR REPLACE TABLE blockings "
        "(source VARCHAR, external_id VARCHAR, blocker VARCHAR, since BIGINT, until BIGINT)"
    )
    told = [
        (
            item_id.source,
            item_id.external_id,
            one.name,
            micros(one.since),
            None if one.until is None else micros(one.until),
        )
        for item_id, found in store.all_blockings().items()
        for one in found
        if one.blocker is not None
    ]
    if told:
        lists = [list(column) for column in zip(*told, strict=True)]
        connection.execute(f"INSERT INTO blockings SELECT {', '.join(['unnest(?)'] * len(lists))}", lists)


def _all(table: Table, columns: Sequence[str]) -> Select[Any]:
    return select(*[table.c[name] for name in columns])


def _pour(store: Store, connection: duckdb.DuckDBPyConnection, questions: Mapping[str, Select[Any]]) -> None:
    is_sqlite = store.address.get_backend_name() == "sqlite"
    with _asked(store) as cursor:
        for table, question in questions.items():
            words = question.compile(store._engine, compile_kwargs={"literal_binds": True}).string
            cursor.adbc_statement.set_sql_query(f"{_an_example(question)} UNION ALL {words}" if is_sqlite else words)
            stream, _ = cursor.adbc_statement.execute_query()
            connection.register("poured", stream)
            first = next(iter(question.selected_columns))
            kept = f"WHERE {first.name} <> {_no(first)}" if is_sqlite else ""
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM poured {kept}")  # noqa: S608
            connection.unregister("poured")


def _an_example(question: Select[Any]) -> str:
    """A first row by which SQLite's driver, which knows no types but those it meets first, learns what is text."""
    first, *others = question.selected_columns
    values = [(first, _no(first)), *((other, "''" if isinstance(other.type, Text) else "0") for other in others)]
    return f"SELECT {', '.join(f'{value} AS {column.name}' for column, value in values)}"


def _no(column: ColumnElement[Any]) -> str:
    """What no source and no place is called."""
    return "''" if isinstance(column.type, Text) else "-1"


@contextlib.contextmanager
def _asked(store: Store) -> Iterator[Any]:
    """One read transaction of the database's own columnar driver."""
    url = store.address
    if url.get_backend_name() == "sqlite":
        from adbc_driver_sqlite import dbapi  # noqa: PLC0415 - only where a million rows leave at once

        options = {"uri": f"file:{url.database}?mode=ro"}
    else:
        try:
            from adbc_driver_postgresql import dbapi  # noqa: PLC0415
        except ImportError as error:
            raise StoreError("store: columns need PostgreSQL's driver; pip install 'vmo[postgres]'") from error
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        options = {"uri": plain}
    with dbapi.connect(**options) as connection, connection.cursor() as cursor:
        yield cursor
