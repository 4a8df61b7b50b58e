"""The figures of money by scope and span of days, each with what it is made of: for exports and explanations alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from domain.funding import BUDGET, SpendLine, common, months_of, year_of
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Decision, ValueStream
from domain.work_item import ItemId
from metrics.alignment import UNALIGNED
from metrics.budget_run import BudgetRun, budget_run, together
from metrics.capital import CANDIDATE, Capital, capital
from metrics.closing import Books, name_of
from metrics.selection import Excluded, Scope, count
from metrics.spend import IDLE, by_horizon, by_kind, by_theme, horizon_of
from metrics.year_end import CAUSES, Step, steps

METRICS = frozenset(
    {
        "spend",
        "spend_total",
        "spend_horizon",
        "spend_kind",
        "spend_adjustment",
        "budget",
        "cost",
        "cost_forecast",
        "forecast_difference",
        "capital_share",
    }
)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What one item, or one value stream, brings to a figure. `amount`: minor units."""

    name: str
    item: ItemId | None
    amount: int | None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of money by its name in exports. `of`: items, or streams; `left_out` by reason."""

    metric: str
    level: str | None
    value: int | Decimal | None
    pieces: tuple[Piece, ...]
    of: str = "items"
    left_out: Excluded = field(default_factory=dict)

    @property
    def n_used(self) -> int:
        return len(self.pieces)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.left_out)


def figures(books: Books, *, scope: Scope, period: Period) -> Iterator[Figure]:
    """Every figure of money that a scope has in a span of days that is over; none where it has no money."""
    streams = funded(books, scope)
    lines = [line for stream in streams for line in _lines(books, stream, scope, period)]
    level = books.level
    if not any(_has_money(books, stream, period) for stream in streams):
        return
    yield _figure("spend_total", lines, level=level)
    if scope.kind in ("portfolio", "value_stream"):
        themes = [*(theme.id for theme in books.portfolio.themes), UNALIGNED, IDLE]
        yield from _parted("spend", lines, lambda one: one.cell.theme, [*themes, *by_theme(lines)], level=level)
        yield from _parted("spend_horizon", lines, lambda one: horizon_of(one.cell), by_horizon(lines), level=level)
        yield from _parted("spend_kind", lines, lambda one: one.cell.kind or IDLE, by_kind(lines), level=level)
        yield from _adjustments(books, streams, period)
        yield from _of_streams(books, streams, period)
        yield from _capital_share(books, streams, period)
    elif scope.kind == "theme":
        yield from _parted("spend_kind", lines, lambda one: one.cell.kind or IDLE, by_kind(lines), level=level)


def funded(books: Books, scope: Scope) -> list[ValueStream]:
    """The value streams of a scope that have any budget or cost; none where a file of money is set aside.

    Budgets and costs fill each other's gaps: with one of them alone a year would end elsewhere, and nobody would know.
    """
    if not books.portfolio.funding.is_told:
        return []
    paid = {one.value_stream for one in books.portfolio.funding.actuals}
    with_money = [one for one in books.portfolio.value_streams if one.budget or one.id in paid]
    if scope.kind != "value_stream":
        return with_money
    return [one for one in with_money if scope.name == f"value_stream:{one.id}"]


def year_run(books: Books, stream: ValueStream, *, by: date, period: Period | None = None) -> BudgetRun:
    """The run of a budget year (or another period) as it stood with the costs of the days before a day.

    The year is that of the last of these days: by 1 January it is the one that has just ended.
    """
    whole = period or year_of(by - timedelta(days=1), books.portfolio.year)
    until = common(Period(date.min, by), Period(date.min, books.until))
    return budget_run(books.budget(stream), books.cost(stream.id), period=whole, until=until)


def year_steps(books: Books, stream: ValueStream, run: BudgetRun, *, by: date) -> tuple[Step, ...]:
    """What moves a run of `year_run` from its budget to its forecast."""
    return steps(
        run,
        stream=stream.id,
        budget=books.budget(stream),
        cost=books.cost(stream.id),
        closed=books.kept(stream.id),
        until=min(by, books.until),
    )


def capital_of(
    books: Books, streams: Sequence[ValueStream], period: Period, *, decisions: Sequence[Decision] = ()
) -> Capital | None:
    """The candidates for capitalisation in a span of days; None where there is no rule."""
    rule, over = books.portfolio.funding.capital, common(period, Period(date.min, books.until))
    if rule is None or over is None:
        return None
    months, adjusted = [], 0
    for stream in streams:
        if rule.method == "item_days":
            spent = books.spent(stream, over)
            months += [(stream.id, one.period, one.lines) for one in spent.entries]
            adjusted += sum(one.amount for one in spent.adjustments)
        else:
            spends = ((one, books.live(stream, one, method=rule.method)) for one in months_of(over))
            months += [(stream.id, one, spend.lines) for one, spend in spends if spend is not None]
    items, epics = books.items, books.epics
    return capital(
        months, rule=rule, items=items, epics=epics, decisions=decisions, calendar=books.calendar, adjusted=adjusted
    )


def _has_money(books: Books, stream: ValueStream, period: Period) -> bool:
    money = (books.budget(stream).within(period), books.cost(stream.id).within(period))
    return any(one is not None for one in money)


def _lines(books: Books, stream: ValueStream, scope: Scope, period: Period) -> list[SpendLine]:
    lines = [line for one in books.spent(stream, period).entries for line in one.lines]
    if scope.kind == "theme":
        return [one for one in lines if scope.name == f"theme:{one.cell.theme}"]
    if scope.kind == "train":
        items = books.items
        return [one for one in lines if one.item is not None and one.item in items and scope.holds(items[one.item])]
    return lines


def _figure(metric: str, lines: Iterable[SpendLine], *, level: str | None) -> Figure:
    """The sum of some lines, item by item; idle days are money of no item."""
    amounts: dict[ItemId, tuple[str, int]] = {}
    value = 0
    for one in lines:
        value += one.amount
        if one.item is not None:
            amounts[one.item] = (one.key, amounts.get(one.item, ("", 0))[1] + one.amount)
    pieces = [Piece(name=key, item=item, amount=amount) for item, (key, amount) in amounts.items()]
    pieces.sort(key=lambda one: (-(one.amount or 0), one.name, str(one.item)))
    return Figure(metric=metric, level=level, value=value, pieces=tuple(pieces))


def _parted(
    metric: str,
    lines: Sequence[SpendLine],
    name: Callable[[SpendLine], str],
    names: Iterable[str],
    *,
    level: str | None,
) -> Iterator[Figure]:
    for one in dict.fromkeys(names):
        yield _figure(f"{metric}:{one}", [line for line in lines if name(line) == one], level=level)


def _adjustments(books: Books, streams: Sequence[ValueStream], period: Period) -> Iterator[Figure]:
    """What changes of closed periods move to and from each theme, booked in this span of days."""
    moved: dict[str, int] = defaultdict(int)
    keys: dict[str, None] = {}
    for stream in streams:
        for one in books.spent(stream, period).adjustments:
            keys |= dict.fromkeys(key for touched in one.items.values() for key in touched)
            for cell, amount in one.moved.items():
                moved[cell.theme] += amount
    pieces = tuple(Piece(name=key, item=None, amount=None) for key in sorted(keys))
    for theme, amount in sorted(moved.items()):
        yield Figure(metric=f"spend_adjustment:{theme}", level=books.level, value=amount, pieces=pieces)


def _of_streams(books: Books, streams: Sequence[ValueStream], period: Period) -> Iterator[Figure]:
    planned = {one.id: books.budget(one).within(period) for one in streams}
    paid = {one.id: books.cost(one.id).within(period) for one in streams}
    runs = {one.id: year_run(books, one, by=period.end) for one in streams}
    yield _summed("budget", planned)
    yield _summed("cost", paid)
    whole = together(list(runs.values()))
    foretold = _summed("cost_forecast", {stream: run.forecast for stream, run in runs.items()})
    yield Figure(
        metric="cost_forecast",
        level=None,
        value=whole.forecast if whole else None,
        pieces=foretold.pieces,
        of="streams",
        left_out={"too_early": left} if (left := foretold.left_out.get("no_money", ())) else {},
    )
    if whole is not None and (whole.basis == BUDGET or whole.is_part) and whole.forecast is not None:
        untold = {"no_cost": tuple(id for id, one in runs.items() if one.basis == BUDGET and one.plan is not None)}
        yield Figure(metric="forecast_difference", level=None, value=None, pieces=(), of="months", left_out=untold)
    if whole is not None and whole.difference is not None:
        moved = [step for one in streams for step in year_steps(books, one, runs[one.id], by=period.end)]
        yield from _causes(moved, whole.difference)


def _causes(moved: Sequence[Step], difference: int) -> Iterator[Figure]:
    """How far the forecast is from the budget, and what of it each cause moves, by month and stream."""
    yield _moved("forecast_difference", moved, difference)
    for cause in CAUSES:
        if mine := [one for one in moved if one.cause == cause]:
            yield _moved(f"forecast_difference:{cause}", mine, sum(one.amount for one in mine))


def _moved(metric: str, moved: Sequence[Step], value: int) -> Figure:
    pieces = (Piece(name=f"{one.value_stream} {name_of(one.period)}", item=None, amount=one.amount) for one in moved)
    return Figure(metric=metric, level=None, value=value, pieces=tuple(pieces), of="months")


def _summed(metric: str, amounts: dict[str, int | None]) -> Figure:
    known = {stream: amount for stream, amount in amounts.items() if amount is not None}
    missing = tuple(stream for stream, amount in amounts.items() if amount is None)
    return Figure(
        metric=metric,
        level=None,
        value=sum(known.values()) if known else None,
        pieces=tuple(Piece(name=stream, item=None, amount=amount) for stream, amount in known.items()),
        of="streams",
        left_out={"no_money": missing} if missing else {},
    )


def _capital_share(books: Books, streams: Sequence[ValueStream], period: Period) -> Iterator[Figure]:
    found = capital_of(books, streams, period)
    if found is None:
        return
    amounts: dict[ItemId, tuple[Journey, int]] = {}
    for one in found.candidates:
        amounts[one.item.id] = (one.item, amounts.get(one.item.id, (one.item, 0))[1] + one.amount)
    others: dict[str, dict[ItemId, str]] = defaultdict(dict)
    for one in found.evidence:
        if one.reason != CANDIDATE and one.item.id not in amounts:
            others[one.reason][one.item.id] = one.item.key
    pieces = [Piece(name=item.key, item=item.id, amount=amount) for item, amount in amounts.values()]
    yield Figure(
        metric="capital_share",
        level=books.level,
        value=None if found.share is None else round(found.share * 100, 4),
        pieces=tuple(sorted(pieces, key=lambda one: (-(one.amount or 0), one.name))),
        left_out={f"capital_{reason}": tuple(keys.values()) for reason, keys in sorted(others.items())},
    )
