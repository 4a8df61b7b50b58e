"""Journeys as the store keeps them: an item's own journey to one narrow row, and back at any later instant.

```
created ── moves ── ... ── settled_at ──────────── as_of
                           kept here               asked here: only ages and running spans have grown
```

The definition stays in `metrics/journeys.py`; nothing here decides when an item started or finished.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from domain.change import Change
from domain.journey import Journey, Placement, Spans, StartPolicy, Visit
from domain.kept import CODES, STATES, KeptJourney
from domain.links import Blocking
from domain.placing import PlacingRules, place
from domain.strategy import Theme
from domain.themes import is_in_effect
from domain.work_item import FlowState, HeldItem, ItemId, Status
from domain.workflow import StateRules, Workflow
from metrics.journeys import DEFINITION_VERSION, IN_PROGRESS, NOWHERE, as_it_counts, trace

KEPT_VERSION = 2  # of the row: another way of keeping makes every kept journey stale
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RUNNING = {FlowState.NEW: "paused", FlowState.WAITING: "waiting", FlowState.ACTIVE: "active"}


@dataclass(frozen=True, kw_only=True)
class Tracing:
    """How a portfolio traces and places its items today: what a sync is handed, so that it can keep journeys.

    `on` is today: themes come into effect and go.
    """

    rules: Mapping[str, StateRules]
    placing: PlacingRules
    themes: Sequence[Theme]
    on: date
    policy: StartPolicy = StartPolicy.FIRST

    def traced_with(self, source: str, statuses: Iterable[Status]) -> str:
        """Names what a journey of this source depends on beside its item: the definition, the mapping, the statuses."""
        rules = self.rules.get(source, StateRules())
        known = [
            (one.status_id, one.name, str(one.category))
            for one in sorted(statuses, key=lambda status: status.status_id)
            if one.source == source
        ]
        states = sorted((name, str(state)) for name, state in rules.states.items())
        words = [sorted(rules.cancelled_resolutions), sorted(rules.blocked_states)]
        return _digest(KEPT_VERSION, DEFINITION_VERSION, str(self.policy), states, words, known)

    def placed_with(self) -> str:
        """Names what the place of an item depends on beside the items: rules, and which themes are in effect when."""
        themes = [
            (
                theme.id,
                [(rule.matcher, str(rule.share)) for rule in theme.rules],
                is_in_effect(theme, self.on),
                *_dates(theme),
            )
            for theme in self.themes
        ]
        levels = {source: sorted(types.items()) for source, types in sorted(self.placing.levels.items())}
        kinds = {source: [(rule.matcher, rule.kind) for rule in rules] for source, rules in self.placing.kinds.items()}
        streams = [
            (stream.id, stream.matchers, [(train.name, train.matchers) for train in stream.trains])
            for stream in self.placing.value_streams
        ]
        return _digest(KEPT_VERSION, themes, levels, sorted(kinds.items()), streams)

    def workflow(self, statuses: Iterable[Status]) -> Workflow:
        return Workflow(rules=self.rules, statuses=statuses)

    def trace(
        self,
        held: HeldItem,
        changes: Sequence[Change],
        *,
        workflow: Workflow,
        traced_with: str,
        blockings: Sequence[Blocking] = (),
    ) -> KeptJourney:
        return keep(held, changes, workflow=workflow, traced_with=traced_with, blockings=blockings, policy=self.policy)

    def place(self, items: Iterable[HeldItem]) -> dict[ItemId, Placement]:
        """The places of items as they count, given with everything above them: of today, and of all other days."""
        return place(items, rules=self.placing, themes=self.themes, on=self.on)


def settled_at(held: HeldItem, changes: Iterable[Change], blockings: Iterable[Blocking] = ()) -> datetime:
    """The last instant at which anything is said to have happened to an item, or to what blocks it."""
    item = held.item
    told = [item.created_at, item.updated_at, *(change.occurred_at for change in changes)]
    for one in blockings:
        told += [one.since] if one.until is None else [one.since, one.until]
        if one.blocker is not None:
            told.append(settled_at(one.blocker, one.changes))
    return max([*told, *(at for at in (item.resolved_at, held.removed_at) if at is not None)])


def keep(
    held: HeldItem,
    changes: Sequence[Change],
    *,
    workflow: Workflow,
    traced_with: str,
    blockings: Sequence[Blocking] = (),
    policy: StartPolicy = StartPolicy.FIRST,
) -> KeptJourney:
    """Trace one item as of its last event or its blockers', from all its changes, oldest first."""
    at = settled_at(held, changes, blockings)
    journey = trace(held, changes, workflow=workflow, placement=NOWHERE, as_of=at, policy=policy, blockings=blockings)
    counted = as_it_counts(held, changes, finished_at=journey.finished_at, as_of=at).item
    loads = _loads(journey)
    first = loads[0] if loads else (None, None)
    states = [visit.flow_state for visit in journey.visits]
    spans = journey.spans
    return KeptJourney(
        source=held.item.source,
        external_id=held.item.external_id,
        traced_with=traced_with,
        settled_at=_micros(at),
        parent_id=held.item.parent_id,
        counted_parent_id=counted.parent_id,
        counted_type=counted.type,
        state=CODES[journey.flow_state],
        visits=len(states),
        created_at=_micros(journey.created_at),
        updated_at=_micros(journey.updated_at),
        first_started_at=_optional(journey.first_started_at),
        last_started_at=_optional(journey.last_started_at),
        started_at=_optional(journey.started_at),
        finished_at=_optional(journey.finished_at),
        cancelled_at=_optional(journey.cancelled_at),
        removed_at=_optional(journey.removed_at),
        first_active_at=_first(journey.visits, FlowState.ACTIVE),
        first_done_at=_first(journey.visits, FlowState.DONE),
        loaded_from=first[0],
        loaded_until=first[1],
        more_loads=" ".join(f"{since}-{'' if until is None else until}" for since, until in loads[1:]) or None,
        reopen_count=journey.reopen_count,
        is_blocked=journey.is_blocked,
        has_unmapped=FlowState.UNKNOWN in states,
        excluded_reason=journey.excluded_reason,
        active_seconds=spans.active,
        waiting_seconds=spans.waiting,
        blocked_seconds=spans.blocked,
        paused_seconds=spans.paused,
        idle_done_seconds=spans.idle_done,
        stays=_json([[one.status, one.status_id, CODES[one.flow_state], _micros(one.entered_at)]
                     for one in journey.visits]),
        seconds=_json(list(spans.per_state.items())),
    )  # fmt: skip


