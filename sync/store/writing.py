"""Write rows in bulk. Every function works inside the caller's transaction.

An older answer never replaces a newer one: the guard compares revisions where both have one, else `updated_at`. Only
an item that was removed and is shown again is taken as it is shown.
"""

from __future__ import annotations

import hashlib
import json
import operator
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from connectors.base import Batch, LinkEvent, Presence, Sprint
from domain.work_item import HistoryState, Status, StatusCategory
from sync.store import rows
from sync.store.instants import micros
from sync.store.packing import pack_all
from sync.store.rows import Cleaner, Row
from sync.store.tables import (
    ASKED_FIELDS,
    CHANGES,
    FORMER_SPRINTS,
    ITEM_LINKS,
    ITEMS,
    LINK_WORDS,
    QUEUE_CHUNKS,
    RAWS,
    REMOVALS,
    SPRINTS,
    STATUSES,
    UNREADABLE,
)

MANY = 1_000  # rows in one executemany
AT_ONCE = 10_000  # values in one INSERT, where the database takes so many
FEW_AT_ONCE = 999  # what every build of SQLite takes, whatever its age
FEW = 500  # values in one IN list
FETCH_AT_ONCE = 100  # items in one block of the queue
_NO_GUARD = (None, None)
_RAW_COLUMNS = ("source", "external_id", "kind", "body", "known_at", "guard_revision", "guard_updated_at")
_PRESENT = {"missing_since": null(), "struck_at": null(), "removed_at": null(), "removed_reason": null()}
# Statements in the words of a database, with the order of their parameters and the values that never change.
_spelled: dict[tuple[Any, ...], tuple[str, list[str] | None, Row]] = {}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a batch brought. `changes` counts those we did not know, `returned` removed items that are live again."""

    items: int
    changes: int
    unreadable: int
    cleaned: int
    returned: int


def save_batch(
    connection: Connection,
    batch: Batch,
    *,
    source: str,
    known_at: int,
    arrived: bool = True,
    asked: Collection[str] = (),
) -> Saved:
    """Write a batch's rows and its part of the work queue; the cursor is the caller's.

    `arrived`: the tracker has just shown these items, so that they are present; not so when they are only read again.
    `asked`: the fields that they were asked for when they arrived.
    """
    clean = Cleaner()
    save_items(connection, batch, source=source, known_at=known_at, clean=clean, arrived=arrived, asked=asked)
    new_changes = save_changes(connection, rows.changes_values(batch.changes, known_at=known_at, clean=clean))
    save_raws(connection, batch, source=source, known_at=known_at, clean=clean)
    save_links(connection, batch.links, source=source, known_at=known_at, clean=clean)
    _apply_hierarchy(connection, batch, source=source, known_at=known_at)
    save_statuses(connection, batch.statuses, known_at=known_at, clean=clean)
    save_sprints(connection, batch.sprints, source=source, known_at=known_at, clean=clean)
    returned = _save_presence(connection, batch, source=source, known_at=known_at, clean=clean)
    _save_unreadable(connection, batch, source=source, known_at=known_at, clean=clean)
    _save_queue(connection, batch, source=source, known_at=known_at)
    return Saved(
        items=len(batch.items), changes=new_changes, unreadable=len(batch.unreadable), cleaned=clean.count,
        returned=returned,
    )  # fmt: skip


def save_items(
    connection: Connection,
    batch: Batch,
    *,
    source: str,
    known_at: int,
    clean: Cleaner,
    arrived: bool,
    asked: Collection[str] = (),
) -> None:
    """Insert items, or update those that are not newer in the store. An item that arrives is present."""
    told = {row["external_id"]: row for row in (rows.item_row(item, clean=clean) for item in _oldest_first(batch))}
    held = _held(connection, source=source, external_ids=list(told))
    fresh = {"known_at": known_at, "first_known_at": known_at, "strikes": 0, "struck_by": "[]"}
    asked_now = _save_asked(connection, asked, clean=clean) if told and arrived else None
    complete = []
    for external_id, row in told.items():
        before = held.get(external_id)
        state = batch.histories.get(external_id)
        history = str(state) if state else (before["history"] if before else str(HistoryState.NONE))
        keys = row["previous_keys"] if before is None else _join_keys(row, before=before)
        asked_for = None if external_id in batch.retold else asked_now
        complete.append({**row, **fresh, "history": history, "previous_keys": keys, "asked": asked_for})
    _upsert(
        connection,
        ITEMS,
        complete,
        kept=("first_known_at",) if arrived else ("first_known_at", "strikes", "struck_by"),
        worked_out=lambda new: {
            "known_at": case((ITEMS.c.digest == new.digest, ITEMS.c.known_at), else_=new.known_at),
            "parent_id": case((ITEMS.c.digest == new.digest, ITEMS.c.parent_id), else_=new.parent_id),
            "asked": func.coalesce(new.asked, ITEMS.c.asked),
            **(_PRESENT if arrived else {}),
        },
        guard=lambda new: or_(
            _not_older((new.revision, new.updated_at), than=(ITEMS.c.revision, ITEMS.c.updated_at)),
            *([was_missed()] if arrived else []),
        ),
    )


def _save_asked(connection: Connection, asked: Collection[str], *, clean: Cleaner) -> str:
    """The name under which these fields are kept."""
    fields = clean.json(sorted(asked))
    digest = hashlib.sha256(fields.encode()).hexdigest()[:16]
    insert_missing(connection, ASKED_FIELDS, [{"digest": digest, "fields": fields}])
    return digest


def save_changes(connection: Connection, changes: Sequence[tuple[Any, ...]]) -> int:
    """Insert the changes we do not hold, each as `rows.changes_values` tells it; return how many those were."""
    return _insert_values(connection, CHANGES, rows.CHANGE_COLUMNS, changes)


def replace_changes(connection: Connection, *, source: str, external_id: str, changes: Sequence[Row]) -> int:
    """Put an item's changes as they read today in the place of those that read differently; return what was new.

    A change that we held before, however it read, keeps the instant at which we learned it.
    """
    where = and_(CHANGES.c.source == source, CHANGES.c.external_id == external_id)
    held = {row["change_id"]: dict(row) for row in connection.execute(select(CHANGES).where(where)).mappings()}
    told = {row["change_id"]: row for row in changes}
    differing = [
        change_id for change_id, row in held.items()
        if change_id not in told or {**told[change_id], "known_at": row["known_at"]} != row
    ]  # fmt: skip
    for part in _parts(differing, FEW):
        connection.execute(CHANGES.delete().where(where, CHANGES.c.change_id.in_(part)))
    anew = set(differing)
    fresh = [
        {**row, "known_at": held[change_id]["known_at"]} if change_id in anew else row
        for change_id, row in told.items()
        if change_id not in held or change_id in anew
    ]
    in_order = operator.itemgetter(*rows.CHANGE_COLUMNS)
    _insert_values(connection, CHANGES, rows.CHANGE_COLUMNS, [in_order(row) for row in fresh])
    return len(set(told) - set(held))


def save_raws(connection: Connection, batch: Batch, *, source: str, known_at: int, clean: Cleaner) -> None:
    """Keep raw answers: one of kind `item` an item, never older than the held one; every other kind for ever."""
    guards = {item.external_id: (item.revision, micros(item.updated_at)) for item in _oldest_first(batch)}
    names = [(external_id, kind) for external_id, kind, _ in batch.raws]
    if not rows.are_storable(chain.from_iterable(names)):
        names = [(clean.text(external_id), clean.text(kind)) for external_id, kind in names]
    bodies = pack_all(raw.body for raw in batch.raws)
    kept: list[tuple[Any, ...]] = []
    newest: dict[str, Row] = {}
    for raw, (external_id, kind), body in zip(batch.raws, names, bodies, strict=True):
        if kind == "item":
            guard = guards.get(raw.external_id, _NO_GUARD)
            row = (source, external_id, kind, body, known_at, *guard)
            newest[external_id] = dict(zip(_RAW_COLUMNS, row, strict=True))
        else:
            kept.append((source, external_id, kind, body, known_at, None, None))
    _upsert(
        connection,
        RAWS,
        list(newest.values()),
        kept=(),
        worked_out=lambda new: {
            "known_at": case((RAWS.c.body == new.body, RAWS.c.known_at), else_=new.known_at),
            "guard_revision": func.coalesce(new.guard_revision, RAWS.c.guard_revision),
            "guard_updated_at": func.coalesce(new.guard_updated_at, RAWS.c.guard_updated_at),
        },
        guard=lambda new: _not_older(
            (new.guard_revision, new.guard_updated_at), than=(RAWS.c.guard_revision, RAWS.c.guard_updated_at)
        ),
    )
    _insert_values(connection, RAWS, _RAW_COLUMNS, kept)


def save_links(
    connection: Connection, links: Sequence[LinkEvent], *, source: str, known_at: int, clean: Cleaner
) -> None:
    """Keep the newest word on each link, in whatever order words arrive; and every word on one that blocks."""
    newest: dict[tuple[Any, ...], Row] = {}
    words: dict[tuple[Any, ...], Row] = {}
    for link in sorted(links, key=lambda link: link.changed_at):
        row = {
            "source": source,
            "from_id": clean.text(link.from_id),
            "to_id": clean.text(link.to_id),
            "kind": clean.text(link.kind),
            "active": link.active,
            "changed_at": micros(link.changed_at),
            "known_at": known_at,
        }
        newest[(row["from_id"], row["to_id"], row["kind"])] = row
        if link.kind == "blocks":
            words[(row["from_id"], row["to_id"], row["changed_at"])] = row
    _upsert(
        connection,
        ITEM_LINKS,
        list(newest.values()),
        kept=(),
        worked_out=lambda new: {
            "known_at": case((ITEM_LINKS.c.active == new.active, ITEM_LINKS.c.known_at), else_=new.known_at)
        },
        guard=lambda new: new.changed_at >= ITEM_LINKS.c.changed_at,
    )
    _upsert(connection, LINK_WORDS, list(words.values()), kept=(), guard=lambda new: new.active != LINK_WORDS.c.active)


def save_statuses(connection: Connection, statuses: Sequence[Status], *, known_at: int, clean: Cleaner) -> None:
    """Keep statuses. One of unknown category, read off a history, never takes the place of one that was listed."""
    told = [rows.status_row(status, known_at=known_at, clean=clean) for status in statuses]
    unique = {(row["source"], row["status_id"]): row for row in told}
    unknown: ColumnElement[str] = literal_column(f"'{StatusCategory.UNKNOWN}'")  # a constant, no parameter of a row
    _upsert(
        connection,
        STATUSES,
        list(unique.values()),
        kept=("known_at",),
        guard=lambda new: or_(new.category != unknown, STATUSES.c.category == unknown),
    )


def save_sprints(
    connection: Connection, sprints: Sequence[Sprint], *, source: str, known_at: int, clean: Cleaner
) -> None:
    """Write sprints; one whose name or days are told otherwise stays as it was told before, for those who ask then."""
    told = [rows.sprint_row(sprint, source=source, known_at=known_at, clean=clean) for sprint in sprints]
    unique = {row["sprint_id"]: row for row in told}
    former = []
    for part in _parts(sorted(unique), FEW):
        query = select(SPRINTS).where(SPRINTS.c.source == source, SPRINTS.c.sprint_id.in_(part))
        for held in connection.execute(query).mappings():
            if held["known_at"] < known_at and _days_told(held) != _days_told(unique[held["sprint_id"]]):
                former.append({**held, "known_until": known_at})
    changed = {row["sprint_id"] for row in former}
    insert_missing(connection, FORMER_SPRINTS, former)
    _upsert(connection, SPRINTS, [unique[id] for id in sorted(changed)], kept=())
    _upsert(connection, SPRINTS, [row for id, row in unique.items() if id not in changed], kept=("known_at",))


def _days_told(row: RowMapping | Row) -> tuple[Any, ...]:
    """What numbers rest on; one instant may be spelled in several zones, and so on several days."""
    return row["name"], row["starts_on"] if row["starts_at"] is None else row["starts_at"], row["ends_on"]


def held_keys(
    connection: Connection,
    *,
    source: str,
    external_ids: Sequence[str],
    columns: Sequence[str],
    where: ColumnElement[bool] | None = None,
) -> Iterator[RowMapping]:
    """The named columns of held items, `external_id` among them."""
    chosen = [ITEMS.c[name] for name in ("external_id", *columns)]
    for part in _parts(list(external_ids), FEW):
        query = select(*chosen).where(ITEMS.c.source == source, ITEMS.c.external_id.in_(part))
        query = query if where is None else query.where(where)
        yield from connection.execute(query).mappings()


def update_items(
    connection: Connection, *, source: str, external_ids: Collection[str], values: Mapping[str, Any]
) -> None:
    for part in _parts(sorted(external_ids), FEW):
        connection.execute(
            ITEMS.update().where(ITEMS.c.source == source, ITEMS.c.external_id.in_(part)).values(**values)
        )


def upsert_row(connection: Connection, table: Table, row: Row) -> None:
    _upsert(connection, table, [row], kept=())


def save_rows(connection: Connection, table: Table, told: Sequence[Row], *, kept: Collection[str]) -> None:
    """Insert rows that all name the same columns, or update those columns of the held ones, but `kept`."""
    _upsert(connection, table, told, kept=kept)


def insert_missing(connection: Connection, table: Table, told: Sequence[Row]) -> None:
    """Insert the rows whose key is not held yet; held ones stay as they are. Always in the order of their keys."""
    if told:
        names = tuple(told[0])
        keys = operator.itemgetter(*(column.name for column in table.primary_key))
        in_order = sorted(told, key=keys)
        _insert_values(connection, table, names, [tuple(row[name] for name in names) for row in in_order])


def parts(many: Sequence[str]) -> Iterator[Sequence[str]]:
    """Values, as many at a time as one IN list should hold."""
    return _parts(many, FEW)


def insert_if_new(connection: Connection, table: Table, row: Row) -> bool:
    """Claim a row's primary key: True for the one who was first."""
    insert = _insert(connection, table).values(**row).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(insert).first() is not None


