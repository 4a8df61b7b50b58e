"""When an item started and finished, and what it did between: definition 3.1, decided here and nowhere else.

```
To Do ──> In Progress ──> Done ──> In Progress ──> Done
          started                                  finished      (one reopening)
```

An item *starts* when it first enters waiting or active, and *finishes* when it last enters done, provided that it
is in done at the instant of asking. Everything here is a plain function of one item's changes: no clock, no store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from domain.change import Change
from domain.journey import Journey, Placement, Spans, StartPolicy, Visit
from domain.links import Blocking
from domain.work_item import FlowState, HeldItem, HistoryState, ItemId, WorkItem
from domain.workflow import Workflow

DEFINITION_VERSION = 4

NOWHERE = Placement(level=None, kind="unclassified", themes={}, value_stream=None, train=None, team=None)
IN_PROGRESS = (FlowState.WAITING, FlowState.ACTIVE)
ENDED = (FlowState.DONE, FlowState.CANCELLED)
HOLDING = (FlowState.NEW, FlowState.WAITING, FlowState.ACTIVE, FlowState.UNKNOWN)  # of a blocker: it is not done

Interval = tuple[int, int]  # whole seconds since 1970, the end excluded


def trace(
    held: HeldItem,
    changes: Sequence[Change],
    *,
    workflow: Workflow,
    placement: Placement,
    as_of: datetime,
    policy: StartPolicy = StartPolicy.FIRST,
    blockings: Sequence[Blocking] = (),
) -> Journey:
    """Return the journey of one item as it stood at `as_of`.

    `changes` are all changes of the item, of all fields, oldest first (by `occurred_at`, then `sequence`); those after
    `as_of` only tell what was true before them. `placement` is taken as given. `blockings` are the links to what blocks
    the item: each blocks it while it stands and its other end is neither done, given up, ignored nor removed.
    To Do on 1 January, In Progress on 5, Done on 9, In Progress on 12, Done on 20: started on 5, finished on 20,
    one reopening.
    """
    item = held.item
    by_field: dict[str, list[Change]] = {}
    for change in changes:
        by_field.setdefault(change.field, []).append(change)
    visits = _visits(held, by_field, workflow=workflow, as_of=as_of)
    last = visits[-1] if visits else None
    state = last.flow_state if last else FlowState.UNKNOWN
    first_started_at, last_started_at = _starts(visits, history=held.history)
    started_at = first_started_at if policy is StartPolicy.FIRST else last_started_at
    finished_at = _entry(visits, FlowState.DONE, held=held)
    if started_at is not None and started_at == finished_at:  # nobody saw any work between
        started_at = None
    cancelled_at = _entry(visits, FlowState.CANCELLED, held=held)
    removed_at = held.removed_at if held.removed_at is not None and held.removed_at <= as_of else None
    blocked, is_blocked = _blocked(
        held, by_field.get("flagged", ()), visits=visits, blockings=blockings, workflow=workflow, as_of=as_of
    )
    ended = state in ENDED or removed_at is not None
    return Journey(
        id=item.id,
        key=item.key,
        url=item.url,
        title=item.title,
        type=_value_at(by_field.get("type"), as_of=as_of, now=item.type) or item.type,
        parent_id=_parent_at(held, by_field.get("parent"), as_of=as_of),
        owner=item.owner,
        placement=placement,
        status=last.status if last else item.status,
        status_id=(last.status_id if last else item.status_id) or "",
        flow_state=state,
        history=held.history,
        created_at=item.created_at,
        updated_at=touched_at(held, changes, as_of=as_of),
        first_started_at=first_started_at,
        last_started_at=last_started_at,
        started_at=started_at,
        finished_at=finished_at,
        cancelled_at=cancelled_at,
        removed_at=removed_at,
        removed_reason=held.removed_reason if removed_at else None,
        reopen_count=_reopenings(visits),
        is_blocked=is_blocked and not ended,
        excluded_reason=_excluded_reason(
            held, visits, started_at=started_at, finished_at=finished_at, removed=removed_at
        ),
        visits=visits,
        spans=_spans(
            visits, blocked, started_at=started_at, ended_at=finished_at or cancelled_at or removed_at or as_of
        ),
        values=item.values,
        due_on=item.due_on,
        fields=item.fields,
    )


def touched_at(held: HeldItem, changes: Iterable[Change], *, as_of: datetime) -> datetime:
    """When the item was last touched, as far as was known at `as_of`.

    A tracker tells its last touch alone. Of an earlier instant the newest change by then speaks, and the creation where
    there was none. A touch that lies after its own reading is a wrong date, which no looking back explains: it stays.
    Moved on 3 March, commented on 9 March: on 5 March it was last touched on 3 March.
    """
    item = held.item
    if item.updated_at <= as_of or held.known_at <= as_of:
        return item.updated_at
    return max([item.created_at, *(one.occurred_at for one in changes if one.occurred_at <= as_of)])


def trace_all(
    held: Iterable[HeldItem],
    changes: Iterable[Change],
    *,
    workflow: Workflow,
    as_of: datetime,
    policy: StartPolicy = StartPolicy.FIRST,
    blockings: Mapping[ItemId, Sequence[Blocking]] | None = None,
) -> list[tuple[Journey, HeldItem]]:
    """Trace every item that existed at `as_of`; sorted by item. Beside each journey stands the item as it counts.

    `changes` come item by item, each item's oldest first, so that only one item's are in memory at a time. Journeys
    are nowhere yet: place the items as they count, and give each journey its place.
    """
    waiting = {one.item.id: one for one in held if one.item.created_at <= as_of}
    linked = blockings or {}

    def traced(one: HeldItem, its_changes: Sequence[Change]) -> tuple[Journey, HeldItem]:
        journey = trace(
            one, its_changes, workflow=workflow, placement=NOWHERE, as_of=as_of, policy=policy,
            blockings=linked.get(one.item.id, ()),
        )  # fmt: skip
        return journey, as_it_counts(one, its_changes, finished_at=journey.finished_at, as_of=as_of)

    found = []
    for item_id, its_changes in groupby(changes, key=lambda change: change.item_id):
        one = waiting.pop(item_id, None)
        if one is not None:
            found.append(traced(one, list(its_changes)))
    found += [traced(one, ()) for one in waiting.values()]  # items that nothing has ever happened to
    return sorted(found, key=lambda pair: pair[0].id)


def as_it_counts(
    held: HeldItem, changes: Sequence[Change], *, finished_at: datetime | None, as_of: datetime
) -> HeldItem:
    """The item with the type and the parent that count: those it had when it finished, or at `as_of` while it is open.

    Place these items rather than today's, so that finished work stays where it was when somebody files it elsewhere.
    """
    at = finished_at or as_of
    kinds = [change for change in changes if change.field == "type"]
    parents = [change for change in changes if change.field == "parent"]
    kind = _value_at(kinds, as_of=at, now=held.item.type) or held.item.type
    parent = _parent_at(held, parents, as_of=at)
    parent_id = parent.external_id if parent else None
    if kind == held.item.type and parent_id == held.item.parent_id:
        return held
    return replace(held, item=replace(held.item, type=kind, parent_id=parent_id))


def derive_clocks(journeys: Iterable[Journey]) -> list[Journey]:
    """Give items that never moved themselves the clock of their children, from the lowest level up.

    An item whose own status never changed starts with its first child and finishes with its last, provided that it is
    done itself and so is every child that was begun and not given up, none of them in a status that nobody mapped; its
    `clock` then says `derived`. A child that was finished and has been removed since counts as it did. Children that
    nobody began under a parent that is done are `left_behind`. The order of the journeys is kept.
    """
    known = {journey.id: journey for journey in journeys}
    children: dict[ItemId, list[ItemId]] = defaultdict(list)
    for journey in known.values():
        if journey.parent_id in known:
            children[journey.parent_id].append(journey.id)
    for parent_id in _deepest_first(children):
        family = [known[child_id] for child_id in children[parent_id]]
        parent = known[parent_id] = _derived(known[parent_id], family)
        if parent.flow_state is FlowState.DONE:
            for child in family:
                if child.is_open and child.started_at is None and child.excluded_reason is None:
                    known[child.id] = replace(child, excluded_reason="left_behind")
    return list(known.values())


def as_it_stood(journey: Journey, *, at: datetime) -> Journey | None:
    """The same item at an earlier instant; None: it was not written down yet.

    Made of its visits alone, so that many instants can be asked about without reading changes again. Its place, its
    parent, its due date, its title and when it was last touched are those of the later journey; spans are not told. Of
    an item without history only what ended by then is known: where it stood before is not.
    """
    if journey.created_at > at:
        return None
    if _is_past(journey, at=at):
        return journey
    visits = tuple(
        replace(one, left_at=None) if one.left_at is not None and one.left_at > at else one
        for one in journey.visits
        if one.entered_at <= at
    )
    first, last = _starts(visits, history=journey.history)
    finished_at = _since(visits, FlowState.DONE)
    if journey.history is HistoryState.NONE and finished_at is not None:
        finished_at = journey.finished_at
    started_at = last if journey.started_at != journey.first_started_at else first
    return replace(
        journey,
        status=visits[-1].status if visits else journey.status,
        status_id=(visits[-1].status_id if visits else journey.status_id) or "",
        flow_state=visits[-1].flow_state if visits else FlowState.UNKNOWN,
        first_started_at=first,
        last_started_at=last,
        started_at=None if started_at == finished_at else started_at,
        finished_at=finished_at,
        cancelled_at=_since(visits, FlowState.CANCELLED),
        removed_at=journey.removed_at if journey.removed_at is not None and journey.removed_at <= at else None,
        reopen_count=_reopenings(visits),
        is_blocked=False,
        excluded_reason=None if journey.excluded_reason in _OF_TODAY else journey.excluded_reason,
        visits=visits,
        spans=Spans(),
    )


def stays(move: Change, *, workflow: Workflow) -> bool:
    """Does a change of status lead nowhere else: to the same name, with the same meaning?"""
    if move.from_value is None or move.from_value != move.to_value:
        return False
    before, after = (
        workflow.flow_state(source=move.source, status_id=status_id, name=move.to_value)
        for status_id in (move.from_id, move.to_id)
    )
    return before is after


def _is_past(journey: Journey, *, at: datetime) -> bool:
    """Has nothing happened to it since?"""
    moments = [journey.visits[-1].entered_at] if journey.visits else []
    moments += [one for one in (journey.removed_at, journey.finished_at) if one is not None]
    return all(one <= at for one in moments) and journey.excluded_reason != "left_behind"


_OF_TODAY = ("left_behind", "cancelled", "removed", "ignored", "no_start")  # reasons that may not have held before


def _since(visits: Sequence[Visit], state: FlowState) -> datetime | None:
    """Since when the item is in a state; None: it is not in it."""
    entered_at = None
    for visit in reversed(visits):
        if visit.flow_state is not state:
            break
        entered_at = visit.entered_at
    return entered_at


def _visits(
    held: HeldItem, by_field: Mapping[str, Sequence[Change]], *, workflow: Workflow, as_of: datetime
) -> tuple[Visit, ...]:
    """The stays of an item in its statuses up to `as_of`, oldest first.

    Without history we know one thing: the item has been where it is at least since it was last touched. A status that
    only got another id, since its item became a bug or moved to another project, is one stay if it means the same.
    """
    item = held.item
    told = by_field.get("status", ())
    moves = [move for move in told if not stays(move, workflow=workflow)]
    entries: list[tuple[str, str | None, datetime]] = []
    if held.history is not HistoryState.NONE:
        first = next(iter(moves or (told if held.history is not HistoryState.COMPLETE else ())), None)
        if first is None:
            entries.append((item.status, item.status_id, item.created_at))
        elif first.from_value is not None:  # the state at creation is an entry, too
            born_at = min(item.created_at, first.occurred_at)  # imported items may have moved before they were born
            entries.append((first.from_value, first.from_id, born_at))
        entries += [(move.to_value or "", move.to_id, move.occurred_at) for move in moves if move.occurred_at <= as_of]
    if held.history is not HistoryState.COMPLETE:
        seen_at = item.resolved_at if item.resolved_at and not entries else item.updated_at
        if seen_at <= as_of and not _ends_in(entries, item):
            entries.append((item.status, item.status_id, max(seen_at, entries[-1][2]) if entries else seen_at))
    resolutions = by_field.get("resolution", ())
    flow_state_of, source = workflow.flow_state, item.source
    visits: list[Visit] = []
    left_at = None
    for status, status_id, entered_at in reversed(entries):
        state = flow_state_of(source=source, status_id=status_id, name=status)
        if state is FlowState.DONE:
            resolution = _resolution(resolutions, left_at=left_at, as_of=as_of, now=item.resolution)
            if workflow.is_cancelling(source=source, resolution=resolution):
                state = FlowState.CANCELLED
        visits.append(
            Visit(status=status, status_id=status_id, flow_state=state, entered_at=entered_at, left_at=left_at)
        )
        left_at = entered_at
    return tuple(reversed(visits))


def _ends_in(entries: Sequence[tuple[str, str | None, datetime]], item: WorkItem) -> bool:
    """Does the history lead to where the item is? Ids outlive renaming; not every tracker has them."""
    if not entries:
        return False
    status, status_id, _ = entries[-1]
    return status_id == item.status_id or status.lower() == item.status.lower()


def _resolution(changes: Sequence[Change], *, left_at: datetime | None, as_of: datetime, now: str | None) -> str | None:
    """The resolution during a stay in done: the one in force just before it was left, or at `as_of`."""
    if left_at is None:
        return _value_at(changes, as_of=as_of, now=now)
    value = changes[0].from_value if changes else now
    for change in changes:
        if change.occurred_at >= left_at:
            break
        value = change.to_value
    return value


def _value_at(changes: Sequence[Change] | None, *, as_of: datetime, now: str | None) -> str | None:
    """The value of a field at an instant: what the first later change replaced, else what it is now."""
    for change in changes or ():
        if change.occurred_at > as_of:
            return change.from_value
    return now


def _parent_at(held: HeldItem, changes: Sequence[Change] | None, *, as_of: datetime) -> ItemId | None:
    for change in changes or ():
        if change.occurred_at > as_of:
            parent = change.from_id or change.from_value
            return ItemId(held.item.source, parent) if parent else None
    parent = held.item.parent_id
    return ItemId(held.item.source, parent) if parent else None


def _starts(visits: Sequence[Visit], *, history: HistoryState) -> tuple[datetime | None, datetime | None]:
    """The first entry into progress, and the last that neither reopens nor resumes ended work.

    Moves between waiting and active are no entries. Without history no entry was seen.
    """
    first = last = before = None
    if history is HistoryState.NONE:
        return None, None
    for visit in visits:
        if visit.flow_state in IN_PROGRESS and before not in IN_PROGRESS:
            if first is None:
                first = last = visit.entered_at
            elif before not in ENDED:
                last = visit.entered_at
        before = visit.flow_state
    return first, last


def _entry(visits: Sequence[Visit], state: FlowState, *, held: HeldItem) -> datetime | None:
    """When the item last entered the state it is in, if that is `state`; moves between two done states are none."""
    if held.history is HistoryState.NONE:
        return held.item.resolved_at if visits and visits[-1].flow_state is state else None
    return _since(visits, state)


def _reopenings(visits: Sequence[Visit]) -> int:
    count = 0
    before = None
    for visit in visits:
        if before is FlowState.DONE and visit.flow_state not in ENDED:
            count += 1
        before = visit.flow_state
    return count


def _excluded_reason(
    held: HeldItem,
    visits: Sequence[Visit],
    *,
    started_at: datetime | None,
    finished_at: datetime | None,
    removed: datetime | None,
) -> str | None:
    """Why an item stays out of flow time: the first reason that holds, or None."""
    state = visits[-1].flow_state if visits else FlowState.UNKNOWN
    if held.history is HistoryState.NONE:
        return "no_history"
    if state is FlowState.UNKNOWN or _unmapped_before(visits, started_at):
        return "unmapped"
    if state in _OUTSIDE:
        return _OUTSIDE[state]
    if removed is not None and finished_at is None:
        return "removed"
    if held.history is HistoryState.GAP:
        return "history_gap"
    return "no_start" if finished_at is not None and started_at is None else None


_OUTSIDE = {FlowState.IGNORE: "ignored", FlowState.CANCELLED: "cancelled"}


def _unmapped_before(visits: Sequence[Visit], started_at: datetime | None) -> bool:
    """Was the item, before it started, in a status that nobody mapped, and may have started there?"""
    for visit in visits:
        if visit.entered_at == started_at:
            return False
        if visit.flow_state is FlowState.UNKNOWN:
            return True
    return False


def _blocked(
    held: HeldItem,
    flags: Sequence[Change],
    *,
    visits: Sequence[Visit],
    blockings: Sequence[Blocking],
    workflow: Workflow,
    as_of: datetime,
) -> tuple[list[Interval], bool]:
    """The union of the intervals in which the item was flagged, in a blocked status or held up by another item, and: is
    it blocked now? An hour that has several reasons is one hour.
    """
    source = held.item.source
    intervals: list[Interval] = []
    raised_at = held.item.created_at if is_raised(_first_flag(held, flags)) else None
    for change in flags:
        if change.occurred_at > as_of:
            break
        if is_raised(change.to_value):
            raised_at = raised_at or change.occurred_at
        elif raised_at is not None:
            intervals.append((_second(raised_at), _second(change.occurred_at)))
            raised_at = None
    if raised_at is not None:
        intervals.append((_second(raised_at), _second(as_of)))
    is_blocked = raised_at is not None
    for visit in visits if workflow.has_blocked_states(source) else ():
        if workflow.is_blocked_state(source=source, name=visit.status):
            intervals.append((_second(visit.entered_at), _second(visit.left_at or as_of)))
            is_blocked = is_blocked or visit.left_at is None
    for blocking in blockings:
        for since, until in holds(blocking, workflow=workflow, as_of=as_of):
            intervals.append((_second(since), _second(until or as_of)))
            is_blocked = is_blocked or until is None
    return (union(intervals) if intervals else intervals), is_blocked


def holds(blocking: Blocking, *, workflow: Workflow, as_of: datetime) -> list[tuple[datetime, datetime | None]]:
    """When one link blocked its item up to `as_of`, oldest first: it stood, and its other end was not done (None: now).

    An other end that we do not hold blocks nothing, since nobody knows whether it is done.
    """
    held = blocking.blocker
    if held is None or blocking.since > as_of:
        return []
    by_field: dict[str, list[Change]] = {}
    for change in blocking.changes:
        by_field.setdefault(change.field, []).append(change)
    ends = [at for at in (blocking.until, held.removed_at) if at is not None and at <= as_of]
    found: list[tuple[datetime, datetime | None]] = []
    for visit in _visits(held, by_field, workflow=workflow, as_of=as_of):
        if visit.flow_state in HOLDING:
            since = max(visit.entered_at, blocking.since)
            until = min([*ends, *([visit.left_at] if visit.left_at else [])], default=None)
            if since < (until or as_of) or (until is None and since == as_of):
                found.append((since, until))
    return found


def _first_flag(held: HeldItem, flags: Sequence[Change]) -> str | None:
    if flags:
        return flags[0].from_value
    return "yes" if held.item.flagged and held.history is HistoryState.COMPLETE else None


def is_raised(value: str | None) -> bool:
    return value is not None and value.strip().lower() not in ("", "no", "false", "0", "[]")


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Join overlapping intervals, so that an hour counts once however many reasons it has."""
    joined: list[Interval] = []
    for begin, end in sorted(intervals):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _spans(
    visits: Sequence[Visit], blocked: Sequence[Interval], *, started_at: datetime | None, ended_at: datetime
) -> Spans:
    """Part the seconds between start and end: blocked first, then paused, waiting, active.

    Time in done or cancelled before a reopening is `idle_done`; ignored and unmapped time is in none of them.
    Active for 4 h, then waiting for 3, blocked from the third to the fifth hour: 3 h active, 2 blocked, 2 waiting.
    """
    if started_at is None:
        return Spans()
    first, left = _second(started_at), _second(ended_at)
    parted = {"active": 0, "waiting": 0, "blocked": 0, "paused": 0, "idle_done": 0}
    per_state: dict[str, int] = {}
    for visit in reversed(visits):
        if left <= first:
            break
        until, left = left, min(left, max(first, _second(visit.entered_at)))
        seconds = until - left
        if seconds == 0:
            continue
        per_state[visit.status] = per_state.get(visit.status, 0) + seconds
        part = _PART.get(visit.flow_state)
        if part is None:
            continue
        if blocked and part != "idle_done":
            stopped = sum(max(0, min(until, end) - max(left, begin)) for begin, end in blocked)
            parted["blocked"] += stopped
            seconds -= stopped
        parted[part] += seconds
    return Spans(**parted, per_state=per_state)


