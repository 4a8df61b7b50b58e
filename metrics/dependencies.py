"""Will what we depend on be there in time? Definition 3.8: the health of dependencies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.journey import Journey
from domain.precedence import ANY_LINK, PrecedenceRules, precedence
from domain.work_item import FlowState, HeldItem, ItemId

DEFINITION_VERSION = 2
_GOOD = ("resolved", "ok")


class Health(StrEnum):
    """How one dependency stands; the first of these that holds."""

    STALE = "stale"  # the predecessor was given up or removed, and the link still blocks
    RESOLVED = "resolved"  # the predecessor is done
    CYCLE = "cycle"  # each waits for the other, on whatever way round
    BROKEN = "broken"  # the successor was begun or finished while the predecessor is open
    UNKNOWN = "unknown"  # no need is dated, nothing is forecast, or we do not hold the predecessor
    LATE = "late"  # even the median comes after the need
    AT_RISK = "at_risk"  # the median comes in time, the 85th percentile does not
    OK = "ok"  # the 85th percentile comes in time


_OVER = (Health.STALE, Health.RESOLVED)


@dataclass(frozen=True, kw_only=True)
class Likely:
    """The days by which an item is done in half, and in 85 %, of all trials; None: in too few of them.

    `starts_on` is the day by which half of them would begin it if it waited for nothing; None: it is not forecast.
    """

    p50: date | None
    p85: date | None
    starts_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """`before` must finish before `after` goes on. `needed_on`: when `after` needs it; None: nobody knows.

    `need_from` says where that day comes from: the list, the planned start or the due date of `after`, or its forecast
    start. `said_by`: link, field or list. `is_planned_late`: its iteration comes after that of `after`, whatever is
    forecast.
    """

    before: ItemId
    after: ItemId
    needed_on: date | None = None
    need_from: str = ""  # list, start, due, forecast; empty: nobody knows when it is needed, or where that comes from
    said_by: str = "link"
    note: str = ""
    is_planned_late: bool = False


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """One edge, how it stands, and whether it leads from one train to another."""

    edge: Edge
    health: Health
    crosses_trains: bool


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """How all edges stand, in the order of their items."""

    edges: tuple[Dependency, ...]
    definition_version: int = DEFINITION_VERSION

    @property
    def counts(self) -> Mapping[str, int]:
        return dict(sorted(Counter(one.health.value for one in self.edges).items()))

    @property
    def share(self) -> Decimal | None:
        """Resolved or in time, of all; None where there are none."""
        good = sum(one.health.value in _GOOD for one in self.edges)
        return Decimal(good) / len(self.edges) if self.edges else None

    @property
    def is_known(self) -> Sequence[Dependency]:
        """Those of which something can be said."""
        return [one for one in self.edges if one.health is not Health.UNKNOWN]

    @property
    def rings(self) -> tuple[tuple[ItemId, ...], ...]:
        """Items that wait for each other, ring by ring, each from its first item on."""
        following: dict[ItemId, list[ItemId]] = defaultdict(list)
        for one in self.edges:
            if one.health is Health.CYCLE:
                following[one.edge.before].append(one.edge.after)
        rings = {tuple(sorted(_reached(start, following))) for start in following}
        return tuple(sorted(rings))

    @property
    def date_conflicts(self) -> tuple[Dependency, ...]:
        """Open ones whose predecessor is planned into a later iteration than what waits for it."""
        return tuple(one for one in self.edges if one.edge.is_planned_late and one.health not in _OVER)

    @property
    def across_trains(self) -> Dependencies:
        return Dependencies(edges=tuple(one for one in self.edges if one.crosses_trains))


def dependency_health(
    edges: Iterable[Edge], journeys: Iterable[Journey], *, forecasts: Mapping[ItemId, Likely]
) -> Dependencies:
    """How each link stands between an item and what must finish before it; the share that is resolved or in time.

    No open ones, and left out, are edges both of whose ends are done, and those whose successor is given up, removed or
    not held. An edge from an item that we do not hold is `unknown`: nobody knows whether it is done.
    `crosses_trains` where its ends belong to two trains, or to two trackers and one of them to no train.
    Where nobody dated the need (`edges_of`), it is the day by which half of all trials would begin the successor if it
    waited for nothing: a start that held the delay of the predecessor would always come after it.
    Needed on 1 June: done by 28 May in 85 % of trials is ok; in half of them by 28 May but only by 10 June in 85 %, at
    risk; in half of them only by 3 June, late. Nothing is planned, and half of the trials would begin the successor by
    1 June: the same. Definition 3.8, version 2.
    """
    known = {one.id: one for one in journeys}
    is_open = [
        edge for edge in sorted(set(edges), key=_order) if _is_open(known.get(edge.after), known.get(edge.before))
    ]
    rings = _in_rings([edge for edge in is_open if _goes_on(known.get(edge.before))])
    return Dependencies(
        edges=tuple(
            Dependency(
                edge=dated,
                health=_health(dated, known, forecast=forecasts.get(edge.before), is_ring=edge in rings),
                crosses_trains=_crosses(known.get(edge.before), known[edge.after]),
            )
            for edge in is_open
            for dated in [_dated(edge, forecasts.get(edge.after))]
        )
    )


def edges_of(
    held: Iterable[HeldItem],
    rules: PrecedenceRules = ANY_LINK,
    *,
    planned: Mapping[ItemId, date] | None = None,
) -> list[Edge]:
    """The dependencies that items' links, fields and lists name today, from either end.

    The need is dated by the list, else by the later item's own start, or else by its due date; `dependency_health`
    dates the rest. They are the same as those that forecasts wait for (`domain.precedence`). `planned` says when the
    iteration begins that an item is in, of those of which that is known.
    """
    known = {one.item.id: one.item for one in held}
    begins = planned or {}
    edges = []
    for wait in precedence(known.values(), rules).waits:
        after = known.get(wait.after)
        first, then = begins.get(wait.before), begins.get(wait.after)
        said = {"list": wait.needed_on}
        if after is not None:
            said |= {"start": after.starts_on, "due": after.due_on}
        need_from, needed_on = next(((who, day) for who, day in said.items() if day is not None), ("", None))
        edges.append(
            Edge(
                before=wait.before,
                after=wait.after,
                needed_on=needed_on,
                need_from=need_from,
                said_by=wait.said_by,
                note=wait.note,
                is_planned_late=first is not None and then is not None and first > then,
            )
        )
    return edges


def _dated(edge: Edge, forecast: Likely | None) -> Edge:
    """The edge with the forecast start of its successor as its need, where nobody dated it."""
    if edge.needed_on is not None or forecast is None or forecast.starts_on is None:
        return edge
    return replace(edge, needed_on=forecast.starts_on, need_from="forecast")


def _health(edge: Edge, known: Mapping[ItemId, Journey], *, forecast: Likely | None, is_ring: bool) -> Health:
    before, after = known.get(edge.before), known[edge.after]
    if before is None or before.flow_state is FlowState.UNKNOWN:
        return Health.UNKNOWN
    if before.flow_state is FlowState.DONE:
        return Health.RESOLVED
    if before.removed_at is not None or before.flow_state in (FlowState.CANCELLED, FlowState.IGNORE):
        return Health.STALE
    if is_ring:
        return Health.CYCLE
    if after.started_at is not None or after.flow_state is FlowState.DONE:
        return Health.BROKEN
    return _in_time(edge.needed_on, forecast)


def _in_time(needed_on: date | None, forecast: Likely | None) -> Health:
    if needed_on is None or forecast is None or forecast.p50 is None:
        return Health.UNKNOWN
    if forecast.p50 > needed_on:
        return Health.LATE
    is_sure = forecast.p85 is not None and forecast.p85 <= needed_on  # None: it comes later than anybody looked
    return Health.OK if is_sure else Health.AT_RISK


def _is_open(after: Journey | None, before: Journey | None) -> bool:
    if after is None:
        return False
    return after.is_open or (after.removed_at is None and after.flow_state is FlowState.DONE and _goes_on(before))


def _goes_on(before: Journey | None) -> bool:
    return before is not None and before.is_open


def _crosses(before: Journey | None, after: Journey) -> bool:
    if before is None:
        return False
    here, there = before.placement.train, after.placement.train
    return here != there or (here is None and before.id.source != after.id.source)


def _order(edge: Edge) -> tuple[ItemId, ItemId, date]:
    return edge.after, edge.before, edge.needed_on or date.max


def _in_rings(edges: Sequence[Edge]) -> set[Edge]:
    """The edges that lie on a way round: those whose two ends reach each other."""
    following: dict[ItemId, list[ItemId]] = defaultdict(list)
    for edge in edges:
        following[edge.before].append(edge.after)
    return {edge for edge in edges if edge.before in _reached(edge.after, following)}


def _reached(start: ItemId, following: Mapping[ItemId, Sequence[ItemId]]) -> set[ItemId]:
    seen, left = {start}, [start]
    while left:
        for one in following.get(left.pop(), ()):
            if one not in seen:
                seen.add(one)
                left.append(one)
    return seen
