"""The portfolio's days: its zone, its working days, its increments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.period import Period


class DayCount(StrEnum):
    """How days are counted; a report names the one it uses, and never mixes two."""

    CALENDAR_INCLUSIVE = "calendar_inclusive"  # last day - first day + 1
    WORKING_DAYS = "working_days"  # working days from first to last, both included, at least 1


@dataclass(frozen=True, kw_only=True)
class Increment:
    """A planning interval."""

    name: str
    period: Period


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Where a day begins and which days are worked; by `streams`, what differs for the items of a value stream.

    Periods, and the day that a page calls today, are the portfolio's. On which day something happened to an item, and
    how many days its work took, is told by the calendar of its value stream (`of`).
    """

    zone: ZoneInfo
    holidays: frozenset[date] = field(default_factory=frozenset)
    increments: tuple[Increment, ...] = ()
    count: DayCount = DayCount.CALENDAR_INCLUSIVE
    streams: Mapping[str, Calendar] = field(default_factory=dict, hash=False)  # by the id of the value stream

    def of(self, value_stream: str | None) -> Calendar:
        """The calendar of the items of a value stream: its own, or the portfolio's."""
        return self.streams.get(value_stream, self) if value_stream is not None else self

    def day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.zone).date()

    def newest_day(self, instant: datetime) -> date:
        """The local day of an instant where days begin first: here, or at any of its value streams."""
        return max(own.day(instant) for own in (self, *self.streams.values()))

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day, in UTC."""
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The first instant after a local day, in UTC."""
        return self.start_of(day + timedelta(days=1))

    def is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def working_days(self, first: date, last: date) -> int:
        """Working days from first to last, both included."""
        return sum(self.is_working(first + timedelta(days=n)) for n in range((last - first).days + 1))

    def days_from(self, first: date, last: date, *, count: DayCount | None = None) -> int:
        """How many days that is, both included, as this calendar counts: Friday to Monday is 4, 2 of them worked."""
        if (count or self.count) is DayCount.WORKING_DAYS:
            return max(1, self.working_days(first, last))
        return (last - first).days + 1

    def increment_of(self, day: date) -> Increment:
        """The planning interval of a day; the quarter where none is configured."""
        for increment in self.increments:
            if day in increment.period:
                return increment
        quarter = (day.month - 1) // 3
        start = date(day.year, 3 * quarter + 1, 1)
        end = date(day.year + (quarter == 3), 1 if quarter == 3 else 3 * quarter + 4, 1)
        return Increment(name=f"{day.year}-Q{quarter + 1}", period=Period(start, end))
