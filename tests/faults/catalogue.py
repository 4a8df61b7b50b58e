"""The catalogue of what goes wrong at trackers and between them and us: one id and one sentence each.

    @case("E025", "G14")
    def test_a_change_log_of_10001_entries_is_whole(...): ...

E: cases of walking, presence, history, time, transport, boards, Data Center, Azure DevOps, store and schedule.
H: answers that are none. A: access. G: paging. D: odd data. M: mail. PB: publishing.
T: scheduler and clock.
The sentences stand in `catalogue.txt`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

SENTENCES: dict[str, str] = dict(
    line.split("  ", 1) for line in Path(__file__).with_name("catalogue.txt").read_text(encoding="utf-8").splitlines()
)

# Cases that cannot be made real, or that do not apply, with the reason.
LEFT_OUT: dict[str, str] = {}


def case(*ids: str) -> pytest.MarkDecorator:
    """Mark a test as proof of these cases. Raises KeyError for an id that the catalogue does not have."""
    for each in ids:
        SENTENCES[each]
    return pytest.mark.case(*ids)
