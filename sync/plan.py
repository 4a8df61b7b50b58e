"""Decisions of a sync: where to start, when to stop, when to refuse (pure)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.base import (
    Batch,
    CursorLostError,
    DeferredError,
    IncompleteWalkError,
    SourceSettings,
    TrackerError,
    TrackerUnavailableError,
)
from sync.store import RunRecord, SourceState

READING = 9  # raise it when a mapping in the code reads the same answers differently
SWEEP_EVERY = timedelta(hours=20)  # once a day, wherever in the day the last one ended
SWEEP_WHEN_ASKED = timedelta(hours=1)
MANY_UNREADABLE = 20


class IdentityChangedError(TrackerError):
    """The token belongs to somebody else than before, who may see something else: a person must confirm it."""


class TrackerChangedError(IdentityChangedError):
    """The source's name now stands for another address: its ids and instants would mean other items."""


class SuspiciousEmptinessError(TrackerError):
    """A source that had items shows none."""


class DriftError(TrackerError):
    """Too many items cannot be read: the tracker's answers, or our mapping, have changed."""


class NotYetError(DeferredError):
    """Something else has to come first; nothing is wrong."""


class StoppedError(TrackerError):
    """We were asked to stop."""


def named_then(state: SourceState, settings: SourceSettings) -> dict[str, str]:
    """What the settings' field names stood for when a source was last read; "" for one that nobody named then."""
    then = state.named or {}
    return {name: then.get(name, "") for name in settings.named_fields}


def named_once(state: SourceState, settings: SourceSettings) -> dict[str, str]:
    """What the settings' field names stood for when they last stood for anything; those that never did are left out."""
    return {name: id for name in settings.named_fields if (id := state.named_once.get(name.casefold()))}


