"""The rows that other programs read: items, changes, flow and metrics, with the columns of `domain.tables`."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from domain.calendar import Calendar, DayCount
from domain.change import Change
from domain.funding import ClosedSpend
from domain.governance import Governed
from domain.journey import Journey
from domain.period import Period, iso_week, month
from domain.strategy import PaceTolerances, Portfolio, Reading, Theme
from domain.work_item import FlowState, HeldItem, ItemId
from domain.workflow import Workflow
from metrics import alignment, catalogue
from metrics.balance import ending, flow_balance
from metrics.benefits import realise, realise_portfolio
from metrics.closing import Books
from metrics.commitment import Commitment
from metrics.cumulative_flow import BANDS, cumulative_flow
from metrics.distribution import flow_distribution
from metrics.flow_efficiency import flow_efficiency
from metrics.flow_load import Days, load_days, load_series, untold_days
from metrics.flow_time import flow_days, flow_time, lead_time
from metrics.governance import results
from metrics.guardrails.rows import Records, mix_rows, standing_rows
from metrics.increments import brought
from metrics.journeys import stays
from metrics.kanban import kanban_of, stays_of
from metrics.key_results import score_objective
from metrics.ledger import finish_day
from metrics.ledger_figures import figures as ledger_figures
from metrics.risk import exposure
from metrics.risk_register import Register
from metrics.selection import Excluded, Scope, at_level, calendar_of, count, first_day, known
from metrics.spending import figures
from metrics.throughput import throughput
from metrics.unplanned import unplanned_share
from metrics.waste import waste

Row = dict[str, object]


def item_rows(held: Iterable[HeldItem], journeys: Mapping[ItemId, Journey]) -> Iterator[Row]:
    """One row an item, as it stood when its journey was traced; items without a journey are left out."""
    held = list(held)
    keys = {one.item.id: one.item.key for one in held}
    for one in held:
        item, journey = one.item, journeys.get(one.item.id)
        if journey is None:
            continue
        yield {
            "source": item.source,
            "key": item.key,
            "previous_keys": json.dumps(list(item.previous_keys), ensure_ascii=False),
            "external_id": item.external_id,
            "url": item.url,
            "title": item.title,
            "level": journey.placement.level,
            "type": journey.type,
            "kind": journey.placement.kind,
            "state": journey.status,
            "flow_state": journey.flow_state.value,
            "parent_key": keys.get(journey.parent_id) if journey.parent_id else None,
            "themes": _themes(journey),
            "value_stream": journey.placement.value_stream,
            "train": journey.placement.train,
            "team": journey.placement.team,
            "created_at": _instant(journey.created_at),
            "started_at": _instant(journey.started_at),
            "finished_at": _instant(journey.finished_at),
            "updated_at": _instant(journey.updated_at),
            "reopen_count": journey.reopen_count,
            "blocked": journey.is_blocked,
            "removed_at": _instant(journey.removed_at),
            "removed_reason": journey.removed_reason,
        }


def change_rows(named: Iterable[tuple[Change, str]], *, workflow: Workflow) -> Iterator[Row]:
    """One row a change, under its item's key; flow states are told for changes of the status alone.

    A status that only got another id, as of an item that became a bug, is no move, and has no row.
    """
    for change, key in named:
        is_move = change.field == "status"
        if is_move and stays(change, workflow=workflow):
            continue
        yield {
            "source": change.source,
            "key": key,
            "field": change.field,
            "occurred_at": _instant(change.occurred_at),
            "known_at": _instant(change.known_at),
            "from_value": change.from_value,
            "to_value": change.to_value,
            "from_flow_state": _meaning(change.source, change.from_id, change.from_value, workflow)
            if is_move
            else None,
            "to_flow_state": _meaning(change.source, change.to_id, change.to_value, workflow) if is_move else None,
        }


def flow_rows(journeys: Iterable[Journey], *, calendar: Calendar, base: DayCount | None = None) -> Iterator[Row]:
    """One row an item with its clock and its seconds; seconds are null for items not seen to start themselves."""
    for journey in journeys:
        spans = journey.spans
        seen = journey.started_at is not None and journey.clock == "own"
        ended_at = journey.finished_at
        yield {
            "source": journey.id.source,
            "key": journey.key,
            "level": journey.placement.level,
            "started_at": _instant(journey.started_at),
            "finished_at": _instant(journey.finished_at),
            "flow_time_days": None if journey.excluded_reason else flow_days(journey, calendar=calendar, base=base),
            "elapsed_seconds": _seconds(journey.started_at, ended_at),
            "active_seconds": spans.active if seen else None,
            "waiting_seconds": spans.waiting if seen else None,
            "blocked_seconds": spans.blocked if seen else None,
            "paused_seconds": spans.paused if seen else None,
            "excluded_reason": journey.excluded_reason,
        }


def flow_state_rows(journeys: Iterable[Journey]) -> Iterator[Row]:
    """One row an item and status that it stayed in between start and finish (or until now)."""
    for journey in journeys:
        meanings = {visit.status: visit.flow_state for visit in journey.visits}
        for status, seconds in journey.spans.per_state.items():
            yield {
                "source": journey.id.source,
                "key": journey.key,
                "level": journey.placement.level,
                "state": status,
                "flow_state": meanings.get(status, FlowState.UNKNOWN).value,
                "seconds": seconds,
            }


def metric_rows(
    journeys: Sequence[Journey],
    *,
    portfolio: Portfolio,
    calendar: Calendar,
    as_of: datetime,
    waiting_known: Collection[str],
    readings: Sequence[Reading] = (),
    governed: Governed | None = None,
    records: Records | None = None,
    commitments: Sequence[Commitment] = (),
    closed: Sequence[ClosedSpend] = (),
    base: DayCount | None = None,
) -> Iterator[Row]:
    """Every metric of every scope and level, for each complete ISO week and month since the first item.

    What is agreed by increment is told for each increment, too. `waiting_known` are the sources whose settings name
    waiting states. Weeks, months and increments that had not ended on the local day of `as_of` are left out. What teams
    brought of their objectives is told by increment as soon as it has begun.
    """
    if journeys:
        first = first_day(journeys, calendar)
        periods = complete_periods(first, before=calendar.day(as_of))
        yield from _level_rows(
            journeys,
            periods=periods,
            portfolio=portfolio,
            calendar=calendar,
            waiting_known=waiting_known,
            base=base,
            is_whole=True,
        )
        yield from _board_rows(journeys, portfolio=portfolio, calendar=calendar, periods=periods)
        yield from _value_rows(portfolio, readings, periods=periods)
        if governed is not None:
            yield from _governance_rows(journeys, governed, records or Records(), periods=periods, calendar=calendar)
        yield from standing_rows(
            journeys,
            records or Records(),
            portfolio=portfolio,
            calendar=calendar,
            as_of=as_of,
            periods=periods,
            scopes=scopes(portfolio),
            rows_of=lambda level, scope, period: Rows(level=level, scope=scope, period=period),
        )
        books = Books(journeys=journeys, portfolio=portfolio, calendar=calendar, as_of=as_of, closed=closed)
        yield from _money_rows(books, periods=periods)
        yield from _ledger_rows(journeys, portfolio, readings, periods=periods, calendar=calendar)
    yield from _increment_rows(portfolio, commitments, today=calendar.day(as_of))


FLOW_METRICS = (
    "throughput", "flow_time_p50", "flow_time_p85", "flow_time_p95", "lead_time_p50", "lead_time_p85", "lead_time_p95",
    "flow_load", "cumulative_flow", "flow_balance", "waste", "flow_efficiency", "flow_distribution", "alignment_items",
    "alignment_flow", "flow_share", "theme_focus",
)  # fmt: skip
"""The metrics of flow: those that columns tell, too (`metrics.columns.rows`); what follows a colon is left off."""


def flow_metric_rows(
    journeys: Sequence[Journey],
    *,
    portfolio: Portfolio,
    calendar: Calendar,
    as_of: datetime,
    waiting_known: Collection[str],
) -> Iterator[Row]:
    """The rows of `metric_rows` that tell of flow alone, in the same order."""
    if journeys:
        yield from _level_rows(
            journeys,
            periods=complete_periods(first_day(journeys, calendar), before=calendar.day(as_of)),
            portfolio=portfolio,
            calendar=calendar,
            waiting_known=waiting_known,
            base=None,
            is_whole=False,
        )


def scopes(portfolio: Portfolio) -> list[Scope]:
    """The whole portfolio, then each theme, value stream and train."""
    names = ["portfolio"]
    names += [f"theme:{theme.id}" for theme in portfolio.themes]
    names += [f"value_stream:{stream.id}" for stream in portfolio.value_streams]
    names += [f"train:{train.name}" for stream in portfolio.value_streams for train in stream.trains]
    return [Scope(name) for name in names]


def complete_periods(first: date, *, before: date) -> list[Period]:
    """The ISO weeks and then the months from the one of the first day on that ended on or before a day."""
    periods = []
    for period_of in (iso_week, month):
        period = period_of(first)
        while period.end <= before:
            periods.append(period)
            period = period_of(period.end)
    return periods


def risk_rows(register: Register, *, portfolio: Portfolio, calendar: Calendar, as_of: datetime) -> Iterator[Row]:
    """The exposure of every scope at the end of each complete ISO week and month since the first risk was raised.

    Amounts are in minor units of the portfolio's currency. Risks are at no level.
    """
    if not register.risks:
        return
    first = min(calendar.day(one.journey.created_at) for one in register.risks)
    for scope in scopes(portfolio):
        kept = register.of(one.journey.id for one in register.risks if scope.holds(one.journey))
        for period in complete_periods(first, before=calendar.day(as_of)) if kept.risks else ():
            row = Rows(level=None, scope=scope, period=period)
            found = exposure(kept.at(calendar.start_of(period.end)), today=period.last_day)
            exposed = found.amount if found.is_known else None
            for name, amount in (("risk_exposure", exposed), ("risk_exposure:inherent", found.inherent)):
                value = None if amount is None else Decimal(amount)
                yield row(name, value, found.n_used, found.n_in_scope, found.excluded)


_Worked = tuple[Journey, dict[Period, int]]  # an item with its themes of some days, and those days by period


class _Placed:
    """The items of one level, each with the periods in which it moved, those in which it ended, and its item-days.

    It may have moved in those, too, of which nobody knows whether it was in progress.
    """

    def __init__(self, journeys: Iterable[Journey], *, periods: Sequence[Period], calendar: Calendar) -> None:
        by_day = _periods_by_day(periods)
        turns = sorted({day for period in periods for day in (period.start, period.end)})
        self.periods = periods
        self.facts: list[tuple[Journey, Collection[Period], Sequence[Period], list[_Worked]]] = []
        for journey in journeys:
            ended_at = journey.finished_at or journey.cancelled_at
            own = calendar_of(journey, calendar)
            ended = by_day.get(own.day(ended_at), ()) if ended_at else ()
            moments = [at for at in (journey.started_at, ending(journey)[0]) if at is not None]
            untold = [days for _, days in untold_days(journey, calendar=calendar)]
            moved = {period for at in moments for period in by_day.get(own.day(at), ())}
            moved |= _days_by_period(untold, turns, by_day).keys()
            worked = [
                (then, _days_by_period(list(runs), turns, by_day))
                for then, runs in alignment.by_stretch(journey, load_days(journey, calendar=calendar))
            ]
            self.facts.append((journey, moved, ended, worked))

    def within(self, scope: Scope) -> _Within:
        """What lies in a scope, by period; item-days are in the themes of their days."""
        found = _Within(self.periods)
        for journey, moved, ended, worked in self.facts:
            is_here = scope.holds(journey)
            if is_here or (journey.placement.stretches and scope.held(journey)):
                found.kinds.add(journey.placement.kind)
            if is_here:
                found.journeys.append(journey)
                for period in moved:
                    found.moved[period].append(journey)
                for period in ended:
                    found.ended[period].append(journey)
            for then, by_period in worked:
                if is_here if then is journey else scope.holds(then):
                    for period, days in by_period.items():
                        found.worked[period].append((then, days))
        return found


class _Within:
    """The items of one level and scope: all of them, and by period those that moved, those that ended, item-days.

    To move is to start, or to finish, be given up or go missing. `kinds` are those of all that was ever in the scope: a
    theme keeps its rows when its work has gone to the next.
    """

    def __init__(self, periods: Sequence[Period]) -> None:
        self.journeys: list[Journey] = []
        self.kinds: set[str] = set()
        self.moved: dict[Period, list[Journey]] = {period: [] for period in periods}
        self.ended: dict[Period, list[Journey]] = {period: [] for period in periods}
        self.worked: dict[Period, list[tuple[Journey, int]]] = {period: [] for period in periods}


def _periods_by_day(periods: Sequence[Period]) -> dict[date, list[Period]]:
    by_day: dict[date, list[Period]] = defaultdict(list)
    for period in periods:
        for day in period.days():
            by_day[day].append(period)
    return by_day


def _days_by_period(
    runs: Sequence[Days], turns: Sequence[date], by_day: Mapping[date, Sequence[Period]]
) -> dict[Period, int]:
    """How many days of each period the runs cover. `turns`: the days on which any period begins or ends, in order."""
    covered: dict[Period, int] = defaultdict(int)
    opening, closing = (turns[0], turns[-1]) if turns else (date.max, date.min)
    for began, until in runs:
        first = day = max(began, opening)  # a tracker's changes may be older than the item they belong to
        end = closing if until is None else min(until, closing)
        while day < end:
            for period in by_day.get(day, ()):
                if day == max(first, period.start):
                    covered[period] += (min(end, period.end) - day).days
            later = bisect_right(turns, day)
            day = turns[later] if later < len(turns) else end
    return covered


def _level_rows(
    journeys: Sequence[Journey],
    *,
    periods: Sequence[Period],
    portfolio: Portfolio,
    calendar: Calendar,
    waiting_known: Collection[str],
    base: DayCount | None,
    is_whole: bool,
) -> Iterator[Row]:
    """The rows of every level, scope and period; those of flow alone, unless `is_whole`."""
    for level in sorted({one.placement.level for one in journeys if one.placement.level is not None}):
        placed = _Placed(at_level(journeys, level), periods=periods, calendar=calendar)
        for scope in scopes(portfolio):
            yield from _scope_rows(
                placed.within(scope),
                level=level,
                scope=scope,
                portfolio=portfolio,
                calendar=calendar,
                waiting_known=waiting_known,
                base=base,
                is_whole=is_whole,
            )


def _scope_rows(
    within: _Within,
    *,
    level: str,
    scope: Scope,
    portfolio: Portfolio,
    calendar: Calendar,
    waiting_known: Collection[str],
    base: DayCount | None,
    is_whole: bool,
) -> Iterator[Row]:
    if not within.kinds or not within.ended:
        return
    whole = Period(min(period.start for period in within.ended), max(period.end for period in within.ended))
    load = load_series(within.journeys, period=whole, calendar=calendar)
    lines = cumulative_flow(within.journeys, period=whole, calendar=calendar)
    every_kind = sorted(within.kinds)
    for period, ended in within.ended.items():
        worked = within.worked[period]
        row = Rows(level=level, scope=scope, period=period)
        told = Flow(
            done=throughput(ended, finished_in=period, calendar=calendar),
            taken=flow_time(ended, finished_in=period, calendar=calendar, base=base),
            lead=lead_time(ended, finished_in=period, calendar=calendar, board=portfolio.board),
            load=load,
            lines=lines,
            moved=flow_balance(within.moved[period], period=period, calendar=calendar),
            lost=waste(ended, cancelled_in=period, calendar=calendar),
            spent=flow_efficiency(ended, finished_in=period, calendar=calendar, waiting_known=waiting_known),
            kinds=flow_distribution(ended, finished_in=period, calendar=calendar),
        )
        yield from told_rows(row, told, since=whole.start, kinds=every_kind)
        if is_whole:
            late = unplanned_share(ended, finished_in=period, calendar=calendar)
            yield row("unplanned_share", _percent(late.share), late.n_used, late.n_in_scope, late.excluded)
            yield from mix_rows(row, worked, portfolio=portfolio, scope=scope)
        if scope.kind != "theme":
            yield from alignment_rows(
                row,
                items=alignment.coverage_items(ended, finished_in=period, calendar=calendar),
                flow=alignment.cover(worked),
                shares=alignment.share_out(
                    worked,
                    intended=alignment.intended_shares(portfolio.themes, period=period, calendar=calendar),
                ),
                portfolio=portfolio,
            )


class _Counted(Protocol):
    """A number's company: how many items it rests on, of how many, and why others were left out."""

    @property
    def n_used(self) -> int: ...
    @property
    def n_in_scope(self) -> int: ...
    @property
    def excluded(self) -> Mapping[str, Sequence[str] | int]: ...


