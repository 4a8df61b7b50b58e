"""What the rules of governance say of a book, reckoned once."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.governance import RuleResult, results
from reports.reckoning import Reckoning


def rulings(numbers: Reckoning) -> Sequence[RuleResult]:
    """Every rule with what it says of each item, in the order of the settings."""
    book = numbers.book
    concerned = (one for one in book.journeys if one.id in book.governed.subjects)
    return book.once(
        "rulings",
        lambda: results(
            book.governed,
            list(concerned),
            decisions=book.decisions,
            as_of=book.as_of,
            calendar=book.calendar,
            unread=book.unread,
        ),
    )
