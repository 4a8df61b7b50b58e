"""Real mail servers over loopback: good ones, and ones that fail at a chosen step."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own, and a server's certificate that it signed."""

    ca_file: Path
    context: ssl.SSLContext


def an_authority(folder: Path, *, name: str = "localhost") -> Authority:
    """Make both; `name` is the host the server's certificate is for."""
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = (
        x509.CertificateBuilder()
        .subject_name(root_name)
        .issuer_name(root_name)
        .public_key(root_key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(root_name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name)] + ([x509.IPAddress(ip_address("127.0.0.1"))] if name == "localhost" else [])
            ),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    ca_file, chain = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return Authority(ca_file=ca_file, context=context)


@dataclass
class Postbox:
    """What a server was handed, and how it answers."""

    rcpt_reply: str = "250 OK"
    data_reply: str = "250 taken"
    received: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients.append(address)
        if self.rcpt_reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        return self.data_reply

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def a_server(
    postbox: Postbox, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, login: bool = False
) -> Iterator[int]:
    """A server on a free port of the loopback; gives the port."""
    more: dict[str, Any] = {}
    if starttls is not None:
        more |= {"tls_context": starttls, "require_starttls": True}
    if login:
        more |= {"authenticator": postbox.log_in, "auth_required": True}
    if tls is not None and login:
        more |= {"auth_require_tls": False}
    controller = Controller(postbox, hostname="127.0.0.1", port=0, ssl_context=tls, **more)
    controller.port = _free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def a_scripted_server(*, dies_at: str, early: bytes = b"", greeting: bytes = b"220 here\r\n") -> Iterator[int]:
    """A server in the clear that hangs up at a step: `greeting`, `MAIL`, `DATA`, `body` or `dot`.

    `early` are bytes it sends right behind its reply to STARTTLS.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                _converse(connection, lines, dies_at=dies_at, early=early, greeting=greeting)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(5)


def _converse(connection: socket.socket, lines: Any, *, dies_at: str, early: bytes, greeting: bytes) -> None:
    if dies_at == "greeting":
        return
    connection.sendall(greeting)
    for line in lines:
        word = line.strip().split(b" ")[0].split(b":")[0].upper().decode()
        if word == dies_at:
            return
        if word == "EHLO":
            connection.sendall(b"250-here\r\n250 STARTTLS\r\n" if early else b"250 here\r\n")
        elif word == "STARTTLS":
            connection.sendall(b"220 go\r\n" + early)
        elif word == "DATA":
            connection.sendall(b"354 go\r\n")
            if dies_at == "body":
                return
            for content in lines:
                if content == b".\r\n":
                    break
            if dies_at == "dot":
                return
            connection.sendall(b"250 taken\r\n")
        elif word == "QUIT":
            connection.sendall(b"221 bye\r\n")
            return
        else:
            connection.sendall(b"250 OK\r\n")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
