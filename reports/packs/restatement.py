"""The restatements. Which numbers of the past would read differently today, and why?"""

from __future__ import annotations

from reports.packs import shell
from reports.page import Page
from reports.reckoning import Reckoning
from reports.sections import restatement
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def restatements(numbers: Reckoning, locale: str) -> Page:
    """The page in one language; it asks for no decision."""
    words = Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone)
    scribe = Scribe(numbers, words)
    return shell.page(
        scribe,
        report="restatement",
        headline=restatement.headline(scribe),
        standfirst=words.say("restated.standfirst"),
        waiting=(),
        figures=(),
        sections=[restatement.restatements(scribe)],
    )
