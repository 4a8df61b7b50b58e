"""Pace bands: the age at which finished items left each state, and which open items have passed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey
from domain.period import Period
from metrics.age import ages
from metrics.pace import Pace, pace
from tests.builders import a_calendar, a_moment, an_item
from tests.metrics.histories import BEGIN, END, KNOWN, journeys

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
TODAY = date(2026, 3, 31)
UTC = a_calendar()


def done(worked: int, reviewed: int, *, key: str) -> Journey:
    """Begun at noon of 2 March, so many days in progress, so many in review, then done."""
    return an_item(
        ("2026-03-02T12:00", "in progress"),
        (f"2026-03-{2 + worked:02}T12:00", "review"),
        (f"2026-03-{2 + worked + reviewed:02}T12:00", "done"),
        key=key,
    ).journey(as_of="2026-03-31T18:00")


def bands(*items: Journey) -> Pace:
    return pace(items, finished_in=MARCH, calendar=UTC)


FIVE = [done(worked, 3, key=f"PAY-{worked}") for worked in (1, 2, 3, 4, 10)]


def test_a_band_is_the_age_on_leaving_and_not_the_time_within() -> None:
    found = bands(*FIVE)

    assert [(one.name, one.days) for one in found.bands] == [
        ("in progress", (2, 3, 4, 5, 11)),
        ("review", (5, 6, 7, 8, 14)),
    ]
    assert [(one.percentile(50), one.percentile(85)) for one in found.bands] == [(4, None), (7, None)]


def test_the_last_leaving_counts() -> None:
    back = an_item(
        ("2026-03-02T12:00", "in progress"), ("2026-03-03T12:00", "review"), ("2026-03-05T12:00", "in progress"),
        ("2026-03-09T12:00", "done"), key="BACK",
    ).journey()  # fmt: skip

    found = bands(*FIVE, back)

    assert found.bands[0].days == (2, 3, 4, 5, 8, 11)


def test_a_state_without_history_has_the_band_of_the_state_before_it() -> None:
    tested = an_item(
        ("2026-03-02T12:00", "in progress"), ("2026-03-05T12:00", "review"), ("2026-03-20T12:00", "testing"),
        key="OPEN",
    ).journey(as_of="2026-03-31T18:00")  # fmt: skip

    found = bands(*FIVE, tested)

    assert [(one.name, one.days, one.inherited_from) for one in found.bands][2] == (
        "testing", (5, 6, 7, 8, 14), "review",
    )  # fmt: skip
    assert found.of("TESTING") == found.bands[2]


def test_states_that_only_former_work_came_into_are_not_told() -> None:
    former = an_item(
        ("2026-01-02T12:00", "in progress"), ("2026-01-03T12:00", "testing"), ("2026-01-05T12:00", "done"), key="OLD",
    ).journey(as_of="2026-03-31T18:00")  # fmt: skip

    found = bands(*FIVE, former)

    assert [one.name for one in found.bands] == ["in progress", "review"]


def test_the_first_state_inherits_from_none() -> None:
    found = bands(*FIVE[:4])

    assert [(one.name, one.days) for one in found.bands] == [("in progress", ()), ("review", ())]
    assert found.of("review") is None
    assert found.of("never seen") is None


def test_names_what_it_leaves_out() -> None:
    unseen = an_item(("2026-03-05", "done"), key="UNSEEN").journey()
    derived = replace(FIVE[0], key="EPIC", clock="derived")

    found = bands(*FIVE, unseen, derived)

    assert found.excluded == {"derived_clock": ("EPIC",), "no_start": ("UNSEEN",)}
    assert (found.n_used, found.n_in_scope) == (5, 7)


def test_an_open_item_is_late_in_its_state_before_it_is_late_at_all() -> None:
    twenty = [done(worked % 10 + 1, 10, key=f"PAY-{worked}") for worked in range(20)]  # leave progress at 2 to 11 days
    slow = an_item(("2026-03-20T12:00", "in progress"), key="SLOW").journey(as_of="2026-03-31T18:00")
    same = an_item(
        ("2026-03-20T12:00", "in progress"), ("2026-03-22T12:00", "review"), key="SAME"
    ).journey(as_of="2026-03-31T18:00")  # fmt: skip

    found = ages([slow, same], as_of=a_moment("2026-03-31T18:00"), calendar=UTC, pace=bands(*twenty), expected_days=11)

    assert [(one.key, one.days, one.pace, one.is_late) for one in found.items] == [
        ("SAME", 12, None, True),  # others leave review at 12 to 21 days: half by 16
        ("SLOW", 12, 95, True),
    ]


WINTER = Period(BEGIN.date(), END.date())


@given(journeys(KNOWN, most=12), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(items: list[Journey], chance: object) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert pace(shuffled, finished_in=WINTER, calendar=UTC) == pace(items, finished_in=WINTER, calendar=UTC)
