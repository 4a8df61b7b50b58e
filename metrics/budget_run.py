"""Where will the year end? What was spent, and the forecast at the end of a period: definition 3.7, budget run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.funding import ACTUAL, BUDGET, Money, common, months_of, without
from domain.period import Period

DEFINITION_VERSION = 1
ENOUGH = 8  # a forecast needs costs of an eighth of the period
MONTHS_OF_A_RANGE = 3


@dataclass(frozen=True, kw_only=True)
class MonthOfMoney:
    """One month of a budget: planned, spent, and what is foretold of the days that no actual speaks of.

    `is_covered`: each of its days has a budget; else what it costs is of more days than the plan. `is_even`: what it
    costs, or one of its streams does, is taken from the plan, for want of any cost, so that the two are not compared.
    """

    period: Period
    plan: int | None
    actual: int | None
    ahead: int | None
    is_covered: bool = True
    is_even: bool = False

    @property
    def told(self) -> int | None:
        """What the month has cost, or will; None where nobody knows."""
        known = [one for one in (self.actual, self.ahead) if one is not None]
        return sum(known) if known else None

    @property
    def difference(self) -> int | None:
        if self.told is None or self.plan is None or not self.is_covered or self.is_even:
            return None
        return self.told - self.plan


@dataclass(frozen=True, kw_only=True)
class BudgetRun:
    """A budget of a period beside what was spent of it and where it will end; minor units.

    `basis` is `actual` where finance told of costs, else `budget`: then the budget is taken to be spent evenly, and a
    forecast would only repeat it. `reason` says why there is no forecast: no_money, too_early. `low` and `high` are
    the forecasts at the pace of the cheapest and the dearest month. `unplanned` are the days that no budget speaks of:
    where there are any, the forecast is of more days than the plan, and the two are not compared. `is_part`: of some
    streams finance told no cost. What was spent, and the days of it, are of the others; the forecast has their budgets.
    """

    period: Period
    basis: str
    plan: int | None
    spent: int | None
    days_spent: int
    days_left: int
    forecast: int | None
    low: int | None
    high: int | None
    months: tuple[MonthOfMoney, ...]
    unplanned: tuple[Period, ...] = ()
    reason: str | None = None
    is_part: bool = False
    definition_version: int = DEFINITION_VERSION

    @property
    def difference(self) -> int | None:
        """What the period will end over its budget (under it: negative).

        None where they are not of the same days, or where no cost is told, or none of some stream: there the forecast
        is the budget itself.
        """
        if self.forecast is None or self.plan is None or self.unplanned or self.basis == BUDGET or self.is_part:
            return None
        return self.forecast - self.plan


def budget_run(budget: Money, cost: Money, *, period: Period, until: Period | None) -> BudgetRun:
    """Spent, and the forecast at the end: what was spent, and the same pace for the days that remain.

    `until` holds the days that are over. The pace is what the days with actual costs have cost, a day. Days that are
    over and that finance has not told of count as remaining. Without any actual, what was attributed to date is the
    budget's even share, and no forecast is made beyond it. 400 spent in 100 of 365 days: 400 + 4 x 265 = 1,460.
    Needs costs of an eighth of the period. Definition 3.7, version 1.
    """
    plan, unplanned = budget.within(period), tuple(without(period, budget.amounts))
    told = period if until is None else common(period, until)
    spent = None if told is None else cost.within(told)
    days_spent = 0 if told is None else cost.covered(told)
    days_left = period.length_days - days_spent
    if spent is None or days_spent * ENOUGH < period.length_days:
        even = None if told is None else budget.within(told)
        is_even = spent is None
        return BudgetRun(
            period=period,
            basis=BUDGET if is_even else ACTUAL,
            plan=plan,
            spent=even if is_even else spent,
            days_spent=days_spent,
            days_left=days_left,
            forecast=plan if is_even else None,
            low=None,
            high=None,
            months=_months(budget, cost, period, is_even=is_even),
            unplanned=unplanned,
            reason=("no_money" if plan is None else None) if is_even else "too_early",
        )
    rest = _half_up(spent * days_left, days_spent)
    paces = [(cost.within(one) or 0, cost.covered(one)) for one in months_of(period) if cost.covered(one)]
    ends = [spent + _half_up(amount * days_left, days) for amount, days in paces]
    is_range = len(ends) >= MONTHS_OF_A_RANGE and days_left
    return BudgetRun(
        period=period,
        basis=ACTUAL,
        plan=plan,
        spent=spent,
        days_spent=days_spent,
        days_left=days_left,
        forecast=spent + rest,
        low=min(ends) if is_range else None,
        high=max(ends) if is_range else None,
        months=_months(budget, cost, period, rest=rest),
        unplanned=unplanned,
    )


def together(runs: Sequence[BudgetRun]) -> BudgetRun | None:
    """The runs of several streams over one period, added up; None without any. What one lacks, the whole lacks.

    What was spent is what was told: where some streams have costs, no even share of another's budget is among it. 400
    told of one, of the other nothing but a budget of 365: 400 was spent, and how far from 1,565 it ends is not known.
    """
    if not runs:
        return None
    funded = [one for one in runs if one.reason != "no_money"]
    told = [one for one in runs if one.basis == ACTUAL]
    counted = told or funded or runs
    months = zip(*(one.months for one in runs), strict=True)
    return BudgetRun(
        period=runs[0].period,
        basis=ACTUAL if told else BUDGET,
        plan=_sum([one.plan for one in funded]),
        spent=_sum([one.spent for one in counted]),
        days_spent=min(one.days_spent for one in counted),
        days_left=max(one.days_left for one in counted),
        forecast=_sum([one.forecast for one in funded]),
        low=None,
        high=None,
        months=tuple(
            MonthOfMoney(
                period=same[0].period,
                plan=None
                if any(one.plan is None and one.told is not None for one in same)
                else _known([one.plan for one in same]),
                actual=_known([one.actual for one in same]),
                ahead=_known([one.ahead for one in same]),
                is_covered=all(one.is_covered for one in same if one.plan is not None or one.told is not None),
                is_even=any(one.is_even and one.plan is not None for one in same),
            )
            for same in months
        ),
        unplanned=_any([one.unplanned for one in funded]),
        reason=next((one.reason for one in runs if one.reason == "too_early"), None),
        is_part=bool(told) and any(one.basis != ACTUAL for one in funded),
    )


def _months(
    budget: Money, cost: Money, period: Period, *, rest: int | None = None, is_even: bool = False
) -> tuple[MonthOfMoney, ...]:
    """Month by month; what is left of the forecast goes to the days without costs, evenly and to the last unit.

    `is_even`: each month will cost its budget.
    """
    months, found, gone = months_of(period), [], 0
    whole = period.length_days - cost.covered(period)
    for one in months:
        plan, days = budget.within(one), one.length_days - cost.covered(one)
        ahead = None if rest is None or not days else rest * (gone + days) // whole - rest * gone // whole
        gone += days
        found.append(
            MonthOfMoney(
                period=one,
                plan=plan,
                actual=cost.within(one),
                ahead=plan if is_even else ahead,
                is_covered=not without(one, budget.amounts),
                is_even=is_even,
            )
        )
    return tuple(found)


def _any(every: Sequence[tuple[Period, ...]]) -> tuple[Period, ...]:
    """The days of any of them, each once."""
    found: list[Period] = []
    for one in sorted(piece for pieces in every for piece in pieces):
        found += without(one, found)
    return tuple(sorted(found))


def _half_up(above: int, below: int) -> int:
    """A whole number of minor units, the half upwards."""
    return (2 * above + below) // (2 * below)


def _sum(amounts: Sequence[int | None]) -> int | None:
    """All of them together; None where one is not known, or there are none."""
    return None if not amounts or None in amounts else sum(one for one in amounts if one is not None)


def _known(amounts: Sequence[int | None]) -> int | None:
    """Those that are known together; None where none is."""
    known = [one for one in amounts if one is not None]
    return sum(known) if known else None
