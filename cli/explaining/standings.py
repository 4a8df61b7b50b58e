"""In which numbers of an edition an item counts, on which pages; and why not in the others of its level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from cli import clock, former
from cli.explaining.numbers import as_json
from cli.explaining.say import Say, local
from cli.explaining.told import Explained
from cli.places import place_of
from cli.reading import Told, facts_of, read_all
from cli.telling import book_of
from cli.terminal import plain
from cli.workspace import Workspace
from domain.journey import Journey
from domain.period import Period, iso_week, month, week_label
from domain.work_item import FlowState, ItemId
from metrics import catalogue
from metrics.membership import PORTFOLIO_LEVEL, Part
from metrics.selection import calendar_of
from metrics.timeline import lineage
from reports.contents import RECORDS, TODAY, Looker, Printed, Standing, printed, stem
from reports.packs import PACKS, REGULAR
from reports.reckoning import reckon
from sync.store.reading import Edition

FINISHED = frozenset({
    "throughput", "flow_time", "service_level", "flow_efficiency", "flow_distribution", "flow_stability", "pace",
    "state_time", "alignment_items", "unplanned_share",
})  # fmt: skip
ITEM_DAYS = frozenset({
    "alignment_flow", "flow_share", "theme_focus", "horizon_share", "horizon_distance", "capacity_share",
    "capacity_distance",
})  # fmt: skip
READINGS = ("key_result", "objective", "benefit")
FEW = 3  # periods that are named one by one; of more, the first and the last


def standings(item_id: ItemId, *, workspace: Workspace, edition: Edition | None, say: Say) -> Explained:
    """Where the item counts in an edition; without one, in the pages that would be published now."""
    doubts: tuple[str, ...] = ()
    if edition is None:
        told, then = read_all(workspace, now=clock.now()), workspace
        name = say("no_edition")
    else:
        past = former.as_told(workspace, edition)
        told, then, doubts = past.told, past.workspace, past.doubts
        name = say("edition", edition=edition.edition_id, at=local(told.as_of, told))
    lines = [f"  {name}"]
    lines += [f"    ! {doubt}" for doubt in doubts]
    journey = next((one for one in told.journeys if one.id == item_id), None)
    if journey is None:
        is_hidden = told.sight is not None and item_id in told.sight.hidden
        lines.append(f"    {say('hidden' if is_hidden else 'nobody_knew')}")
        return Explained(lines=lines, data={"edition": edition.edition_id if edition else None, "counts": []})
    numbers = reckon(book_of(then, told, now=clock.now()))
    packs = REGULAR if edition is None else _packs(place_of(workspace, edition))
    if edition is not None and journey.removed_at is not None:  # it may be back today
        lines.append(f"    {say('removed', at=local(journey.removed_at, told), why=journey.removed_reason or '')}")
    found = looked_up(journey, told, printed(numbers, journey, packs=packs))
    lines += _counted(found, say)
    lines += _absent(found, journey, told, say)
    lines.append(f"    {_claims(journey, told, say)}")
    return Explained(
        lines=lines,
        data={
            "edition": edition.edition_id if edition else None,
            "as_of": told.as_of.isoformat(),
            "doubts": list(doubts),
            "counts": [row for number, stands in found for row in _rows(number, stands, journey, told, say)],
        },
    )


def looked_up(journey: Journey, told: Told, numbers: Sequence[Printed]) -> list[tuple[Printed, list[Standing]]]:
    """How an item stands in some numbers."""
    looker = Looker(journey, facts_of(told), facts_of(told, lineage(journey, told.journeys)))
    return [(one, looker.standing(one)) for one in numbers]


def _packs(folder: Path) -> tuple[str, ...]:
    """The packs of an edition, by its files; those that every edition has, where it has no files."""
    files = [one.name for one in folder.glob("*.html")]
    found = tuple(name for name in PACKS if any(one.startswith((f"{name}.", f"{name}-")) for one in files))
    return found or REGULAR


# --- what counts, by subject


def _counted(found: Sequence[tuple[Printed, list[Standing]]], say: Say) -> Iterator[str]:
    """A line for each number that counts it or leaves it out, below its subject."""
    by_subject: dict[str, list[str]] = {}
    for number, stands in found:
        if stands:
            by_subject.setdefault(catalogue.subject_of(number.metric), []).extend(_stands(number, stands, say))
    if not by_subject:
        yield f"    {say('counts_nowhere')}"
    for subject in catalogue.SUBJECTS:
        if subject in by_subject:
            yield f"    {say(f'subject.{subject}')}"
            yield from (f"      {line}" for line in by_subject[subject])


def _stands(number: Printed, found: Sequence[Standing], say: Say) -> list[str]:
    counted = [one for one in found if one.part is not None]
    lines = []
    on = say("on", pages=", ".join(number.pages))
    by_where: dict[str, list[str]] = {}
    for metric, group in groupby(counted, key=lambda one: one.metric):
        by_where.setdefault(_where([_said(one, say) for one in group], say), []).append(metric)
    for where, metrics in by_where.items():
        verb = "at_fault" if number.metric.startswith("data_quality") else "counted"
        lines.append(f"{say(verb, number=_head_of(number, ', '.join(metrics)), where=where)}{on}")
    for reason, group in groupby((one for one in found if one.reason), key=lambda one: one.reason or ""):
        told = list(group)
        where = _where(list(dict.fromkeys(_span(one.period, say) for one in told)), say)
        verb = "stands.fails" if number.metric == "trust" else "stands.left_out"
        head = _head_of(number, told[0].metric if len({one.metric for one in told}) == 1 else number.metric)
        lines.append(f"{say(verb, number=head, where=where, reason=reason, why=say.reason(reason))}{on}")
    return lines


def _where(said: Sequence[str], say: Say) -> str:
    if len(said) <= FEW:
        return ", ".join(said)
    return say("where.many", n=len(said), first=said[0], last=said[-1])


def _head_of(number: Printed, metric: str) -> str:
    scope = f", {number.scope.name}" if number.scope.kind != "portfolio" else ""
    if number.level is None and not scope:
        return plain(metric)
    return f"{plain(metric)} ({number.level or ''}{scope if number.level else scope[2:]})"


def _said(one: Standing, say: Say) -> str:
    part = one.part
    assert part is not None
    amount = "" if part.amount is None else f" ({_amount(part, say)})"
    marks = [say.mark(part.mark) if part.mark != "unaligned" else "", say.need(part)]
    mark = f" [{', '.join(filter(None, marks))}]" if any(marks) else ""
    return f"{_span(one.period, say)}{amount}{say('no_theme') if part.mark == 'unaligned' else mark}"


def _amount(part: Part, say: Say) -> str:
    if part.unit == "money":
        return say.money(part.amount)
    unit = say(f"unit.{part.unit}") if part.unit in ("days", "item_days") else part.unit.replace("_", "-")
    return f"{as_json(part.amount)} {unit}".rstrip()


# --- what does not, and why


def _absent(found: Sequence[tuple[Printed, list[Standing]]], journey: Journey, told: Told, say: Say) -> Iterator[str]:
    """The numbers of its level that do not look at it: a line for each reason."""
    absent: dict[str, dict[str, None]] = {}  # why -> the numbers
    counted = {(number.metric, number.level) for number, stands in found if stands}
    for number, stands in found:
        head = _head_of(number, number.metric)
        if number.metric in ITEM_DAYS and len(number.periods) == 1:
            head = f"{head} {_span(number.periods[0], say)}"
        elif (number.metric, number.level) in counted:
            continue  # of other periods
        if not stands:
            absent.setdefault(_why_not(number, journey, told, say), {})[head] = None
    yield from (f"    {say('absent', names=', '.join(names), why=why)}" for why, names in absent.items())
    level = journey.placement.level
    if level is None:
        yield f"    {say('absent.type', type=plain(journey.type))}"
    else:
        yield f"    {say('absent.level', level=level)}"


def _why_not(number: Printed, journey: Journey, told: Told, say: Say) -> str:
    metric = stem(number.metric)
    if metric not in RECORDS and journey.flow_state is FlowState.IGNORE:
        return say.reason("ignored")
    if metric in TODAY:
        return _not_going_on(journey, told, say)
    if metric in ITEM_DAYS:
        return _not_in_their_days(number, journey, told, say)
    if metric in FINISHED:
        return _not_finished(journey, told, say)
    if metric == "forecast_when" and journey.placement.level == PORTFOLIO_LEVEL and journey.is_open:
        return say("absent.forecast_when.own", key=plain(journey.key))
    return say(f"absent.{metric}")


def _ends(journey: Journey, told: Told) -> tuple[str, str] | None:
    """How it ended, and on which day; None while it is open."""
    ends = {"finished": journey.finished_at, "given_up": journey.cancelled_at, "removed": journey.removed_at}
    calendar = calendar_of(journey, told.calendar)
    return next(((what, calendar.day(at).isoformat()) for what, at in ends.items() if at is not None), None)


def _not_finished(journey: Journey, told: Told, say: Say) -> str:
    ended = _ends(journey, told)
    return say("absent.open") if ended is None else say(f"absent.ended.{ended[0]}", day=ended[1])


def _not_going_on(journey: Journey, told: Told, say: Say) -> str:
    ended = _ends(journey, told)
    if ended is not None:
        return say(f"absent.since.{ended[0]}", day=ended[1])
    return say("absent.back" if journey.started_at else "absent.not_begun")


def _not_in_their_days(number: Printed, journey: Journey, told: Told, say: Say) -> str:
    """It ended before the days of these numbers, or began after them, or not at all; or stood still on them."""
    calendar, ended = calendar_of(journey, told.calendar), _ends(journey, told)
    if ended is not None and ended[1] < min(one.start for one in number.periods).isoformat():
        return say("absent.days.before", day=ended[1])
    if journey.started_at is None:
        return say("absent.not_begun")
    began = calendar.day(journey.started_at)
    if began >= max(one.end for one in number.periods):
        return say("absent.days.after", day=began.isoformat())
    return say("absent.flow")


def _claims(journey: Journey, told: Told, say: Say) -> str:
    """Numbers of readings count no item; a benefit may be claimed by one."""
    claimed = [one.id for theme in told.portfolio.themes for one in theme.benefits if one.item == journey.key]
    said = say("claims", benefits=", ".join(claimed)) if claimed else ""
    return say("readings", names=", ".join(READINGS), claims=said)


# --- for programs


def _rows(
    number: Printed, found: Sequence[Standing], journey: Journey, told: Told, say: Say
) -> Iterator[dict[str, Any]]:
    shared = {"level": number.level, "scope": number.scope.name, "pages": list(number.pages)}
    for one in found:
        yield {
            "metric": one.metric,
            **shared,
            "period_start": one.period.start.isoformat(),
            "period_end": one.period.end.isoformat(),
            "counted": one.part is not None,
            "amount": None if one.part is None else as_json(one.part.amount),
            "unit": None if one.part is None else one.part.unit,
            "mark": None if one.part is None else one.part.mark,
            "needed_on": None if one.part is None else as_json(one.part.needed_on),
            "need_from": None if one.part is None else one.part.need_from,
            "reason": one.reason,
            "why_not": say.reason(one.reason) if one.reason else None,
        }
    if not found:
        yield {
            "metric": number.metric,
            **shared,
            "period_start": min(one.start for one in number.periods).isoformat(),
            "period_end": max(one.end for one in number.periods).isoformat(),
            "counted": False,
            "amount": None,
            "unit": None,
            "mark": None,
            "reason": "not_in_it",
            "why_not": _why_not(number, journey, told, say),
        }


def _span(period: Period, say: Say) -> str:
    if period.length_days == 1:
        return period.start.isoformat()
    if period == iso_week(period.start):
        return week_label(period)
    if period == month(period.start):
        return f"{period.start:%Y-%m}"
    return say("span", start=period.start.isoformat(), end=period.last_day.isoformat())
