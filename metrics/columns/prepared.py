"""Kept journeys made ready to be counted: children's clocks, local days, scopes and periods, as tables of DuckDB.

```
journeys ──┬─> clocks of children ──> told: one row an item, in local days
           ├─> stays: visits in progress, where they were poured
           ├─> untold: days on which nobody knows whether an item was in progress
places   ──┴─> cells ──> scopes: what lies where, and by which share
               days  ──> periods: the ISO week and the month of a day
```
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb

from domain.board import Board
from domain.calendar import Calendar, DayCount
from domain.kept import CODES
from domain.period import iso_week, month

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = EPOCH.date()
_CODE = {state.name: code for state, code in CODES.items()}
NO_BOARD = Board()


class RingOfParentsError(ValueError):
    """Items are each other's parents, and have no clock of their own: only the plain definition says what holds."""


class KeptLaterError(ValueError):
    """Something is said to have happened after the instant of asking: only tracing tells what held then."""


class StaysNotPouredError(ValueError):
    """These visits were not read: pour journeys with those since the beginning of a period, or of a board's level."""


def prepare(
    connection: duckdb.DuckDBPyConnection,
    *,
    calendar: Calendar,
    as_of: datetime,
    waiting_known: Iterable[str] = (),
    board: Board = NO_BOARD,
) -> None:
    """Make the tables that the measures read, from `journeys` and `places` as the store keeps them.

    `waiting_known` are the sources whose settings name waiting states. Raises RingOfParentsError, and KeptLaterError
    where the last event of a journey comes after `as_of` (`metrics.kept.is_told`): it must be traced for that instant.
    With a board, journeys of its level must bear their visits, or have been traced with that board; raises
    StaysNotPouredError.
    """
    latest = connection.execute("SELECT max(settled_at) FROM journeys").fetchall()[0][0]
    if latest is not None and latest > (as_of - EPOCH) // timedelta(microseconds=1):
        raise KeptLaterError(f"journeys were kept later than {as_of}; trace those for that instant")
    _derive_clocks(connection)
    _settle_places(connection, calendar=calendar, as_of=as_of)
    _lay_out_places(connection)
    _find_entries(connection, board)
    _find_spells(connection)
    _count_days(connection, calendar=calendar, as_of=as_of, waiting_known=waiting_known)
    _lay_out_stays(connection)


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return (day - FIRST_DAY).days


