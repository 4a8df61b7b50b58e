"""What former editions found, and since when: a finding is news once, and weighs more when it stays for weeks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from domain.calendar import Calendar
from sync.store.reading import Edition

FOUND = "findings"  # their place in a manifest: the ids of what an edition found


def seen(
    published: Iterable[Edition], *, before: datetime, of_other_than: str, audience: str, calendar: Calendar
) -> dict[str, date] | None:
    """What the newest edition of an audience found, each since the first of an unbroken row of editions that did.

    Corrections of the same period are no history, and neither are editions of which nobody wrote down what they found.
    None: there is no edition before.
    """
    found: dict[str, date] | None = None
    for edition in sorted(published, key=lambda one: one.published_at):
        ids = edition.manifest.get(FOUND)
        if ids is None or edition.published_at >= before:
            continue
        if edition.audience == audience and edition.period_key != of_other_than:
            day = calendar.day(edition.published_at)
            found = {one: (found or {}).get(one, day) for one in ids}
    return found
