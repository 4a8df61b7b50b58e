"""Every journey traced at once, in windows over columns: what `metrics/journeys.py` says, for millions of items.

```
changes ──> entries ──> visits ──> journeys            each a table of DuckDB
              └ the state at creation, and each later one, in order
blockings ──> the visits of what blocks, while it was not done
```

The definition is `journeys.trace`; a property test holds each column equal to it. Only items whose history is whole,
as that of all that blocks them is, are traced here: of the others (`left_out`) the definition itself must tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from domain.board import Board
from domain.journey import StartPolicy
from domain.kept import CODES
from domain.workflow import Workflow
from metrics.columns.prepared import EPOCH, FIRST_ON_BOARD, NO_BOARD, fill, map_statuses
from metrics.journeys import HOLDING, is_raised

_CODE = {state.name: code for state, code in CODES.items()}
_MICROSECOND = timedelta(microseconds=1)
_DONE, _CANCELLED, _UNKNOWN = _CODE["DONE"], _CODE["CANCELLED"], _CODE["UNKNOWN"]
_PROGRESS = f"({_CODE['WAITING']}, {_CODE['ACTIVE']})"
_ENDED = f"({_DONE}, {_CANCELLED})"
_HOLDING = f"({', '.join(str(CODES[state]) for state in HOLDING)})"


def trace_columns(
    connection: duckdb.DuckDBPyConnection,
    *,
    workflow: Workflow,
    as_of: datetime,
    policy: StartPolicy = StartPolicy.FIRST,
    stays_since: datetime | None = None,
    board: Board = NO_BOARD,
) -> int:
    """Make `journeys` from `items`, `changes` and `blockings`, the store's columns; return how many were left out.

    Every event must have happened by `as_of`. Spans of what is open run up to it. `place` is taken over from `items`.
    With `stays_since`, `stays` holds the visits in progress of what has moved since then, or is not over. With a board,
    `funnel_at` says when an item came onto it by its funnel, whatever its level.
    """
    now = (as_of - EPOCH) // _MICROSECOND
    connection.execute(_NUMBERED)
    _say_what_statuses_mean(connection, workflow)
    _say_what_is_raised(connection)
    connection.execute(_UNMOVED)
    connection.execute(_MOVES)
    connection.execute(_BIRTHS)
    connection.execute(_VISITS)
    _say_what_was_given_up(connection, workflow)
    connection.execute(_MILESTONES.replace("POLICY", str(policy)))
    connection.execute(_FLAGGED, {"now": now})
    connection.execute(_SPANS, {"now": now})
    connection.execute(_STRETCHES)
    connection.execute("CREATE OR REPLACE TABLE stays_since (since BIGINT)")
    if stays_since is not None:
        since = {"since": (stays_since - EPOCH) // _MICROSECOND}
        connection.execute("INSERT INTO stays_since VALUES ($since)", since)
        connection.execute(_STAYS, since)
    if board.states:
        statuses = connection.execute("SELECT status, name FROM statuses").fetchall()
        map_statuses(connection, statuses, board)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE entered AS {FIRST_ON_BOARD.format(visits='visits')}")
    connection.execute(_UNMAPPED)
    connection.execute("DROP TABLE visits")
    connection.execute(_GATHERED)
    for table in ("milestones", "flagged", "spans", "stretches"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute(_JOURNEYS)
    if board.states:
        connection.execute(_ENTERED)
    connection.execute("DROP TABLE gathered; DROP TABLE numbered")
    return int(
        connection.execute("SELECT (SELECT count(*) FROM items) - (SELECT count(*) FROM journeys)").fetchall()[0][0]
    )


def _say_what_statuses_mean(connection: duckdb.DuckDBPyConnection, workflow: Workflow) -> None:
    connection.execute(_STATUSES)
    found = connection.execute("SELECT status, source, status_id, name FROM statuses").fetchall()
    rows = [
        (
            status,
            CODES[workflow.flow_state(source=source, status_id=status_id, name=name)],
            workflow.is_blocked_state(source=source, name=name),
        )
        for status, source, status_id, name in found
    ]
    connection.execute("CREATE OR REPLACE TEMP TABLE meanings (status INTEGER, state TINYINT, is_stopped BOOLEAN)")
    fill(connection, "meanings", rows)


def _say_what_is_raised(connection: duckdb.DuckDBPyConnection) -> None:
    words = "SELECT from_value AS word FROM changes WHERE field = 'flagged'"
    found = connection.execute(f"{words} UNION {words.replace('from_value', 'to_value')}").fetchall()
    connection.execute("CREATE OR REPLACE TEMP TABLE raised (word VARCHAR)")
    fill(connection, "raised", [(word,) for (word,) in found if is_raised(word)])


def _say_what_was_given_up(connection: duckdb.DuckDBPyConnection, workflow: Workflow) -> None:
    """A stay in done whose resolution, in force when it was left, means that the work was given up."""
    connection.execute(_RESOLVED)
    found = connection.execute("SELECT DISTINCT source, resolution FROM resolved").fetchall()
    connection.execute("CREATE OR REPLACE TEMP TABLE given_up (source VARCHAR, resolution VARCHAR)")
    fill(
        connection,
        "given_up",
        [row for row in found if workflow.is_cancelling(source=row[0], resolution=row[1])],
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE dropped AS SELECT r.item, r.n FROM resolved r JOIN given_up g "
        "ON g.source = r.source AND g.resolution = r.resolution"
    )
    for state, n in (("state", "n"), ("before", "n + 1")):
        connection.execute(
            f"UPDATE visits SET {state} = {_CANCELLED} FROM dropped d "  # noqa: S608  # names of ours
            f"WHERE visits.item = d.item AND visits.n = d.{n}"
        )
    connection.execute("DROP TABLE resolved")


# Items get a number, so that what follows is about numbers and not about words.
_NUMBERED = """
CREATE OR REPLACE TEMP TABLE numbered AS
SELECT (row_number() OVER ())::INTEGER AS item, source, external_id, status, status_id, resolution, flagged, created_at,
    removed_at