def day_of(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows all at once, column by column: one statement a row would take a millisecond a row."""
    if rows:
        lists = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?)'] * len(lists))}", lists)


# --- children's clocks: `metrics.journeys.derive_clocks`, level by level


def _derive_clocks(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("ALTER TABLE journeys ADD COLUMN IF NOT EXISTS is_derived BOOLEAN DEFAULT false")
    connection.execute(_UNMOVED_PARENTS)
    while connection.execute("SELECT count(*) FROM unmoved WHERE NOT is_done").fetchall()[0][0]:
        connection.execute(_NEXT_PARENTS)
        if not connection.execute("SELECT count(*) FROM next_parents").fetchall()[0][0]:
            raise RingOfParentsError("some items are each other's parents and never moved themselves")
        connection.execute(_CHILDRENS_CLOCK)
        connection.execute(_TAKE_CLOCK)
        connection.execute("UPDATE unmoved SET is_done = true FROM next_parents n WHERE unmoved.item = n.item")
    connection.execute(_LEFT_BEHIND)


# An item with no more than one visit, not set aside for another reason, that has children.
_UNMOVED_PARENTS = """
CREATE OR REPLACE TEMP TABLE unmoved AS
SELECT DISTINCT p.rowid AS item, p.source, p.external_id, p.parent_id, false AS is_done
FROM journeys p JOIN journeys c ON c.source = p.source AND c.parent_id = p.external_id
WHERE p.visits <= 1 AND (p.excluded_reason IS NULL OR p.excluded_reason IN ('no_start', 'no_history'))
"""

# Those of them all of whose own children have been looked at.
_NEXT_PARENTS = """
CREATE OR REPLACE TEMP TABLE next_parents AS
SELECT item, source, external_id FROM unmoved p
WHERE NOT is_done AND NOT EXISTS (
    SELECT 1 FROM unmoved c WHERE NOT c.is_done AND c.source = p.source AND c.parent_id = p.external_id
)
"""

# Children given up, ignored or removed unfinished do not count; one was begun when it started or finished, and may have
# been where nobody mapped its status.
_CHILDRENS_CLOCK = f"""
CREATE OR REPLACE TEMP TABLE clocks AS
SELECT p.item, min(c.started_at) AS started_at, max(c.finished_at) AS finished_at,
    count(c.finished_at) = count(*) FILTER (
        c.started_at IS NOT NULL OR c.finished_at IS NOT NULL OR c.state = {_CODE["UNKNOWN"]}
    ) AS all_finished
FROM next_parents p JOIN journeys c ON c.source = p.source AND c.parent_id = p.external_id
WHERE (c.removed_at IS NULL OR c.finished_at IS NOT NULL)
    AND c.state NOT IN ({_CODE["CANCELLED"]}, {_CODE["IGNORE"]})
GROUP BY p.item
HAVING min(c.started_at) IS NOT NULL
"""  # noqa: S608  # codes of ours

# A parent that is done while a child that was begun is not keeps no clock at all.
_TAKE_CLOCK = f"""
UPDATE journeys SET
    is_derived = true, visits = 2, has_unmapped = false, excluded_reason = NULL,
    state = CASE WHEN state = {_CODE["DONE"]} THEN state ELSE {_CODE["ACTIVE"]} END,
    first_started_at = c.started_at, started_at = c.started_at,
    finished_at = CASE WHEN state = {_CODE["DONE"]} THEN c.finished_at END,
    first_active_at = c.started_at, first_done_at = CASE WHEN state = {_CODE["DONE"]} THEN c.finished_at END,
    active_seconds = 0, total_seconds = 0,
    loaded_from = c.started_at, more_loads = NULL,
    loaded_until = least(CASE WHEN state = {_CODE["DONE"]} THEN c.finished_at END, journeys.removed_at)
FROM clocks c WHERE journeys.rowid = c.item AND (state <> {_CODE["DONE"]} OR c.all_finished)
"""  # noqa: S608  # codes of ours

# Open children that nobody began, below a parent that is done.
_LEFT_BEHIND = f"""
UPDATE journeys SET excluded_reason = 'left_behind'
FROM journeys p
WHERE p.source = journeys.source AND p.external_id = journeys.parent_id AND p.state = {_CODE["DONE"]}
    AND journeys.excluded_reason IS NULL AND journeys.started_at IS NULL AND journeys.removed_at IS NULL
    AND journeys.state IN ({_CODE["NEW"]}, {_CODE["WAITING"]}, {_CODE["ACTIVE"]})
"""  # noqa: S608  # codes of ours


# --- places of items whose themes begin and end: that of the day they ended, or of today; and those of other days


def _settle_places(connection: duckdb.DuckDBPyConnection, *, calendar: Calendar, as_of: datetime) -> None:
    """Give each item the place with the themes that are its own, as `domain.themes.assign_by_day` says.

    Days begin and end as they do in its value stream.

    `parted` is the place with all stretches, of the few items that have any, and `stretches` say which place that is on
    which days, up to today: days after it are as today.
    """
    connection.execute("ALTER TABLE journeys ADD COLUMN IF NOT EXISTS parted BIGINT")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stretches "
        "(parted BIGINT, place BIGINT, since INTEGER, until INTEGER, since_at BIGINT, until_at BIGINT)"
    )
    connection.execute("DELETE FROM places WHERE place < 0")  # of an earlier go; the store numbers them from 0 on
    parted = connection.execute(
        "SELECT place, level, kind, value_stream, train, themes FROM places WHERE themes LIKE '{%' ORDER BY place"
    ).fetchall()
    places: list[tuple[object, ...]] = []
    found: list[tuple[int, int, int, int, int, int]] = []
    for place, level, kind, stream, train, told in parted:
        own = calendar.of(stream)
        every = [(date.fromisoformat(start), shares) for start, _, shares in json.loads(told)["stretches"]]
        begun = [(start, shares) for start, shares in every if start <= own.day(as_of)]
        ends = [*(start for start, _ in begun[1:]), date.max]
        for (start, shares), end in zip(begun, ends, strict=True):
            places.append((-1 - len(places), level, kind, stream, train, json.dumps(shares)))
            found.append(
                (place, -len(places), day_number(start), day_number(end), _begin(start, own), _begin(end, own))
            )
    fill(connection, "places (place, level, kind, value_stream, train, themes)", places)
    fill(connection, "stretches", found)
    if found:
        connection.execute(_PARTED)
        connection.execute(_OWN_PLACE, {"as_of": (as_of - EPOCH) // timedelta(microseconds=1)})


def _begin(day: date, own: Calendar) -> int:
    """The first instant of a day, in microseconds; of a day at either end of the calendar, one before or after all."""
    if date.min < day < date.max:
        return (own.start_of(day) - EPOCH) // timedelta(microseconds=1)
    return -(2**62) if day == date.min else 2**62


_PARTED = """
UPDATE journeys SET parted = coalesce(parted, place) WHERE coalesce(parted, place) IN (SELECT parted FROM stretches)
"""

_OWN_PLACE = """
UPDATE journeys SET place = stretches.place FROM stretches
WHERE stretches.parted = journeys.parted
    AND coalesce(finished_at, least(cancelled_at, removed_at), $as_of) >= since_at
    AND coalesce(finished_at, least(cancelled_at, removed_at), $as_of) < until_at
"""


# --- places: a cell is a level, kind, value stream, train and set of themes; teams do not part it


def _lay_out_places(connection: duckdb.DuckDBPyConnection) -> None:
    """`cells` says in which cell a place lies, `scopes` at which spots a cell; `spots` names them.

    A spot is one scope at one level, by number: words are told only at the end. `mixes` says which mix of themes a cell
    serves, and `themes` by which shares.
    """
    connection.execute(_CELLS)
    spots: dict[tuple[str, str], int] = {}
    scopes: list[tuple[int, int, str]] = []
    numbers: dict[str, int] = {}
    mixes: list[tuple[int, int]] = []
    found = connection.execute("SELECT cell, level, kind, value_stream, train, themes FROM kinds_of_cells").fetchall()
    for cell, level, kind, stream, train, told in found:
        if level is None:  # an item at no level counts nowhere
            continue
        shares = json.loads(told)
        names = ["portfolio", *(f"theme:{theme}" for theme, share in shares if Decimal(share) > 0)]
        names += [f"value_stream:{stream}"] if stream else []
        names += [f"train:{train}"] if train else []
        scopes += [(cell, spots.setdefault((level, name), len(spots)), kind) for name in names]
        mixes.append((cell, numbers.setdefault(told, len(numbers))))
    themes = [(mix, theme, share) for told, mix in numbers.items() for theme, share in json.loads(told)]
    connection.execute("CREATE OR REPLACE TEMP TABLE scopes (cell INTEGER, spot INTEGER, kind VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE spots (spot INTEGER, level VARCHAR, scope VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE mixes (cell INTEGER, mix INTEGER)")
    connection.execute("CREATE OR REPLACE TEMP TABLE themes (mix INTEGER, theme VARCHAR, share VARCHAR)")
    fill(connection, "scopes", scopes)
    fill(connection, "spots", [(spot, *where) for where, spot in spots.items()])
    fill(connection, "mixes", mixes)
    fill(connection, "themes", themes)


_CELLS = """
CREATE OR REPLACE TEMP TABLE kinds_of_cells AS
SELECT (row_number() OVER ())::INTEGER AS cell, * FROM (
    SELECT DISTINCT level, kind, value_stream, train, themes FROM places WHERE themes NOT LIKE '{%'
);
CREATE OR REPLACE TEMP TABLE cells AS
SELECT p.place, k.cell FROM places p JOIN kinds_of_cells k ON k.kind = p.kind AND k.themes = p.themes
    AND k.level IS NOT DISTINCT FROM p.level AND k.value_stream IS NOT DISTINCT FROM p.value_stream
    AND k.train IS NOT DISTINCT FROM p.train
"""


# --- the funnel: `metrics.flow_time.entered_funnel`


def map_statuses(connection: duckdb.DuckDBPyConnection, statuses: Iterable[tuple[object, str]], board: Board) -> None:
    """A table `mapped` of the statuses that are on the board, and whether they are its funnel."""
    rows = [(status, state == board.states[0]) for status, name in statuses if (state := board.of(name)) is not None]
    kind = "INTEGER" if rows and isinstance(rows[0][0], int) else "VARCHAR"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE mapped (status {kind}, is_funnel BOOLEAN)")
    fill(connection, "mapped", rows)


# The first visit that is on the board, or in which something was begun or ended, is an entry where it is in the funnel.
FIRST_ON_BOARD = f"""
SELECT item, arg_min(entered_at, n) AS funnel_at FROM {{visits}} LEFT JOIN mapped USING (status)
WHERE is_funnel IS NOT NULL OR state NOT IN ({_CODE["NEW"]}, {_CODE["IGNORE"]}, {_CODE["UNKNOWN"]})
GROUP BY item
HAVING arg_min(coalesce(is_funnel, false) AND state NOT IN ({_CODE["DONE"]}, {_CODE["CANCELLED"]}), n)
"""  # noqa: S608  # codes of ours


def _find_entries(connection: duckdb.DuckDBPyConnection, board: Board) -> None:
    """`entries`: when what is done at the board's level came into its funnel, by its row."""
    connection.execute("CREATE OR REPLACE TEMP TABLE entries (item BIGINT, funnel_at BIGINT)")
    if not board.states:
        return
    names = _columns(connection, "journeys")
    level = {"level": board.level}
    if "funnel_at" in names:
        connection.execute(f"INSERT INTO entries {_AT_LEVEL.format('funnel_at')}", level)
        return
    stays = "stays" if "stays" in names else "NULL"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told_of AS {_AT_LEVEL.format(stays)}", level)
    if connection.execute(f"SELECT 1 FROM told_of WHERE {stays} IS NULL LIMIT 1").fetchall():  # noqa: S608
        raise StaysNotPouredError(f"the visits of {board.level} items were not read; pour journeys with them")
    if stays != "NULL":
        connection.execute(_STEPS)
        map_statuses(connection, connection.execute("SELECT DISTINCT status, status FROM steps").fetchall(), board)
        connection.execute(f"INSERT INTO entries {FIRST_ON_BOARD.format(visits='steps')}")


# What is done, by its own clock: of others nobody asks when they came.
_AT_LEVEL = """
SELECT journeys.rowid AS item, {} FROM journeys JOIN cells USING (place) JOIN kinds_of_cells USING (cell)
WHERE level = $level AND finished_at IS NOT NULL AND NOT is_derived
"""

_STEPS = """
CREATE OR REPLACE TEMP TABLE steps AS
WITH told AS (
    SELECT item, CAST(CAST(stays AS JSON) AS VARCHAR[][]) AS every FROM told_of
), each AS (
    SELECT item, unnest(range(1, len(every) + 1)) AS n, unnest(every) AS one FROM told
)
SELECT item, n, one[1] AS status, one[3]::TINYINT AS state, one[4]::BIGINT AS entered_at FROM each
"""


# --- what nobody knows: `metrics.flow_load.untold_days`


def _find_spells(connection: duckdb.DuckDBPyConnection) -> None:
    """`spells`: when items were in a status that nobody mapped, or before the first that their tracker tells."""
    names = _columns(connection, "journeys")
    if "stays" in names:
        if connection.execute(f"SELECT 1 FROM ({_UNTOLD_OF}) WHERE stays IS NULL LIMIT 1").fetchall():  # noqa: S608
            raise StaysNotPouredError("the visits of items that nobody mapped were not read; pour journeys with them")
        connection.execute(_SPELLS)
    elif "since" in _columns(connection, "unmapped"):
        connection.execute(_SPELLS_TRACED)
    else:
        raise StaysNotPouredError("no visits were read; pour journeys with those of what nobody mapped")


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    found = connection.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]).fetchall()
    return {name for (name,) in found}


