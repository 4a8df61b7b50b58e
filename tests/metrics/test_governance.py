from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.governance import Exemption, Governed, Rule, Subject
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Decision
from domain.work_item import HistoryState
from metrics.governance import RuleResult, Ruling, expired, results
from tests.builders import Told, a_calendar, a_moment, a_placement, an_item

REVIEW = "Security review"
EPIC = a_placement(level="epic")
NOW = a_moment("2026-05-31T12:00")


def a_rule(**more: Any) -> Rule:
    return Rule(id="rule", name="Reviewed before work begins", **more)


def before_work(**more: Any) -> Rule:
    return a_rule(before="implementing", states=frozenset({"in progress"}), **more)


def an_epic(*moves: tuple[str, str], owner: str | None = None, cost: int | None = None, **more: Any) -> Told:
    fields = more.pop("fields", {})
    told = an_item(*moves, placement=EPIC, **more)
    values = {} if cost is None else {"cost_estimate": Decimal(cost)}
    return replace(
        told, held=replace(told.held, item=replace(told.held.item, owner=owner, fields=fields, values=values))
    )


def judged(
    rule: Rule,
    *epics: Told,
    decisions: Iterable[Decision] = (),
    unseen: Iterable[str] = (),
    unread: Unread = ALL_READ,
    at: str = "",
) -> RuleResult:
    subjects = {
        one.held.item.id: Subject(
            item=one.held.item, changes=one.changes, rules=frozenset({rule.id}), unseen=frozenset(unseen)
        )
        for one in epics
    }
    journeys = [replace(one.journey(), owner=one.held.item.owner) for one in epics]
    (found,) = results(
        Governed(rules=(rule,), subjects=subjects),
        journeys,
        decisions=tuple(decisions),
        as_of=a_moment(at) if at else NOW,
        calendar=a_calendar(),
        unread=unread,
    )
    return found


def one(found: RuleResult) -> Ruling:
    (ruling,) = found.rulings
    return ruling


def a_decision(day: str, *, owner: str = "LPM", item: str = "PAY-1", taken: str | None = "Go") -> Decision:
    return Decision(id="D-1", asked_on=date.fromisoformat(day), meeting="portfolio sync", question="", decision=taken,
                    owner=owner, due=None, item=item)  # fmt: skip


def test_a_field_filled_after_the_state_was_entered_is_late_for_ever_and_the_move_proves_it() -> None:
    epic = an_epic(
        ("2026-05-04", "in progress"), changes=[("2026-05-06", f"fields.{REVIEW}", None, "passed")],
        fields={REVIEW: "passed"},
    )  # fmt: skip

    ruling = one(judged(before_work(requires=(REVIEW,)), epic))

    (lack,) = ruling.lacks
    assert ruling.verdict == "broken"
    assert (lack.kind, lack.name, lack.mended_at) == ("field", REVIEW, a_moment("2026-05-06"))
    assert lack.event is not None
    assert (lack.event.before, lack.event.after, lack.event.occurred_at) == (
        "to do", "in progress", a_moment("2026-05-04"),
    )  # fmt: skip
    assert lack.event.known_at == a_moment("2026-05-04")


def test_a_field_filled_in_time_and_emptied_since_was_there() -> None:
    epic = an_epic(
        ("2026-05-04", "in progress"),
        changes=[
            ("2026-05-02", f"fields.{REVIEW}", None, "passed"),
            ("2026-05-09", f"fields.{REVIEW}", "passed", None),
        ],
    )

    assert one(judged(before_work(requires=(REVIEW,)), epic)).verdict == "kept"


def test_a_rule_without_a_state_asks_for_what_is_there_now_and_says_since_when_it_is_not() -> None:
    epic = an_epic(("2026-05-04", "in progress"), changes=[("2026-05-20", "owner", "A. Petit", None)])

    ruling = one(judged(a_rule(requires=("owner",)), epic))

    assert ruling.verdict == "broken"
    assert ruling.lacks[0].event is not None
    assert ruling.lacks[0].event.occurred_at == a_moment("2026-05-20")


def test_an_instant_in_the_past_is_judged_by_what_was_so_then() -> None:
    epic = an_epic(("2026-05-04", "in progress"), changes=[("2026-05-20", "owner", "A. Petit", None)])

    assert one(judged(a_rule(requires=("owner",)), epic, at="2026-05-19")).verdict == "kept"
    assert one(judged(before_work(requires=("owner",)), epic, at="2026-05-03")).verdict == "waiting"