FROM items WHERE history = 'complete'
"""

# Every status that items are in, or moved from or to, in the words of the time.
_STATUSES = """
CREATE OR REPLACE TEMP TABLE statuses AS
SELECT (row_number() OVER ())::INTEGER AS status, * FROM (
    SELECT DISTINCT source, to_id AS status_id, coalesce(to_value, '') AS name FROM changes WHERE field = 'status'
    UNION SELECT DISTINCT source, from_id, from_value FROM changes WHERE field = 'status'
    UNION SELECT DISTINCT source, status_id, status FROM items
)
"""

_SAME = "s.source = {0}.source AND s.name = {1} AND s.status_id IS NOT DISTINCT FROM {2}"
# Changes of status that lead nowhere else: to the same name, with the same meaning.
_UNMOVED = f"""
CREATE OR REPLACE TEMP TABLE unmoved AS
WITH same AS (
    SELECT source, external_id, change_id, from_id, to_id, to_value FROM changes
    WHERE field = 'status' AND from_value = to_value
)
SELECT c.source, c.external_id, c.change_id
FROM same c JOIN statuses s ON {_SAME.format("c", "c.to_value", "c.from_id")} JOIN meanings m ON m.status = s.status
    JOIN statuses t ON {_SAME.replace("s.", "t.").format("c", "c.to_value", "c.to_id")}
    JOIN meanings n ON n.status = t.status
WHERE m.state = n.state
"""  # noqa: S608  # names of ours

_MOVES = f"""
CREATE OR REPLACE TEMP TABLE moves AS
SELECT i.item, (row_number() OVER w)::INTEGER AS n, c.occurred_at AS entered_at, lead(c.occurred_at) OVER w AS left_at,
    s.status, lag(s.status) OVER w AS before, c.from_id, c.from_value, i.source, i.created_at
FROM changes c JOIN numbered i ON i.source = c.source AND i.external_id = c.external_id
    JOIN statuses s ON {_SAME.format("c", "coalesce(c.to_value, '')", "c.to_id")}
