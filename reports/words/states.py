"""States of the portfolio kanban as a reader says them: SAFe's in each language, any other as its owner wrote it."""

from __future__ import annotations

from reports.page import Span, Text
from reports.words.catalogue import Words, foreign


def state_words(name: str, words: Words) -> Text:
    """The name of a state: ours where it is one that SAFe names, else the settings' own with a capital."""
    key = f"state.{name}"
    if words.has(key):
        return (Span(text=words.text(key)),)
    return foreign(name[:1].upper() + name[1:])
