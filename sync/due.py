"""The due ledger: which edition is owed (pure).

A report is made once for each local calendar period, in every zone. A time of day that does not exist (a clock set
forward) is due at the first instant after it; one that comes twice (a clock set back) is due the first time.

```
01:59:59 ──> 03:00:00      "Sun 02:30" is due at 03:00:00, once
02:59:59 ──> 02:00:00      "Sun 02:30" is due at the first 02:30:00, once
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.schedule import Schedule
from domain.calendar import Increment
from domain.rhythm import Rhythm, increment_label, label, running

CATCH_UP = timedelta(hours=24)
LOOK_BACK = timedelta(days=400)
_A_WEEK = timedelta(days=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONTHS = {"month": tuple(range(1, 13)), "quarter": (1, 4, 7, 10), "year": (1,)}


@dataclass(frozen=True, kw_only=True, order=True)
class Owed:
    """One period of one report, and when it was due (UTC)."""

    due_at: datetime
    report: str
    period_key: str


@dataclass(frozen=True, kw_only=True)
class Owing:
    """What is owed now, at most one a report; and what was missed and will not be made any more."""

    owed: tuple[Owed, ...]
    missed: tuple[Owed, ...]


def owed(
    schedules: Mapping[str, Schedule],
    ledger: Collection[Owed],
    *,
    now: datetime,
    zone: ZoneInfo,
    since: datetime,
    catch_up: timedelta = CATCH_UP,
) -> Owing:
    """Say which periods are owed, given those already in the ledger (by report and period key).

    `since` is when the schedule began to hold; nothing from before it is owed or missed. After a pause only the newest
    period of a report is made, and only within `catch_up`; the others are missed. Rows that are due later than now
    (a clock that was ahead entered them) keep nothing away but themselves.
    """
    taken = {(row.report, row.period_key) for row in ledger}
    due: list[Owed] = []
    missed: list[Owed] = []
    for report, schedule in sorted(schedules.items()):
        newest = max((row.due_at for row in ledger if row.report == report and row.due_at <= now), default=since)
        start = max(since, newest, now - LOOK_BACK)
        open_periods = [
            period
            for period in periods(schedule, report=report, after=start, until=now, zone=zone)
            if (report, period.period_key) not in taken
        ]
        if open_periods and now - open_periods[-1].due_at <= catch_up:
            due.append(open_periods.pop())
        missed.extend(open_periods)
    return Owing(owed=tuple(sorted(due)), missed=tuple(sorted(missed)))


def newest_due(schedule: Schedule, *, at: datetime, zone: ZoneInfo) -> Owed | None:
    """The newest turn that is due by then; None where none was for more than a year."""
    for back in (_A_WEEK, LOOK_BACK):
        if turns := list(periods(schedule, report="", after=at - back, until=at, zone=zone)):
            return turns[-1]
    return None


def local(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as people where the portfolio is say it: Mon 07 Dec 2026 07:00 CET."""
    return instant.astimezone(zone).strftime("%a %d %b %Y %H:%M %Z")


def next_due(schedule: Schedule, *, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant later than `after` at which the schedule is due."""
    for period in periods(schedule, report="", after=after, until=after + LOOK_BACK, zone=zone):
        return period.due_at
    raise ValueError(f'"{schedule.words}" is not due within {LOOK_BACK.days} days')


def periods(schedule: Schedule, *, report: str, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Owed]:
    """The periods that are due later than `after` and not later than `until`, the oldest first."""
    every = _intervals if schedule.rhythm is Rhythm.SLOT else _days
    for period_key, due_at in every(schedule, after=after, until=until, zone=zone):
        if after < due_at <= until:
            yield Owed(report=report, period_key=period_key, due_at=due_at)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a local time of day, in UTC: the first of two, or the first valid one after a gap."""
    told = datetime.combine(day, at, tzinfo=zone)
    instant = told.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == told.replace(tzinfo=None):
        return instant
    return _end_of_gap(before=told.replace(fold=1).astimezone(UTC), after=instant, zone=zone)


def _intervals(
    schedule: Schedule,
    *,
    after: datetime,
    until: datetime,
    zone: ZoneInfo,  # noqa: ARG001 - both kinds are called alike
) -> Iterator[tuple[str, datetime]]:
    """Parts of a day, counted from 1970 in UTC: they do not move with a zone. Only the newest is worth anything."""
    assert schedule.every is not None
    slot = (until - _EPOCH) // schedule.every
    due_at = _EPOCH + slot * schedule.every
    if due_at <= after:  # `next_due` asks far ahead, an owing question asks back
        return
    oldest = _EPOCH + ((after - _EPOCH) // schedule.every + 1) * schedule.every
    for instant in dict.fromkeys((oldest, due_at)):
        yield instant.strftime("%Y-%m-%dT%H:%M:%SZ"), instant


def _days(schedule: Schedule, *, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[str, datetime]]:
    at = schedule.at or time(0)
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        if _is_chosen(schedule, day) and _exists(day, zone):
            yield _period_key(schedule, day), instant_of(day, at, zone)
        day += timedelta(days=1)


def _is_chosen(schedule: Schedule, day: date) -> bool:
    if schedule.every is not None:  # every few days, counted from 1970 where the portfolio is
        return (day - _EPOCH.date()) % schedule.every == timedelta(0)
    if schedule.weekdays and day.weekday() not in schedule.weekdays:
        return False
    if schedule.first_of == "increment":
        return _ended(schedule, day) is not None
    return schedule.first_of is None or (day.day <= 7 and day.month in _FIRST_MONTHS[schedule.first_of])


def _exists(day: date, zone: ZoneInfo) -> bool:
    """Pacific/Apia has no 30 December 2011."""
    noon = datetime.combine(day, time(12), tzinfo=zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


def _period_key(schedule: Schedule, day: date) -> str:
    """Names the period, not the day, so that moving a weekly report to another weekday does not make a second one."""
    if (ended := _ended(schedule, day)) is not None:
        return increment_label(ended, schedule.increments)
    return label(schedule.rhythm, running(schedule.rhythm, day))


def _ended(schedule: Schedule, day: date) -> Increment | None:
    """The planning interval that ended less than a week before a day, for a schedule that follows them."""
    week = timedelta(days=7)
    return next((one for one in schedule.increments if timedelta(0) <= day - one.period.end < week), None)


def _end_of_gap(*, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's clocks were set forward, found by halving."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
