"""What happened to one item: when it was blocked or paused, what moved it, what is above and below it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.links import Blocking
from domain.work_item import ItemId
from metrics.timeline import Span, blocked_spans, family, lineage, paused_spans, placing_changes, unheld_blockers
from tests.builders import NOW, SOURCE, Told, a_journey, a_moment, a_workflow, an_item


def blocked(told: Told) -> list[tuple[str, str | None]]:
    spans = blocked_spans(told.held, told.changes, workflow=a_workflow(), as_of=NOW)
    return [(_day(span.since) or "", _day(span.until)) for span in spans]


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def test_flags_and_blocked_states_are_one_run_where_they_overlap() -> None:
    item = an_item(
        ("2026-03-02", "in progress"),
        ("2026-03-06", "on hold"),
        ("2026-03-12", "in progress"),
        flagged=[("2026-03-04", "2026-03-08"), ("2026-03-20", None)],
    )

    assert blocked(item) == [("2026-03-04", "2026-03-12"), ("2026-03-20", None)]


def test_an_item_that_is_done_is_blocked_no_more() -> None:
    item = an_item(("2026-03-02", "in progress"), ("2026-03-09", "done"), flagged=[("2026-03-04", None)])

    assert blocked(item) == [("2026-03-04", "2026-03-09")]


def test_an_item_nobody_blocked_has_no_span() -> None:
    assert blocked(an_item(("2026-03-02", "in progress"))) == []


def test_a_span_says_what_blocked_the_item_one_reason_after_another() -> None:
    blocker = an_item(("2026-03-08", "done"), key="PAY-2")
    away = Blocking(name="ELSEWHERE-1", since=a_moment("2026-03-01"), until=None)
    item = an_item(
        ("2026-03-02", "in progress"), ("2026-03-09", "on hold"), ("2026-03-12", "in progress"),
        flagged=[("2026-03-07", "2026-03-10")], blocked_by=[(blocker, "2026-03-03", None)],
    )  # fmt: skip
    linked = (*item.blockings, away)

    spans = blocked_spans(item.held, item.changes, workflow=a_workflow(), as_of=NOW, blockings=linked)

    assert spans == (
        Span(since=a_moment("2026-03-03"), until=a_moment("2026-03-12"), by=("PAY-2", "its flag", "on hold")),
    )
    assert unheld_blockers(linked, as_of=NOW) == ["ELSEWHERE-1"]


def test_a_return_to_new_is_a_pause_and_the_time_before_the_start_is_none() -> None:
    item = an_item(("2026-03-05", "in progress"), ("2026-03-08", "to do"), ("2026-03-15", "in progress"))

    assert paused_spans(item.journey()) == (Span(since=a_moment("2026-03-08"), until=a_moment("2026-03-15")),)


DAYS = st.integers(1, 20)


@given(st.lists(st.tuples(DAYS, DAYS), max_size=3))
def test_blocked_spans_add_up_to_the_blocked_seconds(flags: list[tuple[int, int]]) -> None:
    """Within an item in progress the spans are what the clock counts as blocked."""
    spells: list[tuple[str, str | None]] = []
    day = 2
    for wait, length in flags:
        spells.append((_on_day(day + wait), _on_day(day + wait + length)))
        day += wait + length
    item = an_item(("2026-01-02", "in progress"), created="2026-01-01", flagged=spells)

    spans = blocked_spans(item.held, item.changes, workflow=a_workflow(), as_of=NOW)

    assert sum((one.until - one.since).total_seconds() for one in spans if one.until) == item.journey().spans.blocked


def _on_day(number: int) -> str:
    return datetime.fromtimestamp(1_767_225_600 + 86_400 * number, tz=UTC).date().isoformat()


def test_only_changes_that_may_move_it_are_told_and_none_of_later() -> None:
    item = an_item(
        ("2026-03-02", "in progress"),
        changes=[
            ("2026-03-03", "parent", None, "PAY-9"),
            ("2026-03-04", "owner", "somebody", "somebody else"),
            ("2026-03-05", "fields.Strategic theme", None, "Grow"),
            ("2026-03-09", "type", "Story", "Bug"),
        ],
    )

    told = placing_changes(item.changes, as_of=a_moment("2026-03-08"))

    assert [one.field for one in told] == ["parent", "fields.Strategic theme"]


def test_what_is_above_an_item_is_told_and_a_circle_ends() -> None:
    top = a_journey(key="PAY-1", parent="PAY-2")
    middle = a_journey(key="PAY-2", parent="PAY-1")
    story = a_journey(key="PAY-3", parent="PAY-2")

    assert [one.key for one in lineage(story, [top, middle, story])] == ["PAY-3", "PAY-2", "PAY-1"]


def test_children_come_in_the_order_in_which_they_began() -> None:
    parent = a_journey(key="PAY-1")
    late = a_journey("2026-03-09", key="PAY-2", parent="PAY-1")
    never = a_journey(key="PAY-3", parent="PAY-1")
    early = a_journey("2026-03-02", key="PAY-4", parent="PAY-1")

    assert [one.key for one in family(parent, [never, late, parent, early])] == ["PAY-4", "PAY-2", "PAY-3"]
    assert parent.id == ItemId(SOURCE, "PAY-1")
