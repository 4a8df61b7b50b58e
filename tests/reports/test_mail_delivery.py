"""Handing mails over: TLS that cannot be talked down, and an outcome for every reply."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from reports.deliver.mail import Delivery, MailServerError, Outcome, Server, send
from tests.faults.catalogue import case
from tests.reports.mail_servers import Authority, Postbox, a_scripted_server, a_server, an_authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return an_authority(tmp_path)


@pytest.fixture
def journal() -> list[str]:
    return []


def a_message(body: str = "Hello\n.leading dot\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "vmo@example.com", "ann@example.com", "Week 47"
    message.set_content(body)
    return message


def sent(server: Server, journal: list[str]) -> Delivery:
    return send(
        a_message(), server=server, sender="vmo@example.com", recipient="ann@example.com", journal=journal.append
    )


def test_hands_over_through_verified_starttls_and_logs_in_only_then(authority: Authority, journal: list[str]) -> None:
    postbox = Postbox()

    with a_server(postbox, starttls=authority.context, login=True) as port:
        server = Server(host="localhost", port=port, user="vmo", password="right", ca_file=str(authority.ca_file))
        delivery = sent(server, journal)

    assert delivery.outcome is Outcome.ACCEPTED
    assert postbox.logins == ["vmo"]
    assert postbox.recipients == ["ann@example.com"]
    assert b"\n.leading dot" in postbox.received[0]
    assert journal == ["data_started"]


def test_hands_over_through_tls_from_the_first_byte(authority: Authority, journal: list[str]) -> None:
    postbox = Postbox()

    with a_server(postbox, tls=authority.context) as port:
        delivery = sent(Server(host="localhost", port=port, security="tls", ca_file=str(authority.ca_file)), journal)

    assert delivery.outcome is Outcome.ACCEPTED


@case("M10")
def test_sends_nothing_when_starttls_was_stripped(journal: list[str]) -> None:
    postbox = Postbox()

    with a_server(postbox) as port, pytest.raises(MailServerError, match="offers no STARTTLS"):
        sent(Server(host="localhost", port=port, user="vmo", password="right"), journal)

    assert (postbox.received, postbox.logins, journal) == ([], [], [])


@case("M11")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_refuses_a_certificate_of_an_unknown_authority(authority: Authority, journal: list[str], security: str) -> None:
    tls = authority.context if security == "tls" else None
    starttls = authority.context if security == "starttls" else None

    with (
        a_server(Postbox(), tls=tls, starttls=starttls) as port,
        pytest.raises(MailServerError, match="could not be verified"),
    ):
        sent(Server(host="localhost", port=port, security=security), journal)

    assert journal == []


@case("M11")
def test_refuses_a_certificate_for_another_host(tmp_path: Path, journal: list[str]) -> None:
    other = an_authority(tmp_path, name="other.example.com")

    with (
        a_server(Postbox(), starttls=other.context) as port,
        pytest.raises(MailServerError, match="could not be verified"),
    ):
        sent(Server(host="localhost", port=port, ca_file=str(other.ca_file)), journal)


@case("M12")
def test_refuses_bytes_sent_ahead_of_the_encryption(journal: list[str]) -> None:
    with (
        a_scripted_server(dies_at="never", early=b"250 injected\r\n") as port,
        pytest.raises(MailServerError, match="ahead of the encryption"),
    ):
        sent(Server(host="127.0.0.1", port=port), journal)


@case("M13")
def test_names_a_refused_login_without_the_password(authority: Authority, journal: list[str]) -> None:
    with a_server(Postbox(), starttls=authority.context, login=True) as port:
        server = Server(host="localhost", port=port, user="vmo", password="wrong", ca_file=str(authority.ca_file))
        with pytest.raises(MailServerError, match="refused the login of vmo") as raised:
            sent(server, journal)

    assert "wrong" not in str(raised.value)
    assert "wrong" not in repr(server)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("550 no such mailbox", Outcome.REFUSED), ("450 greylisted", Outcome.DEFERRED), ("421 busy", Outcome.DEFERRED)],
)
def test_takes_the_servers_word_on_a_recipient(reply: str, outcome: Outcome, journal: list[str]) -> None:
    postbox = Postbox(rcpt_reply=reply)

    with a_server(postbox) as port:
        delivery = sent(Server(host="127.0.0.1", port=port, security="none"), journal)

    assert (delivery.outcome, delivery.code) == (outcome, int(reply[:3]))
    assert postbox.received == []
    assert journal == []


@pytest.mark.parametrize(("reply", "outcome"), [("554 spam", Outcome.REFUSED), ("451 later", Outcome.DEFERRED)])
def test_takes_the_servers_word_on_the_message(reply: str, outcome: Outcome, journal: list[str]) -> None:
    with a_server(Postbox(data_reply=reply)) as port:
        delivery = sent(Server(host="127.0.0.1", port=port, security="none"), journal)

    assert (delivery.outcome, delivery.code) == (outcome, int(reply[:3]))


@case("M06", "M08")
@pytest.mark.parametrize(
    ("step", "outcome", "told"),
    [
        pytest.param("greeting", Outcome.DEFERRED, [], id="before its greeting"),
        pytest.param("MAIL", Outcome.DEFERRED, [], id="before the recipient"),
        pytest.param("DATA", Outcome.DEFERRED, ["data_started"], id="before the message"),
        pytest.param("dot", Outcome.UNKNOWN, ["data_started"], id="after the final dot"),
    ],
)
def test_knows_whether_a_lost_connection_may_have_delivered(
    step: str, outcome: Outcome, told: list[str], journal: list[str]
) -> None:
    with a_scripted_server(dies_at=step) as port:
        delivery = sent(Server(host="127.0.0.1", port=port, security="none"), journal)

    assert delivery.outcome is outcome
    assert journal == told


def test_defers_when_the_server_is_busy_at_the_door(journal: list[str]) -> None:
    with a_scripted_server(dies_at="never", greeting=b"421 too busy\r\n") as port:
        delivery = sent(Server(host="127.0.0.1", port=port, security="none"), journal)

    assert (delivery.outcome, delivery.code) == (Outcome.DEFERRED, 421)


def test_defers_when_nobody_listens(journal: list[str]) -> None:
    with a_scripted_server(dies_at="greeting") as port:
        sent(Server(host="127.0.0.1", port=port, security="none"), journal)

    assert sent(Server(host="127.0.0.1", port=port, security="none"), journal).outcome is Outcome.DEFERRED


def test_sends_nothing_in_the_clear_to_another_machine(journal: list[str]) -> None:
    with pytest.raises(MailServerError, match="only for a server on this machine"):
        sent(Server(host="smtp.example.com", port=25, security="none"), journal)


def test_sends_nothing_when_the_journal_cannot_be_written() -> None:
    postbox = Postbox()

    def broken(step: str) -> None:
        raise RuntimeError("disk full")

    with a_server(postbox) as port, pytest.raises(RuntimeError, match="disk full"):
        send(
            a_message(),
            server=Server(host="127.0.0.1", port=port, security="none"),
            sender="vmo@example.com",
            recipient="ann@example.com",
            journal=broken,
        )

    assert postbox.received == []
