"""Open a store: who may write, what is there, and is its schema ours?

SQLite: one file, mode 0600 in a folder 0700, WAL with synchronous FULL, writers known by a lock file beside it.
PostgreSQL: an empty or own database in UTF-8, writers known by an advisory lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sync.store.faults import (
    StoreBusyError,
    StoreError,
    StoreFencedError,
    StoreForeignError,
    StoreMissingError,
    StoreOutdatedError,
    StoreTooNewError,
    StoreTroubleError,
    trouble,
)
from sync.store.instants import micros, moment
from sync.store.tables import INSTANCE, METADATA

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
)  # oldest first; the last is what this program writes
LOCK_PATIENCE_SECONDS = 1.2
BUSY_TIMEOUT_SECONDS = 5
ADVISORY_LOCK = 0x766D6F  # "vmo"; PostgreSQL keeps advisory locks apart by database
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_SQLITE_HEADER = b"SQLite format 3\x00"
_HEADER_BYTES = 100
LOOK_EVERY = timedelta(days=1)
MOST_LOG_BYTES = 64 << 20  # what stays of the write-ahead log once a long reader has gone


class WriterLock(Protocol):
    """Held as long as this process may write."""

    def renew(self) -> None:
        """After the connection was lost: take it again. Raises StoreFencedError where another has taken it."""

    def release(self) -> None: ...


def open_engine(
    url: str, *, now: Callable[[], datetime], write: bool, sleep: Callable[[float], None]
) -> tuple[Engine, WriterLock | None, int]:
    """Return a checked engine, the writer's lock (None for readers) and this writer's epoch (0 for readers).

    Creates a store where there is none, and upgrades an older one, only for writers. Raises StoreError.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, now=now, write=write, sleep=sleep)
    return _open_postgresql(parsed, now=now, write=write, sleep=sleep)


