"""`vmo verify`: does a published edition still hold? Made again, from what was known then, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cli import logs
from cli.former import as_told, edition_named
from cli.issuing import ROW
from cli.outcome import CommandError, ExitCode
from cli.places import another_below, folder_of, out_of, place_of
from cli.telling import book_of, remembered
from cli.version import wording
from cli.workspace import Workspace, open_workspace
from reports import editions
from reports.reckoning import reckon
from reports.retelling import retold
from sync.store.reading import Edition


def run_verify(config: Path, *, edition: str, verbose: bool) -> ExitCode:
    """Compare an edition with its manifest, and with what the store makes of it again. Exit code 1 when it differs.

    Figures are always compared, and bytes where the program says what it says as it did when it published.
    """
    logs.set_up(verbose=verbose, as_json=False)
    with open_workspace(config) as workspace:
        found = edition_named(workspace, edition)
        assert found is not None
        folder = place_of(workspace, found)
        manifest = editions.read_manifest(folder)
        if manifest is None:
            raise CommandError(_nothing_there(found, folder))
        print(f"{found.edition_id}: published {found.published_at.isoformat()}, by version {found.program_version}")
        changed = [*_files(found, folder), *_again(workspace, found, manifest)]
        if (other := another_below(folder_of(workspace), found)) is not None:
            changed.append(f"{other} bears its name and is not what was published, which lies in {folder}")
        if changed and (since := _unknown_until(workspace, found, manifest)) is not None:
            print(
                f"  the store knows of it since {since.isoformat()} only, and it was published at "
                f"{manifest['published_at']}: where the store was brought back from before, it is older than the "
                "edition and lacks what was known then; one that is newer than the edition would tell"
            )
    for line in changed:
        print(f"  {line}")
    print("it does not hold as it stands" if changed else "it holds")
    return ExitCode.FAILED if changed else ExitCode.DONE


def _nothing_there(edition: Edition, folder: Path) -> str:
    """What there is to do where nothing is left to compare with."""
    if edition.is_preview:
        return (
            f"{edition.edition_id}: it was made with `--out {out_of(edition)}`, and is not there any more; where that "
            "folder was moved, move it back, or say `vmo report --out` with its new place, which makes it known there "
            "as long as it says the same"
        )
    return (
        f"{edition.edition_id}: its folder {folder} is gone or has no manifest, so there is nothing to compare with; "
        "take it from a backup, or publish the edition again with `vmo report --as-of`"
    )


def _unknown_until(workspace: Workspace, edition: Edition, manifest: Mapping[str, Any]) -> datetime | None:
    """When the store heard of an edition that had been published before; None: it has known it all along."""
    place = edition.edition_id.rpartition("/")[0]
    known = (one.published_at for one in workspace.store.editions() if one.edition_id.rpartition("/")[0] == place)
    since = min(known)  # as another report it may have come later
    return since if since > datetime.fromisoformat(manifest["published_at"]) else None


def _files(edition: Edition, folder: Path) -> Iterator[str]:
    """What somebody changed in the folder since."""
    if not editions.is_signed(folder, edition.digest):
        yield f"{editions.MANIFEST} is not the one that was published: the store has another digest of it"
    for name in editions.verify(folder):
        yield f"{name} is not as it was published" if (folder / name).exists() else f"{name} is gone"


def _again(workspace: Workspace, edition: Edition, manifest: Mapping[str, Any]) -> list[str]:
    """What is told otherwise when the edition is made again from what was known when it was published."""
    then = as_told(workspace, edition)
    for doubt in then.doubts:
        print(f"  {doubt}")
    trust = editions.trust_of(manifest)
    if trust is None:
        print("  it does not say what was vouched for of each source; what is vouched for today stands in its place")
    told = then.told if trust is None else replace(then.told, trust=trust)
    book = book_of(
        then.workspace, told, now=datetime.fromisoformat(manifest["published_at"]), edition=edition.period_key,
        sample=bool(manifest.get("sample")),
    )  # fmt: skip
    book = replace(book, records=replace(book.records, mails=editions.mails_of(manifest)))
    book = remembered(then.workspace, told, book, report=edition.manifest.get(ROW, edition.report)).book.revised(
        int(manifest["revision"]), corrects=editions.corrected(manifest)
    )
    again = editions.render(reckon(book), packs=manifest["packs"], locales=manifest.get("locales"))
    made_by, ours = str(manifest.get("wording", "")), wording()
    if made_by != ours:
        print(
            f"  another state of the program made it ({made_by[:12] or 'it does not say which'}; this is {ours[:12]}): "
            "figures and rows of data are compared, what the words say is not"
        )
    return retold(place_of(workspace, edition), again, to_the_byte=made_by == ours)
