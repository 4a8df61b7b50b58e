"""A mail server with an authority of its own, that answers each recipient as it is told."""

from __future__ import annotations

import asyncio
import email
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.reports.mail_servers import Authority, Postbox, a_server, an_authority

LEAD, SPONSOR = "lead@example.com", "sponsor@example.com"
PASSWORD = "right"  # what the postbox takes


@dataclass
class Relay(Postbox):
    """Refuses who is in `refuses`; gives the first of `data_replies` once; hangs at RCPT or hangs up after the dot."""

    refuses: set[str] = field(default_factory=set)
    data_replies: list[str] = field(default_factory=list)
    hangs_up_after_the_dot: bool = False
    hangs_at_rcpt: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    authority: Authority | None = None

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one, policy=default) for one in self.received]

    @property
    def sent_to(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.mails)

    def settings(self, *to: str, when: str = "Mon 07:00") -> str:
        """The blocks `reports` and `mail` of a vmo.yaml."""
        assert self.authority is not None
        return (
            f'reports: {{weekly: {{packs: [digest], to: [{", ".join(to)}], locale: en, when: "{when}"}}}}\n'
            f"mail: {{host: localhost, port: {self.port}, user: vmo, password: env:SMTP_PASSWORD, "
            f"from: vmo@example.com, ca_bundle: {self.authority.ca_file}}}\n"
        )

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.hangs_at_rcpt:
            self.reached.set()
            await asyncio.sleep(30)
        if address in self.refuses:
            return "550 no such person"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_replies:
            return self.data_replies.pop(0)
        told = await super().handle_DATA(server, session, envelope)
        if self.hangs_up_after_the_dot:
            transport: Any = server.transport
            transport.abort()
        return told


@contextmanager
def a_relay(folder: Path) -> Iterator[Relay]:
    """A server that wants STARTTLS and a login."""
    relay = Relay(authority=an_authority(folder))
    assert relay.authority is not None
    with a_server(relay, starttls=relay.authority.context, login=True) as port:
        relay.port = port
        yield relay
