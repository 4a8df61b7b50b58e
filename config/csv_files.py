"""The CSV files: budgets, KPI readings, decisions, dependencies, objectives. UTF-8, ISO dates, dot decimals."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from config import values
from config.mistakes import Mistake, did_you_mean

Row = TypeVar("Row")
A_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*[-#]\d+")  # of an item, in a line whose columns are not known
MOST_BYTES = 64_000_000
TOO_LARGE = f"the file has more than {MOST_BYTES:,} bytes, which is all that is read; keep its newest lines alone"


@dataclass(frozen=True, kw_only=True)
class BudgetRow:
    """What a value stream may spend in a period, in the portfolio's currency."""

    file: str
    line: int
    value_stream: str
    period: str
    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class ActualRow:
    """What a value stream has cost in a period, and when finance closed it (None: it may still change)."""

    file: str
    line: int
    value_stream: str
    period: str
    amount: Decimal
    closed_on: date | None
    currency: str | None


@dataclass(frozen=True, kw_only=True)
class VoteRow:
    """What participatory budgeting gave a value stream or a theme in a period: a share (0 to 1), or votes."""

    file: str
    line: int
    value_stream: str | None
    theme: str | None
    period: str
    share: Decimal | None
    votes: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ReadingRow:
    """What a KPI was on a day."""

    file: str
    line: int
    kpi: str
    day: date
    value: Decimal
    source: str


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """A decision that waits (`taken` None) or was taken.

    A row with a `question` and an empty `decision` waits; a row without a question was taken.
    """

    file: str
    line: int
    id: str
    asked_on: date
    meeting: str
    question: str
    taken: str | None
    owner: str
    due: date | None
    item: str | None
    edition: str | None
    approves: bool | None


@dataclass(frozen=True, kw_only=True)
class DependencyRow:
    """`before` must be finished before `after` goes on, by `due` where it is said. Keys of any source."""

    file: str
    line: int
    before: str
    after: str
    due: date | None
    note: str


@dataclass(frozen=True, kw_only=True)
class ObjectiveRow:
    """A team's objective for an increment, with its business value from 1 to 10. `actual_bv` None: not yet scored.

    `dropped` says why it was given up on the way; None: it was not. `theme` is the strategic theme that it serves.
    """

    file: str
    line: int
    increment: str
    train: str
    team: str
    objective: str
    committed: bool
    planned_bv: Decimal | None
    actual_bv: Decimal | None
    planned_on: date | None
    scored_on: date | None
    dropped: str | None
    theme: str | None = None


class Cells:
    """One line of a file; reading a cell that is wrong notes a mistake and returns None."""

    def __init__(self, cells: dict[str, str], *, file: str, line: int) -> None:
        self._cells, self.file, self.line = cells, file, line
        self.mistakes: list[Mistake] = []

    def needed(self, column: str, reader: Callable[[str], Row]) -> Row | None:
        if not self._cells.get(column):
            self.note(column, "empty; a value is needed")
            return None
        return self.optional(column, reader)

    def optional(self, column: str, reader: Callable[[str], Row]) -> Row | None:
        cell = self._cells.get(column, "")
        if not cell:
            return None
        try:
            return reader(cell)
        except ValueError as error:
            self.note(column, str(error))
            return None

    def says(self, column: str) -> bool:
        return bool(self._cells.get(column))

    def note(self, column: str, message: str) -> None:
        item = self._cells.get("item")
        self.mistakes.append(Mistake(self.file, self.line, column, message, names=(item,) if item else ()))


def budgets(content: bytes, *, file: str) -> tuple[list[BudgetRow], list[Mistake]]:
    """value_stream,period,amount; and `currency`, where it is told."""
    return _rows(content, file, ("value_stream", "period", "amount"), ("currency",), _budget)


def actuals(content: bytes, *, file: str) -> tuple[list[ActualRow], list[Mistake]]:
    """value_stream,period,amount; `closed_on`, once finance has closed it, and `currency`, where it is told."""
    return _rows(content, file, ("value_stream", "period", "amount"), ("closed_on", "currency"), _actual)


def votes(content: bytes, *, file: str) -> tuple[list[VoteRow], list[Mistake]]:
    """period, with value_stream or theme, and with share or votes."""
    return _rows(content, file, ("period",), ("value_stream", "theme", "share", "votes"), _vote)


def readings(content: bytes, *, file: str) -> tuple[list[ReadingRow], list[Mistake]]:
    """kpi,date,value,source."""
    return _rows(content, file, ("kpi", "date", "value"), ("source",), _reading)


