"""Three small trackers to go wrong against, and the law that holds after whatever went wrong.

    tracker = a_tracker("jira cloud", folder)            # a server over loopback, a clock, a store, two projects
    tracker.fails("middle page", response=page("<html>Log in</html>"))
    record = the_law_holds(tracker)                      # syncs, checks, heals, syncs again, checks

THE LAW. After a run that a fault has struck:
  a) the rows are those of before, or those after some whole batch of a run that nothing disturbed;
  b) the cursor is the one that was committed with them;
  c) the run says who, what was found and what to do, and does not call itself ok;
  d) the next healthy run ends where a run ends that nothing ever disturbed;
  e) no secret stands in logs, sentence, warnings or in the store's files;
  f) the server was asked nothing but reads.

Pages are so small that a walk over eleven items has several pages, chunks and pages of history. Time passes only when
somebody sleeps. What "undisturbed" means is found out by a run of the same program against a twin of the tracker, once
a process.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import functools
import json
import logging
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, event, select

from connectors import connect
from connectors.azure_devops import streams
from connectors.base import Connector, SourceSettings
from connectors.jira import cloud
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import (
    SUCCESSOR,
    AzureProject,
    AzureSite,
    Node,
    Person,
    State,
    Team,
    WorkItem,
    WorkItemType,
    guid,
)
from connectors.sandbox.jira_cloud import JiraCloudSandbox, JiraSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import Issue, JiraSite
from connectors.sandbox.loopback import Fault, LoopbackServer, RecordedRequest, Response
from sync.engine import sync_source
from sync.store import RunRecord, Store, open_store, packing
from sync.store.tables import METADATA, SOURCE_STATES
from sync.sweep import sweep_source
from tests.connectors.jira.jira_house import Clock, a_site, an_issue, millis
from tests.sync.fakes import ignore_progress

CLOUD, DATA_CENTER, AZURE = "jira cloud", "jira data center", "azure devops"
KINDS = (CLOUD, DATA_CENTER, AZURE)
JIRAS = (CLOUD, DATA_CENTER)

SOURCE = "claims"
USER = "vmo@example.com"
TOKEN = "canary-token-4e1f9b"
MORNING = datetime.fromisoformat("2026-11-03T09:00:00+00:00")

ITEM_TABLES = ("items", "changes", "raws", "item_links", "unreadable", "queue_chunks")
TOLD_TABLES = (*ITEM_TABLES, "statuses", "sprints")
# Not what a tracker tells: when we learned it, under which number we queued it, a digest over an address with a port.
OURS = frozenset({"known_at", "first_known_at", "digest", "first_seen_at", "seen_at", "guard_updated_at"})
OURS_IN_QUEUE = frozenset({"id", "created_at"})
# Where a cursor names an instant of the run itself, or a size that was found out on the way.
PASSING = frozenset({"t0_ms", "watermark_ms", "wide_ms", "page", "largest", "bulk_size", "look", "looked_at", "proven"})

Rows = Mapping[str, Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a store says of the source at one moment, without what differs between two runs that read the same."""

    rows: Rows
    cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """A run that nothing disturbed: where it stood before, after each commit and at its end, and what it asked."""

    standings: tuple[Standing, ...]
    told: Rows
    asked: tuple[str, ...]  # "GET /rest/api/3/myself"
    record: RunRecord


