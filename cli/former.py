"""A published edition, told again: as of its instant, with what was known then, by the settings it was made with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from cli import clock
from cli.issuing import is_as_it_came
from cli.narrowing import audience_of
from cli.outcome import CommandError, ExitCode
from cli.places import place_of
from cli.reading import Told, read_all
from cli.setting_aside import FILES
from cli.workspace import Workspace, apart
from config.load import Settings, believed, load
from config.mistakes import ConfigurationError
from domain.rhythm import period_of
from metrics import catalogue
from reports import editions
from sync.store.reading import Edition


@dataclass(frozen=True, kw_only=True)
class Past:
    """An edition told again. `workspace` has the edition's own settings, or today's where those are not kept.

    `doubts` are sentences about what could not be made as it was.
    """

    edition: Edition
    told: Told
    workspace: Workspace
    doubts: tuple[str, ...] = ()


def edition_named(workspace: Workspace, name: str | None) -> Edition | None:
    """An edition by its id (2026-w47/pages) or its folder (2026-w47: the newest of them). Raises CommandError."""
    if name is None:
        return None
    known = sorted(workspace.store.editions(), key=lambda one: one.is_preview)  # those come last
    wanted = name.strip().lower()
    for one in known:
        full = one.edition_id.lower()
        place = full.partition("/")[0]
        if wanted in (full, full.rpartition("~")[2], place, place.rpartition("~")[2], one.period_key.lower()):
            return one
    ids = ", ".join(one.edition_id for one in known[:10])
    hint = f"the newest are {ids}" if known else "none was published yet; publish one with `vmo report`"
    raise CommandError(f"there is no edition {name!r}; {hint}", code=ExitCode.WRONG_USAGE)


def of_newest_period(workspace: Workspace) -> Edition | None:
    """The edition of the newest period, and of several the one that knew most; None: none was published as it came.

    A report of an older day is often published later, and with all that was known by then.
    """
    every = [one for one in workspace.store.editions() if is_as_it_came(one)]
    return max(every, key=lambda one: (_end(one), one.known_at, one.published_at), default=None)


def _end(edition: Edition) -> date:
    period = period_of(edition.period_key)
    return edition.known_at.date() if period is None else period.end


def as_told(workspace: Workspace, edition: Edition) -> Past:
    """The portfolio as the edition told of it, to its audience."""
    folder = place_of(workspace, edition)
    manifest = editions.read_manifest(folder)
    doubts: list[str] = []
    if manifest is None:
        doubts.append(f"{folder} is gone: told as of {edition.known_at.isoformat()}, when it was made")
    as_of = edition.known_at if manifest is None else datetime.fromisoformat(manifest["as_of"])
    wanted = workspace.settings.digest if manifest is None else str(manifest["config_digest"])
    version = catalogue.VERSION if manifest is None else int(manifest.get("definitions_version") or 1)
    if version != catalogue.VERSION:
        doubts.append(
            f"it was made by definitions of version {version}, and is told by those of version {catalogue.VERSION}; "
            "CHANGELOG.md says what differs, and its pages stay as they are"
        )
    settings = settings_of(workspace, edition, wanted=wanted)
    if settings is None:
        doubts.append("the settings have changed since, and those it was made with are not whole in the store; "
                      "it is told by today's")  # fmt: skip
    elif manifest is not None and "set_aside" in manifest:  # what could not be read then, nobody can read again
        settings = believed(settings, editions.set_aside_of(manifest))
    then = workspace if settings is None else replace(workspace, settings=settings)
    told = read_all(
        then,
        now=clock.now(),
        as_of=as_of,
        known_at=edition.known_at,
        files_at=edition.published_at,
        audience=audience_of(then.settings, edition.audience),
    )
    return Past(edition=edition, told=told, workspace=then, doubts=tuple(doubts))


def settings_of(workspace: Workspace, edition: Edition, *, wanted: str) -> Settings | None:
    """The settings of a digest: today's, or those kept in the store; None where neither are."""
    today = workspace.settings
    if today.digest == wanted:
        return today
    with tempfile.TemporaryDirectory(prefix="vmo-settings-") as folder:
        for name, body in _files(workspace, edition):
            path = Path(folder, name)
            if not path.resolve().is_relative_to(Path(folder).resolve()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        try:
            found = load(Path(folder, today.path.name), environ=os.environ, former=True)
        except (ConfigurationError, OSError):
            return None
    return replace(found, path=today.path) if found.digest == wanted else None


def _files(workspace: Workspace, edition: Edition) -> Iterator[tuple[str, bytes]]:
    """The settings files of an edition as the store keeps them: those that it names, or the newest of its day."""
    store = workspace.store
    named: Mapping[str, str] | None = edition.manifest.get(FILES)
    if named is None:
        kept = [one for one in store.configurations() if one.first_seen_at <= edition.published_at]
        named = {one.name: one.digest for one in kept}  # the oldest first, so that the newest stays
    for name, digest in named.items():
        bodies = (store.configuration(name=each, digest=digest) for each in (name, apart(name)))
        body = next((one for one in bodies if one is not None), None)
        if body is not None:
            yield name, body
