"""Each measure by level, scope and period, in one question to DuckDB over the tables that `prepared` makes.

Days are counted with the local days of `told`; a period is an ISO week or a month. What has nothing in it has no row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate

import duckdb

from domain.period import Period
from metrics.alignment import UNALIGNED, Coverage
from metrics.columns.places import Places, Where, spots_of
from metrics.columns.prepared import day_number
from metrics.distribution import percentages
from metrics.selection import known

Counts = Mapping[str, int]
_SHOWN = ((50, 5), (85, 10), (95, 20))  # from how many items on a percentile may be shown: `metrics.percentiles`


@dataclass(frozen=True, kw_only=True)
class Finished:
    """`metrics.throughput`: how many items finished, and how many were given up."""

    items: int
    cancelled: int

    @property
    def n_used(self) -> int:
        return self.items

    @property
    def n_in_scope(self) -> int:
        return self.items + self.cancelled

    @property
    def excluded(self) -> Counts:
        return {"cancelled": self.cancelled} if self.cancelled else {}


@dataclass(frozen=True, kw_only=True)
class Percentiles:
    """`metrics.flow_time`: days by nearest rank; None where too few items finished. `excluded` counts by reason."""

    p50_days: int | None
    p85_days: int | None
    p95_days: int | None
    n_used: int
    excluded: Counts = field(default_factory=dict)

    def percentile(self, p: int) -> int | None:
        return {50: self.p50_days, 85: self.p85_days, 95: self.p95_days}[p]

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(self.excluded.values())


@dataclass(frozen=True, kw_only=True)
class Efficiency:
    """`metrics.flow_efficiency`: seconds of the items finished."""

    active_seconds: int
    total_seconds: int
    n_used: int
    excluded: Counts = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        return self.active_seconds / self.total_seconds if self.total_seconds else None

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(self.excluded.values())


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """`metrics.distribution`: items finished by kind."""

    counts: Counts

    @property
    def n_used(self) -> int:
        return sum(self.counts.values())

    @property
    def percent(self) -> dict[str, Decimal]:
        return percentages(self.counts)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """`metrics.flow_load.load_series`: on each day of the period."""

    end_of_day: tuple[int, ...]
    presence: tuple[int, ...]
    untold: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """`metrics.balance`: how many items began, and how many of what was begun ended, by how it ended; `both`: both."""

    arrivals: int
    finished: int
    cancelled: int
    removed: int
    both: int = 0
    excluded: Counts = field(default_factory=dict)

    @property
    def departures(self) -> int:
        return self.finished + self.cancelled + self.removed

    @property
    def known(self) -> int | None:
        lost = sum(items for reason, items in self.excluded.items() if reason != "not_begun")
        return known(self.arrivals - self.departures, used=self.n_used, lost=lost)

    @property
    def n_used(self) -> int:
        return self.arrivals + self.departures - self.both

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(self.excluded.values())


@dataclass(frozen=True, kw_only=True)
class Wasted:
    """`metrics.waste`: how many items were given up at which age in days after they were begun; others by reason."""

    ages: Mapping[int, int]
    excluded: Counts

    @property
    def items(self) -> int:
        return sum(self.ages.values())

    @property
    def n_used(self) -> int:
        return self.items

    @property
    def n_in_scope(self) -> int:
        return self.items + sum(self.excluded.values())

    @property
    def total_days(self) -> int:
        return sum(days * items for days, items in self.ages.items())


@dataclass(frozen=True, kw_only=True)
class ThemeDays:
    """`metrics.alignment.share_out` and `cover`: item-days in progress by theme, `unaligned` among them; of how many
    items, how many days they are in all, and how many of those serve a theme.
    """

    item_days: Mapping[str, Decimal]
    n_used: int
    total: Decimal
    aligned: Decimal


@dataclass(frozen=True, kw_only=True)
class Ageing:
    """`metrics.age`: how many open items have which age in days, those back in new apart; and why others have none."""

    ages: Mapping[int, int]
    paused: Mapping[int, int]
    excluded: Counts

    @property
    def n_used(self) -> int:
        return sum(self.ages.values())

    @property
    def total_days(self) -> int:
        return sum(days * items for days, items in self.ages.items())


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Cumulative flow: on each day of the period, how many items had ever come as far as each state, by that evening.

    By the furthest state that an item reached, so that no line falls for a slip back. Items given up, or removed
    unfinished, leave all bands that day and are counted in `left` alone. `excluded`: whose course no history tells.
    """

    new: tuple[int, ...]
    waiting: tuple[int, ...]
    active: tuple[int, ...]
    done: tuple[int, ...]
    left: tuple[int, ...]
    excluded: Counts = field(default_factory=dict)


