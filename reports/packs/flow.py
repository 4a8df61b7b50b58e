"""Flow and forecasts. What keeps work from flowing, when will it be done, and which dates need an answer?"""

from __future__ import annotations

from dataclasses import replace

from reports.findings import Finding, finding, findings, headline, portfolio, standfirst, unread
from reports.findings import flow as rules
from reports.packs import shell
from reports.page import Page, Paragraph, Section
from reports.reckoning import Reckoning
from reports.sections import changes, crossings, decisions, figures, flow, forecast, proposals, stream, trust
from reports.sections.scribe import Scribe
from reports.streams import streams
from reports.words.catalogue import Words


def flow_and_forecasts(numbers: Reckoning, locale: str) -> Page:
    """The page in one language, for the portfolio lead and the RTEs: rhythm, waiting, what it serves, dates."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    found = _about(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, scribe.words, is_stale=is_stale)
    named = {key for one in found for key in one.items}
    waiting = decisions.concerning(numbers.waiting, named.__contains__)
    asked = proposals.asked(scribe, found, waiting=waiting, most=decisions.EVERY)
    sections: list[Section | None] = [
        flow.rhythm(scribe, found),
        _waits(scribe, found),
        flow.served(scribe),
        forecast.forecast(scribe),
        changes.changes(scribe, dates=crossings.crossings(scribe)),
        trust.trust(scribe),
    ]
    return shell.page(
        scribe,
        report="flow",
        headline=said,
        standfirst=standfirst(found, scribe.words, used=used, is_stale=is_stale),
        waiting=waiting,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=decisions.more(scribe, asked[decisions.MOST :]),
        figures=figures.of_flow(scribe),
        figures_data=figures.figures_data(scribe),
        sections=[one for one in sections if one is not None],
    )


def _waits(scribe: Scribe, found: list[Finding]) -> Section | None:
    """Where work piles up, in the smallest items of single trains, too."""
    told = flow.waits(scribe, found)
    jammed = [Paragraph(text=said) for one in streams(scribe.numbers) for said in stream.jams(scribe, one)]
    return None if told is None else replace(told, blocks=(*jammed, *told.blocks))


def _about(numbers: Reckoning) -> list[Finding]:
    """What was found about the flow and the dates; that nothing was where nothing was."""
    found = [one for one in findings(numbers, parts=(portfolio, unread, rules)) if one.kind in rules.KINDS]
    if found:
        return found
    variant = "" if numbers.flow is not None else "empty"
    return [finding(numbers, "quiet", subject="flow", is_good=True, variant=variant)]
