"""A stand-in for Confluence, Cloud and Data Center: pages with versions and properties, and hands that change them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from tests.cli.listening import listening

TOKEN, USER = "canary-wiki-token-51d7c0", "vmo@example.com"
SPACE, SPACE_ID, PARENT = "VMO", "98001", "Portfolio reports"


@dataclass
class Property:
    value: Any
    id: str = "7001"
    version: int = 1


@dataclass
class Page:
    id: str
    title: str
    body: str
    parent: str | None = None
    version: int = 1
    message: str = ""
    property: Property | None = None


@dataclass
class Confluence:
    """`fault` is asked before each request is served: a status to answer, 0 to hang up, None to serve it.

    `lost`: the same, but the request is served first, and only its answer is lost.
    """

    pages: dict[str, Page] = field(default_factory=lambda: {"100": Page(id="100", title=PARENT, body="<p>Ours</p>")})
    asked: list[str] = field(default_factory=list)
    fault: Callable[[int, str], int | None] = lambda _, __: None
    lost: Callable[[int, str], bool] = lambda _, __: False
    strangers: list[str] = field(default_factory=list)  # requests that were not signed as ours
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def titled(self, title: str) -> Page:
        return next(one for one in self.pages.values() if one.title == title)

    def ours(self) -> dict[str, Page]:
        return {one.title: one for one in self.pages.values() if one.title != PARENT}

    def by_hand(self, title: str, body: str) -> None:
        """Somebody edits a page in the browser."""
        page = self.titled(title)
        page.body, page.message = body, ""
        page.version += 1

    def writes(self) -> list[str]:
        return [one for one in self.asked if not one.startswith("GET ")]


class _NoError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def a_confluence() -> Iterator[Confluence]:
    told, lock = Confluence(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            with lock:
                asked = f"{self.command} {parts.path}"
                told.asked.append(asked)
                if self.headers.get("Authorization") not in _signatures():
                    told.strangers.append(asked)
                fault = told.fault(len(told.asked), asked)
                if fault is not None:
                    self.answer(fault, {"message": f"no, {TOKEN}"})
                    return
                try:
                    found = _served(told, self.command, parts.path, query, body)
                except _NoError as error:
                    self.answer(error.status, {"message": str(error)})
                else:
                    self.answer(0 if told.lost(len(told.asked), asked) else 200, found)

        do_GET = do_PUT = do_POST = do_DELETE = serve  # noqa: N815 - names that the server asks for

        def answer(self, status: int, value: Any) -> None:
            if status == 0:
                self.close_connection = True
                return
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with listening(Handler) as told.port:
        yield told


def _signatures() -> tuple[str, str]:
    return f"Basic {base64.b64encode(f'{USER}:{TOKEN}'.encode()).decode()}", f"Bearer {TOKEN}"


def _served(told: Confluence, method: str, path: str, query: dict[str, str], body: Any) -> Any:
    is_cloud = path.startswith("/wiki/api/v2/")
    steps = path.removeprefix("/wiki/api/v2/pages").removeprefix("/rest/api/content").strip("/").split("/")
    if path == "/wiki/api/v2/spaces":
        return {"results": [{"id": SPACE_ID, "key": SPACE}] if query["keys"] == SPACE else []}
    if steps == [""] and method == "GET":
        return {"results": [_shown(one) for one in told.pages.values() if one.title == query["title"]]}
    if steps == [""]:
        return _made(told, body, is_cloud=is_cloud)
    page = told.pages[steps[0]]
    if len(steps) == 1:
        return _renewed(page, body, is_cloud=is_cloud)
    return _property(page, method, body, is_cloud=is_cloud)


def _shown(page: Page) -> dict[str, Any]:
    return {
        "id": page.id,
        "title": page.title,
        "version": {"number": page.version, "message": page.message},
        "body": {"storage": {"value": page.body, "representation": "storage"}},
    }


def _content(body: Any, *, is_cloud: bool) -> str:
    told = body["body"] if is_cloud else body["body"]["storage"]
    assert told["representation"] == "storage"
    ElementTree.fromstring(f"<page>{told['value']}</page>")  # as Confluence refuses what is no XML
    return str(told["value"])


def _made(told: Confluence, body: Any, *, is_cloud: bool) -> dict[str, Any]:
    if any(one.title.casefold() == body["title"].casefold() for one in told.pages.values()):
        raise _NoError(400, "A page with this title already exists")
    assert (body["spaceId"] == SPACE_ID) if is_cloud else (body["space"] == {"key": SPACE})
    id = str(max(map(int, told.pages), default=1_000) + 1)
    parent = body["parentId"] if is_cloud else body["ancestors"][0]["id"]
    told.pages[id] = Page(id=id, title=body["title"], body=_content(body, is_cloud=is_cloud), parent=parent)
    return _shown(told.pages[id])


def _renewed(page: Page, body: Any, *, is_cloud: bool) -> dict[str, Any]:
    if body["version"]["number"] != page.version + 1:
        raise _NoError(409, "Version must be incremented")
    page.version, page.message = body["version"]["number"], body["version"]["message"]
    page.body = _content(body, is_cloud=is_cloud)
    return _shown(page)


def _property(page: Page, method: str, body: Any, *, is_cloud: bool) -> Any:
    found = page.property
    if method == "GET" and found is None and not is_cloud:
        raise _NoError(404, "no such property")
    if method == "POST":
        assert found is None
        page.property = Property(value=body["value"])
    elif method == "PUT":
        assert found is not None
        if body["version"]["number"] != found.version + 1:
            raise _NoError(409, "conflict")
        found.value, found.version = body["value"], found.version + 1
    told = page.property
    shown = None
    if told is not None:
        shown = {"id": told.id, "key": "vmo-edition", "value": told.value, "version": {"number": told.version}}
    return {"results": [] if shown is None else [shown]} if is_cloud and method == "GET" else shown
