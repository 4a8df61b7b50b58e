"""Every number can be taken apart, and what is behind it is what the export says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.board import Board
from domain.calendar import Increment
from domain.funding import CapitalRule, Funding
from domain.governance import Governed, Rule
from domain.journey import Journey
from domain.period import Period
from domain.set_aside import Unread
from domain.strategy import FlowTolerances, Guardrails, Kpi, PaceTolerances, Shift, ValueStream
from domain.work_item import HistoryState, ItemId
from metrics.catalogue import METRICS
from metrics.commitment import Commitment
from metrics.dependencies import Edge
from metrics.hazards import Hazards
from metrics.membership import HOW, Facts, Number, named_apart, take_apart
from metrics.predictability import Objective
from metrics.selection import Scope
from metrics.table import metric_rows
from tests.builders import (
    NOW,
    SOURCE,
    a_benefit,
    a_calendar,
    a_journey,
    a_key_result,
    a_placement,
    a_portfolio,
    a_reading,
    a_theme,
    an_indicator,
    an_item,
)

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
GROW = a_theme(
    "grow",
    key_results=[a_key_result(id="grow.1")],
    benefits=[
        a_benefit(id="worth", planned_amount=1000),
        a_benefit(
            id="bet", item="PAY-1", indicators=[an_indicator(0, 10, by="2026-02-20")], planned_amount=500,
            approved_on="2025-09-01",
        ),
        a_benefit(id="bare", item="PAY-2", planned_amount=300, share="0.5"),
    ],
)  # fmt: skip
BOARD = Board(
    states=("waiting", "doing", "done"),
    by_status={"to do": "waiting", "in progress": "doing", "review": "doing", "done": "done"},
    commits="doing",
)
BROUGHT = Objective(key="A: faster", team="A", train="Azur", planned=8, actual=6)
RULE = CapitalRule(method="count", kinds=("feature",), after="implementing", statuses=frozenset({"in progress"}))
PORTFOLIO = replace(
    a_portfolio(
        themes=[GROW, a_theme("keep")],
        value_streams=[ValueStream(id="cards", name="Cards", budget={"2026": 1_000})],
        kpis=[Kpi(id="kpi", name="A KPI"), Kpi(id="mute", name="Mute")],
    ),
    funding=Funding(capital=RULE),
    board=BOARD,
    scenarios=(Shift(gives="grow", takes="keep", share=Decimal("0.1")),),
)


def facts(*journeys: Journey, as_of: datetime = NOW) -> Facts:
    return Facts(
        journeys=journeys,
        portfolio=PORTFOLIO,
        calendar=a_calendar(),
        as_of=as_of,
        waiting_known=frozenset({SOURCE}),
        readings=[a_reading(2, "2026-02-15"), a_reading(5, "2026-03-15")],
        governed=Governed(rules=(Rule(id="owned", name="Every epic has an owner", requires=("owner",)),)),
        commitments=[Commitment(increment=Increment(name="PI 1", period=MARCH), objectives=(BROUGHT,))],
    )


def apart(name: str, *journeys: Journey, scope: str = "portfolio") -> list[Number]:
    levels = sorted({one.placement.level for one in journeys if one.placement.level})
    return take_apart(name, facts(*journeys), scope=Scope(scope), period=MARCH, levels=levels)


def names(number: Number) -> tuple[str, ...]:
    return tuple(part.name for part in number.counted)


def test_every_metric_of_the_catalogue_can_be_taken_apart() -> None:
    assert set(HOW) == set(METRICS)


@pytest.mark.parametrize("metric", [one for one in METRICS if one != "spend_adjustment"])  # closed months have those
def test_every_metric_gives_numbers_whose_names_the_catalogue_knows(metric: str) -> None:
    epic = a_journey("2026-03-02", key="PAY-1", level="epic")
    stories = [a_journey("2026-03-03", "2026-03-05", key=f"PAY-{n}", updated="2026-03-05") for n in range(2, 9)]

    found = apart(metric, epic, *stories)

    assert found
    assert {one.metric.partition(":")[0].partition("_p")[0] for one in found} <= {metric, metric.partition("_p")[0]}
    assert all(one.unit == METRICS[metric].unit for one in found)


def test_names_what_is_counted_and_what_is_left_out() -> None:
    counted = a_journey("2026-03-02", "2026-03-05", key="PAY-1")
    unseen = a_journey(None, "2026-03-06", key="PAY-2", excluded_reason="no_start")
    before = a_journey("2026-02-01", "2026-02-05", key="PAY-3")

    median, *_ = apart("flow_time", counted, unseen, before)

    assert [(part.name, part.amount) for part in median.counted] == [("PAY-1", 4)]
    assert {reason: [part.name for part in parts] for reason, parts in median.left_out.items()} == {
        "no_start": ["PAY-2"]
    }
    assert median.value is None  # too few items for a median
    assert (median.n_used, median.n_in_scope) == (1, 2)


def test_one_name_of_the_export_gives_that_number_alone() -> None:
    items = [a_journey("2026-03-02", "2026-03-05", key=f"PAY-{n}", kind="debt") for n in range(3)]

    assert [one.metric for one in apart("flow_time_p85", *items)] == ["flow_time_p85"]
    assert [one.metric for one in apart("flow_distribution:debt", *items)] == ["flow_distribution:debt"]


def test_items_of_two_trackers_with_one_key_are_two() -> None:
    here = a_journey("2026-03-02", "2026-03-05", key="PAY-1", source="one")
    there = a_journey("2026-03-03", "2026-03-09", key="PAY-1", source="two")

    (done,) = apart("throughput", here, there)

    assert names(done) == ("PAY-1", "PAY-1")
    assert {part.item for part in done.counted} == {here.id, there.id}


def test_names_that_no_two_share_keep_the_keys_where_they_can() -> None:
    items = [a_journey("2026-03-02", key="PAY-1"), a_journey("2026-03-02", key="PAY-2")]

    assert list(named_apart(items)) == ["PAY-1", "PAY-2"]


def test_a_share_of_the_flow_names_what_it_holds_and_the_rest_apart() -> None:
    grow = a_journey("2026-03-02", "2026-03-05", key="PAY-1", themes={"grow": 1})
    half = a_journey("2026-03-02", "2026-03-06", key="PAY-2", themes={"grow": "0.5"})
    none = a_journey("2026-03-02", "2026-03-07", key="PAY-3")

    (share,) = apart("flow_share:grow", grow, half, none)

    assert [(part.name, part.amount, part.mark) for part in share.counted] == [
        ("PAY-1", 3, ""),
        ("PAY-2", 2, ""),
        ("PAY-3", None, "elsewhere"),
    ]


def test_alignment_marks_what_serves_no_theme() -> None:
    grow = a_journey("2026-03-02", "2026-03-05", key="PAY-1", themes={"grow": 1})
    none = a_journey("2026-03-02", "2026-03-06", key="PAY-2")

    (covered,) = apart("alignment_items", grow, none)

    assert [(part.name, part.mark) for part in covered.counted] == [("PAY-1", ""), ("PAY-2", "unaligned")]
    assert covered.value == 50


def test_a_key_result_names_the_reading_that_counts_and_the_earlier_ones() -> None:
    (score,) = apart("key_result:grow.1", a_journey("2026-03-02", key="PAY-1"))

    assert [(part.name, part.mark) for part in score.counted] == [("2026-03-15", ""), ("2026-02-15", "earlier")]


def test_the_oldest_item_in_progress_comes_first_with_its_age() -> None:
    old = a_journey("2026-03-02", key="PAY-1")
    young = a_journey("2026-05-30", key="PAY-2")

    (age,) = apart("work_item_age", young, old)

    assert [(part.name, part.amount) for part in age.counted] == [("PAY-1", 92), ("PAY-2", 3)]
    assert age.value == 92


def test_counts_that_are_mostly_zeros_have_no_usual_range() -> None:
    rare = [a_journey("2026-01-05", f"2026-03-{day:02}", key=f"PAY-{day}", created="2025-06-01") for day in (3, 12, 30)]

    throughput, *_ = apart("usual_range", *rare)

    assert (throughput.metric, throughput.value, throughput.facts) == (
        "usual_range:throughput", None, {"certainty": "few"},
    )  # fmt: skip


def agreed(
    *,
    wip: Mapping[str, int] | None = None,
    service_days: Mapping[str, int] | None = None,
    flow: FlowTolerances | None = None,
    pace: PaceTolerances | None = None,
) -> Facts:
    """Facts of a portfolio with these guardrails."""
    guardrails = Guardrails(
        wip=wip or {},
        service_days=service_days or {},
        flow=flow or FlowTolerances(),
        pace=pace or PaceTolerances(),
    )
    return replace(facts(), portfolio=replace(PORTFOLIO, guardrails=guardrails))


def told(name: str, told_of: Facts, *journeys: Journey, level: str = "story") -> list[Number]:
    return take_apart(name, replace(told_of, journeys=journeys), scope=Scope(), period=MARCH, levels=[level])


def test_an_agreed_time_is_what_attainment_and_ages_are_held_against() -> None:
    taken = [a_journey("2026-03-02", f"2026-03-{day:02}", key=f"PAY-{day}") for day in (3, 4, 5, 6, 9)]
    going = [a_journey("2026-05-20", key="OLD"), a_journey("2026-05-30", key="YOUNG")]

    (kept,) = told("service_level", agreed(service_days={"story": 4}), *taken)
    (age,) = told("work_item_age", agreed(service_days={"story": 4}), *going)

    assert (kept.value, kept.facts) == (60, {"agreed_days": 4})
    assert [part.name for part in kept.counted if part.mark == "late"] == ["PAY-6", "PAY-9"]
    assert [(part.name, part.mark) for part in age.counted] == [("OLD", "late"), ("YOUNG", "")]


def test_what_began_and_ended_in_the_period_is_there_once() -> None:
    both = a_journey("2026-03-02", "2026-03-05", key="BOTH")
    came = a_journey("2026-03-02", key="CAME")
    went = a_journey("2026-02-02", "2026-03-05", key="WENT")

    (moved,) = apart("flow_balance", both, came, went)

    assert {part.name: part.mark for part in moved.counted} == {"BOTH": "both", "CAME": "arrived", "WENT": "finished"}
    assert (moved.value, moved.n_used) == (0, 3)


def test_what_is_behind_its_line_is_marked() -> None:
    back = an_item(("2026-03-02", "in progress"), ("2026-03-05", "done"), ("2026-03-09", "review"), key="BACK")
    done = a_journey("2026-03-02", "2026-03-05", key="DONE")

    (line,) = apart("cumulative_flow:done", back.journey(), done)

    assert [(part.name, part.mark) for part in line.counted] == [("BACK", "behind"), ("DONE", "")]


def test_limits_that_were_agreed_are_of_the_epics_states() -> None:
    epics = [
        an_item(("2026-02-02", "review"), key=f"E-{n}", placement=a_placement(level="epic")).journey() for n in range(5)
    ]

    (state,) = told("bottleneck", agreed(wip={"Review": 4}), *epics, level="epic")
    (other,) = told("bottleneck", agreed(wip={"Review": 4}), *(stories(epics)))

    assert (state.facts["limit"], state.facts["days_over_percent"]) == (4, 100)
    assert "limit" not in other.facts


def test_what_was_agreed_of_the_flow_holds_at_every_level() -> None:
    waiting = [an_item(("2026-03-02", "review"), key=f"R-{n}").journey() for n in range(5)]
    going = [an_item(("2026-03-02", "in progress"), key=f"G-{n}").journey() for n in range(2)]
    done = [a_journey("2026-03-02", "2026-03-05", key=f"D-{n}") for n in range(6)]
    unseen = [a_journey(None, "2026-03-05", key=f"U-{n}", excluded_reason="no_start") for n in range(2)]

    found = []
    for flow in (FlowTolerances(), FlowTolerances(without_start=Decimal("0.25"), act=Decimal("0.9"))):
        (review, _), (law,) = (
            told(name, agreed(flow=flow), *items)
            for name, items in (("bottleneck", (*waiting, *going)), ("flow_stability", (*done, *unseen)))
        )
        found.append((review.value, review.facts["verdict"], law.facts["assumes_counting"]))

    assert found == [(Decimal("71.4286"), "act", "fails"), (Decimal("71.4286"), "observe", "holds")]


def test_what_was_agreed_of_the_pace_is_the_status_that_is_told() -> None:
    behind = [a_reading(2, "2026-03-15")]  # 20 %, when 24.5 % of the time has gone
    strict = PaceTolerances(on_track_points=Decimal(0), at_risk_points=Decimal("4.5"))

    found = [
        told("key_result", replace(agreed(pace=one), readings=behind))[0].facts["status"]
        for one in (PaceTolerances(), strict)
    ]

    assert found == ["on_track", "at_risk"]


def stories(epics: Sequence[Journey]) -> list[Journey]:
    return [replace(one, placement=a_placement(level="story")) for one in epics]


def test_raises_for_a_name_that_no_metric_bears() -> None:
    with pytest.raises(KeyError):
        apart("velocity", a_journey("2026-03-02", key="PAY-1"))


def exported(*journeys: Journey, period: Period) -> list[dict[str, object]]:
    rows = metric_rows(
        journeys,
        portfolio=PORTFOLIO,
        calendar=a_calendar(),
        as_of=NOW,
        waiting_known={SOURCE},
        readings=facts().readings,
    )
    wanted = {"period_start": period.start.isoformat(), "period_end": period.end.isoformat()}
    return [row for row in rows if row | wanted == row]


def agree(rows: Sequence[dict[str, object]], all_facts: Facts, *, period: Period) -> int:
    """Hold every exported row to what is behind it; how many rows there were."""
    for row in rows:
        levels = [str(row["level"])] if row["level"] else []
        found = take_apart(str(row["metric"]), all_facts, scope=Scope(str(row["scope"])), period=period, levels=levels)
        assert len(found) == 1, row
        (number,) = found
        told = json.loads(str(row["excluded"]))
        assert {"value": number.value, "n_used": number.n_used, "n_in_scope": number.n_in_scope} == {
            "value": row["value"],
            "n_used": row["n_used"],
            "n_in_scope": row["n_in_scope"],
        }, row
        assert {reason: len(parts) for reason, parts in number.left_out.items()} == told, row
        if number.of != "readings":
            assert len(number.counted) == number.n_used, row
    return len(rows)


DAYS = st.integers(0, 90)
STATES = st.sampled_from(["in progress", "review", "done", "to do", "dropped", "nobody mapped this"])


@st.composite
def some_items(draw: st.DrawFn) -> list[Journey]:
    """Items with any history: reopened, dropped, unmapped, without history, removed, of two levels and themes."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        days = sorted(draw(st.lists(DAYS, max_size=4, unique=True)))
        moves = [(_day(day), draw(STATES)) for day in days]
        themes = draw(st.sampled_from([{}, {"grow": Decimal(1)}, {"grow": Decimal("0.4")}, {"keep": Decimal(1)}]))
        placement = a_placement(
            level=draw(st.sampled_from(["story", "epic"])),
            kind=draw(st.sampled_from(["feature", "debt"])),
            themes=themes,
        )
        told = an_item(
            *moves,
            key=f"PAY-{number}",
            created=_day(0),
            history=draw(st.sampled_from([HistoryState.COMPLETE, HistoryState.COMPLETE, HistoryState.NONE])),
            removed=draw(st.sampled_from([None, None, _day(85)])),
            placement=placement,
        )
        found.append(told.journey())
    return found


