"""The daily count and the weekly reading of everything: once each period, by the settings' own words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli import clock, gathering, housekeeping
from cli.housekeeping import FULL_CHECK, SWEEP, gather_what_is_due, in_ledger
from cli.progress import Quiet
from cli.workspace import Workspace, open_workspace
from sync.store.reading import RunRecord
from sync.store.tables import SOURCE_STATES
from tests.cli.program import vmo

SETTINGS = """
portfolio: {name: Housekeeping, timezone: Europe/Paris, currency: EUR, locales: [en]}
sources:
  jira: {kind: jira, url: "https://example.atlassian.net", user: vmo@example.com, token: env:JIRA_TOKEN}
sync: {presence_sweep: "daily 02:00", full_check: "Sun 03:00"}
"""
FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Days:
    """A clock that stands where the test puts it, and what was asked of the gathering meanwhile."""

    def __init__(self) -> None:
        self.now = FRIDAY
        self.asked: list[tuple[bool, bool]] = []  # full, sweep
        self.outcome = "ok"

    def gather(
        self,
        workspace: Workspace,
        names: Sequence[str],
        reporter: object,
        *,
        full: Collection[str],
        sweep: Collection[str],
        ended: Callable[[str], None],
    ) -> list[RunRecord]:
        self.asked.append(("jira" in full, "jira" in sweep))
        return [
            RunRecord(
                run_id=1, source=name, kind="sync", started_at=self.now, finished_at=self.now, outcome=self.outcome,
                sentence="",
            )
            for name in names
        ]  # fmt: skip


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Days:
    found = Days()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    monkeypatch.setattr(housekeeping, "gather", found.gather)
    return found


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "vmo.yaml"
    path.write_text(SETTINGS, "utf-8")
    return path


def run(config: Path, *, read_at: datetime | None = FRIDAY) -> dict[tuple[str, str], str]:
    """One run over a source that was read whole at `read_at`; what the ledger says afterwards."""
    with open_workspace(config, write=True) as workspace:
        if read_at is not None and workspace.store.state("jira") is None:
            row = {
                "source": "jira", "kind": "jira", "base_url": "https://example.atlassian.net", "outcome": "ok",
                "full_at": int(read_at.timestamp() * 1_000_000),
            }  # fmt: skip
            workspace.store.write(lambda connection: connection.execute(SOURCE_STATES.insert().values(**row)))
        gather_what_is_due(workspace, Quiet())
        return {(row.report, row.period_key): row.state for row in workspace.store.due()}


def test_nothing_is_owed_before_the_first_full_reading(config: Path, days: Days) -> None:
    days.now = FRIDAY + timedelta(days=9)

    ledger = run(config, read_at=None)

    assert days.asked == [(False, False)]
    assert ledger == {}


def test_each_night_one_run_counts_and_the_others_do_not(config: Path, days: Days) -> None:
    run(config)
    days.now = FRIDAY + timedelta(hours=14)  # Saturday, 03:00 in Paris
    run(config)
    run(config)

    assert days.asked == [(False, False), (False, True), (False, False)]


def test_on_sunday_one_run_reads_everything_again(config: Path, days: Days) -> None:
    run(config)
    days.now = FRIDAY + timedelta(hours=14)
    run(config)
    days.now = FRIDAY + timedelta(hours=39)  # Sunday, 04:00 in Paris
    ledger = run(config)
    run(config)

    assert days.asked[2:] == [(True, True), (False, False)]
    assert ledger[in_ledger(FULL_CHECK, "jira"), "2026-W47"] == "done"
    assert ledger[in_ledger(SWEEP, "jira"), "2026-11-22"] == "done"


def test_a_count_whose_source_failed_is_written_down_as_failed(config: Path, days: Days) -> None:
    run(config)
    days.now = FRIDAY + timedelta(hours=14)
    days.outcome = "failed"

    ledger = run(config)

    assert ledger[in_ledger(SWEEP, "jira"), "2026-11-21"] == "failed"


def test_what_nobody_was_there_to_count_is_written_down_as_missed(config: Path, days: Days) -> None:
    run(config)
    days.now = FRIDAY + timedelta(days=3)

    ledger = run(config)

    assert ledger[in_ledger(SWEEP, "jira"), "2026-11-22"] == "missed"
    assert ledger[in_ledger(SWEEP, "jira"), "2026-11-23"] == "done"


def test_a_source_whose_secret_is_gone_has_failed_and_so_has_its_count(
    config: Path, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(config)
    monkeypatch.setattr(housekeeping, "gather", gathering.gather)
    monkeypatch.delenv("JIRA_TOKEN", raising=False)
    days.now = FRIDAY + timedelta(hours=14)

    ledger = run(config)
    told = vmo("status", folder=config.parent)

    assert ledger[in_ledger(SWEEP, "jira"), "2026-11-21"] == "failed"
    assert told.code == 3
    assert "sources.jira.token" in told.out
