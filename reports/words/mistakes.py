"""Mistakes in CSV files in the reader's language: known by the form of their English, and said for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

from reports.page import Text
from reports.words import en
from reports.words.catalogue import Words, foreign

_KEY = "mistake."


def mended(message: str, words: Words) -> Text | None:
    """What is wrong, and the mend; None: it has no form that this language knows."""
    if words.locale == "en":
        return foreign(message)
    for key, form in _forms():
        if (found := form.fullmatch(message)) is not None:
            return words.say(key, **{name: foreign(value) for name, value in found.groupdict().items()})
    return None


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(_listed())


def _listed() -> Iterator[tuple[str, re.Pattern[str]]]:
    for key, template in en.MESSAGES.items():
        if key.startswith(_KEY):
            assert isinstance(template, str)
            yield key, re.compile("".join(_piece(said, name) for said, name, *_ in Formatter().parse(template)))


def _piece(said: str, name: str | None) -> str:
    return re.escape(said) + ("" if name is None else f"(?P<{name}>.*)")
