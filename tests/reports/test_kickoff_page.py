"""The baseline's page: made for who asks, whole in both languages, with limits that can be pasted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from reports.baseline import Draft, baseline, snippet
from reports.editions import publish, read_manifest, render
from reports.packs import ON_REQUEST, PACKS, REGULAR, pages
from reports.page import Code, Exhibit
from reports.reckoning import reckon
from tests.builders import a_journey
from tests.reports.books import a_book
from tests.reports.test_risks_page import a_book_with, a_risk

HOSTILE = 'In "review": [x] # `no`\u202e\n<b>'


def test_it_is_only_made_for_who_asks() -> None:
    numbers = reckon(a_book())

    regular = [page for page in pages(numbers) if page.report == "kickoff"]
    asked = [page.locale for page in pages(numbers, packs=["kickoff"])]

    assert regular == []
    assert asked == ["en", "fr"]
    assert set(REGULAR) | set(ON_REQUEST) == set(PACKS)


def test_no_other_page_leads_to_it_and_it_leads_to_the_others() -> None:
    found = render(reckon(a_book()), packs=(*REGULAR, "kickoff"))

    others = [name for name in found if name.endswith(".html") and not name.startswith("kickoff")]
    assert [name for name in others if b"kickoff.en.html" in found[name] or b"kickoff.fr.html" in found[name]] == []
    assert b'href="overview.en.html"' in found["kickoff.en.html"]


def test_once_asked_for_it_stays_in_every_further_revision(tmp_path: Path) -> None:
    publish(a_book(), tmp_path, packs=("overview", "kickoff"))

    again = publish(a_book(), tmp_path, packs=("overview",))
    corrected = publish(a_book(seed=8), tmp_path, packs=("overview",))

    assert not again.is_new
    assert corrected.is_new
    assert (read_manifest(corrected.folder) or {})["packs"] == ["overview", "kickoff"]


def test_an_edition_of_another_week_has_it_not(tmp_path: Path) -> None:
    publish(a_book(), tmp_path, packs=("overview", "kickoff"))
    book = a_book()
    later = replace(book, edition=replace(book.edition, id="2026-W48"))

    published = publish(later, tmp_path, packs=("overview",))

    assert (read_manifest(published.folder) or {})["packs"] == ["overview"]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_it_is_whole_without_works_and_small_with_them(locale: str) -> None:
    full = render(reckon(a_book()), packs=["kickoff"])
    bare = render(reckon(a_book(journeys=())), packs=["kickoff"])

    assert len(full[f"kickoff.{locale}.html"]) < 1_000_000
    assert b'class="empty"' in bare[f"kickoff.{locale}.html"]
    assert b"```yaml" not in bare[f"kickoff.{locale}.md"]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_the_lines_to_paste_are_the_same_in_every_language_and_format(locale: str) -> None:
    numbers = reckon(a_book())
    draft = snippet(baseline(numbers).draft)
    found = render(numbers, packs=["kickoff"])

    markdown = found[f"kickoff.{locale}.md"].decode()
    assert f"```yaml\n{draft}```" in markdown
    (page,) = pages(numbers, packs=["kickoff"], locales=[locale])
    assert [one.lines for section in page.sections for one in section.blocks if isinstance(one, Code)] == [draft]
    assert draft.splitlines()[-1] in found[f"kickoff.{locale}.html"].decode()


def test_drafted_shares_add_up_to_a_hundred() -> None:
    draft = baseline(reckon(a_book())).draft

    assert sum(draft.capacity.values()) == 100


def test_a_status_of_any_name_reads_back_from_the_lines_as_it_was() -> None:
    draft = Draft(
        horizons={"H1": 100},
        capacity={},
        wip={"in-review": 3},
        states={"in-review": (HOSTILE, "no")},
        has_board=False,
        level="epic",
        service_days={"epic": 1},
    )

    told = snippet(draft)

    assert yaml.safe_load(told)["kanban"] == {"level": "epic", "states": {"in-review": [HOSTILE, "no"]}}
    assert "`" not in told
    assert "\u202e" not in told


def test_a_risk_needs_no_level_and_is_not_among_the_items_that_count_nowhere() -> None:
    book = a_book_with(a_risk("R-1"), items=[a_journey(key="S-1", level=None)])
    numbers = reckon(book)

    (found,) = [one for one in numbers.defects if one.rule == "no_level"]

    assert [one.key for one in found.journeys] == ["S-1"]
    assert baseline(numbers).levelless == 1


def test_the_shares_of_the_themes_add_up_to_the_whole() -> None:
    book = a_book()
    numbers = reckon(book)
    (page,) = pages(numbers, packs=["kickoff"], locales=["en"])
    (section,) = [one for one in page.sections if one.id == "alignment"]
    (exhibit,) = [one for one in section.blocks if isinstance(one, Exhibit)]

    shares = ["".join(span.text for span in one.cells[1].text) for one in exhibit.table.rows]

    assert round(sum(float(one.rstrip("%")) for one in shares), 1) == 100.0
