"""Do teams and trains bring what they planned? Definition 3.3, flow predictability; 3.6, planned and actual value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from metrics.selection import Excluded, count

DEFINITION_VERSION = 1
HEALTHY = (Decimal(80), Decimal(100))  # percent
BUSINESS_VALUE = range(1, 11)
GONE = "no_longer_told"  # why nobody knows what an objective brought: it was taken out of the file before it was scored


@dataclass(frozen=True, kw_only=True)
class Objective:
    """An objective of a planning interval, with the business value planned for it and brought by it, 1 to 10.

    `committed` says whether it was committed when the interval began: one that was added later is not. `actual` is None
    while nobody has scored it. `dropped_because` ends it: what was planned stays, and 0 was brought. `is_gone`: it was
    taken out of the file, and nobody said why. `theme` is the theme that it serves, where the file says so.
    """

    key: str
    team: str
    train: str = ""
    planned: int
    actual: int | None
    committed: bool = True
    dropped_because: str | None = None
    is_gone: bool = False
    theme: str | None = None


@dataclass(frozen=True, kw_only=True)
class Predictability:
    """What was brought of what was committed. `percent` is None while an objective is `pending`, or none was committed.

    It is None, too, where one is `gone`: taken out of the file before anybody scored it.
    `band`: healthy, over_committed (less came than was promised), under_committed (more). `gaps` names the objectives
    by how far they came out elsewhere than planned, the furthest first.
    """

    planned: int
    actual: int
    keys: tuple[str, ...]
    gaps: tuple[tuple[str, int], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    @property
    def pending(self) -> tuple[str, ...]:
        return self.excluded.get("not_yet_scored", ())

    @property
    def gone(self) -> tuple[str, ...]:
        return self.excluded.get(GONE, ())

    @property
    def percent(self) -> Decimal | None:
        """To one place; 15 of 40 is 37.5."""
        if self.pending or self.gone or not self.planned:
            return None
        exact = Fraction(100 * self.actual, self.planned)
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.1"))

    @property
    def band(self) -> str | None:
        if self.percent is None:
            return None
        share = Decimal(100) * self.actual / self.planned  # not rounded: 100.04 is more than was promised
        least, most = HEALTHY
        return "over_committed" if share < least else "under_committed" if share > most else "healthy"


def predictability(objectives: Iterable[Objective]) -> Predictability:
    """Actual value of all objectives, committed or not, over the planned value of those committed; one team or a train.

    A train's is that of its teams' sums, never the mean of their percentages; so is a theme's, of the objectives that
    name it. An objective not scored yet is `pending`,
    not 0, and leaves the whole without a percentage; so does one that was taken out of the file before it was scored
    (`no_longer_told`). One dropped on the way keeps its plan and brought 0. Raises ValueError for a business value
    outside 1 to 10.
    Committed 10, 8 and 5 that brought 8, 8 and 3, and one uncommitted that brought 4: 23 of 23, 100 %. With a second
    team's 9 and 6 that brought 5 and 6 the train has 34 of 38, 89.5 %. Definition 3.3, version 1.
    """
    every = sorted(objectives, key=lambda one: one.key)
    for one in every:
        brought = 0 if one.dropped_because is not None else one.actual
        if one.planned not in BUSINESS_VALUE or (brought is not None and brought not in (0, *BUSINESS_VALUE)):
            raise ValueError(f"{one.key}: business value is a whole number from 1 to 10")
    unscored = [one for one in every if one.dropped_because is None and one.actual is None]
    pending, gone = (tuple(one.key for one in unscored if one.is_gone is wanted) for wanted in (False, True))
    scored = [one for one in every if one.key not in {*pending, *gone}]
    actual = {one.key: 0 if one.dropped_because is not None else one.actual or 0 for one in scored}
    gaps = sorted(((one.key, actual[one.key] - one.planned) for one in scored), key=lambda gap: (-abs(gap[1]), gap[0]))
    return Predictability(
        planned=sum(one.planned for one in every if one.committed),
        actual=sum(actual.values()),
        keys=tuple(actual),
        gaps=tuple(gaps),
        dropped=tuple((one.key, one.dropped_because) for one in scored if one.dropped_because is not None),
        excluded={reason: keys for reason, keys in ((GONE, gone), ("not_yet_scored", pending)) if keys},
    )


def by_team(objectives: Iterable[Objective]) -> dict[str, Predictability]:
    """The same for each team, by name."""
    return _by(objectives, lambda one: one.team)


def by_train(objectives: Iterable[Objective]) -> dict[str, Predictability]:
    """The same for each train, by name."""
    return _by(objectives, lambda one: one.train)


def _by(objectives: Iterable[Objective], part: Callable[[Objective], str]) -> dict[str, Predictability]:
    parts: dict[str, list[Objective]] = defaultdict(list)
    for one in objectives:
        parts[part(one)].append(one)
    return {name: predictability(theirs) for name, theirs in sorted(parts.items())}
