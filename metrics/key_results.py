"""Do we get where we said we would? Key results and objectives: definition 3.6, OKR."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.strategy import KeyResult, PaceTolerances, Reading, Theme
from metrics.selection import Excluded

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class KeyResultScore:
    """Where a key result stands on a day.

    `score` and `elapsed` are 0 to 1; `pace_points` is score minus elapsed share, in points. `status`: on_track,
    at_risk, off_track, achieved, missed; too_early where nothing is measured yet, unmeasured where that was due, unread
    where it may stand in a file that is not read; trend where there is no target.
    `band` grades it at its due date: green, amber, red, or None before. `reason` says why there is no score:
    no_reading, no_target, no_baseline, invalid (target equals baseline), file_unread (something of the file with its
    readings is set aside).
    """

    key_result: KeyResult
    reading: Reading | None
    previous: Reading | None
    score: Decimal | None
    elapsed: Decimal
    status: str
    band: str | None
    is_stale: bool
    reason: str | None = None
    definition_version: int = DEFINITION_VERSION

    @property
    def pace_points(self) -> Decimal | None:
        return None if self.score is None else (self.score - self.elapsed) * 100


@dataclass(frozen=True, kw_only=True)
class ObjectiveScore:
    """The weighted mean of a theme's measured key results, with how many of them were measured.

    `status` is its pace; without any measured, unmeasured where one was due, unread where one may stand in a file that
    is not read, else too_early.
    """

    theme: str
    score: Decimal | None
    elapsed: Decimal | None
    status: str
    key_results: tuple[KeyResultScore, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return sum(one.score is not None for one in self.key_results)

    @property
    def n_in_scope(self) -> int:
        return len(self.key_results)

    @property
    def on_track(self) -> int:
        """Measured key results that are on track or achieved."""
        return sum(one.status in ("on_track", "achieved") for one in self.key_results)

    @property
    def pace_points(self) -> Decimal | None:
        return None if self.score is None or self.elapsed is None else (self.score - self.elapsed) * 100


def progress(*, baseline: Decimal, target: Decimal, value: Decimal) -> Decimal | None:
    """(value - baseline) / (target - baseline), whichever way is better, not clamped; None if they are the same.

    From 100 to 160, now 130: 0.5. From 12 down to 8, now 9: 0.75. From 100 to 160, now 94: -0.1.
    """
    return None if target == baseline else (value - baseline) / (target - baseline)


def elapsed_share(*, starts: date, due: date, today: date) -> Decimal:
    """The share of the time that has passed, 0 to 1."""
    if due <= starts:
        return Decimal(today >= due)
    return _clamped(Decimal((today - starts).days) / (due - starts).days)


def latest(readings: Iterable[Reading], *, kpi: str | None, today: date) -> list[Reading]:
    """The readings of a KPI up to a day, newest first."""
    return sorted(
        (one for one in readings if one.kpi == kpi and one.day <= today), key=lambda one: one.day, reverse=True
    )


def score_key_result(
    key_result: KeyResult, readings: Iterable[Reading], *, today: date, pace: PaceTolerances
) -> KeyResultScore:
    """Score a key result by its newest reading: progress, clamped to 0 to 1.

    From 35 to 60, now 50: 0.6. Stale when the newest reading is older than an eighth of the cycle. Of milestones, those
    reached of all; the plan asks for whole ones, so that a single one is asked for on its due date: 1 of 3 is 0.33, and
    the plan asks for 0.33 until two thirds of the time have gone.
    """
    known = latest(readings, kpi=key_result.kpi, today=today)
    reading = known[0] if known else None
    elapsed = _planned(key_result, today=today)
    reason = _unscored(key_result, reading)
    score = None
    if reason is None:
        assert reading is not None and key_result.baseline is not None and key_result.target is not None
        made = progress(baseline=key_result.baseline, target=key_result.target, value=reading.value)
        score = _clamped(made or Decimal(0))
    return KeyResultScore(
        key_result=key_result,
        reading=reading,
        previous=known[1] if len(known) > 1 else None,
        score=score,
        elapsed=elapsed,
        status=_status(key_result, score=score, elapsed=elapsed, today=today, reason=reason, pace=pace),
        band=_band(key_result, score=score) if today >= key_result.due else None,
        is_stale=_is_stale(key_result, reading, today=today),
        reason=reason,
    )


def score_objective(theme: Theme, readings: Sequence[Reading], *, today: date, pace: PaceTolerances) -> ObjectiveScore:
    """The weighted mean of the key results of a theme that are measured; the others are named by reason.

    0.6, 0.5 and 1.0 of double weight: 0.775. Without the last: 0.55 over 2 of 3, not 0.37.
    """
    scores = tuple(score_key_result(one, readings, today=today, pace=pace) for one in theme.key_results)
    measured = [one for one in scores if one.score is not None]
    score = _mean([(one.score or Decimal(0), one.key_result.weight) for one in measured])
    elapsed = _mean([(one.elapsed, one.key_result.weight) for one in measured])
    return ObjectiveScore(
        theme=theme.id,
        score=score,
        elapsed=elapsed,
        status=_unpaced(scores) if score is None or elapsed is None else pace_status((score - elapsed) * 100, pace),
        key_results=scores,
        excluded=_by_reason(scores),
    )


def pace_status(points: Decimal, pace: PaceTolerances) -> str:
    """Status before the due date: at most 5 points behind, or as agreed, is on track, at most 15 at risk, more off."""
    if points >= -pace.on_track_points:
        return "on_track"
    return "at_risk" if points >= -pace.at_risk_points else "off_track"


def _planned(key_result: KeyResult, *, today: date) -> Decimal:
    """The share of the way that a straight plan asks for by a day; of milestones, in whole ones."""
    elapsed, steps = elapsed_share(starts=key_result.starts, due=key_result.due, today=today), key_result.milestones
    return elapsed if steps is None else Decimal(int(elapsed * steps)) / steps


def _unscored(key_result: KeyResult, reading: Reading | None) -> str | None:
    if key_result.kind == "direction_only" or key_result.target is None:
        return "no_target"
    if key_result.baseline is None:
        return "no_baseline"
    if key_result.target == key_result.baseline:
        return "invalid"
    if reading is not None:
        return None
    return "no_reading" if key_result.is_read else "file_unread"


def _status(
    key_result: KeyResult,
    *,
    score: Decimal | None,
    elapsed: Decimal,
    today: date,
    reason: str | None,
    pace: PaceTolerances,
) -> str:
    if score is None:
        if reason == "no_reading" and today > key_result.due:
            return "unmeasured"
        return {"no_target": "trend", "file_unread": "unread"}.get(reason or "", "too_early")
    if score >= 1:
        return "achieved"
    if today >= key_result.due:
        if key_result.kind == "committed":
            return "missed"
        return {"green": "on_track", "amber": "at_risk"}.get(_band(key_result, score=score) or "", "off_track")
    return pace_status((score - elapsed) * 100, pace)


def _unpaced(scores: Sequence[KeyResultScore]) -> str:
    """Status of an objective of which nothing is measured: nobody measured what was due, nobody can say, too early."""
    told = {one.status for one in scores}
    return next((name for name in ("unmeasured", "unread") if name in told), "too_early")


def _band(key_result: KeyResult, *, score: Decimal | None) -> str | None:
    if score is None:
        return None
    if key_result.kind == "committed":
        return "green" if score >= 1 else "red"
    if score >= Decimal("0.7"):
        return "green"
    return "amber" if score >= Decimal("0.4") else "red"


def _is_stale(key_result: KeyResult, reading: Reading | None, *, today: date) -> bool:
    since = reading.day if reading else key_result.starts
    return (min(today, key_result.due) - since).days * 8 > (key_result.due - key_result.starts).days


def _mean(weighted: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    weights = sum((weight for _, weight in weighted), Decimal(0))
    if not weights:
        return None
    return sum((value * weight for value, weight in weighted), Decimal(0)) / weights


def _by_reason(scores: Sequence[KeyResultScore]) -> dict[str, tuple[str, ...]]:
    reasons = sorted({one.reason for one in scores if one.reason})
    return {reason: tuple(one.key_result.id for one in scores if one.reason == reason) for reason in reasons}


def _clamped(value: Decimal) -> Decimal:
    return max(Decimal(0), min(Decimal(1), value))
