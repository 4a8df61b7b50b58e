"""Where editions lie: below the folder of the settings, wherever that is today, and whatever way leads there."""

from __future__ import annotations

from pathlib import Path

from cli.workspace import Workspace
from sync.store.reading import Edition

FOLDER = "vmo-reports"  # beside the settings, where no other folder is named
_PARTS = 3  # of an edition's place: r, its portfolio, its own folder


def folder_of(workspace: Workspace) -> Path:
    """Where editions go: as the settings say, from the settings' own folder."""
    named = workspace.settings.document.publish.folder
    return workspace.settings.folder / (FOLDER if named is None else str(named))


def place_of(workspace: Workspace, edition: Edition) -> Path:
    """The folder of an edition: the store says where it was published, and that may have been moved since."""
    return found_below(folder_of(workspace), edition)


def is_gone(workspace: Workspace, edition: Edition) -> bool:
    """Is an edition in no folder any more? What cannot be looked into is not known to be gone."""
    from reports.editions import MANIFEST  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        return not (place_of(workspace, edition) / MANIFEST).is_file()
    except OSError:
        return False


def out_of(edition: Edition) -> Path:
    """The folder that `--out` named when a preview was made."""
    return Path(edition.path).parents[_PARTS - 1]


def found_below(root: Path, edition: Edition) -> Path:
    """The folder of an edition below a root by the same name and digest, or else where it was published.

    A copy of all that a portfolio has is one of its own: what lies beside its settings comes first.
    """
    from reports.editions import is_signed  # noqa: PLC0415 - slow to import, and seldom needed

    kept, here = Path(edition.path), _namesake(root, edition)
    return here if here is not None and is_signed(here, edition.digest) else kept


def another_below(root: Path, edition: Edition) -> Path | None:
    """What bears an edition's name below a root, and is not what was published; None: nothing does."""
    from reports.editions import MANIFEST, is_signed  # noqa: PLC0415 - as above

    here = _namesake(root, edition)
    is_another = here is not None and (here / MANIFEST).exists() and not is_signed(here, edition.digest)
    return here if is_another else None


def _namesake(root: Path, edition: Edition) -> Path | None:
    """Where an edition would lie below a root, if that is not where it was published."""
    kept = Path(edition.path)
    here = root.joinpath(*kept.parts[-_PARTS:])
    return None if edition.is_preview or here.resolve() == kept.resolve() else here
