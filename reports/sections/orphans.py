"""Open epics without a theme that may belong to this one, each with the evidence; nothing of it is ever applied."""

from __future__ import annotations

from metrics.orphans import Evidence, Suggestion, suggestions
from metrics.selection import at_level
from reports.page import Cell, Column, Exhibit, Row, Section, Table, Text, joined
from reports.reckoning import ThemeScore
from reports.sections.scribe import Scribe, brief
from reports.words.catalogue import foreign

MOST = 10


def candidates(scribe: Scribe, score: ThemeScore) -> Section | None:
    """What may be this theme's; None where nothing speaks for it."""
    words, book = scribe.words, scribe.numbers.book
    every = book.once(
        "suggestions", lambda: suggestions(at_level(book.journeys, "epic"), book.journeys, book.marks)
    )
    mine = [one for one in every if one.theme == score.theme.id]
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


def _row(scribe: Scribe, one: Suggestion) -> Row:
    orphan = one.orphan
    return Row(
        cells=(
            Cell(text=foreign(brief(orphan.title)), note=scribe.item(orphan)),
            Cell(text=joined([_why(scribe, each) for each in one.evidence], separator="; "), width=4),
            Cell(text=foreign(orphan.status), width=3),
            Cell(text=foreign(orphan.owner) if orphan.owner else scribe.words.say("none"), width=3),
        )
    )


def _why(scribe: Scribe, one: Evidence) -> Text:
    return scribe.words.say(f"orphans.{one.kind}", name=foreign(one.name), n=one.n)
