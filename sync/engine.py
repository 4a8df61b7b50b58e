"""Bring the items home: fetch, read, save, advance.

```
preflight ──> batch ──> batch ──> ... ──> done
   │            │                          │
 identity    rows + queue + run + cursor  complete_at := the server's clock at preflight
             in one transaction
```

A run may end anywhere; the next one goes on from the last batch that was saved. A failure changes no item.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from connectors.base import (
    IMPOSSIBLE_SHAPES,
    Batch,
    Connector,
    CursorLostError,
    DeferredError,
    Preflight,
    Reading,
    TrackerError,
    UnreadableAnswerError,
)
from domain.change import Change
from domain.work_item import HistoryState, ItemId, WorkItem
from sync import garbage, plan, presence, proof, turns, unread
from sync.garbage import look_after, searched_seldom
from sync.relay import Relay
from sync.store import RunRecord, SourceState, Store, StoreError
from sync.store import rows as noun_rows
from sync.store.bookkeeping import (
    begin_run,
    clear_queue,
    enter_source,
    names_text,
    pin,
    roster_text,
    suspensions_text,
    update_run,
    update_source,
)
from sync.store.instants import micros
from sync.store.journeys import Tracing, refresh
from sync.store.mending import (
    Mended,
    mend,
    renamed,
    whole_histories,
    whole_revisions,
    with_hidden_parents,
)
from sync.store.proofs import save_proofs
from sync.store.reading import run_record
from sync.store.rows import Cleaner
from sync.store.store import Known
from sync.store.tables import RUNS
from sync.store.writing import (
    enqueue,
    held_keys,
    keep_unheld,
    replace_changes,
    save_batch,
    save_sprints,
    save_statuses,
)

REREAD_AT_ONCE = 200
FEW_NAMES = 5
BEYOND_DEADLINE_SECONDS = 600.0
STOPPING_SECONDS = 8.0  # what still hangs so long after we were told to stop is left alone
LOOK_SECONDS = 0.1
_log = logging.getLogger("vmo.sync")
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is. `phase`: preflight, sync, reread, census. `expected` None: nobody knows."""

    source: str
    phase: str
    done: int = 0
    expected: int | None = None
    requests: int = 0


def sync_source(
    connector: Connector,
    store: Store,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    stop: Callable[[], bool],
    progress: Callable[[Progress], None],
    full: bool = False,
    tracing: Tracing | None = None,
) -> RunRecord:
    """Pull what changed since the last run (`full`: everything) and say how it ended. Raises only StoreError.

    With `tracing`, journeys of what changed are traced in the transaction that changes it.
    """
    kind = "full" if full else "sync"
    run = Run(connector, store, kind=kind, now=now, monotonic=monotonic, progress=progress, tracing=tracing)
    return run.through(lambda: _sync(run, stop=stop, full=full))


def reread_source(
    connector: Connector,
    store: Store,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    stop: Callable[[], bool],
    progress: Callable[[Progress], None],
    tracing: Tracing | None = None,
) -> RunRecord:
    """Read every item again from its raw answers, with today's mapping; no request leaves. Raises only StoreError."""
    run = Run(connector, store, kind="reread", now=now, monotonic=monotonic, progress=progress, tracing=tracing)
    return run.through(lambda: _reread(run, stop=stop))


def sync_all(
    connectors: Sequence[Connector],
    store: Store,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    stop: Callable[[], bool],
    progress: Callable[[Progress], None],
    full: Collection[str] = (),
    patience_seconds: float | None = None,
    ended: Callable[[RunRecord], None] = lambda _: None,
    then: Callable[[Connector, RunRecord, Stop], Iterable[RunRecord]] = lambda *_: (),
    tracing: Tracing | None = None,
) -> list[RunRecord]:
    """Sync each source in a thread of its own, so that one that hangs or fails delays no other. `full`: by name.

    `ended` is told of each sync as it ends. `then` is what comes after it in the same thread, a census of that source,
    say; the records of what it did follow those of all syncs. After `patience_seconds` (None: ten minutes beyond the
    longest deadline of a run), or eight seconds after `stop` says so, a source that still hangs is left alone: its
    record says so, and whatever it answers later is not saved.
    """
    everyone = [
        _Worker(
            connector, store, now=now, monotonic=monotonic, stop=stop, progress=progress, ended=ended,
            full=connector.settings.name in full, tracing=tracing, then=then,
        )
        for connector in connectors
    ]  # fmt: skip
    for worker in everyone:
        worker.start()
    if patience_seconds is None:
        longest = max((connector.settings.run_deadline_seconds for connector in connectors), default=0)
        patience_seconds = longest + BEYOND_DEADLINE_SECONDS
    left = _wait(everyone, lambda worker: worker.is_syncing, left=patience_seconds, stop=stop)
    records = [worker.record() for worker in everyone]
    _wait(everyone, lambda worker: worker.is_at_work, left=left if stop() else patience_seconds, stop=stop)
    return records + [what for worker in everyone for what in worker.then_did()]


