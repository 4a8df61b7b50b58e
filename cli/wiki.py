"""The pages of Confluence: one for each page of the packs that reports have, in each language, made of its Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cli import clock
from cli.places import place_of
from cli.workspace import Workspace
from config import meaning
from config.targets import ConfluenceBlock
from connectors.base import AccessDeniedError, RefusedRequestError, SettingsError, TrackerError
from connectors.confluence import WikiPage, WikiSettings, keep_pages
from reports.deliver.mail import Outcome
from reports.deliver.shelf import NotAsPublishedError, Piece
from reports.editions import read_manifest
from reports.packs import PACKS
from reports.render.archive import data_as_of
from reports.render.storage import Sheet, storage
from reports.words.catalogue import Words
from reports.words.foreign import one_line
from sync.store.reading import Edition

LONGEST_TITLE = 250
MOST_NAMED = 3  # pages that could not be written, in what is told; the others are counted


def keep_wiki(
    workspace: Workspace, block: ConfluenceBlock, edition: Edition, *, token: str, seconds: float
) -> tuple[Outcome, str]:
    """Bring the pages of a space to an edition; say what became of it."""
    try:
        pages = [*_pages(workspace, edition)]
        written, refused = keep_pages(
            WikiSettings(
                url=block.url,
                kind=block.kind,
                space=block.space,
                parent=block.parent,
                user=block.user,
                token=token,
                allow_insecure=block.allow_insecure,
                allow_private=block.allow_private,
                ca_bundle=None if block.ca_bundle is None else str(workspace.settings.folder / str(block.ca_bundle)),
                proxy=block.proxy,
                seconds=int(seconds),
            ),
            pages,
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=workspace.sleep,
            random=clock.jitter,
        )
    except (AccessDeniedError, SettingsError, RefusedRequestError, NotAsPublishedError) as error:
        return Outcome.REFUSED, str(error)
    except TrackerError as error:
        return Outcome.DEFERRED, str(error)
    if refused:
        more = f"; and {len(refused) - MOST_NAMED} more" if len(refused) > MOST_NAMED else ""
        told = f"{'; '.join(refused[:MOST_NAMED])}{more}. {len(pages) - len(refused)} pages are up to date"
        return Outcome.REFUSED, told
    return Outcome.ACCEPTED, f"{len(pages)} pages are up to date, {written} of them written now"


def _pages(workspace: Workspace, edition: Edition) -> Iterator[WikiPage]:
    folder = place_of(workspace, edition)
    manifest = read_manifest(folder)
    if manifest is None:
        raise NotAsPublishedError(f"{folder} holds no edition any more; publish again with `vmo report`")
    reports = meaning.reports(workspace.settings)
    packs = {pack for report in reports if report.audience is None for pack in report.packs}
    for file, digest in sorted(manifest["files"].items()):
        stem, _, locale = file.removesuffix(".md").rpartition(".")
        pack = stem if stem in PACKS else stem.partition("-")[0]
        if file.endswith(".md") and pack in packs:
            text = Piece(key=file, path=folder / file, digest=digest).read().decode()
            yield _page(workspace, edition, manifest, text, pack=pack, stem=stem, locale=locale)


def _page(
    workspace: Workspace,
    edition: Edition,
    manifest: dict[str, Any],
    text: str,
    *,
    pack: str,
    stem: str,
    locale: str,
) -> WikiPage:
    document, calendar = workspace.settings.document, meaning.calendar(workspace.settings)
    as_of = datetime.fromisoformat(manifest["as_of"])
    day = calendar.day(as_of)
    words = Words(locale=locale, year=day.year, zone=calendar.zone)
    portfolio, folder = manifest["portfolio"], Path(edition.path).name
    base = document.publish.base_url
    mark = f"vmo {portfolio}/{folder} {edition.digest[:16]}"
    sheet = Sheet(
        summary=words.text(
            "feed.summary", edition=manifest["edition"], day=words.full_day(calendar.day(data_as_of(manifest)))
        ),
        label=words.text("chat.open"),
        address=f"{base.rstrip('/')}/r/{portfolio}/{folder}/{stem}.{locale}.html" if base else "",
        kept=words.text("wiki.kept"),
        mark=mark,
    )
    return WikiPage(
        title=_title(workspace, manifest["portfolio_name"], words, pack=pack, stem=stem),
        body=storage(text, sheet),
        file=f"{stem}.{locale}",
        portfolio=portfolio,
        mark=mark,
        told_at=f"{as_of.isoformat()} r{manifest['revision']:04}",
    )


def _title(workspace: Workspace, portfolio: str, words: Words, *, pack: str, stem: str) -> str:
    """Portfolio overview, Tressande (en); a theme's and a value stream's page by its name, too."""
    page, locale = words.text(f"report.{pack}"), words.locale
    if pack == stem:
        return one_line(words.text("wiki.title", page=page, portfolio=portfolio, locale=locale), LONGEST_TITLE)
    slug, told = stem.removeprefix(f"{pack}-"), meaning.portfolio(workspace.settings)
    names = {one.id: one.name for one in told.themes} | {one.id: one.name for one in told.value_streams}
    name = one_line(names.get(slug, slug), LONGEST_TITLE // 2)
    return one_line(
        words.text("wiki.titled", page=page, name=name, portfolio=portfolio, locale=locale), LONGEST_TITLE
    )  # fmt: skip
