"""The value streams, each with the numbers that its page prints: its flow, its increments, who it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from domain.journey import Journey
from domain.period import weeks_back
from domain.strategy import ValueStream
from domain.work_item import FlowState
from metrics.behaviour import (
    UsualRange,
    begun_before,
    newest_change,
    reaching_back,
    usual_of_known,
    usual_range,
)
from metrics.bottleneck import LEAST, StateFlow, bottleneck
from metrics.commitment import Commitment
from metrics.dependencies import Dependency
from metrics.flow_time import FlowTime, flow_time
from metrics.forecasts.load_capacity import LoadCapacity, load_capacity
from metrics.forecasts.when import Forecast
from metrics.hazards import Blocked
from metrics.selection import Scope, at_level, in_scope
from metrics.state_time import StateTimes, state_times
from metrics.trust import trust
from reports.book import Book
from reports.hazards import OPEN_ENDS, dangers
from reports.reckoning import TRAIN_LEVELS, Flow, Reckoning


@dataclass(frozen=True, kw_only=True)
class Jam:
    """A state in which the smallest items of a train wait: the constraint of that level, where work waits in it.

    `waiting` are those that stand in it, `open` how many of the train are in progress.
    """

    train: str
    level: str
    state: StateFlow
    waiting: tuple[Journey, ...]
    open: int


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One value stream.

    `numbers` are those of the portfolio, with the flow, the items' defects and the trust of this stream alone. `scored`
    is the last increment that is over and of which anybody scored an objective of its trains, `current` the one that
    goes on today. `due` are forecasts of its epics that are due by the end of the increment, the soonest first, and
    `due_features` its open features with theirs. `loads` are its own load, then that of each train. `given` are
    dependencies that others have on its trains, `taken` those it has on others; `inside` those between two of its own.
    `jams` are of the level below that of its flow.
    """

    stream: ValueStream
    numbers: Reckoning
    weekly_times: tuple[FlowTime, ...]
    time_range: UsualRange
    states: StateTimes | None
    scored: Commitment | None
    current: Commitment | None
    due: tuple[Forecast, ...]
    due_features: tuple[tuple[Journey, Forecast], ...]
    loads: tuple[LoadCapacity, ...]
    given: tuple[Dependency, ...]
    taken: tuple[Dependency, ...]
    inside: tuple[Dependency, ...]
    blocked: tuple[Blocked, ...]
    jams: tuple[Jam, ...]

    @property
    def trains(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.stream.trains)


def streams(numbers: Reckoning) -> tuple[Stream, ...]:
    """Every value stream that is configured, in the order of the settings; reckoned once for a book."""
    book = numbers.book
    found = book.once("streams", lambda: tuple(_stream(numbers, one) for one in book.portfolio.value_streams))
    return tuple(replace(one, numbers=_as_of_page(one.numbers, numbers)) for one in found)


def over(book: Book) -> list[Commitment]:
    """The increments that are over at a book's instant: of no other is it told what was brought of what was planned."""
    return [one for one in book.commitments if one.is_over(as_of=book.as_of, calendar=book.calendar)]


def _as_of_page(own: Reckoning, numbers: Reckoning) -> Reckoning:
    """The stream's numbers for another revision of the book."""
    return replace(numbers, flow=own.flow, trust=own.trust, waiting=own.waiting, defects=own.defects)


def _stream(numbers: Reckoning, stream: ValueStream) -> Stream:
    book, scope = numbers.book, Scope(f"value_stream:{stream.id}")
    journeys = in_scope(book.journeys, scope)
    own = _own(numbers, stream.id, scope=scope)
    flow = own.flow
    kept = at_level(journeys, flow.level) if flow is not None else []
    times, usual = _times(kept, flow, book=book) if flow is not None else ((), usual_range([]))
    trains = {one.name for one in stream.trains}
    return Stream(
        stream=stream,
        numbers=own,
        weekly_times=times,
        time_range=usual,
        states=state_times(kept, finished_in=flow.window, calendar=book.calendar) if flow is not None else None,
        scored=_scored(book, trains),
        current=_current(book, numbers, trains),
        due=_due(book, scope),
        due_features=_due_features(book, scope),
        loads=tuple(_loads(book, [scope, *(Scope(f"train:{one.name}") for one in stream.trains)])),
        blocked=tuple(one for one in dangers(numbers).blocked if scope.holds(one.journey)),
        jams=tuple(_jams(book, flow, stream)) if flow is not None else (),
        **_dependencies(numbers, scope),
    )


def _times(kept: Sequence[Journey], flow: Flow, *, book: Book) -> tuple[tuple[FlowTime, ...], UsualRange]:
    """The flow times of the weeks that are shown, and the usual range of their medians."""
    shown, end = len(flow.weeks), flow.weeks[-1].end
    change = newest_change(book.portfolio.process_changes, end=end)
    weeks = reaching_back(weeks_back, end, least=shown, change=change)
    times = tuple(flow_time(kept, finished_in=week, calendar=book.calendar) for week in weeks)
    medians = [one.p50_days for one in times]
    return times[-shown:], usual_of_known(medians, shown=shown, changed_at=begun_before(weeks, change))