# A journey says `no_history` first where its tracker tells no history at all.
_UNTOLD_OF = """
SELECT rowid AS number, stays, excluded_reason IS NOT DISTINCT FROM 'no_history' AS is_bare, created_at, removed_at
FROM journeys WHERE NOT is_derived AND (has_unmapped OR excluded_reason IS NOT DISTINCT FROM 'no_history')
"""

_SPELLS = f"""
CREATE OR REPLACE TEMP TABLE spells AS
WITH told AS (
    SELECT *, CAST(CAST(stays AS JSON) AS VARCHAR[][]) AS every FROM ({_UNTOLD_OF})
), each AS (
    SELECT number, removed_at, unnest(every) AS one, unnest(every[2:]) AS next FROM told
)
SELECT number, 'unmapped' AS reason, one[4]::BIGINT AS since, least(next[4]::BIGINT, removed_at) AS until
FROM each WHERE one[3] = '{_CODE["UNKNOWN"]}'
UNION ALL
SELECT number, 'no_history', created_at, least(every[1][4]::BIGINT, removed_at) FROM told WHERE is_bare
"""  # noqa: S608  # codes of ours

# What was traced over columns has its whole history.
_SPELLS_TRACED = """
CREATE OR REPLACE TEMP TABLE spells AS
SELECT journeys.rowid AS number, 'unmapped' AS reason, since, least(until, removed_at) AS until
FROM unmapped JOIN journeys USING (item) WHERE NOT is_derived
"""


