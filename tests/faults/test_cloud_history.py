"""Histories of Jira Cloud: long, interleaved, odd, holed, and what of them stays when the site forgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.jira_site import ChangeItem, Status
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from domain.work_item import HistoryState, StatusCategory
from metrics.journeys import NOWHERE, trace
from tests.builders import a_workflow
from tests.connectors.jira.jira_house import an_issue, millis
from tests.faults.catalogue import case
from tests.faults.clouds import CHANGE_LOGS, Cloud, a_cloud_of, each_log, many
from tests.faults.trackers import MORNING, SOURCE, assert_same

Json = Any
BEFORE = MORNING - timedelta(days=20)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud_of(tmp_path) as made:
        yield made


def a_journey(cloud: Cloud, *statuses: str) -> Any:
    """An issue that was made in To Do twenty days ago and moved to these statuses, one a minute."""
    issue = an_issue(cloud.site, at=BEFORE)
    for minute, status in enumerate(statuses, 1):
        cloud.site.transition(issue, status, millis(BEFORE + timedelta(minutes=minute)))
    return issue


@case("E025", "G14")
@pytest.mark.parametrize("count", [41, 101, 10_001])
def test_a_long_history_is_held_whole(cloud: Cloud, count: int) -> None:
    issue = a_journey(cloud, *(("Doing", "To Do")[step % 2] for step in range(count)))

    record = cloud.sync()

    steps = cloud.steps(issue)
    assert (record.outcome, record.changes) == ("ok", count)
    assert steps == [(("To Do", "Doing"), ("Doing", "To Do"))[step % 2] for step in range(count)]
    assert cloud.held(issue).history is HistoryState.COMPLETE
    assert len(cloud.asked("/changelog/bulkfetch")) == (2 if count > 10_000 else 1)


@case("E025")
@pytest.mark.parametrize("total", [None, -5])  # as it is told, or no number of anything
def test_a_long_history_is_held_whole_where_only_single_reads_are_allowed(cloud: Cloud, total: int | None) -> None:
    issue = a_journey(cloud, *(("Doing", "To Do")[step % 2] for step in range(101)))
    no_scope = answer({"message": "scope does not match"}, status=403)
    cloud.answers("bulkfetch$", lambda request, given: no_scope, times=None)
    if total is not None:
        cloud.answers(
            f"/issue/{issue.id}/changelog$",
            lambda _, given: given.with_json({**given.json(), "total": total}),
            times=None,
        )

    record = cloud.sync()

    assert record.outcome == "ok"
    assert len(cloud.steps(issue)) == 101
    assert len(cloud.asked(f"/issue/{issue.id}/changelog")) == 2


@case("E026")
def test_histories_that_are_spread_over_three_pages_are_whole_and_in_order(cloud: Cloud) -> None:
    issues = [an_issue(cloud.site, at=BEFORE) for _ in range(3)]
    for step in range(6):
        for issue in issues:
            at = BEFORE + timedelta(minutes=step + 1)
            cloud.site.transition(issue, ("Doing", "Ready for review")[step % 2], millis(at))
    cloud.server.changelog_page = 7

    record = cloud.sync()

    assert len(cloud.asked("/changelog/bulkfetch")) == 3
    assert record.changes == 18
    for issue in issues:
        changes = cloud.changes(issue)
        assert [change.to_value for change in changes] == ["Doing", "Ready for review"] * 3
        assert [change.occurred_at for change in changes] == sorted(change.occurred_at for change in changes)
        assert cloud.held(issue).history is HistoryState.COMPLETE


@case("E027", "E039")
@pytest.mark.parametrize(
    "written",
    [
        1732877091,
        1732877091000,
        "2024-11-29T10:44:51.000+0000",
        "2024-11-29T11:44:51.000+0100",
        "2024-11-29T10:44:51Z",
        "2024-11-29T10:44:51.0000000Z",
    ],
    ids=["seconds", "milliseconds", "ISO text", "another zone", "Z", "seven digits"],
)
def test_one_instant_is_one_however_it_is_written(cloud: Cloud, written: Json) -> None:
    issue = a_journey(cloud, "Doing")

    def spelled(log: Json) -> None:
        for history in log["changeHistories"]:
            history["created"] = written

    cloud.answers(CHANGE_LOGS, each_log(spelled))

    cloud.sync()

    assert [change.occurred_at for change in cloud.changes(issue)] == [datetime(2024, 11, 29, 10, 44, 51, tzinfo=UTC)]


@case("E039")
def test_parts_of_a_second_are_kept_from_every_spelling(cloud: Cloud) -> None:
    issues = [an_issue(cloud.site, at=BEFORE) for _ in range(3)]
    spellings = ("2026-10-14T10:00:00.457+0100", "2026-10-14T09:00:00.457Z", "2026-10-14T09:00:00.4570000Z")

    def spelled(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for one, written in zip(body["issues"], spellings, strict=True):
            one["fields"]["updated"] = written
        return given.with_json(body)

    cloud.answers("/issue/bulkfetch$", spelled)

    cloud.sync()

    at = datetime(2026, 10, 14, 9, 0, 0, 457_000, tzinfo=UTC)
    assert [cloud.held(issue).item.updated_at for issue in issues] == [at] * 3


@case("E028")
def test_a_change_log_of_an_issue_that_nobody_asked_for_changes_nothing(cloud: Cloud) -> None:
    issue = a_journey(cloud, "Doing")

    def and_another(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        body["issueChangeLogs"].append(body["issueChangeLogs"][0] | {"issueId": "999999"})
        return given.with_json(body)

    cloud.answers(CHANGE_LOGS, and_another)

    record = cloud.sync()

    assert (record.outcome, record.items, record.changes) == ("ok", 1, 1)
    assert cloud.steps(issue) == [("To Do", "Doing")]
    assert cloud.changes("999999") == []


@case("E029")
@pytest.mark.parametrize("items", [None, []], ids=["null", "empty"])
def test_an_entry_without_items_or_author_stops_nothing(cloud: Cloud, items: Json) -> None:
    issue = a_journey(cloud, "Doing")

    def odd(log: Json) -> None:
        log["changeHistories"].insert(0, {"id": "1", "created": millis(BEFORE), "items": items})
        for history in log["changeHistories"]:
            history.pop("author", None)

    cloud.answers(CHANGE_LOGS, each_log(odd))

    record = cloud.sync()

    assert (record.outcome, record.unreadable) == ("ok", 0)
    assert cloud.steps(issue) == [("To Do", "Doing")]


@case("E030", "D16")
@pytest.mark.parametrize(
    "cut", [slice(0, 1), slice(1, 2), slice(0, 3, 2)], ids=["its end", "its end and its beginning", "its middle"]
)
def test_a_history_with_a_hole_is_read_once_more_and_then_flagged(cloud: Cloud, cut: slice) -> None:
    issue = a_journey(cloud, "Doing", "Ready for review", "Done")
    whole = a_journey(cloud, "Doing")
    cloud.answers(
        CHANGE_LOGS,
        each_log(
            lambda log: (
                log.update(changeHistories=log["changeHistories"][cut]) if log["issueId"] == str(issue.id) else None
            )
        ),
        times=None,
    )

    record = cloud.sync()

    assert record.outcome == "ok"
    assert cloud.held(issue).history is HistoryState.GAP
    assert cloud.held(whole).history is HistoryState.COMPLETE
    asked = [body["issueIdsOrKeys"] for body in cloud.bodies("/changelog/bulkfetch")]
    assert asked == [[str(issue.id), str(whole.id)], [str(issue.id)]]
    assert cloud.store.trust(SOURCE).history_gaps == 1


@case("E030")
def test_a_hole_that_closes_when_it_is_read_again_is_none_and_costs_a_healthy_site_nothing(cloud: Cloud) -> None:
    issue = a_journey(cloud, "Doing", "Ready for review", "Done")
    healthy = [a_journey(cloud, "Doing", "Done") for _ in range(3)]
    cloud.answers(CHANGE_LOGS, each_log(lambda log: log["changeHistories"].pop(1) if log["changeHistories"][2:] else 0))

    cloud.sync()
    asked = len(cloud.asked("/changelog/bulkfetch"))
    cloud.clock.pass_(hours=1)
    for one in healthy:
        cloud.site.transition(one, "To Do", millis(cloud.clock.at))
    cloud.sync()

    assert cloud.held(issue).history is HistoryState.COMPLETE
    assert [change.to_value for change in cloud.changes(issue)] == ["Doing", "Ready for review", "Done"]
    assert asked == 2
    assert len(cloud.asked("/changelog/bulkfetch")) == 3


@case("E031")
def test_an_issue_that_never_changed_its_status_is_in_it_since_it_was_made(cloud: Cloud) -> None:
    issue = an_issue(cloud.site, at=BEFORE)
    cloud.site.retitle(issue, "Retitled", millis(BEFORE + timedelta(days=1)))

    cloud.sync()

    held = cloud.held(issue)
    journey = trace(
        held, cloud.store.changes_of(held.item.id), workflow=a_workflow(), placement=NOWHERE, as_of=cloud.clock.at
    )
    assert (held.history, cloud.changes(issue)) == (HistoryState.COMPLETE, [])
    assert [(visit.status, visit.entered_at) for visit in journey.visits] == [("To Do", BEFORE)]


@case("E032")
def test_two_statuses_of_one_name_stay_two_and_a_deleted_one_keeps_its_name_and_category(cloud: Cloud) -> None:
    site = cloud.site
    site.statuses[77] = Status(id=77, name="Done", category="indeterminate")  # another team's own
    site.statuses[88] = Status(id=88, name="Signed off", category="done")
    first, second = a_journey(cloud, "Done"), a_journey(cloud)
    second.status_id = 77
    site.record(second, millis(BEFORE) + 60_000, ChangeItem("status", "status", "jira", "1", "To Do", "77", "Done"))
    third = a_journey(cloud, "Signed off", "Doing")
    cloud.sync()
    del site.statuses[88]
    cloud.clock.pass_(hours=1)
    for issue in (first, second, third):
        site.retitle(issue, "Later", millis(cloud.clock.at))

    cloud.sync()

    with cloud.store.snapshot() as snapshot:
        known = {status.status_id: (status.name, status.category) for status in snapshot.statuses()}
    assert known["5"] == ("Done", StatusCategory.DONE)
    assert known["77"] == ("Done", StatusCategory.IN_PROGRESS)
    assert known["88"] == ("Signed off", StatusCategory.DONE)
    assert (cloud.held(first).item.status_id, cloud.held(second).item.status_id) == ("5", "77")
    assert [change.to_id for change in cloud.changes(third)] == ["88", "3"]


@case("E032")
def test_a_status_that_was_deleted_before_we_came_is_known_by_its_last_name_and_an_unknown_category(
    cloud: Cloud,
) -> None:
    cloud.site.statuses[88] = Status(id=88, name="Signing", category="done")
    a_journey(cloud, "Signing", "Doing")
    cloud.site.statuses[88] = Status(id=88, name="Signed off", category="done")
    later = an_issue(cloud.site, at=BEFORE)
    for day, status in enumerate(("Signed off", "Doing"), 1):
        cloud.site.transition(later, status, millis(BEFORE + timedelta(days=day)))
    del cloud.site.statuses[88]

    cloud.sync()

    with cloud.store.snapshot() as snapshot:
        known = {status.status_id: (status.name, status.category) for status in snapshot.statuses()}
    assert known["88"] == ("Signed off", StatusCategory.UNKNOWN)
    assert known["3"] == ("Doing", StatusCategory.IN_PROGRESS)


@case("E033")
def test_a_parent_that_is_told_twice_is_one_event(cloud: Cloud) -> None:
    first, second = (an_issue(cloud.site, at=BEFORE, type="Epic") for _ in range(2))
    story = an_issue(cloud.site, at=BEFORE, parent=first)
    cloud.site.reparent(story, second, millis(BEFORE) + 60_000)
    entries = [item.field for item in story.histories[0].items]

    cloud.sync()

    found = cloud.changes(story, "parent")
    assert entries == ["Parent Link", "IssueParentAssociation"]
    assert [(change.from_id, change.to_id) for change in found] == [(str(first.id), str(second.id))]
    assert cloud.held(story).item.parent_id == str(second.id)


@case("E034")
def test_the_same_pages_again_bring_no_new_row(cloud: Cloud) -> None:
    many(cloud, 12)
    cloud.sync()
    before = cloud.dump()

    again = cloud.sync(full=True)
    cloud.clock.pass_(hours=25)
    daily = cloud.sync()

    assert [(record.outcome, record.changes) for record in (again, daily)] == [("ok", 0), ("ok", 0)]
    assert_same(cloud.dump(), before)


@case("D11")
def test_a_renamed_status_keeps_the_history_of_its_id(cloud: Cloud) -> None:
    issue = a_journey(cloud, "Ready for review")
    cloud.site.statuses[4] = Status(id=4, name="Awaiting decision", category="indeterminate")

    cloud.sync()

    held = cloud.held(issue)
    (change,) = cloud.changes(issue)
    assert (change.to_id, change.to_value) == ("4", "Ready for review")
    assert (held.item.status_id, held.item.status) == ("4", "Awaiting decision")
    assert held.history is HistoryState.COMPLETE
    assert len(cloud.asked("/changelog/bulkfetch")) == 1
    with cloud.store.snapshot() as snapshot:
        known = {status.status_id: status.name for status in snapshot.statuses()}
    assert known["4"] == "Awaiting decision"


@case("D12")
def test_an_issue_that_moved_is_one_row_that_every_key_finds_with_the_move_in_its_history(cloud: Cloud) -> None:
    issue = a_journey(cloud, "Doing")
    cloud.sync()
    first = issue.key
    for project in ("DST", "CLM"):
        cloud.clock.pass_(hours=1)
        cloud.site.move(issue, project, millis(cloud.clock.at))
    cloud.clock.pass_(minutes=1)

    cloud.sync()

    found = {
        key: [held.item.external_id for held in cloud.store.items_called(key)] for key in (first, "DST-1", "CLM-2")
    }
    assert found == {key: [str(issue.id)] for key in (first, "DST-1", "CLM-2")}
    assert cloud.held(issue).item.previous_keys == (first, "DST-1")
    assert cloud.steps(issue, "key") == [(first, "DST-1"), ("DST-1", "CLM-2")]
    assert [step[1] for step in cloud.steps(issue, "project")] == ["Distribution", "Claims"]
    assert len(list(cloud.store.held_items())) == 1


@case("D15")
def test_entries_of_one_instant_that_come_in_disorder_stand_in_the_order_of_their_ids(cloud: Cloud) -> None:
    issue = an_issue(cloud.site, at=BEFORE)
    names = {"1": "To Do", "3": "Doing", "4": "Ready for review", "5": "Done"}
    for old, new in (("1", "3"), ("3", "4"), ("4", "5")):
        item = ChangeItem("status", "status", "jira", old, names[old], new, names[new])
        cloud.site.record(issue, millis(BEFORE) + 60_000, item)
    issue.status_id = 5
    for history, number in zip(issue.histories, (99, 100, 1_000), strict=True):  # not the order of their letters
        history.id = number
    cloud.answers(CHANGE_LOGS, each_log(lambda log: log["changeHistories"].reverse()), times=None)

    cloud.sync()

    assert [change.to_value for change in cloud.changes(issue)] == ["Doing", "Ready for review", "Done"]
    assert [change.change_id for change in cloud.changes(issue)] == ["99:0", "100:0", "1000:0"]
    assert cloud.held(issue).history is HistoryState.COMPLETE
