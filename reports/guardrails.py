"""The four guardrails of a book, measured once and shared by every page that tells them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.calendar import Increment
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Guardrails as Agreed
from domain.strategy import ValueStream
from domain.work_item import ItemId
from metrics.alignment import item_days
from metrics.guardrails import Engaged, Initiatives, Mix, capacity_mix, engagement, horizon_mix, initiatives
from metrics.guardrails.engagement import last_touched
from metrics.journeys import as_it_stood
from metrics.main_flow import LEVELS
from metrics.selection import Scope, at_level, in_scope
from reports.reckoning import Reckoning


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a train worked on in the newest increment that is over, and in the one that runs, as far as it has come.

    `train` None: the whole portfolio, or a whole value stream. `last` None: no increment is over.
    """

    train: str | None
    last: Mix | None
    running: Mix

    @property
    def judged(self) -> Mix:
        """What is held against the allocation: an increment that is over, where there is one."""
        return self.running if self.last is None else self.last


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """The four guardrails as of a book's instant. `level` None: nothing has moved yet, so there are no mixes.

    Horizons are measured at the level that all flow figures speak of, capacity at `capacity_level`, the lowest: defects
    and debt are written down there. `capacity` has the whole portfolio first, then each train; `by_stream` has each
    value stream. `engaged` is the whole, `by_train` its parts, `engaged_streams` those of each value stream, by id.
    """

    level: str | None
    capacity_level: str | None
    window: Period
    horizons: Mix | None
    capacity: tuple[Capacity, ...]
    by_stream: Mapping[str, Capacity]
    last: Increment | None
    running: Increment
    initiatives: Initiatives
    engaged: Engaged
    by_train: tuple[tuple[str, Engaged], ...]
    engaged_streams: tuple[tuple[str, Engaged], ...]
    is_agreed: bool  # is any of the four agreed?
    has_threshold: bool

    @property
    def allocated(self) -> tuple[Capacity, ...]:
        """What the allocation is held against: each train, or the whole portfolio where it has none."""
        return self.capacity[1:] or self.capacity

    @property
    def direction(self) -> tuple[str, str] | None:
        """From the horizon that has most too much to the one that has most too little, where one is breached."""
        mix = self.horizons
        if mix is None or not mix.breaches:
            return None
        high = max(mix.deviations, key=lambda one: mix.deviations[one])
        under = [one for one in mix.deviations if one != "H0" or one in mix.breaches]  # nobody asks for more to retire
        return high, min(under, key=lambda one: mix.deviations[one])

    @property
    def capacity_out(self) -> tuple[Capacity, ...]:
        """Outside their allocation, the furthest first."""
        out = [one for one in self.allocated if one.judged.breaches]
        return tuple(sorted(out, key=lambda one: (-(one.judged.distance_points or 0), one.train or "")))


def guardrails(numbers: Reckoning) -> Guardrails:
    """The guardrails of a reckoning; asked of the metrics when a page first wants them."""
    return numbers.book.once("guardrails", lambda: _measured(numbers))


def of_stream(numbers: Reckoning, stream: ValueStream) -> Guardrails:
    """The same, with the capacity of one value stream and of its trains in place of the portfolio's."""
    found = guardrails(numbers)
    trains = {one.name for one in stream.trains}
    own = (found.by_stream[stream.id],) if stream.id in found.by_stream else ()
    return replace(found, capacity=(*own, *(one for one in found.capacity if own and one.train in trains)))


def capacity_before(numbers: Reckoning, *, agreed: Agreed, day: date) -> Mapping[str | None, Mix]:
    """The kinds of work of each train, or of the whole (None), as they stood on an earlier day by what was agreed."""
    book, found = numbers.book, guardrails(numbers)
    if found.capacity_level is None or not agreed.capacity:
        return {}
    smallest = at_level(book.journeys, found.capacity_level)
    running = book.calendar.increment_of(day)
    last = book.calendar.increment_of(running.period.start - timedelta(days=1))
    worked = item_days(smallest, period=last.period, calendar=book.calendar) or item_days(
        smallest,
        period=Period(running.period.start, max(day, running.period.start + timedelta(days=1))),
        calendar=book.calendar,
    )
    return {
        one.train: capacity_mix(
            [pair for pair in worked if one.train is None or Scope(f"train:{one.train}").holds(pair[0])],
            guardrails=agreed,
        )
        for one in found.allocated
    }


