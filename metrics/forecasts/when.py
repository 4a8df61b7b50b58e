"""When will it be done, and with what probability? Definition 3.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from metrics.forecasts import DEFINITION_VERSION, LEVELS
from metrics.forecasts.plan import Epic, Plan
from metrics.forecasts.samples import Refusal
from metrics.forecasts.trials import NEVER, Days, Played, play_apart

CERTAIN = 0.95  # no likelihood reads higher than "more than 95 %" while anything remains

Dates = Mapping[int, date]  # by percentile; one that was not reached within the horizon is absent


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """The share of trials that are done by a day.

    `is_over`: it reads "more than 95 %", since nothing is certain while anything remains.
    """

    by: date
    share: float
    is_over: bool


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """When one epic will be done. `dates` hold everything we know of; the others leave something out.

    `alone`: as if it waited for no other epic; `starts`: when it would begin then, where it waits and is not
    begun. `known_only`: without the work of which nobody knows the size.
    `together`: as if all of its teams rose and fell together, which is the earliest that can be believed; `dates` take
    them as independent, and the truth lies between.
    `refused` says why there are no dates; then `alone` and `known_only` may still have some.
    `remaining` are items that are known; `unsplit` what has still to be split, whose size is assumed.
    `parts` is, by team, the share of trials in which its part is done by the day that was asked for (`until`).
    """

    epic: Epic
    dates: Dates = field(default_factory=dict)
    alone: Dates = field(default_factory=dict)
    starts: Dates = field(default_factory=dict)
    known_only: Dates = field(default_factory=dict)
    together: Dates = field(default_factory=dict)
    likelihood: Likelihood | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    refused: Refusal | None = None
    finished_trials: int = 0
    trials: int

    @property
    def id(self) -> str:
        return self.epic.id

    @property
    def is_assumed(self) -> bool:
        return self.epic.unsplit > 0

    @property
    def is_done(self) -> bool:
        """Is all of its work finished, though nobody has closed it?"""
        return not self.refused and not self.epic.remaining and not self.epic.unsplit and not self.epic.after


@dataclass(frozen=True, kw_only=True)
class Forecasts:
    """What was forecast from one plan, in the order of the epics' rank."""

    plan: Plan
    epics: tuple[Forecast, ...]
    levels: tuple[int, ...] = LEVELS
    until: date | None = None
    definition_version: int = DEFINITION_VERSION

    def of(self, id: str) -> Forecast | None:
        return next((one for one in self.epics if one.id == id), None)


def forecast(plan: Plan, *, levels: Sequence[int] = LEVELS, until: date | None = None) -> Forecasts:
    """The dates by which every epic of a plan is done, with so much probability.

    The p-th percentile is the first day on which at least p % of all trials are done: rank ceil(p · N) over all N,
    those that are not done within the horizon included. So 60 % finished trials have a median and no 85th.
    A sample of 0 and 2, equally likely, and 2 items: day 1, 3 and 5 with 50, 85 and 95 %. Definition 3.4, version 1.
    """
    whole, alone, known = play_apart(plan)
    return Forecasts(
        plan=plan,
        epics=tuple(
            _forecast(epic, plan, whole[epic.id], alone[epic.id], known[epic.id], levels=levels, until=until)
            for epic in plan.epics
        ),
        levels=tuple(levels),
        until=until,
    )


def percentile_days(days: Days, *, levels: Iterable[int]) -> dict[int, int]:
    """The day of each percentile over all trials; one whose rank is not reached within the horizon is absent."""
    ordered = np.sort(days)
    ranks = {p: max(-(-p * len(days) // 100), 1) for p in levels}
    return {p: int(ordered[rank - 1]) for p, rank in ranks.items() if ordered[rank - 1] != NEVER}


def likelihood(days: Days, *, as_of: date, by: date, remaining: bool) -> Likelihood:
    """How likely is it done by a day? Never read as certain while anything remains, however many trials say so."""
    done = int(np.count_nonzero(days <= min(max((by - as_of).days, -1), int(NEVER) - 1))) if by >= as_of else 0
    share = done / len(days)
    return Likelihood(by=by, share=share, is_over=remaining and share > CERTAIN)


def independent(parts: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The share done by day of several teams that know nothing of each other: the product.

    Two teams of .50, .75, 1: .25, .5625, 1. So the median is day 2, and the 85th percentile day 3.
    """
    return tuple(float(np.prod(shares)) for shares in zip(*parts, strict=True))


def comonotone(parts: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The same if teams rise and fall together: the least of them. Nothing better can be believed."""
    return tuple(min(shares) for shares in zip(*parts, strict=True))


def delivery(rows: Mapping[str, Sequence[float]]) -> float:
    """How likely is a whole delivery: by team its least likely row, then the product over the teams.

    One team of .90, another of .80 and .95: .72.
    """
    return float(np.prod([min(shares) for shares in rows.values()]))


def _forecast(
    epic: Epic,
    plan: Plan,
    whole: Played | Refusal,
    alone: Played | Refusal,
    known: Played | Refusal,
    *,
    levels: Sequence[int],
    until: date | None,
) -> Forecast:
    by_itself = _dates(alone, plan=plan, levels=levels)
    starts = _days(alone.starts if isinstance(alone, Played) else None, plan=plan, levels=levels)
    of_known = _dates(known, plan=plan, levels=levels)
    if isinstance(whole, Refusal):
        return Forecast(
            epic=epic, alone=by_itself, starts=starts, known_only=of_known, refused=whole, trials=plan.trials
        )
    parts = [percentile_days(days, levels=levels) for days in whole.parts.values()]
    bound = {p: max(part[p] for part in parts) for p in levels if parts and all(p in part for part in parts)}
    is_open = bool(epic.remaining or epic.unsplit or whole.done.any())
    return Forecast(
        epic=epic,
        dates=_dates(whole, plan=plan, levels=levels),
        alone=by_itself,
        starts=starts,
        known_only=of_known,
        together={p: plan.as_of + timedelta(days=day) for p, day in bound.items()},
        likelihood=None
        if epic.due_on is None
        else likelihood(whole.done, as_of=plan.as_of, by=epic.due_on, remaining=is_open),
        parts={}
        if until is None
        else {
            name: likelihood(days, as_of=plan.as_of, by=until, remaining=True).share
            for name, days in sorted(whole.parts.items())
        },
        finished_trials=int(np.count_nonzero(whole.done != NEVER)),
        trials=plan.trials,
    )


def _dates(played: Played | Refusal, *, plan: Plan, levels: Sequence[int]) -> Dates:
    return _days(played.done if isinstance(played, Played) else None, plan=plan, levels=levels)


def _days(days: Days | None, *, plan: Plan, levels: Sequence[int]) -> Dates:
    found = {} if days is None else percentile_days(days, levels=levels)
    return {p: plan.as_of + timedelta(days=day) for p, day in found.items()}
