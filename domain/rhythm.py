"""How often editions come, and the id of each: that of its day, week, month, quarter or year.

An edition answers the turn in which it was due, and tells of the same period when it is made late.

```
Mon 07:00                 ──> 2026-W47     the last week that is over
weekdays 07:00            ──> 2026-11-30   the day itself
first Mon of month        ──> 2026-11      the last month that is over
first Mon of quarter      ──> 2026-Q4
first Mon of year         ──> 2026
first Mon after increment ──> 2026-PI4     the planning interval that has just ended
every 6 hours             ──> 2026-11-30T0600Z
```
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from domain.calendar import Increment
from domain.period import Period, iso_week, month, week_label


class Rhythm(StrEnum):
    """How often. A slot is a part of a day, counted in UTC."""

    SLOT = "slot"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    INCREMENT = "increment"
    YEAR = "year"


def running(rhythm: Rhythm, day: date) -> Period:
    """The period that a day is in; of a slot, its day."""
    match rhythm:
        case Rhythm.WEEK:
            return iso_week(day)
        case Rhythm.MONTH:
            return month(day)
        case Rhythm.QUARTER:
            first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
            return Period(first, month(first + timedelta(days=63)).end)
        case Rhythm.YEAR:
            return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))
        case _:
            return Period(day, day + timedelta(days=1))


def told(rhythm: Rhythm, today: date) -> Period:
    """The period that what is due today is of: the last one that is over; a day is told while it lasts."""
    now = running(rhythm, today)
    return now if rhythm in (Rhythm.SLOT, Rhythm.DAY) else running(rhythm, now.start - timedelta(days=1))


def label(rhythm: Rhythm, period: Period) -> str:
    """2026-11-30, 2026-W48, 2026-11, 2026-Q4 or 2026."""
    start = period.start
    match rhythm:
        case Rhythm.WEEK:
            return week_label(period)
        case Rhythm.MONTH:
            return f"{start.year}-{start.month:02d}"
        case Rhythm.QUARTER:
            return f"{start.year}-Q{(start.month + 2) // 3}"
        case Rhythm.YEAR:
            return f"{start.year}"
        case _:
            return start.isoformat()


def increment_label(increment: Increment, increments: Sequence[Increment]) -> str:
    """2026-PI4: the last number in its name, in the year in which it starts; its place there where two would be one.

    "PI 26.4" of autumn 2026 is 2026-PI4. Of "Alder" and "Birch", which have no number, the second is 2026-PI2.
    """
    year = increment.period.start.year
    theirs = sorted((one for one in increments if one.period.start.year == year), key=lambda one: one.period.start)
    numbers = {one: int(found[-1]) for one in theirs if (found := re.findall(r"[0-9]{1,3}", one.name))}
    is_told = len(numbers) == len(theirs) and max(Counter(numbers.values()).values()) == 1
    return f"{year}-PI{numbers[increment] if is_told else theirs.index(increment) + 1}"


def slot_label(instant: datetime) -> str:
    """2026-11-30T0600Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ")


def instant_label(as_of: datetime | None, known_at: datetime | None = None) -> str:
    """2026-11-29T225959Z: what looks back to an instant; with its seconds it is no schedule's slot.

    2026-11-29T225959Z-2026-12-08T030500Z: to an instant, with what was known at another.
    """
    told = (one.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ") for one in (as_of, known_at) if one is not None)
    return "-".join(told)


def looks_back(label: str) -> bool:
    """Is it the name of what looks back?"""
    return _LOOKS_BACK.fullmatch(label) is not None


def slot_of(label: str) -> datetime:
    """The instant of a slot, or of what looks back to one. Raises ValueError for anything else."""
    form = "%Y-%m-%dT%H%M%SZ" if looks_back(label) else "%Y-%m-%dT%H%MZ"
    instant = label[:_WITH_SECONDS] if looks_back(label) else label
    return datetime.strptime(instant.upper(), form).replace(tzinfo=UTC)


def rhythm_of(label: str) -> Rhythm:
    """Of which kind is the period of this name? What has no other form counts as a week."""
    for rhythm, form in _FORMS.items():
        if form.fullmatch(label):
            return rhythm
    return Rhythm.WEEK


def period_of(label: str, increments: Sequence[Increment] = ()) -> Period | None:
    """The days of a name; None where it is of no form, or of no such day. A planning interval is one of some."""
    rhythm = rhythm_of(label)
    if rhythm is Rhythm.INCREMENT:
        wanted = label.upper()
        return next((one.period for one in increments if increment_label(one, increments) == wanted), None)
    found = _FORMS[rhythm].fullmatch(label)
    if found is None:
        return None
    year, *rest = (int(one) for one in found.groups())
    try:
        if rhythm is Rhythm.WEEK:
            return iso_week(date.fromisocalendar(year, rest[0], 1))
        if rhythm is Rhythm.QUARTER:
            return running(rhythm, date(year, rest[0] * 3, 1))
        return running(rhythm, date(year, *[*rest, 1, 1][:2]))
    except ValueError:
        return None


_WITH_SECONDS = len("2026-11-29T225959Z")
_SECONDS = r"[Tt][0-9]{6}[Zz]"
_LOOKS_BACK = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_SECONDS}(?:-[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_SECONDS})?")
_FORMS = {
    Rhythm.SLOT: re.compile(
        rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:[Tt][0-9]{{4}}[Zz]|{_SECONDS}(?:-[0-9-]{{10}}{_SECONDS})?)"
    ),
    Rhythm.DAY: re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    Rhythm.WEEK: re.compile(r"([0-9]{4})-[Ww]([0-9]{2})"),
    Rhythm.MONTH: re.compile(r"([0-9]{4})-([0-9]{2})"),
    Rhythm.QUARTER: re.compile(r"([0-9]{4})-[Qq]([1-4])"),
    Rhythm.INCREMENT: re.compile(r"([0-9]{4})-[Pp][Ii]([0-9]{1,3})"),
    Rhythm.YEAR: re.compile(r"([0-9]{4})"),
}
