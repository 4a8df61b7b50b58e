"""What happened to one item, for whoever wants to check its clock: stays, blocked and paused spans, other moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.change import Change
from domain.journey import Journey
from domain.work_item import FlowState, HeldItem
from domain.workflow import Workflow
from metrics.journeys import NOWHERE, trace

PLACING = ("key", "project", "type", "parent", "resolution", "labels", "components", "area", "team")
# fields whose changes may move an item to another level, theme, value stream, train or kind, or end it


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From one instant until another; None: it goes on."""

    since: datetime
    until: datetime | None


def blocked_spans(
    held: HeldItem, changes: Sequence[Change], *, workflow: Workflow, as_of: datetime
) -> tuple[Span, ...]:
    """When the item was blocked, oldest first: its journey is asked at every instant at which something changed."""
    moments = {held.item.created_at, *(one.occurred_at for one in changes if one.field in ("status", "flagged"))}
    spans: list[Span] = []
    since = None
    for moment in sorted(one for one in moments if one <= as_of):
        then = trace(held, changes, workflow=workflow, placement=NOWHERE, as_of=moment)
        if then.is_blocked:
            since = since or moment
        elif since is not None:
            spans.append(Span(since=since, until=moment))
            since = None
    if since is not None:
        spans.append(Span(since=since, until=None))
    return tuple(spans)


def paused_spans(journey: Journey) -> tuple[Span, ...]:
    """When the item was back in new after it had started, oldest first."""
    started_at = journey.started_at
    if started_at is None:
        return ()
    return tuple(
        Span(since=visit.entered_at, until=visit.left_at)
        for visit in journey.visits
        if visit.flow_state is FlowState.NEW and visit.entered_at > started_at
    )


def placing_changes(changes: Iterable[Change], *, as_of: datetime) -> list[Change]:
    """The changes up to an instant that may move the item to another place, oldest first."""
    return [
        one for one in changes if one.occurred_at <= as_of and (one.field in PLACING or one.field.startswith("fields."))
    ]


def family(journey: Journey, journeys: Iterable[Journey]) -> list[Journey]:
    """The children of an item, in the order of their start."""
    children = [one for one in journeys if one.parent_id == journey.id]
    return sorted(children, key=lambda one: (one.started_at is None, one.started_at or one.created_at, one.key))


def lineage(journey: Journey, journeys: Iterable[Journey]) -> list[Journey]:
    """The item, and everything above it; a circle ends where it began."""
    known = {one.id: one for one in journeys}
    line = [journey]
    seen = {journey.id}
    while (above := line[-1].parent_id) is not None and above in known and above not in seen:
        seen.add(above)
        line.append(known[above])
    return line
