"""What was committed when an increment began: decided from every version of the objectives that was ever seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.calendar import Calendar, Increment
from domain.strategy import Objective as Stated
from metrics.predictability import Objective, Predictability, predictability


@dataclass(frozen=True, kw_only=True)
class Version:
    """One state of the objectives: when it was first seen, and when last."""

    first_seen_at: datetime
    last_seen_at: datetime
    stated: tuple[Stated, ...]


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """An increment's objectives, with what was committed frozen as its first day ended.

    `known_on` is the day on which a plan was first seen where that is later; None: it was seen in time. `unplanned` are
    objectives to which nobody gave a business value, and which count nowhere.
    """

    increment: Increment
    objectives: tuple[Objective, ...]
    known_on: date | None = None
    unplanned: tuple[str, ...] = ()

    @property
    def trains(self) -> tuple[str, ...]:
        return tuple(sorted({one.train for one in self.objectives}))

    @property
    def is_scored(self) -> bool:
        """Has anybody scored an objective?"""
        return any(one.actual is not None for one in self.objectives)

    def is_over(self, *, as_of: datetime, calendar: Calendar) -> bool:
        """Has its last day ended at an instant?"""
        return self.increment.period.end <= calendar.day(as_of + timedelta(microseconds=1))

    def of(self, trains: Iterable[str] | None = None) -> Predictability:
        """What some trains brought of what they committed; of the whole portfolio where none are named."""
        return predictability(self.within(trains))

    def within(self, trains: Iterable[str] | None = None) -> list[Objective]:
        wanted = None if trains is None else set(trains)
        return [one for one in self.objectives if wanted is None or one.train in wanted]


def commitments(
    versions: Iterable[Version], now: Sequence[Stated], *, increments: Iterable[Increment], calendar: Calendar
) -> tuple[Commitment, ...]:
    """Each increment that has objectives, the oldest first. `now` is what the file says today.

    Committed is what the version in force at the end of an increment's first day called so, at the value it planned
    then; where that one had no objective of the increment, the first version that had: `known_on` says when, and what
    that version itself says was planned after the first day (`planned_on`) is no part of it. What was
    added later, or given its planned value later, counts as uncommitted. What was in the plan and is dropped keeps its
    plan and brings 0. What no longer stands in the file keeps its plan, too, and brings what it was last said to have
    brought; where nobody had scored it, that is not known, or, where nobody had committed to it, it is no part.
    """
    seen = sorted(versions, key=lambda one: one.first_seen_at)
    found = [_commitment(seen, now, increment=one, calendar=calendar) for one in increments]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.increment.period.start))


@dataclass
class _Sorted:
    objectives: list[Objective] = field(default_factory=list)
    unplanned: list[str] = field(default_factory=list)


def _commitment(
    versions: Sequence[Version], now: Sequence[Stated], *, increment: Increment, calendar: Calendar
) -> Commitment | None:
    frozen, known_on = _frozen(versions, now, increment=increment, calendar=calendar)
    today, later = _of(now, increment), _later(versions, increment, calendar=calendar)
    if not frozen and not today:
        return None
    found = _Sorted()
    first = increment.period.start
    for name in dict.fromkeys([*frozen, *today, *later]):
        plan = frozen.get(name)
        if known_on is not None and plan is not None and plan.planned_on is not None and plan.planned_on > first:
            plan = None  # the file itself says that it came later
        last = today.get(name) or _last_said(versions, name, increment) or frozen[name]
        _judge(plan, last, is_there=name in today, into=found)
    return Commitment(
        increment=increment,
        objectives=tuple(found.objectives),
        known_on=known_on,
        unplanned=tuple(found.unplanned),
    )


def _frozen(
    versions: Sequence[Version], now: Sequence[Stated], *, increment: Increment, calendar: Calendar
) -> tuple[dict[tuple[str, str, str], Stated], date | None]:
    """The plan of the increment, and since when it is known where that is later than its first day."""
    closes = calendar.end_of(increment.period.start)
    if (version := _in_force(versions, at=closes)) is not None and (plan := _of(version.stated, increment)):
        return plan, None
    for version in versions:
        if version.first_seen_at >= closes and (plan := _of(version.stated, increment)):
            return plan, calendar.day(version.first_seen_at)
    return _of(now, increment), None if not versions else calendar.day(versions[-1].last_seen_at)


def _later(versions: Sequence[Version], increment: Increment, *, calendar: Calendar) -> Iterator[tuple[str, str, str]]:
    """The objectives that a version had which was there after the first day of the increment."""
    closes = calendar.end_of(increment.period.start)
    for version in versions:
        if version.last_seen_at >= closes:
            yield from _of(version.stated, increment)


def _last_said(versions: Sequence[Version], name: tuple[str, str, str], increment: Increment) -> Stated | None:
    """An objective as the last version said it that had it."""
    with_it = [(one, told) for one in versions if (told := _of(one.stated, increment).get(name)) is not None]
    return max(with_it, key=lambda pair: (pair[0].last_seen_at, pair[0].first_seen_at))[1] if with_it else None


def _in_force(versions: Sequence[Version], *, at: datetime) -> Version | None:
    """The version that was there at an instant: the one seen last before it, since an older one may come back."""
    there = [one for one in versions if one.first_seen_at < at]
    return max(there, key=lambda one: (min(one.last_seen_at, at), one.first_seen_at), default=None)


def _of(stated: Iterable[Stated], increment: Increment) -> dict[tuple[str, str, str], Stated]:
    return {_name(one): one for one in stated if one.increment == increment.name}


def _name(one: Stated) -> tuple[str, str, str]:
    """What makes it the same objective from one version to the next: train, team and wording, whatever the case."""
    return one.train.casefold(), one.team.casefold(), " ".join(one.objective.casefold().split())


def _judge(plan: Stated | None, one: Stated, *, is_there: bool, into: _Sorted) -> None:
    """One objective: as it was planned, where it was, and as it stands, or was last said to stand."""
    committed = plan if plan is not None and plan.planned_bv is not None else None
    planned = one.planned_bv if committed is None else committed.planned_bv
    if not is_there and committed is None and one.actual_bv is None:
        return  # nobody committed to it, and nobody says that it brought anything
    key = f"{one.team}: {one.objective}"
    if planned is None:
        into.unplanned.append(key)
        return
    into.objectives.append(
        Objective(
            key=key,
            train=one.train,
            team=one.team,
            planned=int(planned),
            actual=None if one.actual_bv is None else int(one.actual_bv),
            committed=committed is not None and committed.committed,
            dropped_because=one.dropped,
            is_gone=not is_there,
            theme=one.theme,
        )
    )
