"""What a tracker tells us of one item, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

RANK = "@rank"  # the tracker's own order, as a text: where an item stands on its backlogs; no field has such a name
RELEASED = "@released"  # the days on which versions that an item belongs to were released, joined by "; "
ITERATION_ID = "@iteration"  # the id of what `iteration` names, where several may bear one name
UNDATED = frozenset({RANK, RELEASED})  # what changes in a tracker without a new date of the item


class ItemId(NamedTuple):
    """Names one item for ever: keys, projects and titles move, this does not."""

    source: str
    external_id: str


class StatusCategory(StrEnum):
    """The tracker's own idea of a status, before any setting of ours.

    Jira: new, indeterminate, done. Azure DevOps: Proposed, InProgress, Resolved, Completed, Removed.
    """

    NEW = "new"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    DONE = "done"
    REMOVED = "removed"
    UNKNOWN = "unknown"


class FlowState(StrEnum):
    """What a status means for flow (Flow Framework, and `ignore`). `unknown`: nobody has mapped it."""

    NEW = "new"
    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    CANCELLED = "cancelled"
    IGNORE = "ignore"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One status of a tracker; statuses that the tracker has dropped are kept."""

    source: str
    status_id: str  # Jira: numeric id. Azure DevOps has no ids: "Project/Type/State".
    name: str
    category: StatusCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that is not hierarchy, seen from the item that carries it.

    `kind` is one of `blocks`, `blocked_by`, `relates`; a predecessor blocks its successor. `type` is the tracker's own
    name of it ("" where it was read before we kept it), and `is_outward` says that the tracker draws it from this item.
    """

    kind: str
    to_id: str  # external id, or the key where the tracker names nothing else
    to_key: str
    type: str = ""
    is_outward: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One epic, feature, story or risk as the tracker shows it now. Instants are aware and in UTC."""

    source: str
    external_id: str
    key: str  # as people say it: CLM-412, AB#20418
    previous_keys: tuple[str, ...] = ()
    url: str
    title: str
    project: str  # Jira: project key. Azure DevOps: project name.
    project_id: str
    type: str
    type_rank: int | None = None  # Jira's hierarchyLevel: -1 sub-task, 0 base, 1 epic; None where there is none
    status: str
    status_id: str
    status_category: StatusCategory
    resolution: str | None = None
    parent_id: str | None = None  # external id within the same source
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    area: str | None = None  # Azure DevOps area path
    iteration: str | None = None  # last sprint's name, or the iteration path
    team: str | None = None
    owner: str | None = None  # display name; shown for accountable roles only (epics, risks)
    flagged: bool = False  # an impediment flag, a Blocked field or tag
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    starts_on: date | None = None  # target start
    due_on: date | None = None
    revision: int | None = None  # Azure DevOps rev
    values: Mapping[str, Decimal] = field(default_factory=dict)
    # values by our names: business_value, time_criticality, risk_reduction, job_size, cost_estimate, story_points,
    # delay_per_week
    fields: Mapping[str, str] = field(default_factory=dict)
    # further fields that rules name, by the name the settings use; text, several values joined by "; "; and @rank etc.
    links: tuple[Link, ...] = ()
    id: ItemId = field(init=False, repr=False, compare=False)  # made once: it is asked for a hundred times

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", ItemId(self.source, self.external_id))


class HistoryState(StrEnum):
    """Is the item's history whole?"""

    COMPLETE = "complete"  # the chain closes: the last state change leads to the current state
    GAP = "gap"  # it does not, even after it was read again
    NONE = "none"  # the tracker gave no history at all, yet the item has moved


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """An item as our store holds it: what the tracker said, and when we learned it."""

    item: WorkItem
    history: HistoryState
    first_known_at: datetime
    known_at: datetime
    missing_since: datetime | None = None  # suspect: absent from a census, not yet believed
    removed_at: datetime | None = None
    removed_reason: str | None = None
    # recycled, archived, access_lost, out_of_scope, deleted_or_hidden, destroyed_or_hidden, id_reused
    asked: str | None = None  # names the fields that it was asked for; None: nobody wrote it down
