"""A first draft of a mapping, from what a collection says of itself: backlog levels, states, fields, areas.

Every guess names its evidence and how sure it is; a person decides. Nothing here asks anything of the tracker.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.azure_devops.mapping import VALUE_FIELDS
from connectors.base import Batch, Discovery, Guess, Json, Scope, SeenType
from connectors.evidence import (
    label_kinds,
    long_stays,
    odd_statuses,
    scale_of,
    status_uses,
    value_streams,
    with_use,
)
from domain.work_item import Status, StatusCategory

LEVELS = ("feature", "epic")  # from the requirements upwards
WAITING_WORDS = re.compile(
    r"\b(wait\w*|ready|on hold|hold|blocked|pending|parked|queue\w*|en attente|prêt\w*)\b", re.IGNORECASE
)
CANCELLED_WORDS = re.compile(r"\b(cancel\w*|removed|won'?t\b.*|rejected|abandon\w*|annulé\w*)\b", re.IGNORECASE)
OWN_VALUE_FIELDS = {
    "business_value": re.compile(r"(user )?business ?value|valeur métier", re.IGNORECASE),
    "time_criticality": re.compile(r"time ?criticality", re.IGNORECASE),
    "risk_reduction": re.compile(r"rr.?oe( value)?|risk ?reduction", re.IGNORECASE),
    "job_size": re.compile(r"job ?size", re.IGNORECASE),
    "cost_estimate": re.compile(r"(cost|budget|co[uû]t)\b.*", re.IGNORECASE),
}
TAG_KINDS = {
    "risk": re.compile(r"^(risk|risque|security|vulnerab|compliance|conformité)", re.IGNORECASE),
    "debt": re.compile(r"(tech\w* debt|\bdebt\b|dette|refactor)", re.IGNORECASE),
    "enabler": re.compile(r"(enabler|spike|architect|infrastructure|facilitateur)", re.IGNORECASE),
}
NUMBER_TYPES = frozenset({"integer", "double", "picklistinteger", "picklistdouble"})


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was asked of one source. By project name: its types, its backlog levels (None: not told), its area paths.

    `sample`: some items, those changed last, with their histories.
    """

    source: str
    product: str
    scopes: tuple[Scope, ...]
    statuses: tuple[Status, ...]
    fields: Sequence[Mapping[str, Json]]
    types: Mapping[str, Sequence[Mapping[str, Json]]] = field(default_factory=dict)
    backlogs: Mapping[str, Mapping[str, Json] | None] = field(default_factory=dict)
    areas: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sample: Batch = field(default_factory=Batch)


def draft(findings: Findings) -> Discovery:
    """Draft the mapping, the surest guess of each kind first."""
    uses = status_uses(findings.sample, findings.statuses)
    by_name = list(_states(findings))
    guesses = [
        *_levels(findings),
        *with_use(by_name, uses),
        *odd_statuses(uses),
        *long_stays(uses, known=[guess.value for guess in by_name]),
        *_kinds(findings),
        *label_kinds(findings.sample.items, kind_of_tag),
        *_fields(findings),
        *_value_streams(findings),
    ]
    return Discovery(
        source=findings.source,
        product=findings.product,
        scopes=findings.scopes,
        types=tuple(_types(findings)),
        statuses=findings.statuses,
        guesses=tuple(sorted(guesses, key=lambda guess: (guess.what, -guess.confidence, guess.value))),
    )


def ranks_of(backlog: Mapping[str, Json] | None) -> dict[str, int]:
    """The level of each type: 1 and more in the portfolio from below, 0 among the requirements, -1 for tasks."""
    if backlog is None:
        return {}
    ranks = dict.fromkeys(_names(backlog.get("taskBacklog")), -1) | dict.fromkeys(
        _names(backlog.get("requirementBacklog")), 0
    )
    portfolio = sorted(backlog.get("portfolioBacklogs") or (), key=lambda level: int(level.get("rank", 0)))
    for height, level in enumerate(portfolio, 1):
        ranks |= dict.fromkeys(_names(level), height)
    if backlog.get("bugsBehavior") == "asRequirements":
        ranks.setdefault("Bug", 0)
    return ranks


def _types(findings: Findings) -> Iterator[SeenType]:
    ranks = _all_ranks(findings)
    names = {str(kind["name"]) for types in findings.types.values() for kind in types if not kind.get("isDisabled")}
    for name in sorted(names, key=lambda name: (-ranks.get(name, -9), name)):
        yield SeenType(name=name, rank=ranks.get(name), count=None)


def _levels(findings: Findings) -> Iterator[Guess]:
    """A type called Epic or Feature is one; others follow their backlog: the requirements are stories."""
    for name, rank in sorted(_all_ranks(findings).items()):
        if name.lower() in LEVELS:
            yield Guess(
                what=f"levels.{name.lower()}", value=name, confidence=0.95, evidence=f"the type is called {name}"
            )
        elif rank == 0:
            yield _level("story", name, 0.9, "it stands in the backlog of requirements")
        elif 1 <= rank <= len(LEVELS):
            yield _level(LEVELS[rank - 1], name, 0.8, f"it stands in portfolio level {rank}, counted from below")
        elif rank > len(LEVELS):
            yield _level("epic", name, 0.4, f"it stands in portfolio level {rank}, above the epics")


