"""What a source tells again, held against what we hold. Every function works inside the caller's transaction.

A row that differs though nothing new has happened to its item is mended, and a past that the source tells otherwise
leaves `changes` for `former_changes`: what we believed, and until when, is never lost.

```
501:0  To Do -> Doing   known ────────────┐ former, known until the sync that was told otherwise
501:0  To Do -> Review                    └──────────────────────────────────────────> believed now
```
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, select

from connectors.base import Batch, LinkEvent
from domain.change import Change
from domain.work_item import UNDATED, HistoryState, WorkItem
from sync.store import rows, writing
from sync.store.instants import micros, moment
from sync.store.rows import Cleaner, Row
from sync.store.tables import CHANGES, FORMER_CHANGES, ITEM_LINKS, ITEMS, MENDS, RAWS, UNREADABLE

SAME_BIRTH_SECONDS = 60  # trackers round; an item made in another minute is another item
_WORKED_OUT = frozenset({"digest", "previous_keys", "parent_id"})  # no word of the tracker's alone
_OUR_ORDER = frozenset({"sequence", "known_at"})
Differences = dict[str, dict[str, list[Any]]]  # external id -> what -> [as we held it, as the source says]
_NAMES = frozenset({"key", "project", "area", "iteration"})  # of an item, and of where it belongs


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What was found: differences by item, and items under whose id the source now shows another one."""

    differences: Differences = field(default_factory=dict)
    reused: Mapping[str, str] = field(default_factory=dict)  # external id -> the id under which we keep the former


def mend(
    connection: Connection, batch: Batch, *, source: str, run_id: int, known_at: int, whole: Collection[str]
) -> Mended:
    """Prepare what we hold for a batch: set aside what it contradicts, so that saving it leaves what it says.

    `whole` are the items of which the batch tells the whole history; of others only what it tells is judged.
    """
    clean = Cleaner()
    told = {clean.text(item.external_id): item for item in batch.items}
    held = _held_rows(connection, source=source, external_ids=list(told))
    reused = {
        external_id: _keep_former(connection, row, source=source, at=known_at)
        for external_id, row in held.items()
        if is_another(born=row["created_at"], told=told[external_id])
    }
    found: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    older = {each for each, row in held.items() if each not in reused and _is_older(told[each], row)}
    restored = _missed(connection, source=source, external_ids=sorted(older))
    judged = [
        (item, held[external_id])
        for external_id, item in told.items()
        if external_id in held and external_id not in reused and (external_id not in older or external_id in restored)
    ]
    moving = {link.to_id for link in batch.links if link.kind == "child"}
    parents = _streamed_parents(connection, source=source, children=[row["external_id"] for _, row in judged])
    for item, row in judged:
        if _is_same_age(item, row) or row["external_id"] in restored:
            found[row["external_id"]] |= _differing(row, rows.item_row(item, clean=Cleaner()))
            if row["external_id"] not in moving:
                found[row["external_id"]] |= _other_parent(row, item, parents)
    _forget_digests(connection, source=source, external_ids=[each for each, what in found.items() if what])
    _forget_ages(connection, source=source, external_ids=restored)
    _mend_changes(connection, batch, judged, found, source=source, known_at=known_at, whole=whole, restored=restored)
    for external_id, what in _contradicted_links(connection, batch.links, source=source).items():
        found[external_id] |= what
    differences = {external_id: what for external_id, what in found.items() if what}
    _enter(connection, differences, source=source, run_id=run_id, at=known_at)
    return Mended(differences=differences, reused=reused)


