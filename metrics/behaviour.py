"""Is a change real, or noise? The process behaviour chart (XmR) of definition 3.3 and its usual range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from statistics import fmean

from domain.period import Period
from domain.strategy import ProcessChange

DEFINITION_VERSION = 1
BASELINE = 12  # points after which a baseline is frozen
LEAST = 6  # points below which nothing is said


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Natural process limits, never rounded. `lower` is None where it would be below what can happen."""

    mean: float
    upper: float
    lower: float | None
    sigma: float
    mean_range: float
    range_limit: float


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A pattern that noise seldom makes, ending at the point `at` (0 is the first): above or below the mean.

    `rule`: outside, two_of_three, four_of_five, eight_in_a_row.
    """

    at: int
    rule: str
    side: int  # +1 above the mean, -1 below


@dataclass(frozen=True, kw_only=True)
class UsualRange:
    """What may be said of the newest point.

    `certainty`: none (fewer than 6 points: no band, no verdict), probable (6 to 11), firm (12 or more).
    `change`: "higher" or "lower" when the newest point ends a signal, "none" when it does not, None without a verdict.
    `is_outside`: it lies outside the range; if not, a change is one of several points in a row that lie within it.
    """

    limits: Limits | None
    certainty: str
    change: str | None
    signals: tuple[Signal, ...]
    n_used: int
    is_outside: bool = False
    definition_version: int = DEFINITION_VERSION


def limits(values: Sequence[float], *, never_negative: bool = True) -> Limits:
    """Mean ± 2.66 times the mean moving range of at least two values.

    5, 7, 4, 6, 8, 5, 6, 7: mean 6, limits 11.32 and 0.68, limit of the moving range 6.54.
    """
    if len(values) < 2:
        raise ValueError("limits need at least two values")
    mean = fmean(values)
    mean_range = fmean(abs(later - earlier) for earlier, later in pairwise(values))
    lower = mean - 2.66 * mean_range
    return Limits(
        mean=mean,
        upper=mean + 2.66 * mean_range,
        lower=None if never_negative and lower < 0 else lower,
        sigma=mean_range / 1.128,
        mean_range=mean_range,
        range_limit=3.268 * mean_range,
    )


def signals(values: Sequence[float], within: Limits) -> tuple[Signal, ...]:
    """Every point that ends a pattern: outside the limits, 2 of 3 beyond two sigma, 4 of 5 beyond one, 8 on a side.

    A point on the mean breaks a run. Where the lower limit cannot be drawn, the rules below it are off.
    """
    found = []
    for at in range(len(values)):
        for side in (1, -1):
            rule = _rule(values[: at + 1], within, side)
            if rule is not None:
                found.append(Signal(at=at, rule=rule, side=side))
    return tuple(found)


def usual_range(values: Sequence[float], *, changed_at: int = 0, never_negative: bool = True) -> UsualRange:
    """The usual range of a series, oldest first, and whether its newest point is a real change.

    The baseline is the first 12 points from `changed_at`, the last named process change, then frozen.
    """
    since = values[changed_at:]
    if len(since) < LEAST:
        return UsualRange(limits=None, certainty="none", change=None, signals=(), n_used=len(since))
    within = limits(since[:BASELINE], never_negative=never_negative)
    found = signals(since, within)
    newest = [signal for signal in found if signal.at == len(since) - 1]
    sides = {signal.side for signal in newest}
    return UsualRange(
        limits=within,
        certainty="firm" if len(since) >= BASELINE else "probable",
        change="higher" if 1 in sides else "lower" if -1 in sides else "none",
        signals=tuple(Signal(at=one.at + changed_at, rule=one.rule, side=one.side) for one in found),
        n_used=len(since),
        is_outside=any(signal.rule == "outside" for signal in newest),
    )


def usual_rhythm(counts: Sequence[int], *, changed_at: int = 0) -> UsualRange:
    """The usual range of weekly counts; none where they are mostly zeros, which look like a pattern and are not one.

    Fewer items than weeks since `changed_at` are mostly zeros.
    """
    known = counts[changed_at:]
    return usual_range(counts, changed_at=changed_at) if sum(known) >= len(known) else usual_range(())


def newest_change(changes: Iterable[ProcessChange], *, end: date) -> ProcessChange | None:
    """The last change of the process that was named and had come before a day; None: nobody named one."""
    return max((one for one in changes if one.on < end), key=lambda one: (one.on, one.name), default=None)


def reaching_back(
    back: Callable[[date, int], list[Period]], end: date, *, least: int, change: ProcessChange | None
) -> list[Period]:
    """At least so many whole weeks or months that end by a day; and all since a change, for there its baseline lies."""
    periods = back(end, least)
    if change is None or periods[0].start <= change.on:
        return periods
    shortest = min(one.length_days for one in periods)
    more = back(end, least + (periods[0].start - change.on).days // min(shortest, 28) + 1)
    return [one for one in more if one.start >= change.on]


def begun_before(periods: Iterable[Period], change: ProcessChange | None) -> int:
    """How many of the periods began before a change: they say nothing of what is usual since."""
    return 0 if change is None else sum(one.start < change.on for one in periods)


def usual_of_known(values: Sequence[float | None], *, shown: int, changed_at: int = 0) -> UsualRange:
    """The usual range of a series with gaps, beside its newest points, so many with the gaps; a gap is no point."""
    known = [one for one in values if one is not None]
    before = sum(one is not None for one in values[:changed_at])
    newest = sum(one is not None for one in values[-shown:])
    return of_the_newest(usual_range(known, changed_at=before), shown=newest, of=len(known))


def of_the_newest(usual: UsualRange, *, shown: int, of: int) -> UsualRange:
    """The same range beside the newest of its points alone."""
    skipped = of - shown
    kept = tuple(replace(one, at=one.at - skipped) for one in usual.signals if one.at >= skipped)
    return usual if not skipped else replace(usual, signals=kept)


def _rule(values: Sequence[float], within: Limits, side: int) -> str | None:
    """The strongest rule that the newest value ends on one side."""
    apart = [side * (value - within.mean) for value in values]
    may_be_far = side > 0 or within.lower is not None
    if may_be_far:
        if apart[-1] > 2.66 * within.mean_range:
            return "outside"
        if _beyond(apart[-3:], 2 * within.sigma, least=2):
            return "two_of_three"
        if _beyond(apart[-5:], within.sigma, least=4):
            return "four_of_five"
    if len(apart) >= 8 and all(value > 0 for value in apart[-8:]):
        return "eight_in_a_row"
    return None


def _beyond(apart: Sequence[float], sigmas: float, *, least: int) -> bool:
    """Do the newest value and enough of those before it lie beyond so many sigmas?"""
    return apart[-1] > sigmas and sum(value > sigmas for value in apart) >= least
