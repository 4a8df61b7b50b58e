"""Every string of the corpus through every sink of every pack: HTML, Markdown, mails, tables, drawings, file names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import cycle, islice
from typing import Any

import html5lib
import pytest
from markdown_it import MarkdownIt

from reports.charts.canvas import Canvas
from reports.editions import _safe
from reports.packs import PACKS, pages
from reports.page import Page, Span, Table
from reports.reckoning import reckon
from reports.render.csv import guarded
from reports.render.html import html
from reports.render.mail import Mail, Sender, mail, message
from reports.render.markdown import markdown
from reports.words.catalogue import Words
from tests.reports.hostile_words import CORPUS
from tests.reports.stream_books import a_book_of_streams

# Names, places and kinds that we give ourselves; every other string of a page may be somebody's words.
OURS = {
    "id", "report", "slug", "locale", "portfolio_id", "edition", "href", "anchor", "tone", "fingerprint", "css",
    "signal",
}  # fmt: skip
FORBIDDEN = set("\x00\x1b\x7f\x85\u202e\u202c\u2066\u2067\ud800\udfff")
NUMBERS = reckon(a_book_of_streams())
WORDS = {one: Words(locale=one, year=2026, zone=NUMBERS.book.calendar.zone) for one in ("en", "fr")}


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 300


def with_words(page: Page, texts: Iterator[str]) -> Page:
    """The page with other words wherever words stand: the next of the given ones each."""
    changed = _changed(page, texts)
    assert isinstance(changed, Page)
    return changed


def _changed(value: Any, texts: Iterator[str]) -> Any:
    if isinstance(value, Span):
        return replace(value, text=next(texts), foreign=True)
    if isinstance(value, tuple):
        return tuple(_changed(one, texts) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    kept = OURS | ({"name"} if isinstance(value, Table) else set())
    told: dict[str, Any] = {}
    for one in fields(value):
        found = getattr(value, one.name)
        if type(found) is str and found and one.name not in kept:
            told[one.name] = next(texts)
        elif one.name not in kept:
            told[one.name] = _changed(found, texts)
    return replace(value, **told)


def places(page: Page) -> int:
    """How many words a page has room for."""
    asked = 0

    def counted() -> Iterator[str]:
        nonlocal asked
        while True:
            asked += 1
            yield "Plain words"

    with_words(page, counted())
    return asked


def filled(page: Page) -> Iterator[Page]:
    """The page as often as it takes until each string has stood somewhere on it."""
    room = places(page)
    for start in range(0, len(CORPUS), room):
        yield with_words(page, islice(cycle(CORPUS), start, None))


def told(pack: str) -> Page:
    """A page of the pack; its language alternates, since the last step of rendering is the language's own."""
    locale = ("en", "fr")[list(PACKS).index(pack) % 2]
    return pages(NUMBERS, packs=[pack], locales=[locale])[0]


def skeleton(markup: str) -> tuple[set[tuple[str, str]], list[str]]:
    """Each element with its attributes' names, and every address; without the stylesheets, whose bytes are ours."""
    tree = html5lib.parse(
        re.sub(r"<style>.*?</style>", "<style></style>", markup, flags=re.DOTALL), namespaceHTMLElements=False
    )
    elements = [one for one in tree.iter() if isinstance(one.tag, str)]
    shapes = {(one.tag, name) for one in elements for name in ("", *one.attrib)}
    return shapes, [
        one.attrib[name] for one in elements for name in ("href", "src", "action", "data") if name in one.attrib
    ]


@pytest.mark.parametrize("pack", PACKS)
def test_no_string_adds_an_element_an_attribute_or_an_address_to_a_page(pack: str) -> None:
    page = told(pack)
    shapes, addresses = skeleton(html(with_words(page, cycle(["Plain words"])), words=WORDS[page.locale]))

    for hostile in filled(page):
        shown = html(hostile, words=WORDS[page.locale])
        found, led_to = skeleton(shown)
        assert found <= shapes
        assert set(led_to) <= set(addresses)
        assert set(shown) & FORBIDDEN == set()


