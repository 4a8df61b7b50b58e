"""What a page adds up is the sum of what it shows, and what it shows is what its tables and the export hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from reports.packs import PACKS
from tests.release.edition import LOCALES, Published, tree
from tests.release.test_markup import by_class, elements, words

NUMBER = re.compile(r"^[€]?([+−-]?)[€]?(\d[\d,.\u202f\u00a0]*?)(?:[\u202f\u00a0 ]?(%|m|k|M€|k€|€))?$")


def amount(text: str, locale: str) -> Decimal | None:
    """The number that a cell is, in its own unit; None for a cell that is none."""
    found = NUMBER.match(text.strip())
    if found is None:
        return None
    digits = re.sub(r"[\u202f\u00a0]", "", found.group(2))
    digits = digits.replace(",", "") if locale == "en" else digits.replace(",", ".")
    return Decimal(f"{'-' if found.group(1) in ('−', '-') else ''}{digits}")


def rows_of(table: Any) -> list[tuple[str, list[str]]]:
    """Each row of the body: a `total`, a `part` of the row above it or neither, and its cells without their notes."""
    return [
        (row.attrib.get("class", ""), [_told(cell) for cell in row if cell.tag in ("th", "td")])
        for body in elements(table, "tbody")
        for row in elements(body, "tr")
    ]


def _told(cell: Any) -> str:
    first = next(iter(by_class(cell, "note")), None)
    said = words(cell)
    return said.removesuffix(words(first)).strip() if first is not None else said


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", PACKS)
def test_every_total_is_the_sum_of_its_rows_as_printed(published: Published, pack: str, locale: str) -> None:
    for path in published.pages(pack, locale):
        found = tree(path)
        for table in elements(found, "table"):
            rows = rows_of(table)
            for _, total in (row for row in rows if row[0] == "total"):
                if re.search("percent|pourcentage", words(next(elements(table, "caption")))):
                    continue  # the last row is the share of the whole, not a sum of shares
                parts = [cells for kind, cells in rows if not kind]
                for column in (one for one in range(1, len(total)) if "%" not in total[one]):
                    wanted = amount(total[column], locale)
                    shown = [amount(cells[column], locale) for cells in parts]
                    known = [one for one in shown if one is not None]
                    units = {re.sub(r"[^a-zA-Z€]", "", cells[column]) for _, cells in rows}
                    if wanted is not None and len(units) == 1 and len(known) == len(shown) > 1:
                        near = Decimal(len(known) + 1) / 2 * Decimal(1).scaleb(int(wanted.as_tuple().exponent))
                        assert abs(sum(known, Decimal(0)) - wanted) <= near, (
                            f"{path.name}: {words(table)[:120]}: {shown} {wanted}"
                        )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_row_with_parts_is_their_sum(published: Published, locale: str) -> None:
    checked = 0
    for path in published.pages("stream", locale):
        for whole, parts in (pair for table in elements(tree(path), "table") for pair in parted(rows_of(table))):
            for column in range(1, len(whole)):
                shown = [amount(cells[column], locale) for cells in (whole, *parts)]
                if None not in shown and "%" not in whole[column]:
                    assert shown[0] == sum(filter(None, shown[1:])), f"{path.name}: {whole}"
                    checked += 1

    assert checked


def parted(rows: list[tuple[str, list[str]]]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Each row that has parts, with them."""
    whole: list[str] = []
    parts: list[list[str]] = []
    for kind, cells in [*rows, ("", [])]:
        if kind == "part":
            parts.append(cells)
            continue
        if parts:
            yield whole, parts
        whole, parts = cells, []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pack", ["flow", "theme", "guardrails"])
def test_shares_of_a_whole_make_a_hundred(published: Published, pack: str, locale: str) -> None:
    """The shares by theme and by kind are the parts of a whole; their tables name it in the caption."""
    checked = 0
    for path in published.pages(pack, locale):
        for figure in elements(tree(path), "figure"):
            for table in elements(figure, "table"):
                cells = [[amount(cell, locale) if "%" in cell else None for cell in row] for _, row in rows_of(table)]
                for column in zip(*cells, strict=False):
                    shares = [one for one in column if one is not None]
                    if len(shares) == len(column) > 1 and abs(sum(shares, Decimal(0)) - 100) < 2:
                        assert sum(shares) == 100, f"{path.name}: {words(table)[:120]}: {shares}"
                        checked += 1
    assert checked or pack == "guardrails"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_shares_of_the_guardrails_are_those_of_their_table(published: Published, locale: str) -> None:
    page = words(tree(published.pages("guardrails", locale)[0]))

    with (published.folder / "data" / "guardrail-shares.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["guardrail"] == "horizons" and row["scope"] == "portfolio" and row["share_percent"]
        ]

    assert rows
    whole = ("guardrail", "level", "period_start", "period_end")
    for guardrail in {tuple(row[name] for name in whole) for row in rows}:
        held = [Decimal(row["share_percent"]) for row in rows if tuple(row[name] for name in whole) == guardrail]
        assert sum(held) == 100
        for share in held:
            said = f"{share:.1f}".replace(".", "." if locale == "en" else ",")
            assert re.search(rf"(?<!\d){re.escape(said)}(?!\d)", page), f"{guardrail}: {said}"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_exposure_on_the_risk_page_is_the_sum_of_its_table(published: Published, locale: str) -> None:
    page = words(tree(published.pages("risks", locale)[0]))

    with (published.folder / "data" / "risks.csv").open(encoding="utf-8-sig", newline="") as file:
        minor = sum(Decimal(row["exposure_minor"]) for row in csv.DictReader(file) if row["exposure_minor"])

    said = f"{minor / 100_000_000:.1f}"
    printed = f"€{said}m" if locale == "en" else f"{said.replace('.', ',')} M€"
    assert printed in page.replace("\u00a0", " ")
