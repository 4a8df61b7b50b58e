"""A portfolio made up by seed, in a real SQLite store: SIZE items with ten changes each, kept journeys and places.

One in a hundred is an epic, nine are features, the others stories below them; 4 sources, 30 trains, 12 themes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.placing import KindRule, PlacingRules
from domain.strategy import Matcher, Theme, ThemeRule, Train, ValueStream
from domain.work_item import FlowState
from domain.workflow import StateRules
from metrics.kept import Tracing
from sync.store import open_store
from sync.store.journeys import catch_up
from sync.store.rows import CHANGE_COLUMNS
from sync.store.tables import ITEMS

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CALENDAR = Calendar(zone=ZoneInfo("Europe/Paris"))
SOURCES = ("claims", "payments", "policies", "platform")
CHANGES_EACH = 10
LOOP = ("To Do", "Ready", "In Progress", "Review")
IDS = {"To Do": "1", "Ready": "2", "In Progress": "3", "Review": "4", "Done": "5", "Dropped": "6"}
CATEGORIES = {"1": "new", "2": "new", "3": "in_progress", "4": "in_progress", "5": "done", "6": "done"}
RULES = StateRules(
    states={
        "to do": FlowState.NEW, "ready": FlowState.WAITING, "in progress": FlowState.ACTIVE,
        "review": FlowState.WAITING, "done": FlowState.DONE, "dropped": FlowState.CANCELLED,
    },
    cancelled_resolutions=frozenset({"won't do"}),
)  # fmt: skip
TRAINS, THEMES, TEAMS = 30, 12, 300
DAY = 86_400_000_000
TRACING = Tracing(
    rules=dict.fromkeys(SOURCES, RULES),
    placing=PlacingRules(
        levels={source: {"epic": "epic", "feature": "feature", "story": "story", "bug": "story"} for source in SOURCES},
        kinds={
            source: (KindRule(matcher=Matcher(type="Bug"), kind="defect"), KindRule(matcher=None, kind="feature"))
            for source in SOURCES
        },
        value_streams=tuple(
            ValueStream(
                id=f"stream-{stream}",
                name=f"Stream {stream}",
                trains=tuple(
                    Train(name=f"Train {train}", matchers=(Matcher(label=f"train-{train}"),))
                    for train in range(TRAINS)
                    if train % 6 == stream
                ),
            )
            for stream in range(6)
        ),
    ),
    themes=tuple(
        Theme(
            id=f"theme-{number}", name=f"Theme {number}", rules=(ThemeRule(matcher=Matcher(label=f"theme-{number}")),)
        )
        for number in range(THEMES)
    ),
    on=date(2026, 11, 2),
)


def make_store(path: Path, *, size: int, seed: int = 1) -> None:
    """Write the store beside its name and let it take it when it is whole."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    open_store(f"sqlite:///{draft}", now=lambda: NOW).close()
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        watches = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in watches:  # nothing is traced yet, so that nothing can become stale
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO statuses VALUES (?, ?, ?, ?, 0)",
            [(source, IDS[name], name, CATEGORIES[IDS[name]]) for source in SOURCES for name in IDS],
        )
        items, changes = _statement("items", ITEM_COLUMNS), _statement("changes", CHANGE_COLUMNS)
        for start in range(0, size, 10_000):
            told = [_item(number, seed=seed) for number in range(start, min(size, start + 10_000))]
            connection.executemany(items, [item for item, _ in told])
            connection.executemany(changes, [change for _, more in told for change in more])
        connection.execute("COMMIT")
        for _, sql in watches:
            connection.execute(sql)
    with open_store(f"sqlite:///{draft}", now=lambda: NOW) as store:
        catch_up(store, TRACING, sources=SOURCES)
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    draft.rename(path)


ITEM_COLUMNS = tuple(ITEMS.c.keys())


