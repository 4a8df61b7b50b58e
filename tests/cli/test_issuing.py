"""Which edition is the newest of a report, and late ones are of the day in which they were due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.issuing import edition_id, newest
from config.schedule import schedule
from domain.calendar import Calendar
from sync.store.reading import Edition

PARIS = Calendar(zone=ZoneInfo("Europe/Paris"))
MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def an_edition(period: str, *, revision: int = 1, days: int) -> Edition:
    at = MONDAY + timedelta(days=days)
    folder = period.lower() if revision == 1 else f"{period.lower()}-r{revision}"
    return Edition(
        edition_id=f"{folder}/weekly", report="weekly", period_key=period, audience="", locale="en", revision=revision,
        digest="", known_at=at, published_at=at, program_version="0", path=f"r/{folder}", manifest={},
    )  # fmt: skip


def test_a_correction_of_an_older_period_is_not_the_newest_edition() -> None:
    older, newer = an_edition("2026-W47", days=0), an_edition("2026-W48", days=7)
    corrected = an_edition("2026-W47", revision=2, days=8)
    correction = an_edition("2026-W48", revision=2, days=9)

    assert newest([older, newer, corrected]) == newer
    assert newest([corrected, correction, older, newer]) == correction
    assert newest([]) is None


def test_a_report_that_comes_by_the_month_now_has_its_newest_edition_there() -> None:
    weekly, monthly = an_edition("2026-W48", days=0), an_edition("2026-11", days=7)

    assert newest([weekly, monthly]) == monthly


def test_a_daily_edition_that_is_made_late_is_that_of_the_day_in_which_it_was_due() -> None:
    late = MONDAY + timedelta(hours=23, minutes=30)

    assert edition_id(schedule("daily 07:00"), as_of=late, calendar=PARIS, due_at=MONDAY) == "2026-11-30"
    assert edition_id(schedule("daily 07:00"), as_of=late, calendar=PARIS) == "2026-12-01"
    assert edition_id(schedule("every 6 hours"), as_of=late, calendar=PARIS, due_at=MONDAY) == "2026-11-30T0600Z"
    assert edition_id(None, as_of=late, calendar=PARIS, due_at=MONDAY) == "2026-W48"


def test_the_last_instant_of_a_month_ends_it() -> None:
    evening = PARIS.end_of(MONDAY.date()) - timedelta(microseconds=1)

    assert edition_id(schedule("first Mon of month 07:00"), as_of=evening, calendar=PARIS) == "2026-11"
    assert edition_id(schedule("daily 07:00"), as_of=evening, calendar=PARIS) == "2026-11-30"
