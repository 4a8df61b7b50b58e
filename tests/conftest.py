"""What holds for every test."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, event, inspect

from sync.store import opening

# A busy machine takes its time: an example that runs longer than usual says nothing about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Thousands of commits wait for a disk, and a kill of a process loses no write in memory either. It stays small, as what
# a passed test wrote is removed at once (`tmp_path_retention_policy`).
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

OBJECTS_BETWEEN = 10_000  # new ones, before Python searches them for cycles


def pytest_collection_finish() -> None:
    """Seven thousand tests and what they import are half a million objects, and none of them goes before the end. Each
    sync asks Python to search for cycles, a third of a second among all those: it need not walk through them. Nor after
    every seven hundred new objects through the young ones, which took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, 10, 10)


_migrate = opening._upgrade
_told: dict[tuple[str, str], list[tuple[str, Any]]] = {}


@pytest.fixture(scope="session", autouse=True)
def migrations_are_asked_once() -> Iterator[None]:
    """A new store is made by every migration once a process; the others repeat what those said to it, or in SQLite what
    stands there in the end. Only what `opening` hands to the migrations is so repeated; an older store is upgraded."""
    with mock.patch.object(opening, "_upgrade", _repeat):
        yield


class _Compiled(dict[Any, Any]):
    """Statements made ready for a kind of database, and not for one dialect, of which each engine has its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_by_name(key), default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_by_name(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_by_name(key), value)


def _by_name(key: Any) -> Any:
    dialect, *statement = key
    return (dialect.name, *statement)


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """Thousands of stores are opened, and each of them would write the same hundred statements anew."""
    compiled, create = _Compiled(), opening.create_engine  # type: ignore[attr-defined]

    def created(*words: Any, **named: Any) -> Engine:
        engine = create(*words, **named)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    with mock.patch.object(opening, "create_engine", created):
        yield


@pytest.fixture
def every_migration() -> Iterator[None]:
    """For tests of the migrations themselves: nothing is repeated."""
    with mock.patch.object(opening, "_upgrade", _migrate):
        yield


def _repeat(connection: Connection) -> None:
    if inspect(connection).get_table_names():
        _migrate(connection)
        return
    new = (connection.dialect.name, opening.REVISIONS[-1])
    if new in _told:
        for statement, parameters in _told[new]:
            connection.exec_driver_sql(statement, parameters or None)
        return
    said: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        said.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", hear)
    _migrate(connection)
    event.remove(connection, "before_cursor_execute", hear)
    _told[new] = _standing(connection) if connection.dialect.name == "sqlite" else said


def _standing(connection: Connection) -> list[tuple[str, Any]]:
    """What an SQLite database says of itself: its tables, indices and triggers in their order, and every row."""
    found: list[tuple[str, Any]] = []
    schema = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    found += [(statement, ()) for statement in schema.scalars()]
    for table in inspect(connection).get_table_names():
        rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').fetchall()
        found += [(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', tuple(row)) for row in rows]
    return found
