"""`vmo sync` and `vmo confirm`: bring the items home."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypedDict

from cli import clock, logs
from cli.closing import close_after_sync
from cli.doubting import keep_doubt
from cli.measuring import ask_endpoints
from cli.outcome import CommandError, ExitCode
from cli.progress import Reporter, shown
from cli.reading import tracing_of
from cli.setting_aside import in_one_line, outcome
from cli.stopping import stopped_by_signals
from cli.workspace import Workspace, open_workspace, source_settings
from config import meaning
from connectors.base import (
    AccessDeniedError,
    Batch,
    Connector,
    Cursor,
    Inspection,
    KnownItems,
    Preflight,
    Presence,
    Raw,
    Reading,
    SourceSettings,
    TrackerError,
    Unread,
)
from sync import engine, plan
from sync.holds import after_run, credential_of, holds_now, is_refused, words_of
from sync.presence import APART
from sync.store.faults import StoreError
from sync.store.holds import holds, keep_hold
from sync.store.journeys import catch_up
from sync.store.reading import RunRecord
from sync.sweep import sweep_source

_PHASES = {"preflight": "asked", "census": "counted", "reread": "read again"}


def run_sync(config: Path, *, only: str | None, full: bool, sweep: bool, verbose: bool) -> ExitCode:
    """Pull what changed from one source, or from all beside each other; then, of all, what KPIs' endpoints answer."""
    logs.set_up(verbose=verbose, as_json=False)
    with (
        open_workspace(config, write=True) as workspace,
        shown() as reporter,
        stopped_by_signals(workspace),
    ):
        names = _chosen(workspace, only)
        records = gather(
            workspace,
            names,
            reporter,
            full=names if full else (),
            sweep=names if sweep else (),
            by_hand=only is not None,
            needs_secrets=True,
        )
        keep_doubt(workspace)
        if only is None:
            records += ask_endpoints(workspace, reporter)
        if (line := in_one_line(workspace.settings.set_aside)) is not None:
            reporter.say(line)
        code = outcome(workspace.settings, outcome_of(records, waits=waits_for_a_person(workspace, records)))
        return ExitCode.PARTLY if workspace.sleep.is_woken else code


def gather(
    workspace: Workspace,
    names: Sequence[str],
    reporter: Reporter,
    *,
    full: Collection[str] = (),
    sweep: Collection[str] = (),
    by_hand: bool = False,
    needs_secrets: bool = False,
    ended: Callable[[str], None] = lambda _: None,
) -> list[RunRecord]:
    """Sync the sources, each in its own thread; say how each went. What failed keeps what it held.

    `ended` is told the name of each whose sync has come to its end.

    Those in `full` are read whole. One whose sync went through is then counted, when that is due or `sweep` names it,
    beside the others, whatever they do; and what its count has found, and cannot be told without being read, is read.
    One that must not be asked now is left alone, and its record is of kind `held`; a person who asks `by_hand` may try
    refused credentials. One whose secret cannot be opened has failed, and that is written down; where a person
    `needs_secrets`, nothing is begun without any: raises CommandError.
    """

    def progress(told: engine.Progress) -> None:
        reporter.step(told.source, done=told.done, expected=told.expected, words=_PHASES.get(told.phase, "items"))

    waiting = _Waiting(workspace, by_hand=by_hand)
    left_alone = [record for name in names if (record := waiting.record(name)) is not None]

    def over(record: RunRecord) -> None:
        reporter.say(record.sentence)
        ended(record.source)

    for record in left_alone:
        over(record)
    asked = [name for name in names if name not in {one.source for one in left_alone}]
    connectors = _connectors(workspace, asked, needs_secrets=needs_secrets)
    clocks: _Clocks = {
        "now": clock.now,
        "monotonic": clock.monotonic,
        "stop": lambda: workspace.sleep.is_woken,
        "progress": progress,
    }
    try:
        tracing = tracing_of(workspace.settings, on=meaning.calendar(workspace.settings).day(clock.now()))

        def count(connector: Connector, record: RunRecord, stop: Callable[[], bool]) -> Iterator[RunRecord]:
            state = workspace.store.state(record.source)
            is_asked = record.source in sweep or workspace.store.failed_census(record.source) is not None
            if not plan.went_through(record) or not (is_asked or plan.sweep_is_due(state, now=clock.now())):
                return
            counted = sweep_source(connector, workspace.store, tracing=tracing, **(clocks | {"stop": stop}))
            reporter.say(counted.sentence)
            yield counted
            if workspace.store.pending_chunks(record.source):
                fetched = engine.sync_source(connector, workspace.store, tracing=tracing, **(clocks | {"stop": stop}))
                reporter.say(fetched.sentence)
                yield fetched

        records = engine.sync_all(
            connectors, workspace.store, full=full, ended=over, then=count, tracing=tracing, **clocks
        )
        for connector, record in zip(connectors, list(records), strict=False):  # counts follow after the syncs
            waiting.learn(connector, went_well=plan.went_through(record))
        catch_up(workspace.store, tracing, sources=names, go_on=lambda: not workspace.sleep.is_woken)
        if not workspace.sleep.is_woken:
            close_after_sync(workspace, now=clock.now())
    finally:
        for connector in connectors:
            connector.close()
    return [*records, *left_alone]


