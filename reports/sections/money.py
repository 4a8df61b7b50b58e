"""Money: where the year will end, what it was spent on, what changed in closed months, and on which assumptions.

A management view of the money, and no ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from domain.funding import ACTUAL, Adjustment
from domain.strategy import ValueStream
from metrics.alignment import UNALIGNED
from metrics.budget_run import BudgetRun, MonthOfMoney
from metrics.capital import Evidence
from metrics.spend import IDLE, METHODS
from reports.book import Book
from reports.charts.shapes import Columns, Diverging, Mark, MoneyBar, MoneyColumn, Sparkline, Step, Waterfall
from reports.findings.engine import closed
from reports.money import Ballot, Funds, StreamFunds, funds, material
from reports.page import (
    Cell,
    Column,
    Empty,
    Exhibit,
    Fact,
    Facts,
    Figure,
    KeyFigure,
    Paragraph,
    Row,
    Section,
    Table,
    Text,
    joined,
)
from reports.sections import purposes, year_end
from reports.sections.scribe import Scribe, row, text
from reports.sections.themes import ended, linked
from reports.words import numbers
from reports.words.catalogue import foreign
from reports.words.foreign import one_line

MOST_ROWS = 15
MOST_NAMED = 2  # value streams in a headline
LONGEST_NAME = 40
FULL = 12  # columns of a page


def money_sections(scribe: Scribe) -> list[Section]:
    """Every section of money; one that says who can tell of it, where nobody has."""
    told = funds(scribe.numbers.book)
    if told is None:
        return [_nothing(scribe)]
    found = [_year(scribe, told), _spend(scribe, told), _closed(scribe, told)]
    found += [one for one in (_votes(scribe, told), _capital(scribe, told)) if one is not None]
    return [*found, _assumptions(scribe, told)]


def money_figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """The year's forecast, what was spent, and how much of it serves a theme; none where no money is told."""
    told = funds(scribe.numbers.book)
    if told is None:
        return ()
    return (forecast_figure(scribe, told), _spent_figure(scribe, told), tied_figure(scribe, told))


# --- key figures


def forecast_figure(scribe: Scribe, told: Funds) -> KeyFigure:
    words, run = scribe.words, told.whole
    points = year_end.points(scribe, told)
    return KeyFigure(
        id="forecast",
        title=words.text("money.figure.forecast"),
        value=words.text("unknown") if run.forecast is None else _said(scribe, run.forecast),
        versus="" if run.plan is None else words.text(year_end.budget_key(run), amount=_said(scribe, run.plan)),
        chart=Sparkline(values=points, target=None if run.plan is None or run.unplanned else run.plan / 100)
        if any(points)
        else None,
        trend=_difference_words(scribe, told),
        definition=scribe.definition("cost_forecast"),
    )


def _spent_figure(scribe: Scribe, told: Funds) -> KeyFigure:
    words, run = scribe.words, told.whole
    basis = "part" if run.is_part else "told" if run.basis == ACTUAL else "even"
    return KeyFigure(
        id="spent",
        title=words.text("money.figure.spent.even" if basis == "even" else "money.figure.spent"),
        value=words.text("unknown") if run.spent is None else _said(scribe, run.spent),
        versus=words.text(
            f"money.figure.{basis}", n=run.days_spent, total=run.period.length_days, streams=_silent(scribe, told)
        ),
        trend=words.say("money.label"),
        definition=scribe.definition("cost"),
    )


def tied_figure(scribe: Scribe, told: Funds) -> KeyFigure:
    words = scribe.words
    loose = told.by_theme.get(UNALIGNED, 0) + told.by_theme.get(IDLE, 0)
    why = _unshared(scribe, told)
    return KeyFigure(
        id="tied",
        title=words.text("money.figure.tied"),
        value=words.text("unknown") if why else scribe.share(told.tied_percent),
        versus=words.text(f"money.figure.{why}")
        if why
        else words.text("money.figure.loose", amount=_said(scribe, loose)),
        trend=words.say("money.figure.tied.even" if told.is_even else "money.label"),
        definition=scribe.definition("spend"),
    )


# --- where the year will end


def _year(scribe: Scribe, told: Funds) -> Section:
    words = scribe.words
    return Section(
        id="money",
        question=words.text("money.question"),
        headline=headline(scribe, told),
        intro=intro(scribe, told),
        blocks=(
            months(scribe, told),
            streams(scribe, told),
            *_bridge(scribe, told),
            *year_end.causes(scribe, told),
            *year_end.history(scribe, told),
        ),
        long=True,
    )


def headline(scribe: Scribe, told: Funds) -> Text:
    """Over, under or near the budget; or why nobody can say."""
    words, run = scribe.words, told.whole
    if not told.has_actuals:
        return words.say("money.head.even")
    if run.plan is None or run.difference is None:
        return _uncompared(scribe, told)
    limit = material(run.plan, scribe.numbers.book.portfolio.currency)
    if abs(run.difference) <= limit:
        return words.say("money.head.near", amount=_said(scribe, run.plan))
    amount = _said(scribe, abs(run.difference))
    if run.difference < 0:
        return words.say("money.head.under", amount=amount)
    worst = max(told.streams, key=lambda one: one.run.difference or 0)
    return words.say("money.head.over", amount=amount, stream=foreign(worst.stream.name))


