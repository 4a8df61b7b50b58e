"""Azure DevOps: both streams walked by whole runs, from the collection that answers by script into a real store."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.azure_devops import questions
from domain.work_item import HistoryState, StatusCategory
from tests.connectors.azure_devops.azure_house import PROJECTS, House, house, updates_of
from tests.connectors.azure_devops.scripted_collection import (
    TOKEN,
    Store,
    a_link,
    a_revision,
    a_type,
    collection,
    fields_offered,
)
from tests.connectors.scripted_server import Reply, Seen, json_answer
from tests.faults.catalogue import case

REVISIONS = "/wit/reporting/workItemRevisions"
LINKS = "/wit/reporting/workItemLinks"


@case("E071")
def test_the_packages_typed_reporting_call_is_empty_and_ours_is_not(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(7, 1)]) as at:
        run = at.sync()
        client = a_client_of_the_package(at)

        typed = client.read_reporting_revisions_get()

        assert (run.outcome, set(at.items)) == ("ok", {"7"})
        assert typed.as_dict() == {}  # where this fails, the package was mended and may be used


def a_client_of_the_package(at: House) -> Any:
    connection = questions._package("azure.devops.connection")
    authentication = questions._package("msrest.authentication")
    credentials = authentication.BasicAuthentication("", TOKEN)
    made = connection.Connection(base_url=at.site.server.url, creds=credentials)
    return made.clients_v7_1.get_work_item_tracking_client()


@case("E074")
def test_the_same_token_twice_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    def circling(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS):
            return json_answer({"values": [a_revision(7, 1)], "continuationToken": "r;1", "isLastBatch": False})
        return None

    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(8, 1)], page=1, fault=circling) as at:
        circled = at.sync()
        asked = len(at.asked(REVISIONS))
        cursor = at.cursor
        at.site.fault = lambda _: None
        healthy = at.sync()

        assert (circled.outcome, asked) == ("partial", 2)
        assert "same token" in circled.sentence
        assert cursor["rev_token"] == "r;1"
        assert (healthy.outcome, set(at.items)) == ("ok", {"7", "8"})


@case("E074")
def test_empty_pages_with_a_moving_token_are_walked_through_and_bounded(tmp_path: Path) -> None:
    count = iter(range(1_000))
    pages = {3: [a_revision(7, 1)]}

    def drifting(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS):
            number = next(count)
            told = {"values": pages.get(number, []), "continuationToken": f"r;{number + 1}", "isLastBatch": False}
            return json_answer(told)
        return None

    with house(tmp_path, fault=drifting) as at:
        run = at.sync()

        assert (run.outcome, set(at.items)) == ("partial", {"7"})
        assert "empty pages" in run.sentence
        assert len(at.asked(REVISIONS)) == 4 + 11
        assert at.cursor["rev_token"] == "r;14"  # of the last page that was believed


@case("E076")
@pytest.mark.parametrize("projects", [(), ("Claims", "Motor"), ("Claims",)], ids=["all", "both", "the first alone"])
def test_an_item_that_moved_keeps_its_revisions_before_and_after(tmp_path: Path, projects: tuple[str, ...]) -> None:
    there = {"TeamProject": "Motor", "AreaPath": "Motor"}
    revisions = [a_revision(7, 1), a_revision(7, 2, State="Active"), a_revision(7, 3, State="Active", **there),
                 a_revision(7, 4, State="Closed", **there)]  # fmt: skip
    with house(tmp_path, revisions=revisions, projects=PROJECTS, page=1) as at:
        run = at.sync(projects=projects)

        moved, held = at.changes("7", "project"), at.items["7"]
        assert run.outcome == "ok"
        assert all(seen.path.startswith("/_apis/") for seen in at.asked(REVISIONS) + at.asked(LINKS))
        assert [told[2] for told in at.told("7", "status")] == ["New", "Active", "Active", "Closed"]
        assert at.told("7", "project") == [("03-03", "Claims", "Motor")]
        assert (moved[0].from_id, moved[0].to_id) == ("p-1", "p-2")
        assert held.history is HistoryState.COMPLETE
        assert held.removed_reason == ("out_of_scope" if projects == ("Claims",) else None)


@case("E077")
def test_a_retyped_item_keeps_its_whole_history(tmp_path: Path) -> None:
    revisions = [a_revision(7, 1, WorkItemType="Bug"), a_revision(7, 2, WorkItemType="Bug", State="Active"),
                 a_revision(7, 3, WorkItemType="Issue", State="Doing"),
                 a_revision(7, 4, WorkItemType="Issue", State="Done")]  # fmt: skip
    issue = a_type("Issue", (("To Do", "Proposed"), ("Doing", "InProgress"), ("Done", "Completed")))
    with house(tmp_path, revisions=revisions, types=[a_type("Bug"), issue], page=3) as at:
        run = at.sync()

        item = at.items["7"].item
        assert run.outcome == "ok"
        assert not [seen for seen in at.asked(REVISIONS) if "types" in seen.query or "types" in seen.json]
        assert at.told("7", "type") == [("03-03", "Bug", "Issue")]
        assert [told[2] for told in at.told("7", "status")] == ["New", "Active", "Doing", "Done"]
        assert (item.type, item.status_category, item.revision) == ("Issue", StatusCategory.DONE, 4)
        assert at.items["7"].history is HistoryState.COMPLETE


@case("E078")
def test_a_link_made_from_the_other_end_is_history_and_so_is_its_removal(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(one, 1) for one in (7, 12, 40)]) as at:
        at.sync()
        at.site.links.append(a_link(12, 7, at="2026-04-01T10:00:00Z"))
        at.move(hours=1)
        at.sync()
        parent, learned = at.items["7"].item.parent_id, at.changes("7", "parent")[0].known_at
        at.site.links.append(a_link(12, 7, at="2026-04-02T10:00:00Z", active=False))
        at.move(hours=1)
        run = at.sync()

        assert (run.outcome, parent, learned) == ("ok", "12", datetime(2026, 11, 1, 13, tzinfo=UTC))
        assert at.items["7"].item.parent_id is None
        assert at.items["7"].item.revision == 1
        assert at.told("7", "parent") == [("04-01", None, "AB#12"), ("04-02", "AB#12", None)]


def test_a_new_parent_is_news_and_nothing_to_mend(tmp_path: Path) -> None:
    links = [a_link(12, 7, at="2026-03-05T10:00:00Z")]
    with house(tmp_path, revisions=[a_revision(one, 1) for one in (7, 12, 40)], links=links) as at:
        at.sync()
        at.site.links += [
            a_link(12, 7, at="2026-04-01T10:00:00Z", active=False), a_link(40, 7, at="2026-04-01T10:00:00Z"),
        ]  # fmt: skip
        at.move(hours=1)
        run = at.sync()

        assert (run.outcome, run.changes, run.mended, at.store.mends(run.run_id)) == ("ok", 2, 0, {})
        assert at.items["7"].item.parent_id == "40"


@case("E078")
@pytest.mark.parametrize("page", [1, 2, 3, 200], ids=lambda page: f"pages of {page}")
def test_an_item_given_on_twice_between_two_runs_tells_both_whatever_the_pages(tmp_path: Path, page: int) -> None:
    revisions = [a_revision(one, 1) for one in (7, 12, 40, 50)]
    links = [
        a_link(12, 7, at="2026-04-01T10:00:00Z"),
        a_link(12, 7, at="2026-05-01T10:00:00Z", active=False),
        a_link(40, 7, at="2026-05-01T10:00:00Z"),
        a_link(40, 7, at="2026-05-01T11:00:00Z", active=False),
        a_link(50, 7, at="2026-05-01T11:00:00Z"),
    ]
    with house(tmp_path, revisions=revisions, links=links[:1], page=page) as at:
        at.sync()
        at.site.links.extend(links[1:])
        run = at.sync()
        told, rows = at.told("7", "parent"), at.rows()
        at.reread()

        assert (run.outcome, at.items["7"].item.parent_id) == ("ok", "50")
        assert told == [
            ("04-01", None, "AB#12"), ("05-01", "AB#12", None), ("05-01", None, "AB#40"),
            ("05-01", "AB#40", None), ("05-01", None, "AB#50"),
        ]  # fmt: skip
        assert at.rows() == rows


@case("E078")
def test_of_two_words_on_one_link_at_one_instant_the_one_told_last_holds(tmp_path: Path) -> None:
    instant = "2026-04-01T10:00:00Z"
    links = [a_link(12, 7, at=instant), a_link(12, 7, at=instant, active=False)]
    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(12, 1)], links=links) as at:
        at.sync()

        assert at.items["7"].item.parent_id is None


@case("E078")
def test_a_link_known_before_its_item_is_not_lost(tmp_path: Path) -> None:
    """The item comes into scope when the stream of links has long passed over its links."""
    elsewhere = {"TeamProject": "Motor", "AreaPath": "Motor"}
    revisions = [a_revision(12, 1), a_revision(7, 1, **elsewhere)]
    links = [a_link(12, 7, at="2026-03-02T10:00:00Z"), a_link(12, 9, at="2026-03-03T10:00:00Z")]
    with house(tmp_path, revisions=revisions, links=links, projects=PROJECTS) as at:
        at.sync(projects=("Claims",))
        held = set(at.items)
        at.site.revisions.append(a_revision(7, 2, at="2026-05-01T09:00:00Z"))
        at.site.updates = {"7": updates_of([a_revision(7, 1, **elsewhere), at.site.revisions[-1]])}
        run = at.sync(projects=("Claims",))
        again = at.sync(projects=("Claims",))

        assert held == {"12"}
        assert (run.outcome, at.items["7"].item.parent_id) == ("ok", "12")
        assert at.told("7", "parent") == [("03-02", None, "AB#12")]
        asked = [seen.query for seen in at.asked(LINKS)]
        assert {"startDateTime": ["2026-02-28T08:00:00Z"]} in asked
        assert not [query for query in asked if {"startDateTime", "continuationToken"} <= query.keys()]
        assert (again.outcome, asked[-1]) == ("ok", {"continuationToken": ["l;2"]})


@case("E079")
def test_dates_that_fall_and_the_year_9999_make_no_duration_negative(tmp_path: Path) -> None:
    days = ["2026-03-01T09:00:00Z", "2026-03-09T09:00:00Z", "2026-03-04T09:00:00Z", "9999-01-01T00:00:00Z"]
    states = ["New", "Active", "Resolved", "Closed"]
    told = enumerate(zip(days, states, strict=True), 1)
    revisions = [a_revision(7, rev, at=day, State=state) for rev, (day, state) in told]
    hidden_by_the_stream = [revisions[0], revisions[3]]
    with house(tmp_path, revisions=hidden_by_the_stream, updates={"7": updates_of(revisions)}) as at:
        run = at.sync()

        changes = at.changes("7", "status")
        assert run.outcome == "ok"
        assert [change.to_value for change in changes] == states
        assert [change.change_id for change in changes] == ["1:status", "2:status", "3:status", "4:status"]
        assert [f"{change.occurred_at:%m-%d}" for change in changes] == ["03-01", "03-09", "03-09", "03-09"]
        assert at.items["7"].item.updated_at.year == 2026
        assert at.items["7"].history is HistoryState.COMPLETE


@case("G02")
@pytest.mark.parametrize("kind", ["revisions", "links"])
def test_a_token_lost_in_the_middle_of_a_walk_vouches_for_nothing_that_it_passed(tmp_path: Path, kind: str) -> None:
    """A server in disorder gives its newest page first, under a token that it does not know afterwards."""
    revisions = [a_revision(one, 1, at=f"2026-02-0{one}T09:00:00Z") for one in range(1, 5)]
    links = [a_link(1, one, at=f"2026-03-0{one}T10:00:00Z") for one in range(2, 5)]
    told, path = (revisions, REVISIONS) if kind == "revisions" else (links, LINKS)

    def disordered(seen: Seen) -> Reply | None:
        if not seen.path.endswith(path):
            return None
        if "continuationToken" not in seen.query:
            return json_answer({"values": told[-1:], "continuationToken": "x;9", "isLastBatch": False})
        return json_answer({"message": "VS403445: no such token"}, status=400)

    def forgetful(seen: Seen) -> Reply | None:
        is_lost = seen.query.get("continuationToken") == ["x;9"]
        return json_answer({"message": "VS403445: no such token"}, status=400) if is_lost else None

    with house(tmp_path, revisions=revisions, links=links, fault=disordered) as at:
        broken = at.sync()
        at.site.fault = forgetful
        healthy = at.sync()

        assert (broken.outcome, healthy.outcome) == ("failed", "ok")
        assert {one: held.item.parent_id for one, held in at.items.items()} == {
            "1": None, "2": "1", "3": "1", "4": "1",
        }  # fmt: skip


@case("G09")
@pytest.mark.parametrize("kind", ["revisions", "links"])
def test_a_page_that_comes_again_and_again_under_new_tokens_ends_the_walk(tmp_path: Path, kind: str) -> None:
    count = iter(range(1_000))

    def repeating(seen: Seen) -> Reply | None:
        if not seen.path.endswith(REVISIONS if kind == "revisions" else LINKS):
            return None
        values = [a_revision(7, 1)] if kind == "revisions" else [a_link(7, 8, at="2026-03-02T10:00:00Z")]
        return json_answer({"values": values, "continuationToken": f"x;{next(count)}", "isLastBatch": False})

    with house(tmp_path, revisions=[a_revision(7, 1)], fault=repeating) as at:
        run = at.sync()

        assert run.outcome == "partial"
        assert "told before" in run.sentence
        assert next(count) == 12


def test_links_made_during_a_long_silence_are_read_though_a_young_item_came_into_scope_late(tmp_path: Path) -> None:
    """Links are then read again since that item was made, which is later than where we stood."""
    revisions = [a_revision(one, 1) for one in (7, 12)]
    links = [a_link(99, 98, at="2026-03-01T10:00:00Z")]
    with house(tmp_path, revisions=revisions, links=links, projects=PROJECTS, page=1) as at:
        at.sync(projects=("Claims",))
        at.site.links.append(a_link(12, 7, at="2026-04-01T10:00:00Z"))
        young = {"TeamProject": "Motor", "AreaPath": "Motor", "CreatedDate": "2026-05-01T08:00:00Z"}
        at.site.revisions.append(a_revision(40, 1, at="2026-05-01T08:00:00Z", **young))
        moved = {"CreatedDate": "2026-05-01T08:00:00Z"}
        at.site.revisions.append(a_revision(40, 2, at="2026-05-01T09:00:00Z", **moved))
        run = at.sync(projects=("Claims",))

        assert (run.outcome, "40" in at.items) == ("ok", True)
        assert at.items["7"].item.parent_id == "12"


@case("E081")
@pytest.mark.parametrize("status", [400, 404])
def test_a_lost_token_is_answered_by_a_date_and_what_is_told_twice_changes_nothing(tmp_path: Path, status: int) -> None:
    revisions = [a_revision(6, 1, at="2026-02-01T09:00:00Z"), a_revision(7, 1), a_revision(7, 2, State="Active")]
    links = [a_link(6, 7, at="2026-03-02T10:00:00Z")]
    with house(tmp_path, revisions=revisions, links=links) as at:
        at.sync()
        rows = at.rows()
        lost = {"r;3", "l;1"}

        def forgetful(seen: Seen) -> Reply | None:
            token = seen.query.get("continuationToken", [""])[0]
            return json_answer({"message": "VS403445: no such token"}, status=status) if token in lost else None

        at.site.fault = forgetful
        unchanged = at.sync()
        same = at.rows() == rows
        at.site.fault = lambda _: None
        at.site.revisions.append(a_revision(7, 3, State="Closed"))
        at.sync()

        streams = [seen.query for seen in at.site.server.seen if "/reporting/" in seen.path]
        assert (unchanged.outcome, unchanged.changes, same) == ("ok", 0, True)
        assert not [query for query in streams if {"continuationToken", "startDateTime"} <= query.keys()]
        assert [query["startDateTime"] for query in streams if "startDateTime" in query] == [
            ["2026-03-01T09:00:00Z"], ["2026-03-01T10:00:00Z"],
        ]  # fmt: skip
        assert at.told("7", "status")[-1] == ("03-03", "Active", "Closed")


@case("E085")
def test_a_field_that_the_collection_lacks_is_never_asked_for_and_stays_unknown(tmp_path: Path) -> None:
    lacking = "Microsoft.VSTS.Common.BusinessValue"

    def strict(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS) and lacking in seen.json["fields"]:
            return json_answer({"message": f"TF51535: Cannot find field {lacking}."}, status=400)
        return None

    offered = fields_offered(without=[lacking])
    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(8, 1)], fields=offered, fault=strict) as at:
        run = at.sync()

        assert (run.outcome, set(at.items)) == ("ok", {"7", "8"})
        assert len(at.asked(REVISIONS)) == 1
        assert "business_value" not in at.items["7"].item.values


@case("E086")
def test_an_item_in_a_state_that_its_type_does_not_list_is_kept(tmp_path: Path) -> None:
    revisions = [a_revision(7, 1), a_revision(7, 2, State="Parked")]
    with house(tmp_path, revisions=revisions, types=[a_type("User Story")]) as at:
        run = at.sync()

        item = at.items["7"].item
        assert (run.outcome, run.unreadable) == ("ok", 0)
        assert (item.status, item.status_category) == ("Parked", StatusCategory.UNKNOWN)
        assert at.told("7", "status") == [("03-01", None, "New"), ("03-02", "New", "Parked")]


@case("E087")
def test_an_identity_in_its_three_forms_is_one_person(tmp_path: Path) -> None:
    ada = {"displayName": "Ada Moreau", "uniqueName": "ada@example.test", "id": "1", "descriptor": "aad.1"}
    forms: list[Any] = [ada, "Ada Moreau <ada@example.test>", "Ada Moreau", None, ada]
    with house(tmp_path, revisions=[a_revision(7, rev, AssignedTo=one) for rev, one in enumerate(forms, 1)]) as at:
        run = at.sync()

        assert (run.outcome, at.items["7"].item.owner) == ("ok", "Ada Moreau")
        assert at.told("7", "owner") == [("03-04", "Ada Moreau", None), ("03-05", None, "Ada Moreau")]


def a_tree(kind: str, root: str, *children: tuple[int, str]) -> dict[str, Any]:
    below = [{"id": node, "name": name, "children": []} for node, name in children]
    return {"id": 1 if kind == "area" else 2, "name": root, "structureType": kind, "children": below}


@case("E088")
def test_a_renamed_area_is_the_same_area_and_its_new_name_is_shown(tmp_path: Path) -> None:
    nodes = fields_offered({"name": "Area ID", "referenceName": "System.AreaId", "type": "integer"})
    trees = [a_tree("area", "Claims", (5, "Motor"), (6, "Home")), a_tree("iteration", "Claims", (7, "Sprint 1"))]
    revisions = [
        a_revision(7, 1, AreaPath="Claims\\Motor", AreaId=5),
        a_revision(8, 1, AreaPath="Claims\\Home", AreaId=6),
    ]
    with house(tmp_path, revisions=revisions, nodes=trees, fields=nodes) as at:
        at.sync()
        at.site.nodes[0] = a_tree("area", "Claims", (5, "Car"), (6, "Home"))
        at.site.revisions[0]["fields"]["System.AreaPath"] = "Claims\\Car"  # history follows the tree
        at.move(hours=25)
        run = at.sync()
        renamed = (at.items["7"].item.area, at.items["8"].item.area, at.changes("7", "area"))
        at.site.revisions.append(a_revision(7, 2, AreaPath="Claims\\Car", AreaId=5, State="Active"))
        at.site.revisions.append(a_revision(7, 3, AreaPath="Claims\\Home", AreaId=6, State="Active"))
        at.sync()
        rows = at.rows()
        at.reread()

        assert (run.outcome, run.changes) == ("ok", 0)
        assert renamed == ("Claims\\Car", "Claims\\Home", [])
        assert at.told("7", "area") == [("03-03", "Claims\\Car", "Claims\\Home")]
        assert [(change.from_id, change.to_id) for change in at.changes("7", "area")] == [("5", "6")]
        assert at.rows() == rows


@case("D23")
def test_a_revision_that_was_passed_over_is_fetched(tmp_path: Path) -> None:
    revisions = [a_revision(7, 1), a_revision(7, 2, State="Active"), a_revision(7, 3, State="Closed")]
    with house(tmp_path, revisions=[revisions[0], revisions[2]], updates={"7": updates_of(revisions)}) as at:
        run = at.sync()

        assert run.outcome == "ok"
        assert [told[2] for told in at.told("7", "status")] == ["New", "Active", "Closed"]
        assert at.items["7"].history is HistoryState.COMPLETE


@case("D23")
def test_a_revision_told_twice_and_differently_is_fetched_and_what_differs_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(7, 2, State="Active")]) as at:
        at.sync()
        at.site.revisions[1] = a_revision(7, 2, State="Closed")
        at.site.updates = {"7": updates_of(at.site.revisions)}
        at.move(hours=1)
        run = at.sync(full=True)
        rows = at.rows()
        once_more = at.sync(full=True)
        same = at.rows() == rows
        at.reread()

        first, second = at.changes("7", "status")
        assert (run.outcome, once_more.changes, same) == ("ok", 0, True)
        assert at.items["7"].item.status == "Closed"
        assert (second.change_id, second.from_value, second.to_value) == ("2:status", "New", "Closed")
        assert first.known_at == datetime(2026, 11, 1, 12, tzinfo=UTC)
        assert second.known_at == datetime(2026, 11, 1, 13, tzinfo=UTC)
        assert run.mended == 1
        assert "told twice as rev 2" in caplog.text
        assert at.rows() == rows
        assert len(at.asked("/updates")) == 1


@case("D23")
def test_a_revision_that_its_updates_do_not_confirm_changes_nothing(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(7, 2, State="Active")]) as at:
        at.sync()
        rows = at.rows()
        at.site.updates = {"7": updates_of(list(at.site.revisions))}
        at.site.revisions[1] = a_revision(7, 2, State="Closed")
        run = at.sync(full=True)

        assert (run.outcome, run.changes) == ("ok", 0)
        assert at.rows() == rows


def test_every_field_that_rules_name_and_every_value_is_history_with_two_clocks(tmp_path: Path) -> None:
    theme = {"name": "Strategic theme", "referenceName": "Custom.StrategicTheme", "type": "string"}
    points = {"name": "Story Points", "referenceName": "Microsoft.VSTS.Scheduling.StoryPoints", "type": "double"}
    then: dict[str, Any] = {"Custom__StrategicTheme": "Settle fast", "Microsoft__VSTS__Scheduling__StoryPoints": 3}
    now: dict[str, Any] = {
        "Custom__StrategicTheme": "One view",
        "Microsoft__VSTS__Scheduling__StoryPoints": 8,
        "Microsoft__VSTS__Common__BusinessValue": 20,
        "IterationPath": "Claims\\Sprint 2",
        "Tags": "urgent",
    }
    fields = fields_offered(theme, points)
    with house(tmp_path, revisions=[a_revision(7, 1, **then)], fields=fields) as at:
        at.sync(text_fields=("Strategic theme",))
        at.site.revisions.append(a_revision(7, 2, **now))
        at.move(hours=2)
        at.sync(text_fields=("Strategic theme",))
        rows = at.rows()
        at.reread(text_fields=("Strategic theme",))

        assert at.told("7", "fields.Strategic theme") == [("03-02", "Settle fast", "One view")]
        assert at.told("7", "story_points") == [("03-02", "3", "8")]
        assert at.told("7", "business_value") == [("03-02", None, "20")]
        assert at.told("7", "iteration") == [("03-02", "Claims", "Claims\\Sprint 2")]
        assert at.told("7", "labels") == [("03-02", None, "urgent")]
        assert {each.known_at for each in at.changes("7", "story_points")} == {datetime(2026, 11, 1, 14, tzinfo=UTC)}
        assert at.rows() == rows


def test_a_full_load_costs_its_pages_and_nothing_else(tmp_path: Path) -> None:
    """ceil(R/p) + ceil(L/p) beyond the constants; afterwards ceil(r/p) + 1, and 2 where nothing has changed."""
    revisions = [a_revision(item, rev) for item in range(1, 8) for rev in (1, 2, 3)]
    links = [a_link(1, item, at="2026-03-04T09:00:00Z") for item in range(2, 8)]
    with house(tmp_path, revisions=revisions, links=links, page=4) as at:
        at.sync()
        full = streams_asked(at)
        at.site.revisions += [a_revision(item, 4) for item in range(1, 6)]
        at.sync()
        incremental = streams_asked(at)[len(full) :]
        at.sync()

        assert full == ["R"] * 6 + ["L"] * 2  # 21 revisions, 6 links
        assert incremental == ["R"] * 2 + ["L"]
        assert streams_asked(at)[len(full) + 3 :] == ["R", "L"]
        assert {seen.query["$maxPageSize"][0] for seen in at.asked(REVISIONS)} == {"1000"}
        assert not at.asked("/workItemsBatch") + at.asked("/updates") + at.asked("/wiql")


def streams_asked(at: House) -> list[str]:
    return ["R" if seen.path.endswith(REVISIONS) else "L" for seen in at.site.server.seen if "/reporting/" in seen.path]


def test_a_server_that_refuses_large_pages_is_asked_without() -> None:
    def small(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS) and "$maxPageSize" in seen.query:
            return json_answer({"message": "The value of $maxPageSize is out of range."}, status=400)
        return None

    with collection(revisions=[a_revision(7, 1), a_revision(8, 1)], page=1, fault=small) as site:
        connector = site.connector()
        connector.preflight()

        store = Store()
        store.sync(connector)

        assert store.items.keys() == {"7", "8"}
        assert ["$maxPageSize" in seen.query for seen in site.server.asked(REVISIONS)] == [True, False, False]


def test_the_token_stands_in_no_row_and_no_sentence(tmp_path: Path) -> None:
    def echoes(seen: Seen) -> Reply | None:
        if seen.path.endswith(LINKS):
            return json_answer({"message": f"no: {seen.headers['Authorization']} {TOKEN}"}, status=400)
        return None

    with house(tmp_path, revisions=[a_revision(7, 1)], fault=echoes) as at:
        run = at.sync()

        assert run.outcome == "failed"
        assert TOKEN not in run.sentence
        assert base64.b64encode(f":{TOKEN}".encode()).decode() not in run.sentence
