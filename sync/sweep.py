"""Look whether every item is still there: census, probe, strike or removal or return.

Everything a sweep decides is written in one transaction at its end, so that half a census decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.base import AccessDeniedError, Connector, Preflight, Presence, vouching_without
from connectors.register import Ids
from domain.trust import Suspension
from domain.work_item import HistoryState
from sync import plan, presence, proof, unread
from sync.engine import FEW_NAMES, REREAD_AT_ONCE, Progress, Run, mend_from_raws
from sync.presence import UNREAD, Judgement, Missing, Verdict
from sync.store import RunRecord, Store
from sync.store.bookkeeping import clear_queue, roster_text, suspensions_text, update_source, use_confirmations
from sync.store.instants import micros, moment
from sync.store.journeys import Tracing
from sync.store.proofs import holdings, save_proofs
from sync.store.rows import Cleaner
from sync.store.writing import (
    enqueue,
    enter_removals,
    forget_unreadable,
    mark_missing,
    mark_present,
    move_out,
    note_returns,
    remove_items,
    strike_items,
    update_items,
)

PROBE_AT_ONCE = 100
APART_AT_MOST = timedelta(days=3)  # from when an item went to the census that removed it, as a rule
ALONE_AT_MOST = (
    500  # items read again at one census, in case that they lie below what is back; others at the full check
)
LOOKED_AT = 20  # of the items of a suspended project, so that a person learns whether they live on elsewhere


def sweep_source(
    connector: Connector,
    store: Store,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    stop: Callable[[], bool],
    progress: Callable[[Progress], None],
    tracing: Tracing | None = None,
) -> RunRecord:
    """Compare what we hold with what the source shows; removes only what `presence` allows. Raises only StoreError."""
    run = Run(connector, store, kind="sweep", now=now, monotonic=monotonic, progress=progress, tracing=tracing)
    return run.through(lambda: _sweep(run, stop=stop))


@dataclass
class _Decided:
    """What one sweep writes. `look`: what the direct look said of those to be removed."""

    present: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    removed: dict[tuple[str, Presence], list[str]] = field(default_factory=dict)  # by reason and look
    moved: list[str] = field(default_factory=list)
    named_anew: list[str] = field(default_factory=list)  # of them, those that left their project and so their key
    suspended: list[Suspension] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    put_back: int = 0  # items of which we had lost what the kept raw answers still told
    to_fetch: list[str] = field(default_factory=list)  # by the next sync
    gone_aside: list[str] = field(default_factory=list)  # could not be read, and are named no more
    uses_confirmation: bool = False

    def enter(self, item: Missing, judgement: Judgement, *, look: Presence) -> None:
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
                self.removed.setdefault((judgement.reason, look), []).append(item.external_id)

    def problems(self, source: str) -> list[str]:
        return [
            unread.sentence(source, each)
            if each.is_unread
            else f"{source}: {each.why}; if they really went, run `vmo confirm {source} vanished`"
            for each in self.suspended
        ]


@dataclass
class _Inventory:
    """What we hold of one source, held against a census."""

    missing: list[Missing] = field(default_factory=list)
    back: list[str] = field(default_factory=list)  # missing or removed before, and named again
    returning: set[str] = field(default_factory=set)  # of them, removed ones: what we hold of them is old
    away: dict[str, datetime] = field(default_factory=dict)  # those that are back, and since when they were known to be
    unheld: Ids = field(default_factory=Ids)  # named, and not live: those that return are among them
    held: int = 0
    by_scope: Counter[str] = field(default_factory=Counter)  # live items
    counted: Counter[str] = field(default_factory=Counter)  # of them, those that the census named


def _sweep(run: Run, *, stop: Callable[[], bool]) -> str:
    state = run.state()
    if not plan.went_through(run.store.last_run(run.source)):
        raise plan.NotYetError(f"{run.source}: the last sync was not complete; the sweep waits until one is")
    before = run.preflight()
    seen = _census(run, stop=stop)
    inventory = _inventory(run, seen)
    if not seen:
        plan.refuse_collapse(run.source, held=inventory.held, found=0, by="a census")
    decided = _decide(run, inventory, suspensions=state.suspensions, seen=before, stop=stop)
    _refuse_changed_view(run, before=before, after=run.preflight())
    is_read_next = plan.fetches_queue(run.connector.settings.kind)
    # One that was removed stays so until the next sync has read it again: nobody may count it as it once was.
    decided.present.extend(each for each in inventory.back if not is_read_next or each not in inventory.returning)
    decided.gaps, decided.put_back = _gaps(run, stop=stop)
    if is_read_next:  # and what happened meanwhile to those that are back
        aside = {each.external_id for each in run.store.unreadable(run.source)}
        still_named = [each for each in aside if each in seen]
        anew = decided.named_anew if plan.tells_whole_histories(run.connector.settings.kind) else ()
        below = _perhaps_below(run, inventory, swept_at=state.swept_at)
        decided.to_fetch = sorted({*inventory.unheld, *inventory.back, *decided.gaps, *still_named, *anew, *below})
        is_whole = not any(each.is_unread for each in decided.suspended)
        decided.gone_aside = sorted(aside.difference(still_named)) if is_whole else []
    found = proof.Proof(
        held=inventory.held, declared=len(seen), missing=len(inventory.missing), unheld=len(inventory.unheld)
    )
    run.counts |= {
        "held": found.held,
        "declared": found.declared,
        "missing": found.missing,
        "unheld": found.unheld,
        "tombstoned": sum(len(ids) for ids in decided.removed.values()),
    }
    _save(run, decided, inventory, before=before)
    if any(not one.is_unread for one in decided.suspended):  # of a project that cannot be read, the sync tells
        run.ended = "partial"
    told = "; ".join([found.sentence(run.source), *_named(run, decided, inventory)])
    return ". ".join([told, *decided.problems(run.source)])


def _census(run: Run, *, stop: Callable[[], bool]) -> Ids:
    seen = Ids()
    for ids in run.connector.census():
        seen.update(ids)
        run.tell("census", done=len(seen))
        run.go_on(stop)
    return seen


def _perhaps_below(run: Run, inventory: _Inventory, *, swept_at: datetime | None) -> list[str]:
    """Items read while what is back was away, and told without a parent: Jira leaves out one that is hidden from us.

    Back is what this census found so, and what a sync has shown again since the last one. An item is known to be away
    from the census after it went.
    """
    if not plan.tells_whole_histories(run.connector.settings.kind):
        return []
    away = inventory.away | run.store.returned_since(run.source, swept_at)
    if not away or not run.store.may_stand_above(run.source, sorted(away)):
        return []
    return run.store.alone_since(run.source, min(away.values()) - APART_AT_MOST, most=ALONE_AT_MOST)


def _refuse_changed_view(run: Run, *, before: Preflight, after: Preflight) -> None:
    """Asked when all has been looked at: what was absent from a view that changed says nothing."""
    if presence.unexplained(before=before.scopes, after=after.scopes):
        raise AccessDeniedError(
            f"{run.source}: the projects that the token may see changed during the census; nothing was decided; "
            "check its permissions"
        )


def _inventory(run: Run, seen: Ids) -> _Inventory:
    found = _Inventory(unheld=seen.copy())
    confirmed_at = run.store.vanished_confirmed_at(run.source)
    for row in run.store.presence_rows(run.source):
        external_id, is_live = row["external_id"], row["removed_at"] is None
        is_seen = external_id in seen
        if is_live:
            found.unheld.discard(external_id)
            found.counted[row["project_id"]] += is_seen
        found.held += is_live
        found.by_scope[row["project_id"]] += is_live
        if is_seen and (not is_live or row["missing_since"] is not None):
            found.back.append(external_id)
            told = (row["struck_at"], row["missing_since"], row["removed_at"])
            found.away[external_id] = min(at for each in told if (at := moment(each)) is not None)
            if not is_live:
                found.returning.add(external_id)
        elif is_live and not is_seen:
            since = moment(row["missing_since"])
            found.missing.append(
                Missing(
                    external_id=external_id,
                    scope=row["project_id"],
                    strikes=row["strikes"],
                    struck_at=moment(row["struck_at"]),
                    missing_since=since,
                    confirmed=since is not None and confirmed_at is not None and since <= confirmed_at,
                )
            )
    found.back.sort()
    return found


def _decide(
    run: Run,
    inventory: _Inventory,
    *,
    suspensions: Sequence[Suspension],
    seen: Preflight,
    stop: Callable[[], bool],
) -> _Decided:
    """Judge each missing item, after a direct look at those whose project is not suspended."""
    decided = _Decided()
    roster = unread.with_refused(run.state().roster, run.connector.unread())
    missing = presence.believed(inventory.missing, roster=roster)
    halted = presence.suspended(missing, live=inventory.by_scope, roster=roster)
    since = {each.scope_id: each.since for each in suspensions}
    many = Counter(item.scope for item in missing)
    called = {scope.id: scope.key for scope in seen.scopes}
    decided.suspended = [
        _suspension(
            scope, why, roster=roster, called=called, held=inventory.by_scope, missing=many,
            since=since.get(scope, run.now()),
        )
        for scope, why in sorted(halted.items())
    ]  # fmt: skip
    decided.suspended = [_looked_at(run, one, missing, stop=stop) for one in decided.suspended]
    # A project that could not be read is told until a sync has read it.
    decided.suspended += [one for one in suspensions if one.is_unread and one.scope_id not in halted]
    decided.waiting = [item.external_id for item in missing if item.scope in halted and not item.confirmed]
    open_to_judgement = [item for item in missing if item.scope not in halted or item.confirmed]
    gone = presence.GONE if plan.tells_whole_histories(run.connector.settings.kind) else presence.DESTROYED
    for start in range(0, len(open_to_judgement), PROBE_AT_ONCE):
        run.go_on(stop)
        some = open_to_judgement[start : start + PROBE_AT_ONCE]
        answers = run.connector.probe([item.external_id for item in some])
        for item in some:
            _, scope_state = roster.get(item.scope, (item.scope, "live"))
            look = answers.get(item.external_id, Presence.UNKNOWN)
            judgement = presence.judge(item, presence=look, scope_state=scope_state, now=seen.server_time, gone=gone)
            decided.enter(item, judgement, look=look)
            if judgement.verdict is Verdict.MOVED and scope_state == "live":
                decided.named_anew.append(item.external_id)
    # A confirmation ends when none of those it can be believed of waits, also where that is so of none.
    waiting = {item.external_id for item in missing if item.confirmed}.intersection(decided.waiting)
    decided.uses_confirmation = any(item.confirmed for item in inventory.missing) and not waiting
    return decided


def _suspension(
    scope: str,
    why: str,
    *,
    roster: unread.Roster,
    called: Mapping[str, str],
    held: Mapping[str, int],
    missing: Mapping[str, int],
    since: datetime,
) -> Suspension:
    """Of a project that cannot be read, the same is told as by a sync."""
    key, state = roster.get(scope, (scope, "access_lost"))
    if state not in UNREAD:
        return Suspension(scope_id=scope, key=key, why=why, since=since, missing=missing[scope])
    told = unread.why(key, state, count=held[scope], called=called.get(scope))
    return Suspension(scope_id=scope, key=key, why=told, since=since, missing=held[scope], state=state)


def _looked_at(run: Run, one: Suspension, missing: Sequence[Missing], *, stop: Callable[[], bool]) -> Suspension:
    """Of a project that is read, with how many of its missing items live on outside the scope; nothing is decided."""
    if one.is_unread:
        return one
    run.go_on(stop)
    some = [item.external_id for item in missing if item.scope == one.scope_id and not item.confirmed][:LOOKED_AT]
    moved = sum(look is Presence.ELSEWHERE for look in run.connector.probe(some).values())
    return replace(one, why=presence.with_moved(one.why, moved, looked_at=len(some), of=one.missing))


def _gaps(run: Run, *, stop: Callable[[], bool]) -> tuple[list[str], int]:
    """Items whose history does not lead, step by step, to their present status, though we took it for whole.

    What we have lost and the kept raw answers still tell is put back first; of how many items, is the second value.
    """
    found, named = _broken(run), plan.named_then(run.state(), run.connector.settings)
    mended: set[str] = set()
    for start in range(0, len(found), REREAD_AT_ONCE):
        mended |= mend_from_raws(run, found[start : start + REREAD_AT_ONCE], named=named, so_far=mended)
        run.go_on(stop)
    return (_broken(run) if mended else found), len(mended)


def _broken(run: Run) -> list[str]:
    return [
        external_id
        for external_id, status, status_id, moves in run.store.status_histories(run.source)
        if proof.chain(moves, status=status, status_id=status_id) is HistoryState.GAP
    ]


def _named(run: Run, decided: _Decided, inventory: _Inventory) -> list[str]:
    """Which items it is about, a few of each as their tracker calls them, and what became of how many."""
    told = {
        "missed": [item.external_id for item in inventory.missing],
        "back, and read again next": sorted(inventory.returning),
        "not held, and fetched next": sorted(set(inventory.unheld) - inventory.returning),
        "with gaps in the history": decided.gaps,
    }
    keys = run.store.keys_of(run.source, [each for ids in told.values() for each in ids[:FEW_NAMES]])
    removed = Counter(reason for (reason, _), ids in decided.removed.items() for _ in ids)
    removed["out_of_scope"] += len(decided.moved)
    return [
        *(
            f"{len(ids)} {words}: {', '.join(keys.get(each, each) for each in ids[:FEW_NAMES])}"
            f"{', …' if len(ids) > FEW_NAMES else ''}"
            for words, ids in told.items()
            if ids
        ),
        *([f"of {decided.put_back}, what we had lost was put back from kept answers"] if decided.put_back else []),
        *(
            f"{count} removed as {reason.replace('_', ' ')}, with their histories kept"
            for reason, count in removed.items()
            if count
        ),
    ]


def _save(run: Run, decided: _Decided, inventory: _Inventory, *, before: Preflight) -> None:
    """Strikes bear the tracker's time, everything else ours."""
    struck_at, source = micros(before.server_time), run.source
    refused, state = run.connector.unread(), run.state()
    roster = unread.with_refused(state.roster, refused)

    def strike(connection: Connection, external_ids: Sequence[str], *, at: int) -> None:
        mark_missing(connection, source=source, external_ids=external_ids, at=at)
        strike_items(connection, source=source, external_ids=external_ids, at=struck_at, run_id=run.run_id)

    def work(connection: Connection) -> None:
        clean, at = Cleaner(), run.learned_at()
        mark_present(connection, source=source, external_ids=decided.present)
        mark_missing(connection, source=source, external_ids=decided.waiting, at=at)
        strike(connection, decided.struck, at=at)
        for (reason, look), external_ids in decided.removed.items():
            strike(connection, external_ids, at=at)
            enter_removals(
                connection, external_ids, source=source, at=at, reason=reason, look=str(look), run_id=run.run_id
            )
            remove_items(connection, source=source, external_ids=external_ids, at=at, reason=reason)
        for external_id in decided.moved:
            move_out(connection, source=source, external_id=external_id, key=None, at=at, run_id=run.run_id)
        run.counts["returned"] = note_returns(connection, source, at=at)
        update_items(connection, source=source, external_ids=decided.gaps, values={"history": str(HistoryState.GAP)})
        clear_queue(connection, source)
        enqueue(connection, decided.to_fetch, source=source, at=at)
        forget_unreadable(connection, decided.gone_aside, source=source)
        if decided.uses_confirmation:
            use_confirmations(connection, source, at=run.now())
        proofs = proof.of_sweep(
            holdings(connection, source),
            roster=roster,
            scopes=before.scopes,
            counted=inventory.counted,
            unheld=len(inventory.unheld),
            told_at=before.server_time,
        )
        save_proofs(connection, proofs, source=source, run_id=run.run_id, at=at)
        values = {
            "census_at": struck_at,
            "swept_at": at,
            "declared": proofs[0].declared,
            "census_problems": clean.json(decided.problems(source)),
            "suspensions": suspensions_text(decided.suspended),
        }
        if refused and state.cursor is not None:  # the next sync has to ask something of them, and to read all of it
            without = vouching_without(state.cursor, {one.id for one in refused})
            values |= {"roster": roster_text(roster), "cursor": clean.json(dict(without))}
        update_source(connection, source, values)

    run.save(work)
