"""The two streams of a collection, revisions and links, read page by page.

    revisions  ──token──> page ──token──> page ──token──> (last)        links  ──token──> page ──> (last)
                           │ two or more to a batch, with both tokens                      │

A token is the watermark: no time zones, no overlap, no ties. It is persisted with the rows of its page and goes on from
there for ever; only where the server no longer knows it do we go on by date, one day before the newest that was told
when the stream had last come to its end: a walk that has not come there vouches for nothing.
Streams are read for the whole collection, because those of a project lose what happened before a move; what is not in
scope is dropped here, but an item that ever was in scope is followed wherever it goes.

A token passes over what is hidden from us. So the cursor names the projects that it vouches for; of one that is shown
later, or again, every item is read: one by one where that takes fewer requests, else both streams from the beginning.
So it is with one that is shown and yet refused: what is told of its items is passed over, and they stay as last known.
One that was refused for some hours of a day, and that nobody asked anything meanwhile, is not noticed; so each look at
types and places, once a day, sends both streams back to the time of the look before it. It costs a page or two, and as
much as a token where a day of the collection fits on one page.
Of one that is not shown we know neither its id nor what its states mean. The cursor names those that items came out of;
once one is shown, these are read anew.
An item elsewhere that has once been there cannot be read, either: the cursor owes it until the project may be read.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from connectors.azure_devops.look import Look
from connectors.azure_devops.mapping import (
    NEVER,
    PLACES,
    LinkFact,
    Picture,
    Record,
    Vocabulary,
    follow,
    item_of,
    key_of,
    link_up,
    record_of,
    revisions_from_updates,
    same_content,
    tracked_in,
)
from connectors.azure_devops.questions import listed
from connectors.base import (
    AccessDeniedError,
    Batch,
    Cursor,
    IncompleteWalkError,
    Json,
    KnownItems,
    LinkEvent,
    Raw,
    SettingsError,
    TrackerError,
    UnreadableAnswerError,
    UnreadableItemError,
    may_be_of_one_item,
    refused_alone,
)
from connectors.forerunner import Forerunner
from connectors.reading import Fields
from connectors.register import Ids, Numbers
from domain.change import Change
from domain.work_item import HistoryState, Status, WorkItem

_log = logging.getLogger(__name__)

MOST_BARREN_PAGES = 10  # in a row, empty ones or ones that were told before
LOST_TOKEN_OVERLAP = timedelta(days=1)
LOOK_OVERLAP = timedelta(hours=2)
CREATION_OVERLAP = timedelta(days=1)
REVISIONS_AT_ONCE = 4_000  # in one batch, and so in one transaction; a page tells 200 to 1,000
PAGES_AT_ONCE = 5
BLOCK_SPAN = timedelta(seconds=20)  # a slow server's work is saved before long: a run may end at any time
CHUNK = 100  # items in one block of the queue, and so in one transaction
LATE_LINK = timedelta(minutes=5)
MOST_RECORDS_IN_MEMORY = 3_000  # about 8 KB each
UNKNOWN_TOKEN_STATUSES = (400, 404)

ITEM = "item"
LONG_TEXT_TYPES = frozenset({"html", "plaintext", "history"})
NEEDED = ("System.Id", "System.Rev", "System.TeamProject", "System.WorkItemType", "System.State", "System.Title",
          "System.ChangedDate", "System.CreatedDate", "System.AreaPath", "System.IterationPath")  # fmt: skip
ASSIGNED_TO = "System.AssignedTo"
IS_DELETED = "System.IsDeleted"
TAGS = "System.Tags"  # the list of fields calls it plainText, like a long text


class RefusedProjectError(UnreadableItemError):
    """The history of an item leads through a project that we may not read: it can be read once we may."""


class Asked(Protocol):
    """What the streams ask of the tracker."""

    def revisions(self, *, token: str | None, since: str | None, fields: Sequence[str]) -> Json: ...

    def links(self, *, token: str | None, since: str | None) -> Json: ...

    def updates(self, external_id: str) -> list[Mapping[str, Json]]: ...

    def is_shown(self, external_id: str) -> bool: ...

    def has_links(self) -> bool: ...

    def as_long_as(self, is_awaited: Callable[[], bool]) -> AbstractContextManager[None]: ...

    def items(self, external_ids: Sequence[str], *, fields: Sequence[str]) -> list[Json]: ...


class Surroundings(Protocol):
    """What is known of projects and types; may ask the tracker for those of a project not met before."""

    def project_id(self, name: str) -> str:
        """The project's id; the name itself for one that the token does not see."""

    def category(self, project: str, status_id: str) -> str | None: ...

    def take_new_statuses(self) -> Sequence[Status]: ...

    @property
    def look(self) -> Look: ...

    def fields_again(self) -> Look: ...

    def kept_look(self) -> Json: ...

    def shown(self) -> Mapping[str, str]:
        """The projects in scope that the token sees, and that were not refused: their names by id."""

    def is_refused(self, project: str) -> bool:
        """Must we do without this project, something of which was met?"""

    def are_all_read(self) -> bool:
        """Do we have to do without none?"""

    def listed(self, project: str) -> Iterator[Sequence[str]]:
        """The ids of the project's items in scope, window by window."""

    def knock(self, project: str) -> None:
        """Ask the project one thing, which says no more than whether it answers."""

    def refuse(self, project: str, refusal: TrackerError) -> None:
        """Go on without a project; raises what is no refusal of one project alone."""

    def refuse_nothing_left(self) -> None:
        """Raises the refusal where every project was refused."""


