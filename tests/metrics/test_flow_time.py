from __future__ import annotations

import csv
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.board import Board
from domain.calendar import Calendar, DayCount
from domain.journey import Journey
from domain.period import Period
from metrics.age import ages
from metrics.flow_time import FlowTime, days_between, flow_days, flow_time, lead_time
from metrics.table import flow_rows
from metrics.throughput import throughput, weekly
from tests.builders import a_calendar, a_journey, a_moment, a_placement, an_item

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
PAYLOADS = Path(__file__).parent.parent / "payloads"


def elapsed_seconds(journey: Journey, *, calendar: Calendar) -> object:
    """As the export has it."""
    (row,) = flow_rows([journey], calendar=calendar)
    return row["elapsed_seconds"]


class TestDays:
    @pytest.mark.parametrize(("zone", "days"), [("Europe/Paris", 1), ("UTC", 2)])
    def test_a_day_begins_where_the_portfolio_lives(self, zone: str, days: int) -> None:
        """T1."""
        start, finish = a_moment("2026-03-02T23:30"), a_moment("2026-03-03T00:30")

        assert days_between(start, finish, calendar=a_calendar(zone)) == days

    def test_the_change_of_the_clocks_takes_an_hour_and_no_day(self) -> None:
        """T2."""
        journey = a_journey("2026-03-28T12:00+01:00", "2026-03-30T12:00+02:00")

        assert elapsed_seconds(journey, calendar=a_calendar("Europe/Paris")) == 47 * 3600
        assert flow_days(journey, calendar=a_calendar("Europe/Paris")) == 3

    @pytest.mark.parametrize(
        ("start", "finish", "calendar_days", "working_days"),
        [
            pytest.param("2026-03-06", "2026-03-09", 4, 2, id="Friday to Monday"),
            pytest.param("2026-03-07", "2026-03-08", 2, 1, id="a weekend is one working day"),
            pytest.param("2026-03-06T09:00", "2026-03-06T17:00", 1, 1, id="the same day is one day"),
        ],
    )
    def test_days_are_counted_on_one_of_two_bases(
        self, start: str, finish: str, calendar_days: int, working_days: int
    ) -> None:
        """T3."""
        begun, done = a_moment(start), a_moment(finish)

        assert days_between(begun, done, calendar=a_calendar()) == calendar_days
        assert days_between(begun, done, calendar=a_calendar(), base=DayCount.WORKING_DAYS) == working_days

    def test_a_holiday_is_not_worked(self) -> None:
        calendar = a_calendar(holidays=["2026-03-09"])

        days = days_between(
            a_moment("2026-03-06"), a_moment("2026-03-10"), calendar=calendar, base=DayCount.WORKING_DAYS
        )

        assert days == 2


class TestDayCounts:
    @given(st.integers(0, 365), st.integers(0, 200), st.sets(st.integers(0, 365), max_size=20))
    def test_working_days_are_at_least_one_and_never_more_than_all_days(
        self, first: int, length: int, free: set[int]
    ) -> None:
        days = [date(2026, 1, 1) + timedelta(days=number) for number in range(366 + 200)]
        every, worked = a_calendar(), replace(a_calendar(), count=DayCount.WORKING_DAYS)
        with_holidays = replace(worked, holidays=frozenset(days[number] for number in free))

        counts = [one.days_from(days[first], days[first + length]) for one in (with_holidays, worked, every)]

        assert 1 <= counts[0] <= counts[1] <= counts[2] == length + 1

    def test_the_calendar_says_how_flow_time_lead_time_and_age_are_counted(self) -> None:
        """From Friday to Monday."""
        worked = replace(a_calendar(), count=DayCount.WORKING_DAYS)
        done, going = a_journey("2026-03-06", "2026-03-09"), a_journey("2026-03-06", key="PAY-2")

        measured = flow_time([done], finished_in=MARCH, calendar=worked)
        lead = lead_time([done], finished_in=MARCH, calendar=worked)
        old = ages([going], as_of=a_moment("2026-03-09T12:00"), calendar=worked)

        assert (measured.days, measured.base) == ((2,), DayCount.WORKING_DAYS)
        assert (lead.days, lead.base) == ((2,), DayCount.WORKING_DAYS)
        assert [one.days for one in old.items] == [2]