def describe(url: str) -> str:
    """The store's place as it may be shown: never with a password."""
    return _parse(url).render_as_string(hide_password=True)


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed whole, or not at all."""
    with engine.connect() as plain:
        connection = plain.execution_options(vmo_write=True)
        with connection.begin():
            yield connection


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "store: cannot understand the address; write sqlite:///FILE or postgresql+psycopg://..."
        ) from error
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(
            f"store: {parsed.drivername} is not supported; write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        )
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError("store: a store in memory forgets everything; name a file: sqlite:///vmo-data/vmo.db")
    return parsed


# --- SQLite


def _open_sqlite(
    url: URL, *, now: Callable[[], datetime], write: bool, sleep: Callable[[float], None]
) -> tuple[Engine, WriterLock | None, int]:
    path = Path(str(url.database))
    if not write:
        if not path.exists():
            raise StoreMissingError(f"store {path}: there is none yet; run `vmo sync` first")
        _refuse_foreign_file(path)
        engine = _sqlite_engine(path)
        _check_for_reading(engine, place=str(path))
        return engine, None, 0
    _make_folder(path.parent)
    lock = _FileLock.take(path.with_name(path.name + ".lock"), place=str(path), sleep=sleep)
    try:
        if path.exists():
            _refuse_foreign_file(path)
        else:
            _create_beside(path, now=now)
        engine = _sqlite_engine(path)
        if lock.asks_for_a_look(now()):
            refuse_damage(engine, place=str(path))
            lock.looked_at = now()
        return engine, lock, _prepare_for_writing(engine, place=str(path), path=path)
    except BaseException:
        lock.release()
        raise


def _make_folder(folder: Path) -> None:
    if folder.exists():
        return
    try:
        folder.mkdir(parents=True, mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise StoreTroubleError(
            f"store: cannot make the folder {folder} ({error.strerror}); make it, or name another"
        ) from error


def _refuse_foreign_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise StoreTroubleError(f"store {path}: cannot be read ({error.strerror}); check its owner and mode") from error
    if not header:
        raise StoreForeignError(
            f"store {path}: the file is empty, and we never leave one so; restore a backup, "
            "or move it away to begin a new store (nothing is mailed before `vmo run --first-run`)"
        )
    if header[:16] != _SQLITE_HEADER:
        raise StoreForeignError(f"store {path}: this is not an SQLite database; name another file, or restore a backup")
    if (pages := _pages_missing(path, header)) > 0:
        raise StoreForeignError(
            f"store {path}: the end of the file is missing ({pages} pages); restore a backup, and keep the damaged file"
        )


def _pages_missing(path: Path, header: bytes) -> int:
    """How many pages the file is shorter than its header says. Unknown, so 0, while a write-ahead log is to be applied.

    Offsets: https://www.sqlite.org/fileformat.html#the_database_header
    """
    log = path.with_name(path.name + "-wal")
    if len(header) < _HEADER_BYTES or (log.exists() and log.stat().st_size):
        return 0
    size = int.from_bytes(header[16:18], "big")
    page_bytes = 65_536 if size == 1 else size
    if page_bytes == 0 or header[24:28] != header[92:96]:  # written by something that keeps no count of pages
        return 0
    return int.from_bytes(header[28:32], "big") - path.stat().st_size // page_bytes


def _create_beside(path: Path, *, now: Callable[[], datetime]) -> None:
    """Make the new store under another name first, so that a crash never leaves an empty file in its place."""
    draft = path.with_name(path.name + ".new")
    for leftover in (draft, draft.with_name(draft.name + "-wal"), draft.with_name(draft.name + "-shm")):
        leftover.unlink(missing_ok=True)
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
    except OSError as error:
        raise StoreTroubleError(
            f"store {path}: cannot be created ({error.strerror}); check the folder's owner"
        ) from error
    engine = _sqlite_engine(draft)
    with _own_words(place=str(path)):
        with writing(engine) as connection:
            _upgrade(connection)
            _begin_instance(connection, now=now)
        with engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    put_in_place(draft, path)


def put_in_place(draft: Path, path: Path) -> None:
    """Let a finished file take its name, so that it is there after a power cut too. Raises StoreTroubleError."""
    try:
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreTroubleError(
            f"store {path}: cannot be written ({error.strerror}); make space, or look at the disk, and try again"
        ) from error


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, pool_size=32
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own BEGIN is deferred and comes late
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"journal_size_limit={MOST_LOG_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A deferred transaction that writes after another writer fails at once, busy timeout or not.
        write = connection.get_execution_options().get("vmo_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


class _FileLock:
    """A lock file. The kernel frees it when its process dies, however it dies.

    While it is held the file is empty; who gives it back in order writes when the store was last found sound. So a
    store whose writer died, and one that was not looked at for a day, is looked at.
    """

    def __init__(self, descriptor: int, *, looked_at: datetime | None) -> None:
        self._descriptor: int | None = descriptor
        self.looked_at = looked_at

    @classmethod
    def take(cls, path: Path, *, place: str, sleep: Callable[[float], None]) -> _FileLock:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise StoreTroubleError(
                f"store {place}: cannot be locked ({error.strerror}); make its folder writable, or make space"
            ) from error
        for _ in _attempts(sleep):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                told = os.pread(descriptor, 32, 0)
                with contextlib.suppress(OSError):  # a disk that is read-only says so at the first transaction
                    os.ftruncate(descriptor, 0)
                return cls(descriptor, looked_at=_instant(told))
        os.close(descriptor)
        raise StoreBusyError(_busy(place))

    def asks_for_a_look(self, now: datetime) -> bool:
        return self.looked_at is None or not timedelta(0) <= now - self.looked_at < LOOK_EVERY

    def renew(self) -> None:
        """Nothing but our own death takes it from us."""

    def release(self) -> None:
        if self._descriptor is None:
            return
        if self.looked_at is not None:
            with contextlib.suppress(OSError):  # then the next writer looks
                os.pwrite(self._descriptor, str(micros(self.looked_at)).encode(), 0)
        os.close(self._descriptor)
        self._descriptor = None


def _instant(told: bytes) -> datetime | None:
    """What the lock file says; None where it is empty, or not ours."""
    try:
        return moment(int(told))
    except (ValueError, OverflowError):
        return None


# --- PostgreSQL


def _open_postgresql(
    url: URL, *, now: Callable[[], datetime], write: bool, sleep: Callable[[float], None]
) -> tuple[Engine, WriterLock | None, int]:
    place = f"{url.host or 'local'}/{url.database}"
    try:
        engine = create_engine(url, pool_size=32, pool_pre_ping=True, connect_args=_PATIENCE)
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError("store: PostgreSQL needs its driver; pip install 'vmo[postgres]'") from error
    with _own_words(place=place):
        with engine.connect() as connection:
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
            schema = connection.execute(text("SELECT current_schema()")).scalar_one()
            others = list(connection.execute(_STORES_ELSEWHERE).scalars())
        if encoding != "UTF8":
            raise StoreForeignError(
                f"store {place}: its encoding is {encoding}; create the database with ENCODING 'UTF8'"
            )
        if schema is None:
            raise StoreForeignError(
                f"store {place}: its search_path names no schema that is there; "
                "set it with ALTER ROLE ... SET search_path = public"
            )
        if others:
            raise StoreForeignError(
                f"store {place}: there is a store in the schema {', '.join(others)}, but search_path leads "
                f"to {schema}; set search_path to the store's schema, or take another database"
            )
    if not write:
        _check_for_reading(engine, place=place)
        return engine, None, 0
    lock = _AdvisoryLock.take(engine, place=place, sleep=sleep)
    try:
        with _own_words(place=place), writing(engine) as connection:
            if not inspect(connection).get_table_names():
                _upgrade(connection)
                _begin_instance(connection, now=now)
        return engine, lock, _prepare_for_writing(engine, place=place)
    except BaseException:
        lock.release()
        raise


# A server that is gone without a word is noticed within a minute; libpq's names and units.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "options": "-c lock_timeout=5s",
}

# Schemas that hold a store, where the one that search_path leads to holds none.
_STORES_ELSEWHERE = text(
    "SELECT table_schema FROM information_schema.tables WHERE table_name IN ('alembic_version', 'instance') "
    "AND NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'instance' "
    "AND table_schema = current_schema()) GROUP BY table_schema HAVING count(*) = 2 ORDER BY table_schema"
)


class _AdvisoryLock:
    """A session's advisory lock on a connection of its own. The server frees it when the session ends."""

    def __init__(self, engine: Engine, *, place: str) -> None:
        self._engine = engine
        self._place = place
        self._connection: Connection | None = None

    @classmethod
    def take(cls, engine: Engine, *, place: str, sleep: Callable[[float], None]) -> _AdvisoryLock:
        lock = cls(engine, place=place)
        with _own_words(place=place):
            for _ in _attempts(sleep):
                if lock._try():
                    return lock
        raise StoreBusyError(_busy(place))

    def renew(self) -> None:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return
        except DBAPIError:
            self.release()
        if not self._try():
            raise StoreFencedError(fenced(self._place))

    def release(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # ends the session, whatever state it is in
            self._connection.close()
            self._connection = None

    def _try(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            query = text("SELECT pg_try_advisory_lock(:key)")
            if connection.execute(query, {"key": ADVISORY_LOCK}).scalar_one():
                self._connection = connection
        finally:
            if self._connection is not connection:
                connection.close()
        return self._connection is not None


# --- both


def refuse_damage(engine: Engine, *, place: str) -> None:
    """Let SQLite look at every page of its file. Raises StoreForeignError, naming what is wrong."""
    if engine.dialect.name != "sqlite":
        return
    with _own_words(place=place), engine.connect() as connection:
        found = " ".join(str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()).split())
    if found != "ok":
        raise StoreForeignError(
            f"store {place}: the database is damaged ({found}); nothing is written to it; restore a backup, and keep "
            "the damaged file: `vmo db check` says more"
        )


def _attempts(sleep: Callable[[float], None]) -> Iterator[int]:
    """Try at once, then every tenth of a second until patience ends."""
    for attempt in range(int(LOCK_PATIENCE_SECONDS * 10) + 1):
        if attempt:
            sleep(0.1)
        yield attempt


def fenced(place: str) -> str:
    return f"store {place}: another vmo has taken it over while this one slept; nothing was written, stop this one"


def _busy(place: str) -> str:
    return f"store {place}: another vmo writes to it; stop that one, or wait until it has finished"


def _check_for_reading(engine: Engine, *, place: str) -> None:
    with _own_words(place=place), engine.connect() as connection:
        if not inspect(connection).get_table_names():
            raise StoreMissingError(f"store {place}: there is nothing in it yet; run `vmo sync` first")
        found = _revision(connection, place=place)
    if found != REVISIONS[-1]:
        raise StoreOutdatedError(f"store {place}: its schema is {found}, we need {REVISIONS[-1]}; run `vmo db upgrade`")


def _prepare_for_writing(engine: Engine, *, place: str, path: Path | None = None) -> int:
    """Upgrade where needed, and take the next epoch: an older writer that wakes is fenced.

    An SQLite store (`path`) is copied first, and the copy is checked: `vmo.db.before-0002`.
    """
    with _own_words(place=place):
        with engine.connect() as connection:
            found = _revision(connection, place=place)
        if found != REVISIONS[-1] and path is not None:
            back_up(engine, path.with_name(f"{path.name}.before-{REVISIONS[-1]}"), place=place)
        with writing(engine) as connection:
            if found != REVISIONS[-1]:
                _upgrade(connection)
            _refuse_other_tables(connection, place=place)
            epoch: int | None = connection.execute(select(INSTANCE.c.epoch)).scalar_one_or_none()
            if epoch is None:
                raise StoreForeignError(f"store {place}: it does not say which store it is; restore a backup")
            connection.execute(INSTANCE.update().values(epoch=epoch + 1))
    return epoch + 1


def _refuse_other_tables(connection: Connection, *, place: str) -> None:
    """Every table and column that we write must be there, whatever the schema's number says."""
    query = _SQLITE_COLUMNS if connection.dialect.name == "sqlite" else _POSTGRESQL_COLUMNS
    found = {(table, column) for table, column in connection.execute(query)}
    missing = [
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if (table.name, column.name) not in found
    ]
    if missing:
        raise StoreForeignError(
            f"store {place}: {missing[0]} is not there ({len(missing)} columns in all), though its schema is "
            f"{REVISIONS[-1]}; somebody changed it; restore a backup"
        )
    query = _SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else _POSTGRESQL_TRIGGERS
    watching = set(connection.execute(query).scalars())
    if asleep := [name for name in WATCHES if name not in watching]:
        raise StoreForeignError(
            f"store {place}: nothing watches over its changes any more (the trigger {asleep[0]} is not there), so "
            "that what it keeps cannot be believed; somebody changed it; restore a backup"
        )


# Triggers: which journeys have become stale (migrations 0004, 0006, 0007, 0010), and what items were (0008).
WATCHES = (
    *(f"{table}_{done}" for table in ("items", "changes", "link_words") for done in ("inserted", "updated", "deleted")),
    "items_renamed_inserted",
    "items_renamed_updated",
    "items_kept",
)
_SQLITE_TRIGGERS = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
_POSTGRESQL_TRIGGERS = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
_SQLITE_COLUMNS = text("SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c")
_POSTGRESQL_COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
)


