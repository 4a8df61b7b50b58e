"""The baseline for a kickoff of lean portfolio management. What is true today, and which limits may we start from?"""

from __future__ import annotations

from reports.packs import shell
from reports.page import Page, Place
from reports.reckoning import Reckoning
from reports.sections import baseline as sections
from reports.sections import decisions
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def kickoff(numbers: Reckoning, locale: str) -> Page:
    """The page in one language: inventory, workflows, levels, flow, forgotten work, streams, limits, what to mend."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    asked = sections.asked(scribe)
    here = Place(label=scribe.words.text("nav.kickoff"), href=f"kickoff.{locale}.html", current=True)
    return shell.page(
        scribe,
        report="kickoff",
        headline=sections.headline(scribe),
        standfirst=sections.standfirst(scribe),
        waiting=(),
        decisions_title=decisions.count(scribe, len(asked)),
        decisions=asked,
        figures=sections.figures(scribe),
        figures_key="figures.key.kickoff",
        places=(*shell.places(scribe, current="kickoff"), here),
        sections=[
            sections.stocks(scribe),
            sections.statuses(scribe),
            sections.levels(scribe),
            sections.flows(scribe),
            sections.forgotten(scribe),
            sections.streams(scribe),
            sections.alignment(scribe),
            sections.limits(scribe),
            sections.backlog(scribe),
        ],
    )
