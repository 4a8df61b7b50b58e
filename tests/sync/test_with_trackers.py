"""The engine with the real connectors, each against its sandbox over loopback HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors import connect
from connectors.base import Connector, SourceSettings
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.company import make_company
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from sync.engine import reread_source, sync_all
from sync.store import RunRecord, Store, open_store
from sync.sweep import sweep_source
from tests.sync.conftest import new_postgresql_database, sqlite_url
from tests.sync.fakes import dump, ignore_progress

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 20)
BOOKKEEPING = ("instance", "runs", "source_states")


def now() -> datetime:
    return datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)


@dataclass
class Trackers:
    """Two sources of one company."""

    settings: tuple[SourceSettings, ...]

    def connectors(self) -> list[Connector]:
        return [
            connect(each, now=now, monotonic=time.monotonic, sleep=time.sleep, random=random.random)
            for each in self.settings
        ]


@pytest.fixture(scope="module")
def trackers() -> Iterator[Trackers]:
    company = make_company(TODAY)
    with JiraCloudSandbox(company.jira, now=now) as jira, AzureDevOpsSandbox(company.azure, now=now) as azure:
        told: dict[str, Any] = {"allow_insecure": True}
        yield Trackers(
            (
                SourceSettings(name="claims", kind="jira", url=jira.url, user=jira.user, token=jira.token, **told),
                SourceSettings(name="policy", kind="azure_devops", url=azure.url, token=azure.token, **told),
            )
        )


@pytest.fixture(scope="module")
def store(trackers: Trackers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Both sources, synced once."""
    with open_store(sqlite_url(tmp_path_factory.mktemp("trackers")), now=now) as opened:
        assert [record.outcome for record in sync_both(trackers, opened)] == ["ok", "ok"]
        yield opened


def sync_both(trackers: Trackers, store: Store, *, full: bool = False) -> list[RunRecord]:
    return sync_all(trackers.connectors(), store, full=("claims", "policy") if full else (), **told())


def told() -> dict[str, Any]:
    return {"now": now, "monotonic": time.monotonic, "stop": lambda: False, "progress": ignore_progress}


def test_both_trackers_come_home_with_whole_histories(store: Store) -> None:
    trust = {name: store.trust(name) for name in ("claims", "policy")}

    assert all(each.held > 1_000 and each.history_gaps == 0 and each.quarantined == 0 for each in trust.values())
    assert [each.kind for each in trust.values()] == ["Jira", "Azure DevOps"]
    assert any(held.item.parent_id for held in store.held_items(source="policy"))


@pytest.mark.parametrize("full", [False, True], ids=["what changed", "everything"])
def test_another_sync_of_unchanged_trackers_changes_no_row(trackers: Trackers, store: Store, full: bool) -> None:
    before = dump(store, without=BOOKKEEPING)

    records = sync_both(trackers, store, full=full)

    assert [(record.outcome, record.changes) for record in records] == [("ok", 0), ("ok", 0)]
    assert dump(store, without=BOOKKEEPING) == before


def test_a_census_names_exactly_what_we_hold(trackers: Trackers, store: Store) -> None:
    records = [sweep_source(connector, store, **told()) for connector in trackers.connectors()]

    assert [(record.outcome, record.missing, record.unheld) for record in records] == [("ok", 0, 0), ("ok", 0, 0)]


def test_reading_everything_again_gives_the_same_rows_without_a_request(trackers: Trackers, store: Store) -> None:
    before = dump(store, without=BOOKKEEPING)
    connectors = trackers.connectors()
    asked = [connector.requests_made() for connector in connectors]

    records = [reread_source(connector, store, **told()) for connector in connectors]

    assert [(record.outcome, record.unreadable) for record in records] == [("ok", 0), ("ok", 0)]
    assert [connector.requests_made() for connector in connectors] == asked
    assert dump(store, without=BOOKKEEPING) == before


def test_both_databases_hold_the_same_of_real_trackers(
    trackers: Trackers, store: Store, postgresql_server: str
) -> None:
    url = new_postgresql_database(postgresql_server)

    with open_store(url, now=now) as other:
        sync_both(trackers, other)
        theirs = dump(other, without=(*BOOKKEEPING, "queue_chunks"))

    assert theirs == dump(store, without=(*BOOKKEEPING, "queue_chunks"))
