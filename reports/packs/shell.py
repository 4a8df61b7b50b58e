"""What every page shares: brand, kicker, notices, definitions, the foot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypedDict

from typing_extensions import Unpack

from domain.rhythm import Rhythm, period_of, rhythm_of, slot_of
from domain.strategy import Decision
from domain.trust import SourceTrust
from metrics.catalogue import VERSION
from reports.page import (
    Definition,
    Exhibit,
    Figure,
    KeyFigure,
    Page,
    Place,
    Question,
    Section,
    Span,
    Table,
    Text,
    joined,
)
from reports.sections import correction, decisions
from reports.sections.scribe import Scribe
from reports.sections.trust import banners, freshness
from reports.words.catalogue import Part, Words, foreign
from reports.words.foreign import one_line

LONGEST_NAME = 60
UNTRUSTING = ("review", "guardrails", "ledger", "risks")  # packs without a section that says how far to trust them
# Packs of one page each, in the order of the navigation.
WHOLE = ("overview", "flow", "review", "ledger", "kanban", "guardrails", "risks", "quality", "audit")


def page(
    scribe: Scribe,
    *,
    report: str,
    slug: str | None = None,
    headline: Text,
    standfirst: Text,
    waiting: tuple[Decision, ...],
    figures: tuple[KeyFigure, ...],
    figures_key: str = "figures.key",
    sections: Sequence[Section],
    **more: Unpack[_More],
) -> Page:
    """A page with all that every page of an edition has; `more` are the further fields of a page, or others in place.

    `waiting` are the decisions that the page asks for.
    """
    words, book = scribe.words, scribe.numbers.book
    stem = report if slug is None else f"{report}-{slug}"
    named = more.get("defined", defined(more.get("decisions", ())))
    shared = Page(
        report=report,
        slug=slug,
        locale=words.locale,
        portfolio_id=book.portfolio.id,
        root=book.root,
        edition=book.edition.id,
        revision=book.edition.revision,
        title=title(scribe, report),
        brand=brand(scribe),
        kicker=kicker(scribe, report),
        headline=headline,
        standfirst=standfirst,
        freshness=(*fresh(scribe), *_ribbon(scribe, report)),
        sample=sample(scribe),
        banners=(
            *correction.banner(scribe, stem, headline=headline, figures=figures, standing=more.get("standing", ())),
            *banners(scribe),
        ),
        decisions_title=decisions.title(scribe, waiting),
        decisions=decisions.questions(scribe, waiting),
        decisions_none=decisions.nothing(scribe),
        figures_title=words.text("figures.label"),
        figures=figures,
        figures_key=words.text(figures_key),
        sections=tuple(sections),
        defined=named,
        definitions=definitions(figures, sections, scribe, named=named),
        about=about(scribe, f"{stem}.{words.locale}.html"),
        fingerprint=fingerprint(scribe),
        places=places(scribe, current=stem),
        twin=twin(words, stem) if other_locale(book.portfolio.locales, words.locale) else None,
        as_of=book.as_of,
        published_at=book.published_at,
        day=scribe.numbers.today,
        data_as_of=book.data_as_of,
    )
    return replace(shared, **more)


class _More(TypedDict, total=False):
    """What a page may have beyond the others."""

    title: str
    name: Text
    name_facts: Text
    subject: str
    preheader: str
    figures_data: Table | None
    standing: tuple[KeyFigure, ...]
    archive: Place | None
    places: tuple[Place, ...]
    picture: Figure | None
    landscape: bool
    decisions_title: str
    decisions: tuple[Question, ...]
    decisions_more: Text
    decisions_counted: Text
    defined: tuple[Definition, ...]


def sentences(said: Iterable[Text]) -> Text:
    """Several sentences, one after the other."""
    return joined(list(said))


def issue(scribe: Scribe, *, short: bool = False, week: str = "issue.week") -> str:
    """Of which week, day, month, quarter or year the edition is: week 47 2026, Monday 30 November 2026."""
    words, name = scribe.words, scribe.numbers.book.edition.id
    increments = scribe.numbers.book.calendar.increments
    rhythm, period = rhythm_of(name), period_of(name, increments) or scribe.numbers.week
    match rhythm:
        case Rhythm.WEEK:
            year, number, _ = scribe.numbers.week.start.isocalendar()
            return words.text("issue.week.short" if short else week, week=str(number), year=str(year))
        case Rhythm.SLOT:
            instant = slot_of(name)
            day = words.day(scribe.numbers.book.calendar.day(instant), weekday=True)
            return (
                words.text("issue.slot.short", day=day, clock=words.clock(instant)) if short else words.moment(instant)
            )
        case Rhythm.DAY:
            return words.day(period.start, weekday=True) if short else words.weekday(period.start)
        case Rhythm.MONTH:
            return words.month_year(period.start) if short else words.month_full(period.start)
        case Rhythm.QUARTER:
            quarter = (period.start.month + 2) // 3
            key = "issue.quarter.short" if short else f"issue.quarter.{quarter}"
            return words.text(key, n=str(quarter), year=str(period.start.year))
        case _:
            named = next((one.name for one in increments if one.period == period), name)
            return one_line(named, LONGEST_NAME) if rhythm is Rhythm.INCREMENT else str(period.start.year)


def kicker(scribe: Scribe, report: str) -> Text:
    """The report, the portfolio, the edition; where that is no week's, which week the weekly figures are of."""
    words, book, week = scribe.words, scribe.numbers.book, scribe.numbers.week
    parts: dict[str, Part] = {
        "portfolio": foreign(book.portfolio.name),
        "week": str(week.start.isocalendar().week),
        "period": words.period(week),
    }
    if rhythm_of(book.edition.id) is Rhythm.WEEK:
        return (Span(text=words.text(f"report.{report}"), strong=True), *words.say("kicker", **parts))
    told = issue(scribe)
    return (
        Span(text=_report(scribe, report), strong=True),
        *words.say("kicker.other", issue=told[:1].upper() + told[1:], **parts),
    )


