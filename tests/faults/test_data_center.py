"""Jira Data Center from end to end: pages that lie, histories cut short, refusals, and the hierarchy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import EPIC_LINK, PARENT_LINK, JiraSite
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from domain.work_item import HistoryState
from tests.connectors.jira.jira_house import MONDAY, Clock, a_data_center, a_site, an_issue, millis
from tests.faults.catalogue import case
from tests.faults.jira_desk import Desk, a_desk

DAY = timedelta(days=1)
LATER = MONDAY + timedelta(hours=2)
SEARCH = "/rest/api/2/search$"
Alteration = Callable[[RecordedRequest, Response], Response]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(a_data_center(a_site(), Clock(MONDAY + DAY)), tmp_path) as made:
        yield made


def sandbox(desk: Desk) -> JiraDataCenterSandbox:
    assert isinstance(desk.server, JiraDataCenterSandbox)
    return desk.server


def many(site: JiraSite, count: int, *, apart_ms: int = 60_000) -> None:
    for number in range(count):
        issue = an_issue(site, summary=f"Story {number}")
        issue.created = issue.updated = millis(MONDAY) - (count - number) * apart_ms


def offsets(desk: Desk) -> list[int]:
    return [request.number("startAt", 0) for request in desk.searches()]


def sizes(desk: Desk) -> list[int]:
    return [request.number("maxResults", 0) for request in desk.searches()]


def altered(change: Callable[[Any], None]) -> Alteration:
    """Change the body of an answer in place."""

    def alter(_: RecordedRequest, given: Response) -> Response:
        body = given.json()
        change(body)
        return given.with_json(body)

    return alter


# --- paging


@case("E059")
@pytest.mark.slow
def test_12345_issues_are_all_stored_and_no_offset_comes_near_10000(desk: Desk) -> None:
    many(desk.site, 12_345, apart_ms=1_000)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 12_345
    assert max(offsets(desk)) == 0


@case("E059")
def test_more_issues_of_one_instant_than_offsets_may_reach_are_all_stored(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("connectors.jira.data_center.LAST_OFFSET", 90)
    sandbox(desk).page_limit, sandbox(desk).deepest = 10, 100
    many(desk.site, 234, apart_ms=0)
    an_issue(desk.site, project="DST", at=MONDAY - timedelta(milliseconds=0))

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 235
    assert all(start + size <= 100 for start, size in zip(offsets(desk), sizes(desk), strict=True) if size <= 10)


def test_a_page_that_shifts_while_a_crowded_second_is_read_hides_nobody(desk: Desk) -> None:
    sandbox(desk).page_limit = 10
    many(desk.site, 60, apart_ms=0)
    moved: list[str] = []

    def shift(request: RecordedRequest, given: Response) -> Response:
        if request.number("startAt", 0) and not moved:
            for key in ("CLM-2", "CLM-5"):  # behind us: the rows after them move up by two
                moved.append(key)
                desk.site.retitle(desk.site.issue(key), "Renamed", millis(MONDAY) + 1_000)
            return sandbox(desk).search(replace(request, path=SEARCH))
        return given

    desk.house.fails(path=SEARCH, times=None, alter=shift)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 60
    assert desk.item("CLM-5").title == "Renamed"


def test_an_issue_updated_between_two_pages_and_its_neighbours_are_read(desk: Desk) -> None:
    sandbox(desk).page_limit = 10
    many(desk.site, 45)
    updated: list[int] = []

    def update(_: RecordedRequest, given: Response) -> Response:
        updated.append(len(updated))
        if len(updated) == 2:
            desk.site.retitle(desk.site.issue("CLM-3"), "Renamed", millis(desk.clock.at))
        return given

    desk.house.fails(path=SEARCH, times=None, alter=update)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 45
    assert desk.item("CLM-3").title == "Renamed"


@case("E060")
def test_a_server_that_echoes_50_for_1000_is_read_on_by_50(desk: Desk) -> None:
    sandbox(desk).page_limit = 50
    many(desk.site, 230)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 230
    assert set(sizes(desk)[1:]) == {50}
    assert desk.cursor["page"] == 50
    desk.clock.pass_(hours=1)
    desk.sync()
    assert sizes(desk) == [50]


@case("E061")
def test_a_page_that_a_gateway_gives_up_costs_one_refusal_and_is_remembered(desk: Desk) -> None:
    many(desk.site, 450)
    desk.house.fails(path=SEARCH, times=None, alter=_gives_up_from(200))

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 450
    assert len([size for size in sizes(desk) if size >= 200]) == 1
    assert (desk.cursor["page"], desk.cursor["largest"]) == (100, 100)
    desk.clock.pass_(hours=1)
    desk.sync(full=True)  # long enough for pages to grow
    assert max(sizes(desk)) < 200


@case("E061")
def test_a_page_that_is_too_large_from_the_first_is_halved_until_it_is_borne(desk: Desk) -> None:
    many(desk.site, 120)
    desk.house.fails(path=SEARCH, times=None, alter=_gives_up_from(40))

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 120
    assert sizes(desk)[:3] == [100, 50, 25]
    assert (desk.cursor["page"], desk.cursor["largest"]) == (25, 25)
    desk.clock.pass_(hours=1)
    desk.sync()
    assert max(sizes(desk)) == 25


def _gives_up_from(size: int) -> Alteration:
    def alter(request: RecordedRequest, given: Response) -> Response:
        return answer({}, status=504) if request.number("maxResults", 0) >= size else given

    return alter


def test_a_passing_trouble_does_not_make_pages_smaller_for_ever(desk: Desk) -> None:
    many(desk.site, 150)
    desk.house.fails(path=SEARCH, times=2, response=answer({}, status=503))

    record = desk.sync()

    assert record.outcome == "ok"
    assert desk.cursor["largest"] == 1_000


@pytest.mark.parametrize(("count", "limit"), [(5_000, 1_000), (3_000, 1_000), (2_000, 100)], ids=str)
@pytest.mark.slow
def test_a_full_walk_stays_within_five_percent_and_one_of_the_floor(desk: Desk, count: int, limit: int) -> None:
    sandbox(desk).page_limit = limit
    many(desk.site, count)

    record = desk.sync()

    floor = -(-count // limit)
    assert record.outcome == "ok"
    assert len(desk.searches()) <= floor * 1.05 + 1
    desk.clock.pass_(hours=1)
    desk.site.retitle(desk.site.issue("CLM-5"), "Renamed", millis(desk.clock.at) - 60_000)
    desk.sync()
    assert len(desk.searches()) == 1
    desk.clock.pass_(hours=1)
    desk.sync()
    assert len(desk.searches()) == 1


# --- counts


@case("G12")
def test_a_walk_that_yields_900_of_1000_is_not_complete_and_is_walked_again(desk: Desk) -> None:
    many(desk.site, 1_000)
    lost = {f"CLM-{number}" for number in range(300, 400)}
    desk.house.fails(path=SEARCH, times=None, alter=_without(lost))

    record = desk.sync()
    state = desk.store.state("claims")
    swept = desk.sweep()
    held = len(desk.held())
    desk.server.faults.clear()
    desk.clock.pass_(hours=1)
    again = desk.sync()

    assert (record.outcome, held) == ("partial", 900)
    assert "counts 1000 issues and gave 900" in record.sentence
    assert state is not None
    assert state.complete_at is None
    assert swept.outcome != "ok"
    assert again.outcome == "ok"
    assert len(desk.held()) == 1_000


@case("G12")
def test_a_count_that_stays_too_high_is_told_and_no_absence_is_concluded_from_it(desk: Desk) -> None:
    many(desk.site, 50)
    desk.house.fails(path=SEARCH, times=None, alter=altered(lambda body: body.update(total=body["total"] + 3)))
    first = desk.sync()
    desk.clock.pass_(hours=1)

    second = desk.sync()
    swept = desk.sweep()

    assert first.outcome == "partial"
    assert second.outcome == "ok"
    assert any("counts 3 issues more than it gives" in warning for warning in second.warnings)
    assert swept.outcome == "failed"
    assert "nothing is concluded" in swept.sentence
    assert len(desk.held()) == 50


def test_a_count_that_is_too_low_ends_no_walk_early(desk: Desk) -> None:
    sandbox(desk).page_limit = 10
    many(desk.site, 45)
    desk.house.fails(path=SEARCH, times=None, alter=altered(lambda body: body.update(total=10)))

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 45


def test_an_issue_deleted_while_we_walk_does_not_make_the_walk_incomplete(desk: Desk) -> None:
    sandbox(desk).page_limit = 10
    many(desk.site, 35)
    asked: list[int] = []

    def delete(_: RecordedRequest, given: Response) -> Response:
        asked.append(len(asked))
        if len(asked) == 2:
            desk.site.delete(desk.site.issue("CLM-30"))
        return given

    desk.house.fails(path=SEARCH, times=None, alter=delete)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.held()) == 34


def _without(keys: set[str]) -> Alteration:
    """The tracker counts these issues, and leaves them out."""

    def change(body: Any) -> None:
        body["issues"] = [issue for issue in body["issues"] if issue["key"] not in keys]

    return altered(change)


# --- late updates


def test_an_update_that_comes_hours_late_into_the_index_is_found_by_the_daily_wide_overlap(desk: Desk) -> None:
    many(desk.site, 5)
    desk.sync()
    desk.clock.pass_(hours=20)
    desk.site.retitle(desk.site.issue("CLM-2"), "Late", millis(desk.clock.at) - 30 * 60_000)
    late = _late("CLM-2")
    desk.house.fails(path=SEARCH, times=None, alter=late)
    desk.sync()
    unseen = desk.item("CLM-2").title
    desk.server.faults.clear()
    desk.clock.pass_(hours=2)
    desk.sync()
    narrow = desk.item("CLM-2").title
    desk.clock.pass_(hours=3)

    record = desk.sync()

    assert record.outcome == "ok"
    assert (unseen, narrow) == ("Story 1", "Story 1")
    assert desk.item("CLM-2").title == "Late"


def _late(key: str) -> Alteration:
    """An index that does not know of an issue's update yet, so finds it by no date."""

    def change(body: Any) -> None:
        kept = [issue for issue in body["issues"] if issue["key"] != key]
        body["total"] -= len(body["issues"]) - len(kept)
        body["issues"] = kept

    return altered(change)


