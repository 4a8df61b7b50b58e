"""Items that could not be read: asked for again by their ids, which tell nothing of the scope, and never too many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from sync import plan
from tests.faults.catalogue import case
from tests.faults.trackers import CLOUD, DATA_CENTER, JIRAS, SOURCE, JiraTracker, a_tracker

SCOPES = {"whole projects": "project = CLM", "more than projects": 'project in (CLM, DST) AND summary !~ "Elsewhere"'}


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JiraTracker]:
    with a_tracker(request.param, tmp_path) as made:
        assert isinstance(made, JiraTracker)
        yield made


def unreadable(tracker: JiraTracker) -> set[str]:
    """Ids whose issues come without a readable date from now on; to be filled and emptied."""
    bad: set[str] = set()

    def alter(_: RecordedRequest, healthy: Response) -> Response:
        told: Any = healthy.json()
        for issue in told.get("issues") or [told]:
            if str(issue.get("id")) in bad and "created" in issue.get("fields", {}):
                issue["fields"]["created"] = "garbage"
        return healthy.with_json(told)

    tracker.server.faults.append(Fault(path=r"/search|/issue/(bulkfetch|\d+)$", times=None, alter=alter))
    return bad


def leaves(tracker: JiraTracker, issue_id: str) -> None:
    """By its project, and by its title."""
    number = tracker.items().index(issue_id)
    tracker.move(number)
    tracker.edit(number, "Elsewhere now")


@case("E023")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("tracker", JIRAS, indirect=True)
def test_what_was_set_aside_and_has_left_the_scope_is_not_read_and_no_longer_asked_for(
    tracker: JiraTracker, scope: str
) -> None:
    tracker.given["jql"] = SCOPES[scope]
    tracker.sync()
    bad = unreadable(tracker)
    bad |= {tracker.add("Secret plan"), tracker.items()[4]}
    tracker.edit(4, "Known before")
    tracker.clock.pass_(hours=1)
    tracker.sync()
    aside = {one.external_id for one in tracker.store.unreadable(SOURCE)}
    leaves(tracker, tracker.items()[-1])
    leaves(tracker, tracker.items()[4])
    bad.clear()

    tracker.clock.pass_(hours=1)
    tracker.sync()
    asked = len(tracker.server.requests)
    idle = tracker.sync()

    held = {one.item.external_id: one for one in tracker.store.held_items()}
    assert len(aside) == 2
    assert tracker.items()[-1] not in held
    assert held[tracker.items()[4]].removed_reason == "out_of_scope"
    assert held[tracker.items()[4]].item.title == "Item 4"
    assert tracker.store.unreadable(SOURCE) == []
    assert idle.outcome == "ok"
    assert not [one for one in tracker.server.requests[asked:] if "/issue/" in one.path]


@pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
def test_what_was_set_aside_and_is_still_in_scope_is_read_though_the_index_lags(tracker: JiraTracker) -> None:
    tracker.given["jql"] = SCOPES["more than projects"]
    tracker.sync()
    bad = unreadable(tracker)
    bad.add(tracker.add("New"))
    tracker.clock.pass_(hours=1)
    tracker.sync()
    bad.clear()

    record = tracker.sync()

    assert (record.outcome, tracker.store.unreadable(SOURCE)) == ("ok", [])
    assert "New" in tracker.titles().values()


@pytest.mark.parametrize("tracker", JIRAS, indirect=True)
def test_a_few_more_each_week_stop_a_source_never_and_many_at_once_do(
    tracker: JiraTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MANY_UNREADABLE", 2)
    monkeypatch.setattr(plan, "refuse_drift", lambda *_, **__: None)  # of eleven, one is more than one in a hundred
    tracker.sync()
    bad, outcomes = unreadable(tracker), []

    for week in (2, 2, 3):
        tracker.clock.pass_(hours=30)
        for number in range(len(bad), len(bad) + week):
            bad.add(tracker.items()[number])
            tracker.edit(number, f"Unreadable {number}")
        tracker.edit(10, f"After {len(bad)}")
        outcomes.append(tracker.sync().outcome)

    assert outcomes == ["ok", "ok", "failed"]
    assert "After 4" in tracker.titles().values()


@case("G12")
@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_a_count_that_was_made_anew_on_the_way_is_not_told_as_one_of_everything(tracker: JiraTracker) -> None:
    for number in range(12):
        tracker.add(f"Later {number}")
        tracker.clock.pass_(minutes=10)
    refused = answer({"errorMessages": ["not for you"]}, status=400)
    searches: list[str] = []

    def refuses(request: RecordedRequest) -> Response | None:
        jql = request.first("jql") or ""
        searches.extend([jql] if jql else [])
        return refused if len(searches) > 4 and ("200" in jql or "DST" in jql) else None

    tracker.server.intercept = refuses
    narrowed = tracker.sync()
    tracker.server.intercept = None
    tracker.clock.pass_(hours=1)
    whole = tracker.sync(full=True)

    assert (narrowed.outcome, narrowed.declared) == ("partial", None)
    assert (whole.outcome, whole.declared, whole.held) == ("ok", 23, 23)


@case("G12")
@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_a_count_of_everything_stands_where_a_server_refuses_epochs_on_the_way(tracker: JiraTracker) -> None:
    for number in range(12):
        tracker.add(f"Later {number}")
        tracker.clock.pass_(minutes=10)
    refused = answer({"errorMessages": ["no date"]}, status=400)
    tracker.server.intercept = lambda request: refused if "updated >= 1" in (request.first("jql") or "") else None

    record = tracker.sync()

    assert (record.outcome, record.declared, record.held) == ("ok", 23, 23)
