"""`vmo explain`: why an item is mapped, counted or left out where it is, and which items make a number."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from cli import clock
from cli.outcome import CommandError, ExitCode
from cli.reading import Told, read_all
from cli.terminal import plain
from cli.workspace import open_workspace
from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period, last_complete_week
from domain.themes import Assignment
from domain.work_item import HeldItem, ItemId
from metrics.catalogue import METRICS, of
from metrics.flow_load import FlowLoad, flow_load
from metrics.flow_time import FlowTime, flow_days, flow_time, lead_time
from metrics.selection import Scope, at_level, in_scope
from metrics.throughput import Throughput, throughput


def run_explain(config: Path, *, what: str, scope: str) -> ExitCode:
    """Explain an item by its key (today's or a former one), or a metric by its id."""
    with open_workspace(config) as workspace:
        found = [held for held in workspace.store.items_called(what) if held.item.source in workspace.source_names]
        if not found and not _is_metric(what):
            raise CommandError(
                f"{what!r} is neither an item we hold nor a metric; metrics are {', '.join(METRICS)}",
                code=ExitCode.WRONG_USAGE,
            )
        told = read_all(workspace, as_of=clock.now())
        if found:
            for held in found:
                _explain_item(held, told)
        else:
            _explain_metric(what, told, scope=_scope(scope, told))
    return ExitCode.DONE


def _is_metric(name: str) -> bool:
    try:
        of(name)
    except KeyError:
        return False
    return True


def _scope(name: str, told: Told) -> Scope:
    """A scope of this portfolio by its name. Raises CommandError for one that it does not have."""
    known = [
        "portfolio",
        *(f"theme:{theme.id}" for theme in told.portfolio.themes),
        *(f"value_stream:{stream.id}" for stream in told.portfolio.value_streams),
        *(f"train:{train.name}" for stream in told.portfolio.value_streams for train in stream.trains),
    ]
    if name not in known:
        raise CommandError(f"there is no scope {name!r}; this portfolio has {', '.join(known)}",
                           code=ExitCode.WRONG_USAGE)  # fmt: skip
    return Scope(name)


def _explain_item(held: HeldItem, told: Told) -> None:
    item = held.item
    keys = {one.item.id: one.item.key for one in told.held}
    journey = next((one for one in told.journeys if one.id == item.id), None)
    print(f"{item.key}  {_short(item.title)}")
    print(f"  {plain(item.type)} in {plain(item.project)}, source {item.source}  {plain(item.url)}")
    if item.previous_keys:
        print(f"  formerly {', '.join(item.previous_keys)}")
    if journey is None:
        print("  it was created after the instant asked about, so it counts nowhere yet")
        return
    if journey.removed_at is not None:
        print(f"  REMOVED {_local(journey.removed_at, told)}: {journey.removed_reason}")
    level = journey.placement.level or f"none: no level of the settings has the type {item.type}; it counts nowhere"
    print(f"  level {level}; kind {journey.placement.kind}")
    print(f"  value stream {journey.placement.value_stream or 'none'}, train {journey.placement.train or 'none'}")
    _explain_themes(told.assignments[item.id], told, keys=keys)
    _explain_clock(journey, told)


def _explain_themes(assignment: Assignment, told: Told, *, keys: Mapping[ItemId, str]) -> None:
    names = {theme.id: theme.name for theme in told.portfolio.themes}
    if not assignment.shares:
        print("  theme: none; no rule matches it or anything above it, so its work counts as unaligned")
    for theme, share in assignment.shares.items():
        print(f"  theme {theme} ({names.get(theme, theme)}): {share:.0%}")
    for rule in assignment.rules:
        print(f"    decided by rule {rule.rule + 1} of {rule.theme}: {rule.words}")
    if assignment.inherited:
        print(f"    inherited: {' -> '.join(keys.get(one, one.external_id) for one in assignment.path)}")
    if assignment.unaligned and assignment.shares:
        print(f"    {assignment.unaligned:.0%} stays unaligned")
    if assignment.runner_up is not None:
        lost = assignment.runner_up
        print(f"    runner-up: {lost.theme}, by {lost.words}: {lost.why}")
    if assignment.problem:
        print(f"    problem: {assignment.problem}")


def _explain_clock(journey: Journey, told: Told) -> None:
    print(f"  now in {plain(journey.status)} ({journey.flow_state.value})")
    for visit in journey.visits:
        until = "now" if visit.left_at is None else _local(visit.left_at, told)
        print(f"    {_local(visit.entered_at, told)} -> {until}  {plain(visit.status)} ({visit.flow_state.value})")
    if journey.started_at is not None:
        print(
            f"  started {_local(journey.started_at, told)}: first entry into waiting or active ({journey.clock} clock)"
        )
    if journey.finished_at is not None:
        print(f"  finished {_local(journey.finished_at, told)}: last entry into done")
    if journey.reopen_count:
        print(f"  reopened {journey.reopen_count} times")
    days = None if journey.excluded_reason else flow_days(journey, calendar=told.calendar)
    if days is not None:
        print(f"  counts in throughput and flow time: {days} days, first and last day included")
    elif journey.excluded_reason:
        print(f"  left out of flow time: {journey.excluded_reason}")
    elif journey.started_at is not None:
        age = (told.calendar.day(told.as_of) - told.calendar.day(journey.started_at)).days + 1
        print(f"  in progress: counts in flow load; {age} days old")


def _explain_metric(name: str, told: Told, *, scope: Scope) -> None:
    metric = of(name)
    print(f"{metric.name['en']} ({metric.id}, definition {metric.version})")
    print(f"  {metric.question['en']}")
    print(f"  {metric.formula['en']}")
    print(f"  counts {metric.includes['en']}")
    print(f"  leaves out {metric.excludes['en']}")
    print(f"  unit: {metric.unit or 'that of the series'}; smallest sample: {metric.minimum_sample}; {metric.source}")
    week = last_complete_week(told.calendar.day(told.as_of))
    levels = sorted({one.placement.level for one in told.journeys if one.placement.level is not None})
    for level in levels if metric.id in _OF_ITEMS else ():
        behind = _OF_ITEMS[metric.id](in_scope(at_level(told.journeys, level), scope), week, told.calendar)
        print(f"  {scope.name}, {level}, {week.start} to {week.last_day}:")
        print(f"    counted, {behind.n_used}: {', '.join(behind.keys) or 'none'}")
        for reason, keys in behind.excluded.items():
            print(f"    left out, {reason}, {len(keys)}: {', '.join(keys)}")


_Behind = Throughput | FlowTime | FlowLoad
_OF_ITEMS: Mapping[str, Callable[[list[Journey], Period, Calendar], _Behind]] = {
    "throughput": lambda kept, week, calendar: throughput(kept, finished_in=week, calendar=calendar),
    "flow_time": lambda kept, week, calendar: flow_time(kept, finished_in=week, calendar=calendar),
    "lead_time": lambda kept, week, calendar: lead_time(kept, finished_in=week, calendar=calendar),
    "flow_load": lambda kept, week, calendar: flow_load(kept, day=week.last_day, calendar=calendar),
}


def _local(instant: datetime, told: Told) -> str:
    return instant.astimezone(told.calendar.zone).strftime("%Y-%m-%d %H:%M")


def _short(text: str) -> str:
    """A title on a terminal: not longer than one can read."""
    return plain(text)[: 200 if sys.stdout.isatty() else None]
