from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.strategy import Matcher, Theme
from domain.themes import MOST_STEPS, Assignment, assign
from domain.work_item import HeldItem, HistoryState, WorkItem
from tests.domain.placed_items import a_theme, an_id, an_item, label

TODAY = date(2026, 11, 20)
ALL, SPLIT = Decimal(1), Decimal("0.6")


def assigned(items: Sequence[WorkItem], themes: Sequence[Theme], key: str, on: date = TODAY) -> Assignment:
    return assign(items, themes, on=on)[an_id(key)]


@pytest.mark.parametrize(
    ("matcher", "shown"),
    [
        pytest.param(Matcher(label="Theme-Settle"), {"labels": ("theme-settle",)}, id="a label, whatever its capitals"),
        pytest.param(Matcher(component="Payments"), {"components": ("Claims", "payments")}, id="one of two components"),
        pytest.param(
            Matcher(field="Strategic theme", value="Settle fast"),
            {"fields": {"Strategic theme": "settle fast"}},
            id="a field",
        ),
        pytest.param(
            Matcher(field="strategic THEME", value="Settle fast"),
            {"fields": {"Strategic theme": "Grow; Settle fast"}},
            id="one of a field's values",
        ),
        pytest.param(Matcher(area="Core\\Claims"), {"area": "Core\\Claims"}, id="an area"),
        pytest.param(Matcher(area="Core\\Claims"), {"area": "Core\\claims\\Motor"}, id="an area below it"),
        pytest.param(Matcher(project="CLM"), {"project": "CLM"}, id="a project"),
        pytest.param(Matcher(type="Bug"), {"type": "bug"}, id="a type"),
        pytest.param(Matcher(source="claims"), {}, id="a source"),
        pytest.param(Matcher(team="Cedre 1"), {"team": "Cedre 1"}, id="a team"),
        pytest.param(Matcher(under="CLM-1"), {}, id="the item itself"),
        pytest.param(Matcher(under="OLD-7"), {"previous_keys": ("OLD-7",)}, id="the item by the key it once had"),
        pytest.param(Matcher(type="Bug", label="a"), {"type": "Bug", "labels": ("a", "b")}, id="two parts, both shown"),
    ],
)
def test_a_rule_matches_what_shows_all_that_it_asks_for(matcher: Matcher, shown: dict[str, object]) -> None:
    item = an_item("CLM-1", **shown)

    found = assigned([item], [a_theme("settle", matcher)], "CLM-1")

    assert found.shares == {"settle": ALL}
    assert found.decided_by is not None
    assert found.decided_by.words == matcher.words()
    assert found.path == (an_id("CLM-1"),)


@pytest.mark.parametrize(
    ("matcher", "shown"),
    [
        pytest.param(Matcher(label="theme"), {"labels": ("theme-settle",)}, id="part of a label"),
        pytest.param(Matcher(area="Core\\Claims"), {"area": "Core\\ClaimsArchive"}, id="an area that begins alike"),
        pytest.param(Matcher(area="Core\\Claims"), {"area": "Core"}, id="the area above"),
        pytest.param(Matcher(type="Bug", label="a"), {"type": "Bug"}, id="one part of two"),
        pytest.param(Matcher(source="policy"), {}, id="another source"),
        pytest.param(Matcher(under="CLM-10"), {}, id="a key that begins alike"),
        pytest.param(Matcher(field="Theme", value="x"), {}, id="a field that the item has not"),
    ],
)
def test_a_rule_does_not_match_what_shows_less(matcher: Matcher, shown: dict[str, object]) -> None:
    item = an_item("CLM-1", **shown)

    found = assigned([item], [a_theme("settle", matcher)], "CLM-1")

    assert found == Assignment()
    assert found.unaligned == 1


def test_themes_are_tried_in_the_order_of_the_file() -> None:
    item = an_item("CLM-1", labels=("grow", "settle"))
    themes = [a_theme("settle", label("settle")), a_theme("grow", label("other"), label("grow"))]

    found = assigned([item], themes, "CLM-1")

    assert found.shares == {"settle": ALL}
    assert found.runner_up is not None
    assert (found.runner_up.theme, found.runner_up.rule, found.runner_up.words) == ("grow", 1, "label grow")
    assert found.runner_up.why == "it comes later in the file"


