"""A collection that answers by script, a real store, and the engine between them.

with house(tmp_path, revisions=[a_revision(7, 1)]) as at:
    run = at.sync()
    at.items["7"].item.status == "New"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.change import Change
from domain.work_item import HeldItem, ItemId
from sync.engine import reread_source, sync_source
from sync.store import RunRecord, Store, open_store
from sync.sweep import sweep_source
from tests.connectors.azure_devops.scripted_collection import NOW, Site, collection
from tests.connectors.scripted_server import Seen

PROJECTS = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "Motor"}]


@dataclass
class House:
    """The site and the store. Time stands still until it is moved."""

    site: Site
    store: Store
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)

    def sync(self, *, full: bool = False, **settings: Any) -> RunRecord:
        return self._through(lambda connector, told: sync_source(connector, self.store, full=full, **told), settings)

    def sweep(self, **settings: Any) -> RunRecord:
        return self._through(lambda connector, told: sweep_source(connector, self.store, **told), settings)

    def reread(self, **settings: Any) -> RunRecord:
        return self._through(lambda connector, told: reread_source(connector, self.store, **told), settings)

    @property
    def items(self) -> dict[str, HeldItem]:
        return {held.item.external_id: held for held in self.store.held_items()}

    @property
    def cursor(self) -> Any:
        state = self.store.state("claims")
        return state.cursor if state else None

    def changes(self, external_id: str, field: str) -> list[Change]:
        """The changes of one field, oldest first."""
        found = [each for each in self.store.changes_of(ItemId("claims", external_id)) if each.field == field]
        return sorted(found, key=lambda change: (change.occurred_at, change.sequence))

    def told(self, external_id: str, field: str) -> list[tuple[str, str | None, str | None]]:
        """The same as (day, from, to)."""
        return [
            (f"{change.occurred_at:%m-%d}", change.from_value, change.to_value)
            for change in self.changes(external_id, field)
        ]

    def rows(self) -> dict[str, Any]:
        """All that is held of items and changes, to compare two moments; addresses name the port and are left out."""
        return {
            one: ([(name, getattr(held.item, name)) for name in held.item.__dataclass_fields__ if name != "url"],
                  held.history, held.removed_reason, list(self.store.changes_of(ItemId("claims", one))))
            for one, held in self.items.items()
        }  # fmt: skip

    def asked(self, path_end: str) -> list[Seen]:
        return self.site.server.asked(path_end)

    def _through(self, work: Callable[[Any, dict[str, Any]], RunRecord], settings: dict[str, Any]) -> RunRecord:
        connector = self.site.connector(**settings)
        told = {"now": self.now, "monotonic": lambda: 0.0, "stop": lambda: False, "progress": lambda _: None}
        try:
            return work(connector, told)
        finally:
            connector.close()


@contextmanager
def house(folder: Path, **parts: Any) -> Iterator[House]:
    with collection(**parts) as site, open_store(f"sqlite:///{folder / 'vmo.db'}", now=lambda: NOW) as store:
        found = House(site, store)
        site.now = found.now
        yield found


def updates_of(revisions: list[dict[str, Any]]) -> list[Any]:
    """What `workItems/{id}/updates` says of these revisions: differences under dates that fall, and a link made from
    the other end that repeats the last number; the last one is of the year 9999 (Microsoft's own example)."""
    updates: list[Any] = []
    before: dict[str, Any] = {}
    for number, revision in enumerate(revisions, 1):
        now = revision["fields"]
        told = {name: {"oldValue": before.get(name), "newValue": now.get(name)} for name in before | now
                if before.get(name) != now.get(name)}  # fmt: skip
        updates.append({"id": number, "workItemId": revision["id"], "rev": revision["rev"],
                        "revisedDate": f"2026-02-{max(1, 28 - number):02d}T00:00:00Z", "fields": told})  # fmt: skip
        before = now
    last = revisions[-1]
    updates.append({"id": len(updates) + 1, "workItemId": last["id"], "rev": last["rev"],
                    "revisedDate": "9999-01-01T00:00:00Z", "relations": {"added": []}})  # fmt: skip
    return updates
