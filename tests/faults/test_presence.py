"""Absence is not deletion, and what we hold can be proven: whole runs and sweeps against three small trackers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from domain.work_item import ItemId
from sync.presence import APART
from sync.store import RunRecord
from sync.store.keys import named_changes
from sync.store.store import Known
from sync.store.tables import CHANGES, ITEMS, RAWS
from tests.connectors.jira.jira_house import millis
from tests.faults.catalogue import case
from tests.faults.test_odd_data import STATUS, spoil
from tests.faults.trackers import AZURE, CLOUD, DATA_CENTER, JIRAS, KINDS, SOURCE, JiraTracker, Tracker, a_tracker
from tests.sync.fakes import dump
from tests.sync.test_ledgers import EDITION

STRANGER = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


@pytest.fixture(params=KINDS)
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    """A tracker of each kind in turn, synced once."""
    with a_tracker(request.param, tmp_path) as opened:
        assert opened.sync().outcome == "ok"
        yield opened


def presence_of(tracker: Tracker, external_id: str) -> tuple[bool, str | None]:
    """Is an item labelled missing; why was it removed?"""
    held = tracker.store.item(ItemId(SOURCE, external_id))
    assert held is not None
    return held.missing_since is not None, held.removed_reason


def removal_by(tracker: Tracker, external_id: str, known_at: datetime) -> tuple[datetime | None, str | None]:
    """When and why an item was removed, by what was known at an instant."""
    (found,) = (one for one in tracker.store.held_items(known_at) if one.item.external_id == external_id)
    return found.removed_at, found.removed_reason


def raw_of(tracker: Tracker, item_id: ItemId) -> object:
    """The raw answer that is kept of an item; of Azure DevOps, its revision."""
    body = Known(tracker.store, SOURCE).item_raws([item_id.external_id])[item_id.external_id].body
    return body["revision"]["rev"] if tracker.kind == AZURE else body


def as_to_a_stranger(_: RecordedRequest, response: Response) -> Response:
    """What Jira Cloud answers to a token that has expired: 200, and nothing to see."""
    return replace(response.with_json({"issues": [], "isLast": True}), headers={**response.headers, **STRANGER})


def emptied(_: RecordedRequest, response: Response) -> Response:
    return response.with_json({"issues": [], "isLast": True})


def without(*ids: str) -> Callable[[RecordedRequest, Response], Response]:
    """An index that does not know some issues today."""

    def altered(_: RecordedRequest, response: Response) -> Response:
        told = response.json()
        return response.with_json(told | {"issues": [each for each in told["issues"] if str(each["id"]) not in ids]})

    return altered


# --- nobody, or somebody else, is looking


@case("E016")
@pytest.mark.parametrize("run", ["sync", "sweep"])
def test_an_expired_token_that_sees_an_empty_world_removes_nothing(cloud: JiraTracker, run: str) -> None:
    before, cursor = cloud.item_rows, cloud.cursor
    cloud.clock.pass_(hours=7)
    cloud.server.faults.append(Fault(path="/search/jql$", times=None, alter=as_to_a_stranger))

    record = cloud.sync() if run == "sync" else cloud.sweep()

    assert record.outcome == "failed"
    assert "token" in record.sentence
    assert (cloud.item_rows, cloud.cursor) == (before, cursor)


@case("E017")
@pytest.mark.parametrize("asked_before", [0, 1, 2])
def test_a_token_that_ends_during_the_census_removes_nothing(cloud: JiraTracker, asked_before: int) -> None:
    before, cursor = cloud.item_rows, cloud.cursor
    cloud.server.faults += [
        Fault(path="/search/jql$", times=None, alter=emptied),
        Fault(path="/myself$", skip=asked_before, times=None, response=answer({}, status=401)),
    ]

    record = cloud.sweep()

    assert record.outcome == "failed"
    assert "token" in record.sentence
    assert (cloud.item_rows, cloud.cursor) == (before, cursor)


@case("E018")
@pytest.mark.parametrize("run", ["sync", "sweep"])
def test_another_owner_of_the_token_is_stopped_before_anything_is_read(cloud: JiraTracker, run: str) -> None:
    before, asked = cloud.item_rows, len(cloud.server.requests)
    somebody = Fault(
        path="/myself$", times=None, alter=lambda _, told: told.with_json(told.json() | {"accountId": "another"})
    )
    cloud.server.faults.append(somebody)

    record = cloud.sync() if run == "sync" else cloud.sweep()

    assert record.outcome == "failed"
    assert "vmo confirm claims identity" in record.sentence
    assert cloud.item_rows == before
    assert not [each for each in cloud.server.requests[asked:] if each.path.endswith("/search/jql")]


def test_permissions_that_change_while_absent_items_are_looked_at_decide_nothing(tracker: Tracker) -> None:
    gone = tracker.items()[3]
    tracker.delete(3)
    tracker.sweep()
    tracker.clock.pass_(hours=7)
    before = tracker.item_rows

    def hide(_: RecordedRequest, response: Response) -> Response:
        tracker.hide_project()
        return response

    look = {CLOUD: "/issue/bulkfetch$", DATA_CENTER: f"/issue/{gone}$", AZURE: "/workitemsbatch$"}[tracker.kind]
    tracker.server.faults.append(Fault(path=look, alter=hide))
    record = tracker.sweep()

    assert record.outcome == "failed"
    assert "changed during the census" in record.sentence
    assert tracker.item_rows == before
    assert presence_of(tracker, gone) == (True, None)


# --- one item


@case("E019")
def test_three_issues_that_one_census_misses_and_the_next_shows_stay(cloud: JiraTracker) -> None:
    missed = tuple(cloud.items()[:3])
    cloud.server.faults.append(Fault(path="/search/jql$", times=None, alter=without(*missed)))
    first = cloud.sweep()
    cloud.healthy().clock.pass_(hours=7)

    second = cloud.sweep()

    assert (first.outcome, first.missing, first.tombstoned) == ("ok", 3, 0)
    assert (second.missing, second.tombstoned) == (0, 0)
    assert {presence_of(cloud, each) for each in cloud.items()} == {(False, None)}
    assert cloud.store.removals(SOURCE) == []


@case("E019")
def test_issues_that_every_census_misses_and_a_direct_look_finds_are_present(cloud: JiraTracker) -> None:
    missed = tuple(cloud.items()[:3])
    cloud.server.faults.append(Fault(path="/search/jql$", times=None, alter=without(*missed)))
    for _ in range(3):
        record = cloud.sweep()
        cloud.clock.pass_(hours=7)

    assert (record.missing, record.tombstoned) == (3, 0)
    assert {presence_of(cloud, each) for each in missed} == {(False, None)}


@case("E019")
def test_what_two_sweeps_miss_a_day_apart_with_a_sight_of_it_between_is_kept(tracker: Tracker) -> None:
    hidden = tracker.items()[2]
    for shown in (False, True, False):
        tracker.show_all()
        if not shown:
            tracker.hide(2)
        assert tracker.sweep().outcome == "ok"
        tracker.clock.pass_(hours=24)

    held = presence_of(tracker, hidden)

    assert held == (True, None)


@case("E020")
def test_a_deleted_item_is_removed_once_after_two_sweeps_and_keeps_its_history(tracker: Tracker) -> None:
    gone = tracker.items()[4]
    told = tracker.store.changes_of(ItemId(SOURCE, gone))
    tracker.delete(4)
    records = []

    for hours in (5, 1, 24, 0):  # five hours after the first is too soon
        records.append(tracker.sweep())
        tracker.clock.pass_(hours=hours)

    (tombstone,) = tracker.store.removals(SOURCE)
    assert [record.outcome for record in records] == ["ok"] * 4
    assert [record.tombstoned for record in records] == [0, 0, 1, 0]
    assert (tombstone.external_id, tombstone.look) == (gone, "absent")
    assert tombstone.sweeps == (records[0].run_id, records[2].run_id)
    assert tombstone.reason == ("destroyed_or_hidden" if tracker.kind == AZURE else "deleted_or_hidden")
    assert tracker.store.changes_of(ItemId(SOURCE, gone)) == told
    assert told


def test_our_own_clock_that_jumps_makes_no_second_strike(cloud: JiraTracker) -> None:
    gone = cloud.items()[4]
    cloud.delete(4)
    cloud.sweep()
    server_stands = cloud.clock.at
    cloud.server.now = lambda: server_stands  # only ours goes on

    cloud.clock.pass_(seconds=APART.total_seconds() * 3)
    record = cloud.sweep()

    assert record.tombstoned == 0
    assert presence_of(cloud, gone) == (True, None)


@pytest.mark.parametrize("worked_on", [True, False])
def test_what_comes_back_counts_only_once_it_has_been_read_again(tracker: Tracker, worked_on: bool) -> None:
    back = tracker.items()[2]
    key = tracker.store.keys_of(SOURCE, [back])[back]
    tracker.hide(2)
    for _ in range(2):
        tracker.sweep()
        tracker.clock.pass_(hours=7)
    removed = presence_of(tracker, back)
    if worked_on:
        tracker.transition(2)
    tracker.clock.pass_(hours=30)  # beyond every overlap
    tracker.sync()
    tracker.show_all()

    counted = tracker.sweep()
    before_it_is_read = presence_of(tracker, back)
    tracker.sync()

    assert removed[1] is not None
    assert before_it_is_read == removed
    assert f"1 back, and read again next: {key}" in counted.sentence
    assert (counted.held, counted.declared, counted.missing, counted.unheld) == (10, 11, 0, 1)
    assert "exactly" not in counted.sentence
    assert "not held, and fetched next" not in counted.sentence
    assert presence_of(tracker, back) == (False, None)


def test_what_comes_back_has_its_history_and_what_happened_meanwhile(tracker: Tracker) -> None:
    back = tracker.items()[2]
    told = len(tracker.store.changes_of(ItemId(SOURCE, back)))
    tracker.hide(2)
    for _ in range(2):
        tracker.sweep()
        tracker.clock.pass_(hours=7)
    removed = presence_of(tracker, back)
    tracker.transition(2)
    tracker.clock.pass_(hours=1)
    tracker.sync()
    tracker.clock.pass_(hours=30)  # beyond every overlap
    tracker.sync()
    tracker.show_all()

    counted = tracker.sweep()
    record = tracker.sync()
    later = [tracker.sweep(), tracker.sync()]

    (tombstone,) = tracker.store.removals(SOURCE)
    changes = [each for each in tracker.store.changes_of(ItemId(SOURCE, back)) if each.field == "status"]
    held = tracker.store.item(ItemId(SOURCE, back))
    assert held is not None
    assert removed[1] is not None
    assert [each.returned for each in (counted, record, *later)] == [0, 1, 0, 0]
    assert tombstone.returned_at is not None
    assert presence_of(tracker, back) == (False, None)
    assert len(tracker.store.changes_of(ItemId(SOURCE, back))) > told
    assert changes[-1].to_value == held.item.status


def test_each_edition_is_told_again_what_was_removed_when_it_was_made(tracker: Tracker) -> None:
    back = tracker.items()[2]
    editions = []

    def publish() -> None:
        tracker.clock.pass_(hours=1)
        editions.append(tracker.clock.now())
        name, at = f"weekly {editions[-1]}", editions[-1]
        tracker.store.record_edition(replace(EDITION, edition_id=name, known_at=at, published_at=at))
        tracker.clock.pass_(hours=1)

    publish()
    for _ in range(2):  # it comes back unedited, and goes again
        tracker.hide(2)
        tracker.sweep()
        tracker.clock.pass_(hours=7)
        tracker.sweep()
        publish()
        tracker.show_all()
        tracker.sweep()
        tracker.sync()
        publish()

    (first, second) = tracker.store.removals(SOURCE)
    assert [removal_by(tracker, back, at) for at in editions] == [
        (None, None), (first.removed_at, first.reason), (None, None), (second.removed_at, second.reason), (None, None)
    ]  # fmt: skip
    found = [one for one, _ in named_changes(tracker.store, sources={SOURCE}) if one.field == "removed"]
    assert [(one.external_id, one.occurred_at, one.from_value, one.to_value) for one in found] == [
        (back, first.removed_at, None, first.reason), (back, first.returned_at, first.reason, None),
        (back, second.removed_at, None, second.reason), (back, second.returned_at, second.reason, None),
    ]  # fmt: skip


def test_an_older_copy_of_a_restored_tracker_comes_back_and_undoes_what_it_does_not_tell(tracker: Tracker) -> None:
    back = ItemId(SOURCE, tracker.add("Just made, and never moved"))
    number = list(tracker.items()).index(back.external_id)
    tracker.clock.pass_(minutes=1)
    tracker.sync()
    whole = tracker.store.changes_of(back)
    before, raw = tracker.store.item(back), raw_of(tracker, back)
    undo = tracker.as_backed_up(number)
    tracker.clock.pass_(hours=1)
    tracker.transition(number)
    tracker.clock.pass_(minutes=1)
    tracker.sync()
    known = tracker.clock.now()
    undone = {each.change_id for each in tracker.store.changes_of(back)} - {each.change_id for each in whole}
    tracker.hide(number)
    for _ in range(2):
        tracker.sweep()
        tracker.clock.pass_(hours=7)
    undo()
    tracker.show_all()
    tracker.sweep()

    record = tracker.sync()
    after = tracker.sweep()

    held = tracker.store.item(back)
    assert before is not None
    assert held is not None
    assert (held.item, held.removed_at) == (before.item, None)
    assert tracker.store.changes_of(back) == whole
    assert raw_of(tracker, back) == raw  # so that reading it again does not undo it
    assert undone
    assert undone <= {
        each.change_id for each in tracker.store.changes(known_at=known) if each.external_id == back.external_id
    }
    assert {each.change_id for each, _ in tracker.store.former_changes(back)} == undone
    assert (record.mended, after.returned, after.outcome) == (1, 0, "ok")
    tracker.clock.pass_(hours=1)
    assert tracker.sync(full=True).mended == 0
    assert tracker.store.changes_of(back) == whole


@case("E023")
def test_an_item_moved_within_the_scope_is_one_row_that_both_keys_find(tracker: Tracker) -> None:
    moved = tracker.items()[5]
    before = tracker.store.item(ItemId(SOURCE, moved))
    assert before is not None
    tracker.clock.pass_(hours=1)
    tracker.move(5)

    tracker.sync()
    tracker.sweep()

    after = tracker.store.item(ItemId(SOURCE, moved))
    assert after is not None
    assert len(list(tracker.store.held_items())) == 11
    assert after.item.project_id != before.item.project_id
    assert {
        each.item.external_id for key in (before.item.key, after.item.key) for each in tracker.store.items_called(key)
    } == {moved}
    assert presence_of(tracker, moved) == (False, None)


@case("E023")
@pytest.mark.parametrize("kind", KINDS)
def test_an_item_moved_out_of_the_scope_is_out_of_scope_and_not_deleted(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        tracker.given = {"projects": ("Claims",)} if kind == AZURE else {"jql": "project = CLM"}
        tracker.sync()
        moved = tracker.items()[5]
        tracker.clock.pass_(hours=1)
        tracker.move(5)
        before = tracker.clock.now()
        tracker.sync()

        tracker.sweep()

        tracker.sync()  # asks how it is called now

        (tombstone,) = tracker.store.removals(SOURCE)
        now_called = tracker.site.issues[int(moved)].key if isinstance(tracker, JiraTracker) else f"AB#{moved}"
        assert [one.item.external_id for one in tracker.store.items_called(now_called)] == [moved]
        assert presence_of(tracker, moved) == (False, "out_of_scope")
        assert (tombstone.external_id, tombstone.reason) == (moved, "out_of_scope")
        assert removal_by(tracker, moved, before - timedelta(seconds=1)) == (None, None)


# --- many items


@case("E021")
def test_most_of_a_project_that_vanishes_suspends_it(tracker: Tracker) -> None:
    tracker.hide(*range(6))
    sweeps = []
    for _ in range(3):
        sweeps.append(tracker.sweep())
        tracker.clock.pass_(hours=24)
        tracker.sync()

    trust = tracker.store.trust(SOURCE)
    (suspended,) = trust.suspended
    assert [record.tombstoned for record in sweeps] == [0, 0, 0]
    assert (trust.held, trust.suspects, trust.removed) == (11, 6, {})
    assert suspended.missing == 6
    assert suspended.since < sweeps[1].started_at  # since the first sweep that said so
    assert "vanished at once" in sweeps[-1].sentence
    assert any("vmo confirm claims vanished" in problem for problem in trust.problems)


def test_a_suspension_ends_when_the_items_are_back(tracker: Tracker) -> None:
    tracker.hide(*range(6))
    tracker.sweep()
    tracker.show_all()
    tracker.clock.pass_(hours=24)

    tracker.sweep()

    trust = tracker.store.trust(SOURCE)
    assert (trust.suspended, trust.suspects, trust.held) == ((), 0, 11)


def test_a_confirmation_is_for_the_items_that_were_missing_and_for_no_others(cloud: JiraTracker) -> None:
    cloud.hide(*range(6))
    cloud.sweep()
    cloud.clock.pass_(hours=1)
    cloud.store.confirm_vanished(SOURCE, now=cloud.clock.now())
    cloud.show_all()
    cloud.sweep()
    cloud.hide(1, 2, 3, 4, 5, 6)
    for _ in range(2):
        cloud.clock.pass_(hours=7)
        record = cloud.sweep()

    assert record.tombstoned == 0
    assert len(cloud.store.trust(SOURCE).suspended) == 1


def test_a_confirmation_that_comes_within_six_hours_is_not_used_up_by_waiting(cloud: JiraTracker) -> None:
    cloud.hide(*range(6))
    cloud.sweep()
    cloud.clock.pass_(hours=1)
    cloud.store.confirm_vanished(SOURCE, now=cloud.clock.now())

    soon = cloud.sweep()
    cloud.clock.pass_(hours=7)
    later = cloud.sweep()

    assert (soon.tombstoned, later.tombstoned) == (0, 6)
    assert cloud.store.vanished_confirmed_at(SOURCE) is None


@case("E022")
def test_a_project_that_is_not_shown_any_more_is_lost_and_its_items_are_kept(tracker: Tracker) -> None:
    tracker.hide_project()
    for _ in range(3):
        tracker.clock.pass_(hours=7)
        synced = tracker.sync()
        swept = tracker.sweep()

    state = tracker.store.state(SOURCE)
    assert state is not None
    assert sorted(state for _, state in state.roster.values()) == ["access_lost", "live"]
    assert (synced.outcome, swept.outcome, swept.tombstoned) == ("partial", "ok", 0)
    assert "no longer shown to us" in swept.sentence
    assert len(tracker.titles()) == 11


def named(tracker: Tracker, *projects: str) -> None:
    """The settings name these projects: by key in Jira, by name in Azure DevOps."""
    tracker.given |= {"projects": projects} if tracker.kind == AZURE else {"jql": f"project in ({', '.join(projects)})"}


def days_of_census(tracker: Tracker, times: int = 2) -> list[RunRecord]:
    """So many syncs, a day apart, each with its census."""
    records = []
    for _ in range(times):
        tracker.clock.pass_(hours=21)
        records += [tracker.sync(), tracker.sweep()]
    return records


@case("E022")
def test_a_renamed_project_keeps_its_items_until_the_settings_name_it_as_it_is_called_now(tracker: Tracker) -> None:
    former, second, today = ("Claims", "Policy Core", "Claims EU") if tracker.kind == AZURE else ("CLM", "DST", "CLX")
    tracker.rename_project()
    tracker.edit(0, "Edited under the new name")
    records = days_of_census(tracker)
    trust = tracker.store.trust(SOURCE)
    named(tracker, today, second)
    tracker.clock.pass_(hours=1)

    mended = [tracker.sync(), tracker.sweep()]

    (hidden,) = trust.suspended
    assert [(record.outcome, record.tombstoned) for record in records] == [("partial", None), ("ok", 0)] * 2
    assert (hidden.key, hidden.state, hidden.missing, trust.removed) == (former, "unnamed", 8, {})
    assert f"project {former} is called {today} now; its 8 items stay as last known; write" in trust.problems[0]
    assert [(record.outcome, record.tombstoned or 0, record.returned or 0) for record in mended] == [("ok", 0, 0)] * 2
    assert (len(tracker.titles()), tracker.store.trust(SOURCE).suspended) == (11, ())
    assert "own count" not in mended[0].sentence
    assert "items now with another key, project, area or iteration, as after a rename (" in mended[0].sentence
    assert "7 items differed" not in mended[0].sentence
    assert tracker.titles()[tracker.items()[0]] == "Edited under the new name"


@case("E022")
def test_a_misspelt_project_loses_nothing_and_one_taken_out_on_purpose_goes(tracker: Tracker) -> None:
    first, second, misspelt = ("Claims", "Policy Core", "Clains") if tracker.kind == AZURE else ("CLM", "DST", "CML")
    named(tracker, misspelt, second)
    records = days_of_census(tracker)
    trust = tracker.store.trust(SOURCE)
    named(tracker, second)

    taken_out = days_of_census(tracker)

    assert [(record.outcome, record.tombstoned) for record in records] == [("partial", None), ("ok", 0)] * 2
    assert {(one.key.lower(), one.missing) for one in trust.suspended} == {(first.lower(), 8), (misspelt.lower(), 0)}
    assert f"project {first} is shown to us, and the settings do not name it" in " ".join(trust.problems)
    assert [record.outcome for record in taken_out] == ["ok"] * 4
    assert tracker.store.trust(SOURCE).removed == {"out_of_scope": 8}


@case("E022")
def test_a_project_taken_out_while_another_is_misspelt_goes_when_a_person_confirms_it(cloud: JiraTracker) -> None:
    named(cloud, "DST", "TYPO")
    days_of_census(cloud, times=1)
    count = cloud.store.confirm_vanished(SOURCE, now=cloud.clock.now())

    _, swept = days_of_census(cloud, times=1)
    cloud.sync()

    assert (count, swept.outcome) == (8, "ok")
    assert cloud.store.trust(SOURCE).removed == {"out_of_scope": 8}
    assert [one.key for one in cloud.store.trust(SOURCE).suspended] == ["TYPO"]


@case("E022")
@pytest.mark.parametrize("kind", JIRAS)
def test_the_items_of_an_archived_project_are_archived(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        assert isinstance(tracker, JiraTracker)
        tracker.sync()
        tracker.site.projects[200].archived = True
        for _ in range(2):
            tracker.clock.pass_(hours=7)
            tracker.sync()
            record = tracker.sweep()

        assert (record.outcome, record.tombstoned) == ("ok", 3)
        assert tracker.store.trust(SOURCE).removed == {"archived": 3}


@case("E024")
@pytest.mark.parametrize("kind", KINDS)
def test_a_census_that_breaks_off_decides_nothing(kind: str, tmp_path: Path) -> None:
    path = {CLOUD: "/search/jql$", DATA_CENTER: "/rest/api/2/search$", AZURE: "/wiql$"}[kind]
    with a_tracker(kind, tmp_path) as tracker:
        tracker.sync()
        tracker.delete(4)
        tracker.sweep()
        tracker.clock.pass_(hours=7)
        before = tracker.item_rows
        tracker.server.faults.append(Fault(path=path, skip=1, times=None, response=answer({}, status=500)))

        record = tracker.sweep()

        assert record.outcome in ("failed", "deferred")
        assert tracker.item_rows == before
        assert tracker.store.removals(SOURCE) == []


def test_a_sweep_waits_for_a_sync_that_went_through(tracker: Tracker) -> None:
    tracker.delete(4)
    tracker.fails("preflight", response=answer({}, status=403), times=None)
    tracker.sync()
    tracker.healthy()

    record = tracker.sweep()

    assert record.outcome == "deferred"
    assert presence_of(tracker, sorted(tracker.titles())[4]) == (False, None)


# --- what we hold is proven


def test_every_run_records_what_each_project_holds(tracker: Tracker) -> None:
    record = tracker.sync()
    tracker.sweep()

    before = tracker.store.proofs(SOURCE, run_id=record.run_id)
    now = tracker.store.proofs(SOURCE)
    assert sorted((proof.held, proof.complete, proof.gaps) for proof in before.values()) == [
        (3, 3, 0), (8, 8, 0), (11, 11, 0),
    ]  # fmt: skip
    assert sorted((proof.declared, proof.declared_by) for proof in now.values()) == [
        (3, "census"), (8, "census"), (11, "census"),
    ]  # fmt: skip
    assert now[""].unheld == 0


TOLD_BY_THE_WAY = {CLOUD: (11, 12), DATA_CENTER: (11, None), AZURE: (None, None)}  # by a first sync, and by a later one


@pytest.mark.parametrize("kind", KINDS)
def test_every_sync_records_how_many_the_source_says_or_nothing_rather_than_an_old_count(
    kind: str, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        first = tracker.sync()
        proof = tracker.store.proofs(SOURCE, run_id=first.run_id)[""]
        tracker.sweep()
        tracker.clock.pass_(hours=1)
        tracker.add("one more")

        later = tracker.sync()

        assert (first.held, later.held) == (11, 12)
        assert (first.declared, later.declared) == TOLD_BY_THE_WAY[kind]
        assert proof.declared == first.declared


def test_what_a_census_names_and_we_do_not_hold_is_told_and_fetched(tracker: Tracker) -> None:
    lost = tracker.items()[6]
    tamper(tracker, lambda connection: connection.execute(ITEMS.delete().where(ITEMS.c.external_id == lost)))

    swept = tracker.sweep()
    proof = tracker.store.proofs(SOURCE)[""]
    tracker.sync()

    assert (swept.unheld, proof.unheld, proof.declared, proof.held) == (1, 1, 11, 10)
    assert f"not held, and fetched next: {lost}" in swept.sentence
    assert lost in tracker.titles()


def test_an_item_that_moved_into_a_hidden_project_is_one_of_it_once_it_is_shown(tmp_path: Path) -> None:
    with a_tracker(AZURE, tmp_path) as tracker:
        tracker.sync()
        moved, neighbour = tracker.items()[3], tracker.items()[-1]
        tracker.hide_project()
        tracker.clock.pass_(hours=1)
        tracker.move(3)
        tracker.sync()
        then = tracker.store.item(ItemId(SOURCE, moved))
        tracker.show_all()
        tracker.clock.pass_(hours=26)

        tracker.sync()

        held, home = (tracker.store.item(ItemId(SOURCE, each)) for each in (moved, neighbour))
        left = [each for each in tracker.store.changes_of(ItemId(SOURCE, moved)) if each.field == "project"]
        proofs = tracker.store.proofs(SOURCE)
        assert then is not None
        assert held is not None
        assert home is not None
        assert (then.item.project_id, held.item.project, home.item.project) == ("Policy Core",) * 3
        assert held.item.project_id == home.item.project_id != "Policy Core"
        assert [each.to_id for each in left] == [home.item.project_id]
        assert (proofs["Policy Core"].held, proofs[home.item.project_id].held) == (0, 4)


def forgotten(tracker: Tracker) -> str:
    """An item that no walk names again, and that we do not hold."""
    tracker.sync()
    tracker.clock.pass_(hours=30)  # beyond every overlap
    tracker.sync()
    lost = tracker.items()[6]
    tamper(tracker, lambda connection: connection.execute(ITEMS.delete().where(ITEMS.c.external_id == lost)))
    return lost


ALONE = {CLOUD: "/issue/bulkfetch$", DATA_CENTER: "/issue/{}$", AZURE: "/workItems/{}/updates$"}


@pytest.mark.parametrize("kind", JIRAS)
def test_what_a_census_names_and_the_tracker_does_not_give_is_an_open_problem(kind: str, tmp_path: Path) -> None:
    """Until a census names it no more; and asked for once by each census."""
    with a_tracker(kind, tmp_path) as tracker:
        lost = forgotten(tracker)
        silent = Fault(path=ALONE[kind].format(lost), times=None, response=answer({"errorMessages": ["x"]}, status=403))
        if kind == CLOUD:
            silent = replace(silent, response=None, alter=without(lost))
        tracker.server.faults.append(silent)

        counted = tracker.sweep()
        tracker.server.requests.clear()
        days = [tracker.sync() for _ in range(3)]
        asked = [each.path for each in tracker.server.requests if re.search(silent.path, each.path)]
        trust = tracker.store.trust(SOURCE)
        tracker.hide(6)
        tracker.clock.pass_(hours=1)
        tracker.sweep()
        tracker.sync()

        assert (counted.held, counted.declared, counted.unheld) == (10, 11, 1)
        for record in days:
            assert (record.outcome, record.held) == ("ok", 10)
            assert (
                f"the last census named 1 item of which the tracker gives nothing when asked ({lost})"
                in record.sentence
            )
        assert (trust.unheld, trust.is_proven(), trust.quarantined, len(trust.problems)) == (1, False, 0, 1)
        assert len(asked) == 1
        assert (tracker.store.trust(SOURCE).unheld, tracker.store.trust(SOURCE).problems) == (0, ())


@pytest.mark.parametrize(("kind", "status"), [(DATA_CENTER, 500), (AZURE, 403), (AZURE, 500)])
def test_one_item_that_its_tracker_cannot_give_is_set_aside_and_keeps_no_other_from_being_read(
    kind: str, status: int, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        lost = forgotten(tracker)
        tracker.sweep()
        tracker.edit(0, "Edited meanwhile")
        tracker.server.faults.append(
            Fault(path=ALONE[kind].format(lost), times=None, response=answer({"message": "x"}, status=status))
        )

        record = tracker.sync()
        (aside,) = tracker.store.unreadable(SOURCE)
        trust = tracker.store.trust(SOURCE)
        tracker.healthy().sync()

        assert (record.outcome, record.unreadable, trust.unheld) == ("ok", 1, 1)
        assert tracker.titles()[tracker.items()[0]] == "Edited meanwhile"
        assert aside.external_id == lost
        assert lost in aside.reason
        assert f"answers {status} when asked for it alone" in aside.reason
        assert lost in tracker.titles()
        assert tracker.store.trust(SOURCE).problems == ()


@pytest.mark.parametrize("kind", [DATA_CENTER, AZURE])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_tracker_that_is_out_of_order_sets_no_item_aside(kind: str, status: int, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        lost = forgotten(tracker)
        tracker.sweep()
        broken = answer({"message": "x"}, status=status)
        here = ALONE[kind].format(lost)

        def stop(_: RecordedRequest, response: Response) -> Response:
            tracker.server.faults.append(Fault(times=None, response=broken))
            return broken

        tracker.server.faults.append(Fault(path=here, alter=stop))

        record = tracker.sync()

        assert record.outcome in ("partial", "failed", "deferred")
        assert not tracker.store.unreadable(SOURCE)
        assert tracker.store.trust(SOURCE).held == 10


@pytest.mark.parametrize("kind", JIRAS)
def test_what_happened_to_an_item_while_it_was_set_aside_is_news_and_no_mend(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path, phase="incremental") as tracker:
        odd = spoil(tracker, lambda fields: fields.pop(STATUS[kind], None))
        struck = tracker.sync()

        record = tracker.healthy().sync()

        assert (struck.unreadable, record.mended) == (1, 0)
        assert "mended" not in record.sentence
        assert tracker.store.mends(record.run_id) == {}
        newest = [each for each in tracker.store.changes_of(ItemId(SOURCE, odd)) if each.field == "status"][-1]
        assert record.finished_at is not None
        assert newest.known_at is not None
        assert record.finished_at - newest.known_at < timedelta(hours=1), "an edition of before could not tell it"


def middle_of(tracker: Tracker) -> tuple[str, str]:
    """An item with at least three moves, and the id of the last but one."""
    for external_id in tracker.items():
        moves = [each for each in tracker.store.changes_of(ItemId(SOURCE, external_id)) if each.field == "status"]
        if len(moves) >= 3:
            return external_id, moves[-2].change_id
    raise LookupError("no item has moved three times")


def test_a_hole_in_the_middle_of_a_history_is_mended_from_what_was_kept(tracker: Tracker) -> None:
    whole = dump(tracker.store, without=("instance", "runs", "source_states", "mends"))
    holed, lost = middle_of(tracker)
    is_it = (CHANGES.c.external_id == holed) & (CHANGES.c.change_id == lost)
    tamper(tracker, lambda connection: connection.execute(CHANGES.delete().where(is_it)))

    record = tracker.sweep()

    assert record.mended == 1
    assert dump(tracker.store, without=("instance", "runs", "source_states", "mends")) == whole


@pytest.mark.parametrize("kind", JIRAS)
def test_a_hole_of_which_nothing_was_kept_is_a_gap_until_the_source_has_told_it_again(
    kind: str, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        tracker.sync()
        holed, lost = middle_of(tracker)
        whole = tracker.store.changes_of(ItemId(SOURCE, holed))
        is_it = (CHANGES.c.external_id == holed) & (CHANGES.c.change_id == lost)
        entry = f"history:{lost.split(':')[0]}"
        tamper(tracker, lambda connection: connection.execute(CHANGES.delete().where(is_it)))
        tamper(
            tracker,
            lambda connection: connection.execute(
                RAWS.delete().where(RAWS.c.external_id == holed, RAWS.c.kind == entry)
            ),
        )

        tracker.sweep()
        gaps = tracker.store.trust(SOURCE).history_gaps
        tracker.sync()

        assert gaps == 1
        assert tracker.store.trust(SOURCE).history_gaps == 0
        assert [each._replace(known_at=None) for each in tracker.store.changes_of(ItemId(SOURCE, holed))] == [
            each._replace(known_at=None) for each in whole
        ]


# --- everything is read again


def tamper(tracker: Tracker, work: Callable[[Connection], object]) -> None:
    """Somebody writes into the database by hand."""
    tracker.store.write(work)


@case("E100")
def test_a_full_sync_onto_a_filled_store_changes_nothing(tracker: Tracker) -> None:
    before = dump(tracker.store, without=("instance", "runs", "source_states"))
    tracker.clock.pass_(hours=30)

    record = tracker.sync(full=True)

    assert (record.outcome, record.changes, record.mended) == ("ok", 0, 0)
    assert dump(tracker.store, without=("instance", "runs", "source_states")) == before


@case("E100")
def test_a_full_sync_mends_what_was_wrong_and_says_so_and_touches_nothing_else(tracker: Tracker) -> None:
    wrong, bare, orphan = tracker.items()[4], tracker.items()[5], tracker.items()[6]
    lost = tracker.store.changes_of(ItemId(SOURCE, bare))[-1]
    before = dump(tracker.store, without=("instance", "runs", "source_states", "items"))
    items = tracker.item_rows

    def spoil(connection: Connection) -> None:
        connection.execute(
            ITEMS.update().where(ITEMS.c.external_id == wrong).values(status="Nowhere", status_id="nowhere")
        )
        connection.execute(CHANGES.delete().where(CHANGES.c.external_id == bare, CHANGES.c.change_id == lost.change_id))
        connection.execute(ITEMS.update().where(ITEMS.c.external_id == orphan).values(parent_id="99999"))

    tamper(tracker, spoil)
    tracker.clock.pass_(hours=30)
    record = tracker.sync(full=True)

    mends = tracker.store.mends(record.run_id)
    assert record.mended == 3
    assert set(mends) == {wrong, bare, orphan}
    assert mends[wrong]["status"][0] == "Nowhere"
    assert mends[orphan]["parent_id"][0] == "99999"
    assert "3 items differed from what the source says and were mended" in record.sentence
    assert tracker.item_rows == items
    after = dump(tracker.store, without=("instance", "runs", "source_states", "items"))
    assert after.pop("mends") != before.pop("mends")
    assert after == before  # the lost change, too, is known since we first held what tells it


def test_a_past_that_the_tracker_rewrites_is_still_what_we_believed_then(cloud: JiraTracker) -> None:
    told = cloud.items()[4]
    item_id = ItemId(SOURCE, told)
    believed = cloud.store.changes_of(item_id)
    then = cloud.clock.at
    cloud.clock.pass_(hours=30)
    issue = cloud.site.issues[int(told)]
    history = issue.histories[0]
    issue.histories[0] = replace(history, items=(history.items[0]._replace(to_text="Elsewhere"),))

    record = cloud.sync(full=True)

    assert record.mended == 1
    assert cloud.store.changes_of(item_id) != believed
    assert cloud.store.changes_of(item_id, known_at=then) == believed
    assert [each for each in cloud.store.changes(known_at=then) if each.external_id == told] == believed
    assert len(cloud.store.former_changes(item_id)) == 1


@case("D13")
@pytest.mark.parametrize("kind", JIRAS)
def test_an_id_that_is_used_again_names_a_new_item_and_says_so(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        assert isinstance(tracker, JiraTracker)
        tracker.sync()
        reused = tracker.items()[4]
        before = tracker.store.changes_of(ItemId(SOURCE, reused))
        tracker.clock.pass_(hours=1)
        issue = tracker.site.issues[int(reused)]
        issue.created, issue.summary = millis(tracker.clock.at), "Another item"
        issue.histories.clear()
        issue.updated = millis(tracker.clock.at)

        record = tracker.sync()

        former = [held for held in tracker.store.held_items() if held.item.external_id.startswith(f"{reused}@")]
        assert record.outcome == "ok"
        assert f"the id {reused} now names another item" in record.sentence
        assert tracker.titles()[reused] == "Another item"
        assert [held.removed_reason for held in former] == ["id_reused"]
        assert len(tracker.store.changes_of(former[0].item.id)) == len(before)
        assert tracker.store.changes_of(ItemId(SOURCE, reused)) == []
