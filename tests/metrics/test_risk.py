"""Exposure by ROAM: definition 3.8."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.risk import Risk, Roam, Rules, by_size, exposure, faults

TODAY = date(2026, 5, 20)


def a_risk(key: str, roam: Roam | None, probability: str | None, impact: int | None, **told: Any) -> Risk:
    return Risk(
        key=key,
        roam=roam,
        probability=None if probability is None else Decimal(probability),
        impact=impact,
        **{"raised_on": date(2026, 5, 18), "owner": "Ada", "due_on": TODAY, "accepted_by": "Ada",
           "has_live_work": True, **told},
    )  # fmt: skip


FIVE = [
    a_risk("A", Roam.RESOLVED, "0.5", 100_000),
    a_risk("B", Roam.OWNED, "0.4", 50_000),
    a_risk("C", Roam.ACCEPTED, "0.1", 200_000),
    a_risk("D", Roam.MITIGATED, "0.6", 80_000, residual_probability=Decimal("0.2"), residual_impact=40_000),
    a_risk("E", None, "0.5", 30_000),
]


def test_exposure_is_what_is_left_of_each_risk() -> None:
    """T23: 0 + 20,000 + 20,000 + 8,000 + 15,000; 103,000 without mitigation."""
    found = exposure(FIVE, today=TODAY)

    assert (found.amount, found.inherent) == (63_000, 103_000)
    assert found.risks == (("B", 20_000), ("C", 20_000), ("E", 15_000), ("D", 8_000), ("A", 0))
    assert (found.faults, found.excluded) == ((), {})


def test_a_mitigated_risk_of_which_nobody_said_what_is_left_counts_whole() -> None:
    assert exposure([a_risk("D", Roam.MITIGATED, "0.6", 80_000)], today=TODAY).amount == 48_000


def test_a_risk_that_nobody_rated_is_named_and_not_nothing() -> None:
    found = exposure([a_risk("A", Roam.OWNED, None, 5), a_risk("B", None, "0.5", None), FIVE[2]], today=TODAY)

    assert (found.amount, found.excluded) == (20_000, {"not_rated": ("A", "B")})
    assert (found.n_used, found.n_in_scope) == (1, 3)


@pytest.mark.parametrize(
    ("told", "is_known"),
    [
        ([a_risk("A", Roam.RESOLVED, "0.5", 100_000), a_risk("B", Roam.OWNED, None, 50_000)], False),
        ([a_risk("A", Roam.RESOLVED, "0.5", 100_000)], True),
        ([a_risk("A", Roam.OWNED, "0", 100_000), a_risk("B", Roam.OWNED, None, 50_000)], True),
        ([], True),
    ],
)
def test_a_sum_is_known_once_one_of_the_open_risks_is_estimated_or_all_are_settled(
    told: list[Risk], is_known: bool
) -> None:
    found = exposure(told, today=TODAY)

    assert (found.amount, found.is_known) == (0, is_known)


def test_what_it_would_be_without_mitigation_is_not_known_where_one_that_counts_does_not_say_it() -> None:
    left = a_risk("A", Roam.MITIGATED, None, 100_000, residual_probability=Decimal("0.2"), residual_impact=40_000)
    whole, unrated = a_risk("B", Roam.OWNED, "0.4", 50_000), a_risk("C", Roam.OWNED, None, 50_000)

    one, other = exposure([left, whole], today=TODAY), exposure([whole, unrated], today=TODAY)

    assert (one.amount, one.inherent) == (28_000, None)
    assert (other.amount, other.inherent) == (20_000, 20_000)


@pytest.mark.parametrize(
    ("risk", "faults"),
    [
        (a_risk("A", Roam.OWNED, "1", 1, owner=None, due_on=None), ["no_owner", "no_date"]),
        (a_risk("A", Roam.ACCEPTED, "1", 1, accepted_by=None), ["no_acceptor"]),
        (a_risk("A", Roam.MITIGATED, "1", 1, has_live_work=False), ["no_live_work"]),
        (a_risk("A", None, "1", 1, raised_on=date(2026, 5, 12)), ["unsorted"]),
        (a_risk("A", None, "1", 1, raised_on=date(2026, 5, 13)), []),
        (a_risk("A", Roam.RESOLVED, "1", 1, owner=None), []),
    ],
)
def test_what_breaks_a_rule_of_roam_is_named(risk: Risk, faults: list[str]) -> None:
    assert [fault for _, fault in exposure([risk], today=TODAY).faults] == faults


@given(st.lists(st.tuples(st.sampled_from([None, *Roam]), st.integers(0, 100), st.integers(0, 10**6)), max_size=8))
def test_exposure_is_never_more_than_without_mitigation(told: list[tuple[Roam | None, int, int]]) -> None:
    risks = [
        a_risk(
            str(number), roam, str(Decimal(chance) / 100), impact,
            residual_probability=Decimal(chance) / 200, residual_impact=impact,
        )
        for number, (roam, chance, impact) in enumerate(told)
    ]  # fmt: skip

    found = exposure(risks, today=TODAY)

    assert found.inherent is not None
    assert 0 <= found.amount <= found.inherent
    assert found.n_used == len(risks)


def test_those_that_nobody_rated_come_last_and_the_resolved_not_at_all() -> None:
    risks = [a_risk("Z", None, None, None), *FIVE]

    assert [one.key for one in by_size(risks)] == ["B", "C", "E", "D", "Z"]
    assert by_size(risks)[-1].amount is None


@pytest.mark.parametrize(
    ("risk", "rules", "expected"),
    [
        pytest.param(a_risk("A", None, "1", 1, due_on=date(2026, 5, 19)), Rules(), ["overdue"], id="past its date"),
        pytest.param(a_risk("A", None, "1", 1, due_on=TODAY), Rules(), [], id="on its date"),
        pytest.param(
            a_risk("A", None, "1", 1, touched_on=date(2026, 2, 25)), Rules(untouched_days=84), [], id="84 days"
        ),
        pytest.param(
            a_risk("A", None, "1", 1, touched_on=date(2026, 2, 24)),
            Rules(untouched_days=84),
            ["untouched"],
            id="85 days",
        ),
        pytest.param(a_risk("A", None, "1", 1, has_live_work=False), Rules(), ["no_step"], id="nothing comes next"),
        pytest.param(a_risk("A", None, "1", 1, has_live_work=False, next_step="Ask"), Rules(), [], id="a next step"),
        pytest.param(
            a_risk("A", Roam.ACCEPTED, "1", 1, accepted_by=None), Rules(knows_acceptor=False), [], id="no field for it"
        ),
        pytest.param(
            a_risk("A", Roam.RESOLVED, "1", 1, due_on=date(2026, 1, 1), has_live_work=False), Rules(), [], id="resolved"
        ),
    ],
)
def test_a_risk_that_is_open_has_a_date_ahead_a_next_step_and_is_looked_after(
    risk: Risk, rules: Rules, expected: list[str]
) -> None:
    assert faults(risk, today=TODAY, rules=rules) == expected


def test_what_nobody_can_read_is_told_apart_from_what_nobody_rated() -> None:
    found = exposure([a_risk("A", None, None, 5, unreadable=("probability",)), a_risk("B", None, None, 5)], today=TODAY)

    assert (found.amount, found.excluded) == (0, {"not_rated": ("B",), "unreadable": ("A",)})