def _day(number: int) -> str:
    return f"{date.fromordinal(date(2026, 2, 10).toordinal() + number).isoformat()}T09:00"


@settings(max_examples=60, deadline=None)
@given(some_items())
def test_the_export_counts_exactly_what_is_behind_each_number(items: list[Journey]) -> None:
    rows = exported(*items, period=MARCH)

    checked = agree(rows, facts(*items), period=MARCH)

    assert checked == len(rows) > 0


def test_wsjf_names_the_items_in_their_order_and_those_without_one() -> None:
    values = {"business_value": 3, "time_criticality": 3, "risk_reduction": 2, "job_size": 2}
    first, second = (
        a_journey(key=key, values={name: Decimal(value * factor) for name, value in values.items()} | more)
        for key, factor, more in (("PAY-1", 1, {}), ("PAY-2", 1, {"job_size": Decimal(4)}))
    )

    (number,) = apart("wsjf", second, first, a_journey(key="PAY-3"))

    assert [(part.name, part.amount) for part in number.counted] == [("PAY-1", Decimal(4)), ("PAY-2", Decimal(2))]
    assert (number.value, list(number.left_out)) == (Decimal(4), ["no_size"])


def test_a_dependency_names_the_item_that_waits_and_what_it_waits_for() -> None:
    before, after = a_journey("2026-03-02", key="PAY-1"), a_journey("2026-03-03", key="PAY-2")
    told = replace(facts(before, after), hazards=Hazards(edges=[Edge(before=before.id, after=after.id)]))

    (number,) = take_apart("dependency_health", told, scope=Scope("portfolio"), period=MARCH, levels=["story"])

    assert [(part.name, part.item, part.mark) for part in number.counted] == [
        ("PAY-1 \u2192 PAY-2", after.id, "broken")
    ]
    assert number.value == 0


