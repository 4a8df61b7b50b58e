"""What can be asked of a store. Rows stream; nothing is loaded as objects of the database's mapper."""

from __future__ import annotations

import contextlib
import json
import zlib
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, false, func, or_, select

from connectors.base import Raw, Sprint
from domain.change import Change
from domain.funding import ClosedSpend
from domain.kept import COLUMNS, KeptJourney
from domain.links import Blocking
from domain.promises import Foretold, Given, Outcome
from domain.trust import ScopeProof, SourceTrust, Suspension
from domain.work_item import HeldItem, HistoryState, ItemId, Link, Status
from sync.store import closings, promises, proofs, rows, writing
from sync.store.beliefs import believed, held_by, sprints_by
from sync.store.blockings import ever_linked, read_blockings
from sync.store.instants import micros, moment
from sync.store.packing import unpack
from sync.store.tables import (
    ASKED_FIELDS,
    CHANGES,
    CONFIGURATIONS,
    CONFIRMATIONS,
    DUE,
    EDITIONS,
    ELSEWHERE,
    FORMER_CHANGES,
    INSTANCE,
    ITEM_LINKS,
    ITEMS,
    JOURNEYS,
    MAILS,
    MENDS,
    QUEUE_CHUNKS,
    RAWS,
    REMOVALS,
    RUNS,
    SOURCE_STATES,
    STATUSES,
    UNREADABLE,
    UNTRACED,
)

PAGE = 5_000  # rows fetched at a time
_PEOPLE_SAY = {"jira": "Jira", "azure_devops": "Azure DevOps"}
_SEEN_FROM_THE_OTHER_END = {"blocks": "blocked_by", "relates": "relates"}
_STREAMED_TYPES = {"blocks": "System.LinkTypes.Dependency", "relates": "System.LinkTypes.Related"}  # a kind, one type


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One attempt at a source. `kind`: sync, full, sweep, reread. `outcome`: running, ok, partial, failed, deferred.

    `sentence` says what happened, or what to do. `changes` counts what was new to us; `items` what was read.
    """

    run_id: int
    source: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    sentence: str
    seconds: int | None = None
    warnings: tuple[str, ...] = ()
    batches: int = 0
    items: int = 0
    changes: int = 0
    requests: int = 0
    unreadable: int = 0
    cleaned: int = 0
    held: int | None = None
    declared: int | None = None
    missing: int | None = None
    unheld: int | None = None
    tombstoned: int | None = None
    returned: int | None = None
    mended: int | None = None  # items that differed from what the source says, though nothing new had happened to them


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """Where a source stands. `roster`: project id -> (key, state) as last seen. `cursor` None: never begun.

    `rereading_digest`: how a reading again reads items, which has come as far as the id `reread_upto`; None: none is
    under way. `walked_digest`: how the last sync read that came to its end. `named`: the fields that settings
    name, each with the id by which all items were last read, "" for none; None: nobody wrote it down. `named_once`:
    those that ever had an id, without capitals, with the last one. `read_anew_at`: since when all is to be read once
    more, for rules name what some items were not asked for.
    """

    source: str
    kind: str
    base_url: str
    product: str | None
    identity: str | None
    identity_name: str | None
    pending_identity: str | None
    pending_identity_name: str | None
    roster: Mapping[str, tuple[str, str]]
    cursor: Mapping[str, Any] | None
    reading_digest: str | None
    rereading_digest: str | None
    reread_upto: str | None
    walked_digest: str | None
    named: Mapping[str, str] | None
    named_once: Mapping[str, str]
    read_anew_at: datetime | None
    attempted_at: datetime | None
    complete_at: datetime | None
    full_at: datetime | None
    full_since: datetime | None
    outcome: str
    problems: tuple[str, ...]
    census_at: datetime | None
    swept_at: datetime | None
    declared: int | None
    census_problems: tuple[str, ...]
    sweep_asked_at: datetime | None = None
    suspensions: tuple[Suspension, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One state of one settings file."""

    name: str
    digest: str
    first_seen_at: datetime
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A published edition. `known_at`: what was known then went into it. `manifest` holds JSON values only."""

    edition_id: str
    report: str
    period_key: str
    audience: str
    locale: str
    revision: int
    digest: str
    known_at: datetime
    published_at: datetime
    program_version: str
    path: str
    manifest: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """Its folder beside the archive of its audience: 2026-w47, of 2026-w47/weekly and of 2026-w47@board/weekly."""
        return self.edition_id.partition("/")[0].partition("@")[0].rpartition("~")[2]

    @property
    def is_preview(self) -> bool:
        """Was it made in another folder than that of the settings, where no reader looks? Its id tells the folder."""
        return ELSEWHERE in self.edition_id


@dataclass(frozen=True, kw_only=True)
class DueRow:
    """One line of the due ledger. `state`: claimed, done, failed, missed."""

    report: str
    period_key: str
    due_at: datetime
    claimed_at: datetime
    finished_at: datetime | None
    state: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One line of the mail ledger: claimed, data_started, accepted, refused, expired, superseded or unknown."""

    edition_id: str
    recipient: str
    message_id: str
    state: str
    claimed_at: datetime
    at: datetime
    attempts: int
    reply: str


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """An item that could not be read, and why."""

    source: str
    external_id: str
    reason: str
    first_seen_at: datetime
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A live item that was missed. `strikes` of two: complete sweeps that missed it, and did not find it either."""

    external_id: str
    key: str
    missing_since: datetime
    strikes: int


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """Why an item was removed: the sweeps (run ids) that decided it, and what a direct look said last."""

    external_id: str
    removed_at: datetime
    reason: str
    sweeps: tuple[int, ...]
    look: str
    returned_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What a person confirmed of a source: `identity`, or that what is missing has `vanished`."""

    id: int
    source: str
    subject: str
    confirmed_at: datetime