def _uncompared(scribe: Scribe, told: Funds) -> Text:
    """That it is too early, or of what no cost or no budget is told; where the year ends, where no budget is of it."""
    words, run, forecast = scribe.words, told.whole, told.whole.forecast
    if forecast is None:
        return words.say("money.head.early")
    if run.plan is not None:
        return _of_some(scribe, told) if run.is_part else words.say("year_end.head.part")
    some = ".some" if any(one.run.plan is not None for one in told.streams) else ""
    return words.say(f"money.head.no_plan{some}", forecast=_said(scribe, forecast))


def _of_some(scribe: Scribe, told: Funds) -> Text:
    """That nobody knows, where a stream has told no cost; which of the others closes over its budget by the most."""
    words, currency = scribe.words, scribe.numbers.book.portfolio.currency
    worst = max(told.streams, key=lambda one: one.run.difference or 0)
    apart, silent = worst.run.difference or 0, _silent(scribe, told)
    if apart <= material(worst.run.plan, currency):
        return words.say("money.head.some", streams=silent)
    return words.say(
        "money.head.some.over", stream=foreign(worst.stream.name), amount=_said(scribe, apart), streams=silent
    )


def _silent(scribe: Scribe, told: Funds) -> Text:
    """The value streams that have told no cost, the first of them by name."""
    names = [foreign(one.name) for one in told.silent]
    return scribe.words.listed(names[:MOST_NAMED], more=len(names[MOST_NAMED:]))


def intro(scribe: Scribe, told: Funds, *, with_increment: bool = True) -> Text:
    """What was spent, where the year ends and between which ends it may; and that this is a management view."""
    words, run = scribe.words, told.whole
    if run.spent is None or run.plan is None:
        return words.say("money.label.sentence")
    parts = {"spent": _said(scribe, run.spent), "plan": _said(scribe, run.plan), "year": words.period(run.period)}
    if run.unplanned:
        said = year_end.part_of_year(scribe, told)
    elif not told.has_actuals:
        said = words.say("money.intro.even", **parts)
    elif run.forecast is None:
        said = words.say("money.intro.part" if run.is_part else "money.intro", **parts)
    else:
        low, high = _range(told)
        key = "money.intro.part.forecast" if run.is_part else "money.intro.forecast"
        said = words.say(key, forecast=_said(scribe, run.forecast), **parts)
        if low is not None and high is not None:
            said = joined([said, words.say("money.intro.range", low=_said(scribe, low), high=_said(scribe, high))])
    increment = _of_increment(scribe, told) if with_increment else ()
    return joined([said, _untold(scribe, told), increment, words.say("money.label.sentence")])


def _range(told: Funds) -> tuple[int | None, int | None]:
    """The ends of all streams, each at the pace of its cheapest and its dearest month."""
    runs = [one.run for one in told.streams if one.run.forecast is not None]
    lows = [one.forecast if one.low is None else one.low for one in runs]
    highs = [one.forecast if one.high is None else one.high for one in runs]
    if all(one.low is None for one in runs):
        return None, None
    return sum(one or 0 for one in lows), sum(one or 0 for one in highs)


def _of_increment(scribe: Scribe, told: Funds) -> Text:
    """The same of the planning interval that is under way; not compared where its budget does not cover all of it.

    Nothing where a stream has told no cost of it, which is said already.
    """
    words, run = scribe.words, told.whole_increment
    if run.plan is None or run.is_part:
        return ()
    parts: dict[str, str | Text] = {"name": foreign(told.increment.name), "plan": _said(scribe, run.plan)}
    is_foretold = run.forecast is not None and run.basis == ACTUAL
    if run.unplanned:
        alone = _said(scribe, run.forecast or 0)
        said = [_uncovered(scribe, told), words.say("money.increment.alone", forecast=alone) if is_foretold else ()]
        return joined([one for one in said if one])
    if run.forecast is None or not is_foretold:
        return words.say("money.increment.early", **parts)
    return words.say("money.increment", forecast=_said(scribe, run.forecast), **parts)


def _uncovered(scribe: Scribe, told: Funds) -> Text:
    """After which day an increment has no budget; or for how many of its days it has one."""
    words, run, name = scribe.words, told.whole_increment, foreign(told.increment.name)
    if len(run.unplanned) == 1 and run.unplanned[0].end == run.period.end:
        day = words.day(run.unplanned[0].start - timedelta(days=1))
        return words.say("money.increment.ends", name=name, day=day)
    total = run.period.length_days
    n = total - sum(one.length_days for one in run.unplanned)
    return words.say("money.increment.gaps", name=name, n=words.whole(n), total=words.whole(total))


