"""Which numbers an edition prints, on which pages, and how an item stands in them: for `vmo explain`.

```
an item ──> the numbers of its level, stream and themes ──> taken apart as `vmo explain METRIC` does ──> where it is
            that the pages of the edition print                                                         among the parts
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from domain.funding import common, year_of
from domain.journey import Journey
from domain.period import Period, weeks_back
from metrics.closing import Books
from metrics.forecasts.planning import LEVELS as FORECAST_LEVELS
from metrics.membership import PORTFOLIO_LEVEL, Facts, Number, Part, take_apart, undated
from metrics.selection import Scope
from metrics.spending import funded
from reports.board import WEEKS as BOARD_WEEKS
from reports.guardrails import guardrails
from reports.packs import REGULAR
from reports.reckoning import Reckoning

# The packs that print what is counted of items. A page of each names these metrics under how they are computed.
PAGES = {
    "throughput": ("flow", "stream", "kickoff"),
    "flow_time": ("overview", "flow", "review", "stream", "digest", "kickoff"),
    "flow_load": ("overview", "flow", "stream", "kickoff"),
    "work_item_age": ("overview", "flow", "theme", "stream", "kickoff"),
    "flow_stability": ("overview", "flow", "stream"),
    "bottleneck": ("overview", "flow", "stream"),
    "service_level": ("flow", "kickoff"),
    "flow_efficiency": ("flow", "stream"),
    "flow_distribution": ("flow", "stream"),
    "unplanned_share": ("ledger",),
    "release_age": ("ledger",),
    "cumulative_flow": ("flow", "stream"),
    "flow_balance": ("flow", "stream"),
    "waste": ("flow",),
    "pace": ("flow", "stream"),
    "state_time": ("stream",),
    "alignment_flow": ("overview", "review", "digest"),
    "alignment_items": ("overview", "review", "digest"),
    "alignment_epics": ("quality",),
    "flow_share": ("flow", "theme", "kickoff"),
    "theme_focus": ("flow", "theme"),
    "forecast_when": ("overview", "flow", "theme", "stream"),
    "forecast_look_back": ("flow",),
    "forecast_coverage": ("flow",),
    "forecast_brier": ("flow",),
    "load_capacity": ("stream",),
    "scenario": ("review",),
    "wsjf": ("review", "kanban"),
    "board_load": ("kanban",),
    "board_flow": ("kanban",),
    "board_conversion": ("kanban",),
    "board_kills": ("kanban",),
    "board_age": ("kanban",),
    "board_stuck": ("kanban",),
    "exit_policies": ("kanban",),
    "stale_scores": ("kanban",),
    "order_price": ("kanban",),
    "cost_of_delay": ("kanban",),
    "queue_cost": ("kanban",),
    "dependency_health": ("risks", "theme", "stream"),
    "blocked_now": ("risks", "stream"),
    "risk_exposure": ("overview", "review", "theme", "risks"),
    "risk_hygiene": ("risks",),
    "horizon_share": ("overview", "guardrails", "review", "kickoff"),
    "horizon_distance": ("overview", "guardrails", "review"),
    "capacity_share": ("guardrails", "stream", "kickoff"),
    "capacity_distance": ("overview", "guardrails", "stream"),
    "significant_initiatives": ("overview", "guardrails"),
    "owner_engagement": ("overview", "review", "guardrails"),
    "governance": ("audit",),
    "spend": ("overview", "review", "theme", "guardrails", "digest"),
    "spend_horizon": ("guardrails",),
    "spend_kind": ("guardrails",),
    "capital_share": ("guardrails",),
    "verdicts": ("review", "theme", "ledger"),
    "unmeasured_value": ("review", "theme", "ledger"),
    "forgotten_work": ("kickoff",),
    "trust": ("overview", "quality"),
    "data_quality": ("quality", "kickoff"),
}
PORTFOLIO = Scope()
TODAY = ("flow_load", "work_item_age")
QUARTER = (
    "flow_efficiency", "flow_distribution", "cumulative_flow", "flow_balance", "flow_stability", "bottleneck",
)  # fmt: skip
RECORDS = ("trust", "data_quality")  # of all levels together
# Whether an item counts in these, and with what, does not depend on others but those above it.
ALONE = frozenset({
    "throughput", "flow_time_p50", "flow_time_p85", "flow_load", "flow_efficiency", "flow_distribution",
    "cumulative_flow", "flow_balance", "flow_stability", "waste", "alignment_flow", "alignment_items",
    "alignment_epics", "flow_share", "theme_focus", "horizon_share", "horizon_distance", "capacity_share",
    "capacity_distance", "unplanned_share", *RECORDS,
})  # fmt: skip
BOARD_NOW = (
    "board_age_p85", "board_stuck", "exit_policies", "stale_scores", "order_price", "cost_of_delay", "queue_cost",
    "wsjf",
)  # fmt: skip
BOARD_MOVES = ("board_flow", "board_conversion", "board_kills")
MONEY = ("spend", "spend_horizon", "spend_kind", "capital_share")
LEDGER = ("verdicts", "unmeasured_value")


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A metric that an edition prints of a scope, with every period it prints it for, and its pages.

    `level` None: of all levels together.
    """

    metric: str
    level: str | None
    periods: tuple[Period, ...]
    scope: Scope = PORTFOLIO
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an item stands in one number: counted (then `part` says what it brings), or left out for a reason.

    Neither: the number does not look at it at all.
    """

    metric: str
    period: Period
    part: Part | None = None
    reason: str | None = None


def printed(numbers: Reckoning, item: Journey, *, packs: Collection[str] = REGULAR) -> list[Printed]:
    """The numbers that pages of some packs print, of the item's level or of all levels, with its own pages."""
    own = _Pages(item, packs, themes={one.theme.id for one in numbers.paged})
    found = [own.of(one) for one in _printed(numbers, item) if one.level in (None, item.placement.level)]
    return [one for one in _together(found) if one.pages]


