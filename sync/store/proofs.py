"""Rows that prove how complete each scope is. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select

from domain.trust import ScopeProof
from domain.work_item import HistoryState
from sync.store import writing
from sync.store.instants import micros, moment
from sync.store.tables import ITEMS, PROOFS

SOURCE = ""  # the scope id of a source as a whole
_TOLD = ("declared", "declared_by", "uncounted", "unheld")
_COUNTED = ("held", "missing", "removed", "out_of_scope", "complete", "bare", "gaps", "incomplete")


def holdings(connection: Connection, source: str) -> dict[str, dict[str, int]]:
    """What we hold by project id: live items, how their histories stand, and what counts no more."""
    live = ITEMS.c.removed_at.is_(None)
    outside = ITEMS.c.removed_reason == "out_of_scope"
    known = [str(state) for state in (HistoryState.COMPLETE, HistoryState.NONE, HistoryState.GAP)]
    query = (
        select(
            ITEMS.c.project_id,
            func.count().filter(live).label("held"),
            func.count().filter(live, ITEMS.c.missing_since.is_not(None)).label("missing"),
            func.count().filter(~live, ~outside).label("removed"),
            func.count().filter(~live, outside).label("out_of_scope"),
            func.count().filter(live, ITEMS.c.history == known[0]).label("complete"),
            func.count().filter(live, ITEMS.c.history == known[1]).label("bare"),
            func.count().filter(live, ITEMS.c.history == known[2]).label("gaps"),
            func.count().filter(live, ITEMS.c.history.not_in(known)).label("incomplete"),
        )
        .where(ITEMS.c.source == source)
        .group_by(ITEMS.c.project_id)
    )
    return {row["project_id"]: {name: row[name] for name in _COUNTED} for row in connection.execute(query).mappings()}


def last_proofs(connection: Connection, source: str, *, run_id: int | None = None) -> dict[str, ScopeProof]:
    """The proof of each scope that stands today, or stood when a run had ended; the whole source under ""."""
    newest = select(PROOFS.c.scope_id, func.max(PROOFS.c.run_id).label("run_id")).where(PROOFS.c.source == source)
    if run_id is not None:
        newest = newest.where(PROOFS.c.run_id <= run_id)
    of_scope = newest.group_by(PROOFS.c.scope_id).subquery()
    query = select(PROOFS).join(
        of_scope, and_(PROOFS.c.scope_id == of_scope.c.scope_id, PROOFS.c.run_id == of_scope.c.run_id)
    )
    found = connection.execute(query.where(PROOFS.c.source == source).order_by(PROOFS.c.scope_id)).mappings()
    return {row["scope_id"]: _proof(row) for row in found}


def save_proofs(connection: Connection, proofs: Sequence[ScopeProof], *, source: str, run_id: int, at: int) -> None:
    """Enter what differs from the last proof of its scope; the source as a whole is entered by every run."""
    last = last_proofs(connection, source)
    for proof in proofs:
        stands = last.get(proof.scope_id)
        if proof.scope_id == SOURCE or stands is None or replace(stands, declared_at=proof.declared_at) != proof:
            writing.upsert_row(connection, PROOFS, _row(proof, source=source, run_id=run_id, at=at))


def removed_by_reason(connection: Connection, source: str) -> dict[str, int]:
    query = (
        select(ITEMS.c.removed_reason, func.count())
        .where(ITEMS.c.source == source, ITEMS.c.removed_at.is_not(None))
        .group_by(ITEMS.c.removed_reason)
        .order_by(ITEMS.c.removed_reason)
    )
    return {reason or "": count for reason, count in connection.execute(query)}


def _proof(row: RowMapping) -> ScopeProof:
    told: dict[str, Any] = {name: row[name] for name in (*_COUNTED, *_TOLD)}
    return ScopeProof(
        scope_id=row["scope_id"],
        key=row["scope_key"],
        state=row["scope_state"],
        declared_at=moment(row["declared_at"]),
        **told,
    )


def _row(proof: ScopeProof, *, source: str, run_id: int, at: int) -> dict[str, Any]:
    told = {name: getattr(proof, name) for name in (*_COUNTED, *_TOLD)}
    return {
        "source": source, "scope_id": proof.scope_id, "run_id": run_id, "proven_at": at, "scope_key": proof.key,
        "scope_state": proof.state, "declared_at": micros(proof.declared_at), **told,
    }  # fmt: skip
