"""Hand a mail over to a server: verified TLS always, one recipient a transaction, every reply checked.

    claim ──> connect, TLS, AUTH ──> MAIL, RCPT ──> data_started ──> DATA ──> reply
                                                    (committed)               accepted, refused, deferred
                                                                    lost ──>  unknown

Nobody can know whether a message arrived when the connection dies after our final dot (RFC 1047): that is `unknown`,
never a second message on our own account.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from ipaddress import ip_address

TIMEOUT_SECONDS = 60.0
Journal = Callable[[str], None]


class Outcome(StrEnum):
    """What became of one message."""

    ACCEPTED = "accepted"  # the server took it with 250
    REFUSED = "refused"  # it never will: 5xx
    DEFERRED = "deferred"  # it may later: 4xx, or no connection
    UNKNOWN = "unknown"  # the connection died between our final dot and the reply


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The outcome for one recipient, the server's code where there was one, and a sentence for the operator."""

    recipient: str
    outcome: Outcome
    code: int | None
    detail: str


class MailServerError(Exception):
    """The server cannot be used as it is: a person must act. Nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A mail server. `security` is `tls` (from the first byte), `starttls`, or `none`, which only a loopback may have.

    The certificate is verified against `ca_file` or the system's authorities, and against the host's name.
    """

    host: str
    port: int
    security: str = "starttls"
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    timeout_seconds: float = TIMEOUT_SECONDS
    local_name: str | None = None

    def __repr__(self) -> str:
        return f"Server(host={self.host!r}, port={self.port}, security={self.security!r}, user={self.user!r})"


def send(
    message: EmailMessage,
    *,
    server: Server,
    sender: str,
    recipient: str,
    journal: Journal,
    settled: Callable[[Delivery], None] = lambda _: None,
    lighter: EmailMessage | None = None,
) -> Delivery:
    """Send one message to one recipient.

    `journal` is called with `data_started` before the message's first byte leaves, and must have committed when it
    returns: a crash before it may be repeated, a crash after it may not. `settled` is told the outcome before we say
    goodbye, so that a server that hangs then, or a process that dies, leaves nobody in doubt. `lighter` is the same
    message without its attachments, for a server that says it takes none so large. Raises MailServerError for what
    no repetition mends: TLS not offered or not verified, a login refused.
    """
    try:
        connection = connect(server)
    except smtplib.SMTPResponseException as error:
        return _settled(settled, _replied(recipient, error.smtp_code, error.smtp_error))
    except OSError as error:
        told = f"{server.host} cannot be reached: {_told(error)}"
        return _settled(settled, _delivery(recipient, Outcome.DEFERRED, None, told))
    try:
        delivery = _transaction(
            connection, message, lighter=lighter, sender=sender, recipient=recipient, journal=journal
        )
        return _settled(settled, delivery)
    finally:
        with suppress(OSError):
            connection.quit()
        connection.close()


def connect(server: Server) -> smtplib.SMTP:
    """A connection ready for mail: encrypted, verified, logged in. For `vmo check`, too.

    Raises MailServerError for what a person must mend, OSError or SMTPException for what may pass.
    """
    if server.security not in ("tls", "starttls", "none"):
        raise MailServerError(f"{server.host}: security is tls, starttls or none, not {server.security!r}")
    if server.security == "none":
        if not _is_loopback(server.host):
            raise MailServerError(f"{server.host}: mail without TLS is only for a server on this machine; use starttls")
        if server.user is not None:
            raise MailServerError(f"{server.host}: no password is sent without TLS; use starttls")
    try:
        return _opened(server)
    except ssl.SSLCertVerificationError as error:
        raise MailServerError(
            f"{server.host}: its certificate could not be verified ({_told(error)}); mend it, or name its authority "
            "in ca_file"
        ) from error
    except ssl.SSLEOFError:
        raise  # the line was cut: it may pass
    except ssl.SSLError as error:
        raise MailServerError(
            f"{server.host}: no TLS could be agreed ({_told(error)}); check port and security"
        ) from error


def _settled(settled: Callable[[Delivery], None], delivery: Delivery) -> Delivery:
    settled(delivery)
    return delivery


def _opened(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=server.local_name,
            timeout=server.timeout_seconds,
            context=context,
        )
    else:
        connection = smtplib.SMTP(
            server.host, server.port, local_hostname=server.local_name, timeout=server.timeout_seconds
        )
    try:
        _greet(connection)
        if server.security == "starttls":
            _encrypt(connection, server, context)
        if server.user is not None:
            _log_in(connection, server)
    except BaseException:
        connection.close()
        raise
    return connection


def _greet(connection: smtplib.SMTP) -> None:
    code, reply = connection.ehlo()
    if code != 250:
        raise smtplib.SMTPHeloError(code, reply)


