"""Ctrl-C and SIGTERM: end between two batches, so that what was committed is kept; and end soon, whatever hangs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from cli.outcome import ExitCode
from cli.workspace import Workspace

LONGEST_SECONDS = 9.0  # from the signal to the end; service managers kill after ten or more


@contextmanager
def stopped_by_signals(workspace: Workspace, *, code: ExitCode = ExitCode.PARTLY) -> Iterator[None]:
    """SIGTERM and Ctrl-C end sleeps, requests and loops; a second one ends the process at once.

    What still hangs after nine seconds (a name server, a disk) dies with the process, which then leaves with `code`:
    a transaction that was not committed is rolled back by the store, and the next run goes on from the one before.
    """
    told = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        if told.is_set():
            os._exit(128 + number)
        told.set()
        threading.Thread(target=_wind_down, args=(workspace, code), name="stopping", daemon=True).start()

    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (number, signal.signal(number, stop)) for number in (signal.SIGTERM, signal.SIGINT)
    ]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _wind_down(workspace: Workspace, code: ExitCode) -> None:
    """Requests first, so that nobody who wakes up sends another one; then sleeps; then the patience runs out."""
    from connectors.transport import hang_up  # noqa: PLC0415 - costs a third of a second, and only those who sync

    hang_up()
    workspace.sleep.wake()
    threading.Event().wait(LONGEST_SECONDS)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
