"""What editions said of the data's quality: written into their manifests, and read again as the trend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cli.narrowing import RIGHTS
from domain.calendar import Calendar
from domain.trust import ChecksTold
from reports.book import Book
from reports.reckoning import checked
from sync.store.reading import Edition

CHECKS = "checks"  # their place in a manifest


def checks_of(book: Book) -> dict[str, Any]:
    """Every check of a book, as plain values: how many items pass it, of how many."""
    return {
        "as_of": book.as_of.isoformat(),
        "passing": {one.rule: [one.n_in_scope - len(one.journeys), one.n_in_scope] for one in checked(book)},
    }


def checks_told(earlier: Iterable[Edition], *, may_be_quoted: str, calendar: Calendar) -> ChecksTold | None:
    """What the last of earlier editions said; None: there is none, or its readers saw something else.

    `may_be_quoted` are the rights of the audience today, "" for those who see all: an edition that was made for other
    rights counts other items.
    """
    found = [one for one in earlier if CHECKS in one.manifest and one.manifest.get(RIGHTS, "") == may_be_quoted]
    if not found:
        return None
    last = max(found, key=lambda one: (one.published_at, one.revision))
    told = last.manifest[CHECKS]
    return ChecksTold(
        edition=last.period_key,
        told_on=calendar.day(datetime.fromisoformat(told["as_of"])),
        passing={rule: (passing, looked_at) for rule, (passing, looked_at) in told["passing"].items()},
    )
