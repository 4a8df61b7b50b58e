"""French pages are French: their spaces, their words, in pages, mails, Markdown and in what is read aloud."""

from __future__ import annotations

import re

import html5lib
import pytest

from reports.book import Book
from reports.editions import render
from reports.packs import PACKS, pages
from reports.reckoning import reckon
from reports.render.mail import mail
from reports.words import fr
from reports.words.catalogue import Words
from tests.reports.books import a_book

ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the of and is are was were with from this that by for not than last week days between items "
        "finished started behind target share work key results oldest waiting read "
        "published about edition unknown unchanged track",
    )
)
SPACED = re.compile(r"[^\s«] (?=[;:!?%»])|(?<=\w)[;!?%](?!\w)|\w:(?= )|'|« (?! )(?=\S)")


@pytest.fixture(scope="module")
def book() -> Book:
    return a_book()


@pytest.fixture(scope="module")
def written(book: Book) -> dict[str, bytes]:
    return render(reckon(book), packs=tuple(PACKS), locales=["fr"])


def spoken(markup: bytes) -> list[str]:
    """Our own words of a page: its texts and what is read aloud of it, without what others wrote."""
    tree = html5lib.parse(markup.decode(), namespaceHTMLElements=False)
    found: list[str] = []

    def collect(element: object, *, ours: bool) -> None:
        tag = str(getattr(element, "tag", "")).rpartition("}")[2]
        is_ours = ours and tag not in ("style", "bdi", "code", "text", "title")
        attributes = getattr(element, "attrib", {})
        if ours and attributes.get("hreflang") not in ("en",):
            found.extend(attributes[name] for name in ("alt", "aria-label", "data-label") if attributes.get(name))
        if is_ours and (text := getattr(element, "text", None)):
            found.append(text)
        for child in element:  # type: ignore[attr-defined]  # the tree's elements have no public type
            collect(child, ours=is_ours)
            if is_ours and child.tail:
                found.append(child.tail)

    collect(tree.find("body"), ours=True)
    return [one.strip(" \n") for one in found if one.strip()]


def test_every_text_part_keeps_the_spaces_of_french(book: Book) -> None:
    page = pages(reckon(book), packs=["digest"], locales=["fr"])[0]

    said = mail(page, words=Words(locale="fr", year=2026, zone=book.calendar.zone)).text

    for line in said.splitlines():
        if "://" not in line:
            assert not SPACED.search(line), line


def test_every_page_and_what_is_read_aloud_of_it_keeps_the_spaces_of_french(written: dict[str, bytes]) -> None:
    for name, data in written.items():
        if name.endswith(".html"):
            for said in spoken(data):
                assert not re.search(r"\S [;:!?%](?:\s|$)|'|« | »", said), f"{name}: {said}"
                assert not re.search(r"\w[;!?%](?:\s|$)|\w:\s", said), f"{name}: {said}"


def test_markdown_keeps_the_spaces_of_french_before_a_colon(written: dict[str, bytes]) -> None:
    labels = [line for name, data in written.items() if name.endswith(".fr.md")
              for line in data.decode().splitlines() if line.startswith("- ")]  # fmt: skip

    assert labels
    assert not [line for line in labels if re.search(r"\w: ?\*\*|\w:\*\*", line)]


def test_no_english_word_of_ours_stands_on_a_french_page(book: Book, written: dict[str, bytes]) -> None:
    names = [one.name for theme in book.portfolio.themes for one in theme.key_results]

    for name, data in written.items():
        if name.endswith(".html"):
            for text in spoken(data):
                said = text
                for one in names:
                    said = said.replace(one, " ")
                english = {word.lower() for word in re.findall(r"[^\W\d_]+", said)} & ENGLISH
                assert not english, f"{name}: {said}"


def test_no_english_word_stands_in_the_french_catalogue() -> None:
    for key, message in fr.MESSAGES.items():
        for text in (message,) if isinstance(message, str) else message:
            ours = re.sub(r"\{[^}]*\}|sous (?:states: waiting|match|themes)", " ", text)
            english = {word.lower() for word in re.findall(r"[^\W\d_]+", ours)} & ENGLISH
            assert not english, f"{key}: {text}"
