from __future__ import annotations

from datetime import time, timedelta

import pytest

from config.schedule import Schedule, schedule


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("every 15 minutes", {"every": timedelta(minutes=15)}),
        ("every hour", {"every": timedelta(hours=1)}),
        ("Every 2 days", {"every": timedelta(days=2)}),
        ("daily 02:00", {"at": time(2)}),
        ("every day at 2:30", {"at": time(2, 30)}),
        ("Mon 07:00", {"at": time(7), "weekdays": (0,)}),
        ("Sunday 03:00", {"at": time(3), "weekdays": (6,)}),
        ("Thu, Mon 07:00", {"at": time(7), "weekdays": (0, 3)}),
        ("weekdays 07:00", {"at": time(7), "weekdays": (0, 1, 2, 3, 4)}),
        ("first Mon of quarter 08:00", {"at": time(8), "weekdays": (0,), "first_of": "quarter"}),
        ("first Mon after increment 08:00", {"at": time(8), "weekdays": (0,), "first_of": "increment"}),
        ("first Fri of the month at 08:00", {"at": time(8), "weekdays": (4,), "first_of": "month"}),
    ],
)
def test_a_schedule_is_read_from_words(words: str, expected: dict[str, object]) -> None:
    found = schedule(words)

    assert found == Schedule(words=words, **expected)  # type: ignore[arg-type]  # the table holds each field's own type


@pytest.mark.parametrize(
    "words",
    ["0 7 * * 1", "*/15 * * * *", "0 7 * * MON", "0 0 7 * * 1", "@daily"],
    ids=["week", "step", "name", "six", "short"],
)
def test_cron_lines_are_refused_with_the_reason(words: str) -> None:
    with pytest.raises(ValueError, match="cron lines are not accepted"):
        schedule(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "sometimes",
        "every 0 minutes",
        "every 2000 days",
        "Mon",
        "Mon 25:00",
        "Mon 7",
        "Mon 07:60",
        "1 07:00",
        "Mnd 07:00",
        "Monk 07:00",
        "first of month 08:00",
        "second Mon of month 08:00",
        "every 15 seconds",
        "Mon 07:00 UTC",
    ],
)
def test_words_that_say_no_time_are_refused_with_what_was_expected(words: str) -> None:
    with pytest.raises(ValueError, match=r"expected|read in two ways"):
        schedule(words)