class _Waiting:
    """Who must not be asked now, and what is learned of it by asking the others."""

    def __init__(self, workspace: Workspace, *, by_hand: bool) -> None:
        self._workspace = workspace
        self._by_hand = by_hand
        self._salt = workspace.store.instance_id()
        self._known = holds(workspace.store)

    def record(self, name: str) -> RunRecord | None:
        """The record of a source that must be left alone; None: it may be asked."""
        hold, now = self._known.get(name), clock.now()
        if hold is None:
            return None
        try:
            credential = credential_of(self._workspace.source(name), salt=self._salt)
        except CommandError:
            return None  # a secret that cannot be opened is told as such
        if not holds_now(hold, credential=credential, now=now, by_hand=self._by_hand):
            return None
        return RunRecord(
            run_id=0, source=name, kind="held", started_at=now, finished_at=now,
            outcome="failed" if is_refused(hold) else "deferred", sentence=words_of(hold),
        )  # fmt: skip

    def learn(self, connector: _Late, *, went_well: bool) -> None:
        """Write down what this run says of the next one; a run that says nothing changes nothing."""
        name, before = connector.settings.name, self._known.get(connector.settings.name)
        says_something = connector.trouble is not None or (went_well and before is not None)
        if not connector.was_asked or not says_something:
            return
        credential = credential_of(connector.settings, salt=self._salt)
        hold = after_run(before, connector.trouble, source=name, credential=credential, now=clock.now())
        if hold is not None or before is not None:
            keep_hold(self._workspace.store, name, hold)


class _Clocks(TypedDict):
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    stop: Callable[[], bool]
    progress: Callable[[engine.Progress], None]


def _connectors(workspace: Workspace, names: Sequence[str], *, needs_secrets: bool) -> list[_Late]:
    """One for each source; one without its secret is refused inside its run, which is then written down as failed."""
    found: list[_Late] = []
    problems: list[CommandError] = []
    hear = workspace.timekeeper.hear
    for name in names:
        try:
            found.append(_Late(workspace.source(name), partial(workspace.connect, name), hear=hear))
        except CommandError as error:
            problems.append(error)
            closed = source_settings(workspace.settings, name, secret=False)
            found.append(_Late(closed, partial(_refuse, name, error), hear=hear))
    if needs_secrets and problems and len(problems) == len(names):
        raise CommandError("\n".join(map(str, problems)), code=ExitCode.WRONG_USAGE)
    return found


def _refuse(name: str, error: CommandError) -> Connector:
    raise AccessDeniedError(f"{name}: {error}")


