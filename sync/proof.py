"""Is what we hold complete? Held against a census and the tracker's counts, histories against the present (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.base import Scope
from domain.change import Change
from domain.history import closes
from domain.trust import ScopeProof
from domain.work_item import HistoryState
from sync.presence import is_too_many

SOURCE = ""  # the scope id of a source as a whole
COUNTED = ("live", "archived")  # projects in which a census looks
Holding = Mapping[str, int]  # of one scope: held, missing, removed, out_of_scope, complete, bare, gaps, incomplete


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
            f"{source}: a census named {self.declared} items; {self.missing} of the {self.held} that we hold were not "
            f"among them, and {self.unheld} that it named are not held yet"
        )


def of_sync(
    holdings: Mapping[str, Holding],
    *,
    roster: Mapping[str, tuple[str, str]],
    scopes: Sequence[Scope],
    told_at: datetime,
    last: Mapping[str, ScopeProof],
    unheld: int | None,
    counted: int | None = None,
) -> list[ScopeProof]:
    """What a sync proves: counts that the tracker told by the way, else the last ones, beside what we hold.

    `counted`: how many items the tracker itself counted in the whole scope, for this run.
    `unheld`: how many of those that the last census named are not held even now that they were asked for; None: they
    were not. What a census said of a project that it was not asked for, or that it was refused, says nothing of it once
    it is read.
    """
    told = {scope.id: scope.declared for scope in scopes if scope.declared is not None}
    proofs = []
    for scope_id in sorted({*roster, *holdings, *last} - {SOURCE}):
        before = last.get(scope_id)
        is_gone = scope_id not in roster and scope_id not in holdings  # its items are held under another id by now
        if is_gone or (
            before is not None and before.state not in COUNTED and roster.get(scope_id, ("", ""))[1] in COUNTED
        ):
            before = None
        declared, at, by = (before.declared, before.declared_at, before.declared_by) if before else (None, None, None)
        if scope_id in told:
            declared, at, by = told[scope_id], told_at, "project"
        proofs.append(
            _of_scope(
                scope_id,
                holdings.get(scope_id, {}),
                roster=roster,
                declared=declared,
                declared_at=at,
                declared_by=by,
                uncounted=before.uncounted if before else None,
            )
        )
    whole = _whole(proofs, holdings, last=last.get(SOURCE))
    if counted is not None:
        whole = replace(whole, declared=counted, declared_at=told_at, declared_by="walk")
    return [replace(whole, unheld=unheld) if unheld is not None and whole.unheld is not None else whole, *proofs]


def told_now(scopes: Sequence[Scope], *, counted: int | None) -> int | None:
    """How many items the tracker says there are, in the words of this run: its count of the scope, else its projects'.

    None: it told nothing; an older count says nothing of what is held now.
    """
    counts = [scope.declared for scope in scopes if scope.state == "live"]
    known = [each for each in counts if each is not None]
    if counted is not None or not known or len(known) < len(counts):
        return counted
    return sum(known)


def of_sweep(
    holdings: Mapping[str, Holding],
    *,
    roster: Mapping[str, tuple[str, str]],
    scopes: Sequence[Scope],
    counted: Mapping[str, int],
    unheld: int,
    told_at: datetime,
) -> list[ScopeProof]:
    """What a census proves. `counted` are ids it named, by the project in which we hold them; `unheld` all others.

    A census names ids without their projects, so a project's count is known only where nothing is unheld. Of what its
    own count has beyond those that were named and are held, any of the unheld may be a part.
    """
    told = {scope.id: scope.declared for scope in scopes if scope.declared is not None}
    proofs = []
    for scope_id in sorted({*roster, *holdings}):
        number = counted.get(scope_id, 0)
        own = told.get(scope_id)
        declared, by = (number, "census") if unheld == 0 else (own, None if own is None else "project")
        proofs.append(
            _of_scope(
                scope_id,
                holdings.get(scope_id, {}),
                roster=roster,
                declared=declared,
                declared_at=None if declared is None else told_at,
                declared_by=by,
                uncounted=None if own is None else own - number - min(unheld, max(own - number, 0)),
            )
        )
    whole = ScopeProof(
        scope_id=SOURCE, key="", state="live", declared=sum(counted.values()) + unheld, declared_at=told_at,
        declared_by="census", unheld=unheld, **_total(holdings),
    )  # fmt: skip
    return [whole, *proofs]


def doubts(source: str, proofs: Sequence[ScopeProof], *, counted: int | None = None) -> list[str]:
    """Projects whose own count differs by more than archived, hidden and late items explain, each in a sentence.

    And the scope, where the tracker `counted` fewer in it for this run than we hold; one that counts more than it gives
    is told by the walk.
    """
    found = []
    asked = sum(proof.held - proof.missing for proof in proofs if proof.scope_id != SOURCE and proof.state == "live")
    if counted is not None and is_too_many(asked - counted, of=asked):
        found.append(
            f"{source}: the tracker counts {counted} items in the scope, and we hold {asked}; the next count of all "
            "ids names those that differ (`vmo sync --sweep` makes it now)"
        )
    for proof in proofs:
        if proof.scope_id == SOURCE or proof.state != "live" or proof.declared_by != "project":
            continue
        assert proof.declared is not None
        expected = proof.declared - (proof.uncounted or 0)
        present = proof.held - proof.missing  # what is missing is told by name, and suspended where it is too many
        if is_too_many(abs(expected - present), of=max(expected, present)):
            unnamed = f", of which the last census named all but {proof.uncounted}" if proof.uncounted else ""
            found.append(
                f"{source}: project {proof.key} has {proof.declared} items by its tracker's own count{unnamed}, and we "
                f"hold {present}; the next count of all ids names those that differ (`vmo sync --sweep` makes it now)"
            )
    return found


def _of_scope(
    scope_id: str,
    holding: Holding,
    *,
    roster: Mapping[str, tuple[str, str]],
    declared: int | None,
    declared_at: datetime | None,
    declared_by: str | None,
    uncounted: int | None,
) -> ScopeProof:
    key, state = roster.get(scope_id, (scope_id, "out_of_scope"))
    return ScopeProof(
        scope_id=scope_id, key=key, state=state, declared=declared, declared_at=declared_at, declared_by=declared_by,
        uncounted=uncounted, **holding,
    )  # fmt: skip


def _whole(proofs: Sequence[ScopeProof], holdings: Mapping[str, Holding], *, last: ScopeProof | None) -> ScopeProof:
    """The source as a whole: what the last census named, or a walk was told; else the sum of its projects' counts."""
    declared, at, by = (last.declared, last.declared_at, last.declared_by) if last else (None, None, None)
    if by not in ("census", "walk"):
        live = [proof for proof in proofs if proof.state == "live"]
        counts = [proof.declared for proof in live if proof.declared is not None]
        at = max((proof.declared_at for proof in live if proof.declared_at is not None), default=None)
        declared, by = (sum(counts), "project") if live and len(counts) == len(live) else (None, None)
        at = at if declared is not None else None
    return ScopeProof(
        scope_id=SOURCE, key="", state="live", declared=declared, declared_at=at, declared_by=by,
        unheld=last.unheld if last else None, **_total(holdings),
    )  # fmt: skip


def _total(holdings: Mapping[str, Holding]) -> dict[str, int]:
    names = {name for holding in holdings.values() for name in holding}
    return {name: sum(holding[name] for holding in holdings.values()) for name in sorted(names)}


def chain(changes: Iterable[Change], *, status: str, status_id: str) -> HistoryState:
    """Do the status changes, oldest first, follow each other, and does the last lead to the present status?"""
    moves = [change for change in changes if change.field == "status"]
    if not moves:
        return HistoryState.NONE
    return HistoryState.COMPLETE if closes(moves, status=status, status_id=status_id) else HistoryState.GAP
