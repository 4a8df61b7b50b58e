"""A project that is shown and refused: for an hour, to a census alone, for good; nothing of it is lost or removed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.azure_devops import streams
from connectors.base import Presence
from connectors.sandbox.azure_site import Node
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from sync.store import RunRecord
from sync.store.faults import StoreError
from tests.connectors.jira.jira_house import an_issue, millis
from tests.faults.catalogue import case
from tests.faults.test_access import FORBIDDEN, refusing_the_second_project, told
from tests.faults.trackers import (
    AZURE,
    CLOUD,
    DATA_CENTER,
    JIRAS,
    KINDS,
    SOURCE,
    AzureTracker,
    JiraTracker,
    Tracker,
    a_tracker,
)

SECOND = (8, 9, 10)  # the items of the second project


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    with a_tracker(request.param, tmp_path) as made:
        assert made.sync().outcome == "ok"
        yield made


each = pytest.mark.parametrize("tracker", KINDS, indirect=True)
only_azure = pytest.mark.parametrize("tracker", [AZURE], indirect=True)


def forbid(tracker: Tracker) -> None:
    """Whatever names the second project is refused, and its items are not shown."""
    refusing_the_second_project(tracker, status=403)
    tracker.hide(*SECOND)


def allow(tracker: Tracker) -> None:
    tracker.server.intercept = None
    tracker.show_all()


def days_of_census(tracker: Tracker, times: int = 2) -> list[RunRecord]:
    """So many syncs seven hours apart, each with its census."""
    records = []
    for _ in range(times):
        tracker.clock.pass_(hours=7)
        records += [tracker.sync(), tracker.sweep()]
    return records


def state_of_second(tracker: Tracker) -> str:
    state = tracker.store.state(SOURCE)
    assert state is not None
    (found,) = [state for key, state in state.roster.values() if key in ("DST", "Policy Core")]
    return found


@case("A05")
@each
def test_nothing_of_a_forbidden_project_is_removed_however_often_it_is_counted(tracker: Tracker) -> None:
    forbid(tracker)

    records = days_of_census(tracker)

    trust = tracker.store.trust(SOURCE)
    assert {record.tombstoned for record in records[1::2]} == {0}
    assert (trust.removed, trust.held, len(tracker.titles())) == ({}, 11, 11)
    assert [(one.state, one.missing) for one in trust.suspended] == [("forbidden", 3)]
    assert records[2].outcome == "partial"


@case("A05")
@only_azure
def test_a_project_that_was_refused_to_a_census_alone_stays_forbidden_until_a_sync_asked_it_something(
    tracker: AzureTracker,
) -> None:
    def no_lists(request: RecordedRequest) -> Response | None:
        return FORBIDDEN if "/Policy Core/" in request.path and request.path.endswith("wiql") else None

    tracker.server.intercept = no_lists
    records = days_of_census(tracker, times=2)
    meanwhile = state_of_second(tracker)
    tracker.server.intercept = None
    tracker.clock.pass_(hours=1)
    asked = len(tracker.server.requests)
    healed = tracker.sync()

    questions = [one.path for one in tracker.server.requests[asked:] if "/Policy Core/" in one.path]
    assert [record.outcome for record in records] == ["ok", "ok", "partial", "ok"]
    assert meanwhile == "forbidden"
    assert questions != []
    assert (healed.outcome, state_of_second(tracker), told(tracker)) == ("ok", "live", "")
    assert len(tracker.titles()) == 11


@case("A05", "A14")
@only_azure
def test_what_changed_while_a_project_was_refused_unnoticed_is_read_within_the_day_also_where_that_run_is_stopped(
    tracker: AzureTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", 1)
    tracker.clock.pass_(hours=2)
    tracker.edit(9, "Edited while it was forbidden")
    tracker.transition(10)
    tracker.site.reparent(tracker._item(9), tracker._item(2), millis(tracker.clock.at))
    made = tracker.add("Made while it was forbidden", second_project=True)
    tracker.hide(*SECOND, 11)
    refusing_the_second_project(tracker, status=403)
    unnoticed = tracker.sync()
    tracker.clock.pass_(hours=2)
    allow(tracker)
    tracker.edit(1, "Edited afterwards")
    assert tracker.sync().outcome == "ok"

    tracker.clock.pass_(hours=22)
    for number in range(8):  # a second page
        tracker.edit(number, f"Of the next day {number}")
    tracker.server.faults.append(Fault(path="/workitemrevisions$", skip=1, times=None, response=FORBIDDEN))
    stopped = tracker.sync()
    tracker.server.faults.clear()
    record = tracker.sync()

    held = tracker.dump()
    whole = tracker.sync(full=True)
    assert (unnoticed.outcome, stopped.outcome, record.outcome) == ("ok", "failed", "ok")
    assert {"Edited while it was forbidden", "Made while it was forbidden"} <= set(tracker.titles().values())
    assert made in tracker.titles()
    assert (whole.changes, tracker.dump()) == (0, held)


@case("A05", "A14")
@pytest.mark.parametrize(
    ("walk", "when"),
    [
        ("from the beginning", "as it goes on"),
        ("since the last look", "as it ends"),
        ("along the links", "as it ends"),
    ],
)
@only_azure
def test_a_walk_that_goes_on_from_its_middle_vouches_for_no_project_that_refuses_it(
    tracker: AzureTracker, monkeypatch: pytest.MonkeyPatch, walk: str, when: str
) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", 1)
    tracker.clock.pass_(hours=25)
    for number in range(11):
        tracker.transition(number)
    lost = answer({"message": "gone for lunch"}, status=500)
    path, skip = ("/workitemlinks$", 2) if walk == "along the links" else ("/workitemrevisions$", 1)
    tracker.server.faults.append(Fault(path=path, skip=skip, times=None, response=lost))
    stopped = tracker.sync(full=walk != "since the last look")
    tracker.server.faults.clear()
    pages = 0

    def refuses_for_a_while(request: RecordedRequest) -> Response | None:
        nonlocal pages
        pages += request.path.lower().endswith("/workitemrevisions")
        refuses = pages > 0 if when == "as it ends" else pages <= 1
        tracker.site.hidden = set(map(int, tracker.items()[8:])) if refuses else set()
        return FORBIDDEN if refuses and "/Policy Core/" in request.path else None

    tracker.server.intercept = refuses_for_a_while
    tracker.clock.pass_(minutes=30)
    resumed = tracker.sync()
    allow(tracker)
    tracker.clock.pass_(hours=1)
    healed = tracker.sync()

    held = tracker.dump()
    whole = tracker.sync(full=True)
    assert (stopped.outcome, resumed.outcome, healed.outcome) == ("partial", "partial", "ok")
    assert (whole.changes, tracker.dump()) == (0, held)
    assert {held.item.status for held in tracker.store.held_items()} == {"Active", "Resolved"}


@only_azure
def test_reading_a_day_again_asks_no_more_and_changes_nothing(tracker: AzureTracker) -> None:
    tracker.site.delete(tracker._item(4), millis(tracker.clock.at))
    tracker.move(3)
    tracker.server.revision_page = tracker.server.link_page = 1_000
    tracker.clock.pass_(hours=1)
    tracker.sync()
    before, asked = tracker.dump(), len(tracker.server.requests)
    tracker.sync()
    idle = [one.path for one in tracker.server.requests[asked:]]

    tracker.clock.pass_(hours=24)
    asked = len(tracker.server.requests)
    record = tracker.sync()
    pages = [one.path for one in tracker.server.requests[asked:] if "/reporting/" in one.path]

    assert (record.outcome, record.changes, tracker.dump()) == ("ok", 0, before)
    assert pages == [path for path in idle if "/reporting/" in path]


@only_azure
def test_a_project_that_was_refused_twice_is_read_in_the_run_that_meets_something_of_it(tracker: AzureTracker) -> None:
    tracker.given["projects"] = ()
    areas, iterations = (Node(900, "Wiki"),), (Node(910, "Wiki"),)
    tracker.site.projects["Wiki"] = replace(
        tracker.site.projects["Claims"], name="Wiki", areas=areas, iterations=iterations
    )
    tracker.server.faults.append(Fault(path="/Wiki/", times=None, response=answer({"message": "TF1"}, status=404)))
    for _ in range(3):
        assert tracker.sync().outcome == "ok"
        tracker.clock.pass_(hours=1)
    tracker.server.faults.clear()
    for number in range(3):
        tracker.site.create(
            project="Wiki", type="Bug", title=f"Wiki {number}", state="New", at=millis(tracker.clock.at), area="Wiki"
        )

    record = tracker.sync()

    assert (record.outcome, record.changes) == ("ok", 3)
    assert {"Wiki 0", "Wiki 1", "Wiki 2"} <= set(tracker.titles().values())
    assert tracker.store.trust(SOURCE).suspended == ()


@case("A05")
@each
def test_a_person_cannot_confirm_away_what_is_of_a_forbidden_project(tracker: Tracker) -> None:
    tracker.clock.pass_(hours=30)
    forbid(tracker)
    tracker.sync(), tracker.sweep()
    with pytest.raises(StoreError, match="shown to us and may not be read"):
        tracker.store.confirm_vanished(SOURCE, now=tracker.clock.now())
    for number in range(6):
        tracker.hide(number)
    days_of_census(tracker, times=1)

    count = tracker.store.confirm_vanished(SOURCE, now=tracker.clock.now())
    records = days_of_census(tracker, times=2)

    left = set(tracker.items()) - tracker.titles().keys()
    assert count == 6
    assert [record.tombstoned for record in records[1::2]] == [6, 0]
    assert left == set(tracker.items()[:6])
    assert tracker.store.vanished_confirmed_at(SOURCE) is None


@each
def test_a_confirmation_that_a_refusal_belies_ends_with_the_next_count(tracker: Tracker) -> None:
    assert isinstance(tracker, JiraTracker | AzureTracker)
    tracker.hide_project()
    days_of_census(tracker, times=1)
    tracker.store.confirm_vanished(SOURCE, now=tracker.clock.now())
    tracker.show_all()
    forbid(tracker)
    tracker.clock.pass_(hours=25)

    tracker.sync()
    counted = tracker.sweep()

    assert (counted.outcome, counted.tombstoned) == ("ok", 0)
    assert state_of_second(tracker) == "forbidden"
    assert tracker.store.vanished_confirmed_at(SOURCE) is None


@each
def test_a_misspelt_project_of_which_nothing_is_held_makes_no_figure_old(tracker: Tracker) -> None:
    tracker.given |= {"jql": "project in (CLM, DST, TYPO)", "projects": ("Claims", "Policy Core", "Typo")}
    tracker.clock.pass_(hours=1)

    record = tracker.sync()

    trust = tracker.store.trust(SOURCE)
    assert (record.outcome, [one.key.lower() for one in trust.unread]) == ("partial", ["typo"])
    assert trust.complete_at is not None and trust.complete_at > tracker.clock.now() - timedelta(minutes=30)


@each
def test_a_look_before_a_sync_goes_around_a_forbidden_project_and_names_it(tracker: Tracker) -> None:
    forbid(tracker)
    with contextlib.closing(tracker.connector()) as connector:
        connector.preflight()
        looked = connector.inspect(items=20)
        refused = connector.unread()

    assert list(looked.visible.values()) == [8]
    assert len(looked.sample.items) > 3
    assert [(one.key in ("DST", "Policy Core"), one.state) for one in refused] == [(True, "forbidden")]


@pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
def test_a_search_that_a_project_refuses_while_single_items_are_looked_at_says_nothing_of_them(
    tracker: JiraTracker,
) -> None:
    tracker.given["jql"] = 'project in (CLM, DST) AND summary !~ "Elsewhere"'
    tracker.sync()
    forbid(tracker)
    tracker.show_all()
    with contextlib.closing(tracker.connector()) as connector:
        connector.preflight()
        found = connector.probe([tracker.items()[4], tracker.items()[9]])

    assert list(found.values()) == [Presence.THERE, Presence.UNKNOWN]


def parents(tracker: Tracker) -> dict[str, str | None]:
    return {held.item.external_id: held.item.parent_id for held in tracker.store.held_items()}


@case("A06")
@pytest.mark.parametrize(("refuses", "stops_again"), [(True, False), (False, False), (False, True)])
@pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
def test_what_was_queued_of_a_project_that_refuses_meanwhile_is_read_once_it_may_be(
    tracker: JiraTracker, refuses: bool, stops_again: bool
) -> None:
    tracker.given["jql"] = "project in (CLM, DST) AND issuetype != Bug"
    tracker.move(2)  # so that some of the second project are queued before others of the first
    tracker.edit(9, "Edited before the walk")
    tracker.clock.pass_(hours=30)
    tracker.server.faults.append(Fault(path="/issue/bulkfetch$", times=None, response=answer({}, status=503)))
    stopped = tracker.sync()
    tracker.server.faults.clear()
    tracker.clock.pass_(minutes=5)
    if refuses:
        forbid(tracker)
    else:
        tracker.hide_project()
    if stops_again:
        tracker.server.faults.append(
            Fault(path="/issue/bulkfetch$", skip=1, times=None, response=answer({}, status=503))
        )
    meanwhile = tracker.sync()
    tracker.server.faults.clear()
    allow(tracker)
    tracker.clock.pass_(minutes=30)

    shown = tracker.sync()
    if stops_again:  # what it went on with had been queued before
        tracker.clock.pass_(minutes=30)
        shown = tracker.sync()

    held = tracker.dump()
    whole = tracker.sync(full=True)
    assert (stopped.outcome, meanwhile.outcome, shown.outcome) == ("partial", "partial", "ok")
    assert [whole.changes, tracker.dump()["items"]] == [0, held["items"]]


@only_azure
def test_a_question_that_is_refused_for_another_reason_stops_no_walk_that_goes_on(
    tracker: AzureTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", 1)
    for number in SECOND:
        tracker.transition(number)
    tracker.clock.pass_(hours=30)
    lost = answer({"message": "gone for lunch"}, status=500)
    tracker.server.faults.append(Fault(path="/workitemrevisions$", skip=2, times=None, response=lost))
    stopped = tracker.sync(full=True)
    tracker.server.faults.clear()
    too_long = answer({"message": "VS402335: the query takes too long"}, status=400)
    tracker.server.faults.append(Fault(path="/Policy Core/.*/wiql$", times=None, response=too_long))
    tracker.hide(*SECOND)  # nor does a stream tell of what is in there

    resumed = tracker.sync()
    tracker.server.faults.clear()
    tracker.show_all()
    tracker.clock.pass_(hours=1)
    healed = tracker.sync()

    held = tracker.dump()
    whole = tracker.sync(full=True)
    assert (stopped.outcome, resumed.outcome, healed.outcome) == ("partial", "ok", "ok")
    assert [whole.changes, tracker.dump()["items"]] == [0, held["items"]]


@case("A06")
@pytest.mark.parametrize("one_is_gone", [False, True])
@pytest.mark.parametrize("tracker", JIRAS, indirect=True)
def test_children_that_were_read_while_their_parents_project_was_hidden_find_their_parents_once_it_is_shown(
    tracker: JiraTracker, one_is_gone: bool
) -> None:
    tracker.move(1)
    tracker.clock.pass_(hours=1)
    tracker.sync()
    epic = tracker.items()[1]
    tracker.hide_project()
    tracker.clock.pass_(hours=1)
    orphans = {tracker.add(f"Made meanwhile {number}") for number in range(3)}
    for each in orphans:
        tracker.site.reparent(tracker.site.issues[int(each)], tracker.site.issues[int(epic)], millis(tracker.clock.at))
    before = parents(tracker) | dict.fromkeys(orphans, epic)
    tracker.sync()
    meanwhile = parents(tracker)
    tracker.show_all()
    tracker.clock.pass_(hours=1)
    if one_is_gone:  # a question of ids is refused whole for one that is no more
        gone = answer({"errorMessages": ["The value '999' does not exist for the field 'id'."]}, status=400)
        tracker.server.intercept = lambda asked: gone if "AND id in (" in f"{asked.query} {asked.body!r}" else None

    shown = tracker.sync()

    tracker.server.intercept = None
    assert {each for each, parent in before.items() if parent != meanwhile[each]} == orphans
    assert {meanwhile[each] for each in orphans} == {None}
    assert (shown.outcome, parents(tracker)) == ("ok", before)
    assert "3 items differed" in shown.sentence
    held = tracker.dump()
    whole = tracker.sync(full=True)
    assert [whole.changes, *map(tracker.dump().get, ("items", "changes"))] == [0, held["items"], held["changes"]]


@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_a_child_that_has_left_the_scope_is_not_read_for_its_parent_where_each_is_asked_for(
    tracker: JiraTracker,
) -> None:
    tracker.move(1)
    tracker.clock.pass_(hours=1)
    tracker.hide_project()
    for number in range(2, 8):
        tracker.edit(number, f"Edited meanwhile {number}")
    tracker.sync()
    orphan = next(each for each, parent in parents(tracker).items() if parent is None and int(each) > 10003)
    tracker.show_all()
    tracker.clock.pass_(hours=1)
    tracker.site.projects[300] = replace(tracker.site.projects[100], id=300, key="SEC", name="Secret")
    tracker.site.move(tracker.site.issues[int(orphan)], "SEC", millis(tracker.clock.at))
    tracker.site.retitle(tracker.site.issues[int(orphan)], "Not for us", millis(tracker.clock.at))
    gone = answer({"errorMessages": ["The value '999' does not exist for the field 'id'."]}, status=400)
    tracker.server.intercept = lambda asked: gone if "AND id in (" in f"{asked.query} {asked.body!r}" else None

    shown = tracker.sync()

    assert shown.outcome == "ok"
    assert "Not for us" not in tracker.titles().values()


@pytest.mark.parametrize("tracker", JIRAS, indirect=True)
def test_a_project_that_was_made_since_the_last_look_has_no_issue_read_again_for_a_parent(tracker: JiraTracker) -> None:
    tracker.given["jql"] = "labels is EMPTY OR labels is not EMPTY"  # whatever is shown
    for number in range(4):  # more than fit beside it
        tracker.add(f"Of nobody {number}")
    tracker.clock.pass_(hours=1)
    tracker.sync()
    tracker.clock.pass_(hours=1)
    tracker.site.projects[300] = replace(tracker.site.projects[200], id=300, key="NEW", name="New")
    made = an_issue(tracker.site, at=tracker.clock.at, project="NEW")
    tracker.clock.pass_(hours=1)

    record = tracker.sync()

    assert str(made.id) in tracker.titles()
    assert (record.outcome, record.items) == ("ok", 1)


@only_azure
def test_what_came_out_of_a_project_that_was_hidden_is_read_anew_once_it_is_shown(
    tracker: AzureTracker, tmp_path: Path
) -> None:
    tracker.hide_project()
    made = tracker.site.items[int(tracker.add("Made behind the curtain", second_project=True))]
    for hours, state in enumerate(("Active", "Closed"), start=1):
        tracker.site.move_state(made, state, millis(tracker.clock.at + timedelta(hours=hours)))
    tracker.clock.pass_(hours=25)  # what we knew of its types is forgotten
    tracker.site.move(made, "Claims", millis(tracker.clock.at))
    tracker.clock.pass_(hours=1)
    tracker.sync()
    meanwhile = changes_of(tracker, str(made.id))
    tracker.sync(full=True)
    tracker.show_all()
    tracker.clock.pass_(hours=1)

    shown = tracker.sync()
    found, asked = changes_of(tracker, str(made.id)), len(tracker.server.requests)
    tracker.sync()

    assert not any("/updates" in one.path for one in tracker.server.requests[asked:])
    tracker.store_url = f"sqlite:///{tmp_path / 'anew.db'}"
    held, tracker._store = tracker.store, None
    tracker.sync()
    held.close()
    assert shown.outcome == "ok"
    assert meanwhile != found == changes_of(tracker, str(made.id))


def changes_of(tracker: Tracker, external_id: str) -> list[tuple[object, ...]]:
    """Less the parents, which come from links."""
    return [row for row in tracker.dump()["changes"] if row[1] == external_id and "parent" not in row]
