"""Is what we hold complete? Held against census, and histories against the present (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.change import Change
from domain.history import closes
from domain.work_item import HistoryState


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a census says of what we hold. `unheld` were named but are not held: new since the last sync, or missed."""

    held: int
    declared: int
    missing: int
    unheld: int

    @property
    def is_exact(self) -> bool:
        return self.missing == 0 and self.unheld == 0

    def sentence(self, source: str) -> str:
        if self.is_exact:
            return f"{source}: a census named {self.declared} items, and we hold exactly these"
        return (
            f"{source}: a census named {self.declared} items; of the {self.held} we hold it missed {self.missing}, "
            f"and {self.unheld} it named we do not hold"
        )


def compare(*, held: Collection[str], declared: Collection[str]) -> Proof:
    """`held` are the live items' ids, `declared` those that the census named."""
    ours, theirs = set(held), set(declared)
    return Proof(held=len(ours), declared=len(theirs), missing=len(ours - theirs), unheld=len(theirs - ours))


def chain(changes: Iterable[Change], *, status: str, status_id: str) -> HistoryState:
    """Do the status changes, oldest first, follow each other, and does the last lead to the present status?"""
    moves = [change for change in changes if change.field == "status"]
    if not moves:
        return HistoryState.NONE
    return HistoryState.COMPLETE if closes(moves, status=status, status_id=status_id) else HistoryState.GAP
