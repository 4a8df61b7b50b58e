"""The id of an edition comes from how often its report comes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from config.schedule import schedule
from domain.period import Period
from domain.rhythm import Rhythm, label, period_of, rhythm_of, running, slot_label, slot_of, told


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


def test_a_name_of_no_form_has_no_days() -> None:
    assert period_of("first") is None
    assert period_of("2026-13") is None
    assert period_of("2026-W60") is None


def test_a_quarter_has_its_three_months() -> None:
    assert running(Rhythm.QUARTER, date(2026, 12, 31)) == Period(date(2026, 10, 1), date(2027, 1, 1))
    assert running(Rhythm.QUARTER, date(2027, 1, 1)) == Period(date(2027, 1, 1), date(2027, 4, 1))
