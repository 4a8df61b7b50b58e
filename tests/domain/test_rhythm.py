"""The id of an edition comes from how often its report comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from config.schedule import schedule
from domain.calendar import Increment
from domain.period import Period
from domain.rhythm import (
    Rhythm,
    increment_label,
    instant_label,
    label,
    looks_back,
    period_of,
    rhythm_of,
    running,
    slot_label,
    slot_of,
    told,
)


@pytest.mark.parametrize(
    ("words", "today", "expected"),
    [
        pytest.param("Mon 07:00", date(2026, 11, 23), "2026-W47", id="a week that is over"),
        pytest.param("Mon 07:00", date(2027, 1, 4), "2026-W53", id="week 53"),
        pytest.param("weekdays 07:00", date(2026, 11, 30), "2026-11-30", id="the day itself"),
        pytest.param("daily 02:00", date(2026, 11, 29), "2026-11-29", id="every day"),
        pytest.param("Mon, Thu 07:00", date(2026, 11, 26), "2026-11-26", id="two days a week"),
        pytest.param("every 2 days", date(2026, 11, 26), "2026-11-26", id="every few days"),
        pytest.param("first Mon of month 08:00", date(2026, 12, 7), "2026-11", id="a month that is over"),
        pytest.param("first Mon of month 08:00", date(2027, 1, 4), "2026-12", id="December"),
        pytest.param("first Mon of quarter 08:00", date(2027, 1, 4), "2026-Q4", id="a quarter that is over"),
        pytest.param("first Tue of quarter 08:00", date(2026, 4, 7), "2026-Q1", id="the first quarter"),
        pytest.param("first Mon of year 08:00", date(2027, 1, 4), "2026", id="a year that is over"),
    ],
)
def test_an_edition_is_of_the_period_of_its_schedule(words: str, today: date, expected: str) -> None:
    rhythm = schedule(words).rhythm

    name = label(rhythm, told(rhythm, today))

    assert name == expected
    assert rhythm_of(name) is (rhythm if rhythm is not Rhythm.SLOT else Rhythm.DAY)
    assert period_of(name.lower()) == told(rhythm, today)


def test_several_editions_a_day_are_told_apart_by_their_slot() -> None:
    instant = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)

    assert schedule("every 6 hours").rhythm is Rhythm.SLOT
    assert slot_label(instant) == "2026-11-30T0600Z"
    assert slot_of("2026-11-30t0600z") == instant
    assert rhythm_of("2026-11-30t0600z") is Rhythm.SLOT
    assert period_of("2026-11-30T0600Z") == Period(date(2026, 11, 30), date(2026, 12, 1))


def test_what_looks_back_has_both_its_instants_in_its_name_and_is_of_the_one_it_looks_back_to() -> None:
    as_of, known_at = datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC), datetime(2026, 12, 8, 3, 5, tzinfo=UTC)
    name = instant_label(as_of, known_at)

    assert name == "2026-11-18T225959Z-2026-12-08T030500Z"
    assert slot_of(name.lower()) == slot_of(instant_label(as_of)) == as_of
    assert slot_of(instant_label(None, known_at)) == known_at
    assert rhythm_of(name.lower()) is Rhythm.SLOT
    assert period_of(name) == Period(date(2026, 11, 18), date(2026, 11, 19))
    assert looks_back(name.lower())
    assert not looks_back("2026-11-30T0600Z")


def test_a_name_of_no_form_has_no_days() -> None:
    assert period_of("first") is None
    assert period_of("2026-13") is None
    assert period_of("2026-W60") is None


def test_a_quarter_has_its_three_months() -> None:
    assert running(Rhythm.QUARTER, date(2026, 12, 31)) == Period(date(2026, 10, 1), date(2027, 1, 1))
    assert running(Rhythm.QUARTER, date(2027, 1, 1)) == Period(date(2027, 1, 1), date(2027, 4, 1))


def test_a_planning_interval_is_named_by_the_number_in_its_name_or_by_its_place_in_the_year() -> None:
    numbered = intervals("PI 26.3", "PI 26.4", "PI 27.1")
    named = intervals("Alder", "Birch", "Cedar")

    assert [increment_label(one, numbered) for one in numbered] == ["2026-PI3", "2026-PI4", "2027-PI1"]
    assert [increment_label(one, named) for one in named] == ["2026-PI1", "2026-PI2", "2027-PI1"]
    assert rhythm_of("2026-pi4") is Rhythm.INCREMENT
    assert period_of("2026-pi4", numbered) == numbered[1].period
    assert period_of("2026-PI9", numbered) is None


def intervals(*names: str) -> tuple[Increment, ...]:
    """Twelve weeks each, two of them in 2026."""
    starts = (date(2026, 6, 29), date(2026, 9, 28), date(2027, 1, 4))
    return tuple(
        Increment(name=name, period=Period(start, start + timedelta(days=82)))
        for name, start in zip(names, starts, strict=True)
    )