def _own(numbers: Reckoning, id: str, *, scope: Scope) -> Reckoning:
    """The portfolio's numbers with those of a part in their place, where a page of the part prints them."""
    book, flow = numbers.book, numbers.flow_within(id)
    return replace(
        numbers,
        flow=flow,
        waiting=tuple(one for one in numbers.waiting if one.item is not None and _holds(numbers, one.item, scope)),
        defects=(),
        trust=trust(
            book.journeys,
            scope=scope,
            sources=book.trust,
            portfolio_level="epic",
            finished_in=flow.window if flow else numbers.week,
            as_of=book.as_of,
            calendar=book.calendar,
            has_themes=bool(book.portfolio.themes),
        ),
    )


def _holds(numbers: Reckoning, key: str, scope: Scope) -> bool:
    journey = numbers.by_key.get(key)
    return journey is not None and scope.holds(journey)


def _scored(book: Book, trains: Iterable[str]) -> Commitment | None:
    """The last increment that is over and of which somebody scored an objective of these trains."""
    wanted = set(trains)
    told = [one for one in over(book) if any(each.actual is not None for each in one.within(wanted))]
    return told[-1] if told else None


def _current(book: Book, numbers: Reckoning, trains: Iterable[str]) -> Commitment | None:
    """The increment that goes on today, where these trains have objectives for it."""
    wanted = set(trains)
    for one in book.commitments:
        if one.increment.period.start <= numbers.today < one.increment.period.end and one.within(wanted):
            return one
    return None


def _jams(book: Book, flow: Flow, stream: ValueStream) -> Iterator[Jam]:
    """Trains whose smallest items wait in one state; none where all figures speak of these items anyway."""
    level = TRAIN_LEVELS[-1]
    if flow.level == level:
        return
    for train in stream.trains:
        kept = at_level(in_scope(book.journeys, Scope(f"train:{train.name}")), level)
        found = bottleneck(
            kept, period=flow.window, calendar=book.calendar, guardrails=book.portfolio.guardrails, limits=False
        )
        held = found.constraint
        if held is None:
            continue
        waiting = tuple(one for one in kept if one.key in held.now and one.visits[-1].flow_state is FlowState.WAITING)
        if len(waiting) >= LEAST:
            yield Jam(
                train=train.name,
                level=level,
                state=held,
                waiting=waiting,
                open=sum(len(one.now) for one in found.states),
            )


def _due(book: Book, scope: Scope) -> tuple[Forecast, ...]:
    """Epics that are due by the end of the increment, overdue ones too."""
    ahead = book.outlook
    if ahead is None:
        return ()
    last = ahead.increment.period.last_day
    kept = [
        (due_on, one)
        for one in ahead.forecasts.epics
        if (due_on := ahead.epic(one).due_on) is not None and due_on <= last and scope.holds(ahead.epic(one))
    ]
    return tuple(one for _, one in sorted(kept, key=lambda pair: (pair[0], pair[1].id)))


def _due_features(book: Book, scope: Scope) -> tuple[tuple[Journey, Forecast], ...]:
    """Open features that are due by the end of the increment, overdue ones too."""
    ahead = book.outlook
    if ahead is None or ahead.features is None:
        return ()
    due = ahead.features.due(by=ahead.increment.period.last_day)
    return tuple((item, one) for item, one in due if scope.holds(item))


def _loads(book: Book, scopes: Iterable[Scope]) -> Iterable[LoadCapacity]:
    ahead = book.outlook
    if ahead is None or ahead.planned.level is None:
        return
    for scope in scopes:
        yield load_capacity(
            ahead.planned,
            scope=scope,
            by=ahead.increment.period.last_day,
            calendar=book.calendar,
            as_of=book.as_of,
            sources=book.trust,
        )


def _dependencies(numbers: Reckoning, scope: Scope) -> dict[str, tuple[Dependency, ...]]:
    """Open ones that lead out of the stream, into it, and from one of its trains to another."""
    found: dict[str, list[Dependency]] = {"given": [], "taken": [], "inside": []}
    for one in dangers(numbers).dependencies.edges:
        before, after = numbers.items.get(one.edge.before), numbers.items.get(one.edge.after)
        if one.health not in OPEN_ENDS or after is None:
            continue
        gives, takes = before is not None and scope.holds(before), scope.holds(after)
        if gives and takes:
            if before is not None and before.placement.train != after.placement.train:
                found["inside"].append(one)
        elif gives or takes:
            found["given" if gives else "taken"].append(one)
    return {name: tuple(every) for name, every in found.items()}
