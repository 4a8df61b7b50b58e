"""How many requests does a sync make, and how many must it make at least?

    python -m benchmarks.floor                     # 1,000 items with 20 histories each
    python -m benchmarks.floor --items 20000       # the size at which 5 % above the floor are a limit worth the name

Each row is a real sync through the engine into a store of its own, against a sandbox over loopback. The floor is
reckoned from the page sizes of the services alone (Jira Cloud: 5,000 ids, 1,000 or 100 issues, 100 issues in a search,
10,000 histories; Data Center: the page its administrators allow; Azure DevOps: the page of its streams). Constants
(who are we, projects, fields, statuses, boards, the package's own look at its server) are counted apart and listed.
A run may make 5 % more than its floor, or one request more where that is less than one; else the benchmark ends with 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from connectors import connect
from connectors.base import SourceSettings
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import AzureProject, AzureSite, Node, State, Team, WorkItemType
from connectors.sandbox.azure_site import Person as AzurePerson
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import (
    CUSTOM_FIELDS,
    SYSTEM_FIELDS,
    IssueType,
    JiraSite,
    Named,
    Person,
    Project,
    Status,
)
from connectors.sandbox.loopback import Fault, LoopbackServer, RecordedRequest, Response, answer
from sync.engine import sync_source
from sync.store import RunRecord, Store, open_store

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
HISTORIES = 20
ALLOWED = 0.05  # above the floor
IDS, SEARCH, HISTORIES_A_PAGE, LINKS = 5_000, 100, 10_000, 1_000
# What reads items, histories, revisions and links. Everything else is a constant of the run, or of the day.
_WALKING = re.compile(
    r"/rest/api/2/search$|/search/jql$|/issue/bulkfetch$|/changelog/bulkfetch$|/issue/\d+(/changelog)?$"
    r"|/reporting/workitem(revisions|links)$|/wit/wiql$|/wit/workitemsbatch$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One run, and the least number of requests that it needs beyond the constants."""

    name: str
    made: int
    floor: int
    constants: Counter[str]

    @property
    def above(self) -> float:
        """By what part of the floor it was passed."""
        return self.made / self.floor - 1

    @property
    def is_within(self) -> bool:
        """Within 5 % of the floor."""
        return self.made <= self.floor * (1 + ALLOWED)

    @property
    def is_near(self) -> bool:
        """Within 5 % of the floor, or one request where 5 % are less than one."""
        return self.is_within or (self.floor * ALLOWED < 1 and self.made == self.floor + 1)


class Subject:
    """A tracker with its store; its clock goes on between the runs."""

    def __init__(self, name: str, server: LoopbackServer, store: Store, clock: Clock, **settings: Any) -> None:
        self.name = name
        self.server = server
        self.store = store
        self.clock = clock
        self._settings = settings

    def run(self, name: str, floor: int, *, census: bool = False) -> Phase:
        before = len(self.server.requests)
        source = SourceSettings(
            name="floor", url=self.server.url, token="secret", allow_insecure=True, **self._settings
        )  # fmt: skip
        told: dict[str, Any] = {"now": self.clock.now, "monotonic": self.clock.monotonic}
        client = connect(source, sleep=self.clock.sleep, random=lambda: 0.5, **told)
        try:
            if census:
                for _ in client.census():
                    pass
            else:
                record = self._sync(client, told)
                assert record.outcome == "ok", record.sentence
        finally:
            client.close()
        asked = [_plain(request, self.server.prefix) for request in self.server.requests[before:]]
        return Phase(
            name=name,
            made=sum(walks(one) for one in asked),
            floor=floor,
            constants=Counter(one for one in asked if not walks(one)),
        )

    def _sync(self, client: Any, told: dict[str, Any]) -> RunRecord:
        return sync_source(client, self.store, stop=lambda: False, progress=lambda _: None, **told)


def walks(path: str) -> bool:
    """Does a request for this path read items, histories, revisions or links? Else it is a constant."""
    return _WALKING.search(path) is not None


class Clock:
    """Stands still unless somebody sleeps or is told to."""

    def __init__(self) -> None:
        self._at = BEGAN + timedelta(days=200)

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return self._at.timestamp()

    def sleep(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)


def _plain(request: RecordedRequest, prefix: str) -> str:
    path = request.path
    return f"{request.method} {path[len(prefix) :] if path.lower().startswith(prefix.lower()) else path}"


# --- the trackers


