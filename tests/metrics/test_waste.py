"""Work given up after it was begun, and how often the expected time is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey
from domain.period import Period
from domain.work_item import HistoryState
from metrics.balance import flow_balance
from metrics.service_level import service_level
from metrics.waste import waste
from tests.builders import a_calendar, a_journey, an_item
from tests.metrics.histories import BEGIN, END, KNOWN, journeys

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
WINTER = Period(BEGIN.date(), END.date() + timedelta(days=1))
PARIS = a_calendar("Europe/Paris")


class TestWaste:
    def test_what_was_begun_and_given_up_with_its_age(self) -> None:
        week = an_item(("2026-02-25T12:00", "in progress"), ("2026-03-03T12:00", "dropped"), key="WEEK").journey()
        day = an_item(("2026-03-03T09:00", "in progress"), ("2026-03-03T12:00", "dropped"), key="DAY").journey()

        lost = waste([day, week], cancelled_in=MARCH, calendar=PARIS)

        assert (lost.keys, lost.days) == (("WEEK", "DAY"), (7, 1))
        assert (lost.items, lost.total_days) == (2, 8)

    def test_a_resolution_may_give_up_what_is_done(self) -> None:
        item = an_item(
            ("2026-03-02T12:00", "in progress"), ("2026-03-04T12:00", "done"), resolution="Won't do", key="WONT"
        ).journey()

        assert waste([item], cancelled_in=MARCH, calendar=PARIS).days == (3,)

    def test_choosing_not_to_begin_is_no_waste(self) -> None:
        never = an_item(("2026-03-03", "dropped"), key="NEVER").journey()
        mute = an_item(status="dropped", resolved="2026-03-03", history=HistoryState.NONE, key="MUTE").journey()

        lost = waste([never, mute], cancelled_in=MARCH, calendar=PARIS)

        assert (lost.items, lost.total_days) == (0, 0)
        assert lost.excluded == {"no_history": ("MUTE",), "not_begun": ("NEVER",)}
        assert (lost.n_used, lost.n_in_scope) == (0, 2)

    def test_work_taken_up_again_is_no_waste(self) -> None:
        again = an_item(
            ("2026-03-02", "in progress"), ("2026-03-04", "dropped"), ("2026-03-09", "in progress")
        ).journey()  # fmt: skip

        assert waste([again], cancelled_in=MARCH, calendar=PARIS).items == 0

    def test_a_day_begins_where_the_portfolio_lives(self) -> None:
        item = an_item(("2026-03-02", "in progress"), ("2026-03-31T22:30", "dropped")).journey()  # 1 April in Paris

        assert waste([item], cancelled_in=MARCH, calendar=PARIS).items == 0
        assert waste([item], cancelled_in=MARCH, calendar=a_calendar()).days == (30,)

    @given(journeys(KNOWN), journeys(KNOWN, prefix="CLM"))
    def test_waste_of_two_scopes_adds_up_and_is_what_the_balance_calls_given_up(
        self, one: list[Journey], other: list[Journey]
    ) -> None:
        here, there, both = (
            waste(found, cancelled_in=WINTER, calendar=PARIS) for found in (one, other, [*other, *one])
        )

        assert both.items == here.items + there.items
        assert both.total_days == here.total_days + there.total_days
        assert set(both.keys) == set(flow_balance([*one, *other], period=WINTER, calendar=PARIS).cancelled)

    @given(journeys(KNOWN), st.randoms(use_true_random=False))
    def test_the_order_of_the_items_does_not_matter(self, items: list[Journey], chance: object) -> None:
        shuffled = list(items)
        chance.shuffle(shuffled)  # type: ignore[attr-defined]

        assert waste(shuffled, cancelled_in=WINTER, calendar=PARIS) == waste(items, cancelled_in=WINTER, calendar=PARIS)


class TestServiceLevel:
    TAKEN = (1, 2, 2, 3, 4, 5, 8, 13, 21, 31)

    def items(self, first: date) -> list[Journey]:
        return [
            a_journey(
                f"{(first - timedelta(days=days - 1)).isoformat()}T12:00", f"{first.isoformat()}T12:00",
                key=f"{first:%m}-{number}",
            )
            for number, days in enumerate(self.TAKEN)
        ]  # fmt: skip

    @pytest.mark.parametrize(("agreed", "share"), [(8, 0.7), (7, 0.6), (31, 1.0), (1, 0.1)])
    def test_items_within_the_agreed_days(self, agreed: int, share: float) -> None:
        kept = service_level(self.items(date(2026, 3, 30)), finished_in=MARCH, calendar=PARIS, agreed_days=agreed)

        assert (kept.share, kept.expected_days, kept.is_agreed) == (share, agreed, True)
        assert len(kept.late) == round(10 * (1 - share))

    def test_without_an_agreement_it_is_what_85_percent_stayed_within_in_the_year_before(self) -> None:
        items = [*self.items(date(2026, 2, 20)), *self.items(date(2026, 3, 30))]

        kept = service_level(items, finished_in=MARCH, calendar=PARIS)

        assert (kept.expected_days, kept.is_agreed, kept.share) == (21, False, 0.9)
        assert kept.late == ("03-9",)

    def test_without_an_agreement_and_a_year_before_nothing_is_expected(self) -> None:
        kept = service_level(self.items(date(2026, 3, 30)), finished_in=MARCH, calendar=PARIS)

        assert (kept.expected_days, kept.share, kept.late) == (None, None, ())

    def test_nothing_finished_kept_nothing(self) -> None:
        kept = service_level([], finished_in=MARCH, calendar=PARIS, agreed_days=8)

        assert (kept.share, kept.n_used) == (None, 0)
