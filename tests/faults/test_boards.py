"""Boards and sprints: what the agile API refuses stops no issue, and what it tells is asked for once a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.jira import agile
from connectors.sandbox.jira_site import SPRINT, STORY_POINTS, Board, Field, JiraSite, Sprint
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_cloud, a_data_center, a_site, an_issue, millis
from tests.faults.catalogue import case
from tests.faults.jira_desk import Desk, a_desk

OTHER_POINTS = "customfield_10200"
NO_SPRINTS = answer({"errorMessages": ["The board does not support sprints"], "errors": {}}, status=400)
PRIVATE = answer({"errorMessages": ["You do not have permission to view this board."], "errors": {}}, status=403)
BY_KIND: dict[str, Callable[[JiraSite, Clock], House]] = {"cloud": a_cloud, "data center": a_data_center}


@pytest.fixture(params=BY_KIND)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """Two projects, each with a scrum board and an issue; on either kind of Jira."""
    site = a_site()
    site.fields[OTHER_POINTS] = Field(
        id=OTHER_POINTS, name="Points", type="number", custom="com.atlassian.jira.plugin.system.customfieldtypes:float"
    )
    house = BY_KIND[request.param](site, Clock(MONDAY + timedelta(days=1)))
    for board_id, project in ((1, 100), (2, 200)):
        a_board(site, board_id, project=project)
    an_issue(site)
    an_issue(site, project="DST")
    with a_desk(house, tmp_path) as made:
        yield made


def a_board(site: JiraSite, board_id: int, *, project: int = 100, kind: str = "scrum") -> None:
    columns = (("To Do", (1,)), ("In work", (3, 4)), ("Done", (5, 6)))
    site.boards[board_id] = Board(id=board_id, name=f"Board {board_id}", type=kind, project_id=project, columns=columns)


def a_sprint(site: JiraSite, sprint_id: int, *, state: str = "closed", board: int = 1, name: str = "") -> None:
    day = 24 * 3600 * 1000
    starts = millis(MONDAY) + (sprint_id - 10) * 14 * day
    site.sprints[sprint_id] = Sprint(
        id=sprint_id,
        board_id=board,
        name=name or f"Sprint {sprint_id}",
        state=state,
        starts=starts,
        ends=starts + 14 * day,
        completed=starts + 14 * day if state == "closed" else None,
    )


def estimating_in(fields: dict[int, Any]) -> Callable[[RecordedRequest, Response], Response]:
    """Let the configurations of these boards name these fields; None: they estimate in none."""

    def alter(request: RecordedRequest, given: Response) -> Response:
        number = int(request.path.split("/")[-2])
        body = given.json()
        if number in fields:
            told = {"type": "field", "field": {"fieldId": fields[number], "displayName": "Points"}}
            body["estimation"] = told if fields[number] else {"type": "none"}
        return given.with_json(body)

    return alter


def boards_of(desk: Desk) -> dict[str, list[Any]]:
    """What the cursor keeps of each board, by id."""
    return {board[0]: board for board in desk.cursor["look"]["boards"]}


def agile_requests(desk: Desk) -> list[str]:
    return [request.path for request in desk.server.requests if "/rest/agile/" in request.path]


@case("E054")
def test_a_board_without_sprints_is_kept_and_its_issues_are_synced(desk: Desk) -> None:
    a_board(desk.site, 3, kind="kanban")
    a_board(desk.site, 4, kind="simple")
    a_sprint(desk.site, 11, state="active")
    desk.house.fails(path="/board/4/sprint", times=None, response=NO_SPRINTS)

    record = desk.sync()

    assert record.outcome == "ok"
    assert record.warnings == ()
    assert set(boards_of(desk)) == {"1", "2", "3", "4"}
    assert [boards_of(desk)[each][6] for each in ("3", "4")] == [None, None]  # no count of closed sprints
    assert [sprint.id for sprint in desk.sprints()] == ["11"]
    assert not desk.asked("/board/3/sprint")  # a kanban board would only say no
    assert set(desk.held()) == {"CLM-1", "DST-1"}


@case("E055")
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_may_not_see_boards_syncs_all_issues_and_says_so(desk: Desk, status: int) -> None:
    a_sprint(desk.site, 11, state="active")
    desk.site.issue("CLM-1").sprint_ids = (11,)
    told = {"code": status, "message": "Unauthorized; scope does not match"}
    desk.house.fails(path="/rest/agile/", times=None, response=answer(told, status=status))

    record = desk.sync()

    assert record.outcome == "ok"
    assert set(desk.held()) == {"CLM-1", "DST-1"}
    assert desk.item("CLM-1").iteration == "Sprint 11"
    assert len(agile_requests(desk)) == 1
    assert desk.cursor["look"]["refused"] == ["boards"]
    assert any("boards and sprints cannot be read with this token" in warning for warning in record.warnings)


@case("E055")
def test_what_the_token_may_not_see_is_said_by_every_run_and_asked_once_a_day(desk: Desk) -> None:
    desk.house.fails(path="/rest/agile/", times=None, response=PRIVATE)
    desk.sync()
    desk.clock.pass_(hours=1)

    record = desk.sync()

    assert agile_requests(desk) == []
    assert any("boards and sprints cannot be read" in warning for warning in record.warnings)


@case("E055")
def test_a_token_without_the_scope_for_configurations_is_refused_once(desk: Desk) -> None:
    for board in range(3, 9):
        a_board(desk.site, board)
    told = answer({"message": "Unauthorized; scope does not match"}, status=401)
    desk.house.fails(path="/configuration$", times=None, response=told)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len([path for path in agile_requests(desk) if path.endswith("/configuration")]) == 1
    assert set(desk.held()) == {"CLM-1", "DST-1"}
    assert any("configuration of boards cannot be read" in warning for warning in record.warnings)


@pytest.mark.parametrize("status", [403, 404])
def test_a_private_board_is_left_out_alone(desk: Desk, status: int) -> None:
    a_sprint(desk.site, 11, state="active", board=2)
    desk.house.fails(path="/board/1/", times=None, response=answer({"errorMessages": ["no"]}, status=status))

    record = desk.sync()

    assert record.outcome == "ok"
    assert desk.cursor["look"]["hidden"] == ["1"]
    assert boards_of(desk)["2"][4]  # its columns
    assert [sprint.id for sprint in desk.sprints()] == ["11"]
    assert any("1 boards are private" in warning for warning in record.warnings)


def test_an_agile_api_in_trouble_stops_no_issue_and_is_asked_again_in_an_hour(desk: Desk) -> None:
    desk.house.fails(path="/rest/agile/", times=None, response=answer({}, status=500))
    record = desk.sync()
    assert record.outcome == "ok"
    assert any("boards could not be read now" in warning for warning in record.warnings)
    desk.server.faults.clear()

    desk.clock.pass_(minutes=30)
    desk.sync()
    soon = len(agile_requests(desk))
    desk.clock.pass_(minutes=45)
    record = desk.sync()

    assert soon == 0
    assert set(boards_of(desk)) == {"1", "2"}
    assert record.warnings == ()


@pytest.mark.parametrize(
    "body", [[], {"values": None}, {"values": [{}]}, {"values": [{"id": 1, "location": 5}]}], ids=repr
)
def test_boards_of_no_known_shape_stop_no_issue(desk: Desk, body: Any) -> None:
    desk.house.fails(path="/rest/agile/1.0/board$", times=None, response=answer(body))

    record = desk.sync()

    assert record.outcome == "ok"
    assert set(desk.held()) == {"CLM-1", "DST-1"}
    assert any("boards could not be read now" in warning for warning in record.warnings)


def test_boards_are_asked_for_once_a_day(desk: Desk) -> None:
    desk.sync()
    first = len(agile_requests(desk))
    desk.clock.pass_(hours=1)
    desk.sync()
    same_day = len(agile_requests(desk))
    desk.clock.pass_(hours=24)
    desk.sync()

    assert first == 2 + 2 + 2  # a list for each project, a configuration and the sprints of each board
    assert same_day == 0
    assert len(agile_requests(desk)) == 6


def test_issues_are_never_asked_of_a_board(desk: Desk) -> None:
    desk.sync()

    assert not [path for path in agile_requests(desk) if "issue" in path or "/backlog" in path]


def test_closed_sprints_are_not_read_again_and_one_that_closes_is_noticed(desk: Desk) -> None:
    for number in range(11, 131):
        a_sprint(desk.site, number)
    a_sprint(desk.site, 131, state="active")
    desk.sync()
    assert len(desk.sprints()) == 121
    assert len(desk.asked("/board/1/sprint")) == 3

    a_sprint(desk.site, 131, state="closed")
    a_sprint(desk.site, 132, state="active")
    desk.clock.pass_(hours=25)
    desk.sync()

    assert len(desk.asked("/board/1/sprint")) == 1
    states = {sprint.id: sprint.state for sprint in desk.sprints()}
    assert (states["131"], states["132"]) == ("closed", "active")


def test_a_look_that_kept_no_instants_of_sprints_has_the_closed_ones_read_once_more() -> None:
    board = agile.Board(
        id="1", name="Claims", type="scrum", projects=("1",), closed=120, last_closed="130", open=("131",)
    )
    look = agile.Look(asked_at=MONDAY, boards=(board,))
    former = {name: value for name, value in look.kept().items() if name != "instants"}

    assert agile.look_of(look.kept()) == look
    assert agile.look_of(former) == replace(look, boards=(replace(board, closed=None),))


def test_a_closed_sprint_that_was_deleted_hides_no_new_one(desk: Desk) -> None:
    for number in range(11, 15):
        a_sprint(desk.site, number)
    desk.sync()
    del desk.site.sprints[12]
    a_sprint(desk.site, 15, state="active")
    desk.clock.pass_(hours=25)

    desk.sync()

    assert {sprint.id: sprint.state for sprint in desk.sprints()}["15"] == "active"


@case("E056")
def test_a_sprint_on_three_boards_is_one_sprint_of_the_board_it_comes_from(desk: Desk) -> None:
    a_board(desk.site, 3)
    a_sprint(desk.site, 11, state="active", board=1)
    desk.site.issue("CLM-1").sprint_ids = (11,)

    def shared(_: RecordedRequest, given: Response) -> Response:
        return given.with_json(given.json() | {"values": [one_sprint(desk)]})

    desk.house.fails(path="/board/[23]/sprint", times=None, alter=shared)

    record = desk.sync()

    assert record.outcome == "ok"
    assert len([path for path in agile_requests(desk) if path.endswith("/sprint")]) == 3
    assert [(sprint.id, sprint.board) for sprint in desk.sprints()] == [("11", "1")]


def one_sprint(desk: Desk) -> Any:
    return desk.server.answers.sprint(desk.site.sprints[11])


ODD_NAME = "Sprint 1, part=2, state=done, id = 3"
JAVA_TEXT = (
    f"com.atlassian.greenhopper.service.sprint.Sprint@1f[id=11,rapidViewId=1,state=ACTIVE,name={ODD_NAME},"
    "startDate=2026-11-02T09:00:00.000+01:00,endDate=<null>,completeDate=<null>,sequence=11,goal=Ship, and=rest]"
)


@case("E056")
@pytest.mark.parametrize(
    "value",
    [
        pytest.param([{"id": 11, "name": ODD_NAME, "state": "active", "boardId": 1}], id="objects"),
        pytest.param([JAVA_TEXT], id="java text"),
    ],
)
def test_a_sprints_odd_name_is_read_whole_from_an_issue(desk: Desk, value: Any) -> None:
    desk.site.boards.clear()

    def given_in(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for issue in body.get("issues", ()):
            issue.setdefault("fields", {})[SPRINT] = value if issue["key"] == "CLM-1" else None
        return given.with_json(body)

    desk.house.fails(path="/bulkfetch$|/rest/api/2/search$", times=None, alter=given_in)

    record = desk.sync()

    assert record.outcome == "ok"
    assert [(sprint.id, sprint.name, sprint.state, sprint.board) for sprint in desk.sprints()] == [
        ("11", ODD_NAME, "active", "1")
    ]
    assert desk.item("CLM-1").iteration == ODD_NAME
    assert desk.item("DST-1").iteration is None


@case("E057")
def test_two_fields_of_one_name_stop_the_run_and_are_both_named(desk: Desk) -> None:
    second = replace(desk.site.fields["customfield_10101"], id="customfield_10777")
    desk.site.fields[second.id] = second

    record = desk.sync(value_fields={"business_value": "Business Value"})

    assert record.outcome == "failed"
    assert "“Business Value” is the name of 2 fields" in record.sentence
    assert "customfield_10101, customfield_10777" in record.sentence
    assert desk.held() == {}
    assert desk.cursor == {}
    assert not desk.searches()


@case("E057")
def test_a_field_that_was_renamed_is_found_by_its_id_and_the_sprint_by_its_schema(desk: Desk) -> None:
    a_sprint(desk.site, 11, state="active")
    for field_id, name in (("customfield_10101", "Worth"), (SPRINT, "Iteration"), ("summary", "Sprint")):
        desk.site.fields[field_id] = replace(desk.site.fields[field_id], name=name)
    issue = desk.site.issue("CLM-1")
    issue.sprint_ids = (11,)
    desk.site.set_value(issue, "customfield_10101", 8, millis(MONDAY) + 1)

    record = desk.sync(value_fields={"business_value": "customfield_10101"})

    assert record.outcome == "ok"
    assert desk.item("CLM-1").values["business_value"] == Decimal(8)
    assert desk.item("CLM-1").iteration == "Sprint 11"


@case("E057")
def test_a_field_that_the_token_may_not_see_is_named_before_anything_is_read(desk: Desk) -> None:
    desk.sync()
    before = (desk.held(), desk.cursor)
    del desk.site.fields["customfield_10101"]
    desk.clock.pass_(hours=1)

    record = desk.sync(value_fields={"business_value": "Business Value"})

    assert record.outcome == "failed"
    assert "there is no field “Business Value” that this token may see" in record.sentence
    assert (desk.held(), desk.cursor) == before
    assert not desk.searches()


@case("E058")
def test_each_projects_story_points_are_those_of_its_own_board(desk: Desk) -> None:
    desk.house.fails(path="/configuration$", times=None, alter=estimating_in({1: STORY_POINTS, 2: OTHER_POINTS}))
    for key in ("CLM-1", "DST-1"):
        desk.site.set_value(desk.site.issue(key), STORY_POINTS, 3, millis(MONDAY) + 1)
        desk.site.set_value(desk.site.issue(key), OTHER_POINTS, 8, millis(MONDAY) + 2)

    record = desk.sync()

    assert record.outcome == "ok"
    assert [desk.item(key).values["story_points"] for key in ("CLM-1", "DST-1")] == [Decimal(3), Decimal(8)]
    assert desk.moves("CLM-1", of="story_points") == [(None, "3")]
    assert desk.moves("DST-1", of="story_points") == [(None, "8")]


@case("E058")
def test_an_issue_without_a_number_in_its_boards_field_has_none_though_another_field_is_filled(desk: Desk) -> None:
    desk.house.fails(path="/configuration$", times=None, alter=estimating_in({1: OTHER_POINTS}))
    desk.site.set_value(desk.site.issue("CLM-1"), STORY_POINTS, 3, millis(MONDAY) + 1)

    desk.sync()

    assert "story_points" not in desk.item("CLM-1").values


@case("E058")
def test_where_a_projects_boards_disagree_the_settings_field_wins_and_then_the_first_that_is_filled(desk: Desk) -> None:
    a_board(desk.site, 3)
    desk.house.fails(path="/configuration$", times=None, alter=estimating_in({1: STORY_POINTS, 3: OTHER_POINTS}))
    issue = desk.site.issue("CLM-1")
    desk.site.set_value(issue, STORY_POINTS, 3, millis(MONDAY) + 1)
    desk.site.set_value(issue, OTHER_POINTS, 8, millis(MONDAY) + 2)

    desk.sync()
    by_boards = desk.item("CLM-1").values["story_points"]
    desk.clock.pass_(hours=1)
    desk.sync(full=True, value_fields={"story_points": "Points"})

    assert by_boards == Decimal(3)
    assert desk.item("CLM-1").values["story_points"] == Decimal(8)


@pytest.mark.parametrize("field", ["timeoriginalestimate", None], ids=["in hours", "by counting issues"])
def test_a_board_that_estimates_otherwise_leaves_story_points_to_the_fields_name(desk: Desk, field: str | None) -> None:
    desk.house.fails(path="/configuration$", times=None, alter=estimating_in({1: field, 2: field}))
    desk.site.set_value(desk.site.issue("CLM-1"), STORY_POINTS, 5, millis(MONDAY) + 1)

    desk.sync()

    assert desk.item("CLM-1").values["story_points"] == Decimal(5)


def test_estimates_are_read_the_same_again_without_a_request(desk: Desk) -> None:
    desk.house.fails(path="/configuration$", times=None, alter=estimating_in({1: OTHER_POINTS}))
    issue = desk.site.issue("CLM-1")
    desk.site.set_value(issue, STORY_POINTS, 3, millis(MONDAY) + 1)
    desk.site.set_value(issue, OTHER_POINTS, 8, millis(MONDAY) + 2)
    desk.sync()
    connector = desk.house.connector()

    reading = connector.read(desk.store.raws(desk.held()["CLM-1"].item.id), {})

    assert reading.item.values["story_points"] == Decimal(8)
    assert connector.requests_made() == 0
