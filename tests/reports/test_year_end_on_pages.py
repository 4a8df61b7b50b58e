"""Why the year will end where it will, on its page: by cause, beside former forecasts, and by the published tables."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.funding import ACTUAL, ClosedSpend, Vote, YearTold, period_named
from domain.period import Period
from reports.book import Book
from reports.data import tables
from reports.findings import findings
from reports.findings import money as rules
from reports.page import Exhibit, Figure, Paragraph, plain
from reports.reckoning import reckon
from reports.words import numbers as spoken
from reports.words.catalogue import Words
from reports.year_end import year_end
from tests.reports.test_money_on_pages import a_funded_book, blocks, page_of, printed, told

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
KEPT_AT = datetime(2026, 11, 9, tzinfo=UTC)


def a_closed_book(*, pace: float = 1.2, since: int = 0) -> Book:
    """Nine months were closed as they are told today, but for July, which policy core told `since` less."""
    book = a_funded_book(pace=pace)
    kept = [
        ClosedSpend(
            value_stream=one.value_stream, name=one.period, period=days_of(one.period),
            closed_on=one.closed_on, known_at=KEPT_AT, kept_at=KEPT_AT,
            amount=one.amount - (since if (one.value_stream, one.period) == ("policy-core", "2026-07") else 0),
            basis=ACTUAL, level="story", definition_version=1, lines=(),
        )
        for one in book.portfolio.funding.actuals
        if one.period != "2026-10" and one.closed_on is not None
    ]  # fmt: skip
    return replace(book, closed=tuple(kept))


def days_of(month: str) -> Period:
    found = period_named(month)
    assert found is not None
    return found


def published(book: Book, name: str) -> list[dict[str, str]]:
    text = tables(reckon(book), packs=("guardrails",))[name].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def said(minor: int, *, signed: bool = False) -> str:
    text = spoken.money(minor, "EUR", "en")
    return "0" if not minor else f"+{text}" if signed and minor > 0 else text


def causes_of(book: Book, locale: str = "en") -> list[list[str]]:
    figure = next(
        one for one in blocks(page_of(book, locale), "money")
        if isinstance(one, Figure) and one.data is not None and one.data.name == "causes"
    )  # fmt: skip
    assert figure.data is not None
    return [[plain(cell.text) for cell in row.cells] for row in figure.data.rows]


def test_the_causes_that_are_printed_are_the_sums_of_their_table_and_make_the_difference() -> None:
    book = a_closed_book(since=30_000_00)
    names = {
        "closed_over": "Closed months dearer than their budget",
        "closed_under": "Closed months cheaper than their budget",
        "restated": "Restatements of closed months",
        "told": "Costs that are told and not closed",
        "untold": "Days that are over and have no cost yet, at the pace so far",
        "to_come": "Days to come, at the pace so far",
    }
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in published(book, "forecast-causes"):
        sums[names[row["cause"]], row["value_stream"]] += int(row["amount_minor"])
        sums["Forecast less budget", row["value_stream"]] += int(row["amount_minor"])
    year = {row["scope"]: row for row in published(book, "budget-year")}

    rows = causes_of(book)

    assert {row[0] for row in rows} == {name for name, _ in sums}
    for name, *cells in rows:
        parts = [sums[name, stream] for stream in ("claims", "policy-core")]
        assert cells == [said(amount, signed=True) for amount in (*parts, sum(parts))]
    assert sums["Restatements of closed months", "policy-core"] == 30_000_00
    for stream in ("claims", "policy-core"):
        assert sums["Forecast less budget", stream] == int(year[f"value_stream:{stream}"]["difference_minor"])
    whole = year["portfolio"]
    assert int(whole["difference_minor"]) == int(whole["forecast_minor"]) - int(whole["budget_minor"])


def test_the_months_print_their_table_in_whole_units() -> None:
    book = a_closed_book()
    figure = next(one for one in blocks(page_of(book), "money") if isinstance(one, Figure))
    assert figure.data is not None
    rows = [row for row in published(book, "budget-months") if row["scope"] == "portfolio"]

    shown = [[plain(cell.text) for cell in row.cells] for row in figure.data.rows]

    assert not any("." in cell for row in shown for cell in row[1:])
    for row, (_, plan, cost, ahead, difference) in zip(rows, shown, strict=True):
        for minor, cell in (
            (row["budget_minor"], plan),
            (row["cost_minor"], cost if cost != "not known" else ""),
            (row["forecast_of_the_rest_minor"], ahead if ahead not in ("none", "not known") else ""),
            (row["difference_minor"], difference.removeprefix("+")),
        ):
            assert (spoken.whole_money(int(minor), "EUR", "en") if minor else "") == cell


def test_the_matrix_the_untied_and_the_votes_print_what_their_tables_hold() -> None:
    book = a_closed_book()
    page, words = page_of(book), Words(locale="en", year=2026, zone=book.calendar.zone)
    names = {one.id: one.name for one in book.portfolio.themes} | {"unaligned": "No theme", "idle": "Idle days"}
    sums: dict[str, int] = defaultdict(int)
    for row in published(book, "spend"):
        sums[names[row["theme"]]] += int(row["amount_minor"])
        sums["All value streams"] += int(row["amount_minor"])

    for name, *cells in printed(page, "spend", "matrix"):
        assert cells[-2] == said(sums[name])

    untied = published(book, "untied-spend")
    assert [row[2] for row in printed(page, "spend", "untied")] == [said(int(row["amount_minor"])) for row in untied][
        :15
    ]
    moved = [int(row["moved_minor_units"]) for row in published(book, "adjustments") if row["theme"] == "unaligned"]
    assert sum(int(row["amount_minor"]) for row in untied) + sum(moved) == sums["No theme"]
    exhibit = next(one for one in blocks(page, "spend") if isinstance(one, Exhibit) and one.table.name == "untied")
    assert f"{said(sum(moved))} of it are adjustments" in plain(*exhibit.notes)
    shares = [
        [words.percent(float(row[f"{name}_percent"]) / 100, places=1) for name in ("voted", "allocated", "spent")]
        for row in published(book, "votes")
    ]
    assert [row[1:4] for row in printed(page, "votes", "votes")] == shares


def test_former_forecasts_are_those_of_closed_books_and_say_so() -> None:
    book = a_closed_book(since=30_000_00)

    rows = printed(page_of(book), "money", "forecast-history")

    assert [row[0] for row in rows[:3]] == ["Jan 2026", "Feb 2026", "Mar 2026"]
    assert rows[0][1:] == ["too early", "not known", "months closed by then"]  # January closed on 8 February
    assert rows[2][1] != "too early"
    assert rows[-1] == ["Today", said(told(book).whole.forecast or 0), "+€2.4m", "all costs told so far"]
    notes = " ".join(plain(*one.notes) for one in blocks(page_of(book), "money") if isinstance(one, Exhibit))
    assert "No edition of an earlier month has told a forecast of this year" in notes
    history = published(book, "forecast-history")
    assert [said(int(one["forecast_minor"])) if one["forecast_minor"] else "too early" for one in history] == [
        row[1] for row in rows[:-1]
    ]


def test_a_restatement_does_not_move_what_was_foretold_before_it() -> None:
    as_told, restated = (year_end(a_closed_book(since=amount)) for amount in (0, 500_000_00))
    assert as_told is not None
    assert restated is not None

    july = [one.forecast for one in as_told.before[:7]]

    assert july == [one.forecast for one in restated.before[:7]]
    assert as_told.before[8].forecast != restated.before[8].forecast  # July closed in August, 500,000 lower


def test_what_an_edition_told_in_a_month_stands_as_it_told_it() -> None:
    editions = [
        YearTold(edition="2026-W36", told_on=date(2026, 9, 7), year=YEAR, forecast=2_460_000_000),
        YearTold(edition="2026-W39", told_on=date(2026, 9, 28), year=YEAR, forecast=2_470_000_000),
        YearTold(edition="2025-W39", told_on=date(2026, 9, 29), year=Period(date(2025, 1, 1), date(2026, 1, 1)),
                 forecast=1),
    ]  # fmt: skip
    book = replace(a_closed_book(), years_told=tuple(editions))

    rows = {row[0]: row[1:] for row in printed(page_of(book), "money", "forecast-history")}

    assert rows["Sep 2026"] == ["€24.7m", "+€700k", "as told in 2026-W39"]
    assert rows["Oct 2026"][2] == "months closed by then"


@pytest.mark.parametrize(
    ("pace", "drift"),
    [
        pytest.param(1.0, "hardly moved", id="as in the first months"),
        pytest.param(None, "risen by", id="dearer since"),
    ],
)
def test_the_drift_is_said_in_words(pace: float | None, drift: str) -> None:
    book = a_closed_book(pace=pace or 1.0)
    if pace is None:
        funding = book.portfolio.funding
        dearer = tuple(
            replace(one, amount=one.amount * 2) if one.period > "2026-06" else one for one in funding.actuals
        )
        book = replace(book, portfolio=replace(book.portfolio, funding=replace(funding, actuals=dearer)))

    lead = next(one for one in blocks(page_of(book), "money") if isinstance(one, Paragraph))

    assert drift in plain(lead.text)


def with_budgets(book: Book, budgets: Sequence[dict[str, int]]) -> Book:
    streams = tuple(
        replace(one, budget=budget) for one, budget in zip(book.portfolio.value_streams, budgets, strict=True)
    )
    return replace(book, portfolio=replace(book.portfolio, value_streams=streams))


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_budget_of_nine_months_raises_no_alarm_over_twelve(locale: str) -> None:
    quarters = {f"2026-Q{one}": 300_000_000 for one in (1, 2, 3)}
    book = with_budgets(a_closed_book(pace=1.0), [{"2026": 1_200_000_000}, quarters])
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)

    page = page_of(book, locale)

    assert {one.kind for one in findings(reckon(book), parts=(rules,))} == {"quiet"}
    section = next(one for one in page.sections if one.id == "money")
    assert plain(section.headline) == words.text("year_end.head.part")
    cells = [row for row in printed(page, "money", "funds") if row[0] != "Claims"]
    assert [row[4] for row in cells] == [words.text("year_end.not_compared")] * 2
    assert not [one for one in section.blocks if isinstance(one, Figure) and one.data and one.data.name == "causes"]
    figure = next(one for one in page.figures if one.id == "forecast")
    assert plain(figure.trend) == words.text("year_end.figure.part")
    assert year_end(book) is not None
    assert published(book, "forecast-causes") == []
    whole = next(row for row in published(book, "budget-year") if row["scope"] == "portfolio")
    assert (whole["difference_minor"], whole["days_without_budget"]) == ("", "92")


def test_the_share_of_a_theme_is_the_same_beside_the_votes_and_among_the_others() -> None:
    """Of all that was spent, 11.46 to the theme; to 100.0 the largest remainders leave 11.4."""
    book = a_funded_book()
    vote = Vote(subject="theme:legacy", period="2026", share=Decimal("0.5"))
    book = replace(book, portfolio=replace(book.portfolio, funding=replace(book.portfolio.funding, votes=(vote,))))
    page = page_of(book)

    (_, _, _, beside, _), *_ = printed(page, "votes", "votes")
    name = next(one.name for one in book.portfolio.themes if one.id == "legacy")

    assert beside == "11.4%"
    assert {row[0]: row[-1] for row in printed(page, "spend", "matrix")}[name] == beside


def test_a_part_of_the_budgets_is_no_part_of_what_is_allocated() -> None:
    book = with_budgets(a_funded_book(), [{"2026": 1_200_000_000}, {"2026-Q1": 300_000_000}])

    rows = {row[0]: row[2] for row in printed(page_of(book), "votes", "votes")}

    assert (rows["Claims"], rows["Policy core"]) == ("not known", "not known")


def test_the_last_day_that_a_closing_counts_for_is_that_of_the_month() -> None:
    """October closes on 8 November: at the end of October it is not closed yet."""
    found = year_end(a_closed_book())
    assert found is not None

    at_the_end_of_october = found.before[9]

    assert at_the_end_of_october.month.end - timedelta(days=1) == date(2026, 10, 31)
    assert at_the_end_of_october.source == "closed"


def test_what_was_allocated_to_a_theme_that_begins_or_ends_is_of_the_days_that_are_spent_on() -> None:
    """Of the 232 working days from January to 22 November, 129 until the end of June: 0.556 of 25 %, and 0.444."""
    book = a_funded_book()
    days = {
        "embed": {"effective_to": date(2026, 6, 30)},
        "legacy": {"effective_from": date(2026, 7, 1)},
        "resilience": {"effective_from": date(2026, 11, 23)},
    }
    themes = tuple(replace(one, **days.get(one.id, {})) for one in book.portfolio.themes)  # type: ignore[arg-type] # days
    votes = tuple(Vote(subject=f"theme:{one}", period="2026", share=Decimal("0.2")) for one in days)
    funding = replace(book.portfolio.funding, votes=votes)
    dated = replace(book, portfolio=replace(book.portfolio, themes=themes, funding=funding))

    allocated = [row[2] for row in printed(page_of(dated), "votes", "votes")]

    assert allocated == ["13.9%", "11.1%", "0.0%"]