# --- days


def _count_days(
    connection: duckdb.DuckDBPyConnection, *, calendar: Calendar, as_of: datetime, waiting_known: Iterable[str]
) -> None:
    """`told`: what each item did, in local days; `loads`: the days at whose end it was in progress, by the stretch.

    `untold`: the days at whose end nobody knows whether it was.
    """
    earliest = connection.execute(
        "SELECT least(min(least(created_at, first_started_at, first_done_at, loaded_from, finished_at, cancelled_at, "
        "removed_at)), (SELECT min(since) FROM spells)) FROM journeys"  # trackers may say that an item ended before it
    ).fetchall()[0][0]  # was written down
    first = min(EPOCH + timedelta(microseconds=earliest or 0), as_of)
    _tell_days_apart(connection, calendar=calendar, first=first, as_of=as_of)
    connection.execute("CREATE OR REPLACE TEMP TABLE periods (day INTEGER, unit VARCHAR, start INTEGER, until INTEGER)")
    day, rows = calendar.day(first) - timedelta(days=1), []  # somewhere it is still yesterday, elsewhere tomorrow
    while day <= calendar.day(as_of) + timedelta(days=1):
        for unit, period_of in (("week", iso_week), ("month", month)):
            period = period_of(day)
            rows.append((day_number(day), unit, day_number(period.start), day_number(period.end)))
        day += timedelta(days=1)
    fill(connection, "periods", rows)
    connection.execute(_TOLD, {"waiting_known": sorted(waiting_known)})
    if any(one.count is DayCount.WORKING_DAYS for one in (calendar, *calendar.streams.values())):
        _count_working_days(connection)
    connection.execute(_LOADS)
    connection.execute(_LOADS_BY_DAY)
    connection.execute(_UNTOLD)


