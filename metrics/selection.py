"""Which journeys a metric speaks of: one level, one scope, those finished in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState

Excluded = Mapping[str, tuple[str, ...]]  # reason -> keys of the items


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the portfolio, by its name in the export: `portfolio`, `theme:ID`, `value_stream:ID`, `train:ID`."""

    name: str = "portfolio"

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    def holds(self, journey: Journey) -> bool:
        """Is the item in this scope? An item that is split between themes is in each of them."""
        kind, _, id = self.name.partition(":")
        placement = journey.placement
        if kind == "theme":
            return placement.themes.get(id, 0) > 0
        if kind == "value_stream":
            return placement.value_stream == id
        if kind == "train":
            return placement.train == id
        return True

    def held(self, journey: Journey) -> bool:
        """Is or was it in this scope on any day? Themes come and go."""
        kind, _, id = self.name.partition(":")
        return id in journey.placement.ever if kind == "theme" else self.holds(journey)


def at_level(journeys: Iterable[Journey], level: str) -> list[Journey]:
    """The items of one level; ignored items count nowhere."""
    return [one for one in journeys if one.placement.level == level and one.flow_state is not FlowState.IGNORE]


def in_scope(journeys: Iterable[Journey], scope: Scope) -> list[Journey]:
    return [journey for journey in journeys if scope.holds(journey)]


def one_level(journeys: Iterable[Journey]) -> list[Journey]:
    """The journeys as a list. Levels are never summed: raises ValueError when there are two."""
    kept = list(journeys)
    levels = {journey.placement.level for journey in kept}
    if len(levels) > 1:
        raise ValueError(f"a metric is computed within one level, not over {', '.join(sorted(map(str, levels)))}")
    return kept


def finished(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> list[Journey]:
    """Items of one level whose finish falls on a local day of the period, in the order of their finish."""
    is_within = falls_in(finished_in, calendar)
    kept = [one for one in journeys if is_within(one, one.finished_at)]
    return sorted(one_level(kept), key=lambda one: (one.finished_at, one.key))


def calendar_of(journey: Journey, calendar: Calendar) -> Calendar:
    """The calendar by which the item's days are counted: that of its value stream, or the portfolio's."""
    return calendar.of(journey.placement.value_stream)


def first_day(journeys: Iterable[Journey], calendar: Calendar) -> date:
    """The day on which the first of some items was written down."""
    earliest: dict[str | None, datetime] = {}
    for one in journeys:
        stream = one.placement.value_stream
        if stream not in earliest or one.created_at < earliest[stream]:
            earliest[stream] = one.created_at
    return min(calendar.of(stream).day(at) for stream, at in earliest.items())


def falls_in(period: Period, calendar: Calendar) -> Callable[[Journey, datetime | None], bool]:
    """A test: did something happen to an item on a day of the period, as the item's own calendar has days?"""
    bounds = bounds_of(period, calendar)

    def is_within(journey: Journey, at: datetime | None) -> bool:
        if at is None:
            return False
        begin, end = bounds(journey)
        return begin <= at < end

    return is_within


def bounds_of(period: Period, calendar: Calendar) -> Callable[[Journey], tuple[datetime, datetime]]:
    """The first instant of the period, and the first after it, as an item's own calendar has days."""
    known: dict[ZoneInfo, tuple[datetime, datetime]] = {}

    def bounds(journey: Journey) -> tuple[datetime, datetime]:
        own = calendar_of(journey, calendar)
        if own.zone not in known:
            known[own.zone] = own.start_of(period.start), own.start_of(period.end)
        return known[own.zone]

    return bounds


def part(
    journeys: Iterable[Journey], *, reason: Callable[[Journey], str | None]
) -> tuple[list[Journey], dict[str, tuple[str, ...]]]:
    """Part journeys into those to use and the keys of the others by reason."""
    used: list[Journey] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for journey in journeys:
        why = reason(journey)
        if why is None:
            used.append(journey)
        else:
            left_out[why].append(journey.key)
    return used, {why: tuple(keys) for why, keys in sorted(left_out.items())}


def known(value: int, *, used: int, lost: int) -> int | None:
    """What was counted among `used` items; None where there are none, and `lost` ones may have been among them."""
    return value if used or not lost else None


def count(excluded: Excluded) -> int:
    return sum(len(keys) for keys in excluded.values())
