"""What the demo's pages of value streams print of states, capacity and what is due, recomputed from their tables."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from reports.words.catalogue import Words
from tests.release.edition import LOCALES, Published
from tests.release.test_money_recomputed import headed, rows_of, tables_of

STREAMS = ("shop", "stores", "supply")


@pytest.fixture(params=LOCALES)
def words(request: pytest.FixtureRequest) -> Words:
    return Words(locale=str(request.param), year=2026, zone=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize("stream", STREAMS)
def test_the_days_in_each_state(published: Published, words: Words, stream: str) -> None:
    rows = [row for row in rows_of(published, "stream-states") if row["value_stream"] == stream]
    several = len({row["source"] for row in rows}) > 1

    tables = tables_of(published, words.locale, page=f"stream-{stream}")
    printed = headed(tables, words.text("head.state"), words.text("head.stream.means"))

    assert [(row[0], row[2]) for row in printed] == [
        (f"{row['state']} ({row['source']})" if several else row["state"],
         words.number(Decimal(row["days_per_item"]).quantize(Decimal("0.1")), places=1))
        for row in rows
    ]  # fmt: skip
    for source in {row["source"] for row in rows}:
        mine = [row for row in rows if row["source"] == source]
        assert abs(sum(Decimal(row["days_per_item"]) for row in mine) - Decimal(mine[0]["total_days"])) < Decimal(
            "0.01"
        )


@pytest.mark.parametrize("stream", STREAMS)
def test_the_capacity_of_the_stream_and_its_trains(published: Published, words: Words, stream: str) -> None:
    rows = [row for row in rows_of(published, "guardrail-shares") if row["guardrail"] == "capacity"]
    over = min(row["period_start"] for row in rows)
    shares = {(row["scope"], row["part"]): Decimal(row["share_percent"]) for row in rows if row["period_start"] == over}

    tables = tables_of(published, words.locale, page=f"stream-{stream}")
    printed = {row[0]: row for row in headed(tables, words.text("head.train"), words.text("kind.feature"))}

    trains = [name for name in printed if ("train:" + name, "feature") in shares]
    assert trains
    for name in trains:
        assert printed[name][1] == words.percent(shares["train:" + name, "feature"] / 100, places=1)
    whole = headed(tables, words.text("head.mix_part"))[0]
    assert whole[2] == words.percent(shares[f"value_stream:{stream}", "feature"] / 100, places=1)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_features_that_are_due(published: Published, words: Words, stream: str) -> None:
    rows = [
        row for row in rows_of(published, "stream-due") if (row["value_stream"], row["level"]) == (stream, "feature")
    ]  # fmt: skip
    text = (published.folder / f"stream-{stream}.{words.locale}.md").read_text("utf-8")

    assert rows
    for row in rows:
        lines = [one.strip("|").split(" | ") for one in text.splitlines() if one.startswith("|")]
        line = next(one for one in lines if f"[{row['key']}]" in one[0] and len(one) == 5)
        cells = [cell.strip().replace("\\", "") for cell in line]
        assert cells[2].replace("\u00a0", " ") == words.day(date.fromisoformat(row["due_on"])).replace("\u00a0", " ")
        assert cells[3] == (words.text("due_features.unsplit") if row["items_left"] == "0" and row["unsplit"] != "0"
                            else row["items_left"])  # fmt: skip
        likely = row["likelihood_percent"]
        if likely and row["due_on"] >= text_day(published) and 1 <= Decimal(likely) <= 95:
            assert cells[4].endswith(words.percent(Decimal(int(Decimal(likely))) / 100))


def text_day(published: Published) -> str:
    """The day of the edition."""
    (found,) = re.findall(r'"as_of": "(\d{4}-\d\d-\d\d)', (published.folder / "manifest.json").read_text("utf-8"))
    return str(found)
