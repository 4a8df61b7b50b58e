"""No two words of a chart cover each other and none leaves its drawing, at any of the widths it is drawn in."""

from __future__ import annotations

from itertools import combinations

import pytest

from reports.charts.drawing import FULL, HALF, NARROW, draw
from reports.packs import PACKS, pages
from reports.page import Figure
from reports.reckoning import reckon
from reports.render.mail import PICTURE_WIDTH
from tests.reports.books import a_book


def drawn(seed: int, width: int, locale: str) -> list[Figure]:
    made = pages(reckon(a_book(seed=seed)), packs=tuple(PACKS), locales=[locale])
    found = [
        block
        for page in made
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Figure) and block.chart is not None
    ]
    if width == PICTURE_WIDTH:
        return [page.picture for page in made if page.picture is not None]
    return [one for one in found if width in (NARROW, HALF if one.columns <= 6 else FULL)]


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [HALF, FULL, NARROW, PICTURE_WIDTH])
@pytest.mark.parametrize("seed", [7, 2])
def test_words_of_a_chart_stand_free_and_inside(seed: int, width: int, locale: str) -> None:
    figures = drawn(seed, width, locale)

    assert figures
    for figure in figures:
        assert figure.chart is not None
        canvas = draw(figure.chart, width=width)
        kind = type(figure.chart).__name__
        for one, other in combinations(canvas.boxes, 2):
            assert not one.meets(other), f"{kind}: {one} covers {other}"
        for box in canvas.boxes:
            assert box.left >= -1, f"{kind}: {box}"
            assert box.right <= canvas.width + 1, f"{kind}: {box}"
            assert box.top >= -1, f"{kind}: {box}"
            assert box.bottom <= canvas.height + 1, f"{kind}: {box}"