@pytest.mark.parametrize(
    ("left", "needed", "ahead", "health"),
    [
        pytest.param(4, "2026-07-01", 0, "ok", id="in time"),
        pytest.param(40, "2026-07-01", 0, "late", id="too much is left"),
        pytest.param(4, None, 0, "unknown", id="nobody said when it is needed, and nothing lies below it"),
        pytest.param(4, None, 6, "ok", id="its own people come to what waits later"),
        pytest.param(40, None, 6, "late", id="its own people come to what waits sooner"),
    ],
)
def test_a_dependency_on_an_epic_is_held_against_its_forecast(
    left: int, needed: str | None, ahead: int, health: str
) -> None:
    """At a story a working day. Others work on what waits, once `ahead` stories of another epic are done."""
    before = a_journey("2026-03-02", key="EPIC-1", level="epic", created="2026-01-05")
    after = a_journey(key="EPIC-2", level="epic", created="2026-01-05")
    days = [day for back in range(1, 80) if (day := NOW.date() - timedelta(days=back)).weekday() < 5]
    done = [
        a_journey(f"{day}T08:00", f"{day}T10:00", key=f"DONE-{day}", parent="EPIC-1", created="2026-01-05")
        for day in days
    ]
    stories = [a_journey(key=f"LEFT-{n}", parent="EPIC-1", created="2026-01-05") for n in range(left)]
    journeys = [before, after, *done, *stories]
    if ahead:
        journeys.append(a_journey("2026-03-02", key="EPIC-3", level="epic", created="2026-01-05"))
        done = [replace(one, key=f"B {one.key}", id=ItemId(SOURCE, f"B {one.key}")) for one in done]
        journeys += [replace(one, placement=a_placement(train="B")) for one in done]
        journeys += [
            a_journey(key=f"AHEAD-{n}", parent="EPIC-3", created="2026-01-05", train="B") for n in range(ahead)
        ]
        journeys.append(a_journey(key="NEXT-1", parent="EPIC-2", created="2026-01-05", train="B"))
    needed_on = None if needed is None else date.fromisoformat(needed)
    told = replace(
        facts(*journeys),
        hazards=Hazards(edges=[Edge(before=before.id, after=after.id, needed_on=needed_on)]),
        parents={one.id: one.parent_id for one in journeys if one.parent_id is not None},
        predecessors={after.id: (before.id,)},
    )

    (number,) = take_apart("dependency_health", told, scope=Scope("portfolio"), period=MARCH, levels=["epic"])

    assert [part.mark for part in number.counted] == [health]
    assert [part.need_from for part in number.counted] == ["forecast" if ahead else ""]


