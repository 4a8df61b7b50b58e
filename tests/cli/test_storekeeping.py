"""`vmo db check` and `vmo db backup`, and what a damaged store keeps from being published."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.outcome import CommandError
from cli.storekeeping import LOOK, refuse_damage
from cli.workspace import open_workspace
from sync.store import open_store
from tests.cli.program import vmo
from tests.sync.fakes import FakeClock, FakeConnector, a_batch, an_item, sync

CLOCK = FakeClock()
SETTINGS = """
portfolio: {name: Care, timezone: Europe/Paris, currency: EUR, locales: [en]}
sources:
  claims: {kind: jira, url: "https://claims.example.com", user: vmo@example.com, token: env:JIRA_TOKEN}
store: sqlite:///vmo-data/vmo.db
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Settings, and a store with one item."""
    (tmp_path / "vmo.yaml").write_text(SETTINGS, encoding="utf-8")
    with open_store(f"sqlite:///{held(tmp_path)}", now=CLOCK.now) as store:
        sync(FakeConnector([a_batch(an_item(title="Settled in days"))]), store, CLOCK)
    return tmp_path


def held(folder: Path) -> Path:
    return folder / "vmo-data" / "vmo.db"


def change_a_title(folder: Path) -> None:
    """What no database notices: a text inside a page is another one."""
    content = held(folder).read_bytes()
    held(folder).write_bytes(content.replace(b"Settled in days", b"Settled in yeas"))


def test_a_sound_store_is_checked_line_by_line(folder: Path) -> None:
    ended = vmo("db", "check", folder=folder)

    assert ended.code == 0
    lines = ended.out.splitlines()
    subjects = ("pages", "items", "raw answers", "forecasts", "closed periods")
    assert [line.split(":")[0] for line in lines[1:]] == [f"{'ok':<8} {name}" for name in subjects]
    assert "1 read as they were written" in lines[2]


def test_a_changed_text_fails_the_check_with_its_mend(folder: Path) -> None:
    change_a_title(folder)

    ended = vmo("db", "check", folder=folder)

    assert ended.code == 1
    assert (
        "FAILED   items: 1 of 1 do not read as they were written: CLM-1 (claims); restore a backup, or run" in ended.out
    )


def test_nothing_is_published_from_a_store_that_changed_by_itself(folder: Path) -> None:
    change_a_title(folder)

    with (
        open_workspace(folder / "vmo.yaml", write=True) as workspace,
        pytest.raises(CommandError, match="nothing was published"),
    ):
        refuse_damage(workspace)

    ended = vmo("status", folder=folder)
    assert "the store does not read as it was written, so nothing is published: items: 1 of 1" in ended.out
    assert ended.code == 3


def test_a_store_is_looked_at_once_a_day(folder: Path) -> None:
    with open_workspace(folder / "vmo.yaml", write=True) as workspace:
        refuse_damage(workspace)
        with closing(sqlite3.connect(held(folder))) as other:
            other.execute("UPDATE items SET title = 'another'")
            other.commit()

        refuse_damage(workspace)

        assert [row.state for row in workspace.store.due(LOOK)] == ["done"]


def test_a_backup_is_a_store_of_its_own(folder: Path) -> None:
    ended = vmo("db", "backup", "--out", "copy.db", folder=folder)

    assert ended.code == 0
    assert "checked the copy" in ended.out
    with open_store(f"sqlite:///{folder / 'copy.db'}", now=CLOCK.now, write=False) as store:
        assert [item.item.title for item in store.held_items()] == ["Settled in days"]


def test_a_backup_never_takes_the_place_of_another_file(folder: Path) -> None:
    (folder / "copy.db").write_text("an older copy")

    ended = vmo("db", "backup", "--out", "copy.db", folder=folder)

    assert ended.code == 1
    assert "name another one" in ended.message
    assert (folder / "copy.db").read_text() == "an older copy"
