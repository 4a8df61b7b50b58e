"""Look whether every item is still there: census, probe, strike or removal or return.

Everything a sweep decides is written in one transaction at its end, so that half a census decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from connectors.base import AccessDeniedError, Connector, Preflight, Presence
from domain.change import Change
from domain.work_item import HeldItem, HistoryState
from sync import plan, presence, proof
from sync.engine import Progress, Run
from sync.presence import Judgement, Missing, Verdict
from sync.store import RunRecord, Store
from sync.store.bookkeeping import update_source, use_confirmations
from sync.store.instants import micros, moment
from sync.store.rows import Cleaner
from sync.store.writing import enqueue, mark_missing, mark_present, move_out, remove_items, strike_items, update_items

PROBE_AT_ONCE = 100
FETCH_AT_ONCE = 100


def sweep_source(
    connector: Connector,
    store: Store,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    stop: Callable[[], bool],
    progress: Callable[[Progress], None],
) -> RunRecord:
    """Compare what we hold with what the source shows; removes only what `presence` allows. Raises only StoreError."""
    run = Run(connector, store, kind="sweep", now=now, monotonic=monotonic, progress=progress)
    return run.through(lambda: _sweep(run, stop=stop))


@dataclass
class _Decided:
    """What one sweep writes."""

    present: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    removed: dict[str, list[str]] = field(default_factory=dict)  # by reason
    moved: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    to_fetch: list[str] = field(default_factory=list)  # by the next sync
    uses_confirmation: bool = False

    def enter(self, item: Missing, judgement: Judgement) -> None:
        match judgement.verdict:
            case Verdict.PRESENT:
                self.present.append(item.external_id)
            case Verdict.WAIT:
                self.waiting.append(item.external_id)
            case Verdict.STRIKE:
                self.struck.append(item.external_id)
            case Verdict.MOVED:
                self.moved.append(item.external_id)
            case Verdict.REMOVE:
                assert judgement.reason is not None
                self.removed.setdefault(judgement.reason, []).append(item.external_id)


@dataclass
class _Inventory:
    """What we hold of one source, as far as a sweep needs it."""

    live: dict[str, Missing] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    by_scope: Counter[str] = field(default_factory=Counter)


def _sweep(run: Run, *, stop: Callable[[], bool]) -> str:
    if run.state().outcome != "ok":
        raise plan.NotYetError(f"{run.source}: the last sync was not complete; the sweep waits until one is")
    before = run.preflight()
    seen = _census(run, stop=stop)
    _refuse_changed_view(run, before=before, after=run.preflight())
    inventory = _inventory(run)
    if not seen:
        plan.refuse_collapse(run.source, held=len(inventory.live), found=0)
    found = proof.compare(held=inventory.live.keys(), declared=seen)
    missing = [item for external_id, item in inventory.live.items() if external_id not in seen]
    decided = _decide(run, missing, inventory=inventory, stop=stop)
    decided.present.extend(sorted(inventory.removed & seen))
    decided.present.extend(
        item.external_id for item in inventory.live.values() if item.missing_since and item.external_id in seen
    )
    decided.gaps = _gaps(run)
    unheld = seen - inventory.live.keys() - inventory.removed
    if plan.fetches_queue(run.connector.settings.kind):
        returned = {each for each in decided.present if each in seen}  # and what happened to them meanwhile
        decided.to_fetch = sorted(unheld | returned)
    run.counts |= {
        "held": found.held,
        "declared": found.declared,
        "missing": found.missing,
        "unheld": len(unheld),
        "tombstoned": sum(len(ids) for ids in decided.removed.values()),
        "returned": len(inventory.removed & seen),
    }
    _save(run, decided, declared=found.declared, server_time=before.server_time)
    return " ".join([found.sentence(run.source), *decided.problems])


def _census(run: Run, *, stop: Callable[[], bool]) -> set[str]:
    seen: set[str] = set()
    for ids in run.connector.census():
        seen.update(ids)
        run.tell("census", done=len(seen))
        run.go_on(stop)
    return seen


def _refuse_changed_view(run: Run, *, before: Preflight, after: Preflight) -> None:
    if presence.unexplained(before=before.scopes, after=after.scopes):
        raise AccessDeniedError(
            f"{run.source}: the projects that the token may see changed during the census; nothing was decided; "
            "check its permissions"
        )


def _inventory(run: Run) -> _Inventory:
    found = _Inventory()
    for row in run.store.presence_rows(run.source):
        if row["removed_at"] is not None:
            found.removed.add(row["external_id"])
            continue
        found.by_scope[row["project_id"]] += 1
        found.live[row["external_id"]] = Missing(
            external_id=row["external_id"],
            scope=row["project_id"],
            strikes=row["strikes"],
            struck_at=moment(row["struck_at"]),
            missing_since=moment(row["missing_since"]),
        )
    return found


def _decide(run: Run, missing: list[Missing], *, inventory: _Inventory, stop: Callable[[], bool]) -> _Decided:
    """Judge each missing item, after a direct look at those whose project is not suspended."""
    decided = _Decided()
    roster = run.state().roster
    confirmed = run.store.confirmed_vanished(run.source)
    halted = presence.suspended(missing, live=inventory.by_scope, roster=roster, confirmed=confirmed)
    for sentence in halted.values():
        decided.problems.append(
            f"{run.source}: {sentence}; if they really went, run `vmo confirm {run.source} vanished`"
        )
    decided.waiting.extend(item.external_id for item in missing if item.scope in halted)
    open_to_judgement = [item for item in missing if item.scope not in halted]
    decided.uses_confirmation = bool(confirmed and open_to_judgement)
    for start in range(0, len(open_to_judgement), PROBE_AT_ONCE):
        run.go_on(stop)
        some = open_to_judgement[start : start + PROBE_AT_ONCE]
        answers = run.connector.probe([item.external_id for item in some])
        for item in some:
            _, scope_state = roster.get(item.scope, (item.scope, "live"))
            judgement = presence.judge(
                item,
                presence=answers.get(item.external_id, Presence.UNKNOWN),
                scope_state=scope_state,
                confirmed=confirmed > 0,
                now=run.now(),
            )
            decided.enter(item, judgement)
    return decided


def _gaps(run: Run) -> list[str]:
    """Items whose kept history does not lead to their present status, though we took it for whole."""
    with run.store.snapshot() as snapshot:
        last = {change.external_id: change for change in snapshot.changes(source=run.source, fields=("status",))}
        return [
            held.item.external_id
            for held in snapshot.held_items(source=run.source)
            if held.history is HistoryState.COMPLETE and _is_gap(held, last.get(held.item.external_id))
        ]


def _is_gap(held: HeldItem, last: Change | None) -> bool:
    if last is None:  # it may never have moved
        return False
    return proof.chain([last], status=held.item.status, status_id=held.item.status_id) is HistoryState.GAP


def _save(run: Run, decided: _Decided, *, declared: int, server_time: datetime) -> None:
    at, source = micros(run.now()), run.source

    def work(connection: Connection) -> None:
        mark_present(connection, source=source, external_ids=decided.present)
        mark_missing(connection, source=source, external_ids=decided.waiting, at=at)
        strike_items(connection, source=source, external_ids=decided.struck, at=at, run_id=run.run_id)
        for reason, external_ids in decided.removed.items():
            strike_items(connection, source=source, external_ids=external_ids, at=at, run_id=run.run_id)
            remove_items(connection, source=source, external_ids=external_ids, at=at, reason=reason)
        for external_id in decided.moved:
            move_out(connection, source=source, external_id=external_id, key=None, at=at)
        update_items(connection, source=source, external_ids=decided.gaps, values={"history": str(HistoryState.GAP)})
        chunks = [
            decided.to_fetch[start : start + FETCH_AT_ONCE] for start in range(0, len(decided.to_fetch), FETCH_AT_ONCE)
        ]
        enqueue(connection, chunks, source=source, at=at)
        if decided.uses_confirmation:
            use_confirmations(connection, source, at=run.now())
        values = {
            "census_at": micros(server_time),
            "swept_at": at,
            "declared": declared,
            "census_problems": Cleaner().json(decided.problems),
        }
        update_source(connection, source, values)

    run.save(work)
