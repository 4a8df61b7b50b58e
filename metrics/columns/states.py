"""What states say, by level and scope: `metrics.bottleneck` and `metrics.pace` over columns.

Both rest on `stays`, the visits in progress. Those of before the instant in `stays_since` are not there, and asking for
them is refused.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from domain.calendar import Calendar
from domain.kept import CODES
from domain.period import Period
from domain.strategy import FlowTolerances, Guardrails
from domain.work_item import FlowState
from metrics.bottleneck import Passing, StateKey, enough_to_tell, told_apart, weighed
from metrics.columns.places import Where, spots_of
from metrics.columns.prepared import EPOCH, StaysNotPouredError, day_number, fill
from metrics.percentiles import shown

_MICROSECOND = timedelta(microseconds=1)
_IGNORE = CODES[FlowState.IGNORE]


@dataclass(frozen=True, kw_only=True)
class StateStay:
    """`metrics.bottleneck.StateFlow`: the time that items spent in a state, who came and went, and who is there."""

    name: str
    seconds: int
    visits: int
    entries: int
    exits: int
    share: float
    slowness: float
    limit: int | None
    days_over: float | None
    now: int
    blocked: int
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Stayed:
    """`metrics.bottleneck`: the states, those that took the largest share of the time first."""

    states: tuple[StateStay, ...]
    n_used: int
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_told(self) -> bool:
        return enough_to_tell(self.n_used, len(self.states))


@dataclass(frozen=True, kw_only=True)
class Band:
    """`metrics.pace.PaceBand`: how many finished items left a state for the last time at which age in days."""

    name: str
    ages: Mapping[int, int]
    inherited_from: str | None = None

    def percentile(self, p: int) -> int | None:
        """None where too few items left it to show this one."""
        return _percentile(self.ages, p) if p in shown(sum(self.ages.values())) else None


@dataclass(frozen=True, kw_only=True)
class Paced:
    """`metrics.pace`: the bands of all states in progress, in the order in which items come into them."""

    bands: tuple[Band, ...]
    n_used: int
    excluded: Mapping[str, int] = field(default_factory=dict)


def bottleneck(
    connection: duckdb.DuckDBPyConnection,
    *,
    period: Period,
    guardrails: Guardrails,
    limits: bool,
) -> dict[Where, Stayed]:
    """Share of time, slowness, growth and limit of each state in progress; where `limits`, those of the guardrails."""
    agreed = guardrails if limits else Guardrails()
    _bound(connection, period)
    days = {"begin": day_number(period.start), "end": day_number(period.end)}
    connection.execute(_VISITED)
    spots = spots_of(connection)
    passed: dict[int, dict[StateKey, _Passed]] = defaultdict(lambda: defaultdict(_Passed))
    for spot, source, status, *numbers in connection.execute(_PASSED).fetchall():
        name = status.casefold()
        passed[spot]["" if name in agreed.kanban else source, name].take(status, [int(number) for number in numbers])
    used = {spot: int(items) for spot, items in connection.execute(_USED).fetchall()}
    excluded: dict[int, dict[str, int]] = defaultdict(dict)
    for spot, why, items in connection.execute(_UNTOLD).fetchall():
        excluded[spot][why] = int(items)
    over = _days_over(connection, agreed, days) if agreed.wip else {}
    return {
        Where(*spots[spot], period): Stayed(
            states=tuple(
                _states(passed[spot], agreed, over.get(spot, {}), used.get(spot, 0), tolerances=guardrails.flow)
            ),
            n_used=used.get(spot, 0),
            excluded=excluded[spot],
        )
        for spot in {**passed, **excluded}
    }


def pace(connection: duckdb.DuckDBPyConnection, *, finished_in: Period) -> dict[Where, Paced]:
    """The ages at which items finished in the period left each state; one that few left has the band before it."""
    _bound(connection, finished_in)
    days = {"begin": day_number(finished_in.start), "end": day_number(finished_in.end)}
    words = _number_states(connection)
    connection.execute(_PACED)
    entered: dict[int, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    names: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for spot, folded, spelling, age, items in connection.execute(_ENTERED).fetchall():
        state = words[folded].casefold()
        entered[spot][state][age] += int(items)
        names[spot][state][words[spelling]] += int(items)
    left: dict[int, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for spot, folded, age, items in connection.execute(_LEFT).fetchall():
        left[spot][words[folded].casefold()][age] = int(items)
    used: dict[int, int] = {}
    excluded: dict[int, dict[str, int]] = defaultdict(dict)
    for spot, why, items in connection.execute(_FINISHED, days).fetchall():
        if why is None:
            used[spot] = int(items)
        else:
            excluded[spot][why] = int(items)
    spots = spots_of(connection)
    return {
        Where(*spots[spot], finished_in): Paced(
            bands=tuple(_bands(entered[spot], left[spot], names[spot])),
            n_used=used.get(spot, 0),
            excluded=excluded[spot],
        )
        for spot in {**entered, **used, **excluded}
    }


def _number_states(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """`spellings` numbers the states of `stays` as they are written; `folded` is the first that differs in case alone.

    Return the spellings by their numbers.
    """
    words = sorted(status for (status,) in connection.execute("SELECT DISTINCT status FROM stays").fetchall())
    first: dict[str, int] = {}
    rows = [(word, number, first.setdefault(word.casefold(), number)) for number, word in enumerate(words)]
    connection.execute("CREATE OR REPLACE TEMP TABLE spellings (status VARCHAR, spelling INTEGER, folded INTEGER)")
    fill(connection, "spellings", rows)
    return words


class _Passed:
    """A state's numbers over all its spellings."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self.numbers = [0] * 6

    def take(self, name: str, numbers: Sequence[int]) -> None:
        self.names[name] += numbers[0]
        self.numbers = [have + more for have, more in zip(self.numbers, numbers, strict=True)]

    @property
    def name(self) -> str:
        return _most_written(self.names)


