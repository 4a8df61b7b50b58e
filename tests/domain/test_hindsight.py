"""What a past day could know of what files say now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.calendar import Increment
from domain.funding import Actual, period_named
from domain.hindsight import Hindsight, actuals_by, decisions_by, objectives_by
from domain.period import Period
from domain.strategy import Decision, Objective, Seen
from tests.builders import a_calendar

PI = Increment(name="PI 1", period=Period(date(2026, 3, 2), date(2026, 5, 25)))
CALENDAR = replace(a_calendar(), increments=(PI,))
NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


def on(day: str) -> Hindsight:
    """The middle of a day, told of in June."""
    return Hindsight(as_of=datetime.fromisoformat(f"{day}T12:00:00+00:00"), read_at=NOW, calendar=CALENDAR)


def a_cost(period: str, closed_on: date | None = None) -> Actual:
    return Actual(value_stream="shop", period=period, amount=100, closed_on=closed_on)


def an_objective(scored_on: date | None = None, *, scored: Seen | None = None) -> Objective:
    return Objective(
        increment="PI 1", train="Azur", team="A", objective="Faster", committed=True, planned_bv=Decimal(8),
        actual_bv=Decimal(6), planned_on=date(2026, 3, 1), scored_on=scored_on, scored=scored, dropped="why",
    )  # fmt: skip


def a_decision(*, waited_until: datetime | None = None) -> Decision:
    return Decision(
        id="D-1", asked_on=date(2026, 3, 1), meeting="Review", question="Begin?", decision="Yes", owner="A", due=None,
        item=None, approves=True, waited_until=waited_until,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "day", "is_known"),
    [
        pytest.param(a_cost("2026-03", date(2026, 4, 8)), "2026-04-07", False, id="closed the day after"),
        pytest.param(a_cost("2026-03", date(2026, 4, 8)), "2026-04-08", True, id="closed on the day"),
        pytest.param(a_cost("2026-03"), "2026-04-01", True, id="never closed, of a month that was over"),
        pytest.param(a_cost("2026-03"), "2026-03-31", False, id="never closed, of a month that went on"),
        pytest.param(a_cost("2026"), "2026-06-15", True, id="to the day on which the file is read"),
    ],
)
def test_a_cost_is_known_once_it_closed_or_else_once_its_period_is_over(cost: Actual, day: str, is_known: bool) -> None:
    assert bool(actuals_by([cost], on(day), named=period_named)) is is_known


@pytest.mark.parametrize(
    ("objective", "day", "is_scored"),
    [
        pytest.param(an_objective(date(2026, 5, 28)), "2026-05-27", False, id="scored the day after"),
        pytest.param(an_objective(date(2026, 5, 28)), "2026-05-28", True, id="scored on the day"),
        pytest.param(an_objective(), "2026-05-24", False, id="its increment was not over"),
        pytest.param(an_objective(), "2026-05-25", True, id="its increment was over"),
        pytest.param(
            an_objective(scored=Seen(first_at=datetime(2026, 5, 20, tzinfo=UTC))), "2026-05-21", True, id="seen scored"
        ),
    ],
)
def test_what_was_scored_after_the_day_is_open_on_it(objective: Objective, day: str, is_scored: bool) -> None:
    (found,) = objectives_by([objective], on(day))

    assert (found.actual_bv, found.dropped) == ((Decimal(6), "why") if is_scored else (None, None))


def test_files_that_are_read_on_the_day_are_believed() -> None:
    """An objective may be scored before its increment ends, by whoever gives no day for it."""
    today = Hindsight(as_of=datetime(2026, 5, 20, 9, tzinfo=UTC), read_at=datetime(2026, 5, 20, 9, tzinfo=UTC),
                      calendar=CALENDAR)  # fmt: skip

    assert objectives_by([an_objective()], today) == (an_objective(),)
    assert actuals_by([a_cost("2026")], today, named=period_named) == (a_cost("2026"),)


def test_an_objective_that_was_planned_later_is_not_there_yet() -> None:
    assert objectives_by([an_objective()], on("2026-02-28")) == ()


def test_a_decision_is_asked_for_from_its_day_on() -> None:
    assert decisions_by([a_decision()], on("2026-02-28")) == ()
    assert decisions_by([a_decision()], on("2026-03-01")) == (a_decision(),)


def test_a_decision_that_was_seen_to_wait_later_was_not_taken() -> None:
    later = a_decision(waited_until=datetime(2026, 4, 1, tzinfo=UTC))

    (found,) = decisions_by([later], on("2026-03-20"))

    assert (found.decision, found.approves) == (None, None)
    assert decisions_by([later], on("2026-04-02")) == (later,)
