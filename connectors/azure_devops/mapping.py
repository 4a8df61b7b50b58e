"""Revisions of work items, read in our words: one item as it is now, and the changes that led there.

A revision is a whole picture of an item, `{"id", "rev", "fields"}`. Two neighbours are compared, ordered by `rev` and
never by date; each difference happened at the newer one's System.ChangedDate. Links come from a stream of their own,
because a link made from the other end leaves no revision (learn.microsoft.com, "Work item updates").

    rev 1 ──> rev 2 ──> rev 3            links: child of 12 (2 March) ──> not of 12, child of 40 (9 May)
    status    area      status

Areas, iterations and projects are compared by id where both sides have one: to rename them changes no item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from connectors.base import Json, Reading, UnreadableItemError
from connectors.reading import Fields, moment_of
from domain.change import FIELDS as KEPT_FIELDS
from domain.change import Change
from domain.work_item import RANK, HistoryState, StatusCategory, WorkItem

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

AREA = "System.AreaPath"
ITERATION = "System.IterationPath"
PLACES: Mapping[str, str] = {AREA: "System.AreaId", ITERATION: "System.IterationId"}  # path -> id of its node
RECYCLED = "recycled"
BLOCKED_FIELD = "blocked"  # Microsoft.VSTS.CMMI.Blocked ("Yes"), or a custom check box of that name
BLOCKED_TAG = "blocked"
NEVER = 9999  # the year of System.RevisedDate that means "not yet"


STARTS_ON = "Microsoft.VSTS.Scheduling.StartDate"
DUE_ON = ("Microsoft.VSTS.Scheduling.TargetDate", "Microsoft.VSTS.Scheduling.DueDate")
# Agile, Basic and CMMI order backlogs by the one, Scrum by the other; both are numbers, the smaller first.
RANKED_BY = ("Microsoft.VSTS.Common.StackRank", "Microsoft.VSTS.Common.BacklogPriority")
DETAILS_IN = frozenset({"System.Tags", "System.AssignedTo", STARTS_ON, *DUE_ON, *RANKED_BY})
PLACED_IN = frozenset({"System.TeamProject", "System.IsDeleted", *PLACES, *PLACES.values()})
STATED_IN = frozenset({"System.TeamProject", "System.WorkItemType", "System.State", "System.Reason"})

Tracked = tuple[str | None, str | None]  # a value as people read it, and its id where it has one


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What one source's settings say of its fields, by their reference names."""

    source: str
    base_url: str
    value_fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: VALUE_FIELDS)
    value_scales: Mapping[str, int] = field(default_factory=dict)
    text_fields: Mapping[str, str] = field(default_factory=dict)  # the name rules use -> the tracker's field
    blocked_flags: bool = True  # the tracker's own Blocked field or tag means blocked
    blocked_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field -> values that mean blocked

    @cached_property
    def details_in(self) -> frozenset[str]:
        """The fields in which the details of an item stand."""
        own = {name for names in self.value_fields.values() for name in names}
        return DETAILS_IN | own | {*self.text_fields.values(), *self.blocked_fields}


