"""What a source tells otherwise than we hold it: of what kind is it?"""

from __future__ import annotations

from typing import Any

import pytest

from sync.store.mending import renamed

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
