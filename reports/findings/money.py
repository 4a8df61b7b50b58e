"""What the rules find in money: a year that will close well over its budget, and a stream that gives some back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domain.funding import ACTUAL
from reports.findings.engine import BASE, Finding, Money, Name, finding
from reports.money import StreamFunds, funds, material
from reports.reckoning import Reckoning

KINDS = ("cost_over", "cost_under")
MOST_ADDED = 15  # for the share of the budget that is touched


def _over(reckoning: Reckoning) -> list[Finding]:
    """The whole year, where its forecast rests on costs and is off by half a percent of the budget, or 250,000.

    Where a stream has told none, nobody knows how far off the whole is: then the stream that is off the most.
    """
    told, currency = funds(reckoning.book), reckoning.book.portfolio.currency
    if told is None or not told.has_actuals:
        return []
    worst = max(told.streams, key=_apart)
    run = worst.run if told.whole.is_part else told.whole
    if run.plan is None or run.difference is None or run.difference <= material(run.plan, currency):
        return []
    return [
        finding(
            reckoning,
            "cost_over",
            subject="money",
            variant="stream" if told.whole.is_part else "",
            severity=BASE["cost_over"] + min(MOST_ADDED, 100 * run.difference // max(run.plan, 1)),
            facts={
                "amount": Money(run.difference, currency),
                "plan": Money(run.plan, currency),
                "stream": Name(worst.stream.name),
            },
        )
    ]


def _under(reckoning: Reckoning) -> list[Finding]:
    """The stream that gives back the most, where that is worth a word of its own."""
    told, currency = funds(reckoning.book), reckoning.book.portfolio.currency
    if told is None:
        return []
    given = [one for one in told.streams if one.run.basis == ACTUAL and -_apart(one) > material(one.run.plan, currency)]
    if not given:
        return []
    most = min(given, key=_apart)
    return [
        finding(
            reckoning,
            "cost_under",
            subject=most.stream.id,
            is_good=True,
            facts={
                "amount": Money(-_apart(most), currency),
                "plan": Money(most.run.plan or 0, currency),
                "stream": Name(most.stream.name),
            },
        )
    ]


def _apart(one: StreamFunds) -> int:
    return one.run.difference or 0


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_over, _under)
