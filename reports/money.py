"""The numbers of money of a book: budgets, costs, forecasts, what the money was spent on, and what changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import Increment
from domain.funding import ACTUAL, BUDGET, Adjustment, common, months_of, without, year_of
from domain.journey import Journey
from domain.period import Period
from domain.strategy import ValueStream
from metrics.alignment import UNALIGNED, intended_shares
from metrics.budget_run import BudgetRun, together
from metrics.capital import Capital
from metrics.closing import Books, StreamSpend
from metrics.costs import Costs
from metrics.distribution import percentages
from metrics.selection import Scope
from metrics.spend import IDLE, METHODS, apart, are_apart, by_theme, summed
from metrics.spending import capital_of, funded, year_run
from reports.book import Book


@dataclass(frozen=True, kw_only=True)
class StreamFunds:
    """One value stream: its budget year and planning interval, and what its money was spent on this year."""

    stream: ValueStream
    run: BudgetRun
    increment: BudgetRun
    spent: StreamSpend
    by_theme: Mapping[str, int]
    open_month: bool  # finance has told of costs that it may still change


@dataclass(frozen=True, kw_only=True)
class Untied:
    """An item that took money and serves no theme, or not with all of its work."""

    item: Journey
    value_stream: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What people voted for, what was allocated and what was spent, in parts of the whole. None: not known.

    What was allocated to streams, and what was spent, are to a tenth of a percent, and add up to the whole.
    """

    subject: str
    voted: Decimal
    allocated: Decimal | None
    spent: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Funds:
    """The money of a portfolio as a report tells it, for the budget year of the book's day.

    What is spent is of its days that are over, `so_far`. `readings` are the amounts by theme when divided by item-days,
    by count and by size; without one by which nothing can be divided; `apart` is the most points by which the share of
    a theme differs between them.
    """

    books: Books
    year: Period
    so_far: Period
    increment: Increment
    streams: tuple[StreamFunds, ...]
    whole: BudgetRun
    whole_increment: BudgetRun
    by_theme: Mapping[str, int]
    readings: Mapping[str, Mapping[str, int]]
    unsized: int
    untied: tuple[Untied, ...]
    adjustments: tuple[Adjustment, ...]
    ballots: tuple[Ballot, ...]
    ballot_period: str
    capital: Capital | None

    @property
    def spent(self) -> int:
        """All that was attributed this year, adjustments among it."""
        return sum(self.by_theme.values())

    @property
    def even(self) -> int:
        """How much of it is the even share of a budget, for want of a told cost."""
        entries = [one for stream in self.streams for one in stream.spent.entries if one.basis == BUDGET]
        return sum(one.amount or 0 for one in entries)

    @property
    def is_even(self) -> bool:
        """Is all of it the even share of budgets, since no cost of the year is told?"""
        entries = [one for stream in self.streams for one in stream.spent.entries]
        return bool(self.spent) and not self.has_actuals and all(one.basis == BUDGET for one in entries)

    @property
    def apart(self) -> Decimal:
        return apart(list(self.readings.values()))

    @property
    def is_apart(self) -> bool:
        return are_apart(self.apart, agreed=self.books.portfolio.funding.apart_points)

    @property
    def has_actuals(self) -> bool:
        return any(one.run.basis == ACTUAL for one in self.streams)

    @property
    def silent(self) -> tuple[ValueStream, ...]:
        """The value streams that have a budget and of which no cost is told, where one of others is."""
        is_known = self.has_actuals
        return tuple(
            one.stream for one in self.streams if is_known and one.run.basis == BUDGET and one.run.plan is not None
        )

    @property
    def percent(self) -> Mapping[str, Decimal]:
        """The part of each theme in percent, to one place, adding up to 100.0; empty where nothing was attributed."""
        return percentages(self.by_theme) if self.spent > 0 else {}

    @property
    def tied_percent(self) -> Decimal:
        """What serves a theme, in percent to one place: what the shares leave to those that serve none."""
        shares = self.percent
        return 100 - shares.get(UNALIGNED, Decimal(0)) - shares.get(IDLE, Decimal(0))

    def share(self, amount: int) -> Decimal:
        """A part of what was attributed, 0 to 1."""
        return Decimal(amount) / self.spent if self.spent else Decimal(0)


def funds(book: Book) -> Funds | None:
    """The money of a book; None where nobody has told of any. Asked again of the same facts, it is told again."""
    return book.once("funds", lambda: _funds(book))


def epic_costs(book: Book) -> Costs | None:
    """What the work on each epic cost, whichever theme it served; None where no money is told."""
    return book.once("cost of epics", lambda: _epic_costs(book))


def _epic_costs(book: Book) -> Costs | None:
    told = funds(book)
    return (
        None if told is None else Costs(told.books, {one.stream.id: one.spent for one in told.streams}, year=told.year)
    )


