"""What a theme's sponsor reads beyond its scores: dates of outcomes, money, risks, who waits for whom, its trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.funding import BUDGET
from domain.journey import Journey
from domain.period import Period
from domain.work_item import ItemId
from metrics.arrival import Arrival, arrival
from metrics.dependencies import Dependency
from metrics.forecasts.when import Forecast
from metrics.key_results import KeyResultScore, latest
from metrics.ledger import Hypothesis
from metrics.risk import Risk
from metrics.selection import Scope, at_level, calendar_of
from metrics.trust import trust
from reports.hazards import OPEN_ENDS, Dangers, dangers
from reports.ledger import ledger
from reports.money import funds
from reports.reckoning import Reckoning, ThemeScore

INWARD, OUTWARD, INSIDE = "in", "out", "inside"


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a theme took of the budget year's money, minor units; `whole`: what all themes, and none, took together.

    `so_far` are the days of the year that it is of.
    `percent` is its part of the whole, to one place, as it stands beside those of the other themes; None: nothing was
    spent. `by_epic` parts it by the epic that the work belongs to; None: work under no epic. `adjusted` is what changes
    of closed months move, which name no item. `even` is how much of it is the even share of a budget, for want of a
    told cost; `is_even`: all of it is, and nothing was spent that anybody told of.
    """

    year: Period
    so_far: Period
    amount: int
    whole: int
    percent: Decimal | None
    by_epic: Mapping[ItemId | None, int]
    adjusted: int
    even: int
    is_even: bool