def _tell_days_apart(
    connection: duckdb.DuckDBPyConnection, *, calendar: Calendar, first: datetime, as_of: datetime
) -> None:
    """A macro `local_day`; and by which zone and which calendar, by number, items of a cell count; and its today."""
    calendars = [calendar, *calendar.streams.values()]
    zones = list(dict.fromkeys(one.zone for one in calendars))
    connection.execute(_local_day(zones, first=first, last=as_of + timedelta(days=1)))
    cells = connection.execute("SELECT cell, value_stream FROM kinds_of_cells").fetchall()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE clocks_of_cells (cell INTEGER, zone INTEGER, calendar INTEGER, today INTEGER)"
    )
    clocks = [(cell, calendar.of(stream)) for cell, stream in cells]
    fill(
        connection,
        "clocks_of_cells",
        [
            (cell, zones.index(own.zone), next(n for n, one in enumerate(calendars) if one is own),
             day_number(own.day(as_of)))
            for cell, own in clocks
        ],
    )  # fmt: skip
    connection.execute("CREATE OR REPLACE TEMP TABLE zones (zone INTEGER, name VARCHAR)")
    fill(connection, "zones", [(number, zone.key) for number, zone in enumerate(zones)])
    connection.execute("CREATE OR REPLACE TEMP TABLE worked (calendar INTEGER, day INTEGER, so_far INTEGER)")
    fill(connection, "worked", list(_worked(calendars, first=first, last=as_of)))