def _funds(book: Book) -> Funds | None:
    books = Books(
        journeys=book.journeys,
        portfolio=book.portfolio,
        calendar=book.calendar,
        as_of=book.as_of,
        closed=book.closed,
    )
    streams = funded(books, Scope())
    if not streams:
        return None
    last_day = books.until - timedelta(days=1)
    year, increment = year_of(last_day, book.portfolio.year), book.calendar.increment_of(last_day)
    told = tuple(_stream(books, stream, year, increment) for stream in streams)
    whole, whole_increment = together([one.run for one in told]), together([one.increment for one in told])
    assert whole is not None
    assert whole_increment is not None
    lines = [line for one in told for line in one.spent.lines]
    readings, unsized = _readings(books, streams, year)
    so_far = Period(year.start, books.until)
    period, ballots = _ballots(books, told, by_theme(lines), so_far)
    return Funds(
        books=books,
        year=year,
        so_far=so_far,
        increment=increment,
        streams=told,
        whole=whole,
        whole_increment=whole_increment,
        by_theme=by_theme(lines),
        readings=readings,
        unsized=unsized,
        untied=_untied(books, told),
        adjustments=tuple(change for one in told for change in one.spent.adjustments),
        ballots=ballots,
        ballot_period=period,
        capital=capital_of(books, streams, year, decisions=book.decisions),
    )


def _stream(books: Books, stream: ValueStream, year: Period, increment: Increment) -> StreamFunds:
    spent = books.spent(stream, year)
    return StreamFunds(
        stream=stream,
        run=year_run(books, stream, by=books.until, period=year),
        increment=year_run(books, stream, by=books.until, period=increment.period),
        spent=spent,
        by_theme=by_theme(spent.lines),
        open_month=any(one.closed_on is None for one, _ in books.actuals(stream.id)),
    )


def _readings(books: Books, streams: Sequence[ValueStream], year: Period) -> tuple[dict[str, Mapping[str, int]], int]:
    """The money of the year to date by theme, by each method; and how many items have no size to divide it by.

    A method is left out where it has nothing to divide the money of some month by, though items were in progress.
    """
    over = common(year, Period(date.min, books.until))
    found: dict[str, dict[str, int]] = {method: {} for method in METHODS}
    unsized: set[str] = set()
    undivided: set[str] = set()
    for stream in streams:
        for piece in months_of(over) if over else ():
            for method in METHODS:
                told = books.live(stream, piece, method=method)
                for theme, amount in by_theme(told.lines).items() if told else ():
                    found[method][theme] = found[method].get(theme, 0) + amount
                unsized |= {key for keys in told.excluded.values() for key in keys} if told else set()
                undivided |= {method} if told and told.excluded and not told.n_used else set()
    return {method: amounts for method, amounts in found.items() if method not in undivided}, len(unsized)


def _untied(books: Books, streams: Sequence[StreamFunds]) -> tuple[Untied, ...]:
    """Items that took money and serve no theme, the dearest first."""
    items = books.items
    found = []
    for one in streams:
        lines = [line for line in one.spent.lines if line.cell.theme == UNALIGNED and line.item in items]
        for item, amount in summed(lines, lambda line: line.item).items():
            assert item is not None
            found.append(Untied(item=items[item], value_stream=one.stream.id, amount=amount))
    return tuple(sorted(found, key=lambda one: (-one.amount, one.item.key)))


def _ballots(
    books: Books, streams: Sequence[StreamFunds], themes: Mapping[str, int], so_far: Period
) -> tuple[str, tuple[Ballot, ...]]:
    """Votes of the newest period that has begun: streams against their budgets, themes against their target shares.

    A theme that was in effect on some of the days that are spent on is allocated its part of them, as it could spend.
    """
    begun = [
        (period, vote.period) for vote in books.portfolio.funding.votes
        if (period := books.named(vote.period)) is not None and period.start <= so_far.last_day
    ]  # fmt: skip
    if not begun:
        return "", ()
    period, name = max(begun)
    money = {one.stream.id: books.budget(one.stream) for one in streams}
    budgets = {id: None if without(period, one.amounts) else one.within(period) for id, one in money.items()}
    spent = {one.stream.id: sum(one.by_theme.values()) for one in streams}
    declaring = [one for one in books.portfolio.themes if one.target_share is not None]
    targets = {one.id: Decimal(0) for one in declaring} | intended_shares(
        declaring, period=so_far, calendar=books.calendar
    )
    known = {} if None in budgets.values() else {id: one or 0 for id, one in budgets.items()}
    allocated_streams = _shares(known)
    spent_streams, spent_themes = _shares(spent), _shares(themes)
    found = []
    for vote in books.portfolio.funding.votes:
        if vote.period != name:
            continue
        kind, _, id = vote.subject.partition(":")
        if kind == "value_stream":
            allocated, share = allocated_streams.get(id), spent_streams.get(id)
        else:
            allocated = targets.get(id)
            share = spent_themes.get(id, Decimal(0)) if spent_themes else None
        found.append(Ballot(subject=vote.subject, voted=vote.share, allocated=allocated, spent=share))
    return name, tuple(found)


def _shares(amounts: Mapping[str, int]) -> dict[str, Decimal]:
    """Parts of the whole, 0 to 1, as they stand beside each other on every page; empty where there is no whole."""
    return {id: one / 100 for id, one in percentages(amounts).items()} if sum(amounts.values()) > 0 else {}


def material(plan: int | None, currency: str) -> int:
    """From which difference on a year's end is worth a word: half a percent of the budget, or 250,000."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - slow to import

    least: int = 250_000 * 10 ** int(get_currency_precision(currency))
    return max(least, (plan or 0) // 200)
