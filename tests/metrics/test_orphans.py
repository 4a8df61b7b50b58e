"""Which theme an orphan may belong to."""

from __future__ import annotations

from metrics.orphans import suggestions
from tests.builders import a_journey


def test_a_theme_that_has_ended_is_suggested_to_nobody() -> None:
    served = [
        a_journey("2026-03-02", "2026-03-05", key="A", level="epic", themes={"over": 1}),
        a_journey("2026-03-02", key="B", level="epic", themes={"grow": 1}),
    ]
    orphan = a_journey("2026-03-02", key="C", level="epic")
    child = a_journey("2026-03-02", "2026-03-05", key="D", parent="C", themes={"over": 1})
    marks = {one.id: (("label", "pay"),) for one in (*served, orphan)}

    found = suggestions([*served, orphan], [child], marks, themes={"grow"})

    assert [(one.orphan.key, one.theme, one.evidence[0].kind) for one in found] == [("C", "grow", "label")]
