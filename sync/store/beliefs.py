"""The changes that we believe, or believed at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from sync.store.instants import micros
from sync.store.tables import CHANGES, FORMER_CHANGES


def believed(known_at: datetime | None) -> Any:
    """The changes that we believe, or believed at an instant."""
    if known_at is None:
        return CHANGES
    at = micros(known_at)
    names = list(CHANGES.c.keys())
    now = select(*[CHANGES.c[name] for name in names]).where(CHANGES.c.known_at <= at)
    then = select(*[FORMER_CHANGES.c[name] for name in names]).where(
        FORMER_CHANGES.c.known_at <= at, FORMER_CHANGES.c.known_until > at
    )
    return now.union_all(then).subquery("believed")
