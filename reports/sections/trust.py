"""How far can this page be trusted, and what must be mended in the trackers?"""

from __future__ import annotations

from domain.trust import SourceTrust
from metrics.behaviour import LEAST
from metrics.quality import Defect
from metrics.trust import RIBBON_BELOW, Share
from reports.page import Banner, Cell, Column, Exhibit, Fact, Facts, Row, Section, Span, Table, Text
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import foreign

MOST_KEYS = 8
LEAST_CHECKS = 3  # of the five, below which a page does not call its data good


def trust(scribe: Scribe) -> Section:
    """Five shares, the smallest of which speaks, and how fresh each tracker is."""
    words, numbers = scribe.words, scribe.numbers
    measured = numbers.trust
    facts = [_share(scribe, name, getattr(measured, name)) for name in measured.names]
    facts += [_source(scribe, one) for one in numbers.book.trust]
    return Section(
        id="trust",
        question=words.text("trust.question"),
        headline=_headline(scribe),
        blocks=(Facts(facts=tuple(facts)),),
        half=5,
    )


def fixes(scribe: Scribe) -> Section | None:
    """Items to fix, by rule, with the mend and the tracker's own list; None when there is nothing to fix."""
    words, found = scribe.words, scribe.numbers.defects
    if not found:
        return None
    table = Table(
        caption=words.text("fix.caption"),
        name="fixes",
        columns=(
            Column(head=words.text("head.rule")),
            Column(head=words.text("head.items"), numeric=True),
            Column(head=words.text("head.of"), numeric=True),
            Column(head=words.text("head.examples")),
            Column(head=words.text("head.mend")),
        ),
        rows=tuple(_fix(scribe, one) for one in found),
    )
    return Section(
        id="quality",
        question=words.text("fix.question"),
        headline=words.say(
            "fix.head", n=len({one.id for defect in found for one in defect.journeys}), rules=len(found)
        ),
        blocks=(Exhibit(table=table),),
        long=True,
    )


def banners(scribe: Scribe) -> tuple[Banner, ...]:
    """What must be said before anything else: sources that are stale, failed, or only partly read."""
    words, numbers = scribe.words, scribe.numbers
    found: list[Banner] = []
    stale = {one.source for one in numbers.stale_sources}
    for one in numbers.book.trust:
        name = foreign(one.source)
        if one.source in stale:
            if one.complete_at is None:
                said = words.say("banner.never", source=name, kind=one.kind)
            else:
                said = words.say("banner.stale", source=name, kind=one.kind, since=words.moment(one.complete_at))
            found.append(Banner(text=_with_problem(scribe, said, one), bad=True))
        elif one.outcome in ("failed", "partial"):
            said = words.say(f"banner.{one.outcome}", source=name, kind=one.kind)
            found.append(Banner(text=_with_problem(scribe, said, one)))
    if numbers.flow is not None and numbers.flow.weeks_known < LEAST:
        found.append(Banner(text=words.say("banner.first")))
    return tuple(found)


def freshness(scribe: Scribe) -> Text:
    """As of when the data are, by tracker, and when the page was published."""
    words, book = scribe.words, scribe.numbers.book
    sources: list[Text] = [(*foreign(one.source), Span(text=" "), *text(_when(scribe, one))) for one in book.trust]
    spans = [*words.say("fresh.as_of", moment=words.moment(book.as_of))]
    if sources:
        spans += [Span(text=" "), *words.say("fresh.synced", sources=words.listed(sources))]
    spans += [Span(text=" "), *words.say("fresh.published", moment=words.moment(book.published_at))]
    return tuple(spans)


def _when(scribe: Scribe, source: SourceTrust) -> str:
    words = scribe.words
    if source.complete_at is None:
        return words.text("fresh.never")
    if scribe.numbers.book.calendar.day(source.complete_at) == scribe.numbers.today:
        return words.clock(source.complete_at)
    return words.moment(source.complete_at)


def _headline(scribe: Scribe) -> Text:
    words, measured = scribe.words, scribe.numbers.trust
    lowest, name = measured.headline, measured.weakest
    if lowest is None or name is None:
        return words.say("trust.unknown")
    weak = words.text(f"trust.{name}.weak")
    known = [share for share in measured.shares.values() if share is not None]
    if lowest >= RIBBON_BELOW and len(known) < LEAST_CHECKS:
        total = len(measured.names)
        return words.say("trust.part", n=len(known), total=total, share=scribe.checked(lowest))
    if lowest >= 1:
        return words.say("trust.full")
    key = "trust.good" if lowest >= RIBBON_BELOW else "trust.low"
    return words.say(key, weak=weak, share=scribe.checked(lowest))


def _share(scribe: Scribe, name: str, share: Share) -> Fact:
    words = scribe.words
    title = words.text(f"trust.{name}")
    if share.share is None:
        return Fact(name=title, value=words.say("unknown"), note=words.say(f"trust.{name}.unknown"))
    return Fact(
        name=title,
        value=words.say("of", n=share.n_used, total=share.n_in_scope),
        note=words.say("trust.note", share=scribe.checked(share.share), target=words.percent(RIBBON_BELOW)),
    )


def _source(scribe: Scribe, source: SourceTrust) -> Fact:
    words = scribe.words
    name: str = words.text("trust.source", kind=source.kind)
    if source.complete_at is None:
        return Fact(name=name, value=words.say("fresh.never"), note=foreign(source.source))
    behind = (scribe.numbers.book.as_of - source.complete_at).total_seconds()
    value = words.say("trust.behind", age=words.age(behind)) if behind >= 60 else words.say("trust.just")
    state = "stale" if source.is_stale(scribe.numbers.book.as_of) else "in_time"
    note = (*foreign(source.source), Span(text=", "), *words.say(f"trust.{state}"))
    return Fact(name=name, value=value, note=note)


def _fix(scribe: Scribe, defect: Defect) -> Row:
    words = scribe.words
    examples = [*scribe.items(defect.journeys[:MOST_KEYS])]
    lists = scribe.lists(defect.journeys)
    return Row(
        cells=(
            Cell(text=words.say(f"rule.{defect.rule}"), note=words.say(f"rule.{defect.rule}.why")),
            Cell(text=text(words.whole(len(defect.journeys)))),
            Cell(text=text(words.whole(defect.n_in_scope)), width=2),
            Cell(text=tuple(examples), note=lists, width=6),
            Cell(text=words.say(f"rule.{defect.rule}.mend"), width=6),
        )
    )


def _with_problem(scribe: Scribe, said: Text, source: SourceTrust) -> Text:
    """What the trackers' half of the house said of it, in its English; other languages name who knows the cause."""
    if not source.problems:
        return said
    return (*said, Span(text=" "), *scribe.words.say("banner.detail", problem=foreign(source.problems[0])))
