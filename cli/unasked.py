"""What an audience does not see only since nobody asked for the field that says whether it may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from cli.narrowing import deciding, lacking, refuse_unread
from cli.outcome import CommandError
from config import meaning, narrowing
from domain.audiences import Audience, hidden_items
from domain.placing import place
from domain.work_item import HeldItem, ItemId

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from config.load import Settings
    from sync.store.reading import Reading


@dataclass(frozen=True, kw_only=True)
class Unasked:
    """Live items of a source that an audience would see, had they been asked for the fields; `audience` "": none.

    `items` are those that a reading can still ask, with what is below them. `below_gone` are below an item that is
    removed, so that nobody can ask it any more.
    """

    source: str
    audience: str
    fields: tuple[str, ...]
    items: int
    below_gone: int

    @property
    def sentence(self) -> str:
        """How many, why, and what to do."""
        whom = f"the audience {self.audience}" if self.audience else "reports without an audience"
        fields, told = ", ".join(self.fields), []
        if self.items:
            told.append(
                f"{self.items:,} not asked for {fields}, or below one that was not: "
                f"run `vmo sync --full --source {self.source}`"
            )
        if self.below_gone:
            told.append(
                f"{self.below_gone:,} below a removed item that was not asked for {fields}: "
                "give them another parent in the tracker"
            )
        return f"hidden from {whom}: {'; '.join(told)}"


def unasked(workspace: Workspace, store: Reading, *, on: date, audiences: Iterable[str] | None = None) -> list[Unasked]:
    """By source and audience, where there are any. Items are read only where some may be.

    Without `audiences`, of all that the settings have, and of reports that name none; but of none for whom no edition
    is made before a sync has read the field.
    """
    settings = workspace.settings
    names = ["", *settings.document.audiences] if audiences is None else audiences
    held: list[HeldItem] = []
    found: list[Unasked] = []
    for audience in (narrowing.audience(settings, name) for name in names):
        pairs = lacking(store, settings, audience)
        sources = {source for source, _ in pairs}
        there = {(source, key) for source in sources for key in store.asked_of(source)}
        if there.isdisjoint(pairs) or not _is_told(workspace, audience):
            continue
        held = held or [one for one in store.held_items() if one.item.source in settings.document.sources]
        found += _counted(settings, store, audience, held, pairs, on=on)
    return found


def _is_told(workspace: Workspace, audience: Audience) -> bool:
    try:
        refuse_unread(workspace, audience)
    except CommandError:
        return False
    return True


def _counted(
    settings: Settings,
    store: Reading,
    audience: Audience,
    held: list[HeldItem],
    pairs: set[tuple[str, str | None]],
    *,
    on: date,
) -> Iterator[Unasked]:
    """Of one audience: what is hidden beside what is restricted for certain."""
    placed = place(held, rules=meaning.placing_rules(settings), themes=meaning.portfolio(settings).themes, on=on)
    unsure = [one for one in held if (one.item.source, one.asked) in pairs]
    live = {one.item.id for one in held if one.removed_at is None}

    def hidden(since: Iterable[ItemId]) -> frozenset[ItemId]:
        return hidden_items(audience, held, placed, unsure=set(since)) & live

    certain = hidden(())
    askable = hidden(one.item.id for one in unsure if one.removed_at is None) - certain
    below_gone = hidden(one.item.id for one in unsure) - askable - certain
    counts, gone = (Counter(one.source for one in some) for some in (askable, below_gone))
    for source in sorted({*counts, *gone}):
        yield Unasked(
            source=source, audience=audience.name, fields=deciding(store, settings, audience, source),
            items=counts[source], below_gone=gone[source],
        )  # fmt: skip
