"""`vmo run` and `vmo serve`: the whole job, once or until told to stop."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial, reduce
from pathlib import Path

from cli import clock, logs
from cli.delivering import deliver, retry
from cli.doubting import keep_doubt
from cli.gathering import outcome_of, waits_for_a_person
from cli.going_back import keep_age, kept_age
from cli.health import listening
from cli.housekeeping import gather_what_is_due
from cli.measuring import ask_endpoints
from cli.notifying import notify
from cli.outcome import CommandError, ExitCode
from cli.progress import Quiet, Reporter, shown
from cli.reading import read_trust
from cli.renewing import LOOKS, Renewing
from cli.setting_aside import outcome, tell
from cli.stopping import stopped_by_signals
from cli.storekeeping import refuse_damage
from cli.telling import publish_report, report_named
from cli.turns import AS_FORMER, FIRST, carry_over, former_name, held_since, keep_schedules, made_before
from cli.workspace import Workspace, open_workspace
from config import meaning
from config.schedule import Schedule as Words
from config.schedule import schedule as in_words
from sync import due
from sync.schedule import Job, Schedule
from sync.store.reading import Edition, RunRecord

RETRY = in_words("every 10 minutes")
FIRST_TURN_SECONDS = 60.0  # that editions wait for a source which reads again or hangs
PATIENCE_SECONDS = 8.0  # for what is at work when we are told to stop
_TELLING = threading.Lock()  # one edition is published and mailed at a time: they share their folder
_STOPPED = "stopped before anything was published; the next run goes on from here"
_STOPPED_LATE = "stopped; the next run goes on from here"
_NEW = "store {} is new: nothing is published by schedule or mailed until `vmo run --first-run`"


def run_once(config: Path, *, first_run: bool, verbose: bool) -> ExitCode:
    """Sync everything, then publish and mail what is due. Exit code 3 when only part of it went through.

    What is due is made after a minute at the latest where any source was ever read completely, and none is on its way
    through its first read; whoever still reads by then goes on meanwhile, and the exit code is 3, for it was made
    without them.
    """
    logs.set_up(verbose=verbose, as_json=False)
    with (
        open_workspace(config, write=True, first_run=first_run) as workspace,
        shown() as reporter,
        stopped_by_signals(workspace),
    ):
        over = {name: threading.Event() for name in workspace.source_names}
        gathering = _beside(
            lambda: [
                *gather_what_is_due(workspace, reporter, ended=lambda name: over[name].set()),
                *ask_endpoints(workspace, reporter),
            ]
        )
        is_early = _is_kept_waiting(workspace, gathering)
        if is_early:
            slow = [name for name, ended in over.items() if not ended.is_set()] or list(over)
            reporter.say(f"{', '.join(slow)}: not read to the end yet; what is due is made without waiting for it")
            told = _worst(settle(workspace, reporter), ExitCode.PARTLY)
        records = gathering.result()
        if workspace.sleep.is_woken:
            reporter.say(_STOPPED_LATE if is_early else _STOPPED)
            return ExitCode.PARTLY
        if not is_early:
            told = settle(workspace, reporter)
        notify(workspace, reporter)
        tell(workspace.settings, reporter.say)
        code = outcome_of(records, waits=waits_for_a_person(workspace, records))
        return outcome(workspace.settings, _worst(code, told))


def _beside(work: Callable[[], list[RunRecord]]) -> Future[list[RunRecord]]:
    """Do it in a thread that does not keep the program alive."""
    future: Future[list[RunRecord]] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # whoever asks for the result has to know
            future.set_exception(error)

    threading.Thread(target=run, name="gathering", daemon=True).start()
    return future


def _is_kept_waiting(workspace: Workspace, gathering: Future[list[RunRecord]]) -> bool:
    """Wait for the sources: False when all have ended, True when others need wait no longer for one of them."""
    patience = _Patience(workspace)
    while not wait([gathering], timeout=0.2).done:
        if patience.is_over():
            return True
    return False


class _Patience:
    """How long editions wait for sources: a minute, and on where one is read for the first time and gets ahead.

    Nothing is made without a source that is about to come; one that hangs is not waited for. A source gets ahead as
    long as answers are written down, also where they bring no item yet: of a large tracker the ids are listed for
    minutes. Where no source was ever read completely there is nothing to tell, and no end of waiting.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._until = clock.monotonic() + FIRST_TURN_SECONDS
        self._answers: Mapping[str, int] = {}

    def is_over(self) -> bool:
        if clock.monotonic() < self._until or self._workspace.sleep.is_woken:
            return False
        store = self._workspace.store
        told = read_trust(self._workspace.settings, store)
        runs = {one.source: store.last_run(one.source) for one in told if one.complete_at is None}
        coming = {source: 0 if run is None else run.requests for source, run in runs.items()}
        gets_ahead = any(answers > self._answers.get(source, 0) for source, answers in coming.items())
        if gets_ahead or len(coming) == len(told):
            self._answers, self._until = coming, clock.monotonic() + FIRST_TURN_SECONDS
            return False
        return True