def _wait(workers: Sequence[_Worker], is_busy: Callable[[_Worker], bool], *, left: float, stop: Stop) -> float:
    """Wait for all of them, so many seconds at most; return how many are left."""
    for worker in workers:
        while is_busy(worker) and left > 0:
            if stop():
                left = min(left, STOPPING_SECONDS)
            worker.join(min(left, LOOK_SECONDS))
            left -= LOOK_SECONDS if is_busy(worker) else 0.0
    return left


class Run:
    """One attempt at one source: its row in the store, its counts, and how it ended."""

    def __init__(
        self,
        connector: Connector,
        store: Store,
        *,
        kind: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        progress: Callable[[Progress], None],
        tracing: Tracing | None = None,
    ) -> None:
        self.connector = connector
        self.store = store
        self.kind = kind
        self.now = now
        self.source = connector.settings.name
        self.counts: dict[str, Any] = {
            "batches": 0, "items": 0, "changes": 0, "requests": 0, "unreadable": 0, "cleaned": 0,
        }  # fmt: skip
        self.warnings: tuple[str, ...] = ()
        self.run_id = 0
        self.ended: str | None = None  # the outcome of a walk that came to its end, once it is written down
        self._monotonic = monotonic
        self._progress = progress
        self._tracing = tracing
        self._began = 0.0

    def through(self, work: Callable[[], str]) -> RunRecord:
        """Do the work, which returns its last sentence; whatever goes wrong becomes an outcome with one sentence."""
        self._began = self._monotonic()
        if not self.store.claim_source(self.source):
            return self._not_now()
        try:
            self._begin()
            with searched_seldom(), turns.taken_often():
                sentence = work()
                return self._finish(self.ended or "ok", sentence)
        except TrackerError as error:
            outcome = plan.outcome_of(error, batches=self.counts["batches"], read_again=self.counts["items"])
            return self._finish(outcome, str(error))
        except StoreError as error:
            self._finish_if_possible(str(error))
            raise
        except Exception as error:
            _log.exception("%s: a run ended by %s", self.source, type(error).__name__)
            kind = type(error).__name__
            return self._finish(
                "failed", f"{self.source}: something unforeseen went wrong ({kind}); the log says where"
            )
        finally:
            self.store.release_source(self.source)

    def save(self, work: Callable[[Connection], None]) -> None:
        """Do the work, trace what it changed, and update the run's row in one transaction."""
        self.counts["requests"] = self.connector.requests_made()

        def both(connection: Connection) -> None:
            work(connection)
            if self._tracing is not None:
                refresh(connection, self._tracing, source=self.source)
            update_run(connection, self.run_id, {**self.counts, "warnings": Cleaner().json(list(self.warnings))})

        self.store.write(both)

    def learned_at(self) -> int:
        """Since when what is being saved is known: asked inside `save`, since a batch may wait for its turn."""
        return self.store.learned_at(self.now())

    def tell(self, phase: str, *, done: int = 0, expected: int | None = None) -> None:
        self._progress(
            Progress(
                source=self.source,
                phase=phase,
                done=done,
                expected=expected,
                requests=self.connector.requests_made(),
            )
        )

    def go_on(self, stop: Callable[[], bool]) -> None:
        """Called between batches: end here when asked to, or when the run has lasted long enough."""
        if stop():
            raise plan.StoppedError(f"{self.source}: stopped on request; the next run goes on from here")
        if self._seconds() > self.connector.settings.run_deadline_seconds:
            hours = self.connector.settings.run_deadline_seconds / 3600
            raise DeferredError(f"{self.source}: the run has lasted {hours:.1f} hours; the next one goes on from here")

    def state(self) -> SourceState:
        state = self.store.state(self.source)
        assert state is not None  # entered when the run began
        return state

    def preflight(self) -> Preflight:
        """Ask the source who we are. Pins the first identity, and refuses another one until a person confirms it."""
        self.tell("preflight")
        seen = self.connector.preflight()
        self.warnings = seen.warnings
        state = self.state()
        try:
            plan.refuse_other_tracker(state, self.connector.settings)
            plan.refuse_changed_identity(
                self.source, pinned=state.identity, found=seen.identity, found_name=seen.identity_name
            )
        except plan.IdentityChangedError:
            pending = {"pending_identity": seen.identity, "pending_identity_name": seen.identity_name}
            self.save(lambda connection: update_source(connection, self.source, pending))
            raise
        self._pin(seen, roster=presence.merge_roster(state.roster, seen.scopes, names_projects=seen.names_projects))
        return seen

    def _pin(self, seen: Preflight, *, roster: Mapping[str, tuple[str, str]]) -> None:
        def work(connection: Connection) -> None:
            at = self.learned_at()
            pin(connection, self.connector.settings, seen, roster=roster)
            save_statuses(connection, seen.statuses, known_at=at, clean=Cleaner())
            save_sprints(connection, seen.sprints, source=self.source, known_at=at, clean=Cleaner())

        self.save(work)

    def _begin(self) -> None:
        at = self.now()

        def work(connection: Connection) -> int:
            enter_source(connection, self.connector.settings)
            if self.kind in ("sync", "full"):
                update_source(connection, self.source, {"attempted_at": micros(at)})
            return begin_run(connection, source=self.source, kind=self.kind, at=at)

        self.run_id = self.store.write(work)

    def _finish(self, outcome: str, sentence: str) -> RunRecord:
        self.counts["requests"] = self.connector.requests_made()
        values = {
            **self.counts,
            "outcome": outcome,
            "sentence": Cleaner().text(sentence),
            "warnings": Cleaner().json(list(self.warnings)),
            "finished_at": micros(self.now()),
            "seconds": int(self._seconds()),
        }

        def work(connection: Connection) -> RunRecord:
            update_run(connection, self.run_id, values)
            if self.kind in ("sync", "full") and outcome not in ("ok", self.ended):
                told = {"outcome": outcome, "problems": Cleaner().json([sentence])}
                update_source(connection, self.source, told)
            row = connection.execute(select(RUNS).where(RUNS.c.id == self.run_id)).mappings().one()
            return run_record(row)

        return self.store.write(work)

    def _finish_if_possible(self, sentence: str) -> None:
        if not self.run_id:  # not even its beginning could be written down
            return
        try:
            self._finish("failed", sentence)
        except StoreError:
            _log.warning("%s: the run's end could not be written down", self.source)

    def _not_now(self) -> RunRecord:
        at = self.now()
        sentence = f"{self.source}: another run of this source is under way; this one did nothing"
        return RunRecord(
            run_id=0, source=self.source, kind=self.kind, started_at=at, finished_at=at, outcome="deferred",
            sentence=sentence,
        )  # fmt: skip

    def _seconds(self) -> float:
        return self._monotonic() - self._began


