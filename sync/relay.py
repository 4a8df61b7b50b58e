"""One fetches, one writes, and one batch at a time is handed from the first to the second.

```
fetch  ── batch 1 ──┬── batch 2 ──┬── batch 3 ──┬── ...      a thread of its own
write               └── batch 1 ──┴── batch 2 ──┴── ...      the caller's thread
```

The next batch is asked for while the present one is written; the one after it is not, so that no more than two are in
memory. A question about what is held waits until everything handed over is written: its answer is as of all batches
yielded so far.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from connectors.base import Batch, KnownItems, Raw

LOOK_UP_SECONDS = 0.25  # how often one that waits asks whether the run goes on
PARTING_SECONDS = 5.0  # a fetcher that hangs in a request is then left behind; nothing that it still does is saved
T = TypeVar("T")


class Relay:
    """Batches of a connector, fetched ahead by one. Use it as a context: the fetcher ends with the block.

    `fetch` is called with a `KnownItems` and gives the batches; what it raises comes out where its next batch would
    have. `go_on` is asked while we wait for the fetcher, and may raise to end the waiting.
    """

    def __init__(
        self,
        fetch: Callable[[KnownItems], Iterator[Batch]],
        known: KnownItems,
        *,
        name: str,
        go_on: Callable[[], None],
        parting_seconds: float = PARTING_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._known = _Settled(known, self)
        self._go_on = go_on
        self._parting_seconds = parting_seconds
        self._changed = threading.Condition()
        self._handed: Batch | None = None  # fetched and not taken
        self._is_writing = True  # until the first batch is asked for
        self._is_over = False  # the fetcher has nothing more
        self._is_left = False  # nobody will take anything more
        self._trouble: BaseException | None = None
        self._fetcher = threading.Thread(target=self._run, name=f"fetch {name}", daemon=True)

    def __enter__(self) -> Self:
        self._fetcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_left = True
            self._handed = None
            self._changed.notify_all()
        self._fetcher.join(self._parting_seconds)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        """The next batch; the one before it counts as written. Raises what the fetcher raised, after all batches."""
        with self._changed:
            self._is_writing = False
            self._changed.notify_all()
            while self._handed is None and not self._is_over:
                if not self._changed.wait(LOOK_UP_SECONDS):
                    self._go_on()
            if self._handed is not None:
                batch, self._handed, self._is_writing = self._handed, None, True
                self._changed.notify_all()
                return batch
        if self._trouble is not None:
            raise self._trouble
        raise StopIteration

    # --- the fetcher's side

    def _run(self) -> None:
        try:
            self._hand_all_over()
        except _LeftError:
            return
        except BaseException as error:  # whatever it is, the one who writes has to know
            self._trouble = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _hand_all_over(self) -> None:
        batches = self._fetch(self._known)
        try:
            while (batch := next(batches, None)) is not None:
                self._hand_over(batch)
                del batch  # the writer has it alone while the next is made
        finally:
            if (close := getattr(batches, "close", None)) is not None:
                close()

    def _hand_over(self, batch: Batch) -> None:
        """Lay the batch down, and wait until it is taken."""
        with self._changed:
            self._handed = batch
            self._changed.notify_all()
            del batch
            self._changed.wait_for(lambda: self._is_left or self._handed is None)
            self._refuse_if_left()

    def when_settled(self, question: Callable[[], T]) -> T:
        """Ask as soon as all that was handed over is written; from the fetcher's thread alone."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_left or not self._is_writing)
            self._refuse_if_left()
        return question()

    def _refuse_if_left(self) -> None:
        if self._is_left:
            raise _LeftError


class _LeftError(BaseException):
    """The writer has gone. No connector catches it: there is nobody left to fetch for."""


class _Settled:
    """What is held, as of all batches yielded so far: a question waits until the last of them is written."""

    def __init__(self, known: KnownItems, relay: Relay) -> None:
        self._known = known
        self._relay = relay

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:
        return self._relay.when_settled(lambda: self._known.updated_at(external_ids))

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Each is looked up when it is asked for, after what was yielded before it is written."""
        chunks = self._known.pending_chunks()
        while (found := self._relay.when_settled(lambda: next(chunks, None))) is not None:
            yield found

    def newest_update(self) -> datetime | None:
        return self._relay.when_settled(self._known.newest_update)

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:
        return self._relay.when_settled(lambda: self._known.item_raws(external_ids))

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:
        return self._relay.when_settled(lambda: self._known.parents(external_ids))

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:
        return self._relay.when_settled(lambda: self._known.parentless(project_ids))

    def moved_out_of(self, project_id: str) -> Sequence[str]:
        return self._relay.when_settled(lambda: self._known.moved_out_of(project_id))
