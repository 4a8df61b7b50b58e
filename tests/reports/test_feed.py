"""The feed tells what each edition said, whatever stands in a headline, and its ids stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from reports.editions import publish
from reports.render.feed import feed
from reports.words.catalogue import Words
from tests.reports.books import a_book

ATOM = {"a": "http://www.w3.org/2005/Atom"}
PACKS = ("overview",)


def test_each_language_has_a_feed_beside_its_archive_with_the_headline_and_the_permanent_address(
    tmp_path: Path,
) -> None:
    published = publish(a_book(), tmp_path, packs=PACKS)

    entry = _entries(tmp_path / "r/customer-claims/feed.en.xml")[0]
    french = _entries(tmp_path / "r/customer-claims/feed.fr.xml")[0]

    assert _said(entry, "title") == published.headline
    assert _href(entry) == "https://vmo.example.com/r/customer-claims/2026-w47/overview.en.html"
    assert _said(entry, "updated") == "2026-11-23T06:00:00Z"
    assert _said(entry, "summary").startswith("Edition 2026-W47, data as of ")
    assert "invented" in _said(entry, "summary")
    assert _href(french).endswith("/2026-w47/overview.fr.html")
    assert _said(french, "id") != _said(entry, "id")
    assert 'href="feed.en.xml"' in (tmp_path / "r/customer-claims/index.en.html").read_text("utf-8")


def test_without_an_address_links_lead_from_the_feed_to_the_page_beside_it(tmp_path: Path) -> None:
    publish(replace(a_book(), base_url=None), tmp_path, packs=PACKS)
    root = tmp_path / "r/customer-claims"

    href = _href(_entries(root / "feed.en.xml")[0])

    assert href == "2026-w47/overview.en.html"
    assert (root / href).is_file()


def test_a_revision_comes_first_and_the_ids_of_what_was_there_stay(tmp_path: Path) -> None:
    publish(a_book(), tmp_path, packs=PACKS)
    before = _said(_entries(tmp_path / "r/customer-claims/feed.en.xml")[0], "id")

    publish(replace(a_book(seed=8), base_url="https://elsewhere.example.com"), tmp_path, packs=PACKS)

    newest, first = _entries(tmp_path / "r/customer-claims/feed.en.xml")
    assert _href(newest).endswith("/2026-w47-r2/overview.en.html")
    assert "revision 2" in _said(newest, "summary")
    assert _said(first, "id") == before != _said(newest, "id")


@pytest.mark.parametrize(
    "headline",
    [
        pytest.param("</title><script>alert(1)</script>", id="markup"),
        pytest.param("]]> & &amp; &#0; <!--", id="pieces of XML"),
        pytest.param("a\x00b\x1b[31m\x0b\ud800\ufffe", id="characters that XML has no place for"),
        pytest.param("\u202eevil\u2066", id="turned around"),
    ],
)
def test_a_hostile_headline_stays_a_text(headline: str) -> None:
    entry = Xml.fromstring(_fed([_manifest(headline=headline)])).findall("a:entry", ATOM)[0]

    said = _said(entry, "title")

    assert len(list(entry.iter(f"{{{ATOM['a']}}}title"))) == 1
    assert len(list(entry.find("a:title", ATOM) or ())) == 0
    assert not set(said) & {"\x00", "\x1b", "\ud800", "\u202e", "\u2066"}
    assert said.startswith(headline[:1].replace("\u202e", "e"))


def test_a_portfolio_without_editions_in_a_language_has_a_feed_without_entries() -> None:
    found = Xml.fromstring(_fed([_manifest(headline="All is well", page="overview.fr.html")]))

    assert found.findall("a:entry", ATOM) == []
    assert found.findtext("a:updated", None, ATOM) == "2026-11-23T06:00:00Z"


def test_editions_come_newest_first_whatever_offset_their_instants_are_written_in() -> None:
    manifests = [
        _manifest(headline="earlier", published_at="2026-11-23T07:30:00+02:00", edition="2026-W46"),
        _manifest(headline="later", published_at="2026-11-23T06:00:00+00:00"),
    ]

    found = Xml.fromstring(_fed(manifests)).findall("a:entry", ATOM)

    assert [_said(one, "title") for one in found] == ["later", "earlier"]


def _fed(manifests: list[dict[str, Any]]) -> bytes:
    book = a_book()
    return feed(manifests, book=book, words=Words(locale="en", year=2026, zone=book.calendar.zone))


def _manifest(
    *,
    headline: str,
    edition: str = "2026-W47",
    published_at: str = "2026-11-23T06:00:00+00:00",
    page: str = "overview.en.html",
) -> dict[str, Any]:
    return {
        "edition": edition, "revision": 1, "portfolio": "customer-claims", "as_of": "2026-11-22T22:59:59+00:00",
        "published_at": published_at, "files": {page: "-"}, "headlines": {page: headline}, "sample": False,
    }  # fmt: skip


def _entries(path: Path) -> list[Xml.Element]:
    return Xml.fromstring(path.read_bytes()).findall("a:entry", ATOM)


def _said(entry: Xml.Element, tag: str) -> str:
    found = entry.findtext(f"a:{tag}", None, ATOM)
    assert found is not None
    return found


def _href(entry: Xml.Element) -> str:
    link = entry.find("a:link", ATOM)
    assert link is not None
    return link.attrib["href"]
