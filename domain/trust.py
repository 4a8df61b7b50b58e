"""How fresh and how complete what we hold is: handed from gathering to telling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class ScopeProof:
    """How complete one project (or, with an empty `scope_id`, one source) was at the end of the run that proved it.

    `declared` is how many items the source says there are, found at `declared_at` by `project` (its own count),
    `census`, or `walk` (its count of the scope, beside a walk over all of it); None: it was never told. `held` are live
    items, of which `missing` were not seen lately; `removed` and
    `out_of_scope` count no more. The histories of live items are `complete`, `bare` (none was given), `gaps` (they do
    not lead to the present) or `incomplete`. `unheld` were named by a census and are not held; None: not counted.
    `uncounted` is how many more the project's own count had than the last census: archived or hidden ones.
    """

    scope_id: str
    key: str
    state: str  # live, archived, access_lost, forbidden, unnamed, out_of_scope
    declared: int | None = None
    declared_at: datetime | None = None
    declared_by: str | None = None
    uncounted: int | None = None
    held: int = 0
    missing: int = 0
    removed: int = 0
    out_of_scope: int = 0
    unheld: int | None = None
    complete: int = 0
    bare: int = 0
    gaps: int = 0
    incomplete: int = 0


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """A project of which nothing is removed now: `why` is a sentence, `since` the first run that said so.

    `state`: vanished (many of its items were missed at once), or why it cannot be read at all: access_lost (it is not
    shown to us), forbidden (it is shown, and refused) or unnamed (the settings do not name it as it is called now).
    `missing` counts the items that a census missed, or, of a
    project that cannot be read, those that stay as last known.
    """

    scope_id: str
    key: str
    why: str
    since: datetime
    missing: int
    state: str = "vanished"

    @property
    def is_unread(self) -> bool:
        return self.state != "vanished"


@dataclass(frozen=True, kw_only=True)
class SourceTrust:
    """What the store can vouch for, of one source.

    `complete_at` is the server's time at the start of the last sync that went through completely; None: never.
    `problems` are sentences a reader can act on. `held` counts live items; `declared` what the source said it had
    at the last census (None: never counted). `removed` counts tombstones by reason. `scopes` are its projects.
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
    unheld: int | None = None
    history_gaps: int = 0
    without_history: int = 0
    quarantined: int = 0
    removed: Mapping[str, int] = field(default_factory=dict)
    scopes: tuple[ScopeProof, ...] = ()
    suspended: tuple[Suspension, ...] = ()
    stale_after_seconds: int = 86_400

    def is_stale(self, now: datetime) -> bool:
        """A source that never completed is stale, too."""
        return self.complete_at is None or (now - self.complete_at).total_seconds() > self.stale_after_seconds

    @property
    def unread(self) -> tuple[Suspension, ...]:
        """The projects that cannot be read: what is told of them is what was last known."""
        return tuple(one for one in self.suspended if one.is_unread)

    def is_proven(self) -> bool:
        """Did a census name exactly what is held, and is every history there and leads to the present?"""
        return (
            self.declared is not None
            and self.declared == self.held
            and not (self.suspects or self.unheld or self.quarantined or self.suspended)
            and not (self.history_gaps or self.without_history)
        )


@dataclass(frozen=True, kw_only=True)
class ChecksTold:
    """What an edition said of the data's quality on a day: of each rule how many items passed it, of how many."""

    edition: str
    told_on: date
    passing: Mapping[str, tuple[int, int]]