class Reading(ABC):
    """Everything that can be asked. A store answers from now, a snapshot from the moment it was taken."""

    @abstractmethod
    def _reading(self) -> contextlib.AbstractContextManager[Connection]:
        """A connection inside a read transaction."""

    # --- items and changes

    def held_items(self, known_at: datetime | None = None, *, source: str | None = None) -> Iterator[HeldItem]:
        """Every item ever held, removed ones too, by source and external id.

        With `known_at`, items first learned of later are left out. Attributes are then those that an edition of that
        instant told of, where one was published, and today's where none was: what they were is told by the changes.
        """
        told = held_by(known_at)
        query = select(told).order_by(told.c.source, told.c.external_id)
        if source is not None:
            query = query.where(told.c.source == source)
        with self._reading() as connection:
            links = _streamed_links(connection)
            for row in _stream(connection, query):
                yield rows.held_item(row, links=links.get(ItemId(row["source"], row["external_id"]), ()))

    def item(self, item_id: ItemId) -> HeldItem | None:
        with self._reading() as connection:
            row = _one(connection, select(ITEMS).where(_is(ITEMS, item_id)))
            return None if row is None else rows.held_item(row, links=_links_of(connection, item_id))

    def items_called(self, name: str) -> list[HeldItem]:
        """Items that bear this key or external id, or once bore this key; case does not matter. Live ones first."""
        wanted = name.strip().lower()
        with self._reading() as connection:
            query = select(ITEMS).where(
                (func.lower(ITEMS.c.key) == wanted)
                | (ITEMS.c.external_id == name.strip())
                | func.lower(ITEMS.c.previous_keys).contains(json.dumps(wanted), autoescape=True)
            )
            found = [
                rows.held_item(row, links=_links_of(connection, ItemId(row["source"], row["external_id"])))
                for row in connection.execute(query).mappings()
            ]
        return sorted(found, key=lambda held: (held.removed_at is not None, held.item.id))

    def changes(
        self,
        *,
        known_at: datetime | None = None,
        fields: Collection[str] | None = None,
        source: str | None = None,
    ) -> Iterator[Change]:
        """Changes ordered by source, item, instant and sequence.

        With `known_at`: as they were believed then, without what we learned later.
        """
        wanted: list[ColumnElement[bool]] = []
        told = believed(known_at)
        if source is not None:
            wanted.append(told.c.source == source)
        if fields is not None:
            wanted.append(told.c.field.in_(sorted(fields)))
        with self._reading() as connection:
            for row in _stream(connection, _in_order(told).where(*wanted)):
                yield rows.change(row)

    def changes_of(self, item_id: ItemId, *, known_at: datetime | None = None) -> list[Change]:
        """One item's changes, as `changes` gives them."""
        told = believed(known_at)
        query = _in_order(told).where(told.c.source == item_id.source, told.c.external_id == item_id.external_id)
        with self._reading() as connection:
            return [rows.change(row) for row in connection.execute(query).mappings()]

    def former_changes(self, item_id: ItemId) -> list[tuple[Change, datetime]]:
        """What an item's source told once and tells otherwise now, each with until when we believed it."""
        query = (
            select(FORMER_CHANGES)
            .where(FORMER_CHANGES.c.source == item_id.source, FORMER_CHANGES.c.external_id == item_id.external_id)
            .order_by(FORMER_CHANGES.c.known_until, FORMER_CHANGES.c.occurred_at, FORMER_CHANGES.c.change_id)
        )
        with self._reading() as connection:
            return [(rows.change(row), moment(row["known_until"])) for row in connection.execute(query).mappings()]

    def raws(self, item_id: ItemId, *, prefix: str = "") -> list[Raw]:
        """The raw answers kept of one item; `prefix` chooses kinds ("history:")."""
        query = select(RAWS).where(_is(RAWS, item_id)).order_by(RAWS.c.kind)
        if prefix:
            query = query.where(RAWS.c.kind.startswith(prefix, autoescape=True))
        with self._reading() as connection:
            return [
                Raw(external_id=row["external_id"], kind=row["kind"], body=unpack(row["body"]))
                for row in connection.execute(query).mappings()
            ]

    def raws_known(self, item_id: ItemId) -> tuple[list[Raw], dict[str, int]]:
        """An item's raw answers, and since when (microseconds) each kind is held."""
        query = select(RAWS).where(_is(RAWS, item_id)).order_by(RAWS.c.kind)
        with self._reading() as connection:
            found = connection.execute(query).mappings().all()
        raws = [Raw(external_id=row["external_id"], kind=row["kind"], body=unpack(row["body"])) for row in found]
        return raws, {row["kind"]: row["known_at"] for row in found}

    def ids_of_raws(self, source: str, *, at_once: int, after: str = "") -> Iterator[list[str]]:
        """The ids of all items with raw answers, some at a time, and after one id; rows may be written in between."""
        last = after
        while True:
            query = (
                select(RAWS.c.external_id)
                .where(RAWS.c.source == source, RAWS.c.external_id > last)
                .distinct()
                .order_by(RAWS.c.external_id)
                .limit(at_once)
            )
            with self._reading() as connection:
                ids = list(connection.execute(query).scalars())
            if not ids:
                return
            yield ids
            last = ids[-1]

    def kept_journeys(self, traced_with: Mapping[str, str]) -> Iterator[KeptJourney]:
        """The journeys that were traced with this, by source, and since the last change; by source and item."""
        is_noted = and_(UNTRACED.c.source == JOURNEYS.c.source, UNTRACED.c.external_id == JOURNEYS.c.external_id)
        same = [
            and_(JOURNEYS.c.source == source, JOURNEYS.c.traced_with == digest)
            for source, digest in traced_with.items()
        ]
        query = (
            select(*[JOURNEYS.c[name] for name in COLUMNS])
            .outerjoin(UNTRACED, is_noted)
            .where(UNTRACED.c.source.is_(None), or_(false(), *same))
            .order_by(JOURNEYS.c.source, JOURNEYS.c.external_id)
        )
        with self._reading() as connection:
            result = connection.execution_options(yield_per=PAGE).execute(query)
            yield from (KeptJourney._make(row) for row in result)

    def blockings(
        self, held: Iterable[HeldItem], *, known_at: datetime | None = None
    ) -> dict[ItemId, tuple[Blocking, ...]]:
        """What ever blocked items by a link, as is known or was known then; nothing of those never linked."""
        by_source: dict[str, list[HeldItem]] = defaultdict(list)
        for one in held:
            by_source[one.item.source].append(one)
        with self._reading() as connection:
            return {
                ItemId(source, external_id): told
                for source, items in by_source.items()
                for external_id, told in read_blockings(
                    connection, items, source=source, known_at=known_at
                ).blockings.items()
            }

    def all_blockings(self) -> dict[ItemId, tuple[Blocking, ...]]:
        """The same of every item that was ever linked."""
        with self._reading() as connection:
            sources = list(connection.execute(select(ITEMS.c.source).distinct()).scalars())
            linked = [
                rows.held_item(row)
                for source in sources
                for part in writing.parts(ever_linked(connection, source))
                for row in connection.execute(
                    select(ITEMS).where(ITEMS.c.source == source, ITEMS.c.external_id.in_(part))
                ).mappings()
            ]
        return self.blockings(linked)

    def statuses(self) -> list[Status]:
        """Every status ever seen, those that the tracker has dropped too."""
        query = select(STATUSES).order_by(STATUSES.c.source, STATUSES.c.status_id)
        with self._reading() as connection:
            return [rows.status(row) for row in connection.execute(query).mappings()]

    def holds(self, source: str) -> bool:
        """Does a source have any item here, removed ones included?"""
        with self._reading() as connection:
            return (
                connection.execute(select(ITEMS.c.source).where(ITEMS.c.source == source).limit(1)).first() is not None
            )

    def asked_of(self, source: str, *, readable_but: Collection[str] | None = None) -> set[str | None]:
        """Under which names the fields are kept that the items of a source were asked for, removed ones, too.

        `readable_but`: of those alone that a walk can read, neither removed, nor set aside, nor of these projects.
        """
        query = select(ITEMS.c.asked).where(ITEMS.c.source == source).distinct()
        if readable_but is not None:
            aside = select(UNREADABLE.c.external_id).where(UNREADABLE.c.source == source)
            query = query.where(
                ITEMS.c.removed_at.is_(None),
                ITEMS.c.external_id.not_in(aside),
                ITEMS.c.project_id.not_in(sorted(readable_but)),
            )
        with self._reading() as connection:
            return set(connection.execute(query).scalars())

    def asked_fields(self) -> dict[str, frozenset[str]]:
        """What items were asked for, by the name that an item bears (`HeldItem.asked`): ids of fields."""
        with self._reading() as connection:
            told = connection.execute(select(ASKED_FIELDS)).mappings()
            return {row["digest"]: frozenset(json.loads(row["fields"])) for row in told}

    def sprints(self, known_at: datetime | None = None) -> dict[str, list[Sprint]]:
        """Sprints by source, as they are told, or as they were by an instant."""
        told = sprints_by(known_at)
        query = select(told).order_by(told.c.source, told.c.sprint_id)
        found: dict[str, list[Sprint]] = defaultdict(list)
        with self._reading() as connection:
            for row in connection.execute(query).mappings():
                found[row["source"]].append(rows.sprint(row))
        return dict(found)

    def unreadable(self, source: str | None = None) -> list[SetAside]:
        query = select(UNREADABLE).order_by(UNREADABLE.c.source, UNREADABLE.c.external_id)
        if source is not None:
            query = query.where(UNREADABLE.c.source == source)
        with self._reading() as connection:
            return [
                SetAside(
                    source=row["source"],
                    external_id=row["external_id"],
                    reason=row["reason"],
                    first_seen_at=moment(row["first_seen_at"]),
                    seen_at=moment(row["seen_at"]),
                )
                for row in connection.execute(query).mappings()
            ]

    # --- sources and runs

    def trust(
        self, source: str, *, kind: str = "", base_url: str = "", stale_after_seconds: int = 86_400
    ) -> SourceTrust:
        """How far what we hold of a source can be believed. `kind` and `base_url` serve one never tried yet."""
        with self._reading() as connection:
            state = _one(connection, select(SOURCE_STATES).where(SOURCE_STATES.c.source == source))
            if state is None:
                return SourceTrust(
                    source=source, kind=_PEOPLE_SAY.get(kind, kind), base_url=base_url, complete_at=None,
                    attempted_at=None, outcome="never", stale_after_seconds=stale_after_seconds,
                )  # fmt: skip
            counts = connection.execute(_counts(source)).mappings().one()
            aside = connection.execute(select(func.count()).where(UNREADABLE.c.source == source)).scalar_one()
            proven = proofs.last_proofs(connection, source)
            removed = proofs.removed_by_reason(connection, source)
            census = _failed_census(connection, source)
        whole = proven.pop(proofs.SOURCE, None)
        why = "" if census is None else census.sentence.removeprefix(f"{source}: ")
        uncounted = (f"{source}: the last census failed and is made again with the next sync: {why}",) if census else ()
        return SourceTrust(
            source=source,
            kind=_PEOPLE_SAY.get(state["kind"], state["kind"]),
            base_url=state["base_url"],
            complete_at=moment(state["complete_at"]),
            attempted_at=moment(state["attempted_at"]),
            outcome=state["outcome"],
            problems=tuple(
                dict.fromkeys([*json.loads(state["problems"]), *json.loads(state["census_problems"]), *uncounted])
            ),
            held=counts["held"],
            declared=state["declared"],
            census_at=moment(state["census_at"]),
            suspects=counts["suspects"],
            history_gaps=counts["gaps"],
            without_history=counts["bare"],
            quarantined=aside,
            unheld=whole.unheld if whole else None,
            removed=removed,
            scopes=tuple(proven.values()),
            suspended=_suspensions(state["suspensions"]),
            stale_after_seconds=stale_after_seconds,
        )

    def holds_any(self, source: str) -> bool:
        """Has any item of a source ever been held?"""
        with self._reading() as connection:
            query = select(ITEMS.c.external_id).where(ITEMS.c.source == source).limit(1)
            return connection.execute(query).first() is not None

    def types(self) -> set[str]:
        """The types of all live items, as their trackers name them."""
        with self._reading() as connection:
            query = select(ITEMS.c.type).where(ITEMS.c.removed_at.is_(None)).distinct()
            return set(connection.scalars(query))

    def holdings(self, source: str) -> dict[str, dict[str, int]]:
        """What we hold of a source by project id: live items, how their histories stand, and what counts no more."""
        with self._reading() as connection:
            return proofs.holdings(connection, source)

    def proofs(self, source: str, *, run_id: int | None = None) -> dict[str, ScopeProof]:
        """The proof of each scope that stands today, or stood when a run had ended; the whole source under ""."""
        with self._reading() as connection:
            return proofs.last_proofs(connection, source, run_id=run_id)

    def removals(self, source: str) -> list[Tombstone]:
        """Every tombstone that a sweep made, those of items that came back, too; the oldest first."""
        query = (
            select(REMOVALS).where(REMOVALS.c.source == source).order_by(REMOVALS.c.removed_at, REMOVALS.c.external_id)
        )
        with self._reading() as connection:
            return [
                Tombstone(
                    external_id=row["external_id"],
                    removed_at=moment(row["removed_at"]),
                    reason=row["reason"],
                    sweeps=tuple(json.loads(row["sweeps"])),
                    look=row["look"],
                    returned_at=moment(row["returned_at"]),
                )
                for row in connection.execute(query).mappings()
            ]

    def mends(self, run_id: int) -> dict[str, dict[str, list[Any]]]:
        """What a run found to differ from its source, by item: [as we held it, as the source says]."""
        query = select(MENDS.c.external_id, MENDS.c.differences).where(MENDS.c.run_id == run_id)
        with self._reading() as connection:
            found = connection.execute(query.order_by(MENDS.c.external_id))
            return {external_id: json.loads(told) for external_id, told in found}

    def suspects(self, source: str, *, limit: int) -> list[Suspect]:
        """Live items that were missed, the longest missed first."""
        query = (
            select(ITEMS.c.external_id, ITEMS.c.key, ITEMS.c.missing_since, ITEMS.c.strikes)
            .where(ITEMS.c.source == source, ITEMS.c.removed_at.is_(None), ITEMS.c.missing_since.is_not(None))
            .order_by(ITEMS.c.missing_since, ITEMS.c.external_id)
            .limit(limit)
        )
        with self._reading() as connection:
            return [
                Suspect(external_id=row[0], key=row[1], missing_since=moment(row[2]), strikes=row[3])
                for row in connection.execute(query)
            ]

    def state(self, source: str) -> SourceState | None:
        with self._reading() as connection:
            row = _one(connection, select(SOURCE_STATES).where(SOURCE_STATES.c.source == source))
        return None if row is None else _state(row)

    def sources(self) -> list[str]:
        """The names of all sources that were ever tried."""
        with self._reading() as connection:
            return list(connection.execute(select(SOURCE_STATES.c.source).order_by(SOURCE_STATES.c.source)).scalars())

    def runs(self, source: str | None = None, *, limit: int = 50) -> list[RunRecord]:
        """Runs, the newest first."""
        query = select(RUNS).order_by(RUNS.c.id.desc()).limit(limit)
        if source is not None:
            query = query.where(RUNS.c.source == source)
        with self._reading() as connection:
            return [run_record(row) for row in connection.execute(query).mappings()]

    def runs_ended(self, *, since: datetime, until: datetime) -> list[RunRecord]:
        """Runs that ended in a span, both instants included, the newest first."""
        ended = RUNS.c.finished_at.between(micros(since), micros(until))
        with self._reading() as connection:
            query = select(RUNS).where(ended).order_by(RUNS.c.id.desc())
            return [run_record(row) for row in connection.execute(query).mappings()]

    def has_begun(self, source: str, at: datetime) -> bool:
        """Does the store know of a sync of a source that began at this very instant?"""
        began = (RUNS.c.source == source, RUNS.c.started_at == micros(at), RUNS.c.kind.in_(("sync", "full")))
        with self._reading() as connection:
            return connection.execute(select(RUNS.c.id).where(*began).limit(1)).first() is not None

    def confirmations(self, *, until: datetime) -> list[Confirmation]:
        """What people have confirmed by an instant, the oldest first."""
        query = select(CONFIRMATIONS).where(CONFIRMATIONS.c.confirmed_at <= micros(until)).order_by(CONFIRMATIONS.c.id)
        with self._reading() as connection:
            return [
                Confirmation(
                    id=row["id"],
                    source=row["source"],
                    subject=row["subject"],
                    confirmed_at=moment(row["confirmed_at"]),
                )
                for row in connection.execute(query).mappings()
            ]

    def last_run(self, source: str, *, kinds: Collection[str] = ("sync", "full")) -> RunRecord | None:
        with self._reading() as connection:
            return _last_run(connection, source, kinds=kinds)

    def keys_of(self, source: str, external_ids: Sequence[str]) -> dict[str, str]:
        """By id, what the tracker calls those of a few items that were ever held."""
        query = select(ITEMS.c.external_id, ITEMS.c.key).where(
            ITEMS.c.source == source, ITEMS.c.external_id.in_(external_ids)
        )
        with self._reading() as connection:
            return {row.external_id: row.key for row in connection.execute(query)}

    def failed_census(self, source: str) -> RunRecord | None:
        """The last sweep, where it failed: what is there has not been looked at since."""
        with self._reading() as connection:
            return _failed_census(connection, source)

    def presence_rows(self, source: str) -> Iterator[RowMapping]:
        """What a sweep must know of each item: its id, project, and what was seen of its presence."""
        names = ("external_id", "project_id", "strikes", "struck_at", "missing_since", "removed_at", "removed_reason")
        with self._reading() as connection:
            yield from _stream(connection, select(*[ITEMS.c[name] for name in names]).where(ITEMS.c.source == source))

    def returned_since(self, source: str, since: datetime | None) -> dict[str, datetime]:
        """Items that came back since an instant, or ever, each with since when it was removed."""
        query = select(REMOVALS.c.external_id, REMOVALS.c.removed_at).where(
            REMOVALS.c.source == source, REMOVALS.c.returned_at >= (0 if since is None else micros(since))
        )
        with self._reading() as connection:
            return {external_id: moment(at) for external_id, at in connection.execute(query)}

    def may_stand_above(self, source: str, external_ids: Sequence[str]) -> bool:
        """Is one of these items of a type below which we hold others?"""
        below, above = ITEMS.alias("below"), ITEMS.alias("above")
        query = select(above.c.type).distinct().join(
            below, and_(below.c.source == above.c.source, below.c.parent_id == above.c.external_id)
        ).where(above.c.source == source)  # fmt: skip
        with self._reading() as connection:
            types = set(connection.execute(query).scalars())
            found = writing.held_keys(connection, source=source, external_ids=external_ids, columns=("type",))
            return any(row["type"] in types for row in found)

    def alone_since(self, source: str, since: datetime, *, most: int) -> list[str]:
        """The live items without a parent that we first learned of since then, the newest first."""
        query = (
            select(ITEMS.c.external_id)
            .where(
                ITEMS.c.source == source,
                ITEMS.c.parent_id.is_(None),
                ITEMS.c.removed_at.is_(None),
                ITEMS.c.first_known_at >= micros(since),
            )
            .order_by(ITEMS.c.first_known_at.desc(), ITEMS.c.external_id)
            .limit(most)
        )
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def vanished_confirmed_at(self, source: str) -> datetime | None:
        """When a person accepted that the items missing by then are gone, and no sweep has used it yet; None: never."""
        query = select(func.max(CONFIRMATIONS.c.confirmed_at)).where(
            CONFIRMATIONS.c.source == source,
            CONFIRMATIONS.c.subject == "vanished",
            CONFIRMATIONS.c.used_at.is_(None),
        )
        with self._reading() as connection:
            at: int | None = connection.execute(query).scalar_one()
        return moment(at)

    def status_histories(self, source: str) -> Iterator[tuple[str, str, str, list[Change]]]:
        """Each live item whose history we took for whole: id, present status, its id, and its status changes, if any.

        Both tables are read side by side in the order of ids, so that one item's changes are in memory at a time.
        """
        items = (
            select(ITEMS.c.external_id, ITEMS.c.status, ITEMS.c.status_id)
            .where(
                ITEMS.c.source == source,
                ITEMS.c.removed_at.is_(None),
                ITEMS.c.history == str(HistoryState.COMPLETE),
            )
            .order_by(ITEMS.c.external_id)
        )
        moves = _in_order(CHANGES).where(CHANGES.c.source == source, CHANGES.c.field == "status")
        with self._reading() as connection:
            changes = groupby(_stream(connection, moves), key=lambda row: str(row["external_id"]))
            here, group = next(changes, (None, iter(())))
            for item in _stream(connection, items):
                external_id = item["external_id"]
                while here is not None and here < external_id:
                    here, group = next(changes, (None, iter(())))
                told = [rows.change(row) for row in group] if here == external_id else []
                yield external_id, item["status"], item["status_id"], told

    def pending_chunks(self, source: str) -> int:
        with self._reading() as connection:
            query = select(func.count()).where(QUEUE_CHUNKS.c.source == source, QUEUE_CHUNKS.c.done.is_(False))
            return int(connection.execute(query).scalar_one())

    def has_queue(self, source: str) -> bool:
        """Has a full walk, interrupted or going on, left chunks (done or not)? Those of a census are not its."""
        with self._reading() as connection:
            query = select(func.count()).where(QUEUE_CHUNKS.c.source == source, ~_is_of_census(source))
            return int(connection.execute(query).scalar_one()) > 0

    def unheld(self, source: str) -> list[str]:
        """What the last census let be fetched, and is not live by now."""
        with self._reading() as connection:
            query = select(QUEUE_CHUNKS.c.external_ids).where(QUEUE_CHUNKS.c.source == source, _is_of_census(source))
            named = {each for ids in connection.execute(query).scalars() for each in json.loads(ids)}
            found = writing.held_keys(connection, source=source, external_ids=sorted(named), columns=("removed_at",))
            return sorted(named - {row["external_id"] for row in found if row["removed_at"] is None})

    # --- instance, configurations, ledgers

    def instance_id(self) -> str:
        with self._reading() as connection:
            return str(connection.execute(select(INSTANCE.c.instance_id)).scalar_one())

    def mailing_since(self) -> datetime | None:
        """Since when a person lets this store publish by schedule and mail; None: not yet."""
        with self._reading() as connection:
            at: int | None = connection.execute(select(INSTANCE.c.first_run_at)).scalar_one()
        return moment(at)

    def may_mail(self) -> bool:
        """A new or replaced store mails nothing until somebody has confirmed its first run."""
        with self._reading() as connection:
            return connection.execute(select(INSTANCE.c.first_run_at)).scalar_one() is not None

    def configurations(self, name: str | None = None) -> list[Configuration]:
        """States of the settings files, the oldest first."""
        query = select(CONFIGURATIONS).order_by(CONFIGURATIONS.c.first_seen_at, CONFIGURATIONS.c.name)
        if name is not None:
            query = query.where(CONFIGURATIONS.c.name == name)
        with self._reading() as connection:
            return [
                Configuration(
                    name=row["name"],
                    digest=row["digest"],
                    first_seen_at=moment(row["first_seen_at"]),
                    seen_at=moment(row["seen_at"]),
                )
                for row in connection.execute(query).mappings()
            ]

    def configuration(self, *, name: str, digest: str) -> bytes | None:
        """The whole file as it was."""
        query = select(CONFIGURATIONS.c.body).where(CONFIGURATIONS.c.name == name, CONFIGURATIONS.c.digest == digest)
        with self._reading() as connection:
            body = connection.execute(query).scalar_one_or_none()
        return None if body is None else zlib.decompress(body)

    def editions(self, report: str | None = None) -> list[Edition]:
        """Published editions, the newest first."""
        query = select(EDITIONS).order_by(EDITIONS.c.published_at.desc(), EDITIONS.c.edition_id)
        if report is not None:
            query = query.where(EDITIONS.c.report == report)
        with self._reading() as connection:
            return [_edition(row) for row in connection.execute(query).mappings()]

    def edition(self, edition_id: str) -> Edition | None:
        with self._reading() as connection:
            row = _one(connection, select(EDITIONS).where(EDITIONS.c.edition_id == edition_id))
        return None if row is None else _edition(row)

    def foretold(self, edition_id: str) -> Foretold | None:
        """What an edition foretold, whole; None where nothing was kept of it."""
        with self._reading() as connection:
            return promises.read(connection, edition_id)

    def foretold_before(self, day: date, *, known_at: datetime, audience: str | None = None) -> Foretold | None:
        """What the newest edition of an earlier day foretold, of those that were published by an instant.

        `audience`: of its own editions ("": of those without one); None: of all.
        """
        with self._reading() as connection:
            edition_id = promises.newest_before(connection, day, published_by=micros(known_at), audience=audience)
            return None if edition_id is None else promises.read(connection, edition_id)

    def first_promises(self, *, known_at: datetime, audience: str | None = None) -> list[Given]:
        """The first day and the first likelihood that were told of each item, and not in hindsight, by an instant.

        `audience`: by its own editions ("": by those without one); None: by any.
        """
        with self._reading() as connection:
            return promises.first_given(connection, published_by=micros(known_at), audience=audience)

    def outcomes(self) -> list[Outcome]:
        """What became of the forecasts whose items have ended."""
        with self._reading() as connection:
            return promises.outcomes(connection)

    def closed_spend(self, *, known_at: datetime) -> list[ClosedSpend]:
        """How the money of closed periods was attributed, as far as that was known by an instant."""
        with self._reading() as connection:
            return closings.read(connection, known_at=micros(known_at))

    def due(self, report: str | None = None) -> list[DueRow]:
        """The due ledger, the newest first."""
        query = select(DUE).order_by(DUE.c.due_at.desc(), DUE.c.report)
        if report is not None:
            query = query.where(DUE.c.report == report)
        with self._reading() as connection:
            return [
                DueRow(
                    report=row["report"],
                    period_key=row["period_key"],
                    due_at=moment(row["due_at"]),
                    claimed_at=moment(row["claimed_at"]),
                    finished_at=moment(row["finished_at"]),
                    state=row["state"],
                    note=row["note"],
                )
                for row in connection.execute(query).mappings()
            ]

    def mails(self, *, edition_id: str | None = None, states: Collection[str] | None = None) -> list[Mail]:
        query = select(MAILS).order_by(MAILS.c.claimed_at, MAILS.c.edition_id, MAILS.c.recipient)
        if edition_id is not None:
            query = query.where(MAILS.c.edition_id == edition_id)
        if states is not None:
            query = query.where(MAILS.c.state.in_(sorted(states)))
        with self._reading() as connection:
            return [_mail(row) for row in connection.execute(query).mappings()]


