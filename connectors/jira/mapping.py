"""One Jira issue and its histories -> WorkItem and Changes, Cloud and Data Center alike.

Raw bodies explain themselves: an item's carries the base URL, the definitions of its custom fields and, on
Data Center, the id behind a parent's key. So `read` needs neither the site nor a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import NamedTuple

from connectors.base import Json, Raw, Reading, SourceSettings, Sprint, UnreadableAnswerError, UnreadableItemError
from connectors.jira.fields import FieldDefinition, SiteFields, carried_fields
from connectors.reading import Fields, day_of, moment_of, number_of
from domain.change import Change
from domain.history import closes
from domain.links import direction
from domain.work_item import ITERATION_ID, RANK, RELEASED, HistoryState, Link, Status, StatusCategory, WorkItem

ITEM = "item"
HISTORY = "history:"
LONGEST_TEXT = 1_000  # of a field that rules name

CATEGORIES = {
    "new": StatusCategory.NEW,
    "indeterminate": StatusCategory.IN_PROGRESS,
    "done": StatusCategory.DONE,
}


def item_raw(
    issue: Json, *, base_url: str, fields: SiteFields, parent_id: str | None = None, history_total: int | None = None
) -> Raw:
    """Keep one issue as it came, less avatars, addresses and empty fields.

    `parent_id` is what a parent's key was resolved to, `history_total` how many histories the tracker claims.
    """
    given = issue.get("fields")
    if not isinstance(given, Mapping) or not issue.get("id"):
        raise UnreadableItemError(f"an issue without {'id' if isinstance(given, Mapping) else 'fields'} cannot be kept")
    kept = {
        name: value if type(value) in _AS_THEY_STAND else _kept(value)
        for name, value in given.items()
        if value is not None
    }
    custom = fields.custom_as_json
    known = {name: custom[name] for name in kept if name in custom}
    body: dict[str, Json] = {
        "issue": {"id": str(issue["id"]), "key": issue.get("key"), "fields": kept},
        "base_url": base_url,
        "definitions": known,
        "roles": fields.roles_as_json,
    }
    if parent_id is not None:
        body["parent_id"] = parent_id
    if history_total is not None:
        body["history_total"] = history_total
    return Raw(external_id=str(issue["id"]), kind=ITEM, body=body)


def history_raw(external_id: str, history: Json, *, fields: SiteFields, ordinal: int = 0) -> Raw:
    """Keep one history without its author; long texts that no report needs leave only their field's name.

    Data Center's entries have no field id: it is added where one custom field bears the name today, or bore it when we
    looked before and no other does now.
    """
    history_id = str(history.get("id") or f"{history.get('created')}-{ordinal}")
    created, items = history.get("created"), history.get("items")
    body = {
        "id": history_id,
        "created": created if type(created) in _AS_THEY_STAND else _kept(created),
        "items": [_kept_change(entry, fields) for entry in items if isinstance(entry, dict)] if items else [],
    }
    return Raw(external_id, HISTORY + history_id, body)


def read_issue(
    raws: Sequence[Raw],
    *,
    settings: SourceSettings,
    fields: SiteFields | Mapping[str, str],
    today: Mapping[str, FieldDefinition] = MappingProxyType({}),
    vocabulary: Vocabulary | None = None,
) -> Reading:
    """Read one issue from its raw answers with today's mapping. Raises UnreadableItemError.

    `fields` are those of the site where they are at hand, with the `vocabulary` made of them; else the ids that the
    settings' names stand for there, and the raw answer carries the rest, but for what the site says of them `today`.
    """
    body = next((raw.body for raw in raws if raw.kind == ITEM), None)
    if not isinstance(body, Mapping):
        raise UnreadableAnswerError(f"{settings.name}: the raw answers of an issue lack the issue itself")
    read = Fields(body["issue"], who=f"{settings.name}: {body['issue'].get('key') or body['issue']['id']}")
    if not isinstance(fields, SiteFields):
        fields = carried_fields(body["definitions"], body["roles"], fields, today=today)
    histories = [raw.body for raw in raws if raw.kind.startswith(HISTORY)]
    vocabulary = vocabulary or Vocabulary(settings, fields)
    changes = tuple(_changes(read, histories, settings=settings, fields=fields, vocabulary=vocabulary))
    item = _item(read, body=body, settings=settings, fields=fields, changes=changes)
    state = _history_state(item, changes, histories=len(histories), claimed=body.get("history_total"))
    return Reading(item=item, changes=changes, history=state)


def parent_key(issue: Json, fields: SiteFields) -> str | None:
    """Return the parent's key where the issue names its parent by key alone (Epic Link, Parent Link)."""
    parent = _parent(Fields(issue, who=""), fields)
    return parent.key if parent is not None and parent.id is None else None


