"""What is asked of a metric, and what a number is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar, cast

from domain.calendar import Calendar
from domain.change import Change
from domain.funding import ClosedSpend
from domain.governance import Governed
from domain.journey import Journey
from domain.period import Period, weeks_back
from domain.promises import Given
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Decision, Objective, Portfolio, Reading
from domain.trust import SourceTrust
from domain.work_item import ItemId
from metrics import catalogue
from metrics.alignment import item_days
from metrics.commitment import Commitment
from metrics.flow_time import FlowTime, flow_time
from metrics.guardrails.initiatives import Event
from metrics.hazards import NOTHING, Hazards
from metrics.selection import Excluded, Scope, at_level, in_scope

PERCENTILES = (50, 85, 95)
WINDOW_WEEKS = 13  # over which trust looks at finished work
PORTFOLIO_LEVEL = "epic"
Fact = Decimal | float | int | str | date
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a number may rest on, as of an instant. `waiting_known`: sources that name waiting states.

    `parents` and `predecessors` are by item; `given` are the first forecasts that were published of each.
    `scored_at` is when the WSJF of an epic last changed.
    `closed` is how the money of closed periods was first told, `unread` what of the decisions is set aside.
    """

    journeys: Sequence[Journey]
    portfolio: Portfolio
    calendar: Calendar
    as_of: datetime
    waiting_known: frozenset[str] = frozenset()
    readings: Sequence[Reading] = ()
    trust: tuple[SourceTrust, ...] = ()
    parents: Mapping[ItemId, ItemId] = field(default_factory=dict)
    predecessors: Mapping[ItemId, Sequence[ItemId]] = field(default_factory=dict)
    given: Sequence[Given] = ()
    hazards: Hazards = NOTHING
    decisions: Sequence[Decision] = ()
    unread: Unread = ALL_READ
    scored_at: Mapping[ItemId, datetime] = field(default_factory=dict)
    objectives: Sequence[Objective] = ()
    commitments: Sequence[Commitment] = ()
    initiative_changes: Mapping[ItemId, Sequence[Change]] = field(default_factory=dict)
    closed: Sequence[ClosedSpend] = ()
    governed: Governed = field(default_factory=Governed)
    kept: dict[tuple[str, ...], object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, *name: str, work: Callable[[], T]) -> T:
        """What `work` gives; asked again under this name, of the same facts, it is not worked again."""
        if name not in self.kept:
            self.kept[name] = work()
        return cast("T", self.kept[name])


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that a number is made of: an item (then `item` is set), a reading, a key result, a week.

    `amount` is what it brings, in `unit`: days, item_days, %, items, money (minor units), or that of its KPI.
    `mark` parts the counted: `unaligned` serves no theme, `p85` is older than 85 % of finished items ever were.
    `proof` is the change in the item's history that shows it. Of a dependency, `needed_on` is the day it is held
    against, and `need_from` where that comes from.
    """

    name: str
    item: ItemId | None = None
    amount: Decimal | int | float | None = None
    unit: str = ""
    mark: str = ""
    proof: Event | None = None
    needed_on: date | None = None
    need_from: str = ""


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number taken apart. `metric` is its name as in the export, `period` what it was measured over.

    `of` names what the parts are: items, readings, key_results, benefits, days, weeks, months, sources, themes, fields.
    `counted` and `left_out` hold every one. `facts` are further figures of the metric by name, such as a limit.
    `instead` says what stands in the place of a value: series (one for each part), five_years and ten_years (no date
    within them), unlearnt (looking back, nobody knows how much later), reached, to_be_closed, or refused (then
    `left_out` has the reason).
    """

    metric: str
    scope: str
    period: Period
    level: str | None = None
    value: Decimal | float | int | None = None
    n_used: int
    n_in_scope: int
    counted: tuple[Part, ...] = ()
    left_out: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    of: str = "items"
    facts: Mapping[str, Fact] = field(default_factory=dict)
    instead: str = ""

    @property
    def unit(self) -> str:
        return catalogue.of(self.metric).unit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question: over which scope, period and levels. `name` is that of the metric, or of one of its numbers."""

    facts: Facts
    scope: Scope
    period: Period
    levels: Sequence[str]
    name: str = ""

    @property
    def calendar(self) -> Calendar:
        return self.facts.calendar

    def at_levels(self, *, ever: bool = False) -> Iterator[Level]:
        """The levels at which items are in the scope; with `ever`, at which some were on any day: those with rows."""
        for level in self.levels:
            here = self.facts.once("level", level, self.scope.name, work=partial(self._at_level, level))
            if here is not None and (here.journeys or ever):
                yield here.asked_of(self)

    def _at_level(self, level: str) -> Level | None:
        every = self.facts.once("level", level, work=lambda: at_level(self.facts.journeys, level))
        kept = in_scope(every, self.scope)
        once = [one for one in every if one.placement.stretches and self.scope.held(one) and not self.scope.holds(one)]
        return Level(self, level, kept, once=once) if kept or once else None

    def number(
        self,
        metric: str,
        value: Decimal | float | int | None,
        *,
        used: int,
        in_scope: int,
        **more: object,
    ) -> Number:
        """A number of this scope and period."""
        return replace(
            Number(
                metric=metric,
                scope=self.scope.name,
                period=self.period,
                value=value,
                n_used=used,
                n_in_scope=in_scope,
            ),
            **more,  # type: ignore[arg-type] # the further fields of a number, by their names
        )


class Level:
    """The items of one level and scope, under names that no two of them share.

    `once` are those that have another theme by now: the scope has some of their days.
    """

    def __init__(self, asked: Asked, level: str, journeys: Sequence[Journey], *, once: Sequence[Journey] = ()) -> None:
        self.asked = asked
        self.level = level
        self.named = named_apart([*journeys, *once])
        self.journeys = [*self.named.values()][: len(journeys)]
        self._keys = {one.id: one.key for one in (*journeys, *once)}

    def asked_of(self, asked: Asked) -> Level:
        """The same items, for another question."""
        found = copy(self)
        found.asked = asked
        return found

    def of_the_year(self) -> FlowTime:
        """The flow time of what finished in the last 52 whole weeks: what ages are compared with."""
        facts = self.asked.facts
        year = weeks_back(self.asked.calendar.day(facts.as_of), 52)
        return facts.once(
            "flow time of the year",
            self.level,
            self.asked.scope.name,
            work=lambda: flow_time(
                self.journeys, finished_in=Period(year[0].start, year[-1].end), calendar=self.asked.calendar
            ),
        )

    def worked(self) -> list[tuple[Journey, int]]:
        """The item-days of the period in the scope: of a theme, those of the days on which items had it."""
        worked = item_days(self.named.values(), period=self.asked.period, calendar=self.asked.calendar)
        return [pair for pair in worked if self.asked.scope.holds(pair[0])]

    def part(self, called: str, **more: object) -> Part:
        item_id = self.named[called].id
        return Part(**{"name": self._keys[item_id], "item": item_id, **more})  # type: ignore[arg-type] # as above

    def parts(self, names: Iterable[str]) -> tuple[Part, ...]:
        return tuple(self.part(name) for name in names)

    def left_out(self, excluded: Excluded) -> dict[str, tuple[Part, ...]]:
        return {reason: self.parts(names) for reason, names in excluded.items()}

    def number(
        self, metric: str, value: Decimal | float | int | None, *, used: int, in_scope: int, **more: object
    ) -> Number:
        return self.asked.number(metric, value, used=used, in_scope=in_scope, level=self.level, **more)


def named_apart(journeys: Iterable[Journey]) -> dict[str, Journey]:
    """The journeys by names of their own: their keys, with the source where two trackers use one key.

    Each journey bears its name as its key, so that whatever a metric says of keys is said of one item alone.
    """
    kept = list(journeys)
    seen: dict[str, int] = {}
    for one in kept:
        seen[one.key] = seen.get(one.key, 0) + 1
    names = [one.key if seen[one.key] == 1 else f"{one.key} {one.id.source} {one.id.external_id}" for one in kept]
    return {name: one if one.key == name else replace(one, key=name) for name, one in zip(names, kept, strict=True)}


def ids(excluded: Excluded) -> dict[str, tuple[Part, ...]]:
    return {reason: tuple(Part(name=id) for id in ids) for reason, ids in excluded.items()}


def percent(share: float | Decimal | None) -> Decimal | None:
    """A share as percent, to four places, as the export has it."""
    return None if share is None else round(Decimal(share) * 100, 4)


def today(asked: Asked) -> Period:
    today = asked.calendar.day(asked.facts.as_of)
    return Period(today, today + timedelta(days=1))
