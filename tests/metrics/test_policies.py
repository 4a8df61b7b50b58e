"""Has each epic what it needs to leave its state? The exit policies of definition 3.9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest

from domain.board import CHECKS, DEFAULT_POLICIES, FIELD, UNSEEN, VALUE, WORDS, Policy
from domain.journey import Journey
from domain.period import Period
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Benefit, Decision, Indicator, Reading
from metrics.kanban import portfolio_kanban
from metrics.policies import ExitPolicies, evidence, exit_policies, is_met
from tests.builders import a_benefit, a_calendar, a_journey, a_placement, a_portfolio, a_reading, a_theme, an_indicator
from tests.metrics.boards import BOARD, an_epic, scored

TODAY = date(2026, 6, 1)
SCORES = {**scored(5, 3), "cost_estimate": 100}


def a_decision(item: str = "E-1", *, taken: str | None = "Go", asked: str = "2026-05-01") -> Decision:
    return Decision(
        id="D-1", asked_on=date.fromisoformat(asked), meeting="sync", question="?", decision=taken, owner="VMO",
        due=None, item=item,
    )  # fmt: skip


def found(
    *epics: Journey,
    policies: Mapping[str, Sequence[Policy]] = DEFAULT_POLICIES,
    benefits: Sequence[Benefit] = (),
    decisions: Sequence[Decision] = (),
    readings: Sequence[Reading] = (),
    below: Sequence[Journey] = (),
    unread: Unread = ALL_READ,
) -> ExitPolicies:
    board = replace(BOARD, policies={state: tuple(some) for state, some in policies.items()})
    portfolio = replace(a_portfolio(themes=[a_theme(benefits=benefits)]), board=board)
    kanban = portfolio_kanban(
        epics, board=board, day=TODAY, period=Period(date(2026, 3, 2), TODAY), calendar=a_calendar()
    )
    seen = evidence(
        portfolio, readings=readings, decisions=decisions, journeys=[*epics, *below], today=TODAY, unread=unread
    )
    return exit_policies(kanban, seen=seen)


def lacks(checked: ExitPolicies, key: str = "E-1") -> list[tuple[str, bool]]:
    one = next(one for one in checked.epics if one.standing.journey.key == key)
    return [(gap.policy.check, gap.has_left) for gap in one.gaps]


def test_reviewing_needs_a_hypothesis_and_an_estimate() -> None:
    assert lacks(found(an_epic(("2026-05-01", "Reviewing")))) == [("hypothesis", False), ("estimate", False)]


def test_what_an_earlier_state_asks_for_should_have_been_there_when_it_left() -> None:
    epic = an_epic(("2026-04-01", "Reviewing"), ("2026-05-01", "Analysing"), values=scored(5, 3))

    assert lacks(found(epic)) == [("hypothesis", True), ("business_case", False)]


def test_an_epic_that_has_everything_lacks_nothing() -> None:
    epic = an_epic(("2026-04-01", "Approved"), ("2026-05-01", "Implementing"), values=SCORES, owner="C. Vasseur")

    checked = found(epic, benefits=[a_benefit(item="E-1", planned_amount=100_000)])

    assert (checked.incomplete, checked.share) == ((), 1.0)


def test_of_ten_epics_four_that_lack_something_make_60_percent() -> None:
    """The example of the definition."""
    policies = {"reviewing": [Policy(check="owner")]}
    epics = [
        an_epic(("2026-05-01", "Reviewing"), key=f"E-{n}", owner="C. Vasseur" if n >= 4 else None) for n in range(10)
    ]

    checked = found(*epics, policies=policies)

    assert checked.share == pytest.approx(0.6)


def test_what_two_states_ask_for_is_asked_once_by_the_earlier_one() -> None:
    """An estimate is asked for by reviewing and by implementing."""
    checked = found(an_epic(("2026-05-01", "Implementing"), owner="C. Vasseur"))

    assert [check for check, _ in lacks(checked)].count("estimate") == 1


def test_words_alone_are_listed_and_are_neither_met_nor_missed() -> None:
    checked = found(
        an_epic(("2026-05-01", "Reviewing")),
        policies={"reviewing": [Policy(check=WORDS, says="a sponsor stands behind it"), Policy(check="mvp")]},
    )

    assert checked.epics == ()
    assert checked.share is None
    assert [(state, one.says) for state, one in checked.unseen] == [
        ("reviewing", "a sponsor stands behind it"), ("reviewing", ""),
    ]  # fmt: skip


def test_epics_that_nobody_mapped_are_left_out_by_name() -> None:
    checked = found(an_epic(("2026-05-01", "Parked")))

    assert (checked.epics, checked.excluded) == ((), {"not_mapped": ("E-1",)})


EPIC = an_epic(("2026-04-01", "Approved"), values=SCORES, owner="C. Vasseur", fields={"Hypothesis": "We believe"})
BARE = an_epic(("2026-04-01", "Analysing"))
SERVING = replace(EPIC, placement=a_placement(level="epic", themes={"grow": 1}), due_on=date(2026, 9, 1))


@pytest.mark.parametrize("check", sorted({*CHECKS} - UNSEEN))
def test_every_check_is_met_by_what_it_asks_for_and_missed_without(check: str) -> None:
    promised = a_benefit(item="e-1", planned_amount=100, indicators=[an_indicator(0, 1, by="2026-05-31")])
    portfolio = replace(a_portfolio(themes=[a_theme(benefits=[promised])]), board=BOARD)
    full = evidence(
        portfolio,
        readings=[a_reading(1, "2026-05-30")],
        decisions=[a_decision()],
        journeys=[SERVING, a_journey(key="F-1", parent="E-1", level="feature")],
        today=TODAY,
    )
    nothing = evidence(replace(a_portfolio(), board=BOARD), readings=(), decisions=(), journeys=[BARE], today=TODAY)

    assert is_met(Policy(check=check), SERVING, full)
    assert not is_met(Policy(check=check), BARE, nothing)


@pytest.mark.parametrize(
    ("indicators", "readings", "decisions", "expected"),
    [
        pytest.param([an_indicator(by="2026-05-31")], [a_reading(160, "2026-05-30")], [], "met", id="confirmed"),
        pytest.param([an_indicator(by="2026-05-31")], [a_reading(110, "2026-05-30")], [], "met", id="refuted"),
        pytest.param([an_indicator(by="2026-05-31")], [a_reading(140, "2026-05-30")], [], "met", id="half-way"),
        pytest.param([an_indicator(by="2026-05-31")], [], [], "missed", id="nobody measured"),
        pytest.param([an_indicator(by="2026-09-30")], [], [], "not asked", id="not due yet"),
        pytest.param([], [], [], "missed", id="no indicator"),
        pytest.param(None, [], [], "missed", id="no hypothesis"),
        pytest.param(None, [], [a_decision(asked="2026-05-10")], "met", id="decided since it is done"),
        pytest.param(None, [], [a_decision(asked="2026-05-03")], "missed", id="decided before it was done"),
    ],
)
def test_what_is_done_needs_a_verdict(
    indicators: list[Indicator] | None, readings: list[Reading], decisions: list[Decision], expected: str
) -> None:
    done = an_epic(("2026-04-01", "Implementing"), ("2026-05-04", "Done"))
    long_ago = an_epic(("2025-04-01", "Implementing"), ("2025-05-04", "Done"), key="E-2")
    benefits = [] if indicators is None else [a_benefit(item="E-1", indicators=indicators)]

    checked = found(
        done, long_ago, policies={"implementing": [Policy(check="owner")], "done": [Policy(check="verdict")]},
        benefits=benefits, readings=readings, decisions=decisions,
    )  # fmt: skip

    told = {one.standing.journey.key: lacks(checked, one.standing.journey.key) for one in checked.epics}
    assert told == {"met": {"E-1": []}, "missed": {"E-1": [("verdict", False)]}, "not asked": {}}[expected]
    assert checked.unseen == ()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(Policy(check=FIELD, of="hypothesis"), True, id="a field, whatever its capitals"),
        pytest.param(Policy(check=FIELD, of="MVP"), False, id="a field that is not filled"),
        pytest.param(Policy(check=VALUE, of="cost_estimate"), True, id="a number"),
        pytest.param(Policy(check=VALUE, of="story_points"), False, id="a number that is not there"),
    ],
)
def test_fields_and_numbers_are_looked_at(policy: Policy, *, expected: bool) -> None:
    seen = evidence(a_portfolio(), readings=(), decisions=(), journeys=(), today=TODAY)

    assert is_met(policy, EPIC, seen) is expected


def test_blanks_fill_no_field() -> None:
    seen = evidence(a_portfolio(), readings=(), decisions=(), journeys=(), today=TODAY)

    assert not is_met(Policy(check=FIELD, of="mvp"), replace(EPIC, fields={"MVP": "  "}), seen)


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param(a_decision(taken=None), id="it waits"),
        pytest.param(a_decision("E-2"), id="about another epic"),
        pytest.param(a_decision(asked="2026-07-01"), id="still to come"),
    ],
)
def test_no_other_decision_counts(decision: Decision) -> None:
    checked = found(BARE, policies={"analysing": [Policy(check="decision")]}, decisions=[decision])

    assert lacks(checked) == [("decision", False)]


def test_a_decision_that_may_stand_on_a_line_that_is_set_aside_is_neither_there_nor_missing() -> None:
    epic = an_epic(("2026-05-01", "Implementing"), values=scored(5, 3))
    go = {"implementing": [Policy(check="go")]}

    unread = found(epic, policies=go, unread=Unread(items={"e-1": "decisions.csv:3"}))
    decided = found(epic, policies=go, unread=Unread(whole="decisions.csv:1"), decisions=[a_decision()])

    assert (unread.epics, unread.share) == ((), None)
    assert dict(unread.excluded) == {"decision_unread": ("E-1",)}
    assert [policy.check for one in unread.unread for policy in one.unread] == ["go"]
    assert (decided.share, decided.unread) == (1, ())


def test_an_indicator_whose_day_has_passed_without_a_reading_is_none() -> None:
    policies = {"implementing": [Policy(check="indicator")]}
    epic = an_epic(("2026-05-01", "Implementing"))

    passed = found(epic, policies=policies, benefits=[a_benefit(item="E-1", starts="2025-01-01", due="2026-05-31")])
    measured = found(
        epic, policies=policies, readings=[a_reading(1)],
        benefits=[a_benefit(item="E-1", starts="2025-01-01", due="2026-05-31")],
    )  # fmt: skip

    assert lacks(passed) == [("indicator", False)]
    assert measured.incomplete == ()