def statuses_of(answer: Json, *, source: str) -> tuple[Status, ...]:
    """Read the answer of GET /status; statuses are told apart by id, since projects may share a name."""
    return tuple(
        Status(
            source=source,
            status_id=str(entry["id"]),
            name=str(entry.get("name") or entry["id"]),
            category=category_of(entry.get("statusCategory")),
        )
        for entry in answer
        if isinstance(entry, Mapping) and entry.get("id") is not None
    )


def category_of(category: Json) -> StatusCategory:
    key = category.get("key") if isinstance(category, Mapping) else None
    return CATEGORIES.get(str(key), StatusCategory.UNKNOWN)


def sprints_of(issue: Json, fields: SiteFields) -> Iterator[Sprint]:
    """The sprints that an issue names, oldest first as the tracker lists them."""
    given = issue.get("fields") or {}
    for field_id in fields.in_role("sprint"):
        for entry in given.get(field_id) or ():
            sprint = sprint_of(entry)
            if sprint is not None:
                yield sprint


class _ParentRef(NamedTuple):
    id: str | None
    key: str | None


def _item(
    read: Fields, *, body: Mapping[str, Json], settings: SourceSettings, fields: SiteFields, changes: Sequence[Change]
) -> WorkItem:
    key = read.text("key")
    parent = _parent(read, fields)
    created_at = read.moment("fields/created")
    sprint = _newest_sprint(read, fields)
    return WorkItem(
        source=settings.name,
        external_id=read.text("id"),
        key=key,
        previous_keys=_previous_keys(changes, key=key),
        url=f"{body['base_url'].rstrip('/')}/browse/{key}",
        title=read.optional_text("fields/summary") or key,
        project=read.text("fields/project/key"),
        project_id=read.text("fields/project/id"),
        type=read.text("fields/issuetype/name"),
        type_rank=_type_rank(read, fields),
        status=read.text("fields/status/name"),
        status_id=read.text("fields/status/id"),
        status_category=category_of(read.at("fields/status/statusCategory")),
        resolution=read.optional_text("fields/resolution/name"),
        parent_id=body.get("parent_id") or (parent.id if parent is not None else None),
        labels=read.texts("fields/labels"),
        components=tuple(_name_of(entry) or "" for entry in read.objects("fields/components")),
        iteration=sprint.name if sprint is not None else None,
        team=_first_text(read, fields.in_role("team")),
        owner=read.optional_text("fields/assignee/displayName"),
        flagged=_is_flagged(read, settings=settings, fields=fields),
        created_at=created_at,
        updated_at=read.optional_moment("fields/updated") or created_at,
        resolved_at=read.optional_moment("fields/resolutiondate"),
        starts_on=_first_day(read, fields.in_role("target_start")),
        due_on=_first_day(read, _due_fields(fields)),
        values=_values(read, settings=settings, fields=fields),
        fields=_rank(read, fields)
        | _released(read)
        | ({ITERATION_ID: sprint.id} if sprint is not None else {})
        | _texts(read, settings=settings, fields=fields),
        links=tuple(_links(read)),
    )


def _type_rank(read: Fields, fields: SiteFields) -> int | None:
    """Jira Cloud's hierarchyLevel. Data Center has none: a sub-task says so, an epic carries an Epic Name."""
    rank = read.optional_whole("fields/issuetype/hierarchyLevel")
    if rank is not None:
        return rank
    if read.at("fields/issuetype/subtask") is True:
        return -1
    return 1 if any(read.at(f"fields/{field_id}") for field_id in fields.in_role("epic_name")) else None


def _parent(read: Fields, fields: SiteFields) -> _ParentRef | None:
    """The parent, whichever way the site spells it: parent, Parent Link, Epic Link, or the agile API's epic."""
    spellings = ["parent", *fields.in_role("parent_link"), *fields.in_role("epic_link"), "epic"]
    return next((found for name in spellings if (found := _parent_in(read.at(f"fields/{name}"))) is not None), None)


def _parent_in(value: Json) -> _ParentRef | None:
    """An object with id or key, one wrapped in `data` (Plans), or a bare key."""
    if isinstance(value, str) and value:
        return _ParentRef(None, value)
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("data"), Mapping):
        return _parent_in(value["data"])
    found, key = value.get("id"), value.get("key")
    if found is None and key is None:
        return None
    return _ParentRef(None if found is None else str(found), None if key is None else str(key))