# --- sync


def _sync(run: Run, *, stop: Callable[[], bool], full: bool) -> str:
    seen = run.preflight()
    state = run.state()
    full = full or state.read_anew_at is not None
    anew = plan.starts_over(state, asked=full)
    named = run.connector.named(None if anew else state.cursor, then=plan.named_once(state, run.connector.settings))
    digest = plan.reading_digest(run.connector.settings, named)
    if not plan.is_read_so(state, digest):
        _read_again(run, state, stop=stop, digest=digest, named=named)
    aside = [each.external_id for each in run.store.unreadable(run.source)]
    if not anew and plan.fetches_queue(run.connector.settings.kind):
        _ask_again(run, aside)
    walk = _Walk(
        run, seen=seen, digest=digest, named=named, anew=anew, filled=_was_read(run, state), aside=frozenset(aside),
        unnamed=presence.unnamed(state.roster),
    )  # fmt: skip
    if full and walk.filled:
        walk.check_against_raws(stop=stop)
    try:
        walk.go(state, stop=stop, full=anew and state.cursor is not None)
    except CursorLostError as error:
        _log.warning("%s", error)
        walk.anew = True
        walk.go(state, stop=stop, full=True)
    return walk.complete()


def _ask_again(run: Run, aside: Sequence[str]) -> None:
    """What could not be read is fetched by its id: the cursor has moved past it, and no change may name it again."""
    if aside:
        run.save(lambda connection: enqueue(connection, aside, source=run.source, at=run.learned_at()))


