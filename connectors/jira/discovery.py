"""A first look into a Jira: what is there, and the mapping that it suggests, each guess with its evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from connectors.base import AccessDeniedError, Discovery, Guess, Json, SeenType, SettingsError
from connectors.jira.client import JiraSite
from connectors.jira.fields import SiteFields
from connectors.reading import object_list
from domain.work_item import Status, StatusCategory

SAMPLE = 100
MOST_TYPES = 40  # each is counted by a request of its own


class _Hint(NamedTuple):
    """A pattern over names, English and French, and how far it can be believed."""

    what: str
    pattern: str
    confidence: float


WAITING = _Hint(
    "states.waiting",
    r"\b(wait|waiting|blocked|on hold|pending|ready|queue|queued|backlog ready|selected|paused|parked"
    r"|attente|bloqué|bloquée|en pause|prêt|prête|à valider|à tester|to (be )?(review|test|deploy))",
    0.7,
)
CANCELLED = _Hint(
    "cancelled",
    r"(won.?t|will not|cancel|annul|abandon|reject|rejet|declin|duplicate|doublon|obsolete|obsolète|invalid"
    r"|cannot reproduce|non reproductible|incomplete|not a bug|ne sera pas|withdrawn|discard)",
    0.85,
)
KINDS = (
    _Hint("kinds.defect", r"^(bug|defect|incident|problem|anomalie|défaut|bogue|fault)", 0.9),
    _Hint("kinds.risk", r"^(risk|risque|vulnerability|vulnérabilité|security|compliance|conformité)", 0.8),
    _Hint("kinds.debt", r"(tech.*debt|dette|refactor|maintenance)", 0.75),
    _Hint("kinds.enabler", r"(enabler|spike|architect|infrastructure|facilitateur|technical story)", 0.75),
)
VALUES = (
    _Hint("fields.business_value", r"^(user[- ])?(business value|valeur (métier|business)|bv)$", 0.9),
    _Hint("fields.time_criticality", r"(time criticality|criticité (temporelle|temps)|urgence)", 0.85),
    _Hint("fields.risk_reduction", r"(risk reduction|opportunity enablement|rr.?oe|réduction d[eu]s? risque)", 0.85),
    _Hint("fields.job_size", r"(job size|taille (du|de) (job|travail)|wsjf size)", 0.85),
    _Hint("fields.cost_estimate", r"^(cost|coût|budget|cost estimate|estimated cost|coût estimé)\b", 0.6),
)
LEVELS = {2: "epic", 1: "feature", 0: "story"}


def discover_site(site: JiraSite) -> Discovery:
    """Look at the site's lists and a page of recent issues; a dozen requests, and one a type. Any TrackerError."""
    site.myself()
    types = _types(site)
    sample = _sample(site)
    statuses = site.statuses()
    seen = [
        SeenType(name=name, rank=rank, count=_count(site, f" AND issuetype = {_quoted(name)}"))
        for name, rank in list(types.items())[:MOST_TYPES]
    ]
    guesses = [
        *_levels(seen),
        *_states(statuses),
        *_resolutions(site, sample),
        *_kinds(types),
        *_values(site.fields()),
    ]
    return Discovery(
        source=site.who,
        product=site.product,
        scopes=site.scopes(),
        types=tuple(seen),
        statuses=statuses,
        guesses=tuple(guesses),
        items=_count(site, ""),
    )


def _types(site: JiraSite) -> dict[str, int | None]:
    """Type names with their rank; Data Center ranks only sub-tasks, its epic is known by name."""
    answer = site.get("issuetype").json
    found: dict[str, int | None] = {}
    for entry in answer if isinstance(answer, list) else ():
        rank = entry.get("hierarchyLevel")
        if not isinstance(rank, int):
            rank = -1 if entry.get("subtask") is True else 1 if str(entry.get("name")).lower() == "epic" else 0
        found[str(entry.get("name"))] = rank
    return found


def _sample(site: JiraSite) -> Sequence[Mapping[str, Json]]:
    """The issues updated last, with the few fields that guesses lean on."""
    clause = site.clause()
    jql = f"{clause} ORDER BY updated DESC"
    fields = ["issuetype", "status", "resolution", "labels"]
    if site.is_cloud:
        page = site.post("search/jql", {"jql": jql, "fields": fields, "maxResults": SAMPLE}).json
    else:
        page = site.get("search", jql=jql, fields=",".join(fields), maxResults=SAMPLE).json
    return object_list(page, "issues", who=site.who)


