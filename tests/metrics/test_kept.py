"""Kept journeys: a row, and the journey back at any later instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import StartPolicy
from domain.links import Blocking
from domain.work_item import HistoryState
from metrics.journeys import NOWHERE, as_it_counts, trace
from metrics.kept import keep, resume, settled_at
from tests.builders import MEANINGS, Told, a_blocking, a_moment, a_workflow, an_item

BEGIN = a_moment("2026-01-05T08:00")
MINUTES = st.integers(0, 60 * 24 * 60)
STATUSES = [*sorted(MEANINGS), "nobody mapped this"]


def moment(minutes: int) -> str:
    return (BEGIN + timedelta(minutes=minutes, microseconds=minutes % 7 * 250_000)).isoformat()


def items() -> st.SearchStrategy[Told]:
    """Items that wander anywhere, are flagged, filed elsewhere, change type, are removed, and lack histories."""
    return st.builds(
        lambda moves, flags, begins, other, removed, resolved, history: an_item(
            *((moment(at), status) for at, status in sorted(moves)),
            created=BEGIN.isoformat(),
            begins=begins,
            flagged=[(moment(min(spell)), moment(max(spell)) if max(spell) % 3 else None) for spell in flags],
            changes=[(moment(at), field, before, after) for at, field, before, after in sorted(other)],
            parent="EPIC-1",
            removed=None if removed is None else moment(removed),
            resolved=None if resolved is None else moment(resolved),
            history=history,
        ),
        st.lists(st.tuples(MINUTES, st.sampled_from(STATUSES)), max_size=8),
        st.lists(st.tuples(MINUTES, MINUTES), max_size=3),
        st.sampled_from(STATUSES),
        st.lists(
            st.tuples(MINUTES, st.sampled_from(["type", "parent", "resolution"]), st.sampled_from(["Bug", "EPIC-2"]),
                      st.sampled_from(["Story", "won't do", "EPIC-1"])),
            max_size=3,
        ),
        st.none() | MINUTES,
        st.none() | MINUTES,
        st.sampled_from(HistoryState),
    )  # fmt: skip


def linked_items() -> st.SearchStrategy[Told]:
    """The same, said to be blocked for some time by others that wander as much, and by one not held."""
    return st.builds(
        lambda item, others, unheld: replace(
            item,
            blockings=tuple(
                a_blocking(renamed(other, f"B-{number}"), moment(min(spell)), moment(max(spell)) if ends else None)
                for number, (other, spell, ends) in enumerate(others)
            )
            + tuple(Blocking(name="AWAY-1", since=a_moment(moment(at)), until=None) for at in unheld),
        ),
        items(),
        st.lists(st.tuples(items(), st.tuples(MINUTES, MINUTES), st.booleans()), max_size=3),
        st.lists(MINUTES, max_size=1),
    )


def renamed(item: Told, key: str) -> Told:
    held = replace(item.held, item=replace(item.held.item, external_id=key, key=key))
    return replace(item, held=held, changes=tuple(each._replace(external_id=key) for each in item.changes))


@given(linked_items(), st.integers(0, 90 * 24 * 3600 * 4), st.sampled_from(StartPolicy))
def test_a_kept_journey_says_at_any_later_instant_what_tracing_says(
    item: Told, quarters: int, policy: StartPolicy
) -> None:
    workflow, linked = a_workflow(), item.blockings
    as_of = settled_at(item.held, item.changes, linked) + timedelta(milliseconds=250 * quarters)

    kept = keep(item.held, item.changes, workflow=workflow, traced_with="today", blockings=linked, policy=policy)

    journey = trace(
        item.held, item.changes, workflow=workflow, placement=NOWHERE, as_of=as_of, blockings=linked, policy=policy
    )
    counted = as_it_counts(item.held, item.changes, finished_at=journey.finished_at, as_of=as_of)
    told = resume(kept, item.held, as_of=as_of)
    assert told == (journey, counted)
    assert list(told[0].spans.per_state) == list(journey.spans.per_state)  # exports keep this order


def test_a_kept_journey_says_nothing_of_an_instant_before_its_last_event() -> None:
    item = an_item(("2026-01-10", "in progress"), ("2026-01-20", "done"))
    kept = keep(item.held, item.changes, workflow=a_workflow(), traced_with="today")

    with pytest.raises(ValueError, match="trace it"):
        resume(kept, item.held, as_of=a_moment("2026-01-19"))