def _states(
    passed: Mapping[StateKey, _Passed],
    agreed: Guardrails,
    over: Mapping[str, float],
    items: int,
    *,
    tolerances: FlowTolerances,
) -> Iterator[StateStay]:
    passings, limits = {}, {}
    trackers = Counter(name for _, name in passed)
    for key, one in passed.items():
        visits, seconds, entries, exits, _, _ = one.numbers
        limits[key] = agreed.limited(key[1])
        days_over = None if (limited := limits[key]) is None else over.get(limited, 0.0)
        passings[key] = Passing(seconds=seconds, visits=visits, entries=entries, exits=exits, days_over=days_over)
    for weight in weighed(passings, is_told=enough_to_tell(items, len(passed)), tolerances=tolerances):
        own = passings[weight.key]
        *_, now, blocked = passed[weight.key].numbers
        yield StateStay(
            name=told_apart(weight.key, passed[weight.key].name, trackers=trackers[weight.key[1]]),
            seconds=own.seconds,
            visits=own.visits,
            entries=own.entries,
            exits=own.exits,
            share=weight.share,
            slowness=weight.slowness,
            limit=None if (limited := limits[weight.key]) is None else agreed.wip[limited],
            days_over=own.days_over,
            now=now,
            blocked=blocked,
            verdict=weight.verdict,
        )


def _days_over(
    connection: duckdb.DuckDBPyConnection, agreed: Guardrails, days: Mapping[str, int]
) -> dict[int, dict[str, float]]:
    """By spot and state with a limit: the share of days at whose end it held more, over all that makes it."""
    length = days["end"] - days["begin"]
    steps: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * length)
    for spot, status, day, step in connection.execute(_EVENINGS, days).fetchall():
        if (limited := agreed.limited(status)) is not None:
            steps[spot, limited][day - days["begin"]] += int(step)
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for (spot, state), line in steps.items():
        found[spot][state] = sum(held > agreed.wip[state] for held in accumulate(line)) / length
    return found


