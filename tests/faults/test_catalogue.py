"""Every case of the catalogue has a test, or a reason why not."""

from __future__ import annotations

import re
from pathlib import Path

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
