"""Publish an edition: whole or not at all, never changed afterwards, the pointer last.

out/r/{portfolio}/2026-w47/overview.en.html ...     the edition; revision 2 lives in 2026-w47-r2
out/r/{portfolio}/2026-w47/manifest.json            what it was made from, and the digest of every file
out/r/{portfolio}/latest/...                        a copy of the newest
out/r/{portfolio}/index.en.html                     the archive
out/r/{portfolio}/feed.en.xml                       the same as an Atom feed

Editions for an audience have all of this in a folder of their own: out/r/{portfolio}.{audience}/...
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from domain.records import Mailed
from domain.rhythm import period_of, rhythm_of
from domain.set_aside import SetAside
from domain.trust import SourceTrust
from reports.book import Book, Edition, Former
from reports.data import dated, in_common, tables
from reports.exchanging import exchange
from reports.findings import findings
from reports.packs import ON_REQUEST, pages_by_pack
from reports.packs.digest import personal
from reports.page import Facts, Page, Section, Span, plain
from reports.reckoning import Reckoning, reckon
from reports.render.archive import archive
from reports.render.feed import feed
from reports.render.feed import name as feed_name
from reports.render.html import html, rich
from reports.render.mail import mail
from reports.render.markdown import markdown
from reports.sections.correction import told
from reports.soundness import troubles
from reports.words.catalogue import Words

MANIFEST = "manifest.json"
RECORDS = ("audit",)  # packs that tell of runs, mails and settings rather than of the portfolio
DATA = "data"  # the folder of an edition's tables
LATEST = "latest"  # the folder that always shows the newest edition
MARK = ".vmo-edition-"  # how temporary files and folders of ours begin
PAUSES = (0.1, 0.3, 1.0)  # seconds between tries to rename
_BANNER = re.compile(rb'\n<p class="banner superseded">.*?</p>')
_TRUST = TypeAdapter(tuple[SourceTrust, ...])
_MAILS = TypeAdapter(tuple[Mailed, ...])
_FORMER = TypeAdapter(Former)
_ASIDE = TypeAdapter(tuple[SetAside, ...])
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,140}")


class PublishError(Exception):
    """The folder cannot be written as it must be; what was published before still stands."""


class OtherContentError(PublishError):
    """The edition was published with other content, which is not to be corrected; nothing was published."""


class UnsoundError(PublishError):
    """The numbers contradict each other or the store; nothing was published."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a publication did. `is_new` False: the same content was there already and nothing was written."""

    edition: Edition
    folder: Path
    files: tuple[Path, ...]
    digest: str
    is_new: bool
    headline: str


def publish(
    book: Book,
    out: Path,
    *,
    packs: Sequence[str],
    locales: Sequence[str] | None = None,
    tells_former: bool = True,
    may_correct: bool = True,
    may_add: bool = True,
    lost: int = 0,
) -> Published:
    """Publish the pages of some packs under `out`.

    Publishing the same content again writes nothing. Other content under the same edition becomes its next revision;
    the former ones keep their addresses and get a banner that points to the newest. What looks back has such revisions,
    too, by other settings, say, and none corrects another. A pack that somebody asked for stays in every further
    revision. `lost`: the newest revision that was published and whose folder is gone; its readers have other words
    under its number, which is never given again. Unless `tells_former`, a revision says that it corrects the one
    before, and nothing of what that said: its readers might see more. Raises PublishError when the folder cannot be
    written, UnsoundError when the numbers do not hold, OtherContentError where it would correct and may not, or where
    packs that somebody asked for are all that is new, and it may not add them; a reader still sees what was there
    before.
    """
    root = out / "r" / _safe(book.root)
    numbers = reckon(book)
    if found := troubles(numbers):
        raise UnsoundError(
            f"{book.edition.id} is not published, since its numbers do not hold: {'; '.join(found)}. What was "
            "published before stands; run `vmo sync`, and report this where it stays: it is a mistake in vmo"
        )
    try:
        _prepare(root)
        revision, known = _newest(root, book.edition)
        packs = (*packs, *_asked_before(known, packs))
        made = tuple(pages_by_pack(replace(numbers, book=book.revised(1)), packs=packs, locales=locales))
        content = content_digest(numbers, packs=packs, locales=locales, made=made)
        is_lost = lost > revision
        is_new = is_lost or known is None or known.get("content") != content
        if is_new and (is_lost or known is not None) and not may_correct:
            raise OtherContentError(f"{book.edition.id} was published with other content")
        if is_new and known is not None and not may_add and _says_only_more(known, numbers, packs, locales, made):
            raise OtherContentError(f"{book.edition.id} was published without what is asked for now")
        if is_new:
            revision = max(revision, lost) + 1
            former = None if known is None or book.edition.looks_back else _former(root, known, numbers, packs=packs)
            if former is not None and not tells_former:
                former = replace(former, headlines={}, figures={}, titles={}, tables=())
            written = render(
                replace(numbers, book=book.revised(revision, corrects=former)),
                packs=packs,
                locales=locales,
                content=content,
                made=made if revision == 1 else None,
            )
            known = json.loads(written[MANIFEST])
            _write_folder(root / book.revised(revision).edition.folder, written)
        revised = book.revised(revision)
        _lead_to(root, revised)
    except OSError as error:
        raise PublishError(f"{out}: {error.strerror or error}; check that the folder can be written") from error
    assert known is not None
    return _published(revised, root, known, is_new=is_new)


