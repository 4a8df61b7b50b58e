"""Items that are hidden for want of a field are counted for those who run the store, with what to do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.jira_site import Field
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, a_folder, small_trackers

NOTE = "customfield_19999"
TEXT_AREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"  # asked for only where it is named
EPIC = "SUP-1"  # an item of shop with others below it
RULES = """
restricted: {f: {match: {source: shop, field: Secret note, is: Merger}}}
audiences: {board: {sees: [f]}, shop: {scopes: [{source: shop}]}}
"""
BELOW = f"""
WITH RECURSIVE below(id) AS (
    SELECT external_id FROM items WHERE key = '{EPIC}'
    UNION SELECT external_id FROM items JOIN below ON parent_id = id AND source = 'shop'
) SELECT count(*) - 1 FROM below
"""


@pytest.fixture
def restricted(tmp_path: Path) -> Iterator[Path]:
    """All of shop was asked for the field that a rule names; nothing is restricted by it."""
    with small_trackers() as trackers:
        trackers.jira.site.fields[NOTE] = Field(id=NOTE, name="Secret note", type="string", custom=TEXT_AREA)
        home = a_folder(tmp_path / "home", trackers)
        settings = home / "vmo.yaml"
        settings.write_text(settings.read_text(encoding="utf-8") + RULES, encoding="utf-8")
        assert vmo("sync", folder=home, env=SECRETS).code == 0
        yield home


def not_asked(folder: Path, *, is_gone: bool = False) -> int:
    """The epic as a store has it that was filled by former settings; how many items are below it."""
    (store,) = folder.rglob("vmo.db")
    gone = ", removed_at = known_at, removed_reason = 'deleted_or_hidden'" if is_gone else ""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(f"UPDATE items SET asked = NULL{gone} WHERE key = '{EPIC}'")
        (below,) = connection.execute(BELOW).fetchone()
    assert below > 0
    return int(below)


def hidden(folder: Path) -> dict[str | None, dict[str, Any]]:
    """What `vmo status --json` counts of shop, by audience."""
    told = {one["source"]: one["hidden"] for one in json.loads(vmo("status", "--json", folder=folder).out)["sources"]}
    assert told["stores"] == []
    return {one["audience"]: one for one in told["shop"]}


def test_where_all_was_asked_for_the_field_nothing_is_said(restricted: Path) -> None:
    exported = vmo("export", "items", "--audience", "shop", folder=restricted)

    assert hidden(restricted) == {}
    assert "hidden from" not in vmo("status", folder=restricted).out
    assert (exported.code, exported.err) == (0, "")


def test_what_was_not_asked_for_it_is_counted_with_all_below_by_audience_and_read_once_more(restricted: Path) -> None:
    clean = vmo("status", folder=restricted)
    below = not_asked(restricted)

    counted, status = hidden(restricted), vmo("status", folder=restricted)
    exported = vmo("export", "items", "--audience", "shop", folder=restricted)
    vmo("sync", "--full", "--source", "shop", folder=restricted, env=SECRETS)

    what = f"{below + 1} not asked for Secret note, or below one that was not: run `vmo sync --full --source shop`"
    assert {name: (one["not_asked"], one["below_removed"]) for name, one in counted.items()} == {
        None: (below + 1, 0),
        "shop": (below + 1, 0),
    }
    assert f"    hidden from reports without an audience: {what}\n" in status.out
    assert f"    hidden from the audience shop: {what}\n" in status.out
    assert status.code == clean.code  # it is as it should be, and no trouble
    assert exported.code == 0
    assert exported.err == f"shop: hidden from the audience shop: {what}\n"
    assert f"{EPIC}," not in exported.out
    assert hidden(restricted) == {}


def test_what_is_below_a_removed_item_that_was_never_asked_is_counted_apart(restricted: Path) -> None:
    below = not_asked(restricted, is_gone=True)

    counted = hidden(restricted)[None]

    assert (counted["not_asked"], counted["below_removed"]) == (0, below)
    assert counted["sentence"] == (
        f"hidden from reports without an audience: {below} below a removed item that was not asked for Secret note: "
        "give them another parent in the tracker"
    )
