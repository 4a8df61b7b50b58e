"""Half-open periods of local days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Local days from `start` up to, not including, `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a period must end after it starts: {self.start} to {self.end}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    def days(self) -> Iterator[date]:
        day = self.start
        while day < self.end:
            yield day
            day += timedelta(days=1)

    @property
    def length_days(self) -> int:
        return (self.end - self.start).days


def iso_week(day: date) -> Period:
    """The Monday-to-Sunday week of a day."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=7))


def last_complete_week(today: date) -> Period:
    """The newest ISO week that has ended before today; an unfinished week is never used."""
    this_week = iso_week(today)
    return Period(this_week.start - timedelta(days=7), this_week.start)


def month(day: date) -> Period:
    start = day.replace(day=1)
    return Period(start, (start + timedelta(days=32)).replace(day=1))


def weeks_back(end: date, count: int) -> list[Period]:
    """The `count` ISO weeks that end on or before `end`, oldest first."""
    newest = last_complete_week(end)
    return [
        Period(newest.start - timedelta(weeks=back), newest.end - timedelta(weeks=back))
        for back in range(count - 1, -1, -1)
    ]


def months_back(end: date, count: int) -> list[Period]:
    """The `count` whole months that end on or before `end`, oldest first."""
    months: list[Period] = []
    last = month(end)
    if last.end > end:
        last = month(last.start - timedelta(days=1))
    while len(months) < count:
        months.append(last)
        last = month(last.start - timedelta(days=1))
    return months[::-1]


def week_label(period: Period) -> str:
    """2026-W47: the ISO name of the week that starts the period."""
    year, week, _ = period.start.isocalendar()
    return f"{year}-W{week:02d}"


def named(text: str) -> Period:
    """The week or month of a name: 2026-W47 or 2026-11. Raises ValueError for anything else."""
    try:
        if found := _WEEK.fullmatch(text.strip()):
            return iso_week(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found := _MONTH.fullmatch(text.strip()):
            return month(date(int(found[1]), int(found[2]), 1))
    except ValueError:
        pass
    raise ValueError(f"{text!r} is neither a week like 2026-W47 nor a month like 2026-11")


_WEEK = re.compile(r"([0-9]{4})-[Ww]([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
