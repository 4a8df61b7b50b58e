"""What stands behind a number: which items it counts, which it leaves out and why. One plain way for every metric.

The export computes every number of every period at once; here one number is taken apart. Both must agree, and a test
holds them to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from domain.period import Period
from metrics import catalogue
from metrics.membership import (
    ahead,
    arrival,
    baseline,
    board,
    capacity,
    choices,
    flow,
    governance,
    guardrails,
    hazards,
    increments,
    ledger,
    looking_back,
    money,
    order,
    records,
    value,
)
from metrics.membership.ahead import undated
from metrics.membership.asking import PORTFOLIO_LEVEL, Asked, Fact, Facts, Number, Part, named_apart
from metrics.selection import Scope

__all__ = ["HOW", "PORTFOLIO_LEVEL", "Fact", "Facts", "Number", "Part", "named_apart", "take_apart", "undated"]

PARTS = (
    baseline,
    flow,
    value,
    ahead,
    capacity,
    looking_back,
    order,
    records,
    hazards,
    board,
    governance,
    guardrails,
    money,
    ledger,
    increments,
    arrival,
    choices,
)  # a subject each

HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {name: how for part in PARTS for name, how in part.HOW.items()}


def take_apart(name: str, facts: Facts, *, scope: Scope, period: Period, levels: Sequence[str]) -> list[Number]:
    """The numbers of a metric (`flow_time`) or of one of its names in the export (`flow_time_p85`), taken apart.

    Metrics of items give one number for each level that has items in the scope; those of readings know no level. A name
    without the state (`pace_p85`) stands for that of every state.
    Raises KeyError for a name that no metric bears.
    """
    metric = catalogue.of(name)
    asked = Asked(facts=facts, scope=scope, period=period, levels=levels, name=name)
    found = list(HOW[metric.id](asked))
    if name == metric.id:
        return found
    return [one for one in found if name in (one.metric, one.metric.partition(":")[0])]
