"""An item explained: where it belongs and by which rule, what its clock saw, and in which numbers it counts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cli.explaining.say import Say, local
from cli.explaining.standings import standings
from cli.explaining.told import Explained
from cli.reading import Told
from cli.terminal import plain
from cli.workspace import Workspace
from domain.change import Change
from domain.journey import Journey, StartPolicy, Stretch
from domain.themes import Assignment
from domain.work_item import FlowState, HeldItem, ItemId, WorkItem
from metrics.age import age_days
from metrics.flow_time import flow_days
from metrics.selection import calendar_of
from metrics.timeline import Span, blocked_spans, family, paused_spans, placing_changes, unheld_blockers
from reports.words.catalogue import Words
from sync.store.reading import Edition


def explain(
    held: HeldItem, told: Told, *, workspace: Workspace, edition: Edition | None, locale: str = "en"
) -> Explained:
    """One item, as of now and as of an edition: in words, and as data. Rules of themes speak as the settings do."""
    words = Words(locale=locale, year=told.calendar.day(told.as_of).year, zone=told.calendar.zone)
    say = Say(words, currency=told.portfolio.currency)
    journey = next((one for one in told.journeys if one.id == held.item.id), None)
    if journey is None:
        lines = [*_head(held, say), f"  {say('later')}"]
        return Explained(lines=lines, data={"key": held.item.key, "source": held.item.source, "counts": []})
    changes = workspace.store.changes_of(held.item.id)
    former_changes = workspace.store.former_changes(held.item.id)
    keys = {one.item.id: one.item.key for one in told.held}
    linked = workspace.store.blockings([held]).get(held.item.id, ())
    blocked = blocked_spans(held, changes, workflow=told.workflow, as_of=told.as_of, blockings=linked)
    places = standings(held.item.id, workspace=workspace, edition=edition, say=say)
    here = replace(told, calendar=calendar_of(journey, told.calendar))  # its days are those of its value stream
    lines = [
        *_head(held, say),
        *_place(journey, here, say),
        *_themes(told.assignments[journey.id], held.item, told, say, keys=keys),
        *_by_day(journey.placement.stretches, say),
        *_timeline(journey, here, say, blocked=blocked),
        *_unheld(unheld_blockers(linked, as_of=told.as_of), say),
        *_moves(placing_changes(changes, as_of=told.as_of), here, say, keys=keys, journey=journey),
        *_retold(former_changes, here, say),
        *_clock(journey, here, say),
        *places.lines,
    ]
    data = _data(held, journey, told, changes=changes, blocked=blocked, keys=keys) | {"edition": places.data}
    return Explained(lines=lines, data=data)


# --- who it is, and where it belongs


def _head(held: HeldItem, say: Say) -> list[str]:
    item = held.item
    lines = [
        f"{item.key}  {_short(item.title)}",
        f"  {say('head', type=plain(item.type), project=plain(item.project), source=item.source)}  {plain(item.url)}",
    ]
    if item.previous_keys:
        lines.append(f"  {say('formerly', keys=', '.join(item.previous_keys))}")
    return lines


def _place(journey: Journey, told: Told, say: Say) -> list[str]:
    placement = journey.placement
    lines = []
    if journey.removed_at is not None:
        lines.append(f"  {say('removed', at=local(journey.removed_at, told), why=journey.removed_reason or '')}")
    level = placement.level or say("level.none", type=plain(journey.type))
    none = say("none")
    lines.append(f"  {say('level', level=level, kind=placement.kind)}")
    lines.append(f"  {say('stream', stream=placement.value_stream or none, train=placement.train or none)}")
    return lines


def _themes(assignment: Assignment, item: WorkItem, told: Told, say: Say, *, keys: Mapping[ItemId, str]) -> list[str]:
    names = {theme.id: theme.name for theme in told.portfolio.themes}
    lines = []
    if not assignment.shares:
        lines.append(f"  {say('theme.none')}")
    for theme, share in assignment.shares.items():
        lines.append(f"  {say('theme', theme=theme, name=names.get(theme, theme), share=_percent(share, say))}")
    for rule in assignment.rules:
        lines.append(f"    {say('theme.rule', rule=rule.rule + 1, theme=rule.theme, words=rule.words)}")
    if assignment.inherited:
        path = " -> ".join(keys.get(one, one.external_id) for one in assignment.path)
        lines.append(f"    {say('theme.inherited', path=path)}")
        then, now = assignment.path[1], None if item.parent_id is None else ItemId(item.source, item.parent_id)
        if then != now:
            today = say("none") if now is None else keys.get(now, now.external_id)
            lines.append(f"    {say('theme.then', then=keys.get(then, then.external_id), now=today)}")
    if assignment.unaligned and assignment.shares:
        lines.append(f"    {say('theme.unaligned', share=_percent(assignment.unaligned, say))}")
    if assignment.runner_up is not None:
        lost = assignment.runner_up
        lines.append(f"    {say('theme.runner_up', theme=lost.theme, words=lost.words, why=lost.why)}")
    if assignment.problem:
        lines.append(f"    {say('theme.problem', problem=assignment.problem)}")
    return lines


def _by_day(stretches: Sequence[Stretch], say: Say) -> list[str]:
    """The themes of each day, where a theme that begins or ends gives it others."""
    if not stretches:
        return []
    lines = [f"    {say('theme.by_day')}"]
    for one in stretches:
        since, until = _ends_of(one)
        span = "between" if since and until else "from" if since else "until"
        shares = [f"{theme} {_percent(share, say)}" for theme, share in one.themes.items()] or [say("none")]
        lines.append(f"      {say(f'theme.{span}', since=since, until=until, themes=', '.join(shares))}")
    return lines


def _ends_of(stretch: Stretch) -> tuple[str | None, str | None]:
    """The first and the last day, where there is one."""
    days = stretch.days
    return (
        None if days.start == date.min else days.start.isoformat(),
        None if days.end == date.max else days.last_day.isoformat(),
    )


# --- what happened to it


def _timeline(journey: Journey, told: Told, say: Say, *, blocked: Sequence[Span]) -> list[str]:
    zone = told.calendar.zone.key
    lines = [
        f"  {say('now_in', status=plain(journey.status), state=say(f'state.{journey.flow_state.value}'))}",
        f"  {say('timeline', zone=zone, at=local(journey.created_at, told))}",
    ]
    for visit in journey.visits:
        until = say("now") if visit.left_at is None else local(visit.left_at, told)
        lasted = _lasted(Span(since=visit.entered_at, until=visit.left_at), told, say)
        state = f"{plain(visit.status)} ({say(f'state.{visit.flow_state.value}')})"
        lines.append(f"    {local(visit.entered_at, told)} -> {until}  {state}, {lasted}")
    lines += _spans(say("blocked"), blocked, told, say)
    lines += _spans(say("paused"), paused_spans(journey), told, say)
    return lines


def _spans(what: str, spans: Iterable[Span], told: Told, say: Say) -> list[str]:
    return [
        f"    {what} {local(span.since, told)} -> {local(span.until, told) if span.until else say('now')}, "
        f"{_lasted(span, told, say)}{': ' if span.by else ''}{', '.join(plain(one) for one in span.by)}"
        for span in spans
    ]


def _unheld(names: Sequence[str], say: Say) -> list[str]:
    if not names:
        return []
    said = ", ".join(plain(name) for name in names)
    return [f"    {say('unheld', names=said)}"]


def _moves(
    changes: Sequence[Change], told: Told, say: Say, *, keys: Mapping[ItemId, str], journey: Journey
) -> list[str]:
    if not changes:
        return []
    lines = [f"  {say('moves')}"]
    for one in changes:
        known = local(one.known_at, told) if one.known_at is not None else say("not_known")
        before, after = (_named(one, value, id, keys, journey, say) for value, id in _ends(one))
        lines.append(f"    {local(one.occurred_at, told)}; {known}  {one.field}: {before} -> {after}")
    return lines


def _ends(change: Change) -> tuple[tuple[str | None, str | None], tuple[str | None, str | None]]:
    return (change.from_value, change.from_id), (change.to_value, change.to_id)


def _named(
    change: Change, value: str | None, id: str | None, keys: Mapping[ItemId, str], journey: Journey, say: Say
) -> str:
    """A value as people say it: a parent by its key, nothing as `none`."""
    if change.field == "parent" and (value or id):
        return plain(keys.get(ItemId(journey.id.source, id or value or ""), value or id or ""))
    return plain(value) if value else say("none")


def _retold(former_changes: Sequence[tuple[Change, datetime]], told: Told, say: Say) -> list[str]:
    """What its tracker told once and tells otherwise now."""
    if not former_changes:
        return []
    lines = [f"  {say('retold')}"]
    for one, until in former_changes:
        before, after = plain(one.from_value or say("none")), plain(one.to_value or say("none"))
        lines.append(
            f"    {local(one.occurred_at, told)}  {one.field}: {before} -> {after}, "
            f"{say('until', at=local(until, told))}"
        )
    return lines


# --- its clock


def _clock(journey: Journey, told: Told, say: Say) -> list[str]:
    lines = [f"  {say('clock')}"]
    if journey.started_at is not None:
        how = say(f"start.{journey.clock}", policy=told.policy.value)
        lines.append(f"    {say('started', at=local(journey.started_at, told), how=how)}")
        other, at = _other_start(journey, told)
        if at is not None and at != journey.started_at:
            lines.append(f"    {say('other_start', policy=other.value, at=local(at, told))}")
    else:
        lines.append(f"    {say('not_started')}")
    if journey.finished_at is not None:
        how = say(f"finish.{journey.clock}")
        lines.append(f"    {say('finished', at=local(journey.finished_at, told), how=how)}")
    elif journey.cancelled_at is not None:
        lines.append(f"    {say('given_up', at=local(journey.cancelled_at, told))}")
    if journey.reopen_count:
        lines.append(f"    {say('reopened', n=journey.reopen_count)}")
    lines += _children(journey, told, say) if journey.clock == "derived" else []
    spans = journey.spans
    if journey.started_at is not None and journey.clock == "own":
        parts = {name: getattr(spans, name) for name in ("active", "waiting", "blocked", "paused", "idle_done")}
        hours = [f"{say(f'part.{name}')} {_hours(seconds, say)}" for name, seconds in parts.items() if seconds]
        lines.append(f"    {say('hours', parts=', '.join(hours) or say('none'))}")
    days = None if journey.excluded_reason else flow_days(journey, calendar=told.calendar)
    if days is not None:
        lines.append(f"    {say('flow_time', days=say(f'days.{told.calendar.count}', n=days))}")
    elif journey.excluded_reason:
        reason = journey.excluded_reason
        lines.append(f"    {say('left_out', reason=reason, why=say.reason(reason))}")
    elif journey.started_at is not None and journey.is_open:
        age = age_days(journey, as_of=told.as_of, calendar=told.calendar)
        lines.append(f"    {say('in_progress', days=say(f'days.{told.calendar.count}', n=age or 0))}")
    return lines


def _other_start(journey: Journey, told: Told) -> tuple[StartPolicy, datetime | None]:
    if told.policy is StartPolicy.FIRST:
        return StartPolicy.LAST, journey.last_started_at
    return StartPolicy.FIRST, journey.first_started_at


def _children(journey: Journey, told: Told, say: Say) -> list[str]:
    """The children whose clock it bears, and those that do not count for it."""
    lines = []
    for child in family(journey, told.journeys):
        began = local(child.started_at, told) if child.started_at else say("not_begun")
        ended = local(child.finished_at, told) if child.finished_at else say(f"state.{child.flow_state.value}")
        counts = "" if child.started_at is not None and _may_count(child) else say("not_counted")
        lines.append(f"      {say('child', key=child.key)}: {began} -> {ended}{counts}")
    return lines


def _may_count(child: Journey) -> bool:
    outside = (FlowState.CANCELLED, FlowState.IGNORE, FlowState.UNKNOWN)
    return child.removed_at is None and child.flow_state not in outside


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
        "themes_by_day": [
            {"from": since, "until": until, "themes": {theme: float(share) for theme, share in one.themes.items()}}
            for one in journey.placement.stretches
            for since, until in [_ends_of(one)]
        ],
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


def _lasted(span: Span, told: Told, say: Say) -> str:
    return _hours(int(((span.until or told.as_of) - span.since).total_seconds()), say)


def _hours(seconds: int, say: Say) -> str:
    """How long, in the two largest units: 3 d 4 h, 5 h 20 min."""
    minutes = seconds // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        day = say("unit.d")
        return f"{days} {day} {hours} h" if hours else f"{days} {day}"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min" if rest else f"{seconds} s"


def _short(text: str) -> str:
    """A title on a terminal: not longer than one can read."""
    return plain(text)[: 200 if sys.stdout.isatty() else None]


def _percent(share: Decimal, say: Say) -> str:
    return f"{share:.0%}".replace("%", "\u202f%") if say.locale == "fr" else f"{share:.0%}"
