"""Revisions of work items, read in our words: one item as it is now, and the changes that led there.

A revision is a whole picture of an item, `{"id", "rev", "fields"}`. Two neighbours are compared, ordered by `rev` and
never by date; each difference happened at the newer one's System.ChangedDate. Links come from a stream of their own,
because a link made from the other end leaves no revision (learn.microsoft.com, "Work item updates").

    rev 1 ──> rev 2 ──> rev 3            links: child of 12 (2 March) ──> not of 12, child of 40 (9 May)
    status    area      status
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import quote

from connectors.base import Json, Reading, UnreadableItemError
from connectors.reading import Fields, moment_of
from domain.change import FIELDS as KEPT_FIELDS
from domain.change import Change
from domain.work_item import HistoryState, Link, StatusCategory, WorkItem

CATEGORIES = {
    "proposed": StatusCategory.NEW,
    "inprogress": StatusCategory.IN_PROGRESS,
    "resolved": StatusCategory.RESOLVED,
    "completed": StatusCategory.DONE,
    "removed": StatusCategory.REMOVED,
}

# Our name -> reference names, the first that an item carries wins. The Basic process has none of them.
VALUE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "business_value": ("Microsoft.VSTS.Common.BusinessValue",),
    "time_criticality": ("Microsoft.VSTS.Common.TimeCriticality",),
    "job_size": ("Microsoft.VSTS.Scheduling.Effort", "Microsoft.VSTS.Scheduling.Size"),
    "story_points": ("Microsoft.VSTS.Scheduling.StoryPoints",),
}

RECYCLED = "recycled"
BLOCKED_FIELD = "blocked"  # Microsoft.VSTS.CMMI.Blocked ("Yes"), or a custom check box of that name
BLOCKED_TAG = "blocked"
NEVER = 9999  # the year of System.RevisedDate that means "not yet"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What one source's settings say of its fields. A field is named by reference name, or by the name people see."""

    source: str
    base_url: str
    value_fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: VALUE_FIELDS)
    value_scales: Mapping[str, int] = field(default_factory=dict)
    text_fields: Mapping[str, str] = field(default_factory=dict)  # the name rules use -> the tracker's field


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFact:
    """A link as this item's end of it was told: `kind` is child, blocked_by or blocks; `other` is the other end."""

    kind: str
    other: str
    active: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Record:
    """One item as far as it was read: all that is needed to go on from here, or to read it again without a request.

    `read_at` is the newest revision's instant, never before its predecessor's. `categories` holds what the tracker
    said of each status that the item was in, by status id; a status it said nothing of is left out.
    """

    revision: Mapping[str, Json]
    read_at: datetime
    is_whole: bool
    in_scope: bool
    project_id: str
    categories: Mapping[str, str] = field(default_factory=dict)
    links: tuple[LinkFact, ...] = ()

    @property
    def external_id(self) -> str:
        return str(self.revision["id"])

    @property
    def rev(self) -> int:
        return int(self.revision["rev"])

    @property
    def history(self) -> HistoryState:
        return HistoryState.COMPLETE if self.is_whole else HistoryState.GAP

    @property
    def is_deleted(self) -> bool:
        return is_deleted(self.revision)

    def body(self) -> Json:
        """The record as JSON values, for the raw answer of kind `item`."""
        return {
            "revision": dict(self.revision),
            "read_at": self.read_at.isoformat(),
            "is_whole": self.is_whole,
            "in_scope": self.in_scope,
            "project_id": self.project_id,
            "categories": dict(self.categories),
            "links": [[fact.kind, fact.other, fact.active, fact.at.isoformat()] for fact in self.links],
        }


def record_of(body: Json, *, who: str) -> Record:
    """Read a record back from `Record.body`. Raises UnreadableItemError."""
    read = Fields(body, who=who)
    return Record(
        revision=read.at("revision") or {},
        read_at=read.moment("read_at"),
        is_whole=bool(read.at("is_whole")),
        in_scope=bool(read.at("in_scope")),
        project_id=read.text("project_id"),
        categories=read.at("categories") or {},
        links=tuple(
            LinkFact(kind=kind, other=other, active=active, at=moment_of(at))
            for kind, other, active, at in read.at("links") or ()
        ),
    )