def _held(connection: Connection, *, source: str, external_ids: list[str]) -> dict[str, RowMapping]:
    found = held_keys(connection, source=source, external_ids=external_ids, columns=("key", "previous_keys", "history"))
    return {row["external_id"]: row for row in found}


def _oldest_first(batch: Batch) -> list[Any]:
    return sorted(batch.items, key=lambda item: (item.revision or 0, item.updated_at))


def _join_keys(row: Row, *, before: RowMapping) -> str:
    """An item that moved keeps the key it had, so that both find it."""
    keys = [*json.loads(before["previous_keys"]), *json.loads(row["previous_keys"]), before["key"]]
    return Cleaner().json(list(dict.fromkeys(key for key in keys if key != row["key"])))


def was_missed() -> ColumnElement[bool]:
    """Is an item removed, and not by the word of a recycle bin?

    What shows it again is news, whatever its age: a tracker restored from a backup shows an older copy. Of what its
    tracker says to have deleted, a page that comes late may still tell.
    """
    return and_(ITEMS.c.removed_at.is_not(None), ITEMS.c.removed_reason != "recycled")


def _not_older(new: tuple[Any, Any], *, than: tuple[Any, Any]) -> ColumnElement[bool]:
    """Is the new row at least as new? Two revisions decide alone; an unknown instant never forbids."""
    both = and_(new[0].is_not(None), than[0].is_not(None))
    by_instant = or_(new[1].is_(None), than[1].is_(None), new[1] >= than[1])
    return case((both, new[0] >= than[0]), else_=by_instant)


