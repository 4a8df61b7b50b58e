"""A small HTTP server on 127.0.0.1 that remembers what it was asked and can be told to misbehave."""

from __future__ import annotations

import base64
import binascii
import json
import re
import socket
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

Json = Any


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """One request as it came in. `path` is decoded and without the query."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> Json:
        """The body as JSON, `{}` where there is none. Raises BadRequestError."""
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except ValueError:
            raise BadRequestError(
                "Invalid request payload. Refer to the REST API documentation and try again."
            ) from None

    def all(self, name: str) -> list[str]:
        """Every value of a query parameter; `a,b` and `a&name=b` are the same list."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, (default,))[0]

    def number(self, name: str, default: int) -> int:
        """A whole number of the query. Raises BadRequestError."""
        try:
            return int(self.first(name, str(default)))
        except ValueError:
            raise BadRequestError(f"'{name}' must be a number") from None

    def basic_credentials(self) -> tuple[str, str] | None:
        """User and password of Basic authentication; None where there is none or it cannot be read."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user, password

    def bearer_token(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True, kw_only=True)
class Response:
    """What goes back. What stands after `headers` spoils it on its way."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0  # before the first byte
    drip_seconds: float = 0.0  # between single bytes of the body
    reset: bool = False  # close with RST instead of answering, or after `truncate_at` bytes of the body
    truncate_at: int | None = None  # bytes of the body that are sent before the connection closes
    chunked: bool = False  # with `truncate_at`: a chunked body that never ends
    repeat: int = 1  # how many times the body is sent, as one
    hang_up: bool = False  # close after the answer, without having said so

    def json(self) -> Json:
        return json.loads(self.body)

    def with_json(self, value: Json) -> Response:
        """The same answer with another body."""
        return replace(self, body=_encode(value))


class BadRequestError(Exception):
    """The request is wrong; the server says so with a 400."""


