"""The store's tables. What each is for stands in `docs/architecture.md`.

Instants are integers: microseconds since 1970-01-01 UTC. Structured values are JSON text with sorted keys, so that both
databases hold the same bytes. Null means unknown. Rows are written and read with SQLAlchemy Core, never as objects.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text
from sqlmodel import Field, SQLModel

# Text that is compared byte by byte on both databases: what SQLite does by itself, and collation C elsewhere.
WORD = Text().with_variant(Text(collation="C"), "postgresql")
RENAMED = text("previous_keys <> '[]'")  # items that once bore another key: few, with an index of their own


class Instance(SQLModel, table=True):
    """One row: which store this is, who may write (the newest epoch), and whether it may mail."""

    __tablename__: ClassVar[Any] = "instance"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    instance_id: str = Field(sa_type=WORD)
    created_at: int = Field(sa_type=BigInteger)
    epoch: int
    first_run_at: int | None = Field(default=None, sa_type=BigInteger)


class SourceState(SQLModel, table=True):
    """Where a source stands: the cursor that vouches for its rows, its pinned identity, the last proof."""

    __tablename__: ClassVar[Any] = "source_states"

    source: str = Field(primary_key=True, sa_type=WORD)
    kind: str = Field(sa_type=WORD)
    base_url: str = Field(sa_type=Text)
    product: str | None = Field(default=None, sa_type=Text)
    identity: str | None = Field(default=None, sa_type=WORD)
    identity_name: str | None = Field(default=None, sa_type=Text)
    pending_identity: str | None = Field(default=None, sa_type=WORD)
    pending_identity_name: str | None = Field(default=None, sa_type=Text)
    server_zone: str | None = Field(default=None, sa_type=Text)
    roster: str = Field(default="[]", sa_type=Text)
    cursor: str | None = Field(default=None, sa_type=Text)
    reading_digest: str | None = Field(default=None, sa_type=WORD)
    rereading_digest: str | None = Field(default=None, sa_type=WORD)  # of a reading again that has not ended
    reread_upto: str | None = Field(default=None, sa_type=WORD)  # the last item's id that it came to
    walked_digest: str | None = Field(default=None, sa_type=WORD)  # of the last sync that came to its end
    named: str | None = Field(default=None, sa_type=Text)  # the fields that settings name, by the ids they had at last
    named_once: str | None = Field(default=None, sa_type=Text)  # those that ever had one, with the last
    read_anew_at: int | None = Field(default=None, sa_type=BigInteger)  # rules name what items were not asked for
    attempted_at: int | None = Field(default=None, sa_type=BigInteger)
    complete_at: int | None = Field(default=None, sa_type=BigInteger)
    full_at: int | None = Field(default=None, sa_type=BigInteger)
    full_since: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = Field(default="never", sa_type=WORD)
    problems: str = Field(default="[]", sa_type=Text)
    census_at: int | None = Field(default=None, sa_type=BigInteger)
    swept_at: int | None = Field(default=None, sa_type=BigInteger)
    declared: int | None = None
    census_problems: str = Field(default="[]", sa_type=Text)
    suspensions: str | None = Field(default=None, sa_type=Text)
    sweep_asked_at: int | None = Field(default=None, sa_type=BigInteger)


class Run(SQLModel, table=True):
    """One attempt at a source: sync, full, sweep or reread. `outcome` running: it goes on, or its process died."""

    __tablename__: ClassVar[Any] = "runs"
    __table_args__ = (Index("runs_by_source", "source", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(sa_type=WORD)
    kind: str = Field(sa_type=WORD)
    started_at: int = Field(sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    seconds: int | None = None
    outcome: str = Field(sa_type=WORD)
    sentence: str = Field(default="", sa_type=Text)
    warnings: str = Field(default="[]", sa_type=Text)
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
    mended: int | None = None


class Proof(SQLModel, table=True):
    """How complete a source, or one scope of it, was when a run ended. The source as a whole has scope id "".

    A scope's row is written when it differs from the scope's last one, and stands until a later run's replaces it.
    """

    __tablename__: ClassVar[Any] = "proofs"

    source: str = Field(primary_key=True, sa_type=WORD)
    scope_id: str = Field(primary_key=True, sa_type=WORD)
    run_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    proven_at: int = Field(sa_type=BigInteger)
    scope_key: str = Field(sa_type=WORD)
    scope_state: str = Field(sa_type=WORD)
    declared: int | None = None
    declared_at: int | None = Field(default=None, sa_type=BigInteger)
    declared_by: str | None = Field(default=None, sa_type=WORD)
    uncounted: int | None = None
    held: int
    missing: int
    removed: int
    out_of_scope: int
    unheld: int | None = None
    complete: int
    bare: int
    gaps: int
    incomplete: int


class Mend(SQLModel, table=True):
    """An item that a sync found to differ from what its source says, though nothing new had happened to it."""

    __tablename__: ClassVar[Any] = "mends"

    run_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    mended_at: int = Field(sa_type=BigInteger)
    differences: str = Field(sa_type=Text)


class Removal(SQLModel, table=True):
    """A tombstone: which sweeps decided it, and what the direct look said; kept when the item comes back."""

    __tablename__: ClassVar[Any] = "removals"

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    removed_at: int = Field(primary_key=True, sa_type=BigInteger)
    reason: str = Field(sa_type=WORD)
    sweeps: str = Field(sa_type=Text)
    look: str = Field(sa_type=WORD)
    returned_at: int | None = Field(default=None, sa_type=BigInteger)


class Item(SQLModel, table=True):
    """What the tracker says of an item now, and what we know of its presence."""

    __tablename__: ClassVar[Any] = "items"
    __table_args__ = (
        Index("items_by_key", "key"),
        Index("items_by_update", "source", "updated_at"),
        Index("items_renamed", "source", "external_id", sqlite_where=RENAMED, postgresql_where=RENAMED),
    )

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    key: str = Field(sa_type=WORD)
    previous_keys: str = Field(sa_type=Text)
    url: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    project: str = Field(sa_type=WORD)
    project_id: str = Field(sa_type=WORD)
    type: str = Field(sa_type=WORD)
    type_rank: int | None = None
    status: str = Field(sa_type=WORD)
    status_id: str = Field(sa_type=WORD)
    status_category: str = Field(sa_type=WORD)
    resolution: str | None = Field(default=None, sa_type=WORD)
    parent_id: str | None = Field(default=None, sa_type=WORD)
    labels: str = Field(sa_type=Text)
    components: str = Field(sa_type=Text)
    area: str | None = Field(default=None, sa_type=WORD)
    iteration: str | None = Field(default=None, sa_type=WORD)
    team: str | None = Field(default=None, sa_type=WORD)
    owner: str | None = Field(default=None, sa_type=Text)
    flagged: bool
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    resolved_at: int | None = Field(default=None, sa_type=BigInteger)
    starts_on: str | None = Field(default=None, sa_type=WORD)
    due_on: str | None = Field(default=None, sa_type=WORD)
    revision: int | None = None
    quantities: str = Field(sa_type=Text)
    fields: str = Field(sa_type=Text)
    links: str = Field(sa_type=Text)
    history: str = Field(sa_type=WORD)
    digest: str = Field(sa_type=WORD)
    first_known_at: int = Field(sa_type=BigInteger)
    known_at: int = Field(sa_type=BigInteger)
    missing_since: int | None = Field(default=None, sa_type=BigInteger)
    strikes: int = 0
    struck_at: int | None = Field(default=None, sa_type=BigInteger)
    struck_by: str = Field(default="[]", sa_type=Text)
    removed_at: int | None = Field(default=None, sa_type=BigInteger)
    removed_reason: str | None = Field(default=None, sa_type=WORD)
    asked: str | None = Field(default=None, sa_type=Text)  # the fields for which it was asked; None: untold


class AskedFields(SQLModel, table=True):
    """The fields that items were asked for, each set of them once: all items of a walk share it."""

    __tablename__: ClassVar[Any] = "asked_fields"

    digest: str = Field(primary_key=True, sa_type=WORD)
    fields: str = Field(sa_type=Text)


class ChangeRow(SQLModel, table=True):
    """One change of one field, with when it was true and when we learned it. Never updated.

    One that its tracker tells otherwise, or tells no more, goes to `former_changes`, and its successor is known from
    then on. Only another mapping of ours reads a kept answer otherwise, and then for the past, too.
    """

    __tablename__: ClassVar[Any] = "changes"
    __table_args__ = (Index("changes_in_order", "source", "external_id", "occurred_at", "sequence", "change_id"),)

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    change_id: str = Field(primary_key=True, sa_type=WORD)
    sequence: int = Field(sa_type=BigInteger)
    field: str = Field(sa_type=WORD)
    occurred_at: int = Field(sa_type=BigInteger)
    known_at: int = Field(sa_type=BigInteger)
    from_value: str | None = Field(default=None, sa_type=Text)
    to_value: str | None = Field(default=None, sa_type=Text)
    from_id: str | None = Field(default=None, sa_type=Text)
    to_id: str | None = Field(default=None, sa_type=Text)


class FormerChange(SQLModel, table=True):
    """A change as its tracker told it before it told otherwise: believed from `known_at` to `known_until`."""

    __tablename__: ClassVar[Any] = "former_changes"

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    change_id: str = Field(primary_key=True, sa_type=WORD)
    known_until: int = Field(primary_key=True, sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    field: str = Field(sa_type=WORD)
    occurred_at: int = Field(sa_type=BigInteger)
    known_at: int = Field(sa_type=BigInteger)
    from_value: str | None = Field(default=None, sa_type=Text)
    to_value: str | None = Field(default=None, sa_type=Text)
    from_id: str | None = Field(default=None, sa_type=Text)
    to_id: str | None = Field(default=None, sa_type=Text)


class JourneyRow(SQLModel, table=True):
    """An item's own journey as it was last traced (`domain.kept`), and where the item belongs (`place`).

    `traced_with` and `placed_with` name what they were made with; a row that names anything else than today's is stale,
    and so is one of an item that stands in `untraced`. `shown` sums up what the places of items below depend on.
    """

    __tablename__: ClassVar[Any] = "journeys"
    __table_args__ = (Index("journeys_by_counted_parent", "source", "counted_parent_id"),)

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    traced_with: str = Field(sa_type=WORD)
    placed_with: str | None = Field(default=None, sa_type=WORD)
    place: int | None = Field(default=None, sa_type=BigInteger)
    shown: int | None = Field(default=None, sa_type=BigInteger)
    settled_at: int = Field(sa_type=BigInteger)
    parent_id: str | None = Field(default=None, sa_type=WORD)
    counted_parent_id: str | None = Field(default=None, sa_type=WORD)
    counted_type: str = Field(sa_type=WORD)
    state: int
    visits: int
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    first_started_at: int | None = Field(default=None, sa_type=BigInteger)
    last_started_at: int | None = Field(default=None, sa_type=BigInteger)
    started_at: int | None = Field(default=None, sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    cancelled_at: int | None = Field(default=None, sa_type=BigInteger)
    removed_at: int | None = Field(default=None, sa_type=BigInteger)
    first_active_at: int | None = Field(default=None, sa_type=BigInteger)
    first_done_at: int | None = Field(default=None, sa_type=BigInteger)
    loaded_from: int | None = Field(default=None, sa_type=BigInteger)
    loaded_until: int | None = Field(default=None, sa_type=BigInteger)
    more_loads: str | None = Field(default=None, sa_type=Text)
    reopen_count: int
    is_blocked: bool
    has_unmapped: bool
    excluded_reason: str | None = Field(default=None, sa_type=WORD)
    active_seconds: int = Field(sa_type=BigInteger)
    waiting_seconds: int = Field(sa_type=BigInteger)
    blocked_seconds: int = Field(sa_type=BigInteger)
    paused_seconds: int = Field(sa_type=BigInteger)
    idle_done_seconds: int = Field(sa_type=BigInteger)
    stays: str = Field(sa_type=Text)
    seconds: str = Field(sa_type=Text)


class UntracedItem(SQLModel, table=True):
    """An item that changed, or whose changes did, since its journey was traced. The database itself enters it here.

    So no journey is believed that was traced before a change, whoever made that change and however.
    """

    __tablename__: ClassVar[Any] = "untraced"

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)


class PlaceRow(SQLModel, table=True):
    """Where items belong, each place once: a million items share a few thousand. The id is made of the rest."""

    __tablename__: ClassVar[Any] = "places"

    place: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    level: str | None = Field(default=None, sa_type=WORD)
    kind: str = Field(sa_type=WORD)
    value_stream: str | None = Field(default=None, sa_type=WORD)
    train: str | None = Field(default=None, sa_type=WORD)
    team: str | None = Field(default=None, sa_type=WORD)
    themes: str = Field(sa_type=Text)


class RawRow(SQLModel, table=True):
    """One raw answer, compressed. The two guards keep an older answer from replacing a newer one."""

    __tablename__: ClassVar[Any] = "raws"

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    kind: str = Field(primary_key=True, sa_type=WORD)
    body: bytes = Field(sa_type=LargeBinary)
    known_at: int = Field(sa_type=BigInteger)
    guard_revision: int | None = None
    guard_updated_at: int | None = Field(default=None, sa_type=BigInteger)


class ItemLink(SQLModel, table=True):
    """The newest word of a tracker's stream of links on one link, hierarchy included; gone links stay, inactive."""

    __tablename__: ClassVar[Any] = "item_links"
    __table_args__ = (Index("item_links_to", "source", "to_id", "kind"),)

    source: str = Field(primary_key=True, sa_type=WORD)
    from_id: str = Field(primary_key=True, sa_type=WORD)
    to_id: str = Field(primary_key=True, sa_type=WORD)
    kind: str = Field(primary_key=True, sa_type=WORD)
    active: bool
    changed_at: int = Field(sa_type=BigInteger)
    known_at: int = Field(sa_type=BigInteger)


