"""The sheets of the review that no other page has: a theme that is off its plan, and what may enter the portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.ledger import lacks_hypothesis
from reports.page import Cell, Column, Empty, Exhibit, Paragraph, Question, Row, Section, Status, Table, Text, joined
from reports.reckoning import ThemeScore
from reports.review import Candidate, candidates
from reports.sections import arrivals, threats, worth
from reports.sections.board import state_text
from reports.sections.epics import in_short
from reports.sections.options import with_options
from reports.sections.order import policy_text
from reports.sections.outcome import outcome_figure
from reports.sections.scribe import Scribe, brief, text
from reports.sponsor import arrivals as dated
from reports.words.catalogue import emphasised, foreign

DRAWN, BESIDE = 6, 6  # columns of twelve
MOST = 4  # candidates
MOST_LACKS = 3


def off_its_plan(scribe: Scribe, score: ThemeScore) -> Section:
    """One theme: its lead outcome over time, beside it epics, money and risks in words, and the ways to go on."""
    words, leading = scribe.words, score.lead
    told = [in_short(scribe, score), worth.headline(scribe, score), threats.headline(scribe, score)]
    asked = Question(id="", text=(), meta=(), about=(f"theme:{score.theme.id}",))
    options = with_options(scribe, asked, score).options
    said: list[Text] = [joined([(*one, *text(".")) for one in told if one])]
    said += [joined([words.say("review.option", letter=letter), one])
             for letter, one in zip("ABC", options, strict=False)]  # fmt: skip
    beside = [Paragraph(text=one, columns=BESIDE) for one in said]
    drawn = [] if leading is None else [
        replace(
            outcome_figure(scribe, leading, columns=DRAWN, told=dated(scribe.numbers, score)[leading.key_result.id]),
            rows=len(beside),
        )
    ]  # fmt: skip
    behind = score.behind or 0
    return Section(
        id=f"off-{score.theme.id}",
        question=words.text("review.off.question"),
        headline=arrivals.headline(scribe, score)
        or words.say("review.off.head", theme=foreign(score.theme.name), points=words.text("points", n=behind)),
        intro=tuple(emphasised(one) for one in foreign(score.theme.name)),
        blocks=(*drawn, *beside),
    )


def entering(scribe: Scribe) -> Section:
    """The epics closest to work: why, what it costs, how urgent it is, when it may come, and what it still lacks."""
    words, found = scribe.words, candidates(scribe.numbers)
    question = words.text("review.enter.question")
    if not found:
        why = "review.enter.none.text" if scribe.numbers.board is not None else "review.enter.unset"
        nothing = Empty(title=words.say("review.enter.none"), text=words.say(why))
        return Section(id="candidates", question=question, headline=words.say("review.enter.none"), blocks=(nothing,))
    heads = ("epic", "bet_why", "estimate", "urgency", "likely_date", "lacks")
    ready = [one for one in found if not _lacks(scribe, one)]
    more = words.say("review.enter.more", n=len(found) - MOST) if len(found) > MOST else ()
    is_dated = any(one.dates for one in found[:MOST])
    notes = tuple(one for one in (more, scribe.shaky() if is_dated else ()) if one)
    table = Table(
        caption=words.text("review.enter.caption"),
        name="candidates",
        columns=tuple(Column(head=words.text(f"head.{one}"), numeric=one == "estimate") for one in heads),
        rows=tuple(_candidate(scribe, one) for one in found[:MOST]),
    )
    return Section(
        id="candidates",
        question=question,
        headline=words.say("review.enter.head", n=len(found), ready=words.whole(len(ready)))
        if ready
        else words.say("review.enter.head.incomplete", n=len(found)),
        blocks=(Exhibit(table=table, notes=notes, definition=scribe.definition("wsjf")),),
        long=True,
    )


def on_candidates(scribe: Scribe, asked: Sequence[Question]) -> Text:
    """What the decisions asked let enter, that there is no room yet, or to complete what is missing."""
    words, board = scribe.words, scribe.numbers.board
    if (pulled := next((one for one in asked if one.id.startswith("pull-")), None)) is not None:
        epic = scribe.numbers.by_key[pulled.about[0]]
        owner = foreign(epic.owner) if epic.owner else words.say("review.owner.lpm")
        name = "enter.bet" if lacks_hypothesis(scribe.numbers, epic) else "enter"
        return words.say(f"review.propose.{name}", item=scribe.item(epic, with_title=True), owner=owner)
    if board is not None and any(one.kind == "hold" for one in board.proposals):
        return words.say("review.propose.hold")
    lacking = next((one for one in candidates(scribe.numbers) if _lacks(scribe, one)), None)
    if lacking is None:
        return words.say("review.propose.nothing", owner=words.say("review.owner.lpm"))
    owner = foreign(lacking.epic.owner) if lacking.epic.owner else words.say("review.owner.epics")
    return words.say("review.propose.complete", item=scribe.item(lacking.epic, with_title=True), owner=owner)


def _lacks(scribe: Scribe, one: Candidate) -> list[Text]:
    """What its case lacks: what it should bring and what it costs, then what its state asks for."""
    bare = [scribe.words.say(f"review.enter.lacks.{name}") for name in one.case_lacks]
    return [*bare, *(policy_text(scribe, policy) for policy in one.state_lacks)]


def _candidate(scribe: Scribe, one: Candidate) -> Row:
    words, book = scribe.words, scribe.numbers.book
    names = {theme.id: theme.name for theme in book.portfolio.themes}
    themes = words.listed([foreign(names[id]) for id in one.epic.placement.themes if id in names])
    bet = foreign(one.bet.benefit.name) if one.bet is not None else words.say("review.enter.no_bet")
    worth_of: Text = ()
    if one.bet is not None and one.bet.realisation.planned_amount is not None:
        worth_of = text(words.money(one.bet.realisation.planned_amount, book.portfolio.currency))
    days = words.say("days", n=one.days) if one.days is not None else ()
    limit = book.portfolio.guardrails.approval_threshold
    is_costly = limit is not None and one.estimate is not None and one.estimate >= limit
    rate = words.say("review.enter.rate", amount=words.money(one.rate, book.portfolio.currency)) if one.rate else ()
    lacks = _lacks(scribe, one)[:MOST_LACKS]
    return Row(
        cells=(
            Cell(
                text=foreign(brief(one.epic.title)),
                note=joined([scribe.item(one.epic), state_text(scribe, one.state), days,
                             foreign(one.epic.owner) if one.epic.owner else ()], ", "),
                width=6,
            ),
            Cell(text=bet, note=joined([themes or words.say("shares.unaligned"), worth_of], " · "), width=6),
            Cell(
                text=words.say("risks.unrated") if one.estimate is None
                else text(words.money(one.estimate, book.portfolio.currency)),
                note=words.say("review.enter.approval") if is_costly else (),
            ),
            Cell(
                text=words.say("board.unscored") if one.score is None
                else words.say("review.enter.wsjf", score=words.number(one.score, places=1)),
                note=rate,
            ),
            Cell(text=arrivals.span(scribe, one.dates), width=3),
            Cell(
                text=words.listed(lacks) if lacks else words.say("review.enter.complete"),
                status=Status.WARN if lacks else Status.GOOD,
                width=6,
            ),
        )
    )  # fmt: skip
