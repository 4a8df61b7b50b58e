"""Where a number is found without looking at everything, it is the number that looking at everything finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.journey import Journey
from domain.period import Period
from domain.work_item import ItemId
from metrics.alignment import item_days
from metrics.flow_load import day_counts, days_within, load_days, near
from metrics.forecasts.plan import Plan
from metrics.forecasts.planning import _Work
from metrics.forecasts.trials import Played, Turns, play
from tests.builders import a_calendar, a_placement, an_item
from tests.metrics.histories import BEGIN, KNOWN, journeys
from tests.metrics.test_forecasts import a_plan, a_team, an_epic, plans

CALENDARS = st.sampled_from(["UTC", "Pacific/Auckland", "America/Los_Angeles"]).map(a_calendar)
PERIODS = st.builds(
    lambda first, days: Period(
        BEGIN.date() + timedelta(days=first), BEGIN.date() + timedelta(days=first + days)
    ),
    st.integers(-5, 60),
    st.integers(1, 20),
)  # fmt: skip


@given(journeys(KNOWN), PERIODS, CALENDARS, st.none() | st.integers(1, 400))
@settings(max_examples=200, deadline=None)
def test_item_days_of_what_is_near_are_those_of_everything(
    told: list[Journey], period: Period, calendar: object, removed: int | None
) -> None:
    every = [replace(one, removed_at=BEGIN + timedelta(hours=removed)) if removed else one for one in told]

    def runs(kept: list[Journey]) -> list[tuple[date, date | None]]:
        return [days for one in kept for days in load_days(one, calendar=calendar)]  # type: ignore[arg-type]

    everything = [(one, days_within(runs([one]), period)) for one in every]

    assert item_days(every, period=period, calendar=calendar) == [pair for pair in everything if pair[1]]  # type: ignore[arg-type]
    assert day_counts(runs(near(every, period)), period) == day_counts(runs(every), period)


@given(plans(), plans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_plan_played_after_another_is_what_it_is_when_played_alone(former: Plan, plan: Plan, only_work: bool) -> None:
    """Whatever was played before: another plan, or the same with other teams or another order."""
    turns = Turns()
    before = replace(former, seed=plan.seed, epics=plan.epics if only_work else tuple(reversed(former.epics)))
    play(before, turns=turns)

    again, alone = play(plan, turns=turns), play(plan)

    assert list(again) == list(alone)
    for name, one in again.items():
        other = alone[name]
        if isinstance(one, Played) and isinstance(other, Played):
            assert np.array_equal(one.done, other.done)
            assert all(np.array_equal(one.parts[team], other.parts[team]) for team in other.parts)
        else:
            assert one == other


def test_turns_are_drawn_anew_where_an_epic_has_grown() -> None:
    few, more = (
        a_plan(an_epic("A", one=left), an_epic("B", one=2), teams={"one": a_team(0, 2, 1, wip=2)}, trials=200, seed=4)
        for left in (3, 5)
    )
    turns = Turns()
    play(few, turns=turns)

    again, alone = play(more, turns=turns)["A"], play(more)["A"]

    assert isinstance(again, Played)
    assert isinstance(alone, Played)
    assert np.array_equal(again.done, alone.done)


@given(st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["epic", "feature", "story"])), min_size=8, max_size=8))
@settings(max_examples=200, deadline=None)
def test_the_epic_above_an_item_is_the_first_on_the_way_up_even_where_that_is_a_ring(
    ways: list[tuple[int, str]],
) -> None:
    every = [
        an_item(key=f"PAY-{number}", placement=a_placement(level=level)).journey()
        for number, (_, level) in enumerate(ways)
    ]
    parents = {every[number].id: every[up].id for number, (up, _) in enumerate(ways) if up != 7}
    work = _Work(every, parents=parents, level="story")

    assert {one.id: work.epic_above(one) for one in every} == {one.id: _plainly(one, every, parents) for one in every}


def _plainly(item: Journey, every: list[Journey], parents: Mapping[ItemId, ItemId]) -> Journey | None:
    held, seen, here = {one.id: one for one in every}, {item.id}, item.id
    while (here_above := parents.get(here)) is not None and here_above not in seen:
        if held[here_above].placement.level == "epic":
            return held[here_above]
        seen.add(here_above)
        here = here_above
    return None
