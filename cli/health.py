"""The health endpoint of `vmo serve`: GET /health, for monitoring; 200 while all is well, 503 while something is not.

It says what `vmo status` says, with recipients' names left out: whoever can reach the port can read it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cli import clock, logs
from cli.outcome import CommandError, ExitCode
from cli.status import describe
from cli.workspace import Workspace
from sync.store.faults import StoreError

REQUEST_SECONDS = 10.0
_KEPT = ("portfolio", "settings", "may_mail", "next", "editions", "arrivals", "problems")


@contextmanager
def listening(current: Callable[[], Workspace], skipped: Callable[[], Mapping[str, int]]) -> Iterator[None]:
    """Answer where the settings' `serve.listen` says; nowhere where it says nothing. Raises CommandError."""
    listen = current().settings.document.serve.listen
    if listen is None:
        yield
        return
    host, _, port = listen.rpartition(":")
    try:
        server = ThreadingHTTPServer((host.strip("[]"), int(port)), _handler(lambda: health(current(), skipped())))
    except OSError as error:
        raise CommandError(
            f"serve.listen: {listen} cannot be listened on ({error.strerror}); choose another port",
            code=ExitCode.WRONG_USAGE,
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def health(workspace: Workspace, skipped: Mapping[str, int]) -> dict[str, Any]:
    """How things stand, in JSON values. `ok` is false while there is any problem."""
    state = describe(workspace, now=clock.now())
    told = {name: state[name] for name in _KEPT}
    told["sources"] = [
        {name: source[name] for name in ("source", "outcome", "complete_at", "stale")} for source in state["sources"]
    ]
    told["skipped_turns"] = dict(skipped)
    told["open_mails"] = len(state["open_mails"])
    named = {str(one["recipient"]) for one in (*state["arrivals"], *state["open_mails"])}
    hidden: dict[str, Any] = json.loads(_without(json.dumps(told), named))
    return {"ok": not told["problems"], **hidden}


def _without(text: str, addresses: set[str]) -> str:
    """ann@example.com becomes a...@example.com, in whatever letters a server's reply repeats it."""
    for address in sorted(addresses, key=len, reverse=True):
        hidden = f"{address[0]}...@{address.rpartition('@')[2]}"
        text = hidden.join(re.split(re.escape(address), text, flags=re.IGNORECASE))
    return logs.redacted(text)


def _handler(ask: Callable[[], dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS
        server_version, sys_version = "vmo", ""

        def do_GET(self) -> None:
            if self.path != "/health":
                self._answer(404, {"ok": False, "problems": ["there is only /health here"]})
                return
            try:
                told = ask()
            except (StoreError, CommandError) as error:
                told = {"ok": False, "problems": [logs.redacted(str(error))]}
            self._answer(200 if told["ok"] else 503, told)

        def _answer(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Monitoring asks every minute; that is no news."""

    return Handler