class TestDaysOfAValueStream:
    """The portfolio lives in Paris; `claims` in Chicago, with a free Monday, and `retail` where the portfolio does."""

    CALENDAR = replace(
        a_calendar("Europe/Paris", holidays=["2026-03-10"]),
        streams={"claims": a_calendar("America/Chicago", holidays=["2026-03-09"])},
    )

    @pytest.mark.parametrize(("stream", "days"), [("claims", 1), ("retail", 2), (None, 2)])
    def test_a_day_begins_where_its_value_stream_lives(self, stream: str | None, days: int) -> None:
        """T1: in Paris one is begun on the 2nd at 23:30 and finished on the 3rd; in Chicago it is the 2nd."""
        journey = a_journey("2026-03-02T22:30", "2026-03-03T00:30", value_stream=stream)

        assert flow_days(journey, calendar=self.CALENDAR) == days

    def test_each_stream_changes_its_clocks_on_its_own_day(self) -> None:
        """T2: Chicago went to summer time on 8 March, when its day had 23 hours; Paris on the 29th."""
        begun, done = "2026-03-08T05:30", "2026-03-09T05:10"  # in Chicago 23:30 on the 7th, 00:10 on the 9th
        there, here = (a_journey(begun, done, value_stream=stream) for stream in ("claims", None))

        assert flow_days(there, calendar=self.CALENDAR) == 3
        assert flow_days(here, calendar=self.CALENDAR) == 2
        assert elapsed_seconds(there, calendar=self.CALENDAR) == 23 * 3600 + 40 * 60

    @pytest.mark.parametrize(("stream", "days"), [("claims", 2), ("retail", 2)])
    def test_the_free_days_of_the_stream_are_those_not_worked(self, stream: str, days: int) -> None:
        """T3: Friday to Tuesday, of which Monday is free in one stream and Tuesday in the others."""
        journey = a_journey("2026-03-06T12:00", "2026-03-10T12:00", value_stream=stream)

        assert flow_days(journey, calendar=self.CALENDAR, base=DayCount.WORKING_DAYS) == days
        assert flow_days(journey, calendar=a_calendar(), base=DayCount.WORKING_DAYS) == 3

    def test_an_item_finishes_in_the_month_that_its_own_calendar_says(self) -> None:
        at_midnight = "2026-03-31T23:00"  # 1 April in Paris, 31 March in Chicago
        items = [
            a_journey("2026-03-20", at_midnight, key=stream, value_stream=stream) for stream in ("claims", "retail")
        ]

        assert flow_time(items, finished_in=MARCH, calendar=self.CALENDAR).keys == ("claims",)
        assert throughput(items, finished_in=MARCH, calendar=self.CALENDAR).keys == ("claims",)

    def test_an_item_is_as_old_as_its_own_days_say(self) -> None:
        items = [a_journey("2026-03-02T23:30", key=stream, value_stream=stream) for stream in ("claims", "retail")]

        found = ages(items, as_of=a_moment("2026-03-03T12:00"), calendar=self.CALENDAR)

        assert {one.key: one.days for one in found.items} == {"claims": 2, "retail": 1}

    @given(st.integers(0, 365 * 24 * 60), st.integers(0, 90 * 24 * 60))
    def test_a_stream_counts_as_a_portfolio_that_lives_there_would(self, at: int, minutes: int) -> None:
        begun = a_moment("2026-01-01") + timedelta(minutes=at)
        journey = a_journey(begun.isoformat(), (begun + timedelta(minutes=minutes)).isoformat(), value_stream="claims")

        for base in DayCount:
            alone = flow_days(journey, calendar=self.CALENDAR.of("claims"), base=base)
            assert flow_days(journey, calendar=self.CALENDAR, base=base) == alone


