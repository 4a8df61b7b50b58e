"""A store that went back: brought back from a backup, it has forgotten what was published and mailed since.

Its second ledger of mails may have been brought back with it. What was published then lies in the folder still, and
rests on syncs that the store knows nothing of:

```
backup ──> sync ──> 2026-w48 published, mailed ──> store brought back ──> week 48 is owed, as far as the store knows
           unknown to the store from here on       the folder has 2026-w48, of a sync that it never made
```

Or it rests on a sync that is known, and the ledger knows of nobody who was at it then. A process that died before it
wrote its edition down has left its claim: that is made good by itself. What the folder has forgotten, too, nobody can
know here: a person says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cli import clock
from cli.chatting import is_channel
from cli.outcome import CommandError, ExitCode
from cli.places import folder_of
from cli.targets import is_target
from cli.turns import FIRST, named
from cli.workspace import Workspace, open_workspace
from config import meaning
from reports.editions import LATEST, read_manifest
from sync.due import CATCH_UP, local, newest_due
from sync.store.reading import DueRow

_BACK = "store that went back"  # in the due ledger; reports have no spaces in their names
_KEY = "newest"
_HAND = "report by hand"
_MADE = "taken for made, since the store was brought back"
_IN_DOUBT = "the store was brought back, so it is not known whether it went out since"


def keep_age(workspace: Workspace) -> str | None:
    """Why the store is older than what was published, or None; written down where it is news.

    A person says when that is over: an edition that is published again meanwhile is no proof against it.
    """
    if (kept := kept_age(workspace)) is not None:
        return kept
    found = _found(workspace)
    if found is not None:
        _write(workspace, "failed", found)
    return found


def kept_age(workspace: Workspace) -> str | None:
    """The same, as whoever ran last has written it down."""
    row = _row(workspace)
    return row.note if row is not None and row.state == "failed" else None


def age_of(workspace: Workspace) -> str | None:
    """The same for those who only read."""
    return kept_age(workspace) or _found(workspace)


def refuse_age(workspace: Workspace) -> None:
    """Raises CommandError where nothing is to be mailed, since the store may have forgotten who has it."""
    if (found := keep_age(workspace)) is not None:
        raise CommandError(found)


@contextmanager
def at_work(workspace: Workspace, *, now: datetime) -> Iterator[None]:
    """Let the ledger know that somebody publishes by hand, so that what is left where it dies is known for ours.

    What is refused leaves no trace: only who is killed leaves the claim open.
    """
    key = now.isoformat()
    workspace.store.claim_due(_HAND, key, now)
    try:
        yield
    except Exception:
        workspace.store.withdraw_due(_HAND, key)
        raise
    workspace.store.finish_due(_HAND, key, "done", clock.now())


def run_db_restored(config: Path) -> ExitCode:
    """A person says: the store was brought back. What was due by now is taken for made, and what waited is in doubt."""
    with open_workspace(config, write=True) as workspace:
        if not workspace.store.may_mail():
            raise CommandError(
                f"store {workspace.store.place} has never mailed, so there is nothing that it could mail again; start "
                "it with `vmo run --first-run`"
            )
        now = clock.now()
        for said in (*_take_for_made(workspace, now=now), *_doubt_mails(workspace, now=now)):
            print(said)
        _write(workspace, "done", "")
        print("the next run goes on from here")
    return ExitCode.DONE


def _take_for_made(workspace: Workspace, *, now: datetime) -> Iterator[str]:
    """The newest turn of each report, what it was at, and what failed and would be tried again: nothing that was due
    by now is owed. What failed before that is history, and stays as it was.
    """
    store, zone = workspace.store, meaning.calendar(workspace.settings).zone
    for report in meaning.reports(workspace.settings):
        if report.when is None:
            continue
        turn = newest_due(report.when, at=now, zone=zone)
        newest = (FIRST, now) if turn is None else (turn.period_key, turn.due_at)
        since = min(newest[1], now - CATCH_UP)
        begun = [
            row
            for row in store.due(report.name)
            if row.state == "claimed" or (row.state == "failed" and row.due_at >= since)
        ]
        for row in begun:
            store.finish_due(report.name, row.period_key, "done", now, note=_MADE)
        taken = [(row.period_key, row.due_at) for row in begun]
        if store.enter_due(report.name, newest[0], "done", now, due_at=newest[1], note=_MADE):
            taken.append(newest)
        for key, due_at in taken:
            yield (
                f"{named(report.name, key, due_at, zone)} is taken for made and mailed; where it was not, "
                f"`vmo report --report {report.name}` makes it and `vmo send {report.name}` mails it"
            )


def _doubt_mails(workspace: Workspace, *, now: datetime) -> Iterator[str]:
    """What waited when the backup was made may have gone out since; of targets what is there is looked at anyway."""
    store = workspace.store
    for held in store.mails(states=("claimed",)):
        if is_target(held.recipient):
            continue
        if is_channel(held.recipient):
            store.mark_mail(held.edition_id, held.recipient, "superseded", now, reply=_IN_DOUBT)
            continue
        store.mark_mail(held.edition_id, held.recipient, "data_started", now)
        store.mark_mail(held.edition_id, held.recipient, "unknown", now, reply=_IN_DOUBT)
        yield f"mail of {held.edition_id} to {held.recipient} is unknown: see `vmo mail list`"


def _found(workspace: Workspace) -> str | None:
    """The newest edition in the folder that nobody has made whom the store knows, in a sentence."""
    since = _answered_until(workspace)
    if since is None:
        return None
    made = max(_unknown(workspace, since=since), default=None)
    if made is None:
        return None
    published_at, name = made
    at = local(published_at, meaning.calendar(workspace.settings).zone)
    return (
        f"store {workspace.store.place} is older than what was made with it: {name} was published {at}, and the store "
        "knows nothing of it. It was brought back from a backup, or another store publishes into the same folder; "
        "nothing is published by schedule or mailed until a person says `vmo db restored`"
    )


def _answered_until(workspace: Workspace) -> datetime | None:
    """Until when what lies in the folder is no news: the store began, has made one of its own, or a person answered.

    None: a store that mails nothing yet.
    """
    began, row = workspace.store.mailing_since(), _row(workspace)
    if began is None:
        return None
    made = (one.published_at for one in workspace.store.editions() if not one.is_preview)
    said = [row.finished_at] if row is not None and row.state == "done" and row.finished_at is not None else []
    return max([began, *said, *made])


def _unknown(workspace: Workspace, *, since: datetime) -> Iterator[tuple[datetime, str]]:
    """Editions that were published since, and that no process has made whom the store knows: when, and the folder."""
    known = {Path(one.path).parts[-2:] for one in workspace.store.editions() if not one.is_preview}
    for folder in _folders(workspace):
        if folder.parts[-2:] in known or (told := _told(folder, since=since)) is None:
            continue
        published_at, syncs = told
        knows_syncs = all(workspace.store.has_begun(source, at) for source, at in syncs.items())
        if not knows_syncs or not _is_ours(workspace, published_at):
            yield published_at, "/".join(folder.parts[-2:])


def _is_ours(workspace: Workspace, published_at: datetime) -> bool:
    """Was anybody at an edition at that moment, who has ended it since or died at it within a day?"""
    return any(
        row.claimed_at <= published_at <= (_end(row) or row.claimed_at + CATCH_UP)
        for row in workspace.store.due()
        if " " not in row.report or row.report == _HAND
    )


def _end(row: DueRow) -> datetime | None:
    return row.finished_at if row.state in ("done", "missed") else None


def _told(folder: Path, *, since: datetime) -> tuple[datetime, Mapping[str, datetime]] | None:
    """When an edition was published, where that was since, and when the syncs began that it rests on, by source.

    None: it was published before, looks back, or says nothing that can be read.
    """
    try:
        manifest = read_manifest(folder)
        if manifest is None or manifest.get("looks_back"):
            return None
        published_at = datetime.fromisoformat(manifest["published_at"])
        syncs = {one["source"]: one["attempted_at"] for one in manifest["sources"]}
        began = {source: datetime.fromisoformat(at) for source, at in syncs.items() if at is not None}
        return (published_at, began) if published_at > since else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _folders(workspace: Workspace) -> Iterator[Path]:
    """The folders of editions, those of audiences among them."""
    portfolio = meaning.portfolio(workspace.settings).id
    for root in (portfolio, *(f"{portfolio}.{name}" for name in workspace.settings.document.audiences)):
        try:
            yield from (
                one
                for one in (folder_of(workspace) / "r" / root).iterdir()
                if one.is_dir() and one.name != LATEST and not one.name.startswith(".")
            )
        except OSError:  # there is none, or it cannot be read: whoever publishes says so
            continue


def _row(workspace: Workspace) -> DueRow | None:
    return next(iter(workspace.store.due(_BACK)), None)


def _write(workspace: Workspace, state: str, note: str) -> None:
    now = clock.now()
    workspace.store.claim_due(_BACK, _KEY, now)
    workspace.store.finish_due(_BACK, _KEY, state, now, note=note)
