"""Tables of records: dense, each row with an anchor that stays, the rest of a long one in a file of the edition."""

from __future__ import annotations

import hashlib
import re

from reports.page import Span, Text
from reports.sections.scribe import Scribe

ROWS = 80  # of one table on a page; all of them stand in its file


def anchor(*parts: str) -> str:
    """A place within a page by names that people chose: the same names give the same place, no two share one."""
    whole = "-".join(parts).casefold()
    plain = re.sub(r"[^a-z0-9]+", "-", whole).strip("-")[:60]
    if plain == whole:
        return plain
    return f"{plain}-{hashlib.sha256(whole.encode('utf-8', 'backslashreplace')).hexdigest()[:6]}"


def more(scribe: Scribe, rows: int, table: str) -> tuple[Text, ...]:
    """Where all rows of a table are, and how many the page does not show."""
    words, link = scribe.words, beside(table)
    if rows > ROWS:
        return (words.say("dense.more", shown=words.whole(ROWS), n=rows, file=link),)
    return (words.say("dense.all", file=link),)


def beside(table: str) -> Text:
    """The file of the edition that has all rows of a table, as a link."""
    name = f"data/{table}.csv"
    return (Span(text=name, href=name),)