def test_the_wide_overlap_is_used_once_a_day_by_the_servers_clock(desk: Desk) -> None:
    many(desk.site, 2)
    desk.sync()
    spans = []
    for _ in range(30):
        desk.clock.pass_(hours=1)
        desk.sync()
        bound = re.search(r"updated >= (\d+)", desk.searches()[0].first("jql"))
        assert bound is not None
        spans.append(millis(desk.clock.at) - int(bound[1]) > 20 * 3600 * 1000)

    assert spans.count(True) == 1 + 1  # the very first proves that epochs are honoured, by the newest issue we hold


# --- histories


@case("E062")
@pytest.mark.parametrize("alone", ["whole", "short"])
def test_a_history_of_400_where_450_are_counted_is_read_once_more_or_marked(desk: Desk, alone: str) -> None:
    issue = an_issue(desk.site)
    for step in range(450):
        desk.site.transition(issue, ("Doing", "To Do")[step % 2], millis(LATER) + step * 1_000)

    def cut(body: Any) -> None:
        for one in body.get("issues", [body]):
            one["changelog"]["histories"] = one["changelog"]["histories"][-400:]

    desk.house.fails(path=SEARCH if alone == "whole" else "/search$|/issue/", times=None, alter=altered(cut))

    record = desk.sync()

    assert record.outcome == "ok"
    assert len(desk.asked(f"/issue/{issue.id}")) == 1
    assert len(desk.moves("CLM-1")) == (450 if alone == "whole" else 400)
    assert desk.history("CLM-1") is (HistoryState.COMPLETE if alone == "whole" else HistoryState.GAP)


@case("E063")
def test_a_posted_search_expands_by_a_list_and_never_by_a_text(desk: Desk) -> None:
    story = an_issue(desk.site)
    desk.site.transition(story, "Doing", millis(LATER))
    nobody = ", ".join(f'"label-that-nobody-uses-{number}"' for number in range(200))

    record = desk.sync(jql=f"project in (CLM, DST) AND (labels is EMPTY OR labels in ({nobody}))")

    posted = [request.json() for request in desk.searches() if request.method == "POST"]
    assert record.outcome == "ok", record.sentence
    assert posted
    assert all(body.get("expand") in (None, ["changelog"]) for body in posted)
    assert any(body.get("expand") for body in posted)
    assert all(isinstance(body["fields"], list) for body in posted)
    assert desk.moves("CLM-1") == [("To Do", "Doing")]


@case("E067")
def test_changes_without_field_ids_are_known_by_name_and_type_and_a_renamed_field_keeps_its_history(desk: Desk) -> None:
    issue = an_issue(desk.site)
    field = "customfield_10101"
    desk.given = {"value_fields": {"business_value": field}}
    desk.site.flag(issue, True, millis(LATER))
    desk.site.set_value(issue, field, 5, millis(LATER) + 1_000)
    desk.site.transition(issue, "Doing", millis(LATER) + 2_000)
    desk.sync()
    desk.site.fields[field] = replace(desk.site.fields[field], name="Worth")
    desk.clock.pass_(hours=1)
    desk.site.set_value(issue, field, 8, millis(desk.clock.at))
    desk.clock.pass_(hours=1)

    record = desk.sync(full=True)

    log = desk.house.server.answers.history(issue.histories[1], numeric=False)
    assert "fieldId" not in log["items"][0]
    assert log["items"][0]["field"] == "Business Value"
    assert record.outcome == "ok"
    assert desk.moves("CLM-1", of="business_value") == [(None, "5"), ("5", "8")]
    assert desk.moves("CLM-1", of="flagged") == [(None, "Impediment")]
    assert desk.moves("CLM-1") == [("To Do", "Doing")]


