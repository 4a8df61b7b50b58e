"""The digest as a mail: small, readable without pictures, the same each time it is made."""

from __future__ import annotations

from dataclasses import replace

import html5lib
import pytest

from reports.editions import content_digest
from reports.packs import pages
from reports.packs.digest import personal
from reports.reckoning import reckon
from reports.render.mail import BUDGET, PICTURE_BUDGET, Mail, Sender, mail, message
from reports.words.catalogue import Words
from tests.reports.books import a_book

SENDER = Sender(address="vmo@example.com", name="VMO, Norvane", unsubscribe="mailto:vmo@example.com?subject=stop")
SENT_AT = "Mon, 23 Nov 2026 07:00:00 +0100"


def a_mail(locale: str) -> Mail:
    book = a_book()
    page = pages(reckon(book), packs=["digest"], locales=[locale])[0]
    return mail(page, words=Words(locale=locale, year=2026, zone=book.calendar.zone))


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_stays_under_what_mail_programs_cut(locale: str) -> None:
    made = a_mail(locale)

    assert len(made.html.encode()) < BUDGET
    assert made.picture is not None
    assert made.picture.startswith(b"\x89PNG")
    assert len(made.picture) < PICTURE_BUDGET
    assert len(made.subject) <= 75


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_says_everything_without_its_picture(locale: str) -> None:
    made = a_mail(locale)

    tree = html5lib.parse(made.html, namespaceHTMLElements=False)
    pictures = list(tree.iter("img"))
    assert len(pictures) == 1
    assert any(character.isdigit() for character in pictures[0].attrib["alt"])
    assert pictures[0].attrib["src"].startswith("cid:")
    assert "820" in made.text
    assert "<" not in made.text


def test_has_text_page_and_picture_and_says_that_it_is_automatic() -> None:
    found = message(a_mail("en"), sender=SENDER, recipient="Ann <ann@example.com>", sent_at=SENT_AT)

    kinds = [part.get_content_type() for part in found.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["List-Unsubscribe"] == "<mailto:vmo@example.com?subject=stop>"


def test_names_the_same_message_the_same_and_another_recipients_differently() -> None:
    made = a_mail("en")

    first, again, other = (
        message(made, sender=SENDER, recipient=one, sent_at=SENT_AT)
        for one in ("ann@example.com", "Ann <ANN@example.com>", "bob@example.com")
    )

    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert bytes(first) == bytes(message(made, sender=SENDER, recipient="ann@example.com", sent_at=SENT_AT))


def test_reads_back_what_was_published() -> None:
    made = a_mail("fr")

    assert Mail.from_json(made.to_json()) == made


def a_personal_mail(person: str, locale: str, *, is_stale: bool = False) -> Mail | None:
    book = replace(a_book(is_stale=is_stale), people=(person,))
    numbers = reckon(book)
    common = pages(numbers, packs=["digest"], locales=[locale])[0]
    own = dict(personal(numbers, locale, common=common)).get(person)
    return None if own is None else mail(own, words=Words(locale=locale, year=2026, zone=book.calendar.zone))


def test_what_waits_for_a_person_comes_first_in_forty_lines_and_nothing_of_it_is_of_others() -> None:
    everyones, own = a_mail("en"), a_personal_mail("marc  delaunay", "en")

    assert own is not None
    first = own.text.partition("FIVE FIGURES")[0]
    assert "WAIT FOR YOU" in first or "WAITS FOR YOU" in first
    assert "Marc Delaunay, privacy board" in first
    assert "Hélène Roussel, strategic portfolio review" not in first
    assert "Hélène Roussel, strategic portfolio review" in everyones.text
    assert own.subject.startswith(("For you: ", "Two things for you: ", "Three things for you: "))
    assert len(own.subject) <= 75
    assert len(own.text.splitlines()) <= 40
    assert own.picture is None


def test_a_person_for_whom_nothing_waits_gets_the_mail_that_everyone_gets() -> None:
    assert a_personal_mail("Nobody Atall", "en") is None


def test_what_waits_is_told_in_french() -> None:
    own = a_personal_mail("Marc Delaunay", "fr")

    assert own is not None
    assert "ATTEND" in own.text
    assert own.subject.startswith(("Pour vous", "Deux points pour vous", "Trois points pour vous"))


def test_a_stale_tracker_is_in_the_subject_of_a_personal_mail_too() -> None:
    own = a_personal_mail("Marc Delaunay", "en", is_stale=True)

    assert own is not None
    assert own.subject.startswith("STALE: ")
    assert len(own.subject) <= 75


def test_naming_a_person_makes_another_revision_with_a_mail_for_them() -> None:
    alone, named = (
        content_digest(reckon(replace(a_book(), people=people)), packs=["digest"], locales=["en"])
        for people in ((), ("Marc Delaunay",))
    )

    assert alone != named
