"""The store: rows and the cursor that vouches for them, in one place."""

from sync.store.faults import (
    StoreBusyError,
    StoreError,
    StoreFencedError,
    StoreForeignError,
    StoreMissingError,
    StoreOutdatedError,
    StoreTooNewError,
    StoreTroubleError,
)
from sync.store.reading import (
    Configuration,
    DueRow,
    Edition,
    Mail,
    Reading,
    RunRecord,
    SetAside,
    Snapshot,
    SourceState,
)
from sync.store.store import Store, open_store

__all__ = [
    "Configuration",
    "DueRow",
    "Edition",
    "Mail",
    "Reading",
    "RunRecord",
    "SetAside",
    "Snapshot",
    "SourceState",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StoreFencedError",
    "StoreForeignError",
    "StoreMissingError",
    "StoreOutdatedError",
    "StoreTooNewError",
    "StoreTroubleError",
    "open_store",
]