def months(scribe: Scribe, told: Funds, *, columns: int = FULL) -> Figure:
    """C6: budget, cost and forecast by month, and how far apart; on a page of everything, without the notes."""
    words, run = scribe.words, told.whole
    known = [one for one in run.months if one.actual is not None and one.difference is not None]
    over = [one for one in known if (one.difference or 0) > 0]
    has_costs = any(one.actual is not None for one in run.months)
    why = "part" if run.is_part else "uncompared"
    unknown = words.say(f"money.months.{why}" if has_costs else "money.months.none")
    title = words.say("money.months.title", n=len(over), total=len(known)) if known else unknown
    label = words.text("money.months.alt", title=title)
    return Figure(
        title=title,
        subtitle=words.say("money.months.subtitle", year=words.period(run.period)),
        alt=label,
        chart=Columns(
            columns=tuple(_column(scribe, one) for one in run.months),
            above=words.text("money.months.above"),
            below=words.text("money.months.below"),
            label=label,
        ),
        key=(
            (Mark.PLAN, words.text("money.key.plan")),
            (Mark.ACTUAL, words.text("money.key.cost")),
            (Mark.HATCH, words.text("money.key.forecast")),
        ),
        notes=(*_month_notes(scribe, told), *(year_end.month_notes(scribe, told) if columns == FULL else ())),
        definition=scribe.definition("cost_forecast"),
        data=Table(
            caption=words.text("money.months.subtitle", year=words.period(run.period)),
            columns=_columns(scribe, "month", "plan", "cost", "ahead", "difference"),
            rows=tuple(
                row(
                    words.month_year(one.period.start),
                    *(_in_units(scribe, amount) for amount in (one.plan, one.actual)),
                    words.text("none")
                    if one.ahead is None and one.actual is not None
                    else _in_units(scribe, one.ahead),
                    _in_units(scribe, one.difference, signed=True),
                )
                for one in run.months
            ),
        ),
        columns=columns,
    )


def _column(scribe: Scribe, one: MonthOfMoney) -> MoneyColumn:
    return MoneyColumn(
        tick=scribe.words.month(one.period.start),
        plan=one.plan,
        actual=one.actual,
        ahead=one.ahead,
        words="" if one.told is None else _short(scribe, one.told),
        difference=one.difference,
        difference_words="" if one.difference is None else _short(scribe, one.difference, signed=True),
    )


def _month_notes(scribe: Scribe, told: Funds) -> tuple[Text, ...]:
    words = scribe.words
    told_of = [one for one in told.streams if one.run.basis == ACTUAL]
    notes = []
    if told_of and any(one.open_month for one in told_of):
        notes.append(words.say("money.note.open"))
    if untold := _untold(scribe, told):
        notes.append(untold)
    if told.books.portfolio.year is not None:
        notes.append(words.say("money.note.year", year=words.period(told.year)))
    return tuple(notes)


def _untold(scribe: Scribe, told: Funds) -> Text:
    """Of which value streams no cost is told, where one of others is."""
    untold = told.silent
    if not untold:
        return ()
    return scribe.words.say("money.note.untold", streams=_named(scribe, untold))


def streams(scribe: Scribe, told: Funds) -> Exhibit:
    """C3 and C7: each value stream, with its budget, cost and forecast as a bar, and its difference as another."""
    words, whole = scribe.words, in_rows(scribe, told)
    most = max((max(one.run.plan or 0, one.run.forecast or 0, one.run.spent or 0) for one in told.streams), default=0)
    bars = [*(_money_bar(one.run, most) for one in told.streams), Cell()]
    rows = [
        replace(row, cells=(*row.cells[:5], bar, *row.cells[5:])) for row, bar in zip(whole.rows, bars, strict=True)
    ]
    return Exhibit(
        table=Table(
            caption=words.text("money.streams.caption"),
            name="funds",
            columns=_columns(scribe, "stream", "plan", "cost", "forecast", "difference", "run", "bar"),
            rows=tuple(rows),
        ),
        notes=(words.say("money.streams.bars"), words.say("money.streams.note")),
        definition=scribe.definition("budget"),
    )


def in_rows(scribe: Scribe, told: Funds) -> Table:
    """C7: each value stream, with its difference as a bar on one scale."""
    words = scribe.words
    reach = max((abs(one.run.difference or 0) for one in told.streams), default=0)
    rows = [_stream_row(scribe, _stream_name(scribe, one), one.run, reach, note=_owner(one)) for one in told.streams]
    rows.append(_stream_row(scribe, words.say("money.total"), told.whole, 0, total=True))
    return Table(
        caption=words.text("money.streams.caption"),
        name="funds",
        columns=_columns(scribe, "stream", "plan", "cost", "forecast", "difference", "bar"),
        rows=tuple(rows),
    )


def _money_bar(run: BudgetRun, most: int) -> Cell:
    paid = run.spent if run.basis == ACTUAL else None
    if not most or (run.plan is None and paid is None):
        return Cell()
    return Cell(chart=MoneyBar(plan=run.plan, actual=paid, forecast=run.forecast, reach=most))