def is_told(kept: KeptJourney, as_of: datetime) -> bool:
    """Has everything that is known of the item happened by then?"""
    return kept.settled_at <= _micros(as_of)


def resume(kept: KeptJourney, held: HeldItem, *, as_of: datetime) -> tuple[Journey, HeldItem]:
    """The journey at `as_of`, and beside it the item as it counts: what `journeys.trace_all` says of the item.

    Raises ValueError for an instant before the item's last event, of which a kept journey knows nothing.
    """
    if not is_told(kept, as_of):
        raise ValueError(f"the journey of {held.item.key} was kept later than {as_of}: trace it")
    item, removed_at = held.item, _moment(kept.removed_at)
    visits = _visits(kept.stays)
    last = visits[-1] if visits else None
    journey = Journey(
        id=item.id,
        key=item.key,
        url=item.url,
        title=item.title,
        type=item.type,
        parent_id=ItemId(item.source, item.parent_id) if item.parent_id else None,
        owner=item.owner,
        placement=NOWHERE,
        status=last.status if last else item.status,
        status_id=(last.status_id if last else item.status_id) or "",
        flow_state=STATES[kept.state],
        history=held.history,
        created_at=item.created_at,
        updated_at=item.updated_at,
        first_started_at=_moment(kept.first_started_at),
        last_started_at=_moment(kept.last_started_at),
        started_at=_moment(kept.started_at),
        finished_at=_moment(kept.finished_at),
        cancelled_at=_moment(kept.cancelled_at),
        removed_at=removed_at,
        removed_reason=held.removed_reason if removed_at else None,
        reopen_count=kept.reopen_count,
        is_blocked=bool(kept.is_blocked),
        excluded_reason=kept.excluded_reason,
        visits=visits,
        spans=_spans(kept, visits, as_of=as_of),
        values=item.values,
        due_on=item.due_on,
        fields=item.fields,
    )
    if kept.counted_type == item.type and kept.counted_parent_id == item.parent_id:
        return journey, held
    return journey, replace(held, item=replace(item, type=kept.counted_type, parent_id=kept.counted_parent_id))


