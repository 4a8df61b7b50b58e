"""Since when the schedule of each report holds, and how one of its turns is named to people.

The due ledger keeps it, a row for each change. What was due before a schedule held was never owed by it, but for its
newest turn, where the former schedule owed that period still, or was seen no more when it was due:

```
kept to: Mon 07:00 ──────> the settings say Mon 06:00 ──> first kept to, at 06:30: this week's period was to come at
         last seen         (some time in between)         07:00 and would come never, so 06:00 is owed

kept to: Mon 07:00 ──────> the settings say daily 12:00 ──> first kept to: nothing before is missed; the newest turn
         last seen         (some time in between)           since the last look is made, where it is not a day old
```

Until a run has kept a changed schedule the former one holds, so that nobody is silent about what it owed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cli import clock
from cli.issuing import BY_HAND, is_as_it_came, issued_last, of_the_same_turn
from cli.narrowing import RIGHTS
from cli.workspace import Workspace
from config import meaning, schedule, yaml_text
from config.load import Settings
from config.narrowing import rights
from config.schedule import Schedule
from sync.due import CATCH_UP, LOOK_BACK, local, newest_due, periods
from sync.store.reading import DueRow, Edition

FIRST = "first"  # the period key of the edition that a first run makes at once
UNSCHEDULED = (
    "no report has a schedule, so `vmo run` and `vmo serve` publish nothing: give one a `when` under `reports`, or "
    "publish by hand with `vmo report`"
)
_HELD = "schedule of {}"  # in the due ledger; reports have no spaces in their names
_NONE = ""  # said of a report that has no schedule any more
AS_FORMER = "made as {}"  # of a period that a report made by a former name
_A_MOMENT = timedelta(microseconds=1)


def is_scheduled(settings: Settings) -> bool:
    """Is anything ever published without somebody asking for it?"""
    return any(report.when is not None for report in meaning.reports(settings))


def held_since(workspace: Workspace, report: meaning.Report, *, now: datetime) -> datetime:
    """From when on turns of a report are owed as its schedule says. One that nobody has kept to yet: from now on."""
    began = workspace.store.mailing_since() or now
    rows = _held(workspace, now=now)
    row = rows.get(_HELD.format(report.name))
    if row is None:
        return began if not rows or workspace.store.due(report.name) else now
    return max(began, row.due_at) if report.when is not None and row.note == report.when.words else now


def held_to(workspace: Workspace, report: meaning.Report, *, now: datetime) -> tuple[Schedule, datetime] | None:
    """The schedule that a report is held to, and since when: a former one until a run has kept that of the settings.

    None: the report comes by no schedule.
    """
    if report.when is None:
        return None
    row = _held(workspace, now=now).get(_HELD.format(report.name))
    if row is None or row.note in (_NONE, report.when.words):
        return report.when, held_since(workspace, report, now=now)
    return _in_words(workspace, row.note), max(workspace.store.mailing_since() or now, row.due_at)


def changed_since(workspace: Workspace, report: str, due_at: datetime, *, now: datetime) -> bool:
    """Did the schedule of a report come to hold only when a turn of it was over?"""
    kept = sorted(one.claimed_at for one in workspace.store.due(_HELD.format(report)) if one.claimed_at <= now)
    return len(kept) > 1 and due_at < kept[-1]  # what was kept first is no change


def former_name(workspace: Workspace, report: meaning.Report, *, now: datetime) -> str | None:
    """The name by which a report went before, which has had its first edition, then; None: it is new.

    One with its schedule ended at the very moment in which it began; or one that is gone has mailed its readers what
    its first edition would tell them: it was taken out first, or changed beside its name.
    """
    return _ended_for(workspace, report.name) or _mailed_as(workspace, report, now=now)


def names_of(workspace: Workspace, report: meaning.Report) -> Iterator[str]:
    """The name of a report, and those by which it went before, the newest first; none that is another report's now."""
    yield report.name
    passed = {one.name for one in meaning.reports(workspace.settings)}
    former = former_name(workspace, report, now=clock.now())
    while former is not None and former not in passed:
        yield former
        passed.add(former)
        former = _ended_for(workspace, former)


def made_before(workspace: Workspace, report: meaning.Report, period_key: str) -> Edition | None:
    """The edition that a process published for this period before it died: a second one would mail everybody twice.

    It may have done so when the report still had a former name.
    """
    row = next((row for row in workspace.store.due(report.name) if row.period_key == period_key), None)
    if row is None:
        return None
    made = (_made_since(workspace, name, row.claimed_at, report) for name in names_of(workspace, report))
    return next((one for one in made if one is not None), None)


def carry_over(workspace: Workspace, report: meaning.Report, former: str) -> None:
    """Let a report have made, or missed, what it did last by its former name: no turn of that period makes it again.

    What was published by that name, and not handed over to the end, is handed over by the new one.
    """
    store, now, note = workspace.store, clock.now(), AS_FORMER.format(former)
    rows = [
        row
        for row in store.due(former)
        if row.state in ("done", "missed") or _made_since(workspace, former, row.claimed_at, report) is not None
    ]
    last = max(rows, key=lambda row: (row.due_at, row.claimed_at), default=None)
    if last is None:
        return
    is_over = last.state in ("done", "missed")
    begun = now if is_over else last.claimed_at
    store.enter_due(report.name, last.period_key, last.state, begun, due_at=last.due_at, note=note)
    if not is_over:
        store.finish_due(former, last.period_key, "done", now)


