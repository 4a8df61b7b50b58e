"""Definition 3.1: when an item started and finished, and what it did between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.journey import Spans, StartPolicy
from domain.links import Blocking
from domain.work_item import FlowState, HistoryState, ItemId
from domain.workflow import StateRules, Workflow
from metrics.flow_time import flow_days
from metrics.journeys import NOWHERE, as_it_counts, derive_clocks, trace_all, union
from metrics.table import change_rows
from tests.builders import MEANINGS, NOW, SOURCE, Told, a_calendar, a_journey, a_moment, a_workflow, an_item

HOUR = 3600
DAY = 24 * HOUR


def test_a_reopened_item_runs_from_its_first_start_to_its_last_finish() -> None:
    """T4."""
    item = an_item(
        ("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-12", "in progress"), ("2026-01-20", "done")
    )

    journey = item.journey()

    assert journey.started_at == a_moment("2026-01-05")
    assert journey.finished_at == a_moment("2026-01-20")
    assert journey.reopen_count == 1
    assert flow_days(journey, calendar=a_calendar()) == 16
    assert journey.spans == Spans(
        active=12 * DAY, idle_done=3 * DAY, per_state={"in progress": 12 * DAY, "done": 3 * DAY}
    )


def test_an_item_moved_back_to_the_backlog_keeps_its_clock_and_is_paused() -> None:
    """T5, policy first."""
    item = an_item(
        ("2026-01-05", "in progress"), ("2026-01-08", "to do"), ("2026-01-15", "in progress"), ("2026-01-20", "done")
    )

    journey = item.journey()

    assert flow_days(journey, calendar=a_calendar()) == 16
    assert journey.spans.paused == 7 * DAY
    assert journey.reopen_count == 0


def test_the_policy_last_restarts_the_clock_at_the_last_start() -> None:
    """T5, policy last."""
    item = an_item(
        ("2026-01-05", "in progress"), ("2026-01-08", "to do"), ("2026-01-15", "in progress"), ("2026-01-20", "done")
    )

    journey = item.journey(policy=StartPolicy.LAST)

    assert flow_days(journey, calendar=a_calendar()) == 6
    assert journey.first_started_at == a_moment("2026-01-05")
    assert journey.last_started_at == a_moment("2026-01-15")


def test_a_reopening_is_no_new_start_under_either_policy() -> None:
    item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-12", "in progress"))

    journey = item.journey(policy=StartPolicy.LAST)

    assert journey.started_at == a_moment("2026-01-05")


def test_moves_between_waiting_and_active_are_no_entries() -> None:
    item = an_item(("2026-01-05", "review"), ("2026-01-06", "in progress"), ("2026-01-07", "review"))

    journey = item.journey(policy=StartPolicy.LAST)

    assert journey.started_at == a_moment("2026-01-05")


def test_moves_between_two_done_states_do_not_date_the_finish_again() -> None:
    item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-20", "released"))

    journey = item.journey()

    assert journey.finished_at == a_moment("2026-01-09")
    assert journey.reopen_count == 0


@pytest.mark.parametrize("history", [HistoryState.COMPLETE, HistoryState.GAP])
@pytest.mark.parametrize(
    ("means_the_same", "stays"), [(True, ["in progress", "done"]), (False, ["in progress", "in progress", "done"])]
)
def test_a_status_that_only_got_another_id_is_one_stay(
    means_the_same: bool, stays: list[str], history: HistoryState
) -> None:
    """Azure DevOps names a status by project and type, so an item that becomes a bug changes its status's id."""
    moves = (("2026-01-05", "in progress"), ("2026-01-09", "in progress"), ("2026-01-20", "done"))
    item = an_item(*moves, history=history)
    as_story, as_bug, finish = item.changes
    changes = (as_story, as_bug._replace(to_id="a bug's"), finish._replace(from_id="a bug's"))
    own = {} if means_the_same else {"a bug's": FlowState.WAITING}
    workflow = Workflow(rules={SOURCE: StateRules(states=MEANINGS | own)}, statuses=())

    journey = replace(item, changes=changes).journey(workflow=workflow)

    assert [one.status for one in journey.visits if one.flow_state is not FlowState.NEW] == stays
    assert journey.started_at == a_moment("2026-01-05")
    rows = change_rows([(one, "PAY-9") for one in changes], workflow=workflow)
    assert [row["to_value"] for row in rows] == stays


