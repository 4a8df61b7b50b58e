"""Why the year will end where it will: budgets that do not cover it, the causes of the difference, former forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from metrics.budget_run import BudgetRun
from reports.charts.shapes import Step, Waterfall
from reports.money import Funds, material
from reports.page import Cell, Column, Exhibit, Figure, Paragraph, Row, Span, Table, Text, joined
from reports.sections.scribe import Scribe, row, text
from reports.words.catalogue import foreign
from reports.words.foreign import one_line
from reports.year_end import PUBLISHED, Before, YearEnd, year_end

MOST_STREAMS = 7  # beside the cause and the whole, so that a table has ten columns at most
LONGEST_NAME = 40


# --- months that are not closed


def month_notes(scribe: Scribe, told: Funds) -> Iterator[Text]:
    """When finance closes months of which no cost is told, as far as anybody knows; and where each stream's are."""
    words = scribe.words
    if told.has_actuals and any(one.ahead for one in told.whole.months):
        after = told.books.portfolio.funding.closes_after
        closed = [one for stream in told.streams for one in told.books.kept(stream.stream.id)]
        if after is not None:
            yield words.say("year_end.months.closes_after", n=after)
        elif closed:
            last = max(closed, key=lambda one: (one.period, one.closed_on))
            yield words.say(
                "year_end.months.closing",
                month=words.month_year(last.period.start),
                day=words.day(last.closed_on),
            )
    yield words.say("year_end.months.file", file=(Span(text="data/budget-months.csv", href="data/budget-months.csv"),))


# --- why it will end there


def causes(scribe: Scribe, told: Funds) -> tuple[Figure, ...]:
    """C13: what moves the budget to the forecast, by cause, the largest step first; each value stream beside it."""
    words, run, found = scribe.words, told.whole, year_end(scribe.numbers.book)
    if found is None or not found.steps or run.plan is None or run.forecast is None:
        return ()
    moved = sorted(found.by_cause().items(), key=lambda pair: -abs(pair[1]))
    first, most = moved[0]
    plan, forecast = words.text("money.key.plan"), words.text("money.key.forecast")
    label = words.text("year_end.causes.alt", plan=_said(scribe, run.plan), forecast=_said(scribe, run.forecast))
    return (
        Figure(
            title=words.say(
                "year_end.causes.title", cause=words.text(f"year_end.cause.{first}"), amount=_signed(scribe, most)
            ),
            subtitle=words.say("year_end.causes.subtitle"),
            alt=label,
            chart=Waterfall(
                steps=(
                    Step(name=plan, value=run.plan, words=_said(scribe, run.plan), is_total=True),
                    *(
                        Step(name=words.text(f"year_end.step.{cause}"), value=amount, words=_signed(scribe, amount))
                        for cause, amount in moved
                    ),
                    Step(name=forecast, value=run.forecast, words=_said(scribe, run.forecast), is_total=True),
                ),
                label=label,
            ),
            notes=(words.say("money.bridge.note"), words.say("year_end.causes.note")),
            definition=scribe.definition("forecast_difference"),
            data=_causes_table(scribe, told, found, [cause for cause, _ in moved]),
        ),
    )


def _causes_table(scribe: Scribe, told: Funds, found: YearEnd, causes: list[str]) -> Table:
    """Causes down, value streams across, and what all of them make."""
    words = scribe.words
    streams = [one.stream for one in told.streams] if len(told.streams) <= MOST_STREAMS else []
    parts = [found.by_cause(one.id) for one in streams]
    whole = found.by_cause()
    runs = {one.stream.id: one.run.difference for one in told.streams}
    rows = [
        Row(
            cells=(
                Cell(
                    text=words.say(f"year_end.cause.{cause}.Cap"),
                    note=words.say("year_end.cause.months", n=found.months(cause)),
                ),
                *(Cell(text=text(_signed(scribe, part[cause]))) for part in (*parts, whole)),
            )
        )
        for cause in causes
    ]
    sums = [*(runs[one.id] or 0 for one in streams), told.whole.difference or 0]
    rows.append(row(words.say("year_end.all_causes"), *(_signed(scribe, amount) for amount in sums), total=True))
    return Table(
        caption=words.text("year_end.causes.subtitle"),
        name="causes",
        columns=(
            Column(head=words.text("money.col.cause")),
            *(Column(head=one_line(one.name, LONGEST_NAME), numeric=True) for one in streams),
            Column(head=words.text("money.col.total"), numeric=True),
        ),
        rows=tuple(rows),
    )


# --- where it was to end before


