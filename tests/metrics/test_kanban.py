"""What moves on the portfolio kanban and what is stuck: definition 3.9."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.board import Board
from domain.journey import Journey
from domain.period import Period
from domain.work_item import HistoryState
from metrics.kanban import NOT_MAPPED, BoardState, PortfolioKanban, portfolio_kanban
from tests.builders import a_calendar
from tests.metrics.boards import BOARD, LIMITS, an_epic

TODAY = date(2026, 6, 1)
QUARTER = Period(date(2026, 3, 2), date(2026, 6, 1))


def measured(*epics: Journey, board: Board = BOARD, day: date = TODAY, is_now: bool = True) -> PortfolioKanban:
    return portfolio_kanban(
        epics, board=board, day=day, period=QUARTER, calendar=a_calendar(), limits=LIMITS, is_now=is_now
    )


def keys(state: BoardState) -> list[str]:
    return [one.journey.key for one in state.held]


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_statuses_of_two_trackers_make_one_state_and_its_limit_holds_for_their_sum() -> None:
    there = [
        an_epic((ago(9), "Reviewing"), key="A"),
        an_epic((ago(8), "In review"), key="B", source="other"),
        an_epic((ago(7), "In review"), key="C", source="other"),
    ]

    state = measured(*there).state("reviewing")

    assert (keys(state), state.limit, state.over) == (["A", "B", "C"], 2, 1)


def test_the_longest_in_its_state_comes_first_with_both_ends_counted() -> None:
    found = measured(an_epic((ago(1), "Analysing"), key="NEW"), an_epic((ago(30), "Analysing"), key="OLD"))

    assert [(one.journey.key, one.days) for one in found.state("analysing").held] == [("OLD", 31), ("NEW", 2)]
    assert [one.total_days for one in found.state("analysing").held] == [152, 152]


def test_moves_between_statuses_of_one_state_are_none() -> None:
    found = measured(an_epic((ago(30), "Implementing"), (ago(10), "MVP"), key="A"))

    (standing,) = found.state("implementing").held
    assert standing.days == 31
    assert (len(found.state("implementing").entered), found.state("implementing").left) == (1, ())


def test_a_status_that_nobody_mapped_has_a_row_of_its_own() -> None:
    parked = an_epic((ago(30), "Reviewing"), (ago(10), "Parked"), key="P")

    found = measured(parked, an_epic((ago(3), "Nobody mapped this"), key="Q"))

    assert keys(found.state(NOT_MAPPED)) == ["P", "Q"]
    assert [one.went for one in found.state("reviewing").left] == ["unmapped"]
    assert found.n_used == 2


def test_where_no_epic_stands_in_a_state_that_anybody_mapped_the_load_of_none_is_a_zero() -> None:
    lost = an_epic((ago(10), "Nobody mapped this"), key="LOST")
    untold = an_epic(key="UNTOLD", begins="nobody mapped this", history=HistoryState.NONE)
    placed = an_epic((ago(10), "Reviewing"), key="PLACED")

    nothing, partly, before = measured(lost), measured(lost, placed), measured(untold, is_now=False)

    assert [nothing.load(name) for name in ("funnel", "reviewing", NOT_MAPPED)] == [None, None, 1]
    assert nothing.left_out("funnel") == {"unmapped": ("LOST",)}
    assert [partly.load(name) for name in ("funnel", "reviewing", NOT_MAPPED)] == [0, 1, 1]
    assert partly.left_out("funnel") == {}
    assert (before.load("funnel"), before.left_out("funnel")) == (None, {"no_history": ("UNTOLD",)})
    assert measured().load("funnel") == 0


@pytest.mark.parametrize("last", ["Done", "Closed", "Dropped", "Template"])
def test_what_is_done_given_up_or_ignored_stands_nowhere(last: str) -> None:
    assert measured(an_epic((ago(30), "Implementing"), (ago(10), last))).standing == ()


def test_what_leaves_moves_on_or_back_is_given_up_or_gone() -> None:
    on = [an_epic((ago(60), "Analysing"), (ago(20), "Approved"), key=f"ON-{n}") for n in range(7)]
    skipped = an_epic((ago(60), "Analysing"), (ago(20), "Done"), key="SKIP")
    back = an_epic((ago(60), "Analysing"), (ago(20), "Reviewing"), key="BACK")
    given_up = an_epic((ago(60), "Analysing"), (ago(20), "Dropped"), key="DROP")
    gone = an_epic((ago(60), "Analysing"), key="GONE", removed=ago(20))

    state = measured(*on, skipped, back, given_up, gone).state("analysing")

    assert {how: len(state.went(how)) for how in ("forward", "back", "killed", "gone")} == {
        "forward": 8, "back": 1, "killed": 1, "gone": 1,
    }  # fmt: skip
    assert state.conversion == pytest.approx(8 / 11)
    assert state.kill_rate == pytest.approx(1 / 11)


def test_of_ten_that_left_eight_went_on_one_back_and_one_was_given_up() -> None:
    """The example of the definition: 80 % and 10 %."""
    on = [an_epic((ago(60), "Approved"), (ago(20), "Implementing"), key=f"ON-{n}") for n in range(8)]
    others = [an_epic((ago(60), "Approved"), (ago(20), to), key=to) for to in ("Analysing", "Dropped")]

    state = measured(*on, *others).state("ready")

    assert (state.conversion, state.kill_rate) == (0.8, 0.1)


def test_without_an_exit_there_is_no_rate() -> None:
    state = measured(an_epic((ago(9), "Reviewing"))).state("reviewing")

    assert (state.conversion, state.kill_rate) == (None, None)


def test_a_kill_before_work_begins_is_healthy_and_afterwards_it_is_waste() -> None:
    early = an_epic((ago(60), "Analysing"), (ago(20), "Dropped"), key="EARLY")
    late = an_epic((ago(60), "Implementing"), (ago(20), "Dropped"), key="LATE")

    found = measured(early, late)

    assert [one.journey.key for one in found.killed_early] == ["EARLY"]
    assert [one.journey.key for one in found.killed_late] == ["LATE"]


def test_moves_of_other_days_are_none_of_the_period() -> None:
    before = an_epic(("2026-02-20", "Reviewing"), ("2026-03-01", "Analysing"), key="BEFORE")
    first = an_epic(("2026-02-20", "Reviewing"), ("2026-03-02", "Analysing"), key="FIRST")

    state = measured(before, first).state("reviewing")

    assert [one.journey.key for one in state.left] == ["FIRST"]
    assert state.entered == ()


def test_who_moves_backwards_is_named_with_both_states() -> None:
    (back,) = measured(an_epic((ago(60), "Analysing"), (ago(20), "Idea"), key="B")).moved_back

    assert (back.journey.key, back.state, back.to) == ("B", "analysing", "funnel")


def test_a_reopened_epic_comes_back_to_the_board() -> None:
    found = measured(an_epic((ago(60), "Implementing"), (ago(20), "Done"), (ago(5), "Implementing")))

    assert [one.days for one in found.state("implementing").held] == [6]
    assert len(found.state("done").entered) == 1


def stayed(*days: int, since: int = 40, state: str = "Analysing") -> list[Journey]:
    """Epics that left a state after so many days each, all of them `since` days ago."""
    return [
        an_epic((ago(since + n - 1), state), (ago(since), "Approved"), key=f"S-{place}", created="2025-06-01")
        for place, n in enumerate(days)
    ]


TEN = (1, 2, 2, 3, 4, 5, 8, 13, 21, 34)  # T6


def test_a_stay_is_told_by_percentiles_as_far_as_the_sample_allows() -> None:
    """T6: P50 4, P85 21."""
    ten, four = measured(*stayed(*TEN)).state("analysing"), measured(*stayed(1, 2, 3, 4)).state("analysing")

    assert (ten.stay(50), ten.stay(85), ten.stay(95)) == (4, 21, None)
    assert (four.stay(50), four.stay(85)) == (None, None)


def test_ages_of_those_in_a_state_have_percentiles_of_their_own() -> None:
    there = [an_epic((ago(days - 1), "Analysing"), key=f"A-{days}", created="2025-06-01") for days in (1, 2, 3, 4, 50)]

    state = measured(*there).state("analysing")

    assert (state.age(50), state.age(85)) == (3, None)


def stuck(days: int, *, last_left: int, state: str = "Analysing") -> list[str]:
    lingering = an_epic((ago(days - 1), state), key="STUCK", created="2025-06-01")
    found = measured(*stayed(*TEN, since=last_left, state=state), lingering)
    return [one.journey.key for one in found.standing if one.is_stuck]


@pytest.mark.parametrize(
    ("days", "last_left", "expected"),
    [
        pytest.param(22, 28, ["STUCK"], id="older than 85 % stayed, and nothing has left for 28 days"),
        pytest.param(21, 28, [], id="exactly what 85 % stayed within"),
        pytest.param(22, 27, [], id="something left a day too late"),
    ],
)
def test_stuck_is_what_is_old_in_a_state_that_nothing_leaves(days: int, last_left: int, expected: list[str]) -> None:
    assert stuck(days, last_left=last_left) == expected


@pytest.mark.parametrize("state", ["Idea", "Implementing"])
def test_nothing_is_stuck_where_waiting_is_meant_or_work_has_begun(state: str) -> None:
    assert stuck(200, last_left=40, state=state) == []


def test_below_ten_that_left_nobody_is_called_old_or_stuck() -> None:
    found = measured(*stayed(*TEN[:9]), an_epic((ago(300), "Analysing"), key="OLD", created="2025-01-01"))

    assert not any(one.is_old or one.is_stuck for one in found.standing)


def test_of_an_epic_without_a_history_only_todays_place_is_known() -> None:
    untold = an_epic((ago(30), "Analysing"), key="U", history=HistoryState.NONE)

    today, before = measured(untold), measured(untold, day=date(2026, 5, 1), is_now=False)

    assert [(one.journey.key, one.days) for one in today.state("analysing").held] == [("U", None)]
    assert today.excluded == before.excluded == {"no_history": ("U",)}
    assert (today.state("analysing").entered, before.standing) == ((), ())


def test_the_board_of_an_earlier_evening_is_as_it_was() -> None:
    epic = an_epic((ago(40), "Reviewing"), (ago(10), "Analysing"))

    found = measured(epic, day=TODAY - timedelta(days=11), is_now=False)

    assert [(one.state, one.days) for one in found.standing] == [("reviewing", 30)]