@dataclass
class _Walk:
    """The batches of one run, one after the other."""

    run: Run
    seen: Preflight
    digest: str
    named: Mapping[str, str]  # what the settings' field names stand for
    anew: bool
    filled: bool  # the store held items of this source when the walk began
    aside: frozenset[str] = frozenset()  # what was set aside by then
    unnamed: frozenset[str] = frozenset()  # projects that the settings do not name as they are called now
    found: int = 0
    mended: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)  # of these, what differs in how it is called alone
    reused: dict[str, str] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)  # of which the tracker itself says that they are not ours, or deleted
    declared: int | None = None  # by the tracker, of the whole scope
    held_back: list[Batch] = field(default_factory=list)
    ending: Batch | None = None  # tells a count beside its cursor: written with the proof, or not at all

    def go(self, state: SourceState, *, stop: Callable[[], bool], full: bool) -> None:
        run, connector = self.run, self.run.connector
        relay = Relay(
            lambda known: connector.changes_since(state.cursor, known, full=full),
            Known(run.store, run.source),
            name=run.source,
            go_on=lambda: run.go_on(stop),
        )
        with relay as batches:
            for batch in batches:
                run.go_on(stop)
                self.anew = self.anew or batch.starts_over
                if self.anew and self.found == 0 and not plan.has_content(batch):
                    self.held_back.append(batch)  # its cursor may vouch for an emptiness that we shall not believe
                else:
                    self._save_held_back()
                    self._take(batch)
                run.tell("sync", done=batch.done or run.counts["items"], expected=batch.expected)
                del batch  # while the next one is awaited, it need not stay
                look_after(run.counts["batches"])
                run.go_on(stop)

    def complete(self) -> str:
        """Believe the walk, or not. Moves `complete_at`, and tells what a reader should know."""
        source, store = self.run.source, self.run.store
        holdings = store.holdings(source)
        held = sum(scope["held"] for scope in holdings.values())
        if self.anew and not store.has_queue(source):
            plan.refuse_collapse(source, held=held, found=self.found, by="a full sync")
        self._save_held_back()
        plan.refuse_leftovers(source, chunks=store.pending_chunks(source))
        plan.refuse_drift(source, unreadable=len(self.unreadable), of=max(held, self.found))
        now = self.run.now()
        state, at = self.run.state(), micros(now)
        unheld = [each for each in store.unheld(source) if each not in self.left]
        refused = self.run.connector.unread()
        roster = unread.read_but(state.roster, refused, by=state.cursor)
        hidden = unread.out_of_reach(
            roster,
            asked=self.seen.scopes,
            refused=refused,
            held={scope_id: counts["held"] for scope_id, counts in holdings.items()},
            before=state.suspensions,
            at=now,
        )
        proofs = proof.of_sync(
            holdings,
            roster=roster,
            scopes=self.seen.scopes,
            told_at=self.seen.server_time,
            last=store.proofs(source),
            unheld=len(unheld) if plan.fetches_queue(self.run.connector.settings.kind) else None,
            counted=self.declared,
        )
        doubts = proof.doubts(source, proofs, counted=self.declared)
        problems = [*(unread.sentence(source, one) for one in hidden), *self._problems(unheld), *doubts]
        standing = self._census_problems(state)
        outcome = "partial" if hidden else "ok"
        values = {
            "outcome": outcome,
            "problems": Cleaner().json(problems),
            "census_problems": Cleaner().json(standing),
            "roster": roster_text(roster),
            "suspensions": suspensions_text([*hidden, *(one for one in state.suspensions if not one.is_unread)]),
            "sweep_asked_at": at if doubts or unread.is_news(hidden, before=state.suspensions) else _still_asked(state),
            **names_text(self.named, once=state.named_once),
        }
        if not any(one.missing for one in hidden):  # of a project of which nothing is held, no figure is old
            values["complete_at"] = micros(self.seen.server_time)
        if self.anew or state.full_since is not None:
            values |= {"full_at": micros(self.seen.server_time), "full_since": None}
        ids = {id for name in self.run.connector.settings.text_fields if (id := self.named[name])}
        kept = partial(self._kept_beside_items, {one.scope_id for one in hidden})
        anew = not self.anew and plan.is_asked_anew(state, ids, kept, digest=self.digest)
        values |= {"walked_digest": None if anew else self.digest, "read_anew_at": at if anew else None}
        self.run.counts.setdefault("returned", 0)
        self.run.counts |= {"held": held, "declared": proof.told_now(self.seen.scopes, counted=self.declared)}

        def work(connection: Connection) -> None:
            if self.ending is not None:
                self._advance(connection, self.ending, at=at)
            update_source(connection, source, values)
            clear_queue(connection, source)
            if state.swept_at is not None:
                keep_unheld(connection, unheld, source=source, at=micros(state.swept_at))
            save_proofs(connection, proofs, source=source, run_id=self.run.run_id, at=at)

        self.run.save(work)
        self.run.ended = outcome
        return " ".join([*problems, *standing, *self._mends()]) or _summary(self.run, held=held)

    def _kept_beside_items(self, hidden: Collection[str]) -> list[frozenset[str] | None]:
        """What the items of this source were asked for, each set once; not those that no walk reads now."""
        told = self.run.store.asked_fields()
        asked = self.run.store.asked_of(self.run.source, readable_but=hidden)
        return [None if each is None else told.get(each) for each in asked]

    def _take(self, batch: Batch) -> None:
        """Write a batch; but a count is no row, and a cursor beyond it that is written alone would lose it."""
        if batch.declared is None or plan.has_content(batch):
            self._save(batch)
        else:
            self.ending, self.declared = batch, batch.declared

    def _save(self, batch: Batch) -> None:
        run = self.run
        self.unreadable |= {external_id for external_id, _ in batch.unreadable}
        self.declared = self.declared if batch.declared is None else batch.declared
        plan.refuse_flood(run.source, unreadable=len(self.unreadable - self.aside))
        batch = replace(batch, histories=_histories(batch))
        run.warnings = tuple(dict.fromkeys([*run.warnings, *batch.warnings]))
        before, asked = dict(run.counts), sorted(run.connector.asked())

        mended = Mended()

        def work(connection: Connection) -> None:
            nonlocal mended
            known_at = run.learned_at()
            told = replace(batch, items=_items_told(run, connection, batch.items, batch.changes))
            is_held_against = self.filled or batch.contradicts
            if is_held_against:
                mended = self._mend(connection, told, known_at=known_at)
            moved = self._really_moved(connection, told)
            saved = save_batch(
                connection,
                replace(told, out_of_scope=moved),
                source=run.source,
                known_at=known_at,
                asked=asked,
            )
            update_source(connection, run.source, {"reading_digest": self.digest})
            run.counts |= {
                "batches": before["batches"] + 1,
                "items": before["items"] + saved.items,
                "changes": before["changes"] + saved.changes,
                "cleaned": before["cleaned"] + saved.cleaned,
                "returned": (before.get("returned") or 0) + saved.returned,
                "unreadable": len(self.unreadable),
            }
            if is_held_against:
                run.counts["mended"] = len(self.mended) + len(mended.differences.keys() - self.mended)
            self._advance(connection, batch, at=known_at)

        try:
            run.save(work)
        except BaseException:
            run.counts = before
            raise
        names = renamed(mended.differences) - (self.mended - self.renamed)
        self.renamed = (self.renamed | names) - (mended.differences.keys() - names)
        self.mended |= mended.differences.keys()
        self.reused |= mended.reused
        self.left |= {external_id for external_id, _ in [*batch.out_of_scope, *batch.recycled]}
        self.found += len(batch.items) + len(batch.unreadable) + sum(len(ids) for ids in batch.enqueue)

    def _really_moved(self, connection: Connection, batch: Batch) -> list[tuple[str, str]]:
        """Without those whose whole project is out of scope under the name that it bears now: it has not been left."""
        if not batch.out_of_scope or not self.unnamed:
            return list(batch.out_of_scope)
        ids = [external_id for external_id, _ in batch.out_of_scope]
        found = held_keys(connection, source=self.run.source, external_ids=ids, columns=("project_id",))
        home = {row["external_id"]: row["project_id"] for row in found}
        home |= {item.external_id: item.project_id for item in batch.items}
        return [moved for moved in batch.out_of_scope if home.get(moved[0]) not in self.unnamed]

    def _mend(self, connection: Connection, batch: Batch, *, known_at: int) -> Mended:
        """Set aside what a batch contradicts. Jira tells an item's whole history at once, a stream does not, unless an
        item is told anew.
        """
        run = self.run
        if plan.tells_whole_histories(run.connector.settings.kind):
            whole = whole_histories(batch)
        else:
            whole = whole_revisions(batch) if batch.contradicts else set()
        return mend(
            connection,
            batch,
            source=run.source,
            run_id=run.run_id,
            known_at=known_at,
            whole=whole,
        )

    def _advance(self, connection: Connection, batch: Batch, *, at: int) -> None:
        if batch.cursor is None:
            return
        values: dict[str, Any] = {"cursor": Cleaner().json(dict(batch.cursor))}
        if self.anew:
            values["full_since"] = at
        update_source(connection, self.run.source, values)

    def _save_held_back(self) -> None:
        for batch in self.held_back:
            self._take(batch)
        self.held_back = []

    def check_against_raws(self, *, stop: Callable[[], bool]) -> None:
        """A full run holds all rows against the raw answers that are kept, too: a stream tells old news only once."""
        for ids in self.run.store.ids_of_raws(self.run.source, at_once=REREAD_AT_ONCE):
            self.mended |= mend_from_raws(self.run, ids, named=self.named, so_far=self.mended)
            self.run.go_on(stop)

    def _census_problems(self, state: SourceState) -> list[str]:
        """What the last census said, without the projects that could not be read then: this run tells of those."""
        told = {unread.sentence(self.run.source, one) for one in state.suspensions if one.is_unread}
        return [problem for problem in state.census_problems if problem not in told]

    def _mends(self) -> list[str]:
        """What was not as the source says, in a sentence."""
        told = {
            "differed from what the source says and were mended ({}); what was believed before is kept": (
                self.mended - self.renamed
            ),
            "now with another key, project, area or iteration, as after a rename ({}); former names are kept": (
                self.renamed
            ),
        }
        return [
            f"{self.run.source}: {_items(len(ids))} {words.format(_few(ids))}" for words, ids in told.items() if ids
        ]

    def _problems(self, unheld: Sequence[str]) -> list[str]:
        source, store = self.run.source, self.run.store
        problems = [
            f"{source}: the id {external_id} now names another item than before (a restored tracker gives ids anew); "
            f"the former one is kept as {former}; run `vmo sync --full` to read everything again"
            for external_id, former in sorted(self.reused.items())
        ]
        aside = {each.external_id for each in store.unreadable(source)}
        if aside:
            problems.append(f"{source}: {_items(len(aside))} could not be read; `vmo status` lists what is set aside")
        if silent := [each for each in unheld if each not in aside]:
            keys = store.keys_of(source, silent[:FEW_NAMES])
            some = [keys.get(each, each) for each in silent[:FEW_NAMES]]
            problems.append(
                f"{source}: the last census named {_items(len(silent))} of which the tracker gives nothing when asked "
                f"({_few(some, of=len(silent))}): not held, and counted nowhere; check that the token's owner may see "
                "what is named; the next census asks for it again"
            )
        return problems


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _few(ids: Collection[str], *, of: int | None = None) -> str:
    """The first names, and how many more there are; `of`: where these are the first of so many."""
    count = len(ids) if of is None else of
    more = f" and {count - FEW_NAMES} more" if count > FEW_NAMES else ""
    return f"{', '.join(sorted(ids)[:FEW_NAMES])}{more}"


