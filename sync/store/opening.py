"""Open a store: who may write, what is there, and is its schema ours?

SQLite: one file, mode 0600 in a folder 0700, WAL with synchronous FULL, writers known by a lock file beside it.
PostgreSQL: an empty or own database in UTF-8, writers known by an advisory lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sync.store.faults import (
    StoreBusyError,
    StoreError,
    StoreForeignError,
    StoreMissingError,
    StoreOutdatedError,
    StoreTooNewError,
    StoreTroubleError,
    trouble,
)
from sync.store.instants import micros
from sync.store.tables import INSTANCE

REVISIONS = ("0001", "0002", "0003")  # oldest first; the last is what this program writes
LOCK_PATIENCE_SECONDS = 1.2
BUSY_TIMEOUT_SECONDS = 5
ADVISORY_LOCK = 0x766D6F  # "vmo"; PostgreSQL keeps advisory locks apart by database
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_SQLITE_HEADER = b"SQLite format 3\x00"


class WriterLock(Protocol):
    """Held as long as this process may write."""

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
        return engine, lock, _prepare_for_writing(engine, place=str(path))
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
            header = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise StoreTroubleError(f"store {path}: cannot be read ({error.strerror}); check its owner and mode") from error
    if not header:
        raise StoreForeignError(
            f"store {path}: the file is empty, and we never leave one so; restore a backup, "
            "or move it away to begin a new store (nothing is mailed before `vmo run --first-run`)"
        )
    if header != _SQLITE_HEADER:
        raise StoreForeignError(f"store {path}: this is not an SQLite database; name another file, or restore a backup")


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
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, pool_size=32
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own BEGIN is deferred and comes late
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A deferred transaction that writes after another writer fails at once, busy timeout or not.
        write = connection.get_execution_options().get("vmo_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


class _FileLock:
    """A lock file. The kernel frees it when its process dies, however it dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path, *, place: str, sleep: Callable[[float], None]) -> _FileLock:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise StoreTroubleError(
                f"store {place}: cannot be locked ({error.strerror}); check the folder's owner"
            ) from error
        for _ in _attempts(sleep):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return cls(descriptor)
        os.close(descriptor)
        raise StoreBusyError(_busy(place))

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


# --- PostgreSQL


def _open_postgresql(
    url: URL, *, now: Callable[[], datetime], write: bool, sleep: Callable[[float], None]
) -> tuple[Engine, WriterLock | None, int]:
    place = f"{url.host or 'local'}/{url.database}"
    try:
        engine = create_engine(url, pool_size=32, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError("store: PostgreSQL needs its driver; pip install 'vmo[postgres]'") from error
    with _own_words(place=place):
        with engine.connect() as connection:
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StoreForeignError(
                f"store {place}: its encoding is {encoding}; create the database with ENCODING 'UTF8'"
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


class _AdvisoryLock:
    """A session's advisory lock on a connection of its own. The server frees it when the session ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, engine: Engine, *, place: str, sleep: Callable[[float], None]) -> _AdvisoryLock:
        with _own_words(place=place):
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for _ in _attempts(sleep):
                if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}).scalar_one():
                    return cls(connection)
            connection.close()
        raise StoreBusyError(_busy(place))

    def release(self) -> None:
        self._connection.invalidate()  # ends the session, whatever state it is in
        self._connection.close()


# --- both


def refuse_damage(engine: Engine, *, place: str) -> None:
    """Let SQLite look at every page of its file. Raises StoreForeignError, naming what is wrong."""
    if engine.dialect.name != "sqlite":
        return
    with _own_words(place=place), engine.connect() as connection:
        found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
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


def _busy(place: str) -> str:
    return f"store {place}: another vmo writes to it; stop that one, or wait until it has finished"


def _check_for_reading(engine: Engine, *, place: str) -> None:
    with _own_words(place=place), engine.connect() as connection:
        if not inspect(connection).get_table_names():
            raise StoreMissingError(f"store {place}: there is nothing in it yet; run `vmo sync` first")
        found = _revision(connection, place=place)
    if found != REVISIONS[-1]:
        raise StoreOutdatedError(f"store {place}: its schema is {found}, we need {REVISIONS[-1]}; run `vmo db upgrade`")


def _prepare_for_writing(engine: Engine, *, place: str) -> int:
    """Upgrade where needed, and take the next epoch: an older writer that wakes is fenced."""
    with _own_words(place=place), writing(engine) as connection:
        if _revision(connection, place=place) != REVISIONS[-1]:
            _upgrade(connection)
        epoch: int | None = connection.execute(select(INSTANCE.c.epoch)).scalar_one_or_none()
        if epoch is None:
            raise StoreForeignError(f"store {place}: it does not say which store it is; restore a backup")
        connection.execute(INSTANCE.update().values(epoch=epoch + 1))
    return epoch + 1


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
