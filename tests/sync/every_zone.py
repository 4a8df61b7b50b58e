"""`python -m tests.sync.every_zone`: every IANA zone, every local day of 2024 to 2035, six times of day, a ledger each.

A ledger is asked at uneven moments, as a process is that runs, sleeps and is started again. What it owes is entered;
in the end every local day must have been owed exactly once, on its day, and not before its time of day.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from config.schedule import schedule
from sync.due import Owed, owed

YEARS = range(2024, 2036)
TIMES = ("00:00", "00:15", "01:30", "02:30", "03:00", "06:00")


def troubles(name: str, years: Iterable[int], *, ticks: int) -> list[str]:
    """What is wrong in a zone; nothing is what must be. `ticks` is the seed of the moments at which it is asked."""
    zone, found = ZoneInfo(name), []
    for year in years:
        for at_time in TIMES:
            found += [f"{name} {year} {at_time}: {one}" for one in _year(zone, year, at_time, random.Random(ticks))]
    return found


def _year(zone: ZoneInfo, year: int, at_time: str, chosen: random.Random) -> list[str]:
    schedules = {"r": schedule(f"daily {at_time}")}
    since = datetime.combine(date(year - 1, 12, 31), time(12), tzinfo=zone).astimezone(UTC)
    end = datetime.combine(date(year, 12, 31), time(12), tzinfo=zone).astimezone(UTC)
    now, entered = since, Counter[str]()
    newest: list[Owed] = []
    found: list[str] = []
    while now < end:
        now = min(end, now + timedelta(minutes=chosen.choice((20, 180, 600, 1300))))
        owing = owed(schedules, newest, now=now, zone=zone, since=since)
        for period in (*owing.owed, *owing.missed):
            entered[period.period_key] += 1
            newest = [*newest[-2:], period]
            found += _wrong(period, zone, at_time)
    days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
    wanted = {(date(year, 1, 1) + timedelta(days=n)).isoformat() for n in range(days)}
    found += [f"{day} was skipped" for day in sorted(wanted - entered.keys())]
    found += [f"{day} is none of the year's" for day in sorted(entered.keys() - wanted)]
    return found + [f"{day} was owed {count} times" for day, count in entered.items() if count > 1]


def _wrong(period: Owed, zone: ZoneInfo, at_time: str) -> list[str]:
    """Due on its local day, not before its time, and one second earlier it was not yet time."""
    local, told = period.due_at.astimezone(zone), time.fromisoformat(at_time)
    before = (period.due_at - timedelta(seconds=1)).astimezone(zone)
    good = local.date().isoformat() == period.period_key and local.time() >= told
    early = before.date() == local.date() and before.time() >= told
    return [] if good and not early else [f"{period.period_key} is due at {local}"]


def _all(name: str) -> list[str]:
    return troubles(name, YEARS, ticks=sum(map(ord, name)) + int(os.environ.get("SEED", "1")))


def main() -> int:
    """Print what is wrong and the count of what was looked at; the exit code is 1 where anything is."""
    names = sorted(available_timezones())[:: int(os.environ.get("EVERY", "1"))]
    with ProcessPoolExecutor() as pool:
        found = [one for some in pool.map(_all, names, chunksize=4) for one in some]
    days = sum((date(year, 12, 31) - date(year, 1, 1)).days + 1 for year in YEARS)
    print("\n".join([*found, f"{len(names)} zones, {len(names) * days * len(TIMES):,} periods, {len(found)} wrong"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
