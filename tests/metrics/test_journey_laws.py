"""What holds of every journey, whatever the item did."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.journey import StartPolicy
from domain.work_item import FlowState
from metrics.flow_time import flow_days
from tests.builders import MEANINGS, Told, a_calendar, an_item
from tests.metrics.histories import BEGIN, END, HOURS, KNOWN, items


@given(items(KNOWN), st.sampled_from(StartPolicy))
def test_an_item_finishes_after_it_started_and_only_in_done(item: Told, policy: StartPolicy) -> None:
    journey = item.journey(as_of=END, policy=policy)

    assert (journey.finished_at is not None) == (journey.flow_state is FlowState.DONE)
    assert (journey.cancelled_at is not None) == (journey.flow_state is FlowState.CANCELLED)
    if journey.started_at and journey.finished_at:
        assert journey.started_at < journey.finished_at
    if journey.first_started_at and journey.last_started_at:
        assert journey.first_started_at <= journey.last_started_at


@given(items(KNOWN))
def test_every_second_from_start_to_end_is_in_one_span(item: Told) -> None:
    journey = item.journey(as_of=END)

    spans = journey.spans
    if journey.started_at is not None:
        ended_at = journey.finished_at or journey.cancelled_at or END
        elapsed = (ended_at - journey.started_at).total_seconds()
        assert spans.active + spans.waiting + spans.blocked + spans.paused + spans.idle_done == elapsed
        assert sum(spans.per_state.values()) == elapsed


@given(items(sorted(MEANINGS)))
def test_the_visits_are_one_unbroken_chain_from_creation_to_now(item: Told) -> None:
    visits = item.journey(as_of=END).visits

    assert visits[0].entered_at == BEGIN
    assert all(earlier.left_at == later.entered_at for earlier, later in pairwise(visits))
    assert visits[-1].left_at is None


@given(items(sorted(MEANINGS)), HOURS)
def test_the_past_does_not_depend_on_what_happened_later(item: Told, hours: int) -> None:
    as_of = BEGIN + timedelta(hours=hours)
    known = [change for change in item.changes if change.occurred_at <= as_of]
    at_that_time = an_item(
        *((change.occurred_at.isoformat(), change.to_value or "") for change in known if change.field == "status"),
        created=BEGIN.isoformat(),
        begins=item.journey(as_of=END).visits[0].status,
        changes=[
            (change.occurred_at.isoformat(), change.field, change.from_value, change.to_value)
            for change in known
            if change.field != "status"
        ],
        updated=item.held.item.updated_at.isoformat(),
    )

    assert item.journey(as_of=as_of) == at_that_time.journey(as_of=as_of)


@given(items(KNOWN))
def test_the_last_start_is_never_earlier_than_the_first_and_the_finish_is_the_same(item: Told) -> None:
    first, last = (item.journey(as_of=END, policy=policy) for policy in (StartPolicy.FIRST, StartPolicy.LAST))

    assert first.finished_at == last.finished_at
    assert (first.first_started_at, first.last_started_at) == (last.first_started_at, last.last_started_at)
    if first.started_at and last.started_at:
        assert first.started_at <= last.started_at
        days = [flow_days(journey, calendar=a_calendar("Europe/Paris")) for journey in (first, last)]
        assert days == [None, None] or (days[0] or 0) >= (days[1] or 0)
