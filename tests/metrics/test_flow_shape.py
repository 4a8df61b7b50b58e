"""Flow efficiency, flow distribution, and the behaviour of a series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Spans
from domain.period import Period, weeks_back
from domain.strategy import ProcessChange
from metrics.behaviour import (
    Signal,
    UsualRange,
    begun_before,
    limits,
    newest_change,
    of_the_newest,
    reaching_back,
    signals,
    usual_range,
)
from metrics.distribution import apportion, distance, flow_distribution, percentages
from metrics.flow_efficiency import flow_efficiency
from tests.builders import SOURCE, a_calendar, a_journey, an_item

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
UTC = a_calendar()


class TestFlowEfficiency:
    def test_an_idle_hour_counts_once_whatever_its_reasons(self) -> None:
        """T8: 42.9 %, not 28.6 %."""
        item = an_item(
            ("2026-01-05T00:00", "in progress"),
            ("2026-01-05T04:00", "review"),
            ("2026-01-05T07:00", "done"),
            flagged=[("2026-01-05T03:00", "2026-01-05T05:00")],
        ).journey()

        measured = flow_efficiency([item], finished_in=JANUARY, calendar=UTC, waiting_known={SOURCE})

        assert measured.share == pytest.approx(3 / 7)

    def test_is_measured_over_all_items_together_and_not_as_a_mean_of_items(self) -> None:
        """T8b: 10.9 %, not 30 %."""
        items = [
            a_journey("2026-01-05", "2026-01-09", key="LONG", spans=Spans(active=9, waiting=81)),
            a_journey("2026-01-05", "2026-01-09", key="SHORT", spans=Spans(active=1, waiting=1)),
        ]

        measured = flow_efficiency(items, finished_in=JANUARY, calendar=UTC, waiting_known={SOURCE})

        assert round((measured.share or 0) * 100, 1) == 10.9

    def test_time_in_done_before_a_reopening_is_idle(self) -> None:
        item = an_item(
            ("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-12", "in progress"), ("2026-01-20", "done")
        ).journey()

        measured = flow_efficiency([item], finished_in=JANUARY, calendar=UTC, waiting_known={SOURCE})

        assert measured.share == pytest.approx(12 / 15)

    def test_without_waiting_states_it_is_not_configured_and_never_whole(self) -> None:
        item = a_journey("2026-01-05", "2026-01-09", key="PAY-1", spans=Spans(active=90))

        measured = flow_efficiency([item], finished_in=JANUARY, calendar=UTC, waiting_known=())

        assert (measured.share, measured.is_configured) == (None, False)
        assert measured.excluded == {"no_waiting_states": ("PAY-1",)}

    def test_an_epic_with_the_clock_of_its_children_has_no_idle_time_of_its_own(self) -> None:
        epic = replace(a_journey("2026-01-05", "2026-01-09", key="EPIC", level="epic"), clock="derived")

        measured = flow_efficiency([epic], finished_in=JANUARY, calendar=UTC, waiting_known={SOURCE})

        assert measured.excluded == {"derived_clock": ("EPIC",)}

    def test_leaves_out_items_that_passed_through_an_unmapped_status(self) -> None:
        item = an_item(
            ("2026-01-05", "in progress"), ("2026-01-07", "somewhere"), ("2026-01-09", "done"), key="PAY-1"
        ).journey()

        measured = flow_efficiency([item], finished_in=JANUARY, calendar=UTC, waiting_known={SOURCE})

        assert measured.excluded == {"unmapped": ("PAY-1",)}
        assert measured.share is None


class TestDistribution:
    def test_shares_of_what_finished_add_up_to_100(self) -> None:
        """T9."""
        kinds = ["feature"] * 12 + ["defect"] * 6 + ["risk"] * 2 + ["debt"] * 4
        items = [
            a_journey("2026-01-05", "2026-01-09", key=f"PAY-{number}", kind=kind) for number, kind in enumerate(kinds)
        ]

        measured = flow_distribution(items, finished_in=JANUARY, calendar=UTC)

        assert measured.percent == {
            "feature": Decimal("50.0"),
            "defect": Decimal("25.0"),
            "risk": Decimal("8.3"),
            "debt": Decimal("16.7"),
        }

    def test_nothing_finished_has_no_shares(self) -> None:
        measured = flow_distribution([], finished_in=JANUARY, calendar=UTC)

        assert (measured.percent, measured.n_used) == ({}, 0)

    @given(st.dictionaries(st.text(max_size=3), st.integers(0, 10_000), max_size=9))
    def test_percentages_always_add_up(self, weights: dict[str, int]) -> None:
        shares = percentages(weights)

        assert sum(shares.values()) == (100 if any(weights.values()) else 0)
        assert all(
            abs(share - Decimal(100 * weights[name]) / sum(weights.values())) < Decimal("0.1")
            for name, share in shares.items()
        )

    @given(st.dictionaries(st.text(max_size=3), st.integers(1, 100), min_size=1, max_size=9))
    def test_apportioning_does_not_depend_on_the_order(self, weights: dict[str, int]) -> None:
        backwards = dict(reversed(weights.items()))

        assert apportion(weights, 1000) == apportion(backwards, 1000)

    def test_apportions_money_to_the_last_cent(self) -> None:
        """T21."""
        assert apportion({"A": 120, "B": 60, "unaligned": 20}, 300_000_00) == {
            "A": 180_000_00,
            "B": 90_000_00,
            "unaligned": 30_000_00,
        }
        assert apportion({"A": 1, "B": 1, "C": 1}, 100) == {"A": 34, "B": 33, "C": 33}

    def test_nothing_cannot_be_divided(self) -> None:
        with pytest.raises(ValueError, match="nothing to divide by"):
            apportion({"A": 0}, 100)

    @pytest.mark.parametrize(
        ("plan", "actual", "points"),
        [
            ({"H1": 60, "H2": 25, "H3": 10, "H0": 5}, {"H1": 70, "H2": 17, "H3": 3, "H0": 10}, 15),
            ({"feature": 60, "enabler": 25, "debt": 15}, {"feature": 78, "enabler": 14, "debt": 8}, 18),
            ({"a": 1}, {"b": 1}, 100),
            ({"a": 1}, {"a": 5}, 0),
        ],
        ids=["T20 horizons", "T20 capacity", "nothing in common", "the same"],
    )
    def test_the_distance_of_two_distributions_is_half_of_all_differences(
        self, plan: dict[str, int], actual: dict[str, int], points: int
    ) -> None:
        assert distance(actual, plan) == points

    def test_there_is_no_distance_from_nothing(self) -> None:
        assert distance({}, {"a": 1}) is None
        assert distance({"a": 0}, {"a": 1}) is None


class TestBehaviour:
    EIGHT = (5, 7, 4, 6, 8, 5, 6, 7)

    def test_limits_follow_the_moving_range_and_are_not_rounded(self) -> None:
        """T24."""
        within = limits(self.EIGHT)

        assert (within.mean, within.mean_range) == (6, 2)
        assert within.upper == pytest.approx(11.32)
        assert within.lower == pytest.approx(0.68)
        assert within.range_limit == pytest.approx(6.536)
        assert within.sigma == pytest.approx(2 / 1.128)

    def test_a_lower_limit_below_what_can_happen_is_not_drawn_and_its_rules_are_off(self) -> None:
        within = limits((1, 9, 1, 9, 1, 9))

        assert within.lower is None
        assert signals((-50,), within) == ()

    def test_a_single_value_has_no_limits(self) -> None:
        with pytest.raises(ValueError, match="at least two"):
            limits([1])

    @pytest.mark.parametrize(
        ("newest", "rule"),
        [
            pytest.param((12,), "outside", id="one point outside"),
            pytest.param((10, 6, 10), "two_of_three", id="two of three beyond two sigma"),
            pytest.param((8, 8, 6, 8, 8), "four_of_five", id="four of five beyond one sigma"),
            pytest.param((7, 7, 7, 7, 7, 7, 7, 7), "eight_in_a_row", id="eight in a row on one side"),
        ],
    )
    def test_a_real_change_ends_one_of_four_patterns(self, newest: tuple[int, ...], rule: str) -> None:
        found = signals(newest, limits(self.EIGHT))

        assert Signal(at=len(newest) - 1, rule=rule, side=1) in found

    def test_a_point_on_the_mean_breaks_a_run(self) -> None:
        assert signals((7, 7, 7, 7, 6, 7, 7, 7, 7), limits(self.EIGHT)) == ()

    def test_the_same_patterns_below_the_mean_say_lower(self) -> None:
        assert signals((5,) * 8, limits(self.EIGHT)) == (Signal(at=7, rule="eight_in_a_row", side=-1),)

    @pytest.mark.parametrize(
        ("points", "certainty", "has_band"),
        [(5, "none", False), (6, "probable", True), (11, "probable", True), (12, "firm", True)],
    )
    def test_says_more_the_more_points_there_are(self, points: int, certainty: str, has_band: bool) -> None:
        found = usual_range([5, 6] * (points // 2) + [5] * (points % 2))

        assert (found.certainty, found.limits is not None) == (certainty, has_band)
        assert found.change == (None if certainty == "none" else "none")

    def test_the_baseline_is_frozen_after_twelve_points(self) -> None:
        base = [5, 7, 4, 6, 8, 5, 6, 7, 5, 7, 6, 6]

        found = usual_range([*base, 40])

        assert found.limits == limits(base)
        assert found.change == "higher"

    def test_the_baseline_begins_again_after_a_named_change(self) -> None:
        found = usual_range([50, 50, 50, *self.EIGHT], changed_at=3)

        assert found.limits == limits(self.EIGHT)
        assert (found.certainty, found.change, found.n_used) == ("probable", "none", 8)

    def test_the_baseline_since_a_named_change_stays_as_weeks_pass(self) -> None:
        """The first 12 whole weeks from Monday 5 January on, however long ago; without a name it would move."""
        change = ProcessChange(on=date(2026, 1, 5), name="One board")
        finished = {date(2025, 6, 2) + timedelta(weeks=n): n % 7 + n // 20 for n in range(120)}  # by Monday

        def usual(end: str) -> UsualRange:
            weeks = reaching_back(weeks_back, date.fromisoformat(end), least=26, change=change)
            counts = [finished[week.start] for week in weeks]
            whole = usual_range(counts, changed_at=begun_before(weeks, change))
            return of_the_newest(whole, shown=26, of=len(weeks))

        first = [finished[date(2026, 1, 5) + timedelta(weeks=n)] for n in range(12)]
        assert [usual(end).limits for end in ("2026-04-06", "2026-07-06", "2026-07-13", "2027-06-07")] == [
            limits(first)
        ] * 4
        assert usual("2026-02-09").limits is None  # five weeks since
        assert all(0 <= one.at < 26 for one in usual("2027-06-07").signals)

    def test_the_newest_named_change_that_has_come_counts(self) -> None:
        changes = [ProcessChange(on=date(2026, month, 1), name=str(month)) for month in (9, 3, 6)]

        assert newest_change(changes, end=date(2026, 7, 1)) == changes[2]
        assert newest_change(changes, end=date(2026, 3, 1)) is None

    def test_a_signal_of_the_past_is_no_change_of_today(self) -> None:
        found = usual_range([*self.EIGHT, *self.EIGHT[:4], 40, 6])

        assert [signal.at for signal in found.signals] == [12]
        assert found.change == "none"
