"""Jira leaves out a parent that the token may not see: what lies below stays there until the tracker takes it away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.work_item import ItemId
from sync import sweep
from tests.connectors.jira.jira_house import an_issue, millis
from tests.faults.trackers import JIRAS, SOURCE, JiraTracker, a_tracker

EPIC, OTHER_EPIC, CHILD = 1, 2, 4  # the child lies below the first epic, which others came to from the second


@pytest.fixture(params=JIRAS)
def jira(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JiraTracker]:
    """A Jira of each kind in turn, synced once."""
    with a_tracker(request.param, tmp_path) as opened:
        assert isinstance(opened, JiraTracker)
        assert opened.sync().outcome == "ok"
        yield opened


def parents(tracker: JiraTracker) -> Mapping[str, str | None]:
    return {held.item.external_id: held.item.parent_id for held in tracker.store.held_items()}


def moves(tracker: JiraTracker) -> list[tuple[Any, ...]]:
    """Every change of a parent."""
    return [each[:-1] for each in tracker.store.changes() if each.field == "parent"]


def reparent(tracker: JiraTracker, child: int, parent: int | None) -> None:
    above = None if parent is None else tracker.site.issues[int(tracker.items()[parent])]
    tracker.clock.pass_(minutes=1)
    tracker.site.reparent(tracker.site.issues[int(tracker.items()[child])], above, millis(tracker.clock.at))


def is_gone_by_two_censuses(tracker: JiraTracker, external_id: str) -> None:
    for _ in range(2):
        assert tracker.sweep().outcome == "ok"
        tracker.clock.pass_(hours=7)
        assert tracker.sync().outcome == "ok"
    held = tracker.store.item(ItemId(SOURCE, external_id))
    assert held is not None
    assert held.removed_reason == "deleted_or_hidden"


def test_what_lies_below_an_epic_stays_there_while_it_is_hidden_and_when_it_is_back(jira: JiraTracker) -> None:
    before = parents(jira), moves(jira)
    jira.clock.pass_(hours=1)
    jira.hide(EPIC)
    jira.edit(CHILD, "Edited meanwhile")

    assert jira.sync().outcome == "ok"
    assert (parents(jira), moves(jira)) == before

    full = jira.sync(full=True)
    assert (full.mended, full.sentence) == (0, "claims: 0 new changes; 11 items held")
    assert (parents(jira), moves(jira)) == before

    is_gone_by_two_censuses(jira, jira.items()[EPIC])
    jira.edit(CHILD, "Edited once more")
    jira.sync()
    assert (parents(jira), moves(jira)) == before

    jira.show_all()
    jira.sweep()
    jira.sync()
    jira.clock.pass_(hours=30)
    full = jira.sync(full=True)
    assert full.mended == 0
    assert (parents(jira), moves(jira)) == before
    assert jira.store.trust(SOURCE).held == 11


@pytest.mark.parametrize("is_hidden", [False, True], ids=["shown", "hidden"])
def test_a_child_that_is_taken_from_its_epic_stands_alone_at_once(jira: JiraTracker, is_hidden: bool) -> None:
    child = jira.items()[CHILD]
    assert parents(jira)[child] == jira.items()[EPIC]
    jira.clock.pass_(hours=1)
    if is_hidden:
        jira.hide(EPIC)
        jira.edit(CHILD, "Edited meanwhile")
        jira.sync()
    reparent(jira, CHILD, None)

    jira.sync()

    assert parents(jira)[child] is None
    jira.clock.pass_(hours=1)
    assert jira.sync(full=True).mended == 0
    assert parents(jira)[child] is None


def test_a_child_that_is_given_to_a_hidden_epic_lies_below_that_one(jira: JiraTracker) -> None:
    child = jira.items()[CHILD]
    jira.clock.pass_(hours=1)
    jira.hide(OTHER_EPIC)
    jira.sync()
    reparent(jira, CHILD, OTHER_EPIC)

    jira.sync()

    assert parents(jira)[child] == jira.items()[OTHER_EPIC]
    jira.clock.pass_(hours=1)
    jira.show_all()
    assert jira.sync(full=True).mended == 0
    assert parents(jira)[child] == jira.items()[OTHER_EPIC]


@pytest.mark.parametrize("becomes", ["Bug", "Epic"])
def test_a_child_that_moves_or_gets_another_type_stays_below_a_hidden_epic_unless_it_is_one(
    cloud: JiraTracker, becomes: str
) -> None:
    child, epic = cloud.items()[CHILD], cloud.items()[EPIC]
    cloud.clock.pass_(hours=1)
    cloud.hide(EPIC)
    cloud.move(CHILD)
    issue = cloud.site.issues[int(child)]
    cloud.site.retype(issue, becomes, millis(cloud.clock.at))
    issue.parent_id = None if becomes == "Epic" else issue.parent_id

    cloud.sync()

    assert parents(cloud)[child] == (None if becomes == "Epic" else epic)


def test_what_lay_below_a_deleted_epic_stays_below_what_is_kept_of_it(cloud: JiraTracker) -> None:
    before, epic = parents(cloud), cloud.items()[EPIC]
    cloud.clock.pass_(hours=1)
    cloud.delete(EPIC)

    is_gone_by_two_censuses(cloud, epic)  # Jira tells a deleted issue from a hidden one by nothing

    assert cloud.sync(full=True).mended == 0
    assert parents(cloud) == before


def born_below_a_hidden_epic(tracker: JiraTracker) -> str:
    """A child made and read while its epic was hidden; so that it stands alone."""
    epic = tracker.site.issues[int(tracker.items()[EPIC])]
    tracker.clock.pass_(hours=30)
    tracker.hide(EPIC)
    child = str(an_issue(tracker.site, parent=epic, at=tracker.clock.at, summary="New below it").id)
    tracker.sync()
    assert parents(tracker)[child] is None
    return child


@pytest.mark.parametrize("way", ["missed by a census", "removed by two", "removed by two, and shown by an edit"])
def test_what_was_first_read_while_its_epic_was_hidden_lies_below_it_once_the_epic_is_back(
    jira: JiraTracker, way: str
) -> None:
    epic, child = jira.items()[EPIC], born_below_a_hidden_epic(jira)
    jira.sweep()
    if way != "missed by a census":
        is_gone_by_two_censuses(jira, epic)
    jira.clock.pass_(hours=24)
    jira.show_all()
    if way == "removed by two, and shown by an edit":
        jira.edit(EPIC, "Shown to us again")
        jira.sync()

    jira.sweep()
    jira.sync()

    assert parents(jira)[child] == epic


def test_what_one_census_has_read_again_is_bounded_and_the_full_check_reads_the_rest(
    cloud: JiraTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "ALONE_AT_MOST", 1)
    epic, children = cloud.items()[EPIC], [born_below_a_hidden_epic(cloud) for _ in range(2)]
    cloud.sweep()
    cloud.clock.pass_(hours=24)
    cloud.show_all()

    cloud.sweep()
    cloud.sync()
    by_census = [parents(cloud)[each] for each in children]
    cloud.sync(full=True)

    assert by_census == [None, epic]
    assert [parents(cloud)[each] for each in children] == [epic, epic]


def test_reading_kept_answers_again_leaves_a_child_below_a_hidden_epic(cloud: JiraTracker) -> None:
    before = parents(cloud)
    cloud.clock.pass_(hours=1)
    cloud.hide(EPIC)
    cloud.edit(CHILD, "Edited meanwhile")
    cloud.sync()
    cloud.given["blocked_flags"] = False

    assert cloud.sync().outcome == "ok"

    assert parents(cloud) == before


def test_an_id_that_is_used_again_inherits_no_parent(cloud: JiraTracker) -> None:
    cloud.clock.pass_(hours=1)
    reused = cloud.items()[CHILD]
    issue = cloud.site.issues[int(reused)]
    issue.parent_id, issue.summary = None, "Another item"
    issue.histories.clear()
    issue.created = issue.updated = millis(cloud.clock.at)

    cloud.sync()

    assert cloud.titles()[reused] == "Another item"
    assert parents(cloud)[reused] is None
