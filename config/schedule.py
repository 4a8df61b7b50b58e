"""When something is due, in words: "every 15 minutes", "daily 02:00", "Mon 07:00", "first Mon of quarter 08:00"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

from config.mistakes import did_you_mean
from domain.calendar import Increment
from domain.rhythm import Rhythm

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHAPES = (
    '"every 15 minutes", "daily 02:00", "Mon 07:00", "Mon, Thu 07:00", "weekdays 07:00" or "first Mon of month 08:00"'
)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When something is due; times are local to the portfolio.

    Either `every` is set, or `at` with `weekdays` (Monday is 0; empty: every day). `first_of` ("month", "quarter" or
    "year") keeps only the first such weekday of each, "increment" the first after each of the `increments`.
    """

    words: str
    every: timedelta | None = None
    at: time | None = None
    weekdays: tuple[int, ...] = ()
    first_of: str | None = None
    increments: tuple[Increment, ...] = ()

    @property
    def rhythm(self) -> Rhythm:
        """How often its editions come: one weekday a week is weekly, several are days of their own.

        What comes every few days is counted in days of the portfolio, every 36 hours in hours.
        """
        if self.every is not None:
            return Rhythm.SLOT if self.every % timedelta(days=1) else Rhythm.DAY
        if self.first_of is not None:
            return Rhythm(self.first_of)
        return Rhythm.WEEK if len(self.weekdays) == 1 else Rhythm.DAY


def schedule(words: str) -> Schedule:
    """Read a schedule. Raises ValueError that says what was expected; cron lines are refused.

    Cron's weekday numbers mean different days in different programs: "0 7 * * 1" is a Tuesday in APScheduler.
    """
    text = " ".join(words.split())
    if re.fullmatch(r"([\d*/,\-]+ ){4,5}[\w*/,\-]+", text) or re.fullmatch(r"@\w+", text):
        raise ValueError(
            f"cron lines are not accepted, since their weekday numbers are read in two ways; expected {SHAPES}"
        )
    if match := re.fullmatch(r"every (?:(\d+) )?(minute|hour|day)s?", text, re.IGNORECASE):
        return Schedule(words=text, every=_interval(match))
    if match := re.fullmatch(r"(?:daily|every day) (?:at )?(\S+)", text, re.IGNORECASE):
        return Schedule(words=text, at=_clock(match[1]))
    if match := re.fullmatch(r"weekdays (?:at )?(\S+)", text, re.IGNORECASE):
        return Schedule(words=text, at=_clock(match[1]), weekdays=(0, 1, 2, 3, 4))
    if match := re.fullmatch(r"first (\w+) of (?:the )?(month|quarter|year) (?:at )?(\S+)", text, re.IGNORECASE):
        return Schedule(words=text, at=_clock(match[3]), weekdays=(_day(match[1]),), first_of=match[2].lower())
    if match := re.fullmatch(r"first (\w+) after (?:each |an |the )?increment (?:at )?(\S+)", text, re.IGNORECASE):
        return Schedule(words=text, at=_clock(match[2]), weekdays=(_day(match[1]),), first_of="increment")
    if match := re.fullmatch(r"(\w+(?: ?, ?\w+)*) (?:at )?(\S+)", text):
        days = tuple(sorted({_day(word.strip()) for word in match[1].split(",")}))
        return Schedule(words=text, at=_clock(match[2]), weekdays=days)
    raise ValueError(f'expected {SHAPES}, found "{text}"')


def _interval(match: re.Match[str]) -> timedelta:
    count, unit = int(match[1] or 1), match[2].lower()
    if not 0 < count <= 1000:
        raise ValueError(f"expected 1 to 1000 {unit}s, found {count}")
    return timedelta(**{f"{unit}s": count})


def _day(word: str) -> int:
    for number, day in enumerate(DAYS):
        if word[:3].title() == day and _FULL_DAYS[number].startswith(word.lower()):
            return number
    if word.isdigit():
        raise ValueError(f"a weekday by number ({word}) is read in two ways; expected one of {', '.join(DAYS)}")
    raise ValueError(f'expected a day such as Mon, found "{word}"{did_you_mean(word, DAYS)}')


def _clock(word: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", word)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f'expected a time of day such as 07:00, found "{word}"')
    return time(int(match[1]), int(match[2]))


_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
