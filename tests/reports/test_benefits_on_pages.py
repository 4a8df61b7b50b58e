"""The promised value, told where it belongs: as the metrics count it, in both languages, and not at all without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.strategy import Benefit, Kpi, PaceTolerances, Reading
from metrics.benefits import realise_portfolio
from reports.book import Book
from reports.packs.overview import overview
from reports.packs.theme import theme
from reports.page import Cell, Empty, Exhibit, Page, Section, Status, plain
from reports.reckoning import reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.words.catalogue import Words
from tests.builders import a_benefit, a_reading
from tests.reports.books import a_book

TODAY = reckon(a_book()).today  # 22 November 2026
WELL = a_benefit(0, 100, id="well", kpi="k-well", planned_amount=200_000_000)  # of 364 days, 325 have gone
BEHIND = a_benefit(0, 100, id="behind", kpi="k-behind", planned_amount=100_000_000)
WORSE = a_benefit(10, 5, id="worse", kpi="k-worse", planned_amount=50_000_000)
PRICELESS = a_benefit(0, 100, id="priceless", kpi="k-well")
SILENT = a_benefit(0, 100, id="silent", kpi="k-silent", planned_amount=100)
LATER = a_benefit(0, 100, id="later", kpi="k-well", starts="2027-01-01", due="2027-12-31", planned_amount=100)
READINGS = (
    a_reading(88, "2026-11-15", kpi="k-well"),
    a_reading(20, "2026-11-15", kpi="k-behind"),
    a_reading(11, "2026-11-15", kpi="k-worse"),
)


def a_book_with(*benefits: Benefit, readings: Sequence[Reading] = READINGS, currency: str = "EUR") -> Book:
    """The hand-made book, whose first theme promises these benefits."""
    book = a_book()
    first, *others = book.portfolio.themes
    themes = (replace(first, benefits=benefits), *others)
    portfolio = replace(book.portfolio, themes=themes, currency=currency)
    return replace(book, portfolio=portfolio, readings=(*book.readings, *readings))


def first_page(book: Book, locale: str = "en") -> Page:
    numbers = reckon(book)
    return theme(numbers, numbers.themes[0], locale)


def promised(page: Page) -> Section:
    return next(one for one in page.sections if one.id == "money")


def exhibit(section: Section) -> Exhibit:
    return next(one for one in section.blocks if isinstance(one, Exhibit) and one.table.name == "benefits")


def cells(section: Section, column: int) -> list[Cell]:
    return [one.cells[column] for one in exhibit(section).table.rows]


def value_line(page: Page) -> str:
    return plain(next(one for one in page.sections if one.id == "value").intro)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_lead_is_the_sum_that_the_metric_gives() -> None:
    benefits = (WELL, BEHIND, WORSE, PRICELESS)
    summed = realise_portfolio(benefits, READINGS, today=TODAY)

    section = promised(first_page(a_book_with(*benefits)))

    def in_millions(amount: Decimal) -> str:
        return f"€{(amount / 100_000_000).quantize(Decimal('0.1'))}m"

    assert summed.to_date is not None
    assert summed.of_total is not None
    realised, planned = in_millions(summed.realised_amount), in_millions(summed.planned_to_date)
    assert plain(section.headline) == f"Benefits bring {realised} of the {planned} planned to date"
    assert plain(section.intro) == (
        f"Value realised: {summed.to_date:.0%} of what was planned by now, "
        f"{summed.of_total:.0%} of the total of {in_millions(summed.planned_total)}."
    )


def test_each_row_says_where_the_kpi_is_and_keeps_pace_apart_from_the_share() -> None:
    section = promised(first_page(a_book_with(WELL, BEHIND, WORSE)))

    assert next(plain(one.note) for one in cells(section, 1)) == "k-well, read 15 Nov"
    assert [plain(one.text) for one in cells(section, 2)] == ["0 to 100", "0 to 100", "10 to 5"]
    assert [plain(one.text) for one in cells(section, 3)] == ["88%", "20%", "−20%"]
    assert {plain(one.note) for one in cells(section, 3)} == {"89% expected by now"}
    assert [one.status for one in cells(section, 4)] == [Status.GOOD, Status.BAD, Status.BAD]
    assert [plain(one.note) for one in cells(section, 4)] == ["", "", "worse than at the start"]
    assert [plain(one.text) for one in cells(section, 5)] == ["€2.0m", "€1.0m", "€500k"]
    assert [plain(one.text) for one in cells(section, 6)] == ["€1.8m", "€200k", "−€100k"]


def test_both_ends_of_an_amount_are_written_as_money() -> None:
    cheaper = a_benefit("7.9", "6.4", id="cheaper", kpi="k-cheaper")
    book = a_book_with(cheaper, readings=[a_reading(7, "2026-11-15", kpi="k-cheaper")])
    portfolio = replace(book.portfolio, kpis=(*book.portfolio.kpis, Kpi(id="k-cheaper", name="Cost", unit="EUR")))

    section = promised(first_page(replace(book, portfolio=portfolio)))

    assert [plain(one.text) for one in cells(section, 2)] == ["€7.90 to €6.40"]


def test_how_far_behind_is_on_track_is_what_was_agreed_for_now_and_for_the_edition_before() -> None:
    book = a_book_with(WELL, BEHIND)
    wide = PaceTolerances(on_track_points=Decimal(80), at_risk_points=Decimal(80))
    portfolio = replace(book.portfolio, guardrails=replace(book.portfolio.guardrails, pace=wide))

    numbers = reckon(replace(book, portfolio=portfolio, agreed_before=book.portfolio.guardrails))
    section = promised(theme(numbers, numbers.themes[0], "en"))

    assert [one.status for one in cells(section, 4)] == [Status.GOOD, Status.GOOD]
    (legacy,) = [one for one in numbers.themes if one.theme.id == "legacy"]
    assert (legacy.before.status, legacy.objective.status) == ("at_risk", "on_track")
    assert numbers.monthly_on_track[-1] == sum(one.objective.on_track for one in numbers.themes)


def test_the_same_is_said_in_french_for_itself() -> None:
    section = promised(first_page(a_book_with(WELL, BEHIND, WORSE, PRICELESS), "fr"))

    assert spaced(plain(section.headline)) == "Les bénéfices apportent 1,9 M€ sur les 3,1 M€ prévus à ce jour"
    assert spaced(plain(section.intro)) == (
        "Valeur réalisée : 60 % de ce qui était prévu à ce jour, 53 % du total de 3,5 M€."
    )
    assert [plain(one.text) for one in cells(section, 4)] == [
        "En bonne voie",
        "En retard",
        "En retard",
        "En bonne voie",
    ]


@pytest.mark.parametrize(
    ("benefit", "readings", "said"),
    [
        pytest.param(WELL, [a_reading(95, kpi="k-well")], "Benefits bring €1.9m, more than the €1.8m planned to date",
                     id="ahead"),
        pytest.param(WELL, [a_reading(0, kpi="k-well")],
                     "Benefits have brought nothing yet; €1.8m was planned to date", id="nothing"),
        pytest.param(WORSE, READINGS, "Benefits are €100k below where they began; €446k was planned to date",
                     id="worse"),
        pytest.param(SILENT, READINGS, "What the benefits have brought is not known yet", id="no reading"),
        pytest.param(PRICELESS, READINGS, "What the benefits have brought is not known yet", id="not valued"),
        pytest.param(replace(WELL, starts=TODAY), READINGS, "No benefit is due yet; €2.0m is planned in all",
                     id="begins today"),
    ],
)  # fmt: skip
def test_the_lead_fits_what_is_known(benefit: Benefit, readings: Sequence[Reading], said: str) -> None:
    section = promised(first_page(a_book_with(benefit, readings=readings)))

    assert plain(section.headline) == said


def test_names_what_the_sum_leaves_out_and_why() -> None:
    section = promised(first_page(a_book_with(WELL, PRICELESS, SILENT, LATER)))

    assert [plain(one) for one in exhibit(section).notes] == [
        (
            "Left out of the sum: “Name of silent” (no reading yet), “Name of priceless” (not valued) "
            "and “Name of later” (not begun)."
        )
    ]
    assert [plain(one.text) for one in cells(section, 6)][1:3] == ["not valued", "not known"]
    assert [plain(one.text) for one in cells(section, 4)][2:] == ["Not measured", "Not begun"]


def test_a_kpi_that_two_epics_claim_counts_once_and_both_are_named() -> None:
    twice = [replace(WELL, id=one, name=f"Name of {one}", item=item) for one, item in (("a", "CLM-1"), ("b", "CLM-2"))]

    section = promised(first_page(a_book_with(*twice)))

    assert plain(section.headline) == "Benefits bring €1.8m of the €1.8m planned to date"
    assert [plain(one) for one in exhibit(section).notes] == [
        "Left out of the sum: “Name of b” (claimed twice).",
        "“Name of a” and “Name of b” claim the same KPI for different epics: only the first counts.",
    ]
    assert [plain(one.note) for one in cells(section, 0)] == [
        "by 31 Dec, claimed by CLM-1",
        "by 31 Dec, claimed by CLM-2",
    ]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_stands_after_the_outcome_with_both_definitions_in_every_rendering(locale: str) -> None:
    page = first_page(a_book_with(WELL, PRICELESS), locale)
    words = Words(locale=locale, year=2026, zone=a_book().calendar.zone)

    told, marked_down = html(page, words=words), markdown(page, words=words)

    assert [one.id for one in page.sections] == ["value", "epics", "money", "risk", "changes", "trust"]
    assert {"benefit", "benefit_portfolio"} <= {one.id for one in page.definitions}
    assert 'id="h-money"' in told
    assert spaced(plain(promised(page).headline)) in spaced(marked_down)
    assert "Name of priceless" in marked_down


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_without_benefits_the_theme_says_that_it_is_not_valued_and_why(locale: str) -> None:
    numbers = reckon(a_book())

    page = theme(numbers, numbers.themes[0], locale)
    whole = overview(numbers, locale)

    (empty,) = promised(page).blocks
    assert isinstance(empty, Empty)
    value = next(one for one in page.figures if one.id == "value")
    assert value.value == {"en": "not valued", "fr": "non chiffré"}[locale]
    assert (
        plain(value.trend)
        == {
            "en": "The settings declare no benefit of this theme.",
            "fr": "Les réglages ne déclarent aucun bénéfice de ce thème.",
        }[locale]
    )
    assert value_line(whole) == ""
    assert not {"benefit", "benefit_portfolio"} & {one.id for one in whole.definitions}


def test_only_the_theme_that_promises_has_the_table() -> None:
    numbers = reckon(a_book_with(WELL))

    with_it = [
        one.theme.id
        for one in numbers.themes
        if any(isinstance(block, Exhibit) for block in promised(theme(numbers, one, "en")).blocks)
    ]

    assert with_it == ["settle-fast"]


@pytest.mark.parametrize(
    ("locale", "said", "more"),
    [
        (
            "en",
            "Value realised: 73% of what was planned by now, 65% of the total of €3.0m.",
            " One benefit is not counted; the page of its theme says why.",
        ),
        (
            "fr",
            "Valeur réalisée : 73 % de ce qui était prévu à ce jour, 65 % du total de 3,0 M€.",
            " Un bénéfice n’est pas compté ; la page de son thème dit pourquoi.",
        ),
    ],
)
def test_the_overview_sums_all_themes_in_a_line(locale: str, said: str, more: str) -> None:
    book = a_book_with(WELL, PRICELESS)
    first, second, *others = book.portfolio.themes
    book = replace(
        book,
        portfolio=replace(book.portfolio, themes=(first, replace(second, benefits=(BEHIND,)), *others)),
    )

    page = overview(reckon(book), locale)

    assert spaced(value_line(page)) == said + more
    assert "benefit_portfolio" in {one.id for one in page.definitions}


def test_amounts_of_a_currency_without_cents_are_not_divided() -> None:
    yen = replace(WELL, planned_amount=2_000_000)

    section = promised(first_page(a_book_with(yen, currency="JPY")))

    assert [plain(one.text) for one in cells(section, 5)] == ["JPY 2.0m"]


def test_what_a_stop_gives_up_is_what_each_benefit_still_has_to_bring() -> None:
    whole = reckon(a_book_with(WELL, BEHIND, WORSE, PRICELESS)).themes[0].realised

    assert whole is not None
    assert whole.given_up == 24_000_000 + 80_000_000 + 50_000_000  # the last is worse than at its start
