"""Looking back: how dates would have been met, and how much later they have to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.journey import Journey
from domain.trust import SourceTrust
from domain.work_item import FlowState, HistoryState
from metrics.calibration import Told
from metrics.forecasts.looking_back import PERCENTILES, LookedBack, judged, lateness, look_back, month_ends, plan_ahead
from metrics.forecasts.plan import BEGUN, QUEUED, Plan, from_dict, to_dict
from metrics.forecasts.situation import Situation
from metrics.forecasts.trials import NEVER, later
from metrics.forecasts.when import Forecasts, forecast
from metrics.journeys import as_it_stood
from tests.builders import SOURCE, a_calendar, a_journey, a_moment, a_source_trust, an_item
from tests.metrics.portfolios import steady

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def as_of_now(journeys: Sequence[Journey], *, sources: Sequence[SourceTrust] = ()) -> Situation:
    parents = {one.id: one.parent_id for one in journeys if one.parent_id is not None}
    return Situation(
        journeys=journeys, parents=parents, calendar=a_calendar(), as_of=NOW, portfolio="claims", sources=sources
    )


def looked(journeys: Sequence[Journey]) -> dict[str, LookedBack]:
    return {one.group: one for one in look_back(as_of_now(journeys))}


def dates_of(journeys: Sequence[Journey]) -> tuple[Forecasts, Forecasts]:
    """As the trials tell them, and as they are told."""
    planned, _ = plan_ahead(as_of_now(journeys))
    plan = replace(planned.plan, trials=1_000)
    return forecast(replace(plan, late={})), forecast(plan)


def told(late: int | None, *, key: str = "E", open_for: int | None = None, withdrawn: int | None = None) -> Told:
    """An 85 % date of 1 March, and an epic finished so many days later; or open still or given up by then."""
    day = date(2026, 3, 1)
    return Told(
        id=key,
        as_of=date(2026, 1, 31),
        dates=dict.fromkeys(PERCENTILES, day),
        finished_on=None if late is None else day + timedelta(days=late),
        withdrawn_on=None if withdrawn is None else day + timedelta(days=withdrawn),
        known_until=None if open_for is None else day + timedelta(days=open_for + 1),
    )


def many(*lates: int) -> list[Told]:
    return [told(late, key=f"E{number}") for number, late in enumerate(lates)]


class TestAnItemAsItStood:
    def test_had_not_been_finished_yet(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-12", "in progress"),
                       ("2026-01-20", "done"), created="2026-01-01")  # fmt: skip

        for day in ("2026-01-02", "2026-01-07", "2026-01-10", "2026-01-15", "2026-02-01"):
            then, traced = as_it_stood(item.journey(as_of="2026-03-01"), at=a_moment(day)), item.journey(as_of=day)
            assert then is not None
            for name in (
                "flow_state",
                "status",
                "started_at",
                "finished_at",
                "reopen_count",
                "excluded_reason",
                "visits",
            ):
                assert getattr(then, name) == getattr(traced, name), (day, name)

    def test_was_not_there_before_it_was_written_down(self) -> None:
        assert as_it_stood(a_journey(created="2026-02-01"), at=a_moment("2026-01-31")) is None

    def test_had_not_been_given_up_yet(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "dropped"), created="2026-01-01")

        then = as_it_stood(item.journey(as_of="2026-03-01"), at=a_moment("2026-01-07"))

        assert then is not None
        assert then.is_open
        assert then.cancelled_at is None
        assert then.excluded_reason is None

    def test_had_not_been_removed_yet(self) -> None:
        then = as_it_stood(a_journey("2026-01-05", removed="2026-02-01"), at=a_moment("2026-01-07"))

        assert then is not None
        assert then.removed_at is None

    def test_is_nowhere_known_where_it_has_no_history(self) -> None:
        one = a_journey(None, "2026-02-01", created="2026-01-01", history=HistoryState.NONE)
        one = replace(one, visits=one.visits[-1:])

        then = as_it_stood(one, at=a_moment("2026-01-07"))

        assert then is not None
        assert then.flow_state is FlowState.UNKNOWN
        assert then.finished_at is None


class TestHowDatesWereMet:
    def test_counts_a_date_when_it_has_come_and_names_what_it_leaves_out(self) -> None:
        given_up = told(None, key="GONE", withdrawn=-5)
        to_come = replace(told(None, key="NEW"), dates={85: date(2026, 12, 1)})

        found = judged(BEGUN, [*many(-3, 0, 4), given_up, to_come], today=TODAY)

        assert [name for name, _ in found.met] == ["E0", "E1"]
        assert [name for name, _ in found.missed] == ["E2"]
        assert {reason: [name for name, _ in each] for reason, each in found.excluded.items()} == {
            "cancelled": ["GONE"],
            "pending": ["NEW"],
        }

    def test_tells_how_likely_so_few_would_be_as_for_dates_that_were_published(self) -> None:
        """T25: 14 of 20 are 70 %, p = 0.067."""
        found = judged(BEGUN, many(*[0] * 14, *[9] * 6), today=TODAY)

        assert (len(found.met), found.resolved, found.epics) == (14, 20, 20)
        assert found.p_value == pytest.approx(0.067, abs=0.001)
        assert found.verdict == "optimistic"
        assert not found.late

    def test_takes_what_an_epic_tells_month_after_month_for_one_witness(self) -> None:
        """Twelve dates of one epic, all missed, are no proof against forecasts."""
        same = [replace(told(30), as_of=date(2026, 1, 31) - timedelta(days=n)) for n in range(12)]

        found = judged(BEGUN, same, today=TODAY)

        assert (found.resolved, found.epics) == (12, 1)
        assert found.p_value == pytest.approx(0.15)
        assert found.verdict == "too_few"

    def test_learns_nothing_from_fewer_than_ten_epics(self) -> None:
        nine, ten = (judged(BEGUN, many(*[30] * n), today=TODAY) for n in (9, 10))

        assert nine.verdict == ten.verdict == "over_confident"
        assert not nine.late
        assert ten.late


class TestHowMuchLater:
    def test_is_what_so_many_were_within_and_the_date_to_come_is_one_more(self) -> None:
        """Of twelve, 92 % are wanted: eleven (91.7 %) do not do."""
        assert lateness(many(*[0] * 10, 20, 30), percentile=85, today=TODAY) == 30
        assert lateness(many(*[0] * 10, 20, 30), percentile=50, today=TODAY) == 0

    def test_counts_what_is_open_still_as_at_least_so_late(self) -> None:
        """Leaving the slow ones out would promise what only the quick ones keep.

        Of 20, 15 are open after day 5; of the five whose end is known, one in five goes on day 6 and one in four on
        day 7: 0.75 · 0.8 · 0.75 is 45 %, so that 55 % were within seven days, and 52.5 % are wanted.
        """
        open_still = [told(None, key=f"O{n}", open_for=5) for n in range(10)]

        assert lateness([*many(*range(1, 11))], percentile=50, today=TODAY) == 6
        assert lateness([*many(*range(1, 11)), *open_still], percentile=50, today=TODAY) == 7

    def test_counts_what_was_given_up_as_it_was_then(self) -> None:
        given_up = [told(None, key=f"O{n}", withdrawn=5) for n in range(10)]

        assert lateness([*many(*range(1, 11)), *given_up], percentile=50, today=TODAY) == 7

    def test_is_not_known_where_too_many_are_open_still(self) -> None:
        open_still = [told(None, key=f"O{n}", open_for=5) for n in range(10)]

        assert lateness([*many(1, 2), *open_still], percentile=85, today=TODAY) is None

    def test_is_never_earlier(self) -> None:
        assert lateness(many(*[-40] * 20), percentile=85, today=TODAY) == 0


class TestDaysThatAreLater:
    DAYS = np.arange(1, 101, dtype=np.uint16)

    def at(self, late: dict[int, int | None]) -> list[int]:
        return [int(later(self.DAYS, late)[p - 1]) for p in (10, 50, 60, 70, 85, 95, 100)]

    def test_are_so_much_later_at_each_percentile_and_between_them_in_between(self) -> None:
        assert self.at({50: 10, 70: 20, 85: 35, 95: 50}) == [20, 60, 75, 90, 120, 145, 150]

    def test_are_never_out_of_order(self) -> None:
        assert self.at({50: 10, 70: 30, 85: 20, 95: 5}) == [20, 60, 80, 100, 115, 125, 130]

    def test_are_not_told_from_where_nobody_knows(self) -> None:
        assert self.at({50: 10, 70: 20, 85: None, 95: None})[:4] == [20, 60, 75, 90]
        assert self.at({50: 10, 70: 20, 85: None, 95: None})[4:] == [int(NEVER)] * 3

    def test_that_were_never_reached_stay_so(self) -> None:
        assert later(np.array([1, NEVER], dtype=np.uint16), {50: 10}).tolist() == [11, int(NEVER)]

    def test_are_kept_with_their_plan(self) -> None:
        plan = Plan(as_of=TODAY, seed=1, teams={}, epics=(), late={BEGUN: {50: 3, 85: None}})

        assert from_dict(to_dict(plan)) == plan
        assert from_dict({name: one for name, one in to_dict(plan).items() if name != "late"}).late == {}


class TestAPortfolio:
    @pytest.mark.parametrize("seed", range(3))
    def test_whose_flow_is_steady_kept_its_dates_and_they_stay_as_they_are(self, seed: int) -> None:
        company = [*steady(TODAY, seed=seed), *steady(TODAY, seed=seed, train="Jade", wip=3)]

        found = looked(company)[BEGUN]
        plain, printed = dates_of(company)

        assert found.resolved >= 40
        assert found.share is not None
        assert found.share >= 0.75
        assert found.verdict in ("as_promised", "optimistic")
        begun = [(one, other) for one, other in zip(plain.epics, printed.epics, strict=True) if one.epic.is_begun]
        assert len(begun) == 5
        assert all(one.dates == other.dates for one, other in begun)

    def test_whose_epics_are_closed_thirty_days_after_their_last_item_learns_as_much(self) -> None:
        company = [*steady(TODAY, seed=1, closing_days=30), *steady(TODAY, seed=1, train="Jade", closing_days=30)]

        found = looked(company)
        plain, printed = dates_of(company)

        assert found[BEGUN].verdict == found[QUEUED].verdict == "over_confident"
        assert all(25 <= (found[BEGUN].late[p] or 0) <= 45 for p in (50, 70, 85))
        for one, other in zip(plain.epics, printed.epics, strict=True):
            if one.epic.remaining:
                late = found[one.epic.group].late[85]
                assert late is not None
                assert (other.dates[85] - one.dates[85]).days >= late

    def test_that_has_just_begun_has_nothing_to_look_back_on(self) -> None:
        found = looked([a_journey("2026-10-20", level="epic", created="2026-10-15")])

        assert {one.verdict for one in found.values()} == {"too_few"}
        assert not any(one.told for one in found.values())

    def test_is_not_judged_by_what_happened_while_nobody_read(self) -> None:
        """What was due after the last complete reading counts neither way."""
        company = steady(TODAY, seed=1)
        read = replace(a_source_trust(SOURCE), complete_at=NOW - timedelta(days=120))
        found = look_back(as_of_now(company, sources=[read]))

        until = (NOW - timedelta(days=120)).date()
        dates = {(one.id, one.as_of): one.dates[85] for each in found for one in each.told if 85 in one.dates}
        judged_on = [dates[one] for each in found for one in (*each.met, *each.missed)]
        assert judged_on
        assert max(judged_on) < until


def test_a_large_portfolio_is_looked_back_on_at_fewer_month_ends() -> None:
    assert [month_ends(items) for items in (0, 3_000, 10_000, 20_000, 50_000, 1_000_000)] == [12, 12, 12, 6, 3, 3]
