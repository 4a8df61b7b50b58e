"""What a decision on one epic buys: its dates as it stands, put first, or with half of it. Definition 3.4."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from metrics.forecasts.planning import Planned
from metrics.forecasts.samples import Refusal
from metrics.forecasts.trials import Played, play, play_paced
from metrics.forecasts.when import Dates, Forecasts, likelihood, percentile_days

DEFINITION_VERSION = 1
LEVELS = (50, 85)
AS_IS, FIRST, HALF = "as_is", "first", "half"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One way to go on with an epic, the days by which it is done then, and how likely by its due date, 0 to 1."""

    name: str
    dates: Dates
    by_due: float | None


def choices(planned: Planned, forecasts: Forecasts, id: str) -> tuple[Choice, ...]:
    """The dates of an epic as it stands, put before all other epics of its teams, and with half of what is left of it.

    The forecast's own trials: order, lots and seed are the same but for what is chosen. With half of the work, what is
    finished for it counts twice. Put first and no earlier by any percentile, it was first already, and its dates are
    those as it stands: in another order its lots are others, which is chance. Left out: what putting it first does to
    the others, and what a half is worth. Nothing where the epic has no date to begin with.

    An epic of 10 items at one a day, half of it: 5 days. Version 1.
    """
    told, plan = forecasts.of(id), planned.plan
    if told is None or not told.dates or told.is_done:
        return ()
    first = replace(plan, epics=tuple(sorted(plan.epics, key=lambda one: one.id != id)))
    due = told.epic.due_on

    def choice(name: str, played: Played | Refusal) -> Choice:
        if isinstance(played, Refusal):
            return Choice(name=name, dates={}, by_due=None)
        days = percentile_days(played.done, levels=LEVELS)
        return Choice(
            name=name,
            dates={p: plan.as_of + timedelta(days=day) for p, day in days.items()},
            by_due=None if due is None else likelihood(played.done, as_of=plan.as_of, by=due, remaining=True).share,
        )

    as_is = Choice(
        name=AS_IS,
        dates={p: told.dates[p] for p in LEVELS if p in told.dates},
        by_due=None if told.likelihood is None else told.likelihood.share,
    )
    put_first = choice(FIRST, play(first)[id])
    return (
        as_is,
        put_first if _is_earlier(put_first, as_is) else replace(as_is, name=FIRST),
        choice(HALF, play_paced(plan, {id: Fraction(2)})[id]),
    )


def _is_earlier(one: Choice, other: Choice) -> bool:
    """Has it a date of any percentile that is before that of the other, or that the other has not?"""
    return any(p not in other.dates or day < other.dates[p] for p, day in one.dates.items())
