"""Rows of closed periods: entered once, never changed. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from domain.funding import ClosedSpend, adjustments_of, lines_of
from domain.period import Period
from sync.store import writing
from sync.store.faults import StoreTroubleError
from sync.store.instants import micros, moment
from sync.store.packing import UnpackableError, pack, unpack
from sync.store.tables import CLOSED_SPEND


def keep(connection: Connection, closed: Iterable[ClosedSpend]) -> int:
    """Keep periods that are not kept yet, and return how many; those that are stay as they were."""
    return sum(writing.insert_if_new(connection, CLOSED_SPEND, _row(one)) for one in closed)


def read(connection: Connection, *, known_at: int) -> list[ClosedSpend]:
    """What was kept of what was known by an instant, by stream and period. Raises StoreTroubleError.

    A row that no longer says what its digest vouches for was changed by somebody else, and is not believed.
    """
    query = (
        select(CLOSED_SPEND)
        .where(CLOSED_SPEND.c.known_at <= known_at)
        .order_by(CLOSED_SPEND.c.value_stream, CLOSED_SPEND.c.starts, CLOSED_SPEND.c.name)
    )
    return [_closed(row) for row in connection.execute(query).mappings()]


def is_as_kept(row: RowMapping) -> bool:
    """Does a row still say what its digest vouches for?"""
    try:
        return bool(_unpacked(row).digest == row["digest"])
    except (UnpackableError, ValueError, KeyError, TypeError):
        return False


def _row(one: ClosedSpend) -> dict[str, Any]:
    return {
        "value_stream": one.value_stream,
        "name": one.name,
        "starts": one.period.start.isoformat(),
        "ends": one.period.end.isoformat(),
        "closed_on": one.closed_on.isoformat(),
        "known_at": micros(one.known_at),
        "kept_at": micros(one.kept_at),
        "amount": one.amount,
        "basis": one.basis,
        "level": one.level,
        "definition_version": one.definition_version,
        "digest": one.digest,
        "body": pack(one.body),
    }


def _closed(row: RowMapping) -> ClosedSpend:
    found = _unpacked(row)
    if found.digest != row["digest"]:
        raise StoreTroubleError(
            f"the closed figure of {found.value_stream} for {found.name} is not the one that was kept on "
            f"{found.kept_at.date()}; somebody changed it; restore a backup"
        )
    return found


def _unpacked(row: RowMapping) -> ClosedSpend:
    body = unpack(row["body"])
    assert isinstance(body, dict)
    return ClosedSpend(
        value_stream=row["value_stream"],
        name=row["name"],
        period=Period(date.fromisoformat(row["starts"]), date.fromisoformat(row["ends"])),
        closed_on=date.fromisoformat(row["closed_on"]),
        known_at=moment(row["known_at"]),
        kept_at=moment(row["kept_at"]),
        amount=row["amount"],
        basis=row["basis"],
        level=row["level"],
        definition_version=row["definition_version"],
        lines=lines_of(body),
        adjustments=adjustments_of(body, value_stream=row["value_stream"]),
    )
