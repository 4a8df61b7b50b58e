"""When an outcome arrives, if it goes on as its readings did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.strategy import PaceTolerances, Reading
from metrics.arrival import LEAST, Arrival, arrival
from tests.builders import a_key_result, a_reading

FIRST = date(2026, 1, 1)


def readings(*values: float, every: int = 30) -> list[Reading]:
    return [a_reading(one, (FIRST + timedelta(days=every * place)).isoformat()) for place, one in enumerate(values)]


def told(known: Sequence[Reading], *, target: float = 10, due: str = "2026-12-31", baseline: float = 0) -> Arrival:
    key_result = a_key_result(baseline, target, due=due)
    return arrival(key_result, known, today=known[-1].day, pace=PaceTolerances(), portfolio="small")


def test_an_even_pace_arrives_on_one_day() -> None:
    """Six stretches of +1 in 30 days; 4 to go: four stretches, with whatever probability."""
    known = readings(0, 1, 2, 3, 4, 5, 6)

    found = told(known)

    assert set(found.dates.values()) == {known[-1].day + timedelta(days=120)}
    assert found.by_due == 1.0


def test_stretches_of_two_and_of_nothing_arrive_like_the_worked_example_t12() -> None:
    """{0, 2} equally likely and 2 to go: F(n) = 1 − 0.5^n, so stretch 1 with 50 % and stretch 3 with 85 %."""
    known = readings(0, 2, 2, 4, 4, 6, 6, 8, 8)

    found = told(known, due=(FIRST + timedelta(days=30 * 10)).isoformat())

    assert found.dates[85] == known[-1].day + timedelta(days=90)
    assert found.dates[50] in (known[-1].day + timedelta(days=30), known[-1].day + timedelta(days=60))
    assert found.by_due == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("1", id="as it is"),
        pytest.param("1e12", id="in big units"),
        pytest.param("1000000000000.000001", id="in big units with small parts"),
        pytest.param("1e-9", id="in small units"),
    ],
)
def test_dates_do_not_depend_on_the_unit(unit: str) -> None:
    """21 to go at one a stretch of 30 days, in whatever unit that is."""
    size = Decimal(unit)
    known = [replace(one, value=one.value * size) for one in readings(0, 1, 2, 3, 4, 5, 6)]
    key_result = replace(a_key_result(0, 1, due="2026-12-31"), target=27 * size)

    found = arrival(key_result, known, today=known[-1].day, pace=PaceTolerances(), portfolio="small")

    assert set(found.dates.values()) == {known[-1].day + timedelta(days=21 * 30)}


def test_lower_may_be_better() -> None:
    known = readings(12, 11, 10, 9, 8, 7, 6)

    found = told(known, baseline=12, target=4)

    assert set(found.dates.values()) == {known[-1].day + timedelta(days=60)}


def test_what_goes_away_from_its_target_never_arrives() -> None:
    found = told(readings(6, 5, 4, 3, 2, 1, 0.5))

    assert found.dates == {}
    assert found.by_due == 0
    assert found.refused is None


@pytest.mark.parametrize(
    ("known", "today", "refused"),
    [
        pytest.param(readings(*range(LEAST)), None, "few_readings", id="six readings make five stretches"),
        pytest.param(readings(0, 1, 2, 3, 4, 5, 6), date(2026, 12, 30), "stale", id="a newest one that is too old"),
        pytest.param([], FIRST, "no_reading", id="none at all"),
    ],
)
def test_says_why_there_is_no_date(known: list[Reading], today: date | None, refused: str) -> None:
    found = arrival(a_key_result(0, 10), known, today=today or known[-1].day, pace=PaceTolerances(), portfolio="small")

    assert (found.refused, found.dates) == (refused, {})


def test_a_target_equal_to_its_baseline_has_no_date() -> None:
    assert told(readings(0, 1, 2, 3, 4, 5, 6), target=0).refused == "invalid"


def test_a_due_date_that_has_passed_is_missed_and_one_that_is_today_is_not() -> None:
    known = readings(0, 1, 2, 3, 4, 5, 6)
    today = known[-1].day

    past, still = (told(known, due=day.isoformat()) for day in (today - timedelta(days=1), today))

    assert (past.is_missed, past.by_due) == (True, 0)
    assert not still.is_missed


def test_what_has_arrived_has_no_date_to_come() -> None:
    assert told(readings(0, 2, 4, 6, 8, 9, 10)).reached


def test_only_the_newest_twelve_stretches_speak() -> None:
    """It stood still for years and has gained one a month for the last twelve."""
    known = readings(*([0] * 20), *range(1, 13))

    found = told(known, target=14, due="2030-01-01")

    assert set(found.dates.values()) == {known[-1].day + timedelta(days=60)}


def test_nothing_arrives_before_today() -> None:
    known = readings(0, 1, 2, 3, 4, 5, 9, every=10)
    today = known[-1].day + timedelta(days=25)

    found = arrival(a_key_result(0, 9.5), known, today=today, pace=PaceTolerances(), portfolio="small")

    assert min(found.dates.values()) >= today


def test_the_same_day_gives_the_same_dates() -> None:
    known = readings(0, 1, 1, 3, 2, 4, 5, 5)

    assert told(known) == told(known)
