"""Every pack in a real Chromium: accessible, quiet, never wider than its window, its charts' words apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reports.packs import PACKS
from reports.render.mail import Mail
from tests.release.edition import LOCALES, Published
from tests.release.recorder import Recorder
from tests.release.window import listened_to, opened, resize

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs_chromium

WIDTHS = (320, 390, 1280)
# What depends on the scheme, besides contrast; every other rule is asked in light.
OF_COLOUR = ["link-in-text-block"]
# WCAG 2.2, 1.4.12: as far as a reader may set words apart.
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
    " p { margin-bottom: 2em !important; }"
)
OPEN = "is => document.querySelectorAll('details').forEach(one => one.open = is)"
# Pairs of words that cover each other and words outside, in the charts that are shown, by the browser's own boxes.
# The em box of a word is taller than its letters: 0.78 above and 0.22 below the baseline are ink.
WORDS_OF_CHARTS = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    if (!svg.getClientRects().length) continue;
    const view = svg.viewBox.baseVal;
    const boxes = [...svg.querySelectorAll('text')].map(one => {
      const box = one.getBBox(), size = parseFloat(getComputedStyle(one).fontSize), y = one.y.baseVal[0].value;
      return {
        words: one.textContent, left: box.x, right: box.x + box.width, top: y - .78 * size, bottom: y + .22 * size
      };
    });
    boxes.forEach((one, index) => {
      if (one.left < -1 || one.top < -1 || one.right > view.width + 1 || one.bottom > view.height + 1)
        found.push(`outside: ${one.words}`);
      for (const other of boxes.slice(index + 1))
        if (one.left + .5 < other.right && other.left + .5 < one.right
            && one.top < other.bottom && other.top < one.bottom)
          found.push(`${one.words} covers ${other.words}`);
    });
  }
  return found;
}"""
# The texts whose contrast axe has not judged yet, with a number for the look of each. Its answer hangs on the styles of
# the text, of what is above it in the document and of what lies under it on the screen (by axe's own reckoning, so what
# an element moved over another is seen): the hundredth cell of a table is judged with the first, and so is the same
# cell of the next page.
NOT_JUDGED = """good => {
  const told = [
    'color', 'backgroundColor', 'backgroundImage', 'opacity', 'visibility', 'filter', 'mixBlendMode', 'textShadow',
    'fontSize', 'fontWeight', 'position', 'zIndex', 'overflow', 'clipPath', 'float', 'display',
  ];
  const judged = window.judged ??= new Set(good ?? []), known = new Map(), texts = [], numbers = [];
  const numbered = words => {  // 53 bits of it, by two multiplications a letter
    let one = 0xdeadbeef, other = 0x41c6ce57;
    for (let at = 0; at < words.length; at++) {
      one = Math.imul(one ^ words.charCodeAt(at), 0x9e3779b1);
      other = Math.imul(other ^ words.charCodeAt(at), 0x5f356495);
    }
    return (other >>> 11) * 4294967296 + ((one ^ other >>> 13) >>> 0);
  };
  const styles = (one, part) => {
    const style = getComputedStyle(one, part);
    if (!part) return told.map(name => style[name]).join();
    return style.content === 'none' ? '' : [...told, 'width', 'height'].map(name => style[name]).join();
  };
  const looks = one => {
    if (!known.has(one))
      known.set(one, [one.tagName, styles(one), styles(one, '::before'), styles(one, '::after')].join());
    return known.get(one);
  };
  axe.setup(document);
  for (const one of document.querySelectorAll('body *')) {
    if (one.closest('svg') || !one.getClientRects().length) continue;
    if (![...one.childNodes].some(each => each.nodeType === Node.TEXT_NODE && each.data.trim())) continue;
    const above = [];
    for (let each = one; each; each = each.parentElement) above.push(looks(each));
    const under = axe.commons.dom.getTextElementStack(one).map(line => line.map(looks).join(';'));
    const number = numbered([above.join(';'), ...under].join('|'));
    if (judged.has(number)) continue;
    judged.add(number);
    numbers.push(number);
    texts.push(one);
  }
  axe.teardown();
  return {texts, numbers};
}"""
VIOLATIONS = "([context, options]) => axe.run(context ?? document, options).then(found => found.violations)"
CONTRAST = """({texts}) => axe.run(
  {include: texts, exclude: ['svg > *']}, {resultTypes: ['violations'], runOnly: ['color-contrast']}
).then(found => found.violations)"""
GOOD: set[float] = set()  # looks with enough contrast, by their numbers, on whatever page they were judged


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_is_accessible(browser: Browser, published: Published, pack: str, locale: str) -> None:
    with opened(browser, published.heaviest(pack, locale), bypass_csp=True) as page:
        found = {"closed": violations(page, contrast_once=True)}
        page.evaluate(OPEN, True)
        for width in WIDTHS:
            resize(page, width)
            page.emulate_media(color_scheme="light")
            found[f"{width} light"] = violations(page, contrast_once=True)
            page.emulate_media(color_scheme="dark")
            found[f"{width} dark"] = violations(page, OF_COLOUR, contrast_once=True)

    assert {when: what for when, what in found.items() if what} == {}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", PACKS)
