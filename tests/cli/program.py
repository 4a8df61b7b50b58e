"""Run `vmo`: as the real program in a process of its own, or inside this one where speed matters."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from cli import clock, logs
from cli.main import _Chosen, main

PROGRAM = Path(sys.executable).with_name("vmo")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit code, and all that it said."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line of the program's last word, without its name."""
        (line,) = self.err.strip().splitlines()
        assert line.startswith("vmo: "), line
        return line.removeprefix("vmo: ")


def vmo(*words: str | Path, folder: Path, env: Mapping[str, str] | None = None) -> Ended:
    """The command in this process, as if started in `folder`; as fast as it gets."""
    with _as_program(folder, [str(word) for word in words], env or {}) as (out, err):
        try:
            main()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        out.flush()
    return Ended(code=code, out=out.buffer.getvalue().decode(), err=err.getvalue())  # type: ignore[attr-defined] # BytesIO


def vmo_alone(*words: str | Path, folder: Path, env: Mapping[str, str] | None = None, timeout: float = 120.0) -> Ended:
    """The command in a process of its own, as a person starts it."""
    done = subprocess.run(
        [PROGRAM, *words],
        cwd=folder,
        env=_environment(env or {}),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def started(*words: str | Path, folder: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """The command in a process that goes on; the caller ends it."""
    return subprocess.Popen(
        [PROGRAM, *words],
        cwd=folder,
        env=_environment(env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _hardly_wait(self: clock.Sleeper, seconds: float) -> None:
    """Retries follow each other at once: how long they wait is a matter of the connectors' own tests."""
    self._woken.wait(min(seconds, 0.01))


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VMO_")}
    return kept | {"COLUMNS": "200", "NO_COLOR": "1"} | dict(more)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60.0) -> None:
    """Wait for something that the process is to bring about."""
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


@contextlib.contextmanager
def _as_program(
    folder: Path, words: list[str], env: Mapping[str, str]
) -> Iterator[tuple[io.TextIOWrapper, io.StringIO]]:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline=""), io.StringIO()
    root = logging.getLogger()
    handlers, level, mask = root.handlers[:], root.level, os.umask(0o077)
    try:
        with (
            mock.patch.object(sys, "argv", ["vmo", *words]),
            mock.patch.dict(os.environ, _environment(env), clear=True),
            contextlib.chdir(folder),
            mock.patch.object(clock.Sleeper, "__call__", _hardly_wait),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            yield out, err
    finally:
        root.handlers[:], _Chosen.config, _Chosen.verbose = handlers, None, False
        root.setLevel(level)
        logs._HIDDEN.clear()
        os.umask(mask)
