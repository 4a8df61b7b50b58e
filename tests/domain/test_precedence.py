"""What must be finished before what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.precedence import predecessors
from domain.work_item import ItemId, Link, WorkItem
from tests.builders import SOURCE, an_item


def linked(key: str, *links: tuple[str, str], previous: tuple[str, ...] = (), source: str = SOURCE) -> WorkItem:
    """An item whose external id is its key in lower case."""
    item = an_item(key=key, source=source).held.item
    return replace(
        item,
        external_id=key.lower(),
        previous_keys=previous,
        links=tuple(Link(kind=kind, to_id=to, to_key=to.upper()) for kind, to in links),
    )


def named(id: str, source: str = SOURCE) -> ItemId:
    return ItemId(source, id)


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([linked("A", ("blocks", "b")), linked("B")], id="told by the predecessor"),
        pytest.param([linked("A"), linked("B", ("blocked_by", "a"))], id="told by the successor"),
        pytest.param([linked("A", ("blocks", "b")), linked("B", ("blocked_by", "a"))], id="told by both"),
        pytest.param([linked("B", ("blocked_by", "old-a")), linked("A", previous=("OLD-A",))], id="by a former key"),
    ],
)
def test_a_predecessor_blocks_its_successor_whoever_tells_it(items: list[WorkItem]) -> None:
    assert predecessors(items) == {named("b"): (named("a"),)}


def test_one_that_we_do_not_hold_bears_the_key_that_the_link_names() -> None:
    assert predecessors([linked("B", ("blocked_by", "x-9"))]) == {named("b"): (named("X-9"),)}


def test_other_links_and_links_to_oneself_say_nothing() -> None:
    assert predecessors([linked("A", ("relates", "b"), ("blocks", "a"), ("blocked_by", "a")), linked("B")]) == {}


def test_trackers_that_use_the_same_ids_are_kept_apart() -> None:
    items = [linked("A", ("blocks", "b")), linked("B"), linked("B", source="other")]

    assert predecessors(items) == {named("b"): (named("a"),)}
