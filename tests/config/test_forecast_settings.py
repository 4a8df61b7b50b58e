"""What forecasts assume, in the settings: an order, sizes, a seed; mistakes with their mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import meaning
from config.load import load
from domain.forecasting import AssumedSize, Forecasting
from tests.config.settings_files import SMALLEST, a_folder, mistakes

KANBAN = "kanban: {states: {funnel: [New], done: [Done]}, rank: [Priority order]}\n"


def forecasting(folder: Path, text: str = "") -> Forecasting:
    return meaning.portfolio(load(a_folder(folder, SMALLEST + text), environ={})).forecasting


def test_epics_are_in_the_order_of_their_trackers_and_nothing_is_assumed_where_nothing_is_said(tmp_path: Path) -> None:
    assert forecasting(tmp_path, KANBAN) == Forecasting(order="rank", rank=(), sizes=(), seed=None, window_days=60)


def test_sizes_order_and_seed_are_the_portfolios_own(tmp_path: Path) -> None:
    found = forecasting(
        tmp_path,
        f"{KANBAN}forecasts:\n  order: kanban\n  seed: 4294967295\n  window: 90 days\n"
        "  sizes: [{level: epic, type: Initiative, from: 30, to: 60}, {level: epic, from: 8, to: 20}]\n",
    )

    assert found == Forecasting(
        order="kanban",
        rank=("Priority order",),
        sizes=(
            AssumedSize(level="epic", type="Initiative", least=30, most=60),
            AssumedSize(level="epic", least=8, most=20),
        ),
        seed=4294967295,
        window_days=90,
    )
    assert found.size_of(level="epic", type="initiative") == found.sizes[0]
    assert found.size_of(level="epic", type="Epic") == found.sizes[1]
    assert found.size_of(level="feature", type="Epic") is None


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param("sizes: [{level: epic, from: 9, to: 3}]", "such as from: 4, to: 12", id="backwards"),
        pytest.param("sizes: [{level: epic, from: 0, to: 3}]", "a whole number from 1 on", id="of nothing"),
        pytest.param("sizes: [{level: epic, from: 1, to: 5_000}]", "at most 1,000 items", id="too large"),
        pytest.param("sizes: [{level: story, from: 1, to: 5}]", "level", id="of what is counted"),
        pytest.param(
            "sizes: [{level: epic, from: 1, to: 5}, {level: epic, type: Idea, from: 2, to: 3}]",
            'an earlier size holds for every epic of type "Idea"',
            id="hidden by an earlier one",
        ),
        pytest.param("seed: 4294967296", "expected a whole number from 1 to 4294967295", id="a seed of 33 bits"),
        pytest.param("window: 3 weeks", "from 30 to 90, such as 60 days", id="too short a window"),
        pytest.param("order: kanban", "`kanban: rank` names no field", id="an order that nobody gives"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(tmp_path: Path, block: str, expected: str) -> None:
    (found,) = mistakes(a_folder(tmp_path, f"{SMALLEST}forecasts:\n  {block}\n"))

    assert expected in found
    assert found.startswith("vmo.yaml:")