def with_hidden_parents(
    connection: Connection, items: Sequence[WorkItem], changes: Iterable[Change], *, source: str
) -> Sequence[WorkItem]:
    """The items as told; those that name no parent, though theirs is only hidden from us, with the one that we hold.

    Jira leaves out a parent that the token may not see. `changes` are the whole histories of these items. Of an older
    copy than ours, as after a tracker was restored, nothing is known of its parent but what it says. What has become of
    its parent's own type lies below it no more.
    """
    clean = Cleaner()
    bare = {clean.text(item.external_id): item for item in items if item.parent_id is None}
    columns = ("parent_id", "created_at", "updated_at", "revision")
    found = writing.held_keys(connection, source=source, external_ids=list(bare), columns=columns)
    held = {
        row["external_id"]: row
        for row in found
        if not is_another(born=row["created_at"], told=bare[row["external_id"]])
        and not _is_older(bare[row["external_id"]], row)
    }
    if not held:
        return items
    told: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.external_id in held:
            told[change.external_id].append(change)
    parents = {
        external_id: clean.text(parent)
        for external_id, row in held.items()
        if (parent := hidden_parent(row["parent_id"], told[external_id], since=row["updated_at"])) is not None
    }
    ids = sorted({*parents.values()})
    known = writing.held_keys(connection, source=source, external_ids=ids, columns=("type",))
    types = {row["external_id"]: row["type"] for row in known}
    return [
        replace(item, parent_id=parent)
        if item.parent_id is None
        and (parent := parents.get(item.external_id)) is not None
        and types.get(parent, item.type) != item.type
        else item
        for item in items
    ]


def hidden_parent(held: str | None, changes: Sequence[Change], *, since: int) -> str | None:
    """The parent of an item that its tracker tells without one; None where it has none, for all we know.

    `held` is the parent of then, when the item was told as of `since`. What is taken away is logged, so that the
    parent of then is still there.

    ```
    told below A ──> A hidden, no change of the parent:  A
                     B given since, and hidden:          B
                     taken away:                         none
    ```
    """
    moves = [change for change in changes if change.field == "parent"]
    last = max(moves, key=lambda change: (change.occurred_at, change.sequence), default=None)
    if last is None:
        return held
    if last.to_id is None and last.to_value is None:
        return None
    return held if micros(last.occurred_at) <= since else last.to_id


def whole_histories(batch: Batch) -> set[str]:
    """Items whose histories a batch tells whole, with their raw answers: Jira tells an issue's history at once."""
    told = {raw.external_id for raw in batch.raws if raw.kind.startswith("history:")}
    return {each for each, state in batch.histories.items() if state is HistoryState.COMPLETE and each in told}


def whole_revisions(batch: Batch) -> set[str]:
    """Items that a batch tells from their first revision on: where it contradicts what is held, they are told anew."""
    told = {raw.external_id for raw in batch.raws if raw.kind == "revision:1"}
    return {each for each, state in batch.histories.items() if state is HistoryState.COMPLETE and each in told}


def renamed(differences: Differences) -> set[str]:
    """Items that differ in how they are called alone: the rename of a project or an area dates none of them anew."""
    return {each for each, what in differences.items() if _NAMES & what.keys() and _says_names_only(what)}


def is_another(*, born: int, told: WorkItem) -> bool:
    """An id that a restored server gave away again: the item that bears it was made at another time."""
    return abs(micros(told.created_at) - born) > SAME_BIRTH_SECONDS * 1_000_000


def supersede(connection: Connection, changes: Iterable[Row], *, source: str, until: int) -> None:
    """What we believed until now: out of `changes`, into `former_changes`; its raw answers are read no more."""
    for row in changes:
        where = and_(
            CHANGES.c.source == source,
            CHANGES.c.external_id == row["external_id"],
            CHANGES.c.change_id == row["change_id"],
        )
        writing.insert_if_new(connection, FORMER_CHANGES, {**row, "known_until": until})
        connection.execute(CHANGES.delete().where(where))
        for kind in _raw_kinds(row["change_id"]):
            connection.execute(
                RAWS.update()
                .where(RAWS.c.source == source, RAWS.c.external_id == row["external_id"], RAWS.c.kind == kind)
                .values(kind=f"former:{kind}:{until}")
            )


def _held_rows(connection: Connection, *, source: str, external_ids: list[str]) -> dict[str, RowMapping]:
    names = [column.name for column in ITEMS.columns if column.name not in ("source", "external_id")]
    found = writing.held_keys(connection, source=source, external_ids=external_ids, columns=names)
    return {row["external_id"]: row for row in found}


