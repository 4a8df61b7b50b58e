"""Addresses in the trackers, rebuilt from the configured base: nothing a tracker sent becomes an address unseen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlsplit

from domain.journey import Journey
from domain.trust import SourceTrust

LONGEST_QUERY = 2_000  # characters; a longer list is written out in the page instead

_JIRA_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,63}-[0-9]{1,12}")
_AZURE_KEY = re.compile(r"AB#([0-9]{1,12})")
_AZURE_PATH = re.compile(r"/((?:[^/?#\s]+/)?)_workitems/edit/([0-9]{1,12})")
_CLEAN = re.compile(r"[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*")


def item_url(journey: Journey, sources: Mapping[str, SourceTrust]) -> str | None:
    """The page of an item in its tracker; None where none can be built from what was configured."""
    source = sources.get(journey.id.source)
    base = base_of(source)
    if source is None or base is None:
        return None
    if is_jira(source):
        return f"{base}/browse/{journey.key}" if _JIRA_KEY.fullmatch(journey.key) else None
    number = _AZURE_KEY.fullmatch(journey.key)
    if number is None:
        return None
    project = project_of(journey, base)
    return f"{base}/{project}_workitems/edit/{number.group(1)}"


def list_url(journeys: Sequence[Journey], source: SourceTrust) -> str | None:
    """A query in the tracker that lists these items of one source; None where it would be too long, or is empty."""
    base = base_of(source)
    if base is None or not journeys:
        return None
    if is_jira(source):
        keys = [one.key for one in journeys if _JIRA_KEY.fullmatch(one.key)]
        jql = f"key in ({', '.join(keys)})"
        url = f"{base}/issues/?jql={quote(jql, safe='')}" if keys else None
    else:
        numbers = [match.group(1) for one in journeys if (match := _AZURE_KEY.fullmatch(one.key))]
        # Digits alone come into the query: there is nothing to inject.
        wiql = f"SELECT [System.Id], [System.Title] FROM workitems WHERE [System.Id] IN ({', '.join(numbers)})"  # noqa: S608
        project = project_of(journeys[0], base)
        url = f"{base}/{project}_workitems?_a=query&wiql={quote(wiql, safe='')}" if numbers else None
    return url if url is not None and len(url) <= LONGEST_QUERY else None


def by_source(journeys: Iterable[Journey]) -> dict[str, list[Journey]]:
    """Journeys by their source, in the order of the sources' names."""
    grouped: dict[str, list[Journey]] = {}
    for journey in journeys:
        grouped.setdefault(journey.id.source, []).append(journey)
    return dict(sorted(grouped.items()))


def is_jira(source: SourceTrust) -> bool:
    """Is it a Jira, Cloud or Data Center? The others are Azure DevOps."""
    return source.kind.lower().startswith("jira")


def base_of(source: SourceTrust | None) -> str | None:
    """The configured base of a source without a slash at its end; None where it is no plain web address."""
    if source is None:
        return None
    base = source.base_url.rstrip("/")
    parts = urlsplit(base)
    is_web = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.username is None
    return base if is_web and not parts.query and not parts.fragment and _CLEAN.fullmatch(base) else None


def project_of(journey: Journey, base: str) -> str:
    """The project's part of the path, where the tracker's own address lies under the configured base."""
    if journey.url.startswith(base + "/") and (match := _AZURE_PATH.fullmatch(journey.url[len(base) :])):
        project = match.group(1)
        return project if _CLEAN.fullmatch(project) and ".." not in project else ""
    return ""
