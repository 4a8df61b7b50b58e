"""What whoever runs holds of this machine's clock, kept so that `vmo status` can say it, too."""

from __future__ import annotations

from cli import clock
from cli.workspace import Workspace

_CLOCK = "doubt of the clock"  # in the due ledger; reports have no spaces in their names
_KEY = "newest"


def keep_doubt(workspace: Workspace) -> str | None:
    """Why the clock is in doubt now, or None; written down where it is news."""
    store, doubt, before = workspace.store, workspace.timekeeper.doubt(), _kept(workspace)
    if doubt != before:
        store.claim_due(_CLOCK, _KEY, clock.now())
        store.finish_due(_CLOCK, _KEY, "done" if doubt is None else "failed", clock.now(), note=doubt or "")
    return doubt


def doubt_of(workspace: Workspace) -> str | None:
    """Why the clock is in doubt, as this process sees it, or as whoever ran last has written it down."""
    return workspace.timekeeper.doubt() or _kept(workspace)


def _kept(workspace: Workspace) -> str | None:
    return next((row.note for row in workspace.store.due(_CLOCK) if row.state == "failed"), None)
