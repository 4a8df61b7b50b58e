"""Where the year will end, taken apart by cause; and where it was to end before, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.funding import ACTUAL, YearTold, months_of
from domain.period import Period
from domain.strategy import ValueStream
from metrics.budget_run import together
from metrics.closing import Books
from metrics.spending import year_run, year_steps
from metrics.year_end import CAUSES, Step, as_closed
from reports.book import Book
from reports.money import Funds, funds

PUBLISHED, CLOSED, COSTS = "published", "closed", "costs"


@dataclass(frozen=True, kw_only=True)
class Before:
    """The year's forecast as it was at the end of a month. `source`: what it rests on.

    `published`: an edition of that month told it so, the last one. `closed`: reckoned from what finance had closed by
    then, at the amounts first told. `costs`: no month is closed, so that it is reckoned from the costs that are told
    today of the days before.
    """

    month: Period
    source: str
    forecast: int | None
    edition: str = ""


@dataclass(frozen=True, kw_only=True)
class YearEnd:
    """The steps of all streams from budget to forecast, and the forecasts that were, oldest first."""

    steps: tuple[Step, ...]
    before: tuple[Before, ...]

    def by_cause(self, stream: str | None = None) -> Mapping[str, int]:
        """What each cause moves of a value stream, or of all of them; causes that nobody has are left out."""
        mine = [one for one in self.steps if stream in (None, one.value_stream)]
        return {
            cause: sum(one.amount for one in mine if one.cause == cause)
            for cause in CAUSES
            if any(one.cause == cause for one in self.steps)
        }

    def months(self, cause: str) -> int:
        """Of how many months of value streams a cause is told."""
        return len({(one.value_stream, one.period) for one in self.steps if one.cause == cause})

    @property
    def known(self) -> tuple[Before, ...]:
        """The months at whose end the year could be foretold."""
        return tuple(one for one in self.before if one.forecast is not None)


def year_end(book: Book) -> YearEnd | None:
    """The end of the budget year of a book; None where there is no money."""
    told = funds(book)
    return None if told is None else book.once("year_end", lambda: _year_end(book, told))


def _year_end(book: Book, told: Funds) -> YearEnd:
    books, streams = told.books, [one.stream for one in told.streams]
    moved: list[Step] = []
    if told.whole.difference is not None:
        for one in told.streams:
            moved += year_steps(books, one.stream, one.run, by=books.until)
    return YearEnd(steps=tuple(moved), before=tuple(_before(books, streams, told.year, book.years_told)))


def _before(books: Books, streams: Sequence[ValueStream], year: Period, told: Sequence[YearTold]) -> list[Before]:
    """The forecast at the end of each month of the year that is over."""
    has_closed = any(one.basis == ACTUAL for stream in streams for one in books.kept(stream.id))
    found = []
    for month in months_of(year):
        if month.end > books.until:
            break
        published = [one for one in told if one.year == year and one.told_on in month]
        if published:
            last = max(published, key=lambda one: one.told_on)
            found.append(Before(month=month, source=PUBLISHED, forecast=last.forecast, edition=last.edition))
        else:
            source = CLOSED if has_closed else COSTS
            forecast = _reckoned(books, streams, year, by=month.end, source=source)
            found.append(Before(month=month, source=source, forecast=forecast))
    return found


def _reckoned(books: Books, streams: Sequence[ValueStream], year: Period, *, by: date, source: str) -> int | None:
    """The forecast of all streams before a day; None where it rested on no cost at all."""
    if source == CLOSED:
        runs = [as_closed(books, one, by=by, year=year) for one in streams]
    else:
        runs = [year_run(books, one, by=by, period=year) for one in streams]
    whole = together(runs)
    return whole.forecast if whole is not None and whole.basis == ACTUAL else None
