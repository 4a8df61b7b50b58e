"""Benefit hypotheses and KPIs in the settings: what they mean, and mistakes with their line and mend."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from domain.strategy import FieldKpi, Indicator, Matcher
from tests.config.settings_files import SMALLEST, a_folder, loaded, mistakes

KPIS = "kpis: {nps: {name: NPS}, wait: {name: Wait}}\n"
PLAIN = "name: One, kpi: nps, baseline: 1, target: 2, starts: 2026-01-01, due: 2026-12-31"
SECOND = """\
  azure: {kind: azure_devops, url: "https://dev.azure.com/example", token: env:ADO}
"""


def with_benefits(*benefits: str) -> str:
    listed = ", ".join(f"{{{one}}}" for one in benefits)
    return f"{SMALLEST}{KPIS}themes: {{a: {{name: A, benefits: [{listed}]}}}}\n"


def with_kpi(kpi: str) -> str:
    return f"{SMALLEST}kpis:\n  nps: {kpi}\n"


def test_a_hypothesis_says_its_indicators_its_profile_its_share_and_its_forecast(tmp_path: Path) -> None:
    more = (
        "item: ABC-1, share: 60%, profile: ramp, planned_amount: 100, approved: 2026-01-05, "
        "forecast: {6: 20, 24: 100}, retired: 2026-11-01, "
        "indicators: [{kpi: wait, baseline: 9, target: 3, by: 2026-06-30, refuted_below: 40%}]"
    )
    other = f"{PLAIN}, item: ABC-2, share: 40%"

    (theme,) = meaning.portfolio(loaded(a_folder(tmp_path, with_benefits(f"{PLAIN}, {more}", other)))).themes

    one, two = theme.benefits
    assert one.indicators == (
        Indicator(
            kpi="wait", baseline=Decimal(9), target=Decimal(3), starts=date(2026, 1, 1), by=date(2026, 6, 30),
            refuted_below=Decimal("0.4"),
        ),
    )  # fmt: skip
    assert (one.profile, one.share, one.approved_on, one.retired_on) == (
        "ramp", Decimal("0.6"), date(2026, 1, 5), date(2026, 11, 1),
    )  # fmt: skip
    assert one.forecast == {6: 2000, 24: 10000}
    assert (two.profile, two.indicators, two.retired_on) == ("linear", (), None)


@pytest.mark.parametrize(
    ("benefit", "message"),
    [
        (
            f"{PLAIN}, indicators: [{{kpi: nps, baseline: 5, target: 5, by: 2026-06-30}}]",
            "target and baseline are the same, so there is nothing to reach",
        ),
        (
            f"{PLAIN}, indicators: [{{kpi: nps, baseline: 5, target: 6, by: 2025-06-30}}]",
            "an indicator is to be reached (2025-06-30) before it starts (2026-01-01)",
        ),
        (
            f"{PLAIN}, indicators: [{{kpi: npps, baseline: 5, target: 6, by: 2026-06-30}}]",
            'no KPI "npps"; did',
        ),
        (f"{PLAIN}, share: 50%", "a `share` is an epic's part of a benefit; name the epic with `item`"),
        (f"{PLAIN}, item: A-1, share: 50%", "the shares of those who claim nps add up to 50%, not to 100%"),
        (f"{PLAIN}, forecast: {{6: 1}}", "a `forecast` counts from the day of approval; add `approved`"),
        (f"{PLAIN}, approved: 2026-01-01, forecast: {{6: 1}}", "a `forecast` is compared with amounts; add"),
        (f"{PLAIN}, approved: 2026-01-01, planned_amount: 1, forecast: {{7: 1}}", "forecast"),
    ],
)
def test_a_hypothesis_that_cannot_be_judged_is_refused_with_its_line(
    tmp_path: Path, benefit: str, message: str
) -> None:
    (mistake,) = mistakes(a_folder(tmp_path, with_benefits(benefit)))

    assert mistake.startswith("vmo.yaml:9: themes.a.benefits[")
    assert message in mistake


def test_shares_of_one_claim_are_said_by_all_or_none_and_make_a_whole(tmp_path: Path) -> None:
    def told(*shares: str) -> list[str]:
        return mistakes(
            a_folder(tmp_path, with_benefits(*(f"{PLAIN}, item: A-{n}{share}" for n, share in enumerate(shares))))
        )

    assert told("", "") == []
    assert told(", share: 60%", ", share: 40%") == []
    assert told(", share: 60%", ", share: 60%") == [
        "vmo.yaml:9: themes.a.benefits[1].share: the shares of those who claim nps add up to 120%, not to 100%"
    ]
    assert told(", share: 60%", "") == [
        "vmo.yaml:9: themes.a.benefits[1]: others who claim nps say their share of it; add `share`"
    ]


def test_a_kpi_says_whom_to_ask_and_where_its_value_stands(tmp_path: Path) -> None:
    kpi = '{endpoint: {url: "https://dwh.example.com/kpi?name=nps&of=all", value: /data/0/value, token: env:DWH}}'

    (found,) = meaning.endpoints(loaded(a_folder(tmp_path, with_kpi(kpi))))

    assert (found.kpi, found.url) == ("nps", "https://dwh.example.com/kpi?name=nps&of=all")
    assert (found.value, found.date, found.allow_insecure) == ("/data/0/value", None, False)


@pytest.mark.parametrize(
    ("kpi", "message"),
    [
        ('{endpoint: {url: "http://dwh.example.com/kpi", value: /v}}', "plain http would show the token"),
        ('{endpoint: {url: "https://10.0.0.9/kpi", value: /v}}', "an IP address in place of a name"),
        ('{endpoint: {url: "https://127.0.0.1/kpi", value: /v}}', "an address on this machine"),
        ('{endpoint: {url: "https://169.254.169.254/latest", value: /v}}', "no tracker lives at such an address"),
        ('{endpoint: {url: "https://me:pw@dwh.example.com/kpi", value: /v}}', "must hold no user or password"),
        ('{endpoint: {url: "https://dwh.example.com/kpi?token=abc", value: /v}}', "a secret must not stand in an addr"),
        ('{endpoint: {url: "https://dwh.example.com/a/../b", value: /v}}', "expected only scheme, host and path"),
        ('{endpoint: {url: "https://dwh.example.com/{id}", value: /v}}', "no brackets or braces"),
        ('{endpoint: {url: "https://dwh.example.com/kpi", value: data.value}}', "expected a JSON pointer such as"),
        ('{endpoint: {url: "https://dwh.example.com/kpi"}}', "value: missing"),
        ("{field: NPS}", "a `field` needs either `item` (one key) or `match` (rules)"),
        ("{item: ABC-1}", "`item` and `match` say who carries a `field`; add it"),
        ("{field: NPS, item: ABC-1, match: {label: x}}", "a `field` needs either `item`"),
        ("{field: NPS, match: {source: clams}}", 'there is no source "clams"; did you mean "claims"?'),
        (
            '{field: NPS, item: A-1, endpoint: {url: "https://dwh.example.com/kpi", value: /v}}',
            "from a `field` or from an `endpoint`, not from both",
        ),
    ],
)
def test_a_kpi_that_cannot_be_read_safely_is_refused_with_its_line(tmp_path: Path, kpi: str, message: str) -> None:
    found = mistakes(a_folder(tmp_path, with_kpi(kpi)))

    assert len(found) == 1, found
    assert found[0].startswith("vmo.yaml:9: kpis.nps")
    assert message in found[0]


def test_a_kpi_of_a_field_is_read_from_its_item_or_from_those_that_match(tmp_path: Path) -> None:
    yaml = (
        f"{SMALLEST}kpis:\n  one: {{field: NPS, item: ABC-1}}\n"
        "  all: {field: Saved, match: {type: Initiative}, combine: mean}\n"
    )

    assert meaning.field_kpis(loaded(a_folder(tmp_path, yaml))) == (
        FieldKpi(kpi="one", field="NPS", item="ABC-1"),
        FieldKpi(kpi="all", field="Saved", matchers=(Matcher(type="Initiative"),), combine="mean"),
    )


def test_its_field_is_asked_of_every_source_that_may_have_it(tmp_path: Path) -> None:
    yaml = (
        f"{SMALLEST}{SECOND}kpis:\n  one: {{field: NPS, item: ABC-1}}\n"
        "  two: {field: Saved, match: {source: claims, type: Initiative}}\n"
    )

    claims, azure = meaning.sources(loaded(a_folder(tmp_path, yaml)))

    assert [claims.text_fields, claims.shared_fields] == [("NPS", "Saved"), frozenset({"NPS"})]
    assert [azure.text_fields, azure.shared_fields] == [("NPS",), frozenset({"NPS"})]
