"""What today's order costs, how far scores can be believed, what waiting costs in money: definition 3.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from domain.board import Board, Delay
from domain.calendar import Calendar, Increment
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Decision
from metrics.order import Delays, delays, families, hygiene, order
from tests.builders import a_calendar, a_journey, a_moment
from tests.metrics.boards import BOARD, an_epic, scored

TODAY = date(2026, 6, 26)
A = {"business_value": 5, "time_criticality": 5, "risk_reduction": 3, "job_size": 5}
B = {"business_value": 3, "time_criticality": 3, "risk_reduction": 2, "job_size": 2}
C = {"business_value": 8, "time_criticality": 8, "risk_reduction": 4, "job_size": 13}


def waiting(key: str, values: dict[str, int], *, since: str, rank: str = "", source: str = "payments") -> Journey:
    fields = {"Rank": rank} if rank else {}
    return an_epic((since, "Reviewing"), key=key, values=values, fields=fields, source=source)


def test_the_order_c_a_b_costs_29_percent_more_than_the_best() -> None:
    """T15: 654 against 507."""
    epics = [
        waiting("A", A, since="2026-03-02"), waiting("B", B, since="2026-03-03"), waiting("C", C, since="2026-03-01"),
    ]  # fmt: skip

    found = order(epics, board=BOARD)

    assert [one.journey.key for one in found.epics] == ["C", "A", "B"]
    assert [(one.now, one.best) for one in found.epics] == [(1, 3), (2, 2), (3, 1)]
    assert (found.by, found.cost_now, found.cost_best) == ("start", Decimal(654), Decimal(507))
    assert found.price is not None
    assert round(found.price * 100) == 29


def test_the_best_order_costs_nothing_more() -> None:
    epics = [
        waiting("A", A, since="2026-03-02"), waiting("B", B, since="2026-03-01"), waiting("C", C, since="2026-03-03"),
    ]  # fmt: skip

    assert order(epics, board=BOARD).price == 0


@pytest.mark.parametrize(
    ("ranks", "source", "by", "expected"),
    [
        pytest.param(("2", "10", "1"), "payments", "rank", "CAB", id="numbers are numbers"),
        pytest.param(("0|i2", "0|i10", "0|i3"), "payments", "rank", "BAC", id="words are words"),
        pytest.param(("2", "", "1"), "payments", "start", "ABC", id="one has none"),
        pytest.param(("2", "10", "1"), "other", "start", "ABC", id="the ranks of two trackers"),
    ],
)
def test_todays_order_is_the_trackers_where_every_epic_has_a_rank_in_it(
    ranks: tuple[str, str, str], source: str, by: str, expected: str
) -> None:
    board = replace(BOARD, rank=("Rank",))
    epics = [
        waiting("A", A, since="2026-03-01", rank=ranks[0]),
        waiting("B", B, since="2026-03-02", rank=ranks[1]),
        waiting("C", C, since="2026-03-03", rank=ranks[2], source=source),
    ]

    found = order(epics, board=board)

    assert (found.by, "".join(one.journey.key for one in found.epics)) == (by, expected)


def test_those_not_committed_to_come_last_and_the_older_first() -> None:
    ideas = [
        an_epic(key="YOUNG", created="2026-02-01", values=A), an_epic(key="OLD", created="2026-01-01", values=B),
    ]  # fmt: skip

    found = order([*ideas, waiting("C", C, since="2026-05-01")], board=BOARD)

    assert [one.journey.key for one in found.epics] == ["C", "OLD", "YOUNG"]


@pytest.mark.parametrize("status", ["Implementing", "Done", "Dropped", "Parked"])
def test_what_is_begun_over_or_nowhere_on_the_board_keeps_its_place(status: str) -> None:
    found = order([an_epic(("2026-03-01", status), key="X", values=A)], board=BOARD)

    assert (found.epics, found.price) == ((), None)


def test_what_has_no_size_or_score_is_listed_and_not_last() -> None:
    found = order(
        [waiting("A", A, since="2026-03-01"), waiting("N", scored(5, None), since="2026-03-01"),
         an_epic(("2026-03-01", "Reviewing"), key="U", values={"job_size": 3})],
        board=BOARD,
    )  # fmt: skip

    assert found.excluded == {"no_size": ("N",), "not_scored": ("U",)}
    assert found.price is None  # one alone has no order


def increments(*starts: str) -> Calendar:
    days = [date.fromisoformat(one) for one in starts]
    spans = tuple(Increment(name=f"PI {n}", period=Period(one, other)) for n, (one, other) in enumerate(pairwise(days)))
    return replace(a_calendar(), increments=spans)


def stale(scored_at: str, below: Sequence[Journey] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    epic = an_epic(key="E-1", created="2025-01-01", values=A)
    found = hygiene(
        [epic],
        scored_at={epic.id: a_moment(scored_at)},
        family=families(below),
        calendar=increments("2026-01-05", "2026-03-30", "2026-06-22", "2026-09-14"),
        today=TODAY,
    )
    return found.old, found.outgrown


@pytest.mark.parametrize(
    ("scored_at", "is_old"),
    [
        pytest.param("2026-01-04", True, id="before the two increments that have passed"),
        pytest.param("2026-01-05", False, id="on the first day of the first of them"),
    ],
)
def test_a_score_older_than_two_whole_increments_is_stale(scored_at: str, *, is_old: bool) -> None:
    assert stale(scored_at) == (("E-1",) if is_old else (), ())


def feature(key: str, created: str, **more: str) -> Journey:
    return a_journey(key=key, parent="E-1", created=created, level="feature", **more)  # type: ignore[arg-type] # words


FOUR = [feature(f"F-{n}", "2026-04-01") for n in range(4)]


@pytest.mark.parametrize(
    ("below", "is_outgrown"),
    [
        pytest.param([*FOUR, feature("NEW", "2026-05-02")], False, id="one of four more: 25 % is not more than 25 %"),
        pytest.param([*FOUR, *(feature(f"N-{n}", "2026-05-02") for n in range(2))], True, id="two more: 50 %"),
        pytest.param([*(feature(f"G-{n}", "2026-04-01") for n in range(7)),
                      *(feature(f"N-{n}", "2026-05-02") for n in range(2))], True, id="two of seven more: 29 %"),
        pytest.param([*FOUR[:2], *(replace(one, cancelled_at=a_moment("2026-05-05")) for one in FOUR[2:])], True,
                     id="two of four given up since"),
        pytest.param([feature(f"N-{n}", "2026-05-02") for n in range(9)], False, id="only now broken down"),
        pytest.param([*FOUR, *(replace(feature(f"N-{n}", "2026-05-02"), removed_at=a_moment("2026-05-03"))
                               for n in range(3))], False, id="came and went"),
    ],
)  # fmt: skip
def test_a_score_from_before_more_than_a_quarter_of_the_scope_changed_is_stale(
    below: list[Journey], *, is_outgrown: bool
) -> None:
    assert stale("2026-05-01", below) == ((), ("E-1",) if is_outgrown else ())


def test_a_score_that_nobody_saw_change_is_as_old_as_its_epic() -> None:
    epic = an_epic(key="E-1", created="2025-01-01", values=A)

    found = hygiene([epic], scored_at={}, family={}, calendar=a_calendar(), today=TODAY)

    assert found.stale == ("E-1",)


@pytest.mark.parametrize(("values", "n_stale"), [({}, None), (A, 0)])
def test_scores_that_nobody_gave_are_not_known_to_be_fresh(values: dict[str, int], n_stale: int | None) -> None:
    epic = an_epic(key="E-1", values=values)

    found = hygiene([epic], scored_at={epic.id: a_moment("2026-05-28")}, family={}, calendar=a_calendar(), today=TODAY)

    assert found.n_stale == n_stale


MAY_29 = date(2026, 5, 29)


def priced(
    *epics: Journey, board: Board = BOARD, likely: dict[str, date] | None = None, decisions: Sequence[Decision] = ()
) -> Delays:
    by_id = {one.id: (likely or {})[one.key] for one in epics if one.key in (likely or {})}
    return delays(epics, board=board, likely=by_id, decisions=decisions, calendar=a_calendar(), today=TODAY)


def board_of(*told: Delay) -> Board:
    return replace(BOARD, delays=told)


RUNNING = an_epic(("2026-03-01", "Implementing"), key="E-1")


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        pytest.param(Delay(item="e-1", per_week=2_000_000, needed=MAY_29), 8_000_000, id="linear (T17)"),
        pytest.param(Delay(item="E-1", profile="peak_unaffected", per_week=2_000_000, needed=MAY_29), 8_000_000,
                     id="the peak comes four weeks later"),
        pytest.param(Delay(item="E-1", profile="fixed_date", at_once=5_000_000, needed=MAY_29), 5_000_000,
                     id="a fixed date, missed"),
        pytest.param(Delay(item="E-1", profile="fixed_date", at_once=5_000_000, needed=TODAY), 0, id="kept"),
        pytest.param(Delay(item="E-1", per_week=2_000_000), None, id="nobody says when it is needed"),
    ],
)  # fmt: skip
def test_being_late_costs_as_its_profile_says(delay: Delay, expected: int | None) -> None:
    """T17: 20,000 a week, needed on 29 May and forecast for 26 June, is 80,000."""
    (one,) = priced(RUNNING, board=board_of(delay), likely={"E-1": TODAY}).epics

    assert (one.cost, one.done_on, one.is_forecast) == (expected, TODAY, True)


def test_what_is_done_is_held_to_its_finish_and_needs_no_forecast() -> None:
    done = an_epic(("2026-03-01", "Implementing"), ("2026-06-12", "Done"), key="E-1", as_of="2026-06-26")

    (one,) = priced(done, board=board_of(Delay(item="E-1", per_week=700, needed=MAY_29)), likely={"E-1": TODAY}).epics

    assert (one.cost, one.is_forecast) == (1_400, False)


def test_without_a_forecast_the_cost_is_not_known_and_not_nought() -> None:
    found = priced(RUNNING, board=board_of(Delay(item="E-1", per_week=700, needed=MAY_29)))

    assert (found.epics[0].cost, found.total) == (None, None)


def test_a_field_says_what_a_week_costs_and_the_settings_go_before_it() -> None:
    epic = replace(RUNNING, values={"delay_per_week": Decimal("70.50")}, due_on=MAY_29)

    (by_field,) = priced(epic, likely={"E-1": date(2026, 6, 5)}).epics
    (by_settings,) = priced(
        epic, board=board_of(Delay(item="E-1", per_week=100)), likely={"E-1": date(2026, 6, 5)}
    ).epics

    assert (by_field.cost, by_settings.cost) == (7_050, 100)


def test_cd3_is_the_cost_of_a_week_for_each_week_of_work() -> None:
    """T16: 10 / 2 = 5, and 30 / 4 = 7.5."""
    told = board_of(
        Delay(item="A", per_week=10, weeks=2), Delay(item="B", per_week=30, weeks=4), Delay(item="C", per_week=9)
    )
    epics = [an_epic(("2026-03-01", "Reviewing"), key=key) for key in "ABC"]

    found = {one.journey.key: one.cd3 for one in priced(*epics, board=told).epics}

    assert found == {"A": Decimal(5), "B": Decimal("7.5"), "C": None}


def test_what_waits_approved_has_cost_its_weeks() -> None:
    approved = an_epic(("2026-05-29", "Approved"), key="E-1")

    (one,) = priced(approved, board=board_of(Delay(item="E-1", per_week=2_000_000))).queue

    assert (one.approved_on, one.queue) == (MAY_29, 8_000_000)


def test_a_decision_approves_too_and_the_earlier_of_both_counts() -> None:
    decided = Decision(
        id="D", asked_on=date(2026, 6, 12), meeting="m", question="?", decision="Go", owner="o", due=None, item="E-1"
    )
    analysed = an_epic(("2026-05-01", "Analysing"), key="E-1")
    told = board_of(Delay(item="E-1", per_week=700))

    assert [one.queue for one in priced(analysed, board=told, decisions=[decided]).queue] == [1_400]
    assert priced(analysed, board=told, decisions=[replace(decided, decision=None)]).queue == ()


def test_what_is_begun_waits_no_more() -> None:
    begun = an_epic(("2026-05-01", "Approved"), ("2026-05-29", "Implementing"), key="E-1")

    assert priced(begun, board=board_of(Delay(item="E-1", per_week=700))).queue == ()


def test_epics_without_a_price_are_listed() -> None:
    gone = replace(
        an_epic(("2026-03-01", "Reviewing"), key="GONE"),
        removed_at=datetime(2026, 5, 1, tzinfo=a_moment("2026-05-01").tzinfo),
    )

    found = priced(RUNNING, gone, an_epic(("2026-03-01", "Dropped"), key="DROP"))

    assert (found.epics, found.excluded) == ((), {"no_price": ("E-1",)})


def test_the_cost_of_the_queue_is_that_of_all_who_wait_in_it() -> None:
    told = board_of(*(Delay(item=f"E-{n}", per_week=700) for n in range(3)))
    epics = [
        an_epic(((TODAY - timedelta(weeks=n)).isoformat(), "Approved"), key=f"E-{n}", as_of="2026-06-27")
        for n in range(3)
    ]

    assert priced(*epics, board=told).queue_total == 700 + 1_400


def test_the_cost_of_a_queue_of_which_some_has_no_price_is_the_least_that_it_cost() -> None:
    known, fixed, bare = (an_epic(("2026-05-29", "Approved"), key=f"E-{n}") for n in range(3))
    idea = an_epic(key="E-3")
    delays = (Delay(item="E-0", per_week=700), Delay(item="E-1", profile="fixed_date", at_once=5_000))

    whole, partly = priced(known, idea, board=board_of(*delays)), priced(known, bare, board=board_of(*delays))

    assert (whole.is_least, whole.waiting) == (False, ("E-0",))
    assert (partly.is_least, partly.waiting) == (True, ("E-0", "E-2"))
    assert priced(known, fixed, board=board_of(*delays)).is_least
    assert not priced(fixed, bare, board=board_of(*delays)).is_least  # of a cost that is not known


def test_what_a_fixed_date_costs_is_no_price_of_waiting_so_the_queue_is_not_known_and_not_nought() -> None:
    approved = an_epic(("2026-05-29", "Approved"), key="E-1")

    found = priced(approved, board=board_of(Delay(item="E-1", profile="fixed_date", at_once=5_000_000)))

    assert [one.approved_on for one in found.queue] == [MAY_29]
    assert (found.queue[0].queue, found.queue_total) == (None, None)
