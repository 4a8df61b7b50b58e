"""What a copy of the folder must hold, in the order in which it may come there.

    the edition ──> former ones ──> latest ──> archive and feeds

What leads somewhere comes after what it leads to, so that whoever follows a link finds a page at any moment. A manifest
comes after the files that it names.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reports.editions import LATEST, MANIFEST, as_published, read_manifest

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){0,2}")
_REVISION = re.compile(r"-r[0-9]+$")
_MAIL = ".mail.json"  # a mail in the making, perhaps one person's: no page leads there, and it goes by mail alone
_TYPES = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xml": "application/atom+xml; charset=utf-8",
}


class NotAsPublishedError(Exception):
    """A file is not what was published, or cannot be read: a person must act. Nothing of it leaves."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A file of the folder. `key`: where it stands below the portfolio's root; `digest`: of its bytes, if known.

    `is_permanent`: what stands there once is never replaced; `is_former`: it belongs to an edition before this one
    that has one revision, so that nothing of it changes any more.
    """

    key: str
    path: Path
    digest: str | None = None
    is_permanent: bool = False
    is_former: bool = False

    @property
    def content_type(self) -> str:
        return _TYPES[self.key.rpartition(".")[2]]

    def read(self) -> bytes:
        """Its bytes, held against the manifest. Raises NotAsPublishedError."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise NotAsPublishedError(
                f"{self.path} cannot be read ({error.strerror}); publish again with `vmo report`"
            ) from error
        if self.digest is not None and hashlib.sha256(as_published(data)).hexdigest() != self.digest:
            raise NotAsPublishedError(f"{self.path} is not what was published; `vmo verify` says more")
        return data


def pieces(root: Path, edition: str, *, left_out: Collection[str] = ()) -> list[Piece]:
    """Every file of a portfolio's root, those of an edition (by its folder) first, what leads to them last.

    Editions for some readers only have roots of their own; one that stands here all the same is left out. So are
    former ones that are `left_out` by the name of their folder.
    """
    former = sorted((one.name for one in root.iterdir() if one.is_dir()), reverse=True)
    revisions = Counter(_REVISION.sub("", one) for one in former)
    found = [*_edition(root, edition)]
    for name in former:
        if name not in (edition, LATEST, *left_out):
            found += _edition(root, name, is_former=revisions[_REVISION.sub("", name)] == 1)
    found += _edition(root, LATEST)
    found += (Piece(key=one.name, path=one) for one in sorted((*root.glob("index.*.html"), *root.glob("feed.*.xml"))))
    return [one for one in found if _KEY.fullmatch(one.key)]


def left_over(there: Iterable[str], wanted: Iterable[Piece]) -> list[str]:
    """Keys below `latest` that the newest edition has not; nothing else is ever taken away."""
    kept = {one.key for one in wanted}
    return sorted(key for key in there if key.startswith(f"{LATEST}/") and key not in kept and _KEY.fullmatch(key))


def _edition(root: Path, name: str, *, is_former: bool = False) -> Iterator[Piece]:
    folder = root / name
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("audience"):
        return
    is_permanent = name != LATEST
    for file, digest in sorted(manifest["files"].items()):
        if file.endswith(_MAIL):
            continue
        yield Piece(
            key=f"{name}/{file}",
            path=folder / file,
            digest=digest,
            is_permanent=is_permanent,
            is_former=is_former,
        )
    yield Piece(
        key=f"{name}/{MANIFEST}", path=folder / MANIFEST, is_permanent=is_permanent, is_former=is_former
    )  # fmt: skip
