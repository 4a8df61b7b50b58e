"""Each theme, row by row: when its outcomes are likely to arrive, its money, its epics against their dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from metrics.forecasts.planning import name_of
from reports.money import epic_costs
from reports.reckoning import Reckoning
from reports.render.csv import Value
from reports.sponsor import arrivals, finished_of_quarter, spent, standing

OUTCOMES = (
    "theme", "key_result", "unit", "baseline", "target", "due", "read_on", "value", "p50", "p85", "by_due", "reached",
    "refused", "stretches", "trials",
)  # fmt: skip
MONEY = (
    "theme", "year_start", "year_end", "spent_minor", "all_spent_minor", "under_no_epic_minor", "realised_minor",
    "planned_to_date_minor", "planned_total_minor", "benefits_counted", "benefits_declared",
    "adjustments_minor", "even_share_minor",
)  # fmt: skip
EPICS = (
    "theme", "source", "key", "status", "standing", "due", "p50", "p85", "by_due", "spent_minor", "estimate_minor",
    "cost_minor", "cost_counted", "cost_since", "cost_even_minor",
)  # fmt: skip


def _outcomes(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for theme in numbers.paged:
        told = arrivals(numbers, theme)
        for one in theme.objective.key_results:
            result, found = one.key_result, told[one.key_result.id]
            yield (
                theme.theme.id, result.id, result.unit, result.baseline, result.target, _day(result.due),
                None if one.reading is None else _day(one.reading.day),
                None if one.reading is None else one.reading.value,
                _day(found.dates.get(50)), _day(found.dates.get(85)), found.by_due, int(found.reached), found.refused,
                len(found.stretches), found.trials,
            )  # fmt: skip


def _money(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for theme in numbers.paged:
        paid, whole = spent(numbers, theme.theme.id), theme.realised
        money: tuple[Value, ...] = (None,) * 5 if paid is None else (
            _day(paid.year.start), _day(paid.year.last_day), paid.amount, paid.whole, paid.by_epic.get(None, 0),
        )  # fmt: skip
        value: tuple[Value, ...] = (None,) * 3 if whole is None or not whole.used else (
            round(whole.realised_amount), round(whole.planned_to_date), round(whole.planned_total),
        )  # fmt: skip
        counts = (0 if whole is None else whole.n_used, len(theme.benefits))
        yield theme.theme.id, *money, *value, *counts, *((None,) * 2 if paid is None else (paid.adjusted, paid.even))


def _epics(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Epics of each theme, open or finished in the quarter, as its page tells them.

    One of several themes stands with each of them, with that part of the year's money. `cost_minor` is what the whole
    epic cost, `cost_counted` of which of its days that is told: whole, year, least.
    """
    ahead, agreed, costs = numbers.book.outlook, numbers.book.portfolio.guardrails, epic_costs(numbers.book)
    for theme in numbers.paged:
        paid = spent(numbers, theme.theme.id)
        kept = (*theme.open_epics, *finished_of_quarter(numbers, theme))
        for one in sorted(kept, key=lambda each: (each.id.source, each.key)):
            told = ahead.forecasts.of(name_of(one.id)) if ahead is not None else None
            dates = {} if told is None else told.dates
            cost = None if costs is None else costs.of(one.id)
            yield (
                theme.theme.id, one.id.source, one.key, one.status, standing(one, told, today=numbers.today),
                _day(one.due_on), _day(dates.get(50)), _day(dates.get(85)),
                None if told is None or told.likelihood is None else told.likelihood.share,
                None if paid is None or cost is None else paid.by_epic.get(one.id, 0),
                agreed.minor(one.values.get("cost_estimate")),
                *((None,) * 4 if cost is None else (cost.amount, cost.counted, _day(cost.since), cost.even)),
            )  # fmt: skip


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "theme-epics": (EPICS, _epics),
    "theme-money": (MONEY, _money),
    "theme-outcomes": (OUTCOMES, _outcomes),
}