class LinkWordRow(SQLModel, table=True):
    """Every word that a stream of links told of a link that blocks: it appeared, or it went, at an instant."""

    __tablename__: ClassVar[Any] = "link_words"

    source: str = Field(primary_key=True, sa_type=WORD)
    to_id: str = Field(primary_key=True, sa_type=WORD)
    from_id: str = Field(primary_key=True, sa_type=WORD)
    kind: str = Field(primary_key=True, sa_type=WORD)
    changed_at: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    active: bool
    known_at: int = Field(sa_type=BigInteger)


class BlockingRow(SQLModel, table=True):
    """An item (`external_id`) whose kept journey depends on another, which bears this id or this key (`name`).

    Written when the journey is traced. When the other changes, the database itself enters the item into `untraced`.
    """

    __tablename__: ClassVar[Any] = "blockings"
    __table_args__ = (Index("blockings_by_item", "source", "external_id"),)

    source: str = Field(primary_key=True, sa_type=WORD)
    name: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)


class StatusRow(SQLModel, table=True):
    """A status; kept after its tracker has dropped it."""

    __tablename__: ClassVar[Any] = "statuses"

    source: str = Field(primary_key=True, sa_type=WORD)
    status_id: str = Field(primary_key=True, sa_type=WORD)
    name: str = Field(sa_type=WORD)
    category: str = Field(sa_type=WORD)
    known_at: int = Field(sa_type=BigInteger)


