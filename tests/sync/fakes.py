"""A tracker that says what a test wrote down, and a clock that stands until it is moved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from connectors.base import (
    Batch,
    Cursor,
    Inspection,
    KnownItems,
    Preflight,
    Presence,
    Raw,
    Reading,
    Scope,
    SourceSettings,
    Unread,
    UnreadableAnswerError,
)
from domain.change import Change
from domain.work_item import HistoryState, StatusCategory, WorkItem
from sync.engine import Progress, sync_source
from sync.store import RunRecord, Store
from sync.store.tables import METADATA
from sync.sweep import sweep_source

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    """Stands at noon of 2 March 2026 until a test moves it."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


Step = Batch | BaseException | Callable[[], object]


class FakeConnector:
    """Yields the steps of `script`, one list a run: a batch is yielded, an error raised, a function called."""

    def __init__(self, *script: Sequence[Step], name: str = "claims", **settings: Any) -> None:
        self.settings = SourceSettings(
            name=name, kind="jira", url="https://claims.example.com", token="secret-token", **settings
        )
        self.script = list(script)
        self.identity = "account-1"
        self.server_time = NOON - timedelta(seconds=30)
        self.scopes: tuple[Scope, ...] = (Scope(id="10", key="CLM", name="Claims"),)
        self.refusal: BaseException | None = None
        self.refused: tuple[Unread, ...] = ()
        self.ids: list[str] = []
        self.answers: dict[str, Presence] = {}
        self.cursors: list[tuple[Cursor | None, bool]] = []
        self.probed: list[str] = []
        self.chunks: list[list[str]] = []
        self.bearers: dict[str, str] = {}  # ids of fields by name, where they are not the name
        self.read_by: Mapping[str, str] = {}
        self.mapping: Callable[[Sequence[Raw]], Reading] | None = None

    def preflight(self) -> Preflight:
        if self.refusal is not None:
            raise self.refusal
        return Preflight(
            product="Jira Cloud 1001.0.0",
            identity=self.identity,
            identity_name=f"Owner of {self.identity}",
            server_time=self.server_time,
            server_zone="UTC",
            scopes=self.scopes,
        )

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        self.cursors.append((cursor, full))
        for step in self.script.pop(0) if self.script else []:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, Batch):
                yield step
            else:
                known.newest_update()  # so that all batches before this step are written
                step()

    def census(self) -> Iterator[Sequence[str]]:
        yield from (self.ids[start : start + 3] for start in range(0, len(self.ids), 3))

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        self.probed.extend(external_ids)
        return {external_id: self.answers.get(external_id, Presence.ABSENT) for external_id in external_ids}

    def named(self, cursor: Cursor | None, *, then: Mapping[str, str]) -> Mapping[str, str]:
        return {name: self.bearers.get(name, name) for name in self.settings.named_fields}

    def asked(self) -> Sequence[str]:
        return self.settings.text_fields

    def unread(self) -> Sequence[Unread]:
        return self.refused

    def read(self, raws: Sequence[Raw], named: Mapping[str, str]) -> Reading:
        self.read_by = named
        if self.mapping is None:
            raise UnreadableAnswerError("nothing was kept of it")
        return self.mapping(raws)

    def inspect(self, *, items: int) -> Inspection:
        return Inspection(visible=dict.fromkeys((scope.id for scope in self.scopes), items), is_estimate=False,
                          sample=Batch())  # fmt: skip

    def requests_made(self) -> int:
        return len(self.cursors)

    def close(self) -> None:
        pass


def sync(connector: FakeConnector, store: Store, clock: FakeClock, **options: Any) -> RunRecord:
    return sync_source(connector, store, **{**_told(clock), **options})


def sweep(connector: FakeConnector, store: Store, clock: FakeClock) -> RunRecord:
    """The tracker's clock goes with ours, half a minute behind."""
    connector.server_time = clock.at - timedelta(seconds=30)
    return sweep_source(connector, store, **_told(clock))


def _told(clock: FakeClock) -> dict[str, Any]:
    return {"now": clock.now, "monotonic": clock.monotonic, "stop": lambda: False, "progress": ignore_progress}


def ignore_progress(_: Progress) -> None:
    pass


def an_item(external_id: str = "1", **told: Any) -> WorkItem:
    """A valid epic of source `claims`; name what matters."""
    item = WorkItem(
        source="claims",
        external_id=external_id,
        key=f"CLM-{external_id}",
        url=f"https://claims.example.com/browse/CLM-{external_id}",
        title=f"Item {external_id}",
        project="CLM",
        project_id="10",
        type="Epic",
        status="To Do",
        status_id="100",
        status_category=StatusCategory.NEW,
        created_at=NOON - timedelta(days=30),
        updated_at=NOON - timedelta(days=1),
    )
    return dataclasses.replace(item, **told)


def a_change(external_id: str = "1", change_id: str = "501:0", **told: Any) -> Change:
    change = Change(
        source="claims",
        external_id=external_id,
        change_id=change_id,
        sequence=0,
        field="status",
        occurred_at=NOON - timedelta(days=2),
        from_value=None,
        to_value="To Do",
        to_id="100",
    )
    return change._replace(**told)


def a_batch(*items: WorkItem, cursor: Cursor | None = None, **told: Any) -> Batch:
    """Items with whole histories, and the cursor that vouches for them."""
    return Batch(
        items=items,
        histories={item.external_id: HistoryState.COMPLETE for item in items},
        cursor=cursor,
        **told,
    )


def dump(store: Store, *, without: Sequence[str] = ("instance", "runs")) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table in a fixed order: equal dumps hold the same. Each run enters proofs of its own."""
    with store._reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
            if table.name not in (*without, "proofs")
        }


def items_held(store: Store) -> dict[str, str]:
    """Ids of live items and their titles."""
    return {held.item.external_id: held.item.title for held in store.held_items() if held.removed_at is None}