class Details(NamedTuple):
    """What seldom changes from one revision to the next, read once and carried on.

    `tracked`: as it is compared. `blocked_in`: the fields whose name says that they block.
    """

    labels: tuple[str, ...]
    flagged: bool
    owner: str | None
    starts_on: date | None
    due_on: date | None
    values: Mapping[str, Decimal]
    texts: Mapping[str, str]
    tracked: Mapping[str, Tracked]
    blocked_in: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFact:
    """A parent that this item was told to have, or to have no more. Other links are the store's to keep."""

    parent: str
    active: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Record:
    """One item as far as it was read: all that is needed to go on from here, or to read it again without a request.

    `read_at` is the newest revision's instant, never before its predecessor's. `categories` holds what the tracker
    said of each status that the item was in, by status id; a status it said nothing of is left out.
    `homes`: the ids of the projects it was in, by the names that they had. `places`: area and iteration as they are
    called today, by field, where they were renamed after the newest revision.
    """

    revision: Mapping[str, Json]
    read_at: datetime
    is_whole: bool
    in_scope: bool
    project_id: str
    categories: Mapping[str, str] = field(default_factory=dict)
    links: tuple[LinkFact, ...] = ()
    homes: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    tracked: Mapping[str, Tracked] = field(default_factory=dict, compare=False, repr=False)  # computed, never stored
    details: Details | None = field(default=None, compare=False, repr=False)  # likewise

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

    @property
    def is_elsewhere(self) -> bool:
        return not self.in_scope and not self.is_deleted

    def today(self) -> Mapping[str, Json]:
        """The newest revision, with its area and iteration as they are called today."""
        if not self.places:
            return self.revision
        before = self.revision["fields"]
        fields = {**before, **self.places}
        for place, path in self.places.items():  # which may have more levels today, or fewer
            levels = [name for name in before if name.startswith(_level(place))]
            told = {name: step for name, step in _steps(place, path) if levels or name in before}
            fields = {name: value for name, value in fields.items() if name not in levels} | told
        return {**self.revision, "fields": fields}

    def body(self) -> Json:
        """The record as JSON values, for the raw answer of kind `item`."""
        return {
            "revision": dict(self.revision),
            "read_at": self.read_at.isoformat(),
            "is_whole": self.is_whole,
            "in_scope": self.in_scope,
            "project_id": self.project_id,
            "categories": dict(self.categories),
            "links": [[fact.parent, fact.active, fact.at.isoformat()] for fact in self.links],
            **({"homes": dict(self.homes)} if len(self.homes) > 1 else {}),
            **({"places": dict(self.places)} if self.places else {}),
        }


def record_of(body: Json, *, who: str) -> Record:
    """Read a record back from `Record.body`. Raises UnreadableItemError."""
    read = Fields(body, who=who)
    revision = read.at("revision") or {}
    home = revision.get("fields", {}).get("System.TeamProject")
    return Record(
        revision=revision,
        read_at=read.moment("read_at"),
        is_whole=bool(read.at("is_whole")),
        in_scope=bool(read.at("in_scope")),
        project_id=read.text("project_id"),
        categories=read.at("categories") or {},
        homes=read.at("homes") or ({home: read.text("project_id")} if home else {}),
        places=read.at("places") or {},
        links=tuple(
            LinkFact(parent=parent, active=active, at=moment_of(at)) for parent, active, at in read.at("links") or ()
        ),
    )


def item_of(record: Record, vocabulary: Vocabulary) -> WorkItem:
    """Read the item as it is now. Raises UnreadableItemError where a revision lacks what every item has."""
    read = Picture(record.today(), vocabulary.source)
    project, kind, status = (read.text(f"System.{name}") for name in ("TeamProject", "WorkItemType", "State"))
    identity = status_id(project, kind, status)
    category = category_of(record.categories.get(identity))
    has_ended = category in (StatusCategory.DONE, StatusCategory.REMOVED)
    details = (None if record.places else record.details) or _details(read, vocabulary)
    return WorkItem(
        source=vocabulary.source,
        external_id=record.external_id,
        key=key_of(record.external_id),
        url=f"{vocabulary.base_url}/{quote(project, safe='')}/_workitems/edit/{record.external_id}",
        title=read.text("System.Title"),
        project=project,
        project_id=record.project_id,
        type=kind,
        status=status,
        status_id=identity,
        status_category=category,
        resolution=read.optional_text("System.Reason") if has_ended else None,
        parent_id=parent_of(record),
        labels=details.labels,
        area=read.optional_text(AREA),
        iteration=read.optional_text(ITERATION),
        owner=details.owner,
        flagged=details.flagged,
        created_at=read.moment("System.CreatedDate") or record.read_at,
        updated_at=record.read_at,
        resolved_at=read.moment("Microsoft.VSTS.Common.ClosedDate") if has_ended else None,
        starts_on=details.starts_on,
        due_on=details.due_on,
        revision=record.rev,
        values=details.values,
        fields=details.texts,
    )


