"""A Jira Cloud over loopback: REST v3, the agile API and the token-paged search, as the specification has them.

with JiraCloudSandbox(site, now=clock, user="vmo@tressande.example", token="secret") as server:
    requests.get(server.url + "/rest/api/3/myself", auth=(server.user, server.token))
"""

from __future__ import annotations

import base64
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self

from connectors.sandbox import jql
from connectors.sandbox.given import site_from_issues
from connectors.sandbox.jira_answers import Answers, field_filter, jql_words, sort_issues
from connectors.sandbox.jira_site import STORY_POINTS, Board, Issue, JiraSite, Project, Status
from connectors.sandbox.loopback import BadRequestError, LoopbackServer, RecordedRequest, Response, answer

Json = Any

_KEY_ONLY = frozenset({"id", "key"})
_HEAVY = frozenset({"comment", "worklog", "attachment", "*all", "*navigable"})


class JiraSandbox(LoopbackServer):
    """What Cloud and Data Center share: routing, projects, boards and sprints."""

    api_version: str
    cloud: bool

    def __init__(self, site: JiraSite, *, now: Callable[[], datetime], prefix: str = "") -> None:
        super().__init__(now=now, prefix=prefix)
        self.site = site
        self.version = (1001, 0, 0)
        self.may_move = False  # may the token's owner change the status of issues?
        self.agile_refusal: Response | None = None  # what a token without agile scopes gets

    @property
    def answers(self) -> Answers:
        return Answers(self.site, self.url, self.cloud)

    @abstractmethod
    def refusal(self, request: RecordedRequest) -> Response | None:
        """What a request with wrong credentials gets; None where it may pass."""

    def respond(self, request: RecordedRequest) -> Response:
        refused = self.refusal(request)
        if refused is not None:
            return refused
        for method, pattern, handler in self.routes():
            match = re.fullmatch(pattern, request.path)
            if match is not None and method == request.method:
                return handler(request, *match.groups())
        return self.missing("null for uri: " + request.path)

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Response]]]:
        api = f"/rest/api/{self.api_version}"
        return (
            ("GET", f"{api}/myself", self.myself),
            ("GET", "/rest/api/[23]/serverInfo", self.server_info),
            ("GET", f"{api}/field", self.list_fields),
            ("GET", f"{api}/status", self.list_statuses),
            ("GET", f"{api}/issuetype", self.list_types),
            ("GET", f"{api}/priority", self.list_priorities),
            ("GET", f"{api}/resolution", self.list_resolutions),
            ("GET", f"{api}/project/([^/]+)", self.one_project),
            ("GET", f"{api}/project/([^/]+)/statuses", self.project_statuses),
            ("GET", f"{api}/project/([^/]+)/versions", self.project_versions),
            ("GET", f"{api}/issue/([^/]+)", self.one_issue),
            ("GET", "/rest/agile/1.0/board", self.list_boards),
            ("GET", r"/rest/agile/1.0/board/(\d+)", self.one_board),
            ("GET", r"/rest/agile/1.0/board/(\d+)/configuration", self.board_configuration),
            ("GET", r"/rest/agile/1.0/board/(\d+)/sprint", self.board_sprints),
        )

    def missing(self, message: str) -> Response:
        return answer({"errorMessages": [message], "errors": {}}, status=404)

    # --- who and what ---

    def myself(self, _: RecordedRequest) -> Response:
        told = self.answers.person(self.site.owner) | {"locale": "en_GB"}
        return answer(told)

    def server_info(self, _: RecordedRequest) -> Response:
        told: dict[str, Json] = {
            "baseUrl": self.url,
            "version": ".".join(map(str, self.version)),
            "versionNumbers": list(self.version),
            "deploymentType": "Cloud" if self.cloud else "Server",
            "buildNumber": 100_287,
            "buildDate": "2026-10-01T00:00:00.000+0000",
            "serverTime": self.answers.moment(int(self.now().timestamp() * 1000)),
            "scmInfo": "sandbox",
            "serverTitle": self.site.title,
        }
        if self.cloud:
            told["serverTimeZone"] = self.site.zone
        return answer(told)

    def list_fields(self, _: RecordedRequest) -> Response:
        return answer([self.answers.field(field) for field in self.site.fields.values()])

    def list_statuses(self, _: RecordedRequest) -> Response:
        return answer([self.answers.status(status) for status in self.site.statuses.values()])

    def list_types(self, _: RecordedRequest) -> Response:
        return answer([self.answers.type(kind) for kind in self.site.types.values()])

    def list_priorities(self, _: RecordedRequest) -> Response:
        icon = {"iconUrl": f"{self.url}/images/icons/priority.svg", "statusColor": "#ffab00", "description": ""}
        return answer([self.answers.named(one, "priority") | icon for one in self.site.priorities.values()])

    def list_resolutions(self, _: RecordedRequest) -> Response:
        found = self.site.resolutions.values()
        return answer([self.answers.named(one, "resolution") | {"description": ""} for one in found])

    # --- projects ---

    def one_project(self, _: RecordedRequest, wanted: str) -> Response:
        project = self.site.project(wanted)
        return self._no_project(wanted) if project is None else answer(self.answers.project(project))

    def project_statuses(self, _: RecordedRequest, wanted: str) -> Response:
        project = self.site.project(wanted)
        return (
            self._no_project(wanted)
            if project is None
            else answer(
                [
                    {
                        "self": f"{self.answers.api}/issuetype/{kind}",
                        "id": str(kind),
                        "name": self.site.types[kind].name,
                        "subtask": self.site.types[kind].level < 0,
                        "statuses": [self.answers.status(self.site.statuses[one]) for one in statuses],
                    }
                    for kind, statuses in project.statuses.items()
                ]
            )
        )

    def project_versions(self, _: RecordedRequest, wanted: str) -> Response:
        project = self.site.project(wanted)
        if project is None:
            return self._no_project(wanted)
        return answer([self.answers.version(one, project) for one in project.versions])

    def _no_project(self, wanted: str) -> Response:
        return self.missing(f"No project could be found with key '{wanted}'.")

    # --- issues ---

    def one_issue(self, request: RecordedRequest, wanted: str) -> Response:
        issue = self.site.find(wanted)
        if issue is None:
            return self.missing("Issue does not exist or you do not have permission to see it.")
        told = self.answers.issue(issue, field_filter(request.all("fields"), default="*all"))
        if "changelog" in request.all("expand"):
            told["changelog"] = self.expanded_changelog(issue)
        if "transitions" in request.all("expand"):
            told["transitions"] = [{"id": "11", "name": "Start", "hasScreen": False}] if self.may_move else []
        return answer(told)

    @abstractmethod
    def expanded_changelog(self, issue: Issue) -> Json:
        """What `expand=changelog` adds to an issue."""

    def select(self, text: str) -> tuple[list[Issue], jql.Query[Issue]]:
        """The issues a query finds, in its order. Raises BadRequestError."""
        query = jql.parse(text, jql_words(self.site, now=self.now()))
        return sort_issues([one for one in self.site.visible() if query.matches(one)], query.order), query

    # --- boards ---

    def list_boards(self, request: RecordedRequest) -> Response:
        if self.agile_refusal is not None:
            return self.agile_refusal
        boards = list(self.site.boards.values())
        wanted, kind = request.first("projectKeyOrId"), request.first("type")
        if wanted:
            project = self.site.project(wanted)
            boards = [one for one in boards if project is not None and one.project_id == project.id]
        if kind:
            boards = [one for one in boards if one.type == kind]
        return self.page_of(request, [self._board(one) for one in boards], limit=50)

    def one_board(self, _: RecordedRequest, wanted: str) -> Response:
        board = self.site.boards.get(int(wanted))
        return self._no_board(wanted) if board is None else answer(self._board(board))

    def board_configuration(self, _: RecordedRequest, wanted: str) -> Response:
        board = self.site.boards.get(int(wanted))
        if board is None:
            return self._no_board(wanted)
        columns = [
            {
                "name": name,
                "statuses": [{"id": str(one), "self": f"{self.answers.api}/status/{one}"} for one in statuses],
            }
            for name, statuses in board.columns
        ]
        told = {
            "id": board.id,
            "name": board.name,
            "type": board.type,
            "self": f"{self.url}/rest/agile/1.0/board/{board.id}/configuration",
            "filter": {"id": str(10_000 + board.id), "self": f"{self.answers.api}/filter/{10_000 + board.id}"},
            "columnConfig": {"columns": columns, "constraintType": "issueCount"},
            "ranking": {"rankCustomFieldId": 10_019},
        }
        if board.type == "scrum":
            estimate = {"fieldId": STORY_POINTS, "displayName": "Story point estimate"}
            told["estimation"] = {"type": "field", "field": estimate}
        return answer(told)

    def board_sprints(self, request: RecordedRequest, wanted: str) -> Response:
        if self.agile_refusal is not None:
            return self.agile_refusal
        board = self.site.boards.get(int(wanted))
        if board is None:
            return self._no_board(wanted)
        if board.type == "kanban":
            return answer({"errorMessages": ["The board does not support sprints"], "errors": {}}, status=400)
        states = request.all("state") or ["closed", "active", "future"]
        place = {"closed": 0, "active": 1, "future": 2}
        found = [one for one in self.site.sprints.values() if one.board_id == board.id and one.state in states]
        found.sort(key=lambda one: (place[one.state], one.id))
        return self.page_of(request, [self.answers.sprint(one) for one in found], limit=50)

    def _no_board(self, wanted: str) -> Response:
        return self.missing(f"Board {wanted} does not exist or you do not have permission to view it.")

    def _board(self, board: Board) -> Json:
        project = self.site.projects[board.project_id]
        return {
            "id": board.id,
            "self": f"{self.url}/rest/agile/1.0/board/{board.id}",
            "name": board.name,
            "type": board.type,
            "location": {
                "projectId": project.id,
                "displayName": f"{project.name} ({project.key})",
                "projectName": project.name,
                "projectKey": project.key,
                "projectTypeKey": "software",
                "avatarURI": f"{self.url}/secure/projectavatar?pid={project.id}",
                "name": f"{project.name} ({project.key})",
            },
        }

    def page_of(self, request: RecordedRequest, everything: Sequence[Json], *, limit: int) -> Response:
        """A page of `values` by startAt and maxResults, at most `limit` long."""
        start = request.number("startAt", 0)
        size = min(max(request.number("maxResults", limit), 1), limit)
        values = list(everything[start : start + size])
        told = {
            "maxResults": size,
            "startAt": start,
            "total": len(everything),
            "isLast": start + len(values) >= len(everything),
            "values": values,
        }
        agile = request.path.startswith("/rest/agile")  # its pages do not name themselves
        return answer(told if agile else {"self": f"{self.url}{request.path}", **told})