def _previous_keys(changes: Sequence[Change], *, key: str) -> tuple[str, ...]:
    old = (change.from_value for change in changes if change.field == "key")
    return tuple(dict.fromkeys(name for name in old if name and name != key))


def _newest_sprint(read: Fields, fields: SiteFields) -> Sprint | None:
    """Ids grow with time, the list's order is not promised. Each team may have its own "Sprint 12"."""
    return max(sprints_of(read.body, fields), key=lambda sprint: _as_number(sprint.id), default=None)


def _is_flagged(read: Fields, *, settings: SourceSettings, fields: SiteFields) -> bool:
    """Jira's own impediment flag, unless the settings leave it out, or a field that the settings name."""
    flags = (read.at(f"fields/{name}") for name in fields.in_role("flagged"))
    if settings.blocked_flags and (read.at("fields/flagged") is True or any(flags)):
        return True
    return any(
        _means_blocked(_text_of(_named(read, fields, name)), values) for name, values in settings.blocked_fields.items()
    )


def _means_blocked(text: str | None, values: Sequence[str]) -> bool:
    """Is one of these values chosen? Where none is given, any value means blocked."""
    chosen = {part.strip().lower() for part in re.split(r"[;,]", text or "") if part.strip()}
    return bool(chosen) if not values else any(value.lower() in chosen for value in values)


def _values(read: Fields, *, settings: SourceSettings, fields: SiteFields) -> dict[str, Decimal]:
    """Value fields by our names; what is empty or a text without a number is left out: unknown, not zero.

    Raises UnreadableItemError for a number that cannot be held (NaN, 1e999): that is no absence of one.
    """
    places = {name: [id for id in (fields.id_of(wanted),) if id] for name, wanted in settings.value_fields.items()}
    role = "estimate" if "story_points" in places else "story_points"
    places["story_points"] = [*places.get("story_points", ()), *fields.in_role(role)]
    values = {}
    for name, field_ids in places.items():
        for field_id in field_ids:
            value = read.at(f"fields/{field_id}")
            number = read.optional_number(f"fields/{field_id}") if _is_json_number(value) else _number_in(value)
            if number is not None:
                values[name] = number * settings.value_scales.get(name, 1)
                break
    return values


def _is_json_number(value: Json) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _number_in(value: Json) -> Decimal | None:
    if isinstance(value, Mapping):
        value = value.get("value")
    try:
        return None if value is None else number_of(value)
    except ValueError:
        return None


def _rank(read: Fields, fields: SiteFields) -> dict[str, str]:
    """Where the issue stands in Jira's own order. How it came there no change log says: it tells "Ranked higher"."""
    rank = _first_text(read, fields.in_role("rank"))
    return {} if rank is None else {RANK: rank}


def _released(read: Fields) -> dict[str, str]:
    """When the versions were released that the issue is fixed in; one without a day was released nobody knows when."""
    told = read.at("fields/fixVersions")
    days = {
        day
        for one in (told if isinstance(told, list) else ())
        if isinstance(one, Mapping) and one.get("released") is True
        if isinstance(day := one.get("releaseDate"), str) and _is_day(day)
    }
    return {RELEASED: "; ".join(sorted(days))} if days else {}


def _is_day(text: str) -> bool:
    try:
        return _ISO_DAY.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _texts(read: Fields, *, settings: SourceSettings, fields: SiteFields) -> dict[str, str]:
    found = {}
    for name in settings.text_fields:
        text = _text_of(_named(read, fields, name))
        if text:
            found[name] = _capped(text)
    return found


def _named(read: Fields, fields: SiteFields, name: str) -> Json:
    """The value of the field that the settings call so."""
    field_id = fields.id_of(name)
    return None if field_id is None else read.at(f"fields/{field_id}")


