"""What does today's order cost, and what does waiting cost in money? The rest of definition 3.5, around `wsjf`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.board import Board, Delay
from domain.calendar import Calendar
from domain.journey import Journey
from domain.strategy import Decision
from domain.work_item import FlowState, ItemId
from metrics.ranks import OWN, are_comparable, by_rank, rank_of
from metrics.selection import Excluded, calendar_of, count, known, one_level
from metrics.wsjf import COST, Job, Urgency, cost_of_delay, cost_of_order, cost_of_queue, wsjf

DEFINITION_VERSION = 1
SCORES = (*COST, "job_size")
STALE_INCREMENTS = 2  # whole ones that have passed since an epic was scored
SCOPE_CHANGE = Decimal("0.25")  # of what was below an epic when it was scored


@dataclass(frozen=True, kw_only=True)
class Hygiene:
    """How far the scores of open epics can be believed. `doubts` are those of `wsjf`: column, doubt, of how many.

    `old` were scored more than two increments ago, `outgrown` before more than a quarter of what is below them came or
    went; both by key. `excluded` have no score.
    """

    doubts: tuple[tuple[str, str, int], ...]
    old: tuple[str, ...]
    outgrown: tuple[str, ...]
    n_used: int
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def stale(self) -> tuple[str, ...]:
        return tuple(sorted({*self.old, *self.outgrown}))

    @property
    def n_stale(self) -> int | None:
        """How many scores are stale; None where there are open epics, and none has a score."""
        return known(len(self.stale), used=self.n_used, lost=count(self.excluded))

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An epic that waits: where it stands in today's order and where in the best, both from 1."""

    journey: Journey
    job: Job
    now: int
    best: int


@dataclass(frozen=True, kw_only=True)
class Order:
    """Epics that wait in today's order, and what that order costs beside the best one.

    `by`: rank, the tracker's own order; start, in which they were committed to, then written down. `cost_now` and
    `cost_best` are cost of delay times size, added up.
    """

    epics: tuple[Placed, ...]
    by: str
    cost_now: Decimal
    cost_best: Decimal
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def price(self) -> Decimal | None:
        """How much more today's order costs than the best, as a share of it; None where there is nothing to order."""
        return self.cost_now / self.cost_best - 1 if self.cost_best and len(self.epics) > 1 else None

    @property
    def n_used(self) -> int:
        return len(self.epics)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


