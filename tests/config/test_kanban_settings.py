"""The portfolio kanban in the settings: policies that can be checked, what delay costs, mistakes with their mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import meaning
from config.load import load
from domain.board import DEFAULT_POLICIES, FIELD, VALUE, WORDS, Board, Delay, Policy
from tests.config.settings_files import SMALLEST, a_folder, mistakes

STATES = "kanban:\n  states: {funnel: [New], reviewing: [Review], implementing: [Doing, MVP], done: [Done]}\n"


def board(folder: Path, more: str = "", *, states: str = STATES) -> Board:
    return meaning.board(load(a_folder(folder, SMALLEST + states + more), environ={}))


def test_words_alone_stay_allowed_and_checks_stand_beside_them(tmp_path: Path) -> None:
    more = (
        "  exit_policies:\n"
        "    funnel: a sponsor stands behind it\n"
        "    reviewing: [{check: hypothesis}, {field: Business case, says: it is written}, {value: cost_estimate}]\n"
    )

    found = board(tmp_path, more)

    assert found.policies == {
        "funnel": (Policy(check=WORDS, says="a sponsor stands behind it"),),
        "reviewing": (
            Policy(check="hypothesis"),
            Policy(check=FIELD, of="Business case", says="it is written"),
            Policy(check=VALUE, of="cost_estimate"),
        ),
    }
    assert found.is_agreed


def test_without_policies_those_of_safe_are_proposed_for_the_states_that_are_there(tmp_path: Path) -> None:
    found = board(tmp_path)

    assert found.policies == {name: DEFAULT_POLICIES[name] for name in ("reviewing", "implementing", "done")}
    assert not found.is_agreed


def test_fields_of_policies_and_of_the_rank_are_read_from_every_source(tmp_path: Path) -> None:
    more = "  rank: [Rank]\n  exit_policies: {reviewing: {field: Business case}}\n"

    (source,) = meaning.sources(load(a_folder(tmp_path, SMALLEST + STATES + more), environ={}))

    assert {"Rank", "Business case"} <= set(source.text_fields)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param("", "implementing", id="as SAFe names it"),
        pytest.param("  begins: reviewing\n", "reviewing", id="as the kanban says"),
        pytest.param("guardrails: {approval: {threshold: 5, before: done}}\n", "done", id="as approval says"),
    ],
)
def test_work_begins_with_the_state_that_is_named(tmp_path: Path, more: str, expected: str) -> None:
    assert board(tmp_path, more).commits == expected


def test_without_such_a_state_nobody_knows_where_work_begins(tmp_path: Path) -> None:
    assert board(tmp_path, states="kanban: {states: {ideas: [New], work: [Doing]}}\n").commits is None


def test_delays_become_minor_units_of_the_portfolios_currency(tmp_path: Path) -> None:
    more = (
        "  delays:\n"
        "    - {item: A-1, per_week: 20_000, needed: 2026-05-29, weeks: 6}\n"
        "    - {item: A-2, profile: fixed_date, at_once: 500.50}\n"
    )

    first, second = board(tmp_path, more).delays

    assert (first.per_week, first.weeks, first.profile) == (2_000_000, 6, "linear")
    assert second == Delay(item="A-2", profile="fixed_date", at_once=50_050)


def test_how_long_nothing_may_leave_a_state_is_set_in_days(tmp_path: Path) -> None:
    assert board(tmp_path).stuck_after == 28
    assert board(tmp_path, "  stuck_after: 3 weeks\n").stuck_after == 21


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param("  exit_policies: {reviewing: {}}\n", "expected words, or one of check, field and value",
                     id="nothing"),
        pytest.param("  exit_policies: {reviewing: {check: owner, field: X}}\n",
                     "check and field in one policy; write one for each", id="two in one"),
        pytest.param("  exit_policies: {reviewing: {check: hypotesis}}\n", 'did you mean "hypothesis"?',
                     id="a check misspelt"),
        pytest.param("  exit_policies: {reviewin: [x]}\n", 'did you mean "reviewing"?', id="a state misspelt"),
        pytest.param("  begins: doing\n", 'the kanban has no state "doing"', id="work begins nowhere"),
        pytest.param("  delays: [{item: A-1}]\n", "linear takes per_week, and not at_once", id="no price"),
        pytest.param("  delays: [{item: A-1, profile: fixed_date, per_week: 5}]\n",
                     "fixed_date takes at_once, and not per_week", id="a date with a rate"),
        pytest.param("  delays: [{item: A-1, per_week: 0}]\n", "per_week must be more than 0", id="a price of nothing"),
        pytest.param("  delays: [{item: A-1, per_week: 5, weeks: 0}]\n", "expected a whole number from 1 on",
                     id="no duration"),
        pytest.param("  delays: [{item: A-1, per_week: 5}, {item: a-1, per_week: 6}]\n",
                     'two delays of "A-1"; keep one', id="twice"),
        pytest.param("  stuck_after: 90 minutes\n", "expected whole days, such as 28 days", id="a part of a day"),
        pytest.param("  delays: [{item: A-1, per_week: 5, needed: 29/05/2026}]\n", "expected a day such as 2026-09-28",
                     id="a wrong date"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_its_mend(tmp_path: Path, more: str, expected: str) -> None:
    found = mistakes(a_folder(tmp_path, SMALLEST + STATES + more))

    assert any(expected in one and one.startswith("vmo.yaml:") for one in found), found
