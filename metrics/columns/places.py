"""Where a number belongs: one level, one scope, one period, told in words only when it leaves DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb

from domain.period import Period
from metrics.columns.prepared import day_of


class Where(NamedTuple):
    """One level, one scope by its name in exports, one period."""

    level: str
    scope: str
    period: Period


class Places:
    """Says where a row belongs that begins with a spot and the first day of a period."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, unit: str) -> None:
        self._spots = spots_of(connection)
        found = connection.execute("SELECT DISTINCT start, until FROM periods WHERE unit = $unit", {"unit": unit})
        self._periods = {start: Period(day_of(start), day_of(until)) for start, until in found.fetchall()}

    def __call__(self, row: Sequence[Any]) -> Where:
        return Where(*self._spots[row[0]], self._periods[row[1]])


def spots_of(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, str]]:
    """Level and scope of each spot."""
    found = connection.execute("SELECT spot, level, scope FROM spots").fetchall()
    return {spot: (level, scope) for spot, level, scope in found}
