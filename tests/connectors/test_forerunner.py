"""A thread or two ask ahead: results in order, troubles where they are waited for, and nobody waits for what hangs."""

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


def test_with_two_lanes_two_pieces_are_under_way_at_once_and_results_stay_with_their_pieces() -> None:
    together = threading.Barrier(2)

    def work(n: int) -> int:
        together.wait(10)
        return n

    with Forerunner("claims", lanes=2) as forerunner:
        asked = [forerunner.begin(lambda n=n: work(n)) for n in range(4)]  # type: ignore[misc]

        assert [each.result(10) for each in asked] == [0, 1, 2, 3]


def test_lanes_that_all_hang_keep_nobody_longer_than_one() -> None:
    for_ever, all_hang = threading.Event(), threading.Barrier(3)

    def hangs() -> None:
        all_hang.wait(10)
        for_ever.wait()

    with Forerunner("claims", lanes=2, parting_seconds=1.0) as forerunner:
        hanging = [forerunner.begin(hangs) for _ in range(2)]
        all_hang.wait(10)
        parting = time.monotonic()

    assert time.monotonic() - parting < 1.9
    assert not any(each.done() for each in hanging)
    for_ever.set()