def test_what_has_not_reached_the_state_waits_and_counts_in_no_share() -> None:
    found = judged(before_work(requires=(REVIEW,)), an_epic(("2026-05-04", "review")))

    assert one(found).verdict == "waiting"
    assert (found.n_used, found.n_in_scope, found.broken) == (0, 0, ())


@pytest.mark.parametrize(
    ("moves", "decisions", "verdict"),
    [
        pytest.param([("2026-05-01", "approved")], [], "kept", id="an approving status before it"),
        pytest.param([], [a_decision("2026-05-04")], "kept", id="a decision of the same day"),
        pytest.param([], [a_decision("2026-05-05")], "broken", id="a decision of the day after"),
        pytest.param([], [a_decision("2026-05-01", taken=None)], "broken", id="a decision that waits"),
        pytest.param([], [a_decision("2026-05-01", item="PAY-2")], "broken", id="a decision about another item"),
        pytest.param([], [], "broken", id="nothing at all"),
    ],
)
def test_an_approval_is_an_approving_status_or_a_decision_taken_by_then(
    moves: list[tuple[str, str]], decisions: list[Decision], verdict: str
) -> None:
    epic = an_epic(*moves, ("2026-05-04T09:00", "in progress"))
    rule = before_work(approved=True, approving_states=frozenset({"approved"}))

    assert one(judged(rule, epic, decisions=decisions)).verdict == verdict


def test_an_approval_that_may_stand_on_a_line_that_is_set_aside_is_not_missing() -> None:
    rule, epic = before_work(approved=True), an_epic(("2026-05-04", "in progress"))
    unread = Unread(items={"pay-1": "decisions.csv:3"})

    ruling = one(judged(rule, epic, unread=unread))

    assert (ruling.verdict, ruling.unknown) == ("unknown", ("decision_unread",))
    assert one(judged(rule, epic, unread=unread, decisions=[a_decision("2026-05-04")])).verdict == "kept"


def test_a_decision_that_came_late_is_named() -> None:
    ruling = one(judged(before_work(approved=True), an_epic(("2026-05-04", "in progress")),
                        decisions=[a_decision("2026-05-09")]))  # fmt: skip

    assert [(lack.kind, lack.name) for lack in ruling.lacks] == [("late_approval", "D-1")]


@pytest.mark.parametrize(
    ("owner", "decided_by", "verdict", "unknown"),
    [
        ("A. Petit", "LPM", "kept", ()),
        ("A. Petit", "a. petit ", "broken", ()),
        (None, "LPM", "unknown", ("no_owner",)),
        ("A. Petit", None, "unknown", ("no_approver",)),
    ],
)
def test_who_decides_must_not_own_the_item(
    owner: str | None, decided_by: str | None, verdict: str, unknown: tuple[str, ...]
) -> None:
    decisions = [] if decided_by is None else [a_decision("2026-05-01", owner=decided_by)]

    ruling = one(judged(a_rule(segregated=True), an_epic(("2026-05-04", "in progress"), owner=owner),
                        decisions=decisions))  # fmt: skip

    assert (ruling.verdict, ruling.unknown) == (verdict, unknown)


def test_a_threshold_leaves_cheaper_items_out_and_cannot_judge_those_without_an_estimate() -> None:
    rule = a_rule(requires=(REVIEW,), threshold=Decimal(1_000_000))
    epics = [an_epic(key="A-1", cost=999_999), an_epic(key="A-2", cost=1_000_000), an_epic(key="A-3")]

    found = judged(rule, *epics)

    assert [(one.journey.key, one.verdict, one.unknown) for one in found.rulings] == [
        ("A-2", "broken", ()),
        ("A-3", "unknown", ("no_estimate",)),
    ]
    assert (found.n_used, found.n_in_scope, found.value) == (1, 2, 1)


def test_nothing_is_known_to_break_a_rule_that_nothing_can_be_held_against() -> None:
    rule = a_rule(requires=(REVIEW,), threshold=Decimal(1_000_000))

    unknown, about_none = judged(rule, an_epic(key="A-3")), judged(rule, an_epic(key="A-1", cost=999_999))

    assert (unknown.value, about_none.value) == (None, 0)


