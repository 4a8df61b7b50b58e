"""Who may see what: which items are hidden from an audience, and which names fall with them.

```
epic (restricted) ─> feature ─> story      hidden, all three, from whoever may not see the epic
```

Decided once, where a report is read; whatever comes after has never heard of what is hidden.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.journey import Placement
from domain.matching import Matchers
from domain.strategy import Matcher
from domain.tree import tree
from domain.work_item import HeldItem, ItemId


@dataclass(frozen=True, kw_only=True)
class Restriction:
    """What only some may see: items with all below them, themes and value streams with their items, KPIs, decisions."""

    name: str
    matchers: tuple[Matcher, ...] = ()
    themes: frozenset[str] = frozenset()
    value_streams: frozenset[str] = frozenset()
    kpis: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who a report is for; `name` "" where it names none. `scopes` empty: all that is not barred.

    `barred` is what is restricted and not open to it.
    """

    name: str = ""
    scopes: tuple[Matcher, ...] = ()
    barred: tuple[Restriction, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Does it see the whole portfolio?"""
        return not (self.scopes or self.barred)

    def barred_names(self, noun: str) -> frozenset[str]:
        """What is barred by name: of `themes`, `value_streams`, `kpis` or `decisions`."""
        return frozenset(name for one in self.barred for name in getattr(one, noun))


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What an audience that does not see the whole does not see: items by id, everything else by name.

    `trains` are (value stream, train). `broken` are value streams of which it sees a part: their money is that of the
    whole, and told to nobody who sees less. `mixed` are sources of which it sees a part.
    """

    audience: Audience
    hidden: frozenset[ItemId] = frozenset()
    themes: frozenset[str] = frozenset()
    value_streams: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    trains: frozenset[tuple[str, str]] = frozenset()
    teams: frozenset[str] = frozenset()
    seen_teams: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    mixed: frozenset[str] = frozenset()
    projects: frozenset[tuple[str, str]] = frozenset()  # source and project, by name and by id
    barred_projects: frozenset[str] = frozenset()  # as the settings name them, in lower case
    held: frozenset[ItemId] = field(default=frozenset(), repr=False)  # all that the store holds
    bearers: Mapping[str, frozenset[ItemId]] = field(default_factory=dict, repr=False)  # by key, of today or once

    def sees(self, item: ItemId) -> bool:
        """Is it held, and not hidden?"""
        return item in self.held and item not in self.hidden

    def shows(self, key: str) -> bool:
        """May a text that names this item be told? Not of an item that is hidden, nor of one that nobody holds."""
        found = self.bearers.get(key.strip().casefold(), frozenset())
        return bool(found) and not any(one in self.hidden for one in found)

    def names_hidden(self, key: str) -> bool:
        """Is this the key of an item that is hidden?"""
        return any(one in self.hidden for one in self.bearers.get(key.strip().casefold(), ()))


def hidden_items(
    audience: Audience,
    items: Collection[HeldItem],
    placements: Mapping[ItemId, Placement],
    *,
    unsure: Collection[ItemId] = (),
) -> frozenset[ItemId]:
    """The items that an audience may not see: barred by a matcher, a theme or a value stream, or out of its scopes.

    What is below an item that is barred is barred, and what is below one in scope is in scope. A theme bars what it has
    on any day, before it began and after it ended as well: what ended yesterday is not told today. `unsure`: what
    might be barred, for it was never asked for a field that says so; it is.
    """
    grown = tree(items)
    bars = Matchers([matcher for one in audience.barred for matcher in one.matchers], tree=grown)
    allows = Matchers(audience.scopes, tree=grown)
    themes, streams = audience.barred_names("themes"), audience.barred_names("value_streams")
    barred = set(unsure)
    outside: set[ItemId] = set()
    for item_id, item in grown.items.items():  # parents come first
        parent, place = grown.parents.get(item_id), placements.get(item_id)
        if (
            parent in barred
            or bars.holding(item)
            or (place is not None and (not themes.isdisjoint(place.ever) or place.value_stream in streams))
        ):
            barred.add(item_id)
        is_below_scope = parent is not None and parent not in outside
        if audience.scopes and not is_below_scope and not allows.holding(item):
            outside.add(item_id)
    return frozenset((barred | outside) & grown.items.keys())


def sight_of(
    audience: Audience,
    hidden: frozenset[ItemId],
    items: Sequence[HeldItem],
    placements: Mapping[ItemId, Placement],
    *,
    today: date,
    themes: Iterable[str],
    trains: Iterable[tuple[str, str]],
    value_streams: Iterable[str],
    sources: Iterable[str],
) -> Sight:
    """What falls with the hidden items: a name is told where an item bears it that is seen.

    An audience with scopes hears of nothing else, and of a theme that has not begun `today` not yet: no item bears it.
    One without hears of what no item bears, too, unless it is barred. `placements` are those of the whole portfolio.
    """
    counts: dict[str, dict[object, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
    for one in items:
        item, is_seen = one.item, one.item.id not in hidden
        counts["sources"][item.source][is_seen] += 1
        for name in {item.project, item.project_id}:
            counts["projects"][item.source, name][is_seen] += 1
        if item.team is not None:
            counts["teams"][item.team][is_seen] += 1
        place = placements.get(item.id)
        if place is not None:
            for theme in place.by(today) if audience.scopes else place.ever:
                counts["themes"][theme][is_seen] += 1
            counts["value_streams"][place.value_stream][is_seen] += 1
            counts["trains"][place.value_stream, place.train][is_seen] += 1

    def unseen(noun: str, name: object) -> bool:
        found = counts[noun][name]
        return not found[True] and bool(found[False] or audience.scopes)

    streams = [*value_streams]
    gone = audience.barred_names("value_streams") | {one for one in streams if unseen("value_streams", one)}
    barred_teams = {only for only in map(_only_team, _barring(audience)) if only is not None}
    barred_sources = {only for only in map(_only_source, _barring(audience)) if only is not None}
    kept = [*sources]
    lost = {one for one in kept if unseen("sources", one) or one.casefold() in barred_sources}
    return Sight(
        audience=audience,
        hidden=hidden,
        themes=audience.barred_names("themes") | {one for one in themes if unseen("themes", one)},
        value_streams=gone,
        broken=frozenset(one for one in streams if one not in gone and counts["value_streams"][one][False]),
        trains=frozenset(one for one in trains if one[0] in gone or unseen("trains", one)),
        teams=frozenset(
            str(one).casefold()
            for one, found in counts["teams"].items()
            if not found[True] or str(one).casefold() in barred_teams
        )
        | barred_teams,
        seen_teams=frozenset(str(one).casefold() for one, found in counts["teams"].items() if found[True]),
        sources=frozenset(lost),
        mixed=frozenset(one for one in kept if one not in lost and counts["sources"][one][False]),
        projects=frozenset(
            one for one, found in counts["projects"].items() if not found[True] and isinstance(one, tuple)
        ),
        barred_projects=frozenset(one.project.casefold() for one in _barring(audience) if one.project is not None),
        held=frozenset(one.item.id for one in items),
        bearers=_bearers(items),
    )


def _barring(audience: Audience) -> list[Matcher]:
    return [matcher for one in audience.barred for matcher in one.matchers]


def _only_team(matcher: Matcher) -> str | None:
    """The team of a matcher that asks for nothing else."""
    return matcher.team.casefold() if matcher.team is not None and matcher == Matcher(team=matcher.team) else None


def _only_source(matcher: Matcher) -> str | None:
    is_alone = matcher.source is not None and matcher == Matcher(source=matcher.source)
    return matcher.source.casefold() if is_alone and matcher.source is not None else None


def _bearers(items: Iterable[HeldItem]) -> dict[str, frozenset[ItemId]]:
    """Items by key, by a key they once bore, and by both with their source before them."""
    found: dict[str, set[ItemId]] = defaultdict(set)
    for one in items:
        for key in (one.item.key, *one.item.previous_keys):
            found[key.casefold()].add(one.item.id)
            found[f"{one.item.source}/{key}".casefold()].add(one.item.id)
    return {key: frozenset(ids) for key, ids in found.items()}
