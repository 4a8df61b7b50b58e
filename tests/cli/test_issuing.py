"""Which edition is the newest of a report, and late ones are of the day in which they were due."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cli.issuing import BY_HAND, edition_id, id_looking_back, issued_last, own_row
from cli.version import ROOT
from config.meaning import Report
from config.schedule import schedule
from domain.calendar import Calendar, Increment
from domain.period import Period
from sync.due import periods
from sync.store.reading import Edition

PARIS = Calendar(zone=ZoneInfo("Europe/Paris"))
MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def an_edition(period: str, *, revision: int = 1, days: int, audience: str = "") -> Edition:
    at = MONDAY + timedelta(days=days)
    folder = period.lower() if revision == 1 else f"{period.lower()}-r{revision}"
    return Edition(
        edition_id=f"{folder}/weekly", report="weekly", period_key=period, audience=audience, locale="en",
        revision=revision, digest="", known_at=at, published_at=at, program_version="0", path=f"r/{folder}",
        manifest={},
    )  # fmt: skip


def test_a_correction_of_an_older_period_is_not_the_newest_edition() -> None:
    older, newer = an_edition("2026-W47", days=0), an_edition("2026-W48", days=7)
    corrected = an_edition("2026-W47", revision=2, days=8)
    correction = an_edition("2026-W48", revision=2, days=9)

    assert issued_last([older, newer, corrected], audience="") == newer
    assert issued_last([corrected, correction, older, newer], audience="") == correction
    assert issued_last([], audience="") is None


def test_a_report_that_comes_by_the_month_now_has_its_newest_edition_there() -> None:
    weekly, monthly = an_edition("2026-W48", days=0), an_edition("2026-11", days=7)

    assert issued_last([weekly, monthly], audience="") == monthly


def test_a_report_that_is_for_others_now_has_its_newest_edition_among_theirs() -> None:
    everybodys, corrected = an_edition("2026-W48", days=0), an_edition("2026-W48", revision=2, days=1)
    boards = an_edition("2026-W48", days=2, audience="board")

    assert issued_last([everybodys, corrected, boards], audience="board") == boards
    assert issued_last([everybodys, corrected, boards], audience="") == corrected
    assert issued_last([everybodys, corrected], audience="board") is None
    assert issued_last([everybodys, corrected], audience=None) == corrected


def test_a_daily_edition_that_is_made_late_is_that_of_the_day_in_which_it_was_due() -> None:
    late = MONDAY + timedelta(hours=23, minutes=30)

    assert edition_id(schedule("daily 07:00"), at=MONDAY, calendar=PARIS) == "2026-11-30"
    assert edition_id(schedule("daily 07:00"), at=late, calendar=PARIS) == "2026-11-30"
    assert edition_id(schedule("every 6 hours"), at=MONDAY, calendar=PARIS) == "2026-11-30T0600Z"
    assert edition_id(None, at=late, calendar=PARIS) == "2026-W48"


@pytest.mark.parametrize(
    ("words", "due", "late", "expected"),
    [
        pytest.param("Sun 23:00", "2026-11-29T23:00", "2026-11-30T00:05", "2026-W47", id="a week, after midnight"),
        pytest.param("Sun 23:00", "2027-01-03T23:00", "2027-01-04T09:00", "2026-W52", id="a week, in a year's first"),
        pytest.param("first Thu of month 23:30", "2026-01-01T23:30", "2026-02-01T00:10", "2025-12", id="a month"),
        pytest.param("first Thu of quarter 23:30", "2026-10-01T23:30", "2027-01-01T00:10", "2026-Q3", id="a quarter"),
        pytest.param("first Thu of year 23:30", "2026-01-01T23:30", "2027-01-01T00:10", "2025", id="a year"),
        pytest.param("daily 23:30", "2026-11-30T23:30", "2026-12-01T22:00", "2026-11-30", id="a day"),
        pytest.param("every 2 days", "2026-11-29T00:00", "2026-11-30T23:00", "2026-11-29", id="every few days"),
        pytest.param("every 6 hours", "2026-11-30T07:00", "2026-11-30T12:59", "2026-11-30T0600Z", id="a slot"),
    ],
)
def test_an_edition_is_of_the_turn_that_it_answers_however_late_it_is_made(
    words: str, due: str, late: str, expected: str
) -> None:
    when = schedule(words)

    assert edition_id(when, at=local(due), calendar=PARIS) == expected
    assert edition_id(when, at=local(late), calendar=PARIS) == expected


def test_a_turn_that_is_moved_over_midnight_is_of_its_own_day() -> None:
    """In Nuuk a Saturday's last hour is missing in spring: what is due in it is due as Sunday begins."""
    nuuk = Calendar(zone=ZoneInfo("America/Nuuk"))
    moved = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)

    assert nuuk.day(moved).isoformat() == "2026-03-29"
    assert edition_id(schedule("daily 23:30"), at=moved, calendar=nuuk) == "2026-03-28"


