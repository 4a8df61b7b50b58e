"""What a page says under "how is this computed?" is what the catalogue says, in the page's language."""

from __future__ import annotations

import pytest

from metrics.catalogue import METRICS
from reports.packs import pages
from reports.page import plain
from reports.reckoning import reckon
from reports.render.html import html
from reports.words.catalogue import Words
from tests.reports.books import a_book


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_definition_of_a_page_is_the_catalogues(locale: str) -> None:
    book = a_book()

    told = [one for page in pages(reckon(book), locales=[locale]) for one in page.definitions]

    assert {one.id for one in told} > {"throughput", "flow_time", "flow_load", "trust", "key_result"}
    for one in told:
        if one.id in ("open_epics", "held"):  # a count, told in the page's own words
            continue
        assert one.name == METRICS[one.id].name[locale]
        assert plain(one.text) == METRICS[one.id].formula[locale]


def test_a_page_shows_the_definition_it_was_given() -> None:
    book = a_book()
    (page,) = pages(reckon(book), packs=["overview"], locales=["en"])

    written = html(page, words=Words(locale="en", year=2026, zone=book.calendar.zone))

    assert METRICS["flow_time"].formula["en"].partition(" of the items")[0] in written
