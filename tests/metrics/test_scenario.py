"""What shifting capacity from one theme to another does to likely dates: the same trials at other speeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Guardrails, Shift
from metrics.forecasts.plan import Epic, Plan, Team, Work
from metrics.forecasts.planning import Planned, plan_of
from metrics.forecasts.samples import Samples
from metrics.forecasts.situation import Situation
from metrics.forecasts.trials import Played, play, play_paced
from metrics.forecasts.when import forecast
from metrics.scenario import Scenario, play_shift, speeds, usual_shift
from tests.builders import a_calendar, a_journey, a_theme

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
A_TO_B = Shift(gives="a", takes="b", share=Decimal("0.1"))


def the_work(*, a: int = 40, b: int = 10, left: int = 20) -> list[Journey]:
    """Train A finishes for theme a, train B for theme b; each has an epic with so many stories left."""
    found = []
    for theme, done in (("a", a), ("b", b)):
        shared: Mapping[str, int] = {theme: 1}
        key = f"E-{theme}"
        found.append(
            a_journey("2026-03-01", key=key, level="epic", created="2026-01-05", themes=shared, train=theme.upper())
        )
        days = [day for ahead in range(1, 59) if (day := NOW.date() - timedelta(days=ahead)).weekday() < 5]
        for number in range(done):
            day = days[number % len(days)]
            found.append(
                a_journey(f"{day}T08:00", f"{day}T10:00", key=f"D-{theme}-{number}", parent=key, created="2026-01-05",
                          themes=shared, train=theme.upper())
            )  # fmt: skip
        found += [
            a_journey(None, key=f"L-{theme}-{number}", parent=key, created="2026-01-05", themes=shared,
                      train=theme.upper())
            for number in range(left)
        ]  # fmt: skip
    return found


def a_plan_of(*journeys: Journey, calendar: Calendar | None = None) -> Planned:
    parents = {one.id: one.parent_id for one in journeys if one.parent_id is not None}
    situation = Situation(
        journeys=journeys, parents=parents, calendar=calendar or a_calendar(), as_of=NOW, portfolio="claims"
    )
    return plan_of(situation, trials=1_000)


def played(*journeys: Journey, shift: Shift = A_TO_B) -> Scenario:
    planned = a_plan_of(*journeys)
    return play_shift(planned, forecast(planned.plan), shift, calendar=a_calendar())


def test_forty_and_ten_finished_and_a_tenth_moved_is_nine_tenths_and_fourteen_tenths() -> None:
    assert speeds(A_TO_B, gives=Decimal(40), takes=Decimal(10)) == (Fraction(9, 10), Fraction(14, 10))


def test_the_theme_that_gives_is_later_and_the_one_that_takes_is_earlier() -> None:
    found = played(*the_work())

    assert found.finished == {"a": Decimal(40), "b": Decimal(10)}
    assert (found.gives, found.takes) == (Fraction(9, 10), Fraction(14, 10))
    gave, took = found.epics
    assert (gave.epic.key, took.epic.key) == ("E-a", "E-b")
    assert gave.days is not None
    assert took.days is not None
    assert gave.days > 0 > took.days


def test_one_item_a_day_at_half_speed_takes_twice_as_many_working_days() -> None:
    team = Team(samples=Samples(counts=(1,), window=Period(date(2026, 1, 1), date(2026, 3, 1))))
    plan = Plan(
        as_of=date(2026, 3, 1), seed=1, teams={"one": team}, trials=100,
        epics=(Epic(id="A", work={"one": Work(remaining=4)}), Epic(id="B", work={"one": Work(remaining=1)})),
    )  # fmt: skip

    halved = play_paced(plan, {"A": Fraction(1, 2)})["A"]
    as_now = play_paced(plan, {})["A"]

    assert isinstance(halved, Played)
    assert isinstance(as_now, Played)
    assert set(as_now.done) == {4}  # Monday to Thursday
    assert set(halved.done) == {10}  # eight working days


def test_a_speed_of_one_is_the_forecast_itself() -> None:
    planned = a_plan_of(*the_work())

    whole, same = play(planned.plan), play_paced(planned.plan, dict.fromkeys(planned.epics, Fraction(1)))

    for id, one in whole.items():
        other = same[id]
        assert isinstance(one, Played)
        assert isinstance(other, Played)
        assert (one.done == other.done).all()


def test_the_same_plan_gives_the_same_dates_and_says_its_seed_and_trials() -> None:
    first, second = played(*the_work()), played(*the_work())

    assert first == second
    assert first.trials == 1_000
    assert first.seed == a_plan_of(*the_work()).plan.seed


def test_an_epic_of_neither_theme_keeps_its_date() -> None:
    other = a_journey("2026-03-01", key="E-c", level="epic", created="2026-01-05", themes={"c": 1}, train="A")
    left = [a_journey(None, key=f"L-c-{n}", parent="E-c", themes={"c": 1}, train="A") for n in range(3)]
    planned = a_plan_of(*the_work(), other, *left)

    id = next(name for name, epic in planned.epics.items() if epic.key == "E-c")
    paced = play_paced(planned.plan, {name: Fraction(1, 2) for name in planned.epics if name != id})
    now, then = play(planned.plan)[id], paced[id]

    assert isinstance(now, Played)
    assert isinstance(then, Played)
    assert (now.done == then.done).all()


def test_work_of_two_themes_counts_by_share_and_goes_at_the_mean() -> None:
    work = [
        replace(one, placement=replace(one.placement, themes={"a": Decimal("0.5"), "b": Decimal("0.5")}))
        for one in the_work()
    ]

    found = played(*work)

    assert found.finished == {"a": Decimal(25), "b": Decimal(25)}
    assert [one.days for one in found.epics] == [0, 0]  # 0.9 and 1.1, half each


def test_four_finished_items_are_too_few_to_say_how_fast_a_theme_would_go() -> None:
    assert played(*the_work(b=4)).refused == "few_items"


def test_themes_without_an_epic_that_has_a_date_have_nothing_to_show() -> None:
    assert played(*the_work(left=0)).refused == "no_epics"


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        pytest.param({"a": 70, "b": 20, "c": 10}, ("a", "b"), id="the furthest over to the furthest under"),
        pytest.param({"a": 50, "b": 30, "c": 20}, None, id="all as intended"),
        pytest.param({}, None, id="no flow"),
    ],
)
def test_where_nobody_says_what_to_shift_it_is_a_tenth_towards_the_intended_shares(
    shares: dict[str, int], expected: tuple[str, str] | None
) -> None:
    themes = [a_theme(id, target_share=share) for id, share in (("a", "0.5"), ("b", "0.3"), ("c", "0.2"))]

    found = usual_shift(themes, {id: Decimal(one) for id, one in shares.items()})

    assert (None if found is None else (found.gives, found.takes, found.share)) == (
        None if expected is None else (*expected, Decimal("0.1"))
    )


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        pytest.param({"H1": "0.6", "H2": "0.1", "H3": "0.2", "H0": "0.1"}, ("a", "d"), id="H1 gives, H3 takes"),
        pytest.param({"H1": "0.73", "H2": "0.19", "H3": "0.08"}, ("a", "b"), id="within the tolerance"),
        pytest.param({}, ("a", "b"), id="nothing agreed"),
        pytest.param({"H1": "0.6", "H2": "0.4"}, ("a", "c"), id="H2 takes"),
        pytest.param({"H1": "0.9", "H2": "0.05", "H3": "0.05"}, ("a", "b"), id="who has too much gives too little"),
    ],
)
def test_where_a_horizon_is_breached_the_shift_mends_it(plan: dict[str, str], expected: tuple[str, str]) -> None:
    told = (("a", "0.3", "H1"), ("b", "0.4", "H1"), ("c", "0.2", "H2"), ("d", "0.1", "H3"))
    themes = [replace(a_theme(id, target_share=share), horizon=horizon) for id, share, horizon in told]
    shares = {"a": Decimal(45), "b": Decimal(28), "c": Decimal(19), "d": Decimal(8)}
    agreed = Guardrails(horizons={horizon: Decimal(share) for horizon, share in plan.items()})

    found = usual_shift(themes, shares, guardrails=agreed)

    assert found is not None
    assert (found.gives, found.takes) == expected
