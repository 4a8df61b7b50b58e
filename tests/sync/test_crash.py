"""End a sync before any commit: a prefix of whole batches is left, and the next run ends as if nothing had happened.

Within the process, and with odd items among the batches. Kills and failing disks: tests/crash.
"""

from __future__ import annotations

import contextlib
import itertools
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
    """Goes on from the page after the cursor's, and looks at odd items once more, as a tracker's connector does."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        for number in range(0 if cursor is None else cursor["page"] + 1, PAGES):
            yield page(number)
        for chunk, ids in known.pending_chunks():
            yield Batch(unreadable=[(external_id, "no status") for external_id in ids], finished_chunk=chunk)


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
def ended_before_commit(number: int) -> Iterator[None]:
    """Raise Killed before the n-th commit that writes."""
    count = itertools.count(1)

    def step(connection: Connection) -> None:
        if connection.get_execution_options().get("vmo_write") and next(count) == number:
            raise Killed

    event.listen(Engine, "commit", step)
    try:
        yield
    finally:
        event.remove(Engine, "commit", step)


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
        with ended_before_commit(commit):
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
