"""Journeys kept beside the items, and never one that is stale. Functions work inside the caller's transaction.

```
a row of items or changes changes ──> untraced ──> traced and placed in the same transaction, by what `cli` handed us
                  (the database notes it)    └───> or, where nobody did, not believed by anyone who reads
a row of what blocks an item changes ──^
```

What a tracing is stands in `metrics`, which we do not know; that its mapping has changed, its digests say.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, or_, select

from domain.change import Change
from domain.journey import Placement, Stretch
from domain.kept import KeptJourney
from domain.links import Blocking
from domain.period import Period
from domain.placing import what_places
from domain.work_item import HeldItem, ItemId, Status
from domain.workflow import Workflow
from sync.store import rows, writing
from sync.store.blockings import read_blockings, remember
from sync.store.store import Store
from sync.store.tables import CHANGES, ITEMS, JOURNEYS, PLACES, STATUSES, UNTRACED

AT_ONCE = 1_000  # items in one transaction
_log = logging.getLogger("vmo.journeys")


class Tracing(Protocol):
    """How journeys are traced and items placed today. `cli` hands one in, made by `metrics.kept`."""

    def traced_with(self, source: str, statuses: Iterable[Status]) -> str: ...
    def placed_with(self) -> str: ...
    def workflow(self, statuses: Iterable[Status]) -> Workflow: ...
    def trace(
        self,
        held: HeldItem,
        changes: Sequence[Change],
        *,
        workflow: Workflow,
        traced_with: str,
        blockings: Sequence[Blocking],
    ) -> KeptJourney: ...
    def place(self, items: Iterable[HeldItem]) -> Mapping[ItemId, Placement]: ...


def refresh(connection: Connection, tracing: Tracing, *, source: str) -> int:
    """Trace what has changed in this transaction or before it, some at a time; return how many items that were."""
    if noted := _noted(connection, tracing, source=source, after="", limit=AT_ONCE):
        _trace(connection, tracing, source=source, external_ids=noted)
    return len(noted)


def catch_up(
    store: Store, tracing: Tracing, *, sources: Collection[str], go_on: Callable[[], bool] = lambda: True
) -> int:
    """Trace and place anew whatever is stale or was never traced, in transactions of some items; return how many.

    That is everything after the mapping changed, and little else. `go_on` False ends it: what is left stays stale.
    """
    total = 0
    for source in sources:
        for stale, mend in ((_noted, _trace), (_untraced, _trace), (_displaced, _place)):
            last = ""
            while go_on():
                some = _Some(tracing=tracing, source=source, after=last, stale=stale, mend=mend)
                found = store.write(some.mended)
                if not found:
                    break
                total, last = total + len(found), found[-1]
    return total


@dataclass(frozen=True, kw_only=True)
class _Some:
    """The next stale items after one, and what mends them."""

    tracing: Tracing
    source: str
    after: str
    stale: Callable[..., list[str]]
    mend: Callable[..., None]

    def mended(self, connection: Connection) -> list[str]:
        found = self.stale(connection, self.tracing, source=self.source, after=self.after, limit=AT_ONCE)
        if found:
            self.mend(connection, self.tracing, source=self.source, external_ids=found)
        return found


def _noted(connection: Connection, _: Tracing, *, source: str, after: str, limit: int) -> list[str]:
    """What the database has noted: items that changed, and ids that no item bears any more."""
    query = select(UNTRACED.c.external_id).where(UNTRACED.c.source == source, UNTRACED.c.external_id > after)
    return list(connection.execute(query.order_by(UNTRACED.c.external_id).limit(limit)).scalars())


def _untraced(connection: Connection, tracing: Tracing, *, source: str, after: str, limit: int) -> list[str]:
    """Items without a journey, or with one that was traced with something else; by id."""
    traced_with = tracing.traced_with(source, _statuses(connection))
    query = (
        select(ITEMS.c.external_id)
        .outerjoin(JOURNEYS, _same(JOURNEYS, ITEMS))
        .where(
            ITEMS.c.source == source,
            ITEMS.c.external_id > after,
            or_(JOURNEYS.c.source.is_(None), JOURNEYS.c.traced_with != traced_with),
        )
        .order_by(ITEMS.c.external_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _displaced(connection: Connection, tracing: Tracing, *, source: str, after: str, limit: int) -> list[str]:
    placed_with = func.coalesce(JOURNEYS.c.placed_with, "")
    query = (
        select(JOURNEYS.c.external_id)
        .where(JOURNEYS.c.source == source, JOURNEYS.c.external_id > after, placed_with != tracing.placed_with())
        .order_by(JOURNEYS.c.external_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


# --- tracing


def _trace(connection: Connection, tracing: Tracing, *, source: str, external_ids: Sequence[str]) -> None:
    """Trace items, and place those whose place may have changed, with everything below them."""
    statuses = _statuses(connection)
    workflow, traced_with = tracing.workflow(statuses), tracing.traced_with(source, statuses)
    held = _held(connection, source=source, external_ids=external_ids)
    changes = _changes(connection, source=source, external_ids=external_ids)
    linked = read_blockings(connection, list(held.values()), source=source, changes=changes)
    remember(connection, source=source, external_ids=external_ids, found=linked)
    traced: list[KeptJourney] = []
    untraceable: set[str] = set()
    for external_id, one in held.items():
        try:
            its_blockings = linked.blockings.get(external_id, ())
            traced.append(
                tracing.trace(
                    one, changes[external_id], workflow=workflow, traced_with=traced_with, blockings=its_blockings
                )
            )
        except Exception as error:  # no item may keep a sync from going on; this one is traced when it is asked for
            _log.exception("%s: the journey of %s cannot be traced (%s)", source, external_id, type(error).__name__)
            untraceable.add(external_id)
    writing.save_rows(connection, JOURNEYS, [one._asdict() for one in traced], kept=("placed_with", "place", "shown"))
    gone = [external_id for external_id in external_ids if external_id not in held or external_id in untraceable]
    for part in writing.parts(gone):
        connection.execute(JOURNEYS.delete().where(_are(JOURNEYS, source, part)))
    for part in writing.parts([each for each in external_ids if each not in untraceable]):
        connection.execute(UNTRACED.delete().where(_are(UNTRACED, source, part)))
    moved = _moved(connection, held, traced, tracing, source=source)
    _place(connection, tracing, source=source, external_ids=[*moved, *gone])


def _held(connection: Connection, *, source: str, external_ids: Sequence[str]) -> dict[str, HeldItem]:
    found: dict[str, HeldItem] = {}
    for part in writing.parts(external_ids):
        for row in connection.execute(select(ITEMS).where(_are(ITEMS, source, part))).mappings():
            found[row["external_id"]] = rows.held_item(row)
    return found


def _changes(connection: Connection, *, source: str, external_ids: Sequence[str]) -> Mapping[str, list[Change]]:
    """All changes of the items, each item's oldest first."""
    told = CHANGES.c
    found: dict[str, list[Change]] = defaultdict(list)
    for part in writing.parts(external_ids):
        query = select(CHANGES).where(_are(CHANGES, source, part))
        query = query.order_by(told.source, told.external_id, told.occurred_at, told.sequence, told.change_id)
        for row in connection.execute(query).mappings():
            found[row["external_id"]].append(rows.change(row))
    return found