@dataclass(frozen=True)
class Looker:
    """Looks whether an item is among what was counted. `line` are the facts of it and of what is above it alone."""

    item: Journey
    whole: Facts
    line: Facts

    def standing(self, number: Printed) -> list[Standing]:
        """How it stands in a printed number, once for each of its periods and names."""
        levels = [number.level] if number.level is not None else list(FORECAST_LEVELS)
        found: list[Standing] = []
        for period in number.periods:
            facts = self._facts(number.metric)
            for one in take_apart(number.metric, facts, scope=number.scope, period=period, levels=levels):
                found += _of_item(self.item, one)
        return found

    def _facts(self, metric: str) -> Facts:
        if metric in ALONE:
            return self.line
        return self._undated if metric == "forecast_when" and not self._is_epic else self.whole

    @property
    def _is_epic(self) -> bool:
        return self.item.placement.level == PORTFOLIO_LEVEL

    @cached_property
    def _undated(self) -> Facts:
        return undated(self.whole)


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


def _printed(numbers: Reckoning, item: Journey) -> Iterator[Printed]:
    today = Period(numbers.today, numbers.today + timedelta(days=1))
    yield from _flow(numbers, today)
    yield from _stream(numbers, item, today)
    yield from _ahead(item, today)
    yield from _hazards(numbers, item, today)
    yield from _board(numbers, today)
    yield from _guardrails(numbers, today)
    yield from _money(numbers)
    yield from (_one(metric, None, today) for metric in LEDGER if item.placement.level == PORTFOLIO_LEVEL)
    yield _one("governance", None, today)
    yield _one("release_age", None, today)
    window = numbers.flow.window if numbers.flow is not None else numbers.week
    yield from (_one(metric, None, window) for metric in RECORDS)


def _flow(numbers: Reckoning, today: Period) -> Iterator[Printed]:
    flow = numbers.flow
    if flow is None:
        return
    level, window = flow.level, flow.window
    yield from (
        replace(_one("throughput", one, numbers.week), pages=("overview", "flow", "digest"))
        for one in FORECAST_LEVELS
        if one != level
    )  # the counts of what changed
    yield replace(_one("throughput", level, *flow.weeks), pages=(*PAGES["throughput"], "overview", "digest"))
    yield _one("flow_time_p85", level, window, _year(numbers), *flow.months)
    aligned = f"alignment_{numbers.alignment_by}"
    if not _funded(numbers):  # else the money that serves no theme is told in its place
        yield _one(aligned, level, window, *flow.months)
    yield from (_one(metric, level, today) for metric in TODAY)
    yield from (_one(metric, level, window) for metric in (*QUARTER, "waste", "service_level", "unplanned_share"))
    yield _one("pace_p85", level, _year(numbers))
    yield from (_one(metric, level, window) for metric in ("flow_share", "theme_focus"))
    yield _one("alignment_epics", PORTFOLIO_LEVEL, today)
    if level != PORTFOLIO_LEVEL:
        yield replace(_one("work_item_age", PORTFOLIO_LEVEL, today), pages=("theme",))
    for one in FORECAST_LEVELS:
        yield _one("forgotten_work", one, today)
        if one != level:
            at_kickoff = [("throughput", flow.weeks), ("flow_time_p85", (_year(numbers),)), ("flow_load", (today,))]
            yield from (replace(_one(metric, one, *periods), pages=("kickoff",)) for metric, periods in at_kickoff)


def _stream(numbers: Reckoning, item: Journey, today: Period) -> Iterator[Printed]:
    """What the page of its value stream prints of a level of its own."""
    if item.placement.value_stream is None or numbers.flow is None:
        return
    scope, flow = Scope(f"value_stream:{item.placement.value_stream}"), numbers.flow
    own = numbers.flow_within(item.placement.value_stream)
    if own is None:
        return
    told = [
        ("throughput", flow.weeks),
        ("flow_time_p85", (flow.window, _year(numbers), *flow.months)),
        ("flow_time_p50", flow.weeks),
        ("state_time", (flow.window,)),
        ("pace_p85", (_year(numbers),)),
        *((metric, (today,)) for metric in TODAY),
        *((metric, (flow.window,)) for metric in QUARTER),
    ]
    for metric, periods in told:
        yield replace(_one(metric, own.level, *periods), scope=scope, pages=("stream",))


