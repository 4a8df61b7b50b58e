"""How much of what we finish had nobody planned? Definition 3.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cli.hazards import planned_on
from connectors.base import Sprint
from domain.calendar import Calendar, Increment
from domain.journey import Journey, Placement
from domain.period import Period
from domain.work_item import ITERATION_ID, HeldItem
from metrics.unplanned import Unplanned, unplanned_share
from tests.builders import SOURCE, a_calendar, a_journey, an_item

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
FROM_MONDAY = date(2026, 3, 2)
PI = Increment(name="PI 1", period=Period(FROM_MONDAY, date(2026, 5, 1)))


def a_finished(key: str, created: str, *, level: str = "story", planned_on: date | None = None) -> Journey:
    return replace(a_journey("2026-03-05", "2026-03-09", key=key, created=created, level=level), planned_on=planned_on)


def test_what_was_written_down_after_its_iteration_began_was_not_planned() -> None:
    created = {"A": "2026-02-27", "B": "2026-03-02T23:00", "C": "2026-03-04"}
    items = [a_finished(key, at, planned_on=FROM_MONDAY) for key, at in created.items()]
    open_one = replace(a_journey("2026-03-05", key="E", created="2026-03-04"), planned_on=FROM_MONDAY)

    found = unplanned_share([*items, a_finished("D", "2026-03-04"), open_one], finished_in=MARCH, calendar=a_calendar())

    assert found == Unplanned(unplanned=("C",), planned=("A", "B"), excluded={"no_plan": ("D",)})
    assert (round(100 * (found.share or 0), 1), found.n_used, found.n_in_scope) == (Decimal("33.3"), 3, 4)


@pytest.mark.parametrize(
    ("level", "increments", "planned_on", "expected"),
    [
        pytest.param("feature", (PI,), None, "unplanned", id="after its increment began"),
        pytest.param("feature", (PI,), date(2026, 3, 9), "planned", id="its iteration says more than its increment"),
        pytest.param("story", (PI,), None, "no_plan", id="stories are written while an increment runs"),
        pytest.param("feature", (), None, "no_plan", id="a quarter that nobody named is no plan"),
    ],
)
def test_above_stories_what_no_iteration_holds_was_planned_into_the_increment_of_its_finish(
    level: str, increments: tuple[Increment, ...], planned_on: date | None, expected: str
) -> None:
    item = a_finished("A", "2026-03-04", level=level, planned_on=planned_on)

    found = unplanned_share([item], finished_in=MARCH, calendar=replace(a_calendar(), increments=increments))

    assert {"unplanned": found.unplanned, "planned": found.planned, **found.excluded}[expected] == ("A",)
    assert found.n_in_scope == 1


def test_where_no_plan_is_known_the_share_is_not_known() -> None:
    assert unplanned_share([a_finished("A", "2026-03-04")], finished_in=MARCH, calendar=a_calendar()).share is None


def put_into(key: str, iteration: str | None, source: str = SOURCE, *, id: str | None = None) -> HeldItem:
    held = an_item(key=key, source=source).held
    fields = {} if id is None else {ITERATION_ID: id}
    return replace(held, item=replace(held.item, iteration=iteration, fields=fields))


def a_sprint(id: str, name: str, starts_on: date | None = FROM_MONDAY, *, starts_at: datetime | None = None) -> Sprint:
    ends_on = None if starts_on is None else starts_on + timedelta(days=13)
    return Sprint(id=id, name=name, state="active", starts_on=starts_on, ends_on=ends_on, starts_at=starts_at)


def planned(held: Sequence[HeldItem], *sprints: Sprint, calendar: Calendar | None = None) -> dict[str, date]:
    place = Placement(level="story", kind="feature", themes={}, value_stream=None, train=None, team=None)
    placements = {one.item.id: place for one in held}
    found = planned_on(held, {SOURCE: sprints}, placements=placements, calendar=calendar or a_calendar())
    return {id.external_id: day for id, day in found.items()}


def test_an_item_is_planned_from_the_first_day_of_its_last_iteration_where_its_tracker_tells_it() -> None:
    held = [put_into("A", "It 1"), put_into("B", "It 2"), put_into("C", None), put_into("D", "It 1", source="claims")]

    assert planned(held, a_sprint("1", "It 1")) == {"A": FROM_MONDAY}


def test_of_several_iterations_of_one_name_the_id_tells_which_and_without_it_nobody_knows() -> None:
    held = [put_into("A", "Sprint 12", id="2"), put_into("B", "Sprint 12"), put_into("C", "Sprint 13")]
    same_day = (a_sprint("4", "Sprint 13"), a_sprint("5", "Sprint 13"))
    former = a_sprint("1", "Sprint 12", date(2025, 6, 2))

    assert planned(held, a_sprint("2", "Sprint 12"), former, *same_day) == {"A": FROM_MONDAY, "C": FROM_MONDAY}
    assert planned(held, a_sprint("1", "Sprint 12"), a_sprint("3", "Sprint 12", None)) == {}


def test_an_instant_is_the_day_that_it_is_where_the_work_is_done() -> None:
    at_nine = datetime(2026, 3, 1, 22, tzinfo=UTC)  # in Sydney, on Monday
    sydney = Calendar(zone=ZoneInfo("Australia/Sydney"))
    sprint = a_sprint("1", "It 1", date(2026, 3, 1), starts_at=at_nine)
    item = a_finished("A", "2026-03-01T22:30")

    planned_into = planned([put_into("A", "It 1")], sprint, calendar=sydney)
    found = unplanned_share([replace(item, planned_on=planned_into["A"])], finished_in=MARCH, calendar=sydney)

    assert (planned_into, found.planned) == ({"A": FROM_MONDAY}, ("A",))
    assert planned([put_into("A", "It 1")], sprint) == {"A": date(2026, 3, 1)}
