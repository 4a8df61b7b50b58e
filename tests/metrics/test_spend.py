"""Spend attributed by item-days: definition 3.7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.funding import Cell
from domain.journey import Journey
from domain.period import Period
from metrics.spend import apart, are_apart, attribute, by_epic, by_horizon, by_kind, by_theme, divided_anew, epics_of
from tests.builders import a_calendar, a_journey, a_theme, an_item

QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))
THEMES = [replace(a_theme("a"), horizon="H1"), replace(a_theme("b"), horizon="H2"), a_theme("c")]


def work(key: str, days: int, *, theme: str | None = None, first: int = 0, **more: object) -> Journey:
    """An item in progress on so many days from a day of the quarter on."""
    begins = QUARTER.start + timedelta(days=first)
    ends = begins + timedelta(days=days)
    themes = {theme: 1} if theme else {}
    return a_journey(begins.isoformat(), ends.isoformat(), key=key, themes=themes, **more)  # type: ignore[arg-type] # as the builder has it


# 120 item-days of three items, 60 of six, 20 of one; something is in progress on every day of the quarter
THE_QUARTER = [
    work("A-1", 90, theme="a"),
    work("A-2", 20, theme="a"),
    work("A-3", 10, theme="a"),
    *(work(f"B-{n}", 10, theme="b") for n in range(6)),
    work("U-1", 20),
]


def spend(journeys: Sequence[Journey], amount: int, *, method: str = "item_days") -> dict[str, int]:
    told = attribute(
        journeys, amount=amount, period=QUARTER, calendar=a_calendar(), themes=THEMES, method=method
    )  # fmt: skip
    return by_theme(told.lines)


def test_money_follows_the_days_on_which_items_were_in_progress() -> None:
    """T21: 300,000 with 120, 60 and 20 item-days."""
    assert spend(THE_QUARTER, 300_000_00) == {"a": 180_000_00, "b": 90_000_00, "unaligned": 30_000_00}


def test_by_count_the_same_quarter_reads_otherwise() -> None:
    """T21: by count, 3, 6 and 1 items; so all three readings are told, being more than 10 points apart."""
    by_days, by_count = spend(THE_QUARTER, 300_000_00), spend(THE_QUARTER, 300_000_00, method="count")

    assert by_count == {"a": 90_000_00, "b": 180_000_00, "unaligned": 30_000_00}
    assert apart([by_days, by_count]) == 30
    assert apart([by_days, by_days]) == 0


@pytest.mark.parametrize(
    ("first", "agreed", "expected"),
    [
        pytest.param(600, 10, False, id="60 and 50 of a hundred: ten points"),
        pytest.param(601, 10, True, id="60.1 and 50: more than ten"),
        pytest.param(601, 11, False, id="less than was agreed"),
    ],
)
def test_all_three_readings_are_told_where_they_are_more_than_so_many_points_apart(
    first: int, agreed: int, *, expected: bool
) -> None:
    by_days, by_count = {"a": first, "b": 1000 - first}, {"a": 500, "b": 500}

    assert are_apart(apart([by_days, by_count]), agreed=Decimal(agreed)) == expected


def test_odd_cents_go_to_the_name_that_sorts_first() -> None:
    """T21: 1.00 over three equal: .34, .33, .33."""
    equal = [work(f"{theme}-1", 90, theme=theme) for theme in ("c", "b", "a")]

    assert spend(equal, 100) == {"a": 34, "b": 33, "c": 33}


def test_an_epic_has_its_share_of_the_days() -> None:
    """T21: the cross-check of Kiplot, 2 M x 500/8000 = 125,000."""
    epic = replace(work("E-1", 1), placement=replace(work("E-1", 1).placement, level="epic"))
    mine = [work(f"M-{n}", 50, parent="E-1") for n in range(10)]
    others = [*(work(f"O-{n}", 75) for n in range(94)), *(work(f"P-{n}", 90) for n in range(5))]

    told = attribute(
        [*mine, *others], amount=2_000_000, period=QUARTER, calendar=a_calendar(), themes=()
    )  # fmt: skip

    assert sum(one.weight for one in told.lines) == 8000
    assert by_epic(told.lines, epics=epics_of([epic, *mine, *others]))[epic.id] == 125_000


def test_by_size_items_without_one_are_left_out_and_named() -> None:
    large = work("A-1", 90, theme="a", values={"job_size": Decimal(3)})
    small = work("B-1", 5, theme="b", values={"story_points": Decimal(1)})

    told = attribute(
        [large, small, work("U-1", 9)], amount=100, period=QUARTER, calendar=a_calendar(), themes=THEMES, method="size"
    )

    assert by_theme(told.lines) == {"a": 75, "b": 25}
    assert (told.excluded, told.n_used, told.n_in_scope) == ({"no_size": ("U-1",)}, 2, 3)


def test_days_on_which_nothing_was_in_progress_are_idle() -> None:
    assert spend([work("A-1", 30, theme="a"), work("A-2", 30, theme="a")], 900) == {"a": 300, "idle": 600}


def test_money_of_days_without_any_work_is_all_idle() -> None:
    assert spend([], 900) == {"idle": 900}
    assert spend([work("A-1", 30, theme="a", first=100)], 900) == {"idle": 900}


def test_an_item_that_is_split_gives_each_theme_its_share() -> None:
    split = a_journey("2026-01-01", "2026-04-01", themes={"a": "0.6", "b": "0.3"})

    assert spend([split], 1000) == {"a": 600, "b": 300, "unaligned": 100}


def test_an_item_moved_back_to_the_backlog_takes_no_money_while_it_is_there() -> None:
    paused = an_item(("2026-01-01", "in progress"), ("2026-01-31", "to do"), key="A-1", created="2026-01-01")

    told = attribute([paused.journey()], amount=900, period=QUARTER, calendar=a_calendar(), themes=())

    assert by_theme(told.lines) == {"idle": 600, "unaligned": 300}


def test_horizons_and_kinds_are_sums_of_the_same_lines() -> None:
    mixed = [work("A-1", 90, theme="a"), work("B-1", 60, theme="b", kind="debt"), work("C-1", 30, theme="c")]

    told = attribute([*mixed, work("U-1", 20)], amount=1_000, period=QUARTER, calendar=a_calendar(), themes=THEMES)

    assert by_horizon(told.lines) == {"H1": 450, "H2": 300, "none": 150, "unaligned": 100}
    assert by_kind(told.lines) == {"feature": 700, "debt": 300}
    assert {one.cell for one in told.lines} >= {Cell("a", "H1", "feature"), Cell("b", "H2", "debt")}


DAYS = st.integers(-40, 130)


@st.composite
def some_work(draw: st.DrawFn) -> list[Journey]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        first, length = draw(DAYS), draw(st.integers(1, 90))
        one = work(f"W-{number}", length, first=first, kind=draw(st.sampled_from(["feature", "debt"])))
        shares = draw(st.sampled_from([{}, {"a": "1"}, {"a": "0.333", "b": "0.5"}, {"b": "1"}, {"c": "0.07"}]))
        themes = {theme: Decimal(share) for theme, share in shares.items()}
        values = {} if draw(st.booleans()) else {"job_size": Decimal(draw(st.sampled_from(["1", "2.5", "13"])))}
        found.append(replace(one, placement=replace(one.placement, themes=themes), values=values))
    return found


@settings(max_examples=150, deadline=None)
@given(some_work(), st.integers(0, 10**10), st.sampled_from(["item_days", "count", "size"]))
def test_parts_add_up_to_the_money_to_the_cent(journeys: list[Journey], amount: int, method: str) -> None:
    told = attribute(journeys, amount=amount, period=QUARTER, calendar=a_calendar(), themes=THEMES, method=method)

    assert sum(one.amount for one in told.lines) == amount
    for sums in (by_theme(told.lines), by_kind(told.lines), by_horizon(told.lines)):
        assert sum(sums.values()) == amount
        assert all(part >= 0 for part in sums.values())


@settings(max_examples=80, deadline=None)
@given(some_work(), st.integers(0, 10**8), st.integers(0, 10**8))
def test_the_same_weights_divide_another_amount_as_a_fresh_attribution_would(
    journeys: list[Journey], amount: int, other: int
) -> None:
    told = attribute(journeys, amount=amount, period=QUARTER, calendar=a_calendar(), themes=THEMES)
    fresh = attribute(journeys, amount=other, period=QUARTER, calendar=a_calendar(), themes=THEMES)

    assert divided_anew(told.lines, amount=other, period=QUARTER) == fresh.lines


def test_a_metric_is_computed_within_one_level() -> None:
    with pytest.raises(ValueError, match="one level"):
        spend([work("A-1", 1), work("E-1", 1, level="epic")], 1)
