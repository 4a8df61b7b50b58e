"""How an item is spoken of, in one language."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from cli.reading import Told
from cli.terminal import plain
from metrics import reasons
from metrics.membership import Part
from reports.words import numbers as spoken
from reports.words.catalogue import Words
from reports.words.typography import french


class Say:
    """Says messages about an item in one language."""

    def __init__(self, words: Words, *, currency: str) -> None:
        self._words = words
        self._currency = currency
        self.locale = words.locale

    def __call__(self, key: str, /, **parts: Any) -> str:
        said = self._words.text(f"item.{key}", **parts)
        return french(said) if self.locale == "fr" else said

    def money(self, amount: Decimal | float | None) -> str:
        """An amount in minor units, as people say it."""
        return spoken.exact_money(int(amount or 0), self._currency, self.locale)

    def mark(self, mark: str) -> str:
        """How something is counted, in words; that of a rule is the tracker's own."""
        if not self._words.has(f"explain.counted.{mark}"):
            return plain(mark)
        said = self._words.text(f"explain.counted.{mark}").removeprefix(f"{self._words.text('explain.counted')}, ")
        return french(said) if self.locale == "fr" else said

    def need(self, part: Part) -> str:
        """By when something is needed, and where that day comes from; nothing where nothing is."""
        if part.needed_on is None or not part.need_from:
            return ""
        said = self._words.text(f"explain.need.{part.need_from}", day=part.needed_on.isoformat())
        return french(said) if self.locale == "fr" else said

    def reason(self, reason: str) -> str:
        """What a reason means."""
        return reasons.words(reason, self.locale)


def local(instant: datetime, told: Told) -> str:
    """An instant on the portfolio's clock; with its distance from UTC in the hour that this clock shows twice."""
    there = instant.astimezone(told.calendar.zone)
    is_shown_twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    return there.isoformat(sep=" ", timespec="minutes")[: None if is_shown_twice else 16]