def _bands(
    entered: Mapping[str, Mapping[int, int]],
    left: Mapping[str, Mapping[int, int]],
    names: Mapping[str, Counter[str]],
) -> Iterator[Band]:
    before: Band | None = None
    for state in sorted(entered, key=lambda one: (_percentile(entered[one], 50), one)):
        name, ages = _most_written(names[state]), left.get(state, {})
        if shown(sum(ages.values())):
            before = Band(name=name, ages=ages)
            yield before
        elif before is not None:
            yield Band(name=name, ages=before.ages, inherited_from=before.name)
        else:
            yield Band(name=name, ages={})


def _percentile(counts: Mapping[int, int], p: int) -> int:
    """By nearest rank (`metrics.percentiles`), of numbers that are counted."""
    total, upto = sum(counts.values()), 0
    for number in sorted(counts):
        upto += counts[number]
        if 100 * upto >= p * total:
            return number
    raise ValueError("no data has no percentile")


def _most_written(names: Mapping[str, int]) -> str:
    return min(names, key=lambda name: (-names[name], name))


def _bound(connection: duckdb.DuckDBPyConnection, period: Period) -> None:
    """A table of the first instants of a period and after it, by zone. Raises StaysNotPouredError."""
    zones: Iterable[Any] = connection.execute("SELECT zone, name FROM zones").fetchall()
    bounds = [
        (zone, _instant(period.start, ZoneInfo(name)), _instant(period.end, ZoneInfo(name))) for zone, name in zones
    ]
    since = connection.execute("SELECT max(since) FROM stays_since").fetchall()[0][0]
    if since is None or since > min(begin for _, begin, _ in bounds):
        raise StaysNotPouredError(f"the visits since {period.start} were not read; pour journeys with them")
    connection.execute("CREATE OR REPLACE TEMP TABLE bounds (zone INTEGER, begin_at BIGINT, end_at BIGINT)")
    fill(connection, "bounds", bounds)


def _instant(day: date, zone: ZoneInfo) -> int:
    return (Calendar(zone=zone).start_of(day) - EPOCH) // _MICROSECOND


# Visits inside the period: each ends when its state, its tracker or its scope was left.
_VISITED = f"""
CREATE OR REPLACE TEMP TABLE visited AS
SELECT item, source, cell, zone, status, entered_at, left_at, begin_at, end_at, is_blocked
FROM (
    SELECT item, source, place, status, entered_at, least(left_at, removed_at) AS left_at, is_blocked
    FROM (
        SELECT * FROM stays WHERE entered_at < (SELECT max(end_at) FROM bounds)
            AND (left_at IS NULL OR left_at > (SELECT min(begin_at) FROM bounds))
    ) JOIN items_of_stays USING (item)
    WHERE NOT is_derived AND state <> {_IGNORE} AND coalesce(excluded_reason, '') NOT IN ('no_history', 'history_gap')
) JOIN cells USING (place) JOIN clocks_of_cells USING (cell) JOIN bounds USING (zone)
WHERE entered_at < end_at AND (left_at IS NULL OR left_at > begin_at AND left_at > entered_at)
"""  # noqa: S608  # a code of ours

_PASSED = """
WITH counted AS (
    SELECT cell, source, status, count(*) AS visits,
        sum((least(coalesce(left_at, end_at), end_at) - greatest(entered_at, begin_at)) // 1000000) AS seconds,
        count(*) FILTER (entered_at >= begin_at) AS entries, count(*) FILTER (left_at < end_at) AS exits,
        count(*) FILTER (left_at IS NULL OR left_at >= end_at) AS now,
        count(*) FILTER ((left_at IS NULL OR left_at >= end_at) AND is_blocked) AS blocked
    FROM visited GROUP BY ALL
)
SELECT spot, source, status, sum(visits), sum(seconds), sum(entries), sum(exits), sum(now), sum(blocked)
FROM counted JOIN scopes USING (cell) GROUP BY ALL
"""

_USED = """
WITH counted AS (SELECT cell, count(DISTINCT item) AS items FROM visited GROUP BY cell)
SELECT spot, sum(items) FROM counted JOIN scopes USING (cell) GROUP BY spot
"""

