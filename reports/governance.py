"""What the rules of governance say of a book, reckoned once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from domain.governance import Governed
from metrics.governance import RuleResult, results
from reports.reckoning import Reckoning


def rulings(numbers: Reckoning) -> Sequence[RuleResult]:
    """Every rule with what it says of each item, in the order of the settings."""
    book = numbers.book
    known = _KNOWN.get(book.governed)
    if known is None or known[0] is not book.journeys or known[1] is not book.decisions or known[2] != book.as_of:
        found = results(
            book.governed,
            [one for one in book.journeys if one.id in book.governed.subjects],
            decisions=book.decisions,
            as_of=book.as_of,
            calendar=book.calendar,
        )
        known = _KNOWN[book.governed] = (book.journeys, book.decisions, book.as_of, found)
    return known[3]


_KNOWN: WeakKeyDictionary[Governed, tuple[object, object, datetime, tuple[RuleResult, ...]]] = WeakKeyDictionary()
