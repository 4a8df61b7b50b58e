"""Kill a sync anywhere: what is left is a prefix of whole batches, and the next run ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from connectors.base import Batch, Cursor, KnownItems, LinkEvent, Raw
from sync.store import Store, open_store
from tests.sync.conftest import new_postgresql_database, sqlite_url
from tests.sync.fakes import NOON, FakeClock, FakeConnector, a_batch, a_change, an_item, dump, sync

PAGES = 4
pytestmark = pytest.mark.slow


def page(number: int) -> Batch:
    """Two items with changes and raws, one of them as it was again on the page after."""
    ids = [str(2 * number), str(2 * number + 1), str(2 * number + 2)]
    items = [an_item(external_id, title=f"as page {number} tells", revision=number) for external_id in ids]
    return replace(
        a_batch(*items),
        changes=[a_change(external_id, change_id=f"{number}{external_id}:0") for external_id in ids],
        raws=[Raw(external_id=external_id, kind="item", body={"page": number}) for external_id in ids],
        links=[
            LinkEvent(from_id=ids[0], to_id=ids[1], kind="child", active=True, changed_at=NOON + timedelta(days=number))
        ],
        unreadable=[(f"odd-{number}", "no status")] if number == 1 else [],
        cursor={"page": number},
    )


class PagedConnector(FakeConnector):
    """Goes on from the page after the cursor's, as a tracker does."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        for number in range(0 if cursor is None else cursor["page"] + 1, PAGES):
            yield page(number)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes the address of another new store each time."""
    numbers = itertools.count()
    if request.param == "sqlite":
        return lambda: sqlite_url(tmp_path / str(next(numbers)))
    server = request.getfixturevalue("postgresql_server")
    return lambda: new_postgresql_database(server)


class Killed(BaseException):
    """The process is gone."""


def run(url: str) -> None:
    clock = FakeClock()
    with open_store(url, now=clock.now) as store:
        sync(PagedConnector(), store, clock)


def state_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return dump(store)


def undisturbed(url: str) -> dict[str, list[tuple[Any, ...]]]:
    run(url)
    with open_store(url, now=FakeClock().now) as store:
        return state_of(store)


@contextlib.contextmanager
def killed_at(moment: str, number: int, *, by: Any) -> Iterator[list[int]]:
    """Call `by` at the n-th statement, or before the n-th commit that writes; yields the count so far."""
    count = [0]

    def step(connection: Connection, *_: Any) -> None:
        if moment == "commit" and not connection.get_execution_options().get("vmo_write"):
            return
        count[0] += 1
        if count[0] == number:
            by()

    event.listen(Engine, moment, step)
    try:
        yield count
    finally:
        event.remove(Engine, moment, step)


def raise_killed() -> None:
    raise Killed


def kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def prefix_ends(url: str) -> bool:
    """Do the rows and the cursor tell of the same pages?"""
    with open_store(url, now=FakeClock().now) as store:
        state = store.state("claims")
        pages = -1 if state is None or state.cursor is None else int(state.cursor["page"])
        told = {change.change_id for number in range(pages + 1) for change in page(number).changes}
        return {change.change_id for change in store.changes()} == told


def test_an_end_before_any_commit_leaves_whole_batches_and_the_next_run_finishes(
    new_url: Callable[[], str], tmp_path: Path
) -> None:
    wanted = undisturbed(sqlite_url(tmp_path / "undisturbed"))
    commit, killed = 0, True

    while killed:
        commit, killed, url = commit + 1, False, new_url()
        open_store(url, now=FakeClock().now).close()
        with killed_at("commit", commit, by=raise_killed):
            try:
                run(url)
            except Killed:
                killed = True
        whole = prefix_ends(url)
        run(url)

        assert whole
        with open_store(url, now=FakeClock().now) as store:
            assert state_of(store) == wanted, f"ended before commit {commit}"

    assert commit > 2 * PAGES


def test_a_kill_at_any_statement_leaves_whole_batches_and_the_next_run_finishes(tmp_path: Path) -> None:
    wanted = undisturbed(sqlite_url(tmp_path / "undisturbed"))
    statement, ended = 0, False

    while not ended:
        statement += 11  # the statements of a batch and eleven share no divisor, so that every kind is met
        url = sqlite_url(tmp_path / str(statement))
        ended = run_in_child_killed_at(url, statement)
        if ended or (tmp_path / str(statement) / "held" / "vmo.db").exists():
            assert prefix_ends(url)
        run(url)
        with open_store(url, now=FakeClock().now) as store:
            assert state_of(store) == wanted, f"killed at statement {statement}"

    assert statement > 100


def test_a_kill_in_the_middle_leaves_postgresql_whole_too(tmp_path: Path, postgresql_server: str) -> None:
    wanted = undisturbed(sqlite_url(tmp_path / "undisturbed"))

    for statement in (5, 60, 90, 120):
        url = new_postgresql_database(postgresql_server)
        run_in_child_killed_at(url, statement)
        wait_for_the_lock(url)
        run(url)
        with open_store(url, now=FakeClock().now) as store:
            assert state_of(store) == wanted, f"killed at statement {statement}"


def run_in_child_killed_at(url: str, statement: int) -> bool:
    """Run a sync in a child process; True if it ended by itself before the statement came."""
    child = os.fork()
    if child == 0:
        try:
            with killed_at("before_cursor_execute", statement, by=kill_process):
                run(url)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


def wait_for_the_lock(url: str) -> None:
    """The server notices the dead session by itself; opening waits for that."""
    open_store(url, now=FakeClock().now).close()
