"""A setting of the whole process, otherwise for as long as anyone needs it, in whichever thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class SettingOfProcess(Generic[T]):
    """The first who is within changes it, the last who leaves puts back what was there.

    `change` sets it and returns what it was before; `put_back` is given that.
    """

    def __init__(self, *, change: Callable[[], T], put_back: Callable[[T], None]) -> None:
        self._change = change
        self._put_back = put_back
        self._lock = threading.Lock()
        self._within = 0
        self._usual: list[T] = []

    @contextmanager
    def changed(self) -> Iterator[None]:
        with self._lock:
            if not self._within:
                self._usual.append(self._change())
            self._within += 1
        try:
            yield
        finally:
            with self._lock:
                self._within -= 1
                if not self._within:
                    self._put_back(self._usual.pop())
