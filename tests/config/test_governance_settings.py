from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config import meaning
from config.load import load
from config.mistakes import ConfigurationError
from domain.governance import Exemption
from domain.strategy import Matcher
from tests.config.settings_files import SMALLEST, a_folder, loaded

KANBAN = "kanban: {states: {analysing: [Analysing], implementing: [In progress, MVP]}}\n"
RULE = """\
governance:
  rules:
    - name: A security review before work begins
      when: {label: customer-data}
      threshold: 500_000
      requires: [owner, Security review]
      before: implementing
      owner: CISO
      exceptions:
        - {item: CLM-7, until: 2026-12-31, owner: CISO, reason: a pilot without customer data}
"""


def mistakes(folder: Path, more: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(a_folder(folder, SMALLEST + KANBAN + more), environ={})
    return "\n".join(map(str, caught.value.mistakes))


def test_a_rule_is_read_with_its_states_and_exceptions(tmp_path: Path) -> None:
    settings = loaded(a_folder(tmp_path, SMALLEST + KANBAN + RULE))

    (rule,) = meaning.governance(settings)

    assert (rule.id, rule.level) == ("a-security-review-before-work-begins", "epic")
    assert rule.states == {"in progress", "mvp"}
    assert (rule.threshold, rule.requires) == (Decimal(500_000), ("owner", "Security review"))
    assert rule.matcher == Matcher(label="customer-data")
    assert rule.exemptions == (
        Exemption(item="CLM-7", until=date(2026, 12, 31), owner="CISO", reason="a pilot without customer data"),
    )


def test_fields_of_the_tracker_that_a_rule_requires_are_asked_of_it(tmp_path: Path) -> None:
    settings = loaded(a_folder(tmp_path, SMALLEST + KANBAN + RULE))

    (source,) = meaning.sources(settings)

    assert "Security review" in source.text_fields
    assert "owner" not in source.text_fields


def test_rules_of_one_slug_keep_ids_of_their_own(tmp_path: Path) -> None:
    rules = "governance: {rules: [{name: Owned, requires: [owner]}, {name: 'Owned!', requires: [due_on]}]}\n"

    found = meaning.governance(loaded(a_folder(tmp_path, SMALLEST + rules)))

    assert [rule.id for rule in found] == ["owned", "owned-2"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{name: A}", "it asks for nothing; say at least one of requires, approved, segregated, ceiling"),
        ("{name: A, approved: true}", "`approved` needs `before`"),
        ("{name: A, requires: [owner], before: implementin}", "the kanban has no state"),
        ("{name: A, requires: [owner], level: epik}", "there is no level"),
        ("{name: A, approved: true, before: implementing}", "nothing says what approves"),
        ("{name: A, requires: [owner], exceptions: [{item: X-1, until: soon, owner: B, reason: C}]}", "until"),
        ("{name: A, requires: [owner], exceptions: [{item: X-1, owner: B, reason: C}]}", "until"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_line_and_mend(tmp_path: Path, rule: str, said: str) -> None:
    told = mistakes(tmp_path, f"governance:\n  rules:\n    - {rule}\n")

    assert said in told
    line = (SMALLEST + KANBAN).count("\n") + 3
    assert f"vmo.yaml:{line}" in told or f"line {line}" in told


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    told = mistakes(tmp_path, "governance: {rules: [{name: A, requires: [owner]}, {name: a, requires: [due_on]}]}\n")

    assert "there are two rules of the name" in told