def test_a_reopened_item_is_not_finished_until_it_is_done_again() -> None:
    item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-12", "to do"))

    journey = item.journey()

    assert journey.finished_at is None
    assert journey.reopen_count == 1
    assert journey.excluded_reason is None


def test_names_finished_items_that_nobody_was_seen_to_begin() -> None:
    item = an_item(("2026-03-05", "done"), key="PAY-9")

    journey = item.journey()

    assert journey.finished_at == a_moment("2026-03-05")
    assert journey.started_at is None
    assert journey.excluded_reason == "no_start"


def test_starting_and_finishing_in_one_instant_is_no_start() -> None:
    item = an_item(("2026-03-05T10:00", "in progress"), ("2026-03-05T10:00", "done"))

    journey = item.journey()

    assert (journey.started_at, journey.excluded_reason) == (None, "no_start")
    assert journey.spans == Spans()


def test_an_item_created_in_progress_started_when_it_was_created() -> None:
    item = an_item(("2026-01-09", "done"), created="2026-01-05", begins="in progress")

    journey = item.journey()

    assert journey.started_at == a_moment("2026-01-05")


@pytest.mark.parametrize("first_state", [False, True], ids=["implied by the first move", "told as a change"])
def test_the_first_state_is_a_visit_from_creation_on(first_state: bool) -> None:
    item = an_item(("2026-01-05", "in progress"), created="2026-01-02", first_state=first_state)

    journey = item.journey()

    assert [(visit.status, visit.entered_at, visit.left_at) for visit in journey.visits] == [
        ("to do", a_moment("2026-01-02"), a_moment("2026-01-05")),
        ("in progress", a_moment("2026-01-05"), None),
    ]


def test_an_item_that_never_moved_has_been_where_it_is_since_it_was_created() -> None:
    item = an_item(created="2026-01-02", begins="review")

    journey = item.journey()

    assert journey.flow_state is FlowState.WAITING
    assert journey.started_at == a_moment("2026-01-02")


class TestCancelled:
    def test_work_given_up_is_neither_finished_nor_open(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "dropped"))

        journey = item.journey()

        assert journey.finished_at is None
        assert journey.cancelled_at == a_moment("2026-01-09")
        assert journey.excluded_reason == "cancelled"
        assert not journey.is_open
        assert journey.spans.active == 4 * DAY

    def test_a_resolution_of_the_list_cancels_even_in_done(self) -> None:
        item = an_item(
            ("2026-01-05", "in progress"),
            ("2026-01-09", "done"),
            changes=[("2026-01-09", "resolution", None, "Won't Do")],
            resolution="Won't Do",
        )

        journey = item.journey()

        assert journey.flow_state is FlowState.CANCELLED
        assert journey.finished_at is None
        assert journey.cancelled_at == a_moment("2026-01-09")

    def test_work_taken_up_again_resumes_its_first_clock(self) -> None:
        item = an_item(
            ("2026-01-05", "in progress"),
            ("2026-01-09", "dropped"),
            ("2026-01-12", "in progress"),
            ("2026-01-20", "done"),
        )

        journey = item.journey(policy=StartPolicy.LAST)

        assert journey.started_at == a_moment("2026-01-05")
        assert journey.finished_at == a_moment("2026-01-20")
        assert journey.cancelled_at is None
        assert journey.reopen_count == 0
        assert journey.spans.idle_done == 3 * DAY

    def test_a_stay_in_done_that_was_cancelled_by_its_resolution_is_not_reopened(self) -> None:
        item = an_item(
            ("2026-01-05", "in progress"),
            ("2026-01-09", "done"),
            ("2026-01-12", "in progress"),
            changes=[
                ("2026-01-09", "resolution", None, "Won't Do"),
                ("2026-01-12", "resolution", "Won't Do", None),
            ],
        )

        journey = item.journey()

        assert journey.reopen_count == 0
        assert [visit.flow_state for visit in journey.visits][2] is FlowState.CANCELLED

    def test_a_move_from_done_to_cancelled_is_no_reopening(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), ("2026-01-12", "dropped"))

        journey = item.journey()

        assert journey.reopen_count == 0
        assert journey.cancelled_at == a_moment("2026-01-12")


