from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from domain.calendar import Increment
from domain.journey import Journey
from domain.period import Period, iso_week
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Decision, Engagement, Guardrails, Objective, Seen
from domain.work_item import HistoryState
from metrics.guardrails import Engaged, Initiative, Initiatives, Mix, capacity_mix, engagement, horizon_mix, initiatives
from metrics.guardrails.rows import Records, standing_rows
from metrics.selection import Scope
from metrics.table import Rows
from tests.builders import (
    NOW,
    Told,
    a_calendar,
    a_journey,
    a_moment,
    a_placement,
    a_portfolio,
    a_theme,
    an_item,
)

AGREED = Guardrails(
    approval_threshold=1_500_000_00,
    approving_states=("review",),
    implementing_states=("in progress", "testing"),
    board_level="epic",
)
EPIC = a_placement(level="epic")


def mixed(shares: Mapping[str, int], plan: Mapping[str, str], *, tolerance: int = 5) -> Mix:
    """The horizons of so many item-days, ten items each."""
    themes = [replace(a_theme(horizon), horizon=horizon) for horizon in shares]
    worked = [
        (a_journey(key=f"{horizon}-{n}", themes={horizon: 1}), days)
        for horizon, days in shares.items()
        for n in range(10)
    ]
    agreed = Guardrails(
        horizons={name: Decimal(share) for name, share in plan.items()}, tolerance_points=Decimal(tolerance)
    )
    return horizon_mix(worked, themes=themes, guardrails=agreed)


PLAN = {"H1": "0.60", "H2": "0.25", "H3": "0.10", "H0": "0.05"}


class TestTheHorizons:
    def test_are_held_against_what_was_agreed_in_points(self) -> None:
        """T20: 60/25/10/5 agreed, 70/17/3/10 done."""
        found = mixed({"H1": 70, "H2": 17, "H3": 3, "H0": 10}, PLAN)

        assert found.deviations == {"H1": 10, "H2": -8, "H3": -7, "H0": 5}
        assert found.distance_points == 15
        assert found.breaches == ("H1", "H2", "H3")  # 5 points are still tolerated

    def test_are_measured_of_the_work_whose_horizon_is_known(self) -> None:
        themes = [replace(a_theme("now"), horizon="H1"), a_theme("vague")]
        worked = [
            (a_journey(key="NOW", themes={"now": 1}), 10),
            (a_journey(key="HALF", themes={"now": "0.5", "vague": "0.5"}), 10),
            (a_journey(key="VAGUE", themes={"vague": 1}), 10),
            (a_journey(key="LOST"), 10),
        ]

        found = horizon_mix(worked, themes=themes, guardrails=Guardrails(horizons={"H1": Decimal(1)}))

        assert found.percent == {"H1": 100}
        assert dict(found.item_days) == {"H1": 15}
        assert found.untold_days == 25
        assert found.excluded == {"no_horizon": ("VAGUE",), "no_theme": ("LOST",)}
        assert (found.n_used, found.n_in_scope, found.told_share) == (2, 4, Decimal("0.375"))

    def test_say_nothing_while_most_of_the_work_has_no_horizon_or_there_is_hardly_any(self) -> None:
        themes = [replace(a_theme("now"), horizon="H1")]
        agreed = Guardrails(horizons={"H1": Decimal("0.5"), "H2": Decimal("0.5")})
        few = [(a_journey(key=f"NOW-{n}", themes={"now": 1}), 10) for n in range(4)]
        lost = [(a_journey(key=f"LOST-{n}"), 10) for n in range(6)]

        hardly_any = horizon_mix(few, themes=themes, guardrails=agreed)
        mostly_lost = horizon_mix(
            [*few, (a_journey(key="MORE", themes={"now": 1}), 10), *lost], themes=themes, guardrails=agreed
        )

        assert (hardly_any.unjudged, hardly_any.breaches) == ("few_items", ())
        assert (mostly_lost.unjudged, mostly_lost.breaches) == ("mostly_untold", ())

    def test_without_an_agreement_are_told_and_not_judged(self) -> None:
        found = mixed({"H1": 70, "H2": 30}, {})

        assert found.percent == {"H1": 70, "H2": 30}
        assert (found.unjudged, found.breaches, found.deviations, found.distance_points) == ("no_plan", (), {}, None)

    def test_nobody_works_for_is_missing_and_not_zero_where_nothing_is_worked_on(self) -> None:
        found = horizon_mix([], themes=[], guardrails=Guardrails(horizons={"H1": Decimal(1)}))

        assert (found.percent, found.distance_points, found.told_share) == ({}, None, None)

    def test_are_judged_as_they_are_printed(self) -> None:
        """65.04 % is printed as 65.0 %, 5 points above 60 %."""
        found = mixed({"H1": 6504, "H2": 3496}, {"H1": "0.60", "H2": "0.40"})

        assert found.deviations["H1"] == 5
        assert found.breaches == ()