def _report(scribe: Scribe, report: str) -> str:
    """Its name; one that says how often it comes has another where it does not come so."""
    other = f"report.{report}.other"
    is_other = rhythm_of(scribe.numbers.book.edition.id) is not Rhythm.WEEK and scribe.words.has(other)
    return scribe.words.text(other if is_other else f"report.{report}")


def title(scribe: Scribe, report: str) -> str:
    words, book = scribe.words, scribe.numbers.book
    return words.text(
        "title",
        report=_report(scribe, report),
        portfolio=one_line(book.portfolio.name, LONGEST_NAME),
        issue=issue(scribe),
    )


def brand(scribe: Scribe) -> str:
    book = scribe.numbers.book
    return one_line(book.brand or book.portfolio.name, LONGEST_NAME)


def sample(scribe: Scribe) -> Text:
    return scribe.words.say("sample") if scribe.numbers.book.sample else ()


def fresh(scribe: Scribe) -> Text:
    return freshness(scribe)


def _ribbon(scribe: Scribe, report: str) -> Text:
    """The weakest check of the data where it is missed, on pages that have no section of their own about it."""
    return scribe.care(*scribe.numbers.trust.shares) if report in UNTRUSTING else ()


def definitions(
    figures: Iterable[KeyFigure], sections: Iterable[Section], scribe: Scribe, *, named: Iterable[Definition] = ()
) -> tuple[Definition, ...]:
    """Every definition that the page uses, once, in the order of its use; `named` are those that decisions name."""
    found: dict[str, Definition] = {}
    for figure in figures:
        if figure.definition is not None:
            found.setdefault(figure.definition.id, figure.definition)
    found |= {one.id: one for one in named}
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Figure | Exhibit) and block.definition is not None:
                found.setdefault(block.definition.id, block.definition)
        for said in section.definitions:
            found.setdefault(said.id, said)
    for extra in ("usual_range", "trust"):
        if (definition := scribe.definition(extra)) is not None:
            found.setdefault(extra, definition)
    return tuple(found.values())


def defined(asked: Iterable[Question]) -> tuple[Definition, ...]:
    """The definitions of figures that only the ways to decide name, each once."""
    return tuple({one.definition.id: one.definition for one in asked if one.definition is not None}.values())


def about(scribe: Scribe, file_name: str) -> tuple[Text, ...]:
    """The edition, its address, and what it counted."""
    words, book = scribe.words, scribe.numbers.book
    path = f"/r/{book.root}/{book.edition.folder}/{file_name}"
    href = f"{book.base_url.rstrip('/')}{path}" if book.base_url else file_name
    edition = words.say("about.edition", edition=book.edition.id, revision=str(book.edition.revision))
    held: list[Text] = [_held(scribe, one) for one in book.trust]
    texts: list[Text] = [(*edition, Span(text=path, href=href)), words.say("about.immutable")]
    texts.append((*words.say(f"about.start.{book.policy}"), *words.say(f"about.days.{book.calendar.count}")))
    if (day := book.calendar.day(book.as_of)) < book.calendar.day(book.published_at):
        texts.append(words.say("about.hindsight", day=words.full_day(day)))
    if held:
        texts.append(words.say("about.sources", sources=words.listed(held)))
    return tuple(texts)


def _held(scribe: Scribe, source: SourceTrust) -> Text:
    """What we hold of a tracker, beside what it declares where it was counted."""
    if source.declared is None:
        return scribe.words.say("about.source", source=foreign(source.source), n=source.held)
    return scribe.words.say(
        "about.source.of", source=foreign(source.source), held=source.held, declared=source.declared
    )


def fingerprint(scribe: Scribe) -> str:
    words, book = scribe.words, scribe.numbers.book
    parts = words.text("about.fingerprint", definitions=str(VERSION), config=book.config_digest[:16])
    return f"{parts} · {words.text('about.code', version=book.code_version)}" if book.code_version else parts


def twin(words: Words, stem: str) -> Place:
    """The same page in the other language."""
    other = "fr" if words.locale == "en" else "en"
    return Place(label=other.upper(), href=f"{stem}.{other}.html")


def places(scribe: Scribe, *, current: str) -> tuple[Place, ...]:
    """The pages of the whole portfolio, then one for each theme, then one for each value stream."""
    words, numbers = scribe.words, scribe.numbers
    named = [(name, words.text(f"nav.{name}"), "whole") for name in WHOLE]
    named += [(f"theme-{one.theme.id}", one.theme.name, "theme") for one in numbers.paged]
    named += [(f"stream-{one.id}", one.name, "stream") for one in numbers.book.portfolio.value_streams]
    return tuple(
        Place(
            label=one_line(label, LONGEST_NAME),
            href=f"{stem}.{words.locale}.html",
            current=stem == current,
            group=group,
        )
        for stem, label, group in named
    )


def other_locale(portfolio_locales: Sequence[str], locale: str) -> bool:
    """Is the page published in another language, too?"""
    return any(one != locale for one in portfolio_locales)
