"""Since when the schedule of each report holds, and how one of its turns is named to people.

The due ledger keeps it, a row for each change. What was due before a schedule held was never owed by it:

```
kept to: Mon 07:00 ──────> the settings say daily 12:00 ──> first kept to
         last seen         (some time in between)           nothing before is missed; the newest turn since
                                                            the last look is made, where it is not a day old
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cli import clock
from cli.workspace import Workspace
from config import meaning
from config.schedule import Schedule
from sync.due import CATCH_UP, local, newest_due
from sync.store.reading import DueRow

FIRST = "first"  # the period key of the edition that a first run makes at once
_HELD = "schedule of {}"  # in the due ledger; reports have no spaces in their names
_NONE = ""  # said of a report that has no schedule any more
_A_MOMENT = timedelta(microseconds=1)


def held_since(workspace: Workspace, report: meaning.Report, *, now: datetime) -> datetime:
    """From when on turns of a report are owed as its schedule says. One that nobody has kept to yet: from now on."""
    began = workspace.store.mailing_since() or now
    rows = _held(workspace, now=now)
    row = rows.get(_HELD.format(report.name))
    if row is None:
        return began if not rows or workspace.store.due(report.name) else now
    return max(began, row.due_at) if report.when is not None and row.note == report.when.words else now


def keep_schedules(workspace: Workspace) -> None:
    """Write down which schedules hold from now on, where they are others than before."""
    store, now = workspace.store, clock.now()
    rows = _held(workspace, now=now)
    for report, when in _scheduled(workspace, rows):
        name, words = _HELD.format(report), _NONE if when is None else when.words
        if name not in rows or rows[name].note != words:
            since = _since(workspace, report, when, is_new=name not in rows, now=now)
            key = now.isoformat()
            if store.claim_due(name, key, now, due_at=since):
                store.finish_due(name, key, "done", now, note=words)


def named(report: str, period_key: str, due_at: datetime, zone: ZoneInfo) -> str:
    """A turn of a report by when it was due: its key names the period that ran then, the edition the one before."""
    return f"{report} {FIRST}" if period_key == FIRST else f"{report}, due {local(due_at, zone)},"


def _held(workspace: Workspace, *, now: datetime) -> Mapping[str, DueRow]:
    """The newest row of each report; those that a clock which was ahead has entered tell nothing."""
    rows = [row for row in workspace.store.due() if row.report.startswith(_HELD.format("")) and row.claimed_at <= now]
    return {row.report: row for row in sorted(rows, key=lambda row: row.claimed_at)}


def _scheduled(workspace: Workspace, rows: Mapping[str, DueRow]) -> Iterator[tuple[str, Schedule | None]]:
    """Each report with its schedule, and those that had one formerly."""
    schedules = {report.name: report.when for report in meaning.reports(workspace.settings) if report.when is not None}
    yield from schedules.items()
    for name in rows:
        if (report := name.removeprefix(_HELD.format(""))) not in schedules:
            yield report, None


def _since(workspace: Workspace, report: str, when: Schedule | None, *, is_new: bool, now: datetime) -> datetime:
    store = workspace.store
    if is_new:  # to a store from before this was kept, only a report that it has never made is new
        return (store.mailing_since() or now) if store.due(report) else now
    turn = None if when is None else newest_due(when, at=now, zone=meaning.calendar(workspace.settings).zone)
    if turn is not None and turn.due_at > max(_former_seen_at(workspace) or now, now - CATCH_UP):
        return turn.due_at - _A_MOMENT
    return now


def _former_seen_at(workspace: Workspace) -> datetime | None:
    """When the settings were last seen to be others than now."""
    name = workspace.settings.path.name
    digest = hashlib.sha256(workspace.settings.files[name]).hexdigest()
    others = (one.seen_at for one in workspace.store.configurations(name) if one.digest != digest)
    return max(others, default=None)
