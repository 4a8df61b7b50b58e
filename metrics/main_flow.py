"""The flow that pages speak of: at which level, over which weeks, and what part of it each theme has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period, last_complete_week, weeks_back
from domain.strategy import Theme
from domain.work_item import FlowState
from metrics.alignment import FlowShares, flow_shares
from metrics.selection import at_level

LEVELS = ("epic", "feature", "story")
WEEKS = 26
WINDOW_WEEKS = 13  # the quarter that figures speak of
ENOUGH = 20  # finished items in half a year that make a level worth measuring


def told_week(*, calendar: Calendar, as_of: datetime) -> Period:
    """The last week that is over at an instant: its Sunday counts as over with its last microsecond only."""
    return last_complete_week(calendar.day(as_of + timedelta(seconds=1)))


def main_level(
    journeys: Sequence[Journey], *, since: date, calendar: Calendar, levels: Sequence[str] = LEVELS
) -> str | None:
    """The highest level of which enough finished in half a year; else the one of which most did; else most at work.

    Where nothing is in progress either, the level with most items. None where no item is at any of them.
    """
    begin = calendar.start_of(since)
    finished = {
        level: sum(one.finished_at is not None and one.finished_at >= begin for one in at_level(journeys, level))
        for level in levels
    }
    for level in levels:
        if finished[level] >= ENOUGH:
            return level
    if any(finished.values()):
        return max(levels, key=lambda level: finished[level])
    held = {level: at_level(journeys, level) for level in levels}
    if not any(held.values()):
        return None
    return max(levels, key=lambda level: (sum(map(_is_at_work, held[level])), len(held[level])))


def told_shares(
    journeys: Sequence[Journey], *, themes: Iterable[Theme], calendar: Calendar, week: Period
) -> FlowShares | None:
    """What part of the flow each theme has, at its main level over the quarter until a week; None: nothing flows."""
    weeks = weeks_back(week.end, WEEKS)
    level = main_level(journeys, since=weeks[0].start, calendar=calendar)
    if level is None:
        return None
    window = Period(weeks[-WINDOW_WEEKS].start, weeks[-1].end)
    return flow_shares(at_level(journeys, level), period=window, calendar=calendar, themes=themes)


def _is_at_work(journey: Journey) -> bool:
    return journey.removed_at is None and journey.flow_state in (FlowState.WAITING, FlowState.ACTIVE)