class _Late:
    """A connector that connects when it is first asked, inside the run: a source out of reach is then a failed run,
    written down like any other, and delays no other source."""

    def __init__(
        self, settings: SourceSettings, connect: Callable[[], Connector], *, hear: Callable[[str, datetime], None]
    ) -> None:
        self.settings = settings
        self._hear = hear  # is told what its tracker says of the time
        self.trouble: TrackerError | None = None  # the last one, of the tracker's or of ours
        self._connect = connect
        self._connected: Connector | None = None

    def preflight(self) -> Preflight:
        with self._noted():
            seen = self._now().preflight()
        if seen.tells_time:
            self._hear(self.settings.name, seen.server_time)
        return seen

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        with self._noted():
            yield from self._now().changes_since(cursor, known, full=full)

    def census(self) -> Iterator[Sequence[str]]:
        with self._noted():
            yield from self._now().census()

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        with self._noted():
            return self._now().probe(external_ids)

    def named(self, cursor: Cursor | None, *, then: Mapping[str, str]) -> Mapping[str, str]:
        with self._noted():
            return self._now().named(cursor, then=then)

    def asked(self) -> Sequence[str]:
        return self._now().asked()

    def unread(self) -> Sequence[Unread]:
        return () if self._connected is None else self._connected.unread()

    def read(self, raws: Sequence[Raw], named: Mapping[str, str]) -> Reading:
        return self._now().read(raws, named)

    def inspect(self, *, items: int) -> Inspection:
        with self._noted():
            return self._now().inspect(items=items)

    def requests_made(self) -> int:
        return 0 if self._connected is None else self._connected.requests_made()

    def close(self) -> None:
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    @property
    def was_asked(self) -> bool:
        """Did its tracker have a chance to say anything?"""
        return self._connected is not None

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except TrackerError as error:
            self.trouble = error
            raise

    def _now(self) -> Connector:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected


def outcome_of(records: Sequence[RunRecord], *, waits: bool = False) -> ExitCode:
    """0 when all went through and nothing `waits` for a person, 1 when none did, 3 in between."""
    good = sum(record.outcome == "ok" for record in records)
    if good == len(records):
        return ExitCode.PARTLY if waits else ExitCode.DONE
    partly = any(record.outcome in ("ok", "partial", "deferred") for record in records)
    return ExitCode.PARTLY if partly else ExitCode.FAILED


def waits_for_a_person(workspace: Workspace, records: Sequence[RunRecord]) -> bool:
    """Did too much of a project of these sources vanish at once, or does a tracker name what it does not give?

    It is so until somebody confirms, or grants the rights, or it is back.
    """
    sources = {record.source for record in records}
    states = [workspace.store.state(source) for source in sources]
    is_suspended = any(not one.is_unread for state in states if state is not None for one in state.suspensions)
    return is_suspended or any(workspace.store.unheld(source) for source in sources)


def run_confirm(config: Path, *, source: str, what: str) -> ExitCode:
    """Let a person confirm a changed token owner, or that many items really went."""
    with open_workspace(config, write=True) as workspace:
        _chosen(workspace, source)
        try:
            if what == "identity":
                name = workspace.store.confirm_identity(source, now=clock.now())
                print(f"{source}: from now on its token belongs to {name}")
            elif what == "vanished":
                count = workspace.store.confirm_vanished(source, now=clock.now())
                print(
                    f"{source}: {count} missing items will be marked as gone by the first sweep that still misses them "
                    f"{APART // timedelta(hours=1)} hours or more after they were first missed; before that a sweep "
                    "(`vmo sync --sweep`) changes nothing"
                )
            else:
                raise CommandError(
                    f"{what!r} cannot be confirmed; it is identity or vanished", code=ExitCode.WRONG_USAGE
                )
        except StoreError as error:
            raise CommandError(str(error)) from error
    return ExitCode.DONE


def _chosen(workspace: Workspace, only: str | None) -> tuple[str, ...]:
    names = workspace.source_names if only is None else (only,)
    for name in names:
        source_settings(workspace.settings, name, secret=False)
    return names
