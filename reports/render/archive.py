"""The archive: what each edition said, newest first. Its headlines read down the page as the portfolio's history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from reports.book import Book
from reports.render.environment import environment
from reports.render.html import font_faces, policy, stylesheet
from reports.words.catalogue import Words
from reports.words.foreign import clean
from reports.words.typography import in_markup


def archive(manifests: Sequence[Mapping[str, Any]], *, book: Book, words: Words) -> str:
    """One page that lists editions from their manifests."""
    styles, fonts = stylesheet(), font_faces()
    entries = [_entry(one, words) for one in manifests]
    entries.sort(key=lambda one: (one["as_of"], one["revision"]), reverse=True)
    rendered = (
        environment()
        .get_template("archive.html")
        .render(
            locale=words.locale,
            title=words.text("archive.title", portfolio=book.portfolio.name),
            brand=book.brand or book.portfolio.name,
            entries=entries,
            t=words.text,
            clean=clean,
            styles=Markup(styles),  # noqa: S704  # our own stylesheet
            fonts=Markup(fonts),  # noqa: S704  # our own fonts
            policy=policy(styles, fonts),
            other="fr" if words.locale == "en" else "en",
            locales=book.portfolio.locales,
        )
    )
    return in_markup(rendered, words.locale)


def folder_of(manifest: Mapping[str, Any]) -> str:
    """The folder of an edition beside the archive; a later revision has its own."""
    folder: str = manifest["edition"].lower()
    return folder if manifest["revision"] == 1 else f"{folder}-r{manifest['revision']}"


def root_of(manifest: Mapping[str, Any]) -> str:
    """The folder of the archive itself: that of the portfolio, or of its audience."""
    portfolio: str = manifest["portfolio"]
    return f"{portfolio}.{manifest['audience']}" if manifest.get("audience") else portfolio


def data_as_of(manifest: Mapping[str, Any]) -> datetime:
    """As of when the data of an edition are: earlier than the edition itself where a source was stale."""
    return datetime.fromisoformat(manifest.get("data_as_of") or manifest["as_of"])


def first_page(manifest: Mapping[str, Any], locale: str) -> str | None:
    """The page of an edition whose headline stands for it: the overview, where it has one. None: no such language."""
    return next(iter(_pages(manifest, locale)), None)


def _pages(manifest: Mapping[str, Any], locale: str) -> list[str]:
    pages = [name for name in manifest["files"] if name.endswith(f".{locale}.html")]
    return sorted(pages, key=lambda name: (not name.startswith("overview"), name))


def _entry(manifest: Mapping[str, Any], words: Words) -> dict[str, Any]:
    folder, pages = folder_of(manifest), _pages(manifest, words.locale)
    headlines = manifest.get("headlines", {})
    return {
        "edition": manifest["edition"],
        "revision": manifest["revision"],
        "as_of": manifest["as_of"],
        "day": words.full_day(data_as_of(manifest).astimezone(words.zone).date()),
        "headline": headlines.get(pages[0], "") if pages else "",
        "pages": [(name.removesuffix(f".{words.locale}.html"), f"{folder}/{name}") for name in pages],
    }