@pytest.mark.parametrize("pack", PACKS)
def test_no_string_adds_an_element_or_an_address_to_markdown(pack: str) -> None:
    page = told(pack)
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    _, addresses = skeleton(reader.render(markdown(with_words(page, cycle(["Plain"])), words=WORDS[page.locale])))

    for hostile in filled(page):
        shown = reader.render(markdown(hostile, words=WORDS[page.locale]).split("---\n", 2)[2])
        found, led_to = skeleton(shown)
        assert {tag for tag, _ in found} <= {
            "html", "head", "body", "h1", "h2", "h3", "p", "a", "em", "strong", "code", "pre", "ol", "ul", "li",
            "blockquote", "table", "thead", "tbody", "tr", "th", "td",
        }  # fmt: skip
        assert set(led_to) <= set(addresses)


def test_no_string_adds_anything_to_a_mail_or_to_its_head() -> None:
    page = pages(NUMBERS, packs=["digest"], locales=["fr"])[0]
    shapes, addresses = skeleton(mail(with_words(page, cycle(["Plain words"])), words=WORDS["fr"]).html)

    for hostile in filled(page):
        made = mail(replace(hostile, picture=page.picture), words=WORDS["fr"])
        found, led_to = skeleton(made.html)
        assert found <= shapes
        assert set(led_to) <= set(addresses)
        assert set(made.html + made.text) & FORBIDDEN == set()


@pytest.mark.parametrize("chunk", range(4))
def test_no_string_reaches_beyond_the_subject_or_the_senders_name(chunk: int) -> None:
    page = pages(NUMBERS, packs=["digest"], locales=["en"])[0]
    made = mail(page, words=WORDS["en"])

    for text in CORPUS[chunk::4]:
        subject = mail_subject(made, replace(page, subject=text))
        sent = message(
            subject, sender=Sender(address="vmo@example.com", name=text), recipient="ann@example.com",
            sent_at="Mon, 23 Nov 2026 07:00:00 +0100",
        )  # fmt: skip
        head = bytes(sent).split(b"\r\n\r\n", 1)[0].decode("ascii")
        names = [line.partition(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]
        assert sorted(names) == sorted(set(names))
        assert set(names) <= {
            "From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted", "Content-Language",
            "MIME-Version", "Content-Type",
        }  # fmt: skip
        assert sent["To"] == "ann@example.com"


def mail_subject(made: Mail, page: Page) -> Mail:
    """The mail with the subject of another page."""
    from reports.render.mail import _subject  # noqa: PLC0415

    return replace(made, subject=_subject(page.subject))


def test_every_string_comes_back_from_a_table_and_none_is_a_formula() -> None:
    for text in CORPUS:
        file = io.StringIO(newline="")
        csv.writer(file).writerow(["before", guarded(text), "after"])

        ((before, cell, after),) = csv.reader(io.StringIO(file.getvalue(), newline=""))

        assert (before, after) == ("before", "after")
        assert cell in (text, f"'{text}")
        assert not cell.lstrip(' \u00a0\ufeff"').startswith(tuple("=+-@\t\r\n\x00＝＋－＠")), repr(text)


def test_no_string_adds_an_element_to_a_drawing() -> None:
    for text in CORPUS:
        canvas = Canvas(100, 100, label=text)
        canvas.text(10, 10, text)

        shapes, addresses = skeleton(canvas.markup())

        assert {tag.rpartition("}")[2] for tag, _ in shapes} == {"html", "head", "body", "svg", "text"}
        assert addresses == []


def test_no_string_is_a_file_name_that_leaves_its_folder() -> None:
    for text in CORPUS:
        try:
            name = _safe(text)
        except ValueError:
            continue
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name), repr(text)
