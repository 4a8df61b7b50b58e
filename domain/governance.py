"""Rules that items must keep, and what is needed to judge them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.change import Change
from domain.strategy import Matcher
from domain.work_item import ItemId, WorkItem

# What every item has under a name of ours; any other name is a field of the tracker.
OWN = ("owner", "due_on", "starts_on", "labels", "components", "team", "parent", "resolution")
VALUES = ("business_value", "time_criticality", "risk_reduction", "job_size", "cost_estimate", "story_points")


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """An item, by its key, that a rule need not hold for, up to a day and with it; who answers for that, and why."""

    item: str
    until: date
    owner: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What items of a level must show.

    It holds for items that `matcher` takes (None: all) and whose cost estimate is at least `threshold`. `requires`
    names fields that must be filled. `states` are the statuses, in lower case, that must not be entered without;
    `before` is what people call them, None: what is asked for must be there now. With `approved`, one of
    `approving_states` was entered or a decision about the item was taken. With `segregated`, who owns that decision
    does not own the item. `ceiling` is the highest cost estimate. Costs are in whole units of the currency.
    """

    id: str
    name: str
    level: str = "epic"
    matcher: Matcher | None = None
    threshold: Decimal | None = None
    requires: tuple[str, ...] = ()
    before: str | None = None
    states: frozenset[str] = frozenset()
    approved: bool = False
    approving_states: frozenset[str] = frozenset()
    segregated: bool = False
    ceiling: Decimal | None = None
    owner: str | None = None
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An item that rules concern, with its changes, oldest first.

    `rules` are those whose matcher takes it. `unseen` are fields that no item of its source has ever shown: their name
    may be wrong, or the token may not read them.
    """

    item: WorkItem
    changes: tuple[Change, ...] = ()
    rules: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, eq=False)
class Governed:
    """All rules, and all items that they concern. It is itself alone, so that what follows from it can be kept."""

    rules: tuple[Rule, ...] = ()
    subjects: Mapping[ItemId, Subject] = field(default_factory=dict)