class TestCapacity:
    def test_is_planned_and_actual_by_kind(self) -> None:
        """The example of guardrail 2: 60/25/15 allocated, 78/14/8 done, 18 points in all."""
        agreed = Guardrails(capacity={"feature": Decimal("0.60"), "enabler": Decimal("0.25"), "debt": Decimal("0.15")})
        worked = [
            (a_journey(key=f"{kind}-{n}", kind=kind), days)
            for kind, days in (("feature", 78), ("enabler", 14), ("debt", 8))
            for n in range(5)
        ]

        found = capacity_mix(worked, guardrails=agreed)

        assert found.distance_points == 18
        assert found.deviations == {"feature": 18, "enabler": -11, "debt": -7}
        assert found.breaches == ("feature", "enabler", "debt")

    def test_holds_a_kind_that_was_not_allocated_against_nothing_and_leaves_out_what_has_none(self) -> None:
        worked = [
            (a_journey(key="FEATURE", kind="feature"), 90),
            (a_journey(key="RISK", kind="risk"), 10),
            (a_journey(key="WHAT", kind="unclassified"), 50),
        ]

        found = capacity_mix(worked, guardrails=Guardrails(capacity={"feature": Decimal(1)}))

        assert found.deviations == {"feature": -10, "risk": 10}
        assert found.excluded == {"unclassified": ("WHAT",)}
        assert found.untold_days == 50


def costing(told: Told, cost: str | None, **more: str) -> Told:
    values = {name: Decimal(value) for name, value in more.items()}
    if cost is not None:
        values["cost_estimate"] = Decimal(cost)
    return replace(told, held=replace(told.held, item=replace(told.held.item, values=values)))


def judged(
    *told: Told,
    decisions: Sequence[Decision] = (),
    agreed: Guardrails = AGREED,
    as_of: str | datetime = NOW,
    unread: Unread = ALL_READ,
) -> Initiatives:
    return initiatives(
        [one.journey(as_of=as_of) for one in told],
        changes={one.held.item.id: one.changes for one in told},
        decisions=decisions,
        guardrails=agreed,
        calendar=a_calendar(),
        as_of=a_moment(as_of),
        unread=unread,
    )


def the_row(told: Sequence[Told]) -> dict[str, object]:
    """The row of the export, of the last week before now."""
    rows = standing_rows(
        [one.journey() for one in told],
        Records(initiative_changes={one.held.item.id: one.changes for one in told}),
        portfolio=replace(a_portfolio(), guardrails=AGREED),
        calendar=a_calendar(),
        as_of=NOW,
        periods=[iso_week(date(2026, 5, 18))],
        scopes=[Scope()],
        rows_of=lambda level, scope, period: Rows(level=level, scope=scope, period=period),
    )
    return next(row for row in rows if row["metric"] == "significant_initiatives:unapproved")


def the_one(found: Initiatives) -> Initiative:
    (one,) = found.significant
    return one


def a_decision(day: str, *, taken: str | None = "Yes", item: str = "PAY-1", approves: bool | None = None) -> Decision:
    return Decision(
        id="D-1", asked_on=date.fromisoformat(day), meeting="Review", question="Begin?", decision=taken,
        owner="H. Solberg", due=None, item=item, approves=approves,
    )  # fmt: skip


