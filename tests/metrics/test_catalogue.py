from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from domain.board import Board
from domain.forecasting import Forecasting
from domain.period import Period
from domain.strategy import Engagement, FlowTolerances, Guardrails, PaceTolerances
from metrics import catalogue, reasons
from metrics.catalogue import METRICS
from metrics.catalogue.metric import Metric
from metrics.flow_time import lead_time
from metrics.reasons import REASONS
from metrics.table import metric_rows
from tests.builders import (
    NOW,
    SOURCE,
    a_calendar,
    a_journey,
    a_key_result,
    a_portfolio,
    a_reading,
    a_theme,
)

EVERY = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
FRENCH = {"name", "question", "formula", "includes", "excludes"}


@pytest.mark.parametrize(("name", "locale"), [("metrics.md", "en"), ("metrics.fr.md", "fr")])
def test_the_page_of_definitions_is_current(name: str, locale: str) -> None:
    page = Path(__file__).parents[2] / "docs" / name

    # write it again: python -c "from metrics.catalogue import markdown as page; print(page('en'), end='')"
    assert page.read_text(encoding="utf-8") == catalogue.markdown(locale)


def test_the_page_in_french_is_in_french() -> None:
    page = catalogue.markdown("fr")

    for metric in METRICS.values():
        assert f"## {metric.name['fr']}\n" in page
        assert metric.formula["fr"] in page
        assert metric.formula["en"] not in page


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_put_into_words_in_both_languages(reason: str) -> None:
    assert set(REASONS[reason]) == {"en", "fr"}
    assert reasons.words(reason, "en") != reasons.words(reason, "fr")
    french = REASONS[reason]["fr"]
    assert not re.search(r"[^\u202f][;!?%]", french)
    assert not re.search(r"[^\u00a0]:", french)
    assert "'" not in french


def test_a_reason_nobody_put_into_words_stands_for_itself() -> None:
    assert reasons.words("by_decree", "fr") == "by_decree"


@EVERY
def test_every_metric_answers_what_a_reader_may_ask(metric: Metric) -> None:
    assert metric.version >= 1
    assert metric.precision >= 0
    assert metric.minimum_sample >= 1
    assert metric.unit in ("items", "days", "%", "points", "money", "")
    assert metric.source
    assert all(
        metric.includes[locale].endswith(".") and metric.excludes[locale].endswith(".") for locale in ("en", "fr")
    )


@pytest.mark.parametrize(
    ("metric", "english", "french"),
    [
        ("bottleneck", "from 50% on (from 70%: act)", "dès 50\u202f% (70\u202f%\u00a0: agir)"),
        ("flow_time", "where 92.5% were seen to start", "si 92,5\u202f% ont un début connu"),
        ("flow_stability", "92.5% of what finished has", "si 92,5\u202f% a son temps de flux"),
        ("key_result", "at most 7.5 points behind is on track, at most 20 at risk", "au plus 7,5 points de retard"),
        ("owner_engagement", "one at most 1 working day after its end", "réelle 1 jour ouvré au plus après"),
        ("owner_engagement", "on or below them in 21 days", "eux ou dessous, depuis 21 jours"),
        ("old_decisions", "more than 1 day?", "plus de 1 jour\u202f?"),
        ("unmeasured_value", "due 60 days ago or more", "il y a 60 jours ou plus"),
        ("forecast_when", "one of the last 45 days of those", "l’un des 45 derniers jours de ceux"),
        ("forecast_how_many", "one of the last 45 days, zeros", "l’un des 45 derniers jours, zéros"),
        ("board_stuck", "left it for 42 days.", "n’en est sorti depuis 42 jours."),
    ],
)
def test_a_definition_says_what_the_portfolio_agreed(metric: str, english: str, french: str) -> None:
    agreed = replace(
        a_portfolio(),
        guardrails=Guardrails(
            flow=FlowTolerances(without_start=Decimal("0.075"), constraint=Decimal("0.5"), act=Decimal("0.70")),
            measured_within_days=60,
            pace=PaceTolerances(on_track_points=Decimal("7.5"), at_risk_points=Decimal(20)),
            engagement=Engagement(scored_within_days=1, active_within_days=21, decided_within_days=1),
        ),
        forecasting=Forecasting(window_days=45),
        board=Board(stuck_after=42),
    )

    told, usual = catalogue.of(metric, agreed), catalogue.of(metric)

    for locale, said in (("en", english), ("fr", french)):
        assert said in f"{told.question[locale]} {told.formula[locale]}"
        assert said not in f"{usual.question[locale]} {usual.formula[locale]}"


def test_the_page_of_definitions_says_where_a_number_is_agreed_otherwise() -> None:
    settings = "`guardrails.flow.constraint`, `guardrails.flow.act`"

    assert f"| May be agreed otherwise | {settings} |" in catalogue.markdown("en")
    assert f"| Réglable | {settings} |" in catalogue.markdown("fr")


@EVERY
def test_a_formula_has_at_most_60_words(metric: Metric) -> None:
    assert all(len(metric.formula[locale].split()) <= 60 for locale in ("en", "fr"))


