"""Audiences: what is restricted reaches nobody who may not see it, in no byte of what is published, mailed or said."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import vmo
from tests.cli.secret_deal import WORD, Deal, a_secret_deal, synced_with

AUDIENCES = "audiences: {board: {sees: [deal]}, shop: {scopes: [{source: shop}]}, stores: {scopes: [{source: stores}], sees: [deal]}}\n"
EVERY_PACK = ("overview", "kickoff")


@pytest.fixture(scope="module")
def deal() -> Iterator[Deal]:
    with a_secret_deal() as found:
        yield found


@pytest.fixture(scope="module")
def folder(deal: Deal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synced_with(deal, tmp_path_factory.mktemp("deal"))


@pytest.fixture(scope="module")
def published(deal: Deal, folder: Path) -> Path:
    deal.write(folder, AUDIENCES)
    for readers in (["--audience", "board"], [], ["--audience", "shop"]):
        ended = vmo("report", *EVERY_PACK, *readers, folder=folder)
        assert ended.code == 0, ended
    return folder / "vmo-reports" / "r"


def leaks(deal: Deal, root: Path) -> dict[str, list[str]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    assert len(files) > 20
    found = {str(path.relative_to(root)): deal.told_in(path.read_bytes()) for path in files}
    return {name: told for name, told in found.items() if told} | {
        path.name: [path.name] for path in root.rglob("*") if WORD in path.name.casefold()
    }


def test_no_byte_of_an_edition_tells_of_what_its_audience_may_not_see(deal: Deal, published: Path) -> None:
    assert leaks(deal, published / "small") == {}
    assert leaks(deal, published / "small.shop") == {}


def test_those_who_may_see_it_are_told_of_everything_that_was_planted(deal: Deal, published: Path) -> None:
    told = b"".join(path.read_bytes() for path in (published / "small.board").rglob("*") if path.is_file())
    text = told.decode("utf-8", "replace").casefold()

    planted = (
        "title", "theme", "sponsor", "stream", "owner", "train", "synergies", "rule", "boss", "reason", "objective",
        "result", "benefit", "mixed", "meeting", "go?", "buy?", "note", "ledger", "aim", "person", "crew", "size",
    )  # fmt: skip
    assert [word for word in planted if f"{WORD} {word}" not in text] == []


def forget(folder: Path, deal: Deal) -> None:
    """Make the store one that never held the items of the deal, nor a link that leads to one of them."""
    with sqlite3.connect(folder / "vmo-data" / "vmo.db") as store:
        marks = ", ".join("?" * len(deal.hidden))
        ids = store.execute(
            f"select source, external_id, key from items where key in ({marks})", deal.hidden
        ).fetchall()
        assert len(ids) == len(deal.hidden)
        names = {source: {name for where, *both in ids if where == source for name in both} for source, _, _ in ids}
        for (table,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
            columns = {row[1] for row in store.execute(f"pragma table_info({table})")}
            if {"source", "external_id"} <= columns:
                store.executemany(
                    f"delete from {table} where source = ? and external_id = ?", [(source, id) for source, id, _ in ids]
                )
        for source in names:
            lost = sum(where == source for where, _, _ in ids)
            store.execute("update source_states set declared = declared - ? where source = ?", (lost, source))
        store.execute("delete from journeys")  # they are traced anew, without what blocked them
        for source, external_id, links in store.execute("select source, external_id, links from items").fetchall():
            kept = [one for one in json.loads(links) if names[source].isdisjoint(map(str, one))]
            store.execute(
                "update items set links = ? where source = ? and external_id = ?",
                (json.dumps(kept), source, external_id),
            )
        for source, told in names.items():
            for name in sorted(told):
                store.execute(
                    "delete from changes where source = ? and field = 'links' and ? in (from_id, to_id)", (source, name)
                )
                for table in ("link_words", "item_links"):
                    store.execute(f"delete from {table} where source = ? and ? in (from_id, to_id)", (source, name))



def told(root: Path) -> dict[str, str]:
    """All that an edition says by file, but for the records of our own doing and the digests of the settings."""
    found = {}
    for path in sorted((root / "latest").rglob("*")):
        if path.suffix in (".md", ".csv", ".json") and "audit" not in path.name and path.name != "manifest.json":
            text = path.read_text("utf-8")
            text = json.loads(text)["text"] if path.suffix == ".json" else text
            found[path.name] = re.sub(r"\b[0-9a-f]{16}\b", "DIGEST", text)
    return found


def test_an_edition_for_an_audience_is_that_of_a_store_that_never_held_the_rest(
    deal: Deal, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", lambda now=deal.trackers.wall.now(): now)
    narrow = Path(shutil.copytree(folder, tmp_path / "narrow", ignore=shutil.ignore_patterns("vmo-reports")))
    without = Path(shutil.copytree(narrow, tmp_path / "without"))
    deal.write(narrow, AUDIENCES)
    deal.write_without(without)
    forget(without, deal)

    for one in (narrow, without):
        ended = vmo("report", *EVERY_PACK, folder=one)
        assert ended.code == 0, ended

    is_told, would_be = (told(one / "vmo-reports" / "r" / "small") for one in (narrow, without))
    assert is_told.keys() == would_be.keys()
    for name, text in would_be.items():
        assert list(difflib.unified_diff(text.splitlines(), is_told[name].splitlines(), name, n=0)) == []
