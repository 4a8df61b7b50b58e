"""Tables that are published beside the pages, as CSV: what a page prints and the export of metrics cannot carry."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from reports.reckoning import Reckoning
from reports.render.csv import guarded
from reports.tables import money
from reports.tables.rows import Rows

TABLES: Mapping[str, Callable[[Reckoning], Rows | None]] = {
    "capitalisation": money.capitalisation,
    "adjustments": money.adjustments,
}
FOLDER = "data"


def published(numbers: Reckoning) -> dict[str, bytes]:
    """Each table that has something to say, by its name in the edition: data/capitalisation.csv."""
    told = ((name, table(numbers)) for name, table in TABLES.items())
    return {f"{FOLDER}/{name}.csv": _csv(rows.header, rows.rows) for name, rows in told if rows is not None}


def _csv(header: Sequence[str], rows: Sequence[Sequence[str | int | None]]) -> bytes:
    """UTF-8 with a mark for Excel, ISO dates, dot decimals, and no text that a spreadsheet takes for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
