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

    `likelihood` is that of being done by `due_on`. `finished_on` None: it is not finished. `withdrawn_on`: the day on
    which it was given up or removed, so that a forecast of that day or a later one never comes true or false.
    `known_until` is the first day of which not all is known, since its source was not read since; None: today.
    """

    id: str
    as_of: date
    dates: Mapping[int, date]
    due_on: date | None = None
    likelihood: float | None = None
    finished_on: date | None = None
    withdrawn_on: date | None = None
    known_until: date | None = None

    def fate(self, day: date, *, today: date) -> str | None:
        """What became of a day that was told: met, missed, cancelled; None: it is too early to say."""
        if self.finished_on is None and self.withdrawn_on is not None and self.withdrawn_on <= day:
            return "cancelled"
        if min(today, self.known_until or today) <= day:
            return None
        return "met" if self.finished_on is not None and self.finished_on <= day else "missed"


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
    met: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
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
    likelihoods: Mapping[str, float] = field(default_factory=dict)  # as they were told, of what is used
    missed: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(ids) for ids in self.excluded.values())


def coverage(told: Iterable[Told], *, percentile: int, today: date) -> Coverage:
    """Of the dates told with p % that have come, the share that was met.

    An item counts once, with its first published forecast: later ones of the same item are no further evidence.
    A forecast is resolved when its date has come, not when its item is finished, since those that finish early are
    the lucky ones: as soon as that day is over, a finished item is a hit and any other a miss. A day on which its
    source was not read, or later than that, is not over: what happened then is not known. Left out: `pending` (its day
    is not over), `no_date` (it had none), `cancelled` (its item was given up or removed by that day).
    14 of 20 dates with 85 %: 70 %, p = 0.067, optimistic so far. Definition 3.4, version 1.
    """
    fates: dict[str, list[str]] = defaultdict(list)
    for one in _first(each for each in told if each.dates or each.likelihood is None):
        day = one.dates.get(percentile)
        fate = one.fate(day, today=today) if day is not None else "no_date"
        fates[fate or "pending"].append(one.id)
    met, missed = (tuple(sorted(fates.pop(name, ()))) for name in ("met", "missed"))
    hits, resolved = len(met), len(met) + len(missed)
    value = one_sided(hits, resolved, percentile) if resolved else None
    return Coverage(
        percentile=percentile,
        hits=hits,
        resolved=resolved,
        p_value=value,
        verdict=_verdict(hits, resolved, percentile, value),
        met=met,
        missed=missed,
        excluded={reason: tuple(sorted(ids)) for reason, ids in sorted(fates.items())},
    )


def brier(told: Iterable[Told], *, today: date) -> Brier:
    """The Brier score of the likelihoods of being done by a due date that has passed; the first told of each item.

    Told 0.9 and met, told 0.6 and missed: (0.01 + 0.36) / 2 = 0.185. Definition 3.4, version 1.
    """
    distances: list[Fraction] = []
    likelihoods: dict[str, float] = {}
    missed: list[str] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for one in _first(each for each in told if each.likelihood is not None and each.due_on is not None):
        assert one.likelihood is not None and one.due_on is not None
        fate = one.fate(one.due_on, today=today)
        if fate in ("met", "missed"):
            distances.append((Fraction(one.likelihood) - (fate == "met")) ** 2)
            likelihoods[one.id] = one.likelihood
            missed += [one.id] if fate == "missed" else []
        else:
            left_out[fate or "pending"].append(one.id)
    return Brier(
        score=float(sum(distances, Fraction(0)) / len(distances)) if distances else None,
        n_used=len(distances),
        likelihoods=likelihoods,
        missed=tuple(missed),
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