def item_of(record: Record, vocabulary: Vocabulary) -> WorkItem:
    """Read the item as it is now. Raises UnreadableItemError where a revision lacks what every item has."""
    read = _fields_of(record.revision, vocabulary)
    project = read.text("fields/System.TeamProject")
    status_id = status_id_of(record.revision, vocabulary)
    category = category_of(record.categories.get(status_id))
    parent = parent_of(record)
    return WorkItem(
        source=vocabulary.source,
        external_id=record.external_id,
        key=key_of(record.external_id),
        url=f"{vocabulary.base_url}/{quote(project, safe='')}/_workitems/edit/{record.external_id}",
        title=read.text("fields/System.Title"),
        project=project,
        project_id=record.project_id,
        type=read.text("fields/System.WorkItemType"),
        status=read.text("fields/System.State"),
        status_id=status_id,
        status_category=category,
        resolution=_resolution(read, category),
        parent_id=parent,
        labels=_labels(read),
        area=read.optional_text("fields/System.AreaPath"),
        iteration=read.optional_text("fields/System.IterationPath"),
        owner=person_name(read.at("fields/System.AssignedTo")),
        flagged=_is_flagged(read),
        created_at=_created_at(read) or record.read_at,
        updated_at=record.read_at,
        resolved_at=_real(read.optional_moment("fields/Microsoft.VSTS.Common.ClosedDate"))
        if category in (StatusCategory.DONE, StatusCategory.REMOVED)
        else None,
        starts_on=read.optional_day("fields/Microsoft.VSTS.Scheduling.StartDate"),
        due_on=_due_on(read),
        revision=record.rev,
        values=_values(read, vocabulary),
        fields=_texts(read, vocabulary),
        links=tuple(
            Link(kind=fact.kind, to_id=fact.other, to_key=key_of(fact.other))
            for fact in _standing(record.links)
            if fact.kind != "child"
        ),
    )


def follow(
    before: Record | None,
    revision: Mapping[str, Json],
    *,
    is_whole: bool,
    in_scope: bool,
    project_id: str,
    category: str | None,
    vocabulary: Vocabulary,
) -> tuple[Record, list[Change]]:
    """Take one revision further: the record after it, and what changed in it.

    `category` is what the tracker says of the revision's status; None: nothing. The first revision gives one change,
    the status from nothing, at System.CreatedDate. Raises UnreadableItemError.
    """
    if before is not None and is_deleted(revision):  # a deletion may tell no more than itself
        revision = {**revision, "fields": {**before.revision["fields"], **revision.get("fields", {})}}
    read = _fields_of(revision, vocabulary)
    changed_at = _real(read.moment("fields/System.ChangedDate"))
    categories = dict(before.categories) if before else {}
    if category is not None:
        categories[status_id_of(revision, vocabulary)] = category
    read_at = changed_at or (before.read_at if before else _created_at(read))
    if read_at is None:
        raise UnreadableItemError(f"{read.who}: none of its dates is a real one")
    if before is not None:
        read_at = max(before.read_at, read_at)  # a clock that was set back must not make durations negative
    after = Record(
        revision=revision,
        read_at=read_at,
        is_whole=is_whole,
        in_scope=in_scope,
        project_id=project_id,
        categories=categories,
        links=before.links if before else (),
    )
    return after, list(_changes(before, after, vocabulary))


def link_up(record: Record, facts: Iterable[LinkFact], vocabulary: Vocabulary) -> tuple[Record, list[Change]]:
    """Add facts about links: the record with them, and the changes of its parent that they tell.

    The newest fact about a pair holds; a fact that is known changes nothing.
    """
    known = set(record.links)
    links = tuple(sorted(known | set(facts), key=lambda fact: (fact.at, fact.active, fact.kind, fact.other)))
    after = replace(record, links=links)
    told = set(_parent_changes(record, vocabulary))
    return after, [change for change in _parent_changes(after, vocabulary) if change not in told]


def read_again(record: Record, revisions: Sequence[Mapping[str, Json]], vocabulary: Vocabulary) -> Reading:
    """Read a whole item from the revisions that were kept; their order does not matter."""
    step: Record | None = None
    changes: list[Change] = []
    for revision in sorted(revisions, key=lambda kept: int(kept["rev"])):
        step, found = follow(
            step,
            revision,
            is_whole=True,
            in_scope=record.in_scope,
            project_id=record.project_id,
            category=record.categories.get(status_id_of(revision, vocabulary)),
            vocabulary=vocabulary,
        )
        changes += found
    changes += _parent_changes(record, vocabulary)
    changes.sort(key=lambda change: (change.occurred_at, change.sequence))
    return Reading(item=item_of(record, vocabulary), changes=tuple(changes), history=record.history)


