from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audiences import Audience, Restriction, Sight, hidden_items, sight_of
from domain.funding import Adjustment, Cell, ClosedSpend, SpendLine
from domain.period import Period
from domain.placing import PlacingRules, place
from domain.promises import WHEN, Foretold, Given, Promise
from domain.redaction import closed_seen, foretold_seen, given_seen, item_seen, trust_seen
from domain.strategy import Matcher, Theme
from domain.trust import ScopeProof
from domain.work_item import HeldItem, HistoryState, Link, WorkItem
from tests.builders import a_source_trust
from tests.domain.placed_items import DAY, a_theme, an_id, an_item, label

SECRET = Restriction(name="deal", matchers=(label("secret"),))


def held(*items: WorkItem) -> list[HeldItem]:
    return [
        HeldItem(item=item, history=HistoryState.COMPLETE, first_known_at=DAY, known_at=DAY) for item in items
    ]  # fmt: skip


def sight(audience: Audience, *items: WorkItem, themes: Sequence[Theme] = ()) -> Sight:
    told = held(*items)
    placements = place(told, rules=PlacingRules(), themes=themes, on=DAY.date())
    hidden = hidden_items(audience, told, placements)
    return sight_of(
        audience, hidden, told, placements, today=DAY.date(),
        themes=[one.id for one in themes], trains=(), value_streams=(), sources=["claims", "deals"],
    )  # fmt: skip


def keys(seen: Sight) -> set[str]:
    return {one.external_id for one in seen.hidden}


def promise(key: str) -> Promise:
    return Promise(item=an_id(key), key=key, kind=WHEN, percentile=85, day=DAY.date(), trials=100)


def foretold(*promised: str, plan: Mapping[str, Any] | None = None) -> Foretold:
    return Foretold(
        as_of=DAY.date(), known_at=DAY, published_at=DAY, seed=1, definition_version=1, digest="", plan=plan or {},
        promises=tuple(map(promise, promised)),
    )  # fmt: skip


def closed(key: str) -> ClosedSpend:
    """A month of which one item took everything."""
    line = SpendLine(item=an_id(key), key=key, cell=Cell("open", "", "feature"), weight=Decimal(1), amount=100)
    return ClosedSpend(
        value_stream="claims", name="2026-03", period=Period(date(2026, 3, 1), date(2026, 4, 1)),
        closed_on=date(2026, 4, 10), known_at=DAY, kept_at=DAY, amount=100, basis="actual", level="feature",
        definition_version=1, lines=(line,),
    )  # fmt: skip


def test_where_nothing_is_restricted_everybody_sees_everything() -> None:
    assert Audience().is_whole
    assert not Audience(barred=(SECRET,)).is_whole
    assert not Audience(scopes=(label("ours"),)).is_whole


def test_what_is_below_a_restricted_item_is_restricted_whatever_it_shows_itself() -> None:
    tree = [
        an_item("A-1", labels=("secret",)),
        an_item("A-2", parent="A-1", labels=("open",)),
        an_item("A-3", parent="A-2"),
    ]

    found = sight(Audience(barred=(SECRET,)), *tree, an_item("A-4"))

    assert keys(found) == {"A-1", "A-2", "A-3"}


def test_an_audience_with_scopes_sees_what_is_in_them_and_below_and_nothing_else() -> None:
    tree = [
        an_item("A-1", labels=("ours",)),
        an_item("A-2", parent="A-1"),
        an_item("A-3"),
        an_item("A-4", parent="A-3"),
    ]

    assert keys(sight(Audience(scopes=(label("ours"),)), *tree)) == {"A-3", "A-4"}


def test_what_is_restricted_stays_hidden_within_a_scope() -> None:
    tree = [an_item("A-1", labels=("ours",)), an_item("A-2", parent="A-1", labels=("secret",))]

    assert keys(sight(Audience(scopes=(label("ours"),), barred=(SECRET,)), *tree)) == {"A-2"}


def test_an_item_that_might_be_barred_is_hidden_with_all_below_it() -> None:
    tree = held(an_item("A-1"), an_item("A-2", parent="A-1"), an_item("A-3"))

    hidden = hidden_items(Audience(barred=(SECRET,)), tree, {}, unsure={an_id("A-1"), an_id("Z-9")})

    assert {one.external_id for one in hidden} == {"A-1", "A-2"}