def _level(level: str, name: str, confidence: float, evidence: str) -> Guess:
    return Guess(what=f"levels.{level}", value=name, confidence=confidence, evidence=f"{name}: {evidence}")


def _states(findings: Findings) -> Iterator[Guess]:
    """Only what differs from the tracker's own categories needs a line."""
    by_name: dict[str, set[StatusCategory]] = defaultdict(set)
    for status in findings.statuses:
        by_name[status.name].add(status.category)
    for name, categories in sorted(by_name.items()):
        said = ", ".join(sorted(categories))
        if StatusCategory.REMOVED in categories:
            yield Guess(what="states.cancelled", value=name, confidence=0.95, evidence=f"{name} is of category Removed")
        elif CANCELLED_WORDS.fullmatch(name):
            yield Guess(what="states.cancelled", value=name, confidence=0.6, evidence=f"its name says so ({said})")
        elif WAITING_WORDS.search(name) and categories <= {StatusCategory.IN_PROGRESS, StatusCategory.RESOLVED}:
            yield Guess(what="states.waiting", value=name, confidence=0.7, evidence=f"its name says so ({said})")
        elif categories == {StatusCategory.RESOLVED}:
            evidence = f"{name} is of category Resolved: the work is done and waits to be checked"
            yield Guess(what="states.waiting", value=name, confidence=0.4, evidence=evidence)


def _kinds(findings: Findings) -> Iterator[Guess]:
    names = {str(kind["name"]) for types in findings.types.values() for kind in types}
    for name, kind in (("Bug", "defect"), ("Defect", "defect"), ("Risk", "risk"), ("Enabler", "enabler")):
        if name in names:
            yield Guess(what=f"kinds.{kind}", value=name, confidence=0.9, evidence=f"there is a type called {name}")


def kind_of_tag(tag: str) -> tuple[str, float] | None:
    """The kind of work that a tag names: a tag is a free word, and believed less than a type."""
    words = re.sub(r"[-_.]+", " ", tag)
    return next(((kind, 0.65) for kind, pattern in TAG_KINDS.items() if pattern.search(words)), None)


def _fields(findings: Findings) -> Iterator[Guess]:
    """The fields of the process that some type carries, and own number fields whose name says what they are."""
    carried = _carried_fields(findings)
    described = {str(each["referenceName"]): each for each in findings.fields}
    for ours, references in VALUE_FIELDS.items():
        for place, reference in enumerate(references):
            if reference in described and (not carried or reference in carried):
                evidence = _carriers(reference, carried) or "the collection has it"
                yield Guess(what=f"fields.{ours}", value=reference, confidence=0.9 - place / 10, evidence=evidence)
    for reference, each in sorted(described.items()):
        if not reference.startswith(("System.", "Microsoft.")) and str(each.get("type", "")).lower() in NUMBER_TYPES:
            for ours, words in OWN_VALUE_FIELDS.items():
                if words.fullmatch(str(each.get("name", ""))):
                    evidence = f"a number field called {each['name']}"
                    scale = scale_of(str(each["name"]))
                    yield Guess(what=f"fields.{ours}", value=reference, confidence=0.85, evidence=evidence, scale=scale)


def _value_streams(findings: Findings) -> Iterator[Guess]:
    """By what the items show; where none was looked at, the areas right below a project, or the project itself."""
    if findings.sample.items:
        yield from value_streams(findings.sample.items)
        return
    for project, paths in sorted(findings.areas.items()):
        below = [path for path in paths if path.count("\\") == 1]
        for path in below:
            evidence = f"an area right below {project}; no item was looked at"
            yield Guess(what="value_streams", value=f"area: {path}", confidence=0.4, evidence=evidence)
        if not below:
            evidence = f"{project} has no areas of its own"
            yield Guess(what="value_streams", value=f"project: {project}", confidence=0.4, evidence=evidence)


def _all_ranks(findings: Findings) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for backlog in findings.backlogs.values():
        ranks = ranks_of(backlog) | ranks
    if not ranks:  # an old server, or one that denies it: the names of Microsoft's own processes
        names = {str(kind["name"]) for types in findings.types.values() for kind in types}
        ranks = {name: rank for name, rank in _USUAL_RANKS.items() if name in names}
    return ranks


def _carried_fields(findings: Findings) -> dict[str, list[str]]:
    """Which types carry a field, by reference name."""
    carried: dict[str, list[str]] = defaultdict(list)
    for types in findings.types.values():
        for kind in types:
            for each in kind.get("fields") or ():
                name, reference = str(kind["name"]), str(each.get("referenceName"))
                if name not in carried[reference]:
                    carried[reference].append(name)
    return {reference: names for reference, names in carried.items() if names}


def _carriers(reference: str, carried: Mapping[str, Sequence[str]]) -> str:
    names: Iterable[str] = carried.get(reference, ())
    return f"carried by {', '.join(sorted(names))}" if names else ""


def _names(level: Mapping[str, Json] | None) -> list[str]:
    return [str(kind["name"]) for kind in (level or {}).get("workItemTypes") or ()]


_USUAL_RANKS = {
    "Epic": 2,
    "Feature": 1,
    "User Story": 0,
    "Product Backlog Item": 0,
    "Requirement": 0,
    "Issue": 0,
    "Bug": 0,
    "Task": -1,
}
