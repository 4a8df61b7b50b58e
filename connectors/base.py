"""What every tracker's connector offers, and errors named by what the caller should do.

A connector turns a tracker's answers into batches. It keeps no state of its own: where to go on from is an
opaque `Cursor` (JSON values only) that the engine stores in the transaction of the rows it vouches for. One word of it
is common to all: `projects`, the ids of those that it vouches for. Of one that is taken out, all is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from domain.change import Change
from domain.work_item import HistoryState, Status, WorkItem

Json = Any
Cursor = Mapping[str, Json]
# What Python says of a number where a list should be, and the like.
IMPOSSIBLE_SHAPES = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


def vouches_for(cursor: Cursor | None, project_id: str) -> bool:
    """Does a cursor vouch for a project? One that names none vouches for all."""
    named = (cursor or {}).get("projects")
    return named is None or project_id in named


def vouching_without(cursor: Cursor, project_ids: Collection[str]) -> Cursor:
    """The cursor, less its word for these projects."""
    if "projects" not in cursor:
        return cursor
    return {**cursor, "projects": [each for each in cursor["projects"] or () if each not in project_ids]}


class TrackerError(Exception):
    """Something went wrong with a tracker. The message says who, what was found, and what to do; never a secret.

    `status` is the HTTP status behind it, where an answer of the tracker is to blame.
    """

    status: int | None = None


class TrackerUnavailableError(TrackerError):
    """Later may be better: no connection, 5xx, time-outs. Everything held stays as it is."""


class DeferredError(TrackerUnavailableError):
    """The tracker asked us to come back later than this run may last; the cursor is intact."""

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class AccessDeniedError(TrackerError):
    """A person must act: token wrong, expired, too small, or its owner changed. Never retried."""


class AccountAtStakeError(AccessDeniedError):
    """The tracker has begun to shut the account (it asks for a CAPTCHA): not one more try before a person has acted."""


class SettingsError(TrackerError):
    """A person must mend the settings: no such project, unknown field, wrong kind of server."""


class UnreadableAnswerError(TrackerError):
    """The tracker answered something that is not data (HTML, empty, wrong shape). The batch is discarded."""


class UnreadableItemError(UnreadableAnswerError):
    """One item is not as it should be: set it aside, keep it, go on with the others."""


REFUSALS_OF_ONE = frozenset({400, 403, 404, 410, 500})  # not what proxies say, nor any wish that we wait


def may_be_of_one_item(refusal: TrackerError) -> bool:
    """Can it be that the tracker refuses the one item that was asked for, and is else as it should be?

    No connection, a time-out and a request to wait say nothing of an item; a CAPTCHA is for the whole account. Who asks
    this asks the tracker for something else as well, before the item is set aside.
    """
    return refusal.status in REFUSALS_OF_ONE and not isinstance(refusal, AccountAtStakeError)


def refused_alone(who: str, refusal: TrackerError) -> str:
    """Why an item is set aside; `who` names source and item."""
    return (
        f"{who} is named by the tracker, which answers {refusal.status} when asked for it alone; the next run asks "
        "again; open it in the tracker, and let an administrator look at it"
    )


class IncompleteWalkError(TrackerError):
    """Paging went in circles or stopped early; what was committed is good, the cursor does not move on."""


class RefusedRequestError(TrackerError):
    """Our own guard refused to let a request out: not a read, not the pinned host, not in the list."""


class CursorLostError(TrackerError):
    """The tracker no longer accepts the cursor's token; start again from the cursor's watermark."""


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """How access tokens are got (`connectors.credentials`); `client_secret` and `refresh_token` are the secrets.

    `tenant`: of Microsoft Entra; None: Atlassian. `refresh_token`: as a person first put it there; the ones that follow
    are kept in the file `kept_in`. `learned` is told each secret before it is used, so that no log shows it.
    """

    client_id: str
    client_secret: str = field(repr=False)
    tenant: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    kept_in: str | None = None
    token_url: str | None = None  # in place of the service's own: only with allow_insecure or allow_private
    learned: Callable[[str], object] = field(default=lambda _: None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """What a connector must know of its source. `token` is the secret itself; its repr must never be logged.

    With `oauth` the token is empty: access tokens come and go.
    """

    name: str
    kind: str  # jira | azure_devops
    url: str
    user: str | None = None
    token: str = field(repr=False)
    oauth: OAuth | None = None
    jql: str | None = None  # Jira scope
    projects: tuple[str, ...] = ()  # Azure DevOps scope (empty: all visible)
    area: str | None = None
    value_fields: Mapping[str, str] = field(default_factory=dict)  # our name -> the tracker's field (name or id)
    value_scales: Mapping[str, int] = field(default_factory=dict)  # our name -> multiply by
    text_fields: tuple[str, ...] = ()  # further fields that rules name
    shared_fields: frozenset[str] = (
        frozenset()
    )  # of these names, those that all sources are asked for: some may lack one
    blocked_flags: bool = True  # the tracker's own impediment flag, or Blocked field or tag, means blocked
    blocked_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field -> values that mean blocked
    allow_insecure: bool = False
    allow_private: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None
    request_timeout_seconds: int = 120
    run_deadline_seconds: int = 6 * 3600
    sleep_budget_seconds: int = 900

    @property
    def named_fields(self) -> tuple[str, ...]:
        """Every name that stands for a field of the tracker, each once."""
        return tuple(dict.fromkeys([*self.value_fields.values(), *self.text_fields, *self.blocked_fields]))


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One project the source shows. `state`: live, archived, access_lost, or out_of_scope (seen, not asked for).

    `declared`: how many items the tracker itself says the project has, where it tells so beside the name; None: it
    does not, or the source's scope is narrower than whole projects.
    """

    id: str
    key: str
    name: str
    state: str = "live"
    declared: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sprint:
    """A sprint (Jira) or an iteration (Azure DevOps). Days are as the tracker gives them, never shifted.

    `starts_at`: the instant behind the first day, where the tracker tells one: which day it is depends on the zone.
    """

    id: str
    name: str
    state: str  # future, active, closed
    starts_on: date | None
    ends_on: date | None
    completed_at: datetime | None = None
    board: str | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What a source said of itself before a run. `warnings` are for people: a token that could write, say.

    `names_projects`: the settings say which projects are in scope, so that one which is neither named nor shown was
    taken out on purpose.
    """

    product: str  # "Jira Cloud 1001.0.0", "Azure DevOps Server 7.1"
    identity: str  # stable id of the token's owner
    identity_name: str
    server_time: datetime
    server_zone: str | None
    tells_time: bool = True  # False: `server_time` is our own clock's, for want of a word
    scopes: tuple[Scope, ...]
    names_projects: bool = False
    statuses: tuple[Status, ...] = ()
    sprints: tuple[Sprint, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A project in scope that was shown when a run began, and that the tracker then would not let us read.

    `state`: forbidden (shown, and refused) or access_lost (no longer shown). `is_empty`: nobody named it and nothing of
    it was met, so that it may well have no items at all.
    """

    id: str
    key: str
    state: str = "forbidden"
    is_empty: bool = False


