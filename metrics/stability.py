"""May averages and forecasts be believed? Little's law and its five assumptions (definition 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import fmean

from domain.calendar import Calendar, DayCount
from domain.journey import Journey
from domain.period import Period
from domain.strategy import FlowTolerances
from metrics.balance import BALANCED_ITEMS, apart, flow_balance
from metrics.flow_load import Days, day_counts, presence_days
from metrics.flow_time import flow_time
from metrics.percentiles import shown
from metrics.selection import Excluded, count, one_level

DEFINITION_VERSION = 1
ARRIVALS = 0.10  # of the larger: how far arrivals and departures may be apart
GIVEN_UP = 0.10  # of what was begun and ended: from which share on too much is given up
LOAD = 0.20  # of the first day's: how far the load of the last day may be off
AGE = 0.20  # of its mean: how far the straight line through the mean ages may rise or fall over the period


@dataclass(frozen=True, kw_only=True)
class Check:
    """One assumption: `measured` and `limit` are shares, `before` and `after` the two numbers it compares.

    Of the age these are its mean, and that mean with what the straight line through the mean ages rises or falls.

    `name`: arrivals (as much leaves as comes in), endings (what is begun is finished), load (as much in progress on
    the last day as on the first), age (what is in progress does not grow older), counting (both sides count the
    same items in the same days).
    """

    name: str
    measured: float
    limit: float
    before: float
    after: float
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Stability:
    """Both sides of Little's law over a period, and which of its assumptions hold."""

    period: Period
    mean_load: float
    finished_per_day: float
    mean_days: float | None
    checks: tuple[Check, ...]
    keys: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def expected_load(self) -> float | None:
        """What the load should have been on average: throughput a day times mean flow time."""
        return None if self.mean_days is None else self.finished_per_day * self.mean_days

    @property
    def off(self) -> float | None:
        """How far the two sides are apart, as a share of the mean load."""
        if self.expected_load is None or not self.mean_load:
            return None
        return abs(self.mean_load - self.expected_load) / self.mean_load

    @property
    def failing(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.holds)

    @property
    def is_stable(self) -> bool | None:
        """Do all assumptions hold? None where too few items finished to say."""
        return not self.failing if shown(self.n_used) else None

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def stability(
    journeys: Iterable[Journey], *, period: Period, calendar: Calendar, tolerances: FlowTolerances
) -> Stability:
    """Compare mean load with throughput a day times mean flow time, for one level, and check what the law assumes.

    Load is presence: an item counts on every day from its start to its end, both included, so that both sides are
    reckoned in calendar days, whichever days flow time is told in. Fewer than two items between two numbers are no
    difference. Leaves out what finished without a flow time; how much of that is too much is one of the `tolerances`.
    Items on days 1-4, 2-5, 3-9, 5-6 and 6-10 of ten: 2.2 = 0.5 a day x 4.4 days. Definition 3.3, version 1.
    """
    kept = one_level(journeys)
    taken = flow_time(kept, finished_in=period, calendar=calendar, base=DayCount.CALENDAR_INCLUSIVE)
    moved = flow_balance(kept, period=period, calendar=calendar)
    runs = [days for one in kept for days in presence_days(one, calendar=calendar)]
    presence = day_counts(runs, period)
    lost = count(taken.excluded)
    return Stability(
        period=period,
        mean_load=fmean(presence),
        finished_per_day=taken.n_used / period.length_days,
        mean_days=fmean(taken.days) if taken.days else None,
        checks=assumptions(
            arrivals=moved.arrivals,
            finished=len(moved.finished),
            cancelled=len(moved.cancelled),
            removed=len(moved.removed),
            presence=presence,
            mean_ages=mean_ages(presence, _starts(runs, period)),
            lost=lost,
            ended=taken.n_in_scope,
            tolerances=tolerances,
        ),
        keys=taken.keys,
        excluded=taken.excluded,
    )


def assumptions(
    *,
    arrivals: int,
    finished: int,
    cancelled: int,
    removed: int,
    presence: Sequence[int],
    mean_ages: Sequence[tuple[int, float]],
    lost: int,
    ended: int,
    tolerances: FlowTolerances,
) -> tuple[Check, ...]:
    """The five checks, from counts: `lost` of the `ended` have no flow time; `presence` and `mean_ages` by day."""
    first, last, departures = presence[0], presence[-1], finished + cancelled + removed
    return (
        _check("arrivals", apart(arrivals, departures), ARRIVALS, arrivals, departures),
        _endings(cancelled, finished + cancelled),
        _check("load", abs(last - first) / first if first else float(last > 0), LOAD, first, last),
        _age(mean_ages),
        _share("counting", lost, ended, float(tolerances.without_start)),
    )


def mean_ages(presence: Sequence[int], starts: Sequence[int]) -> list[tuple[int, float]]:
    """The mean age of what is present, by the number of the day; days on which nothing is have none.

    `starts` adds up, day by day, on which day of the period each of those present started: before the first, below 0.
    """
    return [(day, day + 1 - starts[day] / items) for day, items in enumerate(presence) if items]


def _check(name: str, measured: float, limit: float, before: int, after: int) -> Check:
    holds = abs(before - after) < BALANCED_ITEMS or measured <= limit
    return Check(name=name, measured=measured, limit=limit, before=before, after=after, holds=holds)


def _share(name: str, part: int, whole: int, limit: float) -> Check:
    share = part / whole if whole else 0.0
    return Check(name=name, measured=share, limit=limit, before=part, after=whole, holds=share <= limit)


def _endings(given_up: int, ended: int) -> Check:
    """What is begun is finished: less than a tenth of it is given up."""
    share = given_up / ended if ended else 0.0
    return Check(
        name="endings",
        measured=share,
        limit=GIVEN_UP,
        before=given_up,
        after=ended,
        holds=share < GIVEN_UP or given_up < BALANCED_ITEMS,
    )


def _age(means: Sequence[tuple[int, float]]) -> Check:
    """The mean age neither rises nor falls: the straight line through it, from the first day to the last."""
    if len(means) < 2:
        only = means[0][1] if means else 0.0
        return Check(name="age", measured=0.0, limit=AGE, before=only, after=only, holds=True)
    middle_day, middle = fmean(day for day, _ in means), fmean(age for _, age in means)
    slope = sum((day - middle_day) * (age - middle) for day, age in means) / sum(
        (day - middle_day) ** 2 for day, _ in means
    )
    rise = slope * (means[-1][0] - means[0][0])
    measured = abs(rise) / middle
    return Check(name="age", measured=measured, limit=AGE, before=middle, after=middle + rise, holds=measured <= AGE)


def _starts(runs: Iterable[Days], period: Period) -> list[int]:
    """On each day of the period, the numbers of the days on which what is present started, added up."""
    length = period.length_days
    steps = [0] * (length + 1)
    for since, until in runs:
        start = (since - period.start).days
        begin, end = max(0, start), length if until is None else min(length, (until - period.start).days)
        if begin < end:
            steps[begin] += start
            steps[end] -= start
    return list(accumulate(steps[:-1]))
