"""What another state of the program makes again is held to what is counted, and not to how it is said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from reports.retelling import retold

PAGE = "overview.en.md"
ROWS = "data/themes.csv"
TOLD = {
    PAGE: "Two of 14 are late.\n\n| Theme | Stands | Spent |\n|:--|:--|--:|\n| Core | late, by 3 weeks | 1,250.5 |\n",
    ROWS: "\ufefftheme,epics,data_as_of\r\ncore,4,2026-11-30T06:00:00Z\r\nshop,2,2026-11-30T06:00:00Z\r\n",
}
FIGURES = {"flow_time": "11.4 days", "met": "not known"}


@pytest.mark.parametrize(
    ("file", "was", "now", "told"),
    [
        pytest.param(PAGE, "Two of 14 are late", "Of 14, two come late", [], id="another sentence"),
        pytest.param(PAGE, "| Theme | Stands |", "| Subject | How it stands |", [], id="other heads"),
        pytest.param(PAGE, "late, by 3 weeks", "3 weeks late", [], id="other words in a row"),
        pytest.param(ROWS, "core,4,2026-11-30T06:00:00Z\r\nshop,2,", "shop,2,2026-11-30T06:00:00Z\r\ncore,4,", [],
                     id="another order"),
        pytest.param(ROWS, "shop,2", "shop,2,2026-11-30T06:00:00Z\r\nfleet,1", [], id="a row more of data"),
        pytest.param(PAGE, "1,250.5 |\n", "1,250.5 |\n| Shop | early | 7 |\n", [], id="a row more"),
        pytest.param(ROWS, "data_as_of\r\n", "data_as_of,owner\r\n", [], id="a column more"),
        pytest.param(ROWS, "06:00", "07:00", [], id="as of another instant"),
        pytest.param(ROWS, "core,4", "core,5", ["was core, 4", "is  core, 5"], id="a row of data"),
        pytest.param(ROWS, "core,4", "core,", ["was core, 4", "is  core, "], id="a number that is not known any more"),
        pytest.param(ROWS, "shop,2,2026-11-30T06:00:00Z\r\n", "", ["was shop, 2"], id="a row that is gone"),
    ],
)  # fmt: skip
def test_rows_are_held_to_what_they_count(file: str, was: str, now: str, told: list[str], tmp_path: Path) -> None:
    publish(tmp_path)
    assert was in TOLD[file]

    again = made({**TOLD, file: TOLD[file].replace(was, now), "flow.en.md": "a page more"})

    assert retold(tmp_path, again, to_the_byte=False) == [f"{file}: {one}" for one in told]
    assert "flow.en.md was not published" in retold(tmp_path, again, to_the_byte=True)


@pytest.mark.parametrize(
    ("figure", "now", "told"),
    [
        pytest.param("flow_time", "11.4 d", [], id="another unit's word"),
        pytest.param("flow_time", "12 days", [f"{PAGE}: flow_time was “11.4 days” and is “12 days”"], id="more"),
        pytest.param("met", "0 %", [f"{PAGE}: met was “not known” and is “0 %”"], id="nothing where it was not known"),
        pytest.param("flow_time", None, [f"{PAGE}: flow_time was “11.4 days” and is not told any more"], id="gone"),
        pytest.param("load", "9 items", [], id="a figure more"),
    ],
)
def test_figures_are_held_to_their_numbers(figure: str, now: str | None, told: list[str], tmp_path: Path) -> None:
    publish(tmp_path)
    figures = {name: value for name, value in (FIGURES | {figure: now}).items() if value is not None}

    again = made({**TOLD, PAGE: "Said otherwise." + TOLD[PAGE]}, figures)

    assert retold(tmp_path, again, to_the_byte=False) == told


def publish(folder: Path) -> None:
    for name, data in made(TOLD).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def made(files: Mapping[str, str], figures: Mapping[str, str] = FIGURES) -> dict[str, bytes]:
    written = {name: text.encode() for name, text in files.items()}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in written.items()}
    return written | {"manifest.json": json.dumps({"files": digests, "figures": {PAGE: figures}}).encode()}
