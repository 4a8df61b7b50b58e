"""Once for each local calendar period, in every zone, whatever the clocks do."""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from config.schedule import schedule
from domain.calendar import Increment
from domain.period import Period
from sync.due import Owed, instant_of, next_due, owed, periods
from tests.faults.catalogue import case
from tests.sync import every_zone

PARIS = ZoneInfo("Europe/Paris")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def in_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(words: str, first: str, last: str, zone: ZoneInfo = PARIS) -> list[str]:
    found = periods(schedule(words), report="weekly", after=at(first, zone), until=at(last, zone), zone=zone)
    return [period.period_key for period in found]


@case("T11")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("Mon 07:00", ["2026-W53", "2027-W01"], id="weekly over a year of 53 weeks"),
        pytest.param("first Mon of month 08:00", ["2027-01"], id="monthly"),
        pytest.param("first Mon of quarter 08:00", ["2027-Q1"], id="quarterly"),
        pytest.param("first Mon of year 08:00", ["2027"], id="yearly"),
        pytest.param("Mon, Thu 07:00", ["2026-12-28", "2026-12-31", "2027-01-04"], id="two days a week"),
    ],
)
def test_a_period_is_named_by_its_calendar(words: str, expected: list[str]) -> None:
    found = keys(words, "2026-12-26T00:00", "2027-01-07T00:00")

    assert found == expected


@case("T02")
def test_every_few_days_is_counted_in_local_days_whatever_the_clocks_do() -> None:
    """On the Azores midnight of UTC is a day's first instant in summer, and the day's before it in winter."""
    azores = ZoneInfo("Atlantic/Azores")

    assert keys("every 1 day", "2026-10-23T12:00", "2026-10-27T12:00", azores) == [
        "2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"
    ]  # fmt: skip
    assert keys("every day", "2026-03-27T12:00", "2026-03-30T12:00", azores) == [
        "2026-03-28", "2026-03-29", "2026-03-30"
    ]  # fmt: skip
    assert keys("every 3 days", "2026-10-23T12:00", "2026-10-30T12:00") == ["2026-10-25", "2026-10-28"]


@case("T01", "T02", "T03")
@pytest.mark.parametrize(
    ("zone", "day", "at_time", "expected"),
    [
        pytest.param("Europe/Paris", "2026-03-29", "02:30", "2026-03-29T01:00", id="a gap in Paris"),
        pytest.param("Europe/Paris", "2026-10-25", "02:30", "2026-10-25T00:30", id="twice in Paris"),
        pytest.param("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23T22:00", id="midnight is missing in Cairo"),
        pytest.param(
            "Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T20:30", id="an hour before midnight twice in Cairo"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30", id="half an hour missing at Lord Howe"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", id="half an hour twice at Lord Howe"
        ),
        pytest.param("America/Havana", "2026-03-08", "00:00", "2026-03-08T05:00", id="midnight is missing in Havana"),
        pytest.param("America/Havana", "2026-11-01", "00:30", "2026-11-01T04:30", id="midnight twice in Havana"),
        pytest.param("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T02:00", id="after Ramadan in Casablanca"),
        pytest.param(
            "America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00", id="midnight is missing in São Paulo"
        ),
    ],
)
def test_a_time_that_does_not_exist_or_comes_twice_is_due_once(
    zone: str, day: str, at_time: str, expected: str
) -> None:
    instant = instant_of(date.fromisoformat(day), time.fromisoformat(at_time), ZoneInfo(zone))

    assert instant == in_utc(expected)


SAMPLED = ("Africa/Cairo", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Pacific/Apia", "Asia/Beirut")


@pytest.mark.parametrize("at_time", ["00:00", "00:15", "01:30", "02:30", "03:00", "06:00"])
def test_every_local_day_is_due_exactly_once_in_many_zones_and_years(at_time: str) -> None:
    chosen = random.Random(at_time)
    zones = [*SAMPLED, *chosen.sample(sorted(available_timezones()), 20)]

    for name in zones:
        year = chosen.choice(range(2024, 2036))
        zone = ZoneInfo(name)
        found = list(
            periods(
                schedule(f"daily {at_time}"), report="r", after=at(f"{year - 1}-12-31T12:00", zone),
                until=at(f"{year}-12-31T12:00", zone), zone=zone,
            )
        )  # fmt: skip

        days = [period.period_key for period in found]
        wanted = [
            (date(year, 1, 1) + timedelta(days=n)).isoformat()
            for n in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)
        ]
        assert days == wanted, name
        assert all(later.due_at > earlier.due_at for earlier, later in itertools.pairwise(found)), name
        assert all(period.due_at.astimezone(zone).date().isoformat() == period.period_key for period in found), name


def test_a_day_that_a_zone_left_out_is_not_due() -> None:
    found = keys("daily 06:00", "2011-12-29T00:00", "2012-01-01T00:00", ZoneInfo("Pacific/Apia"))

    assert found == ["2011-12-29", "2011-12-31"]