class Snapshot(Reading):
    """Everything as it was at one moment: all questions are answered inside one read transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        yield self._connection


def _last_run(connection: Connection, source: str, *, kinds: Collection[str]) -> RunRecord | None:
    query = select(RUNS).where(RUNS.c.source == source, RUNS.c.kind.in_(kinds)).order_by(RUNS.c.id.desc()).limit(1)
    row = _one(connection, query)
    return None if row is None else run_record(row)


def _is_of_census(source: str) -> Any:
    """Was a chunk put into the queue by a census? After one, only walks do so."""
    swept_at = select(SOURCE_STATES.c.swept_at).where(SOURCE_STATES.c.source == source).scalar_subquery()
    return func.coalesce(QUEUE_CHUNKS.c.created_at <= swept_at, false())


def _failed_census(connection: Connection, source: str) -> RunRecord | None:
    last = _last_run(connection, source, kinds=("sweep",))
    return last if last is not None and last.outcome == "failed" else None


def _stream(connection: Connection, query: Any) -> Iterator[RowMapping]:
    result = connection.execution_options(yield_per=PAGE).execute(query)
    try:
        yield from result.mappings()
    finally:
        result.close()


def _one(connection: Connection, query: Any) -> RowMapping | None:
    return connection.execute(query).mappings().one_or_none()


def _is(table: Table, item_id: ItemId) -> ColumnElement[bool]:
    return and_(table.c.source == item_id.source, table.c.external_id == item_id.external_id)


def _in_order(changes: Any) -> Any:
    told = changes.c
    return select(changes).order_by(told.source, told.external_id, told.occurred_at, told.sequence, told.change_id)


def _counts(source: str) -> Any:
    live = ITEMS.c.removed_at.is_(None)
    return select(
        func.count().filter(live).label("held"),
        func.count().filter(live, ITEMS.c.missing_since.is_not(None)).label("suspects"),
        func.count().filter(live, ITEMS.c.history == str(HistoryState.GAP)).label("gaps"),
        func.count().filter(live, ITEMS.c.history == str(HistoryState.NONE)).label("bare"),
    ).where(ITEMS.c.source == source)


def _suspensions(told: str | None) -> tuple[Suspension, ...]:
    return tuple(
        Suspension(
            scope_id=scope_id, key=key, why=why, since=moment(since), missing=missing,
            **({"state": state[0]} if state else {}),  # older stores kept none
        )
        for scope_id, key, why, since, missing, *state in json.loads(told or "[]")
    )  # fmt: skip


def _streamed_links(connection: Connection, only: ItemId | None = None) -> dict[ItemId, list[Link]]:
    """Links from a tracker's stream, seen from both ends, with the other end's key where we hold it."""
    here, there = ITEMS.alias("here"), ITEMS.alias("there")
    query = (
        select(ITEM_LINKS, here.c.key.label("from_key"), there.c.key.label("to_key"))
        .outerjoin(here, and_(here.c.source == ITEM_LINKS.c.source, here.c.external_id == ITEM_LINKS.c.from_id))
        .outerjoin(there, and_(there.c.source == ITEM_LINKS.c.source, there.c.external_id == ITEM_LINKS.c.to_id))
        .where(ITEM_LINKS.c.active.is_(True), ITEM_LINKS.c.kind != "child")
        .order_by(ITEM_LINKS.c.source, ITEM_LINKS.c.from_id, ITEM_LINKS.c.kind, ITEM_LINKS.c.to_id)
    )
    if only is not None:
        ends = (ITEM_LINKS.c.from_id == only.external_id) | (ITEM_LINKS.c.to_id == only.external_id)
        query = query.where(ITEM_LINKS.c.source == only.source, ends)
    found: dict[ItemId, list[Link]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        there_key, here_key = row["to_key"] or row["to_id"], row["from_key"] or row["from_id"]
        type = _STREAMED_TYPES.get(row["kind"], "")
        found[ItemId(row["source"], row["from_id"])].append(
            Link(kind=row["kind"], to_id=row["to_id"], to_key=there_key, type=type)
        )
        seen_as = _SEEN_FROM_THE_OTHER_END.get(row["kind"], row["kind"])
        found[ItemId(row["source"], row["to_id"])].append(
            Link(kind=seen_as, to_id=row["from_id"], to_key=here_key, type=type, is_outward=False)
        )
    return found


def _links_of(connection: Connection, item_id: ItemId) -> list[Link]:
    return _streamed_links(connection, item_id).get(item_id, [])


def run_record(row: RowMapping) -> RunRecord:
    told = {name: row[name] for name in RUNS.c.keys() if name != "id"}  # noqa: SIM118 - not a dict
    told["started_at"], told["finished_at"] = moment(row["started_at"]), moment(row["finished_at"])
    told["warnings"] = tuple(json.loads(row["warnings"]))
    return RunRecord(run_id=row["id"], **told)


def _state(row: RowMapping) -> SourceState:
    return SourceState(
        source=row["source"],
        kind=row["kind"],
        base_url=row["base_url"],
        product=row["product"],
        identity=row["identity"],
        identity_name=row["identity_name"],
        pending_identity=row["pending_identity"],
        pending_identity_name=row["pending_identity_name"],
        roster={scope: (key, state) for scope, key, state in json.loads(row["roster"])},
        cursor=None if row["cursor"] is None else json.loads(row["cursor"]),
        reading_digest=row["reading_digest"],
        rereading_digest=row["rereading_digest"],
        reread_upto=row["reread_upto"],
        walked_digest=row["walked_digest"],
        named=None if row["named"] is None else json.loads(row["named"]),
        named_once=json.loads(row["named_once"] or "{}"),
        read_anew_at=moment(row["read_anew_at"]),
        attempted_at=moment(row["attempted_at"]),
        complete_at=moment(row["complete_at"]),
        full_at=moment(row["full_at"]),
        full_since=moment(row["full_since"]),
        outcome=row["outcome"],
        problems=tuple(json.loads(row["problems"])),
        census_at=moment(row["census_at"]),
        swept_at=moment(row["swept_at"]),
        declared=row["declared"],
        census_problems=tuple(json.loads(row["census_problems"])),
        sweep_asked_at=moment(row["sweep_asked_at"]),
        suspensions=_suspensions(row["suspensions"]),
    )


def _edition(row: RowMapping) -> Edition:
    told = dict(row)
    told["known_at"], told["published_at"] = moment(row["known_at"]), moment(row["published_at"])
    told["manifest"] = json.loads(row["manifest"])
    return Edition(**told)


def _mail(row: RowMapping) -> Mail:
    told = dict(row)
    told["claimed_at"], told["at"] = moment(row["claimed_at"]), moment(row["at"])
    return Mail(**told)
