from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from config.load import Settings
from config.secrets import Reference
from domain.period import Period
from domain.placing import KindRule
from domain.strategy import Decision, KeyResult, Matcher, ProcessChange, Reading, ThemeRule, Train
from domain.work_item import FlowState, Status, StatusCategory
from domain.workflow import Workflow
from tests.config.settings_files import SMALLEST, a_folder, loaded, the_whole


def settings(folder: Path, more: str = "", portfolio: str = "", **files: str) -> Settings:
    yaml = SMALLEST.replace("currency: EUR", f"currency: EUR{portfolio}") + more
    return loaded(a_folder(folder, yaml, **files))


def test_the_whole_file_becomes_a_portfolio(tmp_path: Path) -> None:
    found = meaning.portfolio(loaded(the_whole(tmp_path)))

    theme, stream = found.themes[0], found.value_streams[0]
    assert (found.id, found.name, found.currency, found.locales) == (
        "customer-and-claims",
        "Customer and Claims",
        "EUR",
        ("fr", "en"),
    )
    assert (theme.id, theme.horizon, theme.target_share) == ("settle-fast", "H1", Decimal("0.4"))
    assert theme.rules == (
        ThemeRule(matcher=Matcher(label="theme-settle")),
        ThemeRule(matcher=Matcher(under="CLM-12")),
        ThemeRule(matcher=Matcher(field="Strategic theme", value="Settle fast"), share=Decimal("0.6")),
    )
    assert stream.trains == (Train(name="Cedre", matchers=(Matcher(source="policy-core", area="PolicyCore\\Claims"),)),)
    assert stream.budget == {"2026": 1_200_000_000}
    assert found.kpis[0].name == "Settlement days"
    assert found.guardrails.approval_threshold == 150_000_000
    assert found.guardrails.implementing_states == ("In progress", "MVP")
    assert found.guardrails.horizons["H1"] == Decimal("0.6")
    assert found.guardrails.service_days == {"story": 10, "feature": 56}


@pytest.mark.parametrize(
    ("more", "starts"),
    [
        pytest.param("", date(2026, 6, 30), id="a year before it is due"),
        pytest.param(", from: 2026-09-01", date(2026, 9, 1), id="when the theme begins"),
        pytest.param(", from: 2027-09-01", date(2026, 6, 30), id="not when the theme begins after it is due"),
    ],
)
def test_a_key_result_that_says_no_start_gets_one(tmp_path: Path, more: str, starts: date) -> None:
    result = "{name: NPS, baseline: 1, target: 2, due: 2027-06-30}"
    theme = f"themes:\n  a: {{name: A{more}, objective: {{name: Be liked, key_results: [{result}]}}}}\n"

    found = meaning.portfolio(settings(tmp_path, theme)).themes[0]

    assert found.objective == "Be liked"
    assert found.key_results == (
        KeyResult(
            id="a.1",
            name="NPS",
            unit="",
            baseline=Decimal(1),
            target=Decimal(2),
            starts=starts,
            due=date(2027, 6, 30),
            kpi=None,
        ),
    )


def test_a_key_result_may_count_milestones_in_place_of_a_scale(tmp_path: Path) -> None:
    result = "{name: Licence granted, milestones: 1, due: 2027-06-30}"

    found = meaning.portfolio(
        settings(tmp_path, f"themes:\n  a: {{name: A, objective: {{key_results: [{result}]}}}}\n")
    )

    (steps,) = found.themes[0].key_results
    assert (steps.milestones, steps.kind) == (1, "committed")
    assert (steps.baseline, steps.target) == (Decimal(0), Decimal(1))


def test_a_key_result_due_on_a_leap_day_begins_on_the_day_before_march(tmp_path: Path) -> None:
    result = "{name: NPS, baseline: 1, target: 2, due: 2028-02-29}"

    found = meaning.portfolio(
        settings(tmp_path, f"themes:\n  a: {{name: A, objective: {{key_results: [{result}]}}}}\n")
    )

    assert found.themes[0].key_results[0].starts == date(2027, 2, 28)


