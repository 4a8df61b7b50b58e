"""What moves on the portfolio kanban, and what is stuck? Definition 3.9: load, limits, ages, comings and goings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain.board import Board
from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState, HistoryState
from metrics.percentiles import gated
from metrics.selection import Excluded, Scope, calendar_of, count, known, one_level

DEFINITION_VERSION = 1
NOT_MAPPED = "not_mapped"  # the row of statuses that belong to no state
EXPECTED = 85  # the percentile of stays beyond which an epic is old for its state
WEEKS_OF_STAYS = 52  # of epics that left a state, which say how long a stay takes
WEEKS_DONE = 13  # of epics that were done, which are still asked for what being done needs
_GIVEN_UP, _ENDED, _OFF, _GONE = "given up", "ended", "off", "gone away"  # places beside the board


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay of an epic in a state of the board, in local days. `went` is how it ended.

    forward, back, killed, unmapped (to a status that nobody mapped), gone (from the tracker or scope), aside (to an
    ignored status); "" while it goes on. `to` is the state it went to, where that is on the board.
    """

    journey: Journey
    state: str
    entered_on: date
    left_on: date | None
    went: str = ""
    to: str = ""
    is_finish: bool = False  # it is done here: nothing waits for it any more
    days: int | None = None  # of a stay that is over, both days included, as its calendar counts


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An epic where it stands: days in its state and since it was written down, both ends included.

    `days` None: it has no history, so nobody knows since when. `is_old`: longer than 85 % of those that left the state
    stayed. `is_stuck`: that, before work begins, and nothing has left the state for as long as the board says.
    """

    journey: Journey
    state: str
    since: date | None
    days: int | None
    total_days: int
    is_old: bool = False
    is_stuck: bool = False


@dataclass(frozen=True, kw_only=True)
class BoardState:
    """One state: who is in it, the longest first, and who came and went in the period.

    `stays` are the days, ascending, that epics which left it in 52 weeks had stayed.
    """

    name: str
    held: tuple[Standing, ...]
    limit: int | None
    entered: tuple[Stay, ...]
    left: tuple[Stay, ...]
    stays: tuple[int, ...]
    last_left_on: date | None

    @property
    def over(self) -> int:
        """By how many it is over its limit."""
        return max(0, len(self.held) - self.limit) if self.limit is not None else 0

    @property
    def ages(self) -> tuple[int, ...]:
        return tuple(sorted(one.days for one in self.held if one.days is not None))

    def age(self, p: int) -> int | None:
        """A percentile of the days that those in it have been there; None where the sample gate shows none."""
        return gated(self.ages, p)

    def stay(self, p: int) -> int | None:
        """A percentile of the days that those who left had stayed."""
        return gated(self.stays, p)

    def went(self, how: str) -> tuple[Stay, ...]:
        return tuple(one for one in self.left if one.went == how)

    @property
    def conversion(self) -> float | None:
        """The share of those that left which moved on; None where none left."""
        return len(self.went("forward")) / len(self.left) if self.left else None

    @property
    def kill_rate(self) -> float | None:
        """The share of those that left which were given up."""
        return len(self.went("killed")) / len(self.left) if self.left else None

    @property
    def stuck(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.held if one.is_stuck)

    @property
    def old(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.held if one.is_old)


@dataclass(frozen=True, kw_only=True)
class PortfolioKanban:
    """The board on a day, with what happened on it in a period. The last state is that of unmapped statuses.

    `done` are the epics that were done in the 13 weeks up to the day and still are, the newest first.
    """

    board: Board
    day: date
    period: Period
    states: tuple[BoardState, ...]
    done: tuple[Standing, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    def state(self, name: str) -> BoardState:
        return next(one for one in self.states if one.name == name)

    def load(self, name: str) -> int | None:
        """How many epics stand in a state; None where there are some, and in no state is one known to stand."""
        held = len(self.state(name).held)
        return known(held, used=held or self._is_placed, lost=self._lost)

    def left_out(self, name: str) -> Excluded:
        """What the load of a state leaves out: where no epic is known to stand in one, those that nobody mapped."""
        lost = self.not_mapped if self.load(name) is None else ()
        unmapped = {"unmapped": tuple(sorted(one.journey.key for one in lost))} if lost else {}
        return {**self.excluded, **unmapped}

    @property
    def is_told(self) -> bool:
        """Is it known of any epic in which state it stands, where there are any? Else no zero of a state is one."""
        return self._is_placed or not self._lost

    @property
    def _lost(self) -> int:
        """Epics of which nobody knows in which state they stand."""
        return len(self.not_mapped) + count(self.excluded)

    @property
    def _is_placed(self) -> bool:
        return any(one.held for one in self.states if one.name != NOT_MAPPED)

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Every epic on the board, state by state."""
        return tuple(one for state in self.states for one in state.held)

    @property
    def not_mapped(self) -> tuple[Standing, ...]:
        return self.state(NOT_MAPPED).held

    @property
    def moved_back(self) -> tuple[Stay, ...]:
        return tuple(one for state in self.states for one in state.went("back"))

    @property
    def killed_early(self) -> tuple[Stay, ...]:
        """Given up before work began: healthy."""
        return tuple(one for state in self.states if state.name in self.board.early for one in state.went("killed"))

    @property
    def killed_late(self) -> tuple[Stay, ...]:
        """Given up once work had begun: waste."""
        late = {*self.board.states} - {*self.board.early}
        return tuple(one for state in self.states if state.name in late for one in state.went("killed"))

    @property
    def n_used(self) -> int:
        return len(self.standing)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def portfolio_kanban(
    journeys: Iterable[Journey],
    *,
    board: Board,
    day: date,
    period: Period,
    calendar: Calendar,
    limits: Mapping[str, int] | None = None,
    is_now: bool = True,
) -> PortfolioKanban:
    """The board in the evening of `day` (of a day that is over, `is_now` is False), and what moved in the period.

    An epic is in the state that its status is mapped to; of one whose status nobody mapped the state is `not_mapped`,
    unless the status means done or given up. Moves within a state are none. An epic that leaves goes forward (to a
    later state, or to done), back, is killed (given up), or is gone; conversion and kill rate are the shares of all
    that left which went forward, and which were killed. Before work begins a kill is healthy, afterwards it is waste.
    Old: longer in its state than 85 % of the epics that left it in 52 weeks, from ten of them on. Stuck: old, in a
    state between the first and the one with which work begins, which nothing has left for 28 days.
    Analysing holds 9 against a limit of 6: three over. Of ten that left ready eight went on, one back and one was given
    up: 80 % and 10 %. Of items without a history only today's place is known: they stand on the board of today, and are
    left out of everything else as `no_history`. Where no epic is known to stand in a state of the board, the load of
    none is known. Definition 3.9, version 1.
    """
    stays = stays_of(one_level(journeys), board=board, calendar=calendar)
    return kanban_of(stays, board=board, day=day, period=period, limits=limits, is_now=is_now)


