"""A range of likely dates as months, short enough for a figure or a cell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from reports.words.catalogue import Words


def in_months(words: Words, dates: Mapping[int, date]) -> str:
    """Oct 2027 to Mar 2028, from the 50 to the 85 % date; one month where both are in it; or that none is in sight."""
    half, most = dates.get(50), dates.get(85)
    if half is None:
        return words.text("figure.arrival.never")
    if most is None:
        return words.text("figure.arrival.open", first=words.month_year(half))
    if (half.year, half.month) == (most.year, most.month):
        return words.month_year(most)
    first = words.month(half) if half.year == most.year else words.month_year(half)
    return words.text("figure.arrival.range", first=first, last=words.month_year(most))
