"""What a run does beyond reading what changed: the daily count of what is there, the weekly reading of everything."""

from __future__ import annotations

from cli import clock
from cli.gathering import gather
from cli.progress import Reporter
from cli.workspace import Workspace
from config import meaning
from sync import due
from sync.store.reading import RunRecord

SWEEP, FULL_CHECK = "presence sweep", "full check"  # in the due ledger; reports have no spaces in their names


def gather_what_is_due(workspace: Workspace, reporter: Reporter) -> list[RunRecord]:
    """Sync all sources; count them, or read everything again, when the settings' schedules say so.

    Nothing is owed before the first full reading has ended. What a stopped process had claimed is done by the next.
    """
    claimed = _claim(workspace)
    records = gather(
        workspace,
        workspace.source_names,
        reporter,
        full=FULL_CHECK in claimed,
        sweep=SWEEP in claimed,
    )
    went_well = all(record.outcome == "ok" for record in records)
    if not workspace.sleep.is_woken:
        for name, period in claimed.items():
            note = "" if went_well else "not every source went through: see `vmo status`"
            workspace.store.finish_due(name, period, "done" if went_well else "failed", clock.now(), note=note)
    return records


def _claim(workspace: Workspace) -> dict[str, str]:
    """Which of the two is owed now, with its period; those that were missed are written down and not made up for."""
    store, now = workspace.store, clock.now()
    read = [state.full_at for name in workspace.source_names if (state := store.state(name)) and state.full_at]
    if not read:
        return {}
    plan = meaning.sync_plan(workspace.settings)
    rows = [row for row in store.due() if row.report in (SWEEP, FULL_CHECK)]
    owing = due.owed(
        {SWEEP: plan.presence_sweep, FULL_CHECK: plan.full_check},
        [due.Owed(report=row.report, period_key=row.period_key, due_at=row.due_at) for row in rows],
        now=now,
        zone=meaning.calendar(workspace.settings).zone,
        since=min(read),
    )
    claimed = {row.report: row.period_key for row in rows if row.state == "claimed"}
    for one in owing.missed:
        if store.claim_due(one.report, one.period_key, now, due_at=one.due_at):
            store.finish_due(one.report, one.period_key, "missed", now, note="no process was running")
    for one in owing.owed:
        if store.claim_due(one.report, one.period_key, now, due_at=one.due_at):
            claimed[one.report] = one.period_key
    return claimed
