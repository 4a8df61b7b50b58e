"""Numbers that contradict each other or the store are not published; the edition before them stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from reports import editions
from reports.book import Book
from reports.editions import UnsoundError, publish
from reports.reckoning import Reckoning, reckon
from reports.soundness import troubles
from tests.reports.books import a_book

PACKS = ("overview",)
Bend = Callable[[Reckoning], Reckoning]


def test_a_book_that_holds_together_has_no_trouble() -> None:
    assert troubles(reckon(_counted(a_book()))) == []


def test_an_item_that_the_store_holds_and_no_page_would_tell_of_stops_the_edition(tmp_path: Path) -> None:
    publish(a_book(), tmp_path, packs=PACKS)
    before = _tree(tmp_path)
    book = _counted(a_book(seed=8))
    lost = replace(book, journeys=list(book.journeys)[1:])
    source = book.journeys[0].id.source

    with pytest.raises(UnsoundError, match=rf"items of {source}.*What was published before stands"):
        publish(lost, tmp_path, packs=PACKS)

    assert _tree(tmp_path) == before


def test_what_is_told_in_hindsight_is_not_held_against_the_store_of_today() -> None:
    book = a_book()

    assert book.in_store is None
    assert troubles(reckon(replace(book, journeys=list(book.journeys)[1:]))) == []


def _negative_age(numbers: Reckoning) -> Reckoning:
    assert numbers.flow is not None
    ages = numbers.flow.ages
    youngest = replace(ages.items[0], journey=replace(ages.items[0].journey, key="CLM-7"), days=-1)
    bent = replace(ages, items=(youngest, *ages.items[1:]))
    return replace(numbers, flow=replace(numbers.flow, ages=bent))


def _negative_flow_time(numbers: Reckoning) -> Reckoning:
    assert numbers.flow is not None
    time = numbers.flow.time
    return replace(numbers, flow=replace(numbers.flow, time=replace(time, days=(-3, *time.days[1:]))))


def _one_kind_lost(numbers: Reckoning) -> Reckoning:
    assert numbers.flow is not None
    kinds = dict(numbers.flow.distribution.items)
    kinds.pop(next(iter(kinds)))
    return replace(numbers, flow=replace(numbers.flow, distribution=replace(numbers.flow.distribution, items=kinds)))


def _shares_of_99(numbers: Reckoning) -> Reckoning:
    first = next(iter(numbers.share_percent))
    return replace(numbers, share_percent=numbers.share_percent | {first: numbers.share_percent[first] - Decimal(1)})


def _more_than_all(numbers: Reckoning) -> Reckoning:
    assert numbers.alignment is not None
    return replace(numbers, alignment=replace(numbers.alignment, aligned=numbers.alignment.total + 1))


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        pytest.param(_negative_age, "the age of CLM-7 is negative", id="an item younger than nothing"),
        pytest.param(_negative_flow_time, "the flow time of .* is negative", id="finished before it started"),
        pytest.param(_one_kind_lost, "finished by kind, and", id="parts that are less than their whole"),
        pytest.param(_shares_of_99, "the shares of the themes add up to 99.0 %", id="shares that are not 100"),
        pytest.param(_more_than_all, "serve a theme", id="more than all"),
    ],
)
def test_numbers_that_cannot_be_are_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bend: Bend, said: str
) -> None:
    monkeypatch.setattr(editions, "reckon", lambda book: bend(reckon(book)))

    with pytest.raises(UnsoundError, match=said):
        publish(a_book(), tmp_path, packs=PACKS)

    assert _tree(tmp_path) == {}


def _counted(book: Book) -> Book:
    """As it is told of this moment: with what the store says it holds."""
    return replace(book, in_store=Counter(one.id.source for one in book.journeys if one.removed_at is None))


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
