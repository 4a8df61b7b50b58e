"""Data quality and alignment. What must be mended so that the other pages can be believed?"""

from __future__ import annotations

from reports.packs import shell
from reports.page import Page, Text
from reports.reckoning import Reckoning
from reports.sections import orphans, set_aside, trust
from reports.sections import quality as sections
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words


def quality(numbers: Reckoning, locale: str) -> Page:
    """The page in one language; it asks for repairs, and for no decision."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    return shell.page(
        scribe,
        report="quality",
        headline=trust.headline(scribe),
        standfirst=_standfirst(scribe),
        waiting=(),
        figures=(),
        sections=[
            *((aside,) if (aside := set_aside.mistakes(scribe)) is not None else ()),
            *((weak,) if (weak := sections.weak(scribe)) is not None else ()),
            sections.freshness(scribe),
            *([counted] if (counted := trust.proof(scribe)) is not None else []),
            sections.coverage(scribe),
            sections.to_fix(scribe),
            sections.alignment(scribe),
            *((tied,) if (tied := orphans.all_of_them(scribe)) is not None else ()),
            sections.contradicting(scribe),
            sections.left_out(scribe),
        ],
    )


def _standfirst(scribe: Scribe) -> Text:
    """The rule that most items break, and what the page is for."""
    words, found = scribe.words, [one for one in scribe.numbers.defects if one.rule != "ignored"]
    if not found:
        return words.say("quality.standfirst.good")
    worst = found[0]
    return words.say(
        "quality.standfirst",
        n=len(worst.journeys),
        rule=words.text(f"rule.{worst.rule}"),
        distorts=words.text(f"quality.distorts.{worst.rule}"),
    )