def _apply_hierarchy(connection: Connection, batch: Batch, *, source: str, known_at: int) -> None:
    """Where a tracker streams its links, the newest active `child` link says who the parent is."""
    children = {link.to_id for link in batch.links if link.kind == "child"} | {item.external_id for item in batch.items}
    for part in _parts(sorted(children), FEW):
        query = (
            select(ITEM_LINKS.c.to_id, ITEM_LINKS.c.from_id, ITEM_LINKS.c.active)
            .where(ITEM_LINKS.c.source == source, ITEM_LINKS.c.kind == "child", ITEM_LINKS.c.to_id.in_(part))
            .order_by(ITEM_LINKS.c.changed_at, ITEM_LINKS.c.from_id)
        )
        parents: dict[str, str | None] = {}
        for child, parent, active in connection.execute(query):
            parents.setdefault(child, None)
            if active:
                parents[child] = parent
        held = held_keys(connection, source=source, external_ids=list(parents), columns=("parent_id",))
        moved = {row["external_id"] for row in held if row["parent_id"] != parents[row["external_id"]]}
        if told := [{"child": child, "parent": parents[child]} for child in sorted(moved)]:
            connection.execute(
                ITEMS.update()
                .where(ITEMS.c.source == source, ITEMS.c.external_id == bindparam("child"))
                .values(parent_id=bindparam("parent"), known_at=known_at),
                told,
            )


