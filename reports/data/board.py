"""The portfolio kanban, row by row: the epics on it, what came and went, the order, what delay costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from domain.board import Policy
from metrics.policies import has_business_case
from reports.reckoning import Reckoning
from reports.render.csv import Value

EPICS = (
    "source", "key", "title", "state", "status", "since", "days_in_state", "days_in_all", "is_old", "is_stuck",
    "theme", "owner", "wsjf", "business_case", "lacks", "should_have_had", "is_blocked", "flagged_on",
)  # fmt: skip
DONE = ("source", "key", "title", "state", "done_on", "lacks")
WEEKS = ("state", "limit", "week_start", "entered", "left")
ORDER = ("source", "key", "place_today", "place_by_wsjf", "wsjf", "cost_of_delay", "size", "today_by")
DELAYS = (
    "source", "key", "profile", "per_week_minor", "at_once_minor", "currency", "needed_on", "done_on", "is_forecast",
    "cost_minor", "approved_on", "queue_cost_minor", "weeks", "cd3_minor",
)  # fmt: skip


def _epics(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every epic on the board; an empty number is not known, and not 0."""
    board = numbers.board
    checked = {one.standing.journey.id: one for one in board.policies.epics} if board is not None else {}
    for one in board.kanban.standing if board is not None else ():
        assert board is not None
        epic, gaps = numbers.items[one.journey.id], checked.get(one.journey.id)
        flagged = numbers.book.flagged_at.get(epic.id)
        score = board.scores.get(epic.id)
        yield (
            epic.id.source, epic.key, epic.title, one.state, epic.status, _day(one.since), one.days, one.total_days,
            _truth(one.is_old), _truth(one.is_stuck), "; ".join(sorted(epic.placement.themes)), epic.owner,
            None if score is None else round(score, 4), _truth(has_business_case(one.journey, board.seen)),
            "; ".join(_name(gap.policy) for gap in gaps.gaps if not gap.has_left) if gaps else "",
            "; ".join(_name(gap.policy) for gap in gaps.slipped) if gaps else "", _truth(epic.is_blocked),
            _day(numbers.book.calendar.day(flagged) if flagged is not None else None),
        )  # fmt: skip


def _done(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """The epics that were done of late, with what being done needs and they lack."""
    board = numbers.board
    checked = {one.standing.journey.id: one for one in board.policies.epics} if board is not None else {}
    for one in board.kanban.done if board is not None else ():
        epic, gaps = numbers.items[one.journey.id], checked.get(one.journey.id)
        lacks = "; ".join(_name(gap.policy) for gap in gaps.gaps) if gaps else ""
        yield epic.id.source, epic.key, epic.title, one.state, _day(one.since), lacks


def _weeks(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    board = numbers.board
    for state in board.kanban.states if board is not None else ():
        assert board is not None
        for week, (entered, left) in zip(board.weeks, board.moved[state.name], strict=True):
            yield state.name, state.limit, week.start.isoformat(), entered, left


def _order(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    board = numbers.board
    for one in board.order.epics if board is not None else ():
        assert board is not None
        epic = numbers.items[one.journey.id]
        job = one.job
        yield (
            epic.id.source, epic.key, one.now, one.best, round(job.score, 4), job.cost_of_delay, job.size,
            board.order.by,
        )  # fmt: skip


def _delays(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    board = numbers.board
    for one in board.delays.epics if board is not None else ():
        epic, delay = numbers.items[one.journey.id], one.delay
        yield (
            epic.id.source, epic.key, delay.profile, delay.per_week, delay.at_once, numbers.book.portfolio.currency,
            _day(one.needed), _day(one.done_on), _truth(one.is_forecast), one.cost, _day(one.approved_on), one.queue,
            delay.weeks, None if one.cd3 is None else round(one.cd3, 2),
        )  # fmt: skip


def _name(policy: Policy) -> str:
    return f"{policy.check} {policy.of}".strip()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _truth(value: bool) -> str:
    return "true" if value else "false"


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "kanban-epics": (EPICS, _epics),
    "kanban-done": (DONE, _done),
    "kanban-weeks": (WEEKS, _weeks),
    "kanban-order": (ORDER, _order),
    "kanban-delays": (DELAYS, _delays),
}
