"""Trackers of any size in a process of their own, so that what they compute is nobody else's time.

    with running("cloud", items=20_000) as tracker:
        tracker.url                      # where it listens
        tracker.asked()                  # every request since the last time, so that another can send the same
        tracker.change(100)              # that many items are updated now
        tracker.delay(0.08)              # seconds before each answer; 0: none

Forty issues live through fifteen changes each in a sandbox; every item of the big tracker is one of them with ids,
keys, dates and numbers of its own. A page is rendered when it is asked for first, kept packed, and served as it stands.
"""

from __future__ import annotations

import base64
import bisect
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import AzureProject, AzureSite, Node, State, Team, WorkItemType
from connectors.sandbox.azure_site import Person as AzurePerson
from connectors.sandbox.jira_answers import field_filter
from connectors.sandbox.jira_cloud import JiraCloudSandbox, JiraSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import (
    BUSINESS_VALUE,
    CUSTOM_FIELDS,
    STORY_POINTS,
    SYSTEM_FIELDS,
    Issue,
    IssueType,
    JiraSite,
    Named,
    Person,
    Project,
    Status,
)
from connectors.sandbox.loopback import LoopbackServer, RecordedRequest, Response

Json = Any
KINDS = ("cloud", "data_center", "azure_devops")
SMALL_PAGES = "data_center_100"  # whose administrators allow a hundred issues a page
TEMPLATES = 40
CHANGES = 15
FIRST_ID = 100_000
BEGAN = datetime(2024, 1, 8, 9, tzinfo=UTC)
APART_MS = 60_000  # between two items' last updates
CLOUD_PAGE = 100  # of a search with fields; with ids alone 5,000
DATA_CENTER_PAGE = 1_000
STREAM_PAGE = 1_000
BLOCK = 500  # Azure DevOps: so many items are worked on at the same time
_MARK = re.compile("«([a-z0-9]+)»")
_REPEATED = frozenset({"authorization", "content-type", "accept"})


# --- what an item looks like


def jira_site() -> JiraSite:
    """Forty issues of one project, each with fifteen changes over eighty days."""
    lead = Person("5f00000000000000000000aa", "Reporting")
    team = [Person(f"5f0000000000000000000{n:03x}", f"Developer {n}") for n in range(9)]
    statuses = (
        Status(id=1, name="To Do", category="new"),
        Status(id=3, name="Doing", category="indeterminate"),
        Status(id=4, name="Ready for review", category="indeterminate"),
        Status(id=5, name="Done", category="done"),
    )
    types = (IssueType(id=11, name="Epic", level=1), IssueType(id=12, name="Story", level=0))
    site = JiraSite(
        title="Claims",
        zone="Europe/Paris",
        statuses=statuses,
        types=types,
        priorities=(Named(3, "Medium"),),
        resolutions=(Named(1, "Done"), Named(2, "Won't Do")),
        fields=(*SYSTEM_FIELDS, *CUSTOM_FIELDS),
        owner=lead,
    )
    every = {kind.id: tuple(status.id for status in statuses) for kind in types}
    site.projects[100] = Project(id=100, key="CLM", name="Claims", lead=lead, statuses=every)
    epics = [_jira_issue(site, n, team, parent=None) for n in range(4)]
    for n in range(4, TEMPLATES):
        _jira_issue(site, n, team, parent=epics[n % 4])
    return site


def _jira_issue(site: JiraSite, n: int, team: Sequence[Person], *, parent: Issue | None) -> Issue:
    at = _millis(BEGAN) + n * 3_600_000
    issue = site.create(
        project="CLM",
        type="Story" if parent else "Epic",
        summary=f"Settle claims of kind {n} by photo, without a visit of the adjuster",
        status="To Do",
        at=at,
        reporter=team[n % len(team)],
        assignee=team[(n + 1) % len(team)],
        parent=parent,
        labels=("claims", f"wave-{n % 5}"),
        values={STORY_POINTS: n % 8 + 1, BUSINESS_VALUE: n * 1.5},
        description="The insured takes photos of the damage; the adjuster confirms or asks for more. " * 4,
    )
    steps: list[Callable[[int], object]] = [
        lambda at: site.assign(issue, team[at % len(team)], at),
        lambda at: site.transition(issue, "Doing", at),
        lambda at: site.set_value(issue, STORY_POINTS, at % 13, at),
        lambda at: site.flag(issue, flagged=True, at=at),
        lambda at: site.flag(issue, flagged=False, at=at),
        lambda at: site.transition(issue, "Ready for review", at),
        lambda at: site.relabel(issue, (*issue.labels, "urgent"), at),
        lambda at: site.transition(issue, "Doing", at),
        lambda at: site.retitle(issue, issue.summary + " again", at),
        lambda at: site.set_value(issue, BUSINESS_VALUE, (at % 50) * 1.5, at),
        lambda at: site.reschedule(issue, "2024-05-31", at),
        lambda at: site.transition(issue, "Ready for review", at),
        lambda at: site.assign(issue, team[n % len(team)], at),
        lambda at: site.transition(issue, "Done", at),
        lambda at: site.transition(issue, "Doing" if n % 3 else "Ready for review", at),
    ]
    assert len(steps) == CHANGES
    for number, step in enumerate(steps, start=1):
        step(at + number * 5 * 86_400_000)
    return issue