@case("E067")
def test_a_change_of_a_renamed_field_that_comes_late_is_known_by_the_fields_former_name(desk: Desk) -> None:
    field = "customfield_10101"
    desk.given = {"value_fields": {"business_value": field}}
    an_issue(desk.site)
    desk.sync()
    unread = an_issue(desk.site, at=MONDAY + timedelta(hours=1))
    desk.site.set_value(unread, field, 5, millis(MONDAY + timedelta(hours=25)))
    desk.site.fields[field] = replace(desk.site.fields[field], name="Worth")
    desk.clock.pass_(hours=2)

    record = desk.sync()

    assert record.outcome == "ok"
    assert desk.moves(unread.key, of="business_value") == [(None, "5")]


@case("E067")
def test_a_system_change_of_a_custom_fields_name_is_not_taken_for_it(desk: Desk) -> None:
    issue = an_issue(desk.site)
    desk.site.transition(issue, "Doing", millis(LATER))

    def rename(body: Any) -> None:
        for one in body["issues"]:
            for history in one["changelog"]["histories"]:
                history["items"] += [
                    {"field": "Business Value", "fieldtype": "jira", "from": None, "to": None, "toString": "13"},
                    {"field": "status", "fieldtype": "custom", "from": "x", "to": "y", "toString": "Elsewhere"},
                ]

    desk.house.fails(path=SEARCH, times=None, alter=altered(rename))

    desk.sync(value_fields={"business_value": "customfield_10101"})

    assert desk.moves("CLM-1", of="business_value") == []
    assert desk.moves("CLM-1") == [("To Do", "Doing")]


