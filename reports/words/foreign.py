"""Words that others wrote: cleaned of what could steer a terminal, a reader's eye or a parser, and kept to a length."""

from __future__ import annotations

LONGEST = 300  # characters of one foreign run on a page

_FORBIDDEN = dict.fromkeys(
    [code for code in range(32) if code not in (9, 10)]
    + [0x7F, 0xFEFF, 0xFFFE, 0xFFFF, 0x200E, 0x200F, 0x061C]
    + list(range(0x80, 0xA0))
    + list(range(0x202A, 0x202F))  # embeddings and overrides of the writing direction
    + list(range(0x2066, 0x206A))  # isolates
    + list(range(0xD800, 0xE000))  # halves of characters
)


def clean(text: str) -> str:
    """Text without control characters, halves of characters, or marks that turn the writing direction."""
    return text.translate(_FORBIDDEN)


def one_line(text: str, longest: int = LONGEST) -> str:
    """Foreign text on one line, cut with an ellipsis where it is longer."""
    line = " ".join(clean(text[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