def test_a_story_inherits_the_theme_of_its_epic_and_tells_the_way_up() -> None:
    items = [an_item("CLM-3", parent="CLM-2"), an_item("CLM-2", parent="CLM-1"), an_item("CLM-1", labels=("settle",))]

    found = assigned(items, [a_theme("settle", label("settle"))], "CLM-3")

    assert found.shares == {"settle": ALL}
    assert found.inherited
    assert found.path == (an_id("CLM-3"), an_id("CLM-2"), an_id("CLM-1"))


def test_an_items_own_match_beats_an_inherited_one_even_of_an_earlier_theme() -> None:
    items = [an_item("CLM-1", labels=("settle",)), an_item("CLM-2", parent="CLM-1", labels=("grow",))]
    themes = [a_theme("settle", label("settle")), a_theme("grow", label("grow"))]

    found = assigned(items, themes, "CLM-2")

    assert found.shares == {"grow": ALL}
    assert found.runner_up is not None
    assert found.runner_up.theme == "settle"
    assert found.runner_up.why == "inherited from CLM-1; a match of the item's own beats it"


def test_a_nearer_parent_beats_a_farther_one() -> None:
    items = [
        an_item("CLM-1", labels=("settle",)),
        an_item("CLM-2", parent="CLM-1", labels=("grow",)),
        an_item("CLM-3", parent="CLM-2"),
    ]
    themes = [a_theme("settle", label("settle")), a_theme("grow", label("grow"))]

    found = assigned(items, themes, "CLM-3")

    assert found.shares == {"grow": ALL}
    assert found.runner_up is not None
    assert found.runner_up.theme == "settle"


def test_under_takes_the_item_and_everything_below_it() -> None:
    items = [
        an_item("CLM-12"),
        an_item("CLM-13", parent="CLM-12"),
        an_item("CLM-14", parent="CLM-13"),
        an_item("CLM-15"),
    ]

    found = assign(items, [a_theme("settle", Matcher(under="CLM-12"))], on=TODAY)

    assert {id.external_id: each.path[-1:] for id, each in found.items()} == {
        "CLM-12": (an_id("CLM-12"),),
        "CLM-13": (an_id("CLM-12"),),
        "CLM-14": (an_id("CLM-12"),),
        "CLM-15": (),
    }


def test_a_label_below_the_named_item_beats_under() -> None:
    items = [
        an_item("CLM-12"),
        an_item("CLM-13", parent="CLM-12", labels=("grow",)),
        an_item("CLM-14", parent="CLM-13"),
    ]
    themes = [a_theme("settle", Matcher(under="CLM-12")), a_theme("grow", label("grow"))]

    found = assigned(items, themes, "CLM-14")

    assert found.shares == {"grow": ALL}


def test_under_with_another_part_asks_the_item_for_that_part() -> None:
    items = [an_item("CLM-12"), an_item("CLM-13", parent="CLM-12", type="Bug"), an_item("CLM-14", parent="CLM-12")]

    found = assign(items, [a_theme("quality", Matcher(under="CLM-12", type="Bug"))], on=TODAY)

    assert {id.external_id for id, each in found.items() if each.shares} == {"CLM-13"}


def test_an_epic_may_be_split_and_what_is_left_is_unaligned() -> None:
    item = an_item("CLM-1", labels=("settle", "grow"))
    themes = [a_theme("settle", (label("settle"), "0.6")), a_theme("grow", (label("grow"), "0.3"))]

    found = assigned([item], themes, "CLM-1")

    assert found.shares == {"settle": Decimal("0.6"), "grow": Decimal("0.3")}
    assert found.unaligned == Decimal("0.1")


def test_shares_are_given_in_order_until_nothing_is_left() -> None:
    item = an_item("CLM-1", labels=("a", "b", "c"))
    themes = [a_theme(name, (label(name), "0.6")) for name in ("a", "b", "c")]

    found = assigned([item], themes, "CLM-1")

    assert found.shares == {"a": Decimal("0.6"), "b": Decimal("0.4")}
    assert found.runner_up is not None
    assert (found.runner_up.theme, found.runner_up.why) == ("c", "nothing was left of 100 %")