def _statement(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _item(number: int, *, seed: int) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """An item's row and the rows of its changes, the same for the same number and seed."""
    draw = Random(seed * 1_000_003 + number)
    in_hundred, source, epic = number % 100, SOURCES[number // 100 % 4], number - number % 100
    kind = "Epic" if in_hundred == 0 else "Feature" if in_hundred < 10 else "Bug" if in_hundred % 5 == 0 else "Story"
    parent = None if kind == "Epic" else str(epic if kind == "Feature" else epic + 1 + in_hundred % 9)
    now = int(NOW.timestamp()) * 1_000_000
    created = now - draw.randrange(5, 1_095) * DAY - draw.randrange(DAY)
    labels = []
    if kind == "Epic":
        labels = [
            f"train-{draw.randrange(TRAINS)}",
            *([f"theme-{draw.randrange(THEMES)}"] if draw.random() < 0.8 else []),
        ]
    elif draw.random() < 0.05:
        labels = [f"theme-{draw.randrange(THEMES)}"]
    changes, status, ends = _changes(draw, str(number), source=source, created=created, now=now)
    updated = max([created, *(change[5] for change in changes)])
    told = {
        "source": source, "external_id": str(number), "key": f"{source[:3].upper()}-{number}", "previous_keys": "[]",
        "url": "", "title": f"Item {number}", "project": source, "project_id": source, "type": kind,
        "status": status, "status_id": IDS[status], "status_category": CATEGORIES[IDS[status]],
        "resolution": ends, "parent_id": parent, "labels": _json(labels), "components": "[]",
        "team": f"Team {number // 100 % TEAMS}", "flagged": 0, "created_at": created, "updated_at": updated,
        "quantities": "{}", "fields": "{}", "links": "[]", "history": "complete", "digest": "", "first_known_at": now,
        "known_at": now, "strikes": 0, "struck_by": "[]",
    }  # fmt: skip
    return tuple(told.get(name) for name in ITEM_COLUMNS), changes


def _changes(
    draw: Random, external_id: str, *, source: str, created: int, now: int
) -> tuple[list[tuple[Any, ...]], str, str | None]:
    """Ten changes that go to and fro and mostly end; some items are flagged, or given up by their resolution."""
    fate = draw.random()
    at, status = created, "To Do"
    rows: list[tuple[Any, ...]] = []
    pace = draw.expovariate(1 / (3 * DAY)) + DAY // 24

    def add(
        field: str, before: str | None, after: str | None, ids: tuple[str | None, str | None] = (None, None)
    ) -> None:
        nonlocal at
        at += int(draw.expovariate(1 / pace)) + 1
        rows.append(
            (source, external_id, f"{len(rows)}:0", len(rows), field, min(at, now), min(at, now), before, after, *ids)
        )

    flagged = draw.random() < 0.1
    moves = CHANGES_EACH - 2 * flagged - 1
    for step in range(moves):
        after = "In Progress" if status not in LOOP[:3] else LOOP[LOOP.index(status) + 1]
        if step == moves - 1 and fate < 0.8:
            after = "Dropped" if fate < 0.05 else "Done"
        elif step == moves - 3 and fate > 0.95:
            after = "Done"  # and reopened
        elif step == 3 and 0.1 < fate < 0.2:
            after = "To Do"  # put back
        add("status", status, after, (IDS[status], IDS[after]))
        status = after
        if flagged and step == 2:
            add("flagged", None, "Impediment")
            add("flagged", "Impediment", None)
    ends = None
    if status == "Done":
        ends = "won't do" if fate > 0.77 else "Fixed"
        rows.append(
            (
                source,
                external_id,
                f"{len(rows)}:0",
                len(rows),
                "resolution",
                min(at, now),
                min(at, now),
                None,
                ends,
                None,
                None,
            )
        )
    else:
        add("labels", None, "x")
    return rows, status, ends


def _json(words: list[str]) -> str:
    return "[" + ",".join(f'"{word}"' for word in words) + "]"


def touched(size: int, count: int) -> Iterator[int]:
    """Which items a later sync finds changed: spread over the whole portfolio."""
    yield from range(7, size, max(1, size // count))