def _ended_for(workspace: Workspace, report: str) -> str | None:
    """The report with the same schedule that ended at the very moment in which this one began."""
    rows = sorted(workspace.store.due(), key=lambda row: row.claimed_at)
    began = next((row for row in rows if row.report == _HELD.format(report)), None)
    if began is None:
        return None
    ended = {row.report for row in rows if row.period_key == began.period_key and row.note == _NONE}
    before = {row.report: row.note for row in rows if row.claimed_at < began.claimed_at}
    same = [one for one in ended if one.startswith(_HELD.format("")) and before.get(one) == began.note]
    return min(same).removeprefix(_HELD.format("")) if same else None


def _made_since(workspace: Workspace, name: str, claimed_at: datetime, report: meaning.Report) -> Edition | None:
    """What was issued last by a name of a report, for those whom that is for now, where it was since a claim."""
    made = issued_last(workspace.store.editions(name), audience=report.audience or "")
    return made if made is not None and made.published_at >= claimed_at else None


def _mailed_as(workspace: Workspace, report: meaning.Report, *, now: datetime) -> str | None:
    """The report that is in the settings no more, and has mailed the same to anybody whom this one would mail it to."""
    if report.when is None:
        return None
    store, settings = workspace.store, workspace.settings
    names, readers = {one.name for one in meaning.reports(settings)}, {one.casefold() for one in report.to}
    gone = (
        one
        for one in store.editions()
        if one.report not in (*names, BY_HAND)
        and is_as_it_came(one)
        and one.manifest.get(RIGHTS, "") == rights(settings, report.audience)
    )
    for one in of_the_same_turn(gone, report.when, at=now, calendar=meaning.calendar(settings)):
        had = store.mails(edition_id=one.edition_id, states=("data_started", "accepted", "unknown"))
        if not readers.isdisjoint(mail.recipient.casefold() for mail in had):
            return one.report
    return None


def keep_schedules(workspace: Workspace) -> None:
    """Write down which schedules hold from now on, where they are others than before."""
    store, now = workspace.store, clock.now()
    rows = _held(workspace, now=now)
    reports = {report.name: report for report in meaning.reports(workspace.settings)}
    for report, when in _scheduled(workspace, rows):
        name, words = _HELD.format(report), _NONE if when is None else when.words
        if name not in rows or rows[name].note != words:
            since = _since(workspace, report, when, rows=rows, now=now)
            if (former := _ending(workspace, when, rows)) is not None and (
                name not in rows or rows[name].note == _NONE
            ):
                carry_over(workspace, reports[report], former.report.removeprefix(_HELD.format("")))
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


def _since(
    workspace: Workspace, report: str, when: Schedule | None, *, rows: Mapping[str, DueRow], now: datetime
) -> datetime:
    store, row = workspace.store, rows.get(_HELD.format(report))
    if row is None:  # to a store from before this was kept, only a report that it has never made is new
        if store.due(report):
            return store.mailing_since() or now
        former = _ending(workspace, when, rows)
        return now if former is None else former.due_at  # what was owed by that name is owed by this one
    turn = None if when is None else newest_due(when, at=now, zone=_zone(workspace))
    if when is None or turn is None:
        return now
    is_lost = turn.period_key in _still_owed(workspace, report, row, now=now)
    if is_lost or turn.due_at > max(_former_seen_at(workspace, report, when) or now, now - CATCH_UP):
        return turn.due_at - _A_MOMENT
    return now


def _ending(workspace: Workspace, when: Schedule | None, rows: Mapping[str, DueRow]) -> DueRow | None:
    """The row of a report with this schedule that ends now: whoever begins now is that one by another name."""
    kept = {_HELD.format(report.name) for report in meaning.reports(workspace.settings) if report.when is not None}
    ending = [name for name, row in rows.items() if name not in kept and when is not None and row.note == when.words]
    return rows[min(ending)] if ending else None


def _still_owed(workspace: Workspace, report: str, row: DueRow, *, now: datetime) -> set[str]:
    """The periods that the schedule of a row has had, or would have had yet, and that nobody has made or missed."""
    if row.note == _NONE:
        return set()
    turns = periods(_in_words(workspace, row.note), report=report, after=row.due_at, until=now + LOOK_BACK,
                    zone=_zone(workspace))  # fmt: skip
    return {one.period_key for one in turns} - {one.period_key for one in workspace.store.due(report)}


def _former_seen_at(workspace: Workspace, report: str, when: Schedule) -> datetime | None:
    """When the settings last gave a report another schedule."""
    name, store = workspace.settings.path.name, workspace.store
    for one in sorted(store.configurations(name), key=lambda one: one.seen_at, reverse=True):
        if _words_in(store.configuration(name=name, digest=one.digest) or b"", report, file=name) != when.words:
            return one.seen_at
    return None


def _words_in(content: bytes, report: str, *, file: str) -> str:
    """The schedule of a report as a settings file says it."""
    marked, _ = yaml_text.read(content, file=file)
    said = marked.data.get("reports")
    block = said.get(report) if isinstance(said, dict) else None
    words = block.get("when") if isinstance(block, dict) else None
    return " ".join(words.split()) if isinstance(words, str) else _NONE


def _in_words(workspace: Workspace, words: str) -> Schedule:
    return meaning.among(schedule.schedule(words), meaning.calendar(workspace.settings).increments)


def _zone(workspace: Workspace) -> ZoneInfo:
    return meaning.calendar(workspace.settings).zone
