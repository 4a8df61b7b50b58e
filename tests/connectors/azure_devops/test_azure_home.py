"""From the sandbox into a real store through the engine, and back out; stopped anywhere, it goes on to the same end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.azure_devops.client import connect
from connectors.base import SourceSettings
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import SUCCESSOR, AzureSite, Person
from connectors.sandbox.loopback import Fault, answer
from domain.work_item import HeldItem, ItemId
from sync.engine import reread_source, sync_source
from sync.store import RunRecord, Store, open_store
from sync.sweep import sweep_source
from tests.connectors.azure_devops.scripted_collection import NOW
from tests.connectors.azure_devops.test_azure_sandbox import a_project, a_story, at


def a_busy_site() -> AzureSite:
    site = AzureSite(organisation="fabrikam", owner=Person("Reporting"))
    site.projects = {name: a_project(name) for name in ("Claims", "Policy Core")}
    epic = a_story(site, "Settle in days", type="Epic", values={"Microsoft.VSTS.Scheduling.Effort": 13.5})
    other = a_story(site, "Another epic", type="Epic")
    stories = [a_story(site, f"Story {number}", parent=epic) for number in range(4)]
    for number, story in enumerate(stories):
        site.move_state(story, "Active", at(f"2026-03-{5 + number:02d}"))
    site.move_state(stories[0], "Closed", at("2026-03-20"))
    site.reparent(stories[1], other, at("2026-03-21"))
    site.move(stories[2], "Policy Core", at("2026-03-22"))
    site.delete(stories[3], at("2026-03-23"))
    site.link(stories[0], stories[1], SUCCESSOR, at("2026-03-24"))
    site.order_streams()
    return site


@contextmanager
def served(site: AzureSite) -> Iterator[AzureDevOpsSandbox]:
    with AzureDevOpsSandbox(site, now=lambda: NOW, token="sandbox-secret") as server:
        server.revision_page = 4
        server.link_page = 2
        yield server


def through(work: Callable[..., RunRecord], server: AzureDevOpsSandbox, store: Store, **changed: Any) -> RunRecord:
    parts: dict[str, Any] = {"token": "sandbox-secret", "projects": ("Claims",)}
    for name in [name for name in changed if name not in ("full", "now")]:
        parts[name] = changed.pop(name)
    settings = SourceSettings(name="claims", kind="azure_devops", url=server.url, allow_insecure=True, **parts)
    told = {"now": now, "monotonic": lambda: 0.0, "stop": lambda: False, "progress": lambda _: None} | changed
    client = connect(settings, now=now, monotonic=lambda: 0.0, sleep=lambda _: None, random=lambda: 0.5)
    try:
        return work(client, store, **told)
    finally:
        client.close()


def now() -> datetime:
    return NOW


def held(store: Store) -> dict[str, HeldItem]:
    return {item.item.external_id: item for item in store.held_items()}


def changes(store: Store) -> dict[str, list[Any]]:
    return {one: list(store.changes_of(ItemId("claims", one))) for one in held(store)}


def test_a_portfolio_comes_home_into_a_real_store(tmp_path: Path) -> None:
    site = a_busy_site()
    with served(site) as server, open_store(f"sqlite:///{tmp_path}/vmo.db", now=now) as store:
        run = through(sync_source, server, store)
        found = {item.item.title: item for item in held(store).values()}

    assert run.outcome == "ok"
    epic, other = found["Settle in days"].item, found["Another epic"].item
    assert found["Story 0"].item.parent_id == epic.external_id
    assert found["Story 1"].item.parent_id == other.external_id
    assert [link.kind for link in found["Story 1"].item.links] == ["blocked_by"]
    assert found["Story 2"].removed_reason == "out_of_scope"
    assert found["Story 3"].removed_reason == "recycled"
    assert str(epic.values["job_size"]) == "13.5"


def test_a_second_run_changes_nothing_and_costs_two_requests_beyond_the_look(tmp_path: Path) -> None:
    with served(a_busy_site()) as server, open_store(f"sqlite:///{tmp_path}/vmo.db", now=now) as store:
        through(sync_source, server, store)
        items, told = held(store), changes(store)
        asked = len(server.requests)

        run = through(sync_source, server, store)

        streams = [seen.path for seen in server.requests[asked:] if "/reporting/" in seen.path]
        assert len(streams) == 2
        assert run.outcome == "ok"
        assert (held(store), changes(store)) == (items, told)


def test_a_full_run_onto_a_filled_store_changes_nothing(tmp_path: Path) -> None:
    with served(a_busy_site()) as server, open_store(f"sqlite:///{tmp_path}/vmo.db", now=now) as store:
        through(sync_source, server, store)
        items, told = held(store), changes(store)

        run = through(sync_source, server, store, full=True)

        assert run.outcome == "ok"
        assert (held(store), changes(store)) == (items, told)


def test_whatever_request_fails_the_next_run_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    with served(a_busy_site()) as server:
        with open_store(f"sqlite:///{tmp_path}/whole.db", now=now) as store:
            through(sync_source, server, store)
            items, told = held(store), changes(store)
        requests = len(server.requests)

        for place in range(requests):
            fault = Fault(skip=place, times=1, response=answer({"message": "TF400898"}, status=403))
            server.faults = [fault]
            with open_store(f"sqlite:///{tmp_path}/{place}.db", now=now) as store:
                through(sync_source, server, store)
                server.faults = []
                assert through(sync_source, server, store).outcome == "ok"
                assert (held(store), changes(store)) == (items, told), f"stopped at request {place}"


def test_reading_again_with_another_mapping_needs_no_request(tmp_path: Path) -> None:
    with served(a_busy_site()) as server, open_store(f"sqlite:///{tmp_path}/vmo.db", now=now) as store:
        through(sync_source, server, store, value_fields={"cost_estimate": "Effort"})
        told = changes(store)
        asked = len(server.requests)

        given = {"value_fields": {"cost_estimate": "Effort"}, "value_scales": {"cost_estimate": 2}}
        run = through(reread_source, server, store, **given)

        assert run.outcome == "ok"
        assert len(server.requests) == asked
        epic = next(item.item for item in held(store).values() if item.item.title == "Settle in days")
        assert str(epic.values["cost_estimate"]) == "27.0"
        assert changes(store) == told


def test_an_item_that_lives_on_elsewhere_left_when_it_left(tmp_path: Path) -> None:
    site = a_busy_site()
    moved = next(item for item in site.items.values() if item.fields["System.Title"] == "Story 2")
    with served(site) as server, open_store(f"sqlite:///{tmp_path}/vmo.db", now=now) as store:
        through(sync_source, server, store)
        left_at = held(store)[str(moved.id)].removed_at
        site.move_state(moved, "Closed", at("2026-04-02"))

        through(sync_source, server, store, now=lambda: NOW + timedelta(days=1))

        assert held(store)[str(moved.id)].removed_at == left_at
        told = [
            change.to_value for change in store.changes_of(ItemId("claims", str(moved.id))) if change.field == "status"
        ]
    assert told == ["New", "Active", "Active", "Closed"]


def test_what_was_destroyed_is_missed_by_the_sweep(tmp_path: Path) -> None:
    site = a_busy_site()
    with served(site) as server, open_store(f"sqlite:///{tmp_path}/vmo.db", now=now) as store:
        through(sync_source, server, store)
        gone = next(item for item in site.items.values() if item.fields["System.Title"] == "Story 0")
        site.destroy(gone)

        run = through(sweep_source, server, store)

        assert run.outcome == "ok"
        assert held(store)[str(gone.id)].missing_since is not None
        assert held(store)[str(gone.id)].removed_at is None
