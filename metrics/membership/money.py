"""Money, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from metrics.closing import Books
from metrics.membership.asking import Asked, Number, Part
from metrics.spending import METRICS, Figure, figures


def _money(asked: Asked, *, metric: str) -> Iterator[Number]:
    """The figures of one metric; those of items only where their level was asked for."""
    facts = asked.facts
    books = facts.once(
        "books",
        work=lambda: Books(
            journeys=facts.journeys,
            portfolio=facts.portfolio,
            calendar=facts.calendar,
            as_of=facts.as_of,
            closed=facts.closed,
        ),
    )
    for one in figures(books, scope=asked.scope, period=asked.period):
        if one.metric.partition(":")[0] == metric and (one.level is None or one.level in asked.levels):
            yield _number(asked, one)


def _number(asked: Asked, one: Figure) -> Number:
    return asked.number(
        one.metric,
        one.value,
        used=one.n_used,
        in_scope=one.n_in_scope,
        level=one.level,
        of=one.of,
        counted=tuple(
            Part(name=piece.name, item=piece.item, amount=piece.amount, unit="money") for piece in one.pieces
        ),
        left_out={reason: tuple(Part(name=name) for name in names) for reason, names in one.left_out.items()},
    )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    metric: partial(_money, metric=metric) for metric in sorted(METRICS)
}
