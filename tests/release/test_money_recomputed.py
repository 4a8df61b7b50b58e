"""Every figure of money on the demo's page of guardrails and budget, recomputed from the tables beside it."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest

from reports.words import numbers
from reports.words.catalogue import Words
from tests.release.edition import LOCALES, Published


def rows_of(published: Published, name: str) -> list[dict[str, str]]:
    with (published.folder / "data" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def tables_of(published: Published, locale: str, *, page: str = "guardrails") -> list[list[list[str]]]:
    """The tables of a page's Markdown: cells without notes, marks and links, the head first."""
    found: list[list[list[str]]] = []
    before = ""
    for line in (published.folder / f"{page}.{locale}.md").read_text("utf-8").splitlines():
        if line.startswith("|") and not line.startswith("|:"):
            if not before.startswith("|"):
                found.append([])
            found[-1].append([_plain(cell) for cell in line.strip("|").split(" | ")])
        before = line
    return found


def _plain(cell: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell.replace("\\", "")).replace("*", "")
    return text.partition(" · ")[0].strip()


def headed(tables: list[list[list[str]]], *heads: str) -> list[list[str]]:
    """The rows of the table that begins with these heads."""
    return next(table[1:] for table in tables if tuple(table[0][: len(heads)]) == heads)


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def said(locale: str) -> Callable[..., str]:
    def say(minor: str | int, *, signed: bool = False) -> str:
        if minor == "":
            return words(locale, "unknown")
        text = numbers.money(int(minor), "EUR", locale)
        return "0" if not int(minor) else f"+{text}" if signed and int(minor) > 0 else text

    return say


def words(locale: str, key: str) -> str:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return Words(locale=locale, year=2026, zone=ZoneInfo("Europe/Paris")).text(key)


def summed(rows: Iterable[dict[str, str]], *names: str, amount: str = "amount_minor") -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for row in rows:
        found[tuple(row[name] for name in names)] += int(row[amount])
    return found


STREAMS = ("shop", "stores", "supply")


def test_the_streams_and_the_year(published: Published, locale: str, said: Callable[..., str]) -> None:
    year = {row["scope"]: row for row in rows_of(published, "budget-year")}

    printed = headed(tables_of(published, locale), words(locale, "money.col.stream"), words(locale, "money.col.plan"))

    scopes = [*(f"value_stream:{one}" for one in STREAMS), "portfolio"]
    assert [row[1:5] for row in printed] == [
        [*(said(year[scope][f"{name}_minor"]) for name in ("budget", "cost", "forecast")),
         said(year[scope]["difference_minor"], signed=True)]
        for scope in scopes
    ]  # fmt: skip
    for name in ("budget", "cost", "forecast", "difference"):
        parts = [int(year[scope][f"{name}_minor"]) for scope in scopes]
        assert sum(parts[:-1]) == parts[-1]


def test_the_causes(published: Published, locale: str, said: Callable[..., str]) -> None:
    sums = summed(rows_of(published, "forecast-causes"), "cause", "value_stream")

    printed = headed(tables_of(published, locale), words(locale, "money.col.cause"))

    by_name = {row[0]: row[1:] for row in printed}
    causes = {cause for cause, _ in sums}
    assert {"closed_over", "closed_under", "restated", "untold", "to_come"} == causes
    for cause in causes:
        parts = [sums[cause, stream] for stream in STREAMS]
        assert by_name[words(locale, f"year_end.cause.{cause}.Cap")] == [
            said(amount, signed=True) for amount in (*parts, sum(parts))
        ]
    year = {row["scope"]: int(row["difference_minor"]) for row in rows_of(published, "budget-year")}
    assert sum(sums.values()) == year["portfolio"]


def test_former_forecasts(published: Published, locale: str, said: Callable[..., str]) -> None:
    year = next(row for row in rows_of(published, "budget-year") if row["scope"] == "portfolio")
    early = words(locale, "year_end.history.early")

    printed = headed(tables_of(published, locale), words(locale, "year_end.col.month_end"))

    history = rows_of(published, "forecast-history")
    assert [row[1] for row in printed[:-1]] == [
        said(one["forecast_minor"]) if one["forecast_minor"] else early for one in history
    ]
    for one, row in zip(history, printed, strict=False):
        off = int(one["forecast_minor"]) - int(year["budget_minor"]) if one["forecast_minor"] else ""
        assert row[2] == said(off, signed=True)
    assert printed[-1][1] == said(year["forecast_minor"])


PARTS = {
    "theme": ("money.col.theme", {"unaligned": "money.unaligned", "idle": "money.idle"}),
    "horizon": ("purposes.horizon.head", {one: f"horizon.{one}" for one in ("H1", "H2", "H3", "H0")}),
    "kind": ("purposes.kind.head", {one: f"kind.{one}" for one in ("feature", "defect", "debt", "enabler")}),
}


@pytest.mark.parametrize("part", PARTS)
def test_what_was_spent(published: Published, locale: str, said: Callable[..., str], part: str) -> None:
    head, names = PARTS[part]
    sums = summed(rows_of(published, "spend"), part, "value_stream")
    whole = summed(rows_of(published, "spend"), "value_stream")

    printed = {row[0]: row for row in headed(tables_of(published, locale), words(locale, head))}

    checked = 0
    for id, key in names.items():
        if (name := words(locale, key)) in printed:
            parts = [sums[id, stream] for stream in STREAMS]
            assert printed[name][1:5] == [said(amount) for amount in (*parts, sum(parts))]
            checked += 1
    assert checked
    total = [whole[(stream,)] for stream in STREAMS]
    assert printed[words(locale, "money.total")][1:5] == [said(amount) for amount in (*total, sum(total))]


def test_untied_spend_and_votes(published: Published, locale: str, said: Callable[..., str]) -> None:
    tables = tables_of(published, locale)
    voted = rows_of(published, "votes")

    untied = headed(tables, words(locale, "money.col.item"), words(locale, "money.col.stream"))
    votes = headed(tables, words(locale, "money.col.subject"))

    assert [row[2] for row in untied] == [said(row["amount_minor"]) for row in rows_of(published, "untied-spend")]
    for row, one in zip(votes, voted, strict=True):
        shares = [Decimal(one[f"{name}_percent"]) / 100 for name in ("voted", "allocated", "spent")]
        assert row[1:4] == [numbers.percent(share, locale, places=1) for share in shares]
        assert row[4] == numbers.difference((shares[2] - shares[0]) * 100, locale, places=1)


def test_candidates_for_capitalisation(published: Published, locale: str, said: Callable[..., str]) -> None:
    candidates = [row for row in rows_of(published, "capitalisation") if row["classification"] == "candidate"]
    by_epic = summed(candidates, "epic", amount="amount_minor_units")

    printed = headed(tables_of(published, locale), words(locale, "money.col.epic"), words(locale, "money.col.items"))

    dearest = sorted(by_epic.items(), key=lambda pair: (-pair[1], pair[0]))[: len(printed)]
    assert [row[3] for row in printed] == [said(amount) for _, amount in dearest]
    assert all(row[0].startswith(epic) for row, ((epic,), _) in zip(printed, dearest, strict=True))

    spent = sum(int(row["amount_minor"]) for row in rows_of(published, "spend"))
    share = numbers.percent(Decimal(sum(by_epic.values())) / spent, locale, places=1)
    page = (published.folder / f"guardrails.{locale}.md").read_text("utf-8")
    assert any(
        share in line for line in page.splitlines() if line.startswith("## ") and said(sum(by_epic.values())) in line
    )
