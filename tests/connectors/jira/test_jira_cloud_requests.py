"""How many requests Jira Cloud is asked: the fewest that its limits allow (the constants of the site left out)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.sandbox.jira_cloud import JiraCloudSandbox
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_cloud, a_site, an_issue, millis


@pytest.fixture
def cloud() -> Iterator[House]:
    house = a_cloud(a_site(), Clock(MONDAY + timedelta(days=1)))
    with house.server:
        yield house


def many(house: House, count: int, *, moves: int = 1, project: str = "CLM") -> None:
    for number in range(count):
        issue = an_issue(house.site, at=MONDAY + timedelta(seconds=number), summary=str(number), project=project)
        for step in range(moves):
            at = MONDAY + timedelta(hours=1, seconds=number, milliseconds=step)
            house.site.transition(issue, ("Doing", "To Do")[step % 2], millis(at))


def change(house: House, count: int) -> None:
    house.clock.pass_(hours=2)
    for number, issue in enumerate(list(house.site.issues.values())[:count]):
        house.site.retitle(issue, f"Again {number}", millis(house.clock.at) + number)
    house.clock.pass_(minutes=30)


def ceil(count: int, size: int) -> int:
    return -(-count // size)


@pytest.mark.parametrize("changed", [0, 1, 100, 350, 1_050])
def test_an_incremental_sync_asks_for_pages_of_a_hundred_and_for_change_logs_of_a_thousand(
    cloud: House, changed: int
) -> None:
    many(cloud, 1_100)
    cloud.sync()
    change(cloud, changed)

    requests = cloud.sync()

    assert requests == max(1, ceil(changed, 100)) + ceil(changed, 1_000)


def test_a_full_load_of_small_pages_of_ids_still_asks_for_a_thousand_issues_at_once(cloud: House) -> None:
    many(cloud, 1_500)
    server = cloud.server
    assert isinstance(server, JiraCloudSandbox)
    server.key_page = 400

    requests = cloud.sync()

    assert requests == ceil(1_500, 400) + 2 * ceil(1_500, 1_000)


def test_change_logs_cost_a_request_for_every_ten_thousand_entries(cloud: House) -> None:
    many(cloud, 50, moves=250)

    requests = cloud.sync()

    assert requests == 1 + 1 + ceil(50 * 250, 10_000)
    assert len(cloud.kept.changes) == 50 * 250


def test_a_project_that_is_shown_anew_is_fetched_in_bulk_as_a_full_load_is(cloud: House) -> None:
    many(cloud, 10)
    many(cloud, 450, project="DST")
    cloud.site.projects[200].archived = True
    cloud.sync()
    cloud.clock.pass_(hours=2)
    cloud.site.projects[200].archived = False

    requests = cloud.sync()

    assert requests == (1 + 1 + 1) + 1  # ids, issues, change logs; and nothing new since
    assert len(cloud.kept.items) == 460
    assert not cloud.kept.chunks


@pytest.mark.parametrize(
    ("jql", "declared"),
    [
        pytest.param("project in (CLM, DST)", {"CLM": 3, "DST": 1}, id="named projects"),
        pytest.param(None, {"CLM": 3, "DST": 1}, id="every project"),
        pytest.param("project = CLM AND issuetype = Bug", {"CLM": None, "DST": None}, id="less than a project"),
    ],
)
def test_a_project_says_how_many_issues_it_has_where_the_scope_is_whole_projects(
    cloud: House, jql: str | None, declared: dict[str, int | None]
) -> None:
    many(cloud, 3)
    many(cloud, 1, project="DST")
    connector = cloud.connector(jql=jql)

    scopes = connector.preflight().scopes

    assert {scope.key: scope.declared for scope in scopes} == declared
    assert len(cloud.asked("/project/search")) == 1


def test_a_preflight_that_is_asked_again_sees_what_has_changed_meanwhile(cloud: House) -> None:
    many(cloud, 1)
    connector = cloud.connector(jql=None)
    before = connector.preflight().scopes
    cloud.site.projects[200].archived = True

    after = connector.preflight().scopes

    assert [(scope.key, scope.state) for scope in before] == [("CLM", "live"), ("DST", "live")]
    assert [(scope.key, scope.state) for scope in after] == [("CLM", "live"), ("DST", "archived")]
