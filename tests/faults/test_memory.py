"""Memory does not grow with what a tracker holds: whole syncs of two sizes, side by side.

The full sizes are measured by `python -m benchmarks.sync memory cloud 67000` (a million histories) and above; the
smaller ones here must differ as little. What a walk keeps of every item for as long as it lasts is measured by itself,
with 150,000 ids.
"""

from __future__ import annotations

import gc
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from benchmarks.sync import MEMORY_LIMIT_MB, Bench, Spent
from benchmarks.trackers import CHANGES as CHANGES_OF_EACH
from benchmarks.trackers import running
from connectors.base import Batch, Connector, Cursor, KnownItems, Scope
from connectors.jira.cloud import CloudWalk
from connectors.jira.data_center import DataCenterWalk
from sync.engine import Progress, Run, sync_source
from sync.store import RunRecord, Store, open_store
from sync.store.store import Known
from sync.store.tables import CHANGES, RAWS
from sync.sweep import _census, _inventory
from tests.connectors.azure_devops.scripted_collection import a_revision, collection
from tests.faults.catalogue import case
from tests.faults.trackers import CLOUD, SOURCE, Tracker, a_tracker
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


MANY_IDS = 150_000  # as texts in a set they take 18 MB
FEW_MB = 6.0  # what a page and the answer that it came in take, and a bit an id
FIRST_ID = 10_000_000


class LargeSite:
    """A Jira of 150,000 issues in one project, each page made when it is asked for."""

    who, base_url = "claims", "https://tracker.example"
    scope = SimpleNamespace(jql="project = CLM", can_narrow=False, is_whole_projects=False)

    def clause(self) -> str:
        return "(project = CLM)"

    def live_projects(self) -> list[str]:
        return ["100"]

    def scopes(self) -> list[Scope]:
        return [Scope(id="100", key="CLM", name="Claims")]

    def server_time(self, _: Any) -> datetime:
        return datetime(2026, 11, 3, tzinfo=UTC)

    def post(self, _: str, body: Any) -> Any:
        """Cloud: from the token on."""
        start = int(body.get("nextPageToken") or 0)
        end = min(MANY_IDS, start + body["maxResults"])
        more = {"isLast": True} if end == MANY_IDS else {"isLast": False, "nextPageToken": str(end)}
        return SimpleNamespace(json={"issues": [{"id": str(FIRST_ID + n)} for n in range(start, end)], **more})

    def get(self, _: str, *, jql: str, maxResults: int, **__: Any) -> Any:  # noqa: N803  # Jira's word
        """Data Center: those above a key."""
        after = re.search(r'key > "CLM-(\d+)"', jql)
        start = int(after[1]) if after else 0
        left = MANY_IDS - start
        numbers = range(start, start + min(maxResults, left))
        rows = [{"id": str(FIRST_ID + n), "key": f"CLM-{n + 1}"} for n in numbers]
        return SimpleNamespace(json={"issues": rows, "total": left, "maxResults": maxResults})


def census_and_inventory(walk: Any, tracker: Tracker) -> int:
    """Name every id, and hold them against what the store holds, as a sweep does."""
    connector = cast(Connector, SimpleNamespace(settings=tracker.settings(), census=walk.census, requests_made=int))
    clock = tracker.clock
    run = Run(connector, tracker.store, kind="sweep", now=clock.now, monotonic=clock.monotonic, progress=lambda _: None)
    return len(_inventory(run, _census(run, stop=lambda: False)).unheld)


def listing(walk: Any, tracker: Tracker) -> int:
    """Queue every id for a full load."""
    batches = walk._listing({"t0_ms": None}, Known(tracker.store, SOURCE))
    return sum(len(ids) for batch in batches for ids in batch.enqueue)


@case("G16")
@pytest.mark.parametrize(
    ("walk_of", "names_all"),
    [
        pytest.param(CloudWalk, census_and_inventory, id="census, cloud"),
        pytest.param(DataCenterWalk, census_and_inventory, id="census, data center"),
        pytest.param(CloudWalk, listing, id="listing, cloud"),
    ],
)
def test_what_is_kept_of_each_id_of_a_large_site_is_next_to_nothing(
    walk_of: Callable[[Any], Any], names_all: Callable[[Any, Tracker], int], tmp_path: Path
) -> None:
    with a_tracker(CLOUD, tmp_path) as tracker:
        tracker.sync()
        gc.collect()
        tracemalloc.start()
        try:
            named = names_all(walk_of(LargeSite()), tracker)
            grown_mb = tracemalloc.get_traced_memory()[1] / 1e6
        finally:
            tracemalloc.stop()

    assert named == MANY_IDS
    assert grown_mb < FEW_MB


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
