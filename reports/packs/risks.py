"""Risks and dependencies. What could stop us, who acts, by when?"""

from __future__ import annotations

from reports.findings import capitalised, findings, headline, standfirst
from reports.findings import hazards as rules
from reports.hazards import dangers
from reports.packs import shell
from reports.page import Page
from reports.reckoning import Reckoning
from reports.sections import decisions, dependencies
from reports.sections import risks as sections
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def risks(numbers: Reckoning, locale: str) -> Page:
    """The page in one language: risks first, then what waits for what, then what is blocked and what was settled."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    told = dangers(numbers)
    found = [one for one in findings(numbers, parts=(rules, rules.ON_ITS_PAGE)) if one.kind != "quiet"]
    is_stale = bool(numbers.stale_sources)
    if found and not is_stale:
        said, used = headline(found, scribe.words, is_stale=False)
        below = standfirst(found, scribe.words, used=used, is_stale=False)
    else:
        variant = "stale" if is_stale else "quiet" if told.risks or told.dependencies.edges else "empty"
        said, below = capitalised(scribe.words.say(f"risks.headline.{variant}")), sections.in_short(scribe)
    ours = {one.journey.key for one in told.facts.register.risks}
    ours |= {numbers.items[end].key for one in told.dependencies.edges
             for end in (one.edge.before, one.edge.after) if end in numbers.items}  # fmt: skip
    waiting = decisions.concerning(numbers.waiting, lambda key: key in ours)
    asked = (
        *decisions.questions(scribe, waiting, most=decisions.EVERY),
        *sections.asked(scribe),
        *dependencies.asked(scribe),
    )
    return shell.page(
        scribe,
        report="risks",
        headline=said,
        standfirst=below,
        waiting=waiting,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=decisions.more(scribe, asked[decisions.MOST :]),
        figures=(*sections.figures(scribe), *dependencies.figures(scribe)),
        figures_key="figures.key.risks",
        sections=[
            sections.largest(scribe),
            sections.hygiene(scribe),
            dependencies.dependencies(scribe),
            dependencies.blocked(scribe),
            sections.settled(scribe),
        ],
    )
