"""Links over time: which other items were said to block one, since when and until when.

```
item:      link appears ──────────────────────────> link goes
blocker:   To Do ──> In Progress ──> Done
                blocked              not blocked
```

What is decided here is when a link stood. Whether its other end was done meanwhile, `metrics/journeys.py` decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.change import Change
from domain.work_item import HeldItem, HistoryState, WorkItem

HISTORY = ("status", "resolution")  # the changes of a blocker that say whether it was done


class LinkWord(NamedTuple):
    """What a tracker's stream of links said of one link: it appeared, or it went, at `changed_at`."""

    source: str
    from_id: str
    to_id: str
    kind: str
    active: bool
    changed_at: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """From `since` until `until` (None: still) a link said that `name` blocks the item.

    `blocker` is None where we hold no such item: nobody knows whether it was done, so it blocks nothing. `changes` are
    the blocker's of the fields of `HISTORY`, oldest first.
    """

    name: str
    since: datetime
    until: datetime | None
    blocker: HeldItem | None = None
    changes: Sequence[Change] = ()


Other = tuple[HeldItem, Sequence[Change]]


def direction(words: str) -> str | None:
    """What an item is to the other by a link's words, read from the item: `blocked_by`, `blocks`, None: neither.

    "is blocked by" and "depends on" are `blocked_by`; "blocks" and "is depended on by" are `blocks`.
    """
    if _BLOCKED_BY.search(words):
        return "blocked_by"
    return "blocks" if _BLOCKS.search(words) else None


def blocker_names(held: HeldItem, changes: Iterable[Change], words: Iterable[LinkWord]) -> set[str]:
    """Ids and keys of everything that may ever have blocked an item, as its links, changes and the stream name them."""
    item = held.item
    names = {name for link in item.links if link.kind == "blocked_by" for name in (link.to_id, link.to_key)}
    names |= {
        name
        for change in changes
        if change.field == "links"
        for name, text in _sides(change)
        if name and direction(text or "") != "blocks"
    }
    names |= {word.from_id for word in words if _is_about(word, item.external_id)}
    return names - {item.external_id, item.key}


def blockings(
    held: HeldItem,
    changes: Iterable[Change],
    *,
    words: Iterable[LinkWord] = (),
    others: Iterable[Other] = (),
    known_at: datetime | None = None,
) -> tuple[Blocking, ...]:
    """Every stretch in which a link said that something blocks the item, by name and in order.

    `others` are the items that bear one of `blocker_names`, each with its changes. With `known_at`: as was known then,
    though `changes` and `words` are all that are known now.

    A link of which the stream speaks is as the stream says. Any other is as the item's changes say. One that no change
    tells of stood since the item was created, or where its history is not whole since it was last touched, which is all
    we know. One that no change ended and that the item does not bear any more went by the time it was last touched.
    """
    item = held.item
    found = _Named(others)
    told = [word for word in words if _is_about(word, item.external_id)]
    streamed = {word.from_id for word in told}
    spells = {name: _by_words(told, name, known_at=known_at) for name in streamed}
    carried = {found.id_of(link.to_id, link.to_key) for link in item.links if link.kind == "blocked_by"} - streamed
    aliases = {link.to_key: link.to_id for link in item.links}
    events = _events(changes, found, aliases)
    for name in sorted(({*events, *carried}) - streamed):
        spells[name] = _by_changes(held, events.get(name, ()), is_carried=name in carried, known_at=known_at)
    return tuple(
        Blocking(name=name, since=since, until=until, blocker=blocker, changes=history)
        for name, stretches in sorted(spells.items())
        if name not in (item.external_id, item.key)
        for since, until in stretches
        for blocker, history in [found.other(name)]
    )


_Stretch = tuple[datetime, datetime | None]


class _Event(NamedTuple):
    at: datetime
    phrase: str
    kind: str | None
    is_there: bool
    known_at: datetime | None