_UNTOLD = """
WITH counted AS (
    SELECT cell, CASE WHEN is_derived THEN 'derived_clock' ELSE reason END AS why, count(*) AS items
    FROM told WHERE is_derived OR reason IN ('no_history', 'history_gap') GROUP BY ALL
)
SELECT spot, why, sum(items) FROM counted JOIN scopes USING (cell) GROUP BY ALL
"""

# The days at whose end a visit went on, as steps up and down; those of before are there on the first day.
_EVENINGS = """
WITH stretches AS (
    SELECT cell, status, local_day(entered_at, zone) AS since, local_day(left_at, zone) AS until FROM visited
), here AS (
    SELECT * FROM stretches WHERE since < $end AND (until IS NULL OR until > $begin AND until > since)
), steps AS (
    SELECT cell, status, greatest(since, $begin) AS day, count(*) AS step FROM here GROUP BY ALL
    UNION ALL
    SELECT cell, status, until, -count(*) FROM here WHERE until < $end GROUP BY ALL
)
SELECT spot, status, day, sum(step) FROM steps JOIN scopes USING (cell) GROUP BY ALL
"""

# Of the items finished in the period, and of those not finished: the age at the first entry into each state, how it was
# spelt, and of finished ones the age at the last leaving. States are numbers, so that no words are compared.
_PACED = f"""
CREATE OR REPLACE TEMP TABLE paced AS
WITH those AS (
    SELECT item, cell, zone, calendar, started_at, finished_at IS NOT NULL AS is_done
    FROM items_of_stays JOIN cells USING (place) JOIN clocks_of_cells USING (cell) JOIN bounds USING (zone)
    WHERE NOT is_derived AND state <> {_IGNORE} AND excluded_reason IS NULL AND started_at IS NOT NULL
        AND (finished_at IS NULL OR finished_at >= begin_at AND finished_at < end_at)
), passed AS (
    SELECT item, folded, arg_min(spelling, n) AS spelling, min(entered_at) AS entered_at,
        arg_max(left_at, n) FILTER (left_at IS NOT NULL) AS left_at
    FROM stays JOIN those USING (item) JOIN spellings USING (status) WHERE entered_at >= started_at
    GROUP BY item, folded
), days AS (
    SELECT cell, calendar, folded, spelling, local_day(started_at, zone) AS first_day,
        local_day(entered_at, zone) AS entered_day, CASE WHEN is_done THEN local_day(left_at, zone) END AS left_day
    FROM passed JOIN those USING (item)
)
SELECT cell, folded, spelling,
    CASE WHEN s.day IS NULL THEN entered_day - first_day + 1 ELSE greatest(1, e.so_far - s.so_far) END AS entered,
    CASE WHEN left_day IS NULL THEN NULL WHEN s.day IS NULL THEN left_day - first_day + 1
        ELSE greatest(1, l.so_far - s.so_far) END AS left_age
FROM days LEFT JOIN worked s ON s.calendar = days.calendar AND s.day = first_day - 1
    LEFT JOIN worked e ON e.calendar = days.calendar AND e.day = entered_day
    LEFT JOIN worked l ON l.calendar = days.calendar AND l.day = left_day
"""  # noqa: S608  # a code of ours

_ENTERED = """
WITH counted AS (SELECT cell, folded, spelling, entered, count(*) AS items FROM paced GROUP BY ALL)
SELECT spot, folded, spelling, entered, sum(items) FROM counted JOIN scopes USING (cell) GROUP BY ALL
"""

_LEFT = """
WITH counted AS (SELECT cell, folded, left_age, count(*) AS items FROM paced WHERE left_age IS NOT NULL GROUP BY ALL)
SELECT spot, folded, left_age, sum(items) FROM counted JOIN scopes USING (cell) GROUP BY ALL
"""

_FINISHED = """
WITH counted AS (
    SELECT cell, CASE WHEN is_derived THEN 'derived_clock' ELSE reason END AS why, count(*) AS items
    FROM told WHERE finished_day >= $begin AND finished_day < $end GROUP BY ALL
)
SELECT spot, why, sum(items) FROM counted JOIN scopes USING (cell) GROUP BY ALL
"""