class _Items(_Counted, Protocol):
    @property
    def items(self) -> int: ...


class _Percentiles(_Counted, Protocol):
    def percentile(self, p: int) -> int | None: ...


class _Known(_Counted, Protocol):
    @property
    def known(self) -> int | None: ...


class _Share(_Counted, Protocol):
    @property
    def share(self) -> float | None: ...


class _Kinds(Protocol):
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def percent(self) -> Mapping[str, Decimal]: ...
    @property
    def n_used(self) -> int: ...


class _Load(Protocol):
    @property
    def end_of_day(self) -> Sequence[int]: ...
    @property
    def untold(self) -> Mapping[str, Sequence[int]]: ...


class _Lines(Protocol):
    @property
    def new(self) -> Sequence[int]: ...
    @property
    def left(self) -> Sequence[int]: ...
    @property
    def excluded(self) -> Mapping[str, Sequence[str] | int]: ...


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What the metrics say of the flow of one level and scope in one period, by journeys or by columns.

    `load` and `lines` go day by day over all periods.
    """

    done: _Items
    taken: _Percentiles
    lead: _Percentiles
    load: _Load
    lines: _Lines
    moved: _Known
    lost: _Items
    spent: _Share
    kinds: _Kinds


def told_rows(row: Rows, told: Flow, *, since: date, kinds: Sequence[str]) -> Iterator[Row]:
    """The rows of what was told: load and lines on the last day of the period, which begin on the day `since`."""
    day = (row.period.last_day - since).days
    yield row("throughput", told.done.items, *_company(told.done))
    for name, taken in (("flow_time", told.taken), ("lead_time", told.lead)):
        for p in (50, 85, 95):
            yield row(f"{name}_p{p}", taken.percentile(p), *_company(taken))
    loaded = told.load.end_of_day[day]
    untold = {reason: counts[day] for reason, counts in told.load.untold.items() if counts[day]}
    unseen = sum(untold.values())
    yield row("flow_load", known(loaded, used=loaded, lost=unseen), loaded, loaded + unseen, untold)
    lines = told.lines
    in_scope = lines.new[day] + lines.left[day] + sum(map(_how_many, lines.excluded.values()))
    for line in (*BANDS, "left"):
        items: int = getattr(lines, line)[day]
        yield row(f"cumulative_flow:{line}", items, items, in_scope, lines.excluded)
    yield row("flow_balance", told.moved.known, *_company(told.moved))
    yield row("waste", told.lost.items, *_company(told.lost))
    yield row("flow_efficiency", _percent(told.spent.share), *_company(told.spent))
    percent = told.kinds.percent
    for kind in kinds:
        share = _part_of(percent, kind)
        yield row(f"flow_distribution:{kind}", share, told.kinds.counts.get(kind, 0), told.kinds.n_used, {})


def _company(one: _Counted) -> tuple[int, int, Mapping[str, Sequence[str] | int]]:
    return one.n_used, one.n_in_scope, one.excluded


def alignment_rows(
    row: Rows,
    *,
    items: alignment.Coverage,
    flow: alignment.Coverage,
    shares: alignment.FlowShares,
    portfolio: Portfolio,
) -> Iterator[Row]:
    """Alignment within a theme would always be whole, so themes have no such rows; without a theme none is known."""
    has_themes = bool(portfolio.themes)
    yield row("alignment_items", _percent(items.share) if has_themes else None, items.n_used, items.n_in_scope, {})
    yield row("alignment_flow", _percent(flow.share) if has_themes else None, flow.n_used, flow.n_in_scope, {})
    percent = shares.percent
    for theme in [*(theme.id for theme in portfolio.themes), alignment.UNALIGNED]:
        share = _part_of(percent, theme) if has_themes else None
        yield row(f"flow_share:{theme}", share, shares.n_used, shares.n_used, {})
    if row.scope.kind == "portfolio":
        yield row("theme_focus", shares.distance_points, shares.n_used, shares.n_used, {})


def _board_rows(
    journeys: Sequence[Journey], *, portfolio: Portfolio, calendar: Calendar, periods: Sequence[Period]
) -> Iterator[Row]:
    """The portfolio kanban in the evening of each period's last day, and what moved on it in the period."""
    board = portfolio.board
    if not board.states:
        return
    every = stays_of(at_level(journeys, board.level), board=board, calendar=calendar)
    for scope in scopes(portfolio):
        here = every.within(scope)
        if not here.every and not here.untold:
            continue
        for period in periods:
            row = Rows(level=board.level, scope=scope, period=period)
            kanban = kanban_of(here, board=board, day=period.last_day, period=period, is_now=False)
            for state in kanban.states:
                held, left, lost = len(state.held), len(state.left), kanban.left_out(state.name)
                yield row(f"board_load:{state.name}", kanban.load(state.name), held, held + count(lost), lost)
                for way, moves in (("entered", len(state.entered)), ("left", left)):
                    yield row(f"board_flow:{way}:{state.name}", moves, moves, moves, {})
                yield row(f"board_conversion:{state.name}", _to_four(state.conversion), left, left, {})
                yield row(f"board_kills:{state.name}", _to_four(state.kill_rate), left, left, {})