# --- placing


def _moved(
    connection: Connection,
    held: Mapping[str, HeldItem],
    traced: Sequence[KeptJourney],
    tracing: Tracing,
    *,
    source: str,
) -> list[str]:
    """Which of the traced items show something else than when they were placed, or were placed by other rules."""
    placed_with = tracing.placed_with()
    before: dict[str, tuple[int | None, str | None]] = {}
    for part in writing.parts([one.external_id for one in traced]):
        query = select(JOURNEYS.c.external_id, JOURNEYS.c.shown, JOURNEYS.c.placed_with)
        before |= {row[0]: (row[1], row[2]) for row in connection.execute(query.where(_are(JOURNEYS, source, part)))}
    return [
        one.external_id
        for one in traced
        if before[one.external_id] != (_shown(_as_counted(held[one.external_id], one)), placed_with)
    ]


def _place(connection: Connection, tracing: Tracing, *, source: str, external_ids: Sequence[str]) -> None:
    """Place items and all that is below them: what is below inherits."""
    placed_with = tracing.placed_with()
    for part in writing.parts(_with_all_below(connection, source=source, external_ids=external_ids)):
        wanted = set(part)
        family = _with_all_above(connection, source=source, external_ids=part)
        places = tracing.place(family.values())
        named = {item_id: _place_row(placement) for item_id, placement in places.items() if item_id[1] in wanted}
        rows_of_places = {row["place"]: row for row in named.values()}
        writing.insert_missing(connection, PLACES, list(rows_of_places.values()))
        told = [
            {"item": item_id.external_id, "at": row["place"], "shows": _shown(family[item_id.external_id])}
            for item_id, row in named.items()
        ]
        if told:
            connection.execute(
                JOURNEYS.update()
                .where(JOURNEYS.c.source == source, JOURNEYS.c.external_id == bindparam("item"))
                .values(place=bindparam("at"), shown=bindparam("shows"), placed_with=placed_with),
                told,
            )