def in_short(scribe: Scribe, told: Funds) -> Exhibit:
    """The value streams for a page of everything."""
    table = in_rows(scribe, told)
    rows = [replace(row, cells=(replace(row.cells[0], note=()), *row.cells[1:])) for row in table.rows]
    return Exhibit(table=replace(table, rows=tuple(rows)), definition=scribe.definition("budget"))


def _stream_name(scribe: Scribe, one: StreamFunds) -> Text:
    """A value stream, which leads to its own page."""
    page = f"stream-{one.stream.id}.{scribe.words.locale}.html"
    return tuple(replace(span, href=page) for span in foreign(one.stream.name))


def _stream_row(scribe: Scribe, name: Text, run: BudgetRun, reach: int, *, note: Text = (), total: bool = False) -> Row:
    paid = run.spent if run.basis == ACTUAL else None
    return Row(
        cells=(
            Cell(text=name, note=note),
            *(Cell(text=text(_known(scribe, amount))) for amount in (run.plan, paid, run.forecast)),
            Cell(text=year_end.not_compared(scribe, run), note=year_end.uncovered(scribe, run))
            if run.plan is not None and run.unplanned
            else Cell(text=text(_signed(scribe, run.difference))),
            Cell(chart=Diverging(value=run.difference, reach=reach))
            if run.difference is not None and reach
            else Cell(),
        ),
        total=total,
    )


def _owner(one: StreamFunds) -> Text:
    return foreign(one.stream.owner) if one.stream.owner else ()


def _bridge(scribe: Scribe, told: Funds) -> tuple[Figure, ...]:
    """C13: what moves the budget to the forecast, stream by stream; nothing where there is no forecast."""
    words, run = scribe.words, told.whole
    if run.plan is None or run.forecast is None or run.difference is None or not told.has_actuals:
        return ()
    moved = sorted(
        ((one.stream, one.run.difference) for one in told.streams if one.run.difference),
        key=lambda pair: -abs(pair[1] or 0),
    )
    most = moved[:6]
    rest = sum(amount or 0 for _, amount in moved[6:])
    steps = [
        Step(name=words.text("money.key.plan"), value=run.plan, words=_said(scribe, run.plan), is_total=True),
        *(
            Step(name=one_line(one.name, LONGEST_NAME), value=amount or 0, words=_signed(scribe, amount))
            for one, amount in most
        ),
    ]
    if rest:
        steps.append(Step(name=words.text("money.rest"), value=rest, words=_signed(scribe, rest)))
    steps.append(
        Step(
            name=words.text("money.key.forecast"), value=run.forecast, words=_said(scribe, run.forecast), is_total=True
        )
    )
    label = words.text("money.bridge.alt", plan=_said(scribe, run.plan), forecast=_said(scribe, run.forecast))
    return (
        Figure(
            title=_bridge_title(scribe, most),
            subtitle=words.say("money.bridge.subtitle"),
            alt=label,
            chart=Waterfall(steps=tuple(steps), label=label),
            notes=(words.say("money.bridge.note"),),
            definition=scribe.definition("cost_forecast"),
            data=Table(
                caption=words.text("money.bridge.subtitle"),
                columns=_columns(scribe, "step", "amount"),
                rows=tuple(row(foreign(one.name), one.words) for one in steps),
            ),
        ),
    )


def _bridge_title(scribe: Scribe, moved: Sequence[tuple[ValueStream, int | None]]) -> Text:
    if not moved:
        return scribe.words.say("money.bridge.none")
    stream, amount = moved[0]
    return scribe.words.say("money.bridge.title", stream=foreign(stream.name), amount=_signed(scribe, amount))


# --- what it was spent on


def _unshared(scribe: Scribe, told: Funds) -> str | None:
    """Why nobody knows what the money served; None where it is known."""
    if not scribe.numbers.book.portfolio.themes:
        return "no_theme"
    return None if any(line.item is not None for one in told.streams for line in one.spent.lines) else "no_work"


def _spend(scribe: Scribe, told: Funds) -> Section:
    words = scribe.words
    serving = {theme: amount for theme, amount in told.by_theme.items() if theme not in (UNALIGNED, IDLE)}
    largest = max(serving, key=lambda theme: serving[theme], default=None)
    even = ".even" if told.is_even else ""
    if largest is None or not told.spent:
        headline = words.say(f"money.spend.{_unshared(scribe, told) or f'none{even}'}")
    else:
        share = words.percent(told.share(serving[largest]))
        headline = words.say(f"money.spend.head{even}", theme=_theme(scribe, largest), share=share)
    has_closed = any(one.closed is not None for stream in told.streams for one in stream.spent.entries)
    opening = "money.spend.intro" if has_closed else "money.spend.intro.open"
    return Section(
        id="spend",
        question=words.text("money.spend.question"),
        headline=headline,
        intro=joined(
            [
                words.say(opening, spent=_said(scribe, told.spent), level=_level(scribe, told)),
                _even(scribe, told),
                _unworked(scribe, told),
                words.say("money.label.sentence"),
            ]
        ),
        blocks=(
            _matrix(scribe, told),
            *purposes.purposes(scribe, told),
            *_three_readings(scribe, told),
            *_untied(scribe, told),
        ),
        long=True,
    )


