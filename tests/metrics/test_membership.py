"""Every number can be taken apart, and what is behind it is what the export says of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.journey import Journey
from domain.period import Period
from domain.work_item import HistoryState
from metrics.catalogue import METRICS
from metrics.dependencies import Edge
from metrics.membership import HOW, Facts, Number, named_apart, take_apart
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
    an_item,
)

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
GROW = a_theme("grow", key_results=[a_key_result(id="grow.1")], benefits=[a_benefit(id="worth", planned_amount=1000)])
PORTFOLIO = a_portfolio(themes=[GROW, a_theme("keep")])


def facts(*journeys: Journey, as_of: datetime = NOW) -> Facts:
    return Facts(
        journeys=journeys,
        portfolio=PORTFOLIO,
        calendar=a_calendar(),
        as_of=as_of,
        waiting_known=frozenset({SOURCE}),
        readings=[a_reading(2, "2026-02-15"), a_reading(5, "2026-03-15")],
    )


def apart(name: str, *journeys: Journey, scope: str = "portfolio") -> list[Number]:
    levels = sorted({one.placement.level for one in journeys if one.placement.level})
    return take_apart(name, facts(*journeys), scope=Scope(scope), period=MARCH, levels=levels)


def names(number: Number) -> tuple[str, ...]:
    return tuple(part.name for part in number.counted)


def test_every_metric_of_the_catalogue_can_be_taken_apart() -> None:
    assert set(HOW) == set(METRICS)


@pytest.mark.parametrize("metric", METRICS)
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
    told = replace(facts(before, after), edges=[Edge(before=before.id, after=after.id)])

    (number,) = take_apart("dependency_health", told, scope=Scope("portfolio"), period=MARCH, levels=["story"])

    assert [(part.name, part.item, part.mark) for part in number.counted] == [
        ("PAY-1 \u2192 PAY-2", after.id, "broken")
    ]
    assert number.value == 0