@dataclass(frozen=True, kw_only=True)
class ScopeRule:
    """Which items are ours: of these projects (lower-cased names; None: all), at or below this area path."""

    projects: frozenset[str] | None
    area: str | None

    def holds(self, revision: Mapping[str, Json]) -> bool:
        fields = revision.get("fields", {})
        project, area = str(fields.get("System.TeamProject", "")), str(fields.get("System.AreaPath", ""))
        if self.projects is not None and project.lower() not in self.projects:
            return False
        if self.area is None:
            return True
        wanted = self.area.strip("\\").lower()
        return area.lower() == wanted or area.lower().startswith(wanted + "\\")

    def words(self) -> str:
        """The rule as text, for the cursor: another rule needs another walk from the beginning."""
        return "|".join([*sorted(self.projects if self.projects is not None else ["*"]), f"area:{self.area or '*'}"])


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where both streams stand; what a cursor of ours holds.

    `link_since`: from when on links are to be read again, while there is no token of them; `rev_since`: revisions,
    whatever their token says. `looked_at`: the server's time when types and places were last looked at. `revisions`
    were read since the beginning, `page` at most on one page: what another walk from the beginning would cost. `owed`
    are ids of items that have been in a project which was refused.
    """

    rev_token: str | None = None
    rev_since: datetime | None = None
    link_token: str | None = None
    link_since: datetime | None = None
    looked_at: datetime | None = None
    watermark: datetime | None = None  # the newest System.ChangedDate seen
    settled: datetime | None = None  # the watermark when the stream had last come to its end
    link_watermark: datetime | None = None  # the newest change of a link seen
    link_settled: datetime | None = None  # all links changed before it were read; None: not known
    projects: frozenset[str] = frozenset()  # ids of those whose items are read, or queued
    owed: frozenset[str] = frozenset()
    strangers: frozenset[str] = frozenset()  # names of projects that items came out of while they were not shown
    revisions: int = 0
    page: int = 0

    @property
    def pages_again(self) -> int:
        """How many pages of revisions another walk from the beginning takes, about."""
        return -(-self.revisions // max(1, self.page))

    @property
    def is_amid_revisions(self) -> bool:
        """Did a walk end before the stream did? One that a look sends back begins anew."""
        return self.rev_token is not None and self.rev_since is None and self.settled != self.watermark

    @property
    def is_amid_links(self) -> bool:
        told = self.link_watermark  # None: no link was told, and no page lacks any
        return self.link_token is not None and told is not None and self.link_settled != told

    def cursor(self, scope: ScopeRule, look: Json) -> Cursor:
        return {
            "rev_token": self.rev_token,
            "rev_since": self.rev_since.isoformat() if self.rev_since else None,
            "link_token": self.link_token,
            "link_since": self.link_since.isoformat() if self.link_since else None,
            "looked_at": self.looked_at.isoformat() if self.looked_at else None,
            "watermark": self.watermark.isoformat() if self.watermark else None,
            "settled": self.settled.isoformat() if self.settled else None,
            "link_watermark": self.link_watermark.isoformat() if self.link_watermark else None,
            "link_settled": self.link_settled.isoformat() if self.link_settled else None,
            "scope": scope.words(),
            "projects": sorted(self.projects),
            "owed": sorted(self.owed),
            **({"strangers": sorted(self.strangers)} if self.strangers else {}),
            "revisions": self.revisions,
            "page": self.page,
            "look": look,
        }

    def looked(self, *, at: datetime, before: datetime | None) -> Position:
        """After a look: what changed since the last one, or `before` where no time of that is kept, is read again.

        A walk that begins at the beginning is left alone, and so is one that never came to its end: it goes on from its
        token, and the next look counts from the one before this. A later one that was interrupted begins anew.
        """
        last = self.looked_at or before
        if self.rev_token is None or last is None:
            return replace(self, looked_at=at)
        if self.settled is None:
            return self
        since = min(last, at, *filter(None, [self.rev_since])) - LOOK_OVERLAP
        if self.settled != self.watermark:
            since = min(since, self.settled - LOST_TOKEN_OVERLAP)
        settled = min(self.settled, since)
        again = self.with_links_since(since + CREATION_OVERLAP)
        return replace(again, rev_since=since, settled=settled, looked_at=at)

    def with_links_since(self, created: datetime | None) -> Position:
        """After an item that is older than our place among the links came in: they are read again since it was made,
        and never from later than where we stood.
        """
        if self.link_token is None and self.link_since is None:
            return self  # they will be read from the beginning
        place = self.link_since if self.link_token is None else self.link_settled
        since = min(created - CREATION_OVERLAP, place) if created is not None and place is not None else None
        return replace(self, link_token=None, link_since=since, link_watermark=None, link_settled=since)


def position_of(cursor: Cursor | None, *, scope: ScopeRule, full: bool) -> Position:
    """Where to go on from: the beginning for a first or full walk, and after the scope was changed.

    Not even then is it forgotten what items came out of: of those that are held, the streams tell nothing new.
    """
    strangers = frozenset((cursor or {}).get("strangers") or ())
    if full or cursor is None or cursor.get("scope") != scope.words():
        return Position(strangers=strangers)
    read = Fields(cursor, who="cursor")
    return Position(
        rev_token=read.optional_text("rev_token"),
        rev_since=read.optional_moment("rev_since"),
        link_token=read.optional_text("link_token"),
        link_since=read.optional_moment("link_since"),
        looked_at=read.optional_moment("looked_at"),
        watermark=read.optional_moment("watermark"),
        settled=read.optional_moment("settled"),
        link_watermark=read.optional_moment("link_watermark"),
        link_settled=read.optional_moment("link_settled"),
        projects=frozenset(cursor.get("projects") or ()),
        owed=frozenset(cursor.get("owed") or ()),
        strangers=strangers,
        revisions=int(cursor.get("revisions") or 0),
        page=int(cursor.get("page") or 0),
    )


def asked_fields(offered: Iterable[Mapping[str, Json]], *, who: str) -> tuple[str, ...]:
    """The fields to ask for: all that the collection has, without long texts and without people but the assignee.

    So a new mapping needs no new download, and asking for a field that is not there (a 400) cannot happen. Names in
    own fields (Custom.*) stay: an epic's owner is an accountable role. Board columns of each team (WEF_*) are left out.
    Raises UnreadableAnswerError where even the fields of every item are missing.
    """
    found = {str(each.get("referenceName")): each for each in offered if not each.get("isDeleted")}
    if missing := [name for name in NEEDED if name not in found]:
        raise UnreadableAnswerError(f"{who}: the collection names no field {missing[0]}; the list cannot be whole")
    return tuple(sorted({name for name, each in found.items() if _is_light(name, each)} | {*NEEDED, IS_DELETED}))


@dataclass(frozen=True, kw_only=True)
class Page:
    values: Sequence[Mapping[str, Json]]
    token: str | None
    is_last: bool


def page_of(body: Json, *, who: str) -> Page:
    """Read one page of a stream. The token may stand in `nextLink` alone. Raises UnreadableAnswerError."""
    values = listed(body, who=who)
    is_last = body.get("isLastBatch")
    if not isinstance(is_last, bool):
        raise UnreadableAnswerError(f"{who}: the page does not say whether it is the last one; nothing of it was kept")
    token = body.get("continuationToken")
    if token is None and isinstance(body.get("nextLink"), str):
        token = parse_qs(urlsplit(body["nextLink"]).query).get("continuationToken", [None])[0]
    if token is None and not is_last:
        raise IncompleteWalkError(f"{who}: a page that is not the last names no token to go on from")
    return Page(values=values, token=None if token is None else str(token), is_last=is_last)


@dataclass(kw_only=True)
class Block:
    """Pages of revisions that follow each other, and when the first and the last of them came."""

    parts: list[Page] = field(default_factory=list)
    began: datetime | None = None
    came: datetime | None = None

    def add(self, page: Page, *, at: datetime) -> None:
        self.parts.append(page)
        self.began, self.came = self.began or at, at

    @property
    def revisions(self) -> list[Mapping[str, Json]]:
        return [revision for part in self.parts for revision in part.values]

    @property
    def page(self) -> int:
        """How many revisions the largest of them told."""
        return max(len(part.values) for part in self.parts)

    @property
    def token(self) -> str | None:
        return next((part.token for part in reversed(self.parts) if part.token is not None), None)

    @property
    def is_last(self) -> bool:
        return bool(self.parts) and self.parts[-1].is_last

    @property
    def is_full(self) -> bool:
        told = sum(len(part.values) for part in self.parts)
        if self.is_last or len(self.parts) >= PAGES_AT_ONCE or told >= REVISIONS_AT_ONCE:
            return True
        return self.began is not None and self.came is not None and self.came - self.began >= BLOCK_SPAN

    def tells_again(self, page: Page) -> bool:
        """Does any revision of the page stand in the block already?"""
        told = {(each["id"], each["rev"]) for each in self.revisions}
        return any((each["id"], each["rev"]) in told for each in page.values)

    def apart(self) -> Iterator[Block]:
        """Each page as a block of its own."""
        for part in self.parts:
            yield Block(parts=[part])


def blocks_of(pages: Iterator[Page], *, who: str, now: Callable[[], datetime]) -> Iterator[Block]:
    """Put pages together for one transaction: of an item that several pages tell of, the row is then written once.

    Where a page does not come, or cannot be read, those before it are handed on first: nothing that came is lost.
    """
    block = Block()
    try:
        for page in pages:
            clean = replace(page, values=[_revision(value, who=who) for value in page.values])
            if block.tells_again(clean):  # what is told twice is compared with what is held
                ready, block = block, Block()
                yield ready
                del ready
            block.add(clean, at=now())
            if block.is_full:
                ready, block = block, Block()
                yield ready
                del ready
            del page, clean  # it is written and forgotten while the next one is made
    except TrackerError:
        if block.parts:
            yield block
        raise


class WalkGuard:
    """Notices a walk that goes in circles or stands still."""

    def __init__(self, *, who: str, token: str | None) -> None:
        self._who = who
        self._seen = {token}
        self._told: set[int] = set()
        self._barren = 0

    def check(self, page: Page) -> None:
        """Raises IncompleteWalkError. What was committed is good; the next run goes on from its token."""
        if page.is_last:
            return
        if page.token in self._seen:
            raise IncompleteWalkError(f"{self._who}: the server gave the same token again; the walk was ended")
        self._seen.add(page.token)
        mark = hash((len(page.values), repr(page.values[:1]), repr(page.values[-1:])))
        self._barren = self._barren + 1 if not page.values or mark in self._told else 0
        self._told.add(mark)
        if self._barren > MOST_BARREN_PAGES:
            what = "empty pages" if not page.values else "pages that we had been told before"
            raise IncompleteWalkError(f"{self._who}: {self._barren} {what} in a row; the walk was ended")


class Streams:
    """One walk over both streams. It keeps at most 3,000 records in memory; others are read back from the store."""

    def __init__(
        self,
        *,
        asked: Asked,
        surroundings: Surroundings,
        known: KnownItems,
        vocabulary: Vocabulary,
        scope: ScopeRule,
        now: Callable[[], datetime],
    ) -> None:
        self._asked = asked
        self._surroundings = surroundings
        self._known = known
        self._vocabulary = vocabulary
        self._scope = scope
        self._now = now
        self._who = vocabulary.source
        look = surroundings.look
        self._marks_deletions = look.marks_deletions
        self._fields = look.fields
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._done = Numbers()
        self._began_empty = False
        self._revisions_began = now()
        self._read_until: datetime | None = None  # by an earlier walk, while that is read again
        self._is_amid_revisions = self._is_amid_links = False  # going on from the middle
        self._doubtful: set[str] = set()  # projects that did not say whether they may be read, in the middle of a walk

    def batches(self, position: Position) -> Iterator[Batch]:
        """Yield a batch for each page, revisions first, so that links find the items that they join."""
        self._position = position
        self._began_empty = position.rev_token is None and self._known.newest_update() is None
        self._is_amid_revisions, self._is_amid_links = position.is_amid_revisions, position.is_amid_links
        if self._is_amid_revisions or self._is_amid_links:
            self._knock_at_each()
        yield from self._vouch()
        yield from self._walk_revisions()
        if self._surroundings.shown().keys() - self._position.projects:  # was refused until something of it was met
            yield from self._vouch()
            yield from self._walk_revisions()
        yield from self._read_queue()
        yield from self._read_anew()
        if self._asked.has_links():
            yield from self._walk_links()
        if owed := len(self._position.owed):
            told = (
                f"{self._who}: items that have once been in a project which may not be read: {owed}; they stay as last "
                "known, and are read as soon as it may"
            )
            yield Batch(warnings=[told])
        if self._doubtful:  # the next run lists them, and reads what the streams may have left out
            self._position = replace(self._position, projects=self._position.projects - self._doubtful)
            yield self._batch(_Gathered(watermark=self._position.watermark))

    def renamed(self, external_ids: Sequence[str], paths: Mapping[str, str]) -> Batch:
        """Those of these items that we hold, with what their areas and iterations are called now, by node id."""
        gathered = _Gathered(watermark=None)
        for external_id in sorted(self._held(set(external_ids)), key=int):
            record = self._record(external_id, look=True)
            if record is None:
                continue
            fields = record.revision["fields"]
            found = {
                place: paths[str(fields.get(node))] for place, node in PLACES.items() if str(fields.get(node)) in paths
            }
            after = replace(record, places={**record.places, **found})
            if after.places != record.places:
                after = replace(after, in_scope=self._is_in_scope(after))
                self._keep(after, self._shown(record, after), gathered)
        return Batch(
            items=gathered.items, raws=gathered.raws, histories=gathered.histories, retold=gathered.retold
        )  # fmt: skip

    def whole(self, external_ids: Sequence[str]) -> Batch:
        """These items (200 at most) with their whole histories: one request for all, and one an item."""
        self._position = Position()
        found = [entry for entry in self._asked.items(external_ids, fields=self._fields) if entry is not None]
        return self._batch(self._take_revisions([_revision(each, who=self._who) for each in found]))

    def _vouch(self) -> Iterator[Batch]:
        """See to it that every item of every project shown is read: from its page, or from the queue."""
        shown = self._surroundings.shown()
        fresh = [shown[project] for project in sorted(shown.keys() - self._position.projects)]
        owed = sorted(self._position.owed, key=int) if fresh or self._surroundings.are_all_read() else []
        if self._position.rev_token is not None:
            waiting = Ids(each for _, ids in self._known.pending_chunks() for each in ids)
            listed = self._few_of(fresh, limit=self._position.pages_again - len(waiting) - len(owed))
            shown = self._surroundings.shown()
            self._surroundings.refuse_nothing_left()
            if listed is not None:
                left = self._position.owed.difference(owed)
                self._position = replace(self._position, projects=frozenset(shown), owed=left)
                if listed := [each for each in dict.fromkeys([*listed, *owed]) if each not in waiting]:
                    chunks = [listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK)]
                    yield replace(self._batch(_Gathered(watermark=None)), enqueue=chunks)
                return
        before = self._position
        self._position = Position(
            projects=frozenset(shown), looked_at=before.looked_at, strangers=before.strangers
        )  # fmt: skip
        for number, _ in self._known.pending_chunks():  # what they name is on the pages to come
            yield replace(self._batch(_Gathered(watermark=None)), finished_chunk=number)

    def _knock_at_each(self) -> None:
        """Whatever we vouch for has to answer: what a stream left out meanwhile, no later page tells."""
        shown = self._surroundings.shown()
        for project in sorted(shown.keys() & self._position.projects):
            try:
                self._surroundings.knock(shown[project])
            except (AccessDeniedError, SettingsError) as refusal:
                if refusal.status == 400:  # that says nothing of what may be read
                    self._doubtful.add(project)
                else:
                    self._surroundings.refuse(shown[project], refusal)
        self._surroundings.refuse_nothing_left()

    def _few_of(self, projects: Sequence[str], *, limit: int) -> list[str] | None:
        """The items of these projects; None where they are too many.

        One that may not be listed is refused. Each is asked, if for no more than its first window: a stream would read
        around one that refuses us, and the cursor vouch for it.
        """
        found: list[str] = []
        for project in projects:
            its: list[str] = []
            try:
                for ids in self._surroundings.listed(project):
                    its += ids
                    if len(found) + len(its) > limit:
                        break
            except (AccessDeniedError, SettingsError) as refusal:
                self._surroundings.refuse(project, refusal)
                continue
            found += its
        return None if len(found) > limit or limit < 0 else found

    def _read_queue(self) -> Iterator[Batch]:
        """Read the items that wait in the queue, less those that this walk has met, and their links again."""
        for number, ids in self._known.pending_chunks():
            gathered = _Gathered(watermark=self._position.watermark)
            for external_id in ids:
                if int(external_id) not in self._done:
                    self._fetch(external_id, gathered)
            yield replace(self._batch(gathered), finished_chunk=number)

    def _read_anew(self) -> Iterator[Batch]:
        """Read what came out of a project that was not shown then, and is now: its states mean something, too."""
        for name in sorted(self._position.strangers):
            if self._surroundings.project_id(name) == name:
                continue
            ids = self._known.moved_out_of(name)
            for start in range(0, len(ids), CHUNK):
                gathered = _Gathered(watermark=self._position.watermark, contradicts=True)
                for external_id in ids[start : start + CHUNK]:
                    try:
                        revisions = revisions_from_updates(self._updates(external_id), fields=self._fields)
                    except UnreadableItemError as error:
                        gathered.unreadable.append((external_id, str(error)))
                        continue
                    held = self._record(external_id, look=True)
                    if revisions and held is not None:
                        is_whole = _rev(revisions[0]) == 1
                        self._take_news(external_id, held, revisions, gathered, is_whole=is_whole, anew=True)
                yield self._batch(gathered)
            if not self._position.owed.isdisjoint(ids):
                continue  # not all of them could be read: another run reads them anew
            self._position = replace(self._position, strangers=self._position.strangers - {name})
            yield self._batch(_Gathered(watermark=self._position.watermark))

    def _fetch(self, external_id: str, gathered: _Gathered) -> None:
        """Read one item by its own updates; of one that is gone or hidden a census will tell."""
        try:
            revisions = revisions_from_updates(self._updates(external_id), fields=self._fields)
        except UnreadableItemError as error:
            gathered.unreadable.append((external_id, str(error)))
            return
        if revisions:
            held = self._record(external_id, look=bool(self._held({external_id})))
            self._take_item(external_id, held, revisions, gathered, updates=revisions)
            self._links_again(external_id)

    def _links_again(self, external_id: str) -> None:
        """An item that is older than our place among the links: read them again since it was made."""
        if record := self._records.get(external_id):
            created = Picture(record.revision, self._who).moment("System.CreatedDate")
            self._position = self._position.with_links_since(created)

    def _walk_revisions(self) -> Iterator[Batch]:
        self._revisions_began = self._now()
        who = f"{self._who}: the stream of revisions"
        again, settled = self._position.rev_since, self._position.settled
        token = self._position.rev_token if again is None else None
        since = None if again is None else f"{again:%Y-%m-%dT%H:%M:%SZ}"
        self._read_until = None if again is None else self._position.watermark
        with closing(
            self._pages(self._ask_for_revisions, token=token, since=since, settled=settled, who=who)
        ) as pages:  # fmt: skip
            for block in blocks_of(pages, who=self._who, now=self._now):
                yield from self._batches_of(block)

    def _batches_of(self, block: Block) -> Iterator[Batch]:
        """One batch; but where something that the block asks for is refused, page by page as far as we get."""
        before = self._position, self._records.copy()
        try:
            gathered = self._take_revisions(block.revisions)
        except TrackerError:
            if len(block.parts) == 1:
                raise
            self._position, self._records = before
            for part in block.apart():
                yield from self._batches_of(part)
            return
        del before
        if block.is_last and self._is_amid_revisions:
            self._knock_at_each()
        self._position = replace(
            self._position,
            rev_token=block.token or self._position.rev_token,
            rev_since=None,
            watermark=gathered.watermark,
            settled=gathered.watermark if block.is_last else self._position.settled,
            revisions=self._position.revisions + sum(map(self._is_untold, block.revisions)),
            page=max(self._position.page, block.page),
        )
        yield self._batch(gathered)

    def _is_untold(self, revision: Mapping[str, Json]) -> bool:
        """Is it newer than all that was told before this walk, where that began with what was?"""
        if self._read_until is None:
            return True
        try:
            moment = Picture(revision, self._who).moment("System.ChangedDate")
        except UnreadableItemError:
            return True
        return moment is None or moment > self._read_until

    def _walk_links(self) -> Iterator[Batch]:
        who = f"{self._who}: the stream of links"

        def ask(token: str | None, since: str | None) -> Json:
            return self._asked.links(token=token, since=since)

        since = f"{self._position.link_since:%Y-%m-%dT%H:%M:%SZ}" if self._position.link_since else None
        token, settled = self._position.link_token, self._position.link_settled
        waiting: list[LinkEvent] = []  # of the newest instant so far: what belongs to it may stand on the next page
        asked_with = again_from = token
        for page in self._pages(ask, token=token, since=since, settled=settled, who=who):
            told = _link_events(page.values, who=who)
            if self._has_late_strangers(told):
                place = self._position.link_token, self._position.link_since
                yield from self._walk_revisions()
                if place != (self._position.link_token, self._position.link_since):
                    yield from self._walk_links()
                    return
            events = sorted([*waiting, *told], key=lambda event: event.changed_at)
            before = waiting[0].changed_at if waiting else None
            waiting = [] if page.is_last else [one for one in events if one.changed_at == events[-1].changed_at]
            if waiting and waiting[0].changed_at != before:
                again_from = asked_with
            taken = events[: len(events) - len(waiting)]
            seen = [event.changed_at for event in taken if event.changed_at.year < NEVER]
            newest = max([*seen, *filter(None, [self._position.link_watermark])], default=None)
            reached = again_from if waiting else page.token or self._position.link_token
            gathered = self._take_links(taken)
            if page.is_last and self._is_amid_links:
                self._knock_at_each()
            self._position = replace(
                self._position,
                link_token=reached,
                link_since=None if reached is not None else self._position.link_since,
                link_watermark=newest,
                link_settled=newest if page.is_last and newest is not None else self._position.link_settled,
            )
            asked_with = page.token
            yield self._batch(gathered)

    def _ask_for_revisions(self, token: str | None, since: str | None) -> Json:
        """Ask with the fields we know of, and once more with those of today where that is refused."""
        try:
            return self._ask_with_mark(token, since)
        except SettingsError as error:
            still = self._surroundings.fields_again().fields if error.status == 400 else self._fields
            if still == self._fields:
                raise
            self._fields = still
        return self._ask_with_mark(token, since)

    def _ask_with_mark(self, token: str | None, since: str | None) -> Json:
        """Ask with the deletion mark, even where the list of fields keeps it back; do without it if that is refused."""
        try:
            return self._asked.revisions(token=token, since=since, fields=self._fields)
        except SettingsError as error:
            if error.status != 400 or self._marks_deletions or IS_DELETED not in self._fields:
                raise
        plain = tuple(name for name in self._fields if name != IS_DELETED)
        body = self._asked.revisions(token=token, since=since, fields=plain)
        self._fields = plain
        return body

    def _pages(
        self,
        ask: Callable[[str | None, str | None], Json],
        *,
        token: str | None,
        settled: datetime | None,
        who: str,
        since: str | None = None,
    ) -> Generator[Page, None, None]:
        """Yield pages until the last, the next one asked for while one is read.

        Where the server has lost our token, go on by date; repeats do no harm.
        """
        guard = WalkGuard(who=who, token=token)
        is_stored = True  # a token that was given a moment ago and is refused is no lost one
        with Forerunner(who) as forerunner:

            def begun(token: str | None, since: str | None = None) -> Future[Json]:
                def work() -> Json:
                    with self._asked.as_long_as(forerunner.is_awaited):
                        return ask(token, None if token is not None else since)

                return forerunner.begin(work)

            asked = begun(token, since)
            while True:
                try:
                    page = page_of(asked.result(), who=who)
                except SettingsError as error:
                    if token is None or not is_stored or error.status not in UNKNOWN_TOKEN_STATUSES:
                        raise
                    is_stored = False
                    token = None
                    guard = WalkGuard(who=who, token=None)
                    asked = begun(None, self._day_before(settled))
                    continue
                guard.check(page)
                token, is_last, is_stored = page.token, page.is_last, False
                if not is_last:
                    asked = begun(token)
                yield page
                if is_last:
                    return
                del page  # it is written and forgotten while the next one is made

    def _day_before(self, settled: datetime | None) -> str | None:
        """Where to go on by date. None: from the beginning; a date that lies ahead of us is no one's progress."""
        if settled is None:
            return None
        return f"{min(settled, self._now()) - LOST_TOKEN_OVERLAP:%Y-%m-%dT%H:%M:%SZ}"

    def _take_revisions(self, revisions: Sequence[Mapping[str, Json]]) -> _Gathered:
        gathered = _Gathered(watermark=self._position.watermark)
        by_item: dict[str, list[Mapping[str, Json]]] = defaultdict(list)
        for revision in revisions:
            by_item[str(revision["id"])].append(revision)
            gathered.saw(Picture(revision, self._who))
        held = self._held(set(by_item))
        self._recall(held)
        for external_id, found in by_item.items():
            revisions = sorted(found, key=_rev)
            record = self._record(external_id, look=external_id in held)
            self._take_item(external_id, record, revisions, gathered)
        return gathered

    def _take_item(
        self,
        external_id: str,
        held: Record | None,
        revisions: list[Mapping[str, Json]],
        gathered: _Gathered,
        *,
        updates: list[Mapping[str, Json]] | None = None,
    ) -> None:
        """Take what a page tells of one item; an item that cannot be read is set aside with its raw answers.

        `updates`: the revisions that its updates led to, where they were asked for already.
        """
        if (held is not None or self._scope.holds(revisions[-1])) and self._is_refused(revisions):
            return
        news = [revision for revision in revisions if held is None or _rev(revision) > held.rev]
        if held is None and not any(self._scope.holds(revision) for revision in news):
            return
        if held is not None and not news:
            if _rev(revisions[-1]) == held.rev:
                self._take_again(held, revisions[-1], gathered, updates=updates)
            elif updates is not None and not held.is_deleted:  # asked for by itself, a restored server tells less
                gathered.contradicts = True
                self._take_news(external_id, held, updates, gathered, is_whole=_rev(updates[0]) == 1, anew=True)
            return
        is_late = held is None and _rev(news[0]) > 1
        news, is_whole = self._without_gaps(external_id, held, news, updates=updates)
        self._take_news(external_id, held, news, gathered, is_whole=is_whole)
        if is_late:
            self._links_again(external_id)

    def _is_refused(self, revisions: Sequence[Mapping[str, Json]]) -> bool:
        """Does the newest of an item's revisions belong to a project that we may not read?"""
        project = revisions[-1]["fields"].get("System.TeamProject")
        return isinstance(project, str) and self._surroundings.is_refused(project)

    def _owe(self, external_id: str) -> None:
        self._position = replace(self._position, owed=self._position.owed | {external_id})

    def _take_news(
        self,
        external_id: str,
        held: Record | None,
        news: list[Mapping[str, Json]],
        gathered: _Gathered,
        *,
        is_whole: bool,
        anew: bool = False,
    ) -> None:
        """`anew`: the revisions are all that we know of the item; only its links stay."""
        raws = [Raw(external_id=external_id, kind=f"revision:{_rev(each)}", body=each) for each in news]
        record, changes = None if anew else held, list[Change]()
        shown: Record | None = None  # as its row shows it: elsewhere its history goes on, but the row stays as it left
        try:
            for revision in news:
                before = record
                record, found = follow(
                    before,
                    revision,
                    is_whole=is_whole,
                    in_scope=self._scope.holds,
                    project_id=self._surroundings.project_id,
                    category=self._surroundings.category,
                    vocabulary=self._vocabulary,
                )
                changes += found
                if before is None or not (before.is_elsewhere and record.is_elsewhere):
                    shown = record
            assert record is not None
            is_newest = shown is record
            if anew:
                record = replace(record, links=held.links if held else ())
            if shown is not None:
                shown = record if is_newest else replace(shown, links=record.links)
            item = None if shown is None else item_of(shown, self._vocabulary)
            self._note_strangers(record)
        except RefusedProjectError:
            self._owe(external_id)
            return
        except UnreadableItemError as error:
            gathered.raws += raws
            gathered.unreadable.append((external_id, str(error)))
            return
        gathered.changed_presence(held, record)
        self._keep(record, item, gathered, changes=changes, raws=raws)

    def _note_strangers(self, record: Record) -> None:
        strangers = {name for name, home in record.homes.items() if name == home}
        if not strangers <= self._position.strangers:
            self._position = replace(self._position, strangers=self._position.strangers | strangers)

    def _take_again(
        self,
        held: Record,
        told: Mapping[str, Json],
        gathered: _Gathered,
        *,
        updates: list[Mapping[str, Json]] | None,
    ) -> None:
        """Take a revision that we hold. Where it says something else than before, the item is read anew by its updates;
        the changes that come out differently are then mended by the store.
        """
        external_id, is_told = held.external_id, True
        try:
            was_hidden = self._is_in_a_project_shown_since(held)
            if was_hidden or not same_content(held, told, self._vocabulary):
                if updates is None:
                    updates = revisions_from_updates(self._updates(external_id), fields=self._fields)
                told = next((each for each in updates if _rev(each) == held.rev), held.revision)
                is_told = told is not held.revision
                if not was_hidden:
                    _log.warning(
                        "%s: %s was told twice as rev %s, and differently", self._who, key_of(external_id), held.rev
                    )
                if (was_hidden and is_told) or not same_content(held, told, self._vocabulary):
                    news = [each for each in updates if _rev(each) <= held.rev]
                    gathered.contradicts = True
                    self._take_news(external_id, held, news, gathered, is_whole=_rev(news[0]) == 1, anew=True)
                    return
            after = self._refreshed(held, told)
        except RefusedProjectError:
            self._owe(external_id)
            return
        except UnreadableItemError as error:
            gathered.unreadable.append((external_id, str(error)))
            return
        self._keep(after, self._shown(held, after), gathered, is_told=is_told)

    def _is_in_a_project_shown_since(self, held: Record) -> bool:
        """Did an item move into a project that was hidden then, and is shown now? Its name stands for its id until the
        item is read anew.
        """
        name = str(held.revision["fields"]["System.TeamProject"])
        return held.project_id == name and self._surroundings.project_id(name) != name

    def _refreshed(self, held: Record, told: Mapping[str, Json]) -> Record:
        """What we hold and the fields that were not asked for then, with today's scope and categories.

        Of the system's own fields, which an item's updates do not tell whole and nobody makes later, only those that
        rules name.
        """
        identity = tracked_in(held, self._vocabulary)["status"][1] or ""
        category = self._surroundings.category(str(held.revision["fields"]["System.TeamProject"]), identity)
        categories = {**held.categories, **({identity: category} if category else {})}
        then, today = held.revision["fields"], told["fields"]
        places = {place: today[place] for place in PLACES if today.get(place, then.get(place)) != then.get(place)}
        ruled = set(self._vocabulary.text_fields.values())
        newly = {
            name: value
            for name, value in today.items()
            if name not in then and (name in ruled or not name.startswith("System."))
        }
        revision = {**held.revision, "fields": {**then, **newly}} if newly else held.revision
        after = replace(held, revision=revision, categories=categories, tracked={}, details=None, places=places)
        return replace(after, in_scope=self._is_in_scope(after))

    def _is_in_scope(self, record: Record) -> bool:
        """Does today's scope hold an item? Its project may be called otherwise by now than in its newest revision."""
        today = record.today()
        if self._scope.holds(today):
            return True
        name = self._surroundings.shown().get(record.project_id)
        return name is not None and self._scope.holds(
            {**today, "fields": {**today["fields"], "System.TeamProject": name}}
        )

    def _without_gaps(
        self,
        external_id: str,
        held: Record | None,
        news: list[Mapping[str, Json]],
        *,
        updates: list[Mapping[str, Json]] | None,
    ) -> tuple[list[Mapping[str, Json]], bool]:
        """Fill missing revisions from the item's own updates, and say whether its history is whole.

        An item that came into scope later was not kept before. A number that its updates lack, too, was never there.
        """
        first = held.rev + 1 if held else 1
        numbers = {_rev(revision) for revision in news}
        newest = max(numbers)
        was_whole = held.is_whole if held else True
        if numbers == set(range(first, newest + 1)):
            return news, was_whole
        rebuilt = updates
        if rebuilt is None:
            rebuilt = revisions_from_updates(self._updates(external_id), fields=self._fields)
        known = {_rev(revision): revision for revision in rebuilt if first <= _rev(revision) <= newest}
        whole = was_whole and bool(known) and numbers <= known.keys() and (held is not None or 1 in known)
        merged = known | {_rev(revision): revision for revision in news}
        return [merged[rev] for rev in sorted(merged)], whole

    def _updates(self, external_id: str) -> list[Mapping[str, Json]]:
        """An item's updates; none for one in the recycle bin, or hidden from us by now.

        Raises UnreadableItemError for one that the server shows, and of which alone it does not give them.
        """
        try:
            return self._asked.updates(external_id)
        except TrackerError as error:
            if not may_be_of_one_item(error):
                raise
            if error.status in (403, 404) and not self._asked.is_shown(external_id):
                return []
            for project in list(self._surroundings.shown().values())[:1]:
                self._surroundings.knock(project)  # else it is the server that is out of order
            raise UnreadableItemError(refused_alone(f"{self._who}: {key_of(external_id)}", error)) from error

    def _has_late_strangers(self, events: Sequence[LinkEvent]) -> bool:
        """Do links name items that may have been made after the stream of revisions was read?"""
        since = self._revisions_began - LATE_LINK
        late = {event.to_id for event in events if event.changed_at >= since}
        return bool(late - self._held(late))

    def _take_links(self, events: Sequence[LinkEvent]) -> _Gathered:
        """Take what a page tells of links that touch our items; a child's row and history change with its parent."""
        gathered = _Gathered(watermark=self._position.watermark)
        held = self._held({end for event in events for end in (event.from_id, event.to_id)})
        children: dict[str, list[LinkFact]] = defaultdict(list)
        for event in events:
            if event.kind == "child":
                children[event.to_id].append(LinkFact(parent=event.from_id, active=event.active, at=event.changed_at))
        gathered.links += [event for event in events if {event.from_id, event.to_id} & held]
        self._recall(children.keys() & held)
        for external_id, told in children.items():
            record = self._record(external_id, look=external_id in held)
            if record is None:
                continue
            after, changes = link_up(record, told, self._vocabulary)
            if after.links != record.links:
                self._keep(after, self._shown(record, after), gathered, changes=changes)
        return gathered

    def _held(self, external_ids: set[str]) -> set[str]:
        """Those of them that we hold, or have met on this walk.

        The store is asked for others alone, and not at all where it was empty: an answer waits until the last batch is
        written, and nothing would be read or fetched meanwhile.
        """
        met = {each for each in external_ids if int(each) in self._done}
        unmet = external_ids - met
        found = set(self._known.parents(sorted(unmet))) if unmet and not self._began_empty else set()
        return met | (external_ids & self._records.keys()) | found

    def _shown(self, before: Record, after: Record) -> WorkItem | None:
        return None if before.is_elsewhere and after.is_elsewhere else item_of(after, self._vocabulary)

    def _keep(
        self,
        record: Record,
        item: WorkItem | None,
        gathered: _Gathered,
        *,
        changes: Sequence[Change] = (),
        raws: Sequence[Raw] = (),
        is_told: bool = False,
    ) -> None:
        """Hand on what is new of an item; `item` None: its row stays as it was when it left."""
        self._records[record.external_id] = record
        self._records.move_to_end(record.external_id)
        while len(self._records) > MOST_RECORDS_IN_MEMORY:
            self._records.popitem(last=False)
        gathered.changes += changes
        gathered.raws += [*raws, Raw(external_id=record.external_id, kind=ITEM, body=record.body())]
        self._done.add(int(record.external_id))
        if item is None:
            return
        (gathered.retold.discard if raws or is_told else gathered.retold.add)(record.external_id)
        gathered.items.append(item)
        gathered.histories[record.external_id] = record.history
        if record.is_deleted:
            gathered.recycled.append((record.external_id, record.read_at))
        elif record.is_elsewhere:
            gathered.out_of_scope.append((record.external_id, key_of(record.external_id)))

    def _record(self, external_id: str, *, look: bool) -> Record | None:
        if external_id in self._records:
            self._records.move_to_end(external_id)
            return self._records[external_id]
        if look:
            self._recall({external_id})
        return self._records.get(external_id)

    def _recall(self, external_ids: set[str]) -> None:
        """Read the records of these items back from the store, all at once, as far as they are not in memory."""
        away = sorted(external_ids - self._records.keys())
        for external_id, raw in self._known.item_raws(away).items() if away else ():
            self._records[external_id] = record_of(raw.body, who=f"{self._who}: {key_of(external_id)}")

    def _batch(self, gathered: _Gathered) -> Batch:
        vouched = self._position.projects & self._surroundings.shown().keys()
        self._position = replace(self._position, projects=vouched)
        return Batch(
            items=gathered.items,
            histories=gathered.histories,
            changes=gathered.changes,
            raws=gathered.raws,
            links=gathered.links,
            statuses=self._surroundings.take_new_statuses(),
            recycled=gathered.recycled,
            restored=gathered.restored,
            out_of_scope=gathered.out_of_scope,
            unreadable=gathered.unreadable,
            contradicts=gathered.contradicts,
            retold=gathered.retold,
            cursor=self._position.cursor(self._scope, self._surroundings.kept_look()),
            done=len(self._done),
        )


