"""A PostgreSQL server for the faults that must leave both databases alike, and nothing of the test before."""

from __future__ import annotations

import pytest

from connectors import credentials
from tests.sync.conftest import postgresql_server

__all__ = ["no_token_of_another_test", "postgresql_server"]


@pytest.fixture(autouse=True)
def no_token_of_another_test() -> None:
    """Access tokens are shared by identity and address for as long as the process lives, and ports are given anew."""
    credentials._all_shared.clear()