# --- what is owed


def ask(
    now: str, *done: str, words: str = "Mon 07:00", since: datetime = LONG_AGO, catch_up_hours: int = 24
) -> tuple[list[str], list[str]]:
    """Owed and missed keys, when these local days are in the ledger."""
    ledger = [
        next(
            iter(
                periods(
                    schedule(words), report="weekly", after=at(f"{day}T00:00"), until=at(f"{day}T23:59"), zone=PARIS
                )
            )
        )
        for day in done
    ]
    answer = owed(
        {"weekly": schedule(words)},
        ledger,
        now=at(now),
        zone=PARIS,
        since=since,
        catch_up=timedelta(hours=catch_up_hours),
    )
    return [period.period_key for period in answer.owed], [period.period_key for period in answer.missed]


def test_nothing_is_owed_before_its_time_and_once_from_then_on() -> None:
    before = ask("2026-03-09T06:59", "2026-03-02")
    after = ask("2026-03-09T07:00", "2026-03-02")
    done = ask("2026-03-09T07:01", "2026-03-02", "2026-03-09")

    assert (before, after, done) == (([], []), (["2026-W11"], []), ([], []))


@case("T05")
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-03-09T07:00:05", (["2026-W11"], []), id="five seconds late"),
        pytest.param("2026-03-09T12:00:00", (["2026-W11"], []), id="five hours late"),
        pytest.param("2026-03-14T07:00:00", ([], ["2026-W11"]), id="five days late"),
        pytest.param("2026-03-23T08:00:00", (["2026-W13"], ["2026-W11", "2026-W12"]), id="two weeks late"),
    ],
)
def test_after_a_pause_the_newest_is_made_and_the_others_are_missed(
    now: str, expected: tuple[list[str], list[str]]
) -> None:
    answer = ask(now, "2026-03-02")

    assert answer == expected


@case("T06")
def test_a_clock_set_back_makes_no_second_edition() -> None:
    answer = ask("2026-03-09T06:30", "2026-03-02", "2026-03-09")

    assert answer == ([], [])


def test_another_weekday_for_a_weekly_report_makes_no_second_edition_that_week() -> None:
    done = Owed(report="weekly", period_key="2026-W11", due_at=at("2026-03-09T07:00"))

    answer = owed({"weekly": schedule("Wed 07:00")}, [done], now=at("2026-03-11T08:00"), zone=PARIS, since=LONG_AGO)

    assert answer.owed == answer.missed == ()


@pytest.mark.parametrize("words", ["daily 07:00", "Mon 07:00"])
@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Europe/Paris", "America/New_York"), ("America/New_York", "Europe/Paris"),
        ("Pacific/Auckland", "Pacific/Honolulu"), ("Pacific/Honolulu", "Asia/Tokyo"),
    ],
)  # fmt: skip
def test_a_portfolio_that_moves_to_another_zone_is_owed_each_of_its_periods_once(
    words: str, was: str, now: str
) -> None:
    """Whatever the hour in which the settings are changed: looked at each hour, as `vmo serve` does at least."""
    when, began = {"report": schedule(words)}, at("2026-11-28T12:00")
    for hour in range(20, 68, 3):
        ledger: list[Owed] = []
        for passed in range(24 * 5):
            zone, instant = ZoneInfo(now if passed >= hour else was), began + timedelta(hours=passed)
            answer = owed(when, ledger, now=instant, zone=zone, since=began)
            assert not answer.missed, (hour, answer)
            ledger += answer.owed

        told = [one.period_key for one in ledger]
        if words.startswith("Mon"):
            assert told == ["2026-W49"], hour
        else:
            first = date.fromisoformat(told[0])
            assert told == [(first + timedelta(days=number)).isoformat() for number in range(len(told))], hour
            assert len(told) >= 4


PI3, PI4 = (
    Increment(name=name, period=Period(date.fromisoformat(start), date.fromisoformat(end)))
    for name, start, end in (("PI 26.3", "2026-06-29", "2026-09-19"), ("PI 26.4", "2026-09-28", "2026-12-19"))
)


@pytest.mark.parametrize(
    ("ends", "changed_on", "told"),
    [
        pytest.param("2026-09-19", "2026-09-01T12:00", ["2026-09-21"], id="as it was"),
        pytest.param("2026-09-26", "2026-09-20", ["2026-09-28"], id="later, before it was told"),
        pytest.param("2026-09-26", "2026-09-22", ["2026-09-21"], id="later, when it was told already"),
        pytest.param("2026-09-12", "2026-09-13", ["2026-09-14"], id="earlier, and its day is still to come"),
        pytest.param("2026-09-12", "2026-09-14T20:00", ["2026-09-14"], id="earlier, on the evening of its day"),
        pytest.param("2026-09-12", "2026-09-22", ["2026-09-21"], id="earlier, when it was told already"),
    ],
)
def test_an_increment_whose_dates_are_changed_is_told_once(ends: str, changed_on: str, told: list[str]) -> None:
    words, began = schedule("first Mon after increment 08:00"), at("2026-09-01T12:00")
    changed = replace(PI3, period=Period(PI3.period.start, date.fromisoformat(ends)))
    ledger: list[Owed] = []

    for passed in range(0, 24 * 40, 4):
        now = began + timedelta(hours=passed)
        agreed = (PI3 if now < at(changed_on) else changed, PI4)
        answer = owed({"pi": replace(words, increments=agreed)}, ledger, now=now, zone=PARIS, since=began)
        assert not answer.missed
        ledger += answer.owed

    assert [(one.period_key, str(one.due_at.date())) for one in ledger] == [("2026-PI3", day) for day in told]


