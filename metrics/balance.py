"""Does as much leave the work in progress as comes in? Arrivals and departures of definition 3.3."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from metrics.flow_load import days_within, untold_days
from metrics.selection import Excluded, count, falls_in, known, one_level

DEFINITION_VERSION = 1
BALANCED_SHARE = 0.05  # of the larger of both, up to which they are as many
BALANCED_ITEMS = 2  # fewer than so many apart are as many, too


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The keys of what began in a period, and of what was begun and ended in it, by how it ended.

    `both`: how many of them began and ended in it.
    """

    period: Period
    arrived: tuple[str, ...]
    finished: tuple[str, ...]
    cancelled: tuple[str, ...]
    removed: tuple[str, ...]
    both: int = 0
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def arrivals(self) -> int:
        return len(self.arrived)

    @property
    def departures(self) -> int:
        return len(self.finished) + len(self.cancelled) + len(self.removed)

    @property
    def net(self) -> int:
        """By how many items what is begun and not ended has grown; below 0: has shrunk."""
        return self.arrivals - self.departures

    @property
    def known(self) -> int | None:
        """The same; None where nothing is known to have come or left, and something may have."""
        lost = sum(len(keys) for reason, keys in self.excluded.items() if reason != "not_begun")
        return known(self.net, used=self.n_used, lost=lost)

    @property
    def off(self) -> float:
        """The difference as a share, 0 to 1, of the larger of both; 0 where nothing came or left."""
        return apart(self.arrivals, self.departures)

    @property
    def verdict(self) -> str:
        """`balanced` up to 5 % or with fewer than two items between them, else `growing` or `shrinking`; `unknown`."""
        if self.known is None:
            return "unknown"
        if abs(self.net) < BALANCED_ITEMS or self.off <= BALANCED_SHARE:
            return "balanced"
        return "growing" if self.net > 0 else "shrinking"

    @property
    def n_used(self) -> int:
        """Items, each once, whether it began in the period, ended in it, or both."""
        return self.arrivals + self.departures - self.both

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


def flow_balance(journeys: Iterable[Journey], *, period: Period, calendar: Calendar) -> Balance:
    """What of one level began, finished, was given up or went missing in the period; what was begun alone can depart.

    An item that began and ended in the period is in both. Leaves out what ended without being seen to begin:
    `no_start` or its own reason when it finished, `not_begun` when it was given up before; and what did neither, and
    may have been in progress for all that is known of its days: `unmapped`, `no_history`.
    Ten begin, seven finish, two are given up: 10 - 9 = 1, balanced; had only six finished, growing.
    """
    within = falls_in(period, calendar)
    found: dict[str, list[str]] = {name: [] for name in ("arrived", "finished", "cancelled", "removed")}
    excluded: dict[str, list[str]] = {}
    both = 0
    for journey in one_level(journeys):
        if has_arrived := within(journey, journey.started_at):
            found["arrived"].append(journey.key)
        ended_at, how = ending(journey)
        if not within(journey, ended_at):
            for reason in _untold(journey, period, calendar) if not has_arrived else ():
                excluded.setdefault(reason, []).append(journey.key)
            continue
        if journey.started_at is not None:
            found[how].append(journey.key)
            both += has_arrived
        elif how == "finished":
            excluded.setdefault(journey.excluded_reason or "no_start", []).append(journey.key)
        elif how == "cancelled":
            excluded.setdefault(not_begun(journey), []).append(journey.key)
    return Balance(
        period=period,
        both=both,
        **{name: tuple(sorted(keys)) for name, keys in found.items()},  # type: ignore[arg-type]  # four tuples of keys
        excluded={reason: tuple(sorted(keys)) for reason, keys in sorted(excluded.items())},
    )


def _untold(journey: Journey, period: Period, calendar: Calendar) -> list[str]:
    """Why nobody knows whether an item was in progress on some day of the period; the first reason is enough."""
    return [reason for reason, days in untold_days(journey, calendar=calendar) if days_within([days], period)][:1]


def apart(arrivals: int, departures: int) -> float:
    """The difference as a share of the larger of both; 0 where both are 0."""
    most = max(arrivals, departures)
    return abs(arrivals - departures) / most if most else 0.0


def ending(journey: Journey) -> tuple[datetime | None, str]:
    """When and how an item ended: finished, else given up, else gone."""
    if journey.finished_at is not None:
        return journey.finished_at, "finished"
    if journey.cancelled_at is not None and (journey.removed_at is None or journey.cancelled_at <= journey.removed_at):
        return journey.cancelled_at, "cancelled"
    return journey.removed_at, "removed"


def not_begun(journey: Journey) -> str:
    """Why an item that was given up was not seen to begin: it never did, or nobody could see."""
    return "no_history" if journey.excluded_reason in ("no_history", "history_gap") else "not_begun"