class TestRemoved:
    def test_open_work_that_is_gone_is_excluded_from_that_day(self) -> None:
        item = an_item(("2026-01-05", "in progress"), removed="2026-02-01")

        journey = item.journey()

        assert journey.removed_at == a_moment("2026-02-01")
        assert journey.removed_reason == "deleted"
        assert journey.excluded_reason == "removed"
        assert not journey.is_open
        assert journey.spans.active == 27 * DAY

    def test_finished_history_stays(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), removed="2026-02-01")

        journey = item.journey()

        assert journey.finished_at == a_moment("2026-01-09")
        assert journey.excluded_reason is None

    def test_a_removal_that_had_not_happened_yet_is_not_known(self) -> None:
        item = an_item(("2026-01-05", "in progress"), removed="2026-02-01")

        journey = item.journey(as_of="2026-01-20")

        assert (journey.removed_at, journey.removed_reason, journey.excluded_reason) == (None, None, None)


class TestHistory:
    def test_without_history_a_done_item_finished_at_its_resolution_and_has_no_flow_time(self) -> None:
        item = an_item(status="done", resolved="2026-02-03", history=HistoryState.NONE, updated="2026-03-01")

        journey = item.journey()

        assert journey.finished_at == a_moment("2026-02-03")
        assert journey.started_at is None
        assert journey.excluded_reason == "no_history"

    def test_without_history_and_resolution_nobody_knows_when_it_finished(self) -> None:
        item = an_item(status="done", history=HistoryState.NONE)

        journey = item.journey()

        assert (journey.flow_state, journey.finished_at) == (FlowState.DONE, None)
        assert journey.excluded_reason == "no_history"

    def test_without_history_an_item_in_progress_has_been_there_since_it_was_last_touched(self) -> None:
        item = an_item(status="in progress", history=HistoryState.NONE, updated="2026-03-01")

        journey = item.journey()

        assert journey.started_at is None
        assert [(visit.status, visit.entered_at) for visit in journey.visits] == [
            ("in progress", a_moment("2026-03-01"))
        ]

    def test_without_history_nothing_is_known_of_the_time_before(self) -> None:
        item = an_item(status="done", resolved="2026-02-03", history=HistoryState.NONE, updated="2026-03-01")

        journey = item.journey(as_of="2026-01-15")

        assert (journey.flow_state, journey.finished_at) == (FlowState.UNKNOWN, None)

    def test_a_gap_keeps_the_item_out_of_flow_time_but_where_the_tracker_says_it_is(self) -> None:
        item = an_item(("2026-01-05", "in progress"), status="done", history=HistoryState.GAP, updated="2026-02-03")

        journey = item.journey()

        assert journey.flow_state is FlowState.DONE
        assert journey.excluded_reason == "history_gap"
        assert journey.finished_at == a_moment("2026-02-03")

    def test_a_gap_after_a_status_that_only_got_another_id_begins_where_that_was(self) -> None:
        item = an_item(("2026-01-05", "in progress"), status="done", history=HistoryState.GAP, updated="2026-02-03")
        same = item.changes[0]._replace(from_value="in progress", from_id="in progress")

        journey = replace(item, changes=(same,)).journey()

        assert [(one.status, one.flow_state) for one in journey.visits] == [
            ("in progress", FlowState.ACTIVE), ("done", FlowState.DONE)
        ]  # fmt: skip

    def test_an_imported_item_may_have_moved_before_it_was_created(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-20", "done"), created="2026-01-10")

        journey = item.journey()

        assert journey.visits[0].entered_at == journey.visits[0].left_at == a_moment("2026-01-05")
        assert (journey.started_at, journey.spans.active) == (a_moment("2026-01-05"), 15 * DAY)

    def test_a_gap_before_the_last_move_changes_nothing_else(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "done"), history=HistoryState.GAP)

        journey = item.journey()

        assert journey.finished_at == a_moment("2026-01-09")
        assert journey.excluded_reason == "history_gap"