def _worked(calendars: Sequence[Calendar], *, first: datetime, last: datetime) -> Iterator[tuple[int, int, int]]:
    """How many days each calendar that counts them has worked up to each day, that day included."""
    for number, own in enumerate(calendars):
        if own.count is not DayCount.WORKING_DAYS:
            continue
        day, so_far = own.day(first) - timedelta(days=1), 0
        while day <= own.day(last) + timedelta(days=1):
            so_far += own.is_working(day)
            yield number, day_number(day), so_far
            day += timedelta(days=1)


def _count_working_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Days from one to another, both included, are those worked up to the last, less those before the first."""
    for days, since, until in (
        ("flow_days", "started_day", "finished_day"),
        ("lead_days", "asked_day", "finished_day"),
        ("age_days", "started_day", "today"),
        ("given_up_days", "started_day", "cancelled_day"),
    ):
        connection.execute(
            f"UPDATE told SET {days} = greatest(1, b.so_far - a.so_far) FROM worked a, worked b "  # noqa: S608
            f"WHERE {days} IS NOT NULL AND a.calendar = told.calendar AND b.calendar = told.calendar "
            f"AND a.day = told.{since} - 1 AND b.day = told.{until}"
        )


def _local_day(zones: Sequence[ZoneInfo], *, first: datetime, last: datetime) -> str:
    """A macro that says on which local day an instant falls: days of a zone begin where its clocks say so.

    A zone's offset is looked up where it last changed; the newest change is asked first.
    """
    offsets = [
        "CASE "
        + "".join(
            f"WHEN instant >= {since} THEN {seconds}000000 "
            for since, seconds in reversed(_offsets(zone, first=first, last=last))
        )
        + "END"
        for zone in zones
    ]
    others = "".join(f"WHEN zone = {number} THEN {offset} " for number, offset in enumerate(offsets) if number)
    offset = f"CASE {others}ELSE {offsets[0]} END" if others else offsets[0]
    return (
        "CREATE OR REPLACE TEMP MACRO local_day(instant, zone) AS "
        f"CAST(floor((instant + {offset}) / 86400000000.0) AS INTEGER)"
    )


def _offsets(zone: ZoneInfo, *, first: datetime, last: datetime) -> list[tuple[int, int]]:
    """From which instant (microseconds) on the zone was so many seconds ahead of UTC."""
    at = first - timedelta(days=2)
    found = [(-(2**62), _offset(zone, at))]
    while at < last:
        after = at + timedelta(days=1)
        if _offset(zone, after) != found[-1][1]:
            early, late = at, after
            while late - early > timedelta(seconds=1):
                middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
                early, late = (early, middle) if _offset(zone, middle) != found[-1][1] else (middle, late)
            since = late.replace(microsecond=0)
            found.append(((since - EPOCH) // timedelta(microseconds=1), _offset(zone, late)))
        at = after
    return found


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


# Ignored items count nowhere. What an item is left out for: `reason` of flow time, `idle_reason` of flow efficiency.
_TOLD = f"""
CREATE OR REPLACE TEMP TABLE told AS
SELECT cells.cell, state, removed_at IS NULL AND state <= {_CODE["ACTIVE"]} AS is_open,
    excluded_reason AS reason,
    CASE WHEN excluded_reason IS NOT NULL THEN excluded_reason WHEN is_derived THEN 'derived_clock'
        WHEN NOT list_contains($waiting_known, source) THEN 'no_waiting_states'
        WHEN has_unmapped THEN 'unmapped' END AS idle_reason,
    local_day(asked_at, zone) AS asked_day, local_day(started_at, zone) AS started_day,
    local_day(finished_at, zone) AS finished_day, local_day(cancelled_at, zone) AS cancelled_day,
    local_day(removed_at, zone) AS removed_day,
    CASE WHEN finished_at IS NOT NULL AND started_at IS NOT NULL
        THEN local_day(finished_at, zone) - local_day(started_at, zone) + 1 END AS flow_days,
    CASE WHEN finished_at IS NOT NULL
        THEN local_day(finished_at, zone) - local_day(asked_at, zone) + 1 END AS lead_days,
    CASE WHEN cancelled_at IS NOT NULL AND started_at IS NOT NULL
        THEN local_day(cancelled_at, zone) - local_day(started_at, zone) + 1 END AS given_up_days,
    CASE WHEN finished_at IS NOT NULL THEN 'finished' WHEN cancelled_at <= coalesce(removed_at, cancelled_at)
        THEN 'cancelled' WHEN removed_at IS NOT NULL THEN 'removed' END AS ended,
    is_derived, active_seconds, total_seconds,
    parted, today, zone, calendar, today - local_day(started_at, zone) + 1 AS age_days,
    local_day(loaded_from, zone) AS loaded_day, local_day(loaded_until, zone) AS unloaded_day, more_loads,
    CASE WHEN visits = 0 OR reason_untold THEN NULL
        ELSE local_day(least(created_at, in_progress_at), zone) END AS new_day,
    CASE WHEN NOT reason_untold THEN local_day(in_progress_at, zone) END AS waiting_day,
    CASE WHEN NOT reason_untold THEN local_day(least(first_active_at, first_done_at), zone) END AS active_day,
    CASE WHEN NOT reason_untold THEN local_day(first_done_at, zone) END AS done_day,
    CASE WHEN finished_at IS NULL AND visits > 0 AND NOT reason_untold
        THEN local_day(least(cancelled_at, removed_at), zone) END AS left_day
