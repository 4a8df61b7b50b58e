"""Will the outcome of a theme arrive? Its readings against a straight plan, and all of its key results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from domain.journey import Journey
from domain.strategy import KeyResult, Reading
from metrics.arrival import Arrival
from metrics.key_results import KeyResultScore, latest
from metrics.selection import at_level
from reports.charts.drawing import nice_step
from reports.charts.shapes import Mark, Outcome, OutcomePoint
from reports.page import Cell, Column, Empty, Exhibit, Figure, Row, Section, Table, Text
from reports.reckoning import ThemeScore
from reports.sections.arrivals import of_result, span
from reports.sections.scribe import Scribe, row, text
from reports.sections.themes import flow_shares, outcome_cell
from reports.sponsor import arrivals
from reports.words.catalogue import foreign
from reports.words.foreign import one_line

HALF = 6  # columns of twelve
MOST_DRAWN = 2  # times the way from start to due date, beyond which no fan is drawn
MOST_MARKED = 3


def outcome(scribe: Scribe, score: ThemeScore) -> Section:
    """The lead outcome over time, then the table of key results."""
    words = scribe.words
    leading = score.lead
    question = words.text("theme.outcome.question")
    if leading is None:
        nothing = Empty(title=words.say("theme.outcome.none"), text=words.say("theme.outcome.none.text"))
        return Section(id="value", question=question, headline=words.say("theme.outcome.head.none"), blocks=(nothing,))
    head = words.say(f"theme.outcome.head.{'unread' if leading.reason == 'file_unread' else 'unknown'}")
    if leading.score is not None:
        head = words.say(
            "theme.outcome.head",
            n=1,
            result=foreign(leading.key_result.name),
            share=words.percent(leading.score),
            plan=words.percent(leading.elapsed),
        )
    drawn = outcome_figure(
        scribe,
        leading,
        columns=HALF,
        told=arrivals(scribe.numbers, score)[leading.key_result.id],
        released=_released(scribe, score, leading.key_result),
    )
    shares = flow_shares(scribe, columns=HALF)
    return Section(
        id="value",
        question=question,
        headline=head,
        blocks=(drawn, *((shares,) if shares is not None else ()), _results(scribe, score)),
        definitions=tuple(
            one for name in ("outcome_date", "theme_focus") if (one := scribe.definition(name)) is not None
        ),
    )  # fmt: skip


def outcome_figure(
    scribe: Scribe,
    score: KeyResultScore,
    *,
    columns: int = 12,
    told: Arrival | None = None,
    released: Sequence[Journey] = (),
) -> Figure:
    """One key result over time: readings, straight plan, target; says so when there is no reading yet.

    `told` is drawn as a fan from the newest reading to where half and 85 % of the trials reach the target; `released`
    are epics whose ends are marked.
    """
    words, result = scribe.words, score.key_result
    readings = _readings(scribe, result)
    if not readings or result.target is None or result.baseline is None:
        why = "theme.outcome.empty" if score.reason != "file_unread" else "theme.outcome.unread"
        return Figure(
            title=words.say("theme.outcome.title", result=foreign(result.name)),
            subtitle=(),
            empty=Empty(title=words.say(why), text=words.say(f"{why}.text")),
            definition=scribe.definition("key_result"),
            columns=columns,
        )
    first, last = min(readings[0].day, result.starts), max(result.due, readings[-1].day)
    fan = None
    if told is not None and 50 in told.dates and (told.dates[50] - first) < MOST_DRAWN * (last - first):
        end = told.dates.get(85, told.dates[50])
        last = max(last, min(end, first + MOST_DRAWN * (last - first)))
        fan = (told.dates[50], min(end, last))
    ends = [(scribe.numbers.book.calendar.day(one.finished_at), one) for one in released if one.finished_at]
    shown = [(day, one) for day, one in ends if first <= day <= last]
    due = words.day(result.due)
    target, value = words.measure(result.target, result.unit), words.measure(readings[-1].value, result.unit)
    label = words.text("theme.outcome.alt", result=one_line(result.name, 120), value=value, target=target)
    values = [one.value for one in readings] + [result.target, result.baseline]
    return Figure(
        title=words.say("theme.outcome.title", result=foreign(result.name)),
        subtitle=words.say(
            "theme.outcome.subtitle",
            unit=foreign(result.unit) if result.unit else foreign(result.name),
            first=words.month_year(readings[0].day),
            last=words.month_year(readings[-1].day),
            target=target,
            due=due,
        ),
        alt=label,
        chart=Outcome(
            readings=tuple(
                OutcomePoint(offset=_place(one.day, first, last), value=float(one.value)) for one in readings
            ),
            plan=(
                OutcomePoint(offset=_place(result.starts, first, last), value=float(result.baseline)),
                OutcomePoint(offset=_place(result.due, first, last), value=float(result.target)),
            ),
            target=float(result.target),
            ticks=_ticks(scribe, first, last),
            axis=one_line(result.unit or result.name, 40),
            label=label,
            last_words=value,
            target_words=words.text("theme.outcome.target", target=target, due=due),
            plan_word=words.text("theme.outcome.plan"),
            marks=_marks(scribe, min(values), max(values)),
            fan=None if fan is None else (_place(fan[0], first, last), _place(fan[1], first, last)),
            events=tuple((_place(day, first, last), one_line(one.key, 20)) for day, one in shown),
        ),
        key=(
            (Mark.LINE, words.text("key.readings")),
            (Mark.PLAN_LINE, words.text("key.plan_line")),
            (Mark.TARGET, words.text("key.target")),
            *(((Mark.FAN, words.text("key.fan")),) if fan is not None else ()),
        ),
        notes=_notes(scribe, told, shown),
        definition=scribe.definition("key_result"),
        data=Table(
            caption=words.text("theme.outcome.title", result=one_line(result.name, 120)),
            columns=(
                Column(head=words.text("head.date")),
                Column(head=words.text("head.value"), numeric=True),
            ),
            rows=tuple(row(words.full_day(one.day), words.measure(one.value, result.unit)) for one in readings),
        ),
        columns=columns,
    )


def _released(scribe: Scribe, score: ThemeScore, result: KeyResult) -> list[Journey]:
    """The epics of a theme that finished last since the key result began, oldest first."""
    day = scribe.numbers.book.calendar.day
    done = [
        (one.finished_at, one)
        for one in at_level(scribe.numbers.book.journeys, "epic")
        if one.placement.themes.get(score.theme.id) and one.finished_at and day(one.finished_at) >= result.starts
    ]
    return [one for _, one in sorted(done, key=lambda pair: (pair[0], pair[1].key))[-MOST_MARKED:]]


def _notes(scribe: Scribe, told: Arrival | None, shown: Sequence[tuple[date, Journey]]) -> tuple[Text, ...]:
    """What the fan rests on, and which epics the marks are."""
    words = scribe.words
    notes: list[Text] = []
    if told is not None and told.dates:
        notes.append(words.say("theme.outcome.fan", range=span(scribe, told.dates), n=len(told.stretches)))
    elif told is not None and told.refused is None and not told.reached:
        notes.append(words.say("theme.outcome.no_fan", n=len(told.stretches)))
    if shown:
        named = [(*scribe.item(one), *text(f" ({words.day(day)})")) for day, one in shown]
        notes.append(words.say("theme.outcome.marked", items=words.listed(named)))
    return tuple(notes)


def planned(score: KeyResultScore) -> Decimal | None:
    """Where a straight line from baseline to target would be today, to one place; None without either end."""
    result = score.key_result
    if result.baseline is None or result.target is None:
        return None
    return (result.baseline + (result.target - result.baseline) * score.elapsed).quantize(Decimal("0.1"))


def _results(scribe: Scribe, score: ThemeScore) -> Exhibit:
    words = scribe.words
    heads = ("key_result", "baseline", "today", "plan", "target", "due", "status", "progress")
    return Exhibit(
        table=Table(
            caption=words.text("theme.results.caption"),
            name="results",
            columns=tuple(
                Column(head=words.text(f"head.{name}"), numeric=name in ("baseline", "today", "plan", "target"))
                for name in heads
            ),
            rows=tuple(
                _result(scribe, one, arrivals(scribe.numbers, score)[one.key_result.id])
                for one in score.objective.key_results
            ),
        ),
        key=((Mark.ACTUAL, words.text("key.actual")), (Mark.TICK, words.text("key.plan"))),
    )


def _result(scribe: Scribe, score: KeyResultScore, told: Arrival) -> Row:
    words, result = scribe.words, score.key_result
    status, word = scribe.status(score.status)

    def said(value: Decimal | None) -> Cell:
        return Cell(text=words.say("unknown") if value is None else text(words.measure(value, result.unit)))

    read: Text = ()
    if score.reading is not None:
        read = words.say(
            "theme.result.stale" if score.is_stale else "theme.result.read", day=words.day(score.reading.day)
        )
    return Row(
        cells=(
            Cell(text=foreign(result.name), note=read),
            said(result.baseline),
            said(score.reading.value if score.reading else None),
            said(planned(score)),
            said(result.target),
            Cell(text=text(words.day(result.due)), note=of_result(scribe, told)),
            Cell(text=text(word), status=status),
            outcome_cell(scribe, score, width=4),
        )
    )


def _readings(scribe: Scribe, result: KeyResult) -> list[Reading]:
    """The readings of a key result, oldest first."""
    return latest(scribe.numbers.book.readings, kpi=result.kpi, today=scribe.numbers.today)[::-1]


def _place(day: date, first: date, last: date) -> float:
    return (day - first).days / max((last - first).days, 1)


def _ticks(scribe: Scribe, first: date, last: date) -> tuple[tuple[float, str], ...]:
    """The starts of half-years within the time axis; the first of a year with the year."""
    found: list[tuple[float, str]] = []
    months = (last - first).days / 30
    every = 3 if months <= 18 else 6 if months <= 42 else 12
    year, month = first.year, first.month
    while (day := date(year, month, 1)) <= last:
        if day >= first and (month - 1) % every == 0:
            words = scribe.words.month_year(day) if month == 1 or not found else scribe.words.month(day)
            found.append((_place(day, first, last), words))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(found)


def _marks(scribe: Scribe, low: Decimal, high: Decimal) -> tuple[tuple[float, str], ...]:
    """Round values that enclose the data, at most six."""
    span = float(high - low) or 1.0
    if span < 5:
        step = span / 4
        return tuple(
            (float(low) + step * index, scribe.words.number(float(low) + step * index, places=1)) for index in range(5)
        )
    step = nice_step(span)
    first = int(float(low) // step) * step
    marks = []
    value = first
    while value < float(high) + step:
        marks.append((float(value), scribe.words.whole(value)))
        value += step
    return tuple(marks)
