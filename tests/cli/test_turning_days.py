"""The day on which one theme follows another, where days begin earlier or later in a value stream than at home."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli.reading import _places
from domain.calendar import Calendar
from domain.hindsight import Hindsight
from domain.journey import Placement
from domain.placing import PlacingRules, place
from domain.strategy import Matcher, Portfolio, ValueStream
from domain.tree import tree
from domain.work_item import HeldItem
from metrics import columns
from metrics.journeys import derive_clocks
from metrics.table import flow_metric_rows
from tests.builders import SOURCE, Told, a_moment, an_item
from tests.domain.placed_items import a_theme, label
from tests.metrics.test_columns import as_columns

LAST = date(2026, 6, 30)
THEMES = (
    a_theme("before", label("a"), effective_to=LAST),
    a_theme("after", label("a"), effective_from=date(2026, 7, 1)),
)
STREAMS = (ValueStream(id="afar", name="Afar", matchers=(Matcher(label="afar"),)),)
RULES = PlacingRules(levels={SOURCE: {"story": "story"}}, value_streams=STREAMS)
PORTFOLIO = Portfolio(id="p", name="P", currency="EUR", locales=("en",), themes=THEMES, value_streams=STREAMS)


def a_story(key: str, *moves: tuple[str, str], labels: tuple[str, ...]) -> Told:
    told = an_item(("2026-06-10", "in progress"), *moves, key=key, created="2026-06-01")
    return replace(told, held=replace(told.held, item=replace(told.held.item, labels=labels)))


def stories(finished_at: str) -> list[Told]:
    """One that is open and one that finished, afar and at home."""
    return [
        a_story(f"{where}-{state}", *moves, labels=("a", where))
        for where in ("afar", "home")
        for state, moves in (("open", ()), ("done", ((finished_at, "done"),)))
    ]


def told(
    items: list[Told], *, calendar: Calendar, as_of: datetime
) -> tuple[dict[str, Placement], list[Any], list[Any]]:
    """Where items are, and the rows of their flow: as reports tell them, and over columns as the store keeps them."""
    held: list[HeldItem] = [one.held for one in items]
    clocked = derive_clocks(one.journey(as_of=as_of) for one in items)
    hindsight = Hindsight(as_of=as_of, read_at=as_of, calendar=calendar)
    _, places = _places(tree(held), clocked, themes=THEMES, rules=RULES, hindsight=hindsight)
    placed = [replace(one, placement=places[one.id]) for one in clocked]
    asked: dict[str, Any] = {"portfolio": PORTFOLIO, "calendar": calendar, "as_of": as_of}
    kept = place(held, rules=RULES, themes=THEMES, on=hindsight.today)
    with as_columns([(one, kept[one.held.item.id]) for one in items], calendar, as_of=as_of) as connection:
        over_columns = list(columns.flow_metric_rows(connection, **asked))
    return (
        {one.key: one.placement for one in placed},
        list(flow_metric_rows(placed, **asked, waiting_known=[SOURCE])),
        over_columns,
    )


@pytest.mark.parametrize(
    ("zone", "finished_at", "as_of", "afar", "home"),
    [
        pytest.param("Pacific/Auckland", "2026-06-30T14:00", "2026-06-30T20:00", "after", "before", id="ahead"),
        pytest.param(
            "Pacific/Auckland", "2026-06-30T11:00", "2026-06-30T11:30", "before", "before", id="ahead, before"
        ),
        pytest.param("America/Los_Angeles", "2026-07-01T02:00", "2026-07-01T03:00", "before", "after", id="behind"),
        pytest.param(
            "America/Los_Angeles", "2026-07-01T08:00", "2026-07-01T09:00", "after", "after", id="behind, after"
        ),
    ],
)
def test_what_ended_and_what_is_open_have_the_theme_of_their_own_day(
    zone: str, finished_at: str, as_of: str, afar: str, home: str
) -> None:
    calendar = Calendar(zone=ZoneInfo("UTC"), streams={"afar": Calendar(zone=ZoneInfo(zone))})

    places, plain, over_columns = told(stories(finished_at), calendar=calendar, as_of=a_moment(as_of))

    assert {key: [*one.themes] for key, one in places.items()} == {
        "afar-open": [afar], "afar-done": [afar], "home-open": [home], "home-done": [home],
    }  # fmt: skip
    assert {key: one.ever for key, one in places.items()} == {
        key: {"before"} | ({afar} if key.startswith("afar") else {home}) for key in places
    }
    assert plain == over_columns
    assert {row["scope"] for row in plain} >= {"theme:before", "value_stream:afar"}


def test_what_was_told_of_a_finish_on_the_turning_day_is_told_on_the_next_day_too() -> None:
    calendar = Calendar(zone=ZoneInfo("UTC"), streams={"afar": Calendar(zone=ZoneInfo("Pacific/Auckland"))})
    items = stories("2026-06-30T14:00")

    day, next_day = (
        told(items, calendar=calendar, as_of=a_moment(at))[0]["afar-done"].themes
        for at in ("2026-06-30T20:00", "2026-07-01T20:00")
    )

    assert day == next_day == {"after": 1}