def test_a_full_match_beats_shares_that_come_before_it() -> None:
    item = an_item("CLM-1", labels=("a", "b"))
    themes = [a_theme("a", (label("a"), "0.6")), a_theme("b", label("b"))]

    found = assigned([item], themes, "CLM-1")

    assert found.shares == {"b": ALL}
    assert found.runner_up is not None
    assert found.runner_up.why == "it gives only a share; a full match beats it"


def test_a_theme_gives_its_first_matching_share_once() -> None:
    item = an_item("CLM-1", labels=("a", "b"))

    found = assigned([item], [a_theme("settle", (label("a"), "0.6"), (label("b"), "0.3"))], "CLM-1")

    assert found.shares == {"settle": SPLIT}
    assert [rule.rule for rule in found.rules] == [0]


@pytest.mark.parametrize(
    ("on", "shares"),
    [
        pytest.param(date(2026, 1, 31), {}, id="the day before"),
        pytest.param(date(2026, 2, 1), {"settle": ALL}, id="its first day"),
        pytest.param(date(2026, 6, 30), {"settle": ALL}, id="its last day"),
        pytest.param(date(2026, 7, 1), {}, id="the day after"),
    ],
)
def test_a_theme_counts_only_while_it_is_in_effect(on: date, shares: dict[str, Decimal]) -> None:
    theme = a_theme("settle", label("a"), effective_from=date(2026, 2, 1), effective_to=date(2026, 6, 30))

    found = assigned([an_item("CLM-1", labels=("a",))], [theme], "CLM-1", on=on)

    assert found.shares == shares


def test_a_theme_that_has_lapsed_is_named_as_runner_up() -> None:
    theme = a_theme("settle", label("a"), effective_to=date(2026, 6, 30))

    found = assigned([an_item("CLM-1", labels=("a",))], [theme], "CLM-1")

    assert found.runner_up is not None
    assert found.runner_up.why == "the theme is not in effect on 2026-11-20"


@pytest.mark.parametrize(
    ("parents", "problem"),
    [
        pytest.param({"CLM-1": "CLM-1"}, "CLM-1 is its own parent", id="itself"),
        pytest.param({"CLM-1": "CLM-2", "CLM-2": "CLM-1"}, "a ring of parents: CLM-1 > CLM-2 > CLM-1", id="two"),
        pytest.param(
            {"CLM-3": "CLM-1", "CLM-1": "CLM-2", "CLM-2": "CLM-3"},
            "a ring of parents: CLM-1 > CLM-2 > CLM-3 > CLM-1",
            id="three",
        ),
    ],
)
def test_a_ring_of_parents_is_told_and_inherits_nothing(parents: dict[str, str], problem: str) -> None:
    items = [an_item(key, parent=parent) for key, parent in parents.items()]
    items += [an_item("CLM-9", parent="CLM-1")]

    found = assign(items, [a_theme("settle", label("a"))], on=TODAY)

    assert all(found[an_id(key)].problem == problem for key in parents)
    assert found[an_id("CLM-9")].problem == problem
    assert all(not each.shares for each in found.values())


def test_a_ring_does_not_take_an_items_own_theme_away() -> None:
    items = [an_item("CLM-1", parent="CLM-2", labels=("a",)), an_item("CLM-2", parent="CLM-1")]

    found = assign(items, [a_theme("settle", label("a"))], on=TODAY)

    assert found[an_id("CLM-1")].shares == {"settle": ALL}
    assert found[an_id("CLM-2")].shares == {}


def test_a_line_of_parents_longer_than_any_strategy_inherits_nothing_and_says_so() -> None:
    items = [an_item("CLM-0", labels=("a",))]
    items += [an_item(f"CLM-{n}", parent=f"CLM-{n - 1}") for n in range(1, MOST_STEPS + 2)]

    found = assign(items, [a_theme("settle", label("a"))], on=TODAY)

    assert found[an_id(f"CLM-{MOST_STEPS}")].shares == {"settle": ALL}
    assert found[an_id(f"CLM-{MOST_STEPS + 1}")].shares == {}
    assert "more than 64 parents" in (found[an_id(f"CLM-{MOST_STEPS + 1}")].problem or "")