def _even(scribe: Scribe, told: Funds) -> Text:
    """How much of it nobody told a cost of: the even share of a budget."""
    if told.is_even:
        return scribe.words.say("money.spend.even.all")
    return scribe.words.say("money.spend.even", amount=_said(scribe, told.even)) if told.even else ()


def _matrix(scribe: Scribe, told: Funds) -> Exhibit:
    """Themes down, value streams across."""
    words = scribe.words
    themes = [*(one.id for one in scribe.numbers.book.portfolio.themes), UNALIGNED, IDLE]
    rows, shares = [], told.percent
    for theme in themes:
        if told.by_theme.get(theme) or theme in (UNALIGNED, IDLE):
            amounts = [one.by_theme.get(theme, 0) for one in told.streams]
            whole = told.by_theme.get(theme, 0)
            rows.append(
                Row(
                    cells=(
                        Cell(text=_theme(scribe, theme), note=_ended(scribe, theme)),
                        *(Cell(text=text(_amount(scribe, amount))) for amount in (*amounts, whole)),
                        Cell(text=text(scribe.share(shares.get(theme, Decimal(0))))),
                    )
                )
            )
    sums = [sum(one.by_theme.values()) for one in told.streams]
    rows.append(row(words.say("money.total"), *(_amount(scribe, one) for one in (*sums, told.spent)),
                    words.percent(told.share(told.spent), places=1), total=True))  # fmt: skip
    return Exhibit(
        table=Table(
            caption=words.text("money.matrix.caption"),
            name="matrix",
            columns=(
                Column(head=words.text("money.col.theme")),
                *(Column(head=one_line(one.stream.name, LONGEST_NAME), numeric=True) for one in told.streams),
                Column(head=words.text("money.col.total"), numeric=True),
                Column(head=words.text("money.col.share"), numeric=True),
            ),
            rows=tuple(rows),
        ),
        notes=(words.say("money.matrix.note"),),
        definition=scribe.definition("spend"),
    )


def _unworked(scribe: Scribe, told: Funds) -> Text:
    """Of which value streams no work is known, so that nobody knows whether their days were idle."""
    silent = [
        one.stream for one in told.streams if one.spent.lines and all(line.item is None for line in one.spent.lines)
    ]
    return scribe.words.say("money.spend.unworked", streams=_named(scribe, silent)) if silent else ()


def _three_readings(scribe: Scribe, told: Funds) -> tuple[Exhibit | Paragraph, ...]:
    """By item-days, by count and by size where they differ by more than was agreed; else a sentence that says so."""
    words = scribe.words
    if not scribe.numbers.book.portfolio.themes:
        return ()  # no theme could have a share that differs
    points = words.number(told.apart, places=1)
    has_sizes = "size" in told.readings
    unsized = words.say(f"money.readings.{'unsized' if has_sizes else 'no_size'}", n=told.unsized)
    if not told.is_apart:
        close = words.say(f"money.readings.{'close' if has_sizes else 'close.two'}", points=points)
        return (Paragraph(text=close if has_sizes else joined([close, unsized])),)
    rows = []
    for theme in [*(one.id for one in scribe.numbers.book.portfolio.themes), UNALIGNED, IDLE]:
        amounts = [told.readings[method].get(theme, 0) if method in told.readings else None for method in METHODS]
        if any(amounts):
            rows.append(row(_theme(scribe, theme), *(_amount(scribe, amount) for amount in amounts)))
    return (
        Exhibit(
            table=Table(
                caption=words.text("money.readings.caption"),
                name="readings",
                columns=_columns(scribe, "theme", *METHODS),
                rows=tuple(rows),
            ),
            notes=(words.say("money.readings.apart", points=points), *((unsized,) if told.unsized else ())),
            definition=scribe.definition("spend"),
        ),
    )


def _untied(scribe: Scribe, told: Funds) -> tuple[Exhibit | Paragraph, ...]:
    """What served no theme, the dearest items first."""
    words = scribe.words
    whole = told.by_theme.get(UNALIGNED, 0)
    if not told.untied:
        worked = any(line.item is not None for one in told.streams for line in one.spent.lines)
        return (Paragraph(text=words.say("money.untied.none")),) if worked else ()
    shown = told.untied[:MOST_ROWS]
    more = told.untied[MOST_ROWS:]
    notes = [words.say("money.untied.note")]
    if adjusted := whole - sum(one.amount for one in told.untied):
        notes.append(words.say("year_end.untied.adjusted", amount=_said(scribe, adjusted)))
    if more:
        amount = _said(scribe, sum(one.amount for one in more))
        notes.append(words.say("money.untied.more", n=len(more), amount=amount))
    lists = scribe.lists([one.item for one in told.untied])
    streams = {one.stream.id: one.stream.name for one in told.streams}
    parts: dict[str, int | str] = {"n": len(told.untied), "amount": _said(scribe, whole)}
    table = Table(
        caption=words.text("money.untied.caption", **parts),
        name="untied",
        columns=_columns(scribe, "item", "stream", "amount"),
        rows=tuple(
            row(scribe.item(one.item, with_title=True), foreign(streams[one.value_stream]), _amount(scribe, one.amount))
            for one in shown
        ),
    )
    return (
        Paragraph(text=words.say("money.untied.title", **parts)),
        Exhibit(
            table=table,
            notes=(*notes, *((closed(lists),) if lists else ())),
            definition=scribe.definition("spend"),
        ),
    )