@dataclass(kw_only=True)
class _Gathered:
    """What one page came to, before it is a batch."""

    watermark: datetime | None
    items: list[WorkItem] = field(default_factory=list)
    histories: dict[str, HistoryState] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    raws: list[Raw] = field(default_factory=list)
    links: list[LinkEvent] = field(default_factory=list)
    recycled: list[tuple[str, datetime]] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    out_of_scope: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    contradicts: bool = False
    retold: set[str] = field(default_factory=set)  # without a revision that came now

    def saw(self, picture: Picture) -> None:
        """Move the watermark; a date that cannot be read or is not real yet does not."""
        try:
            moment = picture.moment("System.ChangedDate")
        except UnreadableItemError:
            return
        if moment is not None:
            self.watermark = moment if self.watermark is None else max(self.watermark, moment)

    def changed_presence(self, before: Record | None, after: Record) -> None:
        was_here = before is None or (before.in_scope and not before.is_deleted)
        if not was_here and after.in_scope and not after.is_deleted:
            self.restored.append(after.external_id)


def _is_light(name: str, described: Mapping[str, Json]) -> bool:
    if name == TAGS:
        return True
    if str(described.get("type", "")).lower() in LONG_TEXT_TYPES or name.startswith("WEF_"):
        return False
    is_person = bool(described.get("isIdentity")) or str(described.get("type", "")).lower() == "identity"
    return not is_person or name == ASSIGNED_TO or name.startswith("Custom.")


