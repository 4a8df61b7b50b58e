"""What the store wrote down of our own doings, for the pages of those who audit: bounded by an instant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from config.differences import differences, masked
from domain.audiences import Sight
from domain.records import Confirmed, Issued, Mailed, Reading, Records, Rights, SettingChange, SettingsVersion
from sync.store.reading import Configuration, Edition, Mail, Snapshot
from sync.store.rights import CHECK
from sync.store.store import Store


def records_of(
    store: Store, *, since: datetime, at: datetime, audience: str | None = None, sight: Sight | None = None
) -> Records:
    """What was written down by an instant: asked for the same instant later, it says the same, but for the mails.

    A mail's line in the ledger goes on; so an edition keeps its mails in its manifest (`editions.mails_of`).
    `audience`: of editions and mails only its own; None: all. Where its `sight` is not the whole, what changed in the
    settings is not told, nor what a sync said, which may name a project that is restricted before it has an item, nor
    how much was read of a source that it sees a part of.
    """
    with store.snapshot() as kept:
        versions, changes = _settings(kept, since=since, at=at) if sight is None else ([], [])
        theirs = [one for one in kept.editions() if audience is None or one.audience == audience]
        editions = [one for one in theirs if one.published_at < at]
        ids = {one.edition_id for one in theirs}
        ended = [
            one
            for one in kept.runs_ended(since=since, until=at)
            if one.finished_at is not None and (sight is None or one.source not in sight.sources)
        ]
        rights = {
            one.source: Rights(source=one.source, state=one.outcome, asked_of=one.items, seen_at=one.started_at)
            for one in reversed(ended)
            if one.kind == CHECK
        }
        readings = [
            Reading(
                id=one.run_id,
                source=one.source,
                kind=one.kind,
                started_at=one.started_at,
                finished_at=one.finished_at,
                outcome=one.outcome,
                sentence=one.sentence,
                items=one.items,
                changes=one.changes,
            )
            for one in ended
            if one.kind != CHECK and one.finished_at is not None
        ]
        written = [one for one in kept.mails() if one.edition_id in ids]
        first = first_mails(written, {one.edition_id: one.report for one in theirs})
        mails = [_mailed(one, first) for one in written if since <= one.at <= at]
        confirmed = [
            Confirmed(id=one.id, source=one.source, subject=one.subject, confirmed_at=one.confirmed_at)
            for one in kept.confirmations(until=at)
            if sight is None or one.source not in sight.sources
        ]
    return Records(
        since=since,
        versions=tuple(versions),
        changes=tuple(changes),
        readings=tuple(one if sight is None else _seen(one, sight) for one in readings),
        rights=tuple(rights[source] for source in sorted(rights)),
        editions=tuple(_issued(one) for one in editions),
        mails=tuple(mails),
        confirmed=tuple(confirmed),
        is_whole=sight is None,
    )


def _seen(reading: Reading, sight: Sight) -> Reading:
    told = replace(reading, sentence="")
    return replace(told, items=None, changes=None) if reading.source in sight.mixed else told


def _settings(kept: Snapshot, *, since: datetime, at: datetime) -> tuple[list[SettingsVersion], list[SettingChange]]:
    """Every version first seen in the span, the newest first, and what changed with it."""
    by_name: dict[str, list[Configuration]] = {}
    for one in kept.configurations():
        if one.first_seen_at <= at:
            by_name.setdefault(one.name, []).append(one)
    versions: list[SettingsVersion] = []
    changes: list[SettingChange] = []
    for kept_versions in by_name.values():
        for before, one in zip([None, *kept_versions], kept_versions, strict=False):
            if one.first_seen_at < since:
                continue
            found = list(_changes(kept, before, one))
            changes += found
            versions.append(
                SettingsVersion(
                    file=one.name,
                    seen_at=one.first_seen_at,
                    digest=one.digest,
                    differences=None if before is None else len(found),
                )
            )
    versions.sort(key=lambda one: (one.seen_at, one.file), reverse=True)
    changes.sort(key=lambda one: one.seen_at, reverse=True)
    return versions, changes


def _changes(kept: Snapshot, before: Configuration | None, one: Configuration) -> Iterator[SettingChange]:
    if before is None:
        return
    old, new = (kept.configuration(name=each.name, digest=each.digest) or b"" for each in (before, one))
    for found in differences(one.name, old, new):
        yield SettingChange(
            file=one.name,
            seen_at=one.first_seen_at,
            digest=one.digest,
            path=found.path,
            before=found.before,
            after=found.after,
        )


def _issued(one: Edition) -> Issued:
    return Issued(
        id=one.edition_id,
        folder=one.folder,
        report=one.report,
        period=one.period_key,
        revision=one.revision,
        digest=one.digest,
        known_at=one.known_at,
        published_at=one.published_at,
        version=one.program_version,
        config_digest=one.manifest.get("config_digest"),
    )


def first_mails(mails: Iterable[Mail], reports: Mapping[str, str]) -> set[tuple[str, str]]:
    """Edition and recipient of each mail that is the first of its report to an address, where the report was mailed
    before: the address was added since, or is written otherwise, and somebody should look. Channels and buckets too.

    `mails` in the order in which they were entered; `reports` names the report of each edition.
    """
    known: dict[str, dict[str, str]] = {}  # of a report, each address with the edition that it got first
    for one in mails:
        known.setdefault(reports.get(one.edition_id, ""), {}).setdefault(one.recipient.casefold(), one.edition_id)
    return {
        (edition, recipient)
        for by_recipient in known.values()
        for recipient, edition in by_recipient.items()
        if edition != next(iter(by_recipient.values()))
    }


def _mailed(one: Mail, first: Collection[tuple[str, str]]) -> Mailed:
    return Mailed(
        edition=one.edition_id,
        recipient=masked(one.recipient),
        state=one.state,
        at=one.at,
        attempts=one.attempts,
        is_first=(one.edition_id, one.recipient.casefold()) in first,
    )