# --- what changed in closed months


def _closed(scribe: Scribe, told: Funds) -> Section:
    words = scribe.words
    kept = [one for stream in told.streams for one in stream.spent.entries if one.closed is not None]
    if not kept:
        headline, blocks = words.say("money.closed.nothing"), (Paragraph(text=words.say("money.closed.how")),)
    elif not told.adjustments:
        headline, blocks = (
            words.say("money.closed.still", n=len(kept)),
            (Paragraph(text=words.say("money.closed.rule")),),
        )
    else:
        changed = len({(one.value_stream, one.of) for one in told.adjustments})
        headline = words.say("money.closed.head", n=changed, total=len(kept))
        return _closed_section(scribe, headline, (_adjustments(scribe, told),))
    return _closed_section(scribe, headline, blocks)


def changed_months(scribe: Scribe) -> Exhibit | None:
    """What changed in closed months, for a page of all that reads differently today; None where nothing did."""
    told = funds(scribe.numbers.book)
    has_closed = told is not None and any(one.closed for stream in told.streams for one in stream.spent.entries)
    return _adjustments(scribe, told) if told is not None and has_closed and told.adjustments else None


def _closed_section(scribe: Scribe, headline: Text, blocks: tuple[Exhibit | Paragraph, ...]) -> Section:
    return Section(
        id="closed", question=scribe.words.text("money.closed.question"), headline=headline, blocks=blocks
    )  # fmt: skip


def _adjustments(scribe: Scribe, told: Funds) -> Exhibit:
    words = scribe.words
    streams = {one.stream.id: one.stream.name for one in told.streams}
    return Exhibit(
        table=Table(
            caption=words.text("money.closed.caption"),
            name="adjustments",
            columns=_columns(scribe, "stream", "closed_month", "cause", "moved", "effect"),
            rows=tuple(_adjustment(scribe, one, streams[one.value_stream]) for one in told.adjustments),
        ),
        notes=(words.say("money.closed.rule"),),
        definition=scribe.definition("spend_adjustment"),
    )


def _adjustment(scribe: Scribe, one: Adjustment, stream: str) -> Row:
    words = scribe.words
    items = [
        words.say(f"money.cause.{reason}", items=_keys(scribe, keys)) for reason, keys in one.items.items()
    ]  # fmt: skip
    by_theme: dict[str, int] = {}
    for cell, amount in one.moved.items():
        by_theme[cell.theme] = by_theme.get(cell.theme, 0) + amount
    moved = [
        (*_theme(scribe, theme), *text(f" {_signed(scribe, amount)}")) for theme, amount in by_theme.items() if amount
    ]  # fmt: skip
    return Row(
        cells=(
            Cell(text=foreign(stream)),
            Cell(text=text(_month_name(scribe, one.of))),
            Cell(text=words.say(f"money.cause.{one.cause}"), note=words.parted(items)),
            Cell(text=joined(moved, ", ") if moved else words.say("money.cause.within")),
            Cell(text=text(_signed(scribe, one.amount))),
        )
    )


def _month_name(scribe: Scribe, name: str) -> str:
    """A kept month as people say it; a part of one by its days."""
    found = scribe.numbers.book.closed
    period = next((one.period for one in found if one.name == name), None)
    if period is None:
        return name
    is_month = len(name) == len("2026-10")
    return scribe.words.month_year(period.start) if is_month else scribe.words.period(period)


def _keys(scribe: Scribe, keys: Sequence[str]) -> Text:
    shown = [scribe.key(key) for key in keys[:6]]
    if len(keys) > len(shown):
        shown.append(scribe.words.say("money.more", n=len(keys) - len(shown)))
    return scribe.words.listed(shown)


# --- participatory budgeting


def _votes(scribe: Scribe, told: Funds) -> Section | None:
    if not told.ballots:
        return None
    words = scribe.words
    apart = [(one, one.spent - one.voted) for one in told.ballots if one.spent is not None]
    widest, points = max(apart, key=lambda pair: abs(pair[1]), default=(told.ballots[0], Decimal(0)))
    way = "more" if points > 0 else "less"
    return Section(
        id="votes",
        question=words.text("money.votes.question"),
        headline=words.say(f"money.votes.{way}", subject=_subject(scribe, widest), points=_points(scribe, abs(points))),
        blocks=(
            Exhibit(
                table=Table(
                    caption=words.text("money.votes.caption", period=told.ballot_period),
                    name="votes",
                    columns=_columns(scribe, "subject", "voted", "allocated", "spent", "gap"),
                    rows=tuple(_ballot(scribe, one) for one in told.ballots),
                ),
                notes=(words.say("money.votes.note"), *((words.say("money.votes.even"),) if told.is_even else ())),
                definition=scribe.definition("spend"),
            ),
        ),
    )


