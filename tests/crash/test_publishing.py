"""A publication that dies or fails anywhere leaves whole editions, and the next one ends as if undisturbed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.publishing import BUGS
from tests.crash.zygote import ROOT
from tests.faults.catalogue import case

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MEMORY = Path("/dev/shm")  # where syncing costs nothing; a kill of a process loses no write in either


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@case("PB01", "PB03")
def test_a_publication_disturbed_anywhere_leaves_whole_editions_and_the_next_one_ends_as_if_undisturbed(
    library: Path, place: Path
) -> None:
    found = _campaign(library, place, step=5)

    assert found["violations"] == []
    assert found["killed"] > 30
    assert found["refused"] > 30


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_of_publishing_is_caught(library: Path, place: Path, bug: str) -> None:
    found = _campaign(library, place, step=4, bug=bug)

    assert found["violations"]


def _campaign(library: Path, place: Path, *, step: int, bug: str | None = None) -> dict[str, Any]:
    told = [sys.executable, "-m", "tests.crash.publishing", str(place), str(step), *([bug] if bug else [])]
    done = subprocess.run(
        told, check=True, cwd=ROOT, env=os.environ | {"LD_PRELOAD": str(library)}, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