class Tracker(ABC):
    """One tracker with its store. Close it, or use it as a context.

    Mutators take the place of an item in `items()`, which is stable: 0 to 10 in the beginning.
    """

    kind: str
    places: Mapping[str, tuple[str, str]]  # place of the walk -> (path, which of those requests: first, middle, last)

    def __init__(self, folder: Path, server: LoopbackServer, clock: Clock) -> None:
        self.folder = folder
        self.server = server
        self.clock = clock
        self.given: dict[str, Any] = {}  # settings that a test wants otherwise
        self.store_url = f"sqlite:///{folder / 'held' / 'vmo.db'}"
        self.log: list[str] = []
        self.log_level = logging.INFO
        self.phase = "full"
        self._store: Store | None = None
        self._asked: tuple[Connector, datetime] | None = None  # by the last sync, and when
        server.start()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._let_go()
        if self._store is not None:
            self._store.close()
            self._store = None
        self.server.stop()

    def _let_go(self) -> None:
        if self._asked is not None:
            self._asked[0].close()
            self._asked = None

    # --- running

    @abstractmethod
    def settings(self) -> SourceSettings: ...

    @property
    def store(self) -> Store:
        """The store, opened when first needed and kept open."""
        if self._store is None:
            self._store = self.open()
        return self._store

    def open(self) -> Store:
        return open_store(self.store_url, now=self.clock.now, sleep=self.clock.sleep)

    def connector(self) -> Connector:
        clock = self.clock
        return connect(self.settings(), now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep, random=lambda: 0.5)

    def sync(self, *, full: bool = False) -> RunRecord:
        """One run with a new connector; what it logs is kept in `log`."""
        self._let_go()
        connector = self.connector()
        self._asked = connector, self.clock.now()
        with self._logged(), self.in_small_steps():
            return sync_source(connector, self.store, full=full, **self._told())

    def sweep(self) -> RunRecord:
        """A census with the connector of the sync just before it, as `vmo sync` makes it; else with a new one."""
        if self._asked is not None and self.clock.now() - self._asked[1] > timedelta(minutes=30):
            self._let_go()
        self._asked = self._asked or (self.connector(), self.clock.now())
        try:
            with self._logged(), self.in_small_steps():
                return sweep_source(self._asked[0], self.store, **self._told())
        finally:
            self._let_go()

    def in_small_steps(self) -> contextlib.AbstractContextManager[None]:
        """Where a connector's own steps are too large for eleven items, smaller ones."""
        return contextlib.nullcontext()

    def healthy(self) -> Tracker:
        """Nothing goes wrong any more, and two hours have passed."""
        self.server.faults.clear()
        self.server.intercept = None
        self.clock.pass_(hours=2)
        return self

    def _told(self) -> dict[str, Any]:
        clock = self.clock
        return {"now": clock.now, "monotonic": clock.monotonic, "stop": lambda: False, "progress": ignore_progress}

    @contextlib.contextmanager
    def _logged(self) -> Iterator[None]:
        handler = _Keeping(self.log)
        root = logging.getLogger()
        before = root.level
        root.addHandler(handler)
        root.setLevel(self.log_level)
        try:
            yield
        finally:
            root.setLevel(before)
            root.removeHandler(handler)

    # --- what is held

    def standing(self) -> Standing:
        with self.store._reading() as connection:
            return self.standing_in(connection)

    def standing_in(self, connection: Connection) -> Standing:
        raw = connection.execute(select(SOURCE_STATES.c.cursor)).scalar_one_or_none()
        return Standing(rows=self.rows_in(connection, ITEM_TABLES), cursor=None if raw is None else _lasting(raw))

    @property
    def cursor(self) -> str | None:
        return self.standing().cursor

    @property
    def item_rows(self) -> Sequence[tuple[Any, ...]]:
        return self.standing().rows["items"]

    def dump(self) -> Rows:
        """Every row that a tracker told of, in a fixed order; of open chunks only those that are still to be done."""
        with self.store._reading() as connection:
            return self.rows_in(connection, TOLD_TABLES)

    def rows_in(self, connection: Connection, tables: Sequence[str]) -> Rows:
        return {
            table.name: sorted(
                (
                    self._row(table.name, row._mapping)
                    for row in connection.execute(select(table))
                    if not row._mapping.get("done")
                ),
                key=repr,
            )
            for table in METADATA.sorted_tables
            if table.name in tables
        }

    def _row(self, table: str, row: Mapping[Any, Any]) -> tuple[Any, ...]:
        left_out = OURS | OURS_IN_QUEUE if table == "queue_chunks" else OURS
        return tuple(
            self._plain(packing.unpack(value) if name == "body" else value)
            for name, value in row.items()
            if str(name) not in left_out
        )

    def _plain(self, value: Any) -> Any:
        """The same text for every port."""
        if isinstance(value, str):
            for address in (self.server.url, str(self.given.get("url", self.server.url))):
                value = value.replace(address, "https://tracker.example.com")
            return value
        if isinstance(value, Mapping | list):
            return self._plain(json.dumps(value, sort_keys=True, default=str))
        return value

    def titles(self) -> dict[str, str]:
        """Titles of what is held and not removed, by id."""
        return {held.item.external_id: held.item.title for held in self.store.held_items() if held.removed_at is None}

    # --- going wrong

    def fails(
        self,
        place: str,
        *,
        response: Response | None = None,
        alter: Callable[[RecordedRequest, Response], Response] | None = None,
        times: int | None = 1,
    ) -> None:
        """Let something go wrong at a place of the walk, once or `times` times (None: from there on, at that path)."""
        path, skip = self.place(place)
        self.server.faults.append(Fault(path=path, skip=skip, times=times, response=response, alter=alter))

    def place(self, name: str) -> tuple[str, int]:
        """The path of a place, as a regular expression, and how many requests there go before it in this phase."""
        path, which = self.places[name]
        if which == "first":
            return path, 0
        found = [one for one in self.undisturbed().asked if re.search(path, one, re.IGNORECASE)]
        assert found, f"{self.kind}: the {self.phase} walk asks nothing at {path}"
        return path, len(found) - 1 if which == "last" else len(found) // 2

    def undisturbed(self) -> Undisturbed:
        return undisturbed(self.kind, self.phase)

    # --- changing

    @abstractmethod
    def items(self) -> Sequence[str]:
        """Ids of the items that the tracker holds, in the order in which they were made."""

    @abstractmethod
    def add(self, title: str, *, second_project: bool = False) -> str:
        """Make an item; returns its id."""

    @abstractmethod
    def edit(self, number: int, title: str) -> None:
        """Give an item another title, which is a change of it."""

    @abstractmethod
    def as_backed_up(self, number: int) -> Callable[[], None]:
        """How to restore an item as it is now, as from a backup."""

    @abstractmethod
    def transition(self, number: int) -> None:
        """Move an item on to a state in which it has not been just now."""

    @abstractmethod
    def delete(self, number: int) -> None:
        """Remove an item for good, without a trace."""

    @abstractmethod
    def move(self, number: int) -> None:
        """Move an item to the other project."""

    @abstractmethod
    def hide(self, *numbers: int) -> None:
        """The token may no longer see these items."""

    @abstractmethod
    def show_all(self) -> None:
        """The token sees everything again, hidden projects too."""

    @abstractmethod
    def hide_project(self) -> None:
        """The second project is no longer shown, nor what is in it."""

    @abstractmethod
    def rename_project(self) -> None:
        """The first project is the same one under another name: CLX for CLM, Claims EU for Claims."""

    def go_on_living(self) -> None:
        """Go on to the incremental phase: everything is held, and meanwhile an hour of work has been done."""
        assert self.sync().outcome == "ok"
        self.clock.pass_(hours=1)
        for number in (1, 4, 6, 8, 9):
            self.edit(number, f"Another title {number}")
            self.transition(number)
        self.move(3)
        for number in range(3):
            self.add(f"New story {number}")
        self.clock.pass_(minutes=1)
        self.phase = "incremental"


