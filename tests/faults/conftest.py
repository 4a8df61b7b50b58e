"""A PostgreSQL server for the faults that must leave both databases alike."""

from __future__ import annotations

from tests.sync.conftest import postgresql_server

__all__ = ["postgresql_server"]
