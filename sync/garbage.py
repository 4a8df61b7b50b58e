"""Python's search for cycles, held to the size of our batches while they are made.

A parsed page is a tree of a hundred thousand objects without a single cycle. At Python's usual pace the search walks
through it again and again; that took two fifths of the time in which issues were read. What does leave cycles are the
answers of a tracker's package, a hundred objects each: too few to be looked for by their number, and yet half a
kilobyte for each item in the end. So a search is made by hand after every so many batches.
"""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager

from sync.settings_of_process import SettingOfProcess

OBJECTS_BETWEEN = 1_000_000  # new ones, before the search looks at them
BATCHES_BETWEEN = 40
LOOKS_BETWEEN = 20  # before it looks at those that were left, too


def look_after(batches: int) -> None:
    """Search now, if it is time to after so many batches."""
    if batches and batches % BATCHES_BETWEEN == 0:
        gc.collect()


def searched_seldom() -> AbstractContextManager[None]:
    """Search seldom as long as anyone is within such a block, in whichever thread; then as before."""
    return _SEARCH.changed()


def search_without(thread: int) -> None:
    """A thread that hangs within such a block holds up nobody's search any more."""
    _SEARCH.given_up(thread)


def _slow_down() -> tuple[int, int, int]:
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN, LOOKS_BETWEEN, LOOKS_BETWEEN)
    return before


_SEARCH = SettingOfProcess(change=_slow_down, put_back=lambda before: gc.set_threshold(*before))
