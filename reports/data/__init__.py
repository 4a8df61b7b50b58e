"""The tables of an edition: what its pages print and the rows of metrics cannot carry. A file a subject, by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC
from typing import Protocol

from reports.data import audit, board, guardrails, hazards, ledger, money, quality, review, streams, themes
from reports.reckoning import Reckoning
from reports.render.csv import Value, guarded

BOM = "\ufeff"  # so that Excel reads UTF-8
FRESHNESS = ("data_as_of", "stale_sources")  # what ends each row: a file is passed on without its page


class Part(Protocol):
    """A subject: its tables by name, each with its header and a function that gives its rows."""

    TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]]


# By the pack that prints them.
PARTS: Mapping[str, tuple[Part, ...]] = {
    "guardrails": (guardrails, money),
    "audit": (audit,),
    "kanban": (board,),
    "ledger": (ledger,),
    "quality": (quality,),
    "review": (review,),
    "risks": (hazards,),
    "stream": (streams,),
    "theme": (themes,),
}


def tables(numbers: Reckoning, *, packs: Collection[str]) -> dict[str, bytes]:
    """The tables behind some packs as CSV: UTF-8, ISO days, dots for decimals, no cell that a spreadsheet would run."""
    return {
        name: _written(header, ([guarded(cell) for cell in row] for row in rows(numbers)))
        for pack, parts in PARTS.items()
        if pack in packs
        for part in parts
        for name, (header, rows) in sorted(part.TABLES.items())
    }


def dated(data: bytes, numbers: Reckoning) -> bytes:
    """A table whose rows end with the instant as of which its data are, and the trackers older than they may be."""
    as_of = numbers.book.data_as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")
    stale = " ".join(one.source for one in numbers.stale_sources)
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return _written((*header, *FRESHNESS), ((*row, as_of, stale) for row in rows))


def in_common(before: bytes, again: bytes) -> tuple[list[str], list[str]]:
    """The rows of two tables in the columns that both have, but for those that every row ends with."""
    was, now = (list(csv.reader(io.StringIO(_text(data), newline=""))) for data in (before, again))
    both = [one for one in (was[0] if was else ()) if now and one in now[0] and one not in FRESHNESS]

    def told(rows: Sequence[Sequence[str]]) -> list[str]:
        places = [rows[0].index(one) for one in both] if rows else []
        return [", ".join(row[place] for place in places if place < len(row)) for row in rows[1:]]

    return told(was), told(now)


def described() -> str:
    """The tables by the pack that prints them, with their columns, as Markdown: for `docs/data.md`."""
    rows = [
        f"| `{name}.csv` | {pack} | {', '.join(f'`{one}`' for one in header)} |"
        for pack, parts in PARTS.items()
        for part in parts
        for name, (header, _) in sorted(part.TABLES.items())
    ]
    return "\n".join(("| file | pack | columns |", "|:--|:--|:--|", *rows))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix(BOM)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return f"{BOM}{text.getvalue()}".encode()
