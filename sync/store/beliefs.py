"""The items, changes and sprints that we believe, or believed at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, case, exists, func, or_, select

from sync.store.instants import micros
from sync.store.tables import CHANGES, FORMER_CHANGES, FORMER_ITEMS, FORMER_SPRINTS, ITEMS, REMOVALS, SPRINTS


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
    """The items that are held, or those that were by an instant: as they were kept for editions, else as today.

    An item that was removed at that instant is told as removed, and as there where it was, whatever became of it since.
    """
    if known_at is None:
        return ITEMS
    at = micros(known_at)
    names = list(ITEMS.c.keys())
    kept = and_(FORMER_ITEMS.c.known_at <= at, FORMER_ITEMS.c.known_until > at)
    is_kept = exists().where(_is_of(FORMER_ITEMS, ITEMS), kept)
    gone = _gone_at(at)
    now = (
        select(*[_by(at, ITEMS, name, gone) for name in names])
        .select_from(ITEMS.outerjoin(gone, _is_of(gone, ITEMS)))
        .where(ITEMS.c.first_known_at <= at, or_(ITEMS.c.known_at <= at, ~is_kept))
    )
    columns = [ITEMS.c.asked if name == "asked" else _by(at, FORMER_ITEMS, name, gone) for name in names]
    joined = FORMER_ITEMS.outerjoin(ITEMS, _is_of(ITEMS, FORMER_ITEMS)).outerjoin(gone, _is_of(gone, FORMER_ITEMS))
    then = select(*columns).select_from(joined).where(kept)
    return now.union_all(then).subquery("held")


def _gone_at(at: int) -> FromClause:
    """The tombstones that stood at an instant, the newest of each item; those of items that came back since, too."""
    columns = ("source", "external_id", "removed_at", "reason")
    newest_first = func.row_number().over(
        partition_by=(REMOVALS.c.source, REMOVALS.c.external_id), order_by=REMOVALS.c.removed_at.desc()
    )
    stood = and_(REMOVALS.c.removed_at <= at, or_(REMOVALS.c.returned_at.is_(None), REMOVALS.c.returned_at > at))
    ranked = (
        select(*[REMOVALS.c[name] for name in columns], newest_first.label("place")).where(stood).subquery("ranked")
    )
    return select(*[ranked.c[name] for name in columns]).where(ranked.c.place == 1).subquery("gone")


def _by(at: int, items: Table, name: str, gone: FromClause) -> ColumnElement[Any]:
    """A column of an item, by an instant: its presence as it was then, whatever a later census found."""
    match name:
        case "missing_since":
            return case((items.c.missing_since <= at, items.c.missing_since)).label(name)
        case "removed_at":
            return case((items.c.removed_at <= at, items.c.removed_at), else_=gone.c.removed_at).label(name)
        case "removed_reason":
            return case((items.c.removed_at <= at, items.c.removed_reason), else_=gone.c.reason).label(name)
    return items.c[name]


def _is_of(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.source == other.c.source, one.c.external_id == other.c.external_id)