class TestASignificantInitiative:
    def test_is_approved_by_a_visit_to_an_approving_status_before_it_begins(self) -> None:
        epic = an_item(("2026-03-03", "review"), ("2026-03-05", "in progress"), placement=EPIC)

        found = the_one(judged(costing(epic, "2400000")))

        assert found.verdict == "approved"
        assert found.approval is not None
        assert (found.approval.kind, found.approval.at) == ("status", a_moment("2026-03-03"))

    def test_that_begins_without_approval_is_a_breach_with_the_event_that_proves_it(self) -> None:
        epic = an_item(("2026-03-05T10:12", "in progress"), placement=EPIC)
        late = replace(epic, changes=(epic.changes[0]._replace(known_at=a_moment("2026-03-06")),))

        found = judged(costing(late, "2400000"))

        assert found.breaches == found.significant
        event = the_one(found).event
        assert event is not None
        assert (event.field, event.before, event.after) == ("status", "to do", "in progress")
        assert (event.occurred_at, event.known_at) == (a_moment("2026-03-05T10:12"), a_moment("2026-03-06"))
        assert the_one(found).amount == 2_400_000_00

    def test_is_not_judged_where_a_line_that_is_set_aside_may_approve_it(self) -> None:
        begun = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), "2400000")
        ready = costing(an_item(placement=EPIC), "2400000")
        small = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), "1000000")
        unread = Unread(items={"pay-1": "decisions.csv:3"})

        for epic in (begun, ready):
            found = judged(epic, unread=unread)
            assert (found.significant, found.excluded) == ((), {"decision_unread": ("PAY-1",)})
        assert the_one(judged(begun, unread=unread, decisions=[a_decision("2026-03-04")])).verdict == "approved"
        assert judged(begun, unread=unread, decisions=[a_decision("2026-03-09")]).significant == ()
        assert judged(small, unread=unread).n_in_scope == 0

    @pytest.mark.parametrize(
        ("cost", "size", "is_significant"),
        [
            pytest.param("1500000", None, True, id="at the threshold"),
            pytest.param("1499999.99", None, False, id="a cent under it"),
            pytest.param("10000", "20", True, id="small money, large size"),
            pytest.param("10000", "13", False, id="small in both"),
            pytest.param(None, "20", True, id="without a cost estimate, by its size"),
        ],
    )
    def test_is_one_by_its_cost_or_by_its_size(self, cost: str | None, size: str | None, is_significant: bool) -> None:
        more = {} if size is None else {"job_size": size}
        epic = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), cost, **more)

        found = judged(epic, agreed=replace(AGREED, approval_size=Decimal(20)))

        assert bool(found.breaches) is is_significant

    def test_may_be_approved_by_a_decision_of_the_same_day(self) -> None:
        epic = costing(an_item(("2026-03-05T09:00", "in progress"), placement=EPIC), "2400000")

        on_the_day = the_one(judged(epic, decisions=[a_decision("2026-03-05")]))
        the_day_after = the_one(judged(epic, decisions=[a_decision("2026-03-06")]))

        assert (on_the_day.verdict, the_day_after.verdict) == ("approved", "approved_late")
        assert on_the_day.approval is not None
        assert (on_the_day.approval.name, on_the_day.approval.by, on_the_day.approval.words) == (
            "D-1", "H. Solberg", "Yes",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "decision",
        [
            pytest.param(a_decision("2026-03-01", taken=None), id="it waits"),
            pytest.param(a_decision("2026-03-01", item="PAY-2"), id="it is about another"),
            pytest.param(a_decision("2026-03-01", approves=False), id="it says no"),
            pytest.param(
                replace(a_decision("2026-03-01"), waited_until=a_moment("2026-03-09")),
                id="it was asked before, taken after",
            ),
        ],
    )
    def test_is_not_approved_by_any_other_decision(self, decision: Decision) -> None:
        epic = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), "2400000")

        assert the_one(judged(epic, decisions=[decision])).verdict in ("unapproved", "approved_late")

    def test_approved_after_it_began_is_told_so_from_then_on(self) -> None:
        epic = costing(
            an_item(
                ("2026-03-02", "in progress"), ("2026-03-09", "review"), ("2026-03-10", "in progress"), placement=EPIC
            ),
            "2400000",
        )

        found = the_one(judged(epic))

        assert (found.verdict, found.needed_at) == ("approved_late", a_moment("2026-03-02"))
        assert [found.stood(a_moment(day)) for day in ("2026-03-01", "2026-03-08", "2026-03-11")] == [
            False, True, False,
        ]  # fmt: skip
        assert the_one(judged(epic, as_of="2026-03-05")).is_breach

    def test_keeps_its_approval_when_it_is_reopened_or_moves_within_the_state(self) -> None:
        epic = costing(
            an_item(
                ("2026-03-02", "review"), ("2026-03-03", "in progress"), ("2026-03-04", "testing"),
                ("2026-03-20", "done"), ("2026-03-25", "in progress"), placement=EPIC,
            ),
            "2400000",
        )  # fmt: skip

        found = the_one(judged(epic))

        assert (found.verdict, found.needed_at) == ("approved", a_moment("2026-03-03"))

    def test_that_was_created_in_work_never_had_an_approval(self) -> None:
        epic = costing(an_item(created="2026-03-02", begins="in progress", placement=EPIC), "2400000")

        found = the_one(judged(epic))

        assert found.is_breach
        assert found.event is not None
        assert (found.event.before, found.event.after, found.event.known_at) == (None, "in progress", None)

    def test_grown_to_the_threshold_in_work_needs_an_approval_from_then_on(self) -> None:
        grown = [("2026-04-01", "cost_estimate", "900000", "2400000")]
        epic = costing(an_item(("2026-03-05", "in progress"), changes=grown, placement=EPIC), "2400000")

        without = the_one(judged(epic))
        with_one = the_one(judged(epic, decisions=[a_decision("2026-03-31")]))

        assert (without.verdict, with_one.verdict) == ("unapproved", "approved")
        assert without.event is not None
        assert (without.event.field, without.event.before, without.event.after) == (
            "cost_estimate",
            "900000",
            "2400000",
        )
        assert judged(epic, as_of="2026-03-20").significant == ()

    def test_is_not_small_again_because_its_estimate_was_cut_after_it_began(self) -> None:
        cut = [("2026-04-01", "cost_estimate", "2400000", "1400000")]
        epic = costing(an_item(("2026-03-05", "in progress"), changes=cut, placement=EPIC), "1400000")

        found = the_one(judged(epic))

        assert (found.verdict, found.amount) == ("unapproved", 2_400_000_00)

    def test_estimated_only_after_it_began_is_judged_by_its_beginning(self) -> None:
        later = [("2026-04-01", "cost_estimate", None, "2400000")]
        epic = costing(an_item(("2026-03-05", "in progress"), changes=later, placement=EPIC), "2400000")

        before, after = the_one(judged(epic, as_of="2026-03-20")), the_one(judged(epic))

        assert (before.verdict, before.is_breach) == ("no_estimate", False)
        assert (after.verdict, after.needed_at) == ("unapproved", a_moment("2026-03-05"))

    def test_without_an_estimate_in_work_is_named_and_is_no_breach(self) -> None:
        epic = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), None)

        found = judged(epic)

        assert ([one.journey.key for one in found.unestimated], found.breaches) == (["PAY-1"], ())

    @pytest.mark.parametrize(
        ("agreed", "unestimated"),
        [
            pytest.param(AGREED, ["PAY-1"], id="the threshold is a cost"),
            pytest.param(replace(AGREED, approval_size=Decimal(20)), [], id="or a size"),
        ],
    )
    def test_with_a_size_alone_has_no_estimate_to_hold_against_a_cost(
        self, agreed: Guardrails, unestimated: list[str]
    ) -> None:
        epic = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), None, job_size="13")

        assert [one.journey.key for one in judged(epic, agreed=agreed).unestimated] == unestimated

    def test_without_an_estimate_is_told_beside_a_number_that_is_no_zero(self) -> None:
        epics = [
            costing(an_item(("2026-03-05", "in progress"), key=key, placement=EPIC), cost)
            for key, cost in (("PAY-1", None), ("PAY-2", "2400000"))
        ]

        unknown, partly = the_row(epics[:1]), the_row(epics)

        assert (unknown["value"], unknown["n_used"], unknown["n_in_scope"]) == (None, 0, 1)
        assert (partly["value"], partly["n_used"], partly["n_in_scope"]) == (1, 1, 2)
        assert unknown["excluded"] == partly["excluded"] == '{"no_estimate": 1}'

    @pytest.mark.parametrize("cost", ["2400000", None])
    def test_in_a_status_that_nobody_mapped_may_have_begun(self, cost: str | None) -> None:
        epic = costing(an_item(("2026-03-05", "wibble"), placement=EPIC), cost)

        found, row = judged(epic), the_row([epic])

        assert (found.significant, found.excluded) == ((), {"unmapped": ("PAY-1",)})
        assert (row["value"], row["n_used"], row["excluded"]) == (None, 0, '{"unmapped": 1}')

    def test_may_have_begun_where_no_epic_ever_bore_the_status_that_asks_for_an_approval(self) -> None:
        nowhere = replace(AGREED, implementing_states=("implementing",))
        epic, small = (
            costing(an_item(("2026-03-05", "testing"), key=key, placement=EPIC), cost)
            for key, cost in (("PAY-1", "2400000"), ("PAY-2", "10"))
        )

        assert judged(epic, small, agreed=nowhere).excluded == {"unmapped": ("PAY-1",)}
        assert the_one(judged(epic, agreed=replace(nowhere, kanban={"testing": "analysing"}))).verdict == "waiting"
        assert judged(epic, agreed=replace(nowhere, kanban={"review": "analysing"})).excluded == {
            "unmapped": ("PAY-1",)
        }

    def test_that_nobody_can_judge_is_told_beside_a_number_that_is_no_zero(self) -> None:
        lost = costing(an_item(status="testing", history=HistoryState.NONE, placement=EPIC), "2400000")
        breach = costing(an_item(("2026-03-05", "in progress"), key="PAY-2", placement=EPIC), "2400000")

        unknown, partly = the_row([lost]), the_row([lost, breach])

        assert (unknown["value"], unknown["n_used"], unknown["n_in_scope"]) == (None, 0, 1)
        assert (partly["value"], partly["n_used"], partly["n_in_scope"]) == (1, 1, 2)
        assert unknown["excluded"] == partly["excluded"] == '{"no_history": 1}'

    def test_that_waits_needs_nothing_yet(self) -> None:
        waiting = costing(an_item(("2026-03-05", "review"), placement=EPIC), "2400000")
        given_up = costing(an_item(("2026-03-05", "dropped"), key="PAY-2", placement=EPIC), "2400000")

        found = the_one(judged(waiting, given_up))

        assert (found.verdict, found.needed_at) == ("waiting", None)

    @pytest.mark.parametrize(
        ("history", "reason"),
        [
            pytest.param(HistoryState.NONE, "no_history", id="no history at all"),
            pytest.param(HistoryState.GAP, "history_gap", id="a hole in it"),
        ],
    )
    def test_whose_history_does_not_tell_is_left_out_and_named(self, history: HistoryState, reason: str) -> None:
        moves = () if history is HistoryState.NONE else (("2026-03-05", "in progress"),)
        status = "in progress" if history is HistoryState.NONE else "testing"
        epic = costing(an_item(*moves, history=history, status=status, updated="2026-04-01", placement=EPIC), "2400000")

        found = judged(epic)

        assert (found.significant, found.excluded) == ((), {reason: ("PAY-1",)})

    def test_a_back_dated_approval_counts_by_its_date_and_says_that_it_was_recorded_later(self) -> None:
        epic = costing(an_item(("2026-03-03", "review"), ("2026-03-05", "in progress"), placement=EPIC), "2400000")
        approval, entry = epic.changes
        learned_late = replace(
            epic,
            changes=(
                approval._replace(known_at=a_moment("2026-04-01")),
                entry._replace(known_at=a_moment("2026-03-05T00:15")),
            ),
        )

        told_in_time, told_late = the_one(judged(epic)), the_one(judged(learned_late))

        assert told_in_time.approval is not None
        assert told_late.approval is not None
        assert (told_in_time.approval.recorded_late, told_late.approval.recorded_late) == (False, True)

    def test_a_decision_that_was_written_down_after_the_beginning_says_so(self) -> None:
        epic = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), "2400000")
        seen = Seen(first_at=a_moment("2026-04-01"), missing_at=a_moment("2026-03-20"))

        found = the_one(judged(epic, decisions=[replace(a_decision("2026-03-02"), seen=seen)]))

        assert found.verdict == "approved"
        assert found.approval is not None
        assert found.approval.recorded_late

    def test_whose_mvp_cost_more_than_was_approved_says_by_how_much(self) -> None:
        epic = an_item(("2026-03-03", "review"), ("2026-03-05", "in progress"), placement=EPIC)

        found = judged(
            costing(epic, "2400000", mvp_cost="300000", mvp_spend="345000.50"),
            costing(replace(epic, held=replace(epic.held, item=replace(epic.held.item, key="B", external_id="B"))),
                    "2400000", mvp_cost="300000"),
        )  # fmt: skip

        assert [(one.journey.key, one.overspent) for one in found.overspent] == [("PAY-1", 45_000_50)]

    def test_nothing_is_significant_where_no_threshold_was_agreed(self) -> None:
        epic = costing(an_item(("2026-03-05", "in progress"), placement=EPIC), "2400000")

        found = judged(epic, agreed=replace(AGREED, approval_threshold=None))

        assert (found.significant, found.splits) == ((), ())


