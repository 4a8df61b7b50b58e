"""Our clock against the trackers' clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.timekeeping import Timekeeper, doubt
from tests.faults.catalogue import case
from tests.sync.fakes import NOON


class Hands:
    """A wall clock and a monotonic one; only the first can be set."""

    def __init__(self) -> None:
        self.wall = NOON
        self.since_boot = 0.0

    def go_on(self, **span: float) -> None:
        self.wall += timedelta(**span)
        self.since_boot += timedelta(**span).total_seconds()


def a_timekeeper(hands: Hands) -> Timekeeper:
    return Timekeeper(now=lambda: hands.wall, monotonic=lambda: hands.since_boot)


@case("T07")
@pytest.mark.parametrize("days", [365, -365, 1, -1])
def test_a_clock_that_jumped_is_in_doubt_until_it_is_put_right(days: int) -> None:
    hands = Hands()
    keeper = a_timekeeper(hands)
    keeper.hear("shop", hands.wall)
    hands.go_on(minutes=20)

    hands.wall += timedelta(days=days)
    jumped = keeper.doubt()
    keeper.hear("shop", hands.wall - timedelta(days=days))
    asked = keeper.doubt()
    hands.wall -= timedelta(days=days)
    right = keeper.doubt()

    assert jumped is not None
    assert asked is not None
    assert ("ahead of shop" if days > 0 else "behind shop") in asked
    assert right is None


@case("T07")
def test_a_long_sleep_of_the_machine_is_over_when_a_tracker_agrees() -> None:
    hands = Hands()
    keeper = a_timekeeper(hands)
    keeper.hear("shop", hands.wall)
    hands.wall += timedelta(hours=9)  # the monotonic clock stands still meanwhile
    woken = keeper.doubt()

    keeper.hear("shop", hands.wall)

    assert woken is not None
    assert keeper.doubt() is None


@case("T07")
def test_a_jump_is_seen_before_any_tracker_was_heard() -> None:
    hands = Hands()
    keeper = a_timekeeper(hands)
    quiet = keeper.doubt()

    hands.wall += timedelta(days=365)

    assert quiet is None
    assert "365" not in (keeper.doubt() or "365")
    assert "8,760 hours ahead of what it said when this process began" in (keeper.doubt() or "")


def test_days_of_running_and_small_corrections_raise_no_doubt() -> None:
    hands = Hands()
    keeper = a_timekeeper(hands)
    keeper.hear("shop", hands.wall)

    hands.go_on(days=30)
    hands.wall += timedelta(hours=5)

    assert keeper.doubt() is None


def test_one_tracker_with_a_wrong_clock_stops_nothing_while_another_agrees() -> None:
    heard = {"shop": (NOON, 0.0), "stores": (NOON - timedelta(days=900), 0.0)}

    assert doubt(heard, now=NOON, at=0.0) is None
