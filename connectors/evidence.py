"""What a few items, read whole, tell of a source: guesses about a mapping, each with what was seen.

Tracker-neutral and pure. The items are a sample, the ones changed last; what was not seen is not said.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from connectors.base import Batch, Guess
from domain.change import Change
from domain.work_item import Status, StatusCategory, WorkItem

FEW_VISITS = 5
ENDED_HERE = 5
MOSTLY_LEFT = 0.5
LEAST_COVERAGE = 0.6
MOST_STREAMS = 15
_DAY = timedelta(days=1)
_MONEY = r"(€|\$|£|eur|usd|chf|gbp|euros?|dollars?)"
_SCALES = (
    (1_000_000, re.compile(rf"\bM\s?{_MONEY}(?!\w)|(?i:\b(m€|mio|mil?lions?)\b)|(?i:{_MONEY}\s?m\b)")),
    (1_000, re.compile(rf"(?i:\bk\s?{_MONEY}(?!\w)|{_MONEY}\s?k\b|\b(thousands?|milliers?|tsd)\b)")),
)


@dataclass(frozen=True, kw_only=True)
class StatusUse:
    """How the sample uses one status. `stays` are whole visits in days, `now` the items that stand in it."""

    name: str
    category: StatusCategory
    stays: tuple[float, ...]
    now: int

    @property
    def entered(self) -> int:
        return len(self.stays) + self.now

    def words(self) -> str:
        """What was seen, as a sentence's end: "left 41 times after a median of 6.2 days, 12 stand in it"."""
        parts = []
        if self.stays:
            times = "once" if len(self.stays) == 1 else f"{len(self.stays)} times"
            parts.append(f"left {times} after a median of {median(self.stays):.1f} days")
        if self.now:
            parts.append(f"{self.now} {'stands' if self.now == 1 else 'stand'} in it now")
        return ", ".join(parts) or "not seen among the items looked at"


def status_uses(sample: Batch, statuses: Iterable[Status]) -> dict[str, StatusUse]:
    """How each status is used, by its name in lower case; a status that no item has met is there with nothing.

    A visit counts once it has ended: status X from 1 March, left on 4 March, is a stay of 3.0 days.
    """
    names = {status.name.lower(): status for status in statuses}
    names |= {
        item.status.lower(): Status(
            source=item.source, status_id=item.status_id, name=item.status, category=item.status_category
        )
        for item in sample.items
    }
    moves: dict[str, list[Change]] = defaultdict(list)
    for change in sample.changes:
        if change.field == "status" and change.from_value is not None:
            moves[change.external_id].append(change)
    stays: dict[str, list[float]] = defaultdict(list)
    for item in sample.items:
        for name, days in _stays(item, moves[item.external_id]):
            stays[name.lower()].append(days)
    now = Counter(item.status.lower() for item in sample.items)
    return {
        key: StatusUse(name=status.name, category=status.category, stays=tuple(stays[key]), now=now[key])
        for key, status in names.items()
    }


def _stays(item: WorkItem, moves: Sequence[Change]) -> Iterator[tuple[str, float]]:
    since = item.created_at
    for change in sorted(moves, key=lambda change: (change.occurred_at, change.sequence)):
        yield change.from_value or "", max(0.0, (change.occurred_at - since) / _DAY)
        since = change.occurred_at


def odd_statuses(uses: Mapping[str, StatusUse]) -> Iterator[Guess]:
    """Statuses whose use contradicts the tracker's own category: ends that nobody leaves, and ends that most leave."""
    for use in uses.values():
        if use.category is StatusCategory.DONE and len(use.stays) >= FEW_VISITS:
            left = len(use.stays) / use.entered
            if left >= MOSTLY_LEFT:
                yield Guess(
                    what="states.active",
                    value=use.name,
                    confidence=0.45,
                    evidence=f"“{use.name}” counts as finished, but most items go on from it: {use.words()}",
                )
        elif use.category is StatusCategory.IN_PROGRESS and not use.stays and use.now >= ENDED_HERE:
            yield Guess(
                what="states.done",
                value=use.name,
                confidence=0.45,
                evidence=f"“{use.name}” counts as in progress, but no item has ever left it: {use.words()}",
            )