def near(key: str, cost: str, *, created: str = "2026-03-01", parent: str | None = "BIG") -> Told:
    return costing(an_item(key=key, created=created, parent=parent, placement=EPIC), cost)


class TestASplit:
    def test_two_just_under_the_threshold_of_one_parent_are_noticed(self) -> None:
        found = judged(near("ONE", "1400000"), near("TWO", "1350000", created="2026-03-31"))

        (split,) = found.splits
        assert [one.key for one in split.journeys] == ["ONE", "TWO"]
        assert (split.parent.external_id, split.amount, split.seen_at) == (
            "BIG", 2_750_000_00, a_moment("2026-03-31"),
        )  # fmt: skip

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(near("TWO", "1400000", created="2026-04-02"), id="a month and a day later"),
            pytest.param(near("TWO", "1349999"), id="not that near"),
            pytest.param(near("TWO", "1500000"), id="at the threshold, where it needs approval itself"),
            pytest.param(near("TWO", "1400000", parent="OTHER"), id="of another parent"),
            pytest.param(near("TWO", "1400000", parent=None), id="of no parent"),
        ],
    )
    def test_other_pairs_are_none(self, other: Told) -> None:
        assert judged(near("ONE", "1400000"), other).splits == ()

    def test_begun_together_though_created_apart_is_one(self) -> None:
        one, two = (
            costing(
                an_item(("2026-05-04", "in progress"), key=key, created=created, parent="BIG", placement=EPIC),
                "1400000",
            )
            for key, created in (("ONE", "2026-01-05"), ("TWO", "2026-03-30"))
        )

        assert len(judged(one, two).splits) == 1

    def test_how_near_and_how_close_are_settings(self) -> None:
        pair = near("ONE", "1300000"), near("TWO", "1300000", created="2026-04-20")

        assert judged(*pair).splits == ()
        assert judged(*pair, agreed=replace(AGREED, near_share=Decimal("0.2"), split_within_days=60)).splits