def _count(site: JiraSite, restriction: str) -> int | None:
    """How many issues of the scope: an estimate on Cloud, exact on Data Center; None where it is not told."""
    clause = site.clause() + restriction
    try:
        if site.is_cloud:
            found = site.post("search/approximate-count", {"jql": clause}).json
        else:
            found = site.get("search", jql=clause, maxResults=0).json
    except SettingsError as refusal:
        if refusal.status == 400 and restriction:
            return None  # a type that this scope does not know
        raise
    count = found.get("count", found.get("total")) if isinstance(found, Mapping) else None
    return count if isinstance(count, int) else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _levels(types: Iterable[SeenType]) -> Iterator[Guess]:
    """Ranks above the base become our levels from the top; with Jira's standard two, its epics are our features."""
    ranked = [each for each in types if each.rank is not None and each.rank >= 0]
    for each in sorted(ranked, key=lambda each: -(each.rank or 0)):
        rank = each.rank or 0
        level = LEVELS.get(min(rank, 2), "story")
        used = "not used here" if not each.count else f"about {each.count} issues"
        yield Guess(
            what=f"levels.{level}",
            value=each.name,
            confidence=0.9 if each.count else 0.3,
            evidence=f"{each.name} stands at rank {rank} of Jira's hierarchy; {used}",
        )


def _states(statuses: Iterable[Status]) -> Iterator[Guess]:
    """Statuses that wait, and those that give up, by name; the rest follows the tracker's own category."""
    for status in _by_name(statuses):
        if status.category is StatusCategory.DONE and _matches(CANCELLED, status.name):
            yield Guess(
                what="states.cancelled",
                value=status.name,
                confidence=CANCELLED.confidence,
                evidence=f"“{status.name}” is a finished status whose name says that work was given up",
            )
        elif status.category is StatusCategory.IN_PROGRESS and _matches(WAITING, status.name):
            yield Guess(
                what=WAITING.what,
                value=status.name,
                confidence=WAITING.confidence,
                evidence=f"“{status.name}” counts as in progress, but its name says that work waits",
            )


def _by_name(statuses: Iterable[Status]) -> list[Status]:
    """Each name once: projects may have statuses of the same name."""
    return list({status.name.lower(): status for status in statuses}.values())


def _resolutions(site: JiraSite, sample: Iterable[Mapping[str, Json]]) -> Iterator[Guess]:
    try:
        answer = site.get("resolution").json
    except (AccessDeniedError, SettingsError):
        answer = []  # the list is a comfort; the sample's own resolutions serve as well
    listed = [str(entry.get("name")) for entry in answer] if isinstance(answer, list) else []
    used = Counter(name for issue in sample if (name := _text(issue, "resolution")))
    for name in dict.fromkeys([*listed, *used]):
        if _matches(CANCELLED, name):
            yield Guess(
                what="resolutions.cancelled",
                value=name,
                confidence=CANCELLED.confidence,
                evidence=f"“{name}” says that the work was given up; on {used.get(name, 0)} of the latest issues",
            )


def _kinds(types: Iterable[str]) -> Iterator[Guess]:
    for name in types:
        for hint in KINDS:
            if _matches(hint, name):
                yield Guess(
                    what=hint.what, value=name, confidence=hint.confidence, evidence=f"the type is called “{name}”"
                )
                break


def _values(fields: SiteFields) -> Iterator[Guess]:
    """Number fields whose name says what they measure; story points are known by their schema."""
    for hint in VALUES:
        for field in fields.by_id.values():
            name = next((each for each in field.names if _matches(hint, each)), None)
            if name is None or field.type not in ("number", "option", "string"):
                continue
            is_number = field.type == "number"
            yield Guess(
                what=hint.what,
                value=field.id if len(fields.named(name)) > 1 else name,
                confidence=hint.confidence if is_number else hint.confidence / 2,
                evidence=f"{field.id} is called “{name}” and holds {'numbers' if is_number else 'no plain numbers'}",
            )
    for field_id in fields.in_role("story_points"):
        name = fields.by_id[field_id].names[0]
        yield Guess(
            what="fields.story_points",
            value=field_id if len(fields.named(name)) > 1 else name,
            confidence=0.9,
            evidence=f"{field_id} is Jira's field “{name}”",
        )


def _matches(hint: _Hint, name: str) -> bool:
    return re.search(hint.pattern, name, re.IGNORECASE) is not None


def _text(issue: Mapping[str, Json], field: str) -> str:
    value = (issue.get("fields") or {}).get(field)
    return str(value.get("name") or "") if isinstance(value, Mapping) else ""
