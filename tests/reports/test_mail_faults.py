"""What goes wrong between us and a mail server, step by step, over real sockets: the catalogue's M cases."""

from __future__ import annotations

import inspect
import time
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reports.deliver import mail as delivering
from reports.deliver.mail import Delivery, MailServerError, Outcome, Server, send
from reports.packs import pages
from reports.reckoning import reckon
from reports.render.mail import Sender, mail, message
from reports.words.catalogue import Words
from tests.faults.catalogue import case
from tests.reports.books import a_book
from tests.reports.mail_servers import an_authority
from tests.reports.scripted_mail import HANGS_UP, SILENT, Relay, a_scripted_relay

ANN = "ann@example.com"
LONG = ("x" * 70 + "\n") * 200_000  # more than the kernel takes for a server that reads nothing
SOON = 0.4  # seconds of patience, where a test waits for it to end


def a_message(body: str = "Hello\n") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "vmo@example.com", ANN, "Week 47"
    made.set_content(body)
    return made


def sent(
    relay: Relay,
    *,
    told: list[str] | None = None,
    lighter: EmailMessage | None = None,
    body: str = "Hello\n",
    patience: float = SOON,
) -> Delivery:
    """Hand a message to the relay; `told` gets each word of the journal, and the outcome when it is settled."""
    notes = [] if told is None else told
    return send(
        a_message(body),
        server=Server(host="127.0.0.1", port=relay.port, security="none", timeout_seconds=patience),
        sender="vmo@example.com",
        recipient=ANN,
        journal=notes.append,
        settled=lambda delivery: notes.append(delivery.outcome.value),
        lighter=lighter,
    )


@case("M01")
@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
def test_421_at_any_step_defers_the_message_and_the_next_attempt_delivers_it(step: str) -> None:
    with a_scripted_relay(Relay(script={step: ["421 too busy"]})) as relay:
        first, second = sent(relay), sent(relay)

    assert (first.outcome, first.code) == (Outcome.DEFERRED, 421)
    assert second.outcome is Outcome.ACCEPTED
    assert relay.taken == [ANN]


@case("M02")
@pytest.mark.parametrize("code", ["450", "451", "452"])
def test_a_greylisted_recipient_has_one_message_in_the_end(code: str) -> None:
    with a_scripted_relay(Relay(script={"RCPT": [f"{code} come back later"] * 2})) as relay:
        outcomes = [sent(relay).outcome for _ in range(3)]

    assert outcomes == [Outcome.DEFERRED, Outcome.DEFERRED, Outcome.ACCEPTED]
    assert len(relay.received) == 1


@case("M05")
@pytest.mark.parametrize("reply", ["552 too large", "554 rejected"])
def test_a_message_refused_after_its_text_is_refused(reply: str) -> None:
    with a_scripted_relay(Relay(script={"dot": [reply]})) as relay:
        delivery = sent(relay)

    assert (delivery.outcome, delivery.code) == (Outcome.REFUSED, int(reply[:3]))


@case("M07")
def test_a_reply_later_than_our_patience_leaves_the_message_in_doubt() -> None:
    told: list[str] = []
    with a_scripted_relay(Relay(script={"dot": [f"late: {SOON * 2}"]})) as relay:
        delivery = sent(relay, told=told)

    assert delivery.outcome is Outcome.UNKNOWN
    assert told == ["data_started", "unknown"]


@case("M08")
@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "body"])
def test_a_connection_lost_before_the_final_dot_is_tried_again(step: str) -> None:
    with a_scripted_relay(Relay(script={step: [HANGS_UP]})) as relay:
        outcomes = [sent(relay, body=LONG if step == "body" else "Hello\n", patience=20).outcome for _ in range(2)]

    assert outcomes == [Outcome.DEFERRED, Outcome.ACCEPTED]
    assert relay.taken == [ANN]


@case("M13")
@pytest.mark.parametrize("reply", ["535 bad credentials", "503 already logged in", "250 hm"])
def test_a_login_is_good_only_when_the_server_says_235(reply: str, tmp_path: Path) -> None:
    authority = an_authority(tmp_path)
    with a_scripted_relay(Relay(script={"AUTH": [reply]}, starttls=authority.context)) as relay:
        server = Server(
            host="127.0.0.1", port=relay.port, user="vmo", password="canary-pw", ca_file=str(authority.ca_file)
        )
        with pytest.raises(MailServerError, match="login of vmo") as raised:
            send(a_message(), server=server, sender="vmo@example.com", recipient=ANN, journal=lambda _: None)

    assert "canary-pw" not in str(raised.value)
    assert relay.reached["MAIL"] == 0


