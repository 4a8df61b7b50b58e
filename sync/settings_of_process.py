"""A setting of the whole process, otherwise for as long as anyone needs it, in whichever thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class SettingOfProcess(Generic[T]):
    """The first who is within changes it, the last who leaves puts back what was there.

    `change` sets it and returns what it was before; `put_back` is given that. A thread that is `given_up` while it is
    within counts no more, and leaves later without a trace.
    """

    def __init__(self, *, change: Callable[[], T], put_back: Callable[[T], None]) -> None:
        self._change = change
        self._put_back = put_back
        self._lock = threading.Lock()
        self._within: list[int] = []  # threads, each as often as it entered
        self._usual: list[T] = []

    @contextmanager
    def changed(self) -> Iterator[None]:
        thread = threading.get_ident()
        with self._lock:
            if not self._within:
                self._usual.append(self._change())
            self._within.append(thread)
        try:
            yield
        finally:
            self._leave(thread, times=1)

    def given_up(self, thread: int) -> None:
        """Go on as if this thread had left: it hangs, and nobody waits for it any more."""
        self._leave(thread, times=None)

    def _leave(self, thread: int, *, times: int | None) -> None:
        with self._lock:
            left = self._within.count(thread) if times is None else min(times, self._within.count(thread))
            for _ in range(left):
                self._within.remove(thread)
            if left and not self._within:
                self._put_back(self._usual.pop())
