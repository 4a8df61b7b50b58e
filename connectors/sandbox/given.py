"""A Jira site made of issues that were given as raw JSON; what they lack is filled in, always alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.jira_site import (
    CUSTOM_FIELDS,
    FLAGGED,
    SYSTEM_FIELDS,
    Board,
    ChangeItem,
    Field,
    History,
    Issue,
    IssueLink,
    IssueType,
    JiraSite,
    Named,
    Person,
    Project,
    Status,
)

Json = Any

NOBODY = Person("000000000000000000000000", "Former user")
_DONE_WORDS = re.compile(r"\b(done|closed|resolved|released|cancell?ed|won'?t)", re.IGNORECASE)
_NEW_WORDS = re.compile(r"\b(backlog|to ?do|open|new|reopened)\b", re.IGNORECASE)
_LEVELS = {"epic": 1, "initiative": 2}


def site_from_issues(issues: Iterable[Json], *, statuses: Iterable[Json] = (), boards: Iterable[Json] = ()) -> JiraSite:
    """Fill a site with given issues. Histories are kept, oldest first; ids are made up where there are none."""
    given = list(issues)
    return _Filling(given, list(statuses), list(boards)).site()


class _Filling:
    def __init__(self, issues: list[Json], statuses: list[Json], boards: list[Json]) -> None:
        self._issues = issues
        self._given_boards = boards
        self._statuses: dict[str, Status] = {}  # by name; the first of a name wins
        self._by_id: dict[int, Status] = {}
        self._types: dict[str, IssueType] = {}
        self._resolutions: dict[str, Named] = {}
        self._priorities: dict[str, Named] = {}
        self._projects: dict[str, Project] = {}
        self._numbers: dict[str, int] = {}
        for status in statuses:
            self._add_status(
                Status(id=int(status["id"]), name=status["name"], category=status["statusCategory"]["key"])
            )

    def site(self) -> JiraSite:
        for number, raw in enumerate(self._issues, 1):
            self._learn(raw, number)
        self._learn_old_statuses()
        site = JiraSite(
            title="Given issues",
            zone="Etc/UTC",
            statuses=self._by_id.values(),
            types=self._types.values(),
            priorities=self._priorities.values(),
            resolutions=self._resolutions.values(),
            fields=self._fields(),
            owner=Person("00000000000000000000000a", "Reporting"),
        )
        site.projects = {project.id: project for project in self._projects.values()}
        for raw in self._issues:
            site.add(self._issue(raw))
        for raw in self._issues:
            self._connect(site, raw)
        self._number_nameless(site)
        for project in site.projects.values():
            project.statuses = {kind: tuple(site.statuses) for kind in site.types}
        for place, board in enumerate(self._given_boards, 1):
            self._add_board(site, board, place)
        return site

    # --- first look: names and ids ---

    def _learn(self, raw: Json, number: int) -> None:
        fields = raw["fields"]
        status = fields["status"]
        category = (status.get("statusCategory") or {}).get("key") or _category(status["name"])
        if status["name"] not in self._statuses:
            self._add_status(Status(id=self._status_id(status), name=status["name"], category=category))
        kind = fields.get("issuetype") or {"name": "Task"}
        if kind["name"] not in self._types:
            level = kind.get("hierarchyLevel", -1 if kind.get("subtask") else _LEVELS.get(kind["name"].lower(), 0))
            id_ = int(kind.get("id") or 10_001 + len(self._types))
            self._types[kind["name"]] = IssueType(id=id_, name=kind["name"], level=level)
        self._learn_named(self._resolutions, fields.get("resolution"), 10_000)
        self._learn_named(self._priorities, fields.get("priority") or {"id": "3", "name": "Medium"}, 1)
        key = str(raw["key"]).rpartition("-")[0]
        if key not in self._projects:
            project = fields.get("project") or {}
            id_ = int(project.get("id") or 10_000 + len(self._projects))
            self._projects[key] = Project(id=id_, key=key, name=project.get("name", key), lead=NOBODY, statuses={})
        home = self._projects[key]
        home.last_number = max(home.last_number, int(raw["key"].rpartition("-")[2]))
        self._numbers[raw["key"]] = int(raw.get("id") or 10_000 + number)

    def _learn_old_statuses(self) -> None:
        """Statuses that only histories name."""
        for item in self._status_changes():
            for id_, name in ((item.get("from"), item.get("fromString")), (item.get("to"), item.get("toString"))):
                if name and name not in self._statuses:
                    self._add_status(
                        Status(id=self._status_id({"id": id_, "name": name}), name=name, category=_category(name))
                    )

    def _status_changes(self) -> Iterator[Json]:
        for raw in self._issues:
            for history in _histories(raw):
                yield from (item for item in history.get("items") or () if item.get("field") == "status")

    def _status_id(self, status: Json) -> int:
        given = status.get("id")
        if given and int(given) not in self._by_id:
            return int(given)
        number = 10_000
        while number in self._by_id:
            number += 1
        return number

    def _add_status(self, status: Status) -> None:
        self._statuses.setdefault(status.name, status)
        self._by_id.setdefault(status.id, status)

    def _learn_named(self, known: dict[str, Named], one: Json, first: int) -> None:
        if one and one["name"] not in known:
            known[one["name"]] = Named(int(one.get("id") or first + len(known)), one["name"])

    def _fields(self) -> list[Field]:
        """The system's fields, those known by their usual id, and any further one that an issue carries."""
        used = {name for raw in self._issues for name in raw["fields"] if name.startswith("customfield_")}
        usual = [one for one in CUSTOM_FIELDS if one.id in used]
        seen = {one.id for one in usual}
        plugin = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
        other = [Field(id=id_, name=f"Custom {id_[12:]}", type="string", custom=plugin) for id_ in sorted(used - seen)]
        return [*SYSTEM_FIELDS, *usual, *other]

    # --- second look: issues ---

    def _issue(self, raw: Json) -> Issue:
        fields = raw["fields"]
        resolution = fields.get("resolution")
        created = _millis(fields["created"])
        issue = Issue(
            id=self._numbers[raw["key"]],
            key=raw["key"],
            project_id=self._projects[raw["key"].rpartition("-")[0]].id,
            type_id=self._types[(fields.get("issuetype") or {"name": "Task"})["name"]].id,
            summary=fields.get("summary") or "",
            status_id=self._statuses[fields["status"]["name"]].id,
            created=created,
            updated=_millis(fields.get("updated") or fields["created"]),
            status_category_changed=_millis(fields.get("statuscategorychangedate") or fields["created"]),
            reporter=NOBODY,
            priority_id=self._priorities[(fields.get("priority") or {"name": "Medium"})["name"]].id,
            resolution_id=self._resolutions[resolution["name"]].id if resolution else None,
            resolved=_millis(fields["resolutiondate"]) if fields.get("resolutiondate") else None,
            labels=tuple(fields.get("labels") or ()),
            due=fields.get("duedate"),
            flagged=bool(fields.get(FLAGGED)),
            raw=fields,
        )
        issue.histories = [self._history(one) for one in _histories(raw)]
        issue.histories.sort(key=lambda one: one.at)
        return issue

    def _history(self, raw: Json) -> History:
        author = raw.get("author")
        person = (
            Person(str(author.get("accountId") or author.get("key") or NOBODY.id), author.get("displayName", ""))
            if author
            else None
        )
        return History(
            int(raw.get("id") or 0),
            _millis(raw["created"]),
            person,
            tuple(self._item(item) for item in raw.get("items") or ()),
        )

    def _item(self, item: Json) -> ChangeItem:
        ends = [(item.get("from"), item.get("fromString")), (item.get("to"), item.get("toString"))]
        if item["field"] == "status":
            ends = [(id_ or self._known_id(name), name) for id_, name in ends]
        field_id = item.get("fieldId") or (item["field"] if item.get("fieldtype", "jira") == "jira" else None)
        return ChangeItem(item["field"], field_id, item.get("fieldtype", "jira"), *ends[0], *ends[1])

    def _known_id(self, name: str | None) -> str | None:
        return str(self._statuses[name].id) if name else None

    def _connect(self, site: JiraSite, raw: Json) -> None:
        issue = site.issue(raw["key"])
        parent = (raw["fields"].get("parent") or {}).get("key")
        if parent and site.find(parent):
            issue.parent_id = site.issue(parent).id
        for link in raw["fields"].get("issuelinks") or ():
            outward = "outwardIssue" in link
            other = site.find((link.get("outwardIssue") or link.get("inwardIssue") or {}).get("key", ""))
            if other is not None:
                kind = link["type"]["name"]
                issue.links += (IssueLink(int(link["id"]), kind, other.id, outward),)

    def _number_nameless(self, site: JiraSite) -> None:
        """Histories without ids get them in the order in which things happened."""
        rows = [(h.at, i.id, n, h) for i in site.issues.values() for n, h in enumerate(i.histories) if not h.id]
        used = max((h.id for i in site.issues.values() for h in i.histories), default=0)
        for number, (_, _, _, history) in enumerate(sorted(rows, key=lambda row: row[:3]), used + 1):
            history.id = number

    def _add_board(self, site: JiraSite, raw: Json, place: int) -> None:
        columns = tuple(
            (column["name"], tuple(int(status["id"]) for status in column["statuses"]))
            for column in raw["columnConfig"]["columns"]
        )
        home = next(iter(site.projects), 0)
        id_ = int(raw.get("id", place))
        site.boards[id_] = Board(
            id=id_, name=raw.get("name", "Board"), type=raw.get("type", "kanban"), project_id=home, columns=columns
        )


def _histories(raw: Json) -> list[Json]:
    """The histories of a given issue, whether a list, an object or missing."""
    histories = (raw.get("changelog") or {}).get("histories") or ()
    return list(histories.values()) if isinstance(histories, Mapping) else list(histories)


def _category(name: str) -> str:
    """A guess from the name, for statuses whose category nobody gave."""
    if _DONE_WORDS.search(name):
        return "done"
    return "new" if _NEW_WORDS.search(name) else "indeterminate"


def _millis(text: str) -> int:
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
