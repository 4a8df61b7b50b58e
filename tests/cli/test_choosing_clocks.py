"""Which start counts, how days are counted and where a value stream lives: set once, and said wherever it matters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import vmo


def exported(folder: Path) -> dict[str, dict[str, Any]]:
    ended = vmo("export", "flow", "--format", "jsonl", folder=folder)
    assert ended.code == 0, ended
    return {row["key"]: row for row in map(json.loads, ended.out.splitlines())}


def setting(folder: Path, told: str, instead_of: str) -> None:
    path = folder / "vmo.yaml"
    text = path.read_text("utf-8")
    assert instead_of in text
    path.write_text(text.replace(instead_of, told), encoding="utf-8")


@pytest.fixture
def zone(synced: Path) -> str:
    line = next(one for one in (synced / "vmo.yaml").read_text("utf-8").splitlines() if "timezone:" in one)
    return line.partition("timezone:")[2].split(",")[0].strip(" }")


def pages(folder: Path) -> list[str]:
    assert vmo("report", folder=folder).code == 0
    found = [path.read_text("utf-8") for path in sorted(folder.glob("vmo-reports/**/overview.*.html"))]
    assert found
    return found


def test_every_page_says_which_start_counts_and_how_days_are_counted(synced: Path, zone: str) -> None:
    before = pages(synced)
    setting(synced, f"timezone: {zone}, start: last, days: working_days", f"timezone: {zone}")

    after = pages(synced)

    assert any("first start of an item" in page and "calendar days" in page for page in before)
    assert any("last start of an item" in page and "working days" in page for page in after)


def test_working_days_are_those_of_every_export_and_explanation(synced: Path, zone: str) -> None:
    before = exported(synced)
    setting(synced, f"timezone: {zone}, days: working_days", f"timezone: {zone}")

    after = exported(synced)

    days = {key: (row["flow_time_days"], after[key]["flow_time_days"]) for key, row in before.items()}
    counted = {key: pair for key, pair in days.items() if pair[0] is not None}
    assert all(1 <= worked <= every for every, worked in counted.values())
    key, (_, worked) = max(counted.items(), key=lambda one: one[1][0] - one[1][1])
    assert f"flow time {worked} working day" in vmo("explain", key, folder=synced).out


def test_the_last_start_is_kept_traced_and_explained(synced: Path, zone: str) -> None:
    before = exported(synced)
    setting(synced, f"timezone: {zone}, start: last", f"timezone: {zone}")

    after = exported(synced)

    assert all((row["started_at"] or "") <= (after[key]["started_at"] or "9") for key, row in before.items())
    later = [key for key, row in before.items() if row["started_at"] != after[key]["started_at"]]
    key = later[0] if later else next(key for key, row in before.items() if row["started_at"])
    told = vmo("explain", key, folder=synced).out
    assert "its last entry into a waiting or active state (policy `last`" in told or "derived clock" in told
    assert ("under policy `first` it would have started" in told) == bool(later)


def test_a_start_that_does_not_exist_is_refused_with_what_may_stand_there(synced: Path, zone: str) -> None:
    setting(synced, f"timezone: {zone}, start: frist", f"timezone: {zone}")

    ended = vmo("check", folder=synced)

    assert ended.code != 0
    assert "portfolio.start" in ended.out + ended.err
    assert "first" in ended.out + ended.err
