"""Rows leave the store as columns, straight into DuckDB: by ADBC, without an object a row on their way."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import duckdb
from sqlalchemy import ColumnElement, Select, Table, Text, and_, case, func, or_, select

from sync.store import tables
from sync.store.faults import StoreError, StoreTroubleError
from sync.store.instants import micros
from sync.store.journeys import Tracing
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
    "source", "external_id", "parent_id", "place", "state", "visits", "created_at", "settled_at", "first_started_at",
    "started_at", "finished_at", "cancelled_at", "removed_at", "first_active_at", "first_done_at", "loaded_from",
    "loaded_until", "more_loads", "is_blocked", "has_unmapped", "excluded_reason", "active_seconds",
)  # fmt: skip
SPANS = ("active_seconds", "waiting_seconds", "blocked_seconds", "paused_seconds", "idle_done_seconds")
PLACES = ("place", "level", "kind", "value_stream", "train", "team", "themes")


def pour_journeys(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    *,
    stays_since: datetime | None = None,
    stays_at: str | None = None,
) -> None:
    """Fill `journeys` and `places` with what the store keeps, as of one moment.

    With `stays_since`, journeys of what has moved since then, or is not over, bear their visits (`stays`); so do all of
    the level `stays_at`, which is that of a board, and always those of what nobody mapped and what has no history.
    """
    _say_since(connection, stays_since)
    questions = {"journeys": _journeys(stays_since, stays_at), "places": _all(tables.PLACES, PLACES)}
    _pour(store, connection, questions)


def pour_current(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    *,
    tracing: Tracing,
    sources: Collection[str],
    stays_since: datetime | None = None,
    stays_at: str | None = None,
) -> bool:
    """The same of these sources, and say whether to believe it: is every item of theirs traced and placed as today?

    Looked at in the moment in which they are read, and in the same go: a look of its own would read them twice.
    """
    _say_since(connection, stays_since)
    statuses = store.statuses()
    traced = {source: tracing.traced_with(source, statuses) for source in sources}
    items, noted = tables.ITEMS.c, tables.UNTRACED.c
    questions = {
        "journeys": _journeys(stays_since, stays_at).add_columns(_is_stale(traced, tracing.placed_with())),
        "places": _all(tables.PLACES, PLACES),
        "held": select(items.source, func.count().label("items")).group_by(items.source),
        "noted": select(noted.source, func.count().label("items")).group_by(noted.source),
    }
    _pour(store, connection, questions)
    wanted = {"sources": sorted(sources)}
    connection.execute("DELETE FROM journeys WHERE NOT list_contains($sources, source)", wanted)
    return not connection.execute(_NOT_CURRENT, wanted).fetchall()


# Sources of which something was noted, some journeys are stale, or not every item has one.
_NOT_CURRENT = """
WITH traced AS (SELECT source, count(*) AS items, bool_or(is_stale <> 0) AS is_stale FROM journeys GROUP BY source)
SELECT source FROM noted WHERE list_contains($sources, source)
UNION ALL
SELECT source FROM held FULL JOIN traced USING (source)
WHERE list_contains($sources, source) AND (is_stale OR held.items IS DISTINCT FROM traced.items)
"""


def _journeys(stays_since: datetime | None, stays_at: str | None) -> Select[Any]:
    told = tables.JOURNEYS.c
    spans: ColumnElement[int] = sum((told[name] for name in SPANS[1:]), start=told[SPANS[0]])
    asked = _all(tables.JOURNEYS, JOURNEYS).add_columns(spans.label("total_seconds"))
    wanted: list[ColumnElement[bool]] = [told.has_unmapped, told.excluded_reason == "no_history"]
    if stays_since is not None:
        ends = (told.finished_at, told.cancelled_at, told.removed_at)
        wanted += [told.settled_at >= micros(stays_since), and_(*(at.is_(None) for at in ends))]
    if stays_at is not None:
        places = tables.PLACES.c
        wanted.append(told.place.in_(select(places.place).where(places.level == stays_at)))
    return asked.add_columns(case((or_(*wanted), told.stays)).label("stays"))


def _is_stale(traced: Mapping[str, str], placed_with: str) -> ColumnElement[Any]:
    """Was a journey of one of these sources traced or placed with something else?"""
    told = tables.JOURNEYS.c
    by = case(traced, value=told.source, else_=told.traced_with)
    is_other = or_(told.traced_with != by, func.coalesce(told.placed_with, "") != placed_with)
    return case((is_other, 1), else_=0).label("is_stale")


def _say_since(connection: duckdb.DuckDBPyConnection, stays_since: datetime | None) -> None:
    connection.execute("CREATE OR REPLACE TABLE stays_since (since BIGINT)")
    if stays_since is not None:
        connection.execute("INSERT INTO stays_since VALUES (?)", [micros(stays_since)])


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
    """One read transaction of the database's own columnar driver. Raises StoreError where there is none."""
    url = store.address
    if url.get_backend_name() == "sqlite":
        from adbc_driver_sqlite import dbapi  # noqa: PLC0415 - only where a million rows leave at once

        uri = f"file:{quote(url.database or '')}?mode=ro"
    else:
        try:
            from adbc_driver_postgresql import dbapi  # noqa: PLC0415
        except ImportError as error:
            raise StoreError("store: columns need PostgreSQL's driver; pip install 'vmo[postgres]'") from error
        uri = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with dbapi.connect(uri=uri) as connection, connection.cursor() as cursor:
            yield cursor
    except dbapi.Error as error:
        raise StoreTroubleError(f"store {store.place}: no columns could be read ({type(error).__name__})") from error
