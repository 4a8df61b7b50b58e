"""An edition of a day, month or quarter says so, and which week its weekly figures are of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.calendar import Increment
from domain.period import Period
from reports.book import Edition
from reports.packs import pages_by_pack
from reports.page import Page, plain
from reports.reckoning import reckon
from tests.reports.books import a_book


@pytest.mark.parametrize(
    ("edition", "locale", "title", "subject"),
    [
        pytest.param("2026-11-23", "en", "Monday 23 November 2026", "(Mon 23 Nov)", id="a day"),
        pytest.param("2026-11-23", "fr", "lundi 23 novembre 2026", "(lun. 23 nov.)", id="un jour"),
        pytest.param("2026-10", "en", "October 2026", "(Oct 2026)", id="a month"),
        pytest.param("2026-10", "fr", "octobre 2026", "(oct. 2026)", id="un mois"),
        pytest.param("2026-Q3", "en", "third quarter of 2026", "(Q3 2026)", id="a quarter"),
        pytest.param("2026-Q3", "fr", "3e trimestre 2026", "(T3 2026)", id="un trimestre"),
    ],
)
def test_a_page_is_named_by_its_edition_and_names_the_week_that_it_tells(
    edition: str, locale: str, title: str, subject: str
) -> None:
    page = the_digest(edition, locale)

    assert page.title.endswith(title)
    assert page.subject.endswith(subject)
    assert {"en": "week 47, 16 to 22 November 2026", "fr": "semaine 47, du 16 au 22 novembre 2026"}[locale] in plain(
        page.kicker
    )
    assert "week" not in page.title.lower()
    assert "semaine" not in page.title.lower()


def test_what_changed_is_told_of_the_month_of_a_monthly_edition() -> None:
    changed = next(one for one in the_digest("2026-10", "en").sections if one.id == "changes")

    assert changed.question == "What changed, 1 to 31 October 2026?"
    assert plain(changed.headline) == "18 features and 15 stories were finished"


def test_an_edition_of_an_increment_has_its_name_and_tells_what_changed_in_it() -> None:
    book = a_book()
    last = Increment(name="PI 26.4", period=Period(date(2026, 8, 31), date(2026, 11, 22)))
    book = replace(book, edition=Edition(id="2026-PI4"), calendar=replace(book.calendar, increments=(last,)))
    ((_, page),) = pages_by_pack(reckon(book), packs=("digest",), locales=["en"])

    assert page.title.endswith("PI 26.4")
    assert page.subject.endswith("(PI 26.4)")
    assert next(one.question for one in page.sections if one.id == "changes") == (
        "What changed, 31 August to 21 November 2026?"
    )


def the_digest(edition: str, locale: str) -> Page:
    numbers = reckon(replace(a_book(), edition=Edition(id=edition)))
    ((_, page),) = pages_by_pack(numbers, packs=("digest",), locales=[locale])
    return page
