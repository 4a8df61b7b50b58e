"""How a Jira writes down what it holds: Cloud and Data Center say the same things differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox import jql
from connectors.sandbox.jira_site import (
    EPIC_LINK,
    EPIC_NAME,
    FLAGGED,
    IMPEDIMENT,
    PARENT_LINK,
    RANK,
    SPRINT,
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
    Sprint,
    Status,
)
from connectors.sandbox.loopback import BadRequestError

Json = Any

_CATEGORIES = {
    "undefined": (1, "medium-gray", "No Category"),
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}


@dataclass(frozen=True)
class Answers:
    """Writes a site's things as JSON. `cloud` False: as Data Center does. `base` is the site's own address."""

    site: JiraSite
    base: str
    cloud: bool

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.zone)

    @property
    def api(self) -> str:
        return f"{self.base}/rest/api/{3 if self.cloud else 2}"

    # --- small things ---

    def moment(self, millis: int | None) -> str | None:
        """Jira's spelling, in the profile's zone: 2026-01-01T10:00:00.000+0100."""
        if millis is None:
            return None
        local = datetime.fromtimestamp(millis / 1000, UTC).astimezone(self.zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03d}{local:%z}"

    def person(self, person: Person | None) -> Json:
        if person is None:
            return None
        shown = {"displayName": person.name, "active": True, "timeZone": self.site.zone}
        if self.cloud:
            return {
                "self": f"{self.api}/user?accountId={person.id}",
                "accountId": person.id,
                "accountType": "atlassian",
                **shown,
            }
        name = person.name.lower().replace(" ", ".")
        return {
            "self": f"{self.api}/user?username={name}",
            "key": f"JIRAUSER{int(person.id, 16) % 100_000}",
            "name": name,
            "emailAddress": f"{name}@tressande.example",
            **shown,
        }

    def status(self, status: Status) -> Json:
        number, colour, name = _CATEGORIES[status.category]
        return {
            "self": f"{self.api}/status/{status.id}",
            "description": "",
            "iconUrl": f"{self.base}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": str(status.id),
            "statusCategory": {
                "self": f"{self.api}/statuscategory/{number}",
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": name,
            },
        }

    def type(self, kind: IssueType) -> Json:
        told = {
            "self": f"{self.api}/issuetype/{kind.id}",
            "id": str(kind.id),
            "description": "",
            "iconUrl": f"{self.base}/images/icons/issuetypes/{kind.id}.svg",
            "name": kind.name,
            "subtask": kind.level < 0,
            "avatarId": 10_300 + kind.id % 100,
        }
        return told | {"hierarchyLevel": kind.level} if self.cloud else told

    def named(self, one: Named | None, resource: str) -> Json:
        if one is None:
            return None
        return {"self": f"{self.api}/{resource}/{one.id}", "id": str(one.id), "name": one.name}

    def project_reference(self, project: Project) -> Json:
        return {
            "self": f"{self.api}/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            **({"simplified": False} if self.cloud else {}),
            "avatarUrls": {"48x48": f"{self.base}/secure/projectavatar?pid={project.id}"},
        }

    def project(self, project: Project) -> Json:
        told = self.project_reference(project) | {
            "lead": self.person(project.lead),
            "issueTypes": [self.type(self.site.types[kind]) for kind in project.statuses],
            "components": [self.named(one, "component") for one in project.components],
            "versions": [self.version(one, project) for one in project.versions],
            "archived": project.archived,
        }
        return told | {"style": "classic", "isPrivate": False, "properties": {}} if self.cloud else told

    def version(self, version: Named, project: Project) -> Json:
        return {
            "self": f"{self.api}/version/{version.id}",
            "id": str(version.id),
            "name": version.name,
            "archived": False,
            "released": False,
            "projectId": project.id,
        }

    def field(self, field: Field) -> Json:
        custom_id = int(field.id.removeprefix("customfield_")) if field.custom else None
        schema: dict[str, Json] = {"type": field.type}
        for name, value in (
            ("items", field.items),
            ("system", field.system),
            ("custom", field.custom),
            ("customId", custom_id),
        ):
            if value is not None:
                schema[name] = value
        clauses = [field.id] if custom_id is None else [f"cf[{custom_id}]", field.name]
        told = {
            "id": field.id,
            "name": field.name,
            "custom": field.custom is not None,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": clauses,
            "schema": schema,
        }
        return told | {"key": field.id} if self.cloud else told

    # --- sprints ---

    def sprint(self, sprint: Sprint) -> Json:
        """As the agile API lists it."""
        told = {
            "id": sprint.id,
            "self": f"{self.base}/rest/agile/1.0/sprint/{sprint.id}",
            "state": sprint.state,
            "name": sprint.name,
            "startDate": self.utc(sprint.starts),
            "endDate": self.utc(sprint.ends),
            "originBoardId": sprint.board_id,
            "goal": sprint.goal,
        }
        return told if sprint.completed is None else told | {"completeDate": self.utc(sprint.completed)}

    def utc(self, millis: int) -> str:
        return f"{datetime.fromtimestamp(millis / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{millis % 1000:03d}Z"

    def sprint_value(self, sprint: Sprint) -> Json:
        """As it stands in an issue's Sprint field: an object on Cloud, a Java string on Data Center."""
        if self.cloud:
            told = {
                "id": sprint.id,
                "name": sprint.name,
                "state": sprint.state,
                "boardId": sprint.board_id,
                "goal": sprint.goal,
            }
            told |= {"startDate": self.utc(sprint.starts), "endDate": self.utc(sprint.ends)}
            return told if sprint.completed is None else told | {"completeDate": self.utc(sprint.completed)}
        completed = "<null>" if sprint.completed is None else self.moment(sprint.completed)
        return (
            f"com.atlassian.greenhopper.service.sprint.Sprint@{sprint.id:x}[id={sprint.id},rapidViewId={sprint.board_id},"
            f"state={sprint.state.upper()},name={sprint.name},startDate={self.moment(sprint.starts)},"
            f"endDate={self.moment(sprint.ends)},completeDate={completed},activatedDate={self.moment(sprint.starts)},"
            f"sequence={sprint.id},goal={sprint.goal},autoStartStop=false,synced=false]"
        )

    # --- issues ---

    def issue(self, issue: Issue, fields: Callable[[str], bool]) -> Json:
        """One issue with the fields that `fields` lets through."""
        wanted = self._given(issue, fields) if issue.raw is not None else self._made(issue, fields)
        return {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": str(issue.id),
            "self": f"{self.api}/issue/{issue.id}",
            "key": issue.key,
            "fields": wanted,
        }

    def _made(self, issue: Issue, fields: Callable[[str], bool]) -> dict[str, Json]:
        told = {name: write(self, issue) for name, write in _WRITERS.items() if fields(name)}
        if "parent" in told and told["parent"] is None:
            del told["parent"]  # Jira leaves the member out
        for name, read in (_CLOUD_CUSTOM if self.cloud else _DATA_CENTER_CUSTOM).items():
            if fields(name):
                told[name] = read(self, issue)
        for name, field in self.site.fields.items():
            if field.custom and name not in told and fields(name):
                told[name] = issue.values.get(name)
        return told

    def _given(self, issue: Issue, fields: Callable[[str], bool]) -> dict[str, Json]:
        """A given issue's own fields, except what has been changed here since."""
        told = {name: value for name, value in (issue.raw or {}).items() if fields(name)}
        for name in ("summary", "issuetype", "status", "project", "resolution", "created", "updated", "labels"):
            if fields(name):
                told[name] = _WRITERS[name](self, issue)
        return told

    def parent(self, issue: Issue) -> Json:
        """The `parent` member: its id, key and the few fields Jira shows of it."""
        parent = self.site.issues.get(issue.parent_id or -1)
        if parent is None or parent.id in self.site.hidden:
            return None
        return self.issue_reference(parent)

    def issue_reference(self, issue: Issue) -> Json:
        return {
            "id": str(issue.id),
            "key": issue.key,
            "self": f"{self.api}/issue/{issue.id}",
            "fields": {
                "summary": issue.summary,
                "status": self.status(self.site.statuses[issue.status_id]),
                "priority": self.named(self.site.priorities.get(issue.priority_id), "priority"),
                "issuetype": self.type(self.site.types[issue.type_id]),
            },
        }

    def link(self, link: IssueLink) -> Json:
        inward, outward = ("is blocked by", "blocks") if link.type == "Blocks" else ("relates to", "relates to")
        type_id = "10000" if link.type == "Blocks" else "10003"
        other = self.site.issues[link.other]
        return {
            "id": str(link.id),
            "self": f"{self.api}/issueLink/{link.id}",
            "type": {
                "id": type_id,
                "self": f"{self.api}/issueLinkType/{type_id}",
                "name": link.type,
                "inward": inward,
                "outward": outward,
            },
            "outwardIssue" if link.outward else "inwardIssue": self.issue_reference(other),
        }

    # --- histories ---

    def history(self, history: History, *, numeric: bool) -> Json:
        """`numeric`: the bulk endpoint tells `created` as epoch milliseconds."""
        told: dict[str, Json] = {"id": str(history.id)}
        if history.author is not None:
            told["author"] = self.person(history.author)
        told["created"] = history.at if numeric else self.moment(history.at)
        told["items"] = [part for item in history.items for part in self._item(item)]
        return told

    def _item(self, item: ChangeItem) -> list[Json]:
        if not self.cloud:
            return self._data_center_item(item)
        told = {
            "field": item.field,
            "fieldtype": item.field_type,
            "from": item.from_id,
            "fromString": item.from_text,
            "to": item.to_id,
            "toString": item.to_text,
        }
        return [told if item.field_id is None else told | {"fieldId": item.field_id}]

    def _data_center_item(self, item: ChangeItem) -> list[Json]:
        """Data Center names no field ids, and tells a parent through Epic Link or Parent Link."""
        if item.field == "Parent Link":
            return []
        if item.field == "IssueParentAssociation":  # a log is kept as it was written: it names what is hidden, too
            ends = [self.site.issues.get(int(end)) for end in (item.from_id, item.to_id) if end is not None]
            known = next((end for end in ends if end is not None), None)
            level = 1 if known is None else self.site.types[known.type_id].level
            name = {0: "Parent", 1: "Epic Link"}.get(level, "Parent Link")
            kind = "jira" if level == 0 else "custom"
            return [_item(name, kind, item.from_id, item.from_text, item.to_id, item.to_text)]
        return [_item(item.field, item.field_type, item.from_id, item.from_text, item.to_id, item.to_text)]