class _Keeping(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


# --- Jira


class JiraTracker(Tracker):
    """Eleven issues in two projects: an initiative, epics, stories with a parent, links, a sub-task, long histories."""

    server: JiraSandbox

    def __init__(self, folder: Path, server: JiraSandbox, clock: Clock) -> None:
        super().__init__(folder, server, clock)
        self.site: JiraSite = server.site
        self._gone_projects: dict[int, Any] = {}

    def settings(self) -> SourceSettings:
        given: dict[str, Any] = {
            "name": SOURCE,
            "kind": "jira",
            "url": self.server.url,
            "user": USER if self.server.cloud else None,
            "token": TOKEN,
            "jql": "project in (CLM, DST)",
            "allow_insecure": True,
        }
        return SourceSettings(**given | self.given)

    def items(self) -> Sequence[str]:
        return [str(number) for number in sorted(self.site.issues)]

    def _issue(self, number: int) -> Issue:
        return self.site.issues[int(self.items()[number])]

    def add(self, title: str, *, second_project: bool = False) -> str:
        at = self.clock.at
        return str(an_issue(self.site, at=at, summary=title, project="DST" if second_project else "CLM").id)

    def edit(self, number: int, title: str) -> None:
        self.site.retitle(self._issue(number), title, millis(self.clock.at))

    def as_backed_up(self, number: int) -> Callable[[], None]:
        return _putting_back(self._issue(number))

    def transition(self, number: int) -> None:
        issue = self._issue(number)
        status = "Doing" if self.site.statuses[issue.status_id].name != "Doing" else "Ready for review"
        self.site.transition(issue, status, millis(self.clock.at))

    def delete(self, number: int) -> None:
        self.site.delete(self._issue(number))

    def move(self, number: int) -> None:
        issue = self._issue(number)
        self.site.move(issue, "DST" if issue.key.startswith("CLM") else "CLM", millis(self.clock.at))

    def hide(self, *numbers: int) -> None:
        self.site.hidden |= {self._issue(number).id for number in numbers}

    def show_all(self) -> None:
        self.site.hidden.clear()
        self.site.projects |= self._gone_projects
        self._gone_projects = {}

    def hide_project(self) -> None:
        self._gone_projects[200] = self.site.projects.pop(200)
        self.site.hidden |= {issue.id for issue in self.site.issues.values() if issue.project_id == 200}

    def rename_project(self) -> None:
        self.site.projects[100].key = "CLX"
        for issue in self.site.issues.values():
            issue.key = issue.key.replace("CLM-", "CLX-")


class CloudTracker(JiraTracker):
    kind = CLOUD
    server: JiraCloudSandbox
    places: Mapping[str, tuple[str, str]] = {
        "first request": ("/serverInfo$", "first"),
        "preflight": ("/myself$", "first"),
        "first page": ("/search/jql$", "first"),
        "middle page": ("/search/jql$", "middle"),
        "last page": ("/search/jql$", "last"),
        "items": ("/issue/bulkfetch$", "middle"),
        "history": ("/changelog/bulkfetch$", "middle"),
    }

    @contextlib.contextmanager
    def in_small_steps(self) -> Iterator[None]:
        before, cloud.CHUNK = cloud.CHUNK, 4
        try:
            yield
        finally:
            cloud.CHUNK = before


class DataCenterTracker(JiraTracker):
    kind = DATA_CENTER
    server: JiraDataCenterSandbox
    places: Mapping[str, tuple[str, str]] = {
        "first request": ("/serverInfo$", "first"),
        "preflight": ("/myself$", "first"),
        "first page": ("/rest/api/2/search$", "first"),
        "middle page": ("/rest/api/2/search$", "middle"),
        "last page": ("/rest/api/2/search$", "last"),
    }


def _putting_back(one: Issue | WorkItem) -> Callable[[], None]:
    kept = {each.name: copy.copy(getattr(one, each.name)) for each in fields(one)}

    def put_back() -> None:
        for name, value in kept.items():
            setattr(one, name, value)

    return put_back


def _jira_site() -> JiraSite:
    site = a_site()
    at = MORNING - timedelta(days=40)

    def made(number: int, **more: Any) -> Issue:
        return an_issue(site, at=at + timedelta(hours=number), summary=f"Item {number}", **more)

    initiative = made(0, type="Initiative")
    epics = [made(number, type="Epic", parent=initiative) for number in (1, 2)]
    stories = [
        made(number, parent=epics[number % 2], project="DST" if number > 7 else "CLM") for number in range(3, 10)
    ]
    bug = made(10, type="Bug", project="DST", labels=("leak",))
    for number, issue in enumerate([*epics, *stories, bug]):
        for step, status in enumerate(("Doing", "Ready for review", "Doing", "Done")[: 1 + number % 4]):
            site.transition(issue, status, millis(at + timedelta(days=1 + number, hours=step)))
    site.reparent(stories[0], epics[0], millis(at + timedelta(days=20)))
    site.link(stories[1], stories[2], millis(at + timedelta(days=21)))
    site.flag(stories[3], True, millis(at + timedelta(days=22)))
    return site


def _cloud(folder: Path) -> Tracker:
    clock = Clock(MORNING)
    server = JiraCloudSandbox(_jira_site(), now=clock.now, user=USER, token=TOKEN)
    server.key_page, server.search_page, server.changelog_page = 4, 3, 4
    return CloudTracker(folder, server, clock)


def _data_center(folder: Path) -> Tracker:
    clock = Clock(MORNING)
    server = JiraDataCenterSandbox(_jira_site(), now=clock.now, token=TOKEN)
    server.page_limit = 4
    return DataCenterTracker(folder, server, clock)


# --- Azure DevOps


class AzureTracker(Tracker):
    """Eleven work items in two projects, with a tree, dependencies and several revisions each."""

    kind = AZURE
    server: AzureDevOpsSandbox
    places: Mapping[str, tuple[str, str]] = {
        "first request": ("/_apis$", "first"),
        "preflight": ("/_apis/projects$", "first"),
        "first page": ("/reporting/workitemrevisions$", "first"),
        "middle page": ("/reporting/workitemrevisions$", "middle"),
        "last page": ("/reporting/workitemrevisions$", "last"),
        "links": ("/reporting/workitemlinks$", "middle"),
    }

    def __init__(self, folder: Path, server: AzureDevOpsSandbox, clock: Clock) -> None:
        super().__init__(folder, server, clock)
        self.site: AzureSite = server.site
        self._hidden_project = False

    def settings(self) -> SourceSettings:
        given: dict[str, Any] = {
            "name": SOURCE,
            "kind": "azure_devops",
            "url": self.server.url,
            "token": TOKEN,
            "projects": ("Claims", "Policy Core"),
            "allow_insecure": True,
        }
        return SourceSettings(**given | self.given)

    def items(self) -> Sequence[str]:
        return [str(number) for number in sorted(self.site.items)]

    def _item(self, number: int) -> WorkItem:
        return self.site.items[int(self.items()[number])]

    def add(self, title: str, *, second_project: bool = False) -> str:
        home = "Policy Core" if second_project else "Claims"
        made = self.site.create(
            project=home, type="User Story", title=title, state="New", at=millis(self.clock.at), area=home
        )
        self.site.reparent(made, self._item(1), millis(self.clock.at))
        return str(made.id)

    def edit(self, number: int, title: str) -> None:
        self.site.save(self._item(number), millis(self.clock.at), {"System.Title": title})

    def as_backed_up(self, number: int) -> Callable[[], None]:
        item, put_back = self._item(number), _putting_back(self._item(number))

        def undo() -> None:
            put_back()
            self.site.stream = [row for row in self.site.stream if row[0] is not item or row[1] in item.revisions]

        return undo

    def transition(self, number: int) -> None:
        item = self._item(number)
        state = "Active" if item.fields["System.State"] != "Active" else "Resolved"
        self.site.move_state(item, state, millis(self.clock.at))

    def delete(self, number: int) -> None:
        self.site.destroy(self._item(number))

    def move(self, number: int) -> None:
        item = self._item(number)
        self.site.move(item, "Policy Core" if item.project == "Claims" else "Claims", millis(self.clock.at))

    def hide(self, *numbers: int) -> None:
        self.site.hidden |= {self._item(number).id for number in numbers}

    def show_all(self) -> None:
        self.site.hidden.clear()
        self.server.faults = [fault for fault in self.server.faults if fault.alter is not _without_second_project]

    def hide_project(self) -> None:
        self.server.faults.append(Fault(path="/_apis/projects$", times=None, alter=_without_second_project))
        self.site.hidden |= {item.id for item in self.site.items.values() if item.project == "Policy Core"}

    def rename_project(self) -> None:
        before = self.site.projects.pop("Claims")
        told = {each.name: getattr(before, each.name) for each in fields(before)}
        places = {name: tuple(_renamed(node) for node in told[name]) for name in ("areas", "iterations")}
        self.site.projects["Claims EU"] = _Renamed(**told | places | {"name": "Claims EU"})
        for item in self.site.items.values():
            for kept in (item.fields, *(revision.fields for revision in item.revisions)):
                kept |= {name: _in_its_new_name(value) for name, value in kept.items()}


class _Renamed(AzureProject):
    """A project keeps its id when its name changes."""

    @property
    def id(self) -> str:
        return guid("project", "Claims")


def _renamed(node: Node) -> Node:
    return node._replace(path=_in_its_new_name(node.path))


def _in_its_new_name(value: Any) -> Any:
    is_named = isinstance(value, str) and (value == "Claims" or value.startswith("Claims\\"))
    return value.replace("Claims", "Claims EU", 1) if is_named else value


def _without_second_project(_: RecordedRequest, response: Response) -> Response:
    told = response.json()
    shown = [each for each in told["value"] if each["name"] != "Policy Core"]
    return response.with_json({"count": len(shown), "value": shown})


def _azure_site() -> AzureSite:
    states = (State("New", "Proposed"), State("Active", "InProgress"), State("Resolved", "Resolved"),
              State("Closed", "Completed"), State("Removed", "Removed"))  # fmt: skip
    types = tuple(
        WorkItemType(
            name=name, reference=f"Microsoft.VSTS.WorkItemTypes.{name.replace(' ', '')}", states=states, level=level
        )
        for name, level in (("Epic", 2), ("Feature", 1), ("User Story", 0), ("Bug", 0))
    )
    site = AzureSite(organisation="fabrikam", owner=Person("Reporting"))
    for number, name in enumerate(("Claims", "Policy Core")):
        site.projects[name] = AzureProject(
            name=name,
            types=types,
            teams=(Team(name=f"{name} Team", areas=(name,)),),
            areas=(Node(100 * number + 1, name),),
            iterations=(
                Node(100 * number + 10, name),
                Node(100 * number + 11, f"{name}\\Sprint 1", "2026-10-26", "2026-11-08"),
            ),
        )
    at = MORNING - timedelta(days=40)

    def made(
        number: int, *, type: str = "User Story", home: str = "Claims", parent: WorkItem | None = None
    ) -> WorkItem:
        moment = millis(at + timedelta(hours=number))
        return site.create(
            project=home, type=type, title=f"Item {number}", state="New", at=moment, area=home, parent=parent
        )

    epic = made(0, type="Epic")
    features = [made(number, type="Feature", parent=epic) for number in (1, 2)]
    stories = [
        made(number, parent=features[number % 2], home="Policy Core" if number > 7 else "Claims")
        for number in range(3, 10)
    ]
    bug = made(10, type="Bug", home="Policy Core")
    for number, item in enumerate([*features, *stories, bug]):
        for step, state in enumerate(("Active", "Resolved", "Active", "Closed")[: 1 + number % 4]):
            site.move_state(item, state, millis(at + timedelta(days=1 + number, hours=step)))
    site.reparent(stories[0], features[1], millis(at + timedelta(days=20)))
    site.link(stories[1], stories[2], SUCCESSOR, millis(at + timedelta(days=21)))
    site.order_streams()
    return site


def _azure(folder: Path) -> Tracker:
    clock = Clock(MORNING)
    server = AzureDevOpsSandbox(_azure_site(), now=clock.now, token=TOKEN)
    server.revision_page, server.link_page = 6, 4
    return AzureTracker(folder, server, clock)


_MAKERS: Mapping[str, Callable[[Path], Tracker]] = {CLOUD: _cloud, DATA_CENTER: _data_center, AZURE: _azure}


_PLACES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    CLOUD: CloudTracker.places,
    DATA_CENTER: DataCenterTracker.places,
    AZURE: AzureTracker.places,
}