def test_a_benefit_is_valued_in_minor_units_and_an_unvalued_one_is_not_worth_nothing(tmp_path: Path) -> None:
    kpi = "kpi: nps, baseline: 1, target: 2, starts: 2026-01-01, due: 2026-12-31"
    benefits = f"[{{name: One, {kpi}, planned_amount: 12.50}}, {{name: Two, {kpi}}}]"

    found = meaning.portfolio(
        settings(tmp_path, f"kpis: {{nps: {{name: NPS}}}}\nthemes: {{a: {{name: A, benefits: {benefits}}}}}\n")
    )

    assert [benefit.planned_amount for benefit in found.themes[0].benefits] == [1250, None]


def test_changes_of_the_process_are_named_with_their_day(tmp_path: Path) -> None:
    found = meaning.portfolio(settings(tmp_path, portfolio=", process_changes: [{on: 2026-09-28, name: One board}]"))

    assert found.process_changes == (ProcessChange(on=date(2026, 9, 28), name="One board"),)


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 1250), ("JPY", 12), ("TND", 12500)])
def test_minor_units_are_those_of_the_currency(currency: str, minor: int) -> None:
    assert meaning.minor_units(Decimal("12.50"), currency) == minor


def test_budgets_come_from_the_settings_and_from_the_file(tmp_path: Path) -> None:
    streams = "value_streams: {policy: {name: Policy, budget: {2026: 100}}, claims: {name: Claims}}\n"

    found = meaning.portfolio(settings(tmp_path, streams, budgets="value_stream,period,amount\npolicy,2027-Q1,30\n"))

    assert [stream.budget for stream in found.value_streams] == [{"2026": 10_000, "2027-Q1": 3_000}, {}]


def test_the_calendar_has_the_zone_the_holidays_and_the_increments(tmp_path: Path) -> None:
    increments = "[{name: PI 1, starts: 2026-09-28, ends: 2026-12-18}]"

    found = meaning.calendar(settings(tmp_path, portfolio=f", holidays: [FR, 2026-12-24], increments: {increments}"))

    assert found.zone.key == "Europe/Paris"
    assert {date(2026, 7, 14), date(2026, 12, 24)} <= found.holidays
    assert date(2026, 12, 26) not in found.holidays
    assert found.increments[0].period == Period(date(2026, 9, 28), date(2026, 12, 19))


def test_a_part_of_a_country_has_holidays_of_its_own(tmp_path: Path) -> None:
    found = meaning.calendar(settings(tmp_path, portfolio=", holidays: FR-57"))

    assert date(2026, 12, 26) in found.holidays


def test_a_value_stream_may_have_days_of_its_own(tmp_path: Path) -> None:
    streams = """value_streams:
  claims: {name: Claims, timezone: America/Chicago}
  policy: {name: Policy, holidays: US}
  retail: {name: Retail}
  always: {name: Always, holidays: []}
"""

    found = meaning.calendar(settings(tmp_path, streams, portfolio=", holidays: FR"))

    independence, bastille = date(2026, 7, 3), date(2026, 7, 14)  # the 4th is a Saturday in 2026, and free on the 3rd
    days = {id: found.of(id) for id in ("claims", "policy", "retail", "always")}
    assert {id: own.zone.key for id, own in days.items()} == {
        "claims": "America/Chicago", "policy": "Europe/Paris", "retail": "Europe/Paris", "always": "Europe/Paris"
    }  # fmt: skip
    assert [id for id, own in days.items() if not own.is_working(bastille)] == ["claims", "retail"]
    assert [id for id, own in days.items() if not own.is_working(independence)] == ["policy"]
    assert found.of("retail") is found.of(None) is found


def test_without_holidays_only_weekends_are_not_worked(tmp_path: Path) -> None:
    assert meaning.calendar(settings(tmp_path)).holidays == frozenset()


