"""The harness's side of the killed processes: starts the one that forks them, and hands it jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Told = dict[str, Any]
ROOT = Path(__file__).parents[2]


class BrokenHarnessError(AssertionError):
    """The harness itself does not work; what it proved before says nothing."""


class Zygote:
    """A process with everything imported and the shim preloaded, which forks a child for each job."""

    def __init__(self, library: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            cwd=ROOT,
            env=os.environ | {"LD_PRELOAD": str(library), "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def do(self, job: str, **told: Any) -> Told:
        """Do a job in a new child. Raises BrokenHarnessError where the child fell over our own mistake."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": job, **told}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BrokenHarnessError("the process that forks the children is gone")
        answer: Told = json.loads(line)
        if "broken" in answer:
            raise BrokenHarnessError(answer["broken"])
        return answer