def history(scribe: Scribe, told: Funds) -> tuple[Paragraph | Exhibit, ...]:
    """The full-year forecast as it was at the end of each month, and today; how far it has drifted."""
    words, run, found = scribe.words, told.whole, year_end(scribe.numbers.book)
    if found is None or run.forecast is None or not told.has_actuals:
        return ()
    if not found.known:
        return (Paragraph(text=words.say("year_end.history.first")),)
    rows = [_before(scribe, run, one) for one in found.before]
    rows.append(
        row(
            words.say("year_end.history.today"),
            _said(scribe, run.forecast),
            *_off(scribe, run, run.forecast),
            words.say("year_end.source.today"),
            total=True,
        )
    )
    heads = ["month_end", "forecast", *(["off"] if run.difference is not None else []), "rests_on"]
    return (
        Paragraph(text=_drift(scribe, told, found)),
        Exhibit(
            table=Table(
                caption=words.text("year_end.history.caption"),
                name="forecast-history",
                columns=tuple(
                    Column(head=words.text(f"year_end.col.{one}"), numeric=one in ("forecast", "off")) for one in heads
                ),
                rows=tuple(rows),
            ),
            notes=tuple(_sources(scribe, found)),
            definition=scribe.definition("cost_forecast"),
        ),
    )


def points(scribe: Scribe, told: Funds) -> tuple[float | None, ...]:
    """The forecast at the end of each month, and today, for a line."""
    found = year_end(scribe.numbers.book)
    every = [*(one.forecast for one in found.before), told.whole.forecast] if found is not None else []
    return tuple(None if amount is None else amount / 100 for amount in every)


def _before(scribe: Scribe, run: BudgetRun, one: Before) -> Row:
    words = scribe.words
    said = words.text("year_end.history.early") if one.forecast is None else _said(scribe, one.forecast)
    source = words.say(f"year_end.source.{one.source}", edition=foreign(one.edition))
    return row(text(words.month_year(one.month.start)), said, *_off(scribe, run, one.forecast), source)


def _off(scribe: Scribe, run: BudgetRun, forecast: int | None) -> list[str]:
    """A forecast less today's budget, where the two can be compared."""
    if run.difference is None or run.plan is None:
        return []
    return [scribe.words.text("unknown") if forecast is None else _signed(scribe, forecast - run.plan)]


def _drift(scribe: Scribe, told: Funds, found: YearEnd) -> Text:
    """How far the forecast is from where it first was."""
    words, first, now = scribe.words, found.known[0], told.whole.forecast
    assert first.forecast is not None
    assert now is not None
    moved = now - first.forecast
    month = words.month_year(first.month.start)
    if abs(moved) <= material(told.whole.plan, scribe.numbers.book.portfolio.currency):
        return words.say("year_end.drift.little", month=month)
    way = "up" if moved > 0 else "down"
    return words.say(f"year_end.drift.{way}", month=month, amount=_said(scribe, abs(moved)))


def _sources(scribe: Scribe, found: YearEnd) -> Iterator[Text]:
    """What is as it was told then, and what is reckoned afterwards."""
    words = scribe.words
    published = sum(one.source == PUBLISHED for one in found.before)
    rest = {one.source for one in found.before} - {PUBLISHED}
    yield words.say("year_end.note.published", n=published) if published else words.say("year_end.note.unpublished")
    yield from (words.say(f"year_end.note.{source}") for source in sorted(rest))
    yield words.say("year_end.note.budget")


# --- a budget of a part of the year


def budget_key(run: BudgetRun) -> str:
    """The words that a budget is told with beside a forecast."""
    return "year_end.figure.budget" if run.unplanned else "money.figure.budget"


def part_of_year(scribe: Scribe, told: Funds) -> Text:
    """What was spent and where the year ends, beside a budget that is not of the same days."""
    words, run = scribe.words, told.whole
    assert run.plan is not None
    assert run.spent is not None
    parts = {"spent": _said(scribe, run.spent), "plan": _said(scribe, run.plan), "year": words.period(run.period)}
    if run.forecast is None or not told.has_actuals:
        said = words.say("year_end.part", **parts)
    else:
        said = words.say("year_end.part.forecast", forecast=_said(scribe, run.forecast), **parts)
    return joined([said, words.say("year_end.part.why")])


def not_compared(scribe: Scribe, run: BudgetRun) -> Text:
    """That a difference would be one of different days."""
    assert run.unplanned
    return scribe.words.say("year_end.not_compared")


def uncovered(scribe: Scribe, run: BudgetRun) -> Text:
    """After which day a period has no budget; or of how many of its days it has one."""
    words = scribe.words
    if len(run.unplanned) == 1 and run.unplanned[0].end == run.period.end:
        return words.say("year_end.no_budget_after", day=words.day(run.unplanned[0].start - timedelta(days=1)))
    total = run.period.length_days
    n = total - sum(one.length_days for one in run.unplanned)
    return words.say("year_end.budget_for", n=words.whole(n), total=words.whole(total))


def _signed(scribe: Scribe, amount: int) -> str:
    """A difference with its sign; 0 has none."""
    said = _said(scribe, amount)
    return "0" if not amount else said if amount < 0 else f"+{said}"


def _said(scribe: Scribe, amount: int) -> str:
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)
