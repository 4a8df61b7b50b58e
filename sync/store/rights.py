"""What was found of a token's rights, kept with its time as a run of kind `check`, for those who audit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from sync.store.bookkeeping import begin_run, update_run
from sync.store.instants import micros
from sync.store.store import Store

CHECK = "check"  # the kind of such a run; its outcome is one of these
MAY_WRITE, MAY_NOT_WRITE, UNSEEN = "may_write", "may_not_write", "unseen"


def state_of(may_write: bool | None) -> str:
    return UNSEEN if may_write is None else MAY_WRITE if may_write else MAY_NOT_WRITE


def note_rights(store: Store, source: str, *, may_write: bool | None, asked_of: int, at: datetime) -> None:
    """Write down whether a source's token could write, and of how many items it was asked."""

    def work(connection: Connection) -> None:
        run_id = begin_run(connection, source=source, kind=CHECK, at=at)
        values = {
            "outcome": state_of(may_write), "items": asked_of, "finished_at": micros(at), "seconds": 0,
        }  # fmt: skip
        update_run(connection, run_id, values)

    store.write(work)
