"""The restatements: what earlier editions told of closed periods, and what reads differently today."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers


@pytest.fixture
def own_trackers() -> Iterator[Trackers]:
    """Trackers that a test may change for good."""
    with small_trackers() as trackers:
        yield trackers


@pytest.fixture
def a_week_later(own_trackers: Trackers, tmp_path: Path) -> Path:
    """A folder whose last edition is of an earlier week."""
    folder = a_folder(tmp_path / "portfolio", own_trackers)
    assert vmo("sync", folder=folder, env=SECRETS).code == 0
    assert vmo("report", folder=folder).code == 0
    with sqlite3.connect(folder / "vmo-data" / "vmo.db") as store:
        store.execute("UPDATE editions SET period_key = '2020-W01', edition_id = '2020-w01/pages'")
    return folder


def test_the_first_edition_says_that_there_is_nothing_to_compare_with(synced: Path) -> None:
    vmo("report", folder=synced)

    assert "Nothing to compare with yet" in told(synced, "restatement.en.md")


def test_where_nothing_changed_every_past_figure_still_reads_as_first_told(a_week_later: Path) -> None:
    vmo("report", folder=a_week_later)

    page = told(a_week_later, "restatement.en.md")
    assert re.search(r"^# All \d+ figures of closed periods read as they were first told$", page, re.MULTILINE)
    assert "Restated" not in told(a_week_later, "overview.en.md")


def test_work_that_was_reopened_is_named_with_the_figure_that_it_changed(
    a_week_later: Path, own_trackers: Trackers
) -> None:
    site, now = own_trackers.jira.site, int(datetime.now(UTC).timestamp() * 1000)
    done = [one for one in site.issues.values() if site.statuses[one.status_id].category == "done"]
    newest = sorted((one for one in done if one.resolved), key=lambda one: one.resolved or 0)[-6:]
    for issue in newest:
        site.transition(issue, "In Progress", now)
    vmo("sync", folder=a_week_later, env=SECRETS)

    vmo("report", folder=a_week_later)

    page = told(a_week_later, "restatement.en.md")
    assert "Reopened since:" in page
    assert any(issue.key in page for issue in newest)
    assert "2020-w01" in page
    assert "Restated" in told(a_week_later, "overview.en.md")


def test_a_file_of_a_kpi_is_named_to_nobody_for_whom_something_is_restricted(
    a_week_later: Path, own_trackers: Trackers
) -> None:
    with (a_week_later / "vmo.yaml").open("a", encoding="utf-8") as settings:
        settings.write(
            "kpis: {quiet: {name: Quiet, readings: zanzibarq.csv}}\nrestricted: {deal: {match: [{label: merger}]}}\n"
        )
    for name, text in (
        ("zanzibarq.csv", "kpi,date,value\nquiet,2026-01-05,1\n"),
        ("votes.csv", "period,theme,votes\n"),
    ):
        (a_week_later / name).write_text(text, encoding="utf-8")
    site, now = own_trackers.jira.site, int(datetime.now(UTC).timestamp() * 1000)
    done = [one for one in site.issues.values() if site.statuses[one.status_id].category == "done" and one.resolved]
    for issue in sorted(done, key=lambda one: one.resolved or 0)[-6:]:
        site.transition(issue, "In Progress", now)
    vmo("sync", folder=a_week_later, env=SECRETS)

    vmo("report", folder=a_week_later)

    page = told(a_week_later, "restatement.en.md")
    assert "votes.csv" in page
    assert "zanzibarq" not in page


def test_a_file_of_data_that_changed_is_told_apart_from_settings_that_did(
    a_week_later: Path, own_trackers: Trackers
) -> None:
    site, now = own_trackers.jira.site, int(datetime.now(UTC).timestamp() * 1000)
    done = [one for one in site.issues.values() if site.statuses[one.status_id].category == "done" and one.resolved]
    for issue in sorted(done, key=lambda one: one.resolved or 0)[-6:]:
        site.transition(issue, "In Progress", now)
    votes = a_week_later / "votes.csv"
    votes.write_text("period,value_stream,votes\n", encoding="utf-8")
    vmo("sync", folder=a_week_later, env=SECRETS)

    vmo("report", folder=a_week_later)
    page = told(a_week_later, "restatement.en.md")
    settings = a_week_later / "vmo.yaml"
    settings.write_text(settings.read_text("utf-8").replace("First theme", "Another theme"), encoding="utf-8")
    vmo("report", folder=a_week_later)
    later = told(a_week_later, "restatement.en.md")

    assert "The settings have changed since" not in page
    assert "on which no figure of the flow rests: votes.csv" in page
    assert "The settings have changed since" in later


def told(folder: Path, name: str) -> str:
    return (folder / "vmo-reports" / "r" / "small" / "latest" / name).read_text("utf-8")