def decisions(content: bytes, *, file: str) -> tuple[list[DecisionRow], list[Mistake]]:
    """id,date,meeting,decision,owner,due,item,edition; `question`, for decisions that wait; `approves`, yes or no."""
    needed = ("id", "date", "meeting", "decision", "owner")
    optional = ("question", "due", "item", "edition", "approves")
    return _rows(content, file, needed, optional, _decision)


def decision_ids(content: bytes) -> set[str] | None:
    """Every id that stands in a decision log, on good lines and on bad ones; None: it cannot be read."""
    try:
        reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
        header = [name.strip() for name in next(reader, [])]
        place = header.index("id")
        return {cells[place] for _, cells in _lines(reader) if len(cells) > place}
    except (_UnreadableError, csv.Error, ValueError):
        return None


def dependencies(content: bytes, *, file: str) -> tuple[list[DependencyRow], list[Mistake]]:
    """before,after,due,note: what must be finished before what, by key, in any tracker; `due` and `note` may lack."""
    return _rows(content, file, ("before", "after"), ("due", "note"), _dependency)


def objectives(content: bytes, *, file: str) -> tuple[list[ObjectiveRow], list[Mistake]]:
    """increment,train,team,objective,committed,planned_bv,actual_bv; planned_on, scored_on, dropped (why), theme."""
    needed = ("increment", "train", "team", "objective", "committed", "planned_bv", "actual_bv")
    return _rows(content, file, needed, ("planned_on", "scored_on", "dropped", "theme"), _objective)


def _budget(cells: Cells) -> Any:
    return BudgetRow(
        file=cells.file,
        line=cells.line,
        value_stream=cells.needed("value_stream", values.text) or "",
        period=cells.needed("period", values.text) or "",
        amount=cells.needed("amount", _amount) or Decimal(0),
        currency=cells.optional("currency", values.text),
    )


def _actual(cells: Cells) -> Any:
    return ActualRow(
        file=cells.file,
        line=cells.line,
        value_stream=cells.needed("value_stream", values.text) or "",
        period=cells.needed("period", values.text) or "",
        amount=cells.needed("amount", _amount) or Decimal(0),
        closed_on=cells.optional("closed_on", values.day),
        currency=cells.optional("currency", values.text),
    )


def _vote(cells: Cells) -> Any:
    row = VoteRow(
        file=cells.file,
        line=cells.line,
        value_stream=cells.optional("value_stream", values.text),
        theme=cells.optional("theme", values.text),
        period=cells.needed("period", values.text) or "",
        share=cells.optional("share", values.share),
        votes=cells.optional("votes", values.decimal),
    )
    if (row.value_stream is None) == (row.theme is None):
        cells.note("value_stream", "a vote is for a value stream or for a theme; fill one of the two columns")
    if not cells.mistakes and (row.share is None) == (row.votes is None):
        cells.note("share", "say either a share of all votes (30%) or a number of votes; fill one of the two columns")
    return row


def _reading(cells: Cells) -> Any:
    return ReadingRow(
        file=cells.file,
        line=cells.line,
        kpi=cells.needed("kpi", values.text) or "",
        day=cells.needed("date", values.day) or date.min,
        value=cells.needed("value", values.decimal) or Decimal(0),
        source=cells.optional("source", values.text) or "",
    )


def _decision(cells: Cells) -> Any:
    question = cells.optional("question", values.text)
    taken = cells.optional("decision", values.text)
    if question is None and taken is None:
        cells.note("decision", "empty; say what was decided, or in a column `question` what waits")
    return DecisionRow(
        file=cells.file,
        line=cells.line,
        id=cells.needed("id", values.text) or "",
        asked_on=cells.needed("date", values.day) or date.min,
        meeting=cells.needed("meeting", values.text) or "",
        question=question or taken or "",
        taken=taken,
        owner=cells.needed("owner", values.text) or "",
        due=cells.optional("due", values.day),
        item=cells.optional("item", values.text),
        edition=cells.optional("edition", values.text),
        approves=cells.optional("approves", values.yes_or_no),
    )


def _dependency(cells: Cells) -> Any:
    row = DependencyRow(
        file=cells.file,
        line=cells.line,
        before=cells.needed("before", values.text) or "",
        after=cells.needed("after", values.text) or "",
        due=cells.optional("due", values.day),
        note=cells.optional("note", values.text) or "",
    )
    if row.before and row.before.casefold() == row.after.casefold():
        cells.note("after", f"{values.said(row.after)} would wait for itself; name another item")
    return row