@dataclass(frozen=True, kw_only=True)
class Priced:
    """An epic whose delay has a price, in minor units. None: not known.

    `done_on` is its finish, or the day that 85 % of forecasts reach (`is_forecast`). `approved_on` is told while it
    waits approved and is not begun; then `queue` is what that has cost. `cd3` is the cost of a week divided by the
    weeks its work takes.
    """

    journey: Journey
    delay: Delay
    needed: date | None
    done_on: date | None
    is_forecast: bool
    cost: int | None
    approved_on: date | None
    queue: int | None
    cd3: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Delays:
    """What being late costs, epic by epic, the dearest first, and those of whom nobody knows it, by reason.

    `unpriced` are those approved and not begun of which nobody says what a week costs.
    """

    epics: tuple[Priced, ...]
    unpriced: tuple[str, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def total(self) -> int | None:
        """What all known lateness costs; None where none is known."""
        known = [one.cost for one in self.epics if one.cost is not None]
        return sum(known) if known else None

    @property
    def queue(self) -> tuple[Priced, ...]:
        """Those approved and not begun."""
        return tuple(one for one in self.epics if one.approved_on is not None)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Those approved and not begun, with a price and without."""
        return tuple(sorted({*(one.journey.key for one in self.queue), *self.unpriced}))

    @property
    def is_least(self) -> bool:
        """Is what waiting has cost known of some of those that wait, and not of all?"""
        return self.queue_total is not None and bool(self.unpriced or any(one.queue is None for one in self.queue))

    @property
    def queue_total(self) -> int | None:
        known = [one.queue for one in self.queue if one.queue is not None]
        return sum(known) if known else None

    @property
    def n_in_scope(self) -> int:
        return len(self.epics) + count(self.excluded)


def hygiene(
    journeys: Iterable[Journey],
    *,
    scored_at: Mapping[ItemId, datetime],
    family: Mapping[ItemId, Sequence[Journey]],
    calendar: Calendar,
    today: date,
) -> Hygiene:
    """Which scores of the open epics are stale, and which columns were not scored as WSJF asks.

    A score is as old as the last change of one of its four parts, or as the epic where no change is known. Old: more
    than two whole increments have passed since. Outgrown: what was added to the items below the epic, given up or
    removed since is more than 25 % of those there were; an epic without any has not been broken down and is none.
    Scored in January, today in the increment that follows two whole ones begun in April: old. Four features at scoring
    and two more since: outgrown; one more (25 %): not. Definition 3.5, version 1.
    """
    kept = one_level(journeys)
    ranking = wsjf(kept)
    by_key = {one.key: one for one in kept}
    limit = _increments_back(calendar, today)
    old, outgrown = [], []
    for job in ranking.jobs:
        journey = by_key[job.key]
        at = scored_at.get(journey.id, journey.created_at)
        if calendar_of(journey, calendar).day(at) < limit:
            old.append(journey.key)
        if _change(family.get(journey.id, ()), since=at) > SCOPE_CHANGE:
            outgrown.append(journey.key)
    return Hygiene(
        doubts=ranking.doubts,
        old=tuple(sorted(old)),
        outgrown=tuple(sorted(outgrown)),
        n_used=ranking.n_used,
        excluded=ranking.excluded,
    )


def order(journeys: Iterable[Journey], *, board: Board) -> Order:
    """Today's order of the epics that wait, its cost, and that of the WSJF order.

    The cost of an order is the cost of delay of each epic times the sizes up to its own, added up. Only epics in the
    states before work begins: what is begun keeps its place. Today's order is the tracker's rank where every one of
    them has one and all come from one tracker; else that of their commitment, those not committed to by their age.
    C, A, B where B, A, C is best: 654 and 507, which is 29 % more (T15). Leaves out epics without a size (`no_size`)
    or score (`not_scored`). Definition 3.5, version 1.
    """
    waiting = [one for one in one_level(journeys) if _waits(one, board)]
    ranking = wsjf(waiting)
    by_key = {one.key: one for one in waiting}
    scored = [by_key[job.key] for job in ranking.jobs]
    by, now = _today(scored, board)
    jobs = {job.key: job for job in ranking.jobs}
    best = {job.key: place for place, job in enumerate(ranking.jobs, start=1)}
    return Order(
        epics=tuple(
            Placed(journey=one, job=jobs[one.key], now=place, best=best[one.key])
            for place, one in enumerate(now, start=1)
        ),
        by=by,
        cost_now=cost_of_order([jobs[one.key] for one in now]),
        cost_best=cost_of_order(ranking.jobs),
        excluded=ranking.excluded,
    )


def delays(
    journeys: Iterable[Journey],
    *,
    board: Board,
    likely: Mapping[ItemId, date],
    decisions: Iterable[Decision] = (),
    calendar: Calendar,
    today: date,
) -> Delays:
    """What lateness costs in money: the cost of a week times the weeks from the need to the finish, at least 0.

    The finish is the actual one, or the day that 85 % of forecasts reach (`likely`). The need is that of the settings,
    or the epic's due date. linear and peak_unaffected cost every week the same; of a fixed date all is lost as soon as
    it is missed. In the queue is what was approved, in an approving status or by a decision, and is not begun: it has
    cost its weeks since. CD3 is the cost of a week divided by the weeks of work.
    20,000 a week, needed on 29 May, done on 26 June: 80,000 (T17). 10 a week for 2 weeks of work is a CD3 of 5, 30 for
    4 is 7.5 (T16). Leaves out epics without a price (`no_price`), those given up and those removed.
    Definition 3.5, version 1.
    """
    priced = {one.item.casefold(): one for one in board.delays}
    decided = {one.item.casefold(): one.asked_on for one in decisions if one.item is not None and one.decision}
    found: list[Priced] = []
    nothing: list[Journey] = []
    for journey in one_level(journeys):
        if journey.removed_at is not None or not (journey.is_open or journey.finished_at is not None):
            continue
        delay = priced.get(journey.key.casefold()) or _by_field(journey, board)
        if delay is not None:
            day = decided.get(journey.key.casefold())
            found.append(
                _priced(journey, delay, board=board, likely=likely, decided=day, calendar=calendar, today=today)
            )
        elif journey.is_open:
            nothing.append(journey)
    unpriced = [
        one.key
        for one in nothing
        if _queued_on(one, board, decided=decided.get(one.key.casefold()), calendar=calendar) is not None
    ]
    return Delays(
        epics=tuple(sorted(found, key=lambda one: (one.cost is None, -(one.cost or 0), one.journey.key))),
        unpriced=tuple(sorted(unpriced)),
        excluded={"no_price": tuple(sorted(one.key for one in nothing))} if nothing else {},
    )


def families(journeys: Iterable[Journey]) -> dict[ItemId, list[Journey]]:
    """What is right below each item, whatever became of it."""
    found: dict[ItemId, list[Journey]] = defaultdict(list)
    for one in journeys:
        if one.parent_id is not None:
            found[one.parent_id].append(one)
    return found


def _waits(journey: Journey, board: Board) -> bool:
    if not journey.is_open:
        return False
    return board.of(journey.status) in board.early if board.states else journey.flow_state is FlowState.NEW


def _today(journeys: Sequence[Journey], board: Board) -> tuple[str, list[Journey]]:
    fields = board.rank or OWN
    is_ranked = len({one.id.source for one in journeys}) == 1 and all(rank_of(one, fields) for one in journeys)
    if is_ranked and are_comparable(journeys, fields):
        return "rank", by_rank(journeys, fields)
    return "start", sorted(
        journeys,
        key=lambda one: (one.first_started_at is None, one.first_started_at or one.created_at, one.created_at, one.key),
    )


def _increments_back(calendar: Calendar, today: date) -> date:
    """The first day of the oldest of the whole increments that may have passed since a score that is not old."""
    first = calendar.increment_of(today).period.start
    for _ in range(STALE_INCREMENTS):
        first = calendar.increment_of(first - timedelta(days=1)).period.start
    return first


def _change(below: Sequence[Journey], *, since: datetime) -> Decimal:
    """How much of what was below an item has come or gone since, as a share of what was there."""

    def went(one: Journey) -> datetime | None:
        return one.removed_at or one.cancelled_at

    there = [one for one in below if one.created_at <= since and ((at := went(one)) is None or at > since)]
    came = [one for one in below if one.created_at > since and went(one) is None]
    lost = [one for one in there if went(one) is not None]
    return Decimal(len(came) + len(lost)) / len(there) if there else Decimal(0)


def _by_field(journey: Journey, board: Board) -> Delay | None:
    rate = journey.values.get("delay_per_week")
    return Delay(item=journey.key, per_week=round(rate * board.minor_units)) if rate else None


def _priced(
    journey: Journey,
    delay: Delay,
    *,
    board: Board,
    likely: Mapping[ItemId, date],
    decided: date | None,
    calendar: Calendar,
    today: date,
) -> Priced:
    own = calendar_of(journey, calendar)
    done_on = own.day(journey.finished_at) if journey.finished_at is not None else likely.get(journey.id)
    needed = delay.needed or journey.due_on
    rate, urgency = delay.at_once or delay.per_week or 0, Urgency(delay.profile)
    approved_on = _queued_on(journey, board, decided=decided, calendar=calendar)
    return Priced(
        journey=journey,
        delay=delay,
        needed=needed,
        done_on=done_on,
        is_forecast=journey.finished_at is None,
        cost=None if needed is None else cost_of_delay(rate=rate, needed_on=needed, done_on=done_on, urgency=urgency),
        approved_on=approved_on,
        queue=None
        if approved_on is None or delay.per_week is None
        else cost_of_queue(rate=delay.per_week, approved_on=approved_on, begun_on=None, today=today),
        cd3=None if delay.per_week is None or delay.weeks is None else Decimal(delay.per_week) / delay.weeks,
    )


def _queued_on(journey: Journey, board: Board, *, decided: date | None, calendar: Calendar) -> date | None:
    """When it was approved, where it waits and is not begun; None: it does not."""
    if not _is_queued(journey, board):
        return None
    return _approved(journey, board, decided=decided, calendar=calendar_of(journey, calendar))


def _is_queued(journey: Journey, board: Board) -> bool:
    return _waits(journey, board) if board.states else journey.is_open and journey.started_at is None


def _approved(journey: Journey, board: Board, *, decided: date | None, calendar: Calendar) -> date | None:
    approving = {status.casefold() for status in board.approving}
    visited = [calendar.day(one.entered_at) for one in journey.visits if one.status.casefold() in approving]
    return min([*visited[:1], *([decided] if decided is not None else [])], default=None)
