"""How an item is spoken of, in one language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cli.reading import Told
from metrics import reasons
from reports.words.catalogue import Words
from reports.words.typography import french


class Say:
    """Says messages about an item in one language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.locale = words.locale

    def __call__(self, key: str, /, **parts: Any) -> str:
        said = self._words.text(f"item.{key}", **parts)
        return french(said) if self.locale == "fr" else said

    def reason(self, reason: str) -> str:
        """What a reason means."""
        return reasons.words(reason, self.locale)


def local(instant: datetime, told: Told) -> str:
    return instant.astimezone(told.calendar.zone).strftime("%Y-%m-%d %H:%M")
