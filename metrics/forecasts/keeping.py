"""Forecasts that are kept: what an edition promises, what became of it, and why a date moved since. Definition 3.4."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from domain.calendar import Calendar
from domain.journey import Journey
from domain.promises import DUE, FINISHED, WHEN, WITHDRAWN, Ending, Foretold, Given, Promise
from domain.work_item import ItemId
from metrics.calibration import Told
from metrics.forecasts.moved import Moved, moved
from metrics.forecasts.plan import Plan, from_dict, to_dict
from metrics.forecasts.planning import Planned, name_of
from metrics.forecasts.when import Forecast, Forecasts
from metrics.selection import calendar_of


def foretold(
    planned: Planned, forecasts: Forecasts, *, known_at: datetime, published_at: datetime, calendar: Calendar
) -> Foretold:
    """What an edition promises: the plan and every day and likelihood of every epic; where there is none, why."""
    plan = planned.plan
    return Foretold(
        as_of=plan.as_of,
        known_at=known_at,
        published_at=published_at,
        seed=plan.seed,
        definition_version=forecasts.definition_version,
        digest=digest(plan),
        plan=to_dict(plan),
        promises=tuple(
            promise
            for one in forecasts.epics
            for promise in _promises(one, planned.epics[one.id], levels=forecasts.levels, as_of=plan.as_of)
        ),
        in_hindsight=calendar.day(published_at) > plan.as_of,
    )


def digest(plan: Plan) -> str:
    """The name of a plan's content."""
    return hashlib.sha256(json.dumps(to_dict(plan), sort_keys=True).encode()).hexdigest()


def endings(journeys: Iterable[Journey], *, calendar: Calendar) -> dict[ItemId, Ending]:
    """How and when the epics ended that have ended: finished, or given up or removed before."""
    found = {}
    for one in journeys:
        if one.placement.level == "epic" and (ending := ending_of(one, calendar=calendar)) is not None:
            found[one.id] = ending
    return found


def ending_of(journey: Journey, *, calendar: Calendar) -> Ending | None:
    """How an item ended, on the day that its own calendar says."""
    own = calendar_of(journey, calendar)
    if journey.finished_at is not None:
        return Ending(how=FINISHED, day=own.day(journey.finished_at))
    gone = [at for at in (journey.cancelled_at, journey.removed_at) if at is not None]
    return Ending(how=WITHDRAWN, day=own.day(min(gone))) if gone else None


def told(
    given: Iterable[Given],
    journeys: Iterable[Journey],
    *,
    calendar: Calendar,
    read_at: Mapping[str, datetime],
) -> tuple[Told, ...]:
    """What was first promised of each item, beside what became of it.

    `read_at` is until when all is known, by source: what happened on that day or later, as the item's own calendar has
    days, counts neither way. Of a source that is not among them nothing is known. An item that is held no more, as when
    its source has left the settings, is taken for withdrawn on the day of the promise.
    """
    held = {one.id: one for one in journeys}
    by_day: dict[tuple[ItemId, date], list[Promise]] = defaultdict(list)
    for one in given:
        by_day[(one.promise.item, one.as_of)].append(one.promise)
    return tuple(
        _told(item, as_of, promises, held.get(item), calendar=calendar, read_at=read_at.get(item.source))
        for (item, as_of), promises in sorted(by_day.items(), key=lambda pair: pair[0])
    )


def moves(
    former: Foretold, planned: Planned, forecasts: Forecasts, *, journeys: Iterable[Journey], levels: Sequence[int]
) -> tuple[Moved, ...]:
    """Why dates differ from those that a former edition promised, the furthest moved first."""
    published: dict[str, dict[int, date]] = defaultdict(dict)
    for one in former.promises:
        if one.kind == WHEN and one.day is not None:
            published[name_of(one.item)][one.percentile] = one.day
    open_still = [one for one in forecasts.epics if one.dates and not one.is_done]
    found = moved(
        from_dict(former.plan),
        planned.plan,
        published=published,
        republished={one.id: one.dates for one in open_still},
        finished={name_of(one.id) for one in journeys if one.finished_at is not None},
        levels=levels,
    )
    return tuple(sorted(found, key=lambda one: (-abs(one.days or 0), one.id, one.percentile)))


def _promises(forecast: Forecast, epic: Journey, *, levels: Sequence[int], as_of: date) -> Iterator[Promise]:
    """Nothing is promised of an epic of which all work is finished, and of a due date that has passed."""
    if forecast.is_done:
        return
    why = forecast.refused.reason if forecast.refused is not None else None
    for p in levels:
        yield Promise(
            item=epic.id, key=epic.key, kind=WHEN, percentile=p, day=forecast.dates.get(p), trials=forecast.trials,
            refused=why,
        )  # fmt: skip
    likely = forecast.likelihood
    if likely is not None and likely.by >= as_of:
        yield Promise(
            item=epic.id, key=epic.key, kind=DUE, percentile=0, day=likely.by,
            done_trials=round(likely.share * forecast.trials), trials=forecast.trials,
        )  # fmt: skip


def known_until(journey: Journey | None, *, read_at: datetime | None, calendar: Calendar) -> date:
    """The first day of which not all is known of an item, whose value stream may be a day behind the portfolio."""
    if read_at is None:
        return date.min
    return (calendar_of(journey, calendar) if journey is not None else calendar).day(read_at)


def _told(
    item: ItemId,
    as_of: date,
    promises: Sequence[Promise],
    journey: Journey | None,
    *,
    calendar: Calendar,
    read_at: datetime | None,
) -> Told:
    ending = Ending(how=WITHDRAWN, day=as_of) if journey is None else ending_of(journey, calendar=calendar)
    due = next((one for one in promises if one.kind == DUE), None)
    return Told(
        id=name_of(item),
        as_of=as_of,
        dates={one.percentile: one.day for one in promises if one.kind == WHEN and one.day is not None},
        due_on=due.day if due is not None else None,
        likelihood=due.done_trials / due.trials if due is not None and due.done_trials is not None else None,
        finished_on=ending.day if ending is not None and ending.how == FINISHED else None,
        withdrawn_on=ending.day if ending is not None and ending.how == WITHDRAWN else None,
        known_until=known_until(journey, read_at=read_at, calendar=calendar),
    )
