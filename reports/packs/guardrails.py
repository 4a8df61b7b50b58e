"""Guardrails and budget. Is the money inside what we agreed, and who said yes?"""

from __future__ import annotations

from dataclasses import replace

from reports.findings import findings, headline, standfirst
from reports.findings import guardrails as rules
from reports.findings import money as costs
from reports.guardrails import guardrails as measured
from reports.packs import shell
from reports.page import Page, Paragraph, Section, Text
from reports.reckoning import Reckoning
from reports.restated import retold
from reports.sections import decisions, initiatives, lamps, mixes, money, owners, proposals, restatement
from reports.sections import guardrails as sections
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def guardrails(numbers: Reckoning, locale: str) -> Page:
    """The pack in one language: the four guardrails, then the money, then what is assumed."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = [one for one in findings(numbers) if one.kind in (*rules.KINDS, *costs.KINDS)]
    is_stale = bool(numbers.stale_sources)
    touched = {one.journey.key for one in measured(numbers).initiatives.significant}
    touched |= {one.key for split in measured(numbers).initiatives.splits for one in split.journeys}
    waiting = decisions.concerning(numbers.waiting, touched.__contains__)
    asked = (
        *decisions.questions(scribe, waiting, most=decisions.EVERY),
        *sections.asked(scribe),
        *(one for each in found if each.kind in costs.KINDS for one in proposals.proposed(scribe, each)),
    )
    if found:
        said, used = headline(found, scribe.words, is_stale=is_stale)
        below = standfirst(found, scribe.words, used=used, is_stale=is_stale)
    else:
        said = _quiet(scribe)
        below = scribe.words.say(f"guardrails.standfirst.{'quiet' if measured(numbers).is_agreed else 'not_agreed'}")
    page = shell.page(
        scribe,
        report="guardrails",
        headline=said,
        standfirst=below,
        waiting=waiting,
        figures=(*lamps.figures(scribe), *money.money_figures(scribe)[:1]),
        figures_key="figures.key.guardrails",
        standing=lamps.standing(scribe),
        sections=[
            mixes.horizons(scribe),
            mixes.capacity(scribe),
            initiatives.significant(scribe),
            owners.owners(scribe),
            *(_with_all_retold(scribe, one) for one in money.money_sections(scribe)),
            sections.assumptions(scribe),
        ],
    )
    return replace(
        page,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=decisions.more(scribe, asked[decisions.MOST :]),
    )


def _with_all_retold(scribe: Scribe, section: Section) -> Section:
    """Beside what changed in closed months, how many figures of closed periods read differently in all."""
    if section.id != "closed" or not retold(scribe.numbers).months:
        return section
    return replace(section, blocks=(*section.blocks, Paragraph(text=restatement.in_short(scribe))))


def _quiet(scribe: Scribe) -> Text:
    """That all hold; or that none is agreed, or can be judged."""
    words = scribe.words
    judged = sum(one.status.value != "none" for one in lamps.lamps(scribe))
    if judged:
        return words.say("guardrails.hold", n=judged)
    return words.say("guardrails.untold" if measured(scribe.numbers).is_agreed else "guardrails.not_agreed")