def test_statuses_mean_what_the_settings_say(tmp_path: Path) -> None:
    rules = meaning.state_rules(loaded(the_whole(tmp_path)))
    status = Status(source="claims", status_id="7", name="Ready for Review", category=StatusCategory.IN_PROGRESS)

    workflow = Workflow(rules=rules, statuses=[status])

    assert workflow.flow_state(source="claims", status_id="7", name=None) is FlowState.WAITING
    assert workflow.is_cancelling(source="claims", resolution="won't do")
    assert workflow.is_blocked_state(source="policy-core", name="On Hold")
    assert not workflow.is_blocked_state(source="claims", name="On hold")


def test_a_block_of_blocked_further_out_holds_for_every_source(tmp_path: Path) -> None:
    found = settings(tmp_path, "blocked: {flags: false, states: Impeded, fields: {Blocked: Yes}}\n")

    source = meaning.sources(found)[0]

    assert meaning.state_rules(found)["claims"].blocked_states == {"impeded"}
    assert (source.blocked_flags, source.blocked_fields) == (False, {"Blocked": ("Yes",)})


def test_placing_rules_hold_levels_kinds_and_trains(tmp_path: Path) -> None:
    rules = meaning.placing_rules(loaded(the_whole(tmp_path)))

    assert rules.level_of(source="claims", type="EPIC") == "feature"
    assert rules.level_of(source="policy-core", type="Epic") == "epic"
    assert rules.level_of(source="policy-core", type="Spike") is None
    assert rules.kinds["claims"][0] == KindRule(matcher=Matcher(type="Bug"), kind="defect")
    assert rules.kinds["claims"][-1] == KindRule(matcher=None, kind="feature")
    assert rules.value_streams[0].trains[0].name == "Cedre"


def test_readings_come_oldest_first_with_their_provenance(tmp_path: Path) -> None:
    csv = "kpi,date,value,source\nnps,2026-10-01,2,survey\nnps,2026-09-01,0,\n"

    found = meaning.readings(settings(tmp_path, "kpis: {nps: {name: NPS}}\n", readings=csv))

    assert found == (
        Reading(kpi="nps", day=date(2026, 9, 1), value=Decimal(0), source="readings.csv"),
        Reading(kpi="nps", day=date(2026, 10, 1), value=Decimal(2), source="survey"),
    )


def test_a_decision_that_waits_has_none_yet(tmp_path: Path) -> None:
    csv = "id,date,meeting,decision,owner,due,question\nD1,2026-09-01,LPM,,A. Martin,2026-10-01,Stop CLM-14?\n"

    found = meaning.decisions(settings(tmp_path, decisions=csv))

    assert found == (
        Decision(
            id="D1",
            asked_on=date(2026, 9, 1),
            meeting="LPM",
            question="Stop CLM-14?",
            decision=None,
            owner="A. Martin",
            due=date(2026, 10, 1),
            item=None,
        ),
    )


def test_an_objective_that_is_not_scored_has_no_value_yet(tmp_path: Path) -> None:
    csv = "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,Faster,true,8,\n"

    found = meaning.objectives(settings(tmp_path, objectives=csv))

    assert [(each.planned_bv, each.actual_bv) for each in found] == [(Decimal(8), None)]


def test_a_source_says_everything_a_connector_must_know(tmp_path: Path) -> None:
    jira, azure = meaning.sources(loaded(the_whole(tmp_path)))

    assert (jira.name, jira.kind, jira.user, jira.token) == (
        "claims",
        "jira",
        "vmo@example.com",
        Reference("env", "JIRA_TOKEN"),
    )
    assert jira.jql == "project in (CLM, DST)"
    assert jira.value_fields["cost_estimate"] == "Cost (k€)"
    assert jira.value_scales == {"cost_estimate": 1000}
    assert jira.text_fields == ("Strategic theme", "Likelihood")
    assert (azure.projects, azure.area, azure.jql) == (("PolicyCore",), "PolicyCore\\Claims", None)


