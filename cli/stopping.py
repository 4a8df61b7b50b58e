"""Ctrl-C and SIGTERM: end between two batches, so that what was committed is kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from cli.workspace import Workspace


@contextmanager
def stopped_by_signals(workspace: Workspace) -> Iterator[None]:
    """SIGTERM and Ctrl-C end sleeps and loops between two batches; a second one ends the process at once."""

    def stop(number: int, _: FrameType | None) -> None:
        if workspace.sleep.is_woken:
            os._exit(128 + number)
        workspace.sleep.wake()

    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (number, signal.signal(number, stop)) for number in (signal.SIGTERM, signal.SIGINT)
    ]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