def test_an_increment_that_is_said_to_have_ended_days_ago_is_missed_and_not_silently() -> None:
    agreed = (replace(PI3, period=Period(PI3.period.start, date(2026, 9, 12))), PI4)
    when = replace(schedule("first Mon after increment 08:00"), increments=agreed)

    answer = owed({"pi": when}, [], now=at("2026-09-17T08:00"), zone=PARIS, since=at("2026-09-01T12:00"))

    assert ([*answer.owed], [one.period_key for one in answer.missed]) == ([], ["2026-PI3"])


def test_a_new_schedule_owes_nothing_from_before_it_began() -> None:
    answer = ask("2026-03-09T08:00", since=at("2026-03-09T07:30"))

    assert answer == ([], [])


def test_many_reports_are_owed_in_a_fixed_order() -> None:
    schedules = {f"report-{number:03}": schedule("Mon 07:00") for number in range(100)}

    answer = owed(schedules, [], now=at("2026-03-09T07:00"), zone=PARIS, since=at("2026-03-09T00:00"))

    assert [period.report for period in answer.owed] == sorted(schedules)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("every 15 minutes", "2026-03-07T12:15", id="every quarter of an hour"),
        pytest.param("every 2 hours", "2026-03-07T14:00", id="every two hours, counted in UTC"),
        pytest.param("daily 02:00", "2026-03-08T01:00", id="daily"),
        pytest.param("first Mon of quarter 08:00", "2026-04-06T06:00", id="quarterly"),
    ],
)
def test_the_next_time_can_be_told(words: str, expected: str) -> None:
    instant = next_due(schedule(words), after=in_utc("2026-03-07T12:00"), zone=PARIS)

    assert instant == in_utc(expected)


def test_a_turn_of_an_interval_is_owed_once() -> None:
    first = ask("2026-03-09T07:05", words="every 15 minutes", since=at("2026-03-09T06:50"))
    (slot,) = first[0]
    taken = Owed(report="weekly", period_key=slot, due_at=at("2026-03-09T07:00"))
    again = owed(
        {"weekly": schedule("every 15 minutes")}, [taken], now=at("2026-03-09T07:14"), zone=PARIS, since=LONG_AGO
    )

    assert slot == "2026-03-09T06:00:00Z"
    assert again.owed == ()


@case("T11")
@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param("2028-02-28T00:00", "2028-03-01T12:00", ["2028-02-28", "2028-02-29", "2028-03-01"], id="leap day"),
        pytest.param("2026-02-28T00:00", "2026-03-01T12:00", ["2026-02-28", "2026-03-01"], id="no leap day"),
        pytest.param("2026-01-30T00:00", "2026-02-01T12:00", ["2026-01-30", "2026-01-31", "2026-02-01"], id="the 31st"),
        pytest.param("2026-12-31T00:00", "2027-01-01T12:00", ["2026-12-31", "2027-01-01"], id="a new year"),
    ],
)
def test_no_day_is_left_out_where_months_and_years_end(first: str, last: str, expected: list[str]) -> None:
    assert keys("daily 07:00", first, last) == expected


@case("T04")
@pytest.mark.parametrize("before", ["Europe/Paris", "America/New_York", "Asia/Tokyo"])
def test_a_zone_whose_rules_changed_meanwhile_makes_no_second_edition(before: str) -> None:
    """The same local day, due at another instant than the ledger has it."""
    done = Owed(report="daily", period_key="2026-03-09", due_at=at("2026-03-09T07:00", ZoneInfo(before)))
    tomorrow = at("2026-03-10T06:59")

    answer = owed({"daily": schedule("daily 07:00")}, [done], now=tomorrow, zone=PARIS, since=at("2026-03-08T12:00"))

    assert answer.owed == answer.missed == ()


@case("T01", "T02", "T03")
def test_every_local_day_of_sampled_zones_is_owed_once_by_a_ledger_that_ticks() -> None:
    """A sample of `python -m tests.sync.every_zone`, chosen by SEED."""
    seed = os.environ.get("SEED", "1")
    chosen = random.Random(seed)

    for zone in chosen.sample(sorted(available_timezones()), 4):
        assert every_zone.troubles(zone, [chosen.choice(every_zone.YEARS)], ticks=chosen.randrange(1000)) == [], seed
