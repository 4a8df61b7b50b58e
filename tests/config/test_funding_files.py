"""Budgets, costs and votes: what is read, and every mistake with its line and mend."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from domain.funding import Actual, Vote
from tests.config.settings_files import SMALLEST, a_folder, loaded, mistakes

STREAMS = (
    SMALLEST
    + "value_streams: {policy: {name: Policy, budget: {2026: 1200}}, claims: {name: Claims}}\n"
    + "themes: {fast: {name: Fast}, safe: {name: Safe}}\n"
)
ACTUALS, VOTES = "value_stream,period,amount,closed_on\n", "value_stream,theme,period,share,votes\n"
BUDGETS = "value_stream,period,amount,currency\n"


def test_costs_become_minor_units_with_the_day_they_were_closed(tmp_path: Path) -> None:
    path = a_folder(tmp_path, STREAMS, actuals=f"{ACTUALS}policy,2026-03,99.5,2026-04-08\npolicy,2026-04,1,\n")

    funding = meaning.portfolio(loaded(path)).funding

    assert funding.actuals == (
        Actual(value_stream="policy", period="2026-03", amount=9950, closed_on=date(2026, 4, 8)),
        Actual(value_stream="policy", period="2026-04", amount=100, closed_on=None),
    )


def test_votes_are_parts_of_those_cast_for_the_same_period_and_kind(tmp_path: Path) -> None:
    rows = "policy,,2026,,30\nclaims,,2026,,10\n,fast,2026,40%,\npolicy,,2027,,5\n"

    votes = meaning.portfolio(loaded(a_folder(tmp_path, STREAMS, votes=VOTES + rows))).funding.votes

    assert votes == (
        Vote(subject="value_stream:policy", period="2026", share=Decimal("0.75")),
        Vote(subject="value_stream:claims", period="2026", share=Decimal("0.25")),
        Vote(subject="theme:fast", period="2026", share=Decimal("0.4")),
        Vote(subject="value_stream:policy", period="2027", share=Decimal(1)),
    )


def test_the_settings_say_how_money_is_divided_and_what_is_a_candidate(tmp_path: Path) -> None:
    text = STREAMS + (
        "kanban: {states: {analysing: [Analysis], implementing: [Building, Testing], done: [Done]}}\n"
        "funding: {level: story, closes_after: 10 days, readings_apart: 7.5 points, "
        "capitalisation: {kinds: feature, method: count}}\n"
    )

    funding = meaning.portfolio(loaded(a_folder(tmp_path, text))).funding

    assert (funding.level, funding.closes_after) == ("story", timedelta(days=10).days)
    assert funding.apart_points == Decimal("7.5")
    assert funding.capital is not None
    assert (funding.capital.method, funding.capital.kinds) == ("count", ("feature",))
    assert funding.capital.statuses == {"building", "testing", "done"}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param(
            "budgets",
            f"{BUDGETS}policy,2027,100,USD\n",
            '2: currency: the amount is in "USD", and the portfolio\'s amounts are in EUR; write it in EUR, '
            "and keep the rate and its day beside the file",
            id="another currency",
        ),
        pytest.param(
            "budgets",
            f"{BUDGETS}policy,2027,100 USD,\n",
            '2: amount: expected a number alone, found "100 USD"; a column `currency` may say EUR',
            id="a currency in the amount",
        ),
        pytest.param(
            "budgets",
            f"{BUDGETS}policy,2026-Q1,1300,EUR\n",
            "2: period: 2026-Q1 add up to more than 2026 has; mend the amounts",
            id="a part above its whole",
        ),
        pytest.param(
            "actuals",
            f"{ACTUALS}polcy,2026-03,1,\n",
            '2: value_stream: there is no value stream "polcy"; did you mean "policy"?',
            id="no value stream",
        ),
        pytest.param(
            "actuals",
            f"{ACTUALS}policy,2026-03,1,2026-03-20\n",
            "2: closed_on: a period closes after its last day, which is 2026-03-31; leave the cell empty till then",
            id="closed before it ended",
        ),
        pytest.param(
            "actuals",
            f"{ACTUALS}policy,2026-03,1,8 April\n",
            '2: closed_on: expected a day such as 2026-09-28, found "8 April"',
            id="no date",
        ),
        pytest.param(
            "actuals",
            f"{ACTUALS}policy,2026-03,1,\npolicy,2026-Q1,3,\n",
            "3: period: its days are those of 2026-03 too (line 2); keep one of them",
            id="days told twice",
        ),
        pytest.param(
            "votes",
            f"{VOTES},fats,2026,40%,\n",
            '2: theme: there is no theme "fats"; did you mean "fast"?',
            id="an unknown theme",
        ),
        pytest.param(
            "votes",
            f"{VOTES},fast,2026,60%,\n,safe,2026,50%,\n",
            "3: share: with it the shares of 2026 add up to 110%; they may add up to 100%",
            id="shares over the whole",
        ),
        pytest.param(
            "votes",
            f"{VOTES},fast,2026,60%,\n,safe,2026,,50\n",
            "3: votes: of 2026 others say share; say the same for all themes",
            id="shares and votes",
        ),
        pytest.param(
            "votes",
            f"{VOTES}policy,fast,2026,60%,\n",
            "2: value_stream: a vote is for a value stream or for a theme; fill one of the two columns",
            id="for both",
        ),
        pytest.param(
            "votes",
            f"{VOTES}policy,,2026,,\n",
            "2: share: say either a share of all votes (30%) or a number of votes; fill one of the two columns",
            id="neither share nor votes",
        ),
    ],
)
def test_a_mistake_about_money_is_told_with_its_line_and_mend(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    path = a_folder(tmp_path, STREAMS, **{name: content})

    assert mistakes(path) == [f"{name}.csv:{expected}"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param("funding: {closes_after: 36 hours}", "funding.closes_after: months close on a day", id="hours"),
        pytest.param(
            "funding: {capitalisation: {after: implementing}}",
            'funding.capitalisation.after: the kanban has no state "implementing"; declare it under',
            id="no kanban",
        ),
    ],
)
def test_a_mistake_in_the_settings_of_money_is_told(tmp_path: Path, more: str, expected: str) -> None:
    (found,) = mistakes(a_folder(tmp_path, f"{STREAMS}{more}\n"))

    assert expected in found
