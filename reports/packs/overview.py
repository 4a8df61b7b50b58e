"""The portfolio overview. Are we getting the value, and what do you need from me?"""

from __future__ import annotations

from dataclasses import replace

from reports.findings import findings, headline, standfirst
from reports.packs import shell
from reports.page import Page, Section, Span
from reports.reckoning import Reckoning
from reports.sections import changes, decisions, figures, forecast, glance, lamps, proposals, risks, themes, trust
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words

MOST_CHANGES = 2  # of one kind; the page of the flow has them all


def overview(numbers: Reckoning, locale: str) -> Page:
    """The overview in one language: value, flow, money, risk, changes, trust; the evidence has pages of its own."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = findings(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, scribe.words, is_stale=is_stale)
    top = figures.key_figures(scribe)
    theme_pages = {one.theme.id: f"theme-{one.theme.id}.{locale}.html" for one in numbers.themes}
    sections = [
        themes.themes(scribe, theme_page=theme_pages),
        glance.flow(scribe, found),
        glance.spending(scribe),
        risks.on_overview(scribe),
        changes.changes(
            scribe,
            dates=forecast.dates_moved(scribe),
            most=MOST_CHANGES,
            more=(
                Span(
                    text=scribe.words.text(changes.key(scribe, "glance.changes.more")),
                    href=f"flow.{locale}.html#changes",
                ),
                Span(text="."),
            ),
        ),
        _trust(scribe),
    ]
    asked = proposals.asked(scribe, found, most=decisions.EVERY)
    return shell.page(
        scribe,
        report="overview",
        headline=said,
        standfirst=standfirst(found, scribe.words, used=used, is_stale=is_stale),
        waiting=numbers.waiting,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=proposals.elsewhere(scribe, asked),
        figures=top,
        figures_data=figures.figures_data(scribe),
        standing=lamps.standing(scribe),
        sections=[one for one in sections if one is not None],
    )


def _trust(scribe: Scribe) -> Section:
    """How far the page can be believed, and where what must be mended is named."""
    told, mend = trust.trust(scribe), trust.to_mend(scribe)
    return told if mend is None else replace(told, blocks=(*told.blocks, mend))