@dataclass(frozen=True, kw_only=True)
class Stays:
    """Every stay of some epics on a board, and those of whom only the place is known."""

    every: tuple[Stay, ...]
    untold: tuple[Journey, ...]
    calendar: Calendar

    def within(self, scope: Scope) -> Stays:
        """Those of the epics of a scope."""
        return Stays(
            every=tuple(one for one in self.every if scope.holds(one.journey)),
            untold=tuple(one for one in self.untold if scope.holds(one)),
            calendar=self.calendar,
        )


def stays_of(journeys: Iterable[Journey], *, board: Board, calendar: Calendar) -> Stays:
    """The stays of epics in the states of a board, each epic's oldest first; ignored items have none."""
    kept = [one for one in journeys if one.flow_state is not FlowState.IGNORE]
    told = [one for one in kept if one.history is not HistoryState.NONE]
    return Stays(
        every=tuple(stay for one in told for stay in _stays(one, board=board, calendar=calendar)),
        untold=tuple(one for one in kept if one.history is HistoryState.NONE and one.removed_at is None),
        calendar=calendar,
    )


def kanban_of(
    stays: Stays,
    *,
    board: Board,
    day: date,
    period: Period,
    limits: Mapping[str, int] | None = None,
    is_now: bool = True,
) -> PortfolioKanban:
    """The same from stays that are known already."""
    names = (*board.states, NOT_MAPPED)
    by_state: dict[str, list[Stay]] = {name: [] for name in names}
    for stay in stays.every:
        by_state[stay.state].append(stay)
    untold: dict[str, list[Journey]] = {name: [] for name in names}
    excluded = []
    for journey in stays.untold:
        own = calendar_of(journey, stays.calendar)
        place = _place(journey.status, journey.flow_state, board)
        if place in untold and journey.flow_state is not FlowState.DONE and own.day(journey.created_at) <= day:
            if is_now:
                untold[place].append(journey)
            excluded.append(journey.key)
    states = tuple(
        _state(
            name, by_state[name], untold[name], stays=stays, board=board, day=day, period=period, limits=limits or {}
        )
        for name in names
    )
    return PortfolioKanban(
        board=board,
        day=day,
        period=period,
        states=states,
        done=_done(stays, day=day),
        excluded={"no_history": tuple(sorted(excluded))} if excluded else {},
    )


