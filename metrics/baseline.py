"""What is true today: what the trackers hold, what statuses mean and whether work behaves so, what lies forgotten."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from domain.calendar import Calendar
from domain.journey import Journey, Visit
from domain.period import Period
from domain.work_item import FlowState, HeldItem, ItemId
from domain.workflow import Workflow
from metrics.age import Ages
from metrics.alignment import by_item, item_days
from metrics.flow_load import day_counts
from metrics.journeys import IN_PROGRESS
from metrics.percentiles import percentile
from metrics.selection import calendar_of

DEFINITION_VERSION = 1
UNTOUCHED_DAYS = 60  # after which work in progress that nobody touched counts as forgotten, where it is old as well
MARKED = ("project", "area", "component", "team")
ENDED = (FlowState.DONE, FlowState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Stock:
    """The items of one type in one project of one tracker, by what their statuses mean; removed items are left out."""

    source: str
    project: str
    type: str
    level: str | None
    states: Mapping[FlowState, int]
    oldest: date
    newest: date

    @property
    def items(self) -> int:
        return sum(self.states.values())

    @property
    def in_progress(self) -> int:
        return sum(self.states.get(state, 0) for state in IN_PROGRESS)


@dataclass(frozen=True, kw_only=True)
class StatusUse:
    """One status as it is used: what it is taken to mean, who says so, and how many visits behave as it says.

    `said_by`: settings, category (the tracker's own) or nobody. `agreeing` None: nothing to hold its meaning against.
    """

    source: str
    name: str
    meaning: FlowState
    said_by: str
    items_now: int
    visits: int
    days: int  # of all its items together, whole days
    agreeing: int | None
    definition_version: int = DEFINITION_VERSION

    @property
    def confidence(self) -> Decimal | None:
        """0 to 1; None where it was never visited, or nothing can be said of its meaning."""
        return Decimal(self.agreeing) / self.visits if self.visits and self.agreeing is not None else None


@dataclass(frozen=True, kw_only=True)
class ParentCover:
    """How many items of a level hang below an item of a higher one. `astray` hang below one of the same or a lower."""

    level: str
    types: tuple[str, ...]
    items: int
    held: int
    astray: int
    unknown: int  # name a parent that we do not hold
    none: int

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.held) / self.items if self.items else None


@dataclass(frozen=True, kw_only=True)
class Lying:
    """Work in progress that is older than 95 % of what was finished, or untouched for long; both: it is forgotten."""

    journey: Journey
    days: int
    untouched_days: int
    is_aged: bool

    @property
    def is_untouched(self) -> bool:
        return self.untouched_days >= UNTOUCHED_DAYS

    @property
    def is_forgotten(self) -> bool:
        return self.is_aged and self.is_untouched


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Ways to part the work: the item-days of a period by what its items bear, one kind of mark at a time.

    An item with several components is divided between them. `bare` are the item-days without such a mark.
    """

    kind: str  # project, area, component or team
    item_days: Mapping[str, Fraction]
    items: Mapping[str, int]
    bare: int

    @property
    def total(self) -> Fraction:
        return sum(self.item_days.values(), Fraction(self.bare))


@dataclass(frozen=True, kw_only=True)
class Held:
    """How many items one state held at the end of each day of a period."""

    state: str
    statuses: tuple[str, ...]
    daily: tuple[int, ...] = field(repr=False)

    @property
    def p85(self) -> int:
        return percentile(sorted(self.daily), 85)


def inventory(journeys: Iterable[Journey], projects: Mapping[ItemId, str], *, calendar: Calendar) -> list[Stock]:
    """What the trackers hold, by source, project and type: items by meaning of their status, oldest and newest.

    By the day on which they were written down. Items removed from their tracker are left out. Version 1.
    """
    groups: dict[tuple[str, str, str], list[Journey]] = defaultdict(list)
    for one in journeys:
        if one.removed_at is None:
            groups[one.id.source, projects.get(one.id, ""), one.type].append(one)
    return [
        Stock(
            source=source,
            project=project,
            type=type_,
            level=found[0].placement.level,
            states=Counter(one.flow_state for one in found),
            oldest=min(calendar.day(one.created_at) for one in found),
            newest=max(calendar.day(one.created_at) for one in found),
        )
        for (source, project, type_), found in sorted(groups.items())
    ]


def status_uses(journeys: Iterable[Journey], workflow: Workflow | None, *, as_of: datetime) -> list[StatusUse]:
    """Every status that items were in: its meaning, who says so, the time spent there and how history agrees.

    A visit agrees with `new` when no work in progress came before it, with `waiting` and `active` when nothing was
    done before it, with `done` and `cancelled` when the item has not left it. To Do, Doing, Done, Doing, Done: the
    second visit to Doing disagrees, and so does the first to Done. Removed items are left out. Who says so is not told
    where no `workflow` is given. Version 1.
    """
    uses: dict[tuple[str, FlowState, str], _Use] = defaultdict(_Use)
    for one in journeys:
        if one.removed_at is not None:
            continue
        seen: set[FlowState] = set()
        for visit in one.visits:
            use = uses[one.id.source, visit.flow_state, visit.status.casefold()]
            use.take(visit, seen, as_of=as_of)
            seen.add(visit.flow_state)
    order = list(FlowState)
    ordered = sorted(uses.items(), key=lambda one: (one[0][0], order.index(one[0][1]), one[0][2]))
    return [_told(source, meaning, use, workflow) for (source, meaning, _), use in ordered]


def parent_cover(journeys: Sequence[Journey], levels: Sequence[str]) -> list[ParentCover]:
    """How much of each level but the highest hangs below a higher one; `levels` from the highest to the lowest.

    A feature below an epic is held, one below a feature is astray. Removed and ignored items are left out. Version 1.
    """
    by_id = {one.id: one for one in journeys if one.removed_at is None}
    rank = {level: number for number, level in enumerate(levels)}
    kept: dict[str, list[Journey]] = defaultdict(list)
    for one in by_id.values():
        if one.placement.level in rank and one.flow_state is not FlowState.IGNORE:
            kept[one.placement.level].append(one)
    return [_cover(level, kept[level], by_id, rank) for level in levels if kept[level]]


def lying(
    ages: Ages, *, as_of: datetime, calendar: Calendar, touched_at: Mapping[ItemId, datetime] | None = None
) -> list[Lying]:
    """Work in progress of one level that is aged (past the 95th percentile of what finished) or untouched for 60 days.

    Forgotten work is both. An age is past the percentile where the ages were measured against finished work, of which
    20 items are needed; else nothing is aged. `touched_at` tells of changes below an item: they
    touch it as well. Oldest first. Version 1.
    """
    found = []
    for age in ages.items:
        own = calendar_of(age.journey, calendar)
        touched = max(age.journey.updated_at, (touched_at or {}).get(age.journey.id, age.journey.updated_at))
        untouched = max(0, (own.day(as_of) - own.day(touched)).days)
        one = Lying(journey=age.journey, days=age.days, untouched_days=untouched, is_aged=age.exceeded == 95)
        if one.is_aged or one.is_untouched:
            found.append(one)
    return found


def candidates(
    journeys: Iterable[Journey],
    marks: Mapping[ItemId, Mapping[str, tuple[str, ...]]],
    *,
    period: Period,
    calendar: Calendar,
) -> list[Candidates]:
    """Item-days in progress of one level by project, area, component and team: what value streams may be cut along.

    Ten days on an item of two components are five for each. A kind of mark that no item bears is left out. Version 1.
    """
    worked = list(by_item(item_days(journeys, period=period, calendar=calendar)))
    return [one for kind in MARKED if (one := _parted(kind, worked, marks)).item_days]


def held_daily(
    journeys: Sequence[Journey], states: Mapping[str, Sequence[str]], *, period: Period, calendar: Calendar
) -> list[Held]:
    """How many items of one level each state (a name, and its statuses) held at the end of each day of a period.

    What is done or given up fills no state. The 85th percentile by nearest rank is what a limit may start from: on 85
    of 100 days no more were held. Version 1.
    """
    of = {status.casefold(): state for state, statuses in states.items() for status in statuses}
    runs: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for one in journeys:
        own = calendar_of(one, calendar)
        for visit in one.visits:
            state = of.get(visit.status.casefold())
            if state is None or visit.flow_state in ENDED:
                continue
            ends = [at for at in (visit.left_at, one.removed_at) if at is not None]
            first, until = own.day(visit.entered_at), own.day(min(ends)) if ends else None
            if until is None or first < until:
                runs[state].append((first, until))
    return [
        Held(state=state, statuses=tuple(statuses), daily=day_counts(runs[state], period))
        for state, statuses in states.items()
    ]


def marks_of(held: Iterable[HeldItem]) -> dict[ItemId, dict[str, tuple[str, ...]]]:
    """What each item bears that may tell its value stream: its project, area, components and team."""
    found = {}
    for one in held:
        item = one.item
        found[item.id] = {
            "project": (item.project,),
            "area": (item.area,) if item.area else (),
            "component": tuple(sorted(set(item.components))),
            "team": (item.team,) if item.team else (),
        }
    return found


class _Use:
    """What is added up of one status."""

    def __init__(self) -> None:
        self.items_now = self.visits = self.agreeing = 0
        self.seconds = 0.0
        self.ids: Counter[str] = Counter()
        self.names: Counter[str] = Counter()

    def take(self, visit: Visit, before: set[FlowState], *, as_of: datetime) -> None:
        self.visits += 1
        self.items_now += visit.left_at is None
        self.seconds += max(0.0, ((visit.left_at or as_of) - visit.entered_at).total_seconds())
        self.names[visit.status] += 1
        self.ids[visit.status_id or ""] += 1
        self.agreeing += _agrees(visit, before)


def _agrees(visit: Visit, before: set[FlowState]) -> bool:
    if visit.flow_state is FlowState.NEW:
        return before <= {FlowState.NEW, FlowState.UNKNOWN, FlowState.IGNORE}
    if visit.flow_state in IN_PROGRESS:
        return not before & set(ENDED)
    return visit.left_at is None


def _told(source: str, meaning: FlowState, use: _Use, workflow: Workflow | None) -> StatusUse:
    name = min(use.names, key=lambda one: (-use.names[one], one))
    status_id = min(use.ids, key=lambda one: (not one, -use.ids[one], one)) or None
    can_be_held = meaning not in (FlowState.UNKNOWN, FlowState.IGNORE)
    return StatusUse(
        source=source,
        name=name,
        meaning=meaning,
        said_by="" if workflow is None else workflow.said_by(source=source, status_id=status_id, name=name),
        items_now=use.items_now,
        visits=use.visits,
        days=int(use.seconds // 86_400),
        agreeing=use.agreeing if can_be_held else None,
    )


def _cover(
    level: str, kept: Sequence[Journey], by_id: Mapping[ItemId, Journey], rank: Mapping[str, int]
) -> ParentCover:
    counts: Counter[str] = Counter()
    for one in kept:
        above = by_id.get(one.parent_id) if one.parent_id is not None else None
        if above is None:
            counts["none" if one.parent_id is None else "unknown"] += 1
        else:
            is_higher = rank.get(above.placement.level or "", len(rank)) < rank[level]
            counts["held" if is_higher else "astray"] += 1
    return ParentCover(
        level=level,
        types=tuple(sorted({one.type for one in kept})),
        items=len(kept),
        held=counts["held"],
        astray=counts["astray"],
        unknown=counts["unknown"],
        none=counts["none"],
    )


def _parted(
    kind: str, worked: Iterable[tuple[Journey, int]], marks: Mapping[ItemId, Mapping[str, tuple[str, ...]]]
) -> Candidates:
    days: dict[str, Fraction] = defaultdict(Fraction)
    items: Counter[str] = Counter()
    bare = 0
    for journey, count in worked:
        names = marks.get(journey.id, {}).get(kind, ())
        for name in names:
            days[name] += Fraction(count, len(names))
            items[name] += 1
        if not names:
            bare += count
    ordered = dict(sorted(days.items(), key=lambda one: (-one[1], one[0])))
    return Candidates(kind=kind, item_days=ordered, items=items, bare=bare)
