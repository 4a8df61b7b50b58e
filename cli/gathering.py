"""`vmo sync` and `vmo confirm`: bring the items home."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli import clock, logs
from cli.outcome import CommandError, ExitCode
from cli.progress import Reporter, shown
from cli.workspace import Workspace, open_workspace, source_settings
from config import meaning
from sync import engine
from sync.store.faults import StoreError
from sync.store.reading import RunRecord


def run_sync(config: Path, *, only: str | None, full: bool, sweep: bool, verbose: bool) -> ExitCode:
    """Pull what changed from one source, or from all beside each other."""
    logs.set_up(verbose=verbose, as_json=False)
    with open_workspace(config, write=True) as workspace, shown() as reporter:
        names = _chosen(workspace, only)
        return outcome_of(gather(workspace, names, reporter, full=full, sweep=sweep))


def gather(
    workspace: Workspace, names: Sequence[str], reporter: Reporter, *, full: bool = False, sweep: bool = False
) -> list[RunRecord]:
    """Sync the sources, each in its own thread; say how each went. What failed keeps what it held."""
    kinds = {source.name: (source.kind, source.url) for source in meaning.sources(workspace.settings)}

    def progress(told: engine.Progress) -> None:
        reporter.step(told.source, done=told.done, expected=told.expected, words="items")

    records = engine.sync_all(
        [
            engine.Job(
                source=name,
                kind=kinds[name][0],
                base_url=kinds[name][1],
                connect=lambda name=name: workspace.connect(name),
                full=full,
            )
            for name in names
        ],
        workspace.store,
        now=clock.now,
        monotonic=clock.monotonic,
        stop=lambda: workspace.sleep.is_woken,
        progress=progress,
    )
    for record in records:
        reporter.say(f"{record.source}: {record.sentence}")
    return records


def outcome_of(records: Sequence[RunRecord]) -> ExitCode:
    """0 when all went through, 1 when none did, 3 in between."""
    good = sum(record.outcome == "ok" for record in records)
    if good == len(records):
        return ExitCode.DONE
    partly = any(record.outcome in ("ok", "partial", "deferred") for record in records)
    return ExitCode.PARTLY if partly else ExitCode.FAILED


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
                print(f"{source}: {count} missing items will be marked as gone by the next sweep (`vmo sync --sweep`)")
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
        source_settings(workspace.settings, name)
    return names
