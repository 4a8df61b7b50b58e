"""Three small trackers at three moments: as they are first read, after some changes, and with an item gone.

Each has its own server for each moment, so that a run may be repeated at any of them. Time stands still at each moment:
runs that end in the same state hold the same rows to the last bit.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import AzureSite
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import JiraSite
from connectors.sandbox.loopback import LoopbackServer
from tests.connectors.azure_devops.test_azure_sandbox import a_site as an_azure_site
from tests.connectors.azure_devops.test_azure_sandbox import a_story
from tests.connectors.jira.jira_house import MONDAY, TOKEN, USER, a_site, an_issue, millis

FIRST, LATER, CENSUS = "first", "later", "census"
MOMENTS: dict[str, datetime] = {
    FIRST: MONDAY + timedelta(days=1),
    LATER: MONDAY + timedelta(days=2),
    CENSUS: MONDAY + timedelta(days=3),
}
SOURCES = ("cloud", "data_center", "azure")
ALL = "all"
FEW = 4  # items on a page, so that a small tracker fills several batches
ITEMS = 10

Told = dict[str, Any]


@dataclass
class Trackers:
    """The servers by moment and source, and the settings with which a child connects to them."""

    servers: Mapping[tuple[str, str], LoopbackServer]

    def settings(self, moment: str, source: str) -> list[Told]:
        """Keyword arguments of SourceSettings, of one source or of all."""
        return [self._settings(moment, each) for each in (SOURCES if source == ALL else (source,))]

    def requests(self) -> dict[str, list[str]]:
        """Every request so far by source, as "GET /rest/api/3/myself"; prefixes of servers left out."""
        told: dict[str, list[str]] = {source: [] for source in SOURCES}
        for (_, source), server in self.servers.items():
            with server.lock:
                told[source] += [f"{one.method} {one.path.removeprefix(server.prefix)}" for one in server.requests]
        return told

    def _settings(self, moment: str, source: str) -> Told:
        told: Told = {"name": source, "url": self.servers[moment, source].url, "token": TOKEN, "allow_insecure": True}
        if source == "azure":
            return told | {"kind": "azure_devops", "projects": ["Claims", "Policy Core"]}
        told |= {"kind": "jira", "jql": "project in (CLM, DST)"}
        return told | {"user": USER} if source == "cloud" else told


@contextlib.contextmanager
def listening() -> Iterator[Trackers]:
    """All servers over loopback."""
    servers: dict[tuple[str, str], LoopbackServer] = {}
    jira, azure = _jira(), _azure()
    for moment, at in MOMENTS.items():
        if moment == LATER:
            _change_jira(jira, MOMENTS[FIRST] + timedelta(hours=3))
            _change_azure(azure, MOMENTS[FIRST] + timedelta(hours=3))
        if moment == CENSUS:
            jira.delete(next(issue for issue in jira.issues.values() if issue.summary == "Story 7"))
            azure.destroy(next(item for item in azure.items.values() if item.fields["System.Title"] == "Story 7"))
        for source, server in _servers(copy.deepcopy(jira), copy.deepcopy(azure), at).items():
            servers[moment, source] = server
    with contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(server)
        yield Trackers(servers)


def _servers(jira: JiraSite, azure: AzureSite, at: datetime) -> dict[str, LoopbackServer]:
    def now() -> datetime:
        return at

    cloud = JiraCloudSandbox(jira, now=now, user=USER, token=TOKEN)
    cloud.key_page = cloud.search_page = cloud.bulk_limit = FEW
    data_center = JiraDataCenterSandbox(jira, now=now, token=TOKEN)
    data_center.page_limit = FEW
    devops = AzureDevOpsSandbox(azure, now=now, token=TOKEN)
    devops.revision_page = devops.link_page = 2 * FEW
    return {"cloud": cloud, "data_center": data_center, "azure": devops}


def _jira() -> JiraSite:
    site = a_site()
    epic = an_issue(site, type="Epic", summary="Epic")
    for number in range(ITEMS):
        at = MONDAY + timedelta(minutes=number + 1)
        story = an_issue(site, at=at, summary=f"Story {number}", project="CLM" if number % 3 else "DST", parent=epic)
        site.transition(story, "Doing", millis(at + timedelta(hours=1)))
        if number % 2:
            site.transition(story, "Done", millis(at + timedelta(hours=2)))
    return site


def _change_jira(site: JiraSite, at: datetime) -> None:
    stories = [issue for issue in site.issues.values() if issue.summary.startswith("Story")]
    for story in stories[:5]:
        site.transition(story, "Cancelled", millis(at))
    site.reparent(stories[6], None, millis(at))
    site.move(stories[8], "CLM" if stories[8].key.startswith("DST") else "DST", millis(at))
    an_issue(site, at=at, summary="Story of the second day")


def _azure() -> AzureSite:
    site = an_azure_site()
    begun = _millis(MONDAY)
    epic = a_story(site, "Epic", type="Epic", at=begun)
    for number in range(ITEMS):
        at = begun + (number + 1) * 60_000
        project = "Claims" if number % 3 else "Policy Core"
        story = a_story(site, f"Story {number}", at=at, parent=epic, project=project, area=f"{project}\\Motor")
        site.move_state(story, "Active", at + 3_600_000)
        if number % 2:
            site.move_state(story, "Closed", at + 7_200_000)
    site.order_streams()
    return site


def _change_azure(site: AzureSite, moment: datetime) -> None:
    at = _millis(moment)
    stories = [item for item in site.items.values() if str(item.fields["System.Title"]).startswith("Story")]
    for story in stories[:5]:
        site.move_state(story, "Removed", at)
    site.reparent(stories[6], None, at)
    site.delete(stories[8], at)
    a_story(site, "Story of the second day", at=at)
    site.order_streams()


def _millis(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
