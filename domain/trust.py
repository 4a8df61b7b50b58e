"""How fresh and how complete what we hold is: handed from gathering to telling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class SourceTrust:
    """What the store can vouch for, of one source.

    `complete_at` is the server's time at the start of the last sync that went through completely; None: never.
    `problems` are sentences a reader can act on. `held` counts live items; `declared` what the source said it had
    at the last census (None: never counted).
    """

    source: str
    kind: str  # "Jira" or "Azure DevOps", as people say it
    base_url: str
    complete_at: datetime | None
    attempted_at: datetime | None
    outcome: str  # ok, partial, failed, deferred, never
    problems: tuple[str, ...] = ()
    held: int = 0
    declared: int | None = None
    census_at: datetime | None = None
    suspects: int = 0
    history_gaps: int = 0
    without_history: int = 0
    quarantined: int = 0
    stale_after_seconds: int = 86_400

    def is_stale(self, now: datetime) -> bool:
        """A source that never completed is stale, too."""
        return self.complete_at is None or (now - self.complete_at).total_seconds() > self.stale_after_seconds
