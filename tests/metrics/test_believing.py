"""How far the numbers can be believed, and what must be mended: definition 3.10 and the rules of data quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.journey import Journey
from domain.period import Period
from domain.trust import SourceTrust
from domain.work_item import HistoryState
from metrics.quality import RULES, Defect, defects
from metrics.selection import Scope
from metrics.trust import Trust, is_low, missing_fields, trust
from tests.builders import NOW, a_calendar, a_journey, a_moment, a_source_trust, an_item
from tests.faults.catalogue import case

SPRING = Period(date(2026, 3, 1), date(2026, 6, 1))
WHOLE = {"job_size": Decimal(3), "business_value": Decimal(5)}


def trusted(
    journeys: Sequence[Journey], *, scope: str = "portfolio", sources: Sequence[SourceTrust] = (a_source_trust(),)
) -> Trust:
    return trust(
        journeys,
        scope=Scope(scope),
        sources=sources,
        portfolio_level="epic",
        finished_in=SPRING,
        as_of=NOW,
        calendar=a_calendar(),
    )


class TestTrust:
    def test_the_headline_is_the_smallest_of_the_five_shares(self) -> None:
        journeys = [
            a_journey("2026-05-20", key="FRESH", themes={"grow": 1}),
            a_journey("2026-03-20", key="STALE", themes={"grow": 1}),
            a_journey("2026-03-02", "2026-03-09", key="SEEN", themes={"grow": 1}),
            a_journey(None, "2026-03-09", key="UNSEEN"),
        ]

        found = trusted(journeys, sources=[a_source_trust(held=98, declared=100)])

        assert found.shares == {
            "complete": 0.98,
            "start_known": 0.5,
            "aligned": 0.75,
            "fields": None,
            "fresh": 0.5,
        }
        assert (found.headline, found.weakest) == (0.5, "start_known")
        assert found.fresh.missing == ("STALE",)

    def test_what_is_at_no_level_is_held_and_neither_raises_nor_lowers_another_share(self) -> None:
        journeys = [
            a_journey("2026-05-20", key="FRESH", themes={"grow": 1}),
            a_journey("2026-03-20", key="STALE"),
            a_journey("2026-03-02", "2026-03-09", key="SEEN"),
        ]
        risks = [
            a_journey("2026-05-20", key="RISK-1", level=None, themes={"grow": 1}),
            a_journey(None, "2026-03-09", key="RISK-2", level=None),
        ]

        assert trusted([*journeys, *risks]) == trusted(journeys)

    def test_the_fields_of_open_epics_are_owner_size_date_and_value(self) -> None:
        epics = [
            a_journey("2026-05-20", key="WHOLE", level="epic", owner="A", due="2026-12-01", values=WHOLE),
            a_journey("2026-05-20", key="BARE", level="epic"),
            a_journey("2026-05-20", "2026-05-25", key="DONE", level="epic"),
        ]

        found = trusted(epics)

        assert (found.fields.share, found.fields.missing) == (0.5, ("BARE",))
        assert missing_fields(epics[1]) == ("owner", "size", "due_on", "business_value")

    @pytest.mark.parametrize(
        ("ago", "is_fresh"),
        [
            pytest.param(timedelta(days=30), False, id="thirty days ago"),
            pytest.param(timedelta(days=30, seconds=-1), True, id="a second less"),
        ],
    )
    def test_work_in_progress_is_fresh_for_less_than_thirty_days(self, ago: timedelta, *, is_fresh: bool) -> None:
        working = a_journey("2026-03-20", updated=(NOW - ago).isoformat())

        assert trusted([working]).fresh.n_used == is_fresh

    @pytest.mark.parametrize(
        ("share", "expected"),
        [
            pytest.param(17 / 20, False, id="85 %"),
            pytest.param(0.8499, True, id="a little less"),
            pytest.param(Decimal("0.85"), False, id="85 % in decimals"),
        ],
    )
    def test_a_share_is_low_below_85_percent(self, share: float | Decimal, *, expected: bool) -> None:
        assert is_low(share) == expected

    def test_a_source_that_was_never_counted_is_unproven_and_not_whole(self) -> None:
        found = trusted([a_journey("2026-05-20")], sources=[a_source_trust(declared=None)])

        assert found.complete.share is None
        assert found.unproven == ("payments",)

    def test_a_value_stream_answers_for_its_own_items_and_sources(self) -> None:
        journeys = [
            a_journey("2026-05-20", key="MINE", value_stream="policy"),
            a_journey("2026-05-20", key="THEIRS", value_stream="claims", source="other"),
        ]

        found = trusted(
            journeys,
            scope="value_stream:policy",
            sources=[a_source_trust(), a_source_trust("other", held=1, declared=100)],
        )

        assert found.complete.share == 1
        assert found.aligned.missing == ("MINE",)

    def test_holding_more_than_declared_is_no_better_than_all(self) -> None:
        assert trusted([], sources=[a_source_trust(held=120, declared=100)]).complete.share == 1


class TestDefects:
    def found(self, *journeys: Journey) -> dict[str, Defect]:
        return {one.rule: one for one in defects(journeys, portfolio_level="epic", as_of=NOW)}

    def test_sound_items_have_none(self) -> None:
        epic = a_journey(
            "2026-05-20", key="EPIC", level="epic", owner="A", due="2026-12-01", values=WHOLE, themes={"grow": 1}
        )
        story = a_journey("2026-05-21", "2026-05-25", key="STORY", parent="EPIC", themes={"grow": 1})

        assert self.found(epic, story) == {}

    def test_a_risk_of_the_register_needs_no_level(self) -> None:
        risk, other = a_journey(key="RISK", level=None), a_journey(key="OTHER", level=None)

        (found,) = defects([risk, other], portfolio_level="epic", as_of=NOW, has_themes=False, risks={risk.id})

        assert (found.rule, found.keys) == ("no_level", ("OTHER",))

    @case("D17")
    def test_every_rule_names_its_items(self) -> None:
        sound = {"grow": 1}
        found = self.found(
            an_item(("2026-01-05", "somewhere"), key="UNMAPPED").journey(),
            a_journey("2026-05-20", key="LEVELLESS", level=None),
            an_item(("2026-01-05", "template"), key="IGNORED").journey(),
            a_journey("2026-05-20", key="ORPHAN"),
            a_journey("2026-01-01", "2026-02-01", key="CLOSED", level="feature"),
            a_journey("2026-05-20", key="LEFT", parent="CLOSED", themes=sound),
            a_journey(key="WAITING", level="epic", owner="A", values=WHOLE, themes=sound),
            a_journey("2026-05-20", key="AHEAD", parent="WAITING", themes=sound),
            a_journey(None, "2026-02-01", key="UNSEEN"),
            a_journey("2026-05-20", key="HOLE", history=HistoryState.GAP, themes=sound),
            a_journey("2026-05-20", key="MUTE", history=HistoryState.NONE, themes=sound),
            replace(a_journey("2026-05-20", key="OLDER", themes=sound), created_at=a_moment("2026-05-21")),
            a_journey("2026-05-20", key="ROUND", parent="ABOUT", themes=sound),
            a_journey("2026-05-20", key="ABOUT", parent="ROUND", themes=sound),
            a_journey("2026-05-20", key="BELOW", parent="ABOUT", themes=sound),
            a_journey(created="2027-01-01", key="FUTURE", themes=sound),
            a_journey("2026-05-20", key="BARE", level="epic", themes=sound),
        )

        assert {rule: defect.keys for rule, defect in found.items()} == {
            "unmapped_status": ("UNMAPPED",),
            "no_level": ("LEVELLESS",),
            "ignored": ("IGNORED",),
            "orphan": ("ORPHAN",),
            "done_parent_open_children": ("LEFT",),
            "started_child_unstarted_parent": ("AHEAD",),
            "finished_without_start": ("UNSEEN",),
            "history_gap": ("HOLE",),
            "no_history": ("MUTE",),
            "parent_circle": ("ABOUT", "ROUND"),
            "moved_before_creation": ("OLDER",),
            "future_date": ("FUTURE",),
            "missing_owner": ("BARE",),
            "missing_size": ("BARE",),
        }
        assert set(found) == set(RULES)
        assert found["done_parent_open_children"].details == {"LEFT": "CLOSED"}

    def test_a_status_that_nobody_told_is_none_to_map(self) -> None:
        untold = an_item(key="MUTE", created="2026-01-05", history=HistoryState.NONE, updated="2027-01-01").journey()

        assert "unmapped_status" not in self.found(untold)

    def test_removed_items_are_no_longer_anyones_to_mend(self) -> None:
        assert self.found(a_journey("2026-05-20", removed="2026-05-25")) == {}

    def test_two_items_of_one_key_in_two_trackers_are_two_items(self) -> None:
        found = self.found(
            a_journey("2026-05-20", key="A-1"), a_journey("2026-05-20", key="A-1", source="other", themes={"grow": 1})
        )

        assert [one.id.source for one in found["orphan"].journeys] == ["payments"]

    def test_the_share_is_of_the_items_that_the_rule_looks_at(self) -> None:
        found = self.found(a_journey("2026-05-20", key="A"), a_journey("2026-05-20", key="B", themes={"grow": 1}))

        assert found["orphan"].share == 0.5


class TestLookingBack:
    """Three items as the tracker told of them on 1 April, and as it tells of them two months later."""

    APRIL = a_moment("2026-04-01")

    def told_on(self, day: datetime) -> list[Journey]:
        """What a page as of 1 April is made of, where the trackers were read on a day."""
        later = [("2026-05-20", "done")] if day > self.APRIL else []
        commented = "2026-05-21" if day > self.APRIL else "2026-03-30"
        items = [
            an_item(("2026-03-28", "in progress"), *later, key="MOVED"),
            an_item(("2026-01-10", "in progress"), *later, key="STUCK"),
            an_item(key="WRITTEN", created="2026-03-30", updated=commented),
        ]
        return [replace(one, held=replace(one.held, known_at=day)).journey(as_of=self.APRIL) for one in items]

    def test_a_page_as_of_an_older_day_trusts_as_much_as_one_made_on_that_day(self) -> None:
        then, now = (
            trust(
                self.told_on(day), scope=Scope("portfolio"), sources=(), portfolio_level="epic", finished_in=SPRING,
                as_of=self.APRIL, calendar=a_calendar(),
            )
            for day in (self.APRIL, NOW)
        )  # fmt: skip

        assert now == then
        assert (now.fresh.n_used, now.fresh.missing) == (1, ("STUCK",))

    def test_a_page_as_of_an_older_day_finds_no_fault_with_what_happened_since(self) -> None:
        then, now = (defects(self.told_on(day), portfolio_level="epic", as_of=self.APRIL) for day in (self.APRIL, NOW))

        assert now == then
        assert "future_date" not in {one.rule for one in now}

    def test_a_touch_later_than_its_own_reading_is_a_fault(self) -> None:
        wrong = an_item(key="WRONG", created="2026-03-30", updated="2031-01-01").journey()

        assert [
            one.keys for one in defects([wrong], portfolio_level="epic", as_of=NOW) if one.rule == "future_date"
        ] == [("WRONG",)]
