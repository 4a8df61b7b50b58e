"""The relay: the next batch is fetched while the present one is written, and nothing is lost or left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import pytest

from connectors.base import Batch, KnownItems, Raw, TrackerUnavailableError
from sync.plan import StoppedError
from sync.relay import Relay
from sync.store import Store, StoreFencedError, open_store
from tests.sync.fakes import NOON, FakeClock, FakeConnector, a_batch, an_item, items_held, sync

SOON = 5.0  # seconds that no healthy thread needs


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, now=clock.now) as opened:
        yield opened


class Held:
    """Remembers which questions came, and when: after how many written batches."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.asked: list[int] = []

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:
        self.asked.append(len(self.written))
        return dict.fromkeys(external_ids, NOON)

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        for number in range(3):
            self.asked.append(len(self.written))
            yield number, [str(number)]

    def newest_update(self) -> datetime | None:
        return None

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:
        return {each: Raw(external_id=each, kind="item", body={}) for each in external_ids}

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(external_ids)

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:
        return ()

    def moved_out_of(self, project_id: str) -> Sequence[str]:
        return ()


def numbered(number: int) -> Batch:
    return Batch(done=number)


def relay(
    fetch: Callable[[KnownItems], Iterator[Batch]],
    held: Held | None = None,
    *,
    go_on: Callable[[], None] = lambda: None,
) -> Relay:
    return Relay(fetch, held or Held(), name="claims", go_on=go_on, parting_seconds=SOON)


def fetchers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "fetch claims"]


def test_batches_come_in_the_order_in_which_they_were_yielded() -> None:
    with relay(lambda _: map(numbered, range(50))) as batches:
        found = [batch.done for batch in batches]

    assert found == list(range(50))
    assert not fetchers()


def test_the_next_batch_is_fetched_while_the_present_one_is_written() -> None:
    is_fetching_second = threading.Event()

    def fetch(_: KnownItems) -> Iterator[Batch]:
        yield numbered(1)
        is_fetching_second.set()
        yield numbered(2)

    with relay(fetch) as batches:
        first = next(batches)
        overlapped = is_fetching_second.wait(SOON)  # while we still "write" the first

        assert (first.done, overlapped) == (1, True)
        assert [batch.done for batch in batches] == [2]


def test_no_more_than_one_batch_is_fetched_ahead() -> None:
    yielded: list[int] = []

    def fetch(_: KnownItems) -> Iterator[Batch]:
        for number in range(5):
            yielded.append(number)
            yield numbered(number)

    with relay(fetch) as batches:
        next(batches)
        time.sleep(0.1)

        assert yielded == [0, 1]
        assert len(list(batches)) == 4


def test_a_slow_store_and_a_slow_tracker_overlap() -> None:
    def fetch(_: KnownItems) -> Iterator[Batch]:
        for number in range(6):
            time.sleep(0.05)
            yield numbered(number)

    began = time.monotonic()
    with relay(fetch) as batches:
        for _ in batches:
            time.sleep(0.05)
    seconds = time.monotonic() - began

    assert seconds < 12 * 0.05  # one after the other they sleep so long


def test_an_error_of_the_fetcher_comes_after_all_batches_before_it() -> None:
    def fetch(_: KnownItems) -> Iterator[Batch]:
        yield numbered(1)
        yield numbered(2)
        raise TrackerUnavailableError("claims: no connection")

    found: list[int] = []
    with pytest.raises(TrackerUnavailableError, match="no connection"), relay(fetch) as batches:
        for batch in batches:
            time.sleep(0.02)
            found.append(batch.done)

    assert found == [1, 2]
    assert not fetchers()


def test_a_question_waits_until_everything_yielded_before_it_is_written() -> None:
    held = Held()

    def fetch(known: KnownItems) -> Iterator[Batch]:
        for number in range(4):
            known.updated_at(["1"])
            yield numbered(number)

    with relay(fetch, held) as batches:
        for batch in batches:
            time.sleep(0.02)
            held.written.append(batch.done)

    assert held.asked == [0, 1, 2, 3]


