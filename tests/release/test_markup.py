"""What every page of every pack holds, whatever it tells: budgets, no script, labels, definitions, headlines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from reports.packs import PACKS
from reports.render.html import BUDGET, BUDGET_OF_A_PACK
from tests.release.edition import LOCALES, Published, tree

LIGHT = ("overview", "theme")
LONGEST_HEADLINE = {"en": 22, "fr": 24}
SHORTHAND = {"[z]": "[z] not applicable", "[so]": "[so] sans objet"}

pytestmark = [pytest.mark.parametrize("locale", LOCALES), pytest.mark.parametrize("pack", PACKS)]


def test_every_page_keeps_to_its_budget(published: Published, pack: str, locale: str) -> None:
    budget = BUDGET if pack in LIGHT else BUDGET_OF_A_PACK

    for path in published.pages(pack, locale):
        assert path.stat().st_size < budget, path.name


def test_no_page_has_a_script_a_style_attribute_or_a_handler(published: Published, pack: str, locale: str) -> None:
    for path in published.pages(pack, locale):
        found = tree(path)

        assert not [one for one in elements(found) if one.tag in ("script", "link", "iframe", "object", "base", "form")]
        assert not [
            one for one in elements(found) if any(name == "style" or name.startswith("on") for name in one.attrib)
        ]
        assert [one.attrib["http-equiv"] for one in elements(found, "meta") if "http-equiv" in one.attrib] == [
            "Content-Security-Policy"
        ]
        assert len(list(elements(found, "style"))) == 2


def test_every_id_is_there_once_and_every_link_inside_finds_its_place(
    published: Published, pack: str, locale: str
) -> None:
    for path in published.pages(pack, locale):
        ids = [one.attrib["id"] for one in elements(tree(path)) if "id" in one.attrib]
        links = [one.attrib["href"] for one in elements(tree(path), "a")]

        assert sorted(set(ids)) == sorted(ids), path.name
        assert {one.removeprefix("#") for one in links if one.startswith("#")} <= set(ids), path.name
        for name in {one.partition("#")[0] for one in links if "://" not in one and not one.startswith("#")}:
            assert (path.parent / name).resolve().is_file(), f"{path.name} leads to {name}"


def test_every_figure_has_a_statement_what_is_drawn_a_label_and_its_data(
    published: Published, pack: str, locale: str
) -> None:
    for path in published.pages(pack, locale):
        for figure in elements(tree(path), "figure"):
            heads = [words(one) for one in elements(figure, "h3")]
            assert len(heads) == 1, path.name
            assert heads[0], path.name
            assert any(words(one) for one in by_class(figure, "sub")), heads
            drawings = [one for one in elements(figure, "svg") if one.attrib.get("role") == "img"]
            assert drawings or list(by_class(figure, "empty")), heads
            assert all(one.attrib["aria-label"].strip() for one in drawings), heads
            assert not drawings or list(elements(figure, "table")) or list(elements(figure, "li")), heads


def test_every_key_figure_is_held_against_something_says_how_it_moves_and_how_it_is_computed(
    published: Published, pack: str, locale: str
) -> None:
    for path in published.pages(pack, locale):
        found = tree(path)
        figures = list(by_class(found, "kpi"))
        for figure in figures:
            name = words(next(elements(figure, "h3")))
            assert words(next(by_class(figure, "value"))), f"{path.name}: {name}"
            assert words(next(by_class(figure, "vs"))), f"{path.name}: {name} has neither a target nor “no target”"
            assert words(next(by_class(figure, "trend"))), f"{path.name}: {name} has no word on how it moves"
            defined = " ".join(words(one) for one in elements(found, "details"))
            assert f"{name}." in defined, f"{path.name}: {name} has no definition"


def test_every_headline_is_a_short_sentence_that_names_no_stale_source(
    published: Published, pack: str, locale: str
) -> None:
    manifest = json.loads((published.folder / "manifest.json").read_text("utf-8"))
    stale = {one["source"] for one in manifest["sources"] if one["outcome"] not in ("ok", "complete")}

    for path in published.pages(pack, locale):
        (headline,) = (words(one) for one in elements(tree(path), "h1"))
        ours = re.sub(r"“[^”]*”|«[^»]*»", "X", headline)  # a name that others gave is as long as it is
        said = [one for one in ours.split() if re.search(r"\w", one)]
        assert 2 < len(said) <= LONGEST_HEADLINE[locale], f"{path.name}: {len(said)} words: {headline}"
        assert not [one for one in stale if one in headline], headline


def test_a_shorthand_in_a_cell_is_explained_under_its_table(published: Published, pack: str, locale: str) -> None:
    for path in published.pages(pack, locale):
        for section in elements(tree(path), "section"):
            cells = [words(cell) for cell in elements(section, "td")]
            for sign, explained in SHORTHAND.items():
                if any(sign in cell for cell in cells):
                    assert explained in words(section), f"{path.name}: {section.attrib.get('id')}"


def elements(within: Any, tag: str | None = None) -> Iterator[Any]:
    return (
        one for one in within.iter() if isinstance(one.tag, str) and (tag is None or one.tag.rpartition("}")[2] == tag)
    )


def by_class(within: Any, name: str) -> Iterator[Any]:
    return (one for one in elements(within) if name in one.attrib.get("class", "").split())


def words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