def answer(value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(status=status, body=_encode(value), headers=headers or {})


def page(html: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An HTML page, such as a sign-in page or a proxy's apology."""
    return Response(status=status, body=html.encode(), content_type="text/html; charset=utf-8", headers=headers or {})


@dataclass(kw_only=True)
class Fault:
    """Something that goes wrong, `times` times (None: always), after `skip` requests that fit were let through.

    `path` is a regular expression searched in the decoded path, case ignored. Either `response` replaces the answer,
    or `alter` changes the answer that would have been given.
    """

    path: str = ""
    method: str | None = None
    times: int | None = 1
    skip: int = 0
    response: Response | None = None
    alter: Callable[[RecordedRequest, Response], Response] | None = None

    def fits(self, request: RecordedRequest) -> bool:
        """Does it strike now? Counts down `skip` and `times`."""
        if self.times == 0 or (self.method is not None and self.method != request.method):
            return False
        if re.search(self.path, request.path, re.IGNORECASE) is None:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class LoopbackServer(ABC):
    """A sandbox tracker. Subclasses answer in `respond`, under one lock, so that a model may change between requests.

    `now` tells the server's own time (its Date header, relative dates).
    """

    def __init__(self, *, now: Callable[[], datetime], prefix: str = "") -> None:
        self.now = now
        self.prefix = prefix  # a context path such as /jira, or an organisation
        self.requests: list[RecordedRequest] = []
        self.faults: list[Fault] = []
        self.intercept: Callable[[RecordedRequest], Response | None] | None = None
        self.lock = RLock()
        self.bytes_sent = 0  # of bodies
        self._stopping = Event()
        self._tls = False
        self._http: ThreadingHTTPServer | None = None
        self._thread: Thread | None = None

    @abstractmethod
    def respond(self, request: RecordedRequest) -> Response:
        """The answer of a server in good health; `request.path` is without the prefix."""

    def not_found(self) -> Response:
        return page("<html><body>Not found</body></html>", status=404)

    def bad_request(self, message: str) -> Response:
        return answer({"errorMessages": [message], "errors": {}}, status=400)

    @property
    def url(self) -> str:
        """Where it listens, with its prefix and without a slash at the end."""
        if self._http is None:
            raise RuntimeError("the sandbox has not been started")
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._http.server_port}{self.prefix}"

    def start(self, *, port: int = 0, tls: SSLContext | None = None) -> str:
        """Listen on 127.0.0.1, at a free port unless one is named, and return the address."""
        self._stopping.clear()
        self._http = _Listening(("127.0.0.1", port), _handler_for(self))
        self._http.daemon_threads = True
        self._tls = tls is not None
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self.url

    def stop(self) -> None:
        if self._http is not None and self._thread is not None:
            self._stopping.set()
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def handle(self, request: RecordedRequest) -> Response:
        """Record the request and find its answer: first `intercept`, then `faults`, then the healthy server."""
        with self.lock:
            self.requests.append(request)
            intercepted = self.intercept(request) if self.intercept is not None else None
            if intercepted is not None:
                return intercepted
            for fault in self.faults:
                if fault.fits(request):
                    if fault.response is not None:
                        return fault.response
                    if fault.alter is not None:
                        return fault.alter(request, self._healthy(request))
            return self._healthy(request)

    def _healthy(self, request: RecordedRequest) -> Response:
        if self.prefix and not request.path.lower().startswith(self.prefix.lower()):
            return self.not_found()
        try:
            return self.respond(replace(request, path=request.path[len(self.prefix) :] or "/"))
        except BadRequestError as error:
            return self.bad_request(str(error))

    def wait(self, seconds: float) -> None:
        """Pause, but not beyond `stop`."""
        self._stopping.wait(seconds)


def paths(requests: Sequence[RecordedRequest]) -> list[str]:
    """ "GET /rest/api/3/myself" and so on, for assertions."""
    return [f"{request.method} {request.path}" for request in requests]


class _Handler(BaseHTTPRequestHandler):
    sandbox: LoopbackServer
    protocol_version = "HTTP/1.1"
    server_version = "Sandbox"
    sys_version = ""
    wbufsize = -1  # headers and body leave in one packet: unbuffered, Nagle costs 40 ms a request
    disable_nagle_algorithm = True
    timeout = 120

    def answer_request(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        request = RecordedRequest(
            method=self.command,
            path=unquote(parts.path),
            query={name: tuple(values) for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
        )
        try:
            self._send(self.sandbox.handle(request))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_OPTIONS = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer_request  # noqa: N815 - named by http.server

    def _send(self, response: Response) -> None:
        if response.delay_seconds:
            self.sandbox.wait(response.delay_seconds)
        if response.reset and response.truncate_at is None:
            self._reset()
            return
        self.send_response_only(response.status)
        named = {name.lower() for name in response.headers}
        if "date" not in named:
            self.send_header("Date", format_datetime(self.sandbox.now(), usegmt=True))
        if "content-type" not in named:
            self.send_header("Content-Type", response.content_type)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "content-length" not in named:
            self.send_header("Content-Length", str(len(response.body) * response.repeat))
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(response)
        self.wfile.flush()
        if response.reset:
            self._reset()
        if response.hang_up:
            self.close_connection = True

    def _reset(self) -> None:
        """Close at once; a linger of zero makes the kernel send RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send_body(self, response: Response) -> None:
        body = response.body if response.truncate_at is None else response.body[: response.truncate_at]
        if response.chunked:
            for _ in range(response.repeat):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body) if body else b"")
                self.sandbox.bytes_sent += len(body)
            self.wfile.write(b"0\r\n\r\n" if response.truncate_at is None else b"")
        elif response.drip_seconds:
            for byte in body:
                self.wfile.write(bytes((byte,)))
                self.wfile.flush()
                self.sandbox.wait(response.drip_seconds)
        else:
            for _ in range(response.repeat):
                self.wfile.write(body)
                self.sandbox.bytes_sent += len(body)
        if response.truncate_at is not None:
            self.wfile.flush()
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are in `requests`."""


class _Listening(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone, or that would not shake hands."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _handler_for(sandbox: LoopbackServer) -> type[BaseHTTPRequestHandler]:
    return cast("type[BaseHTTPRequestHandler]", type("Handler", (_Handler,), {"sandbox": sandbox}))


def _encode(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