WHERE c.field = 'status' AND NOT EXISTS (
    SELECT 1 FROM unmoved u
    WHERE u.source = c.source AND u.external_id = c.external_id AND u.change_id = c.change_id
)
WINDOW w AS (PARTITION BY i.item ORDER BY c.occurred_at, c.sequence, c.change_id)
"""  # noqa: S608  # names of ours

# The state at creation is an entry, too, unless the first move says that there was none before it.
_BIRTHS = f"""
CREATE OR REPLACE TEMP TABLE births AS
SELECT m.item, s.status, least(m.created_at, m.entered_at) AS entered_at, m.entered_at AS left_at, state, is_stopped
FROM moves m JOIN statuses s ON {_SAME.format("m", "m.from_value", "m.from_id")}
    JOIN meanings ON meanings.status = s.status
WHERE m.n = 1 AND m.from_value IS NOT NULL
UNION ALL
SELECT i.item, s.status, i.created_at, NULL, state, is_stopped
FROM numbered i JOIN statuses s ON {_SAME.format("i", "i.status", "i.status_id")}
    JOIN meanings ON meanings.status = s.status
WHERE NOT EXISTS (SELECT 1 FROM moves m WHERE m.item = i.item AND m.n = 1)
"""  # noqa: S608  # names of ours

_VISITS = """
CREATE OR REPLACE TEMP TABLE visits AS
SELECT m.item, m.n, m.status, here.state, here.is_stopped, m.entered_at, m.left_at,
    CASE WHEN m.n = 1 THEN b.state ELSE there.state END AS before
FROM moves m JOIN meanings here ON here.status = m.status LEFT JOIN meanings there ON there.status = m.before
    LEFT JOIN births b ON m.n = 1 AND b.item = m.item
UNION ALL
SELECT item, 0, status, state, is_stopped, entered_at, left_at, NULL FROM births;
DROP TABLE moves;
DROP TABLE births;
DROP TABLE unmoved
"""

# The resolution of each stay in done: today's, or of one that was left, what was in force just before.
_RESOLVED = f"""
CREATE OR REPLACE TEMP TABLE resolved AS
WITH stays AS (
    SELECT item, n, left_at FROM visits WHERE state = {_DONE}
), told AS (
    SELECT i.item, c.occurred_at, c.from_value, c.to_value,
        row_number() OVER (PARTITION BY i.item ORDER BY c.occurred_at, c.sequence, c.change_id) AS n
    FROM changes c JOIN numbered i ON i.source = c.source AND i.external_id = c.external_id
    WHERE c.field = 'resolution' AND i.item IN (SELECT item FROM stays WHERE left_at IS NOT NULL)
), before AS (
    SELECT s.item, s.n, max(t.n) AS last FROM stays s JOIN told t ON t.item = s.item AND t.occurred_at < s.left_at
    GROUP BY ALL
)
SELECT i.source, s.item, s.n,
    CASE WHEN s.left_at IS NULL THEN i.resolution WHEN b.last IS NOT NULL THEN l.to_value
        WHEN f.item IS NOT NULL THEN f.from_value ELSE i.resolution END AS resolution
FROM stays s JOIN numbered i USING (item)
    LEFT JOIN before b ON b.item = s.item AND b.n = s.n LEFT JOIN told l ON l.item = s.item AND l.n = b.last
    LEFT JOIN told f ON f.item = s.item AND f.n = 1