def jira_site(items: int, histories: int) -> JiraSite:
    """One project; every issue goes to and fro `histories` times."""
    lead = Person("5f00000000000000000000aa", "Reporting")
    statuses = (
        Status(id=1, name="To Do", category="new"),
        Status(id=3, name="Doing", category="indeterminate"),
        Status(id=5, name="Done", category="done"),
    )
    site = JiraSite(
        title="Floor", zone="UTC", statuses=statuses, types=(IssueType(id=12, name="Story", level=0),),
        priorities=(Named(3, "Medium"),), resolutions=(Named(1, "Done"),), fields=(*SYSTEM_FIELDS, *CUSTOM_FIELDS),
        owner=lead,
    )  # fmt: skip
    site.projects[100] = Project(id=100, key="FLR", name="Floor", lead=lead, statuses={12: (1, 3, 5)})
    for number in range(items):
        at = _millis(BEGAN + timedelta(minutes=number))
        issue = site.create(at=at, project="FLR", type="Story", summary=f"Item {number}", status="To Do")
        for step in range(histories):
            site.transition(issue, ("Doing", "To Do")[step % 2], at + 60_000 * (step + 1))
    return site


def azure_site(items: int, revisions: int) -> AzureSite:
    """One project; every item has `revisions` revisions, and every second one a parent."""
    states = (State("New", "Proposed"), State("Active", "InProgress"), State("Closed", "Completed"))
    kinds = tuple(
        WorkItemType(name=name, reference=f"Microsoft.VSTS.WorkItemTypes.{name}", states=states, level=level)
        for name, level in (("Feature", 1), ("Bug", 0))
    )
    site = AzureSite(organisation="floor", owner=AzurePerson("Reporting"))
    site.projects["Floor"] = AzureProject(
        name="Floor", types=kinds, teams=(Team(name="Floor Team", areas=("Floor",)),), areas=(Node(1, "Floor"),),
        iterations=(Node(10, "Floor"),),
    )  # fmt: skip
    parent = None
    for number in range(items):
        at = _millis(BEGAN + timedelta(minutes=number))
        is_parent = number % 20 == 0
        made = site.create(
            project="Floor", type="Feature" if is_parent else "Bug", title=f"Item {number}", state="New", at=at,
            area="Floor", parent=None if is_parent or number % 2 else parent,
        )  # fmt: skip
        parent = made if is_parent else parent
        for step in range(revisions - 1):
            site.move_state(made, ("Active", "New")[step % 2], at + 60_000 * (step + 1))
    site.order_streams()
    return site


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# --- the runs


def jira_cloud(
    folder: Path, *, items: int, bulk: int | None, histories: int = HISTORIES
) -> Iterator[tuple[str, Phase]]:
    """`bulk`: how many issues the site gives at once; None: it refuses to give any in bulk."""
    clock, site = Clock(), jira_site(items, histories)
    name = f"Jira Cloud, bulk {bulk or 'refused'}"
    with (
        JiraCloudSandbox(site, now=clock.now, user="u", token="secret") as server,
        open_store(f"sqlite:///{folder}/cloud{bulk}.db", now=clock.now) as store,
    ):
        server.bulk_limit = bulk or 1_000
        if bulk is None:
            refused = answer({"errorMessages": ["scope does not match"]}, status=403)
            server.faults += [Fault(path=path, times=None, response=refused) for path in ("/issue/bulk", "log/bulk")]
        subject = Subject(name, server, store, clock, kind="jira", user="u", jql="project = FLR")

        def history_pages(count: int) -> int:
            whole, rest = divmod(count, 1_000)
            pages = [max(1, ceil(block * histories / HISTORIES_A_PAGE)) for block in (*[1_000] * whole, rest) if block]
            return sum(pages)

        probe = 0 if bulk == 1_000 or (bulk and items <= bulk) else 1  # a larger block is refused once
        if bulk is None:
            full = ceil(items / IDS) + ceil(items / SEARCH) + items + probe
        else:
            full = ceil(items / IDS) + ceil(items / bulk) + history_pages(items) + probe
        yield name, subject.run("full", full)
        yield from _later(subject, lambda count: _touch_jira(site, clock, count), changed=lambda k: (
            max(1, ceil(k / SEARCH)) + (0 if not k else k if bulk is None else ceil(k / 1_000))
        ), items=items)  # fmt: skip
        yield name, subject.run("census", ceil(items / IDS), census=True)


def jira_data_center(folder: Path, *, items: int, page: int, quoted: bool = False) -> Iterator[tuple[str, Phase]]:
    """`page`: the largest that the administrators allow; `quoted`: the server knows no epoch milliseconds."""
    clock, site = Clock(), jira_site(items, HISTORIES)
    name = f"Jira Data Center, P={page}{', quoted dates' if quoted else ''}"
    with (
        JiraDataCenterSandbox(site, now=clock.now, token="secret") as server,
        open_store(f"sqlite:///{folder}/dc{page}{quoted}.db", now=clock.now) as store,
    ):
        server.page_limit = page
        if quoted:
            server.intercept = _without_epoch
        subject = Subject(name, server, store, clock, kind="jira", jql="project = FLR")
        yield name, subject.run("full", ceil(items / page) + (1 if quoted else 0))
        yield from _later(
            subject,
            lambda count: _touch_jira(site, clock, count),
            changed=lambda k: max(1, ceil(k / page)),
            items=items,
        )
        yield name, subject.run("census", ceil(items / min(page, 1_000)), census=True)


