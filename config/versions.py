"""What the kept versions of a CSV file tell: when something was first seen in it, and how long it was not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from config import csv_files, meaning
from domain.strategy import Decision, Objective, Seen

Told = TypeVar("Told", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A file as it was, and when it was seen so, first and last. Instants are aware and in UTC."""

    body: bytes
    first_seen_at: datetime
    seen_at: datetime


def believed(versions: Iterable[Version]) -> list[Version]:
    """The versions of the objectives that have no mistake: what is not in another was not dropped, but not read."""
    return [one for one in versions if not csv_files.objectives(one.body, file="objectives.csv")[1]]


def with_objectives(objectives: Iterable[Objective], versions: Iterable[Version]) -> tuple[Objective, ...]:
    """The objectives, each with when its planned and its actual business value were first seen in the file."""
    read = [(one, csv_files.objectives(one.body, file="objectives.csv")[0]) for one in believed(versions)]
    planned = [_Telling(one, {_place(row) for row in rows if row.planned_bv is not None}) for one, rows in read]
    scored = [_Telling(one, {_place(row) for row in rows if row.actual_bv is not None}) for one, rows in read]
    return tuple(
        replace(
            one,
            planned=_seen(planned, one.place),
            scored=_seen(scored, one.place),
        )
        for one in objectives
    )


def objectives_in(version: Version) -> tuple[Objective, ...]:
    """The objectives as a version of the file says them, which has no mistake."""
    return meaning.stated(csv_files.objectives(version.body, file="objectives.csv")[0])


def with_decisions(decisions: Iterable[Decision], versions: Iterable[Version]) -> tuple[Decision, ...]:
    """The decisions, each with when it was first seen to be taken, and until when it was seen to wait.

    A version with mistakes proves what it says, and not that anything was not there.
    """
    read = [(one, *csv_files.decisions(one.body, file="decisions.csv")) for one in versions]
    taken = [
        _Telling(one, {row.id for row in rows if row.taken is not None}, is_whole=not mistakes)
        for one, rows, mistakes in read
    ]
    waiting = [_Telling(one, {row.id for row in rows if row.taken is None}) for one, rows, _ in read]
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


@dataclass(frozen=True)
class _Telling(Generic[Told]):
    """What a version tells. `is_whole`: what it does not tell was not in the file."""

    version: Version
    told: set[Told]
    is_whole: bool = True


def _place(row: csv_files.ObjectiveRow) -> tuple[str, str, str, str]:
    return row.increment, row.train, row.team, row.objective


def _seen(versions: Sequence[_Telling[Told]], wanted: Told) -> Seen | None:
    """When a version first said it, and until when we know that none did; None: no version that is kept says it."""
    first_at = min((one.version.first_seen_at for one in versions if wanted in one.told), default=None)
    if first_at is None:
        return None
    without = [
        one.version
        for one in versions
        if one.is_whole and wanted not in one.told and one.version.first_seen_at < first_at
    ]
    return Seen(first_at=first_at, missing_at=max((_until(one, first_at) for one in without), default=None))


def _last(versions: Iterable[_Telling[Told]], wanted: Told, *, before: Seen | None) -> datetime | None:
    """The last instant at which a version said it before it was seen otherwise."""
    if before is None:
        return None
    said = [one.version for one in versions if wanted in one.told and one.version.first_seen_at < before.first_at]
    return max((_until(one, before.first_at) for one in said), default=None)


def _until(version: Version, first_at: datetime) -> datetime:
    """A version that came back later is believed for the first time it was seen."""
    return version.seen_at if version.seen_at < first_at else version.first_seen_at
