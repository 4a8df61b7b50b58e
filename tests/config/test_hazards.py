"""Risks and dependencies as people set them, and every mistake in them with its line and mend."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from domain.risks import RiskField
from tests.config.settings_files import SMALLEST, a_folder, loaded, mistakes

ADO = (
    "  devops: {kind: azure_devops, url: https://dev.azure.com/acme, token: env:ADO_TOKEN}\n"
    "risks:\n"
    "  match: {type: Risk}\n"
    "  fields:\n"
    "    probability: Likelihood\n"
    "    impact: [{field: Impact k, scale: 1000, source: claims}, {field: Custom.Impact, source: devops}]\n"
    "    residual_probability: {field: Left, percent: true}\n"
    "  scales: {probability: {Low: 0.1, high: 0.7}}\n"
    "  roam: {mitigated: [Mitigating], accepted: Accepted}\n"
)


def test_risks_are_read_by_the_fields_scales_and_words_of_the_settings(tmp_path: Path) -> None:
    rules = meaning.risk_rules(loaded(a_folder(tmp_path, SMALLEST + ADO)))

    assert rules.fields["impact"] == (
        RiskField(field="Impact k", scale=1000, source="claims"),
        RiskField(field="Custom.Impact", source="devops"),
    )
    assert rules.fields["residual_probability"][0].is_percent
    assert rules.scale_of("residual_probability") == {"low": Decimal("0.1"), "high": Decimal("0.7")}
    assert (rules.roam, rules.minor_per_unit) == ({"mitigating": "mitigated", "accepted": "accepted"}, 100)


def test_fields_of_risks_and_dependencies_are_asked_of_the_sources_that_bear_them(tmp_path: Path) -> None:
    settings = loaded(a_folder(tmp_path, SMALLEST + ADO + "dependencies: {fields: Depends on}\n"))

    jira, azure = meaning.sources(settings)

    assert jira.text_fields == ("Likelihood", "Impact k", "Left", "Depends on")
    assert azure.text_fields == ("Likelihood", "Custom.Impact", "Left", "Depends on")
    assert jira.shared_fields == {"Likelihood", "Left", "Depends on"}  # only these may a source lack


def test_dependencies_are_types_of_links_fields_and_a_list(tmp_path: Path) -> None:
    yaml = SMALLEST + "dependencies: {links: [Blocks, System.LinkTypes.Dependency-Forward], fields: Depends on}\n"
    rows = "before,after,due,note\nCLM-1,AB#7,2026-09-01,prices\nAB#7,CLM-3,,\n"

    rules = meaning.precedence_rules(loaded(a_folder(tmp_path, yaml, dependencies=rows)))

    assert (set(rules.links), rules.fields) == ({"blocks", "dependency"}, ("Depends on",))
    assert [(row.before, row.after, row.needed_on, row.line) for row in rules.listed] == [
        ("CLM-1", "AB#7", date(2026, 9, 1), 2), ("AB#7", "CLM-3", None, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            "CLM-1,CLM-2,1/9/2026,",
            'dependencies.csv:2: due: expected a day such as 2026-09-28, found "1/9/2026"',
            id="a date of another shape",
        ),
        pytest.param(
            "CLM-1,,2026-09-01,", "dependencies.csv:2: after: empty; a value is needed", id="nothing that waits"
        ),
        pytest.param(
            "CLM-1,clm-1,,",
            'dependencies.csv:2: after: "clm-1" would wait for itself; name another item',
            id="an item that waits for itself",
        ),
        pytest.param(
            "CLM-1,CLM-2,,\nclm-1,CLM-2,,",
            "dependencies.csv:3: this dependency is already in dependencies.csv, line 2; keep one",
            id="one dependency twice",
        ),
    ],
)
def test_a_mistake_in_the_list_of_dependencies_is_named_with_its_line_and_mend(
    tmp_path: Path, rows: str, expected: str
) -> None:
    path = a_folder(tmp_path, SMALLEST, dependencies=f"before,after,due,note\n{rows}\n")

    assert mistakes(path) == [expected]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param("risks: {fields: {probabilty: Likelihood}}", 'did you mean "probability"?', id="a misspelt name"),
        pytest.param(
            "risks: {fields: {impact: {field: Impact, source: claim}}}", 'did you mean "claims"?', id="no such source"
        ),
        pytest.param(
            "risks: {scales: {probability: {high: 70}}}",
            "expected a share from 0 to 1, found 70",
            id="percent as share",
        ),
        pytest.param("risks: {scales: {impact: {high: -5}}}", "expected 0 or more, found -5", id="a negative impact"),
        pytest.param("risks: {scales: {owner: {ada: 1}}}", "residual_impact", id="a scale of owners"),
        pytest.param("risks: {roam: {owned: [Open], accepted: [open]}}", "keep one", id="a word that means two things"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_mend(tmp_path: Path, block: str, expected: str) -> None:
    (found,) = mistakes(a_folder(tmp_path, f"{SMALLEST}{block}\n"))

    assert found.startswith("vmo.yaml:8: ")
    assert expected in found