def ids_asked(named: Mapping[str, str], asked: Collection[str]) -> dict[str, str]:
    """The ids that names stand for, "" for one that items are not asked for."""
    return {name: id if id in asked else "" for name, id in named.items()}


def refuse_renamed(named: Mapping[str, str], *, then: Mapping[str, str], today: Mapping[str, str], who: str) -> None:
    """Raise SettingsError for a field that the settings no longer reach, since it is called otherwise by now.

    Else every item would look as if nobody had filled it. `named`: what the settings' names stand for, `then`: what
    they last stood for, when they did; `today`: how the fields that are there are called, by id. One that is there no
    more is refused by nobody: it is gone, and so is what it said.
    """
    reached = set(named.values())
    lost = ((name, id) for name, id in then.items() if named.get(name) == "" and id in today and id not in reached)
    if told := [f"“{name}” is called “{today[id]}” now (its id is {id})" for name, id in lost]:
        raise SettingsError(
            f"{who}: of the fields that the settings name for every source, {'; '.join(told)}; name it in the settings "
            "as it is called here, too; until then nothing is read, and what is held stays"
        )


class Raw(NamedTuple):
    """One raw answer about one item, kept so that a new mapping needs no new download.

    `kind`: `item` (one per item, replaced by newer), or `history:ID` / `revision:N` (one per entry, never replaced).
    """

    external_id: str
    kind: str
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent:
    """A link that appeared or went, from a stream of links (Azure DevOps)."""

    from_id: str
    to_id: str
    kind: str  # child (from is the parent), blocks, relates
    active: bool
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows that belong in one transaction, with the cursor that vouches for them.

    The engine writes `items`, `changes`, `raws`, `links`, `statuses`, `sprints` and `cursor` together or not at all.
    `finished_chunk`: a chunk of the work queue that this batch completes. `enqueue`: chunks of ids to be fetched
    later; an interrupted full load goes on from the chunks that are not done. `starts_over`: the cursor given does not
    vouch for what is asked today, so this batch and those after it are a full walk, though nobody asked for one.
    `declared`: how many items of the whole scope the tracker counted for a question that was asked anyway.
    `contradicts`: the tracker told something again, and otherwise, and was asked which is true: this batch is.
    `retold`: items of this batch that are made of answers from before, and were asked for nothing now.
    """

    items: Sequence[WorkItem] = ()
    histories: Mapping[str, HistoryState] = field(default_factory=dict)  # by external id, for items in the batch
    changes: Sequence[Change] = ()
    raws: Sequence[Raw] = ()
    links: Sequence[LinkEvent] = ()
    statuses: Sequence[Status] = ()
    sprints: Sequence[Sprint] = ()
    recycled: Sequence[tuple[str, datetime]] = ()  # the tracker itself says: deleted
    restored: Sequence[str] = ()
    out_of_scope: Sequence[tuple[str, str]] = ()  # external id, new key
    suspects: Sequence[str] = ()  # silently absent where they should be; a census must look again
    unreadable: Sequence[tuple[str, str]] = ()  # external id, why: set aside, never lost
    enqueue: Sequence[Sequence[str]] = ()
    finished_chunk: int | None = None
    warnings: Sequence[str] = ()  # for people, as a preflight's
    cursor: Cursor | None = None
    starts_over: bool = False
    contradicts: bool = False
    retold: Collection[str] = ()
    declared: int | None = None
    done: int = 0  # for progress, items so far in this run
    expected: int | None = None


class Presence(StrEnum):
    """What a direct look says of an item that a census missed."""

    THERE = "there"
    ELSEWHERE = "out_of_scope"
    RECYCLED = "recycled"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class KnownItems(Protocol):
    """What the engine tells a connector of the items already held, so that unchanged ones are not read again.

    Every answer is as of all batches yielded so far: where the engine still writes one, the question waits for it.
    """

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Of those that are held, but not of those that a census removed: shown again, they are read, however old."""

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Chunks of the work queue that are not done, oldest first; read lazily, after each commit."""

    def newest_update(self) -> datetime | None: ...

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:
        """The raw answer of kind `item` of each that is held."""

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Of all that are held, removed ones too."""

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:
        """The items of these projects that are held, not removed, and have no parent."""

    def moved_out_of(self, project_id: str) -> Sequence[str]:
        """The items that are told to have left a project for another one; `project_id` as their changes name it."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one item's raw answers say, read with today's mapping."""

    item: WorkItem
    changes: tuple[Change, ...]
    history: HistoryState


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """A look into a source that a sync would read. Nothing of it is kept.

    `visible`: items in scope by project id, None where the tracker does not tell, nothing of one that refused us
    (`Connector.unread` names it); `is_estimate`: it tells about how many. `sample`: some items, those changed last,
    read whole as a sync reads them. `may_write`: the token's owner may change one of the `asked_of` items at least;
    None where the tracker does not tell by any read that we make.
    """

    visible: Mapping[str, int | None]
    is_estimate: bool
    sample: Batch
    may_write: bool | None = None
    asked_of: int = 0


