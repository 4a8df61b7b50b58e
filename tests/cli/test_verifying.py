"""`vmo verify`: an edition is made again from what was known when it was published."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.version import ROOT, TELLING, digest, wording
from reports.words import en
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers


@pytest.fixture
def own_trackers() -> Iterator[Trackers]:
    """Trackers that a test may change for good."""
    with small_trackers() as trackers:
        yield trackers


@pytest.fixture
def published(own_trackers: Trackers, tmp_path: Path) -> Path:
    """A folder whose store was synced, and of which one edition was published."""
    folder = a_folder(tmp_path / "portfolio", own_trackers)
    assert vmo("sync", folder=folder, env=SECRETS).code == 0
    assert vmo("report", folder=folder).code == 0
    return folder


def test_an_edition_holds_to_the_byte_though_work_settings_and_trackers_went_on(
    published: Path, own_trackers: Trackers
) -> None:
    site, now = own_trackers.jira.site, int(datetime.now(UTC).timestamp() * 1000)
    open_ones = [one for one in site.issues.values() if site.statuses[one.status_id].category != "done"]
    for story in open_ones[:10]:
        site.transition(story, "Done", now)
    site.delete(open_ones[-1])
    settings = (published / "vmo.yaml").read_text("utf-8")
    (published / "vmo.yaml").write_text(settings.replace("First theme", "Another theme"), encoding="utf-8")
    synced = vmo("sync", folder=published, env=SECRETS)
    again = vmo("report", folder=published)

    ended = vmo("verify", edition(published), folder=published)

    assert "new changes" in synced.out
    assert "already published" not in again.out  # what is told today is another story
    assert (ended.code, ended.out.splitlines()[1:]) == (0, ["it holds"]), ended


def test_a_page_that_somebody_changed_is_named(published: Path) -> None:
    page = pages(published) / "overview.en.md"
    page.write_text(page.read_text("utf-8").replace("First theme", "Best theme"), encoding="utf-8")

    ended = vmo("verify", edition(published), folder=published)

    assert ended.code == 1
    assert "overview.en.md is not as it was published" in ended.out
    assert "overview.fr.md" not in ended.out


def test_a_manifest_that_was_made_to_fit_a_changed_page_is_found(published: Path) -> None:
    manifest = pages(published) / "manifest.json"
    text = manifest.read_text("utf-8")
    digest = text.rpartition('"theme-first.en.md": "')[2][:64]
    manifest.write_text(text.replace(digest, "0" * 64), encoding="utf-8")

    ended = vmo("verify", edition(published), folder=published)

    assert ended.code == 1
    assert "manifest.json is not the one that was published" in ended.out


def test_a_past_that_was_rewritten_in_the_store_is_told_figure_by_figure(published: Path) -> None:
    with sqlite3.connect(published / "vmo-data" / "vmo.db") as store:
        store.execute("UPDATE changes SET known_at = known_at + 86400000000 WHERE source = 'shop'")
        store.execute("DELETE FROM journeys")

    ended = vmo("verify", edition(published), folder=published)

    assert ended.code == 1
    assert "overview.en.md: was " in ended.out
    assert "overview.en.html: throughput was “" in ended.out
    assert "older than the edition" not in ended.out, "that it has known all along"


def test_a_store_that_was_brought_back_from_before_an_edition_is_said_to_be_older(
    own_trackers: Trackers, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path / "portfolio", own_trackers)
    assert vmo("sync", folder=folder, env=SECRETS).code == 0
    store, backup = folder / "vmo-data" / "vmo.db", tmp_path / "backup.db"
    shutil.copy(store, backup)
    settings = (folder / "vmo.yaml").read_text("utf-8")
    (folder / "vmo.yaml").write_text(settings.replace("First theme", "Another theme"), encoding="utf-8")
    vmo("report", folder=folder)
    for left in store.parent.glob("vmo.db-*"):
        left.unlink()
    shutil.copy(backup, store)
    unknown = vmo("verify", edition(folder), folder=folder)
    again = vmo("report", folder=folder)

    ended = vmo("verify", edition(folder), folder=folder)

    assert "there is no edition" in unknown.message
    assert "already published, unchanged" in again.out
    assert ended.code == 1
    assert "audit.en.html: made again it has other bytes" in ended.out
    assert "it is older than the edition and lacks what was known then" in ended.out


def test_another_state_of_the_program_may_say_it_in_other_words_and_the_same_one_may_not(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(en.MESSAGES, "about.edition", "Number {edition}, of revision {revision}. It stays at ")
    monkeypatch.setitem(en.MESSAGES, "head.theme", "Matter")
    same = vmo("verify", edition(published), folder=published)
    monkeypatch.setattr("cli.verifying.wording", lambda: "0" * 64)
    other = vmo("verify", edition(published), folder=published)
    with sqlite3.connect(published / "vmo-data" / "vmo.db") as store:
        store.execute("DELETE FROM journeys")
        store.execute("UPDATE changes SET known_at = known_at + 86400000000 WHERE source = 'shop'")
    rewritten = vmo("verify", edition(published), folder=published)

    assert "are compared" not in same.out
    assert same.code == 1, "the same words are owed"
    assert other.code == 0, other
    assert "figures and rows of data are compared, what the words say is not" in other.out
    assert rewritten.code == 1
    assert "overview.en.html: throughput was “" in rewritten.out
    assert "figures and rows of data are compared" in rewritten.out


def test_the_state_of_the_program_is_the_same_wherever_it_lies_and_another_after_any_change(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    for name in TELLING:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "reports" / "__pycache__").mkdir()
    (copy / "reports" / "__pycache__" / "page.cpython-311.pyc").write_bytes(b"compiled")

    there = digest(copy)
    template = copy / "reports" / "templates" / "page.html"
    template.write_text(template.read_text("utf-8") + "\n", encoding="utf-8")

    assert there == digest(ROOT) == wording()
    assert digest(copy) != there


def test_an_edition_whose_folder_is_gone_cannot_be_compared(published: Path) -> None:
    for page in pages(published).rglob("*"):
        if page.is_file():
            page.unlink()

    ended = vmo("verify", edition(published), folder=published)

    assert ended.code == 1
    assert "publish the edition again" in ended.message


def pages(folder: Path) -> Path:
    """The folder of the first edition."""
    (found,) = [one for one in (folder / "vmo-reports" / "r" / "small").glob("*-w*") if "-r" not in one.name]
    return found


def edition(folder: Path) -> str:
    return f"{pages(folder).name}/pages"
