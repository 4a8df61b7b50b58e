"""Jira Data Center, read from the sandbox: keyset windows, whole histories, parents by key, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import (
    AccessDeniedError,
    IncompleteWalkError,
    Presence,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import EPIC_LINK, JiraSite
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from domain.work_item import HistoryState
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_data_center, a_site, an_issue, millis

LATER = MONDAY + timedelta(hours=2)


@pytest.fixture
def jira() -> Iterator[House]:
    house = a_data_center(a_site(), Clock(MONDAY + timedelta(days=1)))
    with house.server:
        yield house


def sandbox(house: House) -> JiraDataCenterSandbox:
    assert isinstance(house.server, JiraDataCenterSandbox)
    return house.server


def many(site: JiraSite, count: int, *, apart_ms: int = 1_000) -> None:
    for number in range(count):
        issue = an_issue(site, summary=f"Story {number}")
        issue.created = issue.updated = millis(MONDAY) + number * apart_ms


def test_a_full_walk_brings_every_issue_with_its_history(jira: House) -> None:
    story = an_issue(jira.site)
    jira.site.transition(story, "Doing", millis(LATER))
    jira.site.transition(story, "Done", millis(LATER) + 5_000)

    jira.sync()

    assert jira.kept.items[str(story.id)].status == "Done"
    assert jira.kept.changes_of(story.id) == [("To Do", "Doing"), ("Doing", "Done")]
    assert jira.kept.histories == {str(story.id): HistoryState.COMPLETE}


def test_12345_issues_are_all_kept_and_no_offset_goes_near_the_limit(jira: House) -> None:
    many(jira.site, 12_345)

    jira.sync()

    assert len(jira.kept.items) == 12_345
    assert max(request.number("startAt", 0) for request in jira.asked("/search")) == 0


def test_issues_of_one_instant_beyond_the_reach_of_offsets_are_read_by_key(jira: House) -> None:
    many(jira.site, 10_500, apart_ms=0)
    an_issue(jira.site, project="DST", at=MONDAY)

    jira.sync()

    assert len(jira.kept.items) == 10_501
    assert max(request.number("startAt", 0) for request in jira.asked("/search")) < 9_000


def test_an_unchanged_source_costs_one_request(jira: House) -> None:
    many(jira.site, 20)
    jira.sync()
    jira.clock.pass_(minutes=30)

    assert jira.sync() == 1


def test_an_incremental_walk_finds_what_changed(jira: House) -> None:
    many(jira.site, 150)
    jira.sync()
    jira.clock.pass_(hours=1)
    jira.site.transition(jira.site.issue("CLM-7"), "Done", millis(jira.clock.at))
    jira.clock.pass_(minutes=1)

    requests = jira.sync()

    assert requests <= 2
    assert jira.kept.by_key("CLM-7").status == "Done"


def test_the_query_holds_only_unquoted_epoch_milliseconds_and_no_upper_bound(jira: House) -> None:
    many(jira.site, 1)
    jira.sync()
    jira.clock.pass_(hours=1)
    began = millis(jira.clock.at)
    jira.sync()
    jira.clock.pass_(hours=1)

    jira.sync()

    assert jira.asked("/search")[-1].first("jql") == (
        f"(project in (CLM, DST)) AND updated >= {began - 15 * 60 * 1000} ORDER BY updated ASC, key ASC"
    )
    assert jira.asked("/search")[-1].first("validateQuery") == "true"


def test_an_interrupted_walk_goes_on_where_it_stood(jira: House) -> None:
    many(jira.site, 900)
    sandbox(jira).page_limit = 100
    jira.fails(path="/search", skip=5, times=30, response=answer({}, status=503))
    with pytest.raises(TrackerUnavailableError):
        jira.sync()
    held = len(jira.kept.items)
    assert 400 <= held < 900

    jira.server.faults.clear()
    requests = jira.sync()

    assert len(jira.kept.items) == 900
    assert requests < 9


def test_the_page_size_that_the_server_echoes_is_the_one_to_go_on_with(jira: House) -> None:
    many(jira.site, 180)
    sandbox(jira).page_limit = 50

    jira.sync()

    assert [request.number("maxResults", 0) for request in jira.asked("/search")][:2] == [100, 50]
    assert len(jira.kept.items) == 180
    assert jira.kept.cursor is not None
    assert jira.kept.cursor["page"] == 50


def test_a_page_that_times_out_at_the_proxy_is_halved_and_remembered(jira: House) -> None:
    many(jira.site, 180)

    def too_slow(request: RecordedRequest, given: Response) -> Response:
        return given if request.number("maxResults", 0) <= 25 else answer({}, status=504)

    jira.fails(path="/search", times=None, alter=too_slow)

    jira.sync()

    assert len(jira.kept.items) == 180
    assert jira.kept.cursor is not None
    assert jira.kept.cursor["page"] == 25


def test_a_history_that_the_page_cuts_short_is_asked_for_alone(jira: House) -> None:
    issue = an_issue(jira.site)
    for step in range(45):
        jira.site.transition(issue, ("Doing", "To Do")[step % 2], millis(LATER) + step)

    def cut(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for one in body["issues"]:
            one["changelog"]["histories"] = one["changelog"]["histories"][:40]
        return given.with_json(body)

    jira.fails(path="/search", times=None, alter=cut)

    jira.sync()

    assert len(jira.kept.changes_of(issue.id)) == 45
    assert jira.kept.histories[str(issue.id)] is HistoryState.COMPLETE


def test_a_history_that_stays_short_is_a_gap(jira: House) -> None:
    issue = an_issue(jira.site)
    for step in range(45):
        jira.site.transition(issue, ("Doing", "To Do")[step % 2], millis(LATER) + step)
    sandbox(jira).history_limit = 40

    jira.sync()

    assert jira.kept.histories[str(issue.id)] is HistoryState.GAP


def test_an_epic_link_a_parent_link_and_a_sub_tasks_parent_make_one_hierarchy(jira: House) -> None:
    initiative = an_issue(jira.site, type="Initiative", at=MONDAY)
    epic = an_issue(jira.site, type="Epic", parent=initiative, at=MONDAY + timedelta(minutes=1))
    story = an_issue(jira.site, parent=epic, at=MONDAY + timedelta(minutes=2))
    task = an_issue(jira.site, type="Sub-task", parent=story, at=MONDAY + timedelta(minutes=3))

    jira.sync()

    parents = {each.key: jira.kept.items[str(each.id)].parent_id for each in (epic, story, task)}
    assert parents == {epic.key: str(initiative.id), story.key: str(epic.id), task.key: str(story.id)}
    assert jira.kept.items[str(task.id)].type_rank == -1


def test_a_parent_outside_the_page_is_looked_up_by_its_key(jira: House) -> None:
    epic = an_issue(jira.site, type="Epic")
    story = an_issue(jira.site, parent=epic)
    jira.sync()
    jira.clock.pass_(hours=1)
    jira.site.retitle(story, "Renamed", millis(jira.clock.at))
    jira.clock.pass_(minutes=1)

    jira.sync()

    assert jira.kept.items[str(story.id)].title == "Renamed"
    assert jira.kept.items[str(story.id)].parent_id == str(epic.id)


def test_a_parent_that_we_may_not_see_leaves_the_child_without_one(jira: House) -> None:
    epic = an_issue(jira.site, type="Epic")
    story = an_issue(jira.site, parent=epic)
    jira.site.hidden.add(epic.id)

    jira.sync()

    assert jira.kept.items[str(story.id)].parent_id is None


def test_a_key_that_is_no_key_never_enters_a_query(jira: House) -> None:
    an_issue(jira.site)

    def hostile(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for one in body["issues"]:
            one["fields"][EPIC_LINK] = "X-1) OR project = SECRET OR key in (X-2"
        return given.with_json(body)

    jira.fails(path="/search", times=None, alter=hostile)

    jira.sync()

    assert not any("SECRET" in request.first("jql") for request in jira.server.requests)


def test_a_server_that_ignores_epochs_is_asked_in_its_users_local_time() -> None:
    house = a_data_center(a_site(zone="America/St_Johns"), Clock(MONDAY + timedelta(days=3)))
    with house.server:

        def ignorant(request: RecordedRequest, given: Response) -> Response:
            if re.search(r"updated >= \d", request.first("jql")) is None:
                return given
            return answer({"startAt": 0, "maxResults": 100, "total": 0, "issues": []})

        house.fails(path="/search", times=None, alter=ignorant)
        many(house.site, 250)
        house.sync()
        house.clock.pass_(hours=1)
        house.site.transition(house.site.issue("CLM-3"), "Doing", millis(house.clock.at))
        house.clock.pass_(minutes=10)
        asked = len(house.asked("/search"))

        house.sync()

        assert len(house.kept.items) == 250
        assert house.kept.by_key("CLM-3").status == "Doing"
        assert 'updated >= "2026/11/04 05:15"' in house.asked("/search")[asked].first("jql")


def test_rows_older_than_asked_for_show_that_epochs_are_ignored(jira: House) -> None:
    many(jira.site, 5, apart_ms=600_000)
    jira.sync()
    jira.clock.pass_(hours=1)

    def everything(request: RecordedRequest, given: Response) -> Response:
        if '"' in request.first("jql"):
            return given
        again = RecordedRequest(
            method="GET",
            path="/rest/api/2/search",
            query=dict(request.query) | {"jql": ("project = CLM ORDER BY updated ASC",)},
            headers=request.headers,
            body=b"",
        )
        return sandbox(jira).search(again)

    jira.fails(path="/search", times=None, alter=everything)

    jira.sync()

    assert jira.kept.cursor is not None
    assert jira.kept.cursor["quoted"] is True


def test_a_warning_makes_the_walk_incomplete(jira: House) -> None:
    many(jira.site, 2)
    jira.sync()
    before = jira.kept.cursor

    def warn(request: RecordedRequest, given: Response) -> Response:
        return given.with_json(given.json() | {"warningMessages": ["The value 'X' does not exist."]})

    jira.fails(path="/search", times=None, alter=warn)

    with pytest.raises(IncompleteWalkError):
        jira.sync()

    assert jira.kept.cursor == before


def test_a_captcha_stops_everything_after_one_request(jira: House) -> None:
    sandbox(jira).captcha = True
    connector = jira.connector()

    with pytest.raises(AccessDeniedError, match="CAPTCHA"):
        connector.preflight()
    with pytest.raises(AccessDeniedError, match="CAPTCHA"):
        connector.preflight()

    assert len(jira.server.requests) == 1


def test_a_password_that_is_refused_leads_to_a_personal_access_token(jira: House) -> None:
    with pytest.raises(AccessDeniedError, match="personal access token is needed"):
        jira.connector(user="vmo").preflight()


def test_a_personal_access_token_travels_as_bearer(jira: House) -> None:
    jira.connector().preflight()

    assert {request.bearer_token() for request in jira.server.requests} == {"token-7f3a9c"}


@pytest.mark.parametrize("ending", ["", "/"], ids=["plain", "with a slash at its end"])
def test_a_context_path_survives(ending: str) -> None:
    house = a_data_center(a_site(), Clock(), prefix="/jira")
    issue = an_issue(house.site)
    with house.server:
        house.sync(url=house.server.url.replace("/jira", "/jira" + ending))

    assert house.kept.items[str(issue.id)].url.endswith("/jira/browse/CLM-1")


def test_a_census_walks_each_project_by_key(jira: House) -> None:
    many(jira.site, 7)
    an_issue(jira.site, project="DST")

    ids = [each for page in jira.connector().census() for each in page]

    assert sorted(ids) == sorted(str(number) for number in jira.site.issues)


def test_a_census_goes_back_to_an_earlier_key_when_its_anchor_was_deleted(jira: House) -> None:
    many(jira.site, 7)
    sandbox(jira).page_limit = 3
    deleted: list[str] = []

    def delete_anchor(request: RecordedRequest, given: Response) -> Response:
        jql = request.first("jql")
        if 'key > "CLM-3"' in jql and not deleted:
            deleted.append("CLM-3")
            jira.site.delete(jira.site.issue("CLM-3"))
            return answer({"errorMessages": ["An issue with key 'CLM-3' does not exist."]}, status=400)
        return given

    jira.fails(path="/search", times=None, alter=delete_anchor)

    ids = {each for page in jira.connector(jql="project = CLM").census() for each in page}

    assert {str(number) for number in jira.site.issues} <= ids


def test_a_probe_asks_for_each_issue_itself(jira: House) -> None:
    here, moved, gone = an_issue(jira.site), an_issue(jira.site), an_issue(jira.site)
    jira.site.move(moved, "DST", millis(LATER))
    jira.site.delete(gone)

    found = jira.connector(jql="project = CLM").probe([str(each.id) for each in (here, moved, gone)])

    assert list(found.values()) == [Presence.THERE, Presence.ELSEWHERE, Presence.ABSENT]


def test_the_preflight_names_archived_projects_and_the_users_zone(jira: House) -> None:
    jira.site.projects[200].archived = True

    preflight = jira.connector().preflight()

    assert {scope.key: scope.state for scope in preflight.scopes} == {"CLM": "live", "DST": "archived"}
    assert preflight.server_zone == "Europe/Paris"
    assert preflight.product == "Jira Data Center 10.3.4"


def test_the_servers_cookies_stay_within_one_run(jira: House) -> None:
    def set_cookie(request: RecordedRequest, given: Response) -> Response:
        return Response(body=given.body, headers={"Set-Cookie": "JSESSIONID=abc; Path=/"})

    jira.fails(path="myself", times=None, alter=set_cookie)

    jira.connector().preflight()
    first = [request.headers.get("cookie") for request in jira.server.requests]
    jira.server.requests.clear()
    jira.connector().preflight()

    assert first[-1] == "JSESSIONID=abc"
    assert "cookie" not in jira.server.requests[0].headers


def test_a_change_without_a_field_id_is_known_by_its_name(jira: House) -> None:
    issue = an_issue(jira.site)
    jira.site.flag(issue, True, millis(LATER))
    jira.site.set_value(issue, "customfield_10101", 5, millis(LATER) + 1)

    jira.sync(value_fields={"business_value": "Business Value"})

    assert jira.kept.changes_of(issue.id, of="flagged") == [(None, "Impediment")]
    assert jira.kept.changes_of(issue.id, of="business_value") == [(None, "5")]


@pytest.mark.parametrize("body", [{}, {"issues": None}, []], ids=repr)
def test_an_answer_without_issues_is_never_an_empty_source(jira: House, body: Any) -> None:
    jira.fails(path="/search", times=None, response=answer(body))

    with pytest.raises(UnreadableAnswerError):
        jira.sync()


def test_an_edit_in_the_second_in_which_an_issue_was_read_is_taken_by_the_next_run_and_then_left_alone(
    jira: House,
) -> None:
    issue = an_issue(jira.site, at=jira.clock.at, summary="Settle by photo")
    an_issue(jira.site, at=jira.clock.at - timedelta(minutes=5))
    jira.sync()
    jira.site.retitle(issue, "Settle by film", millis(jira.clock.at))  # this server keeps whole seconds
    jira.clock.pass_(minutes=10)
    taken = []
    for _ in range(2):
        connector = jira.connector()
        connector.preflight()
        batches = list(connector.changes_since(jira.kept.cursor, jira.kept))
        taken.append([item.title for batch in batches for item in batch.items])
        for batch in batches:
            jira.kept.apply(batch)
        connector.close()
        jira.clock.pass_(minutes=1)

    assert taken == [["Settle by film"], []]