def _still_asked(state: SourceState) -> int | None:
    """When a census was asked for that has not been made since."""
    asked = state.sweep_asked_at
    return None if asked is None or (state.swept_at is not None and state.swept_at >= asked) else micros(asked)


def _was_read(run: Run, state: SourceState) -> bool:
    """Did a walk ever end, so that what differs is worth a word? An interrupted first one only lacks parts."""
    return state.full_at is not None and run.store.holds_any(run.source)


def _histories(batch: Batch) -> dict[str, HistoryState]:
    """The connector's word on each history; where it is silent, the changes of the batch speak."""
    silent = {item.external_id: item for item in batch.items if item.external_id not in batch.histories}
    told: dict[str, list[Change]] = {}
    for change in batch.changes if silent else ():
        told.setdefault(change.external_id, []).append(change)
    spoken = {
        external_id: proof.chain(
            sorted(told[external_id], key=lambda change: (change.occurred_at, change.sequence)),
            status=item.status,
            status_id=item.status_id,
        )
        for external_id, item in silent.items()
        if external_id in told
    }
    return spoken | dict(batch.histories)


def _items_told(
    run: Run, connection: Connection, items: Sequence[WorkItem], changes: Iterable[Change]
) -> Sequence[WorkItem]:
    """The items with the parents that are only hidden; where a stream of links tells of parents, as they are."""
    if not plan.tells_whole_histories(run.connector.settings.kind):
        return items
    return with_hidden_parents(connection, items, changes, source=run.source)


