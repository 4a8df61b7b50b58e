"""What a team finished a day, as a sample to draw from: or why there is no such sample. Definition 3.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from domain.period import Period, weeks_back

LEAST_DAYS = 30  # known days
LEAST_BUSY_DAYS = 5  # of them with something finished
LEAST_WEEKS = 6
LEAST_ITEMS = 5  # finished in a sample of weeks
DAY, WEEK = "day", "week"


@dataclass(frozen=True, kw_only=True)
class Samples:
    """How many items were finished on each working day of a window (or in each week): zeros are among them.

    In ascending order, since the order in which the days came says nothing about the days to come.
    """

    counts: tuple[int, ...]
    unit: str = DAY  # or WEEK
    window: Period

    @property
    def items(self) -> int:
        return sum(self.counts)

    @property
    def n_used(self) -> int:
        return len(self.counts)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why there is no forecast. `subject` is the team or the item that stands in the way.

    nothing_finished: no item in the window. too_little_history: fewer than 30 days are known, or too few of them
    saw anything finished. unknown_size: it is not split, and too few of its type were finished to guess from.
    unclosed: no item is left below it, and features below it are open; `subject` says how many.
    no_work: it has no work at any team. cycle: it waits for itself. predecessor_unknown: it waits for something
    that cannot be forecast.
    """

    reason: str
    subject: str = ""


def samples(
    finished_on: Iterable[date], *, window: Period, known_from: date, is_working: Callable[[date], bool]
) -> Samples | Refusal:
    """The sample of a window by day; by week where too few days saw anything finished; a refusal where neither will do.

    Days before `known_from`, when nothing had been written down yet, are no zeros: they are unknown and left out.
    Non-working days are no part of the sample; what was finished on one counts on the working day before it (or
    after it, at the beginning), so that no item is lost. By day: at least 30 known days, 5 of them with something
    finished. By week: at least 6 complete weeks, and 5 items. Finished 0, 2, 2, 0, 1 from Monday to Friday and 1 on
    Saturday: the sample of that week is 0, 0, 2, 2, 2.
    """
    start = max(window.start, known_from)
    if start >= window.end:
        return Refusal(reason="too_little_history")
    known = Period(start, window.end)
    working = [day for day in known.days() if is_working(day)]
    on_day = Counter(_worked(day, working) for day in finished_on if day in known) if working else Counter()
    if not on_day:
        return Refusal(reason="nothing_finished" if known.length_days >= LEAST_DAYS else "too_little_history")
    if known.length_days >= LEAST_DAYS and len(on_day) >= LEAST_BUSY_DAYS:
        return Samples(counts=tuple(sorted(on_day[day] for day in working)), window=known)
    weeks = [week for week in weeks_back(known.end, known.length_days // 7) if week.start >= known.start]
    kept = [week for week in weeks if any(day in week for day in working)]
    counts = tuple(sorted(sum(on_day[day] for day in week.days()) for week in kept))
    if len(counts) >= LEAST_WEEKS and sum(counts) >= LEAST_ITEMS:
        return Samples(counts=counts, unit=WEEK, window=Period(weeks[0].start, weeks[-1].end))
    return Refusal(reason="too_little_history")


def steps(*, unit: str, as_of: date, days: int, is_working: Callable[[date], bool]) -> tuple[int, ...]:
    """On which day after `as_of` each draw falls: every working day, or the last one of every seven days.

    The day of `as_of` itself is no draw, since part of it is over. From a Friday, by day: 3, 4, 5, 6, 7, 10 ...
    """
    working = [ahead for ahead in range(1, days + 1) if is_working(as_of + timedelta(days=ahead))]
    if unit == DAY:
        return tuple(working)
    return tuple({(ahead - 1) // 7: ahead for ahead in working}.values())


def _worked(day: date, working: list[date]) -> date:
    """The working day on which something finished counts."""
    before = [one for one in working if one <= day]
    return before[-1] if before else working[0]
