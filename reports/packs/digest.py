"""The weekly digest: the mail that everyone reads in a minute, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from domain.rhythm import Rhythm, rhythm_of
from reports.findings import Finding, capitalised, clause, findings, headline, sentence, standfirst
from reports.packs import shell
from reports.page import Changes, Figure, Page, Place, Question, Section, joined, plain
from reports.reckoning import Reckoning
from reports.sections import changes, crossings, decisions, figures, forecast, mine, proposals, themes, trust
from reports.sections.outcome import outcome_figure
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from reports.words.foreign import clean

LONGEST_SUBJECT = 75
LONGEST_PREHEADER = 140
MOST_CHANGES = 5  # told to one person


def digest(numbers: Reckoning, locale: str) -> Page:
    """The digest in one language; in a quiet week only the figures and the trust in them."""
    words = Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone)
    scribe = Scribe(numbers, words)
    book = numbers.book
    found = findings(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, words, is_stale=is_stale)
    is_quiet = used[0].message == "quiet" and not is_stale
    asked = proposals.asked(scribe, found, most=decisions.EVERY)
    top = figures.key_figures(scribe)
    pages = {one.theme.id: f"theme-{one.theme.id}.{locale}.html" for one in numbers.themes}
    sections: list[Section] = []
    if not is_quiet:
        sections += [
            themes.themes(scribe, theme_page=pages),
            changes.changes(scribe, dates=[*crossings.crossings(scribe), *forecast.dates_moved(scribe)]),
        ]
    sections.append(trust.trust(scribe))
    base = book.base_url.rstrip("/") if book.base_url else None
    address = f"{base}/r/{book.root}/{book.edition.folder}/overview.{locale}.html" if base else ""
    return shell.page(
        scribe,
        report="digest",
        headline=said,
        standfirst=standfirst(found, words, used=used, is_stale=is_stale),
        subject=subject(scribe, found, is_stale=is_stale, is_quiet=is_quiet),
        preheader=_preheader(scribe, found, used, asked=len(asked)),
        waiting=numbers.waiting,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=proposals.elsewhere(scribe, asked),
        decisions_counted=proposals.elsewhere(scribe, asked, with_places=False),
        figures=top,
        sections=sections,
        archive=Place(label=words.text("mail.open"), href=address) if address else None,
        picture=None if is_quiet else _picture(scribe),
    )


def personal(numbers: Reckoning, locale: str, *, common: Page) -> Iterator[tuple[str, Page]]:
    """The digest as each of the book's people gets it, by name: what waits for them first, and shorter.

    Those for whom nothing waits are left out.

    `common` is the digest that everyone gets. Themes are told to those who sponsor one; whatever is left out is on the
    pages that the mail leads to.
    """
    people = numbers.book.people
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = findings(numbers) if people else []
    for person in people:
        if waiting := mine.waiting(scribe, found, person):
            yield person, _of(scribe, person, waiting, common=common)


def _of(scribe: Scribe, person: str, waiting: tuple[Question, ...], *, common: Page) -> Page:
    words, numbers = scribe.words, scribe.numbers
    sponsors = any(mine.is_same(one.theme.sponsor, person) for one in numbers.themes if one.theme.sponsor)
    issue = shell.issue(scribe, short=True)
    finding = " ".join(clean(plain(waiting[0].text)).split())
    key = "mail.subject.mine.stale" if numbers.stale_sources else "mail.subject.mine"
    mark = _mark(scribe)
    room = LONGEST_SUBJECT - len(words.text(key, n=len(waiting), finding="", issue=issue)) - len(mark)
    short = finding if len(finding) <= room else finding[: room - 1].rstrip() + "…"
    return replace(
        common,
        subject=words.text(key, n=len(waiting), finding=short, issue=issue),
        preheader=common.subject,
        decisions_title=words.text("mine.waiting", n=len(waiting)),
        decisions=waiting,
        decisions_more=(),
        decisions_counted=(),
        sections=tuple(_briefly(scribe, one) for one in common.sections if one.id != "value" or sponsors),
        picture=None,
    )


def _briefly(scribe: Scribe, section: Section) -> Section:
    """What changed, the first few lines of it; every other section as it is."""
    blocks = tuple(
        replace(
            one,
            entries=one.entries[:MOST_CHANGES],
            more=joined([scribe.words.say("mine.more", n=left) if (left := len(one.entries) - MOST_CHANGES) > 0 else (),
                         one.more]),
        )
        if isinstance(one, Changes)
        else one
        for one in section.blocks
    )  # fmt: skip
    return replace(section, blocks=blocks)


def subject(scribe: Scribe, found: list[Finding], *, is_stale: bool, is_quiet: bool) -> str:
    """The finding first, the week (or what else the edition is of) last, 75 characters at most."""
    words, mark = scribe.words, _mark(scribe)
    issue = shell.issue(scribe, short=True)
    if is_quiet:
        is_weekly = rhythm_of(scribe.numbers.book.edition.id) is Rhythm.WEEK
        return clean(words.text("mail.subject.quiet" if is_weekly else "mail.subject.quiet.other", issue=issue))
    key = "mail.subject.stale" if is_stale else "mail.subject"
    usable = [one for one in found if not (is_stale and one.uses_flow)]
    room = LONGEST_SUBJECT - len(words.text(key, finding="", issue=issue)) - len(mark)
    choices = [one for one in usable if one.kind != "decision_due"] or usable
    for limit in (60, 40, 28, 20):
        finding = " ".join(clean(plain(capitalised(clause(choices[0], words, longest_name=limit)))).split())
        if len(finding) <= room:
            break
    if len(finding) > room:
        finding = finding[: room - 1].rstrip() + "…"
    return words.text(key, finding=finding, issue=issue)


def _mark(scribe: Scribe) -> str:
    """How the subject of a correction will begin for whoever had the former revision: room is left for it."""
    is_correction = scribe.numbers.book.edition.corrects is not None
    return scribe.words.text("mail.subject.correction") if is_correction else ""


def _preheader(scribe: Scribe, found: list[Finding], used: tuple[Finding, ...], *, asked: int) -> str:
    """What the subject does not say: decisions first, then the next findings."""
    others = [plain(sentence(one, scribe.words)) for one in found if one not in used and one.kind != "decision_due"]
    text = " ".join([f"{decisions.count(scribe, asked)}.", *others])
    text = " ".join(clean(text).split())
    return text if len(text) <= LONGEST_PREHEADER else text[: LONGEST_PREHEADER - 1].rstrip() + "…"


def _picture(scribe: Scribe) -> Figure | None:
    """The lead outcome of the theme that is furthest behind; None without a measured one."""
    measured = [
        (score.objective.pace_points or Decimal(0), leading)
        for score in scribe.numbers.themes
        if (leading := score.lead) is not None and leading.score is not None
    ]
    if not measured:
        return None
    figure = outcome_figure(scribe, min(measured, key=lambda pair: pair[0])[1])
    return figure if figure.chart is not None else None
