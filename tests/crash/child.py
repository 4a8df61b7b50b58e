"""The process that is killed. Run as `python -m tests.crash.child` with the shim preloaded.

It imports everything once, then reads jobs as lines of JSON and forks a child for each: a fork costs a few
milliseconds, a new Python more than a second. The process that forks never starts a thread.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import hashlib
import json
import logging
import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import alembic.command
import psycopg
from sqlalchemy import Connection, Engine, RowMapping, create_engine, event, text
from sqlalchemy import select as select_rows
from sqlalchemy.engine import make_url

import connectors.azure_devops.client
import connectors.jira.cloud
import connectors.jira.data_center
from connectors import connect
from connectors.base import Connector, SourceSettings
from sync.engine import sync_all
from sync.store import RunRecord, Store, StoreError, StoreMissingError, open_store
from sync.store.tables import METADATA
from sync.sweep import sweep_source
from tests.crash import planted, shim
from tests.crash.trackers import CENSUS, FEW, MOMENTS
from tests.sync.fakes import ignore_progress

WARM = (alembic.command, connectors.azure_devops.client, connectors.jira.data_center)  # imported before any fork
CHUNK = FEW - 1  # ids in a block of a full load, so that a few items make several
Told = dict[str, Any]
# Columns that differ between runs that are equal: how many requests, how long, which number a run or a block was given.
_NOT_TOLD = {
    "runs": ("id", "requests", "seconds"),
    "queue_chunks": ("id",),
    "items": ("struck_by",),
    "proofs": ("run_id",),
    "mends": ("run_id",),
    "removals": ("sweeps",),
}
_OF_A_FAILURE = {"source_states": ("outcome", "problems")}  # what else a run writes that failed


def serve() -> None:
    """Carry out jobs until there are no more."""
    logging.disable(logging.CRITICAL)
    assert connectors.jira.cloud.CHUNK > CHUNK
    planted.put(connectors.jira.cloud, CHUNK=CHUNK)
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_carry_out(json.loads(line))), flush=True)


def _carry_out(job: Told) -> Told:
    """Do a job in a child and return its answer; `killed` says whether the child was, `hung` whether we had to."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        faulthandler.dump_traceback_later(0.8 * _seconds(job), exit=False)  # where a run hangs is worth knowing
        _answer(job, writing)
    os.close(writing)
    told, hung = _all_of(reading, seconds=_seconds(job))
    os.close(reading)
    if hung:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    answer: Told = json.loads(told) if told and not hung else {}
    return answer | {"killed": os.WIFSIGNALED(status) and not hung, "hung": hung}


def _seconds(job: Told) -> float:
    """How long a job may take before it is said to hang."""
    return float(job.get("seconds", 60))


def _all_of(reading: int, *, seconds: float) -> tuple[bytes, bool]:
    """All that a child says, and whether it took longer than it may."""
    until, told = time.monotonic() + seconds, b""
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return told, True
        part = os.read(reading, 1 << 20)
        if not part:
            return told, False
        told += part


def _answer(job: Told, writing: int) -> None:
    """In the child: do the job, say how it went, and leave without tidying up."""
    try:
        told = JOBS[job["do"]](job)
    except BaseException:
        told = {"broken": traceback.format_exc()}
    shim.disarm()
    with open(writing, "wb", closefd=True) as pipe:
        pipe.write(json.dumps(told).encode())
    os._exit(0)


# --- jobs


def _create(job: Told) -> Told:
    """Make an empty store."""
    with _armed(job):
        open_store(job["url"], now=_clock(job)).close()
    return {"operations": _counted()}


def _sync(job: Told) -> Told:
    """Sync the sources, at the moment of the census count them too; a planted bug may be at work."""
    with planted.at_work(job.get("planted")) as happened, _armed(job), _terminated(job) as statements:
        told = _run(job)
    return told | {"operations": _counted(), "statements": statements[0], "planted": happened.count}


def _states(job: Told) -> Told:
    """Sync, and tell the digest of each source's rows after every transaction."""
    seen: list[Told] = [_digests(job["url"])]
    kept = Store.write

    def write(store: Store, work: Callable[[Connection], Any]) -> Any:
        result = kept(store, work)
        seen.append(_digests_of(store))
        return result

    planted.put(Store, write=write)
    told = _run(job)
    return told | {"states": seen, "left": _digests(job["url"])}


def _look(job: Told) -> Told:
    """Look at what a disturbed run left."""
    return {"left": _digests(job["url"]), "sound": _soundness(job["url"])}


def _again(job: Told) -> Told:
    """Look at what a disturbed run left, run once more, and look again."""
    left = _look(job)
    return _run(job) | left | {"then": _digests(job["url"])}


JOBS: dict[str, Callable[[Told], Told]] = {
    "create": _create, "sync": _sync, "states": _states, "look": _look, "again": _again,
}  # fmt: skip


def _counted() -> Told:
    """How many operations of each class there were."""
    return {str(int(each)): shim.operations(each) for each in shim.Watch.EVERYTHING}


# --- a run


