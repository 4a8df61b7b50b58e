from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from domain.journey import Placement
from domain.placing import KindRule, PlacingRules, place
from domain.strategy import Matcher, Train, ValueStream
from domain.work_item import WorkItem
from tests.domain.placed_items import a_theme, an_id, an_item, label

TODAY = date(2026, 11, 20)


def placed(items: Sequence[WorkItem], rules: PlacingRules, key: str) -> Placement:
    return place(items, rules=rules, themes=(), on=TODAY)[an_id(key)]


def a_stream(id: str, *trains: Train, matchers: tuple[Matcher, ...] = ()) -> ValueStream:
    return ValueStream(id=id, name=id, trains=trains, matchers=matchers)


def a_train(name: str, *matchers: Matcher) -> Train:
    return Train(name=name, matchers=matchers)


def test_a_placement_has_everything_that_the_rules_say() -> None:
    rules = PlacingRules(
        levels={"claims": {"story": "story"}},
        kinds={"claims": (KindRule(matcher=None, kind="feature"),)},
        value_streams=(a_stream("policy", a_train("Cedre", Matcher(source="claims"))),),
    )
    item = an_item("CLM-1", labels=("a",), team="Cedre 1")

    found = place([item], rules=rules, themes=[a_theme("settle", label("a"))], on=TODAY)

    assert found[item.id] == Placement(
        level="story",
        kind="feature",
        themes={"settle": Decimal(1)},
        value_stream="policy",
        train="Cedre",
        team="Cedre 1",
    )


def test_the_level_follows_the_type_source_by_source() -> None:
    rules = PlacingRules(levels={"claims": {"epic": "feature"}, "policy": {"epic": "epic"}})
    items = [
        an_item("CLM-1", type="Epic"),
        an_item("P-1", type="EPIC", source="policy"),
        an_item("CLM-2", type="Spike"),
    ]

    found = place(items, rules=rules, themes=(), on=TODAY)

    assert found[an_id("CLM-1")].level == "feature"
    assert found[an_id("P-1", "policy")].level == "epic"
    assert found[an_id("CLM-2")].level is None


def test_the_kind_is_that_of_the_first_rule_that_matches() -> None:
    kinds = (KindRule(matcher=Matcher(type="Bug"), kind="defect"), KindRule(matcher=label("debt"), kind="debt"))
    rules = PlacingRules(kinds={"claims": kinds})
    items = [an_item("CLM-1", type="Bug", labels=("debt",)), an_item("CLM-2", labels=("debt",)), an_item("CLM-3")]

    found = place(items, rules=rules, themes=(), on=TODAY)

    assert [found[item.id].kind for item in items] == ["defect", "debt", "unclassified"]


def test_the_kind_of_a_rule_for_all_comes_only_after_the_others() -> None:
    kinds = (KindRule(matcher=Matcher(type="Bug"), kind="defect"), KindRule(matcher=None, kind="feature"))

    assert placed([an_item("CLM-1", type="Bug")], PlacingRules(kinds={"claims": kinds}), "CLM-1").kind == "defect"
    assert placed([an_item("CLM-1")], PlacingRules(kinds={"claims": kinds}), "CLM-1").kind == "feature"


def test_kinds_are_not_inherited() -> None:
    rules = PlacingRules(kinds={"claims": (KindRule(matcher=label("debt"), kind="debt"),)})
    items = [an_item("CLM-1", labels=("debt",)), an_item("CLM-2", parent="CLM-1")]

    assert placed(items, rules, "CLM-2").kind == "unclassified"


def test_the_first_train_whose_matcher_holds_takes_the_item() -> None:
    streams = (
        a_stream("policy", a_train("Cedre", label("x"), label("cedre")), a_train("Tilleul", label("tilleul"))),
        a_stream("claims", a_train("Orme", label("cedre"))),
    )
    rules = PlacingRules(value_streams=streams)

    found = placed([an_item("CLM-1", labels=("cedre", "tilleul"))], rules, "CLM-1")

    assert (found.value_stream, found.train) == ("policy", "Cedre")


def test_an_item_without_a_train_of_its_own_rides_with_its_parent() -> None:
    rules = PlacingRules(
        value_streams=(a_stream("policy", a_train("Cedre", label("cedre")), a_train("Orme", label("orme"))),)
    )
    items = [
        an_item("CLM-1", labels=("cedre",)),
        an_item("CLM-2", parent="CLM-1"),
        an_item("CLM-3", parent="CLM-2", labels=("orme",)),
        an_item("CLM-4"),
    ]

    found = place(items, rules=rules, themes=(), on=TODAY)

    assert [found[item.id].train for item in items] == ["Cedre", "Cedre", "Orme", None]


def test_a_stream_takes_what_belongs_to_none_of_its_trains() -> None:
    streams = (
        a_stream("policy", a_train("Cedre", label("cedre")), matchers=(Matcher(project="CLM"),)),
        a_stream("claims", a_train("Orme", label("orme"))),
    )
    items = [an_item("CLM-1"), an_item("CLM-2", labels=("orme",))]

    found = place(items, rules=PlacingRules(value_streams=streams), themes=(), on=TODAY)

    assert (found[an_id("CLM-1")].value_stream, found[an_id("CLM-1")].train) == ("policy", None)
    assert (found[an_id("CLM-2")].value_stream, found[an_id("CLM-2")].train) == ("claims", "Orme")


def test_a_ring_of_parents_still_has_a_place() -> None:
    items = [an_item("CLM-1", parent="CLM-2"), an_item("CLM-2", parent="CLM-1", labels=("cedre",))]
    rules = PlacingRules(value_streams=(a_stream("policy", a_train("Cedre", label("cedre"))),))

    assert placed(items, rules, "CLM-1").train is None
    assert placed(items, rules, "CLM-2").train == "Cedre"