def _save_presence(connection: Connection, batch: Batch, *, source: str, known_at: int, clean: Cleaner) -> int:
    """What the tracker itself said of presence: recycled, restored, moved out of scope, or oddly absent."""
    unknown = and_(ITEMS.c.source == source, ITEMS.c.removed_at.is_(None))
    for external_id, at in batch.recycled:
        connection.execute(
            ITEMS.update()
            .where(unknown, ITEMS.c.external_id == external_id)
            .values(removed_at=micros(at), removed_reason="recycled", missing_since=None, strikes=0)
        )
    mark_present(connection, source=source, external_ids=batch.restored)
    for external_id, key in batch.out_of_scope:
        move_out(connection, source=source, external_id=external_id, key=clean.text(key), at=known_at)
    mark_missing(connection, source=source, external_ids=batch.suspects, at=known_at)
    shown = {*(clean.text(item.external_id) for item in batch.items), *batch.restored}
    return note_returns(connection, source, at=known_at, external_ids=shown)


def mark_present(connection: Connection, *, source: str, external_ids: Collection[str]) -> None:
    """Missing or removed no more."""
    values = {**_PRESENT, "strikes": 0, "struck_by": "[]"}
    update_items(connection, source=source, external_ids=external_ids, values=values)


def mark_missing(connection: Connection, *, source: str, external_ids: Collection[str], at: int) -> None:
    """Label as missing, since the first time that it was."""
    values = {"missing_since": func.coalesce(ITEMS.c.missing_since, at)}
    update_items(connection, source=source, external_ids=external_ids, values=values)


