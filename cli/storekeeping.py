"""`vmo db check` and `vmo db backup`: the store's own care."""

from __future__ import annotations

from pathlib import Path

from cli import clock
from cli.outcome import CommandError, ExitCode
from cli.workspace import Workspace, open_workspace
from sync.store import care

LOOK = "look at the store"  # in the due ledger; reports have no spaces in their names


def run_db_check(config: Path) -> ExitCode:
    """Print one line for each thing that was looked at, with the mend where it is not as it was written."""
    with open_workspace(config) as workspace:
        findings = care.check(workspace.store)
        print(f"store    {workspace.store.place}")
    for finding in findings:
        print(f"{'ok' if finding.good else 'FAILED':<8} {finding.subject}: {finding.words}")
    return ExitCode.DONE if all(finding.good for finding in findings) else ExitCode.FAILED


def run_db_backup(config: Path, *, out: Path | None) -> ExitCode:
    """Copy the store into a file while it is in use, check the copy, and say where it is."""
    with open_workspace(config) as workspace:
        target = out or Path(f"vmo-backup-{clock.now():%Y%m%dT%H%M%SZ}.db")
        care.copy(workspace.store, target)
    print(
        f"copied {workspace.store.place} to {target} and checked the copy; to restore it, stop vmo, remove the store's "
        "files that end in -wal and -shm, put the copy in place, and say `vmo db restored` before anything else runs"
    )
    return ExitCode.DONE


def refuse_damage(workspace: Workspace) -> None:
    """Once a day, before anything is published: a store that does not read as it was written publishes nothing.

    Raises CommandError, and says so again until the store is found sound.
    """
    store, now = workspace.store, clock.now()
    period = f"{now:%Y-%m-%d}"
    if any(row.period_key == period and row.state == "done" for row in store.due(LOOK)):
        return
    wrong = [f"{finding.subject}: {finding.words}" for finding in care.check(store) if not finding.good]
    store.claim_due(LOOK, period, now)
    store.finish_due(LOOK, period, "failed" if wrong else "done", now, note="; ".join(wrong))
    if wrong:
        raise CommandError(f"store {store.place}: {'; '.join(wrong)}; nothing was published")
