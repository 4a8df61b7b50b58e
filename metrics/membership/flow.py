"""Flow of work, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from domain.period import Period, months_back, week_label, weeks_back
from domain.strategy import ProcessChange
from metrics.age import Age, ages
from metrics.balance import flow_balance
from metrics.behaviour import (
    UsualRange,
    begun_before,
    newest_change,
    reaching_back,
    usual_range,
    usual_rhythm,
)
from metrics.bottleneck import LEAST, StateFlow, bottleneck
from metrics.cumulative_flow import BANDS, cumulative_flow
from metrics.distribution import flow_distribution
from metrics.flow_efficiency import flow_efficiency
from metrics.flow_load import flow_load, holds, load_series
from metrics.flow_time import FlowTime, LeadTime, flow_days, flow_time, lead_time
from metrics.membership.asking import PERCENTILES, PORTFOLIO_LEVEL, Asked, Fact, Level, Number, Part, percent
from metrics.pace import Pace, pace
from metrics.selection import first_day
from metrics.service_level import service_level
from metrics.stability import Check, stability
from metrics.throughput import throughput, weekly
from metrics.unplanned import unplanned_share
from metrics.waste import waste

WEEKS = 26  # of a usual range
MONTHS = 13


def _throughput(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        done = throughput(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield here.number(
            "throughput",
            done.items,
            used=done.n_used,
            in_scope=done.n_in_scope,
            counted=here.parts(done.keys),
            left_out=here.left_out(done.excluded),
        )


def _flow_time(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        taken = flow_time(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield from _percentiles("flow_time", taken, here)


def _lead_time(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        board = asked.facts.portfolio.board
        taken = lead_time(here.journeys, finished_in=asked.period, calendar=asked.calendar, board=board)
        yield from _percentiles("lead_time", taken, here)


def _percentiles(metric: str, taken: FlowTime | LeadTime, here: Level) -> Iterator[Number]:
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


def _service_level(asked: Asked) -> Iterator[Number]:
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
            percent(kept.share),
            used=kept.n_used,
            in_scope=kept.n_in_scope,
            counted=tuple(
                here.part(name, amount=days, unit="days", mark="late" if name in late else "")
                for name, days in zip(kept.taken.keys, kept.taken.days, strict=True)
            ),
            left_out=here.left_out(kept.taken.excluded),
            facts={} if kept.expected_days is None else {fact: kept.expected_days},
        )


def _waste(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
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


def _flow_load(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        load = flow_load(here.journeys, day=asked.period.last_day, calendar=asked.calendar)
        yield here.number(
            "flow_load",
            load.known,
            used=load.n_used,
            in_scope=load.n_in_scope,
            counted=here.parts(load.keys),
            left_out=here.left_out(load.excluded),
        )


def _cumulative_flow(asked: Asked) -> Iterator[Number]:
    """One number a line, on the last day of the period; items behind their mark are marked `behind`."""
    for here in asked.at_levels(ever=True):
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


def _flow_balance(asked: Asked) -> Iterator[Number]:
    """What came, what left by how, and what did `both`."""
    for here in asked.at_levels(ever=True):
        moved = flow_balance(here.journeys, period=asked.period, calendar=asked.calendar)
        marks = dict.fromkeys(moved.arrived, "arrived")
        for how in ("finished", "cancelled", "removed"):
            marks |= {name: "both" if name in marks else how for name in getattr(moved, how)}
        yield here.number(
            "flow_balance",
            moved.known,
            used=moved.n_used,
            in_scope=moved.n_in_scope,
            counted=tuple(here.part(name, mark=mark) for name, mark in sorted(marks.items(), key=lambda one: one[1])),
            left_out=here.left_out(moved.excluded),
            facts={"arrivals": moved.arrivals, "departures": moved.departures, "verdict": moved.verdict},
        )


def _flow_stability(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels():
        agreed = asked.facts.portfolio.guardrails.flow
        law = stability(here.journeys, period=asked.period, calendar=asked.calendar, tolerances=agreed)
        known = {} if law.expected_load is None else {"expected_load": round(law.expected_load, 4)}
        yield here.number(
            "flow_stability",
            None if law.is_stable is None else percent(law.off),
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


def _bottleneck(asked: Asked) -> Iterator[Number]:
    """One number a state, the largest first, with the time of each item in it. Agreed limits are of epics."""
    for here in asked.at_levels():
        agreed = asked.facts.portfolio.guardrails
        found = bottleneck(
            here.journeys,
            period=asked.period,
            calendar=asked.calendar,
            guardrails=agreed,
            limits=here.level == PORTFOLIO_LEVEL,
        )
        for state in found.states:
            taken = sorted(state.seconds_by_key.items(), key=lambda one: (-one[1], one[0]))
            yield here.number(
                f"bottleneck:{state.name}",
                percent(state.share) if found.n_used >= LEAST else None,
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
        limited = {"limit": state.limit, "days_over_percent": percent(state.days_over) or 0}
    return {
        "slowness": round(state.slowness, 4),
        "entries": state.entries,
        "exits": state.exits,
        "in_state": len(state.now),
        **limited,
        "verdict": "" if state.verdict == "none" else state.verdict,
    }


def oldest(asked: Asked, *, with_pace: bool = False) -> Iterator[Number]:
    """The oldest first; its age is the number. What is back in new is apart. With its pace each has a mark."""
    today = asked.calendar.day(asked.facts.as_of)
    year = weeks_back(today, 52)
    for here in asked.at_levels():
        measured = ages(
            here.journeys,
            as_of=asked.facts.as_of,
            calendar=asked.calendar,
            finished=here.of_the_year(),
            pace=_pace_of(here, until=year[-1].end) if with_pace else None,
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


def _aged(here: Level, age: Age) -> Part:
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


def _pace_of(here: Level, *, until: date) -> Pace:
    return pace(here.journeys, finished_in=Period(until - timedelta(weeks=52), until), calendar=here.asked.calendar)


def _pace(asked: Asked) -> Iterator[Number]:
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


def _flow_efficiency(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        spent = flow_efficiency(
            here.journeys,
            finished_in=asked.period,
            calendar=asked.calendar,
            waiting_known=asked.facts.waiting_known,
        )
        yield here.number(
            "flow_efficiency",
            percent(spent.share),
            used=spent.n_used,
            in_scope=spent.n_in_scope,
            counted=tuple(_worked(here, name) for name in spent.keys),
            left_out=here.left_out(spent.excluded),
            facts={"active_seconds": spent.active_seconds, "total_seconds": spent.total_seconds},
        )


def _worked(here: Level, name: str) -> Part:
    spans = here.named[name].spans
    whole = spans.active + spans.waiting + spans.blocked + spans.paused + spans.idle_done
    return here.part(name, amount=round(Decimal(100 * spans.active) / whole, 1) if whole else None, unit="%")


def _flow_distribution(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        kinds = flow_distribution(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        for kind in sorted({one.placement.kind for one in here.named.values()}):
            names = kinds.items.get(kind, ())
            yield here.number(
                f"flow_distribution:{kind}",
                kinds.percent.get(kind, Decimal(0)) if kinds.percent else None,
                used=len(names),
                in_scope=kinds.n_used,
                counted=here.parts(names),
            )


def _unplanned_share(asked: Asked) -> Iterator[Number]:
    for here in asked.at_levels(ever=True):
        found = unplanned_share(here.journeys, finished_in=asked.period, calendar=asked.calendar)
        yield here.number(
            "unplanned_share",
            percent(found.share),
            used=found.n_used,
            in_scope=found.n_in_scope,
            counted=(
                *(here.part(name, mark="unplanned") for name in found.unplanned),
                *(here.part(name, mark="in_plan") for name in found.planned),
            ),
            left_out=here.left_out(found.excluded),
        )


def _usual_range(asked: Asked) -> Iterator[Number]:
    """The series whose usual range the pages draw: items finished and in progress by week, flow time by month."""
    end, calendar = asked.period.end, asked.calendar
    change = newest_change(asked.facts.portfolio.process_changes, end=end)
    for here in asked.at_levels():
        first = first_day(here.journeys, calendar)
        weeks = [one for one in reaching_back(weeks_back, end, least=WEEKS, change=change) if one.end > first]
        if weeks:
            counts = weekly(here.journeys, periods=weeks, calendar=calendar)
            before = begun_before(weeks, change)
            usual = usual_rhythm(counts, changed_at=before)
            yield _ranged(here, "throughput", weeks, counts, usual, of="weeks", unit="items", change=change)
            series = load_series(here.journeys, period=Period(weeks[0].start, weeks[-1].end), calendar=calendar)
            loads = series.end_of_day[6::7]
            usual = usual_rhythm(loads, changed_at=before)
            yield _ranged(here, "flow_load", weeks, loads, usual, of="weeks", unit="items", change=change)
        times = [
            (one, days)
            for one in reaching_back(months_back, end, least=MONTHS, change=change)
            if (days := flow_time(here.journeys, finished_in=one, calendar=calendar).p85_days) is not None
        ]
        months, taken = [one for one, _ in times], [days for _, days in times]
        usual = usual_range(taken, changed_at=begun_before(months, change))
        yield _ranged(here, "flow_time_p85", months, taken, usual, of="months", unit="days", change=change)


def _ranged(
    here: Level,
    series: str,
    periods: Sequence[Period],
    values: Sequence[int],
    usual: UsualRange,
    *,
    of: str,
    unit: str,
    change: ProcessChange | None,
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
        facts=_band(usual) | ({} if change is None else {"baseline_since": change.on}),
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


def _month_label(period: Period) -> str:
    return f"{period.start:%Y-%m}"


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "throughput": _throughput,
    "flow_time": _flow_time,
    "service_level": _service_level,
    "lead_time": _lead_time,
    "flow_load": _flow_load,
    "cumulative_flow": _cumulative_flow,
    "flow_balance": _flow_balance,
    "flow_stability": _flow_stability,
    "bottleneck": _bottleneck,
    "work_item_age": lambda asked: oldest(asked, with_pace=True),
    "pace": _pace,
    "waste": _waste,
    "flow_efficiency": _flow_efficiency,
    "flow_distribution": _flow_distribution,
    "unplanned_share": _unplanned_share,
    "usual_range": _usual_range,
}
