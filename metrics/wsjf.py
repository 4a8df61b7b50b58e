"""What should come first, and what does waiting cost? Definition 3.5: WSJF, CD3, cost of delay in money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.journey import Journey
from metrics.selection import Excluded, count, one_level

DEFINITION_VERSION = 1
SCALE = (1, 2, 3, 5, 8, 13, 20)  # modified Fibonacci
COST = ("business_value", "time_criticality", "risk_reduction")
SAME = Decimal("0.5")  # more items than this share with one value: the column tells nothing apart


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something to be put in order: what a week (or any unit) of waiting for it costs, and how long it takes."""

    key: str
    cost_of_delay: Decimal
    size: Decimal
    created_at: datetime | None = None

    @property
    def score(self) -> Decimal:
        return self.cost_of_delay / self.size


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Jobs in the order in which they should come, and those without an order by reason.

    `doubts` say which columns were not scored as WSJF asks: no_one (no item has the 1 from which the others are
    measured), same (more than half of the items have one value), off_scale (a value outside 1, 2, 3, 5, 8, 13, 20).
    """

    jobs: tuple[Job, ...]
    excluded: Excluded = field(default_factory=dict)
    doubts: tuple[tuple[str, str, int], ...] = ()  # column, doubt, of how many items
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.jobs)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


class Urgency(StrEnum):
    """How the cost of being late runs."""

    LINEAR = "linear"  # every week costs the same
    PEAK_UNAFFECTED = "peak_unaffected"  # it comes later and as high: every week costs what a week at the peak brings
    FIXED_DATE = "fixed_date"  # nothing up to the date, and all of it as soon as it is missed


def wsjf(journeys: Iterable[Journey]) -> Ranking:
    """Business value, time criticality and risk reduction, added up and divided by the job's size; the largest first.

    Ties go to the higher cost of delay, then to the older item. Items of one level that are open and not begun or in
    progress; those without a size, or with size 0, are left out as `no_size`, those that lack a part of the cost of
    delay as `not_scored`.
    A (5 + 5 + 3) / 5 = 2.6, B (3 + 3 + 2) / 2 = 4.0, C (8 + 8 + 4) / 13 = 1.54: first B, then A, then C.
    Definition 3.5, version 1.
    """
    items = [one for one in one_level(journeys) if one.is_open]
    excluded: dict[str, list[str]] = {}
    jobs: list[Job] = []
    for one in items:
        size = one.values.get("job_size")
        parts = [one.values.get(name) for name in COST]
        if not size or size < 0:
            excluded.setdefault("no_size", []).append(one.key)
        elif any(part is None for part in parts):
            excluded.setdefault("not_scored", []).append(one.key)
        else:
            cost = sum((part for part in parts if part is not None), Decimal(0))
            jobs.append(Job(key=one.key, cost_of_delay=cost, size=size, created_at=one.created_at))
    return Ranking(
        jobs=tuple(in_order(jobs)),
        excluded={why: tuple(sorted(keys)) for why, keys in sorted(excluded.items())},
        doubts=tuple(_doubts([one for one in items if one.key in {job.key for job in jobs}])),
    )


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """The largest cost of delay for its size first: WSJF, and CD3 where cost is money a week and size is weeks.

    An ice-cream stand: 10 a week for 2 weeks of work is 5, 30 a week for 4 weeks is 7.5, so the second comes first.
    """
    return sorted(
        jobs,
        key=lambda job: (
            -job.score,
            -job.cost_of_delay,
            job.created_at is None,
            job.created_at.timestamp() if job.created_at else 0,
            job.key,
        ),
    )


def cost_of_order(jobs: Sequence[Job]) -> Decimal:
    """What waiting costs when jobs come in this order: each one's cost of delay until the sizes up to it are done.

    B, A, C of the example above: 8 x 2 + 13 x 7 + 20 x 20 = 507; C, A, B: 654, which is 29 % more.
    """
    done = total = Decimal(0)
    for job in jobs:
        done += job.size
        total += job.cost_of_delay * done
    return total


def earned(jobs: Sequence[Job], *, weeks: Decimal, now: Decimal = Decimal(0)) -> Decimal:
    """What comes in over some weeks: what does `now`, and each job's cost of delay a week once it is done.

    An ice-cream stand that takes 10 a week: with the job of 10 first and that of 30 second it takes 100 in six weeks,
    the other way round 120.
    """
    done, total = Decimal(0), now * weeks
    for job in jobs:
        done += job.size
        total += job.cost_of_delay * max(Decimal(0), weeks - done)
    return total


def cost_of_delay(*, rate: int, needed_on: date, done_on: date | None, urgency: Urgency = Urgency.LINEAR) -> int | None:
    """What being later than the need costs, in minor units; `rate` is that of a week. None while no date is known.

    `done_on` is the finish, or the 85th percentile of the forecast. On time or early costs nothing. Of a fixed date
    `rate` is what missing it costs, once.
    20,000 a week, needed on 29 May and done on 26 June: 80,000. Definition 3.5, version 1.
    """
    if done_on is None:
        return None
    late = max(0, (done_on - needed_on).days)
    if urgency is Urgency.FIXED_DATE:
        return rate if late else 0
    return round(Decimal(rate) * late / 7)


def cost_of_queue(*, rate: int, approved_on: date, begun_on: date | None, today: date) -> int:
    """What waiting between approval and start has cost so far, in minor units; `rate` is that of a week."""
    return round(Decimal(rate) * max(0, ((begun_on or today) - approved_on).days) / 7)


def _doubts(items: Sequence[Journey]) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for name in (*COST, "job_size") if items else ():
        values = [one.values[name] for one in items]
        if 1 not in values:
            found.append((name, "no_one", len(values)))
        most = max(Counter(values).values())
        if len(values) > 1 and most > SAME * len(values):
            found.append((name, "same", most))
        if off := sum(value not in SCALE for value in values):
            found.append((name, "off_scale", off))
    return found
