"""`vmo report`: what was published, where, and which edition is the latest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, yesterday


def test_a_report_that_looks_back_is_not_the_latest(synced: Path) -> None:
    vmo("report", "--locale", "en", folder=synced)
    latest = synced / "vmo-reports" / "r" / "small" / "latest" / "overview.en.html"
    before = latest.read_bytes()
    day = yesterday() - timedelta(weeks=8)

    ended = vmo("report", "--locale", "en", "--as-of", day.isoformat(), folder=synced)

    assert ended.code == 0, ended
    assert ended.out.startswith("published ")
    assert latest.read_bytes() == before
    assert len(list(latest.parent.parent.glob("*/overview.en.html"))) == 3


def test_the_same_report_again_writes_nothing(synced: Path) -> None:
    first = vmo("report", "overview", "--locale", "en", folder=synced)
    pages = {path: path.stat().st_mtime_ns for path in (synced / "vmo-reports").rglob("*.html")}

    again = vmo("report", "overview", "--locale", "en", folder=synced)

    assert first.out.startswith("published ")
    assert again.out.startswith("already published, unchanged: ")
    assert {path: path.stat().st_mtime_ns for path in (synced / "vmo-reports").rglob("*.html")} == pages


def test_a_report_needs_no_token_and_no_tracker(synced: Path, trackers: Trackers) -> None:
    trackers.jira.requests.clear()

    ended = vmo("report", "overview", "--locale", "fr", folder=synced)

    assert ended.code == 0
    assert trackers.jira.requests == []
    assert (synced / "vmo-reports" / "r" / "small" / "latest" / "overview.fr.html").is_file()


def test_stale_sources_are_named_at_the_top(synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch) -> None:
    trackers.wall.ahead = timedelta(days=3)
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)

    ended = vmo("report", "overview", "--locale", "en", folder=synced)
    status = vmo("status", folder=synced, env=SECRETS)

    page = (synced / "vmo-reports" / "r" / "small" / "latest" / "overview.en.html").read_text("utf-8")
    top = page[page.index("<body") : page.index("<h2")]
    assert ended.code == 0
    assert "shop" in top
    assert "stores" in top
    assert status.code == 3
    assert status.out.count("STALE since") == 2
