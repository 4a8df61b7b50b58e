"""The law catches what it is there for: each bug is planted, and the law must object."""

from __future__ import annotations

import contextlib
import re
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors import transport
from connectors.azure_devops import streams
from connectors.base import Batch, Cursor, KnownItems, TrackerError
from connectors.sandbox.loopback import Response, page
from sync.engine import sync_source
from sync.store import RunRecord
from tests.faults.trackers import AZURE, CLOUD, DATA_CENTER, KINDS, TOKEN, Tracker, a_tracker, places_of, the_law_holds
from tests.sync.fakes import ignore_progress


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    """A tracker that was read and has lived on since; what there is to read comes in several pages."""
    with a_tracker(request.param, tmp_path, phase="incremental") as made:
        yield made


each = pytest.mark.parametrize("tracker", KINDS, indirect=True)


class Planted(ABC):
    """A connector with a bug; all that is not the bug is the real one's."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @abstractmethod
    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        """The real one's batches, with the bug in them."""


class Hasty(Planted):
    """Lets a cursor be committed with the rows before its own."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        waiting: Batch | None = None
        for batch in self._real.changes_since(cursor, known, full=full):
            if waiting is not None:
                yield replace(waiting, cursor=batch.cursor)
            waiting = batch
        if waiting is not None:
            yield waiting


class Gullible(Planted):
    """Takes an answer that is none for the end of the walk."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        with contextlib.suppress(TrackerError):
            yield from self._real.changes_since(cursor, known, full=full)


class Forgetful(Planted):
    """Keeps items without their changes."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        for batch in self._real.changes_since(cursor, known, full=full):
            yield replace(batch, changes=())


def sync_through(planted: type[Planted], tracker: Tracker) -> RunRecord:
    clock = tracker.clock
    with tracker.in_small_steps(), closing(tracker.connector()) as real:
        connector: Any = planted(real)
        return sync_source(
            connector,
            tracker.store,
            now=clock.now,
            monotonic=clock.monotonic,
            stop=lambda: False,
            progress=ignore_progress,
        )


def objects(tracker: Tracker, *, match: str, planted: type[Planted] | None = None) -> None:
    with pytest.raises(AssertionError, match=match):
        the_law_holds(tracker, run=None if planted is None else lambda: sync_through(planted, tracker))


def test_a_203_that_is_taken_for_data_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = transport.Transport._checked
    monkeypatch.setattr(
        transport.Transport, "_checked", lambda self, received: checked(self, replace(received, status=200))
    )
    with a_tracker(DATA_CENTER, tmp_path) as tracker:
        tracker.fails("middle page", alter=lambda _, healthy: replace(healthy, status=203), times=None)

        objects(tracker, match="ok: ")


def test_a_content_type_that_nobody_looks_at_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_JSON_TYPE", re.compile(""))
    with a_tracker(AZURE, tmp_path) as tracker:
        tracker.fails("links", alter=lambda _, healthy: replace(healthy, content_type="text/html"), times=None)

        objects(tracker, match="ok: ")


def test_a_redirect_that_is_followed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = transport.Transport._raise_for_redirect

    def follow(self: Any, status: int, location: str) -> Any:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(location)
        return refused(self, status, location)

    with a_tracker(CLOUD, tmp_path) as tracker:
        tracker.undisturbed()
        monkeypatch.setattr(transport.Transport, "_raise_for_redirect", follow)
        there = {"Location": f"{tracker.server.url}/moved/here"}
        tracker.fails("last page", response=Response(status=302, headers=there), times=None)

        objects(tracker, match="GET /moved/here")


# Jira Cloud's cursor moves with the last page alone, and its queue of ids bears this bug.
@pytest.mark.parametrize("kind", [DATA_CENTER, AZURE])
def test_a_cursor_that_is_committed_before_its_rows_is_noticed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAGES_AT_ONCE", 1)  # else one batch holds all that came
    with a_tracker(kind, tmp_path) as tracker:
        tracker.fails("last page", response=page("<html>Sign in</html>"), times=None)

        objects(tracker, match="lacking|does not stand with its rows", planted=Hasty)


@each
def test_a_walk_that_ends_at_an_answer_that_is_none_is_noticed(tracker: Tracker) -> None:
    tracker.fails("middle page", response=page("<html>Sign in</html>"), times=None)

    objects(tracker, match="ok: ", planted=Gullible)


@each
def test_items_without_their_changes_are_noticed(tracker: Tracker) -> None:
    tracker.fails("last page", response=page("<html>Sign in</html>"), times=None)

    objects(tracker, match="lacking", planted=Forgetful)


def test_a_token_in_a_log_line_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport.Transport, "_redacted", lambda _, text: text)
    with a_tracker(CLOUD, tmp_path) as tracker:
        words = f'{{"errorMessages": ["no such token: {TOKEN}"]}}'
        tracker.fails("preflight", response=Response(status=401, body=words.encode()), times=None)

        objects(tracker, match="a secret was told")


PLACES = [
    (kind, place) for kind in KINDS for place in places_of(kind) if (kind, place) != (CLOUD, "items")
]  # asked for by no incremental walk


@pytest.mark.parametrize(("kind", "place"), PLACES)
def test_a_connection_cut_anywhere_costs_no_change_however_long_ago_it_was_made(
    kind: str, place: str, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path, phase="incremental") as tracker:
        tracker.clock.pass_(hours=2)  # no overlap reaches back to what changed
        tracker.fails(place, times=None, alter=lambda _, whole: replace(whole, truncate_at=20, reset=True))

        def run() -> RunRecord:
            record = tracker.sync()
            tracker.clock.pass_(hours=3)
            return record

        the_law_holds(tracker, run=run, own_tokens=kind != AZURE)
