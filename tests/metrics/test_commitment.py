"""What was committed when an increment began, whatever the file says since: definition 3.3, predictability."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Calendar, Increment
from domain.period import Period
from domain.strategy import Objective as Stated
from domain.strategy import Train, ValueStream
from metrics.commitment import Commitment, Version, commitments
from metrics.increments import brought
from metrics.membership import Facts, take_apart
from metrics.predictability import GONE, by_team, by_train
from metrics.selection import Scope
from metrics.table import metric_rows
from tests.builders import a_calendar, a_moment, a_portfolio

PI = Increment(name="PI 1", period=Period(date(2026, 3, 2), date(2026, 5, 25)))
CALENDAR: Calendar = replace(a_calendar("Europe/Paris"), increments=(PI,))
STREAMS = (
    ValueStream(id="shop", name="Shop", trains=(Train(name="Azur", matchers=()), Train(name="Jade", matchers=()))),
    ValueStream(id="core", name="Core", trains=(Train(name="Ebene", matchers=()),)),
)
PORTFOLIO = replace(a_portfolio(), value_streams=STREAMS)
BEFORE, DURING, AFTER = "2026-02-27T10:00", "2026-04-01T10:00", "2026-06-01T10:00"


def stated(
    objective: str,
    planned: int | None = 5,
    actual: int | None = None,
    *,
    team: str = "A",
    train: str = "Azur",
    committed: bool = True,
    dropped: str | None = None,
    increment: str = "PI 1",
    theme: str | None = None,
) -> Stated:
    return Stated(
        increment=increment,
        train=train,
        team=team,
        objective=objective,
        committed=committed,
        planned_bv=None if planned is None else Decimal(planned),
        actual_bv=None if actual is None else Decimal(actual),
        dropped=dropped,
        theme=theme,
    )


def seen(first: str, *said: Stated, until: str | None = None) -> Version:
    return Version(first_seen_at=a_moment(first), last_seen_at=a_moment(until or first), stated=said)


def committed(*versions: Version, now: tuple[Stated, ...] | None = None) -> Commitment:
    (found,) = commitments(
        versions, versions[-1].stated if now is None else now, increments=[PI], calendar=CALENDAR
    )  # fmt: skip
    return found


PLAN = (
    stated("faster", 10), stated("safer", 8), stated("cheaper", 5),
    stated("wider", 9, team="B"), stated("kinder", 6, team="B"),
)  # fmt: skip
SCORED = (
    stated("faster", 10, 8), stated("safer", 8, 8), stated("cheaper", 5, 3), stated("later", 7, 4),
    stated("wider", 9, 5, team="B"), stated("kinder", 6, 6, team="B"),
)  # fmt: skip


def test_an_objective_that_is_added_after_the_start_counts_as_uncommitted() -> None:
    """T10: of what was committed at the start A brings 23 of 23, B 11 of 15, their train 34 of 38, 89.5 %.

    The file calls the seventh committed; it was not there when the increment began.
    """
    found = committed(seen(BEFORE, *PLAN), seen(AFTER, *SCORED))

    teams = by_team(found.objectives)
    assert [(one.actual, one.planned, one.percent) for one in teams.values()] == [
        (23, 23, Decimal("100.0")),
        (11, 15, Decimal("73.3")),
    ]
    assert found.of().percent == Decimal("89.5")
    assert found.of().band == "healthy"
    assert found.known_on is None


def test_a_train_is_neither_the_mean_of_its_teams_nor_blind_to_who_committed() -> None:
    """T10: not 86.7 %, the mean of its teams, and not 75.6 %, without the committed and uncommitted split."""
    found = committed(seen(BEFORE, *PLAN), seen(AFTER, *SCORED))

    (train,) = by_train(found.objectives).values()
    assert train.percent == Decimal("89.5")


def test_a_plan_that_is_lowered_after_the_start_stays_as_it_was() -> None:
    """T10: commitment is the set frozen at the start, and its values with it."""
    found = committed(seen(BEFORE, stated("faster", 10)), seen(AFTER, stated("faster", 4, 4)))

    assert (found.of().planned, found.of().percent) == (10, Decimal("40.0"))


def test_one_that_was_committed_stays_so_whatever_the_file_says_now() -> None:
    found = committed(seen(BEFORE, stated("faster", 10)), seen(AFTER, stated("faster", 10, 5, committed=False)))

    assert found.of().percent == Decimal("50.0")


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_is_dropped_on_the_way_keeps_its_plan_and_brings_nothing(*, is_gone: bool) -> None:
    """T10: an objective dropped on the way keeps its planned value with actual 0 and a reason."""
    faster, given_up = stated("faster", 8, 8), stated("safer", 8, dropped="the law changed")
    after = [seen(AFTER, faster, given_up), *([seen("2026-06-09T10:00", faster)] if is_gone else [])]

    found = committed(seen(BEFORE, stated("faster", 8), stated("safer", 8)), *after)

    assert found.of().percent == Decimal("50.0")
    assert found.of().dropped == (("A: safer", "the law changed"),)


def test_what_is_taken_out_of_the_file_keeps_its_plan_and_what_it_brought_is_not_known() -> None:
    plan = (stated("faster", 8), stated("safer", 8))

    found = committed(seen(BEFORE, *plan), seen(AFTER, stated("faster", 8, 8))).of()

    assert (found.planned, found.actual, found.percent) == (16, 8, None)
    assert (found.excluded, found.gone, found.dropped) == ({GONE: ("A: safer",)}, ("A: safer",), ())
    assert committed(seen(BEFORE, *plan), now=()).of().actual == 0  # of nothing that anybody scored
    assert committed(seen(BEFORE, *plan), now=()).of().n_used == 0


def test_what_was_scored_before_it_was_taken_out_of_the_file_brought_what_it_was_scored_at() -> None:
    plan = (stated("faster", 8), stated("safer", 8))
    scored = seen(DURING, stated("faster", 8, 8), stated("safer", 8, 6), until=AFTER)

    found = committed(seen(BEFORE, *plan), scored, now=(stated("faster", 8, 8),))

    assert (found.of().actual, found.of().percent, found.of().excluded) == (14, Decimal("87.5"), {})
    assert [one.is_gone for one in found.objectives] == [False, True]


@pytest.mark.parametrize(
    ("scored", "percent"),
    [
        pytest.param(4, Decimal("120.0"), id="scored"),
        pytest.param(None, Decimal("80.0"), id="never scored: nobody committed to it"),
    ],
)
def test_what_came_later_and_was_scored_before_it_was_taken_out_counts_as_it_did(
    scored: int | None, percent: Decimal
) -> None:
    draft = stated("braver", 9, 9)  # gone before the increment began
    plan, added = stated("faster", 10, 8), stated("later", 7, scored, committed=False)
    versions = (seen("2026-02-20T10:00", draft), seen(BEFORE, stated("faster", 10)), seen(DURING, plan, added))

    found = committed(*versions, now=(plan,))

    assert found.of().percent == percent


def test_what_nobody_scored_yet_is_pending_and_not_zero() -> None:
    """T10: not yet scored is pending, not 0."""
    found = committed(seen(BEFORE, stated("faster", 8), stated("safer", 8)), seen(AFTER, stated("faster", 8, 8),
                      stated("safer", 8)))  # fmt: skip

    assert (found.of().percent, found.of().pending) == (None, ("A: safer",))


def test_what_changes_on_the_first_day_is_still_the_plan() -> None:
    draft, agreed = seen(BEFORE, stated("faster", 3)), seen("2026-03-02T21:00", stated("faster", 8, 4))

    assert committed(draft, agreed).of().percent == Decimal("50.0")


def test_the_first_day_ends_where_the_portfolio_lives() -> None:
    """23:30 in Paris is still the first day; 00:30 is not."""
    evening = committed(seen("2026-03-02T22:30", stated("faster", 8)), now=(stated("faster", 8, 4),))
    night = committed(seen("2026-03-02T23:30", stated("faster", 8)), now=(stated("faster", 8, 4),))

    assert (evening.known_on, night.known_on) == (None, date(2026, 3, 3))


def test_a_plan_that_was_first_seen_late_says_since_when_it_is_known() -> None:
    found = committed(seen(DURING, stated("faster", 8)), seen(AFTER, stated("faster", 8, 8), stated("safer", 4, 4)))

    assert found.known_on == date(2026, 4, 1)
    assert found.of().percent == Decimal("150.0")  # the second came later still


def test_of_a_plan_that_was_first_seen_late_what_the_file_says_came_later_is_no_part() -> None:
    early, late = stated("faster", 8, 8), replace(stated("safer", 4, 4), planned_on=date(2026, 3, 20))

    found = committed(seen(DURING, early, late))

    assert [(one.key, one.committed) for one in found.objectives] == [("A: faster", True), ("A: safer", False)]


def test_a_file_without_the_increment_is_no_plan_of_it() -> None:
    other = stated("faster", 8, increment="PI 0")

    found = committed(seen(BEFORE, other), seen(DURING, other, stated("faster", 8, 8)))

    assert (found.known_on, found.of().planned) == (date(2026, 4, 1), 8)


def test_a_plan_that_came_back_is_the_one_that_was_there() -> None:
    """The first version stood again when the increment began: it was seen after the second."""
    found = committed(
        seen("2026-02-01T10:00", stated("faster", 8), until="2026-03-03T10:00"),
        seen("2026-02-10T10:00", stated("faster", 2), until="2026-02-12T10:00"),
        now=(stated("faster", 2, 2),),
    )

    assert found.of().planned == 8


def test_a_value_that_is_planned_after_the_start_was_not_committed() -> None:
    found = committed(seen(BEFORE, stated("faster", None), stated("safer", 5)), now=(stated("faster", 7, 7),
                      stated("safer", 5, 5)))  # fmt: skip

    assert (found.of().planned, found.of().actual) == (5, 12)


def test_an_objective_that_nobody_valued_is_named_and_counts_nowhere() -> None:
    found = committed(seen(BEFORE, stated("faster", None), stated("safer", 5, 5)))

    assert (found.unplanned, found.of().percent) == (("A: faster",), Decimal("100.0"))


def test_the_same_words_in_another_case_are_the_same_objective() -> None:
    found = committed(seen(BEFORE, stated("Faster  orders", 8)), now=(stated("faster orders", 8, 8),))

    assert found.of().percent == Decimal("100.0")


def test_an_increment_without_objectives_is_not_told() -> None:
    assert commitments([], [], increments=[PI], calendar=CALENDAR) == ()


def test_where_no_version_was_kept_the_file_of_today_is_the_plan() -> None:
    (found,) = commitments([], [stated("faster", 8, 8)], increments=[PI], calendar=CALENDAR)

    assert found.of().percent == Decimal("100.0")


class TestParts:
    told = committed(
        seen(BEFORE, *PLAN, stated("tidier", 5, train="Ebene", team="C")),
        seen(AFTER, *SCORED, stated("tidier", 5, 2, train="Ebene", team="C")),
    )

    def test_the_portfolio_its_streams_and_trains_are_sums_of_objectives(self) -> None:
        found = {
            scope: dict(brought(self.told, PORTFOLIO, scope=Scope(scope)))["predictability"].percent
            for scope in ("portfolio", "value_stream:shop", "value_stream:core", "train:Azur", "train:Ebene")
        }

        assert found == {
            "portfolio": Decimal("83.7"), "value_stream:shop": Decimal("89.5"), "value_stream:core": Decimal("40.0"),
            "train:Azur": Decimal("89.5"), "train:Ebene": Decimal("40.0"),
        }  # fmt: skip

    def test_a_theme_has_the_objectives_that_name_it_whichever_train_they_are_of(self) -> None:
        plan = [stated("faster", 10, theme="grow"), stated("tidier", 5, train="Ebene", team="C", theme="grow")]
        scored = [replace(plan[0], actual_bv=Decimal(8)), replace(plan[1], actual_bv=Decimal(2))]
        told = committed(seen(BEFORE, *plan, stated("calmer")), seen(AFTER, *scored, stated("calmer", actual=5)))

        ((name, found),) = brought(told, PORTFOLIO, scope=Scope("theme:grow"))

        assert (name, found.planned, found.actual, found.percent) == ("predictability", 15, 10, Decimal("66.7"))
        assert not list(brought(told, PORTFOLIO, scope=Scope("theme:other")))
        assert not list(brought(self.told, PORTFOLIO, scope=Scope("theme:grow")))

    def test_the_export_tells_each_increment_by_scope_and_team(self) -> None:
        rows = list(
            metric_rows(
                (), portfolio=PORTFOLIO, calendar=CALENDAR, as_of=a_moment(AFTER), waiting_known=(),
                commitments=[self.told],
            )
        )  # fmt: skip

        told = {(row["scope"], row["metric"]): row["value"] for row in rows}
        assert told[("train:Azur", "predictability:B")] == Decimal("73.3")
        assert told[("value_stream:shop", "predictability")] == Decimal("89.5")
        assert {(row["period_start"], row["period_end"]) for row in rows} == {("2026-03-02", "2026-05-25")}

    def test_an_increment_that_has_not_begun_is_not_exported(self) -> None:
        rows = metric_rows((), portfolio=PORTFOLIO, calendar=CALENDAR, as_of=a_moment(BEFORE), waiting_known=(),
                           commitments=[self.told])  # fmt: skip

        assert not list(rows)

    def test_every_exported_number_can_be_taken_apart(self) -> None:
        facts = Facts(
            journeys=(), portfolio=PORTFOLIO, calendar=CALENDAR, as_of=a_moment(AFTER), commitments=[self.told]
        )
        rows = metric_rows((), portfolio=PORTFOLIO, calendar=CALENDAR, as_of=a_moment(AFTER), waiting_known=(),
                           commitments=[self.told])  # fmt: skip

        apart = take_apart("predictability", facts, scope=Scope(), period=PI.period, levels=())

        assert [(one.metric, one.scope, one.value, one.n_used, one.n_in_scope) for one in apart] == [
            (row["metric"], row["scope"], row["value"], row["n_used"], row["n_in_scope"]) for row in rows
        ]
        team = next(one for one in apart if one.metric == "predictability:A")
        assert {part.name: (part.amount, part.mark) for part in team.counted} == {
            "A: cheaper": (3, ""), "A: faster": (8, ""), "A: later": (4, "uncommitted"), "A: safer": (8, ""),
        }  # fmt: skip
        assert team.facts["committed_value"] == 23