def _ballot(scribe: Scribe, one: Ballot) -> Row:
    words = scribe.words
    shares = (one.voted, one.allocated, one.spent)
    said = [words.text("unknown") if share is None else words.percent(share, places=1) for share in shares]
    gap = words.text("unknown") if one.spent is None else _points(scribe, one.spent - one.voted, signed=True)
    return row(_subject(scribe, one), *said, gap)


def _subject(scribe: Scribe, one: Ballot) -> Text:
    kind, _, id = one.subject.partition(":")
    if kind == "theme":
        return _theme(scribe, id)
    return foreign(next((s.name for s in scribe.numbers.book.portfolio.value_streams if s.id == id), id))


def _points(scribe: Scribe, share: Decimal, *, signed: bool = False) -> str:
    points = share * 100
    if signed:
        return numbers.difference(points, scribe.words.locale, places=1)
    return scribe.words.number(points, places=1)


# --- candidates for capitalisation


def _capital(scribe: Scribe, told: Funds) -> Section | None:
    """Candidates by epic, with who approved them; the items are in the table that is published beside the page."""
    found, words = told.capital, scribe.words
    if found is None:
        return None
    by_epic: dict[str, list[Evidence]] = {}
    for one in found.candidates:
        by_epic.setdefault(one.epic.key if one.epic else "", []).append(one)
    dearest = sorted(by_epic.items(), key=lambda pair: (-sum(one.amount for one in pair[1]), pair[0]))
    unread = scribe.numbers.book.unread
    unapproved = [key for key, kept in dearest if kept[0].approver is None and not (key and unread.of(key))]
    share = words.text("unknown") if found.share is None else words.percent(found.share, places=1)
    even = ".even" if told.is_even else ""
    others = [
        words.say(f"money.capital.{reason}", amount=_said(scribe, amount)) for reason, amount in found.others.items()
    ]  # fmt: skip
    rule = words.say(
        "money.capital.rule",
        kinds=words.listed([foreign(kind) for kind in found.rule.kinds]),
        state=foreign(found.rule.after),
        method=words.text(f"money.method.{found.rule.method}"),
    )
    notes = [rule, words.say("money.capital.others", parts=words.listed(others)) if others else ()]
    if len(dearest) > MOST_ROWS:
        rest = sum(one.amount for _, kept in dearest[MOST_ROWS:] for one in kept)
        notes.append(words.say("money.capital.more", n=len(dearest) - MOST_ROWS, amount=_said(scribe, rest)))
    notes.append(words.say("money.capital.file"))
    return Section(
        id="capitalisation",
        question=words.text("money.capital.question"),
        headline=words.say(f"money.capital.head{even}", share=share, amount=_said(scribe, found.amount)),
        intro=joined([words.say("money.capital.label"), words.say("money.capital.unapproved", n=len(unapproved))])
        if unapproved
        else words.say("money.capital.label"),
        blocks=(
            Exhibit(
                table=Table(
                    caption=words.text("money.capital.caption", period=words.period(told.year)),
                    name="capital",
                    columns=_columns(scribe, "epic", "items", "item_days", "amount", "approver"),
                    rows=tuple(_epic(scribe, kept) for _, kept in dearest[:MOST_ROWS]),
                ),
                notes=tuple(note for note in notes if note),
                definition=scribe.definition("capital_share"),
            ),
        ),
        long=True,
    )


def _epic(scribe: Scribe, kept: Sequence[Evidence]) -> Row:
    words, first = scribe.words, kept[0]
    name = words.say("money.capital.no_epic_name") if first.epic is None else scribe.item(first.epic, with_title=True)
    newest = max((one.decision for one in kept if one.decision is not None), key=lambda one: one.asked_on, default=None)
    if newest is not None:
        day = words.day(newest.asked_on)
        approver = words.say("money.capital.by", who=foreign(newest.owner), id=foreign(newest.id), day=day)
    elif first.epic is not None and (place := scribe.numbers.book.unread.of(first.epic.key)) is not None:
        approver = words.say("money.capital.unread", place=foreign(place))
    else:
        approver = words.say("money.capital.nobody")
    return row(
        name,
        words.whole(len({one.item.id for one in kept})),
        words.whole(sum(one.days for one in kept)),
        _amount(scribe, sum(one.amount for one in kept)),
        approver,
    )


# --- on which assumptions


