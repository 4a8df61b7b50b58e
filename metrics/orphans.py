"""Which theme might an orphan belong to? Suggestions with their evidence; nothing applies them. Definition 3.6."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.journey import Journey
from domain.work_item import ItemId
from metrics.alignment import is_orphan, orphans

MOSTLY = Fraction(1, 2)  # more than this part of what bears a mark serves the theme, or the mark says nothing
Mark = tuple[str, str]  # kind and name: ("label", "parcel-locker"), ("area", "Logistics\\Delivery")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Why an orphan may belong to a theme. `kind`: children, parent, label, area, team; `n` epics or children agree."""

    kind: str
    name: str
    n: int


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """An orphan, and the theme that it may belong to, the strongest evidence first."""

    orphan: Journey
    theme: str
    evidence: tuple[Evidence, ...]


def suggestions(
    epics: Sequence[Journey],
    children: Iterable[Journey],
    marks: Mapping[ItemId, Iterable[Mark]],
    *,
    themes: Collection[str],
) -> list[Suggestion]:
    """For each open epic without a theme, oldest first, the `themes` (those in effect) that it may belong to.

    A mark (label, area, team, common parent) speaks for a theme where more than half of the other epics that bear it
    and serve any theme serve this one. Children speak for the theme that they serve themselves.
    """
    bearing: dict[Mark, Counter[str]] = defaultdict(Counter)
    for epic in epics:
        if not is_orphan(epic):
            for mark in _marks_of(epic, marks):
                bearing[mark].update(_served(epic, themes))
    orphaned = orphans(epics)
    below: dict[ItemId, Counter[str]] = {one.id: Counter() for one in orphaned}
    for child in children:
        if child.parent_id is not None and child.parent_id in below:
            below[child.parent_id].update(_served(child, themes))
    found = []
    for orphan in orphaned:
        said: dict[str, list[Evidence]] = defaultdict(list)
        for theme, n in below[orphan.id].items():
            said[theme].append(Evidence(kind="children", name="", n=n))
        for mark in _marks_of(orphan, marks):
            kind, name = mark
            for theme, n in bearing[mark].items():
                if Fraction(n, bearing[mark].total()) > MOSTLY:
                    said[theme].append(Evidence(kind=kind, name=name, n=n))
        found += [
            Suggestion(orphan=orphan, theme=theme, evidence=tuple(sorted(why, key=_strength)))
            for theme, why in sorted(said.items())
        ]
    return found


def _served(journey: Journey, themes: Collection[str]) -> Iterator[str]:
    """The themes of an item that may be suggested: nothing new belongs to one that has ended."""
    return (theme for theme, share in journey.placement.themes.items() if share and theme in themes)


def _marks_of(epic: Journey, marks: Mapping[ItemId, Iterable[Mark]]) -> list[Mark]:
    found = list(marks.get(epic.id, ()))
    if epic.placement.team is not None:
        found.append(("team", epic.placement.team))
    if epic.parent_id is not None:
        found.append(("parent", epic.parent_id.external_id))
    return found


def _strength(one: Evidence) -> tuple[int, int, str]:
    order = ("children", "parent", "label", "area", "team")
    return order.index(one.kind), -one.n, one.name
