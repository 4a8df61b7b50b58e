"""Typed values out of JSON, and errors a person can act on.

read = Fields(issue, who="payments-jira: CLM-412")
read.text("fields/issuetype/name")          # a missing or odd value raises UnreadableItemError and names the path
read.optional_moment("fields/resolutiondate")
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from connectors.base import Json, UnreadableAnswerError, UnreadableItemError

DEEPEST_NESTING = 64


def json_of(body: bytes) -> Json:
    """Parse a JSON body strictly: UTF-8 (a BOM is tolerated), no duplicate keys, at most 64 levels.

    Whole numbers become int, others Decimal; NaN, Infinity and whole numbers of thousands of digits become a Decimal,
    too, which `number_of` refuses: they spoil their own item, and not the page that it came with. NUL and lone
    surrogates, which no database takes, become U+FFFD. Raises ValueError with a reason that quotes nothing of the body.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if _is_deeper_than(body, DEEPEST_NESTING):
        raise ValueError(f"it nests deeper than {DEEPEST_NESTING} levels")
    try:
        try:
            value = _parsed(text)
        except (json.JSONDecodeError, _DuplicateKeyError):
            raise
        except ValueError:  # Python makes no int of more than 4,300 digits
            value = _parsed(text, parse_int=_whole_or_decimal)
    except json.JSONDecodeError:
        raise ValueError("it is not JSON") from None
    except (RecursionError, InvalidOperation):
        raise ValueError("it is not JSON that we can hold") from None
    return _cleaned(value) if _MAY_HOLD_ODD_CHARACTERS.search(text) else value


def _parsed(text: str, *, parse_int: Callable[[str], int | Decimal] | None = None) -> Json:
    return json.loads(
        text, object_pairs_hook=_without_duplicates, parse_float=Decimal, parse_constant=Decimal, parse_int=parse_int
    )


class _DuplicateKeyError(ValueError):
    pass


class Fields:
    """One JSON object, read by paths of names parted by slashes; `who` opens every complaint."""

    def __init__(self, body: Json, *, who: str) -> None:
        self.body = body
        self.who = who

    def at(self, path: str) -> Json:
        """Return what stands at the path; None where any step of it is missing or null."""
        value = self.body
        for step in _steps(path):
            if type(value) is not dict and not isinstance(value, Mapping):  # nearly all are plain ones
                return None
            value = value.get(step)
        return value

    def text(self, path: str) -> str:
        value = self.optional_text(path)
        if value is None:
            raise self._complaint(path, "text", None)
        return value

    def optional_text(self, path: str) -> str | None:
        """Text, or the digits of a number that serves as a name (ids come as both)."""
        value = self.at(path)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise self._complaint(path, "text", value)

    def moment(self, path: str) -> datetime:
        value = self.optional_moment(path)
        if value is None:
            raise self._complaint(path, "a point in time", None)
        return value

    def optional_moment(self, path: str) -> datetime | None:
        value = self.at(path)
        try:
            return None if value is None or value == "" else moment_of(value)
        except ValueError:
            raise self._complaint(path, "a point in time", value) from None

    def optional_day(self, path: str) -> date | None:
        value = self.at(path)
        try:
            return None if value is None or value == "" else day_of(value)
        except ValueError:
            raise self._complaint(path, "a day", value) from None

    def whole(self, path: str) -> int:
        value = self.optional_whole(path)
        if value is None:
            raise self._complaint(path, "a whole number", None)
        return value

    def optional_whole(self, path: str) -> int | None:
        value = self.at(path)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._complaint(path, "a whole number", value)

    def optional_number(self, path: str) -> Decimal | None:
        value = self.at(path)
        try:
            return None if value is None or value == "" else number_of(value)
        except ValueError:
            raise self._complaint(path, "a number", value) from None

    def texts(self, path: str) -> tuple[str, ...]:
        """A list of texts; nothing there is an empty list."""
        value = self.at(path)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self._complaint(path, "a list of texts", value)
        return tuple(value)

    def objects(self, path: str) -> tuple[Mapping[str, Json], ...]:
        """A list of objects; nothing there is an empty list."""
        value = self.at(path)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(part, Mapping) for part in value):
            raise self._complaint(path, "a list of objects", value)
        return tuple(value)

    def _complaint(self, path: str, expected: str, found: Json) -> UnreadableItemError:
        return UnreadableItemError(f"{self.who}: expected {expected} at {path}, found {_kind(found)}")