def settle(workspace: Workspace, reporter: Reporter) -> ExitCode:
    """Publish and mail every edition that is owed now, once; each is claimed in the ledger before it is made."""
    since, began = workspace.store.mailing_since(), clock.now()
    doubt = keep_doubt(workspace) or keep_age(workspace)
    if since is None:
        reporter.say(_NEW.format(workspace.store.place))
        return ExitCode.DONE
    if doubt is not None:
        reporter.say(doubt)
        return ExitCode.FAILED
    begin(workspace)
    outcomes: list[ExitCode] = []
    _schedule(workspace, _report_jobs(lambda: workspace, reporter, outcomes), since=since).once()
    # Only then: an edition that has just been made supersedes what an older one still owes.
    outcomes += [ExitCode.DONE if sent else ExitCode.FAILED for sent in retry(workspace, reporter, before=began)]
    return ExitCode.DONE if not outcomes else reduce(_worst, outcomes)


def run_service(config: Path, *, first_run: bool, verbose: bool) -> ExitCode:
    """Keep the schedule until SIGTERM. A second SIGTERM ends the process at once; nothing committed is lost."""
    logs.set_up(verbose=verbose, as_json=True)
    with (
        open_workspace(config, write=True, first_run=first_run) as workspace,
        stopped_by_signals(workspace, code=ExitCode.DONE),
    ):
        if not _serve(Renewing(workspace)):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ExitCode.DONE)  # a thread that hangs would keep the process; its claim is taken up by the next one
    return ExitCode.DONE


@dataclass(frozen=True, kw_only=True)
class _Turns:
    """The turns that one state of the settings names."""

    gathering: Schedule
    telling: Schedule

    @property
    def at_work(self) -> tuple[str, ...]:
        return (*self.gathering.at_work, *self.telling.at_work)

    def stop(self, timeout: float) -> bool:
        """Begin nothing new; True when what was at work has ended within the time."""
        results = [one.stop(timeout=timeout / 2) for one in (self.gathering, self.telling)]  # each is asked
        return all(results)


class _Places:
    """One job of a name at a time, also where turns are made anew while the former one of that name is at work.

    Only the job of that name waits until its place is free; a tracker that does not answer holds up no other.
    """

    def __init__(self) -> None:
        self._places: dict[str, threading.Lock] = {}

    def job(self, name: str, when: Words, work: Callable[[], object], *, over: Callable[[], bool]) -> Job:
        """A job of that name, which waits for its place; `over` says that its own turns are made anew by now."""
        place = self._places.setdefault(name, threading.Lock())

        def alone(_: due.Owed) -> None:
            if not place.acquire(blocking=False):
                logs.log().warning(f"{name}: its former turn is still at work; it begins anew once that has ended")
                while not place.acquire(timeout=0.5):
                    if over():
                        return
            try:
                if not over():
                    work()
            finally:
                place.release()

        return Job(name=name, when=when, work=alone, kept=False)


def _serve(current: Renewing) -> bool:
    """Keep the schedule, and make it anew when the settings name other turns; True when all had ended as we left.

    What is at work then comes to its end beside the new turns, and holds up only what would do the same.
    """
    skipped: dict[str, int] = {}
    places, former = _Places(), list[_Turns]()
    with listening(current, lambda: skipped):
        while True:
            former.append(_keep_schedule(current, skipped, places=places, former=former))
            if current().sleep.is_woken:
                results = [turns.stop(timeout=PATIENCE_SECONDS / len(former)) for turns in former]  # each is asked
                logs.log().info("stopped", everything_ended=all(results))
                return all(results)
            former = [turns for turns in former if not turns.stop(timeout=0.5)]
            names = sorted({name for turns in former for name in turns.at_work})
            logs.log().info("the settings name other turns; they are made anew", still_at_work=names)


