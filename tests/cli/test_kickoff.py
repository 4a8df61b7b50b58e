"""From a first look into the trackers to a baseline: discover, check, sync, report, with nothing written by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder


def test_the_draft_of_discover_leads_to_a_baseline_as_it_stands(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "kickoff", trackers)

    drafted = vmo("discover", "--out", "draft.yaml", folder=folder, env=SECRETS)
    checked = vmo("--config", "draft.yaml", "check", folder=folder, env=SECRETS)
    synced = vmo("--config", "draft.yaml", "sync", folder=folder, env=SECRETS)
    trackers.jira.requests.clear()
    told = vmo("--config", "draft.yaml", "report", "kickoff", folder=folder)

    assert [one.code for one in (drafted, checked, synced, told)] == [0, 0, 0, 0], (drafted, checked, synced, told)
    assert "vmo --config draft.yaml report kickoff" in drafted.out
    states = {
        state.name
        for project in trackers.azure.site.projects.values()
        for type in project.types
        for state in type.states
    }
    assert f"types, {len(states)} statuses" in drafted.out  # each once, whatever types and projects have it
    assert trackers.jira.requests == []
    pages = [line.strip() for line in told.out.splitlines() if line.endswith(".html")]
    assert [Path(page).name for page in pages] == ["kickoff.en.html", "kickoff.fr.html"]


def test_check_accepts_the_limits_that_the_baseline_drafts(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "limits", trackers)
    vmo("discover", "--out", "draft.yaml", folder=folder, env=SECRETS)
    vmo("--config", "draft.yaml", "sync", folder=folder, env=SECRETS)
    vmo("--config", "draft.yaml", "report", "kickoff", folder=folder)
    (page,) = (folder / "vmo-reports").glob("r/*/latest/kickoff.fr.md")
    (lines,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (folder / "agreed.yaml").write_text(f"{(folder / 'draft.yaml').read_text('utf-8')}\n{lines}", "utf-8")

    checked = vmo("--config", "agreed.yaml", "check", folder=folder, env=SECRETS)
    again = vmo("--config", "agreed.yaml", "report", "kickoff", folder=folder)

    assert lines.startswith("kanban:\n")
    assert "service_levels" in lines
    assert checked.code == 0, checked
    assert again.code == 0, again


def test_an_edition_with_a_baseline_can_be_verified(synced: Path) -> None:
    vmo("report", "kickoff", folder=synced)
    (latest,) = {path.parent.name for path in (synced / "vmo-reports").glob("r/small/2*/kickoff.en.html")}

    ended = vmo("verify", latest, folder=synced)

    assert ended.code == 0, ended
    assert "it holds" in ended.out


def test_a_report_without_it_leaves_it_out_and_asking_for_it_afterwards_corrects_nothing(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    trackers.wall.ahead = datetime.combine(datetime.now(UTC), time(12), tzinfo=UTC) - datetime.now(UTC)
    root, path = synced / "vmo-reports" / "r" / "small", synced / "vmo.yaml"
    reports = "reports: {weekly: {packs: [digest], to: [], when: Mon 07:00}}\n"
    path.write_text(path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]") + reports, "utf-8")

    vmo("report", "--report", "weekly", folder=synced)
    (named,) = (one.name for one in root.glob("2*"))
    without = list(root.glob("*/kickoff.*"))
    asked = [vmo("report", *of, "kickoff", folder=synced) for of in ((), ("--report", "weekly"))]
    by_itself = vmo("report", folder=synced)

    day = trackers.wall.now().astimezone(ZoneInfo("Europe/Paris")).date()
    assert without == []
    assert f"published {day}/pages" in asked[0].out, asked[0]
    assert f"already published, unchanged: {day}/pages" in asked[1].out, asked[1]
    assert f"already published, unchanged: {named}/pages" in by_itself.out, by_itself
    assert sorted(one.name for one in root.glob("2*")) == sorted([named, str(day)])
    assert "Corrected" not in (root / str(day) / "overview.en.md").read_text("utf-8")
    assert "superseded" not in (root / named / "overview.en.html").read_text("utf-8")