def _summary(run: Run, *, held: int) -> str:
    return f"{run.source}: {run.counts['changes']} new changes; {held} items held"


# --- reading again


def _reread(run: Run, *, stop: Callable[[], bool]) -> str:
    state, settings = run.state(), run.connector.settings
    named = plan.named_then(state, settings)
    count = _read_again(run, state, stop=stop, digest=plan.reading_digest(settings, named), named=named)
    return f"{run.source}: {_items(count)} read again from what was kept; no request was made"


def _read_again(
    run: Run, state: SourceState, *, stop: Callable[[], bool], digest: str, named: Mapping[str, str]
) -> int:
    """Read all kept raw answers with today's mapping; what cannot be read is set aside and stays as it was.

    How far it came is written with each part, and with which mapping: if it is stopped, the next run goes on, and with
    another mapping it begins again, also with the one of before. What the names of fields stand for is written with
    its end, so that values of one field and the name of another never meet.
    """
    count = 0
    after = state.reread_upto if state.rereading_digest == digest else None
    for ids in run.store.ids_of_raws(run.source, at_once=REREAD_AT_ONCE, after=after or ""):
        _read_some_again(run, ids, digest=digest, named=named)
        count += len(ids)
        run.tell("reread", done=count)
        run.go_on(stop)
    read = {"reading_digest": digest, "rereading_digest": None, "reread_upto": None}
    read |= names_text(named, once=state.named_once)
    run.save(lambda connection: update_source(connection, run.source, read))
    return count