def follow(
    before: Record | None,
    revision: Mapping[str, Json],
    *,
    is_whole: bool,
    in_scope: Callable[[Mapping[str, Json]], bool],
    project_id: Callable[[str], str],
    category: Callable[[str, str], str | None],
    vocabulary: Vocabulary,
) -> tuple[Record, list[Change]]:
    """Take one revision further: the record after it, and what changed in it.

    `category` tells, of project and status id, what the tracker says of a status; None: nothing. The first revision
    gives one change, the status from nothing, at System.CreatedDate. Raises UnreadableItemError.
    """
    if before is not None and is_deleted(revision):  # a deletion may tell no more than itself
        revision = {**revision, "fields": {**before.revision["fields"], **revision["fields"]}}
    read = Picture(revision, vocabulary.source)
    read_at = read.moment("System.ChangedDate", needed=True) or (
        before.read_at if before else read.moment("System.CreatedDate")
    )
    if read_at is None:
        raise UnreadableItemError(f"{read.who}: none of its dates is a real one")
    if before is not None:
        read_at = max(before.read_at, read_at)  # a clock that was set back must not make durations negative
    project = read.text("System.TeamProject")
    identity = status_id(project, read.text("System.WorkItemType"), read.text("System.State"))
    categories = before.categories if before else {}
    word = category(project, identity)
    if word is not None and categories.get(identity) != word:
        categories = {**categories, identity: word}
    home = project_id(project)
    now = category_of(categories.get(identity))
    tracked, details = _tracked_after(before, read, vocabulary, identity=identity, home=home, category=now)
    after = Record(
        revision=revision,
        read_at=read_at,
        is_whole=is_whole,
        in_scope=in_scope(revision),
        project_id=home,
        categories=categories,
        links=before.links if before else (),
        homes=before.homes if before and before.homes.get(project) == home else _homes(before, project, home),
        tracked=tracked,
        details=details,
    )
    return after, _changes(before, after, vocabulary)


def link_up(record: Record, facts: Iterable[LinkFact], vocabulary: Vocabulary) -> tuple[Record, list[Change]]:
    """Add facts about links, in the order in which they were told: the record with them, and the changes of its parent.

    Of two facts about one pair at one instant the one told last holds; of two pairs the removal came first. A fact that
    is known changes nothing.
    """
    known = {(fact.at, fact.parent): fact for fact in record.links}
    known.update(((fact.at, fact.parent), fact) for fact in facts)
    links = tuple(sorted(known.values(), key=lambda fact: (fact.at, fact.active, fact.parent)))
    if links == record.links:
        return record, []
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
            in_scope=lambda _: record.in_scope,
            project_id=lambda name: record.homes.get(name, record.project_id),
            category=lambda _, identity: record.categories.get(identity),
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


def tracked_in(record: Record, vocabulary: Vocabulary) -> Mapping[str, Tracked]:
    """What is compared between revisions, of a record that came from the store."""
    read = Picture(record.revision, vocabulary.source)
    names = (read.text(f"System.{name}") for name in ("TeamProject", "WorkItemType", "State"))
    identity = status_id(*names)
    category = category_of(record.categories.get(identity))
    return _tracked(read, identity, record.project_id, category, _details(read, vocabulary))


def parent_of(record: Record) -> str | None:
    """The parent: what the stream of links told last; where it told nothing, the revision's System.Parent."""
    if record.links:
        *_, (_, parent) = _parents(record.links)
        return parent
    parent = record.revision["fields"].get("System.Parent")
    return None if parent in (None, "", 0) else str(parent)


def status_id(project: str, type_name: str, state: str) -> str:
    """Name a status: Azure DevOps has no ids, and types of one project share names with different meanings."""
    return f"{project}/{type_name}/{state}"


def category_of(word: str | None) -> StatusCategory:
    """The tracker's category in our words; a status that is in no list of its type stays unknown."""
    return CATEGORIES.get((word or "").lower(), StatusCategory.UNKNOWN)


def key_of(external_id: str) -> str:
    """As people and commit messages name a work item: AB#20418."""
    return f"AB#{external_id}"


def is_deleted(revision: Mapping[str, Json]) -> bool:
    mark = revision["fields"].get("System.IsDeleted")
    return mark is not None and str(mark).lower() == "true"


def person_name(value: Json) -> str | None:
    """The display name alone, from an identity object, "Name <mail>" or a plain name; None for nobody."""
    if isinstance(value, Mapping):
        value = value.get("displayName") or value.get("name")
    if not isinstance(value, str) or not value.strip():
        return None
    match = _NAME_AND_MAIL.fullmatch(value.strip())
    return match["name"] if match else value.strip()


