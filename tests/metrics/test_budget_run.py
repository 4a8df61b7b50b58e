"""Where will the year end? Definition 3.7, budget run."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.funding import ACTUAL, BUDGET, Money, months_of
from domain.period import Period
from metrics.budget_run import budget_run, together

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
NOTHING = Money({})


def days(first: str, after: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(after))


def until(day: str) -> Period:
    return Period(date(2020, 1, 1), date.fromisoformat(day))


HUNDRED_DAYS = Money({days("2026-01-01", "2026-04-11"): 400})


def test_the_forecast_is_what_was_spent_and_the_same_pace_for_the_days_that_remain() -> None:
    run = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))

    assert (run.basis, run.spent, run.days_spent, run.days_left) == (ACTUAL, 400, 100, 265)
    assert (run.forecast, run.plan, run.difference) == (1_460, 1_200, 260)


def test_days_that_are_over_and_that_finance_has_not_told_of_still_remain() -> None:
    run = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-06-01"))

    assert (run.days_spent, run.forecast) == (100, 1_460)


def test_without_actuals_the_budget_is_spent_evenly_and_forecasts_itself() -> None:
    run = budget_run(Money({YEAR: 365}), NOTHING, period=YEAR, until=until("2026-04-11"))

    assert (run.basis, run.spent, run.forecast) == (BUDGET, 100, 365)


def test_without_actuals_nobody_knows_how_far_from_its_budget_the_year_or_a_month_ends() -> None:
    even = budget_run(Money({YEAR: 365}), NOTHING, period=YEAR, until=until("2026-04-11"))
    known = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))

    alone, beside = together([even]), together([even, known])

    assert alone is not None
    for run in (even, alone):
        assert [run.difference, *(one.difference for one in run.months)] == [None] * 13
    assert beside is not None
    assert [beside.difference, *(one.difference for one in beside.months)] == [None] * 13


def test_what_a_month_of_several_streams_was_to_cost_is_not_known_where_one_of_them_has_no_budget() -> None:
    known = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))
    unbudgeted = budget_run(NOTHING, HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))
    idle = budget_run(NOTHING, NOTHING, period=YEAR, until=until("2026-04-11"))

    partly, whole = together([known, unbudgeted]), together([known, idle])

    assert partly is not None
    assert whole is not None
    assert {one.plan for one in partly.months} == {None}
    assert [one.plan for one in whole.months] == [one.plan for one in known.months]


def test_too_few_days_make_no_forecast() -> None:
    january = Money({days("2026-01-01", "2026-02-01"): 90})

    run = budget_run(Money({YEAR: 365}), january, period=YEAR, until=until("2026-02-10"))

    assert (run.spent, run.forecast, run.reason) == (90, None, "too_early")
    assert [one.ahead for one in run.months] == [None] * 12


def test_days_without_a_budget_are_told_for_each_stream_and_for_all() -> None:
    winter = days("2026-12-01", "2027-01-11")
    covered = budget_run(Money({YEAR: 365, days("2027-01-01", "2028-01-01"): 365}), NOTHING, period=winter, until=None)

    cut = budget_run(Money({YEAR: 365}), NOTHING, period=winter, until=None)
    whole = together([covered, cut])

    assert (covered.unplanned, cut.unplanned) == ((), (days("2027-01-01", "2027-01-11"),))
    assert whole is not None
    assert whole.unplanned == cut.unplanned


def test_a_budget_of_a_part_of_the_year_is_not_compared_with_all_of_it() -> None:
    """Nine months have a budget, the forecast is of twelve: 1,460 is not 260 more than planned."""
    three_quarters = Money({days("2026-01-01", "2026-10-01"): 1_200})
    cut = budget_run(three_quarters, HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))
    covered = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))

    whole = together([covered, cut])

    assert (cut.plan, cut.spent, cut.forecast, cut.difference) == (1_200, 400, 1_460, None)
    assert whole is not None
    assert (whole.plan, whole.forecast, whole.difference) == (2_400, 2_920, None)


def test_a_month_is_compared_where_all_that_cost_in_it_has_a_budget() -> None:
    budget = Money({days("2026-01-01", "2026-03-16"): 740})
    run = budget_run(budget, Money({days("2026-01-01", "2026-04-01"): 900}), period=YEAR, until=until("2026-04-11"))
    unbudgeted = budget_run(NOTHING, HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))

    whole = together([run, unbudgeted])

    assert [one.difference for one in run.months[:3]] == [0, 0, None]
    assert run.months[2].plan == 150
    assert whole is not None
    assert [one.difference for one in whole.months[:3]] == [None, None, None]


def test_no_money_at_all_is_not_no_cost() -> None:
    run = budget_run(NOTHING, NOTHING, period=YEAR, until=until("2026-04-11"))

    assert (run.plan, run.spent, run.forecast, run.reason) == (None, None, None, "no_money")


def test_the_range_is_the_pace_of_the_cheapest_and_the_dearest_month() -> None:
    months = Money(dict(zip(months_of(days("2026-01-01", "2026-04-01")), (310, 560, 310), strict=True)))

    run = budget_run(Money({YEAR: 4_000}), months, period=YEAR, until=until("2026-04-11"))

    assert (run.low, run.high) == (1180 + 10 * 275, 1180 + 20 * 275)


def test_costs_after_the_day_of_asking_are_not_spent_yet() -> None:
    run = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-03-02"))

    assert (run.spent, run.days_spent) == (240, 60)


def test_streams_are_added_up_and_what_one_lacks_the_whole_lacks() -> None:
    known = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))
    ten_days = Money({days("2026-01-01", "2026-01-11"): 9})
    early = budget_run(Money({YEAR: 300}), ten_days, period=YEAR, until=until("2026-04-11"))
    even = budget_run(Money({YEAR: 365}), NOTHING, period=YEAR, until=until("2026-04-11"))

    whole, doubtful = together([known, even]), together([known, early])

    assert whole is not None
    assert doubtful is not None
    assert (whole.plan, whole.forecast) == (1_565, 1_825)
    assert (doubtful.spent, doubtful.forecast, doubtful.reason) == (409, None, "too_early")
    assert together([]) is None


def test_what_streams_have_spent_is_what_was_told_of_them_and_no_share_of_a_budget() -> None:
    """400 told of one, and of another none: 400, not 500 with its even share; to date of the budgets alone, 200."""
    known = budget_run(Money({YEAR: 1_200}), HUNDRED_DAYS, period=YEAR, until=until("2026-04-11"))
    even = budget_run(Money({YEAR: 365}), NOTHING, period=YEAR, until=until("2026-04-11"))
    moneyless = budget_run(NOTHING, NOTHING, period=YEAR, until=until("2026-04-11"))

    part, whole, budgets = together([even, known]), together([moneyless, known]), together([even, even])

    assert part is not None
    assert whole is not None
    assert budgets is not None
    assert (part.spent, part.days_spent, part.days_left, part.is_part) == (400, 100, 265, True)
    assert sum(one.actual or 0 for one in part.months) == part.spent
    assert (whole.spent, whole.days_spent, whole.difference, whole.is_part) == (400, 100, 260, False)
    assert (budgets.basis, budgets.spent, budgets.is_part) == (BUDGET, 200, False)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 300), st.integers(46, 200))
def test_months_add_up_to_the_plan_what_was_spent_and_the_forecast(
    budget: int, cost: int, first: int, length: int
) -> None:
    begins = YEAR.start + timedelta(days=first)
    told = Period(begins, min(begins + timedelta(days=length), YEAR.end))

    run = budget_run(Money({YEAR: budget}), Money({told: cost}), period=YEAR, until=until("2027-01-01"))

    assert sum(one.plan or 0 for one in run.months) == run.plan == budget
    assert sum(one.actual or 0 for one in run.months) == run.spent == cost
    if run.forecast is not None:
        assert sum(one.told or 0 for one in run.months) == run.forecast


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(days("2026-04-01", "2027-04-01"), id="a year from April"),
        pytest.param(days("2026-10-05", "2026-12-28"), id="an increment"),
    ],
)
def test_any_span_of_days_may_be_a_budget_period(named: Period) -> None:
    half = Period(named.start, named.start + timedelta(days=named.length_days // 2))

    run = budget_run(Money({named: 1_000}), Money({half: 600}), period=named, until=Period(date(2020, 1, 1), half.end))

    assert run.plan == 1_000
    assert run.forecast is not None
    assert 1_190 <= run.forecast <= 1_210
