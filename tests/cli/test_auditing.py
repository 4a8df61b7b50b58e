"""The page of governance and audit, from the store: what it reads is bounded by the edition's instant."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.recording import records_of
from cli.workspace import open_workspace
from domain.audiences import Audience, Restriction, Sight
from domain.strategy import Matcher
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers


def test_a_change_of_the_settings_is_told_and_the_edition_before_it_still_holds(synced: Path) -> None:
    vmo("report", folder=synced)
    settings = (synced / "vmo.yaml").read_text("utf-8")
    (synced / "vmo.yaml").write_text(settings.replace("First theme", "Another theme"), encoding="utf-8")
    vmo("sync", folder=synced, env=SECRETS)

    vmo("report", folder=synced)

    folders = sorted(one.name for one in (synced / "vmo-reports/r/small").iterdir() if one.name.startswith("20"))
    page = (synced / "vmo-reports/r/small/latest/audit.en.md").read_text("utf-8")
    assert "First theme | Another theme" in page
    assert f"[{folders[0]}/pages](../{folders[0]}/overview.en.html)" in page
    for folder in folders:
        ended = vmo("verify", folder, folder=synced)
        assert ended.out.splitlines()[-1] == "it holds", ended


def test_a_store_that_cannot_be_written_is_not_called_ok(synced: Path) -> None:
    refusing = "CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'no space'); END"
    with closing(sqlite3.connect(synced / "vmo-data/vmo.db")) as store, store:
        store.execute(refusing)
    try:
        checked = vmo("check", folder=synced, env=SECRETS)
    finally:
        with closing(sqlite3.connect(synced / "vmo-data/vmo.db")) as store, store:
            store.execute("DROP TRIGGER full")

    (line,) = [line for line in checked.out.splitlines() if " store:" in line]
    assert checked.code != 0
    assert "no space" in line and not line.startswith("ok")


def test_a_token_that_could_write_is_told_on_the_page_in_both_languages(synced: Path, trackers: Trackers) -> None:
    trackers.jira.may_move = True
    try:
        checked = vmo("check", folder=synced, env=SECRETS)
    finally:
        trackers.jira.may_move = False

    vmo("report", folder=synced)

    english, french = (
        (synced / f"vmo-reports/r/small/latest/audit.{one}.md").read_text("utf-8") for one in ("en", "fr")
    )
    assert "what was seen of the tokens is kept" in checked.out
    assert "shop: the token’s owner may change items, as vmo check saw on" in english
    assert "stores: whether the token could write cannot be seen from outside" in english
    assert "le titulaire du jeton peut modifier des éléments" in french
    assert "| check |" not in english


def test_another_sync_alone_makes_no_other_edition(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    vmo("sync", folder=synced, env=SECRETS)  # whatever another test has changed in the trackers
    vmo("report", folder=synced)
    trackers.wall.ahead = timedelta(minutes=3)
    vmo("sync", folder=synced, env=SECRETS)

    again = vmo("report", folder=synced)

    assert "already published, unchanged" in again.out


def test_what_a_sync_said_is_told_to_nobody_for_whom_a_project_is_restricted_before_it_has_an_item(
    synced: Path,
) -> None:
    now = datetime.now(UTC)
    barred = Audience(barred=(Restriction(name="deal", matchers=(Matcher(project="MERGER"),)),))
    sight = Sight(audience=barred, barred_projects=frozenset({"merger"}))

    with open_workspace(synced / "vmo.yaml") as workspace:
        whole = records_of(workspace.store, since=now - timedelta(days=1), at=now)
        seen = records_of(workspace.store, since=now - timedelta(days=1), at=now, sight=sight)

    assert any(one.sentence for one in whole.readings)
    assert [(one.id, one.items) for one in seen.readings] == [(one.id, one.items) for one in whole.readings]
    assert {one.sentence for one in seen.readings} == {""}
