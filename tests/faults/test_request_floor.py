"""A sync asks no more than it must: requests made beside the floor that the services' page sizes set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.floor import Phase, azure_devops, jira_cloud, jira_data_center
from tests.faults.catalogue import case

ITEMS = 220
Runs = Callable[[Path], Iterator[tuple[str, Phase]]]
TRACKERS: dict[str, Runs] = {
    "cloud": lambda folder: jira_cloud(folder, items=ITEMS, bulk=1_000),
    "cloud, a hundred at once": lambda folder: jira_cloud(folder, items=ITEMS, bulk=100),
    "data center": lambda folder: jira_data_center(folder, items=ITEMS, page=1_000),
    "data center, small pages": lambda folder: jira_data_center(folder, items=ITEMS, page=100),
    "data center, dates in quotes": lambda folder: jira_data_center(folder, items=ITEMS, page=1_000, quoted=True),
    "azure devops": lambda folder: azure_devops(folder, items=ITEMS, page=1_000),
    "azure devops, small pages": lambda folder: azure_devops(folder, items=ITEMS, page=200),
}
# The first page is small: what the server bears is found out.
ONE_MORE = {("data center", "full"), ("data center, dates in quotes", "full")}


@case("E094")
@pytest.mark.slow
@pytest.mark.parametrize("name", TRACKERS)
def test_every_run_is_at_the_floor(name: str, tmp_path: Path) -> None:
    found = {phase.name: phase for _, phase in TRACKERS[name](tmp_path)}

    above = {phase.name: phase.made - phase.floor for phase in found.values()}
    assert above == {phase: 1 if (name, phase) in ONE_MORE else 0 for phase in found}
    assert all(phase.is_near for phase in found.values())
    assert found["idle"].made == (2 if name.startswith("azure") else 1)
    assert set(found) == {"full", "idle", "80 changed", "census"}


@pytest.mark.slow
def test_without_bulk_reads_issues_come_a_hundred_at_a_time(tmp_path: Path) -> None:
    found = {phase.name: phase for _, phase in jira_cloud(tmp_path, items=ITEMS, bulk=None)}

    assert found["full"].made <= found["full"].floor + 2  # each of the two bulk reads is refused once


@pytest.mark.parametrize(
    ("made", "floor", "within", "near"),
    [
        pytest.param(20, 20, True, True, id="at the floor"),
        pytest.param(21, 20, True, True, id="five per cent above"),
        pytest.param(22, 20, False, False, id="ten per cent above"),
        pytest.param(2, 1, False, True, id="one request, where five per cent are none"),
        pytest.param(3, 1, False, False, id="two more"),
        pytest.param(106, 100, False, False, id="six of a hundred"),
    ],
)
def test_five_per_cent_are_allowed_and_one_request_where_that_is_more(
    made: int, floor: int, within: bool, near: bool
) -> None:
    phase = Phase(name="full", made=made, floor=floor, constants=Counter())

    assert (phase.is_within, phase.is_near) == (within, near)
