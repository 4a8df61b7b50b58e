"""What a value stream's money did, period by period: closed ones as they were first told, and what changed since.

```
 closed            closed            open
 Sep  as told  ──  Oct  as told  ──  Nov  live figures + adjustments of Sep and Oct
```

A closed figure never moves. A late change (an item moved to another theme, a history corrected, an amount restated)
is an adjustment: it is booked in the period that is open, and stays in it once that closes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from domain.calendar import Calendar
from domain.funding import (
    ACTUAL,
    BUDGET,
    Actual,
    Adjustment,
    Cell,
    ClosedSpend,
    Money,
    SpendLine,
    common,
    months_of,
    period_named,
    without,
)
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Portfolio, ValueStream
from domain.work_item import ItemId
from metrics.selection import at_level
from metrics.spend import DEFINITION_VERSION, Spend, attribute, divided_anew, epics_of

LEVELS = ("feature", "story", "epic")  # the first that has items divides the money, where nothing is said


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One month (or a part of one) of a stream's money. `closed`: as it was kept; else it is live.

    `amount` None: no money is known for it.
    """

    value_stream: str
    period: Period
    basis: str
    amount: int | None
    lines: tuple[SpendLine, ...]
    closed: ClosedSpend | None = None
    spend: Spend | None = None

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """Those that were booked in it before it closed."""
        return () if self.closed is None else self.closed.adjustments


@dataclass(frozen=True, kw_only=True)
class StreamSpend:
    """The money of a stream over a span of days, in the order of its months.

    `late` are the changes of closed periods that no closed period has booked: those of the open one.
    """

    value_stream: str
    entries: tuple[Entry, ...]
    late: tuple[Adjustment, ...] = ()

    @property
    def amount(self) -> int | None:
        """What all months have together, with what adjustments add to it; None where no money is known."""
        known = [one.amount for one in self.entries if one.amount is not None]
        return sum(known) + sum(one.amount for one in self.adjustments) if known else None

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        return (*(told for one in self.entries for told in one.adjustments), *self.late)

    @property
    def lines(self) -> tuple[SpendLine, ...]:
        """Every line, and what adjustments move, without an item."""
        moved = tuple(
            SpendLine(item=None, key="", cell=cell, weight=Decimal(0), amount=amount)
            for one in self.adjustments
            for cell, amount in one.moved.items()
        )
        return (*(line for one in self.entries for line in one.lines), *moved)


