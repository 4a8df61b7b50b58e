"""Six portfolios with one right decision each: the headline names the thing, and a decision asks about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.journey import Journey
from metrics.hazards import Hazards
from reports.book import Book
from reports.findings import findings
from reports.packs.digest import digest
from reports.packs.overview import overview
from reports.page import Page, plain
from reports.reckoning import reckon
from reports.words.catalogue import LOCALES
from tests.builders import a_benefit, a_decision, a_journey, an_indicator
from tests.reports.scripted import AS_OF, a_quiet_book, a_source


def a_refuted_bet() -> Book:
    """A bet of theme embed whose day has passed, and its KPI has hardly moved."""
    book = a_quiet_book()
    bet = a_benefit(
        0, 100, id="portal", kpi="partners", item="Ecume-2", due="2027-12-31",
        indicators=[an_indicator(40, 100, kpi="partners", by="2026-10-31")],
    )  # fmt: skip
    themes = [
        replace(one, benefits=(*one.benefits, replace(bet, name="Partner portal"))) if one.id == "embed" else one
        for one in book.portfolio.themes
    ]
    return replace(book, portfolio=replace(book.portfolio, themes=tuple(themes)))


def a_starved_horizon() -> Book:
    """The train that should work on what is still evaluated works on today's business like the others."""
    book = a_quiet_book()

    def drawn_off(one: Journey) -> Journey:
        if one.placement.train != "Fjord":
            return one
        return replace(one, placement=replace(one.placement, themes={"settle": Decimal(1)}))

    return replace(book, journeys=tuple(map(drawn_off, book.journeys)))


def a_blocked_train() -> Book:
    """Four features of Azur are in progress, and three of them wait for one epic of Dune."""
    book = a_quiet_book()
    blocker = _in_progress(book, "Dune")
    waiting = [
        replace(
            a_journey("2026-10-01", key=f"AZ-{number}", level="feature", train="Azur", themes={"settle": 1},
                      value_stream="claims", updated="2026-11-19"),
            is_blocked=number < 3,
        )
        for number in range(4)
    ]  # fmt: skip
    named = replace(blocker, key="DUN-77", title="Customer identity")
    items = [named if one.id == blocker.id else one for one in book.journeys]
    blocking = {one.id: (blocker.id,) for one in waiting[:3]}
    return replace(book, journeys=(*items, *waiting), hazards=Hazards(blocking=blocking))


def an_unapproved_start() -> Book:
    """One of Dune's epics costs 2.4 million, is in progress, and nobody approved it."""
    book = a_quiet_book()
    dear = replace(
        _in_progress(book, "Dune"), key="BIG-1", title="New policy core", owner="H. Solberg",
        values={"cost_estimate": Decimal(2_400_000)},
    )  # fmt: skip
    return replace(book, journeys=tuple(dear if one.id == dear.id else one for one in book.journeys))


def a_stale_tracker() -> Book:
    """The tracker has not been read for three days, and an epic that began before them has no approval."""
    source = a_source(complete_at=AS_OF - timedelta(days=3), outcome="failed")
    return replace(an_unapproved_start(), trust=(source,))


def a_tracker_half_held() -> Book:
    """The tracker declares a hundred items, and sixty are here."""
    return replace(an_unapproved_start(), trust=(a_source(held=60),))


def _in_progress(book: Book, train: str) -> Journey:
    """An epic that the train works on."""
    return next(
        one
        for one in book.journeys
        if one.is_open and one.started_at and one.placement.train == train and one.placement.level == "epic"
    )


@dataclass(frozen=True, kw_only=True)
class Script:
    book: Callable[[], Book]
    headline: dict[str, str]
    decision: dict[str, str]
    owner: dict[str, str]


