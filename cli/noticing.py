"""What former editions found, and since when: a finding is news once, and weighs more when it stays for weeks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.calendar import Calendar
from sync.store.reading import Edition

FOUND = "findings"  # their place in a manifest: the ids of what an edition found


def seen(earlier: Iterable[Edition], *, calendar: Calendar) -> dict[str, date] | None:
    """What the last of earlier editions found, each since the first of an unbroken row of editions that did.

    Editions of which nobody wrote down what they found are no history. None: there is no edition before.
    """
    found: dict[str, date] | None = None
    for edition in earlier:
        if (ids := edition.manifest.get(FOUND)) is not None:
            day = calendar.day(edition.published_at)
            found = {one: (found or {}).get(one, day) for one in ids}
    return found