def _text_of(value: Json) -> str | None:
    """Any field's value as people say it: an option's value, a cascade with slashes, a list joined by semicolons."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, list):
        return "; ".join(text for part in value if (text := _text_of(part))) or None
    if isinstance(value, _NUMBERS):
        number = _number_in(value)
        return str(value) if number is None else _numeral(number)
    if not isinstance(value, Mapping):
        return str(value)
    if value.get("type") == "doc":
        return _document_text(value)
    text = next((str(value[name]) for name in ("value", "name", "title", "displayName", "id") if value.get(name)), None)
    child = _text_of(value.get("child"))
    return f"{text} / {child}" if text and child else text


def _document_text(document: Mapping[str, Json]) -> str | None:
    """The words of an Atlassian document, read through nodes of any kind: texts, mentions, emojis, addresses of cards.

    Source: developer.atlassian.com "Atlassian Document Format"; nodes that we do not know may hold others that we do.
    """
    words: list[str] = []
    left: list[Json] = [document]
    length = 0
    while left and length <= LONGEST_TEXT:
        node = left.pop()
        if not isinstance(node, Mapping):
            continue
        attributes = node.get("attrs")
        told = attributes if isinstance(attributes, Mapping) else {}
        said = node.get("text") or told.get("text") or told.get("url")
        if isinstance(said, str) and said:
            words.append(said)
            length += len(said) + 1
        content = node.get("content")
        left.extend(reversed(content) if isinstance(content, list) else ())
    return " ".join(" ".join(words).split()) or None


def _capped(text: str) -> str:
    """The text, cut to what a rule could need, with a mark where something is missing."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _first_text(read: Fields, field_ids: Iterable[str]) -> str | None:
    return next((text for name in field_ids if (text := _text_of(read.at(f"fields/{name}")))), None)


def _first_day(read: Fields, field_ids: Iterable[str]) -> date | None:
    return next((day for name in field_ids if (day := read.optional_day(f"fields/{name}")) is not None), None)


def _links(read: Fields) -> Iterator[Link]:
    for entry in read.objects("fields/issuelinks"):
        kind = entry.get("type") or {}
        blocks = _BLOCKING.search(" ".join(str(kind.get(name) or "") for name in ("name", "inward", "outward")))
        for side, blocking in (("outwardIssue", "blocks"), ("inwardIssue", "blocked_by")):
            other = entry.get(side)
            said = direction(str(kind.get(side.removesuffix("Issue")) or ""))  # "depends on" is said outwards
            if isinstance(other, Mapping) and (other.get("id") or other.get("key")):
                yield Link(
                    kind=said or blocking if blocks else "relates",
                    to_id=str(other.get("id") or other["key"]),
                    to_key=str(other.get("key") or other["id"]),
                    type=_name_of(kind) or "",
                    is_outward=side == "outwardIssue",
                )


def _name_of(value: Mapping[str, Json]) -> str | None:
    name = value.get("name")
    return name if isinstance(name, str) else None


def sprint_of(entry: Json) -> Sprint | None:
    """A sprint as an object, or as the text that Data Center makes of its Java object."""
    if isinstance(entry, str):
        entry = _java_object(entry)
    if not isinstance(entry, Mapping) or entry.get("id") is None:
        return None
    board = entry.get("originBoardId", entry.get("boardId", entry.get("rapidViewId")))
    start = entry.get("startDate")
    return Sprint(
        id=str(entry["id"]),
        name=str(entry.get("name") or entry["id"]),
        state=str(entry.get("state") or "").lower(),
        starts_on=_day_or_none(start),
        ends_on=_day_or_none(entry.get("endDate")),
        completed_at=_moment_or_none(entry.get("completeDate")),
        board=None if board is None else str(board),
        starts_at=_moment_or_none(start) if isinstance(start, str) and _ZONED.search(start) else None,
    )


