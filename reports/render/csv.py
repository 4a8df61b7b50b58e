"""Cells of a CSV file that no spreadsheet takes for a formula."""

from __future__ import annotations

from decimal import Decimal

_STARTS = tuple("=+-@\t\r\n\x00＝＋－＠")


Value = str | int | float | Decimal | None


def guarded(cell: Value) -> str:
    """The text of a cell: numbers stay numbers by their type, text that could be a formula gets an apostrophe.

    What stands before the first visible character does not hide it: spaces and quotes are looked through.
    """
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    visible = cell.lstrip(" \u00a0\u202f\ufeff\u200b\"'")
    return f"'{cell}" if cell.startswith(_STARTS) or visible.startswith(_STARTS) else cell
