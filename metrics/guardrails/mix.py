"""Where the work goes, against what was agreed: guardrails 1 and 2 of definition 3.7."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from domain.journey import Journey
from domain.placing import UNCLASSIFIED
from domain.strategy import Guardrails, Theme
from metrics.alignment import by_item
from metrics.distribution import distance, percentages
from metrics.selection import Excluded, count

DEFINITION_VERSION = 2
HORIZONS = ("H1", "H2", "H3", "H0")  # in the order in which SAFe names them
LEAST_ITEMS = 5  # fewer say nothing about a portfolio
LEAST_TOLD = Decimal("0.5")  # of the item-days: where less is known, a share is not held against its plan


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Item-days in progress by part (horizon or kind), and the agreed share of each part, 0 to 1.

    What belongs to no part is left out: `untold_days` of the work, and in `excluded` the items all of whose work is.
    """

    item_days: Mapping[str, Decimal]
    plan: Mapping[str, Decimal]
    tolerance_points: Decimal
    untold_days: Decimal
    n_used: int
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    @property
    def percent(self) -> dict[str, Decimal]:
        """Shares in percent of what is known, to one place, adding up to 100.0; empty where nothing is."""
        return percentages({**dict.fromkeys(self.plan, Decimal(0)), **self.item_days})

    @property
    def deviations(self) -> dict[str, Decimal]:
        """Points by which each printed share is above its plan (below: negative); a part without a plan has 0 %."""
        if not self.plan:
            return {}
        return {part: share - 100 * self.plan.get(part, Decimal(0)) for part, share in self.percent.items()}

    @property
    def distance_points(self) -> Decimal | None:
        """Total variation distance from the plan; None without a plan, or where nothing is known."""
        return distance(self.item_days, self.plan)

    @property
    def told_share(self) -> Decimal | None:
        """Of all item-days, those that belong to a part; None where there are none at all."""
        told = sum(self.item_days.values(), Decimal(0))
        whole = told + self.untold_days
        return told / whole if whole else None

    @property
    def unjudged(self) -> str | None:
        """Why the mix is not held against the plan: no_plan, few_items, mostly_untold; None: it is."""
        if not self.plan:
            return "no_plan"
        if self.n_used < LEAST_ITEMS:
            return "few_items"
        if self.told_share is None or self.told_share < LEAST_TOLD:
            return "mostly_untold"
        return None

    @property
    def breaches(self) -> tuple[str, ...]:
        """Parts that are further from their plan than tolerated, the furthest first; none while it is not judged."""
        if self.unjudged is not None:
            return ()
        out = [(part, off) for part, off in self.deviations.items() if abs(off) > self.tolerance_points]
        return tuple(part for part, off in sorted(out, key=lambda one: (-abs(one[1]), one[0])))


def horizon_mix(worked: Iterable[tuple[Journey, int]], *, themes: Iterable[Theme], guardrails: Guardrails) -> Mix:
    """Item-days by the investment horizon of the theme they serve, in points against the agreed shares.

    `worked` are the items of one level with their days in progress in a period; a day is its theme's that was in effect
    on it. An item that two themes share is divided by share. Work without a theme, or whose theme has no horizon, is
    left out and counted; a breach is a share that is off by more than the tolerance. With 60/25/10/5 agreed, 70/17/3/10
    is off by +10/-8/-7/+5 points, 15 in all: with a tolerance of 5 the first three are out. Fewer than 5 items, or less
    than half of the work with a horizon, is not judged. Definition 3.7, guardrail 1, version 2.
    """
    horizon_of = {theme.id: theme.horizon for theme in themes}
    days: dict[str, Decimal] = defaultdict(Decimal)
    untold = Decimal(0)
    left_out: dict[str, list[str]] = defaultdict(list)
    used = 0
    for _, stretches in groupby(worked, key=lambda one: one[0].id):
        is_told = has_theme = False
        for journey, count_ in stretches:
            shares = [(horizon_of.get(theme), share) for theme, share in journey.placement.themes.items() if share]
            told = sum((share for horizon, share in shares if horizon is not None), Decimal(0))
            untold += count_ * (1 - min(told, Decimal(1)))
            is_told, has_theme = is_told or bool(told), has_theme or bool(shares)
            for horizon, share in shares:
                if horizon is not None:
                    days[horizon] += count_ * share
        if is_told:
            used += 1
        else:
            left_out["no_horizon" if has_theme else "no_theme"].append(journey.key)
    return _mix(days, plan=guardrails.horizons, guardrails=guardrails, untold=untold, left_out=left_out, used=used)


def capacity_mix(worked: Iterable[tuple[Journey, int]], *, guardrails: Guardrails) -> Mix:
    """Item-days by kind of work (feature, enabler, debt ...) against the agreed allocation.

    `worked` are the items of one level and train with their days in progress in an increment. Items whose kind no rule
    tells are left out; a kind that the allocation does not name is held against 0 %. With 60/25/15 agreed, 78/14/8 is
    18 points off in all. The tolerance, and what is not judged, are those of the horizons. Definition 3.7, guardrail 2,
    version 1.
    """
    days: dict[str, Decimal] = defaultdict(Decimal)
    untold = Decimal(0)
    left_out: dict[str, list[str]] = defaultdict(list)
    used = 0
    for journey, count_ in by_item(worked):
        kind = journey.placement.kind
        if kind == UNCLASSIFIED:
            untold += count_
            left_out[UNCLASSIFIED].append(journey.key)
        else:
            used += 1
            days[kind] += count_
    return _mix(days, plan=guardrails.capacity, guardrails=guardrails, untold=untold, left_out=left_out, used=used)


def _mix(
    days: Mapping[str, Decimal],
    *,
    plan: Mapping[str, Decimal],
    guardrails: Guardrails,
    untold: Decimal,
    left_out: Mapping[str, list[str]],
    used: int,
) -> Mix:
    return Mix(
        item_days=dict(sorted(days.items())),
        plan=plan,
        tolerance_points=guardrails.tolerance_points,
        untold_days=untold,
        n_used=used,
        excluded={reason: tuple(keys) for reason, keys in sorted(left_out.items())},
    )