def _readings(
    run: Run, ids: Sequence[str], named: Mapping[str, str]
) -> tuple[list[tuple[Reading, dict[str, int]]], list[tuple[str, str]]]:
    """What kept raw answers say, each with since when they are held; and which cannot be read, with the reason."""
    readings: list[tuple[Reading, dict[str, int]]] = []
    aside: list[tuple[str, str]] = []
    for external_id in ids:
        raws, known = run.store.raws_known(ItemId(run.source, external_id))
        try:
            readings.append((run.connector.read(raws, named), known))
        except UnreadableAnswerError as error:
            aside.append((external_id, str(error)))
        except IMPOSSIBLE_SHAPES as error:
            kind = type(error).__name__
            aside.append((external_id, f"{run.source}: item {external_id} has a value of no known shape ({kind})"))
    return readings, aside


def mend_from_raws(run: Run, ids: Sequence[str], *, named: Mapping[str, str], so_far: set[str]) -> set[str]:
    """Hold rows against the raw answers they were made from; return the items that differed, which are as they say."""
    readings, _ = _readings(run, ids, named)
    found: set[str] = set()
    kept = Batch(
        items=[reading.item for reading, _ in readings],
        histories={reading.item.external_id: reading.history for reading, _ in readings},
        changes=[change for reading, _ in readings for change in reading.changes],
    )

    def work(connection: Connection) -> None:
        nonlocal found
        at = run.learned_at()
        told = replace(kept, items=_items_told(run, connection, kept.items, kept.changes))
        mended = mend(
            connection, told, source=run.source, run_id=run.run_id, known_at=at, whole=set(told.histories)
        )  # fmt: skip
        found = set(mended.differences)
        only = {external_id: state for external_id, state in told.histories.items() if external_id in found}
        differing = replace(
            told,
            items=[item for item in told.items if item.external_id in found],
            histories=only,
            changes=[change for change in told.changes if change.external_id in found],
        )
        save_batch(connection, differing, source=run.source, known_at=at, arrived=False)
        run.counts["mended"] = len(so_far | found)

    run.save(work)
    return found