def strike_items(connection: Connection, *, source: str, external_ids: Collection[str], at: int, run_id: int) -> None:
    """Count a strike, and keep which sweep made it: a removal can be traced to the sweeps that decided it."""
    mark_missing(connection, source=source, external_ids=external_ids, at=at)
    for row in list(held_keys(connection, source=source, external_ids=sorted(external_ids), columns=("struck_by",))):
        by = json.dumps([*json.loads(row["struck_by"]), run_id])
        values = {"strikes": ITEMS.c.strikes + 1, "struck_at": at, "struck_by": by}
        update_items(connection, source=source, external_ids=[row["external_id"]], values=values)


def remove_items(connection: Connection, *, source: str, external_ids: Collection[str], at: int, reason: str) -> None:
    """Take items out of what counts; their rows, changes and raw answers stay."""
    values = {"removed_at": at, "removed_reason": reason, "missing_since": None}
    update_items(connection, source=source, external_ids=external_ids, values=values)


def move_out(
    connection: Connection, *, source: str, external_id: str, key: str | None, at: int, run_id: int | None = None
) -> None:
    """The item lives on elsewhere: it leaves our scope, and both keys find it. `run_id`: of the sweep that found it.

    Told so again, it has been out since the first time. One that bears another key is known under it from now on: what
    was told of it before is kept for the editions that told it.
    """
    columns = ("key", "previous_keys", "removed_at", "known_at", "digest")
    for row in list(held_keys(connection, source=source, external_ids=[external_id], columns=columns)):
        new_key = key or row["key"]
        is_named_anew = new_key != row["key"]
        since = row["removed_at"] or _out_since(connection, source=source, external_id=external_id)
        if since is None:
            look = str(Presence.ELSEWHERE)
            enter_removals(
                connection, [external_id], source=source, at=at, reason="out_of_scope", look=look, run_id=run_id
            )
        values = {
            "key": new_key,
            "previous_keys": _join_keys({"key": new_key, "previous_keys": "[]"}, before=row),
            "known_at": at if is_named_anew else row["known_at"],
            "digest": "" if is_named_anew else row["digest"],
            "removed_at": at if since is None else since,
            "removed_reason": "out_of_scope",
            "missing_since": None,
            "strikes": 0,
        }
        update_items(connection, source=source, external_ids=[external_id], values=values)


def _out_since(connection: Connection, *, source: str, external_id: str) -> int | None:
    """Since when a tombstone stands that nothing has closed."""
    stands = (REMOVALS.c.source == source, REMOVALS.c.external_id == external_id, REMOVALS.c.returned_at.is_(None))
    since: int | None = connection.execute(select(func.max(REMOVALS.c.removed_at)).where(*stands)).scalar_one()
    return since


