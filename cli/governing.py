"""What the rules of governance are judged by: the items that they concern, with their changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.governance import Governed, Rule, Subject
from domain.journey import Placement
from domain.matching import Matchers
from domain.strategy import Matcher
from domain.tree import tree
from domain.work_item import HeldItem, ItemId
from metrics.governance import asked_fields
from sync.store.reading import Reading


def governed(
    rules: Sequence[Rule],
    store: Reading,
    held: Sequence[HeldItem],
    placements: Mapping[ItemId, Placement],
    *,
    known_at: datetime | None,
) -> Governed:
    """The rules with their items. Reads the changes of these items alone; nothing where there are no rules.

    An item without a place was not written down yet at the instant that is told of.
    """
    if not rules:
        return Governed()
    levels = {rule.level for rule in rules}
    matchers = Matchers([rule.matcher or Matcher() for rule in rules], tree=tree(held))
    shown = _shown(rules, held)
    subjects: dict[ItemId, Subject] = {}
    for one in held:
        item = one.item
        place = placements.get(item.id)  # none of what was written down after the instant that is told
        if place is None or place.level not in levels:
            continue
        taken = frozenset(rules[number].id for number in matchers.holding(item))
        if taken:
            wanted = {field for rule in rules if rule.id in taken for field in asked_fields(rule)}
            subjects[item.id] = Subject(
                item=item,
                changes=tuple(store.changes_of(item.id, known_at=known_at)),
                rules=taken,
                unseen=frozenset(field for field in wanted if (item.source, field.casefold()) not in shown),
            )
    return Governed(rules=tuple(rules), subjects=subjects)


def _shown(rules: Iterable[Rule], held: Iterable[HeldItem]) -> set[tuple[str, str]]:
    """Which of the fields that rules ask for any item of a source shows, by source and name in lower case."""
    wanted = {field.casefold() for rule in rules for field in asked_fields(rule)}
    if not wanted:
        return set()
    return {(one.item.source, name.casefold()) for one in held for name in one.item.fields if name.casefold() in wanted}
