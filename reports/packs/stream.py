"""One page a value stream, with its trains. Where does work wait, is it predictable, how much should it take on?"""

from __future__ import annotations

from dataclasses import replace

from reports.findings import findings
from reports.packs import shell
from reports.page import KeyFigure, Page, Place, Question, Text
from reports.reckoning import Reckoning
from reports.sections import decisions, figures, increments, mixes, proposals, stream, trust
from reports.sections.scribe import Scribe
from reports.streams import Stream, streams
from reports.words.catalogue import Words, foreign
from reports.words.foreign import one_line


def value_streams(numbers: Reckoning, locale: str) -> list[Page]:
    """The pages of all value streams in one language."""
    every = streams(numbers)
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    questions = proposals.asked(scribe, findings(numbers), most=decisions.EVERY)
    return [_page(one, every, proposals.of_stream(scribe, questions, one.stream), locale) for one in every]


def _page(told: Stream, every: tuple[Stream, ...], asked: tuple[Question, ...], locale: str) -> Page:
    numbers = told.numbers
    words = Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone)
    scribe = Scribe(numbers, words)
    places = tuple(
        Place(label=one.stream.name, href=f"stream-{one.stream.id}.{locale}.html", current=one is told) for one in every
    )
    pages = {train: place.href for one, place in zip(every, places, strict=True) for train in one.trains}
    sections = [
        stream.where(scribe, told),
        stream.rhythm(scribe, told),
        mixes.of_stream(scribe, told.stream),
        stream.blocked(scribe, told),
        increments.objectives(scribe, told),
        increments.ahead(scribe, told),
        increments.waits(scribe, told, pages=pages),
        stream.others(scribe, places),
        trust.trust(scribe),
    ]
    return shell.page(
        scribe,
        report="stream",
        slug=told.stream.id,
        title=words.text(
            "title.stream",
            stream=one_line(told.stream.name, 60),
            portfolio=one_line(numbers.book.portfolio.name, 60),
            issue=shell.issue(scribe, week="issue.week.stream"),
        ),
        name=foreign(told.stream.name),
        headline=_headline(scribe, told),
        standfirst=_standfirst(scribe, told),
        waiting=numbers.waiting,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=decisions.more(scribe, asked[decisions.MOST :]),
        figures=_figures(scribe, told),
        sections=[one for one in sections if one is not None],
    )


def _headline(scribe: Scribe, told: Stream) -> Text:
    """The constraint first; without enough finished work, what is known of the objectives."""
    if scribe.numbers.flow is None:
        return scribe.words.say("stream.empty.head")
    return stream.constraint(scribe, told)


def _standfirst(scribe: Scribe, told: Stream) -> Text:
    """What the headline leaves out, what came in and what left, what the trains brought, and what is blocked."""
    words, flow = scribe.words, scribe.numbers.flow
    said: list[Text] = [beside] if (beside := stream.beside(scribe, told)) else []
    if flow is not None:
        moved = flow.balance
        ended = moved.departures
        said.append(
            words.say(
                f"stream.standfirst.{moved.verdict}", begun=words.whole(moved.arrivals), ended=words.whole(ended),
                level=scribe.level(),
            )
        )  # fmt: skip
    said.append((*increments.brought(scribe, told), *foreign(".")))
    if told.blocked:
        said.append(words.say("stream.standfirst.blocked", n=len(told.blocked)))
    return shell.sentences(said)


def _figures(scribe: Scribe, told: Stream) -> tuple[KeyFigure, ...]:
    """Flow time, throughput, work in progress, flow efficiency, objectives."""
    found = []
    if scribe.numbers.flow is not None:
        half = scribe.numbers.flow.time.p50_days
        time = figures.flow_time(scribe, page="")
        if half is not None:
            time = replace(time, versus=scribe.words.text("stream.figure.half", n=half))
        found += [time, figures.throughput(scribe), figures.load(scribe), figures.efficiency(scribe)]
    return (*found, figures.objectives(scribe, told.scored, told.trains))