class SprintRow(SQLModel, table=True):
    """A sprint or an iteration; days as the tracker gives them. `known_at`: since when its name and days are known."""

    __tablename__: ClassVar[Any] = "sprints"

    source: str = Field(primary_key=True, sa_type=WORD)
    sprint_id: str = Field(primary_key=True, sa_type=WORD)
    name: str = Field(sa_type=Text)
    state: str = Field(sa_type=WORD)
    starts_on: str | None = Field(default=None, sa_type=WORD)
    ends_on: str | None = Field(default=None, sa_type=WORD)
    completed_at: int | None = Field(default=None, sa_type=BigInteger)
    board: str | None = Field(default=None, sa_type=Text)
    known_at: int = Field(sa_type=BigInteger)
    starts_at: int | None = Field(default=None, sa_type=BigInteger)


class QueueChunk(SQLModel, table=True):
    """Ids that a full load has still to fetch; an interrupted load goes on from the chunks not done."""

    __tablename__: ClassVar[Any] = "queue_chunks"
    __table_args__ = (Index("queue_chunks_open", "source", "done", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(sa_type=WORD)
    external_ids: str = Field(sa_type=Text)
    done: bool = False
    created_at: int = Field(sa_type=BigInteger)


class Unreadable(SQLModel, table=True):
    """An item set aside because we could not read it. Its raw answer is kept; the row goes when it is read well."""

    __tablename__: ClassVar[Any] = "unreadable"

    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    reason: str = Field(sa_type=Text)
    first_seen_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)


class Configuration(SQLModel, table=True):
    """A settings file as it was, compressed, so that an old edition can be made again."""

    __tablename__: ClassVar[Any] = "configurations"

    name: str = Field(primary_key=True, sa_type=WORD)
    digest: str = Field(primary_key=True, sa_type=WORD)
    body: bytes = Field(sa_type=LargeBinary)
    first_seen_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)


