"""What can be wrong with a store. Each message says who, what was found, and what to do; none holds a password."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError


class StoreError(Exception):
    """The store cannot be used as it is; nothing was written."""


class StoreMissingError(StoreError):
    """There is no store yet, and the caller only wanted to read."""


class StoreBusyError(StoreError):
    """Another process writes to this store."""


class StoreForeignError(StoreError):
    """What is there is empty, damaged or not ours."""


class StoreTooNewError(StoreError):
    """A newer vmo has written this store."""


class StoreOutdatedError(StoreError):
    """This store waits for an upgrade, and the caller only wanted to read."""


class StoreFencedError(StoreError):
    """Another process has taken the store over while this one slept; this one may not write any more."""


class StoreTroubleError(StoreError):
    """The database failed in the middle of work: full, read-only, locked or gone. Nothing half was written."""


def is_lost(error: DBAPIError) -> bool:
    """Did the connection to the server break, or can none be made? Nothing was written, or a commit is in doubt."""
    if not isinstance(error, OperationalError | InterfaceError) or isinstance(error.orig, sqlite3.Error):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    # No state: the server never answered. 08: connections; 57P01 to 57P03: shutting down, crashed, starting up.
    return state is None or state.startswith("08") or state in ("57P01", "57P02", "57P03")


def is_called_off(error: DBAPIError) -> bool:
    """Did the server roll the transaction back for the sake of another one (serialisation, deadlock, a held lock)?"""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "55P03")


def is_doubtful(error: DBAPIError) -> bool:
    """Did the disk itself fail? Then what SQLite has in memory may not be what is in the file."""
    return (getattr(error.orig, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_IOERR


def trouble(error: DBAPIError, *, place: str) -> StoreError:
    """Say what a database's complaint means for the person who runs the server."""
    told = str(error.orig).strip().splitlines()[0] if error.orig is not None else type(error).__name__
    lowered = told.lower()
    if "not a database" in lowered or "malformed" in lowered:
        return StoreForeignError(f"store {place}: the database is damaged ({told}); restore a backup")
    mend = "see the server's log"
    if error.connection_invalidated:
        mend = _CONNECTION
    for sign, advice in _MENDS:
        if sign in lowered:
            mend = advice
            break
    return StoreTroubleError(f"store {place}: {told}; {mend}")


_CONNECTION = "check that the server runs and can be reached; the next run goes on from the last whole batch"
_SPACE = "make space on the disk; nothing was lost, the next run goes on"
_MENDS = (  # a word of the database's complaint, and what it asks of a person; the first that fits
    ("is full", _SPACE),
    ("no space", _SPACE),
    ("readonly", "make the file and its folder writable"),
    ("read-only", "make the database writable"),
    ("unable to open", "make the folder writable, and make space on the disk"),
    (
        "disk i/o error",
        "the disk reports errors or is full: look at the disk, then try again; the file is checked first",
    ),
    ("locked", "another program holds the database; close it and try again"),
    ("password", "check the user and the password of the store"),
    ("terminating connection", _CONNECTION),
    ("server closed", _CONNECTION),
    ("connection", _CONNECTION),
    ("cannot execute", "the server takes no writes (a standby, or in recovery); name the primary server"),
)
