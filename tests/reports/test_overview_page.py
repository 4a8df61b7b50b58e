"""The overview as its readers get it: structure, limits, safety."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html import unescape

import html5lib
import pytest

from reports.findings import findings, fits, headline
from reports.packs.overview import overview
from reports.page import plain
from reports.reckoning import reckon
from reports.render.html import BUDGET, html
from reports.render.markdown import markdown
from reports.words.catalogue import Words
from tests.reports.books import a_book


def words_of(locale: str) -> Words:
    return Words(locale=locale, year=2026, zone=a_book().calendar.zone)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_opens_with_one_heading_that_is_the_finding(locale: str) -> None:
    page = overview(reckon(a_book()), locale)

    rendered = html(page, words=words_of(locale))

    tree = html5lib.parse(rendered, namespaceHTMLElements=False)
    heads = tree.findall(".//h1")
    assert len(heads) == 1
    said = plain(page.headline).replace(" ;", "\u202f;") if locale == "fr" else plain(page.headline)
    assert "".join(heads[0].itertext()).replace("\u00a0", " ") == said.replace("\u00a0", " ")


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_makes_no_request_and_runs_nothing(locale: str) -> None:
    rendered = html(overview(reckon(a_book()), locale), words=words_of(locale))

    assert "<script" not in rendered
    assert " style=" not in rendered
    assert "src=" not in rendered.replace("src: url", "")
    assert rendered.count("<style>") == 2
    assert len(rendered.encode()) < BUDGET


def test_gives_the_same_bytes_for_the_same_book() -> None:
    first = html(overview(reckon(a_book()), "en"), words=words_of("en"))

    again = html(overview(reckon(a_book()), "en"), words=words_of("en"))

    assert first == again
    assert markdown(overview(reckon(a_book()), "fr"), words=words_of("fr")) == markdown(
        overview(reckon(a_book()), "fr"), words=words_of("fr")
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("seed", range(6))
def test_keeps_the_headline_short_with_two_numbers_at_most(locale: str, seed: int) -> None:
    found = findings(reckon(a_book(seed=seed)))

    said, used = headline(found, words_of(locale), is_stale=False)

    assert used
    assert fits(said, words_of(locale))


def test_links_every_item_it_names_to_its_tracker() -> None:
    rendered = html(overview(reckon(a_book()), "en"), words=words_of("en"))

    tree = html5lib.parse(rendered, namespaceHTMLElements=False)
    ids = [link for link in tree.iter("a") if link.get("class") == "id"]
    assert ids
    for link in ids:
        key = unescape("".join(link.itertext()))
        number = key.removeprefix("AB#")
        assert link.get("href") in (
            f"https://jira.example.com/browse/{key}",
            f"https://dev.azure.com/example/PolicyCore/_workitems/edit/{number}",
        )


def test_has_the_themes_in_effect_and_calls_one_that_nobody_measured_in_time_by_that_and_no_move() -> None:
    book = a_book()
    first, second, third, fourth = book.portfolio.themes
    due = date(2026, 11, 18)  # in the week that it tells of
    unread = replace(first.key_results[0], kpi="of no file", due=due, starts=date(2026, 1, 1))
    themes = (
        replace(first, key_results=(unread,)),
        replace(second, effective_to=date(2026, 11, 22)),
        replace(third, effective_to=date(2026, 11, 21), key_results=fourth.key_results),
        fourth,
    )

    numbers = reckon(replace(book, portfolio=replace(book.portfolio, themes=themes)))

    told = markdown(overview(numbers, "en"), words=words_of("en"))
    rows = [line.split(" | ")[:2] for line in told.splitlines() if line.startswith("| [")]
    assert [(theme.partition("]")[0].strip("| ["), status.partition(" · ")[0]) for theme, status in rows] == [
        ("Settle claims in days, not weeks", "Not measured"),
        ("Sell where customers already are", "On track"),
        ("A platform that stays up", "On track"),
    ]
    assert "Status" not in told.partition("What changed")[2]
    assert numbers.monthly_on_track[-1] == numbers.on_track


def test_keeps_a_stale_tracker_out_of_the_headline_but_on_top_of_the_page() -> None:
    page = overview(reckon(a_book(is_stale=True)), "en")

    assert page.banners[0].bad
    assert "policy-core" in plain(page.headline)
    assert "features" not in plain(page.headline)
