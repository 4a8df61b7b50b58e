"""A collection of Azure DevOps, answered by script over loopback: what a test names, and no more.

    with collection(revisions=[a_revision(7, 1), a_revision(7, 2, State="Active")]) as site:
        batches = list(site.connector().changes_since(None, site.known))

Shapes follow Microsoft's published examples of the 7.1 API (MicrosoftDocs/vsts-rest-api-specs).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from connectors.azure_devops.client import AzureDevOps
from connectors.azure_devops.questions import Questions
from connectors.base import Batch, LinkEvent, Raw, SourceSettings
from domain.change import Change
from domain.work_item import HistoryState, WorkItem
from tests.connectors.scripted_server import Reply, ScriptedServer, Seen, json_answer, serving

TOKEN = "ado-test-token-5a1c"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)

LOCATIONS = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}"),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}"),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}"),
    ("b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "wit", "fields", "{project}/_apis/{area}/{resource}/{fieldNameOrRefName}"),
    ("7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "workItemTypes", "{project}/_apis/{area}/{resource}/{type}"),
    ("7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "states", "{project}/_apis/{area}/workItemTypes/{type}/{resource}"),
    ("a70579d1-f53a-48ee-a5be-7be8659023b9", "wit", "classificationNodes", "{project}/_apis/{area}/{resource}"),
    ("f828fe59-dd87-495d-a17c-7a8d6211ca6c", "wit", "workItemRevisions", "{project}/_apis/{area}/reporting/{resource}"),
    ("b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f", "wit", "workItemLinks", "{project}/_apis/{area}/reporting/{resource}"),
    ("6570bf97-d02c-4a91-8d93-3abe9895b1a9", "wit", "updates", "{project}/_apis/{area}/workItems/{id}/{resource}"),
    ("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workItems", "{project}/_apis/{area}/{resource}/{id}"),
    ("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workItemsBatch", "{project}/_apis/{area}/{resource}"),
    ("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql", "{project}/{team}/_apis/{area}/{resource}"),
    ("b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "wit", "recycleBin", "{project}/_apis/{area}/{resource}/{id}"),
    (
        "7799f497-3cb5-4f16-ad4f-5cd06012db64",
        "work",
        "backlogConfiguration",
        "{project}/{team}/_apis/{area}/{resource}",
    ),
)

AGILE_STATES = (("New", "Proposed"), ("Active", "InProgress"), ("Resolved", "Resolved"), ("Closed", "Completed"),
                ("Removed", "Removed"))  # fmt: skip


def a_revision(item: int, rev: int, *, at: str | None = None, **fields: Any) -> dict[str, Any]:
    """A revision of an item; fields of System.* by their last name, others by `name__with__dots`."""
    changed_at = at or f"2026-03-{rev:02d}T09:00:00Z"
    named = {
        "System.Id": item,
        "System.Rev": rev,
        "System.TeamProject": "Claims",
        "System.AreaPath": "Claims",
        "System.IterationPath": "Claims",
        "System.WorkItemType": "User Story",
        "System.State": "New",
        "System.Title": f"Item {item}",
        "System.CreatedDate": "2026-03-01T08:00:00.1234567Z",
        "System.ChangedDate": changed_at,
    }
    for name, value in fields.items():
        named[name.replace("__", ".") if "__" in name else f"System.{name}"] = value
    return {"id": item, "rev": rev, "fields": {name: value for name, value in named.items() if value is not None}}


def a_link(
    parent: int, child: int, *, at: str, active: bool = True, rel: str = "System.LinkTypes.Hierarchy-Forward"
) -> Any:
    operation = "create" if active else "remove"
    attributes = {"isActive": active, "changedDate": at, "changedOperation": operation, "comment": ""}
    return {"rel": rel, "sourceId": parent, "targetId": child, "attributes": attributes}


def fields_offered(*more: Mapping[str, Any], without: Sequence[str] = ()) -> list[dict[str, Any]]:
    plain = ("Id", "Rev", "TeamProject", "WorkItemType", "State", "Title", "ChangedDate", "CreatedDate", "AreaPath",
             "IterationPath", "Reason", "Parent", "BoardColumn", "IsDeleted")  # fmt: skip
    found: list[dict[str, Any]] = [
        {"name": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name), "referenceName": f"System.{name}", "type": "string"}
        for name in plain
    ]
    found += [
        {"name": "Assigned To", "referenceName": "System.AssignedTo", "type": "string", "isIdentity": True},
        {"name": "Changed By", "referenceName": "System.ChangedBy", "type": "string", "isIdentity": True},
        {"name": "Tags", "referenceName": "System.Tags", "type": "plainText"},
        {"name": "Description", "referenceName": "System.Description", "type": "html"},
        {"name": "Business Value", "referenceName": "Microsoft.VSTS.Common.BusinessValue", "type": "integer"},
        {"name": "Effort", "referenceName": "Microsoft.VSTS.Scheduling.Effort", "type": "double"},
        {"name": "Blocked", "referenceName": "Microsoft.VSTS.CMMI.Blocked", "type": "string"},
        {"name": "Closed Date", "referenceName": "Microsoft.VSTS.Common.ClosedDate", "type": "dateTime"},
    ]
    return [each for each in [*found, *(dict(one) for one in more)] if each["referenceName"] not in without]


def a_type(name: str, states: Sequence[tuple[str, str]] = AGILE_STATES) -> dict[str, Any]:
    return {
        "name": name,
        "states": [{"name": state, "color": "b2b2b2", "category": category} for state, category in states],
    }


@dataclass
class Site:
    """The collection and what a connector is told of the world. `fault` may answer a request before it does."""

    revisions: list[dict[str, Any]] = field(default_factory=list)
    links: list[Any] = field(default_factory=list)
    updates: dict[str, list[Any]] = field(default_factory=dict)
    projects: list[Any] = field(default_factory=lambda: [{"id": "p-1", "name": "Claims", "state": "wellFormed"}])
    fields: list[dict[str, Any]] = field(default_factory=fields_offered)
    types: list[Any] = field(default_factory=lambda: [a_type("User Story"), a_type("Bug")])
    nodes: list[Any] = field(default_factory=list)
    backlog: Any = None
    recycle_bin: list[int] = field(default_factory=list)
    resource_areas: list[Any] = field(default_factory=list)
    page: int = 200
    version: str = "7.1"
    min_version: str = "1.0"
    without: frozenset[str] = frozenset()  # resources that the server does not register
    prefix: str = ""  # the collection's path: /tfs/DefaultCollection
    fault: Callable[[Seen], Reply | None] = lambda _: None
    now: Callable[[], datetime] = lambda: NOW
    server: ScriptedServer = field(init=False)
    slept: list[float] = field(default_factory=list)

    def settings(self, **changed: Any) -> SourceSettings:
        plain = SourceSettings(
            name="claims", kind="azure_devops", url=self.server.url + self.prefix, token=TOKEN, allow_insecure=True
        )
        return replace(plain, **changed)

    def connector(self, **changed: Any) -> AzureDevOps:
        """A connector whose clock stands still, unless the site's is moved, and whose sleep is only noted."""
        settings = self.settings(**changed)
        questions = Questions(settings, **self.world())
        return AzureDevOps(settings, questions, now=self.now)

    def world(self) -> dict[str, Any]:
        return {
            "now": self.now, "monotonic": lambda: sum(self.slept), "sleep": self.slept.append, "random": lambda: 0.5
        }  # fmt: skip

    def dated(self, seen: Seen) -> Reply:
        """The answer under the collection's own time, which goes with `now`."""
        reply = self.answer(seen)
        return replace(reply, headers={"Date": format_datetime(self.now(), usegmt=True), **reply.headers})

    def answer(self, seen: Seen) -> Reply:
        told = self.fault(seen)
        if told is not None:
            return told
        path = unquote(seen.path)
        if not path.lower().startswith(self.prefix.lower()):
            return json_answer({"message": "no such path"}, status=404)
        path = path[len(self.prefix) :].lower()
        if seen.method == "OPTIONS":
            return json_answer(_collection(self._locations()))
        for end, answer in self._answers():
            if path.endswith("/_apis/" + end.lower()) or re.search(f"/_apis/{end}$", path, re.IGNORECASE):
                told = answer(seen)
                return told if isinstance(told, Reply) else json_answer(told)
        return json_answer({"message": f"no answer to {path}"}, status=404)

    def _answers(self) -> tuple[tuple[str, Callable[[Seen], Any]], ...]:
        return (
            ("ResourceAreas", lambda _: _collection(self.resource_areas)),
            ("ConnectionData", lambda _: {"authenticatedUser": {"id": "u-1", "providerDisplayName": "Reporting"}}),
            ("projects", lambda seen: _collection(self.projects if seen.query.get("$skip") in (None, ["0"]) else [])),
            ("wit/fields", lambda _: _collection(self.fields)),
            ("wit/workItemTypes", lambda _: _collection(self.types)),
            ("wit/workItemTypes/.+/states", lambda _: _collection(a_type("any")["states"])),
            ("wit/classificationNodes", lambda _: _collection(self.nodes)),
            ("wit/reporting/workItemRevisions", lambda seen: self._stream(seen, self.revisions, "r")),
            ("wit/reporting/workItemLinks", lambda seen: self._stream(seen, self.links, "l")),
            (r"wit/workItems/\d+/updates", self._updates),
            ("wit/workItemsBatch", self._batch),
            (r"wit/workItems/\d+", self._one_item),
            ("wit/wiql", self._wiql),
            ("wit/recycleBin", lambda _: _collection([{"id": one} for one in self.recycle_bin])),
            ("work/backlogConfiguration", lambda _: self.backlog),
        )

    def _locations(self) -> list[Any]:
        return [
            {
                "id": identity, "area": area, "resourceName": resource, "routeTemplate": template,
                "resourceVersion": 1, "minVersion": self.min_version, "maxVersion": self.version,
                "releasedVersion": self.version,
            }
            for identity, area, resource, template in LOCATIONS
            if resource not in self.without
        ]  # fmt: skip

    def _stream(self, seen: Seen, values: list[Any], kind: str) -> Any:
        """A token is `kind;position`; a start date skips what is older."""
        token = seen.query.get("continuationToken", [f"{kind};0"])[0]
        start = int(token.partition(";")[2])
        since = seen.query.get("startDateTime", [""])[0]
        if since and "continuationToken" not in seen.query:
            start = next((n for n, value in enumerate(values) if _changed(value) >= since), len(values))
        page = values[start : start + self.page]
        end = start + len(page)
        return {"values": page, "continuationToken": f"{kind};{end}", "isLastBatch": end >= len(values)}

    def _updates(self, seen: Seen) -> Any:
        updates = self.updates.get(seen.path.split("/")[-2], [])
        start = int(seen.query["$skip"][0])
        return _collection(updates[start : start + int(seen.query["$top"][0])])

    def _current(self) -> dict[int, dict[str, Any]]:
        newest: dict[int, dict[str, Any]] = {}
        for revision in self.revisions:
            newest[revision["id"]] = revision
        return {item: one for item, one in newest.items() if not one["fields"].get("System.IsDeleted")}

    def _batch(self, seen: Seen) -> Any:
        current = self._current()
        return _collection([current.get(one) for one in seen.json["ids"]])

    def _one_item(self, seen: Seen) -> Any:
        number = int(seen.path.rpartition("/")[2])
        current = self._current().get(number)
        refusal = f"TF401232: Work item {number} does not exist, or you do not have permissions to read it."
        return current or json_answer({"message": refusal}, status=404)

    def _wiql(self, seen: Seen) -> Any:
        """The queries that we write: of one project, after an id, at or below an area or an iteration."""
        query = seen.json["query"]
        after = int((re.search(r"\[System\.Id\] > (\d+)", query) or ["", "0"])[1])
        wanted = [("System.TeamProject", r"TeamProject\] =", "="), ("System.AreaPath", r"AreaPath\] UNDER", "UNDER"),
                  ("System.IterationPath", r"IterationPath\] UNDER", "UNDER")]  # fmt: skip
        current = self._current()
        ids = [item for item in sorted(current) if item > after]
        for name, words, operator in wanted:
            if told := re.search(rf"{words} '((?:[^']|'')*)'", query):
                place = told[1].replace("''", "'")
                ids = [item for item in ids if _is_in(current[item], name, place, below=operator == "UNDER")]
        return {"queryType": "flat", "workItems": [{"id": one, "url": ""} for one in ids[: int(seen.query["$top"][0])]]}


