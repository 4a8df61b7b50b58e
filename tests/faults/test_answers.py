"""Answers that are none: whatever comes back instead of data, at whatever place of the walk, the law holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.loopback import page
from tests.faults.catalogue import case
from tests.faults.trackers import Tracker, a_tracker, the_law_holds, wherever


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    with a_tracker(request.param, tmp_path) as made:
        yield made


everywhere = pytest.mark.parametrize(
    ("tracker", "place"),
    [pytest.param(kind, place, id=f"{kind}, {place}") for kind, place in wherever()],
    indirect=["tracker"],
)


@case("H22")
@everywhere
def test_a_sign_in_page_ends_the_run_and_changes_nothing(tracker: Tracker, place: str) -> None:
    tracker.fails(place, response=page("<html>Sign in</html>"), times=None)

    record = the_law_holds(tracker)

    assert tracker.server.url not in record.sentence
