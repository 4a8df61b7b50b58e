# ruff: noqa: E501 - rows of a table stay on one line
"""The sandbox servers page, refuse and fail as the real ones do."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.company import Company, make_company
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.loopback import Fault, answer, page, paths

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
MILLIS = int(NOW.timestamp() * 1000)


@pytest.fixture(scope="module")
def made() -> bytes:
    return pickle.dumps(make_company(date(2026, 11, 23)))


@pytest.fixture
def company(made: bytes) -> Company:
    """A company of the test's own, to change as it likes."""
    whole = pickle.loads(made)
    assert isinstance(whole, Company)
    return whole


@pytest.fixture
def cloud(company: Company) -> Iterator[JiraCloudSandbox]:
    with JiraCloudSandbox(company.jira, now=lambda: NOW) as server:
        yield server


@pytest.fixture
def data_center(company: Company) -> Iterator[JiraDataCenterSandbox]:
    with JiraDataCenterSandbox(company.jira, now=lambda: NOW, prefix="/jira") as server:
        yield server


@pytest.fixture
def azure(company: Company) -> Iterator[AzureDevOpsSandbox]:
    with AzureDevOpsSandbox(company.azure, now=lambda: NOW) as server:
        yield server


# --- Jira Cloud ---


def test_ids_come_in_one_large_page(cloud: JiraCloudSandbox) -> None:
    found = _search(cloud, "project in (SHOP, LOY, SUP)", maxResults=5000)

    assert len(found["issues"]) == len(cloud.site.issues)
    assert found["isLast"] is True
    assert "nextPageToken" not in found


def test_full_fields_come_a_hundred_at_a_time_whatever_is_asked(cloud: JiraCloudSandbox) -> None:
    found = _search(cloud, "project = SHOP", fields=["summary"], maxResults=5000)

    assert len(found["issues"]) == 100
    assert found["nextPageToken"]


def test_an_issue_edited_between_two_pages_hides_no_neighbour(cloud: JiraCloudSandbox) -> None:
    jql = "project = SUP AND updated >= 1000 ORDER BY updated ASC"
    first = _search(cloud, jql, fields=["updated"], maxResults=50)
    edited = cloud.site.issue(first["issues"][3]["key"])

    cloud.site.retitle(edited, "Edited meanwhile", MILLIS)
    seen = [one["id"] for one in first["issues"]]
    found = first
    while "nextPageToken" in found:
        found = _search(cloud, jql, fields=["updated"], maxResults=50, nextPageToken=found["nextPageToken"])
        seen += [one["id"] for one in found["issues"]]

    everything = {str(one.id) for one in cloud.site.issues.values() if one.key.startswith("SUP-")}
    assert set(seen) == everything
    assert seen[-1] == str(edited.id)


@pytest.mark.parametrize(
    ("jql", "status"),
    [
        pytest.param("project = SHOP AND updated >= 1700000000000", 200, id="epoch milliseconds"),
        pytest.param('project = SHOP AND updated >= "2026/11/01 10:00"', 200, id="quoted date"),
        pytest.param("updated >= -15m OR labels in (enabler)", 200, id="relative date"),
        pytest.param('NOT (status = Done OR statusCategory = "To Do") AND project = LOY', 200, id="parentheses"),
        pytest.param('"Strategic theme" = "Leave the mainframe"', 200, id="custom field"),
        pytest.param("ORDER BY created", 400, id="unbounded"),
        pytest.param("project in (SHOP, GONE)", 400, id="a project that is not there"),
        pytest.param("project = ", 400, id="malformed"),
        pytest.param("nonsense = 1", 400, id="unknown field"),
        pytest.param('project = SHOP AND updated >= "soon"', 400, id="not a date"),
    ],
)
def test_jql_is_understood_or_refused(cloud: JiraCloudSandbox, jql: str, status: int) -> None:
    response = requests.post(f"{cloud.url}/rest/api/3/search/jql", json={"jql": jql}, auth=_jira(cloud), timeout=9)

    assert response.status_code == status
    assert ("issues" in response.json()) == (status == 200)


def test_quoted_dates_are_read_in_the_profiles_zone(cloud: JiraCloudSandbox) -> None:
    issue = cloud.site.issue("SHOP-7")
    cloud.site.retitle(issue, "Edited at half past six in Paris", MILLIS - 30 * 60_000)

    late = _search(cloud, 'key = SHOP-7 AND updated >= "2026/11/23 06:30"')
    later = _search(cloud, 'key = SHOP-7 AND updated >= "2026/11/23 06:31"')

    assert len(late["issues"]) == 1
    assert later["issues"] == []