def test_what_looks_back_is_of_its_day_and_the_last_instant_of_a_month_ends_it() -> None:
    evening = PARIS.end_of(MONDAY.date()) - timedelta(microseconds=1)

    assert id_looking_back(schedule("first Mon of month 07:00"), as_of=evening, calendar=PARIS) == "2026-11"
    assert id_looking_back(schedule("daily 07:00"), as_of=evening, calendar=PARIS) == "2026-11-30"


def test_an_increment_has_its_edition_on_the_first_such_day_after_it() -> None:
    third, fourth = (
        Increment(name=name, period=Period(start, end))
        for name, start, end in (
            ("PI 26.3", date(2026, 6, 29), date(2026, 9, 19)),
            ("PI 26.4", date(2026, 9, 28), date(2026, 12, 19)),
        )
    )
    when = replace(schedule("first Mon after increment 08:00"), increments=(third, fourth))
    turns = list(periods(when, report="pi", after=local("2026-09-01T00:00"), until=local("2027-04-01T00:00"),
                         zone=PARIS.zone))  # fmt: skip

    assert [(one.period_key, one.due_at) for one in turns] == [
        ("2026-PI3", local("2026-09-21T08:00")),
        ("2026-PI4", local("2026-12-21T08:00")),
    ]
    assert edition_id(when, at=local("2026-12-22T09:00"), calendar=PARIS) == "2026-PI4"
    assert edition_id(when, at=local("2026-12-21T07:59"), calendar=PARIS) == "2026-PI3"
    assert id_looking_back(when, as_of=local("2026-12-18T23:59"), calendar=PARIS) == "2026-PI3"


def test_news_are_measured_by_the_row_of_the_schedule_and_a_corrections_by_that_before_its_first_revision() -> None:
    reports = [a_report("weekly", "Mon 07:00"), a_report("daily", "weekdays 06:00"), a_report("council", "Mon 07:00")]
    former, friday = an_edition("2026-W47", days=0), replace(an_edition("2026-11-27", days=4), report="daily")
    by_hand = [
        replace(an_edition(name, days=days), report=BY_HAND) for name, days in (("2026-W46", -7), ("2026-11-29", 6))
    ]
    every = [an_edition("2026-W48", days=7), friday, former, *by_hand]

    def row(report: str, of: str, *known: Edition) -> list[str]:
        told = own_row(known, reports, report=report, audience="", of=of, before=MONDAY + timedelta(days=9))
        return [one.period_key for one in told]

    assert row("weekly", "2026-W48", *every) == row("council", "2026-W48", *every) == ["2026-W46", "2026-W47"]
    assert row(BY_HAND, "2026-12-01", *every) == ["2026-W46", "2026-W47", "2026-W48"]
    assert row("daily", "2026-12-01", *every) == ["2026-11-27", "2026-11-29"]
    assert row("weekly", "2026-W48", friday) == ["2026-11-27"], "its first has that of others before it"
    later = replace(an_edition("2026-12-01", days=8), report="council")
    assert row("weekly", "2026-W48", *every, later) == ["2026-W46", "2026-W47"], "as revision 1 told"


def test_every_line_of_the_table_of_names_has_a_test_that_is_there() -> None:
    told = (ROOT / "docs" / "decisions" / "editions.md").read_text("utf-8")
    lines = [line for line in told.splitlines() if line.startswith("| ") and not line.startswith("| what makes")]
    there = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "cli").glob("test_*.py"))

    named = re.findall(r"`(test_\w+)`", told)

    assert len(lines) == 10
    assert all(re.search(r"`test_\w+` \|$", line) for line in lines)
    assert [name for name in named if f"\ndef {name}(" not in there] == []


def a_report(name: str, when: str) -> Report:
    return Report(name=name, packs=("digest",), to=(), locale="en", when=schedule(when), audience=None)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS.zone).astimezone(UTC)
