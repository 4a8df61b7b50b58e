"""An edition is found where the settings publish today, though its folder was moved, copied or named otherwise."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.places import another_below, found_below
from sync.store.reading import Edition


@pytest.mark.parametrize("goes_on", [False, True], ids=["moved", "copied"])
def test_an_edition_is_found_below_the_folder_of_the_settings_by_what_it_is(goes_on: bool, tmp_path: Path) -> None:
    was, today = tmp_path / "was", tmp_path / "today"
    edition = an_edition(was, "2026-w48", says="one")
    an_edition(today, "2026-w48", says="one")
    if not goes_on:
        was.rename(tmp_path / "away")

    assert found_below(today, edition) == today / "r" / "small" / "2026-w48"


def test_what_another_store_published_by_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    edition = an_edition(tmp_path / "was", "2026-w48", says="one")
    an_edition(tmp_path / "today", "2026-w48", says="two")

    assert found_below(tmp_path / "today", edition) == Path(edition.path)
    assert another_below(tmp_path / "today", edition) == tmp_path / "today" / "r" / "small" / "2026-w48"
    assert another_below(tmp_path / "was", edition) is None
    assert another_below(tmp_path / "nowhere", edition) is None


def test_a_folder_named_otherwise_is_the_same_though_somebody_changed_what_it_says(tmp_path: Path) -> None:
    edition = an_edition(tmp_path / "was", "2026-w48", says="one")
    an_edition(tmp_path / "was", "2026-w48", says="two")
    (tmp_path / "today").symlink_to(tmp_path / "was")

    assert found_below(tmp_path / "today", edition).resolve() == Path(edition.path)


def an_edition(root: Path, name: str, *, says: str) -> Edition:
    folder = root / "r" / "small" / name
    folder.mkdir(parents=True, exist_ok=True)
    files = {"overview.en.html": hashlib.sha256(says.encode()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    at = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
    return Edition(
        edition_id=f"{name}/weekly", report="weekly", period_key=name.upper(), audience="", locale="en", revision=1,
        digest=hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest(),
        known_at=at, published_at=at, program_version="0", path=str(folder), manifest={},
    )  # fmt: skip