def _encrypt(connection: smtplib.SMTP, server: Server, context: ssl.SSLContext) -> None:
    if not connection.has_extn("starttls"):
        raise MailServerError(f"{server.host} offers no STARTTLS: nothing was sent; use another port, or security: tls")
    code, reply = connection.docmd("STARTTLS")
    if code != 220:
        raise smtplib.SMTPResponseException(code, reply)
    if _has_early_bytes(connection):
        raise MailServerError(f"{server.host} sent bytes ahead of the encryption: nothing was sent; ask its operator")
    assert connection.sock is not None
    connection.sock = context.wrap_socket(connection.sock, server_hostname=server.host)
    connection.file = None
    connection.helo_resp = None
    connection.ehlo_resp = None
    connection.esmtp_features = {}
    connection.does_esmtp = False
    _greet(connection)


def _has_early_bytes(connection: smtplib.SMTP) -> bool:
    """Did the server (or someone between) send more than the reply to STARTTLS in the clear?"""
    file = connection.file
    if file is None or connection.sock is None:
        return False
    connection.sock.setblocking(False)
    try:
        return bool(file.peek(1))
    except (BlockingIOError, InterruptedError):
        return False
    finally:
        connection.sock.settimeout(connection.timeout)


def _log_in(connection: smtplib.SMTP, server: Server) -> None:
    assert server.user is not None
    try:
        code, _ = connection.login(server.user, server.password or "")
    except smtplib.SMTPNotSupportedError as error:
        raise MailServerError(f"{server.host} offers no login although a user is configured") from error
    except smtplib.SMTPAuthenticationError as error:
        if 400 <= error.smtp_code < 500:
            raise smtplib.SMTPResponseException(error.smtp_code, error.smtp_error) from None
        raise MailServerError(
            f"{server.host} refused the login of {server.user} ({error.smtp_code}); check user and password"
        ) from None
    if code != 235:  # the library takes 503 for a success
        raise MailServerError(f"{server.host} answered the login of {server.user} with {code}; check user and password")


def _transaction(
    connection: smtplib.SMTP,
    message: EmailMessage,
    *,
    lighter: EmailMessage | None,
    sender: str,
    recipient: str,
    journal: Journal,
) -> Delivery:
    data, note = message.as_bytes(policy=SMTP), ""
    if (limit := _limit(connection)) is not None and limit < len(data):
        note = f"the message has {len(data)} bytes, the server takes {limit}"
        data = b"" if lighter is None else lighter.as_bytes(policy=SMTP)
        if lighter is None or limit < len(data):
            return _delivery(recipient, Outcome.REFUSED, 552, note)
        note = f"; sent without its attached pages, for {note}"
    try:
        code, reply = connection.mail(sender)
        if code != 250:
            return _replied(recipient, code, reply)
        code, reply = connection.rcpt(recipient)
        if code not in (250, 251):
            return _replied(recipient, code, reply)
    except OSError as error:
        return _delivery(
            recipient, Outcome.DEFERRED, None, f"the connection was lost before the message: {_told(error)}"
        )
    journal("data_started")
    delivery = _data(connection, data, recipient=recipient)
    return replace(delivery, detail=delivery.detail + note)


def _limit(connection: smtplib.SMTP) -> int | None:
    """The largest message that the server says it takes; None: it says nothing, or that there is no limit."""
    said = connection.esmtp_features.get("size", "")
    return int(said) if said.isdigit() and int(said) > 0 else None


def _data(connection: smtplib.SMTP, data: bytes, *, recipient: str) -> Delivery:
    """Hand the bytes over. Until the final dot has left, a lost connection is harmless."""
    try:
        code, reply = connection.docmd("DATA")
    except OSError as error:
        return _delivery(
            recipient, Outcome.DEFERRED, None, f"the connection was lost before the message: {_told(error)}"
        )
    if code != 354:
        return _replied(recipient, code, reply)
    body = _dotted(data)
    try:
        connection.send(body)
    except OSError as error:
        return _delivery(
            recipient, Outcome.DEFERRED, None, f"the connection was lost within the message: {_told(error)}"
        )
    try:
        connection.send(b".\r\n")
        code, reply = connection.getreply()
    except OSError as error:
        return _delivery(
            recipient, Outcome.UNKNOWN, None, f"no reply after the message, it may have arrived: {_told(error)}"
        )
    if code == 250:
        return _delivery(recipient, Outcome.ACCEPTED, code, _reply_text(reply))
    return _replied(recipient, code, reply)


def _dotted(data: bytes) -> bytes:
    """The message with its line ends normalised and its leading dots doubled (RFC 5321, 4.5.2)."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


def _replied(recipient: str, code: int, reply: bytes | str) -> Delivery:
    outcome = Outcome.REFUSED if 500 <= code < 600 else Outcome.DEFERRED
    return _delivery(recipient, outcome, code, _reply_text(reply))


def _delivery(recipient: str, outcome: Outcome, code: int | None, detail: str) -> Delivery:
    return Delivery(recipient=recipient, outcome=outcome, code=code, detail=detail)


def _reply_text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:200]


def _told(error: BaseException) -> str:
    if isinstance(error, TimeoutError | socket.timeout):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or "certificate not valid"
    return str(getattr(error, "strerror", None) or error) or type(error).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
