"""What stands behind a number: which items it counts, which it leaves out and why. One plain way for every metric.

The export computes every number of every period at once; here one number is taken apart. Both must agree, and a test
holds them to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period, months_back, week_label, weeks_back
from domain.promises import Given
from domain.strategy import KeyResult, Portfolio, Reading, Theme
from domain.trust import SourceTrust
from domain.work_item import ItemId
from metrics import alignment, catalogue
from metrics.age import Age, ages
from metrics.balance import flow_balance
from metrics.behaviour import UsualRange, usual_range, usual_rhythm
from metrics.benefits import Realisation, realise, realise_portfolio
from metrics.bottleneck import LEAST, StateFlow, bottleneck
from metrics.calibration import Told, brier, coverage
from metrics.cumulative_flow import BANDS, cumulative_flow
from metrics.dependencies import Edge, Likely, dependency_health
from metrics.distribution import flow_distribution
from metrics.flow_efficiency import flow_efficiency
from metrics.flow_load import flow_load, holds, load_series
from metrics.flow_time import FlowTime, LeadTime, flow_days, flow_time, lead_time
from metrics.forecasts import LEVELS as FORECAST_LEVELS
from metrics.forecasts.deliveries import deliveries, increment_ahead
from metrics.forecasts.keeping import told
from metrics.forecasts.planning import Planned, known_until, name_of, plan_of
from metrics.forecasts.samples import Refusal
from metrics.forecasts.when import Forecast, forecast
from metrics.key_results import KeyResultScore, latest, score_key_result, score_objective
from metrics.pace import Pace, pace
from metrics.quality import defects
from metrics.selection import Excluded, Scope, at_level, first_day, in_scope
from metrics.service_level import service_level
from metrics.stability import Check, stability
from metrics.throughput import throughput, weekly
from metrics.trust import Share, trust
from metrics.waste import waste
from metrics.wsjf import wsjf

PERCENTILES = (50, 85, 95)
WEEKS = 26  # of a usual range
MONTHS = 13
WINDOW_WEEKS = 13  # over which trust looks at finished work
PORTFOLIO_LEVEL = "epic"


Fact = Decimal | float | int | str | date


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a number may rest on, as of an instant. `waiting_known`: sources that name waiting states.

    `parents` and `predecessors` are by item; `given` are the first forecasts that were published of each.
    """

    journeys: Sequence[Journey]
    portfolio: Portfolio
    calendar: Calendar
    as_of: datetime
    waiting_known: frozenset[str] = frozenset()
    readings: Sequence[Reading] = ()
    trust: tuple[SourceTrust, ...] = ()
    parents: Mapping[ItemId, ItemId] = field(default_factory=dict)
    predecessors: Mapping[ItemId, Sequence[ItemId]] = field(default_factory=dict)
    given: Sequence[Given] = ()
    edges: Sequence[Edge] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that a number is made of: an item (then `item` is set), a reading, a key result, a week.

    `amount` is what it brings, in `unit`: days, item_days, %, items, money (minor units), or that of its KPI.
    `mark` parts the counted: `unaligned` serves no theme, `p85` is older than 85 % of finished items ever were.
    """

    name: str
    item: ItemId | None = None
    amount: Decimal | int | float | None = None
    unit: str = ""
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number taken apart. `metric` is its name as in the export, `period` what it was measured over.

    `of` names what the parts are: items, readings, key_results, benefits, days, weeks, months, sources, themes, fields.
    `counted` and `left_out` hold every one. `facts` are further figures of the metric by name, such as a limit.
    """

    metric: str
    scope: str
    period: Period
    level: str | None = None
    value: Decimal | float | int | None = None
    n_used: int
    n_in_scope: int
    counted: tuple[Part, ...] = ()
    left_out: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    of: str = "items"
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return catalogue.of(self.metric).unit


