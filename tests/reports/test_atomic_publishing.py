"""What stands in the way of publishing costs nobody the edition that was there before."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reports import editions
from reports.editions import MANIFEST, PublishError, publish, verify, write_file
from reports.packs import pages_by_pack
from reports.render.html import html
from tests.faults.catalogue import case
from tests.reports.books import a_book

PACKS = ("overview",)
HOME = Path("r/customer-claims")


@case("PB02")
def test_a_reader_that_looks_again_and_again_sees_one_edition_at_a_time(tmp_path: Path) -> None:
    first, second = _one_after_the_other(tmp_path)
    wrong: list[str] = []
    seen: set[str] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            if (told := _what_is_open(tmp_path / HOME / "latest")) is not None:
                seen.add(told[0])
                wrong.extend(told[1])

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(40):
        editions._write_latest(tmp_path / HOME, first)
        editions._write_latest(tmp_path / HOME, second)
    is_over.set()
    reader.join()

    assert wrong == []
    assert len(seen) == 2


@case("PB02")
def test_a_hundred_thousand_reads_find_a_page_whole_while_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    old, new = b"old" * 3_000, b"new" * 3_000
    write_file(path, old)
    is_over = threading.Event()

    def write() -> None:
        turn = 0
        while not is_over.is_set():
            turn += 1
            write_file(path, new if turn % 2 else old)

    writer = threading.Thread(target=write)
    writer.start()
    seen = {_bytes_of(path) for _ in range(100_000)}
    is_over.set()
    writer.join()

    assert seen == {old, new}


def test_an_edition_whose_newest_copy_was_never_made_gets_it_when_published_again(tmp_path: Path) -> None:
    first, second = _one_after_the_other(tmp_path)
    editions._write_latest(tmp_path / HOME, first)
    (tmp_path / HOME / "feed.en.xml").unlink()

    again = publish(a_book(seed=8), tmp_path, packs=PACKS)

    assert not again.is_new
    assert (tmp_path / HOME / "latest" / MANIFEST).read_bytes() == (second / MANIFEST).read_bytes()
    assert (tmp_path / HOME / "feed.en.xml").is_file()


def test_a_file_system_that_cannot_exchange_folders_gets_each_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(a_book(), tmp_path, packs=("overview", "guardrails"))
    monkeypatch.setattr(editions, "exchange", lambda *_: False)

    second = publish(a_book(seed=8), tmp_path, packs=PACKS)

    latest = tmp_path / HOME / "latest"
    assert verify(latest) == []
    assert (latest / MANIFEST).read_bytes() == (second.folder / MANIFEST).read_bytes()
    assert not list(latest.glob("guardrails*"))


@case("PB04")
def test_a_link_in_place_of_the_newest_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "mine.txt").write_text("mine", "utf-8")
    (tmp_path / "out" / HOME).mkdir(parents=True)
    (tmp_path / "out" / HOME / "latest").symlink_to(victim)

    publish(a_book(), tmp_path / "out", packs=PACKS)

    latest = tmp_path / "out" / HOME / "latest"
    assert latest.is_dir()
    assert not latest.is_symlink()
    assert {path.name for path in victim.iterdir()} == {"mine.txt"}


@case("PB04")
def test_pipes_and_hard_links_are_replaced_and_never_opened(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", "utf-8")
    home = tmp_path / HOME
    home.mkdir(parents=True)
    os.mkfifo(home / "index.en.html")
    os.link(victim, home / "index.fr.html")
    (home / "2026-w40").mkdir()
    os.mkfifo(home / "2026-w40" / MANIFEST)

    publish(a_book(), tmp_path, packs=PACKS)

    assert (home / "index.en.html").is_file()
    assert victim.read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["2026-w47", "index.en.html"])
@case("PB04")
def test_a_folder_of_somebody_else_in_the_way_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    theirs = tmp_path / HOME / name
    theirs.mkdir(parents=True)
    (theirs / "mine.txt").write_text("mine", "utf-8")

    with pytest.raises(PublishError, match="check that the folder can be written"):
        publish(a_book(), tmp_path, packs=PACKS)

    assert (theirs / "mine.txt").read_text("utf-8") == "mine"
    assert not list((tmp_path / HOME).glob(".vmo-edition-*"))


@case("PB05")
def test_a_folder_that_goes_away_fails_the_publication_and_the_next_one_goes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    with monkeypatch.context() as patch:
        patch.setattr(editions, "_fill", gone)
        with pytest.raises(PublishError, match="No such file"):
            publish(a_book(), tmp_path / "share", packs=PACKS)

    assert publish(a_book(), tmp_path / "share", packs=PACKS).is_new


@case("PB08")
def test_a_template_that_fails_half_way_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(a_book(), tmp_path, packs=PACKS)
    before = _tree(tmp_path)
    made: list[int] = []

    def fails_at_the_second(*arguments: Any, **told: Any) -> str:
        made.append(1)
        if len(made) == 2:
            raise ZeroDivisionError("in a template")
        return html(*arguments, **told)

    monkeypatch.setattr("reports.editions.html", fails_at_the_second)

    with pytest.raises(ZeroDivisionError):
        publish(a_book(seed=8), tmp_path, packs=PACKS)

    assert _tree(tmp_path) == before


@case("PB09")
def test_what_a_crash_left_within_an_edition_is_removed_and_what_others_left_stays(tmp_path: Path) -> None:
    folder = publish(a_book(), tmp_path, packs=PACKS).folder
    ours, theirs = folder / ".vmo-edition-overview.en.html.77", folder / ".nfs0000001"
    ours.write_text("half", "utf-8")
    theirs.write_text("theirs", "utf-8")

    publish(a_book(), tmp_path, packs=PACKS)

    assert not ours.exists()
    assert theirs.read_text("utf-8") == "theirs"


@case("PB10")
def test_a_refused_rename_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = _refusing(monkeypatch, times=2)

    write_file(tmp_path / "page.html", b"page")

    assert (tmp_path / "page.html").read_bytes() == b"page"
    assert refusals == [0.1, 0.3]


@case("PB10")
def test_a_rename_that_stays_refused_fails_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(a_book(), tmp_path, packs=PACKS)
    before = _tree(tmp_path)
    _refusing(monkeypatch, times=1_000)

    with pytest.raises(PublishError, match="Permission denied"):
        publish(a_book(seed=8), tmp_path, packs=PACKS)

    assert _tree(tmp_path) == before


@case("PB06")
def test_two_pages_of_one_name_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "reports.editions.pages_by_pack",
        lambda *a, **t: [one for each in pages_by_pack(*a, **t) for one in (each, each)],
    )

    with pytest.raises(ValueError, match=r"two pages would be named overview\.en\.html"):
        publish(a_book(), tmp_path, packs=PACKS)

    assert _tree(tmp_path) == {}


def _one_after_the_other(place: Path) -> tuple[Path, Path]:
    return tuple(publish(a_book(seed=seed), place, packs=PACKS).folder for seed in (7, 8))  # type: ignore[return-value]


def _what_is_open(folder: Path) -> tuple[str, list[str]] | None:
    """What a reader sees who has opened the folder; None where it was taken away meanwhile."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        manifest: Mapping[str, Any] = json.loads(_read_in(handle, MANIFEST))
        digests = {name: editions._digest(editions.as_published(_read_in(handle, name))) for name in manifest["files"]}
    except FileNotFoundError:
        return None
    finally:
        os.close(handle)
    return str(manifest["revision"]), [name for name, digest in digests.items() if digest != manifest["files"][name]]


def _read_in(folder: int, name: str) -> bytes:
    with open(os.open(name, os.O_RDONLY, dir_fd=folder), "rb") as file:  # noqa: PTH123
        return file.read()


def _bytes_of(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.read(handle, 1 << 16)
    finally:
        os.close(handle)


def _refusing(monkeypatch: pytest.MonkeyPatch, *, times: int) -> list[float]:
    """A share on which the target of a rename is open elsewhere; returns the pauses that were made."""
    pauses: list[float] = []
    real, asked = Path.replace, []

    def refuse(self: Path, target: Path) -> Path:
        asked.append(target)
        if len(asked) <= times:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr("reports.editions.time.sleep", pauses.append)
    return pauses


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
