"""A revision says on each of its pages what it corrects: which figures moved, and whether the headline stands."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from reports.book import Former
from reports.data import tables
from reports.editions import Published, as_published, publish, verify
from reports.page import KeyFigure, plain
from reports.reckoning import Reckoning, reckon
from reports.render.mail import Mail
from reports.sections.correction import banner
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import Words
from tests.reports.books import a_book

PACKS = ("overview", "flow", "guardrails", "digest")


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published, Published]:
    folder = tmp_path_factory.mktemp("out")
    return publish(a_book(), folder, packs=PACKS), publish(a_book(seed=8), folder, packs=PACKS)


def test_a_correction_names_the_figures_that_moved_and_leads_to_the_former_page(
    corrected: tuple[Published, Published],
) -> None:
    _, second = corrected

    english, french = (first_line(second, f"overview.{locale}.md") for locale in ("en", "fr"))

    assert english.startswith("> **Corrected.** Revision 2, published Monday 23 November 2026, 07:00 CET, corrects "
                              "[revision 1](../2026-w47/overview.en.html). Moved: ")  # fmt: skip
    assert "Flow time, 85% of features, from 39 days to 42 days; Throughput, features, from 2 last week to 5" in english
    assert "On track" not in english  # which stayed
    assert english.endswith("The headline stands.")
    assert "corrige [la révision 1](../2026-w47/overview.fr.html)" in french
    assert "42\u00a0jours au lieu de 39\u00a0jours\u202f; " in french


def test_a_headline_that_does_not_stand_is_told(corrected: tuple[Published, Published]) -> None:
    first, second = corrected
    was = json.loads((first.folder / "manifest.json").read_text("utf-8"))["headlines"]["flow.en.html"]

    assert first_line(second, "flow.en.md").endswith(f"The headline was “{was}”.")


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        ({"forecast": "Full-year forecast"}, "Full-year forecast, €26.2m, which is no longer told"),
        ({}, "one figure of this page is no longer told"),
    ],
    ids=["named", "of an older version"],
)
def test_a_figure_that_is_no_longer_told_is_among_what_moved(titles: dict[str, str], said: str) -> None:
    name = "flow.en.html"
    former = Former(
        revision=1, folder="2026-w47", headlines={name: "“A” is late"},
        figures={name: {"forecast": "€26.2m", "load": "31 in progress"}}, titles={name: titles},
    )  # fmt: skip
    book = a_book()
    load = KeyFigure(id="load", title="Flow load", value="31", unit="in progress")
    told = replace(load, id="dates", title="Due dates", value="5", unit="of 7")
    numbers = reckon(replace(book, edition=replace(book.edition, revision=2, corrects=former)))

    (found,) = banner(
        Scribe(numbers, Words(locale="en", year=2026, zone=book.calendar.zone)),
        "flow",
        headline=text("Nothing is late"),
        figures=(load, told),
    )

    assert f"Moved: Due dates, 5 of 7, which was not on this page before; {said}." in plain(found.text)
    assert plain(found.text).endswith("The headline was “‘A’ is late”.")


def test_the_mail_of_a_correction_says_so_in_its_subject_and_before_anything_else(
    corrected: tuple[Published, Published],
) -> None:
    second = Mail.from_json((corrected[1].folder / "digest.en.mail.json").read_text("utf-8"))

    marked = second.as_correction()

    assert not second.subject.startswith("Correction")  # whoever has no other revision
    assert marked.subject.startswith("Correction: ")
    assert marked.subject.endswith("(week 47)")
    assert len(marked.subject) <= 75
    assert marked.text.startswith("Corrected. Revision 2")


def test_a_correction_of_words_alone_says_that_no_figure_moved(tmp_path: Path) -> None:
    book = a_book()
    renamed = replace(book.portfolio, themes=(replace(book.portfolio.themes[0], name="X"), *book.portfolio.themes[1:]))
    first = publish(book, tmp_path, packs=("flow",))

    second = publish(replace(book, portfolio=renamed), tmp_path, packs=("flow",))
    third = publish(book, tmp_path, packs=("flow", "risks"))

    assert first_line(second, "flow.en.md").endswith(
        "No key figure of this page moved. What differs stands in the words and the rows of its pages. "
        "The headline stands."
    )
    for former in (first, second):  # each leads to the newest, in one step
        page = (former.folder / "flow.fr.html").read_text("utf-8")
        assert page.count('class="banner superseded"') == 1
        assert f'<a href="../{third.folder.name}/flow.fr.html">' in page
        assert verify(former.folder) == []


def test_what_another_version_of_the_program_tells_beside_it_is_no_change_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("reports.editions.tables", with_fewer_columns)
        publish(replace(a_book(), wording="older"), tmp_path, packs=("guardrails",))

    upgraded = publish(replace(a_book(), wording="newer"), tmp_path, packs=("guardrails",))
    moved = publish(replace(a_book(seed=8), wording="newest"), tmp_path, packs=("guardrails",))

    told = "Another version of the program made revision 1: it may be words and columns that differ, and not the data."
    assert first_line(upgraded, "guardrails.en.md").endswith(
        f"No key figure of this page moved. {told} The headline stands."
    )
    french = first_line(upgraded, "guardrails.fr.md")
    assert "Une autre version du programme a produit la révision 1" in french
    assert "tableau" not in french
    assert "guardrail-shares.csv" in first_line(moved, "guardrails.en.md")
    assert "Another version of the program made revision 2" in first_line(moved, "guardrails.en.md")


def with_fewer_columns(numbers: Reckoning, *, packs: Collection[str]) -> dict[str, bytes]:
    """The tables as a version made them that had none of the last two columns of one, and lacked another."""
    found = tables(numbers, packs=packs)
    del found["votes"]
    rows = found["guardrail-shares"].decode().splitlines(keepends=False)
    fewer = "".join(f"{row.rsplit(',', 2)[0]}\r\n" for row in rows)
    return found | {"guardrail-shares": fewer.encode()}


def test_the_former_revision_keeps_its_pages_and_leads_to_the_new_one(corrected: tuple[Published, Published]) -> None:
    first, _ = corrected
    page = (first.folder / "overview.en.html").read_bytes()

    assert b'<a href="../2026-w47-r2/overview.en.html">the new revision</a>' in page
    assert b"Corrected." not in as_published(page)


def first_line(published: Published, name: str) -> str:
    """The first banner of a page."""
    lines = (published.folder / name).read_text("utf-8").splitlines()
    return next(line for line in lines if line.startswith(">"))
