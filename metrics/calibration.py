"""Do our forecasts come true as often as they say? Definition 3.4, calibration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import comb

from metrics.selection import Excluded

DEFINITION_VERSION = 1
LEAST = 5  # resolved forecasts below which nothing is said
ALARM = 0.05


@dataclass(frozen=True, kw_only=True)
class Told:
    """A forecast as it was published, and what became of its item.

    `likelihood` is that of being done by `due_on`. `finished_on` None: it is not finished. `is_withdrawn`: it was
    given up or removed, so that the forecast never comes true or false.
    """

    id: str
    as_of: date
    dates: Mapping[int, date]
    due_on: date | None = None
    likelihood: float | None = None
    finished_on: date | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many of the dates that were told with p % were met.

    `p_value`: how likely so few hits or fewer would be if the forecasts were right. `verdict`: too_few (fewer than 5),
    as_promised, optimistic (so far), over_confident.
    """

    percentile: int
    hits: int
    resolved: int
    p_value: float | None
    verdict: str
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def share(self) -> float | None:
        return self.hits / self.resolved if self.resolved else None

    @property
    def n_used(self) -> int:
        return self.resolved

    @property
    def n_in_scope(self) -> int:
        return self.resolved + sum(len(ids) for ids in self.excluded.values())


@dataclass(frozen=True, kw_only=True)
class Brier:
    """The mean squared distance between a told likelihood and what happened: 0 is perfect, 0.25 is a coin's."""

    score: float | None
    n_used: int
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(ids) for ids in self.excluded.values())


def coverage(told: Iterable[Told], *, percentile: int, today: date) -> Coverage:
    """Of the dates told with p % that have come, the share that was met.

    An item counts once, with its first published forecast: later ones of the same item are no further evidence.
    A forecast is resolved when its date has come, not when its item is finished, since those that finish early are
    the lucky ones: as soon as that day is over, a finished item is a hit and any other a miss. Left out: `pending`
    (its day has not passed), `no_date` (it had none), `cancelled` (its item was given up or removed before the day).
    14 of 20 dates with 85 %: 70 %, p = 0.067, optimistic so far. Definition 3.4, version 1.
    """
    hits = resolved = 0
    left_out: dict[str, list[str]] = defaultdict(list)
    for one in _first(told):
        day = one.dates.get(percentile)
        if day is None:
            left_out["no_date"].append(one.id)
        elif one.is_withdrawn and one.finished_on is None:
            left_out["cancelled"].append(one.id)
        elif today <= day:
            left_out["pending"].append(one.id)
        else:
            resolved += 1
            hits += one.finished_on is not None and one.finished_on <= day
    value = one_sided(hits, resolved, percentile) if resolved else None
    return Coverage(
        percentile=percentile,
        hits=hits,
        resolved=resolved,
        p_value=value,
        verdict=_verdict(hits, resolved, percentile, value),
        excluded={reason: tuple(sorted(ids)) for reason, ids in sorted(left_out.items())},
    )


def brier(told: Iterable[Told], *, today: date) -> Brier:
    """The Brier score of the likelihoods of being done by a due date that has passed; the first told of each item.

    Told 0.9 and met, told 0.6 and missed: (0.01 + 0.36) / 2 = 0.185. Definition 3.4, version 1.
    """
    distances: list[Fraction] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for one in _first(each for each in told if each.likelihood is not None and each.due_on is not None):
        assert one.likelihood is not None and one.due_on is not None
        if one.is_withdrawn and one.finished_on is None:
            left_out["cancelled"].append(one.id)
        elif today <= one.due_on:
            left_out["pending"].append(one.id)
        else:
            met = one.finished_on is not None and one.finished_on <= one.due_on
            distances.append((Fraction(one.likelihood) - met) ** 2)
    return Brier(
        score=float(sum(distances, Fraction(0)) / len(distances)) if distances else None,
        n_used=len(distances),
        excluded={reason: tuple(sorted(ids)) for reason, ids in sorted(left_out.items())},
    )


def one_sided(hits: int, n: int, percentile: int) -> float:
    """The chance of so many hits or fewer among n, if each had p %: exact, in fractions. 14 of 20 at 85 %: 0.067."""
    p = Fraction(percentile, 100)
    return float(sum((comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(hits + 1)), Fraction(0)))


def _first(told: Iterable[Told]) -> list[Told]:
    """The first forecast of each item."""
    first: dict[str, Told] = {}
    for one in sorted(told, key=lambda one: (one.as_of, one.id)):
        first.setdefault(one.id, one)
    return [first[id] for id in sorted(first)]


def _verdict(hits: int, resolved: int, percentile: int, value: float | None) -> str:
    if value is None or resolved < LEAST:
        return "too_few"
    if hits * 100 >= percentile * resolved:
        return "as_promised"
    return "over_confident" if value < ALARM else "optimistic"
