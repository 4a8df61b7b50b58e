"""What happened to one item, for whoever wants to check its clock: stays, blocked and paused spans, other moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.change import Change
from domain.journey import Journey
from domain.links import Blocking
from domain.work_item import FlowState, HeldItem
from domain.workflow import Workflow
from metrics.journeys import NOWHERE, holds, trace

PLACING = ("key", "project", "type", "parent", "resolution", "labels", "components", "area", "team")
# fields whose changes may move an item to another level, theme, value stream, train or kind, or end it


FLAG = "its flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From one instant until another; None: it goes on. `by` says what blocked the item: keys, statuses, `FLAG`."""

    since: datetime
    until: datetime | None
    by: tuple[str, ...] = ()


def blocked_spans(
    held: HeldItem,
    changes: Sequence[Change],
    *,
    workflow: Workflow,
    as_of: datetime,
    blockings: Sequence[Blocking] = (),
) -> tuple[Span, ...]:
    """When the item was blocked and by what, oldest first: its journey is asked whenever something changed."""
    moments = {held.item.created_at, *(one.occurred_at for one in changes if one.field in ("status", "flagged"))}
    for blocking in blockings:
        for begun, ended in holds(blocking, workflow=workflow, as_of=as_of):
            moments |= {begun} if ended is None else {begun, ended}
    spans: list[Span] = []
    since: datetime | None = None
    by: dict[str, None] = {}
    for moment in sorted(one for one in moments if one <= as_of):
        then = trace(held, changes, workflow=workflow, placement=NOWHERE, as_of=moment, blockings=blockings)
        if then.is_blocked:
            since = since or moment
            by |= dict.fromkeys(_reasons(held, changes, then, moment, workflow=workflow, blockings=blockings))
        elif since is not None:
            spans.append(Span(since=since, until=moment, by=tuple(by)))
            since, by = None, {}
    if since is not None:
        spans.append(Span(since=since, until=None, by=tuple(by)))
    return tuple(spans)


def unheld_blockers(blockings: Iterable[Blocking], *, as_of: datetime) -> list[str]:
    """What a link said to block an item by `as_of`, though we do not hold it: it counts as blocking nothing."""
    return sorted({one.name for one in blockings if one.blocker is None and one.since <= as_of})


def _reasons(
    held: HeldItem,
    changes: Sequence[Change],
    then: Journey,
    moment: datetime,
    *,
    workflow: Workflow,
    blockings: Sequence[Blocking],
) -> Iterator[str]:
    if workflow.is_blocked_state(source=held.item.source, name=then.status):
        yield then.status
    elif trace(held, changes, workflow=workflow, placement=NOWHERE, as_of=moment).is_blocked:
        yield FLAG
    for blocking in blockings:
        spans = holds(blocking, workflow=workflow, as_of=moment)
        if blocking.blocker is not None and any(until is None for _, until in spans):
            yield blocking.blocker.item.key


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