def _done(stays: Stays, *, day: date) -> tuple[Standing, ...]:
    """The epics that were done of late and still are."""
    first = day - timedelta(weeks=WEEKS_DONE)
    there = [
        one
        for one in stays.every
        if one.is_finish and first < one.entered_on <= day and (one.left_on is None or one.left_on > day)
    ]
    there.sort(key=lambda one: (-one.entered_on.toordinal(), one.journey.key))
    return tuple(
        _standing(one.journey, one.state, since=one.entered_on, stays=stays, day=day, expected=None, may_stick=False)
        for one in there
    )


def _state(
    name: str,
    here: Sequence[Stay],
    untold: Sequence[Journey],
    *,
    stays: Stays,
    board: Board,
    day: date,
    period: Period,
    limits: Mapping[str, int],
) -> BoardState:
    year = Period(period.end - timedelta(weeks=WEEKS_OF_STAYS), period.end)
    taken = tuple(sorted(one.days for one in here if one.left_on is not None and one.left_on in year and one.days))
    last = max((one.left_on for one in here if one.left_on is not None and one.left_on <= day), default=None)
    limit = next((n for state, n in limits.items() if state.casefold() == name.casefold()), None)
    expected = gated(taken, EXPECTED)
    is_still = last is None or (day - last).days >= board.stuck_after
    may_stick = name in board.early[1:]
    standing = []
    for one in here:
        if not one.is_finish and one.entered_on <= day and (one.left_on is None or one.left_on > day):
            standing.append(
                _standing(one.journey, name, since=one.entered_on, stays=stays, day=day, expected=expected,
                          may_stick=may_stick and is_still)
            )  # fmt: skip
    standing += [
        _standing(one, name, since=None, stays=stays, day=day, expected=None, may_stick=False) for one in untold
    ]
    return BoardState(
        name=name,
        held=tuple(sorted(standing, key=lambda one: (one.days is None, -(one.days or 0), one.journey.key))),
        limit=limit,
        entered=tuple(one for one in here if one.entered_on in period),
        left=tuple(one for one in here if one.left_on is not None and one.left_on in period),
        stays=taken,
        last_left_on=last,
    )


def _standing(
    journey: Journey,
    state: str,
    *,
    since: date | None,
    stays: Stays,
    day: date,
    expected: int | None,
    may_stick: bool,
) -> Standing:
    own = calendar_of(journey, stays.calendar)
    days = None if since is None else own.days_from(since, day)
    is_old = days is not None and expected is not None and days > expected
    return Standing(
        journey=journey,
        state=state,
        since=since,
        days=days,
        total_days=own.days_from(min(own.day(journey.created_at), day), day),
        is_old=is_old,
        is_stuck=is_old and may_stick,
    )


def _stays(journey: Journey, *, board: Board, calendar: Calendar) -> list[Stay]:
    own = calendar_of(journey, calendar)
    places: list[tuple[str, date, bool]] = []
    for visit in journey.visits:
        if journey.removed_at is not None and visit.entered_at > journey.removed_at:
            break
        place, is_done = _place(visit.status, visit.flow_state, board), visit.flow_state is FlowState.DONE
        if places and places[-1][0] == place:
            places[-1] = (place, places[-1][1], is_done)
        else:
            places.append((place, own.day(visit.entered_at), is_done))
    if journey.removed_at is not None:
        places.append((_GONE, own.day(journey.removed_at), False))
    on_board = {*board.states, NOT_MAPPED}
    found = []
    for (place, entered_on, is_done), following in zip(places, [*places[1:], None], strict=True):
        if place in on_board:
            to, left_on = following[:2] if following is not None else ("", None)
            found.append(
                Stay(
                    journey=journey,
                    state=place,
                    entered_on=entered_on,
                    left_on=left_on,
                    went=_went(place, to, board.states) if left_on is not None else "",
                    to=to if to in on_board else "",
                    is_finish=is_done,
                    days=own.days_from(entered_on, left_on) if left_on is not None else None,
                )
            )
    return found


def _place(status: str, flow_state: FlowState, board: Board) -> str:
    """Where a status stands: a state of the board, beside it, or nowhere that anybody mapped."""
    if flow_state is FlowState.CANCELLED:
        return _GIVEN_UP
    if flow_state is FlowState.IGNORE:
        return _OFF
    if (state := board.of(status)) is not None:
        return state
    return _ENDED if flow_state is FlowState.DONE else NOT_MAPPED


def _went(place: str, to: str, states: Sequence[str]) -> str:
    beside: Mapping[str, str] = {
        _GIVEN_UP: "killed", _ENDED: "forward", _OFF: "aside", _GONE: "gone", NOT_MAPPED: "unmapped",
    }  # fmt: skip
    if to in beside:
        return beside[to]
    if place == NOT_MAPPED:
        return "forward"
    return "forward" if states.index(to) > states.index(place) else "back"