class EditionRow(SQLModel, table=True):
    """A published edition. `revision` 0 is the first; the manifest is JSON text."""

    __tablename__: ClassVar[Any] = "editions"
    __table_args__ = (
        Index("editions_by_report", "report", "published_at"),
        Index("editions_by_knowledge", "known_at"),
    )

    edition_id: str = Field(primary_key=True, sa_type=WORD)
    report: str = Field(sa_type=WORD)
    period_key: str = Field(sa_type=WORD)
    audience: str = Field(sa_type=WORD)
    locale: str = Field(sa_type=WORD)
    revision: int
    digest: str = Field(sa_type=WORD)
    known_at: int = Field(sa_type=BigInteger)
    published_at: int = Field(sa_type=BigInteger)
    program_version: str = Field(sa_type=WORD)
    path: str = Field(sa_type=Text)
    manifest: str = Field(sa_type=Text)


class ForecastPlan(SQLModel, table=True):
    """What an edition's forecasts were made from: the plan, packed, and the name of its content. Never rewritten.

    `as_of` is an ISO day. `in_hindsight`: it was published later than that day, when more was known.
    """

    __tablename__: ClassVar[Any] = "forecast_plans"
    __table_args__ = (Index("forecast_plans_by_day", "as_of", "published_at"),)

    edition_id: str = Field(primary_key=True, sa_type=WORD)
    as_of: str = Field(sa_type=WORD)
    known_at: int = Field(sa_type=BigInteger)
    published_at: int = Field(sa_type=BigInteger)
    seed: int = Field(sa_type=BigInteger)
    definition_version: int
    in_hindsight: bool
    digest: str = Field(sa_type=WORD)
    body: bytes = Field(sa_type=LargeBinary)