def test_the_unplanned_share_names_what_was_there_and_what_came_later() -> None:
    items = [
        replace(a_journey("2026-03-05", "2026-03-09", key=key, created=f"{day}T12:00"), planned_on=plan)
        for key, day, plan in (
            ("PAY-1", "2026-03-01", date(2026, 3, 2)), ("PAY-2", "2026-03-04", date(2026, 3, 2)),
            ("PAY-3", "2026-03-04", None),
        )
    ]  # fmt: skip

    (number,) = apart("unplanned_share", *items)

    assert [(part.name, part.mark) for part in number.counted] == [("PAY-2", "unplanned"), ("PAY-1", "in_plan")]
    assert (number.value, list(number.left_out)) == (50, ["no_plan"])


def test_a_choice_that_is_named_is_told_of_any_epic_and_else_of_the_first_twenty() -> None:
    epics = [a_journey("2026-03-02", key=f"PAY-{n}", level="epic") for n in range(1, 23)]

    first = [one.metric for one in apart("choice", *epics)]
    left = next(f"choice:{one.key}" for one in epics if f"choice:{one.key}" not in first)
    (named,) = apart(left, *epics)

    assert len(first) == 20
    assert (named.metric, named.instead, list(named.left_out)) == (left, "refused", ["unknown_size"])


