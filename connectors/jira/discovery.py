"""A first look into a Jira: what is there, and the mapping that it suggests, each guess with its evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from connectors.base import AccessDeniedError, Discovery, Guess, SeenType, SettingsError
from connectors.evidence import (
    label_kinds,
    long_stays,
    odd_statuses,
    scale_of,
    status_uses,
    value_streams,
    with_use,
)
from connectors.jira.client import JiraSite
from connectors.jira.fields import FieldDefinition, SiteFields
from connectors.jira.inspection import Counts, Sampling, newest_of_both
from domain.work_item import Status, StatusCategory, WorkItem

SAMPLE = 200
UNUSED = 0.6  # how far to believe what the site offers and nobody uses
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
ABOVE_EPICS = _Hint(
    "levels.epic",
    r"^(initiative|theme|thème|capability|portfolio epic|epic de portefeuille|épopée de portefeuille)s?$",
    0.7,
)
LEVELS = {2: "epic", 1: "feature", 0: "story"}


def discover_site(site: JiraSite, walk: Sampling) -> Discovery:
    """Look at the site's lists and at some issues with their histories; some dozen requests. Any TrackerError."""
    site.myself()
    counts = Counts(site=site)
    sample = newest_of_both(walk, items=SAMPLE)
    types = _types(site, counts)
    statuses = site.statuses()
    uses = status_uses(sample, statuses)
    seen = [
        SeenType(name=name, rank=rank, count=counts.of(f" AND issuetype = {_quoted(name)}"))
        for name, rank in list(types.items())[:MOST_TYPES]
    ]
    by_name = list(_states(statuses))
    guesses = [
        *_levels(seen, is_cloud=site.is_cloud),
        *with_use(by_name, uses),
        *odd_statuses(uses),
        *long_stays(uses, known=[guess.value for guess in by_name]),
        *_resolutions(site, sample.items),
        *_kinds(seen),
        *label_kinds(sample.items, _kind_of_label),
        *_values(site.fields(), counts),
        *value_streams(sample.items),
    ]
    return Discovery(
        source=site.who,
        product=site.product,
        scopes=site.scopes(),
        types=tuple(seen),
        statuses=statuses,
        guesses=tuple(sorted(guesses, key=lambda guess: (guess.what, -guess.confidence))),
        items=counts.of(""),
        unread=site.unread(),
    )


def _types(site: JiraSite, counts: Counts) -> dict[str, int | None]:
    """Type names with their rank. Data Center ranks only sub-tasks; its epics are what carries an Epic Name.

    What stands above them there is known by its name alone.
    """
    answer = site.get("issuetype").json
    named = [field_id.removeprefix("customfield_") for field_id in site.fields().in_role("epic_name")]
    found: dict[str, int | None] = {}
    for entry in answer if isinstance(answer, list) else ():
        name, rank = str(entry.get("name")), entry.get("hierarchyLevel")
        if not isinstance(rank, int):
            is_above = _matches(ABOVE_EPICS, name)
            rank = -1 if entry.get("subtask") is True else 2 if is_above else 1 if _is_epic(name, named, counts) else 0
        found[name] = rank
    return found


