"""Journeys traced over columns are those of the definition."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain.board import Board
from domain.calendar import Calendar
from domain.journey import StartPolicy
from domain.kept import CODES
from domain.links import Blocking
from domain.work_item import HeldItem, HistoryState
from metrics.columns import StaysNotPouredError, lead_time, prepare, trace_columns
from metrics.columns.prepared import fill
from metrics.flow_time import entered_funnel
from metrics.journeys import IN_PROGRESS
from metrics.kept import keep
from tests.builders import Told, a_blocking, a_moment, a_workflow, an_item
from tests.metrics.test_kept import MINUTES, STATUSES, items, moment

AS_OF = a_moment("2026-06-01T10:20:30.250000")
ITEMS = (
    "source VARCHAR, external_id VARCHAR, parent_id VARCHAR, place BIGINT, status VARCHAR, status_id VARCHAR, "
    "resolution VARCHAR, flagged BOOLEAN, history VARCHAR, created_at BIGINT, updated_at BIGINT, removed_at BIGINT"
)
CHANGES = (
    "source VARCHAR, external_id VARCHAR, change_id VARCHAR, sequence BIGINT, field VARCHAR, occurred_at BIGINT, "
    "from_value VARCHAR, to_value VARCHAR, from_id VARCHAR, to_id VARCHAR"
)
BLOCKINGS = "source VARCHAR, external_id VARCHAR, blocker VARCHAR, since BIGINT, until BIGINT"
SAME = (
    "parent_id", "visits", "created_at", "updated_at", "first_started_at", "last_started_at", "started_at",
    "finished_at", "cancelled_at", "removed_at", "first_active_at", "first_done_at", "loaded_from", "loaded_until",
    "more_loads", "reopen_count", "is_blocked", "has_unmapped", "excluded_reason", "state",
)  # fmt: skip
SPANS = ("active", "waiting", "blocked", "paused", "idle_done")


def micros(at: Any) -> int | None:
    return None if at is None else (at - a_moment("1970-01-01")) // timedelta(microseconds=1)


BOARD = Board(states=("funnel", "doing"), by_status={"to do": "funnel", "review": "funnel", "in progress": "doing"})


def traced(told: list[Told], *, policy: StartPolicy = StartPolicy.FIRST) -> tuple[dict[str, dict[str, Any]], int]:
    with duckdb.connect() as connection:
        lay_out(connection, told)
        left_out = trace_columns(connection, workflow=a_workflow(), as_of=AS_OF, policy=policy, board=BOARD)
        names = [row[0] for row in connection.execute("DESCRIBE journeys").fetchall()]
        found = connection.execute("SELECT * FROM journeys").fetchall()
        return {row[1]: dict(zip(names, row, strict=True)) for row in found}, left_out


def lay_out(connection: duckdb.DuckDBPyConnection, told: list[Told]) -> None:
    connection.execute(
        f"CREATE TABLE items ({ITEMS}); CREATE TABLE changes ({CHANGES}); CREATE TABLE blockings ({BLOCKINGS})"
    )
    items: list[list[object]] = []
    changes: list[list[object]] = []
    blockings: list[list[object]] = []
    for one in told:
        item = one.held.item
        items.append([
            item.source, item.external_id, item.parent_id, 7, item.status, item.status_id, item.resolution,
            item.flagged, str(one.held.history), micros(item.created_at), micros(item.updated_at),
            micros(one.held.removed_at),
        ])  # fmt: skip
        changes += [
            [
                each.source, each.external_id, each.change_id, each.sequence, each.field,
                micros(each.occurred_at), each.from_value, each.to_value, each.from_id, each.to_id,
            ]
            for each in one.changes
        ]  # fmt: skip
        blockings += [
            [item.source, item.external_id, link.name, micros(link.since), micros(link.until)] for link in one.blockings
        ]
    for table, rows in (("items", items), ("changes", changes), ("blockings", blockings)):
        fill(connection, table, rows)


def named(item: Told, key: str) -> Told:
    held = replace(item.held, item=replace(item.held.item, external_id=key, key=key))
    return replace(item, held=held, changes=tuple(each._replace(external_id=key) for each in item.changes))


def blocking_each_other(told: list[Told], links: list[tuple[int, int, tuple[int, int], bool]]) -> list[Told]:
    """The items, some said to be blocked by others among them, or by one that nobody holds."""
    found = []
    for number, item in enumerate(told):
        ours: list[Blocking] = []
        for one, other, spell, ends in links:
            if one == number and other != number:
                since, until = moment(min(spell)), moment(max(spell)) if ends else None
                away = Blocking(name="AWAY-1", since=a_moment(since), until=None)
                ours.append(a_blocking(told[other], since, until) if other < len(told) else away)
        found.append(replace(item, blockings=tuple(ours)))
    return found


def blockers_of(item: Told) -> list[HeldItem]:
    return [one.blocker for one in item.blockings if one.blocker is not None]


@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.lists(items(), max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 8), st.tuples(MINUTES, MINUTES), st.booleans()), max_size=6),
    st.booleans(),
    st.sampled_from([None, "won't do", "wontfix"]),
    st.sampled_from(StartPolicy),
)
def test_each_column_is_what_the_definition_says(
    told: list[Told],
    links: list[tuple[int, int, tuple[int, int], bool]],
    flagged: bool,
    resolution: str | None,
    policy: StartPolicy,
) -> None:
    told = [named(item, f"K-{number}") for number, item in enumerate(told)]
    told = [
        replace(item, held=replace(item.held, item=replace(item.held.item, flagged=flagged, resolution=resolution)))
        for item in told
    ]
    told = blocking_each_other(told, links)
    whole = [
        item
        for item in told
        if all(held.history is HistoryState.COMPLETE for held in (item.held, *(blockers_of(item))))
    ]

    found, left_out = traced(told, policy=policy)

    assert left_out == len(told) - len(whole)
    assert set(found) == {item.held.item.external_id for item in whole}
    for item in whole:
        here = found[item.held.item.external_id]
        kept = keep(item.held, item.changes, workflow=a_workflow(), traced_with="",
                    blockings=item.blockings, policy=policy)._asdict()  # fmt: skip
        assert {name: here[name] for name in SAME} == {name: kept[name] for name in SAME}
        journey = item.journey(as_of=AS_OF, policy=policy)
        assert here["state"] == CODES[journey.flow_state]
        assert here["funnel_at"] == micros(entered_funnel(journey, board=BOARD))
        assert [here[f"{name}_seconds"] for name in SPANS] == [getattr(journey.spans, name) for name in SPANS]


def test_what_was_traced_with_a_board_knows_how_long_it_was_waited_for() -> None:
    moves = (("2026-03-04", "to do"), ("2026-03-10", "done"))
    told = [named(an_item(*moves, created="2026-03-02", begins="dropped off"), f"K-{n}") for n in range(5)]
    calendar = Calendar(zone=ZoneInfo("UTC"))
    with duckdb.connect() as connection:
        lay_out(connection, told)
        connection.execute(
            "CREATE TABLE places AS SELECT 7 AS place, 'epic' AS level, 'feature' AS kind, NULL::VARCHAR "
            "AS value_stream, NULL::VARCHAR AS train, '[]' AS themes"
        )
        trace_columns(connection, workflow=a_workflow(), as_of=AS_OF, board=BOARD)
        prepare(connection, calendar=calendar, as_of=AS_OF, board=BOARD)
        (found,) = lead_time(connection, unit="month").values()

        trace_columns(connection, workflow=a_workflow(), as_of=AS_OF)
        with pytest.raises(StaysNotPouredError, match="epic"):
            prepare(connection, calendar=calendar, as_of=AS_OF, board=BOARD)

    assert found.p50_days == 7


def walkers() -> st.SearchStrategy[Told]:
    """Items with whole histories that began at once, so that each hour of what blocks them counts."""
    return st.builds(
        lambda moves, flags, removed: an_item(
            *((moment(at), status) for at, status in sorted(moves)),
            created=moment(0),
            begins="in progress",
            flagged=[(moment(min(spell)), moment(max(spell))) for spell in flags],
            removed=None if removed is None else moment(removed),
        ),
        st.lists(st.tuples(MINUTES, st.sampled_from(STATUSES)), max_size=3),
        st.lists(st.tuples(MINUTES, MINUTES), max_size=1),
        st.none() | st.none() | MINUTES,
    )


@settings(max_examples=60, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.tuples(walkers(), walkers(), walkers()),
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.tuples(MINUTES, MINUTES), st.booleans()),
        min_size=2,
        max_size=5,
    ),
)
def test_columns_say_who_was_blocked_for_how_long_as_the_definition_does(
    items: tuple[Told, ...], links: list[tuple[int, int, tuple[int, int], bool]]
) -> None:
    told = blocking_each_other([named(item, f"K-{number}") for number, item in enumerate(items)], links)

    found, left_out = traced(told)

    assert left_out == 0
    for item in told:
        here, journey = found[item.held.item.external_id], item.journey(as_of=AS_OF)
        assert here["is_blocked"] == journey.is_blocked
        assert [here[f"{name}_seconds"] for name in SPANS] == [getattr(journey.spans, name) for name in SPANS]


@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(items(), max_size=6), MINUTES)
def test_visits_since_an_instant_are_those_of_the_definition(told: list[Told], since: int) -> None:
    told = [named(item, f"K-{number}") for number, item in enumerate(told)]
    begin = a_moment(moment(since))
    with duckdb.connect() as connection:
        lay_out(connection, told)

        trace_columns(connection, workflow=a_workflow(), as_of=AS_OF, stays_since=begin)

        stays = connection.execute(
            "SELECT external_id, status, entered_at, stays.left_at FROM stays JOIN journeys USING (item)"
        ).fetchall()
    wanted = []
    for item in told:
        journey = item.journey(as_of=AS_OF)
        is_over = any(at is not None for at in (journey.finished_at, journey.cancelled_at, journey.removed_at))
        is_recent = not is_over or (journey.finished_at is not None and journey.finished_at >= begin)
        wanted += [
            (journey.key, visit.status, micros(visit.entered_at), micros(visit.left_at))
            for visit in journey.visits
            if item.held.history is HistoryState.COMPLETE
            and visit.flow_state in IN_PROGRESS
            and (is_recent or visit.left_at is None or visit.left_at >= begin)
        ]
    assert Counter(stays) == Counter(wanted)
