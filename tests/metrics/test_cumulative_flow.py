"""Cumulative flow: lines by the furthest state, what is behind them, and what left."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey
from domain.period import Period
from domain.work_item import HistoryState
from metrics.cumulative_flow import BANDS, Correction, cumulative_flow
from metrics.flow_load import load_series
from tests.builders import a_calendar, an_item
from tests.metrics.histories import BEGIN, END, KNOWN, journeys

FIVE_DAYS = Period(date(2026, 3, 2), date(2026, 3, 7))
PARIS = a_calendar("Europe/Paris")


def on_march(day: int) -> date:
    return date(2026, 3, day)


def test_a_reopened_item_stays_in_done_and_what_was_given_up_is_a_line_apart() -> None:
    reopened = an_item(
        ("2026-03-02T12:00", "in progress"), ("2026-03-03T12:00", "done"), ("2026-03-04T12:00", "testing"), key="PAY-1"
    ).journey(as_of="2026-03-10")
    dropped = an_item(("2026-03-03T12:00", "in progress"), ("2026-03-04T12:00", "dropped"), key="PAY-2").journey(
        as_of="2026-03-10"
    )

    flow = cumulative_flow([reopened, dropped], period=FIVE_DAYS, calendar=PARIS)

    assert (flow.new, flow.waiting, flow.done) == ((2, 2, 1, 1, 1), (1, 2, 1, 1, 1), (0, 1, 1, 1, 1))
    assert (flow.left, flow.behind) == ((0, 0, 1, 1, 1), (0, 0, 1, 1, 1))
    assert flow.corrections == (Correction(key="PAY-1", mark="done", since=on_march(4), until=None),)
    assert flow.keys["done"] == ("PAY-1",)
    assert flow.keys["left"] == ("PAY-2",)
    assert (flow.n_used, flow.n_in_scope) == (2, 2)


def test_a_correction_lasts_until_the_mark_is_reached_again() -> None:
    item = an_item(
        ("2026-03-02T12:00", "review"),
        ("2026-03-03T12:00", "to do"),
        ("2026-03-05T12:00", "in progress"),
        ("2026-03-05T18:00", "to do"),  # gone again and back within a day: no evening saw it
        ("2026-03-05T19:00", "in progress"),
    ).journey(as_of="2026-03-10")

    flow = cumulative_flow([item], period=FIVE_DAYS, calendar=PARIS)

    assert flow.corrections == (Correction(key="PAY-1", mark="waiting", since=on_march(3), until=on_march(5)),)
    assert flow.behind == (0, 1, 1, 0, 0)


def test_moving_between_a_queue_and_work_is_no_step_back() -> None:
    item = an_item(("2026-03-02T12:00", "in progress"), ("2026-03-03T12:00", "review")).journey(as_of="2026-03-10")

    flow = cumulative_flow([item], period=FIVE_DAYS, calendar=PARIS)

    assert (flow.corrections, flow.active) == ((), (1, 1, 1, 1, 1))


def test_finished_work_that_is_gone_since_stays_finished_and_open_work_leaves() -> None:
    finished = an_item(("2026-03-02T09:00", "done"), key="PAY-1", removed="2026-03-04T09:00").journey()
    open_still = an_item(("2026-03-02T09:00", "review"), key="PAY-2", removed="2026-03-04T09:00").journey()

    flow = cumulative_flow([finished, open_still], period=FIVE_DAYS, calendar=PARIS)

    assert (flow.done, flow.waiting, flow.left) == ((1, 1, 1, 1, 1), (2, 2, 1, 1, 1), (0, 0, 1, 1, 1))


def test_items_whose_course_no_history_tells_are_named() -> None:
    mute = an_item(status="review", history=HistoryState.NONE, key="MUTE").journey()

    flow = cumulative_flow([mute], period=FIVE_DAYS, calendar=PARIS)

    assert (flow.new, flow.excluded) == ((0, 0, 0, 0, 0), {"no_history": ("MUTE",)})
    assert (flow.n_used, flow.n_in_scope) == (0, 1)


SPRING = Period(PARIS.day(BEGIN), PARIS.day(END))
NEVER_GIVEN_UP = [one for one in KNOWN if one != "dropped"]


@given(journeys(NEVER_GIVEN_UP))
def test_where_nothing_leaves_no_line_ever_falls(found: list[Journey]) -> None:
    flow = cumulative_flow(found, period=SPRING, calendar=PARIS)

    for name in BANDS:
        assert all(earlier <= later for earlier, later in pairwise(getattr(flow, name)))


@given(journeys(KNOWN))
def test_no_line_falls_by_more_than_what_left_that_day(found: list[Journey]) -> None:
    flow = cumulative_flow(found, period=SPRING, calendar=PARIS)

    assert all(earlier <= later for earlier, later in pairwise(flow.left))
    for name in BANDS:
        with_left = [ever + gone for ever, gone in zip(getattr(flow, name), flow.left, strict=True)]
        assert all(earlier <= later for earlier, later in pairwise(with_left))


@given(journeys(KNOWN))
def test_each_line_lies_within_the_one_before(found: list[Journey]) -> None:
    flow = cumulative_flow(found, period=SPRING, calendar=PARIS)

    for outer, inner in pairwise(BANDS):
        assert all(more >= less for more, less in zip(getattr(flow, outer), getattr(flow, inner), strict=True))


@given(journeys(NEVER_GIVEN_UP))
def test_the_gap_between_begun_and_done_is_the_load_where_nothing_is_behind(found: list[Journey]) -> None:
    flow = cumulative_flow(found, period=SPRING, calendar=PARIS)
    series = load_series(found, period=SPRING, calendar=PARIS)

    for begun, done, behind, load in zip(flow.waiting, flow.done, flow.behind, series.end_of_day, strict=True):
        assert abs(begun - done - load) <= behind


@given(journeys(KNOWN), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(found: list[Journey], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert cumulative_flow(shuffled, period=SPRING, calendar=PARIS) == cumulative_flow(
        found, period=SPRING, calendar=PARIS
    )


@given(journeys(KNOWN), journeys(KNOWN, prefix="CLM"))
def test_the_lines_of_two_scopes_add_up_to_those_of_both(one: list[Journey], other: list[Journey]) -> None:
    here, there, both = (
        cumulative_flow(found, period=SPRING, calendar=PARIS) for found in (one, other, [*one, *other])
    )

    for name in (*BANDS, "left", "behind"):
        parts = zip(getattr(here, name), getattr(there, name), strict=True)
        assert getattr(both, name) == tuple(first + second for first, second in parts)
