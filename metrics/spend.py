"""Where did the money go? Spend attributed by item-days, without timesheets: definition 3.7.

```
money of the period ──┬── idle: days on which nothing was in progress
                      └── by theme ── by kind of work ── by item      each step by largest remainder
```

A management view of where a value stream's money went, and never a ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from domain.calendar import Calendar
from domain.funding import Cell, SpendLine
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Theme
from domain.work_item import ItemId
from metrics.alignment import UNALIGNED, aligned_share, item_days
from metrics.distribution import apportion, percentages
from metrics.flow_load import day_counts, load_days, near
from metrics.selection import Excluded, count, one_level

DEFINITION_VERSION = 2
IDLE = "idle"
METHODS = ("item_days", "count", "size")
NOBODY = Cell(IDLE, "", "")
SIZES = ("job_size", "story_points")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Spend:
    """The money of one value stream in one period, by item and by cell (theme, horizon, kind of work).

    `method` says what it was divided by. The lines add up to `amount`, idle days among them. Leaves out, where it is
    divided by size, items without one (`no_size`).
    """

    period: Period
    amount: int
    method: str
    lines: tuple[SpendLine, ...]
    idle_days: int
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len({one.item for one in self.lines if one.item is not None})

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def attribute(
    journeys: Iterable[Journey],
    *,
    amount: int,
    period: Period,
    calendar: Calendar,
    themes: Iterable[Theme],
    method: str = "item_days",
) -> Spend:
    """Divide the money of a period by the days on which items of one level were in progress in it.

    The part of the days on which nothing was in progress is `idle`; what serves no theme is `unaligned`. An item that
    is split between themes gives each its share; one whose theme ends or begins meanwhile gives each day to the theme
    of that day: 10 and 5 of 15. `count` counts each item that was in progress once, `size` by its job size (or story
    points), divided among its themes by those days: two thirds and a third. Parts add up to the whole by largest
    remainder; at equal remainders the name that sorts first gets the odd unit. 300,000 over 120, 60 and 20 item-days:
    180,000, 90,000 and 30,000; by count, 3, 6 and 1 items: 90,000, 180,000 and 30,000. 1.00 over three equal: 0.34,
    0.33, 0.33. Two million, of which 500 of 8,000 item-days: 125,000. Definition 3.7, version 2.
    """
    kept = near(one_level(journeys), period)
    runs = [days for one in kept for days in load_days(one, calendar=calendar)]
    idle_days = sum(not loaded for loaded in day_counts(runs, period))
    horizons = {theme.id: theme.horizon or "" for theme in themes}
    worked, unsized = _weighed(item_days(kept, period=period, calendar=calendar), method=method)
    weights = [weight for stretches in worked for weight in _weights(stretches, horizons)]
    return Spend(
        period=period,
        amount=amount,
        method=method,
        lines=_divided(weights, idle_days=idle_days, days=period.length_days, amount=amount),
        idle_days=idle_days,
        excluded={"no_size": tuple(sorted(unsized))} if unsized else {},
    )


def divided_anew(lines: Sequence[SpendLine], *, amount: int, period: Period) -> tuple[SpendLine, ...]:
    """Another amount, divided by the weights of lines as they are."""
    weights = [replace(one, amount=0) for one in lines if one.item is not None]
    idle_days = sum(int(one.weight) for one in lines if one.item is None)
    return _divided(weights, idle_days=idle_days, days=period.length_days, amount=amount)


def by_theme(lines: Iterable[SpendLine]) -> dict[str, int]:
    """Amounts by theme id, `unaligned` and `idle` among them where there are any."""
    return summed(lines, lambda one: one.cell.theme)


def by_horizon(lines: Iterable[SpendLine]) -> dict[str, int]:
    """Amounts by horizon; `unaligned` and `idle` have none, and keep their name; so do themes without one (`none`)."""
    return summed(lines, lambda one: horizon_of(one.cell))


def by_kind(lines: Iterable[SpendLine]) -> dict[str, int]:
    """Amounts by kind of work, and `idle`."""
    return summed(lines, lambda one: one.cell.kind or IDLE)


def by_epic(lines: Iterable[SpendLine], *, epics: Mapping[ItemId, ItemId]) -> dict[ItemId | None, int]:
    """Amounts by epic; under None what is done below no epic, and idle days."""
    return summed(lines, lambda one: epics.get(one.item) if one.item is not None else None)


def summed(lines: Iterable[SpendLine], name: Callable[[SpendLine], Key]) -> dict[Key, int]:
    found: dict[Key, int] = defaultdict(int)
    for one in lines:
        found[name(one)] += one.amount
    return dict(found)


def horizon_of(cell: Cell) -> str:
    return cell.horizon or (cell.theme if cell.theme in (UNALIGNED, IDLE) else "none")


def apart(readings: Sequence[Mapping[str, int]]) -> Decimal:
    """The most points by which the share of a theme differs between readings: of item-days, of count, of size."""
    shares = [percentages(one) for one in readings if any(one.values())]
    names = {name for one in shares for name in one}
    found = [[one.get(name, Decimal(0)) for one in shares] for name in names]
    return max((max(values) - min(values) for values in found), default=Decimal(0))


def are_apart(points: Decimal, *, agreed: Decimal) -> bool:
    """Do readings differ so much that all three must be told? By more than was agreed, of 10: 10 are not, 10.1 are."""
    return points > agreed


def epics_of(journeys: Iterable[Journey], *, level: str = "epic") -> dict[ItemId, ItemId]:
    """The epic that each item is, or is done under; items under none are left out."""
    every = {one.id: one for one in journeys}
    found: dict[ItemId, ItemId] = {}
    for item in every:
        seen: set[ItemId] = set()
        above: ItemId | None = item
        while above in every and above not in seen:
            seen.add(above)
            if every[above].placement.level == level:
                found[item] = above
                break
            above = every[above].parent_id
    return found


def _weighed(
    worked: Iterable[tuple[Journey, int]], *, method: str
) -> tuple[list[list[tuple[Journey, Decimal]]], list[str]]:
    """What each stretch of each item weighs by a method, and the keys of items that have no size."""
    weighed: list[list[tuple[Journey, Decimal]]] = []
    unsized: list[str] = []
    for _, told in groupby(worked, key=lambda one: one[0].id):
        stretches = list(told)
        journey, days = stretches[0][0], sum(days for _, days in stretches)
        whole = Decimal(days) if method == "item_days" else Decimal(1) if method == "count" else size_of(journey)
        if not whole:
            unsized.append(journey.key)
        elif len(stretches) == 1:
            weighed.append([(journey, whole)])
        else:
            weighed.append([(then, whole * its_days / days) for then, its_days in stretches])
    return weighed, unsized


def size_of(journey: Journey) -> Decimal | None:
    """The job size of an item, or else its story points; None where it has neither."""
    return next((size for name in SIZES if (size := journey.values.get(name)) is not None and size > 0), None)


def _weights(stretches: Sequence[tuple[Journey, Decimal]], horizons: Mapping[str, str]) -> list[SpendLine]:
    """What an item gives each cell; its money is yet to come."""
    given: dict[str, Decimal] = {}
    for then, weight in stretches:
        for theme, share in {**then.placement.themes, UNALIGNED: 1 - aligned_share(then)}.items():
            if share:
                given[theme] = given.get(theme, Decimal(0)) + weight * share
    journey = stretches[0][0]
    return [
        SpendLine(
            item=journey.id,
            key=journey.key,
            cell=Cell(theme, horizons.get(theme, ""), journey.placement.kind),
            weight=weight,
            amount=0,
        )
        for theme, weight in given.items()
    ]


def _divided(weights: Sequence[SpendLine], *, idle_days: int, days: int, amount: int) -> tuple[SpendLine, ...]:
    """Divide by theme, what a theme has by kind, and what a kind has by item, so that every sum is exact."""
    idle = amount if not weights else apportion({IDLE: idle_days, "": days - idle_days}, amount)[IDLE]
    lines = []
    for in_theme, theme_amount in _parts(weights, amount - idle, lambda one: one.cell.theme):
        for in_kind, kind_amount in _parts(in_theme, theme_amount, lambda one: one.cell.kind):
            for mine, own in _parts(in_kind, kind_amount, lambda one: f"{one.key} {one.item}"):
                lines += [replace(one, amount=own) for one in mine]
    lines.sort(key=lambda one: (one.cell, one.key, str(one.item)))
    if idle_days or not weights:
        lines.append(SpendLine(item=None, key="", cell=NOBODY, weight=Decimal(idle_days), amount=idle))
    return tuple(lines)


def _parts(
    weights: Sequence[SpendLine], amount: int, name: Callable[[SpendLine], str]
) -> Iterator[tuple[list[SpendLine], int]]:
    """The lines of each name, and what they have together."""
    groups: dict[str, list[SpendLine]] = defaultdict(list)
    for one in weights:
        groups[name(one)].append(one)
    if groups:
        whole = {group: sum((one.weight for one in members), Decimal(0)) for group, members in groups.items()}
        for group, part in apportion(whole, amount).items():
            yield groups[group], part
