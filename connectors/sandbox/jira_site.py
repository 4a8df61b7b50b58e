"""What a Jira holds: projects, statuses, sprints, issues and every change they ever saw.

Times are epoch milliseconds, as Jira's index keeps them. Every change goes through `JiraSite`, so that an issue and its
history never disagree; the demo's two years and a test's single edit are made by the same methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any, NamedTuple

Json = Any

EPIC_NAME = "customfield_10011"
EPIC_LINK = "customfield_10014"
STORY_POINTS = "customfield_10016"
PARENT_LINK = "customfield_10018"
RANK = "customfield_10019"
SPRINT = "customfield_10020"
FLAGGED = "customfield_10021"
TARGET_START = "customfield_10022"
TARGET_END = "customfield_10023"
TEAM = "customfield_10024"
BUSINESS_VALUE = "customfield_10101"
TIME_CRITICALITY = "customfield_10102"
RISK_REDUCTION = "customfield_10103"
JOB_SIZE = "customfield_10104"
COST = "customfield_10105"
STRATEGIC_THEME = "customfield_10106"
IMPEDIMENT = "10019"  # the option's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field as `/field` lists it. `custom` is its `schema.custom`, None for system fields."""

    id: str
    name: str
    type: str
    items: str | None = None
    system: str | None = None
    custom: str | None = None


_PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes"
_AGILE = "com.pyxis.greenhopper.jira"
_PLAIN_FIELDS = tuple(
    Field(id=id_, name=name, type=type_, items=items, system=id_)
    for id_, name, type_, items in (
        ("summary", "Summary", "string", None),
        ("issuetype", "Issue Type", "issuetype", None),
        ("status", "Status", "status", None),
        ("project", "Project", "project", None),
        ("priority", "Priority", "priority", None),
        ("resolution", "Resolution", "resolution", None),
        ("resolutiondate", "Resolved", "datetime", None),
        ("created", "Created", "datetime", None),
        ("updated", "Updated", "datetime", None),
        ("statuscategorychangedate", "Status Category Changed", "datetime", None),
        ("duedate", "Due date", "date", None),
        ("labels", "Labels", "array", "string"),
        ("components", "Components", "array", "component"),
        ("fixVersions", "Fix versions", "array", "version"),
        ("issuelinks", "Linked Issues", "array", "issuelinks"),
        ("subtasks", "Sub-tasks", "array", "issuelinks"),
        ("assignee", "Assignee", "user", None),
        ("reporter", "Reporter", "user", None),
        ("creator", "Creator", "user", None),
        ("description", "Description", "string", None),
    )
)
SYSTEM_FIELDS = (*_PLAIN_FIELDS, Field(id="parent", name="Parent", type="issuelink"))
CUSTOM_FIELDS = (
    Field(id=EPIC_NAME, name="Epic Name", type="string", custom=f"{_AGILE}:gh-epic-label"),
    Field(id=EPIC_LINK, name="Epic Link", type="any", custom=f"{_AGILE}:gh-epic-link"),
    Field(id=STORY_POINTS, name="Story point estimate", type="number", custom=f"{_AGILE}:jsw-story-points"),
    Field(id=PARENT_LINK, name="Parent Link", type="any", custom="com.atlassian.jpo:jpo-custom-field-parent"),
    Field(id=RANK, name="Rank", type="any", custom=f"{_AGILE}:gh-lexo-rank"),
    Field(id=SPRINT, name="Sprint", type="array", items="json", custom=f"{_AGILE}:gh-sprint"),
    Field(id=FLAGGED, name="Flagged", type="array", items="option", custom=f"{_PLUGIN}:multicheckboxes"),
    Field(
        id=TARGET_START, name="Target start", type="date", custom="com.atlassian.jpo:jpo-custom-field-baseline-start"
    ),
    Field(id=TARGET_END, name="Target end", type="date", custom="com.atlassian.jpo:jpo-custom-field-baseline-end"),
    Field(id=TEAM, name="Team", type="team", custom="com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"),
    Field(id=BUSINESS_VALUE, name="Business Value", type="number", custom=f"{_PLUGIN}:float"),
    Field(id=TIME_CRITICALITY, name="Time Criticality", type="number", custom=f"{_PLUGIN}:float"),
    Field(id=RISK_REDUCTION, name="Risk Reduction", type="number", custom=f"{_PLUGIN}:float"),
    Field(id=JOB_SIZE, name="Job Size", type="number", custom=f"{_PLUGIN}:float"),
    Field(id=COST, name="Cost (k€)", type="number", custom=f"{_PLUGIN}:float"),
    Field(id=STRATEGIC_THEME, name="Strategic theme", type="option", custom=f"{_PLUGIN}:select"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`category`: new, indeterminate or done."""

    id: int
    name: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueType:
    """`level`: -1 sub-task, 0 base, 1 epic, 2 above."""

    id: int
    name: str
    level: int


class Named(NamedTuple):
    """A priority, a resolution, a component or a version."""

    id: int
    name: str


class Person(NamedTuple):
    """An account; a role's name rather than a person's."""

    id: str
    name: str


@dataclass(slots=True, kw_only=True)
class Project:
    """`style`: classic or next-gen. `statuses`: which statuses each issue type id uses."""

    id: int
    key: str
    name: str
    lead: Person
    statuses: Mapping[int, tuple[int, ...]]
    archived: bool = False
    components: tuple[Named, ...] = ()
    versions: tuple[Named, ...] = ()
    last_number: int = 0


@dataclass(slots=True, kw_only=True)
class Board:
    """`type`: scrum or kanban. `columns` are (name, status ids)."""

    id: int
    name: str
    type: str
    project_id: int
    columns: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(slots=True, kw_only=True)
class Sprint:
    """`state`: closed, active or future. Times are epoch milliseconds."""

    id: int
    board_id: int
    name: str
    state: str
    starts: int
    ends: int
    completed: int | None = None
    goal: str = ""


class ChangeItem(NamedTuple):
    """One field's change inside a history."""

    field: str
    field_id: str | None
    field_type: str
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass(slots=True)
class History:
    """What one person changed at one moment. `id` 0: not yet given."""

    id: int
    at: int
    author: Person | None
    items: tuple[ChangeItem, ...]


class IssueLink(NamedTuple):
    """A link as one of its two issues sees it."""

    id: int
    type: str  # Blocks, Relates
    other: int
    outward: bool  # outward Blocks: this issue blocks the other


@dataclass(slots=True)
class Issue:
    """One issue as it is now, and its histories, oldest first."""

    id: int
    key: str
    project_id: int
    type_id: int
    summary: str
    status_id: int
    created: int
    updated: int
    reporter: Person
    assignee: Person | None = None
    priority_id: int = 3
    resolution_id: int | None = None
    resolved: int | None = None
    status_category_changed: int = 0
    parent_id: int | None = None
    labels: tuple[str, ...] = ()
    components: tuple[Named, ...] = ()
    due: str | None = None
    sprint_ids: tuple[int, ...] = ()
    flagged: bool = False
    links: tuple[IssueLink, ...] = ()
    values: dict[str, Json] = field(default_factory=dict)
    histories: list[History] = field(default_factory=list)
    subtask_ids: tuple[int, ...] = ()
    raw: dict[str, Json] | None = None  # the fields of an issue that was given, not made
    description: str = ""


class JiraSite:
    """Everything one Jira holds, and the ways to change it."""

    def __init__(
        self,
        *,
        title: str,
        zone: str,
        statuses: Iterable[Status],
        types: Iterable[IssueType],
        priorities: Iterable[Named],
        resolutions: Iterable[Named],
        fields: Iterable[Field],
        owner: Person,
    ) -> None:
        self.title = title
        self.zone = zone  # of the token owner's profile
        self.owner = owner  # of the token
        self.statuses = {status.id: status for status in statuses}
        self.types = {kind.id: kind for kind in types}
        self.priorities = {one.id: one for one in priorities}
        self.resolutions = {one.id: one for one in resolutions}
        self.fields = {one.id: one for one in fields}
        self.projects: dict[int, Project] = {}
        self.boards: dict[int, Board] = {}
        self.sprints: dict[int, Sprint] = {}
        self.issues: dict[int, Issue] = {}
        self.hidden: set[int] = set()  # issues that the token may not see
        self._ids: dict[str, int] = {}  # lower-case key, old ones too -> issue id
        self._last_issue = 10_000
        self._last_history = 50_000
        self._last_link = 20_000

    # --- asking ---

    def visible(self) -> Iterable[Issue]:
        """Issues that search shows: not hidden, not in an archived project."""
        archived = {project.id for project in self.projects.values() if project.archived}
        if not archived and not self.hidden:
            return self.issues.values()
        return [i for i in self.issues.values() if i.project_id not in archived and i.id not in self.hidden]

    def find(self, id_or_key: str | int) -> Issue | None:
        """By id, or by any key it ever had, in any case; None where there is none or it is hidden."""
        text = str(id_or_key)
        number = int(text) if text.isdigit() else self._ids.get(text.lower(), -1)
        return None if number in self.hidden else self.issues.get(number)

    def issue(self, id_or_key: str | int) -> Issue:
        """As `find`, for one that must exist. Raises KeyError."""
        found = self.find(id_or_key)
        if found is None:
            raise KeyError(id_or_key)
        return found

    def project(self, id_or_key: str | int) -> Project | None:
        text = str(id_or_key).lower()
        return next((p for p in self.projects.values() if text in (str(p.id), p.key.lower(), p.name.lower())), None)

    def status_named(self, name: str) -> Status:
        """Raises KeyError."""
        for status in self.statuses.values():
            if status.name == name:
                return status
        raise KeyError(name)

    def type_named(self, name: str) -> IssueType:
        """Raises KeyError."""
        for kind in self.types.values():
            if kind.name == name:
                return kind
        raise KeyError(name)

    def resolution_named(self, name: str) -> Named:
        """Raises KeyError."""
        for resolution in self.resolutions.values():
            if resolution.name == name:
                return resolution
        raise KeyError(name)

    # --- changing ---

    def create(
        self,
        *,
        project: str,
        type: str,
        summary: str,
        status: str,
        at: int,
        reporter: Person | None = None,
        assignee: Person | None = None,
        parent: Issue | None = None,
        labels: tuple[str, ...] = (),
        values: Mapping[str, Json] | None = None,
        priority_id: int = 3,
        due: str | None = None,
        description: str = "",
    ) -> Issue:
        """Create an issue; it gets the project's next number. Raises KeyError for names that do not exist."""
        home = self.project(project)
        if home is None:
            raise KeyError(project)
        home.last_number += 1
        self._last_issue += 1
        issue = Issue(
            id=self._last_issue,
            key=f"{home.key}-{home.last_number}",
            project_id=home.id,
            type_id=self.type_named(type).id,
            summary=summary,
            status_id=self.status_named(status).id,
            created=at,
            updated=at,
            status_category_changed=at,
            reporter=reporter or self.owner,
            assignee=assignee,
            priority_id=priority_id,
            parent_id=parent.id if parent is not None else None,
            labels=labels,
            due=due,
            values=dict(values or {}),
            description=description,
        )
        self.add(issue)
        return issue

    def add(self, issue: Issue) -> None:
        """Hold an issue that is already whole."""
        self.issues[issue.id] = issue
        self._ids[issue.key.lower()] = issue.id
        self._last_issue = max(self._last_issue, issue.id)
        if issue.parent_id is not None and self.types[issue.type_id].level < 0:
            parent = self.issues[issue.parent_id]
            parent.subtask_ids += (issue.id,)

    def record(self, issue: Issue, at: int, *items: ChangeItem, author: Person | None = None) -> History:
        """Append a history; the issue's `updated` never goes back."""
        self._last_history += 1
        history = History(self._last_history, at, author or self.owner, items)
        issue.histories.append(history)
        issue.updated = max(issue.updated, at)
        return history

    def transition(
        self, issue: Issue, status: str, at: int, *, resolution: str | None = None, author: Person | None = None
    ) -> History:
        """Move to a status. Done statuses get a resolution ("Done" unless said), others lose theirs."""
        old, new = self.statuses[issue.status_id], self.status_named(status)
        ids = (intern(str(old.id)), intern(str(new.id)))  # tens of thousands of histories hold them
        items = [ChangeItem("status", "status", "jira", ids[0], old.name, ids[1], new.name)]
        wanted = self.resolution_named(resolution or "Done") if new.category == "done" else None
        before = None if issue.resolution_id is None else self.resolutions[issue.resolution_id]
        if wanted != before:
            items.append(ChangeItem("resolution", "resolution", "jira", *_named_pair(before), *_named_pair(wanted)))
            issue.resolution_id = None if wanted is None else wanted.id
            issue.resolved = None if wanted is None else at
        if old.category != new.category:
            issue.status_category_changed = at
        issue.status_id = new.id
        return self.record(issue, at, *items, author=author)

    def relabel(self, issue: Issue, labels: tuple[str, ...], at: int, *, author: Person | None = None) -> History:
        old, issue.labels = issue.labels, labels
        change = ChangeItem("labels", "labels", "jira", None, " ".join(old), None, " ".join(labels))
        return self.record(issue, at, change, author=author)

    def retitle(self, issue: Issue, summary: str, at: int) -> History:
        old, issue.summary = issue.summary, summary
        return self.record(issue, at, ChangeItem("summary", "summary", "jira", None, old, None, summary))

    def retype(self, issue: Issue, type_name: str, at: int, *, author: Person | None = None) -> History:
        old, new = self.types[issue.type_id], self.type_named(type_name)
        issue.type_id = new.id
        change = ChangeItem("issuetype", "issuetype", "jira", str(old.id), old.name, str(new.id), new.name)
        return self.record(issue, at, change, author=author)

    def reparent(self, issue: Issue, parent: Issue | None, at: int, *, author: Person | None = None) -> History:
        """Give another parent, or none. Jira Cloud tells it twice: as Parent Link and as IssueParentAssociation."""
        old = None if issue.parent_id is None else self.issues[issue.parent_id]
        issue.parent_id = None if parent is None else parent.id
        before = (None, None) if old is None else (str(old.id), old.key)
        after = (None, None) if parent is None else (str(parent.id), parent.key)
        return self.record(
            issue,
            at,
            ChangeItem("Parent Link", PARENT_LINK, "custom", None, before[1], None, after[1]),
            ChangeItem("IssueParentAssociation", None, "jira", *before, *after),
            author=author,
        )

    def move(self, issue: Issue, project: str, at: int, *, author: Person | None = None) -> History:
        """Move to another project: the id stays, the key changes, the old key still resolves. Raises KeyError."""
        old, new = self.projects[issue.project_id], self.project(project)
        if new is None:
            raise KeyError(project)
        new.last_number += 1
        key, old_key = f"{new.key}-{new.last_number}", issue.key
        issue.project_id, issue.key = new.id, key
        self._ids[key.lower()] = issue.id
        return self.record(
            issue,
            at,
            ChangeItem("project", "project", "jira", str(old.id), old.name, str(new.id), new.name),
            ChangeItem("Key", "issuekey", "jira", None, old_key, None, key),
            author=author,
        )

    def flag(self, issue: Issue, flagged: bool, at: int, *, author: Person | None = None) -> History:
        """Raise or lower the impediment flag."""
        issue.flagged = flagged
        on = (f"[{IMPEDIMENT}]", "Impediment")
        off = (None, None)
        pair = (*off, *on) if flagged else (*on, *off)
        return self.record(issue, at, ChangeItem("Flagged", FLAGGED, "custom", *pair), author=author)

    def set_value(self, issue: Issue, field_id: str, value: Json, at: int, *, author: Person | None = None) -> History:
        """Set a custom field; numbers and dates are told as text, options by their value."""
        old = issue.values.get(field_id)
        issue.values[field_id] = value
        change = ChangeItem(self.fields[field_id].name, field_id, "custom", None, _text(old), None, _text(value))
        return self.record(issue, at, change, author=author)

    def assign(self, issue: Issue, person: Person | None, at: int, *, author: Person | None = None) -> History:
        old, issue.assignee = issue.assignee, person
        before = (None, None) if old is None else (old.id, old.name)
        after = (None, None) if person is None else (person.id, person.name)
        return self.record(issue, at, ChangeItem("assignee", "assignee", "jira", *before, *after), author=author)

    def reschedule(self, issue: Issue, due: str | None, at: int, *, author: Person | None = None) -> History:
        """Change the due date (ISO day)."""
        old, issue.due = issue.due, due
        return self.record(issue, at, ChangeItem("duedate", "duedate", "jira", old, old, due, due), author=author)

    def plan(self, issue: Issue, sprint_ids: tuple[int, ...], at: int, *, author: Person | None = None) -> History:
        """Say in which sprints the issue is and was."""
        old, issue.sprint_ids = issue.sprint_ids, sprint_ids
        before, after = (
            (", ".join(map(str, ids)), ", ".join(self.sprints[one].name for one in ids)) for ids in (old, sprint_ids)
        )
        return self.record(issue, at, ChangeItem("Sprint", SPRINT, "custom", *before, *after), author=author)

    def link(self, issue: Issue, other: Issue, at: int, *, type: str = "Blocks") -> None:
        """`issue` blocks (or relates to) `other`; both keep the link and both tell it in their history."""
        self._last_link += 1
        issue.links += (IssueLink(self._last_link, type, other.id, outward=True),)
        other.links += (IssueLink(self._last_link, type, issue.id, outward=False),)
        verbs = ("blocks", "is blocked by") if type == "Blocks" else ("relates to", "relates to")
        for one, verb, another in ((issue, verbs[0], other), (other, verbs[1], issue)):
            text = f"This issue {verb} {another.key}"
            self.record(one, at, ChangeItem("Link", None, "jira", None, None, another.key, text))

    def delete(self, issue: Issue) -> None:
        """Gone without a trace, as in Jira: no event, never again found."""
        del self.issues[issue.id]
        for key in [key for key, id_ in self._ids.items() if id_ == issue.id]:
            del self._ids[key]
        for other in self.issues.values():
            if any(link.other == issue.id for link in other.links):
                other.links = tuple(link for link in other.links if link.other != issue.id)
            if other.parent_id == issue.id:
                other.parent_id = None
            if issue.id in other.subtask_ids:
                other.subtask_ids = tuple(one for one in other.subtask_ids if one != issue.id)

    def number_histories(self) -> None:
        """Give every history its id anew, in the order in which things happened; for sites written issue by issue."""
        for issue in self.issues.values():
            issue.histories.sort(key=lambda history: history.at)
        rows = ((h.at, i.id, n, h) for i in self.issues.values() for n, h in enumerate(i.histories))
        everything = sorted(rows, key=lambda row: row[:3])
        for number, (_, _, _, history) in enumerate(everything, 50_001):
            history.id = number
        self._last_history = 50_000 + len(everything)


def _named_pair(one: Named | None) -> tuple[str | None, str | None]:
    return (None, None) if one is None else (str(one.id), one.name)


def _text(value: Json) -> str | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return str(value.get("value", value.get("name")))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(_text(part)) for part in value)
    return str(value)
