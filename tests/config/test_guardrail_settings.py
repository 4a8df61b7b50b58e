"""What was agreed about approvals and business owners, as people write it, and the mistakes they make."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from domain.strategy import FlowTolerances, PaceTolerances
from tests.config.settings_files import SMALLEST, a_folder, loaded, mistakes

HEAD = "increment,train,team,objective,committed,planned_bv,actual_bv,planned_on,scored_on\n"
LOG = "id,date,meeting,decision,owner,item,approves\n"


def agreeing(block: str) -> str:
    return f"{SMALLEST}guardrails:\n  {block}\n"


def test_approvals_and_engagement_are_read_with_what_holds_where_nothing_is_said(tmp_path: Path) -> None:
    block = (
        "approval: {threshold: 500_000, job_size: 20, near: 5%, split_within: 6 weeks}\n"
        "  engagement: {least: 80%, decided_within: 10 days}"
    )

    found = meaning.portfolio(loaded(a_folder(tmp_path, agreeing(block)))).guardrails

    assert (found.approval_threshold, found.approval_size) == (500_000_00, Decimal(20))
    assert (found.near_share, found.split_within_days) == (Decimal("0.05"), 42)
    assert found.implementing_states == ("implementing",)
    assert found.engagement.least_share == Decimal("0.8")
    assert found.measured_within_days == 30
    assert (found.engagement.scored_within_days, found.engagement.decided_within_days) == (5, 10)


def test_from_where_on_the_flow_is_told_otherwise_is_read_with_what_holds_where_nothing_is_said(tmp_path: Path) -> None:
    usual, agreed = (
        meaning.portfolio(loaded(a_folder(tmp_path, agreeing(block)))).guardrails.flow
        for block in ("flow: {act: 75%}", "flow: {without_start: 7.5%, constraint: 60%}")
    )

    assert usual == FlowTolerances(without_start=Decimal("0.15"), constraint=Decimal("0.4"), act=Decimal("0.75"))
    assert agreed == FlowTolerances(without_start=Decimal("0.075"), constraint=Decimal("0.6"), act=Decimal("0.6"))


def test_how_far_behind_an_outcome_may_be_is_read_with_what_holds_where_nothing_is_said(tmp_path: Path) -> None:
    usual, agreed = (
        meaning.portfolio(loaded(a_folder(tmp_path, agreeing(block)))).guardrails
        for block in ("flow: {act: 75%}", "pace: {on_track: 15 points}\n  measured_within: 9 weeks")
    )

    assert usual.pace == PaceTolerances(on_track_points=Decimal(5), at_risk_points=Decimal(15))
    assert agreed.pace == PaceTolerances(on_track_points=Decimal(15), at_risk_points=Decimal(15))
    assert agreed.measured_within_days == 63


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param("approval: {threshold: 0}", "a threshold must be more than 0", id="everything needs approval"),
        pytest.param("approval: {threshold: 5, job_size: -1}", "a job_size must be more than 0", id="a size below 0"),
        pytest.param(
            "approval: {threshold: 5, split_within: 36 hours}",
            "expected whole days, at least 1 day",
            id="a day and a half",
        ),
        pytest.param(
            "engagement: {least: 80%, active_within: 3 hours}", "expected whole days, at least 1 day", id="hours"
        ),
        pytest.param("engagement: {scored_within: 5 days}", "least", id="no share"),
        pytest.param(
            "flow: {constraint: 0.4}", 'expected a share from 0% to 100%, such as 40%, found "0.4"', id="bare"
        ),
        pytest.param("measured_within: 36 hours", "expected whole days, at least 1 day", id="measured within hours"),
        pytest.param(
            "pace: {on_track: 20 points}",
            "at_risk (15 points where nothing is said) is less than on_track (20 points): an outcome is at risk before "
            "it is off track; name at_risk",
            id="on track and off track",
        ),
        pytest.param(
            "flow: {constraint: 0%}",
            "from 0% on every state is the constraint; expected more than 0%",
            id="every state",
        ),
        pytest.param(
            "flow: {constraint: 50%, act: 45%}",
            "act (45%) is less than constraint (50%): a state is observed before it is acted on; raise act",
            id="act before observe",
        ),
        pytest.param(
            "flow: {constraint: 70%}",
            "act (60% where nothing is said) is less than constraint (70%): a state is observed before it is acted on; "
            "name act",
            id="above what holds where nothing is said",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, block: str, expected: str) -> None:
    path = a_folder(tmp_path, agreeing(block))

    (told,) = mistakes(path)

    line = len(SMALLEST.splitlines()) + 2
    assert told.startswith(f"vmo.yaml:{line}: guardrails.")
    assert expected in told


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param(
            "objectives",
            f"{HEAD}PI 1,Cedre,A,B,yes,8,,31/03/2026,\n",
            "objectives.csv:2: planned_on: ",
            id="a day written otherwise",
        ),
        pytest.param(
            "objectives",
            f"{HEAD}PI 1,Cedre,A,B,yes,8,,,2026-04-02\n",
            "objectives.csv:2: scored_on: a day without a business value; fill in actual_bv, or leave the day out",
            id="scored without a score",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv,theme\nPI 1,Cedre,A,B,yes,8,,groww\n",
            'objectives.csv:2: theme: there is no theme "groww"; declare it under `themes:`',
            id="for a theme that is not there",
        ),
        pytest.param(
            "decisions",
            f"{LOG}D1,2026-03-01,LPM,Yes,X,CLM-1,perhaps\n",
            'decisions.csv:2: approves: expected true or false, found "perhaps"',
            id="perhaps approved",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(tmp_path: Path, name: str, content: str, expected: str) -> None:
    (told,) = mistakes(a_folder(tmp_path, SMALLEST, **{name: content}))

    assert told.startswith(expected)
