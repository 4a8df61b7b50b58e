"""Two small trackers for the whole session, and a store that was synced from them once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import vmo
from tests.cli.relay import LEAD, SPONSOR, Relay, a_relay
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


@pytest.fixture(scope="module")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def relay(authority_folder: Path) -> Iterator[Relay]:
    with a_relay(authority_folder) as relay:
        yield relay


@pytest.fixture
def home(synced: Path, relay: Relay) -> Path:
    """A synced store that has never mailed, with a weekly report for two people; one language, to be quick."""
    path = synced / "vmo.yaml"
    text = path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]")
    path.write_text(text + relay.settings(LEAD, SPONSOR), encoding="utf-8")
    return synced