def test_items_that_serve_a_restricted_theme_go_with_it_and_its_name_does() -> None:
    themes = [a_theme("deal", label("deal")), a_theme("open", label("open"))]
    items = [an_item("A-1", labels=("deal",)), an_item("A-2", labels=("open",)), an_item("A-3", parent="A-1")]
    barred = Restriction(name="deal", themes=frozenset({"deal"}))

    found = sight(Audience(barred=(barred,)), *items, themes=themes)

    assert keys(found) == {"A-1", "A-3"}
    assert found.themes == {"deal"}


def test_a_name_that_only_hidden_items_bear_falls_with_them() -> None:
    themes = [a_theme("merger", Matcher(project="M")), a_theme("open", Matcher(project="A")), a_theme("idle")]
    items = [an_item("M-1", labels=("secret",), team="Merger crew", source="deals"), an_item("A-1", team="Us")]

    barred = sight(Audience(barred=(SECRET,)), *items, themes=themes)
    scoped = sight(Audience(scopes=(Matcher(source="claims"),)), *items, themes=themes)

    assert barred.themes == {"merger"}
    assert barred.teams == {"merger crew"}
    assert barred.sources == {"deals"}
    assert scoped.themes == {"merger", "idle"}  # with scopes, nothing is told of what no item bears


def test_a_source_that_is_restricted_whole_is_not_named_before_it_holds_anything() -> None:
    barred = Restriction(name="deal", matchers=(Matcher(source="Deals"),))

    assert sight(Audience(barred=(barred,)), an_item("A-1")).sources == {"deals"}


def test_parents_links_and_fields_that_name_what_is_hidden_are_not_told() -> None:
    links = (Link(kind="blocks", to_id="A-2", to_key="A-2"), Link(kind="blocks", to_id="X-9", to_key="X-9"))
    fields = {"Waits for": "A-2, A-3", "Epic Link": "A-2", "Remark": "as A-2 says"}
    mine = an_item("A-1", parent="A-2", links=links, fields=fields)
    seen = sight(Audience(barred=(SECRET,)), mine, an_item("A-2", labels=("secret",)), an_item("A-3"))

    (told,) = [item_seen(one, seen, naming=("Waits for",)) for one in held(mine)]

    assert told.item.parent_id is None
    assert told.item.links == ()  # of X-9, which nobody holds, nobody can say whose it is
    assert told.item.fields == {"Waits for": "A-3", "Epic Link": "", "Remark": "as A-2 says"}


def test_what_a_source_vouches_for_is_counted_over_what_is_seen() -> None:
    items = [an_item("A-1"), an_item("A-2", labels=("secret",)), an_item("A-3", labels=("secret",))]
    source = a_source_trust("claims", held=3, declared=4)
    seen = sight(Audience(barred=(SECRET,)), *items)

    (told,) = trust_seen([source], seen, held(*items))

    assert (told.held, told.declared, told.problems) == (1, 2, ())  # one is missing still, and may be anybody's


def test_a_project_that_is_restricted_is_not_named_before_it_has_an_item() -> None:
    proofs = tuple(ScopeProof(scope_id=one, key=f"{one}-KEY", state="live") for one in ("10000", "secret"))
    source = replace(a_source_trust("claims", held=1, declared=1), scopes=proofs, problems=("SECRET is not shown",))
    barred = Restriction(name="deal", matchers=(Matcher(project="Secret-Key"),))

    (told,) = trust_seen([source], sight(Audience(barred=(barred,)), an_item("A-1")), held(an_item("A-1")))

    assert [one.scope_id for one in told.scopes] == ["10000"]
    assert (told.held, told.declared, told.problems) == (1, 1, ())


def test_promises_of_what_is_hidden_are_forgotten_and_so_is_a_plan_that_rests_on_it() -> None:
    seen = sight(Audience(barred=(SECRET,)), an_item("A-1"), an_item("A-2", labels=("secret",)))
    told = [Given(edition="2026-w10/weekly", as_of=DAY.date(), promise=promise(key)) for key in ("A-1", "A-2")]
    rests = {"epics": [{"id": "claims/A-1"}, {"id": "claims/A-2"}]}

    assert [one.promise.key for one in given_seen(told, seen)] == ["A-1"]
    assert foretold_seen(foretold("A-1"), seen) == foretold("A-1")
    assert foretold_seen(foretold("A-1", "A-2"), seen) is None
    assert foretold_seen(foretold("A-1", plan=rests), seen) is None
    assert foretold_seen(None, seen) is None


