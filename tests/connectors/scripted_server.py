"""A loopback server that answers by script and remembers what it was asked.

    with serving(lambda seen: json_answer({"values": []})) as server:
        requests.get(server.url + "/rest/api/3/myself")
        server.seen[0].path == "/rest/api/3/myself"

The script is a function of the request, or a list of replies given out one after the other (the last one stays).
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SERVER_DATE = "Sun, 01 Nov 2026 12:00:00 GMT"


@dataclass(frozen=True, kw_only=True)
class Seen:
    method: str
    path: str  # without the query
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """`Content-Length` is added unless `headers` names it; `drip_seconds` parts the body's bytes in time."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip_seconds: float = 0.0
    reset: bool = False  # cut the connection instead of answering


Script = Callable[[Seen], Reply]


def json_answer(value: Any, *, status: int = 200, packed: bool = False, **headers: str) -> Reply:
    body = json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    if packed:
        body, named = gzip.compress(body), named | {"Content-Encoding": "gzip"}
    return Reply(status=status, headers={"Content-Type": "application/json;charset=UTF-8"} | named, body=body)


def html_answer(text: str = "<html>Sign in</html>", *, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers={"Content-Type": "text/html"} | named, body=text.encode())


@dataclass(kw_only=True)
class ScriptedServer:
    url: str
    seen: list[Seen]

    def asked(self, path_end: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path.endswith(path_end)]


@contextmanager
def serving(script: Script | Sequence[Reply], *, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    answer = script if callable(script) else _one_after_the_other(script)
    seen: list[Seen] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Seen(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query),
                headers=dict(self.headers.items()),
                body=body,
            )
            with lock:
                seen.append(asked)
                reply = answer(asked)
            self._send(reply)

        do_GET = do_POST = do_OPTIONS = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815  # the names http.server asks

        def _send(self, reply: Reply) -> None:
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                self.connection.close()
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            headers = {"Date": SERVER_DATE, "Content-Length": str(len(reply.body))} | dict(reply.headers)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if reply.drip_seconds:
                for byte in reply.body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(reply.drip_seconds)
            else:
                self.wfile.write(reply.body)
            self.wfile.flush()
            if headers["Content-Length"] != str(len(reply.body)):
                self.close_connection = True

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the client has gone

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                return  # the client has gone

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield ScriptedServer(url=f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", seen=seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _one_after_the_other(replies: Sequence[Reply]) -> Script:
    left = list(replies)

    def answer(_: Seen) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer
