"""What kind of work is finished, and how far it is from the plan: definition 3.3, flow distribution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.selection import Excluded, finished

DEFINITION_VERSION = 1

Weight = int | Decimal | Fraction


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Items finished in a period by kind, `unclassified` among them."""

    items: Mapping[str, tuple[str, ...]]  # kind -> keys
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(keys) for kind, keys in self.items.items()}

    @property
    def n_used(self) -> int:
        return sum(self.counts.values())

    @property
    def n_in_scope(self) -> int:
        return self.n_used

    @property
    def percent(self) -> dict[str, Decimal]:
        """Shares in percent, to one place, adding up to 100.0; empty where nothing finished."""
        return percentages(self.counts)


def flow_distribution(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> Distribution:
    """The kinds of the items of one level that finished in the period.

    12 features, 6 defects, 2 risks and 4 debts: 50.0, 25.0, 8.3 and 16.7 %.
    """
    items: dict[str, list[str]] = defaultdict(list)
    for journey in finished(journeys, finished_in=finished_in, calendar=calendar):
        items[journey.placement.kind].append(journey.key)
    return Distribution(items={kind: tuple(keys) for kind, keys in sorted(items.items())})


def percentages(weights: Mapping[str, Weight]) -> dict[str, Decimal]:
    """Shares of the weights in percent, to one place, adding up to 100.0; empty where the weights add to nothing."""
    if not any(weights.values()):
        return {}
    return {name: Decimal(tenths) / 10 for name, tenths in apportion(weights, 1000).items()}


def apportion(weights: Mapping[str, Weight], total: int) -> dict[str, int]:
    """Divide a whole number by weight so that the parts add up to it, by largest remainder.

    Equal remainders go to the name that sorts first. 100 over three equal parts: 34, 33, 33. Raises ValueError
    where the weights add to nothing.
    """
    exact = _in_whole_numbers(weights)
    whole = sum(exact.values())
    if whole <= 0:
        raise ValueError("nothing to divide by: the weights add to nothing")
    parts = {name: total * weight // whole for name, weight in exact.items()}
    most_missing = sorted(exact, key=lambda name: (-(total * exact[name] % whole), name))
    for name in most_missing[: total - sum(parts.values())]:
        parts[name] += 1
    return parts


def distance(actual: Mapping[str, Weight], plan: Mapping[str, Weight]) -> Decimal | None:
    """Total variation distance in points, ½ Σ|actual - plan|, of two distributions; None where one is empty.

    60/25/10/5 planned and 70/17/3/10 done: 15 points.
    """
    done, planned = _sum(actual), _sum(plan)
    if not done or not planned:
        return None
    names = {*actual, *plan}
    apart = sum(abs(Fraction(actual.get(name, 0)) / done - Fraction(plan.get(name, 0)) / planned) for name in names)
    points = Fraction(apart) * 50
    return Decimal(points.numerator) / Decimal(points.denominator)


def _sum(weights: Mapping[str, Weight]) -> Fraction:
    return sum((Fraction(weight) for weight in weights.values()), Fraction(0))


def _in_whole_numbers(weights: Mapping[str, Weight]) -> dict[str, int]:
    """The weights, all times the same number, so that none has a fraction."""
    ratios = {name: weight.as_integer_ratio() for name, weight in weights.items()}
    common = lcm(*(below for _, below in ratios.values()))
    return {name: above * common // below for name, (above, below) in ratios.items()}
