"""What a few items, read whole, tell of a source."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Batch
from connectors.evidence import long_stays, scale_of, status_uses, value_streams
from domain.work_item import Status, StatusCategory, WorkItem
from tests.sync.fakes import NOON, a_change, an_item

DOING = Status(source="claims", status_id="3", name="Doing", category=StatusCategory.IN_PROGRESS)
CHECK = Status(source="claims", status_id="4", name="Check", category=StatusCategory.IN_PROGRESS)


def moved(external_id: str, *way: tuple[str, str, float]) -> list[Any]:
    """Status changes of an item: from, to, and days since its creation."""
    return [
        a_change(
            external_id,
            change_id=f"{external_id}{place}:0",
            from_value=before,
            to_value=after,
            occurred_at=NOON + timedelta(days=days),
        )
        for place, (before, after, days) in enumerate(way)
    ]


def items(count: int, **told: Any) -> list[WorkItem]:
    return [an_item(str(number), created_at=NOON, status="Done", **told) for number in range(count)]


def test_a_stay_is_from_entering_to_leaving_and_the_present_one_is_not_a_stay() -> None:
    sample = Batch(items=items(1), changes=moved("0", ("To Do", "Doing", 2), ("Doing", "Done", 5.5)))

    uses = status_uses(sample, [DOING, CHECK])

    assert uses["doing"].stays == (3.5,)
    assert (uses["done"].stays, uses["done"].now) == ((), 1)
    assert uses["check"].words() == "not seen among the items looked at"


def test_a_status_where_items_lie_longer_than_twice_the_usual_may_be_one_that_waits() -> None:
    ways = [moved(str(number), ("Doing", "Check", 1), ("Check", "Done", 11)) for number in range(5)]
    sample = Batch(items=items(5), changes=[change for way in ways for change in way])
    uses = status_uses(sample, [DOING, CHECK])

    (guess,) = long_stays(uses, known=[])

    assert (guess.what, guess.value) == ("states.waiting", "Check")
    assert "left 5 times after a median of 10.0 days" in guess.evidence
    assert list(long_stays(uses, known=["check"])) == []


def test_the_way_that_covers_most_is_drafted_and_the_others_stay_suggestions() -> None:
    parts = [
        an_item(str(number), components=("Motor" if number % 2 else "Home",), team="Blue" if number < 3 else None)
        for number in range(8)
    ]

    found = {guess.value: guess.confidence for guess in value_streams(parts)}

    assert {value for value, confidence in found.items() if confidence >= 0.5} == {
        "component: Motor",
        "component: Home",
    }
    assert found["team: Blue"] < 0.5


def test_one_project_alone_parts_nothing() -> None:
    found = list(value_streams([an_item("1"), an_item("2")]))

    assert all(guess.confidence < 0.5 for guess in found)


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("Cost (k€)", 1_000),
        ("Coût en K EUR", 1_000),
        ("Budget kUSD", 1_000),
        ("Cost, € k", 1_000),
        ("Budget (milliers d'euros)", 1_000),
        ("Cost in thousands", 1_000),
        ("Budget M€", 1_000_000),
        ("Budget (millions)", 1_000_000),
        ("Cost (EUR m)", 1_000_000),
        ("Cost", 1),
        ("Cost (€)", 1),
        ("Budget KPI", 1),
        ("Cost per month", 1),
        ("Risk", 1),
        ("Cost of Mikes Europe trip", 1),
    ],
)
def test_a_fields_name_says_what_its_numbers_are_multiplied_by(name: str, scale: int) -> None:
    assert scale_of(name) == scale
