"""Keep how the money of a period was attributed, the first time that it is told or synced after closing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from cli.reading import Told, read_all
from cli.workspace import Workspace
from config import meaning
from metrics.closing import Books, unkept


def books_of(told: Told) -> Books:
    """What the money of a portfolio rests on."""
    return Books(
        journeys=told.journeys,
        portfolio=told.portfolio,
        calendar=told.calendar,
        as_of=told.as_of,
        closed=told.closed,
    )


def keep_closed(workspace: Workspace, told: Told) -> Told:
    """Keep what has closed since the last time; what was told, with what is kept now.

    A period waits until every source was read whole after its end: what is kept then stays.
    """
    read_until = _read_until(told)
    closed = [
        one
        for one in books_of(told).closing(known_at=told.known_at)
        if read_until is not None and one.period.end <= read_until
    ]
    if not closed:
        return told
    workspace.store.keep_closed(closed)
    return replace(told, closed=(*told.closed, *closed))


def _read_until(told: Told) -> date | None:
    """The day on which the source that is furthest behind was last read whole; None: one never was."""
    complete = [one.complete_at for one in told.trust]
    known = [told.calendar.day(at) for at in complete if at is not None]
    return min(known) if known and len(known) == len(complete) else None


def close_after_sync(workspace: Workspace, *, now: datetime) -> None:
    """The same after a sync; the items are read only where a period has closed that is not kept."""
    settings = workspace.settings
    books = Books(
        journeys=(),
        portfolio=meaning.portfolio(settings),
        calendar=meaning.calendar(settings),
        as_of=now,
        closed=workspace.store.closed_spend(known_at=now),
    )
    if any(unkept(books, stream) for stream in books.portfolio.value_streams):
        told = read_all(workspace, now=now)
        if told.held:
            keep_closed(workspace, told)
