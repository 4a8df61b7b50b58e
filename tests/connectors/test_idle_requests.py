"""What a run costs when nothing has changed: every request that leaves, through the engine, named one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors import connect
from connectors.base import SourceSettings
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.given import site_from_issues
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.loopback import LoopbackServer, paths
from sync.engine import sync_source
from sync.store import RunRecord, Store, open_store
from tests.connectors.azure_devops.test_azure_home import a_busy_site

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
AZURE_IDLE = [
    "OPTIONS /fabrikam/_apis",
    "GET /fabrikam/_apis/ResourceAreas",
    "GET /fabrikam/_apis/projects",
    "GET /fabrikam/_apis/ConnectionData",
    "POST /fabrikam/_apis/wit/reporting/workItemRevisions",
    "GET /fabrikam/_apis/wit/reporting/workItemLinks",
]
JIRA_CLOUD_IDLE = [
    "GET /rest/api/2/serverInfo",
    "GET /rest/api/3/myself",
    "GET /rest/api/3/project/search",
    "GET /rest/api/3/field",
    "GET /rest/api/3/status",
    "POST /rest/api/3/search/jql",
]
JIRA_DATA_CENTER_IDLE = [
    "GET /rest/api/2/serverInfo",
    "GET /rest/api/2/myself",
    "GET /rest/api/2/project",
    "GET /rest/api/2/field",
    "GET /rest/api/2/status",
    "GET /rest/api/2/search",
]


def now() -> datetime:
    return NOW


def a_jira_site() -> Any:
    fields = {
        "summary": "Photo of the damage",
        "status": {"id": "1", "name": "To Do"},
        "created": "2026-03-01T09:00:00.000+0000",
    }
    return site_from_issues([{"id": str(10_000 + n), "key": f"CLM-{n}", "fields": fields} for n in range(1, 4)])


@contextmanager
def a_store(folder: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{folder}/vmo.db", now=now) as store:
        yield store


def a_run(server: LoopbackServer, store: Store, **settings: Any) -> tuple[RunRecord, list[str]]:
    """One sync through the engine, and what it asked."""
    before = len(server.requests)
    source = SourceSettings(name="claims", url=server.url, allow_insecure=True, **settings)
    client = connect(source, now=now, monotonic=lambda: 0.0, sleep=lambda _: None, random=lambda: 0.5)
    try:
        run = sync_source(
            client, store, now=now, monotonic=lambda: 0.0, stop=lambda: False, progress=lambda _: None
        )  # fmt: skip
    finally:
        client.close()
    return run, paths(server.requests[before:])


def test_an_idle_run_of_azure_devops_is_two_requests_beyond_the_constants(tmp_path: Path) -> None:
    with AzureDevOpsSandbox(a_busy_site(), now=now, token="secret") as server, a_store(tmp_path) as store:
        told: dict[str, Any] = {"kind": "azure_devops", "token": "secret"}
        first, _ = a_run(server, store, **told)

        idle, asked = a_run(server, store, **told)

        assert len(list(store.held_items())) == 6
    assert (first.outcome, idle.outcome, idle.changes) == ("ok", "ok", 0)
    assert asked == AZURE_IDLE


def test_an_idle_run_of_azure_devops_asks_for_the_list_of_fields_only_while_rules_name_some(tmp_path: Path) -> None:
    with AzureDevOpsSandbox(a_busy_site(), now=now, token="secret") as server, a_store(tmp_path) as store:
        told: dict[str, Any] = {"kind": "azure_devops", "token": "secret", "value_fields": {"job_size": "Effort"}}
        ruled = told | {"text_fields": ("Tags",)}
        runs = [a_run(server, store, **given)[1] for given in (told, told, ruled, ruled)]

    assert runs[1] == AZURE_IDLE
    assert runs[3] == [*AZURE_IDLE[:4], "GET /fabrikam/_apis/wit/fields", *AZURE_IDLE[4:]]


def test_an_idle_run_of_jira_cloud_is_one_search_beyond_the_constants(tmp_path: Path) -> None:
    with JiraCloudSandbox(a_jira_site(), now=now, user="u", token="secret") as server, a_store(tmp_path) as store:
        told: dict[str, Any] = {"kind": "jira", "user": "u", "token": "secret"}
        first, _ = a_run(server, store, **told)

        idle, asked = a_run(server, store, **told)

        assert len(list(store.held_items())) == 3
    assert (first.outcome, idle.outcome, idle.changes) == ("ok", "ok", 0)
    assert asked == JIRA_CLOUD_IDLE


def test_an_idle_run_of_jira_data_center_is_one_search_beyond_the_constants(tmp_path: Path) -> None:
    with JiraDataCenterSandbox(a_jira_site(), now=now, token="secret") as server, a_store(tmp_path) as store:
        told: dict[str, Any] = {"kind": "jira", "token": "secret"}
        first, _ = a_run(server, store, **told)

        idle, asked = a_run(server, store, **told)

        assert len(list(store.held_items())) == 3
    assert (first.outcome, idle.outcome, idle.changes) == ("ok", "ok", 0)
    assert asked == JIRA_DATA_CENTER_IDLE