def _dates(theme: Theme) -> tuple[date | None, ...]:
    """From when until when a theme is in effect; nothing of one that always is."""
    dates = (theme.effective_from, theme.effective_to)
    return dates if any(dates) else ()


def _loads(journey: Journey) -> list[tuple[int, int | None]]:
    """The stretches in progress, up to the removal: moves between waiting and active do not part them."""
    loads: list[tuple[int, int | None]] = []
    for visit in journey.visits:
        if visit.flow_state not in IN_PROGRESS:
            continue
        since, left_at = _micros(visit.entered_at), visit.left_at
        if journey.removed_at is not None and (left_at is None or journey.removed_at < left_at):
            left_at = journey.removed_at
        until = _optional(left_at)
        if loads and loads[-1][1] == since:
            loads[-1] = (loads[-1][0], until)
        elif until is None or since < until:
            loads.append((since, until))
    return loads


def _first(visits: Iterable[Visit], state: FlowState) -> int | None:
    return next((_micros(visit.entered_at) for visit in visits if visit.flow_state is state), None)


def _visits(stays: str) -> tuple[Visit, ...]:
    visits: list[Visit] = []
    left_at = None
    shared = sys.intern  # a few statuses are told of by all items: each name is held in memory once
    for status, status_id, code, entered_at in reversed(json.loads(stays)):
        entered = _EPOCH + entered_at * _MICROSECOND
        visits.append(
            Visit(
                status=shared(status),
                status_id=None if status_id is None else shared(status_id),
                flow_state=STATES[code],
                entered_at=entered,
                left_at=left_at,
            )
        )
        left_at = entered
    return tuple(reversed(visits))


def _spans(kept: KeptJourney, visits: Sequence[Visit], *, as_of: datetime) -> Spans:
    """The kept spans, and for an item that still runs the seconds since, which belong to where it is."""
    parted = {
        "active": kept.active_seconds,
        "waiting": kept.waiting_seconds,
        "blocked": kept.blocked_seconds,
        "paused": kept.paused_seconds,
        "idle_done": kept.idle_done_seconds,
    }
    per_state: dict[str, int] = {sys.intern(status): seconds for status, seconds in json.loads(kept.seconds)}
    is_over = any(at is not None for at in (kept.finished_at, kept.cancelled_at, kept.removed_at))
    since = _micros(as_of) // 1_000_000 - kept.settled_at // 1_000_000
    if kept.started_at is not None and not is_over and since:
        here = visits[-1]
        running = "blocked" if kept.is_blocked else _RUNNING.get(here.flow_state)
        if here.flow_state in _RUNNING and running is not None:
            parted[running] += since
        per_state = {here.status: per_state.pop(here.status, 0) + since, **per_state}
    return Spans(**parted, per_state=per_state)


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _digest(*told: object) -> str:
    return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()


def _micros(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _optional(at: datetime | None) -> int | None:
    return None if at is None else _micros(at)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + micros * _MICROSECOND
