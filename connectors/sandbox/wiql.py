"""The part of WIQL that connectors and people send to a sandbox: SELECT ids FROM WorkItems WHERE ... ORDER BY ... .

Grammar: OR of ANDs of NOTs of clauses and parentheses; operators = <> < <= > >= UNDER, IN, NOT IN, CONTAINS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from connectors.sandbox.loopback import BadRequestError

Json = Any
Item = dict[str, Json]
Predicate = Callable[[Item], bool]
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|\[([^\]]+)\]|(<>|<=|>=|[=<>(),])|([^\s=<>(),\[\]']+))")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Query:
    """`order` holds (field, ascending)."""

    matches: Predicate
    order: tuple[tuple[str, bool], ...]


def parse(text: str, *, macros: dict[str, Json], time_precision: bool) -> Query:
    """Read a query; fields are asked by reference name, instants in epoch milliseconds. Raises BadRequestError."""
    if len(text) > 32_000:
        raise BadRequestError("VS403435: The query text exceeds the maximum length.")
    return _Parser(text, macros, time_precision).query()


class _Parser:
    def __init__(self, text: str, macros: dict[str, Json], time_precision: bool) -> None:
        self._macros = {name.lower(): value for name, value in macros.items()}
        self._time_precision = time_precision
        self._at = 0
        self._tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadRequestError(f"TF51006: The query statement is missing or malformed near position {position}.")
            kind = ("text", "field", "mark", "word")[(match.lastindex or 1) - 1]
            value = match.group(match.lastindex or 1)
            self._tokens.append((kind, value.replace("''", "'") if kind == "text" else value))
            position = match.end()

    def query(self) -> Query:
        self._expect("select")
        while not self._take("from"):
            self._next()
        self._expect("workitems")
        matches: Predicate = self._either() if self._take("where") else lambda _: True
        order: list[tuple[str, bool]] = []
        if self._take("order"):
            self._expect("by")
            while True:
                name = self._next()[1]
                ascending = not self._take("desc")
                if ascending:
                    self._take("asc")
                order.append((name, ascending))
                if not self._take(","):
                    break
        if self._at < len(self._tokens):
            self._refuse(f"unexpected '{self._tokens[self._at][1]}'")
        return Query(matches=matches, order=tuple(order))

    def _either(self) -> Predicate:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return lambda item: any(part(item) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return lambda item: all(part(item) for part in parts)

    def _one(self) -> Predicate:
        if self._take("not"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._take("("):
            inside = self._either()
            self._expect(")")
            return inside
        return self._clause()

    def _clause(self) -> Predicate:
        name = self._next()[1]
        negated = self._take("not")
        if self._take("in"):
            self._expect("(")
            wanted = [_plain(self._value())]
            while self._take(","):
                wanted.append(_plain(self._value()))
            self._expect(")")
            return lambda item: (_plain(item.get(name)) in wanted) != negated
        operator = self._next()[1].lower()
        value = self._value()
        if operator == "under":
            above = str(value).lower()
            return lambda item: f"{item.get(name)}\\".lower().startswith(f"{above}\\") != negated
        if operator == "contains":
            part = str(value).lower()
            return lambda item: (part in str(item.get(name) or "").lower()) != negated
        if operator in ("=", "<>"):
            plain = _plain(value)
            return lambda item: (_plain(item.get(name)) == plain) == (operator == "=")
        if operator in ("<", "<=", ">", ">="):
            return _comparison(name, operator, value)
        raise self._wrong(f"unknown operator '{operator}'")

    def _value(self) -> Json:
        kind, text = self._next()
        if kind == "word" and text.startswith("@"):
            if text.lower() not in self._macros:
                self._refuse(f"unknown macro '{text}'")
            return self._macros[text.lower()]
        if kind == "word" and text.lstrip("-").isdigit():
            return int(text)
        if kind == "text" and _DATE.match(text):
            return self._instant(text)
        return text

    def _instant(self, text: str) -> Json:
        if len(text) > 10 and not self._time_precision:
            raise BadRequestError(
                "You cannot supply a time with the date when running a query using date precision. "
                f"The error is caused by «'{text}'»."
            )
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return int(aware.timestamp() * 1000)

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            self._refuse("the statement ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens):
            kind, value = self._tokens[self._at]
            if kind in ("word", "mark") and value.lower() == word:
                self._at += 1
                return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._refuse(f"expected '{word}'")

    def _refuse(self, message: str) -> NoReturn:
        raise self._wrong(message)

    def _wrong(self, message: str) -> BadRequestError:
        return BadRequestError(f"TF51006: The query statement is missing or malformed: {message}.")


def _comparison(name: str, operator: str, bound: Json) -> Predicate:
    def holds(item: Item) -> bool:
        value = item.get(name)
        if value is None:
            return False
        if operator == "<":
            return bool(value < bound)
        if operator == "<=":
            return bool(value <= bound)
        return bool(value > bound) if operator == ">" else bool(value >= bound)

    return holds


def _plain(value: Json) -> Json:
    return value.lower() if isinstance(value, str) else value
