"""What stands in a wiki's page is the report and nothing else: no string brings an element, a macro or an address."""

from __future__ import annotations

from itertools import cycle
from xml.etree import ElementTree

import pytest

from reports.render.markdown import markdown
from reports.render.storage import ELEMENTS, Sheet, storage
from tests.reports.hostile_words import CORPUS
from tests.reports.test_hostile_corpus import WORDS, filled, told, with_words

SHEET = Sheet(
    summary="Edition 2026-W47, data as of 22 November.",
    label="Open the edition",
    address="https://vmo.example.com/r/tressande/2026-w47/overview.en.html",
    kept="vmo keeps this page.",
    mark="vmo tressande/2026-w47 abab",
)


@pytest.mark.parametrize("pack", ["overview", "ledger", "digest"])
def test_no_string_adds_an_element_an_attribute_or_an_address_to_a_page_of_the_wiki(pack: str) -> None:
    page = told(pack)
    plain = skeleton(storage(markdown(with_words(page, cycle(["Plain"])), words=WORDS[page.locale]), SHEET))

    for hostile in filled(page):
        elements, attributes, addresses = skeleton(storage(markdown(hostile, words=WORDS[page.locale]), SHEET))
        assert elements <= ELEMENTS
        assert attributes <= {"href", "style"}
        assert addresses <= plain[2]


def test_raw_markdown_of_strangers_stays_words_too() -> None:
    for text in (*CORPUS, '<ac:structured-macro ac:name="html"><ac:plain-text-body>x', "{html}<b>x</b>{html}"):
        elements, attributes, addresses = skeleton(storage(text, SHEET))

        assert elements <= ELEMENTS
        assert attributes <= {"href", "style"}
        assert all(one.startswith(("https://", "http://")) for one in addresses)


def test_the_first_line_leads_to_the_permanent_edition_and_links_lead_beside_it() -> None:
    text = (
        "---\na: 1\n---\n\n# Found\n\n[theme](theme-x.en.html#a) [old](../2026-w46/overview.en.html) [bad](ftp://x)\n"
    )

    made = storage(text, SHEET)

    assert made.startswith(f'<p>{SHEET.summary} <a href="{SHEET.address}">Open the edition</a></p><h1>Found</h1>')
    assert 'href="https://vmo.example.com/r/tressande/2026-w47/theme-x.en.html#a"' in made
    assert 'href="https://vmo.example.com/r/tressande/2026-w46/overview.en.html"' in made
    assert "ftp:" not in made
    assert made.endswith("<p><em>vmo keeps this page. <code>vmo tressande/2026-w47 abab</code></em></p>")


def skeleton(made: str) -> tuple[set[str], set[str], set[str]]:
    """Each element, attribute and address of a page, which has to be XML."""
    found = [*ElementTree.fromstring(f"<root>{made}</root>").iter()][1:]
    return (
        {one.tag for one in found},
        {name for one in found for name in one.attrib},
        {one.attrib["href"] for one in found if "href" in one.attrib},
    )