def _revision(value: Mapping[str, Json], *, who: str) -> Mapping[str, Json]:
    """What we keep of a revision: id, number, fields; addresses and _links are left out."""
    number, rev, fields = value.get("id"), value.get("rev"), value.get("fields")
    if not isinstance(fields, Mapping):
        raise UnreadableAnswerError(f"{who}: a revision carries no fields; nothing of its page was kept")
    if type(number) is not int or type(rev) is not int:
        read = Fields(value, who=who)
        number, rev = read.whole("id"), read.whole("rev")
    return {"id": number, "rev": rev, "fields": fields}


def _rev(revision: Mapping[str, Json]) -> int:
    return int(revision["rev"])


_KIND_OF_FAMILY = {"hierarchy": "child", "dependency": "blocks", "related": "relates"}


def _link_events(values: Sequence[Mapping[str, Json]], *, who: str) -> list[LinkEvent]:
    """The links of hierarchy, dependency and relation, oldest first. A predecessor blocks."""
    events = []
    for value in values:
        read = Fields(value, who=who)
        family, _, direction = read.text("rel").lower().removeprefix("system.linktypes.").partition("-")
        if family not in _KIND_OF_FAMILY:
            continue
        ends = [read.optional_text(f"attributes/{end}") or read.text(end) for end in ("sourceId", "targetId")]
        upper, lower = reversed(ends) if direction == "reverse" else ends
        events.append(
            LinkEvent(
                from_id=upper,
                to_id=lower,
                kind=_KIND_OF_FAMILY[family],
                active=bool(read.at("attributes/isActive")),
                changed_at=read.moment("attributes/changedDate"),
            )
        )
    return sorted(events, key=lambda event: event.changed_at)  # at one instant, as they were told