def a_tracker(kind: str, folder: Path, *, phase: str = "full") -> Tracker:
    """A tracker that nobody has asked yet, or (`phase="incremental"`) one that was read and has lived on since."""
    undisturbed(kind, phase)  # before a test makes anything go wrong, or time-outs tiny
    return _made(kind, folder, phase=phase)


def _made(kind: str, folder: Path, *, phase: str) -> Tracker:
    tracker = _MAKERS[kind](folder)
    if phase == "incremental":
        tracker.go_on_living()
    return tracker


def places_of(kind: str) -> tuple[str, ...]:
    """Where in the full walk over a tracker of this kind something can go wrong."""
    return tuple(_PLACES[kind])


def wherever(kinds: Sequence[str] = KINDS) -> list[Any]:
    """Every (kind, place) of these trackers, as parameters."""
    return [pytest.param(kind, place, id=f"{kind}, {place}") for kind in kinds for place in places_of(kind)]


def here_and_there(
    variants: Mapping[str, Any],
    *,
    kinds: Sequence[str] = KINDS,
    at_least: int = 1,
    first: int = 0,
    all_of: bool = False,
) -> list[Any]:
    """(kind, place, variant): every variant strikes, every tracker is struck, and the place moves on from row to row.

    `at_least`: so many rows for each tracker. `first`: at which place to begin. `all_of`: each variant at each tracker.
    """
    names = list(variants)
    rows = len(kinds) * max(at_least, len(names) if all_of else -(-len(names) // len(kinds)))
    found = []
    for number in range(rows):
        kind = kinds[number % len(kinds)]
        turn = number // len(kinds)
        name = names[(turn if all_of else number + number // max(3, len(names))) % len(names)]
        place = places_of(kind)[(first + turn + number % len(kinds)) % len(places_of(kind))]
        found.append(pytest.param(kind, place, variants[name], id=f"{kind}, {place}, {name}"))
    return found


# --- the law


@functools.cache
def undisturbed(kind: str, phase: str) -> Undisturbed:
    """Run once against a twin that stays well, and remember every standing that was committed.

    Azure DevOps is read page by page, since a fault hands on the pages that came before it, however many those are.
    """
    with (
        mock.patch.object(streams, "PAGES_AT_ONCE", 1),
        tempfile.TemporaryDirectory(prefix="vmo-undisturbed-") as folder,
        _made(kind, Path(folder), phase=phase) as twin,
    ):
        standings = [twin.standing()]
        twin.server.requests.clear()

        def committing(connection: Connection) -> None:
            if connection.get_execution_options().get("vmo_write"):
                standings.append(twin.standing_in(connection))

        event.listen(twin.store._engine, "commit", committing)
        record = twin.sync()
        assert record.outcome == "ok", record.sentence
        return Undisturbed(
            standings=tuple(standings),
            told=twin.dump(),
            asked=tuple(f"{one.method} {one.path}" for one in twin.server.requests),
            record=record,
        )


def the_law_holds(
    tracker: Tracker,
    *,
    outcomes: Sequence[str] = ("failed", "partial", "deferred"),
    says: Sequence[str] = (),
    secrets: Sequence[str] = (),
    run: Callable[[], RunRecord] | None = None,
    own_tokens: bool = True,
) -> RunRecord:
    """Run a sync that a fault strikes, and hold it against the law; then heal the tracker and hold the next one, too.

    `outcomes`: how the struck run may end; where "ok" is among them and it ended so, it must have read everything.
    `says`: words of which its sentence must hold every one. `secrets`: what must appear nowhere, beside the token.
    `own_tokens`: the tokens that the fault gives out are the tracker's own, so that cursors can be compared.
    """
    reference = tracker.undisturbed()
    before = tracker.store.state(SOURCE)
    record = (run or tracker.sync)()
    struck(tracker, record, reference, outcomes=outcomes, says=says, own_tokens=own_tokens)
    after = tracker.store.state(SOURCE)
    if record.outcome != "ok" and before is not None and after is not None:
        assert after.complete_at == before.complete_at, "an incomplete run moved the time of the last complete one"
    again = tracker.healthy().sync()
    assert again.outcome == "ok", again.sentence
    assert_same(tracker.dump(), reference.told)
    nothing_leaks(tracker, [record, again], secrets=secrets)
    only_reads_were_asked(tracker)
    return record


def struck(
    tracker: Tracker,
    record: RunRecord,
    reference: Undisturbed,
    *,
    outcomes: Sequence[str],
    says: Sequence[str] = (),
    own_tokens: bool = True,
) -> None:
    """The law's first half, right after the struck run: a) whole batches, b) their cursor, c) the run says so."""
    now = tracker.standing()
    assert record.outcome in outcomes, f"{record.outcome}: {record.sentence}"
    same_rows = [one for one in reference.standings if one.rows == now.rows]
    if not same_rows:
        assert_same(now.rows, reference.standings[-1].rows)
    cursors = [one.cursor for one in same_rows]
    assert now.cursor in cursors or not own_tokens, f"the cursor does not stand with its rows: {now.cursor}"
    if record.outcome == "ok":
        assert_same(tracker.dump(), reference.told)
        return
    assert re.match(rf"{SOURCE}: \S.{{20,}}", record.sentence), f"it does not say what happened: {record.sentence!r}"
    assert "unforeseen" not in record.sentence, record.sentence
    for words in says:
        assert words in record.sentence, record.sentence


def assert_same(found: Rows, wanted: Rows) -> None:
    """Equal, with a message that names what differs and no more."""
    for table in wanted:
        lacking = [row for row in wanted[table] if row not in found[table]]
        more = [row for row in found[table] if row not in wanted[table]]
        assert not lacking and not more, f"{table}: {len(lacking)} lacking {lacking[:1]}, {len(more)} more {more[:1]}"
    assert found == wanted


def nothing_leaks(tracker: Tracker, records: Sequence[RunRecord], *, secrets: Sequence[str] = ()) -> None:
    """e) no secret in any log line, sentence, warning, raw answer or byte of the store."""
    forms = [*secret_forms(), *secrets]
    told = [*tracker.log, *(record.sentence for record in records), *(w for record in records for w in record.warnings)]
    for form in forms:
        assert not [line for line in told if form in line], f"a secret was told: {form}"
    with tracker.store._reading() as connection:
        held = repr(tracker.rows_in(connection, [table.name for table in METADATA.sorted_tables]))
    for path in sorted((tracker.folder / "held").iterdir()):
        held += path.read_bytes().decode("latin-1")
    for form in forms:
        assert form not in held, f"a secret was kept: {form}"


def secret_forms() -> tuple[str, ...]:
    """The ways in which the token could be written down."""
    pairs = [base64.b64encode(f"{user}:{TOKEN}".encode()).decode() for user in ("", USER)]
    return (TOKEN, quote(TOKEN, safe=""), base64.b64encode(TOKEN.encode()).decode(), *pairs)


READ_POSTS = re.compile(
    r"/rest/api/3/(search/jql|search/approximate-count|issue/bulkfetch|changelog/bulkfetch|jql/parse)"
    r"|/rest/api/2/search|(/[^/]+){0,2}/_apis/wit/(wiql|workitemsbatch|reporting/workitemrevisions)",
    re.IGNORECASE,
)
READS = re.compile(r"/rest/(api/[23]|agile/1\.0)/[\w./-]+|/_edge/tenant_info|(/[^/]+){0,2}/_apis(/.*)?")


def only_reads_were_asked(tracker: Tracker) -> None:
    """f) nothing but reads, below the configured address, by their own method."""
    for request in tracker.server.requests:
        path = request.path.removeprefix(tracker.server.prefix)
        if request.method == "POST":
            assert READ_POSTS.fullmatch(path), f"POST {path}"
        else:
            assert request.method == "GET" or (request.method, path) == ("OPTIONS", "/_apis"), (
                f"{request.method} {path}"
            )
            assert READS.fullmatch(path), f"{request.method} {path}"
        assert not [name for name in request.headers if name.startswith("x-http-method")], path


def _lasting(cursor: str) -> str:
    """A cursor without the instants of its run and the sizes that it found out."""
    told = json.loads(cursor)
    return json.dumps({name: value for name, value in told.items() if name not in PASSING}, sort_keys=True)
