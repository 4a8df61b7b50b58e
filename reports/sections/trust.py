"""How far can this page be trusted, and what must be mended in the trackers?"""

from __future__ import annotations

from domain.trust import ScopeProof, SourceTrust
from metrics.behaviour import LEAST
from metrics.trust import RIBBON_BELOW, Share, is_low
from reports.findings import closed
from reports.page import Banner, Cell, Column, Exhibit, Fact, Facts, Paragraph, Row, Section, Span, Table, Text, joined
from reports.sections import set_aside
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import Part, foreign

MOST_UNREAD = 5  # projects of one tracker that a page names before anything else
LEAST_CHECKS = 3  # of the five, below which a page does not call its data good


def trust(scribe: Scribe) -> Section:
    """Five shares, the smallest of which speaks, and how fresh each tracker is."""
    words, numbers = scribe.words, scribe.numbers
    measured = numbers.trust
    facts = [_share(scribe, name, getattr(measured, name)) for name in measured.names]
    facts += _sources(scribe)
    return Section(
        id="trust",
        question=words.text("trust.question"),
        headline=headline(scribe),
        blocks=(Facts(facts=tuple(facts)),),
        half=5,
    )


def to_mend(scribe: Scribe) -> Paragraph | None:
    """How many items need a correction, and the page that names them; None when there is nothing to mend."""
    words, found = scribe.words, scribe.numbers.defects
    if not found:
        return None
    said = words.say("fix.head", n=len({one.id for defect in found for one in defect.journeys}))
    link = Span(text=words.text("quality.more"), href=f"quality.{words.locale}.html")
    return Paragraph(text=(*closed(said), Span(text=" "), link, Span(text=".")))


def proof(scribe: Scribe) -> Section | None:
    """What each project declares and what we hold of it; None while everything adds up, or was never counted."""
    words, book = scribe.words, scribe.numbers.book
    doubtful = [one for one in book.trust if one.scopes and not one.is_proven() and one.declared is not None]
    if not doubtful:
        return None
    rows = [(source, scope) for source in doubtful for scope in source.scopes if scope.held or scope.declared]
    odd = sum(_is_odd(scope) for _, scope in rows)
    table = Table(
        caption=words.text("proof.caption"),
        name="proofs",
        columns=(
            Column(head=words.text("head.project")),
            *(
                Column(head=words.text(f"head.{name}"), numeric=True)
                for name in ("declared", "held", "missing", "gaps", "removed")
            ),
        ),
        rows=tuple(_scope(scribe, source, scope) for source, scope in rows),
    )
    return Section(
        id="proof",
        question=words.text("proof.question"),
        headline=words.say("proof.head", n=odd) if odd else words.say("proof.head.source"),
        blocks=(Exhibit(table=table, notes=(words.say("proof.note"),)),),
        long=True,
    )


def banners(scribe: Scribe) -> tuple[Banner, ...]:
    """What must be said before anything else: that a part is told, files that are not read, sources that are stale,
    failed, or partly read."""
    words, numbers = scribe.words, scribe.numbers
    found: list[Banner] = []
    if numbers.book.is_part:
        found.append(Banner(text=words.say("banner.part", audience=foreign(numbers.book.audience))))
    found += set_aside.notices(scribe)
    stale = {one.source for one in numbers.stale_sources}
    for one in numbers.book.trust:
        name = foreign(one.source)
        found += _unread(scribe, one)
        if one.source in stale:
            if one.complete_at is None:
                said = words.say("banner.never", source=name, kind=one.kind)
            else:
                said = words.say("banner.stale", source=name, kind=one.kind, since=words.moment(one.complete_at))
            found.append(Banner(text=_with_problem(scribe, said, one), bad=True))
        elif one.outcome == "failed" or (one.outcome == "partial" and not one.unread):
            said = words.say(f"banner.{one.outcome}", source=name, kind=one.kind)
            found.append(Banner(text=_with_problem(scribe, said, one)))
        elif vanished := len(one.suspended) - len(one.unread):
            found.append(Banner(text=words.say("banner.suspended", source=name, n=vanished)))
        elif one.unheld:
            found.append(Banner(text=words.say("banner.unheld", source=name, n=one.unheld)))
    if numbers.flow is not None and numbers.flow.weeks_known < LEAST:
        found.append(Banner(text=words.say("banner.first")))
    return tuple(found)


def _unread(scribe: Scribe, source: SourceTrust) -> list[Banner]:
    """Each project that cannot be read, those of most items first, and since when."""
    words = scribe.words
    ordered = sorted(source.unread, key=lambda one: (-one.missing, one.key))
    about: dict[str, Part] = {"kind": source.kind, "source": foreign(source.source)}
    told = []
    for one in ordered[:MOST_UNREAD]:
        named: dict[str, Part] = {**about, "project": foreign(one.key), "since": words.moment(one.since)}
        said = words.say("banner.unread", n=one.missing, **named) if one.missing else None
        told.append(Banner(text=said or words.say("banner.unread.nothing", **named), bad=True))
    if (more := len(ordered) - MOST_UNREAD) > 0:
        told.append(Banner(text=words.say("banner.unread.more", n=more, **about), bad=True))
    return told


