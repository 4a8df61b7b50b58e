"""A query to paste lists all items of its row, or says how many of them."""

from __future__ import annotations

import re

import pytest

from tests.release.edition import LOCALES, Published


@pytest.mark.parametrize("locale", LOCALES)
def test_a_query_to_paste_lists_all_items_of_its_row_or_says_how_many_of_them(
    published: Published, locale: str
) -> None:
    page = (published.folder / f"quality.{locale}.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if "**JQL**" in line or "**WIQL**" in line]
    in_part = 0

    for row in rows:
        whole = int(row.split(" | ")[2])
        told = re.findall(r"\*\*(?:JQL|WIQL)\*\*(?: \((\d+) (?:of|sur) (\d+)\))? [^)]* (?:in|IN) \(([^)]*)\)", row)
        counts = [(int(some or 0), int(of or 0), ids.count(",") + 1) for some, of, ids in told]
        assert all(some == listed < of for some, of, listed in counts if some), row
        assert sum(of or listed for _, of, listed in counts) == whole, row
        in_part += any(some for some, _, _ in counts)
    assert 0 < in_part < len(rows)
