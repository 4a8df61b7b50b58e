"""Where work waits longest, and whether it piles up there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.journey import Journey, Visit
from domain.period import Period
from domain.strategy import FlowTolerances, Guardrails
from domain.work_item import FlowState, HistoryState, ItemId
from metrics.balance import flow_balance
from metrics.bottleneck import Bottleneck, bottleneck
from tests.builders import a_calendar, a_journey, a_moment, a_placement, an_item
from tests.metrics.histories import BEGIN, END, KNOWN, journeys

SPRING = Period(date(2026, 3, 1), date(2026, 6, 1))
UTC = a_calendar()
STATES = ("analysis", "building", "review wait", "test")


def through(*days: int, key: str, start: str = "2026-03-02", last: bool = False) -> Journey:
    """An item that stays so many days in each of the states, one after the other; `last`: it is in the last still."""
    at = a_moment(start)
    visits = []
    for name, taken in zip(STATES, days, strict=False):
        if taken:
            visits.append(_visit(name, FlowState.ACTIVE, at, at + timedelta(days=taken)))
            at += timedelta(days=taken)
    if last:
        visits[-1] = replace(visits[-1], left_at=None)
    else:
        visits.append(_visit("done", FlowState.DONE, at, None))
    return replace(a_journey(start, key=key), visits=tuple(visits), flow_state=visits[-1].flow_state)


def of(source: str, item: Journey) -> Journey:
    return replace(item, id=ItemId(source, item.key))


def _visit(name: str, state: FlowState, entered_at: datetime, left_at: datetime | None) -> Visit:
    return Visit(status=name, status_id=name, flow_state=state, entered_at=entered_at, left_at=left_at)


def found(
    items: Sequence[Journey], *, limits: Mapping[str, int] | None = None, kanban: Mapping[str, str] | None = None
) -> Bottleneck:
    return bottleneck(
        items, period=SPRING, calendar=UTC, guardrails=Guardrails(wip=limits or {}, kanban=kanban or {}), limits=True
    )


def verdict(items: Sequence[Journey], *, limits: Mapping[str, int] | None = None) -> tuple[str, str]:
    first = found(items, limits=limits).states[0]
    return first.name, first.verdict


# five items that spend 20, 45, 90 and 25 days in the four states
FIVE = [through(4, 9, 18, 5, key=f"PAY-{n}") for n in range(5)]


def test_shares_are_of_the_time_in_all_states() -> None:
    """T11."""
    measured = found(FIVE)

    assert {one.name: round(100 * one.share, 1) for one in measured.states} == {
        "review wait": 50.0, "building": 25.0, "test": 13.9, "analysis": 11.1,
    }  # fmt: skip
    assert [one.slowness for one in measured.states] == pytest.approx([2, 1, 5 / 9, 4 / 9])


def test_the_largest_share_with_a_growing_queue_is_the_constraint_to_observe() -> None:
    """T11."""
    growing = [*FIVE, through(0, 0, 3, key="OPEN", start="2026-05-29", last=True)]

    assert verdict(growing) == ("review wait", "observe")
    assert found(growing).constraint == found(growing).states[0]


def test_without_a_growing_queue_it_is_slow_but_draining() -> None:
    assert verdict(FIVE) == ("review wait", "draining")
    assert found(FIVE).constraint is None


def test_a_queue_that_is_over_its_limit_on_half_of_the_days_piles_up_too() -> None:
    half, less = (
        [through(1, 1, days, 40, key=f"PAY-{n}", start="2026-02-27") for n in range(5)] for days in (46, 45)
    )  # of 92 evenings

    assert verdict(half, limits={"Review wait": 5}) == ("review wait", "draining")
    assert verdict(half, limits={"Review wait": 4}) == ("review wait", "observe")
    assert found(half, limits={"review wait": 4}).states[0].days_over == 0.5
    assert verdict(less, limits={"Review wait": 4}) == ("review wait", "draining")


def test_from_60_percent_on_somebody_must_act() -> None:
    growing = [through(10, 10, 10, 0, key=f"PAY-{n}") for n in range(4)]
    stuck = through(0, 0, 60, key="OPEN", start="2026-04-02", last=True)

    assert verdict([*growing, stuck]) == ("review wait", "observe")  # 100 of 180 days
    assert verdict([*growing, stuck, replace(stuck, key="TOO")]) == ("review wait", "act")  # 160 of 240


def test_below_40_percent_nothing_is_the_constraint() -> None:
    even = [through(9, 9, 10, 9, key=f"PAY-{n}", last=False) for n in range(5)]
    growing = [*even, through(0, 0, 3, key="OPEN", start="2026-05-29", last=True)]

    assert verdict(growing) == ("review wait", "none")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        pytest.param("2026-05-07", "observe", id="30 of 75 days: 40 %"),
        pytest.param("2026-05-08", "none", id="29 of 74 days: 39.2 %"),
    ],
)
def test_a_state_may_be_the_constraint_from_40_percent_on(since: str, expected: str) -> None:
    even = [through(3, 3, 1, 3, key=f"PAY-{n}") for n in range(5)]
    growing = through(0, 0, 3, key="OPEN", start=since, last=True)

    assert verdict([*even, growing]) == ("review wait", expected)


@pytest.mark.parametrize(
    ("constraint", "act", "expected"),
    [
        pytest.param("0.4", "0.6", "observe", id="what holds where nothing was agreed"),
        pytest.param("0.5", "0.6", "none", id="from 50 % on"),
        pytest.param("0.3", "0.4", "act", id="to act on from 40 % on, to the second"),
    ],
)
def test_from_where_on_a_state_is_the_constraint_is_what_was_agreed(constraint: str, act: str, expected: str) -> None:
    even = [through(3, 3, 1, 3, key=f"PAY-{n}") for n in range(5)]
    growing = through(0, 0, 3, key="OPEN", start="2026-05-07", last=True)  # 30 of 75 days: 40 %
    agreed = FlowTolerances(constraint=Decimal(constraint), act=Decimal(act))

    first, *_ = bottleneck(
        [*even, growing], period=SPRING, calendar=UTC, guardrails=Guardrails(flow=agreed), limits=False
    ).states

    assert (first.name, first.verdict) == ("review wait", expected)


def test_a_few_items_or_a_single_state_say_nothing() -> None:
    open_still = [through(1, 1, 0, 0, key=f"PAY-{n}", last=True) for n in range(4)]
    one_state = [through(5, key=f"PAY-{n}", last=True) for n in range(9)]

    assert (found(open_still).is_told, verdict(open_still)[1]) == (False, "none")
    assert (found(one_state).is_told, verdict(one_state)[1]) == (False, "none")
    assert found([]).states == ()


def test_time_is_counted_inside_the_period_with_what_goes_on() -> None:
    item = through(0, 10, 100, key="PAY-1", start="2026-02-24", last=True)  # ten days until 6 March, then open

    building, waiting = sorted(found([item]).states, key=lambda one: one.name)

    assert (building.seconds, building.entries, building.exits) == (5 * 86_400, 0, 1)
    assert (waiting.seconds, waiting.entries, waiting.growth) == (87 * 86_400, 1, 1)
    assert waiting.now == ("PAY-1",)


def test_names_what_is_blocked_in_it_and_leaves_at_a_removal() -> None:
    flagged = an_item(("2026-04-01", "review"), flagged=[("2026-04-02", None)], key="FLAG").journey()
    fine = an_item(("2026-04-01", "review"), key="FINE").journey()
    gone = an_item(("2026-04-01", "review"), removed="2026-04-11", key="GONE").journey()

    (review,) = found([flagged, fine, gone]).states

    assert (review.now, review.blocked, review.blocked_share) == (("FINE", "FLAG"), ("FLAG",), 0.5)
    assert (review.growth, review.seconds_by_key["GONE"]) == (2, 10 * 86_400)


def test_states_of_one_name_are_one_whatever_its_case() -> None:
    items = [through(3, key="A"), through(3, key="B")]
    shouted = replace(items[0], visits=tuple(replace(one, status=one.status.upper()) for one in items[0].visits))

    assert [one.name for one in found([shouted, *items]).states] == ["analysis"]


def test_items_without_states_of_their_own_are_named() -> None:
    derived = replace(a_journey("2026-03-05", key="EPIC"), clock="derived")
    mute = an_item(status="review", history=HistoryState.NONE, key="MUTE").journey()

    measured = found([derived, mute])

    assert measured.excluded == {"derived_clock": ("EPIC",), "no_history": ("MUTE",)}
    assert (measured.n_used, measured.n_in_scope) == (0, 2)


WINTER = Period(BEGIN.date() - timedelta(days=1), END.date() + timedelta(days=1))


@given(journeys(KNOWN), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(items: list[Journey], chance: object) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert bottleneck(shuffled, period=WINTER, calendar=UTC, guardrails=Guardrails(), limits=False) == bottleneck(
        items, period=WINTER, calendar=UTC, guardrails=Guardrails(), limits=False
    )


@given(journeys(KNOWN), journeys(KNOWN, prefix="CLM"))
def test_seconds_entries_and_exits_of_two_scopes_add_up(one: list[Journey], other: list[Journey]) -> None:
    here, there, both = (
        {
            state.name: state
            for state in bottleneck(items, period=WINTER, calendar=UTC, guardrails=Guardrails(), limits=False).states
        }
        for items in (one, other, [*one, *other])
    )

    for name, state in both.items():
        parts = [found[name] for found in (here, there) if name in found]
        for count in ("seconds", "visits", "entries", "exits"):
            assert getattr(state, count) == sum(getattr(part, count) for part in parts)
    assert not both or sum(state.share for state in both.values()) == pytest.approx(1)


@given(journeys(KNOWN))
def test_what_came_less_what_went_is_what_is_there(items: list[Journey]) -> None:
    for state in bottleneck(items, period=WINTER, calendar=UTC, guardrails=Guardrails(), limits=False).states:
        assert state.growth == len(state.now)


def test_comings_and_goings_are_of_the_days_of_the_items_value_stream() -> None:
    """Begun at one o'clock on the first of March in Tokyo, and done on the last of May: in UTC it began in February."""
    far = an_item(
        ("2026-02-28T16:00", "in progress"), ("2026-05-31T14:00", "done"), placement=a_placement(value_stream="far")
    ).journey()
    calendar = replace(UTC, streams={"far": a_calendar("Asia/Tokyo")})

    (state,) = bottleneck([far], period=SPRING, calendar=calendar, guardrails=Guardrails(), limits=False).states

    assert (state.entries, state.exits) == (1, 1)
    assert state.seconds == (91 * 24 + 22) * 3600
    assert flow_balance([far], period=SPRING, calendar=calendar).arrivals == state.entries