def _missed(connection: Connection, *, source: str, external_ids: list[str]) -> set[str]:
    """Those that were removed because they were missed."""
    where = writing.was_missed()
    found = writing.held_keys(connection, source=source, external_ids=external_ids, columns=(), where=where)
    return {row["external_id"] for row in found}


def _keep_former(connection: Connection, row: RowMapping, *, source: str, at: int) -> str:
    """The item that bore the id before keeps its rows under a name of its own, removed since now."""
    former = f"{row['external_id']}@{moment(row['created_at']):%Y-%m-%dT%H:%M:%SZ}"
    for table in (CHANGES, FORMER_CHANGES, RAWS, ITEMS):
        connection.execute(
            table.update()
            .where(table.c.source == source, table.c.external_id == row["external_id"])
            .values(external_id=former)
        )
    connection.execute(
        UNREADABLE.delete().where(UNREADABLE.c.source == source, UNREADABLE.c.external_id == row["external_id"])
    )
    if row["removed_at"] is None:
        writing.remove_items(connection, source=source, external_ids=[former], at=at, reason="id_reused")
    return former


def _is_older(item: WorkItem, row: RowMapping) -> bool:
    told, held = _ages(item, row)
    return told < held


def _is_same_age(item: WorkItem, row: RowMapping) -> bool:
    told, held = _ages(item, row)
    return told == held


def _ages(item: WorkItem, row: RowMapping) -> tuple[int, int]:
    """What is told and what is held, by revision where both have one."""
    if item.revision is not None and row["revision"] is not None:
        return item.revision, int(row["revision"])
    return micros(item.updated_at), int(row["updated_at"])


def _says_names_only(what: Mapping[str, list[Any]]) -> bool:
    """Links are held by the keys that they lead to: within a project that was renamed these change, too."""
    if not what.keys() <= {*_NAMES, "url", "links"}:
        return False
    held, told = what.get("links", ("", ""))
    was, is_now = what.get("project", ("", ""))
    return bool(held == told or (was and held and held.replace(f'"{was}-', f'"{is_now}-') == told))


def _differing(held: RowMapping, told: Row) -> dict[str, list[Any]]:
    """What is told otherwise than it is held. Ranks move, and versions are released, without a new date: no mistake."""
    return {
        name: [held[name], value]
        for name, value in told.items()
        if name in held
        and name not in _WORKED_OUT
        and held[name] != value
        and not (name == "fields" and _dated(held[name]) == _dated(value))
    }


def _dated(fields: str | None) -> dict[str, str]:
    return {name: text for name, text in json.loads(fields or "{}").items() if name not in UNDATED}


def _other_parent(held: RowMapping, item: WorkItem, streamed: Mapping[str, str | None]) -> dict[str, list[Any]]:
    says = streamed.get(item.external_id, item.parent_id)
    return {} if held["parent_id"] == says else {"parent_id": [held["parent_id"], says]}


def _streamed_parents(connection: Connection, *, source: str, children: Sequence[str]) -> dict[str, str | None]:
    """Parents as the stream of links says, for the items of which it says anything."""
    found: dict[str, str | None] = {}
    for start in range(0, len(children), writing.FEW):
        query = (
            select(ITEM_LINKS.c.to_id, ITEM_LINKS.c.from_id, ITEM_LINKS.c.active)
            .where(
                ITEM_LINKS.c.source == source,
                ITEM_LINKS.c.kind == "child",
                ITEM_LINKS.c.to_id.in_(children[start : start + writing.FEW]),
            )
            .order_by(ITEM_LINKS.c.changed_at, ITEM_LINKS.c.from_id)
        )
        for child, parent, active in connection.execute(query):
            found.setdefault(child, None)
            if active:
                found[child] = parent
    return found


