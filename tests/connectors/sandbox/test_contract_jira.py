# ruff: noqa: E501 - rows of a table stay on one line
"""Every answer of the Jira Cloud sandbox keeps to Atlassian's specification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import requests

from connectors.sandbox.company import make_company
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from tests.connectors.sandbox.contract import proxy, violations

pytestmark = pytest.mark.needs_node
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
JQL = "project in (SHOP, LOY) AND updated >= 1700000000000 ORDER BY updated ASC"
FIELDS = [
    "summary",
    "status",
    "issuetype",
    "project",
    "parent",
    "labels",
    "created",
    "updated",
    "issuelinks",
    "customfield_10020",
]

# docs/decisions/sandbox-contract.md gives the evidence for each.
ACCEPTED = (
    re.compile(r"response\.body\.issueChangeLogs\.\d+\.changeHistories\.\d+\.created .*must be string"),
    re.compile(r"response\.body\..*items\.\d+\.(from|fromString|to|toString) .*must be string"),
)

PLATFORM: list[tuple[str, str, dict[str, object] | None]] = [
    ("GET", "/rest/api/3/myself", None),
    ("GET", "/rest/api/3/serverInfo", None),
    ("GET", "/rest/api/3/field", None),
    ("GET", "/rest/api/3/status", None),
    ("GET", "/rest/api/3/statuses/search?maxResults=5", None),
    ("GET", "/rest/api/3/issuetype", None),
    ("GET", "/rest/api/3/priority", None),
    ("GET", "/rest/api/3/resolution", None),
    ("GET", "/rest/api/3/project/search?expand=insight&status=live", None),
    ("GET", "/rest/api/3/project/SHOP", None),
    ("GET", "/rest/api/3/project/NONE", None),
    ("GET", "/rest/api/3/project/SHOP/statuses", None),
    ("GET", "/rest/api/3/project/SHOP/versions", None),
    ("GET", "/rest/api/3/search/jql?jql=project%20%3D%20SHOP&maxResults=20&fields=summary&fields=*all", None),
    ("GET", "/rest/api/3/search/jql?jql=project%20%3D%20NONE", None),
    ("POST", "/rest/api/3/search/jql", {"jql": JQL, "fields": FIELDS, "maxResults": 5, "expand": "changelog"}),
    ("POST", "/rest/api/3/search/jql", {"jql": "project = SHOP ORDER BY created", "fields": ["id"], "maxResults": 5000}),
    ("POST", "/rest/api/3/search/approximate-count", {"jql": "project = SHOP"}),
    ("POST", "/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": ["SHOP-1", "SHOP-2", "SHOP-3"], "fields": ["*all"]}),
    ("POST", "/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["SHOP-1", "SHOP-2"], "maxResults": 100}),
    ("GET", "/rest/api/3/issue/SHOP-40?expand=changelog", None),
    ("GET", "/rest/api/3/issue/SHOP-40/changelog?maxResults=10", None),
    ("POST", "/rest/api/3/jql/parse?validation=strict", {"queries": ["project = SHOP ORDER BY key", "labels = "]}),
]  # fmt: skip
SOFTWARE = [
    "/rest/agile/1.0/board?maxResults=50",
    "/rest/agile/1.0/board/1",
    "/rest/agile/1.0/board/1/configuration",
    "/rest/agile/1.0/board/3/configuration",
    "/rest/agile/1.0/board/1/sprint?state=closed,active",
    "/rest/agile/1.0/board/3/sprint",
]


@pytest.fixture(scope="module")
def server() -> Iterator[JiraCloudSandbox]:
    with JiraCloudSandbox(make_company(date(2026, 11, 23)).jira, now=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def platform(server: JiraCloudSandbox) -> Iterator[str]:
    with proxy("jira-platform", server.url) as address:
        yield address


@pytest.fixture(scope="module")
def software(server: JiraCloudSandbox) -> Iterator[str]:
    with proxy("jira-software", server.url) as address:
        yield address


@pytest.mark.parametrize(("method", "path", "body"), PLATFORM, ids=lambda part: str(part)[:60])
def test_platform_answers_keep_to_the_specification(
    server: JiraCloudSandbox, platform: str, method: str, path: str, body: dict[str, object] | None
) -> None:
    response = requests.request(method, platform + path, json=body, auth=(server.user, server.token), timeout=60)

    assert response.status_code in (200, 400, 404)
    assert [one for one in violations(response) if not any(known.match(one) for known in ACCEPTED)] == []


@pytest.mark.parametrize("path", SOFTWARE)
def test_board_answers_keep_to_the_specification(server: JiraCloudSandbox, software: str, path: str) -> None:
    response = requests.get(software + path, auth=(server.user, server.token), timeout=60)

    assert response.status_code in (200, 400)
    assert violations(response) == []
