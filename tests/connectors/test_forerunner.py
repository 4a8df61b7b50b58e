"""One thread asks ahead: results in order, troubles where they are waited for, and nobody waits for what hangs."""

from __future__ import annotations

import threading
import time

import pytest

from connectors.forerunner import Forerunner


def test_work_goes_on_while_the_caller_does_something_else() -> None:
    began, may_end = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        assert may_end.wait(10)
        return "answered"

    with Forerunner("claims") as forerunner:
        asked = forerunner.begin(work)
        assert began.wait(10)
        may_end.set()

        assert asked.result() == "answered"


def test_one_piece_after_the_other_in_the_order_they_were_asked_for() -> None:
    seen: list[int] = []

    with Forerunner("claims") as forerunner:
        asked = [forerunner.begin(lambda n=n: seen.append(n) or n) for n in range(50)]  # type: ignore[misc,func-returns-value]

        assert [each.result() for each in asked] == list(range(50))
    assert seen == list(range(50))


def test_what_goes_wrong_comes_out_where_it_is_waited_for_and_the_next_piece_is_done_all_the_same() -> None:
    with Forerunner("claims") as forerunner:
        broken, whole = forerunner.begin(lambda: 1 // 0), forerunner.begin(lambda: 7)

        with pytest.raises(ZeroDivisionError):
            broken.result()
        assert whole.result() == 7


def test_a_piece_that_hangs_keeps_nobody() -> None:
    for_ever = threading.Event()
    began = time.monotonic()

    with Forerunner("claims", parting_seconds=0.1) as forerunner:
        forerunner.begin(for_ever.wait)

    assert time.monotonic() - began < 5
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "ahead claims")
    for_ever.set()


def test_a_piece_under_way_learns_that_nobody_waits_any_more_and_the_next_is_not_begun() -> None:
    steps: list[str] = []
    began = threading.Event()

    def work(forerunner: Forerunner) -> None:
        began.set()
        while forerunner.is_awaited():
            time.sleep(0.01)
        steps.append("learned")

    with Forerunner("claims") as forerunner:
        forerunner.begin(lambda: work(forerunner))
        following = forerunner.begin(lambda: steps.append("begun"))
        assert began.wait(10)

    assert steps == ["learned"]
    assert following.cancelled()


def test_its_thread_ends_with_the_block() -> None:
    with Forerunner("short") as forerunner:
        forerunner.begin(lambda: None).result()

    assert not any(thread.name == "ahead short" for thread in threading.enumerate())
