"""`vmo db check` and `vmo db backup`: the store's own care."""

from __future__ import annotations

from pathlib import Path

from cli import clock
from cli.outcome import CommandError, ExitCode
from cli.workspace import Workspace, open_workspace
from sync.store import care


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
        f"copied {workspace.store.place} to {target} and checked the copy; to restore it, stop vmo and put it in place"
    )
    return ExitCode.DONE


def refuse_damage(workspace: Workspace) -> None:
    """Nothing is published from a store that does not read as it was written. Raises CommandError."""
    wrong = [f"{finding.subject}: {finding.words}" for finding in care.check(workspace.store) if not finding.good]
    if wrong:
        raise CommandError(f"store {workspace.store.place}: {'; '.join(wrong)}")
