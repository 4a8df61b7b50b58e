"""What was brought of what was planned: definition 3.3, flow and ART predictability."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.predictability import Objective, by_team, predictability


def an_objective(planned: int, actual: int | None, *, team: str = "A", **told: object) -> Objective:
    key = str(told.pop("key", f"{team}-{planned}-{actual}"))
    return Objective(key=key, team=team, planned=planned, actual=actual, **told)  # type: ignore[arg-type]


TEAM_A = [an_objective(10, 8), an_objective(8, 8), an_objective(5, 3), an_objective(7, 4, committed=False)]
TEAM_B = [an_objective(9, 5, team="B"), an_objective(6, 6, team="B")]


def test_a_team_brings_committed_and_uncommitted_value_of_what_it_committed() -> None:
    """T10: 23 of 23, and 11 of 15."""
    teams = by_team([*TEAM_A, *TEAM_B])

    assert [(one.actual, one.planned, one.percent) for one in teams.values()] == [
        (23, 23, Decimal("100.0")),
        (11, 15, Decimal("73.3")),
    ]
    assert [one.band for one in teams.values()] == ["healthy", "over_committed"]


def test_a_train_is_the_sum_of_its_teams_and_not_their_mean() -> None:
    """T10: 34 of 38 is 89.5 %; the mean of the teams would be 86.7 %, and without the split it would be 75.6 %."""
    found = predictability([*TEAM_A, *TEAM_B])

    assert (found.actual, found.planned, found.percent) == (34, 38, Decimal("89.5"))


def test_an_objective_that_nobody_scored_yet_is_pending_and_not_zero() -> None:
    found = predictability([an_objective(10, 8), an_objective(5, None, key="LATE")])

    assert (found.percent, found.band, found.pending) == (None, None, ("LATE",))
    assert (found.n_used, found.n_in_scope) == (1, 2)


def test_a_dropped_objective_keeps_its_plan_and_brought_nothing() -> None:
    found = predictability([an_objective(5, 5), an_objective(5, None, key="GONE", dropped_because="the law changed")])

    assert (found.percent, found.dropped) == (Decimal("50.0"), (("GONE", "the law changed"),))


def test_bringing_more_than_was_committed_is_named_as_under_committing() -> None:
    assert (
        predictability([an_objective(5, 5), an_objective(5, 5, committed=False, key="MORE")]).band == "under_committed"
    )


def test_the_furthest_from_the_plan_comes_first() -> None:
    assert predictability(TEAM_A).gaps == (("A-7-4", -3), ("A-10-8", -2), ("A-5-3", -2), ("A-8-8", 0))


def test_nothing_committed_is_no_percentage() -> None:
    assert predictability([]).percent is None
    assert predictability([an_objective(5, 5, committed=False)]).percent is None


@pytest.mark.parametrize(("planned", "actual"), [(0, 5), (11, 5), (5, 11)])
def test_a_business_value_off_the_scale_is_refused(planned: int, actual: int) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        predictability([an_objective(planned, actual)])


VALUES = st.tuples(st.integers(1, 10), st.integers(1, 10), st.sampled_from("ABC"), st.booleans())


@given(st.lists(VALUES, max_size=12))
def test_a_train_lies_between_its_worst_and_its_best_team(told: list[tuple[int, int, str, bool]]) -> None:
    objectives = [
        an_objective(planned, actual, team=team, committed=committed, key=str(number))
        for number, (planned, actual, team, committed) in enumerate(told)
    ]

    whole, teams = predictability(objectives), by_team(objectives).values()

    assert (whole.actual, whole.planned) == (sum(one.actual for one in teams), sum(one.planned for one in teams))
    shares = [one.percent for one in teams]
    if shares and all(share is not None for share in shares) and whole.percent is not None:
        known = [share for share in shares if share is not None]
        assert min(known) <= whole.percent <= max(known)
