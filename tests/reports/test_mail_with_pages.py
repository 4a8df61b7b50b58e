"""A mail that carries its pages, for readers without a server to open them on; what tells two mails apart."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default

import pytest

from reports.deliver.mail import Outcome, Server, send
from reports.packs import pages
from reports.reckoning import reckon
from reports.render.html import html
from reports.render.mail import ATTACHED_BUDGET, Mail, Sender, attachable, mail, message
from reports.words.catalogue import Words
from tests.reports.books import a_book
from tests.reports.mail_servers import Postbox, a_server

SENDER = Sender(address="vmo@example.com", name="VMO, Norvane")
SENT_AT = "Mon, 23 Nov 2026 07:00:00 +0100"


def words(locale: str) -> Words:
    return Words(locale=locale, year=2026, zone=a_book().calendar.zone)


def a_mail(locale: str = "en") -> Mail:
    return mail(pages(reckon(a_book()), packs=["digest"], locales=[locale])[0], words=words(locale))


def addressed(
    made: Mail, *, report: str | None = None, attachments: tuple[tuple[str, bytes], ...] = ()
) -> EmailMessage:
    return message(
        made, sender=SENDER, recipient="ann@example.com", sent_at=SENT_AT, report=report, attachments=attachments
    )


def test_a_reader_without_a_server_gets_the_overview_with_the_digest() -> None:
    page = pages(reckon(a_book()), packs=["overview"], locales=["fr"])[0]
    published = html(page, words=words("fr")).encode()
    postbox, journal = Postbox(), list[str]()
    built = addressed(a_mail("fr"), attachments=(("overview.fr.html", published),))

    with a_server(postbox) as port:
        told = send(
            built,
            server=Server(host="127.0.0.1", port=port, security="none"),
            sender="vmo@example.com",
            recipient="ann@example.com",
            journal=journal.append,
        )

    assert told.outcome is Outcome.ACCEPTED
    got = email.message_from_bytes(postbox.received[0], policy=default)
    assert isinstance(got, EmailMessage)
    attached = list(got.iter_attachments())
    assert [(one.get_filename(), one.get_content_type()) for one in attached] == [("overview.fr.html", "text/html")]
    assert attached[0].get_payload(decode=True) == published
    assert max(map(len, postbox.received[0].splitlines())) <= 998
    for kind in ("plain", "html"):
        body = got.get_body((kind,))
        assert body is not None
        assert "Les pages de cette édition sont jointes" in body.get_content()


def test_a_mail_without_pages_does_not_speak_of_any() -> None:
    built = addressed(a_mail())

    assert not list(built.iter_attachments())
    assert "attached" not in built.as_string()


def test_the_same_mail_with_pages_is_the_same_bytes() -> None:
    made, page = a_mail(), (("overview.en.html", b"<html></html>"),)

    assert bytes(addressed(made, attachments=page)) == bytes(addressed(made, attachments=page))


def test_two_reports_and_two_languages_to_one_reader_are_different_mails() -> None:
    english, french = a_mail("en"), a_mail("fr")

    found = [
        addressed(english, report="weekly"),
        addressed(english, report="board"),
        addressed(french, report="weekly"),
        addressed(english),
    ]

    assert len({one["Message-ID"] for one in found}) == 4
    assert addressed(english, report="weekly")["Message-ID"] == found[0]["Message-ID"]
    assert addressed(english, report="digest")["Message-ID"] == found[3]["Message-ID"]


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        pytest.param((500, 400), ["overview.en.html", "theme-core.en.html"], id="all that fit"),
        pytest.param((500, ATTACHED_BUDGET), ["overview.en.html"], id="the overview where all are too heavy"),
        pytest.param((ATTACHED_BUDGET + 1, 400), [], id="nothing that is too heavy by itself"),
    ],
)
def test_attaches_no_more_than_a_mailbox_takes(sizes: tuple[int, int], kept: list[str]) -> None:
    found = attachable([("overview.en.html", bytes(sizes[0])), ("theme-core.en.html", bytes(sizes[1]))])

    assert [name for name, _ in found] == kept
