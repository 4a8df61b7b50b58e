"""A service goes by the settings that stand in its files, once they are right; until then by the former ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.notifying import troubles
from cli.renewing import Renewing
from cli.status import describe
from cli.workspace import open_workspace
from sync.store.store import Store
from tests.builders import a_moment
from tests.config.settings_files import SMALLEST

NOW = a_moment("2026-11-30T12:00")
WEEKLY = 'reports: {weekly: {packs: [digest], locale: en, when: "Mon 07:00", to: [ann@example.com]}}\n'
MAIL = "mail: {host: smtp.example.com, from: vmo@example.com}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "vmo.yaml"
    path.write_text(SMALLEST + MAIL + WEEKLY, encoding="utf-8")
    return path


@pytest.fixture
def current(path: Path) -> Iterator[Renewing]:
    with open_workspace(path, write=True) as workspace:
        yield Renewing(workspace)


def change(path: Path, before: str, after: str) -> None:
    path.write_text(path.read_text("utf-8").replace(before, after), encoding="utf-8")


def looked(current: Renewing, times: int = 2) -> Renewing:
    for _ in range(times):
        current.look()
    return current


def test_what_stands_in_the_files_at_two_looks_is_taken_over_and_kept(path: Path, current: Renewing) -> None:
    former = current().settings.digest
    change(path, "ann@", "bob@")

    at_once, then = looked(current, 1)().settings, looked(current, 1)().settings

    assert at_once.digest == former  # it may be half written
    assert then.document.reports["weekly"].to == ("bob@example.com",)
    assert not current.replanned.is_set()  # whatever begins next mails to bob
    state = describe(current(), now=NOW)["settings"]
    assert state["digest"] == then.digest
    assert state["first_used_at"] is not None


def test_what_is_wrong_is_not_taken_over_and_told_until_it_is_mended(path: Path, current: Renewing) -> None:
    former = current().settings.digest
    change(path, "weekly: {packs: [digest]", "weekly: {pakcs: [digest]")

    wrong = looked(current)()
    told, problems = troubles(wrong, now=NOW), describe(wrong, now=NOW)["problems"]
    change(path, "pakcs", "packs")
    mended = looked(current)()

    assert wrong.settings.digest == mended.settings.digest == former
    sentence = next(one.sentence for one in told if one.key.startswith("settings "))
    assert sentence.startswith("the settings have changed and were not taken over")
    assert 'did you mean "packs"?' in sentence
    assert sentence in problems
    assert mended.refused is None


@pytest.mark.parametrize(
    ("before", "after", "replanned"),
    [
        pytest.param("Mon 07:00", "Tue 07:00", True, id="another schedule"),
        pytest.param("Europe/Paris", "Europe/Lisbon", True, id="another zone"),
        pytest.param("packs: [digest]", "packs: [digest, overview]", False, id="another pack"),
    ],
)
def test_other_turns_are_made_anew(path: Path, current: Renewing, before: str, after: str, replanned: bool) -> None:
    change(path, before, after)

    assert looked(current).replanned.is_set() is replanned


def test_another_store_takes_a_restart(path: Path, current: Renewing) -> None:
    with path.open("a", encoding="utf-8") as settings:
        settings.write("store: sqlite:///elsewhere/vmo.db\n")

    refused = looked(current)().refused

    assert refused is not None
    assert refused.endswith("`store` is another; restart the service to take it over")


def test_a_file_that_is_written_as_we_look_changes_nothing(
    path: Path, current: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(Store, "record_configuration", lambda *_, name, **__: kept.append(name))
    whole = path.read_text("utf-8")
    path.write_text(whole[:40], encoding="utf-8")
    current.look()
    path.write_text(whole, encoding="utf-8")
    current.look()

    assert current().refused is None
    assert kept == []