def _keep_schedule(
    current: Renewing, skipped: dict[str, int], *, places: _Places, former: Sequence[_Turns] = ()
) -> _Turns:
    """Sync, then publish and mail what is due, again and again, until told to stop or the turns are to be made anew.

    Each source has turns of its own, so that one that hangs delays no other. What was owed while we were down is made
    of what is there once every source has had its first turn; of one that hangs we wait for a minute. Of `former` turns
    the edition that is being made is waited for, since two are never made at a time.
    """
    current.replanned.clear()
    workspace = current()
    since, age = workspace.store.mailing_since(), keep_age(workspace)
    if since is not None and not _is_in_doubt(workspace):
        keep_schedules(workspace)
    when = meaning.sync_plan(workspace.settings).when
    ended = threading.Event()

    def is_over() -> bool:
        return ended.is_set() or workspace.sleep.is_woken or current.replanned.is_set()

    job = partial(places.job, over=is_over)
    first_turns = {name: threading.Event() for name in workspace.source_names}
    jobs = [
        job(f"sync of {name}", when, partial(_sync_quietly, current, name, first))
        for name, first in first_turns.items()
    ]
    if meaning.endpoints(workspace.settings):
        jobs.append(job("endpoints", when, lambda: _ask_quietly(current())))
    jobs.append(job("notices", RETRY, lambda: _notify_quietly(current())))
    jobs.append(job("settings", LOOKS, current.look))
    turns = _Turns(
        gathering=_schedule(workspace, jobs, since=since or clock.now()),
        telling=_schedule(workspace, _telling_jobs(current) if since else [], since=since or clock.now(), at_once=1),
    )
    if since is None:
        logs.log().warning(_NEW.format(workspace.store.place))
    if age is not None:
        logs.log().warning(age)
    tell(workspace.settings, logs.log().warning)
    logs.log().info("serving", sources=len(workspace.source_names), store=workspace.store.place)
    turns.gathering.start()
    _wait_for_first_turns(workspace, first_turns, is_over)
    _wait_for_editions(former, is_over)
    if not is_over():
        turns.telling.start()
    while not is_over():
        skipped.update(turns.gathering.skipped | turns.telling.skipped)
        workspace.sleep(1.0)
    ended.set()
    turns.gathering.stopping.set()
    turns.telling.stopping.set()
    return turns


def _wait_for_first_turns(
    workspace: Workspace, first_turns: Mapping[str, threading.Event], is_over: Callable[[], bool]
) -> None:
    """Until all have ended, well or badly, or others need wait no longer for one of them."""
    patience = _Patience(workspace)
    for name, ended in first_turns.items():
        while not (ended.wait(0.2) or is_over()):
            if patience.is_over():
                logs.log().warning(f"{name}: it still does not answer; what is due is made without waiting for it")
                return


def _wait_for_editions(former: Sequence[_Turns], is_over: Callable[[], bool]) -> None:
    """Until former turns have made what they were making: its claim must not be taken for one that was left behind."""
    for turns in former:
        while not (turns.telling.stop(timeout=0.5) or is_over()):
            pass


def _sync_quietly(current: Renewing, name: str, ended: threading.Event) -> None:
    workspace = current()
    try:
        if name in workspace.source_names:
            _log_runs(gather_what_is_due(workspace, Quiet(), [name]))
            keep_doubt(workspace)
            keep_age(workspace)
        if not workspace.sleep.is_woken:
            begin(current())  # of the settings by now: a read may take hours
    except CommandError as error:  # of the settings by now, say; the next turn tries again
        logs.log().error("sync", sentence=str(error))
    finally:
        ended.set()


def _ask_quietly(workspace: Workspace) -> None:
    _log_runs(ask_endpoints(workspace, Quiet()))


def _notify_quietly(workspace: Workspace) -> None:
    keep_doubt(workspace)
    notify(workspace, _Logged())


def _telling_jobs(current: Renewing) -> list[Job]:
    again = Job(name="deferred mails", when=RETRY, work=lambda _: _retry_quietly(current()), kept=False)
    return [*_report_jobs(current, _Logged(), []), again]


def _retry_quietly(workspace: Workspace) -> None:
    with _TELLING:
        if not _is_in_doubt(workspace):
            retry(workspace, _Logged())


class _Logged(Quiet):
    """What is said about editions and mails goes to the log."""

    def say(self, words: str) -> None:
        logs.log().info(words)


def begin(workspace: Workspace) -> None:
    """Write down which schedules hold, and claim each one's first edition, so that a first run shows what will come.

    That waits until there is something to tell: a first run whose sources all failed owes it still. A report that was
    renamed has had its own, and mails nobody before its next turn.
    """
    if not workspace.store.may_mail() or _is_in_doubt(workspace):
        return
    keep_schedules(workspace)
    if any(one.held for one in read_trust(workspace.settings, workspace.store)):
        known, now = {row.report for row in workspace.store.due()}, clock.now()
        for report in meaning.reports(workspace.settings):
            if report.when is None or report.name in known:
                continue
            since = held_since(workspace, report, now=now)
            if (former := former_name(workspace, report, now=now)) is None:
                workspace.store.claim_due(report.name, FIRST, now, due_at=since)
                continue
            carry_over(workspace, report, former)
            note = AS_FORMER.format(former)
            workspace.store.enter_due(report.name, FIRST, "done", now, due_at=since, note=note)