def _contradicted_links(connection: Connection, links: Sequence[LinkEvent], *, source: str) -> Differences:
    """Links that we hold otherwise than the stream tells them of the same instant, by the item they lead to."""
    told = {(link.from_id, link.to_id, link.kind): link for link in links}
    found: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    ends = sorted({link.to_id for link in links})
    for start in range(0, len(ends), writing.FEW):
        query = select(ITEM_LINKS).where(
            ITEM_LINKS.c.source == source, ITEM_LINKS.c.to_id.in_(ends[start : start + writing.FEW])
        )
        for row in connection.execute(query).mappings():
            link = told.get((row["from_id"], row["to_id"], row["kind"]))
            if link is not None and micros(link.changed_at) == row["changed_at"] and link.active != row["active"]:
                found[row["to_id"]][f"link {row['kind']} {row['from_id']}"] = [row["active"], link.active]
    return found


def _children_of_new_links(connection: Connection, links: Sequence[LinkEvent], *, source: str) -> set[str]:
    """The lower ends of links of which we have not heard this word yet."""
    told = [link for link in links if link.kind == "child"]
    held: dict[tuple[str, str], int] = {}
    ends = sorted({link.to_id for link in told})
    for start in range(0, len(ends), writing.FEW):
        query = select(ITEM_LINKS.c.from_id, ITEM_LINKS.c.to_id, ITEM_LINKS.c.changed_at).where(
            ITEM_LINKS.c.source == source,
            ITEM_LINKS.c.kind == "child",
            ITEM_LINKS.c.to_id.in_(ends[start : start + writing.FEW]),
        )
        held |= {(row[0], row[1]): row[2] for row in connection.execute(query)}
    return {link.to_id for link in told if held.get((link.from_id, link.to_id), -1) < micros(link.changed_at)}


def _mend_changes(
    connection: Connection,
    batch: Batch,
    judged: Sequence[tuple[WorkItem, RowMapping]],
    found: dict[str, dict[str, list[Any]]],
    *,
    source: str,
    known_at: int,
    whole: Collection[str],
    restored: Collection[str],
) -> None:
    """Set aside changes that are told otherwise or no more, and put back those that we have lost.

    Of a `restored` item nothing is true any more that is later than its copy, however little of its past is told.
    """
    told: dict[str, dict[str, Row]] = defaultdict(dict)
    for change in batch.changes:
        row = rows.change_row(change, known_at=known_at, clean=Cleaner())
        told[row["external_id"]][row["change_id"]] = row
    ids = [row["external_id"] for _, row in judged if row["external_id"] in told or row["external_id"] in restored]
    ends = {row["external_id"]: micros(item.updated_at) for item, row in judged if row["external_id"] in restored}
    held = _held_changes(connection, source=source, external_ids=ids)
    lost: dict[str, list[Row]] = {}
    moved = _children_of_new_links(connection, batch.links, source=source)  # that is news, though the item stays as old
    same_age = {row["external_id"] for item, row in judged if _is_same_age(item, row)} - moved
    for external_id in ids:
        mine, theirs = held.get(external_id, {}), told[external_id]
        gone = [
            row for row in mine.values()
            if (external_id in whole and _has_vanished(row, theirs))
            or (external_id in ends and _is_undone(row, theirs, since=ends[external_id]))
        ]  # fmt: skip
        other = [mine[each] for each in mine.keys() & theirs.keys() if _reads_otherwise(mine[each], theirs[each])]
        supersede(connection, [*gone, *other], source=source, until=known_at)
        for row in gone:
            found[external_id][f"change {row['change_id']}"] = [_words(row), None]
        for row in other:
            found[external_id][f"change {row['change_id']}"] = [_words(row), _words(theirs[row["change_id"]])]
        if new := [row for change_id, row in theirs.items() if change_id not in mine]:
            lost[external_id] = new
    _put_back(connection, lost, found, source=source, same_age=same_age)


