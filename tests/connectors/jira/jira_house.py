"""A small Jira with two projects, a connector to it, and an engine that keeps what the batches say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import connect
from connectors.base import Batch, Connector, Cursor, Raw, SourceSettings, Sprint
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import (
    CUSTOM_FIELDS,
    SYSTEM_FIELDS,
    Issue,
    IssueType,
    JiraSite,
    Named,
    Person,
    Project,
    Status,
)
from connectors.sandbox.loopback import Fault, RecordedRequest
from domain.change import Change
from domain.work_item import HistoryState, WorkItem

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
TOKEN = "token-7f3a9c"
USER = "vmo@example.com"


class Clock:
    """Time that passes only when somebody sleeps, or is told to."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at
        self.slept: list[float] = []
        self._seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_(seconds=seconds)

    def pass_(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        span = timedelta(seconds=seconds, minutes=minutes, hours=hours)
        self.at += span
        self._seconds += span.total_seconds()


def millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def a_site(*, zone: str = "Europe/Paris") -> JiraSite:
    lead = Person("5f00000000000000000000aa", "Reporting")
    statuses = (
        Status(id=1, name="To Do", category="new"),
        Status(id=3, name="Doing", category="indeterminate"),
        Status(id=4, name="Ready for review", category="indeterminate"),
        Status(id=5, name="Done", category="done"),
        Status(id=6, name="Cancelled", category="done"),
    )
    types = (
        IssueType(id=10, name="Initiative", level=2),
        IssueType(id=11, name="Epic", level=1),
        IssueType(id=12, name="Story", level=0),
        IssueType(id=13, name="Bug", level=0),
        IssueType(id=14, name="Sub-task", level=-1),
    )
    site = JiraSite(
        title="Claims",
        zone=zone,
        statuses=statuses,
        types=types,
        priorities=(Named(3, "Medium"),),
        resolutions=(Named(1, "Done"), Named(2, "Won't Do")),
        fields=(*SYSTEM_FIELDS, *CUSTOM_FIELDS),
        owner=lead,
    )
    every = {kind.id: tuple(status.id for status in statuses) for kind in types}
    for number, key, name in ((100, "CLM", "Claims"), (200, "DST", "Distribution")):
        site.projects[number] = Project(id=number, key=key, name=name, lead=lead, statuses=every)
    return site


def an_issue(site: JiraSite, *, at: datetime = MONDAY, **more: Any) -> Issue:
    given = {"project": "CLM", "type": "Story", "summary": "Settle by photo", "status": "To Do"} | more
    return site.create(at=millis(at), **given)


@dataclass
class Kept:
    """An engine in memory: applies each batch whole before it asks for the next one."""

    items: dict[str, WorkItem] = field(default_factory=dict)
    histories: dict[str, HistoryState] = field(default_factory=dict)
    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    held_raws: dict[tuple[str, str], Raw] = field(default_factory=dict)
    sprints: dict[str, Sprint] = field(default_factory=dict)
    suspects: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    chunks: dict[int, Sequence[str]] = field(default_factory=dict)
    cursor: Cursor | None = None
    batches: int = 0
    _last_chunk: int = 0

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:
        return {each: self.items[each].updated_at for each in external_ids if each in self.items}

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        last = 0
        while left := [number for number in self.chunks if number > last]:
            last = min(left)
            yield last, self.chunks[last]

    def newest_update(self) -> datetime | None:
        return max((item.updated_at for item in self.items.values()), default=None)

    def raws(self, external_id: str, *, prefix: str = "") -> Iterator[Raw]:
        return (
            raw for raw in self.held_raws.values() if raw.external_id == external_id and raw.kind.startswith(prefix)
        )

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:
        return {
            raw.external_id: raw
            for raw in self.held_raws.values()
            if raw.external_id in external_ids and raw.kind == "item"
        }

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:
        return {each: self.items[each].parent_id for each in external_ids if each in self.items}

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:
        held = self.items.values()
        return [one.external_id for one in held if one.parent_id is None and one.project_id in project_ids]

    def moved_out_of(self, project_id: str) -> Sequence[str]:
        told = self.changes.values()
        return sorted({one.external_id for one in told if (one.field, one.from_id) == ("project", project_id)})

    def apply(self, batch: Batch) -> None:
        self.batches += 1
        for item in batch.items:
            if item.external_id not in self.items or self.items[item.external_id].updated_at <= item.updated_at:
                self.items[item.external_id] = item
        self.histories.update(batch.histories)
        self.changes.update(((change.external_id, change.change_id), change) for change in batch.changes)
        self.held_raws.update(((raw.external_id, raw.kind), raw) for raw in batch.raws)
        self.sprints.update((sprint.id, sprint) for sprint in batch.sprints)
        self.suspects += batch.suspects
        self.unreadable += batch.unreadable
        for ids in batch.enqueue:
            self._last_chunk += 1
            self.chunks[self._last_chunk] = ids
        if batch.finished_chunk is not None:
            del self.chunks[batch.finished_chunk]
        if batch.cursor is not None:
            self.cursor = batch.cursor

    def sync(self, connector: Connector, *, full: bool = False) -> None:
        for batch in connector.changes_since(self.cursor, self, full=full):
            self.apply(batch)

    def by_key(self, key: str) -> WorkItem:
        return next(item for item in self.items.values() if item.key == key)

    def changes_of(self, external_id: object, *, of: str = "status") -> list[tuple[str | None, str | None]]:
        found = [change for (item, _), change in self.changes.items() if item == str(external_id)]
        found.sort(key=lambda change: (change.occurred_at, change.sequence))
        return [(change.from_value, change.to_value) for change in found if change.field == of]


@dataclass
class House:
    """A site, the server in front of it, the time, and what was kept."""

    site: JiraSite
    server: JiraCloudSandbox | JiraDataCenterSandbox
    clock: Clock
    kept: Kept = field(default_factory=Kept)

    def connector(self, **settings: Any) -> Connector:
        given: dict[str, Any] = {
            "name": "claims",
            "kind": "jira",
            "url": self.server.url,
            "user": USER if isinstance(self.server, JiraCloudSandbox) else None,
            "token": TOKEN,
            "jql": "project in (CLM, DST)",
            "allow_insecure": True,
        }
        return connect(
            SourceSettings(**given | settings),
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            random=lambda: 0.5,
        )

    def sync(self, *, full: bool = False, **settings: Any) -> int:
        """Sync with a fresh connector, preflight first; return how many requests the sync took, less the daily ones."""
        connector = self.connector(**settings)
        try:
            connector.preflight()
            before = len(self.server.requests)
            self.kept.sync(connector, full=full)
            return len([each for each in self.server.requests[before:] if "/rest/agile/" not in each.path])
        finally:
            connector.close()

    def asked(self, path_end: str) -> list[RecordedRequest]:
        return [request for request in self.server.requests if request.path.endswith(path_end)]

    def fails(self, **fault: Any) -> None:
        self.server.faults.append(Fault(**fault))


def a_cloud(site: JiraSite, clock: Clock, **more: Any) -> House:
    return House(site, JiraCloudSandbox(site, now=clock.now, user=USER, token=TOKEN, **more), clock)


def a_data_center(site: JiraSite, clock: Clock, **more: Any) -> House:
    return House(site, JiraDataCenterSandbox(site, now=clock.now, token=TOKEN, **more), clock)
