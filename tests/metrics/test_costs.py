"""What an epic cost since it began, and of which days that is counted where it is not of all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.funding import Funding
from domain.journey import Journey
from domain.period import Period
from domain.strategy import ValueStream
from domain.work_item import HistoryState
from metrics.closing import Books
from metrics.costs import Costs, EpicCost, together
from tests.builders import a_calendar, a_journey, a_portfolio, a_theme

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
JANUARY_IS_OVER = datetime(2026, 2, 1, 12, tzinfo=UTC)
EPIC = a_journey("2025-01-01", key="E", level="epic", value_stream="cards")
BOTH = {"2025": 365_00, "2026": 365_00}  # a euro a day
THIS = {"2026": 365_00}
NOTHING = EpicCost(amount=0, in_year=0, counted="whole", since=None)


def work(key: str, began: str, ended: str | None = None, *, stream: str = "cards") -> Journey:
    return a_journey(began, ended, key=key, parent="E", value_stream=stream, themes={"a": 1})


def told(budget: dict[str, int], *items: Journey) -> EpicCost:
    """The cost of an epic of which some is known."""
    found = told_or_not(budget, *items)
    assert found is not None
    return found


def told_or_not(budget: dict[str, int], *items: Journey) -> EpicCost | None:
    return costs(budget, EPIC, *items).of(EPIC.id)


def costs(budget: dict[str, int], *items: Journey) -> Costs:
    streams = [ValueStream(id="cards", name="Cards", budget=budget), ValueStream(id="loans", name="Loans")]
    portfolio = a_portfolio(themes=[a_theme("a")], value_streams=streams)
    books = Books(
        journeys=items,
        portfolio=replace(portfolio, funding=Funding(level="story")),
        calendar=a_calendar(),
        as_of=JANUARY_IS_OVER,
    )
    return Costs(books, {"cards": books.spent(streams[0], YEAR)}, year=YEAR)


def test_an_epic_that_ran_over_new_year_cost_what_both_years_tell() -> None:
    found = told(BOTH, work("S", "2025-12-01"))

    assert (found.amount, found.in_year, found.counted) == (62_00, 31_00, "whole")


def test_where_earlier_years_have_no_money_it_is_counted_in_this_year_alone() -> None:
    found = told(THIS, work("S", "2025-12-01"))

    assert (found.amount, found.in_year, found.counted) == (31_00, 31_00, "year")


def test_what_is_counted_from_a_month_on_is_the_least_that_it_cost() -> None:
    found = told({"2025-12": 31_00, "2026": 365_00}, work("S", "2025-11-01"))

    assert (found.amount, found.counted, found.since) == (62_00, "least", date(2025, 12, 1))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(work("T", "2026-01-10", stream="loans"), id="of a stream without money"),
        pytest.param(replace(work("T", "2026-01-10"), history=HistoryState.NONE, visits=()), id="without a history"),
    ],
)
def test_work_that_no_money_speaks_of_makes_it_the_least(other: Journey) -> None:
    found = told(THIS, work("S", "2026-01-01"), other)

    assert (found.amount, found.counted, found.since) == (31_00, "least", date(2026, 1, 1))


def test_work_of_which_nobody_told_any_money_has_no_cost_and_not_one_of_zero() -> None:
    some = told(THIS, work("S", "2026-01-01"))

    found = told_or_not(THIS, work("T", "2026-01-10", stream="loans"))

    assert found is None
    assert together([some, found]) == replace(some, counted="least")
    assert together([found, found]) is None
    assert together([found, NOTHING]) is None
    assert together([some, NOTHING]) == some


def test_how_much_of_it_is_the_even_share_of_a_budget_is_kept_beside_it() -> None:
    found = told(BOTH, work("S", "2025-12-01"))

    assert found.is_even
    assert not replace(found, even=31_00).is_even


def test_an_epic_that_nobody_worked_on_cost_nothing_in_all() -> None:
    waiting = a_journey(key="F", level="epic", value_stream="cards")

    assert costs(THIS, waiting, work("S", "2026-01-01")).of(waiting.id) == NOTHING
    assert told(THIS, a_journey(key="S", parent="E", value_stream="cards")) == NOTHING


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((EPIC,), id="itself in progress"),
        pytest.param(
            (a_journey(key="E", level="epic"), a_journey("2026-01-10", key="F", level="feature", parent="E")),
            id="work of another level below it",
        ),
        pytest.param((replace(EPIC, history=HistoryState.NONE, visits=()),), id="in progress for all that is known"),
    ],
)
def test_an_epic_that_money_does_not_reach_has_no_cost_and_not_one_of_zero(items: tuple[Journey, ...]) -> None:
    assert costs(THIS, *items).of(EPIC.id) is None
