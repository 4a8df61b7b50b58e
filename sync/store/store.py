"""The store: what is held, and the few ways in which it may change. Open one with `open_store`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, event, func, literal_column, null, select, text
from sqlalchemy.exc import DBAPIError

from connectors.base import Raw
from domain.funding import ClosedSpend
from domain.promises import Ending, Foretold
from domain.work_item import ItemId
from sync.store import closings, promises, writing
from sync.store.faults import (
    StoreError,
    StoreFencedError,
    StoreTroubleError,
    is_called_off,
    is_doubtful,
    is_lost,
    trouble,
)
from sync.store.instants import micros, moment
from sync.store.opening import WriterLock, describe, fenced, open_engine, refuse_damage
from sync.store.packing import unpack
from sync.store.reading import Edition, Reading, Snapshot
from sync.store.rows import Cleaner
from sync.store.tables import (
    CHANGES,
    CONFIGURATIONS,
    CONFIRMATIONS,
    DUE,
    EDITIONS,
    INSTANCE,
    ITEMS,
    MAILS,
    QUEUE_CHUNKS,
    RAWS,
    RUNS,
    SOURCE_STATES,
)

ATTEMPTS = 5  # a transaction that the database itself called off is tried again, whole
LOST_SECONDS = 0.25  # before the second try after a connection was lost; then twice as long each time
CALLED_OFF_SECONDS = 0.05
T = TypeVar("T")

# From which states a mail may come to each state. One that the server put off (4xx) is claimed again, before its text
# or after it; one that was refused or is in doubt only when a person asks for it.
_MAIL_BEFORE = {
    "data_started": ("claimed",),
    "accepted": ("data_started",),
    "refused": ("claimed", "data_started"),
    "expired": ("claimed", "unknown"),
    "superseded": ("claimed", "unknown", "refused", "expired"),
    "unknown": ("data_started",),
    "claimed": ("claimed", "data_started", "unknown", "refused", "expired"),
}
_DUE_STATES = ("done", "failed", "missed")


def open_store(
    url: str,
    *,
    now: Callable[[], datetime],
    write: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Store:
    """Open the store at `sqlite:///FILE` or `postgresql+psycopg://...`; make or upgrade it when we may write.

    Readers share it with a writer; a second writer is refused within two seconds. Raises StoreError, whose message
    can be shown.
    """
    engine, lock, epoch = open_engine(url, now=now, write=write, sleep=sleep)
    store = Store(engine, lock=lock, epoch=epoch, place=describe(url), sleep=sleep)
    if write:
        try:
            store.settle(now())
        except BaseException:
            store.close()
            raise
    return store


@dataclass
class _Attempt(Generic[T]):
    """One try at a transaction: what the work returned, and the name that the server gave the transaction."""

    results: list[T] = field(default_factory=list)
    transaction: str | None = None


class Store(Reading):
    """One portfolio's memory. Threads may share it: each question and each transaction has its own connection."""

    def __init__(
        self, engine: Engine, *, lock: WriterLock | None, epoch: int, place: str, sleep: Callable[[float], None]
    ) -> None:
        self.place = place
        self._engine = engine
        self._lock = lock
        self._epoch = epoch
        self._sleep = sleep
        self._at_work: set[str] = set()
        self._lost = False  # the connection to the server broke, and with it, perhaps, our lock
        self._doubt = False  # the disk failed under a write: what the connections then open believe may not be there
        event.listen(engine, "invalidate", self._note_a_lost_session)
        # SQLite lets one write at a time; waiting here is fair, its busy timeout is not. And on either database nothing
        # may be committed after a report that was known before it.
        self._turn = threading.Lock()
        self._learned = 0  # the latest instant at which anything was learned
        self._told = 0  # the latest instant of which it was told what was known then

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the writer's lock back. Closing twice is harmless."""
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def address(self) -> URL:
        """Where the database is, for a driver of its own. Holds its password: never show it."""
        return self._engine.url

    # --- transactions

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Ask many questions of one moment, while a sync goes on writing."""
        with self._reading() as connection:
            yield Snapshot(connection)

    @contextlib.contextmanager
    def moment_to_tell_of(self, now: datetime) -> Iterator[tuple[Snapshot, datetime]]:
        """A snapshot, and the instant since when all that it holds is known; what is learned later is later.

        So whoever asks for what was known at that instant gets the same. Waits for a write that is under way.
        """
        with contextlib.ExitStack() as opened:
            with self._turn:
                connection = opened.enter_context(self._reading())
                connection.execute(select(INSTANCE.c.epoch)).one()  # a snapshot is taken by its first question
                told = self._told = max(self._told, self._learned, micros(now))
            yield Snapshot(connection), moment(told)

    def learned_at(self, now: datetime) -> int:
        """Since when what this transaction brings is known; to be asked inside `write`."""
        learned = max(micros(now), self._told + 1)
        self._learned = max(self._learned, learned)
        return learned

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do the work in one transaction, and again when the database called it off. It must bear repetition.

        Where the connection breaks while we commit, the server is asked whether it did: nothing is then done twice.
        """
        if self._lock is None:
            raise StoreError(f"store {self.place}: it was opened for reading, or is closed")
        attempt = 1
        while True:
            attempted = _Attempt[T]()
            try:
                with self._turn:
                    self._settle_doubt()
                    with self._transaction(attempted) as connection:
                        attempted.results.append(work(connection))
                return attempted.results[0]
            except DBAPIError as error:
                if is_lost(error) and attempted.results and self._was_committed(attempted.transaction):
                    return attempted.results[0]
                self._doubt = self._doubt or is_doubtful(error)
                if attempt == ATTEMPTS or not (is_lost(error) or is_called_off(error)):
                    raise trouble(error, place=self.place) from error
                self._sleep((LOST_SECONDS if is_lost(error) else CALLED_OFF_SECONDS) * 2**attempt)
                attempt += 1

    def _was_committed(self, transaction: str | None) -> bool:
        """Ask the server how a transaction ended. Raises StoreTroubleError where it cannot be known."""
        for attempt in range(1, ATTEMPTS + 1):
            self._sleep(LOST_SECONDS * 2**attempt)
            try:
                with self._engine.connect() as connection:
                    status = connection.execute(
                        text("SELECT pg_xact_status(CAST(:xid AS xid8))"), {"xid": transaction}
                    ).scalar_one()
            except DBAPIError:
                continue
            if status in ("committed", "aborted"):
                return bool(status == "committed")
        raise StoreTroubleError(
            f"store {self.place}: the connection broke in the middle of a commit, and the server does not say "
            "whether it took place; check that the server runs; the next run goes on from what is there"
        )

    def _settle_doubt(self) -> None:
        """After the disk failed, no connection of before commits again: fresh ones do, once the file is found sound."""
        if self._doubt:
            self._engine.dispose()
            refuse_damage(self._engine, place=self.place)
            self._doubt = False

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        options: dict[str, Any] = {}
        if self._engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        try:
            with self._engine.connect() as plain:
                connection = plain.execution_options(**options)
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            raise trouble(error, place=self.place) from error

    @contextlib.contextmanager
    def _transaction(self, attempted: _Attempt[Any]) -> Iterator[Connection]:
        with self._engine.connect() as plain:
            connection = plain.execution_options(vmo_write=True)
            if self._lost and self._lock is not None:
                self._lock.renew()
                self._lost = False
            with connection.begin():
                name = literal_column("pg_current_xact_id()::text") if self._is_served() else null()
                row = connection.execute(select(INSTANCE.c.epoch, name).with_for_update(read=True)).one()
                epoch, attempted.transaction = row
                if epoch != self._epoch:
                    raise StoreFencedError(fenced(self.place))
                yield connection

    def _note_a_lost_session(self, *_: Any) -> None:
        self._lost = True

    def _is_served(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    # --- sources at work

    def claim_source(self, source: str) -> bool:
        """Claim a source for one run of this process; False while another run holds it."""
        with self._turn:
            if source in self._at_work:
                return False
            self._at_work.add(source)
            return True

    def release_source(self, source: str) -> None:
        with self._turn:
            self._at_work.discard(source)

    # --- instance

    def settle(self, now: datetime) -> None:
        """Tidy up after a process that died: its runs are over, mails it was handing over are in doubt."""

        def work(connection: Connection) -> None:
            connection.execute(
                RUNS.update()
                .where(RUNS.c.outcome == "running")
                .values(
                    outcome="failed",
                    finished_at=micros(now),
                    sentence=RUNS.c.source + ": the run was interrupted; the next one goes on from there",
                )
            )
            connection.execute(
                MAILS.update().where(MAILS.c.state == "data_started").values(state="unknown", at=micros(now))
            )

        self.write(work)

    def allow_mail(self, now: datetime) -> None:
        """A person has confirmed this store's first run."""
        self.write(lambda connection: connection.execute(INSTANCE.update().values(first_run_at=micros(now))))

    # --- what people confirm

    def confirm_identity(self, source: str, *, now: datetime) -> str:
        """Pin the identity that a source was last seen with; return its name. Raises StoreError if none waits."""

        def work(connection: Connection) -> str:
            state = connection.execute(select(SOURCE_STATES).where(SOURCE_STATES.c.source == source)).mappings().first()
            if state is None or state["pending_identity"] is None:
                raise StoreError(f"{source}: no changed identity waits for confirmation")
            name = str(state["pending_identity_name"])
            values = {
                "identity": state["pending_identity"],
                "identity_name": name,
                "pending_identity": None,
                "pending_identity_name": None,
                "base_url": "",  # and wherever the settings say that it is
            }
            connection.execute(SOURCE_STATES.update().where(SOURCE_STATES.c.source == source).values(**values))
            _confirm(connection, source=source, subject="identity", detail=name, now=now)
            return name

        return self.write(work)

    def confirm_vanished(self, source: str, *, now: datetime) -> int:
        """Accept that the items which the last sweep missed really went; return how many. Raises StoreError if none.

        Those of a project that is shown and refused are not counted: it is there, and no word of ours makes it go.
        """

        def work(connection: Connection) -> int:
            roster = connection.execute(select(SOURCE_STATES.c.roster).where(SOURCE_STATES.c.source == source)).scalar()
            forbidden = {scope_id: key for scope_id, key, state in json.loads(roster or "[]") if state == "forbidden"}
            query = select(ITEMS.c.project_id, func.count()).where(
                ITEMS.c.source == source, ITEMS.c.removed_at.is_(None), ITEMS.c.missing_since.is_not(None)
            )
            missing = {str(scope): int(many) for scope, many in connection.execute(query.group_by(ITEMS.c.project_id))}
            count = sum(many for scope, many in missing.items() if scope not in forbidden)
            if kept := [key for scope, key in sorted(forbidden.items()) if count == 0 and scope in missing]:
                raise StoreError(
                    f"{source}: what is missing is of a project that is shown to us and may not be read "
                    f"({', '.join(kept)}), and stays; give the token's owner access, or take it out of the settings"
                )
            if count == 0:
                raise StoreError(f"{source}: no missing items wait for confirmation")
            _confirm(connection, source=source, subject="vanished", detail=str(count), now=now)
            return count

        return self.write(work)

    # --- settings as they were

    def record_configuration(self, body: bytes, *, name: str, now: datetime) -> str:
        """Keep a settings file whole; return its digest (SHA-256). The same content is kept once."""
        digest = hashlib.sha256(body).hexdigest()
        row = {"name": name, "digest": digest, "body": zlib.compress(body), "first_seen_at": micros(now)}

        def work(connection: Connection) -> None:
            row["seen_at"] = micros(now)
            if not writing.insert_if_new(connection, CONFIGURATIONS, row):
                connection.execute(
                    CONFIGURATIONS.update()
                    .where(CONFIGURATIONS.c.name == name, CONFIGURATIONS.c.digest == digest)
                    .values(seen_at=micros(now))
                )

        self.write(work)
        return digest

    # --- editions, due ledger, mails

    def record_edition(self, edition: Edition, *, foretold: Foretold | None = None) -> bool:
        """Enter an edition; False if one of that id is there already, which then stays as it is.

        What it foretold is kept in the same transaction, once: an edition that is there keeps the forecasts it has.
        """
        row = {name: getattr(edition, name) for name in EDITIONS.c.keys()}  # noqa: SIM118 - not a dict
        row["known_at"], row["published_at"] = micros(edition.known_at), micros(edition.published_at)
        row["manifest"] = Cleaner().json(edition.manifest)

        def work(connection: Connection) -> bool:
            is_new = writing.insert_if_new(connection, EDITIONS, row)
            if foretold is not None:
                promises.keep(connection, foretold, edition_id=edition.edition_id)
            return is_new

        return self.write(work)

    def score_forecasts(self, endings: Mapping[ItemId, Ending], *, now: datetime) -> int:
        """Hold every kept forecast against how its item ended; return of how many items that said something new.

        `endings` are those of all items that have ended: the outcomes of one that is not among them are taken away,
        since it was reopened.
        """
        return self.write(lambda connection: promises.score(connection, endings, at=micros(now)))

    def keep_closed(self, closed: Sequence[ClosedSpend]) -> int:
        """Keep how the money of closed periods was attributed; return how many were new. What is kept stays."""
        return self.write(lambda connection: closings.keep(connection, closed)) if closed else 0

    def claim_due(self, report: str, period_key: str, now: datetime, *, due_at: datetime | None = None) -> bool:
        """Claim one period of a report before making it; True for the one who was first."""
        row = {
            "report": report,
            "period_key": period_key,
            "due_at": micros(due_at or now),
            "claimed_at": micros(now),
            "state": "claimed",
            "note": "",
        }
        return self.write(lambda connection: writing.insert_if_new(connection, DUE, row))

    def enter_due(
        self, report: str, period_key: str, state: str, now: datetime, *, due_at: datetime, note: str
    ) -> bool:
        """Enter a period that has ended already, by another name, say; False for one that is there.

        In one step: what is claimed and not finished is taken up by the next process.
        """
        row = {
            "report": report,
            "period_key": period_key,
            "due_at": micros(due_at),
            "claimed_at": micros(now),
            "finished_at": micros(now),
            "state": state,
            "note": note,
        }
        return self.write(lambda connection: writing.insert_if_new(connection, DUE, row))

    def withdraw_due(self, report: str, period_key: str) -> None:
        """Forget a claim of which nothing came."""
        withdrawn = DUE.delete().where(DUE.c.report == report, DUE.c.period_key == period_key)
        self.write(lambda connection: connection.execute(withdrawn))

    def finish_due(self, report: str, period_key: str, state: str, now: datetime, *, note: str = "") -> None:
        """Say how a claimed period ended: done, failed or missed."""
        if state not in _DUE_STATES:
            raise ValueError(f"a due period ends as one of {', '.join(_DUE_STATES)}, not {state}")
        self.write(
            lambda connection: connection.execute(
                DUE.update()
                .where(DUE.c.report == report, DUE.c.period_key == period_key)
                .values(state=state, finished_at=micros(now), note=note)
            )
        )

    def enter_mails(self, edition_id: str, letters: Mapping[str, str], now: datetime) -> None:
        """Enter every recipient with its Message-ID, before the first is tried, so that nobody is forgotten."""
        common = {"edition_id": edition_id, "state": "claimed", "claimed_at": micros(now), "at": micros(now)}

        def work(connection: Connection) -> None:
            for recipient, message_id in letters.items():
                row = {**common, "recipient": recipient, "message_id": message_id, "attempts": 0, "reply": ""}
                writing.insert_if_new(connection, MAILS, row)

        self.write(work)

    def claim_mail(self, edition_id: str, recipient: str, message_id: str, now: datetime) -> bool:
        """Claim a mail before connecting. True: send it. False: it was handed over, is in doubt, or has ended.

        A mail that was claimed by a process that died before its text left may be claimed again.
        """
        row = {
            "edition_id": edition_id,
            "recipient": recipient,
            "message_id": message_id,
            "state": "claimed",
            "claimed_at": micros(now),
            "at": micros(now),
            "attempts": 1,
            "reply": "",
        }

        def work(connection: Connection) -> bool:
            if writing.insert_if_new(connection, MAILS, row):
                return True
            again = (
                MAILS.update()
                .where(MAILS.c.edition_id == edition_id, MAILS.c.recipient == recipient, MAILS.c.state == "claimed")
                .values(at=micros(now), attempts=MAILS.c.attempts + 1)
            )
            return connection.execute(again).rowcount == 1

        return self.write(work)

    def mark_mail(self, edition_id: str, recipient: str, state: str, now: datetime, *, reply: str = "") -> bool:
        """Move a mail to its next state by compare-and-set; False if it is in no state that leads there."""
        update = (
            MAILS.update()
            .where(
                MAILS.c.edition_id == edition_id,
                MAILS.c.recipient == recipient,
                MAILS.c.state.in_(_MAIL_BEFORE[state]),
            )
            .values(state=state, at=micros(now), reply=Cleaner().text(reply))
        )
        return self.write(lambda connection: connection.execute(update).rowcount == 1)


class Known:
    """What a connector may ask of the items already held (`connectors.base.KnownItems`), of one source."""

    def __init__(self, store: Store, source: str) -> None:
        self._store = store
        self._source = source

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:
        with self._store.snapshot() as snapshot, snapshot._reading() as connection:
            found = writing.held_keys(
                connection,
                source=self._source,
                external_ids=external_ids,
                columns=("updated_at",),
                where=~writing.was_missed(),
            )
            return {row["external_id"]: moment(row["updated_at"]) for row in found}

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:
        with self._store.snapshot() as snapshot, snapshot._reading() as connection:
            found = writing.held_keys(
                connection, source=self._source, external_ids=external_ids, columns=("parent_id",)
            )
            return {row["external_id"]: row["parent_id"] for row in found}

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:
        """The items of these projects that are held, not removed, and have no parent."""
        wanted = set(project_ids)
        with self._store.snapshot() as snapshot, snapshot._reading() as connection:
            query = (
                select(ITEMS.c.external_id, ITEMS.c.project_id)
                .where(ITEMS.c.source == self._source, ITEMS.c.parent_id.is_(None), ITEMS.c.removed_at.is_(None))
                .order_by(ITEMS.c.external_id)
            )
            return [external_id for external_id, project in connection.execute(query) if project in wanted]

    def moved_out_of(self, project_id: str) -> Sequence[str]:
        """The items that are told to have left a project for another one; `project_id` as their changes name it."""
        with self._store.snapshot() as snapshot, snapshot._reading() as connection:
            query = (
                select(CHANGES.c.external_id)
                .where(CHANGES.c.source == self._source, CHANGES.c.field == "project", CHANGES.c.from_id == project_id)
                .distinct()
                .order_by(CHANGES.c.external_id)
            )
            return list(connection.execute(query).scalars())

    def newest_update(self) -> datetime | None:
        with self._store.snapshot() as snapshot, snapshot._reading() as connection:
            query = select(func.max(ITEMS.c.updated_at)).where(ITEMS.c.source == self._source)
            newest: int | None = connection.execute(query).scalar_one()
            return moment(newest)

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Each chunk once, the oldest first; chunks enqueued meanwhile come too."""
        last = 0
        while True:
            with self._store.snapshot() as snapshot, snapshot._reading() as connection:
                query = (
                    select(QUEUE_CHUNKS.c.id, QUEUE_CHUNKS.c.external_ids)
                    .where(
                        QUEUE_CHUNKS.c.source == self._source, QUEUE_CHUNKS.c.done.is_(False), QUEUE_CHUNKS.c.id > last
                    )
                    .order_by(QUEUE_CHUNKS.c.id)
                    .limit(1)
                )
                row = connection.execute(query).one_or_none()
            if row is None:
                return
            last = row[0]
            yield last, json.loads(row[1])

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:
        with self._store.snapshot() as snapshot, snapshot._reading() as connection:
            found = []
            for start in range(0, len(external_ids), writing.FEW):
                query = select(RAWS.c.external_id, RAWS.c.body).where(
                    RAWS.c.source == self._source,
                    RAWS.c.external_id.in_(external_ids[start : start + writing.FEW]),
                    RAWS.c.kind == "item",
                )
                found += [(row[0], row[1]) for row in connection.execute(query)]
        return {external_id: Raw(external_id, "item", unpack(body)) for external_id, body in found}


def _confirm(connection: Connection, *, source: str, subject: str, detail: str, now: datetime) -> None:
    connection.execute(
        CONFIRMATIONS.insert().values(source=source, subject=subject, detail=detail, confirmed_at=micros(now))
    )
