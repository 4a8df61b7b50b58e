"""No page, text or mail of an edition leads to what the edition has not; nor does a page that goes with a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from itertools import combinations
from pathlib import Path

import pytest

from reports import editions
from reports.editions import mail_file
from reports.packs import ON_REQUEST, PACKS, REGULAR
from reports.render.mail import Mail, attachable
from tests.builders import a_decision
from tests.reports.books import a_book
from tests.reports.stream_books import a_book_of_streams

LOCALE = "en"
SERVED = a_book().base_url or ""


@pytest.fixture(scope="module", params=[(), ON_REQUEST], ids=["regular", "with what is made on request"])
def edition(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an edition that asks more than its pages show, as every report publishes it."""
    log = tuple(a_decision(f"D-{n}", "2026-11-10", decision=None) for n in range(9))
    book = replace(a_book_of_streams(), decisions=log)
    book = replace(book, portfolio=replace(book.portfolio, locales=(LOCALE,)))
    folder = tmp_path_factory.mktemp("published")
    return editions.publish(book, folder, packs=(*REGULAR, *request.param)).folder


def test_every_link_of_a_page_leads_to_a_place_of_the_edition(edition: Path) -> None:
    dead = {
        (page.name, link)
        for page in edition.glob("*.html")
        for link in links(page.read_text("utf-8"))
        if not is_there(edition, link, page=page)
    }

    assert dead == set()


def test_every_link_of_a_text_leads_to_a_place_of_the_edition(edition: Path) -> None:
    told = {page.name: re.findall(r"\]\(<?([^)>\s]+)>?\)", page.read_text("utf-8")) for page in edition.glob("*.md")}

    assert any(told.values())
    assert {(name, one) for name, found in told.items() for one in found if not is_there(edition, one)} == set()


def test_every_link_of_a_mail_to_where_editions_are_served_leads_to_a_place_of_the_edition(edition: Path) -> None:
    sent = Mail.from_json((edition / mail_file(LOCALE)).read_text("utf-8"))
    home = f"{SERVED}/r/customer-claims/{edition.name}/"

    ours = {*links(sent.html), *re.findall(r"https?://[^\s)]+", sent.text)}
    ours = {one.removeprefix(home) for one in ours if one.startswith(SERVED)}

    assert {"overview.en.html", "review.en.html#agenda"} <= ours
    assert {one for one in ours if not is_there(edition, one)} == set()


def test_pages_that_go_with_a_mail_lead_to_each_other_and_to_nothing_that_stayed_behind(edition: Path) -> None:
    everything = [(one.name, one.read_bytes()) for one in sorted(edition.glob("*.html"))]
    dead, kept = set[tuple[str, str]](), set[str]()

    for packs in (*((one,) for one in PACKS), *combinations(PACKS, 2)):
        pages = attachable([(name, data) for name, data in everything if name.startswith(packs)])
        there = {name for name, _ in pages}
        for name, data in pages:
            found = {link.partition("#")[0] for link in links(data.decode()) if "://" not in link}
            dead |= {(name, one) for one in found - {"", *there}}
            kept |= found & there

    assert dead == set()
    assert {"review.en.html", "flow.en.html"} <= kept


def links(html: str) -> Iterator[str]:
    return (unescape(one) for one in re.findall(r'<a\b[^>]*? href="([^"]*)"', html))


def is_there(edition: Path, link: str, *, page: Path | None = None) -> bool:
    """Is a file of the edition, and the place in it, where a link leads? Trackers' addresses are not followed."""
    if "://" in link:
        return True
    name, _, place = link.partition("#")
    found = (edition / name).resolve() if name else page
    if found is None or not found.is_file():
        return False
    return not place or f'id="{place}"' in found.read_text("utf-8")
