"""The part of JQL that connectors and people send to a sandbox: parsed to a predicate and an order.

    project in (SHOP, 10001) AND updated >= 1732877091000 ORDER BY updated ASC

Grammar: OR of ANDs of NOTs of clauses and parentheses; operators = != in "not in" is "is not" ~ < <= > >=.
A field is asked of the issue through `values`, so this module knows no issue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Generic, NoReturn, TypeVar

from connectors.sandbox.loopback import BadRequestError

Subject = TypeVar("Subject")
Predicate = Callable[[Subject], bool]

DATES = frozenset({"updated", "updateddate", "created", "createddate", "resolved", "resolutiondate", "duedate", "due"})
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>!=|<=|>=|!~|[()=<>~,])|(?P<word>[^\s()=<>~!,"']+))"""
)
_RELATIVE = re.compile(r"([+-]?\d+)([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, kw_only=True)
class Query(Generic[Subject]):
    """A parsed query. `bounded` is false where it restricts nothing; `order` holds (field, ascending)."""

    matches: Predicate[Subject]
    order: tuple[tuple[str, bool], ...]
    bounded: bool


@dataclass(frozen=True, kw_only=True)
class Words(Generic[Subject]):
    """What the parser asks about fields and values.

    `values(field)` returns a function from the issue to its values, lower-cased text (several names for one value are
    several values), or None where there is no such field. `instants(field)` the same for dates, in epoch milliseconds.
    `known(field, value)` says whether the value exists at all; Jira refuses unknown projects and keys.
    """

    values: Callable[[str], Callable[[Subject], Sequence[str]] | None]
    instants: Callable[[str], Callable[[Subject], int | None]]
    known: Callable[[str, str], bool]
    now: datetime
    zone: tzinfo  # of the profile: quoted dates are read in it


def parse(text: str, words: Words[Subject]) -> Query[Subject]:
    """Read a query. Raises BadRequestError with Jira's kind of message."""
    parser = _Parser(_tokens(text), words)
    return parser.query()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise BadRequestError(
                f"Error in the JQL Query: The character '{stripped[at]}' is a reserved JQL character."
            )
        kind = str(match.lastgroup)
        value = match.group(kind)
        found.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "quoted" else value))
        at = match.end()
    return found


class _Parser(Generic[Subject]):
    def __init__(self, tokens: list[tuple[str, str]], words: Words[Subject]) -> None:
        self._tokens = tokens
        self._at = 0
        self._words = words

    def query(self) -> Query[Subject]:
        bounded = bool(self._tokens) and not self._peek("order")
        matches: Predicate[Subject] = self._either() if bounded else lambda _: True
        order: list[tuple[str, bool]] = []
        if self._take("order"):
            self._expect("by")
            while True:
                field = self._word().lower()
                ascending = not self._take("desc")
                if ascending:
                    self._take("asc")
                order.append((field, ascending))
                if not self._take(","):
                    break
        if self._at < len(self._tokens):
            self._refuse(f"Expecting either 'OR' or 'AND' but got '{self._tokens[self._at][1]}'.")
        if len(order) > 7:
            self._refuse("The maximum number of sort fields is 7.")
        return Query(matches=matches, order=tuple(order), bounded=bounded)

    def _either(self) -> Predicate[Subject]:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda issue: any(part(issue) for part in parts)

    def _all(self) -> Predicate[Subject]:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda issue: all(part(issue) for part in parts)

    def _one(self) -> Predicate[Subject]:
        if self._take("not"):
            inner = self._one()
            return lambda issue: not inner(issue)
        if self._take("("):
            inside = self._either()
            self._expect(")")
            return inside
        return self._clause()

    def _clause(self) -> Predicate[Subject]:
        field = self._word().lower()
        negated = self._take("not")
        if self._take("in"):
            return self._among(field, self._list(), negated=negated)
        if self._take("is"):
            negated = self._take("not")
            if not (self._take("empty") or self._take("null")):
                self._refuse("Expecting EMPTY or NULL after 'is'.")
            read = self._reader(field)
            return lambda issue: bool(read(issue)) == negated
        operator = self._word()
        if operator in ("=", "!="):
            return self._among(field, [self._operand()], negated=operator == "!=")
        if operator in ("~", "!~"):
            wanted, read = self._operand()[1].lower(), self._reader(field)
            return lambda issue: any(wanted in value for value in read(issue)) == (operator == "~")
        if operator in ("<", "<=", ">", ">="):
            return self._compare(field, operator)
        raise self._wrong(f"Expecting operator but got '{operator}'.")

    def _among(self, field: str, operands: list[tuple[str, str]], *, negated: bool) -> Predicate[Subject]:
        read = self._reader(field)
        for _, value in operands:
            if not self._words.known(field, value):
                raise BadRequestError(f"The value '{value}' does not exist for the field '{field}'.")
        wanted = {value.lower() for _, value in operands}
        return lambda issue: (not wanted.isdisjoint(read(issue))) != negated

    def _compare(self, field: str, operator: str) -> Predicate[Subject]:
        kind, text = self._operand()
        if field in DATES:
            bound, when = self._instant(field, kind, text), self._words.instants(field)
            return lambda issue: (at := when(issue)) is not None and _holds(at, operator, bound)
        if field in ("key", "issuekey", "id", "issue"):
            project, _, number = text.rpartition("-")
            read = self._reader("key")
            limit = int(number) if number.isdigit() else self._refuse(f"The issue key '{text}' is not valid.")
            prefix = f"{project.lower()}-"
            return lambda issue: any(
                _holds(int(key[len(prefix) :]), operator, limit) for key in read(issue) if key.startswith(prefix)
            )
        raise self._wrong(f"The operator '{operator}' is not supported by the '{field}' field.")

    def _instant(self, field: str, kind: str, text: str) -> int:
        """Unquoted digits are epoch milliseconds; quoted dates are in the profile's zone; -15m is from now."""
        if kind == "word" and text.lstrip("-").isdigit():
            return int(text)
        relative = _RELATIVE.fullmatch(text)
        if relative is not None:
            return _millis(self._words.now + int(relative[1]) * _UNITS[relative[2]])
        for shape in ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d"):
            try:
                return _millis(datetime.strptime(text, shape).replace(tzinfo=self._words.zone))
            except ValueError:
                continue
        raise BadRequestError(
            f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _reader(self, field: str) -> Callable[[Subject], Sequence[str]]:
        read = self._words.values(field)
        if read is None:
            raise BadRequestError(f"Field '{field}' does not exist or you do not have permission to view it.")
        return read

    def _list(self) -> list[tuple[str, str]]:
        self._expect("(")
        found = [self._operand()]
        while self._take(","):
            found.append(self._operand())
        self._expect(")")
        return found

    def _operand(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            self._refuse("Expecting either a value, list or function before the end of the query.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self) -> str:
        return self._operand()[1]

    def _peek(self, word: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        kind, value = self._tokens[self._at]
        return kind != "quoted" and value.lower() == word

    def _take(self, word: str) -> bool:
        if self._peek(word):
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._refuse(f"Expecting '{word}'.")

    def _refuse(self, message: str) -> NoReturn:
        raise self._wrong(message)

    def _wrong(self, message: str) -> BadRequestError:
        return BadRequestError(f"Error in the JQL Query: {message}")


def _holds(value: int, operator: str, bound: int) -> bool:
    if operator == "<":
        return value < bound
    if operator == "<=":
        return value <= bound
    if operator == ">":
        return value > bound
    return value >= bound


def _millis(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
