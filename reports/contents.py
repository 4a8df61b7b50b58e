"""Which numbers an edition prints, and whether an item counts in them: for `vmo explain`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.journey import Journey
from domain.period import Period
from metrics.membership import PORTFOLIO_LEVEL, Facts, Number, Part, take_apart
from metrics.selection import Scope
from reports.guardrails import guardrails
from reports.reckoning import Reckoning

TODAY = ("flow_load", "work_item_age")
QUARTER = (
    "flow_efficiency", "flow_distribution", "alignment_items", "flow_share", "cumulative_flow", "flow_balance",
    "bottleneck", "waste",
)  # fmt: skip
RECORDS = ("trust", "data_quality")  # of all levels together


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A metric that an edition prints, with every period it prints it for. `level` None: of all levels together."""

    metric: str
    level: str | None
    periods: tuple[Period, ...]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an item stands in one number: counted (then `part` says what it brings), or left out for a reason.

    Neither: the number does not look at it at all.
    """

    metric: str
    period: Period
    part: Part | None = None
    reason: str | None = None


def printed(numbers: Reckoning) -> list[Printed]:
    """The numbers of items that the pages of an edition print: their flow figures are of one level."""
    found: list[Printed] = []
    flow = numbers.flow
    if flow is not None:
        today = (Period(numbers.today, numbers.today + timedelta(days=1)),)
        year = Period(numbers.week.end - timedelta(weeks=52), numbers.week.end)
        found.append(Printed(metric="throughput", level=flow.level, periods=flow.weeks))
        found.append(Printed(metric="flow_time_p85", level=flow.level, periods=(flow.window, year, *flow.months)))
        found.append(Printed(metric="alignment_flow", level=flow.level, periods=(flow.window, *flow.months)))
        found += [Printed(metric=metric, level=flow.level, periods=today) for metric in TODAY]
        found += [Printed(metric=metric, level=flow.level, periods=(flow.window,)) for metric in QUARTER]
        if flow.level != PORTFOLIO_LEVEL:  # the pages of themes tell the ages of their epics, whatever the flow's level
            found.append(Printed(metric="work_item_age", level=PORTFOLIO_LEVEL, periods=today))
    found += _guardrails(numbers)
    window = (flow.window if flow is not None else numbers.week,)
    return [*found, *(Printed(metric=metric, level=None, periods=window) for metric in RECORDS)]


def _guardrails(numbers: Reckoning) -> list[Printed]:
    """The guardrails that count items, where they are agreed."""
    told, agreed = guardrails(numbers), numbers.book.portfolio.guardrails
    found: list[Printed] = []
    if agreed.horizons and told.level is not None:
        found.append(Printed(metric="horizon_share", level=told.level, periods=(told.window,)))
    if agreed.capacity and told.capacity_level is not None and told.last is not None:
        found.append(Printed(metric="capacity_share", level=told.capacity_level, periods=(told.last.period,)))
    if told.has_threshold:
        today = Period(numbers.today, numbers.today + timedelta(days=1))
        found.append(Printed(metric="significant_initiatives", level=agreed.board_level, periods=(today,)))
    return found


def standing(line: Sequence[Journey], facts: Facts, number: Printed) -> list[Standing]:
    """How the first item of a line of parents stands in a printed number, once for each of its periods and names.

    `facts` need no other items than these: whether one is counted does not depend on the others.
    """
    item = line[0]
    found: list[Standing] = []
    for period in number.periods:
        levels = [number.level] if number.level is not None else []
        for one in take_apart(number.metric, facts, scope=Scope(), period=period, levels=levels):
            found += _of_item(item, one)
    return found


def _of_item(item: Journey, number: Number) -> list[Standing]:
    found = [
        Standing(metric=number.metric, period=number.period, part=part)
        for part in number.counted
        if part.item == item.id and part.mark != "elsewhere"
    ]
    for reason, parts in number.left_out.items():
        if any(part.item == item.id for part in parts):
            found.append(Standing(metric=number.metric, period=number.period, reason=reason))
    return found