def _is_epic(name: str, epic_name_fields: Sequence[str], counts: Counts) -> bool:
    if name.lower() == "epic":
        return True
    where = f" AND issuetype = {_quoted(name)}"
    return any(counts.of(f"{where} AND cf[{number}] is not EMPTY") for number in epic_name_fields)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _levels(types: Iterable[SeenType], *, is_cloud: bool) -> Iterator[Guess]:
    """Ranks above the base become our levels from the top; with Jira's standard two, its epics are our features."""
    by = "of Jira's hierarchy" if is_cloud else "by what its issues carry (Data Center names no ranks)"
    ranked = [each for each in types if each.rank is not None and each.rank >= 0]
    for each in sorted(ranked, key=lambda each: -(each.rank or 0)):
        rank = each.rank or 0
        level = LEVELS.get(min(rank, 2), "story")
        used = "not used here" if not each.count else f"about {each.count} issues"
        is_named = not is_cloud and rank > 1
        where = "is a name for what stands above epics (Data Center names no ranks)" if is_named else ""
        yield Guess(
            what=f"levels.{level}",
            value=each.name,
            confidence=(ABOVE_EPICS.confidence if is_named else 0.9) if each.count else 0.3,
            evidence=f"{each.name} {where or f'stands at rank {rank} {by}'}; {used}",
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


def _resolutions(site: JiraSite, sample: Sequence[WorkItem]) -> Iterator[Guess]:
    try:
        answer = site.get("resolution").json
    except (AccessDeniedError, SettingsError):
        answer = []  # the list is a comfort; the sample's own resolutions serve as well
    listed = [str(entry.get("name")) for entry in answer] if isinstance(answer, list) else []
    used = Counter(item.resolution for item in sample if item.resolution)
    for name in dict.fromkeys([*listed, *used]):
        if _matches(CANCELLED, name):
            yield Guess(
                what="resolutions.cancelled",
                value=name,
                confidence=CANCELLED.confidence,
                evidence=f"“{name}” says that the work was given up; "
                f"on {used.get(name, 0)} of the {len(sample)} issues looked at",
            )


def _kinds(types: Iterable[SeenType]) -> Iterator[Guess]:
    for each in types:
        for hint in KINDS:
            if _matches(hint, each.name):
                used = "no issue has it" if each.count == 0 else f"about {each.count} issues"
                yield Guess(
                    what=hint.what,
                    value=each.name,
                    confidence=hint.confidence if each.count != 0 else hint.confidence * UNUSED,
                    evidence=f"the type is called “{each.name}”; {used}",
                )
                break


def _kind_of_label(label: str) -> tuple[str, float] | None:
    """The kind of work that a label names, with less trust than a type deserves: labels are free words."""
    words = re.sub(r"[-_.]+", " ", label)
    for hint in KINDS:
        if hint.what != "kinds.defect" and _matches(hint, words):
            return hint.what.partition(".")[2], hint.confidence - 0.1
    return None


def _values(fields: SiteFields, counts: Counts) -> Iterator[Guess]:
    """Number fields whose name says what they measure, and that issues fill; story points are known by schema."""
    for hint in VALUES:
        for field in fields.by_id.values():
            name = next((each for each in field.names if _matches(hint, each)), None)
            if name is None or field.type not in ("number", "option", "string"):
                continue
            is_number = field.type == "number"
            confidence = hint.confidence if is_number else hint.confidence / 2
            yield _value(
                hint.what, field, name, fields, counts, confidence=confidence,
                evidence=f"{field.id} is called “{name}” and holds {'numbers' if is_number else 'no plain numbers'}",
            )  # fmt: skip
    for field_id in fields.in_role("story_points"):
        field = fields.by_id[field_id]
        name = field.names[0]
        yield _value(
            "fields.story_points", field, name, fields, counts, confidence=0.9,
            evidence=f"{field_id} is Jira's field “{name}”",
        )  # fmt: skip


def _value(
    what: str,
    field: FieldDefinition,
    name: str,
    fields: SiteFields,
    counts: Counts,
    *,
    confidence: float,
    evidence: str,
) -> Guess:
    """A guess about one field, with how many issues fill it: one that some fill goes before one that none fills."""
    number = field.id.removeprefix("customfield_")
    filled = counts.of(f" AND cf[{number}] is not EMPTY") if number.isdigit() else None
    if filled == 0:
        confidence *= UNUSED
    told = "" if filled is None else "; no issue fills it" if filled == 0 else f"; about {filled} issues fill it"
    return Guess(
        what=what,
        value=field.id if len(fields.named(name)) > 1 else name,
        confidence=confidence,
        evidence=evidence + told,
        scale=scale_of(name),
    )


def _matches(hint: _Hint, name: str) -> bool:
    return re.search(hint.pattern, name, re.IGNORECASE) is not None