class Picture:
    """A revision's fields by reference name. Half a million are read in a full load, so what is as it should be
    takes the short way; everything else is left to `Fields`, which complains."""

    __slots__ = ("fields", "revision", "source")

    def __init__(self, revision: Mapping[str, Json], source: str) -> None:
        self.revision = revision
        self.fields: Mapping[str, Json] = revision["fields"]
        self.source = source

    @property
    def who(self) -> str:
        return f"{self.source}: {key_of(str(self.revision.get('id')))} rev {self.revision.get('rev')}"

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return value if type(value) is str else self._carefully().text(f"fields/{name}")

    def optional_text(self, name: str) -> str | None:
        value = self.fields.get(name)
        return value if value is None or type(value) is str else self._carefully().optional_text(f"fields/{name}")

    def moment(self, name: str, *, needed: bool = False) -> datetime | None:
        """A real instant; None where there is none, or one in the year 9999."""
        value = self.fields.get(name)
        if value is None and not needed:
            return None
        try:
            moment = _moment_of(value) if type(value) is str else self._carefully().moment(f"fields/{name}")
        except ValueError:
            moment = self._carefully().moment(f"fields/{name}")
        return None if moment.year >= NEVER else moment

    def day(self, name: str) -> date | None:
        return None if self.fields.get(name) is None else self._carefully().optional_day(f"fields/{name}")

    def number(self, name: str) -> Decimal | None:
        return None if self.fields.get(name) is None else self._carefully().optional_number(f"fields/{name}")

    def _carefully(self) -> Fields:
        return Fields(self.revision, who=self.who)


def _changes(before: Record | None, after: Record, vocabulary: Vocabulary) -> list[Change]:
    if before is None:
        born = Picture(after.revision, vocabulary.source).moment("System.CreatedDate") if after.rev == 1 else None
        found = [_change(after, vocabulary, "status", _NOTHING, after.tracked["status"], at=born or after.read_at)]
        if after.is_deleted:
            found.append(_change(after, vocabulary, "removed", _NOTHING, (RECYCLED, None), at=after.read_at))
        return found
    then = before.tracked or tracked_in(before, vocabulary)
    if then is after.tracked:
        return []
    return [
        _change(after, vocabulary, name, then[name], after.tracked[name], at=after.read_at)
        for name in _differing(then, after.tracked)
    ]


def _differing(then: Mapping[str, Tracked], now: Mapping[str, Tracked]) -> list[str]:
    """The names of what changed. A place that was renamed, or whose id we did not know, is the same place.

    So is a status whose id changed with the name of its project alone.
    """
    found = [name for name, becomes in now.items() if then[name] != becomes]
    places = [name for name in ("project", "area", "iteration") if name in found]
    same: set[str] = {
        name for name in places if then[name][0] == now[name][0] or then[name][1] == now[name][1] is not None
    }
    if "project" in same and "type" not in found and then["status"][0] == now["status"][0]:
        same.add("status")
    return [name for name in found if name not in same]


def _homes(before: Record | None, project: str, home: str) -> Mapping[str, str]:
    return {**(before.homes if before else {}), project: home}


def _tracked(
    read: Picture, identity: str, home: str, category: StatusCategory, details: Details
) -> Mapping[str, Tracked]:
    return {**_tracked_state(read, identity, category), **_tracked_places(read, home), **details.tracked}


def _tracked_state(read: Picture, identity: str, category: StatusCategory) -> Mapping[str, Tracked]:
    has_ended = category in (StatusCategory.DONE, StatusCategory.REMOVED)
    return {
        "status": (read.text("System.State"), identity),
        "resolution": (read.optional_text("System.Reason") if has_ended else None, None),
        "type": (read.text("System.WorkItemType"), None),
    }


def _tracked_places(read: Picture, home: str) -> Mapping[str, Tracked]:
    """Where the item is, which may be the recycle bin."""
    return {
        "project": (read.text("System.TeamProject"), home),
        "area": (read.optional_text(AREA), _node(read, AREA)),
        "iteration": (read.optional_text(ITERATION), _node(read, ITERATION)),
        "removed": (RECYCLED if is_deleted(read.revision) else None, None),
    }


