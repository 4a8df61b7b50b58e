"""What a page says under "how is this computed?" is what the catalogue says, in the page's language."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.strategy import FlowTolerances
from metrics import catalogue
from metrics.catalogue import METRICS
from reports.packs import pages
from reports.page import plain
from reports.reckoning import reckon
from reports.render.html import html
from reports.words.catalogue import LOCALES, Words
from tests.builders import a_journey
from tests.metrics.test_membership import apart
from tests.reports.books import a_book


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_definition_of_a_page_is_the_catalogues(locale: str) -> None:
    book = a_book()
    agreed = replace(book.portfolio.guardrails, flow=FlowTolerances(constraint=Decimal("0.55")))
    book = replace(book, portfolio=replace(book.portfolio, guardrails=agreed))

    told = [one for page in pages(reckon(book), locales=[locale]) for one in page.definitions]

    assert {one.id for one in told} > {"throughput", "flow_time", "flow_load", "trust", "key_result"}
    assert all("55" in plain(one.text) and "40" not in plain(one.text) for one in told if one.id == "bottleneck")
    for one in told:
        if one.id in ("open_epics", "held"):  # a count, told in the page's own words
            continue
        assert one.name == METRICS[one.id].name[locale]
        assert plain(one.text) == catalogue.of(one.id, book.portfolio).formula[locale]


def test_a_page_shows_the_definition_it_was_given() -> None:
    book = a_book()
    (page,) = pages(reckon(book), packs=["overview"], locales=["en"])

    written = html(page, words=Words(locale="en", year=2026, zone=book.calendar.zone))

    assert METRICS["flow_time"].formula["en"].partition(" of the items")[0] in written


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("metric", ["outcome_date", "choice", "scenario"])
def test_what_a_number_is_taken_apart_into_has_words(metric: str, locale: str) -> None:
    words = Words(locale=locale, year=2026, zone=ZoneInfo("Europe/Paris"))
    items = [a_journey("2026-03-02", key="PAY-1", level="epic"), *(
        a_journey("2026-03-03", "2026-03-05", key=f"PAY-{n}", parent="PAY-1") for n in range(2, 9)
    )]  # fmt: skip

    found = apart(metric, *items)

    assert found
    for one in found:
        names = {f"explain.fact.{name.partition(':')[0]}" for name in one.facts}
        names |= {f"explain.counted.{part.mark}" for part in one.counted if part.mark}
        assert all(words.has(name) for name in names), names


def test_every_mark_of_a_choice_and_a_shift_has_words() -> None:
    for locale in LOCALES:
        words = Words(locale=locale, year=2026, zone=ZoneInfo("Europe/Paris"))
        marks = ("as_is", "first", "half", "gives", "takes")
        facts = ("there_by", "in_time", "chance", "due_on")
        assert all(words.has(f"explain.counted.{one}") for one in marks)
        assert all(words.has(f"explain.fact.{one}") for one in facts)