def test_a_rule_of_another_source_asks_this_one_for_no_field(tmp_path: Path) -> None:
    themes = "themes: {a: {name: A, match: {source: claims, field: X, is: y}}}\n"
    other = SMALLEST[SMALLEST.index("  claims:") :].replace("claims:", "other:")

    found = meaning.sources(settings(tmp_path, other + themes))

    assert [source.text_fields for source in found] == [("X",), ()]


def test_a_field_that_every_source_is_asked_for_may_be_lacking_in_one(tmp_path: Path) -> None:
    rules = "[{field: Everywhere, is: y}, {source: claims, field: Mine, is: y}]"
    more = f"themes: {{a: {{name: A, match: {rules}}}}}\nblocked: {{fields: {{On hold: [Yes]}}}}\n"
    other = SMALLEST[SMALLEST.index("  claims:") :].replace("claims:", "other:")

    (alone,) = meaning.sources(settings(tmp_path, more))
    claims, second = meaning.sources(settings(tmp_path, other + more))

    assert alone.shared_fields == frozenset()
    assert claims.shared_fields == {"Everywhere", "On hold"}
    assert second.shared_fields == {"Everywhere", "On hold"}
    assert claims.text_fields == ("Everywhere", "Mine")


def test_what_is_not_said_about_the_sync_holds_all_the_same(tmp_path: Path) -> None:
    plan = meaning.sync_plan(settings(tmp_path))

    assert plan.when.every == timedelta(minutes=15)
    assert plan.presence_sweep.words == "daily 02:00"
    assert plan.full_check.words == "Sun 03:00"
    assert plan.stale_after == timedelta(hours=24)


def test_a_report_without_a_language_speaks_the_portfolios_first(tmp_path: Path) -> None:
    found = meaning.reports(
        settings(tmp_path, "reports: {weekly: {packs: overview}}\n", portfolio=", locales: [fr, en]")
    )

    assert [(report.name, report.packs, report.locale, report.when, report.to) for report in found] == [
        ("weekly", ("overview",), "fr", None, ())
    ]


def test_the_kanban_tells_the_portfolio_state_of_a_status(tmp_path: Path) -> None:
    found = meaning.board(loaded(the_whole(tmp_path)))

    assert found.states == ("funnel", "reviewing", "analysing", "implementing")
    assert found.by_status["mvp"] == "implementing"


def test_a_limit_of_a_portfolio_state_holds_for_the_statuses_that_make_it(tmp_path: Path) -> None:
    guardrails = meaning.portfolio(loaded(the_whole(tmp_path))).guardrails

    assert guardrails.limited("Analysis") == "analysing"
    assert guardrails.limited("analysing") is None


def test_without_a_kanban_there_are_no_portfolio_states(tmp_path: Path) -> None:
    assert meaning.board(settings(tmp_path)).states == ()


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        pytest.param("", "sqlite:///{folder}/vmo-data/vmo.db", id="nothing said"),
        pytest.param("store: sqlite:///a.db\n", "sqlite:///{folder}/a.db", id="beside the settings"),
        pytest.param("store: sqlite:////var/a.db\n", "sqlite:////var/a.db", id="elsewhere"),
        pytest.param(
            "store: {url: postgresql+psycopg://vmo@db.example.com/vmo, password: env:DB}\n",
            "postgresql+psycopg://vmo@db.example.com/vmo",
            id="a server",
        ),
    ],
)
def test_the_stores_address_is_absolute(tmp_path: Path, store: str, expected: str) -> None:
    assert meaning.store_url(settings(tmp_path, store)) == expected.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "slug"), [("Été à la mer", "ete-a-la-mer"), ("日本", "portfolio"), ("A" * 80, "a" * 64), ("--x--", "x")]
)
def test_the_portfolios_id_is_a_safe_name(tmp_path: Path, name: str, slug: str) -> None:
    path = a_folder(tmp_path, SMALLEST.replace("name: Claims", f"name: {name}"))

    assert meaning.portfolio(loaded(path)).id == slug
