"""A Jira Cloud of a test's own: as many issues as it wants, pages as it wants them, answers changed on their way."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_site import Issue, JiraSite
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from domain.change import Change
from domain.work_item import HeldItem, ItemId
from tests.connectors.jira.jira_house import Clock, a_site, an_issue, millis
from tests.faults.trackers import MORNING, SOURCE, TOKEN, USER, CloudTracker

Json = Any
Alter = Callable[[RecordedRequest, Response], Response]
SEARCH, ISSUES, CHANGE_LOGS = "/search/jql$", "/issue/bulkfetch$", "/changelog/bulkfetch$"


class Cloud(CloudTracker):
    """A cloud that says what is held of it, and what it was asked."""

    server: JiraCloudSandbox

    def __enter__(self) -> Self:
        return self

    @contextlib.contextmanager
    def in_small_steps(self) -> Iterator[None]:
        """Steps as large as in life: how many requests leave is a matter of some cases."""
        yield

    def held(self, issue: Issue | str) -> HeldItem:
        found = self.store.item(ItemId(SOURCE, self._id(issue)))
        assert found is not None, f"{issue} is not held"
        return found

    def changes(self, issue: Issue | str, of: str = "status") -> list[Change]:
        return [change for change in self.store.changes_of(ItemId(SOURCE, self._id(issue))) if change.field == of]

    def steps(self, issue: Issue | str, of: str = "status") -> list[tuple[str | None, str | None]]:
        return [(change.from_value, change.to_value) for change in self.changes(issue, of)]

    @property
    def place_of_cursor(self) -> Mapping[str, Json]:
        """The cursor itself, as the store holds it."""
        state = self.store.state(SOURCE)
        return {} if state is None or state.cursor is None else state.cursor

    def asked(self, path: str) -> list[RecordedRequest]:
        return [one for one in self.server.requests if one.path.endswith(path)]

    def bodies(self, path: str) -> list[Json]:
        return [one.json() for one in self.asked(path)]

    def answers(self, path: str, alter: Alter, *, skip: int = 0, times: int | None = 1) -> None:
        self.server.faults.append(Fault(path=path, skip=skip, times=times, alter=alter))

    def _id(self, issue: Issue | str) -> str:
        return issue if isinstance(issue, str) else str(issue.id)


def a_cloud_of(folder: Path, site: JiraSite | None = None, *, issues: int = 0, zone: str = "Europe/Paris") -> Cloud:
    """A cloud at nine in the morning, its issues a day old and moved once."""
    site, clock = site or a_site(zone=zone), Clock(MORNING)
    cloud = Cloud(folder, JiraCloudSandbox(site, now=clock.now, user=USER, token=TOKEN), clock)
    many(cloud, issues)
    return cloud


def many(cloud: Cloud, count: int) -> list[Issue]:
    began = millis(MORNING) - 86_400_000
    made = []
    for number in range(count):
        made.append(an_issue(cloud.site, at=MORNING, summary=f"Story {number}"))
        made[-1].created = made[-1].updated = began + 1_000 * number
        cloud.site.transition(made[-1], "Doing", began + 3_600_000 + 1_000 * number)
    return made


def pages(*told: Json) -> Alter:
    """These answers one after the other in the place of the server's own; the last one stays."""
    left = list(told)
    return lambda request, given: answer(left.pop(0) if len(left) > 1 else left[0])


def told_otherwise(change: Callable[[Json], Json]) -> Alter:
    """The server's own answer, with its body changed."""
    return lambda request, given: given.with_json(change(given.json()))


def each_log(change: Callable[[Json], object]) -> Alter:
    """The server's own change logs, each one changed in place."""

    def alter(request: RecordedRequest, given: Response) -> Response:
        body = given.json()
        for log in body["issueChangeLogs"]:
            change(log)
        return given.with_json(body)

    return alter


def with_body(request: RecordedRequest, **changed: Json) -> RecordedRequest:
    """The same question with other words in its body; None takes a word out."""
    body = {name: value for name, value in (request.json() | changed).items() if value is not None}
    return replace(request, body=json.dumps(body).encode())