def test_every_page_asks_for_nothing_says_nothing_and_has_its_fonts_under_its_policy(
    browser: Browser, requests: Recorder, published: Published, pack: str, locale: str
) -> None:
    with listened_to(browser, through=requests) as (page, heard):
        for path in published.pages(pack, locale):
            heard.forget()
            page.goto(path.as_uri())
            page.evaluate("() => document.fonts.ready")

            assert [one for one in heard.asked if not one.startswith("data:")] == [path.as_uri()] == [page.url]
            assert heard.said == []
            assert page.evaluate("document.fonts.check('16px \"Report Sans\"')")
    assert requests.lines == []


def test_the_recorder_hears_a_request(browser: Browser, tmp_path: Path) -> None:
    heard = Recorder()
    path = tmp_path / "page.html"
    path.write_text('<img src="http://tracker.example.com/picture.png" alt="a pixel">', "utf-8")

    with listened_to(browser, through=heard) as (page, _):
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")

    heard.close()
    assert heard.lines == ["GET http://tracker.example.com/picture.png HTTP/1.1"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", PACKS)
def test_no_page_scrolls_sideways_however_far_its_words_are_set_apart(
    browser: Browser, published: Published, pack: str, locale: str
) -> None:
    wider: list[str] = []
    heaviest = published.heaviest(pack, locale)
    for path in published.pages(pack, locale):
        every = path == heaviest  # the others of its kind in the widest of the four states
        with opened(browser, path, bypass_csp=True) as page:
            for spacing in ("as printed", "spaced") if every else ("spaced",):
                if spacing == "spaced":
                    page.add_style_tag(content=SPACED)
                for is_open in (False, True) if every else (True,):
                    page.evaluate(OPEN, is_open)
                    for width in (*WIDTHS, 800):
                        resize(page, width)
                        found = page.evaluate("document.documentElement.scrollWidth")
                        if found > width:
                            wider.append(f"{path.name} at {width}, {spacing}, notes open {is_open}: {found}")

    assert wider == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", PACKS)
def test_no_two_words_of_a_chart_cover_each_other_and_none_leaves_it(
    browser: Browser, published: Published, pack: str, locale: str
) -> None:
    found: list[str] = []
    for path in published.pages(pack, locale):
        with opened(browser, path) as page:
            page.evaluate("() => document.fonts.ready")
            for width in (1280, 390):
                resize(page, width)
                found += [f"{path.name} at {width}: {one}" for one in page.evaluate(WORDS_OF_CHARTS)]

    assert found == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", PACKS)
def test_a_page_prints_tagged_with_headline_decisions_and_key_figures_on_the_first_sheet(
    browser: Browser, published: Published, pack: str, locale: str
) -> None:
    sheet = (round((210 - 24) / 25.4 * 96), round((297 - 29) / 25.4 * 96))  # A4 less its margins, in px

    with opened(browser, published.heaviest(pack, locale)) as page:
        printed = page.pdf(format="A4", tagged=True, outline=True, prefer_css_page_size=True)
        page.emulate_media(media="print")
        resize(page, *sheet)
        ends = page.evaluate(
            "['h1', '.decisions', '.kpis'].flatMap(one => [...document.querySelectorAll(one)])"
            ".map(one => one.getBoundingClientRect().bottom)"
        )

    assert b"/StructTreeRoot" in printed
    assert b"/MarkInfo" in printed
    assert len(ends) >= 2
    assert max(ends) <= sheet[1]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_mail_is_accessible_at_every_width_in_light_and_dark(
    browser: Browser, published: Published, tmp_path: Path, locale: str
) -> None:
    with opened(browser, mail_page(published, tmp_path, locale), bypass_csp=True) as page:
        for width in (320, 390, 700):
            resize(page, width)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)

                assert violations(page, context=None, contrast_once=True) == [], f"{width} {scheme}"
                assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("locale", LOCALES)