@dataclass(frozen=True, kw_only=True)
class Gained:
    """How far a key result moved towards its target since a day, in its own unit; below zero: away from it."""

    score: KeyResultScore
    since: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A dependency that touches a theme. `way`: it waits for others (in), others wait for it (out), or inside."""

    way: str
    dependency: Dependency


def arrivals(numbers: Reckoning, score: ThemeScore) -> Mapping[str, Arrival]:
    """When each key result of a theme is likely to arrive, by its id."""
    book = numbers.book
    return book.once(
        f"arrivals of {score.theme.id}",
        lambda: {
            one.id: arrival(
                one,
                book.readings,
                today=numbers.today,
                pace=book.portfolio.guardrails.pace,
                portfolio=book.portfolio.id,
            )
            for one in score.theme.key_results
        },
    )


def spent(numbers: Reckoning, theme: str) -> Spent | None:
    """The money of the budget year to date that was attributed to a theme; None where no money is told."""
    told = funds(numbers.book)
    if told is None:
        return None
    by_epic: dict[ItemId | None, int] = {}
    adjusted = 0
    for line in (line for stream in told.streams for line in stream.spent.lines if line.cell.theme == theme):
        if line.item is None:  # idle days serve no theme
            adjusted += line.amount
        else:
            epic = told.books.epics.get(line.item)
            by_epic[epic] = by_epic.get(epic, 0) + line.amount
    entries = [one for stream in told.streams for one in stream.spent.entries if one.basis == BUDGET]
    amount = told.by_theme.get(theme, 0)
    even = sum(line.amount for one in entries for line in one.lines if line.cell.theme == theme)
    return Spent(
        year=told.year,
        so_far=told.so_far,
        amount=amount,
        whole=told.spent,
        percent=told.percent.get(theme, Decimal(0)) if told.percent else None,
        by_epic=by_epic,
        adjusted=adjusted,
        even=even,
        is_even=bool(amount) and (told.is_even or even == amount),
    )


def gained(numbers: Reckoning, score: KeyResultScore | None, *, since: date) -> Gained | None:
    """How far a key result moved since a day: newest reading less the one that held that day; None without both."""
    if score is None or score.reading is None or score.key_result.target is None or score.key_result.baseline is None:
        return None
    result = score.key_result
    before = latest(numbers.book.readings, kpi=result.kpi, today=since)
    if not before or result.target == result.baseline:
        return None
    sign = 1 if score.key_result.target > score.key_result.baseline else -1
    return Gained(score=score, since=since, amount=sign * (score.reading.value - before[0].value))


def risks(numbers: Reckoning, theme: str) -> tuple[Risk, ...]:
    """Open risks of a theme, or of something that serves it, the largest first."""
    told = dangers(numbers)
    return tuple(one for one in told.risks if _endangers(numbers, told, one, theme))


def settled(numbers: Reckoning, theme: str) -> tuple[tuple[str, Risk], ...]:
    """Risks of a theme that were resolved or raised since the last edition, or in a week."""
    told = dangers(numbers)
    found = [("resolved", one) for one in told.resolved] + [("raised", one) for one in told.raised]
    return tuple((kind, one) for kind, one in found if _endangers(numbers, told, one, theme))


def waits(numbers: Reckoning, theme: str) -> tuple[Waiting, ...]:
    """Open dependencies that lead into a theme, out of it, and from one of its items to another."""
    scope, found = Scope(f"theme:{theme}"), []
    for one in dangers(numbers).dependencies.edges:
        if one.health not in OPEN_ENDS:
            continue
        before, after = numbers.items.get(one.edge.before), numbers.items.get(one.edge.after)
        gives = before is not None and scope.holds(before)
        takes = after is not None and scope.holds(after)
        if gives or takes:
            way = INSIDE if gives and takes else OUTWARD if gives else INWARD
            found.append(Waiting(way=way, dependency=one))
    return tuple(found)


def own(numbers: Reckoning, score: ThemeScore) -> Reckoning:
    """The portfolio's numbers with a theme's own changes, defects and trust in place of those of all."""
    book, scope = numbers.book, Scope(f"theme:{score.theme.id}")

    def mine(journeys: tuple[Journey, ...]) -> tuple[Journey, ...]:
        return tuple(one for one in journeys if scope.holds(one))

    week = numbers.changes
    measured = book.once(
        f"trust of {scope.name}",
        lambda: trust(
            book.journeys,
            scope=scope,
            sources=book.trust,
            portfolio_level="epic",
            finished_in=numbers.flow.window if numbers.flow else numbers.week,
            as_of=book.as_of,
            calendar=book.calendar,
            has_themes=False,
        ),
    )
    told = ("start_known", "fields", "fresh")  # all that is here serves the theme; what is held, the trackers say
    return replace(
        numbers,
        themes=(score,),
        changes=replace(
            week,
            finished=mine(week.finished),
            started=mine(week.started),
            cancelled=mine(week.cancelled),
            removed=mine(week.removed),
        ),
        defects=tuple(replace(one, journeys=kept) for one in numbers.defects if (kept := mine(one.journeys))),
        trust=replace(measured, names=told),
    )


def bet_on(numbers: Reckoning, theme: str, epic: ItemId) -> Hypothesis | None:
    """The hypothesis that an epic is to prove; None where none names it."""
    return next(
        (one for one in ledger(numbers, theme).hypotheses if one.epic is not None and one.epic.id == epic), None
    )  # fmt: skip


def finished_of_quarter(numbers: Reckoning, score: ThemeScore) -> list[Journey]:
    """Epics of a theme that finished in the last 13 weeks, which its page names beside the open ones."""
    window, calendar = numbers.flow.window if numbers.flow else numbers.week, numbers.book.calendar
    return [
        one
        for one in at_level(numbers.book.journeys, "epic")
        if one.placement.themes.get(score.theme.id)
        and one.finished_at is not None
        and one.finished_at >= calendar_of(one, calendar).start_of(window.start)
    ]


def standing(epic: Journey, told: Forecast | None, *, today: date) -> str:
    """How an epic stands against its due date.

    finished; closable (all below it is done, nobody has closed it); overdue; kept (the 85 % date is in time), tight
    (only the 50 % date is), late (neither is); no_due, where it has none; unknown, where no date can be told.
    """
    if epic.finished_at is not None:
        return "finished"
    if told is not None and told.is_done:
        return "closable"
    if epic.due_on is None or epic.due_on < today:
        return "no_due" if epic.due_on is None else "overdue"
    if told is None or told.refused is not None or not told.dates:
        return "unknown"
    half, most = told.dates.get(50), told.dates.get(85)
    if most is not None and most <= epic.due_on:
        return "kept"
    return "tight" if half is not None and half <= epic.due_on else "late"


def _endangers(numbers: Reckoning, told: Dangers, one: Risk, theme: str) -> bool:
    scope, entry = Scope(f"theme:{theme}"), told.recorded(one)
    concerned = [numbers.items[id] for id in entry.concerns if id in numbers.items]
    return any(scope.holds(each) for each in (entry.journey, *concerned))
