"""An executive's page is short: in px, in findings, on paper; and its charts can be read in every window."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from reports.packs import PACKS
from tests.release.edition import LOCALES, Published, tree
from tests.release.test_markup import by_class, elements, words
from tests.release.window import opened, resize

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EXECUTIVE = ("overview", "theme")
HIGHEST = 4_000  # px, in a window of 1280
ROOM = 50  # px: a week in which more was missed, or more moved, is higher than this one
LEAST_FINDINGS, MOST_FINDINGS = 4, 6
SHEETS = 3  # of A4 for what is told and decided
BUDGET_OF_THE_OVERVIEW = 160_000  # bytes
SMALLEST = 12.0  # px of a word in a chart
# A phone and a desk, and between them: where two columns begin and end, and where the wide drawings do.
WINDOWS = (390, 645, 705, 800, 992, 1000, 1100, 1121, 1240, 1280)
# The smallest words of the charts that are shown in figures, as the window scales them.
SMALLEST_WORDS = """() => Math.min(99, ...[...document.querySelectorAll('figure svg[role=img]')].flatMap(one => {
  const box = one.getBoundingClientRect();
  if (!box.width) return [];
  const scale = box.width / one.viewBox.baseVal.width;
  return [...one.querySelectorAll('text')].map(word => parseFloat(getComputedStyle(word).fontSize) * scale);
}))"""


@pytest.mark.needs_chromium
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", EXECUTIVE)
def test_an_executive_page_stays_under_four_thousand_px(
    browser: Browser, published: Published, pack: str, locale: str
) -> None:
    heights = {}
    for path in published.pages(pack, locale):
        with opened(browser, path) as page:
            resize(page, 1280)
            page.evaluate("() => document.fonts.ready")
            heights[path.name] = page.evaluate("document.documentElement.scrollHeight")

    assert {name: height for name, height in heights.items() if height >= HIGHEST - ROOM} == {}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", [*EXECUTIVE, "flow"])
def test_its_sections_are_four_to_six_and_each_is_headed_by_a_finding(
    published: Published, pack: str, locale: str
) -> None:
    for path in published.pages(pack, locale):
        sections = [one for one in elements(tree(path), "section") if one.attrib.get("id")]
        heads = [[words(head) for head in elements(one, "h2")] for one in sections]

        assert all(len(found) == 1 and len(found[0].split()) > 2 for found in heads), f"{path.name}: {heads}"
        assert LEAST_FINDINGS <= len(heads) <= MOST_FINDINGS, f"{path.name}: {heads}"


@pytest.mark.needs_chromium
@pytest.mark.parametrize("locale", LOCALES)
def test_the_overview_prints_on_three_sheets_before_its_definitions(
    browser: Browser, published: Published, locale: str
) -> None:
    (path,) = published.pages("overview", locale)
    with opened(browser, path, bypass_csp=True) as page:
        page.add_style_tag(content="@media print { .definitions { display: none !important; } }")
        printed = page.pdf(format="A4", prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= SHEETS


@pytest.mark.parametrize("locale", LOCALES)
def test_the_overview_is_light(published: Published, locale: str) -> None:
    (path,) = published.pages("overview", locale)

    assert path.stat().st_size < BUDGET_OF_THE_OVERVIEW


@pytest.mark.needs_chromium
@pytest.mark.parametrize("pack", PACKS)
def test_words_of_charts_are_never_smaller_than_twelve_px(browser: Browser, published: Published, pack: str) -> None:
    small = {}
    for path in published.pages(pack, "fr"):
        with opened(browser, path) as page:
            page.evaluate("() => document.fonts.ready")
            for width in WINDOWS:
                resize(page, width)
                if (found := page.evaluate(SMALLEST_WORDS)) < SMALLEST:
                    small[f"{path.name} at {width}"] = round(found, 1)

    assert small == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_page_of_the_portfolio_is_one_or_two_steps_from_every_other(published: Published, locale: str) -> None:
    """The pages of the whole stand in a row, themes and value streams in lists that a reader unfolds."""
    names = {one.name for pack in ("theme", "stream") for one in published.pages(pack, locale)}
    for path in published.pages("overview", locale):
        (nav,) = elements(tree(path), "nav")
        folded = [one for one in elements(nav, "details") if "phone" not in one.attrib.get("class", "")]
        row = {one.attrib["href"] for one in elements(next(by_class(nav, "whole")), "a")}

        assert all(words(next(elements(one, "summary"))) for one in folded)
        assert {one.attrib["href"] for each in folded for one in elements(each, "a")} == names
        assert {f"{pack}.{locale}.html" for pack in ("overview", "flow", "guardrails", "audit")} <= row
