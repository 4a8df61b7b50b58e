"""The version of the program that is running, and the state of all that decides what its editions say."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

VERSION = version("vmo")
ROOT = Path(__file__).parent.parent  # where our packages lie: of a checkout, or of an installation
TELLING = ("config", "domain", "sync", "metrics", "reports", "cli")  # all but `connectors`: made again, nothing is read


@cache
def wording() -> str:
    """What tells two states of the program apart that have one version; reckoned when it is asked for."""
    return digest(ROOT)


def digest(root: Path) -> str:
    """The digest of the code, templates and catalogues under a folder: of a commit the same wherever it is installed.

    What Python compiles and what is hidden belongs to a machine. Libraries are not in it: requirements.lock names them.
    """
    told = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in _files(root)):
        told.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return told.hexdigest()


def _files(root: Path) -> list[Path]:
    return [
        path
        for package in TELLING
        for path in (root / package).rglob("*")
        if path.is_file() and not any(part == "__pycache__" or part[0] == "." for part in path.relative_to(root).parts)
    ]
