"""The page of a theme as its sponsor reads it: will the outcome arrive, is it worth its cost, what could stop it."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.calendar import Increment
from domain.funding import BUDGET, Funding
from domain.period import Period
from domain.strategy import Portfolio, Shift
from metrics import catalogue
from metrics.alignment import UNALIGNED
from metrics.commitment import Commitment
from metrics.costs import EpicCost
from metrics.dependencies import Edge
from metrics.distribution import percentages
from metrics.forecasts.plan import Epic, Work
from metrics.forecasts.when import Forecast
from metrics.predictability import Objective
from metrics.scenario import Redated, Scenario
from metrics.spend import IDLE
from reports.book import Book
from reports.charts.drawing import inline
from reports.charts.shapes import Interval
from reports.data import tables
from reports.findings import findings
from reports.money import epic_costs, funds
from reports.packs import PACKS
from reports.packs.flow import flow_and_forecasts
from reports.packs.guardrails import guardrails
from reports.packs.overview import overview
from reports.packs.review import review
from reports.packs.theme import theme
from reports.page import Cell, Changes, Exhibit, Page, Section, Status, plain
from reports.reckoning import Reckoning, reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.sections.arrivals import months_late
from reports.sponsor import INSIDE, INWARD, OUTWARD, finished_of_quarter, spent, standing, waits
from reports.words.catalogue import LOCALES, Words
from tests.builders import a_benefit, a_journey, a_key_result, a_reading
from tests.reports.books import a_book
from tests.reports.test_forecasts_on_pages import ahead_of, some
from tests.reports.test_money_on_pages import a_funded_book
from tests.reports.test_risks_page import a_book_with, a_risk, numbers_with
from tests.reports.test_year_end_on_pages import a_closed_book

TODAY = reckon(a_book()).today
LANGUAGES = pytest.mark.parametrize("locale", LOCALES)


def page_of(book: Book, id: str, locale: str = "en") -> Page:
    numbers = reckon(book)
    return theme(numbers, next(one for one in numbers.themes if one.theme.id == id), locale)


def section(page: Page, id: str) -> Section:
    return next(one for one in page.sections if one.id == id)


def said(found: Section) -> str:
    return " ".join(plain(getattr(block, "text", ())) for block in found.blocks)


def exported(numbers: Reckoning, name: str) -> list[dict[str, str]]:
    text = tables(numbers, packs=["theme"])[name].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@LANGUAGES
def test_its_name_stands_beside_what_was_agreed_of_it_and_alone_where_nothing_was(locale: str) -> None:
    book = a_book()
    (first, *rest) = book.portfolio.themes
    results = tuple(
        a_key_result(id=f"r{n}", kind=kind, starts="2026-01-01", due="2027-06-30")
        for n, kind in enumerate(("aspirational", "committed", "aspirational"))
    )
    told = replace(first, horizon="H1", key_results=results, effective_from=date(2026, 1, 1))
    bare = replace(first, horizon=None, key_results=(), effective_from=None, effective_to=None)

    page, alone = (
        page_of(replace(book, portfolio=replace(book.portfolio, themes=(one, *rest))), first.id, locale)
        for one in (told, bare)
    )

    assert plain(page.name_facts).replace("\u00a0", " ").split(" · ") == {
        "en": ["H1", "Jan 2026 to Jun 2027", "key results: 1 committed and 2 aspirational",
               "in effect from 1 January 2026"],
        "fr": ["H1", "janv. 2026 à juin 2027", "résultats clés : 1 engagé et 2 ambitieux",
               "en vigueur dès le 1er janvier 2026"],
    }[locale]  # fmt: skip
    assert f"**{first.name}** · H1 · " in markdown(page, words=Words(locale=locale, year=2026, zone=book.calendar.zone))
    assert alone.name_facts == ()


def test_its_figures_are_outcome_date_key_results_spend_and_value() -> None:
    page = page_of(a_funded_book(), "settle-fast")

    assert [one.id for one in page.figures] == ["outcome", "arrival", "key_results", "spend", "value"]


@pytest.mark.parametrize(
    ("locale", "whole", "furthest"),
    [
        ("en", "In PI 1 its two PI objectives brought 10 of 15 planned points of business value (66.7%).", "3 of 5"),
        ("fr", "Sur PI 1, ses deux objectifs d’incrément ont apporté 10 points de valeur métier sur 15", "3 sur 5"),
    ],
)
def test_what_its_objectives_brought_is_told_with_those_furthest_from_their_plan(
    locale: str, whole: str, furthest: str
) -> None:
    book = a_book()
    increment = Increment(name="PI 1", period=Period(TODAY - timedelta(days=120), TODAY - timedelta(days=30)))
    aims = [
        Objective(key="A: faster", team="A", train="Azur", planned=10, actual=7, theme="settle-fast"),
        Objective(key="B: calmer", team="B", train="Jade", planned=5, actual=3, theme="settle-fast"),
        Objective(key="B: other", team="B", train="Jade", planned=9, actual=1),
    ]

    told = said(section(page_of(replace(book, commitments=(Commitment(increment=increment, objectives=tuple(aims)),)),
                                "settle-fast", locale), "money"))  # fmt: skip

    assert whole in told
    assert furthest in told
    assert "objectives brought" not in said(section(page_of(book, "settle-fast"), "money"))


@pytest.mark.parametrize(
    ("locale", "aims", "whole"),
    [
        pytest.param(
            "en",
            {"faster": (10, 8, True), "calmer": (8, None, True)},
            "its two PI objectives planned 18 points of business value. The one already judged brought 8. "
            "One is not scored yet.",
            id="en: one of two is scored",
        ),
        pytest.param(
            "fr",
            {"faster": (10, 8, True), "calmer": (8, None, True)},
            "ses deux objectifs d’incrément prévoyaient 18 points de valeur métier. Le seul déjà jugé a apporté 8. "
            "Un objectif n’est pas encore noté.",
            id="fr: one of two is scored",
        ),
        pytest.param(
            "en",
            {"calmer": (8, None, True)},
            "its one PI objective planned 8 points of business value. One is not scored yet.",
            id="en: none is scored",
        ),
        pytest.param(
            "en",
            {"later": (5, 4, False)},
            "its one PI objective was not committed from the start. The one already judged brought 4.",
            id="en: nothing was committed",
        ),
        pytest.param(
            "en",
            {"faster": (10, 8, True), "later": (4, 4, False)},
            "brought 12 points of business value for 10 committed (120.0%); one was added later (4).",
            id="en: one was added later",
        ),
        pytest.param(
            "fr",
            {"faster": (10, 8, True), "later": (4, 4, False), "too": (5, None, False)},
            "ses trois objectifs d’incrément prévoyaient 19 points de valeur métier, dont 10 engagés ; deux ont été "
            "ajoutés ensuite (9). Les deux déjà jugés ont apporté 12.",
            id="fr: two were added later and one is not scored",
        ),
        pytest.param(
            "fr",
            {"later": (5, 4, False), "too": (5, 2, False)},
            "aucun de ses deux objectifs d’incrément n’était engagé dès le départ. Les deux déjà jugés ont apporté 6.",
            id="fr: nothing was committed",
        ),
    ],
)
def test_what_some_of_its_objectives_brought_is_not_held_against_the_plan_of_all(
    locale: str, aims: Mapping[str, tuple[int, int | None, bool]], whole: str
) -> None:
    increment = Increment(name="PI 1", period=Period(TODAY - timedelta(days=120), TODAY - timedelta(days=30)))
    objectives = tuple(
        Objective(key=f"A: {name}", team="A", train="Azur", planned=planned, actual=actual, committed=committed,
                  theme="settle-fast")
        for name, (planned, actual, committed) in aims.items()
    )  # fmt: skip
    book = replace(a_book(), commitments=(Commitment(increment=increment, objectives=objectives),))

    told = said(section(page_of(book, "settle-fast", locale), "money"))

    assert whole in told.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(("locale", "said"), [("en", "not reached yet"), ("fr", "pas encore atteint")])
def test_a_milestone_is_reached_or_not_and_no_date_is_made_up_for_it(locale: str, said: str) -> None:
    book = a_book()
    first, *others = book.portfolio.themes
    licence = a_key_result(0, 1, id="licence", kpi="licence", kind="committed", milestones=1, due="2027-06-30")
    portfolio = replace(book.portfolio, themes=(replace(first, key_results=(licence,)), *others))
    readings = (a_reading(0, (TODAY - timedelta(days=9)).isoformat(), kpi="licence"),)

    page = page_of(replace(book, portfolio=portfolio, readings=readings), first.id, locale)

    rows = [row for one in section(page, "value").blocks if isinstance(one, Exhibit) for row in one.table.rows]
    assert said in " ".join(plain(cell.note) for row in rows for cell in row.cells)
    assert [one.id for one in page.figures if one.id == "arrival"] == ["arrival"]
    assert "27" not in next(one.value for one in page.figures if one.id == "arrival")


def test_where_no_money_is_told_the_share_of_the_work_stands_in_its_place() -> None:
    assert [one.id for one in page_of(a_book(), "settle-fast").figures] == [
        "outcome", "arrival", "key_results", "value", "share",
    ]  # fmt: skip


def test_the_spend_is_that_of_the_exported_table_and_its_epics_add_up_to_it() -> None:
    numbers = reckon(a_funded_book())
    words = Words(locale="en", year=2026, zone=numbers.book.calendar.zone)

    whole = funds(numbers.book)
    assert whole is not None
    shares = percentages(whole.by_theme)

    rows = exported(numbers, "theme-money")

    assert {row["theme"] for row in rows} == {one.theme.id for one in numbers.themes}
    for row, score in zip(rows, numbers.themes, strict=True):
        figure = next(one for one in theme(numbers, score, "en").figures if one.id == "spend")
        told = spent(numbers, score.theme.id)
        assert told is not None
        assert sum(told.by_epic.values()) == told.amount == int(row["spent_minor"]) > 0
        assert figure.value == words.money(int(row["spent_minor"]), "EUR")
        share = shares[score.theme.id]
        assert abs(share - 100 * Decimal(row["spent_minor"]) / Decimal(row["all_spent_minor"])) < Decimal("0.1")
        assert words.percent(share / 100, places=1) in figure.versus
        assert told.even == int(row["even_share_minor"]) > 0
        assert plain(figure.trend) == f"Not ledger; {words.money(told.even, 'EUR')} of it is budget, not cost."
    rest = [line.amount for stream in whole.streams for one in stream.spent.entries if one.basis == BUDGET
            for line in one.lines if line.cell.theme in (UNALIGNED, IDLE)]  # fmt: skip
    assert sum(int(row["even_share_minor"]) for row in rows) + sum(rest) == whole.even


@pytest.mark.parametrize(
    ("locale", "figure", "said", "column"),
    [
        ("en", "Budget’s even share, 2026", "by the budget’s even share", "Budget’s even share this year"),
        ("fr", "Part égale du budget, 2026", "selon la part égale du budget", "Part égale du budget de l’année"),
    ],
)
def test_where_no_cost_is_told_a_theme_has_the_even_share_of_the_budget_and_has_spent_nothing(
    locale: str, figure: str, said: str, column: str
) -> None:
    numbers = reckon(a_funded_book(costs=False))
    score = next(one for one in numbers.themes if one.theme.id == "settle-fast")

    page = theme(numbers, score, locale)

    told = spent(numbers, score.theme.id)
    assert told is not None
    assert told.even == told.amount == int(exported(numbers, "theme-money")[0]["even_share_minor"]) > 0
    paid = next(one for one in page.figures if one.id == "spend")
    money = section(page, "money")
    words = plain(money.headline, money.intro, *(text for text in (paid.trend,)))
    table = next(one.table for one in section(page, "epics").blocks if isinstance(one, Exhibit))
    assert paid.title == figure
    assert said in words
    assert not re.search(r"\bspen[dt]\b|dépens", words + paid.versus)
    assert table.columns[-2].head == column


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "by the budget’s even share"), ("fr", "selon la part égale du budget")]
)
def test_an_epic_whose_costs_nobody_told_is_marked_among_those_of_a_theme_that_has_some(locale: str, said: str) -> None:
    book = a_funded_book()
    paid = tuple(one for one in book.portfolio.funding.actuals if one.value_stream == "claims")
    epic = next(one for one in book.journeys if one.key == "AB#20401")
    journeys = [
        replace(one, parent_id=epic.id)
        if one.placement.level == "story" and one.placement.value_stream == "policy-core"
        else replace(one, placement=replace(one.placement, themes={"settle-fast": Decimal(1)}))
        for one in book.journeys
    ]
    portfolio = replace(book.portfolio, funding=replace(book.portfolio.funding, actuals=paid))

    page = page_of(replace(book, journeys=tuple(journeys), portfolio=portfolio), "settle-fast", locale)

    table = next(one.table for one in section(page, "epics").blocks if isinstance(one, Exhibit))
    cell = next(row.cells[-2] for row in table.rows if "AB#20401" in plain(row.cells[0].note))
    assert plain(cell.note).endswith(f", {said}")
    assert said not in table.columns[-2].head


@pytest.mark.parametrize(("locale", "said"), [("en", "more than the €1 estimated"), ("fr", "plus que les 1 € estimés")])
def test_an_epic_that_cost_more_this_year_than_it_was_estimated_at_is_flagged(locale: str, said: str) -> None:
    book = a_funded_book()

    epic = next(one for one in book.journeys if one.key == "AB#20401")

    def cost(units: int) -> Cell:
        told = [
            replace(one, values={"cost_estimate": Decimal(units)})
            if one is epic
            else replace(one, parent_id=epic.id)
            if one.placement.level == "story" and one.placement.themes.get("settle-fast")
            else one
            for one in book.journeys
        ]
        page = page_of(replace(book, journeys=tuple(told)), "settle-fast", locale)
        table = next(one.table for one in section(page, "epics").blocks if isinstance(one, Exhibit))
        return next(row.cells[-2] for row in table.rows if "AB#20401" in plain(row.cells[0].note))

    assert plain(cost(1).note).replace("\u00a0", " ").replace("\u202f", " ") == said
    assert cost(1).status is Status.BAD
    assert cost(900_000_000).status is None


@pytest.mark.parametrize(
    ("locale", "alone", "both"),
    [
        ("en", r"€\S+ estimated", r"€\S+ so far, more than the €\S+ estimated"),
        ("fr", r"\S+ M€ estimés", r"\S+ M€ à ce jour, plus que les \S+ M€ estimés"),
    ],
)
def test_an_epic_that_ran_over_new_year_is_held_against_its_estimate_with_what_it_cost_before(
    locale: str, alone: str, both: str
) -> None:
    """Its money of the year before is told, or it is not said to be inside its estimate."""
    book = a_funded_book()
    epic = next(one for one in book.journeys if one.key == "AB#20401")

    def cost(before: dict[str, int], estimate: Decimal) -> tuple[Cell, EpicCost]:
        told = [
            replace(one, values={"cost_estimate": estimate})
            if one is epic
            else replace(one, parent_id=epic.id)
            if one.placement.level == "story" and one.placement.themes.get("settle-fast")
            else one
            for one in book.journeys
        ]
        streams = [replace(one, budget={**one.budget, **before}) for one in book.portfolio.value_streams]
        of_both = replace(book, journeys=tuple(told), portfolio=replace(book.portfolio, value_streams=tuple(streams)))
        page = page_of(of_both, "settle-fast", locale)
        table = next(one.table for one in section(page, "epics").blocks if isinstance(one, Exhibit))
        costs = epic_costs(of_both)
        assert costs is not None
        found = costs.of(epic.id)
        assert found is not None
        return next(row.cells[-2] for row in table.rows if "AB#20401" in plain(row.cells[0].note)), found

    estimate = Decimal(cost({}, Decimal(1))[1].in_year) / 100 * Decimal("1.2")
    ((untold, year), (told, whole)) = cost({}, estimate), cost({"2025": 1_200_000_000}, estimate)

    assert (year.counted, whole.counted) == ("year", "whole")
    assert re.fullmatch(alone, plain(untold.note).replace("\u00a0", " "))
    assert re.fullmatch(both, plain(told.note).replace("\u00a0", " "))
    assert (untold.status, told.status) == (None, Status.BAD)
    assert plain(untold.text) == plain(told.text)  # this year's


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", r"40% of the €(\S+) it cost, more than the €1 estimated"),
     ("fr", r"40 % des (\S+) M€ qu’il a coûté, plus que les 1 € estimés")],
)  # fmt: skip
def test_an_epic_of_several_themes_is_held_against_its_estimate_as_a_whole(locale: str, said: str) -> None:
    book = a_funded_book()
    epic = next(one for one in book.journeys if one.key == "AB#20401")

    def cost(themes: dict[str, Decimal], estimate: Decimal) -> tuple[Cell, int]:
        told = [
            replace(one, values={"cost_estimate": estimate})
            if one is epic
            else replace(one, parent_id=epic.id, placement=replace(one.placement, themes=themes))
            if one.placement.level == "story" and one.placement.themes.get("settle-fast")
            else one
            for one in book.journeys
        ]
        book_of = replace(book, journeys=tuple(told))
        costs = epic_costs(book_of)
        assert costs is not None
        found = costs.of(epic.id)
        assert found is not None
        whole = found.in_year
        table = next(
            one.table
            for one in section(page_of(book_of, "settle-fast", locale), "epics").blocks
            if isinstance(one, Exhibit)
        )
        return next(row.cells[-2] for row in table.rows if "AB#20401" in plain(row.cells[0].note)), whole

    shared = {"settle-fast": Decimal("0.4"), "embed": Decimal("0.6")}
    alone = {"settle-fast": Decimal(1)}
    told, whole = cost(shared, Decimal(1))
    units = Decimal(whole) / 100

    assert re.fullmatch(said, plain(told.note).replace("\u00a0", " ").replace("\u202f", " "))
    assert told.status is Status.BAD
    assert cost(shared, units * Decimal("0.7"))[0].status is Status.BAD
    assert cost(shared, units * 2)[0].status is None
    assert cost(alone, units - 1)[0].status is None


def test_adjustments_of_closed_months_are_not_money_of_no_epic() -> None:
    book = a_closed_book()
    numbers = reckon(book)
    moved: dict[str, int] = defaultdict(int)
    for row in csv.DictReader(io.StringIO(tables(numbers, packs=["guardrails"])["adjustments"].decode("utf-8-sig"))):
        moved[row["theme"]] += int(row["moved_minor_units"])

    rows = exported(numbers, "theme-money")

    assert any(moved[row["theme"]] for row in rows)
    for row in rows:
        told = spent(numbers, row["theme"])
        assert told is not None
        assert moved[row["theme"]] == told.adjusted == int(row["adjustments_minor"])
        assert sum(told.by_epic.values()) + told.adjusted == told.amount
        assert int(row["under_no_epic_minor"]) == told.by_epic.get(None, 0)
        page = page_of(book, row["theme"])
        assert ("adjustments of closed months" in plain(section(page, "money").intro)) is (told.adjusted != 0)


def test_value_counts_only_what_was_measured_and_is_that_of_the_exported_table() -> None:
    measured = a_benefit(0, 100, id="well", kpi="k-well", planned_amount=200_000_000)
    silent = a_benefit(0, 100, id="silent", kpi="k-silent", planned_amount=900_000_000)
    book = a_funded_book()
    first, *others = book.portfolio.themes
    portfolio = replace(book.portfolio, themes=(replace(first, benefits=(measured, silent)), *others))
    book = replace(book, portfolio=portfolio, readings=(*book.readings, a_reading(50, "2026-11-15", kpi="k-well")))

    page, row = page_of(book, first.id), exported(reckon(book), "theme-money")[0]

    figure = next(one for one in page.figures if one.id == "value")
    assert (figure.value, row["realised_minor"]) == ("€1.0m", "100000000")
    assert (row["benefits_counted"], row["benefits_declared"]) == ("1", "2")
    assert plain(figure.trend) == "Only what was measured counts; one benefit is not counted."


@LANGUAGES
def test_the_likely_date_of_the_lead_outcome_is_that_of_the_exported_table(locale: str) -> None:
    numbers = reckon(a_book())
    words = Words(locale=locale, year=2026, zone=numbers.book.calendar.zone)
    rows = {(one["theme"], one["key_result"]): one for one in exported(numbers, "theme-outcomes")}

    for score in numbers.themes:
        row = rows[score.theme.id, score.theme.key_results[0].id]
        figure = next(one for one in theme(numbers, score, locale).figures if one.id == "arrival")
        if row["p85"]:
            assert words.month_year(date.fromisoformat(row["p85"])) in figure.value
            assert words.day(score.theme.key_results[0].due) in figure.versus
        else:
            assert figure.value in (words.text("figure.arrival.never"), words.text("figure.arrival.early"))


@pytest.mark.parametrize(
    ("days", "months"),
    [(-5, 0), (0, 0), (1, 1), (14, 1), (46, 2), (61, 2), (365, 12)],
)
def test_lateness_is_told_in_months_and_a_day_late_is_late(days: int, months: int) -> None:
    due = date(2027, 3, 31)

    assert months_late(due, due + timedelta(days=days)) == months


def test_an_outcome_that_moves_away_is_told_as_such_in_the_headline() -> None:
    book = a_book()
    away = [
        replace(one, value=Decimal(20) - one.value) if one.kpi == "settlement_days" else one for one in book.readings
    ]

    page = page_of(replace(book, readings=tuple(away)), "settle-fast")

    assert "moves away from its target of 8 days, due 30 Jun 2027" in plain(page.headline)
    assert next(one for one in page.figures if one.id == "arrival").value == "not in sight"


@LANGUAGES
def test_what_the_overview_asks_of_a_theme_stands_on_its_page_with_the_ways_to_decide(locale: str) -> None:
    book = a_book(decisions=False)
    low = [replace(one, value=Decimal(10)) if one.kpi == "policies_moved" else one for one in book.readings]
    promised = a_benefit(0, 100, id="promised", kpi="policies_moved", planned_amount=40_000_000, due="2027-12-31")
    portfolio = book.portfolio
    themes = [replace(one, benefits=(promised,)) if one.id == "legacy" else one for one in portfolio.themes]
    book = replace(book, readings=tuple(low), portfolio=replace(portfolio, themes=tuple(themes)))
    numbers = reckon(book)
    off = next(one for one in findings(numbers) if one.kind in ("theme_off_track", "status_worse")).subject
    score = next(one for one in numbers.themes if one.theme.id == off)

    asked = [plain(one.text) for one in overview(numbers, locale).decisions if f"theme:{off}" in one.about]
    page = theme(numbers, score, locale)

    assert asked
    mine = {plain(one.text): one for one in page.decisions}
    assert set(asked) <= set(mine)
    ways = mine[asked[0]].options
    assert len(ways) >= 2
    words = Words(locale=locale, year=2026, zone=numbers.book.calendar.zone)
    assert all(plain(one).split(" ")[0] in markdown(page, words=words) for one in ways)
    written = html(page, words=words).replace("\u00a0", " ")
    assert f"<b>A</b> {plain(ways[0])[:8]}" in written
    assert off == "legacy"
    assert words.money(36_000_000, "EUR") in plain(ways[-1])  # a tenth of 400 000 has come
    told = catalogue.METRICS["value_given_up"]
    for asking in (page, review(numbers, locale)):
        spelled = html(asking, words=words)
        assert f"<b>{told.name[locale]}.</b>" in spelled  # where figures are explained
        assert f"<dt>{told.name[locale]}</dt>" in spelled  # and once more in print
    given_up = [plain(one.text) for one in page.definitions if one.id == "value_given_up"]
    assert given_up == [told.formula[locale]]


@pytest.mark.parametrize("is_giving", [True, False])
def test_an_epic_that_a_shift_moves_the_other_way_is_told_the_right_way(is_giving: bool) -> None:
    """Of the theme that takes one epic gets 40 days later, of the one that gives one gets 40 days earlier."""
    book = a_book(decisions=False)
    low = [replace(one, value=Decimal(10)) if one.kpi == "policies_moved" else one for one in book.readings]
    book = replace(book, readings=tuple(low))
    numbers = reckon(book)
    off = next(one for one in findings(numbers) if one.kind in ("theme_off_track", "status_worse")).subject
    other = next(one.theme.id for one in numbers.themes if one.theme.id != off)
    gives, takes = (off, other) if is_giving else (other, off)
    epics = tuple(
        Redated(epic=a_journey(None), theme=theme, before=TODAY, after=TODAY + timedelta(days=days))
        for theme, days in ((gives, 5), (gives, -40), (takes, 40), (takes, -3))
    )
    shift = Shift(gives=gives, takes=takes, share=Decimal("0.1"))
    one = Scenario(shift=shift, finished={}, gives=Fraction(1), takes=Fraction(1), epics=epics, trials=1, seed=1)
    book.once("shifts", lambda: (one,))

    ways = [plain(way) for asked in page_of(book, off).decisions for way in asked.options]

    (told,) = {way for way in ways if way.startswith("Change course")}
    assert "5 days later" in told
    assert "3 days earlier" in told


@LANGUAGES
def test_a_due_date_that_has_passed_is_told_as_missed_and_not_as_unlikely(locale: str) -> None:
    book = a_book()
    themes = tuple(
        replace(
            theme,
            key_results=tuple(replace(one, due=TODAY - timedelta(days=9)) for one in theme.key_results),
        )
        for theme in book.portfolio.themes
    )
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, themes=themes)))
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)

    pages = [theme(numbers, one, locale) for one in numbers.themes]

    trends = {plain(one.trend) for page in pages for one in page.figures if one.id == "arrival"}
    assert words.text("figure.arrival.missed") in trends
    under = words.text("forecast.under", share=words.percent(0.01))
    ways = [plain(way) for page in pages for asked in page.decisions for way in asked.options]
    assert not [said for said in (*trends, *ways) if under in said]


def test_a_decision_about_an_item_of_another_theme_is_not_asked_here() -> None:
    numbers = reckon(a_book())
    names = {one.key: one.placement.themes for one in numbers.book.journeys}

    for score in numbers.themes:
        for question in theme(numbers, score, "en").decisions:
            assert any(
                name == f"theme:{score.theme.id}" or score.theme.id in names.get(name, {}) for name in question.about
            )


TOLD = {50: TODAY + timedelta(days=20), 85: TODAY + timedelta(days=40)}


@pytest.mark.parametrize(
    ("due", "dates", "how"),
    [
        pytest.param(50, TOLD, "kept", id="85 % are in time"),
        pytest.param(30, TOLD, "tight", id="only half of the trials are in time"),
        pytest.param(10, TOLD, "late", id="not even half are"),
        pytest.param(-1, TOLD, "overdue", id="the day has passed"),
        pytest.param(None, TOLD, "no_due", id="nobody set a day"),
        pytest.param(50, {}, "unknown", id="no date can be told"),
    ],
)
def test_an_epic_stands_against_its_due_date(due: int | None, dates: dict[int, date], how: str) -> None:
    day = None if due is None else TODAY + timedelta(days=due)
    epic = replace(a_journey("2026-03-02", key="E-1", level="epic"), due_on=day)
    told = Forecast(epic=Epic(id="e", work={"A": Work(remaining=3)}, due_on=day), dates=dates, trials=100)

    assert standing(epic, told, today=TODAY) == how


def test_dependencies_lead_into_the_theme_inside_it_and_out_of_it() -> None:
    ours, ours_too = (a_journey("2026-03-02", key=key, level="epic", themes={"embed": 1}) for key in ("IN-1", "IN-2"))
    theirs = a_journey("2026-03-02", key="OUT-1", level="epic", themes={"legacy": 1})
    book = a_book_with(
        a_risk("R-1"),
        edges=[Edge(before=theirs.id, after=ours.id), Edge(before=ours.id, after=ours_too.id),
               Edge(before=ours_too.id, after=theirs.id)],
        items=(ours, ours_too, theirs),
    )  # fmt: skip

    found = waits(reckon(book), "embed")

    assert {(one.way, one.dependency.edge.before.external_id) for one in found} == {
        (INWARD, theirs.id.external_id), (INSIDE, ours.id.external_id), (OUTWARD, ours_too.id.external_id),
    }  # fmt: skip
    assert waits(reckon(book), "resilience") == ()


def test_a_risk_stands_on_the_page_of_the_theme_that_it_names_alone() -> None:
    recorded = a_risk("R-1", impact=300_000_00)
    placed = replace(recorded.journey.placement, themes={"embed": Decimal(1)})
    book = a_book_with(replace(recorded, journey=replace(recorded.journey, placement=placed)))

    mine, other = (section(page_of(book, id), "risk") for id in ("embed", "legacy"))

    assert plain(mine.headline) == "Its open risk may cost €150k"
    (table,) = (block.table for block in mine.blocks if isinstance(block, Exhibit))
    assert plain(table.rows[0].cells[0].text).startswith("R-1")
    assert plain(other.headline) == "No open risk names this theme"


def test_changes_and_trust_are_those_of_the_theme() -> None:
    numbers = reckon(a_book())

    for score in numbers.themes:
        page = theme(numbers, score, "en")
        changes = next(block for block in section(page, "changes").blocks if isinstance(block, Changes))
        named = {span.text for entry in changes.entries for span in entry.text if span.foreign and span.href}
        mine = {one.key for one in numbers.book.journeys if score.theme.id in one.placement.themes}
        assert named <= mine
        assert section(page, "trust").blocks


def test_nothing_known_of_risks_or_money_is_said_kindly_and_never_as_zero() -> None:
    page = page_of(a_book(), "embed")

    risk, money = section(page, "risk"), section(page, "money")

    assert "€0" not in said(risk) + said(money)
    assert plain(risk.headline) == "Which items are risks is not said yet"


def test_likely_dates_of_a_theme_are_drawn_over_the_same_days() -> None:
    soon, later = (
        replace(a_journey("2026-03-02", key=key, level="epic", themes={"embed": 1}), due_on=due)
        for key, due in (("IN-1", TODAY + timedelta(days=20)), ("IN-2", None))
    )
    numbers = numbers_with(
        a_book_with(items=(soon, later)),
        {"IN-1": (TODAY + timedelta(days=10), TODAY + timedelta(days=40)),
         "IN-2": (TODAY + timedelta(days=30), TODAY + timedelta(days=100))},
    )  # fmt: skip

    page = theme(numbers, next(one for one in numbers.themes if one.theme.id == "embed"), "en")

    table = next(block.table for one in page.sections if one.id == "epics" for block in one.blocks
                 if isinstance(block, Exhibit))  # fmt: skip
    drawn = {plain(row.cells[0].text): row.cells[3].chart for row in table.rows}
    assert table.columns[3].head == "Likely date, 22 Nov to 2 Mar 2027"
    assert [drawn["Title of IN-1"], drawn["Title of IN-2"]] == [
        Interval(first=0.1, last=0.4, due=0.2), Interval(first=0.3, last=1.0, due=None),
    ]  # fmt: skip
    assert 'cx="15.2"' in inline(Interval(first=0.1, last=0.4, due=0.2))


@LANGUAGES
def test_what_a_finished_epic_cost_stands_in_the_table_and_what_a_cost_is_on_the_page_of_the_dates(locale: str) -> None:
    book = a_funded_book()
    numbers = reckon(book)
    scores = {one.theme.id: one for one in numbers.themes}
    costs = epic_costs(book)
    assert costs is not None

    rows = [row for row in exported(numbers, "theme-epics") if row["standing"] == "finished"]

    assert rows
    assert {(row["theme"], row["key"]) for row in rows} == {
        (id, one.key) for id, score in scores.items() for one in finished_of_quarter(numbers, score)
    }
    for row in rows:
        told = costs.of(numbers.by_key[row["key"]].id)
        assert row["cost_minor"] == ("" if told is None else str(told.amount))
        assert row["cost_even_minor"] == ("" if told is None else str(told.even))
    dated = replace(book, outlook=ahead_of(*some()))
    (said,) = [one.text for one in flow_and_forecasts(reckon(dated), locale).definitions if one.id == "epic_cost"]
    assert plain(said).endswith({"en": " for each epic of a theme.", "fr": " pour chaque epic d’un thème."}[locale])
    assert "epic_cost" not in {
        one.id for one in flow_and_forecasts(reckon(replace(a_book(), outlook=ahead_of(*some()))), locale).definitions
    }


def with_dates(book: Book, **dates: Mapping[str, date]) -> Book:
    """The book with days on which some of its themes are in effect, by id without its dash."""
    themes = tuple(replace(one, **dates.get(one.id.replace("-", "_"), {})) for one in book.portfolio.themes)  # type: ignore[arg-type] # days
    return replace(book, portfolio=replace(book.portfolio, themes=themes))


@pytest.mark.parametrize(
    ("locale", "beside", "spend", "own"),
    [
        ("en", "intended 25% from 23 Nov", "% of all spent", "Intended 25% from 23 Nov"),
        ("fr", "voulu 25 % à partir du 23 nov.", "% de toute la dépense", "Voulu 25 % à partir du 23 nov."),
    ],
)
def test_on_its_first_day_a_theme_tells_what_is_intended_from_then_on_and_holds_nothing_before_against_it(
    locale: str, beside: str, spend: str, own: str
) -> None:
    """On Monday the flow is that of the weeks until Sunday, and the money that of the days until then."""
    book = replace(a_funded_book(), as_of=a_book().as_of + timedelta(hours=12))
    dated = with_dates(book, embed={"effective_from": date(2026, 11, 23)})

    numbers, bare = reckon(dated), reckon(replace(dated, portfolio=without_money(dated)))
    page, moneyless = (
        theme(each, next(one for one in each.themes if one.theme.id == "embed"), locale) for each in (numbers, bare)
    )
    front = overview(bare, locale)

    table = next(one.table for one in section(front, "value").blocks if isinstance(one, Exhibit))
    (row,) = [one for one in table.rows if one.anchor == "theme-embed"]
    assert [
        re.sub(r"\s", " ", one)
        for one in (
            plain(row.cells[4].note),
            next(one.versus for one in page.figures if one.id == "spend").lstrip("0123456789.,\u202f\u00a0"),
            next(one.versus for one in moneyless.figures if one.id == "share"),
        )
    ] == [beside, spend, own]


def without_money(book: Book) -> Portfolio:
    return replace(book.portfolio, value_streams=(), funding=Funding())


@LANGUAGES
def test_a_theme_that_ended_in_the_days_that_are_told_of_has_a_page_that_its_name_leads_to(locale: str) -> None:
    book = with_dates(
        a_funded_book(), settle_fast={"effective_to": date(2026, 11, 15)}, legacy={"effective_to": date(2025, 12, 31)}
    )
    numbers = reckon(book)

    pages = {one.slug: one for one in PACKS["theme"](numbers, locale)}
    flow, money = flow_and_forecasts(numbers, locale), guardrails(numbers, locale)

    assert [one.theme.id for one in numbers.themes] == ["embed", "resilience"]
    assert set(pages) == {"embed", "resilience", "settle-fast"}
    own = pages["settle-fast"]
    assert {"en": "It ended on 15 November 2026", "fr": "Il a pris fin le 15 novembre 2026"}[locale] in plain(
        own.standfirst
    )
    name = f"theme-settle-fast.{locale}.html"
    assert all(name in [place.href for place in page.places] for page in (*pages.values(), flow, money))
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)
    assert all(f"]({name})" in markdown(page, words=words) for page in (flow, money))
    assert {row["theme"] for row in exported(numbers, "theme-money")} == set(pages)