def take_apart(name: str, facts: Facts, *, scope: Scope, period: Period, levels: Sequence[str]) -> list[Number]:
    """The numbers of a metric (`flow_time`) or of one of its names in the export (`flow_time_p85`), taken apart.

    Metrics of items give one number for each level that has items in the scope; those of readings know no level.
    Raises KeyError for a name that no metric bears.
    """
    metric = catalogue.of(name)
    asked = _Asked(facts=facts, scope=scope, period=period, levels=levels)
    found = list(HOW[metric.id](asked))
    return found if name == metric.id else [one for one in found if one.metric == name]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A question: over which scope, period and levels."""

    facts: Facts
    scope: Scope
    period: Period
    levels: Sequence[str]

    @property
    def calendar(self) -> Calendar:
        return self.facts.calendar

    def at_levels(self) -> Iterator[_Level]:
        for level in self.levels:
            kept = in_scope(at_level(self.facts.journeys, level), self.scope)
            if kept:
                yield _Level(self, level, kept)

    def number(
        self,
        metric: str,
        value: Decimal | float | int | None,
        *,
        used: int,
        in_scope: int,
        **more: object,
    ) -> Number:
        """A number of this scope and period."""
        return replace(
            Number(
                metric=metric,
                scope=self.scope.name,
                period=self.period,
                value=value,
                n_used=used,
                n_in_scope=in_scope,
            ),
            **more,  # type: ignore[arg-type] # the further fields of a number, by their names
        )


class _Level:
    """The items of one level and scope, under names that no two of them share."""

    def __init__(self, asked: _Asked, level: str, journeys: Iterable[Journey]) -> None:
        self.asked = asked
        self.level = level
        self.named = named_apart(journeys)
        self.journeys = list(self.named.values())
        self._keys = {one.id: one.key for one in asked.facts.journeys}

    def part(self, called: str, **more: object) -> Part:
        item_id = self.named[called].id
        return replace(Part(name=self._keys[item_id], item=item_id), **more)  # type: ignore[arg-type] # as above

    def parts(self, names: Iterable[str]) -> tuple[Part, ...]:
        return tuple(self.part(name) for name in names)

    def left_out(self, excluded: Excluded) -> dict[str, tuple[Part, ...]]:
        return {reason: self.parts(names) for reason, names in excluded.items()}

    def number(
        self, metric: str, value: Decimal | float | int | None, *, used: int, in_scope: int, **more: object
    ) -> Number:
        return self.asked.number(metric, value, used=used, in_scope=in_scope, level=self.level, **more)


def named_apart(journeys: Iterable[Journey]) -> dict[str, Journey]:
    """The journeys by names of their own: their keys, with the source where two trackers use one key.

    Each journey bears its name as its key, so that whatever a metric says of keys is said of one item alone.
    """
    kept = list(journeys)
    seen: dict[str, int] = {}
    for one in kept:
        seen[one.key] = seen.get(one.key, 0) + 1
    names = [one.key if seen[one.key] == 1 else f"{one.key} {one.id.source} {one.id.external_id}" for one in kept]
    return {name: replace(one, key=name) for name, one in zip(names, kept, strict=True)}


# --- flow


def _throughput(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        done = throughput(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield here.number(
            "throughput",
            done.items,
            used=done.n_used,
            in_scope=done.n_in_scope,
            counted=here.parts(done.keys),
            left_out=here.left_out(done.excluded),
        )


def _flow_time(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        taken = flow_time(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield from _percentiles("flow_time", taken, here)


def _lead_time(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        yield from _percentiles(
            "lead_time", lead_time(here.journeys, finished_in=asked.period, calendar=asked.calendar), here
        )


def _percentiles(metric: str, taken: FlowTime | LeadTime, here: _Level) -> Iterator[Number]:
    counted = tuple(
        here.part(name, amount=days, unit="days") for name, days in zip(taken.keys, taken.days, strict=True)
    )
    for p in PERCENTILES:
        yield here.number(
            f"{metric}_p{p}",
            taken.percentile(p),
            used=taken.n_used,
            in_scope=taken.n_in_scope,
            counted=counted,
            left_out=here.left_out(taken.excluded),
        )


def _service_level(asked: _Asked) -> Iterator[Number]:
    """Against the days that were agreed, else against what 85 % of the items finished the year before stayed within."""
    for here in asked.at_levels():
        kept = service_level(
            here.journeys,
            finished_in=asked.period,
            calendar=asked.calendar,
            agreed_days=asked.facts.portfolio.guardrails.service_days.get(here.level),
        )
        late = set(kept.late)
        fact = "agreed_days" if kept.is_agreed else "expected_days"
        yield here.number(
            "service_level",
            _percent(kept.share),
            used=kept.n_used,
            in_scope=kept.n_in_scope,
            counted=tuple(
                here.part(name, amount=days, unit="days", mark="late" if name in late else "")
                for name, days in zip(kept.taken.keys, kept.taken.days, strict=True)
            ),
            left_out=here.left_out(kept.taken.excluded),
            facts={} if kept.expected_days is None else {fact: kept.expected_days},
        )


def _waste(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        lost = waste(here.journeys, cancelled_in=asked.period, calendar=asked.calendar)
        yield here.number(
            "waste",
            lost.items,
            used=lost.n_used,
            in_scope=lost.n_in_scope,
            counted=tuple(
                here.part(name, amount=days, unit="days") for name, days in zip(lost.keys, lost.days, strict=True)
            ),
            left_out=here.left_out(lost.excluded),
            facts={"waste_days": lost.total_days},
        )


def _flow_load(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        load = flow_load(here.journeys, day=asked.period.last_day, calendar=asked.calendar)
        yield here.number(
            "flow_load",
            load.items,
            used=load.n_used,
            in_scope=load.n_in_scope,
            counted=here.parts(load.keys),
            left_out=here.left_out(load.excluded),
        )


def _cumulative_flow(asked: _Asked) -> Iterator[Number]:
    """One number a line, on the last day of the period; items behind their mark are marked `behind`."""
    for here in asked.at_levels():
        flow = cumulative_flow(here.journeys, period=asked.period, calendar=asked.calendar)
        last = asked.period.last_day
        behind = {one.key for one in flow.corrections if holds((one.since, one.until), last)}
        for line in (*BANDS, "left"):
            names = flow.keys[line]
            yield here.number(
                f"cumulative_flow:{line}",
                len(names),
                used=len(names),
                in_scope=flow.n_in_scope,
                counted=tuple(here.part(name, mark="behind" if name in behind else "") for name in names),
                left_out=here.left_out(flow.excluded),
            )


def _flow_balance(asked: _Asked) -> Iterator[Number]:
    """What came, what left by how, and what did `both`."""
    for here in asked.at_levels():
        moved = flow_balance(here.journeys, period=asked.period, calendar=asked.calendar)
        marks = dict.fromkeys(moved.arrived, "arrived")
        for how in ("finished", "cancelled", "removed"):
            marks |= {name: "both" if name in marks else how for name in getattr(moved, how)}
        yield here.number(
            "flow_balance",
            moved.net,
            used=moved.n_used,
            in_scope=moved.n_in_scope,
            counted=tuple(here.part(name, mark=mark) for name, mark in sorted(marks.items(), key=lambda one: one[1])),
            left_out=here.left_out(moved.excluded),
            facts={"arrivals": moved.arrivals, "departures": moved.departures, "verdict": moved.verdict},
        )


def _flow_stability(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        law = stability(here.journeys, period=asked.period, calendar=asked.calendar)
        known = {} if law.expected_load is None else {"expected_load": round(law.expected_load, 4)}
        yield here.number(
            "flow_stability",
            None if law.is_stable is None else _percent(law.off),
            used=law.n_used,
            in_scope=law.n_in_scope,
            counted=tuple(
                here.part(name, amount=flow_days(here.named[name], calendar=asked.calendar), unit="days")
                for name in law.keys
            ),
            left_out=here.left_out(law.excluded),
            facts={"mean_load": round(law.mean_load, 4), **known, **_checked(law.checks, law.is_stable)},
        )


def _checked(checks: Iterable[Check], is_stable: bool | None) -> dict[str, Decimal | float | int | str]:
    """Each assumption of Little's law in a word; nothing where too few items finished to say."""
    if is_stable is None:
        return {}
    return {f"assumes_{check.name}": "holds" if check.holds else "fails" for check in checks}