def test_a_wrong_token_sees_an_empty_world_with_a_header(cloud: JiraCloudSandbox) -> None:
    wrong = (cloud.user, "expired")

    search = requests.post(f"{cloud.url}/rest/api/3/search/jql", json={"jql": "project = SHOP"}, auth=wrong, timeout=9)
    myself = requests.get(f"{cloud.url}/rest/api/3/myself", auth=wrong, timeout=9)

    assert search.json() == {"issues": [], "isLast": True}
    assert search.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert myself.status_code == 401


def test_bulkfetch_of_a_thousand_may_be_refused(cloud: JiraCloudSandbox) -> None:
    cloud.bulk_limit = 100
    ids = [str(one) for one in list(cloud.site.issues)[:101]]
    body = {"issueIdsOrKeys": ids, "fields": ["summary"]}

    refused = requests.post(f"{cloud.url}/rest/api/3/issue/bulkfetch", json=body, auth=_jira(cloud), timeout=9)

    assert refused.status_code == 400


def test_a_moved_issue_answers_to_both_keys_and_a_hidden_one_to_none(cloud: JiraCloudSandbox) -> None:
    moved, hidden = cloud.site.issue("SHOP-9"), cloud.site.issue("SHOP-11")
    cloud.site.move(moved, "LOY", MILLIS)
    cloud.site.hidden.add(hidden.id)
    body = {"issueIdsOrKeys": ["shop-9", str(hidden.id)], "fields": ["project"]}

    found = requests.post(f"{cloud.url}/rest/api/3/issue/bulkfetch", json=body, auth=_jira(cloud), timeout=9).json()

    assert [one["key"] for one in found["issues"]] == [moved.key]
    assert moved.key.startswith("LOY-")
    assert found["issueErrors"] == []


def test_changelogs_of_many_issues_are_paged_by_date(cloud: JiraCloudSandbox) -> None:
    cloud.changelog_page = 7
    wanted = ["SHOP-1", "SHOP-2", "SHOP-3"]
    body: dict[str, Any] = {"issueIdsOrKeys": wanted, "maxResults": 10_000}
    instants: list[int] = []

    while True:
        told = requests.post(
            f"{cloud.url}/rest/api/3/changelog/bulkfetch", json=body, auth=_jira(cloud), timeout=9
        ).json()
        instants += [one["created"] for log in told["issueChangeLogs"] for one in log["changeHistories"]]
        if "nextPageToken" not in told:
            break
        body["nextPageToken"] = told["nextPageToken"]

    assert len(instants) == sum(len(cloud.site.issue(key).histories) for key in wanted)
    assert sorted(instants[:7]) + sorted(instants[7:]) == sorted(instants)


def test_expanded_changelogs_stop_at_forty_newest_first(cloud: JiraCloudSandbox) -> None:
    issue = cloud.site.issue("SHOP-5")
    for minute in range(60):
        cloud.site.retitle(issue, f"Title {minute}", MILLIS + minute)

    told = requests.get(f"{cloud.url}/rest/api/3/issue/SHOP-5?expand=changelog", auth=_jira(cloud), timeout=9).json()

    assert len(told["changelog"]["histories"]) == 40
    assert told["changelog"]["total"] == len(issue.histories)
    assert told["changelog"]["histories"][0]["items"][0]["toString"] == "Title 59"


def test_kanban_boards_have_no_sprints(cloud: JiraCloudSandbox) -> None:
    kanban = next(board for board in cloud.site.boards.values() if board.type == "kanban")

    response = requests.get(f"{cloud.url}/rest/agile/1.0/board/{kanban.id}/sprint", auth=_jira(cloud), timeout=9)

    assert response.status_code == 400