class ForecastRow(SQLModel, table=True):
    """One forecast of one item as an edition told it. Days are ISO days; `kind` and the rest are those of `Promise`."""

    __tablename__: ClassVar[Any] = "forecasts"
    __table_args__ = (Index("forecasts_by_item", "source", "external_id", "kind", "as_of"),)

    edition_id: str = Field(primary_key=True, foreign_key="forecast_plans.edition_id", sa_type=WORD)
    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    kind: str = Field(primary_key=True, sa_type=WORD)
    percentile: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(sa_type=Text)
    day: str | None = Field(default=None, sa_type=WORD)
    done_trials: int | None = None
    trials: int
    refused: str | None = Field(default=None, sa_type=WORD)
    as_of: str = Field(sa_type=WORD)
    known_at: int = Field(sa_type=BigInteger)
    seed: int = Field(sa_type=BigInteger)
    definition_version: int


class ForecastOutcome(SQLModel, table=True):
    """What became of a forecast, entered when its item ended. An item that is reopened takes its outcomes away."""

    __tablename__: ClassVar[Any] = "forecast_outcomes"
    __table_args__ = (Index("forecast_outcomes_by_item", "source", "external_id"),)

    edition_id: str = Field(primary_key=True, sa_type=WORD)
    source: str = Field(primary_key=True, sa_type=WORD)
    external_id: str = Field(primary_key=True, sa_type=WORD)
    kind: str = Field(primary_key=True, sa_type=WORD)
    percentile: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ended: str = Field(sa_type=WORD)
    ended_on: str = Field(sa_type=WORD)
    kept: bool | None = None
    scored_at: int = Field(sa_type=BigInteger)


class ClosedSpendRow(SQLModel, table=True):
    """How the money of a closed period was attributed when it was first told; never changed. Amounts: minor units.

    `digest` is that of everything it says, so that a figure which somebody wrote anew is noticed when it is read.
    """

    __tablename__: ClassVar[Any] = "closed_spend"

    value_stream: str = Field(primary_key=True, sa_type=WORD)
    name: str = Field(primary_key=True, sa_type=WORD)
    starts: str = Field(sa_type=WORD)
    ends: str = Field(sa_type=WORD)
    closed_on: str = Field(sa_type=WORD)
    known_at: int = Field(sa_type=BigInteger)
    kept_at: int = Field(sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)
    basis: str = Field(sa_type=WORD)
    level: str = Field(sa_type=WORD)
    definition_version: int
    digest: str = Field(sa_type=WORD)
    body: bytes