def revisions_from_updates(updates: Sequence[Mapping[str, Json]], *, fields: Iterable[str]) -> list[Mapping[str, Json]]:
    """Add up the differences of `workItems/{id}/updates` to the revisions that they led to, oldest first.

    Updates that only tell of links repeat a revision's number and carry no fields: they add nothing.
    """
    wanted = frozenset(fields)
    state: dict[str, Json] = {}
    by_rev: dict[int, Mapping[str, Json]] = {}
    for update in sorted(updates, key=lambda update: int(update["id"])):
        told: Mapping[str, Any] = update.get("fields") or {}
        for name, values in told.items():
            if name in wanted:
                state[name] = values.get("newValue")
        rev = int(update["rev"])
        if told or rev not in by_rev:
            present = {name: value for name, value in state.items() if value is not None}
            by_rev[rev] = {"id": update.get("workItemId"), "rev": rev, "fields": present}
    return [by_rev[rev] for rev in sorted(by_rev)]


def parent_of(record: Record) -> str | None:
    """The parent: what the stream of links told last; where it told nothing, the revision's System.Parent."""
    told = [fact for fact in record.links if fact.kind == "child"]
    if told:
        standing = [fact for fact in _standing(record.links) if fact.kind == "child"]
        return standing[-1].other if standing else None
    parent = record.revision["fields"].get("System.Parent")
    return None if parent in (None, "", 0) else str(parent)


def status_id_of(revision: Mapping[str, Json], vocabulary: Vocabulary) -> str:
    """Name a status: Azure DevOps has no ids, and types of one project share names with different meanings."""
    read = _fields_of(revision, vocabulary)
    names = (read.text(f"fields/System.{part}") for part in ("TeamProject", "WorkItemType", "State"))
    return status_id(*names)


def status_id(project: str, type_name: str, state: str) -> str:
    return f"{project}/{type_name}/{state}"


def category_of(word: str | None) -> StatusCategory:
    """The tracker's category in our words; a status that is in no list of its type stays unknown."""
    return CATEGORIES.get((word or "").lower(), StatusCategory.UNKNOWN)


def key_of(external_id: str) -> str:
    """As people and commit messages name a work item: AB#20418."""
    return f"AB#{external_id}"


def is_deleted(revision: Mapping[str, Json]) -> bool:
    return str(revision.get("fields", {}).get("System.IsDeleted", "")).lower() == "true"


def person_name(value: Json) -> str | None:
    """The display name alone, from an identity object, "Name <mail>" or a plain name; None for nobody."""
    if isinstance(value, Mapping):
        value = value.get("displayName") or value.get("name")
    if not isinstance(value, str) or not value.strip():
        return None
    match = _NAME_AND_MAIL.fullmatch(value.strip())
    return match["name"] if match else value.strip()


def _changes(before: Record | None, after: Record, vocabulary: Vocabulary) -> Iterator[Change]:
    now = dict(_tracked(after, vocabulary))
    if before is None:
        name, identity = now["status"]
        born = _created_at(_fields_of(after.revision, vocabulary)) if after.rev == 1 else None
        yield _change(after, vocabulary, "status", (None, None), (name, identity), at=born or after.read_at)
        if after.is_deleted:
            yield _change(after, vocabulary, "removed", (None, None), (RECYCLED, None), at=after.read_at)
        return
    then = dict(_tracked(before, vocabulary))
    for name, becomes in now.items():
        if then[name] != becomes:
            yield _change(after, vocabulary, name, then[name], becomes, at=after.read_at)


def _tracked(record: Record, vocabulary: Vocabulary) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    """What is compared between revisions, in the order of a day's work: name, then (value, id)."""
    read = _fields_of(record.revision, vocabulary)
    identity = status_id_of(record.revision, vocabulary)
    status = read.text("fields/System.State")
    yield "status", (status, identity)
    yield "resolution", (_resolution(read, category_of(record.categories.get(identity))), None)
    yield "type", (read.text("fields/System.WorkItemType"), None)
    yield "project", (read.text("fields/System.TeamProject"), None)
    yield "labels", ("; ".join(_labels(read)) or None, None)
    yield "area", (read.optional_text("fields/System.AreaPath"), None)
    yield "iteration", (read.optional_text("fields/System.IterationPath"), None)
    yield "flagged", ("true" if _is_flagged(read) else None, None)
    yield "owner", (person_name(read.at("fields/System.AssignedTo")), None)
    yield "due_on", (_text(_due_on(read)), None)
    yield "starts_on", (_text(read.optional_day("fields/Microsoft.VSTS.Scheduling.StartDate")), None)
    yield "removed", (RECYCLED if record.is_deleted else None, None)
    values = _values(read, vocabulary)
    for name in KEPT_FIELDS:
        if name in vocabulary.value_fields:
            yield name, (_numeral(values.get(name)), None)


