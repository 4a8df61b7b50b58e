"""Strong runs in Markdown: asterisks that a reader takes for marks."""

from __future__ import annotations

import pytest

from reports.page import Span
from reports.render.markdown import rich


def strong(words: str) -> Span:
    return Span(text=words, strong=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ((strong("JQL "), Span(text="key in (A-1)")), "**JQL** key in (A-1)"),
        ((Span(text="and"), strong(" 32 "), strong("features"), Span(text=" wait")), "and **32 features** wait"),
        ((strong(" "), Span(text="nothing")), " nothing"),
        ((strong("32"), strong(" "), strong("features"), Span(text=" wait")), "**32 features** wait"),
        ((Span(text="a"), strong(" "), Span(text="b")), "a b"),
        ((Span(text="a "), strong("b")), "a **b**"),
    ],
)
def test_asterisks_stand_at_words_where_they_mark_them(text: tuple[Span, ...], told: str) -> None:
    assert rich(text) == told
