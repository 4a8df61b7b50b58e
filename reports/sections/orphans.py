"""Open epics without a theme, and the themes they may belong to, with the evidence; nothing of it is ever applied."""

from __future__ import annotations

from domain.journey import Journey
from domain.work_item import ItemId
from metrics.alignment import orphans
from metrics.orphans import Evidence, Suggestion, suggestions
from metrics.selection import at_level
from reports.page import Cell, Column, Exhibit, Row, Section, Table, Text
from reports.reckoning import ThemeScore
from reports.sections.scribe import Scribe, brief
from reports.words.catalogue import foreign

MOST = 10


def candidates(scribe: Scribe, score: ThemeScore) -> Section | None:
    """What may be this theme's; None where nothing speaks for it."""
    words = scribe.words
    mine = [one for one in _suggested(scribe) if one.theme == score.theme.id]
    if not mine:
        return None
    table = Table(
        caption=words.text("theme.orphans.caption"),
        name="orphans",
        columns=tuple(Column(head=words.text(f"head.{name}")) for name in ("epic", "why", "state", "owner")),
        rows=tuple(_row(scribe, one) for one in mine[:MOST]),
    )
    more = scribe.lists([one.orphan for one in mine]) if len(mine) > MOST else ()
    return Section(
        id="orphans",
        question=words.text("theme.orphans.subtitle"),
        headline=words.say("theme.orphans.here", n=len(mine)),
        blocks=(
            Exhibit(
                table=table,
                notes=(words.say("theme.orphans.note"), *((more,) if more else ())),
                definition=scribe.definition("alignment_epics"),
            ),
        ),
        long=True,
    )


def all_of_them(scribe: Scribe) -> Section | None:
    """Every open epic without a theme, a row for each theme that something speaks for; None where there is no epic."""
    words, book = scribe.words, scribe.numbers.book
    lost = orphans(at_level(book.journeys, "epic")) if book.portfolio.themes else ()
    if not lost:
        return None
    names = {one.id: foreign(one.name) for one in book.portfolio.themes}
    said: dict[ItemId, list[Suggestion]] = {}
    for one in _suggested(scribe):
        said.setdefault(one.orphan.id, []).append(one)
    rows = []
    for epic in lost:
        for one in said.get(epic.id, ()):
            rows.append(Row(cells=_cells(scribe, epic, theme=names[one.theme], why=_whys(scribe, one))))
        if epic.id not in said:
            nothing = words.say("orphans.nothing")
            rows.append(Row(cells=_cells(scribe, epic, theme=words.say("unknown"), why=nothing)))
    heads = ("head.epic", "quality.head.candidate", "orphans.head", "head.state", "head.owner")
    table = Table(
        caption=words.text("quality.caption.orphans"),
        name="orphans",
        columns=tuple(Column(head=words.text(one)) for one in heads),
        rows=tuple(rows),
    )
    return Section(
        id="orphans",
        question=words.text("quality.orphans.question"),
        headline=words.say("quality.orphans.head", n=len(lost)),
        blocks=(
            Exhibit(
                table=table,
                notes=(words.say("theme.orphans.note"), scribe.lists(lost)),
                definition=scribe.definition("alignment_epics"),
            ),
        ),
        long=True,
    )


def _suggested(scribe: Scribe) -> list[Suggestion]:
    book = scribe.numbers.book
    themes = {one.theme.id for one in scribe.numbers.themes}
    return book.once(
        "suggestions",
        lambda: suggestions(at_level(book.journeys, "epic"), book.journeys, book.marks, themes=themes),
    )


def _row(scribe: Scribe, one: Suggestion) -> Row:
    epic, _, *others = _cells(scribe, one.orphan, theme=(), why=_whys(scribe, one))
    return Row(cells=(epic, *others))


def _cells(scribe: Scribe, epic: Journey, *, theme: Text, why: Text) -> tuple[Cell, ...]:
    return (
        Cell(text=foreign(brief(epic.title)), note=scribe.item(epic)),
        Cell(text=theme, width=3),
        Cell(text=why, width=4),
        Cell(text=foreign(epic.status), width=3),
        Cell(text=foreign(epic.owner) if epic.owner else scribe.words.say("none"), width=3),
    )


def _whys(scribe: Scribe, one: Suggestion) -> Text:
    return scribe.words.parted(_why(scribe, each) for each in one.evidence)


def _why(scribe: Scribe, one: Evidence) -> Text:
    return scribe.words.say(f"orphans.{one.kind}", name=foreign(one.name), n=one.n)
