"""A theme that ends or begins rewrites nothing: each day of work belongs to the themes in effect on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.journey import Journey, Stretch
from domain.period import Period
from domain.strategy import Guardrails, Portfolio, Theme
from metrics.alignment import cover, coverage_flow, days_serving, flow_shares, intended_shares, item_days
from metrics.guardrails import capacity_mix, horizon_mix
from metrics.membership import Facts, take_apart
from metrics.selection import Scope
from metrics.spend import attribute, by_horizon, by_theme
from metrics.table import metric_rows
from tests.builders import a_calendar, a_journey, a_moment, a_theme

UTC = a_calendar()
TURN = date(2026, 7, 1)
SUMMER = Period(date(2026, 6, 1), date(2026, 8, 1))
THEMES = [
    replace(a_theme("a", target_share="0.3"), effective_to=date(2026, 6, 30), horizon="H1"),
    replace(a_theme("b", target_share="0.4"), effective_from=TURN, horizon="H2"),
    a_theme("c", target_share="0.5"),
]
Shares = Mapping[str, str | int]


def turned(journey: Journey, before: Shares, after: Shares) -> Journey:
    """An item with these themes until 30 June and those from 1 July, and its own as of the day it ended, or of now."""
    told = [{theme: Decimal(share) for theme, share in shares.items()} for shares in (before, after)]
    is_before = journey.finished_at is not None and journey.finished_at.date() < TURN
    stretches = (
        Stretch(days=Period(date.min, TURN), themes=told[0]),
        Stretch(days=Period(TURN, date.max), themes=told[1]),
    )
    return replace(
        journey, placement=replace(journey.placement, themes=told[0 if is_before else 1], stretches=stretches)
    )


def fifteen_days(**more: object) -> Journey:
    """In progress on the evenings of the last ten days of June and the first five of July, and open."""
    journey = a_journey("2026-06-21", "2026-07-06", **more)  # type: ignore[arg-type] # as the builder has it
    return turned(journey, {"a": 1}, {"b": 1})


def test_ten_days_under_one_theme_and_five_under_the_next_are_ten_and_five() -> None:
    found = flow_shares([fifteen_days()], period=SUMMER, calendar=UTC)

    assert found.item_days == {"a": 10, "b": 5}
    assert found.n_used == 1


def test_days_that_go_on_are_those_of_the_theme_of_now() -> None:
    journey = turned(a_journey("2026-06-21"), {"a": 1}, {"b": 1})

    worked = item_days([journey], period=SUMMER, calendar=UTC)

    assert [([*one.placement.themes], days) for one, days in worked] == [(["a"], 10), (["b"], 31)]


def test_an_item_is_no_orphan_that_served_a_theme_on_one_of_its_days() -> None:
    items = [
        turned(a_journey("2026-06-21", "2026-07-06", key="A"), {"a": 1}, {}),
        turned(a_journey("2026-07-01", "2026-07-06", key="B"), {"a": 1}, {}),
    ]

    found = coverage_flow(items, period=SUMMER, calendar=UTC)

    assert [found.aligned, found.total, found.n_used] == [10, 20, 2]
    assert found.orphans == ("B",)


def test_what_each_item_brings_to_a_theme_adds_up_to_its_days() -> None:
    worked = item_days([fifteen_days()], period=SUMMER, calendar=UTC)

    told = {theme: [days for _, days in days_serving(worked, {theme})] for theme in ("a", "b", "unaligned")}

    assert told == {"a": [10], "b": [5], "unaligned": [0]}
    assert [days for _, days in days_serving(worked, None)] == [15]
    assert cover(worked).n_used == 1


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("item_days", {"a": 1000, "b": 500}, id="by its days"),
        pytest.param("count", {"a": 1000, "b": 500}, id="one item, by the parts of its days"),
        pytest.param("size", {"a": 1000, "b": 500}, id="its size, by the parts of its days"),
    ],
)
def test_money_goes_to_the_theme_of_each_day(method: str, expected: dict[str, int]) -> None:
    period = Period(date(2026, 6, 21), date(2026, 7, 6))
    item = fifteen_days(values={"story_points": Decimal(3)})

    found = attribute([item], amount=1500, period=period, calendar=UTC, themes=THEMES, method=method)

    assert by_theme(found.lines) == expected
    assert by_horizon(found.lines) == {"H1": 1000, "H2": 500}
    assert sum(one.weight for one in found.lines) == {"item_days": 15, "count": 1, "size": 3}[method]


def test_a_theme_that_has_its_part_of_an_item_on_both_sides_has_one_line_of_money() -> None:
    item = turned(a_journey("2026-06-21", "2026-07-06"), {"a": 1}, {"a": "0.4", "b": "0.6"})

    found = attribute([item], amount=1500, period=SUMMER, calendar=UTC, themes=THEMES)

    mine = [one for one in found.lines if one.item]
    assert [one.cell.theme for one in mine] == ["a", "b"]
    assert [one.weight for one in mine] == [12, 3]


def test_horizons_and_kinds_count_an_item_once() -> None:
    worked = item_days([fifteen_days()], period=SUMMER, calendar=UTC)

    horizons = horizon_mix(worked, themes=THEMES, guardrails=Guardrails())
    kinds = capacity_mix(worked, guardrails=Guardrails())

    assert horizons.item_days == {"H1": 10, "H2": 5}
    assert kinds.item_days == {"feature": 15}
    assert [horizons.n_used, horizons.untold_days, kinds.n_used] == [1, 0, 1]


def test_work_that_lost_its_theme_is_untold_for_those_days_alone() -> None:
    items = [
        turned(a_journey("2026-06-21", "2026-07-06", key="A"), {"a": 1}, {}),
        turned(a_journey("2026-07-01", "2026-07-06", key="B"), {"a": 1}, {}),
    ]

    found = horizon_mix(item_days(items, period=SUMMER, calendar=UTC), themes=THEMES, guardrails=Guardrails())

    assert found.item_days == {"H1": 10}
    assert found.untold_days == 10
    assert found.excluded == {"no_theme": ("B",)}


def test_themes_that_follow_each_other_are_intended_for_their_part_of_the_working_days() -> None:
    quarter = Period(date(2026, 4, 1), date(2026, 7, 1))
    themes = [
        replace(a_theme("a", target_share="0.3"), effective_to=date(2026, 4, 30)),  # 22 of 65 working days
        replace(a_theme("b", target_share="0.4"), effective_from=date(2026, 5, 1)),
        a_theme("c", target_share="0.5"),
        replace(a_theme("over", target_share="0.3"), effective_to=date(2026, 3, 31)),
        replace(a_theme("to come", target_share="0.4"), effective_from=date(2026, 7, 1)),
    ]

    found = intended_shares(themes, period=quarter, calendar=UTC)

    assert {theme: round(share, 3) for theme, share in found.items()} == {
        "a": Decimal("0.102"),
        "b": Decimal("0.265"),
        "c": Decimal("0.5"),
    }


def test_a_weekend_parts_by_its_days() -> None:
    weekend = Period(date(2026, 6, 27), date(2026, 6, 29))
    theme = replace(a_theme("a", target_share="0.3"), effective_to=date(2026, 6, 27))

    assert intended_shares([theme], period=weekend, calendar=UTC) == {"a": Decimal("0.15")}


def test_the_distance_is_that_from_what_was_intended_on_the_days() -> None:
    """Seven of ten working days lie in June, three in July: 21 and 12 % are intended, and 50 for the third."""
    fortnight = Period(date(2026, 6, 22), date(2026, 7, 6))
    items = [
        turned(a_journey("2026-06-22", "2026-07-06", key="A"), {"a": 1}, {"b": 1}),
        a_journey("2026-06-22", "2026-07-06", key="C", themes={"c": 1}),
    ]

    found = flow_shares(items, period=fortnight, calendar=UTC, themes=THEMES)

    assert found.intended == {"a": Decimal("0.21"), "b": Decimal("0.12"), "c": Decimal("0.5")}
    assert found.item_days == {"a": 9, "b": 5, "c": 14}  # of 28: 32.1, 17.9 and 50 %; 17 % was left to none
    assert found.distance_points is not None
    assert round(found.distance_points, 2) == Decimal("17.00")


def rows_of(themes: list[Theme], journeys: list[Journey]) -> dict[tuple[str, str, str, str], object]:
    portfolio = Portfolio(id="p", name="P", currency="EUR", locales=("en",), themes=tuple(themes))
    rows = metric_rows(journeys, portfolio=portfolio, calendar=UTC, as_of=a_moment("2026-08-03"), waiting_known=())
    return {
        (str(row["metric"]), str(row["scope"]), str(row["period_start"]), str(row["period_end"])): row["value"]
        for row in rows
    }


def test_the_rows_of_june_stay_when_the_theme_of_open_work_ends_in_june() -> None:
    done = a_journey("2026-06-02", "2026-06-10", key="DONE")
    going = a_journey("2026-06-21", key="OPEN")
    had = [{"a": Decimal(1)}, {"b": Decimal(1)}]
    always = [replace(one, placement=replace(one.placement, themes=had[0])) for one in (done, going)]

    before = rows_of([a_theme("a")], always)
    after = rows_of(THEMES[:2], [turned(one, *had) for one in (done, going)])  # type: ignore[arg-type] # shares

    june = ("2026-06-01", "2026-07-01")
    for metric in ("throughput", "flow_share:a", "alignment_flow", "alignment_items"):
        scope = "theme:a" if metric == "throughput" else "portfolio"
        assert after[metric, scope, *june] == before[metric, scope, *june] is not None
    assert after["flow_share:b", "portfolio", "2026-07-01", "2026-08-01"] == 100


def test_a_theme_keeps_the_days_of_work_that_has_all_gone_to_its_follower() -> None:
    going = turned(a_journey("2026-06-21"), {"a": 1}, {"b": 1})

    rows = rows_of(THEMES[:2], [going])

    told = [period for metric, scope, *period in rows if (metric, scope) == ("capacity_share:feature", "theme:a")]
    assert ["2026-06-01", "2026-07-01"] in told
    assert ["2026-07-01", "2026-08-01"] not in told


def test_every_row_of_a_theme_that_has_ended_is_taken_apart_as_it_stands() -> None:
    """At the level of the epics all has gone to the follower; of the stories one was done before the end."""
    items = [
        turned(a_journey("2026-06-21", key="EPIC", level="epic"), {"a": 1}, {"b": 1}),
        turned(a_journey("2026-06-02", "2026-06-10", key="DONE"), {"a": 1}, {"b": 1}),
        turned(a_journey("2026-06-21", key="OPEN", kind="defect"), {"a": 1}, {"b": 1}),
    ]
    portfolio = Portfolio(id="p", name="P", currency="EUR", locales=("en",), themes=tuple(THEMES[:2]))
    facts = Facts(journeys=items, portfolio=portfolio, calendar=UTC, as_of=a_moment("2026-08-03"))
    rows = metric_rows(items, portfolio=portfolio, calendar=UTC, as_of=facts.as_of, waiting_known=())
    spans = [Period(date(2026, 6, 1), TURN), Period(TURN, date(2026, 8, 1))]
    months = {
        (row["metric"], row["level"], str(row["period_start"])): (row["value"], row["n_used"], row["n_in_scope"])
        for row in rows
        for span in spans
        if row["scope"] == "theme:a"
        and (str(row["period_start"]), str(row["period_end"])) == (str(span.start), str(span.end))
    }

    told = {
        (one.metric, one.level, str(one.period.start)): (one.value, one.n_used, one.n_in_scope)
        for name in {str(metric) for metric, *_ in months}
        for span in spans
        for one in take_apart(name, facts, scope=Scope("theme:a"), period=span, levels=("epic", "story"))
    }

    assert {level for _, level, _ in months} == {"epic", "story"}
    assert told == months
