"""A metric is computed within one level: levels are never summed (definition 3.0.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey
from domain.period import Period
from metrics.age import ages
from metrics.alignment import coverage_flow, coverage_items
from metrics.distribution import flow_distribution
from metrics.flow_efficiency import flow_efficiency
from metrics.flow_load import flow_load, load_series
from metrics.flow_time import flow_time, lead_time
from metrics.selection import at_level
from metrics.throughput import throughput, weekly
from metrics.wsjf import wsjf
from tests.builders import NOW, SOURCE, a_calendar, a_journey

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
UTC = a_calendar()
LEVELS = ("epic", "feature", "story")
MEASURES: dict[str, Callable[[Sequence[Journey]], object]] = {
    "throughput": lambda items: throughput(items, finished_in=MARCH, calendar=UTC),
    "weekly": lambda items: weekly(items, periods=[MARCH], calendar=UTC),
    "flow_time": lambda items: flow_time(items, finished_in=MARCH, calendar=UTC),
    "lead_time": lambda items: lead_time(items, finished_in=MARCH, calendar=UTC),
    "flow_load": lambda items: flow_load(items, day=MARCH.start, calendar=UTC),
    "load_series": lambda items: load_series(items, period=MARCH, calendar=UTC),
    "ages": lambda items: ages(items, as_of=NOW, calendar=UTC),
    "flow_efficiency": lambda items: flow_efficiency(items, finished_in=MARCH, calendar=UTC, waiting_known={SOURCE}),
    "flow_distribution": lambda items: flow_distribution(items, finished_in=MARCH, calendar=UTC),
    "coverage_items": lambda items: coverage_items(items, finished_in=MARCH, calendar=UTC),
    "coverage_flow": lambda items: coverage_flow(items, period=MARCH, calendar=UTC),
    "wsjf": wsjf,
}
DAYS = st.tuples(st.integers(1, 20), st.none() | st.integers(0, 10), st.sampled_from(LEVELS))


def an_item_of(number: int, told: tuple[int, int | None, str]) -> Journey:
    start, length, level = told
    ended = None if length is None else f"2026-03-{start + length:02}T12:00"
    return a_journey(f"2026-03-{start:02}T08:00", ended, key=f"K-{number}", level=level)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_a_measure_refuses_two_levels_at_once(measure: Callable[[Sequence[Journey]], object]) -> None:
    items = [an_item_of(number, (2, length, level)) for number, (length, level) in
             enumerate([(3, "epic"), (3, "story"), (None, "epic"), (None, "story")])]  # fmt: skip

    with pytest.raises(ValueError, match="one level"):
        measure(items)


@pytest.mark.parametrize("name", [name for name in MEASURES if name != "wsjf"])
@given(told=st.lists(DAYS, max_size=12))
def test_what_other_levels_do_changes_nothing_at_one(name: str, told: list[tuple[int, int | None, str]]) -> None:
    items = [an_item_of(number, each) for number, each in enumerate(told)]
    alone = [one for one in items if one.placement.level == "story"]

    assert MEASURES[name](at_level(items, "story")) == MEASURES[name](alone)
