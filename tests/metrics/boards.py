"""A portfolio kanban over two trackers' statuses, and epics that moved on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from domain.board import Board
from domain.journey import Journey
from domain.work_item import FlowState, HistoryState
from domain.workflow import StateRules, Workflow
from tests.builders import NOW, SOURCE, a_placement, an_item

MEANING = {
    "idea": FlowState.NEW, "new": FlowState.NEW, "reviewing": FlowState.ACTIVE, "in review": FlowState.ACTIVE,
    "analysing": FlowState.ACTIVE, "approved": FlowState.WAITING, "implementing": FlowState.ACTIVE,
    "mvp": FlowState.ACTIVE, "parked": FlowState.WAITING, "done": FlowState.DONE, "closed": FlowState.DONE,
    "dropped": FlowState.CANCELLED, "template": FlowState.IGNORE,
}  # fmt: skip
LIMITS = {"reviewing": 2, "analysing": 2}
BOARD = Board(
    states=("funnel", "reviewing", "analysing", "ready", "implementing", "done"),
    by_status={
        "idea": "funnel", "new": "funnel", "reviewing": "reviewing", "in review": "reviewing",
        "analysing": "analysing", "approved": "ready", "implementing": "implementing", "mvp": "implementing",
        "done": "done",
    },
    commits="implementing",
    approving=("Approved",),
)  # fmt: skip


def an_epic(
    *moves: tuple[str, str],
    key: str = "E-1",
    created: str = "2026-01-01",
    begins: str = "idea",
    removed: str | None = None,
    history: HistoryState = HistoryState.COMPLETE,
    source: str = SOURCE,
    values: Mapping[str, int] | None = None,
    fields: Mapping[str, str] | None = None,
    owner: str | None = None,
    as_of: object = NOW,
) -> Journey:
    """An epic that moved between statuses of MEANING on these days."""
    told = an_item(
        *moves, key=key, created=created, begins=begins, removed=removed, history=history, source=source,
        placement=a_placement(level="epic"),
    )  # fmt: skip
    workflow = Workflow(rules={source: StateRules(states=MEANING)}, statuses=())
    journey = told.journey(workflow=workflow, as_of=as_of)  # type: ignore[arg-type] # a moment or its text
    return replace(
        journey,
        owner=owner,
        values={name: Decimal(value) for name, value in (values or {}).items()},
        fields=fields or {},
    )


def scored(value: int, size: int | None, **more: int) -> dict[str, int]:
    """Scores whose cost of delay is a value; the other two parts are 1."""
    found = {"business_value": value - 2, "time_criticality": 1, "risk_reduction": 1, **more}
    return found if size is None else {**found, "job_size": size}
