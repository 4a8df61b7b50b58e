"""Why the year will end where it will, and where it was to end before. Parts of definition 3.7, budget run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.funding import ACTUAL, BUDGET, ClosedSpend, Money, months_of
from domain.period import Period
from metrics.budget_run import budget_run
from metrics.year_end import CAUSES, Step, steps

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
MONTHS = months_of(YEAR)
EVEN = Money(dict.fromkeys(MONTHS, 100))
KEPT_AT = datetime(2026, 4, 11, tzinfo=UTC)


def closed(month: int, amount: int, *, basis: str = ACTUAL) -> ClosedSpend:
    period = MONTHS[month - 1]
    return ClosedSpend(
        value_stream="shop", name=f"2026-{month:02d}", period=period, closed_on=period.end + timedelta(days=7),
        known_at=KEPT_AT, kept_at=KEPT_AT, amount=amount, basis=basis, level="feature", definition_version=1, lines=(),
    )  # fmt: skip


def costs(by_month: Mapping[int, int]) -> Money:
    return Money({MONTHS[month - 1]: amount for month, amount in by_month.items()})


def told(
    cost: Money, kept: Sequence[ClosedSpend] = (), *, budget: Money = EVEN, until: date = date(2026, 4, 11)
) -> tuple[Step, ...]:
    run = budget_run(budget, cost, period=YEAR, until=Period(date(2020, 1, 1), until))
    return steps(run, stream="shop", budget=budget, cost=cost, closed=kept, until=until)


def by_cause(found: Sequence[Step]) -> dict[str, int]:
    return {cause: sum(one.amount for one in found if one.cause == cause) for cause in CAUSES}


def test_every_day_of_the_year_moves_the_forecast_for_one_cause() -> None:
    """100 planned a month; 90 restated to 95, 120, 110 still open: 1,318, in six parts that make 118."""
    found = told(costs({1: 95, 2: 120, 3: 110}), [closed(1, 90), closed(2, 120)])

    assert by_cause(found) == {
        "closed_over": 20, "closed_under": -10, "restated": 5, "told": 10, "untold": 3, "to_come": 90,
    }  # fmt: skip
    assert sum(one.amount for one in found) == 1_318 - 1_200


def test_each_step_says_its_month() -> None:
    found = told(costs({1: 95, 2: 120, 3: 110}), [closed(1, 90), closed(2, 120)])

    assert [one.period for one in found if one.cause == "restated"] == [MONTHS[0]]
    assert [one.period for one in found if one.cause == "to_come"][:2] == [
        Period(date(2026, 4, 11), date(2026, 5, 1)), MONTHS[4],
    ]  # fmt: skip


def test_the_first_cost_of_a_month_that_closed_at_its_budget_restates_none() -> None:
    found = told(costs({1: 130, 2: 100, 3: 100}), [closed(1, 100, basis=BUDGET)])

    assert [(one.cause, one.amount) for one in found if one.period == MONTHS[0]] == [("told", 30)]


@pytest.mark.parametrize(
    ("budget", "cost"),
    [
        pytest.param(EVEN, Money({}), id="no cost is told"),
        pytest.param(Money(dict.fromkeys(MONTHS[:9], 100)), costs({1: 95, 2: 120, 3: 110}), id="a part of the year"),
        pytest.param(EVEN, costs({1: 95}), id="too early"),
        pytest.param(Money({}), costs({1: 95, 2: 120, 3: 110}), id="no budget"),
    ],
)
def test_nothing_is_a_cause_where_nothing_is_compared(budget: Money, cost: Money) -> None:
    assert told(cost, budget=budget) == ()


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10**9), st.lists(st.integers(0, 10**8), min_size=2, max_size=12), st.integers(0, 12),
    st.integers(-1000, 1000), st.integers(0, 364),
)  # fmt: skip
def test_the_steps_add_up_to_the_difference_to_the_last_unit(
    budget: int, amounts: list[int], kept: int, restated: int, gone: int
) -> None:
    money = Money({YEAR: budget})
    cost = costs(dict(enumerate(amounts, start=1)))
    first = [closed(month, max(amount + restated, 0)) for month, amount in enumerate(amounts[:kept], start=1)]
    until = YEAR.start + timedelta(days=gone)
    run = budget_run(money, cost, period=YEAR, until=Period(date(2020, 1, 1), until))

    found = told(cost, first, budget=money, until=until)

    assert sum(one.amount for one in found) == (run.difference or 0 if run.basis == ACTUAL else 0)
