"""What could stop us, as the pages tell it: the risks, what waits for what, and what changed since the last edition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.journey import Journey
from domain.period import months_back
from domain.work_item import ItemId
from metrics.dependencies import Dependencies, Dependency, Edge, Health, dependency_health
from metrics.hazards import Blocked, Hazards, blocked_now, likely_days
from metrics.journeys import IN_PROGRESS
from metrics.risk import Exposure, Risk, by_size, exposure, faults
from metrics.risk_register import Recorded
from reports.reckoning import MONTHS, Reckoning

A_WEEK = timedelta(days=7)
LEAST_BLOCKED = 3  # items, before a train stands still
OPEN_ENDS = (Health.LATE, Health.AT_RISK, Health.OK, Health.UNKNOWN, Health.BROKEN, Health.CYCLE)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How many open dependencies lead from one train to another, and how many of them come late."""

    gives: str | None
    needs: str | None
    count: int
    late: int


@dataclass(frozen=True, kw_only=True)
class BlockedTrain:
    """A train that stands still at one level. `waiting` of its blocked items wait for `blocker`, the most for any."""

    train: str
    level: str
    in_progress: int
    blocked: tuple[Blocked, ...]
    blocker: Journey | None
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Dangers:
    """Risks and dependencies at the instant of a book. `since` is the day of the last edition, or a week ago.

    `risks` are those that are not resolved, the largest first. `monthly` is the exposure at the ends of months, the
    last one today's. `soon` are dependencies needed by `horizon`, the overdue ones too; `met` those whose predecessor
    was done since the last edition.
    """

    facts: Hazards
    today: date
    since: date
    has_former: bool
    risks: tuple[Risk, ...]
    exposure: Exposure
    before: Exposure
    monthly: tuple[tuple[date, Exposure], ...]
    resolved: tuple[Risk, ...]
    raised: tuple[Risk, ...]
    dependencies: Dependencies
    soon: tuple[Dependency, ...]
    horizon: date
    met: tuple[Edge, ...]
    pairs: tuple[Pair, ...]
    blocked: tuple[Blocked, ...]

    def faulty(self, fault: str) -> tuple[Risk, ...]:
        """Open risks that break a rule, the largest first."""
        return tuple(one for one in self.risks if fault in faults(one, today=self.today, rules=self.facts.hygiene))

    @property
    def knows_risks(self) -> bool:
        """Does anybody say which items are risks? If not, that none is open is not known either."""
        return bool(self.risks) or self.facts.has_risk_rules

    @property
    def unowned(self) -> tuple[Risk, ...]:
        """Open risks that nobody answers for, whatever was decided of them."""
        return tuple(one for one in self.risks if not one.owner)

    def recorded(self, risk: Risk) -> Recorded:
        return next(one for one in self.facts.register.risks if one.journey.id == risk.id)

    def standing(self, *healths: Health) -> tuple[Dependency, ...]:
        return tuple(one for one in self.dependencies.edges if one.health in healths)

    @property
    def late(self) -> tuple[Dependency, ...]:
        """Those that come late: needs that people dated before those that a forecast did, and the earliest first."""
        found = self.standing(Health.LATE)
        return tuple(sorted(found, key=lambda one: (*_need(one), one.edge.after, one.edge.before)))


def _need(one: Dependency) -> tuple[bool, date]:
    return one.edge.need_from == "forecast", one.edge.needed_on or date.max


def dangers(numbers: Reckoning) -> Dangers:
    """What the pages say of risks and dependencies; worked out once for a book."""
    return numbers.book.once("dangers", lambda: _reckoned(numbers))


def blocked_trains(numbers: Reckoning) -> tuple[BlockedTrain, ...]:
    """Trains of which at least half of what is in progress at a level is blocked, three items at least; most first.

    What most of them wait for is told by links; of two that as many wait for, the one named first. Of 5 stories in
    progress 3 are blocked, 2 of them by PAY-9: the train stands still, and PAY-9 is what it waits for.
    """
    held = Counter(
        (one.placement.train, one.placement.level)
        for one in numbers.book.journeys
        if one.placement.train and one.placement.level and one.flow_state in IN_PROGRESS and one.removed_at is None
    )
    stopped: dict[tuple[str | None, str | None], list[Blocked]] = {}
    for one in dangers(numbers).blocked:
        place = one.journey.placement
        if one.journey.flow_state in IN_PROGRESS:
            stopped.setdefault((place.train, place.level), []).append(one)
    found = []
    for (train, level), blocked in stopped.items():
        if train is None or level is None or len(blocked) < LEAST_BLOCKED or 2 * len(blocked) < held[train, level]:
            continue
        waited = Counter(id for one in blocked for id in one.others)
        most = min(waited, key=lambda id: (-waited[id], id), default=None)
        found.append(
            BlockedTrain(
                train=train,
                level=level,
                in_progress=held[train, level],
                blocked=tuple(blocked),
                blocker=None if most is None else numbers.items[most],
                waiting=0 if most is None else waited[most],
            )
        )
    return tuple(sorted(found, key=lambda one: (-len(one.blocked), one.train, one.level)))