class Store:
    """What the engine does with batches, in memory: enough of KnownItems for a connector to go on from."""

    def __init__(self) -> None:
        self.items: dict[str, WorkItem] = {}
        self.histories: dict[str, HistoryState] = {}
        self.changes: dict[tuple[str, str], Change] = {}
        self.kept: dict[tuple[str, str], Raw] = {}
        self.links: list[LinkEvent] = []
        self.cursor: Any = None
        self.gone: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}

    def save(self, batch: Batch) -> None:
        for item in batch.items:
            self.items[item.external_id] = item
        for change in batch.changes:
            self.changes[(change.external_id, change.change_id)] = change
        for raw in batch.raws:
            self.kept[(raw.external_id, raw.kind)] = raw
        self.histories |= batch.histories
        self.links += batch.links
        self.gone |= {one: "recycled" for one, _ in batch.recycled} | {
            one: "elsewhere" for one, _ in batch.out_of_scope
        }
        for one in batch.restored:
            self.gone.pop(one, None)
        self.unreadable |= dict(batch.unreadable)
        self.cursor = batch.cursor

    def sync(self, connector: AzureDevOps, *, full: bool = False) -> list[Batch]:
        batches = []
        for batch in connector.changes_since(self.cursor, self, full=full):
            self.save(batch)
            batches.append(batch)
        return batches

    def told(self, external_id: str, name: str) -> list[tuple[str, str | None, str | None]]:
        """The changes of one field, oldest first: (day, from, to)."""
        found = [one for one in self.changes.values() if (one.external_id, one.field) == (external_id, name)]
        found.sort(key=lambda change: (change.occurred_at, change.sequence))
        return [(f"{one.occurred_at:%Y-%m-%d}", one.from_value, one.to_value) for one in found]

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:
        return {one: self.items[one].updated_at for one in external_ids if one in self.items}

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        return iter(())

    def newest_update(self) -> datetime | None:
        return max((item.updated_at for item in self.items.values()), default=None)

    def raws(self, external_id: str, *, prefix: str = "") -> Iterator[Raw]:
        return (raw for (one, kind), raw in self.kept.items() if one == external_id and kind.startswith(prefix))

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:
        return {one: raw for (one, kind), raw in self.kept.items() if one in external_ids and kind == "item"}

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:
        return {one: self.items[one].parent_id for one in external_ids if one in self.items}

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:
        held = self.items.values()
        return [one.external_id for one in held if one.parent_id is None and one.project_id in project_ids]

    def moved_out_of(self, project_id: str) -> Sequence[str]:
        told = self.changes.values()
        return sorted({one.external_id for one in told if (one.field, one.from_id) == ("project", project_id)})


@contextmanager
def collection(**parts: Any) -> Iterator[Site]:
    site = Site(**parts)
    with serving(site.dated) as server:
        site.server = server
        yield site


def _is_in(revision: Mapping[str, Any], name: str, place: str, *, below: bool) -> bool:
    found = str(revision["fields"].get(name))
    return found == place or (below and found.startswith(place + "\\"))


def _collection(values: Sequence[Any]) -> Any:
    return {"count": len(values), "value": list(values)}


def _changed(value: Any) -> str:
    place = value["fields"]["System.ChangedDate"] if "fields" in value else value["attributes"]["changedDate"]
    return str(place)