def _ahead(item: Journey, today: Period) -> Iterator[Printed]:
    if item.placement.level is None:
        return
    yield _one("forecast_when", None, today)
    if item.placement.level == PORTFOLIO_LEVEL:
        yield from (_one(metric, None, today) for metric in ("forecast_look_back", "forecast_coverage_p85",
                                                             "forecast_brier", "scenario"))  # fmt: skip
    for name in (f"value_stream:{item.placement.value_stream}", f"train:{item.placement.train}"):
        if not name.endswith(":None"):
            yield replace(_one("load_capacity", None, today), scope=Scope(name))


def _hazards(numbers: Reckoning, item: Journey, today: Period) -> Iterator[Printed]:
    facts = numbers.book.hazards
    if item.id in facts.register.ids:
        yield from (_one(metric, None, today) for metric in ("risk_exposure", "risk_hygiene"))
    if any(one.after == item.id for one in facts.edges):
        yield _one("dependency_health", item.placement.level, today)
    if item.placement.level is not None:
        yield _one("blocked_now", item.placement.level, today)


def _board(numbers: Reckoning, today: Period) -> Iterator[Printed]:
    board = numbers.book.portfolio.board
    if not board.states:
        return
    weeks = weeks_back(numbers.week.end, BOARD_WEEKS)
    yield _one("board_load", board.level, today)
    yield from (_one(metric, board.level, Period(weeks[0].start, weeks[-1].end)) for metric in BOARD_MOVES)
    yield from (_one(metric, board.level, today) for metric in BOARD_NOW)


def _guardrails(numbers: Reckoning, today: Period) -> Iterator[Printed]:
    """Those that are agreed, and count items."""
    told, agreed = guardrails(numbers), numbers.book.portfolio.guardrails
    if agreed.horizons and told.level is not None:
        yield from (_one(metric, told.level, told.window) for metric in ("horizon_share", "horizon_distance"))
    if agreed.capacity and told.capacity_level is not None:
        running = Period(told.running.period.start, max(today.start, told.running.period.start + timedelta(days=1)))
        periods = (running,) if told.last is None else (told.last.period, running)
        for metric in ("capacity_share", "capacity_distance"):
            yield from (_one(metric, told.capacity_level, period) for period in periods)
    if told.has_threshold:
        yield _one("significant_initiatives", agreed.board_level, today)
    yield _one("owner_engagement", agreed.board_level, today)


def _money(numbers: Reckoning) -> Iterator[Printed]:
    book, books = numbers.book, _books(numbers)
    if _funded(numbers):
        year = common(year_of(books.until - timedelta(days=1), book.portfolio.year), Period(date.min, books.until))
        yield from (_one(metric, books.level, year) for metric in MONEY if year is not None)


def _funded(numbers: Reckoning) -> bool:
    return not numbers.book.withholds_money and bool(funded(_books(numbers), PORTFOLIO))


def _books(numbers: Reckoning) -> Books:
    book = numbers.book
    return Books(
        journeys=book.journeys, portfolio=book.portfolio, calendar=book.calendar, as_of=book.as_of, closed=book.closed
    )


def _year(numbers: Reckoning) -> Period:
    return Period(numbers.week.end - timedelta(weeks=52), numbers.week.end)


def _one(metric: str, level: str | None, *periods: Period) -> Printed:
    return Printed(metric=metric, level=level, periods=periods, pages=PAGES[stem(metric)])


def stem(metric: str) -> str:
    """The metric of a name: `flow_time_p85` is of `flow_time`."""
    return metric.removesuffix("_p50").removesuffix("_p85")


class _Pages:
    """Pages of packs, as they are called in an edition: those of streams and themes are the item's own."""

    def __init__(self, item: Journey, packs: Collection[str], *, themes: Collection[str]) -> None:
        """`themes` are those that have a page: one that has not begun, or ended long ago, has none."""
        stream, own = item.placement.value_stream, [theme for theme in item.placement.themes if theme in themes]
        self._names = {name: (name,) for name in packs} | {
            "theme": tuple(f"theme-{theme}" for theme in own) if "theme" in packs else (),
            "stream": (f"stream-{stream}",) if stream is not None and "stream" in packs else (),
        }

    def of(self, number: Printed) -> Printed:
        return replace(number, pages=tuple(name for one in number.pages for name in self._names.get(one, ())))


def _together(found: Sequence[Printed]) -> list[Printed]:
    """A number of the portfolio that a part prints, too, is told once: the item counts in both alike."""
    kept: dict[tuple[str, str | None, tuple[Period, ...]], Printed] = {}
    apart: list[Printed] = []
    for one in found:
        before = kept.get((one.metric, one.level, one.periods))
        if one.metric == "load_capacity":
            apart.append(one)
        elif before is None:
            kept[one.metric, one.level, one.periods] = one
        else:
            pages = tuple(dict.fromkeys((*before.pages, *one.pages)))
            kept[one.metric, one.level, one.periods] = replace(before, pages=pages)
    return [*kept.values(), *apart]