def _bottleneck(asked: _Asked) -> Iterator[Number]:
    """One number a state, the largest first, with the time of each item in it. Agreed limits are of epics."""
    for here in asked.at_levels():
        limits = asked.facts.portfolio.guardrails.wip if here.level == PORTFOLIO_LEVEL else {}
        found = bottleneck(here.journeys, period=asked.period, calendar=asked.calendar, limits=limits)
        for state in found.states:
            taken = sorted(state.seconds_by_key.items(), key=lambda one: (-one[1], one[0]))
            yield here.number(
                f"bottleneck:{state.name}",
                _percent(state.share) if found.n_used >= LEAST else None,
                used=len(taken),
                in_scope=found.n_in_scope,
                counted=tuple(
                    here.part(name, amount=round(Decimal(seconds) / 86_400, 1), unit="days",
                              mark="blocked" if name in state.blocked else "")
                    for name, seconds in taken
                ),
                left_out=here.left_out(found.excluded),
                facts=_of_state(state),
            )  # fmt: skip


def _of_state(state: StateFlow) -> dict[str, Decimal | float | int | str]:
    limited: dict[str, Decimal | float | int | str] = {}
    if state.limit is not None and state.days_over is not None:
        limited = {"limit": state.limit, "days_over_percent": _percent(state.days_over) or 0}
    return {
        "slowness": round(state.slowness, 4),
        "entries": state.entries,
        "exits": state.exits,
        "in_state": len(state.now),
        **limited,
        "verdict": "" if state.verdict == "none" else state.verdict,
    }


def _age(asked: _Asked) -> Iterator[Number]:
    """The oldest first; its age is the number. What is back in new is apart."""
    today = asked.calendar.day(asked.facts.as_of)
    year = weeks_back(today, 52)
    for here in asked.at_levels():
        done = flow_time(here.journeys, finished_in=Period(year[0].start, year[-1].end), calendar=asked.calendar)
        measured = ages(
            here.journeys,
            as_of=asked.facts.as_of,
            calendar=asked.calendar,
            finished=done,
            pace=_pace_of(here, until=year[-1].end),
            expected_days=asked.facts.portfolio.guardrails.service_days.get(here.level),
        )
        yield here.number(
            "work_item_age",
            measured.items[0].days if measured.items else None,
            used=measured.n_used,
            in_scope=measured.n_in_scope,
            period=Period(today, today + timedelta(days=1)),
            counted=tuple(_aged(here, one) for one in measured.items),
            left_out=here.left_out(measured.excluded)
            | ({"paused": tuple(_aged(here, one) for one in measured.paused)} if measured.paused else {}),
            facts={"total_days": measured.total_days},
        )


def _aged(here: _Level, age: Age) -> Part:
    return here.part(age.key, amount=age.days, unit="days", mark=_risk(age))


def _risk(age: Age) -> str:
    """What it has passed: what was agreed, else most of what finished, else most of what left its state, else half."""
    if age.is_late:
        return "late"
    if age.exceeded in (85, 95):
        return f"p{age.exceeded}"
    if age.pace in (85, 95):
        return f"pace{age.pace}"
    return f"p{age.exceeded}" if age.exceeded else ""


