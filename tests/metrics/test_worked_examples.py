"""The worked examples T1 to T27 of the definitions, each with the tests that hold us to it.

An example that no test proves fails here; so does a test that is gone, or that no longer says which example it proves.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLES: dict[str, tuple[str, ...]] = {
    "T1": (
        "test_flow_time.py::test_a_day_begins_where_the_portfolio_lives",
        "test_flow_time.py::test_a_day_begins_where_its_value_stream_lives",
    ),
    "T2": (
        "test_flow_time.py::test_the_change_of_the_clocks_takes_an_hour_and_no_day",
        "test_flow_time.py::test_each_stream_changes_its_clocks_on_its_own_day",
    ),
    "T3": (
        "test_flow_time.py::test_days_are_counted_on_one_of_two_bases",
        "test_flow_time.py::test_the_free_days_of_the_stream_are_those_not_worked",
    ),
    "T4": ("test_journeys.py::test_a_reopened_item_runs_from_its_first_start_to_its_last_finish",),
    "T5": (
        "test_journeys.py::test_an_item_moved_back_to_the_backlog_keeps_its_clock_and_is_paused",
        "test_journeys.py::test_the_policy_last_restarts_the_clock_at_the_last_start",
    ),
    "T6": ("test_percentiles.py::test_a_percentile_is_the_value_at_its_nearest_rank",),
    "T7": (
        "test_flow_load.py::test_counts_what_is_in_progress_when_the_day_ends_and_what_was_there_at_all",
        "test_flow_load.py::test_mean_presence_is_throughput_times_mean_flow_time",
    ),
    "T8": (
        "test_journeys.py::test_an_hour_blocked_in_a_queue_counts_once",
        "test_flow_shape.py::test_an_idle_hour_counts_once_whatever_its_reasons",
        "test_flow_shape.py::test_is_measured_over_all_items_together_and_not_as_a_mean_of_items",
    ),
    "T9": ("test_flow_shape.py::test_shares_of_what_finished_add_up_to_100",),
    "T10": (
        "test_predictability.py::test_a_team_brings_committed_and_uncommitted_value_of_what_it_committed",
        "test_predictability.py::test_a_train_is_the_sum_of_its_teams_and_not_their_mean",
        "test_commitment.py::test_an_objective_that_is_added_after_the_start_counts_as_uncommitted",
        "test_commitment.py::test_a_train_is_neither_the_mean_of_its_teams_nor_blind_to_who_committed",
        "test_commitment.py::test_a_plan_that_is_lowered_after_the_start_stays_as_it_was",
        "test_commitment.py::test_what_is_dropped_on_the_way_keeps_its_plan_and_brings_nothing",
        "test_commitment.py::test_what_nobody_scored_yet_is_pending_and_not_zero",
    ),
    "T11": (
        "test_bottleneck.py::test_shares_are_of_the_time_in_all_states",
        "test_bottleneck.py::test_the_largest_share_with_a_growing_queue_is_the_constraint_to_observe",
    ),
    "T12": (
        "test_forecasts.py::test_a_percentile_is_the_first_day_that_so_many_trials_reach",
        "test_forecasts.py::test_a_surer_promise_is_a_smaller_one",
    ),
    "T13": (
        "test_forecasts.py::test_are_independent_or_rise_and_fall_together",
        "test_forecasts.py::test_a_delivery_is_as_likely_as_its_worst_row_by_team",
    ),
    "T14": ("test_forecasts.py::test_trials_that_do_not_finish_in_time_count_and_have_no_date",),
    "T15": (
        "test_wsjf.py::test_the_largest_cost_of_delay_for_its_size_comes_first",
        "test_wsjf.py::test_what_an_order_costs",
    ),
    "T16": ("test_wsjf.py::test_an_ice_cream_stand_earns_more_when_the_larger_return_comes_first",),
    "T17": ("test_wsjf.py::test_being_late_costs_its_rate_for_each_week",),
    "T18": (
        "test_value.py::test_is_the_way_made_of_the_way_to_go",
        "test_value.py::test_a_straight_line_says_what_to_expect",
        "test_value.py::test_the_portfolio_is_measured_against_the_plan_to_date_and_the_whole_plan",
    ),
    "T19": (
        "test_value.py::test_is_the_weighted_mean_of_its_key_results",
        "test_value.py::test_leaves_out_what_is_not_measured_and_says_so",
    ),
    "T20": ("test_flow_shape.py::test_the_distance_of_two_distributions_is_half_of_all_differences",),
    "T21": (
        "test_flow_shape.py::test_apportions_money_to_the_last_cent",
        "test_spend.py::test_money_follows_the_days_on_which_items_were_in_progress",
        "test_spend.py::test_by_count_the_same_quarter_reads_otherwise",
        "test_spend.py::test_odd_cents_go_to_the_name_that_sorts_first",
        "test_spend.py::test_an_epic_has_its_share_of_the_days",
    ),
    "T23": ("test_risk.py::test_exposure_is_what_is_left_of_each_risk",),
    "T22": ("test_load_capacity.py::test_is_what_is_planned_by_what_half_of_all_trials_finish",),
    "T24": ("test_flow_shape.py::test_limits_follow_the_moving_range_and_are_not_rounded",),
    "T25": ("test_calibration.py::test_is_the_share_of_dates_that_were_met",),
    "T26": ("test_forecasts.py::test_a_median_twice_of_what_was_done_is_asked_about",),
    "T27": (
        "test_value.py::test_coverage_by_items_is_the_aligned_share_of_what_finished",
        "test_value.py::test_coverage_by_epics_is_the_aligned_share_of_what_is_open",
    ),
}


def sources_of(name: str) -> dict[str, str]:
    """The source of each test of a file, with its decorators, by its name."""
    path = HERE / name
    source = path.read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            begin = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found[node.name] = "\n".join(source.splitlines()[begin - 1 : node.end_lineno])
    return found


def test_every_worked_example_has_a_test() -> None:
    assert EXAMPLES.keys() == {f"T{number}" for number in range(1, 28)}
    assert all(EXAMPLES.values())


@pytest.mark.parametrize(("example", "where"), [(one, where) for one, tests in EXAMPLES.items() for where in tests])
def test_the_test_of_a_worked_example_is_there_and_names_it(example: str, where: str) -> None:
    file, _, name = where.partition("::")

    found = sources_of(file)

    assert name in found, f"{example}: {where} is gone; name the test that proves it"
    assert re.search(rf"\b{example}b?\b", found[name]), f"{where} no longer says that it proves {example}"