def _to_four(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 4)


def _value_rows(portfolio: Portfolio, readings: Sequence[Reading], *, periods: Sequence[Period]) -> Iterator[Row]:
    """What was promised, as it stood at the end of each period, once it had begun."""
    for period in periods:
        for theme in portfolio.themes:
            yield from _theme_rows(theme, readings, period=period, pace=portfolio.guardrails.pace)
        begun = [one for theme in portfolio.themes for one in theme.benefits if one.starts < period.end]
        if begun:
            every = [one for theme in portfolio.themes for one in theme.benefits]
            all_of_them = realise_portfolio(begun, readings, today=period.last_day, among=every)
            row = Rows(level=None, scope=Scope(), period=period)
            used, in_scope = all_of_them.n_used, all_of_them.n_in_scope
            yield row("benefit_portfolio", _percent(all_of_them.to_date), used, in_scope, all_of_them.excluded)


def _money_rows(books: Books, *, periods: Sequence[Period]) -> Iterator[Row]:
    """Budgets, costs and what they were spent on, month by month; closed months as they were first told."""
    for scope in scopes(books.portfolio):
        for period in periods:
            if period == month(period.start):
                for one in figures(books, scope=scope, period=period):
                    row = Rows(level=one.level, scope=scope, period=period)
                    yield row(one.metric, one.value, one.n_used, one.n_in_scope, one.left_out)


