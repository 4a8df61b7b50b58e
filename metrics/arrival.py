"""When will an outcome arrive? A key result carried on at the pace of its own readings. Definition 3.4."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.strategy import KeyResult, PaceTolerances, Reading
from metrics.forecasts import TRIALS
from metrics.forecasts.lots import Urn, below, derived_seed
from metrics.key_results import latest, score_key_result

DEFINITION_VERSION = 1
LEVELS = (50, 85)
LEAST = 6  # stretches between readings, as few as weeks in a sample of what is finished
MOST = 12  # the newest ones: what an outcome did long ago says little of what it does
HORIZON_DAYS = 5 * 365  # beyond it a trial has not arrived
MOST_STRETCHES = 400  # of one trial, however close together its readings are


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """When a key result reaches its target. `dates` are by percentile; one that too few trials reach is absent.

    `by_due` is the share of trials that arrive by the due date; none does where `is_missed`: that day has passed.
    `refused`: no_target, no_baseline, no_reading, file_unread,
    invalid, as for its score; few_readings (fewer than seven), stale (its newest reading is too old to go on from),
    milestones (they come in steps).
    `reached`: it is there already. `stretches` are those that were drawn from, as (days, change), the newest first.
    """

    key_result: KeyResult
    dates: Mapping[int, date] = field(default_factory=dict)
    by_due: float | None = None
    is_missed: bool = False
    reached: bool = False
    refused: str | None = None
    stretches: tuple[tuple[int, Decimal], ...] = ()
    trials: int = TRIALS
    definition_version: int = DEFINITION_VERSION


def arrival(
    key_result: KeyResult,
    readings: Iterable[Reading],
    *,
    today: date,
    pace: PaceTolerances,
    portfolio: str,
    trials: int = TRIALS,
) -> Arrival:
    """The days by which half and 85 % of all trials have reached the target of a key result.

    A trial begins at the newest reading and draws stretches between neighbouring readings, each with its days and its
    change, from the newest twelve, with replacement, until the target is reached; it arrives at the end of that
    stretch, no earlier than today. The p-th percentile has rank ceil(p · N) over all N trials, those that have not
    arrived within five years among them. It needs six stretches, and a newest reading that is not stale.
    From 2 to 4, every stretch 30 days, half of them +2, half 0: after 1 with 50 %, after 3 with 85 %. Version 1.
    """
    known = latest(readings, kpi=key_result.kpi, today=today)
    score = score_key_result(key_result, known, today=today, pace=pace)
    if score.reason is not None:
        return Arrival(key_result=key_result, refused=score.reason, trials=trials)
    if score.status == "achieved":
        return Arrival(key_result=key_result, reached=True, trials=trials)
    if key_result.milestones is not None:
        return Arrival(key_result=key_result, refused="milestones", trials=trials)
    steps = _stretches(known)
    if len(steps) < LEAST:
        return Arrival(key_result=key_result, refused="few_readings", stretches=steps, trials=trials)
    if score.is_stale:
        return Arrival(key_result=key_result, refused="stale", stretches=steps, trials=trials)
    assert key_result.target is not None and key_result.baseline is not None
    seed = derived_seed(portfolio, today, DEFINITION_VERSION)
    sign = 1 if key_result.target > key_result.baseline else -1
    left = sign * (key_result.target - known[0].value)
    days = np.sort(_days(steps, left=left, sign=sign, urn=Urn(seed, "arrival", key_result.id), trials=trials))
    start = known[0].day
    horizon = (today - start).days + HORIZON_DAYS
    reached = int(np.searchsorted(days, horizon, side="right"))
    is_missed = key_result.due < today
    ranks = {p: -(-p * trials // 100) for p in LEVELS}
    return Arrival(
        key_result=key_result,
        dates={p: max(start + timedelta(days=int(days[rank - 1])), today) for p, rank in ranks.items()
               if rank <= reached},
        by_due=0.0 if is_missed else _by(days, (key_result.due - start).days, reached=reached),
        is_missed=is_missed,
        stretches=steps,
        trials=trials,
    )  # fmt: skip


def _by(days: NDArray[np.int64], day: int, *, reached: int) -> float:
    return min(int(np.searchsorted(days, day, side="right")), reached) / len(days)


def _stretches(known: Sequence[Reading]) -> tuple[tuple[int, Decimal], ...]:
    """From each of the newest readings back to the one before it: how many days, and by how much it changed."""
    pairs = list(pairwise(known))[:MOST]
    return tuple(((now.day - before.day).days, now.value - before.value) for now, before in pairs)


def _days(
    steps: Sequence[tuple[int, Decimal]], *, left: Decimal, sign: int, urn: Urn, trials: int
) -> NDArray[np.int64]:
    """The day after the newest reading on which each trial has arrived; far beyond the horizon where it has not."""
    lengths = np.array([days for days, _ in steps], dtype=np.int64)
    never = np.int64(2**31)
    rounds = min(MOST_STRETCHES, -(-HORIZON_DAYS // max(int(lengths.min()), 1)) + 1)
    goal, *whole = _whole([left, *(sign * change for _, change in steps)])
    fits = max(goal, *(rounds * abs(one) for one in whole)) < 2**63
    changes = np.array(whole, dtype=np.int64 if fits else object)  # else Python's own, which have no largest
    found = np.full(trials, never, dtype=np.int64)
    made, gone = np.zeros(trials, dtype=changes.dtype), np.zeros(trials, dtype=np.int64)
    for _ in range(rounds):
        drawn = below(urn.draw(1, trials)[0], len(steps)).astype(np.int64)
        made += changes[drawn]
        gone += lengths[drawn]
        is_new = (made >= goal) & (found == never)
        found[is_new] = gone[is_new]
    return found


def _whole(values: Sequence[Decimal]) -> list[int]:
    """The values in the smallest unit that any of them has: 0.5 and 12 are 5 and 120 tenths. Nothing is rounded."""
    parts = [Fraction(one) for one in values]
    unit = math.lcm(*(one.denominator for one in parts))
    return [int(one * unit) for one in parts]