def long_stays(uses: Mapping[str, StatusUse], *, known: Iterable[str]) -> Iterator[Guess]:
    """Statuses in progress where items lie longest, though no name says that they wait; `known` are named already."""
    named = {name.lower() for name in known}
    working = [use for use in uses.values() if use.category is StatusCategory.IN_PROGRESS and use.stays]
    if len(working) < 2:
        return
    for use in working:
        usual = median(median(other.stays) for other in working if other is not use)
        if use.name.lower() not in named and len(use.stays) >= FEW_VISITS and median(use.stays) > 2 * usual > 0:
            yield Guess(
                what="states.waiting",
                value=use.name,
                confidence=0.4,
                evidence=f"items lie in “{use.name}” more than twice as long as in the others: {use.words()}",
            )


def with_use(guesses: Iterable[Guess], uses: Mapping[str, StatusUse]) -> Iterator[Guess]:
    """State guesses made by name, with what was seen of the status: surer when it is used, less so when it is not."""
    for guess in guesses:
        use = uses.get(guess.value.lower())
        if not guess.what.startswith("states.") or use is None:
            yield guess
            continue
        shift = 0.1 if use.entered >= FEW_VISITS else 0.0 if use.entered else -0.1
        yield Guess(
            what=guess.what,
            value=guess.value,
            confidence=min(0.95, guess.confidence + shift),
            evidence=f"{guess.evidence}; {use.words()}",
        )


def label_kinds(items: Sequence[WorkItem], kind_of: Callable[[str], tuple[str, float] | None]) -> Iterator[Guess]:
    """Labels that name a kind of work. `kind_of` says which kind a name stands for, and how far to believe it."""
    seen = Counter(label for item in items for label in item.labels)
    for label, count in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0])):
        found = kind_of(label)
        if found is not None:
            kind, confidence = found
            yield Guess(
                what=f"kinds.{kind}",
                value=f"label: {label}",
                confidence=confidence if count >= 3 else confidence / 2,
                evidence=f"the label “{label}” is on {_of(count, items)}",
            )


def scale_of(name: str) -> int:
    """What a field's numbers are multiplied by, if its name says so: "Cost (k€)" 1000, "Budget in M€" a million."""
    return next((scale for scale, words in _SCALES if words.search(name)), 1)


def value_streams(items: Sequence[WorkItem]) -> Iterator[Guess]:
    """What the work could be parted by: area, team, component or project, the one that covers most with few parts.

    The value is a match as the settings write it ("component: Motor"). One way is drafted as sure enough, the others
    stay suggestions: two ways at once would count work twice.
    """
    ways = [way for way in (_way(name, items) for name in ("area", "team", "component", "project")) if way is not None]
    best = max(ways, key=lambda way: (way.is_good, way.coverage), default=None)
    for way in ways:
        for value, count in way.parts.most_common(MOST_STREAMS):
            confidence = min(0.7, 0.3 + 0.4 * way.coverage) if way is best and way.is_good else 0.3
            yield Guess(
                what="value_streams",
                value=f"{way.name}: {value}",
                confidence=confidence,
                evidence=f"{_of(count, items)} are of this {way.name}; {way.coverage:.0%} name one of {len(way.parts)}",
            )


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One way to part the work: how many items are of each part, and the share that is of any."""

    name: str
    parts: Counter[str]
    coverage: float

    @property
    def is_good(self) -> bool:
        return self.coverage >= LEAST_COVERAGE and 2 <= len(self.parts) <= MOST_STREAMS


def _way(name: str, items: Sequence[WorkItem]) -> _Way | None:
    parts = Counter(part for item in items for part in _PARTS[name](item))
    if not parts:
        return None
    covered = sum(1 for item in items if any(True for _ in _PARTS[name](item)))
    return _Way(name=name, parts=parts, coverage=covered / len(items))


def _area_below_project(item: WorkItem) -> Iterable[str]:
    """The first two steps of an area path: Claims\\Motor of Claims\\Motor\\Photo; the project's own root is none."""
    steps = (item.area or "").split("\\")
    return ["\\".join(steps[:2])] if len(steps) > 1 else []


_PARTS: Mapping[str, Callable[[WorkItem], Iterable[str]]] = {
    "area": _area_below_project,
    "team": lambda item: [item.team] if item.team else [],
    "component": lambda item: item.components,
    "project": lambda item: [item.project],
}


def _of(count: int, items: Sequence[WorkItem]) -> str:
    return f"{count} of the {len(items)} items looked at"