class TestMeaning:
    def test_a_status_nobody_mapped_makes_the_item_unknown(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-09", "somewhere"))

        journey = item.journey()

        assert journey.flow_state is FlowState.UNKNOWN
        assert journey.excluded_reason == "unmapped"
        assert not journey.is_open

    def test_an_unmapped_status_before_the_start_may_have_been_the_start(self) -> None:
        item = an_item(("2026-01-05", "somewhere"), ("2026-01-07", "in progress"), ("2026-01-09", "done"))

        journey = item.journey()

        assert journey.excluded_reason == "unmapped"
        assert journey.finished_at == a_moment("2026-01-09")

    def test_an_unmapped_status_after_the_start_leaves_the_clock_alone(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-07", "somewhere"), ("2026-01-09", "done"))

        journey = item.journey()

        assert journey.excluded_reason is None
        assert journey.spans.active == 2 * DAY
        assert journey.spans.per_state == {"in progress": 2 * DAY, "somewhere": 2 * DAY}

    def test_ignored_items_are_named_as_such(self) -> None:
        item = an_item(("2026-01-05", "template"))

        journey = item.journey()

        assert (journey.flow_state, journey.excluded_reason) == (FlowState.IGNORE, "ignored")

    def test_ignored_time_is_in_no_span(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-06", "template"), ("2026-01-08", "in progress"))

        journey = item.journey(as_of="2026-01-09")

        assert journey.spans.active == 2 * DAY
        assert journey.spans.per_state == {"in progress": 2 * DAY, "template": 2 * DAY}


class TestSpans:
    def test_an_hour_blocked_in_a_queue_counts_once(self) -> None:
        """T8."""
        item = an_item(
            ("2026-01-05T00:00", "in progress"),
            ("2026-01-05T04:00", "review"),
            ("2026-01-05T07:00", "done"),
            flagged=[("2026-01-05T03:00", "2026-01-05T05:00")],
        )

        spans = item.journey().spans

        assert (spans.active, spans.waiting, spans.blocked) == (3 * HOUR, 2 * HOUR, 2 * HOUR)
        assert spans.per_state == {"in progress": 4 * HOUR, "review": 3 * HOUR}

    def test_a_flag_within_a_blocked_status_counts_once(self) -> None:
        item = an_item(
            ("2026-01-05T00:00", "in progress"),
            ("2026-01-05T04:00", "on hold"),
            ("2026-01-05T08:00", "in progress"),
            flagged=[("2026-01-05T03:00", "2026-01-05T05:00")],
        )

        journey = item.journey(as_of="2026-01-05T10:00")

        assert journey.spans.blocked == 5 * HOUR
        assert journey.spans.active == 5 * HOUR
        assert not journey.is_blocked

    def test_a_flag_still_raised_at_the_finish_ends_there(self) -> None:
        item = an_item(
            ("2026-01-05T00:00", "in progress"),
            ("2026-01-05T08:00", "done"),
            flagged=[("2026-01-05T06:00", None)],
        )

        journey = item.journey()

        assert (journey.spans.blocked, journey.spans.active) == (2 * HOUR, 6 * HOUR)
        assert not journey.is_blocked

    def test_a_flag_raised_before_the_start_counts_from_the_start(self) -> None:
        item = an_item(("2026-01-05T12:00", "in progress"), flagged=[("2026-01-04", None)])

        journey = item.journey(as_of="2026-01-05T14:00")

        assert journey.spans.blocked == 2 * HOUR
        assert journey.is_blocked

    def test_work_is_blocked_while_what_blocks_it_is_not_done(self) -> None:
        blocker = an_item(("2026-01-05T03:00", "in progress"), ("2026-01-05T05:00", "done"), key="PAY-2")
        item = an_item(
            ("2026-01-05T00:00", "in progress"),
            ("2026-01-05T08:00", "done"),
            blocked_by=[(blocker, "2026-01-05T02:00", None)],
        )

        at_four, at_six = item.journey(as_of="2026-01-05T04:00"), item.journey(as_of="2026-01-05T06:00")

        assert (at_four.spans.blocked, at_four.is_blocked) == (2 * HOUR, True)
        assert (at_six.spans.blocked, at_six.is_blocked) == (3 * HOUR, False)
        assert item.journey().spans.active == 5 * HOUR

    def test_a_link_a_flag_and_a_status_that_block_at_once_count_once(self) -> None:
        blocker = an_item(key="PAY-2")
        item = an_item(
            ("2026-01-05T00:00", "in progress"),
            ("2026-01-05T03:00", "on hold"),
            ("2026-01-05T05:00", "in progress"),
            flagged=[("2026-01-05T04:00", "2026-01-05T06:00")],
            blocked_by=[(blocker, "2026-01-05T02:00", "2026-01-05T07:00"), (blocker, "2026-01-05T01:00", None)],
        )

        assert item.journey(as_of="2026-01-05T10:00").spans.blocked == 9 * HOUR

    def test_a_link_that_still_blocks_at_the_finish_ends_there_and_counts_from_the_start(self) -> None:
        item = an_item(
            ("2026-01-05T06:00", "in progress"),
            ("2026-01-05T08:00", "done"),
            blocked_by=[(an_item(key="PAY-2"), "2026-01-04", None)],
        )

        journey = item.journey()

        assert (journey.spans.blocked, journey.spans.active, journey.is_blocked) == (2 * HOUR, 0, False)

    @pytest.mark.parametrize(
        ("blocker", "hours"),
        [
            pytest.param(an_item(key="PAY-2"), 10, id="never begun"),
            pytest.param(an_item(("2026-01-05T04:00", "dropped"), key="PAY-2"), 4, id="given up"),
            pytest.param(an_item(("2026-01-05T04:00", "template"), key="PAY-2"), 4, id="no work at all"),
            pytest.param(an_item(("2026-01-05T04:00", "who knows"), key="PAY-2"), 10, id="in a status nobody mapped"),
            pytest.param(an_item(key="PAY-2", removed="2026-01-05T04:00"), 4, id="removed"),
            pytest.param(
                an_item(("2026-01-05T04:00", "done"), ("2026-01-05T06:00", "in progress"), key="PAY-2"), 8,
                id="done, and reopened",
            ),
            pytest.param(an_item(key="PAY-2", created="2026-01-05T07:00"), 3, id="created later"),
        ],
    )  # fmt: skip
    def test_what_is_done_given_up_or_gone_blocks_no_more(self, blocker: Told, hours: int) -> None:
        item = an_item(("2026-01-05T00:00", "in progress"), blocked_by=[(blocker, "2026-01-05T00:00", None)])

        journey = item.journey(as_of="2026-01-05T10:00")

        assert journey.spans.blocked == hours * HOUR

    def test_a_blocker_that_we_do_not_hold_blocks_nothing(self) -> None:
        item = an_item(("2026-01-05T00:00", "in progress"))
        unknown = Blocking(name="ELSEWHERE-1", since=a_moment("2026-01-05"), until=None)

        journey = replace(item, blockings=(unknown,)).journey(as_of="2026-01-06")

        assert (journey.spans.blocked, journey.is_blocked) == (0, False)

    def test_a_flag_never_seen_to_be_raised_was_raised_at_creation(self) -> None:
        told = an_item(("2026-01-05", "in progress"))
        flagged = replace(told, held=replace(told.held, item=replace(told.held.item, flagged=True)))

        journey = flagged.journey(as_of="2026-01-06")

        assert journey.is_blocked
        assert journey.spans.blocked == DAY

    def test_blocked_comes_before_paused(self) -> None:
        item = an_item(("2026-01-05", "in progress"), ("2026-01-06", "to do"), flagged=[("2026-01-07", "2026-01-08")])

        spans = item.journey(as_of="2026-01-10").spans

        assert (spans.active, spans.paused, spans.blocked) == (DAY, 3 * DAY, DAY)

    def test_an_item_not_begun_has_no_spans(self) -> None:
        item = an_item(flagged=[("2026-01-07", "2026-01-08")])

        assert item.journey().spans == Spans()

    def test_joins_intervals_that_overlap_or_touch(self) -> None:
        assert union([(5, 7), (0, 3), (2, 4), (7, 9)]) == [(0, 4), (5, 9)]


class TestAsOf:
    """Any report can be made again as of any day: later changes only tell what was true before them."""

    ITEM = an_item(
        ("2026-01-05", "in progress"),
        ("2026-01-09", "done"),
        ("2026-01-12", "in progress"),
        ("2026-01-20", "done"),
        changes=[("2026-01-15", "type", "Bug", "Story"), ("2026-01-16", "parent", "PAY-100", "PAY-200")],
        parent="PAY-200",
    )

    @pytest.mark.parametrize(
        ("as_of", "state", "finished"),
        [
            pytest.param("2026-01-02", FlowState.NEW, None, id="before it started"),
            pytest.param("2026-01-08", FlowState.ACTIVE, None, id="in progress"),
            pytest.param("2026-01-09", FlowState.DONE, "2026-01-09", id="at its very finish"),
            pytest.param("2026-01-13", FlowState.ACTIVE, None, id="reopened"),
            pytest.param("2026-02-01", FlowState.DONE, "2026-01-20", id="finished again"),
        ],
    )
    def test_shows_the_item_as_it_stood(self, as_of: str, state: FlowState, finished: str | None) -> None:
        journey = self.ITEM.journey(as_of=as_of)

        assert journey.flow_state is state
        assert journey.finished_at == (a_moment(finished) if finished else None)

    def test_type_and_parent_are_those_of_that_day(self) -> None:
        before, after = self.ITEM.journey(as_of="2026-01-10"), self.ITEM.journey(as_of="2026-01-17")

        assert (before.type, before.parent_id) == ("Bug", ItemId("payments", "PAY-100"))
        assert (after.type, after.parent_id) == ("Story", ItemId("payments", "PAY-200"))

    @pytest.mark.parametrize(
        ("finished", "type", "parent"),
        [
            pytest.param("2026-01-09", "Bug", "PAY-100", id="filed elsewhere after it finished"),
            pytest.param("2026-01-20", "Story", "PAY-200", id="filed elsewhere before it finished"),
            pytest.param(None, "Story", "PAY-200", id="still open"),
        ],
    )
    def test_finished_work_counts_where_it_was_when_it_finished(
        self, finished: str | None, type: str, parent: str
    ) -> None:
        finished_at = a_moment(finished) if finished else None

        counted = as_it_counts(self.ITEM.held, self.ITEM.changes, finished_at=finished_at, as_of=NOW)

        assert (counted.item.type, counted.item.parent_id) == (type, parent)

    def test_an_item_that_was_never_filed_elsewhere_counts_as_it_is(self) -> None:
        told = an_item(("2026-01-09", "done"), parent="PAY-100")

        assert as_it_counts(told.held, told.changes, finished_at=None, as_of=NOW) is told.held

    def test_items_that_did_not_exist_yet_are_left_out(self) -> None:
        told = an_item(created="2026-03-01")

        traced = trace_all([told.held], told.changes, workflow=a_workflow(), as_of=a_moment("2026-02-01"))

        assert traced == []

    def test_traces_each_item_by_its_own_changes(self) -> None:
        told = [an_item(("2026-01-05", "done"), key="PAY-1"), an_item(("2026-01-06", "in progress"), key="PAY-2")]

        changes = [change for one in reversed(told) for change in one.changes]  # in any order of the items
        still = an_item(key="PAY-3")

        traced = trace_all([*(one.held for one in told), still.held], changes, workflow=a_workflow(), as_of=NOW)

        expected = [replace(one.journey(), placement=NOWHERE) for one in (*told, still)]
        assert [journey for journey, _ in traced] == sorted(expected, key=lambda journey: journey.id)
        assert {item.item.id for _, item in traced} == {one.held.item.id for one in (*told, still)}


class TestDerivedClocks:
    def test_an_epic_that_moved_keeps_its_own_clock(self) -> None:
        epic = a_journey("2026-02-01", "2026-03-01", key="EPIC", level="epic")
        child = a_journey("2026-01-05", "2026-04-01", key="A", parent="EPIC")

        told = {one.key: one for one in derive_clocks([epic, child])}

        assert told["EPIC"] == epic

    def test_an_epic_that_never_moved_starts_with_its_first_child(self) -> None:
        epic = a_journey(created="2026-01-01", key="EPIC", level="epic")
        children = [
            a_journey("2026-01-08", key="A", parent="EPIC"),
            a_journey("2026-01-05", "2026-01-07", key="B", parent="EPIC"),
        ]

        told = derive_clocks([epic, *children])[0]

        assert (told.clock, told.started_at, told.finished_at) == ("derived", a_moment("2026-01-05"), None)
        assert told.flow_state is FlowState.ACTIVE

    def test_a_done_epic_finishes_with_its_last_child(self) -> None:
        epic = an_item(begins="done", created="2026-01-01", key="EPIC").journey()
        children = [
            a_journey("2026-01-08", "2026-01-20", key="A", parent="EPIC"),
            a_journey("2026-01-05", "2026-01-07", key="B", parent="EPIC"),
            an_item(("2026-01-09", "dropped"), key="C", parent="EPIC").journey(),
        ]

        told = derive_clocks([epic, *children])[0]

        assert (told.clock, told.started_at) == ("derived", a_moment("2026-01-05"))
        assert told.finished_at == a_moment("2026-01-20")
        assert told.excluded_reason is None

    def test_a_done_epic_with_a_child_in_progress_has_no_derived_clock(self) -> None:
        epic = an_item(begins="done", created="2026-01-01", key="EPIC").journey()
        children = [
            a_journey("2026-01-08", key="A", parent="EPIC"),
            a_journey("2026-01-05", "2026-01-07", key="B", parent="EPIC"),
        ]

        told = derive_clocks([epic, *children])[0]

        assert told == epic

    def test_a_child_that_was_finished_and_removed_later_still_counts(self) -> None:
        epic = an_item(begins="done", created="2026-01-01", key="EPIC").journey()
        children = [
            a_journey("2026-01-05", "2026-01-30", key="A", parent="EPIC", removed="2026-03-01"),
            a_journey("2026-01-08", "2026-01-20", key="B", parent="EPIC"),
            a_journey("2026-01-02", key="GONE", parent="EPIC", removed="2026-01-03"),
        ]

        told = derive_clocks([epic, *children])[0]

        assert (told.started_at, told.finished_at) == (a_moment("2026-01-05"), a_moment("2026-01-30"))

    def test_a_done_epic_with_a_child_in_a_status_nobody_mapped_has_no_derived_clock(self) -> None:
        epic = an_item(begins="done", created="2026-01-01", key="EPIC").journey()
        children = [
            a_journey("2026-01-05", "2026-01-07", key="A", parent="EPIC"),
            replace(a_journey("2026-01-08", key="B", parent="EPIC"), flow_state=FlowState.UNKNOWN),
        ]

        assert derive_clocks([epic, *children])[0] == epic

    def test_children_nobody_began_are_left_behind_by_a_done_parent(self) -> None:
        epic = an_item(begins="done", created="2026-01-01", key="EPIC").journey()
        children = [
            a_journey("2026-01-05", "2026-01-07", key="A", parent="EPIC"),
            a_journey(key="B", parent="EPIC", created="2026-01-02"),
        ]

        told = {one.key: one for one in derive_clocks([epic, *children])}

        assert told["EPIC"].finished_at == a_moment("2026-01-07")
        assert told["B"].excluded_reason == "left_behind"

    def test_clocks_rise_through_every_level(self) -> None:
        epic = a_journey(created="2026-01-01", key="EPIC", level="epic")
        feature = a_journey(created="2026-01-01", key="FEATURE", level="feature", parent="EPIC")
        story = a_journey("2026-01-08", key="STORY", parent="FEATURE")

        told = {one.key: one for one in derive_clocks([epic, feature, story])}

        assert told["FEATURE"].started_at == told["EPIC"].started_at == a_moment("2026-01-08")

    def test_a_ring_of_parents_is_survived(self) -> None:
        ring = [a_journey(key="A", parent="B", level="feature"), a_journey(key="B", parent="A", level="feature")]

        assert derive_clocks(ring) == ring
