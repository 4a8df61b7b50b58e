"""The rows that vouch for other rows: runs and sources. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connectors.base import Preflight, SourceSettings
from domain.trust import Suspension
from sync.store import writing
from sync.store.instants import micros
from sync.store.rows import Cleaner
from sync.store.tables import CONFIRMATIONS, QUEUE_CHUNKS, RUNS, SOURCE_STATES


def begin_run(connection: Connection, *, source: str, kind: str, at: datetime) -> int:
    """Enter a run that goes on; return its id."""
    row = {
        "source": source, "kind": kind, "started_at": micros(at), "outcome": "running", "sentence": "",
        "warnings": "[]", "batches": 0, "items": 0, "changes": 0, "requests": 0, "unreadable": 0, "cleaned": 0,
    }  # fmt: skip
    run_id: int = connection.execute(RUNS.insert().values(**row).returning(RUNS.c.id)).scalar_one()
    return run_id


def update_run(connection: Connection, run_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(RUNS.update().where(RUNS.c.id == run_id).values(**values))


def enter_source(connection: Connection, settings: SourceSettings) -> None:
    """Make sure that a source has a row."""
    row = {
        "source": settings.name, "kind": settings.kind, "base_url": settings.url, "roster": "[]", "outcome": "never",
        "problems": "[]", "census_problems": "[]",
    }  # fmt: skip
    writing.insert_if_new(connection, SOURCE_STATES, row)


def update_source(connection: Connection, source: str, values: Mapping[str, Any]) -> None:
    connection.execute(SOURCE_STATES.update().where(SOURCE_STATES.c.source == source).values(**values))


def names_text(named: Mapping[str, str], *, once: Mapping[str, str]) -> dict[str, str]:
    """The fields that settings name, and those that ever were there with the id they had last, without capitals."""
    clean, there = Cleaner(), {name.casefold(): id for name, id in named.items() if id}
    return {"named": clean.json(dict(named)), "named_once": clean.json({**once, **there})}


def pin(
    connection: Connection, settings: SourceSettings, preflight: Preflight, *, roster: Mapping[str, tuple[str, str]]
) -> None:
    """Keep where and who we were, and which projects we saw."""
    clean = Cleaner()
    update_source(
        connection,
        settings.name,
        {
            "kind": settings.kind,
            "base_url": settings.url,
            "product": clean.text(preflight.product),
            "identity": preflight.identity,
            "identity_name": clean.text(preflight.identity_name),
            "pending_identity": None,
            "pending_identity_name": None,
            "server_zone": preflight.server_zone,
            "roster": roster_text(roster),
        },
    )


def roster_text(roster: Mapping[str, tuple[str, str]]) -> str:
    """Projects by id, each with key and state, as they are kept."""
    return Cleaner().json([[scope, key, state] for scope, (key, state) in sorted(roster.items())])


def suspensions_text(suspended: Sequence[Suspension]) -> str:
    """Projects of which nothing is removed, as they are kept."""
    return Cleaner().json(
        [[one.scope_id, one.key, one.why, micros(one.since), one.missing, one.state] for one in suspended]
    )


def clear_queue(connection: Connection, source: str) -> None:
    """Forget the chunks of a walk that is complete, and those of which a newer census has told."""
    connection.execute(QUEUE_CHUNKS.delete().where(QUEUE_CHUNKS.c.source == source))


def use_confirmations(connection: Connection, source: str, *, at: datetime) -> None:
    connection.execute(
        CONFIRMATIONS.update()
        .where(
            CONFIRMATIONS.c.source == source, CONFIRMATIONS.c.subject == "vanished", CONFIRMATIONS.c.used_at.is_(None)
        )
        .values(used_at=micros(at))
    )