class _Named:
    """Other items by id, by key and by a key they once bore; of several the live one, then the first."""

    def __init__(self, others: Iterable[Other]) -> None:
        self._others: dict[str, Other] = {}
        self._ids: dict[str, str] = {}
        ordered = sorted(others, key=lambda one: (one[0].removed_at is not None, one[0].item.external_id))
        for other in ordered:
            self._others[other[0].item.external_id] = other
        bears: tuple[Callable[[WorkItem], Sequence[str]], ...] = (
            lambda item: (item.external_id,), lambda item: (item.key,), lambda item: item.previous_keys
        )  # fmt: skip
        for names in bears:
            for held, _ in ordered:
                for name in names(held.item):
                    self._ids.setdefault(name, held.item.external_id)

    def id_of(self, *names: str) -> str:
        """The external id behind the first name that anything bears; else the first name itself."""
        return next((self._ids[name] for name in names if name in self._ids), names[0])

    def other(self, external_id: str) -> tuple[HeldItem | None, Sequence[Change]]:
        return self._others.get(external_id, (None, ()))


def _is_about(word: LinkWord, external_id: str) -> bool:
    return word.kind == "blocks" and word.to_id == external_id


def _by_words(words: Iterable[LinkWord], name: str, *, known_at: datetime | None) -> list[_Stretch]:
    """The stretches between a stream's words. A link whose beginning nobody told has none."""
    told = [
        (word.changed_at, word.active) for word in words if word.from_id == name and _was_known(word.known_at, known_at)
    ]
    return _walk(sorted(told), since=None)


def _was_known(learned_at: datetime | None, known_at: datetime | None) -> bool:
    return known_at is None or learned_at is None or learned_at <= known_at


def _walk(steps: Iterable[tuple[datetime, bool]], *, since: datetime | None) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    for at, is_there in steps:
        if is_there:
            since = since or at
        elif since is not None:
            stretches.append((since, at))
            since = None
    return [*stretches, (since, None)] if since is not None else stretches


def _events(changes: Iterable[Change], found: _Named, aliases: Mapping[str, str]) -> dict[str, list[_Event]]:
    """What an item's changes say of its links, by the other end."""
    events: dict[str, list[_Event]] = defaultdict(list)
    for change in changes:
        if change.field != "links":
            continue
        for is_there, (name, text) in zip((False, True), _sides(change), strict=True):
            if name and text:
                phrase = text.removesuffix(name).strip().lower()
                event = _Event(change.occurred_at, phrase, direction(phrase), is_there, change.known_at)
                events[found.id_of(name, aliases.get(name, name))].append(event)
    return {name: told for name, told in events.items() if any(event.kind != "blocks" for event in told)}


def _sides(change: Change) -> Iterator[tuple[str | None, str | None]]:
    """The other end's key and the words, of the link that went and of the one that came: "This issue blocks PAY-2"."""
    yield change.from_id, change.from_value
    yield change.to_id, change.to_value


def _by_changes(
    held: HeldItem, events: Sequence[_Event], *, is_carried: bool, known_at: datetime | None
) -> list[_Stretch]:
    item = held.item
    chosen = [event for event in events if event.kind == "blocked_by"]
    if not chosen and is_carried:  # the link's own words say nothing to us: its type did
        chosen = [event for event in events if event.kind is None]
    stretches: list[_Stretch] = []
    for phrase in sorted({event.phrase for event in chosen}):
        said = [event for event in chosen if event.phrase == phrase]
        steps = [(event.at, event.is_there) for event in said if _was_known(event.known_at, known_at)]
        stretches += _walk(steps, since=None if said[0].is_there else item.created_at)
    if is_carried and not chosen:
        since = item.created_at if held.history is HistoryState.COMPLETE else item.updated_at
        return [(since, None)]
    if is_carried and known_at is None and all(until is not None for _, until in stretches):
        stretches.append((item.updated_at, None))
    if not is_carried:
        stretches = [(since, until or max(since, item.updated_at)) for since, until in stretches]
    return sorted(
        ((since, until) for since, until in stretches if until is None or since < until),
        key=lambda one: (one[0], one[1] is None, one[1] or one[0]),
    )


_BLOCKED_BY = re.compile(
    r"\bblocked\b|\bdepends?\s+(?:up)?on\b|\bdependent\s+(?:up)?on\b|\bpreceded by\b|\bsuccessor of\b|\bhas predecessor"
    r"|\bbloqu[ée]e?s?\s+par\b|\bdépend(?:ent)?\s+d|\bprécédée?\s+par\b|\bbloquead[oa]s?\s+por\b|\bdepende[n]?\s+de\b",
    re.IGNORECASE,
)
_BLOCKS = re.compile(
    r"\bblock(?:s|ing)?\b|\bdepended\s+(?:up)?on\b|\bdependency\s+(?:of|for)\b|\bpredecessor of\b|\bbloquea?n?t?\b",
    re.IGNORECASE,
)
