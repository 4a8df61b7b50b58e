"""The one place where the time is asked."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def monotonic() -> float:
    return time.monotonic()


class Sleeper:
    """A sleep that a signal can end: `wake()` makes every sleep, now and later, return at once."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def __call__(self, seconds: float) -> None:
        self._woken.wait(seconds)

    def wait(self) -> None:
        """Sleep until somebody wakes us."""
        self._woken.wait()

    def wake(self) -> None:
        self._woken.set()

    @property
    def is_woken(self) -> bool:
        return self._woken.is_set()


def jitter() -> float:
    """A number from 0 to 1 that spreads retries; it guards nothing."""
    return random.random()  # noqa: S311
