"""Benefit hypotheses, their verdicts, and what nobody has measured: definition 3.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.journey import Journey
from domain.strategy import Benefit, Decision, Guardrails, Indicator, Kpi, Reading
from domain.work_item import FlowState
from metrics.benefits import realise, realise_portfolio
from metrics.ledger import (
    Hypothesis,
    by_verdict,
    forecast_accuracy,
    freshness,
    hypotheses,
    judge,
    months_after,
    weakest,
)
from tests.builders import a_benefit, a_decision, a_journey, a_portfolio, a_reading, a_theme, an_indicator

JULY_FIRST = date(2026, 7, 1)
DONE = a_journey("2026-01-10", "2026-03-01", key="EPIC-1", level="epic")
BENEFIT = a_benefit(0, 100, item="EPIC-1", planned_amount=1000, indicators=[an_indicator(100, 160, by="2026-06-30")])


def told(
    *benefits: Benefit,
    epics: Sequence[Journey] = (DONE,),
    readings: Sequence[Reading] = (),
    decisions: Sequence[Decision] = (),
    today: date = JULY_FIRST,
    agreed: Guardrails | None = None,
) -> tuple[Hypothesis, ...]:
    portfolio = a_portfolio(themes=[a_theme("grow", benefits=benefits)], kpis=[Kpi(id="kpi", name="A KPI")])
    return hypotheses(
        portfolio if agreed is None else replace(portfolio, guardrails=agreed),
        epics,
        readings,
        today=today,
        day_of=lambda one: one.finished_at.date() if one.finished_at else None,
        decisions=decisions,
    )


class TestJudge:
    @pytest.mark.parametrize(
        ("value", "today", "verdict", "reason"),
        [
            pytest.param(160, "2026-07-01", "confirmed", None, id="at the target"),
            pytest.param(170, "2026-06-01", "confirmed", None, id="beyond it, before its day"),
            pytest.param(118, "2026-06-30", "inconclusive", "not_due", id="on its day, which is not over"),
            pytest.param(118, "2026-07-01", "refuted", None, id="less than half-way, once its day has passed"),
            pytest.param(129, "2026-07-01", "refuted", None, id="just under half-way"),
            pytest.param(130, "2026-07-01", "inconclusive", "between", id="half-way"),
            pytest.param(159, "2026-07-01", "inconclusive", "between", id="just under the target"),
            pytest.param(90, "2026-07-01", "refuted", None, id="worse than at the start"),
        ],
    )
    def test_is_confirmed_at_the_target_and_refuted_under_half_way(
        self, value: int, today: str, verdict: str, reason: str | None
    ) -> None:
        found = judge(
            an_indicator(100, 160, by="2026-06-30"), [a_reading(value, "2026-06-01")], today=date.fromisoformat(today)
        )

        assert (found.verdict, found.reason) == (verdict, reason)

    def test_the_direction_of_better_is_that_of_the_target(self) -> None:
        found = judge(an_indicator(12, 8, by="2026-06-30"), [a_reading(8, "2026-06-01")], today=JULY_FIRST)

        assert (found.verdict, found.settled_on) == ("confirmed", date(2026, 6, 1))

    def test_what_comes_after_its_day_comes_too_late_to_confirm_it(self) -> None:
        late = [a_reading(110, "2026-06-20"), a_reading(160, "2026-07-01")]

        assert judge(an_indicator(100, 160, by="2026-06-30"), late, today=JULY_FIRST).verdict == "refuted"

    def test_a_reading_before_the_baseline_says_nothing(self) -> None:
        before = a_reading(160, "2025-12-31")

        found = judge(an_indicator(100, 160, starts="2026-01-01", by="2026-06-30"), [before], today=JULY_FIRST)

        assert (found.verdict, found.reason, found.is_measured) == ("inconclusive", "no_reading", False)

    @pytest.mark.parametrize(("day", "verdict"), [("2026-05-26", "refuted"), ("2026-05-25", "inconclusive")])
    def test_a_reading_too_old_on_its_day_refutes_nothing(self, day: str, verdict: str) -> None:
        found = judge(
            an_indicator(100, 160, by="2026-06-30"),
            [a_reading(100, day)],
            today=JULY_FIRST,
            stale_after=timedelta(days=35),
        )

        assert found.verdict == verdict
        assert found.reason == (None if verdict == "refuted" else "stale")

    @pytest.mark.parametrize(
        ("readings", "verdict", "reason"),
        [
            pytest.param([], "inconclusive", "file_unread", id="none is read"),
            pytest.param([a_reading(100, "2026-02-01")], "inconclusive", "file_unread", id="too old a one is read"),
            pytest.param([a_reading(110, "2026-06-20")], "refuted", None, id="another line tells it"),
        ],
    )
    def test_of_a_file_that_is_not_read_nobody_can_say_that_it_was_not_measured(
        self, readings: list[Reading], verdict: str, reason: str | None
    ) -> None:
        unread = replace(an_indicator(100, 160, by="2026-06-30"), is_read=False)

        found = judge(unread, readings, today=JULY_FIRST)

        assert (found.verdict, found.reason) == (verdict, reason)

    def test_is_unread_only_where_it_would_else_be_unmeasured(self) -> None:
        late, soon = an_indicator(100, 160, by="2026-01-31"), an_indicator(100, 160, by="2026-12-31")
        shut = replace(soon, is_read=False)

        def found(*indicators: Indicator, readings: Sequence[Reading] = (), done: bool = True) -> tuple[bool, bool]:
            benefit = a_benefit(0, 100, item="EPIC-1", indicators=list(indicators))
            (one,) = told(benefit, epics=(DONE,) if done else (), readings=readings)
            return one.is_unmeasured, one.is_unread

        assert found(late, soon) == (True, False)
        assert found(late, shut) == (False, True)  # the other one may be measured
        assert found(late, shut, readings=[a_reading(120, "2026-01-30")]) == (False, False)
        assert found(late, shut, done=False) == (False, False)
        assert found(shut) == (False, False)  # not due

    @pytest.mark.parametrize("today", [date(2026, 6, 1), JULY_FIRST], ids=["before its day", "after it"])
    def test_what_nobody_reads_of_an_indicator_is_the_reason_why_its_way_is_not_known(self, today: date) -> None:
        unread = replace(an_indicator(100, 160, by="2026-06-30"), is_read=False)
        (found,) = told(a_benefit(0, 100, indicators=[unread]), readings=[], today=today)

        assert weakest(found) == (None, "file_unread")

    def test_a_target_that_is_the_baseline_proves_nothing(self) -> None:
        found = judge(an_indicator(5, 5, by="2026-06-30"), [a_reading(9, "2026-06-01")], today=JULY_FIRST)

        assert (found.verdict, found.reason) == ("inconclusive", "invalid")

    def test_stands_confirmed_since_the_first_reading_of_those_that_all_reach_the_target(self) -> None:
        readings = [a_reading(value, f"2026-0{month}-01") for month, value in ((2, 165), (3, 150), (4, 160), (5, 170))]

        found = judge(an_indicator(100, 160, by="2026-06-30"), readings, today=JULY_FIRST)

        assert found.settled_on == date(2026, 4, 1)

    def test_how_little_refutes_can_be_said(self) -> None:
        strict = an_indicator(100, 160, by="2026-06-30", refuted_below="0.8")

        assert judge(strict, [a_reading(142, "2026-06-01")], today=JULY_FIRST).verdict == "refuted"


class TestHypotheses:
    def test_benefits_without_epic_and_indicator_are_no_hypotheses(self) -> None:
        assert told(a_benefit()) == ()

    @pytest.mark.parametrize(
        ("values", "verdict", "reason"),
        [
            ((160, 160), "confirmed", None),
            ((160, 100), "inconclusive", "mixed"),
            ((100, 100), "refuted", None),
            ((100, 135), "refuted", None),
            ((160, 135), "inconclusive", "between"),
        ],
    )
    def test_the_verdict_is_that_of_all_indicators(
        self, values: tuple[int, int], verdict: str, reason: str | None
    ) -> None:
        both = [an_indicator(100, 160, kpi=kpi, by="2026-06-30") for kpi in ("a", "b")]
        readings = [a_reading(value, "2026-06-01", kpi=kpi) for kpi, value in zip("ab", values, strict=True)]

        (one,) = told(replace(BENEFIT, indicators=tuple(both)), readings=readings)

        assert (one.verdict, one.reason) == (verdict, reason)

    def test_the_decision_that_followed_is_the_first_on_its_item_since_the_verdict_stands(self) -> None:
        decisions = [
            a_decision("early", "2026-06-29", item="EPIC-1"),
            a_decision("other", "2026-07-02", item="EPIC-2"),
            a_decision("next", "2026-07-09", item="EPIC-1"),
            a_decision("first", "2026-07-03", item="epic-1"),
            a_decision("asked", "2026-07-01", item="EPIC-1", decision=None),
        ]

        (one,) = told(BENEFIT, readings=[a_reading(100, "2026-06-20")], decisions=decisions, today=date(2026, 7, 10))

        assert (one.verdict, one.settled_on) == ("refuted", date(2026, 6, 30))
        assert one.decision and one.waiting
        assert (one.decision.id, one.waiting.id) == ("first", "asked")

    def test_a_decision_after_the_day_of_the_report_has_not_been_taken_yet(self) -> None:
        (one,) = told(
            BENEFIT, readings=[a_reading(100, "2026-06-20")], decisions=[a_decision("d", "2026-07-02", item="EPIC-1")]
        )

        assert one.decision is None

    @pytest.mark.parametrize(
        ("epic", "state"),
        [
            pytest.param(a_journey(key="EPIC-1", level="epic"), "projected", id="not begun"),
            pytest.param(a_journey("2026-02-01", key="EPIC-1", level="epic"), "in_delivery", id="begun"),
            pytest.param(DONE, "realising", id="done"),
            pytest.param(
                replace(a_journey("2026-02-01", key="EPIC-1"), flow_state=FlowState.CANCELLED), "retired", id="given up"
            ),
        ],
    )
    def test_its_state_follows_its_epic(self, epic: Journey, state: str) -> None:
        (one,) = told(BENEFIT, epics=[epic])

        assert one.state == state

    def test_an_epic_that_we_do_not_hold_has_not_begun(self) -> None:
        (one,) = told(BENEFIT, epics=[])

        assert (one.epic, one.state) == (None, "projected")

    @pytest.mark.parametrize(("last", "state"), [(100, "sustained"), (99, "realising")])
    def test_is_sustained_while_every_reading_since_its_due_date_is_whole(self, last: int, state: str) -> None:
        due = replace(BENEFIT, due=date(2026, 5, 1))

        (one,) = told(due, readings=[a_reading(100, "2026-05-01"), a_reading(last, "2026-06-01")])

        assert one.state == state

    def test_is_retired_from_the_day_that_the_settings_say(self) -> None:
        retired = replace(BENEFIT, retired_on=JULY_FIRST)

        assert told(retired)[0].state == "retired"
        assert told(retired, today=date(2026, 6, 30))[0].state == "realising"

    def test_the_next_verdict_is_due_with_the_next_indicator_that_is_open(self) -> None:
        days = ("2026-06-30", "2026-08-15", "2026-09-30")

        (one,) = told(replace(BENEFIT, indicators=tuple(an_indicator(0, 9, by=day) for day in days)))

        assert one.next_due == date(2026, 8, 15)

    def test_are_told_by_verdict(self) -> None:
        found = told(BENEFIT, replace(BENEFIT, id="bare", indicators=()), readings=[a_reading(160, "2026-06-20")])

        assert by_verdict(found) == {
            "confirmed": ("benefit",), "refuted": (), "inconclusive": (), "no_indicator": ("bare",),
        }  # fmt: skip


class TestUnmeasuredValue:
    """A done epic with no measurement 30 days after its first leading-indicator date."""

    BY = replace(
        BENEFIT, indicators=(an_indicator(100, 160, by="2026-06-01"), an_indicator(1, 2, kpi="other", by="2026-12-01"))
    )

    @pytest.mark.parametrize(("today", "is_unmeasured"), [("2026-06-30", False), ("2026-07-01", True)])
    def test_is_told_from_the_thirtieth_day_on(self, today: str, is_unmeasured: bool) -> None:
        (one,) = told(self.BY, today=date.fromisoformat(today))

        assert one.is_unmeasured is is_unmeasured

    @pytest.mark.parametrize(("agreed", "is_unmeasured"), [(31, False), (29, True)])
    def test_is_told_from_the_day_on_that_was_agreed(self, agreed: int, is_unmeasured: bool) -> None:
        patience = Guardrails(measured_within_days=agreed)

        (one,) = told(self.BY, today=date(2026, 6, 30) if is_unmeasured else JULY_FIRST, agreed=patience)

        assert one.is_unmeasured is is_unmeasured

    @pytest.mark.parametrize(
        ("epics", "readings", "benefit"),
        [
            pytest.param([a_journey("2026-02-01", key="EPIC-1")], [], BY, id="its epic is not done"),
            pytest.param([DONE], [a_reading(100, "2026-05-01")], BY, id="it was measured"),
            pytest.param([DONE], [a_reading(100, "2026-06-20")], BY, id="it was measured late"),
            pytest.param([DONE], [], replace(BY, retired_on=date(2026, 6, 1)), id="it is written off"),
            pytest.param([DONE], [], replace(BY, indicators=()), id="nobody said when to look"),
        ],
    )
    def test_is_no_false_alarm(self, epics: list[Journey], readings: list[Reading], benefit: Benefit) -> None:
        (one,) = told(benefit, epics=epics, readings=readings)

        assert not one.is_unmeasured

    def test_a_reading_long_before_the_work_brought_anything_is_no_measurement(self) -> None:
        (one,) = told(self.BY, readings=[a_reading(100, "2026-01-15")])

        assert one.is_unmeasured

    def test_a_measurement_of_tomorrow_is_not_known_today(self) -> None:
        (one,) = told(self.BY, readings=[a_reading(100, "2026-07-02")])

        assert one.is_unmeasured


class TestClaims:
    READINGS = (a_reading(50, kpi="a"),)

    def claims(self, *shares: str | None, amounts: Sequence[int | None] = (400, 400)) -> list[Benefit]:
        return [
            a_benefit(0, 100, id=f"b{n}", kpi="a", item=f"EPIC-{n}", planned_amount=amount, share=share)
            for n, (share, amount) in enumerate(zip(shares, amounts, strict=True), start=1)
        ]

    def test_shares_that_add_up_to_one_split_what_several_epics_claim(self) -> None:
        found = realise_portfolio(self.claims("0.75", "0.25"), self.READINGS, today=JULY_FIRST)

        assert [one.realised_amount for one in found.used] == [150, 50]
        assert [found.realised_amount, found.planned_total, found.double_claims] == [200, 400, {}]

    @pytest.mark.parametrize("shares", [(None, None), ("0.5", None), ("0.5", "0.4"), ("0.6", "0.6")])
    def test_other_shares_are_a_double_claim_and_counted_once(self, shares: tuple[str | None, str | None]) -> None:
        found = realise_portfolio(self.claims(*shares), self.READINGS, today=JULY_FIRST)

        assert [found.realised_amount, found.planned_total] == [200, 400]
        assert (found.excluded, found.double_claims) == ({"double_claim": ("b2",)}, {"a": ("b1", "b2")})

    def test_the_claim_that_counts_is_the_first_that_is_valued(self) -> None:
        found = realise_portfolio(self.claims(None, None, amounts=(None, 400)), self.READINGS, today=JULY_FIRST)

        assert [found.realised_amount, found.excluded] == [200, {"double_claim": ("b1",)}]

    def test_a_claim_across_themes_counts_in_one_of_them(self) -> None:
        first, second = self.claims(None, None)

        here = realise_portfolio([first], self.READINGS, today=JULY_FIRST, among=[first, second])
        there = realise_portfolio([second], self.READINGS, today=JULY_FIRST, among=[first, second])

        assert [here.realised_amount, there.realised_amount] == [200, 0]
        assert there.excluded == {"double_claim": ("b2",)}

    def test_what_is_retired_claims_nothing(self) -> None:
        first, second = self.claims(None, None)

        found = realise_portfolio([replace(first, retired_on=JULY_FIRST), second], self.READINGS, today=JULY_FIRST)

        assert [found.realised_amount, found.excluded, found.double_claims] == [200, {"retired": ("b1",)}, {}]


class TestProfiles:
    @pytest.mark.parametrize(
        ("profile", "today", "expected"),
        [
            ("linear", "2026-01-06", "0.5"),
            ("ramp", "2026-01-06", "0.25"),
            ("ramp", "2026-01-11", "1"),
            ("step", "2026-01-10", "0"),
            ("step", "2026-01-11", "1"),
        ],
    )
    def test_say_what_to_expect_by_a_day(self, profile: str, today: str, expected: str) -> None:
        benefit = a_benefit(0, 100, starts="2026-01-01", due="2026-01-11", profile=profile)

        assert realise(benefit, [], today=date.fromisoformat(today)).expected == Decimal(expected)


class TestForecastAccuracy:
    def test_is_what_came_of_what_was_foretold_at_approval(self) -> None:
        """Foretold 400 and brought 300: 75 %."""
        benefit = a_benefit(0, 100, planned_amount=1000, approved_on="2026-01-01", forecast={6: 400})

        six, twelve, _ = forecast_accuracy([benefit], [a_reading(30, "2026-06-30")], today=JULY_FIRST)

        assert [six.months, six.actual, six.forecast, six.share] == [6, 300, 400, Decimal("0.75")]
        assert (twelve.share, twelve.n_in_scope) == (None, 0)  # its day has not come

    def test_without_a_forecast_of_its_own_the_plan_is_what_was_foretold(self) -> None:
        benefit = a_benefit(
            0, 100, planned_amount=1000, starts="2026-01-01", due="2027-01-01", approved_on="2026-01-01", profile="step"
        )

        six, twelve, _ = forecast_accuracy([benefit], [a_reading(80, "2026-12-01")], today=date(2027, 2, 1))

        assert six.excluded == {"no_reading": ("benefit",)}
        assert [twelve.actual, twelve.forecast] == [800, 1000]

    def test_names_what_it_leaves_out(self) -> None:
        benefits = [
            a_benefit(0, 100, id="silent", kpi="none", planned_amount=1, approved_on="2026-01-01"),
            a_benefit(0, 100, id="priceless", approved_on="2026-01-01"),
            a_benefit(0, 100, id="step", planned_amount=1, approved_on="2026-01-01", profile="step"),
            a_benefit(0, 100, id="never approved", planned_amount=1),
        ]

        six, *_ = forecast_accuracy(benefits, [a_reading(30)], today=JULY_FIRST)

        assert six.excluded == {
            "no_reading": ("silent",), "not_valued": ("priceless",), "nothing_foretold": ("step",),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("day", "months", "then"),
        [("2026-08-31", 6, "2027-02-28"), ("2026-01-15", 12, "2027-01-15"), ("2026-06-30", 6, "2026-12-30")],
    )
    def test_months_end_where_the_later_month_does(self, day: str, months: int, then: str) -> None:
        assert months_after(date.fromisoformat(day), months) == date.fromisoformat(then)


@pytest.mark.parametrize(
    ("readings", "is_stale"),
    [([a_reading(1, "2026-05-27")], False), ([a_reading(1, "2026-05-26")], True), ([], True)],
)
def test_a_kpi_is_stale_when_its_newest_reading_is_older_than_it_allows(
    readings: list[Reading], is_stale: bool
) -> None:
    portfolio = a_portfolio(kpis=[Kpi(id="kpi", name="A KPI", stale_after=timedelta(days=35))])

    (found,) = freshness(portfolio, readings, today=JULY_FIRST)

    assert found.is_stale is is_stale
