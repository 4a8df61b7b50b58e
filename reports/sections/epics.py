"""Which epics carry a theme, how old they are, how far their features have come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState, ItemId
from metrics.age import ages
from metrics.costs import EpicCost
from metrics.flow_time import flow_days, flow_time
from metrics.forecasts.planning import name_of
from metrics.main_flow import LEVELS
from metrics.selection import at_level
from reports.charts.shapes import Interval
from reports.findings import closed
from reports.findings.late import estimate
from reports.money import epic_costs
from reports.page import Block, Cell, Column, Empty, Exhibit, Paragraph, Row, Section, Status, Table, Text, joined
from reports.reckoning import ThemeScore, children_of
from reports.sections import orphans
from reports.sections.forecast import date_range, doubts, likely_date
from reports.sections.ledger import verdict
from reports.sections.scribe import Scribe, brief, text
from reports.sections.themes import ended_on
from reports.sponsor import Spent, bet_on, finished_of_quarter, spent, standing
from reports.words.catalogue import foreign

MOST = 40
STANDINGS = {
    "finished": Status.GOOD, "kept": Status.GOOD, "tight": Status.WARN, "late": Status.BAD, "overdue": Status.BAD,
    "closable": Status.NONE, "no_due": Status.NONE, "unknown": Status.NONE,
}  # fmt: skip


def epics(scribe: Scribe, score: ThemeScore) -> Section:
    """Epics that are begun or due, oldest first, each with status, dates, hypothesis, features, cost and owner.

    Below the table those that only wait, and those that finished in the quarter, a clause each.
    """
    words, numbers = scribe.words, scribe.numbers
    kept = _kept(scribe, score)
    question = words.text("theme.epics.question")
    if not kept:
        why = "theme.epics.empty.text" if ended_on(scribe, score.theme) is None else "theme.epics.ended"
        nothing = Empty(title=words.say("theme.epics.empty"), text=words.say(why))
        blocks = (nothing, *_orphans(scribe, score))
        return Section(id="epics", question=question, headline=words.say("theme.epics.head.none"), blocks=blocks)
    taken = flow_time(
        at_level(numbers.book.journeys, "epic"),
        finished_in=numbers.flow.window if numbers.flow else numbers.week,
        calendar=numbers.book.calendar,
    )
    aged = {
        one.journey.id: one
        for one in ages(
            score.open_epics, as_of=numbers.book.as_of, calendar=numbers.book.calendar, finished=taken
        ).items
    }
    limit = taken.p85_days
    old = {name for name, one in aged.items() if limit is not None and one.days > limit}
    ordered = sorted(
        (one for one in kept if one.is_open and (one.id in aged or one.due_on is not None)),
        key=lambda one: (-(aged[one.id].days if one.id in aged else 0), one.key),
    )
    ahead, paid = numbers.book.outlook, spent(numbers, score.theme.id)
    axis = _axis(scribe, ordered[:MOST])
    doubt = doubts(scribe)
    table = Table(
        caption=words.text("theme.epics.caption"),
        name="epics",
        columns=(
            Column(head=words.text("head.epic")),
            Column(head=words.text("head.status")),
            Column(head=words.text("head.due")),
            *((Column(head=_dates_head(scribe, axis)),) if ahead is not None else ()),
            Column(head=words.text("head.hypothesis")),
            Column(head=words.text("head.children"), numeric=True),
            *((Column(head=_cost_head(scribe, paid), numeric=True),) if paid is not None else ()),
            Column(head=words.text("head.owner")),
        ),
        rows=tuple(
            _row(
                scribe, score, one, aged[one.id].days if one.id in aged else None, paid, is_old=one.id in old, axis=axis
            )
            for one in ordered[:MOST]
        ),
    )
    told = (
        words.say("items.unshown", n=len(ordered) - MOST) if len(ordered) > MOST else (),
        _queue(scribe, [one for one in kept if one.is_open and one not in ordered]),
        _done(scribe, score, [one for one in kept if not one.is_open]),
        joined([words.say("theme.epics.dates") if axis is not None else (), doubt]),
    )
    notes = tuple(one for one in told if one)
    told_of: list[Block] = [Exhibit(table=table, notes=notes, definition=scribe.definition("work_item_age"))]
    if not table.rows:
        told_of = [Paragraph(text=one) for one in notes]
    return Section(
        id="epics",
        question=question,
        headline=_headline(scribe, score, old),
        blocks=(*told_of, *_orphans(scribe, score)),
        long=True,
        definitions=(likely,)
        if ahead is not None and (likely := scribe.definition("forecast_when")) is not None
        else (),
    )  # fmt: skip


def _orphans(scribe: Scribe, score: ThemeScore) -> tuple[Block, ...]:
    """Epics without a theme that may belong to this one, with the evidence; nothing where nothing speaks for it."""
    lost = orphans.candidates(scribe, score)
    return () if lost is None else (Paragraph(text=closed(lost.headline)), *lost.blocks)


def in_short(scribe: Scribe, score: ThemeScore) -> Text:
    """How the due dates of a theme stand, or how many epics carry it."""
    return _headline(scribe, score, set())


def _headline(scribe: Scribe, score: ThemeScore, old: set[ItemId]) -> Text:
    """How many due dates will be missed; else how many are old, or just how many there are."""
    words, n = scribe.words, len(score.open_epics)
    found = [_standing(scribe, one) for one in score.open_epics]
    dated = sum(one in ("kept", "tight", "late", "overdue") for one in found)
    late = sum(one in ("late", "overdue") for one in found)
    if late == dated and late:
        return words.say("theme.epics.head.late.all", n=late)
    if late:
        return words.say("theme.epics.head.late", n=late, total=dated)
    if old:
        return words.say("theme.epics.head.old", n=len(old), total=n)
    return words.say("theme.epics.head", n=n) if n else words.say("theme.epics.head.none")


def _kept(scribe: Scribe, score: ThemeScore) -> list[Journey]:
    return [*score.open_epics, *finished_of_quarter(scribe.numbers, score)]


def below(scribe: Scribe, epic: Journey) -> list[Journey]:
    """What is right below an epic, at the highest level that anything there has; without what was given up."""
    book = scribe.numbers.book
    children = [one for one in children_of(book, epic.id) if one.flow_state is not FlowState.CANCELLED]
    return next((kept for level in LEVELS if (kept := at_level(children, level))), [])


def finished_epics(scribe: Scribe, score: ThemeScore) -> int:
    """How many epics of the theme finished in the quarter."""
    return len(_kept(scribe, score)) - len(score.open_epics)


def _row(
    scribe: Scribe,
    score: ThemeScore,
    epic: Journey,
    days: int | None,
    paid: Spent | None,
    *,
    is_old: bool,
    axis: Period | None,
) -> Row:
    words, under = scribe.words, below(scribe, epic)
    done = [one for one in under if one.finished_at is not None]
    name = _standing(scribe, epic)
    status = Cell(
        text=words.say(f"theme.epic.{name}"),
        status=STANDINGS[name],
        note=words.say("theme.epics.over") if is_old else (),
        width=3,
    )
    return Row(
        anchor=f"item-{epic.id.source}-{epic.id.external_id}".lower(),
        cells=(
            Cell(text=foreign(brief(epic.title)), note=_note(scribe, epic, days), width=6),
            status,
            *_dates(scribe, epic, axis),
            _hypothesis(scribe, score, epic),
            Cell(
                text=words.say("theme.epics.open", n=len(done), total=scribe.counted(under))
                if under
                else words.say("none"),
                width=3,
            ),
            *((_cost(scribe, epic, paid),) if paid is not None else ()),
            Cell(text=foreign(epic.owner) if epic.owner else words.say("none"), width=3),
        ),
    )


def _queue(scribe: Scribe, found: list[Journey]) -> Text:
    """Epics that nobody has begun and that have no due date: each with its state and its likely dates."""
    words, ahead = scribe.words, scribe.numbers.book.outlook
    named = []
    for one in found[:MOST]:
        told = ahead.forecasts.of(name_of(one.id)) if ahead is not None else None
        dates = date_range(scribe, told) if told is not None and told.dates else ()
        rest = joined([foreign(one.status), dates], separator=", ")
        named.append((*scribe.item(one, with_title=True), *text(" ("), *rest, *text(")")))
    return words.say("theme.epics.queue", n=len(found), items=words.parted(named)) if found else ()


def _done(scribe: Scribe, score: ThemeScore, found: list[Journey]) -> Text:
    """Epics that finished in the quarter: how long each took, what the work cost, and the verdict on it."""
    words, book, costs = scribe.words, scribe.numbers.book, epic_costs(scribe.numbers.book)
    named = []
    for one in sorted(found, key=lambda each: (each.finished_at or book.as_of, each.key))[:MOST]:
        taken = flow_days(one, calendar=book.calendar)
        cost = None if costs is None else costs.of(one.id)
        bet = bet_on(scribe.numbers, score.theme.id, one.id)
        rest = joined(
            [
                words.say("theme.epics.took", n=taken) if taken is not None else (),
                _so_far(scribe, cost) if cost is not None and cost.amount else (),
                verdict(scribe, bet).text if bet is not None else (),
            ],
            separator=", ",
        )
        named.append((*scribe.item(one, with_title=True), *text(" ("), *rest, *text(")")))
    return words.say("theme.epics.done", n=len(found), items=words.parted(named)) if found else ()


def _so_far(scribe: Scribe, cost: EpicCost) -> Text:
    """What an epic cost in all; since when that is counted, where it is not all."""
    currency = scribe.numbers.book.portfolio.currency
    is_plain = cost.is_whole and not cost.is_even
    return text(scribe.words.money(cost.amount, currency)) if is_plain else scribe.cost(cost)


def _note(scribe: Scribe, epic: Journey, days: int | None) -> Text:
    """Its key, where it stands and for how long, and whether it is blocked."""
    words = scribe.words
    if epic.finished_at is not None:
        taken = flow_days(epic, calendar=scribe.numbers.book.calendar)
        age = words.say("theme.epics.took", n=taken) if taken is not None else ()
    else:
        age = words.say("days", n=days) if days is not None else words.say("theme.epics.not_started")
    blocked = words.say("theme.epics.blocked") if epic.is_blocked else ()
    return joined([scribe.item(epic), foreign(epic.status), age, blocked], separator=", ")


def _standing(scribe: Scribe, epic: Journey) -> str:
    ahead = scribe.numbers.book.outlook
    told = ahead.forecasts.of(name_of(epic.id)) if ahead is not None else None
    return standing(epic, told, today=scribe.numbers.today)


def _hypothesis(scribe: Scribe, score: ThemeScore, epic: Journey) -> Cell:
    """The verdict on what the epic is to prove; that nothing is declared, where nothing is."""
    bet = bet_on(scribe.numbers, score.theme.id, epic.id)
    if bet is None:
        return Cell(text=scribe.words.say("theme.epic.no_hypothesis"), width=3)
    return replace(verdict(scribe, bet), note=foreign(bet.benefit.name))


def _cost_head(scribe: Scribe, paid: Spent) -> str:
    return scribe.words.text("head.year_cost.even" if paid.is_even else "head.year_cost")


def _cost(scribe: Scribe, epic: Journey, paid: Spent) -> Cell:
    """What the year's work on it cost for the theme; which part of its whole cost that is, where it is not all.

    What it cost since it began stands beside what it was estimated at, and is flagged where it is more. Where earlier
    years are not told, it is not said to be inside its estimate.
    """
    words, currency = scribe.words, scribe.numbers.book.portfolio.currency
    amount, costs = paid.by_epic.get(epic.id), epic_costs(scribe.numbers.book)
    assert costs is not None
    cost = costs.of(epic.id)
    minor, is_estimated = estimate(scribe.numbers, epic), epic.values.get("cost_estimate") is not None
    if cost is None:
        apart = words.say("theme.epic.estimate.apart", amount=words.money(minor, currency)) if is_estimated else ()
        return Cell(text=words.say("unknown"), note=apart)
    told: list[Text] = []
    if amount and words.money(amount, currency) != words.money(cost.in_year, currency):
        share = words.percent(Decimal(amount) / cost.in_year)
        told.append(words.say("theme.epic.part", share=share, whole=words.money(cost.in_year, currency)))
    if cost.counted == "least" or words.money(cost.amount, currency) != words.money(cost.in_year, currency):
        told.append(scribe.cost(cost))
    elif cost.is_even and not paid.is_even:
        told.append(words.say("theme.epic.even"))
    is_over = is_estimated and scribe.exceeds(cost.amount, minor)
    if is_estimated:
        key = ".over" if is_over else "" if cost.is_whole else ".apart"
        told.append(words.say(f"theme.epic.estimate{key}", amount=words.money(minor, currency)))
    return Cell(
        text=words.say("none") if not amount else text(words.money(amount, currency)),
        note=joined(told, separator=", "),
        status=Status.BAD if is_over else None,
    )


def _axis(scribe: Scribe, shown: list[Journey]) -> Period | None:
    """From today to the last day that is foreseen or agreed of the epics; None where no date is foreseen."""
    ahead, today = scribe.numbers.book.outlook, scribe.numbers.today
    told = [] if ahead is None else [ahead.forecasts.of(name_of(one.id)) for one in shown]
    days = [day for one in told if one is not None for day in one.dates.values()]
    if not days:
        return None
    return Period(today, max([*days, *(one.due_on for one in shown if one.due_on), today]) + timedelta(days=1))


def _dates_head(scribe: Scribe, axis: Period | None) -> str:
    """C10: which days the lines of the column go over."""
    words = scribe.words
    if axis is None:
        return words.text("head.likely_date")
    return words.text("head.likely_date.axis", first=words.day(axis.start), last=words.day(axis.last_day))


def _interval(scribe: Scribe, epic: Journey, axis: Period | None) -> Interval | None:
    ahead = scribe.numbers.book.outlook
    told = None if ahead is None else ahead.forecasts.of(name_of(epic.id))
    if axis is None or told is None or told.refused is not None or told.is_done or 50 not in told.dates:
        return None
    last = told.dates.get(85)
    return Interval(
        first=_share(told.dates[50], axis),
        last=None if last is None else _share(last, axis),
        due=None if epic.due_on is None else _share(epic.due_on, axis),
    )


def _share(day: date, axis: Period) -> float:
    return (day - axis.start).days / max(axis.length_days - 1, 1)


def _dates(scribe: Scribe, epic: Journey, axis: Period | None) -> Iterator[Cell]:
    """C10: the due date, with how likely it is met; and the dates that it will be done by, drawn and in words."""
    words = scribe.words
    due = Cell(text=text(words.day(epic.due_on)) if epic.due_on is not None else words.say("none"))
    if scribe.numbers.book.outlook is None:
        yield due
        return
    found = likely_date(scribe, epic, with_due=False)
    is_done = _standing(scribe, epic) == "closable"  # which its status says
    note = () if is_done else found.note
    drawn = None if is_done else _interval(scribe, epic, axis)
    yield replace(due, note=note if drawn is not None else ())
    yield replace(found, status=None, note=() if drawn is not None else note, chart=drawn, width=3)
