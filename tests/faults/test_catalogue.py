"""Every case of the catalogue has a test, or a reason why not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from tests.faults.__main__ import lines, unproven
from tests.faults.catalogue import LEFT_OUT, SENTENCES

TESTS = Path(__file__).parents[1]


def marked() -> set[str]:
    """The ids that stand in a `@case(...)` anywhere below tests/."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for call in re.finditer(
            r"^\s*@?(?:pytestmark = )?case\(([^)]*)\)", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            found.update(re.findall(r"\"([A-Z]+\d+)\"", call[1]))
    return found


def test_every_case_has_a_test_or_a_reason_and_never_both() -> None:
    without = sorted(SENTENCES.keys() - marked() - LEFT_OUT.keys())

    assert without == []
    assert sorted(marked() & LEFT_OUT.keys()) == []
    assert sorted(LEFT_OUT.keys() - SENTENCES.keys()) == []


def test_a_case_whose_only_test_was_skipped_is_named_and_not_proven() -> None:
    outcomes = defaultdict(Counter, {each: Counter(passed=1) for each in SENTENCES})
    outcomes["G16"] = Counter(skipped=1)
    outcomes["G15"] = Counter(skipped=1, passed=1)

    assert unproven(outcomes, LEFT_OUT) == ["G16"]
    assert [line for line in lines(outcomes, LEFT_OUT) if "NOT PROVEN" in line and line.endswith(": G16")]
