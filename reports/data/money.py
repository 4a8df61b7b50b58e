"""Tables of money: the evidence on capitalisation, and the adjustments of closed months. Amounts are minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reports.money import funds
from reports.reckoning import Reckoning
from reports.render.csv import Value

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
    "capitalisation": (CAPITALISATION, _capitalisation),
}
