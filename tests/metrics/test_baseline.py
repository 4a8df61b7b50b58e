"""What is true today: what statuses are used for, what hangs together, what lies forgotten, what a state held."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from domain.journey import Journey, Visit
from domain.period import Period
from domain.work_item import FlowState, Status, StatusCategory
from domain.workflow import StateRules, Workflow
from metrics.age import ages
from metrics.baseline import StatusUse, candidates, held_daily, inventory, lying, parent_cover, status_uses
from metrics.flow_time import flow_time
from tests.builders import SOURCE, a_calendar, a_journey, a_moment

NOW = a_moment("2026-03-31T12:00")
MARCH = Period(a_moment("2026-03-01").date(), a_moment("2026-04-01").date())
MEANS = {
    "To Do": FlowState.NEW, "Doing": FlowState.ACTIVE, "Done": FlowState.DONE, "Limbo": FlowState.UNKNOWN,
}  # fmt: skip


def been_in(*steps: tuple[str, str], key: str = "PAY-1", level: str = "story") -> Journey:
    """An item that came into these statuses on these days."""
    leaves = [*(a_moment(day) for _, day in steps[1:]), None]
    visits = tuple(
        Visit(status=status, status_id=f"{status}!", flow_state=MEANS[status], entered_at=a_moment(day), left_at=left)
        for (status, day), left in zip(steps, leaves, strict=True)
    )
    return replace(a_journey(created=steps[0][1], key=key, level=level), visits=visits, status=steps[-1][0])


def used(*journeys: Journey, rules: StateRules | None = None) -> dict[str, StatusUse]:
    statuses = [
        Status(source=SOURCE, status_id="To Do!", name="To Do", category=StatusCategory.NEW),
        Status(source=SOURCE, status_id="Done!", name="Done", category=StatusCategory.DONE),
    ]
    workflow = Workflow(rules={SOURCE: rules or StateRules()}, statuses=statuses)
    return {one.name: one for one in status_uses(journeys, workflow, as_of=NOW)}


def test_a_status_is_believed_as_far_as_its_visits_behave_like_it() -> None:
    reopened = been_in(
        ("To Do", "2026-03-01"), ("Doing", "2026-03-03"), ("Done", "2026-03-08"), ("Doing", "2026-03-10"),
        ("Done", "2026-03-11"),
    )  # fmt: skip

    found = used(reopened)

    assert {name: (one.agreeing, one.visits) for name, one in found.items()} == {
        "To Do": (1, 1),
        "Doing": (1, 2),
        "Done": (1, 2),
    }
    assert {name: one.days for name, one in found.items()} == {"To Do": 2, "Doing": 6, "Done": 22}
    assert {name: one.items_now for name, one in found.items()} == {"To Do": 0, "Doing": 0, "Done": 1}


def test_it_says_who_explains_a_status() -> None:
    rules = StateRules(states={"doing": FlowState.ACTIVE})
    item = been_in(("To Do", "2026-03-01"), ("Doing", "2026-03-03"), ("Limbo", "2026-03-05"))

    found = used(item, rules=rules)

    assert {name: one.said_by for name, one in found.items()} == {
        "To Do": "category",
        "Doing": "settings",
        "Limbo": "nobody",
    }
    assert found["Limbo"].confidence is None


def test_items_gone_from_their_tracker_are_no_part_of_today() -> None:
    gone = a_journey("2026-03-02", key="PAY-9", removed="2026-03-05")

    assert used(gone) == {}
    assert inventory([gone], {}, calendar=a_calendar()) == []


def test_an_inventory_counts_by_what_statuses_mean() -> None:
    items = [
        a_journey("2026-03-02", "2026-03-05", key="PAY-1"),
        a_journey("2026-03-04", key="PAY-2"),
        a_journey(created="2026-01-02", key="PAY-3"),
    ]

    (stock,) = inventory(items, {one.id: "PAY" for one in items}, calendar=a_calendar())

    assert (stock.project, stock.type, stock.items, stock.in_progress) == ("PAY", "Story", 3, 1)
    assert (stock.oldest.isoformat(), stock.newest.isoformat()) == ("2026-01-02", "2026-03-04")


def test_a_parent_counts_where_it_is_of_a_higher_level() -> None:
    items = [
        a_journey(key="EPIC-1", level="epic"),
        a_journey(key="FEAT-1", level="feature", parent="EPIC-1"),
        a_journey(key="FEAT-2", level="feature", parent="FEAT-1"),
        a_journey(key="FEAT-3", level="feature", parent="NOT-HELD"),
        a_journey(key="FEAT-4", level="feature"),
    ]

    _, features = parent_cover(items, ("epic", "feature", "story"))

    assert (features.items, features.held, features.astray, features.unknown, features.none) == (4, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("updated", "started", "aged", "forgotten"),
    [
        pytest.param("2026-01-30", "2026-01-10", True, True, id="old and untouched for 60 days"),
        pytest.param("2026-01-31", "2026-01-10", True, False, id="old and untouched for 59 days"),
        pytest.param("2026-01-30", "2026-01-25", True, True, id="just older than the longest"),
    ],
)
def test_work_is_forgotten_when_it_is_very_old_and_untouched(
    updated: str, started: str, aged: bool, forgotten: bool
) -> None:
    done = [a_journey("2026-02-01", "2026-02-10", key=f"PAY-{number}") for number in range(20)]
    taken = flow_time(done, finished_in=Period(a_moment("2026-01-01").date(), NOW.date()), calendar=a_calendar())
    item = a_journey(started, key="PAY-99", updated=updated)
    told = ages([item], as_of=NOW, calendar=a_calendar(), finished=taken)

    (found,) = lying(told, as_of=NOW, calendar=a_calendar())

    assert (found.is_aged, found.is_forgotten) == (aged, forgotten)


def test_work_below_an_item_touches_it() -> None:
    epic = a_journey("2026-01-10", key="EPIC-1", level="epic", updated="2026-01-11")
    told = ages([epic], as_of=NOW, calendar=a_calendar())

    alone = lying(told, as_of=NOW, calendar=a_calendar())
    worked_on = lying(told, as_of=NOW, calendar=a_calendar(), touched_at={epic.id: a_moment("2026-03-30")})

    assert [one.untouched_days for one in alone] == [79]
    assert worked_on == []


def test_nothing_is_called_old_before_twenty_items_finished() -> None:
    done = [a_journey("2026-02-01", "2026-02-10", key=f"PAY-{number}") for number in range(19)]
    taken = flow_time(done, finished_in=Period(a_moment("2026-01-01").date(), NOW.date()), calendar=a_calendar())
    item = a_journey("2026-01-05", key="PAY-99", updated="2026-03-30")
    told = ages([item], as_of=NOW, calendar=a_calendar(), finished=taken)

    assert lying(told, as_of=NOW, calendar=a_calendar()) == []


def test_an_item_of_two_components_is_divided_between_them() -> None:
    both, bare = a_journey("2026-03-02", "2026-03-12", key="PAY-1"), a_journey("2026-03-02", "2026-03-07", key="PAY-2")
    marks = {both.id: {"component": ("api", "web")}}

    (found,) = candidates([both, bare], marks, period=MARCH, calendar=a_calendar())

    assert (found.kind, dict(found.item_days), found.bare) == ("component", {"api": Fraction(5), "web": Fraction(5)}, 5)
    assert found.total == 15


def test_a_first_limit_is_what_a_state_held_on_85_of_100_days() -> None:
    """Of 31 days the 27th smallest counts (85% of 31 is 26.35, rounded up): one item on 31 days, a second on 4."""
    one, two = been_in(("Doing", "2026-02-01")), been_in(("Doing", "2026-03-28"), key="PAY-2")
    three = been_in(("Doing", "2026-03-27"), key="PAY-3")

    (quiet,) = held_daily([one, two], {"work": ("doing",)}, period=MARCH, calendar=a_calendar())
    (busy,) = held_daily([one, three], {"work": ("Doing",)}, period=MARCH, calendar=a_calendar())

    assert (quiet.daily.count(2), quiet.p85) == (4, 1)
    assert (busy.daily.count(2), busy.p85) == (5, 2)


def test_finished_work_fills_no_state() -> None:
    done = been_in(("Doing", "2026-02-01"), ("Done", "2026-02-20"))

    (held,) = held_daily([done], {"done": ("Done",)}, period=MARCH, calendar=a_calendar())

    assert held.p85 == 0
