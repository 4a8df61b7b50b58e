"""Is more planned for an increment than those who work on it can finish? Definition 3.7, load by capacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import Calendar
from domain.journey import Journey
from domain.trust import SourceTrust
from metrics.forecasts.how_many import HowMany, chance_of, how_many
from metrics.forecasts.planning import Planned, name_of, team_of
from metrics.selection import Scope

DEFINITION_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class LoadCapacity:
    """What a part of the portfolio has planned until a day, beside how much it will probably finish.

    `items` are planned. `unsplit` are due, and nobody has split them into items: they come on top, and nobody knows how
    much that is. `ratio` None: no item is planned, or none can be forecast. `finish_all`: how likely all is finished.
    """

    scope: Scope
    by: date
    items: tuple[Journey, ...]
    unsplit: tuple[Journey, ...]
    found: HowMany
    finish_all: float | None
    definition_version: int = DEFINITION_VERSION

    @property
    def capacity(self) -> int | None:
        """The number that half of all trials reach."""
        return self.found.at_least.get(50)

    @property
    def ratio(self) -> float | None:
        return len(self.items) / self.capacity if self.capacity and self.items else None

    @property
    def is_over_committed(self) -> bool:
        return self.ratio is not None and self.ratio > 1


def load_capacity(
    planned: Planned,
    *,
    scope: Scope,
    by: date,
    calendar: Calendar,
    as_of: datetime,
    sources: Sequence[SourceTrust] = (),
) -> LoadCapacity:
    """Items left below epics and features due by the end of an increment, by what as many days bring in the median.

    Both are items of the lowest level, of the scope, and of epics: upkeep goes on beside them, on both sides of the
    line. A feature may be due before its epic is; what is below both counts once. Overdue ones are planned still, and
    those of an epic that was given up or removed are not. 72 planned, and half of all trials reach 60: 1.2,
    over-committed (T22). Definition 3.7, version 2.
    """
    due = {epic.id: epic for epic in planned.epics.values() if epic.due_on is not None and epic.due_on <= by}
    features = [one for one in planned.due_features if one.feature.due_on is not None and one.feature.due_on <= by]
    whole = {one.id: one for one in planned.plan.epics}
    below = [one for epic in due for one in planned.open_work[name_of(epic)]]
    below += [item for one in features for item in one.left]
    items = tuple({one.id: one for one in below if scope.holds(one)}.values())
    unsplit = [epic for epic in due.values() if whole[name_of(epic.id)].unsplit]
    unsplit += [one.feature for one in features if not one.is_split and one.epic.id not in due]
    team = team_of(
        [one for one in planned.of_epics if scope.holds(one)],
        calendar=calendar,
        as_of=as_of,
        sources=sources,
        window_days=planned.window_days,
    )
    plan = planned.plan
    found = how_many(team, name=scope.name, as_of=plan.as_of, by=by, seed=plan.seed, trials=plan.trials)
    return LoadCapacity(
        scope=scope,
        by=by,
        items=items,
        unsplit=tuple(one for one in unsplit if scope.holds(one)),
        found=found,
        finish_all=chance_of(
            len(items), team, name=scope.name, as_of=plan.as_of, by=by, seed=plan.seed, trials=plan.trials
        )
        if items
        else None,
    )