def test_an_estimate_lowered_after_work_began_stays_above_the_threshold() -> None:
    epic = an_epic(
        ("2026-05-04", "in progress"), cost=10, changes=[("2026-05-08", "cost_estimate", "2000000", "10")]
    )  # fmt: skip

    found = judged(before_work(requires=(REVIEW,), threshold=Decimal(1_000_000)), epic)

    assert one(found).verdict == "broken"


def test_a_cost_above_the_ceiling_breaks_the_rule() -> None:
    epics = [an_epic(key="A-1", cost=5), an_epic(key="A-2", cost=6)]

    assert [(one.journey.key, one.verdict) for one in judged(a_rule(ceiling=Decimal(5)), *epics).rulings] == [
        ("A-2", "broken"),
        ("A-1", "kept"),
    ]


def test_what_cannot_be_judged_is_told_and_never_called_broken() -> None:
    bare = an_epic(status="in progress", history=HistoryState.NONE, key="A-1")
    unread = an_epic(("2026-05-04", "in progress"), key="A-2")

    assert one(judged(before_work(requires=("owner",)), bare)).verdict in ("unknown",)
    assert one(judged(before_work(requires=(REVIEW,)), unread, unseen=[REVIEW])).unknown == ("field_unseen",)


def test_an_exception_counts_with_its_last_day_and_is_named_when_it_has_expired() -> None:
    rule = before_work(
        requires=(REVIEW,),
        exemptions=(
            Exemption(item="pay-1", until=date(2026, 5, 31), owner="CISO", reason="pilot without data"),
            Exemption(item="GONE-1", until=date(2026, 5, 1), owner="CISO", reason="forgotten"),
        ),
    )
    epic = an_epic(("2026-05-04", "in progress"))

    on_time, late = judged(rule, epic), judged(rule, epic, at="2026-06-01")

    assert (one(on_time).verdict, one(on_time).has_expired) == ("excepted", False)
    assert (one(late).verdict, one(late).has_expired) == ("broken", True)
    assert [one.item for one in on_time.idle] == ["GONE-1"]
    assert [each.item for _, each in expired([late], on=date(2026, 6, 1))] == ["pay-1", "GONE-1"]


def test_removed_cancelled_and_long_finished_items_are_not_looked_at() -> None:
    epics = [
        an_epic(("2026-05-04", "in progress"), key="A-1", removed="2026-05-09"),
        an_epic(("2026-05-09", "dropped"), key="A-2"),
        an_epic(("2025-01-04", "in progress"), ("2025-05-09", "done"), key="A-3", created="2025-01-01"),
        an_epic(("2026-05-04", "in progress"), ("2026-05-09", "done"), key="A-4"),
    ]

    found = judged(before_work(requires=(REVIEW,)), *epics)

    assert [one.journey.key for one in found.broken] == ["A-4"]


def test_giving_up_what_had_begun_clears_no_breach_and_what_is_not_looked_at_is_counted_by_why() -> None:
    begun = ("2026-05-04", "in progress")
    rule = before_work(requires=(REVIEW,), threshold=Decimal(100))
    epics = (
        an_epic(begun, ("2026-05-20", "dropped"), key="BEGUN", cost=500, resolution="Won't Do"),
        an_epic(("2026-05-20", "dropped"), key="NEVER", cost=500),
        an_epic(
            ("2025-01-08", "in progress"), ("2025-02-08", "dropped"), key="LONG-AGO", created="2025-01-01", cost=500
        ),
        an_epic(("2025-01-08", "in progress"), ("2025-02-08", "done"), key="OLD", created="2025-01-01", cost=500),
        an_epic(begun, key="GONE", removed="2026-05-10", cost=500),
        an_epic(begun, key="SMALL", cost=50),
    )

    found = judged(rule, *epics)
    now = judged(a_rule(requires=("owner",)), *epics[:2])

    assert [(one.journey.key, one.verdict) for one in found.rulings] == [("BEGUN", "broken")]
    assert found.passed_by == {
        "given_up": ("LONG-AGO", "NEVER"), "finished_before": ("OLD",), "removed": ("GONE",),
        "below_threshold": ("SMALL",),
    }  # fmt: skip
    assert now.passed_by == {"given_up": ("BEGUN", "NEVER")}