def _held_changes(connection: Connection, *, source: str, external_ids: Sequence[str]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for start in range(0, len(external_ids), writing.FEW):
        query = select(CHANGES).where(
            CHANGES.c.source == source, CHANGES.c.external_id.in_(external_ids[start : start + writing.FEW])
        )
        for row in connection.execute(query).mappings():
            found[row["external_id"]][row["change_id"]] = dict(row)
    return found


def _has_vanished(row: Row, told: Mapping[str, Row]) -> bool:
    """Is a change told no more? A history whose beginning is cut off, or that is empty, says nothing of the rest.

    Nor does one of revisions say anything of parents, which links tell.
    """
    if row["change_id"].startswith("link:"):
        return False
    earliest = min((each["occurred_at"] for each in told.values()), default=None)
    return row["change_id"] not in told and earliest is not None and earliest <= row["occurred_at"]


def _is_undone(row: Row, told: Mapping[str, Row], *, since: int) -> bool:
    """Is a change told no more, by a copy that is older than it? Links tell of parents."""
    return not row["change_id"].startswith("link:") and row["change_id"] not in told and row["occurred_at"] > since


def _reads_otherwise(held: Row, told: Row) -> bool:
    return any(held[name] != value for name, value in told.items() if name not in _OUR_ORDER)


def _put_back(
    connection: Connection,
    lost: Mapping[str, Sequence[Row]],
    found: dict[str, dict[str, list[Any]]],
    *,
    source: str,
    same_age: Collection[str],
) -> None:
    """Changes that we do not hold, though we hold the raw answer that tells them, are known since we hold that.

    Those of an item that was set aside are news: their raw answers were kept, and nobody has read them before.
    """
    aside = _set_aside(connection, source=source, external_ids=list(lost))
    for external_id, changes in lost.items():
        kinds = {kind for row in changes for kind in _raw_kinds(row["change_id"])}
        query = select(RAWS.c.kind, RAWS.c.known_at).where(
            RAWS.c.source == source, RAWS.c.external_id == external_id, RAWS.c.kind.in_(sorted(kinds))
        )
        read_until = aside.get(external_id)
        since: dict[str, int] = {
            row[0]: row[1] for row in connection.execute(query) if read_until is None or row[1] < read_until
        }
        for row in changes:
            learned = next((since[kind] for kind in _raw_kinds(row["change_id"]) if kind in since), None)
            if learned is not None:
                writing.insert_if_new(connection, CHANGES, {**row, "known_at": learned})
            if learned is not None or external_id in same_age:
                found[external_id][f"change {row['change_id']}"] = [None, _words(row)]


def _set_aside(connection: Connection, *, source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Since when those of the items are set aside that are."""
    found: dict[str, int] = {}
    for start in range(0, len(external_ids), writing.FEW):
        query = select(UNREADABLE.c.external_id, UNREADABLE.c.first_seen_at).where(
            UNREADABLE.c.source == source, UNREADABLE.c.external_id.in_(external_ids[start : start + writing.FEW])
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def _raw_kinds(change_id: str) -> tuple[str, str]:
    entry = change_id.split(":", maxsplit=1)[0]
    return f"history:{entry}", f"revision:{entry}"


def _words(row: Row) -> str:
    return (
        f"{row['field']}: {row['from_value']} -> {row['to_value']} at {moment(row['occurred_at']):%Y-%m-%dT%H:%M:%SZ}"
    )


def _forget_digests(connection: Connection, *, source: str, external_ids: Collection[str]) -> None:
    """A digest vouches for a row; without it the row is written whole."""
    writing.update_items(connection, source=source, external_ids=external_ids, values={"digest": ""})


def _forget_ages(connection: Connection, *, source: str, external_ids: Collection[str]) -> None:
    """Their raw answers give way to older ones."""
    for part in writing.parts(sorted(external_ids)):
        connection.execute(
            RAWS.update()
            .where(RAWS.c.source == source, RAWS.c.external_id.in_(part), RAWS.c.kind == "item")
            .values(guard_revision=None, guard_updated_at=None)
        )


def _enter(connection: Connection, differences: Differences, *, source: str, run_id: int, at: int) -> None:
    for external_id, what in differences.items():
        query = select(MENDS.c.differences).where(
            MENDS.c.run_id == run_id, MENDS.c.source == source, MENDS.c.external_id == external_id
        )
        before = connection.execute(query).scalar_one_or_none()
        row = {
            "run_id": run_id, "source": source, "external_id": external_id, "mended_at": at,
            "differences": Cleaner().json({**(json.loads(before) if before else {}), **what}),
        }  # fmt: skip
        writing.upsert_row(connection, MENDS, row)
