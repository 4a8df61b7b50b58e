"""Hostile words from trackers and files are inert wherever they are printed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import html5lib
import pytest
from markdown_it import MarkdownIt

from domain.precedence import Precedence, Unresolved
from domain.risks import RiskRules
from domain.strategy import Portfolio
from domain.work_item import ItemId
from metrics.dependencies import Edge
from metrics.hazards import Hazards
from metrics.risk import Risk
from metrics.risk_register import Recorded, Register
from reports.book import Book
from reports.packs import PACKS, REGULAR, pages
from reports.page import Fact, Facts, Page, Span
from reports.reckoning import reckon
from reports.render.csv import guarded
from reports.render.html import html
from reports.render.mail import Sender, mail, message
from reports.render.markdown import escaped, markdown
from reports.words.catalogue import Words
from tests.reports.books import a_book

CORPUS = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param('"><img src=x onerror=alert(1)>', id="broken attribute"),
    pytest.param("</bdi></style><style>*{}</style>", id="closing tags"),
    pytest.param("=cmd|' /C calc'!A0", id="formula"),
    pytest.param("{{7*7}}{% raw %}${7*7}", id="template"),
    pytest.param("safe \u202etxt.exe\u202c \u2066x\u2069", id="right to left override"),
    pytest.param("](javascript:alert(1)) ![x](https://evil.example.com/p.png)", id="markdown link"),
    pytest.param("| a | b |\n|---|---|\n# heading\n> quote\n```\ncode", id="markdown blocks"),
    pytest.param("https://evil.example.com www.evil.example.com <https://evil.example.com>", id="bare addresses"),
    pytest.param("' \" ` \\ & < >", id="quotes"),
    pytest.param("zero\x00byte \x1b[31m \x85 \ud800 end", id="control characters"),
    pytest.param("line\r\nBcc: evil@example.com\r\n\r\nbody", id="line breaks"),
    pytest.param("x" * 10_000, id="ten thousand characters"),
    pytest.param("**{n:w}** {0} {unknown!r}", id="our own message syntax"),
]


def hostile(text: str) -> Book:
    """Every name that a person or a tracker chose says it."""
    book = a_book(title=text)
    book = replace(book, journeys=[*book.journeys[:60], *book.journeys[-60:]], portfolio=a_smaller(book.portfolio))
    themes = tuple(
        replace(
            theme,
            name=f"{text} {index}",
            objective=text,
            key_results=tuple(replace(one, name=text, unit=text[:40] or "x") for one in theme.key_results),
        )
        for index, theme in enumerate(book.portfolio.themes)
    )
    return replace(
        book,
        portfolio=replace(book.portfolio, name=text, themes=themes),
        decisions=tuple(replace(one, question=text, owner=text, meeting=text, item=text) for one in book.decisions),
        trust=tuple(replace(one, problems=(text,), outcome="partial") for one in book.trust),
        journeys=tuple(replace(one, status=text, owner=text, key=one.key) for one in book.journeys),
        brand=text,
        hazards=hostile_hazards(book, text),
    )


def hostile_hazards(book: Book, text: str) -> Hazards:
    """A risk and a dependency of which every field says it."""
    one, other = book.journeys[:2]
    risk = Risk(
        key=one.key, id=one.id, raised_on=date(2026, 1, 1), probability=Decimal("0.5"), impact=100, owner=text,
        next_step=text, accepted_by=text,
    )  # fmt: skip
    return Hazards(
        register=Register(
            risks=(Recorded(journey=replace(one, title=text, owner=text), states=((one.created_at, risk),)),),
            rules=RiskRules(roam={text: "owned"}, scales={"probability": {text: Decimal("0.5")}}),
        ),
        has_risk_rules=True,
        waits=Precedence(unresolved=(Unresolved(where=text, name=text, reason="not_held"),)),
        edges=(Edge(before=ItemId("claims", text), after=other.id, needed_on=date(2026, 11, 30), note=text),),
    )


def a_smaller(portfolio: Portfolio) -> Portfolio:
    return replace(portfolio, themes=portfolio.themes[1:3])


def rendered(book: Book, packs: Sequence[str] = REGULAR) -> list[tuple[Page, Words]]:
    zone = book.calendar.zone
    found = pages(reckon(book), packs=packs)
    return [(page, Words(locale=page.locale, year=page.day.year, zone=zone)) for page in found]


def parsed(text: str) -> Any:
    return html5lib.parse(text, namespaceHTMLElements=False)


def tags_of(tree: Any) -> set[tuple[str, str]]:
    """Every tag with every attribute's name."""
    found = set()
    for element in tree.iter():
        if isinstance(element.tag, str):
            found.add((element.tag, ""))
            found |= {(element.tag, name) for name in element.attrib}
    return found