def enter_removals(
    connection: Connection,
    external_ids: Collection[str],
    *,
    source: str,
    at: int,
    reason: str,
    look: str,
    run_id: int | None = None,
) -> None:
    """Keep a tombstone for each: the sweeps that decided it, `run_id` included, and what the direct look said.

    Where the tracker itself told it, no sweep did.
    """
    by = set() if run_id is None else {run_id}
    for row in list(held_keys(connection, source=source, external_ids=sorted(external_ids), columns=("struck_by",))):
        tombstone = {
            "source": source, "external_id": row["external_id"], "removed_at": at, "reason": reason,
            "sweeps": json.dumps(sorted({*json.loads(row["struck_by"]), *by})), "look": look, "returned_at": None,
        }  # fmt: skip
        upsert_row(connection, REMOVALS, tombstone)


def note_returns(connection: Connection, source: str, *, at: int, external_ids: Collection[str] | None = None) -> int:
    """Close the tombstones of items that are live again, all or these; return how many."""
    is_live = exists().where(
        ITEMS.c.source == REMOVALS.c.source,
        ITEMS.c.external_id == REMOVALS.c.external_id,
        ITEMS.c.removed_at.is_(None),
    )
    update = REMOVALS.update().where(REMOVALS.c.source == source, REMOVALS.c.returned_at.is_(None), is_live)
    if external_ids is None:
        return connection.execute(update.values(returned_at=at)).rowcount
    return sum(
        connection.execute(update.where(REMOVALS.c.external_id.in_(part)).values(returned_at=at)).rowcount
        for part in _parts(sorted(external_ids), FEW)
    )


def _save_unreadable(connection: Connection, batch: Batch, *, source: str, known_at: int, clean: Cleaner) -> None:
    """Set aside what cannot be read; what was read well is no longer set aside, nor what is not there or not ours.

    Of what is set aside nobody knows what it says by now: its row stays, and vouches for no field any more.
    """
    left = {external_id for external_id, _ in batch.out_of_scope}
    for part in _parts(sorted({*(item.external_id for item in batch.items), *batch.suspects, *left}), FEW):
        connection.execute(UNREADABLE.delete().where(UNREADABLE.c.source == source, UNREADABLE.c.external_id.in_(part)))
    aside = [
        {
            "source": source,
            "external_id": clean.text(external_id),
            "reason": clean.text(reason),
            "first_seen_at": known_at,
            "seen_at": known_at,
        }
        for external_id, reason in dict(batch.unreadable).items()
    ]
    _upsert(connection, UNREADABLE, aside, kept=("first_seen_at",))
    update_items(
        connection,
        source=source,
        external_ids=[clean.text(each) for each, _ in batch.unreadable],
        values={"asked": None},
    )


def forget_unreadable(connection: Connection, external_ids: Sequence[str], *, source: str) -> None:
    """What was set aside and is named no more need not be asked for; where it is shown again, a census names it."""
    for part in _parts(external_ids, FEW):
        connection.execute(UNREADABLE.delete().where(UNREADABLE.c.source == source, UNREADABLE.c.external_id.in_(part)))


def enqueue(connection: Connection, external_ids: Sequence[str], *, source: str, at: int) -> None:
    """Let the next walk fetch these, in blocks, less those that wait in the queue already."""
    fresh = set(external_ids)
    query = select(QUEUE_CHUNKS.c.external_ids).where(QUEUE_CHUNKS.c.source == source, QUEUE_CHUNKS.c.done.is_(False))
    for waiting in connection.execute(query).scalars() if fresh else ():
        fresh.difference_update(json.loads(waiting))
    ids = [each for each in external_ids if each in fresh]
    chunks = [ids[start : start + FETCH_AT_ONCE] for start in range(0, len(ids), FETCH_AT_ONCE)]
    _enqueue(connection, chunks, source=source, at=at)


def keep_unheld(connection: Connection, external_ids: Collection[str], *, source: str, at: int) -> None:
    """Keep what the census of that time named and nobody could read, asked for and still not held, for the next run."""
    _enqueue(connection, [sorted(external_ids)], source=source, at=at, done=True)


