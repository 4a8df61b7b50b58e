"""The scope of a Jira source: the user's JQL, kept whole inside our own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from connectors.base import Json, Scope, SettingsError


@dataclass(frozen=True, kw_only=True)
class JqlScope:
    """A checked scope. `jql` is None where the settings give none: every live project that the token may see.

    `projects` are the keys, names or ids that bound the scope, lower-cased; empty where others may be in it, too.
    `only_projects`: the JQL says nothing else, so an item's project alone tells whether it belongs. `naming`: where the
    one clause that names them stands in the JQL, from and to; None where there is no such clause, or more than one.
    """

    jql: str | None
    projects: frozenset[str] = frozenset()
    only_projects: bool = False
    naming: tuple[int, int] | None = None

    @property
    def words(self) -> str:
        """The scope as text, for the cursor: another scope needs another walk from the beginning."""
        return self.jql or "*"

    @property
    def is_whole_projects(self) -> bool:
        """Is every issue of a project in scope, or none?"""
        return self.jql is None or self.only_projects

    @property
    def can_narrow(self) -> bool:
        """Can it be asked for without one of its projects?"""
        return self.jql is None or self.naming is not None

    def clause(self, roster: Sequence[Scope]) -> str:
        """The scope as one bounded clause that can stand beside others.

        Jira refuses a query that names one project which it does not show; those that it does show are named instead.
        """
        live = [scope for scope in roster if scope.state == "live" and self.holds(scope)]
        named = f"project in ({', '.join(scope.id for scope in live)})"
        if self.jql is None:
            return named
        if self.naming is None or not live or self._all_named(live):
            return f"({self.jql})"
        start, end = self.naming
        return f"({self.jql[:start]}{named}{self.jql[end:]})"

    def _all_named(self, live: Sequence[Scope]) -> bool:
        return self.projects <= {name.lower() for scope in live for name in (scope.id, scope.key, scope.name)}

    def holds(self, project: Scope) -> bool:
        """Is this project asked for?"""
        return not self.projects or not self.projects.isdisjoint(
            {project.id.lower(), project.key.lower(), project.name.lower()}
        )


def project_of(issue: Json) -> Scope:
    """The project that an issue says it is in."""
    project = (issue.get("fields") or {}).get("project") or {}
    key = str(project.get("key") or "")
    return Scope(id=str(project.get("id") or ""), key=key, name=str(project.get("name") or key))


def scope_of(jql: str | None, *, who: str) -> JqlScope:
    """Check the user's JQL and drop its ORDER BY, which would shuffle the pages. Raises SettingsError."""
    text = (jql or "").strip()
    if not text:
        return JqlScope(jql=None)
    bare = _without_quoted(text, who=who)
    order = _ORDER_BY.search(bare)
    if order is not None:
        text, bare = text[: order.start()].strip(), bare[: order.start()].strip()
    depth = 0
    for letter in bare:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
    if depth != 0:
        raise SettingsError(f"{who}: the scope's brackets do not match; write JQL such as: project in (CLM, DST)")
    if not text:
        return JqlScope(jql=None)
    only_projects = _ONLY_PROJECT.fullmatch(text) is not None
    depths = list(accumulate({"(": 1, ")": -1}.get(letter, 0) for letter in bare))
    if any(depths[found.start()] == 0 for found in _OR.finditer(bare)):
        return JqlScope(jql=text)  # a project beside an OR does not bound the scope
    clauses = [
        clause
        for clause in _PROJECT.finditer(text)
        if bare[clause.start()] == text[clause.start()]  # not inside a quotation
        and depths[clause.start()] == 0
        and _NOT_BEFORE.search(bare[: clause.start()]) is None
    ]
    names = (name for clause in clauses for name in (clause["one"] or clause["many"]).split(","))
    return JqlScope(
        jql=text,
        projects=frozenset(name.strip().strip("\"'").lower() for name in names),
        only_projects=only_projects,
        naming=clauses[0].span() if len(clauses) == 1 else None,
    )


def _without_quoted(text: str, *, who: str) -> str:
    """Blank out what stands in quotes, letter by letter, so that places in both texts agree."""
    letters, quote, escaped = list(text), "", False
    for place, letter in enumerate(text):
        if not quote:
            quote = letter if letter in "\"'" else ""
            continue
        letters[place] = "x"
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == quote:
            letters[place] = quote
            quote = ""
    if quote:
        raise SettingsError(f"{who}: a quotation in the scope is not closed; write JQL such as: project in (CLM, DST)")
    return "".join(letters)


_OR = re.compile(r"\bor\b|\|", re.IGNORECASE)
_NOT_BEFORE = re.compile(r"(?:\bnot|!)\s*$", re.IGNORECASE)
_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
_ONE = r"\"[^\"]+\"|'[^']+'|[\w-]+"
_CLAUSE = rf"project\s*(?:=\s*(?P<one>{_ONE})|in\s*\((?P<many>[^()]+)\))"
_PROJECT = re.compile(rf"(?<![\w!]){_CLAUSE}", re.IGNORECASE)
_ONLY_PROJECT = re.compile(rf"\s*{_CLAUSE}\s*", re.IGNORECASE)