_PART = {
    FlowState.NEW: "paused",
    FlowState.WAITING: "waiting",
    FlowState.ACTIVE: "active",
    FlowState.DONE: "idle_done",
    FlowState.CANCELLED: "idle_done",
}


def _second(instant: datetime) -> int:
    return int(instant.timestamp())


def _deepest_first(children: Mapping[ItemId, Sequence[ItemId]]) -> list[ItemId]:
    """Parents in an order in which every parent comes after the parents among its children; cycles end somewhere."""
    order: list[ItemId] = []
    seen: set[ItemId] = set()
    for root in children:
        stack = [(root, False)]
        while stack:
            parent, visited = stack.pop()
            if visited:
                order.append(parent)
            elif parent not in seen:
                seen.add(parent)
                stack.append((parent, True))
                stack += [(child, False) for child in children[parent] if child in children]
    return order


def _derived(parent: Journey, family: Sequence[Journey]) -> Journey:
    """The parent with its children's clock, if it has none of its own."""
    if len(parent.visits) > 1 or parent.excluded_reason not in (None, "no_start", "no_history"):
        return parent
    counted = [
        child
        for child in family
        if (child.removed_at is None or child.finished_at is not None) and child.flow_state not in _UNCOUNTED
    ]
    started_at = min((child.started_at for child in counted if child.started_at), default=None)
    if started_at is None:
        return parent
    begun = [child for child in counted if child.started_at or child.finished_at or child.flow_state is _UNMAPPED]
    finishes = [child.finished_at for child in begun if child.finished_at]
    is_finished = parent.flow_state is FlowState.DONE and len(finishes) == len(begun)
    if parent.flow_state is FlowState.DONE and not is_finished:
        return parent
    finished_at = max(finishes) if is_finished else None
    return replace(
        parent,
        clock="derived",
        flow_state=FlowState.DONE if is_finished else FlowState.ACTIVE,
        first_started_at=started_at,
        last_started_at=started_at,
        started_at=started_at,
        finished_at=finished_at,
        excluded_reason=None,
        spans=Spans(),  # children overlap: whose waiting would it be?
        visits=_derived_visits(parent, started_at=started_at, finished_at=finished_at),
    )


_UNCOUNTED = (FlowState.CANCELLED, FlowState.IGNORE)
_UNMAPPED = FlowState.UNKNOWN  # it may have been begun


def _derived_visits(parent: Journey, *, started_at: datetime, finished_at: datetime | None) -> tuple[Visit, ...]:
    """The one status of the parent, read as its children moved: new, active from the first start, done at the end."""
    moments = [(FlowState.NEW, min(parent.created_at, started_at)), (FlowState.ACTIVE, started_at)]
    if finished_at is not None:
        moments.append((FlowState.DONE, finished_at))
    leaves = [moment for _, moment in moments[1:]] + [None]
    return tuple(
        Visit(
            status=parent.status, status_id=parent.status_id, flow_state=flow_state, entered_at=moment, left_at=left_at
        )
        for (flow_state, moment), left_at in zip(moments, leaves, strict=True)
    )
