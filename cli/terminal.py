"""Text of trackers and mail servers on a terminal: it may be read, and can do nothing."""

from __future__ import annotations


def plain(text: str) -> str:
    """One line without control characters, direction marks and halves of characters."""
    return "".join(char if char.isprintable() else " " for char in text)