def _theme_rows(theme: Theme, readings: Sequence[Reading], *, period: Period, pace: PaceTolerances) -> Iterator[Row]:
    row = Rows(level=None, scope=Scope(f"theme:{theme.id}"), period=period)
    begun = tuple(one for one in theme.key_results if one.starts < period.end)
    objective = score_objective(replace(theme, key_results=begun), readings, today=period.last_day, pace=pace)
    for score in objective.key_results:
        used = int(score.score is not None)
        why = _why(score.reason, score.key_result.id)
        yield row(f"key_result:{score.key_result.id}", _percent(score.score), used, 1, why)
    if begun:
        yield row("objective", _percent(objective.score), objective.n_used, objective.n_in_scope, objective.excluded)
    for benefit in theme.benefits:
        if benefit.starts < period.end:
            real = realise(benefit, readings, today=period.last_day)
            used = int(real.realised is not None)
            yield row(f"benefit:{benefit.id}", _percent(real.realised), used, 1, _why(real.reason, benefit.id))


def _governance_rows(
    journeys: Sequence[Journey],
    governed: Governed,
    records: Records,
    *,
    periods: Sequence[Period],
    calendar: Calendar,
) -> Iterator[Row]:
    """How many items broke each rule at the end of each period, by today's rules."""
    concerned = [one for one in journeys if one.id in governed.subjects]
    for period in periods:
        at = calendar.start_of(period.end) - timedelta(microseconds=1)
        for one in results(
            governed, concerned, decisions=records.decisions, as_of=at, calendar=calendar, unread=records.unread
        ):
            row = Rows(level=one.rule.level, scope=Scope(), period=period)
            left = {"rule_unknown": len(told)} if (told := one.having("unknown")) else {}
            yield row(f"governance:{one.rule.id}", one.value, one.n_used, one.n_in_scope, left)


