"""A field that says what is restricted: every item is known to have been asked for it, or not, whatever went wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from connectors.sandbox.jira_site import Field
from domain.change import Change
from domain.work_item import ItemId
from sync import plan
from sync.store.instants import micros
from sync.store.writing import enqueue
from tests.connectors.jira.jira_house import millis
from tests.faults.test_access import refusing_the_second_project
from tests.faults.trackers import JIRAS, SOURCE, JiraTracker, a_tracker

NOTE = "customfield_19999"
TEXT_AREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"  # asked for only where it is named
TEXT_FIELD = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
RESTRICTED: dict[str, Any] = {"text_fields": ("Secret note",)}


@pytest.fixture(params=JIRAS)
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JiraTracker]:
    """A tracker of each kind in turn, whose issues all bear the field; not read yet."""
    with a_tracker(request.param, tmp_path) as opened:
        assert isinstance(opened, JiraTracker)
        plant(opened)
        yield opened


def plant(tracker: JiraTracker) -> None:
    tracker.site.fields[NOTE] = Field(id=NOTE, name="Secret note", type="string", custom=TEXT_AREA)
    for issue in tracker.site.issues.values():
        issue.values[NOTE] = "Merger"


def enqueue_all(tracker: JiraTracker) -> None:
    at = micros(tracker.clock.now())
    tracker.store.write(lambda connection: enqueue(connection, tracker.items(), source=SOURCE, at=at))


def by_settings(tracker: JiraTracker, given: dict[str, Any], *, steps: int | None = None) -> str:
    """How a sync with these settings ends, two hours later, that is asked to stop after so many steps."""
    tracker.given = given
    tracker.clock.pass_(hours=2)
    taken = itertools.count(1)
    told = tracker._told()
    with mock.patch.object(
        tracker, "_told", lambda: told | {"stop": lambda: steps is not None and next(taken) > steps}
    ):
        return tracker.sync().outcome


def lacking(tracker: JiraTracker) -> int:
    """How many items are held without the field, though they have it."""
    return sum("Merger" not in repr(dict(held.item.fields)) for held in tracker.store.held_items())


def taken_for_open(tracker: JiraTracker) -> int:
    """How many of these a reader takes for open: the source counts as read, and they as asked."""
    state, asked = tracker.store.state(SOURCE), tracker.store.asked_fields()
    if state is None:
        return 0
    settings = tracker.settings()
    if state.walked_digest != plan.reading_digest(settings, plan.named_then(state, settings)):
        return 0
    return sum(
        "Merger" not in repr(dict(held.item.fields)) and (held.asked is None or NOTE in asked[held.asked])
        for held in tracker.store.held_items()
    )


def test_settings_that_change_while_syncs_are_stopped_show_no_item_that_was_read_without_the_field(
    tracker: JiraTracker,
) -> None:
    assert by_settings(tracker, RESTRICTED) == "ok"
    for steps in range(4, 14, 2):
        for number in range(11):
            tracker.edit(number, f"Edited {number}, {steps}")
        by_settings(tracker, {}, steps=steps)
        by_settings(tracker, RESTRICTED, steps=steps // 2)
        assert taken_for_open(tracker) == 0, steps

        assert by_settings(tracker, RESTRICTED) == "ok"
        assert lacking(tracker) == 0, steps


def test_rows_that_were_read_without_the_field_are_read_again_once_settings_name_it(tracker: JiraTracker) -> None:
    """Each batch of an incremental sync is written before the cursor that tells of the whole of it."""
    assert by_settings(tracker, RESTRICTED) == "ok"
    enqueue_all(tracker)
    stopped = by_settings(tracker, {}, steps=5)
    without = lacking(tracker)

    put_back = by_settings(tracker, RESTRICTED)

    assert (stopped, put_back) == ("partial", "ok")
    assert without > 0
    assert lacking(tracker) == 0


@pytest.mark.parametrize("way", ["hidden", "refused"])
def test_a_project_that_could_not_be_read_when_a_restriction_came_is_read_again_once_it_may_be(
    tracker: JiraTracker, way: str
) -> None:
    assert by_settings(tracker, {}) == "ok"
    if way == "hidden":
        tracker.hide_project()
    else:
        tracker.hide(8, 9, 10)
        refusing_the_second_project(tracker, status=403)
    meanwhile = by_settings(tracker, RESTRICTED)
    without, told = lacking(tracker), taken_for_open(tracker)
    by_settings(tracker, RESTRICTED | {"blocked_flags": False})
    state = tracker.store.state(SOURCE)
    tracker.server.intercept = None
    tracker.show_all()

    shown = by_settings(tracker, RESTRICTED)

    assert (meanwhile, without, told) == ("partial", 3, 0)
    assert state is not None and state.read_anew_at is None  # a walk would read as little of it
    assert (shown, lacking(tracker)) == ("ok", 0)


def test_an_item_that_no_walk_could_read_since_is_not_taken_for_open(tracker: JiraTracker) -> None:
    assert by_settings(tracker, {}) == "ok"
    tracker.hide(4)

    read = by_settings(tracker, RESTRICTED)
    tracker.show_all()
    shown = by_settings(tracker, RESTRICTED)

    assert (read, shown) == ("ok", "ok")
    assert (lacking(tracker), taken_for_open(tracker)) == (1, 0)


def test_the_past_of_a_field_that_is_empty_by_now_is_read_again_as_it_was_read_at_first(tracker: JiraTracker) -> None:
    kinds = "com.atlassian.jira.plugin.system.customfieldtypes:"
    labels, number = "customfield_19001", "customfield_19002"
    tracker.site.fields[labels] = Field(
        id=labels, name="Programme", type="array", items="string", custom=f"{kinds}labels"
    )
    tracker.site.fields[number] = Field(id=number, name="Tier", type="number", custom=f"{kinds}float")
    issue = next(iter(tracker.site.issues.values()))
    for field_id, value in ((labels, ["Secret"]), (number, 5.0)):
        tracker.site.set_value(issue, field_id, value, millis(tracker.clock.at))
        tracker.clock.pass_(hours=1)
        tracker.site.set_value(issue, field_id, None, millis(tracker.clock.at))
    assert by_settings(tracker, {"text_fields": ("Programme", "Tier")}) == "ok"
    at_first = tracker.dump()["changes"]
    tracker.clock.pass_(hours=48)  # beyond every overlap

    assert by_settings(tracker, {"text_fields": ("Programme", "Tier", "Summary")}) == "ok"

    assert ("fields.Tier", "5") in {(one.field, one.to_value) for one in changes_of(tracker, str(issue.id))}
    assert tracker.dump()["changes"] == at_first


def changes_of(tracker: JiraTracker, external_id: str) -> list[Change]:
    return list(tracker.store.changes_of(ItemId(SOURCE, external_id)))


@pytest.mark.parametrize("is_away_first", [False, True], ids=["at once", "after it was away for a while"])
def test_a_field_of_a_rule_for_every_source_that_is_called_otherwise_by_now_is_not_taken_for_empty(
    tracker: JiraTracker, is_away_first: bool
) -> None:
    rule = RESTRICTED | {"shared_fields": frozenset({"Secret note"})}
    tracker.site.fields[NOTE] = Field(id=NOTE, name="Secret note", type="string", custom=TEXT_FIELD)
    assert by_settings(tracker, rule) == "ok"
    if is_away_first:
        del tracker.site.fields[NOTE]
        assert by_settings(tracker, rule) == "ok"
    tracker.site.fields[NOTE] = Field(id=NOTE, name="Hidden note", type="string", custom=TEXT_FIELD)
    tracker.edit(1, "Edited since")

    before = lacking(tracker)
    refused = tracker.sync()
    held = lacking(tracker)
    outcome = by_settings(tracker, {**rule, "text_fields": ("Secret note", "Hidden note")})

    assert refused.outcome == "failed"
    assert f"“Secret note” is called “Hidden note” now (its id is {NOTE})" in refused.sentence
    assert held == before == (11 if is_away_first else 0)
    assert (outcome, lacking(tracker)) == ("ok", 0)


def test_a_field_of_a_rule_for_every_source_that_is_there_no_more_stops_nothing(tracker: JiraTracker) -> None:
    rule = RESTRICTED | {"shared_fields": frozenset({"Secret note"})}
    assert by_settings(tracker, rule) == "ok"
    del tracker.site.fields[NOTE]
    for issue in tracker.site.issues.values():
        del issue.values[NOTE]

    assert by_settings(tracker, rule) == "ok"
