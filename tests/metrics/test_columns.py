"""The numbers over columns are those of the plain functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.board import Board
from domain.calendar import Calendar, DayCount
from domain.journey import Journey, Placement, Stretch
from domain.kept import COLUMNS
from domain.period import Period, iso_week, month
from domain.strategy import FlowTolerances, Guardrails, Portfolio, Theme, Train, ValueStream
from domain.work_item import HistoryState
from metrics import columns
from metrics.age import ages
from metrics.alignment import flow_shares
from metrics.balance import ending, flow_balance
from metrics.bottleneck import Bottleneck, bottleneck
from metrics.columns import RingOfParentsError, Where
from metrics.columns.prepared import fill
from metrics.cumulative_flow import BANDS, cumulative_flow
from metrics.distribution import flow_distribution
from metrics.flow_efficiency import flow_efficiency
from metrics.flow_load import load_series
from metrics.flow_time import FlowTime, flow_time, lead_time
from metrics.journeys import derive_clocks, trace
from metrics.kept import keep
from metrics.pace import Pace, pace
from metrics.percentiles import percentile
from metrics.selection import Excluded, Scope, at_level, in_scope
from metrics.stability import Stability, stability
from metrics.table import flow_metric_rows
from metrics.throughput import throughput
from metrics.waste import waste
from tests.builders import MEANINGS, SOURCE, Told, a_moment, a_workflow, an_item

BEGIN = a_moment("2026-03-02T08:00")  # clocks change in Paris on 29 March
AS_OF = a_moment("2026-06-10T21:30")
HOURS = st.integers(0, 24 * 95)  # all of them before AS_OF
STATUSES = [*sorted(MEANINGS), "nobody mapped this"]
SCOPES = ("portfolio", "theme:growth", "theme:trust", "value_stream:claims", "train:ART")
UNITS = {"week": iso_week, "month": month}
PLACES = [
    Placement(level=level, kind=kind, themes=themes, value_stream=stream, train=train, team=team)
    for level in ("epic", "story", None)
    for kind, team in (("feature", "A"), ("feature", "B"), ("defect", None))
    for themes in ({}, {"growth": Decimal(1)}, {"growth": Decimal("0.3"), "trust": Decimal("0.5")})
    for stream, train in ((None, None), ("claims", None), ("claims", "ART"))
]
TURNS = (date(2026, 4, 6), date(2026, 5, 2), date(2026, 6, 11))  # the last is today in Apia, tomorrow elsewhere
BY_TURN: list[list[dict[str, Decimal]]] = [
    [{}, {"growth": Decimal(1)}, {}, {"trust": Decimal(1)}],
    [{"growth": Decimal(1)}, {"trust": Decimal(1)}, {"growth": Decimal("0.3"), "trust": Decimal("0.5")}, {}],
]
DATED = [
    replace(place, themes={}, stretches=tuple(
        Stretch(days=Period(start, end), themes=themes)
        for (start, end), themes in zip(pairwise((date.min, *TURNS, date.max)), all_themes, strict=True)
    ))
    for place in PLACES if not place.themes
    for all_themes in BY_TURN
]  # fmt: skip
EVERYWHERE = [*PLACES, *DATED]
STORY = next(place for place in PLACES if place.level == "story")
NO_BOARD = Board()
BOARDS = st.sampled_from(["to do", "in progress", "testing", "done", "template", "nobody mapped this"]).map(
    lambda funnel: Board(
        states=("funnel", "doing", "done"), by_status={"review": "doing", "released": "done"} | {funnel: "funnel"}
    )
)


def moment(hours: int) -> str:
    return (BEGIN + timedelta(hours=hours, minutes=hours % 60)).isoformat()


@st.composite
def portfolios(draw: st.DrawFn, places: Sequence[Placement] = PLACES) -> list[tuple[Told, Placement]]:
    """Some items, each below one that comes later or below none; many never moved themselves."""
    count = draw(st.integers(0, 14))
    found = []
    for number in range(count):
        moves = draw(st.lists(st.tuples(HOURS, st.sampled_from(STATUSES)), max_size=draw(st.sampled_from([0, 2, 5]))))
        above = draw(st.none() | st.integers(number + 1, count))
        item = an_item(
            *((moment(at), status) for at, status in sorted(moves)),
            key=f"K-{number}",
            created=moment(draw(HOURS)) if not moves else BEGIN.isoformat(),
            begins=draw(st.sampled_from(STATUSES)),
            parent=None if above is None else f"K-{above}",
            flagged=[(moment(at), None) for at in draw(st.lists(HOURS, max_size=1))],
            removed=draw(st.none() | st.none() | HOURS.map(moment)),
            resolved=draw(st.none() | HOURS.map(moment)),
            history=draw(st.sampled_from([*HistoryState, HistoryState.COMPLETE])),
        )
        found.append((item, draw(st.sampled_from(places))))
    return found


def told(portfolio: Iterable[tuple[Told, Placement]]) -> list[Journey]:
    """As reports are told today."""
    traced = [
        replace(trace(item.held, item.changes, workflow=a_workflow(), placement=place, as_of=AS_OF), placement=place)
        for item, place in portfolio
    ]
    return derive_clocks(traced)


def settled(journeys: Iterable[Journey], calendar: Calendar) -> list[Journey]:
    """Each with the themes of the day it ended, or of today, and those of all days before: by its stream's days."""
    found = []
    for one in journeys:
        its = calendar.of(one.placement.value_stream)
        day = its.day(ending(one)[0] or AS_OF)
        own = next((each.themes for each in one.placement.stretches if day in each.days), one.placement.themes)
        begun = [each for each in one.placement.stretches if each.days.start <= its.day(AS_OF)]
        begun[-1:] = [replace(each, days=Period(each.days.start, date.max)) for each in begun[-1:]]
        place = replace(one.placement, themes=own, stretches=tuple(begun) if len(begun) > 1 else ())
        found.append(replace(one, placement=place))
    return found


