"""The portfolio overview. Are we getting the value, and what do you need from me?"""

from __future__ import annotations

from reports.findings import findings, headline, standfirst
from reports.packs import shell
from reports.page import Page
from reports.reckoning import Reckoning
from reports.sections import changes, figures, flow, forecast, lamps, risks, themes, trust
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def overview(numbers: Reckoning, locale: str) -> Page:
    """The overview in one language."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = findings(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, scribe.words, is_stale=is_stale)
    top = figures.key_figures(scribe)
    theme_pages = {one.theme.id: f"theme-{one.theme.id}.{locale}.html" for one in numbers.themes}
    sections = [
        themes.themes(scribe, theme_page=theme_pages),
        flow.flow(scribe, found),
        *([ahead] if (ahead := forecast.forecast(scribe)) is not None else []),
        *([fences] if (fences := lamps.in_short(scribe, page=f"guardrails.{locale}.html")) is not None else []),
        *([exposed] if (exposed := risks.on_overview(scribe)) is not None else []),
        changes.changes(scribe),
        trust.trust(scribe),
    ]
    sections += [one for one in (trust.proof(scribe), trust.fixes(scribe)) if one is not None]
    return shell.page(
        scribe,
        report="overview",
        headline=said,
        standfirst=standfirst(found, scribe.words, used=used, is_stale=is_stale),
        waiting=numbers.waiting,
        figures=top,
        figures_data=figures.figures_data(scribe),
        sections=sections,
    )