@pytest.mark.parametrize(
    ("values", "used", "instead"),
    [
        pytest.param((0, 1, 2, 3, 4, 5, 6), 7, "", id="six stretches are seven readings"),
        pytest.param((6, 5, 4, 3, 2, 1, 0.5), 7, "five_years", id="away from its target"),
        pytest.param((5, 6, 7, 8, 9, 9.5, 10), 0, "reached", id="at its target"),
        pytest.param((1, 2), 0, "refused", id="too few"),
    ],
)
def test_an_outcome_counts_readings_and_says_what_stands_in_the_place_of_a_date(
    values: Sequence[float], used: int, instead: str
) -> None:
    first = NOW.date() - timedelta(weeks=len(values) - 1)
    known = [a_reading(one, (first + timedelta(weeks=n)).isoformat()) for n, one in enumerate(values)]

    found = take_apart("outcome_date", replace(facts(), readings=known), scope=Scope(), period=MARCH, levels=())

    for one in found:
        assert (one.n_used, one.instead, one.value is None) == (used, instead, bool(instead))
        assert not used or len(one.counted) == used


def test_an_epic_that_a_line_set_aside_may_approve_is_named_among_what_is_left_out() -> None:
    begun = a_journey("2026-03-05", key="BIG", level="epic")
    agreed = Guardrails(approval_size=Decimal(10), implementing_states=("in progress",))
    here = facts(replace(begun, values={"job_size": Decimal(20)}))
    here = replace(
        here, portfolio=replace(here.portfolio, guardrails=agreed), unread=Unread(items={"big": "decisions.csv:3"})
    )

    (number,) = take_apart("significant_initiatives:unapproved", here, scope=Scope(), period=MARCH, levels=["epic"])

    assert (number.value, number.n_used, number.n_in_scope) == (None, 0, 1)
    assert {reason: [one.name for one in parts] for reason, parts in number.left_out.items()} == {
        "decision_unread": ["BIG"]
    }