def engaged_before(numbers: Reckoning, *, agreed: Agreed, day: date) -> Engaged:
    """How business owners took part at the end of an earlier day by what was agreed; of the epics in work then."""
    book, at = numbers.book, numbers.book.calendar.end_of(day)
    board = at_level(book.journeys, book.portfolio.guardrails.board_level)
    return engagement(
        book.objectives,
        journeys=[then for one in board if (then := as_it_stood(one, at=at)) is not None],
        touched_at=last_touched(book.journeys, by=at),
        decisions=book.decisions,
        guardrails=agreed,
        calendar=book.calendar,
        as_of=at,
    )


def _measured(numbers: Reckoning) -> Guardrails:
    book = numbers.book
    agreed = book.portfolio.guardrails
    level = numbers.flow.level if numbers.flow is not None else None
    window = numbers.flow.window if numbers.flow is not None else numbers.week
    kept = at_level(book.journeys, level) if level is not None else []
    present = {one.placement.level for one in book.journeys}
    lowest = next((one for one in reversed(LEVELS) if one in present), None)
    smallest = at_level(book.journeys, lowest) if lowest is not None else []
    board = at_level(book.journeys, agreed.board_level)
    running = book.calendar.increment_of(numbers.today)
    last = book.calendar.increment_of(running.period.start - timedelta(days=1))
    touched_at = last_touched(book.journeys)
    so_far = Period(running.period.start, max(numbers.today, running.period.start + timedelta(days=1)))
    before = item_days(smallest, period=last.period, calendar=book.calendar)
    now = item_days(smallest, period=so_far, calendar=book.calendar)
    worked = item_days(kept, period=window, calendar=book.calendar)
    trains = [train.name for stream in book.portfolio.value_streams for train in stream.trains]
    return Guardrails(
        level=level,
        capacity_level=lowest,
        window=window,
        horizons=horizon_mix(worked, themes=book.portfolio.themes, guardrails=agreed) if level is not None else None,
        capacity=tuple(
            _capacity(numbers, Scope() if train is None else Scope(f"train:{train}"), train, before=before, now=now)
            for train in (None, *trains)
        )
        if lowest
        else (),
        by_stream={
            one.id: _capacity(numbers, Scope(f"value_stream:{one.id}"), None, before=before, now=now)
            for one in book.portfolio.value_streams
        }
        if lowest
        else {},
        last=last if before else None,
        running=running,
        initiatives=initiatives(
            board,
            changes=book.initiative_changes,
            decisions=book.decisions,
            guardrails=agreed,
            calendar=book.calendar,
            as_of=book.as_of,
            unread=book.unread,
        ),
        engaged=_engaged(numbers, board, touched_at, scope=Scope(), trains=None),
        by_train=tuple(
            (train, _engaged(numbers, board, touched_at, scope=Scope(f"train:{train}"), trains={train}))
            for train in trains
        ),
        engaged_streams=tuple(
            (
                one.id,
                _engaged(
                    numbers,
                    board,
                    touched_at,
                    scope=Scope(f"value_stream:{one.id}"),
                    trains={train.name for train in one.trains},
                ),
            )
            for one in book.portfolio.value_streams
        ),
        is_agreed=bool(
            agreed.horizons
            or agreed.capacity
            or agreed.approval_threshold is not None
            or agreed.approval_size is not None
            or agreed.engagement.least_share is not None
        ),
        has_threshold=agreed.approval_threshold is not None or agreed.approval_size is not None,
    )


def _capacity(
    numbers: Reckoning,
    scope: Scope,
    train: str | None,
    *,
    before: Sequence[tuple[Journey, int]],
    now: Sequence[tuple[Journey, int]],
) -> Capacity:
    """Of a part of the portfolio, from the item-days of the increment before and of the one that runs."""
    last, running = (
        capacity_mix([pair for pair in worked if scope.holds(pair[0])], guardrails=numbers.book.portfolio.guardrails)
        for worked in (before, now)
    )
    return Capacity(train=train, last=last if before else None, running=running)


def _engaged(
    numbers: Reckoning,
    board: Sequence[Journey],
    touched_at: Mapping[ItemId, datetime],
    *,
    scope: Scope,
    trains: Collection[str] | None,
) -> Engaged:
    """Of the objectives of some trains, and of the epics and decisions of a scope; of all where no trains are named."""
    book = numbers.book
    here = in_scope(board, scope)
    keys = {one.key for one in here}
    return engagement(
        [one for one in book.objectives if trains is None or one.train in trains],
        journeys=here,
        touched_at=touched_at,
        decisions=[one for one in book.decisions if trains is None or one.item in keys],
        guardrails=book.portfolio.guardrails,
        calendar=book.calendar,
        as_of=book.as_of,
    )
