"""Tables of money: the year by stream and month, what it was spent on, its evidence. Amounts are minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from metrics.budget_run import BudgetRun
from metrics.spend import summed
from reports.money import Funds, funds
from reports.reckoning import Reckoning
from reports.render.csv import Value
from reports.year_end import year_end

VIEW = "management view, not ledger"
CAPITALISATION = (
    "view", "value_stream", "period_start", "period_end", "source", "item", "title", "kind", "epic",
    "classification", "reason", "item_days", "method", "amount_minor_units", "currency", "approver", "decision",
    "decided_on",
)  # fmt: skip
ADJUSTMENTS = (
    "view", "value_stream", "closed_period", "cause", "theme", "horizon", "kind", "moved_minor_units",
    "currency", "items",
)  # fmt: skip
YEAR = (
    "view", "scope", "period_start", "period_end", "budget_minor", "cost_minor", "forecast_minor", "difference_minor",
    "low_minor", "high_minor", "basis", "days_with_cost", "days_left", "days_without_budget", "currency",
)  # fmt: skip
MONTHS = (
    "view", "scope", "period_start", "period_end", "budget_minor", "cost_minor", "forecast_of_the_rest_minor",
    "difference_minor", "currency",
)  # fmt: skip
CAUSES = ("view", "value_stream", "cause", "period_start", "period_end", "amount_minor", "currency")
HISTORY = ("view", "period_start", "period_end", "rests_on", "edition", "forecast_minor", "currency")
SPEND = ("view", "value_stream", "theme", "horizon", "kind", "amount_minor", "currency")
UNTIED = ("view", "value_stream", "source", "item", "title", "amount_minor", "currency")
READINGS = ("view", "method", "theme", "amount_minor", "currency")
VOTES = ("view", "period", "subject", "voted_percent", "allocated_percent", "spent_percent")


def _year(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """The budget year of each value stream and of all; an empty amount is not known, or not compared."""
    for scope, run in _runs(funds(numbers.book)):
        even = run.basis != "actual"
        yield (
            VIEW, scope, run.period.start.isoformat(), run.period.end.isoformat(), run.plan,
            None if even else run.spent, run.forecast, run.difference, run.low, run.high, run.basis, run.days_spent,
            run.days_left, sum(one.length_days for one in run.unplanned), numbers.book.portfolio.currency,
        )  # fmt: skip


def _months(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for scope, run in _runs(funds(numbers.book)):
        for one in run.months:
            yield (
                VIEW, scope, one.period.start.isoformat(), one.period.end.isoformat(), one.plan, one.actual, one.ahead,
                one.difference, numbers.book.portfolio.currency,
            )  # fmt: skip


def _runs(told: Funds | None) -> Iterator[tuple[str, BudgetRun]]:
    if told is not None:
        yield from ((f"value_stream:{one.stream.id}", one.run) for one in told.streams)
        yield "portfolio", told.whole


def _causes(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """One row for each month of a value stream and each cause; together, forecast less budget."""
    found = year_end(numbers.book)
    for one in found.steps if found is not None else ():
        yield (
            VIEW, one.value_stream, one.cause, one.period.start.isoformat(), one.period.end.isoformat(), one.amount,
            numbers.book.portfolio.currency,
        )  # fmt: skip


def _history(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    found = year_end(numbers.book)
    for one in found.before if found is not None else ():
        yield (
            VIEW, one.month.start.isoformat(), one.month.end.isoformat(), one.source, one.edition, one.forecast,
            numbers.book.portfolio.currency,
        )  # fmt: skip


def _spend(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """What was attributed this year to date, adjustments among it, to each theme, horizon and kind of work."""
    told = funds(numbers.book)
    for one in told.streams if told is not None else ():
        for cell, amount in summed(one.spent.lines, lambda line: line.cell).items():
            yield (
                VIEW, one.stream.id, cell.theme, cell.horizon, cell.kind, amount, numbers.book.portfolio.currency,
            )  # fmt: skip


def _untied(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    told = funds(numbers.book)
    for one in told.untied if told is not None else ():
        yield (
            VIEW, one.value_stream, one.item.id.source, one.item.key, one.item.title, one.amount,
            numbers.book.portfolio.currency,
        )  # fmt: skip


def _readings(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    told = funds(numbers.book)
    for method, amounts in told.readings.items() if told is not None else ():
        for theme, amount in amounts.items():
            yield VIEW, method, theme, amount, numbers.book.portfolio.currency


def _votes(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    told = funds(numbers.book)
    for one in told.ballots if told is not None else ():
        shares = (one.voted, one.allocated, one.spent)
        yield VIEW, told.ballot_period if told else "", one.subject, *(_percent(share) for share in shares)


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else round(100 * share, 4)


def _capitalisation(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """One row an item, a month and a reason: candidates with the decision about their epic, others with why not."""
    told = funds(numbers.book)
    if told is None or told.capital is None:
        return
    for one in told.capital.evidence:
        yield (
            VIEW,
            one.value_stream,
            one.period.start.isoformat(),
            one.period.end.isoformat(),
            one.item.id.source,
            one.item.key,
            one.item.title,
            one.item.placement.kind,
            one.epic.key if one.epic else None,
            "candidate" if one.reason == "candidate" else "operating",
            None if one.reason == "candidate" else one.reason,
            one.days,
            told.capital.rule.method,
            one.amount,
            numbers.book.portfolio.currency,
            one.approver,
            one.decision.id if one.decision else None,
            one.decision.asked_on.isoformat() if one.decision else None,
        )


def _adjustments(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """One row for each theme, horizon and kind of work that a change of a closed month moves."""
    told = funds(numbers.book)
    if told is None:
        return
    for one in told.adjustments:
        for cell, amount in one.moved.items():
            yield (
                VIEW,
                one.value_stream,
                one.of,
                one.cause,
                cell.theme,
                cell.horizon,
                cell.kind,
                amount,
                numbers.book.portfolio.currency,
                "; ".join(f"{reason}: {' '.join(keys)}" for reason, keys in one.items.items()),
            )


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "adjustments": (ADJUSTMENTS, _adjustments),
    "budget-months": (MONTHS, _months),
    "budget-year": (YEAR, _year),
    "capitalisation": (CAPITALISATION, _capitalisation),
    "forecast-causes": (CAUSES, _causes),
    "forecast-history": (HISTORY, _history),
    "spend": (SPEND, _spend),
    "spend-readings": (READINGS, _readings),
    "untied-spend": (UNTIED, _untied),
    "votes": (VOTES, _votes),
}
