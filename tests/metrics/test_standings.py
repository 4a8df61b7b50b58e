"""Figures of closed periods beside those of the flow, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Calendar, Increment
from domain.closed import ClosedFigure, FirstTold
from domain.period import Period
from domain.risks import RiskRules
from domain.strategy import Guardrails, Kpi, Reading
from metrics.commitment import Commitment
from metrics.predictability import Objective
from metrics.restatement import restated
from metrics.risk import Risk, Roam
from metrics.risk_register import Recorded, Register
from metrics.standings import KINDS, looked_back, standings
from tests.builders import a_calendar, a_journey, a_moment, a_portfolio, a_reading

TODAY = date(2026, 11, 22)
OCTOBER, SEPTEMBER = Period(date(2026, 10, 1), date(2026, 11, 1)), Period(date(2026, 9, 1), date(2026, 10, 1))
LAST = Increment(name="PI 4", period=Period(date(2026, 7, 6), date(2026, 9, 28)))
NOW = Increment(name="PI 5", period=Period(date(2026, 9, 28), date(2026, 12, 21)))
CALENDAR = replace(a_calendar(), increments=(LAST, NOW))
READINGS = (
    a_reading(70, "2026-10-05", kpi="nps"),
    a_reading(72, "2026-10-30", kpi="nps"),
    a_reading(75, "2026-11-20", kpi="nps"),  # of a month that is not over
)


def an_objective(key: str, planned: int, actual: int | None, *, train: str) -> Objective:
    return Objective(key=key, team="Shelf", train=train, planned=planned, actual=actual)


def a_risk() -> Recorded:
    """0.5 of 1,000 from September on; resolved in November."""
    journey = a_journey(created="2026-09-10", key="R-1", level=None)
    risk = Risk(key="R-1", id=journey.id, raised_on=date(2026, 9, 10), probability=Decimal("0.5"), impact=1000_00)
    over = replace(risk, roam=Roam.RESOLVED)
    return Recorded(journey=journey, states=((a_moment("2026-09-10"), risk), (a_moment("2026-11-03"), over)))


def standings_of(
    readings: Sequence[Reading] = READINGS,
    scored: int | None = 8,
    today: date = TODAY,
    *,
    calendar: Calendar = CALENDAR,
    with_objectives: bool = True,
) -> list[ClosedFigure]:
    portfolio = replace(
        a_portfolio(), kpis=(Kpi(id="nps", name="NPS"),), guardrails=Guardrails(capacity={"feature": Decimal(1)})
    )
    work = [
        a_journey("2026-08-03", "2026-08-30", key=f"A-{n}", kind="feature" if n < 6 else "debt", themes={})
        for n in range(8)
    ]
    brought = Commitment(
        increment=LAST,
        objectives=(an_objective("O-1", 10, scored, train="Cedre"), an_objective("O-2", 10, 10, train="Azur")),
    )
    commitments = [brought, Commitment(increment=NOW, objectives=brought.objectives)] if with_objectives else []
    found = standings(
        portfolio,
        readings=readings,
        commitments=commitments,
        register=Register(risks=(a_risk(),), rules=RiskRules()),
        journeys=work,
        today=today,
        calendar=calendar,
    )
    assert {one.metric for one in found} <= KINDS
    assert {one.period for one in found} <= looked_back(today, commitments=commitments, calendar=calendar)
    return found


def told(scored: int | None = 8) -> dict[tuple[str, str, Period], Decimal | None]:
    return {one.name: one.value for one in standings_of(scored=scored)}


def test_each_is_told_of_periods_that_are_over_and_as_they_ended() -> None:
    assert told() == {
        ("kpi", "nps", OCTOBER): 72,
        ("risk_exposure", "", SEPTEMBER): 500_00,
        ("risk_exposure", "", OCTOBER): 500_00,  # resolved after it
        ("predictability", "", LAST.period): 90,
        ("predictability", "Azur", LAST.period): 100,
        ("predictability", "Cedre", LAST.period): 80,
        ("capacity_share", "/feature", LAST.period): 75,
        ("capacity_share", "/debt", LAST.period): 25,
    }


def test_what_is_not_scored_yet_is_told_once_it_is() -> None:
    assert {one[1] for one in told(scored=None) if one[0] == "predictability"} == {"Azur"}


def first_told() -> list[FirstTold]:
    return [
        FirstTold(
            figure=one,
            edition="2026-w46",
            published_at=a_moment("2026-11-16"),
            config_digest="c",
            definitions_version=4,
        )
        for one in standings_of()
    ]


def test_nothing_is_restated_because_another_increment_has_ended() -> None:
    later = date(2027, 1, 5)

    found = restated(first_told(), standings_of(today=later), [])

    assert found == []


@pytest.mark.parametrize(
    ("calendar", "ends"),
    [
        pytest.param(CALENDAR, "2026-09-28", id="of the settings"),
        pytest.param(replace(CALENDAR, increments=()), "2026-10-01", id="the quarters"),
    ],
)
def test_the_capacity_of_an_increment_is_held_to_for_a_year_also_where_nobody_keeps_objectives(
    calendar: Calendar, ends: str
) -> None:
    for today, is_held in ((TODAY, True), (date(2027, 4, 5), True), (date(2027, 10, 5), calendar is CALENDAR)):
        found = standings_of(today=today, calendar=calendar, with_objectives=False)

        held = [one.value for one in found if one.period.end.isoformat() == ends and one.metric == "capacity_share"]
        assert held == ([75, 25] if is_held else [])


def test_a_reading_that_was_taken_away_reads_unknown_and_never_zero() -> None:
    (found,) = restated(first_told(), standings_of(READINGS[2:]), [])

    assert (found.first.figure.value, found.now.value) == (Decimal(72), None)
    assert found.items == {}
