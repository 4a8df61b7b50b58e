"""A Jira of a test's own making with a real store beside it: whole syncs, and what they leave behind.

with a_desk(a_data_center(site, clock), folder) as desk:
    record = desk.sync()
    desk.item("CLM-1").status, desk.cursor["phase"], desk.asked("/search")
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.base import Json, Sprint
from connectors.sandbox.jira_cloud import JiraSandbox
from connectors.sandbox.jira_site import JiraSite
from connectors.sandbox.loopback import RecordedRequest
from domain.work_item import HeldItem, HistoryState, ItemId, WorkItem
from sync.engine import sync_source
from sync.store import RunRecord, Store, open_store
from sync.sweep import sweep_source
from tests.connectors.jira.jira_house import Clock, House
from tests.sync.fakes import ignore_progress

SOURCE = "claims"


@dataclass
class Desk:
    """One Jira, one store, and the clock of both."""

    house: House
    store: Store
    given: dict[str, Any] = field(default_factory=dict)  # settings that a test wants otherwise

    @property
    def site(self) -> JiraSite:
        return self.house.site

    @property
    def server(self) -> JiraSandbox:
        return self.house.server

    @property
    def clock(self) -> Clock:
        return self.house.clock

    def sync(self, *, full: bool = False, **settings: Any) -> RunRecord:
        """One whole run with a new connector; the request log begins anew with it."""
        self.server.requests.clear()
        with contextlib.closing(self.house.connector(**self.given | settings)) as connector:
            return sync_source(connector, self.store, full=full, **self._told())

    def sweep(self) -> RunRecord:
        self.server.requests.clear()
        with contextlib.closing(self.house.connector(**self.given)) as connector:
            return sweep_source(connector, self.store, **self._told())

    def held(self) -> dict[str, HeldItem]:
        """What is held and not removed, by key."""
        return {held.item.key: held for held in self.store.held_items() if held.removed_at is None}

    def item(self, key: str) -> WorkItem:
        return self.held()[key].item

    def history(self, key: str) -> HistoryState:
        return self.held()[key].history

    def moves(self, key: str, *, of: str = "status") -> list[tuple[str | None, str | None]]:
        """From and to of every change of one field, oldest first."""
        found = self.store.changes_of(ItemId(SOURCE, self.item(key).external_id))
        return [(change.from_value, change.to_value) for change in found if change.field == of]

    def sprints(self) -> list[Sprint]:
        return self.store.sprints().get(SOURCE, [])

    @property
    def cursor(self) -> Mapping[str, Json]:
        state = self.store.state(SOURCE)
        assert state is not None
        return state.cursor or {}

    def asked(self, path_end: str) -> Sequence[RecordedRequest]:
        """What the latest run asked at a path."""
        return self.house.asked(path_end)

    def searches(self) -> Sequence[RecordedRequest]:
        """The searches for issues of the latest run."""
        paths = ("/rest/api/2/search", "/rest/api/3/search/jql")
        return [request for request in self.server.requests if request.path.endswith(paths)]

    def _told(self) -> dict[str, Any]:
        clock = self.clock
        return {"now": clock.now, "monotonic": clock.monotonic, "stop": lambda: False, "progress": ignore_progress}


@contextlib.contextmanager
def a_desk(house: House, folder: Path, **settings: Any) -> Iterator[Desk]:
    """Start the server and open a store; `settings` are those of every sync."""
    with (
        house.server,
        open_store(f"sqlite:///{folder / 'held' / 'vmo.db'}", now=house.clock.now, sleep=house.clock.sleep) as store,
    ):
        yield Desk(house, store, settings)
