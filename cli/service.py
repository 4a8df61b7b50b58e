"""`vmo run` and `vmo serve`: the whole job, once or until told to stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial, reduce
from pathlib import Path
from types import FrameType

from cli import clock, logs
from cli.delivering import deliver, retry
from cli.gathering import gather, outcome_of
from cli.outcome import ExitCode
from cli.progress import Quiet, Reporter, shown
from cli.telling import publish_report
from cli.workspace import Workspace, open_workspace
from config import meaning
from config.schedule import schedule as in_words
from sync import due
from sync.schedule import Job, Schedule
from sync.store.reading import RunRecord

FIRST = "first"  # the period key of the edition that a first run makes at once
RETRY = in_words("every 10 minutes")
_NEW = "store {} is new: nothing is published by schedule or mailed until `vmo run --first-run`"


def run_once(config: Path, *, first_run: bool, verbose: bool) -> ExitCode:
    """Sync everything, then publish and mail what is due. Exit code 3 when only part of it went through."""
    logs.set_up(verbose=verbose, as_json=False)
    with (
        open_workspace(config, write=True, first_run=first_run) as workspace,
        shown() as reporter,
        _stopped_by_signals(workspace),
    ):
        records = gather(workspace, workspace.source_names, reporter)
        told = settle(workspace, reporter)
    return _worst(outcome_of(records), told)


def settle(workspace: Workspace, reporter: Reporter) -> ExitCode:
    """Publish and mail every edition that is owed now, once; each is claimed in the ledger before it is made."""
    since = workspace.store.mailing_since()
    if since is None:
        reporter.say(_NEW.format(workspace.store.place))
        return ExitCode.DONE
    outcomes: list[ExitCode] = []
    retry(workspace, reporter)
    _schedule(workspace, _report_jobs(workspace, reporter, outcomes), since=since).once()
    return ExitCode.DONE if not outcomes else reduce(_worst, outcomes)


def run_service(config: Path, *, first_run: bool, verbose: bool) -> ExitCode:
    """Keep the schedule until SIGTERM. A second SIGTERM ends the process at once; nothing committed is lost."""
    logs.set_up(verbose=verbose, as_json=True)
    with open_workspace(config, write=True, first_run=first_run) as workspace, _stopped_by_signals(workspace):
        plan = meaning.sync_plan(workspace.settings)
        jobs = [Job(name="sync", when=plan.when, work=lambda _: _log_runs(_gather_quietly(workspace)), kept=False)]
        since = workspace.store.mailing_since()
        if since is None:
            logs.log().warning(_NEW.format(workspace.store.place))
        else:
            jobs += _report_jobs(workspace, Quiet(), [])
            again = Job(name="deferred mails", when=RETRY, work=lambda _: retry(workspace, Quiet()), kept=False)
            jobs.append(again)
        schedule = _schedule(workspace, jobs, since=since or clock.now())
        logs.log().info("serving", sources=len(workspace.source_names), store=workspace.store.place)
        schedule.start()
        while not workspace.sleep.is_woken:
            workspace.sleep(3600)
        ended = schedule.stop(timeout=8.0)
        logs.log().info("stopped", everything_ended=ended)
    return ExitCode.DONE


def begin(workspace: Workspace) -> None:
    """Claim the first edition of each scheduled report, so that a first run shows at once what will come."""
    since = workspace.store.mailing_since()
    if since is not None:
        known = {row.report for row in workspace.store.due()}
        for report in meaning.reports(workspace.settings):
            if report.when is not None and report.name not in known:
                workspace.store.claim_due(report.name, FIRST, clock.now(), due_at=since)


def _schedule(workspace: Workspace, jobs: Sequence[Job], *, since: datetime) -> Schedule:
    begin(workspace)
    return Schedule(
        jobs,
        workspace.store,
        now=clock.now,
        monotonic=clock.monotonic,
        zone=meaning.calendar(workspace.settings).zone,
        since=since,
    )


def _report_jobs(workspace: Workspace, reporter: Reporter, outcomes: list[ExitCode]) -> list[Job]:
    return [
        Job(name=report.name, when=report.when, work=partial(_make, workspace, report, reporter, outcomes))
        for report in meaning.reports(workspace.settings)
        if report.when is not None
    ]


def _make(
    workspace: Workspace, report: meaning.Report, reporter: Reporter, outcomes: list[ExitCode], _: due.Owed
) -> None:
    """Publish one report and mail it. An error is said here, and marks the period as failed in the ledger."""
    try:
        edition = publish_report(workspace, report, now=clock.now(), reporter=reporter)
        outcomes.append(deliver(workspace, report, edition, reporter=reporter))
    except Exception as error:
        outcomes.append(ExitCode.FAILED)
        reporter.say(f"{report.name}: {logs.redacted(str(error))}")
        raise


def _gather_quietly(workspace: Workspace) -> list[RunRecord]:
    return gather(workspace, workspace.source_names, Quiet())


def _log_runs(records: Sequence[RunRecord]) -> None:
    for record in records:
        say = logs.log().info if record.outcome == "ok" else logs.log().warning
        say("sync", source=record.source, outcome=record.outcome, sentence=record.sentence, requests=record.requests)


@contextmanager
def _stopped_by_signals(workspace: Workspace) -> Iterator[None]:
    """SIGTERM and Ctrl-C end sleeps and loops between two batches; a second one ends the process."""

    def stop(number: int, _: FrameType | None) -> None:
        if workspace.sleep.is_woken:
            os._exit(128 + number)
        workspace.sleep.wake()

    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (number, signal.signal(number, stop)) for number in (signal.SIGTERM, signal.SIGINT)
    ]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _worst(first: ExitCode, second: ExitCode) -> ExitCode:
    """Two halves of one job: done only if both are, failed only if both are."""
    if first is second:
        return first
    return ExitCode.PARTLY