class TestFlowTime:
    def test_names_finished_items_that_nobody_was_seen_to_begin(self) -> None:
        item = an_item(("2026-03-05", "done"), key="PAY-9").journey()

        measured = flow_time([item], finished_in=MARCH, calendar=a_calendar())

        assert measured == FlowTime(days=(), excluded={"no_start": ("PAY-9",)})
        assert (measured.n_used, measured.n_in_scope) == (0, 1)

    def test_counts_what_finished_in_the_period_of_local_days(self) -> None:
        calendar = a_calendar("Europe/Paris")
        at_first = a_journey("2026-02-20", "2026-02-28T23:00", key="FIRST")  # 1 March in Paris
        too_late = a_journey("2026-02-20", "2026-03-31T22:00", key="LATE")  # 1 April in Paris

        measured = flow_time([too_late, at_first], finished_in=MARCH, calendar=calendar)

        assert measured.keys == ("FIRST",)
        assert measured.days == (10,)

    def test_too_few_items_show_no_percentile(self) -> None:
        nine = [a_journey("2026-03-01", f"2026-03-{day:02}", key=f"PAY-{day}") for day in range(1, 10)]

        measured = flow_time(nine, finished_in=MARCH, calendar=a_calendar())

        assert measured.p50_days == 5
        assert (measured.p85_days, measured.p95_days) == (None, None)

    @pytest.mark.parametrize(
        ("begun", "unseen", "agreed", "is_representative"),
        [
            pytest.param(17, 3, "0.15", True, id="15 % of 20"),
            pytest.param(17, 4, "0.15", False, id="more than 15 %"),
            pytest.param(17, 4, "0.2", True, id="more than 15 %, where 20 % was agreed"),
            pytest.param(71, 29, "0.29", True, id="29 % of 100, to the item"),
            pytest.param(19, 1, "0", False, id="one, where all must have a start"),
        ],
    )
    def test_more_than_was_agreed_without_a_start_is_not_representative(
        self, begun: int, unseen: int, agreed: str, *, is_representative: bool
    ) -> None:
        seen = [a_journey("2026-03-01", "2026-03-05", key=f"PAY-{n}") for n in range(begun)]
        never = [a_journey(None, "2026-03-05", key=f"CLM-{n}") for n in range(unseen)]

        measured = flow_time(seen + never, finished_in=MARCH, calendar=a_calendar())

        assert measured.is_representative(without_start=Decimal(agreed)) is is_representative

    def test_attainment_is_the_share_within_the_service_level(self) -> None:
        measured = FlowTime(days=(1, 2, 3, 13))

        assert measured.within(3) == 0.75
        assert FlowTime(days=()).within(3) is None

    def test_two_levels_are_never_measured_together(self) -> None:
        mixed = [a_journey("2026-03-01", "2026-03-05", level=level) for level in ("epic", "story")]

        with pytest.raises(ValueError, match="epic, story"):
            flow_time(mixed, finished_in=MARCH, calendar=a_calendar())

    @given(st.lists(st.integers(1, 28), min_size=1, max_size=30), st.randoms())
    def test_the_order_of_the_items_does_not_matter(self, days: list[int], chance: random.Random) -> None:
        journeys = [a_journey("2026-03-01", f"2026-03-{day:02}", key=f"PAY-{n}") for n, day in enumerate(days)]
        shuffled = chance.sample(journeys, len(journeys))

        measured = flow_time(shuffled, finished_in=MARCH, calendar=a_calendar())

        assert measured == flow_time(journeys, finished_in=MARCH, calendar=a_calendar())
        assert measured.p85_days is None or measured.p85_days in measured.days


def test_lead_time_runs_from_creation_and_needs_no_start() -> None:
    journey = a_journey(None, "2026-03-10", created="2026-03-01")

    assert lead_time([journey], finished_in=MARCH, calendar=a_calendar()).days == (10,)


FUNNEL = Board(
    level="epic",
    states=("funnel", "implementing", "done"),
    by_status={"to do": "funnel", "in progress": "implementing", "done": "done"},
)
DONE = ("2026-03-10", "done")