def throughput(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Finished]:
    """Items finished, and given up, in each week or month (`unit`)."""
    found = connection.execute(
        """
        WITH ended AS (
            SELECT cell, start, count(*) AS finished, 0 AS cancelled
            FROM told JOIN periods ON day = finished_day AND unit = $unit GROUP BY ALL
            UNION ALL
            SELECT cell, start, 0, count(*) FROM told JOIN periods ON day = cancelled_day AND unit = $unit GROUP BY ALL
        )
        SELECT spot, start, sum(finished), sum(cancelled) FROM ended JOIN scopes USING (cell) GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    where = Places(connection, unit)
    return {where(row): Finished(items=int(row[2]), cancelled=int(row[3])) for row in found}


def flow_time(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Percentiles]:
    """Calendar days from start to finish, both included, of the items finished in each period."""
    return _percentiles(connection, unit=unit, days="flow_days", reason="reason")


def lead_time(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Percentiles]:
    """Calendar days from creation, or the first entry into the funnel, to finish, both included."""
    return _percentiles(connection, unit=unit, days="lead_days", reason="NULL")


def flow_efficiency(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Efficiency]:
    """Active of all seconds of the items finished in each period."""
    found = connection.execute(
        """
        WITH ended AS (
            SELECT cell, start, idle_reason AS reason, count(*) AS items, sum(active_seconds) AS active,
                sum(total_seconds) AS total
            FROM told JOIN periods ON day = finished_day AND unit = $unit GROUP BY ALL
        )
        SELECT spot, start, reason, sum(items), sum(active), sum(total) FROM ended JOIN scopes USING (cell)
        GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    used: dict[Where, tuple[int, int, int]] = {}
    excluded: dict[Where, dict[str, int]] = defaultdict(dict)
    place = Places(connection, unit)
    for row in found:
        where, reason, numbers = place(row), row[2], tuple(map(int, row[3:6]))
        if reason is None:
            used[where] = (numbers[0], numbers[1], numbers[2])
        else:
            excluded[where][reason] = numbers[0]
    return {
        where: Efficiency(
            n_used=used.get(where, _NONE)[0],
            active_seconds=used.get(where, _NONE)[1],
            total_seconds=used.get(where, _NONE)[2],
            excluded=excluded.get(where, {}),
        )
        for where in {**used, **excluded}
    }


_NONE = (0, 0, 0)


def distribution(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Kinds]:
    """Items finished in each period by kind."""
    found = connection.execute(
        """
        WITH ended AS (
            SELECT cell, start, count(*) AS items FROM told JOIN periods ON day = finished_day AND unit = $unit
            GROUP BY ALL
        )
        SELECT spot, start, kind, sum(items) FROM ended JOIN scopes USING (cell) GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    counts: dict[Where, dict[str, int]] = defaultdict(dict)
    where = Places(connection, unit)
    for row in found:
        counts[where(row)][row[2]] = int(row[3])
    return {where: Kinds(counts=kinds) for where, kinds in counts.items()}


def coverage_items(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Coverage]:
    """Of the items finished in each period, those that serve a theme; within a theme all would."""
    found = connection.execute(
        """
        WITH serving AS (
            SELECT DISTINCT cell, true AS is_aligned FROM mixes JOIN themes USING (mix) WHERE share::DOUBLE <> 0
        ), ended AS (
            SELECT cell, start, count(*) AS items FROM told JOIN periods ON day = finished_day AND unit = $unit
            GROUP BY ALL
        )
        SELECT spot, start, coalesce(sum(items) FILTER (is_aligned), 0), sum(items)
        FROM ended LEFT JOIN serving USING (cell) JOIN scopes USING (cell) JOIN spots USING (spot)
        WHERE scope NOT LIKE 'theme:%' GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    where = Places(connection, unit)
    return {
        where(row): Coverage(
            aligned=Decimal(int(row[2])), total=Decimal(int(row[3])), orphans=(), n_used=int(row[3]),
            n_in_scope=int(row[3]),
        )
        for row in found
    }  # fmt: skip


def flow_load(connection: duckdb.DuckDBPyConnection, *, period: Period) -> dict[Where, Loaded]:
    """Items in progress at the end of each day of the period, and present on it, by adding up comings and goings."""
    presence = """
        SELECT cell, started_day AS since, coalesce(finished_day, cancelled_day, removed_day) + 1 AS until
        FROM told WHERE started_day IS NOT NULL
    """
    questions = {"end_of_day": "SELECT cell, since, until FROM loads", "presence": presence}
    untold = {why: f"SELECT cell, since, until FROM untold WHERE reason = '{why}'" for why in _UNTOLD}  # noqa: S608
    return {
        where: Loaded(
            end_of_day=lines["end_of_day"],
            presence=lines["presence"],
            untold={why: lines[why] for why in _UNTOLD if any(lines[why])},
        )
        for where, lines in _lines(connection, questions | untold, period=period).items()
    }


_UNTOLD = ("no_history", "unmapped")


def flow_balance(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Moved]:
    """Items that began in each period, and items begun that finished, were given up or went missing in it.

    What ended and was never seen to begin is left out, and so is what may have been in progress for all that is known.
    """
    found = connection.execute(
        """
        WITH begun AS (
            SELECT cell, started_day, coalesce(finished_day, least(cancelled_day, removed_day)) AS ended_day, ended
            FROM told WHERE started_day IS NOT NULL
        ), steps AS (
            SELECT cell, start, 'arrived' AS how, count(*) AS items, 0 AS twice
            FROM begun JOIN periods ON day = started_day AND unit = $unit GROUP BY ALL
            UNION ALL
            SELECT cell, start, ended, count(*), count(*) FILTER (started_day >= start AND started_day < until)
            FROM begun JOIN periods ON day = ended_day AND unit = $unit GROUP BY ALL
        )
        SELECT spot, start, coalesce(sum(items) FILTER (how = 'arrived'), 0),
            coalesce(sum(items) FILTER (how = 'finished'), 0), coalesce(sum(items) FILTER (how = 'cancelled'), 0),
            coalesce(sum(items) FILTER (how = 'removed'), 0), sum(twice)
        FROM steps JOIN scopes USING (cell) GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    where = Places(connection, unit)
    moved = {where(row): tuple(map(int, row[2:])) for row in found}
    excluded = _not_moved(connection, unit=unit)
    return {
        place: Moved(
            arrivals=arrivals,
            finished=done,
            cancelled=dropped,
            removed=gone,
            both=both,
            excluded=excluded.get(place, {}),
        )
        for place in {**moved, **excluded}
        for arrivals, done, dropped, gone, both in [moved.get(place, (0,) * 5)]
    }


def waste(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, Wasted]:
    """Items given up in each period after they were begun, by their age on that day."""
    found = connection.execute(
        """
        WITH lost AS (
            SELECT cell, start, given_up_days AS days, CASE WHEN started_day IS NOT NULL THEN NULL
                WHEN reason IN ('no_history', 'history_gap') THEN 'no_history' ELSE 'not_begun' END AS why,
                count(*) AS items
            FROM told JOIN periods ON day = cancelled_day AND unit = $unit GROUP BY ALL
        )
        SELECT spot, start, why, days, sum(items) FROM lost JOIN scopes USING (cell) GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    lost: dict[Where, tuple[dict[int, int], dict[str, int]]] = defaultdict(lambda: ({}, {}))
    where = Places(connection, unit)
    for row in found:
        ages, excluded = lost[where(row)]
        if row[2] is None:
            ages[row[3]] = int(row[4])
        else:
            excluded[row[2]] = int(row[4])
    return {where: Wasted(ages=ages, excluded=excluded) for where, (ages, excluded) in lost.items()}


def cumulative_flow(connection: duckdb.DuckDBPyConnection, *, period: Period) -> dict[Where, Bands]:
    """How many items had come as far as each state by the end of each day of the period."""
    questions = {
        band: f"SELECT cell, {band}_day AS since, left_day AS until FROM told WHERE {band}_day IS NOT NULL"  # noqa: S608
        for band in ("new", "waiting", "active", "done")
    }
    questions["left"] = "SELECT cell, left_day AS since, NULL::INTEGER AS until FROM told WHERE left_day IS NOT NULL"
    found = connection.execute(
        "SELECT spot, count(*) FROM told JOIN scopes USING (cell) WHERE reason = 'no_history' GROUP BY ALL"
    ).fetchall()
    spots, nothing = spots_of(connection), (0,) * period.length_days
    untold = {Where(*spots[spot], period): {"no_history": items} for spot, items in found}
    lines = _lines(connection, questions, period=period)
    return {
        where: Bands(**lines.get(where, dict.fromkeys(questions, nothing)), excluded=untold.get(where, {}))
        for where in {**lines, **untold}
    }


def flow_shares(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, ThemeDays]:
    """Item-days in progress in each period, by the themes of each day; a split item gives each theme its share.

    The items are those that were `there` the evening before, less those that had left by its first, and those that came
    in it, each once.
    """
    found = connection.execute(
        """
        WITH comings AS (
            SELECT cell, since AS day, 1 AS step, before FROM loads_by_day UNION ALL
            SELECT cell, until, -1, NULL FROM loads_by_day WHERE until IS NOT NULL
        ), monthly AS (
            SELECT cell, start, sum(step) AS steps, sum(step * (until - comings.day)) AS within,
                count(*) FILTER (step = 1 AND (before IS NULL OR before < start))
                    - count(*) FILTER (step = -1 AND comings.day = start) AS came
            FROM comings JOIN periods ON periods.day = comings.day AND unit = $unit GROUP BY ALL
        ), spans AS (
            SELECT DISTINCT start, until FROM periods WHERE unit = $unit
        ), worked AS (
            SELECT cell, start, coalesce(within, 0) + (until - start) * there AS days,
                there + coalesce(came, 0) AS items
            FROM (
                SELECT *, coalesce(sum(steps) OVER (
                    PARTITION BY cell ORDER BY start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS there
                FROM (SELECT DISTINCT cell FROM monthly) CROSS JOIN spans LEFT JOIN monthly USING (cell, start)
            )
        )
        SELECT spot, start, mix, sum(days), sum(items)
        FROM worked JOIN mixes USING (cell) JOIN scopes USING (cell) JOIN spots USING (spot)
        WHERE days > 0 AND scope NOT LIKE 'theme:%' GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    where = Places(connection, unit)
    shares: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for mix, theme, share in connection.execute("SELECT mix, theme, share FROM themes").fetchall():
        shares[mix][theme] = Decimal(share)
    days: dict[Where, dict[str, Decimal]] = defaultdict(dict)
    items: dict[Where, int] = defaultdict(int)
    total: dict[Where, Decimal] = defaultdict(Decimal)
    aligned: dict[Where, Decimal] = defaultdict(Decimal)
    for row in found:
        given, place, worked = shares.get(row[2], {}), where(row), int(row[3])
        served, here = min(Decimal(1), sum(given.values(), Decimal(0))), days[place]
        for theme, share in {**given, UNALIGNED: 1 - served}.items():
            if share:
                here[theme] = here.get(theme, Decimal(0)) + worked * share
        items[place] += int(row[4])
        total[place] += worked
        aligned[place] += worked * served
    return {
        place: ThemeDays(
            item_days=dict(sorted(themes.items())), n_used=items[place], total=total[place], aligned=aligned[place]
        )
        for place, themes in days.items()
    }


def ageing(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Ageing]:
    """The ages of what is open and was begun, today, by level and scope."""
    found = connection.execute(
        """
        WITH begun AS (
            SELECT cell, state, age_days AS days,
                coalesce(reason, CASE WHEN started_day IS NULL THEN 'no_start' END) AS why, count(*) AS items
            FROM told WHERE is_open AND (started_day IS NOT NULL OR state IN (1, 2)) GROUP BY ALL
        )
        SELECT spot, why, CASE WHEN why IS NULL THEN state = 0 END AS is_paused,
            CASE WHEN why IS NULL THEN days END AS days, sum(items)
        FROM begun JOIN scopes USING (cell) GROUP BY ALL
        """
    ).fetchall()
    told: dict[tuple[str, str], tuple[dict[int, int], dict[int, int], dict[str, int]]] = defaultdict(
        lambda: ({}, {}, {})
    )
    spots = spots_of(connection)
    for spot, why, is_paused, days, items in found:
        ages, paused, excluded = told[spots[spot]]
        if why is not None:
            excluded[why] = excluded.get(why, 0) + int(items)
        elif is_paused:
            paused[days] = int(items)
        else:
            ages[days] = int(items)
    return {where: Ageing(ages=ages, paused=paused, excluded=left) for where, (ages, paused, left) in told.items()}


def _not_moved(connection: duckdb.DuckDBPyConnection, *, unit: str) -> dict[Where, dict[str, int]]:
    """Why items are left out of the balance of a period.

    Nobody saw some begin that ended in it; others were there and neither began nor ended in it, and nobody knows
    whether they were in progress on some day of it. One item has one reason a period: what nobody mapped, first.
    """
    found = connection.execute(
        """
        SELECT spot, start, CASE WHEN ended = 'finished' THEN coalesce(reason, 'no_start')
            WHEN reason IN ('no_history', 'history_gap') THEN 'no_history' ELSE 'not_begun' END AS why, count(*)
        FROM told JOIN periods ON day = coalesce(finished_day, cancelled_day) AND unit = $unit
            JOIN scopes USING (cell)
        WHERE started_day IS NULL AND ended IN ('finished', 'cancelled') GROUP BY ALL
        """,
        {"unit": unit},
    ).fetchall()
    where = Places(connection, unit)
    excluded: dict[Where, dict[str, int]] = defaultdict(dict)
    for row in found:
        excluded[where(row)][row[2]] = int(row[3])
    steps: dict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for spot, why, start, step in connection.execute(_MAY_HAVE_MOVED, {"unit": unit}).fetchall():
        steps[spot, why][start] = int(step)
    starts = [day for (day,) in connection.execute(_STARTS, {"unit": unit}).fetchall()]
    for (spot, why), by_start in steps.items():
        for start, items in zip(starts, accumulate(by_start.get(one, 0) for one in starts), strict=True):
            if items:
                here = excluded[where((spot, start))]
                here[why] = here.get(why, 0) + items
    return dict(excluded)


_STARTS = "SELECT DISTINCT start FROM periods WHERE unit = $unit ORDER BY start"

# By how much, from one period on, more or fewer items are untold: the periods that their days touch, each once, less
# those in which the item itself began or ended.
_MAY_HAVE_MOVED = """
WITH runs AS (
    SELECT number, cell, reason, since, first.start AS first, last.until AS past
    FROM untold JOIN periods first ON first.day = since AND first.unit = $unit
        LEFT JOIN periods last ON last.day = untold.until - 1 AND last.unit = $unit
), once AS (
    SELECT number, cell, reason, CASE WHEN reason = 'unmapped'
            THEN greatest(first, lag(past) OVER (PARTITION BY number, reason ORDER BY since)) ELSE first END AS first,
        CASE WHEN reason = 'no_history'
            THEN least(past, min(first) FILTER (reason = 'unmapped') OVER (PARTITION BY number)) ELSE past END AS past
    FROM runs
), moves AS (
    SELECT DISTINCT number, start, periods.until AS past FROM (
        SELECT number, started_day AS moved FROM untold UNION ALL SELECT number, ended_day FROM untold
    ) JOIN periods ON day = moved AND unit = $unit
), steps AS (
    SELECT cell, reason, first AS start, 1 AS step FROM once WHERE past IS NULL OR first < past
    UNION ALL
    SELECT cell, reason, past, -1 FROM once WHERE first < past
    UNION ALL
    SELECT cell, reason, unnest([start, moves.past]), unnest([-1, 1])
    FROM once JOIN moves USING (number) WHERE start >= first AND (once.past IS NULL OR start < once.past)
)
SELECT spot, reason, start, sum(step) FROM steps JOIN scopes USING (cell) GROUP BY ALL
"""


def _percentiles(
    connection: duckdb.DuckDBPyConnection, *, unit: str, days: str, reason: str
) -> dict[Where, Percentiles]:
    """Nearest rank: DuckDB reckons the rank of a decimal share in whole numbers, as `metrics.percentiles` does."""
    shares = ", ".join(str(Decimal(p) / 100) for p, _ in _SHOWN)
    found = connection.execute(
        f"""
        WITH ended AS (
            SELECT cell, start, {reason} AS reason, CASE WHEN {reason} IS NULL THEN {days} END AS days
            FROM told JOIN periods ON day = finished_day AND unit = $unit
        )
        SELECT spot, start, reason, count(*), quantile_disc(days, [{shares}])
        FROM ended JOIN scopes USING (cell) GROUP BY ALL
        """,  # noqa: S608  # names of ours
        {"unit": unit},
    ).fetchall()
    used: dict[Where, list[int | None]] = {}
    counts: dict[Where, int] = {}
    excluded: dict[Where, dict[str, int]] = defaultdict(dict)
    place = Places(connection, unit)
    for row in found:
        where, items = place(row), int(row[3])
        if row[2] is None:
            counts[where] = items
            used[where] = [days if items >= least else None for days, (_, least) in zip(row[4], _SHOWN, strict=True)]
        else:
            excluded[where][row[2]] = items
    nothing = [None for _ in _SHOWN]
    return {
        where: Percentiles(
            n_used=counts.get(where, 0), p50_days=p50, p85_days=p85, p95_days=p95, excluded=excluded.get(where, {})
        )
        for where in {**used, **excluded}
        for p50, p85, p95 in [used.get(where, nothing)]
    }


def _lines(
    connection: duckdb.DuckDBPyConnection, questions: Mapping[str, str], *, period: Period
) -> dict[Where, dict[str, tuple[int, ...]]]:
    """For each question for (cell, since, until, items): how many items are there on each day of the period.

    What was there before the period is there on its first day.
    """
    begin, end = day_number(period.start), day_number(period.end)
    steps: dict[int, dict[str, list[int]]] = {}
    for line, question in questions.items():
        found = connection.execute(
            f"""
            WITH stretches AS (
                SELECT * FROM ({question}) WHERE since < $end AND (until IS NULL OR until > $begin AND until > since)
            ), steps AS (
                SELECT cell, greatest(since, $begin) AS day, count(*) AS step FROM stretches GROUP BY ALL
                UNION ALL
                SELECT cell, until, -count(*) FROM stretches WHERE until < $end GROUP BY ALL
            )
            SELECT spot, day, sum(step) FROM steps JOIN scopes USING (cell) GROUP BY ALL
            """,  # noqa: S608  # names of ours
            {"begin": begin, "end": end},
        ).fetchall()
        for spot, day, step in found:
            lines = steps.setdefault(spot, {name: [0] * (end - begin) for name in questions})
            lines[line][day - begin] += int(step)
    spots = spots_of(connection)
    return {
        Where(*spots[spot], period): {name: tuple(_added(line)) for name, line in lines.items()}
        for spot, lines in steps.items()
    }


def _added(steps: Sequence[int]) -> Iterator[int]:
    total = 0
    for step in steps:
        total += step
        yield total
