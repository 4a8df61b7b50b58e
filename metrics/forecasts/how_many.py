"""How many will be finished by then? Definition 3.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from metrics.forecasts import DEFINITION_VERSION, LEVELS, TRIALS
from metrics.forecasts.plan import Team
from metrics.forecasts.samples import Refusal, steps
from metrics.forecasts.trials import draws_of

USUAL = (0.5, 2.0)  # a forecast that promises less or more than so many times the last window is asked about


@dataclass(frozen=True, kw_only=True)
class HowMany:
    """How many items will be finished after `as_of` and until `by`, that day included, with so much probability.

    `at_least` is by percentile: with 85 % probability that many or more, so that a surer promise is a smaller one.
    """

    as_of: date
    by: date
    at_least: Mapping[int, int] = field(default_factory=dict)
    refused: Refusal | None = None
    n_used: int = 0  # days (or weeks) in the sample
    trials: int = TRIALS
    definition_version: int = DEFINITION_VERSION


def how_many(
    team: Team, *, name: str, as_of: date, by: date, seed: int, trials: int = TRIALS, levels: Sequence[int] = LEVELS
) -> HowMany:
    """The largest number of which at least p % of all trials finish that many or more.

    A sample of 0 and 2, equally likely, and three working days: 4 with 50 %, 2 with 85 %, 0 with 95 %. A sample of
    weeks counts whole weeks only. Definition 3.4, version 1.
    """
    if isinstance(team.samples, Refusal):
        return HowMany(as_of=as_of, by=by, refused=team.samples, trials=trials)
    days = (by - as_of).days
    draws = len(steps(unit=team.samples.unit, as_of=as_of, days=days, is_working=team.is_working)) if days > 0 else 0
    sums = np.sort(draws_of(team.samples, seed=seed, team=name, trials=trials, draws=draws))
    ranks = {p: max(-(-p * trials // 100), 1) for p in levels}
    return HowMany(
        as_of=as_of,
        by=by,
        at_least={p: int(sums[trials - rank]) for p, rank in ranks.items()},
        n_used=team.samples.n_used,
        trials=trials,
    )


def chance_of(n: int, team: Team, *, name: str, as_of: date, by: date, seed: int, trials: int = TRIALS) -> float | None:
    """The share of all trials that finish `n` items or more, with the lots of `how_many`; None: there is no sample."""
    if isinstance(team.samples, Refusal):
        return None
    days = (by - as_of).days
    draws = len(steps(unit=team.samples.unit, as_of=as_of, days=days, is_working=team.is_working)) if days > 0 else 0
    sums = draws_of(team.samples, seed=seed, team=name, trials=trials, draws=draws)
    return float(np.count_nonzero(sums >= n) / trials)


@dataclass(frozen=True, kw_only=True)
class Sanity:
    """Does a forecast promise what nobody has seen? `ratio`: its median, by what the last window of that length had."""

    median: int
    actual: int
    ratio: float | None  # None: nothing was finished in the last window
    is_alarming: bool


def sanity(found: HowMany, *, actual: int) -> Sanity | None:
    """Hold the median for the next window against what the last window of the same length finished.

    Outside one half to two times, warn: 81 promised after 39 is 2.08 times. Where the last window had none, any
    promise is alarming. None: there is no median. Definition 3.4, version 1.
    """
    if 50 not in found.at_least:
        return None
    median = found.at_least[50]
    if not actual:
        return Sanity(median=median, actual=0, ratio=None, is_alarming=median > 0)
    ratio = median / actual
    return Sanity(median=median, actual=actual, ratio=ratio, is_alarming=not USUAL[0] <= ratio <= USUAL[1])
