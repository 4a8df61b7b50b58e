"""The items, changes and sprints that we believe, or believed at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, exists, or_, select

from sync.store.instants import micros
from sync.store.tables import CHANGES, FORMER_CHANGES, FORMER_ITEMS, FORMER_SPRINTS, ITEMS, SPRINTS


def believed(known_at: datetime | None) -> Any:
    """The changes that we believe, or believed at an instant."""
    return _told_by(known_at, CHANGES, FORMER_CHANGES, name="believed")


def sprints_by(known_at: datetime | None) -> Any:
    """The sprints as they are told, or as they were by an instant."""
    return _told_by(known_at, SPRINTS, FORMER_SPRINTS, name="told")


def _told_by(known_at: datetime | None, today: Table, former: Table, *, name: str) -> Any:
    if known_at is None:
        return today
    at = micros(known_at)
    names = list(today.c.keys())
    now = select(*[today.c[each] for each in names]).where(today.c.known_at <= at)
    then = select(*[former.c[each] for each in names]).where(former.c.known_at <= at, former.c.known_until > at)
    return now.union_all(then).subquery(name)


def held_by(known_at: datetime | None) -> Any:
    """The items that are held, or those that were by an instant: as they were kept for editions, else as today."""
    if known_at is None:
        return ITEMS
    at = micros(known_at)
    names = list(ITEMS.c.keys())
    kept = and_(FORMER_ITEMS.c.known_at <= at, FORMER_ITEMS.c.known_until > at)
    is_kept = exists().where(
        FORMER_ITEMS.c.source == ITEMS.c.source, FORMER_ITEMS.c.external_id == ITEMS.c.external_id, kept
    )
    now = select(*[ITEMS.c[name] for name in names]).where(
        ITEMS.c.first_known_at <= at, or_(ITEMS.c.known_at <= at, ~is_kept)
    )
    today = and_(FORMER_ITEMS.c.source == ITEMS.c.source, FORMER_ITEMS.c.external_id == ITEMS.c.external_id)
    columns = [ITEMS.c.asked if name == "asked" else FORMER_ITEMS.c[name] for name in names]
    then = select(*columns).select_from(FORMER_ITEMS.outerjoin(ITEMS, today)).where(kept)
    return now.union_all(then).subquery("held")
