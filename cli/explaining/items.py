"""An item explained: where it belongs and by which rule, what its clock saw, and in which numbers it counts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from cli import clock, former
from cli.explaining.numbers import as_json, facts_of
from cli.explaining.told import Explained
from cli.reading import Told, read_all
from cli.telling import book_of
from cli.terminal import plain
from cli.workspace import Workspace
from domain.calendar import DayCount
from domain.change import Change
from domain.journey import Journey, StartPolicy
from domain.period import Period, iso_week, month, week_label
from domain.themes import Assignment
from domain.work_item import FlowState, HeldItem, ItemId
from metrics import catalogue, reasons
from metrics.age import age_days
from metrics.flow_time import flow_days
from metrics.selection import calendar_of
from metrics.timeline import Span, blocked_spans, family, lineage, paused_spans, placing_changes, unheld_blockers
from reports.contents import RECORDS, TODAY, Printed, Standing, printed, standing
from reports.reckoning import reckon
from sync.store.reading import Edition

HOW_STARTED = {
    "own": "its {policy} entry into a waiting or active state (policy `{policy}`, its own clock)",
    "derived": "the start of its first child (policy `{policy}`, derived clock: its own status never changed)",
}
DAYS = {
    DayCount.CALENDAR_INCLUSIVE: ("day", "days", "first and last day included"),
    DayCount.WORKING_DAYS: ("working day", "working days", "first and last day included"),
}
HOW_FINISHED = {
    "own": "its last entry into done",
    "derived": "the finish of its last child; it is done itself, and so is every child that was begun",
}


def explain(held: HeldItem, told: Told, *, workspace: Workspace, edition: Edition | None) -> Explained:
    """One item, as of now and as of an edition: in words, and as data."""
    journey = next((one for one in told.journeys if one.id == held.item.id), None)
    if journey is None:
        lines = [*_head(held), "  it was created after the instant asked about, so it counts nowhere yet"]
        return Explained(lines=lines, data={"key": held.item.key, "source": held.item.source, "counts": []})
    changes = workspace.store.changes_of(held.item.id)
    former_changes = workspace.store.former_changes(held.item.id)
    keys = {one.item.id: one.item.key for one in told.held}
    linked = workspace.store.blockings([held]).get(held.item.id, ())
    blocked = blocked_spans(held, changes, workflow=told.workflow, as_of=told.as_of, blockings=linked)
    places = _standings(held.item.id, workspace=workspace, edition=edition)
    here = replace(told, calendar=calendar_of(journey, told.calendar))  # its days are those of its value stream
    lines = [
        *_head(held),
        *_place(journey, here),
        *_themes(told.assignments[journey.id], told, keys=keys),
        *_timeline(journey, here, blocked=blocked),
        *_unheld(unheld_blockers(linked, as_of=told.as_of)),
        *_moves(placing_changes(changes, as_of=told.as_of), here, keys=keys, journey=journey),
        *_retold(former_changes, here),
        *_clock(journey, here),
        *places.lines,
    ]
    data = _data(held, journey, told, changes=changes, blocked=blocked, keys=keys) | {"edition": places.data}
    return Explained(lines=lines, data=data)


# --- who it is, and where it belongs


def _head(held: HeldItem) -> list[str]:
    item = held.item
    lines = [
        f"{item.key}  {_short(item.title)}",
        f"  {plain(item.type)} in {plain(item.project)}, source {item.source}  {plain(item.url)}",
    ]
    if item.previous_keys:
        lines.append(f"  formerly {', '.join(item.previous_keys)}")
    return lines


def _place(journey: Journey, told: Told) -> list[str]:
    placement = journey.placement
    lines = []
    if journey.removed_at is not None:
        lines.append(f"  REMOVED {_local(journey.removed_at, told)}: {journey.removed_reason}")
    level = placement.level or f"none: no level of the settings has the type {plain(journey.type)}; it counts nowhere"
    lines.append(f"  level {level}; kind {placement.kind}")
    lines.append(f"  value stream {placement.value_stream or 'none'}, train {placement.train or 'none'}")
    return lines


def _themes(assignment: Assignment, told: Told, *, keys: Mapping[ItemId, str]) -> list[str]:
    names = {theme.id: theme.name for theme in told.portfolio.themes}
    lines = []
    if not assignment.shares:
        lines.append("  theme: none; no rule matches it or anything above it, so its work counts as unaligned")
    for theme, share in assignment.shares.items():
        lines.append(f"  theme {theme} ({names.get(theme, theme)}): {share:.0%}")
    for rule in assignment.rules:
        lines.append(f"    decided by rule {rule.rule + 1} of {rule.theme}: {rule.words}")
    if assignment.inherited:
        lines.append(f"    inherited: {' -> '.join(keys.get(one, one.external_id) for one in assignment.path)}")
    if assignment.unaligned and assignment.shares:
        lines.append(f"    {assignment.unaligned:.0%} stays unaligned")
    if assignment.runner_up is not None:
        lost = assignment.runner_up
        lines.append(f"    runner-up: {lost.theme}, by {lost.words}: {lost.why}")
    if assignment.problem:
        lines.append(f"    problem: {assignment.problem}")
    return lines


# --- what happened to it


def _timeline(journey: Journey, told: Told, *, blocked: Sequence[Span]) -> list[str]:
    zone = told.calendar.zone.key
    lines = [
        f"  now in {plain(journey.status)} ({journey.flow_state.value})",
        f"  timeline ({zone}); created {_local(journey.created_at, told)}",
    ]
    for visit in journey.visits:
        until = "now" if visit.left_at is None else _local(visit.left_at, told)
        lasted = _lasted(Span(since=visit.entered_at, until=visit.left_at), told)
        state = f"{plain(visit.status)} ({visit.flow_state.value})"
        lines.append(f"    {_local(visit.entered_at, told)} -> {until}  {state}, {lasted}")
    lines += _spans("blocked", blocked, told)
    lines += _spans("paused, back in new", paused_spans(journey), told)
    return lines


def _spans(what: str, spans: Iterable[Span], told: Told) -> list[str]:
    return [
        f"    {what} {_local(span.since, told)} -> {_local(span.until, told) if span.until else 'now'}, "
        f"{_lasted(span, told)}{': ' if span.by else ''}{', '.join(plain(one) for one in span.by)}"
        for span in spans
    ]


def _unheld(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    said = ", ".join(plain(name) for name in names)
    return [
        f"    a link says that {said} blocked it, which no source reads: nobody knows when it was done, not counted"
    ]


def _moves(changes: Sequence[Change], told: Told, *, keys: Mapping[ItemId, str], journey: Journey) -> list[str]:
    if not changes:
        return []
    lines = ["  other moves (when it was true; when we learned it)"]
    for one in changes:
        known = _local(one.known_at, told) if one.known_at is not None else "not known"
        before, after = (_named(one, value, id, keys, journey) for value, id in _ends(one))
        lines.append(f"    {_local(one.occurred_at, told)}; {known}  {one.field}: {before} -> {after}")
    return lines


def _ends(change: Change) -> tuple[tuple[str | None, str | None], tuple[str | None, str | None]]:
    return (change.from_value, change.from_id), (change.to_value, change.to_id)


def _named(change: Change, value: str | None, id: str | None, keys: Mapping[ItemId, str], journey: Journey) -> str:
    """A value as people say it: a parent by its key, nothing as `none`."""
    if change.field == "parent" and (value or id):
        return plain(keys.get(ItemId(journey.id.source, id or value or ""), value or id or ""))
    return plain(value) if value else "none"


def _retold(former_changes: Sequence[tuple[Change, datetime]], told: Told) -> list[str]:
    """What its tracker told once and tells otherwise now."""
    if not former_changes:
        return []
    lines = ["  its tracker told these once, and no longer does (believed until)"]
    for one, until in former_changes:
        before, after = plain(one.from_value or "none"), plain(one.to_value or "none")
        lines.append(
            f"    {_local(one.occurred_at, told)}  {one.field}: {before} -> {after}, until {_local(until, told)}"
        )
    return lines


# --- its clock


def _clock(journey: Journey, told: Told) -> list[str]:
    lines = ["  clock"]
    if journey.started_at is not None:
        lines.append(
            f"    started {_local(journey.started_at, told)}: {HOW_STARTED[journey.clock].format(policy=told.policy)}"
        )
        other, at = _other_start(journey, told)
        if at is not None and at != journey.started_at:
            lines.append(f"    under policy `{other}` it would have started {_local(at, told)}")
    else:
        lines.append("    not started: nobody saw it enter a waiting or active state")
    if journey.finished_at is not None:
        lines.append(f"    finished {_local(journey.finished_at, told)}: {HOW_FINISHED[journey.clock]}")
    elif journey.cancelled_at is not None:
        lines.append(f"    given up {_local(journey.cancelled_at, told)}")
    if journey.reopen_count:
        lines.append(f"    reopened {journey.reopen_count} {'time' if journey.reopen_count == 1 else 'times'}")
    lines += _children(journey, told) if journey.clock == "derived" else []
    spans = journey.spans
    if journey.started_at is not None and journey.clock == "own":
        parts = {"active": spans.active, "waiting": spans.waiting, "blocked": spans.blocked, "paused": spans.paused,
                 "done before a reopening": spans.idle_done}  # fmt: skip
        said = ", ".join(f"{name} {_hours(seconds)}" for name, seconds in parts.items() if seconds)
        lines.append(f"    each hour counted once: {said or 'none'}")
    days = None if journey.excluded_reason else flow_days(journey, calendar=told.calendar)
    if days is not None:
        one, many, included = DAYS[told.calendar.count]
        lines.append(f"    flow time {days} {one if days == 1 else many}, {included}")
    elif journey.excluded_reason:
        why = reasons.words(journey.excluded_reason, "en")
        lines.append(f"    left out of flow time: {journey.excluded_reason}, {why}")
    elif journey.started_at is not None and journey.is_open:
        age = age_days(journey, as_of=told.as_of, calendar=told.calendar)
        one, many, _ = DAYS[told.calendar.count]
        lines.append(f"    in progress: {age} {one if age == 1 else many} old, first day and today included")
    return lines


def _other_start(journey: Journey, told: Told) -> tuple[StartPolicy, datetime | None]:
    if told.policy is StartPolicy.FIRST:
        return StartPolicy.LAST, journey.last_started_at
    return StartPolicy.FIRST, journey.first_started_at


def _children(journey: Journey, told: Told) -> list[str]:
    """The children whose clock it bears, and those that do not count for it."""
    lines = []
    for child in family(journey, told.journeys):
        began = _local(child.started_at, told) if child.started_at else "not begun"
        ended = _local(child.finished_at, told) if child.finished_at else child.flow_state.value
        counts = "" if child.started_at is not None and _may_count(child) else ", not counted"
        lines.append(f"      child {child.key}: {began} -> {ended}{counts}")
    return lines


def _may_count(child: Journey) -> bool:
    outside = (FlowState.CANCELLED, FlowState.IGNORE, FlowState.UNKNOWN)
    return child.removed_at is None and child.flow_state not in outside


# --- in which numbers of which edition


def _standings(item_id: ItemId, *, workspace: Workspace, edition: Edition | None) -> Explained:
    """Where the item counts in an edition; without one, in the pages that would be published now."""
    doubts: tuple[str, ...] = ()
    if edition is None:
        told, then = read_all(workspace, now=clock.now()), workspace
        name = "no edition is published yet; as of now"
    else:
        past = former.as_told(workspace, edition)
        told, then, doubts = past.told, past.workspace, past.doubts
        name = f"edition {edition.edition_id}, as of {_local(told.as_of, told)}"
    lines = [f"  in the numbers of {name}" if edition is not None else f"  {name}"]
    lines += [f"    ! {doubt}" for doubt in doubts]
    journey = next((one for one in told.journeys if one.id == item_id), None)
    if journey is None:
        lines.append("    none: nobody knew of it then")
        return Explained(lines=lines, data={"edition": edition.edition_id if edition else None, "counts": []})
    line = lineage(journey, told.journeys)
    counts: list[dict[str, Any]] = []
    absent: dict[str, list[str]] = {}  # why -> the numbers that do not look at it
    for number in printed(reckon(book_of(then, told, now=clock.now()))):
        found = standing(line, facts_of(told, line), number)
        if found:
            lines += _stands(number, found)
        else:
            absent.setdefault(_absent(number, journey, told), []).append(_head_of(number, number.metric))
        counts += _stands_data(number, found, journey, told)
    lines += [f"    not in {', '.join(names)}: {why}" for why, names in absent.items()]
    lines += _claims(journey, told)
    return Explained(
        lines=lines,
        data={
            "edition": edition.edition_id if edition else None,
            "as_of": told.as_of.isoformat(),
            "doubts": list(doubts),
            "counts": counts,
        },
    )


def _stands(number: Printed, found: Sequence[Standing]) -> list[str]:
    counted = [one for one in found if one.part is not None]
    lines = []
    for metric, group in groupby(counted, key=lambda one: one.metric):
        verb = "at fault" if metric.startswith("data_quality") else "counted"
        lines.append(f"    {_head_of(number, metric)}: {verb} in {', '.join(_said(one) for one in group)}")
    for reason, group in groupby((one for one in found if one.reason), key=lambda one: one.reason or ""):
        where = ", ".join(dict.fromkeys(_span(one.period) for one in group))
        verb = "fails a check of" if number.metric == "trust" else "left out of"
        lines.append(f"    {_head_of(number, number.metric)}: {verb} {where}: {reason}, {reasons.words(reason, 'en')}")
    return lines


def _head_of(number: Printed, metric: str) -> str:
    return f"{metric} ({number.level})" if number.level else metric


def _said(one: Standing) -> str:
    part = one.part
    assert part is not None
    amount = "" if part.amount is None else f" ({as_json(part.amount)} {part.unit.replace('_', '-')})"
    mark = f" [{plain(part.mark)}]" if part.mark and part.mark != "unaligned" else ""
    return f"{_span(one.period)}{amount}{' (serves no theme)' if part.mark == 'unaligned' else mark}"


def _stands_data(number: Printed, found: Sequence[Standing], journey: Journey, told: Told) -> list[dict[str, Any]]:
    rows = [
        {
            "metric": one.metric,
            "level": number.level,
            "period_start": one.period.start.isoformat(),
            "period_end": one.period.end.isoformat(),
            "counted": one.part is not None,
            "amount": None if one.part is None else as_json(one.part.amount),
            "unit": None if one.part is None else one.part.unit,
            "mark": None if one.part is None else one.part.mark,
            "reason": one.reason,
            "why_not": reasons.words(one.reason, "en") if one.reason else None,
        }
        for one in found
    ]
    if not rows:
        first, last = number.periods[0], number.periods[-1]
        rows.append(
            {
                "metric": number.metric,
                "level": number.level,
                "period_start": min(first.start, last.start).isoformat(),
                "period_end": max(first.end, last.end).isoformat(),
                "counted": False,
                "amount": None,
                "unit": None,
                "mark": None,
                "reason": "not_in_it",
                "why_not": _absent(number, journey, told),
            }
        )
    return rows


def _absent(number: Printed, journey: Journey, told: Told) -> str:
    """Why a number does not look at the item at all."""
    level = journey.placement.level
    if number.metric in RECORDS:
        return {"trust": "it misses none of the five checks", "data_quality": "no rule finds fault with it"}[
            number.metric
        ]
    if level is None:
        return f"no level of the settings has the type {plain(journey.type)}"
    if journey.flow_state is FlowState.IGNORE:
        return reasons.words("ignored", "en")
    if level != number.level:
        return f"it is of the level {level}"
    return _not_then(number, journey, told)


def _not_then(number: Printed, journey: Journey, told: Told) -> str:
    if number.metric in TODAY:
        return _not_going_on(journey, told)
    if number.metric.startswith(("alignment_flow", "flow_share")):
        return "it was not in progress at the end of any of these days"
    if number.metric in _NOT_MOVED:
        return _NOT_MOVED[number.metric]
    ends = {"finished": journey.finished_at, "was given up": journey.cancelled_at, "was removed": journey.removed_at}
    for what, at in ends.items():
        if at is not None:
            day = calendar_of(journey, told.calendar).day(at)
            return f"it {what} on {day}, and these periods count what finished in them"
    return "it is not finished"


_NOT_MOVED = {
    "cumulative_flow": "nobody had written it down by the end of these days",
    "flow_balance": "it neither began nor ended in them",
    "bottleneck": "it was in no waiting or active state in them",
    "waste": "it was not given up in them",
}


def _not_going_on(journey: Journey, told: Told) -> str:
    ends = {"removed": journey.removed_at, "done": journey.finished_at, "given up": journey.cancelled_at}
    for what, at in ends.items():
        if at is not None:
            return f"it is {what} since {calendar_of(journey, told.calendar).day(at)}"
    return "it is back in new" if journey.started_at else "it is not begun"


def _claims(journey: Journey, told: Told) -> list[str]:
    """Numbers of readings count no item; a benefit may be claimed by one."""
    claimed = [one.id for theme in told.portfolio.themes for one in theme.benefits if one.item == journey.key]
    said = f"; it claims {', '.join(claimed)}" if claimed else ""
    names = ", ".join(name for name in ("key_result", "objective", "benefit") if name in catalogue.METRICS)
    return [f"    {names}: rest on readings, not on items{said}"]


# --- for programs


def _data(
    held: HeldItem,
    journey: Journey,
    told: Told,
    *,
    changes: Sequence[Change],
    blocked: Sequence[Span],
    keys: Mapping[ItemId, str],
) -> dict[str, Any]:
    assignment = told.assignments[journey.id]
    return {
        "key": journey.key,
        "source": journey.id.source,
        "external_id": journey.id.external_id,
        "previous_keys": list(held.item.previous_keys),
        "title": held.item.title,
        "url": held.item.url,
        "type": journey.type,
        "project": held.item.project,
        "level": journey.placement.level,
        "kind": journey.placement.kind,
        "value_stream": journey.placement.value_stream,
        "train": journey.placement.train,
        "themes": {theme: float(share) for theme, share in assignment.shares.items()},
        "rules": [
            {"theme": one.theme, "rule": one.rule + 1, "words": one.words, "share": float(one.share)}
            for one in assignment.rules
        ],
        "path": [keys.get(one, one.external_id) for one in assignment.path],
        "runner_up": None
        if assignment.runner_up is None
        else {
            "theme": assignment.runner_up.theme,
            "rule": assignment.runner_up.rule + 1,
            "words": assignment.runner_up.words,
            "why": assignment.runner_up.why,
        },
        "problem": assignment.problem,
        "state": journey.status,
        "flow_state": journey.flow_state.value,
        "created_at": _instant(journey.created_at),
        "started_at": _instant(journey.started_at),
        "finished_at": _instant(journey.finished_at),
        "cancelled_at": _instant(journey.cancelled_at),
        "removed_at": _instant(journey.removed_at),
        "removed_reason": journey.removed_reason,
        "reopen_count": journey.reopen_count,
        "clock": journey.clock,
        "policy": told.policy.value,
        "days": told.calendar.count.value,
        "excluded_reason": journey.excluded_reason,
        "visits": [
            {
                "state": one.status,
                "flow_state": one.flow_state.value,
                "from": _instant(one.entered_at),
                "to": _instant(one.left_at),
            }
            for one in journey.visits
        ],
        "blocked": [{"from": _instant(one.since), "to": _instant(one.until), "by": list(one.by)} for one in blocked],
        "paused": [{"from": _instant(one.since), "to": _instant(one.until)} for one in paused_spans(journey)],
        "moves": [
            {
                "field": one.field,
                "occurred_at": _instant(one.occurred_at),
                "known_at": _instant(one.known_at),
                "from": one.from_value,
                "to": one.to_value,
            }
            for one in placing_changes(changes, as_of=told.as_of)
        ],
        "children": [one.key for one in family(journey, told.journeys)] if journey.clock == "derived" else [],
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


# --- times as people read them


def _span(period: Period) -> str:
    if period.length_days == 1:
        return period.start.isoformat()
    if period == iso_week(period.start):
        return week_label(period)
    if period == month(period.start):
        return f"{period.start:%Y-%m}"
    return f"{period.start} to {period.last_day}"


def _lasted(span: Span, told: Told) -> str:
    return _hours(int(((span.until or told.as_of) - span.since).total_seconds()))


def _hours(seconds: int) -> str:
    """How long, in the two largest units: 3 d 4 h, 5 h 20 min."""
    minutes = seconds // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min" if rest else f"{seconds} s"


def _local(instant: datetime, told: Told) -> str:
    return instant.astimezone(told.calendar.zone).strftime("%Y-%m-%d %H:%M")


def _short(text: str) -> str:
    """A title on a terminal: not longer than one can read."""
    return plain(text)[: 200 if sys.stdout.isatty() else None]