def row_of(number: int, place: Placement) -> list[object]:
    shares = [[theme, str(share)] for theme, share in place.themes.items()]
    stretches = [
        [str(one.days.start), str(one.days.end), [[theme, str(share)] for theme, share in one.themes.items()]]
        for one in place.stretches
    ]
    themes = json.dumps({"now": shares, "stretches": stretches} if stretches else shares)
    return [number, place.level, place.kind, place.value_stream, place.train, place.team, themes]


PLACE_ROWS = [row_of(number, place) for number, place in enumerate(EVERYWHERE)]


def as_columns(
    portfolio: Sequence[tuple[Told, Placement]], calendar: Calendar, *, as_of: datetime = AS_OF, board: Board = NO_BOARD
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE journeys ("
        + ", ".join(f"{name} {TYPES.get(name, 'BIGINT')}" for name in COLUMNS)
        + ", place BIGINT, total_seconds BIGINT)"
    )
    connection.execute(
        "CREATE TABLE places (place BIGINT, level VARCHAR, kind VARCHAR, value_stream VARCHAR, train VARCHAR, "
        "team VARCHAR, themes VARCHAR)"
    )
    places = [*EVERYWHERE, *(place for _, place in portfolio if place not in EVERYWHERE)]
    kept = [
        (keep(item.held, item.changes, workflow=a_workflow(), traced_with="today"), place) for item, place in portfolio
    ]
    spans = [sum(getattr(one, name) for name in SPANS) for one, _ in kept]
    fill(
        connection,
        "journeys",
        [[*one, places.index(at), total] for (one, at), total in zip(kept, spans, strict=True)],
    )
    more = enumerate(places[len(EVERYWHERE) :], start=len(EVERYWHERE))
    fill(connection, "places", [*PLACE_ROWS, *(row_of(number, place) for number, place in more)])
    connection.execute("CREATE TABLE stays_since (since BIGINT); INSERT INTO stays_since VALUES (0)")
    columns.prepare(connection, calendar=calendar, as_of=as_of, waiting_known=[SOURCE], board=board)
    return connection


TYPES = {
    **dict.fromkeys(
        ("source", "external_id", "traced_with", "parent_id", "counted_parent_id", "counted_type", "more_loads",
         "excluded_reason", "stays", "seconds"),
        "VARCHAR",
    ),
    **dict.fromkeys(("is_blocked", "has_unmapped"), "BOOLEAN"),
}  # fmt: skip


def counts(excluded: Excluded) -> dict[str, int]:
    return {reason: len(keys) for reason, keys in excluded.items()}


def every_place(journeys: Sequence[Journey]) -> list[tuple[str, str, list[Journey]]]:
    return [
        (level, scope, in_scope(at_level(journeys, level), Scope(scope)))
        for level in ("epic", "story")
        for scope in SCOPES
    ]


def periods(calendar: Calendar, unit: str) -> list[Period]:
    days = [calendar.day(BEGIN) + timedelta(days=number) for number in range(110)]
    return [period for period, _ in groupby(map(UNITS[unit], days))]


SPANS = ("active_seconds", "waiting_seconds", "blocked_seconds", "paused_seconds", "idle_done_seconds")
NOTHING = columns.Finished(items=0, cancelled=0)
STILL = columns.Moved(arrivals=0, finished=0, cancelled=0, removed=0)
UNSPOILT = columns.Wasted(ages={}, excluded={})
ZONES = st.sampled_from(
    [ZoneInfo("Europe/Paris"), ZoneInfo("UTC"), ZoneInfo("Pacific/Apia"), ZoneInfo("America/Havana")]
)
CALENDARS = st.builds(
    lambda zone, own, count, own_count: Calendar(
        zone=zone,
        count=count,
        holidays=frozenset({date(2026, 3, 9), date(2026, 4, 6)}),
        streams={} if own is None else {"claims": Calendar(zone=own, count=own_count)},
    ),
    ZONES,
    st.none() | ZONES,
    st.sampled_from(DayCount),
    st.sampled_from(DayCount),
)


GROUND = Portfolio(
    id="small",
    name="Small",
    currency="EUR",
    locales=("en",),
    themes=(
        Theme(id="growth", name="Growth", rules=(), target_share=Decimal("0.6")),
        Theme(id="trust", name="Trust", rules=()),
    ),
    value_streams=(ValueStream(id="claims", name="Claims", matchers=(), trains=(Train(name="ART", matchers=()),)),),
)


def test_work_that_is_older_than_the_first_item_counts_in_the_weeks_after_it_too() -> None:
    """The month of the first item begins before its first week: what was in progress by then is in both."""
    place = next(one for one in PLACES if one.level == "epic" and not one.themes)
    item = an_item(
        key="K-1", created="2026-03-09T05:45:00+00:00", begins="in progress", history=HistoryState.NONE,
        resolved="2026-02-04T09:49:00+00:00",
    )  # fmt: skip
    calendar = Calendar(zone=ZoneInfo("Europe/Paris"))
    asked: dict[str, Any] = {"portfolio": GROUND, "calendar": calendar, "as_of": AS_OF}

    plain = list(flow_metric_rows(told([(item, place)]), **asked, waiting_known=[SOURCE]))

    used = [one["n_used"] for one in plain if (one["metric"], one["scope"]) == ("alignment_flow", "portfolio")]
    assert set(used) == {1}
    with as_columns([(item, place)], calendar) as connection:
        assert list(columns.flow_metric_rows(connection, **asked)) == plain


@settings(max_examples=25)
@given(portfolios(), CALENDARS, st.sampled_from(sorted(UNITS)), BOARDS)
def test_what_finished_and_each_row_of_flow_is_what_the_plain_functions_say(
    portfolio: list[tuple[Told, Placement]], calendar: Calendar, unit: str, board: Board
) -> None:
    journeys = told(portfolio)

    with as_columns(portfolio, calendar, board=board) as connection:
        done = columns.throughput(connection, unit=unit)
        taken = columns.flow_time(connection, unit=unit)
        lead = columns.lead_time(connection, unit=unit)
        spent = columns.flow_efficiency(connection, unit=unit)
        kinds = columns.distribution(connection, unit=unit)
        shares = columns.flow_shares(connection, unit=unit)
        moved = columns.flow_balance(connection, unit=unit)
        lost = columns.waste(connection, unit=unit)
        if unit == "week":  # rows tell of weeks and months
            asked: dict[str, Any] = {"portfolio": replace(GROUND, board=board), "calendar": calendar, "as_of": AS_OF}
            rows = list(columns.flow_metric_rows(connection, **asked))
            assert rows == list(flow_metric_rows(journeys, **asked, waiting_known=[SOURCE]))

    for level, scope, here in every_place(journeys):
        for period in periods(calendar, unit):
            where = Where(level, scope, period)
            plain = throughput(here, finished_in=period, calendar=calendar)
            found = done.get(where, NOTHING)
            assert (found.items, found.cancelled) == (plain.n_used, plain.n_in_scope - plain.n_used)
            both = flow_balance(here, period=period, calendar=calendar)
            came = moved.get(where, STILL)
            assert (came.arrivals, came.finished, came.cancelled, came.removed) == (
                both.arrivals, len(both.finished), len(both.cancelled), len(both.removed),
            )  # fmt: skip
            given_up = waste(here, cancelled_in=period, calendar=calendar)
            vain = lost.get(where, UNSPOILT)
            assert (vain.items, vain.total_days, vain.ages) == (
                given_up.items, given_up.total_days, Counter(given_up.days),
            )  # fmt: skip
            assert vain.excluded == counts(given_up.excluded)
            assert_same_percentiles(taken.get(where), flow_time(here, finished_in=period, calendar=calendar))
            waited = lead_time(here, finished_in=period, calendar=calendar, board=board)
            assert_same_percentiles(lead.get(where), waited)
            efficiency = flow_efficiency(here, finished_in=period, calendar=calendar, waiting_known=[SOURCE])
            if (spent_here := spent.get(where)) is None:
                assert efficiency.n_in_scope == 0
            else:
                assert (spent_here.active_seconds, spent_here.total_seconds, spent_here.n_used) == (
                    efficiency.active_seconds, efficiency.total_seconds, efficiency.n_used,
                )  # fmt: skip
                assert spent_here.excluded == counts(efficiency.excluded)
            plain_kinds = flow_distribution(here, finished_in=period, calendar=calendar).counts
            assert (kinds[where].counts if where in kinds else {}) == plain_kinds
            if not scope.startswith("theme:") and period.start <= calendar.day(AS_OF):
                plain_shares = flow_shares(here, period=period, calendar=calendar).item_days
                assert (shares[where].item_days if where in shares else {}) == plain_shares


@settings(max_examples=25)
@given(portfolios([*DATED, STORY]), CALENDARS, st.sampled_from(sorted(UNITS)))
def test_themes_that_begin_and_end_are_told_over_columns_as_by_the_plain_functions(
    portfolio: list[tuple[Told, Placement]], calendar: Calendar, unit: str
) -> None:
    journeys = settled(told(portfolio), calendar)
    themes = (
        replace(GROUND.themes[0], effective_from=TURNS[0], effective_to=TURNS[1]),
        replace(GROUND.themes[1], target_share=Decimal("0.3")),
    )
    asked: dict[str, Any] = {"portfolio": replace(GROUND, themes=themes), "calendar": calendar, "as_of": AS_OF}

    with as_columns(portfolio, calendar) as connection:
        shares = columns.flow_shares(connection, unit=unit)
        rows = list(columns.flow_metric_rows(connection, **asked))
        columns.prepare(connection, calendar=calendar, as_of=AS_OF, waiting_known=[SOURCE])
        again = list(columns.flow_metric_rows(connection, **asked))

    assert rows == again
    assert rows == list(flow_metric_rows(journeys, **asked, waiting_known=[SOURCE]))
    for level, scope, here in every_place(journeys):
        for period in periods(calendar, unit):
            if not scope.startswith("theme:") and period.start <= calendar.day(AS_OF):
                plain = flow_shares(here, period=period, calendar=calendar)
                found = shares.get(Where(level, scope, period))
                assert (found.item_days if found else {}, found.n_used if found else 0) == (
                    plain.item_days, plain.n_used,
                )  # fmt: skip


def assert_same_percentiles(found: columns.Percentiles | None, plain: FlowTime) -> None:
    if found is None:
        assert plain.n_in_scope == 0
        return
    assert (found.p50_days, found.p85_days, found.p95_days) == (plain.p50_days, plain.p85_days, plain.p95_days)
    assert (found.n_used, found.excluded) == (plain.n_used, counts(plain.excluded))


@settings(max_examples=25)
@given(portfolios(), CALENDARS)
def test_what_is_in_progress_is_what_the_plain_functions_say(
    portfolio: list[tuple[Told, Placement]], calendar: Calendar
) -> None:
    journeys = told(portfolio)
    today = calendar.day(AS_OF)
    period = Period(calendar.day(BEGIN) + timedelta(days=20), today + timedelta(days=1))

    with as_columns(portfolio, calendar) as connection:
        loads = columns.flow_load(connection, period=period)
        old = columns.ageing(connection)
        come = columns.cumulative_flow(connection, period=period)

    nothing = columns.Loaded(end_of_day=(0,) * period.length_days, presence=(0,) * period.length_days)
    for level, scope, here in every_place(journeys):
        plain = load_series(here, period=period, calendar=calendar)
        found = loads.get(Where(level, scope, period), nothing)
        assert (found.end_of_day, found.presence) == (plain.end_of_day, plain.presence)
        plain_lines = cumulative_flow(here, period=period, calendar=calendar)
        for line in (*BANDS, "left"):
            lines = come.get(Where(level, scope, period))
            assert (getattr(lines, line) if lines else nothing.presence) == getattr(plain_lines, line)
        aged = ages(here, as_of=AS_OF, calendar=calendar)
        if (found_ages := old.get((level, scope))) is None:
            assert aged.n_in_scope == 0
        else:
            assert found_ages.ages == Counter(age.days for age in aged.items)
            assert found_ages.paused == Counter(age.days for age in aged.paused)
            assert found_ages.excluded == counts(aged.excluded)
            assert found_ages.total_days == aged.total_days


@settings(max_examples=40)
@given(portfolios(), CALENDARS, st.integers(0, 60), st.integers(1, 40))
def test_what_states_say_is_what_the_plain_functions_say(
    portfolio: list[tuple[Told, Placement]], calendar: Calendar, first: int, length: int
) -> None:
    journeys = told(portfolio)
    start = calendar.day(BEGIN) + timedelta(days=first)
    period = Period(start, start + timedelta(days=length))

    with as_columns(portfolio, calendar) as connection:
        stayed = columns.bottleneck(connection, period=period, guardrails=LIMITS, limits=True)
        paced = columns.pace(connection, finished_in=period)
        steady = columns.stability(connection, period=period, tolerances=AGREED)

    for level, scope, here in every_place(journeys):
        where = Where(level, scope, period)
        plain = bottleneck(here, period=period, calendar=calendar, guardrails=LIMITS, limits=True)
        assert_same_states(stayed.get(where), plain)
        assert_same_pace(paced.get(where), pace(here, finished_in=period, calendar=calendar))
        law = stability(here, period=period, calendar=calendar, tolerances=AGREED)
        assert_as_steady(steady.get(where), law)


AGREED = FlowTolerances(without_start=Decimal("0.3"), constraint=Decimal("0.1"), act=Decimal("0.99"))
LIMITS = Guardrails(wip={"In Progress": 0, "REVIEW": 1}, flow=AGREED)


def test_what_was_agreed_holds_for_columns_too() -> None:
    review = [(an_item(("2026-03-03", "in progress"), ("2026-03-04", "review"), key=f"K-{n}"), PLACES[9])
              for n in range(5)]  # fmt: skip
    period = Period(date(2026, 3, 2), date(2026, 3, 14))  # ten of eleven days in review
    late = FlowTolerances(constraint=Decimal("0.9"), act=Decimal("0.95"))

    with as_columns(review, Calendar(zone=ZoneInfo("UTC"))) as connection:
        usual, agreed = (
            columns.bottleneck(connection, period=period, guardrails=Guardrails(flow=one), limits=False)
            for one in (FlowTolerances(), late)
        )

    verdicts = [
        [(one.name, one.verdict) for where, found in said.items() if where.scope == "portfolio" for one in found.states]
        for said in (usual, agreed)
    ]
    assert verdicts == [[("review", "act"), ("in progress", "none")], [("review", "observe"), ("in progress", "none")]]


def assert_same_states(found: columns.Stayed | None, plain: Bottleneck) -> None:
    if found is None:
        assert plain.n_in_scope == 0
        return
    assert found.states == tuple(
        columns.StateStay(
            name=one.name, seconds=one.seconds, visits=one.visits, entries=one.entries, exits=one.exits,
            share=one.share, slowness=one.slowness, limit=one.limit, days_over=one.days_over, now=len(one.now),
            blocked=len(one.blocked), verdict=one.verdict,
        )
        for one in plain.states
    )  # fmt: skip
    assert (found.n_used, found.excluded, found.is_told) == (plain.n_used, counts(plain.excluded), plain.is_told)


def assert_same_pace(found: columns.Paced | None, plain: Pace) -> None:
    if found is None:
        assert (plain.bands, plain.n_in_scope) == ((), 0)
        return
    assert [(one.name, one.ages, one.inherited_from) for one in found.bands] == [
        (one.name, Counter(one.days), one.inherited_from) for one in plain.bands
    ]
    for p in (50, 85, 95):
        assert [one.percentile(p) for one in found.bands] == [one.percentile(p) for one in plain.bands]
    assert (found.n_used, found.excluded) == (plain.n_used, counts(plain.excluded))


def assert_as_steady(found: columns.Steady | None, plain: Stability) -> None:
    if found is None:
        assert (plain.mean_load, plain.n_in_scope, plain.failing) == (0, 0, ())
        return
    assert (found.mean_load, found.finished_per_day, found.mean_days, found.n_used) == (
        plain.mean_load, plain.finished_per_day, plain.mean_days, plain.n_used,
    )  # fmt: skip
    assert found.checks == plain.checks
    assert (found.excluded, found.is_stable) == (counts(plain.excluded), plain.is_stable)


@pytest.mark.parametrize("since", [None, "2026-03-05"], ids=["none were", "later ones were"])
def test_visits_that_were_not_poured_are_not_taken_for_none(since: str | None) -> None:
    portfolio = [(an_item(("2026-03-03", "in progress")), PLACES[0])]
    period = Period(date(2026, 3, 2), date(2026, 3, 9))

    with as_columns(portfolio, Calendar(zone=ZoneInfo("UTC"))) as connection:
        connection.execute("DELETE FROM stays_since")
        if since is not None:
            connection.execute("INSERT INTO stays_since SELECT epoch_us(CAST(? AS TIMESTAMP))", [since])

        with pytest.raises(columns.StaysNotPouredError, match="2026-03-02"):
            columns.bottleneck(connection, period=period, guardrails=Guardrails(), limits=False)
        with pytest.raises(columns.StaysNotPouredError, match="2026-03-02"):
            columns.pace(connection, finished_in=period)


def test_what_came_into_the_funnel_later_is_waited_for_since_then() -> None:
    calendar = Calendar(zone=ZoneInfo("UTC"), count=DayCount.WORKING_DAYS)
    board = Board(states=("funnel", "done"), by_status={"to do": "funnel", "done": "done"})
    moves = (("2026-03-04", "to do"), ("2026-03-10", "done"))
    items = [an_item(*moves, key=f"K-{n}", created="2026-03-02", begins="nobody mapped this") for n in range(10)]
    portfolio = [(item, STORY if n < 5 else PLACES[0]) for n, item in enumerate(items)]
    journeys = told(portfolio)

    with as_columns(portfolio, calendar, board=board) as connection:
        found = columns.lead_time(connection, unit="month")

    march = month(date(2026, 3, 1))
    medians = {level: found[Where(level, "portfolio", march)].p50_days for level in ("epic", "story")}
    assert medians == {"epic": 5, "story": 7}
    assert medians == {
        level: lead_time(at_level(journeys, level), finished_in=march, calendar=calendar, board=board).p50_days
        for level in medians
    }


def test_entries_into_the_funnel_that_were_not_poured_are_not_taken_for_none() -> None:
    calendar, board = Calendar(zone=ZoneInfo("UTC")), Board(states=("funnel",), by_status={"to do": "funnel"})
    portfolio = [(an_item(("2026-03-03", "done")), PLACES[0]), (an_item(("2026-03-03", "done")), STORY)]
    with as_columns(portfolio, calendar, board=board) as connection:
        connection.execute("UPDATE journeys SET stays = NULL WHERE place <> 0")  # nobody asks for those
        columns.prepare(connection, calendar=calendar, as_of=AS_OF, board=board)
        connection.execute("UPDATE journeys SET stays = NULL")

        with pytest.raises(columns.StaysNotPouredError, match="epic"):
            columns.prepare(connection, calendar=calendar, as_of=AS_OF, board=board)


def test_as_many_as_it_takes_show_their_percentiles() -> None:
    portfolio = [
        (
            an_item(
                ("2026-03-02T09:00", "in progress"), (f"2026-03-{1 + taken:02}T10:00", "done"), key=f"K-{taken}",
                created="2026-03-01",
            ),
            PLACES[9],
        )
        for taken in range(1, 21)
    ]  # fmt: skip
    calendar = Calendar(zone=ZoneInfo("UTC"))

    with as_columns(portfolio, calendar) as connection:
        taken = columns.flow_time(connection, unit="month")

    for (level, scope, period), found in taken.items():
        here = in_scope(at_level(told(portfolio), level), Scope(scope))
        assert_same_percentiles(found, flow_time(here, finished_in=period, calendar=calendar))
    march = taken[Where("epic", "portfolio", month(a_moment("2026-03-02").date()))]
    assert (march.n_used, march.p50_days, march.p85_days, march.p95_days) == (20, 10, 17, 19)


def test_the_ranks_that_duckdb_reckons_are_those_of_the_definition() -> None:
    """Shares are decimals there: as floats, 0.95 of some samples would be one rank off."""
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT n, quantile_disc(one, [0.5, 0.85, 0.95]) FROM range(1, 1201) AS sizes (n) "
            "JOIN range(1, 1201) AS ones (one) ON one <= n GROUP BY n"
        ).fetchall()

    assert len(found) == 1200
    assert all(ranks == [percentile(range(1, n + 1), p) for p in (50, 85, 95)] for n, ranks in found)