def _read_some_again(run: Run, ids: Sequence[str], *, digest: str, named: Mapping[str, str]) -> None:
    readings, aside = _readings(run, ids, named)
    items = [reading.item for reading, _ in readings]
    changes = [change for reading, _ in readings for change in reading.changes]
    histories = {reading.item.external_id: reading.history for reading, _ in readings}

    def work(connection: Connection) -> None:
        clean, at = Cleaner(), run.learned_at()
        batch = Batch(items=_items_told(run, connection, items, changes), histories=histories, unreadable=aside)
        save_batch(connection, batch, source=run.source, known_at=at, arrived=False)
        for reading, known in readings:
            replace_changes(
                connection,
                source=run.source,
                external_id=reading.item.external_id,
                changes=[
                    noun_rows.change_row(change, known_at=_learned(change, known, otherwise=at), clean=clean)
                    for change in reading.changes
                ],
            )
        update_source(connection, run.source, {"rereading_digest": digest, "reread_upto": ids[-1]})

    run.counts["items"] += len(readings)
    run.counts["unreadable"] += len(aside)
    run.save(work)


def _learned(change: Change, known: Mapping[str, int], *, otherwise: int) -> int:
    """A change is known since we hold the raw answer that tells it: "history:ID" of "ID:index", or the item's own."""
    entry = change.change_id.split(":")[0]
    found = (known.get(kind) for kind in (f"history:{entry}", f"revision:{entry}", "item"))
    return next((at for at in found if at is not None), otherwise)


# --- many sources


class _Worker(threading.Thread):
    """One source's run in a thread that does not keep the program alive."""

    def __init__(
        self,
        connector: Connector,
        store: Store,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        stop: Callable[[], bool],
        progress: Callable[[Progress], None],
        full: bool,
        ended: Callable[[RunRecord], None],
        then: Callable[[Connector, RunRecord, Stop], Iterable[RunRecord]],
        tracing: Tracing | None,
    ) -> None:
        super().__init__(name=f"sync {connector.settings.name}", daemon=True)
        self._source = connector.settings.name
        self._now = now
        self._started_at = now()
        self._left_alone = threading.Event()
        self._result: RunRecord | None = None
        self._then_did: list[RunRecord] = []
        self._ended = ended

        def has_to_stop() -> bool:
            return self._left_alone.is_set() or stop()

        self._work: Callable[[], RunRecord] = lambda: sync_source(
            connector, store, now=now, monotonic=monotonic, stop=has_to_stop, progress=progress, full=full,
            tracing=tracing,
        )  # fmt: skip
        self._then: Callable[[RunRecord], Iterable[RunRecord]] = lambda record: then(connector, record, has_to_stop)

    def run(self) -> None:
        try:
            result = self._work()
        except StoreError as error:
            result = self._failed(str(error))
        self._result = result
        if self._left_alone.is_set():
            return
        self._ended(result)
        try:
            for record in self._then(result):
                self._then_did.append(record)
        except StoreError as error:
            self._then_did.append(replace(self._failed(str(error)), kind="sweep"))

    @property
    def is_syncing(self) -> bool:
        return self.is_alive() and self._result is None

    @property
    def is_at_work(self) -> bool:
        return self.is_alive() and not self._left_alone.is_set()

    def record(self) -> RunRecord:
        """How the run ended; a source that still hangs is left alone from now on."""
        if self._result is None:
            self._leave_alone()
            return self._failed(f"{self._source}: it still does not answer and was left alone; the others went through")
        return self._result

    def then_did(self) -> list[RunRecord]:
        """What came of that which follows the sync; where it hangs, it is left alone as well."""
        if self._result is None or not self.is_at_work:
            return self._then_did
        self._leave_alone()
        if did := list(self._then_did):
            return [
                *did,
                self._failed(f"{self._source}: what its census found could not be read; the next sync goes on"),
            ]
        sentence = f"{self._source}: its census does not come to an end and was left alone; nothing was decided"
        return [replace(self._failed(sentence), kind="sweep")]

    def _leave_alone(self) -> None:
        """It may hang for as long as the program lives: what it changed for the whole of it is put back."""
        self._left_alone.set()
        if self.ident is not None:
            garbage.search_without(self.ident)
            turns.take_without(self.ident)

    def _failed(self, sentence: str) -> RunRecord:
        return RunRecord(
            run_id=0, source=self._source, kind="sync", started_at=self._started_at, finished_at=self._now(),
            outcome="failed", sentence=sentence,
        )  # fmt: skip
