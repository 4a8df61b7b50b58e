"""Working time: the retailer's days at work, numbered, so that a life of work skips weekends, holidays and summer."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Europe/Paris")
_OPENS = 8.5  # hours of the local day
_HOURS = 9.5


class WorkingTime:
    """Moments as numbers of working days: 0.0 is the first morning, 12.5 the thirteenth day at half time."""

    def __init__(self, first: date, until: date) -> None:
        """From `first` to the day before `until`; what lies beyond is the future."""
        closed = holidays.country_holidays("FR", years=range(first.year, until.year + 1))
        days = (first + timedelta(days=n) for n in range((until - first).days))
        self._days = [day for day in days if day.weekday() < 5 and day not in closed and not _is_quiet(day)]
        self._openings = [_millis(day) for day in self._days]
        self.now = float(len(self._days))  # the first moment that has not come yet

    def at(self, moment: float) -> int:
        """Epoch milliseconds of a moment that has come; before the beginning: the first morning."""
        place = max(moment, 0.0)
        whole = min(int(place), len(self._days) - 1)
        return self._openings[whole] + int((place - int(place)) * _HOURS * 3_600_000)

    def day(self, moment: float) -> date:
        """The local day of a moment, also beyond the end (five working days a week)."""
        whole = int(max(moment, 0.0))
        if whole < len(self._days):
            return self._days[whole]
        return self._days[-1] + timedelta(days=round((whole - len(self._days) + 1) * 7 / 5))

    def moment_of(self, day: date) -> float:
        """The first working morning on or after a day."""
        return float(bisect_left(self._days, day))


def _is_quiet(day: date) -> bool:
    """Christmas week, and the middle of August, when nearly everybody is away."""
    return (day.month, day.day) >= (12, 24) or (day.month == 8 and 10 <= day.day <= 18 and day.weekday() != 2)


def _millis(day: date) -> int:
    opens = datetime.combine(day, time(int(_OPENS), 30), tzinfo=ZONE)
    return int(opens.astimezone(UTC).timestamp() * 1000)