@pytest.mark.parametrize("name", ['a],["b', 'say "done"', "back\\slash", "1],[2", "naïve — é"])
def test_a_state_may_have_any_name(name: str) -> None:
    began = (("2026-03-03", "in progress"), ("2026-03-05", "done"))
    portfolio = [(an_item(*began, key=f"K-{number}"), PLACES[9]) for number in range(5)]
    period = Period(date(2026, 3, 2), date(2026, 3, 9))
    with as_columns(portfolio, Calendar(zone=ZoneInfo("UTC"))) as connection:
        written = json.dumps(name, ensure_ascii=False)
        connection.execute("UPDATE journeys SET stays = replace(stays, '\"in progress\"', ?)", [written])
        columns.prepare(connection, calendar=Calendar(zone=ZoneInfo("UTC")), as_of=AS_OF, waiting_known=[SOURCE])

        (found,) = (
            one
            for where, one in columns.bottleneck(
                connection, period=period, guardrails=Guardrails(), limits=False
            ).items()
            if where.scope == "portfolio"
        )

    assert [(one.name, one.seconds, one.visits) for one in found.states] == [(name, 5 * 2 * 86_400, 5)]


def test_lines_of_cumulative_flow_fall_only_when_something_leaves() -> None:
    reopened = (("2026-03-03", "review"), ("2026-03-05", "done"), ("2026-03-07", "in progress"))
    dropped = (("2026-03-04", "in progress"), ("2026-03-06", "dropped"))
    portfolio = [
        (an_item(*reopened, key="K-1", created="2026-03-02"), PLACES[0]),
        (an_item(*dropped, key="K-2", created="2026-03-02"), PLACES[0]),
        (an_item(key="K-3", created="2026-03-08"), PLACES[0]),
    ]
    calendar = Calendar(zone=ZoneInfo("UTC"))
    period = Period(a_moment("2026-03-02").date(), a_moment("2026-03-09").date())

    with as_columns(portfolio, calendar) as connection:
        bands = columns.cumulative_flow(connection, period=period)[Where("epic", "portfolio", period)]

    assert bands.new == (2, 2, 2, 2, 1, 1, 2)
    assert bands.waiting == (0, 1, 2, 2, 1, 1, 1)
    assert bands.active == (0, 0, 1, 2, 1, 1, 1)
    assert bands.done == (0, 0, 0, 1, 1, 1, 1)  # reopened on the 7th: the mark stays
    assert bands.left == (0, 0, 0, 0, 1, 1, 1)


def test_columns_say_nothing_of_an_instant_before_the_last_event() -> None:
    portfolio = [(an_item(("2026-03-05", "in progress")), PLACES[0])]

    with pytest.raises(ValueError, match="kept later"):
        as_columns(portfolio, Calendar(zone=ZoneInfo("UTC")), as_of=a_moment("2026-03-04"))


def test_a_ring_of_parents_that_never_moved_is_refused() -> None:
    portfolio = [(an_item(key="A", parent="B"), PLACES[0]), (an_item(key="B", parent="A"), PLACES[0])]

    with pytest.raises(RingOfParentsError):
        as_columns(portfolio, Calendar(zone=ZoneInfo("UTC")))
