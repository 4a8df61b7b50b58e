# ruff: noqa: E501 - the answers are tables; broken lines would hide their shape
"""An Azure DevOps over loopback, Services or Server: work item tracking, its reporting streams, and the metadata.

with AzureDevOpsSandbox(site, now=clock, token="secret") as server:
    requests.get(server.url + "/_apis/projects", auth=("", server.token))
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from connectors.sandbox import wiql
from connectors.sandbox.azure_site import (
    CHILD,
    FIELDS,
    RELATED,
    SUCCESSOR,
    AzureProject,
    AzureSite,
    LinkEvent,
    Node,
    Person,
    Revision,
    Team,
    WorkItem,
    WorkItemType,
    guid,
)
from connectors.sandbox.loopback import LoopbackServer, RecordedRequest, Response, answer, page

Json = Any

_NEVER = "9999-01-01T00:00:00Z"
_DATES = frozenset(reference for reference, _, kind in FIELDS if kind == "dateTime")
_NOT_IN_REVISIONS = frozenset({"System.Parent", "System.Description"})
_TEAM = "{project}/{team}/_apis/{area}"
_PROJECT = "{project}/_apis/{area}"

# location id, area, resource, route template, resource version; ids as the azure-devops 7.1 package asks for them
_LOCATIONS = (
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4),
    ("d30a3dd1-f8ba-442a-b86a-bd0c0c383e59", "core", "teams", "_apis/projects/{projectId}/{resource}/{*teamId}", 3),
    ("7a4d9ee9-3433-4347-b47a-7a80f1cf307e", "core", "teams", "_apis/{resource}", 3),
    ("93878975-88c5-4e6a-8abb-7ddd77a8a7d8", "process", "processes", "_apis/{area}/{resource}/{processId}", 1),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1),
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1),
    ("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql", _TEAM + "/{resource}", 2),
    ("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workItemsBatch", _PROJECT + "/{resource}", 1),
    ("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workItems", _PROJECT + "/{resource}/{id}", 3),
    (
        "6570bf97-d02c-4a91-8d93-3abe9895b1a9",
        "wit",
        "updates",
        _PROJECT + "/workItems/{id}/{resource}/{updateNumber}",
        3,
    ),
    (
        "a00c85a5-80fa-4565-99c3-bcd2181434bb",
        "wit",
        "revisions",
        _PROJECT + "/workItems/{id}/{resource}/{revisionNumber}",
        3,
    ),
    ("f828fe59-dd87-495d-a17c-7a8d6211ca6c", "wit", "workItemRevisions", _PROJECT + "/reporting/{resource}", 2),
    ("b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f", "wit", "workItemLinks", _PROJECT + "/reporting/{resource}", 3),
    ("b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "wit", "recycleBin", _PROJECT + "/{resource}/{id}", 2),
    ("b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "wit", "fields", _PROJECT + "/{resource}/{fieldNameOrRefName}", 3),
    ("7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "workItemTypes", _PROJECT + "/{resource}/{type}", 2),
    ("7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "states", _PROJECT + "/workItemTypes/{type}/{resource}", 1),
    ("9b9f5734-36c8-415e-ba67-f83b45c31408", "wit", "workItemTypeCategories", _PROJECT + "/{resource}/{category}", 2),
    ("f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165", "wit", "workItemRelationTypes", "_apis/{area}/{resource}/{relation}", 2),
    ("a70579d1-f53a-48ee-a5be-7be8659023b9", "wit", "classificationNodes", _PROJECT + "/{resource}", 2),
    (
        "5a172953-1b41-49d3-840a-33f79c3ce89f",
        "wit",
        "classificationNodes",
        _PROJECT + "/{resource}/{structureGroup}/{*path}",
        2,
    ),
    ("7799f497-3cb5-4f16-ad4f-5cd06012db64", "work", "backlogConfiguration", _TEAM + "/{resource}", 1),
    ("f901ba42-86d2-4b0c-89c1-3f86d06daa84", "work", "processConfiguration", _PROJECT + "/{resource}", 1),
    ("a93726f9-7867-4e38-b4f2-0bfafc2f6a94", "work", "backlogs", _TEAM + "/{resource}/{id}", 1),
    ("23ad19fc-3b8e-4877-8462-b3f92bc06b40", "work", "boards", _TEAM + "/{resource}/{id}", 1),
    ("c555d7ff-84e1-47df-9923-a3fe0cd8751b", "work", "columns", _TEAM + "/boards/{board}/{resource}", 1),
    ("c9175577-28a1-4b06-9197-8636af9f64ad", "work", "iterations", _TEAM + "/teamsettings/{resource}/{id}", 1),
    (
        "74412d15-8c1a-4352-a48d-ef1ed5587d57",
        "work",
        "capacities",
        _TEAM + "/teamsettings/iterations/{iterationId}/{resource}/{teamMemberId}",
        3,
    ),
    (
        "2d4faa2e-9150-4cbf-a47a-932b1b4a0773",
        "work",
        "teamdaysoff",
        _TEAM + "/teamsettings/iterations/{iterationId}/{resource}",
        1,
    ),
    (
        "1e385ce0-396b-4273-8171-d64562c18d37",
        "work",
        "iterationcapacities",
        _PROJECT + "/iterations/{iterationId}/{resource}",
        1,
    ),
    ("07ced576-58ed-49e6-9c1e-5cb53ab8bf2a", "work", "teamfieldvalues", _TEAM + "/teamsettings/{resource}", 1),
    ("c3c1012b-bea7-49d7-b45e-1664e566f84c", "work", "teamsettings", _TEAM + "/{resource}", 1),
    ("02cc6a73-5cfb-427d-8c8e-b49fb086e8af", "processes", "processes", "_apis/work/{resource}/{processTypeId}", 2),
)

Handler = Callable[..., Response]
Row = TypeVar("Row")


class AzureDevOpsSandbox(LoopbackServer):
    """Azure DevOps Services by default, or a Server (`flavour="server"`, whose base is /tfs/DefaultCollection).

    Knobs: `max_version` is what OPTIONS offers (7.1 for Services, 6.0 or 7.0 for older Servers), `revision_page` and
    `link_page` the page sizes of the streams, `result_limit` where WIQL refuses, `sign_in_status` what a bad token
    gets (203 with HTML, 302 to a sign-in page, or 401).
    """

    def __init__(
        self,
        site: AzureSite,
        *,
        now: Callable[[], datetime],
        token: str = "sandbox-token",  # noqa: S107 - opens nothing but this sandbox
        flavour: str = "services",
        max_version: str = "7.1",
        prefix: str | None = None,
    ) -> None:
        if prefix is None:
            prefix = f"/{site.organisation}" if flavour == "services" else "/tfs/DefaultCollection"
        super().__init__(now=now, prefix=prefix)
        self.site = site
        self.token = token
        self.flavour = flavour
        self.max_version = max_version
        self.revision_page = 1000
        self.link_page = 1000
        self.result_limit = 20_000
        self.sign_in_status = 203
        self._identities: dict[tuple[str, Person], Json] = {}  # a person stands in every revision
        self.resource_areas: list[Json] = []  # empty: the base URL serves everything

    def not_found(self) -> Response:
        return _error(
            404,
            "VS800075: The project or resource does not exist, or you do not have permission to see it.",
            "NotFoundException",
        )

    def bad_request(self, message: str) -> Response:
        return _error(400, message, "VssPropertyValidationException")

    def respond(self, request: RecordedRequest) -> Response:
        credentials = request.basic_credentials()
        if not (credentials is not None and credentials[1] == self.token) and request.bearer_token() != self.token:
            return self._sign_in()
        place, _, resource = request.path.partition("/_apis")
        names = [part for part in place.split("/") if part]
        project = self.site.project(names[0]) if names else None
        team = (
            next(
                (
                    one
                    for one in project.teams
                    if one.name.lower() == names[1].lower() or one.id(project) == names[1].lower()
                ),
                None,
            )
            if project and len(names) > 1
            else None
        )
        if (names and project is None) or (len(names) > 1 and team is None):
            return self.not_found()
        for method, level, pattern, handler in self._routes:
            match = re.fullmatch(pattern, resource.strip("/"), re.IGNORECASE)
            if match is None or method != request.method or len(names) < min(level, 1):
                continue
            given: tuple[Any, ...] = match.groups()
            if level > 1:
                given = (project, team or (project.teams[0] if project else None), *given)
            elif level == 1 or handler in self._optional_project:
                given = (project, *given)
            return handler(request, *given)
        return self.not_found()

    def _sign_in(self) -> Response:
        if self.sign_in_status == 302:
            return page("", status=302, headers={"Location": f"{self.url}/_signin?realm=127.0.0.1"})
        if self.sign_in_status == 401:
            return page(
                "<html><body>TF400813: not authorized</body></html>", status=401, headers={"WWW-Authenticate": "Bearer"}
            )
        return page("<html><title>Azure DevOps Services | Sign In</title></html>", status=self.sign_in_status)

    @cached_property
    def _routes(self) -> Sequence[tuple[str, int, str, Handler]]:
        """Method, how many names the path must carry (1 project, 2 team as well), resource, handler."""
        return (
            ("OPTIONS", 0, "", self.locations),
            ("GET", 0, "resourceareas", self.list_resource_areas),
            ("GET", 0, "connectiondata", self.connection_data),
            ("GET", 0, "projects", self.list_projects),
            ("GET", 0, "projects/([^/]+)", self.one_project),
            ("GET", 0, "projects/([^/]+)/teams", self.project_teams),
            ("GET", 0, "teams", self.all_teams),
            ("GET", 0, "process/processes", self.list_processes),
            ("GET", 0, "work/processes", self.list_work_processes),
            ("GET", 0, "wit/workitemrelationtypes", self.relation_types),
            ("GET", 0, "wit/fields", self.list_fields),
            ("POST", 0, "wit/wiql", self.query),
            ("POST", 0, "wit/workitemsbatch", self.batch),
            ("GET", 0, "wit/workitems", self.several_items),
            ("GET", 0, r"wit/workitems/(\d+)", self.one_item),
            ("GET", 0, r"wit/workitems/(\d+)/updates", self.updates),
            ("GET", 0, r"wit/workitems/(\d+)/revisions", self.revisions),
            ("GET", 0, "wit/reporting/workitemrevisions", self.revision_stream),
            ("POST", 0, "wit/reporting/workitemrevisions", self.revision_stream),
            ("GET", 0, "wit/reporting/workitemlinks", self.link_stream),
            ("GET", 1, "wit/recyclebin", self.recycle_bin),
            ("GET", 1, "wit/workitemtypes", self.list_types),
            ("GET", 1, "wit/workitemtypes/([^/]+)/states", self.type_states),
            ("GET", 1, "wit/workitemtypecategories", self.type_categories),
            ("GET", 1, "wit/classificationnodes", self.root_nodes),
            ("GET", 1, "wit/classificationnodes/(areas|iterations)", self.one_tree),
            ("GET", 1, "work/processconfiguration", self.process_configuration),
            ("GET", 1, "work/iterations/([^/]+)/iterationcapacities", self.iteration_capacities),
            ("GET", 2, "work/backlogconfiguration", self.backlog_configuration),
            ("GET", 2, "work/backlogs", self.list_backlogs),
            ("GET", 2, "work/boards", self.list_boards),
            ("GET", 2, "work/boards/([^/]+)/columns", self.board_columns),
            ("GET", 2, "work/teamsettings", self.team_settings),
            ("GET", 2, "work/teamsettings/iterations", self.team_iterations),
            ("GET", 2, "work/teamsettings/teamfieldvalues", self.team_areas),
            ("GET", 2, "work/teamsettings/iterations/([^/]+)/capacities", self.capacities),
            ("GET", 2, "work/teamsettings/iterations/([^/]+)/teamdaysoff", self.days_off),
        )

    @cached_property
    def _optional_project(self) -> tuple[Handler, ...]:
        """Calls that work for the whole collection or for one project."""
        return (
            self.list_fields,
            self.query,
            self.batch,
            self.several_items,
            self.one_item,
            self.updates,
            self.revisions,
            self.revision_stream,
            self.link_stream,
        )

    # --- where things are ---

    def locations(self, _: RecordedRequest) -> Response:
        preview = self.max_version == "7.1"
        return _list(
            [
                {
                    "id": id_,
                    "area": area,
                    "resourceName": resource,
                    "routeTemplate": template,
                    "resourceVersion": version,
                    "minVersion": 1.0,
                    "maxVersion": float(self.max_version),
                    "releasedVersion": "7.0" if preview else self.max_version,
                }
                for id_, area, resource, template, version in _LOCATIONS
            ]
        )

    def list_resource_areas(self, _: RecordedRequest) -> Response:
        return _list(self.resource_areas)

    def connection_data(self, _: RecordedRequest) -> Response:
        owner = self.site.owner
        user = {
            "id": owner.id,
            "descriptor": f"Microsoft.TeamFoundation.ServiceIdentity;{owner.id}",
            "subjectDescriptor": f"svc.{owner.id}",
            "providerDisplayName": owner.name,
            "isActive": True,
        }
        return answer(
            {
                "authenticatedUser": user,
                "authorizedUser": user,
                "instanceId": guid("instance", self.site.organisation),
                "deploymentId": guid("deployment"),
                "deploymentType": "hosted" if self.flavour == "services" else "onPremises",
                "locationServiceData": {
                    "serviceOwner": guid("location"),
                    "defaultAccessMappingMoniker": "PublicAccessMapping",
                },
            }
        )

    # --- projects, teams, processes ---

    def list_projects(self, request: RecordedRequest) -> Response:
        skip, top = request.number("$skip", 0), request.number("$top", 100)
        everything = [self._project(one) for one in self.site.projects.values()]
        found = everything[skip : skip + top]
        more = skip + top < len(everything)
        return _list(found, headers={"x-ms-continuationtoken": str(skip + top)} if more else {})

    def one_project(self, _: RecordedRequest, wanted: str) -> Response:
        project = self.site.project(wanted)
        if project is None:
            return self.not_found()
        default = project.teams[0]
        team = {"id": default.id(project), "name": default.name, "url": self._team_url(project, default)}
        return answer(
            self._project(project)
            | {
                "defaultTeam": team,
                "capabilities": {
                    "processTemplate": {
                        "templateName": project.process,
                        "templateTypeId": guid("process", project.process),
                    }
                },
            }
        )

    def project_teams(self, request: RecordedRequest, wanted: str) -> Response:
        project = self.site.project(wanted)
        if project is None:
            return self.not_found()
        return self._teams(request, [(project, team) for team in project.teams])

    def all_teams(self, request: RecordedRequest) -> Response:
        return self._teams(request, [(one, team) for one in self.site.projects.values() for team in one.teams])

    def _teams(self, request: RecordedRequest, found: Sequence[tuple[AzureProject, Team]]) -> Response:
        skip, top = request.number("$skip", 0), request.number("$top", 100)
        return _list(
            [
                {
                    "id": team.id(project),
                    "name": team.name,
                    "url": self._team_url(project, team),
                    "description": "",
                    "identityUrl": f"{self.url}/_apis/Identities/{team.id(project)}",
                    "projectName": project.name,
                    "projectId": project.id,
                }
                for project, team in found[skip : skip + top]
            ]
        )

    def _team_url(self, project: AzureProject, team: Team) -> str:
        return f"{self.url}/_apis/projects/{project.id}/teams/{team.id(project)}"

    def _project(self, project: AzureProject) -> Json:
        return {
            "id": project.id,
            "name": project.name,
            "description": "",
            "url": f"{self.url}/_apis/projects/{project.id}",
            "state": "wellFormed",
            "revision": 12,
            "visibility": "private",
            "lastUpdateTime": "2024-01-08T09:00:00Z",
        }

    def list_processes(self, _: RecordedRequest) -> Response:
        names = sorted({project.process for project in self.site.projects.values()})
        return _list(
            [
                {
                    "id": guid("process", name),
                    "name": name,
                    "description": "",
                    "isDefault": place == 0,
                    "type": "inherited",
                    "url": f"{self.url}/_apis/process/processes/{guid('process', name)}",
                }
                for place, name in enumerate(names)
            ]
        )

    def list_work_processes(self, _: RecordedRequest) -> Response:
        names = sorted({project.process for project in self.site.projects.values()})
        return _list(
            [
                {
                    "typeId": guid("process", name),
                    "name": name,
                    "referenceName": f"Tressande.{name}",
                    "description": "",
                    "isDefault": False,
                    "isEnabled": True,
                    "customizationType": "inherited",
                    "parentProcessTypeId": guid("process", "parent", name),
                }
                for name in names
            ]
        )

    # --- metadata of work item tracking ---

    def list_fields(self, _: RecordedRequest, __: AzureProject | None) -> Response:
        return _list(
            [
                {
                    "name": name,
                    "referenceName": reference,
                    "type": kind,
                    "usage": "workItem",
                    "readOnly": reference in ("System.Id", "System.Rev", "System.ChangedDate"),
                    "canSortBy": True,
                    "isQueryable": True,
                    "isIdentity": reference in ("System.AssignedTo", "System.CreatedBy", "System.ChangedBy"),
                    "isPicklist": False,
                    "isPicklistSuggested": False,
                    "isDeleted": False,
                    "isLocked": False,
                    "supportedOperations": [{"referenceName": "SupportedOperations.Equals", "name": "="}],
                    "url": f"{self.url}/_apis/wit/fields/{reference}",
                }
                for reference, name, kind in FIELDS
            ]
        )

    def relation_types(self, _: RecordedRequest) -> Response:
        def told(reference: str, name: str, topology: str, opposite: str, *, forward: bool) -> Json:
            attributes = {
                "usage": "workItemLink",
                "editable": True,
                "enabled": True,
                "acyclic": topology != "network",
                "directional": topology != "network",
                "singleTarget": topology == "tree" and not forward,
                "topology": topology,
                "isForward": forward,
                "oppositeEndReferenceName": opposite,
            }
            return {
                "attributes": attributes,
                "referenceName": reference,
                "name": name,
                "url": f"{self.url}/_apis/wit/workItemRelationTypes/{reference}",
            }

        return _list(
            [
                told(CHILD, "Child", "tree", _reverse(CHILD), forward=True),
                told(_reverse(CHILD), "Parent", "tree", CHILD, forward=False),
                told(SUCCESSOR, "Successor", "dependency", _reverse(SUCCESSOR), forward=True),
                told(_reverse(SUCCESSOR), "Predecessor", "dependency", SUCCESSOR, forward=False),
                told(RELATED, "Related", "network", RELATED, forward=True),
            ]
        )

    def list_types(self, _: RecordedRequest, project: AzureProject) -> Response:
        return _list([self._type(project, kind) for kind in project.types])

    def _type(self, project: AzureProject, kind: WorkItemType) -> Json:
        transitions = {"": [{"to": kind.states[0].name}]}
        for state in kind.states:
            transitions[state.name] = [{"to": other.name} for other in kind.states if other is not state]
        return {
            "name": kind.name,
            "referenceName": kind.reference,
            "description": "",
            "color": "009CCC",
            "icon": {"id": "icon_book", "url": f"{self.url}/_apis/wit/workItemIcons/icon_book"},
            "isDisabled": False,
            "xmlForm": "",
            "fields": [],
            "fieldInstances": [],
            "transitions": transitions,
            "states": self._states(kind),
            "url": f"{self.url}/{project.id}/_apis/wit/workItemTypes/{kind.name}",
        }

    def type_states(self, _: RecordedRequest, project: AzureProject, wanted: str) -> Response:
        kind = project.type(wanted)
        if kind is None:
            return _error(
                404, f"VS402323: Work item type {wanted} does not exist in project.", "WorkItemTypeNotFoundException"
            )
        return _list(self._states(kind))

    def _states(self, kind: WorkItemType) -> list[Json]:
        colours = {
            "Proposed": "b2b2b2",
            "InProgress": "007acc",
            "Resolved": "ff9d00",
            "Completed": "339933",
            "Removed": "ffffff",
        }
        return [{"name": one.name, "color": colours[one.category], "category": one.category} for one in kind.states]

    def type_categories(self, _: RecordedRequest, project: AzureProject) -> Response:
        names = {
            0: ("Requirement Category", "Microsoft.RequirementCategory"),
            1: ("Feature Category", "Microsoft.FeatureCategory"),
            2: ("Epic Category", "Microsoft.EpicCategory"),
        }
        found = []
        for level, (name, reference) in names.items():
            types = [self._type_reference(project, kind) for kind in project.types if kind.level == level]
            url = f"{self.url}/{project.id}/_apis/wit/workItemTypeCategories/{reference}"
            found.append(
                {
                    "name": name,
                    "referenceName": reference,
                    "defaultWorkItemType": types[0],
                    "workItemTypes": types,
                    "url": url,
                }
            )
        return _list(found)

    def _type_reference(self, project: AzureProject, kind: WorkItemType) -> Json:
        return {"name": kind.name, "url": f"{self.url}/{project.id}/_apis/wit/workItemTypes/{kind.name}"}

    def root_nodes(self, request: RecordedRequest, project: AzureProject) -> Response:
        depth = request.number("$depth", 0)
        return _list([self._tree(project, "areas", depth), self._tree(project, "iterations", depth)])

    def one_tree(self, request: RecordedRequest, project: AzureProject, group: str) -> Response:
        return answer(self._tree(project, group.lower(), request.number("$depth", 0)))

    def _tree(self, project: AzureProject, group: str, depth: int) -> Json:
        nodes = project.areas if group == "areas" else project.iterations
        return self._node(project, group, nodes[0], nodes, depth)

    def _node(self, project: AzureProject, group: str, node: Node, nodes: Sequence[Node], depth: int) -> Json:
        below = [one for one in nodes if one.path.rpartition("\\")[0] == node.path]
        kind = "Area" if group == "areas" else "Iteration"
        root, _, rest = node.path.partition("\\")
        told: dict[str, Json] = {
            "id": node.id,
            "identifier": guid(group, node.id),
            "name": node.path.rpartition("\\")[2],
            "structureType": kind.lower(),
            "hasChildren": bool(below),
            "path": f"\\{root}\\{kind}" + (f"\\{rest}" if rest else ""),
            "url": f"{self.url}/{project.id}/_apis/wit/classificationNodes/{kind}s/{rest}".rstrip("/"),
        }
        if node.starts and node.ends:
            told["attributes"] = {"startDate": f"{node.starts}T00:00:00Z", "finishDate": f"{node.ends}T00:00:00Z"}
        if below and depth > 0:
            told["children"] = [self._node(project, group, one, nodes, depth - 1) for one in below]
        return told

    # --- work items ---

    def query(self, request: RecordedRequest, project: AzureProject | None) -> Response:
        body = request.json()
        precise = request.first("timePrecision").lower() == "true"
        macros = {"@project": project.name if project else "", "@today": self._millis_of_today()}
        parsed = wiql.parse(str(body.get("query") or ""), macros=macros, time_precision=precise)
        items = [one for one in self.site.items.values() if self.site.find(one.id) is not None]
        found = [
            one for one in items if (project is None or one.project == project.name) and parsed.matches(one.fields)
        ]
        found.sort(key=lambda one: one.id)
        for name, ascending in reversed(parsed.order):
            found.sort(key=lambda one: (one.fields.get(name) is not None, one.fields.get(name)), reverse=not ascending)
        top = request.number("$top", 0)
        if (top == 0 and len(found) > self.result_limit) or top > self.result_limit:
            message = f"VS402337: The number of work items returned exceeds the size limit of {self.result_limit}. Change the query to return fewer items."
            return _error(400, message, "WorkItemTrackingQueryResultSizeLimitExceededException")
        return answer(
            {
                "queryType": "flat",
                "queryResultType": "workItem",
                "asOf": _moment(int(self.now().timestamp() * 1000)),
                "columns": [
                    {"referenceName": "System.Id", "name": "ID", "url": f"{self.url}/_apis/wit/fields/System.Id"}
                ],
                "workItems": [{"id": one.id, "url": self._item_url(one)} for one in (found[:top] if top else found)],
            }
        )

    def _millis_of_today(self) -> int:
        today = self.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(today.timestamp() * 1000)

    def batch(self, request: RecordedRequest, _: AzureProject | None) -> Response:
        body = request.json()
        return self._several(
            [int(one) for one in body.get("ids") or ()],
            list(body.get("fields") or ()),
            str(body.get("$expand") or "none").lower(),
            omit=str(body.get("errorPolicy") or "fail").lower() == "omit",
        )

    def several_items(self, request: RecordedRequest, _: AzureProject | None) -> Response:
        ids = [int(one) for one in request.all("ids")]
        expand = request.first("$expand", "none").lower()
        return self._several(ids, request.all("fields"), expand, omit=request.first("errorPolicy").lower() == "omit")

    def _several(self, ids: Sequence[int], fields: Sequence[str], expand: str, *, omit: bool) -> Response:
        if not ids or len(ids) > 200:
            return self.bad_request("VS403474: You must pass between 1 and 200 work item ids.")
        if fields and expand not in ("none", "links"):
            return self.bad_request("The expand parameter can not be used with the fields parameter.")
        unknown = set(fields) - {reference for reference, _, _ in FIELDS}
        if unknown:
            return self.bad_request(f"TF51535: Cannot find field {sorted(unknown)[0]}.")
        found: list[Json] = []
        for number in ids:
            item = self.site.find(number)
            if item is None and not omit:
                message = f"TF401232: Work item {number} does not exist, or you do not have permissions to read it."
                return _error(404, message, "WorkItemUnauthorizedAccessException")
            found.append(None if item is None else self._item(item, fields, expand))
        return _list(found)

    def one_item(self, request: RecordedRequest, _: AzureProject | None, number: str) -> Response:
        item = self.site.find(int(number))
        if item is None:
            return self._no_item(number)
        return answer(self._item(item, request.all("fields"), request.first("$expand", "none").lower()))

    def _no_item(self, number: str) -> Response:
        message = f"TF401232: Work item {number} does not exist, or you do not have permissions to read it."
        return _error(404, message, "WorkItemUnauthorizedAccessException")

    def _item(self, item: WorkItem, fields: Sequence[str], expand: str) -> Json:
        known = {name: value for name, value in item.fields.items() if value is not None}
        if item.parent is not None:
            known["System.Parent"] = item.parent
        wanted = {name.lower() for name in fields}
        told: dict[str, Json] = {
            "id": item.id,
            "rev": len(item.revisions),
            "fields": {
                name: self._value(name, value, identities=True)
                for name, value in known.items()
                if not wanted or name.lower() in wanted
            },
            "url": self._item_url(item),
        }
        if expand in ("all", "relations"):
            told["relations"] = [self._relation(*link) for link in self.site.links.get(item.id, ())]
        return told

    def _relation(self, kind: str, other: int, forward: bool) -> Json:
        reference = kind if forward else _reverse(kind)
        names = {
            CHILD: "Child",
            _reverse(CHILD): "Parent",
            SUCCESSOR: "Successor",
            _reverse(SUCCESSOR): "Predecessor",
            RELATED: "Related",
        }
        return {
            "rel": reference,
            "url": f"{self.url}/_apis/wit/workItems/{other}",
            "attributes": {"isLocked": False, "name": names[reference]},
        }

    def updates(self, request: RecordedRequest, _: AzureProject | None, number: str) -> Response:
        """The deltas, revision by revision."""
        item = self.site.find(int(number))
        if item is None:
            return self._no_item(number)
        skip, top = request.number("$skip", 0), request.number("$top", 200)
        told, known = [], dict[str, Json]()
        for revision in item.revisions:
            fields = {}
            for name, value in revision.fields.items():
                change = {}
                if known.get(name) is not None:
                    change["oldValue"] = self._value(name, known[name], identities=True)
                if value is not None:
                    change["newValue"] = self._value(name, value, identities=True)
                fields[name] = change
            known |= revision.fields
            told.append(
                {
                    "id": revision.rev,
                    "workItemId": item.id,
                    "rev": revision.rev,
                    "revisedBy": self._identity(revision.by),
                    "revisedDate": self._revised(item, revision),
                    "fields": fields,
                    "url": f"{self._item_url(item)}/updates/{revision.rev}",
                }
            )
        return _list(told[skip : skip + top])

    def revisions(self, request: RecordedRequest, _: AzureProject | None, number: str) -> Response:
        item = self.site.find(int(number))
        if item is None:
            return self._no_item(number)
        skip, top = request.number("$skip", 0), request.number("$top", 200)
        told = [self._snapshot(item, one.rev, None, identities=True) for one in item.revisions[skip : skip + top]]
        return _list([one | {"url": f"{self._item_url(item)}/revisions/{one['rev']}"} for one in told])

    def recycle_bin(self, _: RecordedRequest, project: AzureProject) -> Response:
        found = [one for one in self.site.items.values() if one.deleted_at is not None and one.project == project.name]
        return _list([{"id": one.id, "url": f"{self.url}/_apis/wit/recycleBin/{one.id}"} for one in found])

    # --- streams ---

    def revision_stream(self, request: RecordedRequest, project: AzureProject | None) -> Response:
        body = request.json() if request.method == "POST" else {}
        wanted = list(body.get("fields") or request.all("fields"))
        unknown = set(wanted) - {reference for reference, _, _ in FIELDS}
        if unknown:
            return self.bad_request(f"TF51535: Cannot find field {sorted(unknown)[0]}.")
        if wanted and request.first("$expand").lower() == "fields":
            return self.bad_request("The expand parameter can not be used with the fields parameter.")
        deleted = _flag(request, body, "includeDeleted")
        identities = _flag(request, body, "includeIdentityRef")
        latest = _flag(request, body, "includeLatestOnly")
        types = {one.lower() for one in (body.get("types") or request.all("types"))}
        size = min(request.number("$maxPageSize", self.revision_page), self.revision_page, 1000)
        start = self._place(request, self.site.stream, save=lambda row: row[1])
        if start is None:
            return self.bad_request("VS403445: The continuation token is not valid.")
        values: list[Json] = []
        at = start
        names = None if not wanted else frozenset(wanted)
        while at < len(self.site.stream) and len(values) < size:
            item, revision = self.site.stream[at]
            at += 1
            if item.id in self.site.hidden or (item.deleted_at is not None and not deleted):
                continue
            if latest and revision.rev != len(item.revisions):
                continue
            told = self._snapshot(item, revision.rev, names, identities=identities, project=project, types=types)
            if told is not None:
                values.append(told)
        mark = self.site.stream[at - 1][1].watermark if at else 0
        last = self.site.stream[at - 1] if at else None
        token = f"{mark};{last[0].id if last else 0};{last[1].rev if last else 0}"
        return answer(self._stream_page(request, values, token, at >= len(self.site.stream)))

    def _snapshot(
        self,
        item: WorkItem,
        rev: int,
        names: frozenset[str] | None,
        *,
        identities: bool,
        project: AzureProject | None = None,
        types: set[str] | None = None,
    ) -> Json:
        """One revision as the streams tell it; None where the project or the types leave it out."""
        known = item.at_revision(rev)
        if project is not None and known["System.TeamProject"] != project.name:
            return None
        if types and str(known["System.WorkItemType"]).lower() not in types:
            return None
        known["System.RevisedDate"] = self._revised(item, item.revisions[rev - 1])
        fields = {
            name: value if type(value) is str else self._value(name, value, identities=identities)
            for name, value in known.items()
            if name not in _NOT_IN_REVISIONS and (names is None or name in names)
        }
        return {"id": item.id, "rev": rev, "fields": fields}

    def link_stream(self, request: RecordedRequest, project: AzureProject | None) -> Response:
        kinds = {one.lower() for one in request.all("linkTypes")}
        start = self._place(request, self.site.link_stream, save=lambda event: event)
        if start is None:
            return self.bad_request("VS403445: The continuation token is not valid.")
        events = self.site.link_stream[start : start + self.link_page]
        values = [
            self._link(one)
            for one in events
            if (not kinds or one.kind.lower() in kinds)
            and (project is None or self.site.items[one.source].project == project.name)
        ]
        at = start + len(events)
        mark = self.site.link_stream[at - 1].watermark if at else 0
        return answer(self._stream_page(request, values, str(mark), at >= len(self.site.link_stream)))

    def _link(self, event: LinkEvent) -> Json:
        projects = [self.site.projects[self.site.items[one].project].id for one in (event.source, event.target)]
        return {
            "rel": event.kind,
            "attributes": {
                "sourceId": event.source,
                "targetId": event.target,
                "isActive": event.active,
                "changedDate": _moment(event.at),
                "changedBy": self._identity(event.by),
                "changedOperation": "create" if event.active else "remove",
                "sourceProjectId": projects[0],
                "targetProjectId": projects[1],
            },
            "sourceId": event.source,
            "targetId": event.target,
        }

    def _place(
        self, request: RecordedRequest, stream: Sequence[Row], *, save: Callable[[Row], Revision | LinkEvent]
    ) -> int | None:
        """Where in a stream to go on: after the token, or from startDateTime on; None for a token we never gave."""
        token, since = request.first("continuationToken"), request.first("startDateTime")
        if token:
            mark = token.split(";")[0]
            if not mark.isdigit():
                return None
            return bisect_right(stream, int(mark), key=lambda row: save(row).watermark)
        if since:
            begin = int(datetime.fromisoformat(since).timestamp() * 1000)
            return next((place for place, row in enumerate(stream) if save(row).at >= begin), len(stream))
        return 0

    def _stream_page(self, request: RecordedRequest, values: list[Json], token: str, last: bool) -> Json:
        return {
            "values": values,
            "nextLink": f"{self.url}{request.path}?continuationToken={token.replace(';', '%3B')}",
            "continuationToken": token,
            "isLastBatch": last,
        }

    # --- boards and iterations ---

    def process_configuration(self, _: RecordedRequest, project: AzureProject) -> Response:
        def category(reference: str, name: str, level: int) -> Json:
            types = [self._type_reference(project, one) for one in project.types if one.level == level]
            return {"name": name, "referenceName": reference, "workItemTypes": types}

        return answer(
            {
                "portfolioBacklogs": [
                    category("Microsoft.EpicCategory", "Epics", 2),
                    category("Microsoft.FeatureCategory", "Features", 1),
                ],
                "requirementBacklog": category("Microsoft.RequirementCategory", "Stories", 0),
                "typeFields": {},
                "url": f"{self.url}/{project.id}/_apis/work/processConfiguration",
            }
        )

    def backlog_configuration(self, _: RecordedRequest, project: AzureProject, __: Team) -> Response:
        mappings = [
            {"workItemTypeName": kind.name, "states": {state.name: state.category for state in kind.states}}
            for kind in project.types
        ]
        return answer(
            {
                "portfolioBacklogs": [self._backlog(project, 2), self._backlog(project, 1)],
                "requirementBacklog": self._backlog(project, 0),
                "hiddenBacklogs": [],
                "bugsBehavior": "asRequirements",
                "backlogFields": {"typeFields": {"Order": "Microsoft.VSTS.Common.StackRank"}},
                "workItemTypeMappedStates": mappings,
                "isBugsBehaviorConfigured": True,
                "url": f"{self.url}/{project.id}/_apis/work/backlogconfiguration",
            }
        )

    def list_backlogs(self, _: RecordedRequest, project: AzureProject, __: Team) -> Response:
        return _list([self._backlog(project, level) for level in (2, 1, 0)])

    def _backlog(self, project: AzureProject, level: int) -> Json:
        reference, name = _BACKLOGS[level]
        types = [self._type_reference(project, one) for one in project.types if one.level == level]
        return {
            "id": reference,
            "name": name,
            "rank": 2 + level,
            "workItemCountLimit": 1000,
            "addPanelFields": [],
            "columnFields": [],
            "workItemTypes": types,
            "defaultWorkItemType": types[0],
            "color": "773B93",
            "isHidden": False,
            "type": "requirement" if level == 0 else "portfolio",
        }

    def list_boards(self, _: RecordedRequest, project: AzureProject, team: Team) -> Response:
        return _list(
            [
                {
                    "id": guid("board", team.id(project), level),
                    "name": name,
                    "url": f"{self.url}/{project.id}/{team.id(project)}/_apis/work/boards/{guid('board', team.id(project), level)}",
                }
                for level, (_, name) in _BACKLOGS.items()
            ]
        )

    def board_columns(self, _: RecordedRequest, project: AzureProject, team: Team, wanted: str) -> Response:
        level = next(
            (
                one
                for one, (_, name) in _BACKLOGS.items()
                if wanted.lower() in (name.lower(), guid("board", team.id(project), one))
            ),
            None,
        )
        if level is None:
            return self.not_found()
        types = [one for one in project.types if one.level == level]
        states = [state for state in types[0].states if state.category != "Removed"]
        kinds = {0: "incoming", len(states) - 1: "outgoing"}
        return _list(
            [
                {
                    "id": guid("column", team.id(project), level, state.name),
                    "name": state.name,
                    "itemLimit": 0 if place in kinds else 6,
                    "stateMappings": {
                        one.name: state.name for one in types if state.name in {known.name for known in one.states}
                    },
                    **({} if place in kinds else {"isSplit": False, "description": ""}),
                    "columnType": kinds.get(place, "inProgress"),
                }
                for place, state in enumerate(states)
            ]
        )

    def team_settings(self, _: RecordedRequest, project: AzureProject, team: Team) -> Response:
        root = project.iterations[0]
        return answer(
            {
                "backlogIteration": self._iteration(project, team, root),
                "defaultIteration": self._iteration(project, team, root),
                "bugsBehavior": "asRequirements",
                "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "backlogVisibilities": {reference: True for reference, _ in _BACKLOGS.values()},
                "url": f"{self.url}/{project.id}/{team.id(project)}/_apis/work/teamsettings",
            }
        )

    def team_iterations(self, request: RecordedRequest, project: AzureProject, team: Team) -> Response:
        found = [self._iteration(project, team, one) for one in project.iterations[1:]]
        if request.first("$timeframe").lower() == "current":
            found = [one for one in found if one["attributes"].get("timeFrame") == "current"]
        return _list(found)

    def _iteration(self, project: AzureProject, team: Team, node: Node) -> Json:
        today = f"{self.now():%Y-%m-%d}"
        attributes: dict[str, Json] = {}
        if node.starts and node.ends:
            frame = "past" if node.ends < today else "future" if node.starts > today else "current"
            attributes = {
                "startDate": f"{node.starts}T00:00:00Z",
                "finishDate": f"{node.ends}T00:00:00Z",
                "timeFrame": frame,
            }
        return {
            "id": guid("iterations", node.id),
            "name": node.path.rpartition("\\")[2],
            "path": node.path,
            "attributes": attributes,
            "url": f"{self.url}/{project.id}/{team.id(project)}/_apis/work/teamsettings/iterations/{guid('iterations', node.id)}",
        }

    def team_areas(self, _: RecordedRequest, project: AzureProject, team: Team) -> Response:
        return answer(
            {
                "field": {"referenceName": "System.AreaPath", "url": f"{self.url}/_apis/wit/fields/System.AreaPath"},
                "defaultValue": team.areas[0],
                "values": [{"value": area, "includeChildren": True} for area in team.areas],
                "url": f"{self.url}/{project.id}/{team.id(project)}/_apis/work/teamsettings/teamfieldvalues",
            }
        )

    def capacities(self, _: RecordedRequest, __: AzureProject, ___: Team, ____: str) -> Response:
        return answer({"teamMembers": [], "totalCapacityPerDay": 0.0, "totalDaysOff": 0})

    def days_off(self, _: RecordedRequest, project: AzureProject, team: Team, wanted: str) -> Response:
        url = f"{self.url}/{project.id}/{team.id(project)}/_apis/work/teamsettings/iterations/{wanted}/teamdaysoff"
        return answer({"daysOff": [], "url": url})

    def iteration_capacities(self, _: RecordedRequest, project: AzureProject, __: str) -> Response:
        teams = [
            {"teamId": team.id(project), "teamCapacityPerDay": 0.0, "teamTotalDaysOff": 0} for team in project.teams
        ]
        return answer({"teams": teams, "totalIterationCapacityPerDay": 0.0, "totalIterationDaysOff": 0})

    # --- values ---

    def _item_url(self, item: WorkItem) -> str:
        return f"{self.url}/_apis/wit/workItems/{item.id}"

    def _value(self, name: str, value: Json, *, identities: bool) -> Json:
        if isinstance(value, Person):
            return self._identity(value) if identities else f"{value.name} <{value.mail}>"
        if name in _DATES and isinstance(value, int):
            return _moment(value)
        return value

    def _identity(self, person: Person) -> Json:
        url = self.url
        known = self._identities.get((url, person))
        if known is None:
            known = self._identities[url, person] = {
                "displayName": person.name,
                "url": f"{url}/_apis/Identities/{person.id}",
                "id": person.id,
                "uniqueName": person.mail,
                "imageUrl": f"{url}/_apis/GraphProfile/MemberAvatars/{person.id}",
                "descriptor": f"aad.{person.id}",
            }
        return known

    def _revised(self, item: WorkItem, revision: Revision) -> str:
        """When the revision was replaced by the next one; the year 9999 for the current one."""
        following = item.revisions[revision.rev : revision.rev + 1]
        return _moment(following[0].at) if following else _NEVER


_BACKLOGS: Mapping[int, tuple[str, str]] = {
    2: ("Microsoft.EpicCategory", "Epics"),
    1: ("Microsoft.FeatureCategory", "Features"),
    0: ("Microsoft.RequirementCategory", "Stories"),
}


def _list(values: Sequence[Json], *, headers: Mapping[str, str] | None = None) -> Response:
    return answer({"count": len(values), "value": list(values)}, headers=headers)


def _error(status: int, message: str, kind: str) -> Response:
    return answer(
        {
            "$id": "1",
            "innerException": None,
            "message": message,
            "typeName": f"Microsoft.TeamFoundation.WorkItemTracking.Server.{kind}, Microsoft.TeamFoundation.WorkItemTracking.Server",
            "typeKey": kind,
            "errorCode": 0,
            "eventId": 3200,
        },
        status=status,
    )


def _flag(request: RecordedRequest, body: Json, name: str) -> bool:
    return bool(body.get(name)) or request.first(name).lower() == "true"


def _reverse(kind: str) -> str:
    return kind.replace("-Forward", "-Reverse")


@lru_cache(maxsize=100_000)
def _moment(millis: int) -> str:
    """Azure DevOps' spelling: UTC, with as many decimals as are needed."""
    text = f"{datetime.fromtimestamp(millis // 1000, UTC):%Y-%m-%dT%H:%M:%S}"
    return text + (f".{millis % 1000:03d}".rstrip("0").rstrip(".")) + "Z"
