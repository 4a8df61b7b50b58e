"""A stand-in for the webhooks of Teams and Slack: keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.cli.listening import listening


@dataclass
class Webhook:
    """`answers` are given once each, first to last; then 200. 0 hangs up without an answer."""

    answers: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    location: str = ""
    port: int = 0

    def url(self, path: str = "/services/T00/B00/canary-webhook-51c7") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def a_webhook() -> Iterator[Webhook]:
    told = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.received.append(json.loads(body))
            status = told.answers.pop(0) if told.answers else 200
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            if told.location:
                self.send_header("Location", told.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with listening(Handler) as told.port:
        yield told
