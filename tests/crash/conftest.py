"""One library, one process that forks and one set of trackers for the tests of a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash import shim
from tests.crash.campaign import Campaign
from tests.crash.points import SQLITE
from tests.crash.stores import PostgresqlStores, SqliteStores
from tests.sync.conftest import postgresql_server

__all__ = ["postgresql_server"]  # a fixture


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled shim."""
    if reason := shim.why_not():
        if os.environ.get("VMO_LEAVE_NOTHING_OUT"):
            pytest.fail(reason)
        pytest.skip(reason)
    return shim.compiled(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="module")
def campaign_on(
    library: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Campaign]]:
    """The harness of a database; made when first asked for."""
    opened: dict[str, Campaign] = {}
    contexts = []

    def of(database: str) -> Campaign:
        if database not in opened:
            stores = (
                SqliteStores(tmp_path_factory.mktemp("crash"))
                if database == SQLITE
                else PostgresqlStores(request.getfixturevalue("postgresql_server"))
            )
            context = Campaign.begun(library, stores)
            opened[database] = context.__enter__()
            contexts.append(context)
        return opened[database]

    yield of
    for context in contexts:
        context.__exit__(None, None, None)