def _enqueue(
    connection: Connection, chunks: Collection[Collection[str]], *, source: str, at: int, done: bool = False
) -> None:
    """Put blocks of ids that have to be fetched into the queue. Who names them has looked what waits in it already."""
    if rows := [{"source": source, "external_ids": json.dumps(list(ids)), "done": done, "created_at": at}
                for ids in chunks if ids]:  # fmt: skip
        connection.execute(QUEUE_CHUNKS.insert(), rows)


def _save_queue(connection: Connection, batch: Batch, *, source: str, known_at: int) -> None:
    _enqueue(connection, batch.enqueue, source=source, at=known_at)
    if batch.finished_chunk is not None:
        connection.execute(QUEUE_CHUNKS.update().where(QUEUE_CHUNKS.c.id == batch.finished_chunk).values(done=True))


def _upsert(
    connection: Connection,
    table: Table,
    told: Sequence[Row],
    *,
    kept: Collection[str],
    worked_out: Any = None,
    guard: Any = None,
) -> None:
    """Insert rows, or update all their columns but the key and `kept`, where the guard allows it."""
    if not told:
        return

    def statement() -> Any:
        insert = _insert(connection, table)
        new = insert.excluded
        keys = {column.name for column in table.primary_key}
        values = {name: new[name] for name in told[0] if name not in keys and name not in kept}
        values |= worked_out(new) if worked_out else {}
        return insert.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_=values,
            where=guard(new) if guard else None,
        )

    _execute_many(connection, told, statement, name=f"upsert {table.name} but {sorted(kept)}, {worked_out is None}")


def _insert_values(
    connection: Connection, table: Table, columns: Sequence[str], told: Sequence[tuple[Any, ...]]
) -> int:
    """Insert rows that stand in the order of the columns, less those whose key is held; return how many went in.

    A driver gives way to other threads at each statement, and then waits five milliseconds for its turn where one of
    them reckons: ninety rows are written in a tenth of that, nine hundred in as long. So what is read and what is
    written go on side by side. Both databases say it alike.
    """
    new = 0
    sizes = [values // len(columns) for values in (_most_values(connection), FEW_AT_ONCE)]
    for part in _in_few_sizes(told, sizes):
        words = _insert_words(connection.dialect.name, table.name, tuple(columns), len(part))
        new += connection.exec_driver_sql(words, tuple(chain.from_iterable(part))).rowcount
    return new


def _most_values(connection: Connection) -> int:
    if connection.dialect.name != "sqlite":
        return AT_ONCE
    driver: Any = connection.connection.driver_connection
    return min(AT_ONCE, int(driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)))


def _in_few_sizes(told: Sequence[Any], sizes: Sequence[int]) -> Iterator[Sequence[Any]]:
    """Parts as large as may be, and one of a size of its own at most: each size is a statement to be prepared."""
    start = 0
    for size in sizes:
        while len(told) - start >= size:
            yield told[start : start + size]
            start += size
    if start < len(told):
        yield told[start:]


@lru_cache(maxsize=64)
def _insert_words(dialect: str, table: str, columns: tuple[str, ...], many: int) -> str:
    mark = "%s" if dialect == "postgresql" else "?"
    row = f"({', '.join([mark] * len(columns))})"
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([row] * many)} ON CONFLICT DO NOTHING"  # noqa: S608  # our names


def _execute_many(connection: Connection, told: Sequence[Row], statement: Callable[[], Any], *, name: str) -> None:
    """Hand rows to the driver as they are, a thousand at once.

    They hold text, bytes, numbers and truth only, which both drivers take; preparing each row anew for its types would
    cost more than writing it. What a `name` stands for is put into words once for each database.
    """
    if not told:
        return
    key = (connection.dialect.name, name, tuple(told[0]))
    if key not in _spelled:
        compiled = statement().compile(dialect=connection.dialect, column_keys=list(told[0]))
        fixed = {word: value for word, value in compiled.params.items() if word not in told[0]}
        _spelled[key] = (str(compiled), compiled.positiontup, fixed)
    words, order, fixed = _spelled[key]
    for part in _parts(told, MANY):
        named = [fixed | row for row in part] if fixed else part
        connection.exec_driver_sql(words, named if order is None else list(map(operator.itemgetter(*order), named)))


def _insert(connection: Connection, table: Table) -> Any:
    """Both databases say INSERT ... ON CONFLICT, each through its own construct."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def _parts(many: Sequence[Any], size: int) -> Iterator[Any]:
    for start in range(0, len(many), size):
        yield many[start : start + size]
