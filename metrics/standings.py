"""Figures of closed periods beside those of the flow: KPIs, predictability, exposure to risks, capacity by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import Calendar
from domain.closed import ClosedFigure
from domain.journey import Journey
from domain.period import Period, months_back
from domain.strategy import Kpi, Portfolio, Reading
from metrics.alignment import item_days
from metrics.commitment import Commitment
from metrics.guardrails import capacity_mix
from metrics.main_flow import LEVELS
from metrics.risk import exposure
from metrics.risk_register import Register
from metrics.selection import Scope, at_level

MONTHS = 13
INCREMENTS = 4  # a year of them
WHOLE = ""  # the subject that is the whole portfolio
KPI, PREDICTABILITY, EXPOSURE, CAPACITY = "kpi", "predictability", "risk_exposure", "capacity_share"
RESTS_ON = {KPI: ("readings",), PREDICTABILITY: ("objectives",)}  # which files tell it, of those that people write
KINDS = frozenset({KPI, PREDICTABILITY, EXPOSURE, CAPACITY})


def standings(
    portfolio: Portfolio,
    *,
    readings: Iterable[Reading],
    commitments: Iterable[Commitment],
    register: Register,
    journeys: Sequence[Journey],
    today: date,
    calendar: Calendar,
) -> list[ClosedFigure]:
    """What editions are held to beside the flow; `level` names whose figure it is, and no items are counted.

    Of each of the last 13 months the last reading of every KPI and the exposure to risks at its end; of the last four
    increments that are over what each train and the whole brought of what they committed to, and the share of each kind
    of work: what was told of one is held to also when the next has ended. What is not known (no reading, not yet
    scored, too few items) is left out until it is.
    A KPI read 70 on 5 October and 72 on the 30th: 72 is October's. Design 4, version 1.
    """
    commitments = list(commitments)
    back = looked_back(today, commitments=commitments, calendar=calendar)
    over = _over(commitments, today=today)
    increments = {*_ended(today, calendar=calendar), *(one.increment.period for one in over)}
    return [
        *_kpis(portfolio.kpis, readings, months=months_back(today, MONTHS)),
        *_exposures(register, months=months_back(today, MONTHS), calendar=calendar),
        *_brought(commitments, today=today),
        *_capacities(portfolio, journeys, increments=sorted(increments & back), calendar=calendar),
    ]


def _kpis(kpis: Iterable[Kpi], readings: Iterable[Reading], *, months: Sequence[Period]) -> Iterator[ClosedFigure]:
    last: dict[tuple[str, Period], Reading] = {}
    by_month = {(one.start.year, one.start.month): one for one in months}
    for reading in readings:
        period = by_month.get((reading.day.year, reading.day.month))
        if period is not None:
            former = last.get((reading.kpi, period))
            last[reading.kpi, period] = reading if former is None or former.day <= reading.day else former
    known = {one.id for one in kpis}
    for (kpi, period), reading in sorted(last.items(), key=lambda one: (one[0][0], one[0][1].start)):
        if kpi in known:
            yield ClosedFigure(metric=KPI, level=kpi, period=period, value=reading.value)


def _exposures(register: Register, *, months: Sequence[Period], calendar: Calendar) -> Iterator[ClosedFigure]:
    for period in months if register.risks else ():
        found = exposure(register.at(calendar.end_of(period.last_day)), today=period.last_day)
        if found.n_used:
            yield ClosedFigure(metric=EXPOSURE, level=WHOLE, period=period, value=Decimal(found.amount))


def _brought(commitments: Iterable[Commitment], *, today: date) -> Iterator[ClosedFigure]:
    for one in _over(commitments, today=today):
        for train in (None, *one.trains):
            found = one.of(None if train is None else (train,)).percent
            if found is not None:
                period = one.increment.period
                yield ClosedFigure(metric=PREDICTABILITY, level=train or WHOLE, period=period, value=found)


def _over(commitments: Iterable[Commitment], *, today: date) -> list[Commitment]:
    """Those of the last increments that have ended, oldest first."""
    over = [one for one in commitments if one.increment.period.end <= today]
    return sorted(over, key=lambda one: one.increment.period.start)[-INCREMENTS:]


def _ended(today: date, *, calendar: Calendar) -> set[Period]:
    """The last increments that have ended, and the one before that which runs; quarters, where none are configured."""
    before = [calendar.increment_of(today).period]
    for _ in range(1 if calendar.increments else INCREMENTS):
        before.append(calendar.increment_of(before[-1].start - timedelta(days=1)).period)
    over = sorted(one.period for one in calendar.increments if one.period.end <= today)
    return {*over[-INCREMENTS:], *(one for one in before if one.end <= today)}


def _capacities(
    portfolio: Portfolio, journeys: Sequence[Journey], *, increments: Sequence[Period], calendar: Calendar
) -> Iterator[ClosedFigure]:
    """At the lowest level that there is, as the page of the guardrails measures it."""
    present = Counter(one.placement.level for one in journeys)
    level = next((one for one in reversed(LEVELS) if present[one]), None)
    if level is None or not portfolio.guardrails.capacity:
        return
    smallest = at_level(journeys, level)
    trains = [train.name for stream in portfolio.value_streams for train in stream.trains]
    for period in increments:
        worked = item_days(smallest, period=period, calendar=calendar)
        for train in (None, *trains):
            scope = Scope() if train is None else Scope(f"train:{train}")
            mix = capacity_mix([pair for pair in worked if scope.holds(pair[0])], guardrails=portfolio.guardrails)
            if mix.unjudged is None:
                for kind, percent in mix.percent.items():
                    yield ClosedFigure(metric=CAPACITY, level=f"{train or WHOLE}/{kind}", period=period, value=percent)


def looked_back(today: date, *, commitments: Iterable[Commitment], calendar: Calendar) -> frozenset[Period]:
    """The periods of these figures: what was told of older ones is not held against today's any more."""
    over = (one.increment.period for one in _over(commitments, today=today))
    return frozenset({*months_back(today, MONTHS), *over, *_ended(today, calendar=calendar)})