def test_given_issues_are_served_with_what_they_lack(cloud: JiraCloudSandbox) -> None:
    bare = {
        "key": "I-1",
        "fields": {"summary": "Log in", "status": {"name": "Done"}, "created": "2021-01-01T09:00:00.000+0000"},
        "changelog": {"histories": [{"created": "2021-01-05T10:00:00.000+0000", "items": [{"field": "status", "fromString": "Next", "toString": "Done"}]}]},
    }  # fmt: skip

    with JiraCloudSandbox.from_issues([bare], now=lambda: NOW) as server:
        found = _search(server, "project = I", fields=["status", "issuetype", "project"])
        body = {"issueIdsOrKeys": ["I-1"]}
        told = requests.post(f"{server.url}/rest/api/3/changelog/bulkfetch", json=body, auth=_jira(server), timeout=9)

    fields = found["issues"][0]["fields"]
    item = told.json()["issueChangeLogs"][0]["changeHistories"][0]["items"][0]
    assert fields["status"]["statusCategory"]["key"] == "done"
    assert fields["project"]["key"] == "I"
    assert item["to"] == fields["status"]["id"]


# --- faults ---


def test_faults_strike_as_often_as_they_say_and_requests_are_remembered(cloud: JiraCloudSandbox) -> None:
    cloud.faults.append(Fault(path="/myself$", response=page("<html>busy</html>", status=503), times=1))

    codes = [requests.get(f"{cloud.url}/rest/api/3/myself", auth=_jira(cloud), timeout=9).status_code for _ in "ab"]

    assert codes == [503, 200]
    assert paths(cloud.requests) == ["GET /rest/api/3/myself"] * 2


def test_a_fault_may_alter_a_healthy_answer_or_break_it_off(cloud: JiraCloudSandbox) -> None:
    cloud.faults += [
        Fault(path="/myself$", alter=lambda _, healthy: healthy.with_json(healthy.json() | {"accountId": "other"})),
        Fault(path="/field$", response=answer([])),
        Fault(path="/status$", alter=lambda _, healthy: type(healthy)(body=healthy.body, truncate_at=10)),
    ]

    myself = requests.get(f"{cloud.url}/rest/api/3/myself", auth=_jira(cloud), timeout=9).json()
    fields = requests.get(f"{cloud.url}/rest/api/3/field", auth=_jira(cloud), timeout=9).json()

    assert myself["accountId"] == "other"
    assert fields == []
    with pytest.raises(requests.exceptions.RequestException):
        requests.get(f"{cloud.url}/rest/api/3/status", auth=_jira(cloud), timeout=9)


# --- Jira Data Center ---


def test_data_center_pages_by_start_and_tells_the_whole_history_oldest_first(
    data_center: JiraDataCenterSandbox,
) -> None:
    told = _search_data_center(data_center, jql="project = SHOP ORDER BY key ASC", maxResults=2000, expand="changelog")

    issue = next(one for one in told["issues"] if one["changelog"]["total"] > 3)
    created = [history["created"] for history in issue["changelog"]["histories"]]
    items = [item for history in issue["changelog"]["histories"] for item in history["items"]]
    assert told["maxResults"] == 1000
    assert created == sorted(created)
    assert not any("fieldId" in item for item in items)
    assert "hierarchyLevel" not in issue["fields"]["issuetype"]


def test_data_center_refuses_deep_paging_and_a_missing_token(data_center: JiraDataCenterSandbox) -> None:
    url = f"{data_center.url}/rest/api/2/search"
    bearer = {"Authorization": f"Bearer {data_center.token}"}

    beyond: dict[str, str | int] = {"jql": "project = SHOP", "startAt": 9_990, "maxResults": 100}
    deep = requests.get(url, params=beyond, headers=bearer, timeout=9)
    anonymous = requests.get(url, params={"jql": "project = SHOP"}, timeout=9)

    assert deep.status_code == 500
    assert anonymous.status_code == 401


def test_data_center_spells_epics_and_sprints_its_own_way(data_center: JiraDataCenterSandbox) -> None:
    told = _search_data_center(
        data_center, jql="project = SHOP AND type = Story AND sprint is not EMPTY", maxResults=50
    )

    fields = [one["fields"] for one in told["issues"]]
    assert any(str(one["customfield_10014"]).startswith("SHOP-") for one in fields)
    assert all("parent" not in one for one in fields)
    assert fields[0]["customfield_10020"][0].startswith("com.atlassian.greenhopper.service.sprint.Sprint@")


# --- Azure DevOps ---


def test_the_stream_gives_every_revision_once_and_then_waits(azure: AzureDevOpsSandbox) -> None:
    seen, token = [], ""
    while True:
        told = _get(
            azure, "/_apis/wit/reporting/workitemrevisions", {"continuationToken": token, "$maxPageSize": "1000"}
        )
        seen += [(one["id"], one["rev"]) for one in told["values"]]
        token = told["continuationToken"]
        if told["isLastBatch"]:
            break
    azure.site.move_state(azure.site.item(20_005), "Active", MILLIS)

    news = _get(azure, "/_apis/wit/reporting/workitemrevisions", {"continuationToken": token})

    assert len(seen) == len(set(seen)) == len(azure.site.stream) - 1
    assert [one["id"] for one in news["values"]] == [20_005]


