"""Walking Jira Cloud: pages that lie, end oddly or break off, issues that move meanwhile, projects that refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.gathering import outcome_of
from cli.outcome import ExitCode
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from tests.connectors.jira.jira_house import MONDAY, Kept, an_issue, millis
from tests.faults.catalogue import case
from tests.faults.clouds import CHANGE_LOGS, ISSUES, SEARCH, Cloud, a_cloud_of, many, pages, told_otherwise, with_body
from tests.faults.trackers import DATA_CENTER, SOURCE, a_tracker, assert_same

Json = Any


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud_of(tmp_path) as made:
        yield made


def a_later_day(cloud: Cloud) -> None:
    """Everything is held; an hour later, every issue is done."""
    assert cloud.sync().outcome == "ok"
    cloud.clock.pass_(hours=1)
    for number, issue in enumerate(list(cloud.site.issues.values())):
        cloud.site.transition(issue, "Done", millis(cloud.clock.at) + number)
    cloud.clock.pass_(minutes=1)


def statuses(cloud: Cloud) -> list[str]:
    return [held.item.status for held in cloud.store.held_items()]


@case("E001")
@pytest.mark.parametrize(
    ("path", "page", "most"),
    [
        pytest.param(SEARCH, {"issues": [], "nextPageToken": "a"}, 3, id="a search"),
        pytest.param(CHANGE_LOGS, {"issueChangeLogs": [], "nextPageToken": "a"}, 3, id="change logs"),
    ],
)
def test_a_token_that_comes_again_ends_the_run_within_two_requests(
    cloud: Cloud, path: str, page: Json, most: int
) -> None:
    many(cloud, 3)
    a_later_day(cloud)
    before, asked = cloud.standing(), len(cloud.asked(path[:-1]))
    cloud.answers(path, pages(page), times=None)

    record = cloud.sync()

    assert (record.outcome, "in circles" in record.sentence) == ("failed", True)
    assert len(cloud.asked(path[:-1])) - asked <= most
    assert cloud.standing() == before


@case("E002")
def test_an_empty_page_with_a_token_does_not_end_a_walk(cloud: Cloud) -> None:
    many(cloud, 12)
    cloud.server.key_page = cloud.server.search_page = 5

    def empty_first(request: RecordedRequest, given: Response) -> Response:
        if request.json().get("nextPageToken") is None:
            return answer({"issues": [], "isLast": False, "nextPageToken": "an empty page"})
        if request.json()["nextPageToken"] == "an empty page":
            return cloud.server.search(with_body(request, nextPageToken=None))
        return given

    cloud.answers(SEARCH, empty_first, times=None)
    first = cloud.sync()
    a_later_day(cloud)

    second = cloud.sync()

    assert (first.outcome, first.items, second.outcome, second.items) == ("ok", 12, "ok", 12)
    assert statuses(cloud) == ["Done"] * 12


@case("E003")
def test_pages_of_37_and_5_and_100_are_all_read(cloud: Cloud) -> None:
    many(cloud, 142)
    for sized in ("key_page", "search_page"):
        sizes = iter([37, 5, 100])

        def short(request: RecordedRequest, given: Response, sized: str = sized, sizes: Any = sizes) -> Response:
            setattr(cloud.server, sized, next(sizes))
            return cloud.server.search(request)

        cloud.answers(SEARCH, short, times=3)
        if sized == "key_page":
            first = cloud.sync()
            a_later_day(cloud)
    record = cloud.sync()

    assert (first.items, record.items) == (142, 142)
    assert statuses(cloud) == ["Done"] * 142


@case("E004")
@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        pytest.param({}, "ok", id="no word and no token"),
        pytest.param({"isLast": True, "nextPageToken": "stale"}, "ok", id="the last one, with a stale token"),
        pytest.param({"isLast": True}, "ok", id="the last one"),
        pytest.param({"isLast": False}, "failed", id="more to come, but no token"),
    ],
)
def test_a_walk_ends_where_the_tracker_says_so_and_not_for_want_of_a_token(
    cloud: Cloud, end: Json, outcome: str
) -> None:
    many(cloud, 3)
    a_later_day(cloud)
    before, asked = cloud.place_of_cursor, len(cloud.asked("/search/jql"))
    cloud.answers(SEARCH, told_otherwise(lambda body: {"issues": body["issues"]} | end), times=None)

    record = cloud.sync()

    assert record.outcome == outcome
    assert len(cloud.asked("/search/jql")) - asked == 1
    assert (cloud.place_of_cursor == before) is (outcome == "failed")
    assert statuses(cloud) == (["Done"] if outcome == "ok" else ["Doing"]) * 3


@case("E005")
@pytest.mark.parametrize("newest_first", [False, True], ids=["the newer copy last", "the newer copy first"])
def test_an_issue_on_two_pages_is_one_row_and_the_newest_copy_wins(cloud: Cloud, newest_first: bool) -> None:
    issue, _ = many(cloud, 2)
    cloud.sync()
    cloud.clock.pass_(hours=1)
    copies: list[Json] = []

    def copied(body: Json) -> Json:
        copies.append(body["issues"])
        return body

    cloud.answers(SEARCH, told_otherwise(copied), times=2)
    for title in ("Older", "Newer"):
        cloud.clock.pass_(minutes=1)
        cloud.site.retitle(issue, title, millis(cloud.clock.at))
        list(cloud.connector().changes_since(cloud.place_of_cursor, Kept(), full=False))
    cloud.server.faults.clear()
    first, second = reversed(copies) if newest_first else copies
    cloud.answers(SEARCH, pages({"issues": first, "nextPageToken": "b"}, {"issues": second, "isLast": True}), times=2)

    record = cloud.sync()

    assert record.outcome == "ok"
    assert cloud.held(issue).item.title == "Newer"
    assert len(list(cloud.store.held_items())) == 2


@case("E006")
def test_an_issue_that_moves_to_the_end_between_two_pages_is_not_missed_nor_its_neighbour(cloud: Cloud) -> None:
    many(cloud, 30)
    a_later_day(cloud)
    cloud.clock.pass_(minutes=5)
    cloud.server.search_page = 10
    moved = cloud.site.issue("CLM-5")

    def move(request: RecordedRequest, given: Response) -> Response:
        cloud.site.retitle(moved, "Moved on", millis(cloud.clock.at))
        return given

    cloud.answers(SEARCH, move)

    record = cloud.sync()

    assert record.outcome == "ok"
    assert statuses(cloud) == ["Done"] * 30
    assert cloud.held(moved).item.title == "Moved on"


@case("E007")
def test_an_error_on_page_seven_of_nine_leaves_the_next_run_with_the_store_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    told = []
    for name in ("undisturbed", "disturbed"):
        with a_cloud_of(tmp_path / name, issues=27) as cloud:
            a_later_day(cloud)
            cloud.server.search_page = 3
            if name == "disturbed":
                before, asked = cloud.standing(), len(cloud.asked("/search/jql"))
                cloud.answers(SEARCH, lambda request, given: answer({}, status=500), skip=6, times=None)
                record = cloud.sync()
                assert record.outcome in ("failed", "partial")
                assert len(cloud.asked("/search/jql")) - asked > 7
                assert cloud.standing() == before
                cloud.server.faults.clear()
            assert cloud.sync().outcome == "ok"
            told.append(cloud.dump())

    assert_same(told[1], told[0])


@case("E008")
def test_a_token_that_is_too_old_costs_the_run_and_no_issue(cloud: Cloud) -> None:
    many(cloud, 12)
    a_later_day(cloud)
    cloud.server.search_page = 4
    before = cloud.place_of_cursor
    expired = answer({"errorMessages": ["The provided next page token is invalid or expired."]}, status=400)
    cloud.answers(SEARCH, lambda request, given: expired, skip=1)

    record = cloud.sync()
    left = cloud.place_of_cursor
    again = cloud.sync()

    assert (record.outcome, "page token" in record.sentence) == ("failed", True)
    assert left == before
    assert not any("oken" in name for name in before)
    assert again.outcome == "ok"
    assert statuses(cloud) == ["Done"] * 12


@case("E009")
def test_a_search_that_was_removed_is_a_mistake_in_the_settings_and_names_the_cloud(tmp_path: Path) -> None:
    with a_tracker(DATA_CENTER, tmp_path) as tracker:
        gone = {
            "errorMessages": ["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."]
        }
        tracker.fails("first page", response=answer(gone, status=410), times=None)

        record = tracker.sync()

        asked = [one for one in tracker.server.requests if one.path.endswith("/rest/api/2/search")]
        assert (record.outcome, len(asked)) == ("failed", 1)
        assert "410" in record.sentence
        assert "Cloud" in record.sentence
        assert tracker.item_rows == []


def refusing(cloud: Cloud, *projects: str) -> Callable[[RecordedRequest, Response], Response]:
    """The index will not hear of these projects: a query that names one is refused."""

    def alter(request: RecordedRequest, given: Response) -> Response:
        jql = request.json()["jql"]
        named = [each for each in projects if each in jql]
        message = f"The value '{named[0]}' does not exist for the field 'project'." if named else ""
        return answer({"errorMessages": [message], "errors": {}}, status=400) if named else given

    return alter


@case("E010", "A07")
@pytest.mark.parametrize("phase", ["full", "incremental"])
def test_a_project_that_refuses_its_query_fails_loudly_and_the_others_go_on(cloud: Cloud, phase: str) -> None:
    here, there = an_issue(cloud.site, at=MONDAY), an_issue(cloud.site, at=MONDAY, project="DST")
    if phase == "incremental":
        cloud.sync()
    cloud.clock.pass_(hours=30)
    for issue in (here, there):
        cloud.site.transition(issue, "Done", millis(cloud.clock.at))
    cloud.answers(SEARCH, refusing(cloud, "DST", "200"), times=None)

    refused = [cloud.sync(), cloud.sync()]
    held = {item.item.key: item.item.status for item in cloud.store.held_items()}
    cloud.server.faults.clear()
    cloud.clock.pass_(seconds=days_of(3))
    healed = cloud.sync()

    assert [record.outcome for record in refused] == ["partial", "partial"]
    assert all("project DST" in record.sentence for record in refused)
    assert outcome_of(refused[:1]) is ExitCode.PARTLY
    assert held == ({here.key: "Done"} if phase == "full" else {here.key: "Done", there.key: "To Do"})
    assert (healed.outcome, cloud.held(there).item.status) == ("ok", "Done")


def days_of(days: int) -> float:
    return days * 86_400.0


@case("E010")
def test_a_source_of_one_project_that_refuses_its_query_is_no_empty_source(cloud: Cloud) -> None:
    cloud.given = {"jql": "project = CLM"}
    many(cloud, 2)
    cloud.sync()
    before = cloud.standing()
    cloud.answers(SEARCH, refusing(cloud, "CLM", "100"), times=None)

    record = cloud.sync()

    assert (record.outcome, outcome_of([record])) == ("failed", ExitCode.FAILED)
    assert "does not exist for the field" in record.sentence
    assert cloud.standing() == before


@case("E011")
def test_a_site_that_takes_a_hundred_issues_is_asked_for_a_thousand_once_and_never_again(cloud: Cloud) -> None:
    many(cloud, 250)
    cloud.server.bulk_limit = 100

    cloud.sync()
    first = [len(body["issueIdsOrKeys"]) for body in cloud.bodies("/issue/bulkfetch")]
    cloud.sync(full=True)
    second = [len(body["issueIdsOrKeys"]) for body in cloud.bodies("/issue/bulkfetch")][len(first) :]

    assert first == [250, 100, 100, 50]  # 1 + ceil(N / 100)
    assert second == [100, 100, 50]
    assert cloud.place_of_cursor["bulk_size"] == 100
    assert len(list(cloud.store.held_items())) == 250


@case("E011")
def test_of_several_blocks_asked_for_at_once_one_is_refused_and_no_other(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.jira.cloud.CHUNK", 20)
    monkeypatch.setattr("connectors.jira.cloud.BULK_SIZES", (20, 5))
    many(cloud, 120)
    cloud.server.bulk_limit = 5

    cloud.sync()
    asked = [len(body["issueIdsOrKeys"]) for body in cloud.bodies("/issue/bulkfetch")]

    assert asked == [20] + [5] * 24  # 1 + ceil(N / 5)
    assert len(list(cloud.store.held_items())) == 120


@case("E012")
@pytest.mark.parametrize("times", [None, 1], ids=["each page", "the first of several pages"])
@pytest.mark.parametrize("phase", ["full", "incremental"])
def test_a_warned_answer_is_incomplete_and_no_sweep_follows(cloud: Cloud, phase: str, times: int | None) -> None:
    many(cloud, 3)
    cloud.server.key_page = cloud.server.search_page = 1
    if phase == "incremental":
        a_later_day(cloud)
    before = cloud.place_of_cursor.get("watermark_ms")
    warning = {"warnings": [{"type": "CLAUSE_LIMIT_EXCEEDED", "message": "cut"}]}
    asked: list[bool] = []

    def warned(body: Json) -> Json:
        asked.append(bool(body["isLast"]))
        return body | warning

    cloud.answers(SEARCH, told_otherwise(warned), times=times)

    record = cloud.sync()
    sweep = cloud.sweep()

    assert asked[0] is False
    assert record.outcome in ("failed", "partial")
    assert "cut short" in record.sentence
    assert cloud.place_of_cursor.get("watermark_ms") == before
    assert (sweep.outcome, sweep.declared, sweep.tombstoned) == ("deferred", None, None)


@case("E013")
@pytest.mark.parametrize("is_held", [False, True], ids=["an issue never held", "an issue that is held"])
def test_an_issue_that_the_tracker_cannot_give_is_asked_again_reported_and_never_lost(
    cloud: Cloud, is_held: bool
) -> None:
    many(cloud, 3)
    failing = cloud.site.issue("CLM-2")
    if is_held:
        cloud.sync()
        cloud.site.retitle(failing, "Heavier", millis(cloud.clock.at))
    trouble = {"issueErrors": [{"id": str(failing.id), "errorMessage": "payload too large"}]}

    def without(body: Json) -> Json:
        return body | {"issues": [one for one in body["issues"] if one["id"] != str(failing.id)]} | trouble

    cloud.answers(ISSUES, told_otherwise(without), times=2)
    asked = len(cloud.bodies("/issue/bulkfetch"))

    record = cloud.sync(full=True)
    asked_of = [body["issueIdsOrKeys"] for body in cloud.bodies("/issue/bulkfetch")][asked:]
    aside = [(one.external_id, one.reason) for one in cloud.store.unreadable(SOURCE)]
    owed = cloud.place_of_cursor["owed"]
    removed = [held.removed_at or held.missing_since for held in cloud.store.held_items()]
    cloud.clock.pass_(hours=30)
    again = cloud.sync()

    assert asked_of[1] == [str(failing.id)]
    assert [each for each, _ in aside] == owed == [str(failing.id)]
    assert "the next run asks for it again" in aside[0][1]
    assert "could not be read" in record.sentence
    assert removed == [None] * (3 if is_held else 2)
    assert again.outcome == "ok"
    assert cloud.held(failing).item.title == failing.summary
    assert cloud.store.unreadable(SOURCE) == []
    assert "owed" not in cloud.place_of_cursor


@case("E014")
def test_an_update_that_the_index_shows_four_minutes_late_is_found_by_the_next_overlap(cloud: Cloud) -> None:
    (issue,) = many(cloud, 1)
    cloud.sync()
    cloud.clock.pass_(hours=1)
    changed_at = millis(cloud.clock.at)
    cloud.clock.pass_(minutes=4)
    cloud.sync()
    cloud.site.transition(issue, "Done", changed_at)  # the index shows only now what was done four minutes ago

    record = cloud.sync()

    assert (record.outcome, cloud.held(issue).item.status) == ("ok", "Done")
    assert cloud.place_of_cursor["watermark_ms"] > changed_at


@case("E015")
@pytest.mark.parametrize("path", [SEARCH, ISSUES], ids=["in a search", "in a full load"])
def test_an_older_copy_never_takes_the_place_of_a_newer_one(cloud: Cloud, path: str) -> None:
    (issue,) = many(cloud, 1)
    cloud.sync()
    before = cloud.held(issue).item

    def stale(body: Json) -> Json:
        for one in body["issues"]:
            one["fields"] = one.get("fields", {}) | {"updated": "2026-10-01T09:00:00.000+0000", "summary": "Stale"}
        return body

    cloud.answers(path, told_otherwise(stale), times=None)

    record = cloud.sync(full=path == ISSUES)

    assert record.outcome == "ok"
    assert cloud.held(issue).item == before


@case("E102")
@pytest.mark.parametrize(
    "jql",
    ["project in (CLM, DST)", None, "labels is EMPTY AND project in (CLM, DST) AND issuetype = Story"],
    ids=["named projects", "every project", "projects and conditions"],
)
def test_a_project_that_is_deleted_after_the_roster_was_read_costs_one_look_and_no_other_project(
    cloud: Cloud, jql: str | None
) -> None:
    cloud.given = {"jql": jql}
    here, there = an_issue(cloud.site, at=MONDAY), an_issue(cloud.site, at=MONDAY, project="DST")
    cloud.sync()
    cloud.clock.pass_(hours=1)
    cloud.site.transition(here, "Done", millis(cloud.clock.at))
    asked = len(cloud.asked("/project/search"))

    def hidden_afterwards(request: RecordedRequest, given: Response) -> Response:
        cloud.hide_project()
        return given

    cloud.answers("/project/search$", hidden_afterwards)

    record = cloud.sync()
    looks = len(cloud.asked("/project/search")) - asked
    after = cloud.sync()

    assert (record.outcome, looks) == ("partial", 2)
    assert "project DST is no longer shown" in record.sentence
    assert cloud.held(here).item.status == "Done"
    assert cloud.held(there).removed_at is None
    assert "project DST is no longer shown" in after.sentence


def test_a_cursor_of_another_version_is_not_gone_on_from(cloud: Cloud) -> None:
    many(cloud, 3)
    cloud.sync()
    cloud.clock.pass_(seconds=days_of(3))
    newer = dict(cloud.place_of_cursor) | {"v": 99}

    batches = list(cloud.connector().changes_since(newer, Kept(), full=False))

    assert [batch.starts_over for batch in batches].count(True) == 1
    assert batches[-1].cursor is not None
    assert batches[-1].cursor["v"] == 1


def test_a_scope_that_changes_is_a_full_walk_to_the_engine_too(cloud: Cloud) -> None:
    many(cloud, 3)
    cloud.sync()
    first = cloud.store.state(SOURCE)
    cloud.clock.pass_(hours=5)
    cloud.given = {"jql": "project = CLM"}

    record = cloud.sync()

    state = cloud.store.state(SOURCE)
    assert record.outcome == "ok"
    assert first is not None and first.full_at is not None and state is not None and state.full_at is not None
    assert state.full_at - first.full_at == timedelta(hours=5)


@case("E007")
def test_pages_of_changes_that_break_off_are_asked_for_again_however_long_ago_they_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.jira.cloud.CHUNK", 4)
    with a_cloud_of(tmp_path, issues=12) as cloud:
        a_later_day(cloud)
        cloud.clock.pass_(hours=1)  # no overlap reaches back to them
        cloud.server.search_page = 3
        before = cloud.place_of_cursor
        cloud.answers(SEARCH, lambda *_: answer({}, status=500), skip=2, times=None)

        record = cloud.sync()

        assert record.outcome == "partial"
        assert 0 < statuses(cloud).count("Done") < 12
        assert cloud.place_of_cursor == before
        cloud.server.faults.clear()
        assert cloud.sync().outcome == "ok"
        assert statuses(cloud) == ["Done"] * 12


@case("E006")
def test_what_is_changed_behind_a_long_first_walk_is_read_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.jira.cloud.CHUNK", 4)
    with a_cloud_of(tmp_path, issues=12) as cloud:
        first = next(iter(cloud.site.issues.values()))
        asked: list[RecordedRequest] = []

        def slow(request: RecordedRequest, given: Response) -> Response:
            asked.append(request)
            cloud.clock.pass_(hours=1)
            if len(asked) == 2:
                cloud.site.retitle(first, "Changed meanwhile", millis(cloud.clock.at))
            return given

        cloud.answers(ISSUES, slow, times=None)
        assert cloud.sync().outcome == "ok"
        cloud.server.faults.clear()

        assert cloud.sync().outcome == "ok"

        assert cloud.held(first).item.title == "Changed meanwhile"
