"""Who may open a store, and what is refused."""

from __future__ import annotations

import sqlite3
import stat
import time
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from sync.store import (
    StoreBusyError,
    StoreError,
    StoreFencedError,
    StoreForeignError,
    StoreMissingError,
    StoreTooNewError,
    open_store,
    opening,
)
from sync.store.tables import INSTANCE, METADATA
from tests.sync.conftest import sqlite_url
from tests.sync.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("every_migration")

CLOCK = FakeClock()


def test_a_new_store_is_made_and_found_again(store_url: str) -> None:
    with open_store(store_url, now=CLOCK.now) as store:
        first = store.instance_id()

    with open_store(store_url, now=CLOCK.now) as store:
        again = store.instance_id()

    assert again == first


def test_migrations_make_exactly_the_declared_tables(store_url: str) -> None:
    open_store(store_url, now=CLOCK.now).close()

    with create_engine(store_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, METADATA)

    assert differences == []


def test_every_migration_that_ships_is_known_to_the_program() -> None:
    folder = Path(opening.__file__).with_name("migrations")

    shipped = [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]

    assert tuple(reversed(shipped)) == opening.REVISIONS


def test_a_second_writer_is_refused_within_two_seconds(store_url: str) -> None:
    with open_store(store_url, now=CLOCK.now):
        began = time.monotonic()
        with pytest.raises(StoreBusyError, match="another vmo writes to it"):
            open_store(store_url, now=CLOCK.now)

    assert time.monotonic() - began < 2


def test_the_next_writer_is_welcome_when_the_first_has_closed(store_url: str) -> None:
    open_store(store_url, now=CLOCK.now).close()

    with open_store(store_url, now=CLOCK.now) as store:
        held = list(store.held_items())

    assert held == []


def test_a_reader_shares_the_store_with_a_writer_and_cannot_write(store_url: str) -> None:
    with open_store(store_url, now=CLOCK.now) as writer, open_store(store_url, now=CLOCK.now, write=False) as reader:
        same = reader.instance_id() == writer.instance_id()
        with pytest.raises(StoreError, match="opened for reading"):
            reader.allow_mail(CLOCK.now())

    assert same


def test_a_writer_that_was_overtaken_while_it_slept_cannot_write(store_url: str) -> None:
    with open_store(store_url, now=CLOCK.now) as store:
        with create_engine(store_url).begin() as connection:  # what a writer does that takes over
            connection.execute(INSTANCE.update().values(epoch=INSTANCE.c.epoch + 1))

        with pytest.raises(StoreFencedError, match="nothing was written"):
            store.allow_mail(CLOCK.now())

        assert not store.may_mail()


def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)

    with open_store(url, now=CLOCK.now):
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "held").iterdir()
        }  # with -wal and -shm, while it is open
        folder = stat.S_IMODE((tmp_path / "held").stat().st_mode)

    assert folder == 0o700
    assert set(modes) >= {"vmo.db", "vmo.db-wal", "vmo.db.lock"}
    assert set(modes.values()) == {0o600}


def test_sqlite_keeps_every_commit_through_a_power_cut(tmp_path: Path) -> None:
    with open_store(sqlite_url(tmp_path), now=CLOCK.now) as store, store._reading() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"", "the file is empty", id="zero bytes"),
        pytest.param(b"date,amount\n", "not an SQLite database", id="another kind of file"),
        pytest.param(b"SQLite format 3\x00" + b"\x13" * 4_096, "damaged", id="a header and rubbish"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_as_it_was(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "vmo.db"
    path.write_bytes(content)

    with pytest.raises(StoreForeignError, match=told) as refused:
        open_store(f"sqlite:///{path}", now=CLOCK.now)

    assert str(path) in str(refused.value)
    assert path.read_bytes() == content


def test_a_database_of_somebody_else_is_refused(store_url: str, tmp_path: Path) -> None:
    (tmp_path / "held").mkdir(exist_ok=True)
    with create_engine(store_url).begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))

    with pytest.raises(StoreForeignError, match="not a vmo store"):
        open_store(store_url, now=CLOCK.now)

    with create_engine(store_url).connect() as connection:
        assert list(connection.execute(text("SELECT * FROM invoices"))) == []


def test_a_store_of_a_newer_program_is_refused(store_url: str) -> None:
    open_store(store_url, now=CLOCK.now).close()
    with create_engine(store_url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for write in (True, False):
        with pytest.raises(StoreTooNewError, match="a newer vmo has written it"):
            open_store(store_url, now=CLOCK.now, write=write)


def test_a_reader_of_a_missing_store_is_told_what_to_do(store_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="run `vmo sync` first"):
        open_store(store_url, now=CLOCK.now, write=False)

    assert list(tmp_path.iterdir()) == []


def test_a_creation_that_was_cut_short_is_begun_again(tmp_path: Path) -> None:
    folder = tmp_path / "held"
    folder.mkdir()
    (folder / "vmo.db.new").write_bytes(b"SQLite format 3\x00 and not much more")

    with open_store(sqlite_url(tmp_path), now=CLOCK.now) as store:
        held = list(store.held_items())

    assert held == []
    assert not (folder / "vmo.db.new").exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        pytest.param("sqlite:///:memory:", "in memory", id="in memory"),
        pytest.param("mysql://somewhere/vmo", "mysql is not supported", id="another database"),
        pytest.param("vmo.db", "cannot understand", id="no address"),
    ],
)
def test_an_address_that_cannot_be_served_is_refused_with_its_mend(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told):
        open_store(url, now=CLOCK.now)


def test_a_server_that_cannot_be_reached_is_told_without_the_password() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("postgresql+psycopg://vmo:pa55word@127.0.0.1:9/vmo", now=CLOCK.now)

    assert "pa55word" not in str(refused.value)
    assert "127.0.0.1/vmo" in str(refused.value)


def test_a_database_that_is_not_in_utf8_is_refused(postgresql_server: str) -> None:
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    url = postgresql_server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", "/latin?")

    with pytest.raises(StoreForeignError, match="ENCODING 'UTF8'"):
        open_store(url, now=CLOCK.now)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "held").write_text("a file where the folder should be")

    with pytest.raises(StoreError, match="held"):
        open_store(sqlite_url(tmp_path), now=CLOCK.now)


def test_a_truncated_store_is_refused(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    open_store(url, now=CLOCK.now).close()
    path = tmp_path / "held" / "vmo.db"
    content = path.read_bytes()
    path.write_bytes(content[:5_000])

    with pytest.raises(StoreError):
        open_store(url, now=CLOCK.now)

    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT count(*) FROM instance")
