"""What is true today, and the limits that it suggests: reckoned when the baseline's page first asks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import chain, count

from domain.journey import Journey
from domain.period import Period, weeks_back
from domain.work_item import FlowState
from metrics.age import ages
from metrics.alignment import item_days
from metrics.baseline import (
    Candidates,
    Held,
    Lying,
    ParentCover,
    StatusUse,
    Stock,
    candidates,
    held_daily,
    inventory,
    lying,
    marks_of,
    parent_cover,
    status_uses,
)
from metrics.behaviour import UsualRange, usual_rhythm
from metrics.distribution import apportion
from metrics.flow_load import load_series
from metrics.flow_time import FlowTime, flow_time
from metrics.guardrails import capacity_mix, horizon_mix
from metrics.guardrails.engagement import last_touched
from metrics.journeys import IN_PROGRESS
from metrics.main_flow import LEVELS, WEEKS, WINDOW_WEEKS
from metrics.percentiles import percentile
from metrics.selection import at_level, first_day
from metrics.throughput import weekly
from reports.reckoning import Reckoning

UNLIMITED = frozenset({"funnel", "backlog"})  # where ideas wait: SAFe sets no limit there
HORIZONS = ("H1", "H2", "H3", "H0")


@dataclass(frozen=True, kw_only=True)
class LevelFlow:
    """The history of one level: 26 complete weeks of throughput and load, a year of flow times."""

    level: str
    counts: tuple[int, ...]
    weeks_known: int  # how many of them passed since the first item was written down
    usual: UsualRange
    time: FlowTime
    loads: tuple[int, ...]
    usual_load: UsualRange


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Limits that start from what was. Shares are whole percents that add up to 100; empty where nothing tells them.

    `states` are the portfolio states the limits speak of, with their statuses; `has_board`: the settings have them.
    """

    horizons: Mapping[str, int]
    capacity: Mapping[str, int]
    wip: Mapping[str, int]
    states: Mapping[str, tuple[str, ...]]
    has_board: bool
    level: str | None
    service_days: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        return not (self.horizons or self.capacity or self.wip or self.service_days)


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Every number of the page. `window` are the 13 complete weeks that shares and limits look at."""

    window: Period
    stocks: tuple[Stock, ...]
    uses: tuple[StatusUse, ...]
    covers: tuple[ParentCover, ...]
    levelless: int
    flows: tuple[LevelFlow, ...]
    lying: Mapping[str, tuple[Lying, ...]]  # by level
    unjudged: tuple[str, ...]  # levels of which too few finished to call anything aged
    level: str | None  # whose item-days the shares are of
    candidates: tuple[Candidates, ...]
    held: tuple[Held, ...]
    draft: Draft

    @property
    def forgotten(self) -> tuple[Lying, ...]:
        return tuple(one for found in self.lying.values() for one in found if one.is_forgotten)

    @property
    def in_progress(self) -> int:
        return sum(one.in_progress for one in self.stocks)

    @property
    def items(self) -> int:
        return sum(one.items for one in self.stocks)

    @property
    def unconfirmed(self) -> tuple[StatusUse, ...]:
        """The statuses whose meaning no setting says."""
        return tuple(one for one in self.uses if one.said_by != "settings")


def baseline(numbers: Reckoning) -> Baseline:
    """The baseline of a reckoning; asked of the metrics when a page first wants it."""
    return numbers.book.once("baseline", lambda: _measured(numbers))


def _measured(numbers: Reckoning) -> Baseline:
    book = numbers.book
    weeks = weeks_back(numbers.week.end, WEEKS)
    window = Period(weeks[-WINDOW_WEEKS].start, numbers.week.end)
    year = Period(numbers.week.end - timedelta(weeks=52), numbers.week.end)
    by_level = {level: kept for level in LEVELS if (kept := at_level(book.journeys, level))}
    marks, touched_at = marks_of(book.held), last_touched(book.journeys)
    level = numbers.flow.level if numbers.flow is not None else None
    times = {name: flow_time(kept, finished_in=year, calendar=book.calendar) for name, kept in by_level.items()}
    held, has_board, board_level = _held(numbers, by_level, window)
    return Baseline(
        window=window,
        stocks=tuple(
            inventory(book.journeys, {id: one["project"][0] for id, one in marks.items()}, calendar=book.calendar)
        ),
        uses=tuple(status_uses(book.journeys, book.workflow, as_of=book.as_of)),
        covers=tuple(parent_cover(book.journeys, LEVELS)),
        levelless=next((len(one.journeys) for one in numbers.defects if one.rule == "no_level"), 0),
        flows=tuple(_flow(numbers, name, kept, weeks, times[name]) for name, kept in by_level.items()),
        lying={
            name: tuple(
                lying(
                    ages(kept, as_of=book.as_of, calendar=book.calendar, finished=times[name]),
                    as_of=book.as_of,
                    calendar=book.calendar,
                    touched_at=touched_at,
                )
            )
            for name, kept in by_level.items()
        },
        unjudged=tuple(name for name in by_level if times[name].p95_days is None),
        level=level,
        candidates=()
        if level is None
        else tuple(candidates(by_level[level], marks, period=window, calendar=book.calendar)),
        held=held,
        draft=_draft(numbers, by_level, times, held, window=window, has_board=has_board, level=board_level),
    )


def _flow(
    numbers: Reckoning, level: str, kept: Sequence[Journey], weeks: Sequence[Period], time: FlowTime
) -> LevelFlow:
    calendar = numbers.book.calendar
    first = first_day(kept, calendar)
    before = sum(one.end <= first for one in weeks)
    counts = weekly(kept, periods=weeks, calendar=calendar)
    loads = load_series(kept, period=Period(weeks[0].start, weeks[-1].end), calendar=calendar).end_of_day[6::7]
    return LevelFlow(
        level=level,
        counts=counts,
        weeks_known=len(weeks) - before,
        usual=usual_rhythm(counts, changed_at=before),
        time=time,
        loads=tuple(loads),
        usual_load=usual_rhythm(loads, changed_at=before),
    )


def _held(
    numbers: Reckoning, by_level: Mapping[str, Sequence[Journey]], window: Period
) -> tuple[tuple[Held, ...], bool, str | None]:
    """What each portfolio state held; where no kanban is set up, what each status in progress of the top level did."""
    book, board = numbers.book, numbers.book.portfolio.board
    level = board.level if board.states else next(iter(by_level), None)
    kept = by_level.get(level or "", ())
    if board.states:
        states: dict[str, tuple[str, ...]] = {}
        for state in board.states:
            states[state] = tuple(status for status, of in board.by_status.items() if of == state)
    else:
        states = _as_states(kept)
    found = held_daily(kept, states, period=window, calendar=book.calendar)
    return tuple(found), bool(board.states), level


def _as_states(journeys: Sequence[Journey]) -> dict[str, tuple[str, ...]]:
    """The statuses in progress of some items as portfolio states, in the order in which work comes into them."""
    positions: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for one in journeys:
        in_progress = [visit for visit in one.visits if visit.flow_state in IN_PROGRESS]
        for place, visit in enumerate(in_progress):
            positions.setdefault(visit.status.casefold(), []).append(place)
            names.setdefault(visit.status.casefold(), visit.status)
    ordered = sorted(positions, key=lambda name: (percentile(sorted(positions[name]), 50), name))
    states: dict[str, tuple[str, ...]] = {}
    for name in ordered:
        states[_setting_name(names[name], taken=states)] = (names[name],)
    return states


def _setting_name(status: str, *, taken: Mapping[str, object]) -> str:
    """A name that settings may use: in-review of In Review, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", status).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "state"
    return next(one for one in chain([base], (f"{base}-{number}" for number in count(2))) if one not in taken)


