"""Jira Cloud is asked for the next block while one is read: whatever ends the run ends the asking, too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.jira import cloud
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from sync import engine
from sync.store import StoreError
from sync.store.faults import StoreTroubleError
from sync.store.writing import save_batch
from tests.faults.clouds import CHANGE_LOGS, ISSUES, each_log
from tests.faults.trackers import CLOUD, SOURCE, Rows, Tracker, a_tracker, assert_same, undisturbed


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def nobody_asks_ahead() -> bool:
    return not any(thread.name == f"ahead {SOURCE}" for thread in threading.enumerate())


def fails_at_block(number: int, monkeypatch: pytest.MonkeyPatch, *, when: Callable[[], bool]) -> None:
    """The disk is full when the block is to be written, which is as soon as `when` says so."""
    saved: list[int] = []

    def save(connection: Any, batch: Any, **more: Any) -> Any:
        if batch.finished_chunk is not None:
            saved.append(batch.finished_chunk)
            if len(saved) == number:
                until(when)
                raise StoreTroubleError("store: the disk is full; make space")
        return save_batch(connection, batch, **more)

    monkeypatch.setattr(engine, "save_batch", save)


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(lambda good: replace(good, delay_seconds=0.5), id="a slow answer"),
        pytest.param(lambda good: Response(status=429, headers={"Retry-After": "5"}), id="a wait"),
    ],
)
def test_a_save_that_fails_lets_no_further_question_out_and_every_one_is_counted(
    slow: Callable[[Response], Response], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_tracker(CLOUD, tmp_path) as tracker:
        monkeypatch.setattr(tracker.clock, "sleep", lambda seconds: time.sleep(seconds / 10))
        asked_ahead = threading.Event()

        def slowly(_: RecordedRequest, good: Response) -> Response:
            asked_ahead.set()
            return slow(good)

        tracker.server.faults.append(Fault(path=ISSUES, skip=1, alter=slowly))
        fails_at_block(1, monkeypatch, when=asked_ahead.is_set)
        before = tracker.cursor

        with pytest.raises(StoreError, match="disk is full"):
            tracker.sync()

        asked = len(tracker.server.requests)
        until(nobody_asks_ahead)
        assert len(tracker.server.requests) == asked
        assert tracker.store.runs(SOURCE)[0].requests == asked
        assert before is None and tracker.item_rows == []
        monkeypatch.undo()
        assert tracker.healthy().sync().outcome == "ok"
        assert_same(tracker.dump(), undisturbed(CLOUD, "full").told)


def test_a_wait_that_two_blocks_share_is_taken_from_the_patience_of_a_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are told to come back in ten minutes, and sleep through the same ten; a run sleeps for fifteen at most."""
    with a_tracker(CLOUD, tmp_path) as tracker:
        asked = threading.Barrier(2)
        tracker.given["sleep_budget_seconds"] = 900
        asleep = threading.Barrier(2, action=lambda: tracker.clock.pass_(minutes=10))

        healthy, turns = tracker.server.handle, iter([False, True, True])  # the first block is asked for by itself

        def handle(request: RecordedRequest) -> Response:
            if request.path.endswith(ISSUES.rstrip("$")) and next(turns, False):
                asked.wait(10)
                return Response(status=429, headers={"Retry-After": "600"})
            return healthy(request)

        tracker.server.handle = handle  # type: ignore[method-assign]  # only listens
        monkeypatch.setattr(tracker.clock, "sleep", lambda _: asleep.wait(10))

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert_same(tracker.dump(), undisturbed(CLOUD, "full").told)


def both_at_once(tracker: Tracker, path: str, refusal: Callable[[RecordedRequest], Response | None]) -> None:
    """A second look and the question for the third block, which is the last, meet at a path.

    Both, and all that follow them, are answered by `refusal`, if it says anything.
    """
    healthy, together, turn = tracker.server.handle, threading.Barrier(2), threading.Lock()
    asked: list[set[str]] = []  # blocks
    met: set[str] = set()

    def who_asks(ids: set[str]) -> str:
        if any(ids <= block for block in asked):
            return "a second look"
        asked.append(ids)
        return "the third block" if len(asked) == 3 else "a block"

    def handle(request: RecordedRequest) -> Response:
        if not request.path.endswith(path.rstrip("$")):
            return healthy(request)
        with turn:
            who = who_asks(set(request.json()["issueIdsOrKeys"]))
            meets = who != "a block" and who not in met
            met.update({who} if meets else ())
        if meets:
            together.wait(10)
        answered = healthy(request)
        return (refusal(request) if met else None) or answered

    tracker.server.handle = handle  # type: ignore[method-assign]  # only listens


def test_two_blocks_are_asked_for_at_once_and_written_in_their_order_whichever_is_answered_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first block's answer waits until the second one's change logs are asked for."""
    written: list[int] = []

    def save(connection: Any, batch: Any, **more: Any) -> Any:
        written.extend([] if batch.finished_chunk is None else [batch.finished_chunk])
        return save_batch(connection, batch, **more)

    with a_tracker(CLOUD, tmp_path) as tracker:
        second_is_here = threading.Event()

        def first(_: RecordedRequest, good: Response) -> Response:
            assert second_is_here.wait(10), "nobody asked for the second block"
            return good

        def logs(_: RecordedRequest, good: Response) -> Response:
            second_is_here.set()
            return good

        tracker.server.faults += [Fault(path=ISSUES, times=1, alter=first), Fault(path=CHANGE_LOGS, alter=logs)]
        monkeypatch.setattr(engine, "save_batch", save)

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert written == sorted(written) and len(written) > 2
        assert_same(tracker.dump(), undisturbed(CLOUD, "full").told)
        assert record.requests == len(tracker.server.requests)


def led_elsewhere(log: Any) -> None:
    for entry in (entry for history in log["changeHistories"] for entry in history["items"]):
        if entry["field"] == "status":
            entry |= {"to": "6", "toString": "Cancelled"}


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        pytest.param(
            ISSUES,
            lambda request: (
                answer({"errorMessages": ["too many"]}, status=400)
                if len(request.json()["issueIdsOrKeys"]) > 2
                else None
            ),
            id="too many at once",
        ),
        pytest.param(ISSUES, lambda _: answer({"errorMessages": ["scope"]}, status=403), id="issues not in bulk"),
        pytest.param(CHANGE_LOGS, lambda _: answer({"errorMessages": ["scope"]}, status=403), id="logs not in bulk"),
    ],
)
def test_a_refusal_that_meets_a_second_look_and_the_block_ahead_together_stops_neither(
    path: str, refusal: Callable[[RecordedRequest], Response | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One block's chains do not close, so that it is looked at again while the last block is asked for."""
    with a_tracker(CLOUD, tmp_path) as tracker:
        monkeypatch.setattr(cloud, "BULK_SIZES", (4, 2))
        tracker.server.changelog_page = 100  # type: ignore[attr-defined]  # a block's logs in one answer
        tracker.server.faults.append(Fault(path=CHANGE_LOGS, alter=each_log(led_elsewhere)))
        both_at_once(tracker, path, refusal)

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert_same(but_raws(tracker.dump()), but_raws(undisturbed(CLOUD, "full").told))
        assert record.requests == len(tracker.server.requests)


def but_raws(told: Rows) -> Rows:
    """One by one, change logs spell their instants otherwise."""
    return {table: rows for table, rows in told.items() if table != "raws"}
