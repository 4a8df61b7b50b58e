"""A thread or a few that ask ahead, while the caller reads what was answered before.

```
ask   ── page 1 ──┬── page 2 ──┬── page 3 ──┬── ...     the forerunner's thread
read              └── page 1 ──┴── page 2 ──┴── ...     the caller's thread
```
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

PARTING_SECONDS = 4.0  # less than those who wait for the caller's thread wait for it
T = TypeVar("T")


class Forerunner:
    """Does one piece of work after the other in a thread of its own. Use it as a context: it ends with the block.

    With more `lanes`, each a thread, that many pieces are under way at once; they begin in the order they were given.

    What has not begun when the block ends is not done, and a piece under way should ask `is_awaited` before each step
    that costs somebody something. One that hangs keeps neither the block nor the program: it is left behind.
    """

    def __init__(self, name: str, *, lanes: int = 1, parting_seconds: float = PARTING_SECONDS) -> None:
        self._parting_seconds = parting_seconds
        self._is_left = threading.Event()
        self._asked: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name=f"ahead {name}", daemon=True) for _ in range(lanes)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_left.set()
        for _ in self._threads:
            self._asked.put(None)
        patience = self._parting_seconds
        for thread in self._threads:
            thread.join(patience)
            if thread.is_alive():
                patience = 0.0  # the others had as long

    def is_awaited(self) -> bool:
        """Will anybody take the result of what is done now?"""
        return not self._is_left.is_set()

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Have it done; `result()` waits for the end, and raises what the work raised."""
        future: Future[T] = Future()
        self._asked.put((future, work))
        return future

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            future, work = asked
            if not self.is_awaited():
                future.cancel()
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # whatever it is, the one who waits has to know
                future.set_exception(error)
            del asked, future, work  # the result is the caller's alone
