"""Where a CSV file is not read, no page says that there is nothing of what it tells: it may stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.funding import Funding
from domain.set_aside import MONEY, STANDING, Mistake, SetAside
from metrics.hazards import Hazards
from metrics.risk_register import Register
from reports.book import Book
from reports.packs import pages
from reports.reckoning import reckon
from reports.render.markdown import markdown
from reports.words.catalogue import LOCALES, Words
from tests.builders import a_decision
from tests.reports.stream_books import a_book_of_streams
from tests.reports.test_risks_page import a_risk

# The sentences that say that there is nothing of what a file tells, by pack. Each is said where nobody told of any.
NONE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "decisions": {
        "audit": ("audit.decisions.empty", "audit.decisions.empty.text"),
        "review": ("review.since.none", "review.since.none.text"),
        "risks": ("decisions.none",),
    },
    "dependencies": {
        "risks": ("dependencies.head.none", "dependencies.empty.title", "dependencies.empty"),
        "stream": ("increments.waits.none", "dependencies.empty.title", "dependencies.empty"),
        "theme": ("threats.none", "threats.none.text", "threats.waits.none"),
    },
    "budgets": {"restatement": ("restated.first", "restated.first.text"), "audit": ("restated.first",)},
}
PLACE = {"en": "line", "fr": "ligne"}


def an_untold_book() -> Book:
    """A portfolio of which no file tells a decision, a dependency or an amount; one of its themes has a risk."""
    risk = a_risk("RISK-1")
    placed = replace(risk.journey, placement=replace(risk.journey.placement, themes={"embed": Decimal(1)}))
    hazards = Hazards(has_risk_rules=True, register=Register(risks=(replace(risk, journey=placed),)))
    book = a_book_of_streams()
    return replace(book, decisions=(), hazards=hazards, journeys=(*book.journeys, placed))


def without(book: Book, tells: str, *, is_whole: bool) -> Book:
    """The same where what a file tells is not read: the whole of it, or its twelfth line."""
    wrong = Mistake(f"{tells}.csv", 1 if is_whole else 12, "", "missing column; add it to the first line", of_file=True)
    aside = SetAside(file=f"{tells}.csv", tells=tells, is_whole=is_whole, mistakes=(wrong,))
    funding = Funding(is_told=tells not in MONEY)
    return replace(book, set_aside=(aside,), portfolio=replace(book.portfolio, funding=funding))


def told(book: Book, pack: str, locale: str) -> str:
    """What the pages of a pack say, in one line."""
    words = Words(locale=locale, year=book.as_of.year, zone=book.calendar.zone)
    made = pages(reckon(book), packs=[pack], locales=[locale])
    return " ".join(" ".join(markdown(one, words=words) for one in made).replace("\\", "").replace("*", "").split())


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("tells", "pack"), [(tells, pack) for tells, packs in NONE.items() for pack in packs])
def test_no_page_says_that_there_is_none_of_what_stands_in_a_file_that_is_not_read(
    tells: str, pack: str, locale: str
) -> None:
    book = an_untold_book()
    words = Words(locale=locale, year=book.as_of.year, zone=book.calendar.zone)
    sentences = [" ".join(words.text(key).replace("*", "").split()) for key in NONE[tells][pack]]

    none = told(book, pack, locale)
    aside = {part: told(without(book, tells, is_whole=part), pack, locale) for part in (True, tells not in STANDING)}

    assert [one for one in sentences if one not in none] == []
    for is_whole, page in aside.items():
        assert [one for one in sentences if one in page] == []
        assert f"{PLACE[locale]} {1 if is_whole else 12}" in page
        assert f"{tells}.csv" in page


def test_the_audit_says_what_of_the_log_is_not_read_and_how_to_mend_it() -> None:
    book = an_untold_book()
    log = (a_decision("D-1", "2026-07-05", item="CLM-1", decision="Persevere"),)

    whole = told(without(book, "decisions", is_whole=True), "audit", "en")
    part = told(replace(without(book, "decisions", is_whole=False), decisions=log), "audit", "en")

    assert "What was decided is not known: decisions.csv is not read" in whole
    assert "One decision is on record; 0 waits, as far as the log is read" in part
    mend = "{} decisions.csv {} not read. In line {}: missing column; add it to the first line."
    assert mend.format("", "is", 1).strip() in whole
    assert mend.format("One line of", "is", 12) in part.partition("as far as the log is read")[2]