def _objective(cells: Cells) -> Any:
    for value, day in (("planned_bv", "planned_on"), ("actual_bv", "scored_on")):
        if cells.says(day) and not cells.says(value):
            cells.note(day, f"a day without a business value; fill in {value}, or leave the day out")
    return ObjectiveRow(
        file=cells.file,
        line=cells.line,
        increment=cells.needed("increment", values.text) or "",
        train=cells.needed("train", values.text) or "",
        team=cells.needed("team", values.text) or "",
        objective=cells.needed("objective", values.text) or "",
        committed=bool(cells.needed("committed", values.yes_or_no)),
        planned_bv=cells.optional("planned_bv", _planned_value),
        actual_bv=cells.optional("actual_bv", _actual_value),
        planned_on=cells.optional("planned_on", values.day),
        scored_on=cells.optional("scored_on", values.day),
        dropped=cells.optional("dropped", values.text),
        theme=cells.optional("theme", values.text),
    )


def _planned_value(words: str) -> Decimal:
    return _business_value(words, least=1)


def _actual_value(words: str) -> Decimal:
    return _business_value(words, least=0)


def _amount(words: str) -> Decimal:
    try:
        return values.decimal(words)
    except ValueError as error:
        if any(mark.isalpha() or unicodedata.category(mark) == "Sc" for mark in words):
            raise ValueError(
                f"expected a number alone, found {values.said(words)}; a column `currency` may say EUR"
            ) from None
        raise error from None


def _business_value(words: str, *, least: int) -> Decimal:
    number = values.decimal(words)
    if not least <= number <= 10 or number != int(number):
        raise ValueError(f"expected a business value, a whole number from {least} to 10, found {values.said(words)}")
    return number


def _rows(
    content: bytes, file: str, needed: Sequence[str], optional: Sequence[str], row_of: Callable[[Cells], Row]
) -> tuple[list[Row], list[Mistake]]:
    """Read every line; lines with mistakes are left out of the rows, and each mistake is named."""
    try:
        text = _decoded(content)
    except _UnreadableError as error:
        return [], [Mistake(file, error.line, "", str(error), of_file=True)]
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    odd: list[tuple[int, list[str]]] = []  # lines with another number of cells than the header
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        mistakes += _header_mistakes(header, file, needed, optional)
        if mistakes:
            return [], mistakes
        for line, cells in _lines(reader):
            if len(cells) != len(header) and not _lacks_only_its_currency(cells, header):
                odd.append((line, cells))
                continue
            found = Cells(dict(zip(header, cells, strict=False)), file=file, line=line)
            row = row_of(found)
            mistakes += found.mistakes
            if not found.mistakes:
                rows.append(row)
    except csv.Error as error:
        message = f"not CSV: {error}; a quote may be left open, here or above"
        return [], [Mistake(file, max(reader.line_num, 1), "", message, of_file=True)]
    return rows, [*mistakes, *_odd_lines(odd, len(header), file, alone=not rows and not mistakes)]


def _lacks_only_its_currency(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Lines without the last cell, where that is a currency: an amount stands before it, so that nothing can move."""
    return header[-1] == "currency" and len(cells) == len(header) - 1


def _odd_lines(odd: Sequence[tuple[int, list[str]]], expected: int, file: str, *, alone: bool) -> list[Mistake]:
    """Lines with too many or too few cells; where every line has as many, it is the header that is wrong, once."""
    counts = {len(cells) for _, cells in odd}
    if alone and len(odd) > 1 and len(counts) == 1:
        message = f"the header has {expected} columns, and every line {counts.pop()} cells; mend the first line"
        return [Mistake(file, 1, "", message, of_file=True)]
    return [
        Mistake(
            file,
            line,
            "",
            f"expected {expected} cells, found {len(cells)}; a comma within a cell needs quotes",
            names=tuple(cell for cell in cells if A_KEY.fullmatch(cell)),
        )
        for line, cells in odd
    ]


class _UnreadableError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _UnreadableError(1, TOO_LARGE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(line, 'not UTF-8; in Excel, save as "CSV UTF-8"') from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _UnreadableError(line, "a control character; is it really a CSV file? Save it as one")
    return text


def _header_mistakes(header: list[str], file: str, needed: Sequence[str], optional: Sequence[str]) -> list[Mistake]:
    known = (*needed, *optional)
    listed = f"; known: {', '.join(known)}"
    if header == [""] or not header:
        return [Mistake(file, 1, "", f"empty; expected the columns {','.join(known)}", of_file=True)]
    if len(header) == 1 and ";" in header[0]:
        return [Mistake(file, 1, "", "the columns are parted by semicolons; save with commas", of_file=True)]
    found = [
        (column, f"unknown column{did_you_mean(column, known) or listed}") for column in header if column not in known
    ]
    found += [(column, "missing column; add it to the first line") for column in needed if column not in header]
    found += [(column, "the column is there twice; keep one") for column in set(header) if header.count(column) > 1]
    return [Mistake(file, 1, column, message, of_file=True) for column, message in found]


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Lines that say something, each with the number of its first line in the file."""
    before = reader.line_num
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield before + 1, stripped
        before = reader.line_num
