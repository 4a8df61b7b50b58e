"""What could stop us, as facts: the register of risks, what waits for what, and what is blocked now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.journey import Journey
from domain.precedence import Precedence, Unresolved
from domain.work_item import ItemId
from metrics.dependencies import Edge, Likely
from metrics.forecasts.planning import Planned
from metrics.forecasts.when import Forecasts
from metrics.risk import EVERY_RULE, Rules
from metrics.risk_register import Register

DAY = 86_400  # seconds


@dataclass(frozen=True, kw_only=True, eq=False)
class Hazards:
    """Everything that numbers about risks and dependencies rest on.

    `has_risk_rules`: somebody said which items are risks. `blocking` are the open items that a link says block one.
    """

    register: Register = field(default_factory=Register)
    hygiene: Rules = EVERY_RULE
    has_risk_rules: bool = False
    waits: Precedence = field(default_factory=Precedence)
    edges: Sequence[Edge] = ()
    blocking: Mapping[ItemId, Sequence[ItemId]] = field(default_factory=dict)
    blocked_statuses: frozenset[tuple[str, str]] = frozenset()  # source and status, folded
    horizon: date | None = None  # the last day of the next two iterations

    @property
    def unresolved(self) -> Sequence[Unresolved]:
        return self.waits.unresolved


NOTHING = Hazards()


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """An open item that is blocked: by `others`, by the status it is in, or by a flag; and the days it lost so far."""

    journey: Journey
    cause: str  # item, status, flag
    days_lost: int
    others: tuple[ItemId, ...] = ()


def blocked_now(journeys: Iterable[Journey], hazards: Hazards) -> tuple[Blocked, ...]:
    """Open items that are blocked, by cause, those that lost most first.

    The cause is another item where a link says so and that item is still open; else the status, where the settings say
    that it blocks; else the flag. Days lost are the blocked days since the item began, to the nearest whole day.
    Definition 3.3, version 1.
    """
    every = {one.id: one for one in journeys}
    found = []
    for one in every.values():
        if not one.is_blocked or not one.is_open:
            continue
        others = tuple(id for id in hazards.blocking.get(one.id, ()) if id in every and every[id].is_open)
        in_status = (one.id.source, one.status.casefold()) in hazards.blocked_statuses
        cause = "item" if others else "status" if in_status else "flag"
        found.append(Blocked(journey=one, cause=cause, days_lost=round(one.spans.blocked / DAY), others=others))
    return tuple(sorted(found, key=lambda one: (-one.days_lost, one.journey.id)))


def likely_days(planned: Planned, forecasts: Forecasts) -> dict[ItemId, Likely]:
    """Of each open epic that has a date, the days that half and 85 % of all trials reach; and when half begin it."""
    return {
        planned.epics[one.id].id: Likely(p50=one.dates.get(50), p85=one.dates.get(85), starts_on=one.starts.get(50))
        for one in forecasts.epics
        if one.dates or one.starts
    }