def reading_digest(settings: SourceSettings, named: Mapping[str, str]) -> str:
    """Names how raw answers are read: the code's mapping, the settings that it follows, and the fields they name."""
    followed = {
        name: value
        for name, value in asdict(settings).items()
        if name in ("value_fields", "value_scales", "text_fields", "blocked_fields", "blocked_flags")
    }
    told = json.dumps([READING, settings.kind, followed, dict(named)], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def is_read_so(state: SourceState, digest: str) -> bool:
    """Was every item of a source read like this? Nothing is held of one that never had an answer."""
    if state.reading_digest is None:
        return state.cursor is None
    return state.rereading_digest is None and state.reading_digest == digest


def fetches_queue(kind: str) -> bool:
    """Does a sync of this kind of tracker fetch single items that a census named?"""
    return kind in ("jira", "azure_devops")


def tells_whole_histories(kind: str) -> bool:
    """Does an item come with its whole history? Azure DevOps streams revisions, each of them once."""
    return kind == "jira"


def is_asked_anew(
    state: SourceState, ids: Collection[str], kept: Callable[[], Iterable[Collection[str] | None]], *, digest: str
) -> bool:
    """Do rules name a field that some items were not asked for? Then all is read once more.

    `ids`: of the fields that rules name. `kept`: what items were asked for, looked up only where the last walk read by
    other settings, or another mapping, than `digest` names. What cannot be read even then is hidden from those who may
    not see it.
    """
    news = set(ids) if state.walked_digest != digest else set()
    return bool(news) and any(told is None or not news <= set(told) for told in kept())


def starts_over(state: SourceState | None, *, asked: bool) -> bool:
    """Must everything be read? When nothing was yet, or when asked; an interrupted full walk goes on instead.

    `full_since` stands while a full walk that has moved the cursor is not finished.
    """
    if state is None or state.cursor is None:
        return True
    return asked and state.full_since is None


def refuse_changed_identity(source: str, *, pinned: str | None, found: str, found_name: str) -> None:
    if pinned and pinned != found:  # a server without that address names nobody, ""
        raise IdentityChangedError(
            f"{source}: the token now belongs to {found_name}, not to the account of the last sync, and may see other "
            f"items; nothing was read; if that is meant, run `vmo confirm {source} identity`"
        )


def refuse_other_tracker(state: SourceState, settings: SourceSettings) -> None:
    """Ids and cursors of one tracker mean nothing to another. Schemes, ports and capitals are no difference."""
    if state.identity is None or not state.base_url:
        return
    was, is_now = _place(state.base_url), _place(settings.url)
    if (state.kind, was) != (settings.kind, is_now):
        raise TrackerChangedError(
            f"{state.source}: this name stood for {was} and now stands for {is_now}; nothing was read, for the items "
            "of two trackers would mix; give another tracker another name, or, if it is the same one at "
            f"a new address, run `vmo confirm {state.source} identity`"
        )


def _place(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}".lower()


def refuse_collapse(source: str, *, held: int, found: int, by: str) -> None:
    """A full walk or a census that finds nothing, where we hold items, is not believed."""
    if found == 0 and held > 0:
        raise SuspiciousEmptinessError(
            f"{source}: {by} found nothing, but we hold {held} items; check what the token may see before removing them"
        )


def refuse_leftovers(source: str, *, chunks: int) -> None:
    """A walk that leaves ids unfetched is not complete, whatever its last cursor says."""
    if chunks:
        raise IncompleteWalkError(f"{source}: {chunks} blocks of items are still to be fetched; the next run goes on")


def refuse_flood(source: str, *, unreadable: int) -> None:
    """More than twenty items that cannot be read are no accident; asked before each batch is saved.

    Those that were set aside when the run began do not count: a few each year would stop the source for good.
    """
    if unreadable > MANY_UNREADABLE:
        raise DriftError(_drift(source, unreadable))


def refuse_drift(source: str, *, unreadable: int, of: int) -> None:
    """More than one in a hundred, asked at the end. One bad item alone never stops the rest."""
    if unreadable > 1 and unreadable * 100 > of:
        raise DriftError(_drift(source, unreadable))


def has_content(batch: Batch) -> bool:
    """Does the batch tell of any item?"""
    return bool(
        batch.items or batch.changes or batch.enqueue or batch.unreadable or batch.recycled or batch.links
        or batch.out_of_scope or batch.suspects or batch.restored or batch.finished_chunk is not None
    )  # fmt: skip


def outcome_of(error: TrackerError, *, batches: int, read_again: int = 0) -> str:
    """partial: what came was saved, and the next run goes on from there. So is a stop after `read_again` kept items."""
    if isinstance(error, DeferredError):
        return "deferred"
    goes_on = isinstance(error, IncompleteWalkError | TrackerUnavailableError | CursorLostError | StoppedError)
    is_saved = batches or (read_again and isinstance(error, StoppedError))
    return "partial" if goes_on and is_saved else "failed"


def went_through(record: RunRecord | None) -> bool:
    """Did a sync come to its end? It is partial then where a project could not be read; only then it counted."""
    return record is not None and (record.outcome == "ok" or (record.outcome == "partial" and record.held is not None))


def sweep_is_due(state: SourceState | None, *, now: datetime) -> bool:
    """Daily, and only after a sync that went through: what we hold must be fresh before we look for what is missing."""
    if state is None or state.outcome not in ("ok", "partial"):
        return False
    if state.swept_at is None:
        return True
    is_asked = state.sweep_asked_at is not None  # the last sync found counts that do not agree, or a project hidden
    wait = SWEEP_WHEN_ASKED if is_asked else SWEEP_EVERY
    return not timedelta() <= now - state.swept_at < wait  # one that lies ahead was made by a clock that ran ahead


def _drift(source: str, unreadable: int) -> str:
    return (
        f"{source}: {unreadable} items cannot be read, too many for an accident; each stays as it was last read, and "
        "the next run asks for it again; `vmo status` lists them: look for a field that the tracker gives no more"
    )
