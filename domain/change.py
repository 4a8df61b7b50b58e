"""One change of one field of one item."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from domain.work_item import ItemId

# Changes of these fields are kept, and of `fields.NAME` for each further field that the portfolio's rules name
# (NAME as the settings write it); everything else in a tracker's history is noise to us.
FIELDS = (
    "status", "resolution", "type", "parent", "project", "key", "labels", "components", "area", "iteration", "team",
    "flagged", "owner", "links", "due_on", "starts_on", "rank", "removed",
    "business_value", "time_criticality", "risk_reduction", "job_size", "cost_estimate", "story_points",
    "delay_per_week",
    "mvp_cost", "mvp_spend",
)  # fmt: skip


class Change(NamedTuple):
    """Field `field` went from one value to another at `occurred_at`; we learned it at `known_at`.

    `change_id` is stable for ever: "history:index" in Jira, "rev:field" in Azure DevOps. The names are the
    tracker's words at the time; the ids outlive renaming. A status change from nothing (`from_value` None)
    is the item's first state. Changes come by the million, so each is a named tuple; make it by keyword.
    """

    source: str
    external_id: str
    change_id: str
    sequence: int  # orders changes of one item that share an instant
    field: str
    occurred_at: datetime
    from_value: str | None
    to_value: str | None
    from_id: str | None = None
    to_id: str | None = None
    known_at: datetime | None = None  # set by the store

    @property
    def item_id(self) -> ItemId:
        return ItemId(self.source, self.external_id)
