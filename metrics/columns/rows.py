"""The rows of an export that tell of flow, over columns: without an object an item.

They are those of `metrics.table.flow_metric_rows`, in their order: what is written in a row is decided there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import duckdb

from domain.calendar import Calendar
from domain.period import Period
from domain.strategy import Portfolio
from metrics.alignment import Coverage, FlowShares, intended_shares
from metrics.columns import measures
from metrics.columns.places import Where, spots_of
from metrics.columns.prepared import EPOCH
from metrics.table import Flow, Row, Rows, alignment_rows, complete_periods, scopes, told_rows


def flow_metric_rows(
    connection: duckdb.DuckDBPyConnection, *, portfolio: Portfolio, calendar: Calendar, as_of: datetime
) -> Iterator[Row]:
    """Every metric of flow of every scope and level, for each complete ISO week and month since the first item.

    What `prepare` made must have been made with the same calendar and instant, and with the portfolio's board. All is
    worked out at once: the rows need no connection any more.
    """
    first = _first_day(connection, calendar)
    periods = [] if first is None else complete_periods(first, before=calendar.day(as_of))
    if not periods:
        return iter(())
    return _rows(_Measured.of(connection, periods), portfolio=portfolio, calendar=calendar)


def _first_day(connection: duckdb.DuckDBPyConnection, calendar: Calendar) -> date | None:
    """The day on which the first item was written down, wherever it is: `metrics.selection.first_day`."""
    found = connection.execute(
        "SELECT value_stream, min(created_at) FROM journeys JOIN cells USING (place) JOIN kinds_of_cells USING (cell) "
        "GROUP BY value_stream"
    ).fetchall()
    return min((calendar.of(stream).day(EPOCH + timedelta(microseconds=at)) for stream, at in found), default=None)


def _rows(told: _Measured, *, portfolio: Portfolio, calendar: Calendar) -> Iterator[Row]:
    for level in sorted({level for level, _ in told.kinds}):
        for scope in scopes(portfolio):
            kinds = told.kinds.get((level, scope.name))
            for period in told.periods if kinds is not None else ():
                row = Rows(level=level, scope=scope, period=period)
                where = Where(level, scope.name, period)
                yield from told_rows(row, told.at(where), since=told.whole.start, kinds=kinds or ())
                if scope.kind != "theme":
                    yield from _alignment_rows(row, told, where, portfolio=portfolio, calendar=calendar)


def _alignment_rows(
    row: Rows, told: _Measured, where: Where, *, portfolio: Portfolio, calendar: Calendar
) -> Iterator[Row]:
    worked = told.shares.get(where, _NOTHING_WORKED)
    intended = intended_shares(portfolio.themes, period=row.period, calendar=calendar)
    yield from alignment_rows(
        row,
        items=told.covered.get(where, _NOTHING_COVERED),
        flow=Coverage(
            aligned=worked.aligned, total=worked.total, orphans=(), n_used=worked.n_used, n_in_scope=worked.n_used
        ),
        shares=FlowShares(item_days=worked.item_days, intended=intended, n_used=worked.n_used),
        portfolio=portfolio,
    )


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """Every measure of every place; `kinds` are those of its items, by level and scope: what holds none has no rows."""

    periods: Sequence[Period]
    whole: Period
    kinds: Mapping[tuple[str, str], Sequence[str]]
    done: Mapping[Where, measures.Finished]
    taken: Mapping[Where, measures.Percentiles]
    lead: Mapping[Where, measures.Percentiles]
    load: Mapping[Where, measures.Loaded]
    lines: Mapping[Where, measures.Bands]
    moved: Mapping[Where, measures.Moved]
    lost: Mapping[Where, measures.Wasted]
    spent: Mapping[Where, measures.Efficiency]
    distributed: Mapping[Where, measures.Kinds]
    covered: Mapping[Where, Coverage]
    shares: Mapping[Where, measures.ThemeDays]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, periods: Sequence[Period]) -> _Measured:
        def by_unit(measure: Callable[..., dict[Where, T]]) -> dict[Where, T]:
            return measure(connection, unit="week") | measure(connection, unit="month")

        whole = Period(min(period.start for period in periods), max(period.end for period in periods))
        return cls(
            periods=periods,
            whole=whole,
            kinds=_kinds(connection),
            done=by_unit(measures.throughput),
            taken=by_unit(measures.flow_time),
            lead=by_unit(measures.lead_time),
            load=measures.flow_load(connection, period=whole),
            lines=measures.cumulative_flow(connection, period=whole),
            moved=by_unit(measures.flow_balance),
            lost=by_unit(measures.waste),
            spent=by_unit(measures.flow_efficiency),
            distributed=by_unit(measures.distribution),
            covered=by_unit(measures.coverage_items),
            shares=by_unit(measures.flow_shares),
        )

    def at(self, where: Where) -> Flow:
        always = where._replace(period=self.whole)
        no_days = (0,) * self.whole.length_days
        return Flow(
            done=self.done.get(where, _NOTHING_DONE),
            taken=self.taken.get(where, _NO_DAYS),
            lead=self.lead.get(where, _NO_DAYS),
            load=self.load.get(always) or measures.Loaded(end_of_day=no_days, presence=no_days),
            lines=self.lines.get(always)
            or measures.Bands(new=no_days, waiting=no_days, active=no_days, done=no_days, left=no_days),
            moved=self.moved.get(where, _NOTHING_MOVED),
            lost=self.lost.get(where, _NOTHING_LOST),
            spent=self.spent.get(where, _NOTHING_SPENT),
            kinds=self.distributed.get(where, _NO_KINDS),
        )


def _kinds(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[str]]:
    spots = spots_of(connection)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for spot, kind in connection.execute(_EVERY_KIND).fetchall():
        found[spots[spot]].append(kind)
    return {where: sorted(kinds) for where, kinds in found.items()}


# An item is of its kind wherever it ever was, up to today: a theme keeps its rows when its work has gone to the next.
_EVERY_KIND = """
WITH places_of AS (
    SELECT DISTINCT cell FROM told
    UNION
    SELECT DISTINCT cells.cell FROM told JOIN stretches USING (parted) JOIN cells ON cells.place = stretches.place
)
SELECT DISTINCT spot, kind FROM places_of JOIN scopes USING (cell)
"""

# What has nothing in it has no row in columns.
_NOTHING_DONE = measures.Finished(items=0, cancelled=0)
_NO_DAYS = measures.Percentiles(p50_days=None, p85_days=None, p95_days=None, n_used=0)
_NOTHING_MOVED = measures.Moved(arrivals=0, finished=0, cancelled=0, removed=0)
_NOTHING_LOST = measures.Wasted(ages={}, excluded={})
_NOTHING_SPENT = measures.Efficiency(active_seconds=0, total_seconds=0, n_used=0)
_NO_KINDS = measures.Kinds(counts={})
_NOTHING_COVERED = Coverage(aligned=Decimal(0), total=Decimal(0), orphans=(), n_used=0, n_in_scope=0)
_NOTHING_WORKED = measures.ThemeDays(item_days={}, n_used=0, total=Decimal(0), aligned=Decimal(0))
