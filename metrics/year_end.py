"""Why will the year end where it will, and where was it to end before? Parts of definition 3.7, budget run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.funding import ACTUAL, ClosedSpend, Money, common, months_of, without
from domain.period import Period
from domain.strategy import ValueStream
from metrics.budget_run import BudgetRun, budget_run
from metrics.closing import Books

DEFINITION_VERSION = 1

CLOSED_OVER = "closed_over"
CLOSED_UNDER = "closed_under"
RESTATED = "restated"
TOLD = "told"
UNTOLD = "untold"
TO_COME = "to_come"
CAUSES = (CLOSED_OVER, CLOSED_UNDER, RESTATED, TOLD, UNTOLD, TO_COME)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one month (or a part of one) of a value stream adds to its budget for one cause; minor units."""

    value_stream: str
    cause: str
    period: Period
    amount: int


def steps(
    run: BudgetRun, *, stream: str, budget: Money, cost: Money, closed: Sequence[ClosedSpend], until: date
) -> tuple[Step, ...]:
    """From the budget of a value stream to its forecast, month by month and cause by cause, in minor units.

    Each day of the year is in one place:

    * `closed_over`, `closed_under`: months that finance has closed, at the cost that was first told, less their budget;
    * `restated`: what the same months cost by what is told now, less what was first told;
    * `told`: days of which a cost is told that is not closed, less their budget: it may still change, or is the first
      of a month that closed at its budget, which nobody had told a cost of;
    * `untold`: days that are over and of which none is told, at the pace of the others, less their budget;
    * `to_come`: days that are not over, at the same pace, less their budget.

    The parts add up to forecast less budget, to the last unit. None where these are not compared, or where no cost is
    told. A budget names no amount of work, so that nothing here parts a difference into price and amount; and work
    that serves no theme costs what other work does. Source: budgets.csv, actuals.csv, closed months as they were kept.

    100 planned a month. January was closed at 90 and is 95 by now, February was closed at 120, March is told with 110
    and open, and 10 days of April are over: 325 in 90 days, so 993 for the other 275, 36 of them for the 10 days.
    -10, +20, +5, +10, 36 - 33 = +3, 957 - 867 = +90: 118, from 1,200 to 1,318. Definition 3.7, version 1.
    """
    if run.difference is None or run.basis != ACTUAL:
        return ()
    found = _Steps(stream=stream, budget=budget, cost=cost)
    over = common(run.period, Period(date.min, until))
    told_days = [] if over is None else without(over, without(over, cost.amounts))
    whole = [
        one
        for one in closed
        if one.basis == ACTUAL and not without(one.period, told_days) and common(one.period, run.period) == one.period
    ]
    for one in whole:
        found.closed(one)
    for days in told_days:
        for rest in without(days, [one.period for one in whole]):
            for month in months_of(rest):
                found.add(TOLD, month, cost.within(month) or 0)
    assert run.forecast is not None
    assert run.spent is not None
    found.ahead(without(run.period, told_days), rest=run.forecast - run.spent, until=until)
    return tuple(
        sorted((one for one in found.steps if one.amount), key=lambda one: (CAUSES.index(one.cause), one.period))
    )


def as_closed(books: Books, stream: ValueStream, *, by: date, year: Period) -> BudgetRun:
    """The run of a budget year with what finance had closed before a day, at the amounts that were first told.

    What the forecast was to those who had the closed books of that day, whenever they are asked for it: a restatement
    since does not move it. January was closed on 8 February at 90, and is 95 by now: by 1 March the forecast rests on
    90, and by 1 February on nothing, so that it is the budget. Definition 3.7, version 1.
    """
    kept = {one.period: one.amount for one in books.kept(stream.id) if one.basis == ACTUAL and one.closed_on < by}
    return budget_run(books.budget(stream), Money(kept), period=year, until=Period(date.min, by))


class _Steps:
    """The steps of one value stream, as they are found."""

    def __init__(self, *, stream: str, budget: Money, cost: Money) -> None:
        self._stream, self._budget, self._cost = stream, budget, cost
        self.steps: list[Step] = []

    def add(self, cause: str, period: Period, cost: int) -> None:
        """A cost, less the budget of the same days."""
        self._step(cause, period, cost - (self._budget.within(period) or 0))

    def closed(self, one: ClosedSpend) -> None:
        gap = one.amount - (self._budget.within(one.period) or 0)
        self._step(CLOSED_OVER if gap > 0 else CLOSED_UNDER, one.period, gap)
        self._step(RESTATED, one.period, (self._cost.within(one.period) or 0) - one.amount)

    def ahead(self, days: Sequence[Period], *, rest: int, until: date) -> None:
        """What is foretold of days without a cost, evenly and to the last unit."""
        whole, gone = sum(one.length_days for one in days), 0
        for cause, piece in _cut(days, until):
            after = gone + piece.length_days
            self.add(cause, piece, rest * after // whole - rest * gone // whole)
            gone = after

    def _step(self, cause: str, period: Period, amount: int) -> None:
        self.steps.append(Step(value_stream=self._stream, cause=cause, period=period, amount=amount))


def _cut(days: Sequence[Period], until: date) -> Iterator[tuple[str, Period]]:
    """Days month by month, those that are over apart from those to come."""
    for cause, span in ((UNTOLD, Period(date.min, until)), (TO_COME, Period(until, date.max))):
        for one in days:
            if (part := common(one, span)) is not None:
                yield from ((cause, month) for month in months_of(part))
