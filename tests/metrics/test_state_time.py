"""Where the time of finished work went, state by state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.journey import Spans
from domain.period import Period
from domain.work_item import FlowState, ItemId
from metrics.state_time import state_times
from tests.builders import SOURCE, a_calendar, an_item

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
BUILT = an_item(("2026-03-02", "in progress"), ("2026-03-04", "done"), key="PAY-1").journey()
REVIEWED = an_item(
    ("2026-03-02", "in progress"), ("2026-03-06", "review"), ("2026-03-09", "done"), key="PAY-2"
).journey()  # fmt: skip


def test_is_the_days_of_all_items_by_state_for_each_of_them() -> None:
    """2 and 4 days in progress, and one item 3 in review: 3.0 and 1.5."""
    found = state_times([BUILT, REVIEWED], finished_in=MARCH, calendar=a_calendar())

    assert [(one.name.casefold(), one.days, one.items) for one in found.states] == [
        ("in progress", 3.0, 2), ("review", 1.5, 1),
    ]  # fmt: skip
    assert {one.total_days for one in found.states} == {4.5}
    assert found.longest() == found.states[0]


def test_divides_the_days_of_each_trackers_states_by_its_own_items() -> None:
    """Five days each in Active, Review for one, of another tracker: neither adds to the other's, nor makes it less."""
    others = [
        replace(BUILT, id=ItemId("ado", key), key=key, spans=Spans(active=5 * 86_400, per_state=states))
        for key, states in (("9", {"Active": 5 * 86_400}), ("8", {"Active": 5 * 86_400, "review": 86_400}))
    ]

    found = state_times([BUILT, REVIEWED, *others], finished_in=MARCH, calendar=a_calendar())

    assert [(one.name, one.days, one.total_days, one.finished) for one in found.states] == [
        ("Active", 5.0, 5.5, 2), ("ado / review", 0.5, 5.5, 2),
        ("in progress", 3.0, 4.5, 2), (f"{SOURCE} / review", 1.5, 4.5, 2),
    ]  # fmt: skip
    assert found.longest() == found.states[0]
    assert found.longest(of=3) is None


def test_says_which_states_are_worked_in() -> None:
    found = state_times([REVIEWED], finished_in=MARCH, calendar=a_calendar())

    assert found.states[0].flow_state is FlowState.ACTIVE


def test_names_items_that_nobody_saw_begin() -> None:
    unseen = an_item(("2026-03-05", "done"), key="PAY-9").journey()

    found = state_times([BUILT, unseen], finished_in=MARCH, calendar=a_calendar())

    assert (found.keys, found.excluded) == (("PAY-1",), {"no_start": ("PAY-9",)})


def test_nothing_finished_is_no_state() -> None:
    assert state_times([], finished_in=MARCH, calendar=a_calendar()).states == ()