def _assumptions(scribe: Scribe, told: Funds) -> Section:
    """What every figure of money on this page rests on."""
    words, book = scribe.words, scribe.numbers.book
    rule = told.books.portfolio.funding
    kept = [one for stream in told.streams for one in stream.spent.entries if one.closed is not None]
    closing = (
        words.say("money.assume.closing.after", n=rule.closes_after)
        if rule.closes_after is not None
        else words.say("money.assume.closing")
    )
    facts = [
        ("view", words.say("money.assume.view")),
        ("currency", words.say("money.assume.currency", currency=foreign(book.portfolio.currency))),
        ("year", words.say("money.assume.year", year=words.period(told.year))),
        ("weight", words.say("money.assume.weight", level=_level(scribe, told))),
        ("budget", words.say("money.assume.budget")),
        ("forecast", words.say("money.assume.forecast")),
        ("closing", joined([closing, words.say("money.assume.kept", n=len(kept))])),
        ("rounding", words.say("money.assume.rounding")),
    ]
    return Section(
        id="money-assumptions",
        question=words.text("money.assume.question"),
        headline=words.say("money.assume.head"),
        blocks=(
            Facts(facts=tuple(Fact(name=words.text(f"money.assume.{name}.name"), value=said) for name, said in facts)),
        ),
    )


def untold(book: Book) -> str | None:
    """Why money that there is is not told, by its message; None: nothing hinders it."""
    if book.withholds_money:
        return "money.withheld"
    return None if book.portfolio.funding.is_told else "money.aside"


def _nothing(scribe: Scribe) -> Section:
    words, key = scribe.words, untold(scribe.numbers.book) or "money.empty"
    return Section(
        id="money",
        question=words.text("money.question"),
        headline=words.say(f"{key}.head"),
        blocks=(Empty(title=words.say(f"{key}.title"), text=words.say(f"{key}.text")),),
    )


# --- words of money


def _difference_words(scribe: Scribe, told: Funds) -> Text:
    words, apart = scribe.words, told.whole.difference
    if apart is None:
        return _no_difference(scribe, told)
    if apart == 0:
        return words.say("money.figure.equal")
    return words.say("money.figure.over" if apart > 0 else "money.figure.under", amount=_said(scribe, abs(apart)))


def _no_difference(scribe: Scribe, told: Funds) -> Text:
    """Why the forecast is not held against the budget; where there is no budget, that this is no ledger."""
    words, run = scribe.words, told.whole
    if run.reason == "too_early":
        return words.say("money.figure.early")
    if run.plan is not None and run.unplanned:
        return words.say("year_end.figure.part")
    if run.is_part:
        return words.say("money.figure.uncompared", streams=_silent(scribe, told))
    return words.say("money.label" if run.basis == ACTUAL or run.forecast is None else "money.figure.itself")


def _theme(scribe: Scribe, id: str) -> Text:
    """A theme by its name; what serves none, and idle days, in our words."""
    if id in (UNALIGNED, IDLE):
        return scribe.words.say(f"money.{id}")
    return next((linked(scribe, one) for one in scribe.numbers.book.portfolio.themes if one.id == id), foreign(id))


def _ended(scribe: Scribe, id: str) -> Text:
    return next((ended(scribe, one) for one in scribe.numbers.book.portfolio.themes if one.id == id), ())


def _level(scribe: Scribe, told: Funds) -> Text:
    level = told.books.level or "story"
    name = f"level.{level}.many"
    return scribe.words.say(name) if scribe.words.has(name) else foreign(level)


def _named(scribe: Scribe, streams: Iterable[ValueStream]) -> Text:
    return scribe.words.listed([foreign(one.name) for one in streams])


def _columns(scribe: Scribe, *names: str) -> tuple[Column, ...]:
    words = {
        "month",
        "stream",
        "bar",
        "run",
        "step",
        "theme",
        "item",
        "closed_month",
        "cause",
        "moved",
        "subject",
        "epic",
        "approver",
    }
    return tuple(Column(head=scribe.words.text(f"money.col.{name}"), numeric=name not in words) for name in names)


def _said(scribe: Scribe, amount: int) -> str:
    """Compact money: €42.9m."""
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)


def _amount(scribe: Scribe, amount: int | None) -> str:
    """Compact money in a cell: 0 is none, None is not known."""
    return "0" if amount == 0 else _known(scribe, amount)


def _known(scribe: Scribe, amount: int | None) -> str:
    return scribe.words.text("unknown") if amount is None else _said(scribe, amount)


def _signed(scribe: Scribe, amount: int | None) -> str:
    """A difference with its sign; 0 has none."""
    if amount is None:
        return scribe.words.text("unknown")
    said = _said(scribe, amount)
    return "0" if not amount else said if amount < 0 else f"+{said}"


def _in_units(scribe: Scribe, amount: int | None, *, signed: bool = False) -> str:
    """Money in whole units of its currency."""
    if amount is None:
        return scribe.words.text("unknown")
    said = numbers.whole_money(amount, scribe.numbers.book.portfolio.currency, scribe.words.locale)
    return f"+{said}" if signed and amount > 0 and any(digit in said for digit in "123456789") else said


def _short(scribe: Scribe, amount: int, *, signed: bool = False) -> str:
    """Money above a column, in its smallest form: the currency stands in the subtitle."""
    return _signed(scribe, amount) if signed else _said(scribe, amount)
