"""Shifts of capacity in the settings: two themes that exist, and a share that moves something but not all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from config.load import load
from domain.strategy import Shift
from tests.config.settings_files import SMALLEST, a_folder, mistakes

THEMES = "themes:\n  settle: {name: Settle, match: {label: a}}\n  legacy: {name: Legacy, match: {label: b}}\n"


def test_a_shift_names_who_gives_who_takes_and_how_much(tmp_path: Path) -> None:
    text = f"{SMALLEST}{THEMES}scenarios: [{{from: legacy, to: settle, share: 15%}}]\n"

    found = meaning.portfolio(load(a_folder(tmp_path, text), environ={})).scenarios

    assert found == (Shift(gives="legacy", takes="settle", share=Decimal("0.15")),)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        pytest.param("from: legcy, to: settle, share: 10%", 'no theme "legcy"; did you mean "legacy"?', id="misspelt"),
        pytest.param("from: legacy, to: legacy, share: 10%", 'it moves "legacy" to itself', id="to itself"),
        pytest.param("from: legacy, to: settle, share: 100%", "more than 0% and less than 100%", id="all of it"),
        pytest.param("from: legacy, to: settle, share: 0%", "more than 0% and less than 100%", id="nothing"),
    ],
)
def test_a_shift_that_cannot_be_is_told_with_its_line(tmp_path: Path, shift: str, expected: str) -> None:
    (found,) = mistakes(a_folder(tmp_path, f"{SMALLEST}{THEMES}scenarios:\n  - {{{shift}}}\n"))

    assert expected in found
    assert found.startswith("vmo.yaml:")
