"""A look into a Jira before a sync: what each project shows, and some issues with their histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from connectors.base import Batch, Inspection, Scope, SettingsError
from connectors.jira.client import JiraSite
from connectors.jira.gathering import Gathered

MOST_PROJECTS = 60  # each is counted by a request of its own, where the list of projects does not tell
FINISHED = " AND statusCategory = Done"
UNFINISHED = " AND statusCategory != Done"


class Sampling(Protocol):
    """The part of a walk that reads the newest issues whole."""

    def newest(self, restriction: str, *, size: int) -> Gathered: ...


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Counts issues: about, on Cloud; exactly, on Data Center."""

    site: JiraSite

    def of(self, restriction: str) -> int | None:
        """How many issues of the scope the restriction (beginning with AND, or empty) leaves; None: not told."""
        clause = self.site.clause() + restriction
        try:
            if self.site.is_cloud:
                found = self.site.post("search/approximate-count", {"jql": clause}).json
            else:
                found = self.site.get("search", jql=clause, maxResults=0).json
        except SettingsError as refusal:
            if refusal.status == 400 and restriction:
                return None  # a type, field or project that this scope does not know
            raise
        count = found.get("count", found.get("total")) if isinstance(found, dict) else None
        return count if isinstance(count, int) else None


def inspect_site(site: JiraSite, walk: Sampling, *, items: int) -> Inspection:
    """Look at finished and unfinished issues in equal parts, the ones changed last. May raise any TrackerError."""
    counts = Counts(site=site)
    live = [scope for scope in site.scopes() if scope.state == "live"]
    sample = newest_of_both(walk, items=items)
    return Inspection(
        visible={scope.id: _visible(scope, counts, is_asked=place < MOST_PROJECTS) for place, scope in enumerate(live)},
        is_estimate=site.is_cloud,
        sample=sample,
        may_write=_may_move(site, sample),
    )


def newest_of_both(walk: Sampling, *, items: int) -> Batch:
    """Finished issues have whole histories, unfinished ones the statuses of today."""
    working, finished = (walk.newest(which, size=max(1, items // 2)) for which in (UNFINISHED, FINISHED))
    return Batch(
        items=[*working.items, *finished.items],
        histories=working.histories | finished.histories,
        changes=[*working.changes, *finished.changes],
        unreadable=[*working.unreadable, *finished.unreadable],
    )


def _may_move(site: JiraSite, sample: Batch) -> bool | None:
    """May the token's owner change an item? Jira lists the transitions that the one who asks could make."""
    if not sample.items:
        return None
    told = site.get(f"issue/{sample.items[0].external_id}", fields="status", expand="transitions").json
    transitions = told.get("transitions") if isinstance(told, dict) else None
    return bool(transitions) if isinstance(transitions, list) else None


def _visible(scope: Scope, counts: Counts, *, is_asked: bool) -> int | None:
    if scope.declared is not None or not is_asked:
        return scope.declared
    return counts.of(f" AND project = {scope.id}")
