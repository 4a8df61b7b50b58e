"""The ROAM register: read off the items' fields and statuses, today and on former days. Definition 3.8."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.risks import RiskField, RiskRules
from domain.strategy import Matcher
from domain.work_item import HistoryState, ItemId, Link
from metrics.risk import Risk, Roam, exposure, faults
from metrics.risk_register import Register, links_between, register, risk_items
from tests.builders import SOURCE, Told, a_calendar, a_moment, an_item

RULES = RiskRules(
    matchers=(Matcher(type="Risk"),),
    fields={
        "probability": (RiskField(field="Probability"),),
        "impact": (RiskField(field="Impact k", scale=1000, source=SOURCE), RiskField(field="Impact", source="ado")),
        "residual_probability": (RiskField(field="Left", is_percent=True),),
        "residual_impact": (RiskField(field="Left impact"),),
        "roam": (RiskField(field="ROAM"),),
    },
    scales={"probability": {"high": Decimal("0.7")}},
    roam={"mitigating": "mitigated", "owned": "owned", "accepted": "accepted"},
)


def a_risk(*moves: tuple[str, str], key: str = "R-1", type: str = "Risk", **fields: str) -> Told:
    """A risk whose fields say this; underlined names are written with spaces."""
    told = an_item(*moves, key=key, type=type, created="2026-05-01")
    said = {name.replace("_", " "): text for name, text in fields.items()}
    return replace(told, held=replace(told.held, item=replace(told.held.item, fields=said)))


def registered(*told: Told, rules: RiskRules = RULES) -> Register:
    held = [one.held for one in told]
    risks = risk_items(held, rules)
    ids = [one.item.id for one in risks]
    return register(
        risks,
        rules=rules,
        journeys={one.held.item.id: one.journey() for one in told},
        changes={one.held.item.id: one.changes for one in told if one.held.item.id in ids},
        linked=links_between(held, ids),
        calendar=a_calendar(),
    )


def the_risk(*told: Told, on: str = "2026-05-20") -> Risk:
    (risk,) = registered(*told).at(a_moment(on))
    return risk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.3", "0.3"),
        ("30%", "0.3"),
        ("30 %", "0.3"),
        ("High", "0.7"),
        ("30", None),  # 30 %, or a slip: not guessed
        ("0,3", None),
        ("1,200", None),
        ("rather likely", None),
        ("-1", None),
    ],
)
def test_a_probability_is_a_share_or_a_word_of_its_scale_and_nothing_is_guessed(
    text: str, expected: str | None
) -> None:
    risk = the_risk(a_risk(Probability=text, Impact_k="50"))

    assert risk.probability == (None if expected is None else Decimal(expected))
    assert risk.unreadable == (() if expected else ("probability",))


def test_an_impact_is_scaled_into_minor_units_and_what_is_left_may_be_percent() -> None:
    risk = the_risk(a_risk(Probability="0.6", Impact_k="80", Left="20", Left_impact="40000", ROAM="Accepted"))

    assert (risk.impact, risk.residual_impact, risk.residual_probability) == (8_000_000, 4_000_000, Decimal("0.2"))


def test_a_field_that_is_asked_of_another_source_says_nothing() -> None:
    assert the_risk(a_risk(Probability="0.6", Impact="80")).impact is None


@pytest.mark.parametrize(
    ("moves", "field", "expected"),
    [
        pytest.param([], "", None, id="nobody sorted it"),
        pytest.param([], "Owned", Roam.OWNED, id="by the field"),
        pytest.param([("2026-05-03", "done")], "", Roam.RESOLVED, id="done"),
        pytest.param([("2026-05-03", "dropped")], "Owned", Roam.RESOLVED, id="owned, and given up since"),
        pytest.param([("2026-05-03", "done")], "Accepted", Roam.ACCEPTED, id="accepted, and closed for that"),
    ],
)
def test_what_was_decided_is_read_off_the_field_and_the_status(
    moves: list[tuple[str, str]], field: str, expected: Roam | None
) -> None:
    assert the_risk(a_risk(*moves, ROAM=field)).roam is expected


def test_former_days_have_the_ratings_and_decisions_of_those_days() -> None:
    """Raised at 0.5 x 30,000; re-rated to 100,000 on the 10th; done on the 20th."""
    told = an_item(
        ("2026-05-20", "done"),
        key="R-1", type="Risk", created="2026-05-01",
        changes=[("2026-05-10", "fields.Impact k", "30", "100")],
    )  # fmt: skip
    item = replace(told.held.item, fields={"Probability": "0.5", "Impact k": "100"})
    found = registered(replace(told, held=replace(told.held, item=item)))

    amounts = {day: exposure(found.at(a_moment(day)), today=date(2026, 5, 20)).amount
               for day in ("2026-04-30", "2026-05-02", "2026-05-11", "2026-05-21")}  # fmt: skip

    assert amounts == {"2026-04-30": 0, "2026-05-02": 1_500_000, "2026-05-11": 5_000_000, "2026-05-21": 0}
    assert found.at(a_moment("2026-04-30")) == ()


def test_work_that_is_linked_from_either_end_or_lies_below_is_alive_while_it_is_open() -> None:
    risk = a_risk(ROAM="mitigating")
    work = an_item(("2026-05-02", "in progress"), key="W-1")
    done = an_item(("2026-05-02", "in progress"), ("2026-05-03", "done"), key="W-2")

    def linking(told: Told) -> Told:
        link = Link(kind="relates", to_id="R-1", to_key="R-1")
        return replace(told, held=replace(told.held, item=replace(told.held.item, links=(link,))))

    assert the_risk(risk, linking(work)).has_live_work
    assert the_risk(risk, an_item(("2026-05-02", "in progress"), key="W-3", parent="R-1")).has_live_work
    assert not the_risk(risk, linking(done)).has_live_work
    assert not the_risk(risk, work).has_live_work
    assert not the_risk(replace(risk, held=replace(risk.held, item=replace(risk.held.item, parent_id="W-1"))),
                        work).has_live_work  # fmt: skip


def test_two_risks_that_are_linked_mitigate_nothing() -> None:
    link = Link(kind="relates", to_id="R-2", to_key="R-2")
    one = a_risk(key="R-1")
    one = replace(one, held=replace(one.held, item=replace(one.held.item, links=(link,))))

    assert [risk.has_live_work for risk in registered(one, a_risk(key="R-2")).at(a_moment("2026-05-20"))] == [
        False, False,
    ]  # fmt: skip


def test_a_removed_risk_leaves_the_register_on_its_day_and_a_holed_history_is_told() -> None:
    gone = an_item(key="R-1", type="Risk", created="2026-05-01", removed="2026-05-10", history=HistoryState.GAP)
    found = registered(gone)

    assert [len(found.at(a_moment(day))) for day in ("2026-05-09", "2026-05-11")] == [1, 0]
    assert not found.risks[0].is_history_whole


def test_items_that_no_rule_names_are_no_risks() -> None:
    assert registered(an_item(key="A")).risks == ()
    assert registered(a_risk(), rules=RiskRules()).risks == ()
    assert registered(a_risk(key="R-1"), a_risk(key="R-2")).of([ItemId(SOURCE, "R-2")]).risks[0].journey.key == "R-2"


def test_a_quiet_register_breaks_no_rule() -> None:
    risk = Risk(
        key="R-1", raised_on=date(2026, 1, 1), roam=Roam.OWNED, probability=Decimal("0.2"), impact=100, owner="Ada",
        due_on=date(2026, 9, 1), next_step="Ask", touched_on=date(2026, 5, 1),
    )  # fmt: skip

    assert faults(risk, today=date(2026, 5, 20)) == []