# --- refusals


@case("E064", "A04")
def test_a_captcha_stops_the_run_after_one_request(desk: Desk) -> None:
    an_issue(desk.site)
    sandbox(desk).captcha = True

    record = desk.sync()

    assert record.outcome == "failed"
    assert "CAPTCHA" in record.sentence
    assert len(desk.server.requests) == 1
    assert desk.held() == {}


@case("E064", "A04")
def test_a_captcha_in_mid_walk_ends_it_there(desk: Desk) -> None:
    sandbox(desk).page_limit = 10
    many(desk.site, 45)
    challenge = answer({}, status=403, headers={"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=x"})
    desk.house.fails(path=SEARCH, skip=2, times=None, response=challenge)

    record = desk.sync()

    assert record.outcome in {"failed", "partial"}
    assert "CAPTCHA" in record.sentence
    assert len(desk.searches()) == 3
    assert desk.server.requests[-1].path.endswith("/search")
    assert desk.cursor["phase"] == "walking"


@case("E065")
def test_a_password_that_jira_11_refuses_leads_to_a_personal_access_token(desk: Desk) -> None:
    an_issue(desk.site)

    record = desk.sync(user="vmo")

    assert record.outcome == "failed"
    assert "personal access token is needed" in record.sentence
    assert [request.path for request in desk.server.requests].count("/rest/api/2/myself") == 1
    assert not desk.searches()


@case("E066")
@pytest.mark.parametrize(
    "written",
    [
        pytest.param("http://127.0.0.1:{port}/jira", id="as it is"),
        pytest.param("http://127.0.0.1:{port}/jira/", id="a slash at its end"),
        pytest.param("HTTP://LOCALHOST:{port}/jira", id="capitals"),
        pytest.param("http://LocalHost:{port}/jira/", id="capitals and a slash"),
    ],
)
def test_a_context_path_a_slash_or_capitals_lead_to_the_right_addresses(tmp_path: Path, written: str) -> None:
    house = a_data_center(a_site(), Clock(MONDAY + DAY), prefix="/jira")
    an_issue(house.site)
    with a_desk(house, tmp_path) as desk:
        port = house.server.url.split(":")[2].split("/")[0]

        record = desk.sync(url=written.format(port=port))

        assert record.outcome == "ok", record.sentence
        assert {request.path.rpartition("/rest/")[0] for request in desk.server.requests} == {"/jira"}
        assert desk.item("CLM-1").url == f"http://127.0.0.1:{port}/jira/browse/CLM-1"


