"""The figures of money: exports and explanations tell the same, and add up."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.funding import Actual, CapitalRule, Funding
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Portfolio, Train, ValueStream
from metrics.closing import Books
from metrics.membership import Facts, take_apart
from metrics.selection import Scope
from metrics.spending import figures
from metrics.table import metric_rows
from tests.builders import a_calendar, a_journey, a_portfolio, a_theme

AS_OF = datetime(2026, 4, 16, 12, tzinfo=UTC)
RULE = CapitalRule(
    method="item_days", kinds=("feature",), after="implementing", statuses=frozenset({"in progress", "done"})
)


def money(*actuals: Actual, rule: CapitalRule | None = RULE) -> Portfolio:
    streams = [
        ValueStream(id="cards", name="Cards", budget={"2026": 365_00}, trains=(Train(name="Azur", matchers=()),)),
        ValueStream(id="loans", name="Loans"),
    ]
    themes = [replace(a_theme("a"), horizon="H1"), a_theme("b")]
    funding = Funding(actuals=actuals, capital=rule)
    return replace(a_portfolio(themes=themes, value_streams=streams), funding=funding)


def cost(period: str, amount: int, *, stream: str = "cards") -> Actual:
    return Actual(value_stream=stream, period=period, amount=amount, closed_on=date(2026, 4, 15))


def rows(journeys: Sequence[Journey], portfolio: Portfolio) -> list[dict[str, object]]:
    told = metric_rows(journeys, portfolio=portfolio, calendar=a_calendar(), as_of=AS_OF, waiting_known=set())
    names = ("spend", "budget", "cost", "capital", "forecast_difference")
    return [row for row in told if str(row["metric"]).startswith(names)]


def values(told: Sequence[dict[str, object]], metric: str, *, scope: str = "portfolio") -> dict[str, object]:
    return {
        str(row["period_start"])[:7]: row["value"]
        for row in told
        if row["metric"] == metric and row["scope"] == scope
    }  # fmt: skip


WORK = [
    a_journey("2026-01-01", key="E-1", level="epic", value_stream="cards", themes={"a": 1}),
    a_journey("2026-01-01", key="S-1", themes={"a": 1}, value_stream="cards", train="Azur", parent="E-1"),
    a_journey("2026-02-01", "2026-03-01", key="S-2", themes={"b": 1}, value_stream="cards", kind="defect"),
]


def test_months_have_rows_by_scope_and_weeks_have_none() -> None:
    told = rows(WORK, money())

    assert {str(row["period_start"])[8:] for row in told} == {"01"}
    assert {row["scope"] for row in told} == {"portfolio", "theme:a", "theme:b", "value_stream:cards", "train:Azur"}
    assert values(told, "spend_total") == {"2026-01": 31_00, "2026-02": 28_00, "2026-03": 31_00}
    assert values(told, "spend:a") == {"2026-01": 31_00, "2026-02": 14_00, "2026-03": 31_00}
    assert values(told, "spend_total", scope="theme:b") == {"2026-01": 0, "2026-02": 14_00, "2026-03": 0}
    assert values(told, "spend_total", scope="train:Azur") == {"2026-01": 31_00, "2026-02": 14_00, "2026-03": 31_00}
    assert values(told, "spend_horizon:H1") == {"2026-01": 31_00, "2026-02": 14_00, "2026-03": 31_00}
    assert values(told, "spend_kind:defect") == {"2026-02": 14_00}


def test_a_cost_takes_the_place_of_the_budgets_share_and_foretells_the_year() -> None:
    told = rows(WORK, money(cost("2026-01", 62_00), cost("2026-02", 56_00)))

    assert values(told, "cost") == {"2026-01": 62_00, "2026-02": 56_00, "2026-03": None}
    assert values(told, "spend_total") == {"2026-01": 62_00, "2026-02": 56_00, "2026-03": 31_00}
    assert values(told, "cost_forecast") == {"2026-01": None, "2026-02": 730_00, "2026-03": 730_00}


def test_the_last_month_of_a_year_foretells_that_year_and_not_the_next() -> None:
    stream = ValueStream(id="cards", name="Cards", budget={"2026": 365_00, "2027": 730_00})
    paid = Actual(value_stream="cards", period="2026", amount=400_00, closed_on=date(2027, 1, 15))
    portfolio = replace(money(paid), value_streams=(stream,))
    books = Books(
        journeys=WORK, portfolio=portfolio, calendar=a_calendar(), as_of=datetime(2027, 2, 10, 12, tzinfo=UTC)
    )
    december = Period(date(2026, 12, 1), date(2027, 1, 1))

    told = {one.metric: one.value for one in figures(books, scope=Scope(), period=december)}

    assert (told["cost_forecast"], told["forecast_difference"]) == (400_00, 35_00)


def test_what_moves_the_forecast_is_told_by_cause_and_adds_up() -> None:
    told = rows(WORK, money(cost("2026-01", 62_00), cost("2026-02", 56_00)))

    february = {
        str(row["metric"]).partition(":")[2]: row["value"]
        for row in told
        if str(row["metric"]).startswith("forecast_difference")
        and (row["scope"], row["period_start"]) == ("value_stream:cards", "2026-02-01")
    }
    assert february == {"": 730_00 - 365_00, "told": 59_00, "to_come": 306_00}


def test_a_difference_is_not_known_while_a_stream_has_told_no_cost_and_names_it() -> None:
    silent = ValueStream(id="loans", name="Loans", budget={"2026": 365_00})
    given = money(cost("2026-01", 62_00), cost("2026-02", 56_00))
    portfolio = replace(given, value_streams=(given.value_streams[0], silent))
    books = Books(journeys=WORK, portfolio=portfolio, calendar=a_calendar(), as_of=AS_OF)
    february = Period(date(2026, 2, 1), date(2026, 3, 1))

    told = {one.metric: one for one in figures(books, scope=Scope(), period=february)}

    moved = {name: one for name, one in told.items() if name.startswith("forecast_difference")}
    assert [(one.value, one.left_out) for one in moved.values()] == [(None, {"no_cost": ("loans",)})]
    assert told["cost_forecast"].value == 730_00 + 365_00


def test_candidates_have_a_share_and_the_others_say_why_they_are_none() -> None:
    told = rows(WORK, money())

    february = next(row for row in told if row["metric"] == "capital_share" and row["period_start"] == "2026-02-01")
    assert february["value"] == Decimal(50)
    assert json.loads(str(february["excluded"])) == {"capital_kind": 1}


def test_without_money_there_are_no_rows() -> None:
    nothing = replace(money(rule=None), value_streams=(ValueStream(id="cards", name="Cards"),))

    assert rows(WORK, nothing) == []


def test_the_level_that_divides_is_the_one_that_was_set_or_the_first_that_has_items() -> None:
    books = Books(journeys=WORK, portfolio=money(), calendar=a_calendar(), as_of=AS_OF)
    by_epic = replace(money(), funding=Funding(level="epic"))

    assert books.level == "story"
    assert replace(books, portfolio=by_epic).level == "epic"
    assert replace(books, journeys=()).level is None


SHARES: list[dict[str, Decimal | int | str]] = [{}, {"a": 1}, {"a": "0.3", "b": "0.3"}]
THEMES = st.sampled_from(SHARES)


@st.composite
def some_work(draw: st.DrawFn) -> list[Journey]:
    found = [a_journey("2026-01-20", key="E-1", level="epic", value_stream="cards")]
    for number in range(draw(st.integers(1, 6))):
        begins = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 90)))
        ends = begins + timedelta(days=draw(st.integers(1, 60)))
        found.append(
            a_journey(
                str(begins),
                str(ends) if ends < AS_OF.date() else None,
                key=f"S-{number}",
                kind=draw(st.sampled_from(["feature", "defect"])),
                themes=draw(THEMES),
                value_stream=draw(st.sampled_from(["cards", "loans", None])),
                train=draw(st.sampled_from(["Azur", None])),
                parent=draw(st.sampled_from(["E-1", None])),
            )
        )
    return found


@settings(max_examples=40, deadline=None)
@given(some_work(), st.integers(0, 10**7))
def test_every_exported_row_of_money_is_what_stands_behind_it(journeys: list[Journey], amount: int) -> None:
    portfolio = money(cost("2026-02", amount), cost("2026-03", amount, stream="loans"))
    facts = Facts(journeys=journeys, portfolio=portfolio, calendar=a_calendar(), as_of=AS_OF)
    sums: dict[tuple[object, object], int] = defaultdict(int)

    for row in rows(journeys, portfolio):
        period = Period(date.fromisoformat(str(row["period_start"])), date.fromisoformat(str(row["period_end"])))
        levels = [str(row["level"])] if row["level"] else []
        (number,) = take_apart(
            str(row["metric"]), facts, scope=Scope(str(row["scope"])), period=period, levels=levels
        )  # fmt: skip
        assert (number.value, number.n_used, number.n_in_scope) == (row["value"], row["n_used"], row["n_in_scope"])
        assert {why: len(parts) for why, parts in number.left_out.items()} == json.loads(str(row["excluded"]))
        if str(row["metric"]).startswith("spend:") and row["scope"] == "portfolio":
            sums[row["period_start"], "themes"] += int(str(row["value"]))
        if row["metric"] == "spend_total" and row["scope"] == "portfolio":
            sums[row["period_start"], "whole"] += int(str(row["value"]))
            if not str(row["period_start"]).startswith("2026-02"):
                assert sum(int(part.amount or 0) for part in number.counted) <= int(str(row["value"]))

    months = {start for start, _ in sums}
    assert all(sums[start, "themes"] == sums[start, "whole"] for start in months)
