"""What a person sees while long work runs: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cli.terminal import plain


class Reporter(Protocol):
    """Says how far something is. `expected` None: nobody knows yet. Called from several threads."""

    def step(self, name: str, *, done: int, expected: int | None, words: str) -> None: ...

    def say(self, words: str) -> None: ...


class Quiet:
    """For services: the log speaks, progress does not."""

    def step(self, name: str, *, done: int, expected: int | None, words: str) -> None:
        """Say nothing."""

    def say(self, words: str) -> None:
        """Say nothing."""


class Plain:
    """One line when something began, at each doubling, and when it ended."""

    def __init__(self) -> None:
        self._said: dict[str, int] = {}
        self._lock = threading.Lock()

    def step(self, name: str, *, done: int, expected: int | None, words: str) -> None:
        with self._lock:
            if done < 2 * self._said.get(name, 500):
                return
            self._said[name] = done
            of = f" of about {expected:,}" if expected else ""
            print(f"  {name}: {done:,}{of} {words}", flush=True)

    def say(self, words: str) -> None:
        with self._lock:
            print(plain(words), flush=True)


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[Reporter]:
    """The right reporter for where standard output goes."""
    if quiet:
        yield Quiet()
    elif not sys.stdout.isatty():
        yield Plain()
    else:
        with _moving() as reporter:
            yield reporter


@contextmanager
def _moving() -> Iterator[Reporter]:
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("  {task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[words]}"))
    with Progress(*columns, TimeElapsedColumn(), transient=True) as bars:

        class Moving:
            def __init__(self) -> None:
                self._tasks: dict[str, TaskID] = {}

            def step(self, name: str, *, done: int, expected: int | None, words: str) -> None:
                if name not in self._tasks:
                    self._tasks[name] = bars.add_task(name, total=expected, words="")
                bars.update(self._tasks[name], completed=done, total=expected, words=f"{done:,} {words}")

            def say(self, words: str) -> None:
                bars.console.print(plain(words), markup=False, highlight=False)

        yield Moving()
