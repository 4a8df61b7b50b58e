"""Where editions said that budget years would end: written into their manifests, and read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from domain.calendar import Calendar
from domain.funding import ACTUAL, YearTold
from domain.period import Period
from reports.book import Book
from reports.money import funds
from sync.store.reading import Edition

YEAR = "year"  # its place in a manifest


def year_told(book: Book) -> dict[str, Any] | None:
    """What a book says of its budget year, as plain values; None where no cost was told of."""
    told = funds(book)
    if told is None or told.whole.basis != ACTUAL:
        return None
    return {
        "start": told.year.start.isoformat(),
        "end": told.year.end.isoformat(),
        "as_of": book.as_of.isoformat(),
        "forecast": told.whole.forecast,
        "currency": book.portfolio.currency,
    }


def years_told(earlier: Iterable[Edition], *, currency: str, calendar: Calendar) -> tuple[YearTold, ...]:
    """What earlier editions of an audience said, in their order.

    Those that were told in another currency are no history: their amounts cannot be held against today's.
    """
    told = ((edition, edition.manifest.get(YEAR)) for edition in earlier)
    return tuple(
        YearTold(
            edition=edition.period_key,
            told_on=calendar.day(datetime.fromisoformat(year["as_of"])),
            year=Period(date.fromisoformat(year["start"]), date.fromisoformat(year["end"])),
            forecast=year["forecast"],
        )
        for edition, year in told
        if year is not None and year["currency"] == currency
    )