@cache
def benign() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The tags of pages and of mails that say nothing unusual."""
    told = rendered(hostile("Plain words"))
    mails = [mail(page, words=words).html for page, words in told if page.report == "digest"]
    return (
        {tag for page, words in told for tag in tags_of(parsed(html(page, words=words)))},
        {tag for each in mails for tag in tags_of(parsed(each))},
    )


@pytest.mark.parametrize("text", CORPUS)
def test_adds_no_element_and_no_foreign_address_to_pages_and_mails(text: str) -> None:
    in_pages, in_mails = benign()

    for page, words in rendered(hostile(text)):
        shown = html(page, words=words)
        tree = parsed(shown)

        assert tags_of(tree) <= in_pages
        assert_only_known_addresses(tree)
        assert not set(shown) & set("\x00\x1b\u202e\u2066\ud800")
        if page.report == "digest":
            sent = parsed(mail(page, words=words).html)
            assert tags_of(sent) <= in_mails
            assert_only_known_addresses(sent)


@pytest.mark.parametrize("text", CORPUS)
def test_adds_no_element_to_markdown(text: str) -> None:
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})

    for page, words in rendered(hostile(text)):
        shown = reader.render(markdown(page, words=words).split("---\n", 2)[2])

        tree = parsed(shown)
        names = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
        assert names <= {
            "html", "head", "body", "h1", "h2", "h3", "p", "a", "em", "strong", "code", "ol", "ul", "li", "blockquote",
            "table", "thead", "tbody", "tr", "th", "td",
        }  # fmt: skip
        assert sum(element.tag == "h1" for element in tree.iter()) == 1
        assert_only_known_addresses(tree)


@pytest.mark.parametrize("text", CORPUS)
def test_puts_nothing_but_one_clean_line_into_a_mails_head(text: str) -> None:
    page, words = rendered(hostile(text), ["digest"])[0]

    made = message(
        mail(page, words=words),
        sender=Sender(address="vmo@example.com", name=text[:200]),
        recipient="ann@example.com",
        sent_at="Mon, 23 Nov 2026 07:00:00 +0100",
    )

    head = bytes(made).split(b"\r\n\r\n", 1)[0].decode("ascii")
    assert "\nBcc:" not in head
    assert len(made["Subject"]) <= 75
    assert made["To"] == "ann@example.com"


@pytest.mark.parametrize(
    "cell", ["=cmd", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\x00=1", "＝1", "＋1", "－1", "＠x", " =1", '"=1']
)
def test_no_text_cell_of_a_csv_file_is_a_formula(cell: str) -> None:
    file = io.StringIO()

    csv.writer(file).writerow([guarded(cell), guarded(-5), guarded("plain")])

    assert guarded(cell).startswith("'")
    assert guarded(-5) == "-5"
    assert guarded("plain") == "plain"


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "",
        "nobody",
        "CEO <ceo@x.com>, e@y.com",
        "é@x.com",
    ],
)
def test_refuses_what_is_not_one_address(recipient: str) -> None:
    page, words = rendered(a_book(), ["digest"])[0]

    with pytest.raises(ValueError, match="address"):
        message(
            mail(page, words=words),
            sender=Sender(address="vmo@example.com"),
            recipient=recipient,
            sent_at="Mon, 23 Nov 2026 07:00:00 +0100",
        )


def assert_only_known_addresses(tree: Any) -> None:
    for element in tree.iter():
        for name in ("href", "src"):
            if (address := element.attrib.get(name)) is not None:
                assert address.startswith(
                    ("https://jira.example.com/", "https://dev.azure.com/example/", "https://vmo.example.com/", "#",
                     "data/", "../index.", "../latest/", "cid:", "index.",
                     *(f"{pack}{end}" for pack in PACKS for end in ".-"))
                ), address  # fmt: skip


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        pytest.param("Leave the mainframe: cut scope", "Leave the mainframe: cut scope", id="a word before a colon"),
        pytest.param("ftp:x", "f\u2060tp:x", id="an address"),
    ],
)
def test_only_what_could_become_a_link_in_markdown_is_taken_apart(told: str, kept: str) -> None:
    assert escaped(told) == kept


@pytest.mark.parametrize("told", ["64.7%", "+€53,943", "−€24,733", "-5%", "3.14", "1)x", "64,7 %"])
def test_figures_stand_in_markdown_as_they_are(told: str) -> None:
    assert escaped(told) == told


@pytest.mark.parametrize(
    "told", ["1. x", "64.", "12) x", "+ x", "+", "- x", "-", "---", "- - -", "# x", "===", "3.\tx"]
)
def test_a_text_begins_no_list_heading_or_line_in_markdown(told: str) -> None:
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(f"Before\n{escaped(told)}\n")

    assert {element.tag for element in parsed(shown).iter()} == {
        "html", "head", "body", "p",
    }  # fmt: skip


def test_a_value_with_strong_words_is_strong_as_a_whole_in_markdown() -> None:
    fact = Fact(name="Risk", value=(Span(text="It may cost "), Span(text="€1.3m", strong=True), Span(text=" in all.")))
    page, words = rendered(hostile("Plain words"), ["overview"])[0]
    told = replace(page, sections=(replace(page.sections[0], blocks=(Facts(facts=(fact,)),)),))

    assert "- Risk: **It may cost €1.3m in all.**\n" in markdown(told, words=words)
