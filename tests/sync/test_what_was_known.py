"""What was told as known at an instant is the same whenever it is asked again, whatever was being written meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from sync import engine
from sync.store import Store, open_store
from sync.store.writing import save_batch
from tests.sync.fakes import FakeClock, FakeConnector, a_batch, a_change, an_item, sync


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, now=clock.now) as opened:
        yield opened


def told_of(store: Store, now: datetime) -> tuple[datetime, list[str]]:
    """An instant, and the changes that were known then, as a report reads them."""
    with store.moment_to_tell_of(now) as (snapshot, known_at):
        return known_at, [change.change_id for change in snapshot.changes()]


def known_then(store: Store, known_at: datetime) -> list[str]:
    return [change.change_id for change in store.changes(known_at=known_at)]


def held_open(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """The next batch is written and not committed: that it is there, and that it may go on."""
    written, may_commit = threading.Event(), threading.Event()

    def save(*given: Any, **more: Any) -> Any:
        saved = save_batch(*given, **more)
        written.set()
        assert may_commit.wait(20)
        return saved

    monkeypatch.setattr(engine, "save_batch", save)
    return written, may_commit


def begun(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_report_made_while_a_batch_is_written_tells_of_an_instant_that_stays_as_it_was(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, may_commit = held_open(monkeypatch)
    told: list[tuple[datetime, list[str]]] = []
    batch = a_batch(an_item("1"), changes=[a_change(change_id="1:0")])

    syncing = begun(lambda: sync(FakeConnector([batch]), store, clock))
    assert written.wait(20)
    clock.move(minutes=5)
    telling = begun(lambda: told.append(told_of(store, clock.now())))
    telling.join(0.3)
    may_commit.set()
    syncing.join(20)
    telling.join(20)

    ((known_at, changes),) = told
    assert known_then(store, known_at) == changes


def test_what_is_learned_after_a_report_is_later_than_it_though_the_clock_stands_still(
    store: Store, clock: FakeClock
) -> None:
    sync(FakeConnector([a_batch(an_item("1"), changes=[a_change(change_id="1:0")])]), store, clock)
    known_at, changes = told_of(store, clock.now())

    sync(FakeConnector([a_batch(an_item("1"), changes=[a_change(change_id="2:0")])]), store, clock)

    assert changes == ["1:0"]
    assert known_then(store, known_at) == ["1:0"]
    assert len(known_then(store, told_of(store, clock.now())[0])) == 2


def test_a_batch_that_waits_for_its_turn_is_known_since_it_was_written(store: Store, clock: FakeClock) -> None:
    batch = a_batch(an_item("1"), changes=[a_change(change_id="1:0")])
    inside, may_end = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        inside.set()
        assert may_end.wait(20)

    def fetched() -> None:
        begun(lambda: store.write(hold))
        assert inside.wait(20)
        threading.Timer(0.5, let_go).start()

    def let_go() -> None:
        clock.move(minutes=5)
        may_end.set()

    sync(FakeConnector([fetched, batch]), store, clock)

    (change,) = store.changes()
    assert change.known_at == clock.now()


def test_a_report_whose_clock_is_behind_tells_of_no_earlier_instant_than_what_it_holds(
    store: Store, clock: FakeClock
) -> None:
    sync(FakeConnector([a_batch(an_item("1"), changes=[a_change(change_id="1:0")])]), store, clock)
    clock.move(minutes=-5)

    known_at, changes = told_of(store, clock.now())

    assert known_then(store, known_at) == changes == ["1:0"]


def test_what_is_committed_before_a_reports_first_question_is_not_in_it(store: Store, clock: FakeClock) -> None:
    with store.moment_to_tell_of(clock.now()) as (snapshot, known_at):
        sync(FakeConnector([a_batch(an_item("1"), changes=[a_change(change_id="1:0")])]), store, clock)
        changes = list(snapshot.changes())

    assert changes == []
    assert known_then(store, known_at) == []
