"""What can be wrong with a store. Each message says who, what was found, and what to do; none holds a password."""

from __future__ import annotations


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
