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


def _entry(manifest: Mapping[str, Any], words: Words) -> dict[str, Any]:
    folder = manifest["edition"].lower()
    if manifest["revision"] > 1:
        folder += f"-r{manifest['revision']}"
    pages = [name for name in sorted(manifest["files"]) if name.endswith(f".{words.locale}.html")]
    pages.sort(key=lambda name: (not name.startswith("overview"), name))
    headlines = manifest.get("headlines", {})
    return {
        "edition": manifest["edition"],
        "revision": manifest["revision"],
        "as_of": manifest["as_of"],
        "day": words.full_day(datetime.fromisoformat(manifest["as_of"]).astimezone(words.zone).date()),
        "headline": headlines.get(pages[0], "") if pages else "",
        "pages": [(name.removesuffix(f".{words.locale}.html"), f"{folder}/{name}") for name in pages],
    }
