"""The walk over both streams, against a collection that answers by script."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.azure_devops import streams
from connectors.azure_devops.mapping import parent_of, record_of
from connectors.base import AccessDeniedError, IncompleteWalkError, SettingsError, UnreadableAnswerError
from domain.work_item import HistoryState, StatusCategory
from tests.connectors.azure_devops.scripted_collection import (
    Store,
    a_link,
    a_revision,
    a_type,
    collection,
    fields_offered,
)
from tests.connectors.scripted_server import Reply, Seen, json_answer

REVISIONS = "/wit/reporting/workItemRevisions"
LINKS = "/wit/reporting/workItemLinks"


def test_reads_an_item_and_its_changes_from_its_revisions() -> None:
    revisions = [a_revision(7, 1), a_revision(7, 2, State="Active"), a_revision(7, 3, State="Closed", Reason="Done")]
    store = Store()

    with collection(revisions=revisions) as site:
        store.sync(site.connector())

    item = store.items["7"]
    assert (item.key, item.status, item.status_id) == ("AB#7", "Closed", "Claims/User Story/Closed")
    assert (item.status_category, item.resolution, item.revision) == (StatusCategory.DONE, "Done", 3)
    assert item.project_id == "p-1"
    assert store.histories["7"] is HistoryState.COMPLETE
    assert store.told("7", "status") == [
        ("2026-03-01", None, "New"),
        ("2026-03-02", "New", "Active"),
        ("2026-03-03", "Active", "Closed"),
    ]


def test_an_unchanged_collection_costs_two_requests_beyond_the_constants() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)]) as site:
        store.sync(site.connector())
        connector = site.connector()
        connector.preflight()
        before = connector.requests_made()

        batches = store.sync(connector)

        assert connector.requests_made() - before == 2
        assert [batch.items for batch in batches] == [[], []]


@pytest.mark.parametrize("pages_at_once", [1, 2, 5])
def test_pages_of_one_revision_come_to_the_same_as_one_page(
    pages_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", pages_at_once)
    revisions = [
        a_revision(7, 1), a_revision(8, 1), a_revision(7, 2, State="Active"), a_revision(8, 2, Tags="a; b"),
        a_revision(7, 3, AreaPath="Claims\\Motor"), a_revision(7, 4, State="Closed"),
    ]  # fmt: skip
    links = [a_link(8, 7, at="2026-03-02T10:00:00Z")]
    at_once, one_by_one = Store(), Store()

    with collection(revisions=revisions, links=links) as site:
        at_once.sync(site.connector())
    with collection(revisions=revisions, links=links, page=1) as site:
        batches = one_by_one.sync(site.connector())
        assert len(batches) == -(-6 // pages_at_once) + 1

    assert {k: vars_of(v) for k, v in at_once.items.items()} == {k: vars_of(v) for k, v in one_by_one.items.items()}
    assert at_once.changes == one_by_one.changes
    assert at_once.histories == one_by_one.histories


@pytest.mark.parametrize("pages_at_once", [1, 3])
def test_goes_on_from_any_page_where_it_was_stopped(pages_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", pages_at_once)
    revisions = [a_revision(7, rev, State="Active" if rev % 2 else "New") for rev in range(1, 8)]
    links = [a_link(9, 7, at="2026-03-02T10:00:00Z")]
    whole = Store()
    with collection(revisions=revisions, links=links, page=2) as site:
        pages = len(whole.sync(site.connector()))

        for stopped_after in range(pages):
            store = Store()
            walk = site.connector().changes_since(None, store)
            for _ in range(stopped_after):
                store.save(next(walk))
            store.sync(site.connector())

            assert (store.items.keys(), store.changes) == (whole.items.keys(), whole.changes), stopped_after
            assert vars_of(store.items["7"]) == vars_of(whole.items["7"])


def test_pages_that_came_before_one_that_is_refused_are_handed_on() -> None:
    asked = iter(range(100))

    def refusing(seen: Seen) -> Reply | None:
        return json_answer({}, status=403) if seen.path.endswith(REVISIONS) and next(asked) == 3 else None

    store = Store()
    revisions = [a_revision(7, rev, State="Active" if rev % 2 else "New") for rev in range(1, 8)]
    with collection(revisions=revisions, page=1, fault=refusing) as site:
        with pytest.raises(AccessDeniedError):
            store.sync(site.connector())
        token = store.cursor["rev_token"]
        store.sync(site.connector())

        assert len(site.server.asked(REVISIONS)) == 8
    assert token is not None
    assert store.items["7"].revision == 7


def test_a_page_committed_twice_changes_nothing() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1), a_revision(7, 2, State="Active")], page=1) as site:
        store.sync(site.connector())
        changes, item = dict(store.changes), store.items["7"]

        store.sync(site.connector(), full=True)

    assert store.changes == changes
    assert store.items["7"] == item


def test_asks_for_light_fields_only_and_for_no_people_but_the_assignee() -> None:
    own = {"name": "Epic Owner", "referenceName": "Custom.EpicOwner", "type": "identity"}
    board = {"name": "Board", "referenceName": "WEF_6CB_Kanban.Column", "type": "string"}
    with collection(fields=fields_offered(own, board)) as site:
        Store().sync(site.connector())

        asked = site.server.asked(REVISIONS)[0]
        assert asked.method == "POST"
        assert asked.json["includeDeleted"] is True
        assert {"System.State", "System.AssignedTo", "Custom.EpicOwner", "System.Tags"} <= set(asked.json["fields"])
        assert not {"System.Description", "System.ChangedBy", "WEF_6CB_Kanban.Column"} & set(asked.json["fields"])


def test_a_field_that_the_collection_lacks_is_not_asked_for_and_stays_unknown() -> None:
    lacking = "Microsoft.VSTS.Common.BusinessValue"
    store = Store()
    with collection(revisions=[a_revision(7, 1)], fields=fields_offered(without=[lacking])) as site:
        store.sync(site.connector())

        assert lacking not in site.server.asked(REVISIONS)[0].json["fields"]
    assert "business_value" not in store.items["7"].values


def test_does_without_the_deletion_mark_where_it_is_neither_offered_nor_accepted() -> None:
    def no_mark(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS) and "System.IsDeleted" in seen.json["fields"]:
            return json_answer({"message": "TF51535: Cannot find field System.IsDeleted."}, status=400)
        return None

    store = Store()
    offered = fields_offered(without=["System.IsDeleted"])
    with collection(revisions=[a_revision(7, 1)], fields=offered, fault=no_mark) as site:
        store.sync(site.connector())

    assert "7" in store.items


def test_the_same_token_twice_ends_the_walk() -> None:
    def circling(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS):
            return json_answer({"values": [a_revision(7, 1)], "continuationToken": "r;1", "isLastBatch": False})
        return None

    store = Store()
    with collection(fault=circling) as site:
        with pytest.raises(IncompleteWalkError, match="same token"):
            store.sync(site.connector())

        assert len(site.server.asked(REVISIONS)) == 2
    assert store.cursor["rev_token"] == "r;1"


def test_empty_pages_with_a_moving_token_are_bounded() -> None:
    count = iter(range(1_000))

    def drifting(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS):
            return json_answer({"values": [], "continuationToken": f"r;{next(count)}", "isLastBatch": False})
        return None

    with collection(fault=drifting) as site:
        with pytest.raises(IncompleteWalkError, match="empty pages"):
            Store().sync(site.connector())

        assert len(site.server.asked(REVISIONS)) == 11


def test_a_few_empty_pages_are_walked_through() -> None:
    store = Store()
    pages = iter([([], False), ([], False), ([a_revision(7, 1)], True)])

    def thin(seen: Seen) -> Reply | None:
        if seen.path.endswith(REVISIONS):
            values, last = next(pages)
            return json_answer({"values": values, "continuationToken": str(len(site.server.seen)), "isLastBatch": last})
        return None

    with collection(fault=thin) as site:
        store.sync(site.connector())

    assert "7" in store.items


@pytest.mark.parametrize(
    "body",
    [{}, [], {"values": None, "isLastBatch": True}, {"values": []}, {"values": [1], "isLastBatch": True},
     {"values": [{"id": 1, "rev": 1}], "isLastBatch": True, "continuationToken": "x"}],
    ids=["nothing", "a list", "null values", "no last mark", "no objects", "no fields"],
)  # fmt: skip
def test_an_answer_of_another_shape_is_never_an_empty_page(body: Any) -> None:
    def odd(seen: Seen) -> Reply | None:
        return json_answer(body) if seen.path.endswith(REVISIONS) else None

    store = Store()
    with collection(fault=odd) as site, pytest.raises(UnreadableAnswerError):
        store.sync(site.connector())

    assert store.cursor is None


def test_takes_the_token_from_the_next_link_where_it_stands_there_alone() -> None:
    def as_in_the_sample(seen: Seen) -> Reply | None:
        if not seen.path.endswith(REVISIONS):
            return None
        link = "https://elsewhere.example/_apis/wit/reporting/workItemRevisions?continuationToken=3;2;1&api-version=2.0"
        return json_answer({"values": [], "nextLink": link, "isLastBatch": True})

    store = Store()
    with collection(fault=as_in_the_sample) as site:
        store.sync(site.connector())

        assert store.cursor["rev_token"] == "3;2;1"
        assert all(seen.headers["Host"] == site.server.url.removeprefix("http://") for seen in site.server.seen)


@pytest.mark.parametrize("status", [400, 404])
def test_a_lost_token_is_answered_by_going_on_one_day_before_the_newest(status: int) -> None:
    store = Store()
    revisions = [a_revision(6, 1, at="2026-02-01T09:00:00Z"), a_revision(7, 1), a_revision(7, 2, State="Active")]
    with collection(revisions=revisions) as site:
        store.sync(site.connector())
        changes = dict(store.changes)
        site.revisions.append(a_revision(7, 3, State="Closed"))

        def lost(seen: Seen) -> Reply | None:
            if seen.query.get("continuationToken") == ["r;3"]:
                return json_answer({"message": "VS403655: the token is of another server"}, status=status)
            return None

        site.fault = lost
        store.sync(site.connector())

        restarted = site.server.asked(REVISIONS)[-1]
        assert restarted.query == {"startDateTime": ["2026-03-01T09:00:00Z"], "$maxPageSize": ["1000"]}
    assert store.items["7"].status == "Closed"
    assert changes.items() <= store.changes.items()
    assert store.told("7", "status")[-1] == ("2026-03-03", "Active", "Closed")
    assert store.histories["7"] is HistoryState.COMPLETE


def test_tokens_that_are_refused_again_and_again_end_the_run() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1), a_revision(8, 1)], page=1) as site:
        store.sync(site.connector())

        def forgetful(seen: Seen) -> Reply | None:
            return json_answer({}, status=400) if "continuationToken" in seen.query else None

        site.fault = forgetful
        with pytest.raises(SettingsError, match="400"):
            store.sync(site.connector())


def test_a_refusal_that_is_not_about_the_token_is_told() -> None:
    def refuses(seen: Seen) -> Reply | None:
        return json_answer({"message": "no"}, status=400) if seen.path.endswith(REVISIONS) else None

    with collection(fault=refuses) as site, pytest.raises(SettingsError, match="400"):
        Store().sync(site.connector())


def test_a_token_and_a_start_date_never_travel_together() -> None:
    with collection(revisions=[a_revision(7, 1), a_revision(8, 1)], page=1) as site:
        store = Store()
        store.sync(site.connector())
        store.sync(site.connector(), full=True)

        streams = [seen for seen in site.server.seen if "/reporting/" in seen.path]
        assert not any({"continuationToken", "startDateTime"} <= seen.query.keys() for seen in streams)


def test_an_item_that_moved_to_another_project_is_followed_with_its_whole_history() -> None:
    revisions = [
        a_revision(7, 1),
        a_revision(7, 2, State="Active"),
        a_revision(7, 3, State="Active", TeamProject="Motor", AreaPath="Motor"),
        a_revision(7, 4, State="Closed", TeamProject="Motor", AreaPath="Motor"),
    ]
    projects = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "Motor"}]
    store = Store()
    with collection(revisions=revisions, projects=projects, page=1) as site:
        store.sync(site.connector(projects=("Claims",)))

    assert store.gone == {"7": "elsewhere"}
    assert store.told("7", "project") == [("2026-03-03", "Claims", "Motor")]
    assert [told[2] for told in store.told("7", "status")] == ["New", "Active", "Active", "Closed"]
    assert store.items["7"].project_id == "p-2"


def test_an_item_that_comes_back_into_scope_is_restored() -> None:
    projects = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "Motor"}]
    there = [a_revision(7, 1), a_revision(7, 2, TeamProject="Motor", AreaPath="Motor")]
    store = Store()
    with collection(revisions=there, projects=projects) as site:
        store.sync(site.connector(projects=("Claims",)))
        site.revisions.append(a_revision(7, 3))
        batches = store.sync(site.connector(projects=("Claims",)))

    assert [one for batch in batches for one in batch.restored] == ["7"]
    assert store.gone == {}


def test_what_was_never_in_scope_is_not_kept() -> None:
    revisions = [a_revision(7, 1, AreaPath="Claims\\Motor"), a_revision(8, 1, AreaPath="Claims\\Motorbike")]
    store = Store()
    with collection(revisions=revisions) as site:
        store.sync(site.connector(area="Claims\\Motor"))

    assert store.items.keys() == {"7"}


def test_an_item_that_moved_into_scope_gets_its_earlier_history_from_its_updates() -> None:
    projects = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "Motor"}]
    before = [a_revision(7, 1, TeamProject="Motor", AreaPath="Motor"),
              a_revision(7, 2, TeamProject="Motor", AreaPath="Motor", State="Active")]  # fmt: skip
    after = a_revision(7, 3, State="Active")
    store = Store()
    with collection(revisions=[*before, after], projects=projects, page=1) as site:
        site.updates = {"7": updates_from([*before, after])}
        store.sync(site.connector(projects=("Claims",)))

    assert store.histories["7"] is HistoryState.COMPLETE
    assert [told[1:] for told in store.told("7", "status")] == [(None, "New"), ("New", "Active"), ("Active", "Active")]
    assert store.told("7", "project") == [("2026-03-03", "Motor", "Claims")]


def test_a_revision_number_that_never_was_is_no_gap() -> None:
    revisions = [a_revision(7, 1), a_revision(7, 3, State="Active")]
    store = Store()
    with collection(revisions=revisions, updates={"7": updates_from(revisions)}) as site:
        store.sync(site.connector())

    assert store.histories["7"] is HistoryState.COMPLETE


def test_a_gap_that_the_updates_do_not_explain_is_told() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 4, State="Active")]) as site:
        store.sync(site.connector())

    assert store.histories["7"] is HistoryState.GAP
    assert store.told("7", "status") == [("2026-03-04", None, "Active")]


@pytest.mark.parametrize("status", [403, 404])
def test_a_gap_of_an_item_that_is_hidden_by_now_ends_no_run(status: int) -> None:
    def hidden(seen: Seen) -> Reply | None:
        return json_answer({"message": "TF401232"}, status=status) if seen.path.endswith("/updates") else None

    store = Store()
    with collection(revisions=[a_revision(7, 4), a_revision(7, 5, IsDeleted=True)], fault=hidden) as site:
        store.sync(site.connector())

    assert store.histories["7"] is HistoryState.GAP
    assert store.gone == {"7": "recycled"}


def test_a_lost_token_of_the_links_goes_on_from_the_newest_link_seen_and_not_from_the_items() -> None:
    revisions = [a_revision(one, 1) for one in (7, 8, 12)] + [a_revision(7, 2, at="2026-09-01T09:00:00Z")]
    links = [a_link(12, 7, at="2026-03-02T10:00:00Z"), a_link(12, 8, at="2026-03-05T10:00:00Z")]
    store = Store()
    with collection(revisions=revisions, links=links, page=1) as site:
        store.sync(site.connector())

        refusals = [json_answer({"message": "VS403655"}, status=400)]

        def lost(seen: Seen) -> Reply | None:
            return refusals.pop() if seen.path.endswith(LINKS) and refusals else None

        site.fault = lost
        store.sync(site.connector())

        assert {"startDateTime": ["2026-03-04T10:00:00Z"]} in [seen.query for seen in site.server.asked(LINKS)]
    assert (store.items["7"].parent_id, store.items["8"].parent_id) == ("12", "12")


def test_a_retyped_item_keeps_its_whole_history() -> None:
    revisions = [a_revision(7, 1, WorkItemType="Bug"), a_revision(7, 2, WorkItemType="User Story")]
    store = Store()
    with collection(revisions=revisions) as site:
        store.sync(site.connector())

    assert store.told("7", "type") == [("2026-03-02", "Bug", "User Story")]
    last = max((one for one in store.changes.values() if one.field == "status"), key=lambda one: one.sequence)
    assert (last.from_id, last.to_id) == ("Claims/Bug/New", "Claims/User Story/New")


def test_a_deletion_a_restoration_and_a_second_deletion_are_followed() -> None:
    revisions = [a_revision(7, 1), a_revision(7, 2, IsDeleted=True)]
    store = Store()
    with collection(revisions=revisions) as site:
        store.sync(site.connector())
        assert store.gone == {"7": "recycled"}

        site.revisions.append(a_revision(7, 3))
        store.sync(site.connector())
        assert store.gone == {}

        bare = {"System.IsDeleted": True, "System.ChangedDate": "2026-03-04T09:00:00Z"}
        site.revisions.append({"id": 7, "rev": 4, "fields": bare})
        store.sync(site.connector())

    assert store.gone == {"7": "recycled"}
    assert store.items["7"].title == "Item 7"
    assert store.told("7", "removed") == [
        ("2026-03-02", None, "recycled"), ("2026-03-03", "recycled", None), ("2026-03-04", None, "recycled"),
    ]  # fmt: skip


def test_the_stream_of_links_tells_the_parent_and_when_it_changed() -> None:
    links = [
        a_link(12, 7, at="2026-03-02T10:00:00Z"),
        a_link(12, 7, at="2026-05-09T10:00:00Z", active=False),
        a_link(40, 7, at="2026-05-09T10:00:00Z"),
    ]
    store = Store()
    with collection(revisions=[a_revision(one, 1) for one in (7, 12, 40)], links=links) as site:
        store.sync(site.connector())

    assert store.items["7"].parent_id == "40"
    assert store.told("7", "parent") == [
        ("2026-03-02", None, "AB#12"), ("2026-05-09", "AB#12", None), ("2026-05-09", None, "AB#40"),
    ]  # fmt: skip
    assert [(event.from_id, event.to_id, event.kind, event.active) for event in store.links] == [
        ("12", "7", "child", True), ("12", "7", "child", False), ("40", "7", "child", True),
    ]  # fmt: skip


def test_a_link_made_from_the_other_end_changes_the_parent_without_a_revision() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1), a_revision(12, 1)]) as site:
        store.sync(site.connector())
        site.links.append(a_link(12, 7, at="2026-04-01T10:00:00Z"))
        store.sync(site.connector())
        assert store.items["7"].parent_id == "12"

        site.links.append(a_link(12, 7, at="2026-04-02T10:00:00Z", active=False))
        store.sync(site.connector())
        assert store.items["7"].parent_id is None

    assert store.told("7", "parent") == [("2026-04-01", None, "AB#12"), ("2026-04-02", "AB#12", None)]


def test_a_later_revision_leaves_parent_and_links_as_the_stream_told_them() -> None:
    links = [a_link(12, 7, at="2026-03-02T10:00:00Z"),
             a_link(9, 7, at="2026-03-02T11:00:00Z", rel="System.LinkTypes.Dependency-Forward")]  # fmt: skip
    store = Store()
    with collection(revisions=[a_revision(7, 1), a_revision(12, 1), a_revision(9, 1)], links=links) as site:
        store.sync(site.connector())
        site.revisions.append(a_revision(7, 2, State="Active"))
        store.sync(site.connector())

    assert (store.items["7"].status, store.items["7"].parent_id) == ("Active", "12")
    assert [(event.from_id, event.to_id, event.kind) for event in store.links] == [
        ("12", "7", "child"),
        ("9", "7", "blocks"),
    ]


def test_system_parent_serves_until_the_stream_of_links_has_spoken() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1, Parent=12), a_revision(12, 1), a_revision(40, 1)]) as site:
        store.sync(site.connector())
        assert store.items["7"].parent_id == "12"

        site.links.append(a_link(40, 7, at="2026-04-01T10:00:00Z"))
        store.sync(site.connector())
        assert store.items["7"].parent_id == "40"


def test_a_link_to_an_item_made_during_the_walk_waits_for_the_item() -> None:
    store = Store()
    with collection(revisions=[a_revision(12, 1)]) as site:

        def arrives_late(seen: Seen) -> Reply | None:
            if seen.path.endswith(LINKS) and len(site.revisions) == 1:
                site.revisions.append(a_revision(7, 1, at="2026-11-01T12:00:00Z"))
                site.links.append(a_link(12, 7, at="2026-11-01T12:00:01Z"))
            return None

        site.fault = arrives_late
        store.sync(site.connector())

    assert store.items["7"].parent_id == "12"


def test_another_scope_walks_from_the_beginning() -> None:
    revisions = [a_revision(7, 1, AreaPath="Claims\\Motor"), a_revision(8, 1, AreaPath="Claims\\Home")]
    store = Store()
    with collection(revisions=revisions) as site:
        store.sync(site.connector(area="Claims\\Motor"))
        store.sync(site.connector(area="Claims"))

    assert store.items.keys() == {"7", "8"}


def test_a_state_that_its_type_does_not_list_is_of_unknown_category() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1, State="Parked")], types=[a_type("User Story")]) as site:
        store.sync(site.connector())

    assert (store.items["7"].status, store.items["7"].status_category) == ("Parked", StatusCategory.UNKNOWN)


def test_an_item_that_cannot_be_read_is_set_aside_and_the_others_go_on() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1, State=None), a_revision(8, 1)]) as site:
        store.sync(site.connector())

        assert store.items.keys() == {"8"}
        assert "System.State" in store.unreadable["7"]
        assert ("7", "revision:1") in store.kept

        site.updates = {"7": updates_from([a_revision(7, 1), a_revision(7, 2)])}
        site.revisions.append(a_revision(7, 2))
        store.sync(site.connector())
    assert store.items["7"].status == "New"


def test_dates_that_fall_never_make_a_duration_negative() -> None:
    revisions = [a_revision(7, 1), a_revision(7, 2, State="Active", at="2026-03-09T09:00:00Z"),
                 a_revision(7, 3, State="Closed", at="2026-03-04T09:00:00Z"),
                 a_revision(7, 4, State="New", at="9999-01-01T00:00:00Z")]  # fmt: skip
    store = Store()
    with collection(revisions=revisions) as site:
        store.sync(site.connector())

    assert [told[0] for told in store.told("7", "status")] == ["2026-03-01", "2026-03-09", "2026-03-09", "2026-03-09"]
    assert [told[2] for told in store.told("7", "status")] == ["New", "Active", "Closed", "New"]


def test_what_is_kept_can_be_read_again_without_a_request() -> None:
    revisions = [a_revision(7, 1), a_revision(7, 2, State="Active", Tags="x"), a_revision(7, 3, State="Closed")]
    links = [a_link(12, 7, at="2026-03-02T10:00:00Z")]
    store = Store()
    with collection(revisions=[*revisions, a_revision(12, 1)], links=links, page=1) as site:
        store.sync(site.connector())
        connector = site.connector()

        reading = connector.read(list(store.raws("7")), {})

        assert connector.requests_made() == 0
    assert reading.item == store.items["7"]
    assert set(reading.changes) == {one for one in store.changes.values() if one.external_id == "7"}
    assert reading.history is store.histories["7"]
    assert parent_of(record_of(store.kept[("7", "item")].body, who="test")) == "12"


def test_an_item_with_twelve_thousand_revisions_is_read_page_by_page() -> None:
    states = ("New", "Active")
    revisions = [a_revision(7, rev, at="2026-03-01T09:00:00Z", State=states[rev % 2]) for rev in range(1, 12_001)]
    store = Store()
    with collection(revisions=revisions, page=1_000) as site:
        batches = store.sync(site.connector())

    assert max(len(batch.raws) for batch in batches) == 4_001  # of four pages, and the item as it is
    assert len(store.told("7", "status")) == 12_000
    assert store.histories["7"] is HistoryState.COMPLETE


def updates_from(revisions: list[dict[str, Any]]) -> list[Any]:
    """What `workItems/{id}/updates` says of these revisions: differences, and a link-only update that repeats a rev."""
    updates: list[Any] = []
    before: dict[str, Any] = {}
    for number, revision in enumerate(revisions, 1):
        now = revision["fields"]
        told = {name: {"oldValue": before.get(name), "newValue": now.get(name)} for name in before | now
                if before.get(name) != now.get(name)}  # fmt: skip
        updates.append({"id": number, "workItemId": revision["id"], "rev": revision["rev"], "fields": told})
        before = now
    last = revisions[-1]
    updates.append({"id": len(updates) + 1, "workItemId": last["id"], "rev": last["rev"], "relations": {"added": []}})
    return updates


def vars_of(item: Any) -> dict[str, Any]:
    """An item's parts without its address, which holds the port of the test's server."""
    return {name: getattr(item, name) for name in item.__dataclass_fields__ if name != "url"}


def test_links_that_only_relate_two_items_are_told_as_such() -> None:
    links = [
        a_link(7, 12, at="2026-03-02T10:00:00Z", rel="System.LinkTypes.Related"),
        a_link(7, 40, at="2026-03-02T10:00:00Z", rel="System.LinkTypes.Dependency-Forward"),
        a_link(7, 12, at="2026-03-02T10:00:00Z", rel="AttachedFile"),
    ]
    store = Store()
    with collection(revisions=[a_revision(one, 1) for one in (7, 12, 40)], links=links) as site:
        store.sync(site.connector())

    assert [(event.from_id, event.to_id, event.kind) for event in store.links] == [
        ("7", "12", "relates"), ("7", "40", "blocks"),
    ]  # fmt: skip