@pytest.mark.parametrize(("level", "value"), [("story", None), ("epic", 0)])
def test_where_there_is_no_epic_nobody_counts_those_without_an_approval(level: str, value: int | None) -> None:
    here = facts(a_journey(created="2026-03-05", level=level))
    agreed = Guardrails(approval_threshold=100, implementing_states=("review",))
    here = replace(here, portfolio=replace(here.portfolio, guardrails=agreed))

    found = take_apart("significant_initiatives", here, scope=Scope(), period=MARCH, levels=[level])

    assert {one.metric.partition(":")[2]: one.value for one in found} == dict.fromkeys(
        ("unapproved", "no_estimate", "overspent", "split"), value
    )


def test_a_name_without_its_state_stands_for_that_of_every_state() -> None:
    """`pace_p85` shows numbers, and does not only list names."""
    done = [
        an_item(
            (f"2026-03-{day:02d}", "in progress"),
            (f"2026-03-{day + 2:02d}", "review"),
            (f"2026-03-{day + 3:02d}", "done"),
            key=f"PAY-{day}",
        ).journey(as_of="2026-04-01")
        for day in range(1, 13)
    ]  # fmt: skip

    numbers = apart("pace_p85", *done)

    assert {one.metric: one.value for one in numbers} == {"pace_p85:in progress": 3, "pace_p85:review": 4}
