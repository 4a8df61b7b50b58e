"""Threads take turns often while anyone fetches and writes, and as before afterwards."""

from __future__ import annotations

import sys
import threading

import pytest

from sync import turns


def test_turns_are_short_within_the_block_and_as_before_after_it() -> None:
    usual = sys.getswitchinterval()

    with turns.taken_often():
        within = sys.getswitchinterval()

    assert within == pytest.approx(turns.LONGEST_TURN_SECONDS)
    assert sys.getswitchinterval() == usual


def test_they_stay_short_until_the_last_of_several_threads_has_left() -> None:
    usual = sys.getswitchinterval()
    entered, may_leave = threading.Event(), threading.Event()

    def other() -> None:
        with turns.taken_often():
            entered.set()
            assert may_leave.wait(10)

    thread = threading.Thread(target=other)
    with turns.taken_often():
        thread.start()
        assert entered.wait(10)
    still = sys.getswitchinterval()
    may_leave.set()
    thread.join(10)

    assert still == pytest.approx(turns.LONGEST_TURN_SECONDS)
    assert sys.getswitchinterval() == usual


def test_a_thread_that_hangs_and_was_given_up_holds_them_no_more_and_leaves_without_a_trace() -> None:
    usual = sys.getswitchinterval()
    entered, may_leave = threading.Event(), threading.Event()

    def hanging() -> None:
        with turns.taken_often():
            entered.set()
            assert may_leave.wait(10)

    thread = threading.Thread(target=hanging)
    thread.start()
    assert entered.wait(10) and thread.ident is not None
    turns.take_without(thread.ident)
    given_up = sys.getswitchinterval()
    with turns.taken_often():
        may_leave.set()
        thread.join(10)
        within = sys.getswitchinterval()

    assert given_up == usual
    assert within == pytest.approx(turns.LONGEST_TURN_SECONDS)
    assert sys.getswitchinterval() == usual
