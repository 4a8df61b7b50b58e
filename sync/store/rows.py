"""Nouns to rows and back. Text is cleaned on its way in, so that both databases hold the same."""

from __future__ import annotations

import hashlib
import json
import operator
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import RowMapping

from connectors.base import Sprint
from domain.change import Change
from domain.work_item import HeldItem, HistoryState, Link, Status, StatusCategory, WorkItem
from sync.store.instants import micros, moment

Row = dict[str, Any]
CHANGE_COLUMNS = (
    "source", "external_id", "change_id", "sequence", "field", "occurred_at", "known_at", "from_value", "to_value",
    "from_id", "to_id",
)  # fmt: skip
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL; nothing can encode a lone surrogate
_JSON_AND_NOTHING_ELSE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


class Cleaner:
    """Replaces what databases cannot hold (NUL, lone surrogates) by U+FFFD, and counts the texts it mended."""

    def __init__(self) -> None:
        self.count = 0

    def text(self, value: str) -> str:
        if is_storable(value):
            return value
        self.count += 1
        return _UNSTORABLE.sub("\ufffd", value)

    def optional(self, value: str | None) -> str | None:
        return None if value is None else self.text(value)

    def json(self, value: Any) -> str:
        """JSON text with sorted keys: the same bytes for the same value, always."""
        told = _sorted_json(value)
        if told is None or "\\u0000" in told:  # perhaps it holds what no database takes
            return json.dumps(self._deep(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return told

    def _deep(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(name): self._deep(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._deep(part) for part in value]
        return value


def is_storable(text: str) -> bool:
    """Can both databases hold it? Most texts are ASCII, of which Python knows that without looking."""
    if text.isascii():
        return "\x00" not in text
    return _UNSTORABLE.search(text) is None


def are_storable(texts: Iterable[str | None]) -> bool:
    """All of them? One text made of many is looked at in a tenth of the time."""
    return is_storable("".join(filter(None, texts)))


def item_row(item: WorkItem, *, clean: Cleaner) -> Row:
    """What a tracker tells of an item, without what we know of its presence. `digest` names the content."""
    row: Row = {
        "source": item.source,
        "external_id": item.external_id,
        "key": item.key,
        "previous_keys": clean.json(list(item.previous_keys)),
        "url": item.url,
        "title": item.title,
        "project": item.project,
        "project_id": item.project_id,
        "type": item.type,
        "type_rank": item.type_rank,
        "status": item.status,
        "status_id": item.status_id,
        "status_category": str(item.status_category),
        "resolution": item.resolution,
        "parent_id": item.parent_id,
        "labels": clean.json(list(item.labels)),
        "components": clean.json(list(item.components)),
        "area": item.area,
        "iteration": item.iteration,
        "team": item.team,
        "owner": item.owner,
        "flagged": item.flagged,
        "created_at": micros(item.created_at),
        "updated_at": micros(item.updated_at),
        "resolved_at": micros(item.resolved_at),
        "starts_on": _day(item.starts_on),
        "due_on": _day(item.due_on),
        "revision": item.revision,
        "quantities": clean.json({name: str(value) for name, value in item.values.items()}),
        "fields": clean.json(dict(item.fields)),
        "links": clean.json([_link_told(link) for link in item.links]),
    }
    told = _content(row)
    if "\\x00" in told or "\\ud" in told:  # perhaps it holds what no database takes
        row = {name: clean.text(value) if isinstance(value, str) else value for name, value in row.items()}
        told = _content(row)
    row["digest"] = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
    return row


def _content(row: Row) -> str:
    """What `repr(sorted(row.items()))` says, which digests were made of from the beginning, in half the time."""
    names = _names_in_order(tuple(row))
    told: str = _told_of(names) % operator.itemgetter(*names)(row)
    return told


@lru_cache(maxsize=4)
def _names_in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names))


@lru_cache(maxsize=4)
def _told_of(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"({name!r}, %r)" for name in names) + "]"


def held_item(row: RowMapping, *, links: Sequence[Link] = ()) -> HeldItem:
    """`links` come from the tracker's stream of links, beside those the item itself carries."""
    item = WorkItem(
        source=_shared(row["source"]),
        external_id=row["external_id"],
        key=row["key"],
        previous_keys=_words(row["previous_keys"]),
        url=row["url"],
        title=row["title"],
        project=_shared(row["project"]),
        project_id=_shared(row["project_id"]),
        type=_shared(row["type"]),
        type_rank=row["type_rank"],
        status=_shared(row["status"]),
        status_id=_shared(row["status_id"]),
        status_category=StatusCategory(row["status_category"]),
        resolution=_shared_or_none(row["resolution"]),
        parent_id=row["parent_id"],
        labels=_words(row["labels"]),
        components=_words(row["components"]),
        area=_shared_or_none(row["area"]),
        iteration=_shared_or_none(row["iteration"]),
        team=_shared_or_none(row["team"]),
        owner=_shared_or_none(row["owner"]),
        flagged=row["flagged"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        resolved_at=moment(row["resolved_at"]),
        starts_on=_date(row["starts_on"]),
        due_on=_date(row["due_on"]),
        revision=row["revision"],
        values={name: _number(value) for name, value in _mapping(row["quantities"]).items()},
        fields=_mapping(row["fields"]),
        links=(*_links(row["links"]), *links),
    )
    return HeldItem(
        item=item,
        history=HistoryState(row["history"]),
        first_known_at=_moment_of_many(row["first_known_at"]),
        known_at=_moment_of_many(row["known_at"]),
        missing_since=moment(row["missing_since"]),
        removed_at=moment(row["removed_at"]),
        removed_reason=row["removed_reason"],
        asked=_shared_or_none(row["asked"]),
    )


def changes_values(changes: Sequence[Change], *, known_at: int, clean: Cleaner) -> list[tuple[Any, ...]]:
    """Rows of changes as the driver takes them, in the order of `CHANGE_COLUMNS`.

    They come by the million, and nearly all are storable: all are looked at as one text, and each only if that is not.
    """
    told = [
        (source, item, change_id, sequence, field, micros(at), known_at, before, after, from_id, to_id)
        for source, item, change_id, sequence, field, at, before, after, from_id, to_id, _ in changes
    ]
    if are_storable(chain.from_iterable(map(_texts_of_a_change, told))):
        return told
    return [(*row[:1], *map(clean.text, row[1:3]), *row[3:7], *map(clean.optional, row[7:])) for row in told]


_texts_of_a_change = operator.itemgetter(1, 2, 7, 8, 9, 10)


def change_row(change: Change, *, known_at: int, clean: Cleaner) -> Row:
    return dict(zip(CHANGE_COLUMNS, changes_values([change], known_at=known_at, clean=clean)[0], strict=True))


def change(row: RowMapping) -> Change:
    return Change(
        source=row["source"],
        external_id=row["external_id"],
        change_id=row["change_id"],
        sequence=row["sequence"],
        field=row["field"],
        occurred_at=moment(row["occurred_at"]),
        known_at=moment(row["known_at"]),
        from_value=row["from_value"],
        to_value=row["to_value"],
        from_id=row["from_id"],
        to_id=row["to_id"],
    )


def status_row(status: Status, *, known_at: int, clean: Cleaner) -> Row:
    return {
        "source": status.source,
        "status_id": clean.text(status.status_id),
        "name": clean.text(status.name),
        "category": str(status.category),
        "known_at": known_at,
    }


def status(row: RowMapping) -> Status:
    return Status(
        source=row["source"],
        status_id=row["status_id"],
        name=row["name"],
        category=StatusCategory(row["category"]),
    )


def sprint_row(sprint: Sprint, *, source: str, known_at: int, clean: Cleaner) -> Row:
    return {
        "source": source,
        "sprint_id": clean.text(sprint.id),
        "name": clean.text(sprint.name),
        "state": clean.text(sprint.state),
        "starts_on": _day(sprint.starts_on),
        "ends_on": _day(sprint.ends_on),
        "completed_at": micros(sprint.completed_at),
        "board": clean.optional(sprint.board),
        "starts_at": micros(sprint.starts_at),
        "known_at": known_at,
    }


def sprint(row: RowMapping) -> Sprint:
    return Sprint(
        id=row["sprint_id"],
        name=row["name"],
        state=row["state"],
        starts_on=_date(row["starts_on"]),
        ends_on=_date(row["ends_on"]),
        completed_at=moment(row["completed_at"]),
        board=row["board"],
        starts_at=moment(row["starts_at"]),
    )


def _sorted_json(value: Any) -> str | None:
    """None for what orjson does not write: huge numbers, lone surrogates, names that are none."""
    try:
        return orjson.dumps(value, option=_JSON_AND_NOTHING_ELSE | orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        return None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


_shared = sys.intern  # what many items say is held in memory once
_moment_of_many = lru_cache(maxsize=256)(moment)  # items that were read together are known since the same instant
_number = lru_cache(maxsize=4096)(Decimal)


def _shared_or_none(text: str | None) -> str | None:
    return None if text is None else _shared(text)


@lru_cache(maxsize=4096)
def _words(told: str) -> tuple[str, ...]:
    return () if told == "[]" else tuple(map(_shared, json.loads(told)))


def _mapping(told: str) -> dict[str, str]:
    return {} if told == "{}" else {_shared(name): value for name, value in json.loads(told).items()}


def _links(told: str) -> tuple[Link, ...]:
    if told == "[]":
        return ()
    return tuple(
        Link(kind=kind, to_id=to_id, to_key=to_key, type=type[0] if type else "", is_outward=not type or type[1])
        for kind, to_id, to_key, *type in json.loads(told)
    )


def _link_told(link: Link) -> list[str | bool]:
    """A link whose type nobody told is written as it always was."""
    told: list[str | bool] = [link.kind, link.to_id, link.to_key]
    return told if not link.type else [*told, link.type, link.is_outward]
