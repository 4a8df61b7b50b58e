"""Do the business owners take part? Guardrail 4 of definition 3.7."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.calendar import Calendar, Increment
from domain.journey import Journey
from domain.strategy import Decision, Guardrails, Objective, Seen
from domain.work_item import ItemId
from metrics.selection import Excluded, calendar_of, count

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class InTime:
    """How much was there in time. `excluded` tells what nobody can say, by reason: it is neither in time nor late."""

    met: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.met) + len(self.missed)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    @property
    def share(self) -> Decimal | None:
        """0 to 1; None where nothing is known."""
        return Decimal(len(self.met)) / self.n_used if self.n_used else None


@dataclass(frozen=True, kw_only=True)
class Engaged:
    """How business owners take part: objectives planned and scored in time, epics in work with an active owner.

    `planned_in` and `scored_in` are the increments spoken of, None where no increment has objectives. `old` are the
    decisions that wait for longer than agreed, the oldest first. `least_share` None: nothing was agreed. It is breached
    by any share that is below it, and holds only where objectives are told, too: epics alone are half of it.
    """

    planned: InTime
    scored: InTime
    active: InTime
    old: tuple[Decision, ...]
    waiting: int
    planned_in: Increment | None = None
    scored_in: Increment | None = None
    least_share: Decimal | None = None
    definition_version: int = DEFINITION_VERSION

    @property
    def shares(self) -> dict[str, InTime]:
        return {"planned": self.planned, "scored": self.scored, "active": self.active}

    @property
    def has_objectives(self) -> bool:
        """Is any increment spoken of? Without one, nobody knows how objectives were planned or scored."""
        return self.planned_in is not None or self.scored_in is not None

    @property
    def below(self) -> tuple[str, ...]:
        """Which shares are below what was agreed; none where nothing was."""
        if self.least_share is None:
            return ()
        return tuple(
            name for name, one in self.shares.items() if one.share is not None and one.share < self.least_share
        )


def engagement(
    objectives: Sequence[Objective],
    *,
    journeys: Iterable[Journey],
    touched_at: Mapping[ItemId, datetime] | None = None,
    decisions: Iterable[Decision],
    guardrails: Guardrails,
    calendar: Calendar,
    as_of: datetime,
    increment: Increment | None = None,
) -> Engaged:
    """Shares of objectives planned and scored in time, of epics in work with an active owner, and decisions that wait.

    Planned: business value dated on or before the first day of the newest increment that has begun. Scored: dated at
    most 5 working days after the last day of the newest increment whose time for that is over. The date is the file's
    own; without one, when a version of the file that we keep first said it. Where neither tells, the objective is left
    out (`not_recorded`); what our versions show to have been missing after the day is late, whatever date it bears.
    Where no objective is told of either increment, the guardrail is not judged, unless epics show that it is breached.
    Active: the epic names an owner, and something happened to it or below it (`touched_at`) in the last 30 days; who
    did it is not known. Old: asked more than 14 days ago. `increment` asks for that one in place of the newest.
    3 objectives planned in time, 1 late and 1 that nobody knows of: 75 %, 1 left out. Definition 3.7, guardrail 4,
    version 1.
    """
    agreed = guardrails.engagement
    today = calendar.day(as_of)
    by_increment: dict[str, list[Objective]] = defaultdict(list)
    for one in objectives:
        by_increment[one.increment].append(one)
    known = [one for one in calendar.increments if one.name in by_increment and increment in (None, one)]
    begun = [one for one in known if one.period.start <= today]
    scorable = [one for one in known if scored_by(one, guardrails=guardrails, calendar=calendar) < today]
    planned_in, scored_in = _newest(begun), _newest(scorable)
    waiting = [one for one in decisions if one.decision is None and one.asked_on <= today]
    old = [one for one in waiting if (today - one.asked_on).days > agreed.decided_within_days]
    return Engaged(
        planned=InTime()
        if planned_in is None
        else planned_in_time(by_increment[planned_in.name], planned_in, calendar=calendar),
        scored=InTime()
        if scored_in is None
        else scored_in_time(by_increment[scored_in.name], scored_in, guardrails=guardrails, calendar=calendar),
        active=_active(journeys, touched_at or {}, guardrails=guardrails, calendar=calendar, today=today),
        old=tuple(sorted(old, key=lambda one: (one.asked_on, one.id))),
        waiting=len(waiting),
        planned_in=planned_in,
        scored_in=scored_in,
        least_share=agreed.least_share,
    )


def planned_in_time(objectives: Iterable[Objective], increment: Increment, *, calendar: Calendar) -> InTime:
    """Business value planned on or before the first day of the increment."""
    return _in_time(
        [(one, one.planned_bv, one.planned_on, one.planned) for one in objectives],
        by=increment.period.start,
        calendar=calendar,
    )


def scored_in_time(
    objectives: Iterable[Objective], increment: Increment, *, guardrails: Guardrails, calendar: Calendar
) -> InTime:
    """Actual business value so many working days after the increment at most."""
    return _in_time(
        [(one, one.actual_bv, one.scored_on, one.scored) for one in objectives],
        by=scored_by(increment, guardrails=guardrails, calendar=calendar),
        calendar=calendar,
    )


def scored_by(increment: Increment, *, guardrails: Guardrails, calendar: Calendar) -> date:
    """The last day on which objectives are scored in time: an increment that ends on a Sunday has until Friday."""
    day, left = increment.period.last_day, guardrails.engagement.scored_within_days
    while left:
        day += timedelta(days=1)
        left -= calendar.is_working(day)
    return day


def named(objective: Objective) -> str:
    """An objective as people say it."""
    return f"{objective.team}: {objective.objective}"


def _newest(increments: Iterable[Increment]) -> Increment | None:
    return max(increments, key=lambda one: one.period.start, default=None)


def _in_time(
    told: Iterable[tuple[Objective, Decimal | None, date | None, Seen | None]], *, by: date, calendar: Calendar
) -> InTime:
    met: list[str] = []
    missed: list[str] = []
    untold: list[str] = []
    over = calendar.end_of(by)
    for objective, value, day, seen in told:
        missing_at = seen.missing_at if seen is not None else None
        if value is None or (missing_at is not None and missing_at >= over):
            missed.append(named(objective))
        elif day is not None:
            (met if day <= by else missed).append(named(objective))
        elif seen is not None and seen.first_at < over:
            met.append(named(objective))
        else:
            untold.append(named(objective))
    return InTime(met=tuple(met), missed=tuple(missed), excluded={"not_recorded": tuple(untold)} if untold else {})


def last_touched(journeys: Iterable[Journey], *, by: datetime | None = None) -> dict[ItemId, datetime]:
    """When something last happened to each item or to anything below it; or had, `by` an earlier instant.

    A tracker tells its last touch alone. Where its status has changed since that earlier instant, the newest change by
    then speaks, and the creation where there was none; where it has not, nobody knows that it was not touched by then.
    """
    known = {one.id: one for one in journeys if by is None or one.created_at <= by}
    found: dict[ItemId, datetime] = {}
    for one in known.values():
        touched_at = one.updated_at if by is None else _touched_by(by, one)
        above: Journey | None = one
        seen: set[ItemId] = set()
        while above is not None and above.id not in seen:
            seen.add(above.id)
            if above.id in found and found[above.id] >= touched_at:
                break
            found[above.id] = touched_at
            above = known.get(above.parent_id) if above.parent_id is not None else None
    return found


def _touched_by(instant: datetime, one: Journey) -> datetime:
    if one.updated_at <= instant:
        return one.updated_at
    if not any(visit.entered_at > instant for visit in one.visits):
        return instant
    return max([one.created_at, *(visit.entered_at for visit in one.visits if visit.entered_at <= instant)])


def _active(
    journeys: Iterable[Journey],
    touched_at: Mapping[ItemId, datetime],
    *,
    guardrails: Guardrails,
    calendar: Calendar,
    today: date,
) -> InTime:
    """Epics in work: does each name an owner, and has something happened to it or below it lately?"""
    statuses = {one.casefold() for one in guardrails.implementing_states}
    met: list[str] = []
    missed: list[str] = []
    for one in journeys:
        if not one.is_open or one.status.casefold() not in statuses:
            continue
        idle_days = (today - calendar_of(one, calendar).day(touched_at.get(one.id, one.updated_at))).days
        is_met = one.owner is not None and idle_days <= guardrails.engagement.active_within_days
        (met if is_met else missed).append(one.key)
    return InTime(met=tuple(met), missed=tuple(missed))