def _draft(
    numbers: Reckoning,
    by_level: Mapping[str, Sequence[Journey]],
    times: Mapping[str, FlowTime],
    held: Sequence[Held],
    *,
    window: Period,
    has_board: bool,
    level: str | None,
) -> Draft:
    book = numbers.book
    agreed = book.portfolio.guardrails
    flow_level = numbers.flow.level if numbers.flow is not None else None
    worked = item_days(by_level.get(flow_level or "", ()), period=window, calendar=book.calendar)
    horizons = horizon_mix(worked, themes=book.portfolio.themes, guardrails=agreed).item_days
    lowest = next(reversed(tuple(by_level)), None)
    smallest = item_days(by_level.get(lowest or "", ()), period=window, calendar=book.calendar)
    limits = {one.state: one.p85 for one in held if one.p85 > 0 and one.state not in UNLIMITED}
    return Draft(
        horizons={name: whole for name in HORIZONS if (whole := _whole(horizons).get(name))},
        capacity=dict(sorted(_whole(capacity_mix(smallest, guardrails=agreed).item_days).items(), key=_largest)),
        wip=limits,
        states={one.state: one.statuses for one in held},
        has_board=has_board,
        level=level,
        service_days={name: days for name, time in times.items() if (days := time.p85_days) is not None},
    )


def _largest(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]


def _whole(days: Mapping[str, Decimal]) -> dict[str, int]:
    """Shares in whole percents that add up to 100; those that round to nothing are left out."""
    some = {name: value for name, value in days.items() if value}
    return {name: whole for name, whole in apportion(some, 100).items() if whole} if some else {}


def snippet(draft: Draft) -> str:
    """The draft as a part of vmo.yaml: it can be pasted as it stands, and `vmo check` accepts it."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    if draft.wip and not draft.has_board:
        yield "kanban:"
        yield f"  level: {draft.level}"
        yield "  states:"
        for state, statuses in draft.states.items():
            yield f"    {_quoted(state)}: [{', '.join(map(_quoted, statuses))}]"
    yield "guardrails:"
    if draft.horizons:
        yield f"  horizons: {{{', '.join(f'{name}: {share}%' for name, share in draft.horizons.items())}}}"
    if draft.capacity:
        yield f"  capacity: {{{', '.join(f'{_quoted(name)}: {share}%' for name, share in draft.capacity.items())}}}"
    if draft.wip:
        yield f"  wip: {{{', '.join(f'{_quoted(state)}: {most}' for state, most in draft.wip.items())}}}"
    if draft.service_days:
        levels = ", ".join(f"{level}: {days} days" for level, days in draft.service_days.items())
        yield f"  service_levels: {{{levels}}}"


_PLAIN = re.compile(r"[a-z][a-z0-9_-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def _quoted(text: str) -> str:
    """A YAML scalar that reads back as exactly this text, on one line and without a character that nobody sees."""
    if _PLAIN.fullmatch(text) and text not in _WORDS:
        return text
    return '"' + "".join(_escaped(one) for one in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable() and char != "`":
        return char
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"


def open_states(stock: Stock) -> tuple[int, int, int, int, int]:
    """How many are new, in progress, done, given up, and in no meaning at all."""
    told = [stock.states.get(FlowState.NEW, 0), stock.in_progress]
    told += [stock.states.get(state, 0) for state in (FlowState.DONE, FlowState.CANCELLED)]
    return told[0], told[1], told[2], told[3], stock.items - sum(told)