def test_closed_money_is_told_where_none_of_it_went_to_what_is_hidden() -> None:
    seen = sight(Audience(barred=(SECRET,)), an_item("A-1"), an_item("A-2", labels=("secret",)))
    late = Adjustment(value_stream="claims", of="2026-02", cause="work", moved={}, items={"added": ("A-2",)})

    open_one, hidden_one, adjusted = closed("A-1"), closed("A-2"), replace(closed("A-1"), adjustments=(late,))

    assert closed_seen([open_one, hidden_one, adjusted], seen) == [open_one]
    assert closed_seen([open_one], replace(seen, broken=frozenset({"claims"}))) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(["", "secret", "ours"]), st.booleans()), min_size=1, max_size=12
    ),
    st.booleans(),
)
def test_whatever_the_tree_nothing_hidden_is_above_something_seen_that_is_not_in_scope_itself(
    tree: list[tuple[int, str, bool]], has_scopes: bool
) -> None:
    items: list[WorkItem] = []
    for number, (parent, shown, is_child) in enumerate(tree):
        more: dict[str, Any] = {"parent": f"A-{parent % number}"} if is_child and number else {}
        items.append(an_item(f"A-{number}", labels=(shown,) if shown else (), **more))
    audience = Audience(scopes=(label("ours"),) if has_scopes else (), barred=(SECRET,))

    found = sight(audience, *items)

    by_key = {one.key: one for one in items}
    for one in items:
        line = [one]
        while line[-1].parent_id is not None:
            line.append(by_key[line[-1].parent_id])
        is_barred = any("secret" in each.labels for each in line)
        is_in_scope = not has_scopes or any("ours" in each.labels for each in line)
        assert (an_id(one.key) in found.hidden) == (is_barred or not is_in_scope)
    assert [one for one in items if found.shows(one.key)] == [
        one for one in items if an_id(one.key) not in found.hidden
    ]


@pytest.mark.parametrize("key", ["A-2", "a-2", "claims/A-2", " OLD-2 "])
def test_an_item_is_named_by_every_key_it_has_or_had(key: str) -> None:
    found = sight(Audience(barred=(SECRET,)), an_item("A-2", labels=("secret",), previous_keys=("OLD-2",)))

    assert found.names_hidden(key)
    assert not found.shows(key)
    assert not found.shows("A-77")  # nobody holds it


def test_a_theme_that_has_ended_bars_whatever_it_ever_had() -> None:
    ended = a_theme("deal", label("a"), effective_to=date(2026, 1, 31))
    follower = a_theme("growth", label("a"), label("b"), effective_from=date(2026, 2, 1))
    audience = Audience(name="board", barred=(Restriction(name="secret", themes=frozenset({"deal"})),))

    seen = sight(audience, an_item("A", labels=("a",)), an_item("B", labels=("b",)), themes=[ended, follower])

    assert keys(seen) == {"A"}
    assert seen.themes == {"deal"}


def test_a_follower_that_only_hidden_items_bear_is_not_named() -> None:
    ended = a_theme("deal", label("a"), effective_to=date(2026, 1, 31))
    follower = a_theme("growth", label("a"), effective_from=date(2026, 2, 1))
    audience = Audience(name="board", barred=(Restriction(name="secret", themes=frozenset({"deal"})),))

    seen = sight(audience, an_item("A", labels=("a",)), an_item("B"), themes=[ended, follower])

    assert seen.themes == {"deal", "growth"}


@pytest.mark.parametrize(
    ("begins", "unseen"),
    [
        pytest.param(DAY.date(), {"over"}, id="today"),
        pytest.param(DAY.date() + timedelta(days=1), {"over", "next"}, id="tomorrow"),
    ],
)
def test_who_sees_a_scope_hears_of_a_theme_once_it_has_begun(begins: date, unseen: set[str]) -> None:
    """Who sees all but what is restricted may know what is to come: no scope of theirs leaves it out."""
    themes = [
        a_theme("now", label("a"), effective_to=begins - timedelta(days=1)),
        a_theme("next", label("a"), effective_from=begins),
        a_theme("over", label("b"), effective_to=date(2026, 1, 31)),
    ]
    items = an_item("A", labels=("a",)), an_item("B", labels=("b", "secret"))

    scoped = sight(Audience(name="team", scopes=(label("a"),)), *items, themes=themes)
    whole = sight(Audience(name="board", barred=(SECRET,)), *items, themes=themes)

    assert scoped.themes == unseen
    assert whole.themes == {"over"}