def unread_names(scribe: Scribe, source: SourceTrust) -> Text:
    """Which projects of a tracker cannot be read, each with since when; nothing where all can."""
    words = scribe.words
    named = [
        words.say("proof.unread.since", project=foreign(one.key), since=words.moment(one.since))
        for one in source.unread
    ]
    return words.say("proof.unread", projects=words.listed(named)) if named else ()


def freshness(scribe: Scribe) -> Text:
    """As of when the data are, by tracker, and when the page was published."""
    words, book = scribe.words, scribe.numbers.book
    sources: list[Text] = [(*foreign(one.source), Span(text=" "), *text(_when(scribe, one))) for one in book.trust]
    spans = [*words.say("fresh.as_of", moment=words.moment(book.data_as_of))]
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


def headline(scribe: Scribe) -> Text:
    words, measured = scribe.words, scribe.numbers.trust
    lowest, name = measured.headline, measured.weakest
    if lowest is None or name is None:
        return words.say("trust.unknown")
    weak = words.text(f"trust.{name}.weak")
    known = [share for share in measured.shares.values() if share is not None]
    if not is_low(lowest) and len(known) < LEAST_CHECKS:
        total = len(measured.names)
        return words.say("trust.part", n=len(known), total=total, share=scribe.checked(lowest))
    if lowest >= 1:
        return words.say("trust.full")
    key = "trust.low" if is_low(lowest) else "trust.good"
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


def _sources(scribe: Scribe) -> list[Fact]:
    """Each tracker; those of which all is held, and read in time, in one."""
    words, book = scribe.words, scribe.numbers.book
    whole = [one for one in book.trust if one.is_proven() and not one.is_stale(book.as_of)]
    if len(whole) < 2:
        return [_source(scribe, one) for one in book.trust]
    oldest = _source(scribe, min(whole, key=lambda one: one.complete_at or book.as_of))
    proofs: list[Text] = [words.say("trust.trackers.note", source=foreign(one.source), n=one.held) for one in whole]
    told = Fact(name=words.text("trust.trackers"), value=oldest.value, lasting=oldest.lasting,
                note=joined([words.say("trust.trackers.whole"), words.listed(proofs)]))  # fmt: skip
    return [*(_source(scribe, one) for one in book.trust if one not in whole), told]


def _source(scribe: Scribe, source: SourceTrust) -> Fact:
    words = scribe.words
    name: str = words.text("trust.source", kind=source.kind)
    if source.complete_at is None:
        return Fact(name=name, value=words.say("fresh.never"), note=foreign(source.source))
    behind = (scribe.numbers.book.as_of - source.complete_at).total_seconds()
    just = words.say("trust.just")
    value = words.say("trust.behind", age=words.age(behind)) if behind >= 60 else just
    state = "stale" if source.is_stale(scribe.numbers.book.as_of) else "in_time"
    note = (*foreign(source.source), Span(text=", "), *words.say(f"trust.{state}"), Span(text=", "))
    return Fact(name=name, value=value, note=(*note, *_proof(scribe, source)), lasting=just)


def _proof(scribe: Scribe, source: SourceTrust) -> Text:
    """One quiet clause where everything adds up, else what does not."""
    words = scribe.words
    if unread := unread_names(scribe, source):
        return unread
    if source.declared is None:
        return words.say("proof.uncounted", held=source.held)
    if source.is_proven():
        return words.say("proof.whole", n=source.held)
    counts = {
        "missing": source.suspects,
        "unheld": source.unheld or 0,
        "gaps": source.history_gaps,
        "bare": source.without_history,
        "aside": source.quarantined,
        "suspended": len(source.suspended),
    }
    parts = [words.say("proof.part", held=source.held, declared=source.declared)]
    parts += [words.say(f"proof.{name}", n=count) for name, count in counts.items() if count]
    return tuple(span for part in parts for span in (Span(text=", "), *part))[1:]


def _scope(scribe: Scribe, source: SourceTrust, scope: ScopeProof) -> Row:
    words = scribe.words
    declared = words.say("unknown") if scope.declared is None else text(words.whole(scope.declared))
    counts = (scope.held, scope.missing, scope.gaps + scope.incomplete, scope.removed + scope.out_of_scope)
    return Row(
        cells=(
            Cell(text=foreign(scope.key), note=foreign(source.source)),
            Cell(text=declared),
            *(Cell(text=text(words.whole(count))) for count in counts),
        )
    )


def _is_odd(scope: ScopeProof) -> bool:
    return scope.declared != scope.held or bool(scope.missing or scope.gaps or scope.incomplete)


def _with_problem(scribe: Scribe, said: Text, source: SourceTrust) -> Text:
    """What the trackers' half of the house said of it, in its English; other languages name who knows the cause."""
    if not source.problems:
        return said
    return (*said, Span(text=" "), *scribe.words.say("banner.detail", problem=foreign(source.problems[0])))
