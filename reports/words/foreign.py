"""Words that others wrote: cleaned of what could steer a terminal, a reader's eye or a parser, and kept to a length."""

from __future__ import annotations

import re

LONGEST = 300  # characters of one foreign run on a page

# Control characters, marks and embeddings of the writing direction, isolates, halves of characters, and no characters.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Text without control characters, halves of characters, or marks that turn the writing direction."""
    return _FORBIDDEN.sub("", text) if _FORBIDDEN.search(text) else text


def one_line(text: str, longest: int = LONGEST) -> str:
    """Foreign text on one line, cut with an ellipsis where it is longer."""
    line = " ".join(clean(text[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
