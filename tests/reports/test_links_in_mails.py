"""What a mail leads to: whole addresses where the editions are served, and else plain words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from domain.strategy import Decision
from reports.book import Edition, Former
from reports.packs import pages_by_pack
from reports.packs.digest import digest
from reports.reckoning import reckon
from reports.render.mail import Mail, mail
from reports.words.catalogue import Words
from tests.builders import a_decision
from tests.reports.books import a_book
from tests.reports.test_board_on_pages import a_board_book, epic, through

SERVED = "https://vmo.example.com"
PLACE = f"{SERVED}/r/customer-claims"
OF_A_TRACKER = ("https://jira.example.com/", "https://dev.azure.com/")


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_link_to_a_page_is_a_whole_address_where_editions_are_served(locale: str) -> None:
    sent = a_mail(locale, base_url=SERVED)

    ours = [one for one in links(sent) if not one.startswith(OF_A_TRACKER)]
    assert f"{PLACE}/2026-w47-r2/flow.{locale}.html#flow" in ours
    assert f"{PLACE}/2026-w47/digest.{locale}.html" in ours  # what it corrects
    assert all(one.startswith(f"{PLACE}/2026-w47") for one in ours)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_where_no_server_shows_the_pages_no_link_leads_to_one(locale: str) -> None:
    sent = a_mail(locale, base_url=None)

    assert links(sent)
    assert all(one.startswith(OF_A_TRACKER) for one in links(sent))
    assert {"en": "Flow not stable", "fr": "Flux instable"}[locale] in sent.text


def test_links_to_pages_and_of_decisions_stand_in_the_text_with_their_addresses() -> None:
    text = a_mail("en", base_url=SERVED).text

    assert f"corrects revision 1 ({PLACE}/2026-w47/digest.en.html)" in text
    assert f"Flow not stable ({PLACE}/2026-w47-r2/flow.en.html#flow)" in text
    assert "CLM-3 (https://jira.example.com/browse/CLM-3)" in text
    assert "- Finished: CLM-19 Claims triage\n" in text


def test_where_the_decisions_stand_that_a_mail_does_not_show_is_led_to() -> None:
    log = tuple(a_decision(f"D-{n}", "2026-11-10", decision=None) for n in range(7))

    sent = a_mail("en", base_url=SERVED, decisions=log)

    review = f"{PLACE}/2026-w47-r2/review.en.html#agenda"
    assert review in links(sent)
    assert f"in the review ({review})." in sent.text


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "The other four are not shown here. Two more are about the kanban."),
        ("fr", "Les quatre autres ne sont pas montrées ici. Deux de plus concernent le kanban."),
    ],
)
def test_where_no_server_shows_the_pages_the_other_decisions_are_counted_and_no_place_is_named(
    locale: str, said: str
) -> None:
    log = [a_decision(f"D-{n}", "2026-11-10", decision=None) for n in range(7)]
    stuck = [epic(str(n), (290 - n, "Analysing")) for n in range(3)]
    book = replace(a_board_book([*through(last=90), *stuck], decisions=log), base_url=None)

    page = digest(reckon(book), locale)

    told = mail(page, words=Words(locale=locale, year=2026, zone=book.calendar.zone))
    assert said in told.text
    apart = {"en": "not known · no reading yet", "fr": "non connu · aucun relevé encore"}[locale]
    assert apart in re.sub("<[^>]*>", "", told.html)
    assert f"; {apart.replace(' · ', ', ')}." in told.text


def a_mail(locale: str, *, base_url: str | None, decisions: tuple[Decision, ...] | None = None) -> Mail:
    former = Former(revision=1, folder="2026-w47", headlines={f"digest.{locale}.html": ""}, figures={})
    edition = Edition(id="2026-W47", revision=2, corrects=former)
    book = replace(a_book(), base_url=base_url, edition=edition)
    book = book if decisions is None else replace(book, decisions=decisions)
    ((_, page),) = pages_by_pack(reckon(book), packs=("digest",), locales=[locale])
    return mail(page, words=Words(locale=locale, year=2026, zone=book.calendar.zone), base_url=base_url)


def links(sent: Mail) -> list[str]:
    """Where the HTML leads."""
    return re.findall(r'href="([^"]*)"', sent.html)
