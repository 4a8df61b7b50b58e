"""What blocks items: the links they bear or bore, and the items at their other ends, read together.

```
item ── its links, its changes of links, the words of a stream ──> names ──> the items that bear them, their moves
```

When a link stood, `domain/links.py` decides; here is only read what it needs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from domain.change import Change
from domain.links import HISTORY, Blocking, LinkWord, Other, blocker_names, blockings
from domain.work_item import HeldItem
from sync.store import rows, writing
from sync.store.beliefs import believed
from sync.store.instants import micros, moment
from sync.store.tables import BLOCKINGS, CHANGES, ITEMS, LINK_WORDS, RENAMED


@dataclass(frozen=True, kw_only=True)
class Found:
    """What may block each of some items, by external id: by every name it was given, and as it stood in time."""

    names: Mapping[str, set[str]]
    blockings: Mapping[str, tuple[Blocking, ...]]


def read_blockings(
    connection: Connection,
    held: Sequence[HeldItem],
    *,
    source: str,
    changes: Mapping[str, Sequence[Change]] | None = None,
    known_at: datetime | None = None,
) -> Found:
    """What blocks items of one source. `changes` are theirs, by external id, where somebody has them already.

    With `known_at`: as was known then.
    """
    ids = [one.item.external_id for one in held]
    told = _changes(connection, source, ids, ("links",)) if changes is None else changes
    words = _words(connection, source, ids)
    names = {
        one.item.external_id: named
        for one in held
        if (named := blocker_names(one, told.get(one.item.external_id, ()), words.get(one.item.external_id, ())))
    }
    others = _bearers(connection, source, sorted(set(chain.from_iterable(names.values()))), known_at=known_at)
    found: dict[str, tuple[Blocking, ...]] = {}
    for one in held:
        external_id = one.item.external_id
        if external_id not in names:
            continue
        theirs = {each[0].item.external_id: each for name in names[external_id] for each in others.get(name, ())}
        names[external_id] |= set(theirs)
        found[external_id] = blockings(
            one, told.get(external_id, ()), words=words.get(external_id, ()), others=theirs.values(), known_at=known_at
        )
    return Found(names=names, blockings=found)


def remember(connection: Connection, *, source: str, external_ids: Sequence[str], found: Found) -> None:
    """Write down on whom the journeys of these items depend, so that the database can note when that changes."""
    for part in writing.parts(external_ids):
        connection.execute(BLOCKINGS.delete().where(BLOCKINGS.c.source == source, BLOCKINGS.c.external_id.in_(part)))
    told = [
        {"source": source, "name": name, "external_id": external_id}
        for external_id, names in found.names.items()
        for name in names
    ]
    writing.insert_missing(connection, BLOCKINGS, told)


def ever_linked(connection: Connection, source: str) -> list[str]:
    """Items of a source that anything may ever have blocked."""
    bearing = ITEMS.c.links.contains('"blocked_by"', autoescape=True)
    questions = (
        select(ITEMS.c.external_id).where(ITEMS.c.source == source, bearing),
        select(CHANGES.c.external_id).where(CHANGES.c.source == source, CHANGES.c.field == "links").distinct(),
        select(LINK_WORDS.c.to_id).where(LINK_WORDS.c.source == source).distinct(),
    )
    return sorted({external_id for query in questions for external_id in connection.execute(query).scalars()})


def _words(connection: Connection, source: str, external_ids: Sequence[str]) -> Mapping[str, list[LinkWord]]:
    found: dict[str, list[LinkWord]] = defaultdict(list)
    for part in writing.parts(external_ids):
        query = select(LINK_WORDS).where(LINK_WORDS.c.source == source, LINK_WORDS.c.to_id.in_(part))
        for row in connection.execute(query).mappings():
            word = LinkWord(
                source=source, from_id=row["from_id"], to_id=row["to_id"], kind=row["kind"], active=row["active"],
                changed_at=moment(row["changed_at"]), known_at=moment(row["known_at"]),
            )  # fmt: skip
            found[word.to_id].append(word)
    return found


def _bearers(
    connection: Connection, source: str, names: Sequence[str], *, known_at: datetime | None
) -> Mapping[str, list[Other]]:
    """The items that bear a name, as their id or a key of today or once, by that name.

    Each comes with the changes that say it was done.
    """
    then: list[ColumnElement[bool]] = [] if known_at is None else [ITEMS.c.first_known_at <= micros(known_at)]
    held: dict[str, HeldItem] = {}
    for part in writing.parts(names):
        for column in (ITEMS.c.external_id, ITEMS.c.key):
            query = select(ITEMS).where(ITEMS.c.source == source, column.in_(part), *then)
            held |= {row["external_id"]: rows.held_item(row) for row in connection.execute(query).mappings()}
    met = {name for one in held.values() for name in (one.item.external_id, one.item.key)}
    for part in writing.parts(_renamed(connection, source, set(names) - met)):
        query = select(ITEMS).where(ITEMS.c.source == source, ITEMS.c.external_id.in_(part), *then)
        held |= {row["external_id"]: rows.held_item(row) for row in connection.execute(query).mappings()}
    changes = _changes(connection, source, sorted(held), HISTORY, known_at=known_at)
    found: dict[str, list[Other]] = defaultdict(list)
    for external_id, one in sorted(held.items()):
        for name in dict.fromkeys((external_id, one.item.key, *one.item.previous_keys)):
            found[name].append((one, tuple(changes.get(external_id, ()))))
    return found


def _renamed(connection: Connection, source: str, names: Set[str]) -> list[str]:
    """The items that once bore one of these keys, as those do that were moved to another project."""
    if not names:
        return []
    query = select(ITEMS.c.external_id, ITEMS.c.previous_keys).where(ITEMS.c.source == source, RENAMED)
    return sorted(row[0] for row in connection.execute(query) if not names.isdisjoint(json.loads(row[1])))


def _changes(
    connection: Connection,
    source: str,
    external_ids: Sequence[str],
    fields: Iterable[str],
    *,
    known_at: datetime | None = None,
) -> Mapping[str, list[Change]]:
    """Some items' changes of some fields, each item's oldest first; as they were believed at `known_at`."""
    changes = believed(known_at)
    told: Any = changes.c
    found: dict[str, list[Change]] = defaultdict(list)
    for part in writing.parts(external_ids):
        query = (
            select(changes)
            .where(and_(told.source == source, told.external_id.in_(part), told.field.in_(sorted(fields))))
            .order_by(told.external_id, told.occurred_at, told.sequence, told.change_id)
        )
        for row in connection.execute(query).mappings():
            found[row["external_id"]].append(rows.change(row))
    return found