def _increment_rows(portfolio: Portfolio, commitments: Sequence[Commitment], *, today: date) -> Iterator[Row]:
    """What the portfolio, its themes, value streams, trains and teams brought of what they committed, by increment."""
    for told in commitments:
        if told.increment.period.start > today:
            continue
        for scope in scopes(portfolio):
            for name, found in brought(told, portfolio, scope=scope):
                row = Rows(level=None, scope=scope, period=told.increment.period)
                yield row(name, found.percent, found.n_used, found.n_in_scope, found.excluded)


def _ledger_rows(
    journeys: Sequence[Journey],
    portfolio: Portfolio,
    readings: Sequence[Reading],
    *,
    periods: Sequence[Period],
    calendar: Calendar,
) -> Iterator[Row]:
    for period in periods:
        for told in ledger_figures(portfolio, journeys, readings, period=period, day_of=finish_day(calendar)):
            row = Rows(level=None, scope=Scope(told.scope), period=period)
            value = _percent(told.value) if told.is_share else told.value
            yield row(told.name, value, told.n_used, told.n_in_scope, told.excluded)


def _why(reason: str | None, id: str) -> Excluded:
    return {reason: (id,)} if reason else {}


class Rows:
    """Makes the rows of one level, scope and period."""

    def __init__(self, *, level: str | None, scope: Scope, period: Period) -> None:
        self.level = level
        self.scope = scope
        self.period = period
        self._days = period.start.isoformat(), period.end.isoformat()

    def __call__(
        self,
        name: str,
        value: float | Decimal | None,
        n_used: int,
        n_in_scope: int,
        excluded: Mapping[str, Sequence[str] | int],
    ) -> Row:
        metric = catalogue.of(name)
        return {
            "metric": name,
            "definition_version": metric.version,
            "level": self.level,
            "scope": self.scope.name,
            "period_start": self._days[0],
            "period_end": self._days[1],
            "value": value,
            "unit": metric.unit or None,
            "n_used": n_used,
            "n_in_scope": n_in_scope,
            "excluded": _reasons(excluded) if excluded else "{}",
        }


def _reasons(excluded: Mapping[str, Sequence[str] | int]) -> str:
    return json.dumps({reason: _how_many(told) for reason, told in sorted(excluded.items())})


def _how_many(told: Sequence[str] | int) -> int:
    return told if isinstance(told, int) else len(told)


def _part_of(percent: Mapping[str, Decimal], name: str) -> Decimal | None:
    """A share in percent; 0 where others have it all, None where there was nothing to share."""
    return percent.get(name, Decimal(0)) if percent else None


def _percent(share: float | Decimal | None) -> Decimal | None:
    """A share as percent, to four places: enough for whoever computes with it."""
    return None if share is None else round(Decimal(share) * 100, 4)


def _themes(journey: Journey) -> str:
    return json.dumps({theme: float(share) for theme, share in sorted(journey.placement.themes.items())})


def _meaning(source: str, status_id: str | None, name: str | None, workflow: Workflow) -> str | None:
    if name is None:
        return None
    return workflow.flow_state(source=source, status_id=status_id, name=name).value


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else int(end.timestamp()) - int(start.timestamp())


def _instant(moment: datetime | None) -> str | None:
    """2026-03-05T09:00:00Z, with fractions of a second only where there are any."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
