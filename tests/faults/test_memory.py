"""Memory does not grow with what a tracker holds: whole syncs of two sizes, side by side.

The full sizes are measured by `python -m benchmarks.sync memory cloud 67000` (a million histories) and above; the
smaller ones here must differ as little.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks.sync import MEMORY_LIMIT_MB, Bench, Spent
from benchmarks.trackers import CHANGES as CHANGES_OF_EACH
from benchmarks.trackers import running
from connectors.base import Batch, Connector, Cursor, KnownItems
from sync.engine import Progress, sync_source
from sync.store import RunRecord, Store, open_store
from sync.store.tables import CHANGES, RAWS
from tests.connectors.azure_devops.scripted_collection import a_revision, collection
from tests.faults.catalogue import case
from tests.sync.fakes import FakeClock, FakeConnector, a_batch, a_change, an_item

AT_ONCE = 250
BLOCKS_MB = 16.0  # what heaps of two runs may differ by; a batch of a thousand issues takes 70 MB


class Endless(FakeConnector):
    """As many items as wanted, each made when it is asked for."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.items = items

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        for start in range(0, self.items, AT_ONCE):
            ids = [str(n) for n in range(start, start + AT_ONCE)]
            yield a_batch(
                *(an_item(each) for each in ids),
                changes=[a_change(each, f"{each}0{n}:0") for each in ids for n in range(3)],
                cursor={"at": start},
            )


def synced(connector: Connector, store: Store, clock: FakeClock) -> RunRecord:
    return sync_source(
        connector, store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=tidied_up
    )


def tidied_up(_: Progress) -> None:
    """After each batch: what nobody holds any more is not counted, whenever the collector would have come by."""
    gc.collect()


def peak_of(connector: Connector, folder: Path) -> tuple[RunRecord, int]:
    """A whole sync into a new store, and the most that it held in memory, in bytes."""
    clock = FakeClock()
    with open_store(f"sqlite:///{folder / 'vmo.db'}", now=clock.now) as store:
        tracemalloc.start()
        try:
            record = synced(connector, store, clock)
            return record, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@case("G16")
def test_memory_does_not_grow_with_the_number_of_items(tmp_path: Path) -> None:
    peak_of(Endless(AT_ONCE), tmp_path / "warm")  # what is imported and compiled once

    few, peak_of_few = peak_of(Endless(500), tmp_path / "few")
    many, peak_of_many = peak_of(Endless(2_000), tmp_path / "many")

    assert (few.outcome, few.held, many.outcome, many.held) == ("ok", 500, "ok", 2_000)
    assert peak_of_many < peak_of_few * 1.25


@case("E090")
@pytest.mark.slow
def test_an_item_with_twelve_thousand_revisions_is_streamed(tmp_path: Path) -> None:
    peaks = []
    for many in (3_000, 12_000):
        revisions = [
            a_revision(7, n + 1, at=f"2026-01-{n // 600 + 1:02d}T{n % 600 // 60:02d}:{n % 60:02d}:00Z",
                       State=("New", "Active")[n % 2])
            for n in range(many)
        ]  # fmt: skip
        with collection(revisions=revisions, page=500) as site:
            connector = site.connector()
            record, peak = peak_of(connector, tmp_path / str(many))
            connector.close()
        with (
            open_store(f"sqlite:///{tmp_path / str(many) / 'vmo.db'}", now=FakeClock().now) as store,
            store._reading() as connection,
        ):
            kept = connection.execute(select(func.count()).where(RAWS.c.kind.startswith("revision:"))).scalar_one()
            moves = connection.execute(select(func.count()).where(CHANGES.c.field == "status")).scalar_one()
        peaks.append(peak)

        assert (record.outcome, record.held, kept) == ("ok", 1, many)
        assert moves >= many - 1
        assert record.batches >= many // 2_000

    assert peaks[1] < peaks[0] * 2  # four times the revisions


def peak_of_a_process(items: int, folder: Path) -> Spent:
    """What a whole sync of a Jira Cloud took, in a process of its own; its memory is what the kernel wrote down."""
    folder.mkdir()
    with running("cloud", items=items) as tracker:
        spent, _ = Bench("cloud", tracker, folder).ours()
    return spent


@case("E095")
@pytest.mark.slow
def test_a_process_that_reads_a_large_site_stays_below_a_fixed_bound(tmp_path: Path) -> None:
    few, many = (peak_of_a_process(items, tmp_path / str(items)) for items in (4_000, 6_000))  # three blocks at a time

    assert (few.items, many.items) == (4_000, 6_000)
    assert many.changes == 6_000 * CHANGES_OF_EACH
    assert many.peak_mb < MEMORY_LIMIT_MB
    assert many.peak_mb - few.peak_mb < BLOCKS_MB
