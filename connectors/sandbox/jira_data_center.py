"""A Jira Data Center over loopback: the same site, spoken as REST v2 speaks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from connectors.sandbox.jira_answers import field_filter
from connectors.sandbox.jira_cloud import JiraSandbox
from connectors.sandbox.jira_site import Issue, JiraSite
from connectors.sandbox.loopback import RecordedRequest, Response, answer

Json = Any


class JiraDataCenterSandbox(JiraSandbox):
    """Jira Data Center: a personal access token, startAt paging, whole changelogs, no field ids, no hierarchy levels.

    Knobs: `page_limit` is the largest page the administrators allow (echoed as `maxResults`), `deepest` how far
    startAt may reach, `history_limit` cuts changelogs short as some servers were reported to do (None: whole),
    `captcha` answers every login with the CAPTCHA challenge.
    """

    api_version = "2"
    cloud = False

    def __init__(
        self,
        site: JiraSite,
        *,
        now: Callable[[], datetime],
        token: str = "sandbox-token",  # noqa: S107 - opens nothing but this sandbox
        prefix: str = "",
    ) -> None:
        super().__init__(site, now=now, prefix=prefix)
        self.token = token
        self.version = (10, 3, 4)
        self.page_limit = 1000
        self.deepest = 10_000
        self.history_limit: int | None = None
        self.captcha = False

    def refusal(self, request: RecordedRequest) -> Response | None:
        if self.captcha:
            reason = f"CAPTCHA_CHALLENGE; login-url={self.url}/login.jsp"
            return answer(
                {"message": "Basic Authentication Failure"},
                status=403,
                headers={"X-Authentication-Denied-Reason": reason},
            )
        if request.bearer_token() == self.token or request.path.endswith("/serverInfo"):
            return None
        told = {"message": "Client must be authenticated to access this resource.", "status-code": 401}
        return answer(told, status=401, headers={"WWW-Authenticate": "OAuth realm=sandbox"})

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Response]]]:
        return (
            ("GET", "/rest/api/2/search", self.search),
            ("POST", "/rest/api/2/search", self.search),
            ("GET", "/rest/api/2/project", self.list_projects),
            *super().routes(),
        )

    def list_projects(self, request: RecordedRequest) -> Response:
        archived = request.first("includeArchived").lower() == "true"
        found = [one for one in self.site.projects.values() if archived or not one.archived]
        return answer([self.answers.project_reference(one) | {"archived": one.archived} for one in found])

    def search(self, request: RecordedRequest) -> Response:
        body = request.json() if request.method == "POST" else {}
        start = int(body.get("startAt", request.number("startAt", 0)))
        asked = int(body.get("maxResults", request.number("maxResults", 50)))
        if "expand" in body and not isinstance(body["expand"], list):
            return self.bad_request("Can not deserialize instance of java.util.ArrayList out of VALUE_STRING token")
        size = min(max(asked, 0), self.page_limit)
        if start + size > self.deepest:
            return answer(
                {"errorMessages": [f"Search limit exceeded: the platform limit is {self.deepest}."]}, status=500
            )
        found, _ = self.select(str(body.get("jql") or request.first("jql")))
        wanted = list(body.get("fields") or request.all("fields"))
        expand = body.get("expand") or request.all("expand")
        issues = [self._issue(one, wanted, expand) for one in found[start : start + size]]
        return answer(
            {"expand": "names,schema", "startAt": start, "maxResults": size, "total": len(found), "issues": issues}
        )

    def _issue(self, issue: Issue, wanted: Sequence[str], expand: Sequence[str]) -> Json:
        told = self.answers.issue(issue, field_filter(wanted, default="*navigable"))
        if "changelog" in expand:
            told["changelog"] = self.expanded_changelog(issue)
        return told

    def expanded_changelog(self, issue: Issue) -> Json:
        """The whole history, oldest first, unless the server cuts it."""
        told = [self.answers.history(one, numeric=False) for one in issue.histories[: self.history_limit]]
        total = len(issue.histories)
        return {"startAt": 0, "maxResults": max(len(told), total), "total": total, "histories": told}
