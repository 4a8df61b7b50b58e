"""Python's search for cycles, while batches are made."""

from __future__ import annotations

import gc
from unittest import mock

from sync.garbage import look_after


def test_cycles_are_looked_for_after_every_forty_batches_and_not_before_the_first() -> None:
    with mock.patch.object(gc, "collect") as search:
        searched = []
        for batches in range(100):
            look_after(batches)
            searched += [batches] * search.call_count
            search.reset_mock()

    assert searched == [40, 80]