@dataclass(frozen=True, kw_only=True)
class Books:
    """What the money of a portfolio rests on, as of an instant."""

    journeys: Sequence[Journey]
    portfolio: Portfolio
    calendar: Calendar
    as_of: datetime
    closed: Sequence[ClosedSpend] = ()
    _attributed: dict[tuple[object, ...], Spend] = field(default_factory=dict, init=False, repr=False, compare=False)

    _parted: dict[str | None, Mapping[str | None, list[Journey]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _late: dict[str, tuple[Adjustment, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def until(self) -> date:
        """The first day that was not over."""
        return self.calendar.day(self.as_of + timedelta(microseconds=1))

    @cached_property
    def level(self) -> str | None:
        """The level whose item-days divide the money; None where there are no items."""
        if self.portfolio.funding.level is not None:
            return self.portfolio.funding.level
        return next((level for level in LEVELS if at_level(self.journeys, level)), None)

    @cached_property
    def items(self) -> Mapping[ItemId, Journey]:
        """Every item by its id."""
        return {one.id: one for one in self.journeys}

    @cached_property
    def epics(self) -> Mapping[ItemId, ItemId]:
        """The epic that each item is, or is done under."""
        return epics_of(self.journeys)

    def named(self, name: str) -> Period | None:
        return period_named(name, increments=self.calendar.increments, year=self.portfolio.year)

    def budget(self, stream: ValueStream) -> Money:
        """What a stream may spend, by day."""
        periods = {self.named(name): amount for name, amount in stream.budget.items()}
        return Money({period: amount for period, amount in periods.items() if period is not None})

    def actuals(self, stream: str) -> list[tuple[Actual, Period]]:
        """What finance had told of periods that have begun, with the days that each speaks of, oldest first.

        A cost is known from the day on which its period closed; one of which no such day is told, at once.
        """
        today, found = self.calendar.day(self.as_of), []
        for one in self.portfolio.funding.actuals:
            if one.value_stream != stream or (one.closed_on is not None and one.closed_on > today):
                continue
            period = self.named(one.period)
            told = None if period is None else common(period, Period(date.min, self.until))
            if told is not None:
                found.append((one, told))
        return sorted(found, key=lambda pair: pair[1])

    def cost(self, stream: str) -> Money:
        """What a stream really cost, by day, as far as finance has told."""
        return Money({period: one.amount for one, period in self.actuals(stream)})

    def spent(self, stream: ValueStream, within: Period) -> StreamSpend:
        """The money of a stream in a span of days as far as it is over, month by month."""
        over = common(within, Period(date.min, self.until))
        if over is None:
            return StreamSpend(value_stream=stream.id, entries=())
        kept = [one for one in self.kept(stream.id) if common(one.period, over) == one.period]
        entries = [
            Entry(
                value_stream=stream.id,
                period=one.period,
                basis=one.basis,
                amount=one.amount,
                lines=one.lines,
                closed=one,
            )
            for one in kept
        ]
        for run in without(over, [one.period for one in kept]):
            entries += [self._live(stream, period, basis) for period, basis in self._pieces(stream, run)]
        is_open = self.until - timedelta(days=1) in over
        return StreamSpend(
            value_stream=stream.id,
            entries=tuple(sorted(entries, key=lambda one: one.period)),
            late=self.late(stream) if is_open else (),
        )

    def late(self, stream: ValueStream) -> tuple[Adjustment, ...]:
        """What of a stream's closed periods would read differently today, and is booked nowhere yet.

        Nothing while a file of money is set aside: that it is not told is no change of what was.
        """
        if not self.portfolio.funding.is_told:
            return ()
        if stream.id not in self._late:
            kept = self.kept(stream.id)
            booked = [told for one in kept for told in one.adjustments]
            self._late[stream.id] = tuple(told for one in kept for told in self._changes(stream, one, booked))
        return self._late[stream.id]

    def closing(self, *, known_at: datetime) -> list[ClosedSpend]:
        """What has closed and is not kept yet, as it stands; the first of a stream books what is late."""
        found = []
        for stream in self.portfolio.value_streams:
            late = self.late(stream)
            for name, period, closed_on in unkept(self, stream):
                entry = self._live(stream, period, self._pieces(stream, period)[0][1])
                if entry.amount is None or self.level is None:
                    continue
                found.append(
                    ClosedSpend(
                        value_stream=stream.id,
                        name=name,
                        period=period,
                        closed_on=closed_on,
                        known_at=known_at,
                        kept_at=known_at,
                        amount=entry.amount,
                        basis=entry.basis,
                        level=self.level,
                        definition_version=DEFINITION_VERSION,
                        lines=entry.lines,
                        adjustments=late,
                    )
                )
                late = ()
        return found

    def live(self, stream: ValueStream, period: Period, *, method: str = "item_days") -> Spend | None:
        """The money of some days, divided with what is known today; None where there is no money."""
        amount = self._amount(stream, period)
        return None if amount is None else self._divided(stream, period, amount, method=method)

    def kept(self, stream: str) -> list[ClosedSpend]:
        """The kept periods of a stream that had closed by the day of asking, oldest first."""
        today = self.calendar.day(self.as_of)
        mine = [one for one in self.closed if one.value_stream == stream and one.closed_on <= today]
        return sorted(mine, key=lambda one: one.period)

    def _pieces(self, stream: ValueStream, run: Period) -> list[tuple[Period, str]]:
        """The months of a run, cut where actuals begin and end; each with what its amount rests on."""
        told = [period for _, period in self.actuals(stream.id)]
        found = [(piece, ACTUAL) for one in told if (both := common(one, run)) for piece in months_of(both)]
        found += [(piece, BUDGET) for rest in without(run, told) for piece in months_of(rest)]
        return sorted(found)

    def _amount(self, stream: ValueStream, period: Period) -> int | None:
        cost = self.cost(stream.id)
        return cost.within(period) if cost.covered(period) else self.budget(stream).within(period)

    def _live(self, stream: ValueStream, period: Period, basis: str) -> Entry:
        amount = self._amount(stream, period)
        spend = None if amount is None else self._divided(stream, period, amount)
        return Entry(
            value_stream=stream.id,
            period=period,
            basis=basis,
            amount=amount,
            lines=spend.lines if spend else (),
            spend=spend,
        )

    def _divided(
        self, stream: ValueStream, period: Period, amount: int, *, method: str = "item_days", level: str | None = None
    ) -> Spend:
        level = level or self.level
        asked = (stream.id, period, amount, method, level)
        if asked not in self._attributed:
            self._attributed[asked] = attribute(
                self._in_stream(level).get(stream.id, []),
                amount=amount,
                period=period,
                calendar=self.calendar,
                themes=self.portfolio.themes,
                method=method,
            )
        return self._attributed[asked]

    def _in_stream(self, level: str | None) -> Mapping[str | None, list[Journey]]:
        """The items of a level by value stream."""
        if level not in self._parted:
            found: dict[str | None, list[Journey]] = defaultdict(list)
            for one in at_level(self.journeys, level) if level is not None else ():
                found[one.placement.value_stream].append(one)
            self._parted[level] = found
        return self._parted[level]

    def _changes(self, stream: ValueStream, kept: ClosedSpend, booked: Sequence[Adjustment]) -> list[Adjustment]:
        """What a closed period would read today beyond what it was kept as, and beyond what is booked already."""
        amount = self._amount(stream, kept.period)
        amount = kept.amount if amount is None else amount
        today = self._divided(stream, kept.period, amount, level=kept.level).lines
        restated = divided_anew(kept.lines, amount=amount, period=kept.period)
        mine = [one for one in booked if one.of == kept.name]
        found = []
        for cause, cells, items in (
            ("amount", _difference(restated, kept.lines), {}),
            ("work", _difference(today, restated), _causes(kept.lines, today)),
        ):
            before = _sum_of(mine, cause)
            left = {cell: cells.get(cell, 0) - before.get(cell, 0) for cell in sorted({*cells, *before})}
            if moved := {cell: value for cell, value in left.items() if value}:
                found.append(Adjustment(value_stream=stream.id, of=kept.name, cause=cause, moved=moved, items=items))
        return found


def unkept(books: Books, stream: ValueStream) -> list[tuple[str, Period, date]]:
    """The months of a stream that have closed and are not kept: name, days, and when they closed; oldest first.

    None while a file of money is set aside: what is kept stays, and it would be kept without it.
    """
    if not books.portfolio.funding.is_told:
        return []
    today = books.calendar.day(books.as_of)
    kept = [one.period for one in books.closed if one.value_stream == stream.id]
    found = []
    for actual, told in books.actuals(stream.id):
        if actual.closed_on is not None and told.end <= actual.closed_on <= today:
            found += [(piece, actual.closed_on) for piece in months_of(told)]
    waits = books.portfolio.funding.closes_after
    if waits is not None:
        told_periods = [period for _, period in books.actuals(stream.id)]
        for whole in books.budget(stream).amounts:
            for rest in without(whole, told_periods):
                closes = ((piece, piece.end + timedelta(days=waits)) for piece in months_of(rest))
                found += [(piece, on) for piece, on in closes if on <= today]
    fresh = {piece: on for piece, on in sorted(found) if not any(common(piece, one) for one in kept)}
    return [(name_of(piece), piece, on) for piece, on in sorted(fresh.items())]


def name_of(period: Period) -> str:
    """2026-10, or the first and last day of a part of a month."""
    whole = months_of(Period(period.start.replace(day=1), period.end))
    is_month = period.start.day == 1 and period.end.day == 1 and len(whole) == 1
    return f"{period.start:%Y-%m}" if is_month else f"{period.start} to {period.last_day}"


def _difference(after: Iterable[SpendLine], before: Iterable[SpendLine]) -> dict[Cell, int]:
    new, old = _cells(after), _cells(before)
    return {
        cell: new.get(cell, 0) - old.get(cell, 0)
        for cell in sorted({*new, *old})
        if new.get(cell, 0) != old.get(cell, 0)
    }


def _cells(lines: Iterable[SpendLine]) -> dict[Cell, int]:
    found: dict[Cell, int] = defaultdict(int)
    for one in lines:
        found[one.cell] += one.amount
    return dict(found)


def _sum_of(told: Iterable[Adjustment], cause: str) -> dict[Cell, int]:
    found: dict[Cell, int] = defaultdict(int)
    for one in told:
        if one.cause == cause:
            for cell, amount in one.moved.items():
                found[cell] += amount
    return found


def _causes(before: Iterable[SpendLine], after: Iterable[SpendLine]) -> dict[str, tuple[str, ...]]:
    """What happened to the items of a period since: keys by reason."""
    old, new = _by_item(before), _by_item(after)
    found: dict[str, list[str]] = defaultdict(list)
    for item in {*old, *new}:
        was, now = old.get(item), new.get(item)
        if was is None or now is None:
            found["added" if was is None else "removed"].append((now or was or [])[0].key)
        elif (reason := _changed(was, now)) is not None:
            found[reason].append(now[0].key)
    return {reason: tuple(sorted(keys)) for reason, keys in sorted(found.items())}


def _by_item(lines: Iterable[SpendLine]) -> dict[ItemId, list[SpendLine]]:
    found: dict[ItemId, list[SpendLine]] = defaultdict(list)
    for one in lines:
        if one.item is not None:
            found[one.item].append(one)
    return found


def _changed(was: Sequence[SpendLine], now: Sequence[SpendLine]) -> str | None:
    """The first thing that differs of an item: its days, its themes, their horizon, its kind of work."""
    for reason, of in (
        ("days", lambda lines: sum(one.weight for one in lines)),
        ("theme", lambda lines: sorted((one.cell.theme, one.weight) for one in lines)),
        ("horizon", lambda lines: sorted(one.cell.horizon for one in lines)),
        ("kind", lambda lines: sorted(one.cell.kind for one in lines)),
    ):
        if of(was) != of(now):
            return reason
    return None
