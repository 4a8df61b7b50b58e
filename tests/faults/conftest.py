"""A PostgreSQL server for the faults that must leave both databases alike, and nothing of the test before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import credentials
from tests.faults.trackers import CLOUD, JiraTracker, a_tracker
from tests.sync.conftest import postgresql_server

__all__ = ["no_token_of_another_test", "postgresql_server"]


@pytest.fixture(autouse=True)
def no_token_of_another_test() -> None:
    """Access tokens are shared by identity and address for as long as the process lives, and ports are given anew."""
    credentials._all_shared.clear()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[JiraTracker]:
    """A Jira Cloud, synced once."""
    with a_tracker(CLOUD, tmp_path) as opened:
        assert isinstance(opened, JiraTracker)
        assert opened.sync().outcome == "ok"
        yield opened