def test_states_of_one_name_in_two_trackers_are_two_and_bear_the_tracker_s_name() -> None:
    """What two trackers call alike need not be alike."""
    jira = [of("jira", through(4, 9, key=f"J-{n}")) for n in range(3)]
    azure = [of("ado", through(2, 0, 6, key=f"A-{n}")) for n in range(3)]

    states = {state.name: state.seconds // 86_400 for state in found([*jira, *azure]).states}

    assert states == {"jira / analysis": 12, "building": 27, "ado / analysis": 6, "review wait": 18}


def test_states_that_the_portfolio_kanban_holds_are_one_in_all_trackers() -> None:
    jira = [of("jira", through(4, 9, key=f"J-{n}")) for n in range(3)]
    azure = [of("ado", through(2, 9, key=f"A-{n}")) for n in range(3)]

    states = {state.name for state in found([*jira, *azure], kanban={"analysis": "analysing"}).states}

    assert states == {"analysis", "jira / building", "ado / building"}


def test_a_limit_of_the_kanban_is_that_of_all_statuses_of_its_state_together() -> None:
    """Two statuses with three items each: neither is over a limit of four, and the state that they make is."""
    items = [
        *(through(92, key=f"A-{n}", start="2026-03-01", last=True) for n in range(3)),
        *(through(0, 92, key=f"B-{n}", start="2026-03-01", last=True) for n in range(3)),
    ]
    kanban = {"analysis": "exploring", "building": "exploring"}

    together, apart = found(items, limits={"Exploring": 4}, kanban=kanban), found(items, limits={"analysis": 4})

    assert [(state.name, state.limit, state.days_over) for state in together.states] == [
        ("analysis", 4, 1.0),
        ("building", 4, 1.0),
    ]
    assert [state.days_over for state in apart.states] == [0.0, None]
