"""Little's law and its assumptions by level and scope: `metrics.stability` over columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import duckdb

from domain.period import Period
from domain.strategy import FlowTolerances
from metrics.columns.places import Where, spots_of
from metrics.columns.prepared import day_number
from metrics.percentiles import shown
from metrics.stability import Check, assumptions, mean_ages


@dataclass(frozen=True, kw_only=True)
class Steady:
    """`metrics.stability`: both sides of Little's law over a period, and which of its assumptions hold."""

    mean_load: float
    finished_per_day: float
    mean_days: float | None
    checks: tuple[Check, ...]
    n_used: int
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_stable(self) -> bool | None:
        """Do all assumptions hold? None where too few items finished to say."""
        return all(check.holds for check in self.checks) if shown(self.n_used) else None


def stability(
    connection: duckdb.DuckDBPyConnection, *, period: Period, tolerances: FlowTolerances
) -> dict[Where, Steady]:
    """Mean load beside throughput a day times mean flow time, in calendar days, and what the law assumes."""
    begin, end = day_number(period.start), day_number(period.end)
    days = {"begin": begin, "end": end}
    present = _by_day(connection.execute(_PRESENT, days).fetchall(), begin=begin, length=end - begin)
    taken: dict[int, tuple[int, int]] = {}
    excluded: dict[int, dict[str, int]] = defaultdict(dict)
    for spot, reason, items, total in connection.execute(_TAKEN, days).fetchall():
        if reason is None:
            taken[spot] = (int(items), int(total))
        else:
            excluded[spot][reason] = int(items)
    moved = {row[0]: [int(items) for items in row[1:]] for row in connection.execute(_MOVED, days).fetchall()}
    spots = spots_of(connection)
    nothing = ([0] * (end - begin), [0] * (end - begin))
    found = {}
    for spot in {**present, **taken, **excluded, **moved}:
        presence, starts = present.get(spot, nothing)
        items, total = taken.get(spot, (0, 0))
        arrivals, finished, cancelled, removed = moved.get(spot, (0, 0, 0, 0))
        lost = sum(excluded[spot].values())
        found[Where(*spots[spot], period)] = Steady(
            mean_load=sum(presence) / len(presence),
            finished_per_day=items / period.length_days,
            mean_days=total / items if items else None,
            checks=assumptions(
                arrivals=arrivals,
                finished=finished,
                cancelled=cancelled,
                removed=removed,
                presence=presence,
                mean_ages=mean_ages(presence, starts),
                lost=lost,
                ended=items + lost,
                tolerances=tolerances,
            ),
            n_used=items,
            excluded=excluded[spot],
        )
    return found


def _by_day(
    steps: Sequence[tuple[int, int, int, int]], *, begin: int, length: int
) -> dict[int, tuple[list[int], list[int]]]:
    """By spot and day: how many are present, and the days since `begin` on which they started, added up."""
    lines: dict[int, tuple[list[int], list[int]]] = {}
    for spot, day, items, starts in steps:
        present, started = lines.setdefault(spot, ([0] * length, [0] * length))
        present[day - begin] += int(items)
        started[day - begin] += int(starts)
    return {spot: (list(accumulate(present)), list(accumulate(started))) for spot, (present, started) in lines.items()}


# From the day of the start to that of the end, both included; those of before are present on the first day.
_PRESENT = """
WITH stretches AS (
    SELECT cell, started_day AS since, coalesce(finished_day, cancelled_day, removed_day) + 1 AS until
    FROM told WHERE started_day < $end
), here AS (
    SELECT * FROM stretches WHERE until IS NULL OR until > $begin AND until > since
), steps AS (
    SELECT cell, greatest(since, $begin) AS day, count(*) AS items, sum(since - $begin) AS starts FROM here GROUP BY ALL
    UNION ALL
    SELECT cell, until, -count(*), -sum(since - $begin) FROM here WHERE until < $end GROUP BY ALL
)
SELECT spot, day, sum(items), sum(starts) FROM steps JOIN scopes USING (cell) GROUP BY ALL
"""

_TAKEN = """
WITH done AS (
    SELECT cell, reason, count(*) AS items, sum(finished_day - started_day + 1) AS days
    FROM told WHERE finished_day >= $begin AND finished_day < $end GROUP BY ALL
)
SELECT spot, reason, sum(items), sum(days) FROM done JOIN scopes USING (cell) GROUP BY ALL
"""

_MOVED = """
WITH begun AS (
    SELECT cell, started_day AS day, coalesce(finished_day, least(cancelled_day, removed_day)) AS ended_day, ended
    FROM told WHERE started_day IS NOT NULL
), counted AS (
    SELECT cell, count(*) FILTER (day >= $begin AND day < $end) AS arrived,
        count(*) FILTER (ended = 'finished' AND ended_day >= $begin AND ended_day < $end) AS finished,
        count(*) FILTER (ended = 'cancelled' AND ended_day >= $begin AND ended_day < $end) AS cancelled,
        count(*) FILTER (ended = 'removed' AND ended_day >= $begin AND ended_day < $end) AS removed
    FROM begun GROUP BY cell
)
SELECT spot, sum(arrived), sum(finished), sum(cancelled), sum(removed) FROM counted JOIN scopes USING (cell)
GROUP BY spot
"""
