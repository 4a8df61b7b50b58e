"""What a decision on one epic buys."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from domain.period import Period
from metrics.choices import choices
from metrics.forecasts.plan import Epic, Plan, Team, Work
from metrics.forecasts.planning import Planned
from metrics.forecasts.samples import Samples
from metrics.forecasts.when import forecast

MONDAY = date(2026, 11, 30)
EVEN = Samples(counts=(1,) * 30, window=Period(date(2026, 10, 1), MONDAY))  # one item a working day, every day


def planned(*epics: Epic) -> Planned:
    plan = Plan(as_of=MONDAY, seed=1, teams={"A": Team(samples=EVEN)}, epics=epics, trials=200)
    return Planned(plan=plan, level="feature", epics={})


def an_epic(id: str, items: int, due: date | None = None) -> Epic:
    return Epic(id=id, work={"A": Work(remaining=items)}, due_on=due, is_begun=True)


def test_half_of_ten_items_at_one_a_day_takes_five_days() -> None:
    told = planned(an_epic("a", 10))

    as_is, first, half = choices(told, forecast(told.plan), "a")

    assert set(as_is.dates.values()) == set(first.dates.values())  # nobody stands before it
    assert as_is.dates[85] - half.dates[85] == timedelta(days=7)  # five working days, and a weekend


def test_put_first_it_no_longer_waits_for_the_others() -> None:
    due = MONDAY + timedelta(days=14)
    told = planned(an_epic("before", 20), an_epic("a", 10, due))

    as_is, first, half = choices(told, forecast(told.plan), "a")

    assert (as_is.by_due, first.by_due) == (0, 1)
    assert first.dates[85] < half.dates[85] < as_is.dates[85]


def test_what_goes_first_and_comes_no_earlier_was_first_already() -> None:
    """Three at once: nobody waits, and in another order another lot falls to each, by chance a later one."""
    lumpy = Samples(counts=(0, 0, 3, 0, 1, 0, 2, 0, 0, 5) * 3, window=EVEN.window)
    team = Team(samples=lumpy, wip=3)
    epics = (an_epic("before", 20), an_epic("a", 10, MONDAY + timedelta(days=40)), an_epic("c", 30))
    plan = Plan(as_of=MONDAY, seed=1, teams={"A": team}, epics=epics, trials=500)

    as_is, first, _ = choices(Planned(plan=plan, level="feature", epics={}), forecast(plan), "a")

    assert (first.dates, first.by_due) == (as_is.dates, as_is.by_due)


def test_what_is_chosen_for_one_epic_leaves_the_plan_as_it_was() -> None:
    told = planned(an_epic("before", 20), an_epic("a", 10))
    before = replace(told.plan)

    choices(told, forecast(told.plan), "a")

    assert told.plan == before


def test_nothing_is_bought_where_nothing_is_left() -> None:
    told = planned(an_epic("a", 0))

    assert choices(told, forecast(told.plan), "a") == ()
