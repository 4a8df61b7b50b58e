"""Pages of one edition say the same of the same thing, and what they say is what the edition's tables hold."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pytest

from reports.editions import read_manifest
from tests.release.edition import LOCALES, Published, tree
from tests.release.test_markup import by_class, elements, words
from tests.release.window import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHEETS = 12  # of A4 landscape, before the definitions
LEAST_SHEETS = 8


def rows_of(published: Published, name: str) -> list[dict[str, str]]:
    with (published.folder / "data" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def money(minor: str, locale: str) -> str:
    """As pages print an amount in brief."""
    euros = int(minor) / 100
    sign, size = ("\u2212" if euros < 0 else ""), abs(euros)
    if size >= 999_500:
        said = f"{size / 1_000_000:.1f}"
        return f"{sign}€{said}m" if locale == "en" else f"{sign}{said.replace('.', ',')} M€"
    return f"{sign}€{round(size / 1000)}k" if locale == "en" else f"{sign}{round(size / 1000)} k€"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_money_of_each_theme_is_that_of_the_table(published: Published, locale: str) -> None:
    rows = rows_of(published, "theme-money")

    assert len(rows) == len(published.pages("theme", locale))
    for row in rows:
        (path,) = [one for one in published.pages("theme", locale) if one.name.startswith(f"theme-{row['theme']}.")]
        strip = plain(words(next(by_class(tree(path), "kpis"))))
        assert money(row["spent_minor"], locale) in strip
        if row["realised_minor"]:
            assert money(row["realised_minor"], locale) in strip
            assert money(row["planned_to_date_minor"], locale) in strip


@pytest.mark.parametrize("locale", LOCALES)
def test_epics_of_a_theme_stand_as_the_table_says(published: Published, locale: str) -> None:
    word = {"late": ("Likely late", "Retard probable"), "overdue": ("Overdue", "Échéance passée"),
            "kept": ("Likely in time", "Tenue probable"), "tight": ("Borderline", "Limite"),
            "closable": ("Work finished", "Travail fini"), "unknown": ("Too early", "Trop tôt"),
            "no_due": ("No due date", "Sans échéance"), "finished": ("Finished", "Terminé")}  # fmt: skip
    checked = 0
    for row in rows_of(published, "theme-epics"):
        (path,) = [one for one in published.pages("theme", locale) if one.name.startswith(f"theme-{row['theme']}.")]
        for table in by_class(tree(path), "epics"):
            for one in elements(table, "tr"):
                if row["key"] in [words(link) for link in elements(one, "a")][:1]:
                    assert word[row["standing"]][locale == "fr"] in words(one), row
                    checked += 1
    assert checked >= 10


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_overview_asks_about_a_theme_stands_on_its_page(published: Published, locale: str) -> None:
    (path,) = published.pages("overview", locale)
    keys = {row["key"]: row["theme"] for row in rows_of(published, "theme-epics")}

    asked = 0
    for one in elements(next(by_class(tree(path), "decisions")), "li"):
        for theme in {keys[found] for found in re.findall(r"[A-Z]+[-#]\d+", words(one)) if found in keys}:
            (own,) = [each for each in published.pages("theme", locale) if each.name.startswith(f"theme-{theme}.")]
            question = words(next(elements(one, "span"))).split(words(next(by_class(one, "meta"))))[0].strip()
            box = next(by_class(tree(own), "decisions"))
            assert question in words(box), (theme, question)
            asked += 1
    assert asked


@pytest.mark.parametrize("locale", LOCALES)
def test_what_reads_differently_today_is_one_count_in_one_wording(published: Published, locale: str) -> None:
    (restated,) = published.pages("restatement", locale)
    told = words(next(elements(tree(restated), "h1")))

    assert re.search(r"\d", told) or "Rien" in told or "Nothing" in told
    for pack in ("audit", "guardrails", "review"):
        assert told in words(tree(published.pages(pack, locale)[0])), pack


@pytest.mark.parametrize("locale", LOCALES)
def test_the_overview_has_predictability_and_spend_among_its_five_figures(published: Published, locale: str) -> None:
    (path,) = published.pages("overview", locale)

    titles = [words(next(elements(one, "h3"))) for one in by_class(tree(path), "kpi")]

    assert len(titles) == 5
    assert {"en": "PI predictability", "fr": "Prévisibilité du PI"}[locale] in titles
    assert {"en": "Spend tied to a theme", "fr": "Dépense rattachée à un thème"}[locale] in titles


@pytest.mark.needs_chromium
@pytest.mark.parametrize("locale", LOCALES)
def test_the_review_prints_on_eight_to_twelve_sheets(browser: Browser, published: Published, locale: str) -> None:
    (path,) = published.pages("review", locale)
    with opened(browser, path, bypass_csp=True) as page:
        page.add_style_tag(content="@media print { .definitions, .foot { display: none !important; } }")
        printed = page.pdf(prefer_css_page_size=True)

    assert LEAST_SHEETS <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= SHEETS


def test_the_manifest_has_the_seed_that_the_forecasts_name(published: Published) -> None:
    manifest = read_manifest(published.folder)

    assert manifest is not None
    assert f"trials, seed {manifest['seed']}:" in (published.folder / "flow.en.md").read_text("utf-8")