def test_chunks_of_the_queue_are_looked_up_one_by_one_after_each_write() -> None:
    held = Held()

    def fetch(known: KnownItems) -> Iterator[Batch]:
        for number, _ in known.pending_chunks():
            yield Batch(finished_chunk=number)

    with relay(fetch, held) as batches:
        for batch in batches:
            time.sleep(0.02)
            held.written.append(batch.finished_chunk or 0)

    assert (held.written, held.asked) == ([0, 1, 2], [0, 1, 2])


def test_an_error_of_the_writer_ends_the_fetcher_that_waits_to_hand_over() -> None:
    is_closed = threading.Event()

    def fetch(_: KnownItems) -> Iterator[Batch]:
        try:
            while True:
                yield numbered(1)
        finally:
            is_closed.set()

    with pytest.raises(StoreFencedError), relay(fetch) as batches:
        next(batches)
        raise StoreFencedError("another vmo has taken it over")

    assert is_closed.wait(SOON)
    assert not fetchers()


def test_an_error_of_the_writer_ends_the_fetcher_that_waits_for_an_answer() -> None:
    held = Held()

    def fetch(known: KnownItems) -> Iterator[Batch]:
        yield numbered(1)
        known.updated_at(["1"])
        yield numbered(2)

    with pytest.raises(StoreFencedError), relay(fetch, held) as batches:
        next(batches)
        time.sleep(0.05)  # it waits by now
        raise StoreFencedError("another vmo has taken it over")

    assert held.asked == []
    assert not fetchers()


def test_a_stop_is_noticed_while_the_tracker_hangs() -> None:
    hangs = threading.Event()

    def fetch(_: KnownItems) -> Iterator[Batch]:
        yield numbered(1)
        hangs.wait(SOON)
        yield numbered(2)

    def go_on() -> None:
        raise StoppedError("claims: stopped on request")

    left = Relay(fetch, Held(), name="claims", go_on=go_on, parting_seconds=0.05)
    began = time.monotonic()
    with pytest.raises(StoppedError), left as batches:
        list(batches)
    seconds = time.monotonic() - began
    hangs.set()

    assert seconds < SOON / 2
    for thread in threading.enumerate():
        if thread.name == "fetch claims":
            thread.join(SOON)
    assert not fetchers()  # what it still fetched was not taken, and it ended


def test_batches_are_committed_up_to_the_one_that_failed(store: Store, clock: FakeClock) -> None:
    batches = [a_batch(an_item(str(n)), cursor={"at": n}) for n in range(1, 4)]
    connector = FakeConnector([*batches, TrackerUnavailableError("claims: no connection")])

    record = sync(connector, store, clock)

    state = store.state("claims")
    assert state is not None
    assert (record.outcome, record.batches, state.cursor) == ("partial", 3, {"at": 3})
    assert sorted(items_held(store)) == ["1", "2", "3"]
    assert not fetchers()


def test_a_stop_between_batches_keeps_what_was_written_and_no_more(store: Store, clock: FakeClock) -> None:
    stops = threading.Event()
    connector = FakeConnector([a_batch(an_item(str(n)), cursor={"at": n}) for n in range(1, 9)])

    def progress(_: object) -> None:
        if len(items_held(store)) == 2:
            stops.set()

    record = sync(connector, store, clock, stop=stops.is_set, progress=progress)

    assert (record.outcome, sorted(items_held(store))) == ("partial", ["1", "2"])
    assert not fetchers()


def test_a_failing_store_leaves_no_fetcher_behind(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = FakeConnector([a_batch(an_item(str(n)), cursor={"at": n}) for n in range(1, 9)])
    write, written = store.write, list[object]()

    def fenced(work: Callable[..., object]) -> object:
        written.append(work)
        if len(written) == 4:  # the run's begin, the pin, the first batch
            raise StoreFencedError("store: another vmo has taken it over")
        return write(work)

    monkeypatch.setattr(store, "write", fenced)
    with pytest.raises(StoreFencedError):
        sync(connector, store, clock)

    assert sorted(items_held(store)) == ["1"]
    assert not fetchers()
