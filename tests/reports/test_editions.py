"""Editions appear whole, never change, and are corrected by a new revision."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reports.book import Edition
from reports.editions import (
    OtherContentError,
    PublishError,
    content_digest,
    publish,
    read_manifest,
    verify,
    write_file,
)
from reports.reckoning import reckon
from tests.faults.catalogue import case
from tests.reports.books import a_book

PACKS = ("overview",)


@case("PB07")
def test_publishing_again_writes_nothing(tmp_path: Path) -> None:
    first = publish(a_book(), tmp_path, packs=PACKS)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    again = publish(a_book(), tmp_path, packs=PACKS)

    assert first.is_new
    assert not again.is_new
    assert again.digest == first.digest
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_reading_that_is_some_minutes_older_makes_no_other_edition_and_one_that_is_too_old_does(
    tmp_path: Path,
) -> None:
    book = a_book()

    def told(age: timedelta) -> str:
        sources = tuple(replace(one, complete_at=book.as_of - age) for one in book.trust)
        return content_digest(reckon(replace(book, trust=sources)), packs=["flow"], locales=["en"])

    at_once, in_time, late = (told(timedelta(minutes=minutes)) for minutes in (0, 7, 3 * 24 * 60))

    assert at_once == in_time != late


def test_other_content_becomes_a_revision_and_the_former_points_to_it(tmp_path: Path) -> None:
    first = publish(a_book(), tmp_path, packs=PACKS)

    with pytest.raises(OtherContentError):
        publish(a_book(seed=8), tmp_path, packs=PACKS, may_correct=False)
    shared = publish(a_book(), tmp_path, packs=PACKS, may_correct=False)
    second = publish(a_book(seed=8), tmp_path, packs=PACKS)

    assert not shared.is_new
    assert (first.edition.folder, second.edition.folder) == ("2026-w47", "2026-w47-r2")
    former = (first.folder / "overview.en.html").read_text("utf-8")
    assert "../2026-w47-r2/overview.en.html" in former
    assert verify(first.folder) == []
    assert verify(second.folder) == []
    latest = tmp_path / "r/customer-claims/latest/overview.en.html"
    assert latest.read_bytes() == (second.folder / "overview.en.html").read_bytes()
    archive = (tmp_path / "r/customer-claims/index.en.html").read_text("utf-8")
    assert archive.index("2026-w47-r2/") < archive.index("2026-w47/")


def test_a_pack_that_somebody_asks_for_corrects_only_what_reads_otherwise(tmp_path: Path) -> None:
    asked = (*PACKS, "kickoff")
    publish(a_book(), tmp_path, packs=PACKS, locales=["en"])

    with pytest.raises(OtherContentError):
        publish(a_book(), tmp_path, packs=asked, locales=["en"], may_add=False)
    corrected = publish(a_book(seed=8), tmp_path, packs=asked, locales=["en"], may_add=False)
    again = publish(a_book(seed=8), tmp_path, packs=PACKS, locales=["en"], may_add=False)

    assert (corrected.edition.revision, corrected.is_new) == (2, True)
    assert (again.edition.revision, again.is_new) == (2, False)


def test_of_two_weeks_the_later_is_the_latest_though_the_other_was_told_after_it(tmp_path: Path) -> None:
    book = a_book()

    publish(book, tmp_path, packs=PACKS, locales=["en"])
    older = replace(book, edition=Edition(id="2026-W46"), as_of=book.as_of + timedelta(seconds=2))
    publish(older, tmp_path, packs=PACKS, locales=["en"])

    latest = read_manifest(tmp_path / "r/customer-claims/latest")
    assert latest is not None
    assert latest["edition"] == "2026-W47"


def test_writes_down_what_it_was_made_from(tmp_path: Path) -> None:
    folder = publish(a_book(), tmp_path, packs=PACKS).folder

    manifest = read_manifest(folder)

    assert manifest is not None
    assert manifest["revision"] == 1
    assert [one["source"] for one in manifest["sources"]] == ["claims", "policy-core"]
    assert {name for name in manifest["files"] if not name.startswith("data/")} == {
        "overview.en.html", "overview.en.md", "overview.fr.html", "overview.fr.md",
    }  # fmt: skip


def test_the_tables_behind_the_pages_lie_in_a_folder_of_the_edition(tmp_path: Path) -> None:
    folder = publish(a_book(), tmp_path, packs=("overview", "guardrails")).folder

    published = (folder / "data" / "guardrail-shares.csv").read_text("utf-8-sig")
    latest = tmp_path / "r/customer-claims/latest/data/guardrail-shares.csv"

    header, *rows = published.splitlines()
    assert published.startswith("guardrail,scope,level,period_start")
    assert header.endswith(",data_as_of,stale_sources")
    assert rows
    assert all(
        row.endswith(",2026-11-22T22:59:59.999999Z,") for row in rows
    )  # passed on alone, it says as of when it is
    assert any(",-" in row for row in rows)  # a number below zero stays one
    assert latest.read_text("utf-8-sig") == published
    assert verify(folder) == []


def test_notices_a_page_that_somebody_changed(tmp_path: Path) -> None:
    folder = publish(a_book(), tmp_path, packs=PACKS).folder

    (folder / "overview.en.md").write_text("nicer numbers", "utf-8")

    assert verify(folder) == ["overview.en.md"]


def test_says_so_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("a file where a folder should be", "utf-8")

    with pytest.raises(PublishError, match="check that the folder can be written"):
        publish(a_book(), tmp_path, packs=PACKS)


@case("PB09")
def test_removes_what_a_crash_left_behind(tmp_path: Path) -> None:
    left = tmp_path / "r/customer-claims/.vmo-edition-2026-w47.123"
    left.mkdir(parents=True)
    (left / "overview.en.html").write_text("half", "utf-8")

    publish(a_book(), tmp_path, packs=PACKS)

    assert not left.exists()


@case("PB04")
def test_replaces_a_symbolic_link_and_leaves_its_target_alone(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", "utf-8")
    (tmp_path / "page.html").symlink_to(victim)

    write_file(tmp_path / "page.html", b"page")

    assert victim.read_text("utf-8") == "mine"
    assert (tmp_path / "page.html").read_bytes() == b"page"


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    old, new = b"old" * 50_000, b"new" * 50_000
    write_file(path, old)
    seen: set[bytes] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(40):
        write_file(path, new if turn % 2 == 0 else old)
    is_over.set()
    reader.join()

    assert seen <= {old, new}


def test_the_number_of_a_revision_is_never_given_twice_though_an_earlier_folder_was_removed(tmp_path: Path) -> None:
    first = publish(a_book(seed=7), tmp_path, packs=["overview"])
    second = publish(a_book(seed=8), tmp_path, packs=["overview"])
    shutil.rmtree(first.folder)

    again, third = (publish(a_book(seed=seed), tmp_path, packs=["overview"]) for seed in (8, 9))

    assert (second.edition.revision, again.edition.revision, again.is_new) == (2, 2, False)
    assert third.edition.revision == 3
    assert not first.folder.exists()


def test_a_revision_that_is_gone_keeps_its_number_and_is_no_place_for_those_who_may_not_correct(tmp_path: Path) -> None:
    former = publish(a_book(), tmp_path, packs=PACKS, lost=2)

    with pytest.raises(OtherContentError):
        publish(a_book(), tmp_path, packs=PACKS, lost=4, may_correct=False)
    again = publish(a_book(), tmp_path, packs=PACKS, lost=3)
    more = publish(a_book(), tmp_path, packs=PACKS, lost=2)

    assert [one.edition.folder for one in (former, again, more)] == ["2026-w47-r3", "2026-w47-r3", "2026-w47-r3"]
    assert [one.is_new for one in (former, again, more)] == [True, False, False]
