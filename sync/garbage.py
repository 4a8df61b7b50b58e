"""Python's search for cycles, held to the size of our batches while they are made.

A parsed page is a tree of a hundred thousand objects without a single cycle. At Python's usual pace the search walks
through it again and again; that took two fifths of the time in which issues were read. What does leave cycles are the
answers of a tracker's package, a hundred objects each: too few to be looked for by their number, and yet half a
kilobyte for each item in the end. So a search is made by hand after every so many batches.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_BETWEEN = 1_000_000  # new ones, before the search looks at them
BATCHES_BETWEEN = 40
LOOKS_BETWEEN = 20  # before it looks at those that were left, too


def look_after(batches: int) -> None:
    """Search now, if it is time to after so many batches."""
    if batches % BATCHES_BETWEEN == 0:
        gc.collect()


@contextmanager
def searched_seldom() -> Iterator[None]:
    """Search seldom as long as anyone is within such a block, in whichever thread; then as before."""
    with _lock:
        if not _within:
            _usual.append(gc.get_threshold())
            gc.set_threshold(OBJECTS_BETWEEN, LOOKS_BETWEEN, LOOKS_BETWEEN)
        _within.append(None)
    try:
        yield
    finally:
        with _lock:
            _within.pop()
            if not _within:
                gc.set_threshold(*_usual.pop())


_lock = threading.Lock()
_within: list[None] = []
_usual: list[tuple[int, int, int]] = []
