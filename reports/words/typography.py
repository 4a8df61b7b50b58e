"""French typography, applied once, at the end: to words, never to addresses, identifiers or foreign text.

U+202F before ; ! ? %; U+00A0 before : and inside « »; U+00A0 between a number and its unit or
month; the apostrophe U+2019. A space is only ever replaced, never added: what has none (a URL, 23:40) stays as it is.
"""

from __future__ import annotations

import re
from html import escape, unescape

NARROW = "\u202f"
FIXED = "\u00a0"

_UNITS = (
    r"jours?|semaines?|mois|ans?|heures?|h|min|j|points?|epics?|features?|stories|story|M€|k€|€|Md€"
    r"|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|janv\.|févr\.|avr\.|juil\.|sept\.|oct\.|nov\.|déc\."
)
_AFTER_NUMBER = re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?![\w€]))")
_AFTER_FIRST = re.compile(r"(?<=\b1er) (?=\w)")
_HOUR = re.compile(r"(?<=\bh) (?=\d\d\b)")
_TAG = re.compile(r"""(<!--.*?-->|<(?:[^>"']|"[^"]*"|'[^']*')*>)""", re.DOTALL)
_SPOKEN_ATTRIBUTE = re.compile(r'\b(aria-label|alt|data-label)="([^"]*)"')
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
_UNSPOKEN = frozenset({"style", "bdi", "code"})
_ADDRESS = re.compile(r"(\]\([^)]*\)|<?https?://[^\s>]+>?|`[^`]*`)")


def french(text: str) -> str:
    """Set one run of French words."""
    text = text.replace("'", "\u2019")
    text = re.sub(r" (?=[;!?%])", NARROW, text)
    text = re.sub(r" (?=:(?:\s|$))", FIXED, text)
    text = text.replace("« ", f"«{FIXED}").replace(" »", f"{FIXED}»")
    text = _AFTER_NUMBER.sub(FIXED, text)
    text = _AFTER_FIRST.sub(FIXED, text)
    return _HOUR.sub(FIXED, text)


def in_markup(markup: str, locale: str) -> str:
    """Set the text nodes and the spoken attributes of finished HTML; other languages stay as they are."""
    if locale != "fr":
        return markup
    pieces: list[str] = []
    closed_by: str | None = None
    for piece in _TAG.split(markup):
        if piece.startswith("<"):
            name = _NAME.match(piece)
            tag = name.group(1).lower() if name else ""
            if closed_by is None and tag in _UNSPOKEN and not piece.startswith("</"):
                closed_by = tag
            elif closed_by is not None and tag == closed_by and piece.startswith("</"):
                closed_by = None
            pieces.append(_SPOKEN_ATTRIBUTE.sub(_spoken, piece))
        elif closed_by is None and piece:
            pieces.append(escape(french(unescape(piece)), quote=True))
        else:
            pieces.append(piece)
    return "".join(pieces)


def in_words(text: str, locale: str) -> str:
    """Set plain text or Markdown, leaving addresses and code alone."""
    if locale != "fr":
        return text
    parts = _ADDRESS.split(text)
    return "".join(part if index % 2 else french(part) for index, part in enumerate(parts))


def _spoken(match: re.Match[str]) -> str:
    return f'{match.group(1)}="{escape(french(unescape(match.group(2))), quote=True)}"'
