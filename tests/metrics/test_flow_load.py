from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, DayCount
from domain.journey import Journey
from domain.period import Period
from domain.work_item import HistoryState
from metrics.age import ages
from metrics.flow_load import LoadSeries, flow_load, load_series
from metrics.flow_time import FlowTime, flow_time
from metrics.throughput import throughput
from tests.builders import a_calendar, a_journey, a_moment, an_item

TEN_DAYS = Period(date(2026, 1, 1), date(2026, 1, 11))
FIVE_ITEMS = [(1, 4), (2, 5), (3, 9), (5, 6), (6, 10)]


def on_days(first: int, last: int, *, number: int = 0) -> Journey:
    """An item that starts and finishes at noon of these days of January."""
    return a_journey(f"2026-01-{first:02}T12:00", f"2026-01-{last:02}T12:00", key=f"PAY-{number}")


class TestSeries:
    ITEMS = tuple(on_days(first, last, number=number) for number, (first, last) in enumerate(FIVE_ITEMS))

    def test_counts_what_is_in_progress_when_the_day_ends_and_what_was_there_at_all(self) -> None:
        """T7."""
        series = load_series(self.ITEMS, period=TEN_DAYS, calendar=a_calendar())

        assert series == LoadSeries(
            period=TEN_DAYS,
            end_of_day=(1, 2, 3, 2, 2, 2, 2, 2, 1, 0),
            presence=(1, 2, 3, 3, 3, 3, 2, 2, 2, 1),
        )

    def test_mean_presence_is_throughput_times_mean_flow_time(self) -> None:
        """T7, Little's law."""
        series = load_series(self.ITEMS, period=TEN_DAYS, calendar=a_calendar())
        per_day = throughput(self.ITEMS, finished_in=TEN_DAYS, calendar=a_calendar()).items / 10
        days = flow_time(self.ITEMS, finished_in=TEN_DAYS, calendar=a_calendar()).days

        assert sum(series.presence) / 10 == 2.2
        assert per_day == 0.5
        assert sum(days) / len(days) == 4.4

    @given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 30)), max_size=20))
    def test_presence_adds_up_to_the_flow_times_of_a_closed_window(self, spells: list[tuple[int, int]]) -> None:
        january = Period(date(2026, 1, 1), date(2026, 2, 1))
        items = [on_days(first, min(31, first + more), number=n) for n, (first, more) in enumerate(spells)]

        series = load_series(items, period=january, calendar=a_calendar("Europe/Paris"))

        # noon to noon of one day starts and finishes in one instant, yet each builder's item was seen to start
        days = flow_time(items, finished_in=january, calendar=a_calendar("Europe/Paris")).days
        assert sum(series.presence) == sum(days)

    @given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 30)), max_size=20))
    def test_each_day_of_a_series_is_the_snapshot_of_that_day(self, spells: list[tuple[int, int]]) -> None:
        week = Period(date(2026, 1, 12), date(2026, 1, 19))
        items = [on_days(first, min(31, first + more), number=n) for n, (first, more) in enumerate(spells)]

        series = load_series(items, period=week, calendar=a_calendar())

        assert series.end_of_day == tuple(flow_load(items, day=day, calendar=a_calendar()).items for day in week.days())