@case("E068")
def test_a_retry_after_of_zero_is_no_licence_for_a_tight_loop(desk: Desk) -> None:
    sandbox(desk).page_limit = 10
    many(desk.site, 35)
    limited = {"Retry-After": "0", "X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "100"}
    desk.house.fails(path=SEARCH, skip=2, times=None, response=answer({}, status=429, headers=limited))

    record = desk.sync()
    refused = len(desk.searches()) - 2
    slept = sum(desk.clock.slept)
    held = len(desk.held())
    desk.server.faults.clear()
    again = desk.sync()

    assert record.outcome in ("partial", "deferred")
    assert refused <= 5
    assert slept >= refused - 1
    assert 0 < held < 35
    assert again.outcome == "ok"
    assert len(desk.held()) == 35


@case("E069")
def test_a_key_that_was_deleted_as_an_anchor_is_replaced_by_an_earlier_one(desk: Desk) -> None:
    many(desk.site, 30)
    for _ in range(25):
        an_issue(desk.site, project="DST", at=MONDAY - timedelta(days=300))
    hidden = _project_hidden("DST")
    desk.house.fails(path="/rest/api/2/project$", times=None, alter=hidden)
    desk.given = {"jql": None}
    desk.sync()
    desk.server.faults.clear()
    sandbox(desk).page_limit = 10
    deleted: list[str] = []

    def delete_anchor(request: RecordedRequest, given: Response) -> Response:
        if 'key > "DST-10"' in request.first("jql"):
            if not deleted:
                deleted.append("DST-10")
                desk.site.delete(desk.site.issue("DST-10"))
            return answer({"errorMessages": ["An issue with key 'DST-10' does not exist."]}, status=400)
        return given

    desk.house.fails(path=SEARCH, times=None, alter=delete_anchor)
    desk.clock.pass_(hours=1)

    record = desk.sync()

    assert record.outcome == "ok", record.sentence
    assert deleted == ["DST-10"]
    assert {f"DST-{number}" for number in range(1, 26)} - {"DST-10"} <= set(desk.held())


def _project_hidden(key: str) -> Alteration:
    def alter(_: RecordedRequest, given: Response) -> Response:
        return given.with_json([project for project in given.json() if project["key"] != key])

    return alter


@case("E069")
def test_a_warning_of_the_server_makes_the_run_incomplete(desk: Desk) -> None:
    many(desk.site, 5)
    desk.sync()
    before = desk.cursor
    an_issue(desk.site, at=desk.clock.at)
    desk.clock.pass_(hours=1)
    warned = altered(
        lambda body: body.update(warningMessages=["The value 'X' does not exist for the field 'project'."])
    )
    desk.house.fails(path=SEARCH, times=None, alter=warned)

    record = desk.sync()

    assert record.outcome == "failed"
    assert "its answer is not whole" in record.sentence
    assert desk.cursor == before
    assert len(desk.held()) == 5
    desk.server.faults.clear()
    desk.clock.pass_(hours=1)
    assert desk.sync().outcome == "ok"
    assert len(desk.held()) == 6


# --- hierarchy


@case("E070")
def test_epic_link_parent_link_and_sub_task_parent_make_one_hierarchy(desk: Desk) -> None:
    initiative = an_issue(desk.site, type="Initiative")
    epic = an_issue(desk.site, type="Epic", parent=initiative)
    story = an_issue(desk.site, parent=epic)
    task = an_issue(desk.site, type="Sub-task", parent=story)

    record = desk.sync()

    assert record.outcome == "ok"
    assert record.warnings == ()
    above = {each.key: desk.item(each.key).parent_id for each in (initiative, epic, story, task)}
    assert above == {
        initiative.key: None, epic.key: str(initiative.id), story.key: str(epic.id), task.key: str(story.id)
    }  # fmt: skip


@case("E070")
def test_a_circle_of_parents_is_told_and_stops_nothing(desk: Desk) -> None:
    initiative, epic = an_issue(desk.site, type="Initiative"), an_issue(desk.site, type="Epic")
    story = an_issue(desk.site, parent=epic)
    links = {initiative.key: (EPIC_LINK, epic.key), epic.key: (PARENT_LINK, initiative.key)}

    def close(body: Any) -> None:
        for one in body["issues"]:
            if one["key"] in links and "fields" in one:
                name, parent = links[one["key"]]
                one["fields"][name] = parent

    desk.house.fails(path=SEARCH, times=None, alter=altered(close))

    record = desk.sync()
    swept = desk.sweep()

    assert record.outcome == "ok"
    assert [warning for warning in record.warnings if "each other's parents in a circle" in warning] == [
        "claims: issues CLM-1, CLM-2 are each other's parents in a circle; mend Epic Link or Parent Link of one of them"
    ]
    assert desk.item(initiative.key).parent_id == str(epic.id)
    assert desk.item(epic.key).parent_id == str(initiative.id)
    assert desk.item(story.key).parent_id == str(epic.id)
    assert swept.outcome == "ok"


@case("E070")
def test_a_circle_that_a_later_run_closes_is_told_then(desk: Desk) -> None:
    initiative = an_issue(desk.site, type="Initiative")
    epic = an_issue(desk.site, type="Epic", parent=initiative)
    first = desk.sync()
    desk.clock.pass_(hours=1)
    desk.site.retitle(initiative, "Round and round", millis(desk.clock.at))
    desk.clock.pass_(hours=1)

    def close(body: Any) -> None:
        for one in body["issues"]:
            if one["key"] == initiative.key and "fields" in one:
                one["fields"][EPIC_LINK] = epic.key

    desk.house.fails(path=SEARCH, times=None, alter=altered(close))

    second = desk.sync()

    assert first.warnings == ()
    assert len([warning for warning in second.warnings if "in a circle" in warning]) == 1


# --- quoted dates


def ignorant(request: RecordedRequest, given: Response) -> Response:
    """A server that refuses dates in epoch milliseconds."""
    if re.search(r"updated >= \d", request.first("jql")):
        return answer({"errorMessages": ["Date value '1793609940000' for field 'updated' is invalid."]}, status=400)
    return given


def read_late(desk: Desk, request: RecordedRequest, given: Response, late: timedelta) -> Response:
    """The answer of a server that reads quoted dates as later ones."""
    found = re.search(r'updated >= "([^"]+)"', request.first("jql"))
    if found is None:
        return given
    bound = datetime.strptime(found[1], "%Y/%m/%d %H:%M").replace(tzinfo=UTC) + late
    jql = request.first("jql").replace(found[1], f"{bound:%Y/%m/%d %H:%M}")
    return sandbox(desk).search(replace(request, query=dict(request.query) | {"jql": (jql,)}))


@pytest.mark.parametrize("apart_ms", [60_000, 100], ids=["spread out", "all within a minute"])
def test_a_server_without_epochs_costs_one_refusal_and_stays_near_the_floor(desk: Desk, apart_ms: int) -> None:
    sandbox(desk).page_limit = 50
    many(desk.site, 1_000, apart_ms=apart_ms)
    desk.house.fails(path=SEARCH, times=None, alter=ignorant)

    record = desk.sync()
    full = len(desk.searches())
    refused = [request for request in desk.searches() if re.search(r"updated >= \d", request.first("jql"))]
    desk.clock.pass_(hours=1)
    desk.site.retitle(desk.site.issue("CLM-7"), "Renamed", millis(desk.clock.at) - 1_000)
    again = desk.sync()
    refused += [request for request in desk.searches() if re.search(r"updated >= \d", request.first("jql"))]
    desk.clock.pass_(hours=1)
    desk.sync()

    assert (record.outcome, again.outcome) == ("ok", "ok")
    assert len(desk.held()) == 1_000
    assert desk.item("CLM-7").title == "Renamed"
    assert len(refused) <= 1
    assert full <= 20 * 1.05 + 1 + 1 + 1  # the floor, a twentieth, the refusal, the end, and a first page of 50
    assert not [request for request in desk.searches() if re.search(r"updated >= \d", request.first("jql"))]


@pytest.mark.parametrize("late", [timedelta(hours=1), timedelta(hours=5)], ids=["summer time", "another zone"])
def test_quoted_dates_that_the_server_reads_as_later_lose_nothing(desk: Desk, late: timedelta) -> None:
    """An hour that summer time repeats may be read as its second turn; a profile may name another zone than it uses."""
    sandbox(desk).page_limit = 50
    many(desk.site, 1_000)

    def alter(request: RecordedRequest, given: Response) -> Response:
        refused = ignorant(request, given)
        return refused if refused is not given else read_late(desk, request, given, late)

    desk.house.fails(path=SEARCH, times=None, alter=alter)

    record = desk.sync()

    assert record.outcome == "ok", record.sentence
    assert len(desk.held()) == 1_000
    assert len(desk.searches()) <= 20 * 1.05 + 5