def _reckoned(numbers: Reckoning) -> Dangers:
    book, today = numbers.book, numbers.today
    facts, ahead = book.hazards, numbers.book.outlook
    former = None if ahead is None or ahead.former is None else ahead.former.as_of
    since = former if former is not None else today - A_WEEK
    then = book.calendar.end_of(since)
    now = facts.register.at(book.as_of)
    past = {one.id: one for one in facts.register.at(then)}
    found = dependency_health(
        facts.edges,
        book.journeys,
        forecasts={} if ahead is None else likely_days(ahead.planned, ahead.forecasts),
    )
    horizon = facts.horizon or today + timedelta(days=28)
    return Dangers(
        facts=facts,
        today=today,
        since=since,
        has_former=former is not None,
        risks=tuple(by_size(now)),
        exposure=exposure(now, today=today, rules=facts.hygiene),
        before=exposure(past.values(), today=since, rules=facts.hygiene),
        monthly=_monthly(numbers),
        resolved=tuple(one for one in now if one.is_closed and not (one.id in past and past[one.id].is_closed)),
        raised=tuple(one for one in now if one.id not in past and not one.is_closed),
        dependencies=found,
        soon=tuple(_soon(found.edges, by=horizon)),
        horizon=horizon,
        met=tuple(_met(facts.edges, numbers.items, since=then, until=book.as_of)),
        pairs=tuple(_pairs(found.edges, numbers.items)),
        blocked=blocked_now(book.journeys, facts),
    )


def _monthly(numbers: Reckoning) -> tuple[tuple[date, Exposure], ...]:
    """At the end of each month since the first risk was raised, and today."""
    book, register = numbers.book, numbers.book.hazards.register
    ends = [one.last_day for one in months_back(numbers.today, MONTHS - 1)]
    told = [(day, register.at(book.calendar.end_of(day))) for day in ends] + [(numbers.today, register.at(book.as_of))]
    first = next((place for place, (_, risks) in enumerate(told) if risks), len(told))
    return tuple((day, exposure(risks, today=day)) for day, risks in told[first:])


def _soon(edges: Iterable[Dependency], *, by: date) -> list[Dependency]:
    due = [one for one in edges if one.health in OPEN_ENDS and one.edge.needed_on and one.edge.needed_on <= by]
    return sorted(due, key=lambda one: (one.edge.needed_on or date.max, one.edge.after, one.edge.before))


def _met(edges: Iterable[Edge], items: dict[ItemId, Journey], *, since: datetime, until: datetime) -> list[Edge]:
    """Those whose predecessor was done since, and what waited for it was neither given up nor removed."""
    found = []
    for edge in edges:
        before, after = items.get(edge.before), items.get(edge.after)
        done = before.finished_at if before is not None else None
        is_wanted = after is not None and after.removed_at is None and after.cancelled_at is None
        if done is not None and since <= done <= until and is_wanted:
            found.append(edge)
    return found


def _pairs(edges: Sequence[Dependency], items: dict[ItemId, Journey]) -> list[Pair]:
    """Open dependencies by train, the busiest first; an item that we do not hold belongs to none."""
    every: Counter[tuple[str | None, str | None]] = Counter()
    late: Counter[tuple[str | None, str | None]] = Counter()
    for one in edges:
        if one.health not in OPEN_ENDS:
            continue
        pair = (train_of(items.get(one.edge.before)), train_of(items.get(one.edge.after)))
        every[pair] += 1
        late[pair] += one.health is Health.LATE
    ordered = sorted(every, key=lambda pair: (-every[pair], -late[pair], pair[0] or "", pair[1] or ""))
    return [Pair(gives=gives, needs=needs, count=every[gives, needs], late=late[gives, needs])
            for gives, needs in ordered]  # fmt: skip


def train_of(journey: Journey | None) -> str | None:
    return None if journey is None else journey.placement.train
