"""Builders: each makes something valid, so that a test names only what matters to it.

Moments are written as people write them: "2026-03-05" is midnight UTC of that day, "2026-03-05T09:30" that minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey, Placement, Spans, StartPolicy, Visit
from domain.links import HISTORY, Blocking
from domain.strategy import (
    Benefit,
    Decision,
    Indicator,
    KeyResult,
    Kpi,
    Portfolio,
    Reading,
    Theme,
    ThemeRule,
    ValueStream,
)
from domain.trust import SourceTrust
from domain.work_item import (
    FlowState,
    HeldItem,
    HistoryState,
    ItemId,
    Status,
    StatusCategory,
    WorkItem,
)
from domain.workflow import StateRules, Workflow
from metrics.journeys import trace
from sync.store.reading import Edition

SOURCE = "payments"
NOW = datetime(2026, 6, 1, tzinfo=UTC)

# What a status in a test means is in its name.
MEANINGS = {
    "to do": FlowState.NEW,
    "in progress": FlowState.ACTIVE,
    "testing": FlowState.ACTIVE,
    "review": FlowState.WAITING,
    "on hold": FlowState.ACTIVE,  # a blocked status
    "done": FlowState.DONE,
    "released": FlowState.DONE,
    "dropped": FlowState.CANCELLED,
    "template": FlowState.IGNORE,
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """An item as a tracker told of it: what is held, and its changes, oldest first."""

    held: HeldItem
    changes: tuple[Change, ...]
    placement: Placement
    blockings: tuple[Blocking, ...] = ()

    def journey(
        self,
        *,
        as_of: str | datetime = NOW,
        policy: StartPolicy = StartPolicy.FIRST,
        workflow: Workflow | None = None,
    ) -> Journey:
        """Its journey as it stood at an instant."""
        return trace(
            self.held,
            self.changes,
            workflow=workflow or a_workflow(),
            placement=self.placement,
            as_of=a_moment(as_of),
            policy=policy,
            blockings=self.blockings,
        )


def a_moment(text: str | datetime) -> datetime:
    """An aware instant in UTC."""
    moment = datetime.fromisoformat(text) if isinstance(text, str) else text
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def an_item(
    *moves: tuple[str, str],
    key: str = "PAY-1",
    created: str = "2026-01-01",
    begins: str = "to do",
    status: str | None = None,
    resolved: str | None = None,
    resolution: str | None = None,
    flagged: Iterable[tuple[str, str | None]] = (),
    changes: Iterable[tuple[str, str, str | None, str | None]] = (),
    history: HistoryState = HistoryState.COMPLETE,
    removed: str | None = None,
    removed_reason: str = "deleted",
    parent: str | None = None,
    type: str = "Story",
    source: str = SOURCE,
    placement: Placement | None = None,
    first_state: bool = False,
    updated: str | None = None,
    blocked_by: Iterable[tuple[Told, str, str | None]] = (),
) -> Told:
    """An item created in `begins` that made these moves: `an_item(("2026-03-05", "done"), key="PAY-9")`.

    `flagged` are spells as (from, until or None), `blocked_by` links to others as (item, from, until or None),
    `changes` further changes as (moment, field, from, to).
    `status` is what the tracker says now, if it is not where the last move led. `first_state` tells the state at
    creation as a change from nothing, as Azure DevOps does.
    """
    told: list[tuple[str, str, str | None, str | None]] = []
    before = begins
    if first_state:
        told.append((created, "status", None, begins))
    for moment, after in moves:
        told.append((moment, "status", before, after))
        before = after
    for since, until in flagged:
        told.append((since, "flagged", None, "Impediment"))
        if until is not None:
            told.append((until, "flagged", "Impediment", None))
    told += changes
    last = max([created, *(moment for moment, *_ in told)], key=a_moment)
    item = WorkItem(
        source=source,
        external_id=key,
        key=key,
        url=f"https://tracker.example/{key}",
        title=f"Title of {key}",
        project="PAY",
        project_id="1",
        type=type,
        status=status or before,
        status_id=status_id(status or before),
        status_category=StatusCategory.UNKNOWN,
        resolution=resolution,
        parent_id=parent,
        created_at=a_moment(created),
        updated_at=a_moment(updated or last),
        resolved_at=a_moment(resolved) if resolved else None,
    )
    held = HeldItem(
        item=item,
        history=history,
        first_known_at=item.created_at,
        known_at=NOW,
        removed_at=a_moment(removed) if removed else None,
        removed_reason=removed_reason if removed else None,
    )
    ordered = sorted(enumerate(told), key=lambda numbered: (a_moment(numbered[1][0]), numbered[0]))
    return Told(
        held=held,
        changes=tuple(
            a_change(moment, field, before, after, key=key, source=source, sequence=number)
            for number, (moment, field, before, after) in ordered
        ),
        placement=placement or a_placement(),
        blockings=tuple(a_blocking(other, since, until) for other, since, until in blocked_by),
    )


def a_blocking(other: Told, since: str, until: str | None = None) -> Blocking:
    return Blocking(
        name=other.held.item.external_id,
        since=a_moment(since),
        until=None if until is None else a_moment(until),
        blocker=other.held,
        changes=tuple(change for change in other.changes if change.field in HISTORY),
    )


def a_change(
    moment: str,
    field: str,
    before: str | None,
    after: str | None,
    *,
    key: str = "PAY-1",
    source: str = SOURCE,
    sequence: int = 0,
) -> Change:
    is_move = field == "status"
    return Change(
        source=source,
        external_id=key,
        change_id=f"{key}:{sequence}",
        sequence=sequence,
        field=field,
        occurred_at=a_moment(moment),
        known_at=a_moment(moment),
        from_value=before,
        to_value=after,
        from_id=status_id(before) if is_move and before else None,
        to_id=status_id(after) if is_move and after else None,
    )


def status_id(name: str) -> str:
    return f"id of {name}"


def a_workflow(
    *, source: str = SOURCE, cancelled_resolutions: Iterable[str] = ("won't do",), blocked: Iterable[str] = ("on hold",)
) -> Workflow:
    """A workflow that knows the statuses of MEANINGS, and no other."""
    rules = StateRules(
        states=MEANINGS,
        cancelled_resolutions=frozenset(cancelled_resolutions),
        blocked_states=frozenset(blocked),
    )
    statuses = [
        Status(source=source, status_id=status_id(name), name=name, category=StatusCategory.UNKNOWN)
        for name in MEANINGS
    ]
    return Workflow(rules={source: rules}, statuses=statuses)


def a_placement(
    *,
    level: str | None = "story",
    kind: str = "feature",
    themes: Mapping[str, Decimal | int | str] | None = None,
    value_stream: str | None = None,
    train: str | None = None,
    team: str | None = None,
) -> Placement:
    return Placement(
        level=level,
        kind=kind,
        themes={theme: Decimal(share) for theme, share in (themes or {}).items()},
        value_stream=value_stream,
        train=train,
        team=team,
    )


def a_journey(
    started: str | None = None,
    finished: str | None = None,
    *,
    key: str = "PAY-1",
    created: str | None = None,
    level: str | None = "story",
    kind: str = "feature",
    themes: Mapping[str, Decimal | int | str] | None = None,
    value_stream: str | None = None,
    train: str | None = None,
    parent: str | None = None,
    owner: str | None = None,
    due: str | None = None,
    updated: str | None = None,
    removed: str | None = None,
    source: str = SOURCE,
    spans: Spans | None = None,
    values: Mapping[str, Decimal] | None = None,
    history: HistoryState = HistoryState.COMPLETE,
    excluded_reason: str | None = None,
) -> Journey:
    """The plain journey of an item: new until it started, active until it finished, then done."""
    created_at = a_moment(created or started or finished or "2026-01-01")
    steps = [("to do", FlowState.NEW, created_at)]
    if started:
        steps.append(("in progress", FlowState.ACTIVE, a_moment(started)))
    if finished:
        steps.append(("done", FlowState.DONE, a_moment(finished)))
    leaves = [*(moment for _, _, moment in steps[1:]), None]
    visits = tuple(
        Visit(status=status, status_id=status_id(status), flow_state=state, entered_at=moment, left_at=left)
        for (status, state, moment), left in zip(steps, leaves, strict=True)
    )
    started_at = a_moment(started) if started else None
    finished_at = a_moment(finished) if finished else None
    return Journey(
        id=ItemId(source, key),
        key=key,
        url=f"https://tracker.example/{key}",
        title=f"Title of {key}",
        type="Story",
        parent_id=ItemId(source, parent) if parent else None,
        owner=owner,
        placement=a_placement(level=level, kind=kind, themes=themes, value_stream=value_stream, train=train),
        status=steps[-1][0],
        status_id=status_id(steps[-1][0]),
        flow_state=steps[-1][1],
        history=history,
        created_at=created_at,
        updated_at=a_moment(updated) if updated else visits[-1].entered_at,
        first_started_at=started_at,
        last_started_at=started_at,
        started_at=started_at,
        finished_at=finished_at,
        removed_at=a_moment(removed) if removed else None,
        excluded_reason=excluded_reason or ("no_start" if finished and not started else None),
        visits=visits,
        spans=spans or Spans(),
        values=values or {},
        due_on=date.fromisoformat(due) if due else None,
    )


def a_calendar(zone: str = "UTC", *, holidays: Iterable[str] = ()) -> Calendar:
    return Calendar(zone=ZoneInfo(zone), holidays=frozenset(date.fromisoformat(day) for day in holidays))


def a_key_result(
    baseline: float | str | None = 0,
    target: float | str | None = 10,
    *,
    id: str = "kr",
    kpi: str | None = "kpi",
    kind: str = "aspirational",
    weight: int = 1,
    starts: str = "2026-01-01",
    due: str = "2026-12-31",
    milestones: int | None = None,
) -> KeyResult:
    return KeyResult(
        milestones=milestones,
        id=id,
        name=f"Name of {id}",
        unit="",
        kind=kind,
        baseline=None if baseline is None else Decimal(str(baseline)),
        target=None if target is None else Decimal(str(target)),
        starts=date.fromisoformat(starts),
        due=date.fromisoformat(due),
        kpi=kpi,
        weight=Decimal(weight),
    )


def a_benefit(
    baseline: float | str = 100,
    target: float | str = 160,
    *,
    id: str = "benefit",
    kpi: str = "kpi",
    starts: str = "2026-01-01",
    due: str = "2026-12-31",
    item: str | None = None,
    planned_amount: int | None = None,
    indicators: Iterable[Indicator] = (),
    profile: str = "linear",
    share: str | None = None,
    approved_on: str | None = None,
    forecast: Mapping[int, int] | None = None,
) -> Benefit:
    return Benefit(
        id=id,
        name=f"Name of {id}",
        kpi=kpi,
        baseline=Decimal(str(baseline)),
        target=Decimal(str(target)),
        starts=date.fromisoformat(starts),
        due=date.fromisoformat(due),
        item=item,
        planned_amount=planned_amount,
        indicators=tuple(indicators),
        profile=profile,
        share=None if share is None else Decimal(share),
        approved_on=None if approved_on is None else date.fromisoformat(approved_on),
        forecast=forecast or {},
    )


def an_indicator(
    baseline: float | str = 100,
    target: float | str = 160,
    *,
    kpi: str = "kpi",
    starts: str = "2026-01-01",
    by: str = "2026-06-30",
    refuted_below: str = "0.5",
) -> Indicator:
    return Indicator(
        kpi=kpi,
        baseline=Decimal(str(baseline)),
        target=Decimal(str(target)),
        starts=date.fromisoformat(starts),
        by=date.fromisoformat(by),
        refuted_below=Decimal(refuted_below),
    )


def a_decision(
    id: str = "D-1", asked_on: str = "2026-07-01", *, item: str | None = None, decision: str | None = "Persevere"
) -> Decision:
    return Decision(
        id=id,
        asked_on=date.fromisoformat(asked_on),
        meeting="Portfolio sync",
        question=f"Question of {id}",
        decision=decision,
        owner="A. Martin",
        due=None,
        item=item,
    )


def a_reading(value: float | str, day: str = "2026-03-01", *, kpi: str = "kpi") -> Reading:
    return Reading(kpi=kpi, day=date.fromisoformat(day), value=Decimal(str(value)), source="a test")


def a_theme(
    id: str = "settle-fast",
    *,
    key_results: Iterable[KeyResult] = (),
    benefits: Iterable[Benefit] = (),
    rules: Iterable[ThemeRule] = (),
    target_share: str | None = None,
) -> Theme:
    return Theme(
        id=id,
        name=f"Name of {id}",
        key_results=tuple(key_results),
        benefits=tuple(benefits),
        rules=tuple(rules),
        target_share=None if target_share is None else Decimal(target_share),
    )


def a_portfolio(
    *, themes: Iterable[Theme] = (), value_streams: Iterable[ValueStream] = (), kpis: Iterable[Kpi] = ()
) -> Portfolio:
    return Portfolio(
        id="claims",
        name="Customer and Claims",
        currency="EUR",
        locales=("en", "fr"),
        themes=tuple(themes),
        value_streams=tuple(value_streams),
        kpis=tuple(kpis),
    )


def a_source_trust(source: str = SOURCE, *, held: int = 100, declared: int | None = 100) -> SourceTrust:
    """A source that was read completely just now."""
    return SourceTrust(
        source=source,
        kind="Jira",
        base_url="https://tracker.example",
        complete_at=NOW,
        attempted_at=NOW,
        outcome="ok",
        held=held,
        declared=declared,
    )


def an_edition(report: str, *, at: str = "2026-12-07T06:05") -> Edition:
    """The line of a report's edition of the 49th week of 2026 in the store, published at a moment."""
    return Edition(
        edition_id=f"2026-w49/{report}", report=report, period_key="2026-W49", audience="", locale="en", revision=1,
        digest="", known_at=a_moment(at), published_at=a_moment(at), program_version="0", path="r/small/2026-w49",
        manifest={},
    )  # fmt: skip
