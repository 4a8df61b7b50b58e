"""What must be finished before what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.precedence import ListedDependency, PrecedenceRules, link_type, precedence, predecessors
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


def typed(key: str, type: str, *, to: str, kind: str = "relates", is_outward: bool = True) -> WorkItem:
    link = Link(kind=kind, to_id=to, to_key=to.upper(), type=type, is_outward=is_outward)
    return replace(linked(key), links=(link,))


def test_only_links_of_the_types_that_are_named_are_dependencies() -> None:
    rules = PrecedenceRules(links=frozenset({link_type("System.LinkTypes.Dependency-Forward"), link_type("Blocks")}))
    items = [
        typed("A", "Blocks", to="b", kind="blocks"),
        typed("B", "Gantt", to="c", kind="blocks"),
        typed("C", "System.LinkTypes.Dependency", to="d", kind="blocks"),
        linked("D", ("blocks", "e")),  # read before we kept the type
        linked("E"),
    ]

    assert predecessors(items, rules) == {
        named("b"): (named("a"),),
        named("d"): (named("c"),),
        named("e"): (named("d"),),
    }


def test_of_a_named_type_whose_words_say_nothing_the_outward_end_goes_first() -> None:
    rules = PrecedenceRules(links=frozenset({"polaris"}))
    items = [typed("A", "Polaris", to="b"), typed("B", "Polaris", to="a", is_outward=False), linked("C")]

    assert predecessors(items, rules) == {named("b"): (named("a"),)}


def listed(before: str, after: str, line: int = 2, needed_on: date | None = None) -> ListedDependency:
    return ListedDependency(file="dependencies.csv", line=line, before=before, after=after, needed_on=needed_on)


def test_a_list_and_a_field_lead_from_one_tracker_to_another() -> None:
    here, there = linked("SHOP-1", source="jira"), linked("AB#7", source="ado")
    waiting = replace(linked("AB#9", source="ado"), fields={"Depends on": "shop-1; AB#7"})
    rules = PrecedenceRules(fields=("Depends on",), listed=(listed("jira/SHOP-1", "AB#7", needed_on=date(2026, 6, 1)),))

    found = precedence([here, there, waiting], rules)

    assert [(wait.before.external_id, wait.after.external_id, wait.said_by) for wait in found.waits] == [
        ("shop-1", "ab#7", "list"), ("ab#7", "ab#9", "field"), ("shop-1", "ab#9", "field"),
    ]  # fmt: skip
    assert found.waits[0].needed_on == date(2026, 6, 1)
    assert found.unresolved == ()


def test_names_that_lead_nowhere_are_set_aside_with_their_place_and_the_rest_goes_on() -> None:
    twice = [linked("PAY-1", source="one"), linked("PAY-1", source="two"), linked("PAY-2", source="two")]
    names = (("PAY-9", "PAY-2"), ("PAY-1", "PAY-2"), ("two/PAY-1", "PAY-2"), ("two/PAY-2", "PAY-2"))
    rows = tuple(listed(before, after, line) for line, (before, after) in enumerate(names, start=2))

    found = precedence(twice, PrecedenceRules(listed=rows))

    assert [wait.before for wait in found.waits] == [ItemId("two", "pay-1")]
    assert [(one.where, one.name, one.reason) for one in found.unresolved] == [
        ("dependencies.csv, line 2", "PAY-9", "not_held"),
        ("dependencies.csv, line 3", "PAY-1", "ambiguous"),
        ("dependencies.csv, line 5", "two/PAY-2", "itself"),
    ]
