# ruff: noqa: E501 - rows of a table stay on one line
"""Every answer of the Azure DevOps sandbox keeps to Microsoft's specification."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import requests

from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import guid
from connectors.sandbox.company import make_company
from tests.connectors.sandbox.contract import proxy, violations

pytestmark = pytest.mark.needs_node
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
V = "api-version=7.1"
ALL = f"{V}&includeDeleted=true&$maxPageSize=100"
ITERATION = guid("iterations", 1001)
TEAM = "/tressande/Store%20Systems/Checkout/_apis/work"
WIT = "/tressande/Logistics/_apis/wit"

TRACKING: list[tuple[str, str, dict[str, object] | None]] = [
    ("GET", f"/tressande/_apis/wit/fields?{V}", None),
    ("GET", f"/tressande/_apis/wit/workitemrelationtypes?{V}", None),
    ("GET", f"{WIT}/workitemtypes?{V}", None),
    ("GET", f"{WIT}/workitemtypes/User%20Story/states?{V}", None),
    ("GET", f"{WIT}/workitemtypecategories?{V}", None),
    ("GET", f"{WIT}/classificationnodes?{V}&$depth=3", None),
    ("GET", f"{WIT}/recyclebin?{V}", None),
    ("GET", f"/tressande/_apis/wit/workitems?{V}&ids=20001,20002&$expand=relations", None),
    ("GET", f"/tressande/_apis/wit/workitems/20001?{V}&$expand=all", None),
    ("GET", f"/tressande/_apis/wit/workItems/20001/updates?{V}&$top=5", None),
    ("GET", f"/tressande/_apis/wit/workItems/20001/revisions?{V}", None),
    ("GET", f"/tressande/_apis/wit/reporting/workitemrevisions?{ALL}&includeIdentityRef=true", None),
    ("GET", f"{WIT}/reporting/workitemrevisions?{ALL}", None),
    ("POST", f"/tressande/_apis/wit/reporting/workitemrevisions?{V}", {"fields": ["System.State"], "includeDeleted": True}),
    ("GET", f"/tressande/_apis/wit/reporting/workitemlinks?{V}", None),
    ("POST", f"/tressande/_apis/wit/workitemsbatch?{V}", {"ids": [20001, 20002], "fields": ["System.Title"], "errorPolicy": "omit"}),
    ("POST", f"/tressande/_apis/wit/wiql?{V}&timePrecision=true&$top=50", {"query": "SELECT [System.Id] FROM WorkItems WHERE [System.Id] > 0"}),
]  # fmt: skip
WORK = [
    f"/tressande/Logistics/_apis/work/processconfiguration?{V}",
    f"/tressande/Logistics/_apis/work/iterations/{ITERATION}/iterationcapacities?{V}",
    f"{TEAM}/backlogconfiguration?{V}",
    f"{TEAM}/backlogs?{V}",
    f"{TEAM}/boards?{V}",
    f"{TEAM}/boards/Stories/columns?{V}",
    f"{TEAM}/teamsettings?{V}",
    f"{TEAM}/teamsettings/iterations?{V}",
    f"{TEAM}/teamsettings/teamfieldvalues?{V}",
    f"{TEAM}/teamsettings/iterations/{ITERATION}/capacities?{V}",
    f"{TEAM}/teamsettings/iterations/{ITERATION}/teamdaysoff?{V}",
]
CORE = [
    f"/tressande/_apis/projects?{V}&$top=100",
    f"/tressande/_apis/projects/Logistics?{V}",
    f"/tressande/_apis/projects/Logistics/teams?{V}",
    f"/tressande/_apis/teams?{V}",
    f"/tressande/_apis/process/processes?{V}",
]


@pytest.fixture(scope="module")
def server() -> Iterator[AzureDevOpsSandbox]:
    with AzureDevOpsSandbox(make_company(date(2026, 11, 23)).azure, now=lambda: NOW) as sandbox:
        sandbox.site.delete(sandbox.site.item(20_010), at=1_795_000_000_000)
        yield sandbox


@pytest.fixture(scope="module")
def tracking(server: AzureDevOpsSandbox) -> Iterator[str]:
    with proxy("ado-wit-7.1", server.url.removesuffix(server.prefix)) as address:
        yield address


@pytest.fixture(scope="module")
def work(server: AzureDevOpsSandbox) -> Iterator[str]:
    with proxy("ado-work-7.1", server.url.removesuffix(server.prefix)) as address:
        yield address


@pytest.fixture(scope="module")
def core(server: AzureDevOpsSandbox) -> Iterator[str]:
    with proxy("ado-core-7.1", server.url.removesuffix(server.prefix)) as address:
        yield address


@pytest.mark.parametrize(("method", "path", "body"), TRACKING, ids=lambda part: str(part)[:60])
def test_tracking_answers_keep_to_the_specification(
    server: AzureDevOpsSandbox, tracking: str, method: str, path: str, body: dict[str, object] | None
) -> None:
    response = requests.request(method, tracking + path, json=body, auth=("", server.token), timeout=60)

    assert response.status_code == 200
    assert violations(response) == []


@pytest.mark.parametrize("path", WORK)
def test_board_answers_of_azure_keep_to_the_specification(server: AzureDevOpsSandbox, work: str, path: str) -> None:
    response = requests.get(work + path, auth=("", server.token), timeout=60)

    assert response.status_code == 200
    assert violations(response) == []


@pytest.mark.parametrize("path", CORE)
def test_project_answers_keep_to_the_specification(server: AzureDevOpsSandbox, core: str, path: str) -> None:
    response = requests.get(core + path, auth=("", server.token), timeout=60)

    assert response.status_code == 200
    assert violations(response) == []
