"""Where an item belongs: its level, kind, themes, value stream, train and team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.journey import Placement, Stretch
from domain.matching import Matchers
from domain.strategy import Matcher, Theme, ValueStream
from domain.themes import Assignment, assign_by_day
from domain.tree import Tree, tree
from domain.work_item import HeldItem, ItemId, WorkItem

UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, kw_only=True)
class KindRule:
    """Items that match are of this kind of work; `matcher` None: every item."""

    matcher: Matcher | None
    kind: str


@dataclass(frozen=True, kw_only=True)
class PlacingRules:
    """What the settings say about where items belong, by source."""

    levels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # source -> lower-cased type -> level
    kinds: Mapping[str, Sequence[KindRule]] = field(default_factory=dict)  # source -> rules, the first match says
    value_streams: Sequence[ValueStream] = ()  # in the order of the file

    def level_of(self, *, source: str, type: str) -> str | None:
        """The level of a type; None: nobody configured it."""
        return self.levels.get(source, {}).get(type.casefold())


def place(
    items: Iterable[HeldItem | WorkItem],
    *,
    rules: PlacingRules,
    themes: Sequence[Theme],
    on: date,
    parents: Mapping[ItemId, ItemId | None] | None = None,
) -> dict[ItemId, Placement]:
    """Give every item its place.

    Level: by type. Kind: the first rule of its source that matches, else `unclassified`. Themes: `domain.themes`, those
    of the day `on`, with those of all other days beside them where they differ.
    Train: the first, in file order, whose matcher holds for the item itself; else its parent's. A value stream's own
    matchers take, after the trains of all value streams, what belongs to the stream and to no train.
    """
    grown = tree(items, parents=parents)
    assigned = assign_by_day(grown, themes, on=on)
    return place_tree(grown, assigned.own, rules=rules, stretches=assigned.stretches)


def place_tree(
    grown: Tree,
    assignments: Mapping[ItemId, Assignment],
    *,
    rules: PlacingRules,
    stretches: Mapping[ItemId, tuple[Stretch, ...]] | None = None,
) -> dict[ItemId, Placement]:
    """The same for items that are already a tree, and that have their themes."""
    by_day = stretches or {}
    trains = _trains(grown, rules.value_streams)
    kinds = _kinds(grown, rules.kinds)
    return {
        item_id: Placement(
            level=rules.level_of(source=item.source, type=item.type),
            kind=kinds[item_id],
            themes=assignments[item_id].shares,
            value_stream=trains[item_id][0],
            train=trains[item_id][1],
            team=item.team,
            stretches=by_day.get(item_id, ()),
        )
        for item_id, item in grown.items.items()
    }


def value_streams_of(grown: Tree, streams: Sequence[ValueStream]) -> dict[ItemId, str | None]:
    """The value stream of each item of a tree."""
    return {item_id: stream for item_id, (stream, _) in _trains(grown, streams).items()}


def what_places(item: WorkItem) -> tuple[object, ...]:
    """Everything of an item that its own place and those below it depend on, beside its parents."""
    return (
        item.source, item.key, item.previous_keys, item.project, item.project_id, item.type, item.parent_id,
        item.labels, item.components, item.area, item.team, sorted(item.fields.items()),
    )  # fmt: skip


Stop = tuple[str | None, str | None]  # value stream id, train


def _trains(grown: Tree, streams: Sequence[ValueStream]) -> dict[ItemId, Stop]:
    offers: list[tuple[Matcher, Stop]] = [
        (matcher, (stream.id, train.name))
        for stream in streams
        for train in stream.trains
        for matcher in train.matchers
    ]
    offers += [(matcher, (stream.id, None)) for stream in streams for matcher in stream.matchers]
    matchers = Matchers([matcher for matcher, _ in offers], tree=grown)
    stops: dict[ItemId, Stop] = {}
    for item_id, item in grown.items.items():
        own = matchers.shown_by(item)
        parent = grown.parents.get(item_id)
        above = (None, None) if parent is None else stops[parent]
        stops[item_id] = offers[own[0]][1] if own else above
    return stops


def _kinds(grown: Tree, kinds: Mapping[str, Sequence[KindRule]]) -> dict[ItemId, str]:
    matchers = {
        source: Matchers([rule.matcher or Matcher() for rule in rules], tree=grown) for source, rules in kinds.items()
    }
    return {item_id: _kind(item, kinds.get(item.source, ()), matchers) for item_id, item in grown.items.items()}


def _kind(item: WorkItem, rules: Sequence[KindRule], matchers: Mapping[str, Matchers]) -> str:
    holding = matchers[item.source].holding(item) if rules else []
    return rules[holding[0]].kind if holding else UNCLASSIFIED
