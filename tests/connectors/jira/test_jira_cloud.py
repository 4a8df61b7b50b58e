"""Jira Cloud, read from the sandbox: full, interrupted, incremental, idle, census, probe, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import (
    AccessDeniedError,
    IncompleteWalkError,
    Presence,
    SettingsError,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_site import BUSINESS_VALUE, STRATEGIC_THEME, ChangeItem, JiraSite, Status
from connectors.sandbox.loopback import RecordedRequest, Response, answer, page
from domain.work_item import RANK, HistoryState, StatusCategory
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_cloud, a_site, an_issue, millis

LATER = MONDAY + timedelta(hours=2)


@pytest.fixture
def cloud() -> Iterator[House]:
    house = a_cloud(a_site(), Clock(MONDAY + timedelta(days=1)))
    with house.server:
        yield house


def sandbox(house: House) -> JiraCloudSandbox:
    assert isinstance(house.server, JiraCloudSandbox)
    return house.server


def many(site: JiraSite, count: int) -> None:
    for number in range(count):
        issue = an_issue(site, at=MONDAY + timedelta(seconds=number), summary=f"Story {number}")
        site.transition(issue, "Doing", millis(LATER + timedelta(seconds=number)))


def test_a_full_load_brings_every_issue_with_its_history(cloud: House) -> None:
    epic = an_issue(cloud.site, type="Epic", labels=("theme-settle",))
    story = an_issue(cloud.site, parent=epic)
    cloud.site.transition(story, "Doing", millis(LATER))
    cloud.site.transition(story, "Done", millis(LATER + timedelta(days=1)))

    cloud.sync()

    item = cloud.kept.items[str(story.id)]
    assert (item.key, item.parent_id, item.status, item.resolution) == ("CLM-2", str(epic.id), "Done", "Done")
    assert item.status_category is StatusCategory.DONE
    assert item.url == f"{cloud.server.url}/browse/CLM-2"
    assert cloud.kept.items[str(epic.id)].labels == ("theme-settle",)
    assert cloud.kept.changes_of(story.id) == [("To Do", "Doing"), ("Doing", "Done")]
    assert set(cloud.kept.histories.values()) == {HistoryState.COMPLETE}


def test_a_full_load_of_2500_issues_takes_seven_requests(cloud: House) -> None:
    many(cloud.site, 2_500)

    requests = cloud.sync()

    assert requests == 1 + 3 + 3  # ids, issues, change logs
    assert len(cloud.kept.items) == 2_500
    assert not cloud.kept.chunks


def test_an_unchanged_source_costs_one_request(cloud: House) -> None:
    many(cloud.site, 20)
    cloud.sync()
    cloud.clock.pass_(minutes=30)

    requests = cloud.sync()

    assert requests == 1


def test_an_incremental_sync_reads_only_what_changed(cloud: House) -> None:
    many(cloud.site, 150)
    cloud.sync()
    cloud.clock.pass_(hours=1)
    cloud.site.transition(cloud.site.issue("CLM-7"), "Done", millis(cloud.clock.at))
    cloud.clock.pass_(minutes=1)
    asked = len(cloud.asked("changelog/bulkfetch"))

    requests = cloud.sync()

    assert requests == 2
    assert cloud.kept.by_key("CLM-7").status == "Done"
    assert cloud.asked("changelog/bulkfetch")[asked].json()["issueIdsOrKeys"] == [str(cloud.site.issue("CLM-7").id)]


def test_the_watermark_is_the_servers_time_and_the_query_has_no_upper_bound(cloud: House) -> None:
    many(cloud.site, 1)
    began = cloud.clock.at
    cloud.sync()

    cloud.sync()

    jql = cloud.asked("search/jql")[-1].json()["jql"]
    watermark = millis(began)
    assert jql == f"(project in (CLM, DST)) AND updated >= {watermark - 15 * 60 * 1000} ORDER BY updated ASC"
    assert cloud.kept.cursor is not None
    assert cloud.kept.cursor["watermark_ms"] == watermark


@pytest.mark.parametrize("minutes", [-9, 9], ids=["our clock is slow", "our clock is fast"])
def test_a_wrong_clock_of_ours_misses_nothing(minutes: int) -> None:
    clock = Clock()
    house = a_cloud(a_site(), clock)
    house.server.now = lambda: clock.at + timedelta(minutes=minutes)
    issue = an_issue(house.site, at=MONDAY - timedelta(days=1))
    with house.server:
        house.sync()
        clock.pass_(minutes=1)
        house.site.transition(issue, "Doing", millis(house.server.now()))
        clock.pass_(minutes=10)

        house.sync()

    assert house.kept.items[str(issue.id)].status == "Doing"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns"])
def test_the_profiles_time_zone_does_not_matter_even_when_clocks_change(zone: str) -> None:
    house = a_cloud(a_site(zone=zone), Clock(MONDAY.replace(month=10, day=25, hour=0)))
    issue = an_issue(house.site, at=MONDAY.replace(month=10, day=20))
    with house.server:
        house.sync()
        for step in range(30):
            status = ("Doing", "To Do")[step % 2]
            house.site.transition(issue, status, millis(house.clock.at))
            house.clock.pass_(minutes=10)
            house.sync()

            assert house.kept.items[str(issue.id)].status == status

    assert len(house.kept.changes_of(issue.id)) == 30


def test_an_update_that_the_index_shows_four_minutes_later_is_found_by_the_overlap(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.sync()
    cloud.clock.pass_(hours=1)
    changed_at = millis(cloud.clock.at)
    cloud.clock.pass_(minutes=4)
    cloud.sync()
    cloud.site.transition(issue, "Doing", changed_at)

    cloud.sync()

    assert cloud.kept.items[str(issue.id)].status == "Doing"


def test_once_a_day_the_overlap_is_a_day_wide(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.sync()
    cloud.clock.pass_(hours=2)
    changed_at = millis(cloud.clock.at)
    cloud.clock.pass_(hours=20)
    cloud.sync()
    cloud.site.transition(issue, "Doing", changed_at)
    cloud.clock.pass_(hours=3)

    cloud.sync()

    assert cloud.kept.items[str(issue.id)].status == "Doing"


def test_an_interrupted_full_load_goes_on_with_the_chunks_that_are_left(cloud: House) -> None:
    many(cloud.site, 2_500)
    second = [str(number) for number in cloud.site.issues][1_000]

    def refused(request: RecordedRequest, given: Response) -> Response:
        is_second = second in request.json()["issueIdsOrKeys"]
        return answer({"errorMessages": ["no"]}, status=404) if is_second else given

    cloud.fails(path="issue/bulkfetch", times=None, alter=refused)  # blocks are asked for side by side, in any order
    with pytest.raises(SettingsError):
        cloud.sync()
    cloud.server.faults.clear()
    assert len(cloud.kept.items) == 1_000

    requests = cloud.sync()

    assert requests == 2 + 2
    assert len(cloud.kept.items) == 2_500
    assert len(cloud.kept.changes) == 2_500


def test_an_interrupted_listing_does_not_queue_an_id_twice(cloud: House) -> None:
    many(cloud.site, 30)
    sandbox(cloud).key_page = 10
    cloud.fails(path="search/jql", skip=2, times=5, response=answer({}, status=503))
    with pytest.raises(TrackerUnavailableError):
        cloud.sync()

    cloud.sync()

    queued = [each for request in cloud.asked("issue/bulkfetch") for each in request.json()["issueIdsOrKeys"]]
    assert sorted(queued, key=int) == sorted((str(number) for number in cloud.site.issues), key=int)


def test_an_error_on_a_later_page_ends_with_the_store_of_an_undisturbed_run(cloud: House) -> None:
    many(cloud.site, 30)
    cloud.sync()
    cloud.clock.pass_(hours=1)
    for issue in list(cloud.site.issues.values()):
        cloud.site.transition(issue, "Done", millis(cloud.clock.at))
    cloud.clock.pass_(minutes=1)
    sandbox(cloud).search_page = 5
    cloud.fails(path="search/jql", skip=4, times=5, response=answer({}, status=500))
    before = cloud.kept.cursor
    with pytest.raises(TrackerUnavailableError):
        cloud.sync()
    assert cloud.kept.cursor == before

    cloud.sync()

    assert {item.status for item in cloud.kept.items.values()} == {"Done"}
    assert len(cloud.kept.changes) == 30 + 60


def test_a_site_that_takes_100_at_a_time_is_asked_so_and_remembered(cloud: House) -> None:
    many(cloud.site, 250)
    sandbox(cloud).bulk_limit = 100

    cloud.sync()

    assert [len(request.json()["issueIdsOrKeys"]) for request in cloud.asked("issue/bulkfetch")] == [250, 100, 100, 50]
    assert cloud.kept.cursor is not None
    assert cloud.kept.cursor["bulk_size"] == 100


def scripted_search(*pages: dict[str, Any]) -> Any:
    """Replace the pages of an incremental search, one after the other; the last one stays."""
    left = list(pages)

    def alter(request: RecordedRequest, given: Response) -> Response:
        return answer(left.pop(0) if len(left) > 1 else left[0])

    return alter


@pytest.mark.parametrize(
    ("pages", "extra"),
    [
        pytest.param([{"nextPageToken": "a"}, {"nextPageToken": "a"}], 2, id="the same token again"),
        pytest.param(
            [{"nextPageToken": "a"}, {"nextPageToken": "b"}, {"nextPageToken": "a"}], 3, id="a cycle of tokens"
        ),
        pytest.param([{"isLast": False}], 1, id="more to come, but no token"),
        pytest.param([{"isLast": True, "warnings": [{"type": "CLAUSE_LIMIT_EXCEEDED"}]}], 1, id="a warning"),
    ],
)
def test_a_walk_that_cannot_end_well_leaves_the_cursor(cloud: House, pages: list[dict[str, Any]], extra: int) -> None:
    many(cloud.site, 2)
    cloud.sync()
    before, asked = cloud.kept.cursor, len(cloud.asked("search/jql"))
    cloud.fails(path="search/jql", times=None, alter=scripted_search(*({"issues": []} | each for each in pages)))

    with pytest.raises(IncompleteWalkError):
        cloud.sync()

    assert cloud.kept.cursor == before
    assert len(cloud.asked("search/jql")) - asked == extra


def test_endless_empty_pages_with_new_tokens_are_given_up(cloud: House) -> None:
    many(cloud.site, 1)
    cloud.sync()
    tokens = iter(range(1_000))
    cloud.fails(
        path="search/jql",
        times=None,
        alter=lambda request, given: answer({"issues": [], "nextPageToken": str(next(tokens))}),
    )

    with pytest.raises(IncompleteWalkError, match="without anything new"):
        cloud.sync()


@pytest.mark.parametrize(
    "end", [{}, {"isLast": True}, {"isLast": True, "nextPageToken": "stale"}, {"nextPageToken": None}]
)
def test_every_way_to_say_that_a_page_is_the_last_is_understood(cloud: House, end: dict[str, Any]) -> None:
    cloud.sync()
    cloud.fails(path="search/jql", times=None, alter=scripted_search({"issues": []} | end))

    assert cloud.sync() == 1


def test_short_and_empty_pages_do_not_end_a_walk(cloud: House) -> None:
    many(cloud.site, 142)
    sizes = iter([37, 5, 100])

    def short(request: RecordedRequest, given: Response) -> Response:
        sandbox(cloud).key_page = next(sizes, 100)
        return sandbox(cloud).search(request)

    cloud.fails(path="search/jql", times=1, alter=lambda request, given: given)
    cloud.fails(path="search/jql", times=None, alter=short)

    cloud.sync()

    assert len(cloud.kept.items) == 142


def test_an_issue_that_moves_to_the_end_between_pages_is_not_missed_nor_its_neighbour(cloud: House) -> None:
    many(cloud.site, 30)
    cloud.sync()
    cloud.clock.pass_(hours=1)
    for number, issue in enumerate(list(cloud.site.issues.values())):
        cloud.site.transition(issue, "Done", millis(cloud.clock.at) + number)
    cloud.clock.pass_(minutes=5)
    sandbox(cloud).search_page = 10
    moved = cloud.site.issue("CLM-5")

    def move(request: RecordedRequest, given: Response) -> Response:
        cloud.site.retitle(moved, "Moved on", millis(cloud.clock.at))
        return given

    cloud.fails(path="search/jql", times=1, alter=move)

    cloud.sync()

    assert {item.status for item in cloud.kept.items.values()} == {"Done"}
    assert cloud.kept.by_key("CLM-5").title == "Moved on"


def test_five_hundred_issues_of_the_same_instant_are_all_kept_once(cloud: House) -> None:
    cloud.sync()
    for number in range(500):
        an_issue(cloud.site, at=cloud.clock.at, summary=f"Imported {number}")

    cloud.sync()

    assert len(cloud.kept.items) == 500


def test_an_older_copy_does_not_replace_a_newer_one(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.site.transition(issue, "Doing", millis(LATER))
    cloud.sync()

    def older(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for one in body["issues"]:
            one["fields"]["updated"] = "2026-11-02T09:00:00.000+0000"
            one["fields"]["summary"] = "Stale"
        return given.with_json(body)

    cloud.fails(path="issue/bulkfetch", times=1, alter=older)

    cloud.sync(full=True)

    assert cloud.kept.items[str(issue.id)].title == "Settle by photo"


def test_an_issue_that_the_bulk_answer_could_not_give_is_asked_again_and_reported(cloud: House) -> None:
    many(cloud.site, 3)
    failing = str(cloud.site.issue("CLM-2").id)

    def without(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        body["issues"] = [one for one in body["issues"] if one["id"] != failing]
        return given.with_json(body | {"issueErrors": [{"id": failing, "errorMessage": "payload too large"}]})

    cloud.fails(path="issue/bulkfetch", times=2, alter=without)

    cloud.sync()

    assert [each for each, _ in cloud.kept.unreadable] == [failing]
    assert cloud.kept.suspects == []
    assert cloud.asked("issue/bulkfetch")[1].json()["issueIdsOrKeys"] == [failing]


def test_an_issue_that_is_listed_but_silently_absent_is_a_suspect_not_a_deletion(cloud: House) -> None:
    many(cloud.site, 3)
    gone = cloud.site.issue("CLM-2")

    def hide(request: RecordedRequest, given: Response) -> Response:
        cloud.site.hidden.add(gone.id)
        return given

    cloud.fails(path="search/jql", times=1, alter=hide)

    cloud.sync()

    assert cloud.kept.suspects == [str(gone.id)]
    assert len(cloud.kept.items) == 2


@pytest.mark.parametrize("count", [41, 101, 10_001])
def test_a_long_history_comes_whole(cloud: House, count: int) -> None:
    issue = an_issue(cloud.site)
    for step in range(count):
        cloud.site.transition(issue, ("Doing", "To Do")[step % 2], millis(LATER) + step)

    cloud.sync()

    assert len(cloud.kept.changes_of(issue.id)) == count
    assert cloud.kept.histories[str(issue.id)] is HistoryState.COMPLETE


def test_histories_spread_over_pages_come_together_in_order(cloud: House) -> None:
    issues = [an_issue(cloud.site) for _ in range(3)]
    for step in range(10):
        for issue in issues:
            cloud.site.transition(issue, ("Doing", "To Do")[step % 2], millis(LATER) + step)
    sandbox(cloud).changelog_page = 7

    cloud.sync()

    for issue in issues:
        assert cloud.kept.changes_of(issue.id) == [("To Do", "Doing"), ("Doing", "To Do")] * 5


def changed_histories(change: Any) -> Any:
    def alter(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for log in body["issueChangeLogs"]:
            change(log)
        return given.with_json(body)

    return alter


def test_a_change_log_of_an_issue_nobody_asked_for_is_left_alone(cloud: House) -> None:
    many(cloud.site, 1)
    cloud.fails(path="changelog/bulkfetch", alter=changed_histories(lambda log: log.update(issueId="999999")))

    cloud.sync()

    assert len(cloud.kept.items) == 1
    assert not cloud.kept.changes


def test_histories_without_items_or_author_do_no_harm(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.site.transition(issue, "Doing", millis(LATER))

    def strip(log: Any) -> None:
        log["changeHistories"] = [
            {"id": "1", "created": millis(LATER), "items": None},
            {"id": "2", "created": millis(LATER), "items": []},
            *({name: value for name, value in each.items() if name != "author"} for each in log["changeHistories"]),
        ]

    cloud.fails(path="changelog/bulkfetch", alter=changed_histories(strip))

    cloud.sync()

    assert cloud.kept.changes_of(issue.id) == [("To Do", "Doing")]


def test_a_history_that_does_not_lead_to_the_status_is_read_again_and_then_flagged(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.site.transition(issue, "Doing", millis(LATER))
    cloud.site.transition(issue, "Done", millis(LATER) + 1)
    cut = changed_histories(lambda log: log.update(changeHistories=log["changeHistories"][:1]))
    cloud.fails(path="changelog/bulkfetch", times=None, alter=cut)

    cloud.sync()

    assert cloud.kept.histories[str(issue.id)] is HistoryState.GAP
    assert len(cloud.asked("changelog/bulkfetch")) == 2


def test_a_gap_that_closes_on_the_second_look_is_none(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.site.transition(issue, "Doing", millis(LATER))

    def move_meanwhile(request: RecordedRequest, given: Response) -> Response:
        cloud.site.transition(issue, "Done", millis(LATER) + 1)
        return given

    cloud.fails(path="issue/bulkfetch", times=1, alter=move_meanwhile)

    cloud.sync()

    assert cloud.kept.histories[str(issue.id)] is HistoryState.COMPLETE
    assert cloud.kept.items[str(issue.id)].status == "Done"


def test_a_moved_issue_without_any_history_is_said_to_have_none(cloud: House) -> None:
    moved = an_issue(cloud.site, status="Done")
    new = an_issue(cloud.site)

    cloud.sync()

    assert cloud.kept.histories == {str(moved.id): HistoryState.NONE, str(new.id): HistoryState.COMPLETE}


def test_statuses_of_one_name_in_two_projects_stay_two(cloud: House) -> None:
    cloud.site.statuses[77] = Status(id=77, name="Done", category="indeterminate")

    preflight = cloud.connector().preflight()

    done = {status.status_id: status.category for status in preflight.statuses if status.name == "Done"}
    assert done == {"5": StatusCategory.DONE, "77": StatusCategory.IN_PROGRESS}


def test_a_parent_change_that_is_told_twice_counts_once(cloud: House) -> None:
    first, second = an_issue(cloud.site, type="Epic"), an_issue(cloud.site, type="Epic")
    story = an_issue(cloud.site, parent=first)
    cloud.site.reparent(story, second, millis(LATER))

    cloud.sync()

    found = [change for change in cloud.kept.changes.values() if change.field == "parent"]
    assert [(change.from_id, change.to_id) for change in found] == [(str(first.id), str(second.id))]
    assert (found[0].from_value, found[0].to_value) == (first.key, second.key)


def test_a_second_full_load_changes_nothing(cloud: House) -> None:
    many(cloud.site, 20)
    cloud.sync()
    before = (dict(cloud.kept.items), dict(cloud.kept.changes))

    cloud.sync(full=True)

    assert (cloud.kept.items, cloud.kept.changes) == before


def test_a_moved_issue_is_one_row_and_remembers_its_old_key(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.sync()
    cloud.site.move(issue, "DST", millis(cloud.clock.at))

    cloud.sync()

    item = cloud.kept.items[str(issue.id)]
    assert (item.key, item.project, item.previous_keys) == ("DST-1", "DST", ("CLM-1",))
    assert len(cloud.kept.items) == 1


def test_one_issue_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(cloud: House) -> None:
    many(cloud.site, 3)

    def spoil(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        del body["issues"][1]["fields"]["status"]
        return given.with_json(body)

    cloud.fails(path="issue/bulkfetch", times=1, alter=spoil)

    cloud.sync()

    assert len(cloud.kept.items) == 2
    assert cloud.kept.unreadable == [
        (str(cloud.site.issue("CLM-2").id), "claims: CLM-2: expected text at fields/status/name, found nothing")
    ]


def test_value_and_text_fields_are_found_by_name_or_id(cloud: House) -> None:
    issue = an_issue(cloud.site, values={BUSINESS_VALUE: 8.5, STRATEGIC_THEME: {"id": "1", "value": "Settle fast"}})
    settings: dict[str, Any] = {
        "value_fields": {"business_value": "Business Value", "cost_estimate": "customfield_10105"},
        "value_scales": {"business_value": 1000},
        "text_fields": ("Strategic theme",),
    }

    cloud.sync(**settings)

    item = cloud.kept.items[str(issue.id)]
    assert {name: str(value) for name, value in item.values.items()} == {"business_value": "8500.0"}
    assert item.fields == {RANK: f"0|i{issue.id:05x}:", "Strategic theme": "Settle fast"}


def test_a_new_mapping_reads_the_kept_answers_without_a_request(cloud: House) -> None:
    issue = an_issue(cloud.site, values={BUSINESS_VALUE: 8})
    cloud.site.transition(issue, "Doing", millis(LATER))
    cloud.sync()
    raws = json.loads(json.dumps([(raw.kind, raw.body) for raw in cloud.kept.raws(str(issue.id))]))
    kept = [next(cloud.kept.raws(str(issue.id)))._replace(kind=kind, body=body) for kind, body in raws]
    asked = len(cloud.server.requests)

    connector = cloud.connector(value_fields={"business_value": "Business Value"})
    reading = connector.read(kept, {"Business Value": BUSINESS_VALUE})

    assert reading.item.values == {"business_value": 8}
    assert reading.changes == tuple(cloud.kept.changes.values())
    assert reading.history is HistoryState.COMPLETE
    assert len(cloud.server.requests) == asked


def test_the_kept_answers_name_no_mail_address_and_no_author(cloud: House) -> None:
    issue = an_issue(cloud.site)
    cloud.site.assign(issue, cloud.site.owner, millis(LATER))

    cloud.sync()

    kept = json.dumps([raw.body for raw in cloud.kept.held_raws.values()])
    assert "@" not in kept
    assert '"author"' not in kept
    assert "avatarUrls" not in kept


def test_an_unknown_field_of_the_settings_is_named_with_the_nearest_one(cloud: House) -> None:
    connector = cloud.connector(value_fields={"business_value": "Busines Value"})

    with pytest.raises(SettingsError, match=r"no field “Busines Value”.*did you mean “Business Value”"):
        connector.preflight()


def test_a_field_that_only_other_sources_have_is_a_warning(cloud: House) -> None:
    connector = cloud.connector(text_fields=("Iteration type",), shared_fields=frozenset({"Iteration type"}))

    (warning,) = connector.preflight().warnings

    assert "no field “Iteration type” here" in warning


def test_two_fields_of_one_name_must_be_told_apart_by_id(cloud: House) -> None:
    cloud.site.fields["customfield_20000"] = replace(cloud.site.fields[BUSINESS_VALUE], id="customfield_20000")

    with pytest.raises(SettingsError, match=f"2 fields, write the id instead: {BUSINESS_VALUE}, customfield_20000"):
        cloud.connector(value_fields={"business_value": "Business Value"}).preflight()


def test_the_fields_asked_for_are_explicit_light_and_at_most_100(cloud: House) -> None:
    for number in range(200):
        new = replace(cloud.site.fields[BUSINESS_VALUE], id=f"customfield_3{number:04}", name=f"Number {number}")
        cloud.site.fields[new.id] = new
    an_issue(cloud.site)

    cloud.sync(value_fields={"job_size": "Number 199"})

    asked = cloud.asked("issue/bulkfetch")[0].json()["fields"]
    assert len(asked) == 100
    assert "customfield_30199" in asked
    assert not {"description", "comment", "worklog", "attachment", "*all", "*navigable"} & set(asked)


def test_the_preflight_says_who_we_are_and_what_we_see(cloud: House) -> None:
    preflight = cloud.connector(jql="project in (CLM, GONE) order by rank").preflight()

    assert preflight.product.startswith("Jira Cloud")
    assert preflight.identity == cloud.site.owner.id
    assert preflight.server_time == cloud.clock.at
    shown = {scope.key: scope.state for scope in preflight.scopes}
    assert shown == {"CLM": "live", "GONE": "access_lost", "DST": "out_of_scope"}
    assert preflight.warnings == ("claims: project GONE is in the scope, but this token does not see it",)


def test_a_wrong_token_is_denied_and_changes_nothing(cloud: House) -> None:
    many(cloud.site, 2)
    cloud.sync()
    before = dict(cloud.kept.items), cloud.kept.cursor
    cloud.server.token = "another"

    with pytest.raises(AccessDeniedError):
        cloud.connector().preflight()
    with pytest.raises(AccessDeniedError, match="as to a stranger"):
        cloud.kept.sync(cloud.connector())

    assert (cloud.kept.items, cloud.kept.cursor) == before


def test_a_token_that_is_lost_during_a_census_makes_it_void(cloud: House) -> None:
    many(cloud.site, 2)
    cloud.fails(path="myself", skip=1, response=answer({"message": "no"}, status=401))

    with pytest.raises(AccessDeniedError):
        list(cloud.connector().census())


def test_a_census_names_every_id_5000_to_a_page(cloud: House) -> None:
    many(cloud.site, 12)
    sandbox(cloud).key_page = 5

    pages = list(cloud.connector().census())

    assert [len(ids) for ids in pages] == [5, 5, 2]
    assert cloud.asked("search/jql")[0].json()["maxResults"] == 5_000
    assert cloud.asked("search/jql")[0].json()["fields"] == ["id"]


def test_a_census_that_stops_halfway_is_no_census(cloud: House) -> None:
    many(cloud.site, 12)
    sandbox(cloud).key_page = 5
    cloud.fails(path="search/jql", skip=1, times=None, response=answer({}, status=500))

    with pytest.raises(TrackerUnavailableError):
        list(cloud.connector().census())


def test_a_probe_tells_there_elsewhere_and_absent_apart(cloud: House) -> None:
    here, moved, gone = an_issue(cloud.site), an_issue(cloud.site), an_issue(cloud.site)
    cloud.site.move(moved, "DST", millis(LATER))
    cloud.site.delete(gone)

    found = cloud.connector(jql="project = CLM").probe([str(each.id) for each in (here, moved, gone)])

    assert list(found.values()) == [Presence.THERE, Presence.ELSEWHERE, Presence.ABSENT]


def test_a_probe_asks_the_scope_itself_where_it_is_more_than_projects(cloud: House) -> None:
    inside, outside = an_issue(cloud.site, labels=("vmo",)), an_issue(cloud.site)

    found = cloud.connector(jql="project = CLM AND labels = vmo").probe([str(inside.id), str(outside.id)])

    assert list(found.values()) == [Presence.THERE, Presence.ELSEWHERE]


@pytest.mark.parametrize(
    ("jql", "sent"),
    [
        ("project = CLM ORDER BY rank", "(project = CLM)"),
        ("project = CLM OR labels = vmo", "(project = CLM OR labels = vmo)"),
        ('labels = "order by" order by created', '(labels = "order by")'),
        (None, "project in (100, 200)"),
    ],
    ids=["an order is dropped", "an or stays inside", "quoted words are no order", "no scope is every project"],
)
def test_the_scope_is_kept_whole_inside_our_query(cloud: House, jql: str | None, sent: str) -> None:
    cloud.sync(jql=jql)

    assert cloud.asked("search/jql")[0].json()["jql"] == f"{sent} ORDER BY created ASC"


@pytest.mark.parametrize("jql", ["project = CLM) OR (project = DST", "project = (CLM", 'labels = "vmo'])
def test_a_scope_that_would_break_out_of_its_brackets_is_refused(cloud: House, jql: str) -> None:
    with pytest.raises(SettingsError, match="scope"):
        cloud.connector(jql=jql)


def test_a_project_that_does_not_exist_is_a_mistake_not_an_empty_source(cloud: House) -> None:
    with pytest.raises(SettingsError, match="NOPE") as caught:
        cloud.kept.sync(cloud.connector(jql="project = NOPE"))

    assert caught.value.status == 400


def test_a_page_token_that_is_no_longer_accepted_ends_the_walk_and_the_next_run_repeats_it(cloud: House) -> None:
    many(cloud.site, 30)
    sandbox(cloud).key_page = 10
    cloud.fails(path="search/jql", skip=1, response=answer({"errorMessages": ["expired"]}, status=400))
    with pytest.raises(IncompleteWalkError):
        cloud.sync()

    cloud.sync()

    assert len(cloud.kept.items) == 30


def test_a_wrong_address_is_said_to_be_no_jira(cloud: House) -> None:
    cloud.fails(path="serverInfo", response=answer({"hello": "world"}))

    with pytest.raises(SettingsError, match="not as a Jira does"):
        cloud.connector().preflight()


def test_a_sign_in_page_instead_of_data_moves_nothing(cloud: House) -> None:
    many(cloud.site, 2)
    cloud.sync()
    before = cloud.kept.cursor
    cloud.fails(path="search/jql", times=None, response=page("<html>Sign in</html>"))

    with pytest.raises(UnreadableAnswerError, match="a web page"):
        cloud.sync()

    assert cloud.kept.cursor == before


@pytest.mark.parametrize("body", [{}, {"issues": None}, {"values": []}, []], ids=repr)
def test_an_answer_without_its_list_is_never_an_empty_source(cloud: House, body: Any) -> None:
    cloud.sync()
    cloud.fails(path="search/jql", times=None, response=answer(body))

    with pytest.raises(UnreadableAnswerError, match="list “issues”"):
        cloud.sync()


@pytest.mark.parametrize("prefix", ["/ex/jira/5ea15ea1", "/jira"])
def test_a_path_before_the_api_survives(prefix: str) -> None:
    house = a_cloud(a_site(), Clock(), prefix=prefix)
    issue = an_issue(house.site)
    with house.server:
        house.sync(url=house.server.url + "/")

    assert str(issue.id) in house.kept.items


def test_sprints_come_with_the_issues_that_name_them(cloud: House) -> None:
    from connectors.sandbox.jira_site import Sprint  # noqa: PLC0415  # its name is also a noun of ours

    for number, state in ((1, "closed"), (2, "active")):
        starts = millis(MONDAY)
        cloud.site.sprints[number] = Sprint(
            id=number, board_id=1, name=f"Sprint {number}", state=state, starts=starts, ends=starts + 86_400_000
        )
    issue = an_issue(cloud.site)
    cloud.site.plan(issue, (1, 2), millis(LATER))

    cloud.sync()

    assert cloud.kept.items[str(issue.id)].iteration == "Sprint 2"
    assert {sprint.id: sprint.state for sprint in cloud.kept.sprints.values()} == {"1": "closed", "2": "active"}
    assert [change.field for change in cloud.kept.changes.values()] == ["iteration"]


def test_a_change_at_the_same_instant_keeps_its_order(cloud: House) -> None:
    issue = an_issue(cloud.site)
    for old, new in ((("1", "To Do"), ("3", "Doing")), (("3", "Doing"), ("5", "Done"))):
        cloud.site.record(issue, millis(LATER), ChangeItem("status", "status", "jira", *old, *new))
    issue.status_id = 5

    cloud.sync()

    assert cloud.kept.changes_of(issue.id) == [("To Do", "Doing"), ("Doing", "Done")]


def test_a_token_whose_scopes_lack_the_bulk_reads_gets_there_one_by_one(cloud: House) -> None:
    many(cloud.site, 3)
    long = cloud.site.issue("CLM-2")
    for step in range(150):
        cloud.site.transition(long, ("To Do", "Doing")[step % 2], millis(LATER) + 60_000 + step)
    cloud.fails(path="bulkfetch", times=None, response=answer({"message": "scope does not match"}, status=403))

    cloud.sync()

    assert len(cloud.kept.items) == 3
    assert len(cloud.kept.changes_of(long.id)) == 151
    assert len(cloud.asked("bulkfetch")) == 2


def test_every_status_that_an_issue_shows_is_told_even_if_the_list_lacks_it(cloud: House) -> None:
    cloud.sync()
    an_issue(cloud.site, at=cloud.clock.at, status="Done")

    batches = list(cloud.connector().changes_since(cloud.kept.cursor, cloud.kept))

    assert [(status.status_id, status.category) for batch in batches for status in batch.statuses] == [
        ("5", StatusCategory.DONE)
    ]
