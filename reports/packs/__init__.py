"""The packs: which pages a report has. Adding one costs a file here and an entry below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reports.book import Book
from reports.packs.digest import digest
from reports.packs.overview import overview
from reports.packs.theme import theme
from reports.page import Page
from reports.reckoning import Reckoning, reckon

PACKS: Mapping[str, Callable[[Reckoning, str], list[Page]]] = {
    "overview": lambda numbers, locale: [overview(numbers, locale)],
    "theme": lambda numbers, locale: [theme(numbers, score, locale) for score in numbers.themes],
    "digest": lambda numbers, locale: [digest(numbers, locale)],
}


def pages(book: Book, *, packs: Sequence[str] = tuple(PACKS), locales: Sequence[str] | None = None) -> list[Page]:
    """The pages of some packs, in the portfolio's languages unless told otherwise; the numbers are asked for once.

    Raises KeyError for a pack that does not exist.
    """
    numbers = reckon(book)
    return [
        page
        for name in packs
        for locale in (locales or book.portfolio.locales)
        for page in PACKS[name](numbers, locale)
    ]
