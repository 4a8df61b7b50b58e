"""Epics that were done in the quarter, each with the verdict on what it was to bring."""

from __future__ import annotations

from datetime import timedelta

from domain.journey import Journey
from domain.period import Period
from metrics.ledger import Hypothesis
from metrics.selection import at_level, finished
from reports.board import BoardNumbers
from reports.ledger import ledger
from reports.page import Cell, Column, Exhibit, Paragraph, Row, Section, Status, Table
from reports.sections.changes import so_far
from reports.sections.scribe import Scribe, brief, text
from reports.words.catalogue import foreign

MOST = 30
TONES = {"confirmed": Status.GOOD, "refuted": Status.BAD}


def finished_epics(scribe: Scribe, board: BoardNumbers) -> Section:
    """One row for each epic and hypothesis, the newest first."""
    words, book = scribe.words, scribe.numbers.book
    window = Period(board.weeks[0].start, board.weeks[-1].end)
    level = book.portfolio.guardrails.board_level
    done = list(finished(at_level(book.journeys, level), finished_in=window, calendar=book.calendar))
    done.sort(key=lambda one: (one.finished_at is None, one.finished_at, one.key), reverse=True)
    by_item: dict[str, list[Hypothesis]] = {}
    for one in ledger(scribe.numbers).hypotheses:
        if one.benefit.item is not None:
            by_item.setdefault(one.benefit.item.casefold(), []).append(one)
    declared = sum(one.key.casefold() in by_item for one in done)
    rows = [row for one in done for row in _rows(scribe, one, by_item.get(one.key.casefold(), []))]
    columns = ("hypothesis", "verdict")
    block: Exhibit | Paragraph = Exhibit(
        table=Table(
            caption=words.text("finished.caption", period=words.period(window)),
            name="board-finished",
            columns=(
                Column(head=words.text("head.epic")),
                Column(head=words.text("finished.head.done")),
                *(Column(head=words.text(f"finished.head.{one}")) for one in columns),
            ),
            rows=tuple(rows[:MOST]),
        ),
        notes=tuple(
            note
            for note in (
                words.say("items.unshown", n=len(rows) - MOST) if len(rows) > MOST else (),
                words.say("finished.note"),
            )
            if note
        ),
        definition=scribe.definition("hypothesis"),
    )
    if not done:
        block = Paragraph(text=words.say("finished.none.text"))
    return Section(
        id="finished",
        question=words.text("finished.question"),
        headline=words.say("finished.head", n=len(done), declared=words.whole(declared))
        if done
        else so_far(scribe, words.say("finished.none"), since=scribe.numbers.today - timedelta(weeks=13)),
        blocks=(block,),
        long=True,
    )


def _rows(scribe: Scribe, epic: Journey, told: list[Hypothesis]) -> list[Row]:
    words = scribe.words
    assert epic.finished_at is not None
    day = words.day(scribe.numbers.book.calendar.day(epic.finished_at))
    first = (
        Cell(text=foreign(brief(scribe.numbers.items[epic.id].title)), note=scribe.item(epic), width=6),
        Cell(text=text(day)),
    )
    if not told:
        return [Row(cells=(*first, Cell(text=words.say("finished.undeclared")), Cell(text=words.say("none"))))]
    return [
        Row(
            cells=(
                *first,
                Cell(text=foreign(one.benefit.name), width=6),
                Cell(
                    text=words.say(f"ledger.verdict.{'unmeasured' if one.is_unmeasured else one.verdict or 'none'}"),
                    status=TONES.get(one.verdict or ""),
                ),
            )
        )
        for one in told
    ]