def field_filter(wanted: Sequence[str], *, default: str) -> Callable[[str], bool]:
    """Which fields were asked for: names, `*all`, `*navigable`, and `-name` to leave one out."""
    names = list(wanted) or [default]
    without = {name[1:] for name in names if name.startswith("-")}
    plain = {name for name in names if not name.startswith(("-", "*"))}
    everything = any(name.startswith("*") for name in names) or (not plain and bool(without))
    return lambda name: name not in without and (everything or name in plain)


def jql_words(site: JiraSite, *, now: datetime) -> jql.Words[Issue]:
    """What JQL may ask of a site's issues."""
    readers = _readers(site)

    def known(field: str, value: str) -> bool:
        if field == "project":
            project = site.project(value)
            return project is not None and not project.archived
        if field in ("key", "issuekey", "issue") and not value.isdigit():
            return site.find(value) is not None
        return True

    def values(field: str) -> Callable[[Issue], Sequence[str]] | None:
        return readers.get(field) or _custom_reader(site, field)

    return jql.Words(values=values, instants=_instants, known=known, now=now, zone=ZoneInfo(site.zone))


def sort_issues(issues: list[Issue], order: Sequence[tuple[str, bool]]) -> list[Issue]:
    """In the order that was asked for; the newest first where none was, ids ascending among equals."""
    issues.sort(key=lambda issue: issue.id)
    for field, ascending in reversed(order or (("created", False),)):
        issues.sort(key=_sort_key(field), reverse=not ascending)
    return issues