SCRIPTS = {
    "stop a refuted bet": Script(
        book=a_refuted_bet,
        headline={"en": "“Partner portal” is refuted", "fr": "« Partner portal » est réfutée"},
        decision={
            "en": "“Partner portal” is refuted: persevere, pivot or stop?",
            "fr": "« Partner portal » est réfutée : persévérer, pivoter ou arrêter ?",
        },
        owner={"en": "M. Petit. Ecume-2", "fr": "M. Petit. Ecume-2"},
    ),
    "fund the starved horizon": Script(
        book=a_starved_horizon,
        headline={"en": "too little goes to H3 (evaluating): 0.0%", "fr": "trop peu"},
        decision={"en": "Move work from", "fr": "Déplacer"},
        owner={"en": "LPM, strategic portfolio review.", "fr": "LPM, révision stratégique du portefeuille."},
    ),
    "unblock one train": Script(
        book=a_blocked_train,
        headline={"en": "Azur stands still, waiting for DUN-77", "fr": "Azur est à l’arrêt, dans l’attente de DUN-77"},
        decision={
            "en": "Unblock Azur: put DUN-77 Customer identity first, for the three items that wait for it?",
            "fr": "Débloquer Azur : faire passer DUN-77 Customer identity en premier, "
            "pour les trois éléments qui l’attendent ?",
        },
        owner={"en": "M. Petit, portfolio sync.", "fr": "M. Petit, synchronisation du portefeuille."},
    ),
    "approve or pause": Script(
        book=an_unapproved_start,
        headline={"en": "New policy core", "fr": "New policy core"},
        decision={"en": "Approve BIG-1 New policy core after the fact, pause it, or stop it?", "fr": "BIG-1"},
        owner={"en": "H. Solberg, portfolio sync. In work without approval since", "fr": "H. Solberg"},
    ),
    "do not trust a stale tracker": Script(
        book=a_stale_tracker,
        headline={"en": "Jira (payments) has not been read completely since", "fr": "Jira (payments)"},
        decision={
            "en": "Do not decide on these figures until payments has been read completely.",
            "fr": "Ne rien décider sur ces chiffres avant une lecture complète de payments.",
        },
        owner={"en": "VMO lead", "fr": "Responsable du VMO"},
    ),
    "do not trust a tracker half held": Script(
        book=a_tracker_half_held,
        headline={"en": "Only 60.0% of the items are here: do not decide", "fr": "ne décidez rien sur ces chiffres"},
        decision={
            "en": "Do not decide on these figures until the missing items have been read.",
            "fr": "Ne rien décider sur ces chiffres tant que les éléments manquants n’ont pas été lus.",
        },
        owner={"en": "VMO lead", "fr": "Responsable du VMO"},
    ),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_scripted_portfolio_ends_with_its_headline_and_its_decision(name: str, locale: str) -> None:
    script = SCRIPTS[name]

    page = overview(reckon(script.book()), locale)

    assert script.headline[locale].casefold() in plain(page.headline).casefold()
    assert plain(page.decisions[0].text).startswith(script.decision[locale]) or (
        script.decision[locale] in plain(page.decisions[0].text)
    )
    assert script.owner[locale] in plain(page.decisions[0].meta)
    assert len(page.decisions) == 1  # nothing else is wrong


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_to_do_is_said_and_nothing_is_asked(locale: str) -> None:
    numbers = reckon(a_quiet_book())

    page = overview(numbers, locale)

    said = {"en": "Nothing crossed a threshold this week", "fr": "Aucun seuil franchi cette semaine"}
    assert plain(page.headline) == said[locale]
    assert page.decisions == ()
    assert page.decisions_title == {"en": "No decision is waiting", "fr": "Aucune décision n’est attendue"}[locale]
    assert {one.kind for one in findings(numbers)} == {"themes_on_track", "quiet"}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_mail_of_a_quiet_week_says_so_in_its_subject(locale: str) -> None:
    page = digest(reckon(a_quiet_book()), locale)

    assert page.subject.startswith({"en": "Quiet week:", "fr": "Semaine calme"}[locale])


def test_the_mail_asks_for_what_the_overview_asks_for() -> None:
    numbers = reckon(a_refuted_bet())

    assert digest(numbers, "en").decisions == overview(numbers, "en").decisions


def test_a_starved_horizon_is_named_even_where_another_is_further_over() -> None:
    page = overview(reckon(a_starved_horizon()), "en")

    said = plain(page.decisions[0].text)
    assert "evaluating" in said.split(" to ", 1)[1].casefold()


def test_what_was_decided_or_asked_already_is_not_proposed_again() -> None:
    book = a_refuted_bet()
    decided = a_decision("D-7", "2026-11-10", item="Ecume-2", decision="Stop")
    waiting = a_decision("D-8", "2026-11-10", item="Ecume-2", decision=None)

    def texts(page: Page) -> list[str]:
        return [plain(one.text) for one in page.decisions]

    assert texts(overview(reckon(replace(book, decisions=(*book.decisions, decided))), "en")) == []
    assert texts(overview(reckon(replace(book, decisions=(*book.decisions, waiting))), "en")) == ["Question of D-8"]


def test_two_blocked_items_of_four_are_no_train_that_stands_still() -> None:
    book = a_blocked_train()
    freed = tuple(replace(one, is_blocked=False) if one.key == "AZ-0" else one for one in book.journeys)

    assert "train_blocked" not in {one.kind for one in findings(reckon(replace(book, journeys=freed)))}


def test_a_train_whose_blockers_nobody_linked_is_asked_what_it_waits_for() -> None:
    page = overview(reckon(replace(a_blocked_train(), hazards=Hazards())), "en")

    assert "Azur stands still: 3 of 4 items are blocked" in plain(page.headline)
    assert plain(page.decisions[0].text).startswith("Unblock Azur: what do its three blocked items wait for")
    assert plain(page.decisions[0].meta).startswith("RTE of Azur, portfolio sync.")
