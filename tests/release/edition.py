"""The published edition that the release checks look at, and how its pages are named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from html5lib import parse

LOCALES = ("en", "fr")


@dataclass(frozen=True)
class Published:
    """What `vmo demo` left in `home`."""

    home: Path

    @cached_property
    def folder(self) -> Path:
        (manifest,) = self.home.glob("r/*/2026-w*/manifest.json")
        return manifest.parent

    def pages(self, pack: str, locale: str) -> list[Path]:
        """All pages of a pack, of which there is at least one."""
        found = sorted(
            one for one in self.folder.glob(f"{pack}*.{locale}.html") if one.name.partition(".")[0].startswith(pack)
        )
        own = [one for one in found if one.name.startswith((f"{pack}.", f"{pack}-"))]
        assert own, f"the demo has no page of {pack}"
        return own

    def heaviest(self, pack: str, locale: str) -> Path:
        """The page with the most on it; pages of one pack are made alike."""
        return max(self.pages(pack, locale), key=lambda one: (one.stat().st_size, one.name))


def tree(path: Path):  # type: ignore[no-untyped-def]  # the tree's elements have no public type
    return parse(path.read_text("utf-8"), namespaceHTMLElements=False)