@pytest.mark.parametrize(
    ("begins", "moves", "days"),
    [
        pytest.param("to do", [DONE], 10, id="in the funnel since its creation"),
        pytest.param("elsewhere", [("2026-03-04", "to do"), DONE], 7, id="created elsewhere"),
        pytest.param("elsewhere", [("2026-03-04", "To Do"), DONE], 7, id="however the status is written"),
        pytest.param("elsewhere", [("2026-03-04", "to do"), ("2026-03-05", "in progress"), ("2026-03-06", "to do"),
                                   DONE], 7, id="its first entry"),
        pytest.param("elsewhere", [DONE], 10, id="never in the funnel"),
        pytest.param("in progress", [("2026-03-04", "to do"), DONE], 10, id="on the board before, sent back"),
        pytest.param("review", [("2026-03-04", "to do"), DONE], 10, id="begun before"),
        pytest.param("dropped", [("2026-03-04", "to do"), DONE], 10, id="given up before"),
    ],
)  # fmt: skip
def test_lead_time_of_what_is_on_the_board_runs_from_its_first_entry_into_the_funnel(
    begins: str, moves: list[tuple[str, str]], days: int
) -> None:
    item = an_item(*moves, created="2026-03-01", begins=begins)
    epic, story = (replace(item.journey(), placement=a_placement(level=level)) for level in ("epic", "story"))

    measured = [lead_time([one], finished_in=MARCH, calendar=a_calendar(), board=FUNNEL) for one in (epic, story)]

    assert [one.days for one in measured] == [(days,), (10,)]


def test_lead_time_of_a_borrowed_clock_runs_from_creation() -> None:
    """Its own status never changed, and what it is read as is no entry."""
    epic = a_journey("2026-03-04", "2026-03-10", created="2026-03-01", level="epic")
    epic = replace(epic, clock="derived", visits=tuple(replace(one, status="to do") for one in epic.visits[1:]))

    assert lead_time([epic], finished_in=MARCH, calendar=a_calendar(), board=FUNNEL).days == (10,)


class TestThroughput:
    def test_counts_items_with_and_without_a_start_and_names_what_was_given_up(self) -> None:
        items = [
            an_item(("2026-03-05", "done"), key="A").journey(),
            an_item(("2026-03-02", "in progress"), ("2026-03-09", "done"), key="B").journey(),
            an_item(("2026-03-09", "dropped"), key="C").journey(),
            an_item(("2026-04-01", "done"), key="D").journey(),
        ]

        measured = throughput(items, finished_in=MARCH, calendar=a_calendar())

        assert (measured.items, measured.keys) == (2, ("A", "B"))
        assert measured.excluded == {"cancelled": ("C",)}

    def test_a_reopened_item_counts_once_at_its_current_finish(self) -> None:
        item = an_item(
            ("2026-02-05", "in progress"), ("2026-02-09", "done"), ("2026-03-02", "in progress"), ("2026-03-20", "done")
        ).journey()
        february = Period(date(2026, 2, 1), date(2026, 3, 1))

        assert throughput([item], finished_in=february, calendar=a_calendar()).items == 0
        assert throughput([item], finished_in=MARCH, calendar=a_calendar()).items == 1

    def test_counts_every_period_in_one_pass_and_empty_ones_as_none(self) -> None:
        items = [a_journey("2026-02-01", day, key=day) for day in ("2026-02-03", "2026-03-31", "2026-02-28")]
        months = [Period(date(2026, 2, 1), date(2026, 3, 1)), MARCH, Period(date(2026, 4, 1), date(2026, 5, 1))]

        assert weekly(items, periods=months, calendar=a_calendar()) == (2, 1, 0)


def test_agrees_with_the_cycle_times_of_another_tool() -> None:
    """Eight finished items, both days counted: payloads/flowpulse, see SOURCES.md there."""
    with (PAYLOADS / "flowpulse" / "IntegrationTestData.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["closed_date"]]
    journeys = {row["id"]: a_journey(row["started_date"], row["closed_date"], key=row["id"]) for row in rows}

    measured = flow_time(
        journeys.values(), finished_in=Period(date(2023, 12, 1), date(2024, 1, 1)), calendar=a_calendar()
    )

    assert len(rows) == 8
    assert dict(zip(measured.keys, measured.days, strict=True)) == {row["id"]: int(row["cycle_time"]) for row in rows}
