"""Money by period: budgets, what was spent, how people voted, what finance has closed. Amounts are minor units."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domain.calendar import Increment
from domain.period import Period, month
from domain.work_item import ItemId

ACTUAL, BUDGET = "actual", "budget"  # what an amount rests on
_NAME = re.compile(r"(\d{4})(?:-Q([1-4])|-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True, kw_only=True)
class Actual:
    """What a value stream really cost in a period, and when finance closed it (None: it may still change)."""

    value_stream: str
    period: str
    amount: int
    closed_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What participatory budgeting gave a value stream or a theme in a period: its part of all votes, 0 to 1."""

    subject: str  # value_stream:ID or theme:ID
    period: str
    share: Decimal


@dataclass(frozen=True, kw_only=True)
class CapitalRule:
    """Which work is a candidate for capitalisation: a kind of work, once its epic has reached a portfolio state.

    `method` says how shares are measured: item_days, count, size. `statuses` are the tracker's, lower-cased, of the
    state `after` and of those that follow it.
    """

    method: str
    kinds: tuple[str, ...]
    after: str
    statuses: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Funding:
    """What was agreed about money, and what is known of it. `level`: whose item-days divide it (None: see `metrics`).

    `closes_after`: days after its end on which a month closes where no actual says when. `is_told` False: the file of
    budgets or of actuals cannot be believed for now, so that no money is told, no month closes and nothing is booked.
    `apart_points`: where the ways of dividing it differ by more, all of them are told.
    """

    level: str | None = None
    closes_after: int | None = None
    is_told: bool = True
    actuals: tuple[Actual, ...] = ()
    votes: tuple[Vote, ...] = ()
    capital: CapitalRule | None = None
    apart_points: Decimal = Decimal(10)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Where money goes: a theme (or `unaligned`, `idle`), its horizon ("" where it has none), a kind of work."""

    theme: str
    horizon: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLine:
    """What one item took of a period's money for one cell. `item` None: nobody's work, idle days."""

    item: ItemId | None
    key: str
    cell: Cell
    weight: Decimal
    amount: int


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """What a late change of a closed period moves, booked in a period that was still open.

    `cause` is `amount` (the money itself was restated) or `work` (items were moved, found or lost). `items` are keys
    by what happened to them: added, removed, days, theme, kind, horizon.
    """

    value_stream: str
    of: str  # the closed period, by name
    cause: str
    moved: Mapping[Cell, int]
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        """What it adds to the whole: 0 where money only moves from one place to another."""
        return sum(self.moved.values())


@dataclass(frozen=True, kw_only=True)
class ClosedSpend:
    """How the money of a closed period was attributed when it was first told: from then on it stays.

    `period` is a month, or the part of one that the declared period covers. `known_at` is since when that was known,
    `adjustments` are those of earlier periods that were booked in this one.
    """

    value_stream: str
    name: str
    period: Period
    closed_on: date
    known_at: datetime
    kept_at: datetime
    amount: int
    basis: str
    level: str
    definition_version: int
    lines: tuple[SpendLine, ...]
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, in hexadecimal."""
        whole = [self.head, self.body]
        return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def head(self) -> dict[str, str | int]:
        return {
            "value_stream": self.value_stream,
            "name": self.name,
            "starts": self.period.start.isoformat(),
            "ends": self.period.end.isoformat(),
            "closed_on": self.closed_on.isoformat(),
            "known_at": self.known_at.astimezone(UTC).isoformat(),
            "amount": self.amount,
            "basis": self.basis,
            "level": self.level,
            "definition_version": self.definition_version,
        }

    @property
    def body(self) -> dict[str, object]:
        """Its lines and adjustments as plain values."""
        return {
            "lines": [
                [*((one.item.source, one.item.external_id) if one.item else ("", "")), one.key, *_parts(one.cell),
                 str(one.weight), one.amount]
                for one in self.lines
            ],
            "adjustments": [
                {
                    "of": one.of,
                    "cause": one.cause,
                    "moved": [[*_parts(cell), amount] for cell, amount in sorted(one.moved.items())],
                    "items": {reason: list(keys) for reason, keys in sorted(one.items.items())},
                }
                for one in self.adjustments
            ],
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class YearTold:
    """Where a budget year was to end, as an edition told it on a day; minor units, None where it could not be told."""

    edition: str
    told_on: date
    year: Period
    forecast: int | None


def lines_of(body: Mapping[str, object]) -> tuple[SpendLine, ...]:
    """The lines of a kept body."""
    rows = body["lines"]
    assert isinstance(rows, list)
    return tuple(
        SpendLine(
            item=ItemId(source, external_id) if source else None,
            key=key,
            cell=Cell(theme, horizon, kind),
            weight=Decimal(weight),
            amount=amount,
        )
        for source, external_id, key, theme, horizon, kind, weight, amount in rows
    )


def adjustments_of(body: Mapping[str, object], *, value_stream: str) -> tuple[Adjustment, ...]:
    """The adjustments of a kept body."""
    rows = body["adjustments"]
    assert isinstance(rows, list)
    return tuple(
        Adjustment(
            value_stream=value_stream,
            of=row["of"],
            cause=row["cause"],
            moved={Cell(theme, horizon, kind): amount for theme, horizon, kind, amount in row["moved"]},
            items={reason: tuple(keys) for reason, keys in row["items"].items()},
        )
        for row in rows
    )


def in_minor_units(amount: Decimal, *, digits: int) -> int:
    """12.50 as 1250 where the currency has two digits. What is finer is rounded half to even: 12.345 is 1234."""
    return int(amount.scaleb(digits).to_integral_value())


class Money:
    """The money of one value stream by day: amounts of named periods, spread evenly over their days.

    A period inside another has its own amount; what is left of the other is spread over its remaining days. The
    amounts of any days that follow each other add up to that of the whole, to the last minor unit.
    """

    def __init__(self, amounts: Mapping[Period, int]) -> None:
        self.amounts = dict(amounts)
        self._parcels = [self._parcel(period, amount) for period, amount in amounts.items()]

    def within(self, period: Period) -> int | None:
        """What falls on the days of a period; None where none of them has any money."""
        found = None
        for days, amount in self._parcels:
            length = sum(run.length_days for run in days)
            first, last = _before(days, period.start), _before(days, period.end)
            if last > first:
                found = (found or 0) + amount * last // length - amount * first // length
        return found

    def covered(self, period: Period) -> int:
        """How many days of a period have money."""
        return sum(_before(days, period.end) - _before(days, period.start) for days, _ in self._parcels)

    def _parcel(self, period: Period, amount: int) -> tuple[list[Period], int]:
        """The days that belong to a period and to none inside it, and what they have."""
        inner = sorted(one for one in self.amounts if one != period and _holds(period, one))
        outermost = [one for one in inner if not any(other != one and _holds(other, one) for other in inner)]
        return without(period, outermost), amount - sum(self.amounts[one] for one in outermost)


def period_named(name: str, *, increments: Sequence[Increment] = (), year: Period | None = None) -> Period | None:
    """The days of a year (2026), quarter (2026-Q1), month (2026-03) or planning interval; None for another name.

    Where the budget year is not the calendar's, 2026 is the one that begins in 2026, and its quarters are counted
    from its first day.
    """
    for increment in increments:
        if increment.name == name:
            return increment.period
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    number = int(found[1])
    if found[3]:
        return month(date(number, int(found[3]), 1))
    whole = budget_year(number, year)
    if not found[2]:
        return whole
    start = _months_later(whole.start, 3 * (int(found[2]) - 1))
    return Period(start, whole.end if found[2] == "4" else _months_later(start, 3))


def budget_year(number: int, year: Period | None) -> Period:
    """The budget year that begins in a calendar year."""
    if year is None:
        return Period(date(number, 1, 1), date(number + 1, 1, 1))
    later = 12 * (number - year.start.year)
    return Period(_months_later(year.start, later), _months_later(year.end, later))


def year_of(day: date, year: Period | None) -> Period:
    """The budget year that a day falls in, or the one that began last."""
    return max(
        (found for number in (day.year - 1, day.year) if (found := budget_year(number, year)).start <= day),
        key=lambda found: found.start,
        default=budget_year(day.year - 1, year),
    )


def months_of(period: Period) -> list[Period]:
    """The months of a period, the first and the last cut where it begins and ends."""
    found, start = [], period.start
    while start < period.end:
        end = min(month(start).end, period.end)
        found.append(Period(start, end))
        start = end
    return found


def without(period: Period, others: Iterable[Period]) -> list[Period]:
    """What is left of a period when others are taken out of it."""
    found, start = [], period.start
    for other in sorted(others):
        if other.end <= start or other.start >= period.end:
            continue
        if other.start > start:
            found.append(Period(start, other.start))
        start = max(start, other.end)
    if start < period.end:
        found.append(Period(start, period.end))
    return found


def common(one: Period, other: Period) -> Period | None:
    """The days of both; None where there are none."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Period(start, end) if start < end else None


def contradiction(named: Mapping[str, tuple[Period, int | Decimal]], name: str) -> str | None:
    """What is wrong between a named amount and those before it in the mapping; None where they go together."""
    period = named[name][0]
    for other, (its_period, _) in named.items():
        if other == name:
            break
        if its_period == period:
            return f"it has the same days as {other}; keep one"
        if common(period, its_period) and not (_holds(period, its_period) or _holds(its_period, period)):
            return f"it shares days with {other}, and neither holds the other; give the amount of one of them"
    wholes = [name, *(other for other, (one, _) in named.items() if one != period and _holds(one, period))]
    return next((message for whole in wholes if (message := _unequal(named, whole))), None)


def _unequal(named: Mapping[str, tuple[Period, int | Decimal]], whole: str) -> str | None:
    """Do the amounts inside a period add up to more than it has, or, where they cover it, to less?"""
    period, amount = named[whole]
    inner = {other: one for other, (one, _) in named.items() if one != period and _holds(period, one)}
    outermost = [
        other for other, one in inner.items() if not any(its != one and _holds(its, one) for its in inner.values())
    ]
    within = sum((Decimal(named[other][1]) for other in outermost), Decimal(0))
    is_covered = bool(outermost) and not without(period, inner.values())
    if outermost and (within > amount or (is_covered and within != amount)):
        names = ", ".join(outermost)
        return f"{names} add up to {'more' if within > amount else 'less'} than {whole} has; mend the amounts"
    return None


def _holds(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _before(days: Sequence[Period], day: date) -> int:
    """How many of the days lie before a day."""
    return sum(max(0, (min(run.end, day) - run.start).days) for run in days)


def _months_later(day: date, months: int) -> date:
    """The same day of another month, or its last one where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def _parts(cell: Cell) -> tuple[str, str, str]:
    return cell.theme, cell.horizon, cell.kind
