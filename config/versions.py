"""What the kept versions of a CSV file tell: when something was first seen in it, and how long it was not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from config import csv_files, meaning
from domain.strategy import Decision, Objective, Seen

Told = TypeVar("Told", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A file as it was, and when it was seen so, first and last. Instants are aware and in UTC."""

    body: bytes
    first_seen_at: datetime
    seen_at: datetime


def with_objectives(objectives: Iterable[Objective], versions: Sequence[Version]) -> tuple[Objective, ...]:
    """The objectives, each with when its planned and its actual business value were first seen in the file."""
    read = [(one, csv_files.objectives(one.body, file="objectives.csv")[0]) for one in versions]
    planned = [(one, {_place(row) for row in rows if row.planned_bv is not None}) for one, rows in read]
    scored = [(one, {_place(row) for row in rows if row.actual_bv is not None}) for one, rows in read]
    return tuple(
        replace(
            one,
            planned=_seen(planned, one.place),
            scored=_seen(scored, one.place),
        )
        for one in objectives
    )


def objectives_in(version: Version) -> tuple[Objective, ...]:
    """The objectives as a version of the file says them; lines with mistakes are passed over."""
    return meaning.stated(csv_files.objectives(version.body, file="objectives.csv")[0])


def with_decisions(decisions: Iterable[Decision], versions: Sequence[Version]) -> tuple[Decision, ...]:
    """The decisions, each with when it was first seen to be taken, and until when it was seen to wait."""
    read = [(one, csv_files.decisions(one.body, file="decisions.csv")[0]) for one in versions]
    taken = [(one, {row.id for row in rows if row.taken is not None}) for one, rows in read]
    waiting = [(one, {row.id for row in rows if row.taken is None}) for one, rows in read]
    return tuple(
        one
        if one.decision is None
        else replace(
            one,
            seen=(seen := _seen(taken, one.id)),
            waited_until=_last(waiting, one.id, before=seen),
        )
        for one in decisions
    )


def _place(row: csv_files.ObjectiveRow) -> tuple[str, str, str, str]:
    return row.increment, row.train, row.team, row.objective


def _seen(versions: Iterable[tuple[Version, set[Told]]], wanted: Told) -> Seen | None:
    """When a version first said it, and until when we know that none did; None: no version that is kept says it."""
    kept = list(versions)
    first_at = min((one.first_seen_at for one, told in kept if wanted in told), default=None)
    if first_at is None:
        return None
    without = [one for one, told in kept if wanted not in told and one.first_seen_at < first_at]
    return Seen(first_at=first_at, missing_at=max((_until(one, first_at) for one in without), default=None))


def _last(versions: Iterable[tuple[Version, set[Told]]], wanted: Told, *, before: Seen | None) -> datetime | None:
    """The last instant at which a version said it before it was seen otherwise."""
    if before is None:
        return None
    said = [one for one, told in versions if wanted in told and one.first_seen_at < before.first_at]
    return max((_until(one, before.first_at) for one in said), default=None)


def _until(version: Version, first_at: datetime) -> datetime:
    """A version that came back later is believed for the first time it was seen."""
    return version.seen_at if version.seen_at < first_at else version.first_seen_at
