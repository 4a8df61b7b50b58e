"""Candidates for capitalisation: evidence, and no accounting. Definition 3.7."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.funding import CapitalRule
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Decision
from metrics.capital import CANDIDATE, Capital, capital
from metrics.spend import attribute, epics_of
from tests.builders import a_calendar, a_journey, an_item

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
RULE = CapitalRule(
    method="item_days", kinds=("feature",), after="implementing", statuses=frozenset({"in progress", "done"})
)
EPIC = a_journey("2026-03-06", key="E-1", level="epic")
YES = Decision(
    id="D-1", asked_on=date(2026, 3, 5), meeting="Review", question="Go?", decision="Yes", owner="A. Lead", due=None,
    item="E-1",
)  # fmt: skip


def told(*journeys: Journey, rule: CapitalRule = RULE, decisions: tuple[Decision, ...] = (YES,)) -> Capital:
    """What is said of the work of March, with 100 a day of work (and nothing where there is none)."""
    stories = [one for one in journeys if one.placement.level == "story"]
    spend = attribute(stories, amount=6_200, period=MARCH, calendar=a_calendar(), themes=(), method=rule.method)
    return capital(
        [("cards", MARCH, spend.lines)],
        rule=rule,
        items={one.id: one for one in journeys},
        epics=epics_of(journeys),
        decisions=decisions,
        calendar=a_calendar(),
    )


def test_work_counts_from_the_day_on_that_its_epic_was_being_implemented() -> None:
    """A feature in progress for 20 days, the last 15 of them after its epic had come to implementing: 3 of 4 parts."""
    found = told(EPIC, a_journey("2026-03-01", "2026-03-21", key="S-1", parent="E-1"))

    assert [(one.reason, one.days) for one in found.evidence] == [(CANDIDATE, 15), ("before", 5)]
    assert found.evidence[0].amount == 3 * found.evidence[1].amount


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        pytest.param({"kind": "defect", "parent": "E-1"}, "kind", id="repairs are no candidates"),
        pytest.param({"parent": None}, "no_epic", id="work under no epic"),
        pytest.param({"parent": "E-2"}, "before", id="an epic that has not come so far"),
    ],
)
def test_other_work_says_why_it_is_none(item: dict[str, str], reason: str) -> None:
    waiting = an_item(key="E-2", placement=EPIC.placement).journey()

    found = told(EPIC, waiting, a_journey("2026-03-01", key="S-1", **item))  # type: ignore[arg-type] # as the builder has it

    assert [one.reason for one in found.evidence] == [reason]
    assert (found.amount, found.others, found.share) == (0, {reason: 6_200}, Decimal(0))


def test_candidates_and_others_add_up_to_the_money() -> None:
    items = [
        a_journey("2026-03-02", "2026-03-20", key="S-1", parent="E-1"),
        a_journey("2026-03-04", "2026-03-09", key="S-2", parent="E-1", kind="defect"),
        a_journey("2026-03-11", "2026-03-14", key="S-3"),
    ]

    found = told(EPIC, *items)

    assert found.amount + sum(found.others.values()) == 6_200
    assert set(found.others) == {"before", "kind", "no_epic", "idle"}
    assert found.share == Decimal(found.amount) / 6_200


@pytest.mark.parametrize("method", ["count", "size"])
def test_by_count_or_size_an_item_is_a_candidate_as_a_whole(method: str) -> None:
    values = {"job_size": Decimal(3)}
    item = a_journey("2026-03-01", key="S-1", parent="E-1", values=values)

    found = told(EPIC, item, rule=replace(RULE, method=method))

    assert [(one.reason, one.days, one.amount) for one in found.evidence] == [(CANDIDATE, 31, 6_200)]


def test_the_approver_is_the_owner_of_the_newest_decision_about_the_epic() -> None:
    item = a_journey("2026-03-08", key="S-1", parent="E-1")
    later = replace(YES, id="D-2", asked_on=date(2026, 3, 20), owner="B. Lead")
    asked = replace(YES, id="D-3", asked_on=date(2026, 3, 22), decision=None)
    beyond = replace(YES, id="D-4", asked_on=date(2026, 4, 2), owner="C. Lead")

    (one,) = told(EPIC, item, decisions=(YES, later, asked, beyond)).candidates
    (other,) = told(EPIC, item, decisions=(asked,)).candidates

    assert (one.approver, other.approver) == ("B. Lead", None)


def test_money_of_items_that_are_gone_is_told_apart_from_idle_days() -> None:
    gone = a_journey("2026-03-01", key="S-1", parent="E-1")
    spend = attribute([gone], amount=100, period=MARCH, calendar=a_calendar(), themes=())

    found = capital([("cards", MARCH, spend.lines)], rule=RULE, items={}, epics={}, decisions=(), calendar=a_calendar())

    assert found.others == {"gone": 100}


def test_what_closed_months_were_adjusted_by_is_money_and_no_candidate() -> None:
    gone = a_journey("2026-03-01", key="S-1", parent="E-1")
    spend = attribute([gone], amount=100, period=MARCH, calendar=a_calendar(), themes=())

    found = capital(
        [("cards", MARCH, spend.lines)], rule=RULE, items={}, epics={}, decisions=(), calendar=a_calendar(), adjusted=25
    )

    assert found.others == {"gone": 100, "adjusted": 25}


def test_without_money_there_is_no_share() -> None:
    assert capital([], rule=RULE, items={}, epics={}, decisions=(), calendar=a_calendar()).share is None