FROM (SELECT journeys.*, greatest(created_at, entries.funnel_at) AS asked_at,
        least(first_started_at, first_done_at) AS in_progress_at,
        excluded_reason IS NOT NULL AND excluded_reason = 'no_history' AS reason_untold
        FROM journeys LEFT JOIN entries ON entries.item = journeys.rowid) journeys
    JOIN cells ON cells.place = journeys.place JOIN clocks_of_cells ON clocks_of_cells.cell = cells.cell
WHERE state <> {_CODE["IGNORE"]}
"""  # noqa: S608  # codes of ours

# `before` is the last day of the same item's stretch before.
_LOADS = """
CREATE OR REPLACE TEMP TABLE loads AS
WITH further AS (
    SELECT rowid AS number, cell, parted, zone, string_split(unnest(string_split(more_loads, ' ')), '-') AS stretch
    FROM told WHERE more_loads IS NOT NULL
), every AS (
    SELECT rowid AS number, cell, parted, loaded_day AS since, unloaded_day AS until FROM told
    WHERE more_loads IS NOT NULL
    UNION ALL
    SELECT number, cell, parted, local_day(CAST(stretch[1] AS BIGINT), zone),
        local_day(CAST(nullif(stretch[2], '') AS BIGINT), zone) FROM further
)
SELECT cell, parted, since, until, lag(until - 1) OVER (PARTITION BY number ORDER BY since) AS before FROM every
WHERE until IS NULL OR since < until
UNION ALL
SELECT cell, parted, loaded_day, unloaded_day, NULL FROM told
WHERE more_loads IS NULL AND loaded_day IS NOT NULL AND (unloaded_day IS NULL OR loaded_day < unloaded_day)
"""

# The same by the themes of each day. An item that was in progress the day before a stretch of days came before it.
_LOADS_BY_DAY = f"""
CREATE OR REPLACE TEMP VIEW loads_by_day AS
SELECT cell, since, until, before FROM loads WHERE parted IS NULL
UNION ALL
SELECT cells.cell, greatest(loads.since, stretches.since),
    CASE WHEN loads.until IS NULL AND stretches.until = {day_number(date.max)} THEN NULL
        ELSE least(loads.until, stretches.until) END,
    CASE WHEN stretches.since > loads.since THEN stretches.since - 1 ELSE before END
