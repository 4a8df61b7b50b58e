"""How long ago was anything released? Definition 3.6: the release age, which feeds a lens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.journey import Journey
from domain.work_item import RELEASED, FlowState

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ReleaseAge:
    """The newest day on which a version was released that items belong to, and those items; None: none is known.

    `n_used` are the items that belong to any version which was released by then.
    """

    days: int | None = None
    released_on: date | None = None
    keys: tuple[str, ...] = ()
    n_used: int = 0
    n_in_scope: int = 0
    definition_version: int = DEFINITION_VERSION


def release_age(journeys: Iterable[Journey], *, today: date) -> ReleaseAge:
    """Days since the newest release of a version that any of the items belongs to, whatever their level.

    What was released says the tracker: Jira's fix versions with their day, as they were when the item was read. A
    version that was released since without a touch of its items is not seen before a full reading. A tracker without
    versions tells of no release, and nothing known is no age of 0. Days to come are none yet.
    Released on 2 March, asked on 9 March: 7 days. Definition 3.6, version 1.
    """
    kept = [one for one in journeys if one.flow_state is not FlowState.IGNORE]
    told = [(one, days) for one in kept if (days := [day for day in released_on(one) if day <= today])]
    if not told:
        return ReleaseAge(n_in_scope=len(kept))
    newest = max(day for _, days in told for day in days)
    return ReleaseAge(
        days=(today - newest).days,
        released_on=newest,
        keys=tuple(one.key for one, days in told if newest in days),
        n_used=len(told),
        n_in_scope=len(kept),
    )


def released_on(journey: Journey) -> tuple[date, ...]:
    """The days on which versions were released that an item belongs to."""
    return tuple(date.fromisoformat(day) for day in journey.fields.get(RELEASED, "").split("; ") if day)
