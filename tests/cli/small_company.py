"""A company small enough to be synced in a second: a few epics of the sample company, with everything under them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_writer import write_azure
from connectors.sandbox.company import Company, make_company
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_writer import write_jira
from connectors.sandbox.work import Work

EPICS = 3  # of each tracker
JIRA_TOKEN = "canary-jira-4f1c99d2e7"
ADO_TOKEN = "canary-ado-8b03aa61c5"
SECRETS = {"JT": JIRA_TOKEN, "AT": ADO_TOKEN}
SETTINGS = """\
portfolio: {{name: Small, timezone: Europe/Paris, currency: EUR, locales: [en, fr]}}
sources:
  shop:
    kind: jira
    url: {jira}
    user: {user}
    token: env:JT
    allow_insecure: true
    levels: {{epic: [Initiative], feature: [Epic], story: [Story, Task, Bug]}}
    states: {{waiting: [Ready for review, Waiting for customer]}}
    kinds: [{{when: {{type: Bug}}, kind: defect}}, {{kind: feature}}]
  stores:
    kind: azure_devops
    url: {ado}
    token: env:AT
    allow_insecure: true
    levels: {{epic: [Epic], feature: [Feature], story: [User Story, Bug]}}
themes:
  first: {{name: First theme, match: [{{under: {epic}}}]}}
  second: {{name: Second theme, match: [{{source: stores}}]}}
"""


@dataclass
class Wall:
    """The clock on the wall of trackers and program alike; it can be set forward."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Trackers:
    """Both trackers, listening. `epic` is the key of a Jira initiative with work under it."""

    jira: JiraCloudSandbox
    azure: AzureDevOpsSandbox
    epic: str
    wall: Wall = field(default_factory=Wall)

    def settings(self, more: str = "") -> str:
        """A vmo.yaml for both."""
        return SETTINGS.format(jira=self.jira.url, ado=self.azure.url, user=self.jira.user, epic=self.epic) + more

    def well_again(self) -> None:
        """Forget every fault."""
        for sandbox in (self.jira, self.azure):
            sandbox.faults.clear()
            sandbox.intercept = None
        self.wall.ahead = timedelta()


@contextmanager
def small_trackers(company: Company | None = None) -> Iterator[Trackers]:
    """Both trackers over loopback HTTP, with work of the sample company."""
    company = company or make_company(datetime.now(UTC).date() - timedelta(days=1))
    wall = Wall()
    works = _few(company, "jira")
    jira = write_jira(works, time=company.time)
    azure = write_azure(_few(company, "azure_devops"), time=company.time)
    with (
        JiraCloudSandbox(jira, now=wall.now, token=JIRA_TOKEN) as jira_server,
        AzureDevOpsSandbox(azure, now=wall.now, token=ADO_TOKEN) as azure_server,
    ):
        epic = next(work.key for work in works if work.level == "epic")
        yield Trackers(jira=jira_server, azure=azure_server, epic=epic, wall=wall)


def a_folder(place: Path, trackers: Trackers, more: str = "") -> Path:
    """A folder with a vmo.yaml in it."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "vmo.yaml").write_text(trackers.settings(more), encoding="utf-8")
    return place


def yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


def _few(company: Company, tracker: str) -> list[Work]:
    """The first epics of a tracker, and what is under them; in the order in which they were created."""
    epics = [work for work in company.works if work.level == "epic" and work.team.tracker == tracker][-EPICS - 12 :: 5]
    kept = [work for work in company.works if work.team.tracker == tracker and any(_top(work) is one for one in epics)]
    known = {id(work) for work in kept}
    for work in kept:  # what happened with work that was left out did not happen
        work.events = [one for one in work.events if not isinstance(one.value, Work) or id(one.value) in known]
    return kept


def _top(work: Work) -> Work:
    while work.parent is not None:
        work = work.parent
    return work
