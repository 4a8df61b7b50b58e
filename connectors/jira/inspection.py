"""A look into a Jira before a sync: what each project shows, and some issues with their histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.base import Batch, Inspection, Scope, SettingsError
from connectors.jira.client import JiraSite, whole_count
from connectors.jira.gathering import Gathered

MOST_PROJECTS = 60  # each is counted by a request of its own, where the list of projects does not tell
MOST_PROJECTS_ASKED = 12  # whether their issues may be changed
MOST_ISSUES_ASKED = 30
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
        return whole_count(found.get("count", found.get("total"))) if isinstance(found, dict) else None


def inspect_site(site: JiraSite, walk: Sampling, *, items: int) -> Inspection:
    """Look at finished and unfinished issues in equal parts, the ones changed last. May raise any TrackerError."""
    counts = Counts(site=site)
    sample = newest_of_both(walk, items=items)  # and a project that refuses to be searched is left out from here on
    shown = set(site.live_projects())
    live = [scope for scope in site.scopes() if scope.id in shown]
    may_write, asked_of = _may_move(site, _of_each_project(walk, live, sample))
    return Inspection(
        visible={scope.id: _visible(scope, counts, is_asked=place < MOST_PROJECTS) for place, scope in enumerate(live)},
        is_estimate=site.is_cloud,
        sample=sample,
        may_write=may_write,
        asked_of=asked_of,
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


def _may_move(site: JiraSite, issues: Sequence[str]) -> tuple[bool | None, int]:
    """May the token's owner change one of these, and how many of them were asked about?

    Jira lists the transitions that the one who asks could make. A state with none says nothing of the next issue.
    """
    answered = 0
    for issue_id in issues:
        told = site.get(f"issue/{issue_id}", fields="status", expand="transitions").json
        transitions = told.get("transitions") if isinstance(told, dict) else None
        if transitions:
            return True, answered + 1
        answered += isinstance(transitions, list)
    return (False if answered else None), answered


def _of_each_project(walk: Sampling, live: Sequence[Scope], sample: Batch) -> list[str]:
    """One issue of each project first, then those in its other states, as far as they were seen.

    A project of which the sample has none is asked for one.
    """
    first: list[str] = []
    others: list[str] = []
    for scope in live[:MOST_PROJECTS_ASKED]:
        own = [item for item in sample.items if item.project_id == scope.id]
        own = own or list(walk.newest(f" AND project = {scope.id}", size=1).items)
        one_a_state = list({item.status_id: item.external_id for item in own}.values())
        first += one_a_state[:1]
        others += one_a_state[1:]
    return [*first, *others][:MOST_ISSUES_ASKED]


def _visible(scope: Scope, counts: Counts, *, is_asked: bool) -> int | None:
    if scope.declared is not None or not is_asked:
        return scope.declared
    return counts.of(f" AND project = {scope.id}")
