"""The feed: what each edition said, for a feed reader (Atom, RFC 4287). Newest first, and never renumbered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml  # written only; nothing is parsed here

from reports.book import Book
from reports.render.archive import data_as_of, first_page, folder_of, root_of
from reports.words.catalogue import Words
from reports.words.foreign import clean

ATOM = "http://www.w3.org/2005/Atom"
LONGEST_FEED = 104  # editions: two years of weeks; the archive has them all
_OURS = uuid.UUID("5b6f0a5e-3d0c-5f63-9a7e-0c1f7d6f2a11")  # fixed for ever: ids are made within it


def feed(manifests: Sequence[Mapping[str, Any]], *, book: Book, words: Words) -> bytes:
    """The feed of one language, from the manifests of editions; those without a page in it are left out.

    Links are whole addresses where the editions are served, and else relative to the feed. An entry's id is made of the
    portfolio, the audience, the edition, its revision and the language alone: it stays when the address or the headline
    changes.
    """
    told = [one for one in manifests if first_page(one, words.locale) is not None]
    told.sort(key=lambda one: (datetime.fromisoformat(one["published_at"]), one["revision"]), reverse=True)
    base = f"{book.base_url.rstrip('/')}/r/{book.root}/" if book.base_url else ""
    root = Xml.Element("feed", {"xmlns": ATOM, "xml:lang": words.locale})
    _text(root, "id", _id(book.root, words.locale))
    _text(root, "title", words.text("archive.title", portfolio=book.portfolio.name))
    _text(root, "updated", _instant(told[0]["published_at"] if told else book.published_at.isoformat()))
    _text(Xml.SubElement(root, "author"), "name", book.brand or book.portfolio.name)
    Xml.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{base}{name(words.locale)}"})
    archive = f"{base}index.{words.locale}.html"
    Xml.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": archive})
    for one in told[:LONGEST_FEED]:
        _entry(Xml.SubElement(root, "entry"), one, base=base, words=words)
    Xml.indent(root, space=" ")
    body: bytes = Xml.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"


def name(locale: str) -> str:
    """The file of a language's feed, beside its archive."""
    return f"feed.{locale}.xml"


def _entry(entry: Xml.Element, manifest: Mapping[str, Any], *, base: str, words: Words) -> None:
    page = first_page(manifest, words.locale)
    headline = manifest.get("headlines", {}).get(page) or manifest["edition"]
    published = _instant(manifest["published_at"])
    day = words.full_day(data_as_of(manifest).astimezone(words.zone).date())
    told = [words.text("feed.summary", edition=manifest["edition"], day=day)]
    if manifest["revision"] > 1:
        told.append(words.text("feed.revision", n=manifest["revision"]))
    if manifest.get("sample"):
        told.append(words.text("feed.sample"))
    _text(entry, "id", _id(root_of(manifest), folder_of(manifest), words.locale))
    _text(entry, "title", headline)
    href = f"{base}{folder_of(manifest)}/{page}"
    Xml.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "hreflang": words.locale, "href": href})
    _text(entry, "published", published)
    _text(entry, "updated", published)  # an edition never changes
    _text(entry, "summary", " ".join(told))


def _text(parent: Xml.Element, tag: str, said: str) -> None:
    Xml.SubElement(parent, tag).text = clean(said)


def _id(*parts: str) -> str:
    return uuid.uuid5(_OURS, "/".join(parts)).urn


def _instant(words: str) -> str:
    """RFC 3339 in UTC, to the second."""
    return datetime.fromisoformat(words).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
