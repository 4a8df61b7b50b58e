"""What a run does beyond reading what changed: the daily count of what is there, the weekly reading of everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cli import clock
from cli.gathering import gather
from cli.progress import Reporter
from cli.workspace import Workspace
from config import meaning
from sync import due, plan
from sync.store.reading import RunRecord

SWEEP, FULL_CHECK = "presence sweep", "full check"


def in_ledger(what: str, source: str) -> str:
    """How the due ledger names it. Reports have no spaces in their names."""
    return f"{what} of {source}"


def gather_what_is_due(
    workspace: Workspace,
    reporter: Reporter,
    names: Sequence[str] | None = None,
    *,
    ended: Callable[[str], None] = lambda _: None,
) -> list[RunRecord]:
    """Sync these sources (None: all); count them, or read everything again, when the settings' schedules say so.

    `ended` is told the name of each whose sync has come to its end.

    Each source has its own turns, so that one that hangs keeps no other from being counted. Nothing of a source is owed
    before its first full reading has ended. What a stopped process had claimed is done by the next.
    """
    names = workspace.source_names if names is None else names
    claimed = {(what, name): period for name in names for what, period in _claim(workspace, name).items()}
    records = gather(
        workspace,
        names,
        reporter,
        full=[name for what, name in claimed if what == FULL_CHECK],
        sweep=[name for what, name in claimed if what == SWEEP],
        ended=ended,
    )
    if not workspace.sleep.is_woken:
        failed = {record.source for record in records if not plan.went_through(record)}
        for (what, name), period in claimed.items():
            state, note = ("failed", "see `vmo status`") if name in failed else ("done", "")
            workspace.store.finish_due(in_ledger(what, name), period, state, clock.now(), note=note)
    return records


def _claim(workspace: Workspace, source: str) -> dict[str, str]:
    """Which of the two is owed now, with its period; those that were missed are written down and not made up for."""
    store, now = workspace.store, clock.now()
    state = store.state(source)
    if state is None or state.full_at is None:
        return {}
    times = meaning.sync_plan(workspace.settings)
    named = {in_ledger(SWEEP, source): SWEEP, in_ledger(FULL_CHECK, source): FULL_CHECK}
    rows = [row for row in store.due() if row.report in named]
    owing = due.owed(
        {in_ledger(SWEEP, source): times.presence_sweep, in_ledger(FULL_CHECK, source): times.full_check},
        [due.Owed(report=row.report, period_key=row.period_key, due_at=row.due_at) for row in rows],
        now=now,
        zone=meaning.calendar(workspace.settings).zone,
        since=state.full_at,
    )
    claimed = {named[row.report]: row.period_key for row in rows if row.state == "claimed"}
    for one in owing.missed:
        if store.claim_due(one.report, one.period_key, now, due_at=one.due_at):
            store.finish_due(one.report, one.period_key, "missed", now, note="no process was running")
    for one in owing.owed:
        if store.claim_due(one.report, one.period_key, now, due_at=one.due_at):
            claimed[named[one.report]] = one.period_key
    return claimed
