"""What a source tells otherwise than we hold it: of what kind is it?"""

from __future__ import annotations

from typing import Any

import pytest

from domain.change import Change
from sync.store.instants import micros
from sync.store.mending import hidden_parent, renamed
from tests.builders import a_change, a_moment

NAMES: dict[str, list[Any]] = {"key": ["CLM-2", "CLX-2"], "project": ["CLM", "CLX"], "url": ["/CLM-2", "/CLX-2"]}
LINK = '[["blocks", "{}"]]'


@pytest.mark.parametrize(
    ("what", "is_renamed"),
    [
        pytest.param(NAMES, True, id="a project that was renamed"),
        pytest.param(NAMES | {"links": [LINK.format("CLM-3"), LINK.format("CLX-3")]}, True, id="and a link within it"),
        pytest.param(NAMES | {"links": [LINK.format("CLM-3"), LINK.format("CLX-4")]}, False, id="another link, too"),
        pytest.param(NAMES | {"status": ["Doing", "Done"]}, False, id="another status, too"),
        pytest.param({"area": ["Claims", "Claims EU"]}, True, id="an area"),
        pytest.param({"links": [LINK.format("CLM-3"), LINK.format("CLX-3")]}, False, id="a link alone"),
        pytest.param({"status": ["Doing", "Done"]}, False, id="a status alone"),
    ],
)
def test_a_rename_changes_how_an_item_is_called_and_nothing_else(what: dict[str, list[Any]], is_renamed: bool) -> None:
    assert renamed({"10002": what}) == ({"10002"} if is_renamed else set())


def a_move(day: str, to: str | None, *, field: str = "parent") -> Change:
    return a_change(day, field, None, to)._replace(to_id=to)


@pytest.mark.parametrize(
    ("changes", "parent"),
    [
        pytest.param([], "1", id="nothing was told since"),
        pytest.param([a_move("2026-03-01", "1")], "1", id="given by then"),
        pytest.param([a_move("2026-03-01", "2")], "1", id="told below this one after it was given to another"),
        pytest.param([a_move("2026-03-09", "2")], "2", id="given to another since"),
        pytest.param([a_move("2026-03-09", None)], None, id="taken away since"),
        pytest.param([a_move("2026-03-09", None), a_move("2026-03-10", "1")], "1", id="taken away and given back"),
        pytest.param([a_move("2026-03-10", None), a_move("2026-03-09", "2")], None, id="given and taken away"),
        pytest.param([a_move("2026-03-09", "Task", field="type")], "1", id="of another type since"),
        pytest.param(
            [a_move("2026-03-09", "Task", field="type"), a_move("2026-03-10", "2")], "2", id="then given to another"
        ),
        pytest.param([a_move("2026-03-09", "DST", field="project")], "1", id="moved since"),
        pytest.param([a_move("2026-03-09", "Doing", field="status")], "1", id="another change"),
    ],
)
def test_a_parent_that_is_no_longer_named_is_hidden_or_was_taken_away(
    changes: list[Change], parent: str | None
) -> None:
    assert hidden_parent("1", changes, since=micros(a_moment("2026-03-05"))) == parent