class Due(SQLModel, table=True):
    """The due ledger: at most one row a report and local calendar period. `state`: claimed, done, failed, missed."""

    __tablename__: ClassVar[Any] = "due"

    report: str = Field(primary_key=True, sa_type=WORD)
    period_key: str = Field(primary_key=True, sa_type=WORD)
    due_at: int = Field(sa_type=BigInteger)
    claimed_at: int = Field(sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    state: str = Field(sa_type=WORD)
    note: str = Field(default="", sa_type=Text)


class MailRow(SQLModel, table=True):
    """The mail ledger: one row an edition and recipient."""

    __tablename__: ClassVar[Any] = "mails"

    edition_id: str = Field(primary_key=True, foreign_key="editions.edition_id", sa_type=WORD)
    recipient: str = Field(primary_key=True, sa_type=WORD)
    message_id: str = Field(sa_type=WORD)
    state: str = Field(sa_type=WORD)
    claimed_at: int = Field(sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
    attempts: int
    reply: str = Field(default="", sa_type=Text)


class SourceHold(SQLModel, table=True):
    """A source that is not to be asked for a while: its tracker said so, or its credentials were not accepted."""

    __tablename__: ClassVar[Any] = "holds"

    source: str = Field(primary_key=True, sa_type=WORD)
    held_since: int = Field(sa_type=BigInteger)
    held_until: int | None = Field(default=None, sa_type=BigInteger)
    refusals: int
    credential: str = Field(sa_type=WORD)
    sentence: str = Field(sa_type=Text)


class Confirmation(SQLModel, table=True):
    """What a person confirmed of a source: a changed token owner, or that many items really went."""

    __tablename__: ClassVar[Any] = "confirmations"

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(sa_type=WORD)
    subject: str = Field(sa_type=WORD)
    detail: str = Field(sa_type=Text)
    confirmed_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)


class KpiReadingRow(SQLModel, table=True):
    """What the endpoint of a KPI answered for a day, and when we learned it. Never updated: a later answer follows."""

    __tablename__: ClassVar[Any] = "kpi_readings"

    kpi: str = Field(primary_key=True, sa_type=WORD)
    day: str = Field(primary_key=True, sa_type=WORD)
    known_at: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    value: str = Field(sa_type=WORD)
    source: str = Field(sa_type=Text)


class KpiAnswer(SQLModel, table=True):
    """How the endpoint of a KPI answers from an instant on: null, or why it gives no reading. Never updated."""

    __tablename__: ClassVar[Any] = "kpi_answers"

    kpi: str = Field(primary_key=True, sa_type=WORD)
    known_at: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    trouble: str | None = Field(default=None, sa_type=Text)


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


METADATA = SQLModel.metadata
INSTANCE = _table("instance")
SOURCE_STATES = _table("source_states")
RUNS = _table("runs")
PROOFS = _table("proofs")
MENDS = _table("mends")
REMOVALS = _table("removals")
ITEMS = _table("items")
# An item as its tracker told it before it told otherwise, kept where an edition had told of it by then: believed from
# `known_at` to `known_until`. The database itself keeps it (migration 0008).
FORMER_ITEMS = Table(
    "former_items",
    METADATA,
    *(Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable) for one in ITEMS.c),
    Column("known_until", BigInteger, primary_key=True, autoincrement=False),
)
CHANGES = _table("changes")
FORMER_CHANGES = _table("former_changes")
JOURNEYS = _table("journeys")
ASKED_FIELDS = _table("asked_fields")
UNTRACED = _table("untraced")
PLACES = _table("places")
RAWS = _table("raws")
ITEM_LINKS = _table("item_links")
LINK_WORDS = _table("link_words")
BLOCKINGS = _table("blockings")
STATUSES = _table("statuses")
SPRINTS = _table("sprints")
# A sprint as it was told before its name or its days were told otherwise: believed from `known_at` to `known_until`.
FORMER_SPRINTS = Table(
    "former_sprints",
    METADATA,
    *(Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable) for one in SPRINTS.c),
    Column("known_until", BigInteger, primary_key=True, autoincrement=False),
)
QUEUE_CHUNKS = _table("queue_chunks")
UNREADABLE = _table("unreadable")
CONFIGURATIONS = _table("configurations")
EDITIONS = _table("editions")
ELSEWHERE = "~"  # in the id of an edition that is not in the folder of the settings
FORECAST_PLANS = _table("forecast_plans")
FORECASTS = _table("forecasts")
FORECAST_OUTCOMES = _table("forecast_outcomes")
CLOSED_SPEND = _table("closed_spend")
DUE = _table("due")
MAILS = _table("mails")
CONFIRMATIONS = _table("confirmations")
HOLDS = _table("holds")
KPI_READINGS = _table("kpi_readings")
KPI_ANSWERS = _table("kpi_answers")