def _lead_to(root: Path, book: Book) -> None:
    """Let everything beside an edition lead to it, where a crash left that undone, too. What does is not written."""
    if book.edition.revision > 1 and not book.edition.looks_back:
        _point_to_newer(root, book)
    if not _looks_back(root, book):
        _write_latest(root, root / book.edition.folder)
    _write_archive(root, book)


def render(
    numbers: Reckoning,
    *,
    packs: Sequence[str],
    locales: Sequence[str] | None = None,
    content: str | None = None,
    made: Iterable[tuple[str, Page]] | None = None,
) -> dict[str, bytes]:
    """Every file of the edition by name, its manifest among them. No file is written.

    `content` is the digest of what it says and `made` are its pages by pack, where they are known already.
    """
    book = numbers.book
    found: dict[str, bytes] = {}
    headlines: dict[str, str] = {}
    figures: dict[str, dict[str, str]] = {}
    titles: dict[str, dict[str, str]] = {}
    for _, page in pages_by_pack(numbers, packs=packs, locales=locales) if made is None else made:
        words = Words(locale=page.locale, year=page.day.year, zone=book.calendar.zone)
        if (name := _safe(page.file_name("html"))) in found:
            raise ValueError(f"two pages would be named {name}; rename a theme")
        found[name] = html(page, words=words).encode()
        found[_safe(page.file_name("md"))] = markdown(page, words=words).encode()
        if page.report == "digest":
            found[_safe(page.file_name("mail.json"))] = (
                mail(page, words=words, base_url=book.base_url).to_json().encode()
            )
            for person, own in personal(numbers, page.locale, common=page):
                found[_safe(mail_file(page.locale, person=person))] = (
                    mail(own, words=words, base_url=book.base_url).to_json().encode()
                )
        headlines[_safe(page.file_name("html"))] = plain(page.headline)
        figures[_safe(page.file_name("html"))] = {one.id: told(one) for one in (*page.figures, *page.standing)}
        titles[_safe(page.file_name("html"))] = {one.id: one.title for one in (*page.figures, *page.standing)}
    said = tables(numbers, packs=packs)
    found |= {f"{DATA}/{_safe(name)}.csv": dated(data, numbers) for name, data in said.items()}
    manifest = _manifest(
        book,
        found,
        content=content or content_digest(numbers, packs=packs, locales=locales),
        headlines=headlines,
        figures=figures,
        titles=titles,
        compared={name: _digest(data) for name, data in said.items()},
        found=[one.id for one in findings(numbers)],
        packs=packs,
        locales=locales or book.portfolio.locales,
    )
    found[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    return found


def mail_file(locale: str, *, person: str | None = None) -> str:
    """Where the digest's mail is, in the edition's folder; one person's is told apart without saying who they are."""
    named = "" if person is None else f"-{hashlib.sha256(person.encode()).hexdigest()[:16]}"
    return f"digest{named}.{locale}.mail.json"


def content_digest(
    numbers: Reckoning,
    *,
    packs: Sequence[str],
    locales: Sequence[str] | None = None,
    made: Iterable[tuple[str, Page]] | None = None,
) -> str:
    """The digest of all that an edition says, whichever its revision and the time of the day.

    What is written down of our own doing is left out: each run adds to it, and that makes no other edition. `made` are
    the pages of the first revision by pack, where they are known already.
    """
    packs = [name for name in packs if name not in RECORDS]
    first = replace(numbers, book=numbers.book.revised(1))
    day = numbers.book.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    told = hashlib.sha256()
    between = b""
    for pack, page in pages_by_pack(first, packs=packs, locales=locales) if made is None else made:
        if pack in RECORDS:
            continue
        lasting = replace(
            page,
            freshness=(),
            sections=tuple(_lasting(one) for one in page.sections if not one.is_passing),
            as_of=day,
            published_at=day,
        )
        told.update(between + repr(lasting).encode("utf-8", "backslashreplace"))
        between = b"\n"
    for _, data in sorted(tables(first, packs=packs).items()):
        told.update(data)
    if first.book.people:  # each has a mail of their own
        told.update(repr(first.book.people).encode())
    return told.hexdigest()


def _lasting(section: Section) -> Section:
    """A section as it is at any hour of the day: a tracker's reading gets older with every minute, and no other."""
    blocks = tuple(
        replace(
            block,
            facts=tuple(fact if fact.lasting is None else replace(fact, value=fact.lasting) for fact in block.facts),
        )
        if isinstance(block, Facts)
        else block
        for block in section.blocks
    )
    return replace(section, blocks=blocks)


def newest_published(book: Book, out: Path) -> datetime | None:
    """As of when the newest revision of a book's edition was made; None where none was published under `out`."""
    _, known = _newest(out / "r" / _safe(book.root), book.edition)
    return None if known is None else datetime.fromisoformat(known["as_of"])


def corrected(manifest: Mapping[str, Any]) -> Former | None:
    """What a revision corrects, as that was kept when it was published; None where nothing is."""
    told = manifest.get("corrects")
    return None if told is None else _FORMER.validate_python(told)


def trust_of(manifest: Mapping[str, Any]) -> tuple[SourceTrust, ...] | None:
    """What was vouched for of each source when the edition was made; None where an older version did not keep it."""
    told = manifest.get("sources", [])
    return _TRUST.validate_python(told) if all("base_url" in one for one in told) else None


def mails_of(manifest: Mapping[str, Any]) -> tuple[Mailed, ...]:
    """The mails as the ledger had them when the edition was made: their lines in the ledger went on since."""
    return _MAILS.validate_python(manifest.get("mails", []))


def set_aside_of(manifest: Mapping[str, Any]) -> tuple[SetAside, ...]:
    """What of the CSV files was not believed when the edition was made."""
    return _ASIDE.validate_python(manifest.get("set_aside", []))


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a published edition; None where there is none that can be read."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text("utf-8")) if path.is_file() else None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def verify(folder: Path) -> list[str]:
    """The files of a published edition whose bytes are not those of the manifest; empty when all hold."""
    manifest = read_manifest(folder)
    if manifest is None:
        return [MANIFEST]
    return [
        name
        for name, digest in manifest["files"].items()
        if not (folder / name).is_file() or _digest(as_published((folder / name).read_bytes())) != digest
    ]


def is_signed(folder: Path, digest: str) -> bool:
    """Is the manifest the one whose digest was written down when it was published?"""
    manifest = read_manifest(folder)
    return manifest is not None and _digest_of_files(manifest) == digest


def write_file(path: Path, data: bytes) -> None:
    """Write beside, sync, rename: a reader sees the old file or the new one, whole. Symbolic links are replaced."""
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(21, "is a folder where a file is to be written", str(path))
    beside = path.with_name(f"{MARK}{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        beside.unlink()
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _move(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _move(source: Path, target: Path) -> None:
    """Rename. A share refuses it as long as somebody has the target open: that is tried again for a little while."""
    for pause in PAUSES:
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    source.replace(target)


def _write_if_other(path: Path, data: bytes) -> None:
    """What holds these bytes already keeps its time."""
    if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
        write_file(path, data)


def _newest(root: Path, edition: Edition) -> tuple[int, dict[str, Any] | None]:
    """The newest published revision of an edition and its manifest; 0 and None where there is none.

    A number is never given twice, though somebody has removed the folder of an earlier revision.
    """
    first = replace(edition, revision=1).folder
    numbers = {1} | {int(one.name.removeprefix(f"{first}-r")) for one in root.glob(f"{first}-r*")
                     if one.name.removeprefix(f"{first}-r").isdecimal()}  # fmt: skip
    for revision in sorted(numbers, reverse=True):
        if (found := read_manifest(root / replace(edition, revision=revision).folder)) is not None:
            return revision, found
    return 0, None


def _former(root: Path, known: Mapping[str, Any], numbers: Reckoning, *, packs: Sequence[str]) -> Former:
    """What the newest revision said, for the one that corrects it, and which tables of data read otherwise now.

    Where another version of the program made it, tables and columns that only one of the two has tell of the program.
    """
    before = Edition(id=known["edition"], revision=int(known["revision"]))
    now = tables(numbers, packs=[name for name in packs if name not in RECORDS])
    was = known.get("tables") or {
        name.removeprefix(f"{DATA}/").removesuffix(".csv"): digest for name, digest in known["files"].items()
    }  # older versions wrote tables without an instant
    others = [name for name, data in now.items() if was.get(name) != _digest(data)]
    is_other = known.get("wording", "") != numbers.book.wording
    if is_other:
        others = [
            one for one in others if _reads_otherwise(root / before.folder / DATA / f"{_safe(one)}.csv", now[one])
        ]
    return Former(
        revision=before.revision,
        folder=before.folder,
        headlines=known.get("headlines", {}),
        figures=known.get("figures", {}),
        titles=known.get("titles", {}),
        as_of=datetime.fromisoformat(known["as_of"]),
        tables=tuple(sorted(others)),
        program=str(known.get("code_version", "")) if is_other else None,
        definitions_version=known.get("definitions_version") if is_other else None,
    )


def _reads_otherwise(published: Path, now: bytes) -> bool:
    """Has a table other rows than were published, in the columns that both have? One that was not is no other."""
    if not published.is_file():
        return False
    was, told = in_common(published.read_bytes(), now)
    return Counter(was) != Counter(told)


def _asked_before(known: Mapping[str, Any] | None, packs: Sequence[str]) -> list[str]:
    """The packs on request that the newest revision of the edition has, beyond those to be published."""
    return [name for name in (known or {}).get("packs", ()) if name in ON_REQUEST and name not in packs]


def _says_only_more(
    known: Mapping[str, Any],
    numbers: Reckoning,
    packs: Sequence[str],
    locales: Sequence[str] | None,
    made: Iterable[tuple[str, Page]],
) -> bool:
    """Does all read as the newest revision has it, but for packs on request that it has not?"""
    more = {name for name in packs if name in ON_REQUEST} - {*known.get("packs", ())}
    if not more:
        return False
    others = [name for name in packs if name not in more]
    theirs = [(pack, page) for pack, page in made if pack not in more]
    return content_digest(numbers, packs=others, locales=locales, made=theirs) == known.get("content")


def _manifest(
    book: Book,
    files: Mapping[str, bytes],
    *,
    content: str,
    headlines: Mapping[str, str],
    figures: Mapping[str, Mapping[str, str]],
    titles: Mapping[str, Mapping[str, str]],
    compared: Mapping[str, str],
    found: Sequence[str],
    packs: Sequence[str],
    locales: Sequence[str],
) -> dict[str, Any]:
    return {
        "edition": book.edition.id,
        "revision": book.edition.revision,
        "portfolio": book.portfolio.id,
        "portfolio_name": book.portfolio.name,
        "audience": book.audience,
        "packs": list(packs),
        "locales": list(locales),
        "as_of": book.as_of.isoformat(),
        **({"looks_back": True} if book.edition.looks_back else {}),
        **({} if book.data_as_of == book.as_of else {"data_as_of": book.data_as_of.isoformat()}),
        "published_at": book.published_at.isoformat(),
        "config_digest": book.config_digest,
        "definitions_version": book.definitions_version,
        "seed": None if book.outlook is None else book.outlook.planned.plan.seed,
        "code_version": book.code_version,
        "wording": book.wording,
        "sample": book.sample,
        "sources": _TRUST.dump_python(book.trust, mode="json"),
        "mails": _MAILS.dump_python(book.records.mails, mode="json"),
        "set_aside": _ASIDE.dump_python(book.set_aside, mode="json"),
        "counts": {"items": len(book.journeys), "readings": len(book.readings), "decisions": len(book.decisions)},
        "headlines": dict(headlines),
        "findings": list(found),
        "tables": dict(compared),
        "figures": {name: dict(figures_of) for name, figures_of in figures.items()},
        "titles": {name: dict(titles_of) for name, titles_of in titles.items()},
        "content": content,
        **(
            {}
            if book.edition.corrects is None
            else {"corrects": _FORMER.dump_python(book.edition.corrects, mode="json")}
        ),
        "files": {name: _digest(data) for name, data in sorted(files.items())},
    }


def _prepare(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for left in (*root.glob(f"{MARK}*"), *root.glob(f"*/{MARK}*")):  # what a crash left behind
        _remove(left)


def _write_folder(folder: Path, written: Mapping[str, bytes]) -> None:
    """A new folder appears with all of its files, or not at all."""
    beside = folder.with_name(f"{MARK}{folder.name}.{os.getpid()}")
    try:
        _fill(beside, written)
        _move(beside, folder)
    finally:
        _remove(beside)
    _sync_folder(folder.parent)


def _fill(folder: Path, written: Mapping[str, bytes]) -> None:
    """A folder that nobody looks into yet, safe on the disk."""
    folder.mkdir(mode=0o750)
    for name, data in written.items():
        _folder_of(folder / name)
        write_file(folder / name, data)
    _sync_folder(folder)


def _remove(left: Path) -> None:
    """A temporary file or folder of ours, where it is still there; what a link leads to stays."""
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
    else:
        left.unlink(missing_ok=True)


def _looks_back(root: Path, book: Book) -> bool:
    """Does this edition tell of an earlier time than the newest one? Then it is kept, and not shown as the latest.

    Of two weeks, or two months, the later is the newer, whenever it was told. What looks back on purpose takes no place
    but that of its like.
    """
    latest = read_manifest(root / LATEST)
    if latest is None or latest["edition"] == book.edition.id:
        return False
    if book.edition.looks_back != latest.get("looks_back", False):
        return book.edition.looks_back
    shown, name = datetime.fromisoformat(latest["as_of"]), book.edition.id
    if rhythm_of(latest["edition"]) is not rhythm_of(name):
        return shown > book.as_of
    return (_end(latest["edition"], shown, book), shown) > (_end(name, book.as_of, book), book.as_of)


def _end(name: str, as_of: datetime, book: Book) -> date:
    """The day after the last one that an edition is of."""
    period = period_of(name, book.calendar.increments)
    return book.calendar.day(as_of) if period is None else period.end


def _write_latest(root: Path, edition: Path) -> None:
    """A copy of the newest edition under an address that stays: exchanged as a whole, so that nobody sees a mixture.

    An edition whose files are not those of its manifest is not copied. Where the file system cannot exchange two
    folders, each file is replaced by itself, the manifest last.
    """
    folder = root / LATEST
    is_ours = folder.is_dir() and not folder.is_symlink()
    if (is_ours and _holds_the_same(folder, edition)) or verify(edition):
        return
    manifest = read_manifest(edition) or {"files": {}}
    written = {name: (edition / name).read_bytes() for name in (*manifest["files"], MANIFEST)}
    beside = root / f"{MARK}{LATEST}.{os.getpid()}"
    try:
        _fill(beside, written)
        if not folder.is_symlink() and not folder.exists():
            _move(beside, folder)
        elif not exchange(beside, folder):
            _replace_each(folder, written)
        _sync_folder(root)
    finally:
        _remove(beside)


def _holds_the_same(folder: Path, edition: Path) -> bool:
    """Is it the same edition, whole, with nothing else beside it?"""
    manifest = read_manifest(folder)
    if manifest is None or manifest != read_manifest(edition) or verify(folder):
        return False
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return files == {*manifest["files"], MANIFEST}


def _replace_each(folder: Path, written: Mapping[str, bytes]) -> None:
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(exist_ok=True)
    for name, data in sorted(written.items(), key=lambda one: one[0] == MANIFEST):
        _folder_of(folder / name)
        _write_if_other(folder / name, data)
    for left in (*folder.iterdir(), *(folder / DATA).glob("*")):
        if left.relative_to(folder).as_posix() not in written and left.is_file():
            left.unlink()


def _folder_of(path: Path) -> None:
    """The folder of a file within an edition; tables have one of their own."""
    if path.parent.name == DATA:
        path.parent.mkdir(mode=0o750, exist_ok=True)


def _write_archive(root: Path, book: Book) -> None:
    """The archive and the feeds of what was published as it came; what looks back is no line of that history."""
    manifests = [
        found
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder.name != LATEST and (found := read_manifest(folder)) is not None
        and not found.get("looks_back")
    ]  # fmt: skip
    for locale in book.portfolio.locales:
        words = Words(locale=locale, year=book.calendar.day(book.as_of).year, zone=book.calendar.zone)
        _write_if_other(root / f"index.{locale}.html", archive(manifests, book=book, words=words).encode())
        _write_if_other(root / feed_name(locale), feed(manifests, book=book, words=words))


def _point_to_newer(root: Path, book: Book) -> None:
    """Let the banner of every former revision lead to this one; what they found stays as it was published."""
    newest = root / book.edition.folder
    for number in range(1, book.edition.revision):
        former = root / book.revised(number).edition.folder
        for path in sorted(former.glob("*.html")):
            locale = path.name.rsplit(".", 2)[1]
            words = Words(locale=locale, year=book.calendar.day(book.as_of).year, zone=book.calendar.zone)
            target = path.name if (newest / path.name).is_file() else _first_page(newest, locale)
            link = Span(text=words.text("superseded.link"), href=f"../{book.edition.folder}/{target}")
            said = (*words.say("superseded", revision=str(book.edition.revision)), link, Span(text="."))
            banner = f'<main id="main">\n<p class="banner superseded">{rich(said)}</p>'
            published = as_published(path.read_bytes()).decode()
            _write_if_other(path, published.replace('<main id="main">', banner, 1).encode())


def _first_page(folder: Path, locale: str) -> str:
    """Where a page leads whose like the newest revision has not: a theme that is gone, say."""
    pages = sorted(one.name for one in folder.glob(f"*.{locale}.html"))
    return next((one for one in pages if one.startswith("overview.")), (pages or [f"../index.{locale}.html"])[0])


def _published(book: Book, root: Path, manifest: Mapping[str, Any], *, is_new: bool) -> Published:
    folder = root / book.edition.folder
    return Published(
        edition=book.edition,
        folder=folder,
        files=tuple(folder / name for name in manifest["files"]),
        digest=_digest_of_files(manifest),
        is_new=is_new,
        headline=_leading(manifest["headlines"]),
    )


def _leading(headlines: Mapping[str, str]) -> str:
    """The headline of the overview, which tells of the whole; of any page where there is none."""
    names = sorted(headlines, key=lambda name: (not name.startswith("overview."), name))
    return headlines[names[0]] if names else ""


def _digest_of_files(manifest: Mapping[str, Any]) -> str:
    return _digest(json.dumps(manifest["files"], sort_keys=True).encode())


def as_published(data: bytes) -> bytes:
    """A page without the banner that points to its correction."""
    return _BANNER.sub(b"", data, count=1)


def _safe(name: str) -> str:
    """A file name of ours: lower-case ASCII. Raises ValueError for anything else."""
    lowered = name.lower()
    if not _NAME.fullmatch(lowered) or ".." in lowered:
        raise ValueError(f"{name!r} cannot be part of a file's name: use lower-case letters, digits and hyphens")
    return lowered


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