def _schedule(workspace: Workspace, jobs: Sequence[Job], *, since: datetime, at_once: int | None = None) -> Schedule:
    return Schedule(
        jobs,
        workspace.store,
        now=clock.now,
        monotonic=clock.monotonic,
        zone=meaning.calendar(workspace.settings).zone,
        since=since,
        doubt=partial(_doubt, workspace),
        at_once=at_once,
    )


def _doubt(workspace: Workspace) -> str | None:
    """Why clock or ledger are not to be believed, if so: then nothing is claimed, made, mailed or missed."""
    return workspace.timekeeper.doubt() or kept_age(workspace)


def _is_in_doubt(workspace: Workspace) -> bool:
    return _doubt(workspace) is not None


def _report_jobs(current: Callable[[], Workspace], reporter: Reporter, outcomes: list[ExitCode]) -> list[Job]:
    return [
        Job(
            name=report.name,
            when=report.when,
            work=partial(_make, current, report.name, reporter, outcomes),
            since=held_since(current(), report, now=clock.now()),
        )
        for report in meaning.reports(current().settings)
        if report.when is not None
    ]


def _make(
    current: Callable[[], Workspace], name: str, reporter: Reporter, outcomes: list[ExitCode], period: due.Owed
) -> None:
    """Publish one report, and those that come by the same turn, and mail it; the others are mailed by their own jobs.

    An error is said here, and marks the period as failed in the ledger. A first edition answers the turn that was due
    last: it is owed since the store began, which may be months ago.
    """
    try:
        with _TELLING:
            workspace = current()
            report = report_named(workspace, name)
            made = made_before(workspace, report, period.period_key) or _published(workspace, report, period, reporter)
            outcomes.append(deliver(workspace, report, made, reporter=reporter))
    except Exception as error:
        outcomes.append(ExitCode.FAILED)
        reporter.say(f"{name}: {logs.redacted(str(error))}")
        raise


def _published(workspace: Workspace, report: meaning.Report, period: due.Owed, reporter: Reporter) -> Edition:
    """Publish a report, and what else its turn owes before any of it is mailed: all of it tells of one moment.

    ```
    claim both ──> publish both, as of one instant ──> mail the first ──> job of the second: it is made, so mail it
                                                       (for minutes)
    ```

    The others are claimed before, so that whoever comes after a crash takes them for made. One that cannot be published
    is told by its own job, which tries again.
    """
    refuse_damage(workspace)
    now, due_at = clock.now(), None if period.period_key == FIRST else period.due_at
    beside = [one for one in meaning.reports(workspace.settings) if _is_claimed(workspace, one, report, period, now)]
    made = publish_report(workspace, report, now=now, reporter=reporter, due_at=due_at).edition
    for one in beside:
        try:
            publish_report(workspace, one, now=now, reporter=reporter, due_at=due_at)
        except Exception as error:  # what was made is mailed, whatever became of another
            logs.log().debug(f"{one.name}: {logs.redacted(str(error))}")
    return made


def _is_claimed(
    workspace: Workspace, other: meaning.Report, report: meaning.Report, period: due.Owed, now: datetime
) -> bool:
    """Claim what another report owes of the same turn; True where it is ours to make, and nobody has made it yet."""
    if other.when is None or other.when != report.when or other.name == report.name:
        return False
    its, rows = replace(period, report=other.name), workspace.store.due(other.name)
    for row in rows:
        if row.period_key == its.period_key:
            is_open = row.state in ("claimed", "failed") and row.due_at == its.due_at
            return is_open and made_before(workspace, other, its.period_key) is None
    owing = due.owed(
        {other.name: other.when},
        [due.Owed(report=row.report, period_key=row.period_key, due_at=row.due_at) for row in rows],
        now=now,
        zone=meaning.calendar(workspace.settings).zone,
        since=held_since(workspace, other, now=now),
    )
    return its in owing.owed and workspace.store.claim_due(other.name, its.period_key, now, due_at=its.due_at)


def _log_runs(records: Sequence[RunRecord]) -> None:
    for record in records:
        if record.kind == "held":  # told when it began, and by `vmo status` ever since
            continue
        say = logs.log().info if record.outcome == "ok" else logs.log().warning
        say("sync", source=record.source, outcome=record.outcome, sentence=record.sentence, requests=record.requests)


def _worst(first: ExitCode, second: ExitCode) -> ExitCode:
    """Two halves of one job: done only if both are, failed only if both are."""
    if first is second:
        return first
    return ExitCode.PARTLY
