"""Sources that are not to be asked for a while: what outlives the process that was told so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from sync.store.instants import micros, moment
from sync.store.rows import Cleaner
from sync.store.store import Store
from sync.store.tables import HOLDS


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What keeps us from asking a source. `until` None: nothing does yet, but refusals are counted.

    `refusals`: how often in a row its credentials were not accepted. `credential` names them, and does not tell them.
    """

    source: str
    since: datetime
    until: datetime | None
    refusals: int
    credential: str
    sentence: str


def holds(store: Store) -> dict[str, Hold]:
    """What holds, by source."""
    with store.snapshot() as snapshot, snapshot._reading() as connection:
        return {
            row["source"]: Hold(
                source=row["source"],
                since=moment(row["held_since"]),
                until=None if row["held_until"] is None else moment(row["held_until"]),
                refusals=row["refusals"],
                credential=row["credential"],
                sentence=row["sentence"],
            )
            for row in connection.execute(select(HOLDS)).mappings()
        }


def keep_hold(store: Store, source: str, hold: Hold | None) -> None:
    """Write down what holds from now on; None: nothing does."""
    values = None
    if hold is not None:
        values = {
            "source": source,
            "held_since": micros(hold.since),
            "held_until": None if hold.until is None else micros(hold.until),
            "refusals": hold.refusals,
            "credential": hold.credential,
            "sentence": Cleaner().text(hold.sentence),
        }

    def work(connection: Connection) -> None:
        connection.execute(HOLDS.delete().where(HOLDS.c.source == source))
        if values is not None:
            connection.execute(HOLDS.insert().values(**values))

    store.write(work)
