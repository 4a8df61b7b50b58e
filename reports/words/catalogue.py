"""Messages in the reader's language: one catalogue a language, each written for itself, with its plural rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from string import Formatter
from zoneinfo import ZoneInfo

from domain.period import Period
from reports.page import Span, Text, joined, plain
from reports.words import dates, en, fr, numbers
from reports.words.foreign import one_line

LOCALES = ("en", "fr")

_CATALOGUES: Mapping[str, Mapping[str, str | tuple[str, str]]] = {"en": en.MESSAGES, "fr": fr.MESSAGES}

Part = str | int | Text

_BELOW_TWO = re.compile(r"[−+]?[01](?:,\d+)?")
_COUNTED = re.compile(r"^([ \u00a0](?:\*\*)?)(jour|point|semaine|heure)s\b")


@dataclass(frozen=True)
class Words:
    """How one page speaks: its language, the year its dates may leave out, the zone of its clock."""

    locale: str
    year: int
    zone: ZoneInfo

    def say(self, key: str, /, **parts: Part) -> Text:
        """The message with its parts in place. `n` chooses between singular and plural.

        `**words**` in a message are strong; `{n:w}` says a small count in words, `{n:W}` with a capital, `{n:wf}` and
        `{n:Wf}` for what French has in the feminine. Parts are never read as messages themselves. Raises KeyError for
        a message that does not exist.
        """
        spans: list[Span] = []
        strong = False
        before = ""  # what stood in the place before
        for literal, name, spec, _ in Formatter().parse(self._template(key, parts.get("n"))):
            literal = self._in_number(literal, before)  # noqa: PLW2901
            for index, piece in enumerate(literal.split("**")):
                strong ^= index > 0
                if piece[:1] == "." and piece[:2] != ".." and spans and spans[-1].text.endswith("."):
                    piece = piece[1:]  # « le 4 nov. » closes its sentence  # noqa: PLW2901
                if piece:
                    spans.append(Span(text=piece, strong=strong))
            if name is not None:
                told = self._part(parts[name], spec or "", strong=strong)
                before = plain(told)
                if before == "two" and spec and spans and (both := _both(spans[-1].text)):
                    told = (replace(spans.pop(), text=both),)
                spans.extend(told)
        return tuple(spans)

    def _in_number(self, literal: str, number: str) -> str:
        """What follows a number, in the singular where French has it below two: 1,5 jour, 0,8 point."""
        if self.locale != "fr" or not _BELOW_TWO.fullmatch(number):
            return literal
        return _COUNTED.sub(r"\1\2", literal, count=1)

    def text(self, key: str, /, **parts: Part) -> str:
        """The message without its marks."""
        return plain(self.say(key, **parts))

    def has(self, key: str) -> bool:
        return key in _CATALOGUES[self.locale]

    def _template(self, key: str, n: Part | None) -> str:
        message = _CATALOGUES[self.locale][key]
        if isinstance(message, str):
            return message
        assert isinstance(n, int), f"{key} has a plural and needs n"
        return message[0] if self.is_singular(n) else message[1]

    def is_singular(self, n: int) -> bool:
        """French counts none as singular, English does not."""
        return abs(n) < 2 if self.locale == "fr" else n == 1

    def _part(self, part: Part, spec: str, *, strong: bool) -> Text:
        if isinstance(part, int):
            is_feminine = spec.endswith("f")
            words = (
                numbers.in_words(part, self.locale, feminine=is_feminine) if spec else numbers.whole(part, self.locale)
            )
            if spec.startswith("W"):
                words = words[:1].upper() + words[1:]
            return (Span(text=words, strong=strong),)
        if isinstance(part, str):
            return (Span(text=part, strong=strong),) if part else ()
        return tuple(emphasised(span) if strong else span for span in part)

    def day(self, day: date, *, weekday: bool = False) -> str:
        return dates.short(day, self.locale, year=self.year, weekday=weekday)

    def first_day(self, first: date, last: date) -> str:
        """The first day of a range: a year that both share is told once, with the last."""
        return dates.short(first, self.locale, year=first.year if first.year == last.year else self.year)

    def full_day(self, day: date) -> str:
        return dates.full(day, self.locale)

    def period(self, period: Period) -> str:
        return dates.span(period, self.locale)

    def moment(self, instant: datetime) -> str:
        return dates.moment(instant, self.zone, self.locale)

    def clock(self, instant: datetime) -> str:
        return dates.clock(instant, self.zone, self.locale)

    def month(self, day: date) -> str:
        return dates.month_short(day, self.locale)

    def month_year(self, day: date) -> str:
        return dates.month_year(day, self.locale)

    def age(self, seconds: float) -> str:
        return dates.age(seconds, self.locale)

    def month_full(self, day: date) -> str:
        return dates.month_full(day, self.locale)

    def weekday(self, day: date) -> str:
        return dates.full(day, self.locale, weekday=True)

    def number(self, value: Decimal | float, *, places: int | None = None) -> str:
        return numbers.decimal(value, self.locale, places=places)

    def whole(self, value: int) -> str:
        return numbers.whole(value, self.locale)

    def percent(self, share: Decimal | float, *, places: int = 0) -> str:
        return numbers.percent(share, self.locale, places=places)

    def money(self, minor_units: Decimal | int, currency: str) -> str:
        return numbers.money(int(Decimal(minor_units).to_integral_value()), currency, self.locale)

    def exact_money(self, minor_units: int, currency: str) -> str:
        return numbers.exact_money(minor_units, currency, self.locale)

    def measure(self, value: Decimal, unit: str) -> str:
        return numbers.spoken_unit(unit, value, self.locale)

    def listed(self, texts: list[Text], *, more: int = 0) -> Text:
        """a, b and c; with `more` that are not named: a, b, c and 2 more."""
        spans: list[Span] = []
        for index, text in enumerate(texts):
            if index:
                last = index == len(texts) - 1 and not more
                spans.append(Span(text=(" et " if self.locale == "fr" else " and ") if last else ", "))
            spans.extend(text)
        return (*spans, *self.say("items.more", n=more)) if more else tuple(spans)

    def parted(self, texts: Iterable[Text]) -> Text:
        """a; b; c: for parts that have commas of their own. French sets a space before it, too."""
        return joined(list(texts), " ; " if self.locale == "fr" else "; ")


def _both(text: str) -> str:
    """What ends with “all ”, before two: of all two epics, of both epics; nothing where it ends otherwise."""
    return re.sub(r"\ball $", "both", re.sub(r"\bAll $", "Both", text)) if text.casefold().endswith("all ") else ""


def foreign(text: str) -> Text:
    """Words of a tracker or a file, kept apart from ours."""
    return (Span(text=one_line(text), foreign=True),)


def emphasised(span: Span) -> Span:
    return Span(text=span.text, strong=True, foreign=span.foreign, href=span.href, tone=span.tone)


def toned(text: Text, tone: str) -> Text:
    """A movement's word in its colour: good, bad or flat."""
    return tuple(Span(text=span.text, strong=span.strong, tone=tone) for span in text)
