"""The portfolio overview. Are we getting the value, and what do you need from me?"""

from __future__ import annotations

from reports.findings import findings, headline, standfirst
from reports.packs import shell
from reports.page import Page
from reports.reckoning import Reckoning
from reports.sections import changes, decisions, figures, flow, forecast, themes, trust
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def overview(numbers: Reckoning, locale: str) -> Page:
    """The overview in one language."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    book = numbers.book
    found = findings(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, scribe.words, is_stale=is_stale)
    top = figures.key_figures(scribe)
    theme_pages = {one.theme.id: f"theme-{one.theme.id}.{locale}.html" for one in numbers.themes}
    sections = [
        themes.themes(scribe, theme_page=theme_pages),
        flow.flow(scribe, found),
        *([ahead] if (ahead := forecast.forecast(scribe)) is not None else []),
        changes.changes(scribe),
        trust.trust(scribe),
    ]
    sections += [one for one in (trust.proof(scribe), trust.fixes(scribe)) if one is not None]
    return Page(
        report="overview",
        slug=None,
        locale=locale,
        portfolio_id=book.portfolio.id,
        edition=book.edition.id,
        revision=book.edition.revision,
        title=shell.title(scribe, "overview"),
        brand=shell.brand(scribe),
        kicker=shell.kicker(scribe, "overview"),
        headline=said,
        standfirst=standfirst(found, scribe.words, used=used, is_stale=is_stale),
        freshness=shell.fresh(scribe),
        sample=shell.sample(scribe),
        banners=shell.notices(scribe),
        decisions_title=decisions.title(scribe, numbers.waiting),
        decisions=decisions.questions(scribe, numbers.waiting),
        figures_title=scribe.words.text("figures.label"),
        figures=top,
        figures_key=scribe.words.text("figures.key"),
        figures_data=figures.figures_data(scribe),
        sections=tuple(sections),
        definitions=shell.definitions(top, sections, scribe),
        about=shell.about(scribe, f"overview.{locale}.html"),
        fingerprint=shell.fingerprint(scribe),
        places=shell.places(scribe, current="overview"),
        twin=shell.twin(scribe.words, "overview") if shell.other_locale(book.portfolio.locales, locale) else None,
        as_of=book.as_of,
        published_at=book.published_at,
        day=numbers.today,
    )
