"""Items that show the same are asked once; what they are told is what each would be told alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.matching import Matchers
from domain.strategy import Matcher
from domain.tree import tree
from domain.work_item import WorkItem
from tests.domain.placed_items import an_item

NAMES = st.sampled_from(["Payments", "payments", "PAY-0"])
PARTS = ("source", "project", "type", "team", "label", "component", "area", "under")
AREAS = st.sampled_from(["Payments", "Payments\\Claims", "Claims"])


@st.composite
def rules(draw: st.DrawFn) -> list[Matcher]:
    """A few matchers that ask about the same one or two parts, so that most items differ in what nobody asks about."""
    parts = draw(st.sets(st.sampled_from((*PARTS, "field")), min_size=1, max_size=2))
    return [_matcher(draw, draw(st.sets(st.sampled_from(sorted(parts)), min_size=1))) for _ in range(2)]


def _matcher(draw: st.DrawFn, parts: set[str]) -> Matcher:
    asked = {part: draw(NAMES) for part in sorted(parts - {"field"})}
    return Matcher(**asked, **({"field": "Risk", "value": draw(NAMES)} if "field" in parts else {}))


@st.composite
def portfolios(draw: st.DrawFn) -> list[WorkItem]:
    found = []
    for number in range(5):
        shown = {
            "source": draw(NAMES),
            "project": draw(NAMES),
            "type": draw(NAMES),
            "team": draw(st.none() | NAMES),
            "labels": tuple(draw(st.lists(NAMES, max_size=2))),
            "components": tuple(draw(st.lists(NAMES, max_size=2))),
            "area": draw(st.none() | AREAS),
            "fields": draw(st.dictionaries(st.sampled_from(["Risk", "Other"]), NAMES)),
            "parent": draw(st.sampled_from([None, "PAY-0", "PAY-1"])),
        }
        found.append(an_item(f"PAY-{number}", **{**shown, "external_id": f"PAY-{number}"}))
    return found


@given(portfolios(), rules())
@settings(max_examples=150, deadline=None)
def test_what_is_asked_once_for_many_is_what_is_asked_of_each_alone(
    items: list[WorkItem], asked: list[Matcher]
) -> None:
    grown = tree(items)
    together = Matchers(asked, tree=grown)

    for item in items:
        alone = Matchers(asked, tree=grown)
        assert together.holding(item) == alone.holding(item)
        assert together.shown_by(item) == alone.shown_by(item)
