"""Queries that list items in their own tracker: JQL for Jira, WIQL for Azure DevOps. Text to paste, and links.

A list of keys or ids is exact: it names the items behind a number and no others. What else the tracker moved in the
period is another query, wider than ours, for whoever looks for what is missing. Nothing a person or a tracker wrote
enters a query unquoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from domain.journey import Journey
from domain.period import Period
from domain.trust import SourceTrust
from reports.links import LONGEST_QUERY, base_of, by_source, is_jira, project_of

FINISHED = frozenset({"throughput", "flow_time", "lead_time", "service_level", "flow_efficiency", "flow_distribution",
                      "unplanned_share", "alignment_items"})  # fmt: skip
# metrics of what finished in the period: all of it moved then


@dataclass(frozen=True, kw_only=True)
class Query:
    """One query of one source. `url` opens it; None where the address would be longer than browsers take."""

    source: str
    language: str  # JQL or WIQL
    text: str
    url: str | None
    items: int  # how many it lists; 0: what the tracker finds
    kind: str = "list"  # list: exactly these items. moved: everything that moved in the period


def listing(journeys: Iterable[Journey], sources: Mapping[str, SourceTrust]) -> list[Query]:
    """The queries that list exactly these items, by source; as many as the trackers' limits need.

    Items that are gone from their tracker are in none: Jira refuses a list that names one of them.
    """
    live = [one for one in journeys if one.removed_at is None]
    queries: list[Query] = []
    for name, kept in by_source(live).items():
        source = sources.get(name)
        if source is not None:
            queries += _listing(source, kept)
    return queries


def moved(projects: Mapping[str, Sequence[str]], sources: Mapping[str, SourceTrust], *, period: Period) -> list[Query]:
    """For each source, everything of some projects (by their names in the tracker) that moved in a period.

    It finds all that the number counts and more: other types, moves that were no finish. The trackers read the days in
    the time zone of the person who asks.
    """
    return [
        _moved(sources[name], sorted(set(inside)), period=period)
        for name, inside in sorted(projects.items())
        if name in sources and inside
    ]


def jql_text(words: str) -> str:
    """A JQL string: in double quotes, with backslashes and quotes escaped, and nothing that would end the line."""
    return '"' + _on_one_line(words).replace("\\", "\\\\").replace('"', '\\"') + '"'


def wiql_text(words: str) -> str:
    """A WIQL string: in single quotes, which are doubled within."""
    return "'" + _on_one_line(words).replace("'", "''") + "'"


def _listing(source: SourceTrust, journeys: Sequence[Journey]) -> Iterator[Query]:
    if is_jira(source):
        names = sorted((one.key for one in journeys), key=_by_number)
        base = base_of(source)
        for part in _parts(names, cost=lambda key: len(quote(f"{jql_text(key)}, ", safe="")), fixed=len(base or "")):
            yield _jira(source, f"key in ({', '.join(map(jql_text, part))}) ORDER BY key", items=len(part))
        return
    numbers = sorted(int(one.id.external_id) for one in journeys if one.id.external_id.isdecimal())
    fixed = len(_azure(source, _WIQL.format(condition="[System.Id] IN ()"), journeys=journeys, items=0).url or "")
    for part in _parts(list(map(str, numbers)), cost=lambda number: len(quote(f"{number}, ", safe="")), fixed=fixed):
        condition = f"[System.Id] IN ({', '.join(part)})"
        yield _azure(source, _WIQL.format(condition=condition), journeys=journeys, items=len(part))


_WIQL = (
    "SELECT [System.Id], [System.WorkItemType], [System.Title], [System.State] FROM WorkItems "
    "WHERE {condition} ORDER BY [System.Id]"
)


def _moved(source: SourceTrust, projects: Sequence[str], *, period: Period) -> Query:
    if is_jira(source):
        inside = ", ".join(map(jql_text, projects))
        first, last = period.start.isoformat(), (period.end - timedelta(days=1)).isoformat()
        text = f'project in ({inside}) AND status CHANGED DURING ("{first} 00:00", "{last} 23:59") ORDER BY key'
        return _jira(source, text, items=0, kind="moved")
    inside = ", ".join(map(wiql_text, projects))
    condition = f"[System.TeamProject] IN ({inside}) AND [System.ChangedDate] >= '{period.start.isoformat()}'"
    return _azure(source, _WIQL.format(condition=condition), journeys=(), items=0, kind="moved")


def _jira(source: SourceTrust, text: str, *, items: int, kind: str = "list") -> Query:
    base = base_of(source)
    url = f"{base}/issues/?jql={quote(text, safe='')}" if base else None
    return Query(source=source.source, language="JQL", text=text, url=_opening(url), items=items, kind=kind)


def _azure(source: SourceTrust, text: str, *, journeys: Sequence[Journey], items: int, kind: str = "list") -> Query:
    base = base_of(source)
    project = project_of(journeys[0], base) if base and journeys else ""
    url = f"{base}/{project}_workitems?_a=query&wiql={quote(text, safe='')}" if base else None
    return Query(source=source.source, language="WIQL", text=text, url=_opening(url), items=items, kind=kind)


def _opening(url: str | None) -> str | None:
    return url if url is not None and len(url) <= LONGEST_QUERY else None


def _parts(names: Sequence[str], *, cost: Callable[[str], int], fixed: int) -> Iterator[list[str]]:
    """The names in parts, each short enough for an address that a browser opens."""
    room = LONGEST_QUERY - fixed - _FRAME
    part: list[str] = []
    taken = 0
    for name in names:
        needed = cost(name)
        if part and taken + needed > room:
            yield part
            part, taken = [], 0
        part.append(name)
        taken += needed
    if part:
        yield part


_FRAME = 80  # characters around the list itself


def _by_number(key: str) -> tuple[str, int]:
    project, _, number = key.rpartition("-")
    return (project, int(number)) if number.isdecimal() else (key, 0)


_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


def _on_one_line(words: str) -> str:
    return _LINE_ENDS.sub(" ", words)
