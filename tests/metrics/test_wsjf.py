"""What comes first, and what waiting costs: definition 3.5."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey
from metrics.wsjf import Job, Urgency, cost_of_delay, cost_of_order, cost_of_queue, earned, in_order, wsjf
from tests.builders import a_journey


def an_epic(key: str, *scores: int | None, created: str = "2026-01-01", level: str = "epic") -> Journey:
    names = ("business_value", "time_criticality", "risk_reduction", "job_size")
    values = {name: Decimal(score) for name, score in zip(names, scores, strict=True) if score is not None}
    return a_journey(key=key, created=created, level=level, values=values)


A, B, C = an_epic("A", 5, 5, 3, 5), an_epic("B", 3, 3, 2, 2), an_epic("C", 8, 8, 4, 13)


def test_the_largest_cost_of_delay_for_its_size_comes_first() -> None:
    """T15: 4.0, 2.6, 1.54."""
    jobs = wsjf([A, B, C]).jobs

    assert [job.key for job in jobs] == ["B", "A", "C"]
    assert [round(job.score, 2) for job in jobs] == [Decimal("4.00"), Decimal("2.60"), Decimal("1.54")]


def test_what_an_order_costs() -> None:
    """T15: 507 in the best order, 654 in the worst, which is 29 % more."""
    jobs = wsjf([A, B, C]).jobs
    costs = {"".join(job.key for job in order): cost_of_order(order) for order in permutations(jobs)}

    assert (min(costs, key=lambda name: costs[name]), costs["BAC"]) == ("BAC", Decimal(507))
    assert (max(costs, key=lambda name: costs[name]), costs["CAB"]) == ("CAB", Decimal(654))
    assert round((costs["CAB"] / costs["BAC"] - 1) * 100) == 29


def test_an_ice_cream_stand_earns_more_when_the_larger_return_comes_first() -> None:
    """T16: 5 and 7.5 a week of work; 100 in one order, 120 in the other, in six weeks."""
    one = Job(key="A", cost_of_delay=Decimal(10), size=Decimal(2))
    other = Job(key="B", cost_of_delay=Decimal(30), size=Decimal(4))

    takings = [earned(order, weeks=Decimal(6), now=Decimal(10)) for order in ([one, other], [other, one])]
    assert [(job.key, job.score) for job in in_order([one, other])] == [("B", Decimal("7.5")), ("A", Decimal(5))]
    assert takings == [Decimal(100), Decimal(120)]


@pytest.mark.parametrize(
    ("done_on", "urgency", "expected"),
    [
        pytest.param(date(2026, 6, 26), Urgency.LINEAR, 80_000, id="four weeks late (T17)"),
        pytest.param(date(2026, 5, 29), Urgency.LINEAR, 0, id="on the day"),
        pytest.param(date(2026, 5, 1), Urgency.LINEAR, 0, id="early is no gain"),
        pytest.param(date(2026, 6, 26), Urgency.PEAK_UNAFFECTED, 80_000, id="the peak comes later"),
        pytest.param(date(2026, 5, 30), Urgency.FIXED_DATE, 20_000, id="a date missed by a day"),
        pytest.param(date(2026, 6, 26), Urgency.FIXED_DATE, 20_000, id="a date missed by weeks"),
        pytest.param(date(2026, 5, 29), Urgency.FIXED_DATE, 0, id="a date kept"),
        pytest.param(None, Urgency.LINEAR, None, id="nobody knows when"),
    ],
)
def test_being_late_costs_its_rate_for_each_week(done_on: date | None, urgency: Urgency, expected: int | None) -> None:
    """T17: 20,000 a week from 29 May to 26 June."""
    assert cost_of_delay(rate=20_000, needed_on=date(2026, 5, 29), done_on=done_on, urgency=urgency) == expected


def test_waiting_between_approval_and_start_costs_too() -> None:
    approved, today = date(2026, 5, 1), date(2026, 5, 29)

    assert cost_of_queue(rate=7_000, approved_on=approved, begun_on=None, today=today) == 28_000
    assert cost_of_queue(rate=7_000, approved_on=approved, begun_on=date(2026, 5, 8), today=today) == 7_000


def test_what_cannot_be_put_in_order_is_listed_and_not_last() -> None:
    sizeless, nothing, unscored = an_epic("N", 5, 5, 3, None), an_epic("Z", 5, 5, 3, 0), an_epic("U", 5, None, 3, 2)

    found = wsjf([A, sizeless, nothing, unscored])

    assert found.excluded == {"no_size": ("N", "Z"), "not_scored": ("U",)}
    assert (found.n_used, found.n_in_scope) == (1, 4)


def test_ties_go_to_the_higher_cost_of_delay_and_then_to_the_older() -> None:
    small, large = an_epic("SMALL", 1, 1, 1, 1), an_epic("LARGE", 2, 2, 2, 2, created="2026-03-01")
    older = an_epic("OLDER", 2, 2, 2, 2, created="2026-02-01")

    assert [job.key for job in wsjf([small, large, older]).jobs] == ["OLDER", "LARGE", "SMALL"]


def test_finished_work_needs_no_place() -> None:
    done = replace(a_journey("2026-01-05", "2026-02-01", key="DONE", level="epic"), values=A.values)

    assert [job.key for job in wsjf([done, A]).jobs] == ["A"]


def test_levels_are_never_put_in_one_order() -> None:
    with pytest.raises(ValueError, match="one level"):
        wsjf([A, an_epic("S", 1, 1, 1, 1, level="story")])


def test_columns_that_say_nothing_are_named() -> None:
    doubts = wsjf([an_epic("A", 1, 5, 1, 4), an_epic("B", 1, 5, 2, 2), an_epic("C", 8, 8, 3, 1)]).doubts

    assert set(doubts) == {
        ("business_value", "same", 2), ("time_criticality", "no_one", 3), ("time_criticality", "same", 2),
        ("job_size", "off_scale", 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "is_named"),
    [
        pytest.param((1, 1, 2, 3), False, id="two of four: half"),
        pytest.param((1, 1, 1, 2, 3), True, id="three of five: more than half"),
    ],
)
def test_a_column_tells_nothing_apart_where_more_than_half_have_one_value(
    values: tuple[int, ...], *, is_named: bool
) -> None:
    doubts = wsjf([an_epic(f"E-{n}", value, n + 1, n + 1, n + 1) for n, value in enumerate(values)]).doubts

    assert ("same" in {doubt for column, doubt, _ in doubts if column == "business_value"}) == is_named


JOBS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 20)), min_size=1, max_size=5)


@given(JOBS)
def test_no_order_costs_less_than_this_one(told: list[tuple[int, int]]) -> None:
    jobs = [
        Job(key=str(number), cost_of_delay=Decimal(cost), size=Decimal(size))
        for number, (cost, size) in enumerate(told)
    ]

    assert cost_of_order(in_order(jobs)) == min(cost_of_order(order) for order in permutations(jobs))