def _java_object(text: str) -> dict[str, str]:
    """Read `...Sprint@1f[id=1,name=Sprint, 1,startDate=<null>]`; a name may hold commas and equal signs."""
    inside = text[text.find("[") + 1 : text.rfind("]")]
    marks = list(_JAVA_KEY.finditer(inside))
    ends = [mark.start() for mark in marks[1:]] + [len(inside)]
    pairs = {mark["key"]: inside[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
    return {key: value for key, value in pairs.items() if value != "<null>"}


def _day_or_none(value: Json) -> date | None:
    try:
        return None if value is None else day_of(value)
    except ValueError:
        return None


def _moment_or_none(value: Json) -> datetime | None:
    try:
        return None if value is None else moment_of(value)
    except ValueError:
        return None


def _changes(
    read: Fields,
    histories: Iterable[Json],
    *,
    settings: SourceSettings,
    fields: SiteFields,
    vocabulary: Vocabulary,
) -> list[Change]:
    """Oldest first. Cloud sends the newest first, Data Center the oldest; the bulk answer promises no order."""
    dated = [
        (_created(history, who=read.who), _as_number(history["id"]), place, history["id"], history["items"])
        for place, history in enumerate(histories)
    ]
    dated.sort()
    found: list[Change] = []
    source, external_id = settings.name, read.text("id")
    lists: dict[str, str] = {}  # our name -> the field, of lists that are told one element at a time
    days: dict[int, str] = {}  # the place of a change of the due day -> the field that changed
    for occurred_at, _, _, history_id, entries in dated:
        for index, entry in enumerate(entries):
            for place, one in enumerate(vocabulary.followed(entry)):
                if one.ours == "parent" and index != _chosen_parent(entries, vocabulary):
                    continue
                from_id, to_id = _word(entry.get("from")), _word(entry.get("to"))
                before = _word(entry.get("fromString")) or from_id
                after = _word(entry.get("toString")) or to_id
                if one.shape is not _PLAIN:
                    before = vocabulary.told(entry, one, given=before, id=from_id)
                    after = vocabulary.told(entry, one, given=after, id=to_id)
                    if before == after:
                        continue
                    if one.shape is _ELEMENT:
                        lists[one.ours] = one.field_id
                if one.ours == "due_on":
                    days[len(found)] = one.field_id
                change_id = f"{history_id}:{index}"
                found.append(
                    Change(  # by place: they come by the million, and by name each takes three times as long
                        source,
                        external_id,
                        change_id if place == 0 else f"{change_id}:{one.ours}",
                        len(found) + 1,
                        one.ours,
                        occurred_at,
                        before,
                        after,
                        from_id,
                        to_id,
                    )
                )
    for ours, field_id in lists.items():
        _tell_whole_lists(found, ours, now=read.at(f"fields/{field_id}"))
    return _with_one_due_day(found, days, read, fields) if days else found


def _created(history: Mapping[str, Json], *, who: str) -> datetime:
    try:
        return moment_of(history["created"])
    except (KeyError, ValueError):
        return Fields(history, who=who).moment("created")  # which says what is wrong


def _tell_whole_lists(changes: list[Change], ours: str, *, now: Json) -> None:
    """Components and versions are logged one by one; going back from today's list, each change gets the whole one.

    ```
    log: + A,  + B,  - A      now: B      told: (nothing) -> A,  A -> A; B,  A; B -> B
    ```
    """
    held = {str(entry.get("id")): str(entry.get("name") or "") for entry in now or () if isinstance(entry, Mapping)}
    for place in range(len(changes) - 1, -1, -1):
        change = changes[place]
        if change.field != ours:
            continue
        after = _listed(held)
        if change.to_value is not None and held.pop(str(change.to_id), None) is None:
            held = {each: name for each, name in held.items() if name != change.to_value}
        if change.from_value is not None:
            held[str(change.from_id)] = change.from_value
        changes[place] = change._replace(from_value=_listed(held), to_value=after, from_id=None, to_id=None)


def _with_one_due_day(changes: list[Change], days: Mapping[int, str], read: Fields, fields: SiteFields) -> list[Change]:
    """The day by which an issue is due is its Due date, else its Target end: a change of either is one of it, or none.

    ```
    log: Target end 1 May,  Due date 9 May,  Target end 8 May     told: (nothing) -> 1 May,  1 May -> 9 May
    ```
    """
    ranked = _due_fields(fields)
    now = {name: day.isoformat() for name in ranked if (day := read.optional_day(f"fields/{name}")) is not None}
    if len(now.keys() | set(days.values())) < 2:
        return changes

    def due() -> str | None:
        return next((now[name] for name in ranked if name in now), None)

    found = list(changes)
    for place in sorted(days, reverse=True):
        after, change = due(), changes[place]
        now.pop(days[place], None)
        if change.from_value is not None:
            now[days[place]] = change.from_value
        before = due()
        if before == after:
            del found[place]
        elif (before, after) != (change.from_value, change.to_value):
            found[place] = change._replace(from_value=before, to_value=after, from_id=None, to_id=None)
    return found


def _due_fields(fields: SiteFields) -> Sequence[str]:
    return ("duedate", *fields.in_role("target_end"))


def _listed(held: Mapping[str, str]) -> str | None:
    return "; ".join(sorted(held.values(), key=str.casefold)) or None


def _chosen_parent(entries: Sequence[Json], vocabulary: Vocabulary) -> int | None:
    """One move to another parent may be written twice in one history; the entry with ids is the one to keep."""
    parents = [
        (index, str(entry.get("field")).lower())
        for index, entry in enumerate(entries)
        if any(one.ours == "parent" for one in vocabulary.followed(entry))
    ]
    rank = {word: place for place, word in enumerate(_PARENT_WORDS)}
    return min(parents, key=lambda each: (rank.get(each[1], len(rank)), each[0]))[0] if parents else None


class Shape(Enum):
    """How a field's values stand in a change log, and so how they are read."""

    PLAIN = "plain"  # a name, and an id beside it
    DAY = "day"  # an ISO day beside a day as the site's language writes it
    NUMBER = "number"
    WORDS = "words"  # labels, parted by spaces
    ELEMENT = "element"  # one element that came into or left a list
    FLAG = "flag"
    TEXT = "text"  # of a field that rules name


# For what is done for every change: Python 3.11 calls a function to find a member of an enumeration.
_PLAIN, _DAY, _NUMBER, _WORDS, _ELEMENT, _FLAG, _ = Shape


class Followed(NamedTuple):
    """A field that we follow, by our name for it."""

    ours: str
    shape: Shape
    field_id: str = ""


class Vocabulary:
    """What the entries of a change log mean: by field id, or by name where Data Center gives no id.

    A custom field entry with an id is taken by name only where the settings' own name could not be resolved to
    an id: two fields of one name are two fields.
    """

    def __init__(self, settings: SourceSettings, fields: SiteFields) -> None:
        self._settings = settings
        self._by_id: dict[str, tuple[Followed, ...]] = {
            field_id: (Followed(ours, _SHAPES.get(ours, Shape.PLAIN), field_id),)
            for field_id, ours in _FIELD_BY_ID.items()
        }
        self._of_system: dict[str, tuple[Followed, ...]] = {
            name: (Followed(ours, _SHAPES.get(ours, Shape.PLAIN), _ID_BY_NAME.get(name, name)),)
            for name, ours in _SYSTEM_BY_NAME.items()
        }
        self._of_custom: dict[str, tuple[Followed, ...]] = {
            name: (Followed(ours, _SHAPES.get(ours, Shape.PLAIN), name),) for name, ours in _CUSTOM_BY_NAME.items()
        }
        self._unresolved: dict[str, tuple[Followed, ...]] = {}
        self._met: dict[tuple[Json, Json, Json], tuple[Followed, ...]] = {}
        self._blocking: dict[str, Sequence[str]] = {}
        for role, ours in _FIELD_BY_ROLE.items():
            if ours not in settings.value_fields or role == "estimate":
                for field_id in fields.in_role(role):
                    self._learn(field_id, ours, _SHAPES.get(ours, Shape.PLAIN), fields)
        for wanted, values in settings.blocked_fields.items():
            field_id = self._learn(wanted, "flagged", Shape.FLAG, fields)
            self._blocking |= {field_id: values, wanted.lower(): values}
        for ours, wanted in settings.value_fields.items():
            self._learn(wanted, ours, Shape.NUMBER, fields)
        for wanted in settings.text_fields:
            if fields.id_of(wanted) not in fields.in_role("rank"):  # its log says "Ranked higher", which is no value
                self._learn(wanted, f"fields.{wanted}", Shape.TEXT, fields)

    def followed(self, entry: Mapping[str, Json]) -> tuple[Followed, ...]:
        """Return what an entry changes, in our words; nothing for what we do not follow."""
        name, field_id, kind = entry.get("field"), entry.get("fieldId"), entry.get("fieldtype")
        try:
            return self._met[name, field_id, kind]
        except KeyError:
            found = self._met[name, field_id, kind] = self._looked_up(name, field_id, kind)
            return found
        except TypeError:  # a list where a word should be
            return self._looked_up(name, field_id, kind)

    def _looked_up(self, name: Json, field_id: Json, kind: Json) -> tuple[Followed, ...]:
        name = str(name or "").lower()
        if isinstance(field_id, str) and field_id in self._by_id:
            return self._by_id[field_id]
        if name in _PARENT_WORDS:
            return _PARENT
        if isinstance(field_id, str) and kind == "custom":
            return self._unresolved.get(name, ())
        return (self._of_custom if kind == "custom" else self._of_system).get(name, ())

    def told(self, entry: Mapping[str, Json], one: Followed, *, given: str | None, id: str | None) -> str | None:
        """One of an entry's two values, before or after, as this field's values are read: its text, else its id."""
        if one.shape is _PLAIN or given is None:
            return given
        if one.shape is _FLAG:
            return self._flag(entry, given)
        if one.shape is _NUMBER:
            return _scaled_numeral(given, self._settings.value_scales.get(one.ours, 1))
        if one.shape is _WORDS:
            return "; ".join(given.split()) or None
        if one.shape is _DAY:
            return id[:10] if id is not None and _ISO_DAY.match(id) else given
        return given if one.shape is _ELEMENT else _logged_text(given, id)

    def _flag(self, entry: Mapping[str, Json], text: str) -> str | None:
        """The value if it means blocked by the settings, None if it does not."""
        for name in (str(entry.get("fieldId")), str(entry.get("field")).lower()):
            if name in self._blocking:
                return text if _means_blocked(text, self._blocking[name]) else None
        return text if self._settings.blocked_flags else None

    def _learn(self, wanted: str, ours: str, shape: Shape, fields: SiteFields) -> str:
        """Follow a field by its id, and by every name that an entry without an id may give it. Return its id."""
        resolved = fields.id_of(wanted)
        field_id = resolved or wanted
        definition = fields.by_id.get(field_id)
        if shape is Shape.TEXT:
            shape = _shape_of_text(field_id, definition)
        one = Followed(ours, shape, field_id)
        names = {field_id, wanted, *(definition.names if definition is not None else ()), *_LOGGED_AS.get(field_id, ())}
        _follow(self._by_id, field_id, one)
        for name in {name.lower() for name in names}:
            is_system = definition is not None and not definition.custom
            if not is_system:
                _follow(self._of_custom, name, one)
            if is_system or definition is None:
                _follow(self._of_system, name, one)
            if resolved is None:
                _follow(self._unresolved, name, one)
        return field_id


def _follow(known: dict[str, tuple[Followed, ...]], name: str, one: Followed) -> None:
    """Add a meaning: one field may be a label to us and one that a rule names."""
    known[name] = (*(other for other in known.get(name, ()) if other.ours != one.ours), one)


def _shape_of_text(field_id: str, definition: FieldDefinition | None) -> Shape:
    if field_id in _LOGGED_AS:
        return Shape.ELEMENT
    if definition is None:
        return Shape.TEXT
    if definition.type in _SHAPE_BY_TYPE:
        return _SHAPE_BY_TYPE[definition.type]
    is_words = field_id == "labels" or definition.custom.endswith(":labels")
    return Shape.WORDS if is_words else Shape.TEXT


def _logged_text(text: str, ids: str | None) -> str:
    """A logged value as `_text_of` says the same value: a cascade with slashes, a list joined by semicolons.

    A list is logged as `[10, 11]` with `Red,Blue` beside it; a name may hold a comma, so the ids say how many.
    """
    steps = _CASCADE.findall(text)
    if steps:
        return _capped(" / ".join(name.strip() for name in steps))
    if ids is not None and ids.startswith("[") and ids.endswith("]"):
        names = [name.strip() for name in text.split(",")]
        if len(names) == len(ids.split(",")):
            return _capped("; ".join(names))
    return _capped(text)


@lru_cache(maxsize=4_096)
def _scaled_numeral(text: str, scale: Decimal | int) -> str | None:
    number = _number_in(text)
    return None if number is None else _numeral(number * scale)


def _numeral(number: Decimal) -> str:
    """5, 5.0 and 5.00 are one value."""
    return f"{number.normalize():f}"


def _history_state(item: WorkItem, changes: Sequence[Change], *, histories: int, claimed: int | None) -> HistoryState:
    """Is the log as long as the tracker says, and does its chain of status changes lead to where the item stands?"""
    if claimed is not None and histories < claimed:
        return HistoryState.GAP
    moves = [change for change in changes if change.field == "status"]
    if moves:
        is_whole = closes(moves, status=item.status, status_id=item.status_id)
        return HistoryState.COMPLETE if is_whole else HistoryState.GAP
    if histories == 0 and item.status_category is not StatusCategory.NEW:
        return HistoryState.NONE
    return HistoryState.COMPLETE


def _as_number(text: str) -> int:
    return int(text) if len(text) < 19 and text.isascii() and text.isdigit() else 0


def _word(value: Json) -> str | None:
    """A change's value as text; the empty text means nothing, as None does."""
    if type(value) is str:
        return value or None
    return None if value is None or value == "" else str(value)


def _kept(value: Json) -> Json:
    """The value in plain JSON, less what serves no reader of ours: links to itself, pictures, addresses."""
    if type(value) in _AS_THEY_STAND:
        return value
    if isinstance(value, Decimal):
        near = float(value)
        if not isfinite(near):
            return value  # it is refused where it is read
        return near if Decimal(repr(near)) == value else str(value)
    if isinstance(value, list):
        return [_kept(part) for part in value]
    if type(value) is dict or isinstance(value, Mapping):  # nearly all are plain ones
        return {
            name: part if type(part) in _AS_THEY_STAND else _kept(part)
            for name, part in value.items()
            if name not in _DROPPED
        }
    return value


def _kept_change(entry: Mapping[str, Json], fields: SiteFields) -> Json:
    """An entry of plain values that we keep all stays as it came, nulls included."""
    is_long = str(entry.get("field")).lower() in _LONG_TEXTS
    if (
        not is_long
        and entry.get("fieldId") is not None
        and _KEPT_OF_A_CHANGE.issuperset(entry)
        and _AS_THEY_STAND.issuperset(map(type, entry.values()))
    ):
        return entry
    kept: dict[str, Json] = {}
    for name in _NAMES_OF_A_CHANGE if is_long else _NAMES_AND_VALUES_OF_A_CHANGE:
        value = entry.get(name)
        if value is not None:
            kept[name] = value if type(value) in _AS_THEY_STAND else _kept(value)
    if "fieldId" not in kept and entry.get("fieldtype") == "custom":
        name = str(entry.get("field"))
        named = [each for each in fields.named(name) if fields.by_id[each].custom]
        former = fields.former.get(name.strip().lower())
        if len(named) == 1:
            kept["fieldId"] = named[0]
        elif not named and former is not None:
            kept["fieldId"] = former
    return kept


_DROPPED = frozenset(
    {"self", "avatarUrls", "avatarId", "iconUrl", "emailAddress", "timeZone", "description", "expand", "colorName"}
)
_LONG_TEXTS = frozenset({"description", "environment", "comment", "attachment", "worklogid", "rank"})
_NAMES_OF_A_CHANGE = ("field", "fieldId", "fieldtype")
_NAMES_AND_VALUES_OF_A_CHANGE = (*_NAMES_OF_A_CHANGE, "from", "fromString", "to", "toString")
_KEPT_OF_A_CHANGE = frozenset(_NAMES_AND_VALUES_OF_A_CHANGE)
_NUMBERS = (int, float, Decimal)  # a union would be made anew each time that it is asked for
_AS_THEY_STAND = frozenset({str, int, bool, type(None)})
_PARENT_WORDS = ("issueparentassociation", "parent", "parent link", "epic link")
_FIELD_BY_ID = {
    "status": "status", "resolution": "resolution", "issuetype": "type", "project": "project", "issuekey": "key",
    "labels": "labels", "components": "components", "assignee": "owner", "duedate": "due_on", "issuelinks": "links",
    "parent": "parent",
}  # fmt: skip
_SYSTEM_BY_NAME = {
    "status": "status", "resolution": "resolution", "issuetype": "type", "project": "project", "key": "key",
    "labels": "labels", "component": "components", "assignee": "owner", "duedate": "due_on", "link": "links",
    "flagged": "flagged", "sprint": "iteration",
}  # fmt: skip
_ID_BY_NAME = {"component": "components"}
_LOGGED_AS = {"components": ("component",), "fixVersions": ("fix version",), "versions": ("version",)}
_CUSTOM_BY_NAME = {"flagged": "flagged", "sprint": "iteration", "team": "team"}
_FIELD_BY_ROLE = {
    "sprint": "iteration", "flagged": "flagged", "team": "team", "story_points": "story_points",
    "estimate": "story_points", "target_start": "starts_on", "target_end": "due_on",
    "parent_link": "parent", "epic_link": "parent",
}  # fmt: skip
_SHAPES = {
    "labels": Shape.WORDS, "components": Shape.ELEMENT, "due_on": Shape.DAY, "starts_on": Shape.DAY,
    "flagged": Shape.FLAG, "story_points": Shape.NUMBER,
}  # fmt: skip
_SHAPE_BY_TYPE = {"date": Shape.DAY, "number": Shape.NUMBER}
_PARENT = (Followed("parent", Shape.PLAIN),)
_ZONED = re.compile(r"T.*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# "Parent values: Europe(10200)Level 1 values: France(10201)"
_CASCADE = re.compile(r"(?:Parent|Level \d+) values: (.*?)\(\d+\)")
_BLOCKING = re.compile(r"block|bloqu|depend|dépend|predecess|prédécess", re.IGNORECASE)
_JAVA_KEY = re.compile(
    r"(?:^|,)(?P<key>id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal"
    r"|autoStartStop|synced|incompleteIssuesDestinationId)="
)