@EVERY
def test_every_text_is_there_in_both_languages_as_a_sentence(metric: Metric) -> None:
    for field in FRENCH:
        words = getattr(metric, field)
        assert set(words) == {"en", "fr"}
        assert all(text and text == text.strip() for text in words.values())
    assert all(metric.question[locale].endswith("?") for locale in ("en", "fr"))
    assert all(metric.formula[locale].endswith(".") for locale in ("en", "fr"))


@EVERY
def test_a_worked_figure_is_told_as_an_example(metric: Metric) -> None:
    """Under a page's own numbers, “34 brought of 38 planned” would read as one of them."""
    for locale, mark in (("en", "For example, "), ("fr", "Par exemple, ")):
        for sentence in re.split(r"(?<=\.)\s", metric.formula[locale]):
            if re.search(r"\d.*:\s[(−]?\d|[“«][^”»]*\d(?![\d\s]*%)", sentence):
                assert sentence.startswith(mark), sentence


@EVERY
def test_french_is_set_as_in_france(metric: Metric) -> None:
    for field in FRENCH:
        text = getattr(metric, field)["fr"]
        assert not re.search(r"[^\u202f][;!?%]", text), "a narrow no-break space stands before ; ! ? %"
        assert not re.search(r"[^\u00a0]:", text), "a no-break space stands before a colon"
        assert not re.search(r"«[^\u00a0]|[^\u00a0]»", text), "no-break spaces stand within guillemets"
        assert "'" not in text, "the apostrophe is ’"


@EVERY
def test_better_is_one_of_four_words(metric: Metric) -> None:
    assert metric.better in ("up", "down", "range", "none")


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("throughput", "throughput"),
        ("flow_time_p85", "flow_time"),
        ("pace_p85:Ready for review_p50", "pace"),
        ("flow_distribution:debt", "flow_distribution"),
        ("key_result:nps_p50", "key_result"),
    ],
)
def test_finds_the_definition_of_a_name_in_the_export(name: str, metric: str) -> None:
    assert catalogue.of(name).id == metric


@pytest.mark.parametrize(
    ("module", "metric"),
    [
        ("throughput", "throughput"),
        ("flow_time", "flow_time"),
        ("flow_load", "flow_load"),
        ("cumulative_flow", "cumulative_flow"),
        ("balance", "flow_balance"),
        ("stability", "flow_stability"),
        ("bottleneck", "bottleneck"),
        ("age", "work_item_age"),
        ("pace", "pace"),
        ("waste", "waste"),
        ("service_level", "service_level"),
        ("flow_efficiency", "flow_efficiency"),
        ("distribution", "flow_distribution"),
        ("behaviour", "usual_range"),
        ("key_results", "key_result"),
        ("benefits", "benefit"),
        ("spend", "spend"),
        ("closing", "spend_adjustment"),
        ("budget_run", "cost_forecast"),
        ("capital", "capital_share"),
        ("ledger", "hypothesis"),
        ("scenario", "scenario"),
        ("alignment", "alignment_flow"),
        ("wsjf", "wsjf"),
        ("kanban", "board_load"),
        ("policies", "exit_policies"),
        ("order", "order_price"),
        ("dependencies", "dependency_health"),
        ("predictability", "predictability"),
        ("state_time", "state_time"),
        ("trust", "trust"),
        ("quality", "data_quality"),
        ("governance", "governance"),
    ],
)
def test_a_result_carries_the_version_that_the_catalogue_names(module: str, metric: str) -> None:
    assert METRICS[metric].version == importlib.import_module(f"metrics.{module}").DEFINITION_VERSION


def test_lead_time_carries_a_version_of_its_own() -> None:
    measured = lead_time([], finished_in=Period(date(2026, 3, 1), date(2026, 4, 1)), calendar=a_calendar())

    assert measured.definition_version == METRICS["lead_time"].version


def test_the_export_takes_version_and_unit_from_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(METRICS["throughput"], version=7, unit="pieces")
    monkeypatch.setitem(METRICS, "throughput", changed)

    rows = list(exported())

    told = {(row["definition_version"], row["unit"]) for row in rows if row["metric"] == "throughput"}
    assert told == {(7, "pieces")}


def test_every_name_in_the_export_leads_to_its_definition() -> None:
    names = {str(row["metric"]) for row in exported()}

    assert {catalogue.of(name).id for name in names} > {"throughput", "flow_time", "flow_distribution", "key_result"}
    assert all(name == catalogue.of(name).id or name.startswith(catalogue.of(name).id) for name in names)


def exported() -> Iterator[dict[str, object]]:
    theme = a_theme("grow", key_results=[a_key_result(id="grow.1")])
    items = [a_journey("2026-03-02", "2026-03-05", key="PAY-1"), a_journey("2026-03-03", key="PAY-2", level="epic")]
    return metric_rows(
        items,
        portfolio=a_portfolio(themes=[theme]),
        calendar=a_calendar(),
        as_of=NOW,
        waiting_known={SOURCE},
        readings=[a_reading(4, "2026-03-20")],
    )