@lru_cache(maxsize=4_096)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def object_list(body: Json, key: str, *, who: str) -> Sequence[Mapping[str, Json]]:
    """Return the list of objects that an answer must carry under `key`.

    Raises UnreadableAnswerError where it is missing or of another shape: an answer without it is never "none".
    """
    found = body.get(key) if isinstance(body, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(part, Mapping) for part in found):
        raise UnreadableAnswerError(
            f"{who}: the answer should carry a list “{key}”, found {_kind(found)}; nothing of it was kept. "
            "If this stays, something between us and the tracker changes its answers"
        )
    return found


def moment_of(value: Json) -> datetime:
    """Return an instant in UTC from ISO 8601 text, epoch seconds or epoch milliseconds.

    Offsets may come as +0100, +01:00 or Z, fractions with up to nine digits (cut to six). Text without an offset
    counts as UTC. Numbers below 10^11 are seconds. Raises ValueError.
    """
    if type(value) is int and _SMALLEST_MILLISECONDS <= value <= _LAST_SECOND * 1000:
        return _EPOCH + timedelta(0, 0, 0, value)  # milliseconds; by name they take twice as long
    if type(value) is str and (usual := _usual_moment(value)) is not None:
        return usual
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
        seconds = number if abs(number) < _SMALLEST_MILLISECONDS else number / 1000
        if abs(seconds) > _LAST_SECOND:
            raise ValueError("out of range")
        return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    match = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not an instant")
    micros = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        zone = _zone_of(match["zone"])
        return datetime(year, month, day, hour, minute, second, micros, zone).astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


def _usual_moment(text: str) -> datetime | None:
    """What trackers nearly always send, made into an instant by the standard library; None: it takes a closer look."""
    if _USUAL_INSTANT.fullmatch(text) is None:  # the library alone would let some odd spellings pass
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day_of(value: Json) -> date:
    """Return the day that the text begins with, exactly as the tracker gives it. Raises ValueError."""
    if not isinstance(value, str) or not _DAY.match(value):
        raise ValueError("not a day")
    return date.fromisoformat(value[:10])


def number_of(value: Json) -> Decimal:
    """Return a finite decimal of reasonable size from a number or a numeral. Raises ValueError."""
    if isinstance(value, float):
        value = repr(value)  # a stored answer; the shortest numeral that reads back the same
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("not a number")
    if isinstance(value, str) and not _NUMERAL.fullmatch(value.strip()):
        raise ValueError("not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("not a number we can hold")
    return number


def _kind(value: Json) -> str:
    """Say what was found without quoting it: titles are not for logs."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list of something else" if value else "an empty list"
    return {bool: "true or false", str: "a text"}.get(type(value), "a number")


def _without_duplicates(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError("an object in it names a key twice")
    return found


def _whole_or_decimal(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else Decimal(digits)


def _is_deeper_than(body: bytes, levels: int) -> bool:
    """Peel bracket pairs, one level a pass; only text that holds brackets of its own needs the exact look."""
    brackets = body.translate(None, _ALL_BUT_BRACKETS)
    for _ in range(levels):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        mark = token[0][:1]
        if mark in b"[{":
            depth += 1
            if depth > levels:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        return _ODD_CHARACTERS.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(part) for name, part in value.items()}
    return value


def _zone_of(offset: str | None) -> timezone:
    if offset is None or offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


_LONGEST_WHOLE = 4_000  # digits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SMALLEST_MILLISECONDS = 10**11  # as seconds this would be the year 5138
_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_LARGEST_EXPONENT = 18
_USUAL_INSTANT = re.compile(  # newer Pythons take 24:00 for the next day
    r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)
_INSTANT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:$|[T ])")
_NUMERAL = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?")
_ALL_BUT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_ODD_CHARACTERS = re.compile("[\x00\ud800-\udfff]")
_MAY_HOLD_ODD_CHARACTERS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
