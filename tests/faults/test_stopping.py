"""SIGTERM at any moment: the program ends within ten seconds, and nothing that was committed is lost.

Processes are forked from a server that has everything imported, so that a moment costs a second and not four.
VMO_STOPS says how many random moments are tried (8 in the suite), VMO_SEED where they come from.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.loopback import Fault, RecordedRequest, Response
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers
from tests.faults.catalogue import case

LONGEST_SECONDS = 10.0
STOPS = int(os.environ.get("VMO_STOPS", "8"))
SEED = int(os.environ.get("VMO_SEED", "20261102"))
PRELOADED = ["cli.main", "cli.service", "cli.gathering", "connectors", "jira", "sqlalchemy.dialects.sqlite",
             "connectors.jira.cloud", "connectors.azure_devops.client", "tests.faults.test_stopping"]  # fmt: skip

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(PRELOADED)


@pytest.fixture(scope="module")
def running() -> Iterator[Trackers]:
    with small_trackers() as trackers:
        yield trackers


@pytest.fixture
def trackers(running: Trackers) -> Iterator[Trackers]:
    yield running
    running.well_again()


@pytest.fixture(scope="module")
def undisturbed(running: Trackers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    folder = a_folder(tmp_path_factory.mktemp("undisturbed"), running)
    assert ended(started(folder, "sync")) == 0
    return held(folder)


def started(folder: Path, *words: str) -> Any:
    process = _forks.Process(target=_vmo, args=(str(folder), words))
    process.start()
    return process


def ended(process: Any, seconds: float = 60.0) -> int:
    process.join(seconds)
    assert process.exitcode is not None, "it did not end"
    code: int = process.exitcode
    return code


def _vmo(folder: str, words: tuple[str, ...]) -> None:
    from cli.main import main  # noqa: PLC0415 - in the forked process alone

    os.chdir(folder)
    os.environ.update(SECRETS)
    sys.argv = ["vmo", *words]
    with Path("said.log").open("a", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        main()


def held(folder: Path) -> dict[str, list[Any]]:
    """Rows that trackers told of, without when we learned them."""
    path = folder / "vmo-data" / "vmo.db"
    if not path.exists():
        return {}
    asked = {
        "items": "SELECT source, external_id, key, title, status, updated_at, history FROM items",
        "changes": "SELECT source, external_id, change_id, field, occurred_at, to_value FROM changes",
        "raws": "SELECT source, external_id, kind FROM raws",
        "links": "SELECT source, from_id, to_id, kind, active FROM item_links",
    }
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        return {name: sorted(store.execute(query)) for name, query in asked.items()}


def stopped(process: Any, *, after: Callable[[], bool] = lambda: True) -> tuple[int, float]:
    """Exit code, and how long the end took."""
    until = time.monotonic() + 60
    while not after():
        assert process.exitcode is None, process.exitcode
        assert time.monotonic() < until, "the moment never came"
        time.sleep(0.01)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    return ended(process), time.monotonic() - began


def asked_for(trackers: Trackers, path: str) -> Callable[[], bool]:
    trackers.jira.requests.clear()
    return lambda: any(path in request.path for request in trackers.jira.requests)


HANGS = Response(delay_seconds=100)
BUSY = Response(status=429, headers={"Retry-After": "600"})
DRIPS = Response(body=json.dumps({"issues": [], "filler": "x" * 1000}).encode(), drip_seconds=0.5)


@case("T13")
@pytest.mark.slow
@pytest.mark.parametrize("words", [("sync",), ("run",), ("serve",)], ids=" ".join)
@pytest.mark.parametrize("trouble", [HANGS, BUSY, DRIPS], ids=["a hanging read", "a sleep", "a slow download"])
def test_it_ends_soon_whatever_it_waits_for(
    words: tuple[str, ...], trouble: Response, trackers: Trackers, tmp_path: Path
) -> None:
    trackers.jira.faults.append(Fault(path="/issue/bulkfetch", times=None, response=trouble))
    folder = a_folder(tmp_path, trackers)
    reached = asked_for(trackers, "/issue/bulkfetch")

    code, seconds = stopped(started(folder, *words), after=reached)

    assert code == (0 if words == ("serve",) else 3), (folder / "said.log").read_text()
    assert seconds < LONGEST_SECONDS / 2
    assert "Traceback" not in (folder / "said.log").read_text()
    assert not outcomes(folder) & {"running"}


def outcomes(folder: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(f"file:{folder}/vmo-data/vmo.db?mode=ro", uri=True)) as store:
        return {row[0] for row in store.execute("SELECT outcome FROM runs")}


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(trackers: Trackers, tmp_path: Path) -> None:
    """With the database locked by somebody else, a run cannot even write down that it was stopped."""
    folder = a_folder(tmp_path, trackers)
    trackers.jira.faults.append(Fault(path="/issue/bulkfetch", times=None, response=HANGS))
    reached = asked_for(trackers, "/issue/bulkfetch")
    process = started(folder, "sync")
    while not reached():
        time.sleep(0.01)
    with contextlib.closing(sqlite3.connect(folder / "vmo-data" / "vmo.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.3)
        still_there = process.exitcode is None
        began = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        code = ended(process)

        assert (still_there, code) == (True, 128 + signal.SIGTERM)
        assert time.monotonic() - began < 1


@case("T13")
@pytest.mark.slow
def test_a_store_that_hangs_does_not_keep_the_process(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, trackers)
    trackers.jira.faults.append(Fault(path="/issue/bulkfetch", times=None, response=HANGS))
    reached = asked_for(trackers, "/issue/bulkfetch")
    process = started(folder, "sync")
    while not reached():
        time.sleep(0.01)
    with contextlib.closing(sqlite3.connect(folder / "vmo-data" / "vmo.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        code, seconds = stopped(process)

    assert code == 3
    assert seconds < LONGEST_SECONDS


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stopped_at_random_moments_nothing_is_lost(
    trackers: Trackers, undisturbed: dict[str, list[Any]], tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    took: list[float] = []
    for number in range(STOPS):
        folder = a_folder(tmp_path / str(number), trackers)
        trackers.jira.intercept = trackers.azure.intercept = _trouble(chance)
        process = started(folder, chance.choice(("sync", "run", "serve")))
        time.sleep(chance.uniform(0.05, 1.6))
        before = process.exitcode
        code, seconds = stopped(process) if before is None else (before, 0.0)
        took.append(seconds)
        assert code in (0, 3, -signal.SIGTERM), (number, code, (folder / "said.log").read_text())
        assert seconds < LONGEST_SECONDS, (number, seconds)
        known = {name: set(rows) for name, rows in undisturbed.items() if name == "changes"}
        assert all(row in known["changes"] for row in held_or_none(folder).get("changes", []))
        trackers.well_again()
        the_ten_minutes_pass(folder)

        assert ended(started(folder, "sync")) == 0, (number, (folder / "said.log").read_text())
        assert held(folder) == undisturbed, number

    took.sort()
    print(f"{STOPS} stops: half within {took[len(took) // 2]:.2f} s, the longest {took[-1]:.2f} s")


def the_ten_minutes_pass(folder: Path) -> None:
    """What a tracker asked for before we were stopped is kept in the store, and a sync would obey it."""
    path = folder / "vmo-data" / "vmo.db"
    if path.exists():
        with (
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store,
            contextlib.suppress(
                sqlite3.OperationalError  # no tables yet
            ),
        ):
            store.execute("DELETE FROM holds")


def held_or_none(folder: Path) -> dict[str, list[Any]]:
    """A store that was only just being made has no tables yet."""
    try:
        return held(folder)
    except sqlite3.OperationalError:
        return {}


def _trouble(chance: random.Random) -> Callable[[RecordedRequest], Response | None]:
    """One answer in ten hangs, drips or asks us to come back in ten minutes."""

    def intercept(request: RecordedRequest) -> Response | None:
        if chance.random() > 0.1:
            return None
        return chance.choice((HANGS, BUSY, DRIPS))

    return intercept