def _sort_key(field: str) -> Callable[[Issue], Any]:
    if field in ("key", "issuekey"):
        return lambda issue: (issue.key.rpartition("-")[0], int(issue.key.rpartition("-")[2]))
    if field in ("id", "rank"):
        return lambda issue: issue.id
    if field in jql.DATES:
        read = _instants(field)
        return lambda issue: read(issue) or 0
    if field in ("priority", "status", "issuetype", "project", "summary"):
        return lambda issue: str(getattr(issue, f"{field}_id", "")) if field != "summary" else issue.summary
    raise BadRequestError(f"Not able to sort using field '{field}'.")


def _instants(field: str) -> Callable[[Issue], int | None]:
    if field.startswith("updated"):
        return lambda issue: issue.updated
    if field.startswith("created"):
        return lambda issue: issue.created
    if field.startswith("due"):
        return lambda issue: None if issue.due is None else _day_millis(issue.due)
    return lambda issue: issue.resolved


def _day_millis(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def _readers(site: JiraSite) -> Mapping[str, Callable[[Issue], Sequence[str]]]:
    def project(issue: Issue) -> Sequence[str]:
        home = site.projects[issue.project_id]
        return (str(home.id), home.key.lower(), home.name.lower())

    def status(issue: Issue) -> Sequence[str]:
        return (str(issue.status_id), site.statuses[issue.status_id].name.lower())

    def category(issue: Issue) -> Sequence[str]:
        key = site.statuses[issue.status_id].category
        number, _, name = _CATEGORIES[key]
        return (key, str(number), name.lower())

    def kind(issue: Issue) -> Sequence[str]:
        return (str(issue.type_id), site.types[issue.type_id].name.lower())

    def resolution(issue: Issue) -> Sequence[str]:
        if issue.resolution_id is None:
            return ()
        return (str(issue.resolution_id), site.resolutions[issue.resolution_id].name.lower())

    def parent(issue: Issue) -> Sequence[str]:
        above = site.issues.get(issue.parent_id or -1)
        return () if above is None else (str(above.id), above.key.lower())

    def key(issue: Issue) -> Sequence[str]:
        return (issue.key.lower(), str(issue.id))

    def sprint(issue: Issue) -> Sequence[str]:
        return [text for one in issue.sprint_ids for text in (str(one), site.sprints[one].name.lower())]

    return {
        "project": project,
        "status": status,
        "statuscategory": category,
        "issuetype": kind,
        "type": kind,
        "resolution": resolution,
        "parent": parent,
        "key": key,
        "issuekey": key,
        "issue": key,
        "id": key,
        "sprint": sprint,
        "labels": lambda issue: [label.lower() for label in issue.labels],
        "component": lambda issue: [one.name.lower() for one in issue.components],
        "priority": lambda issue: (str(issue.priority_id), site.priorities[issue.priority_id].name.lower()),
        "summary": lambda issue: (issue.summary.lower(),),
        "text": lambda issue: (issue.summary.lower(),),
        "flagged": lambda issue: ("impediment",) if issue.flagged else (),
    }


def _custom_reader(site: JiraSite, field: str) -> Callable[[Issue], Sequence[str]] | None:
    """A custom field by name or as cf[10101]."""
    wanted = field.removeprefix("cf[").removesuffix("]")
    for one in site.fields.values():
        if one.custom and wanted in (one.name.lower(), one.id.removeprefix("customfield_"), one.id):
            return lambda issue, id_=one.id: _texts(issue.values.get(id_))  # type: ignore[misc]  # binds the loop's id
    return None


def _texts(value: Json) -> Sequence[str]:
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return (str(value.get("value", value.get("name"))).lower(),)
    return (str(value).lower(),)


def _item(  # noqa: PLR0917 - the six members, in their order
    field: str, kind: str, from_id: str | None, from_text: str | None, to_id: str | None, to_text: str | None
) -> Json:
    return {
        "field": field,
        "fieldtype": kind,
        "from": from_id,
        "fromString": from_text,
        "to": to_id,
        "toString": to_text,
    }


def _document(text: str) -> Json:
    """A paragraph in the Atlassian Document Format."""
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


_Writer = Callable[[Answers, Issue], Json]
_WRITERS: Mapping[str, _Writer] = {
    "summary": lambda _, i: i.summary,
    "issuetype": lambda a, i: a.type(a.site.types[i.type_id]),
    "status": lambda a, i: a.status(a.site.statuses[i.status_id]),
    "project": lambda a, i: a.project_reference(a.site.projects[i.project_id]),
    "priority": lambda a, i: a.named(a.site.priorities.get(i.priority_id), "priority"),
    "resolution": lambda a, i: a.named(a.site.resolutions.get(i.resolution_id or -1), "resolution"),
    "resolutiondate": lambda a, i: a.moment(i.resolved),
    "created": lambda a, i: a.moment(i.created),
    "updated": lambda a, i: a.moment(i.updated),
    "statuscategorychangedate": lambda a, i: a.moment(i.status_category_changed),
    "duedate": lambda _, i: i.due,
    "labels": lambda _, i: list(i.labels),
    "components": lambda a, i: [a.named(one, "component") for one in i.components],
    "fixVersions": lambda _, __: [],
    "issuelinks": lambda a, i: [a.link(link) for link in i.links],
    "subtasks": lambda a, i: [a.issue_reference(a.site.issues[one]) for one in i.subtask_ids],
    "assignee": lambda a, i: a.person(i.assignee),
    "reporter": lambda a, i: a.person(i.reporter),
    "creator": lambda a, i: a.person(i.reporter),
    "description": lambda a, i: (_document(i.description) if a.cloud else i.description) if i.description else None,
    "parent": lambda a, i: a.parent(i) if a.cloud or a.site.types[i.type_id].level < 0 else None,
}


def _flagged(_: Answers, issue: Issue) -> Json:
    return [{"id": IMPEDIMENT, "value": "Impediment"}] if issue.flagged else None


def _sprints(answers: Answers, issue: Issue) -> Json:
    return [answers.sprint_value(answers.site.sprints[one]) for one in issue.sprint_ids] or None


def _epic_name(answers: Answers, issue: Issue) -> Json:
    return issue.summary if answers.site.types[issue.type_id].level == 1 else None


def _rank(_: Answers, issue: Issue) -> Json:
    return f"0|i{issue.id:05x}:"


def _parent_key(answers: Answers, issue: Issue, *, level: int) -> Json:
    parent = answers.site.issues.get(issue.parent_id or -1)
    if parent is None or answers.site.types[parent.type_id].level != level:
        return None
    return parent.key


_CLOUD_CUSTOM: Mapping[str, _Writer] = {FLAGGED: _flagged, SPRINT: _sprints, EPIC_NAME: _epic_name, RANK: _rank}
_DATA_CENTER_CUSTOM: Mapping[str, _Writer] = {
    **_CLOUD_CUSTOM,
    EPIC_LINK: lambda a, i: _parent_key(a, i, level=1) if a.site.types[i.type_id].level == 0 else None,
    PARENT_LINK: lambda a, i: _parent_key(a, i, level=2),
}
