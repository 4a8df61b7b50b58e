"""The guardrails as rows of the export: by week and month, and what is agreed by increment, by increment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.calendar import Calendar, Increment
from domain.change import Change
from domain.journey import Journey
from domain.period import Period
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Decision, Objective, Portfolio
from domain.work_item import ItemId
from metrics.alignment import by_stretch
from metrics.flow_load import days_within, load_days
from metrics.guardrails.engagement import engagement
from metrics.guardrails.initiatives import initiatives
from metrics.guardrails.mix import HORIZONS, Mix, capacity_mix, horizon_mix
from metrics.selection import Scope, at_level, in_scope

Row = dict[str, object]
RowsOf = Callable[[str | None, Scope, Period], Callable[..., Row]]


@dataclass(frozen=True, kw_only=True)
class Records:
    """What the guardrails look at beside the items: decisions, objectives, and the changes of initiatives.

    `unread` is what of the decisions is set aside.
    """

    decisions: Sequence[Decision] = ()
    objectives: Sequence[Objective] = ()
    initiative_changes: Mapping[ItemId, Sequence[Change]] | None = None
    unread: Unread = ALL_READ


def mix_rows(
    row: Callable[..., Row], worked: Sequence[tuple[Journey, int]], *, portfolio: Portfolio, scope: Scope
) -> Iterator[Row]:
    """Horizons and kinds of the item-days of one level, scope and period; a theme has one horizon, and so no mix."""
    agreed = portfolio.guardrails
    if scope.kind != "theme" and (agreed.horizons or any(theme.horizon for theme in portfolio.themes)):
        mix = horizon_mix(worked, themes=portfolio.themes, guardrails=agreed)
        yield from _mix(row, "horizon", mix, HORIZONS)
    yield from capacity_rows(row, worked, portfolio=portfolio)


def capacity_rows(
    row: Callable[..., Row], worked: Iterable[tuple[Journey, int]], *, portfolio: Portfolio
) -> Iterator[Row]:
    mix = capacity_mix(worked, guardrails=portfolio.guardrails)
    yield from _mix(row, "capacity", mix, sorted({*mix.item_days, *mix.plan}))


def _mix(row: Callable[..., Row], name: str, mix: Mix, parts: Iterable[str]) -> Iterator[Row]:
    for part in parts:
        share = mix.percent.get(part, Decimal(0)) if mix.item_days else None
        yield row(f"{name}_share:{part}", share, mix.n_used, mix.n_in_scope, mix.excluded)
    yield row(f"{name}_distance", mix.distance_points, mix.n_used, mix.n_in_scope, mix.excluded)


def standing_rows(
    journeys: Sequence[Journey],
    records: Records,
    *,
    portfolio: Portfolio,
    calendar: Calendar,
    as_of: datetime,
    periods: Sequence[Period],
    scopes: Sequence[Scope],
    rows_of: RowsOf,
) -> Iterator[Row]:
    """Initiatives without approval when each period ended; capacity and objectives of each increment that is over."""
    agreed = portfolio.guardrails
    board = at_level(journeys, agreed.board_level)
    if agreed.approval_threshold is not None or agreed.approval_size is not None:
        for scope in scopes:
            found = initiatives(
                in_scope(board, scope),
                changes=records.initiative_changes or {},
                decisions=records.decisions,
                guardrails=agreed,
                calendar=calendar,
                as_of=as_of,
                unread=records.unread,
            )
            for period in periods if found.n_in_scope else ():
                begun = found.at(calendar.start_of(period.end))
                row = rows_of(agreed.board_level, scope, period)
                yield row(
                    "significant_initiatives:unapproved", begun.known, begun.n_used, begun.n_in_scope, begun.excluded
                )
    over = [one for one in calendar.increments if one.period.end <= calendar.day(as_of)]
    yield from _capacities(
        journeys, over, portfolio=portfolio, calendar=calendar, periods=periods, scopes=scopes, rows_of=rows_of
    )
    for increment in over:
        for scope in scopes:
            row = rows_of(None, scope, increment.period)
            yield from _objectives(
                row, records.objectives, increment,
                portfolio=portfolio, scope=scope, calendar=calendar, as_of=as_of,
            )  # fmt: skip


def _capacities(
    journeys: Sequence[Journey],
    increments: Sequence[Increment],
    *,
    portfolio: Portfolio,
    calendar: Calendar,
    periods: Sequence[Period],
    scopes: Sequence[Scope],
    rows_of: RowsOf,
) -> Iterator[Row]:
    """The capacity of each increment, unless it is a week or a month and has these rows already."""
    wanted = [one.period for one in increments if one.period not in set(periods)]
    for level in sorted({one.placement.level for one in journeys if one.placement.level is not None}):
        worked: dict[Period, list[tuple[Journey, int]]] = {period: [] for period in wanted}
        for journey in at_level(journeys, level) if wanted else ():
            for then, told in by_stretch(journey, load_days(journey, calendar=calendar)):
                runs = list(told)
                for period in wanted:
                    if days := days_within(runs, period):
                        worked[period].append((then, days))
        for scope in scopes:
            for period, every in worked.items():
                here = [(journey, days) for journey, days in every if scope.holds(journey)]
                if here:
                    yield from capacity_rows(rows_of(level, scope, period), here, portfolio=portfolio)


def _objectives(
    row: Callable[..., Row],
    objectives: Sequence[Objective],
    increment: Increment,
    *,
    portfolio: Portfolio,
    scope: Scope,
    calendar: Calendar,
    as_of: datetime,
) -> Iterator[Row]:
    trains = portfolio.trains_of(scope.name)
    told = engagement(
        [one for one in objectives if trains is None or one.train in trains],
        journeys=(),
        decisions=(),
        guardrails=portfolio.guardrails,
        calendar=calendar,
        as_of=as_of,
        increment=increment,
    )
    for name, known in (("planned", told.planned_in), ("scored", told.scored_in)):
        if known is not None:
            share = told.shares[name]
            value = None if share.share is None else round(100 * share.share, 4)
            yield row(f"owner_engagement:{name}", value, share.n_used, share.n_in_scope, share.excluded)