class JiraCloudSandbox(JiraSandbox):
    """Jira Cloud. A wrong token is told by /myself only; other reads answer as to a stranger, who sees nothing.

    Knobs: `key_page` and `search_page` are the server's own page sizes, `bulk_limit` how many issues bulkfetch takes
    (1000, or 100 on sites without the newer limit), `changelog_page` the histories of one bulk page.
    """

    api_version = "3"
    cloud = True

    def __init__(
        self,
        site: JiraSite,
        *,
        now: Callable[[], datetime],
        user: str = "vmo@tressande.example",
        token: str = "sandbox-token",  # noqa: S107 - opens nothing but this sandbox
        prefix: str = "",
    ) -> None:
        super().__init__(site, now=now, prefix=prefix)
        self.user = user
        self.token = token
        self.cloud_id = "5ea15ea1-5ea1-4ea1-8ea1-5ea15ea15ea1"
        self.key_page = 5000
        self.search_page = 100
        self.bulk_limit = 1000
        self.changelog_page = 10_000

    @classmethod
    def from_issues(
        cls,
        issues: Iterable[Json],
        *,
        now: Callable[[], datetime],
        statuses: Iterable[Json] = (),
        boards: Iterable[Json] = (),
        **options: Any,
    ) -> Self:
        """Serve given issues (raw JSON, with `changelog` where they have one); what they lack is filled in.

        `statuses`: what `/status` answered, so that categories are the real ones. `boards`: board configurations.
        """
        return cls(site_from_issues(issues, statuses=statuses, boards=boards), now=now, **options)

    def refusal(self, request: RecordedRequest) -> Response | None:
        known = (self.user, self.token)
        if request.path == "/_edge/tenant_info" or request.basic_credentials() == known:
            return None
        failed = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"} if "authorization" in request.headers else {}
        return self._as_stranger(request, failed)

    def _as_stranger(self, request: RecordedRequest, headers: dict[str, str]) -> Response:
        """Reads that allow anonymous access answer 200 with what a stranger may see: nothing."""
        last = request.path.rpartition("/")[2]
        refused = answer(
            {"errorMessages": ["Client must be authenticated to access this resource."], "errors": {}},
            status=401,
            headers=headers,
        )
        empty: dict[str, Json] = {
            "jql": {"issues": [], "isLast": True},
            "bulkfetch": {"issues": [], "issueErrors": []},
            "approximate-count": {"count": 0},
            "search": {"values": [], "startAt": 0, "maxResults": 50, "total": 0, "isLast": True},
            "board": {"values": [], "startAt": 0, "maxResults": 50, "total": 0, "isLast": True},
        }
        if last == "myself" or request.path.endswith("changelog/bulkfetch"):
            return refused
        if last == "serverInfo":
            return self.server_info(request)
        if last in ("field", "status", "issuetype", "priority", "resolution"):
            return answer([], headers=headers)
        if last in empty:
            return answer(empty[last], headers=headers)
        hidden = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
        return answer(hidden, status=404, headers=headers)

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Response]]]:
        api = "/rest/api/3"
        return (
            ("GET", "/_edge/tenant_info", self.tenant_info),
            ("GET", f"{api}/statuses/search", self.search_statuses),
            ("GET", f"{api}/project/search", self.search_projects),
            ("GET", f"{api}/search/jql", self.search),
            ("POST", f"{api}/search/jql", self.search),
            ("POST", f"{api}/search/approximate-count", self.approximate_count),
            ("POST", f"{api}/issue/bulkfetch", self.bulk_fetch),
            ("POST", f"{api}/changelog/bulkfetch", self.bulk_changelog),
            ("GET", f"{api}/issue/([^/]+)/changelog", self.issue_changelog),
            ("POST", f"{api}/jql/parse", self.parse_jql),
            ("GET", "/rest/api/[23]/search", self.removed_search),
            ("POST", "/rest/api/[23]/search", self.removed_search),
            *super().routes(),
        )

    def tenant_info(self, _: RecordedRequest) -> Response:
        return answer({"cloudId": self.cloud_id})

    def removed_search(self, _: RecordedRequest) -> Response:
        message = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
        return answer({"errorMessages": [message], "errors": {}}, status=410)

    def search_statuses(self, request: RecordedRequest) -> Response:
        # An enumeration of this resource alone (its specification says so); elsewhere: new, indeterminate, done.
        category = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}

        def told(status: Status) -> Json:
            return {
                "id": str(status.id),
                "name": status.name,
                "statusCategory": category.get(status.category, "IN_PROGRESS"),
                "scope": {"type": "GLOBAL"},
                "description": "",
            }

        return self.page_of(request, [told(status) for status in self.site.statuses.values()], limit=200)

    def search_projects(self, request: RecordedRequest) -> Response:
        wanted = request.all("status") or ["live"]
        keys = {key.lower() for key in request.all("keys")} | set(request.all("id"))
        found = [
            project
            for project in self.site.projects.values()
            if ("archived" if project.archived else "live") in wanted
            and (not keys or project.key.lower() in keys or str(project.id) in keys)
        ]
        found.sort(key=lambda project: project.key)
        insight = "insight" in request.all("expand")
        return self.page_of(request, [self._found_project(one, insight=insight) for one in found], limit=100)

    def _found_project(self, project: Project, *, insight: bool) -> Json:
        told = self.answers.project_reference(project)
        told |= {"style": "classic", "isPrivate": False, "properties": {}, "archived": project.archived}
        if insight:
            updates = [issue.updated for issue in self.site.issues.values() if issue.project_id == project.id]
            told["insight"] = {"totalIssueCount": len(updates)}
            if updates:
                told["insight"]["lastIssueUpdateTime"] = self.answers.moment(max(updates))
        return told

    # --- search ---

    def search(self, request: RecordedRequest) -> Response:
        body = _posted(request)
        text, token = str(body.get("jql") or ""), body.get("nextPageToken")
        wanted = list(body.get("fields") or ["id"])
        found, query = self.select(text)
        if not query.bounded:
            raise BadRequestError(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
        limit = self.key_page if set(wanted) <= _KEY_ONLY else self.search_page
        size = min(_size(body.get("maxResults"), 50, largest=5000), limit)
        start = 0 if not token else self._resume(found, query, str(token), text)
        page = found[start : start + size]
        fields = field_filter([name for name in wanted if name != "id"] or ["id"], default="id")
        issues = [self.answers.issue(one, fields) for one in page]
        if "changelog" in str(body.get("expand") or ""):
            for told, one in zip(issues, page, strict=True):
                told["changelog"] = self.expanded_changelog(one)
        last = start + len(page) >= len(found)
        result: dict[str, Json] = {"issues": issues, "isLast": last}
        if not last:
            result["nextPageToken"] = self._token(page[-1], text)
        return answer(result)

    def _token(self, last: Issue, text: str) -> str:
        """Where the page ended: the last issue's id and what it was sorted by then, so that later edits hide nobody."""
        return base64.urlsafe_b64encode(json.dumps([text, last.id, last.updated]).encode()).decode()

    def _resume(self, found: list[Issue], query: jql.Query[Issue], token: str, text: str) -> int:
        try:
            asked, last_id, updated = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            raise BadRequestError("The provided next page token is invalid or expired.") from None
        if asked != text:
            raise BadRequestError("The provided next page token belongs to another query.")
        if query.order and query.order[0][0].startswith("updated"):
            ascending = query.order[0][1]
            mark = (updated, last_id)
            for place, one in enumerate(found):
                here = (one.updated, one.id)
                if (here > mark) if ascending else (one.updated, -one.id) < (updated, -last_id):
                    return place
            return len(found)
        return next((place + 1 for place, one in enumerate(found) if one.id == last_id), len(found))

    def approximate_count(self, request: RecordedRequest) -> Response:
        found, query = self.select(str(request.json().get("jql") or ""))
        if not query.bounded:
            raise BadRequestError(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
        return answer({"count": len(found)})

    def parse_jql(self, request: RecordedRequest) -> Response:
        """Validation only: `structure` says the bounds and the order, `errors` what Jira would object to."""
        return answer({"queries": [self._parsed(text) for text in request.json().get("queries", [])]})

    def _parsed(self, text: str) -> Json:
        try:
            query = jql.parse(text, jql_words(self.site, now=self.now()))
        except BadRequestError as error:
            return {"query": text, "errors": [str(error)]}
        order = [{"field": {"name": name}, "direction": "asc" if up else "desc"} for name, up in query.order]
        return {"query": text, "structure": {"orderBy": {"fields": order}} if order else {}}

    # --- bulk ---

    def bulk_fetch(self, request: RecordedRequest) -> Response:
        body = request.json()
        wanted, names = body.get("issueIdsOrKeys"), list(body.get("fields") or ["*navigable"])
        if not wanted:
            raise BadRequestError("issueIdsOrKeys must be provided.")
        light = all(not name.startswith("-") for name in names) and not _HEAVY & set(names) and len(names) <= 100
        limit = self.bulk_limit if light and not body.get("expand") else min(100, self.bulk_limit)
        if len(wanted) > limit:
            raise BadRequestError(f"The number of issues to fetch must be no more than {limit}.")
        fields = field_filter(names, default="*navigable")
        found = {issue.id: issue for one in wanted if (issue := self.site.find(one)) is not None}
        issues = []
        for number in sorted(found):
            told = self.answers.issue(found[number], fields)
            if "changelog" in (body.get("expand") or ()):
                told["changelog"] = self.expanded_changelog(found[number])
            issues.append(told)
        return answer({"issues": issues, "issueErrors": []})

    def bulk_changelog(self, request: RecordedRequest) -> Response:
        body = request.json()
        wanted = body.get("issueIdsOrKeys")
        if not wanted or len(wanted) > 1000:
            raise BadRequestError("issueIdsOrKeys must hold between 1 and 1000 issues.")
        only = set(body.get("fieldIds") or ())
        if len(only) > 10:
            raise BadRequestError("fieldIds must hold no more than 10 fields.")
        size = min(_size(body.get("maxResults"), 1000, largest=10_000), self.changelog_page)
        found = {issue.id: issue for one in wanted if (issue := self.site.find(one)) is not None}
        rows = sorted(
            (history.at, issue.id, history.id, history)
            for issue in found.values()
            for history in issue.histories
            if not only or any(item.field_id in only for item in history.items)
        )
        start = 0 if not body.get("nextPageToken") else _offset(str(body["nextPageToken"]))
        logs: dict[int, list[Json]] = {}
        write = partial(self.answers.history, numeric=True)
        for _, issue_id, _, history in rows[start : start + size]:
            logs.setdefault(issue_id, []).append(write(history))
        told: dict[str, Json] = {
            "issueChangeLogs": [{"issueId": str(id_), "changeHistories": histories} for id_, histories in logs.items()]
        }
        if start + size < len(rows):
            told["nextPageToken"] = base64.urlsafe_b64encode(b"%d" % (start + size)).decode()
        return answer(told)

    def issue_changelog(self, request: RecordedRequest, wanted: str) -> Response:
        issue = self.site.find(wanted)
        if issue is None:
            return self.missing("Issue does not exist or you do not have permission to see it.")
        told = [self.answers.history(one, numeric=False) for one in issue.histories]
        return self.page_of(request, told, limit=100)

    def expanded_changelog(self, issue: Issue) -> Json:
        """The newest first, and never more than 40: why the bulk endpoint exists."""
        newest = [self.answers.history(one, numeric=False) for one in reversed(issue.histories[-40:])]
        return {"startAt": 0, "maxResults": len(newest), "total": len(issue.histories), "histories": newest}


def _posted(request: RecordedRequest) -> dict[str, Json]:
    """The parameters of a search, wherever they stand."""
    if request.method == "POST":
        body = request.json()
        if not isinstance(body, dict):
            raise BadRequestError("Invalid request payload. Refer to the REST API documentation and try again.")
        return body
    names = ("jql", "nextPageToken", "maxResults", "expand")
    return {name: request.first(name) for name in names if name in request.query} | {"fields": request.all("fields")}


def _size(value: Json, default: int, *, largest: int) -> int:
    try:
        return min(max(int(default if value is None else value), 1), largest)
    except (TypeError, ValueError):
        raise BadRequestError("maxResults must be a number") from None


def _offset(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise BadRequestError("The provided next page token is invalid or expired.") from None