def back_up(engine: Engine, target: Path, *, place: str) -> None:
    """Copy an SQLite store into a file, while others go on reading and writing, and check the copy before it is named.

    Raises StoreTroubleError; nothing is then left beside what was there before.
    """
    draft = target.with_name(target.name + ".part")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        with contextlib.closing(sqlite3.connect(draft)) as copy, engine.connect() as connection:
            held: Any = connection.connection.dbapi_connection
            held.backup(copy)
            found = str(copy.execute("PRAGMA integrity_check(1)").fetchone()[0])
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        if found != "ok":
            raise StoreForeignError(
                f"store {place}: its copy is damaged ({found}), so the store may be: run `vmo db check`"
            )
        put_in_place(draft, target)
    except (OSError, sqlite3.Error) as error:
        raise StoreTroubleError(
            f"store {place}: cannot be copied to {target} ({error}); make space, or name another place; "
            "nothing was changed"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _revision(connection: Connection, *, place: str) -> str:
    names = set(inspect(connection).get_table_names())
    if not {"alembic_version", "instance"} <= names:
        raise StoreForeignError(f"store {place}: this database is not a vmo store; name another, or an empty one")
    found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none())
    if found not in REVISIONS:
        raise StoreTooNewError(
            f"store {place}: a newer vmo has written it (schema {found}); install that version or newer"
        )
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic takes a third of a second to import, and is seldom needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])


def _begin_instance(connection: Connection, *, now: Callable[[], datetime]) -> None:
    row = {"id": 1, "instance_id": uuid.uuid4().hex, "created_at": micros(now()), "epoch": 0}
    connection.execute(INSTANCE.insert(), [row])


@contextlib.contextmanager
def _own_words(*, place: str) -> Iterator[None]:
    """Turn the database's complaints into ours. The driver's text is left out where it may hold an address."""
    try:
        yield
    except DBAPIError as error:
        raise trouble(error, place=place) from error
