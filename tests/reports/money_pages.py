"""A page of money alone, to look at and to test: the pack that prints these sections among others is another's."""

from __future__ import annotations

from reports.findings import findings, headline, standfirst
from reports.findings import money as rules
from reports.packs import shell
from reports.page import Page
from reports.reckoning import Reckoning
from reports.sections.money import money_figures, money_sections
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def money_page(numbers: Reckoning, locale: str) -> Page:
    """The sections of money as a page in one language."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = findings(numbers, parts=(rules,))
    said, used = headline(found, scribe.words, is_stale=False)
    return shell.page(
        scribe,
        report="overview",
        headline=said,
        standfirst=standfirst(found, scribe.words, used=used, is_stale=False),
        waiting=(),
        figures=money_figures(scribe),
        sections=money_sections(scribe),
    )
