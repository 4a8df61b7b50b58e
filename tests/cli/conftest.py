"""Two small trackers for the whole session, and a store that was synced from them once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers


@pytest.fixture(scope="session")
def running_trackers() -> Iterator[Trackers]:
    with small_trackers() as trackers:
        yield trackers


@pytest.fixture
def trackers(running_trackers: Trackers) -> Iterator[Trackers]:
    """Both trackers in good health; what a test breaks is mended after it."""
    yield running_trackers
    running_trackers.well_again()


@pytest.fixture(scope="session")
def synced_once(running_trackers: Trackers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = a_folder(tmp_path_factory.mktemp("synced"), running_trackers)
    ended = vmo("sync", folder=folder, env=SECRETS)
    assert ended.code == 0, ended
    return folder


@pytest.fixture
def synced(synced_once: Path, trackers: Trackers, tmp_path: Path) -> Path:
    """A folder with settings and a synced store, to do as one likes with."""
    return Path(shutil.copytree(synced_once, tmp_path / "portfolio"))