def _tracked_after(
    before: Record | None,
    read: Picture,
    vocabulary: Vocabulary,
    *,
    identity: str,
    home: str,
    category: StatusCategory,
) -> tuple[Mapping[str, Tracked], Details]:
    """What is compared, and the details of the next revision: those before it, as far as their fields are the same."""
    if before is None or before.details is None or not before.tracked:
        details = _details(read, vocabulary)
        return _tracked(read, identity, home, category, details), details
    differing = _differing_fields(before.revision["fields"], read.fields)
    details, tracked = before.details, before.tracked
    if not differing.isdisjoint(vocabulary.details_in) or any(map(_names_blocked, differing)):
        details = _details(read, vocabulary)
        tracked = {**tracked, **details.tracked}
    if not differing.isdisjoint(PLACED_IN) or home != before.project_id:
        tracked = {**tracked, **_tracked_places(read, home)}
    if not differing.isdisjoint(STATED_IN) or category_of(before.categories.get(identity)) is not category:
        tracked = {**tracked, **_tracked_state(read, identity, category)}
    return tracked, details


def _steps(place: str, path: str) -> Iterator[tuple[str, str]]:
    """A path in the fields that tell it in parts: System.AreaLevel1 and on, and of an area its last step."""
    steps = path.split("\\")
    for level, step in enumerate(steps, start=1):
        yield f"{_level(place)}{level}", step
    if place == AREA:
        yield "System.NodeName", steps[-1]


def _level(place: str) -> str:
    return f"{place.removesuffix('Path')}Level"


def _differing_fields(then: Mapping[str, Json], now: Mapping[str, Json]) -> set[str]:
    """The fields that say something else; one that is missing and one that is empty say the same."""
    before = then.get
    found = {name for name, value in now.items() if before(name) != value}
    if then.keys() != now.keys():
        found |= {name for name in then.keys() - now.keys() if then[name] is not None}
    return found


def _details(read: Picture, vocabulary: Vocabulary) -> Details:
    labels, values, texts = _labels(read), _values(read, vocabulary), _texts(read, vocabulary)
    blocked_in = tuple(filter(_names_blocked, read.fields))
    flagged, owner = (
        _is_flagged(read, labels, blocked_in, vocabulary),
        person_name(read.fields.get("System.AssignedTo")),
    )
    starts_on, due_on = read.day(STARTS_ON), next(filter(None, map(read.day, DUE_ON)), None)
    tracked: dict[str, Tracked] = {
        "labels": ("; ".join(labels) or None, None),
        "flagged": ("true" if flagged else None, None),
        "owner": (owner, None),
        "due_on": (_text(due_on), None),
        "starts_on": (_text(starts_on), None),
        "rank": (texts.get(RANK), None),
    }
    for name in vocabulary.value_fields:
        if name in _KEPT_VALUES:
            tracked[name] = (_numeral(values.get(name)), None)
    for name in vocabulary.text_fields:
        tracked[f"fields.{name}"] = (texts.get(name), None)
    return Details(labels, flagged, owner, starts_on, due_on, values, texts, tracked, blocked_in)


def same_content(held: Record, revision: Mapping[str, Json], vocabulary: Vocabulary) -> bool:
    """Does a revision say what the record says of the same number, as far as we read it? Raises UnreadableItemError.

    What it leaves out is no difference: a deletion may tell no more than itself, and fields come and go with what is
    asked for.
    """
    fields = {**held.revision["fields"], **revision["fields"]}
    if fields == held.revision["fields"]:
        return True
    told = replace(held, revision={**revision, "fields": fields}, tracked={}, details=None)
    then, becomes = held.tracked or tracked_in(held, vocabulary), tracked_in(told, vocabulary)
    return not _differing(then, becomes)


