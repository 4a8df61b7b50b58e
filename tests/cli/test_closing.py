"""A closed month is kept the first time it is told or synced, stays, and is told again as it was known."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cli.workspace import open_workspace
from domain.funding import ClosedSpend
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, yesterday

STREAMS = """\
value_streams:
  shop: {{name: Shop, match: [{{source: shop}}]}}
  stores: {{name: Stores, match: [{{source: stores}}], budget: {{{year}: 3_650_000}}}}
funding: {{level: story}}
"""


def last_month() -> date:
    """The first day of the last month that is over."""
    return (yesterday().replace(day=1) - timedelta(days=1)).replace(day=1)


def fund(folder: Path, *, amount: int = 100_000, closed: bool = True) -> None:
    """Give the small company value streams, and a cost of the last month, closed the day after it ended."""
    month = last_month()
    after = (month + timedelta(days=32)).replace(day=1)
    settings = folder / "vmo.yaml"
    text = settings.read_text(encoding="utf-8")
    if "value_streams:" not in text:
        settings.write_text(text + STREAMS.format(year=month.year), encoding="utf-8")
    row = f"shop,{month:%Y-%m},{amount},{after if closed else ''}"
    (folder / "actuals.csv").write_text(f"value_stream,period,amount,closed_on\n{row}\n", encoding="utf-8")


def kept(folder: Path) -> list[ClosedSpend]:
    with open_workspace(folder / "vmo.yaml") as workspace:
        return workspace.store.closed_spend(known_at=datetime.now(UTC) + timedelta(days=1))


def refile(folder: Path) -> None:
    """Move everything of the first theme to a new one."""
    settings = folder / "vmo.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("  first: {name: First", "  other: {name: Other"), encoding="utf-8")


def explained(folder: Path, name: str, *, scope: str = "value_stream:shop") -> str:
    ended = vmo("explain", name, "--period", f"{last_month():%Y-%m}", "--scope", scope, folder=folder)
    assert ended.code == 0, ended
    return ended.out


def test_a_report_keeps_what_has_closed_and_no_other_month(synced: Path) -> None:
    fund(synced)

    assert vmo("report", "digest", "--locale", "en", folder=synced).code == 0

    (one,) = kept(synced)
    assert (one.value_stream, one.name, one.amount) == ("shop", f"{last_month():%Y-%m}", 100_000_00)
    assert sum(line.amount for line in one.lines) == 100_000_00


def test_a_sync_keeps_it_too(synced: Path) -> None:
    fund(synced)

    assert vmo("sync", folder=synced, env=SECRETS).code == 0

    assert len(kept(synced)) == 1


def test_a_month_that_finance_has_not_closed_is_not_kept(synced: Path) -> None:
    fund(synced, closed=False)

    vmo("report", "digest", "--locale", "en", folder=synced)

    assert kept(synced) == []


def test_a_report_that_looks_back_keeps_nothing(synced: Path) -> None:
    fund(synced)

    vmo("report", "digest", "--locale", "en", "--as-of", yesterday().isoformat(), folder=synced)

    assert kept(synced) == []


def test_late_changes_leave_the_closed_figure_and_are_told_as_adjustments(synced: Path) -> None:
    fund(synced)
    vmo("report", "digest", "--locale", "en", folder=synced)
    before, told = kept(synced), explained(synced, "spend_total")

    refile(synced)
    fund(synced, amount=120_000)
    vmo("report", "digest", "--locale", "en", folder=synced)

    assert kept(synced) == before
    assert "€100,000" in told
    assert "€100,000" in explained(synced, "spend_total")
    data = next((synced / "vmo-reports").rglob("latest/data/adjustments.csv")).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(data.splitlines()))
    assert {row["cause"] for row in rows} == {"amount", "work"}
    assert sum(int(row["moved_minor_units"]) for row in rows) == 20_000_00
    assert {row["view"] for row in rows} == {"management view, not ledger"}


def test_what_was_known_before_it_was_kept_is_told_without_it(synced: Path) -> None:
    fund(synced)
    instant = datetime.now(UTC)
    vmo("report", "digest", "--locale", "en", folder=synced)

    with open_workspace(synced / "vmo.yaml") as workspace:
        assert workspace.store.closed_spend(known_at=instant) == []


def test_an_edition_is_told_again_with_what_was_kept_when_it_was_made(synced: Path) -> None:
    fund(synced)
    vmo("report", "digest", "--locale", "en", folder=synced)
    with open_workspace(synced / "vmo.yaml") as workspace:
        edition = workspace.store.editions()[0]
    fund(synced, amount=120_000)

    (one,) = kept(synced)
    with open_workspace(synced / "vmo.yaml") as workspace:
        told = workspace.store.closed_spend(known_at=edition.known_at)

    assert told == [one]


def test_two_currencies_in_a_file_set_it_aside_with_their_line(synced: Path) -> None:
    fund(synced)
    (synced / "budgets.csv").write_text(
        "value_stream,period,amount,currency\nshop,2031,100,EUR\nshop,2032,100,USD\n", encoding="utf-8"
    )

    ended = vmo("report", folder=synced)

    assert ended.code == 3
    assert "budgets.csv:3: currency" in ended.out
    assert "write it in EUR" in ended.out


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_spend_can_be_explained(synced: Path, locale: str) -> None:
    fund(synced)
    name = f"{last_month():%Y-%m}"

    ended = vmo("explain", "spend", "--period", name, "--scope", "value_stream:shop", "--locale", locale, folder=synced)

    assert ended.code == 0, ended
    assert "spend:idle" in ended.out
    assert "spend:unaligned" in ended.out
