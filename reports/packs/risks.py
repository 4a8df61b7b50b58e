"""Risks and dependencies. What could stop us, who acts, by when?"""

from __future__ import annotations

from metrics.dependencies import Health
from reports.findings import capitalised, closed, findings, headline, standfirst
from reports.findings import hazards as rules
from reports.hazards import dangers
from reports.packs import shell
from reports.page import Page, Text, joined
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
        said, below = _calm(scribe, is_stale=is_stale)
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


def _calm(scribe: Scribe, *, is_stale: bool) -> tuple[Text, Text]:
    """That nothing asks for anything; not where nobody says what a risk is, nor beside a link that was passed over."""
    told = dangers(scribe.numbers)
    if is_stale:
        return capitalised(scribe.words.say("risks.headline.stale")), sections.in_short(scribe)
    if not told.knows_risks:
        said = [closed(dependencies.headline(scribe)), closed(dependencies.stopped(scribe))]
        return scribe.words.say("risks.head.unset"), joined(said)
    if told.standing(Health.BROKEN):
        return dependencies.headline(scribe), sections.in_short(scribe)
    name = "quiet" if told.risks or told.dependencies.edges else "empty"
    return capitalised(scribe.words.say(f"risks.headline.{name}")), sections.in_short(scribe)