def _parent_changes(record: Record, vocabulary: Vocabulary) -> Iterator[Change]:
    """The parents that the links tell of, in time: one change a fact, so that it does not matter which page told it.

    Given to another parent at one instant: 12 -> nobody, nobody -> 40.
    """
    parent: str | None = None
    for fact, after in _parents(record.links):
        if after == parent:
            continue
        yield Change(
            source=vocabulary.source,
            external_id=record.external_id,
            change_id=f"link:{fact.at.isoformat()}:{after or 'none'}",
            sequence=1 if fact.active else 0,
            field="parent",
            occurred_at=fact.at,
            from_value=key_of(parent) if parent else None,
            to_value=key_of(after) if after else None,
            from_id=parent,
            to_id=after,
        )
        parent = after


def _parents(links: Iterable[LinkFact]) -> Iterator[tuple[LinkFact, str | None]]:
    """The parent after each fact: of the links that stand, the one that was made last."""
    standing: dict[str, None] = {}
    for fact in links:
        standing.pop(fact.parent, None)
        if fact.active:
            standing[fact.parent] = None
        yield fact, next(reversed(standing), None)


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


def _node(read: Picture, place: str) -> str | None:
    """The id of the area's or iteration's node, which outlives its path."""
    node = read.fields.get(PLACES[place])
    return None if node is None else str(node)


def _labels(read: Picture) -> tuple[str, ...]:
    tags = read.optional_text("System.Tags")
    return tuple(tag.strip() for tag in tags.split(";") if tag.strip()) if tags else ()


def _is_flagged(read: Picture, labels: Sequence[str], blocked_in: Sequence[str], vocabulary: Vocabulary) -> bool:
    """The tracker's own tag or field, unless the settings leave them out, or a field that the settings name."""
    if vocabulary.blocked_flags and (
        any(tag.lower() == BLOCKED_TAG for tag in labels)
        or any(str(read.fields[name]).lower() in _YES for name in blocked_in)
    ):
        return True
    return any(
        _means_blocked(read.fields.get(reference), values) for reference, values in vocabulary.blocked_fields.items()
    )


def _means_blocked(value: Json, values: Sequence[str]) -> bool:
    """Is one of these values chosen? Where none is given, any value but no means blocked."""
    if value is None or isinstance(value, Mapping):
        return False
    chosen = {part.strip().lower() for part in str(value).split(";") if part.strip()}
    return bool(chosen - {"no", "false"}) if not values else any(one.lower() in chosen for one in values)


def _values(read: Picture, vocabulary: Vocabulary) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, references in vocabulary.value_fields.items():
        for reference in references:
            number = read.number(reference)
            if number is not None:
                found[name] = number * vocabulary.value_scales.get(name, 1)
                break
    return found


def _texts(read: Picture, vocabulary: Vocabulary) -> dict[str, str]:
    rank = next((number for name in RANKED_BY if (number := _rank(read, name)) is not None), None)
    found = {} if rank is None else {RANK: str(_numeral(rank))}
    for name, reference in vocabulary.text_fields.items():
        value = read.fields.get(reference)
        if isinstance(value, Mapping):
            value = person_name(value)
        if value not in (None, ""):
            found[name] = str(value)
    return found


def _rank(read: Picture, name: str) -> Decimal | None:
    """A rank that is no number we can hold is none: for the order's sake no item is set aside."""
    try:
        return read.number(name)
    except UnreadableItemError:
        return None


@lru_cache(maxsize=10_000)
def _names_blocked(name: str) -> bool:
    return _tail(name) == BLOCKED_FIELD


@lru_cache(maxsize=10_000)
def _tail(name: str) -> str:
    return _NOT_IN_A_NAME.sub("", name.rsplit(".", 1)[-1]).lower()


@lru_cache(maxsize=10_000)
def _moment_of(text: str) -> datetime:
    """A cache pays: every revision of an item repeats when it was created."""
    return moment_of(text)


def _text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _numeral(value: Decimal | None) -> str | None:
    """5, 5.0 and 5.00 are one value, and writing it another way is no change."""
    return None if value is None else f"{value.normalize():f}"


_NOTHING: Tracked = (None, None)
_YES = ("yes", "true")
_KEPT_VALUES = frozenset(KEPT_FIELDS)
_NAME_AND_MAIL = re.compile(r"(?P<name>[^<>]*\S)\s*<[^<>]*>")
_NOT_IN_A_NAME = re.compile(r"[^\w]|_")