class Connector(Protocol):
    """One source, read only. Every method may raise a TrackerError and nothing else of the network's."""

    settings: SourceSettings

    def preflight(self) -> Preflight:
        """Who are we, what may we see? Raises AccessDeniedError rather than show an empty world."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        """Yield batches from the cursor on (None, or `full`: everything). The last batch's cursor is the new watermark.

        A full walk that was interrupted goes on where it stood, whether `full` is asked or not. A cursor that does not
        vouch for today's scope and fields, or that another version wrote, starts a full walk (`Batch.starts_over`).
        The engine may ask for the next batch while it writes this one; batches are committed one by one, in order.
        An exception leaves what was committed.
        """

    def census(self) -> Iterator[Sequence[str]]:
        """Yield the ids of every item in scope. Raises rather than end early."""

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        """Look at items one by one (or in bulk) that the census missed."""

    def named(self, cursor: Cursor | None, *, then: Mapping[str, str]) -> Mapping[str, str]:
        """The ids of the fields that the settings' names stand for, "" where no item is asked for one.

        `cursor`: where the next walk goes on; what it knows of names for the day is asked again only while rules name
        fields. `then`: what they last stood for, when they did. Raises SettingsError where one of these
        fields is called otherwise by now, and no name of the settings reaches it.
        """

    def asked(self) -> Sequence[str]:
        """The fields that each item is asked for, from the first batch on: without another one it may well have it."""

    def unread(self) -> Sequence[Unread]:
        """The projects that this connector was refused so far; the others were read all the same.

        No cursor of such a walk vouches for them: once they may be read again, everything of theirs is.
        """

    def read(self, raws: Sequence[Raw], named: Mapping[str, str]) -> Reading:
        """Read one item from its raw answers again, by the ids of the fields that `named` tells; no request leaves.

        Raises UnreadableAnswerError.
        """

    def inspect(self, *, items: int) -> Inspection:
        """Count what each project shows, and read about so many items whole; some dozen requests."""

    def requests_made(self) -> int:
        """How many requests have left since the connector was made."""

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class SeenType:
    """An item type of the source: its rank where the tracker has one (1 epic, 0 base, -1 sub-task), and how many."""

    name: str
    rank: int | None
    count: int | None  # None: not counted


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One line of a drafted mapping.

    `what` is the setting's path inside the source (`levels.epic`, `states.waiting`, `resolutions.cancelled`,
    `kinds.defect`, `fields.business_value`), `value` what would stand there, `confidence` 0 to 1, `evidence` what
    we saw, as a sentence. `scale`: what a field's numbers are multiplied by, where its name says that it counts in
    thousands or millions.
    """

    what: str
    value: str
    confidence: float
    evidence: str
    scale: int = 1


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """What a look into a source found, and the mapping that it suggests, the surest guess of each kind first.

    `unread`: the projects that refused us; nothing here is of them.
    """

    source: str
    product: str
    scopes: tuple[Scope, ...]
    types: tuple[SeenType, ...]
    statuses: tuple[Status, ...]
    guesses: tuple[Guess, ...]
    items: int | None = None  # in scope, where the tracker counts; an estimate
    unread: tuple[Unread, ...] = ()
