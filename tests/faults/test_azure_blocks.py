"""Pages of revisions that are put together for one transaction: nothing may depend on where a block ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from connectors.azure_devops import streams
from connectors.sandbox.loopback import Fault, RecordedRequest, Response
from tests.connectors.azure_devops.azure_house import PROJECTS, house, updates_of
from tests.connectors.azure_devops.scripted_collection import a_revision
from tests.faults.trackers import AZURE, a_tracker

REVISIONS = "reporting/workitemrevisions$"


def ahead() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead ")]


def test_a_run_that_ends_while_a_block_is_read_ends_the_asking_too(tmp_path: Path) -> None:
    """A revision is lacking, and the item's updates are refused: the run ends, and so must its forerunner."""
    with a_tracker(AZURE, tmp_path) as tracker:

        def gap(_: RecordedRequest, good: Response) -> Response:
            body = good.json()
            for value in list(body["values"]):
                if value["rev"] == 2:
                    body["values"].remove(value)
            return good.with_json(body)

        tracker.server.faults.append(Fault(path=REVISIONS, times=None, alter=gap))
        tracker.server.faults.append(Fault(path="/updates$", times=None, response=Response(status=500)))

        record = tracker.sync()
        asked = len(tracker.server.requests)

        assert record.outcome != "ok"
        time.sleep(1.0)
        assert ahead() == []
        assert len(tracker.server.requests) == asked


@pytest.mark.parametrize("pages_at_once", [1, 5])
@pytest.mark.parametrize("right", ["Active", "Closed"], ids=["the first was right", "the second was right"])
def test_a_revision_told_twice_and_differently_comes_to_the_same_in_one_block(
    right: str, pages_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D23 on two pages that follow each other."""
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", pages_at_once, raising=False)
    both = [a_revision(7, 2, State="Active"), a_revision(7, 2, State="Closed")]
    told = [a_revision(7, 1), both[0], a_revision(8, 1), both[1]]
    truth = [a_revision(7, 1), a_revision(7, 2, State=right)]
    with house(tmp_path, revisions=told, page=2, updates={"7": updates_of(truth)}) as at:
        run = at.sync()

        assert run.outcome == "ok"
        assert at.items["7"].item.status == right
        assert [(one.from_value, one.to_value) for one in at.changes("7", "status")] == [(None, "New"), ("New", right)]
        rows = at.rows()
        at.reread()
        assert at.rows() == rows


@pytest.mark.parametrize("pages_at_once", [1, 5])
def test_the_row_of_an_item_elsewhere_stays_as_it_was_when_it_left(
    pages_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", pages_at_once, raising=False)
    there = {"TeamProject": "Motor", "AreaPath": "Motor"}
    told = [a_revision(7, 1), a_revision(7, 2, **there), a_revision(7, 3, Title="Of no concern to Claims", **there)]
    with house(tmp_path, revisions=told, projects=PROJECTS, page=1) as at:
        at.sync(projects=("Claims",))
        assert at.items["7"].item.title == "Item 7"


@pytest.mark.parametrize("seconds", [100])
def test_a_deadline_that_four_pages_fill_is_no_standstill(tmp_path: Path, seconds: float) -> None:
    """Each run may last for four pages. What they told has to be kept, or no run ever gets further."""
    with a_tracker(AZURE, tmp_path) as tracker:
        tracker.server.revision_page = 2  # type: ignore[attr-defined]
        tracker.given["run_deadline_seconds"] = 4.2 * seconds

        def slow(_: RecordedRequest, good: Response) -> Response:
            tracker.clock.pass_(seconds=seconds)
            return good

        tracker.server.faults.append(Fault(path=REVISIONS, times=None, alter=slow))
        tracker.sync()
        first = tracker.cursor
        tracker.sync()
        assert tracker.cursor is not None and tracker.cursor != first