@case("M14")
@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("greeting", Outcome.DEFERRED),
        ("EHLO", Outcome.DEFERRED),
        ("MAIL", Outcome.DEFERRED),
        ("RCPT", Outcome.DEFERRED),
        ("DATA", Outcome.DEFERRED),
        ("dot", Outcome.UNKNOWN),
        ("QUIT", Outcome.ACCEPTED),
    ],
)
def test_a_silent_server_is_left_when_our_patience_ends(step: str, outcome: Outcome) -> None:
    told: list[str] = []
    with a_scripted_relay(Relay(script={step: [SILENT]})) as relay:
        began = time.monotonic()
        delivery = sent(relay, told=told)
        seconds = time.monotonic() - began

    assert delivery.outcome is outcome
    assert told[-1] == outcome.value
    assert SOON <= seconds < SOON * 2 + 2


@case("M14")
def test_a_server_that_goes_silent_in_its_handshake_is_left_too(tmp_path: Path) -> None:
    authority = an_authority(tmp_path)
    with a_scripted_relay(Relay(starttls=authority.context, script={"STARTTLS": [SILENT]})) as relay:
        server = Server(host="127.0.0.1", port=relay.port, ca_file=str(authority.ca_file), timeout_seconds=SOON)
        delivery = send(a_message(), server=server, sender="vmo@example.com", recipient=ANN, journal=lambda _: None)

    assert delivery.outcome is Outcome.DEFERRED


@case("M14")
def test_our_patience_is_a_minute_where_nothing_else_is_said() -> None:
    assert inspect.signature(Server).parameters["timeout_seconds"].default == delivering.TIMEOUT_SECONDS <= 60


@case("M06", "M09")
def test_what_was_acknowledged_is_written_down_before_we_say_goodbye() -> None:
    known_at_quit: list[list[str]] = []
    told: list[str] = []

    class Watching(Relay):
        def answer(self, step: str, recipient: str = "") -> str:
            if step == "QUIT":
                known_at_quit.append(list(told))
            return super().answer(step, recipient)

    with a_scripted_relay(Watching()) as relay:
        sent(relay, told=told)

    assert known_at_quit == [["data_started", "accepted"]]


@case("M15")
def test_a_server_that_takes_no_mail_so_large_gets_it_without_its_pages() -> None:
    lighter = a_message("The pages are not attached.\n")
    with a_scripted_relay(Relay(size=300)) as relay:
        delivery = sent(relay, body="x" * 400, lighter=lighter)

    (arrived,) = relay.received
    assert delivery.outcome is Outcome.ACCEPTED
    assert b"The pages are not attached." in arrived
    assert "sent without its attached pages, for the message has " in delivery.detail
    assert "the server takes 300" in delivery.detail


@case("M15")
def test_a_server_that_takes_not_even_that_is_sent_nothing() -> None:
    with a_scripted_relay(Relay(size=50)) as relay:
        delivery = sent(relay, body="x" * 400, lighter=a_message())

    assert (delivery.outcome, delivery.code) == (Outcome.REFUSED, 552)
    assert relay.reached["MAIL"] == 0


@case("M17")
def test_bounces_go_to_the_senders_mailbox_and_acceptance_is_not_called_delivery() -> None:
    with a_scripted_relay() as relay:
        delivery = sent(relay)

    assert relay.senders == ["vmo@example.com"]
    assert delivery.outcome.value == "accepted"
    assert "delivered" not in {outcome.value for outcome in Outcome}


@case("M18")
@pytest.mark.parametrize(
    "title",
    [
        pytest.param("A\r\nBcc: everyone@example.com\r\n\r\nbody", id="line breaks"),
        pytest.param("long " * 2000, id="10 kB"),
        pytest.param("safe\u202egnp.exe\u202c and \u200bhidden", id="right to left"),
        pytest.param("half \ud83d a character", id="a lone surrogate"),
        pytest.param("nul \x00 escape \x1b[2J", id="control characters"),
    ],
)
def test_a_hostile_title_becomes_a_plain_subject(title: str) -> None:
    (page,) = pages(reckon(a_book()), packs=["digest"], locales=["en"])
    built = message(
        mail(replace(page, subject=title), words=Words(locale="en", year=2026, zone=ZoneInfo("UTC"))),
        sender=Sender(address="vmo@example.com"),
        recipient=ANN,
        sent_at="Mon, 23 Nov 2026 07:00:00 +0100",
    )
    with a_scripted_relay() as relay:
        send(
            built,
            server=Server(host="127.0.0.1", port=relay.port, security="none"),
            sender="vmo@example.com",
            recipient=ANN,
            journal=lambda _: None,
        )

    (arrived,) = relay.mails
    subject = str(arrived["Subject"])
    assert len(subject) <= 150
    assert arrived["Bcc"] is None
    assert relay.transactions == [[ANN]]
    assert not any(ord(one) < 32 or 0x202A <= ord(one) <= 0x202E or 0xD800 <= ord(one) < 0xE000 for one in subject)
