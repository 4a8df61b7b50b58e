"""Items that wander: what property tests of the metrics are asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from domain.journey import Journey
from tests.builders import MEANINGS, Told, a_moment, an_item

BEGIN = a_moment("2026-01-05T08:00")
END = a_moment("2026-03-01")
HOURS = st.integers(1, 400)
KNOWN = sorted(set(MEANINGS) - {"template"})


def moment(hours: int) -> str:
    return (BEGIN + timedelta(hours=hours)).isoformat()


def items(statuses: list[str]) -> st.SearchStrategy[Told]:
    """Items that wander through these statuses at any hours, flagged now and then."""
    moves = st.lists(st.tuples(HOURS, st.sampled_from(statuses)), max_size=8)
    flags = st.lists(st.tuples(HOURS, HOURS), max_size=3)
    return st.builds(
        lambda moves, flags, begins: an_item(
            *((moment(hours), status) for hours, status in sorted(moves)),
            created=BEGIN.isoformat(),
            begins=begins,
            flagged=[(moment(min(spell)), moment(max(spell))) for spell in flags],
        ),
        moves,
        flags,
        st.sampled_from(statuses),
    )


def journeys(statuses: list[str], *, prefix: str = "PAY", most: int = 6) -> st.SearchStrategy[list[Journey]]:
    """The journeys of some such items, each under a key of its own."""
    return st.lists(items(statuses), max_size=most).map(
        lambda found: [replace(told.journey(as_of=END), key=f"{prefix}-{number}") for number, told in enumerate(found)]
    )