def _parent_changes(record: Record, vocabulary: Vocabulary) -> Iterator[Change]:
    """The parents that the links tell of, in time. What happened in one instant is one change: from 12 to 40."""
    parent: str | None = None
    told = (fact for fact in record.links if fact.kind == "child")
    for at, facts in groupby(told, key=lambda fact: fact.at):
        after = parent
        for fact in facts:
            if fact.active:
                after = fact.other
            elif after == fact.other:
                after = None
        if after != parent:
            yield Change(
                source=vocabulary.source,
                external_id=record.external_id,
                change_id=f"link:{at.isoformat()}:{after or 'none'}",
                sequence=0,
                field="parent",
                occurred_at=at,
                from_value=key_of(parent) if parent else None,
                to_value=key_of(after) if after else None,
                from_id=parent,
                to_id=after,
            )
        parent = after


def _standing(links: Sequence[LinkFact]) -> list[LinkFact]:
    """The links that hold now, oldest first: of each pair the newest fact counts."""
    newest = {(fact.kind, fact.other): fact for fact in links}
    return sorted((fact for fact in newest.values() if fact.active), key=lambda fact: fact.at)


def _change(
    after: Record,
    vocabulary: Vocabulary,
    name: str,
    was: tuple[str | None, str | None],
    becomes: tuple[str | None, str | None],
    *,
    at: datetime,
) -> Change:
    return Change(
        source=vocabulary.source,
        external_id=after.external_id,
        change_id=f"{after.rev}:{name}",
        sequence=after.rev,
        field=name,
        occurred_at=at,
        from_value=was[0],
        to_value=becomes[0],
        from_id=was[1],
        to_id=becomes[1],
    )


def _fields_of(revision: Mapping[str, Json], vocabulary: Vocabulary) -> Fields:
    return Fields(revision, who=f"{vocabulary.source}: {key_of(str(revision.get('id')))} rev {revision.get('rev')}")


def _labels(read: Fields) -> tuple[str, ...]:
    tags = read.optional_text("fields/System.Tags") or ""
    return tuple(tag.strip() for tag in tags.split(";") if tag.strip())


def _is_flagged(read: Fields) -> bool:
    if any(tag.lower() == BLOCKED_TAG for tag in _labels(read)):
        return True
    said = (value for name, value in _all(read).items() if _tail(name) == BLOCKED_FIELD)
    return any(str(value).lower() in ("yes", "true") for value in said)


def _resolution(read: Fields, category: StatusCategory) -> str | None:
    """The reason of the last move, where that move ended the work ("Duplicate", "Cut", "Acceptance tests pass")."""
    ended = category in (StatusCategory.DONE, StatusCategory.REMOVED)
    return read.optional_text("fields/System.Reason") if ended else None


def _due_on(read: Fields) -> date | None:
    target = read.optional_day("fields/Microsoft.VSTS.Scheduling.TargetDate")
    return target or read.optional_day("fields/Microsoft.VSTS.Scheduling.DueDate")


def _values(read: Fields, vocabulary: Vocabulary) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, references in vocabulary.value_fields.items():
        for reference in references:
            path = _path_of(read, reference)
            number = read.optional_number(path) if path else None
            if number is not None:
                found[name] = number * vocabulary.value_scales.get(name, 1)
                break
    return found


def _texts(read: Fields, vocabulary: Vocabulary) -> dict[str, str]:
    found = {}
    for name, reference in vocabulary.text_fields.items():
        path = _path_of(read, reference)
        value = read.at(path) if path else None
        if isinstance(value, Mapping):
            value = person_name(value)
        if value not in (None, ""):
            found[name] = str(value)
    return found


def _path_of(read: Fields, name: str) -> str | None:
    """Find a field by reference name, else by the name people see: "Business Case" is stored as Custom.BusinessCase."""
    fields = _all(read)
    if "." in name or name in fields:
        return f"fields/{name}"
    wanted = _tail(name)
    return next((f"fields/{reference}" for reference in fields if _tail(reference) == wanted), None)


def _all(read: Fields) -> Mapping[str, Json]:
    fields = read.at("fields")
    return fields if isinstance(fields, Mapping) else {}


def _tail(name: str) -> str:
    return _NOT_IN_A_NAME.sub("", name.rsplit(".", 1)[-1]).lower()


def _created_at(read: Fields) -> datetime | None:
    return _real(read.optional_moment("fields/System.CreatedDate"))


def _real(moment: datetime | None) -> datetime | None:
    return None if moment is None or moment.year >= NEVER else moment.astimezone(UTC)


def _text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _numeral(value: Decimal | None) -> str | None:
    """5, 5.0 and 5.00 are one value, and writing it another way is no change."""
    return None if value is None else f"{value.normalize():f}"


_NAME_AND_MAIL = re.compile(r"(?P<name>[^<>]*\S)\s*<[^<>]*>")
_NOT_IN_A_NAME = re.compile(r"[^\w]|_")
