"""The numbers that the export tells once: as of today, or over the newest month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.period import last_complete_week, months_back
from metrics.membership import Facts, Number, take_apart
from metrics.membership.asking import Asked
from metrics.membership.flow import oldest
from metrics.selection import Scope
from metrics.table import Row, Rows

OF_A_MONTH = ("service_level", "flow_stability", "bottleneck", "state_time")
OF_A_SCOPE = (
    "alignment_epics", "wsjf", "trust", "data_quality", "risk_hygiene",
    "blocked_now", "board_age", "board_stay", "board_stuck", "exit_policies", "stale_scores", "order_price",
    "old_decisions", "forgotten_work", "release_age", "forecast_coverage", "forecast_brier",
)  # fmt: skip
OF_THE_WHOLE = ("status_agreement", "forecast_how_many", "load_capacity")  # each names its scope


def newest(facts: Facts, *, scopes: Iterable[Scope]) -> Iterator[Number]:
    """Each of these numbers, as `vmo explain` takes it apart: of every scope and level, with the period it is of.

    Of every older day or month they would take longer than all else that the export tells.
    Left out is what nothing was there to look at for.
    """
    levels = sorted({one.placement.level for one in facts.journeys if one.placement.level is not None})
    today = facts.calendar.day(facts.as_of)
    week, month = last_complete_week(today), months_back(today, 1)[0]
    for scope in scopes:
        yield from oldest(Asked(facts=facts, scope=scope, period=week, levels=levels))  # whose pace is a mark, and dear
        names = (*OF_A_SCOPE, *OF_THE_WHOLE) if scope.kind == "portfolio" else OF_A_SCOPE
        for name, period in (*((name, week) for name in names), *((name, month) for name in OF_A_MONTH)):
            for one in take_apart(name, facts, scope=scope, period=period, levels=levels):
                if one.value is not None or one.n_in_scope:
                    yield one


def newest_rows(facts: Facts, *, scopes: Iterable[Scope]) -> Iterator[Row]:
    """The same as rows of the export."""
    for one in newest(facts, scopes=scopes):
        row = Rows(level=one.level, scope=Scope(one.scope), period=one.period)
        left_out = {reason: len(parts) for reason, parts in one.left_out.items()}
        yield row(one.metric, one.value, one.n_used, one.n_in_scope, left_out)
