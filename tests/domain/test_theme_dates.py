"""Themes that begin, end and follow each other: which an item has on which days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.journey import Stretch
from domain.period import Period
from domain.strategy import Theme
from domain.themes import assign_by_day, stretches
from domain.tree import tree
from tests.domain.placed_items import a_theme, an_item, label

BEFORE = a_theme("before", label("a"), effective_to=date(2026, 6, 30))
AFTER = a_theme("after", label("a"), effective_from=date(2026, 7, 1))
ALWAYS = a_theme("always", label("b"))
ONE = Decimal(1)
FIRST_HALF, REST = Period(date.min, date(2026, 7, 1)), Period(date(2026, 7, 1), date.max)


@pytest.mark.parametrize(
    ("themes", "days"),
    [
        pytest.param([], [Period(date.min, date.max)], id="no theme"),
        pytest.param([ALWAYS], [Period(date.min, date.max)], id="no dates"),
        pytest.param([BEFORE, AFTER, ALWAYS], [FIRST_HALF, REST], id="one follows the other"),
        pytest.param(
            [replace(BEFORE, effective_from=date.min), replace(AFTER, effective_to=date.max)],
            [FIRST_HALF, REST],
            id="dates that stand for none",
        ),
        pytest.param(
            [BEFORE, replace(AFTER, effective_from=date(2026, 9, 1))],
            [FIRST_HALF, Period(date(2026, 7, 1), date(2026, 9, 1)), Period(date(2026, 9, 1), date.max)],
            id="a gap",
        ),
    ],
)
def test_dates_part_the_days(themes: list[Theme], days: list[Period]) -> None:
    assert stretches(themes) == days


def test_what_begins_later_parts_nothing_yet() -> None:
    assert stretches([BEFORE, AFTER], until=date(2026, 6, 30)) == [Period(date.min, date.max)]


def test_what_is_over_keeps_the_themes_of_the_day_it_ended() -> None:
    epic = an_item("CLM-1", labels=("a",))
    done, still_open = an_item("CLM-2", parent="CLM-1"), an_item("CLM-3", parent="CLM-1")

    found = assign_by_day(
        tree([epic, done, still_open]), [BEFORE, AFTER], on=date(2026, 7, 20), ended_on={done.id: date(2026, 6, 30)}
    )

    assert {id: dict(one.shares) for id, one in found.own.items()} == {
        epic.id: {"after": ONE},
        done.id: {"before": ONE},  # its parent is judged on that same day
        still_open.id: {"after": ONE},
    }
    assert found.stretches[done.id] == (
        Stretch(days=FIRST_HALF, themes={"before": ONE}),
        Stretch(days=REST, themes={"after": ONE}),
    )


def test_an_item_that_no_date_touches_has_no_stretches() -> None:
    always, neither = an_item("CLM-1", labels=("b",)), an_item("CLM-2")

    found = assign_by_day(tree([always, neither]), [BEFORE, AFTER, ALWAYS], on=date(2026, 7, 20))

    assert found.stretches == {}
