"""Closed periods stay as they were first told; what changes later is an adjustment in the open one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.funding import ACTUAL, BUDGET, Actual, ClosedSpend, Funding, adjustments_of, lines_of
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Portfolio, ValueStream
from metrics.closing import Books, StreamSpend, name_of
from metrics.spend import by_theme
from tests.builders import a_calendar, a_journey, a_portfolio, a_theme

CARDS = ValueStream(id="cards", name="Cards", budget={"2026": 365_00})
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
IN_APRIL = datetime(2026, 4, 16, 12, tzinfo=UTC)


def money(**more: object) -> Portfolio:
    """A stream with a budget of a euro a day; `actuals`, `closes_after`."""
    return replace(
        a_portfolio(themes=[a_theme("a"), a_theme("b")], value_streams=[CARDS]), funding=Funding(**more)  # type: ignore[arg-type] # as the noun has them
    )  # fmt: skip


def cost(period: str, amount: int, closed_on: str | None = None) -> Actual:
    return Actual(
        value_stream="cards",
        period=period,
        amount=amount,
        closed_on=None if closed_on is None else date.fromisoformat(closed_on),
    )


def work(key: str, started: str, finished: str | None = None, *, theme: str = "a") -> Journey:
    return a_journey(started, finished, key=key, themes={theme: 1}, value_stream="cards")


TWO = [work("A-1", "2026-01-01"), work("B-1", "2026-01-01", theme="b")]


def books(journeys: Sequence[Journey], portfolio: Portfolio, *closed: ClosedSpend, as_of: datetime = IN_APRIL) -> Books:
    return Books(journeys=journeys, portfolio=portfolio, calendar=a_calendar(), as_of=as_of, closed=closed)


def spent(told: Books, within: Period = YEAR) -> StreamSpend:
    return told.spent(CARDS, within)


MARCH_CLOSED = money(actuals=(cost("2026-03", 40_00, "2026-04-10"),))


def test_a_month_that_finance_has_closed_is_to_be_kept_as_it_stands() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)

    assert (kept.name, kept.amount, kept.basis, kept.level) == ("2026-03", 40_00, ACTUAL, "story")
    assert by_theme(kept.lines) == {"a": 20_00, "b": 20_00}


def test_a_month_is_open_until_the_day_finance_closes_it() -> None:
    early = datetime(2026, 4, 9, 12, tzinfo=UTC)

    assert books(TWO, MARCH_CLOSED, as_of=early).closing(known_at=early) == []
    assert books(TWO, money(actuals=(cost("2026-03", 40_00),))).closing(known_at=IN_APRIL) == []


def test_without_actuals_months_close_some_days_after_their_end_where_that_was_agreed() -> None:
    kept = books(TWO, money(closes_after=20)).closing(known_at=IN_APRIL)

    assert [(one.name, one.amount, one.basis) for one in kept] == [
        ("2026-01", 31_00, BUDGET),
        ("2026-02", 28_00, BUDGET),
    ]


def test_what_is_kept_is_not_kept_again() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)

    assert books(TWO, MARCH_CLOSED, kept).closing(known_at=IN_APRIL) == []


def test_a_closed_quarter_is_kept_month_by_month() -> None:
    kept = books(TWO, money(actuals=(cost("2026-Q1", 90_00, "2026-04-10"),))).closing(known_at=IN_APRIL)

    assert [(one.name, one.amount) for one in kept] == [("2026-01", 31_00), ("2026-02", 28_00), ("2026-03", 31_00)]


def test_a_late_change_leaves_the_closed_figure_and_adjusts_the_open_period() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    moved = [work("A-1", "2026-01-01", theme="b"), TWO[1]]

    told = spent(books(moved, MARCH_CLOSED, kept))

    march = next(one for one in told.entries if one.closed is not None)
    (late,) = told.late
    assert by_theme(march.lines) == {"a": 20_00, "b": 20_00}
    assert (late.of, late.cause, late.amount) == ("2026-03", "work", 0)
    assert {cell.theme: amount for cell, amount in late.moved.items()} == {"a": -20_00, "b": 20_00}
    assert late.items == {"theme": ("A-1",)}


def test_a_closed_figure_that_is_written_anew_is_caught() -> None:
    """Planted: a program that rewrites what it has closed shows no adjustment, and another closed figure."""
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    moved = [work("A-1", "2026-01-01", theme="b"), TWO[1]]
    (rewritten,) = books(moved, MARCH_CLOSED).closing(known_at=IN_APRIL)

    told = spent(books(moved, MARCH_CLOSED, rewritten))

    assert told.late == ()
    assert rewritten.digest != kept.digest


def test_a_restated_amount_is_an_adjustment_that_changes_the_whole() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    restated = money(actuals=(cost("2026-03", 42_00, "2026-04-10"),))

    told = spent(books(TWO, restated, kept))

    assert [(one.cause, one.amount, one.items) for one in told.late] == [("amount", 2_00, {})]
    assert next(one for one in told.entries if one.closed is not None).amount == 40_00


def test_an_amount_and_an_item_that_change_together_are_told_apart() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    restated = money(actuals=(cost("2026-03", 42_00, "2026-04-10"),))

    late = spent(books(TWO[:1], restated, kept)).late

    assert [(one.cause, one.amount) for one in late] == [("amount", 2_00), ("work", 0)]
    assert late[1].items == {"removed": ("B-1",)}


def test_an_adjustment_is_booked_once_by_the_next_period_that_closes() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    moved = [work("A-1", "2026-01-01", theme="b"), TWO[1]]
    in_may = datetime(2026, 5, 20, 12, tzinfo=UTC)
    april = money(actuals=(cost("2026-03", 40_00, "2026-04-10"), cost("2026-04", 30_00, "2026-05-10")))

    (booked,) = books(moved, april, kept, as_of=in_may).closing(known_at=in_may)
    told = spent(books(moved, april, kept, booked, as_of=in_may))

    assert [one.of for one in booked.adjustments] == ["2026-03"]
    assert told.late == ()
    assert [one.of for one in told.adjustments] == ["2026-03"]


def test_a_change_that_is_undone_after_it_was_booked_is_booked_back() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    moved = [work("A-1", "2026-01-01", theme="b"), TWO[1]]
    in_may = datetime(2026, 5, 20, 12, tzinfo=UTC)
    april = money(actuals=(cost("2026-03", 40_00, "2026-04-10"), cost("2026-04", 30_00, "2026-05-10")))
    (booked,) = books(moved, april, kept, as_of=in_may).closing(known_at=in_may)

    late = spent(books(TWO, april, kept, booked, as_of=in_may)).late

    march = next(one for one in late if one.of == "2026-03")
    assert {cell.theme: amount for cell, amount in march.moved.items()} == {"a": 20_00, "b": -20_00}


def test_told_as_of_a_day_before_it_closed_the_period_is_open() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    early = datetime(2026, 4, 9, 12, tzinfo=UTC)

    assert all(one.closed is None for one in spent(books(TWO, MARCH_CLOSED, kept, as_of=early)).entries)


def test_a_cost_that_closed_after_the_day_was_not_known_on_it() -> None:
    """In the middle of a month its whole cost would stand on the few days that are over."""
    early = books(TWO, MARCH_CLOSED, as_of=datetime(2026, 3, 10, 12, tzinfo=UTC))
    late = books(TWO, MARCH_CLOSED, as_of=datetime(2026, 4, 10, 12, tzinfo=UTC))

    assert (early.actuals("cards"), spent(early).amount) == ([], 68_00)
    assert late.cost("cards").amounts == {Period(date(2026, 3, 1), date(2026, 4, 1)): 40_00}


def test_what_is_kept_can_be_read_back_and_its_digest_says_so() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    moved = [work("A-1", "2026-01-01", theme="b"), TWO[1]]
    late = spent(books(moved, MARCH_CLOSED, kept)).late
    whole = replace(kept, adjustments=late)

    again = replace(
        whole, lines=lines_of(whole.body), adjustments=adjustments_of(whole.body, value_stream="cards")
    )  # fmt: skip

    assert again == whole
    assert again.digest == whole.digest != kept.digest


def test_nothing_that_merely_goes_on_changes_a_closed_period() -> None:
    (kept,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    gone_on = [work("A-1", "2026-01-01", "2026-05-02"), TWO[1], work("A-2", "2026-04-05")]

    assert spent(books(gone_on, MARCH_CLOSED, kept)).late == ()


def test_a_day_that_is_not_over_has_no_money_yet() -> None:
    told = spent(books(TWO, money()))

    assert told.amount == 105_00
    assert told.entries[-1].period == Period(date(2026, 4, 1), date(2026, 4, 16))


def test_a_part_of_a_month_is_named_by_its_days() -> None:
    assert name_of(Period(date(2026, 3, 1), date(2026, 4, 1))) == "2026-03"
    assert name_of(Period(date(2026, 3, 16), date(2026, 4, 1))) == "2026-03-16 to 2026-03-31"


THEMES = st.sampled_from(["a", "b", "c"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 60), THEMES, THEMES), min_size=1, max_size=5),
    st.integers(0, 10_000_00),
    st.integers(0, 10_000_00),
)
def test_closed_figures_and_their_adjustments_are_what_would_be_told_today(
    items: list[tuple[int, int, str, str]], first: int, then: int
) -> None:
    def told(*, now: bool) -> list[Journey]:
        found = []
        for n, (day, length, before, after) in enumerate(items):
            begins = date(2026, 1, 1) + timedelta(days=day)
            theme = after if now else before
            found.append(work(f"W-{n}", str(begins), str(begins + timedelta(days=length)), theme=theme))
        return found

    kept = books(told(now=False), money(actuals=(cost("2026-Q1", first, "2026-04-10"),))).closing(known_at=IN_APRIL)
    now = money(actuals=(cost("2026-Q1", then, "2026-04-10"),))
    quarter = Period(date(2026, 1, 1), date(2026, 4, 16))

    with_late = spent(books(told(now=True), now, *kept), quarter)
    fresh = spent(books(told(now=True), now), quarter)

    assert {name: n for name, n in by_theme(with_late.lines).items() if n} == {
        name: n for name, n in by_theme(fresh.lines).items() if n
    }
    assert with_late.amount == fresh.amount
    assert sum(one.amount for one in kept) == first
    assert Decimal(sum(one.amount for one in with_late.lines)) == with_late.amount


def test_while_the_money_is_not_told_nothing_closes_and_nothing_is_booked() -> None:
    (march,) = books(TWO, MARCH_CLOSED).closing(known_at=IN_APRIL)
    restated = money(actuals=(cost("2026-03", 50_00, "2026-04-10"), cost("2026-02", 1, "2026-03-10")))
    untold = replace(restated, funding=replace(restated.funding, is_told=False))

    told = books(TWO, untold, march)

    assert books(TWO, restated, march).late(CARDS)
    assert (told.late(CARDS), told.closing(known_at=IN_APRIL)) == ((), [])
