"""Key results, benefits and alignment: definition 3.6."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.period import Period
from domain.strategy import PaceTolerances, Reading
from metrics.alignment import FlowShares, coverage_epics, coverage_flow, coverage_items, flow_shares, orphans
from metrics.benefits import realise, realise_portfolio
from metrics.key_results import elapsed_share, pace_status, progress, score_key_result, score_objective
from tests.builders import a_benefit, a_calendar, a_journey, a_key_result, a_reading, a_theme, an_item

JULY_FIRST = date(2026, 7, 1)
PACE = PaceTolerances()
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
UTC = a_calendar()


class TestProgress:
    @pytest.mark.parametrize(
        ("baseline", "target", "value", "share"),
        [
            pytest.param(100, 160, 130, "0.5", id="T18 more is better"),
            pytest.param(12, 8, 9, "0.75", id="T18 less is better"),
            pytest.param(100, 160, 94, "-0.1", id="T18 worse than before"),
            pytest.param(0, 10, 12, "1.2", id="beyond the target"),
        ],
    )
    def test_is_the_way_made_of_the_way_to_go(self, baseline: int, target: int, value: int, share: str) -> None:
        made = progress(baseline=Decimal(baseline), target=Decimal(target), value=Decimal(value))

        assert made == Decimal(share)

    def test_has_no_meaning_where_the_target_is_the_baseline(self) -> None:
        assert progress(baseline=Decimal(5), target=Decimal(5), value=Decimal(6)) is None

    def test_a_straight_line_says_what_to_expect(self) -> None:
        """T18: 90 of 364 days."""
        share = elapsed_share(starts=date(2026, 1, 1), due=date(2026, 12, 31), today=date(2026, 4, 1))

        assert round(share * 100, 1) == Decimal("24.7")

    def test_time_neither_runs_before_it_begins_nor_after_it_ends(self) -> None:
        assert elapsed_share(starts=JULY_FIRST, due=date(2026, 8, 1), today=date(2026, 6, 1)) == 0
        assert elapsed_share(starts=JULY_FIRST, due=date(2026, 8, 1), today=date(2027, 6, 1)) == 1
        assert elapsed_share(starts=JULY_FIRST, due=JULY_FIRST, today=JULY_FIRST) == 1


class TestObjective:
    NPS = a_key_result(35, 60, id="nps", kpi="nps")
    CHURN = a_key_result(60, 40, id="churn", kpi="churn")
    SHOPS = a_key_result(0, 10, id="shops", kpi="shops", weight=2)
    READINGS = (a_reading(50, kpi="nps"), a_reading(50, kpi="churn"), a_reading(12, kpi="shops"))

    def test_is_the_weighted_mean_of_its_key_results(self) -> None:
        """T19."""
        objective = score_objective(
            a_theme(key_results=[self.NPS, self.CHURN, self.SHOPS]), self.READINGS, today=JULY_FIRST, pace=PACE
        )

        assert [one.score for one in objective.key_results] == [Decimal("0.6"), Decimal("0.5"), Decimal(1)]
        assert objective.score == Decimal("0.775")

    def test_leaves_out_what_is_not_measured_and_says_so(self) -> None:
        """T19: 0.55 over 2 of 3, not 0.37."""
        objective = score_objective(
            a_theme(key_results=[self.NPS, self.CHURN, self.SHOPS]), self.READINGS[:2], today=JULY_FIRST, pace=PACE
        )

        assert objective.score == Decimal("0.55")
        assert (objective.n_used, objective.n_in_scope) == (2, 3)
        assert objective.excluded == {"no_reading": ("shops",)}

    def test_what_may_stand_in_a_file_that_is_not_read_is_neither_unmeasured_nor_too_early(self) -> None:
        unread = replace(self.NPS, is_read=False, due=date(2026, 6, 30))

        objective = score_objective(a_theme(key_results=[unread]), (), today=JULY_FIRST, pace=PACE)

        assert (objective.score, objective.status, objective.excluded) == (None, "unread", {"file_unread": ("nps",)})

    def test_without_any_reading_it_is_too_early_to_tell(self) -> None:
        objective = score_objective(a_theme(key_results=[self.NPS]), (), today=JULY_FIRST, pace=PACE)

        assert (objective.score, objective.status, objective.pace_points) == (None, "too_early", None)

    def test_two_key_results_of_one_name_both_count(self) -> None:
        theme = a_theme(key_results=[self.NPS, a_key_result(60, 40, id="nps", kpi="churn")])

        assert score_objective(theme, self.READINGS, today=JULY_FIRST, pace=PACE).score == Decimal("0.55")


class TestKeyResult:
    @pytest.mark.parametrize(
        ("points", "status"),
        [("-5", "on_track"), ("-5.1", "at_risk"), ("-15", "at_risk"), ("-15.1", "off_track"), ("20", "on_track")],
    )
    def test_before_it_is_due_its_status_follows_the_pace(self, points: str, status: str) -> None:
        assert pace_status(Decimal(points), PaceTolerances()) == status

    def test_how_far_behind_is_still_on_track_is_what_was_agreed(self) -> None:
        """A key result 10 points behind, its objective and a benefit: at risk by 5 and 15, else as agreed."""
        key_result = a_key_result(0, 10, starts="2026-01-01", due="2026-01-11")
        benefit = a_benefit(0, 10, starts="2026-01-01", due="2026-01-11")
        readings, today = [a_reading(4, "2026-01-06")], date(2026, 1, 6)

        told = [
            (
                score_key_result(key_result, readings, today=today, pace=pace).status,
                score_objective(a_theme("grow", key_results=[key_result]), readings, today=today, pace=pace).status,
                realise(benefit, readings, today=today).status(pace),
            )
            for pace in (
                PaceTolerances(),
                PaceTolerances(on_track_points=Decimal(10)),
                PaceTolerances(on_track_points=Decimal(2), at_risk_points=Decimal("9.5")),
            )
        ]

        assert told == [("at_risk",) * 3, ("on_track",) * 3, ("off_track",) * 3]

    def test_the_pace_is_the_score_minus_the_time_that_has_gone(self) -> None:
        key_result = a_key_result(0, 10, starts="2026-01-01", due="2026-01-11")

        scored = score_key_result(key_result, [a_reading(4, "2026-01-06")], today=date(2026, 1, 6), pace=PACE)

        assert (scored.score, scored.elapsed) == (Decimal("0.4"), Decimal("0.5"))
        assert scored.pace_points == -10
        assert (scored.status, scored.band) == ("at_risk", None)

    @pytest.mark.parametrize(
        ("kind", "value", "band", "status"),
        [
            ("aspirational", 7, "green", "on_track"),
            ("aspirational", 4, "amber", "at_risk"),
            ("aspirational", 3, "red", "off_track"),
            ("aspirational", 10, "green", "achieved"),
            ("committed", 9, "red", "missed"),
            ("committed", 10, "green", "achieved"),
        ],
    )
    def test_at_its_due_date_it_is_graded(self, kind: str, value: int, band: str, status: str) -> None:
        key_result = a_key_result(0, 10, kind=kind, due="2026-06-30")

        scored = score_key_result(key_result, [a_reading(value, "2026-06-30")], today=date(2026, 6, 30), pace=PACE)

        assert (scored.band, scored.status) == (band, status)

    @pytest.mark.parametrize(
        ("reached", "of", "day", "score", "status"),
        [
            pytest.param(0, 1, "2026-12-30", 0, "on_track", id="a single one is not asked for before its day"),
            pytest.param(0, 1, "2026-12-31", 0, "missed", id="a single one on its day"),
            pytest.param(1, 1, "2026-03-01", 1, "achieved", id="a single one that is reached"),
            pytest.param(1, 4, "2026-07-03", "0.25", "off_track", id="one where two are asked for"),
            pytest.param(2, 4, "2026-07-03", "0.5", "on_track", id="two where two are asked for"),
        ],
    )
    def test_milestones_are_those_reached_of_all_and_the_plan_asks_for_whole_ones(
        self, reached: int, of: int, day: str, score: str, status: str
    ) -> None:
        steps = a_key_result(0, of, kind="committed", milestones=of)

        found = score_key_result(steps, [a_reading(reached, day)], today=date.fromisoformat(day), pace=PACE)

        assert (found.score, found.status) == (Decimal(score), status)

    def test_a_direction_without_a_target_is_shown_and_not_graded(self) -> None:
        key_result = a_key_result(10, None, kind="direction_only")

        scored = score_key_result(
            key_result, [a_reading(12, "2026-02-01"), a_reading(14, "2026-03-01")], today=JULY_FIRST, pace=PACE
        )

        assert (scored.score, scored.status, scored.reason) == (None, "trend", "no_target")
        assert scored.reading and scored.previous
        assert [scored.reading.value, scored.previous.value] == [14, 12]

    @pytest.mark.parametrize(
        ("baseline", "target", "readings", "reason"),
        [
            (None, 10, [a_reading(5)], "no_baseline"),
            (10, 10, [a_reading(5)], "invalid"),
            (0, 10, [], "no_reading"),
        ],
    )
    def test_says_why_there_is_no_score(
        self, baseline: int | None, target: int, readings: list[Reading], reason: str
    ) -> None:
        scored = score_key_result(a_key_result(baseline, target), readings, today=JULY_FIRST, pace=PACE)

        assert (scored.score, scored.reason, scored.status) == (None, reason, "too_early")

    def test_what_was_due_and_nobody_measured_is_not_too_early(self) -> None:
        due = a_key_result(0, 10)
        early = a_key_result(0, 10, id="early", kpi="none", due="2030-01-01")

        for today, status in ((due.due, "too_early"), (due.due + timedelta(days=1), "unmeasured")):
            assert score_key_result(due, [], today=today, pace=PACE).status == status
            assert score_objective(a_theme(key_results=[early, due]), [], today=today, pace=PACE).status == status

    def test_readings_after_the_day_are_not_known_yet(self) -> None:
        scored = score_key_result(
            a_key_result(0, 10), [a_reading(3, "2026-03-01"), a_reading(9, "2026-08-01")], today=JULY_FIRST, pace=PACE
        )

        assert scored.score == Decimal("0.3")

    @pytest.mark.parametrize(("day", "is_stale"), [("2026-05-17", False), ("2026-05-16", True)])
    def test_is_stale_without_a_reading_for_an_eighth_of_its_cycle(self, day: str, is_stale: bool) -> None:
        key_result = a_key_result(starts="2026-01-01", due="2026-12-31")  # 364 days, an eighth is 45.5

        scored = score_key_result(key_result, [a_reading(5, day)], today=JULY_FIRST, pace=PACE)

        assert scored.is_stale is is_stale

    @given(st.integers(-1000, 1000))
    def test_a_score_is_never_outside_0_and_1(self, value: int) -> None:
        scored = score_key_result(a_key_result(0, 10), [a_reading(value)], today=JULY_FIRST, pace=PACE)

        assert scored.score is not None
        assert 0 <= scored.score <= 1


class TestBenefits:
    def test_the_health_of_a_benefit_is_what_came_minus_what_was_expected(self) -> None:
        benefit = a_benefit(100, 160, starts="2026-01-01", due="2026-01-11")

        found = realise(benefit, [a_reading(130, "2026-01-05")], today=date(2026, 1, 5))

        assert [found.realised, found.expected, found.health_points] == [Decimal("0.5"), Decimal("0.4"), 10]

    def test_the_portfolio_is_measured_against_the_plan_to_date_and_the_whole_plan(self) -> None:
        """T18."""
        benefits = [  # a quarter of the time has gone on the 2nd
            a_benefit(0, 100, id=kpi, kpi=kpi, planned_amount=amount, starts="2026-01-01", due="2026-01-05")
            for kpi, amount in (("a", 400), ("b", 600))
        ]
        readings = [a_reading(15, "2026-01-02", kpi="a"), a_reading(15, "2026-01-02", kpi="b")]

        found = realise_portfolio(benefits, readings, today=date(2026, 1, 2))

        assert [found.realised_amount, found.planned_to_date, found.planned_total] == [150, 250, 1000]
        assert (found.to_date, found.of_total) == (Decimal("0.6"), Decimal("0.15"))

    @pytest.mark.parametrize(
        ("value", "status"),
        [
            pytest.param(160, "achieved", id="whole"),
            pytest.param(121, "on_track", id="five points behind"),
            pytest.param(120, "at_risk", id="more than five"),
            pytest.param(115, "at_risk", id="fifteen points behind"),
            pytest.param(94, "off_track", id="worse than before"),
        ],
    )
    def test_the_status_of_a_benefit_follows_its_pace(self, value: int, status: str) -> None:
        benefit = a_benefit(100, 160, starts="2026-01-01", due="2026-01-11")  # 40 % is expected on the 5th

        found = realise(benefit, [a_reading(value, "2026-01-05")], today=date(2026, 1, 5))

        assert found.status(PaceTolerances()) == status

    def test_a_benefit_without_a_reading_is_not_called_late(self) -> None:
        found = realise(a_benefit(100, 160), [], today=JULY_FIRST)

        assert found.status(PaceTolerances()) == "unmeasured"

    def test_a_benefit_claimed_by_two_epics_counts_once_and_is_flagged(self) -> None:
        benefits = [
            a_benefit(0, 100, id="first", kpi="a", item="EPIC-1", planned_amount=400),
            a_benefit(0, 100, id="second", kpi="a", item="EPIC-2", planned_amount=400),
        ]

        found = realise_portfolio(benefits, [a_reading(50, kpi="a")], today=JULY_FIRST)

        assert found.realised_amount == 200
        assert found.excluded == {"double_claim": ("second",)}
        assert found.double_claims == {"a": ("first", "second")}

    def test_names_what_is_not_measured_not_valued_or_not_valid(self) -> None:
        benefits = [
            a_benefit(0, 100, id="silent", kpi="none", planned_amount=1),
            a_benefit(0, 100, id="priceless"),
            a_benefit(5, 5, id="wrong", planned_amount=1),
        ]

        found = realise_portfolio(benefits, [a_reading(50)], today=JULY_FIRST)

        assert found.excluded == {"invalid": ("wrong",), "no_reading": ("silent",), "not_valued": ("priceless",)}
        assert (found.to_date, found.of_total) == (None, None)


class TestAlignment:
    def test_coverage_by_items_is_the_aligned_share_of_what_finished(self) -> None:
        """T27: 160 of 200."""
        items = [
            a_journey("2026-03-02", "2026-03-05", key=f"PAY-{n}", themes={"grow": 1} if n < 160 else None)
            for n in range(200)
        ]

        found = coverage_items(items, finished_in=MARCH, calendar=UTC)

        assert found.share == Decimal("0.8")
        assert len(found.orphans) == 40

    def test_coverage_by_epics_is_the_aligned_share_of_what_is_open(self) -> None:
        """T27: 12 of 15."""
        epics = [
            a_journey("2026-03-02", key=f"EPIC-{n}", level="epic", themes={"grow": 1} if n < 12 else None)
            for n in range(15)
        ]
        closed = a_journey("2026-03-02", "2026-03-03", key="EPIC-99", level="epic")

        found = coverage_epics([*epics, closed])

        assert found.share == Decimal("0.8")
        assert found.orphans == ("EPIC-12", "EPIC-13", "EPIC-14")

    def test_coverage_by_flow_counts_item_days_within_the_period_and_shares(self) -> None:
        items = [
            a_journey("2026-02-20", "2026-03-11T12:00", key="A", themes={"grow": 1}),  # 10 days of March
            a_journey("2026-03-22", key="B", themes={"grow": "0.5"}),  # 10 days, half of each
            a_journey("2026-03-27", key="C"),  # 5 days
            a_journey("2026-04-02", key="LATER"),
        ]

        found = coverage_flow(items, period=MARCH, calendar=UTC)

        assert [found.aligned, found.total, found.n_used] == [15, 25, 3]
        assert found.share == Decimal("0.6")
        assert found.orphans == ("C",)

    def test_flow_shares_leave_to_the_rest_what_the_alignment_leaves(self) -> None:
        """Rounded apart, three times 32.82 % and 1.54 % would be 32.8 and 1.6: aligned 98.4 % where 98.46 % is."""
        days = {"a": Decimal(3282), "b": Decimal(3282), "c": Decimal(3282), "unaligned": Decimal(154)}

        percent = FlowShares(item_days=days, intended={}, n_used=4).percent

        assert percent == {
            "a": Decimal("32.9"), "b": Decimal("32.8"), "c": Decimal("32.8"), "unaligned": Decimal("1.5"),
        }  # fmt: skip

    def test_flow_shares_give_each_theme_its_part_and_name_the_rest(self) -> None:
        items = [
            a_journey("2026-03-22", key="A", themes={"grow": "0.6", "save": "0.4"}),
            a_journey("2026-03-22", key="B", themes={"grow": "0.4"}),
        ]

        found = flow_shares(items, period=MARCH, calendar=UTC)

        assert found.item_days == {"grow": 10, "save": 4, "unaligned": 6}
        assert found.percent == {"grow": 50, "save": 20, "unaligned": 30}
        assert found.distance_points is None

    def test_theme_focus_is_the_distance_from_what_was_intended(self) -> None:
        items = [
            a_journey("2026-03-22", key="A", themes={"grow": 1}),
            a_journey("2026-03-22", key="B", themes={"save": 1}),
        ]
        themes = [a_theme("grow", target_share="0.7"), a_theme("save", target_share="0.3")]

        found = flow_shares(items, period=MARCH, calendar=UTC, themes=themes)

        assert found.distance_points == 20

    def test_no_work_has_no_coverage(self) -> None:
        assert coverage_flow([], period=MARCH, calendar=UTC).share is None
        assert flow_shares([], period=MARCH, calendar=UTC, themes=[a_theme(target_share="1")]).distance_points is None

    def test_lists_open_orphans_oldest_first(self) -> None:
        items = [
            a_journey(key="YOUNG", created="2026-03-01"),
            a_journey(key="OLD", created="2026-01-01"),
            a_journey(key="SERVES", created="2026-01-01", themes={"grow": 1}),
            an_item(("2026-03-05", "dropped"), key="GONE").journey(),
        ]

        assert [one.key for one in orphans(items)] == ["OLD", "YOUNG"]
