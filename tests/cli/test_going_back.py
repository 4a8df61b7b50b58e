"""A store that was brought back is known by what lies in the folder and was made by nobody whom it knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import clock
from cli.going_back import age_of, at_work, keep_age
from cli.outcome import CommandError
from cli.workspace import Workspace, open_workspace
from tests.builders import a_moment, an_edition
from tests.config.settings_files import SMALLEST

PUBLISHED = a_moment("2026-12-07T06:05")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A store that began in the week before, and an edition in its folder that it has not written down."""
    (tmp_path / "vmo.yaml").write_text(SMALLEST, encoding="utf-8")
    folder = tmp_path / "vmo-reports" / "r" / "claims" / "2026-w49"
    folder.mkdir(parents=True)
    manifest = {"published_at": PUBLISHED.isoformat(), "sources": [{"source": "claims", "attempted_at": None}]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    monkeypatch.setattr(clock, "now", lambda: a_moment("2026-12-01T06:00"))
    with open_workspace(tmp_path / "vmo.yaml", write=True, first_run=True) as opened:
        yield opened


@pytest.mark.parametrize(
    ("report", "claimed", "finished", "is_told"),
    [
        pytest.param(None, "", "", True, id="nobody was at it"),
        pytest.param("weekly", "2026-12-07T06:00", "", False, id="a process that died"),
        pytest.param("weekly", "2026-12-07T06:00", "2026-12-07T06:20", False, id="and was made good"),
        pytest.param("weekly", "2026-12-07T05:00", "2026-12-07T05:10", True, id="it had ended before"),
        pytest.param("weekly", "2026-11-30T06:00", "", True, id="it died a week before"),
        pytest.param("notice to ops", "2026-12-07T06:00", "", True, id="it was at something else"),
    ],
)
def test_an_edition_that_is_not_written_down_is_told_unless_a_process_of_ours_was_at_it(
    workspace: Workspace, report: str | None, claimed: str, finished: str, *, is_told: bool
) -> None:
    if report is not None:
        workspace.store.claim_due(report, "2026-W50", a_moment(claimed))
    if report is not None and finished:
        workspace.store.finish_due(report, "2026-W50", "done", a_moment(finished))

    told = age_of(workspace)

    assert (told is not None) == is_told
    assert told is None or "claims/2026-w49 was published Mon 07 Dec 2026 07:05 CET" in told


def test_what_is_made_by_hand_is_known_for_ours_where_it_dies_before_it_is_written_down(
    workspace: Workspace,
) -> None:
    with pytest.raises(SystemExit), at_work(workspace, now=PUBLISHED):
        raise SystemExit(9)

    assert keep_age(workspace) is None


def test_what_was_refused_by_hand_is_at_nothing_any_more(workspace: Workspace) -> None:
    with pytest.raises(CommandError), at_work(workspace, now=clock.now()):
        raise CommandError("there is nothing to report")

    assert workspace.store.due("report by hand") == []


def test_an_edition_from_before_the_newest_that_is_known_tells_nothing(workspace: Workspace) -> None:
    assert age_of(workspace) is not None
    workspace.store.record_edition(an_edition("weekly", at="2026-12-08T06:00"))

    assert age_of(workspace) is None
