"""The four tables that other programs read: columns of `domain.tables`, one row a fact."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import tables
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Train, ValueStream
from metrics.alignment import coverage_flow
from metrics.catalogue import METRICS
from metrics.table import (
    Row,
    change_rows,
    complete_periods,
    flow_rows,
    flow_state_rows,
    item_rows,
    metric_rows,
    scopes,
)
from tests.builders import (
    NOW,
    SOURCE,
    a_benefit,
    a_calendar,
    a_journey,
    a_key_result,
    a_moment,
    a_placement,
    a_portfolio,
    a_reading,
    a_theme,
    a_workflow,
    an_item,
)

DAYS = st.integers(0, 60)
ITEM = an_item(
    ("2026-01-05T00:00", "in progress"),
    ("2026-01-05T04:00", "review"),
    ("2026-01-05T07:00", "done"),
    key="PAY-9",
    flagged=[("2026-01-05T03:00", "2026-01-05T05:00")],
    placement=a_placement(themes={"grow": "0.6"}, value_stream="policy", train="Cedar"),
    parent="PAY-1",
)
PARENT = an_item(key="PAY-1", placement=a_placement(level="feature"))


def test_an_item_row_has_the_declared_columns() -> None:
    told = [ITEM, PARENT]

    rows = list(item_rows([one.held for one in told], {one.held.item.id: one.journey() for one in told}))

    assert all(tuple(row) == tables.ITEMS for row in rows)
    assert rows[0] == rows[0] | {
        "source": SOURCE,
        "key": "PAY-9",
        "level": "story",
        "state": "done",
        "flow_state": "done",
        "parent_key": "PAY-1",
        "themes": '{"grow": 0.6}',
        "created_at": "2026-01-01T00:00:00Z",
        "started_at": "2026-01-05T00:00:00Z",
        "finished_at": "2026-01-05T07:00:00Z",
        "blocked": False,
        "removed_at": None,
    }
    assert rows[1]["finished_at"] is None


def test_a_change_row_tells_what_a_move_meant() -> None:
    rows = list(change_rows([(change, "PAY-9") for change in ITEM.changes], workflow=a_workflow()))

    assert all(tuple(row) == tables.CHANGES for row in rows)
    assert [(row["field"], row["from_flow_state"], row["to_flow_state"]) for row in rows] == [
        ("status", "new", "active"),
        ("flagged", None, None),
        ("status", "active", "waiting"),
        ("flagged", None, None),
        ("status", "waiting", "done"),
    ]


def test_a_flow_row_parts_the_seconds_from_start_to_finish() -> None:
    row = next(flow_rows([ITEM.journey()], calendar=a_calendar()))

    assert tuple(row) == tables.FLOW
    assert row == row | {
        "flow_time_days": 1,
        "elapsed_seconds": 7 * 3600,
        "active_seconds": 3 * 3600,
        "waiting_seconds": 2 * 3600,
        "blocked_seconds": 2 * 3600,
        "paused_seconds": 0,
        "excluded_reason": None,
    }


def test_what_was_not_seen_to_start_has_no_seconds_rather_than_none_of_them() -> None:
    unseen = an_item(("2026-03-05", "done")).journey()

    row = next(flow_rows([unseen], calendar=a_calendar()))

    assert (row["flow_time_days"], row["active_seconds"], row["excluded_reason"]) == (None, None, "no_start")


def test_there_is_a_row_for_each_status_that_an_item_stayed_in() -> None:
    rows = list(flow_state_rows([ITEM.journey()]))

    assert all(tuple(row) == tables.FLOW_STATES for row in rows)
    assert {(row["state"], row["flow_state"], row["seconds"]) for row in rows} == {
        ("in progress", "active", 4 * 3600),
        ("review", "waiting", 3 * 3600),
    }


def test_only_weeks_and_months_that_have_ended_are_complete() -> None:
    periods = complete_periods(date(2026, 1, 14), before=date(2026, 2, 1))

    assert periods == [
        Period(date(2026, 1, 12), date(2026, 1, 19)),
        Period(date(2026, 1, 19), date(2026, 1, 26)),
        Period(date(2026, 1, 1), date(2026, 2, 1)),
    ]


def test_the_scopes_are_the_portfolio_its_themes_value_streams_and_trains() -> None:
    portfolio = a_portfolio(
        themes=[a_theme("grow")],
        value_streams=[ValueStream(id="policy", name="Policy", trains=(Train(name="Cedar", matchers=()),))],
    )

    assert [scope.name for scope in scopes(portfolio)] == [
        "portfolio", "theme:grow", "value_stream:policy", "train:Cedar",
    ]  # fmt: skip


def version_of(name: str) -> int:
    return METRICS[re.sub(r"(_p\d+)?(:.*)?$", "", name)].version


class TestMetricRows:
    PORTFOLIO = a_portfolio(
        themes=[
            a_theme(
                "grow",
                target_share="0.5",
                key_results=[a_key_result(0, 10, id="nps", starts="2026-01-12")],
                benefits=[a_benefit(0, 10, id="sales", planned_amount=400, starts="2025-12-31", due="2026-01-30")],
            )
        ]
    )

    def rows(self, journeys: list[Journey], *, as_of: str = "2026-02-02T12:00") -> list[Row]:
        return list(
            metric_rows(
                journeys,
                portfolio=self.PORTFOLIO,
                calendar=a_calendar("Europe/Paris"),
                as_of=a_moment(as_of),
                waiting_known={SOURCE},
                readings=[a_reading(3, "2026-01-20")],
            )
        )

    def values(self, rows: list[Row], metric: str, **wanted: str) -> dict[object, object]:
        return {
            row["period_start"]: row["value"]
            for row in rows
            if row["metric"] == metric and all(row[name] == value for name, value in wanted.items())
        }

    def test_have_the_declared_columns_and_a_known_unit(self) -> None:
        rows = self.rows([ITEM.journey(as_of="2026-02-02T12:00")])

        assert all(tuple(row) == tables.METRICS for row in rows)
        assert all(row["definition_version"] == version_of(str(row["metric"])) for row in rows)
        assert {"throughput", "flow_time_p50", "flow_time_p85", "flow_time_p95", "flow_load", "flow_efficiency",
                "flow_distribution:feature", "alignment_items", "alignment_flow", "flow_share:grow", "theme_focus",
                "key_result:nps", "benefit:sales"} <= {row["metric"] for row in rows}  # fmt: skip

    def test_each_complete_week_and_month_has_its_value_and_none_is_zero_not_missing(self) -> None:
        rows = self.rows([ITEM.journey(), a_journey("2026-01-20", "2026-01-21", key="B")])

        weeks = self.values(rows, "throughput", scope="portfolio")

        assert weeks == {
            "2025-12-29": 0,
            "2026-01-05": 1,
            "2026-01-12": 0,
            "2026-01-19": 1,
            "2026-01-26": 0,
            "2026-01-01": 2,
        }

    def test_too_few_items_leave_the_percentile_empty_and_say_how_many_there_were(self) -> None:
        rows = self.rows([a_journey("2026-01-20", "2026-01-21", key=f"PAY-{n}") for n in range(5)])

        row = next(row for row in rows if row["metric"] == "flow_time_p85" and row["period_start"] == "2026-01-19")
        assert (row["value"], row["n_used"]) == (None, 5)
        assert self.values(rows, "flow_time_p50", scope="portfolio")["2026-01-19"] == 2

    def test_what_was_left_out_is_counted_by_reason(self) -> None:
        rows = self.rows([an_item(("2026-01-20", "done")).journey()])

        row = next(row for row in rows if row["metric"] == "flow_time_p50" and row["period_start"] == "2026-01-19")
        assert json.loads(str(row["excluded"])) == {"no_start": 1}
        assert (row["n_used"], row["n_in_scope"]) == (0, 1)

    def test_load_is_that_of_the_last_day_of_the_period(self) -> None:
        rows = self.rows([a_journey("2026-01-20", "2026-01-27", created="2026-01-02")])

        assert self.values(rows, "flow_load", scope="portfolio") == {
            "2025-12-29": 0,
            "2026-01-05": 0,
            "2026-01-12": 0,
            "2026-01-19": 1,
            "2026-01-26": 0,
            "2026-01-01": 0,
        }

    def test_alignment_is_in_percent_and_by_item_days(self) -> None:
        rows = self.rows(
            [
                a_journey("2026-01-19T12:00", "2026-01-22T12:00", key="A", themes={"grow": 1}),  # 3 days
                a_journey("2026-01-20T12:00", "2026-01-21T12:00", key="B"),  # 1 day
            ]
        )

        wanted = {"scope": "portfolio", "period_end": "2026-01-26"}
        assert self.values(rows, "alignment_flow", **wanted) == {"2026-01-19": Decimal(75)}
        assert self.values(rows, "alignment_items", **wanted) == {"2026-01-19": Decimal(50)}
        assert self.values(rows, "flow_share:grow", **wanted) == {"2026-01-19": Decimal(75)}
        assert self.values(rows, "theme_focus", **wanted) == {"2026-01-19": Decimal(25)}

    def test_key_results_are_told_at_the_end_of_each_period_with_what_was_read_by_then(self) -> None:
        rows = self.rows([ITEM.journey()])

        assert self.values(rows, "key_result:nps", scope="theme:grow") == {
            "2026-01-12": None,
            "2026-01-19": Decimal(30),
            "2026-01-26": Decimal(30),
            "2026-01-01": Decimal(30),
        }

    def test_an_objective_and_the_benefits_of_all_themes_are_told_beside_their_parts(self) -> None:
        rows = self.rows([ITEM.journey()])

        assert self.values(rows, "objective", scope="theme:grow")["2026-01-19"] == 30
        assert self.values(rows, "benefit:sales", scope="theme:grow")["2026-01-01"] == 30
        assert self.values(rows, "benefit_portfolio", scope="portfolio") == {
            "2025-12-29": None,
            "2026-01-05": None,
            "2026-01-12": None,
            "2026-01-19": 36,  # 30 % of 400 has come, where 25 of 30 days have gone
            "2026-01-26": 30,
            "2026-01-01": 30,
        }

    def test_a_share_of_nothing_is_unknown_and_no_share_of_something_is_zero(self) -> None:
        rows = self.rows([a_journey("2026-01-19T12:00", "2026-01-22T12:00", kind="debt"), a_journey(key="LATER")])

        shares = self.values(rows, "flow_share:grow", scope="portfolio")
        kinds = self.values(rows, "flow_distribution:feature", scope="portfolio")
        assert (shares["2026-01-19"], shares["2026-01-26"]) == (0, None)
        assert (kinds["2026-01-19"], kinds["2026-01-26"]) == (0, None)

    def test_each_level_has_rows_of_its_own(self) -> None:
        rows = self.rows([a_journey("2026-01-20", level=level, key=level) for level in ("epic", "story")])

        assert {row["level"] for row in rows if row["metric"] == "throughput"} == {"epic", "story"}

    @pytest.mark.parametrize("journeys", [[], [a_journey("2026-02-02", level="story")]], ids=["no items", "too new"])
    def test_without_a_complete_period_there_is_nothing_to_tell(self, journeys: list[Journey]) -> None:
        assert [row for row in self.rows(journeys) if row["metric"] == "throughput"] == []

    @given(
        st.lists(
            st.tuples(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.booleans()), min_size=1, max_size=8
        )
    )
    def test_agree_with_alignment_asked_of_each_period_alone(self, spells: list[tuple[int, int, bool, bool]]) -> None:
        begin = a_moment("2025-11-20T12:00")
        journeys = [
            a_journey(
                (begin + timedelta(days=after)).isoformat(),
                None if is_open else (begin + timedelta(days=after + taken)).isoformat(),
                key=f"PAY-{number}",
                created="2025-12-01",
                themes={"grow": 1} if serves else None,
            )
            for number, (after, taken, is_open, serves) in enumerate(spells)
        ]

        told = [row for row in self.rows(journeys) if (row["metric"], row["scope"]) == ("alignment_flow", "portfolio")]

        for row in told:
            period = Period(date.fromisoformat(str(row["period_start"])), date.fromisoformat(str(row["period_end"])))
            share = coverage_flow(journeys, period=period, calendar=a_calendar("Europe/Paris")).share
            assert row["value"] == (None if share is None else round(share * 100, 4))

    def test_agree_with_the_metrics_they_are_made_of_however_the_items_are_ordered(self) -> None:
        journeys = [
            a_journey(f"2026-01-{day:02}", f"2026-01-{day + 3:02}", key=f"PAY-{day}", themes={"grow": "0.3"})
            for day in range(1, 28)
        ]

        assert self.rows(journeys[::-1]) == self.rows(journeys)


def test_two_years_of_rows_end_at_the_instant_of_asking() -> None:
    rows = metric_rows(
        [a_journey("2024-01-03", "2026-03-01")],
        portfolio=a_portfolio(),
        calendar=a_calendar(),
        as_of=NOW,
        waiting_known=(),
    )

    assert max(str(row["period_end"]) for row in rows) == "2026-06-01"
