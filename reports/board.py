"""The numbers of the portfolio kanban, asked of the metrics once for every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.journey import Journey
from domain.period import Period, weeks_back
from domain.work_item import ItemId
from metrics.forecasts.planning import name_of
from metrics.kanban import BoardState, PortfolioKanban, Standing, portfolio_kanban
from metrics.membership import named_apart
from metrics.mvp import finished_mvps, is_undecided
from metrics.order import Delays, Hygiene, Order, delays, families, hygiene, order
from metrics.policies import Evidence, ExitPolicies, evidence, exit_policies
from metrics.selection import at_level
from metrics.wsjf import wsjf
from reports.book import Book

WEEKS = 13
MOST_STOPS = 3  # epics that are asked about in one meeting


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the board asks the meeting to decide: pull, hold, pause, stop or pivot. `state` is the one it is about.

    To hold is to pull nothing: `epics` are then the first that is ready, which waits for its people to have room. To
    pivot, or persevere, or stop: since `since` its MVP is finished, and no verdict tells which.
    """

    kind: str
    state: BoardState
    epics: tuple[Journey, ...]
    days: int = 0
    since: date | None = None


@dataclass(frozen=True, kw_only=True)
class BoardNumbers:
    """Every number that the portfolio kanban's page prints.

    `moved` are the entries and exits of each state by week. `scores` are the WSJF of open epics.
    """

    kanban: PortfolioKanban
    weeks: tuple[Period, ...]
    moved: Mapping[str, tuple[tuple[int, int], ...]]
    policies: ExitPolicies
    seen: Evidence
    order: Order
    hygiene: Hygiene
    delays: Delays
    scores: Mapping[ItemId, Decimal]
    proposals: tuple[Proposal, ...]

    @property
    def over(self) -> tuple[BoardState, ...]:
        """The states over their limit, the furthest first."""
        return tuple(sorted((one for one in self.kanban.states if one.over), key=lambda one: -one.over))

    @property
    def stuck(self) -> tuple[Standing, ...]:
        """The epics that are stuck, the oldest first."""
        found = [one for state in self.kanban.states for one in state.stuck]
        return tuple(sorted(found, key=lambda one: (-(one.days or 0), one.journey.key)))


def reckon_board(
    book: Book, *, week: Period, is_overloaded: Callable[[Journey], bool] = lambda _: False
) -> BoardNumbers | None:
    """Ask the metrics about the portfolio kanban, as of the book's instant; None where no states are set up.

    `is_overloaded` says of an epic whether those who would work on it have more in progress than they usually have.
    """
    board, today = book.portfolio.board, book.calendar.day(book.as_of)
    if not board.states:
        return None
    epics = list(named_apart(at_level(book.journeys, board.level)).values())
    weeks = tuple(weeks_back(week.end, WEEKS))
    window = Period(weeks[0].start, weeks[-1].end)
    kanban = portfolio_kanban(
        epics,
        board=board,
        day=today,
        period=window,
        calendar=book.calendar,
        limits=book.portfolio.guardrails.wip,
    )
    seen = evidence(
        book.portfolio, readings=book.readings, decisions=book.decisions, journeys=book.journeys, today=today,
        unread=book.unread,
    )  # fmt: skip
    open_ones = {one.key: one for one in epics if one.is_open}
    scores = {open_ones[job.key].id: job.score for job in wsjf(open_ones.values()).jobs}
    ordered = order(epics, board=board)
    policies = exit_policies(kanban, seen=seen)
    return BoardNumbers(
        kanban=kanban,
        weeks=weeks,
        moved={one.name: _weekly(one, weeks) for one in kanban.states},
        policies=policies,
        seen=seen,
        order=ordered,
        hygiene=hygiene(
            epics,
            scored_at=book.scored_at,
            family=families(book.journeys),
            calendar=book.calendar,
            today=today,
        ),
        delays=delays(
            epics,
            board=board,
            likely=_likely(book, epics),
            decisions=book.decisions,
            calendar=book.calendar,
            today=today,
        ),
        scores=scores,
        proposals=(
            *_proposals(kanban, ordered, scores, is_overloaded),
            *_pivots(book, kanban, seen),
            *_stops(kanban),
        ),
    )


def _weekly(state: BoardState, weeks: Sequence[Period]) -> tuple[tuple[int, int], ...]:
    entered = [one.entered_on for one in state.entered]
    left = [one.left_on for one in state.left if one.left_on is not None]
    return tuple((sum(day in week for day in entered), sum(day in week for day in left)) for week in weeks)


def _likely(book: Book, epics: Sequence[Journey]) -> dict[ItemId, date]:
    """The day that 85 % of forecasts reach, of the epics that have one."""
    ahead = book.outlook
    if ahead is None:
        return {}
    found = {one.id: ahead.forecasts.of(name_of(one.id)) for one in epics}
    return {id: one.dates[85] for id, one in found.items() if one is not None and 85 in one.dates}


def _pivots(book: Book, kanban: PortfolioKanban, seen: Evidence) -> Iterator[Proposal]:
    """Epics whose MVP is finished, without a verdict and without a decision since, the longest first."""
    found = [
        (since, one)
        for one, since in finished_mvps(kanban, below=book.journeys, calendar=book.calendar)
        if is_undecided(one.journey, since=since, seen=seen)
    ]
    for since, one in sorted(found, key=lambda pair: (pair[0], pair[1].journey.key)):
        yield Proposal(kind="pivot", state=kanban.state(one.state), epics=(one.journey,), since=since)


def _proposals(
    kanban: PortfolioKanban,
    ordered: Order,
    scores: Mapping[ItemId, Decimal],
    is_overloaded: Callable[[Journey], bool],
) -> list[Proposal]:
    """One epic to pull into work where there is room, and those beyond a limit to pause.

    To pull: of the state before work begins, the first in the WSJF order whose people have no more in progress than
    usual. Where all of them have, nothing is pulled, and that is said. To pause: as many as are beyond the limit,
    the lowest WSJF first, those without a score last.
    """
    board, found = kanban.board, list[Proposal]()
    if board.commits is not None and board.early:
        into, ready = kanban.state(board.commits), kanban.state(board.early[-1])
        waiting = {one.journey.id for one in ready.held}
        ready_ones = sorted((one for one in ordered.epics if one.journey.id in waiting), key=lambda one: one.best)
        has_place = into.limit is None or len(into.held) < into.limit
        free = [one for one in ready_ones if not is_overloaded(one.journey)]
        if has_place and ready_ones:
            kind, first = ("pull", free[0]) if free else ("hold", ready_ones[0])
            found.append(Proposal(kind=kind, state=into, epics=(first.journey,)))
    for state in sorted((one for one in kanban.states if one.over), key=lambda one: -one.over):
        lowest = sorted(
            (one.journey for one in state.held),
            key=lambda one: (one.id not in scores, scores.get(one.id, Decimal(0)), one.key),
        )
        found.append(Proposal(kind="pause", state=state, epics=tuple(lowest[: state.over])))
    return found


def _stops(kanban: PortfolioKanban) -> list[Proposal]:
    """The oldest of the stuck epics."""
    stuck = sorted(
        ((state, one) for state in kanban.states for one in state.stuck), key=lambda pair: -(pair[1].days or 0)
    )  # fmt: skip
    return [
        Proposal(kind="stop", state=state, epics=(one.journey,), days=one.days or 0)
        for state, one in stuck[:MOST_STOPS]
    ]
