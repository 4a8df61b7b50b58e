"""How old unfinished work is: definition 3.3, work item age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.calendar import Calendar, DayCount
from domain.journey import Journey
from domain.work_item import FlowState
from metrics.flow_time import FlowTime
from metrics.journeys import IN_PROGRESS
from metrics.pace import Pace
from metrics.selection import Excluded, calendar_of, count, one_level, part
from metrics.timeline import paused_spans

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Age:
    """How long one open item has been going: local days since its start, today included.

    `paused_days` of them were spent back in new. `exceeded` is the highest of the 50th, 85th and 95th percentile of
    flow time that the age has passed; None: none of them, or too few finished items to tell. `pace` is the same against
    the age at which finished items left the state it is in. `is_late`: older than the time that is expected.
    """

    journey: Journey
    days: int
    paused_days: int
    exceeded: int | None
    pace: int | None = None
    is_late: bool = False

    @property
    def key(self) -> str:
        return self.journey.key


@dataclass(frozen=True, kw_only=True)
class Ages:
    """The ages of what is in progress, oldest first; items that are back in new are apart, in `paused`."""

    today: date
    items: tuple[Age, ...]
    paused: tuple[Age, ...] = ()
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.items)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + len(self.paused) + count(self.excluded)

    @property
    def total_days(self) -> int:
        """Grows by the number of items every day on which nothing finishes."""
        return sum(age.days for age in self.items)


def ages(
    journeys: Iterable[Journey],
    *,
    as_of: datetime,
    calendar: Calendar,
    finished: FlowTime | None = None,
    pace: Pace | None = None,
    expected_days: int | None = None,
) -> Ages:
    """The ages of the open items of one level that have started; `finished` gives the percentiles to compare with.

    `pace` gives those of each state, and `expected_days` what somebody promised, if anybody did.
    Started on Monday and still open on Wednesday: 3 days, by the calendar of its value stream. Leaves out items in
    progress whose start nobody saw.
    """
    started = [one for one in one_level(journeys) if one.is_open and (one.started_at or one.flow_state in IN_PROGRESS)]
    used, excluded = part(started, reason=_reason)
    every = sorted(
        (
            _age(one, as_of=as_of, calendar=calendar, finished=finished, pace=pace, expected_days=expected_days)
            for one in used
        ),
        key=lambda age: (-age.days, age.key),
    )
    return Ages(
        today=calendar.day(as_of),
        items=tuple(age for age in every if age.journey.flow_state is not FlowState.NEW),
        paused=tuple(age for age in every if age.journey.flow_state is FlowState.NEW),
        excluded=excluded,
    )


def _reason(journey: Journey) -> str | None:
    return journey.excluded_reason or (None if journey.started_at else "no_start")


def age_days(journey: Journey, *, as_of: datetime, calendar: Calendar) -> int | None:
    """Days since the start of an item, the first and today included, as flow time counts them; None: not started."""
    if journey.started_at is None:
        return None
    own = calendar_of(journey, calendar)
    return own.days_from(own.day(journey.started_at), own.day(as_of))


def _age(
    journey: Journey,
    *,
    as_of: datetime,
    calendar: Calendar,
    finished: FlowTime | None,
    pace: Pace | None,
    expected_days: int | None,
) -> Age:
    days = age_days(journey, as_of=as_of, calendar=calendar)
    assert days is not None
    passed = [p for p in (50, 85, 95) if finished and (limit := finished.percentile(p)) is not None and days > limit]
    band = pace.of(journey.status) if pace is not None and journey.flow_state in IN_PROGRESS else None
    return Age(
        journey=journey,
        days=days,
        paused_days=_paused_days(journey, as_of=as_of, calendar=calendar),
        exceeded=max(passed, default=None),
        pace=band.exceeded(days) if band is not None else None,
        is_late=expected_days is not None and days > expected_days,
    )


def _paused_days(journey: Journey, *, as_of: datetime, calendar: Calendar) -> int:
    """How many of its days an item was back in new, counted as its age is: the day on which it went on is none."""
    own = calendar_of(journey, calendar)
    if own.count is not DayCount.WORKING_DAYS:
        return round(journey.spans.paused / 86_400)
    paused = [(own.day(span.since), own.day(span.until or as_of)) for span in paused_spans(journey)]
    return sum(own.working_days(first, until - timedelta(days=1)) for first, until in paused)
