"""What an Azure DevOps collection holds: projects, areas, iterations, teams, work items with every revision and link.

Times are epoch milliseconds. Every change goes through `AzureSite`: each one is a revision, except that a link bumps no
revision of its items and lives in a stream of its own, as in the real service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple
from uuid import UUID, uuid5

Json = Any

NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
CHILD = "System.LinkTypes.Hierarchy-Forward"  # the source is the parent
SUCCESSOR = "System.LinkTypes.Dependency-Forward"  # the source must end first
RELATED = "System.LinkTypes.Related"

# reference name, name, type, may be written
FIELDS = (
    ("System.Id", "ID", "integer"),
    ("System.Rev", "Rev", "integer"),
    ("System.AreaId", "Area ID", "integer"),
    ("System.AreaPath", "Area Path", "treePath"),
    ("System.NodeName", "Node Name", "string"),
    ("System.IterationId", "Iteration ID", "integer"),
    ("System.IterationPath", "Iteration Path", "treePath"),
    ("System.TeamProject", "Team Project", "string"),
    ("System.WorkItemType", "Work Item Type", "string"),
    ("System.State", "State", "string"),
    ("System.Reason", "Reason", "string"),
    ("System.AssignedTo", "Assigned To", "string"),
    ("System.CreatedDate", "Created Date", "dateTime"),
    ("System.CreatedBy", "Created By", "string"),
    ("System.ChangedDate", "Changed Date", "dateTime"),
    ("System.ChangedBy", "Changed By", "string"),
    ("System.RevisedDate", "Revised Date", "dateTime"),
    ("System.AuthorizedDate", "Authorized Date", "dateTime"),
    ("System.Title", "Title", "string"),
    ("System.Tags", "Tags", "plainText"),
    ("System.Description", "Description", "html"),
    ("System.BoardColumn", "Board Column", "string"),
    ("System.BoardColumnDone", "Board Column Done", "boolean"),
    ("System.CommentCount", "Comment Count", "integer"),
    ("System.IsDeleted", "Is Deleted", "boolean"),
    ("System.Parent", "Parent", "integer"),
    ("Microsoft.VSTS.Common.Priority", "Priority", "integer"),
    ("Microsoft.VSTS.Common.StateChangeDate", "State Change Date", "dateTime"),
    ("Microsoft.VSTS.Common.ActivatedDate", "Activated Date", "dateTime"),
    ("Microsoft.VSTS.Common.ResolvedDate", "Resolved Date", "dateTime"),
    ("Microsoft.VSTS.Common.ClosedDate", "Closed Date", "dateTime"),
    ("Microsoft.VSTS.Common.BusinessValue", "Business Value", "integer"),
    ("Microsoft.VSTS.Common.TimeCriticality", "Time Criticality", "double"),
    ("Microsoft.VSTS.Common.StackRank", "Stack Rank", "double"),
    ("Microsoft.VSTS.Common.ValueArea", "Value Area", "string"),
    ("Microsoft.VSTS.Scheduling.Effort", "Effort", "double"),
    ("Microsoft.VSTS.Scheduling.StoryPoints", "Story Points", "double"),
    ("Microsoft.VSTS.Scheduling.StartDate", "Start Date", "dateTime"),
    ("Microsoft.VSTS.Scheduling.TargetDate", "Target Date", "dateTime"),
    ("Microsoft.VSTS.CMMI.Blocked", "Blocked", "string"),
    ("Custom.RiskReduction", "Risk Reduction", "double"),
    ("Custom.CostEstimate", "Cost estimate", "double"),
    ("Custom.StrategicTheme", "Strategic theme", "string"),
    ("Custom.Probability", "Probability", "double"),
    ("Custom.Impact", "Impact", "double"),
    ("Custom.ResidualProbability", "Residual probability", "double"),
    ("Custom.ResidualImpact", "Residual impact", "double"),
    ("Custom.Roam", "ROAM", "string"),
    ("Custom.AcceptedBy", "Accepted by", "string"),
    ("Custom.NextStep", "Next step", "string"),
)


@lru_cache(maxsize=10_000)
def guid(*words: object) -> str:
    """The same id for the same words, always."""
    return str(uuid5(NAMESPACE, "/".join(map(str, words))))


class Person(NamedTuple):
    """An identity; a role's name rather than a person's."""

    name: str

    @property
    def id(self) -> str:
        return guid("person", self.name)

    @property
    def mail(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@tressande.example"


class State(NamedTuple):
    """`category`: Proposed, InProgress, Resolved, Completed or Removed."""

    name: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItemType:
    """`level`: 0 stories and bugs, 1 features, 2 epics; None in no backlog."""

    name: str
    reference: str
    states: tuple[State, ...]
    level: int | None


class Node(NamedTuple):
    """An area or an iteration; days of iterations are ISO dates."""

    id: int
    path: str  # Project\\Area
    starts: str | None = None
    ends: str | None = None


@dataclass(slots=True, kw_only=True)
class Team:
    name: str
    areas: tuple[str, ...]

    def id(self, project: AzureProject) -> str:
        return guid("team", project.id, self.name)


@dataclass(slots=True, kw_only=True)
class AzureProject:
    """A team project with its process."""

    name: str
    types: tuple[WorkItemType, ...]
    teams: tuple[Team, ...]
    areas: tuple[Node, ...]  # the root first
    iterations: tuple[Node, ...]
    process: str = "Agile"

    @property
    def id(self) -> str:
        return guid("project", self.name)

    def type(self, name: str) -> WorkItemType | None:
        return next((one for one in self.types if one.name.lower() == name.lower()), None)


@dataclass(slots=True)
class Revision:
    """What one save changed. `watermark` orders saves of the whole collection; 0: not yet given."""

    rev: int
    at: int
    by: Person
    fields: dict[str, Json]
    watermark: int = 0


@dataclass(slots=True)
class LinkEvent:
    """A link that appeared (`active`) or went."""

    at: int
    kind: str
    source: int
    target: int
    active: bool
    by: Person
    watermark: int = 0


@dataclass(slots=True)
class WorkItem:
    """One work item: its fields now, and its revisions, oldest first."""

    id: int
    fields: dict[str, Json]
    revisions: list[Revision] = field(default_factory=list)
    deleted_at: int | None = None
    parent: int | None = None

    @property
    def project(self) -> str:
        return str(self.fields["System.TeamProject"])

    def at_revision(self, number: int) -> dict[str, Json]:
        """Every field as it was after that revision; fields that were emptied are left out."""
        known: dict[str, Json] = {}
        for revision in self.revisions[:number]:
            known |= revision.fields
        return {name: value for name, value in known.items() if value is not None}


class AzureSite:
    """Everything one organisation or collection holds, and the ways to change it."""

    def __init__(self, *, organisation: str, owner: Person) -> None:
        self.organisation = organisation
        self.owner = owner
        self.projects: dict[str, AzureProject] = {}
        self.items: dict[int, WorkItem] = {}
        self.stream: list[tuple[WorkItem, Revision]] = []
        self.link_stream: list[LinkEvent] = []
        self.links: dict[int, list[tuple[str, int, bool]]] = {}  # item -> (kind, other, forward)
        self.hidden: set[int] = set()  # items that the token may not see
        self._last = 20_000

    # --- asking ---

    def item(self, number: int) -> WorkItem:
        """Raises KeyError."""
        return self.items[number]

    def find(self, number: int) -> WorkItem | None:
        """One that the token may see and that is not in the recycle bin."""
        found = self.items.get(number)
        return None if found is None or number in self.hidden or found.deleted_at is not None else found

    def project(self, id_or_name: str) -> AzureProject | None:
        wanted = id_or_name.lower()
        return next((one for one in self.projects.values() if wanted in (one.id, one.name.lower())), None)

    def category(self, item: WorkItem) -> str | None:
        kind = self.projects[item.project].type(str(item.fields["System.WorkItemType"]))
        states = {state.name: state.category for state in kind.states} if kind else {}
        return states.get(str(item.fields["System.State"]))

    # --- changing ---

    def create(
        self,
        *,
        project: str,
        type: str,
        title: str,
        state: str,
        at: int,
        area: str,
        iteration: str | None = None,
        by: Person | None = None,
        assignee: Person | None = None,
        parent: WorkItem | None = None,
        tags: tuple[str, ...] = (),
        values: Mapping[str, Json] | None = None,
    ) -> WorkItem:
        """Create a work item; ids are unique in the collection. Raises KeyError for names that do not exist."""
        self._last += 1
        home, author = self.projects[project], by or self.owner
        fields: dict[str, Json] = {
            "System.Id": self._last,
            "System.TeamProject": home.name,
            "System.WorkItemType": type,
            "System.State": state,
            "System.Reason": "New",
            "System.Title": title,
            "System.CreatedDate": at,
            "System.CreatedBy": author,
            "System.CommentCount": 0,
            "System.BoardColumn": state,
            "System.BoardColumnDone": False,
            "Microsoft.VSTS.Common.StateChangeDate": at,
            "Microsoft.VSTS.Common.Priority": 2,
            "Microsoft.VSTS.Common.ValueArea": "Business",
            **self._area(home, area),
            **self._iteration(home, iteration or home.name),
            **(values or {}),
        }
        if assignee is not None:
            fields["System.AssignedTo"] = assignee
        if tags:
            fields["System.Tags"] = "; ".join(tags)
        made = WorkItem(self._last, {})
        self.items[made.id] = made
        self.save(made, at, fields, by=author)
        if parent is not None:
            self.reparent(made, parent, at, by=author)
        return made

    def save(self, item: WorkItem, at: int, fields: dict[str, Json], *, by: Person | None = None) -> Revision:
        """Save changed fields as a new revision; None empties a field."""
        author = by or self.owner
        changed = {
            **fields,
            "System.Rev": len(item.revisions) + 1,
            "System.ChangedDate": at,
            "System.ChangedBy": author,
            "System.AuthorizedDate": at,
        }
        revision = Revision(
            len(item.revisions) + 1, at, author, changed, (self.stream[-1][1].watermark if self.stream else 0) + 1
        )
        item.revisions.append(revision)
        item.fields |= changed
        self.stream.append((item, revision))
        return revision

    def move_state(self, item: WorkItem, state: str, at: int, *, by: Person | None = None) -> Revision:
        """Change the state, with the dates that the process's rules set beside it."""
        kind = self.projects[item.project].type(str(item.fields["System.WorkItemType"]))
        category = {one.name: one.category for one in kind.states}.get(state) if kind else None
        fields: dict[str, Json] = {
            "System.State": state,
            "System.Reason": intern(f"Moved to state {state}"),  # thousands of revisions say it
            "System.BoardColumn": state,
            "Microsoft.VSTS.Common.StateChangeDate": at,
        }
        if category == "InProgress" and item.fields.get("Microsoft.VSTS.Common.ActivatedDate") is None:
            fields["Microsoft.VSTS.Common.ActivatedDate"] = at
        closed = at if category == "Completed" else None
        if closed != item.fields.get("Microsoft.VSTS.Common.ClosedDate"):
            fields["Microsoft.VSTS.Common.ClosedDate"] = closed
        return self.save(item, at, fields, by=by)

    def retag(self, item: WorkItem, tags: tuple[str, ...], at: int, *, by: Person | None = None) -> Revision:
        return self.save(item, at, {"System.Tags": "; ".join(tags) or None}, by=by)

    def retype(self, item: WorkItem, type_name: str, at: int, *, by: Person | None = None) -> Revision:
        return self.save(item, at, {"System.WorkItemType": type_name}, by=by)

    def place(self, item: WorkItem, area: str, at: int, *, by: Person | None = None) -> Revision:
        """Change the area within the project."""
        return self.save(item, at, self._area(self.projects[item.project], area), by=by)

    def iterate(self, item: WorkItem, iteration: str, at: int, *, by: Person | None = None) -> Revision:
        return self.save(item, at, self._iteration(self.projects[item.project], iteration), by=by)

    def move(
        self, item: WorkItem, project: str, at: int, *, area: str | None = None, by: Person | None = None
    ) -> Revision:
        """Move to another team project: id and revisions stay."""
        home = self.projects[project]
        places = self._area(home, area or home.name) | self._iteration(home, home.name)
        return self.save(item, at, {"System.TeamProject": home.name, **places}, by=by)

    def reparent(self, item: WorkItem, parent: WorkItem | None, at: int, *, by: Person | None = None) -> None:
        """Give another parent, or none; no revision is written."""
        if item.parent is not None:
            self.unlink(self.items[item.parent], item, CHILD, at, by=by)
        item.parent = None if parent is None else parent.id
        if parent is not None:
            self.link(parent, item, CHILD, at, by=by)

    def link(self, source: WorkItem, target: WorkItem, kind: str, at: int, *, by: Person | None = None) -> None:
        self.links.setdefault(source.id, []).append((kind, target.id, True))
        self.links.setdefault(target.id, []).append((kind, source.id, False))
        self._tell_link(LinkEvent(at, kind, source.id, target.id, True, by or self.owner))

    def unlink(self, source: WorkItem, target: WorkItem, kind: str, at: int, *, by: Person | None = None) -> None:
        self.links[source.id].remove((kind, target.id, True))
        self.links[target.id].remove((kind, source.id, False))
        self._tell_link(LinkEvent(at, kind, source.id, target.id, False, by or self.owner))

    def delete(self, item: WorkItem, at: int) -> None:
        """Into the recycle bin."""
        item.deleted_at = at
        self.save(item, at, {"System.IsDeleted": True})

    def restore(self, item: WorkItem, at: int) -> None:
        """Out of the recycle bin."""
        item.deleted_at = None
        self.save(item, at, {"System.IsDeleted": None})

    def destroy(self, item: WorkItem) -> None:
        """Gone without a trace, revisions and links too."""
        del self.items[item.id]
        self.stream = [row for row in self.stream if row[0].id != item.id]
        self.link_stream = [one for one in self.link_stream if item.id not in (one.source, one.target)]
        for _, other, _ in self.links.pop(item.id, []):
            self.links[other] = [link for link in self.links.get(other, []) if link[1] != item.id]

    def order_streams(self) -> None:
        """Give every save its place anew, in the order in which things happened; for sites written item by item."""
        self.stream.sort(key=lambda row: (row[1].at, row[0].id, row[1].rev))
        for number, (_, revision) in enumerate(self.stream, 1):
            revision.watermark = number
        self.link_stream.sort(key=lambda one: (one.at, one.source, one.target, one.active))
        for number, event in enumerate(self.link_stream, 1):
            event.watermark = number

    def _tell_link(self, event: LinkEvent) -> None:
        event.watermark = self.link_stream[-1].watermark + 1 if self.link_stream else 1
        self.link_stream.append(event)

    def _area(self, project: AzureProject, path: str) -> dict[str, Json]:
        node = next(one for one in project.areas if one.path == path)
        return {"System.AreaPath": path, "System.AreaId": node.id, "System.NodeName": path.rpartition("\\")[2]}

    def _iteration(self, project: AzureProject, path: str) -> dict[str, Json]:
        node = next(one for one in project.iterations if one.path == path)
        return {"System.IterationPath": path, "System.IterationId": node.id}
