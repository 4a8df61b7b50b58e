"""A mail server that follows a script: what it answers at each step, where it is silent, and where it hangs up."""

from __future__ import annotations

import email
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot", "QUIT")
HANGS_UP, SILENT = "hangs up", "silent"
_OTHERWISE = {"greeting": "220 here", "DATA": "354 go", "QUIT": "221 bye", "STARTTLS": "220 go", "AUTH": "235 welcome"}


@dataclass
class Relay:
    """Answers each step with the next of its script, and with a yes when that is used up.

    A script's word is a reply, HANGS_UP, SILENT, or `late: SECONDS`. A message counts as `received` when its final dot
    has come, whatever is answered then. `reached` has a mark for each step that was come to.
    """

    script: dict[str, list[str]] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)  # by recipient, the reply to RCPT
    size: int | None = None  # what EHLO announces
    starttls: ssl.SSLContext | None = None
    received: list[bytes] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)  # the recipients of messages that were answered with 250
    senders: list[str] = field(default_factory=list)
    transactions: list[list[str]] = field(default_factory=list)  # the recipients of each
    reached: Counter[str] = field(default_factory=Counter)
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one, policy=default) for one in self.received]

    @property
    def sent_to(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.mails)

    def settings(self, *to: str, when: str = "Mon 07:00") -> str:
        """The blocks `reports` and `mail` of a vmo.yaml."""
        return (
            f'reports: {{weekly: {{packs: [digest], to: [{", ".join(to)}], locale: en, when: "{when}"}}}}\n'
            f"mail: {{host: 127.0.0.1, port: {self.port}, tls: none, from: vmo@example.com}}\n"
        )

    def answer(self, step: str, told: str = "") -> str:
        """What this step is answered with, noted as reached."""
        self.reached[step] += 1
        if step == "RCPT" and told in self.refuses:
            return self.refuses[told]
        if self.script.get(step):
            return self.script[step].pop(0)
        if step == "EHLO":
            more = [f"SIZE {self.size}"] if self.size else []
            more += ["STARTTLS", "AUTH PLAIN"] if self.starttls else []
            lines = ["here", *more]
            return "\r\n".join(f"250{'-' if one is not lines[-1] else ' '}{one}" for one in lines)
        return _OTHERWISE.get(step, "250 OK")


@contextmanager
def a_scripted_relay(relay: Relay | None = None) -> Iterator[Relay]:
    """Let it listen on the loopback, for one connection after the other or several beside each other."""
    relay = relay or Relay()
    with socket.create_server(("127.0.0.1", relay.port)) as listener:
        relay.port = listener.getsockname()[1]
        closing = threading.Event()
        open_now: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    open_now.append(connection)
                    threading.Thread(target=_serve, args=(relay, connection, closing), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield relay
        finally:
            closing.set()
            for one in open_now:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _serve(relay: Relay, connection: socket.socket, closing: threading.Event) -> None:
    with suppress(OSError), connection:
        _Conversation(relay, connection, closing).hold()


class _Conversation:
    def __init__(self, relay: Relay, connection: socket.socket, closing: threading.Event) -> None:
        self.relay = relay
        self.connection = connection
        self.lines: Any = connection.makefile("rb")
        self.closing = closing

    def hold(self) -> None:
        if not self._say("greeting"):
            return
        while line := self.lines.readline():
            word = line.strip().split(b" ")[0].split(b":")[0].upper().decode()
            told = line.decode(errors="replace").partition("<")[2].partition(">")[0]
            if not self._step(word, told):
                return

    def _step(self, word: str, told: str) -> bool:
        if word == "MAIL":
            self.relay.senders.append(told)
            self.relay.transactions.append([])
        if word == "RCPT":
            self.relay.transactions[-1].append(told)
        if not (said := self._say(word, told)):
            return False
        if word == "STARTTLS" and said.startswith("220"):
            assert self.relay.starttls is not None
            self.connection = self.relay.starttls.wrap_socket(self.connection, server_side=True)
            self.lines = self.connection.makefile("rb")
        if word == "DATA" and said.startswith("354"):
            return self._read_message()
        return word != "QUIT"

    def _read_message(self) -> bool:
        if self.relay.script.get("body"):
            self.relay.reached["body"] += 1
            self.lines.readline()
            if self.relay.script["body"].pop(0) == HANGS_UP:
                return False
            self.closing.wait()
            return False
        content = bytearray()
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                return False
            content += line[1:] if line.startswith(b".") else line
        self.relay.received.append(bytes(content))
        said = self._say("dot")
        if said.startswith("250"):
            self.relay.taken += self.relay.transactions[-1]
        return bool(said)

    def _say(self, step: str, told: str = "") -> str:
        """Answer; return what was said, or nothing where the conversation is over."""
        said = self.relay.answer(step, told)
        if said == HANGS_UP:
            return ""
        if said == SILENT:
            self.closing.wait()
            return ""
        if said.startswith("late: "):
            time.sleep(float(said.removeprefix("late: ")))
            said = _OTHERWISE.get(step, "250 OK")
        self.connection.sendall(said.encode() + b"\r\n")
        return said
