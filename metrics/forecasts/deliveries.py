"""What an increment will bring: how many items, and whether all epics that are due in it. Definition 3.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendar import Calendar, Increment
from domain.period import Period
from metrics.forecasts.how_many import HowMany, Sanity, how_many, sanity
from metrics.forecasts.planning import PORTFOLIO, Planned
from metrics.forecasts.when import Forecast, Forecasts, delivery


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How much some people will finish by the end of an increment, beside what they finished in as many days before.

    `last` are those days, `actual` what was finished in them; both None where not all of them are known.
    """

    name: str
    found: HowMany
    last: Period | None
    actual: int | None
    sanity: Sanity | None


@dataclass(frozen=True, kw_only=True)
class Together:
    """How likely all epics are done that are due by the end of an increment, overdue ones included.

    `share` takes the teams as independent: of each team the least likely epic, then the product. `bound` takes them to
    rise and fall together, and is the best that can be believed; the truth lies between. None: all of their work is
    finished, or `unknown` (by name) cannot be forecast.
    """

    by: date
    epics: tuple[str, ...]
    unknown: tuple[str, ...]
    share: float | None
    bound: float | None


def increment_ahead(calendar: Calendar, today: date) -> Increment:
    """The increment that tomorrow is in: on its last day the next one is what is ahead."""
    return calendar.increment_of(today + timedelta(days=1))


def deliveries(planned: Planned, *, increment: Increment) -> tuple[Delivery, ...]:
    """How many items by the end of an increment: the portfolio first, then who works in it.

    What all finish together is drawn from days of all together, so it is no sum: some will have a good week while
    others have a bad one. Definition 3.4, version 1.
    """
    names = sorted(planned.everyone, key=lambda name: (name != PORTFOLIO, name))
    if len(names) == 2:  # all, and the one there is: the same
        names = names[:1]
    return tuple(_delivery(name, planned, by=increment.period.last_day) for name in names)


def together(forecasts: Forecasts) -> Together | None:
    """The likelihood that all epics due by `forecasts.until` are done by then; None: none is due.

    One team of .90, another of .80 and .95: .72, and .80 if they rise and fall together. An epic of which all work is
    finished is delivered; one that only waits for others is as likely as they are. Definition 3.4, version 1.
    """
    until = forecasts.until
    if until is None:
        return None
    due = [one for one in forecasts.epics if one.epic.due_on is not None and one.epic.due_on <= until]
    if not due:
        return None
    unknown = tuple(one.id for one in due if one.refused is not None)
    rows = _rows(due, forecasts)
    is_known = not unknown and bool(rows)
    return Together(
        by=until,
        epics=tuple(one.id for one in due),
        unknown=unknown,
        share=delivery(rows) if is_known else None,
        bound=min(min(shares) for shares in rows.values()) if is_known else None,
    )


def _rows(due: Sequence[Forecast], forecasts: Forecasts) -> dict[str, list[float]]:
    """By team the likelihood of each of its parts; an epic without work of its own brings those that it waits for."""
    rows: dict[str, list[float]] = {}
    asked = list(due)
    seen = {one.id for one in asked}
    for one in asked:
        for team, share in one.parts.items():
            rows.setdefault(team, []).append(share)
        for name in one.epic.after if not one.parts else ():
            if name not in seen and (before := forecasts.of(name)) is not None:
                seen.add(name)
                asked.append(before)  # its turn comes in this very loop
    return rows


def _delivery(name: str, planned: Planned, *, by: date) -> Delivery:
    plan = planned.plan
    found = how_many(planned.everyone[name], name=name, as_of=plan.as_of, by=by, seed=plan.seed, trials=plan.trials)
    last = _last(planned.known.get(name), days=(by - plan.as_of).days)
    actual = None if last is None else sum(day in last for day in planned.finished_on[name])
    return Delivery(
        name=name,
        found=found,
        last=last,
        actual=actual,
        sanity=None if actual is None else sanity(found, actual=actual),
    )


def _last(known: Period | None, *, days: int) -> Period | None:
    """The last so many days of which all is known."""
    if known is None or days < 1 or known.length_days < days:
        return None
    return Period(known.end - timedelta(days=days), known.end)