"""  # noqa: S608  # codes of ours

# Starts are entries into progress from elsewhere; a finish is the last entry into done, if that is where the item is.
_MILESTONES = f"""
CREATE OR REPLACE TEMP TABLE milestones AS
WITH gathered AS (
    SELECT item, count(*) AS visits, arg_max(state, n) AS state,
        min(entered_at) FILTER (state IN {_PROGRESS}) AS first_started_at,
        max(entered_at) FILTER (
            state IN {_PROGRESS} AND (before IS NULL OR before NOT IN {_PROGRESS} AND before NOT IN {_ENDED})
        ) AS anew_at,
        max(entered_at) FILTER (state = {_DONE} AND before IS DISTINCT FROM {_DONE}) AS done_at,
        max(entered_at) FILTER (state = {_CANCELLED} AND before IS DISTINCT FROM {_CANCELLED}) AS dropped_at,
        min(entered_at) FILTER (state = {_CODE["ACTIVE"]}) AS first_active_at,
        min(entered_at) FILTER (state = {_DONE}) AS first_done_at,
        min(entered_at) FILTER (state = {_UNKNOWN}) AS unknown_at,
        count(*) FILTER (before = {_DONE} AND state NOT IN {_ENDED}) AS reopen_count,
        bool_or(is_stopped AND left_at IS NULL) AS is_stopped,
        count(*) FILTER (state IN {_PROGRESS} AND (before IS NULL OR before NOT IN {_PROGRESS})) AS stretches,
        max(entered_at) FILTER (before IN {_PROGRESS} AND state NOT IN {_PROGRESS}) AS paused_at
    FROM visits GROUP BY item
), ended AS (
    SELECT *, greatest(first_started_at, anew_at) AS last_started_at,
        CASE WHEN state = {_DONE} THEN done_at END AS finished_at,
        CASE WHEN state = {_CANCELLED} THEN dropped_at END AS cancelled_at
    FROM gathered
)
SELECT *, CASE WHEN POLICY_started_at IS DISTINCT FROM finished_at THEN POLICY_started_at END AS started_at FROM ended
"""  # noqa: S608  # codes of ours

# The stretches under a flag, or behind an item that was not done; joined, so that an hour counts once however many
# reasons it has. A flag that no change ever told of flies since creation.
_FLAGGED = f"""
CREATE OR REPLACE TEMP TABLE flagged AS
WITH flags AS (
    SELECT i.item, i.created_at, c.occurred_at, c.to_value IN (SELECT word FROM raised) AS is_up,
        c.from_value IN (SELECT word FROM raised) AS was_up,
        row_number() OVER (PARTITION BY i.item ORDER BY c.occurred_at, c.sequence, c.change_id) AS n
    FROM changes c JOIN numbered i ON i.source = c.source AND i.external_id = c.external_id WHERE c.field = 'flagged'
), steps AS (
    SELECT item, n, occurred_at, coalesce(is_up, false) AS is_up FROM flags
    UNION ALL SELECT item, 0, created_at, coalesce(was_up, false) FROM flags WHERE n = 1
    UNION ALL SELECT item, 0, created_at, true FROM numbered i
    WHERE flagged AND NOT EXISTS (SELECT 1 FROM flags f WHERE f.item = i.item)
), held AS (
    SELECT i.item, greatest(v.entered_at, b.since) AS since, least(v.left_at, b.until, o.removed_at) AS until
    FROM blockings b JOIN numbered i ON i.source = b.source AND i.external_id = b.external_id
        JOIN numbered o ON o.source = b.source AND o.external_id = b.blocker JOIN visits v ON v.item = o.item
    WHERE v.state IN {_HOLDING}
), stretches AS (
    SELECT item, occurred_at // 1000000 AS since,
        coalesce(lead(occurred_at) OVER w, $now) // 1000000 AS until, lead(occurred_at) OVER w IS NULL AS is_last
    FROM steps
    WINDOW w AS (PARTITION BY item ORDER BY n)
    QUALIFY is_up
    UNION ALL
    SELECT item, since // 1000000, coalesce(until, $now) // 1000000, until IS NULL FROM held
    WHERE since < coalesce(until, $now + 1)
), apart AS (
    SELECT *, since > max(until) OVER (
        PARTITION BY item ORDER BY since, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS begins FROM stretches
), gathered AS (
    SELECT *, count(*) FILTER (begins) OVER (PARTITION BY item ORDER BY since, until ROWS UNBOUNDED PRECEDING) AS part
    FROM apart
)
SELECT item, min(since) AS since, max(until) AS until, bool_or(is_last) AS is_last FROM gathered GROUP BY item, part
"""  # noqa: S608  # codes of ours

# Whole seconds of each visit between start and end.
_CLIPPED = """
SELECT v.item, v.n, v.state, v.is_stopped,
    least(last, greatest(first, v.entered_at // 1000000)) AS since,
    least(last, greatest(first, coalesce(v.left_at, $now) // 1000000)) AS until
FROM visits v JOIN (
    SELECT m.item, m.started_at // 1000000 AS first,
        coalesce(m.finished_at, m.cancelled_at, n.removed_at, $now) // 1000000 AS last
    FROM milestones m JOIN numbered n USING (item)
    WHERE m.started_at IS NOT NULL AND m.item {flagged} (SELECT item FROM flagged)
) clock USING (item)
"""

# Blocked first, then paused, waiting, active. A visit to a blocked status is blocked whole; a flag where it flew.
_SPANS = f"""
CREATE OR REPLACE TEMP TABLE spans AS
WITH plain AS ({_CLIPPED.format(flagged="NOT IN")}),
clipped AS ({_CLIPPED.format(flagged="IN")}),
stopped AS (
    SELECT c.item, c.n, sum(greatest(0, least(c.until, f.until) - greatest(c.since, f.since))) AS seconds
    FROM clipped c JOIN flagged f USING (item) GROUP BY ALL
), parted AS (
    SELECT item, state, until - since AS seconds,
        CASE WHEN is_stopped AND state <= {_CODE["ACTIVE"]} THEN until - since ELSE 0 END AS blocked
    FROM plain
    UNION ALL
    SELECT c.item, c.state, c.until - c.since, CASE WHEN c.state > {_CODE["ACTIVE"]} THEN 0
        WHEN c.is_stopped THEN c.until - c.since ELSE coalesce(s.seconds, 0) END
    FROM clipped c LEFT JOIN stopped s ON s.item = c.item AND s.n = c.n
)
SELECT item, sum(blocked) AS blocked,
    coalesce(sum(seconds - blocked) FILTER (state = {_CODE["ACTIVE"]}), 0) AS active,
    coalesce(sum(seconds - blocked) FILTER (state = {_CODE["WAITING"]}), 0) AS waiting,
    coalesce(sum(seconds - blocked) FILTER (state = {_CODE["NEW"]}), 0) AS paused,
    coalesce(sum(seconds) FILTER (state IN {_ENDED}), 0) AS idle_done
FROM parted GROUP BY item
"""  # noqa: S608  # codes of ours

# Stretches in progress, up to the removal. Most items have one; of others the visits are joined that follow each other.
_STRETCHES = f"""
CREATE OR REPLACE TEMP TABLE stretches AS
WITH begun AS (
    SELECT v.item, v.n, v.entered_at, v.left_at,
        lag(v.left_at) OVER (PARTITION BY v.item ORDER BY v.n) IS DISTINCT FROM v.entered_at AS is_first
    FROM visits v JOIN milestones m ON m.item = v.item AND m.stretches > 1 WHERE v.state IN {_PROGRESS}
), numbered_ones AS (
    SELECT item, sum(is_first::INTEGER) OVER (PARTITION BY item ORDER BY n) AS stretch, entered_at, left_at FROM begun
), several AS (
    SELECT item, min(entered_at) AS since, CASE WHEN NOT bool_or(left_at IS NULL) THEN max(left_at) END AS until
    FROM numbered_ones GROUP BY item, stretch
), cut AS (
    SELECT item, since, least(several.until, n.removed_at) AS until FROM several JOIN numbered n USING (item)
), gathered AS (
    SELECT item, list({{'since': since, 'until': until}} ORDER BY since) AS every FROM cut
    WHERE until IS NULL OR since < until GROUP BY item
), alone AS (
    SELECT m.item, first_started_at AS since,
        least(CASE WHEN state NOT IN {_PROGRESS} THEN paused_at END, n.removed_at) AS until
    FROM milestones m JOIN numbered n USING (item) WHERE stretches = 1
)
SELECT item, since, until, NULL AS more_loads FROM alone WHERE until IS NULL OR since < until
UNION ALL
SELECT item, every[1].since, every[1].until, nullif(array_to_string(
    list_transform(every[2:], lambda one: one.since || '-' || coalesce(one.until::VARCHAR, '')), ' '), '')
FROM gathered
"""  # noqa: S608  # codes of ours

# What is known of each item by its number, before it gets its name back: so that few tables are joined at a time.
_GATHERED = """
CREATE OR REPLACE TEMP TABLE gathered AS
SELECT m.*, s.active, s.waiting, s.blocked, s.paused, s.idle_done, k.since, k.until, k.more_loads,
    up.item IS NOT NULL AS is_up
FROM milestones m LEFT JOIN spans s ON s.item = m.item LEFT JOIN stretches k ON k.item = m.item
    LEFT JOIN flagged up ON up.item = m.item AND up.is_last
"""

_JOURNEYS = f"""
CREATE OR REPLACE TABLE journeys AS
SELECT i.source, i.external_id, i.parent_id, i.place, m.state, m.visits, i.created_at, i.updated_at,
    greatest(i.created_at, i.updated_at, i.removed_at) AS settled_at,
    m.first_started_at, m.last_started_at, m.started_at, m.finished_at, m.cancelled_at, i.removed_at,
    m.first_active_at, m.first_done_at, m.since AS loaded_from, m.until AS loaded_until, m.more_loads, m.reopen_count,
    (m.is_stopped OR m.is_up) AND m.state NOT IN {_ENDED} AND i.removed_at IS NULL AS is_blocked,
    m.unknown_at IS NOT NULL AS has_unmapped,
    CASE WHEN m.state = {_UNKNOWN} OR m.unknown_at IS NOT NULL AND (m.started_at IS NULL OR m.unknown_at < m.started_at)
            THEN 'unmapped'
        WHEN m.state = {_CODE["IGNORE"]} THEN 'ignored' WHEN m.state = {_CANCELLED} THEN 'cancelled'
        WHEN i.removed_at IS NOT NULL AND m.finished_at IS NULL THEN 'removed'
        WHEN m.finished_at IS NOT NULL AND m.started_at IS NULL THEN 'no_start' END AS excluded_reason,
    coalesce(m.active, 0) AS active_seconds, coalesce(m.waiting, 0) AS waiting_seconds,
    coalesce(m.blocked, 0) AS blocked_seconds, coalesce(m.paused, 0) AS paused_seconds,
    coalesce(m.idle_done, 0) AS idle_done_seconds,
    coalesce(m.active + m.waiting + m.blocked + m.paused + m.idle_done, 0) AS total_seconds, numbered.item
FROM numbered JOIN items i ON i.source = numbered.source AND i.external_id = numbered.external_id
    JOIN gathered m ON m.item = numbered.item
WHERE NOT EXISTS (
    SELECT 1 FROM blockings b JOIN items o ON o.source = b.source AND o.external_id = b.blocker
    WHERE o.history <> 'complete' AND b.source = i.source AND b.external_id = i.external_id
)
"""  # noqa: S608  # codes of ours

_ENTERED = """
ALTER TABLE journeys ADD COLUMN funnel_at BIGINT;
UPDATE journeys SET funnel_at = entered.funnel_at FROM entered WHERE entered.item = journeys.item;
DROP TABLE entered
"""

# Visits in a status that nobody mapped, by the number of their item.
_UNMAPPED = f"""
CREATE OR REPLACE TABLE unmapped AS
SELECT item, entered_at AS since, left_at AS until FROM visits WHERE state = {_UNKNOWN}
"""  # noqa: S608  # codes of ours

# Visits in progress, by the number of their item: those of what is not over or finished since, and those left since.
_STAYS = f"""
CREATE OR REPLACE TABLE stays AS
SELECT v.item, v.n, s.name AS status, v.entered_at, v.left_at
FROM visits v JOIN statuses s ON s.status = v.status JOIN milestones m ON m.item = v.item
    JOIN numbered i ON i.item = v.item
WHERE v.state IN {_PROGRESS} AND (v.left_at IS NULL OR v.left_at >= $since OR m.finished_at >= $since
    OR m.finished_at IS NULL AND m.cancelled_at IS NULL AND i.removed_at IS NULL)
"""  # noqa: S608  # codes of ours
