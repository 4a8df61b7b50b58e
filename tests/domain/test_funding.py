"""Money by period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Increment
from domain.funding import Money, common, contradiction, months_of, period_named, without, year_of
from domain.period import Period


def days(first: str, after: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(after))


YEAR = days("2026-01-01", "2027-01-01")
APRIL = days("2026-04-01", "2027-04-01")


@pytest.mark.parametrize(
    ("name", "year", "found"),
    [
        pytest.param("2026", None, YEAR, id="a year"),
        pytest.param("2026-Q2", None, days("2026-04-01", "2026-07-01"), id="a quarter"),
        pytest.param("2026-11", None, days("2026-11-01", "2026-12-01"), id="a month"),
        pytest.param("PI 1", None, days("2026-02-02", "2026-04-20"), id="an increment"),
        pytest.param("2026", APRIL, APRIL, id="a budget year from April"),
        pytest.param("2025", APRIL, days("2025-04-01", "2026-04-01"), id="the one before"),
        pytest.param("2026-Q4", APRIL, days("2027-01-01", "2027-04-01"), id="its last quarter"),
        pytest.param("2026-11", APRIL, days("2026-11-01", "2026-12-01"), id="months stay those of the calendar"),
        pytest.param("PI 2", None, None, id="nothing"),
        pytest.param("26", None, None, id="no year"),
    ],
)
def test_a_period_is_known_by_its_name(name: str, year: Period | None, found: Period | None) -> None:
    increments = [Increment(name="PI 1", period=days("2026-02-02", "2026-04-20"))]

    assert period_named(name, increments=increments, year=year) == found


def test_a_day_lies_in_the_budget_year_that_began_last() -> None:
    assert year_of(date(2026, 3, 31), APRIL) == days("2025-04-01", "2026-04-01")
    assert year_of(date(2026, 4, 1), APRIL) == APRIL
    assert year_of(date(2026, 3, 31), None) == YEAR


def test_a_budget_is_spread_over_its_days_and_adds_up_to_the_cent() -> None:
    money = Money({YEAR: 1_000_00})

    months = [money.within(one) for one in months_of(YEAR)]

    assert sum(one or 0 for one in months) == 1_000_00
    assert money.within(days("2025-12-01", "2026-01-01")) is None


def test_a_period_inside_another_has_its_own_money_and_the_rest_is_spread() -> None:
    money = Money({YEAR: 1_000, days("2026-01-01", "2026-04-01"): 700})

    assert money.within(days("2026-01-01", "2026-04-01")) == 700
    assert money.within(days("2026-04-01", "2027-01-01")) == 300
    assert money.within(YEAR) == 1_000


def test_days_without_money_are_not_days_with_none() -> None:
    money = Money({days("2026-01-01", "2026-02-01"): 0})

    assert money.within(days("2026-01-01", "2026-02-01")) == 0
    assert money.within(days("2026-02-01", "2026-03-01")) is None
    assert money.covered(days("2026-01-15", "2026-03-01")) == 17


CUTS = st.lists(st.integers(1, 364), max_size=12, unique=True).map(sorted)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**11), st.integers(0, 10**9), CUTS, st.integers(0, 300), st.integers(1, 60))
def test_sums_equal_the_budget_over_any_split_of_periods(
    amount: int, inner: int, cuts: list[int], first: int, length: int
) -> None:
    own = Period(YEAR.start + timedelta(days=first), YEAR.start + timedelta(days=first + length))
    money = Money({YEAR: amount + inner, own: inner})
    edges = [YEAR.start, *(YEAR.start + timedelta(days=cut) for cut in cuts), YEAR.end]

    parts = [money.within(Period(start, end)) for start, end in pairwise(edges)]

    assert sum(part or 0 for part in parts) == amount + inner
    assert all(part is not None and part >= 0 for part in parts)


@pytest.mark.parametrize(
    ("before", "name", "message"),
    [
        pytest.param({"2026": 100, "2026-Q1": 30}, "2026-Q1", None, id="a part of its whole"),
        pytest.param({"2026": 100, "2026-Q1": 130}, "2026-Q1", "more than 2026 has", id="a part above its whole"),
        pytest.param({"2026-Q1": 130, "2026": 100}, "2026", "more than 2026 has", id="the other way round"),
        pytest.param({"2026": 90, "PI": 10}, "PI", "shares days with 2026", id="neither holds the other"),
        pytest.param(
            {f"2026-Q{n}": 20 for n in (1, 2, 3, 4)} | {"2026": 90}, "2026", "less than 2026 has", id="parts below it"
        ),
        pytest.param({f"2026-Q{n}": 20 for n in (1, 2, 3, 4)} | {"2026": 80}, "2026", None, id="parts that are it"),
        pytest.param({"2026": 5, "2026-01": 1, "2026-Q1": 3}, "2026-Q1", None, id="three that fit"),
    ],
)
def test_amounts_that_cannot_both_hold_are_found(before: Mapping[str, int], name: str, message: str | None) -> None:
    increments = [Increment(name="PI", period=days("2026-12-01", "2027-02-01"))]
    named = {one: (period_named(one, increments=increments) or YEAR, amount) for one, amount in before.items()}

    found = contradiction(named, name)

    assert found is None if message is None else message in str(found)


def test_what_is_left_of_a_period_and_what_two_share() -> None:
    march = days("2026-03-01", "2026-04-01")

    assert without(YEAR, [march]) == [days("2026-01-01", "2026-03-01"), days("2026-04-01", "2027-01-01")]
    assert common(march, days("2026-03-20", "2026-05-01")) == days("2026-03-20", "2026-04-01")
    assert common(march, days("2026-04-01", "2026-05-01")) is None