class Mould:
    """One rendered text with marks in it, to be filled again and again."""

    def __init__(self, value: Json) -> None:
        self._parts = _MARK.split(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def filled(self, words: Mapping[str, str]) -> str:
        parts = self._parts.copy()
        parts[1::2] = [words[name] for name in parts[1::2]]
        return "".join(parts)


class Jira:
    """The items of a big Jira: which there are, when they were updated, and how they read."""

    def __init__(self, server: JiraSandbox, items: int) -> None:
        self._server = server
        self.items = items
        self._models = list(server.site.issues.values())
        self._began = _millis(BEGAN) + 200 * 86_400_000
        self._changed: dict[int, int] = {}
        self._moulds: dict[tuple[str, ...], list[Mould]] = {}
        self._histories: dict[bool, list[list[Mould]]] = {}
        self._order()

    def change(self, many: int, *, at: int) -> None:
        """Update that many items, spread over all, at this moment (epoch milliseconds) and the seconds after it."""
        step = max(1, self.items // many)
        self._changed |= {n: at + place for place, n in enumerate(range(0, step * many, step))}
        self._order()

    def since(self, moment: int) -> list[int]:
        """Numbers of the items updated at or after a moment, the oldest update first."""
        return self.order[bisect.bisect_left(self.order, moment, key=self.updated) :]

    def updated(self, n: int) -> int:
        return self._changed.get(n, self._began + n * APART_MS)

    def issue(self, n: int, fields: tuple[str, ...], *, log: bool = False) -> str:
        """One issue as JSON text; `log`: with its whole change log, as Data Center tells it."""
        if fields not in self._moulds:
            self._moulds[fields] = [self._mould(model, fields) for model in self._models]
        told = self._moulds[fields][n % TEMPLATES].filled(self._words(n))
        if not log:
            return told
        histories = self.histories(n, numeric=False)
        head = f'"changelog":{{"startAt":0,"maxResults":{len(histories)},"total":{len(histories)},"histories":['
        return f"{told[:-1]},{head}{','.join(histories)}]}}}}"

    def histories(self, n: int, *, numeric: bool) -> list[str]:
        """Its histories as JSON text; the items changed lately have one more."""
        if numeric not in self._histories:
            write = self._server.answers.history
            self._histories[numeric] = [
                [
                    Mould(write(one, numeric=numeric) | {"id": f"«h{place}»"})
                    for place, one in enumerate(model.histories)
                ]
                for model in self._models
            ]
        words = self._words(n)
        told = [mould.filled(words) for mould in self._histories[numeric][n % TEMPLATES]]
        if n in self._changed:
            at: Json = self._changed[n] if numeric else self._server.answers.moment(self._changed[n])
            change = {"field": "labels", "fieldId": "labels", "fieldtype": "jira", "fromString": "", "toString": "new"}
            more = {"id": str(90_000_000 + n), "created": at, "items": [change | {"from": None, "to": None}]}
            told.append(json.dumps(more))
        return told

    def _order(self) -> None:
        self.order = sorted(range(self.items), key=self.updated)

    def _words(self, n: int) -> dict[str, str]:
        first = 1_000_000 + n * 20
        return {
            "id": str(FIRST_ID + n),
            "key": f"CLM-{n + 1}",
            "u": self._server.answers.moment(self.updated(n)) or "",
            **{f"h{place}": str(first + place) for place in range(CHANGES + 1)},
        }

    def _mould(self, model: Issue, fields: tuple[str, ...]) -> Mould:
        told = self._server.answers.issue(model, field_filter(fields, default="id"))
        told |= {"id": "«id»", "key": "«key»"}
        if "updated" in told["fields"]:
            told["fields"]["updated"] = "«u»"
        if told["fields"].get("parent"):
            place = [each.id for each in self._models].index(int(told["fields"]["parent"]["id"]))
            told["fields"]["parent"] |= {"id": str(FIRST_ID + place), "key": f"CLM-{place + 1}"}
        return Mould(told)


# --- the servers


class Kept:
    """Answers that were rendered once, packed, by what was asked."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, ...], bytes] = {}

    def clear(self) -> None:
        self._told.clear()

    def answer(self, request: RecordedRequest, render: Callable[[], str]) -> Response:
        place = (request.path, repr(sorted(request.query.items())), request.body.decode())
        if place not in self._told:
            self._told[place] = gzip.compress(render().encode(), 1)
        return Response(body=self._told[place], headers={"Content-Encoding": "gzip"})


class BigCloud(JiraCloudSandbox):
    """Jira Cloud with as many issues as wanted."""

    def __init__(self, items: int) -> None:
        super().__init__(jira_site(), now=_now)
        self._kept = Kept()
        self._items = items

    def ready(self) -> None:
        self.jira = Jira(self, self._items)

    def change(self, many: int, *, at: int) -> None:
        self.jira.change(many, at=at)
        self._kept.clear()

    def _found_project(self, project: Project, *, insight: bool) -> Json:
        told = super()._found_project(project, insight=insight)
        return told | {"insight": {"totalIssueCount": self.jira.items}} if insight else told

    def search(self, request: RecordedRequest) -> Response:
        return self._kept.answer(request, lambda: self._searched(request.json()))

    def _searched(self, body: Json) -> str:
        fields = tuple(body["fields"])
        bound = re.search(r"updated >= (\d+)", body["jql"])
        found: Sequence[int] = self.jira.since(int(bound[1])) if bound else range(self.jira.items)
        size = min(int(body["maxResults"]), 5_000 if set(fields) <= {"id", "key"} else CLOUD_PAGE)
        start = int(base64.b64decode(body.get("nextPageToken", "MA==")))
        told = [self.jira.issue(n, fields) for n in found[start : start + size]]
        end = start + size
        more = "" if end >= len(found) else f',"nextPageToken":"{base64.b64encode(b"%d" % end).decode()}"'
        return f'{{"issues":[{",".join(told)}],"isLast":{json.dumps(end >= len(found))}{more}}}'

    def bulk_fetch(self, request: RecordedRequest) -> Response:
        def render() -> str:
            body = request.json()
            fields = tuple(body["fields"])
            told = [self.jira.issue(int(each) - FIRST_ID, fields) for each in body["issueIdsOrKeys"]]
            return f'{{"issues":[{",".join(told)}],"issueErrors":[]}}'

        return self._kept.answer(request, render)

    def bulk_changelog(self, request: RecordedRequest) -> Response:
        return self._kept.answer(request, lambda: self._logs(request.json()))

    def _logs(self, body: Json) -> str:
        """By date, then issue: an issue's histories are spread over pages."""
        ids = [int(each) for each in body["issueIdsOrKeys"]]
        size, start = int(body["maxResults"]), int(base64.b64decode(body.get("nextPageToken", "MA==")))
        logs = {each: self.jira.histories(each - FIRST_ID, numeric=True) for each in ids}
        rows = [(place, each) for place in range(CHANGES + 1) for each in ids if place < len(logs[each])]
        page: dict[int, list[str]] = {}
        for place, each in rows[start : start + size]:
            page.setdefault(each, []).append(logs[each][place])
        told = [f'{{"issueId":"{each}","changeHistories":[{",".join(found)}]}}' for each, found in page.items()]
        end = start + size
        more = "" if end >= len(rows) else f',"nextPageToken":"{base64.b64encode(b"%d" % end).decode()}"'
        return f'{{"issueChangeLogs":[{",".join(told)}]{more}}}'


class BigDataCenter(JiraDataCenterSandbox):
    """Jira Data Center with as many issues as wanted."""

    page = DATA_CENTER_PAGE

    def __init__(self, items: int) -> None:
        super().__init__(jira_site(), now=_now)
        self._kept = Kept()
        self._items = items

    def ready(self) -> None:
        self.jira = Jira(self, self._items)

    def change(self, many: int, *, at: int) -> None:
        self.jira.change(many, at=at)
        self._kept.clear()

    def search(self, request: RecordedRequest) -> Response:
        return self._kept.answer(request, lambda: self._searched(request))

    def _searched(self, request: RecordedRequest) -> str:
        jql, fields = request.first("jql"), tuple(request.all("fields"))
        bound = re.search(r"updated >= (\d+)", jql)
        found = self.jira.since(int(bound[1])) if bound else self.jira.order
        if named := re.search(r"key in \(([^)]*)\)", jql):
            found = [int(key.partition("-")[2]) - 1 for key in named[1].split(", ")]
        start, size = request.number("startAt", 0), min(request.number("maxResults", 50), self.page)
        log = "changelog" in request.all("expand")
        told = [self.jira.issue(n, fields, log=log) for n in found[start : start + size]]
        return (
            f'{{"expand":"names,schema","startAt":{start},"maxResults":{size},"total":{len(found)},'
            f'"issues":[{",".join(told)}]}}'
        )


class SmallPages(BigDataCenter):
    """One that gives a hundred issues a page."""

    page = 100


class BigAzureDevOps(AzureDevOpsSandbox):
    """Azure DevOps Services with as many work items as wanted; five hundred at a time are worked on."""

    def __init__(self, items: int) -> None:
        super().__init__(_azure_site(), now=_now)
        self._kept = Kept()
        self._items = items
        self._changed: list[tuple[int, int]] = []

    def ready(self) -> None:
        self._models = list(self.site.items.values())
        self._moulds: dict[tuple[str, ...], list[list[Mould]]] = {}

    def change(self, many: int, *, at: int) -> None:
        step = max(1, self._items // many)
        self._changed += [(n, at) for n in range(0, step * many, step)]
        self._kept.clear()

    def revision_stream(self, request: RecordedRequest, _: AzureProject | None) -> Response:
        return self._kept.answer(request, lambda: self._page(request))

    def link_stream(self, request: RecordedRequest, _: AzureProject | None) -> Response:
        return self._kept.answer(request, lambda: self._links(request))

    def _page(self, request: RecordedRequest) -> str:
        fields = tuple(request.all("fields") or request.json().get("fields") or ())
        start = int(request.first("continuationToken") or "0")
        whole = self._items * (CHANGES + 1)
        total = whole + len(self._changed)
        end = min(start + STREAM_PAGE, total)
        told = [self._told(place, whole, fields) for place in range(start, end)]
        return (
            f'{{"values":[{",".join(told)}],"nextLink":"{self.url}","continuationToken":"{end}",'
            f'"isLastBatch":{json.dumps(end >= total)}}}'
        )

    def _told(self, place: int, whole: int, fields: tuple[str, ...]) -> str:
        """The revision at this place of the stream: block by block of items, revision by revision."""
        if place >= whole:
            n, at = self._changed[place - whole]
            rev = CHANGES + 1
            text = self._revision(n, rev, fields, at=at)
            for name, before, after in (("rev", rev, rev + 1), ("System.Rev", rev, rev + 1)):
                text = text.replace(f'"{name}":{before}', f'"{name}":{after}')
            return text.replace('"System.State":"Active"', '"System.State":"Closed"')
        block, within = divmod(place, BLOCK * (CHANGES + 1))
        size = min(BLOCK, self._items - block * BLOCK)
        rev, n = divmod(within, size)
        at = _millis(BEGAN) + (block * (CHANGES + 1) + rev) * 86_400_000 // 8
        return self._revision(block * BLOCK + n, rev + 1, fields, at=at)

    def _revision(self, n: int, rev: int, fields: tuple[str, ...], *, at: int) -> str:
        if fields not in self._moulds:
            self._moulds[fields] = [
                [self._mould(model, number + 1, fields) for number in range(CHANGES + 1)]
                for model in self._models[:TEMPLATES]
            ]
        moment = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return (
            self._moulds[fields][n % TEMPLATES][rev - 1]
            .filled({"at": moment, "id": "@"})
            .replace('"@"', str(FIRST_ID + n))
        )

    def _mould(self, model: Any, rev: int, fields: tuple[str, ...]) -> Mould:
        told = self._snapshot(model, rev, frozenset(fields), identities=True)
        told["id"] = told["fields"]["System.Id"] = "«id»"
        told["fields"]["System.ChangedDate"] = "«at»"
        told["fields"]["System.CreatedDate"] = "2024-01-08T08:00:00Z"
        return Mould(told)

    def _links(self, request: RecordedRequest) -> str:
        """Every item but the first of each forty is the child of that one, each since a second of its own."""
        start = int(request.first("continuationToken") or "0")
        end = min(start + STREAM_PAGE, self._items)
        values = [
            {
                "rel": "System.LinkTypes.Hierarchy-Forward",
                "sourceId": FIRST_ID + n // TEMPLATES * TEMPLATES,
                "targetId": FIRST_ID + n,
                "attributes": {"isActive": True, "changedDate": _second(n), "changedOperation": "create"},
            }
            for n in range(start, end)
            if n % TEMPLATES
        ]
        page = {"values": values, "continuationToken": str(end), "isLastBatch": end >= self._items}
        return json.dumps(page)


def _second(number: int) -> str:
    return f"{datetime(2024, 1, 8, 8, tzinfo=UTC) + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"


def _azure_site() -> AzureSite:
    states = (State("New", "Proposed"), State("Active", "InProgress"), State("Closed", "Completed"))
    types = (
        WorkItemType(name="Epic", reference="Microsoft.VSTS.WorkItemTypes.Epic", states=states, level=2),
        WorkItemType(name="User Story", reference="Microsoft.VSTS.WorkItemTypes.UserStory", states=states, level=0),
    )
    site = AzureSite(organisation="fabrikam", owner=AzurePerson("Reporting"))
    site.projects["Claims"] = AzureProject(
        name="Claims",
        types=types,
        teams=(Team(name="Claims Team", areas=("Claims",)),),
        areas=(Node(1, "Claims"), Node(2, "Claims\\Motor")),
        iterations=(Node(10, "Claims"), Node(11, "Claims\\Sprint 1", "2026-10-26", "2026-11-08")),
    )
    for n in range(TEMPLATES):
        at = _millis(BEGAN)
        item = site.create(
            project="Claims",
            type="User Story" if n else "Epic",
            title=f"Settle claims of kind {n} by photo, without a visit of the adjuster",
            state="New",
            at=at,
            area="Claims",
            assignee=AzurePerson(f"Developer {n % 9}"),
            tags=("claims", f"wave-{n % 5}"),
        )
        for step in range(CHANGES):
            at += 5 * 86_400_000
            if step % 3 == 0:
                site.move_state(item, ("Active", "Closed")[step % 2], at)
            elif step % 3 == 1:
                site.retag(item, ("claims", f"step-{step}"), at)
            else:
                site.iterate(item, ("Claims\\Sprint 1", "Claims")[step % 2], at)
    return site


def _now() -> datetime:
    return datetime.now(UTC)


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# --- the process


def serve(kind: str, items: int) -> None:
    """Listen; print the address; then obey one line after the other from standard input until it ends."""
    made: dict[str, Callable[[int], Any]] = {
        "cloud": BigCloud,
        "data_center": BigDataCenter,
        SMALL_PAGES: SmallPages,
        "azure_devops": BigAzureDevOps,
    }
    server = made[kind](items)
    server.start()
    server.ready()
    print(server.url, flush=True)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        with server.lock:
            print(json.dumps(_obey(server, word, rest)), flush=True)
    server.stop()


def _obey(server: Any, word: str, rest: str) -> Json:
    if word == "asked":
        asked = [
            [
                each.method,
                each.path,
                {k: list(v) for k, v in each.query.items()},
                each.body.decode(),
                dict(each.headers),
            ]
            for each in server.requests
        ]
        server.requests.clear()
        return asked
    if word == "change":
        server.change(int(rest), at=_millis(_now() + timedelta(seconds=1)))
    if word == "delay":
        _delay(server, float(rest))
    return None


def _delay(server: LoopbackServer, seconds: float) -> None:
    """Every answer waits so long; the waits of connections overlap, as on a real network."""
    plain = type(server).handle

    def late(request: RecordedRequest) -> Response:
        told = plain(server, request)
        return Response(
            status=told.status,
            body=told.body,
            content_type=told.content_type,
            headers=told.headers,
            delay_seconds=seconds,
        )

    server.handle = late  # type: ignore[method-assign]  # this one server is slower than its kind


@dataclass(kw_only=True)
class Asked:
    """One request, so that another can send the same."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: str
    headers: Mapping[str, str]

    def send(self, session: requests.Session, base: str) -> bytes:
        """Send it again; return the body, unpacked."""
        named = {
            name: self.headers[name] for name in ("authorization", "content-type", "accept") if name in self.headers
        }
        response = session.request(
            self.method, base + self.path, params=self.query, data=self.body or None, headers=named, timeout=60
        )
        assert response.status_code == 200, response.text
        return response.content


class Tracker:
    """A tracker in another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()
        self.host = re.match(r"http://[^/]+", self.url)[0]  # type: ignore[index]  # the process printed an address

    def asked(self) -> list[Asked]:
        """What was asked since this was asked last."""
        return [
            Asked(method=method, path=path, query=query, body=body, headers=headers)
            for method, path, query, body, headers in self._tell("asked")
        ]

    def change(self, many: int) -> None:
        self._tell(f"change {many}")

    def delay(self, seconds: float) -> None:
        self._tell(f"delay {seconds}")

    def _tell(self, line: str) -> Json:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def running(kind: str, *, items: int) -> Iterator[Tracker]:
    """A tracker of this kind in a process of its own, as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.trackers", kind, str(items)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Tracker(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
