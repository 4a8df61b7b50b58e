"""Why the year will end where it will: budgets that do not cover it, the causes of the difference, former forecasts."""

from __future__ import annotations

from datetime import timedelta

from metrics.budget_run import BudgetRun
from reports.money import Funds
from reports.page import Text, joined
from reports.sections.scribe import Scribe

# --- a budget of a part of the year


def budget_key(run: BudgetRun) -> str:
    """The words that a budget is told with beside a forecast."""
    return "year_end.figure.budget" if run.unplanned else "money.figure.budget"


def part_of_year(scribe: Scribe, told: Funds) -> Text:
    """What was spent and where the year ends, beside a budget that is not of the same days."""
    words, run = scribe.words, told.whole
    assert run.plan is not None
    assert run.spent is not None
    parts = {"spent": _said(scribe, run.spent), "plan": _said(scribe, run.plan), "year": words.period(run.period)}
    if run.forecast is None or not told.has_actuals:
        said = words.say("year_end.part", **parts)
    else:
        said = words.say("year_end.part.forecast", forecast=_said(scribe, run.forecast), **parts)
    return joined([said, words.say("year_end.part.why")])


def not_compared(scribe: Scribe, run: BudgetRun) -> Text:
    """That a difference would be one of different days."""
    assert run.unplanned
    return scribe.words.say("year_end.not_compared")


def uncovered(scribe: Scribe, run: BudgetRun) -> Text:
    """After which day a period has no budget; or of how many of its days it has one."""
    words = scribe.words
    if len(run.unplanned) == 1 and run.unplanned[0].end == run.period.end:
        return words.say("year_end.no_budget_after", day=words.day(run.unplanned[0].start - timedelta(days=1)))
    total = run.period.length_days
    n = total - sum(one.length_days for one in run.unplanned)
    return words.say("year_end.budget_for", n=words.whole(n), total=words.whole(total))


def _said(scribe: Scribe, amount: int) -> str:
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)
