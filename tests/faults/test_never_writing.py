"""Ten thousand ways of asking for a write, and none that leaves."""

from __future__ import annotations

import random
import re

import pytest
import requests

from connectors.base import RefusedRequestError, SourceSettings
from connectors.transport import AZURE_DEVOPS, JIRA_CLOUD, JIRA_DATA_CENTER, Transport
from tests.connectors.jira.jira_house import Clock
from tests.connectors.scripted_server import json_answer, serving
from tests.faults.catalogue import case

ATTEMPTS = 4_000  # for each tracker
METHODS = ("PUT", "DELETE", "PATCH", "POST", "MERGE", "COPY", "MOVE", "TRACE", "put", "Delete", "PoSt")
WORDS = ("rest", "api", "3", "2", "issue", "10001", "bulkfetch", "search", "jql", "changelog", "transitions", "comment",
         "_apis", "wit", "workitems", "$Task", "workitemsdelete", "workitemsbatch", "wiql", "sendmail", "$batch", "..",
         "queriesbatch", "artifacturiquery", "reporting", "workitemrevisions", "project", "myself")  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"X-HTTP-Method-Override": "DELETE"},
    {"x-http-method": "PUT"},
    {"X-Http-Method-Override": "PATCH"},
)


@case("E051")
@pytest.mark.parametrize("table", [JIRA_CLOUD, JIRA_DATA_CENTER, AZURE_DEVOPS], ids=["cloud", "data center", "azure"])
def test_no_write_leaves_however_it_is_asked_for(table: str) -> None:
    chance = random.Random(51)
    clock = Clock()
    lines = [line.split() for line in table.strip().splitlines()]
    reads = {path for method, path in lines if method == "POST"}
    with serving([json_answer({})]) as server:
        transport = Transport(
            SourceSettings(name="claims", kind="jira", url=server.url, token="t", allow_insecure=True),
            allowed=table, now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep, random=lambda: 0.5,
        )  # fmt: skip
        refused = 0
        for _ in range(ATTEMPTS):
            method, path, headers = chance.choice(METHODS), _a_path(chance, lines), chance.choice(HEADERS)
            request = requests.Request(method, server.url + path, headers=headers).prepare()
            try:
                line = transport._admit(request)
            except RefusedRequestError:
                refused += 1
            else:
                assert line.removeprefix("POST ") in reads, (method, path)
                assert request.method is not None
                assert (request.method.upper(), headers) == ("POST", {})

        assert refused > ATTEMPTS / 2
        assert server.seen == []


def _a_path(chance: random.Random, lines: list[list[str]]) -> str:
    """Made of words, or one of the listed ones, spoiled or not."""
    if chance.random() < 0.5:
        path = "/" + "/".join(chance.choices(WORDS, k=chance.randint(1, 6)))
    else:
        path = re.sub(r"\{[a-z]+\}", "7", chance.choice(lines)[1]).replace("[", "").replace("]", "")
    return path + chance.choice(
        ("", "", "", "/", "//", "/x", "?_method=DELETE", "?a=1&_METHOD=PUT", "%2f..", "/../7", ";x")
    )
