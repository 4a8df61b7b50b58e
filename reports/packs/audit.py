"""Governance and audit. Who decided what, from which data, and can it be made again?"""

from __future__ import annotations

from metrics.governance import expired
from reports.findings import findings, standfirst
from reports.findings import governance as found_by
from reports.findings import headline as composed
from reports.governance import rulings
from reports.packs import shell
from reports.page import Page, joined
from reports.reckoning import Reckoning
from reports.sections import audit as sections
from reports.sections import decisions, governance, proposals
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def audit(numbers: Reckoning, locale: str) -> Page:
    """The page in one language: rules first, then the records they rest on."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = [one for one in findings(numbers, parts=(found_by,)) if one.kind != "quiet"]
    is_stale = bool(numbers.stale_sources)
    usable = [one for one in found if not (is_stale and one.uses_flow)]
    if usable:
        said, used = composed(usable, scribe.words, is_stale=is_stale)
        below = standfirst(usable, scribe.words, used=used, is_stale=is_stale)
    else:
        said = governance.headline(scribe) if rulings(numbers) else sections.decisions_headline(scribe)
        below = ()
    ended = {one.item for _, one in expired(rulings(numbers), on=numbers.today)}
    broken = {one.journey.key for result in rulings(numbers) for one in result.broken}
    waiting = tuple(one for one in numbers.waiting if one.item is not None and one.item in ended | broken)
    asked = (
        *decisions.questions(scribe, waiting),
        *(one for each in usable for one in proposals.proposed(scribe, each)),
    )
    return shell.page(
        scribe,
        report="audit",
        headline=said,
        standfirst=joined([below, scribe.words.say("audit.standfirst")]),
        waiting=waiting,
        decisions_title=decisions.count(scribe, len(asked)),
        decisions=asked,
        figures=(),
        sections=[
            governance.rules(scribe),
            sections.decisions(scribe),
            sections.settings(scribe),
            sections.readings(scribe),
            sections.editions(scribe),
            sections.mails(scribe),
            sections.access(scribe),
        ],
    )