def test_a_mail_whose_picture_is_blocked_differs_only_by_the_picture(
    browser: Browser, published: Published, tmp_path: Path, locale: str
) -> None:
    path = mail_page(published, tmp_path, locale)
    said = {}
    for name, blocked in (("shown", False), ("blocked", True)):
        with opened(browser, path) as page:
            if blocked:
                page.evaluate("document.querySelectorAll('img').forEach(one => one.removeAttribute('src'))")
            said[name] = page.evaluate("document.body.innerText")
            pictures = page.evaluate("[...document.images].map(one => one.alt)")

    assert said["shown"] == said["blocked"]
    assert pictures
    assert all(any(letter.isdigit() for letter in alt) for alt in pictures), pictures


# Each takes a text below the contrast that it needs, in a place where others of its kind are well.
FAINT = {
    "one cell of a long table": "document.querySelectorAll('td')[40].style.color = '#bbb'",
    "one cell by what is under it": "document.querySelectorAll('td')[40].style.background = '#555'",
    "what an element moved over it does": """{
      const one = document.querySelectorAll('td')[40], over = document.createElement('div');
      over.style = 'position: absolute; inset: 0; background: #444; z-index: -1';
      one.style = 'position: relative; z-index: 0; color: #222';
      one.append(over);
    }""",
    "smaller letters": "Object.assign(document.querySelectorAll('td')[40].style, {color: '#999', fontSize: '9px'})",
}


@pytest.mark.parametrize("fault", FAINT)
def test_a_faint_text_among_many_is_found_whenever_it_becomes_faint(
    browser: Browser, published: Published, fault: str
) -> None:
    with opened(browser, published.heaviest("kanban", "en"), bypass_csp=True) as page:
        page.evaluate(OPEN, True)
        assert violations(page, OF_COLOUR, contrast_once=True) == []
        page.evaluate(FAINT[fault])

        found = violations(page, OF_COLOUR, contrast_once=True)

    assert [rule for rule, _ in found] == ["color-contrast"]


def mail_page(published: Published, folder: Path, locale: str) -> Path:
    made = Mail.from_json((published.folder / f"digest.{locale}.mail.json").read_text("utf-8"))
    path = folder / f"mail.{locale}.html"
    path.write_text(made.html, "utf-8")
    return path


def violations(
    page: Page,
    rules: list[str] | None = None,
    *,
    context: dict[str, Any] | None = {"exclude": ["svg > *"]},  # noqa: B006
    contrast_once: bool = False,
) -> list[tuple[str, list[str]]]:
    """What axe finds: each rule with the first elements that break it. With `contrast_once` texts of a look whose
    contrast was enough are not judged again: that takes two thirds of the time."""
    from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415  # heavy, and only where a browser is

    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options: dict[str, Any] = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    if contrast_once:
        options |= {} if rules else {"rules": {"color-contrast": {"enabled": False}}}
    found = page.evaluate(VIOLATIONS, [context, options])
    if contrast_once:
        looks = page.evaluate_handle(NOT_JUDGED, None if page.evaluate("'judged' in window") else sorted(GOOD))
        if numbers := looks.evaluate("({numbers}) => numbers"):
            faint = looks.evaluate(CONTRAST)
            found += faint
            GOOD.update(() if faint else numbers)
    return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]
