"""A proxy that records: what a page asks of the world."""

from __future__ import annotations

import socket
import threading


class Recorder:
    """A proxy that lets nothing through and keeps the first line of whatever was asked of it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(5)
                try:
                    asked = caller.recv(4096)
                    caller.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    asked = b"a connection that said nothing"
            self.lines.append(asked.split(b"\r\n", 1)[0].decode("latin-1"))

    def close(self) -> None:
        self._listening.close()
