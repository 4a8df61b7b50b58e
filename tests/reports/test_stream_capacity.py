"""The capacity of a value stream on its own page, against what was agreed."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

from domain.strategy import Matcher, Train, ValueStream
from reports.data import tables
from reports.packs import pages
from reports.page import Exhibit, Figure, Section, plain
from reports.reckoning import Reckoning, reckon
from tests.reports.test_guardrails_on_pages import a_portfolio_book, stories

OTHER = ValueStream(id="policy", name="Policy", trains=(Train(name="Ebene", matchers=(Matcher(project="Ebene"),)),))
SHARES = {
    ("now", "feature", "Cedre"): 9, ("now", "debt", "Cedre"): 3, ("now", "feature", "Azur"): 4,
    ("now", "debt", "Azur"): 4, ("now", "debt", "Ebene"): 8,
}  # fmt: skip


def numbers() -> Reckoning:
    work = [
        replace(one, placement=replace(one.placement, value_stream="policy")) if one.placement.train == "Ebene" else one
        for one in stories(SHARES)
    ]
    book = a_portfolio_book(work)
    return reckon(
        replace(book, portfolio=replace(book.portfolio, value_streams=(*book.portfolio.value_streams, OTHER)))
    )


def capacity(told: Reckoning, stream: str) -> Section:
    page = next(one for one in pages(told, packs=("stream",), locales=("en",)) if one.slug == stream)
    return next(one for one in page.sections if one.id == "capacity")


def test_the_mix_of_a_stream_is_that_of_its_own_work_and_of_its_own_trains() -> None:
    told = numbers()
    text = tables(told, packs=("guardrails",))["guardrail-shares"].decode("utf-8-sig")
    shares = {
        (row["scope"], row["part"]): f"{Decimal(row['share_percent']):.1f}%"
        for row in csv.DictReader(io.StringIO(text))
        if row["guardrail"] == "capacity" and row["period_start"] == "2026-07-06"
    }

    section = capacity(told, "claims")

    figure = next(one for one in section.blocks if isinstance(one, Figure))
    exhibit = next(one for one in section.blocks if isinstance(one, Exhibit))
    assert figure.data is not None
    assert [plain(row.cells[2].text) for row in figure.data.rows[:2]] == ["65.0%", "35.0%"]
    assert {plain(row.cells[0].text): plain(row.cells[1].text) for row in exhibit.table.rows} == {
        "Planned": "60.0%", "Cedre": shares["train:Cedre", "feature"], "Azur": shares["train:Azur", "feature"],
        "The whole value stream": shares["value_stream:claims", "feature"],
    }  # fmt: skip
    assert shares["value_stream:claims", "feature"] == "65.0%"
    assert plain(section.headline) == (
        "Two of two trains are outside their allocation, Cedre most: debt and upkeep 25.0%, planned 40%"
    )


def test_a_stream_of_one_train_tells_of_it_once() -> None:
    section = capacity(numbers(), "policy")

    exhibit = next(one for one in section.blocks if isinstance(one, Exhibit))

    assert [plain(row.cells[0].text) for row in exhibit.table.rows] == ["Planned", "Ebene"]
    assert plain(section.headline) == "Ebene is outside its allocation: debt and upkeep 100.0%, planned 40%"
