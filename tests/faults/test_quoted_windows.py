"""Windows of quoted dates on a Data Center that reads them otherwise, and walks that end early."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.loopback import RecordedRequest, Response, answer
from sync import engine
from sync.store import StoreError
from sync.store.faults import StoreTroubleError
from sync.store.writing import save_batch
from tests.connectors.jira.jira_house import MONDAY, Clock, a_data_center, a_site, millis
from tests.faults.jira_desk import Desk, a_desk
from tests.faults.test_data_center import SEARCH, ignorant, many, read_late, sandbox

DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(a_data_center(a_site(), Clock(MONDAY + DAY)), tmp_path) as made:
        yield made


@pytest.mark.parametrize("late", [timedelta(hours=1), timedelta(hours=5)], ids=["summer time", "another zone"])
def test_a_server_that_finds_nothing_by_epochs_and_reads_quoted_dates_late_loses_nothing(
    desk: Desk, late: timedelta
) -> None:
    """The first page is whole, the rest of the tracker lies within the hour after it."""
    sandbox(desk).page_limit = 50
    many(desk.site, 120, apart_ms=10_000)

    def alter(request: RecordedRequest, given: Response) -> Response:
        if re.search(r"updated >= \d", request.first("jql")):
            return answer({"startAt": 0, "maxResults": 50, "total": 0, "issues": []})
        return read_late(desk, request, given, late)

    desk.house.fails(path=SEARCH, times=None, alter=alter)
    record = desk.sync()

    assert (record.outcome, len(desk.held())) == ("ok", 120)


def test_a_row_that_leaves_its_place_widens_no_later_window(desk: Desk) -> None:
    """Old issues lie days apart; one of them is updated just when its page has come. The rest lies close together."""
    sandbox(desk).page_limit = 50
    many(desk.site, 2_000, apart_ms=180_000)
    for number in range(1, 101):
        issue = desk.site.issue(f"CLM-{number}")
        issue.created = issue.updated = millis(MONDAY) - (400 - number) * 86_400_000
    pages: list[int] = []

    def alter(request: RecordedRequest, given: Response) -> Response:
        refused = ignorant(request, given)
        if refused is given:
            pages.append(len(pages))
            if len(pages) == 1:
                desk.site.retitle(desk.site.issue("CLM-50"), "Renamed", millis(desk.clock.at))
        return refused

    desk.house.fails(path=SEARCH, times=None, alter=alter)
    record = desk.sync()

    assert record.outcome == "ok", record.sentence
    assert len(desk.held()) == 2_000
    spans = []
    for request in desk.searches():
        if found := re.search(r'updated >= "([^"]+)"', request.first("jql")):
            spans.append((found[1], request.number("startAt", 0)))
    assert max(start for _, start in spans) <= 100, f"{len(spans)} pages, the deepest at {max(s for _, s in spans)}"


def test_an_index_of_whole_seconds_is_not_taken_for_one_that_reads_dates_otherwise(desk: Desk) -> None:
    """Jira's index orders the rows of one second by key (2-trackers F.5: 'index may hold whole seconds only')."""
    sandbox(desk).page_limit = 50
    many(desk.site, 400, apart_ms=3_600_000)
    for number in range(50, 401, 49):  # the last row of each page: a later key, an earlier millisecond
        last, before = desk.site.issue(f"CLM-{number}"), desk.site.issue(f"CLM-{number - 1}")
        before.created = before.updated = last.updated + 800
    healthy = sandbox(desk).select

    def by_seconds(text: str) -> Any:
        found, query = healthy(text)
        return sorted(found, key=lambda one: (one.updated // 1000, int(one.key.split("-")[1]))), query

    desk.server.select = by_seconds  # type: ignore[method-assign]
    desk.house.fails(path=SEARCH, times=None, alter=ignorant)
    record = desk.sync()

    assert record.outcome == "ok", record.sentence
    assert len(desk.held()) == 400
    assert len(desk.searches()) <= 8 * 1.05 + 4


# --- ends


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def nobody_asks_ahead() -> bool:
    return not any(thread.name.startswith("ahead ") for thread in threading.enumerate())


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(lambda good: replace(good, delay_seconds=0.5), id="a slow answer"),
        pytest.param(lambda good: Response(status=429, headers={"Retry-After": "5"}), id="a wait"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_save_that_fails_lets_no_further_question_out(
    desk: Desk, slow: Any, is_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox(desk).page_limit = 20
    if not is_first:
        many(desk.site, 1)
        assert desk.sync().outcome == "ok"
        desk.clock.pass_(hours=1)
    many(desk.site, 100)
    monkeypatch.setattr(desk.clock, "sleep", lambda seconds: time.sleep(seconds / 10))
    asked_ahead = threading.Event()

    def slowly(request: RecordedRequest, good: Response) -> Response:
        if not re.search("updated >=", request.first("jql")) or asked_ahead.is_set() or len(desk.searches()) < 2:
            return good
        asked_ahead.set()
        altered: Response = slow(good)
        return altered

    desk.house.fails(path=SEARCH, times=None, alter=slowly)

    def save(connection: Any, batch: Any, **more: Any) -> Any:
        if batch.items:
            until(asked_ahead.is_set)
            raise StoreTroubleError("store: the disk is full; make space")
        return save_batch(connection, batch, **more)

    monkeypatch.setattr(engine, "save_batch", save)
    with pytest.raises(StoreError, match="disk is full"):
        desk.sync(full=True)
    asked = len(desk.server.requests)
    until(nobody_asks_ahead)
    time.sleep(1.0)
    assert len(desk.server.requests) == asked
    assert desk.store.runs("claims")[0].requests == asked