FIRST = Increment(name="PI 1", period=Period(date(2026, 1, 5), date(2026, 3, 30)))
SECOND = Increment(name="PI 2", period=Period(date(2026, 3, 30), date(2026, 6, 22)))


def an_objective(name: str, *, increment: str = "PI 2", planned: int | None = 8, actual: int | None = None,
                 **more: object) -> Objective:  # fmt: skip
    told = Objective(
        increment=increment, train="Cedre", team="Shelf", objective=name, committed=True,
        planned_bv=None if planned is None else Decimal(planned),
        actual_bv=None if actual is None else Decimal(actual),
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type] # the days and the versions of a test


def engaged(
    *objectives: Objective,
    journeys: Sequence[Journey] = (),
    decisions: Sequence[Decision] = (),
    least: str | None = None,
) -> Engaged:
    agreed = Guardrails(
        implementing_states=("In progress",),
        engagement=Engagement(least_share=None if least is None else Decimal(least)),
    )
    return engagement(
        objectives,
        journeys=journeys,
        decisions=decisions,
        guardrails=agreed,
        calendar=replace(a_calendar(), increments=(FIRST, SECOND)),
        as_of=NOW,
    )


class TestBusinessOwners:
    def test_have_planned_by_the_first_day_of_the_increment(self) -> None:
        found = engaged(
            an_objective("in time", planned_on=date(2026, 3, 30)),
            an_objective("a day late", planned_on=date(2026, 3, 31)),
            an_objective("never", planned=None),
            an_objective("before", increment="PI 1", planned_on=date(2026, 1, 9)),
        )

        assert found.planned_in == SECOND
        assert found.planned.met == ("Shelf: in time",)
        assert found.planned.missed == ("Shelf: a day late", "Shelf: never")

    def test_score_within_five_working_days_after_its_end(self) -> None:
        found = engaged(
            an_objective("on Friday", increment="PI 1", actual=8, scored_on=date(2026, 4, 3)),
            an_objective("on Monday", increment="PI 1", actual=8, scored_on=date(2026, 4, 6)),
            an_objective("not yet", increment="PI 1"),
        )

        assert found.scored_in == FIRST
        assert (found.scored.met, found.scored.missed) == (
            ("Shelf: on Friday",), ("Shelf: on Monday", "Shelf: not yet"),
        )  # fmt: skip

    def test_are_told_by_the_kept_versions_where_the_file_has_no_days(self) -> None:
        in_time = Seen(first_at=a_moment("2026-03-29"))
        missing = Seen(first_at=a_moment("2026-04-20"), missing_at=a_moment("2026-04-10"))
        later = Seen(first_at=a_moment("2026-04-20"))
        found = engaged(
            replace(an_objective("seen in time"), planned=in_time),
            replace(an_objective("missing after"), planned=missing),
            replace(an_objective("first file is later"), planned=later),
            an_objective("no file is kept"),
        )

        assert found.planned.met == ("Shelf: seen in time",)
        assert found.planned.missed == ("Shelf: missing after",)
        assert found.planned.excluded == {"not_recorded": ("Shelf: first file is later", "Shelf: no file is kept")}
        assert found.planned.share == Decimal("0.5")

    def test_cannot_date_back_what_a_kept_version_shows_to_be_missing(self) -> None:
        seen = Seen(first_at=a_moment("2026-04-20"), missing_at=a_moment("2026-04-10"))
        told = an_objective("dated back", planned_on=date(2026, 3, 28))

        found = engaged(replace(told, planned=seen))

        assert found.planned.missed == ("Shelf: dated back",)

    def test_are_active_where_an_epic_in_work_has_an_owner_and_moved_lately(self) -> None:
        epics = [
            a_journey("2026-03-02", key="LIVELY", owner="A. B.", updated="2026-05-10"),
            a_journey("2026-03-02", key="IDLE", owner="A. B.", updated="2026-04-30"),
            a_journey("2026-03-02", key="NOBODY", updated="2026-05-30"),
            a_journey(key="WAITING", updated="2026-05-30"),
            a_journey("2026-03-02", "2026-04-02", key="DONE", owner="A. B."),
        ]

        found = engaged(journeys=epics)

        assert (found.active.met, found.active.missed) == (("LIVELY",), ("IDLE", "NOBODY"))

    def test_decide_within_a_fortnight(self) -> None:
        old, young = a_decision("2026-05-17", taken=None), a_decision("2026-05-18", taken=None)
        taken = a_decision("2026-01-01")

        found = engaged(decisions=[young, old, taken])

        assert (found.old, found.waiting) == ((old,), 2)

    def test_are_below_what_was_agreed_only_where_something_was_and_something_is_known(self) -> None:
        late = an_objective("late", planned_on=date(2026, 4, 9))

        assert engaged(late).below == ()
        assert engaged(late, least="0.8").below == ("planned",)
        assert engaged(an_objective("nobody knows"), least="0.8").below == ()
