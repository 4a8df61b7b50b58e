"""Figures of closed periods are held against what was first told of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from domain.closed import ClosedFigure, FirstTold
from domain.journey import Journey
from domain.period import Period
from metrics.restatement import closed_figures, restated
from tests.builders import a_calendar, a_journey

TODAY = date(2026, 3, 18)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 16))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))


def first_told(journeys: list[Journey], *, value: int | None = None) -> list[FirstTold]:
    """The figures of these items, as an edition told them; with another value where one is given."""
    return [
        FirstTold(
            figure=one if value is None else ClosedFigure(
                metric=one.metric, level=one.level, period=one.period, value=Decimal(value), counted=one.counted
            ),
            edition="2026-w11",
            published_at=datetime(2026, 3, 16, 7, tzinfo=UTC),
            config_digest="c1",
            definitions_version=2,
        )
        for one in closed_figures(journeys, today=TODAY, calendar=a_calendar())
    ]  # fmt: skip


def today(journeys: list[Journey]) -> list[ClosedFigure]:
    return closed_figures(journeys, today=TODAY, calendar=a_calendar())


def done(key: str, finished: str, *, started: str = "2026-02-02") -> Journey:
    return a_journey(key=key, started=started, finished=finished)


def test_a_closed_week_and_month_are_told_once_they_have_ended() -> None:
    found = today([done("A-1", "2026-03-10"), done("A-2", "2026-02-20"), done("A-3", "2026-03-17")])

    told = {(one.metric, one.period): one.value for one in found}
    assert told["throughput", WEEK] == 1
    assert told["throughput", FEBRUARY] == 1
    assert all(one.period.end <= TODAY for one in found)


def test_nothing_is_restated_where_nothing_has_changed() -> None:
    items = [done("A-1", "2026-03-10"), done("A-2", "2026-02-20")]

    assert restated(first_told(items), today(items), items) == []


def test_a_reopened_item_is_named_and_the_week_reads_one_less() -> None:
    before = [done("A-1", "2026-03-10"), done("A-2", "2026-03-11")]
    now = [before[0], a_journey(key="A-2", started="2026-02-02")]

    (found,) = restated(first_told(before), today(now), now)

    assert [found.first.figure.value, found.now.value] == [2, 1]
    assert found.items == {"reopened": (before[1].id,)}


def test_a_week_whose_every_item_is_gone_reads_none_rather_than_unknown() -> None:
    before = [done("A-1", "2026-03-10")]

    (found,) = restated(first_told(before), [], [])

    assert found.now.value == 0
    assert found.items == {"removed": (before[0].id,)}


def test_an_item_of_which_we_learned_later_is_named() -> None:
    before = [done("A-1", "2026-03-10")]
    now = [*before, done("A-2", "2026-03-12")]

    (found,) = restated(first_told(before), today(now), now)

    assert found.now.value == 2
    assert found.items == {"learned": (now[1].id,)}


def test_items_that_begin_on_another_day_now_restate_the_flow_time_of_the_month() -> None:
    before = [done(f"A-{n}", f"2026-02-{n:02d}", started="2026-02-01") for n in range(10, 22)]
    now = [*before[:-1], done("A-21", "2026-02-21", started="2026-01-01")]
    now[-2] = done("A-20", "2026-02-20", started="2026-01-01")

    found = restated(first_told(before), today(now), now)

    (month,) = [one for one in found if one.now.metric == "flow_time_p85"]
    assert month.items == {"recounted": (before[-2].id, before[-1].id)}


def test_the_same_items_under_other_definitions_are_told_without_items() -> None:
    items = [done("A-1", "2026-03-10")]

    (found,) = restated(first_told(items, value=3), today(items), items)

    assert [found.first.figure.value, found.now.value] == [3, 1]
    assert found.items == {}
