"""What the release checks look at: one edition of every pack of the demo, a real browser, and a recording proxy."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from cli import clock
from tests.cli.program import vmo
from tests.release.edition import Published
from tests.release.recorder import Recorder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BEGAN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday: the same demo whenever the tests run


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """What `vmo demo` publishes; made once for all workers of a test run."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    folder = shared / "release"
    with (shared / "release.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _make(folder)
            (folder / "whole").touch()
    return Published(folder / "vmo-demo")


def _make(folder: Path) -> None:
    started = clock.monotonic()
    with mock.patch.object(clock, "now", lambda: BEGAN + timedelta(seconds=clock.monotonic() - started)):
        ended = vmo("demo", folder=folder)
    assert ended.code == 0, ended


@pytest.fixture(scope="session")
def requests() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("VMO_LEAVE_NOTHING_OUT"):
            pytest.fail("no Chromium is installed, and nothing may be left out")
        pytest.skip("left out for want of a Chromium: pages in a real browser")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # heavy, and only where a browser is

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()
