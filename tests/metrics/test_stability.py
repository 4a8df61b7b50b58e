"""Arrivals and departures, and whether Little's law and its assumptions hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import DayCount
from domain.journey import Journey
from domain.period import Period
from domain.strategy import FlowTolerances
from domain.work_item import HistoryState, ItemId
from metrics.balance import Balance, flow_balance
from metrics.flow_load import load_series
from metrics.flow_time import flow_time
from metrics.stability import Stability, assumptions, stability
from tests.builders import a_calendar, a_journey, an_item
from tests.metrics.histories import BEGIN, END, KNOWN, journeys

TEN_DAYS = Period(date(2026, 1, 1), date(2026, 1, 11))
APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
UTC = a_calendar()
PARIS = a_calendar("Europe/Paris")


def on_days(first: int, last: int | None, *, key: str) -> Journey:
    """An item that starts and finishes at noon of these days of April; days below 1 are of March."""
    moments = [
        None if day is None else f"{(date(2026, 4, 1) + timedelta(days=day - 1)).isoformat()}T12:00"
        for day in (first, last)
    ]
    return a_journey(moments[0], moments[1], key=key)


def dropped_on(first: int, last: int, *, key: str) -> Journey:
    return an_item(
        (f"2026-04-{first:02}T12:00", "in progress"), (f"2026-04-{last:02}T12:00", "dropped"), key=key
    ).journey()


class TestBalance:
    def balance(self, items: Sequence[Journey]) -> Balance:
        return flow_balance(items, period=APRIL, calendar=UTC)

    def test_what_began_less_what_ended(self) -> None:
        begun = [on_days(day, None, key=f"OPEN-{day}") for day in range(1, 8)]
        done = [on_days(day, 20, key=f"DONE-{day}") for day in (8, 9)]
        before = [on_days(-5, 3, key=f"OLD-{n}") for n in range(4)]
        given_up = dropped_on(10, 12, key="DROPPED")

        found = self.balance([*begun, *done, *before, given_up])

        assert (found.arrivals, found.departures, found.net) == (10, 7, 3)
        assert found.cancelled == ("DROPPED",)
        assert found.verdict == "growing"

    def test_items_are_counted_once_each_though_two_sources_give_them_one_key(self) -> None:
        ours = on_days(2, 9, key="AB#7")
        theirs = replace(ours, id=ItemId("elsewhere", ours.id.external_id))

        found = self.balance([ours, theirs])

        assert (found.arrivals, found.departures, found.n_used) == (2, 2, 2)

    @pytest.mark.parametrize(
        ("came", "left", "verdict"),
        [
            pytest.param(3, 2, "balanced", id="less than two items apart"),
            pytest.param(4, 2, "growing", id="two apart, half of them"),
            pytest.param(40, 38, "balanced", id="two apart, five in a hundred"),
            pytest.param(39, 37, "growing", id="two apart, a little more than five in a hundred"),
            pytest.param(10, 14, "shrinking", id="more leave"),
            pytest.param(0, 0, "balanced", id="nothing at all"),
        ],
    )
    def test_as_many_leave_as_come_within_a_band(self, came: int, left: int, verdict: str) -> None:
        arrived = [on_days(2, None, key=f"IN-{n}") for n in range(came)]
        departed = [on_days(-9, 9, key=f"OUT-{n}") for n in range(left)]

        assert self.balance([*arrived, *departed]).verdict == verdict

    def test_names_what_ended_without_being_begun(self) -> None:
        unseen = a_journey(None, "2026-04-03", key="UNSEEN")
        never = an_item(("2026-04-03", "dropped"), key="NEVER").journey()
        mute = an_item(status="dropped", resolved="2026-04-03", history=HistoryState.NONE, key="MUTE").journey()

        found = self.balance([unseen, never, mute])

        assert found.excluded == {"no_history": ("MUTE",), "no_start": ("UNSEEN",), "not_begun": ("NEVER",)}
        assert (found.net, found.n_used, found.n_in_scope) == (0, 0, 3)

    def test_items_that_nothing_maps_may_have_come_and_gone_and_are_no_balance_of_zero(self) -> None:
        unmapped = an_item(("2026-04-02", "wibble"), key="LOST").journey()
        untold = an_item(status="in progress", key="UNTOLD", history=HistoryState.NONE, updated="2026-05-02").journey()
        before = an_item(("2026-03-02", "wibble"), ("2026-03-20", "done"), key="BEFORE").journey()
        moved = on_days(2, None, key="MOVED")

        alone, beside = self.balance([unmapped, untold, before]), self.balance([unmapped, untold, moved])

        assert alone.excluded == beside.excluded == {"no_history": ("UNTOLD",), "unmapped": ("LOST",)}
        assert (alone.known, beside.known) == (None, 1)
        assert self.balance([before]).known == 0

    def test_what_is_gone_before_it_finished_has_departed(self) -> None:
        gone = an_item(("2026-03-03", "in progress"), removed="2026-04-05", key="GONE").journey()
        done_before = an_item(("2026-03-03", "in progress"), ("2026-03-09", "done"), removed="2026-04-05").journey()

        found = self.balance([gone, done_before])

        assert (found.removed, found.departures) == (("GONE",), 1)


class TestLittlesLaw:
    def stable(self, items: Sequence[Journey], *, period: Period = APRIL) -> Stability:
        return stability(items, period=period, calendar=UTC, tolerances=FlowTolerances())

    def failing(self, items: Sequence[Journey]) -> set[str]:
        return {check.name for check in self.stable(items).failing}

    def test_mean_load_is_throughput_times_mean_flow_time(self) -> None:
        """T7."""
        days = [(1, 4), (2, 5), (3, 9), (5, 6), (6, 10)]
        items = [a_journey(f"2026-01-{a:02}T12:00", f"2026-01-{b:02}T12:00", key=f"PAY-{a}") for a, b in days]

        law = self.stable(items, period=TEN_DAYS)

        assert (law.mean_load, law.finished_per_day, law.mean_days) == (2.2, 0.5, 4.4)
        assert law.expected_load == pytest.approx(2.2)
        assert law.off == pytest.approx(0)

    def test_both_sides_are_in_calendar_days_where_flow_time_is_told_in_working_days(self) -> None:
        days = [(1, 4), (2, 5), (3, 9), (5, 6), (6, 10)]
        items = [a_journey(f"2026-01-{a:02}T12:00", f"2026-01-{b:02}T12:00", key=f"PAY-{a}") for a, b in days]

        law = stability(
            items, period=TEN_DAYS, calendar=replace(UTC, count=DayCount.WORKING_DAYS), tolerances=FlowTolerances()
        )

        assert law.mean_days == 4.4
        assert law.off == pytest.approx(0)

    @staticmethod
    def steady() -> list[Journey]:
        """One begins and one finishes every day, five days later: all assumptions hold."""
        return [on_days(day, day + 4 if day + 4 <= 30 else None, key=f"PAY-{day}") for day in range(-9, 31)]

    def test_a_steady_flow_is_stable(self) -> None:
        law = self.stable(self.steady())

        assert law.is_stable is True
        assert [check.name for check in law.checks] == ["arrivals", "endings", "load", "age", "counting"]
        assert law.mean_load == 5
        assert law.off == pytest.approx(0)
        age = law.checks[3]
        assert age.before == 3  # one of each age from 1 to 5 days, every day
        assert age.measured == pytest.approx(0)

    def test_more_begun_than_ended_is_not_stable(self) -> None:
        more = [on_days(day, None, key=f"MORE-{day}") for day in range(10, 16)]

        assert self.failing([*self.steady(), *more]) >= {"arrivals", "load"}

    @pytest.mark.parametrize(
        ("lacking", "fails"),
        [
            pytest.param(range(-3, 0), False, id="27 leave of 30 that come: a tenth"),
            pytest.param(range(-3, 1), True, id="26 leave of 30 that come: more than a tenth"),
        ],
    )
    def test_arrivals_and_departures_may_be_a_tenth_apart(self, lacking: range, *, fails: bool) -> None:
        absent = {f"PAY-{day}" for day in lacking}

        failing = self.failing([one for one in self.steady() if one.key not in absent])

        assert ("arrivals" in failing) == fails

    @pytest.mark.parametrize(
        ("ages", "holds"),
        [
            pytest.param((9, 11), True, id="from 9 to 11 days, of 10: a fifth"),
            pytest.param((8.9, 11.1), False, id="from 8.9 to 11.1 days: more than a fifth"),
            pytest.param((11.1, 8.9), False, id="as much younger"),
        ],
    )
    def test_the_mean_age_may_move_by_a_fifth(self, ages: tuple[float, float], *, holds: bool) -> None:
        checks = assumptions(
            arrivals=0, finished=0, cancelled=0, removed=0, presence=(1, 1), mean_ages=tuple(enumerate(ages)), lost=0,
            ended=0, tolerances=FlowTolerances(),
        )  # fmt: skip

        assert [one.holds for one in checks if one.name == "age"] == [holds]

    def test_a_tenth_given_up_is_not_stable(self) -> None:
        nine = [dropped_on(day, day + 4, key=f"GONE-{day}") for day in (2, 6, 10)]
        ten = [*nine, dropped_on(14, 18, key="GONE-14")]

        assert "endings" not in self.failing([*self.steady(), *nine])  # 3 of 33
        assert "endings" in self.failing([*self.steady(), *ten])  # 4 of 34

    def test_a_load_a_fifth_off_is_stable_and_more_is_not(self) -> None:
        ten = [on_days(-9, None, key=f"OLD-{n}") for n in range(5)]  # ten present on the first day
        two, three = ([on_days(20, None, key=f"NEW-{n}") for n in range(number)] for number in (2, 3))

        assert "load" not in self.failing([*self.steady(), *ten, *two])
        assert "load" in self.failing([*self.steady(), *ten, *three])

    def test_work_that_grows_older_is_not_stable(self) -> None:
        """Five items stay from the first day to the last, each a day older every day."""
        stuck = [on_days(0, None, key=f"STUCK-{n}") for n in range(5)]

        assert self.failing([*self.steady(), *stuck]) == {"age"}

    def test_finished_work_that_nobody_saw_begin_is_counted_on_one_side_alone(self) -> None:
        unseen = [a_journey(None, f"2026-04-{day:02}", key=f"UNSEEN-{day}") for day in range(1, 7)]

        assert self.failing([*self.steady(), *unseen]) == {"counting"}  # 6 of 36
        assert self.failing([*self.steady(), *unseen[:5]]) == set()  # 5 of 35

    def test_how_many_may_lack_a_flow_time_is_what_was_agreed(self) -> None:
        unseen = [a_journey(None, f"2026-04-{day:02}", key=f"UNSEEN-{day}") for day in range(1, 7)]
        sixth = FlowTolerances(without_start=Decimal(6) / 36)
        less = FlowTolerances(without_start=Decimal("0.16"))

        loose, tight = (
            stability([*self.steady(), *unseen], period=APRIL, calendar=UTC, tolerances=one) for one in (sixth, less)
        )

        assert [one.name for one in loose.failing] == []
        assert [(one.name, one.limit) for one in tight.failing] == [("counting", 0.16)]
        assert self.stable([*self.steady(), *unseen]).finished_per_day == 1

    def test_fewer_than_five_finished_say_nothing(self) -> None:
        items = [on_days(1, 3, key=f"PAY-{n}") for n in range(4)]

        assert self.stable(items).is_stable is None
        assert self.stable([]).is_stable is None
        assert (self.stable([]).mean_days, self.stable([]).off) == (None, None)


SPELLS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 29)), min_size=1, max_size=20)
WINTER = Period(PARIS.day(BEGIN) - timedelta(days=1), PARIS.day(END) + timedelta(days=1))


@given(SPELLS)
def test_both_sides_of_the_law_agree_on_every_closed_window(spells: list[tuple[int, int]]) -> None:
    items = [on_days(first, min(30, first + more), key=f"PAY-{n}") for n, (first, more) in enumerate(spells)]

    law = stability(items, period=APRIL, calendar=PARIS, tolerances=FlowTolerances())

    assert law.off == pytest.approx(0, abs=1e-9)
    assert law.mean_load == pytest.approx(fmean(load_series(items, period=APRIL, calendar=PARIS).presence))
    assert law.mean_days == pytest.approx(fmean(flow_time(items, finished_in=APRIL, calendar=PARIS).days))


@given(journeys(KNOWN), st.integers(1, 50))
def test_what_is_begun_and_not_ended_grows_by_arrivals_less_departures(found: list[Journey], split: int) -> None:
    middle = WINTER.start + timedelta(days=split)
    before = flow_balance(found, period=Period(WINTER.start, middle), calendar=PARIS)
    after = flow_balance(found, period=Period(middle, WINTER.end), calendar=PARIS)

    open_at_the_end = [one for one in found if one.started_at and not (one.finished_at or one.cancelled_at)]
    assert before.net + after.net == len(open_at_the_end)
    present = load_series(found, period=WINTER, calendar=PARIS).presence
    assert before.net == present[split - 1] - sum(
        PARIS.day(ended) == middle - timedelta(days=1)
        for one in found
        if one.started_at and (ended := one.finished_at or one.cancelled_at)
    )


@given(journeys(KNOWN), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(found: list[Journey], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    for measure in (flow_balance, partial(stability, tolerances=FlowTolerances())):
        assert measure(shuffled, period=WINTER, calendar=PARIS) == measure(found, period=WINTER, calendar=PARIS)


@given(journeys(KNOWN), journeys(KNOWN, prefix="CLM"))
def test_arrivals_and_departures_of_two_scopes_add_up(one: list[Journey], other: list[Journey]) -> None:
    here, there, both = (flow_balance(found, period=WINTER, calendar=PARIS) for found in (one, other, [*one, *other]))

    assert both.arrivals == here.arrivals + there.arrivals
    assert both.departures == here.departures + there.departures
