"""A Jira that goes wrong at any one request, deletes, and moves: what the store then holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Connector, TrackerError
from connectors.sandbox.loopback import Fault, Response, page
from sync.engine import sync_source
from sync.store import RunRecord, Store, open_store
from sync.sweep import sweep_source
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_cloud, a_data_center, a_site, an_issue, millis
from tests.sync.conftest import sqlite_url
from tests.sync.fakes import dump, ignore_progress, items_held

LATER = MONDAY + timedelta(hours=2)
KINDS = pytest.mark.parametrize("make", [a_cloud, a_data_center], ids=["cloud", "data center"])
Make = Callable[..., House]
BOOKKEEPING = ("instance", "runs", "source_states", "queue_chunks")


def a_house(make: Make) -> House:
    site = a_site()
    for number in range(6):
        issue = an_issue(site, at=MONDAY + timedelta(minutes=number), summary=f"Story {number}")
        site.transition(issue, "Doing", millis(LATER))
    return make(site, Clock(MONDAY + timedelta(days=1)))


def sync(house: House, store: Store, connector: Connector) -> RunRecord:
    return sync_source(connector, store, **told(house))


def sweep(house: House, store: Store) -> RunRecord:
    return sweep_source(house.connector(), store, **told(house))


def told(house: House) -> dict[str, Any]:
    clock = house.clock
    return {"now": clock.now, "monotonic": clock.monotonic, "stop": lambda: False, "progress": ignore_progress}


def refused() -> Response:
    return Response(status=401, body=b'{"errorMessages": ["no"]}', headers={"Content-Type": "application/json"})


def login_page() -> Response:
    return page("<html><body>Log in</body></html>")


def titles(store: Store) -> dict[str, str]:
    return {held.item.key: held.item.title for held in store.held_items()}


@KINDS
@pytest.mark.parametrize("answer", [login_page, refused], ids=["a login page", "401"])
def test_a_wrong_answer_at_any_request_changes_nothing_but_whole_batches(
    make: Make, answer: Callable[[], Response], tmp_path: Path
) -> None:
    house = a_house(make)
    with house.server, open_store(sqlite_url(tmp_path / "undisturbed"), now=house.clock.now) as store:
        sync(house, store, house.connector())
        requests = len(house.server.requests)
        wanted, wanted_titles = dump(store, without=BOOKKEEPING), titles(store)

    for number in range(requests):
        house = a_house(make)
        with house.server, open_store(sqlite_url(tmp_path / str(number)), now=house.clock.now) as store:
            house.server.faults.append(Fault(skip=number, response=answer()))
            try:
                record = sync(house, store, house.connector())
            except TrackerError:  # the very first question, asked to find out which Jira this is
                continue
            finally:
                house.server.faults.clear()
                house.clock.at = MONDAY + timedelta(days=1)
            left = titles(store)
            again = sync(house, store, house.connector())

            assert record.outcome != "ok" or left == wanted_titles, f"request {number}: {record.sentence}"
            assert left.items() <= wanted_titles.items()
            assert again.outcome == "ok"
            assert titles(store) == wanted_titles
            assert dump(store, without=BOOKKEEPING)["changes"] == wanted["changes"]


@KINDS
def test_a_deleted_issue_is_removed_after_two_sweeps_and_its_history_kept(make: Make, tmp_path: Path) -> None:
    house = a_house(make)
    with house.server, open_store(sqlite_url(tmp_path), now=house.clock.now) as store:
        sync(house, store, house.connector())
        gone = next(iter(house.site.issues.values()))
        house.site.delete(gone)

        counts = []
        for _ in range(2):
            counts.append(sweep(house, store).tombstoned)
            house.clock.pass_(hours=7)

        (removed,) = [held for held in store.held_items() if held.removed_at is not None]
        changes = store.changes_of(removed.item.id)

    assert counts == [0, 1]
    assert (removed.item.external_id, removed.removed_reason) == (str(gone.id), "deleted_or_hidden")
    assert [change.to_value for change in changes if change.field == "status"] == ["Doing"]


@KINDS
def test_a_moved_issue_stays_one_row_that_both_keys_find(make: Make, tmp_path: Path) -> None:
    house = a_house(make)
    with house.server, open_store(sqlite_url(tmp_path), now=house.clock.now) as store:
        sync(house, store, house.connector())
        moved = next(iter(house.site.issues.values()))
        before = moved.key
        house.clock.pass_(hours=1)
        house.site.move(moved, "DST", millis(house.clock.at))
        house.clock.pass_(minutes=1)

        sync(house, store, house.connector())

        found = [[held.item.key for held in store.items_called(name)] for name in (before, moved.key)]
        held = len(items_held(store))

    assert moved.key.startswith("DST-")
    assert found == [[moved.key], [moved.key]]
    assert held == 6