class TestSnapshot:
    CALENDAR = a_calendar("Europe/Paris")

    def loaded(self, journey: Journey, *days: str) -> list[int]:
        return [flow_load([journey], day=date.fromisoformat(day), calendar=self.CALENDAR).items for day in days]

    def test_an_item_done_before_it_was_reopened_is_no_load_on_those_days(self) -> None:
        item = an_item(
            ("2026-01-05T12:00", "in progress"),
            ("2026-01-09T12:00", "done"),
            ("2026-01-12T12:00", "in progress"),
            ("2026-01-20T12:00", "done"),
        ).journey()

        assert self.loaded(item, "2026-01-04", "2026-01-05", "2026-01-08") == [0, 1, 1]
        assert self.loaded(item, "2026-01-09", "2026-01-11", "2026-01-12") == [0, 0, 1]
        assert self.loaded(item, "2026-01-19", "2026-01-20") == [1, 0]

    def test_an_item_back_in_the_backlog_is_no_load_while_there(self) -> None:
        item = an_item(
            ("2026-01-05T12:00", "in progress"), ("2026-01-08T12:00", "to do"), ("2026-01-10T12:00", "review")
        ).journey()

        assert self.loaded(item, "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-10") == [1, 0, 0, 1]

    def test_an_item_that_is_gone_is_no_load_from_that_day(self) -> None:
        item = an_item(("2026-01-05T12:00", "in progress"), removed="2026-01-08T12:00").journey()

        assert self.loaded(item, "2026-01-07", "2026-01-08", "2026-02-01") == [1, 0, 0]

    def test_a_day_ends_where_the_portfolio_lives(self) -> None:
        item = a_journey("2026-01-05T12:00", "2026-01-07T23:00")  # midnight in Paris: no more a part of the 7th

        assert self.loaded(item, "2026-01-07", "2026-01-08") == [1, 0]

    def test_items_in_a_status_nobody_mapped_are_named(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-08", "somewhere"), key="PAY-7").journey()

        before, after = (flow_load([item], day=date(2026, 1, day), calendar=self.CALENDAR) for day in (7, 8))

        assert (before.known, before.excluded) == (1, {})
        assert (after.items, after.known, after.excluded) == (0, None, {"unmapped": ("PAY-7",)})
        assert flow_load([], day=date(2026, 1, 8), calendar=self.CALENDAR).known == 0

    def test_items_whose_status_that_day_no_history_tells_are_named(self) -> None:
        item = an_item(
            ("2026-01-08", "in progress"), key="PAY-8", created="2026-01-05", history=HistoryState.NONE
        ).journey()

        loads = [flow_load([item], day=date(2026, 1, day), calendar=self.CALENDAR) for day in (4, 7, 8)]

        assert [(one.items, one.excluded) for one in loads] == [(0, {}), (0, {"no_history": ("PAY-8",)}), (1, {})]

    def test_an_item_without_history_is_load_since_it_was_last_touched(self) -> None:
        item = an_item(status="in progress", history=HistoryState.NONE, updated="2026-03-01T12:00").journey()

        assert self.loaded(item, "2026-02-28", "2026-03-01") == [0, 1]


class TestAges:
    CALENDAR = a_calendar()
    AS_OF = a_moment("2026-03-31T12:00")

    def test_counts_the_days_since_the_start_with_today(self) -> None:
        found = ages([a_journey("2026-03-29T15:00")], as_of=self.AS_OF, calendar=self.CALENDAR)

        assert [age.days for age in found.items] == [3]

    def test_shows_paused_days_apart_and_items_back_in_the_backlog_apart(self) -> None:
        resumed = an_item(
            ("2026-03-01", "in progress"), ("2026-03-03", "to do"), ("2026-03-08", "review"), key="RESUMED"
        ).journey(as_of="2026-03-31")
        resting = an_item(("2026-03-01", "in progress"), ("2026-03-03", "to do"), key="RESTING").journey(
            as_of="2026-03-31"
        )

        found = ages([resumed, resting], as_of=self.AS_OF, calendar=self.CALENDAR)

        assert [(age.key, age.days, age.paused_days) for age in found.items] == [("RESUMED", 31, 5)]
        assert [(age.key, age.days, age.paused_days) for age in found.paused] == [("RESTING", 31, 28)]

    def test_counts_paused_days_as_it_counts_the_others(self) -> None:
        """From a Friday to a Tuesday: Friday and Monday."""
        item = an_item(("2026-03-02", "in progress"), ("2026-03-06", "to do"), ("2026-03-10", "review"))
        working = replace(self.CALENDAR, count=DayCount.WORKING_DAYS)

        (age,) = ages([item.journey(as_of="2026-03-31")], as_of=self.AS_OF, calendar=working).items
        (plain,) = ages([item.journey(as_of="2026-03-31")], as_of=self.AS_OF, calendar=self.CALENDAR).items

        assert (age.days, age.paused_days) == (22, 2)
        assert (plain.days, plain.paused_days) == (30, 4)

    def test_names_the_highest_percentile_that_was_passed(self) -> None:
        finished = FlowTime(days=tuple(range(1, 21)))  # half within 10, 85 % within 17, 95 % within 19
        items = [
            a_journey((a_moment("2026-03-31") - timedelta(days=days - 1)).isoformat(), key=f"PAY-{days}")
            for days in (10, 11, 18, 20)
        ]

        found = ages(items, as_of=self.AS_OF, calendar=self.CALENDAR, finished=finished)

        assert [(age.days, age.exceeded) for age in found.items] == [(20, 95), (18, 85), (11, 50), (10, None)]
        assert found.total_days == 59

    def test_leaves_out_what_has_ended_or_not_begun_and_names_what_nobody_saw_begin(self) -> None:
        items = [
            a_journey("2026-03-01", "2026-03-05", key="DONE"),
            a_journey(key="NEW"),
            an_item(("2026-03-01", "in progress"), ("2026-03-02", "dropped"), key="DROPPED").journey(),
            an_item(status="review", history=HistoryState.NONE, key="MUTE").journey(),
        ]

        found = ages(items, as_of=self.AS_OF, calendar=self.CALENDAR)

        assert (found.items, found.paused) == ((), ())
        assert found.excluded == {"no_history": ("MUTE",)}


def test_the_series_needs_no_snapshot_for_every_day() -> None:
    """Ten thousand items over two years, by arrivals and departures."""
    calendar: Calendar = a_calendar()
    first = a_moment("2024-01-01")
    items = [
        a_journey(
            (first + timedelta(hours=n)).isoformat(), (first + timedelta(hours=n, days=20)).isoformat(), key=f"P-{n}"
        )
        for n in range(0, 10_000, 10)
    ]

    series = load_series(items, period=Period(date(2024, 1, 1), date(2026, 1, 1)), calendar=calendar)

    assert max(series.end_of_day) == 48
    assert series.end_of_day[-1] == 0