FROM loads JOIN stretches USING (parted) JOIN cells ON cells.place = stretches.place
WHERE loads.since < stretches.until AND (loads.until IS NULL OR loads.until > stretches.since)
"""  # noqa: S608  # a number of ours

_UNTOLD = f"""
CREATE OR REPLACE TEMP TABLE untold AS
SELECT * FROM (
    SELECT number, cells.cell, reason, local_day(since, zone) AS since, local_day(until, zone) AS until,
        local_day(started_at, zone) AS started_day,
        local_day(coalesce(finished_at, least(cancelled_at, removed_at)), zone) AS ended_day
    FROM spells JOIN journeys ON journeys.rowid = number JOIN cells ON cells.place = journeys.place
        JOIN clocks_of_cells ON clocks_of_cells.cell = cells.cell
    WHERE state <> {_CODE["IGNORE"]}
) WHERE until IS NULL OR since < until
"""  # noqa: S608  # codes of ours


# --- stays: visits in progress, by the number of their item


def _lay_out_stays(connection: duckdb.DuckDBPyConnection) -> None:
    """`stays` out of the journeys' own words, where those were poured; else as `trace_columns` left them.

    `items_of_stays` are the journeys by the number that stays know their items by.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS stays_since (since BIGINT)")
    names = _columns(connection, "journeys")
    if "stays" in names:
        connection.execute(_STAYS)
    number = "" if "item" in names else "rowid AS item, "
    connection.execute(f"CREATE OR REPLACE TEMP VIEW items_of_stays AS SELECT {number}* FROM journeys")  # noqa: S608


# A stay is [status, status id, state, entered at]; it ends where the next one begins.
_STAYS = f"""
CREATE OR REPLACE TABLE stays AS
WITH told AS (
    SELECT rowid AS item, CAST(CAST(stays AS JSON) AS VARCHAR[][]) AS every FROM journeys
    WHERE stays IS NOT NULL AND NOT is_derived
), each AS (
    SELECT item, unnest(range(1, len(every) + 1)) AS n, unnest(every) AS one, unnest(every[2:]) AS next FROM told
)
SELECT item, n::INTEGER AS n, one[1] AS status, one[4]::BIGINT AS entered_at, next[4]::BIGINT AS left_at
FROM each WHERE one[3] IN ('{_CODE["WAITING"]}', '{_CODE["ACTIVE"]}')
"""  # noqa: S608  # codes of ours