def _without_epoch(request: RecordedRequest) -> Response | None:
    """A server that knows dates in quotes only."""
    if re.search(r"updated >= -?\d+\b", request.first("jql")):
        return answer({"errorMessages": ["Date value for field 'updated' is invalid."], "errors": {}}, status=400)
    return None


def azure_devops(folder: Path, *, items: int, page: int) -> Iterator[tuple[str, Phase]]:
    clock, site = Clock(), azure_site(items, HISTORIES)
    name = f"Azure DevOps, p={page}"
    with (
        AzureDevOpsSandbox(site, now=clock.now, token="secret") as server,
        open_store(f"sqlite:///{folder}/ado{page}.db", now=clock.now) as store,
    ):
        server.revision_page = page
        subject = Subject(name, server, store, clock, kind="azure_devops", projects=("Floor",))
        revisions = sum(len(item.revisions) for item in site.items.values())
        links = max(1, ceil(len(site.link_stream) / LINKS))
        yield name, subject.run("full", ceil(revisions / page) + links)

        def touch(count: int) -> None:
            for item in list(site.items.values())[:count]:
                site.move_state(item, "Closed" if item.fields["System.State"] != "Closed" else "Active",
                                _millis(clock.now()))  # fmt: skip

        yield from _later(subject, touch, changed=lambda k: max(1, ceil(k / page)) + 1, items=items)
        yield name, subject.run("census", max(1, ceil(items / 19_999)), census=True)


def _later(
    subject: Subject, touch: Callable[[int], None], *, changed: Callable[[int], int], items: int
) -> Iterator[tuple[str, Phase]]:
    """Hours later, with nothing in between the overlap: idle, then with 80 and with 350 items changed."""
    for count in (0, 80, 350):
        if count <= items:
            subject.clock.sleep(2 * 3600)
            touch(count)
            subject.clock.sleep(1800)
            yield subject.name, subject.run(f"{count} changed" if count else "idle", changed(count))


def _touch_jira(site: JiraSite, clock: Clock, count: int) -> None:
    for issue in list(site.issues.values())[:count]:
        now = site.statuses[issue.status_id].name
        site.transition(issue, "Done" if now != "Done" else "Doing", _millis(clock.now()))


def every_run(folder: Path, *, items: int) -> Iterator[tuple[str, Phase]]:
    """All trackers, page sizes and fall-backs."""
    yield from jira_cloud(folder, items=items, bulk=1_000)
    yield from jira_cloud(folder, items=items, bulk=100)
    yield from jira_cloud(folder, items=min(items, 500), bulk=None)
    yield from jira_data_center(folder, items=items, page=1_000)
    yield from jira_data_center(folder, items=items, page=100)
    yield from jira_data_center(folder, items=items, page=1_000, quoted=True)
    yield from azure_devops(folder, items=items, page=200)
    yield from azure_devops(folder, items=items, page=1_000)


def show(runs: Iterable[tuple[str, Phase]]) -> list[Phase]:
    """Print each as it ends."""
    found = []
    print(f"{'tracker':<38} {'run':<12} {'requests':>8} {'floor':>7} {'above':>7}  {'constants':>9}")
    for name, phase in runs:
        found.append((name, phase))
        said = "" if phase.is_within else "  one request" if phase.is_near else "  ABOVE THE LIMIT"
        print(f"{name:<38} {phase.name:<12} {phase.made:>8,} {phase.floor:>7,} {phase.above:>7.1%}  "
              f"{phase.constants.total():>9}{said}", flush=True)  # fmt: skip
    print(f"\nAt most {ALLOWED:.0%} above the floor; “one request”: one more, where {ALLOWED:.0%} are less than one.")
    print("\nConstants of an idle run, by tracker:")
    for name, phase in found:
        if phase.name == "idle":
            print(f"  {name}: {', '.join(f'{path} x{count}' for path, count in phase.constants.items())}")
    return [phase for _, phase in found]


def main() -> int:
    """Run them all; 1 where one of them made more requests than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, default=1_000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vmo-floor-")))
        found = show(every_run(folder, items=parser.parse_args().items))
    return 0 if all(phase.is_near for phase in found) else 1


if __name__ == "__main__":
    sys.exit(main())