def _run(job: Told) -> Told:
    """Open the store, sync all sources each in its thread, and count those that went through.

    An error of the store is told, not raised.
    """
    records: list[RunRecord] = []
    error = ""
    told: Told = {
        "now": _clock(job), "monotonic": time.monotonic, "stop": lambda: False, "progress": ignore_progress,
    }  # fmt: skip
    try:
        with open_store(job["url"], now=_clock(job)) as store, _connected(job) as sources:
            records = sync_all(sources, store, **told)
            if job["moment"] == CENSUS:
                read = {record.source for record in records if record.outcome == "ok"}
                records += [  # as `vmo sync` does: what could not be read is not counted
                    sweep_source(source, store, **told) for source in sources if source.settings.name in read
                ]
    except StoreError as raised:
        error = str(raised)
    except Exception as raised:  # no answer to a fault: the harness takes it for a violation
        error = f"unforeseen: {raised!r}"
    return {
        "outcomes": [record.outcome for record in records],
        "sentences": [record.sentence for record in records if record.outcome != "ok"],
        "error": error,
    }


@contextlib.contextmanager
def _connected(job: Told) -> Iterator[list[Connector]]:
    found: list[Connector] = []
    try:
        for told in job["sources"]:
            settings = SourceSettings(**told | {"projects": tuple(told.get("projects", ()))})
            chance = random.Random(7).random
            found.append(connect(settings, now=_clock(job), monotonic=time.monotonic, sleep=time.sleep, random=chance))
        yield found
    finally:
        for connector in found:
            connector.close()


def _clock(job: Told) -> Callable[[], datetime]:
    at = MOMENTS[job["moment"]]
    return lambda: at


@contextlib.contextmanager
def _armed(job: Told) -> Iterator[None]:
    told = job.get("arm")
    if told is not None:
        shim.arm(
            shim.Arming(
                watch=shim.Watch(told["watch"]),
                at=told["at"],
                action=shim.Action(told["action"]),
                error=told["error"],
            ),
            folder=Path(job["folder"]) if job.get("folder") else None,
        )
    try:
        yield
    finally:
        shim.disarm()


@contextlib.contextmanager
def _terminated(job: Told) -> Iterator[list[int]]:
    """End the server's session at the n-th statement of this process, as an operator or a restart does.

    Yields the count of statements so far.
    """
    count = [0]
    url = make_url(job["url"]).set(drivername="postgresql").render_as_string(hide_password=False)

    def before(connection: Connection, *_: Any) -> None:
        count[0] += 1
        if count[0] == job.get("terminate_at"):
            raw: Any = connection.connection.dbapi_connection
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (raw.info.backend_pid,))

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", before)


# --- looking


def _digests(url: str) -> Told:
    """The digests of the store at this address; of nothing where there is none."""
    try:
        with open_store(url, now=lambda: MOMENTS[CENSUS], write=False) as store:
            return _digests_of(store)
    except StoreMissingError:
        return {"whole": {}, "rows": {}, "ended": {}}


def _digests_of(store: Store) -> Told:
    """Source -> digest of its rows, seen in three ways.

    `whole`: with the row of its run, for what a kill leaves. `rows`: without what a run writes that failed, for what an
    error leaves. `ended`: table by table and without runs, for where a sync ends: a disturbed one has one run more.
    """
    lines: dict[str, dict[str, list[str]]] = {"whole": {}, "rows": {}, "ended": {}}
    with store._reading() as connection:
        for table in METADATA.sorted_tables:
            if "source" not in table.c:
                continue
            hidden = _NOT_TOLD.get(table.name, ())
            of_a_failure = _OF_A_FAILURE.get(table.name, ())
            found = list(connection.execute(select_rows(table)).mappings())
            standing = {id(row) for row in (_standing(found) if table.name == "proofs" else found)}
            for row in found:
                shown = {name: value for name, value in sorted(row.items()) if name not in hidden}
                less = {name: value for name, value in shown.items() if name not in of_a_failure}
                lines["whole"].setdefault(row["source"], []).append(f"{table.name} {shown!r}")
                if table.name != "runs":
                    lines["rows"].setdefault(row["source"], []).append(f"{table.name} {less!r}")
                    if id(row) in standing:
                        lines["ended"].setdefault(f"{row['source']}: {table.name}", []).append(repr(shown))
    return {view: {source: _digest(told) for source, told in by_source.items()} for view, by_source in lines.items()}


def _standing(proofs: list[RowMapping]) -> list[RowMapping]:
    """The last proof of each scope: a disturbed sync, which has a run more, has a proof more."""
    last: dict[tuple[str, str], RowMapping] = {}
    for row in sorted(proofs, key=lambda row: int(row["run_id"])):
        last[row["source"], row["scope_id"]] = row
    return list(last.values())


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _soundness(url: str) -> str:
    """SQLite's own word on the file; `ok` for PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not Path(str(parsed.database)).exists():
        return "ok"
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return str(connection.execute(text("PRAGMA integrity_check")).scalar_one())
    finally:
        engine.dispose()


if __name__ == "__main__":
    serve()