def test_ten_thousand_parents_in_a_line_do_not_exhaust_anything() -> None:
    items = [an_item(f"CLM-{n}", parent=f"CLM-{n + 1}") for n in range(10_000)]

    found = assign(items, [a_theme("settle", label("a"))], on=TODAY)

    assert len(found) == 10_000


def test_a_parent_that_is_not_held_is_no_parent() -> None:
    found = assigned([an_item("CLM-1", parent="CLM-404")], [a_theme("settle", Matcher(under="CLM-404"))], "CLM-1")

    assert found == Assignment()


def test_a_parent_of_the_same_key_in_another_source_is_no_parent() -> None:
    items = [an_item("1", labels=("a",)), an_item("2", source="policy", parent="1")]

    found = assign(items, [a_theme("settle", label("a"))], on=TODAY)

    assert found[an_id("2", "policy")].shares == {}


def test_the_parent_at_finish_can_be_asked_for_in_place_of_todays() -> None:
    items = [an_item("CLM-1", labels=("a",)), an_item("CLM-2", labels=("b",)), an_item("CLM-3", parent="CLM-2")]
    themes = [a_theme("then", label("a")), a_theme("now", label("b"))]

    found = assign(items, themes, on=TODAY, parents={an_id("CLM-3"): an_id("CLM-1")})

    assert found[an_id("CLM-3")].shares == {"then": ALL}


def test_items_may_come_as_the_store_holds_them() -> None:
    known = datetime(2026, 3, 2, tzinfo=UTC)
    item = an_item("CLM-1", labels=("a",))
    held = HeldItem(item=item, history=HistoryState.COMPLETE, first_known_at=known, known_at=known)

    found = assign([held], [a_theme("settle", label("a"))], on=TODAY)

    assert found[item.id].shares == {"settle": ALL}


LABELS = ("a", "b", "c", "d")
SHARES = st.sampled_from(["0.1", "0.25", "0.333", "0.6", "1"])
THEMES = st.lists(st.lists(st.tuples(st.sampled_from(LABELS), SHARES), max_size=3), max_size=4).map(
    lambda themes: [
        a_theme(f"t{n}", *((label(name), share) for name, share in rules)) for n, rules in enumerate(themes)
    ]
)
FORESTS = st.lists(
    st.tuples(st.sets(st.sampled_from(LABELS)), st.none() | st.integers(min_value=0, max_value=9)),
    min_size=1,
    max_size=10,
).map(
    lambda said: [
        an_item(f"CLM-{n}", labels=tuple(sorted(labels)), parent=None if parent is None else f"CLM-{parent}")
        for n, (labels, parent) in enumerate(said)
    ]
)


@given(items=FORESTS, themes=THEMES)
def test_no_item_gives_more_than_the_whole_of_itself(items: list[WorkItem], themes: list[Theme]) -> None:
    found = assign(items, themes, on=TODAY)

    assert set(found) == {item.id for item in items}
    for each in found.values():
        assert 0 <= sum(each.shares.values()) <= 1
        assert all(share > 0 for share in each.shares.values())
        assert each.shares == {rule.theme: rule.share for rule in each.rules}
        assert bool(each.path) == bool(each.shares)


@given(items=FORESTS, themes=THEMES, random=st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(items: list[WorkItem], themes: list[Theme], random: Random) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)

    found = assign(shuffled, themes, on=TODAY)

    assert found == assign(items, themes, on=TODAY)


@given(items=FORESTS, themes=THEMES)
def test_a_rule_that_inherits_is_one_that_the_end_of_the_path_shows(items: list[WorkItem], themes: list[Theme]) -> None:
    by_id = {item.id: item for item in items}

    found = assign(items, themes, on=TODAY)

    for item_id, each in found.items():
        assert each.path[:1] in ((), (item_id,))
        for rule in each.rules:
            assert rule.words.removeprefix("label ") in by_id[each.path[-1]].labels