def _with_all_below(connection: Connection, *, source: str, external_ids: Sequence[str]) -> list[str]:
    found = dict.fromkeys(external_ids)
    frontier = list(external_ids)
    while frontier:
        below: list[str] = []
        for part in writing.parts(frontier):
            query = select(JOURNEYS.c.external_id).where(
                JOURNEYS.c.source == source, JOURNEYS.c.counted_parent_id.in_(part)
            )
            below += connection.execute(query).scalars()
        frontier = [each for each in below if each not in found]
        found |= dict.fromkeys(frontier)
    return list(found)


def _with_all_above(connection: Connection, *, source: str, external_ids: Sequence[str]) -> dict[str, HeldItem]:
    """The items as they count, and all parents of theirs that we hold."""
    family: dict[str, HeldItem] = {}
    looked_for: set[str] = set()  # not every parent is held
    frontier = list(external_ids)
    while frontier:
        looked_for.update(frontier)
        above: dict[str, None] = {}
        for part in writing.parts(frontier):
            kept = {row["external_id"]: row for row in _counting(connection, source, part)}
            for external_id, held in _held(connection, source=source, external_ids=part).items():
                family[external_id] = one = _counted(held, kept.get(external_id))
                if one.item.parent_id is not None:
                    above[one.item.parent_id] = None
        frontier = [each for each in above if each not in looked_for]
    return family


def _counting(connection: Connection, source: str, external_ids: Sequence[str]) -> Iterator[RowMapping]:
    query = select(JOURNEYS.c.external_id, JOURNEYS.c.counted_type, JOURNEYS.c.counted_parent_id)
    yield from connection.execute(query.where(_are(JOURNEYS, source, external_ids))).mappings()


def _counted(held: HeldItem, row: RowMapping | None) -> HeldItem:
    """The item as it counts; one whose journey was never traced counts as it is, until it is."""
    if row is None:
        return held
    return replace(held, item=replace(held.item, type=row["counted_type"], parent_id=row["counted_parent_id"]))


def _as_counted(held: HeldItem, kept: KeptJourney) -> HeldItem:
    return replace(held, item=replace(held.item, type=kept.counted_type, parent_id=kept.counted_parent_id))


def _shown(held: HeldItem) -> int:
    return _number(repr(what_places(held.item)))


def _place_row(placement: Placement) -> dict[str, Any]:
    row = {
        "level": placement.level,
        "kind": placement.kind,
        "value_stream": placement.value_stream,
        "train": placement.train,
        "team": placement.team,
        "themes": json.dumps(_themes(placement)),
    }
    return {"place": _number(repr(sorted(row.items()))), **row}


def _themes(placement: Placement) -> Any:
    """The shares of themes; where other days have others, those of the day of placing, and of each stretch of days."""
    if not placement.stretches:
        return _shares(placement.themes)
    stretches = [
        [one.days.start.isoformat(), one.days.end.isoformat(), _shares(one.themes)] for one in placement.stretches
    ]
    return {"now": _shares(placement.themes), "stretches": stretches}


def _shares(themes: Mapping[str, Decimal]) -> list[list[str]]:
    return [[theme, str(share)] for theme, share in themes.items()]


def placement(row: RowMapping) -> Placement:
    """A place as the nouns say it."""
    told = json.loads(row["themes"])
    now, stretches = (told["now"], told["stretches"]) if isinstance(told, dict) else (told, [])
    return Placement(
        level=row["level"],
        kind=row["kind"],
        themes=_themes_of(now),
        value_stream=row["value_stream"],
        train=row["train"],
        team=row["team"],
        stretches=tuple(
            Stretch(days=Period(date.fromisoformat(start), date.fromisoformat(end)), themes=_themes_of(shares))
            for start, end, shares in stretches
        ),
    )


def _themes_of(shares: Iterable[Sequence[str]]) -> dict[str, Decimal]:
    return {theme: Decimal(share) for theme, share in shares}


def _number(text: str) -> int:
    """63 bits that name a text: no two of a million differ by chance in less than one case of ten million."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()) >> 1


def _statuses(connection: Connection) -> list[Status]:
    return [rows.status(row) for row in connection.execute(select(STATUSES)).mappings()]


def _are(table: Any, source: str, external_ids: Collection[str]) -> Any:
    return and_(table.c.source == source, table.c.external_id.in_(external_ids))


def _same(left: Any, right: Any) -> Any:
    return and_(left.c.source == right.c.source, left.c.external_id == right.c.external_id)
