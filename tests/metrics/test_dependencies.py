"""Will what we depend on be there in time? Definition 3.8."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey
from domain.precedence import ListedDependency, PrecedenceRules
from domain.work_item import HeldItem, ItemId, Link
from metrics.dependencies import Edge, Health, Likely, dependency_health, edges_of
from tests.builders import SOURCE, a_journey, an_item

NEED = date(2026, 6, 1)
BEFORE, AFTER = ItemId(SOURCE, "U"), ItemId(SOURCE, "V")
EDGE = Edge(before=BEFORE, after=AFTER, needed_on=NEED, need_from="start")
IN_TIME = Likely(p50=date(2026, 5, 20), p85=date(2026, 5, 28))


def health(
    before: Journey | None, after: Journey, *, edge: Edge = EDGE, forecast: Likely | None = IN_TIME
) -> list[Health]:
    items = [one for one in (before, after) if one is not None]
    found = dependency_health([edge], items, forecasts={} if forecast is None else {BEFORE: forecast})
    return [one.health for one in found.edges]


OPEN, WAITS = a_journey("2026-05-01", key="U"), a_journey(key="V")


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        pytest.param(Likely(p50=date(2026, 5, 20), p85=NEED), Health.OK, id="85 % on the day"),
        pytest.param(Likely(p50=NEED, p85=date(2026, 6, 2)), Health.AT_RISK, id="the median on the day"),
        pytest.param(Likely(p50=date(2026, 5, 20), p85=None), Health.AT_RISK, id="85 % later than anybody looked"),
        pytest.param(Likely(p50=date(2026, 6, 2), p85=date(2026, 6, 9)), Health.LATE, id="even the median later"),
        pytest.param(Likely(p50=None, p85=None), Health.UNKNOWN, id="a forecast that says nothing"),
        pytest.param(None, Health.UNKNOWN, id="no forecast"),
    ],
)
def test_a_need_is_held_against_the_forecast(forecast: Likely | None, expected: Health) -> None:
    assert health(OPEN, WAITS, forecast=forecast) == [expected]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(a_journey("2026-05-01", "2026-05-09", key="U"), WAITS, Health.RESOLVED, id="it is done"),
        pytest.param(an_item(("2026-05-02", "dropped"), key="U").journey(), WAITS, Health.STALE, id="it was given up"),
        pytest.param(a_journey("2026-05-01", key="U", removed="2026-05-02"), WAITS, Health.STALE, id="it was removed"),
        pytest.param(OPEN, a_journey("2026-05-03", key="V"), Health.BROKEN, id="begun without it"),
        pytest.param(OPEN, a_journey("2026-05-03", "2026-05-09", key="V"), Health.BROKEN, id="finished without it"),
        pytest.param(None, WAITS, Health.UNKNOWN, id="not among what we read"),
    ],
)
def test_what_both_ends_did_comes_before_any_forecast(before: Journey | None, after: Journey, expected: Health) -> None:
    assert health(before, after) == [expected]


def test_a_need_without_a_date_is_unknown() -> None:
    assert health(OPEN, WAITS, edge=replace(EDGE, needed_on=None)) == [Health.UNKNOWN]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(Likely(p50=date(2026, 5, 20), p85=NEED), Health.OK, id="85 % by then"),
        pytest.param(Likely(p50=NEED, p85=date(2026, 6, 2)), Health.AT_RISK, id="half by then"),
        pytest.param(Likely(p50=date(2026, 6, 2), p85=date(2026, 6, 9)), Health.LATE, id="half after it"),
    ],
)
def test_where_nothing_is_planned_the_need_is_the_forecast_start_of_what_waits(
    before: Likely, expected: Health
) -> None:
    """Half of the trials would begin it on 1 June if it waited for nothing; its own dates hold the delay already."""
    waits = Likely(p50=date(2026, 12, 1), p85=date(2026, 12, 24), starts_on=NEED)

    (found,) = dependency_health(
        [replace(EDGE, needed_on=None, need_from="")], [OPEN, WAITS], forecasts={BEFORE: before, AFTER: waits}
    ).edges

    assert (found.health, found.edge.needed_on, found.edge.need_from) == (expected, NEED, "forecast")


def test_a_planned_day_goes_before_the_forecast_start() -> None:
    waits = Likely(p50=None, p85=None, starts_on=date(2026, 5, 1))

    (found,) = dependency_health([EDGE], [OPEN, WAITS], forecasts={BEFORE: IN_TIME, AFTER: waits}).edges

    assert (found.health, found.edge) == (Health.OK, EDGE)


def test_an_edge_with_nothing_left_to_wait_for_is_left_out() -> None:
    done = a_journey("2026-05-01", "2026-05-09", key="U")

    assert health(done, a_journey("2026-05-01", "2026-05-10", key="V")) == []
    assert health(OPEN, an_item(("2026-05-02", "dropped"), key="V").journey()) == []


def test_items_that_wait_for_each_other_are_a_cycle_and_those_behind_it_are_not() -> None:
    one, two, three, behind = (a_journey(key=key) for key in "1234")
    edges = [Edge(before=a.id, after=b.id, needed_on=NEED) for a, b in ((one, two), (two, three), (three, one))]
    edges.append(Edge(before=three.id, after=behind.id, needed_on=NEED))

    found = dependency_health(edges, [one, two, three, behind], forecasts={three.id: IN_TIME})

    assert {one.edge.after.external_id: one.health.value for one in found.edges} == {
        "1": "cycle", "2": "cycle", "3": "cycle", "4": "ok"
    }  # fmt: skip


def test_the_share_is_what_is_resolved_or_in_time_and_crossing_trains_is_apart() -> None:
    done, slow = a_journey("2026-05-01", "2026-05-09", key="D", train="ART 1"), a_journey(key="S", train="ART 1")
    here, there = a_journey(key="H", train="ART 1"), a_journey(key="T", train="ART 2")
    edges = [Edge(before=a.id, after=b.id, needed_on=NEED) for a in (done, slow) for b in (here, there)]

    found = dependency_health(edges, [done, slow, here, there], forecasts={})

    assert (found.share, found.counts) == (Decimal("0.5"), {"resolved": 2, "unknown": 2})
    assert [one.edge.after.external_id for one in found.across_trains.edges] == ["T", "T"]
    assert dependency_health([], [done], forecasts={}).share is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=10))
def test_every_open_edge_has_one_health_and_cycles_are_those_that_come_back(pairs: list[tuple[int, int]]) -> None:
    items = [a_journey(key=str(number)) for number in range(6)]
    edges = [Edge(before=items[a].id, after=items[b].id, needed_on=NEED) for a, b in pairs]

    found = dependency_health(edges, items, forecasts={})

    assert sum(found.counts.values()) == len(set(edges))
    reach = {(a, b) for a, b in pairs}
    for _ in range(6):
        reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
    for one in found.edges:
        a, b = int(one.edge.before.external_id), int(one.edge.after.external_id)
        assert (one.health is Health.CYCLE) == ((b, a) in reach)


def test_links_of_both_ends_are_one_dependency_needed_when_the_later_one_should_start() -> None:
    def bearing(key: str, *links: Link, starts_on: date | None = None) -> HeldItem:
        held = an_item(key=key).held
        return replace(held, item=replace(held.item, links=links, starts_on=starts_on))

    one = bearing("U", Link(kind="blocks", to_id="V", to_key="V"), Link(kind="relates", to_id="W", to_key="W"))
    other = bearing("V", Link(kind="blocked_by", to_id="U", to_key="U"), starts_on=NEED)

    assert edges_of([one, other]) == [EDGE]


def test_a_link_that_names_a_key_of_old_means_the_item_that_bore_it() -> None:
    moved = an_item(key="CORE-1").held
    moved = replace(moved, item=replace(moved.item, previous_keys=("U",)))
    waiting = an_item(key="V").held
    waiting = replace(
        waiting, item=replace(waiting.item, starts_on=NEED, links=(Link(kind="blocked_by", to_id="9", to_key="U"),))
    )

    assert edges_of([moved, waiting]) == [replace(EDGE, before=moved.item.id)]


def test_the_items_of_a_ring_are_named_together() -> None:
    one, two, far, away = (a_journey(key=key) for key in "1234")
    pairs = ((one, two), (two, one), (far, away), (away, far))

    found = dependency_health([Edge(before=a.id, after=b.id) for a, b in pairs], [one, two, far, away], forecasts={})

    assert [[item.external_id for item in ring] for ring in found.rings] == [["1", "2"], ["3", "4"]]


def test_a_predecessor_planned_into_a_later_iteration_is_a_conflict_of_dates_whatever_is_forecast() -> None:
    blocks = Link(kind="blocks", to_id="V", to_key="V")
    first, then = an_item(key="U").held, an_item(key="V").held
    first = replace(first, item=replace(first.item, links=(blocks,)))
    may_4, may_18 = date(2026, 5, 4), date(2026, 5, 18)
    late = edges_of([first, then], planned={first.item.id: may_18, then.item.id: may_4})
    fine = edges_of([first, then], planned={first.item.id: may_4, then.item.id: may_18})
    unknown = edges_of([first, then], planned={then.item.id: may_4})

    assert [edge.is_planned_late for edge in (*late, *fine, *unknown)] == [True, False, False]
    assert len(dependency_health(late, [OPEN, WAITS], forecasts={}).date_conflicts) == 1
    done = a_journey("2026-05-01", "2026-05-09", key="U")
    assert dependency_health(late, [done, WAITS], forecasts={}).date_conflicts == ()


def test_a_list_dates_the_need_before_the_later_items_own_days() -> None:
    waiting = an_item(key="V").held
    waiting = replace(waiting, item=replace(waiting.item, starts_on=date(2026, 9, 1)))
    row = ListedDependency(file="dependencies.csv", line=2, before="U", after="V", needed_on=NEED, note="prices")

    (edge,) = edges_of([an_item(key="U").held, waiting], PrecedenceRules(listed=(row,)))

    assert (edge.needed_on, edge.need_from, edge.said_by, edge.note) == (NEED, "list", "list", "prices")