def _pace_of(here: _Level, *, until: date) -> Pace:
    return pace(here.journeys, finished_in=Period(until - timedelta(weeks=52), until), calendar=here.asked.calendar)


def _pace(asked: _Asked) -> Iterator[Number]:
    """Three numbers a state, in the order in which items come into them, with the finished items that left it."""
    for here in asked.at_levels():
        found = _pace_of(here, until=asked.period.end)
        for band in found.bands:
            for p in PERCENTILES:
                yield here.number(
                    f"pace_p{p}:{band.name}",
                    band.percentile(p),
                    used=len(band.days),
                    in_scope=found.n_in_scope,
                    period=Period(asked.period.end - timedelta(weeks=52), asked.period.end),
                    counted=tuple(here.part(key, amount=days, unit="days")
                                  for key, days in zip(band.keys, band.days, strict=True)),
                    left_out=here.left_out(found.excluded),
                    facts={"inherited_from": band.inherited_from} if band.inherited_from else {},
                )  # fmt: skip


def _flow_efficiency(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        spent = flow_efficiency(
            here.journeys,
            finished_in=asked.period,
            calendar=asked.calendar,
            waiting_known=asked.facts.waiting_known,
        )
        yield here.number(
            "flow_efficiency",
            _percent(spent.share),
            used=spent.n_used,
            in_scope=spent.n_in_scope,
            counted=tuple(_worked(here, name) for name in spent.keys),
            left_out=here.left_out(spent.excluded),
            facts={"active_seconds": spent.active_seconds, "total_seconds": spent.total_seconds},
        )


def _worked(here: _Level, name: str) -> Part:
    spans = here.named[name].spans
    whole = spans.active + spans.waiting + spans.blocked + spans.paused + spans.idle_done
    return here.part(name, amount=round(Decimal(100 * spans.active) / whole, 1) if whole else None, unit="%")


def _flow_distribution(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        kinds = flow_distribution(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        for kind in sorted({one.placement.kind for one in here.journeys}):
            names = kinds.items.get(kind, ())
            yield here.number(
                f"flow_distribution:{kind}",
                kinds.percent.get(kind, Decimal(0)) if kinds.percent else None,
                used=len(names),
                in_scope=kinds.n_used,
                counted=here.parts(names),
            )


def _usual_range(asked: _Asked) -> Iterator[Number]:
    """The series whose usual range the pages draw: items finished and in progress by week, flow time by month."""
    end, calendar = asked.period.end, asked.calendar
    for here in asked.at_levels():
        first = first_day(here.journeys, calendar)
        weeks = [one for one in weeks_back(end, WEEKS) if one.end > first]
        if weeks:
            counts = weekly(here.journeys, periods=weeks, calendar=calendar)
            yield _ranged(here, "throughput", weeks, counts, usual_rhythm(counts), of="weeks", unit="items")
            series = load_series(here.journeys, period=Period(weeks[0].start, weeks[-1].end), calendar=calendar)
            loads = series.end_of_day[6::7]
            yield _ranged(here, "flow_load", weeks, loads, usual_rhythm(loads), of="weeks", unit="items")
        times = [
            (one, days)
            for one in months_back(end, MONTHS)
            if (days := flow_time(here.journeys, finished_in=one, calendar=calendar).p85_days) is not None
        ]
        months, taken = [one for one, _ in times], [days for _, days in times]
        yield _ranged(here, "flow_time_p85", months, taken, usual_range(taken), of="months", unit="days")


def _ranged(
    here: _Level,
    series: str,
    periods: Sequence[Period],
    values: Sequence[int],
    usual: UsualRange,
    *,
    of: str,
    unit: str,
) -> Number:
    label = week_label if of == "weeks" else _month_label
    return here.number(
        f"usual_range:{series}",
        None if usual.limits is None else round(usual.limits.mean, 4),
        used=usual.n_used,
        in_scope=len(periods),
        of=of,
        counted=tuple(
            Part(name=label(period), amount=value, unit=unit) for period, value in zip(periods, values, strict=True)
        ),
        facts=_band(usual),
    )


def _band(usual: UsualRange) -> dict[str, Fact]:
    if usual.limits is None:
        return {"certainty": "few"}
    lower = {} if usual.limits.lower is None else {"lower_limit": round(usual.limits.lower, 4)}
    return {
        "upper_limit": round(usual.limits.upper, 4),
        **lower,
        "certainty": usual.certainty,
        "change": usual.change or "",
    }


# --- strategy


def _alignment_items(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        covered = alignment.coverage_items(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        done = throughput(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield _covered(here, "alignment_items", covered, [here.part(name) for name in done.keys])


def _alignment_flow(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        worked = alignment.item_days(here.journeys, period=asked.period, calendar=asked.calendar)
        yield _covered(here, "alignment_flow", alignment.cover(worked), _in_days(here, worked))


def _alignment_epics(asked: _Asked) -> Iterator[Number]:
    """At the level of the portfolio's epics, as things stand."""
    today = asked.calendar.day(asked.facts.as_of)
    for here in replace(asked, levels=[PORTFOLIO_LEVEL]).at_levels():
        covered = alignment.coverage_epics(here.journeys)
        parts = [here.part(one.key) for one in here.journeys if one.is_open]
        number = _covered(here, "alignment_epics", covered, parts)
        yield replace(number, period=Period(today, today + timedelta(days=1)))


def _covered(here: _Level, metric: str, covered: alignment.Coverage, parts: Iterable[Part]) -> Number:
    lost = {here.named[name].id for name in covered.orphans}
    return here.number(
        metric,
        _percent(covered.share),
        used=covered.n_used,
        in_scope=covered.n_in_scope,
        counted=tuple(replace(one, mark="unaligned") if one.item in lost else one for one in parts),
    )


def _flow_share(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        worked = alignment.item_days(here.journeys, period=asked.period, calendar=asked.calendar)
        shares = alignment.share_out(worked, themes=asked.facts.portfolio.themes)
        for theme in [*(theme.id for theme in asked.facts.portfolio.themes), alignment.UNALIGNED]:
            yield here.number(
                f"flow_share:{theme}",
                shares.percent.get(theme, Decimal(0)) if shares.percent else None,
                used=shares.n_used,
                in_scope=shares.n_in_scope,
                counted=_in_days(here, worked, theme=theme),
            )


def _theme_focus(asked: _Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        worked = alignment.item_days(here.journeys, period=asked.period, calendar=asked.calendar)
        shares = alignment.share_out(worked, themes=asked.facts.portfolio.themes)
        yield here.number(
            "theme_focus",
            shares.distance_points,
            used=shares.n_used,
            in_scope=shares.n_in_scope,
            counted=_in_days(here, worked),
            facts=_intentions(shares),
        )


def _intentions(shares: alignment.FlowShares) -> dict[str, Fact]:
    """The share of each theme that declares one, beside the share it declares, in percent."""
    found: dict[str, Fact] = {}
    for theme, share in shares.intended.items() if shares.percent else ():
        found[f"flow_share:{theme}"] = shares.percent.get(theme, Decimal(0))
        found[f"intended:{theme}"] = 100 * share
    return found


def _in_days(here: _Level, worked: Iterable[tuple[Journey, int]], *, theme: str | None = None) -> tuple[Part, ...]:
    """Items with their item-days: all of them, or the share that serves a theme; the others are marked `elsewhere`."""
    parts = []
    for journey, days in worked:
        share = Decimal(1)
        if theme == alignment.UNALIGNED:
            share = 1 - alignment.aligned_share(journey)
        elif theme is not None:
            share = journey.placement.themes.get(theme, Decimal(0))
        if share:
            parts.append(here.part(journey.key, amount=(days * share).normalize(), unit="item_days"))
        else:
            parts.append(here.part(journey.key, mark="elsewhere"))
    return tuple(sorted(parts, key=lambda part: (part.mark, -Decimal(part.amount or 0), part.name)))


def _key_result(asked: _Asked) -> Iterator[Number]:
    """As things stood on the last day of the period, of what had begun by then."""
    today = asked.period.last_day
    for theme in _themes(asked):
        for key_result in _begun(theme.key_results, asked.period):
            score = score_key_result(key_result, asked.facts.readings, today=today)
            yield asked.number(
                f"key_result:{key_result.id}",
                _percent(score.score),
                used=int(score.score is not None),
                in_scope=1,
                scope=f"theme:{theme.id}",
                of="readings",
                counted=_readings(asked, key_result.kpi, unit=key_result.unit),
                left_out=_why(score.reason, key_result.id),
                facts=_aims(score),
            )


def _objective(asked: _Asked) -> Iterator[Number]:
    for theme in _themes(asked):
        begun = _begun(theme.key_results, asked.period)
        if not begun:
            continue
        whole = replace(theme, key_results=begun)
        objective = score_objective(whole, asked.facts.readings, today=asked.period.last_day)
        yield asked.number(
            "objective",
            _percent(objective.score),
            used=objective.n_used,
            in_scope=objective.n_in_scope,
            scope=f"theme:{theme.id}",
            of="key_results",
            counted=tuple(
                Part(name=one.key_result.id, amount=_percent(one.score), unit="%")
                for one in objective.key_results
                if one.score is not None
            ),
            left_out=_ids(objective.excluded),
            facts={f"weight:{one.id}": one.weight for one in begun if one.weight != 1},
        )


def _benefit(asked: _Asked) -> Iterator[Number]:
    for theme in _themes(asked):
        for benefit in theme.benefits:
            if benefit.starts >= asked.period.end:
                continue
            real = realise(benefit, asked.facts.readings, today=asked.period.last_day)
            yield asked.number(
                f"benefit:{benefit.id}",
                _percent(real.realised),
                used=int(real.realised is not None),
                in_scope=1,
                scope=f"theme:{theme.id}",
                of="readings",
                counted=_readings(asked, benefit.kpi, unit=""),
                left_out=_why(real.reason, benefit.id),
                facts={
                    "baseline": benefit.baseline,
                    "target": benefit.target,
                    "expected_percent": _percent(real.expected) or 0,
                },
            )


def _benefit_portfolio(asked: _Asked) -> Iterator[Number]:
    themes = _themes(asked)
    begun = [one for theme in themes for one in theme.benefits if one.starts < asked.period.end]
    if not begun:
        return
    whole = realise_portfolio(begun, asked.facts.readings, today=asked.period.last_day)
    yield asked.number(
        "benefit_portfolio",
        _percent(whole.to_date),
        used=whole.n_used,
        in_scope=whole.n_in_scope,
        of="benefits",
        counted=tuple(_amounted(one) for one in whole.used),
        left_out=_ids(whole.excluded),
        facts={
            "realised_amount": whole.realised_amount,
            "planned_to_date": whole.planned_to_date,
            "planned_total": whole.planned_total,
        },
    )


def _amounted(real: Realisation) -> Part:
    return Part(name=real.benefit.id, amount=real.realised_amount, unit="money")


def _themes(asked: _Asked) -> Sequence[Theme]:
    """All themes, or the one of the scope; other scopes have no strategy of their own."""
    kind, _, id = asked.scope.name.partition(":")
    if kind == "portfolio":
        return asked.facts.portfolio.themes
    return [theme for theme in asked.facts.portfolio.themes if kind == "theme" and theme.id == id]


def _begun(key_results: Iterable[KeyResult], period: Period) -> tuple[KeyResult, ...]:
    return tuple(one for one in key_results if one.starts < period.end)


def _readings(asked: _Asked, kpi: str | None, *, unit: str) -> tuple[Part, ...]:
    """The newest reading, which counts, and those before it."""
    known = latest(asked.facts.readings, kpi=kpi, today=asked.period.last_day)
    return tuple(
        Part(name=one.day.isoformat(), amount=one.value, unit=unit, mark="" if number == 0 else "earlier")
        for number, one in enumerate(known)
    )


def _aims(score: KeyResultScore) -> dict[str, Fact]:
    key_result = score.key_result
    aims: dict[str, Fact] = {}
    if key_result.baseline is not None:
        aims["baseline"] = key_result.baseline
    if key_result.target is not None:
        aims["target"] = key_result.target
    return aims | {"expected_percent": _percent(score.elapsed) or 0, "status": score.status}


def _why(reason: str | None, id: str) -> dict[str, tuple[Part, ...]]:
    return {reason: (Part(name=id),)} if reason else {}


def _ids(excluded: Excluded) -> dict[str, tuple[Part, ...]]:
    return {reason: tuple(Part(name=id) for id in ids) for reason, ids in excluded.items()}


# --- what lies ahead


def _forecast_when(asked: _Asked) -> Iterator[Number]:
    """The days from today to the day that 85 % of all trials reach, of each open epic, with the items left below it."""
    planned = _planned(asked)
    here = _Level(asked, PORTFOLIO_LEVEL, asked.facts.journeys)
    names = {one.id: name for name, one in here.named.items()}
    today = planned.plan.as_of
    for one in forecast(planned.plan).epics:
        epic = planned.epics[one.id]
        if not asked.scope.holds(epic):
            continue
        left = [here.part(names[item.id]) for item in planned.open_work[one.id]]
        yield here.number(
            f"forecast_when:{epic.key}",
            (one.dates[85] - today).days if 85 in one.dates else None,
            used=0 if one.refused else len(left),
            in_scope=len(left) + one.epic.unsplit,
            period=Period(today, today + timedelta(days=1)),
            counted=tuple(left),
            left_out={one.refused.reason: (here.part(names[epic.id]),)} if one.refused else {},
            facts=_ahead(one, seed=planned.plan.seed),
        )


def _ahead(one: Forecast, *, seed: int) -> dict[str, Fact]:
    """Every day that was forecast of an epic."""
    facts: dict[str, Fact] = {f"likely_p{p}": day for p, day in one.dates.items()}
    if one.epic.after:
        facts |= {f"alone_p{p}": day for p, day in one.alone.items()}
    if len(one.epic.work) > 1:
        facts |= {f"bound_p{p}": day for p, day in one.together.items()}
    if one.likelihood is not None:
        facts |= {"due_on": one.likelihood.by, "likelihood_percent": min(_percent(one.likelihood.share) or 0, 95)}
    if one.epic.unsplit:
        facts["unsplit"] = one.epic.unsplit
    return facts | {"trials": one.trials, "seed": seed}


def _forecast_how_many(asked: _Asked) -> Iterator[Number]:
    """By the end of the increment: the portfolio and all who work in it, or those of the scope; beside their sample."""
    planned = _planned(asked)
    increment = increment_ahead(asked.calendar, planned.plan.as_of)
    period = Period(planned.plan.as_of + timedelta(days=1), increment.period.end)
    for one in deliveries(planned, increment=increment):
        if planned.level not in asked.levels or asked.scope.name not in ("portfolio", one.name):
            continue
        found = one.found
        days = Counter(planned.finished_on[one.name])
        window = planned.everyone[one.name].samples
        sample = [] if isinstance(window, Refusal) else [day for day in window.window.days() if days[day]]
        facts: dict[str, Fact] = {} if one.actual is None else {"last_window": one.actual}
        if one.sanity is not None and one.sanity.ratio is not None:
            facts["ratio"] = round(Decimal(one.sanity.ratio), 2)
        for p in FORECAST_LEVELS:
            yield asked.number(
                f"forecast_how_many_p{p}",
                found.at_least.get(p),
                used=found.n_used,
                in_scope=found.n_used,
                scope=one.name,
                level=planned.level,
                period=period,
                of="days",
                counted=tuple(Part(name=day.isoformat(), amount=days[day], unit="items") for day in sample),
                left_out={found.refused.reason: (Part(name=one.name),)} if found.refused is not None else {},
                facts=facts | {"trials": found.trials, "seed": planned.plan.seed},
            )


def _forecast_coverage(asked: _Asked) -> Iterator[Number]:
    """Of each percentile, which items kept the date that was first told of them, and which did not."""
    promised = _promised(asked)
    today = asked.calendar.day(asked.facts.as_of)
    for p in FORECAST_LEVELS:
        found = coverage(promised, percentile=p, today=today)
        share = found.share if found.resolved >= catalogue.METRICS["forecast_coverage"].minimum_sample else None
        yield asked.number(
            f"forecast_coverage_p{p}",
            _percent(share),
            used=found.n_used,
            in_scope=found.n_in_scope,
            period=Period(today, today + timedelta(days=1)),
            counted=(*_foretold(asked, found.met, mark="met"), *_foretold(asked, found.missed, mark="missed_day")),
            left_out={reason: _foretold(asked, ids) for reason, ids in found.excluded.items()},
            facts={} if found.p_value is None else {"p_value": round(found.p_value, 4), "verdict": found.verdict},
        )


def _forecast_brier(asked: _Asked) -> Iterator[Number]:
    """The likelihoods that were told of due dates, in percent, by whether they were met."""
    today = asked.calendar.day(asked.facts.as_of)
    found = brier(_promised(asked), today=today)
    yield asked.number(
        "forecast_brier",
        None if found.score is None else round(found.score, 4),
        used=found.n_used,
        in_scope=found.n_in_scope,
        period=Period(today, today + timedelta(days=1)),
        counted=tuple(
            replace(part, amount=_percent(share), unit="%")
            for id, share in found.likelihoods.items()
            for part in _foretold(asked, [id], mark="missed_day" if id in found.missed else "met")
        ),
        left_out={reason: _foretold(asked, ids) for reason, ids in found.excluded.items()},
    )


def _planned(asked: _Asked) -> Planned:
    facts = asked.facts
    return plan_of(
        facts.journeys,
        parents=facts.parents,
        predecessors=facts.predecessors,
        calendar=facts.calendar,
        as_of=facts.as_of,
        portfolio=facts.portfolio.id,
        sources=facts.trust,
    )


def _promised(asked: _Asked) -> tuple[Told, ...]:
    """What was promised before today of the items in the scope."""
    facts, today = asked.facts, asked.calendar.day(asked.facts.as_of)
    held = {one.id: one for one in facts.journeys}
    given = [
        one
        for one in facts.given
        if one.as_of < today
        and (asked.scope.kind == "portfolio" or ((item := held.get(one.promise.item)) and asked.scope.holds(item)))
    ]
    until = known_until(facts.trust, as_of=facts.as_of, calendar=facts.calendar)
    return told(given, facts.journeys, calendar=facts.calendar, known_until=until)


def _foretold(asked: _Asked, ids: Iterable[str], *, mark: str = "") -> tuple[Part, ...]:
    """Items by the names under which they were forecast; of one that is held no more only the name is left."""
    held = {name_of(one.id): one for one in asked.facts.journeys}
    return tuple(
        Part(name=held[id].key, item=held[id].id, mark=mark) if id in held else Part(name=id, mark=mark) for id in ids
    )


# --- how far the numbers can be believed


def _trust(asked: _Asked) -> Iterator[Number]:
    """The headline, then its five shares; starts over the quarter that ends with the period, the rest as of now."""
    facts = asked.facts
    named = named_apart(facts.journeys)
    window = Period(weeks_back(asked.period.end, WINDOW_WEEKS)[0].start, weeks_back(asked.period.end, 1)[0].end)
    measured = trust(
        list(named.values()),
        scope=asked.scope,
        sources=facts.trust,
        portfolio_level=PORTFOLIO_LEVEL,
        finished_in=window,
        as_of=facts.as_of,
        calendar=facts.calendar,
        has_themes=bool(facts.portfolio.themes),
    )
    keys = {one.id: one.key for one in facts.journeys}
    weakest = measured.weakest
    yield asked.number(
        "trust",
        _percent(measured.headline),
        used=getattr(measured, weakest).n_used if weakest else 0,
        in_scope=getattr(measured, weakest).n_in_scope if weakest else 0,
        period=window,
        of="shares",
        counted=tuple(
            Part(name=name, amount=_percent(share), unit="%")
            for name, share in measured.shares.items()
            if share is not None
        ),
        left_out=_ids({"unproven": measured.unproven}) if measured.unproven else {},
        facts={"weakest": weakest} if weakest else {},
    )
    for name in measured.names:
        share: Share = getattr(measured, name)
        of = "sources" if name == "complete" else "fields" if name == "fields" else "items"
        missing = tuple(
            Part(name=one) if name == "complete" else Part(name=keys[named[one].id], item=named[one].id)
            for one in share.missing
        )
        yield asked.number(
            f"trust:{name}",
            _percent(share.share),
            used=share.n_used,
            in_scope=share.n_in_scope,
            period=window,
            of=of,
            left_out={f"not_{name}": missing} if missing else {},
        )


def _data_quality(asked: _Asked) -> Iterator[Number]:
    """One number for each rule that found something, with the items at fault; as things stand."""
    facts = asked.facts
    here = _Level(asked, "", [one for one in facts.journeys if asked.scope.holds(one)])
    today = asked.calendar.day(facts.as_of)
    found = defects(
        here.journeys,
        portfolio_level=PORTFOLIO_LEVEL,
        read_at=facts.as_of,
        has_themes=bool(facts.portfolio.themes),
    )
    for one in found:
        yield asked.number(
            f"data_quality:{one.rule}",
            len(one.journeys),
            used=one.n_used,
            in_scope=one.n_in_scope,
            period=Period(today, today + timedelta(days=1)),
            counted=tuple(here.part(journey.key, mark=one.details[journey.key]) for journey in one.journeys),
        )


def _percent(share: float | Decimal | None) -> Decimal | None:
    """A share as percent, to four places, as the export has it."""
    return None if share is None else round(Decimal(share) * 100, 4)


def _month_label(period: Period) -> str:
    return f"{period.start:%Y-%m}"


def _wsjf(asked: _Asked) -> Iterator[Number]:
    """The first comes first."""
    for here in asked.at_levels():
        ranking = wsjf(here.journeys)
        yield here.number(
            "wsjf",
            round(ranking.jobs[0].score, 2) if ranking.jobs else None,
            used=ranking.n_used,
            in_scope=ranking.n_in_scope,
            period=_today(asked),
            counted=tuple(here.part(job.key, amount=round(job.score, 2)) for job in ranking.jobs),
            left_out=here.left_out(ranking.excluded),
            facts={f"{doubt}:{name}": count for name, doubt, count in ranking.doubts},
        )


def _dependency_health(asked: _Asked) -> Iterator[Number]:
    """Each part is an item that waits for another, named after both; its mark says how it stands, epics as forecast."""
    likely = _likely_days(asked) if asked.facts.edges else {}
    keys = {one.id: one.key for one in asked.facts.journeys}
    for here in asked.at_levels():
        names = {one.id: name for name, one in here.named.items()}
        edges = [one for one in asked.facts.edges if one.after in names]
        found = dependency_health(edges, asked.facts.journeys, forecasts=likely)
        yield here.number(
            "dependency_health",
            None if found.share is None else round(found.share * 100, 4),
            used=len(found.edges),
            in_scope=len(found.edges),
            period=_today(asked),
            of="links",
            counted=tuple(
                here.part(
                    names[one.edge.after],
                    name=f"{keys.get(one.edge.before, one.edge.before.external_id)} \u2192 {keys[one.edge.after]}",
                    mark=one.health.value,
                )
                for one in found.edges
            ),
        )


def _likely_days(asked: _Asked) -> dict[ItemId, Likely]:
    """Of each open epic that has a date, the days that half and 85 % of all trials reach."""
    planned = _planned(asked)
    return {
        planned.epics[one.id].id: Likely(p50=one.dates.get(50), p85=one.dates.get(85))
        for one in forecast(planned.plan).epics
        if one.dates
    }


def _today(asked: _Asked) -> Period:
    today = asked.calendar.day(asked.facts.as_of)
    return Period(today, today + timedelta(days=1))


HOW: Mapping[str, Callable[[_Asked], Iterator[Number]]] = {
    "throughput": _throughput,
    "flow_time": _flow_time,
    "service_level": _service_level,
    "lead_time": _lead_time,
    "flow_load": _flow_load,
    "cumulative_flow": _cumulative_flow,
    "flow_balance": _flow_balance,
    "flow_stability": _flow_stability,
    "bottleneck": _bottleneck,
    "work_item_age": _age,
    "pace": _pace,
    "waste": _waste,
    "flow_efficiency": _flow_efficiency,
    "flow_distribution": _flow_distribution,
    "usual_range": _usual_range,
    "key_result": _key_result,
    "objective": _objective,
    "benefit": _benefit,
    "benefit_portfolio": _benefit_portfolio,
    "alignment_items": _alignment_items,
    "alignment_flow": _alignment_flow,
    "alignment_epics": _alignment_epics,
    "flow_share": _flow_share,
    "theme_focus": _theme_focus,
    "forecast_when": _forecast_when,
    "forecast_how_many": _forecast_how_many,
    "forecast_coverage": _forecast_coverage,
    "forecast_brier": _forecast_brier,
    "wsjf": _wsjf,
    "dependency_health": _dependency_health,
    "trust": _trust,
    "data_quality": _data_quality,
}
