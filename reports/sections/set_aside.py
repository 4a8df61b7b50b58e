"""Which CSV files, or lines of them, are not read; what is told without them; and who mends them."""

from __future__ import annotations

from domain.set_aside import Mistake, SetAside
from reports.findings import closed
from reports.page import Banner, Cell, Column, Exhibit, Row, Section, Table, Text, joined
from reports.sections.dense import anchor
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import Words, foreign
from reports.words.mistakes import mended

MOST = 200  # mistakes that a page lists; a file in the wrong shape has one on every line


def notices(scribe: Scribe) -> list[Banner]:
    """One for each file: what is not read, the first mistake with its mend, what goes on without it, and for whom."""
    return [Banner(text=_notice(scribe, one), bad=True) for one in scribe.numbers.book.set_aside]


def unread_file(scribe: Scribe, tells: str) -> Text:
    """The file that tells something, where it is not read, or not all of it; else nothing."""
    return next((foreign(one.file) for one in _of(scribe, tells)), ())


def notice(scribe: Scribe, tells: str) -> Text:
    """What of the file that tells something is not read, where, and who mends it; nothing where all of it is read."""
    return joined([_notice(scribe, one) for one in _of(scribe, tells)])


def unknown(scribe: Scribe, tells: str) -> Text:
    """Instead of saying that there is none: decisions or dependencies may stand in what of their file is not read."""
    words = scribe.words
    return next(
        (
            words.say(f"aside.unknown.{'' if one.is_whole else 'line.'}{tells}", file=foreign(one.file), n=one.lines)
            for one in _of(scribe, tells)
        ),
        (),
    )


def mistakes(scribe: Scribe) -> Section | None:
    """Every mistake with its place and mend; None: there is none."""
    words = scribe.words
    found = sorted({mistake for one in scribe.numbers.book.set_aside for mistake in one.mistakes})
    if not found:
        return None
    notes = [words.say("quality.aside.note")]
    if (more := len(found) - MOST) > 0:
        notes.append(words.say("quality.aside.more", n=more))
    heads = ["file", "line", *(["column", "problem"] if any(one.message for one in found) else [])]
    return Section(
        id="set-aside",
        question=words.text("quality.aside.question"),
        headline=words.say("quality.aside.head", n=len(found)),
        blocks=(
            Exhibit(
                table=Table(
                    caption=words.text("quality.caption.aside"),
                    name="log-aside",
                    columns=tuple(
                        Column(head=words.text(f"quality.head.{one}"), numeric=one == "line") for one in heads
                    ),
                    rows=tuple(_row(words, number, one, len(heads)) for number, one in enumerate(found[:MOST], 1)),
                ),
                notes=tuple(notes),
            ),
        ),
        long=True,
    )


def _of(scribe: Scribe, tells: str) -> list[SetAside]:
    return [one for one in scribe.numbers.book.set_aside if one.tells == tells]


def _row(words: Words, number: int, one: Mistake, columns: int) -> Row:
    cells = (
        Cell(text=foreign(one.file)),
        Cell(text=text(str(one.line))),
        Cell(text=foreign(one.path)),
        Cell(text=mended(one.message, words) or foreign(one.message), width=6),
    )
    return Row(anchor=anchor("aside", str(number)), cells=cells[:columns])


def _notice(scribe: Scribe, one: SetAside) -> Text:
    words, file, is_open = scribe.words, foreign(one.file), bool(one.first.message)
    what = words.say("aside.file", file=file) if one.is_whole else words.say("aside.lines", file=file, n=one.lines)
    n = len(one.mistakes)
    if is_open and (problem := mended(one.first.message, words)) is not None:
        where = words.say("aside.where", n=n, place=_place(scribe, one), problem=problem)
    elif is_open:
        where = words.say("aside.where.other", n=n, place=_place(scribe, one))
    else:
        where = words.say("aside.where.closed", n=n, place=_place(scribe, one))
    where = closed(where)  # a mend may ask: did you mean another?
    without = words.say(f"aside.without.{'' if one.is_whole else 'line.'}{one.tells}")
    return joined([what, where, without, words.say("aside.who" if is_open else "aside.who.closed")])


def _place(scribe: Scribe, one: SetAside) -> Text:
    words, first = scribe.words, one.first
    line = str(first.line)  # a place, and no count: without a mark for thousands
    if first.file != one.file:  # the setting that names a file which is not there
        return words.say("aside.place.other", file=foreign(first.file), line=line)
    if first.path:
        return words.say("aside.place.column", line=line, column=foreign(first.path))
    return words.say("aside.place", line=line)