def test_a_new_parent_shows_in_the_link_stream_only(azure: AzureDevOpsSandbox) -> None:
    child = next(one for one in azure.site.items.values() if one.parent is not None)
    before = len(child.revisions)
    token = _get(azure, "/_apis/wit/reporting/workitemlinks", {"continuationToken": "1000000"})["continuationToken"]

    azure.site.reparent(child, None, MILLIS)
    told = _get(azure, "/_apis/wit/reporting/workitemlinks", {"continuationToken": token})

    assert len(child.revisions) == before
    assert [(one["targetId"], one["attributes"]["isActive"]) for one in told["values"]] == [(child.id, False)]


def test_a_deleted_item_is_told_only_to_those_who_ask(azure: AzureDevOpsSandbox) -> None:
    azure.site.delete(azure.site.item(20_007), MILLIS)
    since = {"startDateTime": "2026-11-23T00:00:00Z"}

    told = _get(azure, "/_apis/wit/reporting/workitemrevisions", since | {"includeDeleted": "true"})
    silent = _get(azure, "/_apis/wit/reporting/workitemrevisions", since)
    project = azure.site.item(20_007).project
    recycled = _get(azure, f"/{project}/_apis/wit/recyclebin", {})

    assert [one["fields"]["System.IsDeleted"] for one in told["values"]] == [True]
    assert silent["values"] == []
    assert [one["id"] for one in recycled["value"]] == [20_007]


def test_wiql_refuses_too_many_rows_unless_a_top_is_asked(azure: AzureDevOpsSandbox) -> None:
    azure.result_limit = 100
    query = {"query": "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Logistics' ORDER BY [System.Id]"}
    url = f"{azure.url}/_apis/wit/wiql"

    refused = requests.post(url, json=query, auth=("", azure.token), timeout=9)
    found = requests.post(f"{url}?$top=100", json=query, auth=("", azure.token), timeout=9).json()

    assert refused.status_code == 400
    assert "VS402337" in refused.json()["message"]
    assert len(found["workItems"]) == 100


def test_a_batch_that_omits_errors_holds_nulls(azure: AzureDevOpsSandbox) -> None:
    body = {"ids": [20_001, 999_999], "fields": ["System.Title"], "errorPolicy": "omit"}

    told = requests.post(f"{azure.url}/_apis/wit/workitemsbatch", json=body, auth=("", azure.token), timeout=9).json()

    assert [one and one["id"] for one in told["value"]] == [20_001, None]


@pytest.mark.parametrize("status", [203, 302, 401])
def test_a_bad_token_gets_a_sign_in_page(azure: AzureDevOpsSandbox, status: int) -> None:
    azure.sign_in_status = status

    response = requests.get(f"{azure.url}/_apis/projects", auth=("", "bad"), timeout=9, allow_redirects=False)

    assert response.status_code == status
    assert "json" not in response.headers["Content-Type"]


def test_an_older_server_offers_its_own_versions(company: Company) -> None:
    with AzureDevOpsSandbox(company.azure, now=lambda: NOW, flavour="server", max_version="6.0") as server:
        told = requests.options(f"{server.url.lower()}/_apis", auth=("", server.token), timeout=9).json()

    assert {one["maxVersion"] for one in told["value"]} == {6.0}


def _jira(server: JiraCloudSandbox) -> tuple[str, str]:
    return server.user, server.token


def _search(server: JiraCloudSandbox, jql: str, **more: Any) -> Any:
    body = {"jql": jql, **more}
    return requests.post(f"{server.url}/rest/api/3/search/jql", json=body, auth=_jira(server), timeout=30).json()


def _search_data_center(server: JiraDataCenterSandbox, **query: str | int) -> Any:
    bearer = {"Authorization": f"Bearer {server.token}"}
    return requests.get(f"{server.url}/rest/api/2/search", params=query, headers=bearer, timeout=30).json()


def _get(server: AzureDevOpsSandbox, path: str, query: dict[str, str]) -> Any:
    response = requests.get(server.url + path, params=query, auth=("", server.token), timeout=30)
    assert response.status_code == 200, response.text
    return response.json()
